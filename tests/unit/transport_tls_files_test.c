/*
 * Files that transport_tls cannot use: each is named, with the reason and what
 * to do, and nothing begins with them.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/transport_tls_pki.h"

#include <openssl/pem.h>
#include <sys/stat.h>

static void
expect_unusable(const struct raft_tls_options *options, const char *sentence)
{
	char error[RAFT_TLS_ERROR_BYTES] = "";

	assert_null(raft_tls_create(options, error, sizeof(error)));
	if (strstr(error, sentence) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", sentence, error);
}

/* The key of server 1, written in another way. */
static void
write_key_of_one(struct pki *pki, const char *name, const EVP_CIPHER *cipher,
		 mode_t mode)
{
	EVP_PKEY *key = raft_certs_read_key(path_in(pki, "1.key"));
	BIO *file = BIO_new_file(path_in(pki, name), "w");
	unsigned char phrase[] = "secret";

	assert_non_null(file);
	assert_int_equal(PEM_write_bio_PrivateKey(
			     file, key, cipher, cipher == NULL ? NULL : phrase,
			     cipher == NULL ? 0 : 6, NULL, NULL),
			 1);
	BIO_free(file);
	EVP_PKEY_free(key);
	assert_int_equal(chmod(path_in(pki, name), mode), 0);
}

static void
expect_unusable_key(struct pki *pki, const char *name, const char *sentence)
{
	struct raft_tls_options options = { .cluster = "red", .id = 1 };

	options.files = files_of(pki, "1");
	options.files.key = path_in(pki, name);
	expect_unusable(&options, sentence);
}

static void
a_key_is_read_if_it_is_open_to_us_alone(void **state)
{
	struct raft_tls_files files;
	struct pki pki;

	(void)state;
	open_pki(&pki);
	write_key_of_one(&pki, "sealed.key", EVP_aes_256_cbc(), 0600);
	expect_unusable_key(&pki, "sealed.key", "without a passphrase");
	write_key_of_one(&pki, "open.key", NULL, 0604);
	expect_unusable_key(&pki, "open.key", "chmod o-rwx");
	/* A group may be the server's own. */
	write_key_of_one(&pki, "group.key", NULL, 0640);
	files = files_of(&pki, "1");
	files.key = path_in(&pki, "group.key");
	raft_tls_destroy(load("red", 1, files));
	expect_unusable_key(&pki, ".", "Is a directory");
	close_pki(&pki);
}

static void
a_certificate_of_ours_must_be_valid_now(void **state)
{
	struct raft_tls_options options = { .cluster = "red", .id = 1 };
	struct raft_certs_pair node;
	struct raft_certs_wish wish;
	struct pki pki;

	(void)state;
	open_pki(&pki);
	wish = fair_wish(&pki, "raft://red/node/1");
	wish.ends = pki.now - 60;
	node = issue(&pki, &pki.ca, "x", &wish);
	raft_certs_clear(&node);
	options.files = files_of(&pki, "x");
	expect_unusable(&options, "renew it, or set the clock here");
	wish.begins = pki.now + 3600;
	wish.ends = pki.now + DAY;
	node = issue(&pki, &pki.ca, "x", &wish);
	raft_certs_clear(&node);
	expect_unusable(&options, "set the clock here or at the CA");
	close_pki(&pki);
}

/* A file that is not whole yet. */
static void
cut_short(const char *path, off_t bytes)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(truncate(path, status.st_size - bytes), 0);
}

static void
half_a_file_is_not_taken_for_a_whole_one(void **state)
{
	struct raft_tls_options options = { .cluster = "red", .id = 1 };
	struct pki pki;

	(void)state;
	open_pki(&pki);
	options.files = files_of(&pki, "1");
	write_certificates(path_in(&pki, "ca.pem"), pki.ca.certificate,
			   pki.other_ca.certificate);
	cut_short(path_in(&pki, "ca.pem"), 100);
	expect_unusable(&options, "ca.pem");
	write_certificates(path_in(&pki, "ca.pem"), pki.ca.certificate, NULL);
	cut_short(path_in(&pki, "1.pem"), 100);
	expect_unusable(&options, "1.pem");
	issue_fair(&pki, &pki.ca, 1);
	cut_short(path_in(&pki, "1.key"), 60);
	expect_unusable(&options, "1.key");
	close_pki(&pki);
}

static void
files_that_cannot_be_used_are_named_with_what_to_do(void **state)
{
	struct raft_tls_options options = { .cluster = "red", .id = 2 };
	struct raft_certs_pair node;
	struct raft_certs_wish wish;
	struct pki pki;

	(void)state;
	open_pki(&pki);
	options.files = files_of(&pki, "1");
	expect_unusable(&options, "one URI raft://red/node/2");
	options.id = 1;
	options.cluster = "blue";
	expect_unusable(&options, "one URI raft://blue/node/1");
	options.cluster = "red/node/1";
	expect_unusable(&options, "letters, digits");
	options.cluster = "red";
	options.files.key = path_in(&pki, "2.key");
	expect_unusable(&options, "give the two that were made together");
	options.files.key = path_in(&pki, "none");
	expect_unusable(&options, "No such file");
	options.files.key = path_in(&pki, "ca.pem");
	expect_unusable(&options, "no private key in PEM");
	options.files = files_of(&pki, "1");
	options.files.authorities = path_in(&pki, "2.pem");
	expect_unusable(&options, "certificates of CAs only");
	options.files = files_of(&pki, "1");
	options.files.revocations = path_in(&pki, "1.pem");
	expect_unusable(&options, "a CRL of each CA");
	wish = fair_wish(&pki, "raft://red/node/1");
	wish.usage = "serverAuth";
	node = issue(&pki, &pki.ca, "x", &wish);
	raft_certs_clear(&node);
	options.files = files_of(&pki, "x");
	expect_unusable(&options, "lacks clientAuth");
	close_pki(&pki);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_read_if_it_is_open_to_us_alone),
		cmocka_unit_test(a_certificate_of_ours_must_be_valid_now),
		cmocka_unit_test(half_a_file_is_not_taken_for_a_whole_one),
		cmocka_unit_test(
		    files_that_cannot_be_used_are_named_with_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
