/*
 * outrigger-ctl: asks a running server how it is, and changes its cluster.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * It speaks to the socket in the server's folder (admin.h).
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "assists/admin/place.h"
#include "assists/admin/show.h"
#include "assists/admin/talk.h"

/** Exit statuses. */
enum {
	DONE = 0,
	FAILED = 1,
	MISUSED = 2,
	NOBODY = 3,
	UNKNOWN = 4,
};

#define ARGUMENTS_MAX 4
/** Seconds for what is answered at once, and for what takes its time. */
#define SOON 10
#define LATER 60
/** Of a change the server says first that time is over. */
#define GRACE 2
#define WATCH_PAUSE_MS 500
/** Of a terminal. */
#define CLEAR "\033[H\033[J"

static const char usage_text[] =
    "usage: outrigger-ctl FOLDER VERB [ARGUMENT...] [OPTION...]\n"
    "\n"
    "  status        how this server is, and its cluster as it knows it\n"
    "  watch         the same, twice a second; --count N: so many times\n"
    "\n"
    "  add ID INCARNATION ADDRESS\n"
    "                let a server in, with a vote once it has caught up\n"
    "  learn ID INCARNATION ADDRESS\n"
    "                likewise, without a vote\n"
    "  remove ID     let a server go\n"
    "  promote ID    give a server a vote, once it has caught up\n"
    "  demote ID     take it away; the server goes on getting the log\n"
    "  replace OLD ID [INCARNATION ADDRESS]\n"
    "                let ID in, unless it is, and once it votes let OLD go\n"
    "  stand-in ID SECONDS [INCARNATION ADDRESS]\n"
    "                let ID in, unless it is; it takes the place of a voter that was\n"
    "                silent for so long\n"
    "  move ID ADDRESS\n"
    "                server ID is reached there from now on\n"
    "  transfer ID   hand leadership over to a server\n"
    "  step-down     hand leadership over to whoever is furthest\n"
    "  leases MILLIONTHS\n"
    "                leaders hold leases, by clocks that are off by so much at most;\n"
    "                0: no more. Each voter's build has the module fencing\n"
    "\n"
    "  snapshot      have this server take a snapshot, and wait for it\n"
    "  reload        have this server read its certificates again\n"
    "  metrics       the metrics of this server, in Prometheus' text format\n"
    "\n"
    "FOLDER is that of a running server of this machine; any of the cluster will\n"
    "do where it is about the cluster. ADDRESS is HOST:PORT, or 'HOST:PORT NOTE'.\n"
    "INCARNATION stands in the server.conf of the server that is to come.\n"
    "\n"
    "--json: what the server says, a line each. --timeout SECONDS: 60 for changes\n"
    "and snapshots, else 10. --help: this.\n"
    "\n"
    "Exit status: 0 done, 1 refused or failed, 2 called wrongly, 3 no server runs\n"
    "there, 4 it may be done, or be done yet.\n";

/** What an argument is called in a request. */
enum field {
	NO_FIELD,
	ID,
	REPLACED,
	INCARNATION,
	ADDRESS,
	SECONDS,
	MILLIONTHS,
};

static const char *const field_names[] = {
	[ID] = "id",
	[REPLACED] = "replaced",
	[INCARNATION] = "incarnation",
	[ADDRESS] = "address",
	[SECONDS] = "stands_in_seconds",
	[MILLIONTHS] = "clock_drift",
};

static const struct verb {
	const char *name;
	enum field arguments[ARGUMENTS_MAX];
	int least, most;
	/** It takes its time, and may be done although nobody says so. */
	bool changes;
	/** Said when it is done, with the first argument and the second. */
	const char *done;
} verbs[] = {
	{ "status", { 0 }, 0, 0, false, NULL },
	{ "watch", { 0 }, 0, 0, false, NULL },
	{ "add",
	  { ID, INCARNATION, ADDRESS },
	  3,
	  3,
	  true,
	  "server %s is in the cluster, and votes" },
	{ "learn",
	  { ID, INCARNATION, ADDRESS },
	  3,
	  3,
	  true,
	  "server %s is in the cluster, without a vote" },
	{ "remove", { ID }, 1, 1, true, "server %s is not in the cluster" },
	{ "promote", { ID }, 1, 1, true, "server %s votes" },
	{ "demote", { ID }, 1, 1, true, "server %s does not vote" },
	{ "replace",
	  { REPLACED, ID, INCARNATION, ADDRESS },
	  2,
	  4,
	  true,
	  "server %s is not in the cluster, and server %s votes" },
	{ "stand-in",
	  { ID, SECONDS, INCARNATION, ADDRESS },
	  2,
	  4,
	  true,
	  "server %s stands in for a voter that is silent for %s s" },
	{ "move",
	  { ID, ADDRESS },
	  2,
	  2,
	  true,
	  "server %s is at %s, for all others" },
	{ "transfer", { ID }, 1, 1, true, "server %s leads" },
	{ "step-down", { 0 }, 0, 0, true, "another server leads" },
	{ "leases",
	  { MILLIONTHS },
	  1,
	  1,
	  true,
	  "leases hold for clocks that are off by %s millionths" },
	{ "snapshot", { 0 }, 0, 0, true, "the snapshot is there" },
	{ "reload",
	  { 0 },
	  0,
	  0,
	  false,
	  "what there is of certificates was read again" },
	{ "metrics", { 0 }, 0, 0, false, NULL },
};

#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

static const char *folder;
static const struct verb *verb;
static char **arguments;
static bool is_json;
/** Tables for people who look on. */
static bool is_terminal;
static unsigned int timeout_seconds;
/** Of watch; 0: for ever. */
static uint64_t count;

/* ------------------------------------------------------------- what is wrong */

__attribute__((format(printf, 1, 2))) _Noreturn static void
misused(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vwarnx(format, list);
	va_end(list);
	fputs("outrigger-ctl --help says how it is called\n", stderr);
	exit(MISUSED);
}

static bool
has(const char *name)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/%s", folder, name) <
		   (int)sizeof(path) &&
	       access(path, F_OK) == 0;
}

static const char *
owner(void)
{
	const struct passwd *user;
	static char number[32];
	struct stat its;

	if (stat(folder, &its) != 0)
		return "somebody else";
	user = getpwuid(its.st_uid);
	snprintf(number, sizeof(number), "user %u", its.st_uid);
	return user != NULL ? user->pw_name : number;
}

/** Nobody could be spoken to: why, and what to do. */
static int
explain(int error)
{
	if (error == EACCES || error == EPERM) {
		warnx("%s: it belongs to %s, who alone may speak to this "
		      "server: ask as that user",
		      folder, owner());
		return FAILED;
	}
	if (error == ETIMEDOUT) {
		warnx("%s: the server does not answer: it is busy, or stopped, "
		      "or speaks to too many others",
		      folder);
		return FAILED;
	}
	if (error != ENOENT && error != ENOTDIR && error != ECONNREFUSED) {
		warnx("%s/" ADMIN_SOCKET_NAME ": %s", folder, strerror(error));
		return FAILED;
	}
	if (access(folder, F_OK) != 0)
		warnx("%s: there is no such folder", folder);
	else if (!has("server.conf"))
		warnx("%s: that is not the folder of a server: it has no "
		      "server.conf",
		      folder);
	else if (error == ECONNREFUSED)
		warnx("%s: the server that ran here has died: start its "
		      "program again",
		      folder);
	else
		warnx("%s: no server runs here: start its program, which has "
		      "to open an admin socket",
		      folder);
	return NOBODY;
}

/** The conversation broke off. */
static int
explain_silence(int error)
{
	if (!verb->changes && error == ECONNRESET) {
		warnx("%s: the server has closed the connection, without an "
		      "answer",
		      folder);
		return FAILED;
	}
	if (!verb->changes)
		return explain(error);
	warnx("%s: %s: it may be done by now, or be done yet. Look at the "
	      "status, and ask again",
	      folder,
	      error == ECONNRESET ? "the server has gone" : strerror(error));
	return UNKNOWN;
}

/** Nobody takes for an answer what did not get out. */
static int
finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	warnx("standard output: not all of it could be written");
	return status == DONE ? FAILED : status;
}

/* ------------------------------------------------------------------ requests */

static json_t *
make_request(void)
{
	json_t *request = json_object();

	json_object_set_new(
	    request, "verb",
	    json_string(strcmp(verb->name, "watch") == 0 ? "status"
							 : verb->name));
	for (int i = 0; arguments[i] != NULL; i++) {
		json_t *text = json_string(arguments[i]);

		if (text == NULL)
			misused("'%s' is no text", arguments[i]);
		json_object_set_new(request, field_names[verb->arguments[i]],
				    text);
	}
	json_object_set_new(request, "timeout_seconds",
			    json_integer(timeout_seconds));
	return request;
}

static void
show_progress(const json_t *said)
{
	show_text(stderr, json_string_value(json_object_get(said, "progress")));
	putc('\n', stderr);
}

/** What is said until the answer comes. NULL: with errno set. */
static json_t *
hear_answer(struct talk *talk)
{
	const char *line;

	while ((line = talk_hear(talk)) != NULL) {
		json_t *said = json_loads(line, 0, NULL);
		bool is_progress =
		    json_is_string(json_object_get(said, "progress"));

		if (said == NULL)
			errx(FAILED, "%s: the server says what is no JSON",
			     folder);
		if (is_json)
			puts(line);
		else if (is_progress)
			show_progress(said);
		fflush(stdout);
		if (!is_progress)
			return said;
		json_decref(said);
	}
	return NULL;
}

/** NULL: with errno set. */
static json_t *
ask(struct talk *talk, const json_t *request)
{
	talk_extend(talk, timeout_seconds + (verb->changes ? GRACE : 0));
	/* Who refuses to hear more may have said why. */
	if (!talk_say(talk, request) && errno != EPIPE)
		return NULL;
	return hear_answer(talk);
}

/** The status that an answer stands for; what is wrong is said. */
static int
judge(const json_t *answer)
{
	const char *result =
	    json_string_value(json_object_get(answer, "result"));
	const char *why = json_string_value(json_object_get(answer, "why"));

	if (result != NULL && strcmp(result, "OK") == 0)
		return DONE;
	fprintf(stderr, "outrigger-ctl: %s: ", folder);
	show_text(stderr, result != NULL ? result : "no result");
	if (why != NULL) {
		fputs(": ", stderr);
		show_text(stderr, why);
	}
	putc('\n', stderr);
	return result != NULL && strcmp(result, "UNKNOWN") == 0 ? UNKNOWN
								: FAILED;
}

/* -------------------------------------------------------------------- verbs */

static void
show_done(void)
{
	printf(verb->done, arguments[0], arguments[0] != NULL ? arguments[1]
							      : NULL);
	putchar('\n');
}

static void
show_metrics(const json_t *answer)
{
	const char *text =
	    json_string_value(json_object_get(answer, "metrics"));

	if (text == NULL)
		errx(FAILED, "%s: there are no metrics in the server's answer",
		     folder);
	fputs(text, stdout);
}

static void
show_answer(const json_t *answer)
{
	if (strcmp(verb->name, "metrics") == 0)
		show_metrics(answer);
	else if (verb->done == NULL)
		show_status(stdout, answer);
	else
		show_done();
}

static int
run_verb(void)
{
	json_t *request = make_request(), *answer;
	struct talk talk;
	int status;

	if (!talk_open(&talk, folder, timeout_seconds)) {
		json_decref(request);
		return explain(errno);
	}
	answer = ask(&talk, request);
	status = answer != NULL ? judge(answer) : explain_silence(errno);
	if (status == DONE && !is_json)
		show_answer(answer);
	json_decref(answer);
	json_decref(request);
	talk_close(&talk);
	return status;
}

static void
pause_watching(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = WATCH_PAUSE_MS * 1000000L },
		  NULL);
}

/** On a terminal each table takes the place of the last; in one write, so that it
 *  does not flicker. */
static void
show_frame(const json_t *answer)
{
	char *text = NULL;
	size_t length = 0;
	FILE *frame = open_memstream(&text, &length);

	if (frame == NULL)
		err(FAILED, "memory");
	fputs(is_terminal ? CLEAR : "", frame);
	show_status(frame, answer);
	fputs(is_terminal ? "" : "\n", frame);
	fclose(frame);
	fwrite(text, 1, length, stdout);
	fflush(stdout);
	free(text);
}

/** So do sentences about one that has gone. */
static void
clear_terminal(void)
{
	int error = errno;

	fputs(is_terminal ? CLEAR : "", stdout);
	fflush(stdout);
	errno = error;
}

/** Who has been answered gives way when others come: he dials anew. */
static int
look(struct talk *talk, const json_t *request)
{
	bool was_open = talk->fd >= 0;
	json_t *answer;
	int status;

	if (talk->fd < 0 && !talk_open(talk, folder, timeout_seconds)) {
		clear_terminal();
		return explain(errno);
	}
	answer = ask(talk, request);
	if (answer == NULL && errno == ECONNRESET && was_open) {
		talk_close(talk);
		return look(talk, request);
	}
	if (answer == NULL) {
		clear_terminal();
		status = explain_silence(errno);
		talk_close(talk);
		return status;
	}
	status = judge(answer);
	if (status == DONE && !is_json)
		show_frame(answer);
	json_decref(answer);
	return status;
}

/** A terminal outlives the server that it shows. */
static int
watch(void)
{
	json_t *request = make_request();
	struct talk talk = { .fd = -1 };
	bool was_there = false;
	int status;

	is_terminal = !is_json && isatty(STDOUT_FILENO) == 1;
	for (uint64_t i = 0; count == 0 || i < count; i++) {
		if (i > 0)
			pause_watching();
		status = look(&talk, request);
		was_there |= status == DONE;
		if (ferror(stdout) ||
		    (status != DONE && !(is_terminal && was_there)))
			break;
	}
	json_decref(request);
	talk_close(&talk);
	return status;
}

/* ---------------------------------------------------------------- arguments */

static unsigned int
read_number(const char *option, const char *text, unsigned int most)
{
	const char *error;
	long long number = strtonum(text, 1, most, &error);

	if (error != NULL)
		misused("%s %s: a number from 1 to %u", option, text, most);
	return (unsigned int)number;
}

static void
read_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "timeout", required_argument, NULL, 't' },
		{ "count", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'j':
			is_json = true;
			break;
		case 't':
			timeout_seconds =
			    read_number("--timeout", optarg, 86400);
			break;
		case 'c':
			count = read_number("--count", optarg, UINT_MAX);
			break;
		case 'h':
			fputs(usage_text, stdout);
			exit(finish(DONE));
		default:
			misused("that option is not understood");
		}
	}
}

static const struct verb *
find_verb(const char *name)
{
	for (size_t i = 0; i < VERB_COUNT; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static const char *
what_is_wrong(enum field field, const char *text)
{
	size_t length = strlen(text);
	const char *error;

	if (field == INCARNATION)
		return strspn(text, "0123456789abcdefABCDEF") == length &&
			       length > 0 && length <= 16
			   ? NULL
			   : "an INCARNATION is hexadecimal, as in the "
			     "server.conf of that server";
	if (field == ADDRESS)
		return strrchr(text, ':') != NULL || strchr(text, '/') != NULL
			   ? NULL
			   : "an ADDRESS is HOST:PORT";
	strtonum(text, field == MILLIONTHS ? 0 : 1,
		 field == SECONDS	? 3600
		 : field == MILLIONTHS ? 500000
				       : LLONG_MAX,
		 &error);
	if (error == NULL)
		return NULL;
	return field == SECONDS	     ? "SECONDS are from 1 to 3600"
	       : field == MILLIONTHS ? "MILLIONTHS are from 0 to 500000"
				     : "an ID is a number from 1 on";
}

static void
check_arguments(int given)
{
	if (given < verb->least || given > verb->most)
		misused("%s takes %d%s argument%s, not %d", verb->name,
			verb->least, verb->most > verb->least ? " or 4" : "",
			verb->most == 1 ? "" : "s", given);
	if (given == 3 && verb->most == 4)
		misused("%s: with an INCARNATION there has to be an ADDRESS",
			verb->name);
	for (int i = 0; i < given; i++) {
		const char *wrong =
		    what_is_wrong(verb->arguments[i], arguments[i]);

		if (wrong != NULL)
			misused("%s: '%s': %s", verb->name, arguments[i],
				wrong);
	}
	if (count != 0 && strcmp(verb->name, "watch") != 0)
		misused("--count is for watch");
}

static void
read_arguments(int argc, char **argv)
{
	if (argc == 0) {
		fputs(usage_text, stderr);
		exit(MISUSED);
	}
	folder = argv[0];
	if (argc == 1)
		misused("what is to be done? status is a verb to begin with: "
			"outrigger-ctl %s status",
			folder);
	verb = find_verb(argv[1]);
	if (verb == NULL && find_verb(folder) != NULL)
		misused("the folder comes first: outrigger-ctl %s %s", argv[1],
			folder);
	if (verb == NULL)
		misused("there is no verb '%s'", argv[1]);
	arguments = argv + 2;
	check_arguments(argc - 2);
	if (timeout_seconds == 0)
		timeout_seconds = verb->changes ? LATER : SOON;
}

int
main(int argc, char **argv)
{
	read_options(argc, argv);
	read_arguments(argc - optind, argv + optind);
	return finish(strcmp(verb->name, "watch") == 0 ? watch() : run_verb());
}
