/*
 * One trial of a group in which nothing is broken, and so nothing may suffer.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Once a leader has been elected nobody campaigns any more, but who is asked to;
 * nobody falls behind; every write and every read ends in its time; and no more
 * is sent, held or said than there is reason for. What is asked of the group for
 * its own sake, such as handing leadership over, has a time too; while it is
 * under way only that counts.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "assists/sim/world/world.h"
#include "tests/simulation/healthy.h"

/** Elections are drawn now and then; so many in a row are not. */
#define FIRST_LEADER_TIMEOUTS 40

static uint64_t
bit(uint32_t server)
{
	return UINT64_C(1) << (server - 1);
}

/** One of the set, which is not empty. */
static uint32_t
any_of(struct trial *trial, uint64_t set)
{
	uint32_t server;

	do
		server = 1 + (uint32_t)draw(trial, trial->nodes - 1);
	while ((set & bit(server)) == 0);
	return server;
}

static int
size_of(uint64_t set)
{
	return __builtin_popcountll(set);
}

const char *
healthy_say(struct health *health, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(health->error, sizeof(health->error), format, arguments);
	va_end(arguments);
	return health->error;
}

/* ------------------------------------------------------------------- calm */

static uint64_t
counted(const struct health *health, enum raft_sim_metric metric)
{
	return raft_sim_metric(health->trial->sim, metric, true);
}

/** What happened although there is no reason for it; NULL: nothing. */
static const char *
disturbance(struct health *health)
{
	static const enum raft_sim_metric none[] = {
		RAFT_SIM_LEADER_CHANGES, RAFT_SIM_ELECTIONS,
		RAFT_SIM_PRE_ELECTIONS,	 RAFT_SIM_STEP_DOWNS,
		RAFT_SIM_TERM_GROWTH,	 RAFT_SIM_INCOMPATIBLE,
	};
	const struct raft_sim *sim = health->trial->sim;
	uint64_t most;

	if (raft_sim_violation(sim) != NULL)
		return raft_sim_violation(sim);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (counted(health, none[i]) != 0)
			return healthy_say(health, "calm: %s, and no reason",
					   raft_sim_metric_name(none[i]));
	most = bounds_messages(health, raft_sim_now(sim) - health->counted_from,
			       sim->client.last_id - health->writes_before,
			       sim->client.last_read - health->reads_before);
	if (counted(health, RAFT_SIM_MESSAGES) > most)
		return healthy_say(health,
				   "traffic: %" PRIu64 " messages, and %" PRIu64
				   " are allowed",
				   counted(health, RAFT_SIM_MESSAGES), most);
	return NULL;
}

/** So many entries some member has not applied yet: for them, too, messages will
 *  go. */
static uint64_t
entries_under_way(const struct health *health)
{
	const struct raft_sim *sim = health->trial->sim;
	uint64_t last, most = 0;
	struct raft_sim_node node;

	raft_sim_node(sim, health->leader, &node);
	last = node.status.last.index;
	for (uint32_t server = 1; server <= health->trial->nodes; server++) {
		raft_sim_node(sim, server, &node);
		if ((health->members & bit(server)) != 0 &&
		    last - node.status.applied_index > most)
			most = last - node.status.applied_index;
	}
	return most;
}

/** The group has this leader, and keeps from now on to what one with it can. */
static void
begin_calm(struct health *health)
{
	struct raft_sim *sim = health->trial->sim;

	health->leader = raft_sim_leader(sim);
	bounds_of(health, health->leader);
	raft_sim_limit(sim, &health->bounds.limits);
	for (uint32_t server = 1; server <= health->trial->nodes; server++)
		if (health->members & bit(server))
			raft_sim_limit_lag(sim, server,
					   health->bounds.lag_us[server - 1]);
	raft_sim_mark(sim);
	health->counted_from = raft_sim_now(sim);
	health->writes_before = sim->client.last_id - entries_under_way(health);
	health->reads_before = sim->client.last_read;
}

/** Something is asked for its own sake: of the limits those remain that hold at
 *  any time, as the log is by now. */
static void
end_calm(struct health *health)
{
	struct raft_sim_limits limits;

	bounds_of(health, health->leader);
	limits = health->bounds.limits;
	limits.write_us = 0;
	limits.read_us = 0;
	raft_sim_limit(health->trial->sim, &limits);
	for (uint32_t server = 1; server <= health->trial->nodes; server++)
		raft_sim_limit_lag(health->trial->sim, server, 0);
}

/** It knows who leads, and has applied all up to an index and something of that
 *  leader's. */
static bool
has_settled(const struct health *health, uint32_t server,
	    const struct raft_status *leader, uint64_t index)
{
	const struct raft_sim *sim = health->trial->sim;
	struct raft_sim_node node;
	uint64_t applied;

	raft_sim_node(sim, server, &node);
	applied = node.status.applied_index;
	return node.status.leader == leader->self.id && applied > 0 &&
	       applied >= index &&
	       sim->checks.history.entries[applied - 1].term == leader->term;
}

/** There is a leader, this one unless it is 0; no change is under way; nothing
 *  waits to be tried again; and all members have applied all up to an index. */
static bool
is_settled(const struct health *health, uint32_t leader, uint64_t index)
{
	const struct raft_sim *sim = health->trial->sim;
	uint32_t leads = raft_sim_leader(sim);
	struct raft_sim_node node;

	if (leads == 0 || (leader != 0 && leads != leader))
		return false;
	raft_sim_node(sim, leads, &node);
	if (node.status.changing || node.status.transfer_target != 0 ||
	    sim->client.waiting_count > 0)
		return false;
	for (uint32_t server = 1; server <= health->trial->nodes; server++)
		if ((health->members & bit(server)) != 0 &&
		    !has_settled(health, server, &node.status, index))
			return false;
	return true;
}

static const char *
wait(struct health *health, const char *what, uint32_t leader, uint64_t index,
     uint64_t within)
{
	struct raft_sim *sim = health->trial->sim;
	uint64_t end = raft_sim_now(sim) + within;

	while (!is_settled(health, leader, index))
		if (!raft_sim_step(sim, end))
			return raft_sim_violation(sim) != NULL
				   ? raft_sim_violation(sim)
				   : healthy_say(health,
						 "%s: not done in %" PRIu64
						 " us",
						 what, within);
	return NULL;
}

/** Until all that was asked so far is done. */
static const char *
drain(struct health *health)
{
	uint32_t leader = raft_sim_leader(health->trial->sim);
	struct raft_sim_node node;

	raft_sim_node(health->trial->sim, leader, &node);
	return wait(health, "drain", leader, node.status.last.index,
		    bounds_settling(health));
}

/** Let it settle, and be calm again: what was held up meanwhile has gone, and what
 *  came while that went. */
static const char *
settle(struct health *health, const char *what, uint32_t leader,
       uint64_t within)
{
	uint64_t committed = raft_sim_committed(health->trial->sim);
	const char *error = wait(health, what, leader, committed, within);

	if (error == NULL)
		error = drain(health);
	if (error == NULL)
		error = drain(health);
	if (error == NULL)
		begin_calm(health);
	return error;
}

/* ---------------------------------------------------------- what is asked */

static const char *
burst(struct health *health)
{
	const struct load *load = &health->shape.bursts;

	if (raft_sim_propose(health->trial->sim, 0, load->count, load->bytes) ==
	    RAFT_OK)
		return NULL;
	return healthy_say(health, "refusals: a burst that fits is refused");
}

static const char *
read_elsewhere(struct health *health)
{
	uint32_t server = any_of(health->trial, health->members);

	for (uint64_t i = 0; i < health->shape.reads_elsewhere.count; i++)
		if (raft_sim_read(health->trial->sim, server) != RAFT_OK)
			return healthy_say(health,
					   "refusals: a read is refused");
	return NULL;
}

static const char *
transfer(struct health *health)
{
	struct trial *trial = health->trial;
	uint32_t to = any_of(trial, raft_sim_voters(trial->sim));
	uint64_t within = bounds_transfer(health, health->leader, to);

	end_calm(health);
	(void)raft_sim_transfer(trial->sim, to);
	/* For some distances its time, an election timeout, is too short. */
	return within <= health->shape.election_us
		   ? settle(health, "transfer", to,
			    within + bounds_settling(health))
		   : settle(health, "transfer", 0,
			    FIRST_LEADER_TIMEOUTS * health->shape.election_us);
}

/** The leader knows only a while later that one who lacks nothing has caught up:
 *  until then it is asked again. */
static enum raft_result
reconfigure(struct health *health, enum raft_sim_change kind, uint32_t server)
{
	struct raft_sim *sim = health->trial->sim;
	uint64_t end = raft_sim_now(sim) + bounds_settling(health);
	enum raft_result result;

	do
		result = raft_sim_reconfigure(sim, kind, bit(server));
	while (result == RAFT_NOT_CAUGHT_UP && raft_sim_now(sim) < end &&
	       raft_sim_run(sim,
			    raft_sim_now(sim) + health->shape.heartbeat_us));
	return result;
}

/** Ask for it; it is to be done in time. Not while much is under way: one that
 *  goes hears nothing any more, and may campaign before that is committed if its
 *  build has nothing against it (thesis 4.2.3). */
static const char *
change(struct health *health, enum raft_sim_change kind, uint32_t server)
{
	bool leads = kind == RAFT_SIM_REMOVE && server == health->leader;
	const char *error = drain(health);
	enum raft_result result;

	if (error != NULL)
		return error;
	result = reconfigure(health, kind, server);
	if (result != RAFT_OK)
		return healthy_say(health, "refusals: a change is refused: %s",
				   raft_result_name(result));
	if (kind == RAFT_SIM_ADD_LEARNER)
		health->members |= bit(server);
	else if (kind == RAFT_SIM_REMOVE)
		health->members &= ~bit(server);
	end_calm(health);
	/* A leader that goes hands over, for which a distance may be too long. */
	return settle(health, "change of members", 0,
		      leads ? FIRST_LEADER_TIMEOUTS * health->shape.election_us
			    : bounds_settling(health));
}

static const char *
add(struct health *health, uint32_t server)
{
	raft_sim_start(health->trial->sim, server);
	return change(health, RAFT_SIM_ADD_LEARNER, server);
}

/** It is stopped when it has gone: one that does not know may campaign. */
static const char *
remove_server(struct health *health, uint32_t server)
{
	const char *error = change(health, RAFT_SIM_REMOVE, server);

	raft_sim_crash(health->trial->sim, server, RAFT_SIM_POWEROFF);
	return error;
}

/** Anybody may come as a learner, become a voter, and go. */
static const char *
change_members(struct health *health)
{
	struct trial *trial = health->trial;
	uint64_t voters = raft_sim_voters(trial->sim);
	uint64_t learners = health->members & ~voters;
	uint64_t outside = (bit(trial->nodes + 1) - 1) & ~health->members;

	switch (draw(trial, 2)) {
	case 0:
		return outside == 0 ? NULL
				    : add(health, any_of(trial, outside));
	case 1:
		return learners == 0 ? NULL
				     : change(health, RAFT_SIM_PROMOTE,
					      any_of(trial, learners));
	default:
		return size_of(voters) <= 3
			   ? NULL
			   : remove_server(health, any_of(trial, voters));
	}
}

static const char *
snapshot(struct health *health)
{
	(void)raft_sim_snapshot(health->trial->sim,
				any_of(health->trial, health->members));
	return NULL;
}

static const char *
live(struct health *health)
{
	switch (draw(health->trial, 2)) {
	case 0:
		return transfer(health);
	case 1:
		return change_members(health);
	default:
		return snapshot(health);
	}
}

/* --------------------------------------------------------------- the trial */

struct deed {
	const struct load *load;
	const char *(*happens)(struct health *);
	uint64_t next_at;
};

static void
schedule(struct health *health, struct deed *deed)
{
	uint64_t every = deed->load->every_us;

	deed->next_at = every == 0 ? UINT64_MAX
				   : raft_sim_now(health->trial->sim) +
					 every / 2 + draw(health->trial, every);
}

/** Until the end, one deed after another. */
static const char *
carry_on(struct health *health, struct deed *deeds, size_t count, uint64_t end)
{
	struct raft_sim *sim = health->trial->sim;
	const char *error = NULL;

	while (error == NULL && raft_sim_now(sim) < end) {
		struct deed *next = &deeds[0];

		for (size_t i = 1; i < count; i++)
			if (deeds[i].next_at < next->next_at)
				next = &deeds[i];
		raft_sim_run(sim, next->next_at < end ? next->next_at : end);
		error = disturbance(health);
		if (error != NULL || next->next_at > end)
			continue;
		error = next->happens(health);
		schedule(health, next);
	}
	return error;
}

static void
begin_loads(struct health *health, struct deed *deeds, size_t count)
{
	const struct shape *shape = &health->shape;

	if (shape->writes.every_us != 0)
		raft_sim_client(health->trial->sim, shape->writes.every_us,
				shape->writes.bytes);
	if (shape->reads.every_us != 0)
		raft_sim_reads(health->trial->sim, shape->reads.every_us);
	for (size_t i = 0; i < count; i++)
		schedule(health, &deeds[i]);
}

/** Nothing new comes; what is under way ends, as the limits say. */
static const char *
end(struct health *health)
{
	struct raft_sim *sim = health->trial->sim;
	uint64_t committed = raft_sim_committed(sim);

	raft_sim_client(sim, 0, 0);
	raft_sim_reads(sim, 0);
	raft_sim_run(sim, raft_sim_now(sim) + bounds_settling(health));
	if (disturbance(health) != NULL)
		return disturbance(health);
	if (raft_sim_writes_waiting(sim) > 0 ||
	    !is_settled(health, health->leader, committed))
		return healthy_say(health, "end: it does not come to rest");
	return NULL;
}

/** Each build has worlds of its own. */
static void
seed(struct trial *trial)
{
	for (const char *at = trial->build->name; *at != '\0'; at++)
		trial->random.state =
		    sim_mix(trial->random.state ^ (uint8_t)*at);
}

const char *
healthy_run(struct trial *trial, struct health *health)
{
	struct deed deeds[] = {
		{ .load = &health->shape.bursts, .happens = burst },
		{ .load = &health->shape.reads_elsewhere,
		  .happens = read_elsewhere },
		{ .load = &health->shape.life, .happens = live },
	};
	size_t count = sizeof(deeds) / sizeof(deeds[0]);
	const char *error;

	*health = (struct health){ .trial = trial };
	seed(trial);
	shape_draw(health);
	error = settle(health, "first leader", 0,
		       FIRST_LEADER_TIMEOUTS * health->shape.election_us);
	if (error != NULL)
		return error;
	begin_loads(health, deeds, count);
	error = carry_on(health, deeds, count,
			 raft_sim_now(trial->sim) + trial->seconds * SECOND);
	return error != NULL ? error : end(health);
}
