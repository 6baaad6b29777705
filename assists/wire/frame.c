/*
 * A frame: what a stream of bytes carries before each encoded message, so that
 * its end can be found and damage noticed.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Little endian.
 *
 *   offset bytes
 *      0     4   "OUTR"
 *      4     1   version, 1
 *      5     1   1: the checksum leaves the message out; else 0
 *      6     1   0: a message (wire.c); 1: a note, which is not ours to read
 *      7     1   0; not read
 *      8     4   length of the message
 *     12     4   CRC32C of the twelve bytes above and the message
 *     16         the message, or the note
 *
 * The checksum is against damage that TCP's 16 bits let through; it is none
 * against malice. TLS, whose records have a seal against both, leaves the
 * message out: it would take half as long again as the encryption.
 */
#include <string.h>

#include "assists/crc32c/crc32c.h"
#include "assists/little_endian/little_endian.h"
#include "assists/wire/wire.h"

#define MAGIC_AT 0
#define VERSION_AT 4
#define SEALED_AT 5
#define NOTE_AT 6
#define LENGTH_AT 8
#define CHECKSUM_AT 12

static const char magic[4] = { 'O', 'U', 'T', 'R' };

static void
encode(void *header, bool is_note, const void *message, size_t length)
{
	uint8_t *at = header;
	uint32_t checksum;

	memset(at, 0, RAFT_WIRE_FRAME_BYTES);
	memcpy(at + MAGIC_AT, magic, sizeof(magic));
	at[VERSION_AT] = RAFT_WIRE_VERSION;
	at[SEALED_AT] = message == NULL;
	at[NOTE_AT] = is_note;
	put32(at + LENGTH_AT, (uint32_t)length);
	checksum = raft__crc32c(0, at, CHECKSUM_AT);
	if (message != NULL)
		checksum = raft__crc32c(checksum, message, length);
	put32(at + CHECKSUM_AT, checksum);
}

void
raft_wire_frame_encode(void *header, const void *message, size_t length)
{
	encode(header, false, message, length);
}

void
raft_wire_frame_encode_note(void *header, const void *note, size_t length)
{
	encode(header, true, note, length);
}

enum raft_wire_error
raft_wire_frame_decode(const void *header, struct raft_wire_frame *frame)
{
	const uint8_t *at = header;

	if (memcmp(at + MAGIC_AT, magic, sizeof(magic)) != 0)
		return RAFT_WIRE_MAGIC;
	if (at[VERSION_AT] != RAFT_WIRE_VERSION || at[NOTE_AT] > 1)
		return RAFT_WIRE_UNKNOWN_VERSION;
	frame->length = get32(at + LENGTH_AT);
	frame->checksum_so_far = raft__crc32c(0, at, CHECKSUM_AT);
	frame->checksum = get32(at + CHECKSUM_AT);
	frame->is_sealed = at[SEALED_AT] == 1;
	frame->is_note = at[NOTE_AT] == 1;
	if (frame->length == 0)
		return RAFT_WIRE_LENGTH;
	if (frame->length > RAFT_WIRE_BYTES_MAX)
		return RAFT_WIRE_TOO_LARGE;
	return RAFT_WIRE_OK;
}

enum raft_wire_error
raft_wire_frame_check(const struct raft_wire_frame *frame, const void *message)
{
	uint32_t crc = frame->checksum_so_far;

	if (!frame->is_sealed)
		crc = raft__crc32c(crc, message, frame->length);
	return crc == frame->checksum ? RAFT_WIRE_OK : RAFT_WIRE_CHECKSUM;
}
