/*
 * Where a server of streams is: HOST:PORT, both of them numbers.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef STREAMS_PLACE_H
#define STREAMS_PLACE_H

#include <netinet/in.h>
#include <stdbool.h>

/** Read an address of IPv4 and a port, 1 to 65535. False: it is none. */
bool place_read(const char *text, struct sockaddr_in *address);

#endif
