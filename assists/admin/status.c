/*
 * How it is with a server, as JSON (status.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names stay as they are once a version has them: scripts read them. What is not
 * known is null.
 */
#include <bsd/string.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/admin/status.h"
#include "assists/node/node_loop.h"

json_t *
raft__admin_text(const char *text)
{
	json_t *string = json_string(text);
	char *plain;

	if (string != NULL)
		return string;
	/* No UTF-8. */
	plain = strdup(text);
	if (plain == NULL)
		return NULL;
	for (char *at = plain; *at != '\0'; at++)
		if ((*at & 0x80) != 0)
			*at = '?';
	string = json_string(plain);
	free(plain);
	return string;
}

/** One that others' JSON cannot hold is a text. */
static json_t *
number(uint64_t value)
{
	char text[32];

	if (value <= INT64_MAX)
		return json_integer((json_int_t)value);
	snprintf(text, sizeof(text), "%" PRIu64, value);
	return json_string(text);
}

/** 0 stands for nobody, never, none. */
static json_t *
if_any(uint64_t value)
{
	return value != 0 ? number(value) : json_null();
}

/** So long ago. */
static json_t *
since(uint64_t at)
{
	uint64_t now = raft_node_loop_now();

	return at == 0 ? json_null() : number(now > at ? now - at : 0);
}

/** As server.conf has it. */
static json_t *
incarnation(uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIx64, value);
	return json_string(text);
}

static const char *
role(enum raft_role role)
{
	static const char *const names[] = {
		[RAFT_FOLLOWER] = "follower",
		[RAFT_CANDIDATE] = "candidate",
		[RAFT_LEADER] = "leader",
	};

	return names[role];
}

static const char *
member_role(enum raft_member_role role)
{
	static const char *const names[] = {
		[RAFT_MEMBER_NONE] = "none",
		[RAFT_MEMBER_VOTER] = "voter",
		[RAFT_MEMBER_NON_VOTING] = "learner",
	};

	return names[role];
}

static const char *
progress(enum raft_progress_state state)
{
	static const char *const names[] = {
		[RAFT_PROGRESS_PROBE] = "probe",
		[RAFT_PROGRESS_REPLICATE] = "replicate",
		[RAFT_PROGRESS_STRANDED] = "stranded",
		[RAFT_PROGRESS_SNAPSHOT] = "snapshot",
		[RAFT_PROGRESS_REGRESSED] = "regressed",
	};

	return names[state];
}

/* ------------------------------------------------------------------ members */

static json_t *
lag_of(const struct raft_server_member *member)
{
	const struct raft_server_lag *lag = &member->lag;

	if (!member->lag_is_known)
		return json_null();
	return json_pack("{s:o, s:o, s:o}", "entries", number(lag->entries),
			 "bytes", number(lag->bytes), "us", number(lag->us));
}

/** What only a leader knows. */
static json_t *
replication(const struct raft_server_status *status,
	    const struct raft_server_member *member)
{
	const struct raft_member_status *raft = &member->raft;
	bool is_self = raft->identity.id == status->raft.self.id;

	if (status->raft.role != RAFT_LEADER)
		return json_null();
	return json_pack(
	    "{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "state",
	    is_self ? "self" : progress(raft->state), "match_index",
	    number(raft->match_index), "lag", lag_of(member), "heard_us",
	    is_self ? number(0) : since(raft->heard_at), "bytes_in_flight",
	    number(raft->bytes_in_flight), "snapshot_offset",
	    number(raft->snapshot_offset), "snapshot_size",
	    number(raft->snapshot_size), "caught_up", raft->caught_up);
}

static json_t *
failure_of(const struct raft_tcp_peer_status *connection)
{
	if (connection->failure[0] == '\0')
		return json_null();
	return json_pack("{s:o, s:o}", "why",
			 raft__admin_text(connection->failure), "us",
			 number(connection->failed_us));
}

static json_t *
connection(const struct raft_server_status *status,
	   const struct raft_server_member *member)
{
	const struct raft_tcp_peer_status *its = &member->connection;
	bool was_heard = its->silent_us != UINT64_MAX;

	if (member->raft.identity.id == status->raft.self.id)
		return json_null();
	return json_pack(
	    "{s:b, s:b, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "out",
	    its->open_out, "in", its->open_in, "plain_out", its->plain_out,
	    "plain_in", its->plain_in, "queue_bytes",
	    number(its->queue_bytes), "queue_messages",
	    number(its->queue_messages), "note_bytes", number(its->note_bytes),
	    "opened", number(its->opened), "silent_us",
	    was_heard ? number(its->silent_us) : json_null(), "round_trip_us",
	    if_any(its->round_trip_us), "failure", failure_of(its));
}

/** As far as it is known here. */
static json_t *
term(const struct raft_server_status *status,
     const struct raft_server_member *member)
{
	return member->raft.identity.id == status->raft.self.id
		   ? number(status->raft.term)
		   : if_any(member->connection.term);
}

static json_t *
text_if_any(const char *text)
{
	return text[0] != '\0' ? raft__admin_text(text) : json_null();
}

json_t *
raft__admin_member(const struct raft_server_status *status,
		   const struct raft_server_member *member)
{
	const struct raft_member_status *raft = &member->raft;

	return json_pack(
	    "{s:o, s:o, s:s, s:o, s:b, s:o, s:b, s:b, s:o, s:o, s:o, s:o, s:o}",
	    "id", number(raft->identity.id), "incarnation",
	    incarnation(raft->identity.incarnation), "role",
	    member_role(raft->role), "term", term(status, member), "promotes",
	    member->promotes, "stands_in_seconds",
	    if_any(member->stands_in_seconds), "leads", member->leads, "self",
	    raft->identity.id == status->raft.self.id, "address",
	    raft__admin_text(member->address), "note",
	    text_if_any(member->note), "build", text_if_any(member->build),
	    "replication", replication(status, member), "connection",
	    connection(status, member));
}

static json_t *
members(const struct raft_server *server,
	const struct raft_server_status *status)
{
	struct raft_server_member member;
	json_t *list = json_array();

	for (size_t i = 0; raft_server_member(server, i, &member); i++)
		if (json_array_append_new(
			list, raft__admin_member(status, &member)) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

/* --------------------------------------------------------------- the server */

static json_t *
log_of(const struct raft_server_status *status)
{
	const struct raft_status *raft = &status->raft;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "compacted_index",
			 number(raft->snapshot.index), "last_index",
			 number(raft->last.index), "durable_index",
			 number(raft->durable_index), "commit_index",
			 number(raft->commit_index), "applied_index",
			 number(raft->applied_index), "bytes",
			 number(status->log_bytes));
}

static json_t *
snapshot_of(const struct raft_server_status *status)
{
	bool is_there = status->snapshot.index != 0;

	return json_pack("{s:o, s:o, s:b}", "index",
			 if_any(status->snapshot.index), "age_us",
			 is_there ? number(status->snapshot_us) : json_null(),
			 "running", status->takes_snapshot);
}

static json_t *
scrub_of(const struct raft_server_scrub *scrub)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "rate",
			 number(scrub->rate), "pass_bytes",
			 number(scrub->pass_bytes), "pass_total",
			 number(scrub->pass_total), "passes",
			 number(scrub->passes), "ended_us",
			 scrub->passes > 0 ? number(scrub->ended_us)
					   : json_null(),
			 "damages", number(scrub->damages));
}

static uint32_t
clock_drift(const struct raft_server *server)
{
	const struct raft_configuration *configuration =
	    raft_configuration(raft_server_raft(server));

	return configuration != NULL ? configuration->clock_drift : 0;
}

json_t *
raft__admin_tell(const struct raft_server_status *status, uint32_t drift,
		 json_t *list)
{
	const struct raft_status *raft = &status->raft;

	return json_pack(
	    "{s:s, s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:o, "
	    "s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "result", "OK", "id", number(raft->self.id), "incarnation",
	    incarnation(raft->self.incarnation), "cluster", status->cluster,
	    "version", raft_version(), "build", raft_build(), "role",
	    role(raft->role), "member", member_role(raft->member_role),
	    "stopped", raft->stopped, "term", number(raft->term), "leader",
	    if_any(raft->leader), "vote", if_any(raft->vote.id),
	    "transfer_target", if_any(raft->transfer_target), "changing",
	    raft->changing, "election_timeout_us",
	    if_any(raft->election_timeout_us), "clock_drift", if_any(drift),
	    "quorum_heard_us", since(raft->quorum_heard_at),
	    "uncommitted_bytes", number(raft->uncommitted_bytes), "asks",
	    number(status->asks), "sessions", number(status->sessions), "log",
	    log_of(status), "snapshot", snapshot_of(status), "scrub",
	    scrub_of(&status->scrub), "members", list);
}

json_t *
raft__admin_status(const struct raft_server *server)
{
	struct raft_server_status status;

	raft_server_status(server, &status);
	return raft__admin_tell(&status, clock_drift(server),
				members(server, &status));
}
