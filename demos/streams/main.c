/*
 * streams: a log-streaming cluster, its servers and its clients.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assists/admin/admin.h"
#include "assists/metrics/metrics_http.h"
#include "demos/streams/broker.h"
#include "demos/streams/client.h"

/** Before others copy what a silent server has. */
#define REPLACE_S 600

static const char usage_text[] =
    "usage: streams make --help\n"
    "       streams run FOLDER HOST:PORT [REPLACE-SECONDS]\n"
    "       streams topic SERVERS NAME PARTITIONS REPLICAS\n"
    "       streams where SERVERS [TOPIC]\n"
    "       streams produce SERVERS TOPIC PARTITION\n"
    "       streams consume SERVERS TOPIC PARTITION [OFFSET [COUNT]]\n"
    "\n"
    "SERVERS are HOST:PORT,HOST:PORT,... of any of them. A server is known to\n"
    "clients and to the others by the HOST:PORT it runs with, both numbers; "
    "its\n"
    "records are in FOLDER.records. What a server kept that is silent for\n"
    "REPLACE-SECONDS (600) is copied to others. Records are lines: produced "
    "from\n"
    "standard input, acknowledged one by one; consumed from OFFSET (0) on, "
    "until\n"
    "COUNT were printed, or for ever.\n";

/* ------------------------------------------------------------------- a server */

/** For replicas; its name is as durable as they are. */
static void
make_folder(const char *path)
{
	char *copy = strdup(path);
	int above;

	if (copy == NULL || (mkdir(path, S_IRWXU) != 0 && errno != EEXIST))
		err(1, "%s", path);
	above = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (above < 0 || fsync(above) != 0)
		err(1, "%s", copy);
	close(above);
	free(copy);
}

static int
run(int argc, char **argv)
{
	static struct broker broker;
	char error[RAFT_SERVER_ERROR_BYTES];
	struct raft_server *server;

	broker.address = argv[1];
	broker.patience.replace_ms =
	    1000 * (argc > 2 ? strtoull(argv[2], NULL, 10) : REPLACE_S);
	if (asprintf(&broker.folder, "%s.records", argv[0]) < 0)
		err(1, "%s", argv[0]);
	make_folder(broker.folder);
	server = raft_server_open(argv[0], NULL, &broker_machine, &broker,
				  error, sizeof(error));
	if (server == NULL ||
	    !raft_admin_open(server, NULL, error, sizeof(error)) ||
	    !raft_metrics_open(server, NULL, error, sizeof(error)) ||
	    !broker_open(&broker, server, error, sizeof(error)) ||
	    !raft_server_run(server, NULL, error, sizeof(error)))
		errx(1, "%s", error);
	free(broker.folder);
	return 0;
}

/* ------------------------------------------------------------------- a client */

static int
ask_text(char **argv, enum frame_kind kind, const char *text)
{
	struct stream *stream = stream_open(argv[0], "", 0);
	const char *answer = stream_text(stream, kind, text);
	bool is_ok = answer != NULL &&
		     (kind == FRAME_WHERE || strcmp(answer, "ok") == 0);

	if (answer == NULL)
		errx(1, "no server answers");
	fputs(answer, is_ok ? stdout : stderr);
	if (kind != FRAME_WHERE)
		fputc('\n', is_ok ? stdout : stderr);
	stream_close(stream);
	return is_ok ? 0 : 1;
}

static int
make_topic(int argc, char **argv)
{
	char text[LINE_BYTES];

	(void)argc;
	snprintf(text, sizeof(text), "%s %s %s", argv[1], argv[2], argv[3]);
	return ask_text(argv, FRAME_TOPIC, text);
}

static int
where(int argc, char **argv)
{
	return ask_text(argv, FRAME_WHERE, argc > 1 ? argv[1] : "");
}

static struct stream *
open_stream(char **argv)
{
	uint32_t number = (uint32_t)strtoul(argv[2], NULL, 10);
	struct stream *stream = stream_open(argv[0], argv[1], number);

	if (stream_partitions(stream) <= number)
		errx(1,
		     "there is no partition %" PRIu32 " of a topic %s, or no "
		     "server",
		     number, argv[1]);
	return stream;
}

static int
produce(int argc, char **argv)
{
	struct stream *stream = open_stream(argv);
	uint8_t texts[4 + RECORD_TEXT_BYTES_MAX + 1];
	struct batch batch = { .count = 1, .texts = texts };

	(void)argc;
	arc4random_buf(&batch.producer, sizeof(batch.producer));
	while (fgets((char *)texts + 4, RECORD_TEXT_BYTES_MAX, stdin) != NULL) {
		size_t length = strcspn((char *)texts + 4, "\n");

		put32(texts, (uint32_t)length);
		batch.length = 4 + length;
		batch.sequence++;
		while (!stream_produce(stream, &batch))
			continue;
	}
	printf("%" PRIu64 " acknowledged\n", batch.sequence);
	stream_close(stream);
	return 0;
}

/** Print the records, until so many are left to be printed. */
static uint64_t
print_records(const struct batch_fetched *fetched, uint64_t left,
	      uint64_t *offset)
{
	struct record record;
	size_t done = 0, more;

	while (left > 0 &&
	       (more = record_get(fetched->records + done,
				  fetched->length - done, &record)) > 0) {
		done += more;
		if (record.offset != *offset)
			errx(1, "record %" PRIu64 " is not there", *offset);
		printf("%.*s\n", (int)record.length, (const char *)record.text);
		++*offset;
		left--;
	}
	fflush(stdout);
	return left;
}

static int
consume(int argc, char **argv)
{
	struct stream *stream = open_stream(argv);
	uint64_t offset = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
	uint64_t left = argc > 4 ? strtoull(argv[4], NULL, 10) : UINT64_MAX;
	struct batch_fetched fetched;

	while (left > 0)
		if (stream_fetch(stream, offset, &fetched))
			left = print_records(&fetched, left, &offset);
	stream_close(stream);
	return 0;
}

/* ----------------------------------------------------------------- the program */

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int least, most;
		int (*run)(int argc, char **argv);
	} verbs[] = {
		{ "run", 2, 3, run },	      { "topic", 4, 4, make_topic },
		{ "where", 1, 2, where },     { "produce", 3, 3, produce },
		{ "consume", 3, 5, consume },
	};

	if (argc > 1 && strcmp(argv[1], "make") == 0)
		return raft_server_make(argc - 1, argv + 1);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (argc >= 2 + verbs[i].least && argc <= 2 + verbs[i].most &&
		    strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(argc - 2, argv + 2);
	fputs(usage_text, stderr);
	return 2;
}
