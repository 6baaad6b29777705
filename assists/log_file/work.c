/*
 * A piece of work on the disk.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/log_file/work.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "assists/disk/disk.h"
#include "assists/log_file/directory.h"

/* At a time. */
#define ZERO_BYTES (1u << 20)

uint64_t
raft__work_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t
raft__work_zero(int fd, uint64_t size)
{
	uint8_t *zeros = calloc(1, ZERO_BYTES);
	bool done = zeros != NULL;

	for (uint64_t at = 0; done && at < size; at += ZERO_BYTES) {
		uint64_t left = size - at;

		done = raft__disk_write(fd, zeros,
					left < ZERO_BYTES ? (size_t)left
							  : ZERO_BYTES,
					at);
	}
	free(zeros);
	return done || ftruncate(fd, 0) != 0 ? size : 0;
}

static bool
fill(struct work *work, int fd)
{
	uint8_t sector[SECTOR_BYTES];

	work->header.begin = work->header.needed = work->header.ended = 0;
	raft__journal_header(&work->header, sector);
	work->size = raft__work_zero(fd, work->size);
	if (work->size < SECTOR_BYTES)
		work->size = SECTOR_BYTES;
	return raft__disk_write(fd, sector, sizeof(sector), 0) &&
	       raft__system_sync(fd);
}

/* Until it has its name, nobody knows of it; and if it is not known whether it has, it is
 * not used. */
static bool
make(struct work *work)
{
	int fd = raft__directory_make_file(work->directory);
	bool done = fd >= 0 && fill(work, fd) &&
		    raft__directory_publish(work->directory, work->number);
	int error = errno;

	if (fd >= 0)
		close(fd);
	if (!done)
		raft__directory_abandon(work->directory);
	errno = error;
	return done;
}

static bool
carry_out(struct work *work)
{
	switch (work->kind) {
	case WORK_MAKE:
		return make(work);
	case WORK_REMOVE:
		raft__directory_remove(work->directory, work->number);
		return true;
	case WORK_SCRUB:
		return raft__scrub_read(&work->piece);
	case WORK_MEND:
		return raft__mended_write(work->directory, &work->mended);
	case WORK_WRITE:
	default:
		return raft__journal_write(&work->batch);
	}
}

void
raft__work_do(struct work *work)
{
	uint64_t begun = raft__work_now();

	work->error = carry_out(work) ? 0 : errno;
	work->took_us = raft__work_now() - begun;
}
