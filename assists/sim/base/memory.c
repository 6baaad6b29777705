/*
 * Memory and payloads.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "assists/sim/base/memory.h"
#include "assists/sim/base/random.h"

void *
sim_alloc(size_t count, size_t bytes)
{
	void *memory = calloc(count, bytes);

	if (memory == NULL)
		abort();
	return memory;
}

void *
sim_grow(void *array, size_t *room, size_t need, size_t bytes)
{
	size_t wanted = *room < 8 ? 8 : *room;

	if (need <= *room)
		return array;
	while (wanted < need)
		wanted *= 2;
	array = reallocarray(array, wanted, bytes);
	if (array == NULL)
		abort();
	*room = wanted;
	return array;
}

/** Before each block: its size. */
union counted {
	size_t bytes;
	max_align_t alignment;
};

void *
sim_counted_resize(void *held, void *memory, size_t bytes)
{
	union counted *block =
	    memory == NULL ? NULL : (union counted *)memory - 1;
	size_t *sum = held;

	if (block != NULL)
		*sum -= block->bytes;
	if (bytes == 0) {
		free(block);
		return NULL;
	}
	block = realloc(block, sizeof(*block) + bytes);
	if (block == NULL)
		abort();
	block->bytes = bytes;
	*sum += bytes;
	return block + 1;
}

static void
bytes_release(struct raft_block *block)
{
	struct sim_bytes *bytes = (struct sim_bytes *)(void *)block;

	memset(bytes->data, SIM_POISON, bytes->length);
	free(bytes);
}

struct sim_bytes *
sim_bytes_new(size_t length)
{
	struct sim_bytes *bytes = sim_alloc(1, sizeof(*bytes) + length);

	bytes->block.references = 1;
	bytes->block.release = bytes_release;
	bytes->length = length;
	return bytes;
}

static uint8_t
payload_byte(uint64_t id, size_t position)
{
	uint64_t word;

	if (position < SIM_PAYLOAD_BYTES_MIN)
		return (uint8_t)(id >> 8 * position);
	word = sim_mix(id + position / 8);
	return (uint8_t)(word >> 8 * (position % 8));
}

struct raft_payload
sim_payload_new(uint64_t id, size_t length)
{
	struct sim_bytes *bytes;

	if (length < SIM_PAYLOAD_BYTES_MIN)
		length = SIM_PAYLOAD_BYTES_MIN;
	bytes = sim_bytes_new(length);
	for (size_t i = 0; i < length; i++)
		bytes->data[i] = payload_byte(id, i);
	return (struct raft_payload){
		.data = bytes->data,
		.length = length,
		.owner = &bytes->block,
	};
}

uint64_t
sim_payload_id(const struct raft_payload *payload)
{
	const uint8_t *bytes = payload->data;
	uint64_t id = 0;

	if (payload->length < SIM_PAYLOAD_BYTES_MIN)
		return 0;
	for (size_t i = 0; i < SIM_PAYLOAD_BYTES_MIN; i++)
		id |= (uint64_t)bytes[i] << 8 * i;
	for (size_t i = SIM_PAYLOAD_BYTES_MIN; i < payload->length; i++)
		if (bytes[i] != payload_byte(id, i))
			return 0;
	return id;
}
