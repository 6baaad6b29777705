/*
 * Changes of membership, as one member sees them (thesis chapter 4).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/rig.h"

#include <string.h>

/** A configuration to come: "123" voters, "4" non-voting. */
struct wish {
	struct raft_member members[RIG_VOTERS_MAX];
	struct raft_configuration configuration;
};

static struct raft_configuration *
wish(struct wish *w, const char *voters, const char *non_voting)
{
	size_t count = 0;

	memset(w, 0, sizeof(*w));
	for (char id = '1'; id <= '9'; id++) {
		bool votes = strchr(voters, id) != NULL;

		if (!votes && strchr(non_voting, id) == NULL)
			continue;
		w->members[count++] = (struct raft_member){
			.identity = { (uint64_t)(id - '0'),
				      (uint64_t)(id - '0') + 10 },
			.role = votes ? RAFT_MEMBER_VOTER
				      : RAFT_MEMBER_NON_VOTING,
		};
	}
	rig_order(w->members, count);
	w->configuration.election_timeout_us = T;
	w->configuration.members = w->members;
	w->configuration.member_count = count;
	return &w->configuration;
}

static enum raft_result
change(struct rig *rig, const char *voters, const char *non_voting)
{
	struct wish w;

	return raft_reconfigure(rig->raft, wish(&w, voters, non_voting),
				rig->now, NULL);
}

/** C_old,new, for a log or a message. */
static struct raft_configuration *
joint(struct wish *w, const char *old, const char *new)
{
	struct raft_configuration *c = wish(w, new, old);

	c->joint = true;
	for (size_t i = 0; i < c->member_count; i++) {
		char id = rig_digit(w->members[i].identity);

		w->members[i].role = strchr(new, id) != NULL
					 ? RAFT_MEMBER_VOTER
					 : RAFT_MEMBER_NONE;
		w->members[i].role_before = strchr(old, id) != NULL
						? RAFT_MEMBER_VOTER
						: RAFT_MEMBER_NONE;
	}
	return c;
}

/** Acknowledge all of the log. */
static void
hold_all(struct rig *rig, const char *peers)
{
	for (; *peers != '\0'; peers++)
		rig_accept(rig, (uint64_t)(*peers - '0'),
			   rig_status(rig).last.index);
	rig_settle(rig);
}

/** Member 1 leads 1, 2, 3 and has committed its no-op. */
static void
lead(struct rig *rig, const char *build)
{
	rig_start(rig, &(struct rig_options){ .build = build });
	rig_time_out(rig);
	if (strstr(build, "prevote") != NULL)
		(void)rig_give(rig, 2, (struct raft_message){
			.kind = RAFT_MESSAGE_UNSUPPORTED,
			.term = 1,
			.extension = rig_sent(rig, "prevote", 2)->extension,
		});
	rig_turn(rig);
	rig_save(rig);
	rig_grant(rig, 2);
	assert_int_equal(rig_status(rig).role, RAFT_LEADER);
	rig_settle(rig);
	hold_all(rig, "23");
	assert_int_equal(rig_status(rig).commit_index, 2);
	rig_forget(rig);
}

static bool
is_joint(const struct rig *rig)
{
	return raft_configuration(rig->raft)->joint;
}

/* ---------------------------------------------------------------- changes */

/* How long it has been silent says nothing of whether it would follow: it was
 * not asked. From now on it is, and has a window as any voter that is new. */
static void
who_becomes_a_voter_has_a_window_of_grace(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .build = "checkquorum",
					       .voters = 1 });
	rig_lead(&rig);
	assert_int_equal(change(&rig, "1", "23"), RAFT_OK);
	rig_settle(&rig);
	rig_pass(&rig, 5 * T);
	assert_int_equal(change(&rig, "123", ""), RAFT_OK);
	rig_settle(&rig);
	assert_true(is_joint(&rig));
	rig_pass(&rig, T - 1);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	/* One window, and no more. */
	rig_pass(&rig, 1);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	rig_stop(&rig);
}

/* Neither a voter of before, nor the end of the change, begins another one. */
/* Its window is one of grace: nobody hands over to who has not been heard since. */
static void
who_becomes_a_voter_in_silence_is_no_successor(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, "baseline");
	assert_int_equal(change(&rig, "12", "3"), RAFT_OK);
	rig_settle(&rig);
	hold_all(&rig, "23");
	rig_pass(&rig, 5 * T);
	assert_int_equal(change(&rig, "123", ""), RAFT_OK);
	rig_settle(&rig);
	assert_int_equal(raft_step_down(rig.raft, rig.now), RAFT_OK);
	assert_int_equal(rig_status(&rig).transfer_target, 0);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	rig_stop(&rig);
}

static void
who_was_a_voter_has_no_second_window(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, "checkquorum");
	assert_int_equal(change(&rig, "123", "4"), RAFT_OK);
	rig_settle(&rig);
	hold_all(&rig, "2");
	rig_pass(&rig, T - 1);
	rig_pass(&rig, 0);
	assert_int_equal(change(&rig, "1234", ""), RAFT_OK);
	rig_pass(&rig, 1);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	rig_stop(&rig);
}

static void
one_voter_more_takes_the_short_way(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, "baseline");
	assert_int_equal(change(&rig, "1234", ""), RAFT_OK);
	assert_false(is_joint(&rig));
	assert_int_equal(rig_status(&rig).member_count, 4);
	rig_settle(&rig);
	/* In force at once: three of four. */
	hold_all(&rig, "2");
	assert_int_equal(rig_status(&rig).commit_index, 2);
	assert_true(rig_status(&rig).changing);
	hold_all(&rig, "4");
	assert_int_equal(rig_status(&rig).commit_index, 3);
	assert_false(rig_status(&rig).changing);
	assert_int_equal(rig.outcome_count, 1);
	assert_int_equal(rig.outcomes[0].range.last, 3);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_CONFIGURATION_COMMITTED), 1);
	rig_stop(&rig);
}

static void
any_other_change_needs_both_majorities(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, "baseline");
	assert_int_equal(change(&rig, "145", ""), RAFT_OK);
	assert_true(is_joint(&rig));
	rig_settle(&rig);
	hold_all(&rig, "23");
	assert_int_equal(rig_status(&rig).commit_index, 2);
	hold_all(&rig, "4");
	/* Committed, and left by itself. */
	assert_false(is_joint(&rig));
	assert_int_equal(rig_status(&rig).commit_index, 3);
	assert_int_equal(rig_status(&rig).last.index, 4);
	assert_int_equal(rig_status(&rig).member_count, 3);
	assert_true(rig_status(&rig).changing);
	assert_int_equal(change(&rig, "1", ""), RAFT_CHANGING);
	hold_all(&rig, "5");
	assert_int_equal(rig_status(&rig).commit_index, 4);
	assert_false(rig_status(&rig).changing);
	rig_stop(&rig);
}

/* Two of the old, three of the new: the old ones alone decide nothing. */
static void
the_new_majority_alone_decides_nothing(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, "baseline");
	assert_int_equal(change(&rig, "1456", ""), RAFT_OK);
	rig_settle(&rig);
	hold_all(&rig, "456");
	assert_int_equal(rig_status(&rig).commit_index, 2);
	hold_all(&rig, "3");
	assert_int_equal(rig_status(&rig).commit_index, 3);
	rig_stop(&rig);
}

static void
a_change_waits_for_the_leaders_own_term(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ 0 });
	assert_int_equal(change(&rig, "12", ""), RAFT_NOT_LEADER);
	rig_lead(&rig);
	assert_int_equal(change(&rig, "12", ""), RAFT_TOO_SOON);
	hold_all(&rig, "2");
	assert_int_equal(change(&rig, "12", ""), RAFT_OK);
	rig_stop(&rig);
}

/** M8: followers wait less from the moment that they hold it. */
static void
a_shorter_timeout_hastens_the_next_heartbeat(void **state)
{
	struct rig rig;
	struct wish w;

	(void)state;
	lead(&rig, "baseline");
	wish(&w, "123", "")->election_timeout_us = T / 20;
	assert_int_equal(raft_reconfigure(rig.raft, &w.configuration, rig.now,
					  NULL),
			 RAFT_OK);
	rig_settle(&rig);
	rig_forget(&rig);
	rig_pass(&rig, T / 200);
	assert_int_equal(rig_count(&rig, "append"), 2);
	rig_stop(&rig);
}

/* And the leader hears no more than it has asked for. */
static void
a_shorter_timeout_gives_the_voters_its_own_window(void **state)
{
	struct rig rig;
	struct wish w;

	(void)state;
	lead(&rig, "checkquorum");
	rig.now += T / 11;
	wish(&w, "123", "")->election_timeout_us = T / 20;
	assert_int_equal(raft_reconfigure(rig.raft, &w.configuration, rig.now,
					  NULL),
			 RAFT_OK);
	rig_settle(&rig);
	rig_pass(&rig, T / 20 - 1);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	rig_pass(&rig, 1);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	rig_stop(&rig);
	/* But no more time than they had. */
	lead(&rig, "checkquorum");
	rig_pass(&rig, T - 10);
	wish(&w, "123", "")->election_timeout_us = T / 20;
	assert_int_equal(raft_reconfigure(rig.raft, &w.configuration, rig.now,
					  NULL),
			 RAFT_OK);
	rig_settle(&rig);
	rig_pass(&rig, 10);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	rig_stop(&rig);
}

/* M8, the other way: until a majority holds it, nobody is known to wait longer
 * than before, so that nothing slows down. */
static void
a_longer_timeout_counts_once_it_is_committed(void **state)
{
	struct rig rig;
	struct wish w;

	(void)state;
	for (int held = 0; held <= 1; held++) {
		lead(&rig, "checkquorum");
		wish(&w, "123", "")->election_timeout_us = 10 * T;
		assert_int_equal(raft_reconfigure(rig.raft, &w.configuration,
						  rig.now, NULL),
				 RAFT_OK);
		rig_settle(&rig);
		if (held)
			hold_all(&rig, "2");
		rig_pass(&rig, T / 10);
		rig_forget(&rig);
		rig_pass(&rig, T / 10);
		assert_int_equal(rig_count(&rig, "append"), held ? 0 : 2);
		rig_pass(&rig, T);
		assert_int_equal(rig_status(&rig).role,
				 held ? RAFT_LEADER : RAFT_FOLLOWER);
		rig_stop(&rig);
	}
}

static void
one_change_at_a_time(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, "baseline");
	assert_int_equal(change(&rig, "1234", ""), RAFT_OK);
	assert_int_equal(change(&rig, "123", ""), RAFT_CHANGING);
	rig_settle(&rig);
	hold_all(&rig, "23");
	assert_int_equal(change(&rig, "123", ""), RAFT_OK);
	rig_stop(&rig);
}

static void
a_change_is_named_by_its_first_entry(void **state)
{
	struct raft_entry_id entry = { 0 };
	struct wish w;
	struct rig rig;

	(void)state;
	lead(&rig, "baseline");
	wish(&w, "1245", "");
	assert_int_equal(raft_reconfigure(rig.raft, &w.configuration, rig.now,
					  &entry),
			 RAFT_OK);
	assert_int_equal(entry.index, 3);
	assert_int_equal(entry.term, 2);
	assert_int_equal(rig_status(&rig).last.index, 3);
	/* One that is refused names nothing. */
	assert_int_equal(raft_reconfigure(rig.raft, &w.configuration, rig.now,
					  &entry),
			 RAFT_CHANGING);
	assert_int_equal(entry.index, 3);
	rig_stop(&rig);
}

/* The way to it may take more than it does itself. */
static void
a_configuration_that_no_message_can_carry_is_refused(void **state)
{
	struct rig rig;
	struct wish w;
	uint32_t half =
	    (uint32_t)raft_configuration_bytes(joint(&w, "123", "245"));

	(void)state;
	for (uint32_t more = 0; more < 2; more++) {
		rig_start(&rig, &(struct rig_options){
				    .payload_bytes_max = 2 * half - 2 + 2 * more,
				});
		rig_lead(&rig);
		hold_all(&rig, "23");
		assert_int_equal(change(&rig, "245", ""),
				 more ? RAFT_OK : RAFT_TOO_LARGE);
		assert_int_equal(rig_status(&rig).last.index, 2 + more);
		assert_int_equal(change(&rig, "1234", ""),
				 more ? RAFT_CHANGING : RAFT_OK);
		rig_settle(&rig);
		rig_stop(&rig);
	}
}

static void
nonsense_and_bad_moments_are_refused(void **state)
{
	struct rig rig;
	struct wish w;
	struct raft_configuration *c;

	(void)state;
	lead(&rig, "baseline");
	assert_int_equal(change(&rig, "", "123"), RAFT_INVALID);
	c = wish(&w, "123", "");
	w.members[1].identity.incarnation++;
	assert_int_equal(raft_reconfigure(rig.raft, c, rig.now, NULL),
			 RAFT_INVALID);
	assert_int_equal(raft_reconfigure(rig.raft, joint(&w, "123", "124"),
					  rig.now, NULL),
			 RAFT_INVALID);
	c = wish(&w, "12", "");
	c->must_understand = 2;
	assert_int_equal(raft_reconfigure(rig.raft, c, rig.now, NULL),
			 RAFT_INCOMPATIBLE);
	assert_int_equal(rig_transfer(&rig, 2), RAFT_OK);
	assert_int_equal(change(&rig, "12", ""), RAFT_TRANSFERRING);
	raft_log_failed(rig.raft, rig.now);
	assert_int_equal(change(&rig, "12", ""), RAFT_STOPPED);
	assert_int_equal(rig_status(&rig).member_count, 3);
	rig_stop(&rig);
}

static void
too_many_uncommitted_entries_refuse_a_change(void **state)
{
	struct rig rig;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .uncommitted_entries_max = 2 });
	rig_lead(&rig);
	hold_all(&rig, "2");
	assert_int_equal(rig_propose(&rig, 2), RAFT_OK);
	assert_int_equal(change(&rig, "12", ""), RAFT_OVERLOADED);
	rig_stop(&rig);
}

static void
non_voting_members_come_and_go_and_count_in_nothing(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, "baseline");
	assert_int_equal(change(&rig, "123", "4567"), RAFT_OK);
	assert_false(is_joint(&rig));
	rig_settle(&rig);
	assert_non_null(rig_sent(&rig, "append", 7));
	hold_all(&rig, "4567");
	assert_int_equal(rig_status(&rig).commit_index, 2);
	hold_all(&rig, "2");
	assert_int_equal(rig_status(&rig).commit_index, 3);
	assert_int_equal(rig_transfer(&rig, 4), RAFT_INVALID);
	rig_stop(&rig);
}

static void
each_member_keeps_its_address(void **state)
{
	struct rig rig;
	struct wish w;
	struct raft_configuration *c = wish(&w, "145", "");

	(void)state;
	lead(&rig, "baseline");
	w.members[1].address = "four.example:4";
	w.members[1].address_length = 14;
	assert_int_equal(raft_reconfigure(rig.raft, c, rig.now, NULL), RAFT_OK);
	rig_settle(&rig);
	hold_all(&rig, "24");
	c = (struct raft_configuration *)(uintptr_t)raft_configuration(rig.raft);
	assert_false(c->joint);
	assert_int_equal(c->members[1].address_length, 14);
	assert_memory_equal(c->members[1].address, "four.example:4", 14);
	rig_stop(&rig);
}

/* The entry that leaves a joint configuration was proposed by nobody. */
static void
outcomes_pass_over_the_librarys_own_entry(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, "baseline");
	assert_int_equal(change(&rig, "145", ""), RAFT_OK);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	rig_settle(&rig);
	hold_all(&rig, "24");
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	rig_settle(&rig);
	hold_all(&rig, "45");
	assert_int_equal(rig_status(&rig).commit_index, 6);
	assert_int_equal(rig.outcome_count, 2);
	assert_int_equal(rig.outcomes[0].range.first, 3);
	assert_int_equal(rig.outcomes[0].range.last, 4);
	assert_int_equal(rig.outcomes[1].range.first, 6);
	assert_int_equal(rig.outcomes[1].range.last, 6);
	rig_stop(&rig);
}

static void
without_memory_nothing_changes(void **state)
{
	struct rig rig;
	long left = 0;

	(void)state;
	lead(&rig, "baseline");
	for (;; left++) {
		rig.allocations_left = left;
		if (change(&rig, "1456789", "") == RAFT_OK)
			break;
		assert_int_equal(rig_status(&rig).member_count, 3);
		assert_int_equal(rig_status(&rig).last.index, 2);
	}
	assert_true(left > 1);
	rig.allocations_left = -1;
	rig_settle(&rig);
	/* Nor can it leave the joint configuration, until it can. */
	rig.allocations_left = 0;
	hold_all(&rig, "24567");
	assert_true(is_joint(&rig));
	rig.allocations_left = -1;
	rig_pass(&rig, T / 10);
	assert_false(is_joint(&rig));
	rig_stop(&rig);
}

/* ------------------------------------------------------- leaders that go */

static void
a_removed_leader_hands_over_once_that_is_committed(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, "baseline");
	assert_int_equal(change(&rig, "23", ""), RAFT_OK);
	rig_settle(&rig);
	/* It counts itself no more. */
	hold_all(&rig, "2");
	assert_int_equal(rig_status(&rig).commit_index, 2);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	hold_all(&rig, "3");
	assert_int_equal(rig_status(&rig).commit_index, 3);
	assert_int_equal(rig_count(&rig, "timeout-now"), 1);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_REMOVED), 1);
	assert_int_equal(rig_propose(&rig, 1), RAFT_TRANSFERRING);
	rig_pass(&rig, T);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	rig_pass(&rig, 10 * T);
	assert_int_equal(rig_count(&rig, "vote"), 0);
	assert_int_equal(raft_deadline(rig.raft), UINT64_MAX);
	rig_stop(&rig);
}

static void
a_demoted_leader_gives_way_and_stays_a_member(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, "baseline");
	assert_int_equal(change(&rig, "23", "1"), RAFT_OK);
	rig_settle(&rig);
	hold_all(&rig, "23");
	assert_int_equal(rig_status(&rig).member_role, RAFT_MEMBER_NON_VOTING);
	assert_int_equal(rig_count(&rig, "timeout-now"), 1);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_REMOVED), 0);
	rig_stop(&rig);
}

/* CheckQuorum counts the voters, and a leader on its way out is none. */
static void
a_leader_on_its_way_out_still_needs_its_majority(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, "checkquorum");
	assert_int_equal(change(&rig, "2", ""), RAFT_OK);
	rig_settle(&rig);
	assert_true(is_joint(&rig));
	hold_all(&rig, "2");
	assert_false(is_joint(&rig));
	for (int i = 0; i < 12; i++)
		rig_pass(&rig, T / 10);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	rig_stop(&rig);
}

/* A follower of before is asked in one term: appends to it that the former
 * count numbered must not hide those of now. */
static void
one_that_comes_back_hears_each_heartbeat(void **state)
{
	struct rig rig;
	uint64_t before;

	(void)state;
	lead(&rig, "baseline");
	for (int i = 0; i < 5; i++)
		rig_pass(&rig, T / 10);
	before = rig_sent(&rig, "append", 3)->append.sequence;
	assert_int_equal(change(&rig, "12", ""), RAFT_OK);
	rig_settle(&rig);
	hold_all(&rig, "2");
	assert_int_equal(change(&rig, "123", ""), RAFT_OK);
	rig_forget(&rig);
	rig_settle(&rig);
	assert_true(rig_sent(&rig, "append", 3)->append.sequence > before);
	hold_all(&rig, "2");
	assert_int_equal(rig_status(&rig).commit_index, 4);
	rig_stop(&rig);
}

/* -------------------------------------------------- elections and the rest */

/** A log of three entries: the first configuration, and another at 3. */
struct history {
	uint8_t bytes[512];
	struct raft_term_run run;
	struct raft_stored_configuration configurations[2];
	struct raft_stored stored;
};

static const struct raft_stored *
history(struct history *h, size_t voters,
	const struct raft_configuration *newest)
{
	h->run = (struct raft_term_run){ .first_index = 1, .term = 1 };
	h->configurations[0] = rig_configuration(voters);
	h->configurations[1] = (struct raft_stored_configuration){
		.index = 3,
		.bytes = h->bytes,
		.length = raft_configuration_encode(newest, h->bytes,
						    sizeof(h->bytes)),
	};
	assert_true(h->configurations[1].length > 0);
	h->stored = (struct raft_stored){
		.term = 1,
		.runs = &h->run,
		.run_count = 1,
		.last_index = 3,
		.configurations = h->configurations,
		.configuration_count = 2,
	};
	return &h->stored;
}

static void
start_from(struct rig *rig, const char *build,
	   const struct raft_configuration *newest)
{
	struct history h;

	rig_start(rig, &(struct rig_options){
			   .build = build,
			   .stored = history(&h, 3, newest),
		       });
}

static void
grant_prevote(struct rig *rig, uint64_t from)
{
	(void)rig_give(rig, from, (struct raft_message){
		.kind = RAFT_MESSAGE_UNSUPPORTED,
		.term = 1,
		.extension = rig_sent(rig, "prevote", from)->extension,
	});
	rig_turn(rig);
}

static void
a_candidate_needs_both_majorities(void **state)
{
	struct rig rig;
	struct wish w;

	(void)state;
	start_from(&rig, "prevote", joint(&w, "123", "145"));
	rig_time_out(&rig);
	grant_prevote(&rig, 2);
	grant_prevote(&rig, 3);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	grant_prevote(&rig, 5);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	rig_save(&rig);
	assert_int_equal(rig_count(&rig, "vote"), 4);
	rig_grant(&rig, 4);
	rig_grant(&rig, 5);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	rig_grant(&rig, 3);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	rig_stop(&rig);
}

static void
a_new_leader_leaves_the_joint_configuration_it_finds(void **state)
{
	struct rig rig;
	struct wish w;

	(void)state;
	start_from(&rig, "baseline", joint(&w, "123", "145"));
	rig_heartbeat(&rig, 2, 2);
	rig_append(&rig, 2, 2, ID(3, 1), NULL, 0, 3);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 3);
	rig_time_out(&rig);
	rig_save(&rig);
	rig_grant(&rig, 2);
	rig_grant(&rig, 4);
	rig_settle(&rig);
	assert_true(is_joint(&rig));
	assert_int_equal(change(&rig, "12", ""), RAFT_TOO_SOON);
	hold_all(&rig, "24");
	assert_false(is_joint(&rig));
	hold_all(&rig, "4");
	assert_false(rig_status(&rig).changing);
	rig_stop(&rig);
}

static void
a_read_does_not_wait_for_those_who_left(void **state)
{
	struct rig rig;
	uint64_t read;

	(void)state;
	lead(&rig, "baseline");
	assert_int_equal(change(&rig, "12", ""), RAFT_OK);
	rig_settle(&rig);
	hold_all(&rig, "2");
	assert_int_equal(raft_read(rig.raft, rig.now, &read), RAFT_OK);
	rig_turn(&rig);
	/* Nobody is left that could answer. */
	assert_int_equal(change(&rig, "1", ""), RAFT_OK);
	assert_int_equal(rig.reads, 0);
	rig_settle(&rig);
	assert_int_equal(rig.reads, 1);
	rig_stop(&rig);
}

static void
a_read_needs_both_majorities(void **state)
{
	struct rig rig;
	struct raft_duties duties;
	uint64_t read;

	(void)state;
	lead(&rig, "baseline");
	assert_int_equal(change(&rig, "145", ""), RAFT_OK);
	rig_settle(&rig);
	assert_int_equal(raft_read(rig.raft, rig.now, &read), RAFT_OK);
	rig_turn(&rig);
	rig_accept(&rig, 2, 2);
	rig_accept(&rig, 3, 2);
	assert_false(raft_duties(rig.raft, &duties) && duties.read_count > 0);
	rig_accept(&rig, 5, 0);
	assert_true(raft_duties(rig.raft, &duties));
	assert_int_equal(duties.read_count, 1);
	assert_int_equal(duties.reads[0].index, 2);
	rig_stop(&rig);
}

/* Hazard L8. Only it has the entry that removes it, and a majority of the old
 * configuration without its vote there is none. */
static void
the_only_holder_of_its_own_removal_can_be_elected(void **state)
{
	struct rig rig;
	struct wish w;

	(void)state;
	start_from(&rig, "prevote", wish(&w, "23", ""));
	assert_int_equal(rig_status(&rig).member_role, RAFT_MEMBER_NONE);
	rig_time_out(&rig);
	grant_prevote(&rig, 2);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	grant_prevote(&rig, 3);
	rig_save(&rig);
	rig_grant(&rig, 2);
	/* It is no voter of the configuration in force. */
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	rig_grant(&rig, 3);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	rig_settle(&rig);
	hold_all(&rig, "23");
	assert_int_equal(rig_status(&rig).commit_index, 4);
	assert_int_equal(rig_count(&rig, "timeout-now"), 1);
	rig_stop(&rig);
}

static void
a_configuration_that_is_cut_off_goes_back(void **state)
{
	struct rig rig;
	struct wish w;

	(void)state;
	start_from(&rig, "baseline", joint(&w, "123", "145"));
	assert_true(is_joint(&rig));
	rig_append(&rig, 2, 2, ID(2, 1), TERMS(2), 1, 0);
	assert_false(is_joint(&rig));
	assert_int_equal(rig_status(&rig).member_count, 3);
	assert_int_equal(rig_status(&rig).configuration_index, 1);
	rig_stop(&rig);
}

/* ------------------------------------------------------ who was removed */

/* Its log grows through the time before it was named: nobody removed it. */
static void
a_newcomer_was_not_removed_before_it_came(void **state)
{
	struct raft_stored empty = { 0 };
	uint8_t bytes[512];
	struct raft_entry first = { .index = 1, .term = 1,
				    .kind = RAFT_ENTRY_CONFIGURATION };
	struct rig rig;
	struct wish w;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .stored = &empty });
	first.payload.data = bytes;
	first.payload.length = raft_configuration_encode(
		wish(&w, "23", ""), bytes, sizeof(bytes));
	(void)rig_give(&rig, 2, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND,
		.term = 1,
		.append = { .last = ID(1, 1), .entries = &first,
			    .commit_index = 1, .sequence = 1 },
	});
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 1);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_CONFIGURATION_COMMITTED), 1);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_REMOVED), 0);
	rig_stop(&rig);
}

static void
the_new_majority_alone_can_say_so(void **state)
{
	struct rig rig;
	struct wish w;

	(void)state;
	start_from(&rig, "baseline", joint(&w, "123", "456"));
	rig_time_out(&rig);
	rig_save(&rig);
	rig_disown(&rig, 4, rig_status(&rig).term);
	assert_int_equal(rig_status(&rig).role, RAFT_CANDIDATE);
	rig_disown(&rig, 5, rig_status(&rig).term);
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	assert_int_equal(raft_deadline(rig.raft), UINT64_MAX);
	rig_stop(&rig);
}

static void
a_candidate_that_was_removed_is_told_and_judged_all_the_same(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig, "baseline");
	assert_int_equal(change(&rig, "12", ""), RAFT_OK);
	rig_settle(&rig);
	/* Not yet committed: it may come back. */
	rig_vote(&rig, 3, 2, ID(2, 1));
	rig_turn(&rig);
	assert_int_equal(rig_count(&rig, "not-member"), 0);
	hold_all(&rig, "2");
	rig_vote(&rig, 3, 2, ID(2, 1));
	rig_turn(&rig);
	assert_int_equal(rig_count(&rig, "not-member"), 1);
	assert_int_equal(
	    rig_sent(&rig, "not-member", 3)->not_member.asked_term, 2);
	assert_int_equal(rig_sent(&rig, "not-member", 3)->not_member.tip.index,
			 rig_status(&rig).last.index);
	/* It may know a newer configuration than we do. */
	rig_vote(&rig, 3, 5, ID(9, 4));
	rig_settle(&rig);
	assert_int_equal(rig_count(&rig, "not-member"), 1);
	assert_int_equal(
	    rig_sent(&rig, "vote-answer", 3)->vote_answer.refusal,
	    RAFT_REFUSAL_NONE);
	rig_stop(&rig);
}

/* A vote may be given before the first configuration is written. */
static void
a_log_that_has_voted_can_still_be_bootstrapped(void **state)
{
	struct raft_stored empty = { 0 };
	struct rig rig;
	struct wish w;

	(void)state;
	rig_start(&rig, &(struct rig_options){ .stored = &empty });
	rig_vote(&rig, 2, 2, ID(1, 1));
	rig_settle(&rig);
	assert_int_equal(raft_bootstrap(rig.raft, wish(&w, "123", ""), rig.now),
			 RAFT_OK);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).term, 2);
	assert_int_equal(rig_status(&rig).vote.id, rig_id(2));
	assert_int_equal(rig_status(&rig).last.term, 1);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_becomes_a_voter_has_a_window_of_grace),
		cmocka_unit_test(
		    who_becomes_a_voter_in_silence_is_no_successor),
		cmocka_unit_test(who_was_a_voter_has_no_second_window),
		cmocka_unit_test(one_voter_more_takes_the_short_way),
		cmocka_unit_test(any_other_change_needs_both_majorities),
		cmocka_unit_test(the_new_majority_alone_decides_nothing),
		cmocka_unit_test(a_change_waits_for_the_leaders_own_term),
		cmocka_unit_test(a_shorter_timeout_hastens_the_next_heartbeat),
		cmocka_unit_test(
		    a_shorter_timeout_gives_the_voters_its_own_window),
		cmocka_unit_test(a_longer_timeout_counts_once_it_is_committed),
		cmocka_unit_test(one_change_at_a_time),
		cmocka_unit_test(a_change_is_named_by_its_first_entry),
		cmocka_unit_test(
		    a_configuration_that_no_message_can_carry_is_refused),
		cmocka_unit_test(nonsense_and_bad_moments_are_refused),
		cmocka_unit_test(too_many_uncommitted_entries_refuse_a_change),
		cmocka_unit_test(
		    non_voting_members_come_and_go_and_count_in_nothing),
		cmocka_unit_test(each_member_keeps_its_address),
		cmocka_unit_test(outcomes_pass_over_the_librarys_own_entry),
		cmocka_unit_test(without_memory_nothing_changes),
		cmocka_unit_test(
		    a_removed_leader_hands_over_once_that_is_committed),
		cmocka_unit_test(a_demoted_leader_gives_way_and_stays_a_member),
		cmocka_unit_test(
		    a_leader_on_its_way_out_still_needs_its_majority),
		cmocka_unit_test(one_that_comes_back_hears_each_heartbeat),
		cmocka_unit_test(a_candidate_needs_both_majorities),
		cmocka_unit_test(
		    a_new_leader_leaves_the_joint_configuration_it_finds),
		cmocka_unit_test(a_read_does_not_wait_for_those_who_left),
		cmocka_unit_test(a_read_needs_both_majorities),
		cmocka_unit_test(
		    the_only_holder_of_its_own_removal_can_be_elected),
		cmocka_unit_test(a_configuration_that_is_cut_off_goes_back),
		cmocka_unit_test(a_newcomer_was_not_removed_before_it_came),
		cmocka_unit_test(the_new_majority_alone_can_say_so),
		cmocka_unit_test(
		    a_candidate_that_was_removed_is_told_and_judged_all_the_same),
		cmocka_unit_test(a_log_that_has_voted_can_still_be_bootstrapped),
	};

	return rig_run(tests);
}
