/*
 * The transport within a process keeps what its header promises.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "assists/transport_local/transport_local.h"

struct inbox {
	struct raft_local *hub;
	size_t count;
	uint64_t terms[8];
	/** What the newest append held, kept beyond the call. */
	struct raft_payload kept;
	/** Answer each message with one to this id; 0: do not. */
	uint64_t answer_to;
};

static void
send(struct raft_local *hub, const struct raft_message *message)
{
	raft_local_transport.send(hub, message);
}

static struct raft_message
vote(uint64_t to, uint64_t term)
{
	return (struct raft_message){
		.kind = RAFT_MESSAGE_VOTE,
		.from = { 9, 1 },
		.to = { to, 1 },
		.term = term,
	};
}

static void
receive(void *context, const struct raft_message *message)
{
	struct inbox *inbox = context;
	struct raft_message answer;

	inbox->terms[inbox->count++ % 8] = message->term;
	if (message->kind == RAFT_MESSAGE_APPEND) {
		inbox->kept = message->append.entries[0].payload;
		raft_payload_hold(&inbox->kept);
	}
	if (message->kind == RAFT_MESSAGE_SNAPSHOT) {
		const struct raft_snapshot_content *content =
		    message->snapshot.content;

		assert_memory_equal(content->configuration, "conf", 4);
		assert_int_equal(content->configuration_length, 4);
		inbox->kept = content->part;
		raft_payload_hold(&inbox->kept);
	}
	if (inbox->answer_to != 0) {
		answer = vote(inbox->answer_to, message->term + 1);
		send(inbox->hub, &answer);
	}
}

static void
seat(struct raft_local *hub, uint64_t id, struct inbox *inbox)
{
	struct raft_local_receiver receiver = { id, receive, inbox };

	inbox->hub = hub;
	assert_true(raft_local_add(hub, &receiver));
}

static void
messages_arrive_in_order_when_pumped(void **state)
{
	struct raft_local *hub = raft_local_create();
	struct inbox one = { 0 }, two = { 0 };
	struct raft_message messages[] = { vote(1, 10), vote(2, 20),
					   vote(1, 11) };

	(void)state;
	seat(hub, 1, &one);
	seat(hub, 2, &two);
	for (size_t i = 0; i < 3; i++)
		send(hub, &messages[i]);
	assert_int_equal(one.count + two.count, 0);
	assert_int_equal(raft_local_pump(hub), 3);
	assert_int_equal(one.count, 2);
	assert_int_equal(one.terms[0], 10);
	assert_int_equal(one.terms[1], 11);
	assert_int_equal(two.terms[0], 20);
	assert_int_equal(raft_local_pump(hub), 0);
	raft_local_destroy(hub);
}

static void
what_a_message_causes_waits_for_the_next_pump(void **state)
{
	struct raft_local *hub = raft_local_create();
	struct inbox one = { .answer_to = 1 };
	struct raft_message message = vote(1, 5);

	(void)state;
	seat(hub, 1, &one);
	send(hub, &message);
	for (uint64_t round = 0; round < 4; round++) {
		assert_int_equal(raft_local_pump(hub), 1);
		assert_int_equal(one.terms[round], 5 + round);
	}
	raft_local_destroy(hub);
}

static void
messages_to_nobody_are_dropped(void **state)
{
	struct raft_local *hub = raft_local_create();
	struct inbox one = { 0 }, other = { 0 };
	struct raft_message message = vote(1, 5);

	(void)state;
	seat(hub, 1, &one);
	send(hub, &message);
	raft_local_remove(hub, 1);
	raft_local_remove(hub, 7);
	assert_int_equal(raft_local_pump(hub), 1);
	assert_int_equal(one.count, 0);
	seat(hub, 1, &one);
	seat(hub, 1, &other);
	send(hub, &message);
	raft_local_pump(hub);
	assert_int_equal(one.count, 0);
	assert_int_equal(other.count, 1);
	raft_local_destroy(hub);
}

static int released;

static void
count_release(struct raft_block *block)
{
	(void)block;
	released++;
}

static struct raft_message
append(const struct raft_entry *entries)
{
	return (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND,
		.from = { 9, 1 },
		.to = { 1, 1 },
		.append = { .previous = { 4, 1 },
			    .last = { 6, 1 },
			    .entries = entries },
	};
}

static void
payloads_live_as_long_as_somebody_holds_them(void **state)
{
	struct raft_local *hub = raft_local_create();
	struct inbox one = { 0 };
	struct raft_block block = { 1, count_release };
	struct raft_entry entries[] = {
		{ 5, 1, RAFT_ENTRY_DATA, { "five", 4, &block } },
		{ 6, 1, RAFT_ENTRY_DATA, { "six", 3, &block } },
	};
	struct raft_message message = append(entries);

	(void)state;
	released = 0;
	seat(hub, 1, &one);
	send(hub, &message);
	/* The sender forgets all of it. */
	raft_payload_release(&entries[0].payload);
	entries[0] = entries[1] = (struct raft_entry){ 0 };
	assert_int_equal(block.references, 2);
	raft_local_pump(hub);
	assert_int_equal(block.references, 1);
	assert_int_equal(released, 0);
	assert_memory_equal(one.kept.data, "five", one.kept.length);
	raft_payload_release(&one.kept);
	assert_int_equal(released, 1);
	raft_local_destroy(hub);
}

static int enlarged;

void *
reallocarray(void *memory, size_t count, size_t size)
{
	enlarged++;
	return realloc(memory, count * size);
}

static void
a_letter_is_used_again_as_it_is(void **state)
{
	struct raft_local *hub = raft_local_create();
	struct raft_entry entries[2] = { { .index = 5 }, { .index = 6 } };
	struct raft_message message = append(entries);
	struct inbox one = { 0 };

	(void)state;
	enlarged = 0;
	seat(hub, 1, &one);
	for (size_t i = 1; i <= 5; i++) {
		send(hub, &message);
		assert_int_equal(raft_local_pump(hub), 1);
		assert_int_equal(one.count, i);
		assert_int_equal(enlarged, 1);
	}
	raft_local_destroy(hub);
}

static void
a_part_of_a_snapshot_arrives_with_its_configuration(void **state)
{
	struct raft_local *hub = raft_local_create();
	struct inbox one = { 0 };
	struct raft_block block = { 1, count_release };
	char configuration[] = "conf";
	struct raft_snapshot_content content = {
		.configuration = configuration, .configuration_length = 4,
		.part = { "five", 4, &block },
	};
	struct raft_message message = {
		.kind = RAFT_MESSAGE_SNAPSHOT, .from = { 9, 1 },
		.to = { 1, 1 }, .snapshot.content = &content,
	};

	(void)state;
	released = 0;
	seat(hub, 1, &one);
	send(hub, &message);
	/* The sender forgets all of it. */
	raft_payload_release(&content.part);
	content = (struct raft_snapshot_content){ .part.length = 0 };
	configuration[0] = 'x';
	raft_local_pump(hub);
	assert_int_equal(block.references, 1);
	assert_memory_equal(one.kept.data, "five", one.kept.length);
	raft_payload_release(&one.kept);
	assert_int_equal(released, 1);
	raft_local_destroy(hub);
}

static void
what_was_never_delivered_is_let_go(void **state)
{
	struct raft_local *hub = raft_local_create();
	struct raft_block block = { 1, count_release };
	struct raft_entry entries[] = {
		{ 5, 1, RAFT_ENTRY_DATA, { "five", 4, &block } },
		{ 6, 1, RAFT_ENTRY_DATA, { "six", 3, &block } },
	};
	struct raft_message message = append(entries);

	(void)state;
	released = 0;
	send(hub, &message);
	raft_payload_release(&entries[0].payload);
	assert_int_equal(released, 0);
	raft_local_destroy(hub);
	assert_int_equal(released, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_arrive_in_order_when_pumped),
		cmocka_unit_test(what_a_message_causes_waits_for_the_next_pump),
		cmocka_unit_test(messages_to_nobody_are_dropped),
		cmocka_unit_test(payloads_live_as_long_as_somebody_holds_them),
		cmocka_unit_test(a_letter_is_used_again_as_it_is),
		cmocka_unit_test(
		    a_part_of_a_snapshot_arrives_with_its_configuration),
		cmocka_unit_test(what_was_never_delivered_is_let_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
