/*
 * A load on the counter (load.h): a thread a client, with blocking sockets.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each client has a session and sends an addition again, to any server, until
 * it is answered; it counts once all the same. One that is still open long after
 * the end, or whose session expired meanwhile, counts as unknown.
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
/** For the additions that are open at the end. */
#define PATIENCE_S 30
#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

struct load {
	const struct servers *servers;
	/** When to stop, of uv_hrtime(). */
	uint64_t end;
	/** Protects all that follows. */
	uv_mutex_t mutex;
	uint64_t acknowledged;
	/** Sendings whose end was not told. */
	uint64_t retried;
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
	/** Position of the server to ask, */
	size_t target;
	/** or the leader that one of them named; port 0: none. */
	char host[HOST_BYTES];
	uint16_t port;
	/** The connection; -1: none. */
	int socket;
	/** 0: none is open. */
	uint64_t session;
	/** Of the addition that is next, or open. */
	uint64_t sequence;
	bool open;
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
	worker->sequence++;
	worker->open = false;
}

static void
count(struct worker *worker, uint64_t *counter)
{
	uv_mutex_lock(&worker->load->mutex);
	++*counter;
	uv_mutex_unlock(&worker->load->mutex);
}

/* ---------------------------------------------------------------- a client */

static void
turn_to(struct worker *worker, size_t target)
{
	if (worker->socket >= 0)
		close(worker->socket);
	worker->socket = -1;
	worker->port = 0;
	worker->target = target;
}

static void
turn_to_next(struct worker *worker)
{
	turn_to(worker, (worker->target + 1) % worker->load->servers->count);
	usleep(PAUSE_MS * 1000);
}

/* To the leader that this server knows, which may have joined since we were told
 * the list; or to the next server. */
static void
follow_hint(struct worker *worker, const char *answer)
{
	char place[PLACE_BYTES], format[48];

	turn_to(worker, worker->target);
	snprintf(format, sizeof(format), "not leader; leader is %%*u at %%%zus",
		 sizeof(place) - 1);
	if (sscanf(answer, format, place) != 1 ||
	    !place_parse(place, worker->host, &worker->port)) {
		worker->port = 0;
		turn_to_next(worker);
	}
}

static void
dial(struct worker *worker)
{
	const struct server *server =
	    &worker->load->servers->list[worker->target];

	worker->socket = worker->port != 0
			     ? client_dial(worker->host, worker->port)
			     : client_dial(server->host, server->client_port);
}

static void
take_ok(struct worker *worker, uint64_t number)
{
	if (worker->session != 0) {
		count_acknowledged(worker, number);
		return;
	}
	worker->session = number;
	worker->sequence = 1;
}

/* Its addition may have been done, and nobody can tell any more. */
static void
give_up(struct worker *worker)
{
	count(worker, &worker->load->unknown);
	worker->session = 0;
	worker->open = false;
}

static void
ask_once(struct worker *worker)
{
	char line[64] = "session", answer[512];
	uint64_t number;

	worker->open = worker->session != 0;
	if (worker->open)
		snprintf(line, sizeof(line), "add 1 %" PRIu64 " %" PRIu64,
			 worker->session, worker->sequence);
	if (!client_ask(worker->socket, line, answer, sizeof(answer))) {
		count(worker, &worker->load->retried);
		turn_to_next(worker);
	} else if (sscanf(answer, "ok %" SCNu64, &number) == 1) {
		take_ok(worker, number);
	} else if (strncmp(answer, "expired", 7) == 0) {
		give_up(worker);
	} else if (strncmp(answer, "not leader", 10) == 0) {
		follow_hint(worker, answer);
	} else {
		if (strcmp(answer, "unknown") == 0)
			count(worker, &worker->load->retried);
		usleep(PAUSE_MS * 1000);
	}
}

static bool
has_work(const struct worker *worker)
{
	uint64_t now = uv_hrtime(), end = worker->load->end;

	return now < end || (worker->open && now < end + PATIENCE_S * NS_PER_S);
}

static void
work(void *context)
{
	struct worker *worker = context;

	while (has_work(worker)) {
		if (worker->socket < 0)
			dial(worker);
		if (worker->socket < 0)
			turn_to_next(worker);
		else
			ask_once(worker);
	}
	if (worker->open)
		give_up(worker);
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
		       "/s), %" PRIu64 " retried\n",
		       second, now, now - before, load->retried);
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
	       " longest_gap_ms=%" PRIu64 " retried=%" PRIu64 "\n",
	       load.acknowledged, load.unknown, load.highest,
	       load.longest_gap_ns / NS_PER_MS, load.retried);
	return !load.went_back;
}
