/*
 * Peers: the servers that this one knows, and the connections that follow the
 * configuration.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A configuration tells its members' addresses. One that slept while servers came
 * and went may know none of those that are left to lead, and it takes messages only
 * from whom it knows. So a server that hears no leader asks those that it knows who
 * is in the cluster, and says where it is itself; a leader does so to those that it
 * has no connection with. Who is asked by a stranger makes its acquaintance, for a
 * while, so that it can answer.
 *
 * A server that is to join asks the member that it was told of in the same way, and
 * says what it wishes, until a configuration names it.
 */
#ifndef OUTRIGGER_SERVER_PEERS_H
#define OUTRIGGER_SERVER_PEERS_H

#include "assists/server/address.h"

/** Servers that are known and that no configuration names, at most. */
#define ACQUAINTANCES_MAX 16
#define PEERS_MAX (RAFT_MEMBERS_MAX + ACQUAINTANCES_MAX)

/** What a server that asks who is in the cluster wants beside. */
enum peer_wish {
	WISH_NONE = 0,
	WISH_VOTE = 1,
	WISH_LEARN = 2,
	WISH_STAND_IN = 3,
};

struct peer {
	uint64_t id;
	/** HOST:PORT, perhaps a blank and a note. */
	char *place;
	/** Where it is to be found again, and when it was looked for elsewhere last;
	 *  NULL, 0: see visit() in joining.c. */
	char *home;
	uint64_t visited_at;
	/** Since when no configuration names it; 0: one does. */
	uint64_t unnamed_at;
	/** What it runs; NULL: it has not said. */
	char *build;
	/** The connection, by number, over which it was told what we run. */
	uint64_t told;
	/** What became of a connection with it last. */
	enum raft_link_counter told_of;
	/** It is to be told who is in the cluster. */
	bool owes_roster;
	/** It has said, since we hear no leader, that we are no member. */
	bool disowns;
	/** It wants to be let in, in this life, which is seen to once there is a
	 *  connection with it: so there is a server where it says. */
	enum peer_wish wish;
	uint64_t stands_in_seconds;
	uint64_t incarnation;
	/** The life of it of which it was said that it is not let in; 0: none. */
	uint64_t refused;
	/** It is to be told that it will not be let in, and why; else NULL. */
	char *refusal;
};

struct peers {
	struct peer list[PEERS_MAX];
	size_t count;
	/** The newest configuration whose addresses were taken. */
	uint64_t configuration_index;
	/** Since when somebody is missing, or they were asked last; 0: nobody
	 *  is. */
	uint64_t alone_at;
	/** When a leader's word came last, whoever it was. */
	uint64_t heard_at;
	/** Since when we know that we were removed; 0: we were not. */
	uint64_t removed_at;
	/** When it was last seen to it that all know what we run. */
	uint64_t told_at;
	/** It was said that we are no member. */
	bool has_complained;
	/** The number of the member that we ask to let us in; 0: none. */
	uint64_t sponsor;
};

struct raft_server;
struct raft_server_answer;

/** The one with this number; NULL: it is not known. */
struct peer *raft__peers_find(struct peers *peers, uint64_t id);
/** Know this one, at this place. `unnamed_at` is 0 if a configuration says so. NULL:
 *  it cannot be. */
struct peer *raft__peers_learn(struct raft_server *server, uint64_t id,
			       const char *place, uint64_t unnamed_at);
/** There is a connection to it. */
bool raft__peers_is_open(const struct raft_server *server, uint64_t id);
bool raft__peers_is_named(const struct raft_configuration *configuration,
			  uint64_t id);
/** One has asked for it: to be let in by whoever leads, as if a person had. */
void raft__peers_admit(struct raft_server *server, struct peer *peer);
/** Those that were visited elsewhere are where they were again: see visit() in
 *  joining.c. */
void raft__peers_return_home(struct raft_server *server, uint64_t now);

/** Connect with those that the log names, or with the member to join by. */
void raft__peers_attach(struct raft_server *server);
void raft__peers_close(struct raft_server *server);
void raft__peers_tick(struct raft_server *server, uint64_t now);
void
raft__peers_event(struct raft_server *server, const struct raft_event *event);

/** A message came. */
void
raft__peers_heard(struct raft_server *server, const struct raft_message *message);

/** Somebody asks who is in the cluster, and perhaps to be let in. */
void raft__peers_asked(struct raft_server *server, struct raft_identity who,
		       enum peer_wish wish, uint64_t stands_in_seconds,
		       const char *place);
/** One says who is in the cluster: a configuration, and its index. */
void raft__peers_told(struct raft_server *server, uint64_t by, uint64_t index,
		      const struct raft_configuration *configuration);
/** Somebody who asked to be let in was, or was not. */
void raft__peers_admitted(struct raft_server *server, uint64_t id,
			  const struct raft_server_answer *answer);
/** The same became of a connection with it the last time; from now on it is this. */
bool raft__peers_is_told(struct peers *peers, uint64_t id,
			 enum raft_link_counter what);
/** One says what it runs. */
void
raft__peers_about(struct raft_server *server, uint64_t by, const char *build);
/** What one runs; "": it has not said. */
const char *raft__peers_build(const struct peers *peers, uint64_t id);
/** Somebody will not let us in. */
void
raft__peers_refused(struct raft_server *server, uint64_t by, const char *why);

#endif
