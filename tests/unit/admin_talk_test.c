/*
 * How outrigger-ctl speaks with a server: lines, however they come, and what is the
 * matter when none does.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "assists/admin/place.h"
#include "assists/admin/talk.h"
#include "tests/unit/open_files.h"

/** Of who waits for nothing. */
#define PATIENCE 60
/** It is more than the kernel keeps for one who does not read. */
#define LARGE ((size_t)4 << 20)
/** As much as is taken of a line. */
#define LARGEST ((size_t)64 << 20)

/** A folder, who listens in it, and one connection. */
struct scene {
	char folder[PATH_MAX];
	int listener;
	/** The server's end. */
	int fd;
	struct talk talk;
};

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
listen_there(struct scene *scene, int backlog)
{
	struct admin_place place;

	assert_int_equal(raft__admin_place(scene->folder, &place), 0);
	scene->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(scene->listener,
			      (struct sockaddr *)&place.address,
			      sizeof(place.address)),
			 0);
	raft__admin_leave(&place);
	assert_int_equal(listen(scene->listener, backlog), 0);
}

static void
connect_both(struct scene *scene, unsigned int seconds)
{
	listen_there(scene, 4);
	assert_true(talk_open(&scene->talk, scene->folder, seconds));
	scene->fd = accept(scene->listener, NULL, NULL);
	assert_true(scene->fd >= 0);
}

static void
send_text(struct scene *scene, const char *text)
{
	assert_int_equal(send(scene->fd, text, strlen(text), 0), strlen(text));
}

static int
set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	const char *temporary = getenv("TEST_TMPDIR");

	*scene = (struct scene){ .listener = -1, .fd = -1, .talk.fd = -1 };
	snprintf(scene->folder, sizeof(scene->folder), "%.1000s/talk.XXXXXX",
		 temporary != NULL ? temporary : "/tmp");
	assert_non_null(mkdtemp(scene->folder));
	*state = scene;
	return 0;
}

static int
tear_down(void **state)
{
	struct scene *scene = *state;
	char command[PATH_MAX + 16];

	talk_close(&scene->talk);
	if (scene->fd >= 0)
		close(scene->fd);
	if (scene->listener >= 0)
		close(scene->listener);
	snprintf(command, sizeof(command), "rm -r %s", scene->folder);
	assert_int_equal(system(command), 0);
	free(scene);
	return 0;
}

/* ------------------------------------------------------------------- nobody */

static void
who_is_not_there_is_told_from_who_has_died(void **state)
{
	struct scene *scene = *state;

	assert_false(talk_open(&scene->talk, scene->folder, PATIENCE));
	assert_int_equal(errno, ENOENT);
	assert_int_equal(scene->talk.fd, -1);
	listen_there(scene, 1);
	close(scene->listener);
	scene->listener = -1;
	assert_false(talk_open(&scene->talk, scene->folder, PATIENCE));
	assert_int_equal(errno, ECONNREFUSED);
	assert_int_equal(scene->talk.fd, -1);
}

/* A place of this length has to be reached by way of its folder. */
static void
a_folder_may_have_a_long_name(void **state)
{
	struct scene *scene = *state;
	char folder[PATH_MAX], name[120];
	size_t opened;

	strcpy(folder, scene->folder);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(scene->folder, sizeof(scene->folder), "%.1200s/%s", folder,
		 name);
	assert_false(talk_open(&scene->talk, scene->folder, PATIENCE));
	assert_int_equal(errno, ENOENT);
	assert_int_equal(mkdir(scene->folder, 0700), 0);
	assert_false(talk_open(&scene->talk, scene->folder, PATIENCE));
	assert_int_equal(errno, ENOENT);
	opened = count_open_files();
	connect_both(scene, PATIENCE);
	/* Who listens, and both ends. */
	assert_int_equal(count_open_files(), opened == 0 ? 0 : opened + 3);
	send_text(scene, "here\n");
	assert_string_equal(talk_hear(&scene->talk), "here");
	strcpy(scene->folder, folder);
}

static void
who_stands_in_line_does_not_wait_for_ever(void **state)
{
	struct scene *scene = *state;
	struct talk first = { .fd = -1 };
	int64_t begun;

	listen_there(scene, 0);
	assert_true(talk_open(&first, scene->folder, 1));
	begun = now_ms();
	assert_false(talk_open(&scene->talk, scene->folder, 1));
	assert_int_equal(errno, ETIMEDOUT);
	assert_in_range(now_ms() - begun, 900, PATIENCE * 1000);
	assert_int_equal(scene->talk.fd, -1);
	talk_close(&first);
	assert_int_equal(first.fd, -1);
}

/* -------------------------------------------------------------------- lines */

static void
what_is_said_is_a_line(void **state)
{
	struct scene *scene = *state;
	json_t *object = json_pack("{s:s, s:i}", "verb", "status", "n", 3);
	static const char expected[] = "{\"verb\":\"status\",\"n\":3}\n";
	char text[64];

	connect_both(scene, PATIENCE);
	assert_true(talk_say(&scene->talk, object));
	assert_int_equal(recv(scene->fd, text, sizeof(text), 0),
			 sizeof(expected) - 1);
	assert_memory_equal(text, expected, sizeof(expected) - 1);
	json_decref(object);
	assert_false(talk_say(&scene->talk, NULL));
	assert_int_equal(errno, ENOMEM);
}

static void
lines_are_heard_however_they_come(void **state)
{
	struct scene *scene = *state;

	connect_both(scene, PATIENCE);
	send_text(scene, "one\ntwo\n\nfo");
	assert_string_equal(talk_hear(&scene->talk), "one");
	assert_string_equal(talk_hear(&scene->talk), "two");
	assert_string_equal(talk_hear(&scene->talk), "");
	send_text(scene, "ur\nfi");
	assert_string_equal(talk_hear(&scene->talk), "four");
	send_text(scene, "ve");
	talk_extend(&scene->talk, 0);
	assert_null(talk_hear(&scene->talk));
	talk_extend(&scene->talk, PATIENCE);
	send_text(scene, "\n");
	assert_string_equal(talk_hear(&scene->talk), "five");
	/* What is no line is not heard as one. */
	send_text(scene, "six");
	close(scene->fd);
	scene->fd = -1;
	assert_null(talk_hear(&scene->talk));
	assert_int_equal(errno, ECONNRESET);
}

/* Its room grows three times, and nothing of it is lost, nor of the next. */
static void
a_line_may_be_long(void **state)
{
	struct scene *scene = *state;
	char *line = malloc(300002);
	const char *heard;
	size_t length = 0;

	connect_both(scene, PATIENCE);
	for (size_t i = 0; i < 300000; i++)
		line[i] = (char)('a' + i % 23);
	line[300000] = '\n';
	line[300001] = 'z';
	do {
		ssize_t sent = send(scene->fd, line + length, 300002 - length,
				    MSG_DONTWAIT);

		length += sent > 0 ? (size_t)sent : 0;
		talk_extend(&scene->talk, 0);
		heard = talk_hear(&scene->talk);
	} while (length < 300002 || heard == NULL);
	assert_int_equal(strlen(heard), 300000);
	assert_memory_equal(heard, line, 300000);
	send_text(scene, "\n");
	talk_extend(&scene->talk, PATIENCE);
	assert_string_equal(talk_hear(&scene->talk), "z");
	free(line);
}

/* Nobody's memory is filled by one that says no end. */
static void
a_line_has_an_end(void **state)
{
	struct scene *scene = *state;

	connect_both(scene, PATIENCE);
	scene->talk.bytes = calloc(1, LARGEST);
	assert_non_null(scene->talk.bytes);
	scene->talk.size = scene->talk.length = LARGEST;
	send_text(scene, "x");
	assert_null(talk_hear(&scene->talk));
	assert_int_equal(errno, EMSGSIZE);
	assert_int_equal(scene->talk.size, LARGEST);
}

/* ------------------------------------------------------------------- silence */

static void
interrupt(int number)
{
	(void)number;
}

static void
silence_is_waited_for_as_long_as_was_said(void **state)
{
	struct scene *scene = *state;
	const struct itimerval soon = { .it_value.tv_usec = 50000 };
	int64_t begun = now_ms();

	connect_both(scene, 3);
	assert_in_range(scene->talk.end_ms, begun + 3000, begun + 13000);
	begun = now_ms();
	talk_extend(&scene->talk, 20);
	assert_in_range(scene->talk.end_ms, begun + 20000, begun + 30000);
	/* A signal is no answer, and no end. */
	signal(SIGALRM, interrupt);
	setitimer(ITIMER_REAL, &soon, NULL);
	scene->talk.end_ms = (uint64_t)now_ms() + 200;
	assert_null(talk_hear(&scene->talk));
	assert_int_equal(errno, ETIMEDOUT);
	assert_in_range(now_ms(), scene->talk.end_ms,
			scene->talk.end_ms + 10000);
	talk_close(&scene->talk);
	assert_int_equal(recv(scene->fd, &(char){ 0 }, 1, 0), 0);
}

static void
who_does_not_read_is_told_from_who_has_gone(void **state)
{
	struct scene *scene = *state;
	struct timeval patience = { 0 };
	socklen_t length = sizeof(patience);
	char *text = malloc(LARGE);
	json_t *object;

	signal(SIGPIPE, SIG_DFL);
	memset(text, 'x', LARGE);
	object = json_stringn(text, LARGE);
	free(text);
	object = json_pack("[o]", object);
	connect_both(scene, PATIENCE);
	assert_int_equal(getsockopt(scene->talk.fd, SOL_SOCKET, SO_SNDTIMEO,
				    &patience, &length),
			 0);
	assert_int_equal(patience.tv_sec, PATIENCE);
	patience = (struct timeval){ .tv_usec = 100000 };
	setsockopt(scene->talk.fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
		   sizeof(patience));
	assert_false(talk_say(&scene->talk, object));
	assert_int_equal(errno, ETIMEDOUT);
	close(scene->fd);
	scene->fd = -1;
	assert_false(talk_say(&scene->talk, object));
	assert_int_equal(errno, EPIPE);
	json_decref(object);
}

int
main(void)
{
#define TALK_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TALK_TEST(who_is_not_there_is_told_from_who_has_died),
		TALK_TEST(a_folder_may_have_a_long_name),
		TALK_TEST(who_stands_in_line_does_not_wait_for_ever),
		TALK_TEST(what_is_said_is_a_line),
		TALK_TEST(lines_are_heard_however_they_come),
		TALK_TEST(a_line_may_be_long),
		TALK_TEST(a_line_has_an_end),
		TALK_TEST(silence_is_waited_for_as_long_as_was_said),
		TALK_TEST(who_does_not_read_is_told_from_who_has_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
