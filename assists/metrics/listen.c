/*
 * Listening at HOST:PORT (listen.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/metrics/listen.h"
#include "assists/server/address.h"
#include "assists/system/system.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/** Connections that the kernel keeps until they are taken. */
#define BACKLOG 16

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
	struct addrinfo *found;
	struct address at;
	int result, fd;
	char port[8];

	if (!raft__address_parse_port(address, &at)) {
		snprintf(error, size, "metrics at %s: not HOST:PORT", address);
		return -1;
	}
	snprintf(port, sizeof(port), "%u", at.port);
	result = getaddrinfo(at.host, port, &hints, &found);
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
