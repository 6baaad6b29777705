/*
 * A state machine with one mistake of many, or none.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/simulation/cells.h"

#define CELLS 16

/** Cells, of which a command sets one, or clears it; and how many commands there
 *  were. */
struct cells {
	enum mistake mistake;
	bool leads;
	uint64_t total;
	uint8_t cells[CELLS];
};

struct cells_told cells_told;

static void *
create(void *context)
{
	struct cells *machine = calloc(1, sizeof(*machine));
	static uint8_t made;

	if (machine == NULL)
		abort();
	machine->mistake = *(enum mistake *)context;
	if (machine->mistake == BEGINS_FULL)
		machine->cells[0] = ++made;
	return machine;
}

static void
destroy(void *machine)
{
	free(machine);
}

static void
execute(struct cells *machine, const struct raft_payload *command)
{
	const uint8_t *bytes = command->data;
	static uint8_t written;

	if (command->length != 2)
		abort();
	machine->cells[bytes[0]] = bytes[1];
	machine->total++;
	if (machine->mistake == ADDRESS)
		machine->cells[bytes[0]] = (uint8_t)((uintptr_t)machine >> 4);
	if (machine->mistake == CLOCK) {
		struct timespec now;

		clock_gettime(CLOCK_MONOTONIC, &now);
		machine->total += (uint64_t)now.tv_nsec;
	}
	if (machine->mistake == COUNTER)
		machine->cells[bytes[0]] = ++written;
	if (machine->mistake == ROLE && machine->leads)
		machine->cells[bytes[0]] = 0;
	if (machine->mistake == DIES && machine->total == 20)
		abort();
	while (machine->mistake == HANGS && machine->total == 20)
		pause();
}

static bool
apply(void *context, const struct raft_entry *entries, size_t count)
{
	struct cells *machine = context;
	size_t left_out = machine->mistake == BATCH && count > 1 ? 1 : 0;

	for (size_t i = 0; i < count - left_out; i++)
		if (entries[i].kind == RAFT_ENTRY_DATA)
			execute(machine, &entries[i].payload);
	cells_told.applied += count;
	return machine->mistake != LATER;
}

static void
outcome(void *context, const struct raft_outcome *outcome)
{
	(void)context;
	(void)outcome;
	cells_told.outcomes++;
}

static void
event(void *context, const struct raft_event *event)
{
	struct cells *machine = context;

	if (event->kind == RAFT_EVENT_ROLE)
		machine->leads = event->role == RAFT_LEADER;
	cells_told.events++;
}

static void
read_ended(void *context, const struct raft_read *read)
{
	(void)context;
	cells_told.reads++;
	cells_told.lost_reads += read->index == 0;
}

static void
write_down(void *context, void (*put)(void *, const void *, size_t), void *to)
{
	struct cells *machine = context;
	size_t cells = machine->mistake == WRITES_LESS ? CELLS - 1 : CELLS;
	uint64_t total =
		machine->mistake == WRITES_NO_TOTAL ? 0 : machine->total;

	put(to, &total, sizeof(total));
	for (size_t i = 0; i < cells; i++)
		put(to, &machine->cells[i], 1);
	if (machine->mistake == WRITING_CHANGES)
		machine->total = 0;
}

static bool
load(void *context, const void *bytes, size_t length)
{
	struct cells *machine = context;
	const uint8_t *cells = (const uint8_t *)bytes + sizeof(machine->total);
	size_t count = length - sizeof(machine->total);

	if (machine->mistake != LOAD_FORGETS)
		memcpy(&machine->total, bytes, sizeof(machine->total));
	if (machine->mistake != LOAD_ADDS)
		memset(machine->cells, 0, sizeof(machine->cells));
	for (size_t i = 0; i < count; i++)
		if (cells[i] != 0)
			machine->cells[i] = cells[i];
	return machine->mistake != LOAD_REFUSES;
}

static uint64_t
digest(const void *context)
{
	const struct cells *machine = context;

	return raft_sim_digest(machine->total, machine->cells,
			       sizeof(machine->cells));
}

static size_t
command(void *context, uint64_t random, void *bytes)
{
	const uint8_t made[] = {random % CELLS, (uint8_t)(random >> 8 & 3)};

	(void)context;
	memcpy(bytes, made, sizeof(made));
	return sizeof(made);
}

static const struct raft_node_machine functions = {
	.apply = apply,
	.outcome = outcome,
	.event = event,
	.read = read_ended,
};

struct raft_sim_machine
cells_machine(enum mistake *mistake)
{
	return (struct raft_sim_machine){
		.functions = &functions,
		.create = create,
		.destroy = destroy,
		.write = write_down,
		.load = load,
		.digest = digest,
		.command = command,
		.context = mistake,
	};
}
