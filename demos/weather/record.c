/*
 * What was committed, as the processes tell it, and whether all of them and all
 * clients agree about it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each process tells what it applied at each index. That makes one log, or a
 * contradiction: two that applied different things, an acknowledged write that is
 * not where it was said to be, a read that missed what was acknowledged before it,
 * two leaders of one term.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "demos/weather/world.h"

static void *
grown(void *array, size_t count, size_t each)
{
	void *more = realloc(array, count * each);

	if (more == NULL)
		abort();
	return more;
}

static struct place *
place_at(struct raft_sim *sim, uint64_t index)
{
	struct record *record = &sim->record;
	size_t room = record->room;

	if (index > room) {
		record->room = 2 * (size_t)index;
		record->places = grown(record->places, record->room,
				       sizeof(*record->places));
		for (size_t i = room; i < record->room; i++)
			record->places[i] = (struct place){ .written = 0 };
	}
	return &record->places[index - 1];
}

static void
compare_acknowledged(struct raft_sim *sim, uint64_t index)
{
	const struct place *place = place_at(sim, index);

	if (!place->is_known || place->acknowledged == 0 ||
	    place->acknowledged == place->written)
		return;
	sim->record.lost++;
	world_accuse(sim, "no acknowledged write lost",
		     "write %" PRIu64 " was acknowledged at index %" PRIu64
		     ", where %" PRIu64 " stands",
		     place->acknowledged, index, place->written);
}

static void
note_applied(struct raft_sim *sim, const struct node *node, uint64_t index,
	     uint64_t written)
{
	struct place *place = place_at(sim, index);
	struct record *record = &sim->record;

	if (place->is_known && place->written != written) {
		world_accuse(sim, "state-machine safety",
			     "n%u applied %" PRIu64 " at index %" PRIu64
			     ", where another applied %" PRIu64,
			     node->number, written, index, place->written);
		return;
	}
	place->is_known = true;
	place->written = written;
	while (record->known < record->room &&
	       record->places[record->known].is_known) {
		place = &record->places[record->known];
		place->writes = record_writes(sim, record->known) +
				(place->written != 0);
		record->known++;
	}
	compare_acknowledged(sim, index);
}

void
record_applied(struct raft_sim *sim, struct node *node,
	       const struct report_applied *applied)
{
	uint64_t index = applied->first;

	if (node->applied_index + 1 != index)
		world_accuse(sim, "state-machine safety",
			     "n%u applied index %" PRIu64 " after %" PRIu64,
			     node->number, index, node->applied_index);
	for (uint32_t i = 0; i < applied->count; i++, index++) {
		note_applied(sim, node, index, applied->written[i]);
		node->applied_writes += applied->written[i] != 0;
		node->applied_index = index;
	}
	record_lag(sim);
}

/* The last write up to an index. */
static uint64_t
value_at(const struct raft_sim *sim, uint64_t index)
{
	while (index > 0 && sim->record.places[index - 1].written == 0)
		index--;
	return index == 0 ? 0 : sim->record.places[index - 1].written;
}

static void
compare_value(struct raft_sim *sim, const struct node *node, uint64_t index,
	      uint64_t value)
{
	if (index <= sim->record.known && value_at(sim, index) != value)
		world_accuse(sim, "state-machine safety",
			     "n%u has the value %" PRIu64 " at index %" PRIu64
			     ", expected %" PRIu64,
			     node->number, value, index, value_at(sim, index));
}

void
record_loaded(struct raft_sim *sim, struct node *node,
	      const struct report *report)
{
	node->applied_index = report->machine.index;
	node->applied_writes = report->machine.writes;
	compare_value(sim, node, report->machine.index, report->machine.value);
	record_lag(sim);
}

uint64_t
record_writes(const struct raft_sim *sim, uint64_t index)
{
	if (index > sim->record.known)
		index = sim->record.known;
	return index == 0 ? 0 : sim->record.places[index - 1].writes;
}

void
record_lag(struct raft_sim *sim)
{
	uint64_t committed = record_writes(sim, sim->record.known);

	for (uint32_t i = 0; i < sim->node_count; i++) {
		struct node *node = &sim->nodes[i];
		uint64_t behind = committed - node->applied_writes;

		if (!node_runs(node) || node->applied_writes > committed)
			continue;
		for (int window = 0; window < 2; window++)
			if (behind > node->lag[window])
				node->lag[window] = behind;
	}
}

/* ------------------------------------------------------------- elections */

void
record_elected(struct raft_sim *sim, uint32_t node, uint64_t term)
{
	struct record *record = &sim->record;

	for (size_t i = 0; i < record->reign_count; i++) {
		if (record->reigns[i].term == term &&
		    record->reigns[i].node != node)
			world_accuse(sim, "election safety",
				     "n%u and n%u lead in term %" PRIu64,
				     record->reigns[i].node, node, term);
	}
	record->reigns = grown(record->reigns, record->reign_count + 1,
			       sizeof(*record->reigns));
	record->reigns[record->reign_count++] = (struct reign){ term, node };
}

/* Leaders of later terms have all that was committed (thesis 3.6.3), whether or not
 * anybody has applied it. */
void
record_leader(struct raft_sim *sim, uint32_t node,
	      const struct raft_status *status)
{
	const struct raft_entry_id *last = &sim->record.acknowledged;

	if (status->term <= last->term || status->last.index >= last->index)
		return;
	sim->record.lost++;
	world_accuse(sim, "no acknowledged write lost",
		     "a write was acknowledged at index %" PRIu64
		     " in term %" PRIu64 ", and n%u leads in term %" PRIu64
		     " with a log up to %" PRIu64,
		     last->index, last->term, node, status->term,
		     status->last.index);
}

/* ------------------------------------------------------ what clients saw */

static void
note_seen(struct raft_sim *sim, uint64_t index)
{
	struct record *record = &sim->record;

	if (record->seen_count > 0 &&
	    record->seen[record->seen_count - 1].index >= index)
		return;
	record->seen = grown(record->seen, record->seen_count + 1,
			     sizeof(*record->seen));
	record->seen[record->seen_count++] =
	    (struct seen){ world_now(sim), index };
}

uint64_t
record_seen_at(const struct raft_sim *sim, uint64_t at)
{
	size_t i = sim->record.seen_count;

	while (i > 0 && sim->record.seen[i - 1].at > at)
		i--;
	return i == 0 ? 0 : sim->record.seen[i - 1].index;
}

void
record_acknowledged(struct raft_sim *sim, uint64_t id,
		    struct raft_entry_id place)
{
	place_at(sim, place.index)->acknowledged = id;
	if (place.index > sim->record.acknowledged.index)
		sim->record.acknowledged = place;
	compare_acknowledged(sim, place.index);
	note_seen(sim, place.index);
}

void
record_read(struct raft_sim *sim, const struct ask *ask,
	    const struct report *report)
{
	uint64_t index = report->read.index;

	if (index < ask->seen) {
		sim->record.stale++;
		world_accuse(sim, "reads",
			     "n%u answered as of index %" PRIu64
			     ", and a client had seen %" PRIu64,
			     ask->node, index, ask->seen);
	}
	compare_value(sim, &sim->nodes[ask->node - 1], index,
		      report->read.value);
	if (ask->bound_us == 0)
		note_seen(sim, index);
}

void
record_free(struct record *record)
{
	free(record->places);
	free(record->reigns);
	free(record->seen);
}
