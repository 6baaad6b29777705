/*
 * The machine of demos/counter: its snapshot is its state again, and neither a command
 * nor a snapshot that is nonsense does harm.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/counter.h"

/** A snapshot that was written. */
struct written {
	char bytes[64];
	size_t length;
};

static void
write_more(void *to, const void *bytes, size_t length)
{
	struct written *written = to;

	assert_in_range(written->length + length, 0, sizeof(written->bytes));
	memcpy(written->bytes + written->length, bytes, length);
	written->length += length;
}

/* What a command of these bytes is answered. */
static const char *
apply_to(uint64_t *sum, const char *bytes, size_t length)
{
	static char answer[64];
	struct raft_server_entry entry = {
		.data = bytes,
		.length = length,
		.answer = answer,
		.answer_room = sizeof(answer),
	};

	machine.apply(sum, &entry, 1);
	assert_int_equal(strlen(answer), entry.answer_length);
	return answer;
}

static bool
load_from(uint64_t *sum, const char *bytes, size_t length)
{
	struct raft_server_source source = { (const uint8_t *)bytes, length };

	return machine.load(sum, &source) && source.left == 0;
}

static void
a_snapshot_is_the_state_again(void **state)
{
	static const uint64_t sums[] = { 0, 7, UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		struct written written = { .length = 0 };
		struct raft_server_sink sink = { write_more, &written };
		uint64_t sum = sums[i], other = 40;
		void *frozen = machine.freeze(&sum);

		assert_non_null(frozen);
		/* It goes on meanwhile. */
		apply_to(&sum, "5", 1);
		assert_true(machine.write(frozen, &sink));
		machine.thaw(frozen);
		assert_true(load_from(&other, written.bytes, written.length));
		assert_true(other == sums[i]);
	}
}

static void
other_bytes_are_no_snapshot(void **state)
{
	uint64_t sum = 40;

	(void)state;
	assert_false(load_from(&sum, "", 0));
	assert_false(load_from(&sum, "x", 1));
	assert_false(load_from(&sum, "4x", 2));
	assert_false(load_from(&sum, "-1", 2));
	assert_false(load_from(&sum, "4\0", 2));
	assert_false(load_from(&sum, "123456789012345678901234567890", 30));
}

static void
a_command_that_is_nonsense_adds_the_same_everywhere(void **state)
{
	static const char nonsense[] = "\xff\0\x01 nonsense";
	uint64_t sum = 40;
	char digits[100];

	(void)state;
	assert_string_equal(apply_to(&sum, "2", 1), "42");
	assert_string_equal(apply_to(&sum, "", 0), "42");
	/* No more than its length is read. */
	assert_string_equal(apply_to(&sum, "12", 1), "43");
	assert_string_equal(apply_to(&sum, nonsense, sizeof(nonsense)), "43");
	memset(digits, '9', sizeof(digits));
	assert_string_equal(apply_to(&sum, digits, sizeof(digits)), "42");
	assert_true(sum == 42);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_snapshot_is_the_state_again),
		cmocka_unit_test(other_bytes_are_no_snapshot),
		cmocka_unit_test(
		    a_command_that_is_nonsense_adds_the_same_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
