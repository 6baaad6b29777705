/*
 * All that a crash can leave of a folder.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * While a recording is on, what is done to files and names below its folder is written
 * down, call by call. What a sync has not covered may be there after a crash or not:
 * of a write each sector of 512 bytes for itself, of names each change for itself, in
 * whatever order they came. A write is covered by a later sync of its file, a name
 * by one of its folder.
 *
 * The calls that libc makes within itself (fopen, fwrite) are seen late: what they
 * have done is found when their file or folder is synced, renamed or unlinked.
 */
#ifndef OUTRIGGER_TESTS_CRASH_DISK_H
#define OUTRIGGER_TESTS_CRASH_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct disk;

/** Begin to record below a folder, all of which counts as durable now. One at a
 *  time. */
struct disk *disk_record(const char *folder);
/** Record no more. */
void disk_stop(struct disk *disk);
void disk_free(struct disk *disk);

/** Calls so far. */
size_t disk_calls(const struct disk *disk);
/** What a call was, for a person. */
void disk_describe(const struct disk *disk, size_t call, char *text,
		   size_t size);
/** What it has written; NULL: nothing. */
const void *disk_written(const struct disk *disk, size_t call, size_t *length);

/** What is on the disk after a crash, or is not. */
struct disk_piece {
	size_t call;
	/** Of a write: its bytes. */
	size_t from, length;
	/** An earlier piece in the same sector: what was in a sector when it came to the
	 *  disk is all that had been written to it by then. SIZE_MAX: none. */
	size_t below;
	bool is_there;
};

/** Syncs of files, or of folders, fail and cover nothing from now on, as if the process
 *  had been killed before them. */
void disk_fail_syncs(bool of_files, bool of_folders);

/** A crash before call number `at`: 0 .. disk_calls(). */
struct disk_crash {
	const struct disk *disk;
	size_t at;
	struct disk_piece *pieces;
	size_t piece_count;
	/** Of each call before it its first piece; SIZE_MAX: it is durable. */
	size_t *first;
};

/** Nothing that was not synced is there. */
void disk_crash_begin(struct disk_crash *crash, const struct disk *disk,
		      size_t at);
void disk_crash_end(struct disk_crash *crash);

/** Make a new folder of what is left. Returns a digest of all in it; with no folder
 *  that alone. */
uint64_t disk_crash_leave(const struct disk_crash *crash, const char *folder);

#endif
