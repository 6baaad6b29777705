/*
 * Making the files of a log: of a new one, and of one that has the former format.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What makes it a log is its first file, `log`, which gets its name last.
 */
#ifndef OUTRIGGER_LOG_FILE_CREATE_H
#define OUTRIGGER_LOG_FILE_CREATE_H

#include "assists/log_file/legacy.h"
#include "assists/log_file/store.h"

/** Make a new log, the files of its first segments written, with zeros, if there is room.
 *  False: see errno. */
bool raft__create(int directory, const struct file_header *header,
		  uint64_t segment_bytes);

/** Have a store, which has nothing, take the place of a log of the former format. If it is
 *  only looked at, it is in memory alone. False: refused. */
bool raft__convert(struct store *store, struct legacy *legacy, bool looks_only,
		   const struct refusal *refusal);

#endif
