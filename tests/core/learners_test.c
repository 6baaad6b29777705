/*
 * learners: catching up, the gate, promotion, standing in, at their leader.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "extensions/learners/options.h"
#include "tests/core/rig.h"

#include <string.h>

#define HEARTBEAT (T / 10)
#define MEMBERS_MAX 9

/** "123" vote, "45" do not. */
struct wish {
	struct raft_member members[MEMBERS_MAX];
	struct raft_configuration configuration;
};

static struct raft_configuration *
wish(struct wish *w, const char *voters, const char *learners)
{
	size_t count = 0;

	memset(w, 0, sizeof(*w));
	for (char id = '1'; id <= '9'; id++) {
		bool votes = strchr(voters, id) != NULL;

		if (!votes && strchr(learners, id) == NULL)
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

static const struct raft_member *
in(const struct raft_configuration *c, uint64_t number)
{
	for (size_t i = 0; i < c->member_count; i++)
		if (c->members[i].identity.id == rig_id(number))
			return &c->members[i];
	fail_msg("no member %d", (int)number);
	return NULL;
}

static struct raft_member *
named(struct wish *w, uint64_t number)
{
	return &w->members[in(&w->configuration, number) - w->members];
}

/** As it stands in the configuration in force. */
static const struct raft_member *
entry_of(const struct rig *rig, uint64_t number)
{
	return in(raft_configuration(rig->raft), number);
}

static uint64_t
tip(const struct rig *rig)
{
	return rig_status(rig).last.index;
}

/** These hold all of the log. */
static void
hold_all(struct rig *rig, const char *peers)
{
	for (; *peers != '\0'; peers++)
		rig_accept(rig, (uint64_t)(*peers - '0'), tip(rig));
	rig_settle(rig);
}

/** Heartbeats are sent, and these answer them; so often. */
static void
beat(struct rig *rig, const char *peers, size_t times)
{
	for (; times > 0; times--) {
		rig_forget(rig);
		rig_pass(rig, HEARTBEAT);
		hold_all(rig, peers);
	}
}

/** Member 1 leads 1, 2, 3 and has committed its first entry. */
static void
lead_with(struct rig *rig, const struct rig_options *options)
{
	rig_start(rig, options);
	rig_lead(rig);
	hold_all(rig, "23");
	assert_int_equal(rig_status(rig).commit_index, 2);
}

static void
lead(struct rig *rig)
{
	lead_with(rig, &(struct rig_options){ .build = "learners" });
}

/** To that configuration, which the present voters commit. */
static void
change_to(struct rig *rig, struct wish *w)
{
	assert_int_equal(raft_reconfigure(rig->raft, &w->configuration,
					  rig->now, NULL),
			 RAFT_OK);
	rig_settle(rig);
	hold_all(rig, "23");
	assert_false(rig_status(rig).changing);
	rig_forget(rig);
}

static void
add(struct rig *rig, const char *learners)
{
	struct wish w;

	wish(&w, "123", learners);
	change_to(rig, &w);
}

static bool
votes(const struct rig *rig, uint64_t number)
{
	return entry_of(rig, number)->role == RAFT_MEMBER_VOTER;
}

/** Entries that the voters commit, while that one gets nothing. */
static void
grow(struct rig *rig, size_t entries)
{
	assert_int_equal(rig_propose(rig, entries), RAFT_OK);
	rig_settle(rig);
	hold_all(rig, "23");
}

static enum raft_result
promote(struct rig *rig, bool insists)
{
	struct wish w;

	wish(&w, "1234", "");
	return insists ? raft_reconfigure_anyway(rig->raft, &w.configuration,
						 rig->now, NULL)
		       : raft_reconfigure(rig->raft, &w.configuration,
					  rig->now, NULL);
}

/* ----------------------------------------------------------- catching up */

static void
who_has_everything_has_caught_up(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig);
	add(&rig, "4");
	beat(&rig, "23", 3);
	assert_false(rig_member(&rig, 4).caught_up);
	beat(&rig, "234", 1);
	assert_true(rig_member(&rig, 4).caught_up);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_CAUGHT_UP), 1);
	/* Said once, and not of voters. */
	beat(&rig, "234", 30);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_CAUGHT_UP), 0);
	assert_false(rig_member(&rig, 2).caught_up);
	rig_stop(&rig);
}

/** A round: the learner takes `us` for what is in the log now, and there is more
 *  by then. */
static void
round_of(struct rig *rig, uint64_t us)
{
	uint64_t target = tip(rig);

	for (; us > HEARTBEAT; us -= HEARTBEAT)
		beat(rig, "23", 1);
	rig_pass(rig, us);
	grow(rig, 1);
	rig_accept(rig, 4, target);
	rig_turn(rig);
}

static void
a_round_is_judged_by_the_election_timeout(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig);
	grow(&rig, 50);
	add(&rig, "4");
	/* The first answer shows how far it is; the round begins. */
	rig_pass(&rig, HEARTBEAT);
	rig_accept(&rig, 4, 1);
	round_of(&rig, T);
	assert_false(rig_member(&rig, 4).caught_up);
	assert_int_equal(rig_member(&rig, 4).slow_rounds, 1);
	rig_forget(&rig);
	round_of(&rig, T - 1);
	assert_true(rig_member(&rig, 4).caught_up);
	assert_int_equal(rig_member(&rig, 4).slow_rounds, 0);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_CAUGHT_UP), 1);
	rig_stop(&rig);
}

static void
ten_slow_rounds_are_told_once(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig);
	grow(&rig, 50);
	add(&rig, "4");
	rig_pass(&rig, HEARTBEAT);
	rig_accept(&rig, 4, 1);
	for (int i = 1; i <= 12; i++) {
		round_of(&rig, T);
		assert_int_equal(rig_member(&rig, 4).slow_rounds, i);
		assert_int_equal(rig_events(&rig, RAFT_EVENT_CANNOT_KEEP_UP),
				 i == 10);
		rig_forget(&rig);
	}
	/* However long it goes on. */
	for (int i = 13; i < 300; i++)
		round_of(&rig, T);
	assert_int_equal(rig_member(&rig, 4).slow_rounds, 255);
	/* It is not given up. */
	round_of(&rig, T / 2);
	assert_true(rig_member(&rig, 4).caught_up);
	rig_stop(&rig);
}

static void
how_many_rounds_is_an_option(void **state)
{
	static const struct raft_learners_options two = { .slow_rounds = 2 };
	struct rig rig;

	(void)state;
	lead_with(&rig, &(struct rig_options){
			    .build = "learners",
			    .module = raft_learners_number,
			    .module_options = &two,
			});
	grow(&rig, 50);
	add(&rig, "4");
	rig_pass(&rig, HEARTBEAT);
	rig_accept(&rig, 4, 1);
	round_of(&rig, T);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_CANNOT_KEEP_UP), 0);
	rig_forget(&rig);
	round_of(&rig, T);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_CANNOT_KEEP_UP), 1);
	rig_stop(&rig);
}

static void
who_is_silent_falls_behind(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig);
	add(&rig, "4");
	beat(&rig, "234", 3);
	assert_true(rig_member(&rig, 4).caught_up);
	rig_forget(&rig);
	/* Its newest answer was to what was sent just now. */
	rig_pass(&rig, T - 1);
	assert_true(rig_member(&rig, 4).caught_up);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_FELL_BEHIND), 0);
	assert_int_equal(raft_deadline(rig.raft), rig.now + 1);
	rig_pass(&rig, 1);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_FELL_BEHIND), 1);
	assert_false(rig_member(&rig, 4).caught_up);
	beat(&rig, "23", 30);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_FELL_BEHIND), 0);
	/* It was never behind the log: its first answer is enough. */
	beat(&rig, "234", 1);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_CAUGHT_UP), 1);
	rig_stop(&rig);
}

/* It answers heartbeats, but its disk does not get on. */
static void
who_is_in_one_round_for_too_long_falls_behind(void **state)
{
	struct rig rig;
	uint64_t had;

	(void)state;
	lead(&rig);
	add(&rig, "4");
	beat(&rig, "234", 3);
	had = tip(&rig);
	grow(&rig, 5);
	for (int i = 0; i < 9; i++) {
		beat(&rig, "23", 1);
		rig_accept(&rig, 4, had);
		rig_turn(&rig);
		assert_true(rig_member(&rig, 4).caught_up);
	}
	beat(&rig, "23", 1);
	rig_accept(&rig, 4, had);
	beat(&rig, "23", 1);
	assert_false(rig_member(&rig, 4).caught_up);
	assert_in_range(rig_member(&rig, 4).round_us, T, T + HEARTBEAT);
	rig_stop(&rig);
}

/* The round ends before anybody has looked at the time. */
static void
a_slow_round_is_one_however_late_the_timer(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig);
	add(&rig, "4");
	beat(&rig, "234", 1);
	assert_true(rig_member(&rig, 4).caught_up);
	grow(&rig, 5);
	rig_accept(&rig, 4, tip(&rig) - 2);
	rig_turn(&rig);
	rig.event_count = 0;
	rig.now += T;
	rig_accept(&rig, 4, tip(&rig));
	rig_turn(&rig);
	assert_false(rig_member(&rig, 4).caught_up);
	assert_int_equal(rig_member(&rig, 4).slow_rounds, 1);
	assert_int_equal(rig_events(&rig, RAFT_EVENT_FELL_BEHIND), 1);
	rig_stop(&rig);
}

/* A leader that was paused finds old answers when it wakes, one after another. */
static void
an_answer_of_long_ago_is_no_sign_of_having_caught_up(void **state)
{
	struct rig rig;
	struct raft_message late = {
		.kind = RAFT_MESSAGE_APPEND_ANSWER,
		.append_answer.verdict = RAFT_APPEND_ACCEPTED,
	};
	const struct raft_message *append;

	(void)state;
	lead(&rig);
	add(&rig, "4");
	beat(&rig, "234", 1);
	append = rig_sent(&rig, "append", 4);
	assert_non_null(append);
	late.term = append->term;
	late.append_answer.match_index = tip(&rig);
	late.append_answer.sent_at = append->append.sent_at;
	late.append_answer.sequence = append->append.sequence;
	beat(&rig, "23", 10);
	assert_false(rig_member(&rig, 4).caught_up);
	rig.event_count = 0;
	for (int i = 0; i < 3; i++) {
		(void)rig_give(&rig, 4, late);
		rig_turn(&rig);
	}
	assert_int_equal(rig_events(&rig, RAFT_EVENT_CAUGHT_UP), 0);
	assert_false(rig_member(&rig, 4).caught_up);
	hold_all(&rig, "4");
	assert_int_equal(rig_events(&rig, RAFT_EVENT_CAUGHT_UP), 1);
	assert_true(rig_member(&rig, 4).caught_up);
	rig_stop(&rig);
}

static void
another_leader_begins_anew(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig);
	add(&rig, "4");
	beat(&rig, "234", 1);
	assert_true(rig_member(&rig, 4).caught_up);
	rig_heartbeat(&rig, 2, 9);
	rig_settle(&rig);
	assert_false(rig_member(&rig, 4).caught_up);
	rig_time_out(&rig);
	rig_save(&rig);
	rig_grant(&rig, 2);
	rig_settle(&rig);
	assert_int_equal(rig_status(&rig).role, RAFT_LEADER);
	assert_false(rig_member(&rig, 4).caught_up);
	rig_stop(&rig);
}

/* What was known of it as a learner is not known of it as one again. */
static void
who_is_demoted_begins_anew(void **state)
{
	struct rig rig;
	struct wish w;

	(void)state;
	lead(&rig);
	add(&rig, "4");
	beat(&rig, "234", 1);
	wish(&w, "1234", "");
	change_to(&rig, &w);
	beat(&rig, "234", 1);
	wish(&w, "123", "4");
	change_to(&rig, &w);
	assert_false(rig_member(&rig, 4).caught_up);
	beat(&rig, "234", 1);
	assert_true(rig_member(&rig, 4).caught_up);
	rig_stop(&rig);
}

/* -------------------------------------------------------------- the gate */

/* Thesis 4.2.1, S52: with it a voter, and one of the others down, nothing would
 * be committed before it has the whole log. */
static void
who_has_not_caught_up_is_made_no_voter(void **state)
{
	struct raft_shortfall shortfall;
	struct rig rig;
	struct wish w;

	(void)state;
	lead(&rig);
	grow(&rig, 50);
	add(&rig, "4");
	rig_pass(&rig, HEARTBEAT);
	wish(&w, "1234", "");
	assert_int_equal(promote(&rig, false), RAFT_NOT_CAUGHT_UP);
	assert_true(raft_shortfall(rig.raft, &w.configuration, &shortfall));
	assert_int_equal(shortfall.member.id, rig_id(4));
	assert_int_equal(shortfall.match_index, 0);
	assert_int_equal(shortfall.entries, tip(&rig));
	assert_true(shortfall.silent_us == UINT64_MAX);
	rig_accept(&rig, 4, 20);
	rig_pass(&rig, HEARTBEAT);
	assert_int_equal(promote(&rig, false), RAFT_NOT_CAUGHT_UP);
	assert_true(raft_shortfall(rig.raft, &w.configuration, &shortfall));
	assert_int_equal(shortfall.entries, tip(&rig) - 20);
	assert_int_equal(shortfall.silent_us, HEARTBEAT);
	assert_false(rig_status(&rig).changing);
	beat(&rig, "234", 1);
	assert_false(raft_shortfall(rig.raft, &w.configuration, &shortfall));
	assert_int_equal(promote(&rig, false), RAFT_OK);
	rig_stop(&rig);
}

static void
who_insists_is_not_asked(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig);
	grow(&rig, 50);
	add(&rig, "4");
	assert_int_equal(promote(&rig, true), RAFT_OK);
	rig_stop(&rig);
}

/* The caller's answer is by the clock, not by a timer that is late. */
static void
who_was_not_heard_of_late_is_made_no_voter(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig);
	add(&rig, "4");
	beat(&rig, "234", 1);
	rig.now += T - 1;
	assert_true(rig_member(&rig, 4).caught_up);
	rig.now++;
	assert_int_equal(promote(&rig, false), RAFT_NOT_CAUGHT_UP);
	assert_false(rig_member(&rig, 4).caught_up);
	rig_stop(&rig);
}

static void
the_gate_is_for_learners_alone(void **state)
{
	struct raft_shortfall shortfall;
	struct rig rig;
	struct wish w;

	(void)state;
	lead(&rig);
	add(&rig, "4");
	/* A server that is new as a voter, and a voter that is silent. */
	wish(&w, "1235", "4");
	rig_pass(&rig, 5 * T);
	hold_all(&rig, "2");
	assert_false(raft_shortfall(rig.raft, &w.configuration, &shortfall));
	assert_int_equal(raft_reconfigure(rig.raft, &w.configuration, rig.now,
					  NULL),
			 RAFT_OK);
	rig_stop(&rig);
}

static void
without_it_everybody_may_be_a_voter(void **state)
{
	struct raft_shortfall shortfall;
	struct rig rig;
	struct wish w;

	(void)state;
	lead_with(&rig, &(struct rig_options){ .build = "baseline" });
	grow(&rig, 50);
	add(&rig, "4");
	wish(&w, "1234", "");
	assert_false(raft_shortfall(rig.raft, &w.configuration, &shortfall));
	assert_false(rig_member(&rig, 4).caught_up);
	assert_int_equal(promote(&rig, false), RAFT_OK);
	rig_stop(&rig);
}

/* ------------------------------------------------------------- promotion */

/** As a program's loop would: what is due now is done now. */
static void
expire_what_is_due(struct rig *rig)
{
	for (int i = 0; i < 5 && raft_deadline(rig->raft) <= rig->now; i++) {
		assert_int_equal(raft_expire(rig->raft, rig->now), RAFT_OK);
		rig_turn(rig);
	}
	/* It comes to rest. */
	assert_true(raft_deadline(rig->raft) > rig->now);
}

static void
who_wishes_to_votes_once_it_has_caught_up(void **state)
{
	struct rig rig;
	struct wish w;

	(void)state;
	lead(&rig);
	grow(&rig, 50);
	wish(&w, "123", "45");
	named(&w, 4)->promotes = true;
	change_to(&rig, &w);
	rig_pass(&rig, HEARTBEAT);
	rig_accept(&rig, 5, tip(&rig));
	rig_accept(&rig, 4, 20);
	expire_what_is_due(&rig);
	assert_false(votes(&rig, 4));
	beat(&rig, "23", 1);
	rig_accept(&rig, 4, tip(&rig));
	expire_what_is_due(&rig);
	assert_true(votes(&rig, 4));
	/* One more is the short way; and it wishes nothing any more. */
	assert_false(raft_configuration(rig.raft)->joint);
	assert_false(entry_of(&rig, 4)->promotes);
	assert_false(votes(&rig, 5));
	/* The entry is nobody's. */
	assert_int_equal(rig.outcome_count, 0);
	rig_settle(&rig);
	hold_all(&rig, "23");
	assert_int_equal(rig.outcome_count, 0);
	rig_stop(&rig);
}

static void
several_that_are_ready_go_in_one_change(void **state)
{
	struct rig rig;
	struct wish w;

	(void)state;
	lead(&rig);
	wish(&w, "123", "456");
	named(&w, 4)->promotes = true;
	named(&w, 5)->promotes = true;
	named(&w, 6)->promotes = true;
	change_to(&rig, &w);
	rig_pass(&rig, HEARTBEAT);
	/* Before the loop asks what is due. */
	rig_accept(&rig, 4, tip(&rig));
	rig_accept(&rig, 5, tip(&rig));
	expire_what_is_due(&rig);
	assert_true(raft_configuration(rig.raft)->joint);
	assert_true(votes(&rig, 4));
	assert_true(votes(&rig, 5));
	assert_false(votes(&rig, 6));
	/* The third waits until that change is over. */
	rig_settle(&rig);
	rig_accept(&rig, 6, tip(&rig));
	expire_what_is_due(&rig);
	assert_false(votes(&rig, 6));
	hold_all(&rig, "2345");
	hold_all(&rig, "2345");
	assert_false(rig_status(&rig).changing);
	beat(&rig, "23456", 1);
	expire_what_is_due(&rig);
	assert_true(votes(&rig, 6));
	assert_false(raft_configuration(rig.raft)->joint);
	rig_stop(&rig);
}

static void
nobody_is_promoted_while_another_change_runs(void **state)
{
	struct rig rig;
	struct wish w;

	(void)state;
	lead(&rig);
	wish(&w, "123", "4");
	named(&w, 4)->promotes = true;
	assert_int_equal(raft_reconfigure(rig.raft, &w.configuration, rig.now,
					  NULL),
			 RAFT_OK);
	rig_settle(&rig);
	rig_pass(&rig, HEARTBEAT);
	rig_accept(&rig, 4, tip(&rig));
	expire_what_is_due(&rig);
	assert_true(rig_member(&rig, 4).caught_up);
	assert_false(votes(&rig, 4));
	hold_all(&rig, "23");
	expire_what_is_due(&rig);
	assert_true(votes(&rig, 4));
	rig_stop(&rig);
}

/* Whatever is in the way, the member's loop comes to rest. */
static void
what_cannot_be_done_is_tried_again_after_a_heartbeat(void **state)
{
	struct rig rig;
	struct wish w;

	(void)state;
	lead(&rig);
	wish(&w, "123", "4");
	named(&w, 4)->promotes = true;
	change_to(&rig, &w);
	rig_pass(&rig, HEARTBEAT);
	rig_accept(&rig, 4, tip(&rig));
	rig.allocations_left = 0;
	expire_what_is_due(&rig);
	assert_false(votes(&rig, 4));
	rig.allocations_left = -1;
	expire_what_is_due(&rig);
	assert_false(votes(&rig, 4));
	beat(&rig, "234", 1);
	expire_what_is_due(&rig);
	assert_true(votes(&rig, 4));
	rig_stop(&rig);
}

/* Whose loop was told of nothing for long must not act on what was long ago. */
static void
a_leader_without_its_majority_promotes_nobody(void **state)
{
	struct rig rig;
	struct wish w;

	(void)state;
	lead_with(&rig, &(struct rig_options){
			    .build = "checkquorum+learners" });
	wish(&w, "123", "4");
	named(&w, 4)->promotes = true;
	change_to(&rig, &w);
	rig_pass(&rig, T - 1);
	rig_accept(&rig, 4, tip(&rig));
	rig.now += 1;
	assert_int_equal(raft_expire(rig.raft, rig.now), RAFT_OK);
	rig_turn(&rig);
	assert_false(votes(&rig, 4));
	assert_int_equal(rig_status(&rig).role, RAFT_FOLLOWER);
	rig_stop(&rig);
}

static void
without_it_a_wish_stays_one(void **state)
{
	struct rig rig;
	struct wish w;

	(void)state;
	lead_with(&rig, &(struct rig_options){ .build = "baseline" });
	wish(&w, "123", "4");
	named(&w, 4)->promotes = true;
	change_to(&rig, &w);
	beat(&rig, "234", 20);
	assert_false(votes(&rig, 4));
	assert_true(entry_of(&rig, 4)->promotes);
	/* Also when it changes something else, by the long way. */
	wish(&w, "125", "4");
	named(&w, 4)->promotes = true;
	assert_int_equal(raft_reconfigure(rig.raft, &w.configuration, rig.now,
					  NULL),
			 RAFT_OK);
	rig_settle(&rig);
	hold_all(&rig, "25");
	hold_all(&rig, "25");
	assert_false(rig_status(&rig).changing);
	assert_true(entry_of(&rig, 4)->promotes);
	rig_stop(&rig);
}

/* ----------------------------------------------------------- standing in */

#define PATIENCE (3 * T)

/** Member 4 stands in, has caught up, and all are heard. */
static void
lead_with_stand_in(struct rig *rig, const char *learners)
{
	struct wish w;

	lead(rig);
	wish(&w, "123", learners);
	for (const char *id = learners; *id != '\0'; id++)
		named(&w, (uint64_t)(*id - '0'))->stands_in_us = PATIENCE;
	change_to(rig, &w);
	for (int i = 0; i < 3; i++) {
		beat(rig, "23", 1);
		for (const char *id = learners; *id != '\0'; id++)
			rig_accept(rig, (uint64_t)(*id - '0'), tip(rig));
		rig_turn(rig);
	}
}

static void
a_learner_takes_the_place_of_a_silent_voter(void **state)
{
	struct rig rig;

	(void)state;
	lead_with_stand_in(&rig, "4");
	beat(&rig, "24", 29);
	assert_true(votes(&rig, 3));
	rig_forget(&rig);
	rig_pass(&rig, HEARTBEAT);
	expire_what_is_due(&rig);
	assert_true(raft_configuration(rig.raft)->joint);
	assert_true(votes(&rig, 4));
	assert_false(votes(&rig, 3));
	hold_all(&rig, "24");
	hold_all(&rig, "24");
	assert_false(rig_status(&rig).changing);
	/* They have changed places, wish and all. */
	assert_int_equal(rig_status(&rig).member_count, 4);
	assert_int_equal(entry_of(&rig, 3)->role, RAFT_MEMBER_NON_VOTING);
	assert_int_equal(entry_of(&rig, 3)->stands_in_us, PATIENCE);
	assert_int_equal(entry_of(&rig, 4)->role, RAFT_MEMBER_VOTER);
	assert_int_equal(entry_of(&rig, 4)->stands_in_us, 0);
	/* It is back, and the next one dies. */
	beat(&rig, "234", 5);
	beat(&rig, "34", 31);
	expire_what_is_due(&rig);
	assert_true(votes(&rig, 3));
	assert_false(votes(&rig, 2));
	rig_stop(&rig);
}

static void
who_has_not_caught_up_stands_in_for_nobody(void **state)
{
	struct rig rig;

	(void)state;
	lead_with_stand_in(&rig, "4");
	beat(&rig, "2", 50);
	expire_what_is_due(&rig);
	assert_true(votes(&rig, 3));
	beat(&rig, "24", 1);
	expire_what_is_due(&rig);
	assert_false(votes(&rig, 3));
	rig_stop(&rig);
}

/* The longest silent one first; the other one stays, and so does the number. */
static void
one_stand_in_takes_one_place(void **state)
{
	struct rig rig;
	struct wish w;

	(void)state;
	lead(&rig);
	wish(&w, "12356", "");
	assert_int_equal(raft_reconfigure(rig.raft, &w.configuration, rig.now,
					  NULL),
			 RAFT_OK);
	rig_settle(&rig);
	hold_all(&rig, "2356");
	hold_all(&rig, "2356");
	wish(&w, "12356", "4");
	named(&w, 4)->stands_in_us = PATIENCE;
	change_to(&rig, &w);
	beat(&rig, "23456", 2);
	beat(&rig, "23456", 1);
	beat(&rig, "2456", 5);
	beat(&rig, "246", 31);
	expire_what_is_due(&rig);
	assert_false(votes(&rig, 3));
	assert_true(votes(&rig, 5));
	hold_all(&rig, "246");
	hold_all(&rig, "246");
	beat(&rig, "246", 40);
	expire_what_is_due(&rig);
	assert_true(votes(&rig, 5));
	rig_stop(&rig);
}

/* It heard nobody because nobody was asked. */
static void
a_leader_that_was_paused_replaces_nobody(void **state)
{
	struct rig rig;

	(void)state;
	lead_with_stand_in(&rig, "4");
	beat(&rig, "234", 5);
	rig_forget(&rig);
	rig_pass(&rig, 10 * T);
	expire_what_is_due(&rig);
	hold_all(&rig, "24");
	expire_what_is_due(&rig);
	beat(&rig, "24", 1);
	expire_what_is_due(&rig);
	assert_true(votes(&rig, 3));
	/* Had it said nothing since, that were another matter. */
	beat(&rig, "24", 27);
	expire_what_is_due(&rig);
	assert_true(votes(&rig, 3));
	beat(&rig, "24", 4);
	expire_what_is_due(&rig);
	assert_false(votes(&rig, 3));
	rig_stop(&rig);
}

/* A wish may be shorter than what a voter may be silent for. */
static void
nobody_is_replaced_within_an_election_timeout(void **state)
{
	struct rig rig;
	struct wish w;

	(void)state;
	lead(&rig);
	wish(&w, "123", "4");
	named(&w, 4)->stands_in_us = 1;
	change_to(&rig, &w);
	beat(&rig, "234", 2);
	beat(&rig, "24", 9);
	expire_what_is_due(&rig);
	assert_true(votes(&rig, 3));
	beat(&rig, "24", 1);
	expire_what_is_due(&rig);
	assert_false(votes(&rig, 3));
	rig_stop(&rig);
}

/* --------------------------------------------------------------- options */

static void
options_are_checked_and_have_names(void **state)
{
	static const struct raft_learners_options many = { .slow_rounds = 256 };
	static const struct raft_learners_options wild = { .clock_drift =
							       500001 };
	struct raft_options options = { .self = { .id = 1, .incarnation = 1 } };
	static const struct raft_stored stored;
	struct raft_module_option option;
	struct raft *raft;

	(void)state;
	assert_true(raft_mask("learners", &options.mask));
	options.modules[raft_learners_number] = &many;
	assert_int_equal(raft_start(&options, &stored, 0, &raft), RAFT_INVALID);
	options.modules[raft_learners_number] = &wild;
	assert_int_equal(raft_start(&options, &stored, 0, &raft), RAFT_INVALID);
	assert_true(raft_module_option(1, &option));
	assert_string_equal(option.module, "learners");
	assert_string_equal(option.name, "clock_drift");
	assert_int_equal(option.number, raft_learners_number);
	assert_int_equal(option.position,
			 offsetof(struct raft_learners_options, clock_drift) /
			     sizeof(uint64_t));
	assert_int_equal(option.most, 500000);
	assert_false(raft_module_option(2, &option));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_has_everything_has_caught_up),
		cmocka_unit_test(a_round_is_judged_by_the_election_timeout),
		cmocka_unit_test(ten_slow_rounds_are_told_once),
		cmocka_unit_test(how_many_rounds_is_an_option),
		cmocka_unit_test(who_is_silent_falls_behind),
		cmocka_unit_test(who_is_in_one_round_for_too_long_falls_behind),
		cmocka_unit_test(a_slow_round_is_one_however_late_the_timer),
		cmocka_unit_test(
		    an_answer_of_long_ago_is_no_sign_of_having_caught_up),
		cmocka_unit_test(another_leader_begins_anew),
		cmocka_unit_test(who_is_demoted_begins_anew),
		cmocka_unit_test(who_has_not_caught_up_is_made_no_voter),
		cmocka_unit_test(who_insists_is_not_asked),
		cmocka_unit_test(who_was_not_heard_of_late_is_made_no_voter),
		cmocka_unit_test(the_gate_is_for_learners_alone),
		cmocka_unit_test(without_it_everybody_may_be_a_voter),
		cmocka_unit_test(who_wishes_to_votes_once_it_has_caught_up),
		cmocka_unit_test(several_that_are_ready_go_in_one_change),
		cmocka_unit_test(nobody_is_promoted_while_another_change_runs),
		cmocka_unit_test(
		    what_cannot_be_done_is_tried_again_after_a_heartbeat),
		cmocka_unit_test(a_leader_without_its_majority_promotes_nobody),
		cmocka_unit_test(without_it_a_wish_stays_one),
		cmocka_unit_test(a_learner_takes_the_place_of_a_silent_voter),
		cmocka_unit_test(who_has_not_caught_up_stands_in_for_nobody),
		cmocka_unit_test(one_stand_in_takes_one_place),
		cmocka_unit_test(a_leader_that_was_paused_replaces_nobody),
		cmocka_unit_test(nobody_is_replaced_within_an_election_timeout),
		cmocka_unit_test(options_are_checked_and_have_names),
	};

	return rig_run(tests);
}
