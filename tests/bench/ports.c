/*
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/bench/ports.h"

#include <err.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

void
find_ports(uint16_t *ports, size_t count)
{
	int sockets[BENCH_PORTS_MAX];

	if (count > BENCH_PORTS_MAX)
		errx(1, "too many ports");
	for (size_t i = 0; i < count; i++) {
		struct sockaddr_in address = {
			.sin_family = AF_INET,
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		};
		socklen_t length = sizeof(address);

		sockets[i] = socket(AF_INET, SOCK_STREAM, 0);
		if (sockets[i] < 0 ||
		    bind(sockets[i], (struct sockaddr *)&address, length) != 0 ||
		    getsockname(sockets[i], (struct sockaddr *)&address,
				&length) != 0)
			err(1, "127.0.0.1");
		ports[i] = ntohs(address.sin_port);
	}
	for (size_t i = 0; i < count; i++)
		close(sockets[i]);
}
