/*
 * A file that grows at its end.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/log_file/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "assists/disk/disk.h"

/* Of one chunk, unless the cache is small or an append is large. */
#define CHUNK_BYTES (256u << 10)
#define CHUNK_BYTES_MIN (4u << 10)
#define READ_AHEAD_BYTES (64u << 10)
/* A write into zeros changes no metadata, so that its sync is one write of the
 * device instead of two. */
#define ZERO_BYTES (1u << 20)

struct journal_chunk {
	/** First, so that a block is its chunk. */
	struct raft_block block;
	TAILQ_ENTRY(journal_chunk) link;
	/** Offset in the file of the first byte. */
	uint64_t begin;
	size_t used;
	size_t capacity;
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
raft__journal_init(struct journal *j, int fd, uint64_t end, size_t cache_bytes)
{
	*j = (struct journal){
		.fd = fd,
		.durable = end,
		.written = end,
		.end = end,
		.zeroed = end,
		.cache_bytes = cache_bytes,
	};
	TAILQ_INIT(&j->chunks);
}

static void
drop_oldest(struct journal *j)
{
	struct journal_chunk *oldest = TAILQ_FIRST(&j->chunks);

	TAILQ_REMOVE(&j->chunks, oldest, link);
	j->chunk_bytes -= oldest->capacity;
	let_go(oldest);
}

void
raft__journal_close(struct journal *j)
{
	while (!TAILQ_EMPTY(&j->chunks))
		drop_oldest(j);
	let_go(j->read_ahead);
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

bool
raft__journal_write(struct journal *j)
{
	const struct journal_chunk *chunk;

	TAILQ_FOREACH (chunk, &j->chunks, link) {
		uint64_t end = chunk->begin + chunk->used;
		size_t skip;

		if (end <= j->written)
			continue;
		skip = (size_t)(j->written - chunk->begin);
		if (!raft__disk_write(j->fd, chunk->bytes + skip,
					       chunk->used - skip, j->written))
			return false;
		j->written = end;
	}
	return true;
}

/* A mere improvement: if there is no room for zeros, there may still be some
 * for what is appended next. */
static void
zero_ahead(struct journal *j)
{
	void *zeros;

	if (j->written <= j->zeroed)
		return;
	zeros = calloc(1, ZERO_BYTES);
	j->zeroed = j->written;
	if (zeros != NULL &&
	    raft__disk_write(j->fd, zeros, ZERO_BYTES, j->written))
		j->zeroed += ZERO_BYTES;
	free(zeros);
}

bool
raft__journal_sync(struct journal *j)
{
	if (!raft__journal_write(j))
		return false;
	zero_ahead(j);
	if (!raft__system_sync_data(j->fd))
		return false;
	j->durable = j->end;
	return true;
}

static bool
chunk_has(const struct journal_chunk *chunk, uint64_t offset, size_t length)
{
	return chunk != NULL && chunk->begin <= offset &&
	       offset + length <= chunk->begin + chunk->used;
}

static struct journal_chunk *
find_chunk(const struct journal *j, uint64_t offset, size_t length)
{
	struct journal_chunk *chunk;

	if (chunk_has(j->read_ahead, offset, length))
		return j->read_ahead;
	TAILQ_FOREACH_REVERSE (chunk, &j->chunks, journal_chunks, link) {
		if (chunk_has(chunk, offset, length))
			return chunk;
	}
	return NULL;
}

/* What is not in a chunk was written. */
static struct journal_chunk *
read_ahead(struct journal *j, uint64_t offset, size_t length)
{
	size_t bytes = length > READ_AHEAD_BYTES ? length : READ_AHEAD_BYTES;
	struct journal_chunk *chunk;

	if (bytes > j->written - offset)
		bytes = (size_t)(j->written - offset);
	chunk = make_chunk(offset, bytes);
	if (chunk == NULL)
		return NULL;
	chunk->used = bytes;
	if (!raft__disk_read(j->fd, chunk->bytes, bytes, offset)) {
		let_go(chunk);
		return NULL;
	}
	let_go(j->read_ahead);
	j->read_ahead = chunk;
	return chunk;
}

bool
raft__journal_read(struct journal *j, uint64_t offset, size_t length,
		   struct raft_payload *payload)
{
	struct journal_chunk *chunk = find_chunk(j, offset, length);

	if (chunk == NULL)
		chunk = read_ahead(j, offset, length);
	if (chunk == NULL)
		return false;
	payload->data = chunk->bytes + (offset - chunk->begin);
	payload->length = length;
	payload->owner = &chunk->block;
	raft_payload_hold(payload);
	return true;
}
