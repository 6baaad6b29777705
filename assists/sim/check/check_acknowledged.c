/*
 * No acknowledged write is lost, none told lost returns, none is doubled.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "assists/sim/base/memory.h"
#include "assists/sim/check/check.h"

static const char property[] = "acknowledged writes";

/** Ids from here on are of logs that were given, not of clients. */
#define GIVEN (UINT64_C(1) << 63)

static struct sim_write_fate *
fate_of(struct sim_check_acknowledged *check, uint64_t id)
{
	size_t before = check->room;

	check->fates = sim_grow(check->fates, &check->room, id,
				sizeof(*check->fates));
	if (check->room > before)
		memset(&check->fates[before], 0,
		       (check->room - before) * sizeof(*check->fates));
	if (check->count < id)
		check->count = id;
	return &check->fates[id - 1];
}

static void
write_committed(struct sim_check_acknowledged *check,
		struct sim_verdict *verdict, uint64_t index, uint64_t id)
{
	struct sim_write_fate *fate = fate_of(check, id);

	if (fate->committed_at != 0)
		sim_accuse(verdict, property,
			   "write %" PRIu64 " is committed at index %" PRIu64
			   " and at %" PRIu64,
			   id, fate->committed_at, index);
	if (fate->told_lost)
		sim_accuse(verdict, property,
			   "write %" PRIu64
			   " was told lost and is committed at index %" PRIu64,
			   id, index);
	fate->committed_at = index;
}

void
sim_check_acknowledged_grown(struct sim_check_acknowledged *check,
			     struct sim_verdict *verdict,
			     const struct sim_history *history)
{
	while (check->history_seen < history->count) {
		uint64_t id = history->entries[check->history_seen++].id;

		if (id != 0 && id < GIVEN)
			write_committed(check, verdict, check->history_seen,
					id);
	}
}

/** Of each majority that it needs, the one that is missing; NULL: none. */
static const struct sim_support *
missing_majority(const struct sim_told *told)
{
	for (int i = 0; i < 2; i++)
		if (told->support[i].voters > 0 &&
		    told->support[i].holders * 2 <= told->support[i].voters)
			return &told->support[i];
	return NULL;
}

void
sim_check_acknowledged_committed(struct sim_check_acknowledged *check,
				 struct sim_verdict *verdict,
				 const struct sim_history *history,
				 const struct sim_told *told)
{
	const struct sim_support *missing = missing_majority(told);
	struct sim_write_fate *fate;

	sim_check_acknowledged_grown(check, verdict, history);
	fate = fate_of(check, told->id);
	fate->told_term = told->term;
	if (fate->committed_at != told->index) {
		check->lost++;
		sim_accuse(verdict, property,
			   "n%u acknowledged write %" PRIu64
			   " at index %" PRIu64
			   ", which is not committed there",
			   told->node, told->id, told->index);
	} else if (missing != NULL) {
		check->lost++;
		sim_accuse(verdict, property,
			   "n%u acknowledged write %" PRIu64
			   " at index %" PRIu64 ", durable on %u of %u voters",
			   told->node, told->id, told->index, missing->holders,
			   missing->voters);
	}
}

void
sim_check_acknowledged_lost(struct sim_check_acknowledged *check,
			    struct sim_verdict *verdict, uint32_t node,
			    uint64_t id)
{
	struct sim_write_fate *fate = fate_of(check, id);

	if (fate->committed_at != 0)
		sim_accuse(verdict, property,
			   "n%u told write %" PRIu64
			   " lost, which is committed at index %" PRIu64,
			   node, id, fate->committed_at);
	fate->told_lost = true;
}

static bool
log_holds(const struct sim_log *log, uint64_t index, uint64_t id)
{
	const struct sim_log_entry *entry = sim_log_at(log, index);

	if (index <= log->base.last.index)
		return true;
	return entry != NULL && sim_payload_id(&entry->payload) == id;
}

void
sim_check_acknowledged_leads(struct sim_check_acknowledged *check,
			     struct sim_verdict *verdict, uint32_t node,
			     uint64_t term, const struct sim_log *log)
{
	for (uint64_t id = 1; id <= check->count; id++) {
		const struct sim_write_fate *fate = &check->fates[id - 1];

		if (fate->told_term == 0 || fate->told_term >= term ||
		    log_holds(log, fate->committed_at, id))
			continue;
		check->lost++;
		sim_accuse(verdict, property,
			   "n%u leads in term %" PRIu64
			   " without write %" PRIu64
			   ", acknowledged at index %" PRIu64,
			   node, term, id, fate->committed_at);
	}
}

void
sim_check_acknowledged_clear(struct sim_check_acknowledged *check)
{
	free(check->fates);
	*check = (struct sim_check_acknowledged){0};
}
