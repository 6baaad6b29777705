/*
 * outrigger-log: what can be done with the folder of a server that does not run
 * (rescue.h), for a person.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assists/rescue/inside.h"
#include "assists/rescue/json.h"
#include "assists/rescue/progress.h"
#include "assists/server/make.h"

static const char usage_text[] =
    "usage: outrigger-log show FOLDER|BACKUP [--json]\n"
    "       outrigger-log verify FOLDER|BACKUP [--json]\n"
    "       outrigger-log dump FOLDER [--from N] [--to N] [--hex]\n"
    "       outrigger-log export FOLDER BACKUP\n"
    "       outrigger-log import BACKUP FOLDER --id N --cluster NAME\n"
    "                     --address HOST:PORT [--note TEXT]\n"
    "                     [--listen HOST:PORT] [--election-timeout MS]\n"
    "                     [--tls FILES]\n"
    "       outrigger-log recover FOLDER [--compare FOLDER]...\n"
    "                     [--even-if-removed] [--confirm NAME]\n"
    "\n"
    "FOLDER is a server's, which must not run, but for export.\n"
    "\n"
    "  show     whose it is, what is in it, and what a start would load\n"
    "  verify   the same, and 1 as the exit status if anything is damaged\n"
    "           (--json: a line for scripts)\n"
    "  dump     the entries of the log, one a line\n"
    "  export   make a backup of the newest snapshot\n"
    "  import   make the first server of a new cluster from a backup\n"
    "  recover  a majority is lost for good: have this server go on alone\n"
    "\n"
    "show, verify and dump change nothing. Exit status: 0 done, 1 refused or\n"
    "damaged, 2 bad usage.\n";

enum {
	OPTION_FROM = 256,
	OPTION_TO,
	OPTION_HEX,
	OPTION_ID,
	OPTION_CLUSTER,
	OPTION_ADDRESS,
	OPTION_NOTE,
	OPTION_LISTEN,
	OPTION_TIMEOUT,
	OPTION_TLS,
	OPTION_COMPARE,
	OPTION_REMOVED,
	OPTION_CONFIRM,
	OPTION_JSON,
	OPTION_END,
};

static const struct option options[] = {
	{ "from", required_argument, NULL, OPTION_FROM },
	{ "to", required_argument, NULL, OPTION_TO },
	{ "hex", no_argument, NULL, OPTION_HEX },
	{ "id", required_argument, NULL, OPTION_ID },
	{ "cluster", required_argument, NULL, OPTION_CLUSTER },
	{ "address", required_argument, NULL, OPTION_ADDRESS },
	{ "note", required_argument, NULL, OPTION_NOTE },
	{ "listen", required_argument, NULL, OPTION_LISTEN },
	{ "election-timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "tls", required_argument, NULL, OPTION_TLS },
	{ "compare", required_argument, NULL, OPTION_COMPARE },
	{ "even-if-removed", no_argument, NULL, OPTION_REMOVED },
	{ "confirm", required_argument, NULL, OPTION_CONFIRM },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/** What was said on the command line. */
static struct raft_rescue_range range;
static struct raft_server_create create;
/** A folder as outrigger-certs makes it; NULL: no TLS. */
static const char *tls;
static const char *others[RAFT_MEMBERS_MAX];
static size_t other_count;
static bool even_if_removed;
static const char *confirmed;
static bool is_json;

static char error[RAFT_SERVER_ERROR_BYTES];

static void
usage(void)
{
	fputs(usage_text, stderr);
	exit(2);
}

static uint64_t
read_number(const char *text, const char *what, long long most)
{
	const char *wrong;
	uint64_t number = (uint64_t)strtonum(text, 1, most, &wrong);

	if (wrong != NULL)
		errx(2, "--%s %s: %s", what, text, wrong);
	return number;
}

/** What was refused or found. */
static int
end(bool done)
{
	progress_pause(true);
	if (fflush(stdout) != 0 || ferror(stdout) != 0)
		err(1, "standard output");
	if (!done)
		errx(1, "%s", error);
	return 0;
}

/* ------------------------------------------------------------------- looking */

static void
show_backup(const struct raft_rescue_backup *backup)
{
	char date[SHOW_DATE_BYTES];

	raft__show_date(backup->made_at, date);
	printf("backup of cluster %s, taken of server %" PRIu64
	       ", incarnation %" PRIx64 ", at %s\n",
	       backup->cluster, backup->server.id, backup->server.incarnation,
	       date);
	raft__show_date(backup->state_at, date);
	if (backup->state_at != 0)
		printf("state of %s, at the latest\n", date);
	printf("snapshot of entry %" PRIu64 " of term %" PRIu64 ", %" PRIu64
	       " bytes, every one as it was written\n",
	       backup->snapshot.index, backup->snapshot.term, backup->bytes);
}

static bool
is_file(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static int
look_at_backup(const char *path)
{
	struct raft_rescue_backup backup;
	bool is_sound = raft_rescue_check(path, &backup, error, sizeof(error));

	if (is_sound && is_json)
		json_backup(&backup, stdout);
	else if (is_sound)
		show_backup(&backup);
	return end(is_sound);
}

static int
look_at(const char *path, bool strict,
	bool (*look)(const char *folder, FILE *out, char *text, size_t size))
{
	if (is_file(path))
		return look_at_backup(path);
	return end(is_json
		       ? json_survey(path, strict, stdout, error, sizeof(error))
		       : look(path, stdout, error, sizeof(error)));
}

static int
show(char **arguments)
{
	return look_at(arguments[0], false, raft_rescue_show);
}

static int
verify(char **arguments)
{
	return look_at(arguments[0], true, raft_rescue_verify);
}

static int
dump(char **arguments)
{
	return end(raft_rescue_dump(arguments[0], &range, stdout, error,
				    sizeof(error)));
}

/* ------------------------------------------------------------------- backups */

static int
make_backup(char **arguments)
{
	struct raft_rescue_backup backup;
	bool done = raft_rescue_export(arguments[0], arguments[1], &backup,
				       error, sizeof(error));

	if (done)
		show_backup(&backup);
	return end(done);
}

static int
restore(char **arguments)
{
	char cluster[RAFT_RESCUE_CLUSTER_BYTES];
	struct make_files files;
	bool done;

	if (create.id == 0 || create.cluster == NULL || create.address == NULL)
		errx(2, "import needs --id, --cluster and --address");
	if (tls != NULL &&
	    !raft__make_find_files(tls, create.id, &files, &create.tls))
		err(1, "--tls %s", tls);
	done = raft_rescue_import(arguments[0], arguments[1], &create, cluster,
				  error, sizeof(error));
	if (done)
		printf("%s: a server of cluster %s, by itself: start it, then "
		       "others join that cluster\n",
		       arguments[1], cluster);
	return end(done);
}

/* ------------------------------------------------------------------ recovery */

static bool
confirm(void *context, const char *text, const char *cluster)
{
	const char *said = confirmed;
	char line[256] = "";

	(void)context;
	progress_pause(true);
	fputs(text, stdout);
	if (said == NULL) {
		printf("Type the name of the cluster, %s, to have it so: ",
		       cluster);
		fflush(stdout);
		said = fgets(line, sizeof(line), stdin);
		line[strcspn(line, "\n")] = '\0';
	}
	progress_pause(false);
	return said != NULL && strcmp(said, cluster) == 0;
}

static int
recover(char **arguments)
{
	struct raft_rescue_recovery recovery = {
		.others = others,
		.other_count = other_count,
		.even_if_removed = even_if_removed,
		.cluster = confirmed,
		.confirm = confirm,
	};
	char cluster[RAFT_RESCUE_CLUSTER_BYTES];
	bool done = raft_rescue_recover(arguments[0], &recovery, cluster, error,
					sizeof(error));

	if (done)
		printf("done: %s is of cluster %s, by itself. What was there "
		       "before is in its folder before-*: delete that when all "
		       "is well\n",
		       arguments[0], cluster);
	return end(done);
}

/* ----------------------------------------------------------------- arguments */

static const struct verb {
	const char *name;
	/** Beside the verb. */
	int arguments;
	int (*run)(char **arguments);
	/** The options that it knows, from the first to the last. */
	int first, last;
} verbs[] = {
	{ "show", 1, show, OPTION_JSON, OPTION_JSON },
	{ "verify", 1, verify, OPTION_JSON, OPTION_JSON },
	{ "dump", 1, dump, OPTION_FROM, OPTION_HEX },
	{ "export", 2, make_backup, 0, 0 },
	{ "import", 2, restore, OPTION_ID, OPTION_TLS },
	{ "recover", 1, recover, OPTION_COMPARE, OPTION_CONFIRM },
};

static void
take_text(int option)
{
	const char **const texts[OPTION_END] = {
		[OPTION_CLUSTER] = &create.cluster,
		[OPTION_ADDRESS] = &create.address,
		[OPTION_NOTE] = &create.note,
		[OPTION_LISTEN] = &create.listen,
		[OPTION_TLS] = &tls,
		[OPTION_CONFIRM] = &confirmed,
	};

	*texts[option] = optarg;
}

static void
take_option(int option)
{
	switch (option) {
	case OPTION_FROM:
		range.first = read_number(optarg, "from", LLONG_MAX);
		break;
	case OPTION_TO:
		range.last = read_number(optarg, "to", LLONG_MAX);
		break;
	case OPTION_HEX:
		range.hex = true;
		break;
	case OPTION_JSON:
		is_json = true;
		break;
	case OPTION_ID:
		create.id = read_number(optarg, "id", LLONG_MAX);
		break;
	case OPTION_TIMEOUT:
		create.election_timeout_us =
		    1000 * read_number(optarg, "election-timeout", 3600000);
		break;
	case OPTION_COMPARE:
		if (other_count == RAFT_MEMBERS_MAX)
			errx(2, "--compare: too many");
		others[other_count++] = optarg;
		break;
	case OPTION_REMOVED:
		even_if_removed = true;
		break;
	default:
		take_text(option);
	}
}

static const struct verb *
find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	usage();
	return NULL;
}

int
main(int argc, char **argv)
{
	bool given[OPTION_END] = { false };
	const struct verb *verb;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage_text, stdout);
			return 0;
		}
		if (option == '?')
			usage();
		given[option] = true;
		take_option(option);
	}
	if (optind == argc)
		usage();
	verb = find_verb(argv[optind]);
	for (option = OPTION_FROM; option < OPTION_END; option++)
		if (given[option] &&
		    (option < verb->first || option > verb->last))
			usage();
	if (argc - optind - 1 != verb->arguments)
		usage();
	/* A dump shows by itself how far it is. */
	if (verb->run != dump || isatty(STDOUT_FILENO) == 0)
		progress_begin();
	return verb->run(argv + optind + 1);
}
