/*
 * What is measured of a run, as sim.h defines it, over the whole run and since
 * the last mark.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/sim/world/world.h"

static const struct {
	const char *name;
	enum raft_sim_unit unit;
} metrics_known[RAFT_SIM_METRIC_COUNT] = {
#define METRIC(code, name, unit) {name, RAFT_SIM_UNIT_##unit},
	RAFT_SIM_METRICS(METRIC)
#undef METRIC
};

const char *
raft_sim_metric_name(enum raft_sim_metric metric)
{
	return metrics_known[metric].name;
}

enum raft_sim_unit
raft_sim_metric_unit(enum raft_sim_metric metric)
{
	return metrics_known[metric].unit;
}

static uint64_t
later(uint64_t one, uint64_t other)
{
	return one > other ? one : other;
}

static void
window_open(struct sim_window *window, uint64_t now, uint64_t first_id,
	    uint64_t term_before)
{
	*window = (struct sim_window){
		.begun_at = now,
		.first_id = first_id,
		.term_before = term_before,
	};
	window->counts[RAFT_SIM_FIRST_ACK] = RAFT_SIM_INFINITE;
}

void
sim_metrics_init(struct sim_metrics *metrics, uint64_t election_us)
{
	*metrics = (struct sim_metrics){.election_us = election_us};
	window_open(&metrics->windows[0], 0, 1, 0);
	window_open(&metrics->windows[1], 0, 1, 0);
}

void
sim_metrics_mark(struct sim_metrics *metrics, uint64_t now, uint64_t last_id)
{
	struct sim_window *marked = &metrics->windows[1];

	/* What two leaders did before the mark belongs to the whole run. */
	sim_metrics_leaders(metrics, now, metrics->leaders);
	window_open(marked, now, last_id + 1, metrics->term);
	marked->counts[RAFT_SIM_MAX_LEADERS] = metrics->leaders;
}

void
sim_metrics_count(struct sim_metrics *metrics, enum raft_sim_metric metric,
		  uint64_t more)
{
	metrics->windows[0].counts[metric] += more;
	metrics->windows[1].counts[metric] += more;
}

void
sim_metrics_term(struct sim_metrics *metrics, uint64_t term)
{
	metrics->term = later(metrics->term, term);
}

void
sim_metrics_began_to_lead(struct sim_metrics *metrics, uint32_t node)
{
	if (metrics->last_leader != 0 && metrics->last_leader != node)
		sim_metrics_count(metrics, RAFT_SIM_LEADER_CHANGES, 1);
	metrics->last_leader = node;
}

static uint64_t
two_leaders_now(const struct sim_metrics *metrics, uint64_t now)
{
	return metrics->leaders > 1 ? now - metrics->leaders_at : 0;
}

void
sim_metrics_leaders(struct sim_metrics *metrics, uint64_t now, uint32_t leaders)
{
	sim_metrics_count(metrics, RAFT_SIM_TWO_LEADERS,
			  two_leaders_now(metrics, now));
	metrics->leaders = leaders;
	metrics->leaders_at = now;
	for (int i = 0; i < 2; i++) {
		uint64_t *most =
			&metrics->windows[i].counts[RAFT_SIM_MAX_LEADERS];

		*most = later(*most, leaders);
	}
}

/* --------------------------------------------------------------- writes */

/** The stretch that is open now; 0 if no write waits. */
static uint64_t
unavailable_now(const struct sim_metrics *metrics,
		const struct sim_window *window, uint64_t now)
{
	uint64_t since = later(window->begun_at, metrics->waiting_since);

	if (metrics->waiting == 0)
		return 0;
	if (metrics->acknowledged)
		since = later(since, metrics->acknowledged_at);
	return now - since;
}

/** The gap between acknowledgements that ends now, if it is one that counts. */
static uint64_t
gap_now(const struct sim_metrics *metrics, const struct sim_window *window,
	uint64_t now)
{
	uint64_t gap;

	if (!metrics->acknowledged)
		return 0;
	gap = now - later(metrics->acknowledged_at, window->begun_at);
	return gap > metrics->election_us ? gap : 0;
}

static void
stretch_ends(struct sim_metrics *metrics, uint64_t now)
{
	for (int i = 0; i < 2; i++) {
		struct sim_window *window = &metrics->windows[i];
		uint64_t *longest = &window->counts[RAFT_SIM_UNAVAILABLE];

		*longest = later(*longest,
				 unavailable_now(metrics, window, now));
	}
}

void
sim_metrics_waits(struct sim_metrics *metrics, uint64_t now)
{
	if (metrics->waiting++ == 0)
		metrics->waiting_since = now;
}

void
sim_metrics_given_up(struct sim_metrics *metrics, uint64_t now)
{
	if (metrics->waiting == 1)
		stretch_ends(metrics, now);
	metrics->waiting--;
}

void
sim_metrics_acknowledged(struct sim_metrics *metrics, uint64_t now,
			 uint64_t first_id)
{
	stretch_ends(metrics, now);
	for (int i = 0; i < 2; i++) {
		struct sim_window *window = &metrics->windows[i];
		uint64_t *first = &window->counts[RAFT_SIM_FIRST_ACK];

		window->counts[RAFT_SIM_ACKS]++;
		window->counts[RAFT_SIM_DOWNTIME] +=
			gap_now(metrics, window, now);
		if (*first == RAFT_SIM_INFINITE && first_id >= window->first_id)
			*first = now - window->begun_at;
	}
	metrics->acknowledged = true;
	metrics->acknowledged_at = now;
	metrics->waiting--;
}

uint64_t
sim_metrics_read(const struct sim_metrics *metrics, uint64_t now,
		 enum raft_sim_metric metric, bool since_mark)
{
	const struct sim_window *window = &metrics->windows[since_mark];
	uint64_t count = window->counts[metric];

	switch (metric) {
	case RAFT_SIM_LEADERS:
		return metrics->leaders;
	case RAFT_SIM_TWO_LEADERS:
		return count + two_leaders_now(metrics, now);
	case RAFT_SIM_TERM_GROWTH:
		return metrics->term - window->term_before;
	case RAFT_SIM_UNAVAILABLE:
		return later(count, unavailable_now(metrics, window, now));
	case RAFT_SIM_DOWNTIME:
		if (metrics->waiting == 0)
			return count;
		return count + gap_now(metrics, window, now);
	default:
		return count;
	}
}

/* ------------------------------------------------------------------- lag */

static uint64_t
writes_committed(struct sim_metrics *metrics, const struct sim_history *history)
{
	for (; metrics->history_seen < history->count; metrics->history_seen++)
		metrics->history_writes +=
			history->entries[metrics->history_seen].id != 0;
	return metrics->history_writes;
}

void
sim_metrics_lag(struct raft_sim *sim)
{
	uint64_t committed =
		writes_committed(&sim->metrics, &sim->checks.history);

	for (uint32_t i = 0; i < sim->node_count; i++) {
		struct sim_node *node = &sim->nodes[i];
		uint64_t behind = 0;

		if (!sim_node_runs(node))
			continue;
		if (node->machine.writes < committed)
			behind = committed - node->machine.writes;
		node->lag[0] = later(node->lag[0], behind);
		node->lag[1] = later(node->lag[1], behind);
	}
}

uint64_t
raft_sim_lag(const struct raft_sim *sim, uint64_t nodes, bool since_mark)
{
	uint64_t most = 0;

	for (uint32_t i = 0; i < sim->node_count; i++)
		if (nodes >> i & 1)
			most = later(most, sim->nodes[i].lag[since_mark]);
	return most;
}
