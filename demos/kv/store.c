/*
 * Keys in an SQLite database (store.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/string.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "demos/kv/store.h"

#define PIECE_BYTES 65536

/* ------------------------------------------------------------------ changes */

static void
run(struct store *store, sqlite3_stmt *statement)
{
	/* Every server must do it: this one cannot go on. */
	if (sqlite3_step(statement) != SQLITE_DONE)
		raft_log_sqlite_give_up(store->log, NULL);
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
}

static void
bind_bytes(sqlite3_stmt *statement, int place, const char *bytes, size_t length)
{
	sqlite3_bind_blob64(statement, place, length > 0 ? bytes : "", length,
			    SQLITE_STATIC);
}

static void
changed(void *context, const struct key *key, bool is_gone)
{
	struct store *store = context;
	sqlite3_stmt *statement = is_gone ? store->drop : store->put;

	bind_bytes(statement, 1, key->name, key->length);
	if (!is_gone) {
		bind_bytes(statement, 2, key->value, key->value_length);
		sqlite3_bind_int64(statement, 3, (int64_t)key->gone_at_ms);
	}
	run(store, statement);
}

void
store_keep_time(struct store *store)
{
	sqlite3_bind_int64(store->pass_time, 1, (int64_t)store->keys->now_ms);
	run(store, store->pass_time);
}

/* ------------------------------------------------------------------ reading */

static struct text
text_at(sqlite3_stmt *row, int column)
{
	struct text text = { sqlite3_column_blob(row, column),
			     (size_t)sqlite3_column_bytes(row, column) };

	if (text.bytes == NULL)
		text.bytes = "";
	return text;
}

static bool
read_keys(struct keys *keys, sqlite3_stmt *row)
{
	int result;

	while ((result = sqlite3_step(row)) == SQLITE_ROW)
		keys_set_time(keys,
			      keys_set(keys, text_at(row, 0), text_at(row, 1)),
			      (uint64_t)sqlite3_column_int64(row, 2));
	return result == SQLITE_DONE;
}

/** All that is in the tables, in the place of what is in memory. */
static bool
read_all(struct store *store)
{
	sqlite3 *database = raft_log_sqlite_database(store->log);
	sqlite3_stmt *time = NULL, *rows = NULL;
	bool good;

	keys_free(store->keys);
	good = sqlite3_prepare_v2(database, "SELECT now_ms FROM kv_time", -1,
				  &time, NULL) == SQLITE_OK &&
	       sqlite3_step(time) == SQLITE_ROW &&
	       sqlite3_prepare_v2(database,
				  "SELECT name, value, gone_at_ms FROM kv_keys",
				  -1, &rows, NULL) == SQLITE_OK &&
	       read_keys(store->keys, rows);
	if (good)
		store->keys->now_ms = (uint64_t)sqlite3_column_int64(time, 0);
	sqlite3_finalize(time);
	sqlite3_finalize(rows);
	store->keys->changed = changed;
	store->keys->context = store;
	return good;
}

/* ------------------------------------------------------------------ opening */

static const char tables[] =
    "CREATE TABLE IF NOT EXISTS kv_keys (name BLOB PRIMARY KEY,"
    " value BLOB NOT NULL, gone_at_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS kv_time (one INTEGER PRIMARY KEY,"
    " now_ms INTEGER NOT NULL);"
    "INSERT OR IGNORE INTO kv_time VALUES (1, 0);";

static bool
prepare(struct store *store, const char *text, sqlite3_stmt **statement)
{
	return sqlite3_prepare_v2(raft_log_sqlite_database(store->log), text,
				  -1, statement, NULL) == SQLITE_OK;
}

static bool
make_tables(struct store *store)
{
	sqlite3 *database = raft_log_sqlite_database(store->log);

	return raft_log_sqlite_begin(store->log) &&
	       sqlite3_exec(database, tables, NULL, NULL, NULL) == SQLITE_OK &&
	       raft_log_sqlite_applied(store->log,
				       (struct raft_entry_id){ 0 }) &&
	       prepare(store, "INSERT OR REPLACE INTO kv_keys VALUES (?, ?, ?)",
		       &store->put) &&
	       prepare(store, "DELETE FROM kv_keys WHERE name = ?",
		       &store->drop) &&
	       prepare(store, "UPDATE kv_time SET now_ms = ?",
		       &store->pass_time) &&
	       read_all(store);
}

static void *
open_log(void *machine, const char *path, const struct raft_owner *owner,
	 char *error, size_t size)
{
	struct raft_log_sqlite *log =
	    raft_log_sqlite_open(path, owner, error, size);
	struct store *store = machine;

	if (log == NULL || store == NULL)
		return log;
	store->log = log;
	strlcpy(store->path, path, sizeof(store->path));
	if (make_tables(store))
		return log;
	snprintf(error, size, "%s: the keys cannot be read: %s", path,
		 sqlite3_errmsg(raft_log_sqlite_database(log)));
	raft_log_sqlite_close(log);
	return NULL;
}

static void
close_log(void *log)
{
	raft_log_sqlite_close(log);
}

static void
bind_log(void *log, void *context, void (*saved)(void *context, uint64_t token),
	 void (*failed)(void *context, const char *why))
{
	raft_log_sqlite_bind(log, context, saved, failed);
}

static bool
stored(void *log, struct raft_stored *stored, struct raft_entry_id *needed)
{
	return raft_log_sqlite_stored(log, stored, needed);
}

static bool
begin(void *log)
{
	return raft_log_sqlite_begin(log);
}

static bool
applied(void *log, struct raft_entry_id last)
{
	return raft_log_sqlite_applied(log, last);
}

const struct raft_server_log store_log = {
	.functions = &raft_log_sqlite,
	.create = raft_log_sqlite_create,
	.open = open_log,
	.close = close_log,
	.bind = bind_log,
	.stored = stored,
	.begin = begin,
	.applied = applied,
};

/* ---------------------------------------------------------------- snapshots */

/** The database at a moment, and the file that becomes a copy of it. */
struct frozen {
	struct raft_log_sqlite_view *view;
	char copy[PATH_MAX];
};

void *
store_freeze(void *context)
{
	const struct store *store = context;
	struct frozen *frozen = calloc(1, sizeof(*frozen));
	struct raft_entry_id last;
	char error[512];

	if (frozen == NULL)
		return NULL;
	snprintf(frozen->copy, sizeof(frozen->copy), "%s/taken", store->path);
	frozen->view =
	    raft_log_sqlite_view(store->path, &last, error, sizeof(error));
	if (frozen->view != NULL)
		return frozen;
	warnx("%s", error);
	free(frozen);
	return NULL;
}

static bool
write_file(const char *name, struct raft_server_sink *sink)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	char piece[PIECE_BYTES];
	ssize_t got = -1;

	while (fd >= 0 && (got = read(fd, piece, sizeof(piece))) > 0 &&
	       raft_server_write(sink, piece, (size_t)got))
		continue;
	if (fd >= 0)
		close(fd);
	return got == 0;
}

bool
store_write(void *context, struct raft_server_sink *sink)
{
	struct frozen *frozen = context;
	char error[512];
	bool good;

	/* Of a process that has died. */
	unlink(frozen->copy);
	good = raft_log_sqlite_copy_view(frozen->view, frozen->copy, error,
					 sizeof(error));
	if (!good)
		warnx("%s", error);
	good = good && write_file(frozen->copy, sink);
	unlink(frozen->copy);
	return good;
}

void
store_thaw(void *context)
{
	struct frozen *frozen = context;

	raft_log_sqlite_end_view(frozen->view);
	free(frozen);
}

static bool
take_file(const char *name, struct raft_server_source *source)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char piece[PIECE_BYTES];
	bool good = fd >= 0;
	size_t got;

	while (good &&
	       (got = raft_server_take(source, piece, sizeof(piece))) > 0)
		good = write(fd, piece, got) == (ssize_t)got;
	return fd >= 0 && close(fd) == 0 && good;
}

bool
store_load(void *context, struct raft_server_source *source)
{
	struct store *store = context;
	char copy[PATH_MAX], error[512] = "it cannot be written";
	bool good;

	snprintf(copy, sizeof(copy), "%s/loaded", store->path);
	good = take_file(copy, source) &&
	       raft_log_sqlite_load(store->log, copy, error, sizeof(error));
	if (!good)
		warnx("%s: %s", copy, error);
	unlink(copy);
	return good && read_all(store);
}
