/*
 * Who is in the cluster, while it runs: servers join and leave, and each server
 * keeps up connections with those that its configuration names.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A server joins as non-voting. Its entry in the configuration says what it wishes:
 * to vote once it has caught up (thesis 4.2.1), or to stand in for a voter that is
 * silent. The library's module learners carries that out at whoever leads.
 *
 * A configuration tells its members' addresses. One that slept while servers came
 * and went may know none of those that are left to lead, and it takes connections
 * only from whom it knows. So a server that hears no leader asks those that it
 * knows, as a client would, where the others are, and says where it is itself. A
 * leader does so to those that it has no connection with.
 */
#ifndef OUTRIGGER_COUNTER_MEMBERS_H
#define OUTRIGGER_COUNTER_MEMBERS_H

#include <uv.h>

#include "assists/transport_tcp/transport_tcp.h"
#include "demos/counter/enquiry.h"
#include "demos/counter/folder.h"
#include "demos/counter/roster.h"
#include "raft/raft.h"

/** Some may be on their way out while others come in. */
#define MEMBERS_KNOWN_MAX ENQUIRY_MAX

/** A peer of the transport. */
struct member {
	struct server server;
	/** Since when no configuration names it; 0: one does. */
	uint64_t unnamed_at;
};

struct members {
	struct raft *raft;
	struct raft_tcp *transport;
	const struct folder *folder;
	uv_timer_t watch;
	struct member known[MEMBERS_KNOWN_MAX];
	size_t count;
	/** The newest configuration whose addresses were taken. */
	uint64_t configuration_index;
	/** Since when we know that we were removed; 0: we were not. */
	uint64_t removed_at;
	/** Since when somebody is missing, or the last enquiry; 0: nobody is. */
	uint64_t alone_at;
	/** It was said that we are no member. */
	bool complained;
	struct enquiry enquiry;
};

/** Connect with the servers that the folder knows, and watch from now on. The
 *  process ends with a message and status 1 if that fails. */
void members_start(struct members *members, const struct folder *folder,
		   struct raft *raft, struct raft_tcp *transport,
		   uv_loop_t *loop);

/** Something happened. The process ends with status 0 some time after this server
 *  was removed. */
void members_event(struct members *members, const struct raft_event *event);

/** NULL: we do not know this one. */
const struct server *members_find(const struct members *members, uint64_t id);

/** A server says where it is. */
void members_meet(struct members *members, const struct server *server);

/** The configuration in force. False: there is none yet. */
bool members_roster(const struct members *members, struct roster *roster);

/** Begin to let a server join, or leave. RAFT_OK: *entry is the change. Otherwise
 *  *why is a sentence for whoever asked; NULL: the result says enough. */
enum raft_result members_join(struct members *members,
			      const struct server *server,
			      struct raft_entry_id *entry, const char **why);
enum raft_result members_leave(struct members *members, uint64_t id,
			       struct raft_entry_id *entry, const char **why);

#endif
