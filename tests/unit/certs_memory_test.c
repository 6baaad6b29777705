/*
 * Certificates when memory runs out: whichever allocation fails, there is a whole one or
 * none, a file is the old one or the new one, and nothing is left of what was begun.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/failing_openssl.h"
#include "tests/unit/transport_tls_pki.h"

#include <errno.h>

/** What there is before each round, and what is made in it. */
static struct fixture {
	struct pki pki;
	struct raft_certs_pair node, other, made;
	X509_CRL *crl, *next;
} f;

/* ------------------------------------------------------------- what is done */

static bool
make_authority_too(void)
{
	struct raft_certs_wish wish = fair_wish(&f.pki, NULL);

	return raft_certs_make_authority(&wish, &f.made);
}

static bool
make_node(void)
{
	struct raft_certs_wish wish = fair_wish(&f.pki, "raft://red/node/1");

	return raft_certs_make_node(&wish, &f.pki.ca, &f.made);
}

static bool
make_crl(void)
{
	f.next = raft_certs_make_crl(&f.pki.ca, f.crl, f.other.certificate,
				     f.pki.now, f.pki.now + DAY);
	return f.next != NULL;
}

static bool
write_two(void)
{
	X509 *const both[] = { f.other.certificate, f.node.certificate };

	return raft_certs_write(path_in(&f.pki, "file"), both, 2);
}

static bool
write_key(void)
{
	return raft_certs_write_key(path_in(&f.pki, "file"), f.other.key);
}

static bool
write_crls(void)
{
	X509_CRL *const both[] = { f.crl, f.crl };

	return raft_certs_write_crls(path_in(&f.pki, "file"), both, 2);
}

static bool
write_pair(void)
{
	return raft_certs_write_pair(path_in(&f.pki, "pair.pem"),
				     path_in(&f.pki, "pair.key"), &f.other);
}

static bool
read_one(void)
{
	X509 *certificate = raft_certs_read(path_in(&f.pki, "1.pem"));

	X509_free(certificate);
	return certificate != NULL;
}

static bool
read_key(void)
{
	EVP_PKEY *key = raft_certs_read_key(path_in(&f.pki, "1.key"));

	EVP_PKEY_free(key);
	return key != NULL;
}

static bool
read_crl(void)
{
	X509_CRL *crl = raft_certs_read_crl(path_in(&f.pki, "one.crl"));

	X509_CRL_free(crl);
	return crl != NULL;
}

/* ------------------------------------------------------ what is there then */

static void
is_whole_or_none(bool done)
{
	assert_int_equal(f.made.certificate != NULL, done);
	assert_int_equal(f.made.key != NULL, done);
	if (done)
		assert_int_equal(
		    X509_check_private_key(f.made.certificate, f.made.key), 1);
	raft_certs_clear(&f.made);
}

/* Those of the list before are in it, and one more. */
static void
lists_both_or_is_none(bool done)
{
	X509_REVOKED *revoked;

	if (!done)
		return;
	assert_int_equal(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(f.next)), 2);
	assert_int_equal(
	    X509_CRL_get0_by_cert(f.next, &revoked, f.node.certificate), 1);
	assert_int_equal(
	    X509_CRL_get0_by_cert(f.next, &revoked, f.other.certificate), 1);
	X509_CRL_free(f.next);
}

/* How many there are of a kind in a file. */
static int
count_in(const char *name, const char *kind)
{
	char line[256], sought[64];
	int count = 0;
	FILE *file = fopen(path_in(&f.pki, name), "r");

	assert_non_null(file);
	snprintf(sought, sizeof(sought), "-----BEGIN %s-----\n", kind);
	while (fgets(line, sizeof(line), file) != NULL)
		count += strcmp(line, sought) == 0;
	fclose(file);
	return count;
}

/* And no new file beside it. */
static void
is_written_or_not_there(bool done, const char *kind, int count)
{
	assert_int_equal(access(path_in(&f.pki, "file.new"), F_OK), -1);
	assert_int_equal(access(path_in(&f.pki, "file"), F_OK), done ? 0 : -1);
	if (done)
		assert_int_equal(count_in("file", kind), count);
	unlink(path_in(&f.pki, "file"));
}

static void
two_are_written_or_none(bool done)
{
	is_written_or_not_there(done, "CERTIFICATE", 2);
}

static void
a_key_is_written_or_none(bool done)
{
	is_written_or_not_there(done, "PRIVATE KEY", 1);
}

static void
two_lists_are_written_or_none(bool done)
{
	is_written_or_not_there(done, "X509 CRL", 2);
}

/* The old pair, or the new one. */
static void
a_pair_is_one_pair(bool done)
{
	X509 *certificate = raft_certs_read(path_in(&f.pki, "pair.pem"));
	EVP_PKEY *key = raft_certs_read_key(path_in(&f.pki, "pair.key"));

	assert_int_equal(X509_check_private_key(certificate, key), 1);
	assert_int_equal(X509_cmp(certificate, done ? f.other.certificate
						    : f.node.certificate),
			 0);
	assert_int_equal(access(path_in(&f.pki, "pair.pem.new"), F_OK), -1);
	assert_int_equal(access(path_in(&f.pki, "pair.key.new"), F_OK), -1);
	X509_free(certificate);
	EVP_PKEY_free(key);
	assert_true(raft_certs_write_pair(
	    path_in(&f.pki, "pair.pem"), path_in(&f.pki, "pair.key"), &f.node));
}

static void
nothing_is_made(bool done)
{
	(void)done;
}

static const struct act {
	const char *name;
	bool (*act)(void);
	void (*look)(bool done);
} acts[] = {
	{ "make an authority", make_authority_too, is_whole_or_none },
	{ "make a node", make_node, is_whole_or_none },
	{ "make a list", make_crl, lists_both_or_is_none },
	{ "write two", write_two, two_are_written_or_none },
	{ "write a key", write_key, a_key_is_written_or_none },
	{ "write lists", write_crls, two_lists_are_written_or_none },
	{ "write a pair", write_pair, a_pair_is_one_pair },
	{ "read one", read_one, nothing_is_made },
	{ "read a key", read_key, nothing_is_made },
	{ "read a list", read_crl, nothing_is_made },
};

/* -------------------------------------------------------------------- tests */

/* OpenSSL does without some of them. */
static void
let_each_fail(const struct act *act)
{
	size_t round = 0, refused = 0;
	bool done, failed = true;

	/* What is made once, and kept. */
	assert_true(act->act());
	act->look(true);
	for (; failed; round = next_round(round)) {
		fail_after(round);
		errno = EIO;
		done = act->act();
		failed = has_failed();
		assert_true(done || failed);
		refused += !done;
		ERR_clear_error();
		act->look(done);
	}
	print_message("%s: up to allocation %zu, %zu refused\n", act->name,
		      round, refused);
	assert_true(refused >= 1);
}

static void
whatever_fails_it_is_all_or_nothing(void **state)
{
	(void)state;
	open_pki(&f.pki);
	f.node = issue(&f.pki, &f.pki.ca, "pair",
		       &(struct raft_certs_wish){
			   .name = "one",
			   .begins = f.pki.now,
			   .ends = f.pki.now + DAY,
		       });
	f.other = issue(&f.pki, &f.pki.ca, "1",
			&(struct raft_certs_wish){
			    .name = "two",
			    .begins = f.pki.now,
			    .ends = f.pki.now + DAY,
			});
	f.crl = raft_certs_make_crl(&f.pki.ca, NULL, f.node.certificate,
				    f.pki.now, f.pki.now + DAY);
	assert_non_null(f.crl);
	assert_true(
	    raft_certs_write_crls(path_in(&f.pki, "one.crl"), &f.crl, 1));
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		let_each_fail(&acts[i]);
	X509_CRL_free(f.crl);
	raft_certs_clear(&f.node);
	raft_certs_clear(&f.other);
	close_pki(&f.pki);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_fails_it_is_all_or_nothing),
	};

	if (!fail_openssl())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
