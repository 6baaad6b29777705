/*
 * A server with an admin socket, for the test of outrigger-ctl: its state is a number
 * that grows by one now and then.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/admin/admin.h"
#include "assists/metrics/metrics_http.h"

/** Between additions. */
#define PAUSE_MS 100

static uint64_t value;
static struct raft_server *server;

static void
apply(void *machine, struct raft_server_entry *entries, size_t count)
{
	(void)machine;
	(void)entries;
	value += count;
}

static void *
freeze(void *machine)
{
	uint64_t *copy = malloc(sizeof(*copy));

	(void)machine;
	if (copy != NULL)
		*copy = value;
	return copy;
}

static bool
write_down(void *frozen, struct raft_server_sink *sink)
{
	return raft_server_write(sink, frozen, sizeof(uint64_t));
}

static bool
load(void *machine, struct raft_server_source *source)
{
	(void)machine;
	return raft_server_take(source, &value, sizeof(value)) == sizeof(value);
}

static const struct raft_server_machine machine = {
	.apply = apply,
	.freeze = freeze,
	.write = write_down,
	.load = load,
	.thaw = free,
};

static char *
metrics(void *context)
{
	char *text = malloc(128);

	(void)context;
	if (text != NULL)
		snprintf(text, 128,
			 "# TYPE number gauge\nnumber %" PRIu64 "\n", value);
	return text;
}

static void
added(void *context, const struct raft_server_answer *answer)
{
	(void)context;
	(void)answer;
}

static void
add_one(uv_timer_t *timer)
{
	(void)timer;
	raft_server_propose(
	    server, &(struct raft_server_command){ .data = "", .length = 0 },
	    added, NULL);
}

static int
run(const char *folder, bool is_counted)
{
	struct raft_admin_options options = { .metrics = metrics };
	char error[RAFT_SERVER_ERROR_BYTES];
	uv_loop_t *loop = uv_default_loop();
	uv_timer_t timer;

	server = raft_server_open(folder, NULL, &machine, NULL, error,
				  sizeof(error));
	if (server == NULL ||
	    !raft_admin_open(server, is_counted ? &options : NULL, error,
			     sizeof(error)) ||
	    !raft_metrics_open(server, NULL, error, sizeof(error)))
		errx(1, "%s", error);
	uv_timer_init(loop, &timer);
	uv_timer_start(&timer, add_one, PAUSE_MS, PAUSE_MS);
	if (!raft_server_run(server, loop, error, sizeof(error)))
		errx(1, "%s", error);
	return 0;
}

int
main(int argc, char **argv)
{
	struct raft_server_create create = { .cluster = "dock" };
	char error[RAFT_SERVER_ERROR_BYTES];

	if (argc == 3 && strcmp(argv[1], "run") == 0)
		return run(argv[2], true);
	if (argc == 3 && strcmp(argv[1], "run-uncounted") == 0)
		return run(argv[2], false);
	if (argc != 5 && argc != 6)
		errx(2, "usage: server make FOLDER ID ADDRESS [MEMBER]\n"
			"       server run|run-uncounted FOLDER");
	create.id = strtoull(argv[3], NULL, 10);
	create.address = argv[4];
	create.join = argv[5];
	create.election_timeout_us = 300000;
	if (!raft_server_create(argv[2], &create, error, sizeof(error)))
		errx(1, "%s", error);
	return 0;
}
