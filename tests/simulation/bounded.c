/*
 * Bounded reads in random worlds, whose leaders are deposed and do not know: none
 * is older than its bound while clocks are as right as they are said to be, and
 * the checker sees it when they are not.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every node reads some hundred times a second, with a bound of its own. Again and
 * again a leader is cut off, with some of the others, from the rest. In half of the
 * runs clocks differ by up to 1 % from true time, which is the option's default; in
 * the other half those on the leader's side are five times too slow.
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/sim/base/random.h"
#include "assists/sim/sim.h"
#include "tests/masks.h"

#define SECOND UINT64_C(1000000)
#define ELECTION_US SECOND
#define LEARNERS 2
#define PERIODS 5

struct run {
	struct raft_sim *sim;
	struct sim_random random;
	uint32_t nodes;
	/** Clocks are further off than is said. */
	bool beyond;
	uint64_t bound_us;
};

/** What all runs of a kind came to. */
struct sum {
	uint64_t runs;
	uint64_t answered;
	uint64_t refused;
	/** Runs in which a read was older than its bound. */
	uint64_t stale;
};

static uint64_t
draw(struct run *run, uint64_t most)
{
	return sim_random_upto(&run->random, most);
}

static void
set_builds(struct run *run)
{
	uint64_t all = 0, learners = 0;

	if (!raft_mask(raft_build(), &all) || !raft_mask("learners", &learners))
		errx(2, "this needs the module learners");
	for (uint32_t node = 1; node <= run->nodes; node++) {
		uint64_t mask;

		do
			mask = learners |
			       (all & sim_random_next(&run->random));
		while (!mask_composes(mask));
		raft_sim_set_mask(run->sim, node, mask);
	}
}

static void
create(struct run *run, uint64_t seed)
{
	struct raft_sim_options options;

	run->random.state = sim_mix(seed);
	raft_sim_defaults(&options);
	options.seed = seed;
	options.voters = 3 + 2 * (uint32_t)draw(run, 1);
	options.learners = LEARNERS;
	options.election_us = ELECTION_US;
	options.link.latency.most_us = 1000 + draw(run, 30000);
	options.link.loss = (uint32_t)draw(run, 20000);
	options.link.duplicate = (uint32_t)draw(run, 20000);
	run->nodes = options.voters + LEARNERS;
	run->bound_us = ELECTION_US / 5 + draw(run, ELECTION_US / 2);
	run->sim = raft_sim_create(&options);
	set_builds(run);
	for (uint32_t node = 1; node <= run->nodes; node++)
		raft_sim_start(run->sim, node);
	raft_sim_client(run->sim, 5000 + draw(run, 20000), 16);
	raft_sim_reads_bounded(run->sim, 1000,
			       (UINT64_C(1) << run->nodes) - 1, run->bound_us);
}

/** Within 1 %, each its own. */
static void
set_clocks(struct run *run)
{
	for (uint32_t node = 1; node <= run->nodes; node++)
		raft_sim_set_clock(run->sim, node,
				   (uint32_t)(990000 + draw(run, 20000)));
}

/** The leader's side is less than half of the voters. */
static void
cut_off_the_leader(struct run *run)
{
	uint32_t leader = raft_sim_leader(run->sim), voters = 1;
	uint64_t side = leader == 0 ? 0 : UINT64_C(1) << (leader - 1);

	for (uint32_t node = 1; leader != 0 && node <= run->nodes; node++) {
		bool votes = node <= run->nodes - LEARNERS;

		if (node == leader || draw(run, 1) == 0 ||
		    (votes && 2 * (voters + 1) > run->nodes - LEARNERS))
			continue;
		side |= UINT64_C(1) << (node - 1);
		voters += votes;
	}
	for (uint32_t a = 1; leader != 0 && a <= run->nodes; a++) {
		if (run->beyond && (side >> (a - 1) & 1) != 0)
			raft_sim_set_clock(run->sim, a, 200000);
		for (uint32_t b = 1; b <= run->nodes; b++)
			if ((side >> (a - 1) & 1) != (side >> (b - 1) & 1))
				raft_sim_cut(run->sim, a, b,
					     RAFT_SIM_EVERY_KIND);
	}
}

static bool
pass(struct run *run, uint64_t us)
{
	return raft_sim_run(run->sim, raft_sim_now(run->sim) + us);
}

static void
heal(struct run *run)
{
	for (uint32_t a = 1; a <= run->nodes; a++)
		for (uint32_t b = 1; b <= run->nodes; b++)
			raft_sim_heal(run->sim, a, b);
}

/** False: a checker has found something. */
static bool
go_through(struct run *run)
{
	bool holds = pass(run, 3 * ELECTION_US);

	for (int i = 0; i < PERIODS && holds; i++) {
		set_clocks(run);
		cut_off_the_leader(run);
		holds = pass(run, 2 * ELECTION_US + draw(run, 4 * ELECTION_US));
		heal(run);
		holds = holds && pass(run, draw(run, 3 * ELECTION_US));
	}
	return holds;
}

/** False: what is found must not be. */
static bool
try_seed(uint64_t seed, bool beyond, struct sum *sum)
{
	struct run run = { .beyond = beyond };
	bool holds;

	create(&run, seed);
	holds = go_through(&run);
	sum->runs++;
	sum->answered += raft_sim_metric(run.sim, RAFT_SIM_READS, false);
	sum->refused += raft_sim_metric(run.sim, RAFT_SIM_READS_REFUSED, false);
	sum->stale += raft_sim_metric(run.sim, RAFT_SIM_STALE_READS, false) > 0;
	if (!holds && !beyond)
		printf("seed %" PRIu64 ", bound %" PRIu64 " us: %s\n"
		       "again: bazel run //tests/simulation:bounded -- "
		       "--seed %" PRIu64 " --seeds 1\n",
		       seed, run.bound_us, raft_sim_violation(run.sim), seed);
	raft_sim_destroy(run.sim);
	return holds || beyond;
}

static void
print(const char *clocks, const struct sum *sum)
{
	printf("clocks %s: %" PRIu64 " runs, %" PRIu64 " reads answered, %" PRIu64
	       " refused; older than the bound in %" PRIu64 " runs\n",
	       clocks, sum->runs, sum->answered, sum->refused, sum->stale);
	fflush(stdout);
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

/** False: some read was too old, or none where it had to be. */
static bool
try_all(uint64_t seed, uint64_t seeds)
{
	struct sum right = { 0 }, wrong = { 0 };
	bool holds = true;

	for (uint64_t i = 0; i < seeds; i++) {
		holds &= try_seed(seed + i, false, &right);
		(void)try_seed(seed + i, true, &wrong);
		if ((i + 1) % 100 == 0)
			print("as said", &right);
	}
	print("as said", &right);
	print("beyond", &wrong);
	if (seeds < 10 || (wrong.stale > 0 && right.answered > right.refused))
		return holds;
	printf("the checker had to find something, and readers to be answered\n");
	return false;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "seeds", required_argument, NULL, 'n' },
		{ NULL, 0, NULL, 0 },
	};
	uint64_t seed = 1, seeds = 20;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			seed = parse_number(optarg);
		else if (option == 'n')
			seeds = parse_number(optarg);
		else
			return 2;
	}
	return try_all(seed, seeds) ? 0 : 1;
}
