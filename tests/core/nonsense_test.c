/*
 * What a peer may say at most, and that one more is nonsense: dropped and
 * counted, whatever else it says.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/rig.h"

#include <string.h>

#define INDEX_MAX (UINT64_C(1) << 62)
#define TERM_MAX (UINT64_C(1) << 62)
#define LEAP_MAX (UINT64_C(1) << 40)

/** How often that was counted when a new member of term 1 gets this. */
static uint64_t
counted(const struct raft_message *message, enum raft_counter counter)
{
	struct rig rig;
	uint64_t count;

	rig_start(&rig, &(struct rig_options){ 0 });
	assert_int_equal(rig_give(&rig, 2, *message), RAFT_OK);
	rig_settle(&rig);
	count = raft_counter(rig.raft, counter);
	rig_stop(&rig);
	return count;
}

static void
indexes_are_below_2_to_the_62(void **state)
{
	struct raft_message message = {
		.kind = RAFT_MESSAGE_APPEND,
		.term = 2,
		.append = { .previous = ID(1, 1),
			    .last = ID(1, 1),
			    .sequence = 1 },
	};

	(void)state;
	for (uint64_t more = 0; more <= 1; more++) {
		message.append.previous = ID(INDEX_MAX + more, 1);
		message.append.last = ID(INDEX_MAX + more, 1);
		assert_int_equal(counted(&message, RAFT_COUNTER_ABSURD_INDEX),
				 more);
		message.append.previous = message.append.last = ID(1, 1);
		message.append.commit_index = INDEX_MAX + more;
		assert_int_equal(counted(&message, RAFT_COUNTER_ABSURD_INDEX),
				 more);
		message.append.commit_index = 0;
	}
	message = (struct raft_message){ .kind = RAFT_MESSAGE_VOTE,
					 .term = 2 };
	for (uint64_t more = 0; more <= 1; more++) {
		message.vote.tip = ID(INDEX_MAX + more, 1);
		assert_int_equal(counted(&message, RAFT_COUNTER_ABSURD_INDEX),
				 more);
		message.vote.tip = ID(1, 1 + more);
		assert_int_equal(counted(&message, RAFT_COUNTER_ABSURD_INDEX),
				 more);
	}
	message = (struct raft_message){ .kind = RAFT_MESSAGE_READ_ANSWER,
					 .term = 1 };
	for (uint64_t more = 0; more <= 1; more++) {
		message.read.index = INDEX_MAX + more;
		assert_int_equal(counted(&message, RAFT_COUNTER_ABSURD_INDEX),
				 more);
	}
}

static void
a_term_is_no_further_ahead_than_an_election_a_microsecond(void **state)
{
	struct raft_message message = { .kind = RAFT_MESSAGE_VOTE,
					.vote.tip = ID(1, 1) };

	(void)state;
	for (uint64_t more = 0; more <= 1; more++) {
		message.term = 1 + LEAP_MAX + more;
		assert_int_equal(counted(&message, RAFT_COUNTER_ABSURD_TERM),
				 more);
	}
}

/* However it got there: and it asks for no vote beyond. */
static void
a_term_ends_at_2_to_the_62(void **state)
{
	struct raft_stored_configuration configuration = rig_configuration(3);
	struct raft_term_run run = { .first_index = 1, .term = 1 };
	struct raft_stored stored = {
		.term = TERM_MAX,
		.runs = &run,
		.run_count = 1,
		.last_index = 1,
		.configurations = &configuration,
		.configuration_count = 1,
	};
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .stored = &stored });
	rig_vote(&rig, 2, TERM_MAX, ID(1, 1));
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_ABSURD_TERM), 0);
	rig_vote(&rig, 2, TERM_MAX + 1, ID(1, 1));
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_ABSURD_TERM), 1);
	rig_settle(&rig);
	rig_time_out(&rig);
	assert_int_equal(rig_status(&rig).term, TERM_MAX);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	assert_true(raft_deadline(rig.raft) >= rig.now + T);
	rig_stop(&rig);
	stored.term = TERM_MAX - 1;
	rig_start(&rig, &(struct rig_options){ .stored = &stored });
	rig_time_out(&rig);
	assert_int_equal(rig_status(&rig).term, TERM_MAX);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	rig_stop(&rig);
}

static void
an_append_is_as_it_can_be(void **state)
{
	struct raft_entry entry = { .index = 2, .term = 2,
				    .kind = RAFT_ENTRY_DATA };
	const struct raft_message good = {
		.kind = RAFT_MESSAGE_APPEND,
		.term = 2,
		.append = { .previous = ID(1, 1), .last = ID(2, 2),
			    .entries = &entry, .sequence = 1 },
	};
	struct raft_message bad;

	(void)state;
#define MALFORMED(change, count)                                               \
	do {                                                                   \
		bad = good;                                                    \
		entry = (struct raft_entry){ .index = 2, .term = 2,            \
					     .kind = RAFT_ENTRY_DATA };        \
		change;                                                        \
		assert_int_equal(counted(&bad, RAFT_COUNTER_MALFORMED),        \
				 count);                                       \
	} while (0)
	MALFORMED((void)0, 0);
	MALFORMED(entry.payload.length = RAFT_PAYLOAD_BYTES_MAX, 0);
	MALFORMED(entry.payload.length = RAFT_PAYLOAD_BYTES_MAX + 1, 1);
	MALFORMED((entry.term = 1, bad.append.last.term = 1), 0);
	MALFORMED((entry.term = 0, bad.append.last.term = 0,
		   bad.append.previous = ID(0, 0), entry.index = 1,
		   bad.append.last.index = 1,
		   entry.kind = RAFT_ENTRY_CONFIGURATION),
		  1);
	MALFORMED((entry.term = 1, bad.append.last.term = 1,
		   bad.append.previous.term = 2),
		  1);
	MALFORMED(bad.append.previous = ID(0, 1), 1);
	MALFORMED(bad.append.last = ID(1, 1), 0);
	MALFORMED((bad.append.last = ID(1, 1), bad.append.entries = NULL), 0);
	MALFORMED((bad.append.last = ID(1, 2), bad.append.entries = NULL), 1);
	MALFORMED(bad.append.last = ID(0, 0), 1);
	MALFORMED((bad.append.last.term = 3, entry.term = 3), 1);
#undef MALFORMED
}

/* An entry 1 of data leaves nobody in force behind it. */
static void
a_log_begins_with_a_configuration(void **state)
{
	struct raft_entry entry = { .index = 1, .term = 1,
				    .kind = RAFT_ENTRY_DATA };
	struct raft_message message = {
		.kind = RAFT_MESSAGE_APPEND,
		.term = 2,
		.append = { .last = ID(1, 1), .entries = &entry,
			    .sequence = 1 },
	};

	(void)state;
	assert_int_equal(counted(&message, RAFT_COUNTER_MALFORMED), 1);
	entry.kind = RAFT_ENTRY_CONFIGURATION;
	entry.payload.data = rig_configuration(3).bytes;
	entry.payload.length = rig_configuration(3).length;
	assert_int_equal(counted(&message, RAFT_COUNTER_MALFORMED), 0);
	/* A heartbeat before all entries. */
	message.append.last = ID(0, 0);
	message.append.entries = NULL;
	assert_int_equal(counted(&message, RAFT_COUNTER_MALFORMED), 0);
}

static void
a_snapshot_is_as_it_can_be(void **state)
{
	static const uint8_t data[8];
	const struct raft_stored_configuration c = rig_configuration(3);
	struct raft_snapshot_content content;
	const struct raft_message good = {
		.kind = RAFT_MESSAGE_SNAPSHOT,
		.term = 2,
		.snapshot = { .snapshot = ID(20, 2), .size = 8,
			      .sequence = 1, .content = &content },
	};
	struct raft_message bad;

	(void)state;
#define COUNTED(change, counter, count)                                        \
	do {                                                                   \
		bad = good;                                                    \
		content = (struct raft_snapshot_content){                      \
			.configuration = c.bytes,                              \
			.configuration_length = c.length,                      \
			.configuration_index = 20,                             \
			.part = { .data = data, .length = 8 },                 \
		};                                                             \
		change;                                                        \
		assert_int_equal(counted(&bad, RAFT_COUNTER_##counter),        \
				 count);                                       \
	} while (0)
	COUNTED((void)0, MALFORMED, 0);
	COUNTED(bad.snapshot.snapshot.index = INDEX_MAX, ABSURD_INDEX, 0);
	COUNTED(bad.snapshot.snapshot.index++, ABSURD_INDEX, 0);
	COUNTED(bad.snapshot.snapshot.index = INDEX_MAX + 1, ABSURD_INDEX, 1);
	COUNTED(bad.snapshot.size = INDEX_MAX, ABSURD_INDEX, 0);
	COUNTED(bad.snapshot.size = INDEX_MAX + 1, ABSURD_INDEX, 1);
	COUNTED(bad.snapshot.size = 7, MALFORMED, 1);
	COUNTED(content.configuration_index = 21, MALFORMED, 1);
	COUNTED(bad.snapshot.snapshot.term = 3, MALFORMED, 1);
	/* The end of one, and a part that is not the first. */
	COUNTED((bad.snapshot.offset = 8, content.part.length = 0,
		 content.configuration = NULL),
		MALFORMED, 0);
	COUNTED((bad.snapshot.offset = 9, content.part.length = 0,
		 content.configuration = NULL),
		MALFORMED, 1);
	COUNTED((bad.snapshot.offset = 1, content.part.length = 7,
		 content.configuration = NULL, content.configuration_index = 0),
		MALFORMED, 0);
	COUNTED((bad.snapshot.offset = 1, content.part.length = 8,
		 content.configuration = NULL),
		MALFORMED, 1);
	COUNTED((content.part.length = 0, content.part.data = NULL), MALFORMED,
		0);
#undef COUNTED
}

static void
a_message_is_for_this_life_of_this_server(void **state)
{
	struct rig rig;
	struct raft_message message = { .kind = RAFT_MESSAGE_VOTE,
					.term = 2,
					.vote.tip = ID(1, 1),
					.from = rig_identity(2),
					.to = rig_identity(1) };
	uint64_t misaddressed = 0;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
#define MISADDRESSED(change)                                                   \
	do {                                                                   \
		struct raft_message bad = message;                             \
		change;                                                        \
		assert_int_equal(raft_receive(rig.raft, &bad, rig.now),        \
				 RAFT_OK);                                     \
		assert_int_equal(raft_counter(rig.raft,                        \
					      RAFT_COUNTER_MISADDRESSED),      \
				 ++misaddressed);                              \
	} while (0)
	MISADDRESSED(bad.to.id++);
	MISADDRESSED(bad.to.incarnation++);
	MISADDRESSED(bad.from.id = 0);
	MISADDRESSED(bad.from.id = rig_id(1));
#undef MISADDRESSED
	assert_int_equal(rig_status(&rig).term, 1);
	assert_int_equal(raft_receive(rig.raft, &message, rig.now), RAFT_OK);
	assert_int_equal(rig_status(&rig).term, 2);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(indexes_are_below_2_to_the_62),
		cmocka_unit_test(
		    a_term_is_no_further_ahead_than_an_election_a_microsecond),
		cmocka_unit_test(a_term_ends_at_2_to_the_62),
		cmocka_unit_test(an_append_is_as_it_can_be),
		cmocka_unit_test(a_log_begins_with_a_configuration),
		cmocka_unit_test(a_snapshot_is_as_it_can_be),
		cmocka_unit_test(a_message_is_for_this_life_of_this_server),
	};

	return rig_run(tests);
}
