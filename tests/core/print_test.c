/*
 * What a member says in words: the same on every machine, in one line.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "tests/core/rig.h"

#define FROM_2_TO_1 .from = { .id = 2 }, .to = { .id = 1 }, .term = 7

static const struct {
	const char *text;
	struct raft_message message;
} messages[] = {
	{ "2 > 1 append term 7 previous 3/2 last 5/7 commit 4 sequence 9 "
	  "sent-at 100",
	  { FROM_2_TO_1, .kind = RAFT_MESSAGE_APPEND,
	    .append = { .previous = { 3, 2 },
			.last = { 5, 7 },
			.commit_index = 4,
			.sequence = 9,
			.sent_at = 100 } } },
	{ "2 > 1 append-answer term 7 accepted match 5 conflict 0/0 sequence 9 "
	  "sent-at 100",
	  { FROM_2_TO_1, .kind = RAFT_MESSAGE_APPEND_ANSWER,
	    .append_answer = { .verdict = RAFT_APPEND_ACCEPTED,
			       .match_index = 5,
			       .sequence = 9,
			       .sent_at = 100 } } },
	{ "2 > 1 append-answer term 7 mismatch match 0 conflict 4/2 sequence 0 "
	  "sent-at 0",
	  { FROM_2_TO_1, .kind = RAFT_MESSAGE_APPEND_ANSWER,
	    .append_answer = { .verdict = RAFT_APPEND_MISMATCH,
			       .conflict = { 4, 2 } } } },
	{ "2 > 1 append-answer term 7 stale-term match 0 conflict 0/0 "
	  "sequence 0 sent-at 0",
	  { FROM_2_TO_1, .kind = RAFT_MESSAGE_APPEND_ANSWER,
	    .append_answer = { .verdict = RAFT_APPEND_STALE_TERM } } },
	{ "2 > 1 append-answer term 7 incompatible match 0 conflict 6/0 "
	  "sequence 0 sent-at 0",
	  { FROM_2_TO_1, .kind = RAFT_MESSAGE_APPEND_ANSWER,
	    .append_answer = { .verdict = RAFT_APPEND_INCOMPATIBLE,
			       .conflict = { 6, 0 } } } },
	{ "2 > 1 append-answer term 7 busy match 0 conflict 6/0 sequence 0 "
	  "sent-at 0",
	  { FROM_2_TO_1, .kind = RAFT_MESSAGE_APPEND_ANSWER,
	    .append_answer = { .verdict = RAFT_APPEND_BUSY,
			       .conflict = { 6, 0 } } } },
	{ "2 > 1 append-answer term 7 unknown match 0 conflict 0/0 sequence 0 "
	  "sent-at 0",
	  { FROM_2_TO_1, .kind = RAFT_MESSAGE_APPEND_ANSWER,
	    .append_answer = { .verdict = (enum raft_append_verdict)99 } } },
	{ "2 > 1 vote term 7 tip 9/6",
	  { FROM_2_TO_1, .kind = RAFT_MESSAGE_VOTE,
	    .vote = { .tip = { 9, 6 } } } },
	{ "2 > 1 vote term 7 tip 9/6 permit",
	  { FROM_2_TO_1, .kind = RAFT_MESSAGE_VOTE,
	    .vote = { .tip = { 9, 6 }, .permit = { 3, 6, 1 } } } },
	{ "2 > 1 vote-answer term 7 asked 7 granted tip 9/6",
	  { FROM_2_TO_1, .kind = RAFT_MESSAGE_VOTE_ANSWER,
	    .vote_answer = { .asked_term = 7, .tip = { 9, 6 } } } },
	{ "2 > 1 vote-answer term 7 asked 6 LOG tip 9/6",
	  { FROM_2_TO_1, .kind = RAFT_MESSAGE_VOTE_ANSWER,
	    .vote_answer = { .asked_term = 6,
			     .tip = { 9, 6 },
			     .refusal = RAFT_REFUSAL_LOG } } },
	{ "2 > 1 timeout-now term 7 tip 9/6 transfer 3",
	  { FROM_2_TO_1, .kind = RAFT_MESSAGE_TIMEOUT_NOW,
	    .timeout_now = { .tip = { 9, 6 }, .transfer = 3 } } },
	{ "2 > 1 read term 7 round 8 index 0",
	  { FROM_2_TO_1, .kind = RAFT_MESSAGE_READ, .read = { .round = 8 } } },
	{ "2 > 1 read-answer term 7 round 8 index 5",
	  { FROM_2_TO_1, .kind = RAFT_MESSAGE_READ_ANSWER,
	    .read = { .round = 8, .index = 5 } } },
	{ "2 > 1 regressed term 7 held 9/5",
	  { FROM_2_TO_1, .kind = RAFT_MESSAGE_REGRESSED,
	    .regressed = { .held = { 9, 5 } } } },
	{ "2 > 1 not-member term 7 asked 6 tip 9/5",
	  { FROM_2_TO_1, .kind = RAFT_MESSAGE_NOT_MEMBER,
	    .not_member = { .asked_term = 6, .tip = { 9, 5 } } } },
	{ "2 > 1 snapshot term 7 20/6 offset 64 bytes 32 of 99 sequence 9 "
	  "sent-at 100",
	  { FROM_2_TO_1, .kind = RAFT_MESSAGE_SNAPSHOT,
	    .snapshot = { .snapshot = { 20, 6 },
			  .size = 99,
			  .offset = 64,
			  .sequence = 9,
			  .sent_at = 100,
			  .content =
			      &(const struct raft_snapshot_content){
				  .part.length = 32 } } } },
	{ "2 > 1 snapshot term 7 20/6 offset 0 bytes 0 of 0 sequence 0 "
	  "sent-at 0",
	  { FROM_2_TO_1, .kind = RAFT_MESSAGE_SNAPSHOT,
	    .snapshot = { .snapshot = { 20, 6 } } } },
	{ "2 > 1 snapshot term 7 20/6 offset 0 bytes 0 of 0 written anew "
	  "sequence 0 sent-at 0",
	  { FROM_2_TO_1, .kind = RAFT_MESSAGE_SNAPSHOT,
	    .snapshot = { .snapshot = { 20, 6 }, .writing = 1 } } },
	{ "2 > 1 snapshot-answer term 7 20/6 wants 64 match 3 sequence 9 "
	  "sent-at 100",
	  { FROM_2_TO_1, .kind = RAFT_MESSAGE_SNAPSHOT_ANSWER,
	    .snapshot_answer = { .snapshot = { 20, 6 },
				 .gap = true,
				 .offset = 64,
				 .match_index = 3,
				 .sequence = 9,
				 .sent_at = 100 } } },
	{ "2 > 1 snapshot-answer term 7 20/6 damaged, wants 0 match 3 sequence "
	  "9 "
	  "sent-at 100",
	  { FROM_2_TO_1, .kind = RAFT_MESSAGE_SNAPSHOT_ANSWER,
	    .snapshot_answer = { .snapshot = { 20, 6 },
				 .gap = true,
				 .damaged = true,
				 .match_index = 3,
				 .sequence = 9,
				 .sent_at = 100 } } },
	{ "2 > 1 snapshot-answer term 7 20/6 stored 64 match 3 sequence 9 "
	  "sent-at 100",
	  { FROM_2_TO_1, .kind = RAFT_MESSAGE_SNAPSHOT_ANSWER,
	    .snapshot_answer = { .snapshot = { 20, 6 },
				 .offset = 64,
				 .match_index = 3,
				 .sequence = 9,
				 .sent_at = 100 } } },
	{ "2 > 1 other term 7 module 30 type 1 round 2 bytes 3",
	  { FROM_2_TO_1, .kind = RAFT_MESSAGE_EXTENSION,
	    .extension = { .module = 30,
			   .type = 1,
			   .round = 2,
			   .length = 3 } } },
	{ "2 > 1 unsupported term 7 module 65535 type 12 round 0 bytes 0",
	  { FROM_2_TO_1, .kind = RAFT_MESSAGE_UNSUPPORTED,
	    .extension = { .module = RAFT_MODULE_NONE, .type = 12 } } },
	{ "2 > 1 other term 7 kind 99",
	  { FROM_2_TO_1, .kind = (enum raft_message_kind)99 } },
};

static void
a_message_is_one_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		char text[256];
		int length = raft_message_print(text, sizeof(text),
						&messages[i].message);

		assert_string_equal(text, messages[i].text);
		assert_int_equal(length, strlen(text));
	}
}

static void
a_long_message_is_cut_where_its_room_ends(void **state)
{
	const struct raft_snapshot_content content = { .part.length =
							   SIZE_MAX };
	const struct raft_message longest = {
		.kind = RAFT_MESSAGE_SNAPSHOT,
		.from.id = UINT64_MAX,
		.to.id = UINT64_MAX,
		.term = UINT64_MAX,
		.snapshot = { .snapshot = { UINT64_MAX, UINT64_MAX },
			      .size = UINT64_MAX,
			      .offset = UINT64_MAX,
			      .sequence = UINT64_MAX,
			      .writing = 1,
			      .sent_at = UINT64_MAX - 1,
			      .content = &content },
	};
	char text[512], cut[512];
	size_t length = (size_t)raft_message_print(text, 512, &longest);

	(void)state;
	assert_int_equal(length, strlen(text));
	assert_string_equal(strrchr(text, ' '), " 18446744073709551614");
	for (size_t room = 1; room <= length; room++) {
		memset(cut, '!', sizeof(cut));
		assert_int_equal(raft_message_print(cut, room, &longest),
				 length);
		assert_int_equal(strlen(cut), room - 1);
		assert_memory_equal(cut, text, room - 1);
		assert_int_equal(cut[room], '!');
	}
}

static const struct {
	const char *text;
	struct raft_event event;
} events[] = {
	{ "follower in term 7: saw a newer term",
	  { .kind = RAFT_EVENT_ROLE,
	    .role = RAFT_FOLLOWER,
	    .term = 7,
	    .reason = RAFT_REASON_NEWER_TERM } },
	{ "candidate in term 7: heard no leader in time",
	  { .kind = RAFT_EVENT_ROLE,
	    .role = RAFT_CANDIDATE,
	    .term = 7,
	    .reason = RAFT_REASON_TIMEOUT } },
	{ "leader in term 7: elected by a majority",
	  { .kind = RAFT_EVENT_ROLE,
	    .role = RAFT_LEADER,
	    .term = 7,
	    .reason = RAFT_REASON_ELECTED } },
	{ "leader 3 in term 7",
	  { .kind = RAFT_EVENT_LEADER, .peer = 3, .term = 7 } },
	{ "no leader in term 7", { .kind = RAFT_EVENT_LEADER, .term = 7 } },
	{ "configuration at 5",
	  { .kind = RAFT_EVENT_CONFIGURATION, .index = 5 } },
	{ "stopped at 5: the log failed",
	  { .kind = RAFT_EVENT_STOPPED,
	    .index = 5,
	    .reason = RAFT_REASON_DISK_FAILED } },
	{ "cannot take entry 5 of 3: an entry needs a feature that this build "
	  "lacks",
	  { .kind = RAFT_EVENT_INCOMPATIBLE,
	    .index = 5,
	    .peer = 3,
	    .reason = RAFT_REASON_INCOMPATIBLE } },
	{ "peer 3 at 5 needs entries that were compacted away",
	  { .kind = RAFT_EVENT_PEER_STRANDED,
	    .index = 5,
	    .peer = 3,
	    .reason = RAFT_REASON_LOG_COMPACTED } },
	{ "peer 3 at 5 has lost what it had acknowledged: remove it, and add it "
	  "as a new incarnation",
	  { .kind = RAFT_EVENT_PEER_REGRESSED, .index = 5, .peer = 3,
	    .reason = RAFT_REASON_REGRESSED } },
	{ "stopped at 5: has lost what it had acknowledged: remove it, and add "
	  "it as a new incarnation",
	  { .kind = RAFT_EVENT_STOPPED, .index = 5,
	    .reason = RAFT_REASON_REGRESSED } },
	{ "configuration at 5 is committed",
	  { .kind = RAFT_EVENT_CONFIGURATION_COMMITTED, .index = 5 } },
	{ "sends the snapshot at 5 to 3",
	  { .kind = RAFT_EVENT_SNAPSHOT_SENT, .index = 5, .peer = 3 } },
	{ "the log begins behind the snapshot at 5 of 3",
	  { .kind = RAFT_EVENT_SNAPSHOT_INSTALLED, .index = 5, .peer = 3 } },
	{ "the snapshot at 5 is damaged, says 3",
	  { .kind = RAFT_EVENT_SNAPSHOT_REFUSED, .index = 5, .peer = 3 } },
	{ "its snapshot at 5 is damaged",
	  { .kind = RAFT_EVENT_SNAPSHOT_DAMAGED, .index = 5 } },
	{ "peer 3 has caught up, at 5",
	  { .kind = RAFT_EVENT_CAUGHT_UP, .index = 5, .peer = 3 } },
	{ "peer 3 has fallen behind, at 5",
	  { .kind = RAFT_EVENT_FELL_BEHIND, .index = 5, .peer = 3 } },
	{ "peer 3 cannot keep up, at 5",
	  { .kind = RAFT_EVENT_CANNOT_KEEP_UP, .index = 5, .peer = 3 } },
	{ "saw a newer term",
	  { .kind = RAFT_EVENT_REMOVED, .reason = RAFT_REASON_NEWER_TERM } },
	{ "unknown event", { .kind = (enum raft_event_kind)99 } },
};

static void
an_event_is_one_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		char text[128];
		int length =
		    raft_event_print(text, sizeof(text), &events[i].event);

		assert_string_equal(text, events[i].text);
		assert_int_equal(length, strlen(text));
	}
}

/* As from a newer library: no name, but no harm. */
static void
what_has_no_name_is_unknown(void **state)
{
	(void)state;
	assert_string_equal(raft_result_name((enum raft_result)99), "unknown");
	assert_string_equal(raft_result_text((enum raft_result)99), "unknown");
	assert_string_equal(raft_refusal_name((enum raft_refusal)99),
			    "unknown");
	assert_string_equal(raft_refusal_text((enum raft_refusal)99),
			    "unknown");
	assert_string_equal(raft_reason_name((enum raft_reason)99), "unknown");
	assert_string_equal(raft_reason_text((enum raft_reason)99), "unknown");
	assert_string_equal(raft_counter_name((enum raft_counter)99),
			    "unknown");
	assert_string_equal(raft_counter_text((enum raft_counter)99),
			    "unknown");
}

#define LINES_MAX 16

static void
note_line(void *context, const char *text)
{
	char(*lines)[256] = context;

	assert_null(strchr(text, '\n'));
	for (size_t i = 0; i < LINES_MAX; i++)
		if (lines[i][0] == '\0') {
			assert_true(strlen(text) < sizeof(lines[i]));
			strcpy(lines[i], text);
			return;
		}
}

static void
write_down(struct raft *r)
{
	struct raft_duties duties;

	while (raft_duties(r, &duties))
		if (duties.save != NULL)
			raft_saved(r, duties.save->token, 0);
}

/* One line a decision, to whoever asked for it at the start. */
static void
decisions_are_traced(void **state)
{
	char lines[LINES_MAX][256] = { "" };
	struct raft_stored_configuration configuration = rig_configuration(3);
	struct raft_term_run run = { 1, 1 };
	struct raft_stored stored = { .term = 5,
				      .runs = &run,
				      .run_count = 1,
				      .last_index = 1,
				      .configurations = &configuration,
				      .configuration_count = 1 };
	struct raft_options options = { .self = { 1, 11 },
					.uncommitted_entries_max = 1,
					.trace = note_line,
					.trace_context = lines };
	struct raft_entry entry = { .index = 2, .term = 6, .kind = RAFT_ENTRY_NOOP };
	struct raft_message append = { .kind = RAFT_MESSAGE_APPEND,
				       .from = { 2, 12 },
				       .to = { 1, 11 },
				       .term = 6,
				       .append = { .previous = { 1, 1 },
						   .last = { 2, 6 },
						   .sequence = 1,
						   .entries = &entry } };
	struct raft_message message = { .kind = RAFT_MESSAGE_VOTE,
					.from = { 2, 12 },
					.to = { 1, 11 },
					.term = 4 };
	struct raft *r;
	uint64_t now;

	(void)state;
	assert_int_equal(raft_start(&options, &stored, 0, &r), RAFT_OK);
	assert_int_equal(raft_receive(r, &message, 0), RAFT_OK);
	message.to.incarnation = 9;
	assert_int_equal(raft_receive(r, &message, 0), RAFT_OK);
	assert_string_equal(lines[0], "configuration at 1");
	assert_string_equal(lines[1], "follower in term 5: started");
	assert_string_equal(lines[2], "refuses its vote to 2 in term 4: "
				      "its term is over");
	assert_string_equal(lines[3], "drops vote from 2: "
				      "for another server or incarnation");
	message.to.incarnation = 11;
	message.term = 6;
	message.vote.tip = (struct raft_entry_id){ 1, 1 };
	assert_int_equal(raft_receive(r, &message, 0), RAFT_OK);
	assert_string_equal(lines[4], "follower in term 6: "
				      "saw a newer term");
	assert_string_equal(lines[5], "votes for 2 in term 6");
	assert_int_equal(raft_receive(r, &append, 0), RAFT_OK);
	assert_string_equal(lines[6], "leader 2 in term 6");
	append.append.previous = append.append.last;
	append.append.last.index = entry.index = 3;
	assert_int_equal(raft_receive(r, &append, 0), RAFT_OK);
	assert_string_equal(lines[7], "has no room for entries from 3 on");
	write_down(r);
	now = raft_deadline(r);
	assert_int_equal(raft_expire(r, now), RAFT_OK);
	write_down(r);
	message.kind = RAFT_MESSAGE_VOTE_ANSWER;
	message.term = 7;
	message.vote_answer = (struct raft_vote_answer){ .asked_term = 7 };
	assert_int_equal(raft_receive(r, &message, now), RAFT_OK);
	assert_string_equal(lines[10], "leader 1 in term 7");
	write_down(r);
	message.kind = RAFT_MESSAGE_APPEND_ANSWER;
	message.append_answer = (struct raft_append_answer){
		.verdict = RAFT_APPEND_MISMATCH,
		.conflict = { 2, 0 },
		.sent_at = now,
		.sequence = 1,
	};
	assert_int_equal(raft_receive(r, &message, now), RAFT_OK);
	assert_string_equal(lines[12], "goes back to entry 2 with 2");
	raft_destroy(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_one_line),
		cmocka_unit_test(a_long_message_is_cut_where_its_room_ends),
		cmocka_unit_test(an_event_is_one_line),
		cmocka_unit_test(what_has_no_name_is_unknown),
		cmocka_unit_test(decisions_are_traced),
	};

	return cmocka_run_group_tests_name("print", tests, NULL, NULL);
}
