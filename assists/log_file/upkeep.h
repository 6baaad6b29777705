/*
 * The files that a log is going to need, and those that it will not.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file that holds nothing waits for the next segment; when the last segment is half full
 * and there is none, one is made. If that fails, the segment goes on growing beyond its
 * size, and another attempt comes after a pause.
 *
 * What a trim frees waits likewise. As many files wait as segments were begun since the
 * trim before that freed any, and one more: what is beyond that is removed.
 */
#ifndef OUTRIGGER_LOG_FILE_UPKEEP_H
#define OUTRIGGER_LOG_FILE_UPKEEP_H

#include <time.h>

#include "assists/log_file/work.h"

struct upkeep {
	/** Segments that were begun since the last ones were freed. */
	size_t begun;
	/** So many files may wait. */
	size_t kept;
	/** None is made before this second of the monotonic clock: one could not be
	 *  made, after so long a pause. 0: none has failed. */
	time_t not_before;
	time_t pause_s;
};

/** The next piece of work. False: there is none. */
bool raft__upkeep_next(const struct upkeep *upkeep, struct journal *journal,
		       struct work *work);

/** That piece is done, or has failed. */
void raft__upkeep_done(struct upkeep *upkeep, struct journal *journal,
		       const struct work *work);

/** A batch was written; so many files hold nothing any more. */
void raft__upkeep_written(struct upkeep *upkeep,
			  const struct journal_batch *batch, size_t freed);

#endif
