/*
 * Fuzzing the codec, and through it a core: whatever bytes come, no member
 * asserts, leaks or hangs, and what it dropped as nonsense it has counted.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A round's world is one member of a random configuration and what its peers send it:
 * messages that make sense at this moment, so that it follows, campaigns and
 * leads; the same with some bytes changed; messages drawn at random; random
 * bytes; and messages that are hostile in one way each, which it must count,
 * each in its place, and do nothing else. In some worlds memory is refused now
 * and then.
 *
 * With -DOUTRIGGER_LIBFUZZER this is a target of libFuzzer instead.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/world.h"

#define STEPS 300
/** In so many, everything hostile has fitted somewhere. */
#define WORLDS_ENOUGH 300

static void
fuzz_codec(struct chance *chance, struct raft_wire_decoder *decoder)
{
	uint8_t *exact;
	size_t length = 1 + (size_t)chance_below(chance, 400);

	exact = malloc(length);
	must(exact != NULL);
	chance_fill(chance, exact, length);
	if (length > 6 && chance_below(chance, 8) != 0) {
		exact[0] = RAFT_WIRE_VERSION;
		exact[1] = (uint8_t)random_kind(chance);
		memcpy(exact + 2, "\x38\0\x40\0", 4);
	}
	check_codec(decoder, exact, length);
	free(exact);
}

static void
propose(struct world *w)
{
	struct block *block = make_block(w);
	struct raft_payload payloads[4];
	size_t i, count = 1 + (size_t)chance_below(&w->chance, 4);

	for (i = 0; i < count; i++)
		payloads[i] = (struct raft_payload){
			block->bytes, (size_t)chance_below(&w->chance, 64),
			&block->base,
		};
	memset(block->bytes, 0, 64);
	if (raft_propose(w->raft, payloads, count, w->now, NULL) == RAFT_OK)
		must(block->base.references > 1);
	raft_payload_release(&payloads[0]);
}

static void
take_snapshot(struct world *w)
{
	uint64_t index = random_number(&w->chance, w->status.applied_index);
	uint64_t size = chance_below(&w->chance, 8) == 0
				? RAFT_SNAPSHOT_NOT_SENT
				: chance_below(&w->chance, 20 * PART_BYTES);

	must((raft_snapshot_taken(w->raft, index, size) == RAFT_OK) ==
	     (index <= w->status.applied_index));
}

static void
disturb(struct world *w)
{
	uint64_t peer = random_number(&w->chance, 2);
	struct raft_entry_id snapshot = random_entry_id(
	    &w->chance, w->status.snapshot.index, w->status.snapshot.term);

	switch (chance_below(&w->chance, 9)) {
	case 0:
		raft_peer_closed(w->raft, peer, w->now);
		break;
	case 1:
		raft_unreadable(w->raft, peer, w->now);
		break;
	case 2:
		raft_campaign(w->raft, w->now);
		break;
	case 3:
		raft_step_down(w->raft, w->now);
		break;
	case 4:
		w->now += chance_below(&w->chance, 3 * TIMEOUT_US);
		raft_expire(w->raft, w->now);
		break;
	case 5:
		take_snapshot(w);
		break;
	case 6:
		raft_snapshot_failed(w->raft, snapshot, w->now);
		break;
	case 7:
		raft_snapshot_damaged(w->raft, snapshot, w->now);
		break;
	default:
		propose(w);
	}
}

static void
step(struct world *w)
{
	struct raft_message message;
	uint64_t choice = chance_below(&w->chance, 16);

	if (choice < 7) {
		sensible_message(w, &message);
		receive_encoded(w, &message, choice == 0);
	} else if (choice < 11) {
		strange_message(w, &message);
		receive_encoded(w, &message, choice == 7 ? 3 : 0);
	} else if (choice < 13) {
		disturb(w);
	} else if (choice < 14) {
		fuzz_codec(&w->chance, &w->decoder);
	} else if (!w->status.stopped) {
		be_hostile(w);
	}
	w->now += chance_below(&w->chance, 50);
	raft_expire(w->raft, w->now);
	check_status(w);
	if (chance_below(&w->chance, 3) != 0)
		take_duties(w);
	check_status(w);
}

#ifdef OUTRIGGER_LIBFUZZER

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first eight bytes seed a world, the ninth says how far it goes before the
 * rest comes as one message, readdressed, so that it gets past the first
 * gate. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world w;
	struct raft_message message;
	uint64_t seed;
	int steps;

	if (size < 9 || size - 9 > BYTES_MAX)
		return 0;
	memcpy(&seed, data, sizeof(seed));
	start_world(&w, seed);
	for (steps = data[8]; steps > 0; steps--)
		step(&w);
	check_codec(&w.decoder, data + 9, size - 9);
	if (raft_wire_decode(&w.decoder, data + 9, size - 9, NULL, &message) ==
	    RAFT_WIRE_OK) {
		message.from = some_peer(&w);
		message.to = w.self;
		raft_receive(w.raft, &message, w.now);
		check_status(&w);
		take_duties(&w);
	}
	end_world(&w);
	return 0;
}

#else

static void
run_world(uint64_t seed)
{
	static struct world w;
	int i;

	start_world(&w, seed);
	for (i = 0; i < STEPS; i++)
		step(&w);
	contradict(&w);
	end_world(&w);
}

int
main(int argc, char **argv)
{
	if (rounds_run(argc, argv, "wire_fuzz", 2, run_world) >= WORLDS_ENOUGH)
		check_hostilities_tried();
	return 0;
}

#endif
