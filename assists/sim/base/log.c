/*
 * An image of a log.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "assists/sim/base/log.h"
#include "assists/sim/base/memory.h"
#include "assists/sim/base/random.h"

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

uint64_t
sim_log_last(const struct sim_log *log)
{
	return log->base.last.index + log->count;
}

void
sim_log_truncate(struct sim_log *log, uint64_t from)
{
	if (from == 0)
		return;
	while (log->count > 0 && sim_log_last(log) >= from)
		raft_payload_release(&log->entries[--log->count].payload);
}

void
sim_log_append(struct sim_log *log, uint64_t term, enum raft_entry_kind kind,
	       const struct raft_payload *payload)
{
	uint64_t last = sim_log_last(log);
	struct sim_log_entry *entry;

	log->entries = sim_grow(log->entries, &log->room, log->count + 1,
				sizeof(*entry));
	entry = &log->entries[log->count];
	*entry = (struct sim_log_entry){
		.term = term,
		.kind = kind,
		.payload = *payload,
		.chain =
		    sim_chain(sim_log_chain(log, last), term, kind, payload),
		.writes = sim_log_writes(log, last) + (kind == RAFT_ENTRY_DATA),
		.bytes = sim_log_bytes(log, last) + payload->length,
	};
	raft_payload_hold(payload);
	log->count++;
}

static void
rebase(struct sim_log *log, const struct sim_log_base *base)
{
	struct raft_payload before = log->base.configuration;

	raft_payload_hold(&base->configuration);
	log->base = *base;
	raft_payload_release(&before);
}

void
sim_log_reset(struct sim_log *log, const struct sim_log_base *base)
{
	sim_log_truncate(log, 1);
	rebase(log, base);
}

void
sim_log_compact(struct sim_log *log, uint64_t index)
{
	const struct sim_log_entry *last = sim_log_at(log, index);
	struct sim_log_base base = log->base;
	size_t dropped = index - log->base.last.index;

	if (last == NULL)
		return;
	base.last = (struct raft_entry_id){index, last->term};
	base.chain = last->chain;
	base.writes = last->writes;
	base.bytes = last->bytes;
	for (size_t i = 0; i < dropped; i++)
		if (log->entries[i].kind == RAFT_ENTRY_CONFIGURATION) {
			base.configuration_index = log->base.last.index + 1 + i;
			base.configuration = log->entries[i].payload;
		}
	rebase(log, &base);
	for (size_t i = 0; i < dropped; i++)
		raft_payload_release(&log->entries[i].payload);
	log->count -= dropped;
	memmove(log->entries, &log->entries[dropped],
		log->count * sizeof(*log->entries));
}

bool
sim_log_save(struct sim_log *log, const struct raft_save *save)
{
	log->term = save->term;
	log->vote = save->vote;
	sim_log_truncate(log, save->truncate_from);
	for (size_t i = 0; i < save->entry_count; i++) {
		const struct raft_entry *entry = &save->entries[i];

		if (entry->index != sim_log_last(log) + 1)
			return false;
		sim_log_append(log, entry->term, entry->kind, &entry->payload);
	}
	return true;
}

void
sim_log_copy(struct sim_log *log, const struct sim_log *model)
{
	sim_log_reset(log, &model->base);
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
	raft_payload_release(&log->base.configuration);
	free(log->entries);
	*log = (struct sim_log){0};
}

const struct sim_log_entry *
sim_log_at(const struct sim_log *log, uint64_t index)
{
	if (index <= log->base.last.index || index > sim_log_last(log))
		return NULL;
	return &log->entries[index - log->base.last.index - 1];
}

uint64_t
sim_log_chain(const struct sim_log *log, uint64_t index)
{
	const struct sim_log_entry *entry = sim_log_at(log, index);

	if (index == log->base.last.index)
		return log->base.chain;
	if (index == 0)
		return 0;
	return entry == NULL ? 1 : entry->chain;
}

bool
sim_log_covers(const struct sim_log *log, uint64_t index, uint64_t chain)
{
	return index < log->base.last.index ||
	       sim_log_chain(log, index) == chain;
}

/** The newest up to there; NULL: there is none, or it is before the log begins. */
static const struct sim_log_entry *
newest_up_to(const struct sim_log *log, uint64_t index)
{
	uint64_t last = sim_log_last(log);

	return sim_log_at(log, index < last ? index : last);
}

uint64_t
sim_log_writes(const struct sim_log *log, uint64_t index)
{
	const struct sim_log_entry *entry = newest_up_to(log, index);

	if (index == 0)
		return 0;
	return entry == NULL ? log->base.writes : entry->writes;
}

uint64_t
sim_log_bytes(const struct sim_log *log, uint64_t index)
{
	const struct sim_log_entry *entry = newest_up_to(log, index);

	return entry == NULL ? log->base.bytes : entry->bytes;
}
