/*
 * The node: carries out what a core owes, with the user's log, transport and
 * state machine.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A turn is rounds: take the duties, save, send, flush, apply, tell. A log that
 * reports within flush() makes the core owe more, which the next round carries
 * out. The rounds of a turn are bounded, and so is what one of them applies, so
 * that the user's loop gets its turn; what is left over makes the deadline now.
 * A read whose index has not been applied waits for a later round.
 *
 * Entries pass through one array that is kept. Every payload that the log hands
 * out is released once it was sent or shown, before the next is read.
 */
#include <stdlib.h>
#include <string.h>

#include "assists/node/inside.h"
#include "assists/wire/wire.h"

#define ROUNDS_MAX 16
/** Entries for which there is room from the start, and reads from the first. */
#define ROOM_MIN 16
/** Entries applied in one round, at most. */
#define APPLY_MAX 1024
/** Reads that wait for the machine, at most: their room doubles. */
#define READS_MAX (ROOM_MIN << 8)
/** Payload read at once, at most, beyond a first entry: more would keep the
 *  machine, or a link, from all else for long. */
#define READ_BYTES_MAX ((size_t)1 << 20)

static void *
resize_by_libc(void *context, void *memory, size_t bytes)
{
	(void)context;
	if (bytes > 0)
		return realloc(memory, bytes);
	free(memory);
	return NULL;
}

/* ------------------------------------------------------------- reading */

/* Room for `count` entries, or for as many as memory allows: what does not fit
 * is read in a later round, so nothing has to fail. */
static size_t
make_room(struct raft_node *node, size_t count)
{
	struct raft_entry *entries;

	if (count <= node->room)
		return count;
	entries = node->allocator.resize(node->allocator.context,
					 node->entries,
					 count * sizeof(*entries));
	if (entries == NULL)
		return node->room;
	node->entries = entries;
	node->room = count;
	return count;
}

static void
release_entries(const struct raft_node *node, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		raft_payload_release(&node->entries[i].payload);
}

/* Read from `first` on, at most `count` entries and, beyond the first one, so
 * many bytes of payload; each is held. Returns how many; 0 also if what came back
 * is not what was asked for. */
static size_t
read_entries(struct raft_node *node, uint64_t first, size_t count, size_t bytes)
{
	size_t i, got;

	count = make_room(node, count);
	got = node->options.log->read(node->options.log_context, first, count,
				      bytes, node->entries);
	for (i = 0; i < got; i++)
		if (node->entries[i].index != first + i)
			break;
	if (i == got)
		return got;
	release_entries(node, got);
	return 0;
}

/* ------------------------------------------------------------- sending */

/* Whether the entries read are those that the append names, or the first of
 * them. The log cannot have changed since the core named them in this round,
 * unless it is broken; a peer must not pay for that. */
static bool
is_named(const struct raft_append *append, const struct raft_entry *last)
{
	return last->index < append->last.index ||
	       last->term == append->last.term;
}

/* What a message has room for, entries with all that the codec adds to them. */
static size_t
message_room(const struct raft_node *node)
{
	return node->options.message_bytes_max - node->options.message_overhead;
}

/* How many of the entries read go into one message, and their payload. */
static size_t
count_fitting(const struct raft_node *node, size_t count, size_t *payload)
{
	size_t i, entry, left = message_room(node);

	*payload = 0;
	for (i = 0; i < count; i++) {
		entry = node->entries[i].payload.length +
			node->options.entry_overhead;
		if (entry > left)
			break;
		left -= entry;
		*payload += node->entries[i].payload.length;
	}
	return i;
}

static size_t
read_to_send(struct raft_node *node, const struct raft_append *append)
{
	uint64_t named = append->last.index - append->previous.index;
	size_t room = message_room(node);
	size_t most = room / node->options.entry_overhead;

	return read_entries(node, append->previous.index + 1,
			    named < most ? (size_t)named : most,
			    room < READ_BYTES_MAX ? room : READ_BYTES_MAX);
}

/* Of an append, and of an offer, about which nothing is told: it may be lost. */
static void
send_entries(struct raft_node *node, struct raft_message message)
{
	struct raft_append *append = &message.append;
	bool is_append = message.kind == RAFT_MESSAGE_APPEND;
	size_t count = read_to_send(node, append), payload;
	size_t fitting = count_fitting(node, count, &payload);
	const struct raft_entry *last =
		fitting > 0 ? &node->entries[fitting - 1] : NULL;

	if (last == NULL || !is_named(append, last)) {
		if (is_append &&
		    !raft__node_waits_for(node, append->previous.index + 1))
			raft_unreadable(node->raft, message.to.id, node->now);
	} else {
		append->last = (struct raft_entry_id){ last->index,
						       last->term };
		append->entries = node->entries;
		node->options.transport->send(node->options.transport_context,
					      &message);
		if (is_append)
			raft_append_sent(node->raft, message.to.id, last->index,
					 payload, node->now);
	}
	release_entries(node, count);
}

static void
send_message(struct raft_node *node, const struct raft_message *message)
{
	if (node->lost.count > 0 && raft__node_withholds(node, message))
		return;
	if (raft_message_has_entries(message) &&
	    message->append.last.index > message->append.previous.index)
		send_entries(node, *message);
	else if (message->kind == RAFT_MESSAGE_SNAPSHOT &&
		 message->snapshot.content->part.length > 0)
		raft__node_send_part(node, message);
	else
		node->options.transport->send(node->options.transport_context,
					      message);
}

/* ------------------------------------------------------------ applying */

static bool
may_apply(const struct raft_node *node)
{
	return node->applying == 0 &&
	       (node->install.index != 0 ||
		(node->apply.last >= node->apply.first &&
		 !raft__node_is_lost(node, node->apply.first)));
}

static void
show_machine(struct raft_node *node, size_t count)
{
	const struct raft_node_machine *machine = node->options.machine;
	uint64_t last = node->apply.first + count - 1;

	node->apply.first = last + 1;
	node->applying = last;
	if (machine->apply(node->options.machine_context, node->entries, count))
		raft_node_applied(node, last);
}

static void
apply_some(struct raft_node *node)
{
	uint64_t left = node->apply.last - node->apply.first + 1;
	size_t count;

	if (node->install.index != 0) {
		raft__node_install(node);
		return;
	}
	if (node->options.machine->apply == NULL) {
		node->apply.first = node->apply.last + 1;
		raft_applied(node->raft, node->apply.last);
		return;
	}
	count = read_entries(node, node->apply.first,
			     left < APPLY_MAX ? (size_t)left : APPLY_MAX,
			     READ_BYTES_MAX);
	if (count > 0) {
		show_machine(node, count);
		release_entries(node, count);
		return;
	}
	/* It may be fetched. */
	if (raft__node_is_lost(node, node->apply.first))
		return;
	/* A log that has lost what it said was durable promises nothing. */
	node->apply.last = node->apply.first - 1;
	raft_log_failed(node->raft, node->now);
}

/* --------------------------------------------------------------- reads */

static void
tell_read(struct raft_node *node, uint64_t name, uint64_t index)
{
	const struct raft_read read = { .read = name, .index = index };

	node->options.machine->read(node->options.machine_context, &read);
}

/* Tell its end, if its index has been applied, or never need be: a member that
 * has stopped may not get so far. */
static bool
end_read(struct raft_node *node, const struct raft_read *read,
	 const struct raft_status *status)
{
	if (read->index <= status->applied_index)
		tell_read(node, read->read, read->index);
	else if (status->stopped)
		tell_read(node, read->read, 0);
	else
		return false;
	return true;
}

static bool
make_room_for_read(struct raft_node *node)
{
	size_t room = node->read_room == 0 ? ROOM_MIN : 2 * node->read_room;
	struct raft_read *reads;

	if (node->read_count < node->read_room)
		return true;
	if (room > READS_MAX)
		return false;
	reads = node->allocator.resize(node->allocator.context, node->reads,
				       room * sizeof(*reads));
	if (reads == NULL)
		return false;
	node->reads = reads;
	node->read_room = room;
	return true;
}

/* The reads of these duties: most end at once, having been applied with them. */
static void
take_reads(struct raft_node *node, const struct raft_duties *duties)
{
	struct raft_status status;
	size_t i;

	raft_status(node->raft, &status);
	for (i = 0; i < duties->read_count; i++) {
		if (end_read(node, &duties->reads[i], &status))
			continue;
		if (make_room_for_read(node))
			node->reads[node->read_count++] = duties->reads[i];
		else
			tell_read(node, duties->reads[i].read, 0);
	}
}

/* The reads that wait for what the machine has applied by now. */
static void
end_waiting_reads(struct raft_node *node)
{
	struct raft_status status;
	size_t i, left = 0;

	raft_status(node->raft, &status);
	for (i = 0; i < node->read_count; i++)
		if (!end_read(node, &node->reads[i], &status))
			node->reads[left++] = node->reads[i];
	node->read_count = left;
	if (left > 0)
		return;
	node->reads = node->allocator.resize(node->allocator.context,
					     node->reads, 0);
	node->read_room = 0;
}

/* --------------------------------------------------------------- turns */

static void
tell_machine(struct raft_node *node, const struct raft_duties *duties)
{
	const struct raft_node_machine *machine = node->options.machine;
	size_t i;

	for (i = 0; machine->outcome != NULL && i < duties->outcome_count; i++)
		machine->outcome(node->options.machine_context,
				 &duties->outcomes[i]);
	for (i = 0; machine->event != NULL && i < duties->event_count; i++)
		machine->event(node->options.machine_context,
			       &duties->events[i]);
}

/* What the machine is to do next. */
static void
note_committed(struct raft_node *node, const struct raft_duties *duties)
{
	/* What the log forgets cannot be shown any more: the snapshot that it
	 * begins behind covers it, and is to be loaded once that is durable. */
	if (duties->save != NULL && duties->save->snapshot != NULL)
		node->apply.last = node->apply.first - 1;
	if (duties->install.index != 0)
		node->install = duties->install;
	if (duties->verify.index != 0)
		node->verify = duties->verify;
	if (duties->apply.last < duties->apply.first)
		return;
	if (node->apply.last < node->apply.first)
		node->apply.first = duties->apply.first;
	node->apply.last = duties->apply.last;
}

static void
carry_out(struct raft_node *node, const struct raft_duties *duties)
{
	const struct raft_node_log *log = node->options.log;
	size_t i;

	if (duties->save != NULL) {
		raft__node_cut(node, duties->save);
		log->save(node->options.log_context, duties->save);
	}
	for (i = 0; i < duties->send_count; i++)
		send_message(node, &duties->send[i]);
	if (duties->save != NULL)
		log->flush(node->options.log_context);
	raft__node_store_parts(node, duties);
	note_committed(node, duties);
	if (may_apply(node))
		apply_some(node);
	if (duties->read_count > 0 && node->options.machine->read != NULL)
		take_reads(node, duties);
	tell_machine(node, duties);
}

void
raft_node_turn(struct raft_node *node, uint64_t now)
{
	struct raft_duties duties;
	int round;

	if (now > node->now)
		node->now = now;
	raft_expire(node->raft, node->now);
	if (node->verify.index != 0)
		raft__node_verify(node);
	if (node->lost.count > 0)
		raft__node_fetch(node);
	for (round = 0; round < ROUNDS_MAX; round++) {
		memset(&duties, 0, sizeof(duties));
		node->busy = false;
		if (node->read_count > 0)
			end_waiting_reads(node);
		node->busy |= raft_duties(node->raft, &duties) ||
			      may_apply(node);
		if (!node->busy)
			break;
		carry_out(node, &duties);
	}
	node->busy |= node->verify.index != 0;
}

uint64_t
raft_node_deadline(const struct raft_node *node)
{
	uint64_t deadline = raft_deadline(node->raft);

	if (node->busy)
		return node->now;
	return node->lost.count > 0 && node->lost.ask_at < deadline
		   ? node->lost.ask_at
		   : deadline;
}

/* ------------------------------------------------------------- reports */

void
raft_node_saved(struct raft_node *node, uint64_t token)
{
	raft_saved(node->raft, token, node->now);
	node->busy = true;
}

void
raft_node_log_failed(struct raft_node *node)
{
	raft_log_failed(node->raft, node->now);
	node->busy = true;
}

void
raft_node_applied(struct raft_node *node, uint64_t index)
{
	raft_applied(node->raft, index);
	if (index >= node->applying)
		node->applying = 0;
	node->busy = true;
}

/* ------------------------------------------------------------ lifetime */

/* What goes as an entry fits into a message, and so does a part of a snapshot
 * with a configuration, which the member keeps as small. */
static void
fill_in_sizes(struct raft_node_options *options)
{
	size_t overhead, payload = RAFT_PAYLOAD_BYTES_MAX;

	if (options->message_overhead == 0)
		options->message_overhead = RAFT_WIRE_MESSAGE_OVERHEAD;
	if (options->entry_overhead == 0)
		options->entry_overhead = RAFT_WIRE_ENTRY_OVERHEAD;
	overhead = options->message_overhead + options->entry_overhead;
	if (options->message_bytes_max == 0)
		options->message_bytes_max = overhead + payload;
	if (options->message_bytes_max - overhead < payload)
		payload = options->message_bytes_max - overhead;
	if (options->raft.payload_bytes_max == 0 ||
	    options->raft.payload_bytes_max > payload)
		options->raft.payload_bytes_max = (uint32_t)payload;
}

static bool
sizes_are_sound(const struct raft_node_options *options)
{
	const size_t least = RAFT_NODE_MESSAGE_BYTES_MIN;

	return (options->message_bytes_max == 0 ||
		options->message_bytes_max >= least) &&
	       options->message_overhead <= least / 4 &&
	       options->entry_overhead <= least / 4 &&
	       options->raft.payload_bytes_max <= RAFT_PAYLOAD_BYTES_MAX;
}

static struct raft_node *
make_node(const struct raft_node_options *options, uint64_t now)
{
	struct raft_allocator allocator = { NULL, resize_by_libc };
	struct raft_node *node;

	if (options->raft.allocator != NULL)
		allocator = *options->raft.allocator;
	node = allocator.resize(allocator.context, NULL, sizeof(*node));
	if (node == NULL)
		return NULL;
	*node = (struct raft_node){
		.options = *options,
		.allocator = allocator,
		.now = now,
		.busy = true,
		.apply = { .first = 1, .last = 0 },
	};
	fill_in_sizes(&node->options);
	if (make_room(node, ROOM_MIN) == ROOM_MIN)
		return node;
	raft_node_destroy(node);
	return NULL;
}

enum raft_result
raft_node_create(const struct raft_node_options *options,
		 const struct raft_stored *stored, uint64_t now,
		 struct raft_node **node)
{
	enum raft_result result;

	*node = NULL;
	if (!sizes_are_sound(options))
		return RAFT_INVALID;
	*node = make_node(options, now);
	if (*node == NULL)
		return RAFT_NO_MEMORY;
	result = raft_start(&(*node)->options.raft, stored, now,
			    &(*node)->raft);
	if (result == RAFT_OK)
		return RAFT_OK;
	raft_node_destroy(*node);
	*node = NULL;
	return result;
}

void
raft_node_destroy(struct raft_node *node)
{
	struct raft_allocator allocator;

	if (node == NULL)
		return;
	allocator = node->allocator;
	raft_destroy(node->raft);
	allocator.resize(allocator.context, node->lost.list, 0);
	allocator.resize(allocator.context, node->reads, 0);
	allocator.resize(allocator.context, node->entries, 0);
	allocator.resize(allocator.context, node, 0);
}

struct raft *
raft_node_raft(struct raft_node *node)
{
	return node->raft;
}
