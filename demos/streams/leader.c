/*
 * A replica that leads (replica.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "demos/streams/broker.h"

/** Who has not had all for so long is not in sync. */
#define LAG_MS 1500
/** Answers that one channel may wait for. */
#define OWED_MAX 256

static uint64_t
now_ms(const struct replica *replica)
{
	return uv_now(replica->broker->loop);
}

static bool
is_me(const struct replica *replica, const struct place *place)
{
	return place->server == replica->broker->self;
}

/* -------------------------------------------------------------------- answering */

static void
send_records(struct replica *replica, struct channel *channel, uint64_t offset,
	     uint64_t limit)
{
	size_t most = offset < limit ? segment_room(replica->segment, offset,
						    RECORDS_BYTES_MAX)
				     : 0;
	uint8_t *room = channel_room(FRAME_FETCHED, FETCHED_HEAD_BYTES + most);
	uint8_t *at = put32(room, replica->position);

	at = put64(at, replica->known.epoch);
	at = put64(at, replica->high);
	if (most > 0)
		at += segment_read(replica->segment, offset, limit, at, most);
	channel_send(channel, room, (size_t)(at - room));
}

static void
say_produced(struct replica *replica, struct channel *channel,
	     uint64_t sequence)
{
	uint8_t *room = channel_room(FRAME_PRODUCED, 12);

	put64(put32(room, replica->position), sequence);
	channel_send(channel, room, 12);
}

static void
say_diverged(struct replica *replica, struct channel *channel,
	     const struct segment_epoch *ours)
{
	uint8_t *room = channel_room(FRAME_DIVERGED, 28);
	uint8_t *at =
	    put64(put32(room, replica->position), replica->known.epoch);

	put64(put64(at, ours->epoch), ours->start);
	channel_send(channel, room, 28);
}

/** Followers get what is not durable yet, too: they sync it meanwhile. */
static uint64_t
limit_of(const struct replica *replica, const struct wait *wait)
{
	return wait->server == 0 ? replica->high : replica->segment->end;
}

static bool
is_due(const struct replica *replica, const struct wait *wait)
{
	if (wait->kind == FRAME_PRODUCE)
		return replica->high >= wait->offset;
	return limit_of(replica, wait) > wait->offset ||
	       now_ms(replica) >= wait->until_ms;
}

static void
end_wait(struct replica *replica, struct wait *wait)
{
	TAILQ_REMOVE(&replica->waits, wait, link);
	wait->channel->owed--;
	free(wait);
}

static void
answer_waits(struct replica *replica)
{
	struct wait *wait, *next;

	TAILQ_FOREACH_SAFE(wait, &replica->waits, link, next)
	{
		if (!is_due(replica, wait))
			continue;
		if (wait->kind == FRAME_PRODUCE)
			say_produced(replica, wait->channel, wait->sequence);
		else
			send_records(replica, wait->channel, wait->offset,
				     limit_of(replica, wait));
		end_wait(replica, wait);
	}
}

/** It is answered at once, or when it is due. */
static void
add_wait(struct replica *replica, const struct wait *asked)
{
	struct wait *wait = malloc(sizeof(*wait));

	if (wait == NULL)
		err(1, "leader");
	*wait = *asked;
	wait->until_ms = now_ms(replica) + WAIT_MS;
	TAILQ_INSERT_TAIL(&replica->waits, wait, link);
	if (++wait->channel->owed > OWED_MAX)
		channel_end(wait->channel);
}

void
leader_dismiss(struct replica *replica)
{
	struct wait *wait;

	while ((wait = TAILQ_FIRST(&replica->waits)) != NULL) {
		replica_say_moved(replica, wait->channel);
		end_wait(replica, wait);
	}
}

void
leader_forget(struct replica *replica, struct channel *channel)
{
	struct wait *wait, *next;

	TAILQ_FOREACH_SAFE(wait, &replica->waits, link, next)
	if (wait->channel == channel)
		end_wait(replica, wait);
}

/* ------------------------------------------------------------- who is in sync */

/** What it knows of the server. */
static struct follower *
follower_of(struct replica *replica, uint64_t server)
{
	struct follower *follower = replica->followers;

	/* There are no more servers than that. */
	while (follower->server != server && follower->server != 0)
		follower++;
	follower->server = server;
	return follower;
}

/** Whether it should be in sync, as far as this leader can tell (R2). Who has caught up
 *  once has had all that was there when the epoch began. */
static bool
keeps_up(struct replica *replica, const struct place *place)
{
	struct follower *follower = follower_of(replica, place->server);
	const struct server *server =
	    catalogue_server(&replica->broker->catalogue, place->server);
	bool is_near = follower->caught_up_ms > 0 &&
		       follower->caught_up_ms + LAG_MS > now_ms(replica);

	if (place->in_sync)
		return is_near;
	return is_near && server->is_up && follower->durable >= replica->high;
}

/** Ask that those are in sync who should be, if that is a change. */
static void
review(struct replica *replica)
{
	const struct partition *known = &replica->known;
	char command[LINE_BYTES];
	bool differs = false;
	int length =
	    snprintf(command, sizeof(command), "in-sync %" PRIu32 " %" PRIu64,
		     replica->position, known->version);

	if (replica->asks)
		return;
	for (uint32_t i = 0; i < known->place_count; i++) {
		const struct place *place = &known->places[i];
		struct follower *follower = follower_of(replica, place->server);
		bool keeps = is_me(replica, place) || keeps_up(replica, place);

		/* Who may be in sync and lags is waited for until the version is
		 * another one. */
		differs = differs || keeps != place->in_sync ||
			  (!keeps && follower->may_be_in_sync);
		if (!keeps)
			continue;
		length +=
		    snprintf(command + length, sizeof(command) - (size_t)length,
			     " %" PRIu64, place->server);
		if (!place->in_sync)
			follower->may_be_in_sync = true;
	}
	replica->asks = differs;
	if (differs)
		broker_ask_in_sync(replica->broker, replica->position, command);
}

void
leader_advance(struct replica *replica)
{
	uint64_t high = replica->durable;

	for (uint32_t i = 0; i < replica->known.place_count; i++) {
		const struct place *place = &replica->known.places[i];
		const struct follower *follower;

		if (is_me(replica, place))
			continue;
		follower = follower_of(replica, place->server);
		if ((place->in_sync || follower->may_be_in_sync) &&
		    follower->durable < high)
			high = follower->durable;
	}
	if (high > replica->high)
		replica->high = high;
	answer_waits(replica);
}

void
leader_begin(struct replica *replica)
{
	memset(replica->followers, 0, sizeof(replica->followers));
	/* Whoever is in sync has that long to be heard. */
	for (uint32_t i = 0; i < replica->known.place_count; i++)
		follower_of(replica, replica->known.places[i].server)
		    ->caught_up_ms =
		    replica->known.places[i].in_sync ? now_ms(replica) : 0;
	replica_say(replica, "leads in epoch %" PRIu64 ", from %" PRIu64 " on",
		    replica->known.epoch, replica->segment->end);
	leader_advance(replica);
}

/** Who has left, or is not in sync any more, may have lost all when it comes again; and
 *  who is not in sync may have left and come again while nobody looked. */
void
leader_adopt(struct replica *replica, const struct partition *before)
{
	bool saw_all = replica->known.version <= before->version + 1;

	for (struct follower *follower = replica->followers;
	     follower < replica->followers + SERVERS_MAX; follower++) {
		uint64_t server = follower->server;
		const struct place *was = partition_place(before, server),
				   *is =
				       partition_place(&replica->known, server);
		bool stays = was != NULL && is != NULL &&
			     (is->in_sync || (saw_all && !was->in_sync));

		follower->may_be_in_sync = false;
		if (!stays)
			*follower = (struct follower){ .server = server };
	}
	leader_advance(replica);
}

void
leader_tick(struct replica *replica)
{
	review(replica);
	leader_advance(replica);
}

/* ------------------------------------------------------------------- producing */

/** Records in these bytes, if they are nothing else; else 0. */
static uint64_t
count_texts(const uint8_t *at, size_t length)
{
	uint64_t count = 0;

	for (; length >= 4; count++) {
		uint32_t text = get32(at);

		if (text > RECORD_TEXT_BYTES_MAX || text > length - 4)
			return 0;
		at += 4 + text;
		length -= 4 + text;
	}
	return length == 0 ? count : 0;
}

/** Append the texts behind the first `known`, which are there already. */
static void
append_texts(struct replica *replica, struct record record, const uint8_t *at,
	     const uint8_t *end, uint64_t known, uint64_t count)
{
	uint8_t *bytes = malloc((size_t)(end - at) + count * RECORD_HEAD_BYTES);
	uint8_t *to = bytes;

	if (bytes == NULL)
		err(1, "leader");
	record.epoch = replica->known.epoch;
	record.offset = replica->segment->end;
	for (; at < end; at += 4 + record.length, record.sequence++) {
		record.text = at + 4;
		record.length = get32(at);
		if (known > 0) {
			known--;
			continue;
		}
		to = record_put(to, &record);
		record.offset++;
	}
	segment_append(replica->segment, bytes, (size_t)(to - bytes));
	free(bytes);
}

bool
leader_produce(struct replica *replica, struct channel *channel,
	       const struct frame *frame)
{
	const uint8_t *texts = frame->body + PRODUCE_HEAD_BYTES;
	uint64_t count =
	    frame->length < PRODUCE_HEAD_BYTES
		? 0
		: count_texts(texts, frame->length - PRODUCE_HEAD_BYTES);
	struct record record;
	uint64_t last;

	if (count == 0)
		return false;
	record.producer = get64(frame->body + 4);
	record.sequence = get64(frame->body + 12);
	last = segment_sequence(replica->segment, record.producer);
	/* A gap: somebody else leads by now, and this one has not heard of it. */
	if (!replica->leads || record.sequence == 0 ||
	    record.sequence > last + 1) {
		replica_say_moved(replica, channel);
		return true;
	}
	if (record.sequence + count - 1 > last)
		append_texts(replica, record, texts,
			     frame->body + frame->length,
			     last + 1 - record.sequence, count);
	add_wait(replica,
		 &(struct wait){ .channel = channel,
				 .kind = FRAME_PRODUCE,
				 .offset = replica->segment->end,
				 .sequence = record.sequence + count - 1 });
	replica_sync(replica);
	leader_advance(replica);
	return true;
}

/* -------------------------------------------------------------------- fetching */

/** A follower's file ends here, all of it on its disk, and is ours up to there. */
static void
note_fetch(struct replica *replica, uint64_t server, uint64_t offset)
{
	struct follower *follower = follower_of(replica, server);
	uint64_t now = now_ms(replica);

	if (offset >= replica->segment->end)
		follower->caught_up_ms = now;
	else if (offset >= follower->end_then && follower->fetched_ms > 0)
		follower->caught_up_ms = follower->fetched_ms;
	follower->fetched_ms = now;
	follower->end_then = replica->segment->end;
	follower->durable = offset;
	review(replica);
}

/** It asks in our epoch, and is one of us. */
static bool
is_followed_by(struct replica *replica, uint64_t server, uint64_t epoch)
{
	if (epoch > replica->known.epoch)
		replica_say(replica,
			    "server %" PRIu64 " is in epoch %" PRIu64
			    " already: this one is deposed",
			    server, epoch);
	return epoch == replica->known.epoch &&
	       partition_place(&replica->known, server) != NULL;
}

bool
leader_fetch(struct replica *replica, struct channel *channel,
	     const struct frame *frame)
{
	uint64_t epoch, server, offset, last;
	struct segment_epoch ours;

	if (frame->length != FETCH_BYTES)
		return false;
	epoch = get64(frame->body + 4);
	server = get64(frame->body + 12);
	offset = get64(frame->body + 20);
	last = get64(frame->body + 28);
	ours = segment_epoch_end(replica->segment, last);
	if (!replica->leads ||
	    (server != 0 && !is_followed_by(replica, server, epoch))) {
		replica_say_moved(replica, channel);
		return true;
	}
	if (server != 0 && offset > 0 &&
	    (ours.epoch != last || ours.start < offset)) {
		say_diverged(replica, channel, &ours);
		return true;
	}
	if (server != 0)
		note_fetch(replica, server, offset);
	add_wait(replica, &(struct wait){ .channel = channel,
					  .kind = FRAME_FETCH,
					  .offset = offset,
					  .server = server });
	leader_advance(replica);
	return true;
}
