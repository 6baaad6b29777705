/*
 * Starting from what a log held, the first configuration, and words.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/rig.h"

#include <string.h>

static struct raft_member two_members[2] = {
	{ .identity = { .id = 1, .incarnation = 11 },
	  .role = RAFT_MEMBER_VOTER,
	  .address = "a:1",
	  .address_length = 3 },
	{ .identity = { .id = 5, .incarnation = 0x0102030405060708 },
	  .role = RAFT_MEMBER_NON_VOTING },
};
static const struct raft_configuration two = {
	.election_timeout_us = 1000000,
	.feature_level = 7,
	.must_understand = 0,
	.members = two_members,
	.member_count = 2,
};

static void
a_configuration_has_the_same_bytes_everywhere(void **state)
{
	static const uint8_t golden[] = {
		1, 20, 2, 0, 24, 0, 0, 0, 0x40, 0x42, 0x0f, 0, 0, 0, 0, 0,
		7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		1, 0, 0, 0, 0, 0, 0, 0, 11, 0, 0, 0, 0, 0, 0, 0,
		1, 0, 3, 0, 'a', ':', '1',
		5, 0, 0, 0, 0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1,
		2, 0, 0, 0,
	};
	uint8_t bytes[128];
	struct raft_configuration read;
	struct raft_member members[2];
	size_t length = raft_configuration_encode(&two, bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(length, sizeof(golden));
	assert_int_equal(raft_configuration_bytes(&two), length);
	assert_memory_equal(bytes, golden, length);
	assert_int_equal(raft_configuration_decode(bytes, length, &read,
						   members, 2),
			 RAFT_OK);
	assert_int_equal(read.election_timeout_us, 1000000);
	assert_int_equal(read.feature_level, 7);
	assert_int_equal(read.member_count, 2);
	assert_memory_equal(members[0].address, "a:1", 3);
	assert_null(members[1].address);
	assert_int_equal(members[1].identity.incarnation, 0x0102030405060708);
	assert_int_equal(members[1].role, RAFT_MEMBER_NON_VOTING);
	for (size_t cut = 0; cut < length; cut++)
		assert_int_equal(raft_configuration_decode(bytes, cut, &read,
							   members, 2),
				 RAFT_INVALID);
	assert_int_equal(raft_configuration_decode(bytes, length, &read,
						   members, 1),
			 RAFT_INVALID);
	bytes[0] = 2;
	assert_int_equal(raft_configuration_decode(bytes, length, &read,
						   members, 2),
			 RAFT_INCOMPATIBLE);
	/* The header is enough to say so; and what must be understood. */
	assert_int_equal(raft_configuration_decode(bytes, 32, &read, members,
						   2),
			 RAFT_INCOMPATIBLE);
	assert_int_equal(raft_configuration_decode(bytes, 31, &read, members,
						   2),
			 RAFT_INVALID);
	bytes[0] = 1;
	bytes[31] = 1;
	assert_int_equal(raft_configuration_decode(bytes, 32, &read, members,
						   2),
			 RAFT_INCOMPATIBLE);
	assert_int_equal(raft_configuration_encode(&two, bytes, length - 1), 0);
}

/* Only where there are some, so that other configurations keep their bytes. */
static void
wishes_are_kept_of_who_does_not_vote(void **state)
{
	static const uint8_t golden[] = {
		1, 32, 2, 0, 24, 0, 0, 0, 0x40, 0x42, 0x0f, 0, 0, 0, 0, 0,
		7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		1, 0, 0, 0, 0, 0, 0, 0, 11, 0, 0, 0, 0, 0, 0, 0,
		1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		'a', ':', '1',
		5, 0, 0, 0, 0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1,
		2, 0, 0, 0, 1, 0, 0, 0, 0x80, 0x84, 0x1e, 0, 0, 0, 0, 0,
	};
	struct raft_member wishing[2] = { two_members[0], two_members[1] };
	struct raft_configuration c = two, read;
	struct raft_member members[2];
	uint8_t bytes[128];
	size_t length;

	(void)state;
	c.members = wishing;
	wishing[0].promotes = true;
	wishing[0].stands_in_us = 1;
	length = raft_configuration_encode(&c, bytes, sizeof(bytes));
	assert_int_equal(bytes[1], 20);
	assert_int_equal(length, raft_configuration_bytes(&two));
	wishing[1].promotes = true;
	wishing[1].stands_in_us = 2000000;
	length = raft_configuration_encode(&c, bytes, sizeof(bytes));
	assert_int_equal(length, sizeof(golden));
	assert_memory_equal(bytes, golden, length);
	assert_int_equal(raft_configuration_decode(bytes, length, &read,
						   members, 2),
			 RAFT_OK);
	assert_false(members[0].promotes);
	assert_int_equal(members[0].stands_in_us, 0);
	assert_memory_equal(members[0].address, "a:1", 3);
	assert_true(members[1].promotes);
	assert_int_equal(members[1].stands_in_us, 2000000);
	/* What a voter's mean, only a later version knows. */
	bytes[32 + 20] = bytes[32 + 24] = 1;
	assert_int_equal(raft_configuration_decode(bytes, length, &read,
						   members, 2),
			 RAFT_OK);
	assert_false(members[0].promotes);
	assert_int_equal(members[0].stands_in_us, 0);
	/* Whichever of them has any. */
	for (size_t i = 0; i < 2; i++) {
		wishing[i] = two_members[1];
		wishing[i].identity.id = i + 1;
		wishing[1 - i] = two_members[0];
		wishing[1 - i].identity.id = 2 - i;
		for (uint32_t wish = 0; wish < 2; wish++) {
			wishing[i].promotes = wish == 0;
			wishing[i].stands_in_us = wish;
			length = raft_configuration_encode(&c, bytes,
							   sizeof(bytes));
			assert_int_equal(length, sizeof(golden));
			assert_int_equal(bytes[1], 32);
		}
	}
}

/* A limit of ours may not be one of a later version. */
static void
a_longer_wish_is_shortened(void **state)
{
	struct raft_member wishing[2] = { two_members[0], two_members[1] };
	struct raft_configuration c = two, read;
	struct raft_member members[2];
	uint8_t bytes[128];
	size_t length;

	(void)state;
	c.members = wishing;
	wishing[1].stands_in_us = RAFT_STANDS_IN_US_MAX;
	length = raft_configuration_encode(&c, bytes, sizeof(bytes));
	assert_int_not_equal(length, 0);
	bytes[length - 1] = 1;
	assert_int_equal(raft_configuration_decode(bytes, length, &read,
						   members, 2),
			 RAFT_OK);
	assert_int_equal(members[1].stands_in_us, RAFT_STANDS_IN_US_MAX);
	wishing[1].stands_in_us = RAFT_STANDS_IN_US_MAX + 1;
	assert_int_equal(raft_configuration_encode(&c, bytes, sizeof(bytes)),
			 0);
}

static void
the_largest_configuration_is_no_trouble(void **state)
{
	static uint8_t bytes[300000], address[RAFT_ADDRESS_BYTES_MAX];
	static struct raft_member members[RAFT_MEMBERS_MAX];
	struct raft_configuration c = two;
	size_t length;

	(void)state;
	memset(address, 'x', sizeof(address));
	for (size_t i = 0; i < RAFT_MEMBERS_MAX; i++)
		members[i] = (struct raft_member){
			.identity = { i + 1, i + 11 },
			.role = RAFT_MEMBER_VOTER,
			.address = address,
			.address_length = sizeof(address),
		};
	c.members = members;
	c.member_count = RAFT_MEMBERS_MAX;
	length = raft_configuration_encode(&c, bytes, sizeof(bytes));
	assert_int_equal(length, raft_configuration_bytes(&c));
	memset(members, 0, sizeof(members));
	assert_int_equal(raft_configuration_decode(bytes, length, &c, members,
						   RAFT_MEMBERS_MAX),
			 RAFT_OK);
	assert_int_equal(c.member_count, RAFT_MEMBERS_MAX);
	assert_int_equal(members[254].identity.id, 255);
	assert_int_equal(members[254].address_length, sizeof(address));
	assert_memory_equal(members[254].address, address, sizeof(address));
}

/** What a later version may add is passed over. */
static void
longer_fixed_parts_are_skipped(void **state)
{
	uint8_t bytes[128] = { 1, 22, 1, 0, 26, 0, 0, 0, 0x40, 0x42, 0x0f };
	struct raft_configuration read;
	struct raft_member members[1];

	(void)state;
	bytes[34] = 1;
	bytes[42] = 11;
	bytes[50] = RAFT_MEMBER_VOTER;
	bytes[52] = 2;
	bytes[56] = 'h';
	bytes[57] = 'i';
	assert_int_equal(raft_configuration_decode(bytes, 58, &read, members,
						   1),
			 RAFT_OK);
	assert_memory_equal(members[0].address, "hi", 2);
}

static void
absurd_configurations_are_refused(void **state)
{
	struct raft_member members[2];
	struct raft_configuration c;
	uint8_t bytes[128];

	(void)state;
#define REFUSED(change)                                                        \
	do {                                                                   \
		memcpy(members, two_members, sizeof(members));                 \
		c = two;                                                       \
		c.members = members;                                           \
		change;                                                        \
		assert_int_equal(                                              \
		    raft_configuration_encode(&c, bytes, sizeof(bytes)), 0);   \
	} while (0)
	REFUSED(c.election_timeout_us = 999);
	REFUSED(c.election_timeout_us = UINT64_C(3600000001));
	REFUSED(c.member_count = RAFT_MEMBERS_MAX + 1);
	REFUSED(c.member_count = 0);
	REFUSED(members[1].identity.id = 1);
	REFUSED(members[1].identity.id = 0);
	REFUSED(members[1].identity.incarnation = 0);
	REFUSED(members[0].role = RAFT_MEMBER_NON_VOTING);
	REFUSED(members[0].role = (enum raft_member_role)3);
	REFUSED(members[1].role = (enum raft_member_role)3);
	REFUSED(members[1].role = RAFT_MEMBER_NONE);
	REFUSED(members[1].role_before = RAFT_MEMBER_NON_VOTING);
	REFUSED(members[0].role_before = RAFT_MEMBER_VOTER);
	REFUSED(c.joint = true);
	REFUSED((c.joint = true, members[0].role_before = RAFT_MEMBER_VOTER,
		 members[1].role = RAFT_MEMBER_NONE));
	REFUSED((c.joint = true, members[0].role_before = RAFT_MEMBER_VOTER,
		 members[1].role_before = (enum raft_member_role)3));
	REFUSED(members[0].address_length = RAFT_ADDRESS_BYTES_MAX + 1);
	REFUSED(members[1].address_length = 1);
#undef REFUSED
	/* These are as long as may be, or as short. */
	c = two;
	c.election_timeout_us = 1000;
	assert_int_not_equal(
	    raft_configuration_encode(&c, bytes, sizeof(bytes)), 0);
	c.election_timeout_us = UINT64_C(3600000000);
	assert_int_not_equal(
	    raft_configuration_encode(&c, bytes, sizeof(bytes)), 0);
}

static enum raft_result
start_from(const struct raft_stored *stored)
{
	const struct raft_options options = {
		.self = rig_identity(1),
	};
	struct raft *r;
	enum raft_result result = raft_start(&options, stored, 0, &r);

	assert_int_equal(r != NULL, result == RAFT_OK);
	raft_destroy(r);
	return result;
}

/* Hazard M5: what a disk gives back is never trusted to the point of abort. */
static void
what_is_no_log_of_raft_is_refused(void **state)
{
	struct raft_stored_configuration configuration = rig_configuration(3);
	struct raft_term_run runs[2] = { { 1, 1 }, { 4, 3 } };
	const struct raft_stored sound = {
		.term = 5,
		.vote = rig_identity(2),
		.runs = runs,
		.run_count = 2,
		.last_index = 9,
		.configurations = &configuration,
		.configuration_count = 1,
	};
	const struct raft_stored vote_of_no_term = { .vote = rig_identity(2) };
	const uint64_t last = UINT64_C(1) << 62;
	struct raft_stored stored = sound;

	(void)state;
	assert_int_equal(start_from(&sound), RAFT_OK);
	assert_int_equal(start_from(&vote_of_no_term), RAFT_CORRUPT);
	stored.last_index = last;
	assert_int_equal(start_from(&stored), RAFT_OK);
#define CORRUPT(change)                                                        \
	do {                                                                   \
		stored = sound;                                                \
		change;                                                        \
		assert_int_equal(start_from(&stored), RAFT_CORRUPT);           \
		runs[0] = (struct raft_term_run){ 1, 1 };                      \
		runs[1] = (struct raft_term_run){ 4, 3 };                      \
		configuration = rig_configuration(3);                          \
	} while (0)
	CORRUPT(stored.term = 2);
	CORRUPT(stored.term = UINT64_MAX);
	CORRUPT(stored.term = 0);
	CORRUPT(stored.last_index = 3);
	CORRUPT(stored.last_index = last + 1);
	CORRUPT(stored.last_index = UINT64_MAX);
	CORRUPT(stored.run_count = 0);
	CORRUPT(runs[0].first_index = 2);
	CORRUPT(runs[1].first_index = 1);
	CORRUPT(runs[0].term = 0);
	CORRUPT(runs[1].term = 1);
	/* The first entry of all is a configuration. */
	CORRUPT(stored.last_index = 1; stored.run_count = 1;
		stored.configuration_count = 0);
	CORRUPT(stored.snapshot = ID(0, 1));
	CORRUPT(stored.snapshot = ID(3, 4));
	CORRUPT(configuration.index = 0);
	CORRUPT(configuration.index = 10);
	/* Of what is before the first one, nobody knows who voted for it. */
	CORRUPT(configuration.index = 2);
	CORRUPT(stored.snapshot = ID(3, 1); stored.runs = &runs[1];
		stored.run_count = 1; configuration.index = 4);
	CORRUPT(configuration.length--);
#undef CORRUPT
}

static void
a_compacted_log_starts_behind_its_snapshot(void **state)
{
	struct raft_stored_configuration configuration = rig_configuration(3);
	struct raft_term_run run = { 11, 4 };
	struct raft_stored stored = {
		.term = 5,
		.snapshot = { .index = 10, .term = 3 },
		.runs = &run,
		.run_count = 1,
		.last_index = 12,
		.configurations = &configuration,
		.configuration_count = 1,
	};
	struct rig rig;

	(void)state;
	/* The configuration that was in force there may be the last of its
	 * entries, but not come behind it. */
	configuration.index = 10;
	assert_int_equal(start_from(&stored), RAFT_OK);
	configuration.index = 11;
	assert_int_equal(start_from(&stored), RAFT_CORRUPT);
	configuration.index = 1;
	rig_start(&rig, &(struct rig_options){ .stored = &stored });
	assert_int_equal(rig_status(&rig).commit_index, 10);
	assert_int_equal(rig_status(&rig).applied_index, 10);
	assert_int_equal(rig_status(&rig).last.index, 12);
	assert_int_equal(rig_status(&rig).member_count, 3);
	rig.applied = 10;
	/* An append from before the snapshot agrees as far as that goes. */
	rig_append(&rig, 2, 5, ID(8, 3), TERMS(3, 3, 4, 4, 5), 5, 13);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).last.index, 13);
	assert_int_equal(rig.applied, 13);
	raft_applied(rig.raft, 13);
	assert_int_equal(rig_compact(&rig, 13), RAFT_OK);
	assert_int_equal(rig_status(&rig).snapshot.index, 13);
	assert_int_equal(rig_status(&rig).snapshot.term, 5);
	rig_append(&rig, 2, 5, ID(13, 5), TERMS(5), 1, 13);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).last.index, 14);
	rig_stop(&rig);
}

/* Of a voter of three, all with one seed. */
static uint64_t
first_timeout(struct raft_identity self)
{
	const struct raft_options options = { .self = self, .seed = 7 };
	struct raft_member members[3] = {
		{ .identity = self, .role = RAFT_MEMBER_VOTER },
		{ .identity = { 8, 1 }, .role = RAFT_MEMBER_VOTER },
		{ .identity = { 9, 1 }, .role = RAFT_MEMBER_VOTER },
	};
	const struct raft_configuration c = { .election_timeout_us = T,
					      .members = members,
					      .member_count = 3 };
	uint8_t bytes[128];
	const struct raft_stored_configuration configuration = {
		.index = 1,
		.bytes = bytes,
		.length = raft_configuration_encode(&c, bytes, sizeof(bytes)),
	};
	const struct raft_term_run run = { 1, 1 };
	const struct raft_stored stored = {
		.term = 1,
		.runs = &run,
		.run_count = 1,
		.last_index = 1,
		.configurations = &configuration,
		.configuration_count = 1,
	};
	uint64_t deadline;
	struct raft *r;

	assert_int_equal(raft_start(&options, &stored, 0, &r), RAFT_OK);
	deadline = raft_deadline(r);
	raft_destroy(r);
	return deadline;
}

/* Members that are started from one copy must not meet at each election. */
static void
members_with_one_seed_do_not_wait_alike(void **state)
{
	uint64_t first = first_timeout((struct raft_identity){ 1, 1 });

	(void)state;
	assert_in_range(first, T, 2 * T);
	assert_int_equal(first_timeout((struct raft_identity){ 1, 1 }), first);
	assert_int_not_equal(first_timeout((struct raft_identity){ 2, 1 }),
			     first);
	assert_int_not_equal(first_timeout((struct raft_identity){ 1, 2 }),
			     first);
}

static void
a_log_with_what_must_be_understood_refuses_to_start(void **state)
{
	uint8_t bytes[128];
	struct raft_configuration c = two;
	struct raft_stored_configuration configuration = { .index = 1,
							   .bytes = bytes };
	struct raft_term_run run = { 1, 1 };
	struct raft_stored stored = {
		.term = 1,
		.runs = &run,
		.run_count = 1,
		.last_index = 1,
		.configurations = &configuration,
		.configuration_count = 1,
	};

	(void)state;
	c.must_understand = UINT64_C(1) << 63;
	configuration.length =
	    raft_configuration_encode(&c, bytes, sizeof(bytes));
	assert_int_equal(start_from(&stored), RAFT_INCOMPATIBLE);
}

static void
a_cluster_is_bootstrapped_once(void **state)
{
	struct rig rig;
	struct raft_stored empty = { 0 };
	struct raft_member members[2] = { two_members[0], two_members[1] };
	struct raft_configuration c = two;

	(void)state;
	rig_order(members, 2);
	c.members = members;
	rig_start(&rig, &(struct rig_options){ 0 });
	assert_int_equal(raft_bootstrap(rig.raft, &c, rig.now), RAFT_NOT_EMPTY);
	rig_stop(&rig);
	rig_start(&rig, &(struct rig_options){ .stored = &empty });
	/* The other one alone. */
	c.members = &members[members[0].identity.id == rig_id(1)];
	c.member_count = 1;
	assert_int_equal(raft_bootstrap(rig.raft, &c, rig.now),
			 RAFT_NOT_MEMBER);
	c.members = members;
	c.member_count = 2;
	/* It begins in no middle of a change. */
	c.joint = true;
	assert_int_equal(raft_bootstrap(rig.raft, &c, rig.now), RAFT_INVALID);
	c.joint = false;
	c.election_timeout_us = 0;
	assert_int_equal(raft_bootstrap(rig.raft, &c, rig.now), RAFT_INVALID);
	c.election_timeout_us = T;
	c.must_understand = 2;
	assert_int_equal(raft_bootstrap(rig.raft, &c, rig.now),
			 RAFT_INCOMPATIBLE);
	c.must_understand = 0;
	rig.allocations_left = 0;
	assert_int_equal(raft_bootstrap(rig.raft, &c, rig.now), RAFT_NO_MEMORY);
	rig.allocations_left = 1;
	assert_int_equal(raft_bootstrap(rig.raft, &c, rig.now), RAFT_NO_MEMORY);
	rig.allocations_left = -1;
	assert_int_equal(rig_status(&rig).term, 0);
	assert_int_equal(raft_bootstrap(rig.raft, &c, rig.now), RAFT_OK);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).last.index, 1);
	rig_stop(&rig);
}

static void
bad_options_are_refused(void **state)
{
	struct raft_stored empty = { 0 };
	struct raft_options options = { .self = { .id = 1 } };
	struct raft *r;

	(void)state;
	assert_int_equal(raft_start(&options, &empty, 0, &r), RAFT_INVALID);
	options.self.incarnation = 1;
	options.batch_entries_max = 65537;
	assert_int_equal(raft_start(&options, &empty, 0, &r), RAFT_INVALID);
	options.batch_entries_max = 65536;
	options.uncommitted_entries_max = UINT64_MAX;
	assert_int_equal(raft_start(&options, &empty, 0, &r), RAFT_INVALID);
	options.uncommitted_entries_max = 0;
	assert_int_equal(raft_start(&options, &empty, 0, &r), RAFT_OK);
	raft_destroy(r);
	raft_destroy(NULL);
}

static void
everything_has_a_name(void **state)
{
	char text[256];
	struct raft_message message = {
		.kind = RAFT_MESSAGE_VOTE_ANSWER,
		.from = { .id = 2 },
		.to = { .id = 1 },
		.term = 4,
		.vote_answer = { .refusal = RAFT_REFUSAL_LOG,
				 .asked_term = 3,
				 .tip = { .index = 9, .term = 2 } },
	};
	struct raft_event event = { .kind = RAFT_EVENT_ROLE,
				    .role = RAFT_LEADER,
				    .reason = RAFT_REASON_ELECTED,
				    .term = 4 };

	(void)state;
	assert_string_equal(raft_result_name(RAFT_NOT_LEADER), "NOT_LEADER");
	assert_string_equal(raft_result_text(RAFT_OK), "done");
	assert_string_equal(raft_result_name((enum raft_result)99), "unknown");
	assert_string_equal(raft_refusal_name(RAFT_REFUSAL_LEASE), "LEASE");
	assert_string_equal(raft_reason_name(RAFT_REASON_TIMEOUT), "TIMEOUT");
	assert_string_equal(raft_counter_name(RAFT_COUNTER_STRANGER),
			    "STRANGER");
	assert_string_equal(raft_version(), RAFT_VERSION);
	raft_message_print(text, sizeof(text), &message);
	assert_string_equal(
	    text, "2 > 1 vote-answer term 4 asked 3 LOG tip 9/2");
	message.kind = (enum raft_message_kind)99;
	assert_string_equal(raft_message_name(&message), "other");
	raft_event_print(text, sizeof(text), &event);
	assert_string_equal(text,
			    "leader in term 4: elected by a majority");
	for (int kind = RAFT_EVENT_ROLE; kind <= 7; kind++) {
		event.kind = (enum raft_event_kind)kind;
		assert_true(raft_event_print(text, sizeof(text), &event) > 0);
	}
}

/* Whoever holds least. */
static void
everywhere_is_what_the_last_one_holds(void **state)
{
	struct rig rig;

	(void)state;
	for (uint64_t last = 2; last <= 3; last++) {
		rig_start(&rig, &(struct rig_options){ 0 });
		rig_lead(&rig);
		rig_accept(&rig, 2 + 3 - last, 2);
		rig_turn(&rig);
		assert_int_equal(raft_everywhere(rig.raft), 0);
		rig_accept(&rig, last, 1);
		assert_int_equal(raft_everywhere(rig.raft), 1);
		rig_accept(&rig, last, 2);
		assert_int_equal(raft_everywhere(rig.raft), 2);
		/* Not even here, as long as it is not durable. */
		assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
		rig_turn(&rig);
		rig_accept(&rig, 2, 3);
		rig_accept(&rig, 3, 3);
		assert_int_equal(raft_everywhere(rig.raft), 2);
		rig_save(&rig);
		assert_int_equal(raft_everywhere(rig.raft), 3);
		rig_stop(&rig);
	}
}

static void
a_members_status_says_what_is_known_of_it(void **state)
{
	struct rig rig;
	struct raft_member_status peer;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	assert_int_equal(raft_everywhere(rig.raft), 0);
	rig_lead(&rig);
	assert_false(raft_member_status(rig.raft, 3, &peer));
	peer = rig_member(&rig, 2);
	assert_int_equal(peer.identity.incarnation, 12);
	assert_int_equal(peer.heard_at, 0);
	rig_accept(&rig, 2, 2);
	rig_accept(&rig, 3, 1);
	peer = rig_member(&rig, 2);
	assert_int_equal(peer.heard_at, rig.now);
	assert_int_equal(peer.match_index, 2);
	assert_int_equal(raft_everywhere(rig.raft), 1);
	assert_int_equal(rig_status(&rig).member_role, RAFT_MEMBER_VOTER);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_configuration_has_the_same_bytes_everywhere),
		cmocka_unit_test(wishes_are_kept_of_who_does_not_vote),
		cmocka_unit_test(a_longer_wish_is_shortened),
		cmocka_unit_test(the_largest_configuration_is_no_trouble),
		cmocka_unit_test(longer_fixed_parts_are_skipped),
		cmocka_unit_test(absurd_configurations_are_refused),
		cmocka_unit_test(what_is_no_log_of_raft_is_refused),
		cmocka_unit_test(a_compacted_log_starts_behind_its_snapshot),
		cmocka_unit_test(members_with_one_seed_do_not_wait_alike),
		cmocka_unit_test(
		    a_log_with_what_must_be_understood_refuses_to_start),
		cmocka_unit_test(a_cluster_is_bootstrapped_once),
		cmocka_unit_test(bad_options_are_refused),
		cmocka_unit_test(everything_has_a_name),
		cmocka_unit_test(everywhere_is_what_the_last_one_holds),
		cmocka_unit_test(a_members_status_says_what_is_known_of_it),
	};

	return rig_run(tests);
}
