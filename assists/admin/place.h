/*
 * Where the socket is, for those who listen and those who connect.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_ADMIN_PLACE_H
#define OUTRIGGER_ADMIN_PLACE_H

#include <sys/socket.h>
#include <sys/un.h>

#define ADMIN_SOCKET_NAME "admin.socket"

/** The folder, if the address is by way of its descriptor; else -1. */
struct admin_place {
	struct sockaddr_un address;
	int folder;
};

/** An address has room for some hundred letters: a longer one goes by way of the
 *  folder's descriptor. 0, or -1 with errno set. */
int raft__admin_place(const char *folder, struct admin_place *place);

/** Let go of it; errno stays. */
void raft__admin_leave(struct admin_place *place);

#endif
