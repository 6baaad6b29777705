/*
 * The broker's connections (broker.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demos/streams/broker.h"
#include "demos/streams/place.h"

#define BACKLOG 128
#define TICK_MS 50
#define CHANNELS_MAX 512
/** For a connection to be made. */
#define PATIENCE_MS 2000
/** Between two that failed. */
#define PAUSE_MS 200

/* ------------------------------------------------------------------- answering */

static void
say(struct channel *channel, const char *text)
{
	size_t length = strlen(text);
	uint8_t *room = channel_room(FRAME_TEXT, length);

	memcpy(room, text, length);
	channel_send(channel, room, length);
}

static const char *
address_of(const struct broker *broker, uint64_t id)
{
	const struct server *server = catalogue_server(&broker->catalogue, id);

	return server != NULL ? server->address : "";
}

void
broker_say_moved(struct broker *broker, struct channel *channel,
		 uint32_t position, uint64_t epoch, uint64_t leader)
{
	const char *address = address_of(broker, leader);
	uint8_t *room = channel_room(FRAME_MOVED, 12 + ADDRESS_BYTES);
	uint8_t *at = put64(put32(room, position), epoch);

	memcpy(at, address, strlen(address));
	channel_send(channel, room, 12 + strlen(address));
}

/* ------------------------------------------------------------ what clients ask */

static size_t
print_where(const struct broker *broker, uint32_t position, char *text,
	    size_t size)
{
	const struct partition *partition =
	    &broker->catalogue.partitions[position];
	const char *address = address_of(broker, partition->leader);
	int length =
	    snprintf(text, size,
		     "%s %" PRIu32 " partition %" PRIu32 " epoch %" PRIu64
		     " leader %" PRIu64 " %s replicas",
		     broker->catalogue.topics[partition->topic].name,
		     partition->number, position, partition->epoch,
		     partition->leader, *address != '\0' ? address : "-");

	for (uint32_t i = 0; i < partition->place_count; i++)
		length += snprintf(text + length, size - (size_t)length,
				   " %c%" PRIu64,
				   partition->places[i].in_sync ? '+' : '-',
				   partition->places[i].server);
	length += snprintf(text + length, size - (size_t)length, "\n");
	return (size_t)length;
}

/** A line for each partition of the topic, or of all. */
static void
say_where(struct broker *broker, struct channel *channel, const char *topic)
{
	const struct catalogue *catalogue = &broker->catalogue;
	size_t length = 0;
	uint8_t *room = channel_room(
	    FRAME_TEXT, (size_t)(catalogue->partition_count + 1) * LINE_BYTES);

	for (uint32_t i = 0; i < catalogue->partition_count; i++) {
		uint32_t its = catalogue->partitions[i].topic;

		if (*topic == '\0' ||
		    strcmp(topic, catalogue->topics[its].name) == 0)
			length += print_where(broker, i, (char *)room + length,
					      LINE_BYTES);
	}
	channel_send(channel, room, length);
}

static void
topic_made(void *context, const struct raft_server_answer *answer)
{
	struct ask *ask = context;
	char text[LINE_BYTES];

	if (answer->result == RAFT_SERVER_OK)
		snprintf(text, sizeof(text), "%.*s", (int)answer->length,
			 (const char *)answer->data);
	else
		snprintf(text, sizeof(text), "%s: %s",
			 raft_server_result_name(answer->result), answer->why);
	if (ask->channel != NULL) {
		ask->channel->owed--;
		say(ask->channel, text);
	}
	TAILQ_REMOVE(&ask->broker->asks, ask, link);
	free(ask);
}

static void
make_topic(struct broker *broker, struct channel *channel, const char *text)
{
	struct ask *ask = calloc(1, sizeof(*ask));
	char command[LINE_BYTES];
	struct raft_server_command proposal = { .data = command };

	if (ask == NULL)
		err(1, "broker");
	ask->broker = broker;
	ask->channel = channel;
	channel->owed++;
	TAILQ_INSERT_TAIL(&broker->asks, ask, link);
	snprintf(command, sizeof(command), "topic %s", text);
	proposal.length = strlen(command);
	raft_server_propose(broker->server, &proposal, topic_made, ask);
}

static bool
take_text(struct broker *broker, struct channel *channel,
	  const struct frame *frame)
{
	/* With `topic` before it, it is a command. */
	char text[LINE_BYTES / 2];

	snprintf(text, sizeof(text), "%.*s", (int)frame->length,
		 (const char *)frame->body);
	if (!broker->is_up)
		say(channel, "this server is not up yet");
	else if (frame->kind == FRAME_WHERE)
		say_where(broker, channel, text);
	else if (channel->owed == 0)
		make_topic(broker, channel, text);
	else
		return false;
	return true;
}

/** PRODUCE or FETCH. */
static bool
take_for_partition(struct broker *broker, struct channel *channel,
		   const struct frame *frame)
{
	uint32_t position = frame->length < 4 ? UINT32_MAX : get32(frame->body);
	const struct partition *partition;
	struct replica *replica;

	if (position >= PARTITIONS_MAX)
		return false;
	replica = broker->replicas[position];
	partition = &broker->catalogue.partitions[position];
	if (replica == NULL)
		broker_say_moved(broker, channel, position, partition->epoch,
				 partition->leader);
	else if (frame->kind == FRAME_PRODUCE)
		return leader_produce(replica, channel, frame);
	else
		return leader_fetch(replica, channel, frame);
	return true;
}

static bool
take_ask(struct channel *channel, const struct frame *frame)
{
	struct broker *broker = channel->context;

	/* Now it is the one that has been silent for the shortest time. */
	TAILQ_REMOVE(&broker->channels, channel, link);
	TAILQ_INSERT_TAIL(&broker->channels, channel, link);
	switch (frame->kind) {
	case FRAME_WHERE:
	case FRAME_TOPIC:
		return take_text(broker, channel, frame);
	case FRAME_PRODUCE:
	case FRAME_FETCH:
		return take_for_partition(broker, channel, frame);
	default:
		return false;
	}
}

/* -------------------------------------------------------------- connections */

static void
add_channel(struct broker *broker, struct channel *channel)
{
	TAILQ_INSERT_TAIL(&broker->channels, channel, link);
	broker->channel_count++;
}

static void
forget_channel(struct channel *channel)
{
	struct broker *broker = channel->context;

	TAILQ_REMOVE(&broker->channels, channel, link);
	broker->channel_count--;
	broker_end_if_empty(broker);
}

static void
client_ended(struct channel *channel)
{
	struct broker *broker = channel->context;
	struct ask *ask;

	for (uint32_t i = 0; i < PARTITIONS_MAX; i++)
		if (broker->replicas[i] != NULL)
			leader_forget(broker->replicas[i], channel);
	TAILQ_FOREACH(ask, &broker->asks, link)
	if (ask->channel == channel)
		ask->channel = NULL;
	forget_channel(channel);
}

static const struct channel_owner client_owner = { .take = take_ask,
						   .ended = client_ended };

/** Who has asked for nothing for longest gives way to others. */
static void
end_quietest(struct broker *broker)
{
	struct channel *channel;

	TAILQ_FOREACH(channel, &broker->channels, link)
	if (channel->owner == &client_owner && channel->is_open)
		break;
	if (channel != NULL)
		channel_end(channel);
}

static void
client_came(uv_stream_t *listener, int status)
{
	struct broker *broker = listener->data;
	struct channel *channel;

	if (status != 0)
		return;
	channel = channel_accept(listener, &client_owner, broker);
	add_channel(broker, channel);
	if (broker->channel_count > CHANNELS_MAX)
		end_quietest(broker);
}

static bool
take_answer(struct channel *channel, const struct frame *frame)
{
	struct broker *broker = channel->context;
	uint32_t position =
	    frame->length < 12 ? UINT32_MAX : get32(frame->body);

	if (position >= PARTITIONS_MAX)
		return false;
	return broker->replicas[position] == NULL ||
	       follower_take(broker->replicas[position], frame);
}

static struct link *
link_to(struct broker *broker, uint64_t id)
{
	const struct server *server = catalogue_server(&broker->catalogue, id);

	return server != NULL
		   ? &broker->links[server - broker->catalogue.servers]
		   : NULL;
}

static void
link_opened(struct channel *channel)
{
	struct broker *broker = channel->context;

	for (uint32_t i = 0; i < PARTITIONS_MAX; i++)
		if (broker->replicas[i] != NULL)
			follower_fetch(broker->replicas[i]);
}

/** What was asked there is not answered any more. */
static void
link_ended(struct channel *channel)
{
	struct broker *broker = channel->context;

	for (uint32_t i = 0; i < PARTITIONS_MAX; i++) {
		struct replica *replica = broker->replicas[i];
		struct link *link = replica != NULL
					? link_to(broker, replica->known.leader)
					: NULL;

		if (link != NULL && link->channel == channel)
			replica->fetches = false;
	}
	for (struct link *link = broker->links;
	     link < broker->links + SERVERS_MAX; link++)
		if (link->channel == channel)
			link->channel = NULL;
	forget_channel(channel);
}

static const struct channel_owner link_owner = { .take = take_answer,
						 .opened = link_opened,
						 .ended = link_ended };

struct channel *
broker_reach(struct broker *broker, uint64_t server)
{
	struct link *link = link_to(broker, server);
	uint64_t now = uv_now(broker->loop);

	if (link == NULL || broker->is_closing)
		return NULL;
	if (link->channel == NULL && now - link->begun_ms >= PAUSE_MS) {
		link->begun_ms = now;
		link->channel =
		    channel_connect(broker->loop, address_of(broker, server),
				    &link_owner, broker);
		add_channel(broker, link->channel);
	}
	if (link->channel != NULL && !link->channel->is_open &&
	    now - link->begun_ms >= PATIENCE_MS)
		channel_end(link->channel);
	return link->channel != NULL && link->channel->is_open ? link->channel
							       : NULL;
}

void
broker_give_up(struct broker *broker, uint64_t server)
{
	struct link *link = link_to(broker, server);

	if (link != NULL && link->channel != NULL)
		channel_end(link->channel);
}

/* -------------------------------------------------------- beginning and end */

static void
tick(uv_timer_t *timer)
{
	struct broker *broker = timer->data;

	broker_report(broker);
	for (uint32_t i = 0; i < PARTITIONS_MAX; i++) {
		struct replica *replica = broker->replicas[i];

		if (replica != NULL && replica->leads)
			leader_tick(replica);
		else if (replica != NULL)
			follower_tick(replica);
	}
}

void
broker_end_if_empty(struct broker *broker)
{
	if (!broker->is_closing || broker->is_gone || broker->handles > 0 ||
	    broker->channel_count > 0 || broker->closing_replicas > 0)
		return;
	broker->is_gone = true;
	raft_server_part_gone(&broker->part);
}

static void
handle_gone(uv_handle_t *handle)
{
	struct broker *broker = handle->data;

	broker->handles--;
	broker_end_if_empty(broker);
}

static void
closing(struct raft_server_part *part)
{
	struct broker *broker = part->context;
	struct channel *channel;

	broker->is_closing = true;
	broker->is_up = false;
	broker_close_replicas(broker);
	TAILQ_FOREACH(channel, &broker->channels, link)
	channel_end(channel);
	if (broker->handles > 0) {
		uv_close((uv_handle_t *)&broker->listener, handle_gone);
		uv_close((uv_handle_t *)&broker->tick, handle_gone);
	}
	broker_end_if_empty(broker);
}

static bool
attached(struct raft_server_part *part, uv_loop_t *loop, char *error,
	 size_t size)
{
	struct broker *broker = part->context;
	struct sockaddr_in address;
	int result = UV_EINVAL;

	broker->loop = loop;
	uv_tcp_init(loop, &broker->listener);
	uv_timer_init(loop, &broker->tick);
	broker->listener.data = broker->tick.data = broker;
	broker->handles = 2;
	if (place_read(broker->address, &address))
		result = uv_tcp_bind(&broker->listener,
				     (struct sockaddr *)&address, 0);
	if (result == 0)
		result = uv_listen((uv_stream_t *)&broker->listener, BACKLOG,
				   client_came);
	if (result == 0)
		result = uv_timer_start(&broker->tick, tick, TICK_MS, TICK_MS);
	if (result != 0)
		snprintf(error, size, "clients at %s: %s", broker->address,
			 uv_strerror(result));
	return result == 0;
}

bool
broker_open(struct broker *broker, struct raft_server *server, char *error,
	    size_t size)
{
	TAILQ_INIT(&broker->channels);
	TAILQ_INIT(&broker->asks);
	broker->server = server;
	broker->part.attached = attached;
	broker->part.closing = closing;
	broker->part.context = broker;
	return raft_server_part_add(server, &broker->part, error, size);
}
