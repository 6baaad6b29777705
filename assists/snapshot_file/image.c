/*
 * The format of a snapshot: see the table in image.h.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/snapshot_file/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assists/crc32c/crc32c.h"
#include "assists/disk/disk.h"
#include "assists/disk/owner_bytes.h"
#include "assists/little_endian/little_endian.h"

#define VERSION 1
#define CHUNK_BYTES ((size_t)64 << 10)
/* The CRC32C of bytes that end with their own CRC32C, whatever they are. */
#define SOUND 0x48674bc7

static const uint8_t owner_magic[8] = {
	'r', 'a', 'f', 't', '-', 'o', 'w', 'n'
};
static const uint8_t magic[8] = { 'r', 'a', 'f', 't', '-', 's', 'n', 'p' };

bool
raft__image_own(const struct image *image, const struct raft_owner *owner)
{
	uint8_t bytes[IMAGE_AT] = { 0 };

	memcpy(bytes, owner_magic, sizeof(owner_magic));
	put32(bytes + 8, IMAGE_FORMAT);
	put_owner(bytes + 16, owner);
	put32(bytes + 60, raft__crc32c(0, bytes, 60));
	return raft__disk_write(image->fd, bytes, sizeof(bytes), 0);
}

uint32_t
raft__image_format(int fd, struct raft_owner *owner)
{
	uint8_t bytes[IMAGE_AT];

	if (!raft__disk_read(fd, bytes, sizeof(bytes), 0))
		return 0;
	if (memcmp(bytes, magic, sizeof(magic)) == 0)
		return 1;
	if (memcmp(bytes, owner_magic, sizeof(owner_magic)) != 0 ||
	    get32(bytes + 60) != raft__crc32c(0, bytes, 60))
		return 0;
	get_owner(bytes + 16, owner);
	return get32(bytes + 8);
}

bool
raft__image_append(struct image *image, const void *bytes, size_t length)
{
	if (!raft__disk_write(image->fd, bytes, length, IMAGE_AT + image->end))
		return false;
	image->checksum = raft__crc32c(image->checksum, bytes, length);
	image->end += length;
	return true;
}

bool
raft__image_begin(struct image *image)
{
	uint8_t header[IMAGE_HEADER_BYTES] = { 0 };

	memcpy(header, magic, sizeof(magic));
	put32(header + 8, VERSION);
	put64(header + 16, image->id.index);
	put64(header + 24, image->id.term);
	return raft__image_append(image, header, sizeof(header));
}

bool
raft__image_end(struct image *image)
{
	uint8_t trailer[IMAGE_TRAILER_BYTES] = { 0 };

	put64(trailer, image->end - IMAGE_HEADER_BYTES);
	put32(trailer + 12, raft__crc32c(image->checksum, trailer, 12));
	return raft__image_append(image, trailer, sizeof(trailer));
}

bool
raft__image_is_sound(const struct image *image)
{
	return image->checksum == SOUND;
}

bool
raft__image_identify(int fd, struct raft_entry_id *id, uint64_t *size)
{
	uint8_t header[IMAGE_HEADER_BYTES], trailer[IMAGE_TRAILER_BYTES];
	struct raft_owner owner;
	struct stat status;

	if (raft__image_format(fd, &owner) != IMAGE_FORMAT ||
	    fstat(fd, &status) != 0 ||
	    status.st_size <
		IMAGE_AT + IMAGE_HEADER_BYTES + IMAGE_TRAILER_BYTES)
		return false;
	*size = (uint64_t)status.st_size - IMAGE_AT;
	if (!raft__disk_read(fd, header, sizeof(header), IMAGE_AT) ||
	    !raft__disk_read(fd, trailer, sizeof(trailer),
			     IMAGE_AT + *size - sizeof(trailer)))
		return false;
	*id = (struct raft_entry_id){ get64(header + 16), get64(header + 24) };
	return memcmp(header, magic, sizeof(magic)) == 0 &&
	       get32(header + 8) == VERSION && get32(header + 12) == 0 &&
	       get64(trailer) ==
		       *size - IMAGE_HEADER_BYTES - IMAGE_TRAILER_BYTES;
}

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How many of `length` bytes from `offset` on are not of the trailer. */
static size_t
before_trailer(uint64_t offset, size_t length, uint64_t size)
{
	uint64_t end = size - IMAGE_TRAILER_BYTES;

	return (size_t)(least(offset + length, end) - least(offset, end));
}

bool
raft__image_open(struct image_reading *reading, int fd)
{
	*reading = (struct image_reading){ .fd = fd };
	return fd >= 0 &&
	       raft__image_identify(fd, &reading->id, &reading->size);
}

void
raft__image_close(struct image_reading *reading)
{
	if (reading->fd >= 0)
		close(reading->fd);
	reading->fd = -1;
}

/* The next of it, at most CHUNK_BYTES; without the header if that is a part of
 * it. */
static const char *
read_chunk(struct image_reading *reading, uint8_t *bytes,
	   bool (*take)(void *context, const void *bytes, size_t length),
	   void *context)
{
	uint64_t offset = reading->offset;
	size_t length = (size_t)least(reading->size - offset, CHUNK_BYTES);
	size_t skip = offset == 0 ? IMAGE_HEADER_BYTES : 0;

	if (!raft__disk_read(reading->fd, bytes, length, IMAGE_AT + offset))
		return "cannot be read back";
	reading->offset += length;
	reading->checksum = raft__crc32c(reading->checksum, bytes, length);
	if (take != NULL &&
	    !take(context, bytes + skip,
		  before_trailer(offset, length, reading->size) - skip)) {
		errno = 0; /* The disk has nothing to do with it. */
		return "was not taken by the state machine";
	}
	return NULL;
}

const char *
raft__image_read(struct image_reading *reading, uint64_t bytes_max,
		 bool (*take)(void *context, const void *bytes, size_t length),
		 void *context)
{
	const char *wrong = NULL;
	uint8_t *bytes = malloc(CHUNK_BYTES);
	uint64_t end = reading->offset +
		       least(bytes_max, reading->size - reading->offset);

	if (bytes == NULL)
		return "does not fit into memory by parts";
	while (wrong == NULL && reading->offset < end)
		wrong = read_chunk(reading, bytes, take, context);
	free(bytes);
	if (wrong == NULL && reading->offset == reading->size &&
	    reading->checksum != SOUND)
		return "is damaged";
	return wrong;
}
