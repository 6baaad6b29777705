/*
 * The log in memory.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The entry with index i stands at ring[i & mask], so that neither trimming nor
 * truncating moves anything. The term and the vote are not kept: nobody can ask
 * for them again.
 */
#include "assists/log_memory/log_memory.h"

#include <stdlib.h>

#define CAPACITY_MIN 64

struct raft_log_memory {
	/** Entries snapshot.index + 1 .. last_index. */
	struct raft_entry *ring;
	/** Of the ring; a power of two. */
	size_t capacity;
	struct raft_entry_id snapshot;
	/** snapshot.index if there are no entries. */
	uint64_t last_index;
	/** Of the newest save taken. */
	uint64_t token;
	/** Of the newest save reported. */
	uint64_t reported;
	/** Has failed: takes and promises nothing more. */
	bool failed;
	void *context;
	void (*on_saved)(void *context, uint64_t token);
	void (*on_failed)(void *context, const char *why);
};

static struct raft_entry *
entry_at(const struct raft_log_memory *log, uint64_t index)
{
	return &log->ring[(size_t)index & (log->capacity - 1)];
}

static void
fail(struct raft_log_memory *log, const char *why)
{
	log->failed = true;
	if (log->on_failed != NULL)
		log->on_failed(log->context, why);
}

static bool
has_room(struct raft_log_memory *log, size_t count)
{
	size_t needed = (size_t)(log->last_index - log->snapshot.index) + count;
	struct raft_log_memory old = *log;
	size_t capacity = log->capacity;

	if (needed <= capacity)
		return true;
	while (capacity < needed)
		capacity *= 2;
	log->ring = calloc(capacity, sizeof(*log->ring));
	if (log->ring == NULL) {
		log->ring = old.ring;
		return false;
	}
	log->capacity = capacity;
	for (uint64_t i = old.snapshot.index + 1; i <= old.last_index; i++)
		*entry_at(log, i) = *entry_at(&old, i);
	free(old.ring);
	return true;
}

static void
release_range(struct raft_log_memory *log, uint64_t first, uint64_t last)
{
	for (uint64_t i = first; i <= last; i++)
		raft_payload_release(&entry_at(log, i)->payload);
}

static void
drop_from(struct raft_log_memory *log, uint64_t first)
{
	if (first == 0 || first > log->last_index)
		return;
	if (first <= log->snapshot.index)
		first = log->snapshot.index + 1;
	release_range(log, first, log->last_index);
	log->last_index = first - 1;
}

/* Begin behind a snapshot, with nothing. */
static void
begin_behind(struct raft_log_memory *log, struct raft_entry_id snapshot)
{
	release_range(log, log->snapshot.index + 1, log->last_index);
	log->last_index = snapshot.index;
	log->snapshot = snapshot;
}

static void
take_save(void *context, const struct raft_save *save)
{
	struct raft_log_memory *log = context;

	if (log->failed)
		return;
	if (save->snapshot != NULL)
		begin_behind(log, save->snapshot->last);
	drop_from(log, save->truncate_from);
	if (save->entry_count > 0 &&
	    save->entries[0].index != log->last_index + 1) {
		fail(log, "a save does not follow the last entry");
		return;
	}
	if (!has_room(log, save->entry_count)) {
		fail(log, "out of memory");
		return;
	}
	for (size_t i = 0; i < save->entry_count; i++) {
		raft_payload_hold(&save->entries[i].payload);
		*entry_at(log, ++log->last_index) = save->entries[i];
	}
	log->token = save->token;
}

static void
report(void *context)
{
	struct raft_log_memory *log = context;

	if (log->failed || log->reported == log->token)
		return;
	log->reported = log->token;
	if (log->on_saved != NULL)
		log->on_saved(log->context, log->token);
}

static size_t
read_entries(void *context, uint64_t first, size_t count, size_t bytes_max,
	     struct raft_entry *entries)
{
	const struct raft_log_memory *log = context;
	size_t bytes = 0;
	size_t n = 0;

	if (first <= log->snapshot.index)
		return 0;
	for (; n < count && first + n <= log->last_index; n++) {
		entries[n] = *entry_at(log, first + n);
		bytes += entries[n].payload.length;
		if (n > 0 && bytes > bytes_max)
			break;
		raft_payload_hold(&entries[n].payload);
	}
	return n;
}

static void
trim(void *context, struct raft_entry_id snapshot)
{
	struct raft_log_memory *log = context;

	if (snapshot.index <= log->snapshot.index)
		return;
	if (snapshot.index <= log->last_index &&
	    entry_at(log, snapshot.index)->term == snapshot.term) {
		release_range(log, log->snapshot.index + 1, snapshot.index);
		log->snapshot = snapshot;
	} else {
		/* Another history than the snapshot's: none of it counts. */
		begin_behind(log, snapshot);
	}
}

const struct raft_node_log raft_log_memory = {
	.save = take_save,
	.flush = report,
	.read = read_entries,
	.trim = trim,
};

struct raft_log_memory *
raft_log_memory_create(void)
{
	struct raft_log_memory *log = calloc(1, sizeof(*log));

	if (log == NULL)
		return NULL;
	log->capacity = CAPACITY_MIN;
	log->ring = calloc(log->capacity, sizeof(*log->ring));
	if (log->ring == NULL) {
		free(log);
		return NULL;
	}
	return log;
}

void
raft_log_memory_bind(struct raft_log_memory *log, void *context,
		     void (*saved)(void *context, uint64_t token),
		     void (*failed)(void *context, const char *why))
{
	log->context = context;
	log->on_saved = saved;
	log->on_failed = failed;
}

void
raft_log_memory_destroy(struct raft_log_memory *log)
{
	if (log == NULL)
		return;
	release_range(log, log->snapshot.index + 1, log->last_index);
	free(log->ring);
	free(log);
}
