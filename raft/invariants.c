/*
 * What is true of a member after every step of a debug build.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One sentence, one check: first what holds of one state, then what holds
 * between the states before and after a step.
 */
#include "raft/state.h"

#if RAFT_INVARIANTS

static void
check_log(const struct raft *r)
{
	const struct raft_log *log = &r->log;

	/* The snapshot is a prefix of the log. */
	raft_assert(log->snapshot.index <= log->last.index);
	/* There are runs where there are entries. */
	raft_assert((log->run_count > 0) ==
		    (log->last.index > log->snapshot.index));
	/* The first run begins where the log does, the last gives the tip's
	 * term. */
	if (log->run_count > 0) {
		raft_assert(log->runs[0].first_index ==
			    log->snapshot.index + 1);
		raft_assert(log->runs[log->run_count - 1].term ==
			    log->last.term);
	}
	/* Terms in the log never exceed ours. */
	raft_assert(log->last.term <= r->term);
}

static void
check_indexes(const struct raft *r)
{
	/* What is compacted is committed; what is applied was shown, what was
	 * shown is committed and durable, or at least given to the log. */
	raft_assert(r->log.snapshot.index <= r->commit_index);
	raft_assert(r->applied_index <= r->shown_index);
	raft_assert(r->shown_index <= r->commit_index);
	if (r->ahead_of_disk)
		raft_assert(r->shown_index <= r->outbox.handed_index);
	else
		raft_assert(r->shown_index <= r->durable_index);
	/* So is what a snapshot to be sent covers, with the log behind it. */
	if (r->shown_index >= r->log.snapshot.index)
		raft_assert(r->log.snapshot.index <= r->durable_index);
	/* What is committed is in the log. */
	raft_assert(r->commit_index <= r->log.last.index);
	/* What is durable, and what the log was given, is in the log. */
	raft_assert(r->durable_index <= r->outbox.handed_index);
	raft_assert(r->outbox.handed_index + r->outbox.pending.count ==
		    r->log.last.index);
	raft_assert(r->verified_index <= r->log.last.index);
}

static void
check_promises(const struct raft *r)
{
	/* Disks are not ahead of us. */
	raft_assert(r->durable_term <= r->term);
	/* The vote that is durable in this term is the vote of this term. */
	if (r->durable_term == r->term && r->durable_vote.id != 0)
		raft_assert(raft__same(r->durable_vote, r->vote));
}

static void
check_progress(const struct raft *r)
{
	const struct raft_membership *m = r->membership;

	for (size_t i = 0; i < m->peer_count; i++) {
		const struct raft_peer *peer = &m->peers[i];

		if (i == m->self)
			continue;
		/* A peer's match is behind what is sent to it next, which is at
		 * most the end of the log. */
		raft_assert(peer->match_index < peer->next_index);
		raft_assert(peer->next_index <= r->log.last.index + 1);
		/* What is sent next follows an entry whose term is known. */
		raft_assert(peer->next_index > r->log.snapshot.index);
		/* Answers do not overtake what they answer. */
		raft_assert(peer->sequence_answered <= peer->sequence_sent);
		/* Who is in the state SNAPSHOT is being sent one. */
		raft_assert((peer->state == RAFT_PROGRESS_SNAPSHOT) ==
			    (raft__sending(r, peer) != NULL));
	}
}

static void
check_snapshots(const struct raft *r)
{
	const struct raft_sending *sending = r->snapshots.sending;
	const struct raft_receiving *receiving = r->snapshots.receiving;

	/* What is stored was sent, and taken. */
	for (; sending != NULL; sending = sending->following) {
		raft_assert(sending->stored <= sending->next);
		raft_assert(sending->next <= sending->size);
		/* Only a leader sends to more than one. */
		raft_assert(r->role == RAFT_LEADER ||
			    sending->following == NULL);
	}
	if (receiving != NULL) {
		raft_assert(receiving->stored <= receiving->next);
		raft_assert(receiving->next <= receiving->size);
		/* Only others receive. */
		raft_assert(r->role != RAFT_LEADER);
	}
	/* The log holds all that a snapshot to be sent does not. */
	if (r->snapshots.newest.index != 0)
		raft_assert(r->snapshots.newest.index >=
			    r->log.snapshot.index);
	if (r->snapshots.spare_index != 0) {
		raft_assert(r->snapshots.spare_index <
			    r->snapshots.newest.index);
		raft_assert(r->snapshots.spare_index >= r->log.snapshot.index);
	}
}

static void
check_role(const struct raft *r)
{
	/* Candidates and leaders voted for themselves. */
	if (r->role != RAFT_FOLLOWER)
		raft_assert(raft__same(r->vote, r->self));
	/* A leader knows itself as leader, and its own vote was durable. */
	if (r->role == RAFT_LEADER) {
		raft_assert(raft__same(r->leader, r->self));
		raft_assert(r->durable_term == r->term);
		raft_assert(raft__same(r->durable_vote, r->self));
		check_progress(r);
	}
	/* A candidate knows no leader. */
	if (r->role == RAFT_CANDIDATE)
		raft_assert(r->leader.id == 0);
}

static void
check_state(const struct raft *r)
{
	check_log(r);
	check_indexes(r);
	check_promises(r);
	check_role(r);
	check_snapshots(r);
}

static uint64_t
term_at_commit(const struct raft *r)
{
	return raft__log_term_at(&r->log, r->commit_index);
}

void
raft__check_before(const struct raft *r, struct raft_before *before)
{
	*before = (struct raft_before){
		.term = r->term,
		.vote = r->vote,
		.role = r->role,
		.commit_index = r->commit_index,
		.commit_term = term_at_commit(r),
		.shown_index = r->shown_index,
		.snapshot_index = r->log.snapshot.index,
		.last = r->log.last,
		.leader = r->leader,
	};
}

static void
check_same_term(const struct raft *r, const struct raft_before *before)
{
	/* A vote is given once in a term. */
	if (before->vote.id != 0)
		raft_assert(raft__same(r->vote, before->vote));
	/* A term has one leader. */
	if (before->leader.id != 0 && r->leader.id != 0)
		raft_assert(raft__same(r->leader, before->leader));
	/* A follower leads only by way of candidacy. */
	if (r->role == RAFT_LEADER)
		raft_assert(before->role != RAFT_FOLLOWER);
}

static void
check_delta(const struct raft *r, const struct raft_before *before)
{
	/* Terms, commits, and what was shown do not go back. */
	raft_assert(r->term >= before->term);
	raft_assert(r->commit_index >= before->commit_index);
	raft_assert(r->shown_index >= before->shown_index);
	raft_assert(r->log.snapshot.index >= before->snapshot_index);
	/* What was committed is still what it was. */
	if (before->commit_index >= r->log.snapshot.index)
		raft_assert(raft__log_term_at(&r->log, before->commit_index) ==
			    before->commit_term);
	/* A leader only appends. */
	if (before->role == RAFT_LEADER && r->role == RAFT_LEADER)
		raft_assert(r->log.last.index >= before->last.index);
	if (r->term == before->term)
		check_same_term(r, before);
}

void
raft__check_after(const struct raft *r, const struct raft_before *before)
{
	check_state(r);
	check_delta(r, before);
}

#endif
