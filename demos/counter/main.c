/*
 * counter: the servers of a replicated counter, and clients for them.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <err.h>
#include <stdio.h>
#include <unistd.h>

#include "demos/counter/arguments.h"
#include "demos/counter/client.h"
#include "demos/counter/counter.h"
#include "demos/counter/folder.h"
#include "demos/counter/load.h"

static int
ask(const struct arguments *arguments)
{
	char answer[512];
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
		folders_make(arguments.folder, &arguments.servers,
			     arguments.election_timeout_us);
		servers_print(&arguments.servers);
		return 0;
	case VERB_RUN:
		counter_run(arguments.folder, &arguments.secure,
			    arguments.snapshot_every);
	case VERB_ASK:
		return ask(&arguments);
	case VERB_LOAD:
		return load(&arguments);
	}
}
