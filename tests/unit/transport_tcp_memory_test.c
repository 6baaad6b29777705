/*
 * TCP when memory runs out: whichever allocation fails, a message or a connection is
 * lost at most, which is counted, and made again.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/failing_memory.h"

/* The site's own succeed. */
#define malloc __real_malloc
#define calloc __real_calloc
#include "tests/unit/transport_tcp_site.h"
#undef malloc
#undef calloc

#include "tests/unit/transport_memory.h"

#define PATIENCE_MS 20000

struct pair {
	uv_loop_t loop;
	struct site one, two;
};

/* One that cannot be added is not there, and can be added later. */
static void
add_peer(struct site *site, const struct site *other)
{
	const struct raft_tcp_peer peer = { other->id, "127.0.0.1",
					    raft_tcp_port(other->tcp) };
	struct raft_tcp_peer_status status;
	int error = raft_tcp_peer_add(site->tcp, &peer);

	if (error == 0)
		return;
	assert_int_equal(error, UV_ENOMEM);
	assert_false(raft_tcp_peer_status(site->tcp, other->id, &status));
	assert_int_equal(raft_tcp_peer_add(site->tcp, &peer), 0);
}

static void
open_without_buffers(struct pair *pair)
{
	memset(pair, 0, sizeof(*pair));
	uv_loop_init(&pair->loop);
	open_pair(&pair->loop, &pair->one, &pair->two);
	keep_no_buffers(&pair->one, &pair->two);
}

static void
close_pair(struct pair *pair)
{
	raft_tcp_close(pair->one.tcp, NULL, NULL);
	raft_tcp_close(pair->two.tcp, NULL, NULL);
	assert_int_equal(uv_run(&pair->loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(&pair->loop), 0);
}

static uint64_t
want_of_memory(const struct pair *pair)
{
	return count(&pair->one, RAFT_LINK_NO_MEMORY) +
	       count(&pair->two, RAFT_LINK_NO_MEMORY);
}

/* False: no allocation failed. */
static bool
meet_without(struct pair *pair, size_t round)
{
	raft_tcp_peer_remove(pair->one.tcp, 2);
	raft_tcp_peer_remove(pair->two.tcp, 1);
	fail_after(round);
	add_peer(&pair->one, &pair->two);
	add_peer(&pair->two, &pair->one);
	if (!run_until(&pair->loop, have_met(&pair->one, &pair->two),
		       PATIENCE_MS))
		fail_msg("not again, after allocation %zu", round);
	return has_failed();
}

static void
a_connection_without_memory_is_made_again(void **state)
{
	struct pair pair;
	size_t round = 0;

	(void)state;
	open_without_buffers(&pair);
	while (meet_without(&pair, round))
		round++;
	assert_true(round > 5);
	/* Of one allocation in each round. */
	assert_in_range(want_of_memory(&pair), 1, round);
	close_pair(&pair);
}

static void
send_without(struct pair *pair, size_t round, size_t *lost)
{
	struct raft_message message = make_append(10, 100, 900);
	size_t received = pair->two.received, notes = pair->two.notes;
	uint64_t wants = want_of_memory(pair);
	int error;

	fail_after(round);
	raft_tcp_send(pair->one.tcp, &message);
	error = raft_tcp_post(pair->one.tcp, 2, "a note", 6);
	assert_true(error == 0 || error == UV_ENOMEM);
	run_until(&pair->loop,
		  failing == 0 || (pair->two.received > received &&
				   pair->two.notes > notes),
		  PATIENCE_MS);
	if (has_failed()) {
		(*lost)++;
		assert_true(error != 0 ||
			    run_until(&pair->loop, want_of_memory(pair) > wants,
				      PATIENCE_MS));
	}
	free_append(&message);
	/* All goes on. */
	assert_true(run_until(&pair->loop, have_met(&pair->one, &pair->two),
			      PATIENCE_MS));
	received = pair->two.received;
	message = vote(1, 2, round);
	raft_tcp_send(pair->one.tcp, &message);
	assert_true(
	    run_until(&pair->loop, pair->two.received > received, PATIENCE_MS));
}

static void
a_message_without_memory_is_lost_and_counted(void **state)
{
	struct pair pair;
	size_t lost = 0;

	(void)state;
	open_without_buffers(&pair);
	while (meet_without(&pair, 1000))
		;
	for (size_t round = 0; round < 8; round++)
		send_without(&pair, round, &lost);
	assert_true(lost > 2);
	close_pair(&pair);
}

static void
a_transport_without_memory_is_not_made(void **state)
{
	struct raft_tcp_options options;
	struct site site = { 0 };
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	options = site_options(&site, 1);
	for (size_t round = 0; round < 2; round++) {
		fail_after(round);
		assert_int_equal(raft_tcp_create(&loop, &options, &site.tcp),
				 UV_ENOMEM);
		assert_null(site.tcp);
		assert_true(has_failed());
	}
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_without_memory_is_made_again),
		cmocka_unit_test(a_message_without_memory_is_lost_and_counted),
		cmocka_unit_test(a_transport_without_memory_is_not_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
