/*
 * The socket in a server's folder (admin.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/string.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assists/admin/inside.h"
#include "assists/admin/place.h"
#include "assists/system/system.h"

#define TICK_MS 200
/** Who is silent goes after so long, */
#define SILENCE_MS 60000
/** and after so long if another waits for the place. */
#define SILENCE_AWAITED_MS 1000
/** Who waits in line in the kernel. */
#define BACKLOG 64

void
raft__admin_let_go(struct admin *admin)
{
	if (--admin->held > 0)
		return;
	if (admin->is_part)
		raft_server_part_gone(&admin->part);
	free(admin);
}

/* ---------------------------------------------------------- who is let in */

/** Those who look on are never silent for long. Of those who were answered and have
 *  asked nothing since, whoever came first comes again. */
static void
make_room(struct admin *admin)
{
	struct admin_connection *connection;

	TAILQ_FOREACH(connection, &admin->connections, link) {
		if (!raft__admin_has_answer(connection))
			continue;
		raft__admin_close(connection);
		return;
	}
}

/** Until it is, libuv asks nobody else in. */
void
raft__admin_welcome(struct admin *admin)
{
	if (!admin->is_awaited || admin->is_closing)
		return;
	if (admin->connection_count == RAFT_ADMIN_CONNECTIONS_MAX) {
		make_room(admin);
		return;
	}
	admin->is_awaited = false;
	if (!raft__admin_accept(admin))
		admin->is_awaited = true;
}

static void
knock(uv_stream_t *listener, int status)
{
	struct admin *admin = listener->data;

	if (status != 0)
		return;
	admin->is_awaited = true;
	raft__admin_welcome(admin);
}

/** Since its last answer; one that waits for one is not silent. */
static bool
is_silent(const struct admin_connection *connection, uint64_t now_ms)
{
	const struct admin *admin = connection->admin;
	bool is_needed = admin->is_awaited && admin->connection_count ==
						  RAFT_ADMIN_CONNECTIONS_MAX;

	return !connection->is_asking && !connection->wants_snapshot &&
	       now_ms - connection->quiet_since_ms >=
		   (is_needed ? SILENCE_AWAITED_MS : SILENCE_MS);
}

static void
come_again(uv_timer_t *timer)
{
	struct admin *admin = timer->data;
	struct admin_connection *connection, *next;

	for (connection = TAILQ_FIRST(&admin->connections); connection != NULL;
	     connection = next) {
		next = TAILQ_NEXT(connection, link);
		if (is_silent(connection, uv_now(admin->loop)))
			raft__admin_close(connection);
		else
			raft__admin_look(connection);
	}
	raft__admin_welcome(admin);
}

/* ------------------------------------------------------------- the socket */

/** What is no socket is somebody's. */
static void
remove_stale(const char *path)
{
	struct stat stat;

	if (lstat(path, &stat) == 0 && S_ISSOCK(stat.st_mode))
		unlink(path);
}

static int
bind_at(const struct admin_place *place)
{
	int fd = raft__system_socket(AF_UNIX, SOCK_STREAM, false);
	int error;

	if (fd < 0)
		return -1;
	remove_stale(place->address.sun_path);
	if (raft__system_bind_private(fd, &place->address))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static int
open_socket(const struct admin *admin)
{
	struct admin_place place;
	int fd;

	if (raft__admin_place(raft_server_folder(admin->part.server), &place) !=
	    0)
		return -1;
	fd = bind_at(&place);
	raft__admin_leave(&place);
	return fd;
}

static void
remove_socket(const struct admin *admin)
{
	struct admin_place place;

	if (raft__admin_place(raft_server_folder(admin->part.server), &place) !=
	    0)
		return;
	remove_stale(place.address.sun_path);
	raft__admin_leave(&place);
}

/* --------------------------------------------------------------- the part */

static void
handle_gone(uv_handle_t *handle)
{
	raft__admin_let_go(handle->data);
}

static bool
start(struct admin *admin)
{
	int fd = open_socket(admin);

	if (fd < 0)
		return false;
	admin->is_open = true;
	errno = -uv_pipe_open(&admin->listener, fd);
	if (errno != 0) {
		close(fd);
		return false;
	}
	errno = -uv_listen((uv_stream_t *)&admin->listener, BACKLOG, knock);
	if (errno == 0)
		errno = -uv_timer_start(&admin->tick, come_again, TICK_MS,
					TICK_MS);
	return errno == 0;
}

static bool
attached(struct raft_server_part *part, uv_loop_t *loop, char *error,
	 size_t size)
{
	struct admin *admin = part->context;

	admin->listener.data = admin;
	admin->tick.data = admin;
	if (uv_pipe_init(loop, &admin->listener, 0) != 0 ||
	    uv_timer_init(loop, &admin->tick) != 0) {
		strlcpy(error, "the loop takes no handles", size);
		return false;
	}
	admin->loop = loop;
	admin->held += 2;
	if (start(admin))
		return true;
	snprintf(error, size, "%s/" ADMIN_SOCKET_NAME ": %s",
		 raft_server_folder(part->server), strerror(errno));
	return false;
}

static void
closing(struct raft_server_part *part)
{
	struct admin *admin = part->context;
	struct admin_connection *connection;

	admin->is_closing = true;
	while ((connection = TAILQ_FIRST(&admin->connections)) != NULL)
		raft__admin_close(connection);
	if (admin->is_open)
		remove_socket(admin);
	if (admin->loop != NULL) {
		uv_close((uv_handle_t *)&admin->listener, handle_gone);
		uv_close((uv_handle_t *)&admin->tick, handle_gone);
	}
	raft__admin_let_go(admin);
}

/** Who waits for a snapshot hears what happens to it, and when none comes of it, that
 *  it is tried again is another matter. */
static void
event(struct raft_server_part *part, const struct raft_server_event *event)
{
	struct admin *admin = part->context;
	struct admin_connection *connection, *next;

	if (event->kind != RAFT_SERVER_EVENT_SNAPSHOT)
		return;
	for (connection = TAILQ_FIRST(&admin->connections); connection != NULL;
	     connection = next) {
		next = TAILQ_NEXT(connection, link);
		if (connection->wants_snapshot)
			raft__admin_hear_of_snapshot(connection, event);
	}
}

bool
raft_admin_open(struct raft_server *server,
		const struct raft_admin_options *options, char *error,
		size_t size)
{
	struct admin *admin = calloc(1, sizeof(*admin));
	bool is_added;

	if (admin == NULL) {
		strlcpy(error, "out of memory", size);
		return false;
	}
	if (options != NULL)
		admin->options = *options;
	TAILQ_INIT(&admin->connections);
	admin->held = 1;
	admin->part = (struct raft_server_part){
		.attached = attached,
		.closing = closing,
		.event = event,
		.context = admin,
	};
	is_added = raft_server_part_add(server, &admin->part, error, size);
	admin->is_part = is_added;
	if (!is_added)
		closing(&admin->part);
	return is_added;
}
