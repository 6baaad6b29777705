/*
 * What the assists that keep files have in common.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_DISK_H
#define OUTRIGGER_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Read or write exactly `length` bytes. False: see errno; the end of the file
 *  comes as EIO. */
bool raft__disk_read(int fd, void *bytes, size_t length, uint64_t offset);
bool raft__disk_write(int fd, const void *bytes, size_t length,
		      uint64_t offset);

/** Whether a folder has something of this name; `flags` are faccessat's. False: that
 *  cannot be told, see errno, and must not pass for "no". */
bool raft__disk_has(int folder, const char *name, int flags, bool *has);

#endif
