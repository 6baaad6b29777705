/*
 * A log in an SQLite database, beside the tables of the user's state machine.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The effects of entries and the record that they were applied are one transaction,
 * so that no crash makes an entry be applied twice or half:
 *
 *	raft_log_sqlite_begin(log)
 *	... what the entries do, by raft_log_sqlite_database(log)
 *	raft_log_sqlite_applied(log, last)
 *
 * and a server that starts again goes on behind that entry, with no snapshot to load.
 * What is saved between two flushes is one transaction, too, and flush() waits for the
 * disk. What is applied does not: after a crash the tables may be some entries behind,
 * never the log, and those entries are shown to the machine again.
 *
 * The state as it is now can be written to a file, a database of its own, from any
 * thread while the log goes on (raft_log_sqlite_copy), and be taken from one
 * (raft_log_sqlite_load): what snapshots for servers that are far behind are made of.
 * assists/snapshot_file keeps and sends them. docs/sqlite.md shows all of it.
 *
 * The database is the file `database` of a directory of its own, in WAL mode: what is
 * in `database-wal` is a part of it, and a copy of the one without the other is an older
 * state, in which promises are forgotten. Other connections may read it at any time
 * while the log is open; nobody else may write. When it cannot be written or read, the
 * log says so once and does nothing more. A log belongs to one thread.
 */
#ifndef OUTRIGGER_LOG_SQLITE_H
#define OUTRIGGER_LOG_SQLITE_H

#include <sqlite3.h>

#include "assists/disk/owner.h"
#include "assists/node/node.h"

#ifdef __cplusplus
extern "C" {
#endif

struct raft_log_sqlite;
struct raft_log_sqlite_view;

/** The functions that raft_node calls; the log is their first argument. */
extern RAFT_API const struct raft_node_log raft_log_sqlite;

/**
 * Make an empty log, durably, in a directory that is made if there is none. An
 * incarnation of 0 is drawn at random and written to *owner. Do this once in a
 * server's life: a server that lost its log has lost its promises, and joins
 * again as another incarnation.
 *
 * False: refused, and `error` (of `size` bytes) says why and what to do; among
 * the reasons: the directory has a log.
 */
RAFT_API RAFT_MUST_USE bool raft_log_sqlite_create(const char *path,
						   struct raft_owner *owner,
						   char *error, size_t size);

/** Open a log, alone: a second process is refused. An incarnation of 0 is whichever
 *  life of that server. NULL: refused, and `error` (of `size` bytes) says why and what
 *  to do; among the reasons: there is no log, it is another server's. */
RAFT_API RAFT_MUST_USE struct raft_log_sqlite *
raft_log_sqlite_open(const char *path, const struct raft_owner *owner,
		     char *error, size_t size);

/** Close it, without a flush, and free it. The user's statements are finalized, and
 *  payloads that were read live on until they are released. NULL is allowed. */
RAFT_API void raft_log_sqlite_close(struct raft_log_sqlite *log);

/** Whom to report to, from within the functions of this page. `failed` comes at
 *  most once; `why` is a sentence that lives until it returns. Neither may
 *  close the log. */
RAFT_API void
raft_log_sqlite_bind(struct raft_log_sqlite *log, void *context,
		     void (*saved)(void *context, uint64_t token),
		     void (*failed)(void *context, const char *why));

/** Its owner, with the incarnation that was found. */
RAFT_API struct raft_owner
raft_log_sqlite_owner(const struct raft_log_sqlite *log);

/**
 * What it holds, for raft_start(), and what was applied. All it points to lives until
 * this is asked again, or the log is closed. With an index in *needed the log begins
 * behind a snapshot that the tables are not from, as a crash came in between: load
 * that one (raft_log_sqlite_load) before the member is started, and ask again.
 * False: out of memory, or it cannot be read, which was reported.
 */
RAFT_API RAFT_MUST_USE bool
raft_log_sqlite_stored(struct raft_log_sqlite *log, struct raft_stored *stored,
		       struct raft_entry_id *needed);

/** The log's connection, for the user's own tables, whose names do not begin with
 *  "raft_": to read at any time, and to write (and to make or change tables) between
 *  raft_log_sqlite_begin() and raft_log_sqlite_applied(), without BEGIN, COMMIT and
 *  ROLLBACK; savepoints are the user's. Its journal_mode, locking_mode and synchronous
 *  are the log's. */
RAFT_API sqlite3 *raft_log_sqlite_database(struct raft_log_sqlite *log);

/** Entries are about to be applied. The log's other functions are not to be called until
 *  raft_log_sqlite_applied(). False: it failed, which was reported. */
RAFT_API RAFT_MUST_USE bool raft_log_sqlite_begin(struct raft_log_sqlite *log);

/** All up to this entry have been applied. What was written since
 *  raft_log_sqlite_begin() is done, as a whole, or, if a crash comes before something
 *  that is saved later is durable, perhaps not at all. Index 0: tables were made or
 *  changed, and no entry applied. False: it failed, which was reported; among the
 *  reasons: a statement that failed has undone the transaction. */
RAFT_API RAFT_MUST_USE bool
raft_log_sqlite_applied(struct raft_log_sqlite *log, struct raft_entry_id last);

/** What was begun cannot be done, though every server must do it (the disk is full):
 *  the log reports that it has failed, with this sentence, and its member stops. Its
 *  entries are shown again after a restart. NULL: what SQLite says. */
RAFT_API void raft_log_sqlite_give_up(struct raft_log_sqlite *log,
				      const char *why);

/**
 * Write the user's tables, of the log in directory `path`, as they are now, to a
 * file of this name that does not exist yet: a database with all that
 * raft_log_sqlite_load() needs. Its bytes are durable, its name is the caller's to make
 * so. *last is the last entry that was applied to them; index 0: none, there is nothing
 * that a snapshot could be of. It is written twice, first to TO.all, and SQLite needs
 * as much room again where it keeps temporary files; the log goes on meanwhile, its
 * write-ahead file grows. Collations and functions that indexes need must be SQLite's
 * own. Any thread, any number at once. False: `error` (of `size` bytes) says why, and no
 * file is left.
 */
RAFT_API RAFT_MUST_USE bool
raft_log_sqlite_copy(const char *path, const char *to,
		     struct raft_entry_id *last, char *error, size_t size);

/** The same in two steps, for who has to say now of which moment the copy is to be: this
 *  is that moment, and its entry is *last. Until it is let go of, all that is written to
 *  the database stays in its write-ahead file. NULL: `error` says why. */
RAFT_API RAFT_MUST_USE struct raft_log_sqlite_view *
raft_log_sqlite_view(const char *path, struct raft_entry_id *last, char *error,
		     size_t size);

/** Write it to a file, as raft_log_sqlite_copy() does, in whatever thread. */
RAFT_API RAFT_MUST_USE bool
raft_log_sqlite_copy_view(struct raft_log_sqlite_view *view, const char *to,
			  char *error, size_t size);

/** Let go of it. NULL is allowed. */
RAFT_API void raft_log_sqlite_end_view(struct raft_log_sqlite_view *view);

/**
 * Let all tables be those of a copy, in one transaction; what the log holds and has
 * promised stays. It takes as long as writing them. The file is written to, and of no
 * use for anything else afterwards: whoever was interrupted writes it again. Statements
 * that the user has prepared go on if their tables are as before; none may be in the
 * middle of its rows. False: nothing has changed, and `error` (of `size` bytes) says
 * why; among the reasons: it is no copy, it is of another cluster, older than what the
 * tables hold or newer than the log. If the disk was the reason, the log has failed.
 */
RAFT_API RAFT_MUST_USE bool raft_log_sqlite_load(struct raft_log_sqlite *log,
						 const char *copy, char *error,
						 size_t size);

#ifdef __cplusplus
}
#endif

#endif
