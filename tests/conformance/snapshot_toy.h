/*
 * Small snapshots in files that keep the contract, and many that break a rule each.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file INDEX-TERM is a snapshot, a checksum and the state; `received` is a leader's.
 * What is sent is the file. A fault is a deviation in one place.
 */
#ifndef OUTRIGGER_TESTS_CONFORMANCE_SNAPSHOT_TOY_H
#define OUTRIGGER_TESTS_CONFORMANCE_SNAPSHOT_TOY_H

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assists/log_conformance/snapshot_conformance.h"

enum fault {
	NONE,
	FORGETS_THE_END,
	READS_FROM_THE_START,
	READS_ANYTHING,
	HOLDS_NOT,
	LENDS_ITS_BYTES,
	LEAKS_A_PART,
	RELEASES_A_PART,
	REPORTS_TOO_MUCH,
	REPORTS_NOTHING,
	NEVER_SYNCS,
	GOES_ON_WITH_THE_OLD,
	REFUSES_WHAT_IS_HALF,
	SYNCS_NO_FOLDER,
	TAKES_IN_PLACE,
	CHOOSES_WHAT_WAS_RECEIVED,
	HAS_NO_CHECKSUM,
	TAKES_NO_EMPTY_ONE,
	HIDES_A_FAILURE,
	FINDS_DAMAGE,
	FORGETS_TOO_MUCH,
	FAULTS,
};

#define TOY_NAME 64
#define TOY_BYTES_MAX 300000

struct toy {
	enum fault fault;
	struct raft_snapshot_conformance *told;
	int folder;
	/** The leader's: its file, how much it has, will have, and may have
	 *  unsynced. */
	struct raft_entry_id receiving;
	int received;
	uint64_t end, size;
	bool is_dirty;
};

/* Of the last read, with a fault; or of what is being checked. */
static uint8_t toy_room[TOY_BYTES_MAX];
static struct raft_block toy_lent;

struct toy_piece {
	struct raft_block block;
	uint8_t bytes[];
};

static inline void
toy_name(struct raft_entry_id id, char *name)
{
	snprintf(name, TOY_NAME, "%" PRIu64 "-%" PRIu64, id.index, id.term);
}

static inline int
toy_open_file(const struct toy *toy, struct raft_entry_id id)
{
	char name[TOY_NAME];

	toy_name(id, name);
	return openat(toy->folder, name, O_RDONLY);
}

static inline uint64_t
toy_checksum(const uint8_t *bytes, size_t length)
{
	uint64_t sum = 14695981039346656037u;

	for (size_t i = 0; i < length; i++)
		sum = (sum ^ bytes[i]) * 1099511628211u;
	return sum;
}

/* The length of a state, if the file has one. SIZE_MAX: it is not whole. */
static inline size_t
toy_read_state(const struct toy *toy, int fd, uint8_t *bytes, size_t room)
{
	uint64_t sum = 0;
	ssize_t got = -1;

	if (fd >= 0 && pread(fd, &sum, sizeof(sum), 0) == sizeof(sum))
		got = pread(fd, bytes, room, sizeof(sum));
	if (got < 0 || (toy->fault != HAS_NO_CHECKSUM &&
			sum != toy_checksum(bytes, (size_t)got)))
		return SIZE_MAX;
	return (size_t)got;
}

static inline bool
toy_sync(const struct toy *toy, int fd)
{
	return toy->fault == NEVER_SYNCS || fsync(fd) == 0 ||
	       toy->fault == HIDES_A_FAILURE;
}

static inline bool
toy_give_name(const struct toy *toy, const char *from, struct raft_entry_id id)
{
	char name[TOY_NAME];

	toy_name(id, name);
	return renameat(toy->folder, from, toy->folder, name) == 0 &&
	       (toy->fault == SYNCS_NO_FOLDER || toy_sync(toy, toy->folder));
}

/* ----------------------------------------------- what a node calls */

static inline void
toy_free_piece(struct raft_block *block)
{
	free(block);
}

static inline bool
toy_read(void *context, struct raft_entry_id id, uint64_t offset, size_t length,
	 struct raft_payload *bytes)
{
	struct toy *toy = context;
	int fd = toy_open_file(toy, id);
	struct toy_piece *piece;

	if (toy->fault == READS_FROM_THE_START)
		offset = 0;
	if (fd < 0 && toy->fault != READS_ANYTHING)
		return false;
	piece = calloc(1, sizeof(*piece) + length);
	piece->block = (struct raft_block){ 1, toy_free_piece };
	if (fd >= 0 && pread(fd, piece->bytes, length, (off_t)offset) < 0)
		abort();
	*bytes = (struct raft_payload){ piece->bytes, length, &piece->block };
	if (toy->fault == LENDS_ITS_BYTES || toy->fault == HOLDS_NOT) {
		memcpy(toy_room, piece->bytes, length);
		toy_lent.references = 0;
		bytes->data = toy_room;
		bytes->owner = toy->fault == HOLDS_NOT ? &toy_lent : NULL;
		free(piece);
	}
	if (fd >= 0)
		close(fd);
	return true;
}

static inline void
toy_store(void *context, const struct raft_snapshot_part *part)
{
	struct toy *toy = context;

	if (part->offset == 0 &&
	    (toy->fault != GOES_ON_WITH_THE_OLD || toy->received < 0)) {
		if (toy->received >= 0)
			close(toy->received);
		toy->received = openat(toy->folder, "received",
				       O_RDWR | O_CREAT | O_TRUNC, 0600);
		toy->end = 0;
	}
	if (toy->received < 0)
		return;
	toy->receiving = part->snapshot;
	toy->size = part->size;
	if (pwrite(toy->received, part->bytes.data, part->bytes.length,
		   (off_t)toy->end) < 0)
		abort();
	toy->end += part->bytes.length;
	if (toy->fault == GOES_ON_WITH_THE_OLD)
		toy->end = part->offset + part->bytes.length;
	toy->is_dirty = true;
	if (toy->fault == LEAKS_A_PART)
		raft_payload_hold(&part->bytes);
	if (toy->fault == RELEASES_A_PART)
		raft_payload_release(&part->bytes);
}

static inline bool
toy_is_whole(struct toy *toy)
{
	return toy_read_state(toy, toy->received, toy_room, TOY_BYTES_MAX) !=
	       SIZE_MAX;
}

static inline void
toy_flush(void *context)
{
	struct toy *toy = context;

	if (toy->received < 0 || !toy->is_dirty ||
	    toy->fault == REPORTS_NOTHING)
		return;
	toy->is_dirty = false;
	if (!toy_sync(toy, toy->received) || !toy_sync(toy, toy->folder) ||
	    (toy->end == toy->size && toy->fault != GOES_ON_WITH_THE_OLD &&
	     !toy_is_whole(toy))) {
		close(toy->received);
		toy->received = -1;
		raft_snapshot_conformance_failed(toy->told, toy->receiving);
		return;
	}
	raft_snapshot_conformance_saved(toy->told, toy->receiving,
					toy->end +
					    (toy->fault == REPORTS_TOO_MUCH));
}

static inline bool
toy_install(void *context, struct raft_entry_id id)
{
	struct toy *toy = context;

	close(toy->received);
	toy->received = -1;
	return toy_give_name(toy, "received", id);
}

static inline enum raft_node_verdict
toy_verify(void *context, struct raft_entry_id id)
{
	(void)id;
	return ((struct toy *)context)->fault == FINDS_DAMAGE
		   ? RAFT_NODE_DAMAGED
		   : RAFT_NODE_SOUND;
}

static const struct raft_node_snapshots toy_functions = {
	.read = toy_read,
	.store = toy_store,
	.flush = toy_flush,
	.install = toy_install,
	.verify = toy_verify,
};

/* ---------------------------------------------- what its server calls */

/* The newest that has a name. */
static inline struct raft_entry_id
toy_newest(const struct toy *toy)
{
	struct raft_entry_id best = { 0 }, id;
	DIR *list = fdopendir(openat(toy->folder, ".", O_RDONLY));
	struct dirent *entry;

	while ((entry = readdir(list)) != NULL)
		if (sscanf(entry->d_name, "%" SCNu64 "-%" SCNu64, &id.index,
			   &id.term) == 2 &&
		    id.index > best.index)
			best = id;
	closedir(list);
	return best;
}

/* What was received counts if the log begins behind it. */
static inline bool
toy_choose(struct toy *toy, const struct raft_stored *stored,
	   struct raft_entry_id *chosen)
{
	*chosen = toy_newest(toy);
	if (stored->snapshot.index > chosen->index) {
		*chosen = stored->snapshot;
		return toy_give_name(toy, "received", *chosen);
	}
	if (toy->fault == CHOOSES_WHAT_WAS_RECEIVED &&
	    faccessat(toy->folder, "received", F_OK, 0) == 0) {
		chosen->index += 1;
		return toy_give_name(toy, "received", *chosen);
	}
	if (toy->fault == REFUSES_WHAT_IS_HALF &&
	    faccessat(toy->folder, "received", F_OK, 0) == 0)
		return false;
	unlinkat(toy->folder, "received", 0);
	return true;
}

static inline void
toy_close(void *context, void *snapshots)
{
	struct toy *toy = snapshots;

	(void)context;
	if (toy->received >= 0)
		close(toy->received);
	close(toy->folder);
	free(toy);
}

static inline void *
toy_open(void *context, const char *folder,
	 struct raft_snapshot_conformance *told,
	 const struct raft_stored *stored, struct raft_entry_id *chosen,
	 char *error, size_t size)
{
	struct toy *toy = calloc(1, sizeof(*toy));

	toy->fault = *(const enum fault *)context;
	toy->told = told;
	toy->folder = open(folder, O_RDONLY | O_DIRECTORY);
	toy->received = -1;
	if (toy_choose(toy, stored, chosen))
		return toy;
	snprintf(error, size, "something is half there");
	toy_close(context, toy);
	return NULL;
}

static inline bool
toy_take(void *context, void *snapshots, struct raft_entry_id id,
	 const void *bytes, size_t length)
{
	struct toy *toy = snapshots;
	uint64_t sum = toy_checksum(bytes, length);
	char name[TOY_NAME] = "taking";
	bool done;
	int fd;

	(void)context;
	if (toy->fault == TAKES_NO_EMPTY_ONE && length == 0)
		return false;
	if (toy->fault == TAKES_IN_PLACE)
		toy_name(id, name);
	fd = openat(toy->folder, name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (write(fd, &sum, sizeof(sum)) < 0 || write(fd, bytes, length) < 0)
		abort();
	if (toy->fault == TAKES_IN_PLACE)
		done = toy_sync(toy, toy->folder) && toy_sync(toy, fd);
	else
		done = toy_sync(toy, fd) && toy_give_name(toy, name, id);
	close(fd);
	return done;
}

static inline uint64_t
toy_size(void *context, void *snapshots, struct raft_entry_id id)
{
	int fd = toy_open_file(snapshots, id);
	struct stat status = { 0 };

	(void)context;
	if (fd < 0)
		return 0;
	if (fstat(fd, &status) != 0)
		abort();
	close(fd);
	return (uint64_t)status.st_size;
}

static inline size_t
toy_load(void *context, void *snapshots, struct raft_entry_id id, void *bytes,
	 size_t room)
{
	struct toy *toy = snapshots;
	int fd = toy_open_file(toy, id);
	size_t length = toy_read_state(toy, fd, bytes, room);

	(void)context;
	if (fd >= 0)
		close(fd);
	return length != SIZE_MAX && length > 0 && toy->fault == FORGETS_THE_END
		   ? length - 1
		   : length;
}

static inline void
toy_forget(void *context, void *snapshots, uint64_t oldest)
{
	struct toy *toy = snapshots;
	struct raft_entry_id id;
	DIR *list = fdopendir(openat(toy->folder, ".", O_RDONLY));
	struct dirent *entry;

	(void)context;
	while ((entry = readdir(list)) != NULL)
		if (sscanf(entry->d_name, "%" SCNu64 "-%" SCNu64, &id.index,
			   &id.term) == 2 &&
		    id.index < oldest + (toy->fault == FORGETS_TOO_MUCH))
			unlinkat(toy->folder, entry->d_name, 0);
	closedir(list);
}

#endif
