/*
 * The lives of snapshots: how they are opened, how they end, and which one a server
 * starts from.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/log_conformance/snapshot_inside.h"

/** Terms of a log in a run, at most. */
#define RUNS_MAX 64

static bool
trouble(struct raft_snapshot_conformance *c, const char *what)
{
	return BREAKS(c, OPENS, "%s, which is the suite's own trouble: %s",
		      what, strerror(errno));
}

void
raft__snapshots_crashed(void *context)
{
	struct raft_snapshot_conformance *c = context;

	c->left = c->now;
}

/* Those from this one on are no more. */
static void
drop_haves(struct raft_snapshot_conformance *c, size_t count)
{
	while (c->now.count > count) {
		free(newest(c)->bytes);
		c->now.count--;
	}
}

/* What the log holds. */
static void
fill_stored(const struct raft_snapshot_conformance *c,
	    struct raft_stored *stored, struct raft_term_run *runs)
{
	uint64_t index = c->now.begin.id.index + 1;

	*stored = (struct raft_stored){
		.term = term_at(c->now.last_index + 1),
		.snapshot = c->now.begin.id,
		.applied_index = c->now.begin.id.index,
		.last_index = c->now.last_index,
		.runs = runs,
	};
	for (; index <= c->now.last_index && stored->run_count < RUNS_MAX;
	     index = term_at(index) * TERM_ENTRIES)
		runs[stored->run_count++] = (struct raft_term_run){
			.first_index = index,
			.term = term_at(index),
		};
}

/* The one that was chosen is one that may be: the newest; or the one that was being
 * taken; or the one that the log begins behind. */
static bool
judge_choice(struct raft_snapshot_conformance *c, struct raft_entry_id chosen,
	     const char *after)
{
	struct raft_entry_id wanted = { 0 };
	struct image new = { .id = chosen };

	if (c->now.count > 0)
		wanted = newest(c)->id;
	if (c->now.begin.id.index > wanted.index) {
		new = c->now.begin;
		wanted = new.id;
	} else if (chosen.index != 0 && same_entry(chosen, c->now.taking.id)) {
		wanted = chosen;
		new = c->now.taking;
	}
	if (!same_entry(chosen, wanted))
		return raft__snapshots_break(
		    c,
		    chosen.index > wanted.index ? SNAPSHOT_RULE_APART
						: SNAPSHOT_RULE_DURABLE,
		    "after %s the snapshot of entry %" PRIu64
		    " of term %" PRIu64
		    " was chosen, and that of entry %" PRIu64
		    " of term %" PRIu64 " is the newest",
		    after, chosen.index, chosen.term, wanted.index,
		    wanted.term);
	c->now.taking.id.index = 0;
	if (chosen.index == 0 ||
	    (c->now.count > 0 && same_entry(newest(c)->id, chosen)))
		return true;
	new.bytes = NULL;
	c->haves[c->now.count++] = new;
	return raft__snapshots_read(c, newest(c)) ||
	       BREAKS(c, DURABLE, "after %s it cannot be read", after);
}

static bool
open_life(struct raft_snapshot_conformance *c, const char *after)
{
	struct raft_term_run runs[RUNS_MAX];
	struct raft_stored stored;
	struct raft_entry_id chosen = { 0 };
	char error[512] = "it was not said why";

	if (!raft__watch_begin(&c->watch))
		return trouble(c, "the folder cannot be watched");
	c->may_fail = false;
	fill_stored(c, &stored, runs);
	c->snapshots = c->subject->open(c->subject->context, c->watch.folder, c,
					&stored, &chosen, error, sizeof(error));
	if (c->snapshots == NULL)
		return BREAKS(c, OPENS, "after %s they were refused: %s", after,
			      error);
	if (!judge_choice(c, chosen, after))
		return false;
	/* Whoever starts names this one alone. */
	c->forgotten = c->now.count > 0 ? c->now.count - 1 : 0;
	c->receiving = NULL;
	return (chosen.index == 0 ||
		raft__snapshots_load(c, newest(c), SNAPSHOT_RULE_DURABLE)) &&
	       raft__snapshots_look(c);
}

bool
raft__snapshots_first(struct raft_snapshot_conformance *c)
{
	memset(&c->now, 0, sizeof(c->now));
	c->forgotten = 0;
	if (!raft__watch_make(&c->watch))
		return trouble(c, "a folder cannot be made");
	return open_life(c, "they were made");
}

/* --------------------------------------------------------------- endings */

static bool
check_let_go(struct raft_snapshot_conformance *c)
{
	for (const struct part *p = c->parts; p != NULL; p = p->next)
		if (!p->is_dead)
			return BREAKS(c, RELEASED,
				      "a part of %zu bytes is held %" PRIu32
				      " times after they were closed",
				      p->length, p->block.references);
	return !c->is_broken;
}

static void
free_parts(struct raft_snapshot_conformance *c)
{
	struct part *next;

	for (; c->parts != NULL; c->parts = next) {
		next = c->parts->next;
		free(c->parts);
	}
}

bool
raft__snapshots_close(struct raft_snapshot_conformance *c)
{
	bool is_well;

	c->subject->close(c->subject->context, c->snapshots);
	c->snapshots = NULL;
	raft__watch_end(&c->watch);
	is_well = raft__snapshots_let_kept_go(c) && check_let_go(c);
	free_parts(c);
	return is_well;
}

bool
raft__snapshots_restart(struct raft_snapshot_conformance *c)
{
	if (!raft__snapshots_close(c))
		return false;
	c->watch.has_crashed = false;
	c->restarts++;
	return open_life(c, "a restart in order");
}

bool
raft__snapshots_crash(struct raft_snapshot_conformance *c)
{
	bool is_power =
	    c->subject->survives_power && raft__snapshots_draw(c, 4) != 0;
	const char *after = is_power ? "a failure of power" : "a kill";
	bool done;

	if (c->watch.has_crashed)
		after = "a failure of power at a sync";
	done = raft__watch_crash(&c->watch, is_power,
				 raft__snapshots_draw(c, UINT64_MAX));
	if (!raft__snapshots_close(c))
		return false;
	if (!done)
		return trouble(c, "what a crash leaves cannot be written");
	raft__watch_inherit(&c->watch);
	drop_haves(c, c->left.count);
	c->now = c->left;
	c->crashes++;
	return open_life(c, after);
}

void
raft__snapshots_end(struct raft_snapshot_conformance *c)
{
	if (c->snapshots != NULL)
		(void)raft__snapshots_close(c);
	raft__watch_end(&c->watch);
	free_parts(c);
	drop_haves(c, 0);
	raft__watch_forget(&c->watch);
}
