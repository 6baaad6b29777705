/*
 * HOST:PORT, read (place.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <arpa/inet.h>
#include <bsd/stdlib.h>
#include <stddef.h>
#include <string.h>

#include "demos/streams/place.h"

bool
place_read(const char *text, struct sockaddr_in *address)
{
	const char *colon = strchr(text, ':'), *wrong = NULL;
	char host[INET_ADDRSTRLEN] = "";
	size_t length = colon == NULL ? 0 : (size_t)(colon - text);

	*address = (struct sockaddr_in){ .sin_family = AF_INET };
	/* strtonum() takes blanks and a sign. */
	if (length == 0 || length >= sizeof(host) || colon[1] < '0' ||
	    colon[1] > '9')
		return false;
	memcpy(host, text, length);
	address->sin_port =
	    htons((uint16_t)strtonum(colon + 1, 1, 65535, &wrong));
	return wrong == NULL && inet_pton(AF_INET, host, &address->sin_addr);
}
