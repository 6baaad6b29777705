/*
 * The catalogue: who is responsible for what. It is the state machine of the group,
 * and all that passes through Raft.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A topic has partitions. A partition is a log of records, kept by its replicas, which
 * are servers. One of them leads it, in an epoch that no other server ever leads it in;
 * those that have all that was acknowledged are in sync, the leader always. Only who is
 * in sync may come to lead.
 *
 * Commands, and the catalogue itself, are lines of text:
 *
 *	topic NAME PARTITIONS REPLICAS          somebody wants a topic
 *	up SERVER LIFE ADDRESS                  it has started, or was called silent
 *	silent SERVER LIFE                      nobody hears it: others lead
 *	in-sync PARTITION VERSION SERVER...     its leader says who is in sync
 *	lead PARTITION VERSION SERVER           another replica shall lead
 *	move PARTITION VERSION FROM TO          TO copies it, then FROM leaves it
 *	stay PARTITION VERSION                  the move is called off
 *
 * Each change of a partition gives it another version, and what was asked of an older
 * one is refused: whoever asks twice, or late, changes nothing that he has not seen.
 *
 * (C1) Somebody is in sync, and who is in sync is up, unless it is the only one.
 * (C2) Who leads is up and in sync; nobody leads if nobody can.
 * (C3) Another leader, or the same in another life, has a higher epoch.
 */
#ifndef STREAMS_CATALOGUE_H
#define STREAMS_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERVERS_MAX 32
#define TOPICS_MAX 64
#define PARTITIONS_MAX 256
/** Of a topic; while one moves there is one more. */
#define REPLICAS_MAX 5
#define PLACES_MAX (REPLICAS_MAX + 1)
#define NAME_BYTES 32
#define ADDRESS_BYTES 64
/** Of a command, or a line of the catalogue. */
#define LINE_BYTES 512

/** A server that has been up once. */
struct server {
	uint64_t id;
	/** Another number each time that it comes up. */
	uint64_t life;
	bool is_up;
	/** Where clients and other servers find its records: HOST:PORT. */
	char address[ADDRESS_BYTES];
};

/** Of a partition, on a server. */
struct place {
	uint64_t server;
	bool in_sync;
};

struct partition {
	/** Which of the topics, and its number in it, from 0 on. */
	uint32_t topic;
	uint32_t number;
	/** Rises when another server leads, or the same one anew. */
	uint64_t epoch;
	/** Rises with every change. */
	uint64_t version;
	/** 0: nobody. */
	uint64_t leader;
	/** Who leaves when the last of the places, which joins, is in sync; 0: nobody,
	 *  and none joins. */
	uint64_t leaving;
	uint32_t place_count;
	struct place places[PLACES_MAX];
};

struct topic {
	char name[NAME_BYTES];
	uint32_t replicas;
};

struct catalogue {
	uint32_t server_count;
	uint32_t topic_count;
	uint32_t partition_count;
	struct server servers[SERVERS_MAX];
	struct topic topics[TOPICS_MAX];
	/** A partition's position is its number on the wire: none is ever removed. */
	struct partition partitions[PARTITIONS_MAX];
};

/** Apply a command. Returns the answer, which is static: "ok", or why not. */
const char *catalogue_apply(struct catalogue *catalogue, const char *command);

/** Print the line at `position`, from 0 on. False: there are no more. */
bool catalogue_print(const struct catalogue *catalogue, size_t position,
		     char line[LINE_BYTES]);

/** Take a line that was printed, in the same order, into one that began empty. False:
 *  it is none. */
bool catalogue_parse(struct catalogue *catalogue, const char *line);

/** NULL: it is not known. */
const struct server *
catalogue_server(const struct catalogue *catalogue, uint64_t id);

/** NULL: it has no place there. */
const struct place *
partition_place(const struct partition *partition, uint64_t server);

/** Partitions that it keeps; those that it is about to leave excepted. */
uint32_t catalogue_kept_by(const struct catalogue *catalogue, uint64_t server);

/** Partitions that it leads. */
uint32_t catalogue_led_by(const struct catalogue *catalogue, uint64_t server);

/** Who is up, has no place there, and keeps least. 0: nobody. */
uint64_t catalogue_choose_place(const struct catalogue *catalogue,
				const struct partition *partition);

/** How long to wait before something is done about a silent server. */
struct patience {
	/** Before others lead in its place. */
	uint64_t silent_ms;
	/** Before others copy what it has. */
	uint64_t replace_ms;
};

/**
 * What should be done next: a command, chosen by whoever leads the group. It has heard
 * nothing of the server at a position for silent_ms[position], UINT64_MAX if that is no
 * member any more. False: nothing.
 */
bool catalogue_chore(const struct catalogue *catalogue,
		     const uint64_t silent_ms[SERVERS_MAX],
		     const struct patience *patience, char command[LINE_BYTES]);

#endif
