/*
 * Clients of demos/kv that write down what they asked and were answered, as
 * tests/history/README.md has it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * They follow MOVED to the server that it names. The last of three reads by READONLY, at
 * whatever server: what it is told was so at some time since BOUND_MS before it asked,
 * and so it is written down.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/history/clients.h"

#define REGISTERS 3
#define COUNTERS 2
#define BOUND_MS 400
#define NS_PER_MS UINT64_C(1000000)
/** Who leads may change while it is told. */
#define MOVES_MAX 3
#define REPLY_BYTES 512

/** What a client's own numbers are: the values that it has written; the connection on
 *  which READONLY was said. */
enum { WRITTEN, READONLY };

/* ----------------------------------------------------------------- requests */

static bool
is_reader(const struct history_client *client)
{
	return client->number % 3 == 0;
}

/** No other client writes it, and this one once. */
static struct history_value
draw_value(struct history_client *client)
{
	client->own[WRITTEN]++;
	return (struct history_value){
		true,
		(int64_t)(client->number * UINT64_C(1000000000) +
			  client->own[WRITTEN]),
	};
}

static void
choose_of_register(struct history_client *client,
		   struct history_operation *operation)
{
	unsigned int drawn = history_draw(client, 10);

	snprintf(operation->key, sizeof(operation->key), "register%u",
		 history_draw(client, REGISTERS));
	operation->kind = drawn < 5   ? HISTORY_GET
			  : drawn < 8 ? HISTORY_SET
			  : drawn < 9 ? HISTORY_SWAP
				      : HISTORY_DELETE;
	if (operation->kind == HISTORY_SET || operation->kind == HISTORY_SWAP)
		operation->argument = draw_value(client);
}

static void
choose(struct history_client *client, struct history_operation *operation)
{
	if (history_draw(client, 3) > 0) {
		choose_of_register(client, operation);
	} else {
		snprintf(operation->key, sizeof(operation->key), "counter%u",
			 history_draw(client, COUNTERS));
		operation->kind =
		    history_draw(client, 2) > 0 ? HISTORY_ADD : HISTORY_GET;
		operation->argument =
		    (struct history_value){ operation->kind == HISTORY_ADD, 1 };
	}
	if (is_reader(client))
		operation->kind = HISTORY_GET;
}

static void
print_request(char request[128], const struct history_operation *operation)
{
	const char *key = operation->key;
	int64_t number = operation->argument.number;

	switch (operation->kind) {
	case HISTORY_GET:
		snprintf(request, 128, "GET %s\r\n", key);
		break;
	case HISTORY_SET:
		snprintf(request, 128, "SET %s %" PRId64 "\r\n", key, number);
		break;
	case HISTORY_SWAP:
		snprintf(request, 128, "SET %s %" PRId64 " NX\r\n", key,
			 number);
		break;
	case HISTORY_DELETE:
		snprintf(request, 128, "DEL %s\r\n", key);
		break;
	case HISTORY_ADD:
		snprintf(request, 128, "INCR %s\r\n", key);
		break;
	}
}

/* ------------------------------------------------------------------ replies */

/** One that is a line, or a bulk of one. */
static bool
is_whole(const char *reply)
{
	const char *line = strstr(reply, "\r\n");

	if (line == NULL)
		return false;
	return reply[0] != '$' || reply[1] == '-' ||
	       strstr(line + 2, "\r\n") != NULL;
}

/** Ask, and wait for the reply. False: the connection is lost. */
static bool
dialogue(int socket, const char *request, char reply[REPLY_BYTES])
{
	size_t length = 0;
	ssize_t got = (ssize_t)strlen(request);

	reply[0] = '\0';
	if (send(socket, request, strlen(request), MSG_NOSIGNAL) != got)
		return false;
	while (!is_whole(reply)) {
		got = recv(socket, reply + length, REPLY_BYTES - 1 - length, 0);
		if (got <= 0)
			return false;
		length += (size_t)got;
		reply[length] = '\0';
	}
	return true;
}

static void
take_number(const char *text, struct history_operation *operation)
{
	operation->answer = HISTORY_VALUE;
	operation->answer_value =
	    (struct history_value){ true, strtoll(text, NULL, 10) };
}

/** False: that is no reply to it. */
static bool
take_reply(const char *reply, struct history_operation *operation)
{
	bool is_nil = strncmp(reply, "$-1", 3) == 0;
	bool is_ok = strncmp(reply, "+OK", 3) == 0;

	switch (operation->kind) {
	case HISTORY_GET:
		operation->answer = HISTORY_VALUE;
		if (reply[0] == '$' && !is_nil)
			take_number(strstr(reply, "\r\n") + 2, operation);
		return reply[0] == '$';
	case HISTORY_ADD:
		take_number(reply + 1, operation);
		return reply[0] == ':';
	case HISTORY_SET:
		operation->answer = HISTORY_OK;
		return is_ok;
	case HISTORY_SWAP:
		operation->answer = is_ok ? HISTORY_YES : HISTORY_NO;
		return is_ok || is_nil;
	case HISTORY_DELETE:
		operation->answer = reply[1] == '1' ? HISTORY_YES : HISTORY_NO;
		return reply[0] == ':';
	}
	return false;
}

/** Errors that say that it was not done. */
static bool
was_refused(const char *reply)
{
	static const char *const codes[] = { "-MOVED ",	   "-CLUSTERDOWN ",
					     "-TRYAGAIN ", "-CLOSED ",
					     "-REFUSED ",  "-NO_MEMORY " };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strncmp(reply, codes[i], strlen(codes[i])) == 0)
			return true;
	return false;
}

/* ------------------------------------------------------------------- asking */

/** As new as all that was acknowledged BOUND_MS ago. */
static bool
is_readonly(struct history_client *client)
{
	char reply[REPLY_BYTES], request[32];

	snprintf(request, sizeof(request), "READONLY %d\r\n", BOUND_MS);
	if (client->own[READONLY] != client->connections &&
	    dialogue(client->socket, request, reply) &&
	    strncmp(reply, "+OK", 3) == 0)
		client->own[READONLY] = client->connections;
	return client->own[READONLY] == client->connections;
}

static enum history_end
ask_here(struct history_client *client, struct history_operation *operation,
	 char reply[REPLY_BYTES])
{
	char request[128];

	print_request(request, operation);
	if (!dialogue(client->socket, request, reply))
		return HISTORY_LOST;
	if (take_reply(reply, operation))
		return HISTORY_ANSWERED;
	if (was_refused(reply))
		return HISTORY_FAILED;
	if (strncmp(reply, "-UNKNOWN ", 9) != 0)
		fprintf(stderr, "%s is replied to by %s", request, reply);
	return HISTORY_LOST;
}

static enum history_end
ask_reader(struct history_client *client, struct history_operation *operation)
{
	enum history_end end = HISTORY_LOST;
	char reply[REPLY_BYTES];

	if (is_readonly(client))
		end = ask_here(client, operation, reply);
	operation->invoked_at -= BOUND_MS * NS_PER_MS;
	return end;
}

static enum history_end
ask(struct history_client *client, struct history_operation *operation)
{
	enum history_end end = HISTORY_FAILED;
	char reply[REPLY_BYTES], place[256];

	if (is_reader(client))
		return ask_reader(client, operation);
	for (int i = 0; i < MOVES_MAX && end == HISTORY_FAILED; i++) {
		end = ask_here(client, operation, reply);
		if (end != HISTORY_FAILED ||
		    sscanf(reply, "-MOVED %*u %255s", place) != 1)
			return end;
		if (!history_turn(client, place))
			return HISTORY_FAILED;
	}
	return end;
}

int
main(int argc, char **argv)
{
	const struct history_protocol protocol = {
		.choose = choose,
		.ask = ask,
	};

	return history_clients_main(argc, argv, &protocol);
}
