/*
 * Servers, and what is below them (world.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <err.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assists/node/node_loop.h"
#include "tests/streams/world.h"

struct node nodes[NODES + 1];
struct pipes pipes;
struct proposal *proposals;
size_t proposal_count;
size_t *decided;
size_t decided_count;
uint64_t now_ms;
bool is_told;
const char *folder;
static uint64_t random_state;

uint32_t
draw(uint32_t below)
{
	random_state =
	    random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(random_state >> 33) % below;
}

bool
chance(uint32_t percent)
{
	return draw(100) < percent;
}

/* -------------------------------------------------- what libuv and the kit would do */

uint64_t
uv_now(const uv_loop_t *loop)
{
	(void)loop;
	return now_ms;
}

const char *
uv_strerror(int error)
{
	(void)error;
	return "";
}

void
uv_fs_req_cleanup(uv_fs_t *request)
{
	(void)request;
}

int
fsync(int fd)
{
	(void)fd;
	return 0;
}

int
fdatasync(int fd)
{
	(void)fd;
	return 0;
}

uint64_t
raft_node_loop_now(void)
{
	return now_ms * 1000;
}

/** A snapshot that is being written, or read. */
struct raft_server_sink {
	char *at;
};

struct raft_server_source {
	const char *at;
	size_t left;
};

bool
raft_server_write(struct raft_server_sink *sink, const void *bytes,
		  size_t length)
{
	memcpy(sink->at, bytes, length);
	sink->at += length;
	return true;
}

size_t
raft_server_take(struct raft_server_source *source, void *bytes, size_t length)
{
	if (length > source->left)
		length = source->left;
	memcpy(bytes, source->at, length);
	source->at += length;
	source->left -= length;
	return length;
}

/** Nobody leads the group: this test does the chores. */
void
raft_server_status(const struct raft_server *server,
		   struct raft_server_status *status)
{
	const struct node *node = (const struct node *)server;

	*status = (struct raft_server_status){ 0 };
	status->raft.self.id = (uint64_t)(node - nodes);
}

bool
raft_server_member(const struct raft_server *server, size_t position,
		   struct raft_server_member *member)
{
	(void)server, (void)position, (void)member;
	return false;
}

void
propose(unsigned int node, const char *command, raft_server_done *done,
	void *context)
{
	struct proposal *proposal = &proposals[proposal_count++];

	NEED(proposal_count < COMMANDS_MAX, "too many commands");
	*proposal = (struct proposal){ .node = node,
				       .start = nodes[node].start,
				       .done = done,
				       .context = context };
	snprintf(proposal->command, sizeof(proposal->command), "%s", command);
}

void
raft_server_propose(struct raft_server *server,
		    const struct raft_server_command *command,
		    raft_server_done *done, void *context)
{
	char text[LINE_BYTES];

	snprintf(text, sizeof(text), "%.*s", (int)command->length,
		 (const char *)command->data);
	propose((unsigned int)((struct node *)server - nodes), text, done,
		context);
}

/* ------------------------------------------------------------------- the network */

struct pipe *
connect_to(unsigned int from, unsigned int to, struct client *client)
{
	struct pipe *pipe = calloc(1, sizeof(*pipe));

	if (pipe == NULL)
		err(1, "pipe");
	for (int i = 0; i < 2; i++) {
		pipe->ends[i].pipe = pipe;
		pipe->ends[i].node = i == 0 ? from : to;
		pipe->ends[i].channel.context = &pipe->ends[i];
		pipe->ends[i].channel.is_open = true;
		TAILQ_INIT(&pipe->ends[i].inbox);
	}
	pipe->client = client;
	LIST_INSERT_HEAD(&pipes, pipe, link);
	return pipe;
}

/** Both ends find that it is gone, with all that is on its way. */
static void
disconnect(struct pipe *pipe)
{
	struct node *asker = &nodes[pipe->ends[0].node];
	struct node *asked = &nodes[pipe->ends[1].node];

	for (int i = 0; i < PARTITIONS; i++) {
		if (asked->broker.replicas[i] != NULL)
			leader_forget(asked->broker.replicas[i],
				      &pipe->ends[1].channel);
		if (pipe->client == NULL && asker->broker.replicas[i] != NULL &&
		    asker->broker.replicas[i]->known.leader ==
			pipe->ends[1].node)
			asker->broker.replicas[i]->fetches = false;
	}
	if (pipe->client != NULL) {
		pipe->client->pipe = NULL;
		pipe->client->waits = false;
	}
	for (int i = 0; i < 2; i++) {
		struct message *message;

		while ((message = TAILQ_FIRST(&pipe->ends[i].inbox)) != NULL) {
			TAILQ_REMOVE(&pipe->ends[i].inbox, message, link);
			free(message);
		}
	}
	LIST_REMOVE(pipe, link);
	free(pipe);
}

void
disconnect_broken(void)
{
	struct pipe *pipe, *next;

	LIST_FOREACH_SAFE(pipe, &pipes, link, next)
	if (pipe->is_broken)
		disconnect(pipe);
}

uint8_t *
channel_room(enum frame_kind kind, size_t length)
{
	struct message *message =
	    malloc(sizeof(*message) + FRAME_HEAD_BYTES + length);

	if (message == NULL)
		err(1, "message");
	return frame_begin(message->bytes, kind, length);
}

void
channel_send(struct channel *channel, uint8_t *room, size_t length)
{
	struct end *end = channel->context;
	uint8_t *bytes = room - FRAME_HEAD_BYTES;
	struct message *message =
	    (struct message *)(bytes - offsetof(struct message, bytes));

	put32(bytes, (uint32_t)length + 1);
	message->length = FRAME_HEAD_BYTES + length;
	if (channel->is_open)
		TAILQ_INSERT_TAIL(
		    &end->pipe->ends[end == end->pipe->ends].inbox, message,
		    link);
	else
		free(message);
}

void
channel_end(struct channel *channel)
{
	struct pipe *pipe = ((struct end *)channel->context)->pipe;

	pipe->is_broken = true;
	pipe->ends[0].channel.is_open = false;
	pipe->ends[1].channel.is_open = false;
}

struct channel *
broker_reach(struct broker *broker, uint64_t server)
{
	unsigned int from = (unsigned int)broker->self;
	struct pipe *pipe;

	if (server == 0)
		return NULL;
	LIST_FOREACH(pipe, &pipes, link)
	if (pipe->client == NULL && pipe->ends[0].node == from &&
	    pipe->ends[1].node == server)
		return pipe->is_broken ? NULL : &pipe->ends[0].channel;
	if (!nodes[server].is_alive)
		return NULL;
	return &connect_to(from, (unsigned int)server, NULL)->ends[0].channel;
}

void
broker_give_up(struct broker *broker, uint64_t server)
{
	struct channel *channel = broker_reach(broker, server);

	if (channel != NULL)
		channel_end(channel);
}

void
broker_say_moved(struct broker *broker, struct channel *channel,
		 uint32_t position, uint64_t epoch, uint64_t leader)
{
	uint8_t *room = channel_room(FRAME_MOVED, 12);

	(void)broker, (void)leader;
	put64(put32(room, position), epoch);
	channel_send(channel, room, 12);
}

void
broker_end_if_empty(struct broker *broker)
{
	(void)broker;
}

/* ---------------------------------------------------------------------- the disks */

static void
path_of(unsigned int node, int partition, char path[4096])
{
	snprintf(path, 4096, "%s/%u/events-%d", folder, node, partition);
}

int
uv_fs_fdatasync(uv_loop_t *loop, uv_fs_t *request, uv_file file, uv_fs_cb done)
{
	struct replica *replica = request->data;
	unsigned int node = (unsigned int)replica->broker->self;

	(void)loop, (void)file;
	nodes[node].sync[replica->position] = request;
	nodes[node].synced[replica->position] = done;
	nodes[node].sync_size[replica->position] = replica->segment->size;
	return 0;
}

void
end_sync(struct node *node, int partition, bool is_durable)
{
	uv_fs_t *sync = node->sync[partition];

	if (sync == NULL)
		return;
	node->sync[partition] = NULL;
	if (is_durable &&
	    node->sync_size[partition] > node->durable_size[partition])
		node->durable_size[partition] = node->sync_size[partition];
	sync->result = 0;
	node->synced[partition](sync);
}

void
watch_files(struct node *node)
{
	for (int i = 0; i < PARTITIONS; i++) {
		const struct replica *replica = node->broker.replicas[i];
		uint64_t size = replica == NULL ? 0 : replica->segment->size;

		if (replica != node->known[i] || size < node->durable_size[i])
			node->durable_size[i] = size;
		if (node->sync[i] != NULL && size < node->sync_size[i])
			node->sync_size[i] = size;
		node->known[i] = replica;
	}
}

/* --------------------------------------------------------------------- the servers */

void
start(unsigned int id)
{
	struct node *node = &nodes[id];
	struct broker *broker = &node->broker;
	char path[4096];

	memset(broker, 0, sizeof(*broker));
	snprintf(path, sizeof(path), "%s/%u", folder, id);
	broker->folder = strdup(path);
	broker->address = "host:1";
	broker->server = (struct raft_server *)node;
	node->applied = 0;
	node->start++;
	node->is_alive = true;
	TELL("%u starts\n", id);
}

void
crash(unsigned int id)
{
	struct node *node = &nodes[id];
	struct pipe *pipe;

	TELL("%u crashes\n", id);
	LIST_FOREACH(pipe, &pipes, link)
	if (pipe->ends[0].node == id || pipe->ends[1].node == id)
		channel_end(&pipe->ends[0].channel);
	disconnect_broken();
	for (int i = 0; i < PARTITIONS; i++) {
		struct replica *replica = node->broker.replicas[i];
		uint64_t written, left;
		char path[4096];

		path_of(id, i, path);
		if (replica != NULL) {
			written = replica->segment->size;
			left = node->durable_size[i];
			left += draw((uint32_t)(written - left) + 1);
			node->broker.replicas[i] = NULL;
			replica_close(replica, false);
			NEED(truncate(path, (off_t)left) == 0, "no file");
		}
		end_sync(node, i, false);
		node->known[i] = NULL;
		node->durable_size[i] = 0;
	}
	free(node->broker.folder);
	node->broker.folder = NULL;
	node->is_alive = false;
}

void
tell_end(const struct proposal *proposal, enum raft_server_result result,
	 const char *answer)
{
	if (proposal->done != NULL && nodes[proposal->node].is_alive &&
	    nodes[proposal->node].start == proposal->start)
		proposal->done(
		    proposal->context,
		    &(struct raft_server_answer){ .result = result,
						  .data = answer,
						  .length = strlen(answer) });
	else
		free(proposal->done != NULL &&
			     strncmp(proposal->command, "in-sync", 7) == 0
			 ? proposal->context
			 : NULL);
}

/** Whoever asked it of this server is told. */
static void
tell_asker(unsigned int id, struct proposal *proposal,
	   enum raft_server_result result, const char *answer)
{
	if (proposal->node != id || proposal->done == NULL ||
	    proposal->start != nodes[id].start)
		return;
	tell_end(proposal, result, answer);
	proposal->done = NULL;
}

void
apply(unsigned int id)
{
	struct node *node = &nodes[id];
	size_t count = 1 + draw(BATCH_MAX), first = node->applied;
	char answers[BATCH_MAX][64] = { 0 };
	struct raft_server_entry entries[BATCH_MAX] = { 0 };

	if (count > decided_count - node->applied)
		count = decided_count - node->applied;
	for (size_t i = 0; i < count; i++) {
		const char *command =
		    proposals[decided[node->applied++]].command;

		TELL("%u applies: %s\n", id, command);
		entries[i] = (struct raft_server_entry){
			.data = command,
			.length = strlen(command),
			.answer = answers[i],
			.answer_room = sizeof(answers[i]),
		};
	}
	broker_machine.apply(&node->broker, entries, count);
	for (size_t i = 0; i < count; i++)
		tell_asker(id, &proposals[decided[first + i]], RAFT_SERVER_OK,
			   answers[i]);
}

void
load_snapshot(unsigned int id, unsigned int from)
{
	static char
	    text[(SERVERS_MAX + TOPICS_MAX + PARTITIONS_MAX) * LINE_BYTES];
	struct raft_server_sink sink = { .at = text };
	struct raft_server_source source = { .at = text };
	struct node *node = &nodes[id], *other = &nodes[from];
	void *frozen;

	if (node->applied >= other->applied)
		return;
	TELL("%u loads the snapshot of %u\n", id, from);
	frozen = broker_machine.freeze(&other->broker);
	NEED(broker_machine.write(frozen, &sink), "not written");
	broker_machine.thaw(frozen);
	source.left = (size_t)(sink.at - text);
	for (; node->applied < other->applied; node->applied++)
		tell_asker(id, &proposals[decided[node->applied]],
			   RAFT_SERVER_UNKNOWN, "");
	NEED(broker_machine.load(&node->broker, &source), "not loaded");
}

void
tick(unsigned int id)
{
	struct broker *broker = &nodes[id].broker;

	broker_report(broker);
	for (int i = 0; i < PARTITIONS; i++)
		if (broker->replicas[i] != NULL && broker->replicas[i]->leads)
			leader_tick(broker->replicas[i]);
		else if (broker->replicas[i] != NULL)
			follower_tick(broker->replicas[i]);
}

/* -------------------------------------------------------------- beginning and end */

void
world_begin(uint64_t seed)
{
	if (proposals == NULL)
		proposals = calloc(COMMANDS_MAX, sizeof(*proposals));
	if (decided == NULL)
		decided = calloc(COMMANDS_MAX, sizeof(*decided));
	if (proposals == NULL || decided == NULL)
		err(1, "world");
	random_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	now_ms = proposal_count = decided_count = 0;
	for (unsigned int id = 1; id <= NODES; id++) {
		char path[4096];

		nodes[id] = (struct node){ 0 };
		snprintf(path, sizeof(path), "%s/%u", folder, id);
		mkdir(path, S_IRWXU);
		for (int i = 0; i < PARTITIONS; i++) {
			path_of(id, i, path);
			unlink(path);
		}
		start(id);
	}
}

void
world_end(void)
{
	struct pipe *pipe;

	for (unsigned int id = 1; id <= NODES; id++)
		crash(id);
	while ((pipe = LIST_FIRST(&pipes)) != NULL)
		disconnect(pipe);
	for (size_t i = 0; i < proposal_count; i++)
		if (proposals[i].done != NULL)
			tell_end(&proposals[i], RAFT_SERVER_UNKNOWN, "");
	free(decided);
	free(proposals);
	decided = NULL;
	proposals = NULL;
}
