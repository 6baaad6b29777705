/*
 * Reading a log back at start: see recovery.h.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/log_file/recovery.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assists/disk/disk.h"
#include "assists/log_file/directory.h"
#include "assists/log_file/loaded.h"

static const char was_durable[] = "which was durable once";
/* What a person can do. */
#define WAY_OUT                                                                \
	"Nothing was changed. Bring the very files back (no older copies), "   \
	"or remove the server from its cluster, empty this directory, and "    \
	"add it again with a new log, as another incarnation"

struct reader {
	struct store *store;
	const struct refusal *refusal;
	/** All of it is to be read, and not only what can be in doubt after a crash. */
	bool reads_all;
	/** The newest one that is not torn to its very beginning. */
	struct loaded newest;
	/** One before it, of which no more than its beginning may be there, and the one
	 *  behind that. */
	struct loaded older[2];
	/** The newest one, if it is torn to its very beginning; begin 0: it is not. */
	struct segment unborn;
	/** Bytes of it, from the second sector on, that are to be zeros. */
	uint64_t unborn_bytes;
	/** Where the one before it ends. */
	uint64_t unborn_ended;
};

static bool
refuse_unreadable(const struct reader *r, unsigned int number)
{
	char name[FILE_NAME_BYTES];
	int error = errno;

	raft__directory_name(number, name);
	return refuse(r->refusal, "its file `%s` cannot be read back: %s", name,
		      strerror(error));
}

bool
raft__refuse_file(const struct refusal *refusal, unsigned int number,
		  const char *wrong)
{
	char name[FILE_NAME_BYTES];

	raft__directory_name(number, name);
	return refuse(refusal, "its file `%s` %s. " WAY_OUT, name, wrong);
}

static bool
refuse_corrupt(const struct reader *r, const struct segment *segment,
	       uint64_t place, const char *how)
{
	char name[FILE_NAME_BYTES];

	raft__directory_name(segment->number, name);
	return refuse(
	    r->refusal,
	    "the log is corrupt at byte %" PRIu64 " of `%s`, %s: this server "
	    "may have forgotten what it promised. " WAY_OUT,
	    raft__sector_offset(segment->begin, place) + SECTOR_HEADER_BYTES +
		(place - segment->begin) % SECTOR_ROOM,
	    name, how);
}

/* ------------------------------------------------------------------ files */

static bool
check_header(const struct reader *r, unsigned int number,
	     const uint8_t bytes[SECTOR_BYTES], struct file_header *header)
{
	const struct file_header *own = &r->store->journal.header;
	const char *wrong = raft__record_header_read(bytes, header);

	if (wrong == NULL &&
	    (header->salt != own->salt ||
	     memcmp(&header->owner, &own->owner, sizeof(own->owner)) != 0))
		wrong = "is of another log";
	if (wrong == NULL &&
	    !raft__sector_is_blank(bytes + FILE_HEADER_BYTES,
				   SECTOR_BYTES - FILE_HEADER_BYTES))
		wrong = "has a damaged header";
	if (wrong == NULL && header->begin % SECTOR_ROOM != 0)
		wrong = "begins where no segment does";
	return wrong == NULL || raft__refuse_file(r->refusal, number, wrong);
}

/* False: see errno. */
static bool
measure(int directory, unsigned int number, uint64_t *size,
	uint8_t header[SECTOR_BYTES])
{
	int fd = raft__directory_open_file(directory, number, true);
	struct stat status = { 0 };
	int error;
	bool done;

	if (fd < 0)
		return false;
	done = fstat(fd, &status) == 0 &&
	       raft__disk_read(fd, header, SECTOR_BYTES, 0);
	error = errno;
	*size = (uint64_t)status.st_size;
	close(fd);
	errno = error;
	return done;
}

static bool
see_file(void *context, unsigned int number)
{
	struct reader *r = context;
	struct segments *segments = &r->store->journal.segments;
	struct segment segment = { .number = number };
	uint8_t bytes[SECTOR_BYTES];
	const struct segment *same;
	struct file_header header;

	if (!measure(r->store->journal.directory, number, &segment.size, bytes))
		return refuse_unreadable(r, number);
	if (!check_header(r, number, bytes, &header))
		return false;
	segment.begin = header.begin;
	same = raft__segments_at(segments, segment.begin);
	if (same != NULL && same->begin == segment.begin)
		return refuse(r->refusal,
			      "two of its files, %u and %u, hold the same part "
			      "of the log. " WAY_OUT,
			      same->number, number);
	if (!raft__segments_reserve(segments))
		return refuse(r->refusal, "its log does not fit into memory");
	raft__segments_add(segments, &segment);
	return true;
}

/* ------------------------------------------------------------- one segment */

/* Open it and read its header. -1: refused. */
static int
open_segment(const struct reader *r, struct loaded *l,
	     const struct segment *segment)
{
	uint8_t header[SECTOR_BYTES];
	int fd;

	raft__loaded_clear(l);
	l->segment = *segment;
	l->durable = l->end = segment->begin;
	fd = raft__directory_open_file(r->store->journal.directory,
				       segment->number, true);
	if (fd >= 0 && raft__disk_read(fd, header, sizeof(header), 0) &&
	    check_header(r, segment->number, header, &l->header))
		return fd;
	if (*r->refusal->text == '\0')
		refuse_unreadable(r, segment->number);
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool
load(const struct reader *r, struct loaded *l, const struct segment *segment)
{
	int fd = open_segment(r, l, segment);
	bool done;

	if (fd < 0)
		return false;
	done = raft__loaded_read(l, fd, SIZE_MAX) ||
	       refuse_unreadable(r, segment->number);
	close(fd);
	return done;
}

/* What it begins with; something stands behind it, so all of it was durable. */
static bool
load_beginning(const struct reader *r, struct loaded *l,
	       const struct segment *segment)
{
	int fd = open_segment(r, l, segment);
	bool done;

	if (fd < 0)
		return false;
	done = raft__loaded_read_beginning(l, fd) ||
	       refuse_unreadable(r, segment->number);
	close(fd);
	return done && (raft__loaded_is_born(l) ||
			refuse_corrupt(r, segment, segment->begin,
				       was_durable));
}

/* If it ends here, all up to there was durable, and its last sector is as it was written:
 * a file that is shorter, or an older copy, lacks that. */
static bool
has_end(const struct reader *r, const struct loaded *l, uint64_t end)
{
	int fd;
	bool has;

	if (end <= l->segment.begin)
		return false;
	fd = raft__directory_open_file(r->store->journal.directory,
				       l->segment.number, true);
	if (fd < 0)
		return false;
	has = raft__loaded_has(l, fd, end - 1);
	close(fd);
	return has;
}

static const char *
take_record(struct store *s, const struct loaded *l,
	    const struct record *record)
{
	bool is_first = record->offset == l->segment.begin;

	if (is_first != (record->type == RECORD_BEGIN))
		return is_first ? "does not begin a segment"
				: "begins a segment, and stands in one";
	return raft__catalog_take(&s->catalog, record);
}

static bool
refuse_record(const struct reader *r, const struct loaded *l,
	      const struct record *record, const char *wrong)
{
	char name[FILE_NAME_BYTES];

	raft__directory_name(l->segment.number, name);
	return refuse(r->refusal,
		      "the record at byte %" PRIu64 " of its log, in `%s`, %s. "
		      WAY_OUT, record->offset, name, wrong);
}

static bool
take_records(const struct reader *r, struct loaded *l)
{
	struct record record;

	while (raft__loaded_record(l, l->end, &record)) {
		const char *wrong = take_record(r->store, l, &record);

		if (wrong != NULL)
			return refuse_record(r, l, &record, wrong);
		l->end += record.length;
	}
	return true;
}

/* -------------------------------------------------------------- its last one */

static bool
judge(struct reader *r)
{
	const struct loaded *l = &r->newest;

	if (l->durable > l->end)
		return refuse_corrupt(r, &l->segment, l->end, was_durable);
	return raft__loaded_is_torn(l) ||
	       refuse_corrupt(r, &l->segment, l->end,
			      "and not as a crash leaves it");
}

/* ---------------------------------------------------------------- all of them */

/* The newest segment whose beginning is there. */
static bool
find_newest(struct reader *r)
{
	struct segments *segments = &r->store->journal.segments;
	struct segment *newest = raft__segments_at(segments, UINT64_MAX);

	if (newest == NULL)
		return refuse(r->refusal,
			      "its log is corrupt: none of its files holds a "
			      "part of it. " WAY_OUT);
	if (!load(r, &r->newest, newest))
		return false;
	if (raft__loaded_is_born(&r->newest))
		return true;
	if (!judge(r))
		return false;
	r->unborn = *newest;
	r->unborn_ended = r->newest.header.ended;
	r->unborn_bytes = raft__loaded_written(&r->newest) * SECTOR_BYTES;
	r->store->torn = raft__loaded_written(&r->newest) * SECTOR_ROOM;
	newest->begin = 0;
	newest = raft__segments_at(segments, UINT64_MAX);
	if (newest == NULL)
		return refuse_corrupt(r, &r->unborn, r->unborn.begin,
				      was_durable);
	return load(r, &r->newest, newest) &&
	       (raft__loaded_is_born(&r->newest) ||
		refuse_corrupt(r, newest, newest->begin, was_durable));
}

/* What a segment begins with. */
static struct record
beginning_of(const struct loaded *l)
{
	struct record record = { 0 };

	raft__loaded_record(l, l->segment.begin, &record);
	return record;
}

static bool
has_outline(const struct loaded *l)
{
	const struct record record = beginning_of(l);
	struct record_begin begin;

	return record.type == RECORD_BEGIN &&
	       raft__record_begin_read(&record, &begin) &&
	       begin.outline.is_there;
}

/* By what the next one says of it: nothing of it can be in doubt after a crash. */
static bool
skip_segment(const struct reader *r, struct loaded *l,
	     const struct loaded *next)
{
	const struct record beginning = beginning_of(l);
	const struct record outline = beginning_of(next);
	const char *wrong = take_record(r->store, l, &beginning);

	if (wrong != NULL)
		return refuse_record(r, l, &beginning, wrong);
	l->end = next->header.ended;
	wrong = raft__catalog_skip(&r->store->catalog, &outline);
	return wrong == NULL || refuse_record(r, next, &outline, wrong);
}

/* One that something stands behind, and of which the beginning is there: all of it is
 * there, and the next one follows. If anything is wrong with what is looked at, it is read
 * as a whole, which shows what. */
static bool
take_older(const struct reader *r, struct loaded *l, const struct loaded *next)
{
	const struct segment segment = l->segment;

	if (!r->reads_all && has_outline(next) &&
	    has_end(r, l, next->header.ended)) {
		if (!skip_segment(r, l, next))
			return false;
	} else if (!load(r, l, &segment) || !take_records(r, l)) {
		return false;
	}
	return (next->header.ended == l->end &&
		next->segment.begin == raft__sector_next(l->end)) ||
	       refuse_corrupt(r, &segment, l->end, was_durable);
}

/* All before the newest one. */
static bool
take_all_older(struct reader *r, const struct segment *segment)
{
	const struct segments *segments = &r->store->journal.segments;
	struct loaded *l = &r->older[0], *next = &r->older[1];

	if (segment->begin == r->newest.segment.begin)
		return true;
	if (!load_beginning(r, l, segment))
		return false;
	for (;;) {
		struct loaded *taken = l;

		segment = raft__segments_after(segments, l->segment.begin);
		if (segment->begin == r->newest.segment.begin)
			return take_older(r, l, &r->newest);
		if (!load_beginning(r, next, segment) ||
		    !take_older(r, l, next))
			return false;
		l = next;
		next = taken;
	}
}

static bool
take_segments(struct reader *r)
{
	struct segments *segments = &r->store->journal.segments;
	uint64_t needed = r->newest.header.needed;
	const struct segment *segment;

	raft__segments_drop(segments, needed);
	segment = raft__segments_after(segments, 0);
	if (segment == NULL || segment->begin != needed)
		return refuse(r->refusal,
			      "its log is corrupt: it lacks the file of its "
			      "first segment. " WAY_OUT);
	return take_all_older(r, segment) && take_records(r, &r->newest) &&
	       (r->unborn.begin == 0 || r->unborn_ended == r->newest.end ||
		refuse_corrupt(r, &r->newest.segment, r->newest.end,
			       was_durable));
}

static bool
is_complete(const struct reader *r)
{
	const struct catalog *c = &r->store->catalog;

	return c->before == c->snapshot.index ||
	       refuse(r->refusal, "its log is corrupt: it lacks entries behind "
				  "its snapshot. " WAY_OUT);
}

/* -------------------------------------------------------------- to the disk */

static bool
write_zeros(int fd, uint64_t offset, uint64_t end)
{
	uint8_t *zeros = calloc(1, PAGE_BYTES);
	bool done = zeros != NULL;

	for (; done && offset < end; offset += PAGE_BYTES) {
		uint64_t left = end - offset;

		done = raft__disk_write(fd, zeros,
					left < PAGE_BYTES ? (size_t)left
							  : PAGE_BYTES,
					offset);
	}
	free(zeros);
	return done;
}

/* First what stands in it, which a header of the same place would bring to life again. */
static bool
clear_unborn(struct reader *r)
{
	const struct journal *j = &r->store->journal;
	struct file_header header = { .owner = j->header.owner,
				      .salt = j->header.salt };
	uint8_t sector[SECTOR_BYTES];
	int fd = raft__directory_open_file(j->directory, r->unborn.number,
					   false);
	bool done;

	raft__journal_header(&header, sector);
	done = fd >= 0 &&
	       write_zeros(fd, SECTOR_BYTES, SECTOR_BYTES + r->unborn_bytes) &&
	       raft__system_sync(fd) &&
	       raft__disk_write(fd, sector, sizeof(sector), 0) &&
	       raft__system_sync(fd);
	if (fd >= 0)
		close(fd);
	return done;
}

/** What the end of the log is written again from. */
struct rewritten {
	/** From `from` to `page` and one page more it is in `bytes`. */
	uint64_t from, page;
	uint8_t *bytes;
};

/* The sector that the end is in has nothing behind it. */
static void
cut(const struct loaded *l, uint8_t *page)
{
	uint64_t at = raft__sector_offset(l->segment.begin, l->end);
	size_t kept = (size_t)((l->end - l->segment.begin) % SECTOR_ROOM);
	uint8_t *sector = page + at % PAGE_BYTES;
	struct sector_place place;

	if (kept > 0) {
		place = raft__loaded_place(l, (size_t)(l->end - l->segment.begin) /
					SECTOR_ROOM);
		memset(sector + SECTOR_HEADER_BYTES + kept, 0,
		       SECTOR_ROOM - kept);
		raft__sector_seal(sector, &place,
				  raft__sector_durable(sector, &place));
		sector += SECTOR_BYTES;
	}
	memset(sector, 0, (size_t)(page + PAGE_BYTES - sector));
}

/* What was written last, and at least the page that the end is in; some of it may lie
 * beyond the end of the file. False: see errno. */
static bool
read_end(const struct loaded *l, int fd, struct rewritten *again)
{
	uint64_t size = l->segment.size, length;

	again->page = raft__sector_offset(l->segment.begin, l->end) /
		      PAGE_BYTES * PAGE_BYTES;
	again->from = raft__sector_offset(l->segment.begin, l->durable) /
		      PAGE_BYTES * PAGE_BYTES;
	length = again->page + PAGE_BYTES - again->from;
	again->bytes = calloc(1, (size_t)length);
	errno = ENOMEM;
	if (again->bytes == NULL)
		return false;
	if (length > size - again->from)
		length = size - again->from;
	if (size > again->from &&
	    !raft__disk_read(fd, again->bytes, (size_t)length, again->from))
		return false;
	cut(l, again->bytes + (again->page - again->from));
	return true;
}

/*
 * Write the header and the last write again, make zeros of what follows, and sync. When a
 * sync fails, the kernel may mark what it could not write as clean; a new process reads
 * it back all the same, and its own sync would succeed without ever writing it.
 */
static bool
make_durable(const struct loaded *l, int fd, const struct rewritten *again)
{
	uint64_t end = again->page + PAGE_BYTES;
	uint8_t header[SECTOR_BYTES];

	raft__journal_header(&l->header, header);
	return (again->from == 0 ||
		raft__disk_write(fd, header, sizeof(header), 0)) &&
	       raft__disk_write(fd, again->bytes, (size_t)(end - again->from),
				again->from) &&
	       write_zeros(fd, end,
			   (raft__loaded_written(l) + 1) * SECTOR_BYTES) &&
	       raft__system_sync(fd);
}

static bool
go_on(struct reader *r, bool looks_only)
{
	struct loaded *l = &r->newest;
	struct journal *j = &r->store->journal;
	struct segment *segment = raft__segments_at(&j->segments, l->end);
	struct rewritten again = { 0 };
	int fd = raft__directory_open_file(j->directory, l->segment.number,
					   looks_only);

	if (fd < 0 || !read_end(l, fd, &again) ||
	    (!looks_only && ((r->unborn.begin != 0 && !clear_unborn(r)) ||
			     !make_durable(l, fd, &again)))) {
		refuse(r->refusal, "its log cannot be made durable: %s",
		       strerror(errno));
		free(again.bytes);
		if (fd >= 0)
			close(fd);
		return false;
	}
	if (r->store->torn == 0)
		r->store->torn = raft__loaded_torn(l);
	if (segment->size < again.page + PAGE_BYTES)
		segment->size = again.page + PAGE_BYTES;
	if (looks_only)
		close(fd);
	raft__journal_resume(j, &l->header, looks_only ? -1 : fd, l->end,
			     again.bytes + (again.page - again.from));
	free(again.bytes);
	return true;
}

bool
raft__recover(struct store *s, bool looks_only, const struct refusal *refusal)
{
	struct reader r = { .store = s,
			    .refusal = refusal,
			    .reads_all = looks_only };
	bool done;

	*refusal->text = '\0';
	done = raft__directory_each(s->journal.directory, see_file, &r);
	if (!done && *refusal->text == '\0')
		refuse(refusal, "its files cannot be listed: %s",
		       strerror(errno));
	done = done && find_newest(&r) && take_segments(&r) && judge(&r) &&
	       is_complete(&r) && go_on(&r, looks_only);
	raft__loaded_clear(&r.newest);
	raft__loaded_clear(&r.older[0]);
	raft__loaded_clear(&r.older[1]);
	return done;
}
