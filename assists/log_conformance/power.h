/*
 * What of a folder is durable, and what is left of it after a crash.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_LOG_CONFORMANCE_POWER_H
#define OUTRIGGER_LOG_CONFORMANCE_POWER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** A file or a folder, below the one that is watched. */
struct power_name {
	char path[256];
	ino_t inode;
	bool is_folder;
};

struct power_names {
	struct power_name *at;
	size_t count;
};

/** A file, as it was synced last. */
struct power_file {
	ino_t inode;
	/** Keeps its number from being another's. */
	int fd;
	uint8_t *bytes;
	size_t length;
};

struct power {
	char folder[PATH_MAX];
	dev_t device;
	ino_t inode;
	/** What is durable. */
	struct power_names names;
	struct power_file *files;
	size_t file_count;
};

/** Watch a folder, all of which is durable. False: see errno, here and below. */
bool raft__power_watch(struct power *power, const char *folder);
void raft__power_end(struct power *power);

/** An open file is, or is in, the folder. */
bool raft__power_is_in(const struct power *power, int fd);

/** It was synced. */
bool raft__power_sync(struct power *power, int fd);

/** Make a folder of what is left when the process dies now. */
bool raft__power_kill(const struct power *power, const char *folder);

/** And when power fails, by the luck of `drawn`. */
bool
raft__power_fail(const struct power *power, const char *folder, uint64_t drawn);

/** Delete a folder and all in it. */
void raft__power_remove(const char *folder);

#endif
