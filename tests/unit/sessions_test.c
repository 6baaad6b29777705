/*
 * Sessions keep their promises: a repeated command counts once, and the same
 * entries make the same table on every server, however it got there.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * RAFT_TEST_SEED=N in the environment runs the randomised tests again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bsd/stdlib.h>
#include <stdlib.h>
#include <string.h>

#include "assists/little_endian/little_endian.h"
#include "assists/sessions/sessions.h"
#include "tests/fuzz/random_message.h"

#define TABLES 2000
#define BYTES_MAX 512

static struct raft_sessions *
make(uint32_t sessions_max)
{
	struct raft_sessions_options options = { .sessions_max = sessions_max,
						 .answer_bytes_max = 8 };
	struct raft_sessions *sessions;

	assert_int_equal(raft_sessions_create(&options, &sessions), RAFT_OK);
	return sessions;
}

static void
open_session(struct raft_sessions *sessions, uint64_t index)
{
	assert_int_equal(raft_sessions_register(sessions, index), RAFT_OK);
}

static enum raft_session_verdict
begin(struct raft_sessions *sessions, uint64_t session, uint64_t sequence)
{
	struct raft_session_answer answer;

	return raft_sessions_begin(sessions, session, sequence, &answer);
}

/** What a counter does with a command `add 1`. */
static void
add_one(struct raft_sessions *sessions, uint64_t session, uint64_t sequence,
	uint64_t *value)
{
	if (sessions != NULL &&
	    begin(sessions, session, sequence) != RAFT_SESSION_NEW)
		return;
	++*value;
	if (sessions != NULL)
		assert_int_equal(raft_sessions_answer(sessions, value, 8),
				 RAFT_OK);
}

static void
a_repeated_command_counts_once(void **state)
{
	struct raft_sessions *sessions = make(4);
	struct raft_session_answer answer;
	uint64_t with = 0, without = 0;

	(void)state;
	open_session(sessions, 7);
	for (uint64_t sequence = 1; sequence <= 3; sequence++)
		for (int times = 0; times < 2; times++) {
			add_one(sessions, 7, sequence, &with);
			add_one(NULL, 0, sequence, &without);
		}
	assert_int_equal(with, 3);
	assert_int_equal(without, 6);
	assert_int_equal(raft_sessions_begin(sessions, 7, 3, &answer),
			 RAFT_SESSION_REPEATED);
	assert_int_equal(answer.length, 8);
	assert_memory_equal(answer.data, &with, 8);
	raft_sessions_destroy(sessions);
}

static void
a_command_that_was_overtaken_is_never_executed(void **state)
{
	struct raft_sessions *sessions = make(4);

	(void)state;
	open_session(sessions, 1);
	assert_int_equal(begin(sessions, 1, 5), RAFT_SESSION_NEW);
	assert_int_equal(begin(sessions, 1, 4), RAFT_SESSION_STALE);
	assert_int_equal(begin(sessions, 1, 5), RAFT_SESSION_REPEATED);
	assert_int_equal(begin(sessions, 1, 0), RAFT_SESSION_STALE);
	open_session(sessions, 2);
	assert_int_equal(begin(sessions, 2, 0), RAFT_SESSION_STALE);
	raft_sessions_destroy(sessions);
}

static void
sessions_share_neither_numbers_nor_answers(void **state)
{
	struct raft_sessions *sessions = make(4);
	struct raft_session_answer answer;
	uint64_t value = 0;

	(void)state;
	open_session(sessions, 1);
	open_session(sessions, 2);
	add_one(sessions, 1, 1, &value);
	add_one(sessions, 2, 1, &value);
	assert_int_equal(value, 2);
	assert_int_equal(raft_sessions_begin(sessions, 1, 1, &answer),
			 RAFT_SESSION_REPEATED);
	assert_memory_equal(answer.data, &(uint64_t){ 1 }, 8);
	raft_sessions_destroy(sessions);
}

static void
the_session_used_least_recently_expires(void **state)
{
	struct raft_sessions *sessions = make(2);

	(void)state;
	open_session(sessions, 1);
	open_session(sessions, 2);
	assert_int_equal(begin(sessions, 1, 1), RAFT_SESSION_NEW);
	open_session(sessions, 3);
	assert_int_equal(raft_sessions_count(sessions), 2);
	assert_int_equal(begin(sessions, 2, 1), RAFT_SESSION_EXPIRED);
	assert_int_equal(begin(sessions, 1, 1), RAFT_SESSION_REPEATED);
	assert_int_equal(begin(sessions, 3, 1), RAFT_SESSION_NEW);
	raft_sessions_destroy(sessions);
}

static void
an_expired_session_is_refused_and_its_id_not_given_again(void **state)
{
	struct raft_sessions *sessions = make(1);

	(void)state;
	open_session(sessions, 1);
	assert_int_equal(begin(sessions, 1, 1), RAFT_SESSION_NEW);
	open_session(sessions, 2);
	assert_int_equal(begin(sessions, 1, 1), RAFT_SESSION_EXPIRED);
	assert_int_equal(raft_sessions_register(sessions, 1), RAFT_INVALID);
	assert_int_equal(raft_sessions_register(sessions, 2), RAFT_INVALID);
	assert_int_equal(begin(sessions, 99, 1), RAFT_SESSION_EXPIRED);
	assert_string_equal(
	    raft_session_verdict_text(RAFT_SESSION_EXPIRED),
	    "its session is unknown or has expired: register again");
	assert_string_equal(raft_session_verdict_text(RAFT_SESSION_NEW),
			    "to be executed, and its answer to be kept");
	raft_sessions_destroy(sessions);
}

static void
an_answer_belongs_to_a_new_command_and_fits(void **state)
{
	struct raft_sessions *sessions = make(2);
	uint8_t bytes[BYTES_MAX];
	size_t length;

	(void)state;
	open_session(sessions, 1);
	assert_int_equal(raft_sessions_answer(sessions, "a", 1), RAFT_INVALID);
	assert_int_equal(begin(sessions, 1, 1), RAFT_SESSION_NEW);
	assert_int_equal(raft_sessions_answer(sessions, "123456789", 9),
			 RAFT_INVALID);
	assert_int_equal(raft_sessions_answer(sessions, "12345678", 8),
			 RAFT_OK);
	assert_int_equal(raft_sessions_answer(sessions, "b", 1), RAFT_INVALID);
	/* Whatever is done to the table ends the command. */
	assert_int_equal(begin(sessions, 1, 2), RAFT_SESSION_NEW);
	assert_int_equal(begin(sessions, 1, 1), RAFT_SESSION_STALE);
	assert_int_equal(raft_sessions_answer(sessions, "b", 1), RAFT_INVALID);
	assert_int_equal(begin(sessions, 1, 3), RAFT_SESSION_NEW);
	open_session(sessions, 2);
	assert_int_equal(raft_sessions_answer(sessions, "b", 1), RAFT_INVALID);
	assert_int_equal(begin(sessions, 1, 4), RAFT_SESSION_NEW);
	length = raft_sessions_encode(sessions, bytes, sizeof(bytes));
	assert_int_equal(raft_sessions_decode(sessions, bytes, length),
			 RAFT_OK);
	assert_int_equal(raft_sessions_answer(sessions, "b", 1), RAFT_INVALID);
	raft_sessions_destroy(sessions);
}

static void
an_answer_may_be_empty(void **state)
{
	struct raft_sessions *sessions = make(2);
	struct raft_session_answer answer = { "old", 3 };

	(void)state;
	assert_int_equal(raft_sessions_begin(sessions, 1, 1, &answer),
			 RAFT_SESSION_EXPIRED);
	assert_null(answer.data);
	assert_int_equal(answer.length, 0);
	open_session(sessions, 1);
	assert_int_equal(begin(sessions, 1, 1), RAFT_SESSION_NEW);
	assert_int_equal(raft_sessions_answer(sessions, "123", 3), RAFT_OK);
	assert_int_equal(begin(sessions, 1, 2), RAFT_SESSION_NEW);
	assert_int_equal(raft_sessions_answer(sessions, NULL, 0), RAFT_OK);
	assert_int_equal(raft_sessions_begin(sessions, 1, 2, &answer),
			 RAFT_SESSION_REPEATED);
	assert_int_equal(answer.length, 0);
	raft_sessions_destroy(sessions);
}

static void *
refuse_memory(void *context, void *memory, size_t bytes)
{
	(void)memory;
	(void)bytes;
	++*(int *)context;
	return NULL;
}

static void
limits_and_memory_are_refused_by_name(void **state)
{
	int calls = 0;
	struct raft_allocator allocator = { &calls, refuse_memory };
	struct raft_sessions_options options = { .sessions_max =
						     RAFT_SESSIONS_MAX + 1 };
	struct raft_sessions *sessions = (struct raft_sessions *)&options;

	(void)state;
	assert_int_equal(raft_sessions_create(&options, &sessions),
			 RAFT_INVALID);
	assert_null(sessions);
	options = (struct raft_sessions_options){
		.answer_bytes_max = RAFT_SESSION_ANSWER_BYTES_MAX + 1
	};
	assert_int_equal(raft_sessions_create(&options, &sessions),
			 RAFT_INVALID);
	options = (struct raft_sessions_options){ .allocator = &allocator };
	assert_int_equal(raft_sessions_create(&options, &sessions),
			 RAFT_NO_MEMORY);
	assert_null(sessions);
	assert_int_equal(calls, 1);
}

/* ------------------------------------------------------------ in snapshots */

/* The limits as a table writes them: it has no other way to say them. */
static void
assert_limits(struct raft_sessions_options options, uint32_t sessions_max,
	      uint32_t answer_bytes_max)
{
	struct raft_sessions *sessions;
	uint8_t bytes[BYTES_MAX];

	assert_int_equal(raft_sessions_create(&options, &sessions), RAFT_OK);
	assert_int_equal(raft_sessions_encode(sessions, bytes, 32), 32);
	assert_int_equal(get32(bytes + 4), sessions_max);
	assert_int_equal(get32(bytes + 8), answer_bytes_max);
	raft_sessions_destroy(sessions);
}

static void
the_limits_are_what_was_asked_for_or_the_defaults(void **state)
{
	const uint32_t most = RAFT_SESSION_ANSWER_BYTES_MAX;

	(void)state;
	assert_limits((struct raft_sessions_options){ 0 }, 1024, 64);
	assert_limits((struct raft_sessions_options){ 1, 1, NULL }, 1, 1);
	assert_limits((struct raft_sessions_options){ 2, most, NULL }, 2,
		      65536);
	assert_limits((struct raft_sessions_options){ RAFT_SESSIONS_MAX, 1,
						       NULL },
		      65536, 1);
}

static size_t
encode(const struct raft_sessions *sessions, uint8_t bytes[BYTES_MAX])
{
	size_t length = raft_sessions_encode(sessions, bytes, BYTES_MAX);

	assert_int_equal(length, raft_sessions_bytes(sessions));
	return length;
}

static void
what_cannot_be_a_table_is_refused_and_changes_nothing(void **state)
{
	struct raft_sessions *sessions = make(2), *other = make(3);
	uint8_t bytes[BYTES_MAX], good[BYTES_MAX], after[BYTES_MAX];
	size_t length;

	(void)state;
	open_session(sessions, 1);
	length = encode(sessions, good);
	assert_int_equal(raft_sessions_encode(sessions, bytes, length - 1), 0);
	for (size_t cut = 0; cut < length; cut++)
		assert_int_equal(raft_sessions_decode(sessions, good, cut),
				 RAFT_INVALID);
	assert_int_equal(raft_sessions_decode(sessions, good, length + 1),
			 RAFT_INVALID);
	assert_int_equal(raft_sessions_decode(other, good, length),
			 RAFT_INVALID);
	memcpy(bytes, good, length);
	bytes[0] = 2;
	assert_int_equal(raft_sessions_decode(sessions, bytes, length),
			 RAFT_INCOMPATIBLE);
	/* The version is enough to say so. */
	assert_int_equal(raft_sessions_decode(sessions, bytes, 4),
			 RAFT_INCOMPATIBLE);
	assert_int_equal(raft_sessions_decode(sessions, bytes, 3),
			 RAFT_INVALID);
	assert_int_equal(encode(sessions, after), length);
	assert_memory_equal(after, good, length);
	raft_sessions_destroy(sessions);
	raft_sessions_destroy(other);
}

static void
no_number_of_a_table_is_trusted(void **state)
{
	/* Two sessions of 28 bytes follow a header of 32 (sessions.c). */
	static const struct {
		size_t offset;
		uint8_t wrong;
	} cases[] = {
		{ 0, 0 },  { 4, 1 },  { 8, 7 },	 { 12, 3 }, { 12, 1 },
		{ 12, 0 }, { 16, 1 }, { 24, 1 }, { 32, 0 }, { 32, 2 },
		{ 40, 0 }, { 40, 9 }, { 56, 1 }, { 56, 9 }, { 60, 1 },
		{ 60, 0 }, { 60, 3 }, { 84, 1 }, { 84, 9 }, { 85, 1 },
	};
	struct raft_sessions *sessions = make(2);
	uint8_t bytes[BYTES_MAX], good[BYTES_MAX] = { 0 };
	size_t length;

	(void)state;
	open_session(sessions, 1);
	open_session(sessions, 2);
	length = encode(sessions, good);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		memcpy(bytes, good, sizeof(bytes));
		bytes[cases[i].offset] = cases[i].wrong;
		print_message("%zu becomes %u\n", cases[i].offset,
			      cases[i].wrong);
		assert_int_equal(raft_sessions_decode(sessions, bytes, length),
				 RAFT_INVALID);
	}
	/* An answer that is there, but longer than any may be. */
	memcpy(bytes, good, sizeof(bytes));
	bytes[84] = 9;
	assert_int_equal(raft_sessions_decode(sessions, bytes, length + 9),
			 RAFT_INVALID);
	/* A session that is there, but one too many. */
	bytes[84] = 0;
	memcpy(bytes + length, bytes + 60, 28);
	bytes[length] = bytes[16] = 3;
	bytes[12] = 3;
	assert_int_equal(raft_sessions_decode(sessions, bytes, length + 28),
			 RAFT_INVALID);
	raft_sessions_destroy(sessions);
}

/** One entry, the same for all tables. */
static void
apply_random(struct chance *chance, struct raft_sessions *tables[2],
	     uint64_t index)
{
	uint64_t session = 1 + chance_below(chance, index);
	uint64_t sequence = chance_below(chance, 4);
	bool opens = chance_below(chance, 3) == 0;
	size_t length = (size_t)chance_below(chance, 9);
	enum raft_session_verdict verdicts[2];
	enum raft_result results[2];

	for (int i = 0; i < 2; i++) {
		if (opens)
			open_session(tables[i], index);
		verdicts[i] = begin(tables[i], session, sequence);
		results[i] =
		    raft_sessions_answer(tables[i], "abcdefgh", length);
	}
	assert_int_equal(verdicts[0], verdicts[1]);
	assert_int_equal(results[0], results[1]);
}

static void
seed(struct chance *chance)
{
	const char *text = getenv("RAFT_TEST_SEED");

	chance->state = text != NULL ? strtoull(text, NULL, 10) : arc4random();
	print_message("again: ./run test --test_env=RAFT_TEST_SEED=%llu "
		      "//tests/unit:sessions_test\n",
		      (unsigned long long)chance->state);
}

/** A server that began from a snapshot goes on as one that did not. */
static void
a_table_from_a_snapshot_goes_on_as_the_one_it_came_from(void **state)
{
	uint8_t bytes[2][BYTES_MAX];
	struct raft_sessions *tables[2];
	struct chance chance;
	size_t length;

	(void)state;
	seed(&chance);
	for (int i = 0; i < TABLES; i++) {
		tables[0] = make(3);
		tables[1] = make(3);
		for (uint64_t index = 1; index <= 20; index++) {
			apply_random(&chance, tables, index);
			length = encode(tables[0], bytes[0]);
			assert_int_equal(encode(tables[1], bytes[1]), length);
			assert_memory_equal(bytes[0], bytes[1], length);
			if (chance_below(&chance, 4) != 0)
				continue;
			raft_sessions_destroy(tables[1]);
			tables[1] = make(3);
			assert_int_equal(
			    raft_sessions_decode(tables[1], bytes[0], length),
			    RAFT_OK);
		}
		raft_sessions_destroy(tables[0]);
		raft_sessions_destroy(tables[1]);
	}
}

/** In memory of its exact length, so that a sanitizer sees a byte too far. */
static void
fuzz_decode(struct raft_sessions *sessions, const uint8_t *bytes, size_t length)
{
	uint8_t again[BYTES_MAX], *exact = malloc(length + 1);

	assert_non_null(exact);
	exact = realloc(exact, length > 0 ? length : 1);
	assert_non_null(exact);
	memcpy(exact, bytes, length);
	if (raft_sessions_decode(sessions, exact, length) == RAFT_OK) {
		assert_int_equal(encode(sessions, again), length);
		assert_memory_equal(again, exact, length);
		assert_true(raft_sessions_count(sessions) <= 3);
	}
	free(exact);
}

static void
the_decoder_survives_any_bytes(void **state)
{
	struct raft_sessions *tables[2] = { make(3), make(3) };
	uint8_t bytes[BYTES_MAX];
	struct chance chance;
	size_t length;

	(void)state;
	seed(&chance);
	for (uint64_t index = 1; index <= 20; index++)
		apply_random(&chance, tables, index);
	for (int i = 0; i < 50 * TABLES; i++) {
		length = encode(tables[0], bytes);
		for (uint64_t n = chance_below(&chance, 4); n > 0; n--)
			bytes[chance_below(&chance, length)] =
			    (uint8_t)chance_below(&chance, 256);
		length -= chance_below(&chance, 8) == 0
			      ? (size_t)chance_below(&chance, length)
			      : 0;
		fuzz_decode(tables[1], bytes, length);
	}
	raft_sessions_destroy(tables[0]);
	raft_sessions_destroy(tables[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_repeated_command_counts_once),
		cmocka_unit_test(
		    a_command_that_was_overtaken_is_never_executed),
		cmocka_unit_test(sessions_share_neither_numbers_nor_answers),
		cmocka_unit_test(the_session_used_least_recently_expires),
		cmocka_unit_test(
		    an_expired_session_is_refused_and_its_id_not_given_again),
		cmocka_unit_test(an_answer_belongs_to_a_new_command_and_fits),
		cmocka_unit_test(an_answer_may_be_empty),
		cmocka_unit_test(limits_and_memory_are_refused_by_name),
		cmocka_unit_test(
		    the_limits_are_what_was_asked_for_or_the_defaults),
		cmocka_unit_test(
		    what_cannot_be_a_table_is_refused_and_changes_nothing),
		cmocka_unit_test(no_number_of_a_table_is_trusted),
		cmocka_unit_test(
		    a_table_from_a_snapshot_goes_on_as_the_one_it_came_from),
		cmocka_unit_test(the_decoder_survives_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
