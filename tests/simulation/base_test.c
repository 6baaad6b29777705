/*
 * What the simulator is made of: logs, memory, payloads, chance, and the order of
 * events.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "assists/sim/machine.h"
#include "assists/sim/world/world.h"

/* ------------------------------------------------------------------- logs */

static void
append(struct sim_log *log, uint64_t term, enum raft_entry_kind kind,
       uint64_t id, size_t length)
{
	struct raft_payload payload = sim_payload_new(id, length);

	sim_log_append(log, term, kind, &payload);
	raft_payload_release(&payload);
}

/** Six entries of terms 1 to 6, of which the second and the fourth are
 *  configurations; each a byte longer than the one before it. */
static void
fill(struct sim_log *log)
{
	for (uint64_t index = 1; index <= 6; index++)
		append(log, index,
		       index == 2 || index == 4 ? RAFT_ENTRY_CONFIGURATION
						: RAFT_ENTRY_DATA,
		       index, 10 + index);
}

static void
a_log_knows_what_is_in_it(void **state)
{
	struct sim_log log = {0};

	(void)state;
	assert_int_equal(sim_log_last(&log), 0);
	assert_int_equal(sim_log_chain(&log, 0), 0);
	assert_int_equal(sim_log_chain(&log, 1), 1);
	assert_null(sim_log_at(&log, 0));
	assert_null(sim_log_at(&log, 1));
	fill(&log);
	assert_int_equal(sim_log_last(&log), 6);
	assert_null(sim_log_at(&log, 7));
	assert_int_equal(sim_log_at(&log, 1)->term, 1);
	assert_int_equal(sim_log_at(&log, 6)->term, 6);
	assert_int_equal(sim_log_writes(&log, 0), 0);
	assert_int_equal(sim_log_writes(&log, 1), 1);
	assert_int_equal(sim_log_writes(&log, 2), 1);
	assert_int_equal(sim_log_writes(&log, 3), 2);
	assert_int_equal(sim_log_writes(&log, 6), 4);
	assert_int_equal(sim_log_writes(&log, 99), 4);
	assert_int_equal(sim_log_bytes(&log, 1), 11);
	assert_int_equal(sim_log_bytes(&log, 2), 23);
	assert_int_equal(sim_log_bytes(&log, 6), 81);
	assert_int_equal(sim_log_bytes(&log, 99), 81);
	assert_true(sim_log_covers(&log, 6, sim_log_chain(&log, 6)));
	assert_false(sim_log_covers(&log, 6, sim_log_chain(&log, 5)));
	assert_int_equal(sim_log_chain(&log, 7), 1);
	sim_log_clear(&log);
	assert_int_equal(sim_log_last(&log), 0);
}

static void
a_log_is_cut_at_both_ends(void **state)
{
	struct sim_log log = {0}, copy = {0};
	uint64_t chain;

	(void)state;
	fill(&log);
	chain = sim_log_chain(&log, 5);
	sim_log_truncate(&log, 0);
	sim_log_truncate(&log, 7);
	assert_int_equal(sim_log_last(&log), 6);
	sim_log_truncate(&log, 6);
	assert_int_equal(sim_log_last(&log), 5);
	sim_log_compact(&log, 9);
	sim_log_compact(&log, 0);
	assert_int_equal(log.base.last.index, 0);
	sim_log_compact(&log, 1);
	assert_int_equal(log.base.configuration_index, 0);
	sim_log_compact(&log, 3);
	assert_int_equal(log.base.configuration_index, 2);
	assert_int_equal(log.base.configuration.length, 12);
	sim_log_compact(&log, 4);
	assert_int_equal(log.base.configuration_index, 4);
	assert_int_equal(log.base.configuration.length, 14);
	assert_int_equal(log.base.last.index, 4);
	assert_int_equal(log.base.last.term, 4);
	assert_int_equal(sim_log_last(&log), 5);
	assert_null(sim_log_at(&log, 4));
	assert_int_equal(sim_log_at(&log, 5)->term, 5);
	assert_int_equal(sim_log_writes(&log, 3), 2);
	assert_int_equal(sim_log_writes(&log, 5), 3);
	assert_int_equal(sim_log_bytes(&log, 4), 50);
	assert_int_equal(sim_log_bytes(&log, 5), 65);
	assert_int_equal(sim_log_chain(&log, 5), chain);
	assert_true(sim_log_covers(&log, 3, 99));
	assert_false(sim_log_covers(&log, 4, 99));
	log.term = 8;
	log.vote = (struct raft_identity){3, 4};
	sim_log_copy(&copy, &log);
	assert_int_equal(copy.term, 8);
	assert_int_equal(copy.vote.incarnation, 4);
	assert_int_equal(sim_log_last(&copy), 5);
	assert_int_equal(sim_log_chain(&copy, 5), chain);
	assert_int_equal(sim_log_bytes(&copy, 5), 65);
	assert_int_equal(copy.base.configuration_index, 4);
	sim_log_clear(&copy);
	sim_log_clear(&log);
}

static void
a_save_leaves_no_gap(void **state)
{
	struct raft_payload payload = sim_payload_new(1, 16);
	const struct raft_entry entries[] = {
		{1, 3, RAFT_ENTRY_DATA, payload},
		{2, 3, RAFT_ENTRY_DATA, payload},
		{4, 3, RAFT_ENTRY_DATA, payload},
	};
	struct raft_save save = {
		.term = 3,
		.vote = {2, 5},
		.entries = entries,
		.entry_count = 2,
	};
	struct sim_log log = {0};

	(void)state;
	assert_true(sim_log_save(&log, &save));
	assert_int_equal(sim_log_last(&log), 2);
	assert_int_equal(log.term, 3);
	assert_int_equal(log.vote.id, 2);
	save.truncate_from = 1;
	save.entry_count = 1;
	assert_true(sim_log_save(&log, &save));
	assert_int_equal(sim_log_last(&log), 1);
	save.truncate_from = 0;
	assert_false(sim_log_save(&log, &save));
	save.entries = &entries[1];
	save.entry_count = 2;
	assert_false(sim_log_save(&log, &save));
	raft_payload_release(&payload);
	sim_log_clear(&log);
}

/** A chain tells apart what differs in any one thing. */
static void
a_chain_is_of_all_that_stands_there(void **state)
{
	const struct raft_payload payload = {.data = (const uint8_t *)"abc",
					     .length = 3};
	struct raft_payload other = payload;
	uint64_t chain = sim_chain(5, 1, RAFT_ENTRY_DATA, &payload);

	(void)state;
	assert_true(chain == sim_chain(5, 1, RAFT_ENTRY_DATA, &payload));
	assert_true(chain != sim_chain(6, 1, RAFT_ENTRY_DATA, &payload));
	assert_true(chain != sim_chain(5, 2, RAFT_ENTRY_DATA, &payload));
	assert_true(chain != sim_chain(5, 1, RAFT_ENTRY_CONFIGURATION,
				       &payload));
	other.length = 2;
	assert_true(chain != sim_chain(5, 1, RAFT_ENTRY_DATA, &other));
	other.length = 3;
	for (size_t i = 0; i < 3; i++) {
		uint8_t bytes[3] = {'a', 'b', 'c'};

		bytes[i] ^= 1;
		other.data = bytes;
		assert_true(chain !=
			    sim_chain(5, 1, RAFT_ENTRY_DATA, &other));
	}
}

/* ----------------------------------------------------------------- memory */

static void
memory_is_counted(void **state)
{
	size_t held = 0;
	char *one, *other;

	(void)state;
	one = sim_counted_resize(&held, NULL, 10);
	assert_int_equal(held, 10);
	memset(one, 'x', 10);
	other = sim_counted_resize(&held, NULL, 7);
	assert_int_equal(held, 17);
	one = sim_counted_resize(&held, one, 1000);
	assert_int_equal(held, 1007);
	assert_memory_equal(one, "xxxxxxxxxx", 10);
	one = sim_counted_resize(&held, one, 5);
	assert_int_equal(held, 12);
	assert_null(sim_counted_resize(&held, other, 0));
	assert_int_equal(held, 5);
	assert_null(sim_counted_resize(&held, one, 0));
	assert_int_equal(held, 0);
	assert_null(sim_counted_resize(&held, NULL, 0));
}

static void
an_array_grows_by_doubling(void **state)
{
	size_t room = 0;
	uint64_t *array = sim_grow(NULL, &room, 1, sizeof(*array));

	(void)state;
	assert_int_equal(room, 8);
	for (size_t i = 0; i < 8; i++)
		array[i] = i;
	assert_ptr_equal(sim_grow(array, &room, 8, sizeof(*array)), array);
	assert_int_equal(room, 8);
	array = sim_grow(array, &room, 9, sizeof(*array));
	assert_int_equal(room, 16);
	array = sim_grow(array, &room, 65, sizeof(*array));
	assert_int_equal(room, 128);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(array[i], i);
	array[127] = 1;
	free(array);
}

/** A write's bytes are its name, and nothing else has that name. */
static void
a_payload_says_whose_it_is(void **state)
{
	(void)state;
	for (size_t length = 0; length <= 40; length++) {
		uint64_t id = UINT64_C(0x8070605040302010) + length;
		struct raft_payload payload = sim_payload_new(id, length);
		uint8_t *bytes =
			((struct sim_bytes *)(void *)payload.owner)->data;

		assert_int_equal(payload.length, length < 8 ? 8 : length);
		assert_true(sim_payload_id(&payload) == id);
		for (size_t i = 0; i < payload.length; i++) {
			bytes[i] ^= 1;
			assert_false(sim_payload_id(&payload) == id);
			bytes[i] ^= 1;
		}
		payload.length = 7;
		assert_int_equal(sim_payload_id(&payload), 0);
		raft_payload_release(&payload);
	}
}

/* ----------------------------------------------------------------- chance */

static void
draws_keep_to_their_limits(void **state)
{
	struct sim_random random = {.state = 5};
	unsigned int count[3] = {0}, hits = 0;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		count[sim_random_upto(&random, 2)]++;
		hits += sim_random_chance(&random, 250000);
		assert_int_equal(sim_random_upto(&random, 0), 0);
		assert_int_equal(sim_random_between(&random, 7, 7), 7);
		assert_int_equal(sim_random_between(&random, 7, 3), 7);
		assert_in_range(sim_random_between(&random, 7, 8), 7, 8);
		assert_false(sim_random_chance(&random, 0));
		assert_true(sim_random_chance(&random, 1000000));
	}
	for (int i = 0; i < 3; i++)
		assert_in_range(count[i], 900, 1100);
	assert_in_range(hits, 680, 820);
	/* Where nothing is drawn, the next draw is what it was. */
	random.state = 1;
	(void)sim_random_between(&random, 7, 7);
	(void)sim_random_chance(&random, 0);
	assert_int_equal(random.state, 1);
	assert_true(sim_random_upto(&random, UINT64_MAX) ==
		    UINT64_C(0x910a2dec89025cc1));
}

/* ------------------------------------------------------------------ events */

static void
events_happen_in_order(void **state)
{
	struct sim_queue queue = {0};
	struct sim_random random = {.state = 9};
	struct sim_event last = {0}, next;

	(void)state;
	assert_null(sim_queue_peek(&queue));
	for (uint64_t i = 0; i < 500; i++)
		sim_queue_push(&queue, (struct sim_event){
					       .at = sim_random_upto(&random,
								     40),
					       .number = i,
				       });
	assert_int_equal(queue.count, 500);
	for (int i = 0; i < 500; i++) {
		assert_non_null(sim_queue_peek(&queue));
		assert_int_equal(sim_queue_peek(&queue)->at,
				 queue.events[0].at);
		next = sim_queue_pop(&queue);
		assert_true(next.at >= last.at);
		/* What was made first, of those at one time. */
		if (i > 0 && next.at == last.at)
			assert_true(next.number > last.number);
		last = next;
	}
	assert_null(sim_queue_peek(&queue));
	free(queue.events);
}

/* ------------------------------------------------------------------- words */

static void
a_set_of_nodes_is_written_as_scenarios_write_it(void **state)
{
	char text[SIM_SET_BYTES];

	(void)state;
	assert_string_equal(sim_set_print(text, " at ", 0), "");
	assert_string_equal(sim_set_print(text, " at ", 1), " at n1");
	assert_string_equal(sim_set_print(text, " ", UINT64_C(1) << 63),
			    " n64");
	assert_string_equal(sim_set_print(text, " ", 5), " {n1 n3}");
	(void)sim_set_print(text, " from {", UINT64_MAX);
	assert_int_equal(strlen(text), 8 + 9 * 3 + 55 * 4);
	assert_memory_equal(&text[strlen(text) - 8], "n63 n64}", 8);
	assert_int_equal(sim_set_of(0), 0);
	assert_int_equal(sim_set_of(1), 1);
	assert_true(sim_set_of(64) == UINT64_C(1) << 63);
}

static void
a_digest_is_the_same_on_every_machine(void **state)
{
	(void)state;
	assert_true(raft_sim_digest(0, "", 0) != raft_sim_digest(1, "", 0));
	assert_true(raft_sim_digest(7, "outrigger", 9) ==
		    UINT64_C(0x2bb8f6b45f88adff));
	assert_true(raft_sim_digest(7, "outrigger", 8) !=
		    raft_sim_digest(7, "outrigges", 9));
}

/* ------------------------------------------------------------------- disks */

static bool
store(struct sim_disk *disk, uint64_t index, uint64_t offset, size_t length)
{
	struct raft_snapshot_part part = {
		.snapshot = {index, 1},
		.size = 30,
		.offset = offset,
		.bytes = {(const uint8_t *)"0123456789abcdefghijklmnopqrstu",
			  length, NULL},
	};

	return sim_snapshot_written(disk, false, &part);
}

/** Each part of a leader's snapshot stands behind the one before it. */
static void
parts_follow_each_other(void **state)
{
	struct sim_disk disk = {0};

	(void)state;
	assert_false(store(&disk, 5, 10, 10));
	assert_true(store(&disk, 5, 0, 10));
	assert_false(store(&disk, 5, 9, 10));
	assert_false(store(&disk, 5, 11, 10));
	assert_false(store(&disk, 6, 10, 10));
	assert_false(store(&disk, 5, 10, 21));
	assert_int_equal(disk.received.stored, 10);
	assert_true(store(&disk, 5, 10, 0));
	assert_true(store(&disk, 5, 10, 20));
	assert_int_equal(disk.received.stored, 30);
	assert_memory_equal(disk.received.bytes,
			    "01234567890123456789abcdefghij", 30);
	assert_int_equal(disk.received.last.index, 5);
	/* Another one begins anew. */
	assert_true(store(&disk, 6, 0, 30));
	assert_int_equal(disk.received.last.index, 6);
	assert_int_equal(disk.snapshot_count, 0);
	sim_snapshot_spoiled(&disk);
	assert_int_equal(disk.received.last.index, 0);
	assert_true(store(&disk, 7, 0, 1));
	sim_snapshots_clear(&disk);
	assert_int_equal(disk.received.last.index, 0);
	free(disk.snapshots);
}

static void
a_disk_that_is_wiped_is_empty(void **state)
{
	struct raft_sim_options options;
	const struct sim_disk *disk;
	struct raft_sim *sim;

	(void)state;
	raft_sim_defaults(&options);
	options.voters = 1;
	sim = raft_sim_create(&options);
	disk = &sim_node_at(sim, 1)->disk;
	assert_true(raft_sim_start(sim, 1));
	assert_true(raft_sim_run(sim, 3000000));
	assert_int_equal(raft_sim_propose(sim, 1, 5, 16), RAFT_OK);
	assert_true(raft_sim_run(sim, 4000000));
	assert_true(raft_sim_snapshot(sim, 1));
	assert_true(raft_sim_run(sim, 5000000));
	assert_int_equal(raft_sim_propose(sim, 1, 5, 16), RAFT_OK);
	assert_true(raft_sim_run(sim, 6000000));
	assert_true(raft_sim_snapshot(sim, 1));
	assert_true(raft_sim_run(sim, 7000000));
	assert_int_equal(raft_sim_propose(sim, 1, 5, 16), RAFT_OK);
	assert_true(raft_sim_crash(sim, 1, RAFT_SIM_CRASH));
	/* Of two the older one was of no use any more. */
	assert_int_equal(disk->snapshot_count, 1);
	assert_true(disk->snapshots[0].last.index > 6);
	assert_int_equal(disk->write_count, 0);
	assert_int_equal(sim_log_last(&disk->accepted),
			 sim_log_last(&disk->durable));
	assert_true(raft_sim_wipe(sim, 1));
	assert_int_equal(disk->snapshot_count, 0);
	assert_int_equal(sim_log_last(&disk->accepted), 0);
	assert_int_equal(sim_log_last(&disk->durable), 0);
	assert_int_equal(disk->durable.term, 0);
	raft_sim_destroy(sim);
}

/** An answer counts in the term in which was asked. */
static void
an_answer_is_of_its_term(void **state)
{
	struct raft_sim_options options;
	struct sim_verdict verdict = {0};
	struct sim_message answer = {
		.from = 2,
		.to = 1,
		.message = {.kind = RAFT_MESSAGE_APPEND_ANSWER, .term = 4},
	};
	struct sim_carried *carried;
	struct raft_sim *sim;

	(void)state;
	raft_sim_defaults(&options);
	sim = raft_sim_create(&options);
	carried = &sim_link_at(sim, 1, 2)->carried;
	answer.message.append_answer.sequence = 2;
	carried->term = 5;
	for (uint64_t sequence = 1; sequence <= 3; sequence++)
		sim_check_traffic_waits_for(carried, &verdict, 1, 2, sequence,
					    9);
	sim_health_answered(sim_node_at(sim, 1), &answer);
	assert_int_equal(carried->unanswered_count, 3);
	answer.message.term = 5;
	sim_health_answered(sim_node_at(sim, 1), &answer);
	assert_int_equal(carried->unanswered_count, 1);
	answer.message.kind = RAFT_MESSAGE_VOTE_ANSWER;
	sim_health_answered(sim_node_at(sim, 1), &answer);
	assert_int_equal(carried->unanswered_count, 1);
	answer.message.kind = RAFT_MESSAGE_SNAPSHOT_ANSWER;
	answer.message.snapshot_answer.sequence = 3;
	sim_health_answered(sim_node_at(sim, 1), &answer);
	assert_int_equal(carried->unanswered_count, 0);
	raft_sim_destroy(sim);
}

/** Of a time that is too far away, or of a clock that stands still: never. */
static void
a_clock_ends(void **state)
{
	const uint64_t far = UINT64_C(10000000000000);
	struct sim_clock clock = {.local_base = 50, .virtual_base = 7,
				  .millionths = 500000};

	(void)state;
	assert_int_equal(sim_clock_when(&clock, 49), 7);
	assert_int_equal(sim_clock_when(&clock, 50), 7);
	assert_int_equal(sim_clock_when(&clock, 51), 9);
	assert_true(sim_clock_when(&clock, 50 + far) == 7 + 2 * far);
	assert_true(sim_clock_when(&clock, 51 + far) == RAFT_SIM_INFINITE);
	clock.millionths = 0;
	assert_int_equal(sim_clock_when(&clock, 50), 7);
	assert_true(sim_clock_when(&clock, 51) == RAFT_SIM_INFINITE);
	assert_int_equal(sim_clock_read(&clock, 999), 50);
	sim_clock_set(&clock, 999, 2000000);
	assert_int_equal(sim_clock_read(&clock, 1000), 52);
}

/** How far each node that runs is behind, in writes. */
static void
lag_is_the_most_that_a_node_was_behind(void **state)
{
	struct sim_committed entries[] = {{.id = 1}, {.id = 0}, {.id = 2}};
	struct sim_node nodes[3] = {
		{.up = true, .machine = {.writes = 2}},
		{.up = true},
		{.up = false},
	};
	struct raft_sim sim = {
		.node_count = 3,
		.nodes = nodes,
		.checks.history = {.entries = entries, .count = 1},
	};

	(void)state;
	sim_lag_note(&sim);
	assert_int_equal(raft_sim_lag(&sim, 7, false), 1);
	assert_int_equal(raft_sim_lag(&sim, 1, false), 0);
	sim.checks.history.count = 3;
	sim_lag_note(&sim);
	assert_int_equal(raft_sim_lag(&sim, 7, false), 2);
	assert_int_equal(raft_sim_lag(&sim, 2, true), 2);
	assert_int_equal(raft_sim_lag(&sim, 5, true), 0);
	nodes[1].lag[1] = 0;
	nodes[1].machine.writes = 1;
	sim_lag_note(&sim);
	assert_int_equal(raft_sim_lag(&sim, 2, false), 2);
	assert_int_equal(raft_sim_lag(&sim, 2, true), 1);
	assert_int_equal(raft_sim_lag(&sim, 0, false), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_knows_what_is_in_it),
		cmocka_unit_test(a_log_is_cut_at_both_ends),
		cmocka_unit_test(a_save_leaves_no_gap),
		cmocka_unit_test(a_chain_is_of_all_that_stands_there),
		cmocka_unit_test(memory_is_counted),
		cmocka_unit_test(an_array_grows_by_doubling),
		cmocka_unit_test(a_payload_says_whose_it_is),
		cmocka_unit_test(draws_keep_to_their_limits),
		cmocka_unit_test(events_happen_in_order),
		cmocka_unit_test(
			a_set_of_nodes_is_written_as_scenarios_write_it),
		cmocka_unit_test(a_digest_is_the_same_on_every_machine),
		cmocka_unit_test(parts_follow_each_other),
		cmocka_unit_test(a_disk_that_is_wiped_is_empty),
		cmocka_unit_test(an_answer_is_of_its_term),
		cmocka_unit_test(a_clock_ends),
		cmocka_unit_test(lag_is_the_most_that_a_node_was_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
