/*
 * The sectors of a segment's file.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/log_file/sector.h"

#include <string.h>

#include "assists/crc32c/crc32c.h"
#include "assists/little_endian/little_endian.h"

/* Of `durable`, in the header. */
#define UNIT 8

static uint32_t
checksum(const uint8_t bytes[SECTOR_BYTES], uint32_t salt)
{
	return raft__crc32c(salt, bytes + 4, SECTOR_BYTES - 4);
}

void
raft__sector_seal(uint8_t bytes[SECTOR_BYTES], const struct sector_place *place,
		  uint64_t durable)
{
	put32(bytes + 4, (uint32_t)((durable - place->segment) / UNIT));
	put64(bytes + 8, place->begin);
	put32(bytes, checksum(bytes, place->salt));
}

bool
raft__sector_is_blank(const uint8_t *bytes, size_t length)
{
	return length == 0 ||
	       (bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0);
}

enum sector_kind
raft__sector_kind(const uint8_t bytes[SECTOR_BYTES],
		  const struct sector_place *place)
{
	uint64_t begin = get64(bytes + 8);

	if (raft__sector_is_blank(bytes, SECTOR_BYTES))
		return SECTOR_BLANK;
	if (get32(bytes) != checksum(bytes, place->salt))
		return SECTOR_DAMAGED;
	if (begin == place->begin)
		return SECTOR_WRITTEN;
	return begin < place->segment ? SECTOR_FORMER : SECTOR_DAMAGED;
}

uint64_t
raft__sector_durable(const uint8_t bytes[SECTOR_BYTES],
		     const struct sector_place *place)
{
	return place->segment + (uint64_t)get32(bytes + 4) * UNIT;
}
