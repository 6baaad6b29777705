/*
 * What a recording consists of.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_TESTS_CRASH_DISK_INSIDE_H
#define OUTRIGGER_TESTS_CRASH_DISK_INSIDE_H

#include <err.h>
#include <string.h>
#include <sys/types.h>

#include "tests/crash/disk.h"

#define SECTOR 512
#define NAME_BYTES 64
#define NODES_MAX 256
#define NAMES_MAX 512
#define NONE SIZE_MAX
/** It is so, or the test is wrong. */
#define NEED(fact) ((fact) ? (void)0 : errx(1, "disk: not so: " #fact))

enum kind { WRITE, TRUNCATE, SYNC, FAILED_SYNC, NAME, FORGET, RENAME };

/** A call. */
struct call {
	enum kind kind;
	/** The file that is written, truncated or synced; else the folder. */
	size_t node;
	/** Of a write; of a truncation the length. */
	size_t offset;
	size_t length;
	uint8_t *bytes;
	/** Of a name: whose it becomes. */
	size_t target;
	char name[NAME_BYTES];
	/** Of a renaming: the new folder and name. */
	size_t to_node;
	char to[NAME_BYTES];
};

/** A file or a folder. */
struct node {
	ino_t number;
	bool is_folder;
	/** Open, so that no other file gets its number. */
	int fd;
	/** As it was when the recording began. */
	uint8_t *bytes;
	size_t length;
};

/** A name in a folder. */
struct name {
	size_t folder, target;
	char name[NAME_BYTES];
};

struct names {
	struct name at[NAMES_MAX];
	size_t count;
};

struct disk {
	/** nodes[0] is the folder. */
	struct node nodes[NODES_MAX];
	size_t node_count;
	/** As they were when the recording began, and as they are. */
	struct names before, now;
	struct call *calls;
	size_t call_count;
};

/** A file as it is after the first `at` calls. With no crash, all is there. */
void disk_replay_file(const struct disk *disk, size_t node, size_t at,
		      const struct disk_crash *crash, uint8_t **bytes,
		      size_t *length);

/* ------------------------------------------------------------------ names */

static inline void
keep_name(char kept[NAME_BYTES], const char *name)
{
	size_t length = strlen(name) + 1;

	NEED(length <= NAME_BYTES);
	memcpy(kept, name, length);
}

static inline struct name *
find_name(struct names *names, size_t folder, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (names->at[i].folder == folder &&
		    strcmp(names->at[i].name, name) == 0)
			return &names->at[i];
	}
	return NULL;
}

static inline void
forget_name(struct names *names, size_t folder, const char *name)
{
	struct name *found = find_name(names, folder, name);

	if (found != NULL)
		*found = names->at[--names->count];
}

static inline void
give_name(struct names *names, size_t folder, const char *name, size_t target)
{
	struct name *found = find_name(names, folder, name);

	if (found == NULL) {
		NEED(names->count < NAMES_MAX);
		found = &names->at[names->count++];
		found->folder = folder;
		keep_name(found->name, name);
	}
	found->target = target;
}

static inline void
rename_to(struct names *names, const struct call *call)
{
	forget_name(names, call->node, call->name);
	give_name(names, call->to_node, call->to, call->target);
}

#endif
