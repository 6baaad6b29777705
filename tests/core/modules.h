/*
 * What the tests of modules share: a member of a build, and the questions and answers
 * of prevote.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_TESTS_MODULES_H
#define OUTRIGGER_TESTS_MODULES_H

#include "tests/core/rig.h"

enum { PREVOTE = 1, PREVOTE_REQUEST = 1, PREVOTE_ANSWER = 2, PREVOTE_FREE = 3 };

static inline void
put(uint8_t *at, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static inline void
give_request(struct rig *rig, uint64_t from, uint64_t own_term, uint64_t term,
	     struct raft_entry_id tip)
{
	struct raft_message message = {
		.kind = RAFT_MESSAGE_EXTENSION,
		.term = own_term,
		.extension = { .module = PREVOTE, .type = PREVOTE_REQUEST,
			       .round = 42, .length = 24 },
	};

	put(message.extension.bytes, term);
	put(message.extension.bytes + 8, tip.term);
	put(message.extension.bytes + 16, tip.index);
	(void)rig_give(rig, from, message);
}

static inline void
ask(struct rig *rig, uint64_t from, uint64_t own_term, uint64_t term,
    struct raft_entry_id tip)
{
	give_request(rig, from, own_term, term, tip);
	rig_turn(rig);
}

static inline enum raft_refusal
asked(const struct rig *rig, uint64_t by)
{
	const struct raft_message *answer =
	    rig_sent(rig, "prevote-answer", by);

	assert_non_null(answer);
	assert_int_equal(answer->extension.round, 42);
	return (enum raft_refusal)answer->extension.bytes[0];
}

/** Answer the round that runs. */
static inline void
answer(struct rig *rig, uint64_t from, enum raft_refusal refusal, uint64_t term)
{
	const struct raft_message *request = rig_sent(rig, "prevote", from);
	struct raft_message message = {
		.kind = RAFT_MESSAGE_EXTENSION,
		.term = term,
		.extension = { .module = PREVOTE, .type = PREVOTE_ANSWER,
			       .length = 1 },
	};

	assert_non_null(request);
	message.extension.round = request->extension.round;
	message.extension.bytes[0] = (uint8_t)refusal;
	(void)rig_give(rig, from, message);
	rig_turn(rig);
}

static inline void
start(struct rig *rig, const char *build)
{
	rig_start(rig, &(struct rig_options){ .build = build });
}

#endif
