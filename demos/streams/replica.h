/*
 * A replica: a partition that this server keeps. It leads, or follows whoever does.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The leader appends what producers send; the others fetch it from the leader, as
 * consumers do. A fetch says where a follower's file ends on its disk, so it is an
 * acknowledgement, too. What all that are in sync have on their disks is below the high
 * watermark: it is acknowledged to producers, and shown to consumers.
 *
 * (R1) A server leads only in an epoch that the catalogue gave to its present life.
 * (R2) The leader counts whoever is in sync, and whoever may be by now since it has asked
 *      for that. It asks only for one that has all below the high watermark, and all that
 *      was there when its epoch began.
 * (R3) An answer of another epoch than the follower's is refused: that is how a leader
 *      that was deposed loses its appends.
 * (R4) A follower that is further than its leader's records of an epoch drops what is
 *      beyond them. By the epochs, not by its high watermark: that may lag behind.
 * (R5) What is below a high watermark that was ever seen is never dropped.
 */
#ifndef STREAMS_REPLICA_H
#define STREAMS_REPLICA_H

#include <bsd/sys/queue.h>
#include <uv.h>

#include "demos/streams/catalogue.h"
#include "demos/streams/channel.h"
#include "demos/streams/segment.h"

struct broker;

/** What a leader knows of a follower in its epoch. */
struct follower {
	/** 0: behind the last. */
	uint64_t server;
	/** It has all below this on its disk. */
	uint64_t durable;
	/** When it fetched last, and where the leader's file ended then. */
	uint64_t fetched_ms;
	uint64_t end_then;
	/** The latest time at which it had all that was there; 0: never. */
	uint64_t caught_up_ms;
	/** It is not in sync for all that is known, but that was asked for. */
	bool may_be_in_sync;
};

/** Somebody waits for the high watermark, or for records. */
struct wait {
	TAILQ_ENTRY(wait) link;
	struct channel *channel;
	/** PRODUCE or FETCH. */
	enum frame_kind kind;
	/** Where the high watermark has to be, or what is fetched begins. */
	uint64_t offset;
	/** Of the last record that is to be acknowledged. */
	uint64_t sequence;
	/** Who fetches; 0: a consumer. */
	uint64_t server;
	uint64_t until_ms;
};

struct replica {
	struct broker *broker;
	/** On the wire: the partition's position in the catalogue. */
	uint32_t position;
	/** TOPIC-NUMBER, for people and for its file. */
	char name[NAME_BYTES + 12];
	/** As it was told last. */
	struct partition known;
	struct segment *segment;
	/** All below is on this disk. */
	uint64_t durable;
	uint64_t high;
	bool leads;

	/* Of a leader. */
	struct follower followers[SERVERS_MAX];
	TAILQ_HEAD(, wait) waits;
	/** It has asked for others to be in sync. */
	bool asks;

	/* Of a follower. */
	/** An answer is awaited until then. */
	bool fetches;
	uint64_t fetches_until_ms;

	/* Of the disk. */
	uv_fs_t sync;
	bool syncs;
	/** Where the file ended when the sync began. */
	uint64_t sync_end;
	/** It is to be freed when no sync is under way. */
	bool is_closing;
};

/** Open the file of the partition at this position. */
struct replica *
replica_open(struct broker *broker, uint32_t position, const char *name);
/** The server closes; or it is not this server's any more, and its file is removed. */
void replica_close(struct replica *replica, bool is_unwanted);

/** The catalogue says so; NULL: it is not to be relied on for now. */
void replica_adopt(struct replica *replica, const struct partition *known);

/** Make durable what is not yet. */
void replica_sync(struct replica *replica);

/** A line about it, on standard error. */
void replica_say(const struct replica *replica, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** MOVED, with who leads. */
void replica_say_moved(struct replica *replica, struct channel *channel);

/* As a leader (leader.c). Frames that are malformed: false. */

void leader_begin(struct replica *replica);
/** The catalogue has it otherwise, in the same epoch; it was so before. */
void leader_adopt(struct replica *replica, const struct partition *before);
bool leader_produce(struct replica *replica, struct channel *channel,
		    const struct frame *frame);
bool leader_fetch(struct replica *replica, struct channel *channel,
		  const struct frame *frame);
/** Who is in sync, or what is durable, has changed. */
void leader_advance(struct replica *replica);
void leader_tick(struct replica *replica);
/** Nobody is answered any more but by MOVED. */
void leader_dismiss(struct replica *replica);
/** A channel has ended. */
void leader_forget(struct replica *replica, struct channel *channel);

/* As a follower (follower.c). */

/** Fetch what comes next, if it can be done now. */
void follower_fetch(struct replica *replica);
bool follower_take(struct replica *replica, const struct frame *frame);
void follower_tick(struct replica *replica);

#endif
