/*
 * Certificates that come through other CAs than those that are trusted, and
 * lists of revocations of each of them.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     root -- middle 1 -- ... -- middle N -- server
 */
#include "tests/unit/transport_tls_pki.h"

#include <openssl/x509v3.h>
#include <signal.h>

#define MIDDLES_MAX 5
#define FULL RAFT_CERTS_USAGE

struct chain {
	struct pki pki;
	struct raft_certs_pair root;
	struct raft_certs_pair middles[MIDDLES_MAX];
	size_t length;
	/** Of root first; NULL: its list is missing. */
	X509_CRL *crls[1 + MIDDLES_MAX];
};

static void
set_extension(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	int at = X509_get_ext_by_NID(certificate, nid, -1);

	assert_non_null(extension);
	if (at >= 0)
		X509_EXTENSION_free(X509_delete_ext(certificate, at));
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

/* A CA that signs other CAs, signed by `issuer`. */
static void
make_ca(struct chain *chain, struct raft_certs_pair *ca,
	const struct raft_certs_pair *issuer, const char *name,
	const char *usage)
{
	make_authority(&chain->pki, ca, name);
	set_extension(ca->certificate, NID_basic_constraints,
		      "critical,CA:TRUE");
	if (usage != NULL)
		set_extension(ca->certificate, NID_ext_key_usage, usage);
	assert_int_equal(
	    X509_set_issuer_name(ca->certificate,
				 X509_get_subject_name(issuer->certificate)),
	    1);
	assert_true(X509_sign(ca->certificate, issuer->key, EVP_sha256()) > 0);
}

static X509_CRL *
make_crl(const struct chain *chain, const struct raft_certs_pair *ca,
	 X509 *revoked)
{
	X509_CRL *crl = raft_certs_make_crl(
	    ca, NULL, revoked, chain->pki.now - DAY, chain->pki.now + DAY);

	assert_non_null(crl);
	return crl;
}

static const struct raft_certs_pair *
last_ca(const struct chain *chain)
{
	return chain->length == 0 ? &chain->root
				  : &chain->middles[chain->length - 1];
}

/* STEM.pem: a server, and the middle CAs if they are shown. */
static void
write_chain(struct chain *chain, uint64_t id, bool shows_middles)
{
	X509 *all[1 + MIDDLES_MAX];
	char name[32], stem[24];
	size_t count = 0;

	issue_fair(&chain->pki, last_ca(chain), id);
	snprintf(stem, sizeof(stem), "%d", (int)id);
	snprintf(name, sizeof(name), "%s.pem", stem);
	all[count++] = raft_certs_read(path_in(&chain->pki, name));
	assert_non_null(all[0]);
	for (size_t i = chain->length; shows_middles && i > 0; i--)
		all[count++] = chain->middles[i - 1].certificate;
	assert_true(raft_certs_write(path_in(&chain->pki, name), all, count));
	X509_free(all[0]);
}

static void
open_chain(struct chain *chain, size_t length, const char *usage)
{
	char name[32];

	memset(chain, 0, sizeof(*chain));
	open_pki(&chain->pki);
	make_ca(chain, &chain->root, &chain->root, "root", NULL);
	chain->crls[0] = make_crl(chain, &chain->root, NULL);
	for (; chain->length < length; chain->length++) {
		snprintf(name, sizeof(name), "middle %zu", chain->length + 1);
		make_ca(chain, &chain->middles[chain->length], last_ca(chain),
			name, usage);
		chain->crls[chain->length + 1] =
		    make_crl(chain, &chain->middles[chain->length], NULL);
	}
	write_certificates(path_in(&chain->pki, "ca.pem"),
			   chain->root.certificate, NULL);
	write_chain(chain, 1, true);
	write_chain(chain, 2, true);
}

static void
replace_crl(struct chain *chain, size_t at, X509_CRL *crl)
{
	X509_CRL_free(chain->crls[at]);
	chain->crls[at] = crl;
}

static void
write_crls(struct chain *chain)
{
	X509_CRL *crls[1 + MIDDLES_MAX];
	size_t count = 0;

	for (size_t i = 0; i <= chain->length; i++) {
		if (chain->crls[i] != NULL)
			crls[count++] = chain->crls[i];
	}
	assert_true(raft_certs_write_crls(path_in(&chain->pki, "crl.pem"), crls,
					  count));
}

static void
close_chain(struct chain *chain)
{
	raft_certs_clear(&chain->root);
	for (size_t i = 0; i < chain->length; i++)
		raft_certs_clear(&chain->middles[i]);
	for (size_t i = 0; i <= chain->length; i++)
		X509_CRL_free(chain->crls[i]);
	close_pki(&chain->pki);
}

/* Server 1 asks revocations, server 2 does not. RAFT_LINK_OK: they met; else
 * how server 1 refused it, with this sentence. */
static void
expect_meeting(struct chain *chain, enum raft_link_counter how,
	       const char *sentence)
{
	struct raft_tls_files files = files_of(&chain->pki, "1");
	struct site one = { 0 }, two = { 0 };
	struct raft_tls *tls_one, *tls_two;
	uv_loop_t loop;

	uv_loop_init(&loop);
	write_crls(chain);
	files.revocations = path_in(&chain->pki, "crl.pem");
	tls_one = load("red", 1, files);
	tls_two = load_fair(&chain->pki, 2);
	open_tls_site(&one, &loop, 1, tls_one);
	open_tls_site(&two, &loop, 2, tls_two);
	introduce(&one, 2, raft_tcp_port(two.tcp));
	introduce(&two, 1, raft_tcp_port(one.tcp));
	if (how == RAFT_LINK_OK) {
		if (!run_until(&loop,
			       is_open_both(&one, 2) && is_open_both(&two, 1),
			       4000))
			fail_msg("%s; %s", one.trace, two.trace);
	} else {
		run_until(&loop, count(&one, how) > 1, 4000);
		/* Of the other connection server 2 may have been told first. */
		if (count(&one, how) < 2 ||
		    (strstr(one.trace, sentence) == NULL &&
		     strstr(one.trace_out, sentence) == NULL))
			fail_msg("%s; %s", one.trace, one.trace_out);
		assert_int_equal(count(&one, RAFT_LINK_OPENED_IN) +
				     count(&one, RAFT_LINK_OPENED_OUT),
				 0);
	}
	close_site(&one);
	close_site(&two);
	raft_tls_destroy(tls_one);
	raft_tls_destroy(tls_two);
	close_loop(&loop);
}

static void
servers_whose_cas_are_shown_meet(void **state)
{
	struct chain chain;

	(void)state;
	open_chain(&chain, 2, FULL);
	expect_meeting(&chain, RAFT_LINK_OK, NULL);
	close_chain(&chain);
}

static void
one_whose_ca_is_not_shown_is_refused(void **state)
{
	struct chain chain;

	(void)state;
	open_chain(&chain, 1, NULL);
	write_chain(&chain, 2, false);
	expect_meeting(&chain, RAFT_LINK_TLS_UNTRUSTED,
		       "issued by /CN=middle 1: have it signed");
	close_chain(&chain);
}

/* Each CA that is shown costs a signature, and they are strangers'. */
static void
a_long_chain_is_refused(void **state)
{
	struct chain chain;

	(void)state;
	open_chain(&chain, 4, NULL);
	expect_meeting(&chain, RAFT_LINK_OK, NULL);
	close_chain(&chain);
	open_chain(&chain, 5, NULL);
	expect_meeting(&chain, RAFT_LINK_TLS_UNTRUSTED, "");
	close_chain(&chain);
}

static void
one_whose_ca_is_for_another_use_is_refused(void **state)
{
	struct chain chain;

	(void)state;
	open_chain(&chain, 1, "emailProtection");
	expect_meeting(&chain, RAFT_LINK_TLS_USAGE, "or its CA's, lacks");
	close_chain(&chain);
}

static void
one_whose_ca_is_revoked_is_refused(void **state)
{
	struct chain chain;

	(void)state;
	open_chain(&chain, 2, NULL);
	replace_crl(
	    &chain, 1,
	    make_crl(&chain, &chain.middles[0], chain.middles[1].certificate));
	expect_meeting(&chain, RAFT_LINK_TLS_REVOKED, "is in the CRL");
	close_chain(&chain);
}

static void
a_ca_without_a_list_is_not_believed(void **state)
{
	struct chain chain;

	(void)state;
	open_chain(&chain, 1, NULL);
	replace_crl(&chain, 1, NULL);
	expect_meeting(&chain, RAFT_LINK_TLS_REVOKED,
		       "our CRL of /CN=middle 1 is missing or out of date");
	close_chain(&chain);
}

/* By somebody with the CA's name. */
static void
a_list_that_the_ca_did_not_sign_is_not_believed(void **state)
{
	struct chain chain;
	struct raft_certs_pair forger;

	(void)state;
	open_chain(&chain, 0, NULL);
	make_authority(&chain.pki, &forger, "root");
	replace_crl(&chain, 0, make_crl(&chain, &forger, NULL));
	expect_meeting(&chain, RAFT_LINK_TLS_REVOKED, "our CRL of /CN=root");
	raft_certs_clear(&forger);
	close_chain(&chain);
}

/* ------------------------------------------------------------ our own files */

static void
expect_unusable(struct chain *chain, const char *sentence)
{
	struct raft_tls_options options = { .cluster = "red", .id = 1 };
	char error[RAFT_TLS_ERROR_BYTES] = "";

	options.files = files_of(&chain->pki, "1");
	options.files.revocations = path_in(&chain->pki, "crl.pem");
	write_crls(chain);
	assert_null(raft_tls_create(&options, error, sizeof(error)));
	if (strstr(error, sentence) == NULL)
		fail_msg("%s", error);
}

static void
a_list_with_which_all_would_be_refused_is_not_taken(void **state)
{
	static const char sentence[] =
	    "crl.pem: the CRL of /CN=root is missing or not valid now";
	struct chain chain;

	(void)state;
	open_chain(&chain, 0, NULL);
	replace_crl(&chain, 0,
		    raft_certs_make_crl(&chain.root, NULL, NULL,
					chain.pki.now - 2 * DAY,
					chain.pki.now - DAY));
	expect_unusable(&chain, sentence);
	replace_crl(&chain, 0,
		    raft_certs_make_crl(&chain.root, NULL, NULL,
					chain.pki.now + DAY,
					chain.pki.now + 2 * DAY));
	expect_unusable(&chain, sentence);
	/* Another CA's. */
	replace_crl(&chain, 0, make_crl(&chain, &chain.pki.ca, NULL));
	expect_unusable(&chain, sentence);
	/* An old one beside the new one does no harm. */
	replace_crl(&chain, 0,
		    raft_certs_make_crl(&chain.root, NULL, NULL,
					chain.pki.now - 2 * DAY,
					chain.pki.now - DAY));
	chain.crls[1] = make_crl(&chain, &chain.root, NULL);
	chain.length = 1;
	expect_meeting(&chain, RAFT_LINK_OK, NULL);
	close_chain(&chain);
}

/* A CA that was certified anew, with the key that it had: its servers' own
 * certificates stay, and yet there is something new to show. */
static void
a_new_ca_behind_the_same_certificate_is_shown(void **state)
{
	struct chain chain;
	struct raft_certs_pair *middle = &chain.middles[0];
	struct raft_tls *tls_one, *tls_two;
	struct site one = { 0 }, two = { 0 };
	char error[RAFT_TLS_ERROR_BYTES];
	X509 *leaf;
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_chain(&chain, 1, NULL);
	tls_one = load_fair(&chain.pki, 1);
	tls_two = load_fair(&chain.pki, 2);
	open_tls_site(&one, &loop, 1, tls_one);
	open_tls_site(&two, &loop, 2, tls_two);
	introduce(&one, 2, raft_tcp_port(two.tcp));
	introduce(&two, 1, raft_tcp_port(one.tcp));
	assert_true(run_until(
	    &loop, is_open_both(&one, 2) && is_open_both(&two, 1), 4000));
	leaf = raft_certs_read(path_in(&chain.pki, "1.pem"));
	assert_non_null(
	    X509_gmtime_adj(X509_getm_notAfter(middle->certificate), 2 * DAY));
	assert_true(
	    X509_sign(middle->certificate, chain.root.key, EVP_sha256()) > 0);
	write_certificates(path_in(&chain.pki, "1.pem"), leaf,
			   middle->certificate);
	assert_true(raft_tls_reload(tls_one, NULL, error, sizeof(error)));
	assert_true(run_until(&loop,
			      count(&two, RAFT_LINK_OPENED_IN) == 2 &&
				  count(&two, RAFT_LINK_OPENED_OUT) == 2,
			      2000));
	assert_int_equal(one.closed + two.closed, 0);
	X509_free(leaf);
	close_site(&one);
	close_site(&two);
	raft_tls_destroy(tls_one);
	raft_tls_destroy(tls_two);
	close_chain(&chain);
	close_loop(&loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(servers_whose_cas_are_shown_meet),
		cmocka_unit_test(one_whose_ca_is_not_shown_is_refused),
		cmocka_unit_test(a_long_chain_is_refused),
		cmocka_unit_test(one_whose_ca_is_for_another_use_is_refused),
		cmocka_unit_test(one_whose_ca_is_revoked_is_refused),
		cmocka_unit_test(a_ca_without_a_list_is_not_believed),
		cmocka_unit_test(
		    a_list_that_the_ca_did_not_sign_is_not_believed),
		cmocka_unit_test(
		    a_list_with_which_all_would_be_refused_is_not_taken),
		cmocka_unit_test(a_new_ca_behind_the_same_certificate_is_shown),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
