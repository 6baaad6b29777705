/*
 * Words to the service manager (notify.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "assists/server/notify.h"
#include "assists/system/system.h"

/** A path, or a name without a file, which is written with an '@' for its first
 *  byte, a NUL. 0: it is neither. */
static socklen_t
read_address(const char *text, struct sockaddr_un *address)
{
	size_t length = strlen(text);

	if ((text[0] != '/' && text[0] != '@') || length < 2 ||
	    length >= sizeof(address->sun_path))
		return 0;
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path, text, length);
	if (text[0] == '@')
		address->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

void
raft__notify(const char *format, ...)
{
	const char *place = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address;
	socklen_t length = place != NULL ? read_address(place, &address) : 0;
	char text[256];
	va_list arguments;
	int fd;

	if (length == 0)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fd = raft__system_socket(AF_UNIX, SOCK_DGRAM, true);
	if (fd < 0)
		return;
	(void)!sendto(fd, text, strlen(text), RAFT_SYSTEM_QUIET,
		      (struct sockaddr *)&address, length);
	close(fd);
}
