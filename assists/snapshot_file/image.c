/*
 * The format of a snapshot: see the table in image.h.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/snapshot_file/image.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

/* How many of `length` bytes from `offset` on are not of the trailer. */
static size_t
before_trailer(uint64_t offset, size_t length, uint64_t size)
{
	uint64_t end = size - IMAGE_TRAILER_BYTES;

	if (offset >= end)
		return 0;
	return length < end - offset ? length : (size_t)(end - offset);
}

const char *
raft__image_read(int fd, uint64_t size,
		 bool (*take)(void *context, const void *bytes, size_t length),
		 void *context)
{
	const char *wrong = NULL;
	uint8_t *bytes = malloc(CHUNK_BYTES);
	uint64_t offset = 0;
	uint32_t checksum = 0;
	size_t length, skip = IMAGE_HEADER_BYTES;

	if (bytes == NULL)
		return "does not fit into memory by parts";
	for (; wrong == NULL && offset < size; offset += length, skip = 0) {
		length = size - offset < CHUNK_BYTES ? (size_t)(size - offset)
						     : CHUNK_BYTES;
		if (!raft__disk_read(fd, bytes, length, IMAGE_AT + offset)) {
			wrong = "cannot be read back";
			break;
		}
		checksum = raft__crc32c(checksum, bytes, length);
		if (take != NULL &&
		    !take(context, bytes + skip,
			  before_trailer(offset, length, size) - skip))
			wrong = "was not taken by the state machine";
	}
	free(bytes);
	return wrong == NULL && checksum != SOUND ? "is damaged" : wrong;
}
