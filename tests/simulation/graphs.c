/*
 * Elections in random graphs: whatever links are left, a build with checkquorum
 * and prevote or stickiness stands still only where nobody can be elected.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * S16 and S17 of docs/catalogue.md. Of three to seven nodes some miss the last
 * writes; then links fail at random (in half of the runs some go one way),
 * some nodes die, and a client goes on writing. Counted are the graphs in which
 * a node reaches a majority, both ways: in how many of them nothing is
 * committed in the second half of a long time, in how many nothing was for more than
 * twelve election timeouts at any time, and in how many the leader still changes
 * in that second half.
 *
 * A node can be elected if those that it reaches both ways, and whose log is
 * not newer than its own, are a majority with it. Where nodes reach a majority
 * and none can be elected (the constrained election of Omni-Paxos), every build
 * without catchup waits for the network; with it, in each graph, something is
 * committed again within twelve election timeouts. With 100 graphs or more it is
 * asserted, too, that baseline is never at rest in some, that prevote alone, which
 * keeps a leader without a majority, stands still where somebody could be elected,
 * and that the builds like the one with catchup, but without it, stand still somewhere.
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "assists/sim/base/random.h"
#include "assists/sim/sim.h"

#define ELECTION_US UINT64_C(1000000)
#define NODES_MAX 7
/** How long a graph stays, in election timeouts. */
#define TIMEOUTS 60
/** And within so many something is committed again, with catchup. */
#define AGAIN 12
/** In each election timeout it is looked so often. */
#define STEPS 10

/** One graph with one build. */
struct run {
	struct raft_sim *sim;
	struct sim_random random;
	uint32_t nodes;
	/** Bit b - 1 of heard_by[a]: what a sends reaches b. */
	uint64_t heard_by[NODES_MAX + 1];
	bool down[NODES_MAX + 1];
	/** The longest time without an acknowledgement since the links failed. */
	uint64_t without_us;
	/** What had happened when half of the time was over. */
	uint64_t acks_before;
	uint64_t changes_before;
};

struct build {
	const char *modules;
	/** It stands still only where nobody can be elected, and is at rest. */
	bool lives;
	/** It never stands still for long. */
	bool catches_up;
	/** Graphs with a node that reaches a majority; of these, where nothing
	 *  is committed any more, where somebody could be elected all the same,
	 *  where nothing was for too long, and where the leader goes on changing. */
	uint64_t graphs;
	uint64_t still;
	uint64_t needless;
	uint64_t late;
	uint64_t restless;
	/** The longest time without anything, where it ended. */
	uint64_t longest_us;
};

static uint64_t
draw(struct run *run, uint64_t most)
{
	return sim_random_upto(&run->random, most);
}

static bool
pass(struct run *run, uint64_t us)
{
	return raft_sim_run(run->sim, raft_sim_now(run->sim) + us);
}

static void
create(struct run *run, uint64_t seed, const char *modules)
{
	struct raft_sim_options options;
	uint64_t mask = 0;

	run->random.state = sim_mix(seed);
	if (!raft_mask(modules, &mask))
		errx(2, "this needs %s", modules);
	raft_sim_defaults(&options);
	options.seed = seed;
	options.voters = run->nodes = 3 + (uint32_t)draw(run, NODES_MAX - 3);
	options.election_us = ELECTION_US;
	run->sim = raft_sim_create(&options);
	for (uint32_t node = 1; node <= run->nodes; node++) {
		raft_sim_set_mask(run->sim, node, mask);
		raft_sim_start(run->sim, node);
	}
	raft_sim_client(run->sim, ELECTION_US / 10, 16);
}

/** So few that the others are a majority with the leader. */
static void
let_some_lag(struct run *run)
{
	uint32_t leader = raft_sim_leader(run->sim), behind = 0;

	for (uint32_t node = 1; leader != 0 && node <= run->nodes; node++) {
		if (node == leader || draw(run, 1) == 0 ||
		    2 * (behind + 1) >= run->nodes)
			continue;
		raft_sim_cut(run->sim, leader, node, RAFT_SIM_EVERY_KIND);
		behind++;
	}
	(void)pass(run, ELECTION_US * 3 / 4);
	raft_sim_heal_all(run->sim);
}

static void
cut_links(struct run *run, bool one_way)
{
	uint64_t share = 30 + draw(run, 60);

	for (uint32_t a = 1; a <= run->nodes; a++) {
		for (uint32_t b = 1; b < a; b++) {
			bool there = draw(run, 99) < share;
			uint64_t lost = one_way ? draw(run, 99) : 99;

			if (there && lost >= 17)
				run->heard_by[a] |= UINT64_C(1) << (b - 1);
			else
				raft_sim_cut(run->sim, a, b,
					     RAFT_SIM_EVERY_KIND);
			if (there && (lost < 17 || lost >= 35))
				run->heard_by[b] |= UINT64_C(1) << (a - 1);
			else
				raft_sim_cut(run->sim, b, a,
					     RAFT_SIM_EVERY_KIND);
		}
	}
}

/** In half of the runs the leader too. */
static void
stop_some(struct run *run)
{
	uint32_t count = 0, leader = raft_sim_leader(run->sim);

	for (uint32_t node = 1; node <= run->nodes; node++) {
		if (draw(run, 9) >= (node == leader ? 5u : 1u) ||
		    2 * (count + 1) >= run->nodes)
			continue;
		run->down[node] = raft_sim_crash(run->sim, node,
						 RAFT_SIM_POWEROFF);
		count++;
	}
}

static bool
reach_one_another(const struct run *run, uint32_t a, uint32_t b)
{
	return !run->down[a] && !run->down[b] &&
	    (a == b || ((run->heard_by[a] >> (b - 1) & 1) != 0 &&
			(run->heard_by[b] >> (a - 1) & 1) != 0));
}

static bool
is_newer(const struct raft_status *log, const struct raft_status *than)
{
	return log->last.term != than->last.term ?
	    log->last.term > than->last.term :
	    log->last.index > than->last.index;
}

/** Some node reaches a majority both ways, of which, if that is asked, none has
 *  a newer log. */
static bool
somebody(const struct run *run, bool with_the_log)
{
	struct raft_sim_node state[NODES_MAX + 1];

	for (uint32_t node = 1; node <= run->nodes; node++)
		raft_sim_node(run->sim, node, &state[node]);
	for (uint32_t a = 1; a <= run->nodes; a++) {
		uint32_t votes = 0;

		for (uint32_t b = 1; b <= run->nodes; b++)
			votes += reach_one_another(run, a, b) &&
			    (!with_the_log || !is_newer(&state[b].status,
							&state[a].status));
		if (2 * votes > run->nodes)
			return true;
	}
	return false;
}

static uint64_t
metric(const struct run *run, enum raft_sim_metric metric)
{
	return raft_sim_metric(run->sim, metric, true);
}

static void
count(struct run *run, struct build *build)
{
	bool still = metric(run, RAFT_SIM_ACKS) == run->acks_before;

	if (!somebody(run, false))
		return;
	build->graphs++;
	build->still += still;
	build->needless += still && somebody(run, true);
	build->late += run->without_us > AGAIN * ELECTION_US;
	build->restless +=
	    metric(run, RAFT_SIM_LEADER_CHANGES) >= run->changes_before + 2;
	if (!still && run->without_us > build->longest_us)
		build->longest_us = run->without_us;
}

/** Graphs in which it does not what it must. */
static uint64_t
failures(const struct build *build)
{
	return (build->lives ? build->needless + build->restless : 0) +
	       (build->catches_up ? build->late : 0);
}

/** Steps are short: a write waits from each to the next. What the metrics call
 *  unavailable begins anew when all writes are given up. */
static bool
live_on(struct run *run)
{
	uint64_t acks = 0, last = raft_sim_now(run->sim), now;

	raft_sim_mark(run->sim);
	for (int step = 1; step <= TIMEOUTS * STEPS; step++) {
		if (!pass(run, ELECTION_US / STEPS))
			return false;
		now = raft_sim_now(run->sim);
		if (now - last > run->without_us)
			run->without_us = now - last;
		if (metric(run, RAFT_SIM_ACKS) > acks)
			last = now;
		acks = metric(run, RAFT_SIM_ACKS);
		if (step != TIMEOUTS * STEPS / 2)
			continue;
		run->acks_before = acks;
		run->changes_before = metric(run, RAFT_SIM_LEADER_CHANGES);
	}
	return true;
}

/** False: a checker has found something, or the build does not what it must. */
static bool
try_graph(uint64_t seed, bool one_way, struct build *build)
{
	struct run run = { 0 };
	uint64_t bad = failures(build);
	bool holds;

	create(&run, seed, build->modules);
	holds = pass(&run, 10 * ELECTION_US);
	let_some_lag(&run);
	cut_links(&run, one_way);
	stop_some(&run);
	holds = holds && live_on(&run);
	count(&run, build);
	if (!holds)
		printf("seed %" PRIu64 ", %s: %s\n", seed, build->modules,
		       raft_sim_violation(run.sim));
	if (failures(build) > bad) {
		printf("seed %" PRIu64 ", %s: nobody is elected, though somebody "
		       "could be, or for good, or too late: nothing was committed "
		       "for %.1f election timeouts\n",
		       seed, build->modules,
		       (double)run.without_us / (double)ELECTION_US);
		holds = false;
	}
	if (!holds)
		printf("again: bazel run //tests/simulation:graphs -- "
		       "--seed %" PRIu64 " --seeds 1\n", seed);
	raft_sim_destroy(run.sim);
	return holds;
}

static void
print_one(const char *links, const struct build *build)
{
	double share = build->graphs == 0 ? 0
					  : 100.0 * (double)build->still /
						(double)build->graphs;

	printf("%s, %s: of %" PRIu64 " graphs %" PRIu64 " stand still (%.1f %%), %"
	       PRIu64 " of them needlessly; %" PRIu64 " for more than %d election "
	       "timeouts; else %.1f at most; %" PRIu64 " are restless\n",
	       links, build->modules, build->graphs, build->still, share,
	       build->needless, build->late, AGAIN,
	       (double)build->longest_us / (double)ELECTION_US, build->restless);
}

static void
print(const char *links, const struct build *builds, size_t builds_count)
{
	for (size_t i = 0; i < builds_count; i++)
		print_one(links, &builds[i]);
	fflush(stdout);
}

/** Each graph with each build. */
static bool
try_all(uint64_t seed, uint64_t seeds, bool one_way)
{
	struct build builds[] = {
		{ .modules = "baseline" },
		{ .modules = "prevote" },
		{ .modules = "checkquorum" },
		{ .modules = "stickiness+checkquorum", .lives = true },
		{ .modules = "prevote+checkquorum", .lives = true },
		{ .modules = "stickiness+prevote+checkquorum", .lives = true },
		{ .modules = "stickiness+prevote+checkquorum+catchup",
		  .lives = true, .catches_up = true },
	};
	size_t builds_count = sizeof(builds) / sizeof(builds[0]);
	const char *links = one_way ? "some links one way" : "links both ways";
	bool holds = true;

	for (uint64_t i = 0; i < seeds; i++) {
		for (size_t b = 0; b < builds_count; b++)
			holds &= try_graph(seed + i, one_way, &builds[b]);
		if ((i + 1) % 1000 == 0 && i + 1 < seeds)
			print(links, builds, builds_count);
	}
	print(links, builds, builds_count);
	if (seeds < 100)
		return holds;
	if (builds[0].restless == 0 || builds[1].needless == 0 ||
	    builds[4].still == 0 || builds[5].still == 0) {
		printf("%s: the weaknesses had to show\n", links);
		return false;
	}
	return holds;
}

static uint64_t
parse_number(const char *text)
{
	const char *error;
	long long number = strtonum(text, 1, INT32_MAX, &error);

	if (error != NULL)
		errx(2, "%s is %s", text, error);
	return (uint64_t)number;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "seeds", required_argument, NULL, 'n' },
		{ NULL, 0, NULL, 0 },
	};
	uint64_t seed = 1, seeds = 5;
	bool holds;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			seed = parse_number(optarg);
		else if (option == 'n')
			seeds = parse_number(optarg);
		else
			return 2;
	}
	holds = try_all(seed, seeds, false);
	holds &= try_all(seed, seeds, true);
	return holds ? 0 : 1;
}
