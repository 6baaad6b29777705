/*
 * demos/kv without a server: requests as strangers send them, commands, time, and what
 * the log and snapshots have of it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "demos/kv/commands.h"
#include "demos/kv/entry.h"
#include "demos/kv/pattern.h"
#include "demos/kv/reply.h"
#include "tests/kv/snapshot.h"

static struct request request;

/* ------------------------------------------------------------------- requests */

/** In memory of its own, so that who reads behind its end is seen. */
static enum request_state
read_bytes(const char *bytes, size_t length, const char **problem)
{
	static char *copy;

	free(copy);
	copy = malloc(length > 0 ? length : 1);
	memcpy(copy, bytes, length);
	return request_read(&request, copy, length, problem);
}

static void
a_request_is_whole_with_its_last_byte(void **state)
{
	static const char *const wholes[] = {
		"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$5\r\n\r\n*1\r\r\n",
		"*1\r\n$4\r\nPING\r\n",
		"*2\r\n$0\r\n\r\n$12\r\n0123456789ab\r\n",
		"*0\r\n",
		"\r\n",
		"GET  name \r\n",
		"GET name\n",
	};
	const char *problem;

	(void)state;
	for (size_t i = 0; i < sizeof(wholes) / sizeof(wholes[0]); i++) {
		size_t length = strlen(wholes[i]);

		for (size_t part = 0; part < length; part++) {
			assert_int_equal(read_bytes(wholes[i], part, &problem),
					 REQUEST_PARTIAL);
			assert_in_range(request.length, part + 1, length);
		}
		assert_int_equal(read_bytes(wholes[i], length, &problem),
				 REQUEST_WHOLE);
		assert_int_equal(request.length, length);
	}
	assert_int_equal(request.count, 2);
	assert_true(text_is(request.arguments[0], "GET"));
	assert_true(text_is(request.arguments[1], "NAME"));
}

/** At the last byte of each, and not before. */
static void
what_can_be_no_request_is_known_at_once(void **state)
{
	static const char *const wrong[] = {
		"*-",
		"*4097",
		"*x",
		"*1x",
		"*1\rx",
		"*00000000",
		"*1\r\n$-",
		"*1\r\n*",
		"*1\r\n:",
		"*1\r\n$9999999",
		"*1\r\n$1\r\nabc",
		"GET 'a'\n",
	};
	const char *problem;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		size_t length = strlen(wrong[i]);

		assert_int_equal(read_bytes(wrong[i], length - 1, &problem),
				 REQUEST_PARTIAL);
		assert_int_equal(read_bytes(wrong[i], length, &problem),
				 REQUEST_BROKEN);
		assert_int_equal(strncmp(problem, "Protocol error", 14), 0);
	}
}

static void
requests_and_lines_have_a_greatest_length(void **state)
{
	struct buffer bytes = { 0 };
	char line[LINE_BYTES_MAX + 2];
	const char *problem;

	(void)state;
	memset(line, 'x', sizeof(line));
	assert_int_equal(read_bytes(line, LINE_BYTES_MAX, &problem),
			 REQUEST_PARTIAL);
	assert_int_equal(read_bytes(line, LINE_BYTES_MAX + 1, &problem),
			 REQUEST_BROKEN);
	buffer_print(&bytes, "*1\r\n$%zu\r\n", REQUEST_BYTES_MAX - 16);
	assert_int_equal(bytes.length, 14);
	assert_int_equal(read_bytes(bytes.bytes, bytes.length, &problem),
			 REQUEST_PARTIAL);
	assert_int_equal(request.length, REQUEST_BYTES_MAX);
	buffer_cut(&bytes, 0);
	buffer_print(&bytes, "*1\r\n$%zu\r\n", REQUEST_BYTES_MAX - 15);
	assert_int_equal(read_bytes(bytes.bytes, bytes.length, &problem),
			 REQUEST_BROKEN);
	buffer_free(&bytes);
}

static void
numbers_are_as_exact_as_redis_has_them(void **state)
{
	static const char *const none[] = {
		"",
		"-",
		"+1",
		"01",
		"-0",
		"1 ",
		" 1",
		"1.",
		"0x1",
		"9223372036854775808",
		"-9223372036854775809",
	};
	int64_t number;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_false(text_number(
		    (struct text){ none[i], strlen(none[i]) }, &number));
	assert_true(text_number((struct text){ "0", 1 }, &number));
	assert_int_equal(number, 0);
	assert_true(
	    text_number((struct text){ "-9223372036854775808", 20 }, &number));
	assert_true(number == INT64_MIN);
	assert_true(
	    text_number((struct text){ "9223372036854775807", 19 }, &number));
	assert_true(number == INT64_MAX);
}

static bool
matches(const char *pattern, const char *name)
{
	return pattern_matches((struct text){ pattern, strlen(pattern) },
			       (struct text){ name, strlen(name) });
}

static void
patterns_match_what_they_say(void **state)
{
	char stars[201], name[2001];

	(void)state;
	assert_true(matches("*", "") && matches("", "") &&
		    matches("a*c", "abc"));
	assert_true(matches("a*", "a") && matches("*a", "aaa"));
	assert_true(matches("h?llo", "hello") && !matches("h?llo", "hllo"));
	assert_true(matches("h[ae]llo", "hallo") && !matches("h[ae]l", "hil"));
	assert_true(matches("h[^e]l", "hal") && !matches("h[^e]l", "hel"));
	assert_true(matches("[a-c]", "b") && matches("[c-a]", "b"));
	assert_true(matches("\\*", "*") && !matches("\\*", "a"));
	assert_true(matches("[\\]]", "]") && !matches("a", "ab"));
	assert_true(matches("*ab*cd", "xabyabcdcd") &&
		    !matches("*ab*cd", "abc"));
	assert_false(matches("[", "a") || matches("[a", "b"));
	/* Some take time beyond all measure for these. */
	for (size_t i = 0; i < 200; i += 2)
		memcpy(stars + i, "*a", 2);
	stars[199] = 'b';
	stars[200] = '\0';
	memset(name, 'a', sizeof(name) - 1);
	name[2000] = '\0';
	assert_false(matches(stars, name));
}

/* -------------------------------------------------------------------- commands */

/** Carry out lines, each a request, as one entry at this time. */
static void
carry_out(struct keys *keys, uint64_t now_ms, const char *lines,
	  struct buffer *reply)
{
	struct buffer entry = { 0 };
	const char *problem;
	size_t count = 0;

	entry_begin(&entry);
	while (*lines != '\0') {
		assert_int_equal(
		    request_read(&request, lines, strlen(lines), &problem),
		    REQUEST_WHOLE);
		request_write(&request, &entry);
		lines += request.length;
		count++;
	}
	entry_end(&entry, now_ms, count);
	entry_apply(entry.bytes, entry.length, keys, reply);
	buffer_free(&entry);
}

static void
expect(struct keys *keys, uint64_t now_ms, const char *lines, const char *reply)
{
	struct buffer got = { 0 };

	carry_out(keys, now_ms, lines, &got);
	buffer_add(&got, "", 1);
	assert_string_equal(got.bytes, reply);
	buffer_free(&got);
}

#define NOT_A_NUMBER "-ERR value is not an integer or out of range\r\n"
#define SYNTAX "-ERR syntax error\r\n"

static void
commands_reply_as_those_of_redis(void **state)
{
	struct keys keys;

	(void)state;
	keys_init(&keys);
	expect(&keys, 1, "GET a\n", "$-1\r\n");
	expect(&keys, 1, "SET a 1\nGET a\n", "+OK\r\n$1\r\n1\r\n");
	expect(&keys, 1, "set a 2 NX\nset b 2 xx\n", "$-1\r\n$-1\r\n");
	expect(&keys, 1, "SET a 2 XX\nSET b 1 NX\n", "+OK\r\n+OK\r\n");
	expect(&keys, 1, "SET a 1 NX XX\n", SYNTAX);
	expect(&keys, 1, "SET a 1 EX\n", SYNTAX);
	expect(&keys, 1, "SET a 1 EX 1 PX 1\n", SYNTAX);
	expect(&keys, 1, "SET a 1 EX 1 KEEPTTL\n", SYNTAX);
	expect(&keys, 1, "SET a 1 EX x\n", NOT_A_NUMBER);
	expect(&keys, 1, "SET a 1 EX 9223372036854775807\n", NOT_A_NUMBER);
	expect(&keys, 1, "SET a 1 PX 0\n", "-ERR invalid expire time\r\n");
	expect(&keys, 1, "INCR a\nINCRBY a 10\nDECR a\nDECRBY a -1\n",
	       ":3\r\n:13\r\n:12\r\n:13\r\n");
	expect(&keys, 1, "DECRBY a -9223372036854775808\n", NOT_A_NUMBER);
	expect(&keys, 1, "INCRBY a 9223372036854775807\n", NOT_A_NUMBER);
	expect(&keys, 1, "INCR new\nSET t x\nINCR t\nGET t\n",
	       ":1\r\n+OK\r\n" NOT_A_NUMBER "$1\r\nx\r\n");
	expect(&keys, 1, "MSET p 1 q 2 p 3\nMGET p none q\n",
	       "+OK\r\n*3\r\n$1\r\n3\r\n$-1\r\n$1\r\n2\r\n");
	expect(&keys, 1, "MSET p 1 q\n", SYNTAX);
	expect(&keys, 1, "EXISTS p p none\nSTRLEN p\nSTRLEN none\n",
	       ":2\r\n:1\r\n:0\r\n");
	expect(&keys, 1, "TYPE p\nTYPE none\n", "+string\r\n+none\r\n");
	expect(&keys, 1, "DBSIZE\nDEL p p none\nUNLINK q\nDBSIZE\n",
	       ":6\r\n:1\r\n:1\r\n:4\r\n");
	expect(&keys, 1, "SCAN x\nSCAN -1\nSCAN 0 COUNT 0\nSCAN 0 MATCH\n",
	       "-ERR invalid cursor\r\n-ERR invalid cursor\r\n" SYNTAX SYNTAX);
	/* A log that a later version has written. */
	expect(&keys, 1, "NEW a\nGET\n",
	       "-ERR unknown to this version\r\n-ERR unknown to this "
	       "version\r\n");
	keys_free(&keys);
}

static void
a_key_goes_when_an_entry_says_that_it_is_time(void **state)
{
	struct keys keys;

	(void)state;
	keys_init(&keys);
	expect(&keys, 1000, "SET a 1 PX 500\nSET b 1 EX 1\nPTTL a\nTTL b\n",
	       "+OK\r\n+OK\r\n:500\r\n:1\r\n");
	expect(&keys, 1499, "GET a\n", "$1\r\n1\r\n");
	assert_false(keys_are_due(&keys, 1499));
	assert_true(keys_are_due(&keys, 1500));
	expect(&keys, 1500, "GET a\nPTTL a\nPTTL b\nDBSIZE\n",
	       "$-1\r\n:-2\r\n:500\r\n:1\r\n");
	/* One that was proposed long ago, or by a clock that is behind: time stands
	 * still, and what is gone does not come back. */
	expect(&keys, 3, "GET a\nPTTL b\nSET c 1 PX 10\n",
	       "$-1\r\n:500\r\n+OK\r\n");
	assert_int_equal(keys.now_ms, 1500);
	expect(&keys, 1510, "EXISTS b c\n", ":1\r\n");
	keys_free(&keys);
}

static void
what_is_done_to_a_key_keeps_its_time_or_not(void **state)
{
	struct keys keys;

	(void)state;
	keys_init(&keys);
	expect(&keys, 1, "SET a 1 EX 5\nINCR a\nTTL a\n",
	       "+OK\r\n:2\r\n:5\r\n");
	expect(&keys, 1, "SET a 1 KEEPTTL\nTTL a\nSET a 1\nTTL a\n",
	       "+OK\r\n:5\r\n+OK\r\n:-1\r\n");
	expect(&keys, 1, "EXPIRE a 7\nTTL a\nPEXPIRE a 1500\nPTTL a\nTTL a\n",
	       ":1\r\n:7\r\n:1\r\n:1500\r\n:2\r\n");
	expect(&keys, 1, "PERSIST a\nPERSIST a\nTTL a\n",
	       ":1\r\n:0\r\n:-1\r\n");
	expect(&keys, 1, "EXPIRE none 1\nPERSIST none\nEXPIRE a x\n",
	       ":0\r\n:0\r\n" NOT_A_NUMBER);
	expect(&keys, 1, "EXPIRE a 0\nEXISTS a\n", ":1\r\n:0\r\n");
	expect(&keys, 1, "SET a 1\nEXPIRE a -5\nEXISTS a\n",
	       "+OK\r\n:1\r\n:0\r\n");
	expect(&keys, 1, "SET a 1 PX 5\nDEL a\nSET a 2\n",
	       "+OK\r\n:1\r\n+OK\r\n");
	expect(&keys, 100, "GET a\n", "$1\r\n2\r\n");
	assert_int_equal(keys.count_timed, 0);
	keys_free(&keys);
}

/** For whoever asks, all are gone at once; memory is let go of by and by. */
static void
many_that_go_together_do_not_stop_the_server(void **state)
{
	size_t many = KEYS_GONE_MAX + KEYS_GONE_MAX / 2;
	struct keys keys;
	char line[64];

	(void)state;
	keys_init(&keys);
	for (size_t i = 0; i < many; i++) {
		snprintf(line, sizeof(line), "SET k%zu 1 PX 10\n", i);
		expect(&keys, 1, line, "+OK\r\n");
	}
	expect(&keys, 11, "EXISTS k0 k1 k1400\nSCAN 0 COUNT 1000\n",
	       ":0\r\n*2\r\n$1\r\n0\r\n*0\r\n");
	assert_int_equal(keys.count, many - KEYS_GONE_MAX);
	assert_true(keys_are_due(&keys, 11));
	/* One that is gone, and is set again, stays. */
	for (size_t i = 0; i < many; i++) {
		snprintf(line, sizeof(line), "SET k%zu 2 NX\n", i);
		expect(&keys, 11, line, "+OK\r\n");
	}
	assert_int_equal(keys.count, many);
	assert_int_equal(keys.count_timed, 0);
	keys_free(&keys);
}

/* ---------------------------------------------------------------- transactions */

static void
what_is_between_multi_and_exec_is_one_reply(void **state)
{
	struct keys keys;

	(void)state;
	keys_init(&keys);
	expect(&keys, 1, "SET a 1\nEXEC 2\nINCR a\nGET a\nINCR a\n",
	       "+OK\r\n*2\r\n:2\r\n$1\r\n2\r\n:3\r\n");
	keys_free(&keys);
}

/** Each request has a reply, though not all values have room. */
static void
replies_to_an_entry_fit_into_its_room(void **state)
{
	struct buffer reply = { 0 }, entry = { 0 };
	char room[ENTRY_REPLY_BYTES], line[1000];
	struct keys keys;
	size_t replies = 0, values = 0;

	(void)state;
	keys_init(&keys);
	snprintf(line, sizeof(line), "SET a %0900d\n", 1);
	expect(&keys, 1, line, "+OK\r\n");
	reply = (struct buffer){ .bytes = room,
				 .room = sizeof(room),
				 .is_fixed = true };
	entry_begin(&entry);
	for (size_t i = 0; i < ENTRY_REQUESTS_MAX; i++)
		buffer_print(&entry, "*2\r\n$3\r\nGET\r\n$1\r\na\r\n");
	entry_end(&entry, 1, ENTRY_REQUESTS_MAX);
	entry_apply(entry.bytes, entry.length, &keys, &reply);
	buffer_free(&entry);
	for (size_t at = 0; at < reply.length; replies++) {
		bool is_value = room[at] == '$';

		assert_true(is_value ||
			    memcmp(room + at, "-ERR there is no room", 21) ==
				0);
		values += is_value;
		at += is_value ? 908
			       : strlen("-ERR there is no room for the "
					"answer\r\n");
	}
	assert_int_equal(replies, ENTRY_REQUESTS_MAX);
	assert_in_range(values, 30, 60);
	/* What is no entry does nothing. */
	entry_apply("", 0, &keys, &reply);
	entry_apply("12345678\377\377\377\377*1\r\n", 16, &keys, &reply);
	assert_int_equal(keys.count, 1);
	keys_free(&keys);
}

/* ------------------------------------------------------------------------ SCAN */

/** Go on with a piece: the next cursor; 0: it was the last. Marks what was told. */
static uint64_t
scan_piece(struct keys *keys, uint64_t cursor, unsigned *told)
{
	struct buffer reply = { 0 };
	uint64_t next;
	char line[64];
	char *at;

	snprintf(line, sizeof(line), "SCAN %" PRIu64 " COUNT 7\n", cursor);
	carry_out(keys, 1, line, &reply);
	buffer_add(&reply, "", 1);
	at = strstr(reply.bytes, "\r\n") + 2; /* *2 */
	at = strstr(at, "\r\n") + 2;	      /* the length of the cursor */
	next = strtoull(at, &at, 10);
	for (at = strstr(at, "\r\nk"); at != NULL; at = strstr(at, "\r\nk")) {
		at += 3;
		told[strtoul(at, &at, 10)]++;
	}
	buffer_free(&reply);
	return next;
}

static void
a_walk_tells_all_that_are_there_all_the_while(void **state)
{
	unsigned told[2000] = { 0 };
	struct buffer reply = { 0 };
	uint64_t cursor = 0;
	struct keys keys;
	char line[64];
	size_t pieces = 0;

	(void)state;
	keys_init(&keys);
	for (size_t i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "SET k%zu 1\n", i);
		expect(&keys, 1, line, "+OK\r\n");
	}
	do {
		cursor = scan_piece(&keys, cursor, told);
		/* Odd ones go, others come. */
		snprintf(line, sizeof(line), "DEL k%zu k%zu\nSET k%zu 1\n",
			 pieces * 2 + 1, 999 - pieces * 2, 1000 + pieces);
		carry_out(&keys, 1, line, &reply);
		pieces++;
	} while (cursor != 0 && pieces < 2000);
	buffer_free(&reply);
	assert_in_range(pieces, 80, 200);
	for (size_t i = 0; i < 1000; i += 2)
		assert_int_equal(told[i], 1);
	keys_free(&keys);
}

/* However many names are asked for, and however long they are. */
static void
a_piece_of_long_names_is_a_short_one(void **state)
{
	static char name[200000];
	const struct text value = { "1", 1 };
	struct buffer reply = { 0 };
	struct keys keys;

	(void)state;
	keys_init(&keys);
	memset(name, 'k', sizeof(name));
	for (int i = 0; i < 100; i++) {
		memcpy(name, &i, sizeof(i));
		keys_set(&keys, (struct text){ name, sizeof(name) }, value);
	}
	carry_out(&keys, 1, "SCAN 0 COUNT 1000\n", &reply);
	assert_in_range(reply.length, 1 << 20, 3 << 20);
	assert_memory_not_equal(reply.bytes, "*2\r\n$1\r\n0", 9);
	buffer_free(&reply);
	keys_free(&keys);
}

/* ------------------------------------------------------------------- snapshots */

static void
put(void *buffer, const void *bytes, size_t length)
{
	buffer_add(buffer, bytes, length);
}

static struct buffer
snapshot_of(const struct keys *keys)
{
	struct buffer snapshot = { 0 };
	struct raft_server_sink sink = { put, &snapshot };

	assert_true(keys_write(keys, &sink));
	return snapshot;
}

static bool
load(struct keys *keys, const char *bytes, size_t length)
{
	struct raft_server_source source = { (const uint8_t *)bytes, length };

	return keys_load(keys, &source);
}

static void
a_snapshot_is_the_state_and_nothing_less(void **state)
{
	struct keys keys, other;
	struct buffer snapshot, again;

	(void)state;
	keys_init(&keys);
	keys_init(&other);
	expect(&keys, 5, "SET a 1\nSET b 22 PX 100\nSET c 3 PX 1\n",
	       "+OK\r\n+OK\r\n+OK\r\n");
	expect(&other, 99, "SET x 1 PX 7\nSET a 2\n", "+OK\r\n+OK\r\n");
	snapshot = snapshot_of(&keys);
	for (size_t length = 0; length < snapshot.length; length++)
		assert_false(load(&other, snapshot.bytes, length));
	buffer_add(&snapshot, "x", 1);
	assert_false(load(&other, snapshot.bytes, snapshot.length));
	assert_true(load(&other, snapshot.bytes, snapshot.length - 1));
	again = snapshot_of(&other);
	assert_int_equal(again.length, snapshot.length - 1);
	assert_memory_equal(again.bytes, snapshot.bytes, again.length);
	assert_int_equal(other.now_ms, 5);
	expect(&other, 6, "MGET a b c x\nPTTL b\nDBSIZE\n",
	       "*4\r\n$1\r\n1\r\n$2\r\n22\r\n$-1\r\n$-1\r\n:99\r\n:2\r\n");
	snapshot.bytes[0] ^= 1;
	assert_false(load(&other, snapshot.bytes, snapshot.length - 1));
	buffer_free(&snapshot);
	buffer_free(&again);
	keys_free(&keys);
	keys_free(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_whole_with_its_last_byte),
		cmocka_unit_test(what_can_be_no_request_is_known_at_once),
		cmocka_unit_test(requests_and_lines_have_a_greatest_length),
		cmocka_unit_test(numbers_are_as_exact_as_redis_has_them),
		cmocka_unit_test(patterns_match_what_they_say),
		cmocka_unit_test(commands_reply_as_those_of_redis),
		cmocka_unit_test(a_key_goes_when_an_entry_says_that_it_is_time),
		cmocka_unit_test(what_is_done_to_a_key_keeps_its_time_or_not),
		cmocka_unit_test(many_that_go_together_do_not_stop_the_server),
		cmocka_unit_test(what_is_between_multi_and_exec_is_one_reply),
		cmocka_unit_test(replies_to_an_entry_fit_into_its_room),
		cmocka_unit_test(a_walk_tells_all_that_are_there_all_the_while),
		cmocka_unit_test(a_piece_of_long_names_is_a_short_one),
		cmocka_unit_test(a_snapshot_is_the_state_and_nothing_less),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
