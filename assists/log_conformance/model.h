/*
 * What a log must hold after each save.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What an entry is for, its length and its bytes follow from its index and its term,
 * as in Raft; so a state needs terms alone.
 */
#ifndef OUTRIGGER_LOG_CONFORMANCE_MODEL_H
#define OUTRIGGER_LOG_CONFORMANCE_MODEL_H

#include <stdarg.h>

#include "raft/raft.h"

/** Entries behind a floor, at most. */
#define ENTRIES_MAX 512

/** How entries are drawn. */
struct drawing {
	uint64_t seed;
	/** Of a payload, at most. */
	size_t bytes_max;
	/** Their lengths are those around which logs tend to have borders. */
	bool has_borders;
};

/** After a save. */
struct state {
	uint64_t term;
	struct raft_identity vote;
	/** What the newest save with a snapshot named. */
	struct raft_entry_id floor;
	/** The configuration in force there; index 0: none. */
	struct raft_entry_id base;
	uint64_t last_index;
	/** Of entries floor.index + 1 .. last_index. */
	uint64_t terms[ENTRIES_MAX];
};

/** What is being done: by name or, at random, by number. */
struct where {
	const char *part;
	uint64_t history;
	uint64_t seed;
};

/** A rule is broken, and how. */
void raft__conformance_tell(char *text, size_t size, const struct where *where,
			    const char *rule, const char *place,
			    const char *format, va_list arguments)
    __attribute__((format(printf, 6, 0)));

/** A number that follows from two. */
uint64_t raft__conformance_mix(uint64_t a, uint64_t b);

enum raft_entry_kind
raft__drawn_kind(const struct drawing *drawing, uint64_t index, uint64_t term);
size_t raft__drawn_length(const struct drawing *drawing, uint64_t index,
			  uint64_t term);
/** There is room for the entry's length, and 8 bytes. */
void raft__drawn_fill(const struct drawing *drawing, uint64_t index,
		      uint64_t term, uint8_t *bytes);
bool raft__drawn_is(const struct drawing *drawing, uint64_t index,
		    uint64_t term, const void *bytes, size_t length);

/** Of an entry that is there, or of the floor. */
uint64_t raft__state_term(const struct state *state, uint64_t index);

/**
 * Whether *stored is this state, some of which may have been dropped: up to
 * `trimmed`. Returns how much of it is, before what is not; STATE_IS_IT: all.
 * `differs` says what is not, as the end of "after a crash ...".
 */
int raft__state_compare(const struct state *state,
			const struct drawing *drawing, uint64_t trimmed,
			const struct raft_stored *stored, char *differs,
			size_t size);

#define STATE_IS_IT 6

#endif
