/*
 * The status that a server tells over its socket, of given numbers: kept whole, beside
 * this file. No number is told under another's name.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * After a change that is meant:
 *
 *     bazel run //tests/unit:admin_status_kept_test -- --write
 */
#include <bsd/string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "assists/admin/status.h"
#include "assists/node/node_loop.h"
#include "tests/kept.h"

#define KEPT "tests/unit/admin_status.txt"

static bool kept_anew;

/* Each number is another one. */
static struct raft_server_status
make_status(void)
{
	return (struct raft_server_status){
		.raft = {
			.self = { 2, 0xabcdef0123456789 },
			.role = RAFT_LEADER,
			.member_role = RAFT_MEMBER_VOTER,
			.term = 101,
			.vote = { 102, 103 },
			.leader = 104,
			.snapshot = { 105, 106 },
			.last = { 107, 108 },
			.durable_index = 109,
			.commit_index = 110,
			.applied_index = 111,
			/* Not yet: it is told as 0. */
			.quorum_heard_at = UINT64_MAX,
			.uncommitted_bytes = 112,
			.transfer_target = 113,
			.configuration_index = 114,
			.changing = true,
			.election_timeout_us = 115,
			.feature_level = 116,
			.member_count = 117,
		},
		.cluster = "red",
		.log_bytes = 118,
		.snapshot = { 119, 120 },
		.snapshot_us = 121,
		.asks = 122,
		.sessions = 123,
		.scrub = {
			.rate = 124,
			.pass_bytes = 125,
			.pass_total = 126,
			.passes = 127,
			.ended_us = 128,
			.bytes = 129,
			.damages = 130,
		},
	};
}

static struct raft_server_member
make_member(uint64_t id, enum raft_member_role role,
	    enum raft_progress_state state)
{
	uint32_t n = 1000 * (uint32_t)id;
	struct raft_server_member member = {
		.raft = {
			.identity = { id, n + 1 },
			.role = role,
			.state = state,
			.match_index = n + 2,
			.next_index = n + 3,
			.appends_in_flight = n + 4,
			.bytes_in_flight = n + 5,
			.snapshot_index = n + 6,
			.snapshot_offset = n + 7,
			.snapshot_size = n + 8,
			.heard_at = UINT64_MAX,
			.round_us = n + 9,
		},
		.stands_in_seconds = n + 10,
		.lag_is_known = true,
		.lag = { n + 11, n + 12, n + 13 },
		.connection = {
			.queue_bytes = n + 14,
			.queue_messages = n + 15,
			.note_bytes = n + 16,
			.opened = n + 17,
			.silent_us = n + 18,
			.round_trip_us = n + 19,
			.term = n + 20,
			.failed_us = n + 21,
		},
	};

	snprintf(member.address, sizeof(member.address), "host-%d:7000",
		 (int)id);
	snprintf(member.note, sizeof(member.note), "note of %d", (int)id);
	snprintf(member.build, sizeof(member.build), "build of %d", (int)id);
	snprintf(member.connection.failure, sizeof(member.connection.failure),
		 "failure of %d", (int)id);
	return member;
}

/* What is so of a member alone, one thing after the other. */
static void
set_one(struct raft_server_member *member, int which)
{
	bool *const all[] = {
		&member->leads,
		&member->promotes,
		&member->raft.caught_up,
		&member->connection.open_out,
		&member->connection.open_in,
		&member->connection.plain_out,
		&member->connection.plain_in,
	};

	*all[which] = true;
}

/* The library's version and build are no matter of this text. */
static void
append(char *text, size_t size, const char *title, json_t *all)
{
	char *dumped;

	assert_non_null(all);
	assert_string_equal(json_string_value(json_object_get(all, "version")),
			    raft_version());
	assert_string_equal(json_string_value(json_object_get(all, "build")),
			    raft_build());
	json_object_set_new(all, "version", json_string("VERSION"));
	json_object_set_new(all, "build", json_string("BUILD"));
	dumped = json_dumps(all, JSON_INDENT(1));
	assert_non_null(dumped);
	strlcat(text, title, size);
	strlcat(text, dumped, size);
	assert_true(strlcat(text, "\n", size) < size);
	free(dumped);
	json_decref(all);
}

static json_t *
with_members(const struct raft_server_status *status, uint32_t drift,
	     const struct raft_server_member *members, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		assert_int_equal(
		    json_array_append_new(
			list, raft__admin_member(status, &members[i])),
		    0);
	return raft__admin_tell(status, drift, list);
}

/* Members of all kinds, in all states. */
static size_t
make_members(struct raft_server_member *members)
{
	size_t count = 0;

	for (int state = RAFT_PROGRESS_PROBE; state <= RAFT_PROGRESS_REGRESSED;
	     state++, count++)
		members[count] = make_member(count + 1, RAFT_MEMBER_VOTER,
					     (enum raft_progress_state)state);
	members[count++] =
	    make_member(6, RAFT_MEMBER_NON_VOTING, RAFT_PROGRESS_PROBE);
	members[count++] =
	    make_member(7, RAFT_MEMBER_NONE, RAFT_PROGRESS_PROBE);
	for (int i = 0; i < 7; i++)
		set_one(&members[i], i);
	return count;
}

static void
each_number_is_told_under_its_name(void **state)
{
	static struct raft_server_member members[8];
	static char text[1 << 16];
	struct raft_server_status status = make_status();
	size_t count = make_members(members);
	char *kept;

	(void)state;
	append(text, sizeof(text), "of a leader ",
	       with_members(&status, 500, members, count));
	/* What is 0, or not known. */
	status.raft.role = RAFT_FOLLOWER;
	status.raft.member_role = RAFT_MEMBER_NONE;
	status.raft.leader = status.raft.vote.id = 0;
	status.raft.transfer_target = status.raft.election_timeout_us = 0;
	status.raft.quorum_heard_at = 0;
	status.raft.changing = false;
	status.raft.stopped = true;
	status.snapshot.index = status.scrub.passes = 0;
	append(text, sizeof(text), "of a follower ",
	       with_members(&status, 0, members + 2, 1));
	/* What others' JSON has no number for; and the largest that it has. */
	status.raft.role = RAFT_CANDIDATE;
	status.raft.member_role = RAFT_MEMBER_NON_VOTING;
	status.raft.stopped = false;
	status.takes_snapshot = true;
	status.raft.term = UINT64_MAX;
	status.raft.leader = (uint64_t)INT64_MAX + 1;
	status.raft.vote.id = INT64_MAX;
	append(text, sizeof(text), "of a candidate ",
	       with_members(&status, 0, NULL, 0));
	/* Of one of whom nothing was heard, and of itself. */
	status.raft.role = RAFT_LEADER;
	memset(&members[0], 0, sizeof(members[0]));
	members[0].raft.state = RAFT_PROGRESS_PROBE;
	members[0].connection.silent_us = UINT64_MAX;
	members[1].raft.heard_at = 0;
	append(text, sizeof(text), "of one that was not heard ",
	       with_members(&status, 0, members, 2));
	kept = kept_read(KEPT);
	assert_true(kept_is(KEPT, kept, text, kept_anew));
	free(kept);
}

/* So long ago. */
static void
a_time_is_told_by_how_long_ago_it_was(void **state)
{
	struct raft_server_status status = make_status();
	uint64_t now = raft_node_loop_now(), then;
	json_t *all;
	json_int_t told;

	(void)state;
	status.raft.quorum_heard_at = now / 3;
	all = raft__admin_tell(&status, 0, json_array());
	told = json_integer_value(json_object_get(all, "quorum_heard_us"));
	then = raft_node_loop_now();
	assert_in_range(told, now - now / 3, then - now / 3);
	json_decref(all);
}

/* Where there is no list of members, there is no answer. */
static void
what_cannot_be_told_whole_is_not_told(void **state)
{
	struct raft_server_status status = make_status();

	(void)state;
	assert_null(raft__admin_tell(&status, 0, NULL));
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_number_is_told_under_its_name),
		cmocka_unit_test(a_time_is_told_by_how_long_ago_it_was),
		cmocka_unit_test(what_cannot_be_told_whole_is_not_told),
	};

	kept_anew = kept_writes(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
