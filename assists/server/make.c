/*
 * Making a server's folder as a command line says it (server.h, raft_server_make).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "assists/server/make.h"

#define STATUS_USAGE 2

static const char usage_text[] =
    "usage: make FOLDER --id ID --cluster NAME --address HOST:PORT [--join "
    "MEMBER]\n"
    "       make FOLDER --id ID --cluster NAME --first MEMBER,MEMBER,...\n"
    "\n"
    "Makes the folder of a server, once: of a cluster by itself; of one that "
    "is "
    "to\n"
    "join a cluster that runs, of which it is told a member; or of one of "
    "several\n"
    "first ones, each of which is told the same list. MEMBER is ID=HOST:PORT;\n"
    "unix:/PATH may stand for any HOST:PORT.\n"
    "\n"
    "  --note TEXT            goes beside the address, for whoever asks\n"
    "  --listen HOST:PORT     where to listen, if not at the address\n"
    "  --learner              with --join: it shall have no vote\n"
    "  --stands-in S          with --join: likewise, but it takes the place of "
    "a\n"
    "                         voter that was silent for S seconds\n"
    "  --election-timeout MS  of a new cluster, the same on each: 1000\n"
    "  --tls FILES            the servers speak TLS: the folder FILES has "
    "ca.pem,\n"
    "                         node-ID.pem, node-ID.key, and perhaps crl.pem\n"
    "\n"
    "What it is made of stands in FOLDER/server.conf, for you to read and "
    "edit.\n"
    "Exit status: 0 done, 1 refused, 2 bad usage.\n";

enum option_code {
	OPTION_ID = 1,
	OPTION_CLUSTER,
	OPTION_ADDRESS,
	OPTION_NOTE,
	OPTION_LISTEN,
	OPTION_FIRST,
	OPTION_JOIN,
	OPTION_LEARNER,
	OPTION_STANDS_IN,
	OPTION_TIMEOUT,
	OPTION_TLS,
	OPTION_HELP,
};

static const struct option options[] = {
	{ "id", required_argument, NULL, OPTION_ID },
	{ "cluster", required_argument, NULL, OPTION_CLUSTER },
	{ "address", required_argument, NULL, OPTION_ADDRESS },
	{ "note", required_argument, NULL, OPTION_NOTE },
	{ "listen", required_argument, NULL, OPTION_LISTEN },
	{ "first", required_argument, NULL, OPTION_FIRST },
	{ "join", required_argument, NULL, OPTION_JOIN },
	{ "learner", no_argument, NULL, OPTION_LEARNER },
	{ "stands-in", required_argument, NULL, OPTION_STANDS_IN },
	{ "election-timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "tls", required_argument, NULL, OPTION_TLS },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

/** What is to be made. */
struct words {
	const char *folder;
	/** As outrigger-certs makes it; NULL: no TLS. */
	const char *tls;
	struct raft_server_create create;
	struct make_files files;
};

static bool
take_number(const char *option, const char *text, long long max,
	    uint64_t *number)
{
	const char *problem;

	*number = (uint64_t)strtonum(text, 1, max, &problem);
	if (problem != NULL)
		warnx("--%s %s: the number is %s", option, text, problem);
	return problem == NULL;
}

/** False: it was said what is wrong with it, but for an option that is none. */
static bool
take_option(struct words *words, int option, const char *text)
{
	struct raft_server_create *create = &words->create;

	switch (option) {
	case OPTION_ID:
		return take_number("id", text, INT64_MAX, &create->id);
	case OPTION_STANDS_IN:
		return take_number("stands-in", text, 3600,
				   &create->stands_in_seconds);
	case OPTION_TIMEOUT:
		if (!take_number("election-timeout", text, 3600000,
				 &create->election_timeout_us))
			return false;
		create->election_timeout_us *= 1000;
		return true;
	case OPTION_CLUSTER:
		create->cluster = text;
		return true;
	case OPTION_ADDRESS:
		create->address = text;
		return true;
	case OPTION_NOTE:
		create->note = text;
		return true;
	case OPTION_LISTEN:
		create->listen = text;
		return true;
	case OPTION_FIRST:
		create->first = text;
		return true;
	case OPTION_JOIN:
		create->join = text;
		return true;
	case OPTION_LEARNER:
		create->learns = true;
		return true;
	case OPTION_TLS:
		words->tls = text;
		return true;
	default:
		return false;
	}
}

bool
raft__make_find_files(const char *folder, uint64_t id, struct make_files *names,
		      struct raft_tls_files *files)
{
	char path[PATH_MAX];

	if (realpath(folder, path) == NULL)
		return false;
	snprintf(names->certificate, sizeof(names->certificate),
		 "%s/node-%" PRIu64 ".pem", path, id);
	snprintf(names->key, sizeof(names->key), "%s/node-%" PRIu64 ".key",
		 path, id);
	snprintf(names->authorities, sizeof(names->authorities), "%s/ca.pem",
		 path);
	snprintf(names->revocations, sizeof(names->revocations), "%s/crl.pem",
		 path);
	files->certificate = names->certificate;
	files->key = names->key;
	files->authorities = names->authorities;
	if (access(names->revocations, F_OK) == 0)
		files->revocations = names->revocations;
	return true;
}

static int
make(struct words *words)
{
	char error[RAFT_SERVER_ERROR_BYTES];

	if (words->tls != NULL &&
	    !raft__make_find_files(words->tls, words->create.id, &words->files,
				   &words->create.tls)) {
		warn("--tls %s", words->tls);
		return 1;
	}
	if (raft_server_create(words->folder, &words->create, error,
			       sizeof(error)))
		return 0;
	warnx("%s", error);
	return 1;
}

int
raft_server_make(int argc, char **argv)
{
	return raft_server_make_with(NULL, argc, argv);
}

int
raft_server_make_with(const struct raft_server_log *log, int argc, char **argv)
{
	struct words words = { .create.log = log };
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == OPTION_HELP) {
			fputs(usage_text, stdout);
			return 0;
		}
		if (!take_option(&words, option, optarg)) {
			if (option == '?')
				fputs(usage_text, stderr);
			return STATUS_USAGE;
		}
	}
	if (optind + 1 != argc) {
		fputs(usage_text, stderr);
		return STATUS_USAGE;
	}
	words.folder = argv[optind];
	return make(&words);
}
