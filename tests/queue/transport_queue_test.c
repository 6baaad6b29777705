/*
 * The transport over a message queue keeps what its header promises: what comes is what
 * was sent, of this cluster, or nothing.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bsd/stdlib.h>
#include <stdlib.h>
#include <string.h>

#include "demos/queue/transport_queue.h"

/** What was published last. */
static struct {
	uint64_t id;
	uint8_t bytes[4096];
	size_t length;
	int count;
} published;

/** What was received, its payload kept. */
static struct {
	int count;
	struct raft_message message;
	struct raft_payload kept;
	char configuration[5];
} received;

static void
publish(void *context, uint64_t id, const void *bytes, size_t length)
{
	(void)context;
	assert_true(length <= sizeof(published.bytes));
	published.id = id;
	memcpy(published.bytes, bytes, length);
	published.length = length;
	published.count++;
}

static void
receive(void *context, const struct raft_message *message)
{
	(void)context;
	raft_payload_release(&received.kept);
	received.kept = (struct raft_payload){ 0 };
	received.count++;
	received.message = *message;
	if (message->kind == RAFT_MESSAGE_APPEND)
		received.kept = message->append.entries[0].payload;
	if (message->kind == RAFT_MESSAGE_SNAPSHOT) {
		received.kept = message->snapshot.content->part;
		memcpy(received.configuration,
		       message->snapshot.content->configuration, 4);
	}
	raft_payload_hold(&received.kept);
}

static struct raft_queue *
make(const char *cluster, uint64_t id)
{
	struct raft_queue_options options = { .publish = publish };
	struct raft_queue_receiver self = { id, receive, NULL };
	struct raft_queue *hub;

	memcpy(options.cluster, cluster, 16);
	hub = raft_queue_create(&options);
	assert_non_null(hub);
	assert_true(raft_queue_add(hub, &self));
	return hub;
}

#define RED "a cluster, red.."
#define BLUE "a cluster, blue."

struct scene {
	struct raft_queue *one, *two, *blue;
};

static int
set_up(void **state)
{
	static struct scene scene;

	scene = (struct scene){ make(RED, 1), make(RED, 2), make(BLUE, 2) };
	published.count = 0;
	received.count = 0;
	*state = &scene;
	return 0;
}

static int
tear_down(void **state)
{
	struct scene *scene = *state;

	raft_payload_release(&received.kept);
	received.kept = (struct raft_payload){ 0 };
	raft_queue_destroy(scene->one);
	raft_queue_destroy(scene->two);
	raft_queue_destroy(scene->blue);
	return 0;
}

/* An append with an entry, from server 1 to server 2, is in `published`. */
static void
send_append(struct scene *scene)
{
	static const struct raft_entry entry = {
		5, 1, RAFT_ENTRY_DATA, { "five", 4, NULL }
	};
	const struct raft_message message = {
		.kind = RAFT_MESSAGE_APPEND,
		.from = { 1, 1 },
		.to = { 2, 1 },
		.term = 7,
		.append = { .previous = { 4, 1 },
			    .last = { 5, 1 },
			    .entries = &entry },
	};

	raft_queue_transport.send(scene->one, &message);
	assert_int_equal(raft_queue_pump(scene->one), 1);
}

static void
what_is_published_arrives_as_it_was(void **state)
{
	struct scene *scene = *state;

	send_append(scene);
	assert_int_equal(published.id, 2);
	assert_int_equal(received.count, 0);
	raft_queue_take(scene->two, published.bytes, published.length);
	memset(published.bytes, 0xdd, sizeof(published.bytes));
	assert_int_equal(received.count, 1);
	assert_int_equal(received.message.term, 7);
	assert_int_equal(received.message.append.last.index, 5);
	assert_int_equal(received.kept.length, 4);
	assert_memory_equal(received.kept.data, "five", 4);
	assert_int_equal(raft_queue_counters(scene->two)->delivered, 1);
}

static void
a_part_of_a_snapshot_arrives_with_its_configuration(void **state)
{
	struct scene *scene = *state;
	struct raft_snapshot_content content = {
		.configuration = "conf",
		.configuration_length = 4,
		.part = { "five", 4, NULL },
	};
	struct raft_message message = {
		.kind = RAFT_MESSAGE_SNAPSHOT,
		.from = { 1, 1 },
		.to = { 2, 1 },
		.term = 7,
		.snapshot.content = &content,
	};

	raft_queue_transport.send(scene->one, &message);
	raft_queue_pump(scene->one);
	raft_queue_take(scene->two, published.bytes, published.length);
	assert_int_equal(received.count, 1);
	assert_string_equal(received.configuration, "conf");
	assert_memory_equal(received.kept.data, "five", 4);
}

static void
who_is_here_is_not_asked_for_over_the_queue(void **state)
{
	struct scene *scene = *state;
	struct raft_queue_receiver other = { 2, receive, NULL };

	assert_true(raft_queue_add(scene->one, &other));
	send_append(scene);
	assert_int_equal(published.count, 0);
	assert_int_equal(received.count, 1);
	raft_queue_remove(scene->one, 2);
	send_append(scene);
	assert_int_equal(published.count, 1);
	assert_int_equal(received.count, 1);
}

static void
another_clusters_are_refused_and_counted(void **state)
{
	struct scene *scene = *state;

	send_append(scene);
	raft_queue_take(scene->blue, published.bytes, published.length);
	assert_int_equal(received.count, 0);
	assert_int_equal(raft_queue_counters(scene->blue)->foreign, 1);
	assert_int_equal(raft_queue_counters(scene->blue)->damaged, 0);
}

static void
what_comes_twice_is_delivered_twice(void **state)
{
	struct scene *scene = *state;

	send_append(scene);
	for (int i = 1; i <= 2; i++) {
		raft_queue_take(scene->two, published.bytes, published.length);
		assert_int_equal(received.count, i);
	}
}

static void
a_bit_that_flipped_is_noticed(void **state)
{
	struct scene *scene = *state;
	const struct raft_queue_counters *c = raft_queue_counters(scene->two);

	send_append(scene);
	for (size_t bit = 0; bit < published.length * 8; bit++) {
		uint8_t mask = (uint8_t)(1u << bit % 8);

		published.bytes[bit / 8] ^= mask;
		raft_queue_take(scene->two, published.bytes, published.length);
		published.bytes[bit / 8] ^= mask;
	}
	/* One byte of a frame's header is not read. */
	assert_int_equal(c->foreign, 16 * 8);
	assert_int_equal(c->foreign + c->damaged, published.length * 8);
	assert_int_equal(received.count, 0);
}

static void
what_is_cut_or_too_long_is_noticed(void **state)
{
	struct scene *scene = *state;
	const struct raft_queue_counters *c = raft_queue_counters(scene->two);

	send_append(scene);
	for (size_t length = 0; length < published.length; length++)
		raft_queue_take(scene->two, published.bytes, length);
	raft_queue_take(scene->two, published.bytes, published.length + 1);
	assert_int_equal(c->damaged, published.length + 1);
	assert_int_equal(received.count, 0);
}

static void
a_message_to_somebody_else_is_not_delivered(void **state)
{
	struct scene *scene = *state;

	send_append(scene);
	raft_queue_take(scene->one, published.bytes, published.length);
	assert_int_equal(received.count, 0);
	assert_int_equal(raft_queue_counters(scene->one)->damaged, 1);
}

static void
nonsense_is_counted(void **state)
{
	struct scene *scene = *state;
	uint8_t bytes[256];

	for (int i = 0; i < 10000; i++) {
		arc4random_buf(bytes, sizeof(bytes));
		memcpy(bytes, RED, 16);
		raft_queue_take(scene->two, bytes,
				arc4random_uniform(sizeof(bytes) + 1));
	}
	assert_int_equal(raft_queue_counters(scene->two)->damaged, 10000);
	assert_int_equal(received.count, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_published_arrives_as_it_was),
		TEST(a_part_of_a_snapshot_arrives_with_its_configuration),
		TEST(who_is_here_is_not_asked_for_over_the_queue),
		TEST(another_clusters_are_refused_and_counted),
		TEST(what_comes_twice_is_delivered_twice),
		TEST(a_bit_that_flipped_is_noticed),
		TEST(what_is_cut_or_too_long_is_noticed),
		TEST(a_message_to_somebody_else_is_not_delivered),
		TEST(nonsense_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
