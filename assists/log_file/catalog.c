/*
 * What the records add up to.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A record whose CRC is right can still be one that no log of Raft contains:
 * the caller's mistake when it is appended, a foreign hand when it is read. It
 * is refused with a sentence, never asserted.
 */
#include "assists/log_file/catalog.h"

#include <stdlib.h>
#include <string.h>

static const char malformed[] = "has fields that do not fit its length";
static const char impossible[] = "says what cannot be of the segment before";
static const char no_memory[] = "does not fit into memory";

bool
raft__catalog_has(const struct catalog *c, uint64_t index)
{
	return index > c->before && index <= c->last_index;
}

uint64_t
raft__catalog_term(const struct catalog *c, uint64_t index)
{
	return raft__marks_at(&c->marks[MARK_TERM], index)->value;
}

/* Entries are looked for from the places that are kept. */
void
raft__catalog_between(const struct catalog *c, uint64_t begin, uint64_t end,
		      uint64_t *first, uint64_t *last)
{
	const struct marks *places = &c->marks[MARK_PLACE];

	*first = c->before + 1;
	*last = c->last_index;
	for (size_t i = places->first; i < places->end; i++) {
		const struct mark *place = &places->list[i];

		if (place->value >= end) {
			*last = place->index - 1;
			return;
		}
		if (place->value <= begin && place->index > *first)
			*first = place->index;
	}
}

uint64_t
raft__catalog_guess(const struct catalog *c, uint64_t index, uint64_t end)
{
	const struct mark *at = raft__marks_at(&c->marks[MARK_PLACE], index);
	size_t behind = raft__marks_from(&c->marks[MARK_PLACE], index + 1);
	struct mark next = { .index = c->last_index + 1, .value = end };

	if (behind < c->marks[MARK_PLACE].end)
		next = c->marks[MARK_PLACE].list[behind];
	return at->value + (next.value - at->value) * (index - at->index) /
			       (next.index - at->index);
}

/* ----------------------------------------------------------------- entries */

static bool
is_place_kept(const struct catalog *c, uint64_t place)
{
	const struct marks *places = &c->marks[MARK_PLACE];

	return c->is_place_due || places->first == places->end ||
	       place - places->list[places->end - 1].value >=
		   CATALOG_STEP_BYTES;
}

static bool
add_term(struct catalog *c, uint64_t index, uint64_t term)
{
	struct marks *terms = &c->marks[MARK_TERM];
	const struct mark mark = { .index = index, .value = term };

	return (terms->first != terms->end &&
		terms->list[terms->end - 1].value == term) ||
	       raft__marks_add(terms, &mark);
}

/* Its record has `left` entries from it on. */
static bool
add_entry(struct catalog *c, const struct record *record,
	  const struct raft_entry *entry, uint64_t left)
{
	const uint8_t *data = entry->payload.data;
	const struct mark mark = {
		.index = c->last_index + 1,
		.value = record->offset + (uint64_t)(data - record->bytes) -
			 RECORD_ENTRY_BYTES,
		.left = left,
	};
	const struct mark configuration = { .index = mark.index };

	if (!add_term(c, mark.index, entry->term) ||
	    (entry->kind == RAFT_ENTRY_CONFIGURATION &&
	     !raft__marks_add(&c->marks[MARK_CONFIGURATION], &configuration)) ||
	    (is_place_kept(c, mark.value) &&
	     !raft__marks_add(&c->marks[MARK_PLACE], &mark)))
		return false;
	c->is_place_due = false;
	c->last_index++;
	c->last_term = entry->term;
	return true;
}

static const char *
take_entries(struct catalog *c, uint64_t count, struct record_cursor *cursor)
{
	struct raft_entry entry;

	if (count > 0 && cursor->index != c->last_index + 1)
		return "does not follow the last entry";
	for (; count > 0; count--) {
		if (!raft__record_entry_read(cursor, &entry))
			return malformed;
		if (entry.term < c->last_term)
			return "has an entry whose term goes back";
		if (!add_entry(c, cursor->record, &entry, count))
			return no_memory;
	}
	return raft__record_ends(cursor) ? NULL : malformed;
}

static bool
keep_base(struct catalog *c, const struct raft_stored_configuration *base)
{
	void *bytes = malloc(base->length + 1);

	if (bytes == NULL)
		return false;
	memcpy(bytes, base->bytes, base->length);
	free((void *)(uintptr_t)c->base.bytes);
	c->base = *base;
	c->base.bytes = bytes;
	return true;
}

/* What says something of no entry that there is goes. So the marks are a matter of the
 * entries, and not of how they came to be. */
static void
trim_marks(struct catalog *c)
{
	struct marks *configurations = &c->marks[MARK_CONFIGURATION];
	uint64_t first = c->before + 1;

	for (int kind = 0; kind < MARK_KINDS && first > c->last_index; kind++)
		raft__marks_cut(&c->marks[kind], 0);
	raft__marks_trim(&c->marks[MARK_TERM], first);
	raft__marks_trim(&c->marks[MARK_PLACE], first);
	configurations->first = raft__marks_from(configurations, first);
}

/* The entries from this index on are gone; the next one does not follow the one before
 * it. */
static void
cut_marks(struct catalog *c, uint64_t index)
{
	for (int kind = 0; kind < MARK_KINDS; kind++)
		raft__marks_cut(&c->marks[kind], index);
	c->is_place_due = true;
	c->cuts++;
}

/* Begin behind a snapshot, with nothing. */
static void
begin_behind(struct catalog *c, struct raft_entry_id snapshot)
{
	cut_marks(c, 0);
	c->before = snapshot.index;
	c->last_index = snapshot.index;
	c->last_term = snapshot.term;
	c->snapshot = snapshot;
	c->first = snapshot.index + 1;
}

static const char *
take_reset(struct catalog *c, const struct record_snapshot *snapshot)
{
	if (snapshot->id.index <= c->snapshot.index)
		return "begins behind a snapshot that is no newer";
	if (snapshot->id.term < c->snapshot.term)
		return "begins behind a snapshot of an older term";
	if (!keep_base(c, &snapshot->configuration))
		return no_memory;
	begin_behind(c, snapshot->id);
	return NULL;
}

/* Drop the entries from this index on, of which some may be unknown. */
static void
truncate(struct catalog *c, uint64_t index)
{
	cut_marks(c, index);
	c->last_index = index - 1;
	if (c->before > c->last_index)
		c->before = c->last_index;
	c->last_term = raft__catalog_has(c, c->last_index)
			   ? raft__catalog_term(c, c->last_index)
			   : c->snapshot.term;
	if (c->first > index)
		c->first = index;
	trim_marks(c);
}

static const char *
take_save(struct catalog *c, const struct record *record)
{
	struct record_save save;
	struct record_cursor cursor;
	const char *wrong = NULL;

	if (!raft__record_save_read(record, &save, &cursor))
		return malformed;
	if (save.term < c->term)
		return "has a term that goes back";
	if (save.term == c->term && c->vote.id != 0 &&
	    (save.vote.id != c->vote.id ||
	     save.vote.incarnation != c->vote.incarnation))
		return "changes the vote within a term";
	if (record->type == RECORD_RESET)
		wrong = take_reset(c, &save.snapshot);
	if (wrong != NULL)
		return wrong;
	if (save.truncate_from != 0 && save.truncate_from <= c->snapshot.index)
		return "drops entries that a snapshot stands for";
	c->term = save.term;
	c->vote = save.vote;
	if (save.truncate_from != 0 && save.truncate_from <= c->last_index)
		truncate(c, save.truncate_from);
	return take_entries(c, save.count, &cursor);
}

static const char *
take_snapshot(struct catalog *c, const struct record *record)
{
	struct record_snapshot snapshot;
	uint64_t index;

	if (!raft__record_snapshot_read(record, &snapshot))
		return malformed;
	index = snapshot.id.index;
	if (index < c->snapshot.index)
		return "has a snapshot that goes back";
	if (index > c->before &&
	    (!raft__catalog_has(c, index) ||
	     raft__catalog_term(c, index) != snapshot.id.term))
		return "has a snapshot of another history";
	if (!keep_base(c, &snapshot.configuration))
		return no_memory;
	c->snapshot = snapshot.id;
	if (c->before < index)
		c->before = index;
	if (c->last_index == index)
		c->last_term = snapshot.id.term;
	trim_marks(c);
	return NULL;
}

/* ---------------------------------------------------------------- segments */

/* Of the marks of a kind, where those begin that say something of the segment at the
 * end: a term may have begun before it. */
static size_t
outline_from(const struct catalog *c, int kind)
{
	const struct marks *marks = &c->marks[kind];
	size_t from = raft__marks_from(marks, c->first);

	if (kind == MARK_TERM && c->first <= c->last_index &&
	    from > marks->first &&
	    (from == marks->end || marks->list[from].index > c->first))
		from--;
	return from;
}

void
raft__catalog_outline(const struct catalog *c, struct record_outline *outline)
{
	*outline = (struct record_outline){ .is_there = true,
					    .first = c->first };
	for (int kind = 0; kind < MARK_KINDS; kind++)
		outline->counts[kind] =
		    (uint32_t)(c->marks[kind].end - outline_from(c, kind));
}

struct mark
raft__catalog_outlined(const struct catalog *c,
		       const struct record_outline *outline, size_t n)
{
	struct mark mark;
	int kind = 0;

	while (n >= outline->counts[kind])
		n -= outline->counts[kind++];
	mark = c->marks[kind].list[outline_from(c, kind) + n];
	if (mark.index < c->first)
		mark.index = c->first;
	return mark;
}

static bool
is_outline(const struct catalog *c, const struct record_outline *stored)
{
	struct record_outline own;
	size_t count = 0;

	raft__catalog_outline(c, &own);
	if (own.first != stored->first)
		return false;
	for (int kind = 0; kind < MARK_KINDS; kind++) {
		if (own.counts[kind] != stored->counts[kind])
			return false;
		count += own.counts[kind];
	}
	for (size_t n = 0; n < count; n++) {
		struct mark a = raft__catalog_outlined(c, &own, n);
		struct mark b = raft__record_outline_get(stored, n);

		if (a.index != b.index || a.value != b.value ||
		    a.left != b.left)
			return false;
	}
	return true;
}

static bool
agrees(const struct catalog *c, const struct record_begin *begin)
{
	return c->term == begin->term && c->vote.id == begin->vote.id &&
	       c->vote.incarnation == begin->vote.incarnation &&
	       c->last_index == begin->last.index &&
	       c->snapshot.index == begin->snapshot.id.index &&
	       c->snapshot.term == begin->snapshot.id.term &&
	       (!begin->outline.is_there || is_outline(c, &begin->outline));
}

/* Term, vote and snapshot are what it says; the entries are another matter. */
static bool
take_sum(struct catalog *c, const struct record_begin *begin)
{
	if (!keep_base(c, &begin->snapshot.configuration))
		return false;
	c->term = begin->term;
	c->vote = begin->vote;
	c->snapshot = begin->snapshot.id;
	c->last_index = begin->last.index;
	c->last_term = begin->last.term;
	return true;
}

/* What it says is new if nothing stands before it. */
static const char *
take_begin(struct catalog *c, const struct record *record)
{
	struct record_begin begin;

	if (!raft__record_begin_read(record, &begin))
		return malformed;
	if (c->has_begun && !agrees(c, &begin))
		return "belies what stands before it";
	if (!c->has_begun && !take_sum(c, &begin))
		return no_memory;
	if (!c->has_begun)
		c->before = c->last_index;
	c->has_begun = true;
	c->begin = record->offset;
	c->first = c->last_index + 1;
	c->is_place_due = true;
	return NULL;
}

/* ----------------------------------------------- segments that are not read */

/* Marks of a kind that can follow those that the catalog has. */
static bool
is_possible(const struct catalog *c, int kind, const struct mark *mark,
	    const struct record *next)
{
	const struct marks *marks = &c->marks[kind];
	const struct mark *last = NULL;

	if (marks->first != marks->end)
		last = &marks->list[marks->end - 1];
	if (last != NULL && mark->index <= last->index)
		return false;
	if (kind == MARK_TERM)
		return last == NULL || mark->value > last->value;
	if (kind == MARK_PLACE)
		return mark->value > c->begin && mark->value < next->offset &&
		       mark->left > 0 &&
		       (last == NULL || mark->value > last->value);
	return true;
}

static const char *
add_outlined(struct catalog *c, int kind, const struct mark *mark,
	     const struct record *next)
{
	struct marks *marks = &c->marks[kind];

	if (kind == MARK_TERM && marks->first != marks->end &&
	    marks->list[marks->end - 1].value == mark->value)
		return NULL;
	if (!is_possible(c, kind, mark, next))
		return impossible;
	return raft__marks_add(marks, mark) ? NULL : no_memory;
}

/* All that were there before, or cut what this segment has cut. */
static void
take_cut(struct catalog *c, uint64_t first)
{
	const struct raft_entry_id behind = { first - 1, c->snapshot.term };

	if (first > c->last_index + 1)
		begin_behind(c, behind);
	else if (first <= c->last_index)
		truncate(c, first);
}

static const char *
take_outline(struct catalog *c, const struct record_begin *begin,
	     const struct record *next)
{
	const struct record_outline *outline = &begin->outline;
	const char *wrong = NULL;
	size_t n = 0;

	for (int kind = 0; kind < MARK_KINDS; kind++)
		for (uint32_t i = 0; i < outline->counts[kind] && wrong == NULL;
		     i++) {
			struct mark mark = raft__record_outline_get(outline,
								    n++);

			if (mark.index < outline->first ||
			    mark.index > begin->last.index)
				return impossible;
			wrong = add_outlined(c, kind, &mark, next);
		}
	return wrong;
}

/* Of each entry of the segment that there still is it says the term, and a place not
 * behind it. */
static bool
is_complete(const struct record_begin *begin)
{
	const struct record_outline *outline = &begin->outline;
	uint64_t first = outline->first;
	size_t place = (size_t)outline->counts[MARK_TERM] +
		       outline->counts[MARK_CONFIGURATION];

	if (first <= begin->snapshot.id.index)
		first = begin->snapshot.id.index + 1;
	if (first > begin->last.index)
		return begin->snapshot.id.index <= begin->last.index;
	return outline->counts[MARK_TERM] > 0 &&
	       raft__record_outline_get(outline, 0).index <= first &&
	       outline->counts[MARK_PLACE] > 0 &&
	       raft__record_outline_get(outline, place).index <= first;
}

const char *
raft__catalog_skip(struct catalog *c, const struct record *next)
{
	static const char gap[] = "lacks entries of the segment before";
	struct record_begin begin;
	const char *wrong;

	if (!raft__record_begin_read(next, &begin) || !begin.outline.is_there)
		return malformed;
	if (begin.term < c->term)
		return "has a term that goes back";
	if (begin.outline.first == 0 ||
	    (begin.outline.first > c->last_index + 1 &&
	     begin.outline.first > begin.snapshot.id.index + 1) ||
	    begin.last.index + 1 < begin.outline.first || !is_complete(&begin))
		return gap;
	take_cut(c, begin.outline.first);
	wrong = take_outline(c, &begin, next);
	if (wrong != NULL)
		return wrong;
	if (!take_sum(c, &begin))
		return no_memory;
	if (c->before < c->snapshot.index)
		c->before = c->snapshot.index;
	trim_marks(c);
	return !raft__catalog_has(c, c->last_index) ||
		       raft__catalog_term(c, c->last_index) == c->last_term
		   ? NULL
		   : impossible;
}

const char *
raft__catalog_take(struct catalog *c, const struct record *record)
{
	switch (record->type) {
	case RECORD_SAVE:
	case RECORD_RESET:
		return take_save(c, record);
	case RECORD_SNAPSHOT:
		return take_snapshot(c, record);
	case RECORD_BEGIN:
		return take_begin(c, record);
	default:
		return "is of a newer version's type: use that version";
	}
}

void
raft__catalog_clear(struct catalog *c)
{
	free((void *)(uintptr_t)c->base.bytes);
	for (int kind = 0; kind < MARK_KINDS; kind++)
		raft__marks_clear(&c->marks[kind]);
	*c = (struct catalog){0};
}
