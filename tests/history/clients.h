/*
 * Clients of real servers that write down what they asked and were answered: each a
 * thread with a blocking socket.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A program of such clients is a protocol, two functions, and
 *
 *	return history_clients_main(argc, argv, &protocol);
 */
#ifndef OUTRIGGER_TESTS_HISTORY_CLIENTS_H
#define OUTRIGGER_TESTS_HISTORY_CLIENTS_H

#include "tests/history/history.h"

struct history_clients;

struct history_client {
	struct history_clients *clients;
	/** From 1 on. */
	unsigned int number;
	/** For nrand48(). */
	unsigned short random[3];
	/** Connected to the server at this position of the list. */
	int socket;
	size_t server;
	/** How many it has had. */
	uint64_t connections;
	/** The protocol's, all zero at first. */
	uint64_t own[4];
};

/** How asking ended. */
enum history_end {
	/** The answer is filled in. */
	HISTORY_ANSWERED,
	/** It was not done for certain. */
	HISTORY_FAILED,
	/** Nobody knows. */
	HISTORY_LOST,
};

struct history_protocol {
	/** What is written down before all else, or NULL. */
	const char *first_line;
	/** Choose what to ask: key, kind, and what these need; all else is zero. */
	void (*choose)(struct history_client *client,
		       struct history_operation *operation);
	/** Ask, and fill in the answer. */
	enum history_end (*ask)(struct history_client *client,
				struct history_operation *operation);
};

/** All of the program; --help says how it is called. Returns its exit status. */
int history_clients_main(int argc, char **argv,
			 const struct history_protocol *protocol);

/** A number below `end`. */
unsigned int history_draw(struct history_client *client, unsigned int end);

/** From now on with a server, the one that is at HOST:PORT, or if that is NULL or not
 *  of the list, the next. False: it does not answer, and `socket` is -1. */
bool history_turn(struct history_client *client, const char *place);

/** Whether the clients shall end; after a while also with what is under way. */
bool history_is_over(const struct history_client *client, bool is_under_way);

#endif
