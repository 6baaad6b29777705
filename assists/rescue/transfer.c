/*
 * A snapshot and entries, from one folder into another.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A folder takes a snapshot as if a leader had sent it: it is stored part by part and
 * checked, then the log begins behind it. What was stored has no name until then;
 * a start gives it one.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "assists/rescue/inside.h"

#define PIECE_BYTES ((size_t)1 << 20)
#define BATCH_ENTRIES 256
#define BATCH_BYTES ((size_t)1 << 20)

/* ------------------------------------------------------------- the snapshot */

/** A snapshot that is being stored. */
struct storing {
	const struct complaint *complaint;
	/** Up to here it is durable. */
	uint64_t end;
	bool has_failed;
};

static void
note_saved(void *context, struct raft_entry_id snapshot, uint64_t end)
{
	(void)snapshot;
	((struct storing *)context)->end = end;
}

static void
note_lost(void *context, struct raft_entry_id snapshot)
{
	(void)snapshot;
	((struct storing *)context)->has_failed = true;
}

static void
note_why(void *context, const char *why)
{
	raft__complain(((struct storing *)context)->complaint, "%s", why);
}

/** Each piece is checked with the whole, when the last one is there. */
static bool
store_pieces(struct raft_snapshot_file *snapshots, const struct origin *origin,
	     struct storing *storing, uint8_t *bytes)
{
	struct raft_snapshot_part part = {
		.snapshot = origin->id,
		.size = origin->bytes,
	};

	while (part.offset < part.size && !storing->has_failed) {
		uint64_t left = part.size - part.offset;
		size_t length = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;

		if (!origin->read(origin->context, part.offset, bytes, length))
			return raft__complain(storing->complaint,
					      "the snapshot of entry %" PRIu64
					      " cannot be read",
					      origin->id.index);
		part.bytes = (struct raft_payload){ bytes, length, NULL };
		raft_snapshot_file.store(snapshots, &part);
		/* Until then the bytes are needed. */
		raft_snapshot_file.flush(snapshots);
		part.offset += length;
	}
	return !storing->has_failed && storing->end == origin->bytes;
}

bool
raft__transfer_snapshot(const char *path, const struct origin *origin,
			const struct complaint *complaint)
{
	struct storing storing = { .complaint = complaint };
	uint8_t *bytes = malloc(PIECE_BYTES);
	struct folder folder;
	bool done;

	if (bytes == NULL)
		return raft__complain(complaint, "out of memory");
	if (!raft__folder_open(path, &folder, complaint)) {
		free(bytes);
		return false;
	}
	raft_snapshot_file_bind(folder.snapshots,
				&(struct raft_snapshot_file_reports){
				    .context = &storing,
				    .saved = note_saved,
				    .lost = note_lost,
				    .damaged = note_lost,
				    .failed = note_why,
				});
	done = store_pieces(folder.snapshots, origin, &storing, bytes);
	raft__folder_close(&folder);
	free(bytes);
	return done;
}

/* -------------------------------------------------------------- the entries */

/** A log that is being written. */
struct writing {
	struct raft_log_file *to;
	struct raft_log_file *from;
	const struct complaint *complaint;
	struct raft_save save;
	/** Up to here saves are durable. */
	uint64_t saved;
	struct raft_entry entries[BATCH_ENTRIES];
};

static void
note_token(void *context, uint64_t token)
{
	((struct writing *)context)->saved = token;
}

static void
note_log_failure(void *context, const char *why)
{
	raft__complain(((struct writing *)context)->complaint, "%s", why);
}

static bool
save(struct writing *writing)
{
	writing->save.token++;
	raft_log_file.save(writing->to, &writing->save);
	raft_log_file.flush(writing->to);
	return writing->saved == writing->save.token;
}

/** The configurations of a cluster that is no more say nothing of this one. */
static void
forget_configurations(struct writing *writing)
{
	for (size_t i = 0; i < writing->save.entry_count; i++) {
		struct raft_entry *entry = &writing->entries[i];

		if (entry->kind != RAFT_ENTRY_CONFIGURATION)
			continue;
		raft_payload_release(&entry->payload);
		entry->payload = (struct raft_payload){ 0 };
		entry->kind = RAFT_ENTRY_NOOP;
	}
}

/** The entries from `next` on. False: complained. */
static bool
copy_some(struct writing *writing, uint64_t next, uint64_t last)
{
	uint64_t left = last - next + 1;
	size_t count = left < BATCH_ENTRIES ? (size_t)left : BATCH_ENTRIES;
	bool done;

	writing->save.entries = writing->entries;
	writing->save.entry_count = raft_log_file.read(
	    writing->from, next, count, BATCH_BYTES, writing->entries);
	if (writing->save.entry_count == 0)
		return false;
	forget_configurations(writing);
	done = save(writing);
	for (size_t i = 0; i < writing->save.entry_count; i++)
		raft_payload_release(&writing->entries[i].payload);
	return done;
}

/** In the term first, behind the snapshot; then entry by entry. */
static bool
write_log(struct writing *writing, const struct raft_stored *stored,
	  struct raft_entry_id snapshot, uint64_t last)
{
	const struct raft_stored_configuration *own =
	    &stored->configurations[0];
	struct raft_stored_snapshot begin = {
		.last = snapshot,
		.configuration_index = own->index,
		.configuration = own->bytes,
		.configuration_length = own->length,
	};
	uint64_t next = snapshot.index + 1;

	if (snapshot.index != 0)
		writing->save.snapshot = &begin;
	else
		next = stored->last_index + 1;
	if (!save(writing))
		return false;
	writing->save.snapshot = NULL;
	for (; next <= last; next += writing->save.entry_count)
		if (!copy_some(writing, next, last))
			return false;
	return true;
}

bool
raft__transfer_entries(const char *path, struct raft_entry_id snapshot,
		       uint64_t term, struct raft_log_file *from, uint64_t last,
		       const struct complaint *complaint)
{
	struct writing *writing = calloc(1, sizeof(*writing));
	struct folder folder;
	bool done;

	if (writing == NULL)
		return raft__complain(complaint, "out of memory");
	if (!raft__folder_open(path, &folder, complaint)) {
		free(writing);
		return false;
	}
	writing->complaint = complaint;
	writing->to = folder.log;
	writing->from = from;
	writing->save.term = term;
	raft_log_file_bind(folder.log, writing, note_token, note_log_failure);
	if (from != NULL)
		raft_log_file_bind(from, writing, note_token, note_log_failure);
	done = write_log(writing, &folder.stored, snapshot, last);
	raft__folder_close(&folder);
	free(writing);
	return done;
}

/* ------------------------------------------------------------------- the end */

bool
raft__transfer_end(const char *path, const struct complaint *complaint)
{
	struct raft_entry_id chosen;
	struct folder folder;
	bool done;

	if (!raft__folder_open(path, &folder, complaint))
		return false;
	done = raft__try_start(&folder, &chosen, complaint);
	raft__folder_close(&folder);
	return done;
}
