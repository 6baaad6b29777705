/*
 * Each safety checker is told a history that breaks its property, and must say
 * so; and one next to it that does not, and must be silent.
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

#include "assists/sim/base/memory.h"
#include "assists/sim/check/check.h"

/** Everything that a test tells; a fresh one for each test. */
struct fixture {
	struct sim_verdict verdict;
	struct sim_checks checks;
	struct sim_log logs[3];
};

static int
set_up(void **state)
{
	*state = sim_alloc(1, sizeof(struct fixture));
	((struct fixture *)*state)->verdict.now = 1500000;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	sim_checks_clear(&f->checks);
	for (int i = 0; i < 3; i++)
		sim_log_clear(&f->logs[i]);
	free(f);
	return 0;
}

/** Append a client's write. */
static void
write_to(struct sim_log *log, uint64_t term, uint64_t id)
{
	struct raft_payload payload = sim_payload_new(id, 24);

	sim_log_append(log, term, RAFT_ENTRY_DATA, &payload);
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

static void
assert_silent(const struct fixture *f)
{
	if (f->verdict.broken)
		fail_msg("%s", f->verdict.text);
}

static void
assert_says(const struct fixture *f, const char *property, const char *detail)
{
	assert_true(f->verdict.broken);
	if (strncmp(f->verdict.text, property, strlen(property)) != 0 ||
	    strstr(f->verdict.text, detail) == NULL ||
	    strstr(f->verdict.text, "(at 1.500000 s)") == NULL)
		fail_msg("said: %s", f->verdict.text);
}

/* ------------------------------------------------------ election safety */

static void
two_leaders_of_one_term_are_seen(void **state)
{
	struct fixture *f = *state;
	struct sim_check_election *check = &f->checks.election;

	sim_check_election_won(check, &f->verdict, 1, 4);
	sim_check_election_won(check, &f->verdict, 2, 5);
	sim_check_election_won(check, &f->verdict, 1, 6);
	assert_silent(f);
	sim_check_election_won(check, &f->verdict, 3, 5);
	assert_says(f, "election safety", "n2 and n3 both led in term 5");
}

/* --------------------------------------------------------- log matching */

static void
hold(struct fixture *f, uint32_t node, uint64_t index)
{
	const struct sim_log *log = &f->logs[node - 1];

	sim_check_matching_held(&f->checks.matching, &f->verdict, node, index,
				sim_log_at(log, index)->term,
				sim_log_chain(log, index));
}

static void
one_name_for_two_entries_is_seen(void **state)
{
	struct fixture *f = *state;

	write_to(&f->logs[0], 2, 7);
	write_to(&f->logs[1], 2, 8);
	hold(f, 1, 1);
	assert_silent(f);
	hold(f, 2, 1);
	assert_says(f, "log matching", "n1 and n2 both held index 1 of term 2");
}

static void
a_different_past_below_one_name_is_seen(void **state)
{
	struct fixture *f = *state;

	write_to(&f->logs[0], 2, 7);
	write_to(&f->logs[0], 4, 9);
	write_to(&f->logs[1], 3, 7);
	write_to(&f->logs[1], 4, 9);
	hold(f, 1, 1);
	hold(f, 2, 1);
	hold(f, 1, 2);
	assert_silent(f);
	hold(f, 2, 2);
	assert_says(f, "log matching", "index 2 of term 4");
}

/* --------------------------------------------- state-machine safety */

static void
apply(struct fixture *f, struct sim_machine *machine, uint32_t node,
      uint64_t index, uint64_t term, uint64_t id)
{
	struct raft_payload payload = sim_payload_new(id, 24);
	struct raft_entry entry = {
		.index = index,
		.term = term,
		.kind = RAFT_ENTRY_DATA,
		.payload = payload,
	};

	sim_check_machine_applied(&f->checks.history, &f->verdict, machine,
				  node, &entry);
	raft_payload_release(&payload);
}

static void
another_entry_committed_at_an_index_is_seen(void **state)
{
	struct fixture *f = *state;

	write_to(&f->logs[0], 2, 7);
	write_to(&f->logs[1], 2, 7);
	commit(f, 1, 2, 1);
	commit(f, 2, 3, 1);
	assert_silent(f);
	write_to(&f->logs[0], 2, 8);
	write_to(&f->logs[1], 3, 8);
	commit(f, 1, 3, 2);
	commit(f, 2, 3, 2);
	assert_says(f, "state-machine safety", "n2");
}

static void
a_commit_beyond_the_log_is_seen(void **state)
{
	struct fixture *f = *state;

	write_to(&f->logs[0], 2, 7);
	commit(f, 1, 2, 2);
	assert_says(f, "state-machine safety", "index 2");
}

static void
another_entry_applied_is_seen(void **state)
{
	struct fixture *f = *state;
	struct sim_machine one = {0}, other = {0};

	write_to(&f->logs[0], 2, 7);
	write_to(&f->logs[0], 2, 8);
	commit(f, 1, 2, 2);
	apply(f, &one, 1, 1, 2, 7);
	apply(f, &one, 1, 2, 2, 8);
	apply(f, &other, 2, 1, 2, 7);
	assert_silent(f);
	apply(f, &other, 2, 2, 2, 9);
	assert_says(f, "state-machine safety", "n2 applied at index 2");
}

static void
an_entry_skipped_is_seen(void **state)
{
	struct fixture *f = *state;
	struct sim_machine machine = {0};

	write_to(&f->logs[0], 2, 7);
	write_to(&f->logs[0], 2, 8);
	commit(f, 1, 2, 2);
	apply(f, &machine, 1, 2, 2, 8);
	assert_says(f, "state-machine safety", "index 2 after 0");
}

static void
an_uncommitted_entry_applied_is_seen(void **state)
{
	struct fixture *f = *state;
	struct sim_machine machine = {0};

	apply(f, &machine, 1, 1, 2, 7);
	assert_says(f, "state-machine safety", "nobody has committed");
}

static void
bytes_that_changed_on_the_way_are_seen(void **state)
{
	struct fixture *f = *state;
	struct sim_machine machine = {0};
	struct sim_log *log = &f->logs[0];
	struct raft_payload payload = sim_payload_new(7, 24);
	struct sim_bytes *bytes = (struct sim_bytes *)(void *)payload.owner;
	struct raft_entry entry = {1, 2, RAFT_ENTRY_DATA, payload};

	/* Everywhere alike, so that only the bytes themselves can tell. */
	bytes->data[20] ^= 1;
	sim_log_append(log, 2, RAFT_ENTRY_DATA, &payload);
	commit(f, 1, 2, 1);
	assert_silent(f);
	sim_check_machine_applied(&f->checks.history, &f->verdict, &machine, 1,
				  &entry);
	raft_payload_release(&payload);
	assert_says(f, "state-machine safety", "no client wrote");
}

/* ------------------------------------------------ leader completeness */

static void
a_leader_without_a_committed_entry_is_seen(void **state)
{
	struct fixture *f = *state;
	struct sim_history *history = &f->checks.history;

	write_to(&f->logs[0], 2, 7);
	write_to(&f->logs[1], 2, 7);
	write_to(&f->logs[0], 2, 8);
	commit(f, 1, 2, 1);
	sim_check_leader_holds(history, &f->verdict, 2, 3, &f->logs[1]);
	assert_silent(f);
	commit(f, 1, 2, 2);
	sim_check_leader_holds(history, &f->verdict, 2, 3, &f->logs[1]);
	assert_says(f, "leader completeness", "n2 leads in term 3");
}

static void
a_leader_who_learns_late_owes_nothing_newer(void **state)
{
	struct fixture *f = *state;

	write_to(&f->logs[0], 4, 7);
	commit(f, 1, 4, 1);
	/* Elected in term 3, told so after term 4 had committed. */
	sim_check_leader_holds(&f->checks.history, &f->verdict, 2, 3,
			       &f->logs[1]);
	assert_silent(f);
}

static void
a_leader_with_another_entry_there_is_seen(void **state)
{
	struct fixture *f = *state;

	write_to(&f->logs[0], 2, 7);
	write_to(&f->logs[1], 3, 8);
	write_to(&f->logs[1], 3, 9);
	commit(f, 1, 2, 1);
	sim_check_leader_holds(&f->checks.history, &f->verdict, 2, 4,
			       &f->logs[1]);
	assert_says(f, "leader completeness", "n2 leads in term 4");
}

/* ------------------------------------------------- acknowledged writes */

static void
acknowledge(struct fixture *f, uint64_t id, uint64_t index, uint32_t holders)
{
	struct sim_told told = {
		.node = 1,
		.term = 2,
		.id = id,
		.index = index,
		.support = { { .voters = 4, .holders = holders } },
	};

	sim_check_acknowledged_committed(&f->checks.acknowledged, &f->verdict,
					 &f->checks.history, &told);
}

static void
an_acknowledgement_before_commit_is_seen(void **state)
{
	struct fixture *f = *state;

	write_to(&f->logs[0], 2, 1);
	write_to(&f->logs[0], 2, 2);
	commit(f, 1, 2, 1);
	acknowledge(f, 1, 1, 3);
	assert_silent(f);
	acknowledge(f, 2, 2, 3);
	assert_says(f, "acknowledged writes", "not committed there");
	assert_int_equal(f->checks.acknowledged.lost, 1);
}

static void
an_acknowledgement_at_another_index_is_seen(void **state)
{
	struct fixture *f = *state;

	write_to(&f->logs[0], 2, 1);
	write_to(&f->logs[0], 2, 2);
	commit(f, 1, 2, 2);
	acknowledge(f, 1, 2, 3);
	assert_says(f, "acknowledged writes", "write 1 at index 2");
}

static void
an_acknowledgement_that_half_the_disks_hold(void **state)
{
	struct fixture *f = *state;

	write_to(&f->logs[0], 2, 1);
	commit(f, 1, 2, 1);
	acknowledge(f, 1, 1, 2);
	assert_says(f, "acknowledged writes", "durable on 2 of 4");
}

static void
an_acknowledgement_without_both_majorities_is_seen(void **state)
{
	struct fixture *f = *state;
	struct sim_told told = {
		.node = 1,
		.term = 2,
		.id = 1,
		.index = 1,
		.support = { { .voters = 3, .holders = 3 },
			     { .voters = 4, .holders = 3 } },
	};

	write_to(&f->logs[0], 2, 1);
	commit(f, 1, 2, 1);
	sim_check_acknowledged_committed(&f->checks.acknowledged, &f->verdict,
					 &f->checks.history, &told);
	assert_silent(f);
	told.support[1].holders = 2;
	sim_check_acknowledged_committed(&f->checks.acknowledged, &f->verdict,
					 &f->checks.history, &told);
	assert_says(f, "acknowledged writes", "durable on 2 of 4");
}

static void
a_leader_without_an_acknowledged_write_is_seen(void **state)
{
	struct fixture *f = *state;
	struct sim_check_acknowledged *check = &f->checks.acknowledged;

	write_to(&f->logs[0], 2, 1);
	write_to(&f->logs[1], 2, 1);
	write_to(&f->logs[2], 2, 2);
	commit(f, 1, 2, 1);
	acknowledge(f, 1, 1, 3);
	sim_check_acknowledged_leads(check, &f->verdict, 2, 3, &f->logs[1]);
	assert_silent(f);
	sim_check_acknowledged_leads(check, &f->verdict, 3, 3, &f->logs[2]);
	assert_says(f, "acknowledged writes", "n3 leads in term 3");
	assert_int_equal(check->lost, 1);
}

static void
a_write_committed_twice_is_seen(void **state)
{
	struct fixture *f = *state;

	write_to(&f->logs[0], 2, 1);
	write_to(&f->logs[0], 2, 1);
	commit(f, 1, 2, 1);
	assert_silent(f);
	commit(f, 1, 2, 2);
	assert_says(f, "acknowledged writes", "at index 1 and at 2");
}

static void
a_write_told_lost_and_then_committed_is_seen(void **state)
{
	struct fixture *f = *state;

	sim_check_acknowledged_lost(&f->checks.acknowledged, &f->verdict, 1, 1);
	assert_silent(f);
	write_to(&f->logs[0], 2, 1);
	commit(f, 1, 2, 1);
	assert_says(f, "acknowledged writes", "was told lost");
}

static void
a_committed_write_told_lost_is_seen(void **state)
{
	struct fixture *f = *state;

	write_to(&f->logs[0], 2, 1);
	commit(f, 1, 2, 1);
	sim_check_acknowledged_lost(&f->checks.acknowledged, &f->verdict, 2, 1);
	assert_says(f, "acknowledged writes", "n2 told write 1 lost");
}

/* ----------------------------------------------------------- snapshots */

/** Let f->logs[0] have three committed writes; `state` has applied two. */
static void
apply_two(struct fixture *f, struct sim_machine *state)
{
	for (uint64_t id = 1; id <= 3; id++)
		write_to(&f->logs[0], 2, id);
	commit(f, 1, 2, 3);
	for (uint64_t index = 1; index <= 2; index++)
		sim_machine_apply(state, &(struct raft_entry){
			.index = index,
			.term = 2,
			.kind = RAFT_ENTRY_DATA,
			.payload = sim_log_at(&f->logs[0], index)->payload,
		});
}

static void
check_state(struct fixture *f, uint64_t index, uint64_t term,
	    const struct sim_machine *state)
{
	sim_check_snapshots_state(&f->checks.history, &f->verdict, 2,
				  (struct raft_entry_id){index, term}, state);
}

static void
a_snapshot_that_is_not_history_is_seen(void **state)
{
	struct fixture *f = *state;
	struct sim_machine machine = {0}, read;
	uint8_t bytes[SIM_MACHINE_BYTES];

	apply_two(f, &machine);
	sim_machine_encode(&machine, 1, bytes);
	assert_true(sim_machine_decode(&read, bytes, sizeof(bytes)));
	assert_false(sim_machine_decode(&read, bytes, sizeof(bytes) - 1));
	check_state(f, 2, 2, &read);
	assert_silent(f);
	/* A register that a part has left as it was. */
	bytes[32 + 8 * 2] ^= 1;
	assert_true(sim_machine_decode(&read, bytes, sizeof(bytes)));
	check_state(f, 2, 2, &read);
	assert_says(f, "snapshots", "not what was committed up to there");
}

/** Both wrote the same state down. */
static void
a_snapshot_of_two_writers_parts_is_seen(void **state)
{
	struct fixture *f = *state;
	struct sim_machine machine = {0}, read;
	uint8_t one[SIM_MACHINE_BYTES], other[SIM_MACHINE_BYTES];

	apply_two(f, &machine);
	sim_machine_encode(&machine, 1, one);
	sim_machine_encode(&machine, 2, other);
	assert_true(sim_machine_decode(&read, other, sizeof(other)));
	check_state(f, 2, 2, &read);
	assert_silent(f);
	memcpy(one, other, sizeof(other) / 2);
	assert_true(sim_machine_decode(&read, one, sizeof(one)));
	check_state(f, 2, 2, &read);
	assert_says(f, "snapshots", "not what was committed up to there");
}

static void
a_snapshot_of_another_index_is_seen(void **state)
{
	struct fixture *f = *state;
	struct sim_machine machine = {0};

	apply_two(f, &machine);
	check_state(f, 3, 2, &machine);
	assert_says(f, "snapshots", "n2 has a snapshot up to index 3");
}

static void
a_snapshot_of_what_is_not_committed_is_seen(void **state)
{
	struct fixture *f = *state;
	struct sim_machine machine = {0};

	apply_two(f, &machine);
	check_state(f, 2, 1, &machine);
	assert_says(f, "snapshots", "of term 1, which is not committed");
}

static void
a_part_promised_before_it_is_stored_is_seen(void **state)
{
	struct fixture *f = *state;
	struct raft_message message = {
		.kind = RAFT_MESSAGE_SNAPSHOT_ANSWER,
		.from = {2, 1},
		.snapshot_answer = {.snapshot = {9, 3}, .offset = 60},
	};
	const struct raft_entry_id last = {9, 3}, other = {9, 2};

	sim_check_snapshots_promise(&f->verdict, &message, last, 60);
	message.snapshot_answer.gap = true;
	sim_check_snapshots_promise(&f->verdict, &message, other, 0);
	assert_silent(f);
	message.snapshot_answer.gap = false;
	sim_check_snapshots_promise(&f->verdict, &message, last, 59);
	assert_says(f, "snapshots", "n2 says that it has 60 bytes");
	f->verdict.broken = false;
	sim_check_snapshots_promise(&f->verdict, &message, other, 60);
	assert_says(f, "snapshots", "which its disk does not hold");
}

/** Logs that begin behind a snapshot are compared all the same. */
static void
a_compacted_log_is_held_to_what_it_has(void **state)
{
	struct fixture *f = *state;
	struct sim_machine machine = {0};

	apply_two(f, &machine);
	sim_log_copy(&f->logs[1], &f->logs[0]);
	sim_log_compact(&f->logs[1], 2);
	assert_int_equal(sim_log_last(&f->logs[1]), 3);
	assert_null(sim_log_at(&f->logs[1], 2));
	assert_int_equal(sim_log_writes(&f->logs[1], 3), 3);
	sim_check_leader_holds(&f->checks.history, &f->verdict, 2, 3,
			       &f->logs[1]);
	commit(f, 2, 3, 3);
	assert_silent(f);
	sim_log_truncate(&f->logs[1], 3);
	write_to(&f->logs[1], 3, 4);
	sim_check_leader_holds(&f->checks.history, &f->verdict, 2, 3,
			       &f->logs[1]);
	assert_says(f, "leader completeness", "up to index 3");
}

/* --------------------------------------------------------------- reads */

/** A read, begun now, ends so on n2. */
static void
end_read(struct fixture *f, uint64_t index)
{
	struct sim_read read = {
		.id = 1,
		.seen_before = f->checks.reads.seen,
		.index = index,
	};

	sim_check_reads_ended(&f->checks.reads, &f->verdict, 2, &read);
}

/** And is answered from this state. */
static void
answer_read(struct fixture *f, uint64_t index,
	    const struct sim_machine *machine)
{
	struct sim_read read = {.id = 1, .index = index};

	sim_check_reads_answered(&f->checks.reads, &f->verdict,
				 &f->checks.history, 2, &read, machine);
}

static void
a_read_that_misses_an_acknowledged_write_is_seen(void **state)
{
	struct fixture *f = *state;

	sim_check_reads_seen(&f->checks.reads, 10, 4);
	sim_check_reads_seen(&f->checks.reads, 20, 3);
	end_read(f, 4);
	assert_silent(f);
	end_read(f, 3);
	assert_says(f, "reads", "as of index 3, but index 4 was seen");
	assert_int_equal(f->checks.reads.stale, 1);
}

static void
a_read_that_goes_back_behind_another_is_seen(void **state)
{
	struct fixture *f = *state;
	struct sim_machine machine = {0};

	write_to(&f->logs[0], 2, 7);
	write_to(&f->logs[0], 2, 8);
	commit(f, 1, 2, 2);
	apply(f, &machine, 2, 1, 2, 7);
	apply(f, &machine, 2, 2, 2, 8);
	/* It asked for less, but was shown all that is applied. */
	answer_read(f, 1, &machine);
	assert_silent(f);
	end_read(f, 1);
	assert_says(f, "reads", "as of index 1, but index 2 was seen");
}

static void
a_read_answered_too_early_is_seen(void **state)
{
	struct fixture *f = *state;
	struct sim_machine machine = {0};

	write_to(&f->logs[0], 2, 7);
	commit(f, 1, 2, 1);
	apply(f, &machine, 2, 1, 2, 7);
	answer_read(f, 1, &machine);
	assert_silent(f);
	answer_read(f, 2, &machine);
	assert_says(f, "reads", "as of index 2, having applied 1");
	assert_int_equal(f->checks.reads.stale, 1);
}

/* A read with a bound has to show what was seen before that time. */
static void
what_was_seen_before_a_time_is_known(void **state)
{
	struct fixture *f = *state;
	struct sim_check_reads *reads = &f->checks.reads;

	assert_int_equal(sim_check_reads_seen_before(reads, 99), 0);
	sim_check_reads_seen(reads, 10, 4);
	sim_check_reads_seen(reads, 20, 4);
	sim_check_reads_seen(reads, 30, 7);
	sim_check_reads_seen(reads, 30, 8);
	assert_int_equal(sim_check_reads_seen_before(reads, 10), 0);
	assert_int_equal(sim_check_reads_seen_before(reads, 11), 4);
	assert_int_equal(sim_check_reads_seen_before(reads, 30), 4);
	assert_int_equal(sim_check_reads_seen_before(reads, 31), 8);
}

static void
a_read_of_another_state_is_seen(void **state)
{
	struct fixture *f = *state;
	struct sim_machine machine = {.applied = 1, .chain = 99};

	write_to(&f->logs[0], 2, 7);
	commit(f, 1, 2, 1);
	answer_read(f, 1, &machine);
	assert_says(f, "reads", "a state that is not what was committed");
}

/* --------------------------------------------------------------- votes */

static void
two_votes_of_one_incarnation_are_seen(void **state)
{
	struct fixture *f = *state;
	struct sim_check_votes *check = &f->checks.votes;
	struct raft_identity voter = {1, 10}, reborn = {1, 11};
	struct raft_identity two = {2, 20}, three = {3, 30};

	sim_check_votes_cast(check, &f->verdict, voter, 5, two);
	sim_check_votes_cast(check, &f->verdict, voter, 6, three);
	sim_check_votes_cast(check, &f->verdict, voter, 5, two);
	sim_check_votes_cast(check, &f->verdict, reborn, 5, three);
	assert_silent(f);
	sim_check_votes_cast(check, &f->verdict, voter, 5, three);
	assert_says(f, "votes", "n1 voted for n2 and for n3 in term 5");
}

/* ------------------------------------------------------------ promises */

static const struct raft_message grant = {
	.kind = RAFT_MESSAGE_VOTE_ANSWER,
	.from = {1, 10},
	.to = {2, 20},
	.term = 5,
	.vote_answer = {.refusal = RAFT_REFUSAL_NONE, .asked_term = 5},
};

static void
a_term_that_no_disk_holds_is_seen(void **state)
{
	struct fixture *f = *state;
	struct raft_message message = {
		.kind = RAFT_MESSAGE_VOTE,
		.from = {1, 10},
		.term = 5,
	};

	f->logs[0].term = 5;
	sim_check_promise(&f->verdict, &message, &f->logs[0], NULL);
	assert_silent(f);
	f->logs[0].term = 4;
	sim_check_promise(&f->verdict, &message, &f->logs[0], NULL);
	assert_says(f, "promises", "n1 says that it is in term 5");
}

static void
a_vote_granted_before_it_is_durable_is_seen(void **state)
{
	struct fixture *f = *state;

	f->logs[0].term = 5;
	f->logs[0].vote = grant.to;
	sim_check_promise(&f->verdict, &grant, &f->logs[0], NULL);
	assert_silent(f);
	f->logs[0].vote.id = 0;
	sim_check_promise(&f->verdict, &grant, &f->logs[0], NULL);
	assert_says(f, "promises", "n1 grants n2 a vote in term 5");
}

/** n1, whose disk is f->logs[0], says to the leader n2 that it holds so much. */
static void
say_match(struct fixture *f, uint64_t index, const struct sim_log *leaders)
{
	struct raft_message message = {
		.kind = RAFT_MESSAGE_APPEND_ANSWER,
		.from = {1, 10},
		.to = {2, 20},
		.term = 5,
		.append_answer = {.verdict = RAFT_APPEND_ACCEPTED,
				  .match_index = index},
	};

	f->logs[0].term = 5;
	sim_check_promise(&f->verdict, &message, &f->logs[0], leaders);
}

static void
a_match_beyond_the_disk_is_seen(void **state)
{
	struct fixture *f = *state;

	write_to(&f->logs[0], 5, 1);
	say_match(f, 1, NULL);
	assert_silent(f);
	say_match(f, 2, NULL);
	assert_says(f, "promises", "n1 says that it holds index 2");
}

/** Of as many entries, one is what an older leader wrote there. */
static void
a_match_of_another_entry_is_seen(void **state)
{
	struct fixture *f = *state;

	write_to(&f->logs[0], 3, 1);
	write_to(&f->logs[1], 3, 1);
	write_to(&f->logs[0], 4, 2);
	write_to(&f->logs[1], 5, 3);
	say_match(f, 1, &f->logs[1]);
	assert_silent(f);
	say_match(f, 2, &f->logs[1]);
	assert_says(f, "promises", "index 2 of n2's log");
}

static void
a_match_that_a_snapshot_covers_is_none_of_it(void **state)
{
	struct fixture *f = *state;

	for (uint64_t id = 1; id <= 3; id++)
		for (int i = 0; i < 2; i++)
			write_to(&f->logs[i], 3, id);
	sim_log_compact(&f->logs[1], 2);
	for (uint64_t index = 1; index <= 3; index++)
		say_match(f, index, &f->logs[1]);
	sim_log_compact(&f->logs[0], 3);
	for (uint64_t index = 1; index <= 3; index++)
		say_match(f, index, &f->logs[1]);
	assert_silent(f);
}

/* ------------------------------------------------------------- verdict */

static void
the_first_violation_is_the_one_that_is_kept(void **state)
{
	struct fixture *f = *state;

	sim_accuse(&f->verdict, "first", "one %d", 1);
	sim_accuse(&f->verdict, "second", "two");
	assert_string_equal(f->verdict.text, "first: one 1 (at 1.500000 s)");
}

#define CHECKER_TEST(test)                                                     \
	cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CHECKER_TEST(two_leaders_of_one_term_are_seen),
		CHECKER_TEST(one_name_for_two_entries_is_seen),
		CHECKER_TEST(a_different_past_below_one_name_is_seen),
		CHECKER_TEST(another_entry_committed_at_an_index_is_seen),
		CHECKER_TEST(a_commit_beyond_the_log_is_seen),
		CHECKER_TEST(another_entry_applied_is_seen),
		CHECKER_TEST(an_entry_skipped_is_seen),
		CHECKER_TEST(an_uncommitted_entry_applied_is_seen),
		CHECKER_TEST(bytes_that_changed_on_the_way_are_seen),
		CHECKER_TEST(a_leader_without_a_committed_entry_is_seen),
		CHECKER_TEST(a_leader_who_learns_late_owes_nothing_newer),
		CHECKER_TEST(a_leader_with_another_entry_there_is_seen),
		CHECKER_TEST(an_acknowledgement_before_commit_is_seen),
		CHECKER_TEST(an_acknowledgement_at_another_index_is_seen),
		CHECKER_TEST(an_acknowledgement_that_half_the_disks_hold),
		CHECKER_TEST(an_acknowledgement_without_both_majorities_is_seen),
		CHECKER_TEST(a_leader_without_an_acknowledged_write_is_seen),
		CHECKER_TEST(a_write_committed_twice_is_seen),
		CHECKER_TEST(a_write_told_lost_and_then_committed_is_seen),
		CHECKER_TEST(a_committed_write_told_lost_is_seen),
		CHECKER_TEST(a_snapshot_that_is_not_history_is_seen),
		CHECKER_TEST(a_snapshot_of_two_writers_parts_is_seen),
		CHECKER_TEST(a_snapshot_of_another_index_is_seen),
		CHECKER_TEST(a_snapshot_of_what_is_not_committed_is_seen),
		CHECKER_TEST(a_part_promised_before_it_is_stored_is_seen),
		CHECKER_TEST(a_compacted_log_is_held_to_what_it_has),
		CHECKER_TEST(a_read_that_misses_an_acknowledged_write_is_seen),
		CHECKER_TEST(a_read_that_goes_back_behind_another_is_seen),
		CHECKER_TEST(a_read_answered_too_early_is_seen),
		CHECKER_TEST(what_was_seen_before_a_time_is_known),
		CHECKER_TEST(a_read_of_another_state_is_seen),
		CHECKER_TEST(two_votes_of_one_incarnation_are_seen),
		CHECKER_TEST(a_term_that_no_disk_holds_is_seen),
		CHECKER_TEST(a_vote_granted_before_it_is_durable_is_seen),
		CHECKER_TEST(a_match_beyond_the_disk_is_seen),
		CHECKER_TEST(a_match_of_another_entry_is_seen),
		CHECKER_TEST(a_match_that_a_snapshot_covers_is_none_of_it),
		CHECKER_TEST(the_first_violation_is_the_one_that_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
