/*
 * What each checker says, to the last word, and what is just not said: beside
 * checkers_test.c, where each property is broken.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/sim/base/memory.h"
#include "assists/sim/check/check.h"

struct fixture {
	struct sim_verdict verdict;
	struct sim_checks checks;
	struct sim_log logs[2];
};

static int
set_up(void **state)
{
	struct fixture *f = sim_alloc(1, sizeof(*f));

	f->verdict.now = 12003004;
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	sim_checks_clear(&f->checks);
	for (int i = 0; i < 2; i++)
		sim_log_clear(&f->logs[i]);
	free(f);
	return 0;
}

/** Exactly this; NULL: nothing. The verdict is a fresh one then. */
static void
assert_said(struct fixture *f, const char *text)
{
	char whole[320];

	if (text == NULL) {
		assert_string_equal(f->verdict.text, "");
		assert_false(f->verdict.broken);
		return;
	}
	snprintf(whole, sizeof(whole), "%s (at 12.003004 s)", text);
	assert_string_equal(f->verdict.text, whole);
	assert_true(f->verdict.broken);
	f->verdict = (struct sim_verdict){.now = f->verdict.now};
}

/** Append a client's write, or something else, to a log. */
static void
append(struct sim_log *log, uint64_t term, enum raft_entry_kind kind,
       uint64_t id)
{
	struct raft_payload payload = sim_payload_new(id, 24);

	sim_log_append(log, term, kind, &payload);
	raft_payload_release(&payload);
}

static void
commit(struct fixture *f, uint32_t node, uint64_t term, uint64_t index)
{
	sim_check_machine_committed(&f->checks.history, &f->verdict, node, term,
				    &f->logs[node - 1], index);
	sim_check_acknowledged_grown(&f->checks.acknowledged, &f->verdict,
				     &f->checks.history);
}

/** Both logs hold writes 1 to 3 of term 2, of which two are committed. */
static void
fill(struct fixture *f)
{
	for (uint64_t id = 1; id <= 3; id++)
		for (int i = 0; i < 2; i++)
			append(&f->logs[i], 2, RAFT_ENTRY_DATA, id);
	commit(f, 1, 2, 2);
}

/* --------------------------------------------------------- one each a term */

static void
leaders_of_a_term(void **state)
{
	struct fixture *f = *state;
	struct sim_check_election *check = &f->checks.election;

	for (uint32_t term = 1; term <= 20; term++)
		sim_check_election_won(check, &f->verdict, 1 + term % 3, term);
	sim_check_election_won(check, &f->verdict, 2, 1);
	sim_check_election_won(check, &f->verdict, 3, 20);
	assert_int_equal(check->count, 20);
	assert_said(f, NULL);
	sim_check_election_won(check, &f->verdict, 3, 1);
	assert_said(f, "election safety: n2 and n3 both led in term 1");
	sim_check_election_won(check, &f->verdict, 1, 20);
	assert_said(f, "election safety: n3 and n1 both led in term 20");
}

static void
votes_of_a_term(void **state)
{
	struct fixture *f = *state;
	struct sim_check_votes *check = &f->checks.votes;
	const struct raft_identity voter = {1, 10}, two = {2, 20};

	for (uint64_t term = 1; term <= 20; term++)
		sim_check_votes_cast(check, &f->verdict, voter, term, two);
	sim_check_votes_cast(check, &f->verdict, (struct raft_identity){4, 10},
			     1, voter);
	sim_check_votes_cast(check, &f->verdict, voter, 1, two);
	assert_int_equal(check->count, 21);
	assert_said(f, NULL);
	sim_check_votes_cast(check, &f->verdict, voter, 1,
			     (struct raft_identity){2, 21});
	assert_said(f, "votes: n1 voted for n2 and for n2 in term 1");
	sim_check_votes_cast(check, &f->verdict, voter, 20,
			     (struct raft_identity){3, 20});
	assert_said(f, "votes: n1 voted for n2 and for n3 in term 20");
}

/* -------------------------------------------------------------------- logs */

static void
logs_that_match(void **state)
{
	struct fixture *f = *state;
	struct sim_check_matching *check = &f->checks.matching;

	/* Beyond what there was room for, and back. */
	sim_check_matching_held(check, &f->verdict, 1, 40, 3, 7);
	sim_check_matching_held(check, &f->verdict, 1, 1, 3, 7);
	for (uint64_t term = 1; term <= 20; term++)
		sim_check_matching_held(check, &f->verdict, 2, 40, term,
					term == 3 ? 7 : term);
	assert_int_equal(check->count, 40);
	assert_int_equal(check->indexes[39].count, 20);
	assert_said(f, NULL);
	sim_check_matching_held(check, &f->verdict, 3, 40, 3, 8);
	assert_said(f, "log matching: n1 and n3 both held index 40 of term 3, "
		       "but not the same log up to there");
	sim_check_matching_held(check, &f->verdict, 3, 40, 20, 8);
	assert_said(f, "log matching: n2 and n3 both held index 40 of term 20, "
		       "but not the same log up to there");
}

static void
what_is_committed(void **state)
{
	struct fixture *f = *state;

	fill(f);
	commit(f, 2, 3, 1);
	assert_int_equal(f->checks.history.count, 2);
	assert_int_equal(f->checks.history.entries[1].known_in, 2);
	assert_int_equal(f->checks.history.entries[1].known_at, 12003004);
	assert_said(f, NULL);
	commit(f, 1, 2, 4);
	assert_said(f, "state-machine safety: n1 takes index 4 as committed, "
		       "its log ends at 3");
	assert_int_equal(f->checks.history.count, 2);
	/* In no earlier term than what came before it. */
	commit(f, 1, 1, 3);
	assert_int_equal(f->checks.history.entries[2].known_in, 2);
	sim_log_truncate(&f->logs[1], 2);
	append(&f->logs[1], 2, RAFT_ENTRY_DATA, 9);
	commit(f, 2, 3, 2);
	assert_said(f, "state-machine safety: n2 takes as committed, up to "
		       "index 2, what differs from what was");
}

static struct raft_entry
entry(const struct fixture *f, uint64_t index)
{
	const struct sim_log_entry *held = sim_log_at(&f->logs[0], index);

	return (struct raft_entry){
		.index = index,
		.term = held->term,
		.kind = held->kind,
		.payload = held->payload,
	};
}

static void
what_is_applied(void **state)
{
	struct fixture *f = *state;
	struct sim_machine machine = {0};
	struct raft_entry one, two, three;

	fill(f);
	one = entry(f, 1);
	two = entry(f, 2);
	three = entry(f, 3);
	sim_check_machine_applied(&f->checks.history, &f->verdict, &machine, 2,
				  &one);
	assert_said(f, NULL);
	sim_check_machine_applied(&f->checks.history, &f->verdict, &machine, 2,
				  &one);
	assert_said(f, "state-machine safety: n2 applied index 1 after 1");
	two.term = 7;
	sim_check_machine_applied(&f->checks.history, &f->verdict, &machine, 2,
				  &two);
	assert_said(f, "state-machine safety: n2 applied at index 2 of term 7 "
		       "other than what was committed");
	sim_check_machine_applied(&f->checks.history, &f->verdict, &machine, 2,
				  &three);
	assert_said(f, "state-machine safety: n2 applied index 3, which nobody "
		       "has committed");
	assert_int_equal(machine.applied, 3);
	assert_int_equal(machine.writes, 3);
}

static void
what_a_leader_holds(void **state)
{
	struct fixture *f = *state;
	struct sim_history *history = &f->checks.history;

	sim_check_leader_holds(history, &f->verdict, 2, 9, &f->logs[1]);
	fill(f);
	sim_log_truncate(&f->logs[1], 2);
	/* All that was known before term 3 counts, and nothing of it. */
	sim_check_leader_holds(history, &f->verdict, 2, 2, &f->logs[1]);
	assert_said(f, NULL);
	sim_check_leader_holds(history, &f->verdict, 2, 3, &f->logs[1]);
	assert_said(f, "leader completeness: n2 leads in term 3 without all "
		       "that was committed before, up to index 2");
}

/* ------------------------------------------------------------------ writes */

static void
acknowledge(struct fixture *f, uint64_t id, uint64_t index, uint32_t old_voters,
	    uint32_t old_holders)
{
	const struct sim_told told = {
		.node = 1,
		.term = 2,
		.id = id,
		.index = index,
		.support = {{.voters = 3, .holders = 2},
			    {.voters = old_voters, .holders = old_holders}},
	};

	sim_check_acknowledged_committed(&f->checks.acknowledged, &f->verdict,
					 &f->checks.history, &told);
}

static void
writes_that_are_acknowledged(void **state)
{
	struct fixture *f = *state;
	struct sim_check_acknowledged *check = &f->checks.acknowledged;

	fill(f);
	acknowledge(f, 1, 1, 0, 0);
	acknowledge(f, 2, 2, 3, 2);
	assert_int_equal(check->lost, 0);
	assert_said(f, NULL);
	acknowledge(f, 2, 2, 3, 1);
	assert_said(f, "acknowledged writes: n1 acknowledged write 2 at index "
		       "2, durable on 1 of 3 voters");
	acknowledge(f, 3, 3, 0, 0);
	assert_said(f, "acknowledged writes: n1 acknowledged write 3 at index "
		       "3, which is not committed there");
	assert_int_equal(check->lost, 2);
	sim_check_acknowledged_lost(check, &f->verdict, 2, 3);
	assert_said(f, NULL);
	sim_check_acknowledged_lost(check, &f->verdict, 2, 2);
	assert_said(f, "acknowledged writes: n2 told write 2 lost, which is "
		       "committed at index 2");
	commit(f, 1, 2, 3);
	assert_said(f, "acknowledged writes: write 3 was told lost and is "
		       "committed at index 3");
	append(&f->logs[0], 2, RAFT_ENTRY_DATA, 1);
	commit(f, 1, 2, 4);
	assert_said(f, "acknowledged writes: write 1 is committed at index 1 "
		       "and at 4");
}

/** Of what was not written by a client nobody asks how it went. */
static void
entries_that_are_no_writes(void **state)
{
	struct fixture *f = *state;

	append(&f->logs[0], 2, RAFT_ENTRY_CONFIGURATION, 5);
	append(&f->logs[0], 2, RAFT_ENTRY_DATA, UINT64_C(1) << 63);
	commit(f, 1, 2, 2);
	assert_int_equal(f->checks.history.entries[0].id, 0);
	assert_int_equal(f->checks.acknowledged.count, 0);
	assert_int_equal(f->checks.acknowledged.history_seen, 2);
	assert_said(f, NULL);
}

static void
leaders_that_hold_what_was_acknowledged(void **state)
{
	struct fixture *f = *state;
	struct sim_check_acknowledged *check = &f->checks.acknowledged;

	fill(f);
	acknowledge(f, 1, 1, 0, 0);
	acknowledge(f, 2, 2, 0, 0);
	sim_check_acknowledged_leads(check, &f->verdict, 2, 3, &f->logs[1]);
	sim_log_truncate(&f->logs[1], 2);
	/* Of its own term it need not: it may be the one that acknowledged. */
	sim_check_acknowledged_leads(check, &f->verdict, 2, 2, &f->logs[1]);
	assert_said(f, NULL);
	sim_check_acknowledged_leads(check, &f->verdict, 2, 3, &f->logs[1]);
	assert_said(f, "acknowledged writes: n2 leads in term 3 without write "
		       "2, acknowledged at index 2");
	/* In a log that begins later nothing is missed. */
	sim_log_compact(&f->logs[0], 2);
	sim_check_acknowledged_leads(check, &f->verdict, 1, 3, &f->logs[0]);
	assert_said(f, NULL);
	assert_int_equal(check->lost, 1);
}

/* ------------------------------------------------------------------- reads */

static void
reads_that_end(void **state)
{
	struct fixture *f = *state;
	struct sim_check_reads *check = &f->checks.reads;
	struct sim_machine machine = {0};
	struct raft_entry one;
	struct sim_read read = {.id = 5, .index = 0, .seen_before = 0};

	fill(f);
	sim_check_reads_ended(check, &f->verdict, 2, &read);
	sim_check_reads_answered(check, &f->verdict, &f->checks.history, 2,
				 &read, &machine);
	assert_int_equal(check->seen, 0);
	assert_said(f, NULL);
	read.seen_before = 1;
	sim_check_reads_ended(check, &f->verdict, 2, &read);
	assert_said(f, "reads: n2 answers read 5 as of index 0, but index 1 "
		       "was seen before it began");
	read.index = 1;
	sim_check_reads_answered(check, &f->verdict, &f->checks.history, 2,
				 &read, &machine);
	assert_said(f, "reads: n2 answers read 5 as of index 1, having applied "
		       "0");
	assert_int_equal(check->stale, 2);
	one = entry(f, 1);
	sim_check_machine_applied(&f->checks.history, &f->verdict, &machine, 2,
				  &one);
	sim_check_reads_answered(check, &f->verdict, &f->checks.history, 2,
				 &read, &machine);
	assert_int_equal(check->seen, 1);
	assert_int_equal(check->sights[0].at, 12003004);
	assert_said(f, NULL);
	machine.applied = 3;
	sim_check_reads_answered(check, &f->verdict, &f->checks.history, 2,
				 &read, &machine);
	assert_said(f, "reads: n2 answers read 5 from a state that is not what "
		       "was committed up to index 3");
	machine.applied = 2;
	sim_check_reads_answered(check, &f->verdict, &f->checks.history, 2,
				 &read, &machine);
	assert_said(f, "reads: n2 answers read 5 from a state that is not what "
		       "was committed up to index 2");
	assert_int_equal(check->stale, 2);
}

/* --------------------------------------------------------------- snapshots */

static void
check_state(struct fixture *f, uint64_t index, uint64_t term,
	    const struct sim_machine *state)
{
	sim_check_snapshots_state(&f->checks.history, &f->verdict, 2,
				  (struct raft_entry_id){index, term}, state);
}

static void
states_of_snapshots(void **state)
{
	struct fixture *f = *state;
	struct sim_machine machine = {0}, spoilt;
	struct raft_entry next;

	fill(f);
	for (uint64_t index = 1; index <= 2; index++) {
		next = entry(f, index);
		sim_machine_apply(&machine, &next);
	}
	check_state(f, 2, 2, &machine);
	assert_said(f, NULL);
	check_state(f, 0, 0, &machine);
	assert_said(f, "snapshots: n2 has a snapshot up to index 0 of term 0, "
		       "which is not committed");
	check_state(f, 3, 2, &machine);
	assert_said(f, "snapshots: n2 has a snapshot up to index 3 of term 2, "
		       "which is not committed");
	check_state(f, 1, 2, &machine);
	assert_said(f, "snapshots: n2 has a snapshot up to index 1 that is not "
		       "what was committed up to there");
	for (size_t i = 0; i < SIM_REGISTERS + 3; i++) {
		spoilt = machine;
		if (i < SIM_REGISTERS)
			spoilt.registers[i]++;
		spoilt.applied += i == SIM_REGISTERS;
		spoilt.chain += i == SIM_REGISTERS + 1;
		spoilt.writes += i == SIM_REGISTERS + 2;
		check_state(f, 2, 2, &spoilt);
		assert_said(f, "snapshots: n2 has a snapshot up to index 2 "
			       "that is not what was committed up to there");
	}
}

/** Each register, and each other word, is written and read again. */
static void
machines_as_bytes(void **state)
{
	struct sim_machine machine = {.applied = 7, .chain = UINT64_MAX,
				      .writes = UINT64_C(0x0102030405060708)};
	struct sim_machine read;
	uint8_t bytes[SIM_MACHINE_BYTES];

	(void)state;
	for (size_t i = 0; i < SIM_REGISTERS; i++)
		sim_machine_write(&machine, 100 + i);
	sim_machine_encode(&machine, 3, bytes);
	memset(&read, 0xff, sizeof(read));
	assert_true(sim_machine_decode(&read, bytes, sizeof(bytes)));
	assert_true(sim_machine_equals(&read, &machine));
	assert_int_equal(read.writes,
			 UINT64_C(0x0102030405060708) + SIM_REGISTERS);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] ^= 0x80;
		assert_true(sim_machine_decode(&read, bytes, sizeof(bytes)));
		assert_false(sim_machine_equals(&read, &machine));
		bytes[i] ^= 0x80;
	}
}

/* ---------------------------------------------------------------- promises */

static void
promises_of_votes(void **state)
{
	struct fixture *f = *state;
	struct sim_log *disk = &f->logs[0];
	struct raft_message message = {
		.kind = RAFT_MESSAGE_VOTE_ANSWER,
		.from = {1, 10},
		.to = {2, 20},
		.term = 4,
		.vote_answer = {.refusal = RAFT_REFUSAL_NONE, .asked_term = 5},
	};

	disk->term = 4;
	disk->vote = message.to;
	sim_check_promise(&f->verdict, &message, disk, NULL);
	assert_said(f, "promises: n1 grants n2 a vote in term 5 that its disk "
		       "does not hold");
	message.vote_answer.refusal = RAFT_REFUSAL_LOG;
	sim_check_promise(&f->verdict, &message, disk, NULL);
	message.vote_answer.refusal = RAFT_REFUSAL_NONE;
	disk->term = 5;
	sim_check_promise(&f->verdict, &message, disk, NULL);
	assert_said(f, NULL);
	disk->vote.incarnation = 21;
	sim_check_promise(&f->verdict, &message, disk, NULL);
	assert_said(f, "promises: n1 grants n2 a vote in term 5 that its disk "
		       "does not hold");
	disk->term = 6;
	sim_check_promise(&f->verdict, &message, disk, NULL);
	assert_said(f, NULL);
	message.term = 7;
	sim_check_promise(&f->verdict, &message, disk, NULL);
	assert_said(f, "promises: n1 says that it is in term 7, its disk in 6");
}

static void
promises_of_logs(void **state)
{
	struct fixture *f = *state;
	struct sim_log *disk = &f->logs[0];
	struct raft_message appended = {
		.kind = RAFT_MESSAGE_APPEND_ANSWER,
		.from = {1, 10},
		.to = {2, 20},
		.term = 2,
		.append_answer = {.verdict = RAFT_APPEND_ACCEPTED,
				  .match_index = 4},
	};
	struct raft_message loaded = {
		.kind = RAFT_MESSAGE_SNAPSHOT_ANSWER,
		.from = {1, 10},
		.to = {2, 20},
		.term = 2,
		.snapshot_answer = {.match_index = 4},
	};

	fill(f);
	disk->term = 2;
	sim_check_promise(&f->verdict, &appended, disk, NULL);
	assert_said(f, "promises: n1 says that it holds index 4, its disk ends "
		       "at 3");
	sim_check_promise(&f->verdict, &loaded, disk, NULL);
	assert_said(f, "promises: n1 says that it holds index 4, its disk ends "
		       "at 3");
	appended.append_answer.match_index = 3;
	loaded.snapshot_answer.match_index = 3;
	sim_check_promise(&f->verdict, &appended, disk, &f->logs[1]);
	sim_check_promise(&f->verdict, &loaded, disk, &f->logs[1]);
	assert_said(f, NULL);
	sim_log_truncate(disk, 3);
	append(disk, 1, RAFT_ENTRY_DATA, 9);
	sim_check_promise(&f->verdict, &loaded, disk, &f->logs[1]);
	assert_said(f, "promises: n1 says that it holds index 3 of n2's log, "
		       "its disk holds another");
	sim_check_promise(&f->verdict, &appended, disk, &f->logs[1]);
	assert_said(f, "promises: n1 says that it holds index 3 of n2's log, "
		       "its disk holds another");
	appended.append_answer.verdict = RAFT_APPEND_MISMATCH;
	sim_check_promise(&f->verdict, &appended, disk, &f->logs[1]);
	disk->term = 3;
	sim_check_promise(&f->verdict, &loaded, disk, &f->logs[1]);
	assert_said(f, NULL);
}

static void
promises_of_parts(void **state)
{
	struct fixture *f = *state;
	const struct raft_entry_id last = {9, 3};
	struct raft_message message = {
		.kind = RAFT_MESSAGE_SNAPSHOT_ANSWER,
		.from = {2, 1},
		.snapshot_answer = {.snapshot = {9, 3}, .offset = 0},
	};

	sim_check_snapshots_promise(&f->verdict, &message,
				    (struct raft_entry_id){8, 3}, 0);
	message.snapshot_answer.offset = 1;
	sim_check_snapshots_promise(&f->verdict, &message, last, 1);
	assert_said(f, NULL);
	sim_check_snapshots_promise(&f->verdict, &message, last, 0);
	assert_said(f, "snapshots: n2 says that it has 1 bytes of the snapshot "
		       "up to index 9, which its disk does not hold");
	sim_check_snapshots_promise(&f->verdict, &message,
				    (struct raft_entry_id){8, 3}, 1);
	assert_said(f, "snapshots: n2 says that it has 1 bytes of the snapshot "
		       "up to index 9, which its disk does not hold");
	message.kind = RAFT_MESSAGE_APPEND_ANSWER;
	sim_check_snapshots_promise(&f->verdict, &message, last, 0);
	assert_said(f, NULL);
}

/* ------------------------------------------------------------ the machine */

static void
digests_of_a_machine(void **state)
{
	struct fixture *f = *state;
	struct sim_check_digests *check = &f->checks.digests;

	for (uint64_t digest = 70; digest < 90; digest++)
		sim_check_digests_model(check, digest);
	sim_check_digests_node(check, &f->verdict, 2, "began", 0, 70);
	sim_check_digests_node(check, &f->verdict, 2, "began", 19, 89);
	assert_said(f, NULL);
	sim_check_digests_node(check, &f->verdict, 2, "began", 1, 8);
	assert_said(f, "machine: n2 began and is not what the entries up to "
		       "index 1 make: its digest is 8, not 71");
}

/* -------------------------------------------------------------------- time */

static void
what_is_late(void **state)
{
	struct fixture *f = *state;

	sim_check_wait(&f->verdict, "write", 4, 12003004, 1);
	sim_check_wait(&f->verdict, "write", 4, 12003005, 1);
	sim_check_wait(&f->verdict, "write", 4, 12003003, 1);
	sim_check_wait(&f->verdict, "write", 4, 0, 0);
	assert_said(f, NULL);
	sim_check_wait(&f->verdict, "write", 4, 12003002, 1);
	assert_said(f, "waits: write 4 has not ended in 2 us, and 1 are "
		       "allowed");
	sim_check_lag(&f->verdict, 3, 5, 12003001, 2);
	assert_said(f, "lag: n3 has applied 5; the next was committed 3 us "
		       "ago, and 2 are allowed");
}

/* ----------------------------------------------------------------- traffic */

static void
what_is_sent_again(void **state)
{
	struct fixture *f = *state;
	struct sim_carried carried = {0};

	sim_check_traffic_sent(&carried, &f->verdict, 1, 2, 3, 11, 20, 1);
	assert_int_equal(carried.since, 11);
	sim_check_traffic_sent(&carried, &f->verdict, 1, 2, 3, 21, 30, 1);
	assert_int_equal(carried.since, 11);
	/* A gap, and a step back, begin anew. */
	sim_check_traffic_sent(&carried, &f->verdict, 1, 2, 3, 32, 32, 1);
	assert_int_equal(carried.since, 32);
	sim_check_traffic_sent(&carried, &f->verdict, 1, 2, 3, 9, 10, 1);
	assert_int_equal(carried.since, 9);
	assert_int_equal(carried.first, 9);
	assert_int_equal(carried.last, 32);
	assert_int_equal(carried.sent, 23);
	/* 24 different ones: so many times, and some. */
	for (uint64_t sent = 24; sent <= 24 + SIM_REPEATED_FREE; sent++)
		sim_check_traffic_sent(&carried, &f->verdict, 1, 2, 3, 32, 32,
				       1);
	assert_said(f, NULL);
	sim_check_traffic_sent(&carried, &f->verdict, 1, 2, 3, 32, 32, 2);
	sim_check_traffic_sent(&carried, &f->verdict, 1, 2, 3, 32, 32, 0);
	assert_said(f, NULL);
	sim_check_traffic_sent(&carried, &f->verdict, 1, 2, 3, 32, 32, 1);
	assert_true(f->verdict.broken);
	sim_carried_clear(&carried);
}

static void
what_is_not_answered(void **state)
{
	struct fixture *f = *state;
	struct sim_carried carried = {0};

	for (uint64_t sequence = 1; sequence <= 20; sequence++)
		sim_check_traffic_waits_for(&carried, &f->verdict, 1, 2,
					    sequence, 20);
	sim_check_traffic_answered(&carried, 0);
	assert_int_equal(carried.unanswered_count, 20);
	assert_said(f, NULL);
	sim_check_traffic_waits_for(&carried, &f->verdict, 1, 2, 21, 20);
	assert_said(f, "traffic: n1 has sent 21 appends with entries to n2 "
		       "that are not answered, and 20 are allowed");
	sim_check_traffic_answered(&carried, 20);
	assert_int_equal(carried.unanswered_count, 1);
	assert_int_equal(carried.unanswered[0], 21);
	sim_check_traffic_answered(&carried, 99);
	assert_int_equal(carried.unanswered_count, 0);
	sim_carried_clear(&carried);
	sim_check_traffic_waits(&f->verdict, 1, 2, 3, 2);
	assert_said(f, "traffic: of what n1 has sent to n2, 3 bytes are not on "
		       "its disk, and 2 are allowed");
	sim_check_memory(&f->verdict, 1, 3, 2);
	assert_said(f, "memory: n1 holds 3 bytes, and 2 are allowed");
}

/* -------------------------------------------------------------- membership */

/** Voters by their digits: of C_old, NULL if it is not joint, and of C_new. */
static struct raft_configuration
group(struct raft_member members[9], const char *old, const char *voters)
{
	struct raft_configuration made = {.joint = old != NULL,
					  .members = members};

	for (char id = '1'; id <= '9'; id++) {
		bool before = old != NULL && strchr(old, id) != NULL;
		bool after = strchr(voters, id) != NULL;

		if (before || after)
			members[made.member_count++] = (struct raft_member){
				.identity = {(uint64_t)(id - '0'), 7},
				.role = after ? RAFT_MEMBER_VOTER
					      : RAFT_MEMBER_NONE,
				.role_before = before ? RAFT_MEMBER_VOTER
						      : RAFT_MEMBER_NONE,
			};
	}
	return made;
}

/** Whether a leader that one elects must be known to the other's majorities. */
static bool
meet(const char *old, const char *voters, const char *elected_old,
     const char *elected)
{
	struct sim_check_membership check = {0};
	struct sim_verdict verdict = {0};
	struct raft_member members[9];
	struct raft_configuration configuration = group(members, old, voters);

	sim_check_membership_committed(&check, 1, 2, &configuration);
	configuration = group(members, elected_old, elected);
	sim_check_membership_elected(&check, &verdict, 1, 3, &configuration);
	sim_check_membership_clear(&check);
	return !verdict.broken;
}

static void
majorities_that_meet(void **state)
{
	(void)state;
	assert_true(meet(NULL, "1", NULL, "1"));
	assert_false(meet(NULL, "1", NULL, "2"));
	assert_true(meet(NULL, "1", NULL, "12"));
	assert_false(meet(NULL, "1", NULL, "123"));
	assert_true(meet(NULL, "12", NULL, "123"));
	assert_true(meet(NULL, "12", NULL, "23"));
	assert_false(meet(NULL, "12", NULL, "34"));
	assert_false(meet(NULL, "123", NULL, "124"));
	assert_true(meet(NULL, "1234", NULL, "123"));
	assert_true(meet(NULL, "1234", NULL, "12345"));
	assert_true(meet(NULL, "1234", NULL, "123456"));
	assert_false(meet(NULL, "1234", NULL, "1234567"));
	assert_true(meet(NULL, "1234", NULL, "1235"));
	assert_false(meet(NULL, "1234", NULL, "1256"));
	assert_true(meet("123", "456", NULL, "456"));
	assert_true(meet("123", "456", NULL, "123"));
	assert_false(meet("123", "456", NULL, "789"));
	assert_true(meet(NULL, "123", "123", "456"));
	assert_true(meet(NULL, "456", "123", "456"));
	assert_true(meet("123", "456", "456", "789"));
	assert_false(meet("12", "34", "56", "789"));
}

#define CHECKER_TEST(test)                                                     \
	cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CHECKER_TEST(leaders_of_a_term),
		CHECKER_TEST(votes_of_a_term),
		CHECKER_TEST(logs_that_match),
		CHECKER_TEST(what_is_committed),
		CHECKER_TEST(what_is_applied),
		CHECKER_TEST(what_a_leader_holds),
		CHECKER_TEST(writes_that_are_acknowledged),
		CHECKER_TEST(entries_that_are_no_writes),
		CHECKER_TEST(leaders_that_hold_what_was_acknowledged),
		CHECKER_TEST(reads_that_end),
		CHECKER_TEST(states_of_snapshots),
		cmocka_unit_test(machines_as_bytes),
		CHECKER_TEST(promises_of_votes),
		CHECKER_TEST(promises_of_logs),
		CHECKER_TEST(promises_of_parts),
		CHECKER_TEST(digests_of_a_machine),
		CHECKER_TEST(what_is_late),
		CHECKER_TEST(what_is_sent_again),
		CHECKER_TEST(what_is_not_answered),
		cmocka_unit_test(majorities_that_meet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
