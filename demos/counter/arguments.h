/*
 * What the command line asks for.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COUNTER_ARGUMENTS_H
#define OUTRIGGER_COUNTER_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "demos/counter/secure.h"
#include "demos/counter/servers.h"

enum verb {
	VERB_NEW,
	VERB_RUN,
	VERB_ASK,
	VERB_LOAD,
};

struct arguments {
	enum verb verb;
	/** new: where the folders go; run: the server's folder. */
	const char *folder;
	/** run. */
	struct secure secure;
	unsigned int snapshot_every;
	unsigned int client_idle_s;
	/** new, load. */
	struct servers servers;
	/** new: of a new cluster; */
	uint64_t election_timeout_us;
	/** of one that runs: so many on the loopback, 0: those listed. */
	bool joins;
	unsigned int loopback;
	/** new --join: after how long; 0: it is to vote at once. */
	unsigned int stands_in_s;
	/** new --join, ask: whom, */
	char host[HOST_BYTES];
	uint16_t port;
	/** ask: and what. */
	const char *line;
	/** load. */
	unsigned int seconds;
	unsigned int workers;
	bool progress;
};

/** Read a command line. The process ends with status 2 and a message if it is
 *  wrong, with 0 and the usage if that is what it asks for. */
void arguments_parse(int argc, char *argv[], struct arguments *arguments);

#endif
