/*
 * Memory that only grows, and tables by fingerprints.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/model/store.h"

static size_t held;

void
fail(const char *file, int line, const char *fact)
{
	/* Not stderr, which is the library's for the time of an event. */
	dprintf(STDERR_FILENO, "%s:%d: not true: %s\n", file, line, fact);
	exit(2);
}

size_t
store_bytes(void)
{
	return held;
}

void
region_make(struct region *region, size_t limit)
{
	void *at = mmap(NULL, limit, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	must(at != MAP_FAILED);
	*region = (struct region){ .at = at, .limit = limit };
}

void *
region_take(struct region *region, size_t bytes)
{
	void *at = region->at + region->used;

	bytes = (bytes + 7) & ~(size_t)7;
	must(bytes <= region->limit - region->used);
	region->used += bytes;
	held += bytes;
	return at;
}

static void
table_grow(struct table *table)
{
	struct table larger = { .room =
				    table->room == 0 ? 1024 : 2 * table->room };
	bool is_new;

	larger.keys = calloc(larger.room, sizeof(*larger.keys));
	larger.values = calloc(larger.room, sizeof(*larger.values));
	must(larger.keys != NULL && larger.values != NULL);
	for (size_t i = 0; i < table->room; i++)
		if (table->keys[i] != 0)
			*table_slot(&larger, table->keys[i], &is_new) =
			    table->values[i];
	held += (larger.room - table->room) * 12;
	free(table->keys);
	free(table->values);
	*table = larger;
}

uint32_t *
table_slot(struct table *table, uint64_t key, bool *is_new)
{
	size_t i;

	must(key != 0);
	if (10 * table->count >= 6 * table->room)
		table_grow(table);
	for (i = key & (table->room - 1); table->keys[i] != 0;
	     i = (i + 1) & (table->room - 1))
		if (table->keys[i] == key) {
			*is_new = false;
			return &table->values[i];
		}
	*is_new = true;
	table->keys[i] = key;
	table->count++;
	return &table->values[i];
}

uint64_t
mix_bytes(uint64_t hash, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;
	uint64_t word;

	for (; length >= sizeof(word); length -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = mix(hash, word);
		at += sizeof(word);
	}
	word = 0;
	if (length > 0)
		memcpy(&word, at, length);
	return mix(hash, word ^ ((uint64_t)length << 56));
}
