/*
 * What the parts of log_sqlite share.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_LOG_SQLITE_INSIDE_H
#define OUTRIGGER_LOG_SQLITE_INSIDE_H

#include "assists/disk/refusal.h"
#include "assists/log_sqlite/log_sqlite.h"

/** Of the directory. */
#define DATABASE_NAME "database"
/** Of the tables: raft_owner says which. Others are refused. */
#define TABLES_VERSION 1
/** How long a connection of somebody else's that recovers or closes is waited for. */
#define BUSY_MS 1000

/** The statements that are used again and again. */
enum statement {
	SAVE_PROMISES,
	SAVE_SNAPSHOT,
	SAVE_ENTRY,
	DROP_ALL,
	DROP_FROM,
	READ_ENTRIES,
	READ_TERM,
	TRIM_BASE,
	TRIM_ENTRIES,
	APPLY,
	STATEMENTS,
};

/** What a transaction that is open is for. */
enum transaction {
	NO_TRANSACTION,
	/** Saves, until the next flush. */
	SAVES,
	/** What applied entries do. */
	EFFECTS,
};

/** Arrays that raft_log_sqlite_stored() gave out. */
struct handed_out {
	struct raft_term_run *runs;
	size_t run_count;
	struct raft_stored_configuration *configurations;
	size_t configuration_count;
};

struct raft_log_sqlite {
	/** Open and locked. */
	int directory;
	sqlite3 *database;
	sqlite3_stmt *statements[STATEMENTS];
	enum transaction open;
	/** This commit is ours. */
	bool commits;
	/** Pages of the write-ahead file, as of the last commit. */
	int wal_pages;
	struct raft_owner owner;
	struct raft_entry_id snapshot;
	/** snapshot.index if there are no entries. */
	uint64_t last_index;
	/** Of the newest save taken. */
	uint64_t token;
	/** Of the newest save reported. */
	uint64_t reported;
	/** Has failed: takes, writes and promises nothing more. */
	bool failed;
	struct handed_out handed_out;
	void *context;
	void (*on_saved)(void *context, uint64_t token);
	void (*on_failed)(void *context, const char *why);
	char path[];
};

/** What SQLite says is wrong, or `why` if that is given. Once. Returns false. */
bool raft__sqlite_fail(struct raft_log_sqlite *log, const char *why);

/** Watch the commits of its connection. */
void raft__sqlite_watch(struct raft_log_sqlite *log);

/** Run a statement that gives no rows, and let go of what was bound to it. */
bool raft__sqlite_run(struct raft_log_sqlite *log, enum statement statement);

/** Begin what flush() is to end, unless it has begun. False: failed. */
bool raft__sqlite_begin_saves(struct raft_log_sqlite *log);

/** End it: durable. */
bool raft__sqlite_commit_saves(struct raft_log_sqlite *log);

/** Begin and end one that the next durable one makes durable. */
bool raft__sqlite_begin_effects(struct raft_log_sqlite *log);
bool raft__sqlite_commit_effects(struct raft_log_sqlite *log);

/** Read what is kept in the log's struct. */
bool raft__sqlite_read_bounds(struct raft_log_sqlite *log);

void raft__sqlite_clear(struct handed_out *out);

/** The name of a file in a directory, to be freed by sqlite3_free. */
char *raft__sqlite_name(const char *directory, const char *file);

static inline bool
bind_number(sqlite3_stmt *statement, int place, uint64_t number)
{
	return sqlite3_bind_int64(statement, place, (sqlite3_int64)number) ==
	       SQLITE_OK;
}

static inline bool
bind_bytes(sqlite3_stmt *statement, int place, const void *bytes, size_t length)
{
	return sqlite3_bind_blob64(statement, place, length > 0 ? bytes : "",
				   length, SQLITE_STATIC) == SQLITE_OK;
}

static inline uint64_t
number_at(sqlite3_stmt *statement, int column)
{
	return (uint64_t)sqlite3_column_int64(statement, column);
}

#endif
