/*
 * The folder of what is tried: its syncs are seen, and it crashes.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The suite and what it tries may be on different threads when a sync is told: what
 * both use is under a lock. Functions that return a bool: false, see errno.
 */
#ifndef OUTRIGGER_LOG_CONFORMANCE_WATCH_H
#define OUTRIGGER_LOG_CONFORMANCE_WATCH_H

#include "assists/log_conformance/power.h"

struct watch {
	/** Power may fail: syncs are seen, below. */
	bool sees_syncs;
	/** All folders of a run, the one in use, and how many there were. */
	char root[PATH_MAX / 4];
	char folder[PATH_MAX / 2];
	uint64_t folders;
	struct power power;
	/** Syncs since it began, and the one at which there is a crash, by which
	 *  luck; 0: none. */
	_Atomic uint64_t syncs;
	uint64_t crash_at, luck;
	/** The next sync fails; how many did. */
	bool fails_next;
	uint64_t failures;
	/** There was a crash: what is left of the folder. */
	_Atomic bool has_crashed;
	char left[PATH_MAX / 2];
	/** Under the lock, as it comes: note what had been promised. */
	void (*crashed)(void *context);
	void *context;
};

/** Make the folder of all. */
bool raft__watch_root(struct watch *watch);
/** Delete it, and all in it. */
void raft__watch_remove(struct watch *watch);
/** Make an empty folder. */
bool raft__watch_make(struct watch *watch);
/** Watch it; one at a time in a process. */
bool raft__watch_begin(struct watch *watch);
void raft__watch_end(struct watch *watch);
/** Crash at this sync from now on, from 1. */
void raft__watch_crash_at(struct watch *watch, uint64_t sync, uint64_t luck);
/** The next sync fails. */
void raft__watch_fail(struct watch *watch);
/** Crash, unless there was one at a sync. */
bool raft__watch_crash(struct watch *watch, bool is_power, uint64_t luck);
/** The folder is what the crash has left. */
void raft__watch_inherit(struct watch *watch);
/** It is not needed any more, nor what is left of it. */
void raft__watch_forget(struct watch *watch);

#endif
