/*
 * A server that keeps a list of numbers, for the test of outrigger-log: it adds to it
 * on and on, and notes what was acknowledged, or writes down what it has.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assists/server/server.h"

/** Additions that are under way. */
#define AT_ONCE 4
#define PAUSE_MS 5

/** A number, and its place in the log. */
struct item {
	uint64_t index;
	uint64_t number;
};

struct list {
	size_t count;
	struct item items[];
};

static struct list *list;
static struct raft_server *server;
/** Where acknowledged ones are noted; -1: none are added. */
static int acknowledged = -1;
/** Where all are written down; NULL: nowhere. */
static const char *out;
static bool is_reading;

/* -------------------------------------------------------------------- machine */

static struct list *
copy(const struct list *from, size_t room)
{
	size_t count = from != NULL ? from->count : 0;
	struct list *to =
	    malloc(sizeof(*to) + (count + room) * sizeof(to->items[0]));

	if (to == NULL)
		err(1, "a list");
	to->count = count;
	if (count > 0)
		memcpy(to->items, from->items, count * sizeof(to->items[0]));
	return to;
}

static void
apply(void *machine, struct raft_server_entry *entries, size_t count)
{
	struct list *grown = copy(list, count);

	(void)machine;
	for (size_t i = 0; i < count; i++) {
		struct item *item = &grown->items[grown->count++];

		item->index = entries[i].index;
		memcpy(&item->number, entries[i].data, sizeof(item->number));
	}
	free(list);
	list = grown;
}

static void *
freeze(void *machine)
{
	(void)machine;
	return copy(list, 0);
}

static bool
write_down(void *frozen, struct raft_server_sink *sink)
{
	const struct list *all = frozen;

	return raft_server_write(sink, &all->count, sizeof(all->count)) &&
	       raft_server_write(sink, all->items,
				 all->count * sizeof(all->items[0]));
}

static bool
load(void *machine, struct raft_server_source *source)
{
	size_t count, bytes;

	(void)machine;
	if (raft_server_take(source, &count, sizeof(count)) != sizeof(count))
		return false;
	free(list);
	list = copy(NULL, count);
	list->count = count;
	bytes = count * sizeof(list->items[0]);
	return raft_server_take(source, list->items, bytes) == bytes;
}

static const struct raft_server_machine machine = {
	.apply = apply,
	.freeze = freeze,
	.write = write_down,
	.load = load,
	.thaw = free,
};

/* ------------------------------------------------------------------- additions */

static size_t under_way;

static void
added(void *context, const struct raft_server_answer *answer)
{
	uint64_t *number = context;
	struct raft_server_status status;

	under_way--;
	raft_server_status(server, &status);
	/* Our term is that of the leader who answers, or a later one. */
	if (answer->result == RAFT_SERVER_OK)
		dprintf(acknowledged, "%" PRIu64 " %" PRIx64 " %" PRIu64 "\n",
			answer->index, *number, status.raft.term);
	free(number);
}

static void
add_one(void)
{
	uint64_t *number = malloc(sizeof(*number));

	if (number == NULL)
		err(1, "a number");
	arc4random_buf(number, sizeof(*number));
	under_way++;
	raft_server_propose(server,
			    &(struct raft_server_command){
				.data = number, .length = sizeof(*number) },
			    added, number);
}

/* ---------------------------------------------------------------------- reading */

static void
read_all(void *context, const struct raft_server_answer *answer)
{
	char unfinished[4096];
	FILE *file;

	(void)context;
	is_reading = false;
	if (answer->result != RAFT_SERVER_OK)
		return;
	snprintf(unfinished, sizeof(unfinished), "%s.new", out);
	file = fopen(unfinished, "w");
	if (file == NULL)
		err(1, "%s", unfinished);
	for (size_t i = 0; list != NULL && i < list->count; i++)
		fprintf(file, "%" PRIu64 " %" PRIx64 "\n", list->items[i].index,
			list->items[i].number);
	if (fclose(file) != 0 || rename(unfinished, out) != 0)
		err(1, "%s", out);
	out = NULL;
}

static void
work(uv_timer_t *timer)
{
	(void)timer;
	while (acknowledged >= 0 && under_way < AT_ONCE)
		add_one();
	if (out == NULL || is_reading)
		return;
	is_reading = true;
	raft_server_read(server, &(struct raft_server_view){ 0 }, read_all,
			 NULL);
}

static int
run(const char *folder)
{
	char error[RAFT_SERVER_ERROR_BYTES];
	uv_loop_t *loop = uv_default_loop();
	uv_timer_t timer;

	server = raft_server_open(folder, NULL, &machine, NULL, error,
				  sizeof(error));
	if (server == NULL)
		errx(1, "%s", error);
	uv_timer_init(loop, &timer);
	uv_timer_start(&timer, work, PAUSE_MS, PAUSE_MS);
	if (!raft_server_run(server, loop, error, sizeof(error)))
		errx(1, "%s", error);
	free(list);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "make") == 0)
		return raft_server_make(argc - 1, argv + 1);
	if (argc == 4 && strcmp(argv[1], "add") == 0)
		acknowledged = open(
		    argv[3], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	else if (argc == 4 && strcmp(argv[1], "read") == 0)
		out = argv[3];
	if (acknowledged < 0 && out == NULL)
		errx(2, "usage: ledger make FOLDER ...\n"
			"       ledger add FOLDER ACKNOWLEDGED\n"
			"       ledger read FOLDER ALL");
	return run(argv[2]);
}
