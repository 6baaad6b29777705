/*
 * Membership overlap: whoever decides now meets whoever decided before.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Log matching and leader completeness notice what a broken change of
 * membership has done; this one notices the change, also where it did no harm
 * this time.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "assists/sim/base/memory.h"
#include "assists/sim/check/check.h"

static const char property[] = "membership overlap";

/** The voters of a configuration, or of C_old of one that is joint. */
struct side {
	const struct raft_configuration *configuration;
	bool before;
};

static bool
votes(const struct raft_member *member, bool before)
{
	return (before ? member->role_before : member->role) ==
	       RAFT_MEMBER_VOTER;
}

static bool
has_voter(const struct side *side, struct raft_identity identity)
{
	for (size_t i = 0; i < side->configuration->member_count; i++) {
		const struct raft_member *member =
			&side->configuration->members[i];

		if (votes(member, side->before) &&
		    member->identity.id == identity.id &&
		    member->identity.incarnation == identity.incarnation)
			return true;
	}
	return false;
}

/** The voters of one side, and those of them that the other has too. */
static size_t
count_voters(const struct side *side, const struct side *other, size_t *common)
{
	size_t count = 0;

	*common = 0;
	for (size_t i = 0; i < side->configuration->member_count; i++) {
		const struct raft_member *member =
			&side->configuration->members[i];

		if (!votes(member, side->before))
			continue;
		count++;
		*common += has_voter(other, member->identity);
	}
	return count;
}

/** How many of a majority cannot be found outside the common voters. */
static size_t
needs_of_common(size_t voters, size_t common)
{
	size_t majority = voters / 2 + 1, others = voters - common;

	return majority > others ? majority - others : 0;
}

static bool
sides_meet(const struct side *one, const struct side *other)
{
	size_t common;
	size_t a = count_voters(one, other, &common);
	size_t b = count_voters(other, one, &common);

	return needs_of_common(a, common) + needs_of_common(b, common) >
	       common;
}

static size_t
differing_voters(const struct side *one, const struct side *other)
{
	size_t common;
	size_t a = count_voters(one, other, &common);
	size_t b = count_voters(other, one, &common);

	return a + b - 2 * common;
}

/** A decision by a joint configuration has both majorities: one that meets is
 *  enough. */
static bool
decisions_meet(const struct raft_configuration *one,
	       const struct raft_configuration *other)
{
	for (int i = 0; i <= one->joint; i++)
		for (int j = 0; j <= other->joint; j++)
			if (sides_meet(&(struct side){one, i == 1},
				       &(struct side){other, j == 1}))
				return true;
	return false;
}

/* ------------------------------------------------------ what is committed */

void
sim_check_membership_committed(struct sim_check_membership *check,
			       uint64_t index, uint64_t known_in,
			       const struct raft_configuration *configuration)
{
	size_t bytes = configuration->member_count *
		       sizeof(*configuration->members);
	struct raft_member *members = sim_alloc(1, bytes);
	struct sim_configuration *committed;

	memcpy(members, configuration->members, bytes);
	check->committed = sim_grow(check->committed, &check->room,
				    check->count + 1,
				    sizeof(*check->committed));
	committed = &check->committed[check->count++];
	*committed = (struct sim_configuration){
		.index = index,
		.known_in = known_in,
		.configuration = *configuration,
		.members = members,
	};
	committed->configuration.members = members;
}

void
sim_check_membership_elected(const struct sim_check_membership *check,
			     struct sim_verdict *verdict, uint32_t node,
			     uint64_t term,
			     const struct raft_configuration *configuration)
{
	size_t i = check->count;

	/* A leader that learns late that it was elected need not meet what a
	 * later one has committed since. */
	while (i > 0 && check->committed[i - 1].known_in >= term)
		i--;
	if (i == 0 || decisions_meet(configuration,
				     &check->committed[i - 1].configuration))
		return;
	sim_accuse(verdict, property,
		   "n%u is elected in term %" PRIu64
		   " by majorities that need not meet those of the configuration"
		   " of index %" PRIu64 ", committed before",
		   node, term, check->committed[i - 1].index);
}

/* ------------------------------------------------------------- the change */

static const struct sim_configuration *
committed_upto(const struct sim_check_membership *check, uint64_t index)
{
	size_t i = check->count;

	while (i > 0 && check->committed[i - 1].index > index)
		i--;
	return i == 0 ? NULL : &check->committed[i - 1];
}

/** What is wrong with the step from one configuration to the next; NULL:
 *  nothing (thesis 4.1, 4.3). */
static const char *
step_error(const struct raft_configuration *old,
	   const struct raft_configuration *new)
{
	size_t differ = differing_voters(&(struct side){old, false},
					 &(struct side){new, new->joint});

	if (old->joint && new->joint)
		return "is joint and follows one that is joint";
	if (old->joint && differ != 0)
		return "is not the C_new of the joint one before it";
	if (new->joint && differ != 0)
		return "is joint, and its C_old is not the one before it";
	if (!old->joint && !new->joint && differ > 1)
		return "changes more than one voter at once";
	return NULL;
}

void
sim_check_membership_appended(const struct sim_check_membership *check,
			      struct sim_verdict *verdict,
			      const struct sim_appended *appended)
{
	const struct sim_configuration *before =
		committed_upto(check, appended->committed.index);
	const char *error = NULL;

	if (appended->committed.term != appended->term)
		error = "comes before an entry of its leader's term is"
			" committed";
	else if (appended->pending != 0)
		error = "comes before the one before it is committed";
	else if (before != NULL)
		error = step_error(&before->configuration,
				   appended->configuration);
	if (error != NULL)
		sim_accuse(verdict, property,
			   "n%u leads in term %" PRIu64
			   ", and its configuration of index %" PRIu64 " %s",
			   appended->node, appended->term, appended->index,
			   error);
}

void
sim_check_membership_clear(struct sim_check_membership *check)
{
	for (size_t i = 0; i < check->count; i++)
		free(check->committed[i].members);
	free(check->committed);
	*check = (struct sim_check_membership){0};
}
