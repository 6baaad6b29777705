/*
 * What peers send in a world: messages that make sense at the moment, so that
 * the member follows, campaigns and leads, and messages drawn at random.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "tests/fuzz/world.h"

struct raft_identity
some_peer(struct world *w)
{
	return (struct raft_identity){
		2 + chance_below(&w->chance, PEERS_MAX - 1), 1,
	};
}

void
address(struct world *w, enum raft_message_kind kind, uint64_t term,
	struct raft_message *message)
{
	memset(message, 0, sizeof(*message));
	message->kind = kind;
	message->from = some_peer(w);
	message->to = w->self;
	message->term = term;
	message->capabilities = chance_draw(&w->chance);
}

static struct raft_payload
sensible_payload(struct world *w, enum raft_entry_kind kind)
{
	struct raft_configuration configuration = {
		.election_timeout_us = TIMEOUT_US,
		.members = w->members,
		.member_count =
			1 + (size_t)chance_below(&w->chance, w->member_count),
	};
	size_t length = RANDOM_PAYLOAD_MAX;

	if (kind == RAFT_ENTRY_CONFIGURATION)
		length = raft_configuration_encode(&configuration, w->payload,
						   sizeof(w->payload));
	return (struct raft_payload){ w->payload, length, NULL };
}

void
sensible_append(struct world *w, struct raft_message *message)
{
	const struct raft_status *status = &w->status;
	struct raft_append *append = &message->append;
	uint64_t term = status->term + (status->role != RAFT_FOLLOWER);
	uint64_t i, count = chance_below(&w->chance, 5);
	enum raft_entry_kind kind;

	address(w, RAFT_MESSAGE_APPEND, term > 0 ? term : 1, message);
	if (status->leader != 0 && status->role == RAFT_FOLLOWER)
		message->from.id = status->leader;
	append->previous = append->last = status->last;
	append->commit_index = status->last.index;
	append->sent_at = w->now;
	append->sequence = w->now;
	append->entries = count > 0 ? w->room.entries : NULL;
	for (i = 0; i < count; i++) {
		kind = append->last.index == 0 ||
				       chance_below(&w->chance, 16) == 0
			       ? RAFT_ENTRY_CONFIGURATION
			       : RAFT_ENTRY_DATA;
		append->last = (struct raft_entry_id){
			append->last.index + 1, message->term,
		};
		w->room.entries[i] = (struct raft_entry){
			append->last.index, message->term, kind,
			sensible_payload(w, kind),
		};
	}
}

void
sensible_append_answer(struct world *w, struct raft_message *message)
{
	const struct raft_append *sent;

	address(w, RAFT_MESSAGE_APPEND_ANSWER, w->status.term, message);
	sent = &w->sent[message->from.id].append;
	message->append_answer = (struct raft_append_answer){
		.verdict = RAFT_APPEND_ACCEPTED,
		.match_index = sent->last.index,
		.sent_at = sent->sent_at,
		.sequence = sent->sequence,
	};
	if (chance_below(&w->chance, 4) == 0 && sent->previous.index > 0) {
		message->append_answer.verdict = RAFT_APPEND_MISMATCH;
		message->append_answer.match_index = 0;
		message->append_answer.conflict = sent->previous;
	}
}

/* Of two, and of the same snapshot until the log has grown. */
void
sensible_part(struct world *w, struct raft_message *message)
{
	const struct raft_status *status = &w->status;
	struct raft_snapshot_message *snapshot = &message->snapshot;
	struct raft_payload configuration =
		sensible_payload(w, RAFT_ENTRY_CONFIGURATION);

	address(w, RAFT_MESSAGE_SNAPSHOT,
		status->term + (status->role != RAFT_FOLLOWER), message);
	message->term += message->term == 0;
	if (status->leader != 0 && status->role == RAFT_FOLLOWER)
		message->from.id = status->leader;
	*snapshot = (struct raft_snapshot_message){
		.snapshot = { status->last.index / 8 * 8 + 8, message->term },
		.size = 2 * PART_BYTES,
		.offset = PART_BYTES * chance_below(&w->chance, 2),
		.sent_at = w->now,
		.sequence = w->now,
		.content = &w->room.content,
	};
	w->room.content = (struct raft_snapshot_content){
		.part = { w->room.bytes, PART_BYTES, NULL },
	};
	if (snapshot->offset != 0)
		return;
	w->room.content.configuration = configuration.data;
	w->room.content.configuration_length = configuration.length;
	w->room.content.configuration_index = snapshot->snapshot.index;
}

void
sensible_part_answer(struct world *w, struct raft_message *message)
{
	const struct raft_snapshot_message *sent = &w->part_sent.snapshot;

	address(w, RAFT_MESSAGE_SNAPSHOT_ANSWER, w->status.term, message);
	if (w->part_sent.to.id != 0)
		message->from = w->part_sent.to;
	message->snapshot_answer = (struct raft_snapshot_answer){
		.snapshot = sent->snapshot,
		.gap = chance_below(&w->chance, 4) == 0,
		.damaged = chance_below(&w->chance, 8) == 0,
		.offset = sent->offset,
		.match_index =
		    chance_below(&w->chance, 8) == 0 ? sent->snapshot.index : 0,
		.sent_at = sent->sent_at,
		.sequence = sent->sequence,
	};
	if (chance_below(&w->chance, 4) != 0)
		return;
	message->kind = RAFT_MESSAGE_APPEND_ANSWER;
	message->append_answer = (struct raft_append_answer){
		.verdict = 1 + (unsigned)chance_below(&w->chance, 5),
		.match_index = sent->snapshot.index,
		.conflict = sent->snapshot,
		.sent_at = sent->sent_at,
		.sequence = sent->sequence,
	};
}

/* Or to what a module has asked before it campaigns: the peer lacks it. */
static void
sensible_vote_answer(struct world *w, struct raft_message *message)
{
	if (w->status.role == RAFT_CANDIDATE) {
		address(w, RAFT_MESSAGE_VOTE_ANSWER, w->status.term, message);
		message->vote_answer.asked_term = w->status.term;
	} else {
		address(w, RAFT_MESSAGE_UNSUPPORTED, w->status.term, message);
		message->extension = w->asked.extension;
	}
}

/* What a member gets where nobody is in its way. */
static void
loyal_message(struct world *w, struct raft_message *message)
{
	if (w->status.role != RAFT_LEADER)
		sensible_vote_answer(w, message);
	else if (chance_below(&w->chance, 2) == 0)
		sensible_append_answer(w, message);
	else
		sensible_part_answer(w, message);
}

static bool
is_followed(const struct world *w)
{
	return w->loyal &&
	       (w->status.role != RAFT_FOLLOWER ||
		(w->status.leader == 0 && w->asked.kind != 0));
}

void
sensible_message(struct world *w, struct raft_message *message)
{
	if (is_followed(w)) {
		loyal_message(w, message);
		return;
	}
	switch (chance_below(&w->chance, 6)) {
	case 0:
		sensible_append(w, message);
		break;
	case 1:
		sensible_append_answer(w, message);
		break;
	case 2:
		sensible_part(w, message);
		break;
	case 3:
		sensible_part_answer(w, message);
		break;
	case 4:
		sensible_vote_answer(w, message);
		break;
	default:
		address(w, RAFT_MESSAGE_VOTE, w->status.term + 1, message);
		message->vote.tip = w->status.last;
	}
}

void
strange_message(struct world *w, struct raft_message *message)
{
	struct raft_entry_id tip = { w->status.last.index, w->status.term };

	random_message(&w->chance, random_kind(&w->chance), tip, &w->room,
		       message);
	if (is_followed(w) && message->term > w->status.term)
		message->term = w->status.term;
	message->from = some_peer(w);
	message->to = w->self;
	if (chance_below(&w->chance, 8) == 0)
		message->from.id = random_number(&w->chance, 3);
	if (chance_below(&w->chance, 8) == 0)
		message->to.incarnation = random_number(&w->chance, 1);
}
