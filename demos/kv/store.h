/*
 * The keys of a server in an SQLite database, beside its log (assists/log_sqlite):
 * `kv run --sqlite`.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What an entry does to keys and the record that it was applied are one transaction.
 * The keys are in memory as ever, and are read from their table at a start; each change
 * goes into the table, too. A snapshot is a copy of the database without the log.
 *
 *	kv_keys   name, value, gone_at_ms      kv_time   now_ms
 */
#ifndef OUTRIGGER_KV_STORE_H
#define OUTRIGGER_KV_STORE_H

#include <limits.h>
#include <sqlite3.h>

#include "assists/log_sqlite/log_sqlite.h"
#include "demos/kv/keys.h"

struct store {
	/** NULL: the keys are in no database. */
	struct raft_log_sqlite *log;
	/** Of the log. */
	char path[PATH_MAX - 16];
	/** Change the table. */
	sqlite3_stmt *put, *drop, *pass_time;
	struct keys *keys;
};

/** For raft_server_options and raft_server_make_with(). The machine's context begins with
 *  a store, whose keys are set. */
extern const struct raft_server_log store_log;

/** The time of the keys is what it is now. */
void store_keep_time(struct store *store);

/** In struct raft_server_machine. */
void *store_freeze(void *store);
bool store_write(void *frozen, struct raft_server_sink *sink);
void store_thaw(void *frozen);
bool store_load(void *store, struct raft_server_source *source);

#endif
