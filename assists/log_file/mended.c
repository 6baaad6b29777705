/*
 * Entries that were fetched again (mended.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/log_file/mended.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assists/crc32c/crc32c.h"
#include "assists/disk/disk.h"
#include "assists/little_endian/little_endian.h"
#include "assists/system/system.h"

#define HEADER_BYTES 32
#define ENTRY_BYTES 24
#define VERSION 1
#define NAME "mended"
#define NAME_UNFINISHED "mended.new"

static const uint8_t magic[8] = { 'r', 'a', 'f', 't', '-', 'm', 'n', 'd' };

/* ------------------------------------------------------------------ in memory */

/** The bytes of one. */
struct copy {
	/** First, so that a block is its copy. */
	struct raft_block block;
	uint8_t bytes[];
};

static void
free_copy(struct raft_block *block)
{
	free(block);
}

void
raft__mended_clear(struct mended *m)
{
	for (size_t i = 0; i < m->count; i++)
		raft_payload_release(&m->list[i].entry.payload);
	free(m->list);
	*m = (struct mended){ 0 };
}

static bool
reserve(struct mended *m)
{
	size_t room = m->room == 0 ? 8 : 2 * m->room;
	struct mended_entry *list;

	if (m->count < m->room)
		return true;
	list = realloc(m->list, room * sizeof(*list));
	if (list == NULL)
		return false;
	m->list = list;
	m->room = room;
	return true;
}

bool
raft__mended_add(struct mended *m, const struct raft_entry *entry)
{
	size_t length = entry->payload.length;
	struct copy *copy;

	if (length > MENDED_BYTES_MAX ||
	    m->bytes + ENTRY_BYTES + length > MENDED_BYTES_MAX || !reserve(m))
		return false;
	copy = malloc(sizeof(*copy) + length);
	if (copy == NULL)
		return false;
	copy->block = (struct raft_block){ 1, free_copy };
	if (length > 0)
		memcpy(copy->bytes, entry->payload.data, length);
	m->list[m->count] = (struct mended_entry){ *entry, ++m->number };
	m->list[m->count++].entry.payload =
	    (struct raft_payload){ copy->bytes, length, &copy->block };
	m->bytes += ENTRY_BYTES + length;
	m->is_changed = true;
	return true;
}

bool
raft__mended_find(const struct mended *m, struct raft_entry_id id,
		  struct raft_entry *entry)
{
	for (size_t i = 0; i < m->count; i++) {
		*entry = m->list[i].entry;
		if (entry->index != id.index || entry->term != id.term)
			continue;
		raft_payload_hold(&entry->payload);
		return true;
	}
	return false;
}

/* The file may have some that nobody needs; it goes with the last one. */
void
raft__mended_trim(struct mended *m, uint64_t index)
{
	size_t had = m->count, left = 0;

	for (size_t i = 0; i < had; i++) {
		struct raft_entry *entry = &m->list[i].entry;

		if (entry->index > index) {
			m->list[left++] = m->list[i];
			continue;
		}
		m->bytes -= ENTRY_BYTES + entry->payload.length;
		raft_payload_release(&entry->payload);
	}
	m->count = left;
	if (had > 0 && left == 0)
		m->is_changed = true;
}

/* ---------------------------------------------------------------- in the file */

/* Of all but the four bytes of itself. */
static uint32_t
checksum(const uint8_t *bytes, size_t length)
{
	uint32_t sum = raft__crc32c(0, bytes, HEADER_BYTES - 4);

	return raft__crc32c(sum, bytes + HEADER_BYTES, length - HEADER_BYTES);
}

static uint8_t *
put_entry(uint8_t *at, const struct raft_entry *entry)
{
	size_t length = entry->payload.length;

	put64(at, entry->index);
	put64(at + 8, entry->term);
	put32(at + 16, (uint32_t)length);
	put32(at + 20, (uint32_t)entry->kind);
	if (length > 0)
		memcpy(at + ENTRY_BYTES, entry->payload.data, length);
	return at + ENTRY_BYTES + length;
}

bool
raft__mended_encode(struct mended *m, uint32_t salt, struct mended_file *file)
{
	uint8_t *at;

	*file = (struct mended_file){ .number = m->number };
	if (m->count > 0) {
		file->length = HEADER_BYTES + m->bytes;
		file->bytes = calloc(1, file->length);
		if (file->bytes == NULL)
			return false;
		memcpy(file->bytes, magic, sizeof(magic));
		put32(file->bytes + 8, VERSION);
		put32(file->bytes + 12, salt);
		put64(file->bytes + 16, m->bytes);
		at = file->bytes + HEADER_BYTES;
		for (size_t i = 0; i < m->count; i++)
			at = put_entry(at, &m->list[i].entry);
		put32(file->bytes + 28, checksum(file->bytes, file->length));
	}
	m->is_changed = false;
	return true;
}

/* Whether its name is gone after a crash is all the same. */
bool
raft__mended_write(int directory, const struct mended_file *file)
{
	int fd, error;
	bool done;

	if (file->bytes == NULL)
		return unlinkat(directory, NAME, 0) == 0 || errno == ENOENT;
	fd = openat(directory, NAME_UNFINISHED,
		    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	done = fd >= 0 && raft__disk_write(fd, file->bytes, file->length, 0) &&
	       raft__system_sync(fd) &&
	       renameat(directory, NAME_UNFINISHED, directory, NAME) == 0 &&
	       raft__system_sync(directory);
	error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return done;
}

void
raft__mended_abandon(int directory)
{
	unlinkat(directory, NAME_UNFINISHED, 0);
}

static bool
is_sound(const uint8_t *bytes, size_t length, uint32_t salt)
{
	return memcmp(bytes, magic, sizeof(magic)) == 0 &&
	       get32(bytes + 8) == VERSION && get32(bytes + 12) == salt &&
	       get64(bytes + 16) == length - HEADER_BYTES &&
	       get32(bytes + 28) == checksum(bytes, length);
}

static void
take_all(struct mended *m, const uint8_t *at, size_t left)
{
	while (left >= ENTRY_BYTES) {
		size_t length = get32(at + 16);
		const struct raft_entry entry = {
			.index = get64(at),
			.term = get64(at + 8),
			.kind = (enum raft_entry_kind)get32(at + 20),
			.payload = { at + ENTRY_BYTES, length, NULL },
		};

		left -= ENTRY_BYTES;
		if (length > left || !raft__mended_add(m, &entry))
			return;
		at += ENTRY_BYTES + length;
		left -= length;
	}
}

void
raft__mended_load(struct mended *m, int directory, uint32_t salt)
{
	int fd = openat(directory, NAME, O_RDONLY | O_CLOEXEC);
	struct stat status;
	uint8_t *bytes = NULL;
	size_t length = 0;

	if (fd < 0)
		return;
	if (fstat(fd, &status) == 0 && status.st_size >= HEADER_BYTES &&
	    (uint64_t)status.st_size <= HEADER_BYTES + MENDED_BYTES_MAX) {
		length = (size_t)status.st_size;
		bytes = malloc(length);
	}
	if (bytes != NULL && raft__disk_read(fd, bytes, length, 0) &&
	    is_sound(bytes, length, salt))
		take_all(m, bytes + HEADER_BYTES, length - HEADER_BYTES);
	m->durable = m->number;
	m->is_changed = false;
	free(bytes);
	close(fd);
}
