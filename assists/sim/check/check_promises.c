/*
 * Promises: nothing is promised before it is durable.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>

#include "assists/sim/check/check.h"

static const char property[] = "promises";

static void
check_vote(struct sim_verdict *verdict, const struct raft_message *message,
	   const struct sim_log *durable)
{
	uint64_t term = message->vote_answer.asked_term;

	/* A term that is over keeps no trace of its vote: see check_votes.c. */
	if (message->vote_answer.refusal != RAFT_REFUSAL_NONE ||
	    durable->term > term)
		return;
	if (durable->term < term || durable->vote.id != message->to.id ||
	    durable->vote.incarnation != message->to.incarnation)
		sim_accuse(verdict, property,
			   "n%" PRIu64 " grants n%" PRIu64
			   " a vote in term %" PRIu64
			   " that its disk does not hold",
			   message->from.id, message->to.id, term);
}

/** What is promised is not a number but entries: those of the leader that is
 *  told. To count them would not tell its entries from others that a write left
 *  at the same indexes. What that log begins behind is committed, and compared
 *  elsewhere. */
static void
check_match(struct sim_verdict *verdict, const struct raft_message *message,
	    const struct sim_log *durable, const struct sim_log *leaders)
{
	bool snapshot = message->kind == RAFT_MESSAGE_SNAPSHOT_ANSWER;
	uint64_t match = snapshot ? message->snapshot_answer.match_index
				  : message->append_answer.match_index;

	/* A newer term's leader may have truncated what was held. */
	if ((!snapshot &&
	     message->append_answer.verdict != RAFT_APPEND_ACCEPTED) ||
	    durable->term > message->term)
		return;
	if (match > sim_log_last(durable))
		sim_accuse(verdict, property,
			   "n%" PRIu64 " says that it holds index %" PRIu64
			   ", its disk ends at %" PRIu64,
			   message->from.id, match, sim_log_last(durable));
	else if (leaders != NULL && match >= leaders->base.last.index &&
		 !sim_log_covers(durable, match, sim_log_chain(leaders, match)))
		sim_accuse(verdict, property,
			   "n%" PRIu64 " says that it holds index %" PRIu64
			   " of n%" PRIu64 "'s log, its disk holds another",
			   message->from.id, match, message->to.id);
}

void
sim_check_promise(struct sim_verdict *verdict,
		  const struct raft_message *message,
		  const struct sim_log *durable, const struct sim_log *leaders)
{
	if (message->term > durable->term)
		sim_accuse(verdict, property,
			   "n%" PRIu64 " says that it is in term %" PRIu64
			   ", its disk in %" PRIu64,
			   message->from.id, message->term, durable->term);
	if (message->kind == RAFT_MESSAGE_VOTE_ANSWER)
		check_vote(verdict, message, durable);
	if (message->kind == RAFT_MESSAGE_APPEND_ANSWER ||
	    message->kind == RAFT_MESSAGE_SNAPSHOT_ANSWER)
		check_match(verdict, message, durable, leaders);
}
