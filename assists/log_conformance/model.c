/*
 * What a log must hold after each save.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/log_conformance/model.h"

/* ----------------------------------------------------------- entries */

uint64_t
raft__conformance_mix(uint64_t a, uint64_t b)
{
	uint64_t x = a * 0x9e3779b97f4a7c15u + b;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static uint64_t
draw(const struct drawing *drawing, uint64_t what, uint64_t index,
     uint64_t term)
{
	return raft__conformance_mix(drawing->seed + what,
				     raft__conformance_mix(index, term));
}

enum raft_entry_kind
raft__drawn_kind(const struct drawing *drawing, uint64_t index, uint64_t term)
{
	switch (draw(drawing, 1, index, term) % 8) {
	case 0:
		return RAFT_ENTRY_NOOP;
	case 1:
		return RAFT_ENTRY_CONFIGURATION;
	default:
		return RAFT_ENTRY_DATA;
	}
}

size_t
raft__drawn_length(const struct drawing *drawing, uint64_t index, uint64_t term)
{
	static const size_t borders[] = { 0,	 1,	  7,	      255,
					  256,	 511,	  512,	      513,
					  4095,	 4096,	  4097,	      65535,
					  65536, 1048577, 8388608 + 5 };
	uint64_t drawn = draw(drawing, 2, index, term);
	/* Now and then some sectors. */
	size_t length = (size_t)(drawn / 16 % (drawn % 4 == 0 ? 3000 : 90));

	if (raft__drawn_kind(drawing, index, term) == RAFT_ENTRY_NOOP)
		return 0;
	if (drawing->has_borders)
		length = borders[index % (sizeof(borders) / sizeof(*borders))];
	return length < drawing->bytes_max ? length : drawing->bytes_max;
}

void
raft__drawn_fill(const struct drawing *drawing, uint64_t index, uint64_t term,
		 uint8_t *bytes)
{
	size_t length = raft__drawn_length(drawing, index, term);
	uint64_t word = draw(drawing, 3, index, term);

	for (size_t i = 0; i < length; i += sizeof(word)) {
		memcpy(bytes + i, &word, sizeof(word));
		word = word * 0x5851f42d4c957f2du + 0x14057b7ef767814fu;
	}
}

bool
raft__drawn_is(const struct drawing *drawing, uint64_t index, uint64_t term,
	       const void *bytes, size_t length)
{
	uint8_t *drawn;
	bool is;

	if (length != raft__drawn_length(drawing, index, term))
		return false;
	if (length == 0)
		return true;
	drawn = malloc(length + sizeof(uint64_t));
	if (drawn == NULL)
		return false;
	raft__drawn_fill(drawing, index, term, drawn);
	is = memcmp(drawn, bytes, length) == 0;
	free(drawn);
	return is;
}

/* ------------------------------------------------------------ states */

uint64_t
raft__state_term(const struct state *state, uint64_t index)
{
	if (index == state->floor.index)
		return state->floor.term;
	return state->terms[index - state->floor.index - 1];
}

/* What one compares, in this order. */
struct comparison {
	const struct state *state;
	const struct drawing *drawing;
	uint64_t trimmed;
	const struct raft_stored *stored;
	char *differs;
	size_t size;
};

#define DIFFERS(c, ...) (snprintf((c)->differs, (c)->size, __VA_ARGS__), false)

static bool
has_term(const struct comparison *c)
{
	return c->stored->term == c->state->term ||
	       DIFFERS(c, "the term is %" PRIu64 ", not %" PRIu64,
		       c->stored->term, c->state->term);
}

static bool
has_vote(const struct comparison *c)
{
	const struct raft_identity *is = &c->stored->vote;
	const struct raft_identity *was = &c->state->vote;

	return (is->id == was->id && is->incarnation == was->incarnation) ||
	       DIFFERS(c,
		       "the vote in term %" PRIu64 " is for server %" PRIu64
		       " (incarnation %" PRIu64 "), not for %" PRIu64
		       " (%" PRIu64 ")",
		       c->stored->term, is->id, is->incarnation, was->id,
		       was->incarnation);
}

/* Some of what was trimmed may be there still. */
static bool
has_snapshot(const struct comparison *c)
{
	const struct raft_entry_id *is = &c->stored->snapshot;
	const struct state *s = c->state;

	if (is->index < s->floor.index || is->index > s->last_index ||
	    (is->index > s->floor.index && is->index > c->trimmed))
		return DIFFERS(c,
			       "the log begins behind entry %" PRIu64
			       ", not behind %" PRIu64,
			       is->index, s->floor.index);
	return is->term == raft__state_term(s, is->index) ||
	       DIFFERS(c,
		       "snapshot.term is %" PRIu64 " for entry %" PRIu64
		       ", whose term was %" PRIu64,
		       is->term, is->index, raft__state_term(s, is->index));
}

static bool
has_last(const struct comparison *c)
{
	return c->stored->last_index == c->state->last_index ||
	       DIFFERS(c, "the last entry is %" PRIu64 ", not %" PRIu64,
		       c->stored->last_index, c->state->last_index);
}

static bool
has_runs(const struct comparison *c)
{
	const struct raft_stored *stored = c->stored;
	uint64_t first = stored->snapshot.index + 1, before = 0, term;
	size_t run = 0;

	for (uint64_t i = first; i <= stored->last_index; i++) {
		term = raft__state_term(c->state, i);
		if (term == before)
			continue;
		before = term;
		if (run == stored->run_count ||
		    stored->runs[run].first_index != i ||
		    stored->runs[run].term != term)
			return DIFFERS(c,
				       "runs[%zu] is not the one that begins "
				       "with entry %" PRIu64
				       " of term %" PRIu64,
				       run, i, term);
		run++;
	}
	return run == stored->run_count ||
	       DIFFERS(c, "there are %zu runs of terms, not %zu",
		       stored->run_count, run);
}

/* The configuration in force at an entry. */
static struct raft_entry_id
configuration_at(const struct comparison *c, uint64_t index)
{
	for (uint64_t i = index; i > c->state->floor.index; i--) {
		uint64_t term = raft__state_term(c->state, i);

		if (raft__drawn_kind(c->drawing, i, term) ==
		    RAFT_ENTRY_CONFIGURATION)
			return (struct raft_entry_id){ i, term };
	}
	return c->state->base;
}

static bool
has_configurations(const struct comparison *c)
{
	const struct raft_stored *stored = c->stored;
	struct raft_entry_id one;
	size_t left = stored->configuration_count;
	uint64_t at = stored->last_index;

	/* From the last one down, to the one at the snapshot. */
	for (;; at = one.index - 1) {
		const struct raft_stored_configuration *found;

		one = configuration_at(c, at);
		if (one.index == 0)
			break;
		found = left > 0 ? &stored->configurations[left - 1] : NULL;
		if (found == NULL || found->index != one.index ||
		    !raft__drawn_is(c->drawing, one.index, one.term,
				    found->bytes, found->length))
			return DIFFERS(c,
				       "the configuration of entry %" PRIu64
				       " is not among those that were stored, "
				       "or not in its place, or not as it was",
				       one.index);
		left--;
		if (one.index <= stored->snapshot.index)
			break;
	}
	return left == 0 || DIFFERS(c, "%zu configurations are too many", left);
}

int
raft__state_compare(const struct state *state, const struct drawing *drawing,
		    uint64_t trimmed, const struct raft_stored *stored,
		    char *differs, size_t size)
{
	static bool (*const has[STATE_IS_IT])(const struct comparison *c) = {
		has_term, has_vote, has_snapshot,
		has_last, has_runs, has_configurations,
	};
	const struct comparison c = { state,  drawing, trimmed,
				      stored, differs, size };
	int same = 0;

	while (same < STATE_IS_IT && has[same](&c))
		same++;
	return same;
}
