/*
 * What is owed to the caller: saves, messages, what to apply, outcomes, events.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Durable before sent, by construction. The rest of the core notes what it owes
 * in whatever order things happen; a message comes into being here, and only
 * once what it promises is durable:
 *
 *  (O1) no message leaves while the term it would carry is not durable;
 *  (O2) a granted vote, and a candidate's request, leave once the vote is;
 *  (O3) an answer names a match index of at most the durable index.
 *
 * A leader's append promises nothing about its own disk, so it runs beside the
 * leader's write. Saves are carried out in order, which settles the case of a
 * write that is overtaken by a truncation (append X at 5, drop 5, append Y at
 * 5; then the first write ends): a truncation lowers what each write in flight
 * will have made durable, so X's end never speaks for Y.
 */
#include "raft/raft_hooks.h"
#include "raft/state.h"

#include <string.h>

/** A follower's answer and its vote; or instead of one of them a part of a snapshot. */
#define OWN_MESSAGES 2
#define MESSAGE_TRACE_BYTES 160
/** Answers to strangers, beside one message to each peer. */
#define LOOSE_SPARE 2

/* ------------------------------------------------------------- entries */

bool
raft__outbox_grow(struct raft *r, size_t more)
{
	struct raft_entries *pending = &r->outbox.pending;
	struct raft_entry *at = raft__grow(r, pending->at, &pending->capacity,
					   pending->count + more, sizeof(*at));

	if (at == NULL)
		return false;
	pending->at = at;
	return true;
}

static void
release_from(struct raft_entries *entries, size_t position)
{
	const struct raft_entry *end = entries->at + entries->count;
	const struct raft_entry *entry = entries->at + position;

	for (; entry < end; entry++)
		raft_payload_release(&entry->payload);
	entries->count = position;
}

void
raft__outbox_truncate(struct raft *r, uint64_t index)
{
	struct raft_outbox *o = &r->outbox;
	uint64_t pending_first = o->handed_index + 1;

	raft_assert(index > r->commit_index);
	if (r->durable_index >= index)
		r->durable_index = index - 1;
	for (size_t i = 0; i < o->write_count; i++)
		if (o->writes[i].last_index >= index)
			o->writes[i].last_index = index - 1;
	if (index >= pending_first) {
		if (index - pending_first < o->pending.count)
			release_from(&o->pending,
				     (size_t)(index - pending_first));
		return;
	}
	release_from(&o->pending, 0);
	o->handed_index = index - 1;
	if (o->truncate_from == 0 || index < o->truncate_from)
		o->truncate_from = index;
}

/** A write in flight ends before the log is replaced, and says nothing of what
 *  comes then. */
void
raft__outbox_reset(struct raft *r, struct raft_receiving *receiving)
{
	struct raft_outbox *o = &r->outbox;

	release_from(&o->pending, 0);
	for (size_t i = 0; i < o->write_count; i++)
		o->writes[i].last_index = 0;
	o->handed_index = receiving->snapshot.index;
	o->truncate_from = 0;
	/* What was shown is what the snapshot says, too. */
	r->durable_index = raft__least(r->durable_index, r->shown_index);
	raft__resize(r, o->reset, 0);
	o->reset = receiving;
}

/* --------------------------------------------------------------- saves */

static bool
owes_save(const struct raft *r)
{
	const struct raft_outbox *o = &r->outbox;

	return o->pending.count > 0 || o->state_changed || o->reset != NULL ||
	       o->truncate_from != 0;
}

bool
raft__outbox_all_durable(const struct raft *r)
{
	return !owes_save(r) && r->outbox.write_count == 0;
}

uint64_t
raft__writing_since(const struct raft *r)
{
	return r->outbox.write_count == 0 ? UINT64_MAX
					  : r->outbox.writes[0].since;
}

/** Those that are under way. While there are RAFT_WRITES_MAX of them, what comes is
 *  gathered into the next one; or, if the disk is not waited for, into the end of
 *  the last one. */
static void
note_write(struct raft *r)
{
	struct raft_outbox *o = &r->outbox;
	struct raft_write *write = &o->writes[o->write_count];

	if (o->write_count == RAFT_WRITES_MAX)
		write--;
	else
		o->write_count++;
	*write = (struct raft_write){
		.token = o->token,
		.term = r->term,
		.vote = r->vote,
		.last_index = o->handed_index,
		.since = r->now,
	};
}

static const struct raft_save *
hand_out_save(struct raft *r)
{
	struct raft_outbox *o = &r->outbox;
	struct raft_entries emptied;

	if (o->reset_handed != NULL)
		o->reset_handed = raft__resize(r, o->reset_handed, 0);
	if (!owes_save(r) || r->stopped ||
	    (o->write_count == RAFT_WRITES_MAX && !r->ahead_of_disk))
		return NULL;
	emptied = o->handed;
	o->handed = o->pending;
	o->pending = emptied;
	o->handed_index += o->handed.count;
	o->reset_handed = o->reset;
	o->reset = NULL;
	raft_assert(o->handed_index == r->log.last.index);
	o->save = (struct raft_save){
		.token = ++o->token,
		.term = r->term,
		.vote = r->vote,
		.snapshot = o->reset_handed == NULL
				? NULL
				: &o->reset_handed->stored_snapshot,
		.truncate_from = o->truncate_from,
		.entries = o->handed.at,
		.entry_count = o->handed.count,
	};
	o->state_changed = false;
	o->truncate_from = 0;
	note_write(r);
	return &o->save;
}

void
raft_saved(struct raft *r, uint64_t token, uint64_t now)
{
	struct raft_outbox *o = &r->outbox;
	struct raft_before before;
	uint32_t done = 0;

	(void)raft__begin_step(r, now, &before);
	raft_assert(token <= o->token);
	while (done < o->write_count && o->writes[done].token <= token) {
		const struct raft_write *write = &o->writes[done++];

		r->durable_term = write->term;
		r->durable_vote = write->vote;
		if (write->last_index > r->durable_index)
			r->durable_index = write->last_index;
	}
	if (done == 0 || r->stopped)
		return;
	o->write_count -= done;
	for (uint32_t i = 0; i < o->write_count; i++)
		o->writes[i] = o->writes[i + done];
	if (o->write_count > 0)
		o->writes[0].since = r->now;
	if (o->answer.held) {
		o->answer.owed = true;
		o->answer.held = r->durable_index < o->answer.held_index;
	}
	r->match_raised = true;
	if (r->ahead_of_disk && r->role == RAFT_LEADER)
		raft__flow_arrived(&r->uncommitted, raft__settled_index(r),
				   r->log.last.index);
	raft__own_vote_saved(r);
	raft__check_after(r, &before);
}

/* ------------------------------------------------------------ messages */

bool
raft__outbox_reserve_peers(struct raft *r, size_t others)
{
	struct raft_outbox *o = &r->outbox;
	uint32_t peers = (uint32_t)others, loose = peers + LOOSE_SPARE;
	uint32_t send = loose + (peers > OWN_MESSAGES ? peers : OWN_MESSAGES);
	struct raft_message *memory;

	/* First, so that it is never too small for what is loose. `send` may
	 * be in the caller's hands until the next raft_duties. */
	if (send > o->send_capacity && send > o->send_next_capacity) {
		memory = raft__resize(r, o->send_next, send * sizeof(*memory));
		if (memory == NULL)
			return false;
		o->send_next = memory;
		o->send_next_capacity = send;
	}
	if (loose > o->loose_capacity) {
		memory = raft__resize(r, o->loose, loose * sizeof(*memory));
		if (memory == NULL)
			return false;
		o->loose = memory;
		o->loose_capacity = loose;
	}
	return true;
}

static void
switch_to_larger_send(struct raft *r)
{
	struct raft_outbox *o = &r->outbox;

	raft__resize(r, o->send, 0);
	o->send = o->send_next;
	o->send_capacity = o->send_next_capacity;
	o->send_next = NULL;
	o->send_next_capacity = 0;
}

void
raft__send(struct raft *r, struct raft_message message)
{
	struct raft_outbox *o = &r->outbox;

	if (o->loose_count == o->loose_capacity) {
		raft__count(r, RAFT_COUNTER_OUTBOX_FULL, &o->loose[0]);
		o->loose_count--;
		memmove(o->loose, o->loose + 1,
			o->loose_count * sizeof(*o->loose));
	}
	o->loose[o->loose_count++] = message;
}

static void
compose_answer(struct raft *r, struct raft_message *message)
{
	struct raft_owed_answer *answer = &r->outbox.answer;

	answer->owed = false;
	message->to = answer->to;
	if (answer->of_snapshot) {
		raft__compose_snapshot_answer(r, message);
		answer->damaged = false;
		return;
	}
	message->kind = RAFT_MESSAGE_APPEND_ANSWER;
	message->append_answer = (struct raft_append_answer){
		.verdict = answer->verdict,
		.match_index = raft__least(r->verified_index, r->durable_index),
		.conflict = answer->conflict,
		.sent_at = answer->sent_at,
		.sequence = answer->sequence,
	};
}

static void
compose_grant(struct raft *r, struct raft_message *message)
{
	message->kind = RAFT_MESSAGE_VOTE_ANSWER;
	message->to = r->vote;
	message->vote_answer = (struct raft_vote_answer){
		.refusal = RAFT_REFUSAL_NONE,
		.asked_term = r->term,
		.tip = r->log.last,
	};
	r->outbox.owes_vote = false;
}

static size_t
compose_of_leader(struct raft *r, struct raft_message *send)
{
	struct raft_peer *peer = r->membership->peers;
	const struct raft_peer *self = peer + r->membership->self;
	const struct raft_peer *end = peer + r->membership->peer_count;
	size_t count = 0;

	for (; peer < end; peer++) {
		if (peer == self)
			continue;
		if (peer->state == RAFT_PROGRESS_SNAPSHOT)
			count += raft__compose_part(r, peer, &send[count]);
		else if (raft__may_be_owed_append(r, peer))
			count += raft__compose_append(r, peer, &send[count]);
	}
	return count;
}

static size_t
compose_of_candidate(struct raft *r, struct raft_message *send)
{
	const struct raft_membership *m = r->membership;
	size_t count = 0;

	for (size_t i = 0; i < m->peer_count; i++) {
		struct raft_peer *peer = &m->peers[i];

		if (i == m->self || !peer->owes_vote_request)
			continue;
		peer->owes_vote_request = false;
		send[count].kind = RAFT_MESSAGE_VOTE;
		send[count].to = peer->identity;
		send[count++].vote = (struct raft_vote){ .tip = r->log.last,
							 .permit = r->permit };
	}
	return count;
}

static bool
vote_is_durable(const struct raft *r)
{
	return raft__same(r->vote, r->durable_vote);
}

static size_t
compose_own(struct raft *r, struct raft_message *send)
{
	struct raft_outbox *o = &r->outbox;
	size_t count = 0;

	if (o->answer.owed)
		compose_answer(r, &send[count++]);
	if (o->owes_vote && vote_is_durable(r)) {
		compose_grant(r, &send[count++]);
		raft_hook_vote_given(r);
	}
	if (r->role == RAFT_FOLLOWER && r->snapshots.sending != NULL &&
	    count < OWN_MESSAGES)
		count += raft__compose_given(r, &send[count]);
	if (r->role == RAFT_LEADER)
		count += compose_of_leader(r, &send[count]);
	else if (r->role == RAFT_CANDIDATE && vote_is_durable(r))
		count += compose_of_candidate(r, &send[count]);
	return count;
}

/** What was offered may have gone from the log while it waited. */
static bool
can_be_sent(const struct raft *r, const struct raft_message *message)
{
	return message->kind != RAFT_MESSAGE_OFFER ||
	       (raft__log_has(&r->log, message->offer.previous) &&
		raft__log_has(&r->log, message->offer.last));
}

static size_t
take_loose(struct raft *r, size_t count)
{
	struct raft_outbox *o = &r->outbox;

	raft_assert(count + o->loose_count <= o->send_capacity);
	for (size_t i = 0; i < o->loose_count; i++)
		if (can_be_sent(r, &o->loose[i]))
			o->send[count++] = o->loose[i];
	o->loose_count = 0;
	return count;
}

/** (O1): while the term is not durable, all that is owed stays owed. */
static size_t
compose_all(struct raft *r)
{
	struct raft_outbox *o = &r->outbox;
	size_t count;

	if (o->send_next != NULL)
		switch_to_larger_send(r);
	/* Rule 3.1/state-1: term, vote and entries are durable before any
	 * message that rests on them. */
	if (r->durable_term != r->term || r->stopped)
		return 0;
	count = compose_own(r, o->send);
	if (o->loose_count > 0)
		count = take_loose(r, count);
	for (size_t i = 0; i < count; i++) {
		o->send[i].from = r->self;
		o->send[i].term = r->term;
		o->send[i].capabilities = r->capabilities;
	}
	return count;
}

/* --------------------------------------------------- outcomes and events */

static void
trace_event(struct raft *r, const struct raft_event *event)
{
	char text[MESSAGE_TRACE_BYTES];

	raft_event_print(text, sizeof(text), event);
	raft__trace(r, "%s", text);
}

static void
drop_events(struct raft_outbox *o, uint32_t position, uint32_t count)
{
	o->event_count -= count;
	memmove(&o->events[position], &o->events[position + count],
		(o->event_count - position) * sizeof(*o->events));
}

void
raft__outbox_event(struct raft *r, struct raft_event event)
{
	struct raft_outbox *o = &r->outbox;

	event.role = r->role;
	event.term = r->term;
	if (r->trace != NULL)
		trace_event(r, &event);
	if (o->event_count == RAFT_EVENTS_MAX)
		drop_events(o, o->events_out, 1);
	o->events[o->event_count++] = event;
}

void
raft__outbox_outcome(struct raft *r, enum raft_outcome_kind kind,
		     uint64_t first, uint64_t last)
{
	struct raft_outbox *o = &r->outbox;
	struct raft_outcome *newest;

	if (last < first)
		return;
	newest = o->outcome_count == 0 ? NULL
				       : &o->outcomes[o->outcome_count - 1];
	if (newest != NULL && newest->kind == kind &&
	    newest->term == r->term && newest->range.last + 1 == first) {
		newest->range.last = last;
		return;
	}
	raft_assert(o->outcome_count < RAFT_OUTCOMES_MAX);
	o->outcomes[o->outcome_count++] = (struct raft_outcome){
		.kind = kind,
		.term = r->term,
		.range = { .first = first, .last = last },
	};
}

/** The state machine is behind the log, which begins with a snapshot. */
static struct raft_entry_id
take_install(struct raft *r)
{
	struct raft_entry_id snapshot = r->log.snapshot;

	if (r->shown_index >= snapshot.index ||
	    r->durable_index < snapshot.index || r->stopped)
		return (struct raft_entry_id){ 0 };
	r->shown_index = snapshot.index;
	return snapshot;
}

/** What is committed is shown in no other form, whatever a crash leaves of this
 *  log. Before the snapshot that the log is to begin behind nothing is. */
static uint64_t
last_to_show(const struct raft *r)
{
	bool is_behind = r->shown_index < r->log.snapshot.index;

	return raft__least(r->commit_index, r->ahead_of_disk && !is_behind
						? r->outbox.handed_index
						: r->durable_index);
}

static struct raft_range
take_apply(struct raft *r)
{
	uint64_t last = last_to_show(r);
	/* Rule 3.1/servers-1: what is committed is applied, in order. */
	struct raft_range range = { .first = r->shown_index + 1, .last = last };

	if (last > r->shown_index && !r->stopped)
		r->shown_index = last;
	else
		range.last = r->shown_index;
	return range;
}

static void
take_outcomes(struct raft_outbox *o, struct raft_duties *duties)
{
	duties->outcomes = o->outcomes_out;
	duties->outcome_count = o->outcome_count;
	for (size_t i = 0; i < o->outcome_count; i++)
		o->outcomes_out[i] = o->outcomes[i];
	o->outcome_count = 0;
}

static void
take_events(struct raft_outbox *o, struct raft_duties *duties)
{
	if (o->events_out > 0)
		drop_events(o, 0, o->events_out);
	o->events_out = o->event_count < RAFT_EVENTS_OUT_MAX
			    ? o->event_count
			    : RAFT_EVENTS_OUT_MAX;
	duties->events = o->events;
	duties->event_count = o->events_out;
}

bool
raft_duties(struct raft *r, struct raft_duties *duties)
{
	struct raft_before before;

	raft__check_before(r, &before);
	if (r->outbox.handed.count > 0)
		release_from(&r->outbox.handed, 0);
	if (r->role == RAFT_LEADER && r->match_raised)
		raft__advance_commit(r);
	if (r->snapshots.ended != NULL)
		raft__sendings_release(r);
	if (r->role == RAFT_LEADER && r->membership->is_passing)
		raft__reconfigure_advance(r);
	if (r->reads.count > 0)
		raft__reads_begin(r);
	duties->save = hand_out_save(r);
	duties->send_count = compose_all(r);
	duties->send = r->outbox.send;
	duties->parts = NULL;
	duties->part_count = 0;
	if (raft__has_parts(&r->snapshots))
		raft__parts_hand_out(r, duties);
	duties->install = take_install(r);
	duties->verify = (struct raft_entry_id){ 0 };
	if (r->snapshots.sending != NULL)
		duties->verify = raft__sending_verify(r);
	duties->apply = take_apply(r);
	duties->reads = NULL;
	duties->read_count = 0;
	if (r->reads.ended_count > 0)
		raft__reads_hand_out(r, duties);
	duties->outcome_count = 0;
	if (r->outbox.outcome_count > 0)
		take_outcomes(&r->outbox, duties);
	duties->events = NULL;
	duties->event_count = 0;
	if (r->outbox.event_count > 0)
		take_events(&r->outbox, duties);
	raft__check_after(r, &before);
	return duties->save != NULL || duties->send_count > 0 ||
	       duties->apply.last >= duties->apply.first ||
	       duties->outcome_count > 0 || duties->event_count > 0 ||
	       duties->read_count > 0 || duties->part_count > 0 ||
	       duties->install.index != 0 || duties->verify.index != 0;
}

void
raft__outbox_free(struct raft *r)
{
	struct raft_outbox *o = &r->outbox;

	release_from(&o->pending, 0);
	release_from(&o->handed, 0);
	raft__resize(r, o->pending.at, 0);
	raft__resize(r, o->handed.at, 0);
	raft__resize(r, o->loose, 0);
	raft__resize(r, o->send, 0);
	raft__resize(r, o->send_next, 0);
	raft__resize(r, o->reset, 0);
	raft__resize(r, o->reset_handed, 0);
}
