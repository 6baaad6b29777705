/*
 * CheckQuorum: when a leader is over.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "extensions/checkquorum/checkquorum.h"
#include "raft/raft_module.h"

/** Election timeouts that a write of a leader's may take that is ahead of its
 *  disk. */
#define TIMEOUTS_AHEAD 5

static bool
has_rivals(const struct raft *r)
{
	/* Rule 6.2/leaders-6: a sole voter has nobody to give way to. */
	return raft_module_role(r) == RAFT_LEADER &&
	       !raft_module_is_sole_voter(r);
}

/** By how much the timeout of the configuration before was longer. */
static uint64_t
shortened_by(const struct raft *r)
{
	uint64_t timeout = raft_module_election_timeout(r);
	uint64_t former = raft_module_former_timeout(r);

	return former < timeout ? 0 : former - timeout;
}

/** Another majority is asked: what is known of the former says nothing. A shorter
 *  window begins now, since nobody was asked that often before, but ends no later
 *  than the former. */
void
raft_checkquorum_configured(struct raft *r)
{
	uint64_t *heard_at = &RAFT_OWN(r, checkquorum)->heard_at;
	uint64_t latest;

	*heard_at = 0;
	if (raft_module_role(r) != RAFT_LEADER)
		return;
	latest = raft_module_quorum_heard_at(r) + shortened_by(r);
	*heard_at = latest < raft_module_now(r) ? latest : raft_module_now(r);
}

void
raft_checkquorum_role_changed(struct raft *r, enum raft_reason reason)
{
	(void)reason;
	raft_checkquorum_configured(r);
}

static bool
quorum_is_lost(struct raft *r)
{
	uint64_t *heard_at = &RAFT_OWN(r, checkquorum)->heard_at;
	uint64_t timeout = raft_module_agreed_timeout(r);

	if (raft_module_now(r) - *heard_at < timeout)
		return false;
	/* Rule 6.2/leaders-1: a leader is over when nothing that it sent within
	 * the election timeout was answered by a majority. */
	*heard_at = raft_module_quorum_heard_at(r);
	return raft_module_now(r) - *heard_at >= timeout;
}

/** One that is ahead of its disk goes on at the others' pace meanwhile. But what it
 *  holds in memory grows, and with one follower less it would hold up commits. */
static uint64_t
patience_with_disk(const struct raft *r)
{
	uint64_t timeout = raft_module_agreed_timeout(r);

	return raft_module_is_ahead_of_disk(r) ? TIMEOUTS_AHEAD * timeout
					       : timeout;
}

static bool
write_is_stalled(const struct raft *r)
{
	uint64_t since = raft_module_writing_since(r);

	/* Rule 6.2/leaders-5: so is one whose own log has not finished a write
	 * for as long, or for five times as long if it is ahead of its disk: its
	 * heartbeats would keep the followers loyal to one whose state machine
	 * stands still, or soon does. */
	return since != UINT64_MAX &&
	       raft_module_now(r) - since >= patience_with_disk(r);
}

enum raft_result
raft_checkquorum_refuses(struct raft *r, enum raft_action action)
{
	(void)action;
	/* Rule 6.2/leaders-4: it refuses proposals, and sends no heartbeats, by
	 * the clock, however late its timer: a process that was paused must not
	 * act on a majority of long ago. */
	return has_rivals(r) && quorum_is_lost(r) ? RAFT_NO_QUORUM : RAFT_OK;
}

uint64_t
raft_checkquorum_deadline(const struct raft *r)
{
	uint64_t since = raft_module_writing_since(r), at;

	if (!has_rivals(r))
		return UINT64_MAX;
	at = RAFT_OWN(r, checkquorum)->heard_at + raft_module_agreed_timeout(r);
	if (since < at && since + patience_with_disk(r) < at)
		at = since + patience_with_disk(r);
	return at;
}

struct raft_intent
raft_checkquorum_expire(struct raft *r)
{
	struct raft_intent intent = { .kind = RAFT_INTENT_STEP_DOWN };

	if (!has_rivals(r))
		return (struct raft_intent){ 0 };
	/* Rule 6.2/leaders-3: it becomes a follower in the same term, its vote
	 * kept. */
	if (quorum_is_lost(r))
		intent.reason = RAFT_REASON_QUORUM_LOST;
	else if (write_is_stalled(r))
		intent.reason = RAFT_REASON_WRITE_STALLED;
	else
		intent.kind = RAFT_INTENT_NONE;
	return intent;
}
