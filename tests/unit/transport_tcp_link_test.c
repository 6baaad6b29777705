/*
 * A link by itself, without sockets: its time, its hello, and where it reads what
 * comes.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/transport_tcp_site.h"

#include "assists/transport_tcp/hello.h"
#include "assists/transport_tcp/link.h"

static struct raft_link
make_link(struct raft_link_rules *rules, bool is_open)
{
	struct raft_link link;

	*rules = (struct raft_link_rules){ .self = { 1, 101 },
					   .hello_us = 1000,
					   .stall_us = 4000 };
	raft__link_begin(&link, rules, 0, NULL, 10000);
	link.open = is_open;
	return link;
}

static void
a_link_has_its_time_to_the_microsecond(void **state)
{
	struct raft_link_rules rules;
	struct raft_link link = make_link(&rules, false);

	(void)state;
	assert_int_equal(raft__link_watch(&link, 11000), RAFT_LINK_OK);
	assert_false(link.beat_owed);
	assert_int_equal(raft__link_watch(&link, 11001), RAFT_LINK_HELLO_LATE);
	link = make_link(&rules, true);
	for (uint64_t now = 12000; now <= 14000; now += 2000) {
		link.beat_owed = false;
		assert_int_equal(raft__link_watch(&link, now), RAFT_LINK_OK);
		assert_true(link.beat_owed);
	}
	assert_int_equal(raft__link_watch(&link, 14001), RAFT_LINK_STALLED);
	/* Whoever slept for more than half of it has not listened. */
	link = make_link(&rules, true);
	assert_int_equal(raft__link_watch(&link, 12500), RAFT_LINK_OK);
	assert_int_equal(link.heard_at, 12500);
	assert_int_equal(raft__link_watch(&link, 14500), RAFT_LINK_OK);
	assert_int_equal(link.heard_at, 12500);
	assert_int_equal(raft__link_watch(&link, 16500), RAFT_LINK_OK);
	assert_int_equal(raft__link_watch(&link, 16501), RAFT_LINK_STALLED);
}

static enum raft_link_counter
say_welcome(struct raft_link *link)
{
	(void)link;
	return RAFT_LINK_OK;
}

/* What comes of it, and what is answered. */
static void
assert_hello(struct raft_hello said, bool dialed, enum raft_link_counter why,
	     uint32_t verdict, const char *reason)
{
	struct raft_queue queue = { .bytes_max = 0 };
	struct raft_link_rules rules;
	struct raft_link link = make_link(&rules, false);
	struct raft_hello answer;
	struct raft_span span;

	rules.welcome = say_welcome;
	if (dialed)
		raft__link_begin(&link, &rules, 2, &queue, 10000);
	span = raft__link_room(&link);
	assert_int_equal(span.length, RAFT_LINK_HELLO_BYTES);
	raft__hello_encode(&said, span.base);
	assert_int_equal(raft__link_received(&link, span.length, 10001), why);
	assert_int_equal(link.open, why == RAFT_LINK_OK);
	assert_int_equal(link.takes_notes, said.features == RAFT_HELLO_NOTES);
	assert_int_equal(link.peer.id,
			 dialed && why != RAFT_LINK_OK ? 2 : said.from.id);
	assert_int_equal(raft__link_output(&link, &span, 1), 1);
	assert_true(raft__hello_decode(span.base, &answer));
	assert_int_equal(answer.verdict, verdict);
	assert_int_equal(answer.to, link.peer.id);
	if (strstr(link.reason, reason) == NULL ||
	    (*reason == '\0') != (*link.reason == '\0'))
		fail_msg("\"%s\" is not \"%s\"", link.reason, reason);
}

static void
a_hello_is_answered_with_what_is_wrong_with_it(void **state)
{
	const struct raft_hello fair = { .version = RAFT_WIRE_VERSION,
					 .verdict = RAFT_HELLO_WELCOME,
					 .from = { 2, 102 },
					 .to = 1,
					 .features = RAFT_HELLO_NOTES };
	struct raft_hello said = fair;

	(void)state;
	for (int dialed = 0; dialed < 2; dialed++)
		assert_hello(fair, dialed, RAFT_LINK_OK, RAFT_HELLO_WELCOME,
			     "");
	said.features = 0;
	assert_hello(said, false, RAFT_LINK_OK, RAFT_HELLO_WELCOME, "");
	said.from.id = 0;
	assert_hello(said, false, RAFT_LINK_HELLO_STRANGER, RAFT_HELLO_STRANGER,
		     "it says that it is server 0");
	said.from.id = 3;
	assert_hello(said, true, RAFT_LINK_HELLO_STRANGER, RAFT_HELLO_WELCOME,
		     "it says that it is server 3");
	/* One that dials and refuses at once; and for a reason yet to come. */
	said = fair;
	said.verdict = RAFT_HELLO_CLUSTER;
	assert_hello(said, false, RAFT_LINK_HELLO_REFUSED, RAFT_HELLO_STRANGER,
		     "it says of us: ");
	said.verdict = RAFT_HELLO_IMPOSTOR;
	assert_hello(said, true, RAFT_LINK_HELLO_REFUSED, RAFT_HELLO_WELCOME,
		     "it says of us: ");
	for (said.verdict++; said.verdict < 100; said.verdict++)
		assert_hello(said, true, RAFT_LINK_HELLO_REFUSED,
			     RAFT_HELLO_WELCOME, "");
}

/* Each byte of it is looked at, and what says nothing true is not answered for. */
static void
what_is_no_hello_is_alien(void **state)
{
	const struct raft_hello fair = { .version = RAFT_WIRE_VERSION,
					 .verdict = RAFT_HELLO_WELCOME,
					 .from = { 2, 102 },
					 .to = 1 };

	(void)state;
	for (size_t i = 0; i < RAFT_LINK_HELLO_BYTES; i++) {
		struct raft_link_rules rules;
		struct raft_link link = make_link(&rules, false);
		struct raft_span span = raft__link_room(&link);

		rules.welcome = say_welcome;
		raft__hello_encode(&fair, span.base);
		((uint8_t *)span.base)[i] ^= 1;
		assert_int_equal(raft__link_received(&link, span.length, 10001),
				 RAFT_LINK_HELLO_ALIEN);
		assert_false(link.open);
		assert_int_equal(link.peer.id, 0);
	}
}

/* So many beats, which leave nothing behind. */
static void
hear_beats(struct raft_link *link, size_t count)
{
	struct raft_span room = raft__link_room(link);

	assert_true(room.length >= 16 * count);
	for (size_t i = 0; i < count; i++)
		memcpy(room.base + 16 * i, "OUTRLINK's beat", 16);
	assert_int_equal(raft__link_received(link, 16 * count, 10001),
			 RAFT_LINK_OK);
}

static void
a_held_buffer_is_read_into_while_four_kilobytes_are_left(void **state)
{
	struct raft_link_rules rules;
	struct raft_link link = make_link(&rules, true);
	struct raft_buffer *held;

	(void)state;
	rules.buffers = raft__buffers_create(0);
	assert_int_equal(raft__link_room(&link).length, 64 << 10);
	held = link.input;
	held->block.references++;
	hear_beats(&link, (60 << 10) / 16);
	assert_ptr_equal(link.input, held);
	assert_int_equal(raft__link_room(&link).length, 4 << 10);
	hear_beats(&link, 1);
	assert_null(link.input);
	raft__buffer_release(held);
	/* One that nobody holds is taken anew, from its beginning. */
	hear_beats(&link, 1);
	assert_int_equal(raft__link_room(&link).length, 64 << 10);
	raft__link_end(&link);
	raft__buffers_close(rules.buffers);
}

static void
a_frame_that_just_fits_is_not_moved(void **state)
{
	struct raft_link_rules rules;
	struct raft_link link = make_link(&rules, true);
	struct raft_buffer *first;
	const size_t length = (4 << 10) - RAFT_WIRE_FRAME_BYTES;

	(void)state;
	rules.buffers = raft__buffers_create(0);
	rules.note_bytes_max = length + 1;
	for (size_t more = 0; more <= 1; more++) {
		raft__link_room(&link);
		first = link.input;
		first->block.references++;
		hear_beats(&link, (60 << 10) / 16);
		raft_wire_frame_encode_note(raft__link_room(&link).base, NULL,
					    length + more);
		assert_int_equal(
		    raft__link_received(&link, RAFT_WIRE_FRAME_BYTES, 10001),
		    RAFT_LINK_OK);
		assert_int_equal(link.input == first, more == 0);
		raft__buffer_release(first);
		raft__link_room(&link);
		assert_int_equal(
		    raft__link_received(&link, length + more, 10001),
		    RAFT_LINK_OK);
		assert_int_equal(rules.counters[RAFT_LINK_NOTES_DROPPED],
				 more + 1);
	}
	raft__link_end(&link);
	raft__buffers_close(rules.buffers);
}

/* A hello, a beat, the wish for a renewal: in this order, and once. */
static void
what_is_owed_is_said_once(void **state)
{
	struct raft_link_rules rules;
	struct raft_span spans[4];

	(void)state;
	for (unsigned owed = 0; owed < 8; owed++) {
		struct raft_link link = make_link(&rules, true);
		size_t count = 0;

		link.hello_owed = (owed & 1) != 0;
		link.beat_owed = (owed & 2) != 0;
		link.renewal_owed = (owed & 4) != 0;
		assert_int_equal(raft__link_output(&link, spans, 4),
				 (owed & 1) + (owed >> 1 & 1) + (owed >> 2));
		if ((owed & 1) != 0) {
			assert_int_equal(spans[count].length,
					 RAFT_LINK_HELLO_BYTES);
			assert_ptr_equal(spans[count++].base, link.hello_out);
		}
		if ((owed & 2) != 0) {
			assert_int_equal(spans[count].length, 16);
			assert_memory_equal(spans[count++].base,
					    "OUTRLINK's beat", 16);
		}
		if ((owed & 4) != 0) {
			assert_int_equal(spans[count].length, 16);
			assert_memory_equal(spans[count++].base,
					    "OUTRLINK renewal", 16);
		}
		assert_false(link.hello_owed || link.beat_owed ||
			     link.renewal_owed);
		assert_int_equal(raft__link_output(&link, spans, 4), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_has_its_time_to_the_microsecond),
		cmocka_unit_test(
		    a_hello_is_answered_with_what_is_wrong_with_it),
		cmocka_unit_test(what_is_no_hello_is_alien),
		cmocka_unit_test(
		    a_held_buffer_is_read_into_while_four_kilobytes_are_left),
		cmocka_unit_test(a_frame_that_just_fits_is_not_moved),
		cmocka_unit_test(what_is_owed_is_said_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
