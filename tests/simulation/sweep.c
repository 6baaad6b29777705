/*
 * sweep: every build under random faults, seed after seed. The safety checkers
 * watch all of it; once everything is healed the group must be live again.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     sweep [--build LIST] [--seed N] [--seeds K] [--seconds S] [--trace]
 *
 * LIST is of builds, by commas: baseline, names joined by '+', all (every
 * subset of the modules linked), mixed (each node another subset). Default:
 * all,mixed. A run is one build and one seed: S seconds of faults (virtual
 * time), then healing. Exit status 1 if any run failed, 2 for bad usage.
 *
 * TEST_TOTAL_SHARDS and TEST_SHARD_INDEX split the runs among processes.
 */
#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <err.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assists/sim/random.h"
#include "assists/sim/sim.h"
#include "raft/raft.h"

#define BUILDS_MAX 80
#define MODULES_MAX 6
#define SECOND UINT64_C(1000000)
#define ELECTION_US (SECOND / 2)
/** What a healed group is given to elect, agree and acknowledge. */
#define RECOVERY_US (40 * ELECTION_US)

struct build {
	char name[160];
	bool mixed;
};

struct run {
	const struct build *build;
	uint64_t seed;
	uint64_t seconds;
	bool traced;
	struct sim_random random;
	struct raft_sim *sim;
	uint32_t nodes;
};

static const char *program;

/** The command that repeats the run under way. */
static char again[400];

/** A failed assertion of the library ends the process: say in which run. */
static void
aborted(int number)
{
	(void)number;
	(void)!write(STDOUT_FILENO, again, strlen(again));
}

/* --------------------------------------------------------------- faults */

static uint64_t
upto(struct run *run, uint64_t most)
{
	return sim_random_upto(&run->random, most);
}

static uint32_t
any_node(struct run *run)
{
	return 1 + (uint32_t)upto(run, run->nodes - 1);
}

static void
cut_one_way(struct run *run)
{
	raft_sim_cut(run->sim, any_node(run), any_node(run),
		     RAFT_SIM_EVERY_KIND);
}

static void
cut_both_ways(struct run *run)
{
	uint32_t one = any_node(run), other = any_node(run);

	raft_sim_cut(run->sim, one, other, RAFT_SIM_EVERY_KIND);
	raft_sim_cut(run->sim, other, one, RAFT_SIM_EVERY_KIND);
}

/** Cut what one node hears, says, or both. */
static void
cut_off(struct run *run)
{
	uint32_t node = any_node(run);
	uint64_t how = upto(run, 2);

	for (uint32_t other = 1; other <= run->nodes; other++) {
		if (how != 0)
			raft_sim_cut(run->sim, node, other,
				     RAFT_SIM_EVERY_KIND);
		if (how != 1)
			raft_sim_cut(run->sim, other, node,
				     RAFT_SIM_EVERY_KIND);
	}
}

static void
cut_a_kind(struct run *run)
{
	static const char *const kinds[] = { "append",	"append-answer",
					     "vote",	"vote-answer",
					     "prevote", "prevote-answer" };

	raft_sim_cut(run->sim, any_node(run), any_node(run),
		     raft_sim_kind(kinds[upto(run, 5)]));
}

static void
worsen_link(struct run *run)
{
	struct raft_sim_link link = {
		.latency = { 0, upto(run, ELECTION_US / 2) },
		.loss = (uint32_t)upto(run, 600000),
		.duplicate = (uint32_t)upto(run, 600000),
	};

	raft_sim_set_link(run->sim, any_node(run), any_node(run), &link);
}

static void
heal_link(struct run *run)
{
	raft_sim_heal(run->sim, any_node(run), any_node(run));
}

static void
heal_network(struct run *run)
{
	for (uint32_t from = 1; from <= run->nodes; from++)
		for (uint32_t to = 1; to <= run->nodes; to++)
			raft_sim_heal(run->sim, from, to);
}

static void
hold_link(struct run *run)
{
	raft_sim_hold(run->sim, any_node(run), any_node(run),
		      RAFT_SIM_EVERY_KIND);
}

static void
replay(struct run *run)
{
	(void)raft_sim_replay(run->sim, any_node(run), any_node(run),
			      RAFT_SIM_EVERY_KIND, 1 + upto(run, 20));
}

static void
crash(struct run *run)
{
	raft_sim_crash(run->sim, any_node(run),
		       (enum raft_sim_crash)upto(run, 2));
}

static void
crash_leader(struct run *run)
{
	uint32_t leader = raft_sim_leader(run->sim);

	if (leader != 0)
		raft_sim_crash(run->sim, leader,
			       (enum raft_sim_crash)upto(run, 2));
}

/** A leader that is left with one follower, or none, and keeps writing. */
static void
strand_leader(struct run *run)
{
	uint32_t leader = raft_sim_leader(run->sim), kept = any_node(run);

	if (leader == 0)
		return;
	for (uint32_t other = 1; other <= run->nodes; other++) {
		if (other == kept)
			continue;
		raft_sim_cut(run->sim, leader, other, RAFT_SIM_EVERY_KIND);
		raft_sim_cut(run->sim, other, leader, RAFT_SIM_EVERY_KIND);
	}
	(void)raft_sim_propose(run->sim, leader, 1 + upto(run, 20), 16);
}

static void
crash_all(struct run *run)
{
	for (uint32_t node = 1; node <= run->nodes; node++)
		raft_sim_crash(run->sim, node, RAFT_SIM_POWEROFF);
}

static void
start(struct run *run)
{
	raft_sim_start(run->sim, any_node(run));
}

static void
start_all(struct run *run)
{
	for (uint32_t node = 1; node <= run->nodes; node++)
		raft_sim_start(run->sim, node);
}

static void
pause_node(struct run *run)
{
	raft_sim_pause(run->sim, any_node(run));
}

static void
resume_node(struct run *run)
{
	raft_sim_resume(run->sim, any_node(run));
}

static void
change_disk(struct run *run)
{
	static const enum raft_sim_disk states[] = {
		RAFT_SIM_DISK_OK,    RAFT_SIM_DISK_OK,	 RAFT_SIM_DISK_STALL,
		RAFT_SIM_DISK_STALL, RAFT_SIM_DISK_FULL, RAFT_SIM_DISK_FAIL,
	};

	raft_sim_set_disk(run->sim, any_node(run), states[upto(run, 5)]);
}

static void
slow_disk(struct run *run)
{
	raft_sim_set_disk_latency(
	    run->sim, any_node(run),
	    (struct raft_sim_range){ 0, upto(run, ELECTION_US) });
}

static void
change_clock(struct run *run)
{
	raft_sim_set_clock(run->sim, any_node(run),
			   (uint32_t)(800000 + upto(run, 400000)));
}

static void
campaign(struct run *run)
{
	(void)raft_sim_campaign(run->sim, any_node(run));
}

static void
transfer(struct run *run)
{
	(void)raft_sim_transfer(run->sim, any_node(run));
}

static void
step_down(struct run *run)
{
	(void)raft_sim_step_down(run->sim, any_node(run));
}

static void
burst(struct run *run)
{
	(void)raft_sim_propose(run->sim, 0, 1 + upto(run, 300), 16);
}

/** Faults and mendings; what stands twice happens twice as often. */
static void (*const deeds[])(struct run *) = {
	cut_one_way,  cut_one_way,  cut_both_ways, cut_both_ways, cut_off,
	cut_a_kind,   worsen_link,  heal_link,	   heal_link,	  heal_link,
	heal_network, heal_network, hold_link,	   replay,	  crash,
	crash,	      crash_leader, crash_leader,  strand_leader, strand_leader,
	crash_all,    start,	    start,	   start_all,	  start_all,
	pause_node,   resume_node,  resume_node,   change_disk,	  change_disk,
	slow_disk,    change_clock, campaign,	   step_down,	  transfer,
	burst,
};

/* --------------------------------------------------------------- one run */

static void
print_trace(void *context, uint64_t now, const char *line)
{
	(void)context;
	printf("%4" PRIu64 ".%06" PRIu64 " %s\n", now / SECOND, now % SECOND,
	       line);
}

/** A random subset of the modules linked. */
static uint64_t
random_mask(struct run *run)
{
	uint64_t all = 0;

	if (!raft_mask(raft_build(), &all))
		abort();
	return all & sim_random_next(&run->random);
}

static void
set_builds(struct run *run)
{
	uint64_t mask = 0;

	for (uint32_t node = 1; node <= run->nodes; node++) {
		if (run->build->mixed)
			mask = random_mask(run);
		else if (!raft_mask(run->build->name, &mask))
			abort();
		raft_sim_set_mask(run->sim, node, mask);
	}
}

/** In some runs entries go a few by a few, but not so slowly that a long log
 *  could not be caught up with in the time for recovery. */
static void
set_limits(struct run *run)
{
	uint64_t batch = upto(run, 2) == 0 ? 8 + upto(run, 8) : 0;
	uint64_t in_flight = upto(run, 2) == 0 ? 1 + upto(run, 3) : 0;

	for (uint32_t node = 1; node <= run->nodes; node++) {
		raft_sim_set_option(run->sim, node, "batch_entries_max", batch);
		raft_sim_set_option(run->sim, node, "appends_in_flight_max",
				    in_flight);
	}
}

static void
create(struct run *run)
{
	struct raft_sim_options options;

	run->random.state = sim_mix(run->seed);
	raft_sim_defaults(&options);
	run->nodes = options.voters = 3 + 2 * (uint32_t)upto(run, 1);
	options.seed = run->seed;
	options.election_us = ELECTION_US;
	options.heartbeat_us = ELECTION_US / 10;
	options.fifo = upto(run, 3) == 0;
	options.link.latency.most_us = 1000 + upto(run, 20000);
	options.link.loss = (uint32_t)upto(run, 30000);
	options.link.duplicate = (uint32_t)upto(run, 30000);
	options.disk.most_us = upto(run, 10000);
	if (run->traced) {
		options.hooks.trace = print_trace;
		options.hooks.decisions = true;
	}
	run->sim = raft_sim_create(&options);
	set_builds(run);
	set_limits(run);
	start_all(run);
	raft_sim_client(run->sim, 10000 + upto(run, 40000), 24);
}

static bool
break_things(struct run *run)
{
	uint64_t end = run->seconds * SECOND;
	bool holds = true;

	while (holds && raft_sim_now(run->sim) < end) {
		/* Quiet stretches let leaders rise; busy ones race them. */
		uint64_t pause =
		    upto(run, 3) == 0 ? 3 * ELECTION_US : ELECTION_US / 5;

		holds = raft_sim_run(run->sim, raft_sim_now(run->sim) + 1 +
						   upto(run, pause));
		if (holds)
			deeds[upto(run, sizeof(deeds) / sizeof(deeds[0]) - 1)](
			    run);
		holds = holds && raft_sim_violation(run->sim) == NULL;
	}
	return holds;
}

static void
heal_everything(struct run *run)
{
	heal_network(run);
	for (uint32_t node = 1; node <= run->nodes; node++) {
		struct raft_sim_node state;

		raft_sim_set_disk(run->sim, node, RAFT_SIM_DISK_OK);
		raft_sim_set_disk_latency(run->sim, node,
					  (struct raft_sim_range){ 0, 1000 });
		raft_sim_set_clock(run->sim, node, RAFT_SIM_MILLION);
		raft_sim_resume(run->sim, node);
		raft_sim_node(run->sim, node, &state);
		if (state.status.stopped)
			raft_sim_crash(run->sim, node, RAFT_SIM_CRASH);
		raft_sim_start(run->sim, node);
	}
}

/** Nothing is broken any more: does it all come back in time? */
static const char *
recover(struct run *run)
{
	struct raft_sim *sim = run->sim;
	uint64_t committed, acks;
	uint64_t end = raft_sim_now(sim) + RECOVERY_US;
	bool equal = false, acknowledged = false;

	raft_sim_note(sim, "all is healed");
	heal_everything(run);
	committed = raft_sim_committed(sim);
	acks = raft_sim_metric(sim, RAFT_SIM_ACKS, false);
	while (!(equal && acknowledged) && raft_sim_step(sim, end)) {
		equal = raft_sim_logs_equal(sim, committed);
		acknowledged =
		    raft_sim_metric(sim, RAFT_SIM_ACKS, false) > acks;
	}
	if (raft_sim_violation(sim) != NULL)
		return raft_sim_violation(sim);
	if (raft_sim_leader(sim) == 0)
		return "liveness: healed, and no leader in time";
	if (!acknowledged)
		return "liveness: healed, and no write acknowledged in time";
	if (!equal)
		return "liveness: healed, and the logs not equal in time";
	return NULL;
}

static void
print_nodes(const struct run *run)
{
	char text[256];

	for (uint32_t node = 1; node <= run->nodes; node++) {
		raft_sim_print(run->sim, node, text, sizeof(text));
		printf("    %s\n", text);
	}
}

/** Returns the writes acknowledged; *failed if the run did. */
static uint64_t
run_once(struct run *run, bool *failed)
{
	const char *error;
	uint64_t acks;

	snprintf(again, sizeof(again),
		 "    again: %s --build %s --seed %" PRIu64
		 " --seconds %" PRIu64 " --trace\n",
		 program, run->build->name, run->seed, run->seconds);
	create(run);
	error = break_things(run) ? recover(run) : raft_sim_violation(run->sim);
	acks = raft_sim_metric(run->sim, RAFT_SIM_ACKS, false);
	if (error != NULL) {
		*failed = true;
		printf("%s, seed %" PRIu64 ": %s\n", run->build->name,
		       run->seed, error);
		print_nodes(run);
		printf("%s", again);
	}
	raft_sim_destroy(run->sim);
	return acks;
}

/* --------------------------------------------------------------- builds */

static size_t
add_build(struct build *builds, size_t count, const char *name)
{
	uint64_t mask;

	if (count == BUILDS_MAX)
		errx(2, "more than %d builds", BUILDS_MAX);
	builds[count].mixed = strcmp(name, "mixed") == 0;
	if (!builds[count].mixed && !raft_mask(name, &mask))
		errx(2, "build %s: modules here are %s", name, raft_build());
	strlcpy(builds[count].name, name, sizeof(builds[count].name));
	return count + 1;
}

/** Every subset of the modules linked, the empty one first. */
static size_t
add_subsets(struct build *builds, size_t count)
{
	char linked[160], *names[MODULES_MAX], *rest = linked, *name;
	size_t modules = 0;

	strlcpy(linked, raft_build(), sizeof(linked));
	while ((name = strsep(&rest, "+")) != NULL && modules < MODULES_MAX)
		if (strcmp(name, "baseline") != 0)
			names[modules++] = name;
	for (size_t subset = 0; subset < (size_t)1 << modules; subset++) {
		char text[160] = "";

		for (size_t i = 0; i < modules; i++) {
			if ((subset >> i & 1) == 0)
				continue;
			if (text[0] != '\0')
				strlcat(text, "+", sizeof(text));
			strlcat(text, names[i], sizeof(text));
		}
		count = add_build(builds, count, subset ? text : "baseline");
	}
	return count;
}

static size_t
parse_builds(struct build *builds, const char *list)
{
	char *copy = strdup(list), *rest = copy, *name;
	size_t count = 0;

	if (copy == NULL)
		err(2, "strdup");
	while ((name = strsep(&rest, ",")) != NULL)
		count = strcmp(name, "all") == 0
			    ? add_subsets(builds, count)
			    : add_build(builds, count, name);
	free(copy);
	return count;
}

/* ----------------------------------------------------------------- main */

static uint64_t
parse_number(const char *option, const char *text)
{
	const char *error = "is missing";
	long long number = 0;

	if (text != NULL)
		number = strtonum(text, 1, INT64_MAX, &error);
	if (error != NULL)
		errx(2, "%s: its number is %s", option,
		     text == NULL ? "missing" : error);
	return (uint64_t)number;
}

/** This process's share of the runs. */
static void
read_shards(uint64_t *shard, uint64_t *shards)
{
	const char *index = getenv("TEST_SHARD_INDEX");
	const char *total = getenv("TEST_TOTAL_SHARDS");
	const char *status = getenv("TEST_SHARD_STATUS_FILE");
	FILE *file;

	*shard = index == NULL ? 0 : strtoull(index, NULL, 10);
	*shards = total == NULL ? 1 : parse_number("TEST_TOTAL_SHARDS", total);
	/* Bazel wants to see that we know of shards. */
	if (status != NULL && (file = fopen(status, "w")) != NULL)
		fclose(file);
}

int
main(int argc, char **argv)
{
	static struct build builds[BUILDS_MAX];
	const char *list = "all,mixed";
	uint64_t seed = 1, seeds = 50, number = 0, shard, shards;
	struct run run = { .seconds = 20 };
	bool failed = false;
	size_t count;

	program = argv[0];
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--trace") == 0)
			run.traced = true;
		else if (strcmp(argv[i], "--build") == 0 && i + 1 < argc)
			list = argv[++i];
		else if (strcmp(argv[i], "--seed") == 0)
			seed = parse_number("--seed", argv[++i]), seeds = 1;
		else if (strcmp(argv[i], "--seeds") == 0)
			seeds = parse_number("--seeds", argv[++i]);
		else if (strcmp(argv[i], "--seconds") == 0)
			run.seconds = parse_number("--seconds", argv[++i]);
		else
			errx(2,
			     "usage: %s [--build LIST] [--seed N] "
			     "[--seeds K] [--seconds S] [--trace]",
			     program);
	}
	signal(SIGABRT, aborted);
	read_shards(&shard, &shards);
	count = parse_builds(builds, list);
	for (size_t i = 0; i < count; i++) {
		uint64_t acks = 0, runs = 0;

		run.build = &builds[i];
		for (run.seed = seed; run.seed < seed + seeds; run.seed++) {
			if (number++ % shards != shard)
				continue;
			acks += run_once(&run, &failed);
			runs++;
		}
		printf("%s: %" PRIu64 " runs, %" PRIu64
		       " writes acknowledged\n",
		       builds[i].name, runs, acks);
		fflush(stdout);
	}
	return failed ? 1 : 0;
}
