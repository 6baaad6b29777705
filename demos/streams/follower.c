/*
 * A replica that follows (replica.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <err.h>
#include <inttypes.h>

#include "demos/streams/broker.h"

/** Beyond the time that the leader keeps a fetch. */
#define PATIENCE_MS 1500

void
follower_fetch(struct replica *replica)
{
	struct segment *segment = replica->segment;
	struct channel *channel;
	uint8_t *room, *at;

	if (replica->leads || replica->fetches ||
	    replica->durable != segment->end)
		return;
	channel = broker_reach(replica->broker, replica->known.leader);
	if (channel == NULL)
		return;
	replica->fetches = true;
	replica->fetches_until_ms =
	    uv_now(replica->broker->loop) + WAIT_MS + PATIENCE_MS;
	room = channel_room(FRAME_FETCH, FETCH_BYTES);
	at = put32(room, replica->position);
	at = put64(at, replica->known.epoch);
	at = put64(at, replica->broker->self);
	at = put64(at, segment->end);
	put64(at, segment_last_epoch(segment));
	channel_send(channel, room, FETCH_BYTES);
}

/** False: there are more, and none of them could be taken. */
static bool
take_records(struct replica *replica, const struct frame *frame)
{
	uint64_t high = get64(frame->body + 12), end = replica->segment->end;
	bool is_sound =
	    segment_append(replica->segment, frame->body + FETCHED_HEAD_BYTES,
			   frame->length - FETCHED_HEAD_BYTES) &&
	    (replica->segment->end > end || high <= end);

	if (high > replica->segment->end)
		high = replica->segment->end;
	if (high > replica->high)
		replica->high = high;
	replica_sync(replica);
	return is_sound;
}

/** The leader's records of this epoch end there, and ours do not (R4). */
static void
drop_beyond(struct replica *replica, const struct segment_epoch *theirs)
{
	struct segment *segment = replica->segment;
	struct segment_epoch ours = segment_epoch_end(segment, theirs->epoch);
	uint64_t end = theirs->start < ours.start ? theirs->start : ours.start;

	if (end < replica->high)
		errx(1,
		     "%s: its leader lacks records from %" PRIu64
		     " on, of which all below %" PRIu64 " are acknowledged",
		     replica->name, end, replica->high);
	if (end >= segment->end)
		return;
	replica_say(replica,
		    "drops %" PRIu64 " records from %" PRIu64
		    " on, which its leader in epoch %" PRIu64 " does not have",
		    segment->end - end, end, replica->known.epoch);
	segment_cut(segment, end);
	/* No sync is under way: nothing is fetched while one is. */
	replica->durable = end;
}

bool
follower_take(struct replica *replica, const struct frame *frame)
{
	uint64_t epoch = get64(frame->body + 4);
	struct segment_epoch theirs;

	/* Whoever leads does not know it yet, or we do not: the next tick asks again. */
	if (frame->kind == FRAME_MOVED) {
		replica->fetches = false;
		return true;
	}
	if (epoch < replica->known.epoch)
		replica_say(replica,
			    "refuses what the leader of epoch %" PRIu64
			    " says: it is in epoch %" PRIu64,
			    epoch, replica->known.epoch);
	if (epoch != replica->known.epoch || !replica->fetches)
		return true;
	replica->fetches = false;
	if (frame->kind == FRAME_FETCHED &&
	    frame->length >= FETCHED_HEAD_BYTES) {
		/* Else the next tick tries again. */
		if (!take_records(replica, frame))
			return true;
	} else if (frame->kind == FRAME_DIVERGED && frame->length == 28) {
		theirs.epoch = get64(frame->body + 12);
		theirs.start = get64(frame->body + 20);
		drop_beyond(replica, &theirs);
	} else {
		return false;
	}
	follower_fetch(replica);
	return true;
}

void
follower_tick(struct replica *replica)
{
	if (replica->fetches &&
	    uv_now(replica->broker->loop) > replica->fetches_until_ms) {
		replica->fetches = false;
		broker_give_up(replica->broker, replica->known.leader);
	}
	follower_fetch(replica);
}
