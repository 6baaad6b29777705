/*
 * Replicas keep their promises, whatever the network, the group and the disks do:
 * servers in a world of the test's own (world.h), which is moved by chance.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * In the end all is mended. Then what was acknowledged has to be there, once and in
 * order, and no consumer may ever have been shown anything else at an offset.
 *
 * --seeds N tries N seeds, --seed S one, and tells the steps. Whichever was said last is
 * the one that failed.
 */
#include <err.h>
#include <string.h>

#include "tests/streams/world.h"

#define PRODUCERS 4
#define CONSUMERS 4
#define STEPS 20000
#define STEPS_AT_END 400000
#define RECORDS_MAX 20000

static struct client clients[PRODUCERS + CONSUMERS];
static uint64_t truth[PARTITIONS][RECORDS_MAX];
static uint64_t truth_count[PARTITIONS];
/** Who led in an epoch. */
static uint64_t led[PARTITIONS][COMMANDS_MAX];
/** The last record of each that any consumer was shown. */
static uint64_t shown[PRODUCERS + CONSUMERS + 1];
static bool is_calm;

/* --------------------------------------------------------------------- the clients */

/** What was shown at an offset is all that may ever be shown there. */
static void
be_shown(struct client *client, const struct record *record)
{
	uint64_t is = record->producer * 1000000 + record->sequence;
	uint64_t *was = &truth[client->partition][record->offset];

	NEED(record->offset < RECORDS_MAX, "too many records");
	if (record->offset == truth_count[client->partition]) {
		truth_count[client->partition]++;
		*was = is;
	}
	if (record->sequence > shown[record->producer])
		shown[record->producer] = record->sequence;
	NEED(*was == is,
	     "record %" PRIu64 " of partition %u is %" PRIu64
	     ", and was %" PRIu64,
	     record->offset, client->partition, is, *was);
}

static void
take_answer(struct client *client, const struct frame *frame)
{
	client->waits = false;
	if (frame->kind == FRAME_PRODUCED) {
		client->acknowledged = get64(frame->body + 4);
		TELL("producer %" PRIu64 ": %" PRIu64 " is acknowledged\n",
		     client->id, client->acknowledged);
	} else if (frame->kind == FRAME_FETCHED) {
		const uint8_t *at = frame->body + FETCHED_HEAD_BYTES;
		size_t left = frame->length - FETCHED_HEAD_BYTES, more;
		struct record record;

		for (; (more = record_get(at, left, &record)) > 0; at += more) {
			be_shown(client, &record);
			client->said = record.offset + 1;
			left -= more;
		}
	} else {
		channel_end(&client->pipe->ends[0].channel);
	}
}

static void
say(struct client *client)
{
	struct channel *channel = &client->pipe->ends[0].channel;
	uint64_t count;
	uint8_t *room, *at;

	if (!client->produces) {
		room = channel_room(FRAME_FETCH, FETCH_BYTES);
		at = put64(put64(put32(room, client->partition), 0), 0);
		put64(put64(at, client->said), 0);
		channel_send(channel, room, FETCH_BYTES);
		return;
	}
	if (client->said == client->acknowledged && !is_calm)
		client->said += 1 + draw(BATCH_MAX);
	count = client->said - client->acknowledged;
	room = channel_room(FRAME_PRODUCE, PRODUCE_HEAD_BYTES + 4 * count);
	at = put64(put32(room, client->partition), client->id);
	at = put64(at, client->acknowledged + 1);
	/* The texts are empty: their numbers say all. */
	memset(at, 0, 4 * count);
	channel_send(channel, room, PRODUCE_HEAD_BYTES + 4 * count);
}

static void
move_client(struct client *client)
{
	unsigned int id = draw(NODES) + 1;

	if (client->pipe == NULL && nodes[id].is_alive)
		client->pipe = connect_to(0, id, client);
	if (client->pipe == NULL || client->pipe->is_broken || client->waits ||
	    (is_calm && client->produces &&
	     client->said == client->acknowledged))
		return;
	client->waits = true;
	say(client);
}

/* ------------------------------------------------------------------------ the steps */

static void
take_frame(struct end *end, const struct frame *frame)
{
	struct pipe *pipe = end->pipe;
	struct replica *replica;
	uint32_t position = get32(frame->body);

	if (end->node == 0) {
		take_answer(pipe->client, frame);
		return;
	}
	replica = nodes[end->node].broker.replicas[position];
	if (end == &pipe->ends[0])
		NEED(replica == NULL || follower_take(replica, frame),
		     "no answer");
	else if (replica == NULL)
		broker_say_moved(NULL, &end->channel, position, 0, 0);
	else if (frame->kind == FRAME_PRODUCE)
		NEED(leader_produce(replica, &end->channel, frame), "no ask");
	else
		NEED(leader_fetch(replica, &end->channel, frame), "no ask");
}

/** Some connection carries its next frame, or breaks. */
static void
move_network(void)
{
	uint32_t count = 0, chosen;
	struct pipe *pipe;

	LIST_FOREACH(pipe, &pipes, link)
	count++;
	if (count == 0)
		return;
	chosen = draw(count);
	LIST_FOREACH(pipe, &pipes, link)
	if (chosen-- == 0)
		break;
	if (!is_calm && draw(200) == 0) {
		channel_end(&pipe->ends[0].channel);
		return;
	}
	for (int i = 0; i < 2; i++) {
		struct message *message = TAILQ_FIRST(&pipe->ends[i].inbox);
		struct frame frame = { 0 };

		if (message == NULL || pipe->is_broken)
			continue;
		TAILQ_REMOVE(&pipe->ends[i].inbox, message, link);
		frame_get(message->bytes, message->length, &frame);
		take_frame(&pipe->ends[i], &frame);
		free(message);
	}
}

/** Something that was asked is decided; in any order, or not yet, or it is not known. */
static void
move_group(void)
{
	size_t first = proposal_count > 12 ? proposal_count - 12 : 0;
	struct proposal *proposal =
	    &proposals[first + draw((uint32_t)(proposal_count - first))];

	if (is_calm)
		for (proposal = proposals;
		     proposal < proposals + proposal_count - 1 &&
		     proposal->is_decided;
		     proposal++)
			continue;
	if (!is_calm && chance(10) && proposal->done != NULL) {
		tell_end(proposal, RAFT_SERVER_UNKNOWN, "");
		proposal->done = NULL;
	} else if (!proposal->is_decided) {
		TELL("decided: %s\n", proposal->command);
		proposal->is_decided = true;
		decided[decided_count++] = (size_t)(proposal - proposals);
	}
}

/** What whoever leads the group would ask for, for good reasons or not: as the server
 *  knows it that has applied most. */
static void
do_chore(void)
{
	const struct catalogue *catalogue =
	    &nodes[draw(NODES) + 1].broker.catalogue;
	uint32_t position = draw(PARTITIONS);
	const struct partition *partition = &catalogue->partitions[position];
	char command[LINE_BYTES];
	const struct server *server;

	if (catalogue->partition_count == 0) {
		if (catalogue->server_count == NODES)
			propose(1, "topic events 2 3", NULL, NULL);
		return;
	}
	server = &catalogue->servers[draw(catalogue->server_count)];
	switch (draw(6)) {
	case 0:
	case 1:
		snprintf(command, sizeof(command),
			 "silent %" PRIu64 " %" PRIu64, server->id,
			 server->life);
		break;
	case 2:
		snprintf(command, sizeof(command),
			 "lead %" PRIu32 " %" PRIu64 " %" PRIu64, position,
			 partition->version, server->id);
		break;
	case 3:
		snprintf(command, sizeof(command), "stay %" PRIu32 " %" PRIu64,
			 position, partition->version);
		break;
	default:
		snprintf(command, sizeof(command),
			 "move %" PRIu32 " %" PRIu64 " %u %" PRIu64, position,
			 partition->version, draw(NODES) + 1, server->id);
		break;
	}
	propose(1, command, NULL, NULL);
}

static void
break_something(void)
{
	unsigned int id = draw(NODES) + 1;

	if (!nodes[id].is_alive)
		start(id);
	else if (chance(30))
		crash(id);
	else if (chance(20))
		load_snapshot(id, draw(NODES) + 1);
	else
		do_chore();
}

static void
step(void)
{
	unsigned int id = draw(NODES) + 1;
	struct node *node = &nodes[id];

	uint32_t what = draw(16);

	now_ms += draw(8);
	if (what < 1 && node->is_alive)
		tick(id);
	else if (what < 3 && node->is_alive && (is_calm || draw(4) >= id - 1))
		/* Some lag far behind. */
		apply(id);
	else if (what < 6 && node->is_alive)
		end_sync(node, (int)draw(PARTITIONS), true);
	else if (what < 7 && proposal_count > 0)
		move_group();
	else if (what < 10)
		move_client(&clients[draw(PRODUCERS + CONSUMERS)]);
	else
		move_network();
	disconnect_broken();
	for (id = 1; id <= NODES; id++)
		watch_files(&nodes[id]);
	if (!is_calm && draw(150) == 0)
		break_something();
}

/* ---------------------------------------------------------------------- the judge */

/** Never two of one epoch. */
static void
watch_leaders(void)
{
	for (unsigned int id = 1; id <= NODES; id++)
		for (int i = 0; i < PARTITIONS; i++) {
			const struct replica *replica =
			    nodes[id].broker.replicas[i];
			uint64_t epoch;

			if (replica == NULL || !replica->leads)
				continue;
			epoch = replica->known.epoch;
			NEED(led[i][epoch] == 0 || led[i][epoch] == id,
			     "epoch %" PRIu64 " has two leaders", epoch);
			led[i][epoch] = id;
		}
}

/** Nothing is open any more: all is acknowledged, applied, and shown. */
static bool
is_settled(void)
{
	for (int i = 0; i < PRODUCERS + CONSUMERS; i++) {
		const struct client *client = &clients[i];

		if (client->produces &&
		    (client->said > client->acknowledged ||
		     client->acknowledged > shown[client->id]))
			return false;
		if (!client->produces &&
		    client->said < truth_count[client->partition])
			return false;
	}
	for (unsigned int id = 1; id <= NODES; id++)
		if (!nodes[id].broker.is_up ||
		    nodes[id].applied < decided_count)
			return false;
	return nodes[1].broker.catalogue.partition_count > 0;
}

/** Each record that was shown, once, and in order. */
static void
judge(void)
{
	uint64_t last[PRODUCERS + CONSUMERS + 1] = { 0 };

	for (int i = 0; i < PARTITIONS; i++)
		for (uint64_t offset = 0; offset < truth_count[i]; offset++) {
			uint64_t producer = truth[i][offset] / 1000000;
			uint64_t sequence = truth[i][offset] % 1000000;

			NEED(sequence == last[producer] + 1,
			     "of producer %" PRIu64 " comes %" PRIu64
			     " behind %" PRIu64,
			     producer, sequence, last[producer]);
			last[producer] = sequence;
		}
	for (int i = 0; i < PRODUCERS; i++)
		NEED(last[clients[i].id] == clients[i].acknowledged,
		     "of producer %" PRIu64 " there are %" PRIu64
		     ", and %" PRIu64 " were acknowledged",
		     clients[i].id, last[clients[i].id],
		     clients[i].acknowledged);
}

/* ---------------------------------------------------------------------- the program */

static void
begin(uint64_t seed)
{
	world_begin(seed);
	memset(truth_count, 0, sizeof(truth_count));
	memset(led, 0, sizeof(led));
	memset(shown, 0, sizeof(shown));
	is_calm = false;
	for (uint32_t i = 0; i < PRODUCERS + CONSUMERS; i++)
		clients[i] = (struct client){ .id = i + 1,
					      .partition = i % PARTITIONS,
					      .produces = i < PRODUCERS };
}

/** What is open yet. */
static void
tell_open(void)
{
	for (int i = 0; i < PRODUCERS; i++)
		printf("producer %" PRIu64 ": %" PRIu64 " said, %" PRIu64
		       " acknowledged, %" PRIu64 " shown\n",
		       clients[i].id, clients[i].said, clients[i].acknowledged,
		       shown[clients[i].id]);
	for (unsigned int id = 1; id <= NODES; id++)
		printf("server %u: %s, has applied %zu of %zu\n", id,
		       nodes[id].broker.is_up ? "up" : "not up",
		       nodes[id].applied, decided_count);
}

static uint64_t
try_seed(uint64_t seed)
{
	uint64_t acknowledged = 0;
	int steps = 0;

	begin(seed);
	for (; steps < STEPS; steps++) {
		step();
		watch_leaders();
	}
	is_calm = true;
	TELL("all is mended\n");
	for (unsigned int id = 1; id <= NODES; id++)
		if (!nodes[id].is_alive)
			start(id);
	for (; !is_settled(); steps++) {
		step();
		watch_leaders();
		if (steps == STEPS + STEPS_AT_END)
			tell_open();
		NEED(steps < STEPS + STEPS_AT_END,
		     "that does not come to an end: lost, or stuck");
	}
	judge();
	for (int i = 0; i < PRODUCERS; i++)
		acknowledged += clients[i].acknowledged;
	world_end();
	return acknowledged;
}

int
main(int argc, char **argv)
{
	uint64_t first = 1, count = 60, acknowledged = 0;

	folder = getenv("TEST_TMPDIR");
	if (argc == 3 && strcmp(argv[1], "--seeds") == 0)
		count = strtoull(argv[2], NULL, 10);
	else if (argc == 3 && strcmp(argv[1], "--seed") == 0)
		first = strtoull(argv[2], NULL, 10), count = 1, is_told = true;
	if (folder == NULL || argc == 2)
		errx(2, "usage: TEST_TMPDIR=FOLDER replicas_test [--seeds N | "
			"--seed S]");
	if (!is_told && freopen("/dev/null", "w", stderr) == NULL)
		err(2, "/dev/null");
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (uint64_t seed = first; seed < first + count; seed++) {
		printf("seed %" PRIu64 "\r", seed);
		fflush(stdout);
		acknowledged += try_seed(seed);
	}
	printf("%" PRIu64 " seeds, %" PRIu64
	       " records acknowledged, none lost\n",
	       count, acknowledged);
	return 0;
}
