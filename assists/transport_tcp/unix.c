/*
 * Unix sockets in the place of TCP's, for servers on one machine (transport.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * To libuv a connection is a stream, whatever its socket is of, once it has one: so
 * the rest of the transport need not know. Only the making of it is done here, which
 * never takes long: a Unix socket connects at once or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "assists/system/system.h"
#include "assists/transport_tcp/transport.h"

#define PREFIX "unix:"
#define PREFIX_LENGTH (sizeof(PREFIX) - 1)
/** Who binds in the same folder is soon done with it; in one that everybody may
 *  open, anybody may hold it for ever. */
#define LOCK_TRIES 100
#define LOCK_PAUSE_NS 10000000

bool
raft__unix_is(const char *host)
{
	return strncmp(host, PREFIX, PREFIX_LENGTH) == 0;
}

int
raft__unix_read(const char *host, struct sockaddr_un *address)
{
	const char *path = host + PREFIX_LENGTH;
	size_t length = strlen(path);

	if (path[0] != '/')
		return UV_EINVAL;
	if (length >= sizeof(address->sun_path))
		return UV_ENAMETOOLONG;
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path, path, length);
	return 0;
}

void
raft__unix_print(const struct sockaddr *address, char *text, size_t size)
{
	const struct sockaddr_un *place = (const struct sockaddr_un *)address;

	if (place->sun_path[0] == '\0')
		snprintf(text, size, "unix");
	else
		snprintf(text, size, PREFIX "%.*s",
			 (int)sizeof(place->sun_path), place->sun_path);
}

/* Nobody has this address: it is for what is to be discarded (RFC 6666). */
void
raft__unix_host(struct in6_addr *host)
{
	memset(host, 0, sizeof(*host));
	host->s6_addr[0] = 1;
	host->s6_addr[15] = 1;
}

/** 0 or an error of libuv; on success the handle owns the socket. */
static int
give(uv_tcp_t *handle, int fd, int error)
{
	if (error == 0)
		error = uv_tcp_open(handle, fd);
	if (error != 0)
		close(fd);
	return error;
}

static int
make_socket(void)
{
	return raft__system_socket(AF_UNIX, SOCK_STREAM, true);
}

int
raft__unix_connect(uv_tcp_t *handle, const struct sockaddr *address)
{
	int fd = make_socket();

	if (fd < 0)
		return uv_translate_sys_error(errno);
	if (connect(fd, address, sizeof(struct sockaddr_un)) != 0)
		return give(handle, fd, uv_translate_sys_error(errno));
	return give(handle, fd, 0);
}

/* ------------------------------------------------------------------ listening */

/** A socket's file that a process has left behind which is no more. */
static bool
is_stale(const struct sockaddr_un *address)
{
	struct stat status;
	bool is_refused;
	int fd;

	if (lstat(address->sun_path, &status) != 0 || !S_ISSOCK(status.st_mode))
		return false;
	fd = make_socket();
	is_refused = fd >= 0 &&
		     connect(fd, (const struct sockaddr *)address,
			     sizeof(*address)) != 0 &&
		     errno == ECONNREFUSED;
	if (fd >= 0)
		close(fd);
	return is_refused;
}

/** Who comes first of two that find the same file left behind. -1, or without a lock:
 *  nobody can be kept out; it is found out by binding. */
static int
lock_folder(const struct sockaddr_un *address)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };
	char path[sizeof(address->sun_path)];
	int fd;

	memcpy(path, address->sun_path, sizeof(path));
	fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; fd >= 0 && i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
			break;
		nanosleep(&pause, NULL);
	}
	return fd;
}

static int
bind_to(int fd, const struct sockaddr_un *address)
{
	if (raft__system_bind_private(fd, address))
		return 0;
	if (errno != EADDRINUSE || !is_stale(address))
		return uv_translate_sys_error(errno);
	unlink(address->sun_path);
	return raft__system_bind_private(fd, address)
		   ? 0
		   : uv_translate_sys_error(errno);
}

/** Nobody may take it for stale, so it listens before the folder is free. */
static int
bind_and_listen(struct raft_tcp *transport, int fd,
		const struct sockaddr_un *address)
{
	uv_stream_t *listener = (uv_stream_t *)&transport->listener;
	int folder = lock_folder(address);
	int error = bind_to(fd, address);
	struct stat status;

	if (error == 0 && lstat(address->sun_path, &status) == 0) {
		transport->own_path = strdup(address->sun_path);
		transport->own_inode = status.st_ino;
	}
	error = give(&transport->listener, fd, error);
	if (error == 0)
		error =
		    uv_listen(listener, RAFT_TCP_BACKLOG, raft__arrivals_take);
	if (folder >= 0)
		close(folder);
	return error;
}

int
raft__unix_listen(struct raft_tcp *transport, const char *host)
{
	struct sockaddr_un address;
	int error = raft__unix_read(host, &address);
	int fd;

	if (error != 0)
		return error;
	fd = make_socket();
	if (fd < 0)
		return uv_translate_sys_error(errno);
	return bind_and_listen(transport, fd, &address);
}

/* Another one may have been put in its place. */
void
raft__unix_leave(struct raft_tcp *transport)
{
	struct stat status;

	if (transport->own_path != NULL &&
	    lstat(transport->own_path, &status) == 0 &&
	    status.st_ino == transport->own_inode)
		unlink(transport->own_path);
	free(transport->own_path);
	transport->own_path = NULL;
}
