/*
 * Buffers by size, in stacks of spare ones (buffers.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdbool.h>
#include <stdlib.h>

#include "assists/transport_tcp/buffers.h"

/* 64 KiB << 11 is above what a frame can have. */
#define SIZES 12

struct raft_buffers {
	/** Spare buffers of RAFT_BUFFER_BYTES << position. */
	struct raft_buffer *spare[SIZES];
	size_t spare_bytes;
	size_t spare_bytes_max;
	/** Taken and not back yet. */
	size_t out;
	bool closed;
};

struct raft_buffers *
raft__buffers_create(size_t spare_bytes_max)
{
	struct raft_buffers *home = calloc(1, sizeof(*home));

	if (home != NULL)
		home->spare_bytes_max = spare_bytes_max;
	return home;
}

static unsigned
size_class(size_t size)
{
	unsigned class = 0;

	while (class < SIZES && RAFT_BUFFER_BYTES << class < size)
		class ++;
	return class;
}

static void
free_spares(struct raft_buffers *home)
{
	struct raft_buffer *buffer;

	for (unsigned class = 0; class < SIZES; class ++) {
		while ((buffer = home->spare[class]) != NULL) {
			home->spare[class] = buffer->next;
			free(buffer);
		}
	}
}

static void
come_back(struct raft_block *block)
{
	struct raft_buffer *buffer = (struct raft_buffer *)block;
	struct raft_buffers *home = buffer->home;
	unsigned class = size_class(buffer->size);

	home->out--;
	if (!home->closed &&
	    home->spare_bytes + buffer->size <= home->spare_bytes_max) {
		buffer->next = home->spare[class];
		home->spare[class] = buffer;
		home->spare_bytes += buffer->size;
		return;
	}
	free(buffer);
	if (home->closed && home->out == 0)
		free(home);
}

struct raft_buffer *
raft__buffers_take(struct raft_buffers *home, size_t size)
{
	unsigned class = size_class(size);
	struct raft_buffer *buffer;

	if (class == SIZES)
		return NULL;
	size = RAFT_BUFFER_BYTES << class;
	buffer = home->spare[class];
	if (buffer != NULL) {
		home->spare[class] = buffer->next;
		home->spare_bytes -= size;
	} else {
		buffer = malloc(sizeof(*buffer) + size);
	}
	if (buffer == NULL)
		return NULL;
	*buffer = (struct raft_buffer){
		.block = { .references = 1, .release = come_back },
		.home = home,
		.size = size,
	};
	home->out++;
	return buffer;
}

void
raft__buffers_close(struct raft_buffers *home)
{
	if (home == NULL)
		return;
	free_spares(home);
	home->closed = true;
	if (home->out == 0)
		free(home);
}
