/*
 * A node's state machine.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "assists/sim/base/log.h"
#include "assists/sim/base/machine.h"
#include "assists/sim/base/memory.h"
#include "assists/sim/base/random.h"

void
sim_machine_write(struct sim_machine *machine, uint64_t id)
{
	machine->writes++;
	machine->registers[id % SIM_REGISTERS] = id;
}

void
sim_machine_apply(struct sim_machine *machine, const struct raft_entry *entry)
{
	machine->applied = entry->index;
	machine->chain = sim_chain(machine->chain, entry->term, entry->kind,
				   &entry->payload);
	if (entry->kind == RAFT_ENTRY_DATA)
		sim_machine_write(machine, sim_payload_id(&entry->payload));
}

bool
sim_machine_equals(const struct sim_machine *one,
		   const struct sim_machine *other)
{
	return one->applied == other->applied && one->chain == other->chain &&
	       one->writes == other->writes &&
	       memcmp(one->registers, other->registers,
		      sizeof(one->registers)) == 0;
}

/* ------------------------------------------------------------- as bytes */

static void
put(uint8_t *bytes, uint64_t word)
{
	for (size_t i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(word >> 8 * i);
}

static uint64_t
get(const uint8_t *bytes)
{
	uint64_t word = 0;

	for (size_t i = 0; i < 8; i++)
		word |= (uint64_t)bytes[i] << 8 * i;
	return word;
}

/** What a writer's word at a position is mixed with. */
static uint64_t
mask(uint64_t writer, size_t position)
{
	return sim_mix(sim_mix(writer) + position);
}

void
sim_machine_encode(const struct sim_machine *machine, uint64_t writer,
		   uint8_t bytes[SIM_MACHINE_BYTES])
{
	put(&bytes[0], writer);
	put(&bytes[8], machine->applied ^ mask(writer, 0));
	put(&bytes[16], machine->chain ^ mask(writer, 1));
	put(&bytes[24], machine->writes ^ mask(writer, 2));
	for (size_t i = 0; i < SIM_REGISTERS; i++)
		put(&bytes[32 + 8 * i],
		    machine->registers[i] ^ mask(writer, 3 + i));
}

bool
sim_machine_decode(struct sim_machine *machine, const uint8_t *bytes,
		   size_t length)
{
	uint64_t writer;

	if (length < SIM_MACHINE_BYTES)
		return false;
	writer = get(&bytes[0]);
	machine->applied = get(&bytes[8]) ^ mask(writer, 0);
	machine->chain = get(&bytes[16]) ^ mask(writer, 1);
	machine->writes = get(&bytes[24]) ^ mask(writer, 2);
	for (size_t i = 0; i < SIM_REGISTERS; i++)
		machine->registers[i] =
			get(&bytes[32 + 8 * i]) ^ mask(writer, 3 + i);
	return true;
}
