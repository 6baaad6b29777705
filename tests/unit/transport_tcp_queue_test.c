/*
 * In which order messages leave for a peer, and which are dropped.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/transport_tcp_site.h"

#include "assists/transport_tcp/queue.h"
#include "assists/transport_tcp/stream.h"
#include "assists/wire/wire.h"

static void
an_urgent_message_overtakes_bulk(void **state)
{
	struct raft_buffers *buffers = raft__buffers_create(0);
	struct raft_queue queue = { .buffers = buffers,
				    .message_bytes_max = 20 << 20,
				    .bytes_max = 8 << 20,
				    .frames_max = 10 };
	struct raft_message bulk = make_append(1, 1, 1 << 20);
	struct raft_message urgent = vote(1, 2, 3);
	struct raft_span spans[4];

	(void)state;
	assert_int_equal(raft__queue_push(&queue, &bulk), RAFT_LINK_OK);
	assert_int_equal(raft__queue_push(&queue, &bulk), RAFT_LINK_OK);
	assert_int_equal(raft__queue_push(&queue, &urgent), RAFT_LINK_OK);
	assert_int_equal(raft__queue_take(&queue, spans, 4), 2);
	assert_in_range(spans[0].length, 1, 1000);
	raft__queue_written(&queue);
	/* ... but not into the middle of a frame. */
	assert_true(raft__queue_is_amid_frame(&queue));
	assert_int_equal(raft__queue_push(&queue, &urgent), RAFT_LINK_OK);
	while (raft__queue_is_amid_frame(&queue)) {
		assert_in_range(raft__queue_take(&queue, spans, 4), 1, 3);
		assert_ptr_equal(spans[0].base, queue.bulk.head->bytes +
						    queue.bulk.head->begin);
		raft__queue_written(&queue);
	}
	assert_null(queue.urgent.head);
	assert_null(queue.bulk.head);
	raft__queue_clear(&queue);
	raft__buffers_close(buffers);
	free_append(&bulk);
}

static void
a_heartbeat_overtakes_only_what_it_does_not_build_upon(void **state)
{
	struct raft_buffers *buffers = raft__buffers_create(0);
	struct raft_queue queue = { .buffers = buffers,
				    .message_bytes_max = 20 << 20,
				    .bytes_max = 8 << 20,
				    .frames_max = 10 };
	struct raft_message bulk = make_append(50, 4, 100 << 10);
	struct raft_message earlier = make_append(30, 4, 100 << 10);
	struct raft_message heartbeat = vote(1, 2, 7);

	(void)state;
	heartbeat.kind = RAFT_MESSAGE_APPEND;
	assert_int_equal(raft__queue_push(&queue, &bulk), RAFT_LINK_OK);
	heartbeat.append.previous = (struct raft_entry_id){ 53, 7 };
	heartbeat.append.last = heartbeat.append.previous;
	assert_int_equal(raft__queue_push(&queue, &heartbeat), RAFT_LINK_OK);
	assert_int_equal(queue.bulk.frames, 2);
	/* A large frame is alone in its buffer, to be overtaken at its end. */
	assert_ptr_not_equal(queue.bulk.head, queue.bulk.tail);
	heartbeat.append.previous = (struct raft_entry_id){ 49, 7 };
	heartbeat.append.last = heartbeat.append.previous;
	assert_int_equal(raft__queue_push(&queue, &heartbeat), RAFT_LINK_OK);
	assert_int_equal(queue.urgent.frames, 1);
	/* Nor what was sent from an earlier entry on, since. */
	assert_int_equal(raft__queue_push(&queue, &earlier), RAFT_LINK_OK);
	assert_int_equal(raft__queue_push(&queue, &heartbeat), RAFT_LINK_OK);
	assert_int_equal(queue.bulk.frames, 4);
	raft__queue_clear(&queue);
	/* With nothing to overtake all small ones stay in order. */
	free_append(&bulk);
	bulk = make_append(50, 4, 100);
	assert_int_equal(raft__queue_push(&queue, &bulk), RAFT_LINK_OK);
	heartbeat.append.previous = (struct raft_entry_id){ 53, 7 };
	heartbeat.append.last = heartbeat.append.previous;
	assert_int_equal(raft__queue_push(&queue, &heartbeat), RAFT_LINK_OK);
	assert_int_equal(queue.urgent.frames, 2);
	raft__queue_clear(&queue);
	raft__buffers_close(buffers);
	free_append(&bulk);
	free_append(&earlier);
}

static struct raft_message
make_part(const struct raft_snapshot_content *content, uint64_t offset)
{
	struct raft_message part = vote(1, 2, 7);

	part.kind = RAFT_MESSAGE_SNAPSHOT;
	part.snapshot = (struct raft_snapshot_message){
		.snapshot = { 50, 6 }, .size = 1 << 30,
		.offset = offset, .content = content };
	return part;
}

static void
parts_of_a_snapshot_are_bulk_and_stay_in_order(void **state)
{
	struct raft_buffers *buffers = raft__buffers_create(0);
	struct raft_queue queue = { .buffers = buffers,
				    .message_bytes_max = 20 << 20,
				    .bytes_max = 1 << 20,
				    .frames_max = 10 };
	static uint8_t bytes[64 << 10];
	const struct raft_snapshot_content some = {
		.part = { bytes, sizeof(bytes), NULL } };
	const struct raft_snapshot_content none = { .part.length = 0 };
	struct raft_message part = make_part(&some, 0);
	struct raft_message heartbeat = make_part(&none, sizeof(bytes));
	struct raft_message append = vote(1, 2, 7);
	struct raft_span spans[4];

	(void)state;
	assert_int_equal(raft__queue_push(&queue, &part), RAFT_LINK_OK);
	assert_int_equal(queue.bulk.frames, 1);
	assert_int_equal(raft__queue_push(&queue, &heartbeat), RAFT_LINK_OK);
	assert_int_equal(queue.bulk.frames, 2);
	/* An append's heartbeat names no entry that waits here. */
	append.kind = RAFT_MESSAGE_APPEND;
	append.append.previous = (struct raft_entry_id){ 53, 7 };
	append.append.last = append.append.previous;
	assert_int_equal(raft__queue_push(&queue, &append), RAFT_LINK_OK);
	assert_int_equal(queue.urgent.frames, 1);
	assert_int_equal(raft__queue_take(&queue, spans, 4), 2);
	assert_in_range(spans[0].length, 1, 1000);
	raft__queue_written(&queue);
	raft__queue_clear(&queue);
	/* With nothing to overtake it goes at once. */
	assert_int_equal(raft__queue_push(&queue, &heartbeat), RAFT_LINK_OK);
	assert_int_equal(queue.urgent.frames, 1);
	while (raft__queue_push(&queue, &part) == RAFT_LINK_OK)
		;
	assert_in_range(queue.bulk.bytes, 1, 1 << 20);
	raft__queue_clear(&queue);
	raft__buffers_close(buffers);
}

static void
a_full_queue_drops_bulk_and_keeps_room_for_votes(void **state)
{
	struct raft_buffers *buffers = raft__buffers_create(0);
	struct raft_queue queue = { .buffers = buffers,
				    .message_bytes_max = 20 << 20,
				    .bytes_max = 2 << 20,
				    .frames_max = 10 };
	struct raft_message large = make_append(1, 1, 3 << 20);
	struct raft_message bulk = make_append(1, 1, 1 << 20);
	struct raft_message urgent = vote(1, 2, 3);

	(void)state;
	/* One that is above the bound by itself goes into an empty queue. */
	assert_int_equal(raft__queue_push(&queue, &large), RAFT_LINK_OK);
	assert_int_equal(raft__queue_push(&queue, &bulk),
			 RAFT_LINK_DROPPED_FULL);
	for (int i = 0; i < 20; i++)
		assert_int_equal(raft__queue_push(&queue, &urgent),
				 RAFT_LINK_OK);
	assert_int_equal(raft__queue_push(&queue, &urgent),
			 RAFT_LINK_DROPPED_FULL);
	assert_int_equal(raft__queue_clear(&queue), 21);
	raft__buffers_close(buffers);
	free_append(&large);
	free_append(&bulk);
}

/* ----------------------------------------------------------------- notes */

static void
push_notes(struct raft_queue *queue, size_t count, size_t length)
{
	uint8_t *bytes = calloc(1, length);

	assert_non_null(bytes);
	while (count-- > 0)
		assert_int_equal(raft__queue_push_note(queue, bytes, length),
				 RAFT_LINK_OK);
	free(bytes);
}

static struct raft_queue
queue_with_notes(struct raft_buffers *buffers)
{
	return (struct raft_queue){ .buffers = buffers,
				    .message_bytes_max = 20 << 20,
				    .bytes_max = 64 << 20,
				    .frames_max = 100,
				    .note_bytes_max = 1 << 20,
				    .notes_bytes_max = 64 << 20 };
}

/* From frame to frame, of which each becomes a letter: 'n'ote, 'b'ulk, or 'u'rgent.
 * The first `left` bytes are of the frame before; those that the last one lacks are
 * returned. */
static size_t
walk(const struct raft_span *span, size_t left, char *order)
{
	const uint8_t *at = span->base, *end = at + span->length;
	struct raft_wire_frame frame;
	char letter;

	while (left < (size_t)(end - at)) {
		at += left;
		assert_int_equal(raft_wire_frame_decode(at, &frame),
				 RAFT_WIRE_OK);
		letter = frame.length > 1000 ? 'b' : 'u';
		order[strlen(order)] = frame.is_note ? 'n' : letter;
		left = RAFT_WIRE_FRAME_BYTES + frame.length;
	}
	return left - (size_t)(end - at);
}

/* Write all, and tell in which order. */
static void
write_all(struct raft_queue *queue, char *order, size_t room)
{
	struct raft_span spans[4];
	size_t taken, left = 0;

	memset(order, 0, room);
	while ((taken = raft__queue_take(queue, spans, 4)) > 0) {
		for (size_t i = 0; i < taken; i++)
			left = walk(&spans[i], left, order);
		raft__queue_written(queue);
	}
	assert_int_equal(left, 0);
}

static void
notes_and_bulk_go_in_turn(void **state)
{
	struct raft_buffers *buffers = raft__buffers_create(0);
	struct raft_queue queue = queue_with_notes(buffers);
	struct raft_message bulk = make_append(1, 1, 1 << 20);
	struct raft_message urgent = vote(1, 2, 3);
	char order[64];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(raft__queue_push(&queue, &bulk), RAFT_LINK_OK);
	push_notes(&queue, 3, 700000);
	assert_int_equal(raft__queue_push(&queue, &urgent), RAFT_LINK_OK);
	write_all(&queue, order, sizeof(order));
	assert_string_equal(order, "ubnbnbnb");
	/* Small notes share a turn, and are alone when nothing else waits. */
	push_notes(&queue, 3, 100);
	for (int i = 0; i < 2; i++)
		assert_int_equal(raft__queue_push(&queue, &bulk), RAFT_LINK_OK);
	write_all(&queue, order, sizeof(order));
	assert_string_equal(order, "nnnbb");
	push_notes(&queue, 2, 700000);
	write_all(&queue, order, sizeof(order));
	assert_string_equal(order, "nn");
	raft__buffers_close(buffers);
	free_append(&bulk);
}

/* A vote that comes while a note is being written is next. */
static void
an_urgent_message_overtakes_notes(void **state)
{
	struct raft_buffers *buffers = raft__buffers_create(0);
	struct raft_queue queue = queue_with_notes(buffers);
	struct raft_message urgent = vote(1, 2, 3);
	struct raft_span spans[4];
	char order[16];

	(void)state;
	push_notes(&queue, 2, 1 << 20);
	assert_int_equal(raft__queue_take(&queue, spans, 4), 1);
	assert_int_equal(raft__queue_push(&queue, &urgent), RAFT_LINK_OK);
	raft__queue_written(&queue);
	assert_true(raft__queue_is_amid_frame(&queue));
	while (raft__queue_is_amid_frame(&queue)) {
		assert_in_range(raft__queue_take(&queue, spans, 4), 1, 3);
		assert_ptr_equal(spans[0].base, queue.notes.head->bytes +
						    queue.notes.head->begin);
		raft__queue_written(&queue);
	}
	assert_null(queue.urgent.head);
	raft__queue_clear(&queue);
	/* Between small ones as well, which share a buffer that is not done. */
	push_notes(&queue, 1, 100);
	assert_int_equal(raft__queue_take(&queue, spans, 4), 1);
	push_notes(&queue, 1, 100);
	raft__queue_written(&queue);
	assert_false(raft__queue_is_amid_frame(&queue));
	assert_int_equal(raft__queue_push(&queue, &urgent), RAFT_LINK_OK);
	write_all(&queue, order, sizeof(order));
	assert_string_equal(order, "un");
	raft__buffers_close(buffers);
}

static void
notes_have_room_of_their_own_and_no_more(void **state)
{
	struct raft_buffers *buffers = raft__buffers_create(0);
	struct raft_queue queue = queue_with_notes(buffers);
	struct raft_message bulk = make_append(1, 1, 1 << 20);
	uint8_t note[101] = { 0 };

	(void)state;
	queue.note_bytes_max = 100;
	queue.notes_bytes_max = 2 * (100 + RAFT_WIRE_FRAME_BYTES) - 1;
	queue.frames_max = 1;
	assert_int_equal(raft__queue_push_note(&queue, note, 0),
			 RAFT_LINK_DROPPED_TOO_LARGE);
	assert_int_equal(raft__queue_push_note(&queue, note, 101),
			 RAFT_LINK_DROPPED_TOO_LARGE);
	push_notes(&queue, 1, 100);
	assert_int_equal(raft__queue_push_note(&queue, note, 100),
			 RAFT_LINK_DROPPED_FULL);
	queue.notes_bytes_max++;
	push_notes(&queue, 1, 100);
	assert_int_equal(raft__queue_push_note(&queue, note, 1),
			 RAFT_LINK_DROPPED_FULL);
	/* They take nothing from the others, nor these from them. */
	assert_int_equal(raft__queue_push(&queue, &bulk), RAFT_LINK_OK);
	assert_int_equal(raft__queue_push(&queue, &bulk),
			 RAFT_LINK_DROPPED_FULL);
	assert_int_equal(raft__queue_clear(&queue), 3);
	queue.notes_bytes_max = 1;
	push_notes(&queue, 1, 100);
	assert_int_equal(raft__queue_push_note(&queue, note, 1),
			 RAFT_LINK_DROPPED_FULL);
	assert_int_equal(raft__queue_clear(&queue), 1);
	raft__buffers_close(buffers);
	free_append(&bulk);
}

static bool
is_sealed(bool stream_seals)
{
	struct raft_buffers *buffers = raft__buffers_create(0);
	struct raft_queue queue = { .buffers = buffers,
				    .is_sealed = stream_seals,
				    .message_bytes_max = 1 << 20,
				    .bytes_max = 1 << 20,
				    .frames_max = 1 };
	struct raft_message message = vote(1, 2, 3);
	struct raft_wire_frame frame;
	struct raft_span spans[4];
	uint8_t *body;

	assert_int_equal(raft__queue_push(&queue, &message), RAFT_LINK_OK);
	assert_int_equal(raft__queue_take(&queue, spans, 4), 1);
	assert_int_equal(raft_wire_frame_decode(spans[0].base, &frame),
			 RAFT_WIRE_OK);
	body = spans[0].base + RAFT_WIRE_FRAME_BYTES;
	assert_int_equal(raft_wire_frame_check(&frame, body), RAFT_WIRE_OK);
	body[0] ^= 1;
	assert_int_equal(raft_wire_frame_check(&frame, body),
			 stream_seals ? RAFT_WIRE_OK : RAFT_WIRE_CHECKSUM);
	raft__queue_clear(&queue);
	/* A note is no exception. */
	queue.note_bytes_max = 1;
	assert_int_equal(raft__queue_push_note(&queue, "n", 1), RAFT_LINK_OK);
	assert_int_equal(raft__queue_take(&queue, spans, 4), 1);
	assert_int_equal(raft_wire_frame_decode(spans[0].base, &frame),
			 RAFT_WIRE_OK);
	assert_int_equal(frame.is_sealed, stream_seals);
	raft__queue_clear(&queue);
	raft__buffers_close(buffers);
	return frame.is_sealed;
}

static void
messages_are_summed_unless_the_stream_seals_them(void **state)
{
	(void)state;
	assert_false(is_sealed(raft__stream_plain.seals));
	assert_true(is_sealed(true));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_urgent_message_overtakes_bulk),
		cmocka_unit_test(
		    a_heartbeat_overtakes_only_what_it_does_not_build_upon),
		cmocka_unit_test(
		    parts_of_a_snapshot_are_bulk_and_stay_in_order),
		cmocka_unit_test(
		    a_full_queue_drops_bulk_and_keeps_room_for_votes),
		cmocka_unit_test(notes_and_bulk_go_in_turn),
		cmocka_unit_test(an_urgent_message_overtakes_notes),
		cmocka_unit_test(notes_have_room_of_their_own_and_no_more),
		cmocka_unit_test(
		    messages_are_summed_unless_the_stream_seals_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
