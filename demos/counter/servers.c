/*
 * Reading and writing where the servers of a cluster are (servers.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <arpa/inet.h>
#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <err.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "demos/counter/servers.h"

/* ---------------------------------------------------------------- reading */

/* Cut ":PORT" off the end. */
static bool
cut_port(char *text, uint16_t *port)
{
	char *colon = strrchr(text, ':');
	const char *problem;

	if (colon == NULL)
		return false;
	*colon = '\0';
	*port = (uint16_t)strtonum(colon + 1, 1, UINT16_MAX, &problem);
	return problem == NULL;
}

static bool
take_host(char *text, char host[HOST_BYTES])
{
	size_t length = strlen(text);

	if (length > 1 && text[0] == '[' && text[length - 1] == ']') {
		text[length - 1] = '\0';
		text++;
	}
	return text[0] != '\0' && strlcpy(host, text, HOST_BYTES) < HOST_BYTES;
}

bool
place_parse(const char *text, char host[HOST_BYTES], uint16_t *port)
{
	char copy[PLACE_BYTES];

	return strlcpy(copy, text, sizeof(copy)) < sizeof(copy) &&
	       cut_port(copy, port) && take_host(copy, host);
}

static bool
parse_both_ports(char *place, struct server *server)
{
	return cut_port(place, &server->client_port) &&
	       cut_port(place, &server->port) && take_host(place, server->host);
}

static const char *
parse_server(char *text, struct server *server)
{
	char *place = strchr(text, '=');
	const char *problem;

	*server = (struct server){ .role = RAFT_MEMBER_VOTER };
	if (place == NULL)
		return "a server is ID=HOST:PORT:CLIENT-PORT";
	*place++ = '\0';
	server->identity.id = (uint64_t)strtonum(text, 1, INT32_MAX, &problem);
	if (problem != NULL)
		return "a server's ID is a number from 1 on";
	if (!parse_both_ports(place, server))
		return "after ID= comes HOST:PORT:CLIENT-PORT";
	return NULL;
}

static int
compare_ids(const void *left, const void *right)
{
	uint64_t a = ((const struct server *)left)->identity.id;
	uint64_t b = ((const struct server *)right)->identity.id;

	return (a > b) - (a < b);
}

const char *
servers_parse(const char *text, struct servers *servers)
{
	char copy[SERVERS_MAX * (PLACE_BYTES + 12)], *rest = copy, *one;
	const char *problem;

	servers->count = 0;
	if (strlcpy(copy, text, sizeof(copy)) >= sizeof(copy))
		return "too long a list";
	while ((one = strsep(&rest, ",")) != NULL) {
		if (servers->count == SERVERS_MAX)
			return "too many servers";
		problem = parse_server(one, &servers->list[servers->count++]);
		if (problem != NULL)
			return problem;
	}
	qsort(servers->list, servers->count, sizeof(servers->list[0]),
	      compare_ids);
	for (size_t i = 1; i < servers->count; i++)
		if (servers->list[i].identity.id ==
		    servers->list[i - 1].identity.id)
			return "two servers have the same ID";
	return NULL;
}

static const char *
parse_incarnation(const char *text, struct server *server)
{
	char *rest;

	server->identity.incarnation = strtoull(text, &rest, 16);
	return *rest != '\0' || server->identity.incarnation == 0
		   ? "the incarnation is not as counter new --join prints it"
		   : NULL;
}

/** `text` is NULL, or: stands-in S. */
static const char *
parse_wish(const char *text, struct server *server)
{
	const char *problem = NULL;

	server->promotes = text == NULL;
	if (text == NULL)
		return NULL;
	if (strncmp(text, "stands-in ", 10) != 0)
		return "after the incarnation may come: stands-in SECONDS";
	server->stands_in_us =
	    1000000 *
	    (uint32_t)strtonum(text + 10, 1, STANDS_IN_S_MAX, &problem);
	return problem != NULL ? "stands-in takes seconds, 1 to 3600" : NULL;
}

const char *
joining_parse(char *text, struct server *server)
{
	const char *place = strsep(&text, " ");
	const char *incarnation = strsep(&text, " ");
	struct servers servers;
	const char *problem = servers_parse(place, &servers);

	if (problem == NULL && (servers.count != 1 || incarnation == NULL))
		problem = "say: join ID=HOST:PORT:CLIENT-PORT INCARNATION";
	if (problem != NULL)
		return problem;
	*server = servers.list[0];
	problem = parse_incarnation(incarnation, server);
	return problem != NULL ? problem : parse_wish(text, server);
}

/* ---------------------------------------------------------------- writing */

static void
print_place(const struct server *server, char place[PLACE_BYTES])
{
	snprintf(place, PLACE_BYTES, "%s:%u:%u", server->host, server->port,
		 server->client_port);
}

void
servers_print(const struct servers *servers, char *text, size_t size)
{
	char place[PLACE_BYTES];
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < servers->count && used < size; i++) {
		print_place(&servers->list[i], place);
		used += (size_t)snprintf(text + used, size - used,
					 "%s%" PRIu64 "=%s", i > 0 ? "," : "",
					 servers->list[i].identity.id, place);
	}
}

void
joining_print(const struct server *server, char text[JOINING_BYTES])
{
	struct servers alone = { .list = { *server }, .count = 1 };
	size_t used;

	servers_print(&alone, text, JOINING_BYTES);
	used = strlen(text);
	used += (size_t)snprintf(text + used, JOINING_BYTES - used, " %" PRIx64,
				 server->identity.incarnation);
	if (server->stands_in_us != 0)
		snprintf(text + used, JOINING_BYTES - used, " stands-in %u",
			 server->stands_in_us / 1000000);
}

const struct server *
servers_find(const struct servers *servers, uint64_t id)
{
	for (size_t i = 0; i < servers->count; i++)
		if (servers->list[i].identity.id == id)
			return &servers->list[i];
	return NULL;
}

/* --------------------------------------------------------- configurations */

void
server_to_member(const struct server *server, struct raft_member *member,
		 char place[PLACE_BYTES])
{
	print_place(server, place);
	*member = (struct raft_member){
		.identity = server->identity,
		.role = server->role,
		.promotes = server->promotes,
		.stands_in_us = server->stands_in_us,
		.address = place,
		.address_length = strlen(place),
	};
}

void
servers_to_members(const struct servers *servers, struct raft_member *members,
		   char places[SERVERS_MAX][PLACE_BYTES])
{
	for (size_t i = 0; i < servers->count; i++)
		server_to_member(&servers->list[i], &members[i], places[i]);
}

static bool
from_member(const struct raft_member *member, struct server *server)
{
	char place[PLACE_BYTES];

	if (member->address_length >= sizeof(place))
		return false;
	memcpy(place, member->address, member->address_length);
	place[member->address_length] = '\0';
	server->identity = member->identity;
	server->role = member->role;
	server->promotes = member->promotes;
	server->stands_in_us = member->stands_in_us;
	return parse_both_ports(place, server);
}

bool
servers_from_configuration(const struct raft_configuration *configuration,
			   struct servers *servers)
{
	servers->count = configuration->member_count;
	if (servers->count > SERVERS_MAX)
		return false;
	for (size_t i = 0; i < servers->count; i++)
		if (!from_member(&configuration->members[i], &servers->list[i]))
			return false;
	return true;
}

bool
servers_from_stored(const struct raft_stored_configuration *stored,
		    struct servers *servers)
{
	struct raft_configuration decoded;
	struct raft_member members[SERVERS_MAX];

	return raft_configuration_decode(stored->bytes, stored->length,
					 &decoded, members,
					 SERVERS_MAX) == RAFT_OK &&
	       servers_from_configuration(&decoded, servers);
}

/* --------------------------------------------------------------- loopback */

/* Ports below those that the kernel gives to outgoing connections: among the
 * latter, a server that dials a dead neighbour could be given its port. */
#define PORT_MIN 10240
#define PORT_MAX 32767
#define TRIES_MAX 1000

/* Take a free port, and keep it until `taken` is closed. */
static uint16_t
take_port(int *taken)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	uint16_t port;

	*taken = socket(AF_INET, SOCK_STREAM, 0);
	if (*taken < 0)
		err(1, "socket");
	for (int i = 0; i < TRIES_MAX; i++) {
		port = (uint16_t)(PORT_MIN +
				  arc4random_uniform(PORT_MAX - PORT_MIN + 1));
		address.sin_port = htons(port);
		if (bind(*taken, (struct sockaddr *)&address,
			 sizeof(address)) == 0)
			return port;
	}
	err(1, "no port of 127.0.0.1 is free");
}

void
servers_on_loopback(uint64_t first, size_t count, struct servers *servers)
{
	int taken[2 * SERVERS_MAX];
	struct server *server;

	servers->count = count;
	for (size_t i = 0; i < count; i++) {
		server = &servers->list[i];
		*server = (struct server){ .identity.id = first + i,
					   .role = RAFT_MEMBER_VOTER };
		strlcpy(server->host, "127.0.0.1", HOST_BYTES);
		server->port = take_port(&taken[2 * i]);
		server->client_port = take_port(&taken[2 * i + 1]);
	}
	for (size_t i = 0; i < 2 * count; i++)
		close(taken[i]);
}
