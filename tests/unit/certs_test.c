/*
 * A certificate and its key are replaced together: whenever the process that does
 * it is stopped, one of the two pairs is there afterwards, or is put together
 * again. And a list of revocations says whose it is.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/transport_tls_pki.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/unit/real_disk.h"

#define STOPPED 77

/** So many calls are done; at the next one the process stops, or the call fails. */
static long calls_left = -1;
static bool fails;
/** A file was renamed, and its folder is not durable yet. */
static bool owes_folder;

static bool
is_stopped(void)
{
	if (calls_left < 0 || calls_left-- > 0)
		return false;
	if (!fails)
		_exit(STOPPED);
	errno = EIO;
	return true;
}

static const char *
path_of_fd(int fd)
{
	static char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

static int
count_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 100; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

int
fsync(int fd)
{
	struct stat status;

	if (is_stopped())
		return -1;
	if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
		owes_folder = false;
	return fdatasync(fd);
}

int
rename(const char *from, const char *to)
{
	if (is_stopped())
		return -1;
	/* Or the machine may do the second of two first. */
	assert_false(owes_folder);
	owes_folder = true;
	return real_renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int
fchmod(int fd, mode_t mode)
{
	struct stat status;

	/* Nobody else could read it in between. */
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	return fchmodat(AT_FDCWD, path_of_fd(fd), mode, 0);
}

static struct raft_certs_pair
make_pair(struct pki *pki)
{
	struct raft_certs_wish wish = fair_wish(pki, "raft://red/node/1");
	struct raft_certs_pair node;

	assert_true(raft_certs_make_node(&wish, &pki->ca, &node));
	return node;
}

/* Whose certificate is there, with its key: 1 the old one's, 2 the new one's, 0
 * the key of one and the certificate of the other. */
static int
which_pair(struct pki *pki, const struct raft_certs_pair *old,
	   const struct raft_certs_pair *new)
{
	X509 *certificate = raft_certs_read(path_in(pki, "1.pem"));
	EVP_PKEY *key = raft_certs_read_key(path_in(pki, "1.key"));
	int which = 0;

	assert_non_null(certificate);
	assert_non_null(key);
	if (X509_check_private_key(certificate, key) == 1)
		which = X509_cmp(certificate, old->certificate) == 0 ? 1 : 2;
	if (which == 2)
		assert_int_equal(X509_cmp(certificate, new->certificate), 0);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return which;
}

static bool
write_pair(struct pki *pki, const struct raft_certs_pair *pair)
{
	/* The second new file must be there to stay before the first one is in
	 * its place. */
	owes_folder = true;
	return raft_certs_write_pair(path_in(pki, "1.pem"),
				     path_in(pki, "1.key"), pair);
}

static void
mend_pair(struct pki *pki)
{
	assert_true(
	    raft_certs_mend_pair(path_in(pki, "1.pem"), path_in(pki, "1.key")));
	assert_int_equal(access(path_in(pki, "1.pem.new"), F_OK), -1);
	assert_int_equal(access(path_in(pki, "1.key.new"), F_OK), -1);
	assert_int_equal(ERR_peek_error(), 0);
}

/* Another process writes a pair and stops after some calls. False: it did all. */
static bool
is_stopped_after(struct pki *pki, const struct raft_certs_pair *pair,
		 long calls)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		calls_left = calls;
		_exit(write_pair(pki, pair) ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == STOPPED);
	return WEXITSTATUS(status) == STOPPED;
}

static void
a_pair_is_one_pair_wherever_its_writer_stops(void **state)
{
	struct raft_certs_pair old, new;
	int seen[3] = { 0 };
	struct pki pki;
	bool stopped;
	long calls = 0;

	(void)state;
	open_pki(&pki);
	old = make_pair(&pki);
	new = make_pair(&pki);
	do {
		assert_true(write_pair(&pki, &old));
		stopped = is_stopped_after(&pki, &new, calls++);
		seen[which_pair(&pki, &old, &new)]++;
		mend_pair(&pki);
		assert_int_not_equal(which_pair(&pki, &old, &new), 0);
	} while (stopped);
	assert_int_equal(which_pair(&pki, &old, &new), 2);
	/* It was stopped with each of the three. */
	assert_true(seen[0] > 0);
	assert_true(seen[1] > 1);
	assert_true(seen[2] > 1);
	raft_certs_clear(&old);
	raft_certs_clear(&new);
	close_pki(&pki);
}

static void
a_pair_is_one_pair_whichever_call_fails(void **state)
{
	struct raft_certs_pair old, new;
	int descriptors = count_descriptors();
	struct pki pki;
	bool written;
	long calls = 0;

	(void)state;
	open_pki(&pki);
	old = make_pair(&pki);
	new = make_pair(&pki);
	fails = true;
	do {
		calls_left = -1;
		assert_true(write_pair(&pki, &old));
		calls_left = calls++;
		written = write_pair(&pki, &new);
		calls_left = -1;
		if (!written)
			assert_int_equal(errno, EIO);
		/* It was one of the two that make new files durable. */
		if (calls <= 2)
			assert_int_equal(access(path_in(&pki, "1.key.new"),
						F_OK), -1);
		owes_folder = false;
		mend_pair(&pki);
		assert_int_equal(which_pair(&pki, &old, &new) != 0, true);
	} while (!written);
	assert_true(calls > 6);
	assert_int_equal(count_descriptors(), descriptors);
	raft_certs_clear(&old);
	raft_certs_clear(&new);
	close_pki(&pki);
}

static void
mending_leaves_other_files_alone(void **state)
{
	struct raft_certs_pair old, new;
	struct pki pki;

	(void)state;
	open_pki(&pki);
	old = make_pair(&pki);
	new = make_pair(&pki);
	mend_pair(&pki);
	assert_true(write_pair(&pki, &old));
	/* A new certificate to which nobody has the key. */
	write_certificates(path_in(&pki, "1.pem.new"), new.certificate, NULL);
	mend_pair(&pki);
	assert_int_equal(which_pair(&pki, &old, &new), 1);
	raft_certs_clear(&old);
	raft_certs_clear(&new);
	close_pki(&pki);
}

/* The extensions as people read them, with a '!' before what is critical. */
static void
assert_extensions(const X509 *certificate, const char *const *texts)
{
	int count = X509_get_ext_count(certificate);
	char *text;
	BIO *memory;

	for (int i = 0; i < count; i++) {
		X509_EXTENSION *extension = X509_get_ext(certificate, i);

		memory = BIO_new(BIO_s_mem());
		assert_non_null(memory);
		if (X509_EXTENSION_get_critical(extension))
			BIO_puts(memory, "!");
		(void)X509V3_EXT_print(memory, extension, 0, 0);
		BIO_write(memory, "", 1);
		BIO_get_mem_data(memory, &text);
		assert_non_null(texts[i]);
		if (*texts[i] != '\0')
			assert_string_equal(text, texts[i]);
		BIO_free(memory);
	}
	assert_null(texts[count]);
}

static void
assert_name(const X509_NAME *name, const char *text)
{
	char found[65];

	assert_true(X509_NAME_get_text_by_NID(name, NID_commonName, found,
					      sizeof(found)) > 0);
	assert_string_equal(found, text);
	assert_int_equal(X509_NAME_entry_count(name), 1);
}

/* Of one length, and no two alike. */
static void
assert_serials(const X509 *one, const X509 *two)
{
	BIGNUM *first = ASN1_INTEGER_to_BN(X509_get0_serialNumber(one), NULL);
	BIGNUM *second = ASN1_INTEGER_to_BN(X509_get0_serialNumber(two), NULL);

	assert_int_equal(BN_num_bits(first), 127);
	assert_int_equal(BN_num_bits(second), 127);
	assert_int_not_equal(BN_cmp(first, second), 0);
	BN_free(first);
	BN_free(second);
}

/* By which clients know it: an address, or a name of the DNS. */
static void
a_host_is_an_address_or_a_name(void **state)
{
	static const struct {
		const char *host;
		const char *text;
	} cases[] = {
		{ "127.0.0.1", "IP Address:127.0.0.1" },
		{ "::1", "IP Address:0:0:0:0:0:0:0:1" },
		{ "red.example", "DNS:red.example" },
		{ "127.0.0.1.example", "DNS:127.0.0.1.example" },
	};
	struct pki pki;

	(void)state;
	open_pki(&pki);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const texts[] = {
			cases[i].text, "!CA:FALSE", "!Digital Signature", "",
			"", NULL,
		};
		struct raft_certs_wish wish = fair_wish(&pki, NULL);
		struct raft_certs_pair node;

		wish.host = cases[i].host;
		wish.usage = NULL;
		assert_true(raft_certs_make_node(&wish, &pki.ca, &node));
		assert_extensions(node.certificate, texts);
		raft_certs_clear(&node);
	}
	close_pki(&pki);
}

/* "" stands for what depends on the keys. */
static void
a_certificate_says_what_was_wished(void **state)
{
	static const char *const authority[] = {
		"!CA:TRUE, pathlen:0", "!Certificate Sign, CRL Sign", "", NULL,
	};
	static const char *const fair[] = {
		"URI:raft://red/node/1",
		"TLS Web Client Authentication, TLS Web Server Authentication",
		"!CA:FALSE", "!Digital Signature", "", "", NULL,
	};
	struct raft_certs_pair node;
	struct raft_certs_wish wish;
	struct pki pki;

	(void)state;
	open_pki(&pki);
	node = make_pair(&pki);
	assert_extensions(pki.ca.certificate, authority);
	assert_extensions(node.certificate, fair);
	assert_int_equal(X509_get_version(node.certificate), X509_VERSION_3);
	assert_int_equal(X509_cmp_time(X509_get0_notBefore(node.certificate),
				       &(time_t){ pki.now - DAY - 1 }),
			 1);
	assert_int_equal(X509_cmp_time(X509_get0_notBefore(node.certificate),
				       &(time_t){ pki.now - DAY }),
			 -1);
	assert_int_equal(X509_cmp_time(X509_get0_notAfter(node.certificate),
				       &(time_t){ pki.now + DAY }),
			 -1);
	assert_int_equal(X509_cmp_time(X509_get0_notAfter(node.certificate),
				       &(time_t){ pki.now + DAY - 1 }),
			 1);
	assert_name(X509_get_subject_name(node.certificate), "a server");
	assert_name(X509_get_issuer_name(node.certificate), "red CA");
	assert_name(X509_get_issuer_name(pki.ca.certificate), "red CA");
	assert_serials(node.certificate, pki.ca.certificate);
	raft_certs_clear(&node);
	assert_null(node.certificate);
	/* Without what need not be there, and signed by itself. */
	wish = fair_wish(&pki, NULL);
	wish.usage = NULL;
	assert_true(raft_certs_make_node(&wish, NULL, &node));
	assert_extensions(node.certificate, fair + 2);
	assert_int_equal(X509_verify(node.certificate, node.key), 1);
	raft_certs_clear(&node);
	close_pki(&pki);
}

static void
what_cannot_be_made_is_not_there(void **state)
{
	struct raft_certs_pair pair;
	struct raft_certs_wish wish;
	struct pki pki;

	(void)state;
	open_pki(&pki);
	wish = fair_wish(&pki, "raft://red/node/1");
	wish.usage = "no such use";
	assert_false(raft_certs_make_node(&wish, &pki.ca, &pair));
	assert_null(pair.certificate);
	assert_null(pair.key);
	/* A name has 64 characters at most. */
	wish.name = "a server a server a server a server a server a server a "
		    "server a s";
	assert_false(raft_certs_make_authority(&wish, &pair));
	assert_null(pair.certificate);
	assert_null(pair.key);
	ERR_clear_error();
	close_pki(&pki);
}

static void
what_cannot_be_written_is_no_fault_of_the_system(void **state)
{
	struct pki pki;
	EVP_PKEY *key = EVP_PKEY_new();
	X509 *certificate = X509_new();
	X509_CRL *list = X509_CRL_new();

	(void)state;
	open_pki(&pki);
	errno = EIO;
	assert_false(raft_certs_write_key(path_in(&pki, "9.key"), key));
	assert_int_equal(errno, 0);
	errno = EIO;
	assert_false(
	    raft_certs_write(path_in(&pki, "9.pem"), &certificate, 1));
	assert_int_equal(errno, 0);
	errno = EIO;
	assert_false(raft_certs_write_crls(path_in(&pki, "9.crl"), &list, 1));
	assert_int_equal(errno, 0);
	assert_int_equal(access(path_in(&pki, "9.key"), F_OK), -1);
	EVP_PKEY_free(key);
	X509_free(certificate);
	X509_CRL_free(list);
	ERR_clear_error();
	close_pki(&pki);
}

static long
number_of(const X509_CRL *crl)
{
	ASN1_INTEGER *number =
	    X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	long value;

	assert_non_null(number);
	value = ASN1_INTEGER_get(number);
	ASN1_INTEGER_free(number);
	return value;
}

/* Whom it lists, and each once. */
static void
assert_lists(X509_CRL *crl, long number, X509 *one, X509 *two)
{
	X509_REVOKED *revoked;

	assert_int_equal(number_of(crl), number);
	assert_int_equal(X509_CRL_get_version(crl), X509_CRL_VERSION_2);
	assert_int_equal(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)),
			 two == NULL ? 1 : 2);
	assert_int_equal(X509_CRL_get0_by_cert(crl, &revoked, one), 1);
	assert_int_equal(
	    ASN1_TIME_compare(X509_REVOKED_get0_revocationDate(revoked),
			      X509_CRL_get0_lastUpdate(crl)),
	    0);
	if (two != NULL)
		assert_int_equal(X509_CRL_get0_by_cert(crl, &revoked, two), 1);
}

static void
a_list_keeps_whom_the_one_before_had(void **state)
{
	struct raft_certs_pair one, two;
	X509_CRL *lists[3];
	struct pki pki;

	(void)state;
	open_pki(&pki);
	one = make_pair(&pki);
	two = make_pair(&pki);
	lists[0] = raft_certs_make_crl(&pki.ca, NULL, one.certificate, pki.now,
				       pki.now + DAY);
	lists[1] = raft_certs_make_crl(&pki.ca, lists[0], two.certificate,
				       pki.now, pki.now + DAY);
	lists[2] = raft_certs_make_crl(&pki.ca, lists[1], one.certificate,
				       pki.now, pki.now + DAY);
	assert_lists(lists[0], 1, one.certificate, NULL);
	assert_lists(lists[1], 2, one.certificate, two.certificate);
	assert_lists(lists[2], 3, one.certificate, two.certificate);
	assert_int_equal(X509_cmp_time(X509_CRL_get0_lastUpdate(lists[0]),
				       &(time_t){ pki.now }),
			 -1);
	assert_int_equal(X509_cmp_time(X509_CRL_get0_nextUpdate(lists[0]),
				       &(time_t){ pki.now + DAY - 1 }),
			 1);
	for (int i = 0; i < 3; i++)
		X509_CRL_free(lists[i]);
	raft_certs_clear(&one);
	raft_certs_clear(&two);
	close_pki(&pki);
}

static mode_t
mode_of(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_mode & 07777;
}

static void
a_key_is_for_its_owners_eyes_alone(void **state)
{
	struct raft_certs_pair pair;
	X509_CRL *list;
	struct pki pki;

	(void)state;
	open_pki(&pki);
	assert_int_equal(mode_of(path_in(&pki, "2.pem")), 0644);
	assert_int_equal(mode_of(path_in(&pki, "2.key")), 0600);
	/* Whatever somebody has left there. */
	close(open(path_in(&pki, "1.key.new"), O_CREAT | O_WRONLY, 0666));
	pair = make_pair(&pki);
	assert_true(write_pair(&pki, &pair));
	assert_int_equal(mode_of(path_in(&pki, "1.pem")), 0644);
	assert_int_equal(mode_of(path_in(&pki, "1.key")), 0600);
	list = raft_certs_make_crl(&pki.ca, NULL, NULL, pki.now, pki.now + DAY);
	owes_folder = false;
	assert_true(raft_certs_write_crls(path_in(&pki, "ca.crl"), &list, 1));
	assert_int_equal(mode_of(path_in(&pki, "ca.crl")), 0644);
	X509_CRL_free(list);
	raft_certs_clear(&pair);
	close_pki(&pki);
}

/* Where nothing is, where it is of another kind, and where none can be made. */
static void
what_is_not_there_and_what_cannot_be_read_are_told_apart(void **state)
{
	struct pki pki;

	(void)state;
	open_pki(&pki);
	assert_null(raft_certs_read(path_in(&pki, "none")));
	assert_int_equal(errno, ENOENT);
	assert_null(raft_certs_read(path_in(&pki, "1.key")));
	assert_int_equal(errno, 0);
	assert_null(raft_certs_read_key(path_in(&pki, "none")));
	assert_int_equal(errno, ENOENT);
	assert_null(raft_certs_read_key(path_in(&pki, "1.pem")));
	assert_int_equal(errno, 0);
	assert_null(raft_certs_read_crl(path_in(&pki, "none")));
	assert_int_equal(errno, ENOENT);
	assert_null(raft_certs_read_crl(path_in(&pki, "1.pem")));
	assert_int_equal(errno, 0);
	assert_false(raft_certs_write(path_in(&pki, "none/1.pem"),
				      &pki.ca.certificate, 1));
	assert_int_equal(errno, ENOENT);
	ERR_clear_error();
	close_pki(&pki);
}

static void
a_list_names_the_key_of_its_authority(void **state)
{
	const ASN1_OCTET_STRING *key;
	AUTHORITY_KEYID *identifier;
	struct pki pki;
	X509_CRL *crl;

	(void)state;
	open_pki(&pki);
	crl = raft_certs_make_crl(&pki.ca, NULL, NULL, pki.now, pki.now + DAY);
	assert_non_null(crl);
	identifier =
	    X509_CRL_get_ext_d2i(crl, NID_authority_key_identifier, NULL, NULL);
	assert_non_null(identifier);
	key = X509_get0_subject_key_id(pki.ca.certificate);
	assert_non_null(key);
	assert_int_equal(ASN1_OCTET_STRING_cmp(identifier->keyid, key), 0);
	AUTHORITY_KEYID_free(identifier);
	X509_CRL_free(crl);
	close_pki(&pki);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pair_is_one_pair_wherever_its_writer_stops),
		cmocka_unit_test(a_pair_is_one_pair_whichever_call_fails),
		cmocka_unit_test(mending_leaves_other_files_alone),
		cmocka_unit_test(a_host_is_an_address_or_a_name),
		cmocka_unit_test(a_certificate_says_what_was_wished),
		cmocka_unit_test(what_cannot_be_made_is_not_there),
		cmocka_unit_test(
		    what_cannot_be_written_is_no_fault_of_the_system),
		cmocka_unit_test(a_list_keeps_whom_the_one_before_had),
		cmocka_unit_test(a_key_is_for_its_owners_eyes_alone),
		cmocka_unit_test(
		    what_is_not_there_and_what_cannot_be_read_are_told_apart),
		cmocka_unit_test(a_list_names_the_key_of_its_authority),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
