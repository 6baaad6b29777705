/*
 * A timeline: what each node was, over the time of one run, for a person.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * It is recorded while the run goes on and drawn when its length is known. One
 * row is one node, time goes to the right; above stand letters for what was
 * done to the cluster, below the terms and the writes.
 */
#ifndef OUTRIGGER_SCENARIO_TIMELINE_H
#define OUTRIGGER_SCENARIO_TIMELINE_H

#include <stdint.h>
#include <stdio.h>

enum node_state {
	STATE_DOWN,
	STATE_PAUSED,
	STATE_FOLLOWER,
	STATE_CANDIDATE,
	/** It says that it leads, but a majority does not take it so. */
	STATE_ALONE,
	STATE_LEADER,
};

struct timeline;

struct timeline *timeline_create(uint32_t node_count);
void timeline_destroy(struct timeline *timeline);

/** A node is this from now on. Times never go back, here and below. */
void timeline_state(struct timeline *timeline, uint64_t now, uint32_t node,
		    enum node_state state);
/** The highest term from now on. */
void timeline_term(struct timeline *timeline, uint64_t now, uint64_t term);
/** Some write was acknowledged now. */
void timeline_acknowledged(struct timeline *timeline, uint64_t now);
/** Something was done to the cluster now. */
void timeline_did(struct timeline *timeline, uint64_t now, const char *what);
/** The run ends now. */
void timeline_end(struct timeline *timeline, uint64_t now);

void timeline_draw(const struct timeline *timeline, FILE *out);
/** What the signs mean. */
void timeline_draw_legend(FILE *out);

#endif
