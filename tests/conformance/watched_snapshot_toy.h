/*
 * The toy of snapshots, with all that is asked of it noted, and with more that goes
 * wrong: what it reads and what it tells.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_TESTS_CONFORMANCE_WATCHED_SNAPSHOT_TOY_H
#define OUTRIGGER_TESTS_CONFORMANCE_WATCHED_SNAPSHOT_TOY_H

#include <limits.h>

#include "tests/conformance/snapshot_toy.h"
#include "tests/kept.h"

enum slip {
	SLIPS_NOWHERE,
	READS_NO_BYTE,
	READS_A_BYTE_ONCE,
	COPIES_WITHOUT_A_HOLD,
	READS_NO_PIECE,
	READS_LESS,
	MISMEASURES_WHAT_IS_INSTALLED,
	READS_NOTHING_IT_BEGINS_BEHIND,
	HOLDS_WHAT_IS_GONE,
	HIDES_A_FAILURE_OF_PARTS,
	SYNCS_NO_PART,
	REPORTS_ANOTHER,
	REPORTS_LESS,
	GIVES_ANOTHER_UP,
	GIVES_UP,
	GIVES_UP_TO_INSTALL,
	NEVER_DECIDES,
};

/** One run. */
struct watched {
	/** First, as the toy has it. */
	enum fault fault;
	enum slip slip;
	/** What is asked in this life is told in a line; NULL: it is not. */
	FILE *out;
	uint64_t stores, flushes, reads, installs, takes, forgets, sum;
	struct raft_snapshot_conformance *told;
	struct raft_payload gone;
	/** The read of one byte before; what was installed. */
	uint64_t once;
	struct raft_entry_id installed;
	struct raft_entry_id behind;
};

static struct watched *watched;

static inline void
watched_number(uint64_t number)
{
	kept_sum_number(&watched->sum, number);
}

static inline void
watched_id(struct raft_entry_id id)
{
	watched_number(id.index);
	watched_number(id.term);
}

/** A line for each life. */
static inline void
watched_tell(void)
{
	struct watched *w = watched;

	if (w->out != NULL)
		fprintf(w->out,
			"takes %" PRIu64 ", stores %" PRIu64
			", flushes %" PRIu64 ", installs %" PRIu64
			", reads %" PRIu64 ", forgets %" PRIu64 ": %016" PRIx64
			"\n",
			w->takes, w->stores, w->flushes, w->installs, w->reads,
			w->forgets, w->sum);
	w->takes = w->stores = w->flushes = w->installs = 0;
	w->reads = w->forgets = w->sum = 0;
}

/* What is read of one byte, from its beginning. */
static inline bool
watched_reads_byte(struct raft_payload *bytes)
{
	static struct raft_block unheld[2];

	switch (watched->slip) {
	case READS_NO_BYTE:
		return false;
	case READS_A_BYTE_ONCE:
		if (watched->once == watched->reads - 1)
			return false;
		watched->once = watched->reads;
		return true;
	case COPIES_WITHOUT_A_HOLD:
		memcpy(toy_room, bytes->data, bytes->length);
		raft_payload_release(bytes);
		bytes->data = toy_room;
		bytes->owner = &unheld[watched->reads % 2];
		bytes->owner->references = 0;
		return true;
	default:
		return true;
	}
}

static inline bool
watched_read(void *context, struct raft_entry_id id, uint64_t offset,
	     size_t length, struct raft_payload *bytes)
{
	struct toy *toy = context;
	bool is_read;

	watched->reads++;
	watched_id(id);
	watched_number(offset);
	watched_number(length);
	if (watched->slip == READS_NOTHING_IT_BEGINS_BEHIND &&
	    id.index == watched->behind.index &&
	    id.index > watched->installed.index)
		return false;
	is_read = toy_read(toy, id, offset, length, bytes);
	if (!is_read)
		return false;
	if (watched->slip == READS_NO_PIECE && offset > 0)
		is_read = false;
	else if (offset == 0 && length == 1)
		is_read = watched_reads_byte(bytes);
	else if (watched->slip == READS_LESS)
		bytes->length--;
	if (!is_read)
		raft_payload_release(bytes);
	return is_read;
}

static inline void
watched_store(void *context, const struct raft_snapshot_part *part)
{
	watched->stores++;
	watched_id(part->snapshot);
	watched_number(part->offset);
	watched_number(part->size);
	kept_sum(&watched->sum, part->bytes.data, part->bytes.length);
	watched->gone = part->bytes;
	toy_store(context, part);
}

/* It says what there is not to say, or less. */
static inline void
watched_flush(void *context)
{
	struct toy *toy = context;
	struct raft_entry_id id = toy->receiving;
	enum fault fault = toy->fault;

	watched->flushes++;
	watched_number(1);
	if (watched->slip == SYNCS_NO_PART)
		toy->fault = NEVER_SYNCS;
	if (watched->slip == HIDES_A_FAILURE_OF_PARTS)
		toy->fault = HIDES_A_FAILURE;
	if (watched->slip == HOLDS_WHAT_IS_GONE)
		raft_payload_hold(&watched->gone);
	if (watched->slip == GIVES_UP)
		raft_snapshot_conformance_failed(watched->told, id);
	id.term++;
	if (watched->slip == GIVES_ANOTHER_UP)
		raft_snapshot_conformance_failed(watched->told, id);
	if (watched->slip == REPORTS_ANOTHER)
		raft_snapshot_conformance_saved(watched->told, id, toy->end);
	toy_flush(context);
	if (watched->slip == REPORTS_LESS)
		raft_snapshot_conformance_saved(watched->told, toy->receiving,
						toy->end - 1);
	toy->fault = fault;
}

static inline bool
watched_install(void *context, struct raft_entry_id id)
{
	watched->installs++;
	watched_id(id);
	watched->installed = id;
	if (watched->slip == GIVES_UP_TO_INSTALL) {
		raft_snapshot_conformance_failed(watched->told, id);
		return false;
	}
	return toy_install(context, id);
}

static inline enum raft_node_verdict
watched_verify(void *context, struct raft_entry_id id)
{
	watched_id(id);
	return watched->slip == NEVER_DECIDES ? RAFT_NODE_UNDECIDED
					      : toy_verify(context, id);
}

static const struct raft_node_snapshots watched_functions = {
	.read = watched_read,
	.store = watched_store,
	.flush = watched_flush,
	.install = watched_install,
	.verify = watched_verify,
};

/* ---------------------------------------------- what its server calls */

/* What a crash has left, in no order. */
static inline void
watched_folder(const char *folder)
{
	static uint8_t bytes[TOY_BYTES_MAX];
	const char *base = strrchr(folder, '/');
	uint64_t all = 0, one;
	struct dirent *entry;
	DIR *list = opendir(folder);

	while ((entry = readdir(list)) != NULL) {
		char path[PATH_MAX];
		ssize_t got;
		int fd;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		fd = open(path, O_RDONLY);
		got = read(fd, bytes, sizeof(bytes));
		close(fd);
		one = 0;
		kept_sum(&one, entry->d_name, strlen(entry->d_name));
		kept_sum(&one, bytes, got > 0 ? (size_t)got : 0);
		all += one;
	}
	closedir(list);
	kept_sum(&watched->sum, base, strlen(base));
	watched_number(all);
}

static inline void *
watched_open(void *context, const char *folder,
	     struct raft_snapshot_conformance *told,
	     const struct raft_stored *stored, struct raft_entry_id *chosen,
	     char *error, size_t size)
{
	watched = context;
	watched->told = told;
	watched->behind = stored->snapshot;
	/* Another history. */
	if (stored->last_index == 0)
		watched->installed = stored->snapshot;
	watched_folder(folder);
	watched_number(stored->term);
	watched_number(stored->applied_index);
	watched_number(stored->last_index);
	watched_id(stored->snapshot);
	for (size_t i = 0; i < stored->run_count; i++) {
		watched_number(stored->runs[i].first_index);
		watched_number(stored->runs[i].term);
	}
	return toy_open(context, folder, told, stored, chosen, error, size);
}

static inline void
watched_close(void *context, void *snapshots)
{
	toy_close(context, snapshots);
	watched_tell();
}

static inline bool
watched_take(void *context, void *snapshots, struct raft_entry_id id,
	     const void *bytes, size_t length)
{
	watched->takes++;
	watched_id(id);
	kept_sum(&watched->sum, bytes, length);
	return toy_take(context, snapshots, id, bytes, length);
}

static inline uint64_t
watched_size(void *context, void *snapshots, struct raft_entry_id id)
{
	uint64_t size = toy_size(context, snapshots, id);

	if (watched->slip == MISMEASURES_WHAT_IS_INSTALLED &&
	    id.index == watched->installed.index)
		size--;
	return size;
}

static inline size_t
watched_load(void *context, void *snapshots, struct raft_entry_id id,
	     void *bytes, size_t room)
{
	watched_id(id);
	watched_number(room);
	return toy_load(context, snapshots, id, bytes, room);
}

static inline void
watched_forget(void *context, void *snapshots, uint64_t oldest)
{
	watched->forgets++;
	watched_number(oldest);
	toy_forget(context, snapshots, oldest);
}

static inline void
watched_wait(void *context, void *snapshots)
{
	(void)context;
	(void)snapshots;
	watched_number(3);
}

#endif
