/*
 * Snapshots: the state that history says, and nothing promised of one that is
 * not stored.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>

#include "assists/sim/check/check.h"

static const char property[] = "snapshots";

/** What applying history up to an index makes. */
static struct sim_machine
state_at(const struct sim_history *history, uint64_t index)
{
	struct sim_machine state = {
		.applied = index,
		.chain = history->entries[index - 1].chain,
	};

	for (uint64_t i = 0; i < index; i++)
		if (history->entries[i].id != 0)
			sim_machine_write(&state, history->entries[i].id);
	return state;
}

void
sim_check_snapshots_state(const struct sim_history *history,
			  struct sim_verdict *verdict, uint32_t node,
			  struct raft_entry_id last,
			  const struct sim_machine *state)
{
	struct sim_machine expected;

	if (last.index == 0 || last.index > history->count ||
	    history->entries[last.index - 1].term != last.term) {
		sim_accuse(verdict, property,
			   "n%u has a snapshot up to index %" PRIu64
			   " of term %" PRIu64 ", which is not committed",
			   node, last.index, last.term);
		return;
	}
	expected = state_at(history, last.index);
	if (!sim_machine_equals(state, &expected))
		sim_accuse(verdict, property,
			   "n%u has a snapshot up to index %" PRIu64
			   " that is not what was committed up to there",
			   node, last.index);
}

void
sim_check_snapshots_promise(struct sim_verdict *verdict,
			    const struct raft_message *message,
			    struct raft_entry_id last, uint64_t stored)
{
	const struct raft_snapshot_answer *answer = &message->snapshot_answer;

	if (message->kind != RAFT_MESSAGE_SNAPSHOT_ANSWER || answer->gap ||
	    answer->offset == 0)
		return;
	if (answer->snapshot.index == last.index &&
	    answer->snapshot.term == last.term && answer->offset <= stored)
		return;
	sim_accuse(verdict, property,
		   "n%" PRIu64 " says that it has %" PRIu64
		   " bytes of the snapshot up to index %" PRIu64
		   ", which its disk does not hold",
		   message->from.id, answer->offset, answer->snapshot.index);
}
