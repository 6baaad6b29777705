/*
 * Streams over blocking sockets (client.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/string.h>
#include <err.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "demos/streams/client.h"
#include "demos/streams/place.h"

#define ROOM_BYTES (FRAME_BYTES_MAX + FRAME_HEAD_BYTES + 1)
/** For an answer; a leader that cannot reach who is in sync has others drop out of that
 *  meanwhile. */
#define PATIENCE_S 3
/** To be reached, and to be read by. */
#define REACH_S 1
/** For somebody who answers. */
#define TRIES_S 10
#define PAUSE_US 50000

/* ------------------------------------------------------------------ one frame */

static int
dial(const char *place)
{
	struct timeval patience = { .tv_sec = PATIENCE_S };
	struct timeval reach = { .tv_sec = REACH_S };
	struct sockaddr_in address;
	int one = 1, fd;

	if (!place_read(place, &address))
		return -1;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &reach, sizeof(reach));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool
send_all(int fd, const uint8_t *bytes, size_t length)
{
	while (length > 0) {
		ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		bytes += sent;
		length -= (size_t)sent;
	}
	return true;
}

/** Send a body in two pieces, and wait for the answer, which comes into `answer`, of
 *  ROOM_BYTES, with a NUL behind it. */
static bool
ask(int fd, enum frame_kind kind, const struct iovec pieces[2], uint8_t *answer,
    struct frame *frame)
{
	uint8_t head[FRAME_HEAD_BYTES];
	size_t got = 0, whole;

	frame_begin(head, kind, pieces[0].iov_len + pieces[1].iov_len);
	if (!send_all(fd, head, sizeof(head)) ||
	    !send_all(fd, pieces[0].iov_base, pieces[0].iov_len) ||
	    !send_all(fd, pieces[1].iov_base, pieces[1].iov_len))
		return false;
	while ((whole = frame_get(answer, got, frame)) == 0) {
		ssize_t more = recv(fd, answer + got, ROOM_BYTES - 1 - got, 0);

		if (more <= 0)
			return false;
		got += (size_t)more;
	}
	answer[got] = '\0';
	return whole == got;
}

/* ------------------------------------------------------------------ any server */

struct stream *
stream_open(const char *servers, const char *topic, uint32_t number)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	char *list = strdup(servers), *rest = list, *server;

	if (stream == NULL || list == NULL ||
	    (stream->bytes = malloc(ROOM_BYTES)) == NULL)
		err(1, "stream");
	stream->fd = -1;
	stream->number = number;
	strlcpy(stream->topic, topic, sizeof(stream->topic));
	while ((server = strsep(&rest, ",")) != NULL &&
	       stream->server_count < STREAM_SERVERS_MAX)
		strlcpy(stream->servers[stream->server_count++], server,
			STREAM_PLACE_BYTES);
	free(list);
	return stream;
}

static void
hang_up(struct stream *stream)
{
	if (stream->fd >= 0)
		close(stream->fd);
	stream->fd = -1;
}

void
stream_close(struct stream *stream)
{
	hang_up(stream);
	free(stream->bytes);
	free(stream);
}

/** The server that is asked next. NULL: no answer. */
static const char *
ask_one(struct stream *stream, enum frame_kind kind, const char *text)
{
	const char *place =
	    stream->servers[stream->next++ % stream->server_count];
	struct iovec pieces[2] = { { (char *)text, strlen(text) } };
	struct frame frame;
	int fd = dial(place);
	bool answered = fd >= 0 && ask(fd, kind, pieces, stream->bytes, &frame);

	if (fd >= 0)
		close(fd);
	if (!answered || frame.kind != FRAME_TEXT ||
	    strcmp((const char *)frame.body, "this server is not up yet") == 0)
		return NULL;
	return (const char *)frame.body;
}

const char *
stream_text(struct stream *stream, enum frame_kind kind, const char *text)
{
	time_t end = time(NULL) + TRIES_S;
	const char *answer;

	while ((answer = ask_one(stream, kind, text)) == NULL) {
		if (time(NULL) >= end)
			return NULL;
		usleep(PAUSE_US);
	}
	return answer;
}

uint32_t
stream_partitions(struct stream *stream)
{
	const char *text = stream_text(stream, FRAME_WHERE, stream->topic);
	uint32_t count = 0;

	for (; text != NULL && *text != '\0'; text = strchr(text, '\n') + 1)
		count++;
	return count;
}

/** Where the partition is, by what the next server says. */
static void
find(struct stream *stream)
{
	const char *line = ask_one(stream, FRAME_WHERE, stream->topic);
	uint32_t number, position;

	for (; line != NULL && *line != '\0'; line = strchr(line, '\n') + 1)
		if (sscanf(line,
			   "%*s %" SCNu32 " partition %" SCNu32
			   " epoch %*u leader %*u %63s",
			   &number, &position, stream->place) == 3 &&
		    number == stream->number) {
			stream->position = position;
			return;
		}
	stream->place[0] = '\0';
}

/* ------------------------------------------------------------------ who leads */

/** Pause, and have servers asked who leads. */
static bool
look_elsewhere(struct stream *stream)
{
	hang_up(stream);
	stream->place[0] = '\0';
	stream->retried++;
	usleep(PAUSE_US);
	return false;
}

/** Another one leads, if it is known who; but two may send one to each other for a
 *  while. */
static bool
follow(struct stream *stream, const struct frame *frame)
{
	if (stream->moved++ > 0)
		return look_elsewhere(stream);
	hang_up(stream);
	stream->retried++;
	stream->place[0] = '\0';
	if (frame->length > 12 && frame->length < 12 + STREAM_PLACE_BYTES)
		strlcpy(stream->place, (const char *)frame->body + 12,
			sizeof(stream->place));
	return false;
}

/** Ask who leads. True: it has answered with a frame of the kind `wanted`. */
static bool
ask_leader(struct stream *stream, enum frame_kind kind,
	   const struct iovec pieces[2], enum frame_kind wanted,
	   struct frame *frame)
{
	if (stream->place[0] == '\0')
		find(stream);
	if (stream->fd < 0)
		stream->fd = dial(stream->place);
	if (stream->fd < 0)
		return look_elsewhere(stream);
	/* The number on the wire was not known before it was found. */
	put32(pieces[0].iov_base, stream->position);
	if (!ask(stream->fd, kind, pieces, stream->bytes, frame))
		return look_elsewhere(stream);
	if (frame->kind == FRAME_MOVED)
		return follow(stream, frame);
	if (frame->kind != wanted)
		return look_elsewhere(stream);
	stream->moved = 0;
	return true;
}

bool
stream_produce(struct stream *stream, const struct batch *batch)
{
	uint8_t head[PRODUCE_HEAD_BYTES];
	struct iovec pieces[2] = { { head, sizeof(head) },
				   { (void *)batch->texts, batch->length } };
	struct frame frame;

	put64(put64(head + 4, batch->producer), batch->sequence);
	if (!ask_leader(stream, FRAME_PRODUCE, pieces, FRAME_PRODUCED, &frame))
		return false;
	if (frame.length != 12 ||
	    get64(frame.body + 4) != batch->sequence + batch->count - 1)
		return look_elsewhere(stream);
	return true;
}

bool
stream_fetch(struct stream *stream, uint64_t offset,
	     struct batch_fetched *fetched)
{
	uint8_t body[FETCH_BYTES] = { 0 };
	struct iovec pieces[2] = { { body, sizeof(body) } };
	struct frame frame;

	put64(body + 20, offset);
	if (!ask_leader(stream, FRAME_FETCH, pieces, FRAME_FETCHED, &frame))
		return false;
	if (frame.length < FETCHED_HEAD_BYTES)
		return look_elsewhere(stream);
	fetched->high = get64(frame.body + 12);
	fetched->records = frame.body + FETCHED_HEAD_BYTES;
	fetched->length = frame.length - FETCHED_HEAD_BYTES;
	/* Whoever is cut off has nothing new, and does not know it. */
	if (fetched->length == 0 && fetched->high <= offset)
		stream->place[0] = '\0';
	return true;
}
