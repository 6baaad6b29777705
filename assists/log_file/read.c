/*
 * Entries are given out; those that cannot be read back are to be fetched again.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Index and term of each entry are in the catalog, whatever the disk says: they are from
 * what was appended, or from the beginning of a later segment, which has a checksum of its
 * own. So whoever has an entry of the same two has the same entry.
 */
#include "assists/log_file/inside.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Told at once. */
#define LOST_MAX 64

/* What the process lacks is no damage. */
static bool
is_damage(int error)
{
	return error == EBADMSG || error == EIO || error == ENOENT;
}

/* ------------------------------------------------------------------- lost */

static bool
has(struct raft_log_file *log, uint64_t index)
{
	struct raft_entry entry;

	if (!raft__store_read(log->store, index, &entry))
		return false;
	raft_payload_release(&entry.payload);
	return true;
}

/* It, and those right behind it: one damaged sector may hide many, which are fetched
 * together. Returns the first that is not told. */
static uint64_t
tell_lost(struct raft_log_file *log, uint64_t index)
{
	const struct catalog *catalog = &log->store->catalog;
	uint64_t place =
	    raft__marks_at(&catalog->marks[MARK_PLACE], index)->value;
	struct raft_entry_id lost[LOST_MAX];
	size_t count = 0;

	do {
		lost[count++] =
		    (struct raft_entry_id){ index, raft__catalog_term(catalog,
								      index) };
		index++;
	} while (count < LOST_MAX && raft__catalog_has(catalog, index) &&
		 !has(log, index));
	raft__journal_end(&log->store->journal, place);
	log->on_lost(log->lost_context, lost, count);
	return index;
}

static void
lose(struct raft_log_file *log, uint64_t index, int error)
{
	log->lost_error = error;
	if (log->on_lost != NULL && is_damage(error))
		tell_lost(log, index);
	else
		raft__log_fail(log, "entry %" PRIu64 " cannot be read back: %s",
			       index, strerror(error));
}

void
raft__log_give_up(void *context, struct raft_entry_id entry)
{
	struct raft_log_file *log = context;

	raft__log_fail(log,
		       "entry %" PRIu64
		       " cannot be read back: %s; and no other "
		       "server has given it",
		       entry.index, strerror(log->lost_error));
}

/* ------------------------------------------------------------------- reading */

/* False: its payload has more bytes than `room`, or it cannot be read back. */
static bool
read_entry(struct raft_log_file *log, uint64_t index, size_t room,
	   struct raft_entry *entry)
{
	struct found found;
	bool done = raft__store_find(log->store, index, &found);
	int error;

	if (done && found.length > room)
		return false;
	if (done && raft__store_take(log->store, &found, entry))
		return true;
	error = errno;
	if (!raft__store_mended(log->store, index, entry)) {
		lose(log, index, error);
		return false;
	}
	if (entry->payload.length <= room)
		return true;
	raft_payload_release(&entry->payload);
	return false;
}

size_t
raft__log_read(void *context, uint64_t first, size_t count, size_t bytes_max,
	       struct raft_entry *entries)
{
	struct raft_log_file *log = context;
	size_t bytes = 0;
	size_t n = 0;

	while (n < count && !log->failed &&
	       raft__catalog_has(&log->store->catalog, first + n)) {
		size_t room = n == 0 ? SIZE_MAX : bytes_max - bytes;

		if (!read_entry(log, first + n, room, &entries[n]))
			break;
		bytes += entries[n++].payload.length;
		if (bytes > bytes_max)
			break;
	}
	return n;
}

bool
raft__log_can_read(struct raft_log_file *log, uint64_t index)
{
	if (!raft__catalog_has(&log->store->catalog, index) || has(log, index))
		return true;
	lose(log, index, errno);
	return false;
}

/* ------------------------------------------------------------------- mending */

/* It is as large as what was lost, and one write: what fails then would fail for what is
 * saved. */
bool
raft__log_choose_mended(struct raft_log_file *log)
{
	struct journal *journal = &log->store->journal;

	if (!log->store->mended.is_changed)
		return false;
	log->work.kind = WORK_MEND;
	log->work.directory = journal->directory;
	/* For want of memory, later. */
	return raft__mended_encode(&log->store->mended, journal->header.salt,
				   &log->work.mended);
}

void
raft__log_finish_mended(struct raft_log_file *log)
{
	struct mended *mended = &log->store->mended;
	uint64_t durable = mended->durable;

	free(log->work.mended.bytes);
	if (log->work.error != 0) {
		raft__log_fail(log,
			       "what was fetched again cannot be written: %s",
			       strerror(log->work.error));
		return;
	}
	mended->durable = log->work.mended.number;
	for (size_t i = 0; i < mended->count; i++) {
		const struct mended_entry *m = &mended->list[i];

		if (m->number > durable && m->number <= mended->durable &&
		    log->on_mended != NULL)
			log->on_mended(log->lost_context, m->entry.index);
	}
}

static bool
is_configuration(const struct raft_log_file *log, uint64_t index)
{
	return raft__store_configuration(log->store, index) == index;
}

/* It may come twice. */
bool
raft__log_mend(void *context, const struct raft_entry *entry)
{
	struct raft_log_file *log = context;
	struct store *store = log->store;
	struct raft_entry kept;

	if (log->failed || !raft__catalog_has(&store->catalog, entry->index) ||
	    raft__catalog_term(&store->catalog, entry->index) != entry->term ||
	    is_configuration(log, entry->index) !=
		(entry->kind == RAFT_ENTRY_CONFIGURATION))
		return false;
	if (raft__store_mended(store, entry->index, &kept)) {
		raft_payload_release(&kept.payload);
		return true;
	}
	if (!raft__mended_add(&store->mended, entry))
		return false;
	raft__log_advance(log);
	return true;
}

/* What memory has still goes where the mended are, and no other server is asked for it.
 * Returns false if it is lost. */
static bool
keep(struct raft_log_file *log, uint64_t index)
{
	struct store *store = log->store;
	struct raft_entry entry;
	bool is_kept = raft__store_mended(store, index, &entry);

	if (!is_kept && !raft__store_read(store, index, &entry))
		return !is_damage(errno);
	if (!is_kept)
		(void)raft__mended_add(&store->mended, &entry);
	raft_payload_release(&entry.payload);
	return true;
}

void
raft__log_save_what_is_in(struct raft_log_file *log, uint64_t begin,
			  uint64_t end)
{
	const struct catalog *catalog = &log->store->catalog;
	uint64_t index, last;

	if (log->on_lost == NULL)
		return;
	raft__catalog_between(catalog, begin, end, &index, &last);
	while (index <= last) {
		if (keep(log, index)) {
			index++;
			continue;
		}
		log->lost_error = errno;
		index = tell_lost(log, index);
	}
	raft__journal_end(&log->store->journal, begin);
}
