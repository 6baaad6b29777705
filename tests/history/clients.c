/*
 * Clients that write a history (clients.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "demos/counter/load/client.h"
#include "tests/history/clients.h"

#define NS_PER_S UINT64_C(1000000000)
/** Between two attempts to find a server. */
#define PAUSE_US 10000
/** For what is under way at the end. */
#define PATIENCE_S 20
/** One operation in so many is asked of the next server. */
#define TURN 50
#define CLIENTS_MAX 256

static const char usage_text[] =
    "usage: %s [--seconds S] [--clients N] [--pause US] [--seed SEED]\n"
    "       FILE HOST:PORT...\n"
    "\n"
    "N clients (6) ask these servers for S seconds (10), or until SIGTERM,\n"
    "with a pause of some US microseconds (1000) after each operation, and\n"
    "append what came of it to FILE.\n";

static volatile sig_atomic_t is_told_to_end;

struct history_clients {
	const struct history_protocol *protocol;
	/** HOST:PORT each. */
	char **servers;
	size_t server_count;
	unsigned int client_count;
	unsigned int pause_us;
	unsigned long seed;
	unsigned int seconds;
	/** Of CLOCK_MONOTONIC. */
	uint64_t ends_at;
	FILE *file;
	/** Protects what follows. */
	pthread_mutex_t mutex;
	unsigned long answered;
	unsigned long lost;
	unsigned long failed;
	uint64_t answered_at;
	uint64_t longest_gap_ns;
};

static uint64_t
read_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

unsigned int
history_draw(struct history_client *client, unsigned int end)
{
	return (unsigned int)nrand48(client->random) % end;
}

bool
history_is_over(const struct history_client *client, bool is_under_way)
{
	uint64_t patience = is_under_way ? PATIENCE_S * NS_PER_S : 0;

	return (is_told_to_end && !is_under_way) ||
	       read_clock() >= client->clients->ends_at + patience;
}

bool
history_turn(struct history_client *client, const char *place)
{
	const struct history_clients *clients = client->clients;
	size_t next = (client->server + 1) % clients->server_count;

	for (size_t i = 0; place != NULL && i < clients->server_count; i++)
		if (strcmp(clients->servers[i], place) == 0)
			next = i;
	if (client->socket >= 0)
		close(client->socket);
	client->server = next;
	client->connections++;
	client->socket = client_dial(clients->servers[next]);
	return client->socket >= 0;
}

/* ------------------------------------------------------------- writing down */

static const char *
print_value(char text[32], struct history_value value)
{
	if (value.is_there)
		snprintf(text, 32, "%" PRId64, value.number);
	else
		strcpy(text, "nil");
	return text;
}

static const char *
print_argument(char text[96], const struct history_operation *operation)
{
	char expected[32], argument[32];

	print_value(argument, operation->argument);
	if (operation->kind == HISTORY_SWAP)
		snprintf(text, 96, "%s:%s",
			 print_value(expected, operation->expected), argument);
	else if (operation->kind == HISTORY_GET ||
		 operation->kind == HISTORY_DELETE)
		strcpy(text, "-");
	else
		strcpy(text, argument);
	return text;
}

static void
write_down(struct history_client *client,
	   const struct history_operation *operation, enum history_end end)
{
	static const char *const kinds[] = {
		[HISTORY_SET] = "set",	     [HISTORY_GET] = "get",
		[HISTORY_DELETE] = "delete", [HISTORY_SWAP] = "swap",
		[HISTORY_ADD] = "add",
	};
	static const char *const answers[] = {
		[HISTORY_OK] = "ok",
		[HISTORY_YES] = "yes",
		[HISTORY_NO] = "no",
	};
	char argument[96], value[32];
	const char *answer = end == HISTORY_LOST     ? "?"
			     : end == HISTORY_FAILED ? "failed"
			     : operation->answer == HISTORY_VALUE
				 ? print_value(value, operation->answer_value)
				 : answers[operation->answer];

	fprintf(client->clients->file,
		"c%u %s %s %s %s %" PRIu64 " %" PRIu64 "\n", client->number,
		operation->key, kinds[operation->kind],
		print_argument(argument, operation), answer,
		operation->invoked_at, operation->returned_at);
}

static void
measure_gap(struct history_clients *clients, uint64_t now)
{
	if (now > clients->answered_at &&
	    now - clients->answered_at > clients->longest_gap_ns)
		clients->longest_gap_ns = now - clients->answered_at;
	clients->answered_at = now;
}

static void
count(struct history_clients *clients, enum history_end end, uint64_t now)
{
	pthread_mutex_lock(&clients->mutex);
	if (end == HISTORY_ANSWERED) {
		clients->answered++;
		measure_gap(clients, now);
	} else if (end == HISTORY_LOST) {
		clients->lost++;
	} else {
		clients->failed++;
	}
	pthread_mutex_unlock(&clients->mutex);
}

/* ----------------------------------------------------------------- a client */

static void
ask_once(struct history_client *client)
{
	struct history_clients *clients = client->clients;
	struct history_operation operation = { 0 };
	enum history_end end;

	clients->protocol->choose(client, &operation);
	operation.invoked_at = read_clock();
	end = clients->protocol->ask(client, &operation);
	operation.returned_at = read_clock();
	write_down(client, &operation, end);
	count(clients, end, operation.returned_at);
	if (end == HISTORY_LOST || history_draw(client, TURN) == 0)
		history_turn(client, NULL);
	else if (end == HISTORY_FAILED)
		usleep(PAUSE_US);
}

static void *
work(void *context)
{
	struct history_client *client = context;

	while (!history_is_over(client, false)) {
		if (client->socket < 0 && !history_turn(client, NULL)) {
			usleep(PAUSE_US);
			continue;
		}
		ask_once(client);
		usleep(history_draw(client, 2 * client->clients->pause_us + 1));
	}
	if (client->socket >= 0)
		close(client->socket);
	return NULL;
}

static void
run(struct history_clients *clients)
{
	static struct history_client all[CLIENTS_MAX];
	static pthread_t threads[CLIENTS_MAX];

	for (unsigned int i = 0; i < clients->client_count; i++) {
		all[i] = (struct history_client){
			.clients = clients,
			.number = i + 1,
			.random = { (unsigned short)clients->seed,
				    (unsigned short)(clients->seed >> 16),
				    (unsigned short)(i + 1) },
			.socket = -1,
			.server = i % clients->server_count,
		};
		if (pthread_create(&threads[i], NULL, work, &all[i]) != 0)
			errx(2, "no thread for client %u", i + 1);
	}
	for (unsigned int i = 0; i < clients->client_count; i++)
		pthread_join(threads[i], NULL);
	measure_gap(clients, read_clock());
}

/* ---------------------------------------------------------------- arguments */

static void
end(int number)
{
	(void)number;
	is_told_to_end = 1;
}

static _Noreturn void
show_usage(const char *name, FILE *file, int status)
{
	fprintf(file, usage_text, name);
	exit(status);
}

static unsigned int
read_number(const char *text, unsigned int min, unsigned int max)
{
	const char *problem;
	unsigned int number = (unsigned int)strtonum(text, min, max, &problem);

	if (problem != NULL)
		errx(2, "%s: the number is %s (%u to %u)", text, problem, min,
		     max);
	return number;
}

static void
read_options(struct history_clients *clients, int argc, char **argv)
{
	static const struct option options[] = {
		{ "seconds", required_argument, NULL, 's' },
		{ "clients", required_argument, NULL, 'c' },
		{ "pause", required_argument, NULL, 'p' },
		{ "seed", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			clients->seconds = read_number(optarg, 1, 86400);
		else if (option == 'c')
			clients->client_count =
			    read_number(optarg, 1, CLIENTS_MAX);
		else if (option == 'p')
			clients->pause_us = read_number(optarg, 0, 1000000);
		else if (option == 'r')
			clients->seed = read_number(optarg, 0, INT32_MAX);
		else
			show_usage(argv[0], option == 'h' ? stdout : stderr,
				   option == 'h' ? 0 : 2);
	}
}

int
history_clients_main(int argc, char **argv,
		     const struct history_protocol *protocol)
{
	struct history_clients clients = {
		.protocol = protocol,
		.client_count = 6,
		.pause_us = 1000,
		.seconds = 10,
		.seed = 1,
		.mutex = PTHREAD_MUTEX_INITIALIZER,
	};

	read_options(&clients, argc, argv);
	clients.servers = argv + optind + 1;
	clients.server_count = (size_t)(argc > optind ? argc - optind - 1 : 0);
	if (clients.server_count == 0)
		show_usage(argv[0], stderr, 2);
	clients.file = fopen(argv[optind], "a");
	if (clients.file == NULL)
		err(2, "%s", argv[optind]);
	if (protocol->first_line != NULL)
		fprintf(clients.file, "%s\n", protocol->first_line);
	signal(SIGTERM, end);
	signal(SIGINT, end);
	clients.answered_at = read_clock();
	clients.ends_at = clients.answered_at + clients.seconds * NS_PER_S;
	run(&clients);
	if (fclose(clients.file) != 0)
		err(2, "%s", argv[optind]);
	printf("answered=%lu unknown=%lu failed=%lu longest_gap_ms=%" PRIu64
	       "\n",
	       clients.answered, clients.lost, clients.failed,
	       clients.longest_gap_ns / 1000000);
	return 0;
}
