/*
 * The node: three of them in one thread, with a log, a transport and a machine
 * that do what a test tells them.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Payloads are blocks that are poisoned when the last reference goes, and each
 * test ends by checking that none is left and that all memory came back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assists/node/node.h"

#define NODES 3
#define LOG_MAX 4096
#define MAIL_MAX 256
#define READS_MAX 8192
#define TIMEOUT_US 100000
#define PART_BYTES 16
#define CONFIGURATION_MAX 256

/* ------------------------------------------------------ poisoned blocks */

struct block {
	struct raft_block base;
	size_t length;
	char data[];
};

static int blocks_alive;

static void
release_block(struct raft_block *base)
{
	struct block *block = (struct block *)base;

	memset(block->data, 0xdd, block->length);
	blocks_alive--;
	free(block);
}

/* A payload whose one reference is the caller's. */
static struct raft_payload
make_payload(const char *text, size_t length)
{
	struct block *block = calloc(1, sizeof(*block) + length + 1);

	block->base = (struct raft_block){ 1, release_block };
	block->length = length;
	memcpy(block->data, text, strlen(text));
	blocks_alive++;
	return (struct raft_payload){ block->data, length, &block->base };
}

/* ------------------------------------------------------ counted memory */

struct memory {
	long alive;
	long allocations;
	/** Refuse the allocation after this many; negative: none. */
	long refuse_after;
	/** Refuse any of just this size. */
	size_t refuse_bytes;
};

static void *
counted_resize(void *context, void *memory, size_t bytes)
{
	struct memory *m = context;

	if (bytes == 0) {
		m->alive -= memory != NULL;
		free(memory);
		return NULL;
	}
	if (bytes == m->refuse_bytes || m->refuse_after == 0)
		return NULL;
	m->refuse_after--;
	m->allocations++;
	m->alive += memory == NULL;
	return realloc(memory, bytes);
}

/* -------------------------------------------------------- three servers */

struct mail {
	struct raft_message message;
	struct raft_entry *entries;
	struct raft_snapshot_content content;
	char configuration[CONFIGURATION_MAX];
};

struct server {
	struct raft_node *node;
	/** The log: entry i at entries[i - 1]. */
	struct raft_entry entries[LOG_MAX];
	size_t entry_count;
	uint64_t trimmed;
	uint64_t token;
	int flushes;
	/** What the log shall do. */
	bool flush_says_nothing;
	bool flush_fails;
	bool reads_nothing;
	bool reads_another_term;
	bool reads_another_entry;
	/** What the machine saw. */
	uint64_t applied[LOG_MAX];
	char text[LOG_MAX][8];
	size_t applied_count;
	size_t most_applied;
	bool apply_later;
	bool report_within;
	/** Has been told as applied. */
	uint64_t reported;
	/** How often each read ended, by its name, and at which index. */
	int ends[READS_MAX];
	uint64_t read_index[READS_MAX];
	uint64_t committed;
	enum raft_reason stopped;
	/** What the transport carried. */
	size_t largest_append;
	size_t longest_append;
	int appends;
	bool cut;
	/** A snapshot up to n is the first n texts; a leader's comes here. */
	char received[LOG_MAX][8];
	struct raft_entry_id receiving;
	uint64_t received_end;
	int parts;
	int part_flushes;
	int parts_sent;
	int installs;
	/** What the snapshots shall do. */
	bool snapshot_unreadable;
	bool part_flush_says_nothing;
	bool install_later;
	bool install_fails;
	bool finds_damage;
	/** Turns until it is read back, and what that shows; how often some of
	 *  it was read. */
	int verify_turns;
	enum raft_node_verdict verdict;
	int verified;
	bool stranded;
	bool told_damaged;
};

static struct fixture {
	struct server servers[NODES];
	size_t count;
	uint64_t now;
	struct memory memory;
	struct mail mail[MAIL_MAX];
	size_t mail_count;
	/** For the next nodes made. */
	size_t message_bytes_max;
	bool no_snapshots;
	bool no_verify;
} fixture;

static void
log_save(void *context, const struct raft_save *save)
{
	struct server *s = context;
	size_t i;

	if (save->snapshot != NULL) {
		while (s->entry_count > 0)
			raft_payload_release(
				&s->entries[--s->entry_count].payload);
		memset(s->entries, 0, sizeof(s->entries));
		s->entry_count = save->snapshot->last.index;
		s->trimmed = s->entry_count;
	}
	if (save->truncate_from > 0)
		while (s->entry_count >= save->truncate_from)
			raft_payload_release(
				&s->entries[--s->entry_count].payload);
	for (i = 0; i < save->entry_count; i++) {
		assert_true(s->entry_count < LOG_MAX);
		assert_int_equal(save->entries[i].index, s->entry_count + 1);
		raft_payload_hold(&save->entries[i].payload);
		s->entries[s->entry_count++] = save->entries[i];
	}
	s->token = save->token;
}

static void
log_flush(void *context)
{
	struct server *s = context;

	s->flushes++;
	if (s->flush_fails)
		raft_node_log_failed(s->node);
	else if (!s->flush_says_nothing)
		raft_node_saved(s->node, s->token);
}

static size_t
log_read(void *context, uint64_t first, size_t count, size_t bytes_max,
	 struct raft_entry *entries)
{
	const struct server *s = context;
	size_t i, bytes = 0;

	if (s->reads_nothing || first <= s->trimmed)
		return 0;
	for (i = 0; i < count && first + i <= s->entry_count; i++) {
		entries[i] = s->entries[first + i - 1];
		bytes += entries[i].payload.length;
		if (i > 0 && bytes > bytes_max)
			break;
		entries[i].term += s->reads_another_term;
		entries[i].index += s->reads_another_entry && i == count - 1;
		raft_payload_hold(&entries[i].payload);
	}
	return i;
}

static void
log_trim(void *context, struct raft_entry_id snapshot)
{
	struct server *s = context;

	if (snapshot.index > s->trimmed)
		assert_int_equal(s->entries[snapshot.index - 1].term,
				 snapshot.term);
	s->trimmed = snapshot.index;
}

static void
note_append(struct server *s, const struct raft_append *append)
{
	uint64_t i, count = append->last.index - append->previous.index;
	size_t bytes = 0;

	assert_true(count > 0);
	for (i = 0; i < count; i++)
		bytes += append->entries[i].payload.length;
	assert_int_equal(append->entries[count - 1].index, append->last.index);
	assert_int_equal(append->entries[count - 1].term, append->last.term);
	if (bytes > s->largest_append)
		s->largest_append = bytes;
	if (count > s->longest_append)
		s->longest_append = count;
	s->appends++;
}

/* Keep what a snapshot message points to. */
static void
keep_content(struct server *s, struct mail *mail)
{
	struct raft_snapshot_content *content = &mail->content;

	*content = *mail->message.snapshot.content;
	raft_payload_hold(&content->part);
	if (content->configuration != NULL) {
		assert_in_range(content->configuration_length, 1,
				CONFIGURATION_MAX);
		memcpy(mail->configuration, content->configuration,
		       content->configuration_length);
	}
	if (content->part.length > 0) {
		assert_non_null(content->part.data);
		assert_in_range(content->part.length, 1, PART_BYTES);
		s->parts_sent++;
	}
}

static void
transport_send(void *context, const struct raft_message *message)
{
	struct server *s = context;
	struct mail *mail = &fixture.mail[fixture.mail_count];
	uint64_t i, count = 0;

	if (message->kind == RAFT_MESSAGE_APPEND)
		count = message->append.last.index -
			message->append.previous.index;
	if (count > 0)
		note_append(s, &message->append);
	if (s->cut || fixture.servers[message->to.id - 1].cut)
		return;
	assert_true(fixture.mail_count < MAIL_MAX);
	fixture.mail_count++;
	*mail = (struct mail){ .message = *message };
	if (message->kind == RAFT_MESSAGE_SNAPSHOT)
		keep_content(s, mail);
	if (count == 0)
		return;
	mail->entries = calloc(count, sizeof(*mail->entries));
	for (i = 0; i < count; i++) {
		mail->entries[i] = message->append.entries[i];
		raft_payload_hold(&mail->entries[i].payload);
	}
	mail->message.append.entries = mail->entries;
}

static void
report(struct server *s)
{
	s->reported = s->applied_count;
	raft_node_applied(s->node, s->reported);
}

static bool
machine_apply(void *context, const struct raft_entry *entries, size_t count)
{
	struct server *s = context;
	size_t i, length;

	if (count > s->most_applied)
		s->most_applied = count;
	for (i = 0; i < count; i++) {
		assert_int_equal(entries[i].index, s->applied_count + 1);
		if (entries[i].kind == RAFT_ENTRY_DATA) {
			length = entries[i].payload.length;
			memcpy(s->text[s->applied_count],
			       entries[i].payload.data,
			       length < 7 ? length : 7);
		}
		s->applied[s->applied_count++] = entries[i].index;
	}
	if (s->report_within)
		report(s);
	if (s->apply_later || s->report_within)
		return false;
	s->reported = s->applied_count;
	return true;
}

static void
machine_outcome(void *context, const struct raft_outcome *outcome)
{
	struct server *s = context;

	if (outcome->kind == RAFT_OUTCOME_COMMITTED)
		s->committed += outcome->range.last - outcome->range.first + 1;
}

static void
machine_event(void *context, const struct raft_event *event)
{
	struct server *s = context;

	s->stranded |= event->kind == RAFT_EVENT_PEER_STRANDED;
	s->told_damaged |= event->kind == RAFT_EVENT_SNAPSHOT_DAMAGED;
	if (event->kind == RAFT_EVENT_STOPPED)
		s->stopped = event->reason;
}

static void
machine_read(void *context, const struct raft_read *read)
{
	struct server *s = context;

	assert_in_range(read->read, 1, READS_MAX - 1);
	assert_in_range(read->index, 0, s->reported);
	s->ends[read->read]++;
	s->read_index[read->read] = read->index;
}

static bool
snapshots_read(void *context, struct raft_entry_id snapshot, uint64_t offset,
	       size_t length, struct raft_payload *bytes)
{
	struct server *s = context;

	assert_in_range(offset + length, 1, snapshot.index * 8);
	if (s->snapshot_unreadable)
		return false;
	*bytes = make_payload("", length);
	memcpy((void *)(uintptr_t)bytes->data, (char *)s->text + offset,
	       length);
	return true;
}

static void
snapshots_store(void *context, const struct raft_snapshot_part *part)
{
	struct server *s = context;

	assert_int_equal(part->offset, part->offset == 0 ? 0 : s->received_end);
	assert_int_equal(part->size, part->snapshot.index * 8);
	memcpy((char *)s->received + part->offset, part->bytes.data,
	       part->bytes.length);
	s->receiving = part->snapshot;
	s->received_end = part->offset + part->bytes.length;
	s->parts++;
}

static void
snapshots_flush(void *context)
{
	struct server *s = context;

	s->part_flushes++;
	if (s->finds_damage && s->received_end == s->receiving.index * 8)
		raft_node_snapshot_damaged(s->node, s->receiving);
	else if (!s->part_flush_says_nothing)
		raft_node_snapshot_saved(s->node, s->receiving,
					 s->received_end);
}

static bool
snapshots_install(void *context, struct raft_entry_id snapshot)
{
	struct server *s = context;

	assert_int_equal(snapshot.index, s->receiving.index);
	assert_int_equal(s->received_end, snapshot.index * 8);
	assert_int_equal(s->reported, s->applied_count);
	if (s->install_fails) {
		raft_node_snapshot_failed(s->node, snapshot);
		return false;
	}
	s->installs++;
	memcpy(s->text, s->received, s->received_end);
	s->applied_count = snapshot.index;
	if (s->install_later)
		return false;
	s->reported = s->applied_count;
	return true;
}

static enum raft_node_verdict
snapshots_verify(void *context, struct raft_entry_id snapshot)
{
	struct server *s = context;

	assert_in_range(snapshot.index, 1, s->applied_count);
	s->verified++;
	return s->verify_turns-- > 0 ? RAFT_NODE_UNDECIDED : s->verdict;
}

static const struct raft_node_snapshots snapshots_table = {
	snapshots_read,	   snapshots_store,  snapshots_flush,
	snapshots_install, snapshots_verify,
};
static const struct raft_node_snapshots unverified_table = {
	snapshots_read,	   snapshots_store, snapshots_flush,
	snapshots_install, NULL,
};
static const struct raft_node_log log_table = {
	.save = log_save,
	.flush = log_flush,
	.read = log_read,
	.trim = log_trim,
};
static const struct raft_node_transport transport_table = { transport_send };
static const struct raft_node_machine machine_table = {
	machine_apply, machine_outcome, machine_event, machine_read,
};

static enum raft_result
create(struct server *s, const struct raft_node_machine *machine)
{
	static const struct raft_stored nothing;
	struct raft_allocator allocator = { &fixture.memory, counted_resize };
	uint64_t id = (uint64_t)(s - fixture.servers) + 1;
	struct raft_node_options options = {
		.raft = { .self = { id, 1 }, .seed = id,
			  .snapshot_part_bytes = PART_BYTES,
			  .allocator = &allocator },
		.snapshots = fixture.no_snapshots ? NULL
			     : fixture.no_verify  ? &unverified_table
						  : &snapshots_table,
		.snapshots_context = s,
		.log = &log_table, .log_context = s,
		.transport = &transport_table, .transport_context = s,
		.machine = machine, .machine_context = s,
		.message_bytes_max = fixture.message_bytes_max,
	};

	return raft_node_create(&options, &nothing, fixture.now, &s->node);
}

static void
turn_all(void)
{
	size_t i;

	for (i = 0; i < fixture.count; i++)
		raft_node_turn(fixture.servers[i].node, fixture.now);
}

static void
deliver(struct mail *mail)
{
	struct server *s = &fixture.servers[mail->message.to.id - 1];
	uint64_t i, count = 0;

	if (mail->message.kind == RAFT_MESSAGE_SNAPSHOT) {
		if (mail->content.configuration != NULL)
			mail->content.configuration = mail->configuration;
		mail->message.snapshot.content = &mail->content;
	}
	raft_receive(raft_node_raft(s->node), &mail->message, fixture.now);
	raft_payload_release(&mail->content.part);
	if (mail->entries != NULL)
		count = mail->message.append.last.index -
			mail->message.append.previous.index;
	for (i = 0; i < count; i++)
		raft_payload_release(&mail->entries[i].payload);
	free(mail->entries);
}

/* One turn of the loop: what has come, what is due, and time goes on. */
static void
run_once(void)
{
	static struct mail mail[MAIL_MAX];
	size_t i, count = fixture.mail_count;

	memcpy(mail, fixture.mail, count * sizeof(mail[0]));
	fixture.mail_count = 0;
	for (i = 0; i < count; i++)
		deliver(&mail[i]);
	turn_all();
	fixture.now += 500;
}

static void
run(int times)
{
	while (times-- > 0)
		run_once();
}

static void
start_with(size_t count, const struct raft_node_machine *machine)
{
	struct raft_member members[NODES];
	struct raft_configuration configuration = {
		.election_timeout_us = TIMEOUT_US,
		.members = members, .member_count = count,
	};
	size_t i;

	for (i = 0; i < count; i++)
		members[i] = (struct raft_member){
			.identity = { i + 1, 1 }, .role = RAFT_MEMBER_VOTER,
		};
	fixture.count = count;
	for (i = 0; i < count; i++) {
		struct server *s = &fixture.servers[i];

		assert_int_equal(create(s, machine), RAFT_OK);
		assert_int_equal(raft_bootstrap(raft_node_raft(s->node),
						&configuration, fixture.now),
				 RAFT_OK);
	}
	turn_all();
}

/* Servers of which the first leads. */
static struct server *
start(size_t count)
{
	struct server *leader = &fixture.servers[0];
	struct raft_status status;

	start_with(count, &machine_table);
	raft_campaign(raft_node_raft(leader->node), fixture.now);
	run(20);
	raft_status(raft_node_raft(leader->node), &status);
	assert_int_equal(status.role, RAFT_LEADER);
	return leader;
}

static void
propose(struct server *s, const char *text, size_t length)
{
	struct raft_payload payload = make_payload(text, length);

	assert_int_equal(raft_propose(raft_node_raft(s->node), &payload, 1,
				      fixture.now, NULL),
			 RAFT_OK);
	raft_payload_release(&payload);
}

static uint64_t
read_at(struct server *s)
{
	uint64_t read;

	assert_int_equal(raft_read(raft_node_raft(s->node), fixture.now, &read),
			 RAFT_OK);
	return read;
}

/* Entries 1 and 2 are the configuration and the no-op. */
static void
assert_applied_everywhere(size_t proposals)
{
	char text[24];
	size_t i, p;

	for (i = 0; i < fixture.count; i++) {
		const struct server *s = &fixture.servers[i];

		assert_int_equal(s->applied_count, 2 + proposals);
		for (p = 0; p < proposals; p++) {
			snprintf(text, sizeof(text), "%zu", p);
			assert_string_equal(s->text[2 + p], text);
		}
	}
}

static void
propose_numbers(struct server *s, size_t from, size_t count, size_t length)
{
	char text[24];
	size_t i;

	for (i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "%zu", from + i);
		propose(s, text, length);
	}
}

static int
set_up(void **state)
{
	(void)state;
	memset(&fixture, 0, sizeof(fixture));
	fixture.memory.refuse_after = -1;
	fixture.now = 1000000;
	blocks_alive = 0;
	return 0;
}

static int
tear_down(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < fixture.mail_count; i++)
		deliver(&fixture.mail[i]);
	for (i = 0; i < fixture.count; i++) {
		struct server *s = &fixture.servers[i];

		raft_node_destroy(s->node);
		while (s->entry_count > 0)
			raft_payload_release(
				&s->entries[--s->entry_count].payload);
	}
	return blocks_alive != 0 || fixture.memory.alive != 0;
}

/* ---------------------------------------------------------------- tests */

static void
proposals_are_applied_in_order_on_all(void **state)
{
	struct server *leader = start(NODES);

	(void)state;
	propose_numbers(leader, 0, 10, 8);
	run(10);
	propose_numbers(leader, 10, 90, 8);
	run(10);
	assert_applied_everywhere(100);
	assert_int_equal(leader->committed, 100);
}

static void
many_proposals_cost_one_write_and_one_append_a_peer(void **state)
{
	struct server *leader = start(NODES);
	int flushes = leader->flushes, appends = leader->appends;

	(void)state;
	propose_numbers(leader, 0, 50, 8);
	run(10);
	assert_applied_everywhere(50);
	assert_int_equal(leader->flushes, flushes + 1);
	assert_int_equal(leader->appends, appends + NODES - 1);
}

static void
no_more_is_shown_until_the_machine_has_applied(void **state)
{
	struct server *leader = start(NODES);
	struct server *late = &fixture.servers[1];
	struct raft_status status;

	(void)state;
	late->apply_later = true;
	propose_numbers(leader, 0, 1, 8);
	run(10);
	assert_int_equal(late->applied_count, 3);
	propose_numbers(leader, 1, 5, 8);
	run(10);
	assert_int_equal(late->applied_count, 3);
	raft_status(raft_node_raft(late->node), &status);
	assert_int_equal(status.applied_index, 2);
	/* Nor when it says again what it has said. */
	raft_node_applied(late->node, 2);
	run(1);
	assert_int_equal(late->applied_count, 3);

	report(late);
	assert_true(raft_node_deadline(late->node) <= fixture.now);
	late->apply_later = false;
	run(1);
	assert_applied_everywhere(6);
	raft_status(raft_node_raft(late->node), &status);
	assert_int_equal(status.applied_index, 8);
}

static void
the_machine_may_report_within_its_call(void **state)
{
	struct server *leader = start(NODES);

	(void)state;
	fixture.servers[1].report_within = true;
	propose_numbers(leader, 0, 5, 8);
	run(10);
	propose_numbers(leader, 5, 5, 8);
	run(10);
	assert_applied_everywhere(10);
}

static void
a_machine_without_functions_is_not_called(void **state)
{
	static const struct raft_node_machine none;
	struct raft_status status;

	(void)state;
	start_with(1, &none);
	run(1000);
	raft_status(raft_node_raft(fixture.servers[0].node), &status);
	assert_int_equal(status.role, RAFT_LEADER);
	assert_int_equal(status.applied_index, 2);
}

static void
what_is_not_durable_is_not_applied(void **state)
{
	struct server *only = start(1);

	(void)state;
	only->flush_says_nothing = true;
	propose_numbers(only, 0, 1, 8);
	run(5);
	assert_int_equal(only->applied_count, 2);
	assert_int_equal(only->committed, 0);
	raft_node_saved(only->node, only->token);
	assert_true(raft_node_deadline(only->node) <= fixture.now);
	run(1);
	assert_applied_everywhere(1);
	assert_int_equal(only->committed, 1);
}

static void
a_failed_log_stops_the_member(void **state)
{
	struct server *leader = start(NODES);
	struct raft_status status;

	(void)state;
	leader->flush_fails = true;
	propose_numbers(leader, 0, 1, 8);
	run(3);
	assert_int_equal(leader->stopped, RAFT_REASON_DISK_FAILED);
	raft_status(raft_node_raft(leader->node), &status);
	assert_true(status.stopped);
}

static void
a_log_that_lost_what_was_committed_stops_the_member(void **state)
{
	struct server *only = start(1);

	(void)state;
	only->reads_nothing = true;
	propose_numbers(only, 0, 1, 8);
	run(3);
	assert_int_equal(only->stopped, RAFT_REASON_DISK_FAILED);
	assert_int_equal(only->applied_count, 2);
	assert_true(raft_node_deadline(only->node) > fixture.now);
}

static void
appends_are_kept_below_their_bytes_and_all_arrives(void **state)
{
	struct server *leader;

	(void)state;
	fixture.message_bytes_max = 512;
	leader = start(NODES);
	propose_numbers(leader, 0, 50, 30);
	run(40);
	assert_applied_everywhere(50);
	/* 128 of a message, and 16 of each entry. */
	assert_int_equal(leader->longest_append, 8);
	assert_int_equal(leader->largest_append, 240);
}

static void
the_largest_entry_goes_alone(void **state)
{
	struct server *leader;

	(void)state;
	fixture.message_bytes_max = 128 + 16 + 500;
	leader = start(NODES);
	propose_numbers(leader, 0, 3, 500);
	run(40);
	assert_applied_everywhere(3);
	assert_int_equal(leader->longest_append, 1);
	assert_int_equal(leader->largest_append, 500);
}

/* Heartbeats go on, so the followers stay. */
static void
what_cannot_be_read_is_not_sent(void **state)
{
	struct server *leader = start(NODES);
	struct raft_member_status peer;
	int appends = leader->appends;

	(void)state;
	leader->reads_nothing = true;
	propose_numbers(leader, 0, 1, 8);
	run(1);
	assert_true(raft_member_status(raft_node_raft(leader->node), 1, &peer));
	assert_int_equal(peer.state, RAFT_PROGRESS_STRANDED);
	run(30);
	assert_int_equal(leader->appends, appends);
	leader->reads_nothing = false;
	leader->reads_another_term = true;
	run(30);
	assert_int_equal(leader->appends, appends);
	leader->reads_another_term = false;
	leader->reads_another_entry = true;
	run(30);
	assert_int_equal(leader->appends, appends);
	leader->reads_another_entry = false;
	run(60);
	assert_int_equal(leader->appends, appends + NODES - 1);
	assert_applied_everywhere(1);
}

static void
a_turn_is_bounded_and_says_when_more_is_left(void **state)
{
	struct server *only;
	size_t before;

	(void)state;
	/* Of which a megabyte is read at once. */
	only = start(1);
	propose_numbers(only, 0, 100, 300000);
	raft_node_turn(only->node, fixture.now);
	before = only->applied_count;
	assert_int_equal(only->most_applied, 3);
	/* Of the sixteen rounds the first one saves. */
	assert_int_equal(before, 2 + 15 * 3);
	assert_true(raft_node_deadline(only->node) <= fixture.now);
	run(20);
	assert_applied_everywhere(100);
	raft_node_turn(only->node, fixture.now);
	assert_true(raft_node_deadline(only->node) > fixture.now);
}

static void
a_thousand_entries_are_applied_at_once_and_no_more(void **state)
{
	struct server *only = start(1);

	(void)state;
	propose_numbers(only, 0, 3000, 8);
	run(20);
	assert_int_equal(only->most_applied, 1024);
	assert_applied_everywhere(3000);
}

static void
assert_wants_a_turn(struct server *s)
{
	assert_int_equal(raft_node_deadline(s->node), fixture.now);
	raft_node_turn(s->node, fixture.now);
	assert_true(raft_node_deadline(s->node) > fixture.now);
}

/* Even one that says nothing new: the node need not know. */
static void
a_new_node_and_every_report_want_a_turn(void **state)
{
	struct server *only;
	struct raft_entry_id old = { 1, 1 };

	(void)state;
	assert_int_equal(create(&fixture.servers[0], &machine_table), RAFT_OK);
	assert_wants_a_turn(&fixture.servers[0]);
	raft_node_destroy(fixture.servers[0].node);
	only = start(1);
	raft_node_turn(only->node, fixture.now);
	raft_node_saved(only->node, only->token);
	assert_wants_a_turn(only);
	raft_node_applied(only->node, only->applied_count);
	assert_wants_a_turn(only);
	raft_node_snapshot_saved(only->node, old, 8);
	assert_wants_a_turn(only);
	raft_node_snapshot_failed(only->node, old);
	assert_wants_a_turn(only);
	raft_node_snapshot_damaged(only->node, old);
	assert_wants_a_turn(only);
	assert_int_equal(raft_node_snapshot_taken(only->node, 1, 8), RAFT_OK);
	assert_wants_a_turn(only);
	raft_node_log_failed(only->node);
	assert_wants_a_turn(only);
}

static void
a_snapshot_trims_the_log(void **state)
{
	struct server *leader = start(NODES);

	(void)state;
	propose_numbers(leader, 0, 10, 8);
	run(10);
	assert_int_equal(raft_node_snapshot_taken(leader->node, 13, 0),
			 RAFT_INVALID);
	assert_int_equal(leader->trimmed, 0);
	assert_int_equal(raft_node_snapshot_taken(leader->node, 8, 0), RAFT_OK);
	assert_int_equal(leader->trimmed, 8);
	propose_numbers(leader, 10, 1, 8);
	run(10);
	assert_applied_everywhere(11);
}

/* ------------------------------------------------------------ snapshots */

/* The third server misses 20 proposals, which the leader's log forgets. */
static struct server *
leave_behind(struct server *leader)
{
	struct server *behind = &fixture.servers[2];

	behind->cut = true;
	propose_numbers(leader, leader->applied_count - 2, 20, 8);
	run(20);
	assert_int_equal(raft_node_snapshot_taken(leader->node,
						  leader->applied_count,
						  leader->applied_count * 8),
			 RAFT_OK);
	behind->cut = false;
	return behind;
}

static void
who_needs_what_was_dropped_loads_the_snapshot(void **state)
{
	struct server *leader = start(NODES);
	struct server *behind = leave_behind(leader);

	(void)state;
	run(400);
	assert_int_equal(behind->installs, 1);
	assert_in_range(behind->parts, 22 * 8 / PART_BYTES, 100);
	propose_numbers(leader, 20, 5, 8);
	run(20);
	assert_applied_everywhere(25);
}

static void
parts_that_come_together_cost_one_flush(void **state)
{
	struct server *behind = leave_behind(start(NODES));

	(void)state;
	run(400);
	assert_int_equal(behind->installs, 1);
	assert_in_range(behind->part_flushes, 1, behind->parts / 2);
}

static void
nothing_is_applied_until_the_snapshot_is_loaded(void **state)
{
	struct server *leader = start(NODES);
	struct server *behind = leave_behind(leader);

	(void)state;
	behind->install_later = true;
	run(400);
	assert_int_equal(behind->installs, 1);
	propose_numbers(leader, 20, 5, 8);
	run(20);
	assert_int_equal(behind->applied_count, 22);
	report(behind);
	run(20);
	assert_applied_everywhere(25);
}

/* What it has not been shown is gone from its log by then. */
static void
a_snapshot_is_loaded_once_the_machine_is_idle(void **state)
{
	struct server *leader = start(NODES);
	struct server *behind = &fixture.servers[2];

	(void)state;
	behind->apply_later = true;
	propose_numbers(leader, 0, 1, 8);
	run(10);
	propose_numbers(leader, 1, 4, 8);
	run(10);
	assert_int_equal(behind->applied_count, 3);
	leave_behind(leader);
	run(400);
	assert_in_range(behind->trimmed, 20, 100);
	assert_int_equal(behind->installs, 0);
	behind->apply_later = false;
	report(behind);
	run(20);
	assert_int_equal(behind->installs, 1);
	assert_int_equal(behind->stopped, 0);
	assert_applied_everywhere(25);
}

static void
a_part_that_cannot_be_read_is_not_sent(void **state)
{
	struct server *leader = start(NODES);
	struct server *behind = leave_behind(leader);
	struct raft_member_status member;

	(void)state;
	leader->snapshot_unreadable = true;
	run(400);
	/* It waits until that one is heard again. */
	assert_true(
	    raft_member_status(raft_node_raft(leader->node), 2, &member));
	assert_int_equal(member.state, RAFT_PROGRESS_STRANDED);
	assert_int_equal(leader->parts_sent, 0);
	assert_int_equal(behind->installs, 0);
	leader->snapshot_unreadable = false;
	run(400);
	assert_int_equal(behind->installs, 1);
	assert_applied_everywhere(20);
}

static void
what_was_not_made_durable_is_not_loaded(void **state)
{
	struct server *behind = leave_behind(start(NODES));

	(void)state;
	behind->part_flush_says_nothing = true;
	run(400);
	assert_true(behind->parts > 0);
	assert_int_equal(behind->installs, 0);
	assert_int_equal(behind->trimmed, 0);
}

/* It would be sent for ever. */
static void
what_a_peer_finds_damaged_is_read_back_and_replaced(void **state)
{
	struct server *leader = start(NODES);
	struct server *behind = leave_behind(leader);

	(void)state;
	behind->finds_damage = true;
	leader->verify_turns = 3;
	leader->verdict = RAFT_NODE_DAMAGED;
	for (int n = 0; n < 400 && leader->verified == 0; n++)
		run(1);
	/* Once a turn, and no turn waits. */
	assert_int_equal(leader->verified, 1);
	assert_int_equal(raft_node_deadline(leader->node), fixture.now - 500);
	propose_numbers(leader, 20, 1, 8);
	run(1);
	assert_int_equal(leader->verified, 2);
	run(2);
	assert_int_equal(leader->verified, 4);
	assert_true(leader->told_damaged);
	assert_true(leader->stranded);
	/* The same once more, in other bytes. */
	run(20);
	assert_int_equal(raft_node_snapshot_taken(leader->node, 23, 23 * 8),
			 RAFT_OK);
	behind->finds_damage = false;
	run(400);
	assert_int_equal(behind->installs, 1);
	assert_int_equal(leader->verified, 4);
	assert_applied_everywhere(21);
}

static void
what_is_sound_after_all_is_sent_again(void **state)
{
	struct server *leader = start(NODES);
	struct server *behind = leave_behind(leader);

	(void)state;
	behind->finds_damage = true;
	leader->verdict = RAFT_NODE_SOUND;
	for (int n = 0; n < 400 && leader->verified == 0; n++)
		run(1);
	behind->finds_damage = false;
	run(400);
	assert_int_equal(leader->verified, 1);
	assert_false(leader->told_damaged);
	assert_int_equal(behind->installs, 1);
	assert_applied_everywhere(20);
}

/* What nobody can read back is taken to be sound. */
static void
snapshots_need_not_be_read_back(void **state)
{
	struct server *leader, *behind;

	(void)state;
	fixture.no_verify = true;
	leader = start(NODES);
	behind = leave_behind(leader);
	behind->finds_damage = true;
	run(100);
	behind->finds_damage = false;
	run(400);
	assert_int_equal(leader->verified, 0);
	assert_false(leader->told_damaged);
	assert_int_equal(behind->installs, 1);
	assert_applied_everywhere(20);
}

/* It stayed, voted, and applied nothing for ever. */
static void
a_snapshot_that_cannot_be_installed_stops_the_member(void **state)
{
	struct server *behind = leave_behind(start(NODES));

	(void)state;
	behind->install_fails = true;
	run(400);
	assert_int_equal(behind->stopped, RAFT_REASON_SNAPSHOT_LOST);
	assert_int_equal(behind->installs, 0);
}

static void
without_snapshots_a_peer_is_stranded(void **state)
{
	struct server *leader;

	(void)state;
	fixture.no_snapshots = true;
	leader = start(NODES);
	leave_behind(leader);
	run(400);
	assert_true(leader->stranded);
	assert_int_equal(leader->parts_sent, 0);
	/* Not even if the member believes that there is one. */
	propose_numbers(leader, 20, 1, 8);
	fixture.servers[2].cut = true;
	run(20);
	assert_int_equal(raft_snapshot_taken(raft_node_raft(leader->node),
					     leader->applied_count, 8),
			 RAFT_OK);
	fixture.servers[2].cut = false;
	run(400);
	assert_int_equal(leader->parts_sent, 0);
}

static void
time_does_not_go_back(void **state)
{
	struct server *only = start(1);

	(void)state;
	raft_node_turn(only->node, fixture.now);
	raft_node_turn(only->node, fixture.now - 1);
	raft_node_saved(only->node, only->token);
	assert_int_equal(raft_node_deadline(only->node), fixture.now);
}

/* The save that begins the log behind the newer one says so, with its
 * configuration. */
static void
an_old_snapshot_does_not_trim_a_log_that_is_replaced(void **state)
{
	struct server *behind = leave_behind(start(NODES));
	int n;

	(void)state;
	behind->part_flush_says_nothing = true;
	for (n = 0; n < 800 && behind->received_end < 22 * 8; n++) {
		run(1);
		if (behind->parts > 0 && behind->received_end < 22 * 8)
			raft_node_snapshot_saved(behind->node,
						 behind->receiving,
						 behind->received_end);
	}
	raft_node_snapshot_saved(behind->node, behind->receiving, 22 * 8);
	assert_int_equal(raft_node_snapshot_taken(behind->node, 2, 16),
			 RAFT_OK);
	assert_int_equal(behind->trimmed, 0);
	run(20);
	assert_int_equal(behind->installs, 1);
	assert_int_equal(behind->trimmed, 22);
}

/* ---------------------------------------------------------------- reads */

static void
a_read_ends_once_with_what_it_names_applied(void **state)
{
	struct server *leader = start(NODES);
	struct server *follower = &fixture.servers[1];
	uint64_t here, there;

	(void)state;
	propose_numbers(leader, 0, 1, 8);
	run(10);
	assert_int_equal(leader->committed, 1);
	here = read_at(leader);
	there = read_at(follower);
	run(10);
	assert_int_equal(leader->ends[here], 1);
	assert_int_equal(leader->read_index[here], 3);
	assert_int_equal(follower->ends[there], 1);
	assert_int_equal(follower->read_index[there], 3);
}

/* Entry 3 is shown to the machine and read about in the same duties. */
static void
a_read_that_comes_with_its_entry_ends_after_it(void **state)
{
	struct server *only = start(1);
	uint64_t read;

	(void)state;
	only->flush_says_nothing = true;
	propose_numbers(only, 0, 1, 8);
	run(2);
	raft_node_saved(only->node, only->token);
	read = read_at(only);
	raft_node_turn(only->node, fixture.now);
	assert_int_equal(only->ends[read], 1);
	assert_int_equal(only->read_index[read], 3);
}

static void
a_read_waits_for_a_machine_that_applies_later(void **state)
{
	struct server *leader = start(NODES);
	struct server *late = &fixture.servers[1];
	long at_rest;
	uint64_t read;

	(void)state;
	propose_numbers(leader, 0, 1, 8);
	read = read_at(late);
	run(10);
	at_rest = fixture.memory.alive;
	late->apply_later = true;
	propose_numbers(leader, 1, 1, 8);
	run(10);
	read = read_at(late);
	run(10);
	assert_int_equal(late->applied_count, 4);
	assert_int_equal(late->ends[read], 0);
	report(late);
	assert_int_equal(late->ends[read], 0);
	assert_true(raft_node_deadline(late->node) <= fixture.now);
	raft_node_turn(late->node, fixture.now);
	assert_int_equal(late->ends[read], 1);
	assert_int_equal(late->read_index[read], 4);
	assert_int_equal(fixture.memory.alive, at_rest);
	run(10);
	assert_int_equal(late->ends[read], 1);
}

static void
a_read_without_its_leader_ends_as_lost(void **state)
{
	struct server *cut = &fixture.servers[1];
	uint64_t read;

	(void)state;
	start(NODES);
	cut->cut = true;
	read = read_at(cut);
	run(1000);
	assert_int_equal(cut->ends[read], 1);
	assert_int_equal(cut->read_index[read], 0);
}

/* The machine may never get as far as the read asks. */
static void
a_read_of_a_member_that_stops_ends_as_lost(void **state)
{
	struct server *leader = start(NODES);
	uint64_t read;

	(void)state;
	leader->apply_later = true;
	propose_numbers(leader, 0, 1, 8);
	run(10);
	read = read_at(leader);
	run(10);
	assert_int_equal(leader->ends[read], 0);
	raft_node_log_failed(leader->node);
	run(1);
	assert_int_equal(leader->ends[read], 1);
	assert_int_equal(leader->read_index[read], 0);
}

static void
reads_without_a_place_to_wait_end_as_lost(void **state)
{
	struct server *only = start(1);
	uint64_t read, first, last = 0;
	int lost = 0;

	(void)state;
	only->apply_later = true;
	propose_numbers(only, 0, 1, 8);
	run(1);
	fixture.memory.refuse_bytes = 16 * sizeof(struct raft_read);
	first = read_at(only);
	run(1);
	assert_int_equal(only->ends[first], 1);
	assert_int_equal(only->read_index[first], 0);
	fixture.memory.refuse_bytes = 0;
	while (last < first + 5000) {
		last = read_at(only);
		run(last % 100 == 0);
	}
	run(1);
	for (read = first + 1; read <= last; read++)
		lost += only->ends[read];
	assert_int_equal(lost, 5000 - 4096);
	report(only);
	run(1);
	for (read = first + 1; read <= last; read++)
		assert_int_equal(only->ends[read], 1);
}

static void
reads_that_wait_are_not_told_when_the_node_goes(void **state)
{
	struct server *only = start(1);
	uint64_t read;

	(void)state;
	only->apply_later = true;
	propose_numbers(only, 0, 1, 8);
	run(1);
	read = read_at(only);
	run(1);
	raft_node_destroy(only->node);
	only->node = NULL;
	assert_int_equal(only->ends[read], 0);
}

/* machine_read() checks that the index was applied; here that it is no older
 * than what any server had been told as committed when the read was asked. */
static void
no_read_misses_what_was_committed_before_it(void **state)
{
	static uint64_t floor[NODES][READS_MAX], asked[NODES];
	struct server *leader = start(NODES);
	const char *fixed = getenv("RAFT_SEED");
	unsigned int seed = fixed != NULL ? (unsigned int)atoi(fixed)
					  : (unsigned int)getpid();
	uint64_t read;
	size_t i, step;

	(void)state;
	print_message("again: ./run test --test_env=RAFT_SEED=%u "
		      "//tests/unit:node_test\n", seed);
	srand(seed);
	fixture.message_bytes_max = 512;
	for (step = 0; step < 3000; step++) {
		struct server *s = &fixture.servers[rand() % NODES];

		i = (size_t)(s - fixture.servers);
		switch (rand() % 6) {
		case 0:
			propose(leader, "x", 40);
			break;
		case 1:
			floor[i][asked[i] = read_at(s)] = 2 + leader->committed;
			break;
		case 2:
			s->apply_later = !s->apply_later;
			break;
		case 3:
			report(s);
			break;
		default:
			run_once();
		}
	}
	for (step = 0; step < 400; step++) {
		for (i = 0; i < NODES; i++) {
			fixture.servers[i].apply_later = false;
			report(&fixture.servers[i]);
		}
		run_once();
	}
	for (i = 0; i < NODES; i++)
		for (read = 1; read <= asked[i]; read++) {
			const struct server *s = &fixture.servers[i];

			if (floor[i][read] == 0)
				continue;
			assert_int_equal(s->ends[read], 1);
			assert_true(s->read_index[read] >= floor[i][read]);
		}
}

/* --------------------------------------------------------------- memory */

static void
nothing_is_allocated_in_the_steady_state(void **state)
{
	struct server *leader = start(NODES);
	long allocations;
	size_t i;

	(void)state;
	for (i = 0; i < 20; i++) {
		propose_numbers(leader, 20 * i, 20, 8);
		run(5);
	}
	allocations = fixture.memory.allocations;
	for (; i < 100; i++) {
		propose_numbers(leader, 20 * i, 20, 8);
		run(5);
	}
	assert_int_equal(fixture.memory.allocations, allocations);
	assert_applied_everywhere(2000);
}

static void
without_memory_for_many_entries_fewer_are_sent(void **state)
{
	struct server *leader = start(NODES);

	(void)state;
	fixture.memory.refuse_bytes = 100 * sizeof(struct raft_entry);
	propose_numbers(leader, 0, 100, 8);
	run_once();
	assert_in_range(leader->longest_append, 1, 99);
	run(20);
	assert_applied_everywhere(100);
}

static void
a_node_that_cannot_be_made_leaves_nothing_behind(void **state)
{
	struct server *s = &fixture.servers[0];
	enum raft_result result = RAFT_NO_MEMORY;
	long n;

	(void)state;
	for (n = 0; result == RAFT_NO_MEMORY; n++) {
		assert_int_equal(fixture.memory.alive, 0);
		fixture.memory.refuse_after = n;
		result = create(s, &machine_table);
		assert_true((result == RAFT_OK) == (s->node != NULL));
	}
	assert_int_equal(result, RAFT_OK);
	assert_true(n > 2);
	raft_node_destroy(s->node);
	raft_node_destroy(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(proposals_are_applied_in_order_on_all),
		TEST(many_proposals_cost_one_write_and_one_append_a_peer),
		TEST(no_more_is_shown_until_the_machine_has_applied),
		TEST(the_machine_may_report_within_its_call),
		TEST(a_machine_without_functions_is_not_called),
		TEST(what_is_not_durable_is_not_applied),
		TEST(a_failed_log_stops_the_member),
		TEST(a_log_that_lost_what_was_committed_stops_the_member),
		TEST(appends_are_kept_below_their_bytes_and_all_arrives),
		TEST(the_largest_entry_goes_alone),
		TEST(what_cannot_be_read_is_not_sent),
		TEST(a_turn_is_bounded_and_says_when_more_is_left),
		TEST(a_thousand_entries_are_applied_at_once_and_no_more),
		TEST(a_new_node_and_every_report_want_a_turn),
		TEST(a_snapshot_trims_the_log),
		TEST(who_needs_what_was_dropped_loads_the_snapshot),
		TEST(parts_that_come_together_cost_one_flush),
		TEST(nothing_is_applied_until_the_snapshot_is_loaded),
		TEST(a_snapshot_is_loaded_once_the_machine_is_idle),
		TEST(a_part_that_cannot_be_read_is_not_sent),
		TEST(what_was_not_made_durable_is_not_loaded),
		TEST(what_a_peer_finds_damaged_is_read_back_and_replaced),
		TEST(what_is_sound_after_all_is_sent_again),
		TEST(snapshots_need_not_be_read_back),
		TEST(time_does_not_go_back),
		TEST(a_snapshot_that_cannot_be_installed_stops_the_member),
		TEST(without_snapshots_a_peer_is_stranded),
		TEST(an_old_snapshot_does_not_trim_a_log_that_is_replaced),
		TEST(a_read_ends_once_with_what_it_names_applied),
		TEST(a_read_that_comes_with_its_entry_ends_after_it),
		TEST(a_read_waits_for_a_machine_that_applies_later),
		TEST(a_read_without_its_leader_ends_as_lost),
		TEST(a_read_of_a_member_that_stops_ends_as_lost),
		TEST(reads_without_a_place_to_wait_end_as_lost),
		TEST(reads_that_wait_are_not_told_when_the_node_goes),
		TEST(no_read_misses_what_was_committed_before_it),
		TEST(nothing_is_allocated_in_the_steady_state),
		TEST(without_memory_for_many_entries_fewer_are_sent),
		TEST(a_node_that_cannot_be_made_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
