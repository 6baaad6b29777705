/*
 * What a world tells those who watch it, and what it is made of if nobody says.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/sim/sim.h"

/** The default election timeout. */
#define T UINT64_C(1000000)

struct seen {
	FILE *verbs;
	FILE *lines;
	uint64_t line_count;
	/** The nodes that changed. */
	uint64_t changed;
};

static void
see_verb(void *context, uint64_t now, const char *statement)
{
	struct seen *seen = context;

	(void)now;
	fprintf(seen->verbs, "%s\n", statement);
}

static void
see_line(void *context, uint64_t now, const char *line)
{
	struct seen *seen = context;

	(void)now;
	seen->line_count++;
	if (seen->lines != NULL)
		fprintf(seen->lines, "%s\n", line);
}

static void
see_change(void *context, uint64_t now, uint32_t node)
{
	struct seen *seen = context;

	(void)now;
	seen->changed |= UINT64_C(1) << node;
}

/** Every verb on three nodes of which none runs, and a learner. */
static void
do_every_verb(struct raft_sim *sim)
{
	const struct raft_sim_link link = {.latency = {1, 20},
					   .loss = 123456, .duplicate = 1000000};
	uint32_t votes = raft_sim_kind("vote") | raft_sim_kind("other");

	raft_sim_note(sim, "a note");
	raft_sim_mark(sim);
	raft_sim_wipe(sim, 2);
	raft_sim_pause(sim, 1);
	raft_sim_resume(sim, 1);
	raft_sim_crash(sim, 1, RAFT_SIM_CRASH);
	raft_sim_crash(sim, 2, RAFT_SIM_CRASH_TORN);
	raft_sim_crash(sim, 3, RAFT_SIM_POWEROFF);
	raft_sim_set_clock(sim, 1, 1500000);
	raft_sim_set_disk(sim, 1, RAFT_SIM_DISK_STALL);
	raft_sim_set_disk(sim, 1, RAFT_SIM_DISK_FULL);
	raft_sim_set_disk(sim, 1, RAFT_SIM_DISK_FAIL);
	raft_sim_set_disk(sim, 1, RAFT_SIM_DISK_OK);
	raft_sim_set_disk_latency(sim, 1, (struct raft_sim_range){3, 4});
	raft_sim_campaign(sim, 1);
	raft_sim_step_down(sim, 2);
	raft_sim_transfer(sim, 3);
	raft_sim_snapshot(sim, 3);
	raft_sim_propose(sim, 0, 3, 40);
	raft_sim_propose(sim, 2, 1, 8);
	raft_sim_read(sim, 0);
	raft_sim_read_bounded(sim, 3, 77);
	raft_sim_client(sim, 500, 60);
	raft_sim_client(sim, 0, 0);
	raft_sim_reads(sim, 500);
	raft_sim_reads_at(sim, 500, UINT64_MAX);
	raft_sim_reads_bounded(sim, 500, 2, 9);
	raft_sim_reads(sim, 0);
	raft_sim_reconfigure(sim, RAFT_SIM_MEMBERSHIP, 6);
	raft_sim_reconfigure(sim, RAFT_SIM_REMOVE, 1);
	raft_sim_add_learners(sim, 8, true, 70);
	raft_sim_set_leases(sim, 5000);
	raft_sim_set_leases(sim, 0);
	raft_sim_cut(sim, 1, 2, RAFT_SIM_EVERY_KIND);
	raft_sim_cut(sim, 1, 1, RAFT_SIM_EVERY_KIND);
	raft_sim_hold(sim, 2, 1, votes);
	raft_sim_release(sim, 2, 1, votes);
	raft_sim_replay(sim, 2, 3, raft_sim_kind("append"), 5);
	raft_sim_heal(sim, 1, 2);
	raft_sim_heal_all(sim);
	raft_sim_set_link(sim, 1, 2, &link);
	raft_sim_default_link(sim, 1, 2);
	raft_sim_default_links(sim);
	raft_sim_start(sim, 1);
	raft_sim_start(sim, 2);
}

/** As scenarios write it, whatever came of it. */
static void
each_verb_is_a_statement(void **state)
{
	static const char statements[] =
	    "note a note\nmark\nwipe n2\npause n1\nresume n1\ncrash n1\n"
	    "crash n2 torn\npoweroff n3\nclock n1 rate 1.500000\n"
	    "disk n1 stall\ndisk n1 full\ndisk n1 fail\ndisk n1 ok\n"
	    "disk n1 3us..4us\ncampaign n1\nstep-down n2\ntransfer n3\n"
	    "snapshot n3\npropose 3 size 40\npropose 1 at n2 size 8\nread\n"
	    "read at n3 bound 77us\nclient every 500us size 60\nclient off\n"
	    "reads every 500us\nreads every 500us at {n1 n2 n3 n4}\n"
	    "reads every 500us at n2 bound 9us\nreads off\n"
	    "membership {n2 n3}\nremove n1\n"
	    "add-learner n4 promotes stands-in 70us\nleases drift 0.5%\n"
	    "leases off\ncut n1 -> n2\n"
	    "cut n1 -> n1\nhold n2 -> n1 only vote\nhold n2 -> n1 only other\n"
	    "release n2 -> n1 only vote\nrelease n2 -> n1 only other\n"
	    "replay n2 -> n3 only append 5\nheal n1 -> n2\nheal all\n"
	    "link n1 -> n2 latency 1us..20us loss 12.3456% duplicate "
	    "100.0000%\n"
	    "link n1 -> n2 default\nlink all -> all default\nstart n1\n"
	    "restart n2\n";
	struct raft_sim_options options;
	struct seen seen = {0};
	struct raft_sim *sim;
	char *text = NULL;
	size_t size;

	(void)state;
	raft_sim_defaults(&options);
	options.learners = 1;
	options.hooks.verb = see_verb;
	options.hooks.changed = see_change;
	options.hooks.context = &seen;
	seen.verbs = open_memstream(&text, &size);
	sim = raft_sim_create(&options);
	do_every_verb(sim);
	fflush(seen.verbs);
	assert_string_equal(text, statements);
	/* Who started, and nobody else. */
	assert_int_equal(seen.changed, 6);
	/* Nobody watches the end. */
	raft_sim_destroy(sim);
	assert_int_equal(seen.changed, 6);
	fclose(seen.verbs);
	assert_string_equal(text, statements);
	free(text);
	raft_sim_destroy(NULL);
}

/** Whether the text has a member's account of what it decides. */
static uint64_t
count_lines(bool decisions)
{
	struct raft_sim_options options;
	struct seen seen = {0};
	struct raft_sim *sim;

	raft_sim_defaults(&options);
	options.hooks.trace = see_line;
	options.hooks.decisions = decisions;
	options.hooks.context = &seen;
	sim = raft_sim_create(&options);
	for (uint32_t n = 1; n <= 3; n++)
		assert_true(raft_sim_start(sim, n));
	assert_true(raft_sim_run(sim, 5 * T));
	raft_sim_destroy(sim);
	return seen.line_count;
}

static void
decisions_are_told_to_who_asks(void **state)
{
	(void)state;
	assert_true(count_lines(true) > count_lines(false));
}

/** The most entries that an append carries. */
static void
see_append(void *context, uint64_t now, enum raft_sim_fate fate,
	   uint64_t number, const struct raft_message *message)
{
	uint64_t *most = context;
	uint64_t count;

	(void)now;
	(void)number;
	if (fate != RAFT_SIM_SENT || message->kind != RAFT_MESSAGE_APPEND)
		return;
	count = message->append.last.index - message->append.previous.index;
	if (count > *most)
		*most = count;
}

/** Of twenty writes of fifty bytes each, which a node that was away is sent. */
static uint64_t
most_entries(size_t append_bytes_max)
{
	struct raft_sim_options options;
	struct raft_sim *sim;
	uint64_t most = 0;
	uint32_t away;

	raft_sim_defaults(&options);
	options.append_bytes_max = append_bytes_max;
	options.hooks.message = see_append;
	options.hooks.context = &most;
	sim = raft_sim_create(&options);
	for (uint32_t n = 1; n <= 3; n++)
		assert_true(raft_sim_start(sim, n));
	assert_true(raft_sim_run(sim, 5 * T));
	away = raft_sim_leader(sim) == 1 ? 2 : 1;
	assert_true(raft_sim_crash(sim, away, RAFT_SIM_CRASH));
	assert_int_equal(raft_sim_propose(sim, 0, 20, 50), RAFT_OK);
	assert_true(raft_sim_run(sim, 6 * T));
	assert_true(raft_sim_start(sim, away));
	assert_true(raft_sim_run(sim, 7 * T));
	assert_true(raft_sim_logs_equal(sim, raft_sim_committed(sim)));
	assert_true(raft_sim_committed(sim) > 20);
	raft_sim_destroy(sim);
	return most;
}

static void
an_append_carries_what_there_is_room_for(void **state)
{
	(void)state;
	assert_int_equal(most_entries(0), 20);
	assert_int_equal(most_entries(1), 1);
	assert_int_equal(most_entries(99), 1);
	assert_int_equal(most_entries(100), 2);
	assert_int_equal(most_entries(149), 2);
	assert_int_equal(most_entries(150), 3);
}

static void
a_world_has_its_defaults(void **state)
{
	struct raft_sim_options options;

	(void)state;
	memset(&options, 0xff, sizeof(options));
	raft_sim_defaults(&options);
	assert_int_equal(options.voters, 3);
	assert_int_equal(options.learners, 0);
	assert_int_equal(options.spares, 0);
	assert_int_equal(options.seed, 1);
	assert_int_equal(options.election_us, 1000000);
	assert_int_equal(options.heartbeat_us, 100000);
	assert_int_equal(options.link.latency.least_us, 1000);
	assert_int_equal(options.link.latency.most_us, 5000);
	assert_int_equal(options.link.loss, 0);
	assert_int_equal(options.link.duplicate, 0);
	assert_int_equal(options.disk.least_us, 0);
	assert_int_equal(options.disk.most_us, 1000);
	assert_int_equal(options.max_log, 0);
	assert_false(options.fifo);
	assert_null(options.hooks.trace);
	assert_null(options.machine);
}

/** Of 64 nodes each has a place. */
static void
a_world_has_so_many_nodes(void **state)
{
	struct raft_sim_options options;
	struct raft_sim_node node;
	struct raft_sim *sim;

	(void)state;
	raft_sim_defaults(&options);
	options.voters = 1;
	options.learners = 2;
	options.spares = RAFT_SIM_NODES_MAX - 3;
	sim = raft_sim_create(&options);
	assert_int_equal(raft_sim_node_count(sim), RAFT_SIM_NODES_MAX);
	assert_true(raft_sim_set_mask(sim, 3, 1));
	for (uint32_t n = 1; n <= RAFT_SIM_NODES_MAX; n++)
		assert_true(raft_sim_start(sim, n));
	raft_sim_reads_at(sim, 10000, UINT64_MAX);
	assert_true(raft_sim_run(sim, 4 * T));
	assert_int_equal(raft_sim_leader(sim), 1);
	assert_string_equal(raft_sim_role(sim, 3), "learner");
	assert_string_equal(raft_sim_role(sim, 4), "removed");
	raft_sim_node(sim, RAFT_SIM_NODES_MAX, &node);
	assert_int_equal(node.identity.id, RAFT_SIM_NODES_MAX);
	assert_true(node.up && node.runs);
	assert_int_equal(node.mask, 0);
	raft_sim_node(sim, 3, &node);
	assert_int_equal(node.mask, 1);
	raft_sim_destroy(sim);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_verb_is_a_statement),
		cmocka_unit_test(decisions_are_told_to_who_asks),
		cmocka_unit_test(an_append_carries_what_there_is_room_for),
		cmocka_unit_test(a_world_has_its_defaults),
		cmocka_unit_test(a_world_has_so_many_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
