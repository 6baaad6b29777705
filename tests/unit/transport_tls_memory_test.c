/*
 * TLS when memory runs out: whichever allocation fails, ours or OpenSSL's, a
 * connection is lost at most, and made again; a reload does all or nothing.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/failing_openssl.h"
#include "tests/unit/transport_memory.h"
#include "tests/unit/transport_tls_pki.h"

static void
open_pair_without_buffers(struct tls_pair *pair)
{
	open_tls_pair(pair);
	keep_no_buffers(&pair->one, &pair->two);
}

/* Forget each other and meet again, without some allocations. False: all
 * of them were before those. */
static bool
meet_without(struct tls_pair *pair, size_t round, size_t count)
{
	bool met;

	raft_tcp_peer_remove(pair->one.tcp, 2);
	raft_tcp_peer_remove(pair->two.tcp, 1);
	introduce(&pair->one, 2, raft_tcp_port(pair->two.tcp));
	introduce(&pair->two, 1, raft_tcp_port(pair->one.tcp));
	succeeding = round;
	failing = count;
	met = run_until(&pair->loop,
			have_met(&pair->one, &pair->two) || failing == 0, 3000);
	met = met && failing > 0;
	failing = 0;
	if (!run_until(&pair->loop, have_met(&pair->one, &pair->two), 3000))
		fail_msg("not again, after allocation %zu", round);
	return !met;
}

/* `times` at a time. */
static void
meet_without_each(struct tls_pair *pair, size_t times)
{
	size_t round;

	for (round = 0; meet_without(pair, round, times);
	     round = next_round(round))
		;
	print_message("%zu at a time, up to allocation %zu\n", times, round);
	/* Nobody waits for what cannot come any more. */
	assert_int_equal(count(&pair->one, RAFT_LINK_HELLO_LATE), 0);
	assert_int_equal(count(&pair->two, RAFT_LINK_HELLO_LATE), 0);
}

static void
an_allocation_that_fails_costs_a_connection_at_most(void **state)
{
	struct tls_pair pair;

	(void)state;
	open_pair_without_buffers(&pair);
	meet_without_each(&pair, 1);
	meet_without_each(&pair, 20);
	close_tls_pair(&pair);
}

static void
a_connection_without_room_for_records_ends_at_once(void **state)
{
	struct tls_pair pair;

	(void)state;
	open_pair_without_buffers(&pair);
	spares_openssl = true;
	meet_without_each(&pair, 1);
	spares_openssl = false;
	/* Whichever of the two allocates first. */
	assert_true(count(&pair.one, RAFT_LINK_NO_MEMORY) +
			count(&pair.two, RAFT_LINK_NO_MEMORY) >
		    0);
	close_tls_pair(&pair);
}

static void
a_reload_without_memory_changes_nothing(void **state)
{
	struct tls_pair pair;
	char error[RAFT_TLS_ERROR_BYTES];
	size_t round = 0, refused = 0;
	bool done = false;

	(void)state;
	open_tls_pair(&pair);
	for (; !done; round = next_round(round)) {
		succeeding = round;
		failing = 1;
		*error = '\0';
		done =
		    raft_tls_reload(pair.tls_one, NULL, error, sizeof(error)) &&
		    failing > 0;
		if (!done && *error != '\0') {
			refused++;
			assert_true(failing == 0);
		}
		failing = 0;
		assert_int_equal(ERR_peek_error(), 0);
		if (!run_until(&pair.loop, have_met(&pair.one, &pair.two),
			       3000))
			fail_msg("not again, after allocation %zu", round);
	}
	assert_true(refused > 10);
	close_tls_pair(&pair);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    an_allocation_that_fails_costs_a_connection_at_most),
		cmocka_unit_test(
		    a_connection_without_room_for_records_ends_at_once),
		cmocka_unit_test(a_reload_without_memory_changes_nothing),
	};

	if (!fail_openssl())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
