/*
 * load: clients of the counter that add 1, again and again, each a thread with a
 * blocking socket.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A client has a session, and says an addition again, to one server after the other,
 * until it is acknowledged; it counts once all the same. One that is still open long
 * after the end, or whose session expired meanwhile, counts as unknown.
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "demos/counter/load/client.h"

#define PAUSE_MS 10
/** For the additions that are open at the end. */
#define PATIENCE_S 30
#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

static const char usage_text[] =
    "usage: load [--seconds S] [--workers W] [--progress] HOST:PORT...\n"
    "\n"
    "Adds 1, again and again, for S seconds (10) or until SIGTERM or SIGINT, "
    "by "
    "W\n"
    "clients (8), each until it is acknowledged by one of these servers; with\n"
    "--progress a line a second. The last line is\n"
    "\n"
    "  acknowledged=A unknown=U highest=H longest_gap_ms=G retried=R\n"
    "\n"
    "where U may have been done or not, H is the highest value in an answer, "
    "for "
    "G\n"
    "nothing was acknowledged, and R times an addition had to be said again.\n"
    "\n"
    "Exit status: 0; 1 if a client was answered a value that was not above the "
    "one\n"
    "before, which no replicated counter may do; 2 for bad usage.\n";

static volatile sig_atomic_t is_told_to_end;

struct load {
	/** HOST:PORT each. */
	char **servers;
	size_t server_count;
	unsigned int seconds;
	unsigned int worker_count;
	bool shows_progress;
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
	/** When to stop, of uv_hrtime(). */
	uint64_t end;
	/** Position of the server to ask. */
	size_t target;
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

/** To the next server. */
static void
turn(struct worker *worker)
{
	if (worker->socket >= 0)
		close(worker->socket);
	worker->socket = -1;
	worker->target = (worker->target + 1) % worker->load->server_count;
	usleep(PAUSE_MS * 1000);
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
	char line[64] = "session", answer[512] = "";
	uint64_t number;

	worker->open = worker->session != 0;
	if (worker->open)
		snprintf(line, sizeof(line), "add 1 %" PRIu64 " %" PRIu64,
			 worker->session, worker->sequence);
	if (client_ask(worker->socket, line, answer, sizeof(answer)) &&
	    sscanf(answer, "ok %" SCNu64, &number) == 1) {
		take_ok(worker, number);
	} else if (strncmp(answer, "EXPIRED", 7) == 0) {
		give_up(worker);
	} else {
		count(worker, &worker->load->retried);
		turn(worker);
	}
}

static bool
has_work(struct worker *worker)
{
	uint64_t now = uv_hrtime();

	if (is_told_to_end && now < worker->end)
		worker->end = now;
	return now < worker->end ||
	       (worker->open && now < worker->end + PATIENCE_S * NS_PER_S);
}

static void
work(void *context)
{
	struct worker *worker = context;

	while (has_work(worker)) {
		if (worker->socket < 0)
			worker->socket =
			    client_dial(worker->load->servers[worker->target]);
		if (worker->socket < 0)
			turn(worker);
		else
			ask_once(worker);
	}
	if (worker->open)
		give_up(worker);
	turn(worker);
}

/* -------------------------------------------------------------- everything */

static void
show_progress(struct load *load, unsigned int seconds)
{
	uint64_t before = 0, now;

	for (unsigned int second = 1; second <= seconds; second++) {
		sleep(1);
		if (is_told_to_end)
			return;
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

static void
start_workers(struct load *load, struct worker *workers)
{
	for (unsigned int i = 0; i < load->worker_count; i++) {
		workers[i] = (struct worker){
			.load = load,
			.socket = -1,
			.target = i % load->server_count,
			.end = load->acknowledged_at + load->seconds * NS_PER_S,
		};
		if (uv_thread_create(&workers[i].thread, work, &workers[i]))
			errx(1, "no thread for client %u", i + 1);
	}
}

/** False: a client saw the counter go back. */
static bool
run(struct load *load)
{
	struct worker *workers = calloc(load->worker_count, sizeof(*workers));

	if (workers == NULL || uv_mutex_init(&load->mutex) != 0)
		err(1, NULL);
	load->acknowledged_at = uv_hrtime();
	start_workers(load, workers);
	if (load->shows_progress)
		show_progress(load, load->seconds);
	for (unsigned int i = 0; i < load->worker_count; i++)
		uv_thread_join(&workers[i].thread);
	measure_gap(load);
	uv_mutex_destroy(&load->mutex);
	free(workers);
	printf("acknowledged=%" PRIu64 " unknown=%" PRIu64 " highest=%" PRIu64
	       " longest_gap_ms=%" PRIu64 " retried=%" PRIu64 "\n",
	       load->acknowledged, load->unknown, load->highest,
	       load->longest_gap_ns / NS_PER_MS, load->retried);
	return !load->went_back;
}

/* ---------------------------------------------------------------- arguments */

static void
end(int number)
{
	(void)number;
	is_told_to_end = 1;
}

static _Noreturn void
show_usage(FILE *file, int status)
{
	fputs(usage_text, file);
	exit(status);
}

static unsigned int
read_number(const char *text, unsigned int max)
{
	const char *problem;
	unsigned int number = (unsigned int)strtonum(text, 1, max, &problem);

	if (problem != NULL)
		errx(2, "%s: the number is %s (1 to %u)", text, problem, max);
	return number;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seconds", required_argument, NULL, 's' },
		{ "workers", required_argument, NULL, 'w' },
		{ "progress", no_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct load load = { .seconds = 10, .worker_count = 8 };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			load.seconds = read_number(optarg, 86400);
		else if (option == 'w')
			load.worker_count = read_number(optarg, 256);
		else if (option == 'p')
			load.shows_progress = true;
		else
			show_usage(option == 'h' ? stdout : stderr,
				   option == 'h' ? 0 : 2);
	}
	load.servers = argv + optind;
	load.server_count = (size_t)(argc - optind);
	if (load.server_count == 0)
		show_usage(stderr, 2);
	signal(SIGTERM, end);
	signal(SIGINT, end);
	if (run(&load))
		return 0;
	errx(1, "a client saw the counter go back");
}
