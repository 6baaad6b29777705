/*
 * An image of a log.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "assists/sim/log.h"
#include "assists/sim/memory.h"
#include "assists/sim/random.h"

uint64_t
sim_chain(uint64_t before, uint64_t term, enum raft_entry_kind kind,
	  const struct raft_payload *payload)
{
	const uint8_t *bytes = payload->data;
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ before;

	/* FNV-1a over the payload; the rest is mixed in. */
	for (size_t i = 0; i < payload->length; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	hash = sim_mix(hash ^ payload->length);
	hash = sim_mix(hash ^ term);
	hash = sim_mix(hash + (uint64_t)kind);
	return hash <= 1 ? 2 : hash;
}

void
sim_log_truncate(struct sim_log *log, uint64_t from)
{
	if (from == 0)
		return;
	while (log->count >= from)
		raft_payload_release(&log->entries[--log->count].payload);
}

void
sim_log_append(struct sim_log *log, uint64_t term, enum raft_entry_kind kind,
	       const struct raft_payload *payload)
{
	struct sim_log_entry *entry;

	log->entries = sim_grow(log->entries, &log->room, log->count + 1,
				sizeof(*entry));
	entry = &log->entries[log->count];
	*entry = (struct sim_log_entry){
		.term = term,
		.kind = kind,
		.payload = *payload,
		.chain = sim_chain(sim_log_chain(log, log->count), term, kind,
				   payload),
		.writes = sim_log_writes(log, log->count) +
			  (kind == RAFT_ENTRY_DATA),
	};
	raft_payload_hold(payload);
	log->count++;
}

bool
sim_log_save(struct sim_log *log, const struct raft_save *save)
{
	log->term = save->term;
	log->vote = save->vote;
	sim_log_truncate(log, save->truncate_from);
	for (size_t i = 0; i < save->entry_count; i++) {
		const struct raft_entry *entry = &save->entries[i];

		if (entry->index != log->count + 1)
			return false;
		sim_log_append(log, entry->term, entry->kind, &entry->payload);
	}
	return true;
}

void
sim_log_copy(struct sim_log *log, const struct sim_log *model)
{
	sim_log_truncate(log, 1);
	log->term = model->term;
	log->vote = model->vote;
	for (size_t i = 0; i < model->count; i++) {
		const struct sim_log_entry *entry = &model->entries[i];

		sim_log_append(log, entry->term, entry->kind, &entry->payload);
	}
}

void
sim_log_clear(struct sim_log *log)
{
	sim_log_truncate(log, 1);
	free(log->entries);
	*log = (struct sim_log){0};
}

const struct sim_log_entry *
sim_log_at(const struct sim_log *log, uint64_t index)
{
	if (index == 0 || index > log->count)
		return NULL;
	return &log->entries[index - 1];
}

uint64_t
sim_log_chain(const struct sim_log *log, uint64_t index)
{
	if (index == 0)
		return 0;
	return index > log->count ? 1 : log->entries[index - 1].chain;
}

uint64_t
sim_log_writes(const struct sim_log *log, uint64_t index)
{
	if (index > log->count)
		index = log->count;
	return index == 0 ? 0 : log->entries[index - 1].writes;
}
