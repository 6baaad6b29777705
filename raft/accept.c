/*
 * What a follower does with a leader's entries (thesis 3.5).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every append is answered at once with what is durable, so that a slow disk
 * does not look like a dead voter, but for one case: an append whose entries
 * the disk is free to take at once is answered when it has. Later ones, which
 * find it busy, are answered at once and again.
 *
 *  (A1) Entries go only where they conflict (3.5): an old, shorter append that
 *       comes late drops nothing.
 *  (A2) The commit index goes no further than what this leader's appends have
 *       shown to be its log.
 */
#include "raft/raft_hooks.h"
#include "raft/state.h"

/* --------------------------------------------------------------- the gate */

static bool
entries_are_sound(const struct raft_append *append)
{
	uint64_t index = append->previous.index, term = append->previous.term;
	const struct raft_entry *entry = append->entries;

	if (index == append->last.index)
		return term == append->last.term;
	/* So that some configuration is in force behind any entry. */
	if (index == 0 &&
	    (entry->kind != RAFT_ENTRY_CONFIGURATION || entry->term == 0))
		return false;
	for (; index < append->last.index; entry++) {
		if (entry->index != ++index || entry->term < term ||
		    entry->payload.length > RAFT_PAYLOAD_BYTES_MAX)
			return false;
		term = entry->term;
	}
	return term == append->last.term;
}

bool
raft__append_is_sound(struct raft *r, const struct raft_message *message)
{
	const struct raft_append *append = &message->append;
	enum raft_counter counter;

	if (append->previous.index > RAFT_INDEX_MAX ||
	    append->last.index > RAFT_INDEX_MAX ||
	    append->commit_index > RAFT_INDEX_MAX)
		counter = RAFT_COUNTER_ABSURD_INDEX;
	else if (append->last.index < append->previous.index ||
		 append->last.term > message->term ||
		 append->sequence == 0 ||
		 (append->previous.index == 0) != (append->previous.term == 0) ||
		 (append->last.index > append->previous.index &&
		  append->entries == NULL) ||
		 !entries_are_sound(append))
		counter = RAFT_COUNTER_MALFORMED;
	else
		return true;
	raft__count(r, counter, message);
	return false;
}

bool
raft__offer_is_sound(struct raft *r, const struct raft_message *message)
{
	const struct raft_append *entries = &message->append;
	struct raft_entry_id tip = message->offer.tip;

	if (entries->previous.index <= RAFT_INDEX_MAX &&
	    tip.index <= RAFT_INDEX_MAX && tip.term <= message->term &&
	    entries->last.index > entries->previous.index &&
	    raft__is_up_to_date(tip, entries->last) &&
	    tip.index >= entries->last.index &&
	    (entries->previous.index == 0) == (entries->previous.term == 0) &&
	    entries->entries != NULL && entries_are_sound(entries))
		return true;
	raft__count(r, RAFT_COUNTER_MALFORMED, message);
	return false;
}

/* ---------------------------------------------------------------- answers */

static void
owe_answer(struct raft *r, const struct raft_message *message,
	   enum raft_append_verdict verdict, struct raft_entry_id conflict)
{
	struct raft_owed_answer *answer = &r->outbox.answer;

	/* One that was overtaken has nothing to add to a newer one's echo. */
	if (answer->owed && message->append.sequence < answer->sequence)
		return;
	answer->owed = true;
	answer->of_snapshot = false;
	answer->to = message->from;
	answer->verdict = verdict;
	answer->conflict = conflict;
	answer->sent_at = message->append.sent_at;
	answer->sequence = message->append.sequence;
}

/** In its new term the old leader learns that it is over. */
void
raft__answer_stale_leader(struct raft *r, const struct raft_message *message)
{
	bool is_append = message->kind == RAFT_MESSAGE_APPEND;
	/* Rule 3.1/append-1: an append of an older term is refused.
	 * Rule 5.3/install-1: and so is a part of a snapshot. */
	struct raft_append_answer answer = {
		.verdict = RAFT_APPEND_STALE_TERM,
		.sent_at = is_append ? message->append.sent_at
				     : message->snapshot.sent_at,
		.sequence = is_append ? message->append.sequence
				      : message->snapshot.sequence,
	};

	raft__send(r, (struct raft_message){ .kind = RAFT_MESSAGE_APPEND_ANSWER,
					     .to = message->from,
					     .append_answer = answer });
}

static void
answer_mismatch(struct raft *r, const struct raft_message *message)
{
	uint64_t index = message->append.previous.index;
	struct raft_entry_id conflict = { .index = r->log.last.index + 1 };

	if (index <= r->log.last.index) {
		conflict.index = raft__log_run_first(&r->log, index);
		conflict.term = raft__log_term_at(&r->log, index);
	}
	/* What is committed agrees, however long its run. */
	if (conflict.index <= r->commit_index)
		conflict.index = r->commit_index + 1;
	owe_answer(r, message, RAFT_APPEND_MISMATCH, conflict);
}

/* --------------------------------------------------------------- recency */

bool
raft__is_from_leader(struct raft *r, const struct raft_message *message)
{
	if (r->leader.id == 0 || raft__same(r->leader, message->from))
		return true;
	raft__count(r, RAFT_COUNTER_RIVAL_LEADER, message);
	return false;
}

void
raft__note_leader(struct raft *r, const struct raft_message *message,
		  uint64_t sequence)
{
	if (!raft__same(r->leader, message->from))
		raft__set_leader(r, message->from);
	/* Rule 4.2.3/voters-1: a leader is heard by an append of this term whose
	 * sequence advanced: a replayed one says nothing of who may be gone. */
	if (r->heard_term == r->term && sequence <= r->heard_sequence)
		return;
	r->heard_at = r->now;
	r->heard_term = r->term;
	r->heard_sequence = sequence;
	r->heard_yields =
	    (message->capabilities & RAFT_CAPABILITY_YIELDS) != 0;
	raft__reset_election_timer(r);
}

bool
raft__leader_is_heard(const struct raft *r)
{
	/* Rule 4.2.3/voters-3: recent is within the least timeout, not within
	 * one's own; neither a newer term nor a leader forgotten ends it. */
	return r->heard_at != 0 &&
	       r->now - r->heard_at < raft__election_timeout(r);
}

bool
raft__leader_is_recent(const struct raft *r)
{
	bool yields = raft__build_has(r, RAFT_CAPABILITY_YIELDS);

	/* Rule 4.2.3/leaders-1: a leader is its own voter, and hears itself: with
	 * checks of its quorum while that is fresh, else always. */
	if (r->role == RAFT_LEADER)
		return !yields || r->now - raft__quorum_heard_at(r) <
					  raft__election_timeout(r);
	/* Rule 4.2.3/voters-4: who would give way itself honours only who would:
	 * one that clings to its role would lock it out. */
	return raft__leader_is_heard(r) && (!yields || r->heard_yields);
}

/* --------------------------------------------------------------- entries */

/** How many of the entries stand in the log already. */
static size_t
count_known(const struct raft *r, const struct raft_append *append)
{
	uint64_t index = append->previous.index + 1;
	size_t known = 0;

	for (; index <= append->last.index && index <= r->log.last.index;
	     index++, known++)
		if (index >= r->log.snapshot.index &&
		    raft__log_term_at(&r->log, index) !=
			append->entries[known].term)
			break;
	return known;
}

/** Whether the entry before them is in the log, or was. */
static bool
joins_log(const struct raft *r, const struct raft_append *append)
{
	return append->previous.index < r->log.snapshot.index ||
	       raft__log_has(&r->log, append->previous);
}

static bool
contradicts_committed(const struct raft *r, const struct raft_append *append,
		      bool joins, uint64_t first_new)
{
	return (!joins && append->previous.index <= r->commit_index) ||
	       (first_new <= append->last.index &&
		first_new <= r->commit_index);
}

/** Entries to take, what is to be said of it, and what they bring. */
struct intake {
	const struct raft_entry *entries;
	size_t count;
	/** ACCEPTED, or why the entry after these was not taken. */
	enum raft_append_verdict verdict;
	struct raft_membership *membership;
};

static bool
is_plain(const struct raft_entry *entry)
{
	return entry->kind == RAFT_ENTRY_DATA || entry->kind == RAFT_ENTRY_NOOP;
}

/** Up to the first configuration, which is made ready: it has to be in force for
 *  what follows. */
static void
examine(struct raft *r, const struct raft_message *message,
	struct intake *intake, size_t offered)
{
	enum raft_result result = RAFT_INCOMPATIBLE;
	const struct raft_entry *entry = intake->entries;
	const struct raft_entry *end = entry + offered;

	while (entry < end && is_plain(entry))
		entry++;
	intake->count = (size_t)(entry - intake->entries);
	if (entry == end)
		return;
	if (entry->kind == RAFT_ENTRY_CONFIGURATION)
		result = raft__membership_prepare(
		    r, entry->index, entry->payload.data, entry->payload.length,
		    &intake->membership);
	if (result == RAFT_OK) {
		intake->count++;
		return;
	}
	if (result == RAFT_INVALID)
		raft__count(r, RAFT_COUNTER_MALFORMED, message);
	intake->verdict = result == RAFT_NO_MEMORY ? RAFT_APPEND_BUSY
						   : RAFT_APPEND_INCOMPATIBLE;
}

/** How many of them, at least one, are of the first one's term. */
static size_t
count_of_term(const struct raft_entry *entries, size_t count)
{
	size_t same = 1;

	/* Terms do not fall, and nearly always there is but one. */
	if (entries[count - 1].term == entries[0].term)
		return count;
	while (entries[same].term == entries[0].term)
		same++;
	return same;
}

static void
take(struct raft *r, const struct intake *intake)
{
	const struct raft_entry *entries = intake->entries;
	struct raft_entry *pending;

	if (intake->count == 0)
		return;
	/* Rule 3.1/append-3: a conflict drops that entry and all after it. */
	if (entries[0].index <= r->log.last.index)
		raft__truncate(r, entries[0].index);
	pending = raft__outbox_extend(r, intake->count);
	for (size_t i = 0; i < intake->count; i++) {
		pending[i] = entries[i];
		raft_payload_hold(&entries[i].payload);
	}
	for (size_t i = 0, same; i < intake->count; i += same) {
		same = count_of_term(&entries[i], intake->count - i);
		raft__log_append(&r->log, entries[i].term, same);
	}
	if (intake->membership == NULL)
		return;
	raft__membership_install(r, intake->membership);
	raft__reset_election_timer(r);
}

static size_t
count_terms(const struct intake *intake)
{
	size_t terms = 0;

	for (size_t i = 0; i < intake->count; terms++)
		i += count_of_term(&intake->entries[i], intake->count - i);
	return terms;
}

/** Entries that wait for the disk: those that the log was not given; if it is given
 *  all, those that it has not made durable. */
static uint64_t
count_waiting(const struct raft *r)
{
	uint64_t last = r->log.last.index;

	if (!r->ahead_of_disk)
		return r->outbox.pending.count;
	return raft__least(last - r->durable_index,
			   last - r->log.snapshot.index);
}

/** Memory, and a disk that keeps up: else nothing is taken. */
static bool
has_room(struct raft *r, const struct intake *intake)
{
	uint64_t waiting = count_waiting(r);

	return (waiting == 0 ||
		waiting + intake->count <= r->uncommitted_entries_max) &&
	       raft__outbox_reserve(r, intake->count) &&
	       raft__log_reserve(r, count_terms(intake));
}

static struct intake
take_in(struct raft *r, const struct raft_message *message, size_t known)
{
	const struct raft_append *append = &message->append;
	size_t offered = (size_t)(append->last.index - append->previous.index);
	struct intake intake = { .verdict = RAFT_APPEND_ACCEPTED };

	if (offered == known)
		return intake;
	/* Rule 3.1/append-4: only what is not in the log is appended. */
	intake.entries = append->entries + known;
	examine(r, message, &intake, offered - known);
	if (has_room(r, &intake)) {
		take(r, &intake);
		return intake;
	}
	raft__membership_discard(r, intake.membership);
	raft__trace(r, "has no room for entries from %llu on",
		    (unsigned long long)intake.entries[0].index);
	return (struct intake){ .verdict = RAFT_APPEND_BUSY };
}

static void
advance_commit(struct raft *r, const struct raft_append *append)
{
	/* Rule 3.1/append-5: commit what the leader has committed, as far as
	 * its appends have shown it to be here. */
	uint64_t index = append->commit_index < r->verified_index
			     ? append->commit_index
			     : r->verified_index;

	if (index <= r->commit_index)
		return;
	r->commit_index = index;
	raft__membership_committed(r);
}

/** All up to `last` is this leader's. */
static void
verify(struct raft *r, const struct raft_append *append, uint64_t last)
{
	if (last > r->verified_index)
		r->verified_index = last;
	advance_commit(r, append);
}

/** Each configuration is in force, and committed if it is, before what follows
 *  it is looked at. */
static struct intake
take_all(struct raft *r, const struct raft_message *message, size_t known)
{
	const struct raft_append *append = &message->append;
	struct intake intake;
	size_t before = known;

	do {
		intake = take_in(r, message, known);
		known += intake.count;
		/* What no leader has sent is acknowledged to none. */
		if (message->kind == RAFT_MESSAGE_APPEND)
			verify(r, append, append->previous.index + known);
	} while (intake.membership != NULL);
	intake.count = known - before;
	return intake;
}

/** It comes again with every heartbeat. */
void
raft__tell_incompatible(struct raft *r, const struct raft_message *message,
			uint64_t index)
{
	if (r->incompatible_index == index)
		return;
	r->incompatible_index = index;
	raft__outbox_event(r, (struct raft_event){
				  .kind = RAFT_EVENT_INCOMPATIBLE,
				  .reason = RAFT_REASON_INCOMPATIBLE,
				  .peer = message->from.id,
				  .index = index,
			      });
}

/** Of this term. It is from before a start, or this log has lost entries that a
 *  majority may need: then this member is not what its leader, and whoever asks for
 *  its vote, takes it for. */
void
raft__on_regressed(struct raft *r, const struct raft_message *message)
{
	struct raft_entry_id held = message->regressed.held;

	if (held.index == 0 || held.index > RAFT_INDEX_MAX || held.term == 0 ||
	    held.term > message->term) {
		raft__count(r, RAFT_COUNTER_MALFORMED, message);
		return;
	}
	if (!raft__same(message->from, r->leader) ||
	    held.index <= r->commit_index || raft__log_has(&r->log, held))
		return;
	raft__stop(r, RAFT_REASON_REGRESSED, held.index);
}

static void
answer_taken(struct raft *r, const struct raft_message *message,
	     const struct intake *intake, uint64_t last)
{
	struct raft_owed_answer *answer = &r->outbox.answer;
	bool was_owed = answer->owed;
	bool accepted = intake->verdict == RAFT_APPEND_ACCEPTED;

	if (intake->verdict == RAFT_APPEND_INCOMPATIBLE)
		raft__tell_incompatible(r, message, last + 1);
	owe_answer(r, message, intake->verdict,
		   (struct raft_entry_id){ .index = accepted ? 0 : last + 1 });
	if (intake->count == 0)
		return;
	answer->owed = was_owed || !accepted || r->outbox.write_count > 0;
	answer->held = true;
	answer->held_index = last;
}

void
raft__on_append(struct raft *r, const struct raft_message *message)
{
	const struct raft_append *append = &message->append;
	size_t known = count_known(r, append);
	uint64_t first_new = append->previous.index + known + 1;
	bool joins = joins_log(r, append);
	struct intake intake;

	raft_assert(message->term == r->term);
	raft_assert(r->role == RAFT_FOLLOWER);
	if (!raft__is_from_leader(r, message))
		return;
	if (contradicts_committed(r, append, joins, first_new)) {
		raft__count(r, RAFT_COUNTER_CONTRADICTION, message);
		raft__stop(r, RAFT_REASON_CONTRADICTION, first_new);
		return;
	}
	raft__note_leader(r, message, append->sequence);
	/* Rule 3.1/append-2: without the entry before them none is taken. */
	if (!joins) {
		answer_mismatch(r, message);
		return;
	}
	/* This term's leader never takes back what it has sent. */
	if (first_new <= r->verified_index && first_new <= append->last.index) {
		raft__count(r, RAFT_COUNTER_MALFORMED, message);
		return;
	}
	intake = take_all(r, message, known);
	/* Rule 3.1/followers-1: leaders and candidates are answered. */
	answer_taken(r, message, &intake, first_new + intake.count - 1);
}

/* ----------------------------------------------------------------- offers */

/** Whether the log could be the sender's from here on: what is known to be
 *  committed stays. */
static bool
keeps_committed(const struct raft *r, const struct raft_append *append,
		size_t known)
{
	return joins_log(r, append) &&
	       append->previous.index + known >=
		   raft__least(r->commit_index, append->last.index);
}

/** Whether of those that are not known any would be. */
static bool
takes_any(struct raft *r, const struct raft_message *message, size_t known)
{
	const struct raft_append *append = &message->append;
	size_t offered = (size_t)(append->last.index - append->previous.index);
	struct intake intake = {
		.entries = append->entries + known,
		.verdict = RAFT_APPEND_ACCEPTED,
	};
	bool takes;

	if (offered == known)
		return false;
	examine(r, message, &intake, offered - known);
	takes = intake.count > 0 && has_room(r, &intake);
	raft__membership_discard(r, intake.membership);
	if (intake.count == 0 && intake.verdict == RAFT_APPEND_INCOMPATIBLE)
		raft__tell_incompatible(r, message, intake.entries[0].index);
	return takes;
}

/** As if an append of the leader that wrote these entries had been on its way for
 *  long, which is answered to nobody: the sender's log begins as that leader's
 *  did. (G1) to (G5) are what an append's term, too, is looked at for. */
void
raft__take_offer(struct raft *r, const struct raft_message *message)
{
	const struct raft_append *append = &message->append;
	size_t known = count_known(r, append);
	uint64_t term = message->term > r->term ? message->term : r->term;

	raft_assert(message->kind == RAFT_MESSAGE_OFFER);
	/* Rule 3.5/offer-1: (G1) only the log whose tip is later is followed: it
	 * has all that we have promised to keep, if that was needed. */
	if (raft__is_up_to_date(r->log.last, message->offer.tip))
		return;
	/* Rule 3.5/offer-2: (G2) what is known to be committed stays. */
	if (!keeps_committed(r, append, known))
		return;
	/* Rule 3.5/offer-3: (G3) who leads, or knows a leader, takes none. */
	if (r->role == RAFT_LEADER || r->leader.id != 0 ||
	    term == RAFT_TERM_MAX)
		return;
	/* Rule 3.5/offer-6: what it cannot take costs no term. */
	if (!takes_any(r, message, known))
		return;
	/* Rule 3.5/offer-4: (G4) no entry is of a later term than ours.
	 * Rule 3.5/offer-5: (G5) and ours is a new one: a leader of the one
	 * before may have been told of entries that go now. */
	raft__adopt_term(r, term + 1, RAFT_REASON_OFFERED);
	(void)take_all(r, message, known);
}
