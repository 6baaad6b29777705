/*
 * Clients of the counter that write down what they asked and were answered, as
 * tests/history/README.md has it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every other client has a session and says an addition again, to one server after the
 * other, until it is answered: it must have been done once since it was first said. The
 * others say it once.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "demos/counter/load/client.h"
#include "tests/history/clients.h"

#define PAUSE_US 10000

/** What a client's own numbers are. */
enum { SESSION, SEQUENCE };

static void
choose(struct history_client *client, struct history_operation *operation)
{
	strcpy(operation->key, "counter");
	operation->kind = HISTORY_GET;
	if (history_draw(client, 5) < 2)
		return;
	operation->kind = HISTORY_ADD;
	operation->argument.is_there = true;
	operation->argument.number = 1 + history_draw(client, 3);
}

/** What a line was answered. */
static enum history_end
say(struct history_client *client, const char *line, uint64_t *number)
{
	char answer[512] = "";

	if (!client_ask(client->socket, line, answer, sizeof(answer)))
		return HISTORY_LOST;
	if (sscanf(answer, "ok %" SCNu64, number) == 1)
		return HISTORY_ANSWERED;
	if (strncmp(answer, "NO_LEADER:", 10) == 0 ||
	    strncmp(answer, "OVERLOADED:", 11) == 0 ||
	    strncmp(answer, "CLOSED:", 7) == 0)
		return HISTORY_FAILED;
	/* The session is lost with what it was asked last. */
	if (strncmp(answer, "EXPIRED:", 8) == 0)
		client->own[SESSION] = 0;
	return HISTORY_LOST;
}

/** Opened when there is none. */
static bool
has_session(struct history_client *client)
{
	if (client->own[SESSION] == 0) {
		client->own[SEQUENCE] = 0;
		if (say(client, "session", &client->own[SESSION]) !=
		    HISTORY_ANSWERED)
			client->own[SESSION] = 0;
	}
	return client->own[SESSION] != 0;
}

static enum history_end
add_once(struct history_client *client, int64_t number, uint64_t *sum)
{
	enum history_end end = HISTORY_LOST;
	char line[80];

	if (!has_session(client))
		return HISTORY_FAILED;
	client->own[SEQUENCE]++;
	snprintf(line, sizeof(line), "add %" PRId64 " %" PRIu64 " %" PRIu64,
		 number, client->own[SESSION], client->own[SEQUENCE]);
	while (client->own[SESSION] != 0 && !history_is_over(client, true)) {
		if (client->socket >= 0)
			end = say(client, line, sum);
		if (client->socket >= 0 && end == HISTORY_ANSWERED)
			return HISTORY_ANSWERED;
		usleep(PAUSE_US);
		history_turn(client, NULL);
	}
	client->own[SESSION] = 0;
	return HISTORY_LOST;
}

static enum history_end
ask(struct history_client *client, struct history_operation *operation)
{
	char line[80] = "get";
	enum history_end end;
	uint64_t sum = 0;

	if (operation->kind == HISTORY_ADD && client->number % 2 == 0) {
		end = add_once(client, operation->argument.number, &sum);
	} else {
		if (operation->kind == HISTORY_ADD)
			snprintf(line, sizeof(line), "add %" PRId64,
				 operation->argument.number);
		end = say(client, line, &sum);
	}
	operation->answer = HISTORY_VALUE;
	operation->answer_value = (struct history_value){ true, (int64_t)sum };
	return end;
}

int
main(int argc, char **argv)
{
	const struct history_protocol protocol = {
		.first_line = "- counter set 0 ok 0 0",
		.choose = choose,
		.ask = ask,
	};

	return history_clients_main(argc, argv, &protocol);
}
