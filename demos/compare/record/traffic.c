/*
 * Traffic: every message of one run.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/record/traffic.h"

#include <stdlib.h>
#include <string.h>

#include "demos/compare/record/grown.h"

struct traffic *
traffic_create(void)
{
	struct traffic *traffic = calloc(1, sizeof *traffic);

	if (traffic == NULL)
		abort();
	return traffic;
}

void
traffic_destroy(struct traffic *traffic)
{
	if (traffic == NULL)
		return;
	free(traffic->of);
	free(traffic);
}

/* ---------------------------------------------------------------- reading */

/* Modules' questions and answers are about votes, as far as we know them. */
static enum traffic_kind
kind_of(const struct raft_message *message)
{
	switch (message->kind) {
	case RAFT_MESSAGE_APPEND:
	case RAFT_MESSAGE_SNAPSHOT:
		return TRAFFIC_APPEND;
	case RAFT_MESSAGE_APPEND_ANSWER:
	case RAFT_MESSAGE_SNAPSHOT_ANSWER:
		return TRAFFIC_APPEND_ANSWER;
	case RAFT_MESSAGE_VOTE:
		return TRAFFIC_VOTE;
	case RAFT_MESSAGE_VOTE_ANSWER:
		return TRAFFIC_VOTE_ANSWER;
	case RAFT_MESSAGE_EXTENSION:
		break;
	default:
		return TRAFFIC_OTHER;
	}
	if (strcmp(raft_message_name(message), "prevote") == 0)
		return TRAFFIC_VOTE;
	if (strcmp(raft_message_name(message), "prevote-answer") == 0)
		return TRAFFIC_VOTE_ANSWER;
	return TRAFFIC_OTHER;
}

/* Of whether somebody would get, or gets, a vote. A module's answer is in its
 * first byte, in the numbers of the core (extensions/prevote). */
static void
read_ballot(struct traffic_message *taken, enum raft_refusal refusal)
{
	taken->is_refusal = refusal != RAFT_REFUSAL_NONE;
	taken->says = taken->is_refusal ? raft_refusal_text(refusal) : "yes";
}

static void
read_verdict(struct traffic_message *taken, enum raft_append_verdict verdict)
{
	taken->is_refusal = verdict != RAFT_APPEND_ACCEPTED;
	if (verdict == RAFT_APPEND_STALE_TERM) {
		taken->says = "its term is over";
		taken->is_telling = true;
	} else if (verdict == RAFT_APPEND_MISMATCH) {
		taken->says = "its log differs before that";
	}
}

static void
read_body(struct traffic_message *taken, const struct raft_message *message)
{
	taken->leader = taken->from;
	switch (message->kind) {
	case RAFT_MESSAGE_APPEND:
		taken->round = message->append.sent_at;
		break;
	case RAFT_MESSAGE_SNAPSHOT:
		taken->round = message->snapshot.sent_at;
		break;
	case RAFT_MESSAGE_APPEND_ANSWER:
		taken->leader = taken->to;
		taken->round = message->append_answer.sent_at;
		read_verdict(taken, message->append_answer.verdict);
		break;
	case RAFT_MESSAGE_SNAPSHOT_ANSWER:
		taken->leader = taken->to;
		taken->round = message->snapshot_answer.sent_at;
		break;
	case RAFT_MESSAGE_VOTE_ANSWER:
		read_ballot(taken, message->vote_answer.refusal);
		break;
	case RAFT_MESSAGE_EXTENSION:
		if (taken->kind == TRAFFIC_VOTE_ANSWER &&
		    message->extension.length == 1)
			read_ballot(
			    taken,
			    (enum raft_refusal)message->extension.bytes[0]);
		break;
	default:
		break;
	}
}

/* -------------------------------------------------------------- recording */

static void
record_sent(struct traffic *traffic, uint64_t now, uint64_t number,
	    const struct raft_message *message)
{
	struct traffic_message *taken;

	traffic->of = grown(traffic->of, traffic->count, sizeof *traffic->of);
	taken = &traffic->of[traffic->count++];
	*taken = (struct traffic_message){
		.number = number,
		.sent = now,
		.ended = UINT64_MAX,
		.kind = kind_of(message),
		.from = (uint32_t)message->from.id,
		.to = (uint32_t)message->to.id,
		.term = message->term,
		.name = raft_message_name(message),
	};
	taken->is_telling = taken->kind != TRAFFIC_APPEND &&
			    taken->kind != TRAFFIC_APPEND_ANSWER;
	read_body(taken, message);
}

static int
compare_numbers(const void *number, const void *message)
{
	const uint64_t *one = number;
	const struct traffic_message *other = message;

	return *one < other->number ? -1 : *one > other->number;
}

void
traffic_record(struct traffic *traffic, uint64_t now, enum raft_sim_fate fate,
	       uint64_t number, const struct raft_message *message)
{
	struct traffic_message *taken;

	if (fate == RAFT_SIM_SENT) {
		record_sent(traffic, now, number, message);
		return;
	}
	taken = bsearch(&number, traffic->of, traffic->count,
			sizeof *traffic->of, compare_numbers);
	if (taken == NULL || taken->ended != UINT64_MAX)
		return;
	taken->ended = now;
	taken->is_lost = fate == RAFT_SIM_LOST;
}
