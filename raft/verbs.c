/*
 * What a program asks of its member, apart from telling it what happened.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raft/raft_hooks.h"
#include "raft/state.h"

/** False: one is too large. */
static bool
add_up(const struct raft *r, const struct raft_payload *payloads, size_t count,
       uint64_t *bytes)
{
	size_t longest = 0;

	*bytes = 0;
	for (size_t i = 0; i < count; i++) {
		*bytes += payloads[i].length;
		if (payloads[i].length > longest)
			longest = payloads[i].length;
	}
	return longest <= r->payload_bytes_max;
}

static enum raft_result
may_propose(struct raft *r, size_t count, uint64_t bytes)
{
	uint64_t unsettled = r->log.last.index - raft__settled_index(r);
	enum raft_result refusal;

	if (r->role != RAFT_LEADER)
		return RAFT_NOT_LEADER;
	if (r->transfer.target != 0)
		return RAFT_TRANSFERRING;
	refusal = raft_hook_refuses(r, RAFT_ACTION_PROPOSE);
	if (refusal != RAFT_OK)
		return refusal;
	if (count == 0 || count > r->uncommitted_entries_max)
		return RAFT_INVALID;
	bytes += raft__flow_bytes(&r->uncommitted);
	if (unsettled > r->uncommitted_entries_max - count ||
	    (unsettled > 0 && bytes > r->uncommitted_bytes_max))
		return RAFT_OVERLOADED;
	/* The log has a run of its term, since it leads. */
	return raft__outbox_reserve(r, count) ? RAFT_OK : RAFT_NO_MEMORY;
}

enum raft_result
raft_propose(struct raft *r, const struct raft_payload *payloads, size_t count,
	     uint64_t now, struct raft_entry_id *first)
{
	struct raft_before before;
	struct raft_entry *entries;
	enum raft_result result;
	uint64_t index, bytes;

	if (!raft__begin_step(r, now, &before))
		return RAFT_STOPPED;
	if (!add_up(r, payloads, count, &bytes))
		return RAFT_TOO_LARGE;
	result = may_propose(r, count, bytes);
	if (result != RAFT_OK)
		return result;
	r->uncommitted.since += bytes;
	index = r->log.last.index + 1;
	entries = raft__outbox_extend(r, count);
	for (size_t i = 0; i < count; i++) {
		raft_payload_hold(&payloads[i]);
		entries[i] = (struct raft_entry){
			.index = index + i,
			.term = r->term,
			.kind = RAFT_ENTRY_DATA,
			.payload = payloads[i],
		};
	}
	/* Rule 3.1/leaders-3: a command is appended, and answered for once
	 * it is committed. */
	raft__log_append(&r->log, r->term, count);
	if (first != NULL)
		*first = (struct raft_entry_id){ .index = index,
						 .term = r->term };
	raft__check_after(r, &before);
	return RAFT_OK;
}

bool
raft_acts(struct raft *r, uint64_t now)
{
	struct raft_before before;
	bool acts;

	if (!raft__begin_step(r, now, &before))
		return false;
	acts = r->role == RAFT_LEADER && r->transfer.target == 0 &&
	       raft_hook_refuses(r, RAFT_ACTION_PROPOSE) == RAFT_OK;
	raft__check_after(r, &before);
	return acts;
}

enum raft_result
raft_read_bounded(struct raft *r, uint64_t bound_us, uint64_t now)
{
	struct raft_before before;
	uint64_t index = UINT64_MAX;
	bool young;

	if (!raft__begin_step(r, now, &before))
		return RAFT_STOPPED;
	young = raft_hook_vouches(r, bound_us, &index);
	raft__check_after(r, &before);
	return young && index <= r->applied_index ? RAFT_OK : RAFT_TOO_OLD;
}

enum raft_result
raft_campaign(struct raft *r, uint64_t now)
{
	struct raft_before before;

	if (!raft__begin_step(r, now, &before))
		return RAFT_STOPPED;
	if (r->role != RAFT_LEADER && !raft__may_campaign(r))
		return RAFT_NOT_MEMBER;
	raft__begin_candidacy(r, RAFT_REASON_ASKED);
	raft__check_after(r, &before);
	return RAFT_OK;
}

void
raft_log_failed(struct raft *r, uint64_t now)
{
	struct raft_before before;

	if (!raft__begin_step(r, now, &before))
		return;
	raft__stop(r, RAFT_REASON_DISK_FAILED, r->durable_index);
	raft__check_after(r, &before);
}

void
raft_applied(struct raft *r, uint64_t index)
{
	raft_assert(index <= r->shown_index);
	if (index > r->applied_index)
		r->applied_index = index;
}

void
raft_peer_closed(struct raft *r, uint64_t id, uint64_t now)
{
	struct raft_before before;
	struct raft_peer *peer = raft__peer_by_id(r, id);

	if (!raft__begin_step(r, now, &before) || peer == NULL)
		return;
	/* What was on its way is lost: no need to wait for the mismatch. */
	if (r->role == RAFT_LEADER && peer->state == RAFT_PROGRESS_REPLICATE)
		raft__progress_probe(r, peer, peer->match_index + 1);
	if (r->role == RAFT_LEADER && peer->state == RAFT_PROGRESS_SNAPSHOT)
		raft__sending_lost(r, peer);
	raft_hook_peer_closed(r, id);
	raft__check_after(r, &before);
}
