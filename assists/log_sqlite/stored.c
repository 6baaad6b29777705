/*
 * What a log holds: collected when asked, since it is asked once a start.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "assists/log_sqlite/inside.h"

void
raft__sqlite_clear(struct handed_out *out)
{
	for (size_t i = 0; i < out->configuration_count; i++)
		free((void *)(uintptr_t)out->configurations[i].bytes);
	free(out->configurations);
	free(out->runs);
	*out = (struct handed_out){ 0 };
}

/* Room for one more, if there is none: arrays double. */
static void *
grow(void *array, size_t count, size_t size)
{
	if ((count & (count - 1)) != 0)
		return array;
	return reallocarray(array, count == 0 ? 1 : 2 * count, size);
}

static bool
add_run(struct handed_out *out, sqlite3_stmt *row)
{
	struct raft_term_run *runs =
	    grow(out->runs, out->run_count, sizeof(*runs));

	if (runs == NULL)
		return false;
	out->runs = runs;
	runs[out->run_count++] =
	    (struct raft_term_run){ number_at(row, 0), number_at(row, 1) };
	return true;
}

static bool
add_configuration(struct handed_out *out, sqlite3_stmt *row)
{
	size_t n = out->configuration_count;
	struct raft_stored_configuration *all =
	    grow(out->configurations, n, sizeof(*all));
	size_t length = (size_t)sqlite3_column_bytes(row, 1);
	void *bytes;

	if (all == NULL)
		return false;
	out->configurations = all;
	bytes = malloc(length > 0 ? length : 1);
	if (bytes == NULL)
		return false;
	if (length > 0)
		memcpy(bytes, sqlite3_column_blob(row, 1), length);
	all[n] = (struct raft_stored_configuration){ number_at(row, 0), bytes,
						     length };
	out->configuration_count++;
	return true;
}

static bool
collect(struct raft_log_sqlite *log, const char *text,
	bool (*add)(struct handed_out *out, sqlite3_stmt *row))
{
	sqlite3_stmt *row = NULL;
	int result = sqlite3_prepare_v2(log->database, text, -1, &row, NULL);

	while (result == SQLITE_OK || result == SQLITE_ROW) {
		result = sqlite3_step(row);
		if (result == SQLITE_ROW && !add(&log->handed_out, row))
			result = SQLITE_NOMEM;
	}
	if (result != SQLITE_DONE)
		raft__sqlite_fail(log, result == SQLITE_NOMEM ? "out of memory"
							      : NULL);
	sqlite3_finalize(row);
	return result == SQLITE_DONE;
}

static bool
read_state(struct raft_log_sqlite *log, struct raft_stored *stored)
{
	sqlite3_stmt *row = NULL;
	bool done =
	    sqlite3_prepare_v2(log->database,
			       "SELECT term, vote_id, vote_incarnation,"
			       " applied_index FROM raft_state",
			       -1, &row, NULL) == SQLITE_OK &&
	    sqlite3_step(row) == SQLITE_ROW;

	if (done) {
		stored->term = number_at(row, 0);
		stored->vote.id = number_at(row, 1);
		stored->vote.incarnation = number_at(row, 2);
		stored->applied_index = number_at(row, 3);
	} else {
		raft__sqlite_fail(log, NULL);
	}
	sqlite3_finalize(row);
	return done;
}

bool
raft_log_sqlite_stored(struct raft_log_sqlite *log, struct raft_stored *stored,
		       struct raft_entry_id *needed)
{
	const struct handed_out *out = &log->handed_out;

	raft__sqlite_clear(&log->handed_out);
	*stored = (struct raft_stored){ 0 };
	*needed = (struct raft_entry_id){ 0 };
	if (log->failed || !raft__sqlite_commit_saves(log) ||
	    !read_state(log, stored) ||
	    !collect(log,
		     "SELECT min(entry), term FROM raft_entries"
		     " GROUP BY term ORDER BY 1",
		     add_run) ||
	    !collect(log,
		     "SELECT base_index, base FROM raft_state"
		     " WHERE base_index > 0 UNION ALL "
		     "SELECT * FROM (SELECT entry, payload FROM raft_entries"
		     " WHERE kind = 3 ORDER BY entry)",
		     add_configuration))
		return false;
	stored->snapshot = log->snapshot;
	stored->last_index = log->last_index;
	stored->runs = out->runs;
	stored->run_count = out->run_count;
	stored->configurations = out->configurations;
	stored->configuration_count = out->configuration_count;
	if (stored->applied_index < log->snapshot.index)
		*needed = log->snapshot;
	return true;
}
