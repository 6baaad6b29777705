/*
 * The broker and the group: the state machine, what follows from it, and what is asked
 * of it (broker.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "assists/node/node_loop.h"
#include "demos/streams/broker.h"

/** A broker that was not called for so long was stopped itself, and cannot tell who
 *  else is silent. */
#define STOPPED_US 500000

/* ----------------------------------------------------- what the catalogue brings */

static void
name_of(const struct broker *broker, const struct partition *partition,
	char *name, size_t size)
{
	snprintf(name, size, "%s-%" PRIu32,
		 broker->catalogue.topics[partition->topic].name,
		 partition->number);
}

/** What was kept in a former life, and moved away meanwhile. */
static void
remove_stray(const struct broker *broker, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", broker->folder, name);
	if (unlink(path) != 0 && errno != ENOENT)
		warn("%s", path);
}

static void
adopt_one(struct broker *broker, uint32_t position, bool comes_up)
{
	const struct partition *partition =
	    &broker->catalogue.partitions[position];
	struct replica **replica = &broker->replicas[position];
	char name[NAME_BYTES + 12];

	name_of(broker, partition, name, sizeof(name));
	if (partition_place(partition, broker->self) != NULL) {
		if (*replica == NULL)
			*replica = replica_open(broker, position, name);
		replica_adopt(*replica, partition);
	} else if (*replica != NULL) {
		replica_close(*replica, true);
		*replica = NULL;
	} else if (comes_up) {
		remove_stray(broker, name);
	}
}

/* It has changed. */
static void
adopt(struct broker *broker)
{
	const struct server *self =
	    catalogue_server(&broker->catalogue, broker->self);
	bool was_up = broker->is_up;

	broker->is_up = self != NULL && self->is_up &&
			self->life == broker->life && !broker->is_closing;
	for (uint32_t i = 0; i < broker->catalogue.partition_count; i++)
		if (broker->is_up)
			adopt_one(broker, i, !was_up);
		else if (broker->replicas[i] != NULL)
			replica_adopt(broker->replicas[i], NULL);
}

void
broker_close_replicas(struct broker *broker)
{
	for (uint32_t i = 0; i < PARTITIONS_MAX; i++) {
		if (broker->replicas[i] != NULL)
			replica_close(broker->replicas[i], false);
		broker->replicas[i] = NULL;
	}
}

/* ----------------------------------------------------------- the state machine */

static void
apply(void *machine, struct raft_server_entry *entries, size_t count)
{
	struct broker *broker = machine;

	for (struct raft_server_entry *entry = entries; count-- > 0; entry++) {
		char command[LINE_BYTES];
		const char *answer;

		snprintf(command, sizeof(command), "%.*s", (int)entry->length,
			 (const char *)entry->data);
		answer = catalogue_apply(&broker->catalogue, command);
		entry->answer_length = strlen(answer);
		memcpy(entry->answer, answer, entry->answer_length);
	}
	adopt(broker);
}

static void *
freeze(void *machine)
{
	struct broker *broker = machine;
	struct catalogue *copy = malloc(sizeof(*copy));

	if (copy != NULL)
		*copy = broker->catalogue;
	return copy;
}

static bool
write_down(void *frozen, struct raft_server_sink *sink)
{
	char line[LINE_BYTES];

	for (size_t i = 0; catalogue_print(frozen, i, line); i++)
		if (!raft_server_write(sink, line, strlen(line)) ||
		    !raft_server_write(sink, "\n", 1))
			return false;
	return true;
}

/** The next line, without its end. False: there is none. */
static bool
take_line(struct raft_server_source *source, char line[LINE_BYTES])
{
	size_t length = 0;

	while (length < LINE_BYTES - 1 &&
	       raft_server_take(source, line + length, 1) == 1 &&
	       line[length] != '\n')
		length++;
	line[length] = '\0';
	return length > 0;
}

static bool
load(void *machine, struct raft_server_source *source)
{
	struct broker *broker = machine;
	char line[LINE_BYTES];

	memset(&broker->catalogue, 0, sizeof(broker->catalogue));
	while (take_line(source, line))
		if (!catalogue_parse(&broker->catalogue, line))
			return false;
	adopt(broker);
	return true;
}

const struct raft_server_machine broker_machine = {
	.apply = apply,
	.freeze = freeze,
	.write = write_down,
	.load = load,
	.thaw = free,
};

/* ------------------------------------------------------------ what is asked of it */

static void
propose(struct broker *broker, const char *command, raft_server_done *done,
	void *context)
{
	raft_server_propose(broker->server,
			    &(struct raft_server_command){
				.data = command, .length = strlen(command) },
			    done, context);
}

static void
registered(void *context, const struct raft_server_answer *answer)
{
	struct broker *broker = context;

	(void)answer;
	broker->registers = false;
}

/** Say that this server is up, if the catalogue does not. */
static void
come_up(struct broker *broker)
{
	const struct server *self =
	    catalogue_server(&broker->catalogue, broker->self);
	char command[LINE_BYTES];

	if (broker->registers || broker->is_up)
		return;
	/* It was called silent: what it does from now on is of another life. */
	if (broker->life == 0 || (self != NULL && self->life == broker->life))
		arc4random_buf(&broker->life, sizeof(broker->life));
	broker->registers = true;
	snprintf(command, sizeof(command), "up %" PRIu64 " %" PRIu64 " %s",
		 broker->self, broker->life, broker->address);
	propose(broker, command, registered, broker);
}

static void
chore_done(void *context, const struct raft_server_answer *answer)
{
	struct broker *broker = context;

	(void)answer;
	broker->has_chore = false;
}

/** For how long nothing was heard of it since this server leads the group. */
static uint64_t
silence_of(const struct broker *broker, uint64_t server, uint64_t now)
{
	struct raft_server_member member;
	uint64_t heard = broker->leads_since_us;

	if (server == broker->self)
		return 0;
	for (size_t i = 0; raft_server_member(broker->server, i, &member);
	     i++) {
		if (member.raft.identity.id != server)
			continue;
		if (member.raft.heard_at > heard)
			heard = member.raft.heard_at;
		return now > heard ? (now - heard) / 1000 : 0;
	}
	return UINT64_MAX;
}

static void
do_chore(struct broker *broker, uint64_t now)
{
	uint64_t silent_ms[SERVERS_MAX];
	char command[LINE_BYTES];

	for (uint32_t i = 0; i < broker->catalogue.server_count; i++)
		silent_ms[i] =
		    silence_of(broker, broker->catalogue.servers[i].id, now);
	if (broker->has_chore || !catalogue_chore(&broker->catalogue, silent_ms,
						  &broker->patience, command))
		return;
	fprintf(stderr, "server %" PRIu64 " decides: %s\n", broker->self,
		command);
	broker->has_chore = true;
	propose(broker, command, chore_done, broker);
}

void
broker_report(struct broker *broker)
{
	uint64_t now = raft_node_loop_now();
	struct raft_server_status status;
	bool was_stopped = now - broker->ticked_us > STOPPED_US;

	raft_server_status(broker->server, &status);
	broker->self = status.raft.self.id;
	broker->ticked_us = now;
	come_up(broker);
	if (status.raft.role != RAFT_LEADER || was_stopped)
		broker->leads_since_us = 0;
	if (status.raft.role != RAFT_LEADER)
		return;
	if (broker->leads_since_us == 0)
		broker->leads_since_us = now;
	broker->patience.silent_ms = status.raft.election_timeout_us / 500;
	do_chore(broker, now);
}

/** What a leader has asked for. */
struct wish {
	struct broker *broker;
	uint32_t position;
};

/** Whatever it was answered: one that was asked before may be done yet, and who may be in
 *  sync stays so until the version is another one. */
static void
wish_ended(void *context, const struct raft_server_answer *answer)
{
	struct wish *wish = context;
	struct replica *replica = wish->broker->replicas[wish->position];

	(void)answer;
	if (replica != NULL)
		replica->asks = false;
	free(wish);
}

void
broker_ask_in_sync(struct broker *broker, uint32_t position,
		   const char *command)
{
	struct wish *wish = malloc(sizeof(*wish));

	if (wish == NULL)
		err(1, "keeper");
	*wish = (struct wish){ .broker = broker, .position = position };
	propose(broker, command, wish_ended, wish);
}
