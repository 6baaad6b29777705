/*
 * A partition that this server keeps (replica.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/string.h>
#include <err.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "demos/streams/broker.h"

void
replica_say(const struct replica *replica, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fprintf(stderr, "server %" PRIu64 ": %s: ", replica->broker->self,
		replica->name);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
}

void
replica_say_moved(struct replica *replica, struct channel *channel)
{
	uint64_t leader = replica->leads ? 0 : replica->known.leader;

	broker_say_moved(replica->broker, channel, replica->position,
			 replica->known.epoch, leader);
}

/* -------------------------------------------------------------------- the disk */

static void
free_replica(struct replica *replica)
{
	struct broker *broker = replica->broker;

	segment_close(replica->segment);
	free(replica);
	broker->closing_replicas--;
	broker_end_if_empty(broker);
}

static void
synced(uv_fs_t *sync)
{
	struct replica *replica = sync->data;

	/* What a disk that failed has, only a new start can tell. */
	if (sync->result < 0)
		errx(1, "%s: %s", replica->segment->path,
		     uv_strerror((int)sync->result));
	uv_fs_req_cleanup(sync);
	replica->syncs = false;
	if (replica->is_closing) {
		free_replica(replica);
		return;
	}
	replica->durable = replica->sync_end;
	replica_sync(replica);
	if (replica->leads)
		leader_advance(replica);
	else
		follower_fetch(replica);
}

void
replica_sync(struct replica *replica)
{
	if (replica->syncs || replica->durable == replica->segment->end)
		return;
	replica->syncs = true;
	replica->sync_end = replica->segment->end;
	replica->sync.data = replica;
	uv_fs_fdatasync(replica->broker->loop, &replica->sync,
			replica->segment->fd, synced);
}

/* -------------------------------------------------------------- beginning and end */

struct replica *
replica_open(struct broker *broker, uint32_t position, const char *name)
{
	struct replica *replica = calloc(1, sizeof(*replica));

	if (replica == NULL)
		err(1, "replica");
	replica->broker = broker;
	replica->position = position;
	strlcpy(replica->name, name, sizeof(replica->name));
	TAILQ_INIT(&replica->waits);
	replica->segment = segment_open(broker->folder, name);
	replica->durable = replica->segment->end;
	return replica;
}

void
replica_close(struct replica *replica, bool is_unwanted)
{
	leader_dismiss(replica);
	replica->is_closing = true;
	if (is_unwanted)
		replica_say(replica, "is not kept here any more");
	/* Now: it may come back before the disk is done. */
	if (is_unwanted && unlink(replica->segment->path) != 0)
		warn("%s", replica->segment->path);
	replica->broker->closing_replicas++;
	if (!replica->syncs)
		free_replica(replica);
}

static void
begin_epoch(struct replica *replica)
{
	leader_dismiss(replica);
	replica->fetches = false;
	replica->leads = replica->known.leader == replica->broker->self;
	if (replica->leads)
		leader_begin(replica);
	else
		follower_fetch(replica);
}

void
replica_adopt(struct replica *replica, const struct partition *known)
{
	static const struct partition nothing;
	struct partition before = replica->known;

	replica->known = known == NULL ? nothing : *known;
	if (before.epoch != replica->known.epoch)
		begin_epoch(replica);
	else if (replica->leads && before.version != replica->known.version)
		leader_adopt(replica, &before);
}
