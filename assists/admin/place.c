/*
 * Where the socket is (place.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "assists/admin/place.h"

int
raft__admin_place(const char *folder, struct admin_place *place)
{
	char *path = place->address.sun_path;
	size_t room = sizeof(place->address.sun_path);
	int length = snprintf(path, room, "%s/" ADMIN_SOCKET_NAME, folder);

	place->address.sun_family = AF_UNIX;
	place->folder = -1;
	if (length >= 0 && (size_t)length < room)
		return 0;
	place->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (place->folder < 0)
		return -1;
	snprintf(path, room, "/proc/self/fd/%d/" ADMIN_SOCKET_NAME,
		 place->folder);
	return 0;
}

void
raft__admin_leave(struct admin_place *place)
{
	int error = errno;

	if (place->folder >= 0)
		close(place->folder);
	errno = error;
}
