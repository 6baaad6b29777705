/*
 * What is measured of a run, over the whole of it and since the last mark
 * (tally.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/sim/tally.h"

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
window_open(struct raft_tally_window *window, uint64_t now, uint64_t first_id,
	    uint64_t term_before)
{
	*window = (struct raft_tally_window){
		.begun_at = now,
		.first_id = first_id,
		.term_before = term_before,
	};
	window->counts[RAFT_SIM_FIRST_ACK] = RAFT_SIM_INFINITE;
}

void
raft_tally_init(struct raft_tally *tally, uint64_t election_us)
{
	*tally = (struct raft_tally){.election_us = election_us};
	window_open(&tally->windows[0], 0, 1, 0);
	window_open(&tally->windows[1], 0, 1, 0);
}

void
raft_tally_mark(struct raft_tally *tally, uint64_t now, uint64_t last_id)
{
	struct raft_tally_window *marked = &tally->windows[1];

	/* What two leaders did before the mark belongs to the whole run. */
	raft_tally_leaders(tally, now, tally->leaders);
	window_open(marked, now, last_id + 1, tally->term);
	marked->counts[RAFT_SIM_MAX_LEADERS] = tally->leaders;
	marked->counts[RAFT_SIM_MAX_ACTING] = tally->acting;
}

void
raft_tally_count(struct raft_tally *tally, enum raft_sim_metric metric,
		  uint64_t more)
{
	tally->windows[0].counts[metric] += more;
	tally->windows[1].counts[metric] += more;
}

void
raft_tally_term(struct raft_tally *tally, uint64_t term)
{
	tally->term = later(tally->term, term);
}

void
raft_tally_began_to_lead(struct raft_tally *tally, uint32_t node)
{
	if (tally->last_leader != 0 && tally->last_leader != node)
		raft_tally_count(tally, RAFT_SIM_LEADER_CHANGES, 1);
	tally->last_leader = node;
}

static uint64_t
two_leaders_now(const struct raft_tally *tally, uint64_t now)
{
	return tally->leaders > 1 ? now - tally->leaders_at : 0;
}

void
raft_tally_leaders(struct raft_tally *tally, uint64_t now, uint32_t leaders)
{
	raft_tally_count(tally, RAFT_SIM_TWO_LEADERS,
			  two_leaders_now(tally, now));
	tally->leaders = leaders;
	tally->leaders_at = now;
	for (int i = 0; i < 2; i++) {
		uint64_t *most =
			&tally->windows[i].counts[RAFT_SIM_MAX_LEADERS];

		*most = later(*most, leaders);
	}
}

void
raft_tally_acting(struct raft_tally *tally, uint32_t acting)
{
	tally->acting = acting;
	for (int i = 0; i < 2; i++) {
		uint64_t *most = &tally->windows[i].counts[RAFT_SIM_MAX_ACTING];

		*most = later(*most, acting);
	}
}

/* --------------------------------------------------------------- writes */

/** The stretch that is open now; 0 if no write waits. */
static uint64_t
unavailable_now(const struct raft_tally *tally,
		const struct raft_tally_window *window, uint64_t now)
{
	uint64_t since = later(window->begun_at, tally->waiting_since);

	if (tally->waiting == 0)
		return 0;
	if (tally->acknowledged)
		since = later(since, tally->acknowledged_at);
	return now - since;
}

/** The gap between acknowledgements that ends now, if it is one that counts. */
static uint64_t
gap_now(const struct raft_tally *tally, const struct raft_tally_window *window,
	uint64_t now)
{
	uint64_t gap;

	if (!tally->acknowledged)
		return 0;
	gap = now - later(tally->acknowledged_at, window->begun_at);
	return gap > tally->election_us ? gap : 0;
}

static void
stretch_ends(struct raft_tally *tally, uint64_t now)
{
	for (int i = 0; i < 2; i++) {
		struct raft_tally_window *window = &tally->windows[i];
		uint64_t *longest = &window->counts[RAFT_SIM_UNAVAILABLE];

		*longest = later(*longest,
				 unavailable_now(tally, window, now));
	}
}

void
raft_tally_waits(struct raft_tally *tally, uint64_t now)
{
	if (tally->waiting++ == 0)
		tally->waiting_since = now;
}

void
raft_tally_given_up(struct raft_tally *tally, uint64_t now)
{
	if (tally->waiting == 1)
		stretch_ends(tally, now);
	tally->waiting--;
}

void
raft_tally_acknowledged(struct raft_tally *tally, uint64_t now,
			 uint64_t first_id)
{
	stretch_ends(tally, now);
	for (int i = 0; i < 2; i++) {
		struct raft_tally_window *window = &tally->windows[i];
		uint64_t *first = &window->counts[RAFT_SIM_FIRST_ACK];

		window->counts[RAFT_SIM_ACKS]++;
		window->counts[RAFT_SIM_DOWNTIME] +=
			gap_now(tally, window, now);
		if (*first == RAFT_SIM_INFINITE && first_id >= window->first_id)
			*first = now - window->begun_at;
	}
	tally->acknowledged = true;
	tally->acknowledged_at = now;
	tally->waiting--;
}

uint64_t
raft_tally_read(const struct raft_tally *tally, uint64_t now,
		 enum raft_sim_metric metric, bool since_mark)
{
	const struct raft_tally_window *window = &tally->windows[since_mark];
	uint64_t count = window->counts[metric];

	switch (metric) {
	case RAFT_SIM_LEADERS:
		return tally->leaders;
	case RAFT_SIM_TWO_LEADERS:
		return count + two_leaders_now(tally, now);
	case RAFT_SIM_TERM_GROWTH:
		return tally->term - window->term_before;
	case RAFT_SIM_UNAVAILABLE:
		return later(count, unavailable_now(tally, window, now));
	case RAFT_SIM_DOWNTIME:
		if (tally->waiting == 0)
			return count;
		return count + gap_now(tally, window, now);
	default:
		return count;
	}
}
