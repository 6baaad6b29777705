/*
 * Fuzzing the hello and the frames of a link, at both of its ends: whatever
 * bytes come, in whatever pieces, it neither asserts, leaks nor takes more
 * memory than a message may have; before the hello it takes none; and what was
 * sent and not changed arrives, notes and messages each as what it is, but no message
 * from a guest.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * With -DOUTRIGGER_LIBFUZZER this is a target of libFuzzer instead.
 */
#include <stdlib.h>
#include <string.h>

#include "assists/transport_tcp/hello.h"
#include "tests/fuzz/random_message.h"
#include "tests/fuzz/rounds.h"

#define MESSAGE_BYTES_MAX ((size_t)100 << 10)
#define BYTES_MAX ((size_t)200 << 10)
/* What all notes are made of. */
#define NOTE 'n'

static const uint8_t cluster[RAFT_CLUSTER_BYTES] = "fuzzed";

/* One end of a link, server 1, and what its other end, server 2, says. */
struct end {
	struct raft_link link;
	struct raft_link_rules rules;
	struct raft_queue queue;
	bool is_host;
	size_t received;
	size_t noted;
	size_t renewed;
};

static enum raft_link_counter
welcome(struct raft_link *link)
{
	const struct end *end = link->rules->receive_context;

	must(link->peer.id != 0);
	link->is_guest = end->is_host && link->queue == NULL;
	return link->peer.id == 2 ? RAFT_LINK_OK : RAFT_LINK_HELLO_STRANGER;
}

static void
receive(void *context, const struct raft_message *message)
{
	struct end *end = context;

	must(message->from.id == 2);
	must(!end->link.is_guest);
	end->received++;
}

static void
take_note(void *context, struct raft_identity from, bool guest,
	  const void *bytes, size_t length)
{
	struct end *end = context;
	const uint8_t *at = bytes;

	must(from.id == 2);
	must(guest == end->link.is_guest);
	must(length > 0 && length <= MESSAGE_BYTES_MAX);
	must(at[0] == NOTE && at[length - 1] == NOTE);
	end->noted++;
}

static void
renew(struct raft_link *link)
{
	((struct end *)link->rules->receive_context)->renewed++;
}

static void
begin(struct end *end, bool dials, bool is_proven, bool is_host)
{
	*end = (struct end){
		.is_host = is_host,
		.rules = {
			.self = { 1, 101 },
			.message_bytes_max = MESSAGE_BYTES_MAX,
			.note_bytes_max = MESSAGE_BYTES_MAX,
			.hello_us = 1000000,
			.stall_us = 1000000,
			.buffers = raft__buffers_create(1 << 20),
			.welcome = welcome,
			.receive = receive,
			.noted = take_note,
			.receive_context = end,
			.renew = renew,
		},
	};
	memcpy(end->rules.cluster, cluster, sizeof(cluster));
	must(end->rules.buffers != NULL);
	end->queue.buffers = end->rules.buffers;
	raft__link_begin(&end->link, &end->rules, dials ? 2 : 0,
			 dials ? &end->queue : NULL, 1);
	end->link.proven_id = is_proven ? 2 : 0;
}

static void
finish(struct end *end)
{
	raft__link_end(&end->link);
	raft_wire_decoder_clear(&end->rules.decoder);
	raft__buffers_close(end->rules.buffers);
}

/* Give all these bytes, in pieces; the link asks for as many as it wants. */
static enum raft_link_counter
feed(struct end *end, struct chance *chance, const uint8_t *bytes,
     size_t length)
{
	enum raft_link_counter why = RAFT_LINK_OK;
	struct raft_span room, spans[4];
	size_t piece;

	while (length > 0 && why == RAFT_LINK_OK) {
		room = raft__link_room(&end->link);
		must(room.length > 0);
		must(end->link.open || room.length <= RAFT_LINK_HELLO_BYTES);
		must(end->link.open || end->link.input == NULL);
		piece = 1 + (size_t)chance_below(chance, room.length);
		if (piece > length)
			piece = length;
		memcpy(room.base, bytes, piece);
		why = raft__link_received(&end->link, piece, 2);
		must(end->link.input == NULL ||
		     end->link.input->size <= 4 * MESSAGE_BYTES_MAX);
		must(raft__link_output(&end->link, spans, 4) <= 4);
		raft__link_written(&end->link);
		bytes += piece;
		length -= piece;
	}
	return why;
}

static void
write_hello(uint8_t *bytes)
{
	struct raft_hello hello = {
		.version = RAFT_WIRE_VERSION,
		.from = { 2, 102 },
		.to = 1,
	};

	memcpy(hello.cluster, cluster, sizeof(cluster));
	raft__hello_encode(&hello, bytes);
}

#ifdef OUTRIGGER_LIBFUZZER

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says which end it is, whether the hello is a good one, and whether
 * it is a guest's; the second seeds the pieces. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct end end;
	uint8_t hello[RAFT_LINK_HELLO_BYTES];
	struct chance chance = { 0 };
	enum raft_link_counter why = RAFT_LINK_OK;

	if (size < 2)
		return 0;
	chance.state = data[1];
	begin(&end, data[0] & 1, data[0] & 2, data[0] & 8);
	write_hello(hello);
	if (data[0] & 4)
		why = feed(&end, &chance, hello, sizeof(hello));
	if (why == RAFT_LINK_OK)
		feed(&end, &chance, data + 2, size - 2);
	finish(&end);
	return 0;
}

#else

/* A frame of some message, from server 2 as a rule. */
static size_t
write_frame(struct chance *chance, uint8_t *bytes, size_t room)
{
	static uint8_t payload[MESSAGE_BYTES_MAX];
	struct raft_entry entry = {
		5, 3, RAFT_ENTRY_DATA, { payload, 0, NULL }
	};
	struct raft_message message = {
		.kind = RAFT_MESSAGE_APPEND,
		.from = { 2, 102 },
		.to = { 1, 101 },
		.term = 3,
		.append = { .previous = { 4, 3 },
			    .last = { 5, 3 },
			    .entries = &entry },
	};
	size_t length;

	entry.payload.length =
	    (size_t)chance_below(chance, chance_below(chance, 8) == 0
					     ? MESSAGE_BYTES_MAX - 1000
					     : 300);
	length = raft_wire_encode(&message, bytes + RAFT_WIRE_FRAME_BYTES,
				  room - RAFT_WIRE_FRAME_BYTES);
	must(length > 0);
	raft_wire_frame_encode(bytes, bytes + RAFT_WIRE_FRAME_BYTES, length);
	return length + RAFT_WIRE_FRAME_BYTES;
}

static size_t
write_note(struct chance *chance, uint8_t *bytes)
{
	size_t length =
	    1 + (size_t)chance_below(chance, chance_below(chance, 8) == 0
						 ? MESSAGE_BYTES_MAX
						 : 300);

	memset(bytes + RAFT_WIRE_FRAME_BYTES, NOTE, length);
	raft_wire_frame_encode_note(bytes, bytes + RAFT_WIRE_FRAME_BYTES,
				    length);
	return length + RAFT_WIRE_FRAME_BYTES;
}

static size_t
write_mark(uint8_t *bytes, const char *text)
{
	memcpy(bytes, text, RAFT_WIRE_FRAME_BYTES);
	return RAFT_WIRE_FRAME_BYTES;
}

struct talk {
	size_t messages;
	size_t notes;
	size_t renewals;
};

/* What a good other end would say after its hello. */
static size_t
write_talk(struct chance *chance, bool to_dialer, uint8_t *bytes,
	   struct talk *talk)
{
	size_t length = 0;

	*talk = (struct talk){ 0 };
	while (length < BYTES_MAX - MESSAGE_BYTES_MAX - 1000 &&
	       chance_below(chance, 12) != 0) {
		if (chance_below(chance, 3) == 0) {
			length += write_mark(bytes + length,
					     "OUTRLINK's beat");
		} else if (to_dialer) {
			length += write_mark(bytes + length,
					     "OUTRLINK renewal");
			talk->renewals++;
		} else if (chance_below(chance, 2) == 0) {
			length += write_note(chance, bytes + length);
			talk->notes++;
		} else {
			length += write_frame(chance, bytes + length,
					      BYTES_MAX - length);
			talk->messages++;
		}
	}
	return length;
}

/** Up to four bytes, no byte twice: what is changed stays changed. */
static void
alter(struct chance *chance, uint8_t *bytes, size_t length)
{
	uint64_t count = 1 + chance_below(chance, 4);
	size_t at = 0;

	while (at < length && count-- > 0) {
		at += chance_below(chance, length - at);
		bytes[at++] ^= (uint8_t)(1 + chance_below(chance, 255));
	}
}

static void
run_round(uint64_t seed)
{
	static uint8_t bytes[RAFT_LINK_HELLO_BYTES + BYTES_MAX];
	static struct end end;
	struct chance chance = { seed };
	bool dials = chance_below(&chance, 2) != 0;
	bool is_proven = chance_below(&chance, 2) != 0;
	bool is_host = chance_below(&chance, 2) != 0;
	uint64_t trick = chance_below(&chance, 4);
	size_t length = RAFT_LINK_HELLO_BYTES;
	struct talk talk;
	enum raft_link_counter why;

	begin(&end, dials, is_proven, is_host);
	write_hello(bytes);
	length += write_talk(&chance, dials, bytes + length, &talk);
	if (trick == 1)
		alter(&chance, bytes, RAFT_LINK_HELLO_BYTES);
	if (trick == 2)
		alter(&chance, bytes + RAFT_LINK_HELLO_BYTES,
		      length - RAFT_LINK_HELLO_BYTES);
	if (trick == 3)
		chance_fill(&chance, bytes, length);
	why = feed(&end, &chance, bytes, length);
	if (trick == 0) {
		must(why == RAFT_LINK_OK);
		must(end.received == (is_host ? 0 : talk.messages));
		must(end.noted == talk.notes);
		must(end.renewed == talk.renewals);
	}
	if (trick == 1 || trick == 3)
		must(why != RAFT_LINK_OK && end.received + end.noted == 0);
	finish(&end);
}

int
main(int argc, char **argv)
{
	rounds_run(argc, argv, "hello_fuzz", 2, run_round);
	return 0;
}

#endif
