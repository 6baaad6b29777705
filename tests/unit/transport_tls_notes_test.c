/*
 * Notes and guests over TLS: who speaks is who its certificate says, and nothing of
 * what was posted is lost while certificates are replaced.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/transport_tls_pki.h"


#include "assists/transport_tcp/transport.h"

#define NOTE_BYTES_MAX ((size_t)1 << 20)

static void
notes_arrive_through_tls(void **state)
{
	static const size_t lengths[] = { 1, 16383, 16384, NOTE_BYTES_MAX };
	struct tls_pair pair;
	struct raft_message bulk = make_append(1, 2, 1 << 20);

	(void)state;
	open_tls_pair(&pair);
	pair.two.echoes = true;
	for (size_t i = 0; i < 12; i++) {
		raft_tcp_send(pair.one.tcp, &bulk);
		assert_int_equal(post(&pair.one, &pair.two, lengths[i % 4]), 0);
	}
	free_append(&bulk);
	pair.one.posted = pair.two.posted;
	assert_true(run_until(&pair.loop,
			      has_all_notes(&pair.two) &&
				  has_all_notes(&pair.one) &&
				  pair.two.received == 12,
			      10000));
	close_tls_pair(&pair);
}

/* Each of many notes, while the connection is made anew again and again. */
static void
no_note_is_lost_when_a_certificate_is_replaced(void **state)
{
	struct tls_pair pair;
	char error[RAFT_TLS_ERROR_BYTES];

	(void)state;
	open_tls_pair(&pair);
	for (size_t i = 0; i < 200; i++) {
		assert_int_equal(post(&pair.one, &pair.two, 1 + i * 1000), 0);
		if (i % 40 == 20) {
			issue_fair(&pair.pki, &pair.pki.ca, 1);
			assert_true(raft_tls_reload(pair.tls_one, NULL, error,
						    sizeof(error)));
		}
		run_until(&pair.loop, false, 2);
	}
	assert_true(run_until(&pair.loop, has_all_notes(&pair.two), 5000));
	assert_in_range(count(&pair.one, RAFT_LINK_OPENED_OUT), 3, 6);
	close_tls_pair(&pair);
}

/* Server 3, which knows 1 and is not known there. */
struct visit {
	struct tls_pair pair;
	struct site three;
	struct raft_tls *tls;
};

static void
begin_visit(struct visit *visit, uint64_t id, struct raft_tls *tls)
{
	memset(&visit->three, 0, sizeof(visit->three));
	visit->tls = tls;
	open_tls_site(&visit->three, &visit->pair.loop, id, tls);
	introduce(&visit->three, 1, raft_tcp_port(visit->pair.one.tcp));
}

static void
end_visit(struct visit *visit)
{
	close_site(&visit->three);
	raft_tls_destroy(visit->tls);
}

static bool
is_open_out(const struct site *site, uint64_t id)
{
	struct raft_tcp_peer_status status;

	return raft_tcp_peer_status(site->tcp, id, &status) && status.open_out;
}

static void
a_guest_is_who_its_certificate_says(void **state)
{
	struct visit visit;
	struct site *one = &visit.pair.one;
	struct raft_message message = vote(3, 1, 9);
	char error[RAFT_TLS_ERROR_BYTES];

	(void)state;
	open_tls_pair(&visit.pair);
	one->hosts = true;
	/* With the papers of server 3, but in the name of 4. */
	begin_visit(&visit, 4, load_fair(&visit.pair.pki, 3));
	assert_true(run_until(&visit.pair.loop,
			      count(one, RAFT_LINK_HELLO_IMPOSTOR) > 0, 2000));
	assert_int_equal(one->asked, 0);
	end_visit(&visit);
	begin_visit(&visit, 3, load_fair(&visit.pair.pki, 3));
	assert_true(
	    run_until(&visit.pair.loop, is_open_out(&visit.three, 1), 2000));
	assert_int_equal(one->asked_by.id, 3);
	raft_tcp_send(visit.three.tcp, &message);
	assert_int_equal(post(&visit.three, one, NOTE_BYTES_MAX), 0);
	assert_true(run_until(&visit.pair.loop,
			      has_all_notes(one) &&
				  count(one, RAFT_LINK_DROPPED_GUEST) == 1,
			      2000));
	assert_true(one->note_is_guests);
	/* A new certificate of ours is shown to guests as well. */
	issue_fair(&visit.pair.pki, &visit.pair.pki.ca, 1);
	assert_true(
	    raft_tls_reload(visit.pair.tls_one, NULL, error, sizeof(error)));
	assert_true(run_until(&visit.pair.loop,
			      count(one, RAFT_LINK_OPENED_GUEST) == 2, 2000));
	introduce(one, 3, raft_tcp_port(visit.three.tcp));
	assert_true(run_until(
	    &visit.pair.loop,
	    is_open_both(one, 3) && is_open_both(&visit.three, 1), 2000));
	raft_tcp_send(visit.three.tcp, &message);
	assert_true(run_until(&visit.pair.loop, one->received == 1, 2000));
	end_visit(&visit);
	close_tls_pair(&visit.pair);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notes_arrive_through_tls),
		cmocka_unit_test(
		    no_note_is_lost_when_a_certificate_is_replaced),
		cmocka_unit_test(a_guest_is_who_its_certificate_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
