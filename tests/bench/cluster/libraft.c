/*
 * libraft, as Debian has it: https://github.com/canonical/raft, with its own log and
 * connections on libuv.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One raft_apply for all entries that a turn freed: with one for each it is several
 * times slower.
 */
#include <err.h>
#include <raft.h>
#include <raft/uv.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "tests/bench/cluster/load.h"

/** Server 1 is to lead soon, and to go on when the machine is busy. */
#define SOON_MS 300
#define CALM_MS 5000
#define REDIAL_MS 100
#define NEVER 4000000000U
#define CLIENT_MS 1
#define LOOK_MS 20

struct server {
	const struct trial *trial;
	uint64_t id;
	uv_loop_t loop;
	struct load *load;
	struct raft_uv_transport transport;
	struct raft_io io;
	struct raft_fsm machine;
	struct raft raft;
	/** It leads, and its followers are there. */
	uv_timer_t look;
	/** Due when the turn is over. */
	uv_timer_t refill;
};

static struct server server;
static int (*dial)(struct raft_uv_transport *, struct raft_uv_connect *,
		   raft_id, const char *, raft_uv_connect_cb);

static void
must(int result, const char *what)
{
	if (result != 0)
		errx(1, "libraft: %s: %s: %s", what, raft_strerror(result),
		     raft_errmsg(&server.raft));
}

/* ---------------------------------------------------------------- the load */

/** What a lost one had proposed did not get as far as apply(). */
static void
applied(struct raft_apply *request, int status, void *result)
{
	(void)result;
	if (status != 0)
		load_lost(server.load, (uint64_t)(uintptr_t)request->data);
	free(request);
}

static void
refill(uv_timer_t *timer)
{
	static struct raft_buffer buffers[TRIAL_IN_FLIGHT_MAX];
	unsigned int count = load_wanted(server.load);
	struct raft_apply *request;

	(void)timer;
	if (count == 0 || raft_state(&server.raft) != RAFT_LEADER)
		return;
	request = malloc(sizeof(*request));
	for (unsigned int i = 0; i < count; i++) {
		buffers[i].len = TRIAL_BYTES;
		buffers[i].base = raft_calloc(1, TRIAL_BYTES);
		if (request == NULL || buffers[i].base == NULL)
			errx(1, "libraft: out of memory");
		*(uint8_t *)buffers[i].base = (uint8_t)server.id;
	}
	request->data = (void *)(uintptr_t)count;
	load_proposed(server.load, count);
	must(raft_apply(&server.raft, request, buffers, count, applied),
	     "an entry");
}

/** An entry names who proposed it: a new leader applies others' as well. */
static int
apply(struct raft_fsm *machine, const struct raft_buffer *bytes, void **result)
{
	(void)machine;
	*result = NULL;
	if (*(const uint8_t *)bytes->base == server.id) {
		load_done(server.load, 1);
		uv_timer_start(&server.refill, refill, 0, 0);
	}
	return 0;
}

static int
take_snapshot(struct raft_fsm *machine, struct raft_buffer *buffers[],
	      unsigned int *count)
{
	(void)machine;
	*count = 1;
	*buffers = raft_malloc(sizeof(**buffers));
	if (*buffers == NULL)
		return RAFT_NOMEM;
	(*buffers)->len = TRIAL_STATE_BYTES;
	(*buffers)->base = raft_calloc(1, TRIAL_STATE_BYTES);
	return (*buffers)->base == NULL ? RAFT_NOMEM : 0;
}

static int
restore(struct raft_fsm *machine, struct raft_buffer *bytes)
{
	(void)machine;
	raft_free(bytes->base);
	return 0;
}

/** Both followers are to be there when the load begins. */
static void
look(uv_timer_t *timer)
{
	if (raft_state(&server.raft) != RAFT_LEADER)
		return;
	for (unsigned int i = 0; i < TRIAL_SERVERS; i++)
		if (server.raft.leader_state.progress[i].match_index == 0)
			return;
	raft_set_election_timeout(&server.raft, CALM_MS);
	uv_timer_stop(timer);
	refill(&server.refill);
}

/* --------------------------------------------------------------- the server */

static const char *
address_of(uint64_t from, uint64_t to)
{
	static char address[32];

	snprintf(address, sizeof(address), "127.0.0.1:%u",
		 trial_port(server.trial, from, to));
	return address;
}

/** Where it is as this server sees it. */
static int
dial_as_seen(struct raft_uv_transport *transport,
	     struct raft_uv_connect *request, raft_id id, const char *address,
	     raft_uv_connect_cb connected)
{
	(void)address;
	return dial(transport, request, id, address_of(server.id, id),
		    connected);
}

static void
bootstrap(void)
{
	struct raft_configuration first;
	char address[32];

	raft_configuration_init(&first);
	for (uint64_t id = 1; id <= TRIAL_SERVERS; id++) {
		snprintf(address, sizeof(address), "127.0.0.1:%u",
			 server.trial->ports[id - 1]);
		must(raft_configuration_add(&first, id, address, RAFT_VOTER),
		     "the configuration");
	}
	must(raft_bootstrap(&server.raft, &first), "bootstrap");
	raft_configuration_close(&first);
}

static void
make_raft(void)
{
	char address[32];

	snprintf(address, sizeof(address), "127.0.0.1:%u",
		 server.trial->ports[server.id - 1]);
	must(raft_uv_tcp_init(&server.transport, &server.loop), "TCP");
	dial = server.transport.connect;
	server.transport.connect = dial_as_seen;
	must(raft_uv_init(&server.io, &server.loop,
			  trial_folder(server.trial, server.id),
			  &server.transport),
	     "its folder");
	server.machine.version = 1;
	server.machine.apply = apply;
	server.machine.snapshot = take_snapshot;
	server.machine.restore = restore;
	must(raft_init(&server.raft, &server.io, &server.machine, server.id,
		       address),
	     "raft_init");
	raft_set_snapshot_threshold(&server.raft,
				    server.trial->snapshot_every != 0
					? server.trial->snapshot_every
					: NEVER);
	if (!server.trial->failover) {
		raft_uv_set_connect_retry_delay(&server.io, REDIAL_MS);
		raft_set_election_timeout(&server.raft,
					  server.id == 1 ? SOON_MS : CALM_MS);
	}
	bootstrap();
	must(raft_start(&server.raft), "raft_start");
}

static void
take_part(const struct trial *trial, uint64_t id)
{
	server.trial = trial;
	server.id = id;
	server.load = load_create(trial, id);
	uv_loop_init(&server.loop);
	uv_timer_init(&server.loop, &server.look);
	uv_timer_init(&server.loop, &server.refill);
	make_raft();
	trial_ready(trial, id);
	if (trial->failover)
		uv_timer_start(&server.look, refill, CLIENT_MS, CLIENT_MS);
	else
		uv_timer_start(&server.look, look, LOOK_MS, LOOK_MS);
	uv_run(&server.loop, UV_RUN_DEFAULT);
}

const struct contender contender = {
	.name = "libraft",
	.take_part = take_part,
	.is_raft = true,
};
