/*
 * A world for fuzzing: its memory, the gate, the member's duties, start, end.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/world.h"

static void *
counted_resize(void *context, void *memory, size_t bytes)
{
	struct world *w = context;

	if (bytes == 0) {
		w->memory -= memory != NULL;
		free(memory);
		return NULL;
	}
	if (w->stingy && chance_below(&w->chance, 8) == 0)
		return NULL;
	w->memory += memory == NULL;
	return realloc(memory, bytes);
}

static void
release_block(struct raft_block *base)
{
	struct block *block = (struct block *)base;

	memset(block->bytes, 0xdd, sizeof(block->bytes));
	block->world->blocks--;
	free(block);
}

struct block *
make_block(struct world *w)
{
	struct block *block = malloc(sizeof(*block));

	must(block != NULL);
	block->base = (struct raft_block){ 1, release_block };
	block->world = w;
	w->blocks++;
	return block;
}

void
check_codec(struct raft_wire_decoder *decoder, const void *bytes,
	    size_t length)
{
	static uint8_t once[BYTES_MAX], twice[BYTES_MAX];
	struct raft_message message;
	size_t size;

	if (length > BYTES_MAX ||
	    raft_wire_decode(decoder, bytes, length, NULL, &message) !=
		    RAFT_WIRE_OK)
		return;
	size = raft_wire_encode(&message, once, sizeof(once));
	/* What an older build wrote is up to 16 bytes shorter. */
	must(size > 0 && size <= length + 16);
	must(raft_wire_decode(decoder, once, size, NULL, &message) ==
	     RAFT_WIRE_OK);
	must(raft_wire_encode(&message, twice, sizeof(twice)) == size);
	must(memcmp(once, twice, size) == 0);
}

void
receive_encoded(struct world *w, const struct raft_message *message,
		size_t changes)
{
	struct block *block = make_block(w);
	struct raft_message decoded;
	size_t at, length = raft_wire_encode(message, block->bytes, BYTES_MAX);

	must(length > 0);
	while (changes-- > 0) {
		at = (size_t)chance_below(&w->chance, length);
		block->bytes[at] = (uint8_t)chance_draw(&w->chance);
	}
	check_codec(&w->decoder, block->bytes, length);
	if (raft_wire_decode(&w->decoder, block->bytes, length, &block->base,
			     &decoded) == RAFT_WIRE_OK)
		raft_receive(w->raft, &decoded, w->now);
	raft_payload_release(&(struct raft_payload){ .owner = &block->base });
}

static struct raft_member *
member_of(struct world *w, uint64_t id)
{
	return id >= 1 && id <= w->member_count ? &w->members[id - 1] : NULL;
}

static void
take_message(struct world *w, const struct raft_message *message)
{
	must(message->from.id == w->self.id);
	must(message->kind != RAFT_MESSAGE_APPEND ||
	     message->append.last.index >= message->append.previous.index);
	if (message->kind == RAFT_MESSAGE_APPEND &&
	    member_of(w, message->to.id) != NULL)
		w->sent[message->to.id] = *message;
	if (message->kind == RAFT_MESSAGE_EXTENSION)
		w->asked = *message;
	if (message->kind == RAFT_MESSAGE_SNAPSHOT)
		w->part_sent = *message;
}

/* Stored at once, or not at all. */
static void
take_part(struct world *w, const struct raft_snapshot_part *part)
{
	if (chance_below(&w->chance, 8) == 0)
		raft_snapshot_failed(w->raft, part->snapshot, w->now);
	else
		raft_snapshot_saved(w->raft, part->snapshot,
				    part->offset + part->bytes.length, w->now);
}

/* The log: some saves are reported at once, some later, some together. */
static void
report_saves(struct world *w)
{
	if (w->token_told == w->token || chance_below(&w->chance, 3) == 0)
		return;
	w->token_told = w->token;
	raft_saved(w->raft, w->token, w->now);
}

void
take_duties(struct world *w)
{
	struct raft_duties duties;
	int rounds = 0;
	size_t i;

	while (raft_duties(w->raft, &duties)) {
		must(++rounds < 100);
		if (duties.save != NULL) {
			must(duties.save->token == w->token + 1);
			w->token = duties.save->token;
		}
		for (i = 0; i < duties.send_count; i++)
			take_message(w, &duties.send[i]);
		for (i = 0; i < duties.part_count; i++)
			take_part(w, &duties.parts[i]);
		if (duties.install.index != 0) {
			must(duties.install.index > w->shown_index);
			w->shown_index = duties.install.index;
			raft_applied(w->raft, w->shown_index);
		}
		if (duties.apply.last >= duties.apply.first) {
			must(duties.apply.first == w->shown_index + 1);
			w->shown_index = duties.apply.last;
			raft_applied(w->raft, w->shown_index);
		}
		report_saves(w);
	}
}

void
check_status(struct world *w)
{
	struct raft_status before = w->status;

	raft_status(w->raft, &w->status);
	must(w->status.term >= before.term);
	must(w->status.commit_index >= before.commit_index);
	must(w->status.last.index >= w->status.commit_index);
	must(w->status.last.term <= w->status.term);
	must((w->status.last.index == 0) == (w->status.last.term == 0));
	must(w->shown_index <= w->status.commit_index);
	must(!before.stopped || w->status.stopped);
}

static void
draw_members(struct world *w)
{
	size_t i;

	w->self = (struct raft_identity){ 1, 1 };
	w->member_count = 1 + (size_t)chance_below(&w->chance, PEERS_MAX);
	for (i = 0; i < w->member_count; i++)
		w->members[i] = (struct raft_member){
			.identity = { i + 1, 1 },
			.role = i > 0 && chance_below(&w->chance, 4) == 0
					? RAFT_MEMBER_NON_VOTING
					: RAFT_MEMBER_VOTER,
		};
}

void
start_world(struct world *w, uint64_t seed)
{
	static const struct raft_stored nothing;
	struct raft_allocator allocator = { w, counted_resize };
	struct raft_options options = {
		.seed = seed,
		.snapshot_part_bytes = PART_BYTES,
		.allocator = &allocator,
	};
	struct raft_configuration configuration;

	memset(w, 0, sizeof(*w));
	w->chance.state = seed;
	w->now = 1000000;
	draw_members(w);
	options.self = w->self;
	configuration = (struct raft_configuration){
		.election_timeout_us = TIMEOUT_US,
		.members = w->members, .member_count = w->member_count,
	};
	must(raft_start(&options, &nothing, w->now, &w->raft) == RAFT_OK);
	if (chance_below(&w->chance, 8) != 0)
		must(raft_bootstrap(w->raft, &configuration, w->now) ==
		     RAFT_OK);
	w->stingy = chance_below(&w->chance, 4) == 0;
	w->loyal = chance_below(&w->chance, 2) == 0;
	take_duties(w);
	check_status(w);
}

void
end_world(struct world *w)
{
	raft_destroy(w->raft);
	raft_wire_decoder_clear(&w->decoder);
	must(w->memory == 0);
	must(w->blocks == 0);
}
