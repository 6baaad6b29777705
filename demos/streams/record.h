/*
 * A record, as it lies in a file and goes over a connection: the same bytes on every
 * server, and for consumers.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *	0   CRC32C of all that follows
 *	4   length of the text, in bytes
 *	8   offset: its place in the partition, from 0 on
 *	16  epoch of the leader that took it
 *	24  producer
 *	32  sequence: the producer's first is 1
 *	40  the text
 *
 * Numbers have their lowest byte first.
 */
#ifndef STREAMS_RECORD_H
#define STREAMS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "demos/streams/bytes.h"

#define RECORD_HEAD_BYTES 40
#define RECORD_TEXT_BYTES_MAX 65536

struct record {
	uint64_t offset;
	uint64_t epoch;
	uint64_t producer;
	uint64_t sequence;
	const uint8_t *text;
	uint32_t length;
};

/** Returns where it ends. */
static inline uint8_t *
record_put(uint8_t *at, const struct record *record)
{
	put32(at + 4, record->length);
	put64(at + 8, record->offset);
	put64(at + 16, record->epoch);
	put64(at + 24, record->producer);
	put64(at + 32, record->sequence);
	memcpy(at + RECORD_HEAD_BYTES, record->text, record->length);
	put32(at, bytes_crc32c(at + 4, RECORD_HEAD_BYTES - 4 + record->length));
	return at + RECORD_HEAD_BYTES + record->length;
}

/** Bytes of the whole record that these begin with; 0: there is none, or it is
 *  damaged. */
static inline size_t
record_get(const uint8_t *at, size_t length, struct record *record)
{
	if (length < RECORD_HEAD_BYTES)
		return 0;
	record->length = get32(at + 4);
	record->offset = get64(at + 8);
	record->epoch = get64(at + 16);
	record->producer = get64(at + 24);
	record->sequence = get64(at + 32);
	record->text = at + RECORD_HEAD_BYTES;
	if (record->length > RECORD_TEXT_BYTES_MAX ||
	    record->length > length - RECORD_HEAD_BYTES ||
	    get32(at) !=
		bytes_crc32c(at + 4, RECORD_HEAD_BYTES - 4 + record->length))
		return 0;
	return RECORD_HEAD_BYTES + record->length;
}

#endif
