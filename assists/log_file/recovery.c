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

static const char was_durable[] = "which was durable once";
/* What a person can do. */
#define WAY_OUT                                                                \
	"Nothing was changed. Bring the very files back (no older copies), "   \
	"or remove the server from its cluster, empty this directory, and "    \
	"add it again with a new log, as another incarnation"

/* Of a file, at a time. */
#define WINDOW_BYTES (1u << 20)

/** A segment in memory. */
struct loaded {
	struct segment segment;
	struct file_header header;
	/** Sectors behind its header, and how many of them, from the first on, are as
	 *  they were written. */
	size_t sectors, whole;
	/** Of each sector (enum sector_kind). */
	uint8_t *kinds;
	/** The log's bytes in the whole ones, and how many there is room for. */
	uint8_t *bytes;
	size_t room;
	/** The log was durable up to here at least. */
	uint64_t durable;
	/** Where the last record ends. */
	uint64_t end;
};

struct reader {
	struct store *store;
	const struct refusal *refusal;
	/** The one that is looked at. */
	struct loaded now;
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

static void
unload(struct loaded *l)
{
	free(l->kinds);
	free(l->bytes);
	*l = (struct loaded){ 0 };
}

static struct sector_place
place_of(const struct loaded *l, size_t n)
{
	return (struct sector_place){
		.salt = l->header.salt,
		.segment = l->segment.begin,
		.begin = l->segment.begin + n * SECTOR_ROOM,
	};
}

/* One more of those that are whole. */
static bool
keep(struct loaded *l, const uint8_t sector[SECTOR_BYTES])
{
	size_t length = l->whole * SECTOR_ROOM;
	uint8_t *grown;

	if (length + SECTOR_ROOM > l->room) {
		l->room = 2 * l->room + WINDOW_BYTES;
		grown = realloc(l->bytes, l->room);
		if (grown == NULL)
			return false;
		l->bytes = grown;
	}
	memcpy(l->bytes + length, sector + SECTOR_HEADER_BYTES, SECTOR_ROOM);
	l->whole++;
	return true;
}

static bool
take_sector(struct loaded *l, size_t n, const uint8_t sector[SECTOR_BYTES])
{
	struct sector_place place = place_of(l, n);
	enum sector_kind kind = raft__sector_kind(sector, &place);
	uint64_t durable;

	l->kinds[n] = (uint8_t)kind;
	if (kind != SECTOR_WRITTEN)
		return true;
	durable = raft__sector_durable(sector, &place);
	if (durable > l->durable)
		l->durable = durable;
	return l->whole != n || keep(l, sector);
}

/* False: see errno. */
static bool
read_sectors(struct loaded *l, int fd, uint8_t *window)
{
	size_t used = 0, at = 0;

	for (size_t n = 0; n < l->sectors; n++, at += SECTOR_BYTES) {
		size_t left = (l->sectors - n) * SECTOR_BYTES;

		if (at == used) {
			used = left < WINDOW_BYTES ? left : WINDOW_BYTES;
			at = 0;
			if (!raft__disk_read(fd, window, used,
					     (n + 1) * SECTOR_BYTES))
				return false;
		}
		errno = ENOMEM;
		if (!take_sector(l, n, window + at))
			return false;
	}
	return true;
}

/* Where a file ends within a sector, that was not written. */
static bool
read_file(struct loaded *l, int fd)
{
	uint64_t sectors = l->segment.size / SECTOR_BYTES;
	uint8_t *window = malloc(WINDOW_BYTES);
	bool done;

	l->sectors = (size_t)sectors - (sectors > 0);
	l->kinds = malloc(l->sectors + 1);
	errno = ENOMEM;
	done = window != NULL && l->kinds != NULL && read_sectors(l, fd, window);
	free(window);
	return done;
}

static bool
load(struct reader *r, const struct segment *segment)
{
	struct loaded *l = &r->now;
	uint8_t header[SECTOR_BYTES];
	bool done;
	int fd;

	unload(l);
	l->segment = *segment;
	l->durable = l->end = segment->begin;
	fd = raft__directory_open_file(r->store->journal.directory,
				       segment->number, true);
	if (fd < 0 || !raft__disk_read(fd, header, sizeof(header), 0)) {
		if (fd >= 0)
			close(fd);
		return refuse_unreadable(r, segment->number);
	}
	done = check_header(r, segment->number, header, &l->header);
	if (done && !read_file(l, fd))
		done = refuse_unreadable(r, segment->number);
	close(fd);
	return done;
}

/* How many bytes that were written there are from a place on, and where. */
static size_t
bytes_at(const struct loaded *l, uint64_t place, uint8_t **bytes)
{
	uint64_t at = place - l->segment.begin;

	*bytes = l->bytes + at;
	return (size_t)(l->whole * SECTOR_ROOM - at);
}

static bool
record_at(const struct loaded *l, uint64_t place, struct record *record)
{
	size_t room = bytes_at(l, place, &record->bytes);

	record->offset = place;
	return room >= RECORD_HEADER_BYTES &&
	       raft__record_frame(record, record->bytes) &&
	       record->length <= room;
}

static bool
is_born(const struct loaded *l)
{
	struct record record;

	return record_at(l, l->segment.begin, &record);
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
take_records(struct reader *r)
{
	struct loaded *l = &r->now;
	struct record record;

	while (record_at(l, l->end, &record)) {
		const char *wrong = take_record(r->store, l, &record);
		char name[FILE_NAME_BYTES];

		raft__directory_name(l->segment.number, name);
		if (wrong != NULL)
			return refuse(r->refusal,
				      "the record at byte %" PRIu64
				      " of its log, in `%s`, %s. " WAY_OUT,
				      record.offset, name, wrong);
		l->end += record.length;
	}
	return true;
}

/* -------------------------------------------------------------- its last one */

/* A crash can have left these sectors, up to `end`, the first of which is not as it
 * was to be written. */
static bool
is_missing(const struct loaded *l, size_t n, size_t end)
{
	for (; n < end && n < l->sectors; n++)
		if (l->kinds[n] == SECTOR_DAMAGED)
			return false;
	return true;
}

/* Whether a crash can have left what begins at l->end, and is no whole record. */
static bool
is_torn(const struct loaded *l)
{
	uint8_t *bytes;
	size_t room = bytes_at(l, l->end, &bytes);
	size_t in_sector = room % SECTOR_ROOM;
	struct record record;

	if (room == 0)
		return is_missing(l, l->whole, l->whole + 1);
	if (raft__sector_is_blank(bytes, RECORD_ALIGNMENT))
		return raft__sector_is_blank(bytes, in_sector != 0
							? in_sector
							: SECTOR_ROOM);
	if (room < RECORD_HEADER_BYTES)
		return is_missing(l, l->whole, l->whole + 1);
	if (!raft__record_frame(&record, bytes))
		return false;
	return is_missing(l, l->whole,
			  l->whole + (record.length - room) / SECTOR_ROOM + 1);
}

static bool
judge(struct reader *r)
{
	const struct loaded *l = &r->now;

	if (l->durable > l->end)
		return refuse_corrupt(r, &l->segment, l->end, was_durable);
	return is_torn(l) ||
	       refuse_corrupt(r, &l->segment, l->end,
			      "and not as a crash leaves it");
}

/* How many sectors there are, from the first on, up to the last one that was written. */
static size_t
written_sectors(const struct loaded *l)
{
	size_t n = l->sectors;

	while (n > 0 && l->kinds[n - 1] != SECTOR_WRITTEN)
		n--;
	return n;
}

static bool
has_torn_record(const struct loaded *l)
{
	uint8_t *bytes;

	return bytes_at(l, l->end, &bytes) >= RECORD_ALIGNMENT &&
	       !raft__sector_is_blank(bytes, RECORD_ALIGNMENT);
}

/* The newest bytes that were not as they were before, and are not kept. */
static uint64_t
measure_torn(const struct loaded *l)
{
	uint64_t written =
	    l->segment.begin + written_sectors(l) * SECTOR_ROOM;

	if (written > raft__sector_next(l->end))
		return written - l->end;
	return has_torn_record(l) ? raft__sector_next(l->end) - l->end : 0;
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
	if (!load(r, newest))
		return false;
	if (is_born(&r->now))
		return true;
	if (!judge(r))
		return false;
	r->unborn = *newest;
	r->unborn_ended = r->now.header.ended;
	r->unborn_bytes = written_sectors(&r->now) * SECTOR_BYTES;
	r->store->torn = written_sectors(&r->now) * SECTOR_ROOM;
	newest->begin = 0;
	newest = raft__segments_at(segments, UINT64_MAX);
	if (newest == NULL)
		return refuse_corrupt(r, &r->unborn, r->unborn.begin,
				      was_durable);
	return load(r, newest) &&
	       (is_born(&r->now) ||
		refuse_corrupt(r, newest, newest->begin, was_durable));
}

/* All of the segment before, which ends here, is there, and so is this one. */
static bool
follows(const struct reader *r, const struct segment *before, uint64_t end)
{
	const struct loaded *l = &r->now;

	return before->begin == 0 ||
	       (l->header.ended == end &&
		l->segment.begin == raft__sector_next(end)) ||
	       refuse_corrupt(r, before, end, was_durable);
}

static bool
take_segments(struct reader *r)
{
	struct segments *segments = &r->store->journal.segments;
	uint64_t needed = r->now.header.needed;
	const struct segment *segment;
	struct segment before = { 0 };
	uint64_t end = 0;

	raft__segments_drop(segments, needed);
	segment = raft__segments_after(segments, 0);
	if (segment == NULL || segment->begin != needed)
		return refuse(r->refusal,
			      "its log is corrupt: it lacks the file of its "
			      "first segment. " WAY_OUT);
	for (; segment != NULL;
	     segment = raft__segments_after(segments, segment->begin)) {
		if ((r->now.segment.begin != segment->begin &&
		     !load(r, segment)) ||
		    !follows(r, &before, end) || !take_records(r))
			return false;
		before = *segment;
		end = r->now.end;
	}
	return r->unborn.begin == 0 || r->unborn_ended == end ||
	       refuse_corrupt(r, &before, end, was_durable);
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
		place = place_of(l, (size_t)(l->end - l->segment.begin) /
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
			   (written_sectors(l) + 1) * SECTOR_BYTES) &&
	       raft__system_sync(fd);
}

static bool
go_on(struct reader *r, bool looks_only)
{
	struct loaded *l = &r->now;
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
		r->store->torn = measure_torn(l);
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
	struct reader r = { .store = s, .refusal = refusal };
	bool done;

	*refusal->text = '\0';
	done = raft__directory_each(s->journal.directory, see_file, &r);
	if (!done && *refusal->text == '\0')
		refuse(refusal, "its files cannot be listed: %s",
		       strerror(errno));
	done = done && find_newest(&r) && take_segments(&r) && judge(&r) &&
	       is_complete(&r) && go_on(&r, looks_only);
	unload(&r.now);
	return done;
}
