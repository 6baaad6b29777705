/*
 * A run: by the book, at random, and what came of it.
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

#include "assists/log_conformance/inside.h"

uint64_t
raft__conformance_draw(struct raft_log_conformance *c, uint64_t count)
{
	c->random = raft__conformance_mix(c->random, 1);
	return c->random % count;
}

void
raft__conformance_tell(char *text, size_t size, const struct where *where,
		       const char *rule, const char *place, const char *format,
		       va_list arguments)
{
	char how[512], name[64];

	vsnprintf(how, sizeof(how), format, arguments);
	if (where->part != NULL)
		snprintf(name, sizeof(name), "in \"%s\"", where->part);
	else
		snprintf(name, sizeof(name), "in history %" PRIu64,
			 where->history);
	snprintf(text, size, "%s (%s): %s; %s of seed %" PRIu64, rule, place,
		 how, name, where->seed);
}

bool
raft__conformance_breaks(struct raft_log_conformance *c, enum rule rule,
			 const char *format, ...)
{
	static const struct {
		const char *says, *place;
	} rules[] = {
#define RULE_TEXT(name, text, place) [RULE_##name] = { text, place },
		RULES(RULE_TEXT)
#undef RULE_TEXT
	};
	size_t told;
	va_list arguments;

	if (c->is_broken)
		return false;
	c->is_broken = true;
	va_start(arguments, format);
	raft__conformance_tell(c->text, c->size, &c->where, rules[rule].says,
			       rules[rule].place, format, arguments);
	va_end(arguments);
	told = strlen(c->text);
	snprintf(c->text + told, c->size - told,
		 ", at save %" PRIu64 " of a life", (uint64_t)c->taken);
	return false;
}

static void
say_what_was_tried(const struct raft_log_conformance *c)
{
	const struct tally *t = &c->tally;
	const char *not_tried = "";

	if (!raft__life_survives(c, RAFT_LOG_SURVIVES_KILL))
		not_tried = "; not tried: restarts, crashes, and a sync that "
			    "fails, since it survives nothing";
	else if (!raft__life_survives(c, RAFT_LOG_SURVIVES_POWER))
		not_tried = "; not tried: a failure of power, and a sync that "
			    "fails, since it survives none";
	snprintf(
	    c->text, c->size,
	    "every rule was kept in %" PRIu64 " saves, %" PRIu64
	    " reads, %" PRIu64 " trims, %" PRIu64 " restarts, %" PRIu64
	    " crashes and %" PRIu64 " failed syncs%s%s%s",
	    t->saves, t->reads, t->trims, t->restarts, t->crashes,
	    c->watch.failures,
	    raft__step_may_trim(c) ? ""
				   : "; not tried: snapshots, since it has "
				     "no trim",
	    c->subject->functions->mend == NULL || c->subject->spoil != NULL
		? ""
		: "; not tried: mend(), since nothing is spoilt",
	    not_tried);
}

bool
raft_log_conformance_run(const struct raft_log_conformance_subject *subject,
			 char *text, size_t size)
{
	struct raft_log_conformance *c = calloc(1, sizeof(*c));
	bool is_well = false;

	if (c != NULL)
		c->states = calloc(SAVES_MAX + 1, sizeof(*c->states));
	if (c == NULL || c->states == NULL) {
		snprintf(text, size, "out of memory");
	} else {
		c->subject = subject;
		c->where.seed = subject->seed != 0 ? subject->seed : 1;
		c->text = text;
		c->size = size;
		c->watch.crashed = raft__life_crashed;
		c->watch.context = c;
		c->drawing.bytes_max = subject->payload_bytes_max != 0
					   ? subject->payload_bytes_max
					   : RAFT_PAYLOAD_BYTES_MAX;
		if (!raft__watch_root(&c->watch))
			snprintf(text, size, "no folder can be made: %s",
				 strerror(errno));
		else
			is_well = raft__by_the_book(c) && raft__at_random(c);
		if (is_well)
			say_what_was_tried(c);
		raft__watch_remove(&c->watch);
		free(c->states);
	}
	free(c);
	return is_well;
}
