/*
 * The broker: what this server is for clients and for the other servers. It does what
 * the catalogue says.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STREAMS_BROKER_H
#define STREAMS_BROKER_H

#include "assists/server/server.h"
#include "demos/streams/replica.h"

/** A connection that this server makes, to fetch from another one. */
struct link {
	/** NULL: there is none. */
	struct channel *channel;
	/** When it was begun. */
	uint64_t begun_ms;
};

/** A topic is being made for this client, or it has left: NULL. */
struct ask {
	TAILQ_ENTRY(ask) link;
	struct broker *broker;
	struct channel *channel;
};

struct broker {
	struct raft_server *server;
	struct raft_server_part part;
	uv_loop_t *loop;
	uint64_t self;
	/** Of the replicas' files. */
	char *folder;
	/** Where clients and the other servers find this one. */
	const char *address;
	struct patience patience;

	/** As far as this server has applied it. */
	struct catalogue catalogue;
	/** The catalogue is to be relied on when it has this (R1): what is before is
	 *  of a former life. */
	uint64_t life;
	bool registers;
	bool is_up;
	/** By position in the catalogue; NULL: not kept here. */
	struct replica *replicas[PARTITIONS_MAX];
	/** Those that wait for their disk. */
	uint32_t closing_replicas;

	/* Of one that leads the group. */
	bool has_chore;
	uint64_t leads_since_us;
	uint64_t ticked_us;

	uv_tcp_t listener;
	uv_timer_t tick;
	int handles;
	bool is_closing;
	bool is_gone;
	/** All of them. */
	struct channels channels;
	uint32_t channel_count;
	/** By position in the catalogue. */
	struct link links[SERVERS_MAX];
	TAILQ_HEAD(, ask) asks;
};

/** The functions of its state machine, whose context is the broker. */
extern const struct raft_server_machine broker_machine;

/** Make it a part of the server that was opened with it. False: `error` says why. */
bool broker_open(struct broker *broker, struct raft_server *server, char *error,
		 size_t size);

/** What is to be asked of the group now: that this server is up; and if it leads the
 *  group, a chore. */
void broker_report(struct broker *broker);
/** Its leader asks who is to be in sync. */
void broker_ask_in_sync(struct broker *broker, uint32_t position,
			const char *command);
/** Close what is kept. */
void broker_close_replicas(struct broker *broker);

/** The connection with it. NULL: there is none yet. */
struct channel *broker_reach(struct broker *broker, uint64_t server);
/** It does not answer there. */
void broker_give_up(struct broker *broker, uint64_t server);

/** MOVED; leader 0: nobody is known to. */
void broker_say_moved(struct broker *broker, struct channel *channel,
		      uint32_t position, uint64_t epoch, uint64_t leader);

/** Nothing is left of it, if it closes. */
void broker_end_if_empty(struct broker *broker);

#endif
