/*
 * The servers that this one knows, and the connections that follow (peers.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "assists/server/inside.h"

/** In election timeouts. One that was removed is told so when it asks for votes,
 *  and for that we still have to know it. */
#define FORGET_AFTER 20
/** Without a configuration: as if an election took that long. */
#define TIMEOUT_US 1000000
/** A leader that removed itself has handed over by then. */
#define END_AFTER 4
/** So long is a leader silent that one without a vote asks who is in the cluster. */
#define SILENT_AFTER 4
/** Between questions, and before the first, but for one that wants to join. */
#define ENQUIRE_US 1000000
/** Between looks for those who do not know what we run. */
#define INTRODUCE_US 250000

/* -------------------------------------------------------------- who is known */

struct peer *
raft__peers_find(struct peers *peers, uint64_t id)
{
	for (size_t i = 0; i < peers->count; i++)
		if (peers->list[i].id == id)
			return &peers->list[i];
	return NULL;
}

static void
forget(struct raft_server *server, struct peer *peer)
{
	struct peers *peers = &server->peers;

	raft_tcp_peer_remove(server->transport, peer->id);
	free(peer->place);
	free(peer->home);
	free(peer->build);
	free(peer->refusal);
	*peer = peers->list[--peers->count];
}

/** Of those whom no configuration names, the one of the longest standing. */
static struct peer *
oldest_unnamed(struct peers *peers, size_t *count)
{
	struct peer *oldest = NULL;

	*count = 0;
	for (size_t i = 0; i < peers->count; i++) {
		struct peer *peer = &peers->list[i];

		if (peer->unnamed_at == 0)
			continue;
		++*count;
		if (peer->id != peers->sponsor &&
		    (oldest == NULL || peer->unnamed_at < oldest->unnamed_at))
			oldest = peer;
	}
	return oldest;
}

static struct peer *
add(struct raft_server *server, uint64_t id, const char *place)
{
	struct peers *peers = &server->peers;
	struct raft_tcp_peer where = { .id = id };
	struct address address;
	int result = UV_EINVAL;
	char *kept = strdup(place);

	if (kept != NULL && raft__address_parse(place, &address)) {
		where.host = address.host;
		where.port = address.port;
		result = raft_tcp_peer_add(server->transport, &where);
	}
	if (result != 0) {
		raft__server_say(server, NEWS_PLACE_UNUSABLE, id, 0,
				 "server %" PRIu64 " at %s: %s", id, place,
				 uv_strerror(result));
		free(kept);
		return NULL;
	}
	peers->list[peers->count] = (struct peer){ .id = id, .place = kept };
	return &peers->list[peers->count++];
}

struct peer *
raft__peers_learn(struct raft_server *server, uint64_t id, const char *place,
		  uint64_t unnamed_at)
{
	struct peers *peers = &server->peers;
	struct peer *peer = raft__peers_find(peers, id);
	struct peer *oldest;
	size_t unnamed;

	if (id == server->folder.owner.self.id)
		return NULL;
	if (peer != NULL && strcmp(peer->place, place) != 0) {
		forget(server, peer);
		peer = NULL;
	}
	oldest = oldest_unnamed(peers, &unnamed);
	if (peer == NULL && unnamed_at != 0 && unnamed >= ACQUAINTANCES_MAX &&
	    oldest != NULL)
		forget(server, oldest);
	if (peer == NULL && peers->count < PEERS_MAX)
		peer = add(server, id, place);
	if (peer != NULL)
		peer->unnamed_at = unnamed_at;
	return peer;
}

/** Everybody in it. Who was not known before is told who else there is: one that
 *  has joined hears that from its leader only when it takes its messages. */
static void
learn_all(struct raft_server *server,
	  const struct raft_configuration *configuration)
{
	char place[PLACE_BYTES];

	for (size_t i = 0; i < configuration->member_count; i++) {
		const struct raft_member *member = &configuration->members[i];
		bool is_new = raft__peers_find(&server->peers,
					       member->identity.id) == NULL;
		struct peer *peer;

		if (!raft__address_of_member(member, place)) {
			raft__server_say(server, NEWS_PLACE_UNUSABLE,
					 member->identity.id, 0,
					 "the configuration does not say where "
					 "server %" PRIu64 " is",
					 member->identity.id);
			continue;
		}
		peer = raft__peers_learn(server, member->identity.id, place, 0);
		if (peer != NULL && is_new)
			peer->owes_roster = true;
	}
}

/* --------------------------------------------------- after the configuration */

/** Each configuration once: what was learned since may be newer. */
static void
take_configuration(struct raft_server *server, const struct raft_status *status)
{
	const struct raft_configuration *configuration =
	    raft_configuration(server->raft);

	if (configuration == NULL ||
	    status->configuration_index == server->peers.configuration_index)
		return;
	server->peers.configuration_index = status->configuration_index;
	learn_all(server, configuration);
}

bool
raft__peers_is_named(const struct raft_configuration *configuration,
		     uint64_t id)
{
	for (size_t i = 0; i < configuration->member_count; i++)
		if (configuration->members[i].identity.id == id)
			return true;
	return false;
}

/** Those whom a committed configuration leaves out, after a while. While our own
 *  log is growing through the past, whoever leads is not in it yet. */
static void
forget_unnamed(struct raft_server *server, const struct raft_status *status,
	       uint64_t now)
{
	const struct raft_configuration *configuration =
	    raft_configuration(server->raft);
	bool settled = configuration != NULL && !status->changing &&
		       status->member_role != RAFT_MEMBER_NONE &&
		       status->leader != 0;
	struct peer *peer;

	for (size_t i = server->peers.count; settled && i-- > 0;) {
		peer = &server->peers.list[i];
		if (status->leader == peer->id ||
		    raft__peers_is_named(configuration, peer->id))
			peer->unnamed_at = 0;
		else if (peer->unnamed_at == 0)
			peer->unnamed_at = now;
		else if (now - peer->unnamed_at >
			 FORGET_AFTER * status->election_timeout_us)
			forget(server, peer);
	}
}

/* ----------------------------------------------------------------- questions */

bool
raft__peers_is_open(const struct raft_server *server, uint64_t id)
{
	struct raft_tcp_peer_status status;

	return raft_tcp_peer_status(server->transport, id, &status) &&
	       status.open_out;
}

/** What is owed to those with whom there is a connection by now. */
static void
pay(struct raft_server *server)
{
	for (size_t i = 0; i < server->peers.count; i++) {
		struct peer *peer = &server->peers.list[i];

		if (!(peer->owes_roster || peer->refusal != NULL ||
		      peer->wish != WISH_NONE) ||
		    !raft__peers_is_open(server, peer->id))
			continue;
		if (peer->wish != WISH_NONE)
			raft__peers_admit(server, peer);
		peer->wish = WISH_NONE;
		if (peer->owes_roster)
			peer->owes_roster =
			    !raft__notes_roster(server, peer->id);
		if (peer->refusal != NULL &&
		    raft__notes_refusal(server, peer->id, peer->refusal)) {
			free(peer->refusal);
			peer->refusal = NULL;
		}
	}
}

/** One without a vote waits for no leader: it goes on believing in one that has let
 *  it go, and says nothing to it any more. */
static bool
hears_leader(const struct raft_server *server, const struct raft_status *status)
{
	if (status->leader == 0 ||
	    status->member_role != RAFT_MEMBER_NON_VOTING)
		return status->leader != 0;
	return raft__server_now() - server->peers.heard_at <=
	       SILENT_AFTER * status->election_timeout_us;
}

/** A member that we reach, and do not hear, may not know us: it takes messages from
 *  those alone whom it knows. */
static void
remind(struct raft_server *server, const struct raft_status *status,
       uint64_t now)
{
	uint64_t recently = now - 2 * status->election_timeout_us;
	struct raft_member_status member;
	struct peer *peer;

	if (now - server->peers.alone_at < ENQUIRE_US)
		return;
	server->peers.alone_at = now;
	for (size_t i = 0; raft_member_status(server->raft, i, &member); i++) {
		peer = raft__peers_find(&server->peers, member.identity.id);
		if (peer != NULL && member.heard_at < recently)
			peer->owes_roster = true;
	}
}

/** We hear no leader: everybody whom we know is asked. */
static void
enquire(struct raft_server *server, const struct raft_status *status,
	uint64_t now)
{
	struct peers *peers = &server->peers;
	bool is_joining = status->configuration_index == 0;

	if (status->role == RAFT_LEADER) {
		remind(server, status, now);
		return;
	}
	if (hears_leader(server, status)) {
		for (size_t i = 0; i < peers->count; i++)
			peers->list[i].disowns = false;
		peers->alone_at = 0;
		peers->has_complained = false;
		return;
	}
	if (peers->alone_at == 0)
		peers->alone_at = is_joining ? now - ENQUIRE_US : now;
	if (now - peers->alone_at < ENQUIRE_US)
		return;
	for (size_t i = 0; i < peers->count; i++)
		if (raft__notes_who(server, peers->list[i].id))
			peers->alone_at = now;
}

/* ----------------------------------------------------------------- answers */

/** What one server says is not enough to end for. */
static void
complain(struct raft_server *server, enum news what, uint64_t by,
	 const char *says)
{
	if (server->peers.has_complained || server->peers.removed_at != 0)
		return;
	server->peers.has_complained = true;
	raft__server_say(server, what, by, 0, "server %" PRIu64 " says %s", by,
			 says);
}

static void
tell_removed(struct raft_server *server, uint64_t index)
{
	server->peers.removed_at = raft__server_now();
	raft__server_say(server, NEWS_REMOVED, 0, index,
			 "this server has left the cluster: its folder is of no "
			 "use any more");
}

/** So say a majority of the voters that it knew: of one with a vote, the core hears
 *  them say so. */
static bool
is_disowned(struct raft_server *server)
{
	const struct raft_configuration *configuration =
	    raft_configuration(server->raft);
	size_t voters = 0, disown = 0;

	for (size_t i = 0; i < configuration->member_count; i++) {
		const struct raft_member *member = &configuration->members[i];
		const struct peer *peer =
		    raft__peers_find(&server->peers, member->identity.id);

		if (member->role != RAFT_MEMBER_VOTER)
			continue;
		voters++;
		disown += peer != NULL && peer->disowns;
	}
	return disown > voters / 2;
}

/** One says that we are no member, by the configuration of this index. */
static void
take_disowning(struct raft_server *server, uint64_t by, uint64_t index)
{
	struct peer *peer = raft__peers_find(&server->peers, by);
	struct raft_status status;

	raft_status(server->raft, &status);
	if (peer == NULL || status.member_role != RAFT_MEMBER_NON_VOTING)
		return;
	peer->disowns = true;
	if (server->peers.removed_at == 0 && is_disowned(server))
		tell_removed(server, index);
}

void
raft__peers_told(struct raft_server *server, uint64_t by, uint64_t index,
		 const struct raft_configuration *configuration)
{
	struct raft_identity us = server->folder.owner.self;
	struct raft_status status;

	raft_status(server->raft, &status);
	if (hears_leader(server, &status) ||
	    index <= status.configuration_index)
		return;
	learn_all(server, configuration);
	if (raft__changes_has(configuration, us) ||
	    status.configuration_index == 0)
		return;
	complain(server, NEWS_DISOWNED, by,
		 raft__peers_is_named(configuration, us.id)
		     ? "that this server has another disk by now: this folder "
		       "is of no use any more"
		     : "that this server has left the cluster: this folder is "
		       "of no use any more");
	take_disowning(server, by, index);
}

void
raft__peers_refused(struct raft_server *server, uint64_t by, const char *why)
{
	struct raft_status status;

	raft_status(server->raft, &status);
	if (status.configuration_index == 0 && status.leader == 0)
		complain(server, NEWS_JOIN_REFUSED, by, why);
}

/* -------------------------------------------------------------- what they run */

/** Whoever is connected with anew may have been started anew, as another build. */
static void
introduce(struct raft_server *server, uint64_t now)
{
	struct peers *peers = &server->peers;
	struct raft_tcp_peer_status status;

	if (now - peers->told_at < INTRODUCE_US)
		return;
	peers->told_at = now;
	for (size_t i = 0; i < peers->count; i++) {
		struct peer *peer = &peers->list[i];

		if (raft_tcp_peer_status(server->transport, peer->id,
					 &status) &&
		    status.opened != peer->told &&
		    raft__notes_about(server, peer->id))
			peer->told = status.opened;
	}
}

bool
raft__peers_is_told(struct peers *peers, uint64_t id,
		    enum raft_link_counter what)
{
	struct peer *peer = raft__peers_find(peers, id);
	bool is_told = peer != NULL && peer->told_of == what;

	if (peer != NULL)
		peer->told_of = what;
	return is_told;
}

/* It is printed for people, whose terminals might obey it. */
static bool
is_plain(const char *text)
{
	while (*text >= ' ' && *text <= '~')
		text++;
	return *text == '\0';
}

void
raft__peers_about(struct raft_server *server, uint64_t by, const char *build)
{
	struct peer *peer = raft__peers_find(&server->peers, by);

	if (peer == NULL || !is_plain(build))
		return;
	free(peer->build);
	peer->build = strdup(build);
}

const char *
raft__peers_build(const struct peers *peers, uint64_t id)
{
	for (size_t i = 0; i < peers->count; i++)
		if (peers->list[i].id == id && peers->list[i].build != NULL)
			return peers->list[i].build;
	return "";
}

/* ------------------------------------------------------------------ as it goes */

void
raft__peers_tick(struct raft_server *server, uint64_t now)
{
	struct peers *peers = &server->peers;
	struct raft_status status;

	raft_status(server->raft, &status);
	take_configuration(server, &status);
	forget_unnamed(server, &status, now);
	pay(server);
	raft__peers_return_home(server, now);
	introduce(server, now);
	enquire(server, &status, now);
	if (peers->removed_at != 0 && status.role != RAFT_LEADER &&
	    server->ends_by_itself && server->closes == 0 &&
	    now - peers->removed_at >=
		END_AFTER * (status.election_timeout_us != 0
				 ? status.election_timeout_us
				 : TIMEOUT_US))
		raft_server_close(server, NULL, NULL);
}

void
raft__peers_heard(struct raft_server *server, const struct raft_message *message)
{
	if (message->kind == RAFT_MESSAGE_APPEND ||
	    message->kind == RAFT_MESSAGE_SNAPSHOT)
		server->peers.heard_at = raft__server_now();
}

void
raft__peers_event(struct raft_server *server, const struct raft_event *event)
{
	struct peers *peers = &server->peers;

	if (event->kind == RAFT_EVENT_REMOVED)
		tell_removed(server, event->index);
	else if (event->kind == RAFT_EVENT_LEADER && event->peer != 0)
		peers->removed_at = 0;
}

/** Of the last two configurations, since the newest may yet be taken back. */
static void
learn_stored(struct raft_server *server)
{
	const struct raft_stored *stored = &server->folder.stored;
	size_t count = stored->configuration_count;
	struct raft_configuration configuration;
	struct raft_member *members =
	    calloc(RAFT_MEMBERS_MAX, sizeof(*members));

	for (size_t i = count < 2 ? 0 : count - 2; members != NULL && i < count;
	     i++)
		if (raft_configuration_decode(stored->configurations[i].bytes,
					      stored->configurations[i].length,
					      &configuration, members,
					      RAFT_MEMBERS_MAX) == RAFT_OK)
			learn_all(server, &configuration);
	free(members);
}

void
raft__peers_attach(struct raft_server *server)
{
	const struct conf *conf = &server->folder.conf;
	char place[PLACE_BYTES];
	const char *at = conf->join;
	uint64_t id;

	learn_stored(server);
	if (server->peers.count > 0 || *at == '\0' ||
	    raft__address_listed(&at, &id, place) != NULL)
		return;
	server->peers.sponsor = id;
	raft__peers_learn(server, id, place, raft__server_now());
}

void
raft__peers_close(struct raft_server *server)
{
	struct peers *peers = &server->peers;

	for (size_t i = 0; i < peers->count; i++) {
		free(peers->list[i].place);
		free(peers->list[i].home);
		free(peers->list[i].build);
		free(peers->list[i].refusal);
	}
	peers->count = 0;
}
