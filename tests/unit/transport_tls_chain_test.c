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
	issue_fair(&chain->pki, &chain->root, 1);
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

/* Server 1, which asks revocations. */
static struct raft_tls *
open_asking_site(struct chain *chain, struct site *one, uv_loop_t *loop)
{
	struct raft_tls_files files = files_of(&chain->pki, "1");
	struct raft_tls *tls;

	uv_loop_init(loop);
	write_crls(chain);
	files.revocations = path_in(&chain->pki, "crl.pem");
	tls = load("red", 1, files);
	open_tls_site(one, loop, 1, tls);
	return tls;
}

/* Server 2 does not ask. */
static void
expect_meeting(struct chain *chain)
{
	struct site one = { 0 }, two = { 0 };
	struct raft_tls *tls_one, *tls_two;
	uv_loop_t loop;

	tls_one = open_asking_site(chain, &one, &loop);
	tls_two = load_fair(&chain->pki, 2);
	open_tls_site(&two, &loop, 2, tls_two);
	introduce(&one, 2, raft_tcp_port(two.tcp));
	introduce(&two, 1, raft_tcp_port(one.tcp));
	if (!run_until(&loop, is_open_both(&one, 2) && is_open_both(&two, 1),
		       4000))
		fail_msg("%s; %s", one.trace, two.trace);
	close_site(&one);
	close_site(&two);
	raft_tls_destroy(tls_one);
	raft_tls_destroy(tls_two);
	close_loop(&loop);
}

/* Server 2, whose own files would not let it begin, is a stranger: server 1
 * refuses it like this. */
static void
expect_refused(struct chain *chain, enum raft_link_counter how,
	       const char *sentence)
{
	struct stranger two;
	struct site one = { 0 };
	struct raft_tls *tls;
	uv_loop_t loop;

	tls = open_asking_site(chain, &one, &loop);
	introduce(&one, 2, 9);
	dress_stranger(&two, &chain->pki, "2");
	connect_stranger(&two, dial(raft_tcp_port(one.tcp)), true);
	run_until(&loop, (step_stranger(&two, -1), count(&one, how) > 0), 4000);
	if (count(&one, how) != 1 || strstr(one.trace, sentence) == NULL)
		fail_msg("%s", one.trace);
	assert_int_equal(count(&one, RAFT_LINK_OPENED_IN), 0);
	undress_stranger(&two);
	close_site(&one);
	raft_tls_destroy(tls);
	close_loop(&loop);
}

static void
servers_whose_cas_are_shown_meet(void **state)
{
	struct chain chain;

	(void)state;
	open_chain(&chain, 2, FULL);
	write_chain(&chain, 1, true);
	expect_meeting(&chain);
	close_chain(&chain);
}

static void
one_whose_ca_is_not_shown_is_refused(void **state)
{
	struct chain chain;

	(void)state;
	open_chain(&chain, 1, NULL);
	write_chain(&chain, 2, false);
	expect_refused(&chain, RAFT_LINK_TLS_UNTRUSTED,
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
	write_chain(&chain, 1, true);
	expect_meeting(&chain);
	close_chain(&chain);
	open_chain(&chain, 5, NULL);
	expect_refused(&chain, RAFT_LINK_TLS_UNTRUSTED, "");
	close_chain(&chain);
}

static void
one_whose_ca_is_for_another_use_is_refused(void **state)
{
	struct chain chain;

	(void)state;
	open_chain(&chain, 1, "emailProtection");
	expect_refused(&chain, RAFT_LINK_TLS_USAGE, "or its CA's, lacks");
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
	expect_refused(&chain, RAFT_LINK_TLS_REVOKED, "is in the CRL");
	close_chain(&chain);
}

static void
a_ca_without_a_list_is_not_believed(void **state)
{
	struct chain chain;

	(void)state;
	open_chain(&chain, 1, NULL);
	replace_crl(&chain, 1, NULL);
	expect_refused(&chain, RAFT_LINK_TLS_REVOKED,
		       "our CRL of /CN=middle 1 is missing or out of date");
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
	expect_meeting(&chain);
	close_chain(&chain);
}

/* By somebody with the CA's name: beside the CA's own, and in its place. */
static void
a_list_that_the_ca_did_not_sign_is_not_taken(void **state)
{
	static const char sentence[] =
	    "crl.pem: the CRL in the name of /CN=root "
	    "is not signed by that CA: take it out";
	struct raft_certs_pair forger;
	struct chain chain;

	(void)state;
	open_chain(&chain, 0, NULL);
	make_authority(&chain.pki, &forger, "root");
	chain.crls[1] = raft_certs_make_crl(
	    &forger, NULL, NULL, chain.pki.now - DAY + 10, chain.pki.now + DAY);
	chain.length = 1;
	expect_unusable(&chain, sentence);
	replace_crl(&chain, 0, NULL);
	expect_unusable(&chain, sentence);
	raft_certs_clear(&forger);
	close_chain(&chain);
}

/* Their lists and certificates would be taken for one another's. */
static void
two_authorities_of_one_name_are_not_taken(void **state)
{
	struct raft_certs_pair again;
	struct chain chain;

	(void)state;
	open_chain(&chain, 0, NULL);
	make_authority(&chain.pki, &again, "root");
	write_certificates(path_in(&chain.pki, "ca.pem"),
			   chain.root.certificate, again.certificate);
	chain.crls[1] = raft_certs_make_crl(
	    &again, NULL, NULL, chain.pki.now - DAY + 10, chain.pki.now + DAY);
	chain.length = 1;
	expect_unusable(&chain, "ca.pem: two CAs are called /CN=root and have "
				"different keys: give the newer one another "
				"name");
	raft_certs_clear(&again);
	close_chain(&chain);
}

/* A CA that is certified anew, with its key: both of its certificates are there,
 * and its one list is for both. */
static void
an_authority_may_be_there_twice(void **state)
{
	struct chain chain;
	X509 *again;

	(void)state;
	open_chain(&chain, 0, NULL);
	again = X509_dup(chain.root.certificate);
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(again), 2 * DAY));
	assert_true(X509_sign(again, chain.root.key, EVP_sha256()) > 0);
	write_certificates(path_in(&chain.pki, "ca.pem"),
			   chain.root.certificate, again);
	expect_meeting(&chain);
	X509_free(again);
	close_chain(&chain);
}

/* What no peer would take is not shown to any. */
static void
a_certificate_that_our_own_files_refuse_is_not_taken(void **state)
{
	static const char refusal[] =
	    "1.pem: by our own authorities and revocations";
	struct chain chain;
	X509 *one;

	(void)state;
	open_chain(&chain, 1, NULL);
	one = raft_certs_read(path_in(&chain.pki, "1.pem"));
	replace_crl(&chain, 0, make_crl(&chain, &chain.root, one));
	X509_free(one);
	expect_unusable(&chain, refusal);
	expect_unusable(&chain, "is in the CRL: issue a new one");
	issue_fair(&chain.pki, &chain.pki.other_ca, 1);
	expect_unusable(&chain, refusal);
	expect_unusable(&chain, "issued by /CN=other CA: have it signed by the "
				"cluster's CA");
	write_chain(&chain, 1, false);
	expect_unusable(&chain, "issued by /CN=middle 1");
	/* With its CA's certificate, but without its CA's list. */
	write_chain(&chain, 1, true);
	replace_crl(&chain, 1, NULL);
	expect_unusable(&chain, "our CRL of /CN=middle 1 is missing");
	close_chain(&chain);
}

/* A certificate is shown at both ends of connections, so both uses count. */
static void
expect_unusable_beneath(const char *usage)
{
	struct chain chain;

	open_chain(&chain, 1, usage);
	write_chain(&chain, 1, true);
	expect_unusable(&chain, "or its CA's, lacks this use");
	close_chain(&chain);
}

static void
a_certificate_that_only_one_end_may_show_is_not_taken(void **state)
{
	(void)state;
	expect_unusable_beneath("clientAuth");
	expect_unusable_beneath("serverAuth");
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
	write_chain(&chain, 1, true);
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
		    a_list_with_which_all_would_be_refused_is_not_taken),
		cmocka_unit_test(a_list_that_the_ca_did_not_sign_is_not_taken),
		cmocka_unit_test(two_authorities_of_one_name_are_not_taken),
		cmocka_unit_test(an_authority_may_be_there_twice),
		cmocka_unit_test(
		    a_certificate_that_our_own_files_refuse_is_not_taken),
		cmocka_unit_test(
		    a_certificate_that_only_one_end_may_show_is_not_taken),
		cmocka_unit_test(a_new_ca_behind_the_same_certificate_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
