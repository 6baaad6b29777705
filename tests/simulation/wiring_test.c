/*
 * A world shows its checkers all that they judge by: what one of them remembers, or
 * what a node holds, is changed behind the library's back, and as soon as it matters
 * that checker must speak.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "assists/sim/sim.h"
#include "assists/sim/world/world.h"

/** The default election timeout. */
#define T UINT64_C(1000000)
/** So many terms, indexes or writes are enough to meet one. */
#define AHEAD 20

struct world {
	struct raft_sim *sim;
	struct sim_node *leader;
	struct sim_node *follower;
};

/** Three nodes with a leader, which have written, and are at rest. */
static struct world
create_at_rest(void)
{
	struct raft_sim_options options;
	struct world world;

	raft_sim_defaults(&options);
	world.sim = raft_sim_create(&options);
	for (uint32_t n = 1; n <= 3; n++)
		assert_true(raft_sim_start(world.sim, n));
	raft_sim_client(world.sim, 20000, 64);
	assert_true(raft_sim_run(world.sim, 5 * T));
	raft_sim_client(world.sim, 0, 0);
	assert_true(raft_sim_run(world.sim, 6 * T));
	assert_int_not_equal(raft_sim_leader(world.sim), 0);
	world.leader = sim_node_at(world.sim, raft_sim_leader(world.sim));
	world.follower = sim_node_at(world.sim,
				     world.leader->number == 1 ? 2 : 1);
	return world;
}

/** Within a second this is said, of whatever node; then the world ends. */
static void
assert_accused(const struct world *world, const char *text)
{
	const char *said;

	raft_sim_run(world->sim, raft_sim_now(world->sim) + T);
	said = raft_sim_violation(world->sim);
	if (said == NULL || strncmp(said, text, strlen(text)) != 0)
		fail_msg("%s, not %s", said == NULL ? "nothing" : said, text);
	raft_sim_destroy(world->sim);
}

static void
elect_another(const struct world *world)
{
	assert_int_equal(raft_sim_campaign(world->sim, world->follower->number),
			 RAFT_OK);
}

static void
write_one(const struct world *world)
{
	assert_int_equal(raft_sim_propose(world->sim, 0, 1, 64), RAFT_OK);
}

/* ------------------------------------------------------------- elections */

static void
who_wins(void **state)
{
	struct world world = create_at_rest();
	uint64_t term = world.leader->status.term;

	(void)state;
	for (uint64_t i = 1; i <= AHEAD; i++)
		sim_check_election_won(&world.sim->checks.election,
				       &world.sim->verdict, 99, term + i);
	elect_another(&world);
	assert_accused(&world, "election safety: n99 and n");
}

static void
who_votes(void **state)
{
	struct world world = create_at_rest();
	const struct raft_identity nobody = {99, 99};

	(void)state;
	for (uint64_t i = 1; i <= AHEAD; i++)
		sim_check_votes_cast(&world.sim->checks.votes,
				     &world.sim->verdict, world.leader->self,
				     world.leader->status.term + i, nobody);
	elect_another(&world);
	assert_accused(&world, "votes: n");
}

static void
what_the_elected_one_holds(void **state)
{
	struct world world = create_at_rest();
	struct sim_history *history = &world.sim->checks.history;

	(void)state;
	history->entries[history->count - 1].chain ^= 4;
	elect_another(&world);
	assert_accused(&world, "leader completeness: n");
}

static void
what_the_elected_one_acknowledged(void **state)
{
	struct world world = create_at_rest();
	struct sim_write_fate *fates = world.sim->checks.acknowledged.fates;

	(void)state;
	assert_int_not_equal(fates[0].told_term, 0);
	fates[0].committed_at += 1000;
	elect_another(&world);
	assert_accused(&world, "acknowledged writes: n");
}

static void
whose_majority_elects(void **state)
{
	struct world world = create_at_rest();
	struct sim_check_membership *check = &world.sim->checks.membership;

	(void)state;
	/* That of the beginning, which stands at index 1. */
	assert_int_equal(check->count, 1);
	assert_int_equal(check->committed[0].index, 1);
	assert_int_equal(check->committed[0].configuration.member_count, 3);
	for (size_t i = 0; i < 3; i++)
		check->committed[0].members[i].identity.id += 10;
	elect_another(&world);
	assert_accused(&world, "membership overlap: n");
}

/* ---------------------------------------------------------- configurations */

static void
which_configuration_follows(void **state)
{
	struct world world = create_at_rest();
	struct sim_check_membership *check = &world.sim->checks.membership;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		check->committed[0].members[i].identity.incarnation++;
	assert_int_equal(raft_sim_reconfigure(
				 world.sim, RAFT_SIM_REMOVE,
				 sim_set_of(world.follower->number)),
			 RAFT_OK);
	assert_accused(&world, "membership overlap: n");
}

static void
which_configuration_is_committed(void **state)
{
	struct world world = create_at_rest();
	const struct sim_check_membership *check = &world.sim->checks.membership;
	uint64_t index = raft_sim_committed(world.sim) + 1;

	(void)state;
	assert_int_equal(raft_sim_reconfigure(
				 world.sim, RAFT_SIM_DEMOTE,
				 sim_set_of(world.follower->number)),
			 RAFT_OK);
	assert_true(raft_sim_run(world.sim, 7 * T));
	assert_int_equal(check->count, 2);
	assert_int_equal(check->committed[1].index, index);
	assert_int_equal(check->committed[1].known_in,
			 world.leader->status.term);
	assert_int_equal(check->committed[1].configuration.member_count, 3);
	raft_sim_destroy(world.sim);
}

/* -------------------------------------------------------------------- logs */

static void
what_stands_in_a_log(void **state)
{
	struct world world = create_at_rest();
	uint64_t last = world.leader->status.last.index;

	(void)state;
	for (uint64_t i = 1; i <= AHEAD; i++)
		sim_check_matching_held(&world.sim->checks.matching,
					&world.sim->verdict, 9, last + i,
					world.leader->status.term, 5);
	write_one(&world);
	assert_accused(&world, "log matching: n9 and n");
}

static void
what_is_committed(void **state)
{
	struct world world = create_at_rest();
	struct sim_history *history = &world.sim->checks.history;

	(void)state;
	history->entries[history->count - 1].chain ^= 4;
	write_one(&world);
	assert_accused(&world, "state-machine safety: n");
}

static void
what_is_applied(void **state)
{
	struct world world = create_at_rest();

	(void)state;
	world.follower->machine.chain ^= 4;
	write_one(&world);
	assert_accused(&world, "state-machine safety: n");
}

static void
what_was_committed_before(void **state)
{
	struct world world = create_at_rest();

	(void)state;
	world.follower->status.commit_index += 1000;
	assert_accused(&world, "state-machine safety: n");
}

static void
which_term_is_on_the_disk(void **state)
{
	struct world world = create_at_rest();

	(void)state;
	world.follower->disk.durable.term = 0;
	assert_accused(&world, "promises: n");
}

static void
which_entries_are_on_the_disk(void **state)
{
	struct world world = create_at_rest();

	(void)state;
	sim_log_truncate(&world.follower->disk.durable, 2);
	write_one(&world);
	assert_accused(&world, "promises: n");
}

/** That of the leader's log: the disk holds another entry there. */
static void
whose_entries_are_on_the_disk(void **state)
{
	struct world world = create_at_rest();
	struct sim_log *durable = &world.follower->disk.durable;

	(void)state;
	durable->entries[durable->count - 1].chain ^= 4;
	assert_accused(&world, "promises: n");
}

/* ------------------------------------------------------- writes and reads */

static void
which_writes_are_committed(void **state)
{
	struct world world = create_at_rest();

	(void)state;
	for (uint64_t i = 1; i <= AHEAD; i++)
		sim_check_acknowledged_lost(&world.sim->checks.acknowledged,
					    &world.sim->verdict, 1,
					    world.sim->client.last_id + i);
	write_one(&world);
	assert_accused(&world, "acknowledged writes: write ");
}

/** Who has said that it holds an entry loses it before that is acknowledged. */
static void
which_writes_are_durable(void **state)
{
	struct world world = create_at_rest();
	uint64_t last = world.leader->status.last.index + 1;
	bool lost[3] = {false};
	char text[160];

	(void)state;
	write_one(&world);
	while (raft_sim_step(world.sim, 7 * T))
		for (uint32_t n = 1; n <= 3; n++) {
			struct sim_log *log =
				&sim_node_at(world.sim, n)->disk.durable;

			if (n == world.leader->number || lost[n - 1] ||
			    sim_log_last(log) < last)
				continue;
			log->entries[log->count - 1].chain ^= 4;
			lost[n - 1] = true;
		}
	snprintf(text, sizeof(text),
		 "acknowledged writes: n%u acknowledged write %" PRIu64
		 " at index %" PRIu64 ", durable on 1 of 3 voters (at ",
		 world.leader->number, world.sim->client.last_id, last);
	assert_memory_equal(raft_sim_violation(world.sim), text, strlen(text));
	raft_sim_destroy(world.sim);
}

/** That it is the one received, and the one that the log begins behind. */
static void
which_snapshot_is_loaded(void **state)
{
	const struct raft_entry_id snapshot = {3, 1};
	char text[160];

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct world world = create_at_rest();
		struct sim_disk *disk = &world.follower->disk;

		if (i == 0)
			disk->received.last = snapshot;
		else
			disk->durable.base.last = snapshot;
		sim_snapshot_install(world.follower, snapshot);
		snprintf(text, sizeof(text),
			 "snapshots: n%u is to load a snapshot up to 3 that "
			 "its log does not begin behind (at 6.000000 s)",
			 world.follower->number);
		assert_string_equal(raft_sim_violation(world.sim), text);
		raft_sim_destroy(world.sim);
	}
}

static void
who_waits_for_a_write(void **state)
{
	struct world world = create_at_rest();

	(void)state;
	write_one(&world);
	assert_int_equal(world.leader->proposal_count, 1);
	world.leader->proposal_count = 0;
	assert_accused(&world, "outcomes: n");
}

static void
what_was_seen_before_a_read(void **state)
{
	struct world world = create_at_rest();

	(void)state;
	world.sim->checks.reads.seen += 1000;
	assert_int_equal(raft_sim_read(world.sim, 0), RAFT_OK);
	assert_accused(&world, "reads: n");
}

static void
who_waits_for_a_read(void **state)
{
	struct world world = create_at_rest();

	(void)state;
	assert_int_equal(raft_sim_read(world.sim, 0), RAFT_OK);
	assert_int_equal(world.leader->read_count, 1);
	world.leader->read_count = 0;
	assert_accused(&world, "reads: n");
}

static void
what_a_read_shows(void **state)
{
	struct world world = create_at_rest();

	(void)state;
	world.leader->machine.chain ^= 4;
	assert_int_equal(raft_sim_read(world.sim, 0), RAFT_OK);
	assert_accused(&world, "reads: n");
}

/* -------------------------------------------------------------------- time */

/** Nothing that comes is nonsense, unless a test sends it. */
static void
what_came_to_a_member(void **state)
{
	struct world world = create_at_rest();
	struct raft_message message = {
		.kind = RAFT_MESSAGE_APPEND,
		.from = world.leader->self,
		.to = world.follower->self,
		.term = UINT64_MAX,
	};

	(void)state;
	(void)raft_receive(world.follower->raft, &message,
			   sim_node_now(world.follower));
	assert_accused(&world, "honest peers: n");
}

static void
that_time_passes(void **state)
{
	struct world world = create_at_rest();
	uint64_t now = raft_sim_now(world.sim);

	(void)state;
	world.sim->events_now = 9999998;
	raft_sim_step(world.sim, now);
	assert_null(raft_sim_violation(world.sim));
	world.sim->events_now = 10000000;
	raft_sim_step(world.sim, now);
	assert_accused(&world,
		       "progress: events never end, time stands still (at 6.");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_wins),
		cmocka_unit_test(who_votes),
		cmocka_unit_test(what_the_elected_one_holds),
		cmocka_unit_test(what_the_elected_one_acknowledged),
		cmocka_unit_test(whose_majority_elects),
		cmocka_unit_test(which_configuration_follows),
		cmocka_unit_test(which_configuration_is_committed),
		cmocka_unit_test(what_stands_in_a_log),
		cmocka_unit_test(what_is_committed),
		cmocka_unit_test(what_is_applied),
		cmocka_unit_test(what_was_committed_before),
		cmocka_unit_test(which_term_is_on_the_disk),
		cmocka_unit_test(which_entries_are_on_the_disk),
		cmocka_unit_test(whose_entries_are_on_the_disk),
		cmocka_unit_test(which_writes_are_committed),
		cmocka_unit_test(which_writes_are_durable),
		cmocka_unit_test(which_snapshot_is_loaded),
		cmocka_unit_test(who_waits_for_a_write),
		cmocka_unit_test(what_was_seen_before_a_read),
		cmocka_unit_test(who_waits_for_a_read),
		cmocka_unit_test(what_a_read_shows),
		cmocka_unit_test(what_came_to_a_member),
		cmocka_unit_test(that_time_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
