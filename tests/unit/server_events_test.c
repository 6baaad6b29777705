/*
 * What a server says: fields, one line each, and levels.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "tests/unit/server_scene.h"

#include "assists/server/inside.h"

static void
an_event_is_one_line_whatever_is_in_it(void **state)
{
	struct raft_server_event event = {
		.kind = RAFT_SERVER_EVENT_MEMBERS,
		.severity = RAFT_SERVER_SEVERITY_WARNING,
		.key = "join-refused",
		.server = 1,
		.member = 4,
		.text = "it \"says\" a\\b\nlevel=error\033[2J",
	};
	char line[256], little[8];
	int length;

	(void)state;
	length = raft_server_event_print(line, sizeof(line), &event);
	assert_string_equal(
	    line, "level=warning server=1 event=join-refused member=4 "
		  "text=\"it \\\"says\\\" a\\\\b\\x0alevel=error\\x1b[2J\"");
	assert_int_equal(length, strlen(line));
	assert_int_equal(
	    raft_server_event_print(little, sizeof(little), &event), length);
	assert_string_equal(little, "level=w");
	event.member = 0;
	event.term = 7;
	event.index = 12;
	event.text = "";
	raft_server_event_print(line, sizeof(line), &event);
	assert_string_equal(line, "level=warning server=1 event=join-refused "
				  "term=7 index=12 text=\"\"");
}

/* In whatever a stranger sends: terminals obey some of it, and some is no text. */
static void
only_letters_of_utf8_stand_in_it(void **state)
{
	static const struct {
		const char *text, *printed;
	} cases[] = {
		{ "Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x98\x80",
		  "Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "\xc2\xa0\xdf\xbf", "\xc2\xa0\xdf\xbf" },
		/* CSI and its like, */
		{ "\xc2\x9b"
		  "2J\xc2\x80\xc2\x9f",
		  "\\xc2\\x9b2J\\xc2\\x80\\xc2\\x9f" },
		/* as terminals of Latin 1 have it, */
		{ "\x9b"
		  "2J\xff",
		  "\\x9b2J\\xff" },
		/* in a longer form, */
		{ "\xe0\x82\x9b\xc1\x9b", "\\xe0\\x82\\x9b\\xc1\\x9b" },
		{ "\xf0\x82\x82\xac", "\\xf0\\x82\\x82\\xac" },
		/* halves of pairs, what is beyond the last, and cut off. */
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
		{ "\xe2\x82", "\\xe2\\x82" },
		{ "\xe2\x82\"", "\\xe2\\x82\\\"" },
	};
	struct raft_server_event event = { .key = "stopped" };
	char line[256], wanted[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		event.text = cases[i].text;
		raft_server_event_print(line, sizeof(line), &event);
		snprintf(wanted, sizeof(wanted), "text=\"%s\"",
			 cases[i].printed);
		assert_string_equal(strstr(line, "text="), wanted);
	}
}

/* ------------------------------------------------------------- on standard error */

/** Standard error as a file, for a while. */
struct capture {
	char path[PATH_MAX];
	int before;
};

static void
capture_begin(struct capture *capture, const struct scene *scene,
	      bool is_journal)
{
	struct stat status;
	char stream[64];
	int fd;

	snprintf(capture->path, sizeof(capture->path), "%s/stderr",
		 scene->root);
	fd = open(capture->path, O_CREAT | O_TRUNC | O_RDWR, 0600);
	assert_true(fd >= 0);
	fflush(stderr);
	capture->before = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
	fstat(STDERR_FILENO, &status);
	snprintf(stream, sizeof(stream), "%llu:%llu",
		 (unsigned long long)status.st_dev,
		 (unsigned long long)status.st_ino + !is_journal);
	setenv("JOURNAL_STREAM", stream, 1);
}

static char *
capture_end(struct capture *capture)
{
	static char text[65536];
	FILE *file;

	fflush(stderr);
	dup2(capture->before, STDERR_FILENO);
	close(capture->before);
	unsetenv("JOURNAL_STREAM");
	file = fopen(capture->path, "r");
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

/* Open, become a leader, stop. */
static char *
run_one(struct scene *scene, bool is_journal)
{
	struct raft_server_machine plain = scene_machine;
	struct actor *actor = &scene->actors[1];
	char error[RAFT_SERVER_ERROR_BYTES];
	struct capture capture;

	plain.event = NULL;
	actor->machine = (struct machine){ 0 };
	capture_begin(&capture, scene, is_journal);
	actor->server = raft_server_open(actor->folder, NULL, &plain,
					 &actor->machine, error, sizeof(error));
	assert_non_null(actor->server);
	assert_true(raft_server_attach(actor->server, &scene->loop, error,
				       sizeof(error)));
	add(scene, 1, "1");
	cut_off(scene, 1);
	return capture_end(&capture);
}

static void
without_a_hook_lines_go_to_standard_error(void **state)
{
	struct scene scene;
	int hour, minute;
	char *text;

	(void)state;
	scene_open(&scene);
	make_server(&scene, 1, (struct raft_server_create){ 0 });
	text = run_one(&scene, false);
	assert_int_equal(sscanf(text, "time=%*d-%*d-%*dT%d:%d:%*d.%*dZ level=",
				&hour, &minute),
			 2);
	assert_non_null(strstr(text, "Z level=notice server=1 "
				     "event=raft-leader member=1 term="));
	/* The journal knows the time, and wants the level in front. */
	text = run_one(&scene, true);
	assert_memory_equal(text, "<", 1);
	assert_non_null(strstr(text, "\n<5>level=notice server=1 "
				     "event=raft-leader member=1 term="));
	assert_null(strstr(text, "time="));
	scene_close(&scene);
}

/** A pipe in the place of standard error, full to its last byte. */
struct clogged {
	int ends[2];
	int before;
};

static void
clog_pipe(struct clogged *clogged)
{
	assert_int_equal(pipe(clogged->ends), 0);
	fcntl(clogged->ends[1], F_SETFL, O_NONBLOCK);
	while (write(clogged->ends[1], "x", 1) == 1)
		continue;
	fcntl(clogged->ends[1], F_SETFL, 0);
	fflush(stderr);
	clogged->before = dup(STDERR_FILENO);
	dup2(clogged->ends[1], STDERR_FILENO);
}

/* All that is in it. */
static char *
drain(struct clogged *clogged)
{
	static char text[1 << 20];
	size_t length = 0;
	ssize_t taken;

	fcntl(clogged->ends[0], F_SETFL, O_NONBLOCK);
	while ((taken = read(clogged->ends[0], text + length,
			     sizeof(text) - 1 - length)) > 0)
		length += (size_t)taken;
	text[length] = '\0';
	return text;
}

static void
unclog(struct clogged *clogged)
{
	dup2(clogged->before, STDERR_FILENO);
	close(clogged->before);
	close(clogged->ends[0]);
	close(clogged->ends[1]);
}

/* One that waited would wait for ever: the alarm ends the test then. */
static void
nobody_who_reads_is_waited_for(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES], *text[2];
	struct raft_server_machine plain = scene_machine;
	struct clogged clogged;
	struct scene scene;
	struct actor *actor = &scene.actors[1];

	(void)state;
	scene_open(&scene);
	make_server(&scene, 1, (struct raft_server_create){ 0 });
	plain.event = NULL;
	actor->server = raft_server_open(actor->folder, NULL, &plain,
					 &actor->machine, error, sizeof(error));
	assert_non_null(actor->server);
	alarm(30);
	clog_pipe(&clogged);
	raft__server_say(actor->server, NEWS_TLS_MODE, 0, 0, "one");
	raft__server_say(actor->server, NEWS_TLS_MODE, 0, 0, "two");
	drain(&clogged);
	raft__server_say(actor->server, NEWS_TLS_MODE, 0, 0, "three");
	text[0] = strdup(drain(&clogged));
	raft__server_say(actor->server, NEWS_TLS_MODE, 0, 0, "four");
	text[1] = strdup(drain(&clogged));
	/* Who has nowhere to write to lives on. */
	close(STDERR_FILENO);
	raft__server_say(actor->server, NEWS_TLS_MODE, 0, 0, "five");
	unclog(&clogged);
	alarm(0);
	assert_non_null(strstr(text[0], "text=\"three\" left-out=2\n"));
	assert_null(strstr(text[0], "one"));
	assert_non_null(strstr(text[1], "text=\"four\"\n"));
	free(text[0]);
	free(text[1]);
	cut_off(&scene, 1);
	scene_close(&scene);
}

/* ------------------------------------------------------------------------ levels */

struct ear {
	struct raft_server_part part;
	size_t failed, still_failing, opened;
	uint64_t member;
};

static void
hear(struct raft_server_part *part, const struct raft_server_event *event)
{
	struct ear *ear = part->context;

	if (event->kind == RAFT_SERVER_EVENT_CONNECTION)
		ear->member = event->member;
	if (strcmp(event->key, "connection-failed") == 0) {
		assert_int_equal(event->severity, RAFT_SERVER_SEVERITY_WARNING);
		ear->failed++;
	}
	if (strcmp(event->key, "connection-still-failing") == 0) {
		assert_int_equal(event->severity, RAFT_SERVER_SEVERITY_DEBUG);
		ear->still_failing++;
	}
	ear->opened += strcmp(event->key, "connection-open") == 0;
}

static void
who_is_down_is_told_once(void **state)
{
	struct ear ear = { .part.event = hear,
			   .part.closing = raft_server_part_gone,
			   .part.context = &ear };
	struct scene scene;
	char error[RAFT_SERVER_ERROR_BYTES];

	(void)state;
	scene_open(&scene);
	make_first(&scene, 2);
	start(&scene, 1);
	assert_true(raft_server_part_add(scene.actors[1].server, &ear.part,
					 error, sizeof(error)));
	assert_true(run_until(&scene.loop, ear.still_failing > 3, PATIENCE_MS));
	assert_int_equal(ear.failed, 1);
	assert_int_equal(ear.member, 2);
	start(&scene, 2);
	assert_true(run_until(&scene.loop, ear.opened > 0, PATIENCE_MS));
	cut_off(&scene, 2);
	assert_true(run_until(&scene.loop, ear.failed == 2, PATIENCE_MS));
	scene_close(&scene);
}

/** What was told last. */
struct told {
	char key[64], text[64];
	uint64_t member, index;
};

static void
note_told(void *context, const struct raft_server_event *event)
{
	struct told *told = context;

	strlcpy(told->key, event->key, sizeof(told->key));
	strlcpy(told->text, event->text, sizeof(told->text));
	told->member = event->member;
	told->index = event->index;
}

static void
trace_of(struct scene *scene, uint64_t peer, enum raft_link_counter what,
	 const char *key)
{
	struct raft_server *server = scene->actors[1].server;
	struct told *told = server->context;

	*told = (struct told){ 0 };
	raft__server_traced(server, peer, what, "a sentence");
	assert_string_equal(told->key, key);
	assert_string_equal(told->text, "a sentence");
	assert_int_equal(told->member, peer);
	assert_int_equal(told->index, 0);
}

/* Once; what becomes of it again is told again only if somebody is there again. */
static void
what_becomes_of_a_connection_has_its_name(void **state)
{
	static const struct {
		enum raft_link_counter what;
		const char *key;
	} cases[] = {
		{ RAFT_LINK_OPENED_OUT, "connection-open" },
		{ RAFT_LINK_OPENED_IN, "connection-open" },
		{ RAFT_LINK_OPENED_GUEST, "connection-open" },
		{ RAFT_LINK_LEFT, "connection-renewed" },
		{ RAFT_LINK_REPLACED, "connection-renewed" },
		{ RAFT_LINK_RENEWED, "connection-renewed" },
		{ RAFT_LINK_PLAIN, "connection-renewed" },
		{ RAFT_LINK_CLOSED, "connection-ended" },
		{ RAFT_LINK_STALLED, "connection-ended" },
		{ RAFT_LINK_FAILED, "connection-ended" },
		{ RAFT_LINK_UNREACHABLE, "connection-failed" },
		{ RAFT_LINK_NO_MEMORY, "connection-refused" },
		{ RAFT_LINK_HELLO_CLUSTER, "connection-refused" },
		{ RAFT_LINK_TLS_UNTRUSTED, "connection-refused" },
	};
	struct raft_server_machine machine = scene_machine;
	struct scene scene;
	struct told told;
	char error[RAFT_SERVER_ERROR_BYTES];

	(void)state;
	scene_open(&scene);
	make_first(&scene, 2);
	machine.event = note_told;
	scene.actors[1].server =
	    raft_server_open(scene.actors[1].folder, NULL, &machine, &told,
			     error, sizeof(error));
	assert_non_null(scene.actors[1].server);
	if (!raft_server_attach(scene.actors[1].server, &scene.loop, error,
				sizeof(error)))
		fail_msg("%s", error);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool is_open = strcmp(cases[i].key, "connection-open") == 0;

		trace_of(&scene, 2, cases[i].what, cases[i].key);
		trace_of(&scene, 2, cases[i].what,
			 is_open ? cases[i].key : "connection-still-failing");
		/* Of one that is not known nothing is remembered. */
		trace_of(&scene, 9, cases[i].what, cases[i].key);
		trace_of(&scene, 9, cases[i].what, cases[i].key);
	}
	trace_of(&scene, 0, RAFT_LINK_OK, "strangers");
	scene_close(&scene);
}

/* -------------------------------------------------------------------- the manual */

static void
check_row(const char *manual, const char *key, const char *level)
{
	char row[80];

	snprintf(row, sizeof(row), "| `%s` | %s |", key, level);
	if (strstr(manual, row) == NULL)
		fail_msg("docs/events.md: no row '%s'", row);
}

static void
each_event_is_in_the_manual(void **state)
{
	static const struct {
		const char *key, *level;
	} rows[] = {
#define ERROR "error"
#define WARNING "warning"
#define NOTICE "notice"
#define INFO "info"
#define DEBUG "debug"
#define ROW(name, kind, severity, key) { key, severity },
		NEWS(ROW)
#undef ROW
	};
	static char manual[65536];
	FILE *file = fopen("docs/events.md", "r");

	(void)state;
	assert_non_null(file);
	manual[fread(manual, 1, sizeof(manual) - 1, file)] = '\0';
	fclose(file);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(manual, rows[i].key, rows[i].level);
}

/* Those of the member are told as the manual says. */
static const char *checked;

static void
check_event(struct raft_server_part *part,
	    const struct raft_server_event *event)
{
	static const char *const levels[] = { "",      "",     "",   ERROR,
					      WARNING, NOTICE, INFO, DEBUG };

	(void)part;
	check_row(checked, event->key, levels[event->severity]);
	check_news(1, event);
}

static void
each_event_of_a_member_is_in_the_manual(void **state)
{
	struct raft_server_part part = { .event = check_event,
					 .closing = raft_server_part_gone };
	static char manual[65536];
	FILE *file = fopen("docs/events.md", "r");
	struct scene scene;
	char error[RAFT_SERVER_ERROR_BYTES];

	(void)state;
	assert_non_null(file);
	manual[fread(manual, 1, sizeof(manual) - 1, file)] = '\0';
	fclose(file);
	checked = manual;
	scene_open(&scene);
	make_server(&scene, 1, (struct raft_server_create){ 0 });
	start(&scene, 1);
	assert_true(raft_server_part_add(scene.actors[1].server, &part, error,
					 sizeof(error)));
	for (int kind = 0; kind <= RAFT_EVENT_SNAPSHOT_DAMAGED + 1; kind++)
		raft__server_say_event(
		    scene.actors[1].server,
		    &(struct raft_event){ .kind = (enum raft_event_kind)kind,
					  .role = RAFT_FOLLOWER,
					  .reason = RAFT_REASON_TIMEOUT,
					  .term = 3,
					  .peer = 4,
					  .index = 5 });
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_one_line_whatever_is_in_it),
		cmocka_unit_test(only_letters_of_utf8_stand_in_it),
		cmocka_unit_test(without_a_hook_lines_go_to_standard_error),
		cmocka_unit_test(nobody_who_reads_is_waited_for),
		cmocka_unit_test(who_is_down_is_told_once),
		cmocka_unit_test(what_becomes_of_a_connection_has_its_name),
		cmocka_unit_test(each_event_is_in_the_manual),
		cmocka_unit_test(each_event_of_a_member_is_in_the_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
