/*
 * Random messages, and the chance they are drawn from: for tests of the codec
 * and for fuzzing.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The same seed gives the same messages, whatever the compiler: no expression
 * draws twice. Numbers are drawn near what matters more often than not, since a
 * number of 64 random bits finds one border only.
 */
#ifndef OUTRIGGER_RANDOM_MESSAGE_H
#define OUTRIGGER_RANDOM_MESSAGE_H

#include <string.h>

#include "raft/raft.h"

#define RANDOM_ENTRIES_MAX 8
#define RANDOM_PAYLOAD_MAX 64

/** A generator (splitmix64); its state is the seed. */
struct chance {
	uint64_t state;
};

/** What a random message points to. */
struct random_room {
	struct raft_entry entries[RANDOM_ENTRIES_MAX];
	uint8_t bytes[RANDOM_PAYLOAD_MAX];
	struct raft_snapshot_content content;
};

static inline uint64_t
chance_draw(struct chance *chance)
{
	uint64_t z = chance->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/** 0 to limit - 1. */
static inline uint64_t
chance_below(struct chance *chance, uint64_t limit)
{
	return chance_draw(chance) % limit;
}

static inline void
chance_fill(struct chance *chance, void *bytes, size_t length)
{
	uint8_t *at = bytes;

	while (length-- > 0)
		*at++ = (uint8_t)chance_draw(chance);
}

/** Near `near`, near a border that the core or the codec has, or anything. */
static inline uint64_t
random_number(struct chance *chance, uint64_t near)
{
	const uint64_t borders[] = {
		0, near + (UINT64_C(1) << 40), UINT64_C(1) << 62, UINT64_MAX,
	};
	uint64_t choice = chance_below(chance, 16);
	uint64_t step = chance_below(chance, 64);

	if (choice == 0)
		return chance_draw(chance) >> step;
	if (choice < 4)
		return borders[chance_below(chance, 4)] - 2 + step % 4;
	if (choice < 12)
		return near;
	return near - (near < 2 ? near : 2) + step % 5;
}

static inline struct raft_entry_id
random_entry_id(struct chance *chance, uint64_t index, uint64_t term)
{
	struct raft_entry_id id;

	id.index = random_number(chance, index);
	id.term = random_number(chance, term);
	return id;
}

static inline void
random_append(struct chance *chance, struct raft_entry_id tip,
	      struct random_room *room, struct raft_append *append)
{
	uint64_t i, count = chance_below(chance, RANDOM_ENTRIES_MAX + 1);
	size_t length;

	append->previous = random_entry_id(chance, tip.index, tip.term);
	if (append->previous.index > UINT64_MAX - count)
		append->previous.index -= count;
	append->last = append->previous;
	append->entries = count > 0 ? room->entries : NULL;
	chance_fill(chance, room->bytes, sizeof(room->bytes));
	for (i = 0; i < count; i++) {
		length = chance_below(chance, RANDOM_PAYLOAD_MAX + 1);
		append->last.index++;
		append->last.term = random_number(chance, append->last.term);
		room->entries[i] = (struct raft_entry){
			.index = append->last.index,
			.term = append->last.term,
			.kind = 1 + (unsigned)chance_below(chance, 4),
			.payload = { room->bytes, length, NULL },
		};
	}
	append->commit_index = random_number(chance, tip.index);
	append->sent_at = random_number(chance, 1000000);
	append->sequence = random_number(chance, 1);
}

static inline void
random_offer(struct chance *chance, struct raft_entry_id tip,
	     struct random_room *room, struct raft_message *message)
{
	random_append(chance, tip, room, &message->append);
	message->offer.tip = chance_below(chance, 2) == 0
				 ? message->offer.last
				 : random_entry_id(chance, tip.index, tip.term);
	message->offer.round = random_number(chance, 1);
}

static inline void
random_append_answer(struct chance *chance, struct raft_entry_id tip,
		     struct raft_append_answer *answer)
{
	answer->verdict = 1 + (unsigned)chance_below(chance, 4);
	answer->match_index = random_number(chance, tip.index);
	answer->conflict = random_entry_id(chance, tip.index, tip.term);
	answer->sent_at = random_number(chance, 1000000);
	answer->sequence = random_number(chance, 1);
}

static inline void
random_vote(struct chance *chance, struct raft_entry_id tip,
	    struct raft_vote *vote)
{
	vote->tip = random_entry_id(chance, tip.index, tip.term);
	if (chance_below(chance, 2) == 0)
		return;
	vote->permit.leader = random_number(chance, 2);
	vote->permit.term = random_number(chance, tip.term);
	vote->permit.transfer = random_number(chance, 1);
}

static inline void
random_vote_answer(struct chance *chance, struct raft_entry_id tip,
		   struct raft_vote_answer *answer)
{
	answer->refusal =
		(unsigned)chance_below(chance, RAFT_REFUSAL_NOT_MEMBER + 1);
	answer->asked_term = random_number(chance, tip.term);
	answer->tip = random_entry_id(chance, tip.index, tip.term);
}

static inline void
random_not_member(struct chance *chance, struct raft_entry_id tip,
		  struct raft_not_member *not_member)
{
	not_member->asked_term = random_number(chance, tip.term);
	not_member->tip = random_entry_id(chance, tip.index, tip.term);
}

static inline void
random_extension(struct chance *chance, uint64_t term,
		 struct raft_extension_message *extension)
{
	extension->module = (uint16_t)random_number(chance, 2);
	extension->type = (uint16_t)chance_below(chance, 4);
	extension->round = random_number(chance, term);
	extension->length =
		(uint8_t)chance_below(chance, RAFT_EXTENSION_BYTES_MAX + 1);
	chance_fill(chance, extension->bytes, extension->length);
}

static inline void
random_snapshot(struct chance *chance, struct raft_entry_id tip,
		struct random_room *room,
		struct raft_snapshot_message *snapshot)
{
	uint64_t length = chance_below(chance, RANDOM_PAYLOAD_MAX + 1);

	chance_fill(chance, room->bytes, sizeof(room->bytes));
	snapshot->snapshot = random_entry_id(chance, tip.index, tip.term);
	snapshot->size = random_number(chance, length);
	snapshot->offset = chance_below(chance, 2) == 0
			       ? 0
			       : random_number(chance, length);
	snapshot->sent_at = random_number(chance, 1000000);
	snapshot->sequence = random_number(chance, 1);
	snapshot->writing = chance_below(chance, 8) == 0;
	room->content = (struct raft_snapshot_content){
		.part = { room->bytes, length, NULL },
	};
	if (snapshot->offset == 0) {
		room->content.configuration = room->bytes;
		room->content.configuration_length =
		    1 + chance_below(chance, RANDOM_PAYLOAD_MAX);
		room->content.configuration_index =
		    random_number(chance, tip.index);
	}
	snapshot->content = &room->content;
}

static inline void
random_snapshot_answer(struct chance *chance, struct raft_entry_id tip,
		       struct raft_snapshot_answer *answer)
{
	answer->snapshot = random_entry_id(chance, tip.index, tip.term);
	answer->gap = chance_below(chance, 2) == 0;
	answer->damaged = chance_below(chance, 4) == 0;
	answer->offset = random_number(chance, RANDOM_PAYLOAD_MAX);
	answer->match_index = random_number(chance, tip.index);
	answer->sent_at = random_number(chance, 1000000);
	answer->sequence = random_number(chance, 1);
}

/** A message of this kind to someone whose log ends at `tip`. Everything but
 *  its kind, `from` and `to`, which are the caller's, is drawn. */
static inline void
random_message(struct chance *chance, enum raft_message_kind kind,
	       struct raft_entry_id tip, struct random_room *room,
	       struct raft_message *message)
{
	memset(message, 0, sizeof(*message));
	message->kind = kind;
	message->term = random_number(chance, tip.term);
	message->capabilities = chance_draw(chance);
	if (kind == RAFT_MESSAGE_APPEND)
		random_append(chance, tip, room, &message->append);
	else if (kind == RAFT_MESSAGE_OFFER)
		random_offer(chance, tip, room, message);
	else if (kind == RAFT_MESSAGE_APPEND_ANSWER)
		random_append_answer(chance, tip, &message->append_answer);
	else if (kind == RAFT_MESSAGE_VOTE)
		random_vote(chance, tip, &message->vote);
	else if (kind == RAFT_MESSAGE_VOTE_ANSWER)
		random_vote_answer(chance, tip, &message->vote_answer);
	else if (kind == RAFT_MESSAGE_TIMEOUT_NOW)
		message->timeout_now.tip =
			random_entry_id(chance, tip.index, tip.term);
	else if (kind == RAFT_MESSAGE_REGRESSED)
		message->regressed.held =
			random_entry_id(chance, tip.index, tip.term);
	else if (kind == RAFT_MESSAGE_NOT_MEMBER)
		random_not_member(chance, tip, &message->not_member);
	else if (kind == RAFT_MESSAGE_READ || kind == RAFT_MESSAGE_READ_ANSWER)
		message->read.index = random_number(chance, tip.index);
	else if (kind == RAFT_MESSAGE_SNAPSHOT)
		random_snapshot(chance, tip, room, &message->snapshot);
	else if (kind == RAFT_MESSAGE_SNAPSHOT_ANSWER)
		random_snapshot_answer(chance, tip, &message->snapshot_answer);
	else if (kind == RAFT_MESSAGE_EXTENSION ||
		 kind == RAFT_MESSAGE_UNSUPPORTED)
		random_extension(chance, message->term, &message->extension);
}

/** Any kind, an unknown one now and then. */
static inline enum raft_message_kind
random_kind(struct chance *chance)
{
	const enum raft_message_kind kinds[] = {
		RAFT_MESSAGE_APPEND,	RAFT_MESSAGE_APPEND_ANSWER,
		RAFT_MESSAGE_VOTE,	RAFT_MESSAGE_VOTE_ANSWER,
		RAFT_MESSAGE_EXTENSION, RAFT_MESSAGE_UNSUPPORTED,
		RAFT_MESSAGE_APPEND,	RAFT_MESSAGE_TIMEOUT_NOW,
		RAFT_MESSAGE_READ,	RAFT_MESSAGE_READ_ANSWER,
		RAFT_MESSAGE_NOT_MEMBER,	(enum raft_message_kind)15,
		RAFT_MESSAGE_SNAPSHOT,	RAFT_MESSAGE_SNAPSHOT_ANSWER,
		RAFT_MESSAGE_OFFER,
	};

	/* Rarely: it may stop a member. */
	if (chance_below(chance, 200) == 0)
		return RAFT_MESSAGE_REGRESSED;
	return kinds[chance_below(chance, sizeof(kinds) / sizeof(kinds[0]))];
}

#endif
