/*
 * Unix sockets in the place of TCP's: who listens where, and what a dead process has
 * left behind.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/transport_tcp_site.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/** Two sites, in a folder with a short name: a socket's path has hardly a hundred
 *  bytes. */
struct fixture {
	uv_loop_t loop;
	char folder[32];
	char host[3][64];
	struct site one, two;
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	strlcpy(f->folder, "/tmp/unix.XXXXXX", sizeof(f->folder));
	assert_non_null(mkdtemp(f->folder));
	for (int id = 1; id <= 2; id++)
		snprintf(f->host[id], sizeof(f->host[id]), "unix:%s/%d",
			 f->folder, id);
	uv_loop_init(&f->loop);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	close_loop(&f->loop);
	for (int id = 1; id <= 2; id++)
		unlink(f->host[id] + 5);
	assert_int_equal(rmdir(f->folder), 0);
	free(f);
	return 0;
}

static int
try_open(struct fixture *f, struct site *site, uint64_t id, const char *host)
{
	struct raft_tcp_options options = site_options(site, id);

	*site = (struct site){ .loop = &f->loop, .id = id };
	options.host = host;
	signal(SIGPIPE, SIG_IGN);
	return raft_tcp_create(&f->loop, &options, &site->tcp);
}

static void
open_two(struct fixture *f)
{
	struct raft_tcp_peer peers[] = { { 1, f->host[1], 0 },
					 { 2, f->host[2], 0 } };

	assert_int_equal(try_open(f, &f->one, 1, f->host[1]), 0);
	assert_int_equal(try_open(f, &f->two, 2, f->host[2]), 0);
	assert_int_equal(raft_tcp_peer_add(f->one.tcp, &peers[1]), 0);
	assert_int_equal(raft_tcp_peer_add(f->two.tcp, &peers[0]), 0);
	assert_true(run_until(
	    &f->loop, is_open_both(&f->one, 2) && is_open_both(&f->two, 1),
	    10000));
}

static bool
is_there(const char *host)
{
	return access(host + 5, F_OK) == 0;
}

static void
messages_pass_both_ways(void **state)
{
	struct fixture *f = *state;
	struct raft_message message = vote(1, 2, 42);
	struct raft_tcp_peer_status status;
	char trace[128];

	f->two.answers = true;
	open_two(f);
	f->two.answers = true;
	raft_tcp_send(f->one.tcp, &message);
	assert_true(run_until(&f->loop, f->one.received == 1, 10000));
	assert_int_equal(f->one.last_term, 42);
	snprintf(trace, sizeof(trace), "connection to 2 at %s: open",
		 f->host[2]);
	assert_string_equal(f->one.trace_out, trace);
	assert_string_equal(f->one.trace, "connection from 2 at unix: open");
	assert_int_equal(raft_tcp_port(f->one.tcp), 0);
	assert_true(raft_tcp_peer_status(f->one.tcp, 2, &status));
	assert_int_equal(status.round_trip_us, 0);
	close_site(&f->one);
	close_site(&f->two);
}

static void
only_the_users_own_processes_may_connect(void **state)
{
	struct fixture *f = *state;
	mode_t before = umask(0);
	struct stat status;

	assert_int_equal(try_open(f, &f->one, 1, f->host[1]), 0);
	umask(before);
	assert_int_equal(lstat(f->host[1] + 5, &status), 0);
	assert_true(S_ISSOCK(status.st_mode));
	assert_int_equal(status.st_mode & 07777, 0600);
	close_site(&f->one);
	assert_false(is_there(f->host[1]));
}

static void
one_that_comes_back_is_found(void **state)
{
	struct fixture *f = *state;
	struct raft_tcp_peer peer = { 1, f->host[1], 0 };
	struct raft_tcp_peer_status status;

	open_two(f);
	close_site(&f->two);
	assert_true(run_until(&f->loop, f->one.closed == 1, 10000));
	assert_true(
	    run_until(&f->loop,
		      raft_tcp_peer_status(f->one.tcp, 2, &status) &&
			  strstr(status.failure, "no such file") != NULL,
		      10000));
	assert_int_equal(try_open(f, &f->two, 2, f->host[2]), 0);
	assert_int_equal(raft_tcp_peer_add(f->two.tcp, &peer), 0);
	assert_true(run_until(
	    &f->loop, is_open_both(&f->one, 2) && is_open_both(&f->two, 1),
	    10000));
	close_site(&f->one);
	close_site(&f->two);
}

static void
put_socket(const char *host)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strlcpy(address.sun_path, host + 5, sizeof(address.sun_path));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	/* Nobody listens, and the file remains. */
	close(fd);
}

static void
what_a_dead_process_left_behind_is_replaced(void **state)
{
	struct fixture *f = *state;

	put_socket(f->host[1]);
	open_two(f);
	close_site(&f->one);
	close_site(&f->two);
	assert_false(is_there(f->host[1]));
}

static void
where_somebody_listens_nobody_else_can(void **state)
{
	struct fixture *f = *state;
	struct raft_message message = vote(1, 2, 42);
	struct site other;

	open_two(f);
	assert_int_equal(try_open(f, &other, 2, f->host[2]), UV_EADDRINUSE);
	assert_null(other.tcp);
	assert_true(is_there(f->host[2]));
	raft_tcp_send(f->one.tcp, &message);
	assert_true(run_until(&f->loop, f->two.received == 1, 10000));
	close_site(&f->one);
	close_site(&f->two);
}

/* In a folder of everybody's, anybody may. A wait without end ends the test. */
static void
who_holds_the_folder_keeps_nobody_out(void **state)
{
	struct fixture *f = *state;
	int held = open(f->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(held >= 0);
	assert_int_equal(flock(held, LOCK_EX), 0);
	alarm(30);
	assert_int_equal(try_open(f, &f->one, 1, f->host[1]), 0);
	alarm(0);
	assert_int_equal(try_open(f, &f->two, 2, f->host[1]), UV_EADDRINUSE);
	close_site(&f->one);
	close(held);
}

static void
what_is_no_socket_is_left_alone(void **state)
{
	struct fixture *f = *state;
	FILE *file = fopen(f->host[1] + 5, "w");

	assert_non_null(file);
	fputs("precious", file);
	fclose(file);
	assert_int_equal(try_open(f, &f->one, 1, f->host[1]), UV_EADDRINUSE);
	assert_true(is_there(f->host[1]));
}

/* Nor can anybody connect to this one; somebody has it all the same. */
static void
a_socket_of_another_kind_is_left_alone(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strlcpy(address.sun_path, f->host[1] + 5, sizeof(address.sun_path));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	assert_int_equal(try_open(f, &f->one, 1, f->host[1]), UV_EPROTOTYPE);
	assert_true(is_there(f->host[1]));
	close(fd);
}

static void
a_socket_that_took_the_place_of_ours_stays(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(try_open(f, &f->one, 1, f->host[1]), 0);
	assert_int_equal(rename(f->host[1] + 5, f->host[2] + 5), 0);
	put_socket(f->host[1]);
	close_site(&f->one);
	assert_true(is_there(f->host[1]));
}

#define STRANGERS 300

/* Whoever may open the file, and says nothing. */
static void
a_crowd_of_the_users_own_is_bounded(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct raft_message message = vote(2, 1, 42);
	int fds[STRANGERS];

	open_two(f);
	strlcpy(address.sun_path, f->host[1] + 5, sizeof(address.sun_path));
	for (int i = 0; i < STRANGERS; i++) {
		fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		/* As many as the backlog has room for wait to be taken. */
		assert_int_equal(connect(fds[i], (struct sockaddr *)&address,
					 sizeof(address)),
				 0);
	}
	assert_true(run_until(&f->loop,
			      count(&f->one, RAFT_LINK_HELLO_CROWDED) +
				      count(&f->one, RAFT_LINK_TURNED_AWAY) +
				      count(&f->one, RAFT_LINK_HELLO_LATE) >=
				  STRANGERS - 64,
			      20000));
	/* The peer is heard as before. */
	raft_tcp_send(f->two.tcp, &message);
	assert_true(run_until(&f->loop, f->one.received == 1, 10000));
	assert_true(is_open_both(&f->one, 2));
	for (int i = 0; i < STRANGERS; i++)
		close(fds[i]);
	close_site(&f->one);
	close_site(&f->two);
}

static void
a_path_that_cannot_be_is_refused(void **state)
{
	struct fixture *f = *state;
	char large[200] = "unix:/";
	struct raft_tcp_peer peer = { 2, large, 0 };
	struct raft_tcp_peer_status status;

	memset(large + 6, 'x', sizeof(large) - 7);
	assert_int_equal(try_open(f, &f->one, 1, large), UV_ENAMETOOLONG);
	assert_int_equal(try_open(f, &f->one, 1, "unix:here"), UV_EINVAL);
	assert_int_equal(try_open(f, &f->one, 1, "unix:"), UV_EINVAL);
	assert_int_equal(try_open(f, &f->one, 1, "unix:/nowhere/at/all"),
			 UV_ENOENT);
	assert_int_equal(try_open(f, &f->one, 1, f->host[1]), 0);
	assert_int_equal(raft_tcp_peer_add(f->one.tcp, &peer), 0);
	for (int i = 0; i < 5; i++)
		run_until(&f->loop, false, 10);
	assert_true(raft_tcp_peer_status(f->one.tcp, 2, &status));
	assert_false(status.open_out);
	assert_non_null(strstr(status.failure, "name too long"));
	close_site(&f->one);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(messages_pass_both_ways),
		TEST(only_the_users_own_processes_may_connect),
		TEST(one_that_comes_back_is_found),
		TEST(what_a_dead_process_left_behind_is_replaced),
		TEST(where_somebody_listens_nobody_else_can),
		TEST(who_holds_the_folder_keeps_nobody_out),
		TEST(what_is_no_socket_is_left_alone),
		TEST(a_socket_of_another_kind_is_left_alone),
		TEST(a_socket_that_took_the_place_of_ours_stays),
		TEST(a_crowd_of_the_users_own_is_bounded),
		TEST(a_path_that_cannot_be_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
