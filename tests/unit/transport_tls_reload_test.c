/*
 * Certificates, keys, CAs and CRLs replaced while servers run and messages
 * flow: who still passes notices nothing, who no longer does is out.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/transport_tls_pki.h"


/* As many messages may be on their way. */
#define AHEAD 40

/* Messages from one site to the other, numbered by their terms. */
struct flow {
	struct site *from;
	struct site *to;
	uint64_t sent;
};

static void
pour(struct flow *flow)
{
	struct raft_message message;
	uint8_t bytes[20000] = { 0 };
	struct raft_entry entry = {
		1, 7, RAFT_ENTRY_DATA, { bytes, sizeof(bytes), NULL }
	};

	while (flow->sent < flow->to->received + AHEAD) {
		message = vote(flow->from->id, flow->to->id, ++flow->sent);
		/* Small ones, and some that go as bulk. */
		if (flow->sent % 5 == 0) {
			message.kind = RAFT_MESSAGE_APPEND;
			message.append = (struct raft_append){
				.last = { 1, 7 }, .entries = &entry
			};
		}
		raft_tcp_send(flow->from->tcp, &message);
	}
}

/* A pair under load. */
struct load {
	struct tls_pair pair;
	struct flow there;
	struct flow back;
};

static bool
go_on(struct load *load)
{
	pour(&load->there);
	pour(&load->back);
	return false;
}

static void
open_load(struct load *load)
{
	open_tls_pair(&load->pair);
	load->there =
	    (struct flow){ .from = &load->pair.one, .to = &load->pair.two };
	load->back =
	    (struct flow){ .from = &load->pair.two, .to = &load->pair.one };
	run_until(&load->pair.loop, go_on(load), 50);
}

static void
reload(struct load *load, struct raft_tls *tls)
{
	char error[RAFT_TLS_ERROR_BYTES];

	if (!raft_tls_reload(tls, NULL, error, sizeof(error)))
		fail_msg("%s", error);
	run_until(&load->pair.loop, go_on(load), 100);
}

/* Not one message was lost, nobody was told that a peer is gone, and between
 * them there was always a connection. */
static void
expect_all_received(struct load *load)
{
	const struct site *one = &load->pair.one, *two = &load->pair.two;

	assert_true(run_until(&load->pair.loop,
			      two->received == load->there.sent &&
				  one->received == load->back.sent,
			      2000));
	assert_true(load->there.sent > 5 * AHEAD);
	assert_int_equal(one->closed + two->closed, 0);
	for (enum raft_link_counter i = RAFT_LINK_CLOSED;
	     i <= RAFT_LINK_TLS_FAILED; i++) {
		if (i == RAFT_LINK_RENEWED)
			continue;
		assert_int_equal(count(one, i), 0);
		assert_int_equal(count(two, i), 0);
	}
	assert_int_equal(count(one, RAFT_LINK_DROPPED_DOWN), 0);
	assert_int_equal(count(two, RAFT_LINK_DROPPED_DOWN), 0);
}

/* The five steps that docs/tls.md gives. */
static void
one_ca_takes_the_place_of_another_under_load(void **state)
{
	struct load load;
	struct pki *pki = &load.pair.pki;

	(void)state;
	open_load(&load);
	write_certificates(path_in(pki, "ca.pem"), pki->ca.certificate,
			   pki->other_ca.certificate);
	reload(&load, load.pair.tls_one);
	reload(&load, load.pair.tls_two);
	assert_int_equal(count(&load.pair.one, RAFT_LINK_OPENED_OUT), 1);
	issue_fair(pki, &pki->other_ca, 1);
	reload(&load, load.pair.tls_one);
	issue_fair(pki, &pki->other_ca, 2);
	reload(&load, load.pair.tls_two);
	/* Each of the two dialed once to show a new certificate, and once to
	 * see the other's. */
	assert_int_equal(count(&load.pair.one, RAFT_LINK_OPENED_OUT), 3);
	assert_int_equal(count(&load.pair.two, RAFT_LINK_OPENED_OUT), 3);
	expect_all_received(&load);
	close_tls_pair(&load.pair);
}

static void
the_old_ca_is_taken_away_under_load(void **state)
{
	struct load load;
	struct pki *pki = &load.pair.pki;

	(void)state;
	open_load(&load);
	write_certificates(path_in(pki, "ca.pem"), pki->ca.certificate,
			   pki->other_ca.certificate);
	reload(&load, load.pair.tls_one);
	reload(&load, load.pair.tls_two);
	issue_fair(pki, &pki->other_ca, 1);
	issue_fair(pki, &pki->other_ca, 2);
	reload(&load, load.pair.tls_one);
	reload(&load, load.pair.tls_two);
	write_certificates(path_in(pki, "ca.pem"), pki->other_ca.certificate,
			   NULL);
	reload(&load, load.pair.tls_one);
	reload(&load, load.pair.tls_two);
	expect_all_received(&load);
	close_tls_pair(&load.pair);
}

static void
certificates_are_renewed_again_and_again_under_load(void **state)
{
	struct load load;
	char error[RAFT_TLS_ERROR_BYTES];

	(void)state;
	open_load(&load);
	for (int i = 0; i < 20; i++) {
		struct raft_tls *tls =
		    i % 2 == 0 ? load.pair.tls_one : load.pair.tls_two;

		issue_fair(&load.pair.pki, &load.pair.pki.ca,
			   (uint64_t)(1 + i % 2));
		assert_true(raft_tls_reload(tls, NULL, error, sizeof(error)));
		run_until(&load.pair.loop, go_on(&load), 5 + i);
	}
	run_until(&load.pair.loop, go_on(&load), 200);
	assert_true(run_until(&load.pair.loop,
			      load.pair.two.received == load.there.sent &&
				  load.pair.one.received == load.back.sent,
			      2000));
	assert_int_equal(load.pair.one.closed + load.pair.two.closed, 0);
	close_tls_pair(&load.pair);
}

static void
a_live_peer_that_is_revoked_is_dropped_and_kept_out(void **state)
{
	struct load load;
	struct tls_pair *pair = &load.pair;
	struct raft_tls_files files;
	char error[RAFT_TLS_ERROR_BYTES];
	struct site three = { 0 };
	struct raft_tls *tls_three;
	X509_CRL *crl;
	X509 *two;

	(void)state;
	open_load(&load);
	tls_three = load_fair(&pair->pki, 3);
	open_tls_site(&three, &pair->loop, 3, tls_three);
	introduce(&three, 1, raft_tcp_port(pair->one.tcp));
	introduce(&pair->one, 3, raft_tcp_port(three.tcp));
	assert_true(run_until(&pair->loop, is_open_both(&three, 1), 2000));
	two = raft_certs_read(path_in(&pair->pki, "2.pem"));
	crl = raft_certs_make_crl(&pair->pki.ca, NULL, two, pair->pki.now,
				  pair->pki.now + DAY);
	X509_free(two);
	assert_true(
	    raft_certs_write_crls(path_in(&pair->pki, "crl.pem"), &crl, 1));
	X509_CRL_free(crl);
	files = files_of(&pair->pki, "1");
	files.revocations = path_in(&pair->pki, "crl.pem");
	assert_true(raft_tls_reload(pair->tls_one, &files, error,
				    sizeof(error)));
	/* At once, both connections; and not as closed by its host. */
	assert_int_equal(count(&pair->one, RAFT_LINK_TLS_REVOKED), 2);
	assert_int_equal(pair->one.closed, 0);
	assert_true(run_until(&pair->loop,
			      count(&pair->one, RAFT_LINK_TLS_REVOKED) > 4,
			      2000));
	assert_int_equal(count(&pair->two, RAFT_LINK_OPENED_OUT), 1);
	/* Server 3 has noticed nothing. */
	assert_true(is_open_both(&three, 1));
	assert_int_equal(count(&three, RAFT_LINK_OPENED_OUT), 1);
	/* With a new certificate it is back. */
	issue_fair(&pair->pki, &pair->pki.ca, 2);
	assert_true(
	    raft_tls_reload(pair->tls_two, NULL, error, sizeof(error)));
	assert_true(run_until(&pair->loop,
			      is_open_both(&pair->one, 2) &&
				  is_open_both(&pair->two, 1),
			      4000));
	close_site(&three);
	raft_tls_destroy(tls_three);
	close_tls_pair(pair);
}

static void
a_live_peer_whose_ca_is_taken_away_is_dropped(void **state)
{
	struct load load;
	struct pki *pki = &load.pair.pki;
	char error[RAFT_TLS_ERROR_BYTES];

	(void)state;
	open_load(&load);
	write_certificates(path_in(pki, "ca.pem"), pki->other_ca.certificate,
			   NULL);
	issue_fair(pki, &pki->other_ca, 1);
	assert_true(raft_tls_reload(load.pair.tls_one, NULL, error,
				    sizeof(error)));
	assert_int_equal(count(&load.pair.one, RAFT_LINK_TLS_UNTRUSTED), 2);
	assert_false(is_open_both(&load.pair.one, 2));
	assert_int_equal(load.pair.one.closed, 0);
	close_tls_pair(&load.pair);
}

static void
files_that_cannot_be_used_change_nothing(void **state)
{
	struct load load;
	struct pki *pki = &load.pair.pki;
	struct raft_tls_files files;
	char error[RAFT_TLS_ERROR_BYTES] = "";

	(void)state;
	open_load(&load);
	files = files_of(pki, "2");
	assert_false(raft_tls_reload(load.pair.tls_one, &files, error,
				     sizeof(error)));
	assert_non_null(strstr(error, "one URI raft://red/node/1"));
	/* A certificate that came before its key. */
	files = files_of(pki, "1");
	files.key = path_in(pki, "2.key");
	assert_false(raft_tls_reload(load.pair.tls_one, &files, error,
				     sizeof(error)));
	files.key = NULL;
	assert_false(raft_tls_reload(load.pair.tls_one, &files, error,
				     sizeof(error)));
	reload(&load, load.pair.tls_one);
	assert_int_equal(count(&load.pair.one, RAFT_LINK_OPENED_OUT), 1);
	expect_all_received(&load);
	close_tls_pair(&load.pair);
}

/* As when another cluster's files were copied here: nothing is noticed until
 * somebody has to connect again, so this must be noticed at once. */
static void
a_pair_of_a_foreign_ca_changes_nothing(void **state)
{
	struct load load;
	struct pki *pki = &load.pair.pki;
	char error[RAFT_TLS_ERROR_BYTES] = "";

	(void)state;
	open_load(&load);
	issue_fair(pki, &pki->other_ca, 1);
	assert_false(
	    raft_tls_reload(load.pair.tls_one, NULL, error, sizeof(error)));
	assert_non_null(strstr(error, "have it signed by the cluster's CA"));
	/* Who meets it now meets the old one. */
	raft_tcp_peer_remove(load.pair.two.tcp, 1);
	introduce(&load.pair.two, 1, raft_tcp_port(load.pair.one.tcp));
	assert_true(run_until(&load.pair.loop,
			      is_open_both(&load.pair.one, 2) &&
				  is_open_both(&load.pair.two, 1),
			      4000));
	assert_int_equal(count(&load.pair.one, RAFT_LINK_TLS_REFUSED), 0);
	close_tls_pair(&load.pair);
}

/* A handshake that has begun with the old files is judged by the new ones. */
static void
no_handshake_slips_through_a_reload(void **state)
{
	struct tls_pair pair;
	struct site three = { 0 };
	struct raft_tls *tls;
	char error[RAFT_TLS_ERROR_BYTES];

	(void)state;
	open_tls_pair(&pair);
	introduce(&pair.one, 3, 9);
	tls = load_fair(&pair.pki, 3);
	open_tls_site(&three, &pair.loop, 3, tls);
	introduce(&three, 1, raft_tcp_port(pair.one.tcp));
	uv_run(&pair.loop, UV_RUN_ONCE);
	uv_run(&pair.loop, UV_RUN_NOWAIT);
	write_certificates(path_in(&pair.pki, "ca.pem"),
			   pair.pki.other_ca.certificate, NULL);
	issue_fair(&pair.pki, &pair.pki.other_ca, 1);
	assert_true(
	    raft_tls_reload(pair.tls_one, NULL, error, sizeof(error)));
	run_until(&pair.loop, false, 300);
	assert_int_equal(count(&pair.one, RAFT_LINK_OPENED_IN), 1);
	assert_true(count(&pair.one, RAFT_LINK_TLS_UNTRUSTED) > 0);
	close_site(&three);
	raft_tls_destroy(tls);
	close_tls_pair(&pair);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_ca_takes_the_place_of_another_under_load),
		cmocka_unit_test(the_old_ca_is_taken_away_under_load),
		cmocka_unit_test(
		    certificates_are_renewed_again_and_again_under_load),
		cmocka_unit_test(
		    a_live_peer_that_is_revoked_is_dropped_and_kept_out),
		cmocka_unit_test(a_live_peer_whose_ca_is_taken_away_is_dropped),
		cmocka_unit_test(files_that_cannot_be_used_change_nothing),
		cmocka_unit_test(a_pair_of_a_foreign_ca_changes_nothing),
		cmocka_unit_test(no_handshake_slips_through_a_reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
