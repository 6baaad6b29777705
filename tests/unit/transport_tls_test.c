/*
 * TLS between servers that mean well: what TCP promises holds, nobody on the
 * way reads it, and what dies is told as closed.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/transport_tls_relay.h"


#include "assists/transport_tcp/transport.h"
#include "assists/transport_tls/inside.h"

static void
messages_arrive_in_both_directions(void **state)
{
	struct tls_pair pair;
	struct raft_message message = vote(1, 2, 42);

	(void)state;
	open_tls_pair(&pair);
	/* The answer is sent from within the receiving of the question. */
	pair.two.answers = true;
	raft_tcp_send(pair.one.tcp, &message);
	assert_true(run_until(&pair.loop, pair.one.received == 1, 2000));
	assert_int_equal(pair.two.last_term, 42);
	assert_int_equal(pair.one.last_term, 42);
	close_tls_pair(&pair);
}

static void
an_append_of_megabytes_arrives_whole(void **state)
{
	struct tls_pair pair;
	struct raft_message message = make_append(1, 8, (1 << 20) + 13);

	(void)state;
	open_tls_pair(&pair);
	pair.two.keeps = true;
	raft_tcp_send(pair.one.tcp, &message);
	free_append(&message);
	assert_true(run_until(&pair.loop, pair.two.received == 1, 5000));
	assert_int_equal(pair.two.kept_count, 8);
	for (uint64_t i = 0; i < 8; i++)
		assert_true(is_filled(&pair.two.kept[i], i + 1));
	close_tls_pair(&pair);
}


/* ---------------------------------------------------------- on the way */

/* Two servers with a relay each way; without TLS if told so. */
struct way {
	uv_loop_t loop;
	struct pki pki;
	struct site one;
	struct site two;
	struct raft_tls *tls_one;
	struct raft_tls *tls_two;
	struct relay to_one;
	struct relay to_two;
};

static bool
turn(struct way *way)
{
	return relay_turn(&way->to_one) && relay_turn(&way->to_two);
}

static void
open_way(struct way *way, bool is_tls)
{
	memset(way, 0, sizeof(*way));
	uv_loop_init(&way->loop);
	open_pki(&way->pki);
	if (is_tls) {
		way->tls_one = load_fair(&way->pki, 1);
		way->tls_two = load_fair(&way->pki, 2);
	}
	open_tls_site(&way->one, &way->loop, 1, way->tls_one);
	open_tls_site(&way->two, &way->loop, 2, way->tls_two);
	open_relay(&way->to_one, raft_tcp_port(way->one.tcp));
	open_relay(&way->to_two, raft_tcp_port(way->two.tcp));
	introduce(&way->one, 2, way->to_two.port);
	introduce(&way->two, 1, way->to_one.port);
	assert_true(run_until(&way->loop,
			      turn(way) && is_open_both(&way->one, 2) &&
				  is_open_both(&way->two, 1),
			      5000));
}

static void
close_way(struct way *way)
{
	close_site(&way->one);
	close_site(&way->two);
	raft_tls_destroy(way->tls_one);
	raft_tls_destroy(way->tls_two);
	close_relay(&way->to_one);
	close_relay(&way->to_two);
	close_pki(&way->pki);
	close_loop(&way->loop);
}

/* Pass a secret and its answer; whether a part of it was seen on the way. */
static bool
leaks(bool is_tls)
{
	static const char secret[] = "attack at dawn, attack at dawn";
	struct way way;
	struct raft_entry entry = {
		1, 7, RAFT_ENTRY_DATA, { secret, sizeof(secret), NULL }
	};
	struct raft_message message = vote(1, 2, 7);
	bool seen;

	open_way(&way, is_tls);
	message.kind = RAFT_MESSAGE_APPEND;
	message.append = (struct raft_append){ .previous = { 0, 0 },
					       .last = { 1, 7 },
					       .entries = &entry };
	way.two.keeps = true;
	raft_tcp_send(way.one.tcp, &message);
	assert_true(
	    run_until(&way.loop, turn(&way) && way.two.received == 1, 2000));
	assert_memory_equal(way.two.kept[0].data, secret, sizeof(secret));
	assert_true(way.to_two.seen_length > sizeof(secret));
	seen = memmem(way.to_two.seen, way.to_two.seen_length, secret, 6) !=
		   NULL ||
	       memmem(way.to_two.seen, way.to_two.seen_length, cluster_a, 9) !=
		   NULL;
	close_way(&way);
	return seen;
}

static void
nobody_on_the_way_sees_a_payload_or_a_hello(void **state)
{
	(void)state;
	assert_false(leaks(true));
	/* And this test would see them. */
	assert_true(leaks(false));
}

static void
what_was_altered_on_the_way_is_not_received(void **state)
{
	struct way way;
	struct raft_message message = vote(1, 2, 42);

	(void)state;
	open_way(&way, true);
	way.to_two.alters = true;
	raft_tcp_send(way.one.tcp, &message);
	assert_true(run_until(&way.loop,
			      turn(&way) &&
				  count(&way.two, RAFT_LINK_TLS_FAILED) == 1,
			      2000));
	assert_int_equal(way.two.received, 0);
	assert_int_equal(way.one.closed + way.two.closed, 0);
	way.to_two.alters = false;
	assert_true(run_until(&way.loop,
			      turn(&way) && is_open_both(&way.one, 2), 2000));
	raft_tcp_send(way.one.tcp, &message);
	assert_true(
	    run_until(&way.loop, turn(&way) && way.two.received == 1, 2000));
	close_way(&way);
}

/* ------------------------------------------------------------- how it ends */

static void
expect_told(bool resets)
{
	struct way way;
	uint64_t began;

	open_way(&way, true);
	began = uv_hrtime();
	cut(&way.to_one, resets);
	cut(&way.to_two, resets);
	assert_true(run_until(&way.loop,
			      way.one.closed == 1 && way.two.closed == 1,
			      1000));
	assert_true(uv_hrtime() - began < 100 * 1000000);
	assert_int_equal(way.one.closed_peer, 2);
	/* It is found again. */
	assert_true(run_until(&way.loop,
			      turn(&way) && is_open_both(&way.one, 2), 2000));
	close_way(&way);
}

static void
a_connection_reset_or_cut_is_told_as_closed_at_once(void **state)
{
	(void)state;
	expect_told(true);
	expect_told(false);
}

static void
an_orderly_close_is_told(void **state)
{
	struct tls_pair pair;

	(void)state;
	open_tls_pair(&pair);
	close_site(&pair.two);
	pair.two.tcp = NULL;
	assert_true(run_until(&pair.loop, pair.one.closed == 1, 200));
	assert_int_equal(count(&pair.one, RAFT_LINK_TLS_FAILED), 0);
	close_tls_pair(&pair);
}

static void
a_stall_is_dropped_and_not_told_as_closed(void **state)
{
	struct way way;

	(void)state;
	open_way(&way, true);
	way.to_one.mute = way.to_two.mute = true;
	assert_true(run_until(&way.loop,
			      count(&way.one, RAFT_LINK_STALLED) == 2, 3000));
	/* The other end was told by our close that it was given up; the relay
	 * keeps that from it. */
	assert_int_equal(way.one.closed, 0);
	assert_int_equal(way.two.closed, 0);
	way.to_one.mute = way.to_two.mute = false;
	cut(&way.to_one, true);
	cut(&way.to_two, true);
	assert_true(run_until(&way.loop,
			      turn(&way) && is_open_both(&way.one, 2), 3000));
	close_way(&way);
}

static void
silence_keeps_a_connection_open(void **state)
{
	struct tls_pair pair;

	(void)state;
	open_tls_pair(&pair);
	run_until(&pair.loop, false, 1500); /* More than a stall limit. */
	assert_int_equal(count(&pair.one, RAFT_LINK_OPENED_OUT), 1);
	assert_true(is_open_both(&pair.one, 2));
	close_tls_pair(&pair);
}

/* --------------------------------------------------------------- the stream */

/* Large records: as much as TLS allows in each, so that little is added. */
static void
bulk_goes_in_large_records(void **state)
{
	struct tls_pair pair;
	struct raft_message message = make_append(1, 1, 4 << 20);
	uint64_t before, added;

	(void)state;
	open_tls_pair(&pair);
	before = count(&pair.one, RAFT_LINK_WRITTEN_BYTES);
	raft_tcp_send(pair.one.tcp, &message);
	free_append(&message);
	assert_true(run_until(&pair.loop, pair.two.received == 1, 5000));
	added = count(&pair.one, RAFT_LINK_WRITTEN_BYTES) - before - (4 << 20);
	assert_in_range(added, 1, (4 << 20) / 500);
	close_tls_pair(&pair);
}

static void
what_records_seal_is_not_summed_again(void **state)
{
	struct tls_pair pair;

	(void)state;
	open_tls_pair(&pair);
	assert_true(LIST_FIRST(&pair.one.tcp->peers)->queue.is_sealed);
	close_tls_pair(&pair);
}

static size_t key_updates;

static void
watch_handshakes(int is_written, int version, int type, const void *bytes,
		 size_t length, SSL *ssl, void *context)
{
	(void)version;
	(void)length;
	(void)ssl;
	(void)context;
	if (is_written && type == SSL3_RT_HANDSHAKE &&
	    *(const uint8_t *)bytes == SSL3_MT_KEY_UPDATE)
		key_updates++;
}

/* A connection lives for months: its keys are not used for that long. */
static void
keys_are_renewed_within_a_connection(void **state)
{
	struct raft_tls_options options = { .cluster = "red", .id = 1 };
	char error[RAFT_TLS_ERROR_BYTES];
	struct tls_pair pair;
	struct raft_message message;

	(void)state;
	open_tls_pair(&pair);
	close_site(&pair.one);
	raft_tls_destroy(pair.tls_one);
	options.files = files_of(&pair.pki, "1");
	options.key_records = 3;
	pair.tls_one = raft_tls_create(&options, error, sizeof(error));
	assert_non_null(pair.tls_one);
	SSL_CTX_set_msg_callback(pair.tls_one->context, watch_handshakes);
	pair.one = (struct site){ 0 };
	open_tls_site(&pair.one, &pair.loop, 1, pair.tls_one);
	introduce(&pair.one, 2, raft_tcp_port(pair.two.tcp));
	for (size_t i = 1; i <= 40; i++) {
		message = vote(1, 2, i);
		raft_tcp_send(pair.one.tcp, &message);
		assert_true(
		    run_until(&pair.loop, pair.two.received == i, 2000));
		assert_int_equal(pair.two.last_term, i);
	}
	assert_int_equal(count(&pair.one, RAFT_LINK_OPENED_OUT), 1);
	assert_true(key_updates >= 40 / 4);
	close_tls_pair(&pair);
}

/* The receiver may do everything from within, also end its own connection. */
struct closer {
	struct raft_tcp *tcp;
	struct raft_tls *tls;
	bool closed;
};

static void
close_from_within(void *context, const struct raft_message *message)
{
	struct closer *closer = context;

	(void)message;
	raft_tcp_close(closer->tcp, now_closed, &closer->closed);
	raft_tls_destroy(closer->tls);
}

static void
a_receiver_may_close_the_transport_from_within(void **state)
{
	struct tls_pair pair;
	struct closer closer = { 0 };
	struct raft_tcp_options options;
	struct raft_message message = vote(1, 2, 5);

	(void)state;
	open_tls_pair(&pair);
	options = site_options(&pair.two, 3);
	closer.tls = load_fair(&pair.pki, 3);
	options.receive = close_from_within;
	options.context = &closer;
	options.closed = NULL;
	options.trace = NULL;
	options.stream = raft_tls_stream(closer.tls);
	assert_int_equal(raft_tcp_create(&pair.loop, &options, &closer.tcp), 0);
	introduce(&pair.one, 3, raft_tcp_port(closer.tcp));
	assert_int_equal(
	    raft_tcp_peer_add(closer.tcp, &(struct raft_tcp_peer){
					      1, "127.0.0.1",
					      raft_tcp_port(pair.one.tcp) }),
	    0);
	assert_true(run_until(&pair.loop, is_open_both(&pair.one, 3), 2000));
	message.to = (struct raft_identity){ 3, 103 };
	raft_tcp_send(pair.one.tcp, &message);
	raft_tcp_send(pair.one.tcp, &message);
	assert_true(run_until(&pair.loop, closer.closed, 2000));
	close_tls_pair(&pair);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_arrive_in_both_directions),
		cmocka_unit_test(an_append_of_megabytes_arrives_whole),
		cmocka_unit_test(nobody_on_the_way_sees_a_payload_or_a_hello),
		cmocka_unit_test(what_was_altered_on_the_way_is_not_received),
		cmocka_unit_test(
		    a_connection_reset_or_cut_is_told_as_closed_at_once),
		cmocka_unit_test(an_orderly_close_is_told),
		cmocka_unit_test(a_stall_is_dropped_and_not_told_as_closed),
		cmocka_unit_test(silence_keeps_a_connection_open),
		cmocka_unit_test(bulk_goes_in_large_records),
		cmocka_unit_test(what_records_seal_is_not_summed_again),
		cmocka_unit_test(keys_are_renewed_within_a_connection),
		cmocka_unit_test(
		    a_receiver_may_close_the_transport_from_within),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
