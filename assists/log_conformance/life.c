/*
 * The lives of a log: how it is opened, how it ends, and what is left of it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/log_conformance/inside.h"

bool
raft__life_survives(const struct raft_log_conformance *c,
		    enum raft_log_conformance_survives what)
{
	return c->subject->survives >= what;
}

static bool
trouble(struct raft_log_conformance *c, const char *what)
{
	return BREAKS(c, RULE_OPENS, "%s, which is the suite's own trouble: %s",
		      what, strerror(errno));
}

static bool
watch(struct raft_log_conformance *c)
{
	c->watch.sees_syncs = raft__life_survives(c, RAFT_LOG_SURVIVES_POWER);
	return raft__watch_begin(&c->watch) ||
	       trouble(c, "the folder cannot be watched");
}

/* Under the watch's lock. */
void
raft__life_crashed(void *context)
{
	struct raft_log_conformance *c = context;

	c->left_reported = c->reported;
	c->left_taken = c->taken;
}

void
raft__life_crash_at(struct raft_log_conformance *c, uint64_t sync)
{
	raft__watch_crash_at(&c->watch, sync,
			     raft__conformance_draw(c, UINT64_MAX));
}

void
raft__life_fail(struct raft_log_conformance *c)
{
	c->must_fail = true;
	raft__watch_fail(&c->watch);
}

/* -------------------------------------------------------------- opening */

/* The state that *stored is, of those after saves low..high; else, what it differs
 * in from the one that it is most like. */
static bool
find_state(struct raft_log_conformance *c, const struct raft_stored *stored,
	   uint64_t low, uint64_t high, const char *after, uint64_t *found)
{
	char differs[256], best[320] = "";
	int same, most = -1;

	for (uint64_t n = high + 1; n-- > 0;) {
		same =
		    raft__state_compare(&c->states[n], &c->drawing, c->trimmed,
					stored, differs, sizeof(differs));
		*found = n;
		if (same == STATE_IS_IT && n >= low)
			return true;
		if (same == STATE_IS_IT)
			return BREAKS(c, RULE_DURABLE,
				      "after %s the log is as after save "
				      "%" PRIu64 " of its last life, and save "
				      "%" PRIu64 " had been reported",
				      after, n, low);
		if (n < low || same <= most)
			continue;
		most = same;
		snprintf(best, sizeof(best), "%s, as after save %" PRIu64,
			 differs, n);
	}
	return BREAKS(c, low == high ? RULE_DURABLE : RULE_WHOLE,
		      "after %s %s; saves up to %" PRIu64
		      " had been reported, and given up to %" PRIu64,
		      after, best, low, high);
}

/* Open it: it is as after one of the saves low..high of the life before. */
static bool
open_life(struct raft_log_conformance *c, uint64_t low, uint64_t high,
	  const char *after)
{
	struct raft_stored stored = { 0 };
	char error[512] = "it did not say why";
	uint64_t found = 0;

	if (!watch(c))
		return false;
	c->taken = 0;
	c->reported = 0;
	c->flushed = 0;
	c->failures = 0;
	c->must_fail = false;
	c->log = c->subject->open(c->subject->context, c->watch.folder, c,
				  &stored, error, sizeof(error));
	if (c->log == NULL)
		return BREAKS(c, RULE_OPENS, "after %s it was refused: %s",
			      after, error);
	c->rule = RULE_READABLE;
	if (!raft__life_survives(c, RAFT_LOG_SURVIVES_KILL))
		return raft__look(c);
	if (!find_state(c, &stored, low, high, after, &found))
		return false;
	c->states[0] = c->states[found];
	c->dropped = stored.snapshot.index;
	c->rule = low == high ? RULE_DURABLE : RULE_WHOLE;
	return raft__look(c);
}

bool
raft__life_first(struct raft_log_conformance *c)
{
	const struct raft_log_conformance_subject *subject = c->subject;

	memset(&c->states[0], 0, sizeof(c->states[0]));
	c->dropped = c->trimmed = c->committed = 0;
	if (!raft__watch_make(&c->watch))
		return trouble(c, "a folder cannot be made");
	if (subject->make != NULL &&
	    !subject->make(subject->context, c->watch.folder))
		return BREAKS(c, RULE_OPENS, "no empty log could be made");
	return open_life(c, 0, 0, "it was made");
}

/* --------------------------------------------------------------- endings */

static void
free_blocks(struct raft_log_conformance *c)
{
	struct block *next;

	for (; c->blocks != NULL; c->blocks = next) {
		next = c->blocks->next;
		free(c->blocks);
	}
}

static bool
check_let_go(struct raft_log_conformance *c)
{
	for (const struct block *b = c->blocks; b != NULL; b = b->next)
		if (!b->is_dead)
			return BREAKS(c, RULE_RELEASED,
				      "a payload of %zu bytes is held %" PRIu32
				      " times after the log was closed",
				      b->length, b->block.references);
	return true;
}

bool
raft__life_close(struct raft_log_conformance *c)
{
	bool is_well;

	c->subject->close(c->subject->context, c->log);
	c->log = NULL;
	raft__watch_end(&c->watch);
	is_well = raft__look_kept(c);
	while (c->kept_count > 0)
		raft_payload_release(&c->kept[--c->kept_count].payload);
	is_well = is_well && raft__look_blocks(c) && check_let_go(c);
	free_blocks(c);
	return is_well;
}

bool
raft__life_restart(struct raft_log_conformance *c)
{
	uint64_t low, high = c->taken;

	if (!raft__life_close(c))
		return false;
	low = c->reported;
	c->tally.restarts++;
	c->watch.has_crashed = false;
	return open_life(c, low, high, "a restart in order");
}

bool
raft__life_crash(struct raft_log_conformance *c)
{
	bool is_power = raft__life_survives(c, RAFT_LOG_SURVIVES_POWER) &&
			raft__conformance_draw(c, 4) != 0;
	const char *after = is_power ? "a failure of power" : "a kill";
	uint64_t luck = 0;
	bool done;

	if (c->watch.has_crashed)
		after = "a failure of power at a sync";
	else
		luck = raft__conformance_draw(c, UINT64_MAX);
	done = raft__watch_crash(&c->watch, is_power, luck);
	if (!raft__life_close(c))
		return false;
	if (!done)
		return trouble(c, "what a crash leaves cannot be written");
	raft__watch_inherit(&c->watch);
	c->tally.crashes++;
	return open_life(c, c->left_reported, c->left_taken, after);
}

void
raft__life_end(struct raft_log_conformance *c)
{
	if (c->log != NULL)
		(void)raft__life_close(c);
	raft__watch_end(&c->watch);
	free_blocks(c);
	raft__watch_forget(&c->watch);
}
