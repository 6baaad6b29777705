/*
 * A server that was removed, or wrongly thinks so: what it hears from others.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/rig.h"

#include <string.h>

/** 2, the leader of that term, sends a configuration that ends its log. */
static void
give_configuration(struct rig *rig, uint64_t term,
		   const struct raft_stored_configuration *configuration)
{
	struct raft_entry_id last = rig_status(rig).last;
	struct raft_entry entry = {
		.index = last.index + 1,
		.term = term,
		.kind = RAFT_ENTRY_CONFIGURATION,
		.payload = { .data = configuration->bytes,
			     .length = configuration->length },
	};

	(void)rig_give(rig, 2, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND,
		.term = term,
		.append = { .previous = last,
			    .last = ID(last.index + 1, term),
			    .entries = &entry,
			    .commit_index = last.index + 1,
			    .sequence = last.index },
	});
	rig_settle(rig);
}

static void
add_again(struct rig *rig, uint64_t term)
{
	struct raft_stored_configuration again = rig_configuration(3);

	give_configuration(rig, term, &again);
}

/** Of 2 and 3 alone. */
static struct raft_stored_configuration
without_us(void)
{
	static uint8_t bytes[512];
	struct raft_stored_configuration all = rig_configuration(3);
	struct raft_member members[3], others[2];
	struct raft_configuration c;

	assert_int_equal(raft_configuration_decode(all.bytes, all.length, &c,
						   members, 3),
			 RAFT_OK);
	c.members = others;
	c.member_count = 0;
	for (size_t i = 0; i < 3; i++)
		if (rig_digit(members[i].identity) != '1')
			others[c.member_count++] = members[i];
	return (struct raft_stored_configuration){
		.index = 2,
		.bytes = bytes,
		.length = raft_configuration_encode(&c, bytes, sizeof(bytes)),
	};
}

static void
be_disowned_by(struct rig *rig, uint64_t peer)
{
	rig_start(rig, &(struct rig_options){ 0 });
	rig_time_out(rig);
	rig_save(rig);
	rig_disown(rig, peer, 2);
}

/** Once there is a term of which it knows no leader. */
static void
assert_one_more_is_not_enough(struct rig *rig, uint64_t peer)
{
	rig_vote(rig, 3, 4, ID(1, 1));
	rig_settle(rig);
	assert_int_equal(rig_status(rig).leader, 0);
	rig_disown(rig, peer, 4);
	assert_int_equal(rig_events(rig, RAFT_EVENT_REMOVED), 0);
	assert_true(raft_deadline(rig->raft) != UINT64_MAX);
	rig_stop(rig);
}

/* Whoever sends it a log that once went on without it has it as a member again. */
static void
what_is_long_past_does_not_remove_a_server(void **state)
{
	struct raft_stored_configuration without = without_us();
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	give_configuration(&rig, 2, &without);
	assert_int_equal(rig_status(&rig).commit_index, 2);
	assert_int_equal(rig_status(&rig).member_role, RAFT_MEMBER_NONE);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_CONFIGURATION_COMMITTED),
			 1);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_REMOVED), 0);
	add_again(&rig, 2);
	assert_int_equal(rig_status(&rig).member_role, RAFT_MEMBER_VOTER);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_REMOVED), 0);
	rig_stop(&rig);
}

static void
count_removed(void *count, const char *text)
{
	*(int *)count += strcmp(text, "is no member of the group any more") == 0;
}

/* Its own log is as old: it may have been added again since. */
static void
a_start_does_not_remove_a_server(void **state)
{
	struct raft_stored_configuration configurations[] = {
		rig_configuration(3), without_us(),
	};
	struct raft_term_run run = { .first_index = 1, .term = 1 };
	int removed = 0;
	struct raft_options options = {
		.self = rig_identity(1),
		.trace = count_removed,
		.trace_context = &removed,
	};
	struct raft *raft;

	(void)state;
	assert_int_equal(raft_start(&options,
				    &(struct raft_stored){
					.term = 1,
					.applied_index = 2,
					.runs = &run,
					.run_count = 1,
					.last_index = 2,
					.configurations = configurations,
					.configuration_count = 2,
				    },
				    0, &raft),
			 RAFT_OK);
	assert_int_equal(removed, 0);
	assert_int_equal(raft_deadline(raft), UINT64_MAX);
	raft_destroy(raft);
}

static void
a_removed_server_goes_quiet_when_a_majority_says_so(void **state)
{
	static const char *const builds[] = { "baseline", "prevote" };
	struct rig rig;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		rig_start(&rig, &(struct rig_options){ .build = builds[i] });
		rig_time_out(&rig);
		rig_save(&rig);
		rig_disown(&rig, 2, 2);
		rig_disown(&rig, 2, 2);
		rig_disown(&rig, 3, 1 + i * 2);
		/* One may be behind, and so may one answer. */
		assert_true(raft_deadline(rig.raft) != UINT64_MAX);
		rig_disown(&rig, 3, 2);
		assert_int_equal(raft_deadline(rig.raft), UINT64_MAX);
		assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
		assert_int_equal(rig_events(&rig, RAFT_EVENT_REMOVED), 1);
		rig_forget(&rig);
		rig_pass(&rig, 50 * T);
		assert_int_equal(rig.sent_count, 0);
		/* It still votes; but two that were removed must not keep each
		 * other awake. */
		rig_vote(&rig, 2, 3, ID(9, 2));
		rig_settle(&rig);
		assert_int_equal(rig_sent(&rig, "vote-answer", 2)
				     ->vote_answer.refusal,
				 RAFT_REFUSAL_NONE);
		rig_pass(&rig, 50 * T);
		assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
		assert_int_equal(raft_deadline(rig.raft), UINT64_MAX);
		/* A leader that knows it speaks to it. */
		rig_heartbeat(&rig, 2, 3);
		assert_true(raft_deadline(rig.raft) != UINT64_MAX);
		rig_stop(&rig);
	}
}

/* A round of prevote asks about the same term as the one before: only the log of
 * who answers tells that the answer is older than the member. */
static void
late_answers_do_not_silence_who_was_added_again(void **state)
{
	struct raft_entry_id then;
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .build = "prevote" });
	rig_time_out(&rig);
	then = rig_status(&rig).last;
	add_again(&rig, 1);
	rig_time_out(&rig);
	assert_int_equal(rig_status(&rig).leader, 0);
	rig_disown_by(&rig, 2, 2, then);
	rig_disown_by(&rig, 3, 2, then);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_REMOVED), 0);
	assert_true(raft_deadline(rig.raft) != UINT64_MAX);
	/* What a log says that is as good as its own, counts. */
	rig_disown_by(&rig, 2, 2, rig_status(&rig).last);
	rig_disown_by(&rig, 3, 2, ID(1, 2));
	assert_int_equal(rig_events(&rig, RAFT_EVENT_REMOVED), 1);
	assert_int_equal(raft_deadline(rig.raft), UINT64_MAX);
	rig_stop(&rig);
}

static void
what_was_said_of_a_former_candidacy_does_not_count(void **state)
{
	struct rig rig;

	(void)state;
	be_disowned_by(&rig, 3);
	while (rig_status(&rig).term == 2)
		rig_time_out(&rig);
	rig_save(&rig);
	rig_disown(&rig, 2, 3);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	rig_disown(&rig, 3, 3);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	rig_stop(&rig);
}

/* One may be behind; and with what another said of a candidacy long ago it is no
 * majority. */
static void
what_was_said_before_a_leader_spoke_does_not_count(void **state)
{
	struct rig rig;

	(void)state;
	for (uint64_t first = 2; first <= 3; first++) {
		be_disowned_by(&rig, first);
		add_again(&rig, 3);
		assert_one_more_is_not_enough(&rig, 2 + 3 - first);
		be_disowned_by(&rig, first);
		rig_heartbeat(&rig, 2, 3);
		assert_one_more_is_not_enough(&rig, 2 + 3 - first);
	}
}

/** Its leader, alone by now, has nothing more to say to it than that. */
/* Asked to, it says so instead of doing nothing. */
static void
a_server_that_keeps_quiet_does_not_campaign(void **state)
{
	struct rig rig;

	(void)state;
	be_disowned_by(&rig, 3);
	rig_disown(&rig, 2, 2);
	assert_int_equal(raft_campaign(rig.raft, rig.now), RAFT_NOT_MEMBER);
	assert_int_equal(rig_status(&rig).term, 2);
	rig_heartbeat(&rig, 2, 2);
	assert_int_equal(raft_campaign(rig.raft, rig.now), RAFT_OK);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	rig_settle(&rig);
	rig_stop(&rig);
}

static void
one_of_two_goes_quiet_when_the_other_says_so(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .voters = 2 });
	rig_time_out(&rig);
	rig_save(&rig);
	rig_disown(&rig, 2, 2);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	assert_int_equal(raft_deadline(rig.raft), UINT64_MAX);
	rig_stop(&rig);
}

static void
a_stranger_cannot_silence_a_voter(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_time_out(&rig);
	rig_save(&rig);
	for (uint64_t id = 4; id < 9; id++)
		rig_disown(&rig, id, 2);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	assert_int_equal(raft_counter(rig.raft, RAFT_COUNTER_STRANGER), 5);
	rig_stop(&rig);
}

/* The word is for others: members hear it of nobody. */
static void
a_member_that_asks_is_not_told_that_it_is_removed(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	rig_append(&rig, 2, 2, ID(1, 1), TERMS(2), 1, 2);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 2);
	for (uint64_t asker = 2; asker <= 4; asker++) {
		rig_vote(&rig, asker, 2 + asker, ID(2, 2));
		rig_settle(&rig);
		assert_true((rig_sent(&rig, "not-member", asker) == NULL) ==
			    (asker < 4));
	}
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_member_that_asks_is_not_told_that_it_is_removed),
		cmocka_unit_test(what_is_long_past_does_not_remove_a_server),
		cmocka_unit_test(a_start_does_not_remove_a_server),
		cmocka_unit_test(
		    a_removed_server_goes_quiet_when_a_majority_says_so),
		cmocka_unit_test(
		    late_answers_do_not_silence_who_was_added_again),
		cmocka_unit_test(
		    what_was_said_of_a_former_candidacy_does_not_count),
		cmocka_unit_test(
		    what_was_said_before_a_leader_spoke_does_not_count),
		cmocka_unit_test(a_server_that_keeps_quiet_does_not_campaign),
		cmocka_unit_test(one_of_two_goes_quiet_when_the_other_says_so),
		cmocka_unit_test(a_stranger_cannot_silence_a_voter),
	};

	return rig_run(tests);
}
