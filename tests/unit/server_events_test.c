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
					  .role = RAFT_FOLLOWER });
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_one_line_whatever_is_in_it),
		cmocka_unit_test(without_a_hook_lines_go_to_standard_error),
		cmocka_unit_test(who_is_down_is_told_once),
		cmocka_unit_test(each_event_is_in_the_manual),
		cmocka_unit_test(each_event_of_a_member_is_in_the_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
