/*
 * The state machine of the world's user (machine.h): one on each node, its
 * guest, and the model.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The node's own machine (base/machine.h) stays beside it: what it checks of the
 * library does not rest on what somebody else wrote. A client's write travels as
 * that one knows it, and is replaced by a command when the guest is shown it. In a
 * snapshot the guest's bytes stand behind the own machine's.
 */
#include <stdlib.h>
#include <string.h>

#include "assists/sim/machine.h"
#include "assists/sim/world/world.h"

/** Entries that a guest is shown at once, at most. */
#define BATCH_MAX 16

/** What the guest did must have left it as the model was. */
static void
look(struct sim_node *node, const char *did, uint64_t index)
{
	struct raft_sim *sim = node->sim;

	if (sim->verdict.broken)
		return;
	sim_check_digests_node(&sim->checks.digests, &sim->verdict,
			       node->number, did, index,
			       sim->options.machine->digest(node->guest));
}

/* --------------------------------------------------------- life and death */

static void
make_model(struct raft_sim *sim)
{
	const struct raft_sim_machine *machine = sim->options.machine;

	sim->model = machine->create(machine->context);
	sim_check_digests_model(&sim->checks.digests,
				machine->digest(sim->model));
}

void
sim_guest_begin(struct sim_node *node)
{
	const struct raft_sim_machine *machine = node->sim->options.machine;

	if (machine == NULL)
		return;
	if (node->sim->model == NULL)
		make_model(node->sim);
	node->guest = machine->create(machine->context);
	look(node, "was created", 0);
}

void
sim_guest_end(struct sim_node *node)
{
	if (node->guest != NULL)
		node->sim->options.machine->destroy(node->guest);
	node->guest = NULL;
}

void
sim_guest_free_model(struct raft_sim *sim)
{
	if (sim->model != NULL)
		sim->options.machine->destroy(sim->model);
}

/* --------------------------------------------------------------- applying */

/** What a client's write stands for. One that is too long finds room all the same,
 *  so that it can be told, and is cut. */
static struct raft_payload
command_of(struct raft_sim *sim, uint64_t id)
{
	const struct raft_sim_machine *machine = sim->options.machine;
	uint8_t made[4 * RAFT_SIM_COMMAND_BYTES];
	size_t length = machine->command(
		machine->context, sim_mix(sim->options.seed + sim_mix(id)),
		made);
	struct sim_bytes *bytes;

	if (length > RAFT_SIM_COMMAND_BYTES) {
		sim_accuse(&sim->verdict, "machine",
			   "a command has %zu bytes, more than %d", length,
			   RAFT_SIM_COMMAND_BYTES);
		length = RAFT_SIM_COMMAND_BYTES;
	}
	/* As long as it is, so that a sanitizer sees what is read behind it. */
	bytes = sim_bytes_new(length);
	memcpy(bytes->data, made, length);
	return (struct raft_payload){bytes->data, length, &bytes->block};
}

/** An entry of the node's log, to be released. */
static struct raft_entry
entry_at(const struct sim_node *node, uint64_t index)
{
	const struct sim_log_entry *held =
		sim_log_at(&node->disk.accepted, index);
	struct raft_entry entry = {
		.index = index,
		.term = held->term,
		.kind = held->kind,
	};

	if (held->kind == RAFT_ENTRY_DATA) {
		entry.payload =
			command_of(node->sim, sim_payload_id(&held->payload));
	} else {
		entry.payload = held->payload;
		raft_payload_hold(&entry.payload);
	}
	return entry;
}

/** What is wrong by now is not the machine's to see. */
static void
show(struct sim_node *node, void *machine, const struct raft_entry *entries,
     size_t count)
{
	const struct raft_sim *sim = node->sim;

	if (sim->verdict.broken)
		return;
	if (!sim->options.machine->functions->apply(machine, entries, count))
		sim_accuse(&node->sim->verdict, "machine",
			   "it does not apply at once");
}

/** The first to apply an entry shows it to the model, too. */
static void
show_model(struct sim_node *node, const struct raft_entry *entry)
{
	struct raft_sim *sim = node->sim;

	if (entry->index < sim->checks.digests.count)
		return;
	show(node, sim->model, entry, 1);
	sim_check_digests_model(&sim->checks.digests,
				sim->options.machine->digest(sim->model));
}

void
sim_guest_apply(struct sim_node *node, struct raft_range range)
{
	struct raft_entry entries[BATCH_MAX];

	while (node->guest != NULL && range.first <= range.last &&
	       !node->sim->verdict.broken) {
		size_t count = 0;

		while (count < BATCH_MAX && range.first <= range.last)
			entries[count++] = entry_at(node, range.first++);
		for (size_t i = 0; i < count; i++)
			show_model(node, &entries[i]);
		show(node, node->guest, entries, count);
		for (size_t i = 0; i < count; i++)
			raft_payload_release(&entries[i].payload);
		look(node, "applied entries", range.first - 1);
	}
}

/* -------------------------------------------------------------- snapshots */

/** What a guest writes. */
struct written {
	uint8_t *bytes;
	size_t length;
	size_t room;
};

static void
put(void *to, const void *bytes, size_t length)
{
	struct written *written = to;

	written->bytes = sim_grow(written->bytes, &written->room,
				  written->length + length, 1);
	if (length > 0)
		memcpy(&written->bytes[written->length], bytes, length);
	written->length += length;
}

struct sim_bytes *
sim_guest_write(struct sim_node *node)
{
	struct written written = {0};
	struct sim_bytes *bytes;

	if (node->guest != NULL) {
		node->sim->options.machine->write(node->guest, put, &written);
		look(node, "wrote a snapshot", node->machine.applied);
	}
	bytes = sim_bytes_new(SIM_MACHINE_BYTES + written.length);
	if (written.length > 0)
		memcpy(&bytes->data[SIM_MACHINE_BYTES], written.bytes,
		       written.length);
	free(written.bytes);
	return bytes;
}

void
sim_guest_load(struct sim_node *node, const struct sim_snapshot *snapshot)
{
	struct raft_sim *sim = node->sim;

	if (node->guest == NULL)
		return;
	if (!sim->options.machine->load(node->guest,
					&snapshot->bytes[SIM_MACHINE_BYTES],
					snapshot->size - SIM_MACHINE_BYTES))
		sim_accuse(&sim->verdict, "machine",
			   "n%u does not take a snapshot for one",
			   node->number);
	look(node, "loaded a snapshot", snapshot->last.index);
}

/* ------------------------------------------------------------ what is told */

void
sim_guest_told(struct sim_node *node, const struct raft_duties *duties)
{
	const struct raft_node_machine *functions;

	if (node->guest == NULL)
		return;
	functions = node->sim->options.machine->functions;
	for (size_t i = 0;
	     functions->outcome != NULL && i < duties->outcome_count; i++)
		functions->outcome(node->guest, &duties->outcomes[i]);
	for (size_t i = 0; functions->event != NULL && i < duties->event_count;
	     i++)
		functions->event(node->guest, &duties->events[i]);
}

void
sim_guest_read(struct sim_node *node, uint64_t name, uint64_t index)
{
	const struct raft_read read = {.read = name, .index = index};

	if (node->guest != NULL &&
	    node->sim->options.machine->functions->read != NULL)
		node->sim->options.machine->functions->read(node->guest, &read);
}

uint64_t
raft_sim_digest(uint64_t before, const void *bytes, size_t length)
{
	const uint8_t *data = bytes;
	uint64_t digest = sim_mix(before ^ length);

	for (size_t i = 0; i < length; i++)
		digest = (digest ^ data[i]) * UINT64_C(0x100000001b3);
	return sim_mix(digest);
}
