/*
 * The inside of a log in files.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * log_file.c opens it, writes and reports, read.c gives its entries out, and has those
 * mended that it cannot read.
 */
#ifndef OUTRIGGER_LOG_FILE_INSIDE_H
#define OUTRIGGER_LOG_FILE_INSIDE_H

#include "assists/disk/worker.h"
#include "assists/log_file/log_file.h"
#include "assists/log_file/store.h"
#include "assists/log_file/stored.h"
#include "assists/log_file/upkeep.h"

struct raft_log_file {
	struct store *store;
	/** Open and locked. */
	int directory;
	/** Of the newest save taken. */
	uint64_t token;
	/** Of the newest save reported. */
	uint64_t reported;
	/** A flush was asked for since the last batch was handed out. */
	bool is_wanted;
	/** What is being done, and the newest save in it. */
	struct work work;
	uint64_t work_token;
	/** The thread does it. */
	bool is_busy;
	/** NULL: there is none. */
	struct worker *worker;
	/** It is to be ended: nothing more begins. */
	bool thread_ends;
	/** Writes in a row that took less than QUICK_US. */
	unsigned int quick_writes;
	/** Bytes of the last write. */
	uint64_t written_bytes;
	struct upkeep upkeep;
	struct scrub scrub;
	/** So many bytes are to be read next; 0: none. */
	size_t scrub_bytes;
	/** What the files need comes next, and then what is to be written: they take
	 *  turns. */
	bool is_upkeeps_turn;
	/** Has failed: takes, writes and promises nothing more. */
	bool failed;
	struct raft_log_file_counters counters;
	/** What raft_log_file_stored() gave out. */
	struct handed_out handed_out;
	void *context;
	void (*on_saved)(void *context, uint64_t token);
	void (*on_failed)(void *context, const char *why);
	/** Why an entry could not be read last. */
	int lost_error;
	void *lost_context;
	void (*on_lost)(void *context, const struct raft_entry_id *entries,
			size_t count);
	void (*on_mended)(void *context, uint64_t index);
	void *damaged_context;
	void (*on_damaged)(void *context,
			   const struct raft_log_file_damage *damage);
	char path[];
};

/** It promises nothing more, and says why; once. */
__attribute__((format(printf, 2, 3))) void
raft__log_fail(struct raft_log_file *log, const char *format, ...);

/** Do what there is to do, or have it done. */
void raft__log_advance(struct raft_log_file *log);

/* ------------------------------------------------------------------ read.c */

/** In struct raft_node_log. */
size_t raft__log_read(void *log, uint64_t first, size_t count, size_t bytes_max,
		      struct raft_entry *entries);
bool raft__log_mend(void *log, const struct raft_entry *entry);
void raft__log_give_up(void *log, struct raft_entry_id entry);

/** There is no such entry, or it can be read; otherwise it was said to be lost, or the log
 *  has failed. */
bool raft__log_can_read(struct raft_log_file *log, uint64_t index);

/** The next work: write what was mended. False: that was done. */
bool raft__log_choose_mended(struct raft_log_file *log);
void raft__log_finish_mended(struct raft_log_file *log);

/** These bytes of the log are not on the disk as they were written: see that the entries
 *  there are in another place, too. */
void raft__log_save_what_is_in(struct raft_log_file *log, uint64_t begin,
			       uint64_t end);

#endif
