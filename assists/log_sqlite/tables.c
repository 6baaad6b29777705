/*
 * The tables of a log, made and opened.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/stdlib.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "assists/disk/directory.h"
#include "assists/log_sqlite/inside.h"
#include "assists/system/system.h"

/* Numbers of 64 bits are kept as SQLite has them, with a sign. One row of the first
 * two: `base` is the configuration in force at the snapshot. */
static const char make_tables[] =
    "CREATE TABLE raft_owner (one INTEGER PRIMARY KEY CHECK (one = 1),"
    " version INTEGER NOT NULL, cluster BLOB NOT NULL, id INTEGER NOT NULL,"
    " incarnation INTEGER NOT NULL);"
    "CREATE TABLE raft_state (one INTEGER PRIMARY KEY CHECK (one = 1),"
    " term INTEGER NOT NULL DEFAULT 0, vote_id INTEGER NOT NULL DEFAULT 0,"
    " vote_incarnation INTEGER NOT NULL DEFAULT 0,"
    " snapshot_index INTEGER NOT NULL DEFAULT 0,"
    " snapshot_term INTEGER NOT NULL DEFAULT 0,"
    " base_index INTEGER NOT NULL DEFAULT 0,"
    " base BLOB NOT NULL DEFAULT x'',"
    " applied_index INTEGER NOT NULL DEFAULT 0,"
    " applied_term INTEGER NOT NULL DEFAULT 0);"
    "INSERT INTO raft_state (one) VALUES (1);"
    "CREATE TABLE raft_entries (entry INTEGER PRIMARY KEY,"
    " term INTEGER NOT NULL, kind INTEGER NOT NULL, payload BLOB NOT NULL);"
    "CREATE INDEX raft_configurations ON raft_entries (entry) WHERE kind = 3;";
_Static_assert(RAFT_ENTRY_CONFIGURATION == 3, "it stands in the texts below");

static const char *const texts[STATEMENTS] = {
	[SAVE_PROMISES] = "UPDATE raft_state SET term = ?1, vote_id = ?2,"
			  " vote_incarnation = ?3",
	[SAVE_SNAPSHOT] = "UPDATE raft_state SET snapshot_index = ?1,"
			  " snapshot_term = ?2, base_index = ?3, base = ?4",
	[SAVE_ENTRY] = "INSERT INTO raft_entries (entry, term, kind, payload)"
		       " VALUES (?1, ?2, ?3, ?4)",
	[DROP_ALL] = "DELETE FROM raft_entries",
	[DROP_FROM] = "DELETE FROM raft_entries WHERE entry >= ?1",
	[READ_ENTRIES] = "SELECT entry, term, kind, payload FROM raft_entries"
			 " WHERE entry >= ?1 ORDER BY entry",
	[READ_TERM] = "SELECT term FROM raft_entries WHERE entry = ?1",
	[TRIM_BASE] =
	    "UPDATE raft_state SET snapshot_index = ?1, snapshot_term = ?2,"
	    " (base_index, base) = (SELECT entry, payload FROM"
	    " (SELECT entry, payload FROM raft_entries"
	    "  WHERE kind = 3 AND entry <= ?1"
	    "  UNION ALL SELECT base_index, base)"
	    " ORDER BY entry DESC LIMIT 1)",
	[TRIM_ENTRIES] = "DELETE FROM raft_entries WHERE entry <= ?1",
	[APPLY] = "UPDATE raft_state SET applied_index = ?1,"
		  " applied_term = ?2 WHERE applied_index <= ?1",
};

char *
raft__sqlite_name(const char *directory, const char *file)
{
	return sqlite3_mprintf("%s/%s", directory, file);
}

/* --------------------------------------------------------------- making */

static bool
complain(sqlite3 *database, const struct refusal *refusal)
{
	return refuse(refusal, "its database: %s",
		      database != NULL ? sqlite3_errmsg(database)
				       : "out of memory");
}

/* A connection in WAL mode. NULL: refused. */
static sqlite3 *
open_database(const struct refusal *refusal, int flags)
{
	char *name = raft__sqlite_name(refusal->path, DATABASE_NAME);
	sqlite3 *database = NULL;
	sqlite3_stmt *mode = NULL;
	bool done;

	done = name != NULL &&
	       sqlite3_open_v2(name, &database, SQLITE_OPEN_READWRITE | flags,
			       NULL) == SQLITE_OK &&
	       sqlite3_busy_timeout(database, BUSY_MS) == SQLITE_OK &&
	       sqlite3_prepare_v2(database, "PRAGMA journal_mode=WAL", -1,
				  &mode, NULL) == SQLITE_OK &&
	       sqlite3_step(mode) == SQLITE_ROW;
	sqlite3_free(name);
	if (!done)
		complain(database, refusal);
	else if (strcmp((const char *)sqlite3_column_text(mode, 0), "wal") != 0)
		done = refuse(refusal, "its database cannot have a write-ahead "
				       "file (WAL): keep it on a local disk");
	sqlite3_finalize(mode);
	if (done)
		return database;
	sqlite3_close(database);
	return NULL;
}

/* Not by whether it can be read: an error is no sign that there is none. False:
 * refused. */
static bool
look_for_log(sqlite3 *database, bool *has_log, const struct refusal *refusal)
{
	sqlite3_stmt *row = NULL;
	bool done = sqlite3_prepare_v2(database,
				       "SELECT count(*) FROM sqlite_master"
				       " WHERE name = 'raft_owner'",
				       -1, &row, NULL) == SQLITE_OK &&
		    sqlite3_step(row) == SQLITE_ROW;

	if (done)
		*has_log = sqlite3_column_int(row, 0) > 0;
	else
		complain(database, refusal);
	sqlite3_finalize(row);
	return done;
}

/* The tables in one transaction with whose they are. */
static bool
make_log(sqlite3 *database, const struct raft_owner *owner)
{
	sqlite3_stmt *insert = NULL;
	bool done;

	done = sqlite3_exec(database,
			    "PRAGMA synchronous=FULL; BEGIN IMMEDIATE", NULL,
			    NULL, NULL) == SQLITE_OK &&
	       sqlite3_exec(database, make_tables, NULL, NULL, NULL) ==
		   SQLITE_OK &&
	       sqlite3_prepare_v2(database,
				  "INSERT INTO raft_owner (one, version,"
				  " cluster, id, incarnation)"
				  " VALUES (1, ?1, ?2, ?3, ?4)",
				  -1, &insert, NULL) == SQLITE_OK;
	if (done) {
		bind_number(insert, 1, TABLES_VERSION);
		bind_bytes(insert, 2, owner->cluster, sizeof(owner->cluster));
		bind_number(insert, 3, owner->self.id);
		bind_number(insert, 4, owner->self.incarnation);
		done = sqlite3_step(insert) == SQLITE_DONE;
	}
	sqlite3_finalize(insert);
	return done && sqlite3_exec(database, "COMMIT", NULL, NULL, NULL) ==
			   SQLITE_OK;
}

bool
raft_log_sqlite_create(const char *path, struct raft_owner *owner, char *error,
		       size_t size)
{
	struct refusal refusal = { path, error, size };
	sqlite3 *database;
	int directory;
	bool has_log, done = false;

	if (owner->self.id == 0)
		return refuse(&refusal, "server id 0 means nobody: give the "
					"server an id from 1 up");
	directory = raft__directory_make(&refusal);
	if (directory < 0)
		return false;
	while (owner->self.incarnation == 0)
		arc4random_buf(&owner->self.incarnation,
			       sizeof(owner->self.incarnation));
	database = open_database(&refusal, SQLITE_OPEN_CREATE);
	if (database == NULL || !look_for_log(database, &has_log, &refusal))
		;
	else if (has_log)
		refuse(&refusal, "already has a log: open it, or name another "
				 "directory");
	else
		done = make_log(database, owner) ||
		       complain(database, &refusal);
	sqlite3_close(database);
	if (done && !raft__system_sync(directory))
		done = refuse(&refusal, "cannot be made durable: %s",
			      strerror(errno));
	close(directory);
	return done;
}

/* -------------------------------------------------------------- opening */

static bool
check_owner(struct raft_log_sqlite *log, const struct raft_owner *wanted,
	    const struct refusal *refusal)
{
	sqlite3_stmt *row = NULL;
	bool has_log, done = false;

	if (!look_for_log(log->database, &has_log, refusal))
		return false;
	if (!has_log)
		return refuse(refusal,
			      "has no log: create one if this server never "
			      "had any; if it had, its promises are "
			      "forgotten, so remove it from its cluster and "
			      "add it again with a new log");
	if (sqlite3_prepare_v2(log->database,
			       "SELECT version, cluster, id, incarnation"
			       " FROM raft_owner",
			       -1, &row, NULL) != SQLITE_OK ||
	    sqlite3_step(row) != SQLITE_ROW ||
	    sqlite3_column_bytes(row, 1) != sizeof(log->owner.cluster)) {
		complain(log->database, refusal);
	} else if (number_at(row, 0) != TABLES_VERSION) {
		refuse(refusal, "its tables have version %d, and this library "
				"knows version %d: use the version of the "
				"library that made them",
		       sqlite3_column_int(row, 0), TABLES_VERSION);
	} else {
		memcpy(log->owner.cluster, sqlite3_column_blob(row, 1),
		       sizeof(log->owner.cluster));
		log->owner.self.id = number_at(row, 2);
		log->owner.self.incarnation = number_at(row, 3);
		done = raft__directory_is_of(&log->owner, wanted, "its log",
					     refusal);
	}
	sqlite3_finalize(row);
	return done;
}

/* What was found may have been written and never synced, and a sync of the same bytes
 * would say no more than that nothing is left to write (log_file's make_durable): they
 * are written once more, into the database itself. */
static bool
make_durable(struct raft_log_sqlite *log, const struct refusal *refusal)
{
	int result = sqlite3_wal_checkpoint_v2(log->database, "main",
					       SQLITE_CHECKPOINT_TRUNCATE, NULL,
					       NULL);

	if (result == SQLITE_BUSY)
		return refuse(refusal, "its database is being read, and must "
				       "not be while the log is opened");
	return (result == SQLITE_OK || complain(log->database, refusal)) &&
	       (raft__system_sync(log->directory) ||
		refuse(refusal, "cannot be made durable: %s",
		       strerror(errno)));
}

static bool
prepare_all(struct raft_log_sqlite *log)
{
	for (size_t i = 0; i < STATEMENTS; i++) {
		if (sqlite3_prepare_v3(log->database, texts[i], -1,
				       SQLITE_PREPARE_PERSISTENT,
				       &log->statements[i], NULL) != SQLITE_OK)
			return false;
	}
	return true;
}

bool
raft__sqlite_read_bounds(struct raft_log_sqlite *log)
{
	sqlite3_stmt *row = NULL;
	bool done = sqlite3_prepare_v2(
			log->database,
			"SELECT snapshot_index, snapshot_term,"
			" (SELECT max(entry) FROM raft_entries)"
			" FROM raft_state",
			-1, &row, NULL) == SQLITE_OK &&
		    sqlite3_step(row) == SQLITE_ROW;

	if (done) {
		log->snapshot.index = number_at(row, 0);
		log->snapshot.term = number_at(row, 1);
		log->last_index = sqlite3_column_type(row, 2) == SQLITE_NULL
				      ? log->snapshot.index
				      : number_at(row, 2);
	}
	sqlite3_finalize(row);
	return done;
}

static bool
open_log(struct raft_log_sqlite *log, const struct raft_owner *owner,
	 const struct refusal *refusal)
{
	log->directory = raft__directory_open(refusal);
	if (log->directory < 0)
		return false;
	if (faccessat(log->directory, DATABASE_NAME, F_OK, 0) != 0 &&
	    errno == ENOENT)
		return refuse(refusal, "has no database: create one if this "
				       "server never had any; if it had, its "
				       "promises are forgotten, so remove it "
				       "from its cluster and add it again "
				       "with a new log");
	log->database = open_database(refusal, 0);
	if (log->database == NULL || !check_owner(log, owner, refusal) ||
	    !make_durable(log, refusal))
		return false;
	raft__sqlite_watch(log);
	return (prepare_all(log) && raft__sqlite_read_bounds(log)) ||
	       complain(log->database, refusal);
}

struct raft_log_sqlite *
raft_log_sqlite_open(const char *path, const struct raft_owner *owner,
		     char *error, size_t size)
{
	struct refusal refusal = { path, error, size };
	size_t path_bytes = strlen(path) + 1;
	struct raft_log_sqlite *log = calloc(1, sizeof(*log) + path_bytes);

	if (log == NULL) {
		refuse(&refusal, "its log does not fit into memory");
		return NULL;
	}
	memcpy(log->path, path, path_bytes);
	if (open_log(log, owner, &refusal))
		return log;
	raft_log_sqlite_close(log);
	return NULL;
}

void
raft_log_sqlite_close(struct raft_log_sqlite *log)
{
	sqlite3_stmt *statement;

	if (log == NULL)
		return;
	while (log->database != NULL &&
	       (statement = sqlite3_next_stmt(log->database, NULL)) != NULL)
		sqlite3_finalize(statement);
	/* What could not be made durable is not to be taken for it. */
	if (log->failed)
		sqlite3_db_config(log->database,
				  SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_close(log->database);
	if (log->directory >= 0)
		close(log->directory);
	raft__sqlite_clear(&log->handed_out);
	free(log);
}
