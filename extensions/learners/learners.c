/*
 * Learners at their leader: catching up, the gate, promotion, standing in.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     round: what the log has when it begins ---> all of it is durable there
 *            ^                                       |
 *            +------ the log has more by now <-------+
 *
 *     behind ---- a round took less than an election timeout ----> caught up
 *        ^                                                            |
 *        +---- silent, or in one round, for an election timeout ------+
 *
 *  (N1) Who has caught up could vote without holding up a commit for longer than
 *       an election would (thesis 4.2.1). It has answered something that was sent
 *       within the last election timeout, so it is there, too.
 *  (N2) Nobody becomes a voter of this leader's doing who has not caught up: not
 *       by itself, not by raft_reconfigure unless the caller insists.
 *  (N3) One change at a time, the core sees to that; all that are ready go in one,
 *       by a joint configuration if they are several.
 *  (N4) A stand-in and the voter whose place it takes change places, wish and all:
 *       there are as many voters as before, and when that server comes back it
 *       stands in for the next one.
 *  (N5) A voter counts as silent only while a majority is heard: a leader that was
 *       itself cut off, or paused, has heard nobody, which says nothing of them.
 */
#include "extensions/learners/learners.h"
#include "raft/raft_module.h"

#include <string.h>

#define SLOW_ROUNDS_MAX 10
#define CLOCK_DRIFT 10000
/** Of what is kept of a peer: five centuries. */
#define TIME_MAX ((UINT64_C(1) << 54) - 1)
#define ROUNDS_MAX 255u

void
raft_learners_options_given(struct raft *r, const void *options)
{
	const struct raft_learners_options *given = options;
	struct raft_learners *own = RAFT_OWN(r, learners);

	own->slow_rounds_max = SLOW_ROUNDS_MAX;
	own->clock_drift = CLOCK_DRIFT;
	if (given != NULL && given->slow_rounds != 0)
		own->slow_rounds_max = (uint8_t)given->slow_rounds;
	if (given != NULL && given->clock_drift != 0)
		own->clock_drift = (uint32_t)given->clock_drift;
}

/** What was known is of another leader's time, or of another half's. */
void
raft_learners_role_changed(struct raft *r, enum raft_reason reason)
{
	struct raft_learners *own = RAFT_OWN(r, learners);
	bool leads = raft_module_role(r) == RAFT_LEADER;

	(void)reason;
	if (leads == own->leads)
		return;
	own->leads = leads;
	if (!leads) {
		memset(&own->following, 0, sizeof(own->following));
		return;
	}
	own->leading.steady_since = raft_module_now(r);
	own->leading.waits_until = 0;
	for (uint32_t i = 0; i < raft_module_member_count(r); i++)
		*RAFT_OWN_PEER(r, i, learners) =
		    (struct raft_learners_peer){ 0 };
}

void
raft_learners_configured(struct raft *r)
{
	struct raft_learners *own = RAFT_OWN(r, learners);

	own->has_learners = false;
	for (uint32_t i = 0; i < raft_module_member_count(r); i++)
		if (!raft_module_votes(r, i))
			own->has_learners = true;
		else
			*RAFT_OWN_PEER(r, i, learners) =
			    (struct raft_learners_peer){ 0 };
}

static bool
watches(const struct raft *r)
{
	const struct raft_learners *own = RAFT_OWN(r, learners);

	return own->leads && own->has_learners;
}

/* ----------------------------------------------------------- catching up */

/** How long the present round has taken, or the last one if none runs. */
static uint64_t
round_us(const struct raft *r, uint32_t position)
{
	const struct raft_learners_peer *peer =
	    RAFT_OWN_PEER(r, position, learners);

	return peer->target == 0 ? peer->time
				 : raft_module_now(r) - peer->time;
}

static bool
was_heard_lately(const struct raft *r, uint32_t position)
{
	return raft_module_now(r) - raft_module_heard_at(r, position) <
	       raft_module_election_timeout(r);
}

/** (N1), by now. */
static bool
is_caught_up(const struct raft *r, uint32_t position)
{
	return RAFT_OWN_PEER(r, position, learners)->caught_up &&
	       round_us(r, position) < raft_module_election_timeout(r) &&
	       was_heard_lately(r, position);
}

static void
fall_behind(struct raft *r, uint32_t position)
{
	struct raft_learners_peer *peer = RAFT_OWN_PEER(r, position, learners);

	if (!peer->caught_up)
		return;
	peer->caught_up = 0;
	raft_module_event(r, RAFT_EVENT_FELL_BEHIND, position);
}

static void
count_slow_round(struct raft *r, uint32_t position)
{
	struct raft_learners_peer *peer = RAFT_OWN_PEER(r, position, learners);

	fall_behind(r, position);
	if (peer->slow_rounds == ROUNDS_MAX)
		return;
	peer->slow_rounds = (peer->slow_rounds + 1u) & ROUNDS_MAX;
	if (peer->slow_rounds == RAFT_OWN(r, learners)->slow_rounds_max)
		raft_module_event(r, RAFT_EVENT_CANNOT_KEEP_UP, position);
}

static void
begin_round(struct raft *r, uint32_t position)
{
	struct raft_learners_peer *peer = RAFT_OWN_PEER(r, position, learners);

	peer->target = raft_module_tip(r).index;
	peer->time = raft_module_now(r) & TIME_MAX;
}

static void
end_round(struct raft *r, uint32_t position)
{
	struct raft_learners_peer *peer = RAFT_OWN_PEER(r, position, learners);

	peer->time = round_us(r, position) & TIME_MAX;
	peer->target = 0;
	if (peer->time >= raft_module_election_timeout(r)) {
		count_slow_round(r, position);
		return;
	}
	peer->slow_rounds = 0;
	/* By an answer of long ago it would fall behind again at once. */
	if (peer->caught_up || !was_heard_lately(r, position))
		return;
	peer->caught_up = 1;
	raft_module_event(r, RAFT_EVENT_CAUGHT_UP, position);
}

struct raft_intent
raft_learners_acknowledged(struct raft *r, struct raft_identity identity,
			   const struct raft_append_answer *answer)
{
	struct raft_learners_peer *peer;
	uint64_t tip, match;
	uint32_t position;

	(void)answer;
	if (!watches(r))
		return (struct raft_intent){ 0 };
	position = raft_module_position(r, identity);
	if (position == raft_module_member_count(r) ||
	    raft_module_votes(r, position))
		return (struct raft_intent){ 0 };
	peer = RAFT_OWN_PEER(r, position, learners);
	tip = raft_module_tip(r).index;
	match = raft_module_match_index(r, position);
	if (peer->target == 0 && (match < tip || !peer->caught_up))
		begin_round(r, position);
	if (peer->target == 0 || match < peer->target)
		return (struct raft_intent){ 0 };
	end_round(r, position);
	if (match < tip)
		begin_round(r, position);
	return (struct raft_intent){ 0 };
}

/** When it will have fallen behind if nothing is heard of it. */
static uint64_t
falls_behind_at(const struct raft *r, uint32_t position)
{
	const struct raft_learners_peer *peer =
	    RAFT_OWN_PEER(r, position, learners);
	uint64_t since = raft_module_heard_at(r, position);

	if (!peer->caught_up)
		return UINT64_MAX;
	if (peer->target != 0 && peer->time < since)
		since = peer->time;
	return since + raft_module_election_timeout(r);
}

/* -------------------------------------------------------------- the gate */

static bool
falls_short(const struct raft *r, const struct raft_member *voter,
	    struct raft_shortfall *shortfall)
{
	uint32_t position = raft_module_position(r, voter->identity);

	if (position == raft_module_member_count(r) ||
	    position == raft_module_own_position(r) ||
	    raft_module_votes(r, position) || is_caught_up(r, position))
		return false;
	*shortfall = (struct raft_shortfall){
		.member = voter->identity,
		.match_index = raft_module_match_index(r, position),
		.entries = raft_module_tip(r).index -
			   raft_module_match_index(r, position),
		.silent_us = raft_module_has_answered(r, position)
				 ? raft_module_now(r) -
				       raft_module_heard_at(r, position)
				 : UINT64_MAX,
	};
	return true;
}

enum raft_result
raft_learners_refuses_configuration(const struct raft *r,
				    const struct raft_configuration *target,
				    struct raft_shortfall *shortfall)
{
	for (size_t i = 0; i < target->member_count; i++)
		if (target->members[i].role == RAFT_MEMBER_VOTER &&
		    falls_short(r, &target->members[i], shortfall))
			return RAFT_NOT_CAUGHT_UP;
	return RAFT_OK;
}

void
raft_learners_member_status(const struct raft *r, uint32_t position,
			    struct raft_member_status *status)
{
	const struct raft_learners_peer *peer =
	    RAFT_OWN_PEER(r, position, learners);

	if (!watches(r) || raft_module_votes(r, position))
		return;
	status->caught_up = is_caught_up(r, position);
	status->slow_rounds = peer->slow_rounds;
	status->round_us = round_us(r, position);
}

/* ---------------------------------------------------------------- wishes */

/** (N5) */
static uint64_t
silent_since(const struct raft *r, uint32_t position)
{
	uint64_t steady_since = RAFT_OWN(r, learners)->leading.steady_since;
	uint64_t heard_at = raft_module_heard_at(r, position);

	return heard_at > steady_since ? heard_at : steady_since;
}

/** The voter that has been silent longest; count: none is left. */
static uint32_t
most_silent(const struct raft *r, const struct raft_member *members,
	    uint32_t count)
{
	uint32_t found = count;

	for (uint32_t i = 0; i < count; i++)
		if (members[i].role == RAFT_MEMBER_VOTER &&
		    i != raft_module_own_position(r) &&
		    (found == count ||
		     silent_since(r, i) < silent_since(r, found)))
			found = i;
	return found;
}

/** When this one may take the place of that voter. */
static uint64_t
stands_in_at(const struct raft *r, const struct raft_member *stand_in,
	     uint32_t voter)
{
	uint64_t patience = raft_module_election_timeout(r);
	uint64_t since = silent_since(r, voter);

	if (patience < stand_in->stands_in_us)
		patience = stand_in->stands_in_us;
	return since == UINT64_MAX ? UINT64_MAX : since + patience;
}

/** When the wish of the member at that position may be carried out; UINT64_MAX:
 *  it has none, or is not ready. */
static uint64_t
wish_is_due_at(const struct raft *r, const struct raft_member *members,
	       uint32_t count, uint32_t position)
{
	const struct raft_member *member = &members[position];
	uint32_t voter;

	if (member->role != RAFT_MEMBER_NON_VOTING ||
	    (!member->promotes && member->stands_in_us == 0) ||
	    !is_caught_up(r, position))
		return UINT64_MAX;
	if (member->promotes)
		return 0;
	voter = most_silent(r, members, count);
	return voter == count ? UINT64_MAX : stands_in_at(r, member, voter);
}

/** (N4) */
static void
trade_places(struct raft_member *stand_in, struct raft_member *voter)
{
	voter->role = RAFT_MEMBER_NON_VOTING;
	voter->promotes = false;
	voter->stands_in_us = stand_in->stands_in_us;
	stand_in->role = RAFT_MEMBER_VOTER;
}

/** (N3) */
static bool
carry_out_wishes(const struct raft *r, struct raft_member *members,
		 size_t member_count)
{
	uint32_t count = (uint32_t)member_count;
	bool changed = false;

	for (uint32_t i = 0; i < count; i++) {
		if (wish_is_due_at(r, members, count, i) > raft_module_now(r))
			continue;
		changed = true;
		if (members[i].promotes)
			members[i].role = RAFT_MEMBER_VOTER;
		else
			trade_places(&members[i],
				     &members[most_silent(r, members, count)]);
	}
	return changed;
}

static uint64_t
change_is_due_at(const struct raft *r)
{
	const struct raft_configuration *c = raft_configuration(r);
	uint64_t least = UINT64_MAX;

	for (uint32_t i = 0; i < c->member_count; i++) {
		uint64_t at = wish_is_due_at(r, c->members,
					     (uint32_t)c->member_count, i);

		least = at < least ? at : least;
	}
	if (least < RAFT_OWN(r, learners)->leading.waits_until)
		least = RAFT_OWN(r, learners)->leading.waits_until;
	return raft_module_may_change(r) ? least : UINT64_MAX;
}

/* ------------------------------------------------------------------ time */

uint64_t
raft_learners_deadline(const struct raft *r)
{
	uint64_t least;

	if (!watches(r))
		return UINT64_MAX;
	least = change_is_due_at(r);
	for (uint32_t i = 0; i < raft_module_member_count(r); i++) {
		uint64_t at = falls_behind_at(r, i);

		least = at < least ? at : least;
	}
	return least;
}

/** (N5): looked at with each heartbeat at least, which is often enough. */
static void
note_steadiness(struct raft *r)
{
	uint64_t *since = &RAFT_OWN(r, learners)->leading.steady_since;
	uint64_t heard_at = raft_module_quorum_heard_at(r);

	if (raft_module_now(r) - heard_at >= raft_module_election_timeout(r))
		*since = UINT64_MAX;
	else if (*since == UINT64_MAX)
		*since = raft_module_now(r);
}

struct raft_intent
raft_learners_expire(struct raft *r)
{
	if (!watches(r))
		return (struct raft_intent){ 0 };
	note_steadiness(r);
	for (uint32_t i = 0; i < raft_module_member_count(r); i++)
		if (!is_caught_up(r, i))
			fall_behind(r, i);
	if (raft_module_now(r) < change_is_due_at(r))
		return (struct raft_intent){ 0 };
	/* Should it be refused, it is not tried again at once. */
	RAFT_OWN(r, learners)->leading.waits_until =
	    raft_module_now(r) + raft_module_heartbeat(r);
	return (struct raft_intent){ .kind = RAFT_INTENT_RECONFIGURE,
				     .change = carry_out_wishes };
}
