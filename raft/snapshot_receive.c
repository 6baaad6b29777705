/*
 * Snapshots, the follower's side (thesis chapter 5, figure 5.3).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     parts --> stored by the caller, durably --> the log is told to begin
 *     behind the snapshot --> durable --> the state machine loads it
 *
 *  (R1) Until the log begins behind it, a snapshot that was received counts for
 *       nothing: a crash finds the old log and the old state machine.
 *  (R2) Once the log is told, everything here is as behind the snapshot; what
 *       the disk holds is said only once it does, and until then the state
 *       machine's own snapshots are kept.
 *  (R3) A snapshot is begun once all parts of the one before are stored: the
 *       leader of another term may have written the same state down in other
 *       bytes, and what is said of the former's would speak for the latter's.
 *  (R4) The next snapshot is not begun before the state machine has loaded this
 *       one: the log on disk may name it, and its file is read until then.
 *  (R5) What a leader is told to be stored is of the snapshot that it sent: not of
 *       one that took that one's place, from whomever.
 */
#include "raft/state.h"

#include <string.h>

/* --------------------------------------------------------------- the gate */

static bool
content_is_sound(const struct raft_snapshot_message *snapshot)
{
	const struct raft_snapshot_content *content = snapshot->content;

	return content != NULL && snapshot->offset <= snapshot->size &&
	       content->part.length <= snapshot->size - snapshot->offset &&
	       content->part.length <= RAFT_PAYLOAD_BYTES_MAX &&
	       (content->part.length == 0 || content->part.data != NULL) &&
	       (snapshot->offset == 0) == (content->configuration != NULL) &&
	       (snapshot->offset != 0 ||
		(content->configuration_index != 0 &&
		 content->configuration_index <= snapshot->snapshot.index));
}

bool
raft__snapshot_is_sound(struct raft *r, const struct raft_message *message)
{
	const struct raft_snapshot_message *snapshot = &message->snapshot;
	enum raft_counter counter;

	if (snapshot->snapshot.index > RAFT_INDEX_MAX ||
	    snapshot->size > RAFT_INDEX_MAX)
		counter = RAFT_COUNTER_ABSURD_INDEX;
	else if (snapshot->snapshot.index == 0 || snapshot->snapshot.term == 0 ||
		 snapshot->snapshot.term > message->term ||
		 !content_is_sound(snapshot))
		counter = RAFT_COUNTER_MALFORMED;
	else
		return true;
	raft__count(r, counter, message);
	return false;
}

/* ---------------------------------------------------------------- answers */

static bool
same_entry(struct raft_entry_id a, struct raft_entry_id b)
{
	return a.index == b.index && a.term == b.term;
}

/** Only within a term the bytes are known to be the same: one server leads it, in
 *  one life, and says when it has written them anew. Who does not lead says so of all
 *  that it gives at one time. */
static bool
is_received(const struct raft *r, const struct raft_message *message)
{
	const struct raft_receiving *receiving = r->snapshots.receiving;

	return receiving != NULL &&
	       raft__same(receiving->from, message->from) &&
	       (receiving->sequence == 0) == raft__is_given_part(message) &&
	       (receiving->sequence == 0 || receiving->term == message->term) &&
	       receiving->size == message->snapshot.size &&
	       receiving->writing == message->snapshot.writing &&
	       same_entry(receiving->snapshot, message->snapshot.snapshot);
}

static void
owe_part_answer(struct raft *r, const struct raft_message *message, bool gap)
{
	struct raft_owed_answer *answer = &r->outbox.answer;

	if (answer->owed && message->snapshot.sequence < answer->sequence)
		return;
	/* What is damaged is said, even if its leader begins again meanwhile. */
	answer->damaged =
	    answer->owed && answer->of_snapshot && answer->damaged &&
	    same_entry(answer->conflict, message->snapshot.snapshot);
	answer->owed = true;
	answer->of_snapshot = true;
	answer->is_received = is_received(r, message);
	answer->gap = gap || answer->damaged;
	answer->to = message->from;
	answer->conflict = message->snapshot.snapshot;
	answer->sent_at = message->snapshot.sent_at;
	answer->sequence = message->snapshot.sequence;
}

/** (R5): whether the newest answer is to a part of what is being received. */
static bool
answers_receiving(const struct raft *r)
{
	return r->snapshots.receiving != NULL && r->outbox.answer.of_snapshot &&
	       r->outbox.answer.is_received;
}

void
raft__compose_snapshot_answer(struct raft *r, struct raft_message *message)
{
	const struct raft_owed_answer *answer = &r->outbox.answer;
	const struct raft_receiving *receiving = r->snapshots.receiving;
	uint64_t offset = 0;

	if (answers_receiving(r))
		offset = answer->gap ? receiving->next : receiving->stored;
	message->kind = RAFT_MESSAGE_SNAPSHOT_ANSWER;
	message->snapshot_answer = (struct raft_snapshot_answer){
		.snapshot = answer->conflict,
		.gap = answer->gap,
		.damaged = answer->damaged,
		.offset = answer->damaged ? 0 : offset,
		.match_index = raft__least(r->verified_index, r->durable_index),
		.sent_at = answer->sent_at,
		.sequence = answer->sequence,
	};
}

/* ------------------------------------------------------------- receiving */

/** (R5) */
static struct raft_receiving *
take_receiving(struct raft *r)
{
	struct raft_receiving *receiving = r->snapshots.receiving;

	if (r->outbox.answer.of_snapshot)
		r->outbox.answer.is_received = false;
	r->snapshots.receiving = NULL;
	return receiving;
}

void
raft__receiving_end(struct raft *r)
{
	struct raft_receiving *receiving = take_receiving(r);

	if (receiving == NULL)
		return;
	raft__membership_discard(r, receiving->membership);
	raft__resize(r, receiving, 0);
}

static struct raft_receiving *
make_receiving(struct raft *r, const struct raft_message *message)
{
	const struct raft_snapshot_message *snapshot = &message->snapshot;
	const struct raft_snapshot_content *content = snapshot->content;
	struct raft_receiving *receiving = raft__resize(
	    r, NULL, sizeof(*receiving) + content->configuration_length);

	if (receiving == NULL)
		return NULL;
	memset(receiving, 0, sizeof(*receiving));
	memcpy(receiving->configuration, content->configuration,
	       content->configuration_length);
	receiving->from = message->from;
	receiving->sequence = snapshot->sequence;
	receiving->snapshot = snapshot->snapshot;
	receiving->writing = snapshot->writing;
	receiving->size = snapshot->size;
	receiving->stored_snapshot = (struct raft_stored_snapshot){
		.last = snapshot->snapshot,
		.configuration_index = content->configuration_index,
		.configuration = receiving->configuration,
		.configuration_length = content->configuration_length,
	};
	return receiving;
}

/** False: not now, or never. The leader asks again. */
static bool
begin_receiving(struct raft *r, const struct raft_message *message)
{
	const struct raft_snapshot_content *content =
	    message->snapshot.content;
	struct raft_membership *membership = NULL;
	struct raft_receiving *receiving = NULL;
	enum raft_result result;

	/* (R3) */
	if (r->snapshots.parts != NULL &&
	    r->snapshots.parts->unsaved.index != 0)
		return false;
	result = raft__membership_prepare(
	    r, content->configuration_index, content->configuration,
	    content->configuration_length, &membership);
	if (result == RAFT_INVALID)
		raft__count(r, RAFT_COUNTER_MALFORMED, message);
	if (result == RAFT_INCOMPATIBLE)
		raft__tell_incompatible(r, message,
					content->configuration_index);
	if (result != RAFT_OK)
		return false;
	if (raft__parts_reserve(r))
		receiving = make_receiving(r, message);
	if (receiving == NULL) {
		raft__membership_discard(r, membership);
		return false;
	}
	/* Rule 5.3/install-2: the first part begins a new snapshot. */
	raft__receiving_end(r);
	receiving->membership = membership;
	r->snapshots.receiving = receiving;
	return true;
}

static bool
take_part(struct raft *r, const struct raft_snapshot_message *snapshot)
{
	struct raft_receiving *receiving = r->snapshots.receiving;

	/* Rule 5.3/install-3: a part goes where its offset says. */
	if (!raft__parts_take(r, snapshot))
		return false;
	receiving->begun = true;
	receiving->next += snapshot->content->part.length;
	return true;
}

/** A first part that was overtaken must not undo what a later one began; but it
 *  may be overtaken by its successors. */
static bool
may_begin_receiving(const struct raft *r, const struct raft_message *message)
{
	const struct raft_receiving *receiving = r->snapshots.receiving;

	return message->snapshot.offset == 0 &&
	       (receiving == NULL || receiving->term != message->term ||
		raft__is_given_part(message) ||
		receiving->sequence < message->snapshot.sequence);
}

/** False: another part is wanted. */
static bool
take_in_order(struct raft *r, const struct raft_message *message)
{
	const struct raft_snapshot_message *snapshot = &message->snapshot;
	struct raft_receiving *receiving;

	if (!is_received(r, message) &&
	    (!may_begin_receiving(r, message) || !begin_receiving(r, message)))
		return false;
	receiving = r->snapshots.receiving;
	if (snapshot->offset != receiving->next)
		return false;
	receiving->term = message->term;
	/* A heartbeat, unless it is all of an empty snapshot. */
	if (snapshot->content->part.length == 0 &&
	    (receiving->begun || receiving->size > 0))
		return true;
	return take_part(r, snapshot);
}

/* ---------------------------------------------------------- the new log */

/** What the snapshot covers is in this log: nothing to receive. */
static bool
has_it(const struct raft *r, struct raft_entry_id snapshot)
{
	/* Rule 5.3/install-5: one that is older than what is committed here has
	 * nothing new. Rule 5.3/install-6: if its last entry is in the log, what
	 * follows it stays. */
	return snapshot.index <= r->commit_index ||
	       raft__log_has(&r->log, snapshot);
}

/** (R2). What is in flight to the log no longer says anything about it. */
static void
replace_log(struct raft *r, struct raft_receiving *receiving)
{
	struct raft_entry_id snapshot = receiving->snapshot;

	r->snapshots.parts->before_install = raft_snapshot_oldest(r);
	/* Rule 5.3/install-7: the whole log goes. */
	raft__log_reset(&r->log, snapshot);
	raft__outbox_reset(r, receiving);
	/* Rule 5.3/install-8: the configuration is the snapshot's. */
	raft__membership_replace(r, receiving->membership);
	r->commit_index = snapshot.index;
	r->verified_index = snapshot.index;
	raft__membership_committed(r);
	/* Who had no configuration had no timer. */
	raft__reset_election_timer(r);
	r->snapshots.newest = snapshot;
	r->snapshots.size = receiving->size;
	r->snapshots.spare_index = 0;
	(void)take_receiving(r);
	raft__outbox_event(r, (struct raft_event){
				  .kind = RAFT_EVENT_SNAPSHOT_INSTALLED,
				  .peer = receiving->from.id,
				  .index = snapshot.index,
			      });
}

/** From one that does not lead: (G3). */
static bool
takes_given(const struct raft *r)
{
	return r->role == RAFT_FOLLOWER && r->leader.id == 0 &&
	       r->term < RAFT_TERM_MAX;
}

/** Once all is stored; a candidate may still win with the log it has. */
static void
finish(struct raft *r)
{
	struct raft_receiving *receiving = r->snapshots.receiving;
	bool is_given = receiving != NULL && receiving->sequence == 0;

	if (receiving == NULL || !receiving->whole ||
	    r->role != RAFT_FOLLOWER)
		return;
	/* Appends may have overtaken it, and been acknowledged. */
	if (has_it(r, receiving->snapshot)) {
		raft__receiving_end(r);
		return;
	}
	/* Rule 5.3/given-2: (G3) who knows a leader by now installs nothing that
	 * others gave. */
	if (is_given && !takes_given(r)) {
		raft__receiving_end(r);
		return;
	}
	/* Rule 5.3/given-3: (G4, G5) our term is a new one, and later than that of
	 * any leader by whom it is committed. */
	if (is_given)
		raft__adopt_term(r,
				 1 + (receiving->term > r->term ? receiving->term
								: r->term),
				 RAFT_REASON_OFFERED);
	r->outbox.answer.held = r->outbox.answer.of_snapshot;
	r->outbox.answer.held_index = receiving->snapshot.index;
	replace_log(r, receiving);
}

static void
note_covered(struct raft *r, const struct raft_message *message)
{
	uint64_t index = message->snapshot.snapshot.index;

	if (index > r->verified_index)
		r->verified_index = index;
	if (index > r->commit_index) {
		r->commit_index = index;
		raft__membership_committed(r);
	}
	owe_part_answer(r, message, false);
}

static bool
snapshot_contradicts_committed(const struct raft *r, struct raft_entry_id snapshot)
{
	return snapshot.index <= r->commit_index &&
	       snapshot.index >= r->log.snapshot.index &&
	       !raft__log_has(&r->log, snapshot);
}

void
raft__on_snapshot(struct raft *r, const struct raft_message *message)
{
	struct raft_entry_id snapshot = message->snapshot.snapshot;

	if (!raft__is_from_leader(r, message))
		return;
	if (snapshot_contradicts_committed(r, snapshot)) {
		raft__count(r, RAFT_COUNTER_CONTRADICTION, message);
		raft__stop(r, RAFT_REASON_CONTRADICTION, snapshot.index);
		return;
	}
	raft__note_leader(r, message, message->snapshot.sequence);
	if (has_it(r, snapshot)) {
		note_covered(r, message);
		return;
	}
	/* (R4) */
	if (r->applied_index < r->log.snapshot.index) {
		owe_part_answer(r, message, false);
		return;
	}
	/* Rule 5.3/install-4: each part is answered, and the last ends it. */
	owe_part_answer(r, message, !take_in_order(r, message));
	finish(r);
}

void
raft__take_given_part(struct raft *r, const struct raft_message *message)
{
	/* Rule 5.3/given-1: (G2) what is known to be committed stays, and so does a
	 * log that has the snapshot's last entry. */
	if (has_it(r, message->snapshot.snapshot))
		return;
	if (!takes_given(r) || message->term >= RAFT_TERM_MAX)
		return;
	/* (R4) */
	if (r->applied_index < r->log.snapshot.index)
		return;
	/* What its donor gives now begins at 0. */
	if (message->snapshot.offset > 0 && !is_received(r, message))
		raft__receiving_end(r);
	else
		(void)take_in_order(r, message);
}

bool
raft__wants_part(const struct raft *r, struct raft_identity from,
		 struct raft_entry_id *snapshot, uint64_t *offset)
{
	const struct raft_receiving *receiving = r->snapshots.receiving;

	*snapshot = (struct raft_entry_id){ 0 };
	*offset = 0;
	if (receiving == NULL || receiving->sequence != 0 ||
	    !raft__same(receiving->from, from))
		return false;
	*snapshot = receiving->snapshot;
	*offset = receiving->next;
	return receiving->next < receiving->size || !receiving->begun;
}

void
raft_snapshot_saved(struct raft *r, struct raft_entry_id snapshot,
		    uint64_t end, uint64_t now)
{
	struct raft_receiving *receiving = r->snapshots.receiving;
	struct raft_before before;

	raft__parts_saved(r, snapshot, end);
	if (!raft__begin_step(r, now, &before) || receiving == NULL ||
	    !same_entry(receiving->snapshot, snapshot) ||
	    end < receiving->stored || end > receiving->next)
		return;
	receiving->stored = end;
	receiving->whole = end == receiving->size;
	if (answers_receiving(r) && !r->outbox.answer.owed) {
		r->outbox.answer.owed = true;
		r->outbox.answer.gap = false;
		r->outbox.answer.damaged = false;
	}
	finish(r);
	raft__check_after(r, &before);
}

/** The log begins behind it, and the state machine has not loaded it. */
static bool
is_to_be_loaded(const struct raft *r, struct raft_entry_id snapshot)
{
	return r->applied_index < r->log.snapshot.index &&
	       same_entry(r->log.snapshot, snapshot);
}

static bool
is_being_received(const struct raft *r, struct raft_entry_id snapshot)
{
	const struct raft_receiving *receiving = r->snapshots.receiving;

	return receiving != NULL && same_entry(receiving->snapshot, snapshot);
}

/** The next part, or heartbeat, finds a gap. */
void
raft_snapshot_failed(struct raft *r, struct raft_entry_id snapshot,
		     uint64_t now)
{
	struct raft_before before;

	raft__parts_failed(r, snapshot);
	if (!raft__begin_step(r, now, &before))
		return;
	if (is_to_be_loaded(r, snapshot))
		raft__stop(r, RAFT_REASON_SNAPSHOT_LOST, snapshot.index);
	else if (is_being_received(r, snapshot))
		raft__receiving_end(r);
	raft__check_after(r, &before);
}

/** Said at once, since the leader may have nothing to ask for a while. */
static void
tell_damaged(struct raft *r)
{
	struct raft_owed_answer *answer = &r->outbox.answer;

	if (!answers_receiving(r))
		return;
	answer->owed = true;
	answer->gap = true;
	answer->damaged = true;
}

void
raft_snapshot_damaged(struct raft *r, struct raft_entry_id snapshot,
		      uint64_t now)
{
	struct raft_before before;

	if (is_to_be_loaded(r, snapshot)) {
		raft_snapshot_failed(r, snapshot, now);
		return;
	}
	raft__parts_failed(r, snapshot);
	if (!raft__begin_step(r, now, &before))
		return;
	if (is_being_received(r, snapshot)) {
		tell_damaged(r);
		raft__receiving_end(r);
	} else {
		raft__sending_damaged(r, snapshot);
	}
	raft__check_after(r, &before);
}

void
raft__snapshots_free(struct raft *r)
{
	raft__sendings_end(r);
	raft__sendings_release(r);
	raft__receiving_end(r);
	raft__parts_free(r);
}
