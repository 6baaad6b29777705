/*
 * What the command lines of servers and clients have in common.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef DEMOS_QUEUE_OPTIONS_H
#define DEMOS_QUEUE_OPTIONS_H

#include <stdint.h>

#include "demos/queue/broker.h"

#define TOPIC_BYTES 160

struct options {
	/** Of a server. */
	uint64_t id;
	uint64_t count;
	/** Drawn once for a cluster: no other has it. */
	uint64_t life;
	uint64_t election_timeout_ms;
	/** A file with keys, or NULL: entries are not encrypted. */
	const char *keys;
	/** Of a client. */
	uint64_t seconds;
	/** Of both. */
	const char *cluster;
	struct broker_options broker;
	/** What follows the options. */
	char **rest;
	char trial_topic[TOPIC_BYTES];
};

/** Read them. `usage` is printed for --help; whatever is wrong ends the program with a
 *  sentence. */
void
options_read(int argc, char **argv, const char *usage, struct options *options);

/** Write outrigger/CLUSTER/NAME, and return it. */
const char *options_topic(const struct options *options, const char *name,
			  char topic[TOPIC_BYTES]);

#endif
