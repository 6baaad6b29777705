/*
 * Votes: one incarnation votes once a term.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdlib.h>

#include "assists/sim/base/memory.h"
#include "assists/sim/check/check.h"

static bool
same_server(struct raft_identity one, struct raft_identity other)
{
	return one.id == other.id && one.incarnation == other.incarnation;
}

void
sim_check_votes_cast(struct sim_check_votes *check, struct sim_verdict *verdict,
		     struct raft_identity voter, uint64_t term,
		     struct raft_identity candidate)
{
	/* A ballot is kept for ever: a restart must not undo it. */
	for (size_t i = check->count; i-- > 0;) {
		const struct sim_ballot *ballot = &check->ballots[i];

		if (ballot->term != term || !same_server(ballot->voter, voter))
			continue;
		if (!same_server(ballot->candidate, candidate))
			sim_accuse(verdict, "votes",
				   "n%" PRIu64 " voted for n%" PRIu64
				   " and for n%" PRIu64 " in term %" PRIu64,
				   voter.id, ballot->candidate.id, candidate.id,
				   term);
		return;
	}
	check->ballots = sim_grow(check->ballots, &check->room,
				  check->count + 1, sizeof(*check->ballots));
	check->ballots[check->count++] =
		(struct sim_ballot){voter, term, candidate};
}

void
sim_check_votes_clear(struct sim_check_votes *check)
{
	free(check->ballots);
	*check = (struct sim_check_votes){0};
}
