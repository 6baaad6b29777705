/*
 * What a server measures of itself (measures.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/server/inside.h"

static struct raft_server_asked *
of_kind(struct raft_server *server, enum ask_kind kind)
{
	struct raft_server_measures *measures = &server->measures;

	if (kind == ASK_COMMAND)
		return &measures->commands;
	return kind == ASK_READ ? &measures->reads : &measures->changes;
}

void
raft__measures_refused(struct raft_server *server, enum ask_kind kind,
		       enum raft_server_result result)
{
	of_kind(server, kind)->ended[result]++;
}

/* `ended` may be of the beginning of a round in which it began. */
void
raft__measures_took(struct raft_histogram *histogram, uint64_t begun,
		    uint64_t ended)
{
	raft_histogram_add(histogram, ended > begun ? ended - begun : 0);
}

void
raft__measures_ended(struct raft_server *server, const struct ask *ask,
		     uint64_t now)
{
	struct raft_server_asked *asked = of_kind(server, ask->kind);

	if (ask->origin != 0 || ask->is_admission)
		return;
	raft__measures_took(&asked->took, ask->asked_at, now);
	asked->ended[ask->answer.result]++;
}

/* One that stops tells no new role. */
void
raft__measures_event(struct raft_server *server, const struct raft_event *event)
{
	struct raft_server_measures *measures = &server->measures;
	bool led = server->role == RAFT_LEADER;

	if (event->kind == RAFT_EVENT_LEADER && event->peer != 0)
		measures->leaders++;
	if (event->kind != RAFT_EVENT_ROLE && event->kind != RAFT_EVENT_STOPPED)
		return;
	server->role = event->role;
	if (event->role == RAFT_CANDIDATE)
		measures->candidacies[event->reason]++;
	if (event->role == RAFT_LEADER && !led)
		measures->elected++;
	if (event->role != RAFT_LEADER && led)
		measures->depositions[event->reason]++;
}

void
raft__measures_snapshot(struct raft_server *server)
{
	struct raft_snapshot_file *snapshots = server->folder.snapshots;
	struct raft_server_measures *measures = &server->measures;

	measures->snapshot_bytes =
	    raft_snapshot_file_size(snapshots, server->snapshot);
	measures->snapshot_written =
	    raft_snapshot_file_written(snapshots, server->snapshot);
}

static uint32_t
count_asks(const struct raft_server *server, enum ask_state state)
{
	const struct ask *ask;
	uint32_t count = 0;

	TAILQ_FOREACH(ask, &server->asks.lists[state], link)
	count++;
	return count;
}

static uint32_t
count_calls(struct raft_server *server)
{
	uint32_t count;

	uv_mutex_lock(&server->calls.mutex);
	count = (uint32_t)server->calls.count;
	uv_mutex_unlock(&server->calls.mutex);
	return count;
}

void
raft_server_measures(struct raft_server *server,
		     struct raft_server_measures *measures)
{
	*measures = server->measures;
	measures->asks_waiting = count_asks(server, ASK_WAITING);
	measures->asks_proposed = count_asks(server, ASK_PROPOSED);
	measures->asks_forwarded = count_asks(server, ASK_FORWARDED);
	measures->asks_reading = count_asks(server, ASK_READING);
	measures->calls = count_calls(server);
	if (server->folder.log != NULL) {
		raft_log_file_counters(server->folder.log, &measures->log);
		raft_log_file_size(server->folder.log, &measures->log_size);
	}
	if (server->tls != NULL)
		raft_tls_status(server->tls, &measures->papers);
}
