/*
 * One trial: a group of random shape, faults for a while, and recovery.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/string.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/sim/world/world.h"
#include "tests/masks.h"
#include "tests/simulation/healthy.h"
#include "tests/simulation/upgrade.h"

/** What a healed group is given to elect, agree, acknowledge and answer. */
#define RECOVERY_US (40 * ELECTION_US)

uint64_t
draw(struct trial *trial, uint64_t most)
{
	return sim_random_upto(&trial->random, most);
}

static void
print_trace(void *context, uint64_t now, const char *line)
{
	(void)context;
	printf("%4" PRIu64 ".%06" PRIu64 " %s\n", now / SECOND, now % SECOND,
	       line);
}

/** A random subset of the modules linked that may be a build. */
static uint64_t
random_mask(struct trial *trial)
{
	uint64_t all = 0, mask;

	if (!raft_mask(raft_build(), &all))
		abort();
	do
		mask = all & sim_random_next(&trial->random);
	while (!mask_composes(mask));
	return mask;
}

static void
record_build(struct trial *trial, uint32_t node, uint64_t mask)
{
	char linked[160], name[160] = "", *rest = linked, *module, line[200];
	uint64_t bit;

	strlcpy(linked, raft_build(), sizeof(linked));
	while ((module = strsep(&rest, "+")) != NULL) {
		if (!raft_mask(module, &bit) || (bit & mask) == 0)
			continue;
		strlcat(name, name[0] == '\0' ? "" : "+", sizeof(name));
		strlcat(name, module, sizeof(name));
	}
	snprintf(line, sizeof(line), "build n%u = %s", node,
		 name[0] == '\0' ? "baseline" : name);
	record_verb(trial, raft_sim_now(trial->sim), line);
}

void
trial_set_build(struct trial *trial, uint32_t node, uint64_t mask)
{
	raft_sim_set_mask(trial->sim, node, mask);
	if (trial->record != NULL && (trial->build->mixed || trial->upgrade))
		record_build(trial, node, mask);
}

/** In half of the mixed groups all have something in common, without which hardly
 *  one of them would be held to more than the baseline is. */
static void
draw_builds(struct trial *trial)
{
	uint64_t common = draw(trial, 1) == 0 ? 0 : random_mask(trial);

	for (uint32_t i = 0; i < trial->nodes; i++) {
		trial->first[i] = common | random_mask(trial);
		trial->next[i] = common | random_mask(trial);
	}
}

static void
set_builds(struct trial *trial)
{
	const struct build *build = trial->build;

	if (build->mixed)
		draw_builds(trial);
	for (uint32_t i = 0; i < trial->nodes; i++) {
		if (!build->mixed) {
			trial->first[i] = build_first(build);
			trial->next[i] = trial->upgrade ? build_next(build) : 0;
		}
		trial_set_build(trial, i + 1, trial->first[i]);
	}
}

/** In some runs entries go a few by a few, but not so slowly that a long log
 *  could not be caught up with in the time for recovery. */
static void
set_limits(struct trial *trial)
{
	uint64_t batch = draw(trial, 2) == 0 ? 8 + draw(trial, 8) : 0;
	uint64_t in_flight = draw(trial, 2) == 0 ? 1 + draw(trial, 3) : 0;
	uint64_t tail = draw(trial, 1) * draw(trial, 50);
	uint64_t part = 50 + draw(trial, 500);

	const struct {
		const char *name;
		uint64_t value;
	} options[] = {
		{ "batch_entries_max", batch },
		{ "appends_in_flight_max", in_flight },
		{ "snapshot_tail_entries", tail },
		{ "snapshot_part_bytes", part },
		{ "ahead_of_disk", trial->seed % 2 },
		/* As wrong as change_clock() makes them. */
		{ "learners.clock_drift", 200000 },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		for (uint32_t node = 1; node <= trial->nodes; node++)
			raft_sim_set_option(trial->sim, node, options[i].name,
					    options[i].value);
		if (options[i].value != 0)
			record_setting(trial, "option %s %" PRIu64,
				       options[i].name, options[i].value);
	}
}

static void
record_options(struct trial *trial, const struct raft_sim_options *options)
{
	record_setting(trial, "nodes %u", options->voters);
	if (options->learners > 0)
		record_setting(trial, "learners %u", options->learners);
	record_setting(trial, "spare %u", options->spares);
	record_setting(trial, "election %" PRIu64 "us", options->election_us);
	record_setting(trial, "heartbeat %" PRIu64 "us", options->heartbeat_us);
	record_setting(trial, "latency %" PRIu64 "us..%" PRIu64 "us",
		       options->link.latency.least_us,
		       options->link.latency.most_us);
	record_setting(trial, "loss %u.%04u%%", options->link.loss / 10000,
		       options->link.loss % 10000);
	record_setting(trial, "duplicate %u.%04u%%",
		       options->link.duplicate / 10000,
		       options->link.duplicate % 10000);
	record_setting(trial, "reorder %s", options->fifo ? "off" : "on");
	record_setting(trial, "disk %" PRIu64 "us..%" PRIu64 "us",
		       options->disk.least_us, options->disk.most_us);
	if (options->max_log > 0)
		record_setting(trial, "max-log %" PRIu64, options->max_log);
}

void
trial_create(struct trial *trial, struct raft_sim_options *options)
{
	if (trial->traced) {
		options->hooks.trace = print_trace;
		options->hooks.decisions = true;
	}
	if (trial->record != NULL) {
		options->hooks.verb = record_verb;
		options->hooks.context = trial;
	}
	trial->recorded_at = 0;
	record_options(trial, options);
	trial->sim = raft_sim_create(options);
	set_builds(trial);
}

static void
create(struct trial *trial)
{
	struct raft_sim_options options;

	trial->lost = 0;
	trial->change = NULL;
	raft_sim_defaults(&options);
	trial->voters = options.voters = 3 + 2 * (uint32_t)draw(trial, 1);
	options.learners = (uint32_t)draw(trial, 1);
	options.spares = 1 + (uint32_t)draw(trial, 1);
	trial->nodes = options.voters + options.learners + options.spares;
	options.seed = trial->seed;
	options.election_us = ELECTION_US;
	options.heartbeat_us = ELECTION_US / 10;
	options.fifo = draw(trial, 3) == 0;
	options.link.latency.most_us = 1000 + draw(trial, 20000);
	options.link.loss = (uint32_t)draw(trial, 30000);
	options.link.duplicate = (uint32_t)draw(trial, 30000);
	options.disk.most_us = draw(trial, 10000);
	options.max_log = draw(trial, 2) == 0 ? 0 : 1 + draw(trial, 200);
	trial_create(trial, &options);
	set_limits(trial);
	for (uint32_t node = 1; node <= trial->nodes; node++)
		raft_sim_start(trial->sim, node);
	raft_sim_client(trial->sim, 10000 + draw(trial, 40000), 24);
	raft_sim_reads(trial->sim, 20000 + draw(trial, 80000));
}

/** Each asks, so that the next ones may be answered. */
static void
read_bounded_everywhere(struct trial *trial)
{
	for (uint32_t node = 1; node <= trial->nodes; node++)
		(void)raft_sim_read_bounded(trial->sim, node,
					    ELECTION_US / 10 +
						draw(trial, ELECTION_US));
}

static bool
break_things(struct trial *trial)
{
	uint64_t end = trial->seconds * SECOND;
	bool holds = true;

	while (holds && raft_sim_now(trial->sim) < end) {
		/* Quiet stretches let leaders rise; busy ones race them. */
		uint64_t pause =
		    draw(trial, 3) == 0 ? 3 * ELECTION_US : ELECTION_US / 5;

		holds = raft_sim_run(trial->sim, raft_sim_now(trial->sim) + 1 +
						     draw(trial, pause));
		if (holds) {
			fault_happens(trial);
			members_ask(trial);
			read_bounded_everywhere(trial);
		}
		holds = holds && raft_sim_violation(trial->sim) == NULL;
	}
	return holds;
}

/** What does not work although nothing is broken any more; NULL: all does. */
static const char *
still_waits_for(const struct trial *trial, uint64_t committed,
		const uint64_t before[2])
{
	const struct raft_sim *sim = trial->sim;

	if (raft_sim_leader(sim) == 0)
		return "liveness: healed, and no leader in time";
	if (raft_sim_metric(sim, RAFT_SIM_ACKS, false) == before[0])
		return "liveness: healed, and no write acknowledged in time";
	if (raft_sim_metric(sim, RAFT_SIM_READS, false) == before[1])
		return "liveness: healed, and no read answered in time";
	if (!raft_sim_logs_equal(sim, committed))
		return "liveness: healed, and the logs not equal in time";
	return NULL;
}

/** Step until all works that should. */
static const char *
wait(struct trial *trial, uint64_t end)
{
	struct raft_sim *sim = trial->sim;
	uint64_t committed = raft_sim_committed(sim);
	const uint64_t before[2] = {
		raft_sim_metric(sim, RAFT_SIM_ACKS, false),
		raft_sim_metric(sim, RAFT_SIM_READS, false),
	};
	const char *waits;

	do
		waits = still_waits_for(trial, committed, before);
	while (waits != NULL && raft_sim_step(sim, end));
	/* No scenario can do anything in the middle of an instant. */
	raft_sim_run(sim, raft_sim_now(sim));
	return waits;
}

/** The voters of the beginning lead the group again, and it works. */
static const char *
return_members(struct trial *trial, uint64_t end)
{
	struct raft_sim *sim = trial->sim;

	while (!members_return(trial))
		if (raft_sim_now(sim) >= end ||
		    !raft_sim_run(sim, raft_sim_now(sim) + ELECTION_US / 10))
			return "liveness: healed, and the members not changed "
			       "in time";
	return wait(trial, end);
}

const char *
trial_recover(struct trial *trial)
{
	struct raft_sim *sim = trial->sim;
	uint64_t now = raft_sim_now(sim);
	const char *waits;

	raft_sim_note(sim, "all is healed");
	raft_sim_mark(sim);
	faults_heal(trial);
	waits = wait(trial, now + RECOVERY_US);
	if (waits == NULL)
		waits = return_members(trial, now + 2 * RECOVERY_US);
	if (raft_sim_violation(sim) != NULL)
		return raft_sim_violation(sim);
	return waits;
}

static const char *
run_with_faults(struct trial *trial)
{
	create(trial);
	return break_things(trial) ? trial_recover(trial)
				   : raft_sim_violation(trial->sim);
}

static void
print_metrics(const struct raft_sim *sim)
{
	for (int i = 0; i < RAFT_SIM_METRIC_COUNT; i++) {
		enum raft_sim_metric metric = (enum raft_sim_metric)i;

		printf("    %s %" PRIu64 "\n", raft_sim_metric_name(metric),
		       raft_sim_metric(sim, metric, false));
	}
}

static void
print_nodes(const struct trial *trial)
{
	char text[256];

	for (uint32_t node = 1; node <= trial->nodes; node++) {
		raft_sim_print(trial->sim, node, text, sizeof(text));
		printf("    %s\n", text);
	}
}

/** Of which each ends with a configuration that is not joint; the first one is
 *  no change. */
static uint64_t
changes_committed(const struct trial *trial)
{
	const struct sim_check_membership *check =
	    &trial->sim->checks.membership;
	uint64_t count = 0;

	for (size_t i = 1; i < check->count; i++)
		count += !check->committed[i].configuration.joint;
	return count;
}

bool
trial_run(struct trial *trial, struct tally *tally)
{
	struct health health;
	const char *error;

	trial->random.state = sim_mix(trial->seed);
	if (trial->healthy)
		error = healthy_run(trial, &health);
	else if (trial->upgrade)
		error = upgrade_run(trial, tally->outages);
	else
		error = run_with_faults(trial);
	record_end(trial, error);
	tally->runs++;
	tally->acks += raft_sim_metric(trial->sim, RAFT_SIM_ACKS, false);
	tally->reads += raft_sim_metric(trial->sim, RAFT_SIM_READS, false);
	tally->snapshots +=
	    raft_sim_metric(trial->sim, RAFT_SIM_SNAPSHOTS, false);
	tally->changes += changes_committed(trial);
	if (error != NULL) {
		tally->failed++;
		printf("%s, seed %" PRIu64 ": %s\n", trial->build->name,
		       trial->seed, error);
		print_nodes(trial);
	}
	if (trial->traced)
		print_metrics(trial->sim);
	raft_sim_destroy(trial->sim);
	return error == NULL;
}
