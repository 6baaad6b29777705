/*
 * Changes of who is in the cluster, and the connections that follow them
 * (members.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <inttypes.h>
#include <string.h>

#include "assists/node/node_loop.h"
#include "demos/counter/members.h"

#define WATCH_MS 50
/** In election timeouts. One that was removed is told so when it asks for votes,
 *  and for that we still have to know it. */
#define FORGET_AFTER 20
/** A leader that removed itself has handed over by then. */
#define END_AFTER 4
/** Between enquiries, and before the first. */
#define ENQUIRE_US 1000000

static struct raft_status
status_of(const struct members *members)
{
	struct raft_status status;

	raft_status(members->raft, &status);
	return status;
}

/* ------------------------------------------------------------ connections */

static struct member *
find(struct members *members, uint64_t id)
{
	for (size_t i = 0; i < members->count; i++)
		if (members->known[i].server.identity.id == id)
			return &members->known[i];
	return NULL;
}

const struct server *
members_find(const struct members *members, uint64_t id)
{
	for (size_t i = 0; i < members->count; i++)
		if (members->known[i].server.identity.id == id)
			return &members->known[i].server;
	return NULL;
}

static void
forget(struct members *members, struct member *member)
{
	raft_tcp_peer_remove(members->transport, member->server.identity.id);
	*member = members->known[--members->count];
}

static bool
is_same_place(const struct server *a, const struct server *b)
{
	return strcmp(a->host, b->host) == 0 && a->port == b->port &&
	       a->client_port == b->client_port;
}

static void
learn(struct members *members, const struct server *server)
{
	struct member *member = find(members, server->identity.id);
	int result;

	if (server->identity.id == members->folder->owner.self.id)
		return;
	if (member != NULL && !is_same_place(&member->server, server)) {
		forget(members, member);
		member = NULL;
	}
	if (member != NULL) {
		*member = (struct member){ .server = *server };
		return;
	}
	if (members->count == MEMBERS_KNOWN_MAX)
		forget(members, &members->known[0]);
	result = raft_tcp_peer_add(members->transport,
				   &(struct raft_tcp_peer){ server->identity.id,
							    server->host,
							    server->port });
	if (result != 0)
		errx(1, "server %" PRIu64 ": %s", server->identity.id,
		     uv_strerror(result));
	members->known[members->count++] = (struct member){ .server = *server };
}

static void
learn_all(struct members *members, const struct servers *servers)
{
	for (size_t i = 0; i < servers->count; i++)
		learn(members, &servers->list[i]);
}

/** Each configuration once: what was learned since may be newer. */
static void
take_configuration(struct members *members, const struct raft_status *status)
{
	const struct raft_configuration *configuration =
	    raft_configuration(members->raft);
	struct servers servers;

	if (configuration == NULL ||
	    status->configuration_index == members->configuration_index)
		return;
	if (!servers_from_configuration(configuration, &servers))
		errx(1, "entry %" PRIu64 " is no configuration of counters",
		     status->configuration_index);
	members->configuration_index = status->configuration_index;
	learn_all(members, &servers);
}

static bool
is_named(const struct raft_configuration *configuration, uint64_t id)
{
	for (size_t i = 0; i < configuration->member_count; i++)
		if (configuration->members[i].identity.id == id)
			return true;
	return false;
}

/** Those whom a committed configuration leaves out, after a while. While our own
 *  log is growing through the past, whoever leads is not in it yet. */
static void
forget_unnamed(struct members *members, const struct raft_status *status,
	       uint64_t now)
{
	const struct raft_configuration *configuration =
	    raft_configuration(members->raft);
	bool settled = configuration != NULL && !status->changing &&
		       status->member_role != RAFT_MEMBER_NONE;
	struct member *member;

	for (size_t i = members->count; i-- > 0;) {
		member = &members->known[i];
		if (!settled || status->leader == 0 ||
		    status->leader == member->server.identity.id ||
		    is_named(configuration, member->server.identity.id))
			member->unnamed_at = 0;
		else if (member->unnamed_at == 0)
			member->unnamed_at = now;
		else if (now - member->unnamed_at >
			 FORGET_AFTER * status->election_timeout_us)
			forget(members, member);
	}
}

/* ------------------------------------------------------------- the changes */

/** The configuration in force, to be changed: room for one more. */
struct change {
	struct raft_configuration target;
	struct raft_member list[SERVERS_MAX + 1];
	char place[PLACE_BYTES];
};

static void
begin_change(const struct members *members, struct change *change)
{
	change->target = *raft_configuration(members->raft);
	memcpy(change->list, change->target.members,
	       change->target.member_count * sizeof(change->list[0]));
	change->target.members = change->list;
}

static enum raft_result
make_change(struct members *members, const struct change *change,
	    struct raft_entry_id *entry)
{
	return raft_reconfigure(members->raft, &change->target,
				raft_node_loop_now(), entry);
}

static void
add(struct change *change, const struct server *server)
{
	size_t at = change->target.member_count++;

	while (at > 0 &&
	       change->list[at - 1].identity.id > server->identity.id) {
		change->list[at] = change->list[at - 1];
		at--;
	}
	server_to_member(server, &change->list[at], change->place);
}

static const char *
why_not_join(const struct servers *servers, const struct server *server)
{
	const struct server *same = servers_find(servers, server->identity.id);

	if (same != NULL &&
	    same->identity.incarnation == server->identity.incarnation)
		return "it is in the cluster: see members";
	if (same != NULL)
		return "a server with this ID and another disk is in the "
		       "cluster: if that disk is lost, say first: leave ID";
	for (size_t i = 0; i < servers->count; i++)
		if (is_same_place(&servers->list[i], server))
			return "another server of the cluster is at this place";
	return servers->count == SERVERS_MAX
		   ? "there are as many servers as a cluster of this program "
		     "can have"
		   : NULL;
}

enum raft_result
members_join(struct members *members, const struct server *server,
	     struct raft_entry_id *entry, const char **why)
{
	struct roster roster;
	struct server joining = *server;
	struct change change;

	*why = NULL;
	if (status_of(members).role != RAFT_LEADER ||
	    !members_roster(members, &roster))
		return RAFT_NOT_LEADER;
	*why = why_not_join(&roster.servers, server);
	if (*why != NULL)
		return RAFT_INVALID;
	joining.role = RAFT_MEMBER_NON_VOTING;
	begin_change(members, &change);
	add(&change, &joining);
	return make_change(members, &change, entry);
}

/** Whether those who would be left can decide anything: a majority of them has
 *  been heard lately. */
static bool
can_do_without(const struct members *members, uint64_t id)
{
	struct raft_status status = status_of(members);
	uint64_t recently =
	    raft_node_loop_now() - 2 * status.election_timeout_us;
	struct raft_member_status member;
	size_t voters = 0, heard = 0;

	for (size_t i = 0; raft_member_status(members->raft, i, &member); i++) {
		if (member.role != RAFT_MEMBER_VOTER ||
		    member.identity.id == id)
			continue;
		voters++;
		heard += member.identity.id == status.self.id ||
			 member.heard_at > recently;
	}
	return heard > voters / 2;
}

enum raft_result
members_leave(struct members *members, uint64_t id, struct raft_entry_id *entry,
	      const char **why)
{
	struct change change;
	size_t left = 0;

	*why = NULL;
	if (status_of(members).role != RAFT_LEADER)
		return RAFT_NOT_LEADER;
	begin_change(members, &change);
	for (size_t i = 0; i < change.target.member_count; i++)
		if (change.list[i].identity.id != id)
			change.list[left++] = change.list[i];
	if (left == change.target.member_count)
		*why = "no server has this ID: see members";
	else if (!can_do_without(members, id))
		*why = "without it the others are no majority that answers: "
		       "start those that are down, or let others join, first";
	if (*why != NULL)
		return RAFT_INVALID;
	change.target.member_count = left;
	return make_change(members, &change, entry);
}

bool
members_roster(const struct members *members, struct roster *roster)
{
	const struct raft_configuration *configuration =
	    raft_configuration(members->raft);

	memcpy(roster->cluster, members->folder->owner.cluster,
	       sizeof(roster->cluster));
	roster->index = status_of(members).configuration_index;
	return configuration != NULL &&
	       servers_from_configuration(configuration, &roster->servers);
}

/* --------------------------------------------------------------- enquiries */

/** What one server says is not enough to end for. */
static void
complain(struct members *members, const struct server *self, uint64_t by)
{
	uint64_t id = members->folder->owner.self.id;

	if (members->complained || members->removed_at != 0)
		return;
	members->complained = true;
	if (raft_configuration(members->raft) == NULL)
		warnx("server %" PRIu64 " does not know this one: has its "
		      "leader been told what counter new --join printed?",
		      by);
	else if (self != NULL)
		warnx("server %" PRIu64 " says that server %" PRIu64
		      " has another disk by now: this folder is of no use any "
		      "more",
		      by, id);
	else
		warnx("server %" PRIu64 " says that this one has left the "
		      "cluster: this folder is of no use any more",
		      by);
}

static void
told(void *context, const struct roster *roster, uint64_t by)
{
	struct members *members = context;
	struct raft_identity us = members->folder->owner.self;
	const struct server *self = servers_find(&roster->servers, us.id);

	struct raft_status status = status_of(members);

	if (status.leader != 0)
		return;
	learn_all(members, &roster->servers);
	if (roster->index > status.configuration_index &&
	    (self == NULL || self->identity.incarnation != us.incarnation))
		complain(members, self, by);
}

/** We lead: those whom we cannot reach. We hear no leader: everybody. */
static size_t
list_missing(const struct members *members, const struct raft_status *status,
	     struct server *list)
{
	struct raft_tcp_peer_status peer;
	const struct server *server;
	size_t count = 0;

	if (status->leader != 0 && status->role != RAFT_LEADER)
		return 0;
	for (size_t i = 0; i < members->count; i++) {
		server = &members->known[i].server;
		if (status->role == RAFT_LEADER &&
		    raft_tcp_peer_status(members->transport,
					 server->identity.id, &peer) &&
		    peer.open_out)
			continue;
		list[count++] = *server;
	}
	return count;
}

static void
enquire(struct members *members, const struct raft_status *status, uint64_t now)
{
	struct enquiry *enquiry = &members->enquiry;

	if (enquiry->busy)
		return;
	if (status->leader != 0)
		members->complained = false;
	enquiry->count = list_missing(members, status, enquiry->servers);
	if (enquiry->count == 0)
		members->alone_at = 0;
	else if (members->alone_at == 0)
		members->alone_at = now;
	else if (now - members->alone_at >= ENQUIRE_US) {
		members->alone_at = now;
		enquiry_start(enquiry, members->watch.loop);
	}
}

/** Whom we know keeps its place: that is for configurations to say. */
void
members_meet(struct members *members, const struct server *server)
{
	if (status_of(members).leader == 0 &&
	    find(members, server->identity.id) == NULL)
		learn(members, server);
}

/* ---------------------------------------------------------------- watching */

static void
end_if_removed(const struct members *members, const struct raft_status *status,
	       uint64_t now)
{
	if (members->removed_at == 0 || status->role == RAFT_LEADER ||
	    now - members->removed_at < END_AFTER * status->election_timeout_us)
		return;
	warnx("this server has left the cluster, and ends: its folder is of no "
	      "use any more");
	exit(0);
}

static void
watch(uv_timer_t *timer)
{
	struct members *members = timer->data;
	struct raft_status status = status_of(members);
	uint64_t now = raft_node_loop_now();

	take_configuration(members, &status);
	forget_unnamed(members, &status, now);
	enquire(members, &status, now);
	end_if_removed(members, &status, now);
}

void
members_event(struct members *members, const struct raft_event *event)
{
	if (event->kind == RAFT_EVENT_REMOVED)
		members->removed_at = raft_node_loop_now();
	else if (event->kind == RAFT_EVENT_LEADER && event->peer != 0)
		members->removed_at = 0;
}

void
members_start(struct members *members, const struct folder *folder,
	      struct raft *raft, struct raft_tcp *transport, uv_loop_t *loop)
{
	*members = (struct members){ .raft = raft,
				     .transport = transport,
				     .folder = folder };
	members->enquiry.told = told;
	members->enquiry.context = members;
	members->enquiry.asking = folder->self;
	memcpy(members->enquiry.cluster, folder->owner.cluster,
	       sizeof(folder->owner.cluster));
	for (size_t i = 0; i < folder->servers_count; i++)
		learn_all(members, &folder->servers[i]);
	members->watch.data = members;
	if (uv_timer_init(loop, &members->watch) != 0 ||
	    uv_timer_start(&members->watch, watch, WATCH_MS, WATCH_MS) != 0)
		errx(1, "the loop takes no timer");
}
