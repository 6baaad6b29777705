/*
 * A client of a port, without blocking, beside the servers of a scene.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_TESTS_PORT_SCENE_H
#define OUTRIGGER_TESTS_PORT_SCENE_H

#include "tests/unit/server_scene.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>

#define PLACE_BYTES 32

/** Where a port may be: HOST:PORT. Returns the number. */
static uint16_t
choose_place(char place[PLACE_BYTES])
{
	uint16_t number = free_port();

	snprintf(place, PLACE_BYTES, "127.0.0.1:%u", number);
	return number;
}

static int
dial(uint16_t number)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(number),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	assert_int_equal(
	    connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)), 0);
	return fd;
}

static void
send_bytes(int fd, const char *bytes, size_t length)
{
	assert_int_equal(send(fd, bytes, length, MSG_NOSIGNAL), length);
}

static void
say(int fd, const char *text)
{
	send_bytes(fd, text, strlen(text));
}

/** There is something to be read, or it is let go. */
static bool
is_ready(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK) >= 0 || errno != EAGAIN;
}

/** This comes next. */
static inline void
expect(struct scene *scene, int fd, const char *text)
{
	char bytes[512];

	for (size_t left; (left = strlen(text)) > 0;) {
		ssize_t got;

		assert_true(run_until(&scene->loop, is_ready(fd), PATIENCE_MS));
		got = recv(fd, bytes,
			   left < sizeof(bytes) ? left : sizeof(bytes), 0);
		if (got <= 0 || memcmp(bytes, text, (size_t)got) != 0)
			fail_msg("'%s' was expected, '%.*s' came", text,
				 got > 0 ? (int)got : 0, bytes);
		text += got;
	}
}

#endif
