/*
 * What a log lets one read.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <string.h>

#include "assists/log_conformance/inside.h"

static bool
is_poison(const struct raft_payload *payload)
{
	const uint8_t *bytes = payload->data;

	for (size_t i = 0; i < payload->length; i++)
		if (bytes[i] != POISON)
			return false;
	return payload->length > 0;
}

/* An entry that was read is the one that was saved. */
static bool
check_entry(struct raft_log_conformance *c, uint64_t index,
	    const struct raft_entry *entry)
{
	const struct state *s = newest(c);
	uint64_t term = raft__state_term(s, index);

	if (entry->index != index)
		return BREAKS(c, c->rule,
			      "a read of entry %" PRIu64
			      " gave one that says it is entry %" PRIu64,
			      index, entry->index);
	if (entry->term != term)
		return BREAKS(c, c->rule,
			      "entry %" PRIu64 " is one of term %" PRIu64
			      ", not %" PRIu64,
			      index, entry->term, term);
	if (entry->kind != raft__drawn_kind(&c->drawing, index, term))
		return BREAKS(c, c->rule,
			      "entry %" PRIu64 " is of kind %d, not %d", index,
			      (int)entry->kind,
			      (int)raft__drawn_kind(&c->drawing, index, term));
	if (raft__drawn_is(&c->drawing, index, term, entry->payload.data,
			   entry->payload.length))
		return true;
	if (is_poison(&entry->payload))
		return BREAKS(c, RULE_KEPT,
			      "of entry %" PRIu64
			      " the log has a payload that its owner released "
			      "after the save",
			      index);
	return BREAKS(
	    c, c->rule,
	    "the payload of entry %" PRIu64
	    ", of %zu bytes, is not that of %zu bytes which was saved",
	    index, entry->payload.length,
	    raft__drawn_length(&c->drawing, index, term));
}

static void
release(const struct raft_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		raft_payload_release(&entries[i].payload);
}

static bool
check_limits(struct raft_log_conformance *c, const struct raft_entry *entries,
	     size_t got, size_t count, size_t bytes_max)
{
	size_t bytes = 0;

	if (got > count || entries[count].index != UINT64_MAX)
		return BREAKS(c, RULE_COUNT,
			      "asked for %zu, it gave %zu or wrote more", count,
			      got);
	for (size_t i = 1; i < got; i++)
		bytes += entries[i].payload.length;
	return bytes <= bytes_max ||
	       BREAKS(c, RULE_BYTES,
		      "it gave %zu entries with %zu bytes beyond the first, "
		      "where %zu were allowed",
		      got, bytes, bytes_max);
}

/* Read, and check what came: entries are released. SIZE_MAX: a rule is broken. */
static size_t
read_some(struct raft_log_conformance *c, uint64_t first, size_t count,
	  size_t bytes_max)
{
	struct raft_entry entries[READ_MAX + 2];
	const struct state *s = newest(c);
	bool is_well;
	size_t got;

	for (size_t i = 0; i < READ_MAX + 2; i++)
		entries[i] = (struct raft_entry){ .index = UINT64_MAX };
	got = c->subject->functions->read(c->log, first, count, bytes_max,
					  entries);
	c->tally.reads++;
	is_well = check_limits(c, entries, got, count, bytes_max);
	if (!is_well && got > count)
		return SIZE_MAX;
	if (is_well && got > 0 &&
	    (first <= c->dropped || first > s->last_index))
		is_well =
		    BREAKS(c, c->rule == RULE_READABLE ? RULE_ABSENT : c->rule,
			   "a read of entry %" PRIu64
			   " gave %zu entries, where the log has %" PRIu64
			   " to %" PRIu64,
			   first, got, c->dropped + 1, s->last_index);
	for (size_t i = 0; is_well && i < got; i++)
		is_well = first + i <= s->last_index
			      ? check_entry(c, first + i, &entries[i])
			      : BREAKS(c, c->rule,
				       "there is an entry %" PRIu64
				       " behind the last one, %" PRIu64,
				       first + i, s->last_index);
	release(entries, got);
	return is_well ? got : SIZE_MAX;
}

size_t
raft__look_read(struct raft_log_conformance *c, uint64_t first, size_t count,
		size_t bytes_max)
{
	return read_some(c, first, count, bytes_max);
}

/* Keep a payload that was read, now and then: one that is released if there is no
 * room. */
static void
keep(struct raft_log_conformance *c, const struct raft_entry *entry)
{
	if (c->kept_count < KEPT_MAX && entry->payload.length > 0 &&
	    raft__conformance_draw(c, 8) == 0)
		c->kept[c->kept_count++] = *entry;
	else
		raft_payload_release(&entry->payload);
}

/* Read one entry twice: a block that both have is held twice. */
static bool
check_holds(struct raft_log_conformance *c, uint64_t index)
{
	const struct raft_node_log *functions = c->subject->functions;
	struct raft_entry one, other;
	struct raft_block *owner;
	uint32_t before;

	if (functions->read(c->log, index, 1, 0, &one) != 1)
		return BREAKS(c, c->rule, "entry %" PRIu64 " cannot be read",
			      index);
	owner = one.payload.owner;
	before = owner != NULL ? owner->references : 0;
	if (functions->read(c->log, index, 1, 0, &other) != 1) {
		raft_payload_release(&one.payload);
		return BREAKS(c, RULE_READABLE,
			      "entry %" PRIu64 " cannot be read again", index);
	}
	if (owner != NULL && owner == other.payload.owner &&
	    owner->references != before + 1)
		return BREAKS(c, RULE_HELD,
			      "a read of entry %" PRIu64 " made %" PRIu32
			      " holds of %" PRIu32,
			      index, owner->references, before);
	if (other.payload.owner != NULL && other.payload.owner != owner &&
	    other.payload.owner->references == 0)
		return BREAKS(c, RULE_HELD,
			      "entry %" PRIu64 " was read with no hold", index);
	raft_payload_release(&one.payload);
	keep(c, &other);
	return true;
}

bool
raft__look_kept(struct raft_log_conformance *c)
{
	for (size_t i = 0; i < c->kept_count; i++) {
		const struct raft_entry *e = &c->kept[i];

		if (!raft__drawn_is(&c->drawing, e->index, e->term,
				    e->payload.data, e->payload.length))
			return BREAKS(c, RULE_OUTLIVES,
				      "the payload of entry %" PRIu64
				      " of term %" PRIu64
				      " has changed while it was held",
				      e->index, e->term);
	}
	return true;
}

bool
raft__look_blocks(struct raft_log_conformance *c)
{
	for (const struct block *b = c->blocks; b != NULL; b = b->next) {
		if (b->is_dead ? b->block.references != 0
			       : b->block.references == 0)
			return BREAKS(c, RULE_RELEASED,
				      "a payload of %zu bytes is held or "
				      "released after its last hold was let go",
				      b->length);
	}
	return !c->is_broken;
}

/* What is not there gives nothing. */
static bool
check_absent(struct raft_log_conformance *c)
{
	uint64_t last = newest(c)->last_index;

	return read_some(c, 0, 1, SIZE_MAX) != SIZE_MAX &&
	       read_some(c, c->dropped, READ_MAX, SIZE_MAX) != SIZE_MAX &&
	       read_some(c, last + 1, READ_MAX, SIZE_MAX) != SIZE_MAX &&
	       read_some(c, last + 1000, 1, 0) != SIZE_MAX &&
	       read_some(c, c->dropped + 1, 0, SIZE_MAX) != SIZE_MAX;
}

bool
raft__look(struct raft_log_conformance *c)
{
	static const size_t bytes_max[] = { 0, 1, 60, 400, 1u << 20, SIZE_MAX };
	uint64_t before = c->dropped > c->trimmed ? c->dropped : c->trimmed;
	uint64_t last = newest(c)->last_index;
	size_t got;

	/* The holds first: what is not held must not be released. */
	if (c->is_broken ||
	    (last > before && !check_holds(c, last - raft__conformance_draw(
							 c, last - before))) ||
	    !check_absent(c))
		return false;
	for (uint64_t i = c->dropped + 1; i <= last;) {
		size_t count = 1 + (size_t)raft__conformance_draw(c, READ_MAX);
		size_t bytes = bytes_max[raft__conformance_draw(c, 6)];

		got = read_some(c, i, count, bytes);
		if (got == SIZE_MAX)
			return false;
		if (got == 0 && i > c->trimmed)
			return BREAKS(c, c->rule,
				      "entry %" PRIu64 " cannot be read", i);
		i += got > 0 ? got : 1;
	}
	return raft__look_kept(c) && raft__look_blocks(c);
}
