/*
 * Reading a snapshot through, in the background, to see whether it is as it was written.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is whole does not change any more, so that it can be read in another thread
 * while the directory's own deletes it, or takes the next one.
 */
#include "assists/snapshot_file/inside.h"

#include <errno.h>
#include <stdlib.h>

#include "assists/system/system.h"

struct raft_snapshot_check {
	struct raft_entry_id id;
	struct image_reading reading;
	/** What it says that it is was read. */
	bool is_begun;
	uint64_t bytes;
};

struct raft_snapshot_check *
raft_snapshot_file_check(const struct raft_snapshot_file *s,
			 struct raft_entry_id snapshot)
{
	struct raft_snapshot_check *check = calloc(1, sizeof(*check));

	if (check == NULL)
		return NULL;
	check->id = snapshot;
	check->reading.fd = raft__snapshots_open(s, snapshot);
	if (check->reading.fd >= 0)
		return check;
	free(check);
	return NULL;
}

/* False: it is not what its name says. */
static bool
begin(struct raft_snapshot_check *check)
{
	int fd = check->reading.fd;

	check->is_begun = true;
	raft__system_uncache(fd, 0, IMAGE_AT + IMAGE_HEADER_BYTES);
	return raft__image_open(&check->reading, fd) &&
	       check->reading.id.index == check->id.index &&
	       check->reading.id.term == check->id.term;
}

static bool
read_on(struct raft_snapshot_check *check, size_t bytes_max)
{
	struct image_reading *reading = &check->reading;
	uint64_t from = reading->offset;
	bool is_well;

	raft__system_uncache(reading->fd, IMAGE_AT + from, bytes_max);
	is_well = raft__image_read(reading, bytes_max, NULL, NULL) == NULL;
	check->bytes += reading->offset - from;
	raft__system_uncache(reading->fd, IMAGE_AT + from, bytes_max);
	return is_well;
}

enum raft_node_verdict
raft_snapshot_check_read(struct raft_snapshot_check *check, size_t bytes_max)
{
	errno = 0;
	if ((!check->is_begun && !begin(check)) || !read_on(check, bytes_max))
		return raft__snapshots_lacks_room(errno) ? RAFT_NODE_SOUND
							 : RAFT_NODE_DAMAGED;
	return check->reading.offset < check->reading.size
		   ? RAFT_NODE_UNDECIDED
		   : RAFT_NODE_SOUND;
}

uint64_t
raft_snapshot_check_bytes(const struct raft_snapshot_check *check)
{
	return check->bytes;
}

void
raft_snapshot_check_close(struct raft_snapshot_check *check)
{
	if (check == NULL)
		return;
	raft__image_close(&check->reading);
	free(check);
}

void
raft_snapshot_file_condemn(struct raft_snapshot_file *s,
			   struct raft_entry_id snapshot)
{
	raft__snapshots_set_aside(s, snapshot);
	s->reports.damaged(s->reports.context, snapshot);
}
