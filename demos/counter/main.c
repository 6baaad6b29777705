/*
 * counter: the servers of a replicated counter, and clients for them.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "demos/counter/arguments.h"
#include "demos/counter/client.h"
#include "demos/counter/counter.h"
#include "demos/counter/folder.h"
#include "demos/counter/load.h"
#include "demos/counter/roster.h"

static void
print_list(const struct servers *servers)
{
	char list[SERVERS_MAX * (PLACE_BYTES + 12)];

	servers_print(servers, list, sizeof(list));
	puts(list);
}

static int
make_cluster(struct arguments *arguments)
{
	if (arguments->loopback > 0)
		servers_on_loopback(1, arguments->loopback,
				    &arguments->servers);
	folders_make(arguments->folder, &arguments->servers,
		     arguments->election_timeout_us);
	print_list(&arguments->servers);
	return 0;
}

/** One more server of a cluster that runs. Prints what to say to its leader. */
static int
make_joining(struct arguments *arguments)
{
	struct servers *servers = &arguments->servers;
	struct server *server = servers->list;
	char line[JOINING_BYTES];
	struct roster roster;
	uint64_t highest = 0;

	if (!roster_ask(arguments->host, arguments->port, NULL, &roster))
		err(1, "%s:%u does not tell who is in its cluster",
		    arguments->host, arguments->port);
	if (roster.servers.count == SERVERS_MAX)
		errx(1, "there are %u servers, which is enough", SERVERS_MAX);
	for (size_t i = 0; i < roster.servers.count; i++)
		if (roster.servers.list[i].identity.id > highest)
			highest = roster.servers.list[i].identity.id;
	if (arguments->loopback > 0)
		servers_on_loopback(highest + 1, 1, servers);
	if (servers_find(&roster.servers, server->identity.id) != NULL)
		errx(1,
		     "server %" PRIu64 " is in the cluster: choose another ID; "
		     "or, if its disk is lost, say to the leader first: leave "
		     "%" PRIu64,
		     server->identity.id, server->identity.id);
	folder_make_joining(arguments->folder, &roster, server);
	server->stands_in_us = 1000000 * arguments->stands_in_s;
	joining_print(server, line);
	printf("join %s\n", line);
	return 0;
}

static int
ask(const struct arguments *arguments)
{
	char answer[ROSTER_BYTES];
	int socket = client_dial(arguments->host, arguments->port);

	if (socket < 0 ||
	    !client_ask(socket, arguments->line, answer, sizeof(answer)))
		err(1, "%s:%u", arguments->host, arguments->port);
	close(socket);
	puts(answer);
	return 0;
}

static int
load(const struct arguments *arguments)
{
	struct load_options options = {
		.servers = &arguments->servers,
		.seconds = arguments->seconds,
		.workers = arguments->workers,
		.progress = arguments->progress,
	};

	if (load_run(&options))
		return 0;
	warnx("load: a client saw the counter go back");
	return 1;
}

int
main(int argc, char *argv[])
{
	struct arguments arguments;

	arguments_parse(argc, argv, &arguments);
	switch (arguments.verb) {
	case VERB_NEW:
		return arguments.joins ? make_joining(&arguments)
				       : make_cluster(&arguments);
	case VERB_RUN:
		counter_run(arguments.folder, &arguments.secure,
			    arguments.snapshot_every, arguments.client_idle_s);
	case VERB_ASK:
		return ask(&arguments);
	case VERB_LOAD:
		return load(&arguments);
	}
}
