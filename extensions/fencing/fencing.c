/*
 * Fencing: until when a leader may act.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     leader   --s--append--------------------------now-------|lease ends
 *                \        /                                s + d
 *     voter    ---h------answer-------------------------------------|votes again
 *                                                                  h + T
 *
 * What is promised: while this leader acts no other member of the group does.
 *
 *  1. Let s be the time, by the leader's clock, at which it sent an append that a
 *     voter has answered, h when that came, by the voter's. The voter votes for
 *     nobody, itself included, before its clock shows h + T: that is its recency,
 *     the boot quarantine of one that restarts meanwhile, and the core's rule that
 *     nothing but time, or leave of the leader, ends either where leases are
 *     granted.
 *  2. T is the least election timeout of the configuration that the voter has in
 *     force. Once it holds the first entry of the leader's term, that is one of the
 *     leader's log from its match index on: the shortest of these counts, and none
 *     where one of them grants no leases.
 *  3. The append was sent before it came. Each clock runs at a rate that differs
 *     from true time by at most rho, and is read to the microsecond below. So the
 *     leader's shows s + d before the voter's shows h + T if
 *     d = T (1 - rho) / (1 + rho) - 2.
 *  4. A majority of the voters, each with its own s and T, has that in common until
 *     the time that a majority reaches. Whoever is elected needs a vote of one of
 *     them: any two majorities that decide have a member in common (4.3).
 *  5. Whoever is elected had to wait for that, and was no leader before: it acts
 *     only when it has a lease itself.
 *  6. By leave of the leader a vote is given at once. So a leader that has given
 *     leave does not act until that leave is void.
 *
 * A clock that is further off, or a time told to the library that is older than what
 * it is told with, breaks the promise.
 */
#include "extensions/fencing/fencing.h"
#include "raft/raft_module.h"

#define MILLION UINT64_C(1000000)
#define CLOCKS_READ 2

/** (3) */
static uint64_t
lease_us(const struct raft *r, uint64_t timeout)
{
	uint64_t drift = raft_module_clock_drift(r);
	uint64_t us = timeout * (MILLION - drift) / (MILLION + drift);

	return us > CLOCKS_READ ? us - CLOCKS_READ : 0;
}

/** (1, 2) When the voter at that position may vote again. */
static uint64_t
bound_until(const struct raft *r, uint32_t position)
{
	uint64_t timeout = raft_module_promised_timeout(r, position);

	/* Rule 6.4.1/lease-1: only what it has answered counts, and from when that
	 * was sent: that leading began is no promise of anybody. */
	if (timeout == 0 || !raft_module_has_answered(r, position))
		return 0;
	return raft_module_heard_at(r, position) + lease_us(r, timeout);
}

/** (4) */
static uint64_t
look_up(const struct raft *r)
{
	uint64_t values[RAFT_MEMBERS_MAX];

	for (uint32_t i = 0; i < raft_module_member_count(r); i++)
		values[i] = i == raft_module_own_position(r)
				? UINT64_MAX
				: bound_until(r, i);
	return raft_module_quorum(r, values);
}

static bool
votes_itself(const struct raft *r)
{
	uint32_t own = raft_module_own_position(r);

	return own < raft_module_member_count(r) && raft_module_votes(r, own);
}

/** By the clock as it was told with what is asked: no timer is waited for. */
static bool
holds_lease(struct raft *r)
{
	uint64_t *until = &RAFT_OWN(r, fencing)->lease_until;

	/* Rule 6.4.1/lease-2: none before an entry of its own term is committed.
	 * Rule 6.4.1/lease-5: none from when it hands over until that is over or
	 * void, and none once it is to be removed. */
	if (!raft_module_has_committed(r) || raft_module_is_handing_over(r) ||
	    !votes_itself(r)) {
		*until = 0;
		return false;
	}
	if (raft_module_now(r) >= *until)
		*until = look_up(r);
	/* Rule 6.4.1/lease-4: what counts is the clock when it is asked. */
	return raft_module_now(r) < *until;
}

/** A leader needs heartbeats to get its first lease. */
static bool
is_silenced(const struct raft *r)
{
	return raft_module_now(r) - raft_module_quorum_heard_at(r) >=
	       lease_us(r, raft_module_agreed_timeout(r));
}

/** Another majority is asked, or for less: what is known says nothing. */
void
raft_fencing_configured(struct raft *r)
{
	RAFT_OWN(r, fencing)->lease_until = 0;
}

void
raft_fencing_role_changed(struct raft *r, enum raft_reason reason)
{
	(void)reason;
	raft_fencing_configured(r);
}

static bool
is_fenced(const struct raft *r)
{
	return raft_module_role(r) == RAFT_LEADER &&
	       raft_module_clock_drift(r) != 0;
}

enum raft_result
raft_fencing_refuses(struct raft *r, enum raft_action action)
{
	/* Rule 6.4.1/fence-1: past its lease a leader refuses writes, reads and
	 * changes of members, and sends no heartbeats. */
	if (!is_fenced(r))
		return RAFT_OK;
	if (action == RAFT_ACTION_HEARTBEAT)
		return is_silenced(r) ? RAFT_NO_QUORUM : RAFT_OK;
	if (holds_lease(r))
		return RAFT_OK;
	return raft_module_is_handing_over(r) ? RAFT_TRANSFERRING
					      : RAFT_NO_QUORUM;
}

bool
raft_fencing_vouches(struct raft *r, uint64_t bound_us, uint64_t *index)
{
	(void)bound_us;
	/* Rule 6.4.1/read-1: what a leader has committed is, under its lease, all
	 * that was acknowledged anywhere. */
	if (!is_fenced(r) || !holds_lease(r))
		return false;
	*index = raft_module_commit_index(r);
	return true;
}
