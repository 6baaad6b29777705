/*
 * A run: a leader's snapshots, by the book, at random, and what came of it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/log_conformance/snapshot_inside.h"

uint64_t
raft__snapshots_draw(struct raft_snapshot_conformance *c, uint64_t count)
{
	c->random = raft__conformance_mix(c->random, 2);
	return c->random % count;
}

bool
raft__snapshots_break(struct raft_snapshot_conformance *c,
		      enum snapshot_rule rule, const char *format, ...)
{
	static const struct {
		const char *says, *place;
	} rules[] = {
#define RULE_TEXT(name, text, place) [SNAPSHOT_RULE_##name] = { text, place },
		SNAPSHOT_RULES(RULE_TEXT)
#undef RULE_TEXT
	};
	va_list arguments;

	if (c->is_broken)
		return false;
	c->is_broken = true;
	va_start(arguments, format);
	raft__conformance_tell(c->text, c->size, &c->where, rules[rule].says,
			       rules[rule].place, format, arguments);
	va_end(arguments);
	return false;
}

/* Their states have lengths from nothing to some hundred kilobytes. */
static bool
make_images(struct raft_snapshot_conformance *c)
{
	static const size_t lengths[IMAGES_MAX] = {
		70000, 0, 1, 4096, 65536, STATE_BYTES_MAX,
	};
	bool is_well = raft__snapshots_first(c);

	for (size_t i = 0; is_well && i < IMAGES_MAX; i++) {
		is_well = raft__snapshots_take(c, lengths[i]);
		if (!is_well)
			break;
		c->images[i] = *newest(c);
		newest(c)->bytes = NULL;
		/* A history's own come between. */
		c->now.last_index += TERM_ENTRIES;
	}
	raft__snapshots_end(c);
	return is_well;
}

static void
free_images(struct raft_snapshot_conformance *c)
{
	for (size_t i = 0; i < IMAGES_MAX; i++)
		free(c->images[i].bytes);
}

static void
try_all(struct raft_snapshot_conformance *c)
{
	c->where.part = "a leader's";
	if (!make_images(c) || !raft__snapshots_by_the_book(c) ||
	    !raft__snapshots_at_random(c))
		return;
	snprintf(c->text, c->size,
		 "every rule was kept in %" PRIu64 " snapshots taken, %" PRIu64
		 " installed, %" PRIu64 " reads, %" PRIu64 " restarts, %" PRIu64
		 " crashes and %" PRIu64 " failed syncs%s",
		 c->taken, c->installed, c->reads, c->restarts, c->crashes,
		 c->watch.failures,
		 c->subject->survives_power
		     ? ""
		     : "; not tried: a failure of power, and a sync that "
		       "fails, since they survive none");
}

bool
raft_snapshot_conformance_run(
    const struct raft_snapshot_conformance_subject *subject, char *text,
    size_t size)
{
	struct raft_snapshot_conformance *c = calloc(1, sizeof(*c));
	bool is_well = false;

	if (c != NULL)
		c->room = malloc(STATE_BYTES_MAX + 1);
	if (c == NULL || c->room == NULL) {
		snprintf(text, size, "out of memory");
	} else {
		c->subject = subject;
		c->where.seed = subject->seed != 0 ? subject->seed : 1;
		c->text = text;
		c->size = size;
		c->watch.sees_syncs = subject->survives_power;
		c->watch.crashed = raft__snapshots_crashed;
		c->watch.context = c;
		if (!raft__watch_root(&c->watch)) {
			snprintf(text, size, "no folder can be made: %s",
				 strerror(errno));
		} else {
			try_all(c);
			is_well = !c->is_broken;
		}
		free_images(c);
		raft__watch_remove(&c->watch);
		free(c->room);
	}
	free(c);
	return is_well;
}
