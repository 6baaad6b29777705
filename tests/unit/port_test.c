/*
 * A port for clients of any protocol: what they send is shown until it is taken, and
 * neither who sends without end nor who does not read takes more than his share. What
 * lines_test.c shows of places and of the end of the server holds here as well.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/port_scene.h"

#include "assists/port/port.h"

#define MUCH ((size_t)1 << 20)

/** A server, its port, and what has become of its clients. */
struct port {
	struct scene scene;
	char place[PLACE_BYTES];
	uint16_t number;
	/** Who is held. */
	struct raft_port_client *held;
	size_t shown, gone;
	/** Of those who are gone: what was kept for them. */
	size_t kept;
};

/** A letter is a request, taken one by one: `h` holds the client, `r` for no longer than
 *  it is taken, `m` is told much, `d`
 *  dismisses it, `4` is taken with the three that follow it, and so is `s` with all that
 *  follow; the others are told back. */
static size_t
take(void *context, struct raft_port_client *client, const void *bytes,
     size_t length)
{
	static char much[MUCH];
	struct port *port = context;
	size_t *kept = raft_port_own(client);
	char letter = *(const char *)bytes;

	size_t taken = letter == '4' ? 4 : letter == 's' ? length : 1;

	port->shown++;
	if (length < taken)
		return 0;
	++*kept;
	if (letter == 'h') {
		raft_port_hold(client);
		port->held = client;
	} else if (letter == 'r') {
		raft_port_hold(client);
		raft_port_tell(client, bytes, taken);
		raft_port_resume(client);
	} else if (letter == 'm') {
		memset(much, 'm', sizeof(much));
		raft_port_tell(client, much, sizeof(much));
	} else {
		raft_port_tell(client, bytes, taken);
	}
	if (letter == 'd')
		raft_port_dismiss(client);
	return taken;
}

static void
gone(void *context, struct raft_port_client *client)
{
	struct port *port = context;

	port->gone++;
	port->kept += *(size_t *)raft_port_own(client);
}

static void
port_open(struct port *port)
{
	struct raft_port_options options = {
		.take = take,
		.gone = gone,
		.context = port,
		.own_bytes = sizeof(size_t),
	};
	char error[RAFT_SERVER_ERROR_BYTES];

	*port = (struct port){ 0 };
	scene_open(&port->scene);
	make_first(&port->scene, 1);
	start(&port->scene, 1);
	port->number = choose_place(port->place);
	options.address = port->place;
	if (!raft_port_open(port->scene.actors[1].server, &options, error,
			    sizeof(error)))
		fail_msg("%s", error);
}

/** What comes within a moment: nothing. */
static void
expect_nothing(struct port *port, int fd)
{
	assert_false(run_until(&port->scene.loop, is_ready(fd), 200));
}

/** Let it read so many bytes; fewer: it is let go. */
static size_t
swallow(struct port *port, int fd, size_t count)
{
	static char bytes[MUCH];
	size_t swallowed = 0;
	ssize_t got = 1;

	while (swallowed < count && got > 0) {
		size_t left = count - swallowed;

		run_until(&port->scene.loop, is_ready(fd), PATIENCE_MS);
		got = recv(fd, bytes,
			   left < sizeof(bytes) ? left : sizeof(bytes), 0);
		swallowed += got > 0 ? (size_t)got : 0;
	}
	return swallowed;
}

/* ----------------------------------------------------------------- talking */

/* What came in one piece takes one turn, if it is answered at once. */
static void
who_is_held_for_a_moment_is_shown_on_in_that_turn(void **state)
{
	struct port port;
	int fd;

	(void)state;
	port_open(&port);
	fd = dial(port.number);
	say(fd, "rrrrrrrr");
	assert_true(run_until(&port.scene.loop, port.shown > 0, PATIENCE_MS));
	assert_int_equal(port.shown, 8);
	expect(&port.scene, fd, "rrrrrrrr");
	close(fd);
	assert_true(run_until(&port.scene.loop, port.gone == 1, PATIENCE_MS));
	scene_close(&port.scene);
}

static void
what_is_not_taken_is_shown_again_with_more(void **state)
{
	struct port port;
	int fd;

	(void)state;
	port_open(&port);
	fd = dial(port.number);
	say(fd, "a4");
	expect(&port.scene, fd, "a");
	for (const char *at = "xy"; *at != '\0'; at++) {
		size_t shown = port.shown;

		assert_int_equal(send(fd, at, 1, MSG_NOSIGNAL), 1);
		assert_true(run_until(&port.scene.loop, port.shown > shown,
				      PATIENCE_MS));
		expect_nothing(&port, fd);
	}
	say(fd, "zb");
	expect(&port.scene, fd, "4xyzb");
	close(fd);
	assert_true(run_until(&port.scene.loop, port.gone == 1, PATIENCE_MS));
	assert_int_equal(port.kept, 3);
	scene_close(&port.scene);
}

static void
who_has_said_all_is_answered_yet(void **state)
{
	struct port port;
	int fd;

	(void)state;
	port_open(&port);
	fd = dial(port.number);
	say(fd, "habc");
	shutdown(fd, SHUT_WR);
	assert_true(
	    run_until(&port.scene.loop, port.held != NULL, PATIENCE_MS));
	expect_nothing(&port, fd);
	raft_port_resume(port.held);
	expect(&port.scene, fd, "abc");
	assert_true(run_until(&port.scene.loop, port.gone == 1, PATIENCE_MS));
	close(fd);
	scene_close(&port.scene);
}

static void
who_is_held_is_shown_nothing_and_stays_known(void **state)
{
	struct port port;
	int fd;

	(void)state;
	port_open(&port);
	fd = dial(port.number);
	say(fd, "ahbc");
	expect(&port.scene, fd, "a");
	assert_non_null(port.held);
	assert_int_equal(port.shown, 2);
	expect_nothing(&port, fd);
	/* As whoever is killed ends a connection. */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 },
		   sizeof(struct linger));
	close(fd);
	assert_false(run_until(&port.scene.loop, port.gone > 0, 300));
	raft_port_tell(port.held, "x", 1);
	raft_port_resume(port.held);
	assert_true(run_until(&port.scene.loop, port.gone == 1, PATIENCE_MS));
	assert_int_equal(port.shown, 2);
	scene_close(&port.scene);
}

/* ---------------------------------------------------------------- strangers */

/** The kernel has room for some, and the port for 64 KiB. */
static void
who_sends_without_end_is_read_no_further(void **state)
{
	static char bytes[MUCH];
	struct port port;
	size_t sent = 0;
	ssize_t got;
	int fd;

	(void)state;
	port_open(&port);
	fd = dial(port.number);
	say(fd, "h");
	assert_true(
	    run_until(&port.scene.loop, port.held != NULL, PATIENCE_MS));
	memset(bytes, 's', sizeof(bytes));
	do {
		run_until(&port.scene.loop, false, 200);
		got = send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL);
		sent += got > 0 ? (size_t)got : 0;
		assert_true(sent < 64 * MUCH);
	} while (got > 0);
	assert_true(sent > 0 && errno == EAGAIN);
	assert_int_equal(port.shown, 1);
	raft_port_resume(port.held);
	/* All of it is answered, once it is read. */
	assert_int_equal(swallow(&port, fd, sent), sent);
	close(fd);
	scene_close(&port.scene);
}

static void
who_does_not_read_is_shown_no_further(void **state)
{
	struct port port;
	size_t shown;
	int fd;

	(void)state;
	port_open(&port);
	fd = dial(port.number);
	for (int i = 0; i < 100; i++)
		say(fd, "m");
	run_until(&port.scene.loop, false, 500);
	shown = port.shown;
	assert_in_range(shown, 1, 20);
	run_until(&port.scene.loop, false, 300);
	assert_int_equal(port.shown, shown);
	assert_int_equal(swallow(&port, fd, 100 * MUCH), 100 * MUCH);
	assert_int_equal(port.shown, 100);
	close(fd);
	scene_close(&port.scene);
}

/** Were the socket closed while bytes of it are on their way, they would cost it the last
 *  word. */
static void
who_is_dismissed_reads_why(void **state)
{
	static char bytes[MUCH / 4];
	struct port port;
	char byte;
	int fd;

	(void)state;
	port_open(&port);
	fd = dial(port.number);
	memset(bytes, 'a', sizeof(bytes));
	bytes[0] = 'd';
	assert_true(send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) > 1);
	assert_true(run_until(&port.scene.loop, port.shown == 1, PATIENCE_MS));
	for (int i = 0; i < 10; i++) {
		assert_true(send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) > 0 ||
			    errno == EAGAIN);
		run_until(&port.scene.loop, false, 20);
	}
	expect(&port.scene, fd, "d");
	assert_true(run_until(&port.scene.loop, is_ready(fd), PATIENCE_MS));
	assert_int_equal(recv(fd, &byte, 1, 0), 0);
	assert_int_equal(port.shown, 1);
	/* And if it stays, it is not waited for. */
	assert_true(run_until(&port.scene.loop, port.gone == 1, PATIENCE_MS));
	close(fd);
	scene_close(&port.scene);
}

/* By name, place and system, whichever does not let it. */
static void
where_it_cannot_listen_is_said(void **state)
{
	static const struct {
		const char *address, *why;
	} cases[] = {
		/* For documents alone: RFC 5737. */
		{ "203.0.113.7:7000",
		  "clients at 203.0.113.7:7000: address not available" },
		{ "no host:7000", "clients at no host:7000: not HOST:PORT" },
		{ "127.0.0.1:65536",
		  "clients at 127.0.0.1:65536: not HOST:PORT" },
	};
	struct raft_port_options options = { .take = take };
	char error[RAFT_SERVER_ERROR_BYTES], why[128];
	struct port port;

	(void)state;
	port_open(&port);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		options.address = cases[i].address;
		assert_false(raft_port_open(port.scene.actors[1].server,
					    &options, error, sizeof(error)));
		assert_string_equal(error, cases[i].why);
	}
	/* The second where nobody can be asked. */
	options.address = "nowhere.invalid:7000";
	assert_false(raft_port_open(port.scene.actors[1].server, &options,
				    error, sizeof(error)));
	assert_true(strcmp(error, "clients at nowhere.invalid:7000: "
				  "unknown node or service") == 0 ||
		    strcmp(error, "clients at nowhere.invalid:7000: "
				  "temporary failure") == 0);
	options.address = port.place;
	assert_false(raft_port_open(port.scene.actors[1].server, &options,
				    error, sizeof(error)));
	snprintf(why, sizeof(why), "clients at %s: address already in use",
		 port.place);
	assert_string_equal(error, why);
	scene_close(&port.scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    who_is_held_for_a_moment_is_shown_on_in_that_turn),
		cmocka_unit_test(what_is_not_taken_is_shown_again_with_more),
		cmocka_unit_test(who_has_said_all_is_answered_yet),
		cmocka_unit_test(who_is_held_is_shown_nothing_and_stays_known),
		cmocka_unit_test(who_sends_without_end_is_read_no_further),
		cmocka_unit_test(who_does_not_read_is_shown_no_further),
		cmocka_unit_test(who_is_dismissed_reads_why),
		cmocka_unit_test(where_it_cannot_listen_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
