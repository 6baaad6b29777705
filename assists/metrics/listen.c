/*
 * Listening at HOST:PORT (listen.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/metrics/listen.h"
#include "assists/system/system.h"

#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/** Connections that the kernel keeps until they are taken. */
#define BACKLOG 16
#define PLACE_BYTES 320

/** Cut it at the last colon, and the brackets off. False: it is not such. */
static bool
cut(char *place, char **host, char **port)
{
	char *colon = strrchr(place, ':');
	const char *wrong;
	size_t length;

	if (colon == NULL || colon == place)
		return false;
	(void)strtonum(colon + 1, 1, 65535, &wrong);
	if (wrong != NULL)
		return false;
	*colon = '\0';
	*host = place;
	*port = colon + 1;
	length = strlen(place);
	if (place[0] == '[' && place[length - 1] == ']') {
		place[length - 1] = '\0';
		(*host)++;
	}
	return true;
}

static int
listen_at(const struct addrinfo *at)
{
	int fd = raft__system_socket(at->ai_family, SOCK_STREAM, false);
	int yes = 1, failure;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
	    bind(fd, at->ai_addr, at->ai_addrlen) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	failure = errno;
	close(fd);
	errno = failure;
	return -1;
}

int
raft__metrics_listen(const char *address, char *error, size_t size)
{
	const struct addrinfo hints = {
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM,
	};
	char place[PLACE_BYTES], *host, *port;
	struct addrinfo *found;
	int result, fd;

	if (strlcpy(place, address, sizeof(place)) >= sizeof(place) ||
	    !cut(place, &host, &port)) {
		snprintf(error, size, "metrics at %s: not HOST:PORT", address);
		return -1;
	}
	result = getaddrinfo(host, port, &hints, &found);
	if (result != 0) {
		snprintf(error, size, "metrics at %s: %s", address,
			 gai_strerror(result));
		return -1;
	}
	fd = listen_at(found);
	freeaddrinfo(found);
	if (fd < 0)
		snprintf(error, size, "metrics at %s: %s", address,
			 strerror(errno));
	return fd;
}
