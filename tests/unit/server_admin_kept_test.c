/*
 * What is said to the socket of a server, and what it answers: kept whole, beside this
 * file, all on one connection; and the limits of such a conversation.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * After a change that is meant:
 *
 *     bazel run //tests/unit:server_admin_kept_test -- --write
 */
#include "tests/unit/admin_scene.h"

#include <errno.h>
#include <sys/un.h>

#include "assists/admin/admin.h"
#include "assists/admin/place.h"
#include "tests/kept.h"

#define KEPT "tests/unit/server_admin.txt"

static bool kept_anew;

/** One server that leads, its socket, and an operator's end of a connection. */
static struct site {
	struct scene scene;
	int fd;
	size_t length;
	char said[1 << 18];
} site;

static void
open_site(const struct raft_admin_options *options)
{
	char error[RAFT_SERVER_ERROR_BYTES];
	struct scene *scene = &site.scene;

	memset(&site, 0, sizeof(site));
	scene_open(scene);
	make_first(scene, 1);
	start(scene, 1);
	if (!raft_admin_open(scene->actors[1].server, options, error,
			     sizeof(error)))
		fail_msg("%s", error);
	assert_int_equal(add(scene, 1, "1").result, RAFT_SERVER_OK);
	site.fd = admin_dial(&site.scene, 1);
}

static void
close_site(void)
{
	close(site.fd);
	scene_close(&site.scene);
}

static void
say_bytes(const char *bytes, size_t length)
{
	size_t sent = 0;

	while (sent < length) {
		ssize_t some =
		    send(site.fd, bytes + sent, length - sent, MSG_NOSIGNAL);

		sent += some > 0 ? (size_t)some : 0;
		run_until(&site.scene.loop, sent == length, 1);
	}
}

static void
say(const char *text)
{
	say_bytes(text, strlen(text));
}

static bool
has_line(bool *is_end)
{
	ssize_t got = recv(site.fd, site.said + site.length,
			   sizeof(site.said) - 1 - site.length, 0);

	if (got > 0)
		site.length += (size_t)got;
	site.said[site.length] = '\0';
	*is_end = got == 0 || (got < 0 && errno != EAGAIN);
	return strchr(site.said, '\n') != NULL || *is_end;
}

/* The next line, to be freed; NULL: the server has closed. */
static char *
hear(void)
{
	bool is_end;
	char *end, *line;

	assert_true(
	    run_until(&site.scene.loop, has_line(&is_end), PATIENCE_MS));
	end = strchr(site.said, '\n');
	if (end == NULL)
		return NULL;
	line = strndup(site.said, (size_t)(end - site.said));
	site.length -= (size_t)(end + 1 - site.said);
	memmove(site.said, end + 1, site.length + 1);
	return line;
}

static void
expect(const char *expected)
{
	char *line = hear();

	assert_non_null(line);
	if (strncmp(line, expected, strlen(expected)) != 0)
		fail_msg("not '%s', but '%s'", expected, line);
	free(line);
}

/* ------------------------------------------------------- what is kept of it */

/** In which ' stands for ". */
static const char *const requests[] = {
	"{'verb':'status'}",
	"{'verb':'reload'}",
	"{'verb':'metrics'}",
	"{'verb':'snapshot','timeout_seconds':60}",
	/* Its own place, another's, and none. */
	"{'verb':'add','id':1,'incarnation':'abc','address':'127.0.0.1:9'}",
	"{'verb':'add','id':9,'incarnation':'abc','address':'nowhere'}",
	"{'verb':'add','id':9,'incarnation':'abc','address':'HOST'}",
	"{'verb':'learn','id':1,'incarnation':'abc','address':'127.0.0.1:9'}",
	"{'verb':'remove','id':1}",
	"{'verb':'remove','id':9}",
	"{'verb':'promote','id':1}",
	"{'verb':'promote','id':9}",
	"{'verb':'demote','id':1}",
	"{'verb':'demote','id':9}",
	"{'verb':'replace','id':9,'replaced':8}",
	"{'verb':'replace','id':1,'replaced':1}",
	"{'verb':'stand-in','id':1,'stands_in_seconds':3600}",
	"{'verb':'stand-in','id':9,'stands_in_seconds':1}",
	"{'verb':'move','id':9,'address':'127.0.0.1:9'}",
	"{'verb':'move','id':1,'address':'127.0.0.1'}",
	"{'verb':'transfer','id':1}",
	"{'verb':'transfer','id':9}",
	"{'verb':'step-down'}",
	"{'verb':'step-down','id':9}",
	"{'verb':'leases','clock_drift':0}",
	/* What is no request. */
	"",
	"{",
	"[]",
	"{}",
	"{'verb':null}",
	"{'verb':7}",
	"{'verb':'Status'}",
	"{'verb':'status','id':1}",
	"{'verb':'status','verbs':1}",
	"{'verb':'status','timeout_seconds':0}",
	"{'verb':'status','timeout_seconds':86401}",
	"{'verb':'status'} {'verb':'status'}",
	"{'verb':'add','id':0,'incarnation':'abc','address':'x:1'}",
	"{'verb':'add','id':9,'incarnation':'0','address':'x:1'}",
	"{'verb':'add','id':9,'incarnation':'10000000000000000'}",
	"{'verb':'add','id':9,'incarnation':'abc','address':7}",
	"{'verb':'add','id':9,'incarnation':'abc'}",
	"{'verb':'add','id':9,'address':'x:1'}",
	"{'verb':'add','incarnation':'abc','address':'x:1'}",
	"{'verb':'replace','id':9}",
	"{'verb':'replace','id':9,'replaced':0}",
	"{'verb':'stand-in','id':9}",
	"{'verb':'stand-in','id':9,'stands_in_seconds':3601}",
	"{'verb':'leases'}",
	"{'verb':'leases','clock_drift':500001}",
	/* And it answers still. */
	"{'verb':'reload'}",
};

/* What is another each time is left out. */
static void
keep(FILE *out, const char *line)
{
	const char *address = site.scene.actors[1].address, *at;

	if (strncmp(line, "{\"result\":\"OK\",\"id\"", 19) == 0 ||
	    strncmp(line, "{\"result\":\"OK\",\"metrics\"", 24) == 0) {
		fprintf(out, "< %.35s...\n", line);
		return;
	}
	fputs("< ", out);
	for (; (at = strstr(line, address)) != NULL;
	     line = at + strlen(address))
		fprintf(out, "%.*sHOST", (int)(at - line), line);
	fprintf(out, "%s\n", line);
}

static void
converse(FILE *out, const char *request)
{
	char text[256], *line;
	bool is_answer;

	strlcpy(text, request, sizeof(text));
	for (char *at = text; *at != '\0'; at++)
		*at = *at == '\'' ? '"' : *at;
	fprintf(out, "> %s\n", request);
	say(text);
	say("\n");
	do {
		line = hear();
		assert_non_null(line);
		is_answer = strncmp(line, "{\"result\":", 10) == 0;
		keep(out, line);
		free(line);
	} while (!is_answer);
}

static void
all_that_is_answered_is_kept(void **state)
{
	char *kept, *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	open_site(NULL);
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		converse(out, requests[i]);
	assert_int_equal(fclose(out), 0);
	kept = kept_read(KEPT);
	assert_true(kept_is(KEPT, kept, text, kept_anew));
	free(kept);
	free(text);
	close_site();
}

/* ---------------------------------------------------------------- its limits */

static const char reload[] = "{\"verb\":\"reload\"}";
static const char done[] = "{\"result\":\"OK\"}";

/* A line of so many bytes, with its end. */
static void
say_line(size_t length)
{
	static char line[RAFT_ADMIN_LINE_BYTES + 1];

	memset(line, ' ', sizeof(line));
	memcpy(line, reload, sizeof(reload) - 1);
	line[length - 1] = '\n';
	say_bytes(line, length);
}

static void
a_line_may_be_so_long_and_no_longer(void **state)
{
	(void)state;
	open_site(NULL);
	say_line(RAFT_ADMIN_LINE_BYTES - 1);
	expect(done);
	say_line(RAFT_ADMIN_LINE_BYTES);
	expect(done);
	/* The rest of what was too long is not taken for a request. */
	say_line(RAFT_ADMIN_LINE_BYTES + 1);
	expect("{\"result\":\"TOO_LARGE\",\"why\":\"a request has to be a line "
	       "of less than 64 KiB\"}");
	assert_null(hear());
	close(site.fd);
	site.fd = admin_dial(&site.scene, 1);
	say(reload);
	say("\n");
	expect(done);
	close_site();
}

static void
a_line_may_come_byte_by_byte(void **state)
{
	(void)state;
	open_site(NULL);
	for (size_t i = 0; reload[i] != '\0'; i++) {
		say_bytes(&reload[i], 1);
		run_until(&site.scene.loop, false, 1);
		assert_true(recv(site.fd, &(char){ 0 }, 1, 0) < 0);
	}
	/* With the beginning of the next one. */
	say("\n{");
	expect(done);
	say(&reload[1]);
	say("\n");
	expect(done);
	close_site();
}

/* Its answer is on its way when it says that this was all. */
static void
who_says_no_more_has_its_answer(void **state)
{
	(void)state;
	open_site(NULL);
	say(reload);
	say("\n");
	assert_int_equal(shutdown(site.fd, SHUT_WR), 0);
	expect(done);
	assert_null(hear());
	/* Who says half a line has none. */
	close(site.fd);
	site.fd = admin_dial(&site.scene, 1);
	say(reload);
	assert_int_equal(shutdown(site.fd, SHUT_WR), 0);
	assert_null(hear());
	close_site();
}

static char *
no_metrics(void *context)
{
	++*(int *)context;
	return NULL;
}

static void
who_asks_for_what_has_no_memory_is_let_go(void **state)
{
	int asked = 0;

	(void)state;
	open_site(&(struct raft_admin_options){ .metrics = no_metrics,
						.metrics_context = &asked });
	say("{\"verb\":\"metrics\"}\n");
	assert_null(hear());
	assert_int_equal(asked, 1);
	close(site.fd);
	site.fd = admin_dial(&site.scene, 1);
	say(reload);
	say("\n");
	expect(done);
	close_site();
}

/* ------------------------------------------------------------- a slow snapshot */

/* Not before there is a file of this name; it may be another process that looks. */
static char gate[PATH_MAX];

static bool
write_late(void *frozen, struct raft_server_sink *sink)
{
	for (int i = 0; i < PATIENCE_MS / 10 && access(gate, F_OK) != 0; i++)
		usleep(10000);
	return machine_write(frozen, sink);
}

static void
who_waits_for_a_snapshot_waits_so_long(void **state)
{
	struct raft_server_machine machine = scene_machine;
	char error[RAFT_SERVER_ERROR_BYTES];
	struct scene *scene = &site.scene;
	uint64_t begun;
	FILE *file;

	(void)state;
	memset(&site, 0, sizeof(site));
	scene_open(scene);
	snprintf(gate, sizeof(gate), "%s/gate", scene->root);
	machine.write = write_late;
	scene->machine = &machine;
	make_first(scene, 1);
	start(scene, 1);
	assert_true(raft_admin_open(scene->actors[1].server, NULL, error,
				    sizeof(error)));
	assert_int_equal(add(scene, 1, "1").result, RAFT_SERVER_OK);
	site.fd = admin_dial(&site.scene, 1);
	begun = uv_hrtime();
	say("{\"verb\":\"snapshot\",\"timeout_seconds\":1}\n");
	expect("{\"result\":\"UNKNOWN\",\"why\":\"no snapshot was taken in "
	       "time: it may be yet\"}");
	/* By the loop's clock, of milliseconds. */
	assert_true(uv_hrtime() - begun > UINT64_C(990000000));
	file = fopen(gate, "w");
	assert_non_null(file);
	fclose(file);
	/* It is taken, and nobody is told who waits no more. */
	assert_true(run_until(&scene->loop,
			      status_of(scene, 1).snapshot.index != 0,
			      PATIENCE_MS));
	say(reload);
	say("\n");
	expect(done);
	close_site();
}

/* --------------------------------------------------------------- its place */

/* The address has room for this folder, and for no longer one. */
static void
a_place_is_a_path_as_long_as_that_fits(void **state)
{
	struct admin_place place;
	const size_t fits =
	    sizeof(place.address.sun_path) - 1 - strlen("/" ADMIN_SOCKET_NAME);
	char folder[256];

	(void)state;
	memset(folder, 'x', sizeof(folder));
	folder[fits] = '\0';
	assert_int_equal(raft__admin_place(folder, &place), 0);
	assert_int_equal(place.folder, -1);
	assert_int_equal(place.address.sun_family, AF_UNIX);
	assert_memory_equal(place.address.sun_path, folder, fits);
	assert_string_equal(place.address.sun_path + fits, "/admin.socket");
	/* One longer, which is not there. */
	folder[fits] = 'x';
	folder[fits + 1] = '\0';
	assert_int_equal(raft__admin_place(folder, &place), -1);
	assert_int_equal(errno, ENOENT);
	/* And one that is. */
	open_site(NULL);
	strlcpy(folder, site.scene.actors[1].folder, sizeof(folder));
	while (strlen(folder) <= fits)
		strlcat(folder, "/.", sizeof(folder));
	assert_int_equal(raft__admin_place(folder, &place), 0);
	assert_true(place.folder >= 0);
	errno = EXDEV;
	raft__admin_leave(&place);
	assert_int_equal(errno, EXDEV);
	close_site();
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_is_answered_is_kept),
		cmocka_unit_test(a_line_may_be_so_long_and_no_longer),
		cmocka_unit_test(a_line_may_come_byte_by_byte),
		cmocka_unit_test(who_says_no_more_has_its_answer),
		cmocka_unit_test(who_asks_for_what_has_no_memory_is_let_go),
		cmocka_unit_test(who_waits_for_a_snapshot_waits_so_long),
		cmocka_unit_test(a_place_is_a_path_as_long_as_that_fits),
	};

	kept_anew = kept_writes(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
