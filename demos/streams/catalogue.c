/*
 * Who is responsible for what (catalogue.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nothing but the commands decides, neither a clock nor chance: every server must
 * come to the same.
 */
#include <bsd/string.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demos/streams/catalogue.h"

#define STALE "stale: it has changed since"

/* ------------------------------------------------------------- looking things up */

const struct server *
catalogue_server(const struct catalogue *catalogue, uint64_t id)
{
	for (uint32_t i = 0; i < catalogue->server_count; i++)
		if (catalogue->servers[i].id == id)
			return &catalogue->servers[i];
	return NULL;
}

static bool
is_up(const struct catalogue *catalogue, uint64_t id)
{
	const struct server *server = catalogue_server(catalogue, id);

	return server != NULL && server->is_up;
}

const struct place *
partition_place(const struct partition *partition, uint64_t server)
{
	for (uint32_t i = 0; i < partition->place_count; i++)
		if (partition->places[i].server == server)
			return &partition->places[i];
	return NULL;
}

static struct place *
place_of(struct partition *partition, uint64_t server)
{
	const struct place *place = partition_place(partition, server);

	return place == NULL ? NULL
			     : &partition->places[place - partition->places];
}

static uint32_t
in_sync_count(const struct partition *partition)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < partition->place_count; i++)
		count += partition->places[i].in_sync;
	return count;
}

uint32_t
catalogue_kept_by(const struct catalogue *catalogue, uint64_t server)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < catalogue->partition_count; i++)
		count += partition_place(&catalogue->partitions[i], server) !=
			     NULL &&
			 catalogue->partitions[i].leaving != server;
	return count;
}

uint32_t
catalogue_led_by(const struct catalogue *catalogue, uint64_t server)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < catalogue->partition_count; i++)
		count += catalogue->partitions[i].leader == server;
	return count;
}

uint64_t
catalogue_choose_place(const struct catalogue *catalogue,
		       const struct partition *partition)
{
	uint64_t chosen = 0;
	uint32_t least = UINT32_MAX;

	for (uint32_t i = 0; i < catalogue->server_count; i++) {
		const struct server *server = &catalogue->servers[i];
		uint32_t kept = catalogue_kept_by(catalogue, server->id);

		if (server->is_up && kept < least &&
		    partition_place(partition, server->id) == NULL) {
			chosen = server->id;
			least = kept;
		}
	}
	return chosen;
}

/** Who is up, in sync, and leads least. 0: nobody. */
static uint64_t
choose_leader(const struct catalogue *catalogue,
	      const struct partition *partition)
{
	uint64_t chosen = 0;
	uint32_t least = UINT32_MAX;

	for (uint32_t i = 0; i < partition->place_count; i++) {
		const struct place *place = &partition->places[i];
		uint32_t led = catalogue_led_by(catalogue, place->server);

		if (place->in_sync && is_up(catalogue, place->server) &&
		    led < least) {
			chosen = place->server;
			least = led;
		}
	}
	return chosen;
}

/* -------------------------------------------------------------------- leading */

static void
elect(struct catalogue *catalogue, struct partition *partition)
{
	/* Who led does not count as one that leads this one already. */
	partition->leader = 0;
	partition->leader = choose_leader(catalogue, partition);
	partition->epoch++;
	partition->version++;
}

static void
drop_place(struct catalogue *catalogue, struct partition *partition,
	   uint64_t server)
{
	struct place *place = place_of(partition, server);
	struct place *end = partition->places + partition->place_count--;

	memmove(place, place + 1, (size_t)((char *)end - (char *)(place + 1)));
	if (partition->leader == server)
		elect(catalogue, partition);
}

/** Who joins has come to be in sync: a move has ended. */
static void
settle(struct catalogue *catalogue, struct partition *partition)
{
	uint64_t leaving = partition->leaving;

	if (leaving == 0 ||
	    !partition->places[partition->place_count - 1].in_sync)
		return;
	partition->leaving = 0;
	drop_place(catalogue, partition, leaving);
}

/** It may have lost what nobody waited for, and answers nobody: it is in sync only
 *  where nobody else is, for then nobody has acknowledged anything without it. */
static void
fall(struct catalogue *catalogue, struct server *server)
{
	server->is_up = false;
	for (uint32_t i = 0; i < catalogue->partition_count; i++) {
		struct partition *partition = &catalogue->partitions[i];
		struct place *place = place_of(partition, server->id);

		if (place == NULL || !place->in_sync)
			continue;
		place->in_sync = in_sync_count(partition) == 1;
		partition->version++;
		if (partition->leader == server->id)
			elect(catalogue, partition);
	}
}

static void
rise(struct catalogue *catalogue, struct server *server)
{
	server->is_up = true;
	for (uint32_t i = 0; i < catalogue->partition_count; i++) {
		struct partition *partition = &catalogue->partitions[i];
		struct place *place = place_of(partition, server->id);

		if (partition->leader == 0 && place != NULL && place->in_sync)
			elect(catalogue, partition);
	}
}

/* ------------------------------------------------------------------- commands */

static bool
is_name(const char *name)
{
	return name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")] ==
		   '\0' &&
	       name[0] != '\0';
}

static void
make_partition(struct catalogue *catalogue, uint32_t number)
{
	struct partition *partition =
	    &catalogue->partitions[catalogue->partition_count];
	uint32_t topic = catalogue->topic_count - 1;

	*partition = (struct partition){ .topic = topic, .number = number };
	while (partition->place_count < catalogue->topics[topic].replicas) {
		uint64_t server = catalogue_choose_place(catalogue, partition);

		partition->places[partition->place_count++] =
		    (struct place){ .server = server, .in_sync = true };
	}
	catalogue->partition_count++;
	elect(catalogue, partition);
}

static const char *
make_topic(struct catalogue *catalogue, const char *text)
{
	uint32_t partitions, replicas, up = 0;
	struct topic *topic = &catalogue->topics[catalogue->topic_count];
	char name[NAME_BYTES];

	if (sscanf(text, "%31s %" SCNu32 " %" SCNu32, name, &partitions,
		   &replicas) != 3 ||
	    !is_name(name) || partitions == 0 || replicas == 0)
		return "say: NAME PARTITIONS REPLICAS";
	for (uint32_t i = 0; i < catalogue->topic_count; i++)
		if (strcmp(catalogue->topics[i].name, name) == 0)
			return "there is such a topic already";
	for (uint32_t i = 0; i < catalogue->server_count; i++)
		up += catalogue->servers[i].is_up;
	if (replicas > up || replicas > REPLICAS_MAX)
		return "so many replicas need more servers than are up";
	if (catalogue->topic_count == TOPICS_MAX ||
	    partitions > PARTITIONS_MAX - catalogue->partition_count)
		return "there is no room for so many";
	strlcpy(topic->name, name, sizeof(topic->name));
	topic->replicas = replicas;
	catalogue->topic_count++;
	for (uint32_t i = 0; i < partitions; i++)
		make_partition(catalogue, i);
	return "ok";
}

static struct server *
find(struct catalogue *catalogue, uint64_t id)
{
	struct server *server = catalogue->servers;

	for (; server < catalogue->servers + catalogue->server_count; server++)
		if (server->id == id)
			return server;
	return NULL;
}

static struct server *
find_or_add(struct catalogue *catalogue, uint64_t id)
{
	struct server *server = find(catalogue, id);

	if (server != NULL || id == 0 ||
	    catalogue->server_count == SERVERS_MAX)
		return server;
	server = &catalogue->servers[catalogue->server_count++];
	*server = (struct server){ .id = id };
	return server;
}

static const char *
come_up(struct catalogue *catalogue, const char *text)
{
	char address[ADDRESS_BYTES];
	struct server *server;
	uint64_t id, life;

	if (sscanf(text, "%" SCNu64 " %" SCNu64 " %63s", &id, &life, address) !=
	    3)
		return "say: SERVER LIFE ADDRESS";
	server = find_or_add(catalogue, id);
	if (server == NULL)
		return "there is no room for another server";
	if (server->is_up && server->life == life)
		return "ok";
	/* In its former life it may have asked for what is still on its way. */
	fall(catalogue, server);
	server->life = life;
	strlcpy(server->address, address, sizeof(server->address));
	rise(catalogue, server);
	return "ok";
}

static const char *
be_silent(struct catalogue *catalogue, const char *text)
{
	struct server *server;
	uint64_t id, life;

	if (sscanf(text, "%" SCNu64 " %" SCNu64, &id, &life) != 2)
		return "say: SERVER LIFE";
	server = find(catalogue, id);
	if (server == NULL || !server->is_up || server->life != life)
		return STALE;
	fall(catalogue, server);
	return "ok";
}

/** The partition that a command begins with, if it has the version that comes next.
 *  `text` goes on behind both. NULL: it has another. */
static struct partition *
of_version(struct catalogue *catalogue, const char **text)
{
	uint32_t position;
	uint64_t version;
	int length;

	if (sscanf(*text, "%" SCNu32 " %" SCNu64 "%n", &position, &version,
		   &length) != 2 ||
	    position >= catalogue->partition_count ||
	    catalogue->partitions[position].version != version)
		return NULL;
	*text += length;
	return &catalogue->partitions[position];
}

/** Mark who is named: all of them have a place, and are up. */
static bool
mark_in_sync(const struct catalogue *catalogue, struct partition *partition,
	     const char *text)
{
	uint64_t id;
	int length;

	for (uint32_t i = 0; i < partition->place_count; i++)
		partition->places[i].in_sync = false;
	for (; sscanf(text, "%" SCNu64 "%n", &id, &length) == 1;
	     text += length) {
		struct place *place = place_of(partition, id);

		if (place == NULL || !is_up(catalogue, id))
			return false;
		place->in_sync = true;
	}
	return partition_place(partition, partition->leader)->in_sync;
}

/** That the version is the one its leader knows says that its epoch is, too. */
static const char *
be_in_sync(struct catalogue *catalogue, const char *text)
{
	struct partition *partition = of_version(catalogue, &text);
	struct partition changed;

	if (partition == NULL || partition->leader == 0)
		return STALE;
	changed = *partition;
	if (!mark_in_sync(catalogue, &changed, text))
		return "only replicas that are up, and the leader";
	*partition = changed;
	partition->version++;
	settle(catalogue, partition);
	return "ok";
}

static const char *
lead(struct catalogue *catalogue, const char *text)
{
	struct partition *partition = of_version(catalogue, &text);
	const struct place *place;
	uint64_t id = strtoull(text, NULL, 10);

	if (partition == NULL)
		return STALE;
	place = partition_place(partition, id);
	if (place == NULL || !place->in_sync || !is_up(catalogue, id))
		return "only a replica that is up and in sync can lead";
	partition->leader = id;
	partition->epoch++;
	partition->version++;
	return "ok";
}

static const char *
move(struct catalogue *catalogue, const char *text)
{
	struct partition *partition = of_version(catalogue, &text);
	uint64_t from, to;

	if (partition == NULL || partition->leaving != 0)
		return STALE;
	if (sscanf(text, "%" SCNu64 " %" SCNu64, &from, &to) != 2 ||
	    partition_place(partition, from) == NULL ||
	    partition_place(partition, to) != NULL || !is_up(catalogue, to))
		return "only from a replica, to another server that is up";
	partition->leaving = from;
	partition->places[partition->place_count++] =
	    (struct place){ .server = to };
	partition->version++;
	return "ok";
}

static const char *
stay(struct catalogue *catalogue, const char *text)
{
	struct partition *partition = of_version(catalogue, &text);

	if (partition == NULL || partition->leaving == 0)
		return STALE;
	partition->leaving = 0;
	partition->place_count--;
	partition->version++;
	return "ok";
}

const char *
catalogue_apply(struct catalogue *catalogue, const char *command)
{
	static const struct {
		const char *name;
		const char *(*apply)(struct catalogue *, const char *);
	} commands[] = {
		{ "topic ", make_topic }, { "up ", come_up },
		{ "silent ", be_silent }, { "in-sync ", be_in_sync },
		{ "lead ", lead },	  { "move ", move },
		{ "stay ", stay },
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		size_t length = strlen(commands[i].name);

		if (strncmp(command, commands[i].name, length) == 0)
			return commands[i].apply(catalogue, command + length);
	}
	return "there is no such command";
}

/* --------------------------------------------------------------- as a text */

static void
print_partition(const struct partition *partition, char line[LINE_BYTES])
{
	int length =
	    snprintf(line, LINE_BYTES,
		     "partition %" PRIu32 " %" PRIu32 " %" PRIu64 " %" PRIu64
		     " %" PRIu64 " %" PRIu64,
		     partition->topic, partition->number, partition->epoch,
		     partition->version, partition->leader, partition->leaving);

	for (uint32_t i = 0; i < partition->place_count; i++)
		length += snprintf(line + length, LINE_BYTES - (size_t)length,
				   " %c%" PRIu64,
				   partition->places[i].in_sync ? '+' : '-',
				   partition->places[i].server);
}

bool
catalogue_print(const struct catalogue *catalogue, size_t position,
		char line[LINE_BYTES])
{
	if (position < catalogue->server_count) {
		const struct server *server = &catalogue->servers[position];

		snprintf(line, LINE_BYTES,
			 "server %" PRIu64 " %" PRIu64 " %d %s", server->id,
			 server->life, server->is_up, server->address);
		return true;
	}
	position -= catalogue->server_count;
	if (position < catalogue->topic_count) {
		const struct topic *topic = &catalogue->topics[position];

		snprintf(line, LINE_BYTES, "topic %s %" PRIu32, topic->name,
			 topic->replicas);
		return true;
	}
	position -= catalogue->topic_count;
	if (position >= catalogue->partition_count)
		return false;
	print_partition(&catalogue->partitions[position], line);
	return true;
}

static bool
parse_partition(struct catalogue *catalogue, const char *line)
{
	struct partition *partition =
	    &catalogue->partitions[catalogue->partition_count];
	int length;
	char sign;

	if (catalogue->partition_count == PARTITIONS_MAX ||
	    sscanf(line,
		   "partition %" SCNu32 " %" SCNu32 " %" SCNu64 " %" SCNu64
		   " %" SCNu64 " %" SCNu64 "%n",
		   &partition->topic, &partition->number, &partition->epoch,
		   &partition->version, &partition->leader, &partition->leaving,
		   &length) != 6 ||
	    partition->topic >= catalogue->topic_count)
		return false;
	for (line += length; partition->place_count < PLACES_MAX;
	     line += length) {
		struct place *place =
		    &partition->places[partition->place_count];

		if (sscanf(line, " %c%" SCNu64 "%n", &sign, &place->server,
			   &length) != 2)
			break;
		place->in_sync = sign == '+';
		partition->place_count++;
	}
	catalogue->partition_count++;
	return *line == '\0' && partition->place_count > 0;
}

bool
catalogue_parse(struct catalogue *catalogue, const char *line)
{
	struct server *server = &catalogue->servers[catalogue->server_count];
	struct topic *topic = &catalogue->topics[catalogue->topic_count];
	int up;

	if (catalogue->server_count < SERVERS_MAX &&
	    sscanf(line, "server %" SCNu64 " %" SCNu64 " %d %63s", &server->id,
		   &server->life, &up, server->address) == 4) {
		server->is_up = up == 1;
		catalogue->server_count++;
		return true;
	}
	if (catalogue->topic_count < TOPICS_MAX &&
	    sscanf(line, "topic %31s %" SCNu32, topic->name,
		   &topic->replicas) == 2) {
		catalogue->topic_count++;
		return true;
	}
	return parse_partition(catalogue, line);
}
