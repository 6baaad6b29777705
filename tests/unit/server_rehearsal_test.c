/*
 * A server's machine without a server: it is shown what a server would show it, and what
 * is nonsense is refused.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "assists/server/rehearsal.h"

/** A snapshot. */
struct written {
	uint8_t bytes[65536];
	size_t length;
};

/** The machine: how many commands it was shown, and their bytes. */
struct shown {
	uint64_t commands;
	uint64_t bytes;
};

static void
apply(void *machine, struct raft_server_entry *entries, size_t count)
{
	struct shown *shown = machine;

	for (size_t i = 0; i < count; i++) {
		shown->commands++;
		shown->bytes += entries[i].length;
		assert_int_equal(entries[i].answer_room, 1024);
		memcpy(entries[i].answer, "yes", 3);
		entries[i].answer_length = 3;
	}
}

static void *
freeze(void *machine)
{
	return machine;
}

static bool
write_down(void *frozen, struct raft_server_sink *sink)
{
	return raft_server_write(sink, frozen, sizeof(struct shown));
}

static bool
load(void *machine, struct raft_server_source *source)
{
	return raft_server_take(source, machine, sizeof(struct shown)) ==
	       sizeof(struct shown);
}

static void *
build(void *machine, struct raft_server_source *source)
{
	struct shown *built = malloc(sizeof(*built));

	assert_non_null(built);
	if (load(built, source))
		return built;
	(void)machine;
	free(built);
	return NULL;
}

static void
adopt(void *machine, void *built)
{
	*(struct shown *)machine = *(struct shown *)built;
	free(built);
}

static const struct raft_server_machine machine = {
	.apply = apply,
	.freeze = freeze,
	.write = write_down,
	.load = load,
};

static bool
put(void *to, const void *bytes, size_t length)
{
	struct written *written = to;

	if (length > sizeof(written->bytes) - written->length)
		return false;
	memcpy(written->bytes + written->length, bytes, length);
	written->length += length;
	return true;
}

static struct raft_rehearsal *
open_one(struct shown *shown)
{
	char error[RAFT_SERVER_ERROR_BYTES];
	struct raft_rehearsal *rehearsal =
	    raft_rehearsal_open(NULL, &machine, shown, error, sizeof(error));

	assert_non_null(rehearsal);
	return rehearsal;
}

static bool
apply_bytes(struct raft_rehearsal *rehearsal, uint64_t index, const void *bytes,
	    size_t length)
{
	const struct raft_entry entry = {
		.index = index,
		.term = 1,
		.kind = RAFT_ENTRY_DATA,
		.payload = { .data = bytes, .length = length },
	};

	return raft_rehearsal_apply(rehearsal, &entry, 1);
}

/** NULL: a registration. */
static void
apply_command(struct raft_rehearsal *rehearsal, uint64_t index,
	      const struct raft_server_command *command)
{
	uint8_t bytes[64];
	size_t length = raft_rehearsal_command(command, bytes, sizeof(bytes));

	assert_int_not_equal(length, 0);
	assert_true(apply_bytes(rehearsal, index, bytes, length));
}

static void
what_is_said_twice_in_a_session_is_shown_once(void **state)
{
	const struct raft_server_command plain = { .data = "ab", .length = 2 };
	const struct raft_server_command once = {
		.data = "abc",
		.length = 3,
		.session = 1,
		.sequence = 1,
	};
	struct shown shown = { 0 };
	struct raft_rehearsal *rehearsal = open_one(&shown);

	(void)state;
	apply_command(rehearsal, 1, NULL);
	assert_int_equal(shown.commands, 0);
	apply_command(rehearsal, 2, &plain);
	apply_command(rehearsal, 3, &plain);
	assert_int_equal(shown.commands, 2);
	assert_int_equal(shown.bytes, 4);
	apply_command(rehearsal, 4, &once);
	apply_command(rehearsal, 5, &once);
	assert_int_equal(shown.commands, 3);
	assert_int_equal(shown.bytes, 7);
	raft_rehearsal_close(rehearsal);
}

static void
a_snapshot_has_the_sessions_and_the_state(void **state)
{
	static struct written first, second;
	const struct raft_server_command once = {
		.data = "a",
		.length = 1,
		.session = 1,
		.sequence = 1,
	};
	struct shown shown = { 0 }, other = { 0 };
	struct raft_rehearsal *one = open_one(&shown), *two = open_one(&other);

	(void)state;
	apply_command(one, 1, NULL);
	apply_command(one, 2, &once);
	assert_true(raft_rehearsal_write(one, put, &first));
	assert_null(raft_rehearsal_load(two, first.bytes, first.length));
	assert_int_equal(other.commands, 1);
	assert_true(raft_rehearsal_write(two, put, &second));
	assert_int_equal(second.length, first.length);
	assert_memory_equal(second.bytes, first.bytes, first.length);
	/* It was in the session. */
	apply_command(two, 3, &once);
	assert_int_equal(other.commands, 1);
	raft_rehearsal_close(one);
	raft_rehearsal_close(two);
}

static void
assert_refused(struct raft_rehearsal *rehearsal, const void *bytes,
	       size_t length, const char *sentence)
{
	const char *why = raft_rehearsal_load(rehearsal, bytes, length);

	assert_non_null(why);
	if (strstr(why, sentence) == NULL)
		fail_msg("the snapshot %s", why);
}

static void
what_is_no_snapshot_is_refused(void **state)
{
	static struct written written;
	struct shown shown = { 0 };
	struct raft_rehearsal *rehearsal = open_one(&shown);

	(void)state;
	assert_true(raft_rehearsal_write(rehearsal, put, &written));
	assert_refused(rehearsal, written.bytes, 0, "by this version");
	assert_refused(rehearsal, written.bytes, 20, "by this version");
	assert_refused(rehearsal, written.bytes, written.length - 1,
		       "can load");
	assert_refused(rehearsal, written.bytes, written.length + 1,
		       "has more in it");
	/* Each byte of its head says that it is ours, of this version. */
	for (size_t i = 0; i < 12; i++) {
		written.bytes[i] ^= 1;
		assert_refused(rehearsal, written.bytes, written.length,
			       "was not written by this version, or with other "
			       "sessions_max or answer_bytes_max than this "
			       "program has");
		written.bytes[i] ^= 1;
	}
	assert_null(
	    raft_rehearsal_load(rehearsal, written.bytes, written.length));
	/* Nobody takes more of it. */
	written.length = sizeof(written.bytes);
	assert_false(raft_rehearsal_write(rehearsal, put, &written));
	raft_rehearsal_close(rehearsal);
}

/* Nothing is copied: there is no child. */
static void
one_that_would_be_forked_is_written_as_it_is(void **state)
{
	static struct written written;
	struct raft_server_machine forks = machine;
	struct shown shown = { .commands = 7, .bytes = 9 };
	struct raft_rehearsal *rehearsal;
	char error[RAFT_SERVER_ERROR_BYTES];

	(void)state;
	forks.freeze = raft_server_fork;
	rehearsal =
	    raft_rehearsal_open(NULL, &forks, &shown, error, sizeof(error));
	assert_non_null(rehearsal);
	written.length = 0;
	assert_true(raft_rehearsal_write(rehearsal, put, &written));
	shown = (struct shown){ 0 };
	assert_null(
	    raft_rehearsal_load(rehearsal, written.bytes, written.length));
	assert_int_equal(shown.commands, 7);
	assert_int_equal(shown.bytes, 9);
	raft_rehearsal_close(rehearsal);
}

static void
what_is_no_command_is_refused(void **state)
{
	const struct raft_server_command command = { .data = "a", .length = 1 };
	struct shown shown = { 0 };
	struct raft_rehearsal *rehearsal = open_one(&shown);
	uint8_t bytes[2];

	(void)state;
	assert_int_equal(raft_rehearsal_command(&command, bytes, 1), 0);
	assert_int_equal(raft_rehearsal_command(&command, bytes, 2), 2);
	assert_true(apply_bytes(rehearsal, 1, bytes, 2));
	assert_false(apply_bytes(rehearsal, 2, "\377nonsense", 9));
	assert_int_equal(shown.commands, 1);
	raft_rehearsal_close(rehearsal);
	raft_rehearsal_close(NULL);
}

static void
what_a_server_would_not_open_is_not_rehearsed(void **state)
{
	const struct raft_server_options options = {
		.answer_bytes_max = 1u << 30,
	};
	struct raft_server_machine half = machine;
	char error[RAFT_SERVER_ERROR_BYTES];

	(void)state;
	assert_null(raft_rehearsal_open(&options, &machine, NULL, error,
					sizeof(error)));
	assert_non_null(strstr(error, "out of its range"));
	half.freeze = NULL;
	assert_null(
	    raft_rehearsal_open(NULL, &half, NULL, error, sizeof(error)));
	assert_non_null(strstr(error, "has to apply, freeze"));
	half = machine;
	half.build = build;
	assert_null(
	    raft_rehearsal_open(NULL, &half, NULL, error, sizeof(error)));
	assert_non_null(strstr(error, "has to adopt and discard"));
	half.build = NULL;
	half.adopt = adopt;
	assert_null(
	    raft_rehearsal_open(NULL, &half, NULL, error, sizeof(error)));
	assert_non_null(strstr(error, "has to adopt and discard"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_said_twice_in_a_session_is_shown_once),
		cmocka_unit_test(a_snapshot_has_the_sessions_and_the_state),
		cmocka_unit_test(what_is_no_snapshot_is_refused),
		cmocka_unit_test(one_that_would_be_forked_is_written_as_it_is),
		cmocka_unit_test(what_is_no_command_is_refused),
		cmocka_unit_test(what_a_server_would_not_open_is_not_rehearsed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
