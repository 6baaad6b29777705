/*
 * One trial of a rolling upgrade: each server in turn is stopped, and starts with
 * another build, while clients write and things break (breakage.c). In a mixed one
 * each has a build of its own before, and another one after that.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The operator goes on without a pause, or stops half way for a long time; and then
 * goes on, or back. What is to happen is drawn before it begins, so that all builds
 * get the same of each seed: only who leads is theirs.
 */
#include <inttypes.h>
#include <stdio.h>

#include "tests/simulation/upgrade.h"

#define STEPS_MAX 32

/** What the operator does half way. */
enum manner {
	GO_ON,
	STOP_AND_GO_ON,
	STOP_AND_GO_BACK,
	STOP_GO_BACK_AND_ALL_THE_WAY,
};

/** The operator gives a server a build, and waits. */
struct step {
	uint32_t node;
	bool back;
	/** A stop by which peers see connections close, or not. */
	enum raft_sim_crash how;
	uint64_t down_us;
	uint64_t wait_us;
};

struct upgrade {
	struct trial *trial;
	struct step steps[STEPS_MAX];
	size_t step_count;
	/** The server that the operator has stopped; 0: none. */
	uint32_t down;
	/** Of each breakage, and of the time until the next. */
	uint64_t seed;
	bool broken;
	uint64_t next_at;
	/** Whom the operator does not stop while this lasts; 0: nobody. */
	uint32_t hub;
};

/* --------------------------------------------------------------- the plan */

static void
add_step(struct upgrade *u, uint32_t node, bool back)
{
	u->steps[u->step_count++] = (struct step){
		.node = node,
		.back = back,
		.how =
		    draw(u->trial, 1) == 0 ? RAFT_SIM_CRASH : RAFT_SIM_POWEROFF,
		.down_us = ELECTION_US / 10 + draw(u->trial, 2 * ELECTION_US),
		.wait_us = ELECTION_US + draw(u->trial, 5 * ELECTION_US),
	};
}

/** In any order, the leader where it happens to be. */
static void
shuffle(struct upgrade *u, uint32_t *nodes)
{
	for (uint32_t i = 0; i < u->trial->nodes; i++) {
		uint32_t other = (uint32_t)draw(u->trial, i);

		nodes[i] = nodes[other];
		nodes[other] = i + 1;
	}
}

static void
plan(struct upgrade *u)
{
	uint32_t nodes[NODES_MAX], count = u->trial->nodes;
	uint32_t half = 1 + (uint32_t)draw(u->trial, count - 2);
	enum manner manner = (enum manner)draw(u->trial, 3);

	shuffle(u, nodes);
	for (uint32_t i = 0; i < half; i++)
		add_step(u, nodes[i], false);
	if (manner != GO_ON)
		u->steps[half - 1].wait_us =
		    (40 + draw(u->trial, 40)) * ELECTION_US;
	for (uint32_t i = half; manner >= STOP_AND_GO_BACK && i > 0; i--)
		add_step(u, nodes[i - 1], true);
	if (manner == STOP_AND_GO_BACK)
		return;
	for (uint32_t i = manner <= STOP_AND_GO_ON ? half : 0; i < count; i++)
		add_step(u, nodes[i], false);
}

/* --------------------------------------------------------------- the time */

static uint64_t
until_next(struct trial *trial, bool broken)
{
	/* Some links flap; some faults last. */
	if (draw(trial, 2) == 0)
		return ELECTION_US / 5 + draw(trial, 2 * ELECTION_US);
	return 4 * ELECTION_US + draw(trial, (broken ? 20 : 6) * ELECTION_US);
}

/** What is broken is mended, or something breaks. */
static void
turn(struct upgrade *u)
{
	struct trial *trial = u->trial;

	trial->random.state = sim_mix(u->seed++);
	u->broken = !u->broken;
	u->next_at += until_next(trial, u->broken);
	u->hub = u->broken ? breakage_begins(trial) : 0;
	if (!u->broken)
		faults_heal_but(trial, u->down);
}

/** False: a checker spoke. */
static bool
pass(struct upgrade *u, uint64_t time_us)
{
	struct raft_sim *sim = u->trial->sim;
	uint64_t end = raft_sim_now(sim) + time_us;

	while (u->next_at <= end) {
		if (!raft_sim_run(sim, u->next_at))
			return false;
		turn(u);
	}
	return raft_sim_run(sim, end);
}

static bool
carry_out(struct upgrade *u, const struct step *step)
{
	struct trial *trial = u->trial;

	/* What it has not on its disk yet, nobody could do without it. */
	while (u->hub == step->node)
		if (!pass(u, ELECTION_US))
			return false;
	raft_sim_crash(trial->sim, step->node, step->how);
	u->down = step->node;
	if (!pass(u, step->down_us))
		return false;
	u->down = 0;
	trial_set_build(trial, step->node,
			step->back ? trial->first[step->node - 1]
				   : trial->next[step->node - 1]);
	raft_sim_start(trial->sim, step->node);
	return pass(u, step->wait_us);
}

/* -------------------------------------------------------------- the trial */

static void
create(struct trial *trial)
{
	struct raft_sim_options options;

	raft_sim_defaults(&options);
	trial->lost = 0;
	trial->change = NULL;
	trial->voters = options.voters = 3 + 2 * (uint32_t)draw(trial, 1);
	options.spares = (uint32_t)draw(trial, 1);
	trial->nodes = options.voters + options.spares;
	options.seed = trial->seed;
	options.election_us = ELECTION_US;
	options.heartbeat_us = ELECTION_US / 10;
	options.fifo = draw(trial, 1) == 0;
	options.link.latency.most_us = 1000 + draw(trial, 20000);
	options.link.loss = (uint32_t)draw(trial, 10000);
	options.link.duplicate = (uint32_t)draw(trial, 10000);
	options.disk.most_us = draw(trial, 10000);
	options.max_log = draw(trial, 2) == 0 ? 0 : 20 + draw(trial, 200);
	trial_create(trial, &options);
	for (uint32_t node = 1; node <= trial->nodes; node++)
		raft_sim_start(trial->sim, node);
	raft_sim_client(trial->sim, ELECTION_US / 10, 24);
	raft_sim_reads(trial->sim, ELECTION_US / 4);
}

/** A learner that takes the place of a voter who is silent for a while, where the
 *  leader's build knows how. */
static void
add_learner(struct trial *trial)
{
	uint64_t set = UINT64_C(1) << (trial->nodes - 1);
	uint32_t wish =
	    (uint32_t)(2 * ELECTION_US + draw(trial, 8 * ELECTION_US));

	if (trial->nodes > trial->voters)
		(void)raft_sim_add_learners(trial->sim, set, false, wish);
}

/** What is counted begins with the first leader, if there is one. */
static bool
begin(struct upgrade *u)
{
	struct raft_sim *sim = u->trial->sim;

	while (raft_sim_metric(sim, RAFT_SIM_ACKS, false) == 0 &&
	       raft_sim_now(sim) < 40 * ELECTION_US)
		if (!raft_sim_run(sim, raft_sim_now(sim) + ELECTION_US))
			return false;
	add_learner(u->trial);
	raft_sim_mark(sim);
	u->next_at = raft_sim_now(sim) + ELECTION_US;
	return true;
}

/** The last outage is counted to its end. */
static bool
end(struct upgrade *u)
{
	faults_heal(u->trial);
	return raft_sim_run(u->trial->sim,
			    raft_sim_now(u->trial->sim) + 10 * ELECTION_US);
}

static bool
carry_out_all(struct upgrade *u)
{
	if (!begin(u))
		return false;
	for (size_t i = 0; i < u->step_count; i++)
		if (!carry_out(u, &u->steps[i]))
			return false;
	return end(u);
}

/** Of the longest outage; NULL: it is none to speak of. */
static const char *
judge(const struct trial *trial, uint32_t outages[OUTAGE_TENTHS])
{
	static char error[160];
	uint32_t most = outages_most(trial);
	uint32_t tenths = outages_add(
	    outages, raft_sim_metric(trial->sim, RAFT_SIM_UNAVAILABLE, true));

	if (tenths <= most)
		return NULL;
	snprintf(error, sizeof(error),
		 "liveness: an outage of %" PRIu32 ".%" PRIu32
		 " election timeouts, and %" PRIu32 ".%" PRIu32 " is the most",
		 tenths / 10, tenths % 10, most / 10, most % 10);
	return error;
}

const char *
upgrade_run(struct trial *trial, uint32_t outages[OUTAGE_TENTHS])
{
	struct upgrade u = { .trial = trial };
	const char *error;

	create(trial);
	plan(&u);
	u.seed = sim_random_next(&trial->random);
	if (!carry_out_all(&u))
		return raft_sim_violation(trial->sim);
	error = judge(trial, outages);
	return error != NULL ? error : trial_recover(trial);
}
