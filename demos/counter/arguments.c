/*
 * Parsing the command line (arguments.h).
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

#include "demos/counter/arguments.h"

#define STATUS_USAGE 2

static const char usage_text[] =
    "usage: counter new --dir BASE --nodes LIST [--election-timeout MS]\n"
    "       counter new --dir BASE --nodes LIST --join HOST:CLIENT-PORT\n"
    "                   [--stands-in S]\n"
    "       counter run --dir BASE/ID [--snapshot-every N]\n"
    "                   [--client-idle S] [--tls PKI [--certificate-of ID]]\n"
    "       counter ask HOST:CLIENT-PORT LINE\n"
    "       counter load --nodes LIST [--seconds S] [--workers W] "
    "[--progress]\n"
    "\n"
    "A counter kept by several servers, each a process of its own.\n"
    "\n"
    "  new   makes a folder BASE/ID for each server of a new cluster, to be\n"
    "        moved to its machine, and prints LIST; with --join makes one for\n"
    "        the one server of LIST, which is to join the cluster of the "
    "server\n"
    "        at HOST, and prints the line to say to its leader; it is to "
    "vote,\n"
    "        or with --stands-in to take the place of a voter that has not "
    "been\n"
    "        heard for S seconds\n"
    "  run   runs one server, until it is killed: it keeps what it promised;\n"
    "        a snapshot every N entries (10000) keeps its log short; a client\n"
    "        that says nothing for S seconds (60) is let go;\n"
    "        with --tls the servers speak TLS, with the files that\n"
    "        outrigger-certs puts into PKI, read again at SIGHUP; it may show\n"
    "        the certificate of another server, to see itself refused\n"
    "  ask   sends one line to a server and prints its answer\n"
    "  load  adds 1, again and again, through whichever server leads, each\n"
    "        until it is acknowledged; tells how many were, how many were\n"
    "        left open, and how many had to be sent again\n"
    "\n"
    "LIST is ID=HOST:PORT:CLIENT-PORT,... with a port for the other servers\n"
    "and one for clients. --loopback COUNT instead of --nodes picks IDs, and\n"
    "free ports of 127.0.0.1. The election timeout is 500 ms; load takes 10 s\n"
    "with 8 workers.\n"
    "\n"
    "A LINE is what can be typed into such a port, too:\n"
    "  session          ok SESSION, which remembers its last addition\n"
    "  add N SESSION K  the leader adds N; ok VALUE when a majority has it on\n"
    "                   disk; K, from 1 on, tells a session's additions\n"
    "                   apart: sent again, the K-th counts once\n"
    "  add N            the same without a session: sent twice, it counts "
    "twice\n"
    "  get              ok VALUE, with all that was acknowledged before; from\n"
    "                   any server\n"
    "  status           what this server itself knows\n"
    "  members          who is in the cluster, as far as this server knows\n"
    "  join ID=HOST:PORT:CLIENT-PORT INCARNATION [stands-in S]\n"
    "                   the leader lets a server in; it votes as soon as it "
    "has\n"
    "                   caught up, or stands in for a voter that is silent\n"
    "  leave ID         the leader lets a server go, perhaps itself, which "
    "ends\n"
    "                   then. One that lost its disk leaves, and joins anew\n"
    "\n"
    "Exit status: 0 done, 1 it could not be done, 2 bad usage.\n";

enum option_code {
	OPTION_DIR = 1,
	OPTION_NODES,
	OPTION_LOOPBACK,
	OPTION_JOIN,
	OPTION_STANDS_IN,
	OPTION_TLS,
	OPTION_CERTIFICATE,
	OPTION_TIMEOUT,
	OPTION_SNAPSHOT,
	OPTION_IDLE,
	OPTION_SECONDS,
	OPTION_WORKERS,
	OPTION_PROGRESS,
	OPTION_HELP,
};

static const struct option options[] = {
	{ "dir", required_argument, NULL, OPTION_DIR },
	{ "nodes", required_argument, NULL, OPTION_NODES },
	{ "loopback", required_argument, NULL, OPTION_LOOPBACK },
	{ "join", required_argument, NULL, OPTION_JOIN },
	{ "stands-in", required_argument, NULL, OPTION_STANDS_IN },
	{ "tls", required_argument, NULL, OPTION_TLS },
	{ "certificate-of", required_argument, NULL, OPTION_CERTIFICATE },
	{ "election-timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "snapshot-every", required_argument, NULL, OPTION_SNAPSHOT },
	{ "client-idle", required_argument, NULL, OPTION_IDLE },
	{ "seconds", required_argument, NULL, OPTION_SECONDS },
	{ "workers", required_argument, NULL, OPTION_WORKERS },
	{ "progress", no_argument, NULL, OPTION_PROGRESS },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

/** The verbs, and which options each takes, a bit each. */
static const struct {
	const char *name;
	unsigned int takes;
} verbs[] = {
	[VERB_NEW] = { "new", 1u << OPTION_DIR | 1u << OPTION_NODES |
				  1u << OPTION_LOOPBACK | 1u << OPTION_JOIN |
				  1u << OPTION_STANDS_IN |
				  1u << OPTION_TIMEOUT },
	[VERB_RUN] = { "run", 1u << OPTION_DIR | 1u << OPTION_TLS |
				  1u << OPTION_CERTIFICATE |
				  1u << OPTION_SNAPSHOT | 1u << OPTION_IDLE },
	[VERB_ASK] = { "ask", 0 },
	[VERB_LOAD] = { "load", 1u << OPTION_NODES | 1u << OPTION_SECONDS |
				    1u << OPTION_WORKERS |
				    1u << OPTION_PROGRESS },
};

static _Noreturn void
show_usage(int status)
{
	fputs(usage_text, status == 0 ? stdout : stderr);
	exit(status);
}

static unsigned int
parse_number(const char *option, const char *text, unsigned int max)
{
	const char *problem;
	unsigned int number = (unsigned int)strtonum(text, 1, max, &problem);

	if (problem != NULL)
		errx(STATUS_USAGE, "--%s %s: the number is %s (1 to %u)",
		     option, text, problem, max);
	return number;
}

static void
parse_list(const char *text, struct servers *servers)
{
	const char *problem = servers_parse(text, servers);

	if (problem != NULL)
		errx(STATUS_USAGE, "--nodes %s: %s", text, problem);
}

static void
take_place(struct arguments *arguments, const char *what, const char *text)
{
	if (!place_parse(text, arguments->host, &arguments->port))
		errx(STATUS_USAGE, "%s: %s is not HOST:CLIENT-PORT", what,
		     text);
}

static void
take_option(struct arguments *arguments, int option, const char *text)
{
	switch (option) {
	case OPTION_DIR:
		arguments->folder = text;
		break;
	case OPTION_TLS:
		arguments->secure.pki = text;
		break;
	case OPTION_CERTIFICATE:
		arguments->secure.certificate_of =
		    parse_number("certificate-of", text, UINT_MAX);
		break;
	case OPTION_NODES:
		parse_list(text, &arguments->servers);
		break;
	case OPTION_LOOPBACK:
		arguments->loopback =
		    parse_number("loopback", text, SERVERS_MAX);
		break;
	case OPTION_JOIN:
		take_place(arguments, "--join", text);
		arguments->joins = true;
		break;
	case OPTION_STANDS_IN:
		arguments->stands_in_s =
		    parse_number("stands-in", text, STANDS_IN_S_MAX);
		break;
	case OPTION_TIMEOUT:
		arguments->election_timeout_us =
		    1000ull * parse_number("election-timeout", text, 3600000);
		break;
	case OPTION_SNAPSHOT:
		arguments->snapshot_every =
		    parse_number("snapshot-every", text, 1000000000);
		break;
	case OPTION_IDLE:
		arguments->client_idle_s =
		    parse_number("client-idle", text, 86400);
		break;
	case OPTION_SECONDS:
		arguments->seconds = parse_number("seconds", text, 86400);
		break;
	case OPTION_WORKERS:
		arguments->workers = parse_number("workers", text, 256);
		break;
	case OPTION_PROGRESS:
		arguments->progress = true;
		break;
	}
}

static enum verb
parse_verb(const char *text)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(text, verbs[i].name) == 0)
			return (enum verb)i;
	if (strcmp(text, "--help") == 0 || strcmp(text, "help") == 0)
		show_usage(0);
	errx(STATUS_USAGE, "there is no '%s': try counter --help", text);
}

static void
take_question(struct arguments *arguments, char *argv[])
{
	if (argv[0] == NULL || argv[1] == NULL || argv[2] != NULL)
		errx(STATUS_USAGE, "ask: HOST:CLIENT-PORT and one LINE");
	take_place(arguments, "ask", argv[0]);
	arguments->line = argv[1];
}

static void
check_needs(const struct arguments *arguments)
{
	const char *name = verbs[arguments->verb].name;

	if (arguments->folder == NULL &&
	    (verbs[arguments->verb].takes & 1u << OPTION_DIR) != 0)
		errx(STATUS_USAGE, "%s: --dir is needed", name);
	if (arguments->servers.count + arguments->loopback == 0 &&
	    (verbs[arguments->verb].takes & 1u << OPTION_NODES) != 0)
		errx(STATUS_USAGE, "%s: which servers? try counter --help",
		     name);
	if (arguments->servers.count > 0 && arguments->loopback > 0)
		errx(STATUS_USAGE, "%s: --nodes or --loopback, not both", name);
	if (arguments->joins &&
	    arguments->servers.count + arguments->loopback != 1)
		errx(STATUS_USAGE, "%s: servers join one at a time", name);
	if (arguments->stands_in_s > 0 && !arguments->joins)
		errx(STATUS_USAGE, "%s: --stands-in goes with --join", name);
}

void
arguments_parse(int argc, char *argv[], struct arguments *arguments)
{
	int option;

	if (argc < 2)
		show_usage(STATUS_USAGE);
	*arguments = (struct arguments){
		.verb = parse_verb(argv[1]),
		.election_timeout_us = 500000,
		.snapshot_every = 10000,
		.client_idle_s = 60,
		.seconds = 10,
		.workers = 8,
	};
	argc--;
	argv++;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			exit(STATUS_USAGE);
		if (option == OPTION_HELP)
			show_usage(0);
		if ((verbs[arguments->verb].takes & 1u << option) == 0)
			errx(STATUS_USAGE, "%s does not take --%s", argv[0],
			     options[option - 1].name);
		take_option(arguments, option, optarg);
	}
	if (arguments->verb == VERB_ASK)
		take_question(arguments, argv + optind);
	else if (argv[optind] != NULL)
		errx(STATUS_USAGE, "%s: what is '%s'?", argv[0], argv[optind]);
	check_needs(arguments);
}
