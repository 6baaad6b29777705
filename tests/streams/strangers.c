/*
 * strangers: says what nobody should to a server of streams, by chance: frames of every
 * kind with any numbers in them, half ones, and plain bytes.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * usage: strangers HOST:PORT SECONDS SEED. It says how many frames it sent, and how many
 * connections it was left without.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "demos/streams/place.h"
#include "demos/streams/record.h"
#include "demos/streams/wire.h"

#define BODY_BYTES_MAX 3000

static uint64_t random_state;

static uint32_t
draw(uint32_t below)
{
	random_state =
	    random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(random_state >> 33) % below;
}

static int
dial(const char *place)
{
	struct timeval patience = { .tv_usec = 20000 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in address;

	if (fd < 0 || !place_read(place, &address))
		errx(2, "%s: no address", place);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		err(1, "%s", place);
	return fd;
}

/** A number that is small, huge, or any. */
static uint64_t
draw_number(void)
{
	switch (draw(4)) {
	case 0:
		return UINT64_MAX - draw(3);
	case 1:
		return (uint64_t)draw(UINT32_MAX) << 32 | draw(UINT32_MAX);
	default:
		return draw(5);
	}
}

/** Mostly what a client could have said. Returns its length. */
static size_t
draw_frame(uint8_t *bytes)
{
	size_t length = draw(10) == 0 ? draw(BODY_BYTES_MAX) : 20 + 8 * draw(4);
	uint8_t *body = frame_begin(bytes, draw(11), length);

	for (size_t at = 0; at + 8 <= length; at += 8)
		put64(body + at, draw_number());
	if (draw(3) == 0)
		length = FETCH_BYTES;
	if (length >= 4)
		put32(body, draw(3) == 0 ? draw(UINT32_MAX) : draw(3));
	/* Texts behind the head of a PRODUCE. */
	for (size_t at = PRODUCE_HEAD_BYTES; at + 4 <= length;) {
		put32(body + at, draw(8) == 0 ? draw(UINT32_MAX) : 0);
		at += 4;
	}
	put32(bytes, draw(20) == 0 ? draw(UINT32_MAX) : (uint32_t)length + 1);
	return FRAME_HEAD_BYTES + length - (draw(20) == 0 ? draw(5) : 0);
}

int
main(int argc, char **argv)
{
	uint8_t bytes[FRAME_HEAD_BYTES + BODY_BYTES_MAX] = { 0 };
	uint64_t frames = 0, ended = 0;
	time_t end;
	int fd;

	if (argc != 4)
		errx(2, "usage: strangers HOST:PORT SECONDS SEED");
	end = time(NULL) + (time_t)strtoul(argv[2], NULL, 10);
	random_state = strtoull(argv[3], NULL, 10);
	fd = dial(argv[1]);
	while (time(NULL) < end) {
		size_t length = draw_frame(bytes);
		ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL), got;

		frames++;
		/* Now and then somebody goes away without having read. */
		got = draw(4) == 0 ? recv(fd, bytes, sizeof(bytes), 0) : 1;
		if (sent == (ssize_t)length && got != 0 && draw(50) != 0)
			continue;
		ended += got == 0;
		close(fd);
		fd = dial(argv[1]);
	}
	close(fd);
	printf("%" PRIu64 " frames, %" PRIu64
	       " connections ended by the server\n",
	       frames, ended);
	return ended == 0;
}
