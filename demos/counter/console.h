/*
 * The server that the program has anyhow: it takes questions as lines of text
 * over TCP and gives one line for each, in order.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *   session          ok SESSION: a new session (assists/sessions).
 *   add N SESSION K  ok VALUE, once a majority has it on disk; VALUE is the
 *                    counter right after this addition. It is the K-th of the
 *                    session, from 1 on, and counts once however often it is
 *                    sent.
 *   add N            the same without a session: counts whenever it is sent.
 *   get              ok VALUE, with every addition that was acknowledged before
 *                    it was asked. Any server answers it.
 *   status           what this server itself knows, which may be old; snapshot is
 *                    the last entry that its log has dropped, sending whom it is
 *                    sending a snapshot.
 *
 *   members          ok and who is in the cluster (roster.h), as this server knows
 *                    it, which may be old.
 *   members SERVER   the same, asked by a server that says where it is.
 *   join SERVER INCARNATION
 *                    ok, once a majority knows that it gets the log (members.h).
 *   leave ID         ok, once a majority knows that it is no member any more.
 *
 * Only the leader adds, and lets join and leave. Other answers:
 *
 *   not leader; ...   not added: ask the leader, which is named if it is known.
 *   refused: ...      not done, and why.
 *   lost              not done, and never will be.
 *   unknown           it lost its lead meanwhile: added, or not. With a session,
 *                     send it again; all of these speak of this one sending.
 *   expired: ...      not added now; before, perhaps. Open another session.
 *
 * Nobody proves here who he is. So clients get a quarter of the descriptors of the
 * process, and 256 at most; when there are more, who has said nothing for a second
 * gives way. Whoever says nothing for long is let go.
 */
#ifndef OUTRIGGER_COUNTER_CONSOLE_H
#define OUTRIGGER_COUNTER_CONSOLE_H

#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "demos/counter/members.h"
#include "raft/raft.h"

/** A connection of it. */
struct console_client;

/** What is proposed. */
struct console_command {
	enum {
		CONSOLE_REGISTER,
		CONSOLE_ADD,
		CONSOLE_ADD_ONCE,
	} kind;
	uint64_t amount;
	/** Of CONSOLE_ADD_ONCE. */
	uint64_t session;
	uint64_t sequence;
};

TAILQ_HEAD(console_clients, console_client);

struct console {
	/** Proposes a command and names its entry. This and what follows, up
	 *  to `idle_ms`, is filled in by the program. */
	enum raft_result (*propose)(void *context,
				    const struct console_command *command,
				    struct raft_entry_id *entry);
	/** Begins a linearizable read and names it. */
	enum raft_result (*read)(void *context, uint64_t *read);
	void *context;
	/** Asked for its status. */
	const struct raft *raft;
	struct members *members;
	const uint64_t *value;
	/** So long a client may say nothing. */
	uint64_t idle_ms;
	uv_tcp_t listener;
	uv_timer_t watch;
	/** All that there can be. */
	struct console_client *places;
	/** A client waits for a place. */
	bool owed;
	/** Those whose command was proposed, oldest first. */
	struct console_clients waiting;
	/** Those who get the value when their read has ended. */
	struct console_clients reading;
	/** Those from whom the next line may come, quiet ones first. */
	struct console_clients quiet;
	/** Places that nobody has. */
	struct console_clients free;
};

/** Listen. The process ends with a message if that fails. */
void console_listen(struct console *console, uv_loop_t *loop,
		    const struct server *self);

/** A command or a change of the members was applied: answer whoever waits for it,
 *  with the value, or why it was not executed. */
void console_applied(struct console *console, const struct raft_entry *entry,
		     const char *refusal, uint64_t value);

/** A read has ended: answer whoever waits for it. */
void console_read_ended(struct console *console, const struct raft_read *read);

/** Proposals ended: answer whoever waits for them, unless they were committed;
 *  those are answered when they are applied. */
void console_ended(struct console *console, const struct raft_outcome *outcome);

#endif
