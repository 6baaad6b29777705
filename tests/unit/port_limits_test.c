/*
 * What clients of a port can have, each limit at the last value that is let through and
 * at the first that is not; and what becomes of clients when the port ends.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/port_scene.h"

#include <sys/resource.h>

#include "assists/port/port.h"

#define CLIENTS 300

/** What is kept for each client. */
struct own {
	size_t shown;
	max_align_t last;
};

/** A server, its port, and what was seen of clients. */
static struct site {
	struct scene scene;
	char place[PLACE_BYTES], error[RAFT_SERVER_ERROR_BYTES];
	uint16_t number;
	/** Who is held, and how much it was shown last. */
	struct raft_port_client *held;
	size_t length;
	/** Who has been shown at least once, and who of them is there, at most. */
	size_t came, gone, most;
	size_t closed;
	/** Bytes that are never 0 where they are not the client's. */
	bool had_others;
	int fds[CLIENTS];
} site;

/** `n` is not taken; `h` holds the client; `d` dismisses it; the others are told back. */
static size_t
take(void *context, struct raft_port_client *client, const void *bytes,
     size_t length)
{
	struct own *own = raft_port_own(client);
	char letter = *(const char *)bytes;

	assert_ptr_equal(context, &site);
	assert_int_equal((uintptr_t)own % _Alignof(max_align_t), 0);
	site.length = length;
	if (own->shown++ == 0) {
		for (size_t i = 0; i < sizeof(own->last); i++)
			site.had_others |= ((char *)&own->last)[i] != 0;
		memset(&own->last, 'x', sizeof(own->last));
		site.came++;
		if (site.came - site.gone > site.most)
			site.most = site.came - site.gone;
	}
	if (letter == 'n')
		return 0;
	if (letter == 'h') {
		raft_port_hold(client);
		site.held = client;
		return 1;
	}
	raft_port_tell(client, bytes, 1);
	if (letter == 'd')
		raft_port_dismiss(client);
	return 1;
}

static void
gone(void *context, struct raft_port_client *client)
{
	const struct own *own = raft_port_own(client);

	assert_ptr_equal(context, &site);
	site.gone += own->shown > 0;
}

static void
closed(void *context)
{
	assert_ptr_equal(context, &site);
	site.closed++;
}

static bool
open_port(struct raft_port_options options)
{
	options.address = site.place;
	options.take = take;
	options.gone = gone;
	options.closed = closed;
	options.context = &site;
	options.own_bytes = sizeof(struct own);
	site.number = choose_place(site.place);
	return raft_port_open(site.scene.actors[1].server, &options, site.error,
			      sizeof(site.error));
}

static int
set_up(void **state)
{
	(void)state;
	memset(&site, 0, sizeof(site));
	scene_open(&site.scene);
	make_first(&site.scene, 1);
	start(&site.scene, 1);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	assert_false(site.had_others);
	scene_close(&site.scene);
	return 0;
}

#define AWAIT(condition)                                                       \
	assert_true(run_until(&site.scene.loop, condition, PATIENCE_MS))

/** For a moment, in which nothing of the kind happens. */
#define NEVER(condition)                                                       \
	assert_false(run_until(&site.scene.loop, condition, 100))

/* Many, which are read at once, as far as there is room. */
static void
say_many(int fd, char letter, size_t count)
{
	char bytes[4096];

	assert_in_range(count, 1, sizeof(bytes));
	memset(bytes, letter, count);
	send_bytes(fd, bytes, count);
}

/* ------------------------------------------------------------------- input */

static void
so_many_bytes_are_kept_of_which_none_is_taken(void **state)
{
	static const uint32_t limits[] = { 1, 2, 100, 4096 };

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		size_t least = limits[i] - 1, before = site.gone;
		int fd;

		assert_true(open_port((struct raft_port_options){
		    .input_bytes_max = limits[i] }));
		fd = dial(site.number);
		site.length = 0;
		if (least > 0) {
			say_many(fd, 'n', least);
			AWAIT(site.length == least);
			NEVER(site.gone > before);
		}
		say(fd, "n");
		AWAIT(site.gone == before + 1);
		assert_int_equal(site.length, limits[i]);
		close(fd);
	}
}

/* The default, to the byte, whatever pieces it comes in. */
static void
without_a_word_it_is_64_kib(void **state)
{
	size_t said = 0;
	int fd;

	(void)state;
	assert_true(open_port((struct raft_port_options){ 0 }));
	fd = dial(site.number);
	for (; said < 65532; said += 4092) {
		say_many(fd, 'n', said + 4092 > 65532 ? 65532 - said : 4092);
		AWAIT(site.length ==
		      (said + 4092 > 65532 ? 65532 : said + 4092));
	}
	say(fd, "nnn");
	AWAIT(site.length == 65535);
	NEVER(site.gone > 0);
	say(fd, "n");
	AWAIT(site.gone == 1);
	assert_int_equal(site.length, 65536);
	close(fd);
}

/* Of one that is held, bytes wait as well; then they are shown. */
static void
who_is_held_may_say_as_much(void **state)
{
	int fd;

	(void)state;
	assert_true(
	    open_port((struct raft_port_options){ .input_bytes_max = 10 }));
	fd = dial(site.number);
	say(fd, "h");
	AWAIT(site.held != NULL);
	say(fd, "123456789");
	NEVER(site.gone > 0);
	say(fd, "ab");
	NEVER(site.gone > 0);
	assert_int_equal(site.length, 1);
	raft_port_resume(site.held);
	expect(&site.scene, fd, "123456789ab");
	/* And it is read on. */
	say(fd, "c");
	expect(&site.scene, fd, "c");
	assert_int_equal(site.gone, 0);
	close(fd);
}

/* ----------------------------------------------------------------- clients */

/* How many at once, where the process may have so many descriptors. */
static void
expect_most(rlim_t descriptors, uint32_t asked, size_t most)
{
	struct rlimit before, then;
	size_t dialled = most + 3;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	then = before;
	then.rlim_cur = descriptors;
	if (then.rlim_max < then.rlim_cur)
		return;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &then), 0);
	assert_true(
	    open_port((struct raft_port_options){ .clients_max = asked }));
	/* All of these are of this process. */
	then.rlim_cur = before.rlim_cur > 2 * dialled + 100 ? before.rlim_cur
							    : 2 * dialled + 100;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &then), 0);
	site.came = site.gone = site.most = 0;
	for (size_t i = 0; i < dialled; i++) {
		site.fds[i] = dial(site.number);
		say(site.fds[i], "a");
		/* The kernel has no line for so many. */
		uv_run(&site.scene.loop, UV_RUN_NOWAIT);
	}
	AWAIT(site.came >= most);
	NEVER(site.most > most);
	for (size_t i = 0; i < dialled; i++)
		close(site.fds[i]);
	/* They who were in line, too. */
	AWAIT(site.gone == dialled);
	assert_int_equal(site.most, most);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void
a_quarter_of_the_descriptors_is_for_clients(void **state)
{
	(void)state;
	expect_most(259, 0, 64);
	expect_most(256, 63, 63);
	expect_most(256, 64, 64);
	expect_most(256, 65, 64);
	expect_most(1032, 0, 256);
}

/* Not who is silent for a shorter time, nor who says something meanwhile. */
static void
who_has_said_nothing_for_so_long_is_let_go(void **state)
{
	uint64_t begun = uv_hrtime();
	int silent, busy, held;

	(void)state;
	assert_true(open_port((struct raft_port_options){ .idle_us = 900000 }));
	silent = dial(site.number);
	busy = dial(site.number);
	held = dial(site.number);
	say(silent, "a");
	say(busy, "a");
	say(held, "h");
	AWAIT(site.came == 3);
	while (site.gone == 0) {
		say(busy, "b");
		run_until(&site.scene.loop, false, 50);
		assert_true(uv_hrtime() - begun < UINT64_C(60000000000));
	}
	/* Give or take the milliseconds of the loop's clock. */
	assert_true(uv_hrtime() - begun > UINT64_C(890000000));
	expect(&site.scene, silent, "a");
	assert_true(is_ready(silent));
	assert_int_equal(recv(silent, &(char){ 0 }, 1, 0), 0);
	say(busy, "!");
	AWAIT(site.came == 3);
	assert_int_equal(site.gone, 1);
	raft_port_tell(site.held, "x", 1);
	raft_port_resume(site.held);
	expect(&site.scene, held, "x");
	close(silent);
	close(busy);
	close(held);
}

/* --------------------------------------------------------------- the end of it */

/* As whoever is killed does. */
static void
break_off(int fd)
{
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 },
		   sizeof(struct linger));
	close(fd);
}

/* Nobody has heard of that when it is told something. */
static void
who_broke_off_is_told_in_vain(void **state)
{
	int fd, other;

	(void)state;
	assert_true(open_port((struct raft_port_options){ 0 }));
	fd = dial(site.number);
	other = dial(site.number);
	say(fd, "h");
	AWAIT(site.held != NULL);
	break_off(fd);
	raft_port_tell(site.held, "x", 1);
	raft_port_resume(site.held);
	AWAIT(site.gone == 1);
	assert_int_equal(site.came, 1);
	say(other, "a");
	expect(&site.scene, other, "a");
	close(other);
}

static void
who_is_told_nothing_hears_nothing(void **state)
{
	int fd;

	(void)state;
	assert_true(open_port((struct raft_port_options){ 0 }));
	fd = dial(site.number);
	say(fd, "h");
	AWAIT(site.held != NULL);
	raft_port_tell(site.held, "x", 0);
	raft_port_resume(site.held);
	NEVER(is_ready(fd));
	say(fd, "a");
	expect(&site.scene, fd, "a");
	close(fd);
}

/* Who was held, and will be shown no more; who says nothing; and who was dismissed, and
 * has not gone. */
static void
all_are_gone_before_the_port_is(void **state)
{
	int held, silent, dismissed;

	(void)state;
	assert_true(open_port((struct raft_port_options){ 0 }));
	held = dial(site.number);
	silent = dial(site.number);
	dismissed = dial(site.number);
	say(silent, "a");
	say(dismissed, "d");
	expect(&site.scene, silent, "a");
	expect(&site.scene, dismissed, "d");
	say(held, "ha");
	AWAIT(site.held != NULL);
	assert_int_equal(site.length, 2);
	raft_port_resume(site.held);
	assert_int_equal(site.closed, 0);
	stop(&site.scene, 1);
	assert_int_equal(site.came, 3);
	assert_int_equal(site.gone, 3);
	assert_int_equal(site.closed, 1);
	close(held);
	close(silent);
	close(dismissed);
}

/* What was never opened calls nobody. */
static void
one_that_is_refused_says_nothing_when_it_closes(void **state)
{
	struct raft_port_options options = {
		.address = "127.0.0.1",
		.take = take,
		.closed = closed,
		.context = &site,
	};

	(void)state;
	assert_false(raft_port_open(site.scene.actors[1].server, &options,
				    site.error, sizeof(site.error)));
	assert_string_equal(site.error, "clients at 127.0.0.1: not HOST:PORT");
	assert_true(open_port((struct raft_port_options){ 0 }));
	options.address = site.place;
	assert_false(raft_port_open(site.scene.actors[1].server, &options,
				    site.error, sizeof(site.error)));
	run_until(&site.scene.loop, false, 20);
	assert_int_equal(site.closed, 0);
	stop(&site.scene, 1);
	assert_int_equal(site.closed, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(so_many_bytes_are_kept_of_which_none_is_taken),
		TEST(without_a_word_it_is_64_kib),
		TEST(who_is_held_may_say_as_much),
		TEST(a_quarter_of_the_descriptors_is_for_clients),
		TEST(who_has_said_nothing_for_so_long_is_let_go),
		TEST(who_broke_off_is_told_in_vain),
		TEST(who_is_told_nothing_hears_nothing),
		TEST(all_are_gone_before_the_port_is),
		TEST(one_that_is_refused_says_nothing_when_it_closes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
