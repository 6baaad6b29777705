/*
 * The toy, with all that is asked of it noted, and with more that goes wrong: what it
 * says of itself, what it reads and what it tells.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_TESTS_CONFORMANCE_WATCHED_TOY_H
#define OUTRIGGER_TESTS_CONFORMANCE_WATCHED_TOY_H

#include <inttypes.h>

#include "tests/conformance/toy.h"
#include "tests/kept.h"

enum slip {
	SLIPS_NOWHERE,
	CANNOT_BE_MADE,
	IS_NOT_OPENED_AGAIN,
	FORGETS_THE_TERM,
	MISTAKES_THE_INCARNATION,
	FORGETS_WHERE_IT_BEGINS,
	MISTAKES_THE_TERM_OF_ITS_BEGIN,
	LOSES_THE_LAST,
	HAS_A_RUN_TOO_MANY,
	HAS_A_CONFIGURATION_TOO_MANY,
	READS_ANOTHER_INDEX,
	READS_ANOTHER_TERM,
	READS_ANOTHER_LENGTH,
	READS_ONE_BEHIND_THE_LAST,
	READS_ONCE,
	COPIES_WITHOUT_A_HOLD,
	HOLDS_WHAT_IS_GONE,
	REPORTS_ZERO,
	REPORTS_LESS,
	LOSES_WHAT_IT_NEVER_HAD,
	TELLS_ANOTHER_LOSS,
	TAKES_ANOTHER_KIND,
	TAKES_ANOTHER_INDEX,
	TAKES_NONE,
	MENDS_ANOTHER,
	CANNOT_BE_SPOILT,
	/** One call is not carried out. */
	DROPS_A_SAVE,
	DROPS_A_READ,
	DROPS_A_FLUSH,
};

/** One run. */
struct watched {
	/** First, as the toy has it. */
	enum fault fault;
	enum slip slip;
	/** Which call is dropped, from 1. */
	uint64_t at;
	/** What was asked, in this history. */
	uint64_t opens, saves, flushes, reads, trims, mends, sum;
	uint64_t histories;
	/** NULL: it is not told. */
	FILE *out;
	/** Of all histories, for `at`. */
	uint64_t dropped[DROPS_A_FLUSH + 1];
	struct raft_log_conformance *told;
	struct raft_payload gone;
	/** The read of one entry before. */
	uint64_t once;
};

static struct watched *watched;

static inline void
watched_number(uint64_t number)
{
	kept_sum_number(&watched->sum, number);
}

static inline bool
watched_drops(enum slip slip)
{
	return ++watched->dropped[slip] == watched->at && watched->slip == slip;
}

/** A line for each history. */
static inline void
watched_tell(void)
{
	struct watched *w = watched;

	if (w->out != NULL && w->opens > 0)
		fprintf(w->out,
			"%" PRIu64 ": opened %" PRIu64 ", saves %" PRIu64
			", flushes %" PRIu64 ", reads %" PRIu64
			", trims %" PRIu64 ", mends %" PRIu64 ": %016" PRIx64
			"\n",
			++w->histories, w->opens, w->saves, w->flushes,
			w->reads, w->trims, w->mends, w->sum);
	w->opens = w->saves = w->flushes = 0;
	w->reads = w->trims = w->mends = w->sum = 0;
}

static inline void
watched_save(void *log, const struct raft_save *save)
{
	const uint64_t numbers[] = {
		save->token,	     save->term,
		save->vote.id,	     save->vote.incarnation,
		save->truncate_from, save->entry_count
	};
	const struct raft_stored_snapshot *snapshot = save->snapshot;

	watched->saves++;
	kept_sum(&watched->sum, numbers, sizeof(numbers));
	if (snapshot != NULL) {
		watched_number(snapshot->last.index);
		watched_number(snapshot->last.term);
		watched_number(snapshot->configuration_index);
		kept_sum(&watched->sum, snapshot->configuration,
			 snapshot->configuration_length);
	}
	for (size_t i = 0; i < save->entry_count; i++) {
		const struct raft_entry *e = &save->entries[i];

		watched_number(e->index);
		watched_number(e->term);
		watched_number(e->kind);
		watched_number(e->payload.length);
		kept_sum(&watched->sum, e->payload.data, e->payload.length);
		watched->gone = e->payload;
	}
	if (!watched_drops(DROPS_A_SAVE))
		toy_save(log, save);
}

static inline void
watched_flush(void *log)
{
	struct toy *toy = log;

	watched->flushes++;
	watched_number(1);
	if (watched->slip == REPORTS_ZERO)
		raft_log_conformance_saved(watched->told, 0);
	if (watched->slip == HOLDS_WHAT_IS_GONE)
		raft_payload_hold(&watched->gone);
	if (!watched_drops(DROPS_A_FLUSH))
		toy_flush(log);
	if (watched->slip == REPORTS_LESS && toy->reported > 1)
		raft_log_conformance_saved(watched->told, toy->reported - 1);
}

static inline void
watched_trim(void *log, struct raft_entry_id snapshot)
{
	watched->trims++;
	watched_number(snapshot.index);
	watched_number(snapshot.term);
	toy_trim(log, snapshot);
}

/* Of the last of what was read. */
static inline void
watched_copy(struct raft_entry *entry)
{
	struct raft_payload copy =
	    toy_copy(entry->payload.data, entry->payload.length);

	raft_payload_release(&entry->payload);
	copy.owner->references = 0;
	entry->payload = copy;
}

/* `got` entries, which are not what they should be. Returns how many. */
static inline size_t
watched_misread(struct toy *toy, uint64_t first, size_t count, size_t got,
		struct raft_entry *entries)
{
	struct raft_entry *last = &entries[got - 1];

	switch (watched->slip) {
	case READS_ANOTHER_INDEX:
		last->index++;
		break;
	case READS_ANOTHER_TERM:
		last->term++;
		break;
	case READS_ANOTHER_LENGTH:
		last->payload.length -= last->payload.length > 0;
		break;
	case READS_ONE_BEHIND_THE_LAST:
		if (first + got - 1 != toy_last(toy) || got == count)
			break;
		entries[got] = *last;
		entries[got].payload = (struct raft_payload){ 0 };
		return got + 1;
	case READS_ONCE:
		if (watched->once != watched->reads - 1 || count != 1)
			break;
		raft_payload_release(&last->payload);
		return 0;
	case COPIES_WITHOUT_A_HOLD:
		watched_copy(last);
		break;
	default:
		break;
	}
	return got;
}

/* Of an entry that cannot be read. */
static inline void
watched_mistell(struct toy *toy, uint64_t index)
{
	struct raft_entry_id id = {
		index, toy->entries[index - toy->snapshot.index - 1].term
	};

	if (watched->slip == LOSES_WHAT_IT_NEVER_HAD)
		id.term++;
	else if (watched->slip == TELLS_ANOTHER_LOSS)
		id.index--;
	else
		return;
	raft_log_conformance_lost(watched->told, &id, 1);
}

static inline size_t
watched_read(void *log, uint64_t first, size_t count, size_t bytes_max,
	     struct raft_entry *entries)
{
	struct toy *toy = log;
	size_t got;

	watched->reads++;
	watched_number(first);
	watched_number(count);
	watched_number(bytes_max < UINT32_MAX ? bytes_max : UINT32_MAX);
	if (watched_drops(DROPS_A_READ))
		return 0;
	got = toy_read(log, first, count, bytes_max, entries);
	if (got == 0 && first > toy->snapshot.index &&
	    toy->spoilt[0] == first && toy->spoilt[1] == 0)
		watched_mistell(toy, first);
	if (got > 0)
		got = watched_misread(toy, first, count, got, entries);
	if (count == 1 && got == 1)
		watched->once = watched->reads;
	return got;
}

static inline bool
watched_mend(void *log, const struct raft_entry *entry)
{
	struct raft_entry given = *entry;
	struct toy *toy = log;
	bool taken;

	watched->mends++;
	watched_number(entry->index);
	watched_number(entry->term);
	watched_number(entry->kind);
	kept_sum(&watched->sum, entry->payload.data, entry->payload.length);
	if (watched->slip == TAKES_NONE)
		return false;
	if (watched->slip == TAKES_ANOTHER_INDEX &&
	    entry->index > toy_last(toy))
		return true;
	if (watched->slip == TAKES_ANOTHER_KIND)
		given.kind = RAFT_ENTRY_DATA;
	taken = toy_mend(log, &given);
	if (taken && watched->slip == MENDS_ANOTHER)
		raft_log_conformance_mended(watched->told, entry->index + 1);
	return taken;
}

static const struct raft_node_log watched_functions = {
	.save = watched_save,
	.flush = watched_flush,
	.read = watched_read,
	.trim = watched_trim,
	.mend = watched_mend,
};

/* ---------------------------------------------------- from open to close */

static inline bool
watched_make(void *context, const char *folder)
{
	watched = context;
	watched_tell();
	return watched->slip != CANNOT_BE_MADE && toy_make(context, folder);
}

static inline void
watched_add_configuration(struct raft_stored *stored, struct toy *toy)
{
	memmove(toy->configurations + 1, toy->configurations,
		stored->configuration_count * sizeof(*toy->configurations));
	stored->configuration_count++;
}

/* What it says that it holds, and does not. */
static inline void
watched_misstate(struct raft_stored *stored, struct toy *toy)
{
	switch (watched->slip) {
	case FORGETS_THE_TERM:
		stored->term = 0;
		break;
	case MISTAKES_THE_INCARNATION:
		stored->vote.incarnation += stored->vote.id != 0;
		break;
	case FORGETS_WHERE_IT_BEGINS:
		stored->snapshot.index -=
		    stored->snapshot.index > 0 && watched->trims == 0;
		break;
	case MISTAKES_THE_TERM_OF_ITS_BEGIN:
		stored->snapshot.term += stored->snapshot.index != 0;
		break;
	case LOSES_THE_LAST:
		stored->last_index -= toy->count > 0;
		break;
	case HAS_A_RUN_TOO_MANY:
		toy->runs[stored->run_count++] =
		    (struct raft_term_run){ stored->last_index + 1, 99 };
		break;
	case HAS_A_CONFIGURATION_TOO_MANY:
		watched_add_configuration(stored, toy);
		break;
	default:
		break;
	}
}

/* What a crash has left. */
static inline void
watched_file(const char *folder, const char *name)
{
	static uint8_t bytes[1 << 16];
	char path[4096];
	size_t got;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "r");
	watched_number(file != NULL);
	if (file == NULL)
		return;
	while ((got = fread(bytes, 1, sizeof(bytes), file)) > 0)
		kept_sum(&watched->sum, bytes, got);
	fclose(file);
}

static inline void *
watched_open(void *context, const char *folder,
	     struct raft_log_conformance *told, struct raft_stored *stored,
	     char *error, size_t size)
{
	const char *base = strrchr(folder, '/');
	void *toy;

	watched = context;
	watched->told = told;
	watched->opens++;
	kept_sum(&watched->sum, base, strlen(base));
	watched_file(folder, "log");
	watched_file(folder, "spoilt");
	if (watched->slip == IS_NOT_OPENED_AGAIN && watched->opens > 1)
		return NULL;
	toy = toy_open(context, folder, told, stored, error, size);
	if (toy != NULL)
		watched_misstate(stored, toy);
	return toy;
}

static inline void
watched_close(void *context, void *log)
{
	watched_number(2);
	toy_close(context, log);
}

static inline void
watched_wait(void *context, void *log)
{
	(void)context;
	(void)log;
	watched_number(3);
}

static inline bool
watched_spoil(void *context, void *log, const char *folder,
	      const struct raft_entry *entry)
{
	return watched->slip != CANNOT_BE_SPOILT &&
	       toy_spoil(context, log, folder, entry);
}

#endif
