/*
 * What is done to a log in a life: a save, a flush, a trim.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "assists/log_conformance/inside.h"

/** Entries of one save, at most. */
#define SAVE_ENTRIES_MAX 300

/* ---------------------------------------------------------- payloads */

static void
note_death(struct raft_block *block)
{
	struct block *b = (struct block *)block;

	b->is_dead = true;
	memset(b->bytes, POISON, b->length);
}

static struct raft_entry
make_entry(struct raft_log_conformance *c, uint64_t index, uint64_t term)
{
	size_t length = raft__drawn_length(&c->drawing, index, term);
	struct block *b = malloc(sizeof(*b) + length + sizeof(uint64_t));

	if (b == NULL)
		abort();
	*b = (struct block){ .block = { 1, note_death },
			     .next = c->blocks,
			     .length = length };
	raft__drawn_fill(&c->drawing, index, term, b->bytes);
	c->blocks = b;
	return (struct raft_entry){
		.index = index,
		.term = term,
		.kind = raft__drawn_kind(&c->drawing, index, term),
		.payload = { length > 0 ? b->bytes : NULL, length, &b->block },
	};
}

/* As the core does at the next raft_duties(). */
static bool
let_go(struct raft_log_conformance *c, const struct raft_entry *entries,
       size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct block *b = (struct block *)entries[i].payload.owner;

		if (b->is_dead)
			return BREAKS(c, RULE_RELEASED,
				      "the payload of entry %" PRIu64
				      " was released by the log, which had not "
				      "held it",
				      entries[i].index);
		raft_payload_release(&entries[i].payload);
	}
	return true;
}

/* ------------------------------------------------------------- saves */

/* The terms of its entries never fall. They are the save's own if it truncates, so that
 * they differ from what stood there, or begins behind a snapshot. */
static void
append(struct raft_log_conformance *c, struct state *s, const struct ask *ask,
       struct raft_entry *entries)
{
	for (size_t i = 0; i < ask->count; i++) {
		uint64_t term =
		    s->last_index == 0 ? 1 : raft__state_term(s, s->last_index);

		if (ask->truncate_from != 0 || ask->snapshot != 0 ||
		    raft__conformance_draw(c, 4) == 0)
			term = s->term;
		s->last_index++;
		assert(s->last_index - s->floor.index <= ENTRIES_MAX);
		s->terms[s->last_index - s->floor.index - 1] = term;
		entries[i] = make_entry(c, s->last_index, term);
	}
}

/* The configuration at a snapshot is one before it, or its own entry. */
static void
begin_behind(struct state *s, uint64_t index)
{
	s->floor = (struct raft_entry_id){ index, s->term };
	s->base = (struct raft_entry_id){ index > 1 ? index - index % 2 : 1,
					  s->term };
	s->last_index = index;
}

static void
save_with_snapshot(struct raft_log_conformance *c, const struct state *s,
		   struct raft_save *save)
{
	size_t length =
	    raft__drawn_length(&c->drawing, s->base.index, s->base.term);
	struct raft_stored_snapshot snapshot = {
		.last = s->floor,
		.configuration_index = s->base.index,
		.configuration_length = length,
	};
	uint8_t *bytes = malloc(length + sizeof(uint64_t));

	if (bytes == NULL)
		abort();
	raft__drawn_fill(&c->drawing, s->base.index, s->base.term, bytes);
	snapshot.configuration = bytes;
	save->snapshot = &snapshot;
	c->subject->functions->save(c->log, save);
	memset(bytes, POISON, length);
	free(bytes);
	c->dropped = s->floor.index;
}

static enum rule
rule_of(const struct ask *ask)
{
	if (ask->snapshot != 0)
		return RULE_RESET;
	return ask->truncate_from != 0 ? RULE_TRUNCATED : RULE_READABLE;
}

bool
raft__step_save(struct raft_log_conformance *c, const struct ask *ask)
{
	struct raft_entry entries[SAVE_ENTRIES_MAX];
	struct state *s = &c->states[c->taken + 1];
	struct raft_save save;

	assert(c->taken < SAVES_MAX && ask->count <= SAVE_ENTRIES_MAX);
	*s = c->states[c->taken];
	if (ask->term > s->term) {
		s->term = ask->term;
		s->vote = (struct raft_identity){ 0 };
	}
	if (s->vote.id == 0 && ask->vote != 0)
		s->vote = (struct raft_identity){ ask->vote, 7 + ask->vote };
	if (ask->snapshot != 0)
		begin_behind(s, ask->snapshot);
	if (ask->truncate_from != 0)
		s->last_index = ask->truncate_from - 1;
	append(c, s, ask, entries);
	save = (struct raft_save){ .token = ++c->taken,
				   .term = s->term,
				   .vote = s->vote,
				   .truncate_from = ask->truncate_from,
				   .entries = entries,
				   .entry_count = ask->count };
	if (ask->snapshot != 0)
		save_with_snapshot(c, s, &save);
	else
		c->subject->functions->save(c->log, &save);
	c->tally.saves++;
	c->rule = rule_of(ask);
	return let_go(c, entries, ask->count) &&
	       (c->must_fail || raft__look(c));
}

bool
raft__step_fill(struct raft_log_conformance *c, size_t count)
{
	size_t most = c->subject->entries_max;
	struct ask ask = { .term = newest(c)->term == 0 };

	for (; count > 0; count -= ask.count) {
		ask.count = most != 0 && most < count ? most : count;
		if (!raft__step_save(c, &ask))
			return false;
	}
	return true;
}

/* ----------------------------------------------------------- flushes */

void
raft_log_conformance_saved(struct raft_log_conformance *told, uint64_t token)
{
	if (token == 0 || token > told->taken)
		BREAKS(told, RULE_TOKEN,
		       "it reported token %" PRIu64
		       ", and was given up to %" PRIu64,
		       token, (uint64_t)told->taken);
	else if (token < told->reported)
		BREAKS(told, RULE_TOKEN,
		       "it reported token %" PRIu64 " after %" PRIu64, token,
		       (uint64_t)told->reported);
	else if (told->must_fail || told->failures > 0)
		BREAKS(told, RULE_SILENT,
		       "save %" PRIu64 " was reported after a sync had failed",
		       token);
	else if (token > told->reported &&
		 told->subject->survives == RAFT_LOG_SURVIVES_POWER &&
		 told->watch.syncs == 0)
		BREAKS(told, RULE_SYNCED,
		       "save %" PRIu64
		       " was reported, and there was no sync at "
		       "all since the log was opened; does the test include "
		       "assists/log_conformance/syncs.h?",
		       token);
	else
		told->reported = token;
}

void
raft_log_conformance_failed(struct raft_log_conformance *told)
{
	told->failures++;
	if (told->failures > 1)
		BREAKS(told, RULE_ONCE, "it was reported %u times",
		       told->failures);
	else if (!told->must_fail)
		BREAKS(told, RULE_NEEDLESS, "nothing had gone wrong");
}

bool
raft__step_begin_flush(struct raft_log_conformance *c)
{
	c->flushed = c->taken;
	c->subject->functions->flush(c->log);
	return !c->is_broken;
}

bool
raft__step_flush(struct raft_log_conformance *c)
{
	if (!raft__step_begin_flush(c))
		return false;
	if (c->subject->wait != NULL)
		c->subject->wait(c->subject->context, c->log);
	if (c->is_broken || c->must_fail)
		return !c->is_broken;
	if (c->reported < c->flushed)
		return BREAKS(c, RULE_REPORTED,
			      "flush() was called after save %" PRIu64
			      ", and what is reported is %" PRIu64,
			      c->flushed, (uint64_t)c->reported);
	c->rule = RULE_READABLE;
	return raft__look(c);
}

/* ------------------------------------------------------------- trims */

bool
raft__step_may_trim(const struct raft_log_conformance *c)
{
	return c->subject->functions->trim != NULL;
}

bool
raft__step_trim(struct raft_log_conformance *c, uint64_t index)
{
	const struct raft_entry_id snapshot = { index, raft__state_term(
							   newest(c), index) };

	assert(index <= newest(c)->last_index);
	c->subject->functions->trim(c->log, snapshot);
	c->tally.trims++;
	if (index > c->trimmed)
		c->trimmed = index;
	if (index > c->committed)
		c->committed = index;
	c->rule = RULE_TRIMMED;
	return raft__look(c);
}
