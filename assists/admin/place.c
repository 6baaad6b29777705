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
#include "assists/system/system.h"

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
	place->folder = raft__system_open_folder(folder);
	if (place->folder < 0)
		return -1;
	if (raft__system_path_in(place->folder, folder, ADMIN_SOCKET_NAME, path,
				 room))
		return 0;
	raft__admin_leave(place);
	return -1;
}

void
raft__admin_leave(struct admin_place *place)
{
	int error = errno;

	if (place->folder >= 0)
		close(place->folder);
	errno = error;
}
