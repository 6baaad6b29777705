/*
 * A certificate and its key are replaced together: whenever the process that does
 * it is stopped, one of the two pairs is there afterwards, or is put together
 * again. And a list of revocations says whose it is.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Linked with --wrap for fsync and rename.
 */
#include "tests/unit/transport_tls_pki.h"

#include <errno.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define STOPPED 77

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);

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

int
__wrap_fsync(int fd)
{
	struct stat status;

	if (is_stopped())
		return -1;
	if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
		owes_folder = false;
	return __real_fsync(fd);
}

int
__wrap_rename(const char *from, const char *to)
{
	if (is_stopped())
		return -1;
	/* Or the machine may do the second of two first. */
	assert_false(owes_folder);
	owes_folder = true;
	return __real_rename(from, to);
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
		owes_folder = false;
		mend_pair(&pki);
		assert_int_equal(which_pair(&pki, &old, &new) != 0, true);
	} while (!written);
	assert_true(calls > 6);
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
		cmocka_unit_test(a_list_names_the_key_of_its_authority),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
