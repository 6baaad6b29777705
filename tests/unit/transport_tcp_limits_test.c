/*
 * Where the limits of the transport lie, to the byte, and what is said beyond.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/transport_tcp_site.h"

#include "assists/transport_tcp/hello.h"
#include "assists/transport_tcp/queue.h"
#include "assists/transport_tcp/transport.h"
#include "assists/wire/wire.h"

/** What comes of a transport with one of its options changed. */
#define CREATED(change)                                                        \
	({                                                                     \
		struct raft_tcp_options options = site_options(&site, 1);      \
		options.change;                                                \
		create(&loop, &options);                                       \
	})

static int
create(uv_loop_t *loop, const struct raft_tcp_options *options)
{
	struct raft_tcp *tcp;
	int error = raft_tcp_create(loop, options, &tcp);

	assert_true((error == 0) == (tcp != NULL));
	if (error == 0)
		raft_tcp_close(tcp, NULL, NULL);
	uv_run(loop, UV_RUN_NOWAIT);
	return error;
}

static void
options_beyond_their_limits_are_refused(void **state)
{
	struct site site = { 0 };
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	assert_int_equal(CREATED(self.id = 0), UV_EINVAL);
	assert_int_equal(CREATED(self.incarnation = 0), UV_EINVAL);
	assert_int_equal(CREATED(host = NULL), UV_EINVAL);
	assert_int_equal(CREATED(receive = NULL), UV_EINVAL);
	assert_int_equal(CREATED(message_bytes_max = RAFT_WIRE_BYTES_MAX), 0);
	assert_int_equal(CREATED(message_bytes_max = RAFT_WIRE_BYTES_MAX + 1),
			 UV_EINVAL);
	assert_int_equal(CREATED(note_bytes_max = RAFT_WIRE_BYTES_MAX), 0);
	assert_int_equal(CREATED(note_bytes_max = RAFT_WIRE_BYTES_MAX + 1),
			 UV_EINVAL);
	assert_int_equal(CREATED(unsent_bytes_max = 1u << 30), 0);
	assert_int_equal(CREATED(unsent_bytes_max = (1u << 30) + 1), UV_EINVAL);
	assert_int_equal(CREATED(hello_us = 4000), 0);
	assert_int_equal(CREATED(hello_us = 3999), UV_EINVAL);
	assert_int_equal(CREATED(stall_us = 4000), 0);
	assert_int_equal(CREATED(stall_us = 3999), UV_EINVAL);
	assert_int_equal(CREATED(redial_us_min = 100000), 0);
	assert_int_equal(CREATED(redial_us_min = 100001), UV_EINVAL);
	assert_int_equal(CREATED(redial_us_max = UINT32_MAX), 0);
	assert_int_equal(CREATED(redial_us_max = (uint64_t)UINT32_MAX + 1),
			 UV_EINVAL);
	close_loop(&loop);
}

/* As transport_tcp.h says. */
static void
options_that_are_0_have_their_defaults(void **state)
{
	struct raft_tcp_options options = { .self = { 1, 101 },
					    .host = "127.0.0.1",
					    .receive = receive };
	const struct raft_tcp_options *used;
	struct site site = { 0 };
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_site(&site, &loop, &options);
	used = &site.tcp->options;
	assert_int_equal(used->message_bytes_max, 20 << 20);
	assert_int_equal(used->queue_bytes_max, 64 << 20);
	assert_int_equal(used->queue_messages_max, 4096);
	assert_int_equal(used->note_bytes_max, 1 << 20);
	assert_int_equal(used->note_queue_bytes_max, 16 << 20);
	assert_int_equal(used->guests_max, 16);
	assert_int_equal(used->unsent_bytes_max, 128 << 10);
	assert_int_equal(used->half_open_max, 64);
	assert_int_equal(used->half_open_host_max, 16);
	assert_int_equal(used->arrivals_max, 128);
	assert_int_equal(used->arrivals_host_max, 32);
	assert_int_equal(used->hello_us, 2000000);
	assert_int_equal(used->stall_us, 10000000);
	assert_int_equal(used->redial_us_min, 10000);
	assert_int_equal(used->redial_us_max, 1000000);
	/* A quarter of the shorter. */
	assert_int_equal(uv_timer_get_repeat(&site.tcp->watch), 500);
	close_site(&site);
	options.hello_us = 4000000;
	options.stall_us = 1000000;
	open_site(&site, &loop, &options);
	assert_int_equal(uv_timer_get_repeat(&site.tcp->watch), 250);
	close_site(&site);
	close_loop(&loop);
}

static void
a_peer_has_an_id_of_its_own_and_a_host(void **state)
{
	struct site site = { 0 };
	struct raft_tcp_options options = site_options(&site, 1);
	struct raft_tcp_peer peer = { 0, "127.0.0.1", 9 };
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_site(&site, &loop, &options);
	assert_int_equal(raft_tcp_peer_add(site.tcp, &peer), UV_EINVAL);
	peer.id = 1;
	assert_int_equal(raft_tcp_peer_add(site.tcp, &peer), UV_EINVAL);
	peer.id = 2;
	peer.host = NULL;
	assert_int_equal(raft_tcp_peer_add(site.tcp, &peer), UV_EINVAL);
	peer.host = "127.0.0.1";
	assert_int_equal(raft_tcp_peer_add(site.tcp, &peer), 0);
	assert_int_equal(raft_tcp_peer_add(site.tcp, &peer), UV_EEXIST);
	close_site(&site);
	close_loop(&loop);
}

static void
a_peers_status_tells_what_waits(void **state)
{
	struct site site = { 0 };
	struct raft_tcp_options options = site_options(&site, 1);
	struct raft_message urgent = vote(1, 2, 3);
	struct raft_message bulk = make_append(1, 1, 100 << 10);
	struct raft_tcp_peer_status status;
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_site(&site, &loop, &options);
	assert_false(raft_tcp_peer_status(site.tcp, 2, &status));
	introduce(&site, 2, 9);
	for (size_t i = 0; i < 3; i++)
		raft_tcp_send(site.tcp, i == 1 ? &bulk : &urgent);
	assert_int_equal(count(&site, RAFT_LINK_SENT), 3);
	assert_true(raft_tcp_peer_status(site.tcp, 2, &status));
	assert_false(status.open_out);
	assert_false(status.open_in);
	assert_int_equal(status.queue_messages, 3);
	assert_int_equal(status.queue_bytes, 3 * RAFT_WIRE_FRAME_BYTES +
						 raft_wire_bytes(&bulk) +
						 2 * raft_wire_bytes(&urgent));
	assert_int_equal(status.note_bytes, 0);
	raft_tcp_peer_remove(site.tcp, 2);
	assert_int_equal(count(&site, RAFT_LINK_DROPPED_DOWN), 3);
	assert_false(raft_tcp_peer_status(site.tcp, 2, &status));
	free_append(&bulk);
	close_site(&site);
	close_loop(&loop);
}

static struct raft_tcp_peer_status
known_of(const struct site *site, uint64_t peer)
{
	struct raft_tcp_peer_status status;

	assert_true(raft_tcp_peer_status(site->tcp, peer, &status));
	return status;
}

/* Of one that is gone it is the newest that it has said. */
static void
what_was_heard_last_is_remembered(void **state)
{
	struct raft_message old = vote(2, 1, 5), new = vote(2, 1, 77);
	struct site one = { 0 }, two = { 0 };
	struct raft_socket *out;
	struct raft_peer *peer;
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_pair(&loop, &one, &two);
	raft_tcp_send(two.tcp, &old);
	assert_true(run_until(&loop, one.received == 1, 2000));
	assert_int_equal(known_of(&one, 2).term, 5);
	raft_tcp_send(two.tcp, &new);
	assert_true(run_until(&loop, one.received == 2, 2000));
	assert_int_equal(known_of(&one, 2).term, 77);
	assert_int_equal(known_of(&two, 1).term, 0);
	/* A connection that nobody needs any more is not made anew. */
	peer = raft__peer_find(one.tcp, 2);
	out = peer->out;
	out->peer = NULL;
	one.tcp->rules.renew(&out->link);
	out->peer = peer;
	assert_null(peer->fresh);
	assert_false(peer->renews_again);
	one.tcp->rules.renew(&out->link);
	assert_non_null(peer->fresh);
	/* One by one. */
	one.tcp->rules.renew(&out->link);
	assert_true(peer->renews_again);
	close_site(&two);
	assert_true(run_until(
	    &loop, !known_of(&one, 2).open_in && !known_of(&one, 2).open_out,
	    2000));
	assert_int_equal(known_of(&one, 2).term, 77);
	assert_int_not_equal(known_of(&one, 2).silent_us, UINT64_MAX);
	close_site(&one);
	close_loop(&loop);
}

/* A program may have been compiled with the header of another version. */
static void
a_counter_out_of_range_is_zero_and_has_no_name(void **state)
{
	struct site site = { 0 };
	struct raft_tcp_options options = site_options(&site, 1);
	struct raft_message message = vote(1, 9, 1);
	enum raft_link_counter last = RAFT_LINK_COUNTER_COUNT - 1;
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_site(&site, &loop, &options);
	raft_tcp_send(site.tcp, &message);
	assert_int_equal(count(&site, RAFT_LINK_DROPPED_UNKNOWN), 1);
	assert_int_equal(count(&site, last), 0);
	assert_int_equal(count(&site, RAFT_LINK_COUNTER_COUNT), 0);
	assert_int_equal(count(&site, (enum raft_link_counter) - 1), 0);
	close_site(&site);
	close_loop(&loop);
	assert_string_equal(raft_link_counter_name(RAFT_LINK_OK), "OK");
	assert_string_equal(raft_link_counter_name(last), "NOTES_DROPPED");
	assert_string_equal(raft_link_counter_name(RAFT_LINK_COUNTER_COUNT),
			    "?");
	assert_string_equal(
	    raft_link_counter_name((enum raft_link_counter) - 1), "?");
	assert_non_null(strstr(raft_link_counter_text(last), "notes"));
	assert_string_equal(raft_link_counter_text(RAFT_LINK_COUNTER_COUNT),
			    "?");
	assert_string_equal(
	    raft_link_counter_text((enum raft_link_counter) - 1), "?");
}

/* ------------------------------------------------------------------ queue */

static struct raft_queue
make_queue(struct raft_buffers *buffers)
{
	return (struct raft_queue){ .buffers = buffers,
				    .message_bytes_max = 1 << 20,
				    .bytes_max = 1 << 20,
				    .frames_max = 3 };
}

static void
a_queue_takes_exactly_its_frames(void **state)
{
	struct raft_buffers *buffers = raft__buffers_create(0);
	struct raft_queue queue = make_queue(buffers);
	struct raft_message bulk = make_append(1, 1, 20 << 10);
	struct raft_message urgent = vote(1, 2, 3);

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(raft__queue_push(&queue, &bulk), RAFT_LINK_OK);
	assert_int_equal(raft__queue_push(&queue, &bulk),
			 RAFT_LINK_DROPPED_FULL);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(raft__queue_push(&queue, &urgent),
				 RAFT_LINK_OK);
	assert_int_equal(raft__queue_push(&queue, &urgent),
			 RAFT_LINK_DROPPED_FULL);
	assert_int_equal(queue.bulk.frames, 3);
	assert_int_equal(queue.urgent.frames, 6);
	assert_int_equal(raft__queue_clear(&queue), 9);
	raft__buffers_close(buffers);
	free_append(&bulk);
}

static void
a_queue_takes_exactly_its_bytes(void **state)
{
	struct raft_buffers *buffers = raft__buffers_create(0);
	struct raft_queue queue = make_queue(buffers);
	struct raft_message bulk = make_append(1, 1, 20 << 10);
	size_t bytes = RAFT_WIRE_FRAME_BYTES + raft_wire_bytes(&bulk);

	(void)state;
	queue.bytes_max = 2 * bytes - 1;
	assert_int_equal(raft__queue_push(&queue, &bulk), RAFT_LINK_OK);
	assert_int_equal(raft__queue_push(&queue, &bulk),
			 RAFT_LINK_DROPPED_FULL);
	queue.bytes_max = 2 * bytes;
	assert_int_equal(raft__queue_push(&queue, &bulk), RAFT_LINK_OK);
	assert_int_equal(queue.bulk.bytes, 2 * bytes);
	raft__queue_clear(&queue);
	raft__buffers_close(buffers);
	free_append(&bulk);
}

static void
a_message_has_at_most_its_bytes(void **state)
{
	struct raft_buffers *buffers = raft__buffers_create(0);
	struct raft_queue queue = make_queue(buffers);
	struct raft_message bulk = make_append(1, 1, 100);

	(void)state;
	queue.message_bytes_max = raft_wire_bytes(&bulk) - 1;
	assert_int_equal(raft__queue_push(&queue, &bulk),
			 RAFT_LINK_DROPPED_TOO_LARGE);
	queue.message_bytes_max++;
	assert_int_equal(raft__queue_push(&queue, &bulk), RAFT_LINK_OK);
	raft__queue_clear(&queue);
	raft__buffers_close(buffers);
	free_append(&bulk);
}

/* Behind what is small as long as little waits; else as bulk. */
static void
a_small_append_is_urgent_while_little_waits(void **state)
{
	struct raft_buffers *buffers = raft__buffers_create(0);
	struct raft_queue queue = make_queue(buffers);
	struct raft_message one = make_append(1, 1, 1), urgent = vote(1, 2, 3);
	struct raft_span spans[2];
	struct raft_message append = make_append(
	    1, 1,
	    (16 << 10) + 1 - RAFT_WIRE_FRAME_BYTES - raft_wire_bytes(&one));

	(void)state;
	queue.frames_max = 100;
	for (size_t i = 1; i <= 5; i++) {
		assert_int_equal(raft__queue_push(&queue, &append),
				 RAFT_LINK_OK);
		assert_int_equal(queue.urgent.bytes, i << 14);
		/* Four fill a buffer to its last byte. */
		assert_int_equal(queue.urgent.head == queue.urgent.tail,
				 i <= 4);
	}
	/* No more spans than there is room for. */
	assert_int_equal(raft__queue_take(&queue, spans, 1), 1);
	raft__queue_written(&queue);
	assert_int_equal(queue.urgent.frames, 1);
	raft__queue_clear(&queue);
	for (size_t i = 1; i <= 4; i++)
		assert_int_equal(raft__queue_push(&queue, &append),
				 RAFT_LINK_OK);
	assert_int_equal(raft__queue_push(&queue, &urgent), RAFT_LINK_OK);
	assert_int_equal(raft__queue_push(&queue, &append), RAFT_LINK_OK);
	assert_int_equal(queue.urgent.frames, 5);
	assert_int_equal(queue.bulk.frames, 1);
	raft__queue_clear(&queue);
	free_append(&append);
	append = make_append(1, 1,
			     (16 << 10) + 2 - RAFT_WIRE_FRAME_BYTES -
				 raft_wire_bytes(&one));
	assert_int_equal(raft__queue_push(&queue, &append), RAFT_LINK_OK);
	assert_int_equal(queue.bulk.frames, 1);
	raft__queue_clear(&queue);
	raft__buffers_close(buffers);
	free_append(&append);
	free_append(&one);
}

static void
a_large_frame_is_written_in_chunks(void **state)
{
	struct raft_buffers *buffers = raft__buffers_create(0);
	struct raft_queue queue = make_queue(buffers);
	struct raft_message bulk = make_append(1, 1, 600 << 10);
	struct raft_message urgent = vote(1, 2, 3);
	struct raft_span spans[4];
	size_t left = RAFT_WIRE_FRAME_BYTES + raft_wire_bytes(&bulk);

	(void)state;
	assert_int_equal(raft__queue_push(&queue, &urgent), RAFT_LINK_OK);
	assert_int_equal(raft__queue_push(&queue, &bulk), RAFT_LINK_OK);
	/* Bulk comes with what is urgent if there is room for both. */
	assert_int_equal(raft__queue_take(&queue, spans, 1), 1);
	raft__queue_written(&queue);
	for (; left > 256 << 10; left -= 256 << 10) {
		assert_int_equal(raft__queue_take(&queue, spans, 4), 1);
		assert_int_equal(spans[0].length, 256 << 10);
		raft__queue_written(&queue);
		assert_int_equal(queue.bulk.bytes, left - (256 << 10));
	}
	assert_int_equal(raft__queue_push(&queue, &urgent), RAFT_LINK_OK);
	/* The rest of it first, and what is next in the same write. */
	assert_int_equal(raft__queue_take(&queue, spans, 4), 2);
	assert_int_equal(spans[0].length, left);
	raft__queue_written(&queue);
	assert_int_equal(queue.bulk.frames, 0);
	assert_int_equal(raft__queue_take(&queue, spans, 4), 0);
	raft__queue_clear(&queue);
	raft__buffers_close(buffers);
	free_append(&bulk);
}

/* ---------------------------------------------------------------- buffers */

static void
a_buffer_has_the_next_power_of_two(void **state)
{
	static const size_t sizes[][2] = {
		{ 1, 64 << 10 },
		{ 64 << 10, 64 << 10 },
		{ (64 << 10) + 1, 128 << 10 },
		{ RAFT_WIRE_BYTES_MAX, 64 << 20 },
		{ RAFT_WIRE_BYTES_MAX + RAFT_WIRE_FRAME_BYTES, 128 << 20 },
	};
	struct raft_buffers *buffers = raft__buffers_create(0);
	struct raft_buffer *buffer;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		buffer = raft__buffers_take(buffers, sizes[i][0]);
		assert_non_null(buffer);
		assert_int_equal(buffer->size, sizes[i][1]);
		raft__buffer_release(buffer);
	}
	assert_null(raft__buffers_take(buffers, (128 << 20) + 1));
	raft__buffers_close(buffers);
	raft__buffers_close(NULL);
}

/* The sanitizer's malloc gives no memory twice so soon. */
static void
buffers_are_kept_up_to_their_limit(void **state)
{
	struct raft_buffers *buffers = raft__buffers_create(192 << 10);
	struct raft_buffer *taken[4], *large;

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 4; i++)
			taken[i] = raft__buffers_take(buffers, 1);
		for (int i = 0; i < 4; i++)
			raft__buffer_release(taken[i]);
		/* The newest of three first; the fourth was let go. */
		large = raft__buffers_take(buffers, (64 << 10) + 1);
		for (int i = 2; i >= 0; i--)
			assert_ptr_equal(raft__buffers_take(buffers, 1),
					 taken[i]);
		/* There is room for another size now. */
		raft__buffer_release(large);
		assert_ptr_equal(raft__buffers_take(buffers, 128 << 10), large);
		raft__buffer_release(taken[0]);
		raft__buffer_release(taken[1]);
		raft__buffer_release(taken[2]);
		raft__buffer_release(large);
	}
	raft__buffers_close(buffers);
}

/* ------------------------------------------------------------------ hello */

static const struct raft_hello hello = {
	.version = 0x01020304,
	.verdict = RAFT_HELLO_STRANGER,
	.cluster = "cluster a",
	.from = { 0x0102030405060708, 0x1112131415161718 },
	.to = 0x2122232425262728,
};

static void
a_hello_has_these_bytes(void **state)
{
	static const uint8_t golden[60] = {
		'O',
		'U',
		'T',
		'R',
		'L',
		'I',
		'N',
		'K',
		4,
		3,
		2,
		1,
		RAFT_HELLO_STRANGER,
		0,
		0,
		0,
		'c',
		'l',
		'u',
		's',
		't',
		'e',
		'r',
		' ',
		'a',
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		8,
		7,
		6,
		5,
		4,
		3,
		2,
		1,
		0x18,
		0x17,
		0x16,
		0x15,
		0x14,
		0x13,
		0x12,
		0x11,
		0x28,
		0x27,
		0x26,
		0x25,
		0x24,
		0x23,
		0x22,
		0x21,
	};
	uint8_t bytes[RAFT_LINK_HELLO_BYTES], again[RAFT_LINK_HELLO_BYTES];
	struct raft_hello read;

	(void)state;
	memset(bytes, 0xa5, sizeof(bytes));
	raft__hello_encode(&hello, bytes);
	assert_memory_equal(bytes, golden, sizeof(golden));
	assert_true(raft__hello_decode(bytes, &read));
	/* As memory they may differ, where no member is. */
	raft__hello_encode(&read, again);
	assert_memory_equal(again, bytes, sizeof(bytes));
}

/* What is damaged names nobody; at most it shows that the other side speaks. */
static void
a_hello_with_any_byte_changed_is_none(void **state)
{
	uint8_t bytes[RAFT_LINK_HELLO_BYTES];
	struct raft_hello read;

	(void)state;
	raft__hello_encode(&hello, bytes);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] ^= 1;
		assert_false(raft__hello_decode(bytes, &read));
		bytes[i] ^= 1;
	}
	assert_true(raft__hello_decode(bytes, &read));
}

static void
the_beginning_of_a_hello_is_known_byte_by_byte(void **state)
{
	uint8_t bytes[RAFT_LINK_HELLO_BYTES];

	(void)state;
	raft__hello_encode(&hello, bytes);
	for (size_t length = 0; length <= sizeof(bytes); length++)
		assert_true(raft__hello_begins(bytes, length));
	for (size_t i = 0; i < 8; i++) {
		bytes[i] ^= 1;
		assert_true(raft__hello_begins(bytes, i));
		assert_false(raft__hello_begins(bytes, i + 1));
		assert_false(raft__hello_begins(bytes, sizeof(bytes)));
		bytes[i] ^= 1;
	}
	/* What follows them may be of any version. */
	bytes[8] ^= 1;
	assert_true(raft__hello_begins(bytes, sizeof(bytes)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_beyond_their_limits_are_refused),
		cmocka_unit_test(options_that_are_0_have_their_defaults),
		cmocka_unit_test(a_peer_has_an_id_of_its_own_and_a_host),
		cmocka_unit_test(a_peers_status_tells_what_waits),
		cmocka_unit_test(what_was_heard_last_is_remembered),
		cmocka_unit_test(
		    a_counter_out_of_range_is_zero_and_has_no_name),
		cmocka_unit_test(a_queue_takes_exactly_its_frames),
		cmocka_unit_test(a_queue_takes_exactly_its_bytes),
		cmocka_unit_test(a_message_has_at_most_its_bytes),
		cmocka_unit_test(a_small_append_is_urgent_while_little_waits),
		cmocka_unit_test(a_large_frame_is_written_in_chunks),
		cmocka_unit_test(a_buffer_has_the_next_power_of_two),
		cmocka_unit_test(buffers_are_kept_up_to_their_limit),
		cmocka_unit_test(a_hello_has_these_bytes),
		cmocka_unit_test(a_hello_with_any_byte_changed_is_none),
		cmocka_unit_test(
		    the_beginning_of_a_hello_is_known_byte_by_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
