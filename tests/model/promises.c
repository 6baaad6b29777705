/*
 * What must hold, whatever happens.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "tests/model/model.h"

static bool
is_same(const struct kept *a, const struct kept *b)
{
	return a->term == b->term && a->kind == b->kind &&
	       a->payload == b->payload;
}

static bool
holds(const struct disk *disk, size_t index, const struct kept *entry)
{
	return disk->last >= index && is_same(&disk->at[index], entry);
}

/* ------------------------------------------------------- what is said */

/** Nothing is said before it is durable (thesis figure 3.1, state). */
const char *
promises_check_said(const struct raft_message *message,
		    const struct disk *durable)
{
	const struct raft_vote_answer *vote = &message->vote_answer;

	if (message->term > durable->term)
		return "speaks of a term that is not durable";
	if (message->kind == RAFT_MESSAGE_VOTE &&
	    (durable->term != message->term ||
	     durable->vote != message->from.id))
		return "asks for votes before its own is durable";
	if (message->kind == RAFT_MESSAGE_VOTE_ANSWER &&
	    vote->refusal == RAFT_REFUSAL_NONE &&
	    (durable->term != vote->asked_term ||
	     durable->vote != message->to.id))
		return "tells of a vote that is not durable";
	if (message->kind == RAFT_MESSAGE_APPEND_ANSWER &&
	    message->append_answer.match_index > durable->last)
		return "acknowledges an entry that is not durable";
	if (message->kind == RAFT_MESSAGE_SNAPSHOT_ANSWER &&
	    message->snapshot_answer.match_index > durable->last)
		return "acknowledges a snapshot that is not durable";
	return NULL;
}

/** What a follower acknowledges is what its leader has. */
static const char *
check_match(const struct step *step, const struct raft_message *message)
{
	uint64_t index = message->kind == RAFT_MESSAGE_APPEND_ANSWER
			     ? message->append_answer.match_index
			     : message->snapshot_answer.match_index;

	for (size_t id = 1; id <= bounds.servers; id++) {
		const struct facts *leader = step->members[id];

		if (index > 0 && leader->role == RAFT_LEADER &&
		    leader->term == message->term &&
		    !holds(&leader->given, index,
			   &step->after->durable.at[index]))
			return "acknowledges what its leader does not have";
	}
	return NULL;
}

/** What a leader counts on is there: whoever is in its term has on its disk what it
 *  has acknowledged. */
static const char *
check_counted(const struct step *step)
{
	for (size_t id = 1; id <= bounds.servers; id++) {
		const struct facts *leader = step->members[id];

		for (size_t other = 1; other <= bounds.servers; other++) {
			const struct facts *member = step->members[other];
			size_t match = leader->match[other];

			if (match > 0 && member->term == leader->term &&
			    !holds(&member->durable, match,
				   &leader->given.at[match]))
				return "has not what its leader counts on";
		}
	}
	return NULL;
}

/** One vote a term (thesis figure 3.1, RequestVote). */
static const char *
check_votes(const struct step *step, const struct raft_message *message,
	    struct history *h)
{
	uint8_t *vote = &h->votes[step->id];
	uint8_t candidate = 0;

	if (message->kind == RAFT_MESSAGE_VOTE)
		candidate = (uint8_t)message->from.id;
	else if (message->kind == RAFT_MESSAGE_VOTE_ANSWER &&
		 message->vote_answer.refusal == RAFT_REFUSAL_NONE)
		candidate = (uint8_t)message->to.id;
	if (candidate == 0)
		return NULL;
	if (*vote != 0 && *vote != candidate)
		return "gives two votes in one term";
	*vote = candidate;
	return NULL;
}

static const char *
check_sent(const struct step *step, struct history *h)
{
	const char *broken = NULL;

	if (step->after->durable.term < step->before->durable.term)
		return "goes back to an older term";
	if (step->after->durable.term > step->before->durable.term)
		h->votes[step->id] = 0;
	for (size_t i = 0; i < step->effect->sent_count && broken == NULL;
	     i++) {
		const struct raft_message *message =
		    &message_at(step->effect->sent[i])->message;

		broken = check_votes(step, message, h);
		if (broken == NULL &&
		    (message->kind == RAFT_MESSAGE_APPEND_ANSWER ||
		     message->kind == RAFT_MESSAGE_SNAPSHOT_ANSWER))
			broken = check_match(step, message);
	}
	return broken;
}

/* ------------------------------------------------------------- leaders */

/** Leader Completeness: what was committed in an earlier term is there. */
static const char *
check_complete(const struct facts *leader, const struct history *h)
{
	for (size_t i = 1; i <= h->committed; i++)
		if (h->at[i].in_term < leader->term &&
		    !holds(&leader->given, i, &h->at[i].entry))
			return "leads without an entry that was committed";
	return NULL;
}

static const char *
check_leaders(const struct step *step, struct history *h)
{
	uint8_t term = step->after->term, least = TERMS_MAX;

	if (step->after->role == RAFT_LEADER) {
		if (h->leaders[term] != 0 && h->leaders[term] != step->id)
			return "is the second leader of its term";
		h->leaders[term] = (uint8_t)step->id;
		if (step->before->role != RAFT_LEADER ||
		    step->before->term != term) {
			const char *broken = check_complete(step->after, h);

			if (broken != NULL)
				return broken;
		}
	}
	/* Who led a term that nobody is in any more matters no more. */
	for (size_t id = 1; id <= bounds.servers; id++)
		if (step->members[id]->term < least)
			least = step->members[id]->term;
	memset(h->leaders, 0, least);
	return NULL;
}

/* -------------------------------------------------------------- commits */

/** The newest configuration of a log; NULL: none. */
static const struct payload *
configuration_of(const struct disk *disk)
{
	for (size_t i = disk->last; i > 0; i--)
		if (disk->at[i].kind == RAFT_ENTRY_CONFIGURATION)
			return payload_at(disk->at[i].payload);
	return NULL;
}

static bool
has_majority(const struct step *step, unsigned int voters, size_t index,
	     const struct kept *entry)
{
	unsigned int all = 0, held = 0;

	for (size_t id = 1; id <= bounds.servers; id++) {
		if ((voters >> id & 1) == 0)
			continue;
		all++;
		held += holds(&step->members[id]->durable, index, entry);
	}
	return 2 * held > all;
}

/** The configuration by which a leader commits in this step: that of before, even
 *  if it is a joint one that is left then; but one that it is told to have counts
 *  at once. */
static const struct payload *
configuration_in_force(const struct step *step)
{
	return configuration_of(code_event(step->code) == EVENT_RECONFIGURE
				    ? &step->after->given
				    : &step->before->given);
}

/** Of either half of a joint one (thesis 4.3). */
static bool
is_on_majority(const struct step *step, const struct payload *configuration,
	       size_t index, const struct kept *entry)
{
	return configuration != NULL &&
	       has_majority(step, configuration->voters, index, entry) &&
	       (!configuration->joint ||
		has_majority(step, configuration->voters_before, index, entry));
}

/** What a leader commits is on the disks of a majority of its configuration (thesis
 *  3.5). */
static const char *
check_quorum(const struct step *step, size_t index)
{
	return is_on_majority(step, configuration_in_force(step), index,
			      &step->after->given.at[index])
		   ? NULL
		   : "commits what no majority has on its disks";
}

static const char *
commit_one(const struct step *step, struct history *h, size_t index)
{
	const char *broken = NULL;

	h->committed = (uint8_t)index;
	h->at[index].entry = step->after->given.at[index];
	h->at[index].in_term = step->after->term;
	if ((h->lost[index] >> h->at[index].entry.term & 1) != 0)
		return "commits what was said to be lost";
	h->lost[index] = 0;
	if (step->after->role == RAFT_LEADER)
		broken = check_quorum(step, index);
	for (size_t id = 1; id <= bounds.servers && broken == NULL; id++)
		if (step->members[id]->role == RAFT_LEADER)
			broken = check_complete(step->members[id], h);
	return broken;
}

static bool
is_offered(const struct step *step)
{
	return code_event(step->code) == EVENT_RECEIVE &&
	       message_at(code_about(step->code))->message.kind ==
		   RAFT_MESSAGE_OFFER;
}

/** Whether a committed entry has to stay where it is. A copy may go only
 *
 *  - in the step that takes an offer, which begins a new term: no leader of the one
 *    before counts on it any more. Not when a write ends later: in bounds with offers
 *    there are none that do, and such an end would be told from no other;
 *  - if it is not known there to be committed;
 *  - if it never counted: it counts only with an entry of the term that committed it
 *    behind it, as those of a majority have;
 *  - and if a majority has it now, without this one.
 *
 *  Were none to go at all, later-offers would find one that does. A snapshot that one
 *  gives which does not lead has no such leave, as all that is committed is in it. */
static bool
must_stay(const struct step *step, const struct history *h, size_t index)
{
	const struct disk *disk = &step->before->durable;

	return !is_offered(step) || step->after->term <= step->before->term ||
	       index <= step->before->commit ||
	       disk->at[disk->last].term >= h->at[index].in_term ||
	       !is_on_majority(step, configuration_of(&step->before->given),
			       index, &h->at[index].entry);
}

/** What is committed stays on every disk that it was on. */
static const char *
check_kept(const struct step *step, const struct history *h)
{
	for (size_t i = 1; i <= h->committed; i++)
		if (must_stay(step, h, i) &&
		    holds(&step->before->durable, i, &h->at[i].entry) &&
		    !holds(&step->after->durable, i, &h->at[i].entry))
			return "drops an entry that is committed";
	return NULL;
}

/** State Machine Safety: at each index everybody commits the same. */
static const char *
check_commits(const struct step *step, struct history *h)
{
	const char *broken = NULL;

	if (step->after->commit > step->after->given.last)
		return "commits more than its log has";
	for (size_t i = 1; i <= step->after->commit && broken == NULL; i++) {
		if (i > h->committed)
			broken = commit_one(step, h, i);
		else if (!is_same(&step->after->given.at[i], &h->at[i].entry))
			broken = "has another entry where one is committed";
	}
	return broken;
}

/** Log Matching: entries of one index and term mean that all before are equal. */
static const char *
check_matching(const struct step *step)
{
	const struct disk *mine = &step->after->given;

	for (size_t id = 1; id <= bounds.servers; id++) {
		const struct disk *other = &step->members[id]->given;
		size_t i = mine->last < other->last ? mine->last : other->last;

		while (i > 0 && mine->at[i].term != other->at[i].term)
			i--;
		for (; i > 0; i--)
			if (!is_same(&mine->at[i], &other->at[i]))
				return "has another log before an entry that "
				       "another has, too";
	}
	return NULL;
}

/* --------------------------------------------------------- what clients see */

static const char *
check_reads(const struct step *step, struct history *h)
{
	const struct effect *effect = step->effect;

	if (effect->read_begun)
		for (size_t i = 0; i < READS_MAX; i++)
			if (h->reads[i].member == 0) {
				h->reads[i].member = (uint8_t)step->id;
				h->reads[i].name = effect->read;
				h->reads[i].floor = h->committed;
				break;
			}
	for (size_t i = 0; i < READS_MAX; i++) {
		if (code_event(step->code) == EVENT_CRASH &&
		    h->reads[i].member == step->id)
			memset(&h->reads[i], 0, sizeof(h->reads[i]));
		for (size_t j = 0; j < effect->read_count; j++) {
			if (h->reads[i].member != step->id ||
			    h->reads[i].name != effect->reads[j].name)
				continue;
			if (effect->reads[j].index != 0 &&
			    effect->reads[j].index < h->reads[i].floor)
				return "reads what is older than what was "
				       "committed when it was asked";
			memset(&h->reads[i], 0, sizeof(h->reads[i]));
		}
	}
	return NULL;
}

/** An outcome is true, and stays so. */
static const char *
check_outcomes(const struct step *step, struct history *h)
{
	for (size_t j = 0; j < step->effect->outcome_count; j++) {
		unsigned int kind = step->effect->outcomes[j].kind;
		size_t last = step->effect->outcomes[j].last;

		for (size_t i = step->effect->outcomes[j].first; i <= last;
		     i++) {
			bool is_committed = i <= h->committed &&
					    h->at[i].entry.term ==
						step->effect->outcomes[j].term;

			if (kind == RAFT_OUTCOME_COMMITTED && !is_committed)
				return "says committed of what is not";
			if (kind == RAFT_OUTCOME_LOST && is_committed)
				return "says lost of what is committed";
			if (kind == RAFT_OUTCOME_LOST && i > h->committed)
				h->lost[i] |=
				    (uint16_t)(1u << step->effect->outcomes[j]
							 .term);
		}
	}
	return NULL;
}

const char *
promises_check(const struct step *step, struct history *history)
{
	const char *broken = check_sent(step, history);

	if (broken == NULL)
		broken = check_counted(step);
	if (broken == NULL)
		broken = check_leaders(step, history);
	if (broken == NULL)
		broken = check_kept(step, history);
	if (broken == NULL)
		broken = check_commits(step, history);
	if (broken == NULL)
		broken = check_matching(step);
	if (broken == NULL)
		broken = check_reads(step, history);
	if (broken == NULL)
		broken = check_outcomes(step, history);
	return broken;
}

uint64_t
history_print_of(const struct history *history, unsigned int k)
{
	const uint8_t *renaming = renamings[k];
	uint64_t hash = history->committed;
	uint8_t votes[SERVERS_MAX + 1] = { 0 };

	for (size_t i = 1; i <= history->committed; i++) {
		const struct kept *entry = &history->at[i].entry;

		hash = mix(hash, (uint64_t)entry->term << 16 |
				     (uint64_t)entry->kind << 8 |
				     history->at[i].in_term);
		hash = mix(hash, payload_at(entry->payload)->prints[k]);
	}
	for (size_t i = 0; i < TERMS_MAX; i++)
		hash = mix(hash, renaming[history->leaders[i]]);
	for (size_t id = 1; id <= SERVERS_MAX; id++)
		votes[renaming[id]] = renaming[history->votes[id]];
	hash = mix_bytes(hash, votes, sizeof(votes));
	hash = mix_bytes(hash, history->lost, sizeof(history->lost));
	for (size_t i = 0; i < READS_MAX; i++)
		hash = mix(hash,
			   (uint64_t)renaming[history->reads[i].member] << 16 |
			       (uint64_t)history->reads[i].name << 8 |
			       history->reads[i].floor);
	return hash == 0 ? 1 : hash;
}
