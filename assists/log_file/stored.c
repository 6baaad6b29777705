/*
 * What a log holds: collected when asked, since it is asked once a start.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/log_file/stored.h"

#include <stdlib.h>

void
raft__stored_clear(struct handed_out *out)
{
	for (size_t i = 0; i < out->configuration_count; i++)
		raft_payload_release(&out->payloads[i]);
	free(out->runs);
	free(out->configurations);
	free(out->payloads);
	*out = (struct handed_out){0};
}

/* Count first, so that each array is allocated once. */
static bool
make_room(struct handed_out *out, const struct catalog *c)
{
	size_t configurations = 1;
	size_t runs = 1;
	uint64_t term = 0;

	for (uint64_t i = c->snapshot.index + 1; i <= c->last_index; i++) {
		const struct catalog_entry *e = raft__catalog_entry(c, i);

		runs += e->term != term;
		configurations += e->kind == RAFT_ENTRY_CONFIGURATION;
		term = e->term;
	}
	out->runs = calloc(runs, sizeof(*out->runs));
	out->configurations =
		calloc(configurations, sizeof(*out->configurations));
	out->payloads = calloc(configurations, sizeof(*out->payloads));
	return out->runs != NULL && out->configurations != NULL &&
	       out->payloads != NULL;
}

static void
add_run(struct handed_out *out, uint64_t index, uint64_t term)
{
	if (out->run_count > 0 && out->runs[out->run_count - 1].term == term)
		return;
	out->runs[out->run_count++] = (struct raft_term_run){index, term};
}

static bool
add_configuration(struct handed_out *out, struct store *s, uint64_t index)
{
	size_t n = out->configuration_count;
	struct raft_entry entry;

	if (!raft__store_read(s, index, &entry))
		return false;
	out->payloads[n] = entry.payload;
	out->configurations[n] = (struct raft_stored_configuration){
		.index = index,
		.bytes = entry.payload.data,
		.length = entry.payload.length,
	};
	out->configuration_count++;
	return true;
}

bool
raft__stored_collect(struct handed_out *out, struct store *s,
		     struct raft_stored *stored)
{
	const struct catalog *c = &s->catalog;

	raft__stored_clear(out);
	if (!make_room(out, c))
		return false;
	if (c->base.index != 0)
		out->configurations[out->configuration_count++] = c->base;
	for (uint64_t i = c->snapshot.index + 1; i <= c->last_index; i++) {
		const struct catalog_entry *e = raft__catalog_entry(c, i);

		add_run(out, i, e->term);
		if (e->kind == RAFT_ENTRY_CONFIGURATION &&
		    !add_configuration(out, s, i))
			return false;
	}
	*stored = (struct raft_stored){
		.term = c->term,
		.vote = c->vote,
		.snapshot = c->snapshot,
		.runs = out->runs,
		.run_count = out->run_count,
		.last_index = c->last_index,
		.configurations = out->configurations,
		.configuration_count = out->configuration_count,
	};
	return true;
}
