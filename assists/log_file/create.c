/*
 * Making the files of a log (create.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/log_file/create.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "assists/log_file/directory.h"
#include "assists/log_file/work.h"

/* Of a new log, beside the first: more are made when they are needed. */
#define SPARES 1
/* Of the former format, at a time. */
#define BATCH_BYTES (1u << 20)

/* ------------------------------------------------------------------ batches */

static bool
write_batch(struct store *s)
{
	struct journal_batch batch;
	bool done;

	raft__journal_hand(&s->journal, &batch);
	done = raft__journal_write(&batch);
	raft__journal_take_back(&s->journal, &batch);
	return done;
}

/* The first segment, in a file that has no name yet and is the journal's from now on.
 * NULL: done. */
static const char *
begin_log(struct store *s, int fd, uint64_t size)
{
	const struct segment segment = { .begin = STORE_BEGIN, .size = size };

	s->journal.fd = fd;
	if (!raft__segments_reserve(&s->journal.segments))
		return "does not fit into memory";
	raft__segments_add(&s->journal.segments, &segment);
	s->journal.fd = -1;
	s->journal.end = s->journal.handed = s->journal.written =
	    s->journal.durable = STORE_BEGIN;
	s->journal.header.ended = STORE_BEGIN;
	raft__journal_begin(&s->journal, fd, &segment, 0);
	return raft__store_begin(s);
}

/* ----------------------------------------------------------------- a new one */

/* They are no more than an improvement. */
static void
make_spares(int directory, const struct file_header *header, uint64_t bytes)
{
	for (unsigned int number = 1; number <= SPARES; number++) {
		struct work work = { .kind = WORK_MAKE,
				     .directory = directory,
				     .number = number,
				     .header = *header,
				     .size = bytes };

		raft__work_do(&work);
	}
}

static bool
make_first(struct store *s, uint64_t bytes)
{
	int directory = s->journal.directory;
	int fd = raft__directory_make_file(directory);

	if (fd < 0)
		return false;
	bytes = raft__work_zero(fd, bytes);
	errno = ENOMEM;
	return begin_log(s, fd, bytes) == NULL && write_batch(s) &&
	       raft__directory_publish(directory, 0);
}

/* Of a log that was not made to its end, or has lost its first file. */
static bool
clear_one(void *context, unsigned int number)
{
	raft__directory_remove(*(int *)context, number);
	return true;
}

bool
raft__create(int directory, const struct file_header *header,
	     uint64_t segment_bytes)
{
	struct store *s;
	bool done;
	int error;

	errno = ENOMEM;
	s = raft__store_create(directory, header, segment_bytes, 0);
	done = s != NULL &&
	       raft__directory_each(directory, clear_one, &directory);
	if (done)
		make_spares(directory, header, segment_bytes);
	done = done && make_first(s, segment_bytes);
	error = errno;
	raft__store_close(s);
	if (!done)
		raft__directory_abandon(directory);
	errno = error;
	return done;
}

/* -------------------------------------------------------- of the former format */

/** What becomes of a log of the former format. */
struct conversion {
	struct store *store;
	bool looks_only;
	/** Of a write that failed; 0: none has. */
	int error;
};

static const char *
take(void *context, const struct record *record)
{
	struct conversion *c = context;
	const struct journal *journal = &c->store->journal;
	struct record_snapshot snapshot;
	const char *wrong;

	if (record->type == RECORD_SNAPSHOT &&
	    raft__record_snapshot_read(record, &snapshot))
		wrong = raft__store_mark(c->store, &snapshot);
	else if (record->type == RECORD_BEGIN)
		wrong = "is of a newer version's type: use that version";
	else
		wrong = raft__store_append(c->store, record);
	if (wrong != NULL || c->looks_only || c->error != 0 ||
	    journal->end - journal->handed < BATCH_BYTES)
		return wrong;
	if (!write_batch(c->store))
		c->error = errno;
	return NULL;
}

static bool
refuse_conversion(const struct refusal *refusal, int error)
{
	return refuse(refusal, "its log, of a former version, cannot be "
			       "written in the form of this one: %s. Nothing "
			       "was changed", strerror(error));
}

static bool
read_all(struct conversion *c, struct legacy *legacy,
	 const struct refusal *refusal)
{
	struct journal *journal = &c->store->journal;

	legacy->take = take;
	legacy->context = c;
	if (!raft__legacy_read(legacy, refusal))
		return false;
	c->store->torn = legacy->torn;
	if (c->looks_only)
		return true;
	if (c->error == 0 &&
	    ((journal->end != journal->handed && !write_batch(c->store)) ||
	     !raft__directory_publish(journal->directory, 0)))
		c->error = errno;
	return c->error == 0 || refuse_conversion(refusal, c->error);
}

bool
raft__convert(struct store *s, struct legacy *legacy, bool looks_only,
	      const struct refusal *refusal)
{
	struct conversion c = { .store = s, .looks_only = looks_only };
	const char *wrong;
	int fd = -1;
	bool done;

	if (!looks_only) {
		fd = raft__directory_make_file(s->journal.directory);
		if (fd < 0)
			return refuse_conversion(refusal, errno);
	}
	wrong = begin_log(s, fd, 0);
	done = wrong == NULL ? read_all(&c, legacy, refusal)
			     : refuse(refusal, "its log %s", wrong);
	if (!done && !looks_only)
		raft__directory_abandon(s->journal.directory);
	return done;
}
