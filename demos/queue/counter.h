/*
 * counter: the state machine, and those who have asked this server for something.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An ask is a text, "CLIENT NUMBER WORDS", and so is what is answered to CLIENT:
 * "NUMBER WORDS". The words are "session", or "add N SESSION K" with anything behind
 * it. Whoever leads answers; the others are silent, so a client that is not answered
 * asks again. The K-th of a session counts once, however often it comes.
 */
#ifndef DEMOS_QUEUE_COUNTER_H
#define DEMOS_QUEUE_COUNTER_H

#include "assists/node/node.h"
#include "assists/sessions/sessions.h"

#define CLIENT_BYTES 33
#define ASKS_MAX 1024

/** Somebody who waits for an entry. */
struct ask {
	struct raft_entry_id entry;
	uint64_t number;
	char client[CLIENT_BYTES];
};

struct counter {
	uint64_t value;
	/** Entries that were applied. */
	uint64_t applied;
	struct raft_sessions *sessions;
	/** In the order of their entries. */
	struct ask asks[ASKS_MAX];
	size_t ask_count;
	/** Answer a client. */
	void (*answer)(void *context, const char *client, const char *text);
	/** Something happened. */
	void (*event)(void *context, const struct raft_event *event);
	void *context;
};

/** The table for struct raft_node_options; its context is the counter. */
extern const struct raft_node_machine counter_machine;

/** What somebody has asked. */
void counter_ask(struct counter *counter, struct raft *raft, uint64_t now,
		 const char *text, size_t length);

#endif
