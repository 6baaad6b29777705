/*
 * ask: says a line to a server, and prints its answer.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <err.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int
main(int argc, char **argv)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	struct timeval patience = { .tv_sec = 8 };
	char answer[4096], *port;
	FILE *stream;
	int fd;

	if (argc != 3 || (port = strrchr(argv[1], ':')) == NULL)
		errx(2, "usage: ask HOST:PORT LINE");
	*port++ = '\0';
	if (getaddrinfo(argv[1], port, &hints, &found) != 0)
		errx(1, "%s: no such host", argv[1]);
	fd = socket(found->ai_family, SOCK_STREAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, found->ai_addr, found->ai_addrlen) != 0 ||
	    dprintf(fd, "%s\n", argv[2]) < 0)
		err(1, "port %s", port);
	freeaddrinfo(found);
	stream = fdopen(fd, "r");
	if (stream == NULL || fgets(answer, sizeof(answer), stream) == NULL)
		errx(1, "port %s: no answer", port);
	fputs(answer, stdout);
	return 0;
}
