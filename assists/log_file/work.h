/*
 * A piece of work on the disk, which any thread can do.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * All that makes something durable, and all that may have to wait for what does, is
 * such a piece. Whoever does one touches nothing else of the log.
 */
#ifndef OUTRIGGER_LOG_FILE_WORK_H
#define OUTRIGGER_LOG_FILE_WORK_H

#include "assists/log_file/journal.h"
#include "assists/log_file/mended.h"
#include "assists/log_file/scrub.h"

enum work_kind {
	/** Write a batch. */
	WORK_WRITE,
	/** Make a file that holds nothing yet. */
	WORK_MAKE,
	/** Remove a file. */
	WORK_REMOVE,
	/** Read a piece of one. */
	WORK_SCRUB,
	/** Write what was fetched again. */
	WORK_MEND,
};

struct work {
	enum work_kind kind;
	/** Of WORK_WRITE. */
	struct journal_batch batch;
	/** Of the log. */
	int directory;
	/** The file that is made, or removed. */
	unsigned int number;
	/** Of WORK_MEND. */
	struct mended_file mended;
	/** Of WORK_SCRUB. */
	struct scrub_piece piece;
	/** Of WORK_MAKE: the log's; and how many bytes of zeros the file has at first;
	 *  then its size. */
	struct file_header header;
	uint64_t size;
	/** An errno; 0: it is done. */
	int error;
	/** How long it took. */
	uint64_t took_us;
};

/** Microseconds of a clock that never goes back. */
uint64_t raft__work_now(void);

void raft__work_do(struct work *work);

/** Have a new file begin with so many bytes of zeros, or with none if there is no room for
 *  them: they are a mere improvement. Returns how many there are. */
uint64_t raft__work_zero(int fd, uint64_t size);

#endif
