/*
 * through-raft: what demos/streams is not. The same clients say the same to it, but each
 * batch of records is a command, which Raft replicates to all servers.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * It is there to be measured beside the other. The log of the group is what keeps the
 * records; the state is how many there are, so that nobody can read them.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/port/port.h"
#include "assists/server/server.h"
#include "demos/streams/wire.h"

/** As many as the topic has that this is compared with. */
#define PARTITIONS 4

static uint64_t batches;
static struct raft_server *server;
static const char *place;

/* ----------------------------------------------------------- the state machine */

static void
apply(void *machine, struct raft_server_entry *entries, size_t count)
{
	(void)entries;
	*(uint64_t *)machine += count;
}

static void *
freeze(void *machine)
{
	uint64_t *copy = malloc(sizeof(*copy));

	if (copy != NULL)
		*copy = *(uint64_t *)machine;
	return copy;
}

static bool
write_down(void *frozen, struct raft_server_sink *sink)
{
	return raft_server_write(sink, frozen, sizeof(uint64_t));
}

static bool
load(void *machine, struct raft_server_source *source)
{
	return raft_server_take(source, machine, sizeof(uint64_t)) ==
	       sizeof(uint64_t);
}

static const struct raft_server_machine machine = {
	.apply = apply,
	.freeze = freeze,
	.write = write_down,
	.load = load,
	.thaw = free,
};

/* ----------------------------------------------------------------- its clients */

/** What a client waits for. */
struct produced {
	uint32_t partition;
	uint64_t sequence;
};

static void
tell(struct raft_port_client *client, enum frame_kind kind, const void *body,
     size_t length)
{
	uint8_t head[FRAME_HEAD_BYTES];

	frame_begin(head, kind, length);
	raft_port_tell(client, head, sizeof(head));
	raft_port_tell(client, body, length);
}

/** A leader leads all partitions; others say that they are not up, so that clients go
 *  on to it. */
static void
say_where(struct raft_port_client *client)
{
	char text[PARTITIONS * 128] = "this server is not up yet";
	struct raft_server_status status;
	size_t length = 0;

	raft_server_status(server, &status);
	for (int i = 0; i < PARTITIONS && status.raft.role == RAFT_LEADER; i++)
		length += (size_t)snprintf(
		    text + length, sizeof(text) - length,
		    "events %d partition %d epoch 1 leader %" PRIu64 " %s\n", i,
		    i, status.raft.self.id, place);
	tell(client, FRAME_TEXT, text, strlen(text));
}

static void
ended(void *context, const struct raft_server_answer *end)
{
	struct raft_port_client *client = context;
	struct produced *produced = raft_port_own(client);
	uint8_t body[12];

	put64(put32(body, produced->partition), produced->sequence);
	if (end->result == RAFT_SERVER_OK)
		tell(client, FRAME_PRODUCED, body, sizeof(body));
	else
		tell(client, FRAME_MOVED, body, sizeof(body));
	raft_port_resume(client);
}

static void
produce(struct raft_port_client *client, const struct frame *frame)
{
	struct produced *produced = raft_port_own(client);
	const uint8_t *at = frame->body + PRODUCE_HEAD_BYTES;

	produced->partition = get32(frame->body);
	produced->sequence = get64(frame->body + 12) - 1;
	for (; at < frame->body + frame->length; at += 4 + get32(at))
		produced->sequence++;
	raft_port_hold(client);
	raft_server_propose(server,
			    &(struct raft_server_command){
				.data = frame->body, .length = frame->length },
			    ended, client);
}

static size_t
take(void *context, struct raft_port_client *client, const void *bytes,
     size_t length)
{
	struct frame frame = { 0 };
	size_t taken = frame_get(bytes, length, &frame);

	(void)context;
	if (taken == 0)
		return 0;
	if (taken > length)
		taken = length;
	if (frame.kind == FRAME_WHERE)
		say_where(client);
	else if (frame.kind == FRAME_PRODUCE &&
		 frame.length > PRODUCE_HEAD_BYTES)
		produce(client, &frame);
	else
		raft_port_dismiss(client);
	return taken;
}

int
main(int argc, char **argv)
{
	struct raft_port_options clients = {
		.take = take,
		.own_bytes = sizeof(struct produced),
		.input_bytes_max = FRAME_BYTES_MAX + FRAME_HEAD_BYTES,
	};
	char error[RAFT_SERVER_ERROR_BYTES];

	if (argc > 1 && strcmp(argv[1], "make") == 0)
		return raft_server_make(argc - 1, argv + 1);
	if (argc < 4 || strcmp(argv[1], "run") != 0)
		errx(2, "usage: through-raft make --help\n"
			"       through-raft run FOLDER HOST:PORT");
	clients.address = place = argv[3];
	server = raft_server_open(argv[2], NULL, &machine, &batches, error,
				  sizeof(error));
	if (server == NULL ||
	    !raft_port_open(server, &clients, error, sizeof(error)) ||
	    !raft_server_run(server, NULL, error, sizeof(error)))
		errx(1, "%s", error);
	return 0;
}
