/*
 * Talking with a server (talk.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "assists/admin/place.h"
#include "assists/admin/talk.h"
#include "assists/system/system.h"

/** An answer is not longer: the metrics of the largest cluster are not. */
#define ANSWER_BYTES_MAX ((size_t)64 << 20)

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void
talk_extend(struct talk *talk, unsigned int seconds)
{
	talk->end_ms = now_ms() + (uint64_t)seconds * 1000;
}

/** Where many are in line, the kernel has whoever connects wait, too. */
static bool
dial(struct talk *talk, const struct admin_place *place, unsigned int seconds)
{
	struct timeval patience = { .tv_sec = seconds };

	talk->fd = raft__system_socket(AF_UNIX, SOCK_STREAM, false);
	if (talk->fd < 0)
		return false;
	setsockopt(talk->fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
		   sizeof(patience));
	if (connect(talk->fd, (const struct sockaddr *)&place->address,
		    sizeof(place->address)) == 0)
		return true;
	if (errno == EAGAIN)
		errno = ETIMEDOUT;
	return false;
}

bool
talk_open(struct talk *talk, const char *folder, unsigned int seconds)
{
	struct admin_place place;
	bool is_open;
	int error;

	*talk = (struct talk){ .fd = -1 };
	talk_extend(talk, seconds);
	if (raft__admin_place(folder, &place) != 0)
		return false;
	is_open = dial(talk, &place, seconds);
	raft__admin_leave(&place);
	error = errno;
	if (!is_open)
		talk_close(talk);
	errno = error;
	return is_open;
}

void
talk_close(struct talk *talk)
{
	if (talk->fd >= 0)
		close(talk->fd);
	free(talk->bytes);
	*talk = (struct talk){ .fd = -1 };
}

bool
talk_say(struct talk *talk, const json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT);
	size_t length, sent = 0;

	if (text == NULL) {
		errno = ENOMEM;
		return false;
	}
	length = strlen(text);
	text[length++] = '\n';
	while (sent < length) {
		ssize_t some = send(talk->fd, text + sent, length - sent,
				    RAFT_SYSTEM_QUIET);

		if (some < 0 && errno != EINTR)
			break;
		sent += some > 0 ? (size_t)some : 0;
	}
	free(text);
	if (sent < length && errno == EAGAIN)
		errno = ETIMEDOUT;
	return sent == length;
}

/* ------------------------------------------------------------------ hearing */

static bool
wait_for_bytes(struct talk *talk)
{
	struct pollfd waits = { .fd = talk->fd, .events = POLLIN };
	uint64_t now = now_ms();
	int ready;

	ready = poll(&waits, 1,
		     now < talk->end_ms ? (int)(talk->end_ms - now) : 0);
	if (ready == 0)
		errno = ETIMEDOUT;
	return ready > 0 || (ready < 0 && errno == EINTR);
}

static bool
make_room(struct talk *talk)
{
	size_t size = talk->size == 0 ? 1 << 16 : 2 * talk->size;
	char *bytes;

	if (talk->length < talk->size)
		return true;
	errno = EMSGSIZE;
	bytes = size <= ANSWER_BYTES_MAX ? realloc(talk->bytes, size) : NULL;
	if (bytes == NULL)
		return false;
	talk->bytes = bytes;
	talk->size = size;
	return true;
}

static bool
receive(struct talk *talk)
{
	ssize_t got;

	if (!wait_for_bytes(talk) || !make_room(talk))
		return false;
	got = recv(talk->fd, talk->bytes + talk->length,
		   talk->size - talk->length, MSG_DONTWAIT);
	if (got == 0)
		errno = ECONNRESET;
	if (got > 0)
		talk->length += (size_t)got;
	return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

const char *
talk_hear(struct talk *talk)
{
	char *end;

	if (talk->taken > 0) {
		talk->length -= talk->taken;
		memmove(talk->bytes, talk->bytes + talk->taken, talk->length);
		talk->taken = 0;
	}
	for (;;) {
		end = talk->length > 0
			  ? memchr(talk->bytes, '\n', talk->length)
			  : NULL;
		if (end != NULL)
			break;
		if (!receive(talk))
			return NULL;
	}
	*end = '\0';
	talk->taken = (size_t)(end - talk->bytes) + 1;
	return talk->bytes;
}
