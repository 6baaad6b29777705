/*
 * The user's tables, written to a file and taken from one.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is copied is what a connection sees that has begun to read: a moment. A copy has
 * the log's tables, too, but nothing in them except for the cluster and what was applied. Whoever takes one writes what is its own into it first, and then
 * lets the copy's pages be those of its database: one transaction, and no moment at
 * which a promise is not there.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assists/log_sqlite/inside.h"
#include "assists/system/system.h"

static const char forget_log[] =
    "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
    "DELETE FROM raft_entries;"
    "UPDATE raft_owner SET id = 0, incarnation = 0;"
    "UPDATE raft_state SET term = 0, vote_id = 0, vote_incarnation = 0,"
    " snapshot_index = 0, snapshot_term = 0, base_index = 0, base = x''";

/* The log's, into the one that is attached. */
static const char take_log[] =
    "PRAGMA copy.journal_mode=MEMORY; PRAGMA copy.synchronous=OFF; BEGIN;"
    "DELETE FROM copy.raft_entries;"
    "INSERT INTO copy.raft_entries SELECT * FROM main.raft_entries;"
    "DELETE FROM copy.raft_owner;"
    "INSERT INTO copy.raft_owner SELECT * FROM main.raft_owner;"
    "UPDATE copy.raft_state SET (term, vote_id, vote_incarnation,"
    " snapshot_index, snapshot_term, base_index, base) ="
    " (SELECT term, vote_id, vote_incarnation, snapshot_index, snapshot_term,"
    " base_index, base FROM main.raft_state);"
    "COMMIT";

static bool
complain(sqlite3 *database, const struct refusal *refusal)
{
	return refuse(refusal, "%s",
		      database != NULL ? sqlite3_errmsg(database)
				       : "out of memory");
}

static bool
execute(sqlite3 *database, const char *text, const struct refusal *refusal)
{
	return sqlite3_exec(database, text, NULL, NULL, NULL) == SQLITE_OK ||
	       complain(database, refusal);
}

/* --------------------------------------------------------------- writing */

/* A connection to a copy, or to what a copy is made of. */
static sqlite3 *
open_file(const char *name, const struct refusal *refusal)
{
	sqlite3 *database = NULL;

	if (name != NULL &&
	    sqlite3_open_v2(name, &database, SQLITE_OPEN_READWRITE, NULL) ==
		SQLITE_OK &&
	    sqlite3_busy_timeout(database, BUSY_MS) == SQLITE_OK)
		return database;
	complain(database, refusal);
	sqlite3_close(database);
	return NULL;
}

/* INTO keeps the numbers of rows; without it they change where a table has no key. */
static bool
vacuum_into(sqlite3 *from, const char *to, const struct refusal *refusal)
{
	sqlite3_stmt *copy = NULL;
	bool done =
	    sqlite3_prepare_v2(from, "VACUUM INTO ?1", -1, &copy, NULL) ==
		SQLITE_OK &&
	    sqlite3_bind_text(copy, 1, to, -1, SQLITE_STATIC) == SQLITE_OK &&
	    sqlite3_step(copy) == SQLITE_DONE;

	if (!done)
		complain(from, refusal);
	sqlite3_finalize(copy);
	return done;
}

static bool
read_applied(sqlite3 *database, struct raft_entry_id *last,
	     const struct refusal *refusal)
{
	sqlite3_stmt *row = NULL;
	bool done = sqlite3_prepare_v2(database,
				       "SELECT applied_index, applied_term"
				       " FROM raft_state",
				       -1, &row, NULL) == SQLITE_OK &&
		    sqlite3_step(row) == SQLITE_ROW;

	if (done)
		*last = (struct raft_entry_id){ number_at(row, 0),
						number_at(row, 1) };
	else
		complain(database, refusal);
	sqlite3_finalize(row);
	return done;
}

/* All of a database, with its log, as its reader sees it. */
static bool
write_all(sqlite3 *from, const char *to, const struct refusal *refusal)
{
	sqlite3_backup *backup = NULL;
	sqlite3 *all = NULL;
	int result = sqlite3_open(to, &all);

	if (result == SQLITE_OK)
		backup = sqlite3_backup_init(all, "main", from, "main");
	if (backup != NULL) {
		sqlite3_backup_step(backup, -1);
		result = sqlite3_backup_finish(backup);
	}
	if (backup == NULL || result != SQLITE_OK)
		complain(all, refusal);
	sqlite3_close(all);
	return backup != NULL && result == SQLITE_OK;
}

/* What is left of it without the log. */
static bool
write_rest(const char *all, const char *to, const struct refusal *refusal)
{
	sqlite3 *from = open_file(all, refusal);
	bool done = from != NULL && execute(from, forget_log, refusal) &&
		    vacuum_into(from, to, refusal);

	sqlite3_close(from);
	return done;
}

/* SQLite syncs what it has written into a file, and not the name. */
static bool
make_durable(const char *to, const struct refusal *refusal)
{
	int fd = open(to, O_RDONLY | O_CLOEXEC);
	bool done = fd >= 0 && raft__system_sync(fd);

	if (!done)
		refuse(refusal, "cannot be made durable: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return done;
}

struct raft_log_sqlite_view {
	/** It reads, and so sees what it saw first. */
	sqlite3 *database;
};

struct raft_log_sqlite_view *
raft_log_sqlite_view(const char *path, struct raft_entry_id *last, char *error,
		     size_t size)
{
	struct refusal refusal = { path, error, size };
	char *name = raft__sqlite_name(path, DATABASE_NAME);
	struct raft_log_sqlite_view *view = calloc(1, sizeof(*view));

	if (view == NULL)
		complain(NULL, &refusal);
	else
		view->database = open_file(name, &refusal);
	sqlite3_free(name);
	if (view != NULL && view->database != NULL &&
	    execute(view->database, "BEGIN", &refusal) &&
	    read_applied(view->database, last, &refusal))
		return view;
	raft_log_sqlite_end_view(view);
	return NULL;
}

void
raft_log_sqlite_end_view(struct raft_log_sqlite_view *view)
{
	if (view == NULL)
		return;
	sqlite3_close(view->database);
	free(view);
}

bool
raft_log_sqlite_copy_view(struct raft_log_sqlite_view *view, const char *to,
			  char *error, size_t size)
{
	struct refusal refusal = { to, error, size };
	char *all;
	bool done;

	if (access(to, F_OK) == 0)
		return refuse(&refusal, "is there already: name another file");
	all = sqlite3_mprintf("%s.all", to);
	if (all == NULL)
		return complain(NULL, &refusal);
	unlink(all);
	done = write_all(view->database, all, &refusal) &&
	       write_rest(all, to, &refusal) && make_durable(to, &refusal);
	unlink(all);
	sqlite3_free(all);
	if (!done)
		unlink(to);
	return done;
}

bool
raft_log_sqlite_copy(const char *path, const char *to,
		     struct raft_entry_id *last, char *error, size_t size)
{
	struct raft_log_sqlite_view *view =
	    raft_log_sqlite_view(path, last, error, size);
	bool done = view != NULL &&
		    raft_log_sqlite_copy_view(view, to, error, size);

	raft_log_sqlite_end_view(view);
	return done;
}

/* ---------------------------------------------------------------- taking */

/* Whose a copy is: nobody's, or ours if it was being loaded before. */
static bool
is_of_us(struct raft_log_sqlite *log, sqlite3 *copy,
	 const struct refusal *refusal)
{
	sqlite3_stmt *row = NULL;
	uint64_t id;
	bool done = false;

	if (sqlite3_prepare_v2(copy,
			       "SELECT cluster, id, incarnation, version"
			       " FROM raft_owner",
			       -1, &row, NULL) != SQLITE_OK ||
	    sqlite3_step(row) != SQLITE_ROW ||
	    sqlite3_column_bytes(row, 0) != sizeof(log->owner.cluster) ||
	    number_at(row, 3) != TABLES_VERSION) {
		if (sqlite3_errcode(copy) == SQLITE_NOMEM)
			complain(copy, refusal);
		else
			refuse(refusal, "is not a copy that this version of "
					"the library has made");
	} else if (memcmp(sqlite3_column_blob(row, 0), log->owner.cluster,
			  sizeof(log->owner.cluster)) != 0) {
		refuse(refusal, "is a copy of another cluster's tables");
	} else {
		id = number_at(row, 1);
		done = id == 0 ||
		       (id == log->owner.self.id &&
			number_at(row, 2) == log->owner.self.incarnation) ||
		       refuse(refusal, "is the database of server %" PRIu64
				       ", and no copy",
			      id);
	}
	sqlite3_finalize(row);
	return done;
}

static bool
is_new_enough(struct raft_log_sqlite *log, sqlite3 *copy,
	      const struct refusal *refusal)
{
	struct raft_entry_id ours, theirs;

	if (!read_applied(log->database, &ours, refusal) ||
	    !read_applied(copy, &theirs, refusal))
		return false;
	if (theirs.index < log->snapshot.index ||
	    theirs.index > log->last_index)
		return refuse(refusal,
			      "is of entry %" PRIu64 ", and the log begins "
			      "behind %" PRIu64 " and ends with %" PRIu64,
			      theirs.index, log->snapshot.index,
			      log->last_index);
	return theirs.index >= ours.index ||
	       refuse(refusal,
		      "is of entry %" PRIu64 ", and %" PRIu64 " is applied",
		      theirs.index, ours.index);
}

static bool
write_own(struct raft_log_sqlite *log, const struct refusal *refusal)
{
	sqlite3_stmt *attach = NULL;
	bool done =
	    sqlite3_prepare_v2(log->database, "ATTACH ?1 AS copy", -1, &attach,
			       NULL) == SQLITE_OK &&
	    sqlite3_bind_text(attach, 1, refusal->path, -1, SQLITE_STATIC) ==
		SQLITE_OK &&
	    sqlite3_step(attach) == SQLITE_DONE;

	sqlite3_finalize(attach);
	if (!done)
		return complain(log->database, refusal);
	done = execute(log->database, take_log, refusal);
	if (!done && !sqlite3_get_autocommit(log->database))
		sqlite3_exec(log->database, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_exec(log->database, "DETACH copy", NULL, NULL, NULL);
	return done;
}

static bool
take_pages(struct raft_log_sqlite *log, sqlite3 *copy,
	   const struct refusal *refusal)
{
	sqlite3_backup *backup;
	int result;

	if (!execute(log->database, "PRAGMA synchronous=FULL", refusal))
		return false;
	backup = sqlite3_backup_init(log->database, "main", copy, "main");
	if (backup == NULL)
		return complain(log->database, refusal);
	sqlite3_backup_step(backup, -1);
	result = sqlite3_backup_finish(backup);
	/* Not to be relied on any more, whatever a later sync says. */
	if ((result & 0xff) == SQLITE_IOERR)
		raft__sqlite_fail(log, sqlite3_errstr(result));
	return result == SQLITE_OK ||
	       refuse(refusal, "cannot be taken: %s",
		      result == SQLITE_READONLY
			  ? "its pages are of another size"
			  : sqlite3_errstr(result));
}

static bool
take(struct raft_log_sqlite *log, sqlite3 *copy, const struct refusal *refusal)
{
	return is_of_us(log, copy, refusal) &&
	       is_new_enough(log, copy, refusal) && write_own(log, refusal) &&
	       take_pages(log, copy, refusal);
}

/* Its database could not be let go of then. */
static bool
is_being_read(struct raft_log_sqlite *log)
{
	sqlite3_stmt *statement = NULL;

	while ((statement = sqlite3_next_stmt(log->database, statement)) !=
	       NULL) {
		if (sqlite3_stmt_busy(statement))
			return true;
	}
	return false;
}

bool
raft_log_sqlite_load(struct raft_log_sqlite *log, const char *copy, char *error,
		     size_t size)
{
	struct refusal refusal = { copy, error, size };
	sqlite3 *source;
	bool done;

	if (log->failed || !raft__sqlite_commit_saves(log))
		return refuse(&refusal, "cannot be taken: the log has failed");
	if (log->open == EFFECTS)
		return refuse(&refusal, "cannot be taken while entries are "
					"being applied");
	if (is_being_read(log))
		return refuse(&refusal, "cannot be taken while a statement is "
					"in the middle of its rows");
	source = open_file(copy, &refusal);
	done = source != NULL && take(log, source, &refusal);
	sqlite3_close(source);
	return done;
}
