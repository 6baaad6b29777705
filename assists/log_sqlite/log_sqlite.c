/*
 * The log in SQLite: the table of functions, and what is reported.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * In WAL mode a commit with `synchronous=FULL` waits until it is durable, one with
 * NORMAL does not; and since all commits stand one behind the other in the
 * write-ahead file, the next that waits makes the others durable, too. Checkpoints are
 * made here alone: one that SQLite made by itself within a commit, and whose sync failed,
 * would not be told of.
 */
#include "assists/log_sqlite/inside.h"

#include <stdlib.h>
#include <string.h>

bool
raft__sqlite_fail(struct raft_log_sqlite *log, const char *why)
{
	char text[512];
	struct refusal refusal = { log->path, text, sizeof(text) };

	if (log->failed)
		return false;
	log->failed = true;
	refuse(&refusal, "its database: %s",
	       why != NULL ? why : sqlite3_errmsg(log->database));
	if (log->on_failed != NULL)
		log->on_failed(log->context, text);
	return false;
}

bool
raft__sqlite_run(struct raft_log_sqlite *log, enum statement statement)
{
	sqlite3_stmt *prepared = log->statements[statement];
	bool done = sqlite3_step(prepared) == SQLITE_DONE ||
		    raft__sqlite_fail(log, NULL);

	sqlite3_reset(prepared);
	sqlite3_clear_bindings(prepared);
	return done;
}

/* ---------------------------------------------------------- transactions */

/* From this many pages of the write-ahead file on they are brought home. */
#define CHECKPOINT_PAGES 1000

/* A statement of the user's that fails may undo the whole transaction; what came after
 * it would then be a transaction of its own. */
static int
allow_commit(void *context)
{
	const struct raft_log_sqlite *log = context;

	return log->open != NO_TRANSACTION && !log->commits;
}

static int
note_pages(void *context, sqlite3 *database, const char *name, int pages)
{
	struct raft_log_sqlite *log = context;

	(void)database;
	if (strcmp(name, "main") == 0)
		log->wal_pages = pages;
	return SQLITE_OK;
}

void
raft__sqlite_watch(struct raft_log_sqlite *log)
{
	sqlite3_commit_hook(log->database, allow_commit, log);
	sqlite3_wal_hook(log->database, note_pages, log);
}

/* Readers may have it end early. */
static bool
checkpoint(struct raft_log_sqlite *log)
{
	int result = sqlite3_wal_checkpoint_v2(
	    log->database, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

	log->wal_pages = 0;
	return result == SQLITE_OK || result == SQLITE_BUSY ||
	       raft__sqlite_fail(log, NULL);
}

static bool
execute(struct raft_log_sqlite *log, const char *text)
{
	return sqlite3_exec(log->database, text, NULL, NULL, NULL) ==
		       SQLITE_OK ||
	       raft__sqlite_fail(log, NULL);
}

bool
raft__sqlite_begin_saves(struct raft_log_sqlite *log)
{
	if (log->open == EFFECTS)
		return raft__sqlite_fail(
		    log, "entries that were to be applied were not");
	if (log->open == SAVES)
		return true;
	if (!execute(log, "PRAGMA synchronous=FULL; BEGIN IMMEDIATE"))
		return false;
	log->open = SAVES;
	return true;
}

static bool
commit(struct raft_log_sqlite *log)
{
	if (sqlite3_get_autocommit(log->database))
		return raft__sqlite_fail(
		    log, "a statement that failed has undone its transaction");
	log->commits = true;
	if (!execute(log, "COMMIT"))
		return false;
	log->commits = false;
	log->open = NO_TRANSACTION;
	return true;
}

bool
raft__sqlite_commit_saves(struct raft_log_sqlite *log)
{
	return log->open != SAVES ||
	       (commit(log) && (log->wal_pages < CHECKPOINT_PAGES ||
				checkpoint(log)));
}

bool
raft__sqlite_begin_effects(struct raft_log_sqlite *log)
{
	if (log->open == EFFECTS)
		return raft__sqlite_fail(log, "what was begun has not ended");
	if (!raft__sqlite_commit_saves(log) ||
	    !execute(log, "PRAGMA synchronous=NORMAL; BEGIN IMMEDIATE"))
		return false;
	log->open = EFFECTS;
	return true;
}

bool
raft__sqlite_commit_effects(struct raft_log_sqlite *log)
{
	return commit(log);
}

/* ---------------------------------------------------------------- saving */

static bool
begin_behind(struct raft_log_sqlite *log,
	     const struct raft_stored_snapshot *snapshot)
{
	sqlite3_stmt *save = log->statements[SAVE_SNAPSHOT];

	bind_number(save, 1, snapshot->last.index);
	bind_number(save, 2, snapshot->last.term);
	bind_number(save, 3, snapshot->configuration_index);
	bind_bytes(save, 4, snapshot->configuration,
		   snapshot->configuration_length);
	if (!raft__sqlite_run(log, DROP_ALL) ||
	    !raft__sqlite_run(log, SAVE_SNAPSHOT))
		return false;
	log->snapshot = snapshot->last;
	log->last_index = snapshot->last.index;
	return true;
}

static bool
drop_from(struct raft_log_sqlite *log, uint64_t first)
{
	if (first == 0 || first > log->last_index)
		return true;
	bind_number(log->statements[DROP_FROM], 1, first);
	if (!raft__sqlite_run(log, DROP_FROM))
		return false;
	log->last_index =
	    first > log->snapshot.index ? first - 1 : log->snapshot.index;
	return true;
}

static bool
append(struct raft_log_sqlite *log, const struct raft_entry *entry)
{
	sqlite3_stmt *save = log->statements[SAVE_ENTRY];

	if (entry->index != log->last_index + 1)
		return raft__sqlite_fail(
		    log, "a save does not follow the last entry");
	bind_number(save, 1, entry->index);
	bind_number(save, 2, entry->term);
	bind_number(save, 3, entry->kind);
	bind_bytes(save, 4, entry->payload.data, entry->payload.length);
	if (!raft__sqlite_run(log, SAVE_ENTRY))
		return false;
	log->last_index++;
	return true;
}

static bool
promise(struct raft_log_sqlite *log, const struct raft_save *save)
{
	sqlite3_stmt *promises = log->statements[SAVE_PROMISES];

	bind_number(promises, 1, save->term);
	bind_number(promises, 2, save->vote.id);
	bind_number(promises, 3, save->vote.incarnation);
	return raft__sqlite_run(log, SAVE_PROMISES);
}

static void
take_save(void *context, const struct raft_save *save)
{
	struct raft_log_sqlite *log = context;

	if (log->failed || !raft__sqlite_begin_saves(log) ||
	    !promise(log, save))
		return;
	if (save->snapshot != NULL && !begin_behind(log, save->snapshot))
		return;
	if (!drop_from(log, save->truncate_from))
		return;
	for (size_t i = 0; i < save->entry_count; i++) {
		if (!append(log, &save->entries[i]))
			return;
	}
	log->token = save->token;
}

static void
flush(void *context)
{
	struct raft_log_sqlite *log = context;

	if (log->failed || !raft__sqlite_commit_saves(log) ||
	    log->reported == log->token)
		return;
	log->reported = log->token;
	if (log->on_saved != NULL)
		log->on_saved(log->context, log->token);
}

/* -------------------------------------------------------------- trimming */

static bool
is_of_ours(struct raft_log_sqlite *log, struct raft_entry_id snapshot)
{
	sqlite3_stmt *term = log->statements[READ_TERM];
	bool found;

	bind_number(term, 1, snapshot.index);
	found = sqlite3_step(term) == SQLITE_ROW &&
		number_at(term, 0) == snapshot.term;
	sqlite3_reset(term);
	return found;
}

/* The configuration in force at the snapshot comes to stand for the entries. */
static bool
drop_up_to(struct raft_log_sqlite *log, struct raft_entry_id snapshot)
{
	sqlite3_stmt *base = log->statements[TRIM_BASE];
	bool all = !is_of_ours(log, snapshot);

	bind_number(base, 1, snapshot.index);
	bind_number(base, 2, snapshot.term);
	bind_number(log->statements[TRIM_ENTRIES], 1, snapshot.index);
	if (!raft__sqlite_run(log, TRIM_BASE) ||
	    !raft__sqlite_run(log, all ? DROP_ALL : TRIM_ENTRIES))
		return false;
	log->snapshot = snapshot;
	if (all || log->last_index < snapshot.index)
		log->last_index = snapshot.index;
	return true;
}

/* Of itself it is not worth a wait for the disk. */
static void
trim(void *context, struct raft_entry_id snapshot)
{
	struct raft_log_sqlite *log = context;

	if (log->failed || snapshot.index <= log->snapshot.index)
		return;
	if (log->open == SAVES)
		(void)drop_up_to(log, snapshot);
	else if (raft__sqlite_begin_effects(log) && drop_up_to(log, snapshot))
		(void)raft__sqlite_commit_effects(log);
}

/* --------------------------------------------------------------- reading */

static void
release_bytes(struct raft_block *block)
{
	free(block);
}

static bool
copy_bytes(sqlite3_stmt *statement, int column, struct raft_payload *payload)
{
	size_t length = (size_t)sqlite3_column_bytes(statement, column);
	const void *bytes = sqlite3_column_blob(statement, column);
	struct raft_block *block;

	*payload = (struct raft_payload){ .length = length };
	if (length == 0)
		return true;
	block = bytes != NULL ? malloc(sizeof(*block) + length) : NULL;
	if (block == NULL)
		return false;
	*block = (struct raft_block){ 1, release_bytes };
	memcpy(block + 1, bytes, length);
	payload->data = block + 1;
	payload->owner = block;
	return true;
}

static bool
copy_entry(sqlite3_stmt *row, struct raft_entry *entry)
{
	*entry = (struct raft_entry){
		.index = number_at(row, 0),
		.term = number_at(row, 1),
		.kind = (enum raft_entry_kind)sqlite3_column_int(row, 2),
	};
	return copy_bytes(row, 3, &entry->payload);
}

static size_t
read_entries(void *context, uint64_t first, size_t count, size_t bytes_max,
	     struct raft_entry *entries)
{
	struct raft_log_sqlite *log = context;
	sqlite3_stmt *row = log->statements[READ_ENTRIES];
	size_t bytes = 0, n = 0;
	int result = SQLITE_DONE;

	if (log->failed || first <= log->snapshot.index ||
	    first > log->last_index)
		return 0;
	bind_number(row, 1, first);
	while (n < count && (result = sqlite3_step(row)) == SQLITE_ROW) {
		bytes += (size_t)sqlite3_column_bytes(row, 3);
		if (n > 0 && bytes > bytes_max)
			break;
		if (!copy_entry(row, &entries[n])) {
			result = SQLITE_NOMEM;
			break;
		}
		n++;
	}
	sqlite3_reset(row);
	if (n == 0 && count > 0)
		raft__sqlite_fail(log, result == SQLITE_NOMEM
					   ? "out of memory"
					   : NULL);
	return n;
}

const struct raft_node_log raft_log_sqlite = {
	.save = take_save,
	.flush = flush,
	.read = read_entries,
	.trim = trim,
};

/* -------------------------------------------------------------- applying */

bool
raft_log_sqlite_begin(struct raft_log_sqlite *log)
{
	return !log->failed && raft__sqlite_begin_effects(log);
}

bool
raft_log_sqlite_applied(struct raft_log_sqlite *log, struct raft_entry_id last)
{
	sqlite3_stmt *apply = log->statements[APPLY];

	if (log->failed)
		return false;
	if (log->open != EFFECTS)
		return raft__sqlite_fail(log, "nothing was begun");
	if (last.index > log->last_index)
		return raft__sqlite_fail(
		    log, "an entry that the log does not hold was applied");
	if (last.index == 0)
		return raft__sqlite_commit_effects(log);
	if (sqlite3_get_autocommit(log->database))
		return commit(log);
	bind_number(apply, 1, last.index);
	bind_number(apply, 2, last.term);
	if (!raft__sqlite_run(log, APPLY))
		return false;
	if (sqlite3_changes(log->database) == 0)
		return raft__sqlite_fail(log, "a later entry was applied");
	return raft__sqlite_commit_effects(log);
}

void
raft_log_sqlite_give_up(struct raft_log_sqlite *log, const char *why)
{
	raft__sqlite_fail(log, why);
}

void
raft_log_sqlite_bind(struct raft_log_sqlite *log, void *context,
		     void (*saved)(void *context, uint64_t token),
		     void (*failed)(void *context, const char *why))
{
	log->context = context;
	log->on_saved = saved;
	log->on_failed = failed;
}

sqlite3 *
raft_log_sqlite_database(struct raft_log_sqlite *log)
{
	return log->database;
}

struct raft_owner
raft_log_sqlite_owner(const struct raft_log_sqlite *log)
{
	return log->owner;
}
