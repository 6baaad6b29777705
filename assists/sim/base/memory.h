/*
 * Memory of the simulator, which ends when there is none, and the payloads of
 * its writes, whose bytes are poisoned when the last holder lets go.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_SIM_MEMORY_H
#define OUTRIGGER_SIM_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raft/raft.h"

/** What freed bytes are overwritten with. */
#define SIM_POISON 0xdb

/** Zeroed memory. */
void *sim_alloc(size_t count, size_t bytes);

/** An array with room for `need` items, grown by doubling. */
void *sim_grow(void *array, size_t *room, size_t need, size_t bytes);

/** A member's allocator, whose context is the bytes (a size_t) that it holds. */
void *sim_counted_resize(void *held, void *memory, size_t bytes);

/** Bytes behind a counted block that starts with one reference. */
struct sim_bytes {
	struct raft_block block;
	size_t length;
	uint8_t data[];
};

struct sim_bytes *sim_bytes_new(size_t length);

/** A write's payload: its id and bytes that follow from the id, so that any
 *  change of any of them is seen. The caller holds one reference. */
struct raft_payload sim_payload_new(uint64_t id, size_t length);

/** The id in a payload; 0: it is not as it was made. */
uint64_t sim_payload_id(const struct raft_payload *payload);

#define SIM_PAYLOAD_BYTES_MIN 8

#endif
