/*
 * The catalogue keeps its promises: whoever leads has all that was acknowledged, and
 * an epoch has one leader.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * RAFT_TEST_SEED=N in the environment runs the randomised test again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bsd/stdlib.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demos/streams/catalogue.h"

#define STEPS 20000
#define SERVERS 6

static struct catalogue catalogue;

/** Apply what is printed, and say whether it was done. */
static bool __attribute__((format(printf, 1, 2))) done(const char *format, ...)
{
	char command[LINE_BYTES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	return strcmp(catalogue_apply(&catalogue, command), "ok") == 0;
}

static void
begin(uint64_t servers)
{
	memset(&catalogue, 0, sizeof(catalogue));
	for (uint64_t id = 1; id <= servers; id++)
		assert_true(done("up %" PRIu64 " 1 host:%" PRIu64, id, id));
}

static const struct partition *
first(void)
{
	return &catalogue.partitions[0];
}

static bool
is_in_sync(uint64_t server)
{
	const struct place *place = partition_place(first(), server);

	return place != NULL && place->in_sync;
}

/* -------------------------------------------------------------------- commands */

static void
a_topic_is_spread_over_the_servers(void **state)
{
	uint32_t kept[SERVERS + 1] = { 0 }, led[SERVERS + 1] = { 0 };

	(void)state;
	begin(5);
	assert_true(done("topic events 5 3"));
	assert_false(done("topic events 5 3"));
	assert_false(done("topic more 1 6"));
	assert_false(done("topic ev/ents 1 1"));
	assert_false(done("topic more 252 1"));
	assert_int_equal(catalogue.partition_count, 5);
	for (uint32_t i = 0; i < 5; i++) {
		const struct partition *partition = &catalogue.partitions[i];

		led[partition->leader]++;
		for (uint32_t j = 0; j < partition->place_count; j++)
			kept[partition->places[j].server]++;
	}
	for (uint64_t id = 1; id <= 5; id++) {
		assert_int_equal(kept[id], 3);
		assert_int_equal(led[id], 1);
	}
}

static void
who_is_silent_is_followed_by_one_in_sync(void **state)
{
	uint64_t leader, epoch;

	(void)state;
	begin(3);
	done("topic events 1 3");
	leader = first()->leader;
	epoch = first()->epoch;
	assert_true(done("silent %" PRIu64 " 1", leader));
	assert_int_not_equal(first()->leader, leader);
	assert_true(is_in_sync(first()->leader));
	assert_false(is_in_sync(leader));
	assert_int_equal(first()->epoch, epoch + 1);
	/* Once more, or of another life: nothing. */
	assert_false(done("silent %" PRIu64 " 1", leader));
	assert_false(done("silent %" PRIu64 " 2", first()->leader));
}

static void
only_the_last_in_sync_can_lead_again(void **state)
{
	uint64_t last, other;

	(void)state;
	begin(2);
	done("topic events 1 2");
	last = first()->leader;
	other = 3 - last;
	done("silent %" PRIu64 " 1", other);
	done("silent %" PRIu64 " 1", last);
	assert_int_equal(first()->leader, 0);
	assert_true(is_in_sync(last));
	done("up %" PRIu64 " 2 host:0", other);
	assert_int_equal(first()->leader, 0);
	done("up %" PRIu64 " 2 host:0", last);
	assert_int_equal(first()->leader, last);
}

static void
another_life_has_another_epoch(void **state)
{
	uint64_t epoch;

	(void)state;
	begin(1);
	done("topic events 1 1");
	epoch = first()->epoch;
	assert_true(done("up 1 1 host:1"));
	assert_int_equal(first()->epoch, epoch);
	assert_true(done("up 1 2 host:1"));
	assert_int_equal(first()->leader, 1);
	assert_true(first()->epoch > epoch);
}

static void
a_late_wish_of_a_leader_changes_nothing(void **state)
{
	uint64_t version, leader, one, two;

	(void)state;
	begin(3);
	done("topic events 1 3");
	leader = first()->leader;
	one = leader % 3 + 1;
	two = one % 3 + 1;
	version = first()->version;
	assert_true(done("in-sync 0 %" PRIu64 " %" PRIu64 " %" PRIu64, version,
			 leader, one));
	assert_false(is_in_sync(two));
	assert_false(done("in-sync 0 %" PRIu64 " %" PRIu64 " %" PRIu64
			  " %" PRIu64,
			  version, leader, one, two));
	assert_false(is_in_sync(two));
	/* Without the leader, with a stranger, with one that is silent. */
	version = first()->version;
	assert_false(done("in-sync 0 %" PRIu64 " %" PRIu64, version, one));
	assert_false(
	    done("in-sync 0 %" PRIu64 " %" PRIu64 " 7", version, leader));
	done("silent %" PRIu64 " 1", two);
	version = first()->version;
	assert_false(done("in-sync 0 %" PRIu64 " %" PRIu64 " %" PRIu64, version,
			  leader, two));
}

static void
who_joins_takes_the_place_when_it_is_in_sync(void **state)
{
	uint64_t leader, epoch, other;

	(void)state;
	begin(3);
	done("topic events 1 2");
	leader = first()->leader;
	epoch = first()->epoch;
	other = 6 - first()->places[0].server - first()->places[1].server;
	assert_true(done("move 0 %" PRIu64 " %" PRIu64 " %" PRIu64,
			 first()->version, leader, other));
	assert_int_equal(first()->place_count, 3);
	assert_int_equal(first()->leader, leader);
	assert_true(done("in-sync 0 %" PRIu64 " 1 2 3", first()->version));
	assert_int_equal(first()->place_count, 2);
	assert_null(partition_place(first(), leader));
	assert_int_not_equal(first()->leader, leader);
	assert_int_equal(first()->epoch, epoch + 1);
}

/* ---------------------------------------------------------------------- chores */

/* Of one that is added, a snapshot would have no address. */
static void
who_was_never_up_is_not_silent(void **state)
{
	(void)state;
	begin(2);
	assert_false(done("silent 7 1"));
	assert_int_equal(catalogue.server_count, 2);
}

static const struct patience patience = { .silent_ms = 1000,
					  .replace_ms = 10000 };

/** Do chores until there are none, the leaders' part of them, too. */
static unsigned int
do_chores(const uint64_t silent_ms[SERVERS_MAX])
{
	char command[LINE_BYTES];
	unsigned int count = 0;

	while (catalogue_chore(&catalogue, silent_ms, &patience, command)) {
		assert_true(done("%s", command));
		assert_true(++count < 1000);
		for (uint32_t i = 0; i < catalogue.partition_count; i++) {
			const struct partition *partition =
			    &catalogue.partitions[i];
			int length = snprintf(command, sizeof(command),
					      "in-sync %" PRIu32 " %" PRIu64, i,
					      partition->version);

			for (uint32_t j = 0; j < partition->place_count; j++) {
				uint64_t id = partition->places[j].server;

				if (catalogue_server(&catalogue, id)->is_up)
					length += snprintf(command + length,
							   sizeof(command) -
							       (size_t)length,
							   " %" PRIu64, id);
			}
			if (partition->leader != 0)
				assert_true(done("%s", command));
		}
	}
	return count;
}

static void
nothing_is_said_while_all_is_well(void **state)
{
	const uint64_t silent_ms[SERVERS_MAX] = { 0 };

	(void)state;
	begin(5);
	done("topic events 5 3");
	assert_int_equal(do_chores(silent_ms), 0);
}

static void
what_a_dead_server_kept_is_copied_after_a_while(void **state)
{
	uint64_t silent_ms[SERVERS_MAX] = { 0 };

	(void)state;
	begin(5);
	done("topic events 5 3");
	silent_ms[2] = 1000;
	do_chores(silent_ms);
	assert_false(catalogue.servers[2].is_up);
	for (uint32_t i = 0; i < 5; i++) {
		assert_int_not_equal(catalogue.partitions[i].leader, 3);
		assert_int_equal(catalogue.partitions[i].place_count, 3);
	}
	silent_ms[2] = 10000;
	do_chores(silent_ms);
	for (uint32_t i = 0; i < 5; i++) {
		const struct partition *partition = &catalogue.partitions[i];

		assert_null(partition_place(partition, 3));
		assert_int_equal(partition->place_count, 3);
		assert_int_equal(partition->leaving, 0);
	}
}

static void
who_joins_gets_its_share(void **state)
{
	const uint64_t silent_ms[SERVERS_MAX] = { 0 };
	uint32_t kept = 0, led = 0;

	(void)state;
	begin(3);
	done("topic events 8 3");
	done("up 4 1 host:4");
	do_chores(silent_ms);
	for (uint32_t i = 0; i < 8; i++) {
		kept += partition_place(&catalogue.partitions[i], 4) != NULL;
		led += catalogue.partitions[i].leader == 4;
	}
	assert_int_equal(kept, 6);
	assert_true(led == 1 || led == 2);
}

static void
a_move_to_one_that_dies_is_called_off(void **state)
{
	uint64_t silent_ms[SERVERS_MAX] = { 0 };

	(void)state;
	begin(3);
	done("topic events 1 2");
	done("move 0 %" PRIu64 " 1 3", first()->version);
	silent_ms[2] = 10000;
	do_chores(silent_ms);
	assert_int_equal(first()->leaving, 0);
	assert_int_equal(first()->place_count, 2);
	assert_null(partition_place(first(), 3));
}

/* ------------------------------------------------------------------------ chance */

static uint32_t
draw(uint64_t *seed, uint32_t below)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(*seed >> 33) % below;
}

static void
check(void)
{
	for (uint32_t i = 0; i < catalogue.partition_count; i++) {
		const struct partition *partition = &catalogue.partitions[i];
		uint32_t in_sync = 0, up = 0;

		for (uint32_t j = 0; j < partition->place_count; j++) {
			const struct place *place = &partition->places[j];

			in_sync += place->in_sync;
			up +=
			    place->in_sync &&
			    catalogue_server(&catalogue, place->server)->is_up;
		}
		/* C1, C2. */
		assert_true(in_sync >= 1);
		assert_true(up == in_sync || in_sync == 1);
		assert_true((partition->leader == 0) == (up == 0));
		if (partition->leader != 0)
			assert_true(
			    partition_place(partition, partition->leader)
				->in_sync);
	}
}

/** C3, and versions rise with every change. */
static void
compare(const struct catalogue *before)
{
	for (uint32_t i = 0; i < before->partition_count; i++) {
		const struct partition *was = &before->partitions[i],
				       *is = &catalogue.partitions[i];

		assert_true(is->epoch >= was->epoch);
		if (is->leader != was->leader)
			assert_true(is->epoch > was->epoch);
		if (memcmp(is, was, sizeof(*is)) != 0)
			assert_true(is->version > was->version);
	}
}

static void
draw_command(uint64_t *seed)
{
	uint32_t position = draw(seed, 8), one = draw(seed, SERVERS) + 1,
		 two = draw(seed, SERVERS) + 1, three = draw(seed, SERVERS) + 1;
	uint64_t version = catalogue.partitions[position].version;

	switch (draw(seed, 7)) {
	case 0:
		done("up %u %u host:%u", one, draw(seed, 3) + 1, one);
		break;
	case 1:
		done("silent %u %u", one, draw(seed, 3) + 1);
		break;
	case 2:
		done("in-sync %u %" PRIu64 " %u %u", position, version, one,
		     two);
		break;
	case 3:
		done("in-sync %u %" PRIu64 " %u %u %u", position, version, one,
		     two, three);
		break;
	case 4:
		done("lead %u %" PRIu64 " %u", position, version, one);
		break;
	case 5:
		done("move %u %" PRIu64 " %u %u", position, version, one, two);
		break;
	case 6:
		done("stay %u %" PRIu64, position, version);
		break;
	}
}

/** As a snapshot has it. */
static void
read_again(void)
{
	struct catalogue again = { 0 };
	char line[LINE_BYTES];

	for (size_t i = 0; catalogue_print(&catalogue, i, line); i++)
		assert_true(catalogue_parse(&again, line));
	assert_int_equal(again.partition_count, catalogue.partition_count);
	for (uint32_t i = 0; i < again.partition_count; i++) {
		struct partition *is = &again.partitions[i],
				 *was = &catalogue.partitions[i];

		assert_int_equal(is->epoch, was->epoch);
		assert_int_equal(is->version, was->version);
		assert_int_equal(is->leader, was->leader);
		assert_int_equal(is->leaving, was->leaving);
		assert_int_equal(is->place_count, was->place_count);
		for (uint32_t j = 0; j < is->place_count; j++) {
			assert_int_equal(is->places[j].server,
					 was->places[j].server);
			assert_int_equal(is->places[j].in_sync,
					 was->places[j].in_sync);
		}
	}
}

static void
whatever_is_asked_it_stays_sound(void **state)
{
	const char *text = getenv("RAFT_TEST_SEED");
	uint64_t seed = text != NULL ? strtoull(text, NULL, 10) : arc4random();
	struct catalogue before;

	(void)state;
	print_message("again: RAFT_TEST_SEED=%" PRIu64 "\n", seed);
	begin(SERVERS);
	done("topic events 8 3");
	for (int step = 0; step < STEPS; step++) {
		before = catalogue;
		draw_command(&seed);
		check();
		compare(&before);
		if (step % 100 == 0)
			read_again();
	}
}

static void
what_is_printed_is_read_again(void **state)
{
	struct catalogue again = { 0 };

	(void)state;
	begin(5);
	done("topic events 5 3");
	done("topic logs 2 2");
	done("silent 2 1");
	done("move 0 %" PRIu64 " %" PRIu64 " %u", first()->version,
	     first()->places[0].server, 5);
	read_again();
	assert_false(catalogue_parse(&again, "nonsense"));
	assert_false(catalogue_parse(&again, "partition 9 0 1 1 1 0 +1"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_topic_is_spread_over_the_servers),
		cmocka_unit_test(who_was_never_up_is_not_silent),
		cmocka_unit_test(who_is_silent_is_followed_by_one_in_sync),
		cmocka_unit_test(only_the_last_in_sync_can_lead_again),
		cmocka_unit_test(another_life_has_another_epoch),
		cmocka_unit_test(a_late_wish_of_a_leader_changes_nothing),
		cmocka_unit_test(who_joins_takes_the_place_when_it_is_in_sync),
		cmocka_unit_test(nothing_is_said_while_all_is_well),
		cmocka_unit_test(
		    what_a_dead_server_kept_is_copied_after_a_while),
		cmocka_unit_test(who_joins_gets_its_share),
		cmocka_unit_test(a_move_to_one_that_dies_is_called_off),
		cmocka_unit_test(whatever_is_asked_it_stays_sound),
		cmocka_unit_test(what_is_printed_is_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
