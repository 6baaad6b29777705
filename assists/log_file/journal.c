/*
 * A log that grows at its end.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/log_file/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assists/disk/disk.h"
#include "assists/log_file/directory.h"

/* Of one chunk, unless the cache is small or an append is large. */
#define CHUNK_BYTES (256u << 10)
#define CHUNK_BYTES_MIN (4u << 10)
#define READ_AHEAD_BYTES (64u << 10)
/* A write into zeros changes no metadata, so that its sync is one write of the
 * device instead of two. */
#define ZERO_BYTES (1u << 20)
/* Of a write. */
#define IMAGE_BYTES (256u << 10)
/* A segment is full when so much of it is: the last batch takes the rest. */
#define FULL_OF_16 15

struct journal_chunk {
	/** First, so that a block is its chunk. */
	struct raft_block block;
	TAILQ_ENTRY(journal_chunk) link;
	/** The place of the first byte. */
	uint64_t begin;
	size_t used;
	size_t capacity;
	/** Of the batch that it is in: so many of its bytes, and the next chunk. */
	size_t handed;
	struct journal_chunk *next;
	uint8_t bytes[];
};

static void
free_chunk(struct raft_block *block)
{
	free(block);
}

static struct journal_chunk *
make_chunk(uint64_t begin, size_t capacity)
{
	struct journal_chunk *chunk = malloc(sizeof(*chunk) + capacity);

	if (chunk == NULL)
		return NULL;
	chunk->block.references = 1;
	chunk->block.release = free_chunk;
	chunk->begin = begin;
	chunk->used = 0;
	chunk->capacity = capacity;
	return chunk;
}

static void
let_go(struct journal_chunk *chunk)
{
	if (chunk != NULL && --chunk->block.references == 0)
		chunk->block.release(&chunk->block);
}

void
raft__journal_init(struct journal *j, int directory,
		   const struct file_header *header, uint64_t segment_bytes,
		   size_t cache_bytes)
{
	*j = (struct journal){
		.directory = directory,
		.header = *header,
		.segment_bytes = segment_bytes,
		.fd = -1,
		.cache_bytes = cache_bytes,
	};
	TAILQ_INIT(&j->chunks);
}

void
raft__journal_resume(struct journal *j, const struct file_header *header,
		     int fd, uint64_t end, const uint8_t page[PAGE_BYTES])
{
	j->header = *header;
	j->fd = fd;
	j->begun = header->begin;
	j->durable = j->written = j->handed = j->end = end;
	j->page.segment = header->begin;
	j->page.offset = raft__sector_offset(header->begin, end) / PAGE_BYTES *
			 PAGE_BYTES;
	memcpy(j->page.bytes, page, PAGE_BYTES);
}

static void
drop_oldest(struct journal *j)
{
	struct journal_chunk *oldest = TAILQ_FIRST(&j->chunks);

	TAILQ_REMOVE(&j->chunks, oldest, link);
	if (j->recent == oldest)
		j->recent = NULL;
	j->chunk_bytes -= oldest->capacity;
	let_go(oldest);
}

void
raft__journal_close(struct journal *j)
{
	while (!TAILQ_EMPTY(&j->chunks))
		drop_oldest(j);
	let_go(j->read_ahead);
	raft__segments_clear(&j->segments);
	free(j->image);
	if (j->fd >= 0)
		close(j->fd);
}

static void
evict(struct journal *j)
{
	const struct journal_chunk *oldest;

	while ((oldest = TAILQ_FIRST(&j->chunks)) != NULL &&
	       j->chunk_bytes > j->cache_bytes &&
	       oldest->begin + oldest->used <= j->written)
		drop_oldest(j);
}

static size_t
capacity_for(const struct journal *j, size_t length)
{
	size_t capacity = j->cache_bytes / 8;

	if (capacity > CHUNK_BYTES)
		capacity = CHUNK_BYTES;
	if (capacity < CHUNK_BYTES_MIN)
		capacity = CHUNK_BYTES_MIN;
	return length > capacity ? length : capacity;
}

uint8_t *
raft__journal_reserve(struct journal *j, size_t length)
{
	struct journal_chunk *chunk;

	if (j->image == NULL)
		j->image = malloc(IMAGE_BYTES);
	if (j->image == NULL)
		return NULL;
	chunk = TAILQ_LAST(&j->chunks, journal_chunks);
	if (chunk == NULL || chunk->capacity - chunk->used < length) {
		chunk = make_chunk(j->end, capacity_for(j, length));
		if (chunk == NULL)
			return NULL;
		j->chunk_bytes += chunk->capacity;
		evict(j);
		TAILQ_INSERT_TAIL(&j->chunks, chunk, link);
	}
	return chunk->bytes + chunk->used;
}

void
raft__journal_append(struct journal *j, size_t length)
{
	TAILQ_LAST(&j->chunks, journal_chunks)->used += length;
	j->end += length;
}

/* ---------------------------------------------------------------- segments */

void
raft__journal_header(const struct file_header *header,
		     uint8_t bytes[SECTOR_BYTES])
{
	memset(bytes, 0, SECTOR_BYTES);
	raft__record_header_write(bytes, header);
}

/* A large configuration at its beginning does not count: else there would be nothing
 * but beginnings. */
static bool
has_taken(const struct journal *j, uint64_t sixteenths)
{
	uint64_t room = j->segment_bytes / SECTOR_BYTES * SECTOR_ROOM;

	return j->end - j->begun >= room / 16 * sixteenths;
}

bool
raft__journal_is_full(const struct journal *j)
{
	return j->fd >= 0 && j->end == j->handed &&
	       (has_taken(j, FULL_OF_16) ||
		(j->is_to_end && j->end > j->begun));
}

bool
raft__journal_is_half_full(const struct journal *j)
{
	return has_taken(j, 8) || j->is_to_end;
}

void
raft__journal_end(struct journal *j, uint64_t place)
{
	if (place >= j->header.begin)
		j->is_to_end = true;
}

/* The zeros that end the segment before are in a chunk, too, but in no batch. */
static bool
fill_up(struct journal *j)
{
	size_t length = (size_t)(raft__sector_next(j->end) - j->end);
	uint8_t *bytes = raft__journal_reserve(j, length);

	if (bytes == NULL)
		return false;
	memset(bytes, 0, length);
	raft__journal_append(j, length);
	return true;
}

void
raft__journal_begin(struct journal *j, int fd, const struct segment *segment,
		    uint64_t needed)
{
	j->header.begin = segment->begin;
	j->header.needed = needed != 0 ? needed : segment->begin;
	j->header.has_outline = true;
	j->is_to_end = false;
	/* The batch that is under way keeps the file before. */
	if (j->fd >= 0 && j->written == j->handed)
		close(j->fd);
	j->fd = fd;
}

bool
raft__journal_turn(struct journal *j, uint64_t needed)
{
	struct segment *segment;
	int fd;

	segment = raft__segments_spare(&j->segments);
	if (segment == NULL)
		return false;
	fd = raft__directory_open_file(j->directory, segment->number, false);
	if (fd < 0)
		raft__segments_remove(&j->segments, segment->number);
	if (fd < 0)
		return false;
	j->header.ended = j->end;
	if (!fill_up(j)) {
		close(fd);
		return false;
	}
	segment->begin = j->end;
	raft__journal_begin(j, fd, segment, needed);
	return true;
}

/* ------------------------------------------------------------- writing a batch */

static void
hand_page(const struct journal *j, struct journal_batch *batch)
{
	if (batch->begin != j->header.begin) {
		batch->page = j->page;
		return;
	}
	batch->page = (struct journal_page){ .segment = j->header.begin };
	raft__journal_header(&j->header, batch->page.bytes);
}

void
raft__journal_hand(struct journal *j, struct journal_batch *batch)
{
	struct journal_chunk *chunk;

	*batch = (struct journal_batch){
		.fd = j->fd,
		.salt = j->header.salt,
		.begin = j->written > j->header.begin ? j->written
						      : j->header.begin,
		.end = j->end,
		.image = j->image,
		.size = raft__segments_at(&j->segments, j->end)->size,
		.zeros = j->segment_bytes < ZERO_BYTES ? j->segment_bytes
						       : ZERO_BYTES,
	};
	hand_page(j, batch);
	TAILQ_FOREACH_REVERSE (chunk, &j->chunks, journal_chunks, link) {
		if (chunk->begin + chunk->used <= batch->begin)
			break;
		chunk->handed = chunk->used;
		chunk->next = batch->first;
		batch->first = chunk;
	}
	j->handed = j->end;
}

/* How many bytes of a chunk of it come before the batch. */
static size_t
skip(const struct journal_batch *batch, const struct journal_chunk *chunk)
{
	return chunk->begin < batch->begin
		       ? (size_t)(batch->begin - chunk->begin)
		       : 0;
}

/** The sectors of a batch as they are put together. */
struct packer {
	struct journal_batch *batch;
	/** Where in the file the image begins, and the bytes in it that are whole
	 *  sectors. */
	uint64_t offset;
	size_t used;
	/** The sector behind them, and how many bytes of the log it has. */
	struct sector_place place;
	size_t filled;
};

static void
begin_packing(struct packer *p, struct journal_batch *batch)
{
	const struct journal_page *page = &batch->page;
	uint64_t begin = batch->begin;

	*p = (struct packer){
		.batch = batch,
		.offset = page->offset,
		.used = (size_t)(raft__sector_offset(page->segment, begin) -
				 page->offset),
		.filled = (size_t)((begin - page->segment) % SECTOR_ROOM),
		.place = { .salt = batch->salt, .segment = page->segment },
	};
	p->place.begin = begin - p->filled;
	memcpy(batch->image, page->bytes, PAGE_BYTES);
}

static bool
write_image(struct packer *p)
{
	bool done = raft__disk_write(p->batch->fd, p->batch->image, p->used,
				     p->offset);

	p->offset += p->used;
	p->used = 0;
	return done;
}

static void
end_sector(struct packer *p)
{
	raft__sector_seal(p->batch->image + p->used, &p->place,
			  p->batch->begin);
	p->used += SECTOR_BYTES;
	p->place.begin += SECTOR_ROOM;
	p->filled = 0;
}

static bool
pack(struct packer *p, const uint8_t *bytes, size_t length)
{
	while (length > 0) {
		size_t room = SECTOR_ROOM - p->filled;
		size_t n = length < room ? length : room;

		memcpy(p->batch->image + p->used + SECTOR_HEADER_BYTES +
			   p->filled,
		       bytes, n);
		bytes += n;
		length -= n;
		p->filled += n;
		if (p->filled == SECTOR_ROOM)
			end_sector(p);
		if (p->used == IMAGE_BYTES && !write_image(p))
			return false;
	}
	return true;
}

/* The last page is kept, for the batch that goes on with it. */
static bool
end_packing(struct packer *p)
{
	struct journal_page *page = &p->batch->page;
	size_t at = p->used / PAGE_BYTES * PAGE_BYTES;
	uint8_t *image = p->batch->image;

	page->offset = p->offset + at;
	if (p->filled > 0) {
		memset(image + p->used + SECTOR_HEADER_BYTES + p->filled, 0,
		       SECTOR_ROOM - p->filled);
		end_sector(p);
	}
	memset(page->bytes, 0, PAGE_BYTES);
	memcpy(page->bytes, image + at, p->used - at);
	if (p->used > at) {
		memcpy(image + at, page->bytes, PAGE_BYTES);
		p->used = at + PAGE_BYTES;
	}
	return write_image(p);
}

/* A mere improvement: if there is no room for zeros, there may still be some
 * for what is appended next. */
static void
zero_ahead(struct journal_batch *batch, uint64_t end)
{
	void *zeros;

	if (end <= batch->size)
		return;
	batch->size = end;
	zeros = calloc(1, (size_t)batch->zeros);
	if (zeros != NULL &&
	    raft__disk_write(batch->fd, zeros, (size_t)batch->zeros, end))
		batch->size += batch->zeros;
	free(zeros);
}

bool
raft__journal_write(struct journal_batch *batch)
{
	const struct journal_chunk *chunk;
	struct packer packer;

	begin_packing(&packer, batch);
	for (chunk = batch->first; chunk != NULL; chunk = chunk->next) {
		size_t from = skip(batch, chunk);

		if (!pack(&packer, chunk->bytes + from, chunk->handed - from))
			return false;
	}
	if (!end_packing(&packer))
		return false;
	batch->is_written = true;
	zero_ahead(batch, packer.offset);
	batch->is_durable = raft__system_sync_data(batch->fd);
	return batch->is_durable;
}

size_t
raft__journal_take_back(struct journal *j, const struct journal_batch *batch)
{
	size_t dropped = 0;

	raft__segments_at(&j->segments, batch->begin)->size = batch->size;
	if (batch->is_written) {
		j->written = batch->end;
		j->page = batch->page;
	}
	if (batch->is_durable)
		j->durable = batch->end;
	if (batch->fd != j->fd)
		close(batch->fd);
	else if (batch->is_durable && batch->begin == j->header.begin)
		dropped = raft__segments_drop(&j->segments, j->header.needed);
	return dropped;
}

/* ----------------------------------------------------------------- reading */

static bool
chunk_has(const struct journal_chunk *chunk, uint64_t offset, size_t length)
{
	return chunk != NULL && chunk->begin <= offset &&
	       offset + length <= chunk->begin + chunk->used;
}

static struct journal_chunk *
find_chunk(struct journal *j, uint64_t offset, size_t length)
{
	struct journal_chunk *chunk;

	if (chunk_has(j->read_ahead, offset, length))
		return j->read_ahead;
	if (chunk_has(j->recent, offset, length))
		return j->recent;
	TAILQ_FOREACH_REVERSE (chunk, &j->chunks, journal_chunks, link) {
		if (!chunk_has(chunk, offset, length))
			continue;
		j->recent = chunk;
		return chunk;
	}
	return NULL;
}

/** Sectors of a file in memory. */
struct sectors {
	struct segment segment;
	uint64_t offset;
	size_t length;
	uint8_t *bytes;
};

/* What is being written over meanwhile is as it was in the last page. */
static bool
read_sectors(const struct journal *j, struct sectors *s)
{
	uint64_t end = s->offset + s->length;
	bool is_last = s->segment.begin == j->page.segment;
	uint64_t from_page = end;
	bool done = true;
	int fd;

	if (is_last && end > j->page.offset)
		from_page = j->page.offset > s->offset ? j->page.offset
						       : s->offset;
	if (from_page > s->offset) {
		fd = raft__directory_open_file(j->directory, s->segment.number,
					       true);
		if (fd < 0)
			return false;
		done = raft__disk_read(fd, s->bytes,
				       (size_t)(from_page - s->offset),
				       s->offset);
		close(fd);
	}
	if (from_page < end)
		memcpy(s->bytes + (from_page - s->offset),
		       j->page.bytes + (from_page - j->page.offset),
		       (size_t)(end - from_page));
	return done;
}

/* The bytes of a chunk, up to the first sector that is not as it was written. */
static void
unpack(const struct journal *j, const struct sectors *s,
       struct journal_chunk *chunk)
{
	struct sector_place place = {
		.salt = j->header.salt,
		.segment = s->segment.begin,
	};
	size_t skipped = (size_t)((chunk->begin - place.segment) % SECTOR_ROOM);
	size_t done = 0;

	place.begin = chunk->begin - skipped;
	for (const uint8_t *at = s->bytes; done < chunk->used;
	     at += SECTOR_BYTES, place.begin += SECTOR_ROOM) {
		size_t n = SECTOR_ROOM - skipped;

		if (raft__sector_kind(at, &place) != SECTOR_WRITTEN) {
			chunk->used = done;
			return;
		}
		if (n > chunk->used - done)
			n = chunk->used - done;
		memcpy(chunk->bytes + done, at + SECTOR_HEADER_BYTES + skipped,
		       n);
		done += n;
		skipped = 0;
	}
}

/* False: it has less than `length` bytes; see errno. */
static bool
fill_chunk(const struct journal *j, const struct segment *segment,
	   struct journal_chunk *chunk, size_t length)
{
	uint64_t last = chunk->begin + chunk->used - 1;
	struct sectors s = {
		.segment = *segment,
		.offset = raft__sector_offset(segment->begin, chunk->begin),
	};
	bool done;

	s.length = (size_t)(raft__sector_offset(segment->begin, last) +
			    SECTOR_BYTES - s.offset);
	s.bytes = malloc(s.length);
	done = s.bytes != NULL && read_sectors(j, &s);
	if (done) {
		unpack(j, &s, chunk);
		errno = EBADMSG;
		done = chunk->used >= length;
	}
	free(s.bytes);
	return done;
}

/* What is not in a chunk was written. */
static struct journal_chunk *
read_ahead(struct journal *j, uint64_t offset, size_t length)
{
	const struct segment *segment, *next;
	size_t bytes = length > READ_AHEAD_BYTES ? length : READ_AHEAD_BYTES;
	uint64_t end = j->written;
	struct journal_chunk *chunk;

	segment = raft__segments_at(&j->segments, offset);
	next = raft__segments_after(&j->segments, offset);
	if (next != NULL && next->begin < end)
		end = next->begin;
	errno = EBADMSG;
	if (segment == NULL || offset >= end)
		return NULL;
	if (bytes > end - offset)
		bytes = (size_t)(end - offset);
	chunk = make_chunk(offset, bytes);
	if (chunk == NULL)
		return NULL;
	chunk->used = bytes;
	if (!fill_chunk(j, segment, chunk, length)) {
		let_go(chunk);
		return NULL;
	}
	let_go(j->read_ahead);
	j->read_ahead = chunk;
	return chunk;
}

/* A place may be one that a damaged log has said. */
static struct journal_chunk *
chunk_with(struct journal *j, uint64_t offset, size_t length)
{
	struct journal_chunk *chunk;

	errno = EBADMSG;
	if (offset > j->end)
		return NULL;
	chunk = find_chunk(j, offset, length);
	return chunk != NULL ? chunk : read_ahead(j, offset, length);
}

const uint8_t *
raft__journal_peek(struct journal *j, uint64_t offset, size_t length)
{
	const struct journal_chunk *chunk = chunk_with(j, offset, length);

	return chunk != NULL ? chunk->bytes + (offset - chunk->begin) : NULL;
}

bool
raft__journal_read(struct journal *j, uint64_t offset, size_t length,
		   struct raft_payload *payload)
{
	struct journal_chunk *chunk = chunk_with(j, offset, length);

	if (chunk == NULL)
		return false;
	payload->data = chunk->bytes + (offset - chunk->begin);
	payload->length = length;
	payload->owner = &chunk->block;
	raft_payload_hold(payload);
	return true;
}
