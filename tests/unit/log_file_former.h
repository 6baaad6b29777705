/*
 * A log in the form that log_file had before it had segments (legacy.h), as it was
 * written then.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_LOG_FILE_FORMER_H
#define OUTRIGGER_LOG_FILE_FORMER_H

#include <stdlib.h>
#include <string.h>

#include "assists/crc32c/crc32c.h"
#include "assists/disk/owner_bytes.h"
#include "assists/log_file/record.h"

#define FORMER_HEADER_BYTES 64
#define FORMER_BYTES_MAX (1u << 20)

/** The file as it grows; all before `durable` is so when the next record is written. */
struct former {
	uint8_t bytes[FORMER_BYTES_MAX];
	size_t length;
	size_t durable;
	uint32_t salt;
};

static inline void
former_begin(struct former *f, const struct raft_owner *owner, uint32_t salt)
{
	memset(f, 0, sizeof(*f));
	memcpy(f->bytes, "raft-log", 8);
	put32(f->bytes + 8, 2);
	put_owner(f->bytes + 16, owner);
	put64(f->bytes + 48, FORMER_HEADER_BYTES);
	f->salt = salt;
	put32(f->bytes + 56, salt);
	put32(f->bytes + 60, raft__crc32c(0, f->bytes, 60));
	f->length = f->durable = FORMER_HEADER_BYTES;
}

/* Sectors that begin behind the record's header and have nothing but zeros. */
static inline uint32_t
former_blanks(const struct former *f, size_t begin, size_t end)
{
	uint32_t blanks = 0;
	size_t at = (begin + 39) / 512 * 512 + 512, next;

	for (; at < end; at = next) {
		bool is_blank = true;

		next = at + 512 < end ? at + 512 : end;
		for (size_t i = at; i < next; i++)
			is_blank = is_blank && f->bytes[i] == 0;
		blanks += is_blank;
	}
	return blanks;
}

/* The header of a record whose body is as it is now, 24 bytes further on. */
static inline void
former_seal(struct former *f, uint32_t type, size_t body)
{
	uint8_t *at = f->bytes + f->length;
	size_t length = body + 40;

	put32(at + 4, type);
	put64(at + 8, length);
	put64(at + 16, f->length);
	put64(at + 24, f->durable);
	put32(at + 32, former_blanks(f, f->length, f->length + length));
	put32(at + 36, raft__crc32c(f->salt, at + 4, 32));
	put32(at, raft__crc32c(f->salt, at + 4, length - 4));
	f->length += length;
}

static inline void
former_save(struct former *f, const struct raft_save *save)
{
	struct record record = {
		.bytes = f->bytes + f->length + 40 - RECORD_HEADER_BYTES,
		.length = raft__record_save_length(save),
	};

	raft__record_save_write(&record, save);
	former_seal(f, raft__record_save_type(save),
		    record.length - RECORD_HEADER_BYTES);
}

static inline void
former_trim(struct former *f, const struct record_snapshot *snapshot)
{
	struct record record = {
		.bytes = f->bytes + f->length + 40 - RECORD_HEADER_BYTES,
		.length = raft__record_snapshot_length(snapshot),
	};

	raft__record_snapshot_write(&record, snapshot);
	former_seal(f, RECORD_SNAPSHOT, record.length - RECORD_HEADER_BYTES);
}

/* What was written up to now is durable. */
static inline void
former_flush(struct former *f)
{
	f->durable = f->length;
}

#endif
