/*
 * A segment's file, read back into memory.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_LOG_FILE_LOADED_H
#define OUTRIGGER_LOG_FILE_LOADED_H

#include "assists/log_file/sector.h"
#include "assists/log_file/segments.h"

/** A segment in memory. */
struct loaded {
	struct segment segment;
	struct file_header header;
	/** Sectors behind its header, or those of them that were read, and how many of
	 *  them, from the first on, are as they were written. */
	size_t sectors, whole;
	/** Of each sector (enum sector_kind). */
	uint8_t *kinds;
	/** The log's bytes in the whole ones, and how many there is room for. */
	uint8_t *bytes;
	size_t room;
	/** Of the file, to be read at a time. */
	size_t window;
	/** The log was durable up to here at least. */
	uint64_t durable;
	/** Where the last record ends. */
	uint64_t end;
};

/** Free what an all-zero one has come to own. */
void raft__loaded_clear(struct loaded *loaded);

/** Read a segment whose header was read, with no more than so many sectors behind that;
 *  SIZE_MAX: all. False: see errno. */
bool raft__loaded_read(struct loaded *loaded, int fd, size_t sectors_max);

/** Read what it begins with, and no more than is needed for that. False: see errno. */
bool raft__loaded_read_beginning(struct loaded *loaded, int fd);

/** The sector with this place can be read, and is as it was written. */
bool raft__loaded_has(const struct loaded *loaded, int fd, uint64_t place);

/** Where a sector belongs. */
struct sector_place raft__loaded_place(const struct loaded *loaded, size_t n);

/** The record at a place. False: there is no whole one. */
bool raft__loaded_record(const struct loaded *loaded, uint64_t place,
			 struct record *record);

/** What it begins with is there. */
bool raft__loaded_is_born(const struct loaded *loaded);

/** A crash can have left what begins at loaded->end, and is no whole record. */
bool raft__loaded_is_torn(const struct loaded *loaded);

/** How many sectors there are, from the first on, up to the last one that was written. */
size_t raft__loaded_written(const struct loaded *loaded);

/** The newest bytes that were not as they were before, and are not kept. */
uint64_t raft__loaded_torn(const struct loaded *loaded);

#endif
