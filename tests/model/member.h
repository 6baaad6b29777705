/*
 * Where a member stands while something happens to it, and what it is sent.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_MODEL_MEMBER_H
#define OUTRIGGER_MODEL_MEMBER_H

#include "tests/model/model.h"

#define ARENA_BYTES 32768
#define SIZE_CLASSES 9

/** Before each piece of memory that was given out. */
struct block {
	struct block *following;
	size_t size_class;
};

/** A member with its disk and its clock. What of the arena was never used is not
 *  kept. */
struct place {
	struct raft *raft;
	uint64_t clock;
	/** Of the newest save. */
	uint64_t token;
	/** Reads asked for, in all its lives. */
	uint8_t read_count;
	uint8_t write_count;
	/** What is durable, then what each write under way will leave. */
	struct disk stages[STAGES_MAX];
	/** Of a snapshot that is being received, what is stored. */
	struct disk received;
	struct block *free[SIZE_CLASSES];
	size_t arena_used;
	_Alignas(16) uint8_t arena[ARENA_BYTES];
};

/** The number of a message, with its entries. */
uint32_t message_number(const struct raft_message *message);
/** Entries 1 to last in bytes, as a snapshot has them, and back. */
size_t snapshot_bytes(const struct disk *disk, size_t last, uint8_t *bytes);
void snapshot_read(struct disk *disk, const uint8_t *bytes, size_t length);
/** Voters by their bits, in the caller's room. */
size_t members_of(unsigned int voters, struct raft_member *members);

#endif
