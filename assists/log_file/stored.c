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

static size_t
count(const struct marks *marks)
{
	return marks->end - marks->first;
}

static bool
make_room(struct handed_out *out, const struct catalog *c)
{
	/* The configuration at the snapshot is none of an entry. */
	size_t configurations = count(&c->marks[MARK_CONFIGURATION]) + 1;

	out->runs = calloc(count(&c->marks[MARK_TERM]) + 1, sizeof(*out->runs));
	out->configurations =
		calloc(configurations, sizeof(*out->configurations));
	out->payloads = calloc(configurations, sizeof(*out->payloads));
	return out->runs != NULL && out->configurations != NULL &&
	       out->payloads != NULL;
}

/* The first term may have begun before what there is, or be of nothing that there is. */
static void
add_runs(struct handed_out *out, const struct catalog *c)
{
	const struct marks *terms = &c->marks[MARK_TERM];
	uint64_t first = c->snapshot.index + 1;

	if (!raft__catalog_has(c, first))
		return;
	for (size_t i = terms->first; i < terms->end; i++) {
		const struct mark *term = &terms->list[i];

		out->runs[out->run_count++] = (struct raft_term_run){
			term->index > first ? term->index : first, term->value
		};
	}
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
	const struct marks *configurations = &c->marks[MARK_CONFIGURATION];

	raft__stored_clear(out);
	if (!make_room(out, c))
		return false;
	if (c->base.index != 0)
		out->configurations[out->configuration_count++] = c->base;
	add_runs(out, c);
	for (size_t i = configurations->first; i < configurations->end; i++)
		if (!add_configuration(out, s, configurations->list[i].index))
			return false;
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
