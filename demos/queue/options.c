/*
 * Reading command lines (options.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "demos/queue/options.h"

#define MESSAGE_BYTES (256u << 10)
#define MESSAGE_BYTES_MAX (16u << 20)

static const struct option known[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "id", required_argument, NULL, 'i' },
	{ "of", required_argument, NULL, 'o' },
	{ "life", required_argument, NULL, 'l' },
	{ "election-timeout", required_argument, NULL, 'e' },
	{ "keys", required_argument, NULL, 'K' },
	{ "seconds", required_argument, NULL, 's' },
	{ "cluster", required_argument, NULL, 'c' },
	{ "broker", required_argument, NULL, 'b' },
	{ "user", required_argument, NULL, 'u' },
	{ "password-file", required_argument, NULL, 'p' },
	{ "ca", required_argument, NULL, 'A' },
	{ "certificate", required_argument, NULL, 'C' },
	{ "key", required_argument, NULL, 'k' },
	{ "qos", required_argument, NULL, 'q' },
	{ "message-bytes", required_argument, NULL, 'm' },
	{ NULL, 0, NULL, 0 },
};

static uint64_t
read_number(const char *name, const char *text, long long least, long long most)
{
	const char *wrong = NULL;
	long long number = strtonum(text, least, most, &wrong);

	if (wrong != NULL)
		errx(2, "--%s %s: %s", name, text, wrong);
	return (uint64_t)number;
}

/* The first line of a file: others can read a command line. */
static const char *
read_password(const char *path)
{
	static char line[256];
	FILE *file = fopen(path, "r");

	if (file == NULL || fgets(line, sizeof(line), file) == NULL)
		err(1, "%s", path);
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	return line;
}

/* A topic must not become another one by it, nor all of them. */
static const char *
read_cluster(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"
				     "OPQRSTUVWXYZ0123456789.-_");

	if (length == 0 || length > 64 || name[length] != '\0')
		errx(2, "--cluster %s: 1 to 64 letters, digits, and any of .-_",
		     name);
	return name;
}

static void
take(struct options *o, int option, const char *name)
{
	switch (option) {
	case 'i':
		o->id = read_number(name, optarg, 1, 255);
		break;
	case 'o':
		o->count = read_number(name, optarg, 1, 255);
		break;
	case 'l':
		o->life = read_number(name, optarg, 1, LLONG_MAX);
		break;
	case 'e':
		o->election_timeout_ms = read_number(name, optarg, 10, 600000);
		break;
	case 'K':
		o->keys = optarg;
		break;
	case 's':
		o->seconds = read_number(name, optarg, 1, 1000000);
		break;
	case 'c':
		o->cluster = read_cluster(optarg);
		break;
	case 'b':
		o->broker.place = optarg;
		break;
	case 'u':
		o->broker.user = optarg;
		break;
	case 'p':
		o->broker.password = read_password(optarg);
		break;
	case 'A':
		o->broker.authority = optarg;
		break;
	case 'C':
		o->broker.certificate = optarg;
		break;
	case 'k':
		o->broker.key = optarg;
		break;
	case 'q':
		o->broker.qos = (int)read_number(name, optarg, 0, 1);
		break;
	case 'm':
		o->broker.message_bytes_max =
		    read_number(name, optarg, 1024, MESSAGE_BYTES_MAX);
		break;
	default:
		errx(2, "--help says how it is called");
	}
}

void
options_read(int argc, char **argv, const char *usage, struct options *o)
{
	int option, place = 0;

	*o = (struct options){
		.election_timeout_ms = 1000,
		.broker.message_bytes_max = MESSAGE_BYTES,
	};
	while ((option = getopt_long(argc, argv, "+h", known, &place)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			exit(0);
		}
		take(o, option, known[place].name);
	}
	if (o->cluster == NULL || o->broker.place == NULL)
		errx(2, "--cluster and --broker are needed; --help");
	o->rest = argv + optind;
	o->broker.trial_topic = options_topic(o, "trial", o->trial_topic);
}

const char *
options_topic(const struct options *o, const char *name,
	      char topic[TOPIC_BYTES])
{
	snprintf(topic, TOPIC_BYTES, "outrigger/%s/%s", o->cluster, name);
	return topic;
}
