/*
 * The inside of raft_admin.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *	admin.c        the socket, who waits in line, who has been silent
 *	connection.c   lines in, lines out
 *	obey.c         what each verb does
 *	request.c      what a line asks for
 *	status.c       how it is, as JSON
 *	place.c        where the socket is
 */
#ifndef OUTRIGGER_ADMIN_INSIDE_H
#define OUTRIGGER_ADMIN_INSIDE_H


#include "assists/admin/admin.h"
#include "assists/admin/request.h"
#include "assists/system/system.h"

/** What was asked of the server and has not ended, by those who have gone, too. */
#define ADMIN_ASKS_MAX 64

struct admin_connection {
	TAILQ_ENTRY(admin_connection) link;
	struct admin *admin;
	uv_pipe_t pipe;
	struct admin_request request;
	/** The server was asked, and has not answered. */
	bool is_asking;
	/** It waits for a snapshot of so much, until then. */
	bool wants_snapshot;
	uint64_t snapshot_index;
	uint64_t snapshot_by_ms;
	/** It is being read from. */
	bool is_heard;
	/** Its answer is being written. */
	bool is_writing;
	/** Nothing more is taken, once that is done. */
	bool ends;
	bool is_closed;
	bool was_answered;
	/** When it had its last answer. */
	uint64_t quiet_since_ms;
	/** What it has said, and was not heard yet. */
	size_t length;
	char line[RAFT_ADMIN_LINE_BYTES];
};

struct admin {
	struct raft_server_part part;
	struct raft_admin_options options;
	uv_loop_t *loop;
	uv_pipe_t listener;
	uv_timer_t tick;
	TAILQ_HEAD(, admin_connection) connections;
	/** Those that are not closed. */
	size_t connection_count;
	size_t asks;
	/** Handles and asks that know of this. */
	size_t held;
	/** The server has it. */
	bool is_part;
	/** The socket is in the folder. */
	bool is_open;
	/** Somebody is in line. */
	bool is_awaited;
	bool is_closing;
};

/* ---------------------------------------------------------------- admin.c */

/** Something that knew of it is gone. */
void raft__admin_let_go(struct admin *admin);
/** There is a place again. */
void raft__admin_welcome(struct admin *admin);

/* ----------------------------------------------------------- connection.c */

/** Whoever is first in line. False: it could not be. */
bool raft__admin_accept(struct admin *admin);
void raft__admin_close(struct admin_connection *connection);
/** It was answered, and has asked nothing since. */
bool raft__admin_has_answer(const struct admin_connection *connection);
/** The answer to its request, which is released. NULL: out of memory. */
void raft__admin_answer(struct admin_connection *connection, json_t *answer);
/** An answer without anything but this; `why` may be NULL. */
void
raft__admin_conclude(struct admin_connection *connection,
		     enum raft_server_result result, const char *why);
/** How it goes; it is left out if what was said is not being read. */
void
raft__admin_progress(struct admin_connection *connection, const char *text);

/* ----------------------------------------------------------------- obey.c */

/** Do what a line says: an answer comes of it, now or later. */
void raft__admin_obey(struct admin_connection *connection, const char *line,
		      size_t length);
/** Look whether what it waits for is there. */
void raft__admin_look(struct admin_connection *connection);
/** It waits for a snapshot, and this happened to one. */
void raft__admin_hear_of_snapshot(struct admin_connection *connection,
				  const struct raft_server_event *event);

#endif
