/*
 * A port for clients that say lines: each is answered, in order, and what strangers can
 * have of it is bounded.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/port_scene.h"

#include "assists/lines/lines.h"

/* ------------------------------------------------------------------ a port */

/** A server of a cluster, and its port. */
struct port {
	struct scene scene;
	struct raft_lines_options options;
	char place[PLACE_BYTES];
	uint16_t number;
	/** The last line that was taken. */
	char line[600];
	size_t lines;
};

static void
ended(void *client, const struct raft_server_answer *answer)
{
	raft_lines_answer(client, "%s %.*s",
			  raft_server_result_name(answer->result),
			  (int)answer->length, (const char *)answer->data);
}

/** "say TEXT" is answered at once, "much" with more than there is room for, "add N"
 *  when that is done. */
static void
take(void *context, struct raft_lines_client *client, const char *line)
{
	struct port *port = context;
	static char much[2 * RAFT_LINES_ANSWER_BYTES];

	port->lines++;
	strlcpy(port->line, line, sizeof(port->line));
	if (strncmp(line, "add ", 4) == 0) {
		raft_server_propose(
		    port->scene.actors[1].server,
		    &(struct raft_server_command){ .data = line + 4,
						   .length = strlen(line + 4),
						   .timeout_us = 2500000 },
		    ended, client);
	} else if (strcmp(line, "much") == 0) {
		memset(much, 'x', sizeof(much) - 1);
		raft_lines_answer(client, "%s", much);
	} else {
		raft_lines_answer(client, "%s",
				  strncmp(line, "say ", 4) == 0 ? line + 4
								: "what?");
	}
}

/* A server that is one of `count` first ones, the only one that runs. */
static void
port_open(struct port *port, int count, struct raft_lines_options options)
{
	char error[RAFT_SERVER_ERROR_BYTES];

	*port = (struct port){ 0 };
	scene_open(&port->scene);
	make_first(&port->scene, count);
	start(&port->scene, 1);
	port->number = choose_place(port->place);
	options.address = port->place;
	options.take = take;
	options.context = port;
	if (!raft_lines_open(port->scene.actors[1].server, &options, error,
			     sizeof(error)))
		fail_msg("%s", error);
}

/* ----------------------------------------------------------------- a client */

/* Whether it was let go, what was said before being read. */
static bool
is_gone(int fd)
{
	char bytes[4096];
	ssize_t got;

	do
		got = recv(fd, bytes, sizeof(bytes), 0);
	while (got > 0);
	return got == 0 || errno != EAGAIN;
}

/* ----------------------------------------------------------------- talking */

static void
lines_are_answered_in_order(void **state)
{
	struct port port;
	int fd;

	(void)state;
	port_open(&port, 1, (struct raft_lines_options){ 0 });
	fd = dial(port.number);
	say(fd, "say 1\nadd 2\r\nsay 3\nadd 4\nsa");
	expect(&port.scene, fd, "1\nOK 2\n3\nOK 6\n");
	say(fd, "y 5\n");
	expect(&port.scene, fd, "5\n");
	close(fd);
	scene_close(&port.scene);
}

static void
many_lines_at_once_are_taken_one_by_one(void **state)
{
	char lines[3 * 5000 + 1] = "";
	struct port port;
	int fd;

	(void)state;
	port_open(
	    &port, 1,
	    (struct raft_lines_options){ .line_bytes_max = sizeof(lines) });
	fd = dial(port.number);
	for (size_t i = 0; i < sizeof(lines) - 3; i += 3)
		memcpy(lines + i, "no\n", 3);
	say(fd, lines);
	assert_true(
	    run_until(&port.scene.loop, port.lines == 5000, PATIENCE_MS));
	expect(&port.scene, fd, "what?\nwhat?\n");
	close(fd);
	scene_close(&port.scene);
}

/* In RAFT_SEED's way. */
static uint64_t
seed_of_this_run(void)
{
	const char *text = getenv("RAFT_SEED");
	uint64_t seed =
	    text != NULL ? strtoull(text, NULL, 10) : arc4random() + 1;

	print_message("seed %" PRIu64
		      "; again: ./run test --test_env=RAFT_SEED=%" PRIu64
		      " //tests/unit:lines_test\n",
		      seed, seed);
	return seed;
}

static uint32_t
draw(uint64_t *seed, uint32_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33) % below;
}

/* The answer to the line of `length` random bytes at the end of `bytes`. */
static const char *
say_something(uint64_t *seed, char *bytes, size_t length)
{
	bool is_said = length >= 4 && draw(seed, 2) == 0;

	for (size_t i = 0; i < length; i++)
		do
			bytes[i] = (char)draw(seed, 256);
		while (bytes[i] == '\n' || (is_said && bytes[i] == '\0'));
	if (is_said)
		memcpy(bytes, "say ", 4);
	bytes[length] = '\n';
	return is_said ? bytes + 4 : NULL;
}

static void
lines_are_the_same_in_whatever_pieces_they_come(void **state)
{
	uint64_t seed = seed_of_this_run();
	char bytes[600], answer[600];
	struct port port;
	int fd;

	(void)state;
	port_open(&port, 1, (struct raft_lines_options){ 0 });
	fd = dial(port.number);
	for (int round = 0; round < 300; round++) {
		size_t length = draw(&seed, 512), sent = 0, piece;
		const char *said = say_something(&seed, bytes, length);

		while (sent < length + 1) {
			piece = 1 + draw(&seed, (uint32_t)(length + 1 - sent));
			send_bytes(fd, bytes + sent, piece);
			sent += piece;
			uv_run(&port.scene.loop, UV_RUN_NOWAIT);
		}
		bytes[length] = '\0';
		if (said != NULL && length > 4 && bytes[length - 1] == '\r')
			bytes[length - 1] = '\0';
		snprintf(answer, sizeof(answer), "%s\n",
			 said != NULL ? said : "what?");
		expect(&port.scene, fd, answer);
	}
	assert_int_equal(port.lines, 300);
	close(fd);
	scene_close(&port.scene);
}

static void
a_line_with_a_nul_is_nothing_and_one_too_long_is_none(void **state)
{
	char line[513];
	struct port port;
	int fd;

	(void)state;
	port_open(&port, 1, (struct raft_lines_options){ 0 });
	fd = dial(port.number);
	send_bytes(fd, "say 1\0x\n", 8);
	expect(&port.scene, fd, "what?\n");
	assert_string_equal(port.line, "");
	memset(line, 'x', sizeof(line));
	send_bytes(fd, line, 511);
	say(fd, "\n");
	expect(&port.scene, fd, "what?\n");
	assert_int_equal(strlen(port.line), 511);
	send_bytes(fd, line, 512);
	assert_true(run_until(&port.scene.loop, is_gone(fd), PATIENCE_MS));
	close(fd);
	/* Though its end comes along. */
	fd = dial(port.number);
	line[512] = '\n';
	send_bytes(fd, line, 513);
	assert_true(run_until(&port.scene.loop, is_gone(fd), PATIENCE_MS));
	assert_int_equal(port.lines, 2);
	close(fd);
	scene_close(&port.scene);
}

/* So many letters, as fast as they are read. */
static void
say_letters(struct port *port, int fd, size_t count)
{
	char letters[4096];

	memset(letters, 'x', sizeof(letters));
	while (count > 0) {
		size_t length =
		    count < sizeof(letters) ? count : sizeof(letters);

		send_bytes(fd, letters, length);
		run_until(&port->scene.loop, false, 1);
		count -= length;
	}
}

static void
no_line_is_longer_than_64_KiB_whatever_is_asked(void **state)
{
	struct port port;
	int fd;

	(void)state;
	port_open(&port, 1,
		  (struct raft_lines_options){ .line_bytes_max = 65537 });
	fd = dial(port.number);
	say_letters(&port, fd, 65535);
	say(fd, "\n");
	expect(&port.scene, fd, "what?\n");
	say_letters(&port, fd, 65536);
	assert_true(run_until(&port.scene.loop, is_gone(fd), PATIENCE_MS));
	assert_int_equal(port.lines, 1);
	close(fd);
	scene_close(&port.scene);
}

static void
an_answer_that_is_too_long_is_cut_off(void **state)
{
	char answer[RAFT_LINES_ANSWER_BYTES + 1] = "";
	struct port port;
	int fd;

	(void)state;
	port_open(&port, 1, (struct raft_lines_options){ 0 });
	fd = dial(port.number);
	memset(answer, 'x', RAFT_LINES_ANSWER_BYTES - 1);
	answer[RAFT_LINES_ANSWER_BYTES - 1] = '\n';
	say(fd, "much\n");
	expect(&port.scene, fd, answer);
	say(fd, "say 1\n");
	expect(&port.scene, fd, "1\n");
	close(fd);
	scene_close(&port.scene);
}

static void
who_goes_away_before_the_answer_does_no_harm(void **state)
{
	struct port port;
	int fd;

	(void)state;
	port_open(&port, 1, (struct raft_lines_options){ 0 });
	for (int i = 0; i < 20; i++) {
		fd = dial(port.number);
		say(fd, "add 1\nadd 1\nsay 1\nadd 1\n");
		close(fd);
	}
	assert_true(run_until(&port.scene.loop, port.lines >= 20, PATIENCE_MS));
	fd = dial(port.number);
	say(fd, "say 1\n");
	expect(&port.scene, fd, "1\n");
	close(fd);
	scene_close(&port.scene);
}

static void
who_does_not_read_is_let_go(void **state)
{
	struct port port;
	uint64_t end = uv_hrtime() + UINT64_C(1000000) * PATIENCE_MS;
	ssize_t sent = 1;
	size_t before = 0;
	int fd;

	(void)state;
	port_open(&port, 1, (struct raft_lines_options){ .idle_us = 1000000 });
	fd = dial(port.number);
	while ((sent > 0 || errno == EAGAIN) && uv_hrtime() < end) {
		sent = send(fd, "much\n", 5, MSG_NOSIGNAL);
		before = port.lines;
		uv_run(&port.scene.loop, UV_RUN_NOWAIT);
	}
	assert_true(sent < 0 && errno != EAGAIN);
	/* The kernel had room for some, and then no more was asked. */
	assert_in_range(port.lines, 2, 10000);
	assert_int_equal(port.lines, before);
	close(fd);
	scene_close(&port.scene);
}

/* ---------------------------------------------------------------- strangers */

static void
who_is_silent_gives_way_when_more_come(void **state)
{
	struct port port;
	int silent[2], fd;

	(void)state;
	port_open(&port, 1, (struct raft_lines_options){ .clients_max = 2 });
	silent[0] = dial(port.number);
	silent[1] = dial(port.number);
	assert_false(run_until(&port.scene.loop, is_gone(silent[0]), 300));
	say(silent[0], "say 1\n");
	expect(&port.scene, silent[0], "1\n");
	fd = dial(port.number);
	say(fd, "add 3\n");
	expect(&port.scene, fd, "OK 3\n");
	/* The one that was silent for longer. */
	assert_true(is_gone(silent[1]));
	assert_false(is_gone(silent[0]));
	close(silent[0]);
	close(silent[1]);
	close(fd);
	scene_close(&port.scene);
}

static void
who_waits_for_an_answer_keeps_its_place(void **state)
{
	struct port port;
	int first, second;

	(void)state;
	/* Nobody leads. */
	port_open(
	    &port, 3,
	    (struct raft_lines_options){ .clients_max = 1, .idle_us = 100000 });
	first = dial(port.number);
	say(first, "add 1\n");
	assert_true(run_until(&port.scene.loop, port.lines == 1, PATIENCE_MS));
	second = dial(port.number);
	say(second, "say 2\n");
	expect(&port.scene, first, "NO_LEADER \n");
	expect(&port.scene, second, "2\n");
	assert_true(run_until(&port.scene.loop, is_gone(first), PATIENCE_MS));
	close(first);
	close(second);
	scene_close(&port.scene);
}

static void
who_says_nothing_for_long_is_let_go(void **state)
{
	struct port port;
	uint64_t began = uv_hrtime();
	int fd;

	(void)state;
	port_open(&port, 1, (struct raft_lines_options){ .idle_us = 1500000 });
	fd = dial(port.number);
	say(fd, "say a wo");
	assert_true(run_until(&port.scene.loop, is_gone(fd), PATIENCE_MS));
	assert_true(uv_hrtime() - began >= UINT64_C(1500000000));
	close(fd);
	scene_close(&port.scene);
}

/* -------------------------------------------------------- with its server */

static void
a_port_ends_with_its_server(void **state)
{
	struct port port;
	int waiting, silent;

	(void)state;
	port_open(&port, 3, (struct raft_lines_options){ 0 });
	waiting = dial(port.number);
	silent = dial(port.number);
	say(waiting, "add 1\nadd 2\n");
	assert_true(run_until(&port.scene.loop, port.lines == 1, PATIENCE_MS));
	cut_off(&port.scene, 1);
	expect(&port.scene, waiting, "CLOSED \n");
	assert_true(is_gone(waiting) && is_gone(silent));
	/* No other line is taken, for nobody would answer it. */
	assert_int_equal(port.lines, 1);
	close(waiting);
	close(silent);
	scene_close(&port.scene);
}

static void
where_one_cannot_listen_is_said(void **state)
{
	static const char *const places[] = {
		"127.0.0.1",	   ":",
		"127.0.0.1:x",	   "256.1.1.1:80",
		"127.0.0.1:70000", "127.0.0.1:0",
		"127.0.0.1:+7000", "::1:7000",
		"unix:/socket",
	};
	char error[RAFT_SERVER_ERROR_BYTES];
	struct raft_server *server;
	struct port port;

	(void)state;
	port_open(&port, 1, (struct raft_lines_options){ 0 });
	server = port.scene.actors[1].server;
	assert_false(raft_lines_open(
	    server,
	    &(struct raft_lines_options){ .address = port.place, .take = take },
	    error, sizeof(error)));
	assert_non_null(strstr(error, port.place));
	assert_non_null(strstr(error, "address already in use"));
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		assert_false(
		    raft_lines_open(server,
				    &(struct raft_lines_options){
					.address = places[i], .take = take },
				    error, sizeof(error)));
		assert_non_null(strstr(error, places[i]));
	}
	scene_close(&port.scene);
}

static void
one_that_is_opened_early_listens_when_the_server_does(void **state)
{
	struct raft_lines_options options = { .take = take };
	char error[RAFT_SERVER_ERROR_BYTES];
	struct port port = { 0 };
	struct actor *actor = &port.scene.actors[1];
	int fd;

	(void)state;
	scene_open(&port.scene);
	make_server(&port.scene, 1, (struct raft_server_create){ 0 });
	port.number = free_port();
	actor->server = raft_server_open(actor->folder, NULL, &scene_machine,
					 &actor->machine, error, sizeof(error));
	assert_non_null(actor->server);
	snprintf(port.place, sizeof(port.place), "127.0.0.1:%u", port.number);
	options.address = port.place;
	options.context = &port;
	assert_true(
	    raft_lines_open(actor->server, &options, error, sizeof(error)));
	/* The place is taken when the second wants to listen. */
	assert_true(
	    raft_lines_open(actor->server, &options, error, sizeof(error)));
	assert_false(raft_server_attach(actor->server, &port.scene.loop, error,
					sizeof(error)));
	assert_non_null(strstr(error, "address already in use"));
	fd = dial(port.number);
	raft_server_close(actor->server, now_closed, actor);
	assert_true(
	    run_until(&port.scene.loop, actor->server == NULL, PATIENCE_MS));
	assert_true(is_gone(fd));
	close(fd);
	scene_close(&port.scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_answered_in_order),
		cmocka_unit_test(many_lines_at_once_are_taken_one_by_one),
		cmocka_unit_test(
		    lines_are_the_same_in_whatever_pieces_they_come),
		cmocka_unit_test(
		    a_line_with_a_nul_is_nothing_and_one_too_long_is_none),
		cmocka_unit_test(
		    no_line_is_longer_than_64_KiB_whatever_is_asked),
		cmocka_unit_test(an_answer_that_is_too_long_is_cut_off),
		cmocka_unit_test(who_goes_away_before_the_answer_does_no_harm),
		cmocka_unit_test(who_does_not_read_is_let_go),
		cmocka_unit_test(who_is_silent_gives_way_when_more_come),
		cmocka_unit_test(who_waits_for_an_answer_keeps_its_place),
		cmocka_unit_test(who_says_nothing_for_long_is_let_go),
		cmocka_unit_test(a_port_ends_with_its_server),
		cmocka_unit_test(where_one_cannot_listen_is_said),
		cmocka_unit_test(
		    one_that_is_opened_early_listens_when_the_server_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
