/*
 * Handing leadership over (thesis 3.10).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     raft_transfer --> proposals refused --> target has the whole log
 *         --> TimeoutNow --> it campaigns with a permit --> its term deposes us
 *
 * TimeoutNow has no expiry, since the target cannot read our clock. One that
 * comes late finds another tip: a transfer that is given up appends a no-op.
 */
#include "raft/state.h"

static void
tell_target(struct raft *r, const struct raft_peer *target)
{
	raft__send(r, (struct raft_message){
			  .kind = RAFT_MESSAGE_TIMEOUT_NOW,
			  .to = target->identity,
			  .timeout_now = { .tip = r->log.last,
					   .transfer = r->transfer.number },
		      });
	r->transfer.told = true;
}

bool
raft__is_handing_over(const struct raft *r)
{
	return r->transfer.target != 0 ||
	       (r->transfer.given_up && r->unproposed_index > r->commit_index);
}

/** Once the target holds all, durably: not before, and not twice. */
void
raft__transfer_advance(struct raft *r)
{
	const struct raft_peer *target;

	if (r->role != RAFT_LEADER || r->transfer.told)
		return;
	target = raft__peer_by_id(r, r->transfer.target);
	if (target != NULL && target->match_index == r->log.last.index)
		tell_target(r, target);
}

/** It stops in any case, and in the time that it was given first. */
static bool
is_leaving(const struct raft *r)
{
	return r->transfer.target != 0 && r->transfer.leaves;
}

static void
begin_transfer(struct raft *r, uint64_t target)
{
	if (!is_leaving(r)) {
		r->transfer.leaves = false;
		r->transfer.until = r->now + raft__election_timeout(r);
	}
	r->transfer.target = target;
	r->transfer.number++;
	r->transfer.told = false;
	raft__trace(r, "hands over to %llu", (unsigned long long)target);
	raft__transfer_advance(r);
}

static void
give_up(struct raft *r)
{
	bool leaves = r->transfer.leaves;

	r->transfer.target = 0;
	if (leaves)
		raft__become_follower(r, r->transfer.reason);
	else if (raft__append_noop(r))
		raft__note_unproposed(r, true);
	else
		raft__become_follower(r, RAFT_REASON_OUT_OF_MEMORY);
}

/** The last one has left nothing behind. */
static bool
may_begin_transfer(const struct raft *r)
{
	return r->unproposed_index <= r->commit_index;
}

/** With each heartbeat TimeoutNow is said again: it may have been lost. */
void
raft__transfer_expire(struct raft *r)
{
	if (r->transfer.target == 0)
		return;
	if (r->now >= r->transfer.until) {
		give_up(r);
	} else if (r->now >= r->heartbeat_at) {
		r->transfer.told = false;
		raft__transfer_advance(r);
	}
}

enum raft_result
raft_transfer(struct raft *r, uint64_t id, uint64_t now)
{
	struct raft_before before;
	const struct raft_peer *peer = raft__peer_by_id(r, id);

	if (!raft__begin_step(r, now, &before))
		return RAFT_STOPPED;
	if (r->role != RAFT_LEADER)
		return RAFT_NOT_LEADER;
	if (peer == NULL || peer->role != RAFT_MEMBER_VOTER)
		return RAFT_INVALID;
	if (!may_begin_transfer(r))
		return RAFT_OVERLOADED;
	if (id != r->self.id)
		begin_transfer(r, id);
	raft__check_after(r, &before);
	return RAFT_OK;
}

/** The voter, heard of late, that needs least; NULL: none was. */
static const struct raft_peer *
best_successor(const struct raft *r)
{
	const struct raft_membership *m = r->membership;
	const struct raft_peer *best = NULL;

	for (size_t i = 0; i < m->peer_count; i++) {
		const struct raft_peer *peer = &m->peers[i];

		if (i == m->self || peer->role != RAFT_MEMBER_VOTER ||
		    peer->state == RAFT_PROGRESS_REGRESSED || !peer->answered ||
		    r->now - peer->heard_sent_at >= raft__election_timeout(r))
			continue;
		if (best == NULL || peer->match_index > best->match_index)
			best = peer;
	}
	return best;
}

void
raft__hand_over(struct raft *r, enum raft_reason reason)
{
	const struct raft_peer *successor =
	    may_begin_transfer(r) ? best_successor(r) : NULL;

	/* Who was told may campaign any time: another would split the vote. */
	if (r->transfer.target == 0 || !r->transfer.told) {
		if (successor == NULL) {
			raft__become_follower(r, reason);
			return;
		}
		begin_transfer(r, successor->identity.id);
	}
	r->transfer.leaves = true;
	r->transfer.reason = reason;
}

enum raft_result
raft_step_down(struct raft *r, uint64_t now)
{
	struct raft_before before;

	if (!raft__begin_step(r, now, &before))
		return RAFT_STOPPED;
	if (r->role != RAFT_LEADER)
		return RAFT_NOT_LEADER;
	if (!is_leaving(r))
		raft__hand_over(r, RAFT_REASON_ASKED);
	raft__check_after(r, &before);
	return RAFT_OK;
}

/** Of this term, which is ours. Heeded only from the leader whose log we hold;
 *  what is not durable yet is said again soon. */
void
raft__on_timeout_now(struct raft *r, const struct raft_message *message)
{
	struct raft_entry_id tip = message->timeout_now.tip;

	if (!raft__same(message->from, r->leader) ||
	    tip.index != r->log.last.index || tip.term != r->log.last.term ||
	    !raft__outbox_all_durable(r))
		return;
	raft__begin_candidacy(r, RAFT_REASON_TRANSFER);
	if (r->role == RAFT_CANDIDATE)
		r->permit = (struct raft_permit){
			.leader = message->from.id,
			.term = message->term,
			.transfer = message->timeout_now.transfer,
		};
}
