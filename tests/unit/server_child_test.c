/*
 * A child that writes a snapshot, by itself: what it is, what of it is read, and why it
 * has not written all (assists/server/fork.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/unit/server_scene.h"

#include "assists/little_endian/little_endian.h"
#include "assists/server/fork.h"

#define MOST ((size_t)300000)

static uint8_t sent[MOST];

/** What was read. */
struct heard {
	uint8_t bytes[MOST];
	size_t length, pieces, largest;
	/** No more than so many pieces are taken. */
	size_t pieces_max;
	bool is_unwanted;
};

static struct heard heard;

static bool
take(void *context, const void *bytes, size_t length)
{
	(void)context;
	assert_in_range(length, 1, MOST - heard.length);
	memcpy(heard.bytes + heard.length, bytes, length);
	heard.length += length;
	heard.pieces++;
	if (length > heard.largest)
		heard.largest = length;
	return heard.pieces < heard.pieces_max;
}

static bool
is_wanted(void *context)
{
	(void)context;
	return !heard.is_unwanted;
}

/* The child is over, and nothing of it is left. */
static bool
read_from(bool (*write)(void *context, int fd), void *context,
	  struct fork *fork)
{
	bool is_whole;

	heard = (struct heard){ .pieces_max = heard.pieces_max,
				.is_unwanted = heard.is_unwanted };
	fork->silence_ms = fork->silence_ms == 0 ? 60000 : fork->silence_ms;
	assert_true(raft__fork_begin(fork, write, context));
	is_whole = raft__fork_read(fork, is_wanted, take, NULL);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(fcntl(fork->fd, F_GETFD), -1);
	return is_whole;
}

static void
begin_test(void)
{
	for (size_t i = 0; i < MOST; i++)
		sent[i] = (uint8_t)(i * 31 + i / 253);
	heard.pieces_max = SIZE_MAX;
	heard.is_unwanted = false;
}

/* ------------------------------------------------------------------ what it says */

static bool
send_some(void *length, int fd)
{
	return raft__fork_put(fd, sent, *(size_t *)length);
}

static bool
send_one_by_one(void *length, int fd)
{
	for (size_t i = 0; i < *(size_t *)length; i++)
		if (!raft__fork_put(fd, sent + i, 1))
			return false;
	return true;
}

static void
all_that_it_writes_is_read(void **state)
{
	static const size_t lengths[] = { 0,	 1,	 65535, 65536,
					  65537, 131072, MOST };
	struct fork fork = { 0 };
	size_t length = 1000;

	(void)state;
	begin_test();
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		length = lengths[i];
		assert_true(read_from(send_some, &length, &fork));
		assert_int_equal(heard.length, length);
		assert_memory_equal(heard.bytes, sent, length);
		assert_int_equal(heard.pieces, (length + 65535) / 65536);
		assert_int_equal(heard.largest,
				 length < 65536 ? length : 65536);
	}
	length = 1000;
	assert_true(read_from(send_one_by_one, &length, &fork));
	assert_int_equal(heard.pieces, 1000);
	assert_memory_equal(heard.bytes, sent, 1000);
}

/* ------------------------------------------------------------------- what it is */

struct seen {
	int blocked, ignored, caught;
	bool is_low_open, is_high_open;
};

static bool
look_around(void *context, int fd)
{
	struct sigaction action;
	struct seen seen = { 0 };
	sigset_t mask;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	for (int number = 1; number < 32; number++) {
		seen.blocked += sigismember(&mask, number) == 1;
		if (sigaction(number, NULL, &action) != 0)
			continue;
		if (action.sa_handler == SIG_IGN)
			seen.ignored |= 1 << number;
		else if (action.sa_handler != SIG_DFL)
			seen.caught++;
	}
	seen.is_low_open = fcntl(2, F_GETFD) >= 0;
	for (int other = fd + 1; other < 200; other++)
		seen.is_high_open |= fcntl(other, F_GETFD) >= 0;
	(void)context;
	return fd == 3 && raft__fork_put(fd, &seen, sizeof(seen));
}

static void
note_signal(int number)
{
	(void)number;
}

static void
it_has_nothing_of_its_parents(void **state)
{
	struct fork fork = { 0 };
	struct seen seen;
	sigset_t some, before;
	int high = fcntl(2, F_DUPFD, 150);

	(void)state;
	begin_test();
	assert_int_equal(high, 150);
	signal(SIGUSR1, note_signal);
	signal(SIGTERM, note_signal);
	signal(SIGUSR2, SIG_IGN);
	sigemptyset(&some);
	sigaddset(&some, SIGUSR1);
	sigaddset(&some, SIGWINCH);
	pthread_sigmask(SIG_BLOCK, &some, &before);
	assert_true(read_from(look_around, NULL, &fork));
	/* The parent's are as they were. */
	pthread_sigmask(SIG_BLOCK, NULL, &some);
	assert_int_equal(sigismember(&some, SIGWINCH), 1);
	assert_int_equal(sigismember(&some, SIGALRM), 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(high);
	signal(SIGUSR1, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGUSR2, SIG_DFL);
	assert_int_equal(heard.length, sizeof(seen));
	memcpy(&seen, heard.bytes, sizeof(seen));
	assert_int_equal(seen.blocked, 0);
	assert_int_equal(seen.caught, 0);
	assert_int_equal(seen.ignored, 1 << SIGPIPE | 1 << SIGINT |
					   1 << SIGTERM | 1 << SIGHUP);
	assert_true(seen.is_low_open);
	assert_false(seen.is_high_open);
}

/* ------------------------------------------------------------------- why it is not */

static bool
refuse(void *context, int fd)
{
	(void)context;
	return raft__fork_put(fd, sent, 10) && false;
}

static bool
die(void *context, int fd)
{
	(void)fd;
	signal(*(int *)context, SIG_DFL);
	raise(*(int *)context);
	return true;
}

static bool
hang(void *context, int fd)
{
	(void)context;
	if (!raft__fork_put(fd, sent, 10))
		return false;
	for (;;)
		pause();
}

/* A frame that says that it is so long. */
static bool
say_length(void *length, int fd)
{
	uint8_t header[4];

	put32(header, *(uint32_t *)length);
	if (write(fd, header, sizeof(header)) != sizeof(header))
		return false;
	for (size_t at = 0; at < *(uint32_t *)length;) {
		ssize_t done = write(fd, sent + at, *(uint32_t *)length - at);

		if (done <= 0)
			return false;
		at += (size_t)done;
	}
	return true;
}

static void
why_not_all_of_it_came_is_said(void **state)
{
	struct fork fork = { 0 };
	uint32_t length = 65536;
	int number = SIGSEGV;

	(void)state;
	begin_test();
	assert_false(read_from(refuse, NULL, &fork));
	assert_string_equal(fork.why, "the machine could not write it");
	assert_int_equal(heard.length, 10);
	signal(SIGSEGV, SIG_DFL);
	assert_false(read_from(die, &number, &fork));
	assert_string_equal(fork.why,
			    "the child that wrote it was killed by signal 11");
	number = SIGKILL;
	assert_false(read_from(die, &number, &fork));
	assert_string_equal(fork.why,
			    "the child that wrote it was killed by signal 9");
	/* What is larger than a frame may be is none. */
	assert_true(read_from(say_length, &length, &fork));
	assert_int_equal(heard.largest, 65536);
	length++;
	assert_false(read_from(say_length, &length, &fork));
	assert_int_equal(heard.pieces, 0);
}

static void
one_that_is_silent_is_waited_for_no_longer(void **state)
{
	struct fork fork = { .silence_ms = 200 };
	uint64_t begun = uv_hrtime();

	(void)state;
	begin_test();
	assert_false(read_from(hang, NULL, &fork));
	assert_string_equal(fork.why,
			    "the child that wrote it wrote nothing for 200 ms");
	assert_int_equal(heard.length, 10);
	assert_true(uv_hrtime() - begun >= 200 * 1000000);
	/* Nor is one that is not wanted. */
	fork.silence_ms = 60000;
	heard.is_unwanted = true;
	assert_false(read_from(hang, NULL, &fork));
	assert_string_equal(fork.why,
			    "the child that wrote it was killed by signal 9");
	heard.is_unwanted = false;
	heard.pieces_max = 1;
	assert_false(read_from(refuse, NULL, &fork));
	assert_int_equal(heard.pieces, 1);
	assert_true(raft__fork_begin(&fork, hang, NULL));
	raft__fork_abandon(&fork);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(fcntl(fork.fd, F_GETFD), -1);
}

static void
without_files_there_is_none(void **state)
{
	struct fork fork = { .why = "before" };
	struct rlimit before, none;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_false(raft__fork_begin(&fork, hang, NULL));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_string_equal(fork.why, strerror(EMFILE));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_it_writes_is_read),
		cmocka_unit_test(it_has_nothing_of_its_parents),
		cmocka_unit_test(why_not_all_of_it_came_is_said),
		cmocka_unit_test(one_that_is_silent_is_waited_for_no_longer),
		cmocka_unit_test(without_files_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
