/*
 * The spine: start, receive, the term gate, roles, deadlines.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Thesis figure 3.3, with the function for each arrow:
 *
 *                 begin_candidacy            become_leader
 *     FOLLOWER ------------------> CANDIDATE -------------> LEADER
 *      ^   ^                        |    ^ |                  |
 *      |   |     become_follower    |    +-+ campaign again   |
 *      |   +---- (leader seen) -----+                         |
 *      +-------- adopt_term (newer term), become_follower ----+
 *                (lost its majority, asked to)
 *
 * A message passes in this order: is it for us; is it nonsense; is it a
 * module's; the term gate; what this role does with this kind.
 */
#include "raft/raft_hooks.h"
#include "raft/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEARTBEATS_PER_TIMEOUT 10
#define HEARTBEATS_PER_TIMEOUT_MIN 5
#define TRACE_BYTES 256

/* --------------------------------------------------------------- tools */

_Noreturn void
raft__bug(const char *file, int line, const char *fact)
{
	fprintf(stderr, "%s:%d: a bug in Outrigger: not true: %s\n", file, line,
		fact);
	abort();
}

void *
raft__resize(struct raft *r, void *memory, size_t bytes)
{
	if (memory == NULL && bytes == 0)
		return NULL;
	return r->allocator.resize(r->allocator.context, memory, bytes);
}

void *
raft__grow(struct raft *r, void *memory, size_t *capacity, size_t wanted,
	   size_t bytes)
{
	size_t larger = *capacity == 0 ? 2 : *capacity;

	while (larger < wanted)
		larger *= 2;
	memory = raft__resize(r, memory, larger * bytes);
	if (memory != NULL)
		*capacity = larger;
	return memory;
}

/** splitmix64: small, and the same on every machine. */
uint64_t
raft__random(struct raft *r, uint64_t below)
{
	uint64_t z = r->random += UINT64_C(0x9e3779b97f4a7c15);

	raft_assert(below > 0);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % below;
}

void
raft__trace(struct raft *r, const char *format, ...)
{
	char text[TRACE_BYTES];
	va_list arguments;

	if (r->trace == NULL)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	r->trace(r->trace_context, text);
}

void
raft__count(struct raft *r, enum raft_counter counter,
	    const struct raft_message *message)
{
	r->counters[counter]++;
	raft__trace(r, "drops %s from %llu: %s", raft_message_name(message),
		    (unsigned long long)message->from.id,
		    raft_counter_text(counter));
}

bool
raft__build_has(const struct raft *r, uint64_t capability)
{
	return (r->capabilities & capability) == capability;
}

uint64_t
raft__heartbeat_us(const struct raft *r)
{
	uint64_t timeout = raft__agreed_timeout(r);
	uint64_t most = timeout / HEARTBEATS_PER_TIMEOUT_MIN;

	if (r->heartbeat_us == 0)
		return timeout / HEARTBEATS_PER_TIMEOUT;
	return r->heartbeat_us < most ? r->heartbeat_us : most;
}

/* --------------------------------------------------------- transitions */

void
raft__role_changed(struct raft *r, enum raft_reason reason)
{
	raft__outbox_event(r, (struct raft_event){
				  .kind = RAFT_EVENT_ROLE,
				  .reason = reason,
			      });
	raft_hook_role_changed(r, reason);
}

void
raft__set_leader(struct raft *r, struct raft_identity leader)
{
	if (raft__same(r->leader, leader))
		return;
	/* What was asked of the former leader, or as it. */
	raft__reads_lost(r);
	if (leader.id != 0) {
		raft__forget_disowned(r);
		/* Or given to who asked while there was none. */
		raft__sendings_end(r);
	}
	r->leader = leader;
	raft__outbox_event(r, (struct raft_event){
				  .kind = RAFT_EVENT_LEADER,
				  .peer = leader.id,
			      });
}

void
raft__truncate(struct raft *r, uint64_t index)
{
	raft_assert(index > r->commit_index);
	raft__log_truncate(&r->log, index);
	raft__outbox_truncate(r, index);
	raft__membership_truncate(r, index);
}

void
raft__enter_term(struct raft *r, uint64_t term)
{
	raft_assert(term > r->term);
	if (r->role == RAFT_LEADER) {
		raft__leader_stops(r);
		r->role = RAFT_FOLLOWER;
		raft__reset_election_timer(r);
	}
	r->term = term;
	r->vote = (struct raft_identity){ 0 };
	r->role = RAFT_FOLLOWER;
	r->verified_index = 0;
	r->incompatible_index = 0;
	r->outbox.state_changed = true;
	r->outbox.owes_vote = false;
	r->outbox.answer = (struct raft_owed_answer){ 0 };
	r->permit.leader = 0;
	raft__set_leader(r, (struct raft_identity){ 0 });
}

void
raft__adopt_term(struct raft *r, uint64_t term, enum raft_reason reason)
{
	raft__enter_term(r, term);
	raft__role_changed(r, reason);
}

/** In the same term: its vote, and what it has accepted, remain. */
void
raft__become_follower(struct raft *r, enum raft_reason reason)
{
	raft_assert(r->role != RAFT_FOLLOWER);
	if (r->role == RAFT_LEADER) {
		raft__leader_stops(r);
		raft__set_leader(r, (struct raft_identity){ 0 });
		raft__reset_election_timer(r);
	}
	r->role = RAFT_FOLLOWER;
	raft__role_changed(r, reason);
}

void
raft__stop(struct raft *r, enum raft_reason reason, uint64_t index)
{
	if (r->role == RAFT_LEADER)
		raft__leader_stops(r);
	r->role = RAFT_FOLLOWER;
	r->stopped = true;
	raft__set_leader(r, (struct raft_identity){ 0 });
	raft__outbox_event(r, (struct raft_event){
				  .kind = RAFT_EVENT_STOPPED,
				  .reason = reason,
				  .index = index,
			      });
}

static bool
term_is_believable(const struct raft *r, uint64_t term)
{
	return term <= RAFT_TERM_MAX && (term <= r->term ||
					 term - r->term <= RAFT_TERM_LEAP_MAX);
}

void
raft__carry_out(struct raft *r, struct raft_intent intent)
{
	switch (intent.kind) {
	case RAFT_INTENT_NONE:
		return;
	case RAFT_INTENT_STEP_DOWN:
		if (r->role == RAFT_LEADER)
			raft__become_follower(r, intent.reason);
		return;
	case RAFT_INTENT_CAMPAIGN:
		raft__begin_candidacy(r, intent.reason);
		return;
	case RAFT_INTENT_ADOPT_TERM:
		if (intent.term > r->term && term_is_believable(r, intent.term))
			raft__adopt_term(r, intent.term,
					 RAFT_REASON_NEWER_TERM);
		return;
	case RAFT_INTENT_FORGET_LEADER:
		/* Rule 4.2.3/lease-2: what a lease rests on ends by time alone. */
		if (!raft__grants_leases(r))
			r->heard_at = 0;
		if (r->role != RAFT_LEADER)
			raft__set_leader(r, (struct raft_identity){ 0 });
		return;
	case RAFT_INTENT_RESET_TIMER:
		if (r->role != RAFT_LEADER)
			raft__reset_election_timer(r);
		return;
	case RAFT_INTENT_RECONFIGURE:
		raft__reconfigure_by_itself(r, intent.change);
		return;
	case RAFT_INTENT_TAKE_OFFER:
		if (raft__is_given_part(intent.offer))
			raft__take_given_part(r, intent.offer);
		else
			raft__take_offer(r, intent.offer);
		return;
	}
}

/* -------------------------------------------------------------- messages */

static void
answer_unsupported(struct raft *r, const struct raft_message *message)
{
	struct raft_message answer = {
		.kind = RAFT_MESSAGE_UNSUPPORTED,
		.to = message->from,
		.extension = { .module = RAFT_MODULE_NONE,
			       .type = (uint16_t)message->kind },
	};

	if (message->kind == RAFT_MESSAGE_EXTENSION) {
		answer.extension.module = message->extension.module;
		answer.extension.type = message->extension.type;
		answer.extension.round = message->extension.round;
	}
	raft__send(r, answer);
	raft__count(r, RAFT_COUNTER_UNKNOWN_KIND, message);
}

/** A leader of our term makes a candidate a follower again (thesis 3.4). */
static void
follow(struct raft *r, const struct raft_message *message)
{
	/* Rule 3.1/candidates-6: it follows a leader of its term. */
	raft__become_follower(r, RAFT_REASON_LEADER_SEEN);
	if (message->kind == RAFT_MESSAGE_APPEND)
		raft__on_append(r, message);
	else
		raft__on_snapshot(r, message);
}

static void
count_rival(struct raft *r, const struct raft_message *message)
{
	raft__count(r, RAFT_COUNTER_RIVAL_LEADER, message);
}

/** An answer to what this member was: it has moved on. */
static void
ignore(struct raft *r, const struct raft_message *message)
{
	(void)r, (void)message;
}

#define KINDS (RAFT_MESSAGE_REGRESSED + 1)

/* clang-format off */
static void (*const role_table[][KINDS])(struct raft *,
					 const struct raft_message *) = {
	[RAFT_FOLLOWER] = {
		[RAFT_MESSAGE_APPEND] = raft__on_append,
		[RAFT_MESSAGE_APPEND_ANSWER] = ignore,
		[RAFT_MESSAGE_VOTE] = raft__on_vote,
		[RAFT_MESSAGE_VOTE_ANSWER] = ignore,
		[RAFT_MESSAGE_TIMEOUT_NOW] = raft__on_timeout_now,
		[RAFT_MESSAGE_READ] = raft__on_read,
		[RAFT_MESSAGE_READ_ANSWER] = raft__on_read_answer,
		[RAFT_MESSAGE_SNAPSHOT] = raft__on_snapshot,
		[RAFT_MESSAGE_SNAPSHOT_ANSWER] = ignore,
		[RAFT_MESSAGE_REGRESSED] = raft__on_regressed,
	},
	[RAFT_CANDIDATE] = {
		[RAFT_MESSAGE_APPEND] = follow,
		[RAFT_MESSAGE_APPEND_ANSWER] = ignore,
		[RAFT_MESSAGE_VOTE] = raft__on_vote,
		[RAFT_MESSAGE_VOTE_ANSWER] = raft__on_vote_answer,
		[RAFT_MESSAGE_TIMEOUT_NOW] = ignore,
		[RAFT_MESSAGE_READ] = raft__on_read,
		[RAFT_MESSAGE_READ_ANSWER] = ignore,
		[RAFT_MESSAGE_SNAPSHOT] = follow,
		[RAFT_MESSAGE_SNAPSHOT_ANSWER] = ignore,
		[RAFT_MESSAGE_REGRESSED] = ignore,
	},
	[RAFT_LEADER] = {
		[RAFT_MESSAGE_APPEND] = count_rival,
		[RAFT_MESSAGE_APPEND_ANSWER] = raft__on_append_answer,
		[RAFT_MESSAGE_VOTE] = raft__on_vote,
		[RAFT_MESSAGE_VOTE_ANSWER] = ignore,
		[RAFT_MESSAGE_TIMEOUT_NOW] = ignore,
		[RAFT_MESSAGE_READ] = raft__on_read,
		[RAFT_MESSAGE_READ_ANSWER] = ignore,
		[RAFT_MESSAGE_SNAPSHOT] = count_rival,
		[RAFT_MESSAGE_SNAPSHOT_ANSWER] = raft__on_snapshot_answer,
		[RAFT_MESSAGE_REGRESSED] = ignore,
	},
};
/* clang-format on */

static bool
is_sound(struct raft *r, const struct raft_message *message)
{
	if (!raft__same(message->to, r->self) || message->from.id == 0 ||
	    message->from.id == r->self.id) {
		raft__count(r, RAFT_COUNTER_MISADDRESSED, message);
		return false;
	}
	if (message->term == 0 ? message->kind < KINDS
			       : !term_is_believable(r, message->term)) {
		raft__count(r, RAFT_COUNTER_ABSURD_TERM, message);
		return false;
	}
	if (message->kind == RAFT_MESSAGE_APPEND)
		return raft__append_is_sound(r, message);
	if (message->kind == RAFT_MESSAGE_SNAPSHOT)
		return raft__snapshot_is_sound(r, message);
	if (message->kind == RAFT_MESSAGE_OFFER)
		return raft__offer_is_sound(r, message);
	if (message->kind == RAFT_MESSAGE_VOTE &&
	    (message->vote.tip.index > RAFT_INDEX_MAX ||
	     message->vote.tip.term >= message->term)) {
		raft__count(r, RAFT_COUNTER_ABSURD_INDEX, message);
		return false;
	}
	return true;
}

/** Judged before its term is adopted: a refusal leaves ours as it is (thesis
 *  4.2.3). */
static bool
vote_is_refused_untouched(struct raft *r, const struct raft_message *message)
{
	struct raft_vote_request request = raft__vote_request(message);
	enum raft_refusal refusal;

	/* Rule 4.2/disrupt-1: who hears a leader ignores candidates. */
	refusal = raft_hook_refuses_vote(r, &request);
	if (refusal != RAFT_REFUSAL_NONE)
		raft__refuse_vote(r, message, refusal);
	return refusal != RAFT_REFUSAL_NONE;
}

static bool
is_of_leader(const struct raft_message *message)
{
	return message->kind == RAFT_MESSAGE_APPEND ||
	       message->kind == RAFT_MESSAGE_SNAPSHOT;
}

static void
answer_stale_term(struct raft *r, const struct raft_message *message)
{
	/* Rule 3.1/vote-1: a request of an older term is refused. */
	if (message->kind == RAFT_MESSAGE_VOTE)
		raft__refuse_vote(r, message, RAFT_REFUSAL_TERM);
	if (is_of_leader(message))
		raft__answer_stale_leader(r, message);
}

/** A voter that refuses because a leader lives must not drag us to its term:
 *  it is the term of a cluster that works. */
static bool
refusal_keeps_term(const struct raft_message *message)
{
	return message->kind == RAFT_MESSAGE_VOTE_ANSWER &&
	       (message->vote_answer.refusal == RAFT_REFUSAL_LEASE ||
		message->vote_answer.refusal == RAFT_REFUSAL_BOOT);
}

/** False: dealt with. */
static bool
pass_term_gate(struct raft *r, const struct raft_message *message)
{
	if (message->kind == RAFT_MESSAGE_VOTE) {
		struct raft_vote_request request = raft__vote_request(message);

		raft__answer_removed(r, &request);
	}
	if (message->term < r->term) {
		answer_stale_term(r, message);
		return false;
	}
	if (message->kind == RAFT_MESSAGE_VOTE &&
	    vote_is_refused_untouched(r, message))
		return false;
	if (message->term == r->term)
		return true;
	/* A server that no configuration names yet heeds leaders, and
	 * candidates who know it. */
	if (refusal_keeps_term(message) ||
	    (r->membership == NULL && !is_of_leader(message) &&
	     message->kind != RAFT_MESSAGE_VOTE))
		return false;
	/* Rule 3.1/servers-2: a newer term is adopted, as a follower. */
	raft__adopt_term(r, message->term, RAFT_REASON_NEWER_TERM);
	return true;
}

/** What passes no term gate. */
static void
receive_other(struct raft *r, struct raft_peer *peer,
	      const struct raft_message *message)
{
	if (message->kind == RAFT_MESSAGE_NOT_MEMBER) {
		raft__on_not_member(r, message);
		return;
	}
	if (message->kind == RAFT_MESSAGE_UNSUPPORTED &&
	    message->extension.module == RAFT_MODULE_NONE) {
		if (message->extension.type == RAFT_MESSAGE_SNAPSHOT)
			raft__sending_unsupported(r, peer);
		return;
	}
	if (message->kind == RAFT_MESSAGE_EXTENSION ||
	    message->kind == RAFT_MESSAGE_UNSUPPORTED) {
		if (!raft_hook_receive(r, message) &&
		    message->kind == RAFT_MESSAGE_EXTENSION)
			answer_unsupported(r, message);
		return;
	}
	if ((message->kind == RAFT_MESSAGE_OFFER ||
	     raft__is_given_part(message)) &&
	    raft_hook_offered(r, message))
		return;
	/* Of a leader it would be nonsense. */
	if (message->kind == RAFT_MESSAGE_SNAPSHOT)
		raft__count(r, RAFT_COUNTER_MALFORMED, message);
	else
		answer_unsupported(r, message);
}

static void
receive(struct raft *r, const struct raft_message *message)
{
	struct raft_peer *peer = raft__peer(r, message->from);

	if (peer != NULL)
		peer->capabilities = message->capabilities;
	if (message->kind >= KINDS ||
	    role_table[r->role][message->kind] == NULL ||
	    raft__is_given_part(message))
		receive_other(r, peer, message);
	else if (pass_term_gate(r, message))
		role_table[r->role][message->kind](r, message);
}

/* ----------------------------------------------------------------- verbs */

enum raft_result
raft_receive(struct raft *r, const struct raft_message *message, uint64_t now)
{
	struct raft_before before;

	if (!raft__begin_step(r, now, &before))
		return RAFT_STOPPED;
	if (is_sound(r, message))
		receive(r, message);
	raft__check_after(r, &before);
	return RAFT_OK;
}

static void
expire(struct raft *r)
{
	raft_hook_expire(r);
	if (r->role == RAFT_LEADER)
		raft__transfer_expire(r);
	/* Rule 3.1/leaders-2: heartbeats go on while it leads. */
	if (r->role == RAFT_LEADER && r->now >= r->heartbeat_at)
		raft__owe_heartbeats(r);
	if (r->role == RAFT_LEADER && r->now >= r->commit_notice_at)
		raft__owe_commit_notices(r);
	/* Rule 3.1/followers-2: who hears no leader in time campaigns.
	 * Rule 3.1/candidates-7: who was not elected campaigns again. */
	if (raft__may_campaign(r) && r->now >= r->election_at)
		raft__begin_candidacy(r, RAFT_REASON_TIMEOUT);
	else if (r->role == RAFT_CANDIDATE && r->now >= r->heartbeat_at)
		raft__ask_again(r);
	raft__reads_expire(r);
}

enum raft_result
raft_expire(struct raft *r, uint64_t now)
{
	struct raft_before before;

	if (!raft__begin_step(r, now, &before))
		return RAFT_STOPPED;
	expire(r);
	raft__check_after(r, &before);
	return RAFT_OK;
}

uint64_t
raft_deadline(const struct raft *r)
{
	uint64_t at = raft__least(raft_hook_deadline(r),
				  raft__reads_deadline(r));

	if (r->stopped)
		return UINT64_MAX;
	if (r->role == RAFT_LEADER && r->transfer.target != 0)
		at = raft__least(at, r->transfer.until);
	if (r->role == RAFT_LEADER)
		return raft__least(at, raft__least(r->heartbeat_at,
						   r->commit_notice_at));
	if (r->role == RAFT_CANDIDATE)
		at = raft__least(at, r->heartbeat_at);
	return raft__may_campaign(r) ? raft__least(at, r->election_at) : at;
}
