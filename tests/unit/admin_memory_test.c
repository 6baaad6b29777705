/*
 * The socket of a server when memory runs out: whichever allocation fails, an operator is
 * answered as ever, or let go, or told that it is so; never half of an answer, and the
 * next request is answered whole.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/failing_memory.h"

/* The scene's own succeed. */
#define malloc __real_malloc
#include "tests/unit/admin_scene.h"
#undef malloc

#include <errno.h>
#include <jansson.h>

#include "assists/admin/admin.h"
#include "assists/admin/status.h"
#include "tests/unit/open_files.h"

#define ANSWER_BYTES (1 << 18)

static struct site {
	struct scene scene;
	char said[ANSWER_BYTES];
	size_t length;
} site;

static void
let_go(void *memory)
{
	free(memory);
}

static bool
has_line(int fd, bool *is_end)
{
	ssize_t got = recv(fd, site.said + site.length,
			   ANSWER_BYTES - 1 - site.length, 0);

	if (got > 0)
		site.length += (size_t)got;
	site.said[site.length] = '\0';
	*is_end = got == 0 || (got < 0 && errno != EAGAIN);
	return *is_end || memchr(site.said, '\n', site.length) != NULL;
}

/* The answer to this, with what was told of progress before it; "": it is let go. */
static const char *
ask(int fd, const char *request)
{
	bool is_end = false;
	char *line = site.said;

	site.length = 0;
	assert_true(send(fd, request, strlen(request), MSG_NOSIGNAL) > 0);
	do {
		assert_true(run_until(&site.scene.loop, has_line(fd, &is_end),
				      PATIENCE_MS));
		line = memmem(site.said, site.length, "{\"result\":", 10);
	} while (!is_end && line == NULL);
	if (line == NULL)
		return "";
	assert_int_equal(site.said[site.length - 1], '\n');
	return line;
}

/** A request, and how its answer begins. */
struct request {
	const char *text;
	const char *answer;
};

static const struct request requests[] = {
	{ "{\"verb\":\"status\"}\n", "{\"result\":\"OK\",\"id\":1," },
	{ "{\"verb\":\"metrics\"}\n",
	  "{\"result\":\"OK\",\"metrics\":\"# HELP outrigger_build_info " },
	{ "{\"verb\":\"reload\"}\n", "{\"result\":\"OK\"}\n" },
	{ "{\"verb\":\"step-down\",\"id\":9}\n", "{\"result\":\"" },
	{ "{\"verb\":\"remove\",\"id\":9}\n", "{\"result\":\"" },
	{ "{\"verb\":\"snapshot\"}\n",
	  "{\"result\":\"OK\",\"snapshot_index\":" },
};

#define REQUESTS (sizeof(requests) / sizeof(requests[0]))

/* As what it answers with if it cannot do that. */
static bool
is_known(const struct request *request, const char *answer)
{
	return *answer == '\0' ||
	       strncmp(answer, request->answer, strlen(request->answer)) == 0 ||
	       strstr(answer, "memory") != NULL ||
	       strstr(answer, "\"that is no JSON object") != NULL;
}

/* False: no allocation of it failed. */
static bool
ask_without(const struct request *request, size_t round, size_t *ends)
{
	const char *answer;
	bool failed;
	int fd;

	fail_after(round);
	fd = admin_dial(&site.scene, 1);
	answer = ask(fd, request->text);
	failed = has_failed();
	if (!is_known(request, answer))
		fail_msg("allocation %zu of %s: %.200s", round, request->text,
			 answer);
	*ends += *answer == '\0';
	/* It asks again, and it comes again. */
	if (*answer != '\0')
		assert_true(is_known(request, ask(fd, request->text)));
	close(fd);
	fd = admin_dial(&site.scene, 1);
	answer = ask(fd, requests[0].text);
	assert_int_equal(
	    strncmp(answer, requests[0].answer, strlen(requests[0].answer)), 0);
	assert_non_null(strstr(answer, "\"members\":[{\"id\":1,"));
	assert_memory_equal(answer + strlen(answer) - 4, "}]}\n", 4);
	close(fd);
	run_until(&site.scene.loop, false, 1);
	return failed;
}

/* Of the hundreds that a status takes ever fewer. */
static size_t
after(size_t round)
{
	return round + 1 + round / 8;
}

static int
set_up(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES];
	struct scene *scene = &site.scene;

	(void)state;
	scene_open(scene);
	make_first(scene, 1);
	start(scene, 1);
	fail_after(0);
	assert_false(raft_admin_open(scene->actors[1].server, NULL, error,
				     sizeof(error)));
	assert_true(has_failed());
	assert_string_equal(error, "out of memory");
	assert_true(raft_admin_open(scene->actors[1].server, NULL, error,
				    sizeof(error)));
	assert_int_equal(add(scene, 1, "1").result, RAFT_SERVER_OK);
	json_set_alloc_funcs(__wrap_malloc, let_go);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	scene_close(&site.scene);
	return 0;
}

static void
an_operator_is_answered_whole_or_let_go(void **state)
{
	size_t before = count_open_files();

	(void)state;
	for (size_t i = 0; i < REQUESTS; i++) {
		size_t round = 0, ends = 0;

		while (ask_without(&requests[i], round, &ends))
			round = after(round);
		print_message("%s: up to allocation %zu, %zu ends\n",
			      requests[i].text, round, ends);
		assert_true(round >= 4);
		assert_true(ends >= 1);
	}
	assert_int_equal(count_open_files(), before);
}

/* Without a leak, which the sanitizer would find. */
static void
a_document_is_whole_or_not_there(void **state)
{
	size_t round = 0;
	json_t *all;

	(void)state;
	for (;; round++) {
		fail_after(round);
		all = raft__admin_status(site.scene.actors[1].server);
		if (!has_failed())
			break;
		if (all != NULL) {
			assert_int_equal(json_object_size(all), 24);
			json_decref(all);
		}
	}
	assert_int_equal(json_object_size(all), 24);
	json_decref(all);
	assert_in_range(round, 100, 2000);
}

/* Where there is no UTF-8 in it, it takes one more. */
static void
a_text_needs_memory(void **state)
{
	json_t *text;

	(void)state;
	for (size_t round = 0; round < 3; round++) {
		fail_after(round);
		text = raft__admin_text("Hafen \xfc!");
		if (has_failed()) {
			assert_null(text);
			continue;
		}
		assert_string_equal(json_string_value(text), "Hafen ?!");
		json_decref(text);
		assert_true(round > 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_operator_is_answered_whole_or_let_go),
		cmocka_unit_test(a_document_is_whole_or_not_there),
		cmocka_unit_test(a_text_needs_memory),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
