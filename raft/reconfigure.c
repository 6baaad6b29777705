/*
 * Changing who is in the group (thesis chapter 4).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     raft_reconfigure --> one voter more or less: C_new ----------> committed
 *         \--> else: C_old,new --> committed --> C_new, by itself --> committed
 *
 *  (M1) One change at a time, and none before the leader has committed an entry
 *       of its own term: majorities of two changes need not meet (4.1; Ongaro's
 *       correction of 2015 to single-server changes).
 *  (M2) While C_old,new is in force each decision needs both majorities (4.3).
 *  (M3) A leader that C_new leaves out, or demotes, leads until that is
 *       committed, counting itself no more, and then hands over (4.2.2).
 *  (M4) A server that was removed may not know. Its requests are judged like any
 *       other, for the asker may know a newer configuration (4.2.2); but once so
 *       many of its voters say NOT_MEMBER, of logs as good as its own, that
 *       the rest are no majority, it keeps quiet, until a leader speaks to it.
 */
#include "raft/raft_hooks.h"
#include "raft/state.h"

/* --------------------------------------------------- configuration entries */

/** A configuration's bytes, as the counted block of its entry. */
struct encoded {
	struct raft_block block;
	struct raft_allocator allocator;
	uint8_t bytes[];
};

static void
release_encoded(struct raft_block *block)
{
	struct encoded *encoded = (struct encoded *)(void *)block;
	struct raft_allocator allocator = encoded->allocator;

	allocator.resize(allocator.context, encoded, 0);
}

static enum raft_result
encode(struct raft *r, const struct raft_configuration *configuration,
       struct raft_payload *payload)
{
	size_t size = raft_configuration_bytes(configuration);
	struct encoded *encoded =
	    raft__resize(r, NULL, sizeof(*encoded) + size);

	if (encoded == NULL)
		return RAFT_NO_MEMORY;
	encoded->block = (struct raft_block){ .references = 1,
					      .release = release_encoded };
	encoded->allocator = r->allocator;
	*payload = (struct raft_payload){
		.data = encoded->bytes,
		.length = raft_configuration_encode(configuration,
						    encoded->bytes, size),
		.owner = &encoded->block,
	};
	raft_assert(payload->length == size);
	return RAFT_OK;
}

/** The payload is the log's, or released. */
static enum raft_result
append(struct raft *r, const struct raft_payload *payload, uint64_t term)
{
	uint64_t index = r->log.last.index + 1;
	struct raft_membership *membership = NULL;
	enum raft_result result = RAFT_NO_MEMORY;

	if (raft__outbox_reserve(r, 1) && raft__log_reserve(r, 1))
		result = raft__membership_prepare(r, index, payload->data,
						  payload->length, &membership);
	if (result != RAFT_OK) {
		raft_payload_release(payload);
		return result;
	}
	*raft__outbox_extend(r, 1) = (struct raft_entry){
		.index = index,
		.term = term,
		.kind = RAFT_ENTRY_CONFIGURATION,
		.payload = *payload,
	};
	raft__log_append(&r->log, term, 1);
	raft__membership_install(r, membership);
	/* Its followers wait no longer than it says once they hold it. */
	r->heartbeat_at =
	    raft__least(r->heartbeat_at, r->now + raft__heartbeat_us(r));
	/* A round of reads may have waited only for those who left. */
	raft__reads_confirm(r);
	return RAFT_OK;
}

/** Which must not fail, and takes less than the joint one took. */
static bool
leaves_joint(const struct raft *r)
{
	return r->membership != NULL && r->membership->configuration.joint;
}

enum raft_result
raft__append_configuration(struct raft *r,
			   const struct raft_configuration *configuration,
			   uint64_t term)
{
	struct raft_payload payload;
	enum raft_result result;

	if (!raft__configuration_is_valid(configuration))
		return RAFT_INVALID;
	if (!leaves_joint(r) && raft_configuration_bytes(configuration) >
				    r->payload_bytes_max / 2)
		return RAFT_TOO_LARGE;
	result = encode(r, configuration, &payload);
	return result == RAFT_OK ? append(r, &payload, term) : result;
}

/* ------------------------------------------------------------- the change */

bool
raft__is_changing(const struct raft *r)
{
	return r->membership->configuration.joint ||
	       r->membership->index > r->commit_index;
}

/** How one server stands before and after; NULL: not in it. */
static struct raft_member
joined(const struct raft_member *before, const struct raft_member *after)
{
	struct raft_member member = after != NULL ? *after : *before;

	member.role = after != NULL ? after->role : RAFT_MEMBER_NONE;
	member.role_before = before != NULL ? before->role : RAFT_MEMBER_NONE;
	return member;
}

/** C_old,new. False: one id would be two servers, or there are too many. */
static bool
join(const struct raft_configuration *old,
     const struct raft_configuration *target, struct raft_member *members,
     struct raft_configuration *joint)
{
	const struct raft_member *a = old->members, *b = target->members;
	const struct raft_member *a_end = a + old->member_count;
	const struct raft_member *b_end = b + target->member_count;
	size_t count = 0;

	while (a < a_end || b < b_end) {
		bool leads = b == b_end ||
			     (a < a_end && a->identity.id <= b->identity.id);
		bool follows = a == a_end ||
			       (b < b_end && b->identity.id <= a->identity.id);

		if (count == RAFT_MEMBERS_MAX ||
		    (leads && follows && !raft__same(a->identity, b->identity)))
			return false;
		members[count++] =
		    joined(leads ? a++ : NULL, follows ? b++ : NULL);
	}
	*joint = *target;
	joint->joint = true;
	joint->members = members;
	joint->member_count = count;
	return true;
}

static size_t
count_changed_voters(const struct raft_configuration *joint)
{
	size_t changed = 0;

	for (size_t i = 0; i < joint->member_count; i++) {
		const struct raft_member *member = &joint->members[i];

		changed += (member->role == RAFT_MEMBER_VOTER) !=
			   (member->role_before == RAFT_MEMBER_VOTER);
	}
	return changed;
}

static enum raft_result
may_change(const struct raft *r)
{
	/* Rule 4.1/change-1: only a leader changes the configuration. */
	if (r->role != RAFT_LEADER)
		return RAFT_NOT_LEADER;
	if (r->transfer.target != 0)
		return RAFT_TRANSFERRING;
	/* Rule 4.1/change-3: an entry of the leader's own term must be committed
	 * first. */
	if (r->commit_index < r->term_first_index)
		return RAFT_TOO_SOON;
	/* Rule 4.1/change-2: the change before must be committed first. */
	if (raft__is_changing(r))
		return RAFT_CHANGING;
	if (r->log.last.index - r->commit_index >= r->uncommitted_entries_max)
		return RAFT_OVERLOADED;
	return RAFT_OK;
}

static bool
is_capable(const struct raft *r, const struct raft_member *member,
	   uint64_t needed)
{
	const struct raft_peer *peer =
	    raft__find_peer(r->membership, member->identity.id);

	if (raft__same(member->identity, r->self))
		return raft__build_has(r, needed);
	return peer != NULL && raft__same(peer->identity, member->identity) &&
	       ((peer->capabilities & needed) == needed ||
		(raft__votes(peer) && raft__grants_leases(r)));
}

/** Of each voter it is known that its build can do what the target needs: the
 *  newest message of it has said so, or it has taken such a configuration. */
static bool
voters_are_capable(const struct raft *r,
		   const struct raft_configuration *target)
{
	uint64_t needed = raft__capabilities_needed(target);

	for (size_t i = 0; i < target->member_count && needed != 0; i++)
		if (target->members[i].role == RAFT_MEMBER_VOTER &&
		    !is_capable(r, &target->members[i], needed))
			return false;
	return true;
}

/** Majorities that differ by one voter have a voter in common: no need for the
 *  long way (4.1). */
static enum raft_result
reconfigure(struct raft *r, const struct raft_configuration *target,
	    bool insists)
{
	const struct raft_configuration *old = &r->membership->configuration;
	struct raft_member members[RAFT_MEMBERS_MAX];
	struct raft_configuration joint;
	struct raft_shortfall shortfall;
	enum raft_result refusal;

	if (!raft__configuration_is_valid(target) || target->joint ||
	    !join(old, target, members, &joint))
		return RAFT_INVALID;
	if (!voters_are_capable(r, target))
		return RAFT_INCOMPATIBLE;
	refusal = insists ? RAFT_OK
			  : raft_hook_refuses_configuration(r, target,
							    &shortfall);
	if (refusal != RAFT_OK)
		return refusal;
	return raft__append_configuration(
	    r, count_changed_voters(&joint) > 1 ? &joint : target, r->term);
}

static enum raft_result
try_to(struct raft *r, const struct raft_configuration *target, bool insists)
{
	enum raft_result result = may_change(r);

	if (result == RAFT_OK)
		result = raft_hook_refuses(r, RAFT_ACTION_RECONFIGURE);
	return result == RAFT_OK ? reconfigure(r, target, insists) : result;
}

static enum raft_result
ask_for(struct raft *r, const struct raft_configuration *target, bool insists,
	uint64_t now, struct raft_entry_id *entry)
{
	struct raft_before before;
	enum raft_result result;

	if (!raft__begin_step(r, now, &before))
		return RAFT_STOPPED;
	result = try_to(r, target, insists);
	if (result == RAFT_OK && entry != NULL)
		*entry = r->log.last;
	raft__check_after(r, &before);
	return result;
}

enum raft_result
raft_reconfigure(struct raft *r, const struct raft_configuration *target,
		 uint64_t now, struct raft_entry_id *entry)
{
	return ask_for(r, target, false, now, entry);
}

enum raft_result
raft_reconfigure_anyway(struct raft *r,
			const struct raft_configuration *target, uint64_t now,
			struct raft_entry_id *entry)
{
	return ask_for(r, target, true, now, entry);
}

bool
raft_shortfall(const struct raft *r, const struct raft_configuration *target,
	       struct raft_shortfall *shortfall)
{
	return r->role == RAFT_LEADER && raft__configuration_is_valid(target) &&
	       raft_hook_refuses_configuration(r, target, shortfall) ==
		   RAFT_NOT_CAUGHT_UP;
}

/* ----------------------------------------------------- a change by itself */

bool
raft__may_change(const struct raft *r)
{
	return may_change(r) == RAFT_OK &&
	       r->unproposed_index <= r->commit_index;
}

/** Nobody proposed the entry, so nobody is told how it ends; the configuration
 *  tells of itself. */
void
raft__reconfigure_by_itself(struct raft *r,
			    bool (*change)(const struct raft *r,
					   struct raft_member *members,
					   size_t count))
{
	struct raft_configuration target;
	struct raft_member members[RAFT_MEMBERS_MAX];
	size_t count = 0;

	if (!raft__may_change(r))
		return;
	target = r->membership->configuration;
	for (size_t i = 0; i < target.member_count; i++)
		members[i] = target.members[i];
	if (!change(r, members, target.member_count))
		return;
	for (size_t i = 0; i < target.member_count; i++)
		if (members[i].role != RAFT_MEMBER_NONE)
			members[count++] = members[i];
	target.members = members;
	target.member_count = count;
	if (try_to(r, &target, false) == RAFT_OK)
		raft__note_unproposed(r, false);
}

/* --------------------------------------------------------------- its end */

/** Without memory it is tried again in the next turn. Whoever asked for the
 *  change was told of the entry before this one. */
static void
leave_joint(struct raft *r)
{
	const struct raft_configuration *joint = &r->membership->configuration;
	struct raft_member members[RAFT_MEMBERS_MAX];
	struct raft_configuration target = *joint;

	target.joint = false;
	target.members = members;
	target.member_count = 0;
	for (size_t i = 0; i < joint->member_count; i++) {
		struct raft_member *member = &members[target.member_count];

		*member = joint->members[i];
		member->role_before = RAFT_MEMBER_NONE;
		target.member_count += member->role != RAFT_MEMBER_NONE;
	}
	if (raft__append_configuration(r, &target, r->term) == RAFT_OK)
		raft__note_unproposed(r, false);
}

void
raft__reconfigure_advance(struct raft *r)
{
	const struct raft_membership *m = r->membership;

	raft_assert(m->is_passing);
	if (m->index > r->commit_index || r->transfer.target != 0 ||
	    r->commit_index < r->term_first_index ||
	    r->unproposed_index > r->commit_index)
		return;
	/* Rule 4.3/joint-2: C_new follows once C_old,new is committed. */
	if (m->configuration.joint)
		leave_joint(r);
	/* Rule 4.2/removed-1: a leader that is no voter of a committed
	 * configuration steps down. */
	else
		raft__hand_over(r, RAFT_REASON_REMOVED);
}

/* ------------------------------------------------------ who was removed */

/** With a log as good as the candidate's: one that is behind may not know yet
 *  that the candidate was added. */
void
raft__answer_removed(struct raft *r, const struct raft_vote_request *request)
{
	if (!raft__is_up_to_date(r->log.last, request->tip) ||
	    !raft__is_removed(r, request->candidate))
		return;
	raft__send(r, (struct raft_message){
			  .kind = RAFT_MESSAGE_NOT_MEMBER,
			  .to = request->candidate,
			  .not_member = { .asked_term = request->term,
					  .tip = r->log.last },
		      });
}

static bool
is_disowned(const struct raft *r)
{
	const struct raft_membership *m = r->membership;
	uint64_t may_grant[RAFT_MEMBERS_MAX];

	for (size_t i = 0; i < m->peer_count; i++)
		may_grant[i] = !m->peers[i].disowns_us;
	/* As many as are enough to prevent an election, in either half: the last
	 * thing that is heard of may be C_old,new, and all but one of C_old be
	 * as deaf. */
	return raft__quorum(m, may_grant) == 0;
}

void
raft__forget_disowned(struct raft *r)
{
	const struct raft_membership *m = r->membership;
	size_t count = m == NULL ? 0 : m->peer_count;

	r->disowned = false;
	for (size_t i = 0; i < count; i++)
		m->peers[i].disowns_us = false;
}

/** One voter may be behind, and so may one answer: only what so many say of a
 *  candidacy that we are in, and only of a log as good as ours is now. A log that
 *  was so when it was asked may lack the configuration that has us again. */
void
raft__on_not_member(struct raft *r, const struct raft_message *message)
{
	uint64_t asked_term = message->not_member.asked_term;
	struct raft_peer *peer = raft__peer(r, message->from);

	if (peer == NULL) {
		raft__count(r, RAFT_COUNTER_STRANGER, message);
		return;
	}
	if (r->leader.id != 0 || r->disowned || asked_term < r->term ||
	    asked_term > r->term + 1 ||
	    !raft__is_up_to_date(message->not_member.tip, r->log.last))
		return;
	peer->disowns_us = true;
	if (!is_disowned(r))
		return;
	r->disowned = true;
	if (r->role == RAFT_CANDIDATE)
		raft__become_follower(r, RAFT_REASON_REMOVED);
	else
		raft__role_changed(r, RAFT_REASON_REMOVED);
	raft__tell_removed(r);
}
