/*
 * Members that do not vote, ids of any size, and configurations that are odd.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "tests/core/rig.h"

#define MEMBERS_MAX 8

/** Members of these ids; `mute` at most does not vote. */
struct group {
	size_t count;
	uint64_t ids[MEMBERS_MAX];
	uint64_t mute;
};

static struct raft_stored_configuration
encode(const struct group *group, uint64_t index)
{
	static uint8_t bytes[512];
	struct raft_member members[MEMBERS_MAX] = { 0 };
	struct raft_configuration configuration = {
		.election_timeout_us = T,
		.members = members,
		.member_count = group->count,
	};
	size_t length;

	for (size_t i = 0; i < group->count; i++) {
		members[i].identity.id = group->ids[i];
		members[i].identity.incarnation = group->ids[i] + 10;
		members[i].role = group->ids[i] == group->mute
				      ? RAFT_MEMBER_NON_VOTING
				      : RAFT_MEMBER_VOTER;
	}
	rig_order(members, group->count);
	length = raft_configuration_encode(&configuration, bytes,
					   sizeof(bytes));
	assert_true(length > 0);
	return (struct raft_stored_configuration){ .index = index,
						   .bytes = bytes,
						   .length = length };
}

/** Member 1, with that configuration as its log. */
static void
start(struct rig *rig, const struct group *group)
{
	struct raft_stored_configuration configuration = encode(group, 1);
	struct raft_term_run run = { 1, 1 };
	struct raft_stored stored = { .term = 1,
				      .runs = &run,
				      .run_count = 1,
				      .last_index = 1,
				      .configurations = &configuration,
				      .configuration_count = 1 };

	rig_start(rig, &(struct rig_options){ .stored = &stored });
}

static const struct group three = { .count = 3, .ids = { 1, 2, 3 } };
static const struct group others = { .count = 2, .ids = { 2, 3 } };
static const struct group two_and_one = { .count = 3,
					  .ids = { 1, 2, 3 },
					  .mute = 3 };
static const struct group three_and_one = { .count = 4,
					    .ids = { 1, 2, 3, 4 },
					    .mute = 4 };

static void
who_does_not_vote_elects_nobody(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, &three_and_one);
	rig_time_out(&rig);
	rig_save(&rig);
	assert_null(rig_sent(&rig, "vote", 4));
	rig_grant(&rig, 4);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	/* Nor is it asked again. */
	rig_forget(&rig);
	rig_pass(&rig, T / 10);
	assert_null(rig_sent(&rig, "vote", 4));
	assert_non_null(rig_sent(&rig, "vote", 3));
	rig_grant(&rig, 3);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	rig_stop(&rig);
}

static void
who_does_not_vote_commits_nothing(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, &two_and_one);
	rig_lead(&rig);
	assert_non_null(rig_sent(&rig, "append", 3));
	rig_accept(&rig, 3, 2);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 0);
	rig_accept(&rig, 2, 2);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 2);
	rig_stop(&rig);
}

static void
who_does_not_vote_confirms_no_read(void **state)
{
	struct rig rig;
	uint64_t read;

	(void)state;
	start(&rig, &two_and_one);
	rig_lead(&rig);
	rig_accept(&rig, 2, 2);
	rig_turn(&rig);
	assert_int_equal(raft_read(rig.raft, rig.now, &read), RAFT_OK);
	rig_turn(&rig);
	/* It is asked, too, but what it answers does not count. */
	for (int i = 0; i < 2; i++) {
		rig_accept(&rig, 3, 2);
		rig_turn(&rig);
	}
	assert_int_equal(rig.reads, 0);
	rig_accept(&rig, 2, 2);
	rig_turn(&rig);
	assert_int_equal(rig.reads, 1);
	rig_stop(&rig);
}

static void
leadership_goes_to_voters_only(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig, &three_and_one);
	rig_lead(&rig);
	rig_accept(&rig, 4, 2);
	rig_turn(&rig);
	assert_int_equal(rig_transfer(&rig, 4), RAFT_INVALID);
	/* Nobody else was heard: it stops at once. */
	assert_int_equal(raft_step_down(rig.raft, rig.now), RAFT_OK);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	rig_stop(&rig);
}

static void
who_does_not_vote_never_campaigns(void **state)
{
	static const struct group group = { .count = 3,
					    .ids = { 1, 2, 3 },
					    .mute = 1 };
	struct rig rig;

	(void)state;
	start(&rig, &group);
	assert_true(raft_deadline(rig.raft) == UINT64_MAX);
	assert_int_equal(raft_campaign(rig.raft, rig.now), RAFT_NOT_MEMBER);
	rig_heartbeat(&rig, 2, 2);
	rig_settle(&rig);
	(void)rig_give(&rig, 2, (struct raft_message){
		.kind = RAFT_MESSAGE_TIMEOUT_NOW,
		.term = 2,
		.timeout_now = { .tip = ID(1, 1), .transfer = 1 },
	});
	rig_pass(&rig, 10 * T);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	assert_int_equal(rig_status(&rig).term, 2);
	/* It may vote: who asks may know a newer configuration. */
	rig_vote(&rig, 3, 3, ID(1, 1));
	rig_settle(&rig);
	assert_int_equal(rig_sent(&rig, "vote-answer", 3)->vote_answer.refusal,
			 RAFT_REFUSAL_NONE);
	rig_stop(&rig);
}

static void
ids_need_not_follow_one_another(void **state)
{
	static const struct group scattered = {
		.count = 5,
		.ids = { 1, 7, 20, 300, UINT64_C(1) << 60 },
	};
	static const uint64_t strangers[] = { 2, 4, 8, 299, 301, UINT64_MAX };
	struct rig rig;

	(void)state;
	start(&rig, &scattered);
	rig_time_out(&rig);
	rig_save(&rig);
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
		rig_grant(&rig, strangers[i]);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_STRANGER), 6);
	rig_grant(&rig, 7);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	rig_grant(&rig, UINT64_C(1) << 60);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	rig_settle(&rig);
	rig_accept(&rig, 20, 2);
	rig_accept(&rig, 300, 2);
	rig_turn(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 2);
	rig_stop(&rig);
}

static void
give_configuration(struct rig *rig, struct raft_entry_id previous,
		   const struct group *group, uint64_t term)
{
	static uint64_t sequence = 1 << 20;
	struct raft_stored_configuration c = encode(group, previous.index + 1);
	struct raft_entry entry = { .index = c.index,
				    .term = term,
				    .kind = RAFT_ENTRY_CONFIGURATION,
				    .payload = { .data = c.bytes,
						 .length = c.length } };

	(void)rig_give(rig, 2, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND,
		.term = term,
		.append = { .previous = previous, .last = ID(c.index, term),
			    .entries = &entry, .sequence = ++sequence },
	});
}

/* Its only configuration was never committed, and is taken back. */
static void
who_joined_may_become_nobody_again(void **state)
{
	static const struct raft_stored empty;
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .stored = &empty });
	give_configuration(&rig, ID(0, 0), &three, 1);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).member_role, RAFT_MEMBER_VOTER);
	give_configuration(&rig, ID(0, 0), &others, 2);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).member_role, 0);
	assert_int_equal(rig_status(&rig).configuration_index, 1);
	assert_int_equal(rig.events[rig.event_count - 1].kind,
			 RAFT_EVENT_CONFIGURATION);
	assert_true(raft_deadline(rig.raft) == UINT64_MAX);
	rig_stop(&rig);
}

/* A truncation may bring it back, or a snapshot be of its time. */
static void
a_configuration_goes_once_the_log_begins_behind_it(void **state)
{
	struct rig rig;
	long blocks;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_append(&rig, 2, 2, ID(1, 1), TERMS(2), 1, 1);
	rig_settle(&rig);
	blocks = rig.allocated_blocks;
	give_configuration(&rig, ID(2, 2), &three, 2);
	rig_settle(&rig);
	give_configuration(&rig, ID(3, 2), &three, 2);
	rig_settle(&rig);
	assert_int_equal(rig.allocated_blocks, blocks + 2);
	rig_append(&rig, 2, 2, ID(4, 2), NULL, 0, 4);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 4);
	raft_applied(rig.raft, 4);
	assert_int_equal(rig_compact(&rig, 3), RAFT_OK);
	assert_int_equal(rig.allocated_blocks, blocks + 1);
	assert_int_equal(rig_compact(&rig, 4), RAFT_OK);
	assert_int_equal(rig.allocated_blocks, blocks);
	assert_int_equal(rig_status(&rig).configuration_index, 4);
	rig_stop(&rig);
}

/* One byte of an encoded configuration changed, or one more or fewer. */
static void
configurations_of_other_versions_are_told_apart(void **state)
{
	uint64_t later = rig_id(2) > rig_id(3) ? rig_id(2) : rig_id(3);
	const struct {
		size_t at;
		uint8_t value;
		int longer;
		enum raft_result result;
	} cases[] = {
		{ 0, 1, 0, RAFT_OK },
		/* Version; a member's role. */
		{ 0, 2, 0, RAFT_INCOMPATIBLE },
		{ 32 + 16, 9, 0, RAFT_INCOMPATIBLE },
		/* Fixed parts shorter than ever, or longer than the bytes. */
		{ 1, 19, 0, RAFT_INVALID },
		{ 4, 23, 0, RAFT_INVALID },
		{ 4, 200, 0, RAFT_INVALID },
		/* Members than there is room for; bytes. */
		{ 2, 3, 0, RAFT_INVALID },
		{ 0, 1, -1, RAFT_INVALID },
		{ 0, 1, 1, RAFT_INVALID },
		/* An address beyond the end; an id twice; a timeout of ages. */
		{ 32 + 18, 255, 0, RAFT_INVALID },
		{ 32, (uint8_t)later, 0, RAFT_INVALID },
		{ 8 + 7, 1, 0, RAFT_INVALID },
	};
	static const struct group two = { .count = 2, .ids = { 2, 3 } };
	struct raft_configuration configuration;
	struct raft_member members[2];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct raft_stored_configuration c = encode(&two, 1);
		uint8_t bytes[256] = { 0 };

		memcpy(bytes, c.bytes, c.length);
		bytes[cases[i].at] = cases[i].value;
		c.length = (size_t)((int)c.length + cases[i].longer);
		assert_int_equal(raft_configuration_decode(bytes, c.length,
							   &configuration,
							   members, 2),
				 cases[i].result);
	}
}

/* Bytes that are one short of a header, but for that a configuration. */
/* Each of its eight bytes. */
static void
a_feature_level_may_be_any_number(void **state)
{
	struct raft_stored_configuration stored = rig_configuration(3);
	struct raft_member members[3];
	struct raft_configuration c;
	uint8_t bytes[256];
	size_t length;

	(void)state;
	assert_int_equal(raft_configuration_decode(stored.bytes, stored.length,
						   &c, members, 3),
			 RAFT_OK);
	c.feature_level = UINT64_C(0x8123456789abcdef);
	length = raft_configuration_encode(&c, bytes, sizeof(bytes));
	assert_int_equal(length, stored.length);
	c.feature_level = 0;
	assert_int_equal(
	    raft_configuration_decode(bytes, length, &c, members, 3), RAFT_OK);
	assert_true(c.feature_level == UINT64_C(0x8123456789abcdef));
}

static void
a_header_too_short_is_none(void **state)
{
	struct raft_member member = { .identity = { 256, 1 },
				      .role = RAFT_MEMBER_VOTER };
	const struct raft_configuration one = { .election_timeout_us = T,
						.members = &member,
						.member_count = 1 };
	struct raft_configuration read;
	uint8_t bytes[64];
	size_t length = raft_configuration_encode(&one, bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(length, 32 + 20);
	assert_int_equal(
	    raft_configuration_decode(bytes, length, &read, &member, 1),
	    RAFT_OK);
	/* The id's first byte, a zero, would be the header's last. */
	memmove(bytes + 31, bytes + 32, 20);
	bytes[4] = 23;
	assert_int_equal(
	    raft_configuration_decode(bytes, length - 1, &read, &member, 1),
	    RAFT_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_does_not_vote_elects_nobody),
		cmocka_unit_test(who_does_not_vote_commits_nothing),
		cmocka_unit_test(who_does_not_vote_confirms_no_read),
		cmocka_unit_test(leadership_goes_to_voters_only),
		cmocka_unit_test(who_does_not_vote_never_campaigns),
		cmocka_unit_test(ids_need_not_follow_one_another),
		cmocka_unit_test(who_joined_may_become_nobody_again),
		cmocka_unit_test(
		    a_configuration_goes_once_the_log_begins_behind_it),
		cmocka_unit_test(
		    configurations_of_other_versions_are_told_apart),
		cmocka_unit_test(a_feature_level_may_be_any_number),
		cmocka_unit_test(a_header_too_short_is_none),
	};

	return rig_run(tests);
}
