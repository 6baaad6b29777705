/*
 * What a server says of itself, in the words of Redis, as far as its clients need it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A client that knows Redis Cluster sees one in which all slots are at whoever leads,
 * and the others are its replicas.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "demos/kv/commands.h"
#include "demos/kv/reply.h"
#include "demos/kv/service.h"

#define SLOTS 16384
/** What we look like to clients that ask. */
#define REDIS_VERSION "7.0.0"

/** Where a member's clients find it, cut in two. */
struct place {
	char host[RAFT_ADDRESS_BYTES_MAX + 1];
	const char *port;
};

/** False: nobody has said where it is. */
static bool
place_of(const struct raft_server_member *member, struct place *place)
{
	char *colon;

	snprintf(place->host, sizeof(place->host), "%s", member->note);
	colon = strrchr(place->host, ':');
	if (colon == NULL)
		return false;
	*colon = '\0';
	place->port = colon + 1;
	return true;
}

static bool
leads(const struct service *service, struct raft_status *status)
{
	raft_status(raft_server_raft(service->server), status);
	return status->role == RAFT_LEADER;
}

bool
service_redirects(const struct service *service,
		  char place[RAFT_ADDRESS_BYTES_MAX + 1])
{
	struct raft_server_member member;
	struct raft_status status;

	if (leads(service, &status) || status.leader == 0)
		return false;
	for (size_t i = 0; raft_server_member(service->server, i, &member); i++)
		if (member.leads && member.note[0] != '\0') {
			memcpy(place, member.note, sizeof(member.note));
			return true;
		}
	return false;
}

/** CRC16 (XMODEM) of what stands between the first braces, or of all. */
unsigned
service_slot(struct text key)
{
	const char *open = memchr(key.bytes, '{', key.length), *close = NULL;
	unsigned sum = 0;

	if (open != NULL)
		close =
		    memchr(open, '}', key.length - (size_t)(open - key.bytes));
	if (close != NULL && close > open + 1)
		key = (struct text){ open + 1, (size_t)(close - open - 1) };
	for (size_t i = 0; i < key.length; i++) {
		sum ^= (unsigned)(unsigned char)key.bytes[i] << 8;
		for (int bit = 0; bit < 8; bit++)
			sum = (sum << 1) ^ ((sum & 0x8000) != 0 ? 0x1021u : 0);
		sum &= 0xffff;
	}
	return sum % SLOTS;
}

/* ------------------------------------------------------------------------- INFO */

void
about_info(const struct service *service, struct buffer *reply)
{
	const struct keys *keys = &service->keys;
	struct raft_server_status status;
	struct buffer text = { 0 };

	raft_server_status(service->server, &status);
	buffer_print(&text,
		     "# Server\r\nredis_version:%s\r\nredis_mode:cluster\r\n"
		     "outrigger_version:%s\r\nprocess_id:%d\r\n\r\n",
		     REDIS_VERSION, raft_version(), (int)getpid());
	buffer_print(&text,
		     "# Replication\r\nrole:%s\r\n"
		     "raft_term:%" PRIu64 "\r\nraft_leader:%" PRIu64 "\r\n"
		     "raft_commit_index:%" PRIu64 "\r\n"
		     "raft_applied_index:%" PRIu64 "\r\n\r\n",
		     status.raft.role == RAFT_LEADER ? "master" : "slave",
		     status.raft.term, status.raft.leader,
		     status.raft.commit_index, status.raft.applied_index);
	buffer_print(&text,
		     "# Persistence\r\nloading:0\r\naof_enabled:1\r\n"
		     "rdb_bgsave_in_progress:%d\r\n\r\n",
		     status.takes_snapshot);
	buffer_print(&text, "# Cluster\r\ncluster_enabled:1\r\n\r\n"
			    "# Keyspace\r\n");
	if (keys->count > 0)
		buffer_print(&text, "db0:keys=%zu,expires=%zu,avg_ttl=0\r\n",
			     keys->count, keys->count_timed);
	reply_text(reply, (struct text){ text.bytes, text.length });
	buffer_free(&text);
}

/* ---------------------------------------------------------------------- CLUSTER */

static void
tell_slots(const struct service *service, struct buffer *reply)
{
	struct raft_server_member member;
	struct buffer nodes[2] = { { 0 } };
	struct place place;
	size_t count = 0;

	/* Whoever leads comes first. */
	for (size_t i = 0; raft_server_member(service->server, i, &member);
	     i++) {
		struct buffer *node = &nodes[member.leads ? 0 : 1];
		char id[48];

		if (!place_of(&member, &place))
			continue;
		count++;
		snprintf(id, sizeof(id), "%040" PRIx64,
			 member.raft.identity.id);
		reply_array(node, 3);
		reply_string(node, place.host);
		reply_number(node, atoi(place.port));
		reply_string(node, id);
	}
	reply_array(reply, nodes[0].length > 0);
	if (nodes[0].length > 0) {
		reply_array(reply, 2 + count);
		reply_number(reply, 0);
		reply_number(reply, SLOTS - 1);
		buffer_add(reply, nodes[0].bytes, nodes[0].length);
		buffer_add(reply, nodes[1].bytes, nodes[1].length);
	}
	buffer_free(&nodes[0]);
	buffer_free(&nodes[1]);
}

static void
tell_nodes(const struct service *service, uint64_t self, uint64_t leader,
	   struct buffer *reply)
{
	struct raft_server_member member;
	struct buffer text = { 0 };
	struct place place;

	for (size_t i = 0; raft_server_member(service->server, i, &member);
	     i++) {
		uint64_t id = member.raft.identity.id;

		if (!place_of(&member, &place))
			continue;
		buffer_print(&text, "%040" PRIx64 " %s:%s@0 %s%s ", id,
			     place.host, place.port,
			     id == self ? "myself," : "",
			     member.leads ? "master" : "slave");
		if (member.leads)
			buffer_print(&text, "- 0 0 1 connected 0-%d\n",
				     SLOTS - 1);
		else
			buffer_print(&text, "%040" PRIx64 " 0 0 1 connected\n",
				     leader);
	}
	reply_text(reply, (struct text){ text.bytes, text.length });
	buffer_free(&text);
}

static void
tell_state(const struct raft_status *status, struct buffer *reply)
{
	struct buffer text = { 0 };

	buffer_print(&text,
		     "cluster_state:%s\r\ncluster_slots_assigned:%d\r\n"
		     "cluster_size:1\r\ncluster_current_epoch:%" PRIu64 "\r\n",
		     status->leader != 0 ? "ok" : "fail", SLOTS, status->term);
	reply_text(reply, (struct text){ text.bytes, text.length });
	buffer_free(&text);
}

void
about_cluster(const struct service *service, const struct request *request,
	      struct buffer *reply)
{
	struct text what = request->arguments[1];
	struct raft_status status;
	char id[48];

	raft_status(raft_server_raft(service->server), &status);
	snprintf(id, sizeof(id), "%040" PRIx64, status.self.id);
	if (text_is(what, "SLOTS"))
		tell_slots(service, reply);
	else if (text_is(what, "NODES"))
		tell_nodes(service, status.self.id, status.leader, reply);
	else if (text_is(what, "INFO"))
		tell_state(&status, reply);
	else if (text_is(what, "MYID"))
		reply_string(reply, id);
	else if (text_is(what, "KEYSLOT") && request->count == 3)
		reply_number(reply, service_slot(request->arguments[2]));
	else
		reply_error(reply,
			    "ERR say: CLUSTER SLOTS, NODES, INFO, MYID or "
			    "KEYSLOT KEY");
}

/* ------------------------------------------------------- COMMAND, CONFIG, HELLO */

static void
tell_command(const struct command *command, struct buffer *reply)
{
	char name[16];

	for (size_t i = 0; i < sizeof(name); i++) {
		name[i] = command->name[i];
		if (name[i] == '\0')
			break;
		name[i] = (char)(name[i] | 0x20);
	}
	reply_array(reply, 6);
	reply_string(reply, name);
	reply_number(reply, command->arity);
	reply_array(reply, 1);
	reply_word(reply, command->writes ? "write" : "readonly");
	reply_number(reply, command->first_key);
	reply_number(reply, command->last_key);
	reply_number(reply, command->key_step);
}

void
about_commands(const struct request *request, struct buffer *reply)
{
	const struct command *command;
	size_t count = 0;

	while (command_at(count) != NULL)
		count++;
	if (request->count == 1) {
		reply_array(reply, count);
		for (size_t i = 0; (command = command_at(i)) != NULL; i++)
			tell_command(command, reply);
	} else if (text_is(request->arguments[1], "COUNT")) {
		reply_number(reply, (int64_t)count);
	} else if (text_is(request->arguments[1], "INFO")) {
		reply_array(reply, request->count - 2);
		for (size_t i = 2; i < request->count; i++) {
			command = command_find(request->arguments[i]);
			if (command != NULL)
				tell_command(command, reply);
			else
				buffer_add(reply, "*-1\r\n", 5);
		}
	} else {
		/* DOCS: the manual is elsewhere. */
		reply_array(reply, 0);
	}
}

/** What redis-benchmark wants to know. */
void
about_config(const struct request *request, struct buffer *reply)
{
	if (!text_is(request->arguments[1], "GET")) {
		reply_error(reply, "ERR nothing can be set: see server.conf");
	} else if (text_is(request->arguments[2], "SAVE")) {
		reply_array(reply, 2);
		reply_string(reply, "save");
		reply_string(reply, "");
	} else if (text_is(request->arguments[2], "APPENDONLY")) {
		reply_array(reply, 2);
		reply_string(reply, "appendonly");
		reply_string(reply, "yes");
	} else {
		reply_array(reply, 0);
	}
}

void
about_hello(const struct service *service, const struct request *request,
	    struct buffer *reply)
{
	struct raft_status status;

	if (request->count > 1 && !text_is(request->arguments[1], "2")) {
		reply_error(reply, "NOPROTO unsupported protocol version");
		return;
	}
	reply_array(reply, 10);
	reply_string(reply, "server");
	reply_string(reply, "redis");
	reply_string(reply, "version");
	reply_string(reply, REDIS_VERSION);
	reply_string(reply, "proto");
	reply_number(reply, 2);
	reply_string(reply, "mode");
	reply_string(reply, "cluster");
	reply_string(reply, "role");
	reply_string(reply, leads(service, &status) ? "master" : "replica");
}
