/*
 * Membership in the simulator: the checker of overlap is told histories that
 * break it and others next to them that do not, and a world's group changes as
 * it is asked to.
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

#include "assists/sim/check/check.h"
#include "assists/sim/sim.h"

/** The default election timeout. */
#define T UINT64_C(1000000)
/** A set of nodes. */
#define N(node) (UINT64_C(1) << ((node) - 1))

/* ------------------------------------------------------------ the checker */

struct fixture {
	struct sim_verdict verdict;
	struct sim_check_membership check;
};

/** A configuration and its members. */
struct group {
	struct raft_configuration configuration;
	struct raft_member members[9];
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	sim_check_membership_clear(&f->check);
	free(f);
	return 0;
}

/** Voters by their digits; `old` are those of C_old, NULL if it is not joint. */
static const struct raft_configuration *
group(struct group *g, const char *old, const char *voters)
{
	size_t count = 0;

	memset(g, 0, sizeof(*g));
	for (char id = '1'; id <= '9'; id++) {
		bool before = old != NULL && strchr(old, id) != NULL;
		bool after = strchr(voters, id) != NULL;

		if (!before && !after)
			continue;
		g->members[count++] = (struct raft_member){
			.identity = { (uint64_t)(id - '0'), 7 },
			.role = after ? RAFT_MEMBER_VOTER : RAFT_MEMBER_NONE,
			.role_before =
			    before ? RAFT_MEMBER_VOTER : RAFT_MEMBER_NONE,
		};
	}
	g->configuration.joint = old != NULL;
	g->configuration.members = g->members;
	g->configuration.member_count = count;
	return &g->configuration;
}

static void
commit(struct fixture *f, uint64_t index, uint64_t known_in, const char *old,
       const char *voters)
{
	struct group g;

	sim_check_membership_committed(&f->check, index, known_in,
				       group(&g, old, voters));
}

/** n1 leads in term 5 and has committed an entry of it, at index 9. */
static void
append(struct fixture *f, const char *old, const char *voters)
{
	struct group g;
	const struct sim_appended appended = {
		.node = 1,
		.term = 5,
		.index = 10,
		.committed = { .index = 9, .term = 5 },
		.configuration = group(&g, old, voters),
	};

	sim_check_membership_appended(&f->check, &f->verdict, &appended);
}

static void
assert_silent(const struct fixture *f)
{
	if (f->verdict.broken)
		fail_msg("%s", f->verdict.text);
}

static void
assert_says(const struct fixture *f, const char *detail)
{
	assert_true(f->verdict.broken);
	if (strncmp(f->verdict.text, "membership overlap: ", 20) != 0 ||
	    strstr(f->verdict.text, detail) == NULL)
		fail_msg("said: %s", f->verdict.text);
}

static void
two_voters_changed_at_once_are_seen(void **state)
{
	struct fixture *f = *state;

	commit(f, 1, 2, NULL, "123");
	append(f, NULL, "1234");
	append(f, NULL, "12");
	append(f, NULL, "123");
	assert_silent(f);
	append(f, NULL, "124");
	assert_says(f, "n1 leads in term 5, and its configuration of index 10 "
		       "changes more than one voter at once");
}

static void
a_new_incarnation_is_another_voter(void **state)
{
	struct fixture *f = *state;
	struct group g;
	struct sim_appended appended = {
		.node = 1,
		.term = 5,
		.index = 10,
		.committed = { .index = 9, .term = 5 },
		.configuration = group(&g, NULL, "123"),
	};

	commit(f, 1, 2, NULL, "123");
	g.members[2].identity.incarnation++;
	sim_check_membership_appended(&f->check, &f->verdict, &appended);
	assert_says(f, "changes more than one voter at once");
}

static void
a_joint_configuration_of_another_past_is_seen(void **state)
{
	struct fixture *f = *state;

	commit(f, 1, 2, NULL, "123");
	append(f, "123", "456");
	assert_silent(f);
	append(f, "124", "456");
	assert_says(f, "is joint, and its C_old is not the one before it");
}

static void
a_joint_configuration_left_for_another_is_seen(void **state)
{
	struct fixture *f = *state;

	commit(f, 1, 2, NULL, "123");
	commit(f, 4, 3, "123", "456");
	append(f, NULL, "456");
	assert_silent(f);
	append(f, NULL, "4567");
	assert_says(f, "is not the C_new of the joint one before it");
}

static void
a_joint_configuration_upon_another_is_seen(void **state)
{
	struct fixture *f = *state;

	commit(f, 4, 3, "123", "456");
	append(f, "456", "789");
	assert_says(f, "is joint and follows one that is joint");
}

static void
a_change_before_the_own_term_is_seen(void **state)
{
	struct fixture *f = *state;
	struct group g;
	struct sim_appended appended = {
		.node = 2,
		.term = 5,
		.index = 10,
		.committed = { .index = 8, .term = 4 },
		.configuration = group(&g, NULL, "1234"),
	};

	commit(f, 1, 2, NULL, "123");
	sim_check_membership_appended(&f->check, &f->verdict, &appended);
	assert_says(f, "before an entry of its leader's term is committed");
}

static void
two_changes_at_a_time_are_seen(void **state)
{
	struct fixture *f = *state;
	struct group g;
	struct sim_appended appended = {
		.node = 2,
		.term = 5,
		.index = 12,
		.committed = { .index = 9, .term = 5 },
		.pending = 10,
		.configuration = group(&g, NULL, "12345"),
	};

	commit(f, 1, 2, NULL, "123");
	sim_check_membership_appended(&f->check, &f->verdict, &appended);
	assert_says(f, "before the one before it is committed");
}

/** What follows is not what the change is to be compared with. */
static void
a_change_follows_the_last_one_that_its_leader_knows(void **state)
{
	struct fixture *f = *state;

	commit(f, 1, 2, NULL, "123");
	commit(f, 9, 5, NULL, "1234");
	commit(f, 11, 6, NULL, "12345");
	append(f, NULL, "12347");
	assert_silent(f);
	append(f, NULL, "12356");
	assert_says(f, "changes more than one voter at once");
}

static void
elect(struct fixture *f, uint64_t term, const char *old, const char *voters)
{
	struct group g;

	sim_check_membership_elected(&f->check, &f->verdict, 3, term,
				     group(&g, old, voters));
}

/** The bug of single-server changes that Ongaro told of in 2015: one leader adds
 *  a fifth server and fails, the next one removes the fourth, and the first
 *  comes back with its own majority of five. */
static void
a_majority_that_need_not_meet_the_last_one_is_seen(void **state)
{
	struct fixture *f = *state;

	elect(f, 3, NULL, "12");
	commit(f, 1, 2, NULL, "1234");
	elect(f, 3, NULL, "1234");
	elect(f, 3, NULL, "12345");
	elect(f, 3, NULL, "123");
	commit(f, 6, 3, NULL, "123");
	/* One that learns late that it was elected, before that. */
	elect(f, 3, NULL, "12345");
	assert_silent(f);
	elect(f, 4, NULL, "12345");
	assert_says(f, "n3 is elected in term 4 by majorities that need not "
		       "meet those of the configuration of index 6");
}

static void
both_majorities_of_a_joint_configuration_count(void **state)
{
	struct fixture *f = *state;

	commit(f, 1, 2, NULL, "123");
	elect(f, 3, "123", "456");
	commit(f, 5, 3, "123", "456");
	elect(f, 4, NULL, "123");
	elect(f, 4, NULL, "456");
	assert_silent(f);
	commit(f, 6, 4, NULL, "456");
	elect(f, 5, "123", "456");
	assert_silent(f);
	elect(f, 5, NULL, "123");
	assert_says(f, "n3 is elected in term 5");
}

/* --------------------------------------------------------------- a world */

/** Three voters, one learner, two spares, with a leader and a client. */
static struct raft_sim *
create_led(void)
{
	struct raft_sim_options options;
	struct raft_sim *sim;

	raft_sim_defaults(&options);
	options.learners = 1;
	options.spares = 2;
	sim = raft_sim_create(&options);
	for (uint32_t n = 1; n <= raft_sim_node_count(sim); n++)
		assert_true(raft_sim_start(sim, n));
	raft_sim_client(sim, 20000, 64);
	assert_true(raft_sim_run(sim, 5 * T));
	assert_int_not_equal(raft_sim_leader(sim), 0);
	return sim;
}

static void
run_for(struct raft_sim *sim, uint64_t duration)
{
	if (!raft_sim_run(sim, raft_sim_now(sim) + duration))
		fail_msg("%s", raft_sim_violation(sim));
}

static uint64_t
metric(const struct raft_sim *sim, enum raft_sim_metric which)
{
	return raft_sim_metric(sim, which, false);
}

static enum raft_result
change(struct raft_sim *sim, enum raft_sim_change what, uint64_t nodes)
{
	enum raft_result result = raft_sim_reconfigure(sim, what, nodes);

	run_for(sim, T);
	return result;
}

static void
assert_members(const struct raft_sim *sim, uint64_t voters, uint64_t learners)
{
	assert_int_equal(raft_sim_voters(sim), voters);
	assert_int_equal(raft_sim_learners(sim), learners);
}

static void
each_change_does_what_its_name_says(void **state)
{
	struct raft_sim *sim = create_led();
	uint32_t leader = raft_sim_leader(sim);
	uint64_t three = N(1) | N(2) | N(3), rest = three & ~N(leader);

	(void)state;
	assert_members(sim, three, N(4));
	assert_string_equal(raft_sim_role(sim, 4), "learner");
	assert_string_equal(raft_sim_role(sim, 5), "removed");
	assert_int_equal(change(sim, RAFT_SIM_ADD, N(5) | N(6)), RAFT_OK);
	assert_members(sim, three | N(5) | N(6), N(4));
	assert_int_equal(change(sim, RAFT_SIM_DEMOTE, N(5)), RAFT_OK);
	assert_members(sim, three | N(6), N(4) | N(5));
	assert_int_equal(change(sim, RAFT_SIM_PROMOTE, N(4)), RAFT_OK);
	assert_members(sim, three | N(4) | N(6), N(5));
	assert_int_equal(change(sim, RAFT_SIM_REMOVE, N(5) | N(6)), RAFT_OK);
	assert_members(sim, three | N(4), 0);
	raft_sim_crash(sim, 5, RAFT_SIM_CRASH);
	raft_sim_crash(sim, 6, RAFT_SIM_CRASH);
	assert_int_equal(change(sim, RAFT_SIM_ADD_LEARNER, N(6)), RAFT_OK);
	assert_members(sim, three | N(4), N(6));
	/* Learners stay, unless they are named. */
	assert_int_equal(change(sim, RAFT_SIM_MEMBERSHIP, N(leader) | N(4)),
			 RAFT_OK);
	assert_members(sim, N(leader) | N(4), N(6));
	assert_int_equal(metric(sim, RAFT_SIM_REFUSED), 0);
	assert_int_equal(rest & raft_sim_voters(sim), 0);
	raft_sim_destroy(sim);
}

static void
a_change_that_does_not_fit_is_refused_as_a_whole(void **state)
{
	struct raft_sim *sim = create_led();
	uint64_t three = N(1) | N(2) | N(3);

	(void)state;
	assert_int_equal(change(sim, RAFT_SIM_ADD, N(1) | N(5)), RAFT_INVALID);
	assert_int_equal(change(sim, RAFT_SIM_REMOVE, N(1) | N(5)),
			 RAFT_INVALID);
	assert_int_equal(change(sim, RAFT_SIM_ADD_LEARNER, N(4) | N(5)),
			 RAFT_INVALID);
	assert_int_equal(change(sim, RAFT_SIM_PROMOTE, N(4) | N(5)),
			 RAFT_INVALID);
	assert_int_equal(change(sim, RAFT_SIM_DEMOTE, N(1) | N(4)),
			 RAFT_INVALID);
	assert_int_equal(change(sim, RAFT_SIM_REMOVE, three), RAFT_INVALID);
	assert_int_equal(change(sim, RAFT_SIM_MEMBERSHIP, 0), RAFT_INVALID);
	assert_int_equal(metric(sim, RAFT_SIM_REFUSED), 7);
	assert_members(sim, three, N(4));
	for (uint32_t n = 1; n <= 3; n++)
		raft_sim_crash(sim, n, RAFT_SIM_CRASH);
	assert_int_equal(change(sim, RAFT_SIM_ADD, N(5)), RAFT_NOT_LEADER);
	raft_sim_destroy(sim);
}

static void
a_joint_configuration_needs_the_leader_to_be_followed_twice(void **state)
{
	struct raft_sim *sim = create_led();
	uint64_t three = N(1) | N(2) | N(3), next = N(4) | N(5) | N(6);

	(void)state;
	raft_sim_crash(sim, 5, RAFT_SIM_CRASH);
	raft_sim_crash(sim, 6, RAFT_SIM_CRASH);
	assert_int_equal(raft_sim_reconfigure(sim, RAFT_SIM_MEMBERSHIP, next),
			 RAFT_OK);
	run_for(sim, T / 2);
	assert_int_equal(raft_sim_leader(sim), 0);
	raft_sim_start(sim, 5);
	for (int i = 0; i < 1000 && raft_sim_leader(sim) == 0; i++)
		run_for(sim, 1000);
	/* As long as both count, the voters are those of either. */
	assert_members(sim, three | next, 0);
	run_for(sim, 20 * T);
	assert_members(sim, N(4) | N(5) | N(6), 0);
	raft_sim_destroy(sim);
}

static void
a_lost_disk_is_removed_before_it_is_added(void **state)
{
	struct raft_sim *sim = create_led();
	uint32_t node = raft_sim_leader(sim) == 1 ? 2 : 1;
	uint64_t three = N(1) | N(2) | N(3);

	(void)state;
	raft_sim_crash(sim, node, RAFT_SIM_CRASH);
	raft_sim_wipe(sim, node);
	raft_sim_start(sim, node);
	run_for(sim, T);
	/* The configuration names the old one, which is no more. */
	assert_members(sim, three & ~N(node), N(4));
	assert_int_equal(change(sim, RAFT_SIM_ADD, N(node)), RAFT_INVALID);
	assert_int_equal(change(sim, RAFT_SIM_MEMBERSHIP, three), RAFT_INVALID);
	assert_int_equal(change(sim, RAFT_SIM_REMOVE, N(node)), RAFT_OK);
	assert_int_equal(change(sim, RAFT_SIM_ADD, N(node)), RAFT_OK);
	assert_members(sim, three, N(4));
	assert_string_equal(raft_sim_role(sim, node), "follower");
	assert_true(raft_sim_logs_equal(sim, raft_sim_committed(sim) - 5));
	assert_int_equal(metric(sim, RAFT_SIM_LOST_ACKS), 0);
	raft_sim_destroy(sim);
}

/** One whose disk kept nothing is bootstrapped again, when others have lost theirs
 *  meanwhile: with the configuration of the beginning all the same. */
static void
the_first_configuration_stays_what_it_was(void **state)
{
	struct raft_sim_options options;
	struct raft_sim *sim;

	(void)state;
	raft_sim_defaults(&options);
	sim = raft_sim_create(&options);
	raft_sim_set_disk(sim, 3, RAFT_SIM_DISK_STALL);
	for (uint32_t n = 1; n <= 3; n++)
		assert_true(raft_sim_start(sim, n));
	run_for(sim, 5 * T);
	raft_sim_crash(sim, 3, RAFT_SIM_CRASH);
	raft_sim_set_disk(sim, 3, RAFT_SIM_DISK_OK);
	raft_sim_crash(sim, 2, RAFT_SIM_CRASH);
	raft_sim_wipe(sim, 2);
	raft_sim_start(sim, 2);
	raft_sim_start(sim, 3);
	run_for(sim, 5 * T);
	assert_members(sim, N(1) | N(3), 0);
	assert_true(raft_sim_logs_equal(sim, raft_sim_committed(sim)));
	raft_sim_destroy(sim);
}

/** A change has an outcome like a write, and counts among no writes. */
static void
a_change_is_no_write(void **state)
{
	struct raft_sim *sim = create_led();
	uint32_t leader = raft_sim_leader(sim);
	uint64_t acks;

	(void)state;
	raft_sim_client(sim, 0, 0);
	run_for(sim, T);
	acks = metric(sim, RAFT_SIM_ACKS);
	raft_sim_mark(sim);
	assert_int_equal(change(sim, RAFT_SIM_ADD, N(5)), RAFT_OK);
	assert_int_equal(metric(sim, RAFT_SIM_ACKS), acks);
	/* One whose outcome nobody will tell is waited for by nobody. */
	for (uint32_t n = 1; n <= 6; n++)
		raft_sim_cut(sim, leader, n, RAFT_SIM_EVERY_KIND);
	assert_int_equal(raft_sim_reconfigure(sim, RAFT_SIM_ADD, N(6)),
			 RAFT_OK);
	raft_sim_crash(sim, leader, RAFT_SIM_CRASH);
	run_for(sim, 5 * T);
	assert_int_equal(raft_sim_metric(sim, RAFT_SIM_UNAVAILABLE, true), 0);
	raft_sim_destroy(sim);
}

#define CHECKER_TEST(test)                                                     \
	cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CHECKER_TEST(two_voters_changed_at_once_are_seen),
		CHECKER_TEST(a_new_incarnation_is_another_voter),
		CHECKER_TEST(a_joint_configuration_of_another_past_is_seen),
		CHECKER_TEST(a_joint_configuration_left_for_another_is_seen),
		CHECKER_TEST(a_joint_configuration_upon_another_is_seen),
		CHECKER_TEST(a_change_before_the_own_term_is_seen),
		CHECKER_TEST(two_changes_at_a_time_are_seen),
		CHECKER_TEST(
		    a_change_follows_the_last_one_that_its_leader_knows),
		CHECKER_TEST(a_majority_that_need_not_meet_the_last_one_is_seen),
		CHECKER_TEST(both_majorities_of_a_joint_configuration_count),
		cmocka_unit_test(each_change_does_what_its_name_says),
		cmocka_unit_test(
		    a_change_that_does_not_fit_is_refused_as_a_whole),
		cmocka_unit_test(
		    a_joint_configuration_needs_the_leader_to_be_followed_twice),
		cmocka_unit_test(a_lost_disk_is_removed_before_it_is_added),
		cmocka_unit_test(the_first_configuration_stays_what_it_was),
		cmocka_unit_test(a_change_is_no_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
