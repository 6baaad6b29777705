/*
 * Servers that ask to be let in, and what they are told (peers.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "assists/server/inside.h"

/** See visit(). */
#define VISIT_US 5000000
#define VISIT_AGAIN_US 60000000
/** How long a server that wants in is helped by one question of its. */
#define ADMIT_US 5000000

static void
refuse(struct raft_server *server, struct peer *peer, const char *why)
{
	if (peer->refused != peer->incarnation)
		raft__server_say(server, NEWS_JOIN_REFUSED, peer->id, 0,
				 "server %" PRIu64 " is not let in: %s",
				 peer->id, why);
	peer->refused = peer->incarnation;
	if (peer->refusal == NULL)
		peer->refusal = strdup(why);
}

/** The program has nothing against it. */
static bool
is_admitted(struct raft_server *server, struct peer *peer,
	    const struct raft_server_change *wish)
{
	char why[RAFT_SERVER_ERROR_BYTES] = "the program does not want it";

	if (server->machine.admits == NULL ||
	    server->machine.admits(server->context, wish, why, sizeof(why)))
		return true;
	refuse(server, peer, why);
	return false;
}

void
raft__peers_admit(struct raft_server *server, struct peer *peer)
{
	static const enum raft_server_change_kind kinds[] = {
		[WISH_VOTE] = RAFT_SERVER_ADD,
		[WISH_LEARN] = RAFT_SERVER_LEARN,
		[WISH_STAND_IN] = RAFT_SERVER_STAND_IN,
	};
	struct raft_server_change change = {
		.kind = kinds[peer->wish],
		.identity = { peer->id, peer->incarnation },
		.stands_in_seconds = peer->stands_in_seconds,
		.address = peer->place,
		.timeout_us = ADMIT_US,
	};
	const struct ask *ask;

	if (raft__changes_has(raft_configuration(server->raft),
			      change.identity))
		return;
	TAILQ_FOREACH(ask, &server->asks.lists[ASK_WAITING], link)
	if (ask->is_admission && ask->change.identity.id == peer->id)
		return;
	/* One that is refused asks again every second. */
	if (peer->refused != peer->incarnation)
		raft__server_say(server, NEWS_JOIN_ASKED, peer->id, 0,
				 "server %" PRIu64 " at %s asks to be let in",
				 peer->id, peer->place);
	if (is_admitted(server, peer, &change))
		raft__asks_admit(server, &change);
}

/** Of a member, with another disk. */
static bool
is_another_life(const struct raft_configuration *configuration,
		struct raft_identity who)
{
	return raft__peers_is_named(configuration, who.id) &&
	       !raft__changes_has(configuration, who);
}

/**
 * A server that has lost its disk asks from another place to be let in, with the ID
 * that it had. It cannot be, and it is told so there, for which we connect to it
 * instead of the place where the member is to be, for a moment, and not often: that one
 * may come back yet. NULL: not now.
 */
static struct peer *
visit(struct raft_server *server, struct peer *peer, const char *place)
{
	uint64_t now = raft__server_now(), id = peer->id;
	char *home;

	if (peer->home != NULL || raft__peers_is_open(server, id) ||
	    (peer->visited_at != 0 && now - peer->visited_at < VISIT_AGAIN_US))
		return NULL;
	home = strdup(peer->place);
	peer = home != NULL ? raft__peers_learn(server, id, place, 0) : NULL;
	if (peer == NULL) {
		free(home);
		return NULL;
	}
	peer->home = home;
	peer->visited_at = now;
	return peer;
}

/* One at a time. */
void
raft__peers_return_home(struct raft_server *server, uint64_t now)
{
	struct peers *peers = &server->peers;

	for (size_t i = 0; i < peers->count; i++) {
		struct peer *peer = &peers->list[i];
		uint64_t visited_at = peer->visited_at;
		char *home = peer->home;

		if (home == NULL || now - visited_at < VISIT_US)
			continue;
		peer->home = NULL;
		peer = raft__peers_learn(server, peer->id, home, 0);
		if (peer != NULL)
			peer->visited_at = visited_at;
		free(home);
		return;
	}
}

void
raft__peers_asked(struct raft_server *server, struct raft_identity who,
		  enum peer_wish wish, uint64_t stands_in_seconds,
		  const char *place)
{
	const struct raft_configuration *configuration =
	    raft_configuration(server->raft);
	struct address address;
	struct peer *peer = raft__peers_find(&server->peers, who.id);

	if (configuration == NULL || !raft__address_parse(place, &address))
		return;
	/* Whom a configuration names keeps the place that it says. */
	if (peer == NULL || peer->unnamed_at != 0)
		peer = raft__peers_learn(server, who.id, place,
					 raft__server_now());
	else if (strcmp(peer->place, place) != 0 &&
		 is_another_life(configuration, who))
		peer = visit(server, peer, place);
	if (peer == NULL)
		return;
	peer->owes_roster = true;
	peer->wish = wish;
	peer->stands_in_seconds = stands_in_seconds;
	peer->incarnation = who.incarnation;
}

void
raft__peers_admitted(struct raft_server *server, uint64_t id,
		     const struct raft_server_answer *answer)
{
	struct peer *peer = raft__peers_find(&server->peers, id);

	if (peer == NULL)
		return;
	peer->owes_roster = answer->result == RAFT_SERVER_OK;
	if (answer->result == RAFT_SERVER_REFUSED)
		refuse(server, peer, answer->why);
}
