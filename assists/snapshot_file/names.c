/*
 * The names that snapshots have in their directory.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/snapshot_file/inside.h"
#include "assists/system/system.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The longest. */
#define NAME_BYTES sizeof("18446744073709551615-18446744073709551615")

static void
print_name(char name[NAME_BYTES], struct raft_entry_id id)
{
	snprintf(name, NAME_BYTES, "%020" PRIu64 "-%020" PRIu64, id.index,
		 id.term);
}

/* False: it is no snapshot's. */
static bool
parse_name(const char *name, struct raft_entry_id *id)
{
	char again[NAME_BYTES];

	*id = (struct raft_entry_id){ 0 };
	if (sscanf(name, "%" SCNu64 "-%" SCNu64, &id->index, &id->term) != 2)
		return false;
	print_name(again, *id);
	return strcmp(name, again) == 0;
}

int
raft__snapshots_open(const struct raft_snapshot_file *s,
		     struct raft_entry_id id)
{
	char name[NAME_BYTES] = "received";

	if (s->unnamed.index == 0 || id.index != s->unnamed.index ||
	    id.term != s->unnamed.term)
		print_name(name, id);
	return openat(s->directory, name, O_RDONLY | O_CLOEXEC);
}

/* NULL: there is none, and errno is 0; or errno says why it cannot be told. */
static const struct dirent *
next_name(DIR *directory)
{
	errno = 0;
	return readdir(directory);
}

bool
raft_snapshot_file_each(struct raft_snapshot_file *s,
			void (*see)(struct raft_snapshot_file *s,
				    struct raft_entry_id id, void *context),
			void *context)
{
	int fd = openat(s->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	struct raft_entry_id id;
	int error;

	if (s->directory < 0)
		return true;
	if (directory == NULL) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while ((entry = next_name(directory)) != NULL)
		if (parse_name(entry->d_name, &id))
			see(s, id, context);
	error = errno;
	closedir(directory);
	errno = error;
	return error == 0;
}

static void
delete_older(struct raft_snapshot_file *s, struct raft_entry_id id,
	     void *context)
{
	const uint64_t *oldest = context;
	char name[NAME_BYTES];

	print_name(name, id);
	if (id.index < *oldest)
		unlinkat(s->directory, name, 0);
}

void
raft_snapshot_file_forget(struct raft_snapshot_file *s, uint64_t oldest)
{
	(void)raft_snapshot_file_each(s, delete_older, &oldest);
}

void
raft__snapshots_set_aside(struct raft_snapshot_file *s, struct raft_entry_id id)
{
	char name[NAME_BYTES];

	print_name(name, id);
	(void)renameat(s->directory, name, s->directory, "damaged");
}

void
raft__snapshots_take_name(struct raft_snapshot_file *s, struct raft_entry_id id)
{
	char name[NAME_BYTES];

	print_name(name, id);
	unlinkat(s->directory, name, 0);
}

bool
raft__snapshots_give_name(struct raft_snapshot_file *s, const char *from,
			  struct raft_entry_id id)
{
	char name[NAME_BYTES];

	print_name(name, id);
	return renameat(s->directory, from, s->directory, name) == 0 &&
	       raft__system_sync(s->directory);
}
