/*
 * Asking a server over a blocking socket (client.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "demos/counter/load/client.h"

static int
dial_address(const struct addrinfo *address)
{
	struct timeval patience = { .tv_sec = CLIENT_PATIENCE_S };
	int one = 1, failure;
	int fd =
	    socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
		return fd;
	failure = errno;
	close(fd);
	errno = failure;
	return -1;
}

int
client_dial(const char *place)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICSERV,
				  .ai_socktype = SOCK_STREAM };
	const char *colon = strrchr(place, ':');
	struct addrinfo *found;
	char host[256];
	int fd;

	errno = EADDRNOTAVAIL;
	if (colon == NULL ||
	    snprintf(host, sizeof(host), "%.*s", (int)(colon - place), place) >=
		(int)sizeof(host) ||
	    getaddrinfo(host, colon + 1, &hints, &found) != 0)
		return -1;
	fd = dial_address(found);
	freeaddrinfo(found);
	return fd;
}

static bool
send_line(int fd, const char *line)
{
	char text[512];
	int length = snprintf(text, sizeof(text), "%s\n", line);

	if (length >= (int)sizeof(text)) {
		errno = EMSGSIZE;
		return false;
	}
	return send(fd, text, (size_t)length, MSG_NOSIGNAL) == length;
}

bool
client_ask(int fd, const char *line, char *answer, size_t size)
{
	size_t length = 0;
	ssize_t got;

	if (!send_line(fd, line))
		return false;
	while (length < size) {
		got = recv(fd, answer + length, size - length, 0);
		if (got <= 0) {
			if (got == 0)
				errno = ECONNRESET;
			return false;
		}
		length += (size_t)got;
		if (answer[length - 1] == '\n') {
			answer[length - 1] = '\0';
			return true;
		}
	}
	errno = EMSGSIZE;
	return false;
}
