/*
 * The admin socket of a server: who speaks to it well, and who does not.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/server_scene.h"

#include <errno.h>
#include <jansson.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "assists/admin/admin.h"
#include "assists/admin/place.h"
#include "assists/admin/request.h"
#include "assists/admin/show.h"
#include "assists/admin/status.h"
#include "tests/unit/open_files.h"

/** An operator's end of a connection. */
struct caller {
	int fd;
	size_t length;
	char said[1 << 18];
};

/** False: too many are in line. */
static bool
dial_perhaps(struct scene *scene, uint64_t id, struct caller *caller)
{
	struct admin_place place;
	int result;

	*caller = (struct caller){ .fd = -1 };
	caller->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(raft__admin_place(scene->actors[id].folder, &place),
			 0);
	result = connect(caller->fd, (struct sockaddr *)&place.address,
			 sizeof(place.address));
	assert_true(result == 0 || errno == EAGAIN);
	raft__admin_leave(&place);
	return result == 0;
}

static void
dial(struct scene *scene, uint64_t id, struct caller *caller)
{
	assert_true(dial_perhaps(scene, id, caller));
}

/** All of it, as far as the server listens. */
static void
say_bytes(struct caller *caller, const char *bytes, size_t length)
{
	(void)!send(caller->fd, bytes, length, MSG_NOSIGNAL);
}

static void
say(struct caller *caller, const char *line)
{
	say_bytes(caller, line, strlen(line));
}

/** A whole line is here, or the end. */
static bool
has_line(struct caller *caller, bool *is_end)
{
	ssize_t got = recv(caller->fd, caller->said + caller->length,
			   sizeof(caller->said) - caller->length, 0);

	if (got > 0)
		caller->length += (size_t)got;
	*is_end = got == 0 || (got < 0 && errno != EAGAIN);
	return memchr(caller->said, '\n', caller->length) != NULL ||
	       *is_end;
}

/** The next answer; NULL: the server has closed. */
static json_t *
hear(struct scene *scene, struct caller *caller)
{
	bool is_end;
	json_t *answer;
	char *end;

	assert_true(run_until(&scene->loop, has_line(caller, &is_end),
			      PATIENCE_MS));
	end = memchr(caller->said, '\n', caller->length);
	if (end == NULL)
		return NULL;
	answer =
	    json_loadb(caller->said, (size_t)(end - caller->said), 0, NULL);
	assert_non_null(answer);
	caller->length -= (size_t)(end + 1 - caller->said);
	memmove(caller->said, end + 1, caller->length);
	return answer;
}

/** Its result is this one, with a sentence that has this in it. */
static void
expect(struct scene *scene, struct caller *caller, const char *result,
       const char *why)
{
	json_t *answer = hear(scene, caller);
	const char *said = json_string_value(json_object_get(answer, "why"));

	assert_non_null(answer);
	assert_string_equal(
	    json_string_value(json_object_get(answer, "result")), result);
	if (why != NULL) {
		assert_non_null(said);
		if (strstr(said, why) == NULL)
			fail_msg("not '%s' but: %s", why, said);
	}
	json_decref(answer);
}

static void
expect_end(struct scene *scene, struct caller *caller)
{
	assert_null(hear(scene, caller));
	close(caller->fd);
}

static void
open_admin(struct scene *scene, uint64_t id,
	   const struct raft_admin_options *options)
{
	char error[RAFT_SERVER_ERROR_BYTES];

	if (!raft_admin_open(scene->actors[id].server, options, error,
			     sizeof(error)))
		fail_msg("%s", error);
}

/** One server that leads, with a socket. */
static void
one(struct scene *scene, const struct raft_admin_options *options)
{
	scene_open(scene);
	make_first(scene, 1);
	start(scene, 1);
	open_admin(scene, 1, options);
	add(scene, 1, "1");
}

static bool
has_socket(const struct scene *scene, uint64_t id, struct stat *stat)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%.4000s/admin.socket",
		 scene->actors[id].folder);
	return lstat(path, stat) == 0;
}

static struct caller callers[RAFT_ADMIN_CONNECTIONS_MAX + 1];

/* ------------------------------------------------------------------- well */

static void
a_server_tells_how_it_is_again_and_again(void **state)
{
	struct caller *caller = &callers[0];
	struct scene scene;

	(void)state;
	one(&scene, NULL);
	dial(&scene, 1, caller);
	for (int i = 0; i < 3; i++) {
		json_t *answer, *member;

		say(caller, "{\"verb\":\"status\"}\n");
		answer = hear(&scene, caller);
		assert_string_equal(
		    json_string_value(json_object_get(answer, "role")),
		    "leader");
		assert_int_equal(
		    json_integer_value(json_object_get(answer, "leader")), 1);
		member =
		    json_array_get(json_object_get(answer, "members"), 0);
		assert_string_equal(
		    json_string_value(json_object_get(member, "address")),
		    scene.actors[1].address);
		assert_string_equal(
		    json_string_value(json_object_get(member, "note")),
		    "note 1");
		json_decref(answer);
	}
	close(caller->fd);
	scene_close(&scene);
}

/** What of its answer a person is shown first. */
static void
expect_shown(const json_t *status, const char *beginning)
{
	char *text;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	assert_non_null(file);
	show_status(file, status);
	assert_int_equal(fclose(file), 0);
	assert_memory_equal(text, beginning, strlen(beginning));
	free(text);
}

static void
one_that_has_stopped_is_shown_so(void **state)
{
	struct caller *caller = &callers[0];
	struct scene scene;
	json_t *answer;

	(void)state;
	one(&scene, NULL);
	dial(&scene, 1, caller);
	say(caller, "{\"verb\":\"status\"}\n");
	answer = hear(&scene, caller);
	expect_shown(answer, "server 1 of cluster scene: leads in term ");
	assert_int_equal(json_object_set(answer, "stopped", json_true()), 0);
	expect_shown(answer,
		     "server 1 of cluster scene: has stopped for good\n");
	json_decref(answer);
	close(caller->fd);
	scene_close(&scene);
}

static void
what_is_asked_in_one_breath_is_answered_in_order(void **state)
{
	struct caller *caller = &callers[0];
	struct scene scene;
	json_t *answer;

	(void)state;
	one(&scene, NULL);
	dial(&scene, 1, caller);
	say(caller, "{\"verb\":\"status\"}\n{\"verb\":\"transfer\",\"id\":9}\n"
		      "{\"verb\":\"snapshot\"}\n{\"verb\":\"reload\"}\n{\"ver");
	expect(&scene, caller, "OK", NULL);
	expect(&scene, caller, "REFUSED", "no voter has ID 9");
	/* It says how it goes. */
	json_decref(hear(&scene, caller));
	expect(&scene, caller, "OK", NULL);
	expect(&scene, caller, "OK", NULL);
	assert_int_equal(status_of(&scene, 1).snapshot.index,
			 status_of(&scene, 1).raft.applied_index);
	say(caller, "b\":\"metrics\"}\n");
	answer = hear(&scene, caller);
	assert_non_null(
	    strstr(json_string_value(json_object_get(answer, "metrics")),
		   "\noutrigger_term "));
	json_decref(answer);
	close(caller->fd);
	scene_close(&scene);
}

static void
a_snapshot_that_fails_is_told_at_once(void **state)
{
	static const char ask[] =
	    "{\"verb\":\"snapshot\",\"timeout_seconds\":2}\n";
	struct caller *caller = &callers[0];
	struct scene scene;

	(void)state;
	one(&scene, NULL);
	dial(&scene, 1, caller);
	scene.actors[1].machine.writes_not = true;
	say(caller, ask);
	expect(&scene, caller, "REFUSED", "no snapshot was taken");
	scene.actors[1].machine.writes_not = false;
	say(caller, ask);
	json_decref(hear(&scene, caller));
	expect(&scene, caller, "OK", NULL);
	close(caller->fd);
	scene_close(&scene);
}

static char *
metrics(void *context)
{
	return strdup(context);
}

static void
the_programs_metrics_are_told(void **state)
{
	struct raft_admin_options options = {
		.metrics = metrics,
		.metrics_context = (char[]){ "up 1\n" },
	};
	struct caller *caller = &callers[0];
	struct scene scene;
	json_t *answer;

	(void)state;
	one(&scene, &options);
	dial(&scene, 1, caller);
	say(caller, "{\"verb\":\"metrics\"}\n");
	answer = hear(&scene, caller);
	assert_string_equal(
	    json_string_value(json_object_get(answer, "metrics")), "up 1\n");
	json_decref(answer);
	close(caller->fd);
	scene_close(&scene);
}

/** A follower has the leader do it; whoever asked has gone meanwhile. */
static void
one_that_goes_before_its_answer_harms_nobody(void **state)
{
	struct caller *caller = &callers[0];
	struct scene scene;

	(void)state;
	three(&scene);
	for (uint64_t id = 1; id <= 3; id++)
		open_admin(&scene, id, NULL);
	add(&scene, 1, "1");
	dial(&scene, await_follower(&scene), caller);
	/* Nobody is there. */
	say(caller, "{\"verb\":\"add\",\"id\":9,\"incarnation\":\"abc\","
		      "\"address\":\"127.0.0.1:1\"}\n");
	json_decref(hear(&scene, caller));
	close(caller->fd);
	run_until(&scene.loop, false, 100);
	assert_int_equal(add(&scene, 1, "1").result, RAFT_SERVER_OK);
	scene_close(&scene);
}

/** A note beside an address, perhaps: JSON has room for UTF-8 alone. */
static void
a_text_is_told_whatever_its_bytes_are(void **state)
{
	json_t *fine = raft__admin_text("Hafen \xc3\xbc");
	json_t *odd = raft__admin_text("Hafen \xfc!");

	(void)state;
	assert_string_equal(json_string_value(fine), "Hafen \xc3\xbc");
	assert_string_equal(json_string_value(odd), "Hafen ?!");
	json_decref(fine);
	json_decref(odd);
}

/* -------------------------------------------------------------- the socket */

static void
nobody_else_can_open_the_socket(void **state)
{
	mode_t mask = umask(0);
	struct scene scene;
	struct stat stat;

	(void)state;
	one(&scene, NULL);
	assert_true(has_socket(&scene, 1, &stat));
	assert_true(S_ISSOCK(stat.st_mode));
	assert_int_equal(stat.st_mode & 07777, 0600);
	stop(&scene, 1);
	assert_false(has_socket(&scene, 1, &stat));
	umask(mask);
	scene_close(&scene);
}

static void
what_a_dead_server_left_is_replaced_and_no_more(void **state)
{
	struct admin_place place;
	char error[RAFT_SERVER_ERROR_BYTES];
	struct scene scene;
	struct stat stat;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	scene_open(&scene);
	make_first(&scene, 1);
	assert_int_equal(raft__admin_place(scene.actors[1].folder, &place), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&place.address,
			      sizeof(place.address)),
			 0);
	close(fd);
	start(&scene, 1);
	open_admin(&scene, 1, NULL);
	dial(&scene, 1, &callers[0]);
	close(callers[0].fd);
	stop(&scene, 1);
	/* A file is somebody's. */
	fclose(fopen(place.address.sun_path, "w"));
	start(&scene, 1);
	assert_false(raft_admin_open(scene.actors[1].server, NULL, error,
				     sizeof(error)));
	assert_non_null(strstr(error, "admin.socket"));
	stop(&scene, 1);
	assert_true(has_socket(&scene, 1, &stat));
	raft__admin_leave(&place);
	scene_close(&scene);
}

/** An address of a socket has room for some hundred letters. */
static void
a_folder_may_have_a_long_name(void **state)
{
	struct caller *caller = &callers[0];
	struct actor *actor;
	struct scene scene;

	(void)state;
	scene_open(&scene);
	actor = &scene.actors[1];
	memset(actor->folder + strlen(actor->folder), 'x', 200);
	make_first(&scene, 1);
	start(&scene, 1);
	open_admin(&scene, 1, NULL);
	dial(&scene, 1, caller);
	say(caller, "{\"verb\":\"status\"}\n");
	expect(&scene, caller, "OK", NULL);
	close(caller->fd);
	scene_close(&scene);
}

/** Before it is attached; and one that is never attached. */
static void
a_server_may_be_given_its_socket_when_it_is_opened(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES];
	struct actor *actor;
	struct scene scene;
	struct stat stat;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 1);
	actor = &scene.actors[1];
	for (int i = 0; i < 2; i++) {
		actor->server =
		    raft_server_open(actor->folder, NULL, &scene_machine,
				     &actor->machine, error, sizeof(error));
		assert_non_null(actor->server);
		open_admin(&scene, 1, NULL);
		assert_false(has_socket(&scene, 1, &stat));
		if (i == 1)
			assert_true(raft_server_attach(actor->server,
						       &scene.loop, error,
						       sizeof(error)));
		assert_int_equal(has_socket(&scene, 1, &stat), i == 1);
		stop(&scene, 1);
	}
	scene_close(&scene);
}

/* One that waits to be let in, by a server that does not run. */
static void
one_without_a_state_or_a_leader_says_so(void **state)
{
	struct caller *caller = &callers[0];
	char command[2 * PATH_MAX];
	struct scene scene;

	(void)state;
	scene_open(&scene);
	make_joining(&scene, 4, 1, false);
	start(&scene, 4);
	open_admin(&scene, 4, NULL);
	dial(&scene, 4, caller);
	say(caller, "{\"verb\":\"snapshot\"}\n");
	expect(&scene, caller, "REFUSED", "this server has no state yet");
	say(caller, "{\"verb\":\"step-down\"}\n");
	expect(&scene, caller, "NO_LEADER", "nobody can step down");
	say(caller, "{\"verb\":\"reload\"}\n");
	expect(&scene, caller, "OK", NULL);
	snprintf(command, sizeof(command), "echo tls-key x >>%s/server.conf",
		 scene.actors[4].folder);
	assert_int_equal(system(command), 0);
	say(caller, "{\"verb\":\"reload\"}\n");
	expect(&scene, caller, "REFUSED", "no tls-certificate");
	close(caller->fd);
	scene_close(&scene);
}

/* ------------------------------------------------------------------ hostile */

static void
nonsense_is_answered_with_a_sentence(void **state)
{
	static const struct {
		const char *line;
		const char *why;
	} cases[] = {
		{ "\n", "no JSON object" },
		{ "status\n", "no JSON object" },
		{ "{\"verb\":\"status\"} and more\n", "no JSON object" },
		{ "{\"verb\":\"status\",\"verb\":\"status\"}\n", "no JSON object" },
		{ "{\"verb\":\"sta\xff\xfetus\"}\n", "no JSON object" },
		{ "{\"verb\":\"remove\",\"id\":99999999999999999999}\n",
		  "no JSON object" },
		{ "{\"verb\":\"remove\",\"id\":1e999}\n", "no JSON object" },
		{ "[]\n", "an object with a \"verb\"" },
		{ "17\n", "no JSON object" },
		{ "{}\n", "an object with a \"verb\"" },
		{ "{\"verb\":null}\n", "does not know such a verb" },
		{ "{\"verb\":\"destroy\"}\n", "does not know such a verb" },
		{ "{\"verb\":\"status\",\"id\":1}\n", "more in it" },
		{ "{\"verb\":\"status\",\"timeout_seconds\":0}\n",
		  "from 1 to 86400" },
		{ "{\"verb\":\"remove\"}\n", "remove needs \"id\"" },
		{ "{\"verb\":\"remove\",\"id\":-1}\n", "\"id\" is a server's" },
		{ "{\"verb\":\"remove\",\"id\":0}\n", "\"id\" is a server's" },
		{ "{\"verb\":\"remove\",\"id\":1.5}\n", "\"id\" is a server's" },
		{ "{\"verb\":\"remove\",\"id\":\" 1\"}\n",
		  "\"id\" is a server's" },
		{ "{\"verb\":\"remove\",\"id\":\"18446744073709551616\"}\n",
		  "\"id\" is a server's" },
		{ "{\"verb\":\"add\",\"id\":4,\"incarnation\":7,"
		  "\"address\":\"x:1\"}\n",
		  "hexadecimal" },
		{ "{\"verb\":\"add\",\"id\":4,\"incarnation\":\"0\","
		  "\"address\":\"x:1\"}\n",
		  "hexadecimal" },
		{ "{\"verb\":\"add\",\"id\":4,\"incarnation\":\"7g\","
		  "\"address\":\"x:1\"}\n",
		  "hexadecimal" },
		{ "{\"verb\":\"move\",\"id\":1,\"address\":\"\"}\n",
		  "HOST:PORT" },
		{ "{\"verb\":\"move\",\"id\":1,\"address\":\"no\\u0000\"}\n",
		  "no JSON object" },
		{ "{\"verb\":\"move\",\"id\":1,\"address\":\"nowhere\"}\n",
		  "HOST:PORT" },
	};
	struct caller *caller = &callers[0];
	struct scene scene;

	(void)state;
	one(&scene, NULL);
	dial(&scene, 1, caller);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		say(caller, cases[i].line);
		expect(&scene, caller, "REFUSED", cases[i].why);
	}
	say_bytes(caller, "{\"verb\":\0}\n", 11);
	expect(&scene, caller, "REFUSED", "no JSON object");
	say(caller, "{\"verb\":\"status\"}\n");
	expect(&scene, caller, "OK", NULL);
	close(caller->fd);
	scene_close(&scene);
}

/** A line of 60 KiB. */
static void
depth_is_answered_with_a_sentence(void **state)
{
	static const char *const parts[] = { "[", "{\"verb\":", "-", "\"\\u00" };
	struct caller *caller = &callers[0];
	static char line[60 << 10];
	struct scene scene;

	(void)state;
	one(&scene, NULL);
	dial(&scene, 1, caller);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		size_t each = strlen(parts[i]);

		for (size_t j = 0; j < sizeof(line) - 1; j++)
			line[j] = parts[i][j % each];
		line[sizeof(line) - 1] = '\n';
		say_bytes(caller, line, sizeof(line));
		expect(&scene, caller, "REFUSED", "no JSON object");
	}
	close(caller->fd);
	scene_close(&scene);
}

static void
a_line_that_does_not_end_is_not_waited_for(void **state)
{
	struct caller *caller = &callers[0];
	static char line[RAFT_ADMIN_LINE_BYTES];
	struct scene scene;

	(void)state;
	one(&scene, NULL);
	dial(&scene, 1, caller);
	memset(line, ' ', sizeof(line));
	say_bytes(caller, line, sizeof(line));
	expect(&scene, caller, "TOO_LARGE", "64 KiB");
	expect_end(&scene, caller);
	scene_close(&scene);
}

/* ------------------------------------------------------------------- floods */

static void
who_is_silent_makes_room_for_another(void **state)
{
	struct caller *last = &callers[RAFT_ADMIN_CONNECTIONS_MAX];
	uint64_t begun = uv_hrtime();
	struct scene scene;

	(void)state;
	one(&scene, NULL);
	for (size_t i = 0; i < RAFT_ADMIN_CONNECTIONS_MAX; i++) {
		dial(&scene, 1, &callers[i]);
		/* And who says a letter now and then. */
		say(&callers[i], "{");
	}
	dial(&scene, 1, last);
	say(last, "{\"verb\":\"status\"}\n");
	expect(&scene, last, "OK", NULL);
	/* No sooner than is said, if nobody else goes. */
	assert_true(uv_hrtime() - begun > UINT64_C(900000000));
	for (size_t i = 0; i <= RAFT_ADMIN_CONNECTIONS_MAX; i++)
		close(callers[i].fd);
	scene_close(&scene);
}

/** All of them but the last ask for the status, and hear it. How many have gone. */
static size_t
all_look_again(struct scene *scene)
{
	size_t gone = 0;

	for (size_t i = 0; i < RAFT_ADMIN_CONNECTIONS_MAX; i++)
		say(&callers[i], "{\"verb\":\"status\"}\n");
	run_until(&scene->loop, false, 50);
	for (size_t i = 0; i < RAFT_ADMIN_CONNECTIONS_MAX; i++) {
		bool is_end;

		(void)has_line(&callers[i], &is_end);
		callers[i].length = 0;
		gone += is_end;
	}
	return gone;
}

/** Whoever has looked for longest; and nobody else. */
static void
who_looks_on_makes_room_for_another(void **state)
{
	struct caller *last = &callers[RAFT_ADMIN_CONNECTIONS_MAX];
	bool is_answered = false, is_end;
	struct scene scene;

	(void)state;
	one(&scene, NULL);
	for (size_t i = 0; i < RAFT_ADMIN_CONNECTIONS_MAX; i++)
		dial(&scene, 1, &callers[i]);
	assert_int_equal(all_look_again(&scene), 0);
	dial(&scene, 1, last);
	say(last, "{\"verb\":\"status\"}\n");
	for (int i = 0; i < 100 && !is_answered; i++) {
		all_look_again(&scene);
		is_answered = has_line(last, &is_end);
	}
	assert_true(is_answered);
	expect(&scene, last, "OK", NULL);
	(void)has_line(&callers[0], &is_end);
	assert_true(is_end);
	assert_int_equal(all_look_again(&scene), 1);
	for (size_t i = 0; i <= RAFT_ADMIN_CONNECTIONS_MAX; i++)
		close(callers[i].fd);
	scene_close(&scene);
}

/** More than can be let in, again and again; each says something. */
static void
a_flood_is_bounded_and_the_server_goes_on(void **state)
{
	enum { FLOOD = 2000, OPEN = 100 };
	struct caller *caller = &callers[0];
	size_t dialled = 0, let_in = 0, before;
	struct scene scene;
	int fds[OPEN];

	(void)state;
	one(&scene, NULL);
	before = count_open_files();
	for (size_t i = 0; i < FLOOD; i++) {
		let_in += dial_perhaps(&scene, 1, caller);
		say(caller, "{\"verb\":\"status\"}\n{\"verb\":\"st");
		fds[dialled++] = caller->fd;
		if (i % 16 == 15)
			uv_run(&scene.loop, UV_RUN_NOWAIT);
		if (dialled == OPEN) {
			assert_int_equal(add(&scene, 1, "1").result,
					 RAFT_SERVER_OK);
			/* And one that libuv holds, in line. */
			assert_in_range(count_open_files(), before,
					before + OPEN +
					    RAFT_ADMIN_CONNECTIONS_MAX + 1);
			while (dialled > 0)
				close(fds[--dialled]);
		}
	}
	assert_in_range(let_in, FLOOD / 4, FLOOD - 1);
	run_until(&scene.loop, false, 100);
	dial(&scene, 1, caller);
	say(caller, "{\"verb\":\"status\"}\n");
	expect(&scene, caller, "OK", NULL);
	close(caller->fd);
	scene_close(&scene);
}

/** Who asks and does not read is asked no more of, and has one answer waiting. */
static void
who_does_not_read_costs_one_answer(void **state)
{
	static const char ask[] = "{\"verb\":\"status\"}\n";
	struct caller *caller = &callers[0];
	struct scene scene;
	size_t taken = 0;

	(void)state;
	one(&scene, NULL);
	dial(&scene, 1, caller);
	for (int quiet = 0; quiet < 50;) {
		ssize_t some =
		    send(caller->fd, ask, sizeof(ask) - 1, MSG_NOSIGNAL);

		taken += some > 0 ? (size_t)some : 0;
		quiet = some > 0 ? 0 : quiet + 1;
		run_until(&scene.loop, false, 1);
	}
	/* The kernel's buffers, and a line. */
	assert_in_range(taken, RAFT_ADMIN_LINE_BYTES / 2, 1 << 20);
	assert_int_equal(add(&scene, 1, "1").result, RAFT_SERVER_OK);
	/* Once it reads, each has its answer. */
	for (size_t i = 0; i < taken / (sizeof(ask) - 1); i++)
		expect(&scene, caller, "OK", NULL);
	close(caller->fd);
	scene_close(&scene);
}

/** Those who ask for what takes its time, and go. */
static void
changes_under_way_are_few(void **state)
{
	static const char ask[] =
	    "{\"verb\":\"transfer\",\"id\":3,\"timeout_seconds\":86400}\n";
	struct caller *caller = &callers[0];
	struct scene scene;

	(void)state;
	three(&scene);
	add(&scene, 1, "1");
	cut_off(&scene, 2);
	cut_off(&scene, 3);
	open_admin(&scene, 1, NULL);
	for (int i = 0; i < 64; i++) {
		dial(&scene, 1, caller);
		say(caller, ask);
		run_until(&scene.loop, false, 5);
		close(caller->fd);
	}
	dial(&scene, 1, caller);
	say(caller, ask);
	expect(&scene, caller, "OVERLOADED", "too many changes");
	say(caller, "{\"verb\":\"status\"}\n");
	expect(&scene, caller, "OK", NULL);
	/* Closing ends all of them. */
	stop(&scene, 1);
	expect_end(&scene, caller);
	scene_close(&scene);
}

static void
who_asks_of_a_server_that_closes_is_told(void **state)
{
	struct caller *caller = &callers[0];
	struct scene scene;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 3);
	/* Alone, it takes no change. */
	start(&scene, 1);
	open_admin(&scene, 1, NULL);
	dial(&scene, 1, caller);
	say(caller, "{\"verb\":\"remove\",\"id\":3}\n");
	run_until(&scene.loop, false, 50);
	stop(&scene, 1);
	expect(&scene, caller, "CLOSED", "not done");
	expect_end(&scene, caller);
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_tells_how_it_is_again_and_again),
		cmocka_unit_test(one_that_has_stopped_is_shown_so),
		cmocka_unit_test(
		    what_is_asked_in_one_breath_is_answered_in_order),
		cmocka_unit_test(a_snapshot_that_fails_is_told_at_once),
		cmocka_unit_test(the_programs_metrics_are_told),
		cmocka_unit_test(one_that_goes_before_its_answer_harms_nobody),
		cmocka_unit_test(a_text_is_told_whatever_its_bytes_are),
		cmocka_unit_test(nobody_else_can_open_the_socket),
		cmocka_unit_test(
		    what_a_dead_server_left_is_replaced_and_no_more),
		cmocka_unit_test(a_folder_may_have_a_long_name),
		cmocka_unit_test(
		    a_server_may_be_given_its_socket_when_it_is_opened),
		cmocka_unit_test(one_without_a_state_or_a_leader_says_so),
		cmocka_unit_test(nonsense_is_answered_with_a_sentence),
		cmocka_unit_test(depth_is_answered_with_a_sentence),
		cmocka_unit_test(a_line_that_does_not_end_is_not_waited_for),
		cmocka_unit_test(who_is_silent_makes_room_for_another),
		cmocka_unit_test(who_looks_on_makes_room_for_another),
		cmocka_unit_test(a_flood_is_bounded_and_the_server_goes_on),
		cmocka_unit_test(who_does_not_read_costs_one_answer),
		cmocka_unit_test(changes_under_way_are_few),
		cmocka_unit_test(who_asks_of_a_server_that_closes_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
