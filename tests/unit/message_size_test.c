/*
 * A message queue as a transport: it has a largest message, and drops what is
 * larger. Nothing that a node sends is.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Messages are encoded where they are sent and decoded where they arrive, a
 * millisecond later. The state is how many bytes were proposed, and how many
 * entries they were; its snapshot is padded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "assists/log_memory/log_memory.h"
#include "assists/node/node.h"
#include "assists/wire/wire.h"

#define SERVERS 4
#define VOTERS 3
#define TIMEOUT_US 100000
#define SNAPSHOT_BYTES 9000
#define KINDS (RAFT_MESSAGE_UNSUPPORTED + 1)

struct letter {
	struct raft_block block;
	struct letter *next;
	uint64_t to;
	size_t length;
	uint8_t bytes[];
};

struct state {
	uint64_t index;
	uint64_t bytes;
	uint64_t entries;
};

struct server {
	struct raft_node *node;
	struct raft_log_memory *log;
	struct state state;
	/** Its own snapshot, and that which a leader sends. */
	struct state snapshot;
	uint8_t received[SNAPSHOT_BYTES];
	struct raft_entry_id part_of;
	uint64_t part_end;
	/** Nothing reaches it. */
	bool is_cut;
	size_t installed;
	size_t reads;
};

static struct server servers[SERVERS];
static struct raft_wire_decoder decoder;
static struct letter *first;
static struct letter **end;
static uint64_t now;
/** What the queue carries, and what it dropped. */
static size_t limit;
static size_t dropped;
static size_t sent[KINDS];

/* ------------------------------------------------------------- the queue */

static void
free_letter(struct raft_block *block)
{
	free(block);
}

static void
let_go(struct letter *letter)
{
	if (--letter->block.references == 0)
		letter->block.release(&letter->block);
}

static void
queue_send(void *context, const struct raft_message *message)
{
	size_t length = raft_wire_bytes(message);
	struct letter *letter = malloc(sizeof(*letter) + length);

	(void)context;
	assert_non_null(letter);
	assert_int_not_equal(length, 0);
	*letter = (struct letter){
		.block = { .references = 1, .release = free_letter },
		.to = message->to.id,
		.length = raft_wire_encode(message, letter->bytes, length),
	};
	if (length > limit) {
		dropped++;
		free(letter);
		return;
	}
	sent[message->kind]++;
	*end = letter;
	end = &letter->next;
}

static const struct raft_node_transport queue = { .send = queue_send };

static void
deliver(struct letter *letter)
{
	struct server *server = &servers[letter->to - 1];
	struct raft_message message;

	if (server->node == NULL || server->is_cut)
		return;
	assert_int_equal(raft_wire_decode(&decoder, letter->bytes,
					  letter->length, &letter->block,
					  &message),
			 RAFT_WIRE_OK);
	(void)raft_receive(raft_node_raft(server->node), &message, now);
}

static void
deliver_all(void)
{
	struct letter *letter = first, *next;

	first = NULL;
	end = &first;
	for (; letter != NULL; letter = next) {
		next = letter->next;
		deliver(letter);
		let_go(letter);
	}
}

/* ----------------------------------------------- the machine, snapshots */

static bool
apply(void *context, const struct raft_entry *entries, size_t count)
{
	struct server *server = context;

	for (size_t i = 0; i < count; i++) {
		server->state.index = entries[i].index;
		if (entries[i].kind != RAFT_ENTRY_DATA)
			continue;
		server->state.bytes += entries[i].payload.length;
		server->state.entries++;
	}
	return true;
}

static void
take_read(void *context, const struct raft_read *read)
{
	struct server *server = context;

	server->reads += read->index != 0;
}

static const struct raft_node_machine machine = { .apply = apply,
						  .read = take_read };

static void
free_bytes(struct raft_block *block)
{
	free(block);
}

static bool
read_snapshot(void *context, struct raft_entry_id snapshot, uint64_t offset,
	      size_t length, struct raft_payload *bytes)
{
	const struct server *server = context;
	struct raft_block *block = malloc(sizeof(*block) + SNAPSHOT_BYTES);
	uint8_t *whole = (uint8_t *)(block + 1);

	assert_int_equal(snapshot.index, server->snapshot.index);
	*block = (struct raft_block){ 1, free_bytes };
	memset(whole, 7, SNAPSHOT_BYTES);
	memcpy(whole, &server->snapshot, sizeof(server->snapshot));
	*bytes = (struct raft_payload){ whole + offset, length, block };
	return true;
}

static void
store_part(void *context, const struct raft_snapshot_part *part)
{
	struct server *server = context;

	assert_int_equal(part->size, SNAPSHOT_BYTES);
	memcpy(server->received + part->offset, part->bytes.data,
	       part->bytes.length);
	server->part_of = part->snapshot;
	server->part_end = part->offset + part->bytes.length;
}

static void
flush_parts(void *context)
{
	struct server *server = context;

	raft_node_snapshot_saved(server->node, server->part_of,
				 server->part_end);
}

static bool
install(void *context, struct raft_entry_id snapshot)
{
	struct server *server = context;

	memcpy(&server->state, server->received, sizeof(server->state));
	assert_int_equal(server->state.index, snapshot.index);
	for (size_t i = sizeof(server->state); i < SNAPSHOT_BYTES; i++)
		assert_int_equal(server->received[i], 7);
	server->snapshot = server->state;
	server->installed++;
	return true;
}

static const struct raft_node_snapshots snapshots = {
	.read = read_snapshot,
	.store = store_part,
	.flush = flush_parts,
	.install = install,
};

static void
take_snapshot(struct server *server)
{
	server->snapshot = server->state;
	assert_int_equal(raft_node_snapshot_taken(server->node,
						  server->state.index,
						  SNAPSHOT_BYTES),
			 RAFT_OK);
}

/* ------------------------------------------------------------ the servers */

/** The first `voters` of them, with addresses of so many bytes. */
static struct raft_configuration
configuration(struct raft_member *members, size_t voters, size_t address)
{
	static const char addresses[RAFT_ADDRESS_BYTES_MAX];

	for (size_t i = 0; i < voters; i++)
		members[i] = (struct raft_member){
			.identity = { .id = i + 1, .incarnation = i + 1 },
			.role = RAFT_MEMBER_VOTER,
			.address = addresses,
			.address_length = address,
		};
	return (struct raft_configuration){ .election_timeout_us = TIMEOUT_US,
					    .members = members,
					    .member_count = voters };
}

static void
on_saved(void *context, uint64_t token)
{
	struct server *server = context;

	raft_node_saved(server->node, token);
}

static void
on_failed(void *context, const char *why)
{
	(void)context;
	fail_msg("%s", why);
}

static void
start(size_t position, size_t message_bytes_max, size_t address)
{
	struct server *server = &servers[position];
	struct raft_stored empty = { 0 };
	struct raft_member members[VOTERS];
	struct raft_configuration founders =
	    configuration(members, VOTERS, address);
	struct raft_node_options options = {
		.raft = { .self = { position + 1, position + 1 },
			  .seed = position + 1 },
		.log = &raft_log_memory,
		.transport = &queue,
		.machine = &machine,
		.machine_context = server,
		.snapshots = &snapshots,
		.snapshots_context = server,
		.message_bytes_max = message_bytes_max,
	};

	server->log = raft_log_memory_create();
	raft_log_memory_bind(server->log, server, on_saved, on_failed);
	options.log_context = server->log;
	assert_int_equal(raft_node_create(&options, &empty, now, &server->node),
			 RAFT_OK);
	if (position < VOTERS)
		assert_int_equal(raft_bootstrap(raft_node_raft(server->node),
						&founders, now),
				 RAFT_OK);
}

static void
run(uint64_t ms)
{
	for (; ms > 0; ms--) {
		deliver_all();
		for (size_t i = 0; i < SERVERS; i++)
			if (servers[i].node != NULL)
				raft_node_turn(servers[i].node, now);
		now += 1000;
	}
}

static struct raft_status
status_of(const struct server *server)
{
	struct raft_status status;

	raft_status(raft_node_raft(server->node), &status);
	return status;
}

static enum raft_result
propose(struct server *server, size_t count, size_t length)
{
	static const uint8_t zeros[1 << 16];
	struct raft_payload payloads[1024];

	assert_true(count <= 1024 && length <= sizeof(zeros));
	for (size_t i = 0; i < count; i++)
		payloads[i] = (struct raft_payload){ zeros, length, NULL };
	return raft_propose(raft_node_raft(server->node), payloads, count, now,
			    NULL);
}

/** Server 1 leads; server 2 may send so much. */
static void
lead_beside(size_t message_bytes_max, size_t second_max, size_t address)
{
	memset(servers, 0, sizeof(servers));
	memset(sent, 0, sizeof(sent));
	end = &first;
	limit = message_bytes_max;
	dropped = 0;
	now = 1000000;
	for (size_t i = 0; i < VOTERS; i++)
		start(i, i == 1 ? second_max : message_bytes_max, address);
	for (int i = 0; i < 100 && status_of(&servers[0]).leader == 0; i++)
		run(10);
	(void)raft_transfer(
	    raft_node_raft(servers[status_of(&servers[0]).leader - 1].node), 1,
	    now);
	run(100);
	assert_int_equal(status_of(&servers[0]).role, RAFT_LEADER);
}

static void
lead(size_t message_bytes_max, size_t address)
{
	lead_beside(message_bytes_max, message_bytes_max, address);
}

static void
finish(void)
{
	assert_int_equal(dropped, 0);
	while (first != NULL)
		deliver_all();
	for (size_t i = 0; i < SERVERS; i++) {
		raft_node_destroy(servers[i].node);
		raft_log_memory_destroy(servers[i].log);
	}
	raft_wire_decoder_clear(&decoder);
	while (first != NULL)
		deliver_all();
}

static void
assert_same(size_t count)
{
	for (size_t i = 1; i < count; i++)
		assert_memory_equal(&servers[i].state, &servers[0].state,
				    sizeof(servers[0].state));
}

static size_t
most_payload(void)
{
	return limit - RAFT_WIRE_MESSAGE_OVERHEAD - RAFT_WIRE_ENTRY_OVERHEAD;
}

/* -------------------------------------------------------------- the tests */

static const size_t limits[] = { RAFT_NODE_MESSAGE_BYTES_MIN, 1000, 4096 };
#define LIMITS (sizeof(limits) / sizeof(limits[0]))

static void
entries_of_every_size_pass(void **state)
{
	(void)state;
	for (size_t i = 0; i < LIMITS; i++) {
		lead(limits[i], 0);
		servers[2].is_cut = true;
		for (size_t length = 0; length < 4; length++)
			assert_int_equal(propose(&servers[0], 1024, length),
					 RAFT_OK);
		for (size_t length = 0; length <= most_payload(); length += 7)
			assert_int_equal(propose(&servers[0], 3, length),
					 RAFT_OK);
		assert_int_equal(propose(&servers[0], 2, most_payload()),
				 RAFT_OK);
		run(3 * TIMEOUT_US / 1000);
		servers[2].is_cut = false;
		run(20 * TIMEOUT_US / 1000);
		assert_true(servers[0].state.entries > 4 * 1024);
		assert_same(VOTERS);
		finish();
	}
}

static void
what_can_never_be_sent_is_refused(void **state)
{
	struct raft_member members[SERVERS];
	struct raft_configuration target;
	uint64_t last;

	(void)state;
	for (size_t i = 0; i < LIMITS; i++) {
		lead(limits[i], 0);
		last = status_of(&servers[0]).last.index;
		assert_int_equal(propose(&servers[0], 1, most_payload() + 1),
				 RAFT_TOO_LARGE);
		target = configuration(members, VOTERS, 1);
		while (raft_configuration_bytes(&target) <= most_payload() / 2)
			for (size_t j = 0; j < VOTERS; j++)
				members[j].address_length++;
		assert_int_equal(
		    raft_reconfigure(raft_node_raft(servers[0].node), &target,
				     now, NULL),
		    RAFT_TOO_LARGE);
		assert_int_equal(status_of(&servers[0]).last.index, last);
		run(100);
		finish();
	}
}

/* With the largest configuration that may be: it stands beside the first part. */
static void
snapshots_and_configurations_pass(void **state)
{
	struct raft_member members[SERVERS];
	struct raft_configuration target;
	size_t address = 0;

	(void)state;
	for (size_t i = 0; i < LIMITS; i++) {
		limit = limits[i];
		do {
			target = configuration(members, SERVERS, ++address);
		} while (raft_configuration_bytes(&target) <=
			 most_payload() / 2);
		address--;
		lead(limits[i], address);
		servers[2].is_cut = true;
		assert_int_equal(propose(&servers[0], 1000, 2), RAFT_OK);
		run(200);
		take_snapshot(&servers[0]);
		take_snapshot(&servers[1]);
		servers[2].is_cut = false;
		run(20 * TIMEOUT_US / 1000);
		assert_int_equal(servers[2].installed, 1);
		start(3, limits[i], 0);
		target = configuration(members, SERVERS, address);
		assert_int_equal(
		    raft_reconfigure_anyway(raft_node_raft(servers[0].node),
					    &target, now, NULL),
		    RAFT_OK);
		run(20 * TIMEOUT_US / 1000);
		assert_int_equal(servers[3].installed, 1);
		assert_same(SERVERS);
		finish();
	}
}

static void
messages_of_every_kind_pass(void **state)
{
	uint64_t read;

	(void)state;
	lead(RAFT_NODE_MESSAGE_BYTES_MIN, 0);
	assert_int_equal(raft_read(raft_node_raft(servers[1].node), now, &read),
			 RAFT_OK);
	servers[2].is_cut = true;
	assert_int_equal(propose(&servers[0], 10, 10), RAFT_OK);
	run(50);
	take_snapshot(&servers[0]);
	servers[2].is_cut = false;
	run(200);
	assert_int_equal(servers[1].reads, 1);
	assert_int_equal(raft_transfer(raft_node_raft(servers[0].node), 2, now),
			 RAFT_OK);
	run(200);
	assert_int_equal(status_of(&servers[1]).role, RAFT_LEADER);
	for (int kind = RAFT_MESSAGE_APPEND;
	     kind <= RAFT_MESSAGE_SNAPSHOT_ANSWER; kind++)
		if (kind != RAFT_MESSAGE_NOT_MEMBER)
			assert_int_not_equal(sent[kind], 0);
	assert_int_not_equal(sent[RAFT_MESSAGE_EXTENSION], 0);
	finish();
}

/* Who took it from a leader that could send more. It leads on, and what lacks the
 * entry gets it by the next snapshot. */
static void
a_leader_that_cannot_send_an_entry_is_not_deposed(void **state)
{
	uint64_t term;

	(void)state;
	lead_beside(4096, RAFT_NODE_MESSAGE_BYTES_MIN, 0);
	servers[2].is_cut = true;
	assert_int_equal(propose(&servers[0], 1, 3000), RAFT_OK);
	run(50);
	assert_int_equal(raft_transfer(raft_node_raft(servers[0].node), 2, now),
			 RAFT_OK);
	run(50);
	assert_int_equal(status_of(&servers[1]).role, RAFT_LEADER);
	term = status_of(&servers[1]).term;
	limit = RAFT_NODE_MESSAGE_BYTES_MIN;
	servers[2].is_cut = false;
	run(10 * TIMEOUT_US / 1000);
	assert_int_equal(status_of(&servers[1]).term, term);
	assert_int_equal(status_of(&servers[1]).role, RAFT_LEADER);
	assert_int_equal(servers[2].state.bytes, 0);
	take_snapshot(&servers[1]);
	run(10 * TIMEOUT_US / 1000);
	assert_int_equal(servers[2].installed, 1);
	assert_same(VOTERS);
	finish();
}

static void
too_small_a_limit_is_refused(void **state)
{
	struct raft_stored empty = { 0 };
	struct raft_node_options options = {
		.raft = { .self = { 1, 1 } },
		.log = &raft_log_memory,
		.transport = &queue,
		.machine = &machine,
		.message_bytes_max = RAFT_NODE_MESSAGE_BYTES_MIN - 1,
	};
	struct raft_node *node = (struct raft_node *)&options;

	(void)state;
	assert_int_equal(raft_node_create(&options, &empty, 0, &node),
			 RAFT_INVALID);
	assert_null(node);
	options.message_bytes_max = 0;
	options.message_overhead = RAFT_NODE_MESSAGE_BYTES_MIN / 4 + 1;
	assert_int_equal(raft_node_create(&options, &empty, 0, &node),
			 RAFT_INVALID);
	options.message_overhead = 0;
	options.entry_overhead = RAFT_NODE_MESSAGE_BYTES_MIN / 4 + 1;
	assert_int_equal(raft_node_create(&options, &empty, 0, &node),
			 RAFT_INVALID);
	options.entry_overhead = 0;
	options.raft.payload_bytes_max = RAFT_PAYLOAD_BYTES_MAX + 1;
	assert_int_equal(raft_node_create(&options, &empty, 0, &node),
			 RAFT_INVALID);
	/* All of them to the byte. */
	options.message_bytes_max = RAFT_NODE_MESSAGE_BYTES_MIN;
	options.message_overhead = RAFT_NODE_MESSAGE_BYTES_MIN / 4;
	options.entry_overhead = RAFT_NODE_MESSAGE_BYTES_MIN / 4;
	options.raft.payload_bytes_max = RAFT_PAYLOAD_BYTES_MAX;
	assert_int_equal(raft_node_create(&options, &empty, 0, &node), RAFT_OK);
	raft_node_destroy(node);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_of_every_size_pass),
		cmocka_unit_test(what_can_never_be_sent_is_refused),
		cmocka_unit_test(snapshots_and_configurations_pass),
		cmocka_unit_test(messages_of_every_kind_pass),
		cmocka_unit_test(
		    a_leader_that_cannot_send_an_entry_is_not_deposed),
		cmocka_unit_test(too_small_a_limit_is_refused),
	};

	return cmocka_run_group_tests_name("message size", tests, NULL, NULL);
}
