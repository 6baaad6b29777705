/*
 * A world of servers that keep partitions, without a network, a group and disks of a
 * system: a test moves it, step by step.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a server is made of is the demo's: its part of the group (keeper.c), its replicas
 * and their files. What is below is here: connections that hold up frames and break; a
 * group that decides in its own order, and tells each server when it likes, all of it
 * anew after a start; disks that lose at a crash what was not synced; and a clock.
 */
#ifndef TESTS_STREAMS_WORLD_H
#define TESTS_STREAMS_WORLD_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "demos/streams/broker.h"

#define NODES 4
#define PARTITIONS 2
#define COMMANDS_MAX 8192
#define BATCH_MAX 3

struct message {
	TAILQ_ENTRY(message) link;
	size_t length;
	uint8_t bytes[];
};

/** One end of a connection: of node 1 to NODES, or 0, a client. */
struct end {
	struct channel channel;
	struct pipe *pipe;
	unsigned int node;
	TAILQ_HEAD(, message) inbox;
};

/** Who asks has the end 0. */
struct pipe {
	LIST_ENTRY(pipe) link;
	struct end ends[2];
	/** Of ends[0], if it is a client: what is told of the answers. */
	struct client *client;
	bool is_broken;
};

struct node {
	struct broker broker;
	bool is_alive;
	/** How much of the group's log it has applied. */
	size_t applied;
	/** It was told how its own commands ended, up to there, since it started. */
	uint64_t start;
	/** A sync that is under way, and what it makes durable. */
	uv_fs_t *sync[PARTITIONS];
	uv_fs_cb synced[PARTITIONS];
	uint64_t sync_size[PARTITIONS];
	uint64_t durable_size[PARTITIONS];
	const struct replica *known[PARTITIONS];
};

/** What somebody has asked of the group. */
struct proposal {
	char command[LINE_BYTES];
	unsigned int node;
	uint64_t start;
	raft_server_done *done;
	void *context;
	bool is_decided;
};

/** A producer, or a consumer. */
struct client {
	uint64_t id;
	uint32_t partition;
	bool produces;
	/** Of the last record that was said, and acknowledged; or the next offset. */
	uint64_t said;
	uint64_t acknowledged;
	struct pipe *pipe;
	bool waits;
};

extern struct node nodes[NODES + 1];
LIST_HEAD(pipes, pipe);
extern struct pipes pipes;
extern struct proposal *proposals;
extern size_t proposal_count;
/** Positions of those that were decided, in order. */
extern size_t *decided;
extern size_t decided_count;
extern uint64_t now_ms;
/** What happens is told. */
extern bool is_told;
/** Where the servers have their files. */
extern const char *folder;

#define TELL(...) (is_told ? (void)printf(__VA_ARGS__) : (void)0)
#define NEED(fact, ...)                                                        \
	((fact)                                                                \
	     ? (void)0                                                         \
	     : (printf(__VA_ARGS__), printf("\n"), fflush(stdout), abort()))

/** Begin anew, with servers that have nothing; and end what has begun. */
void world_begin(uint64_t seed);
void world_end(void);

uint32_t draw(uint32_t below);
bool chance(uint32_t percent);

/** A client's node is 0. */
struct pipe *
connect_to(unsigned int from, unsigned int to, struct client *client);
void disconnect_broken(void);

/** Ask something of the group. */
void propose(unsigned int node, const char *command, raft_server_done *done,
	     void *context);
/** Tell whoever has asked for it how it ended. */
void tell_end(const struct proposal *proposal, enum raft_server_result result,
	      const char *answer);

void start(unsigned int id);
/** A power cut: any part of what was not synced is lost. */
void crash(unsigned int id);
/** The next of what was decided; up to three at once. */
void apply(unsigned int id);
/** What was decided meanwhile comes by another server's snapshot, which does not say
 *  how it ended. */
void load_snapshot(unsigned int id, unsigned int from);
void tick(unsigned int id);

/** A sync that is under way ends. */
void end_sync(struct node *node, int partition, bool is_durable);
/** What was opened is durable as it is; what was cut is shorter. */
void watch_files(struct node *node);

#endif
