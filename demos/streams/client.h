/*
 * A stream: a partition as its clients have it, over blocking sockets.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * It asks any server who leads the partition, goes where it is sent, and asks again when
 * it gets no answer. One thread uses a stream at a time.
 */
#ifndef STREAMS_CLIENT_H
#define STREAMS_CLIENT_H

#include "demos/streams/record.h"
#include "demos/streams/wire.h"

#define STREAM_SERVERS_MAX 32
#define STREAM_PLACE_BYTES 64

struct stream {
	/** Where servers are: HOST:PORT each. */
	char servers[STREAM_SERVERS_MAX][STREAM_PLACE_BYTES];
	size_t server_count;
	/** Who is asked next. */
	size_t next;
	char topic[64];
	uint32_t number;
	/** Its number on the wire, and who leads it; "": not known. */
	uint32_t position;
	char place[STREAM_PLACE_BYTES];
	/** The connection with who leads; -1: none. */
	int fd;
	/** How often it was sent elsewhere since it was answered. */
	unsigned int moved;
	/** What came last. */
	uint8_t *bytes;
	/** How often something had to be asked again. */
	uint64_t retried;
};

/** Open one, of servers in a list with commas. */
struct stream *
stream_open(const char *servers, const char *topic, uint32_t number);
void stream_close(struct stream *stream);

/** Ask servers, one after the other, until one answers; for ten seconds. The text lives
 *  until the next call. NULL: nobody does. */
const char *
stream_text(struct stream *stream, enum frame_kind kind, const char *text);

/** Partitions of the topic; 0: there is no such topic, or nobody answers. */
uint32_t stream_partitions(struct stream *stream);

/** What a producer says once: the texts as they are in the frame, each with its
 *  length. */
struct batch {
	uint64_t producer;
	/** Of the first. */
	uint64_t sequence;
	uint64_t count;
	const uint8_t *texts;
	size_t length;
};

/** Produce a batch, once: whoever says it again has it counted once. True: it is
 *  acknowledged; false: there was no answer, or not from who leads. */
bool stream_produce(struct stream *stream, const struct batch *batch);

/** What a consumer is given. */
struct batch_fetched {
	uint64_t high;
	/** Records (record.h), which live until the next call. */
	const uint8_t *records;
	size_t length;
};

/** Fetch from this offset on; it waits a little if there is nothing. False: as above. */
bool stream_fetch(struct stream *stream, uint64_t offset,
		  struct batch_fetched *fetched);

#endif
