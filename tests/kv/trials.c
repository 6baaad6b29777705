/*
 * demos/kv's state machine, as the program has it, under random faults: whoever has
 * applied the same entries, or loaded what another wrote, has the same keys.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/trials/server_trials.h"

#define main kv_main
int kv_main(int argc, char **argv);
#include "demos/kv/kv.c"
#undef main

#define REQUESTS_MAX 6

static void *
create(void *context)
{
	struct service *service = calloc(1, sizeof(*service));

	(void)context;
	if (service == NULL)
		abort();
	keys_init(&service->keys);
	return service;
}

static void
destroy(void *context)
{
	struct service *service = context;

	keys_free(&service->keys);
	free(service);
}

/** Requests by number: each has a name, and perhaps a number. */
static const char *const forms[] = {
	"SET k%u %u\n",	     "SET k%u %u PX 50\n",   "DEL k%u\n",
	"INCR k%u\n",	     "PEXPIRE k%u %u\n",     "PERSIST k%u\n",
	"INCRBY k%u %u\n",   "SET k%u %u NX\n",	     "GET k%u\n",
	"MSET k%u %u j 1\n", "SET k%u %u KEEPTTL\n",
};

/** Time goes in steps of all sizes, and at times back. */
static size_t
command(void *context, uint64_t random, void *bytes)
{
	size_t count = random % REQUESTS_MAX;
	static struct request request;
	struct buffer entry = { .bytes = bytes,
				.room = RAFT_SERVER_TRIALS_COMMAND_BYTES,
				.is_fixed = true };
	const char *problem;
	char line[64];

	(void)context;
	entry_begin(&entry);
	for (size_t i = 0; i < count; i++) {
		uint64_t drawn = raft_sim_digest(i, &random, sizeof(random));

		snprintf(line, sizeof(line),
			 forms[drawn % (sizeof(forms) / sizeof(forms[0]))],
			 (unsigned)(drawn >> 8) % 20,
			 (unsigned)(drawn >> 16) % 200);
		if (request_read(&request, line, strlen(line), &problem) !=
		    REQUEST_WHOLE)
			abort();
		request_write(&request, &entry);
	}
	entry_end(&entry, (random >> 8) >> (24 + random % 32), count);
	return entry.length;
}

int
main(int argc, char **argv)
{
	const struct raft_server_options options = {
		.answer_bytes_max = ENTRY_REPLY_BYTES,
	};
	const struct raft_server_trials trials = {
		.machine = &machine,
		.create = create,
		.destroy = destroy,
		.command = command,
		.options = &options,
	};

	return raft_server_trials_main(argc, argv, &trials);
}
