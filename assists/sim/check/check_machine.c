/*
 * State-machine safety: one history, applied in order, unchanged.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdlib.h>

#include "assists/sim/base/memory.h"
#include "assists/sim/check/check.h"

static const char property[] = "state-machine safety";

static void
history_append(struct sim_history *history, const struct sim_log_entry *entry,
	       uint64_t known_in, uint64_t now)
{
	if (history->count > 0 &&
	    history->entries[history->count - 1].known_in > known_in)
		known_in = history->entries[history->count - 1].known_in;
	history->entries = sim_grow(history->entries, &history->room,
				    history->count + 1,
				    sizeof(*history->entries));
	history->entries[history->count++] = (struct sim_committed){
		.term = entry->term,
		.chain = entry->chain,
		.id = entry->kind == RAFT_ENTRY_DATA
			  ? sim_payload_id(&entry->payload)
			  : 0,
		.known_in = known_in,
		.known_at = now,
	};
}

void
sim_check_machine_committed(struct sim_history *history,
			    struct sim_verdict *verdict, uint32_t node,
			    uint64_t term, const struct sim_log *log,
			    uint64_t index)
{
	uint64_t both = index < history->count ? index : history->count;

	if (index > sim_log_last(log)) {
		sim_accuse(verdict, property,
			   "n%u takes index %" PRIu64
			   " as committed, its log ends at %" PRIu64,
			   node, index, sim_log_last(log));
		return;
	}
	if (both > 0 && !sim_log_covers(log, both,
					history->entries[both - 1].chain)) {
		sim_accuse(verdict, property,
			   "n%u takes as committed, up to index %" PRIu64
			   ", what differs from what was",
			   node, both);
		return;
	}
	while (history->count < index && sim_log_at(log, history->count + 1))
		history_append(history, sim_log_at(log, history->count + 1),
			       term, verdict->now);
}

void
sim_check_machine_applied(const struct sim_history *history,
			  struct sim_verdict *verdict,
			  struct sim_machine *machine, uint32_t node,
			  const struct raft_entry *entry)
{
	if (entry->index != machine->applied + 1) {
		sim_accuse(verdict, property,
			   "n%u applied index %" PRIu64 " after %" PRIu64, node,
			   entry->index, machine->applied);
		return;
	}
	sim_machine_apply(machine, entry);
	if (entry->index > history->count)
		sim_accuse(verdict, property,
			   "n%u applied index %" PRIu64
			   ", which nobody has committed",
			   node, entry->index);
	else if (history->entries[entry->index - 1].chain != machine->chain)
		sim_accuse(verdict, property,
			   "n%u applied at index %" PRIu64 " of term %" PRIu64
			   " other than what was committed",
			   node, entry->index, entry->term);
	else if (entry->kind == RAFT_ENTRY_DATA &&
		 sim_payload_id(&entry->payload) == 0)
		sim_accuse(verdict, property,
			   "n%u applied at index %" PRIu64
			   " bytes that no client wrote",
			   node, entry->index);
}

void
sim_history_clear(struct sim_history *history)
{
	free(history->entries);
	*history = (struct sim_history){0};
}
