/*
 * Where the limits of the transport lie, to the byte, and what is said beyond.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/transport_tcp_site.h"

#include "assists/transport_tcp/hello.h"
#include "assists/transport_tcp/queue.h"
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
	assert_int_equal(count(&site, (enum raft_link_counter)-1), 0);
	close_site(&site);
	close_loop(&loop);
	assert_string_equal(raft_link_counter_name(RAFT_LINK_OK), "OK");
	assert_string_equal(raft_link_counter_name(last), "NOTES_DROPPED");
	assert_string_equal(raft_link_counter_name(RAFT_LINK_COUNTER_COUNT),
			    "?");
	assert_string_equal(raft_link_counter_name((enum raft_link_counter)-1),
			    "?");
	assert_non_null(strstr(raft_link_counter_text(last), "notes"));
	assert_string_equal(raft_link_counter_text(RAFT_LINK_COUNTER_COUNT),
			    "?");
	assert_string_equal(raft_link_counter_text((enum raft_link_counter)-1),
			    "?");
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
		'O', 'U', 'T', 'R', 'L', 'I', 'N', 'K',
		4, 3, 2, 1, RAFT_HELLO_STRANGER, 0, 0, 0,
		'c', 'l', 'u', 's', 't', 'e', 'r', ' ',
		'a', 0, 0, 0, 0, 0, 0, 0,
		8, 7, 6, 5, 4, 3, 2, 1,
		0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,
		0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21,
	};
	uint8_t bytes[RAFT_LINK_HELLO_BYTES];
	struct raft_hello read;

	(void)state;
	memset(bytes, 0xa5, sizeof(bytes));
	raft__hello_encode(&hello, bytes);
	assert_memory_equal(bytes, golden, sizeof(golden));
	assert_true(raft__hello_decode(bytes, &read));
	assert_memory_equal(&read, &hello, sizeof(hello));
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
		cmocka_unit_test(a_peer_has_an_id_of_its_own_and_a_host),
		cmocka_unit_test(
		    a_counter_out_of_range_is_zero_and_has_no_name),
		cmocka_unit_test(a_queue_takes_exactly_its_frames),
		cmocka_unit_test(a_queue_takes_exactly_its_bytes),
		cmocka_unit_test(a_message_has_at_most_its_bytes),
		cmocka_unit_test(a_hello_has_these_bytes),
		cmocka_unit_test(a_hello_with_any_byte_changed_is_none),
		cmocka_unit_test(
		    the_beginning_of_a_hello_is_known_byte_by_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
