/*
 * Entries that cannot be read are given to a log again.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>

#include "assists/log_conformance/inside.h"

/** So long are those that are spoilt, at least. */
#define SPOILT_BYTES_MIN 200
/** So many are in a save, and there are so many saves. */
#define ENTRIES 40
#define SAVES 12

void
raft_log_conformance_lost(struct raft_log_conformance *c,
			  const struct raft_entry_id *entries, size_t count)
{
	const struct state *s = newest(c);

	for (size_t i = 0; i < count; i++) {
		uint64_t index = entries[i].index;

		if (index <= c->dropped || index > s->last_index ||
		    entries[i].term != raft__state_term(s, index))
			BREAKS(c, RULE_LOST,
			       "entry %" PRIu64 " of term %" PRIu64
			       " was told to be lost, which it never had",
			       index, entries[i].term);
	}
	if (count > 0 && c->lost_index == 0)
		c->lost_index = entries[0].index;
}

void
raft_log_conformance_mended(struct raft_log_conformance *c, uint64_t index)
{
	c->mended_index = index;
}

static struct raft_entry
draw_entry(const struct raft_log_conformance *c, uint64_t index)
{
	static uint8_t bytes[RAFT_PAYLOAD_BYTES_MAX + 8];
	uint64_t term = raft__state_term(newest(c), index);

	raft__drawn_fill(&c->drawing, index, term, bytes);
	return (struct raft_entry){
		.index = index,
		.term = term,
		.kind = raft__drawn_kind(&c->drawing, index, term),
		.payload = { bytes,
			     raft__drawn_length(&c->drawing, index, term),
			     NULL },
	};
}

/* A long one that is old. 0: none can be. */
static uint64_t
spoil_one(struct raft_log_conformance *c)
{
	const struct raft_log_conformance_subject *subject = c->subject;

	for (uint64_t i = c->dropped + 1; i < newest(c)->last_index / 2; i++) {
		struct raft_entry entry = draw_entry(c, i);

		if (entry.payload.length >= SPOILT_BYTES_MIN &&
		    subject->spoil(subject->context, c->log, c->watch.folder,
				   &entry))
			return i;
	}
	return 0;
}

static bool
give(struct raft_log_conformance *c, struct raft_entry entry)
{
	return c->subject->functions->mend(c->log, &entry);
}

static bool
read_lost(struct raft_log_conformance *c, uint64_t index)
{
	struct raft_entry entry;
	size_t got;

	c->lost_index = 0;
	got = c->subject->functions->read(c->log, index, 1, 0, &entry);
	if (got > 0)
		raft_payload_release(&entry.payload);
	if (c->is_broken)
		return false;
	if (got > 0)
		return BREAKS(c, RULE_LOST,
			      "entry %" PRIu64 ", whose bytes were spoilt, is "
			      "given out",
			      index);
	return c->lost_index == index ||
	       BREAKS(c, RULE_LOST,
		      "entry %" PRIu64 " cannot be read, and that was not told",
		      index);
}

/* Each differs in one thing. */
static bool
give_others(struct raft_log_conformance *c, struct raft_entry entry)
{
	struct raft_entry other[] = { entry, entry, entry, entry };
	bool is_configuration = entry.kind == RAFT_ENTRY_CONFIGURATION;

	other[0].term++;
	other[1].term--;
	other[2].index = newest(c)->last_index + 1;
	other[3].kind =
	    is_configuration ? RAFT_ENTRY_DATA : RAFT_ENTRY_CONFIGURATION;
	for (size_t i = 0; i < sizeof(other) / sizeof(*other); i++)
		if (give(c, other[i]))
			return BREAKS(
			    c, RULE_MENDED,
			    "entry %" PRIu64 " of term %" PRIu64
			    ", %sa configuration, was taken for entry "
			    "%" PRIu64 " of term %" PRIu64 ", %sone",
			    other[i].index, other[i].term,
			    other[i].kind == RAFT_ENTRY_CONFIGURATION ? ""
								      : "not ",
			    entry.index, entry.term,
			    is_configuration ? "" : "not ");
	return read_lost(c, entry.index);
}

static bool
mend(struct raft_log_conformance *c, struct raft_entry entry)
{
	c->mended_index = 0;
	if (!give(c, entry))
		return BREAKS(c, RULE_MENDED,
			      "entry %" PRIu64 " was lost, and is not taken",
			      entry.index);
	if (c->mended_index == 0 && !raft__step_flush(c))
		return false;
	return c->mended_index == entry.index ||
	       BREAKS(c, RULE_MENDED,
		      "entry %" PRIu64 " was taken, and never told to be "
		      "mended",
		      entry.index);
}

/* With what was spoilt others may have gone that stand beside it. */
static bool
mend_all(struct raft_log_conformance *c)
{
	struct raft_entry entry;

	for (uint64_t index = c->dropped + 1; index <= newest(c)->last_index;
	     index++) {
		if (c->subject->functions->read(c->log, index, 1, 0, &entry) ==
		    1)
			raft_payload_release(&entry.payload);
		else if (!read_lost(c, index) || !mend(c, draw_entry(c, index)))
			return false;
	}
	c->rule = RULE_MENDED;
	return raft__look(c);
}

bool
raft__mending(struct raft_log_conformance *c)
{
	uint64_t index;

	if (c->subject->spoil == NULL || c->subject->functions->mend == NULL ||
	    !raft__life_survives(c, RAFT_LOG_SURVIVES_KILL))
		return true;
	for (int i = 0; i < SAVES; i++)
		if (!raft__step_fill(c, ENTRIES) || !raft__step_flush(c))
			return false;
	if (!raft__life_restart(c))
		return false;
	index = spoil_one(c);
	if (index == 0)
		return BREAKS(c, RULE_LOST,
			      "no entry can be spoilt, which is "
			      "the test's own trouble");
	return read_lost(c, index) && give_others(c, draw_entry(c, index)) &&
	       mend_all(c) && raft__life_restart(c) && raft__life_crash(c);
}
