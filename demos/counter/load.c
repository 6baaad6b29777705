/*
 * A load on the counter (load.h): a thread a client, with blocking sockets.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a server refused was not done, and is asked again; an answer that did
 * not come leaves it open, so that addition counts as unknown and is not
 * repeated.
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "demos/counter/client.h"
#include "demos/counter/load.h"

#define PAUSE_MS 10
#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

struct load {
	const struct servers *servers;
	/** When to stop, of uv_hrtime(). */
	uint64_t end;
	/** Protects all that follows. */
	uv_mutex_t mutex;
	uint64_t acknowledged;
	uint64_t unknown;
	uint64_t highest;
	/** Of the latest acknowledgement, at first of the start. */
	uint64_t acknowledged_at;
	uint64_t longest_gap_ns;
	bool went_back;
};

struct worker {
	struct load *load;
	uv_thread_t thread;
	/** Position of the server to ask, and the connection to it; -1: none. */
	size_t target;
	int socket;
	/** The latest value that it was answered. */
	uint64_t value;
};

/* ----------------------------------------------------------- what happened */

static void
measure_gap(struct load *load)
{
	uint64_t now = uv_hrtime();

	if (now - load->acknowledged_at > load->longest_gap_ns)
		load->longest_gap_ns = now - load->acknowledged_at;
	load->acknowledged_at = now;
}

static void
count_acknowledged(struct worker *worker, uint64_t value)
{
	struct load *load = worker->load;

	uv_mutex_lock(&load->mutex);
	load->acknowledged++;
	measure_gap(load);
	if (value > load->highest)
		load->highest = value;
	/* This addition began after the one before was acknowledged. */
	if (value <= worker->value)
		load->went_back = true;
	uv_mutex_unlock(&load->mutex);
	worker->value = value;
}

static void
count_unknown(struct worker *worker)
{
	uv_mutex_lock(&worker->load->mutex);
	worker->load->unknown++;
	uv_mutex_unlock(&worker->load->mutex);
}

/* ---------------------------------------------------------------- a client */

static void
turn_to(struct worker *worker, size_t target)
{
	if (worker->socket >= 0)
		close(worker->socket);
	worker->socket = -1;
	worker->target = target;
}

static void
turn_to_next(struct worker *worker)
{
	turn_to(worker, (worker->target + 1) % worker->load->servers->count);
	usleep(PAUSE_MS * 1000);
}

/* To the leader that this server knows, or to the next server. */
static void
follow_hint(struct worker *worker, const char *answer)
{
	const struct servers *servers = worker->load->servers;
	const struct server *leader;
	uint64_t id;

	if (sscanf(answer, "not leader; leader is %" SCNu64, &id) == 1 &&
	    (leader = servers_find(servers, id)) != NULL)
		turn_to(worker, (size_t)(leader - servers->list));
	else
		turn_to_next(worker);
}

static void
add_one(struct worker *worker)
{
	char answer[512];
	uint64_t value;

	if (!client_ask(worker->socket, "add 1", answer, sizeof(answer))) {
		count_unknown(worker);
		turn_to_next(worker);
	} else if (sscanf(answer, "ok %" SCNu64, &value) == 1) {
		count_acknowledged(worker, value);
	} else if (strcmp(answer, "unknown") == 0) {
		count_unknown(worker);
	} else if (strncmp(answer, "not leader", 10) == 0) {
		follow_hint(worker, answer);
	} else {
		usleep(PAUSE_MS * 1000);
	}
}

static void
work(void *context)
{
	struct worker *worker = context;
	const struct server *server;

	while (uv_hrtime() < worker->load->end) {
		server = &worker->load->servers->list[worker->target];
		if (worker->socket < 0)
			worker->socket =
			    client_dial(server->host, server->client_port);
		if (worker->socket < 0)
			turn_to_next(worker);
		else
			add_one(worker);
	}
	turn_to(worker, 0);
}

/* -------------------------------------------------------------- everything */

static void
show_progress(struct load *load, unsigned int seconds)
{
	uint64_t before = 0, now;

	for (unsigned int second = 1; second <= seconds; second++) {
		sleep(1);
		uv_mutex_lock(&load->mutex);
		now = load->acknowledged;
		printf("%3u s  %7" PRIu64 " acknowledged (%" PRIu64
		       "/s), %" PRIu64 " unknown\n",
		       second, now, now - before, load->unknown);
		uv_mutex_unlock(&load->mutex);
		fflush(stdout);
		before = now;
	}
}

bool
load_run(const struct load_options *options)
{
	struct load load = { .servers = options->servers };
	struct worker *workers = calloc(options->workers, sizeof(*workers));

	if (workers == NULL || uv_mutex_init(&load.mutex) != 0)
		err(1, NULL);
	load.acknowledged_at = uv_hrtime();
	load.end = load.acknowledged_at + options->seconds * NS_PER_S;
	for (unsigned int i = 0; i < options->workers; i++) {
		workers[i] = (struct worker){ .load = &load, .socket = -1 };
		if (uv_thread_create(&workers[i].thread, work, &workers[i]))
			errx(1, "no thread for client %u", i + 1);
	}
	if (options->progress)
		show_progress(&load, options->seconds);
	for (unsigned int i = 0; i < options->workers; i++)
		uv_thread_join(&workers[i].thread);
	measure_gap(&load);
	uv_mutex_destroy(&load.mutex);
	free(workers);
	printf("acknowledged=%" PRIu64 " unknown=%" PRIu64 " highest=%" PRIu64
	       " longest_gap_ms=%" PRIu64 "\n",
	       load.acknowledged, load.unknown, load.highest,
	       load.longest_gap_ns / NS_PER_MS);
	return !load.went_back;
}
