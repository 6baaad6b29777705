/*
 * The server that the program has anyhow: it takes questions as lines of text
 * over TCP and gives one line for each, in order.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *   add N    ok VALUE, once a majority has it on disk; VALUE is the counter
 *            right after this addition.
 *   get      ok VALUE. The same as `add 0`: through the log, so that it sees
 *            every addition that was acknowledged before it was asked.
 *   status   what this server itself knows, which may be old.
 *
 * Only the leader adds. Other answers to add and get:
 *
 *   not leader; ...   not added: ask the leader, which is named if it is known.
 *   refused: ...      not added: ask again later.
 *   lost              not added, and never will be.
 *   unknown           it lost its lead meanwhile: added, or not.
 */
#ifndef OUTRIGGER_COUNTER_CONSOLE_H
#define OUTRIGGER_COUNTER_CONSOLE_H

#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "demos/counter/servers.h"
#include "raft/raft.h"

/** A connection of it. */
struct console_client;

struct console {
	/** Proposes an addition and names its entry. This and what follows, up
	 *  to `value`, is filled in by the program. */
	enum raft_result (*propose)(void *context, uint64_t amount,
				    struct raft_entry_id *entry);
	void *context;
	/** Asked for its status. */
	const struct raft *raft;
	const struct servers *servers;
	const uint64_t *value;
	uv_tcp_t listener;
	/** Those whose addition was proposed, oldest first. */
	TAILQ_HEAD(, console_client) waiting;
};

/** Listen. The process ends with a message if that fails. */
void console_listen(struct console *console, uv_loop_t *loop,
		    const struct server *self);

/** An addition was applied: answer whoever waits for it. */
void console_applied(struct console *console, const struct raft_entry *entry);

/** Proposals ended: answer whoever waits for them, unless they were committed;
 *  those are answered when they are applied. */
void console_ended(struct console *console, const struct raft_outcome *outcome);

#endif
