/*
 * Messages on their way: each direction between two nodes is a link that
 * delays, loses, doubles, orders, cuts and keeps back.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The receiver gets its own copy of the entries' bytes, in one block, as from a
 * real connection: nothing is shared between two nodes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/sim/world/world.h"

#define KINDS_ALL ((1u << SIM_KIND_COUNT) - 1)

static const char *const kinds[SIM_KIND_COUNT] = {
	"append", "append-answer", "vote", "vote-answer", "prevote",
	"prevote-answer", "snapshot", "timeout-now", "resign", "other",
};

static uint32_t
kind_of(const char *name)
{
	uint32_t kind = 0;

	while (kind < SIM_KIND_COUNT && strcmp(kinds[kind], name) != 0)
		kind++;
	return kind;
}

uint32_t
raft_sim_kind(const char *name)
{
	uint32_t kind = kind_of(name);

	return kind < SIM_KIND_COUNT ? 1u << kind : 0;
}

void
sim_message_release(struct sim_message *message)
{
	if (--message->references > 0)
		return;
	if (message->block != NULL && --message->block->references == 0)
		message->block->release(message->block);
	free(message->entries);
	free(message);
}

static void
list_add(struct sim_message_list *list, struct sim_message *message)
{
	list->messages = sim_grow(list->messages, &list->room, list->count + 1,
				  sizeof(struct sim_message *));
	list->messages[list->count++] = message;
	message->references++;
}

static void
list_clear(struct sim_message_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		sim_message_release(list->messages[i]);
	free(list->messages);
	*list = (struct sim_message_list){0};
}

static void
trace_message(struct raft_sim *sim, const char *what,
	      const struct sim_message *message, const char *why)
{
	char text[512];

	if (!sim_is_traced(sim))
		return;
	raft_message_print(text, sizeof(text), &message->message);
	sim_trace(sim, "%s #%" PRIu64 " %s%s", what, message->number, text,
		  why);
}

static void
tell(struct raft_sim *sim, const struct sim_message *message,
     enum raft_sim_fate fate)
{
	const struct raft_sim_hooks *hooks = &sim->options.hooks;

	if (hooks->message != NULL)
		hooks->message(hooks->context, sim->now, fate, message->number,
			       &message->message);
}

void
sim_network_drop(struct raft_sim *sim, const struct sim_message *message,
		 const char *why)
{
	trace_message(sim, "drop", message, why);
	tell(sim, message, RAFT_SIM_LOST);
}

/* -------------------------------------------------------------- sending */

/** An append ends with the last entry for which there is room; the first one
 *  goes in any case. Returns the bytes of all that go. */
static size_t
shorten(struct raft_append *append, const struct sim_log *log, uint64_t room)
{
	uint64_t first = append->previous.index + 1, named = append->last.index;
	size_t bytes = 0;

	for (uint64_t index = first; index <= named; index++) {
		const struct sim_log_entry *entry = sim_log_at(log, index);

		if (room != 0 && index > first &&
		    bytes + entry->payload.length > room)
			break;
		bytes += entry->payload.length;
		append->last = (struct raft_entry_id){ index, entry->term };
	}
	return bytes;
}

/**
 * Copy the entries that an append names, or those that fit, out of the sender's
 * log. False: its log no longer holds them.
 */
static bool
message_fill(struct sim_message *message, const struct sim_node *node)
{
	const struct sim_log *log = &node->disk.accepted;
	struct raft_append *append = &message->message.append;
	uint64_t first = append->previous.index + 1;
	const struct sim_log_entry *last = sim_log_at(log, append->last.index);
	struct sim_bytes *bytes;
	size_t length;

	if (append->last.index < first)
		return true;
	if (last == NULL || last->term != append->last.term)
		return false;
	length = shorten(append, log, node->sim->options.append_bytes_max);
	message->entry_count = append->last.index - append->previous.index;
	message->entries = sim_alloc(message->entry_count,
				     sizeof(*message->entries));
	bytes = sim_bytes_new(length);
	message->block = &bytes->block;
	length = 0;
	for (size_t i = 0; i < message->entry_count; i++) {
		const struct sim_log_entry *entry = sim_log_at(log, first + i);
		const struct raft_payload *payload = &entry->payload;

		if (payload->length > 0)
			memcpy(&bytes->data[length], payload->data,
			       payload->length);
		message->entries[i] = (struct raft_entry){
			.index = first + i,
			.term = entry->term,
			.kind = entry->kind,
			.payload = {&bytes->data[length], payload->length,
				    &bytes->block},
		};
		length += payload->length;
	}
	return true;
}

/** The same of a part of a snapshot: of its bytes, and of the configuration,
 *  which go into one block. */
static bool
message_fill_part(struct sim_message *message, const struct sim_node *node)
{
	const struct raft_snapshot_message *snapshot =
		&message->message.snapshot;
	struct raft_snapshot_content *content = &message->content;
	struct raft_payload part;
	struct sim_bytes *bytes;

	*content = *snapshot->content;
	message->message.snapshot.content = content;
	if (!sim_snapshot_read(node, snapshot, &part))
		return false;
	bytes = sim_bytes_new(part.length + content->configuration_length);
	message->block = &bytes->block;
	if (part.length > 0)
		memcpy(bytes->data, part.data, part.length);
	content->part = (struct raft_payload){bytes->data, part.length,
					      &bytes->block};
	if (content->configuration != NULL)
		content->configuration =
			memcpy(&bytes->data[part.length],
			       content->configuration,
			       content->configuration_length);
	raft_payload_release(&part);
	return true;
}

static uint64_t
message_bytes(const struct sim_message *message)
{
	uint64_t bytes = 64 + 24 * message->entry_count +
			 message->content.part.length +
			 message->content.configuration_length;

	for (size_t i = 0; i < message->entry_count; i++)
		bytes += message->entries[i].payload.length;
	return bytes;
}

static struct sim_message *
message_new(struct sim_node *node, const struct raft_message *send)
{
	struct sim_message *message = sim_alloc(1, sizeof(*message));
	uint32_t kind = kind_of(raft_message_name(send));

	message->references = 1;
	message->from = node->number;
	message->to = (uint32_t)send->to.id;
	message->kind = kind < SIM_KIND_COUNT ? kind : SIM_KIND_COUNT - 1;
	message->number = ++node->sim->messages_sent;
	message->message = *send;
	return message;
}

static void
arrive(struct raft_sim *sim, struct sim_message *message, uint64_t at)
{
	message->references++;
	sim_queue_push(&sim->queue, (struct sim_event){
					    .at = at,
					    .kind = SIM_EVENT_ARRIVAL,
					    .node = message->to,
					    .message = message,
				    });
}

static uint64_t
arrival_time(struct raft_sim *sim, struct sim_link *link)
{
	const struct raft_sim_range *latency = &link->settings.latency;
	uint64_t at = sim->now + sim_random_between(&sim->random,
						    latency->least_us,
						    latency->most_us);

	if (sim->options.fifo) {
		if (at < link->last_arrival)
			at = link->last_arrival;
		link->last_arrival = at;
	}
	return at;
}

static void
link_take(struct raft_sim *sim, struct sim_message *message)
{
	struct sim_link *link = sim_link_at(sim, message->from, message->to);

	if (link->cut & 1u << message->kind) {
		sim_network_drop(sim, message, " (cut)");
	} else if (link->held & 1u << message->kind) {
		trace_message(sim, "hold", message, "");
		list_add(&link->held_back, message);
	} else if (sim_random_chance(&sim->random, link->settings.loss)) {
		sim_network_drop(sim, message, " (lost)");
	} else {
		arrive(sim, message, arrival_time(sim, link));
		if (!sim_random_chance(&sim->random, link->settings.duplicate))
			return;
		trace_message(sim, "double", message, "");
		arrive(sim, message, arrival_time(sim, link));
	}
}

/** The log of whom a message goes to, if that one leads in its term. */
static const struct sim_log *
leaders_log(const struct sim_message *message, const struct raft_sim *sim)
{
	const struct sim_node *to = sim_node_at(sim, message->to);

	return to->up && to->status.role == RAFT_LEADER &&
			       to->status.term == message->message.term
		       ? &to->disk.accepted
		       : NULL;
}

/** What the checkers and the metrics see of a message that is sent. */
static void
message_observe(struct sim_node *node, const struct sim_message *message)
{
	struct raft_sim *sim = node->sim;
	const struct raft_message *sent = &message->message;

	raft_tally_count(&sim->metrics, RAFT_SIM_MESSAGES, 1);
	raft_tally_count(&sim->metrics, RAFT_SIM_BYTES,
			  message_bytes(message));
	sim_check_promise(&sim->verdict, sent, &node->disk.durable,
			  leaders_log(message, sim));
	sim_check_snapshots_promise(&sim->verdict, sent,
				    node->disk.received.last,
				    node->disk.received.stored);
	if (sent->kind == RAFT_MESSAGE_VOTE_ANSWER &&
	    sent->vote_answer.refusal == RAFT_REFUSAL_NONE)
		sim_check_votes_cast(&sim->checks.votes, &sim->verdict,
				     node->self, sent->vote_answer.asked_term,
				     sent->to);
	if (strcmp(kinds[message->kind], "prevote") == 0 &&
	    sent->extension.round != node->preliminary_round) {
		node->preliminary_round = sent->extension.round;
		raft_tally_count(&sim->metrics, RAFT_SIM_PRE_ELECTIONS, 1);
	}
}

/** An append's bytes count as in flight. */
static void
tell_sent(struct sim_node *node, const struct sim_message *message)
{
	size_t bytes = 0;

	if (message->entry_count == 0 ||
	    message->message.kind != RAFT_MESSAGE_APPEND)
		return;
	sim_health_sent(node, message);
	for (size_t i = 0; i < message->entry_count; i++)
		bytes += message->entries[i].payload.length;
	raft_append_sent(node->raft, message->to,
			 message->message.append.last.index, bytes,
			 sim_node_now(node));
}

void
sim_network_send(struct sim_node *node, const struct raft_message *send)
{
	struct raft_sim *sim = node->sim;
	struct sim_message *message;

	if (send->to.id == 0 || send->to.id > sim->node_count ||
	    send->to.id == node->number) {
		sim_accuse(&sim->verdict, "addresses",
			   "n%u sends to n%" PRIu64 ", which does not exist",
			   node->number, send->to.id);
		return;
	}
	message = message_new(node, send);
	if ((raft_message_has_entries(send) && !message_fill(message, node)) ||
	    (send->kind == RAFT_MESSAGE_SNAPSHOT &&
	     !message_fill_part(message, node))) {
		sim_network_drop(sim, message, " (unreadable)");
		if (send->kind != RAFT_MESSAGE_OFFER)
			raft_unreadable(node->raft, send->to.id,
					sim_node_now(node));
	} else {
		trace_message(sim, "send", message, "");
		tell(sim, message, RAFT_SIM_SENT);
		message_observe(node, message);
		link_take(sim, message);
		tell_sent(node, message);
	}
	sim_message_release(message);
}

/* ------------------------------------------------------------- arriving */

static void
link_remember(struct sim_link *link, struct sim_message *message)
{
	struct sim_message_list *list = &link->delivered[message->kind];
	size_t leaves = 0;

	/* One that comes again moves to the end; else the oldest leaves. */
	if (message->delivered != 0)
		while (leaves < list->count &&
		       list->messages[leaves] != message)
			leaves++;
	else
		leaves = list->count;
	if (leaves == list->count && list->count == RAFT_SIM_REPLAY_MAX)
		leaves = 0;
	if (leaves < list->count) {
		sim_message_release(list->messages[leaves]);
		list->count--;
		memmove(&list->messages[leaves], &list->messages[leaves + 1],
			(list->count - leaves) * sizeof(struct sim_message *));
	}
	list_add(list, message);
}

void
sim_network_deliver(struct sim_node *node, struct sim_message *message)
{
	struct raft_sim *sim = node->sim;

	trace_message(sim, "deliver", message, "");
	tell(sim, message, RAFT_SIM_ARRIVED);
	sim_health_answered(node, message);
	link_remember(sim_link_at(sim, message->from, message->to), message);
	message->delivered = ++sim->messages_delivered;
	sim->shown_entries = sim_grow(sim->shown_entries, &sim->shown_room,
				      message->entry_count + 1,
				      sizeof(*sim->shown_entries));
	sim->shown = message->message;
	if (message->entry_count > 0) {
		memcpy(sim->shown_entries, message->entries,
		       message->entry_count * sizeof(*message->entries));
		sim->shown.append.entries = sim->shown_entries;
	}
	if (message->message.kind == RAFT_MESSAGE_SNAPSHOT) {
		sim->shown_content = message->content;
		sim->shown.snapshot.content = &sim->shown_content;
	}
	(void)raft_receive(node->raft, &sim->shown, sim_node_now(node));
	/* Borrowed until it returned: a pointer kept now points to nonsense. */
	memset(&sim->shown, SIM_POISON, sizeof(sim->shown));
	memset(&sim->shown_content, SIM_POISON, sizeof(sim->shown_content));
	memset(sim->shown_entries, SIM_POISON,
	       (message->entry_count + 1) * sizeof(*sim->shown_entries));
}

/* --------------------------------------------------------- closed links */

static void
close_arrives(struct raft_sim *sim, uint32_t from, uint32_t to, uint64_t at)
{
	sim_queue_push(&sim->queue, (struct sim_event){
					    .at = at,
					    .kind = SIM_EVENT_CLOSED,
					    .node = to,
					    .from = from,
				    });
}

void
sim_network_close(struct sim_node *node)
{
	struct raft_sim *sim = node->sim;

	for (uint32_t to = 1; to <= sim->node_count; to++) {
		struct sim_link *link = sim_link_at(sim, node->number, to);

		if (to == node->number || link->cut == KINDS_ALL)
			continue;
		if (link->held == KINDS_ALL)
			link->close_held = true;
		else
			close_arrives(sim, node->number, to,
				      arrival_time(sim, link));
	}
}

/* ---------------------------------------------------------------- verbs */

/** A statement is of all kinds, or of one. `after` ends it. */
static void
say_link(struct raft_sim *sim, const char *verb, uint32_t from, uint32_t to,
	 uint32_t which, const char *after)
{
	bool all = (which & KINDS_ALL) == KINDS_ALL;

	for (uint32_t kind = 0; kind < (all ? 1 : SIM_KIND_COUNT); kind++)
		if (which & 1u << kind)
			sim_verb(sim, "", "%s n%u -> n%u%s%s%s", verb, from, to,
				 all ? "" : " only ", all ? "" : kinds[kind],
				 after);
}

void
raft_sim_cut(struct raft_sim *sim, uint32_t from, uint32_t to, uint32_t which)
{
	say_link(sim, "cut", from, to, which, "");
	if (from != to)
		sim_link_at(sim, from, to)->cut |= which & KINDS_ALL;
}

void
raft_sim_hold(struct raft_sim *sim, uint32_t from, uint32_t to, uint32_t which)
{
	say_link(sim, "hold", from, to, which, "");
	if (from != to)
		sim_link_at(sim, from, to)->held |= which & KINDS_ALL;
}

static uint32_t
told_kinds(uint32_t which)
{
	return which == KINDS_ALL ? RAFT_SIM_EVERY_KIND : which;
}

uint32_t
raft_sim_cut_kinds(const struct raft_sim *sim, uint32_t from, uint32_t to)
{
	return told_kinds(sim_link_at(sim, from, to)->cut);
}

uint32_t
raft_sim_held_kinds(const struct raft_sim *sim, uint32_t from, uint32_t to)
{
	return told_kinds(sim_link_at(sim, from, to)->held);
}

static void
release(struct raft_sim *sim, uint32_t from, uint32_t to, uint32_t which)
{
	struct sim_link *link = sim_link_at(sim, from, to);
	struct sim_message_list *list = &link->held_back;
	size_t kept = 0;

	link->held &= ~which;
	for (size_t i = 0; i < list->count; i++) {
		struct sim_message *message = list->messages[i];

		if (which & 1u << message->kind) {
			arrive(sim, message, sim->now);
			sim_message_release(message);
		} else {
			list->messages[kept++] = message;
		}
	}
	list->count = kept;
	if (link->close_held)
		close_arrives(sim, from, to, sim->now);
	link->close_held = false;
}

void
raft_sim_release(struct raft_sim *sim, uint32_t from, uint32_t to,
		 uint32_t which)
{
	say_link(sim, "release", from, to, which, "");
	release(sim, from, to, which);
}

static void
heal(struct raft_sim *sim, uint32_t from, uint32_t to)
{
	struct sim_link *link = sim_link_at(sim, from, to);

	link->cut = 0;
	release(sim, from, to, RAFT_SIM_EVERY_KIND);
}

void
raft_sim_heal(struct raft_sim *sim, uint32_t from, uint32_t to)
{
	sim_verb(sim, "", "heal n%u -> n%u", from, to);
	heal(sim, from, to);
}

void
raft_sim_heal_all(struct raft_sim *sim)
{
	sim_verb(sim, "", "heal all");
	for (uint32_t from = 1; from <= sim->node_count; from++)
		for (uint32_t to = 1; to <= sim->node_count; to++)
			heal(sim, from, to);
}

struct raft_sim_link
raft_sim_link(const struct raft_sim *sim, uint32_t from, uint32_t to)
{
	return sim_link_at(sim, from, to)->settings;
}

/** 34567 -> "3.4567%". */
static const char *
print_share(char text[16], uint32_t millionths)
{
	snprintf(text, 16, "%u.%04u%%", millionths / 10000,
		 millionths % 10000);
	return text;
}

void
raft_sim_set_link(struct raft_sim *sim, uint32_t from, uint32_t to,
		  const struct raft_sim_link *settings)
{
	char loss[16], duplicate[16];

	sim_verb(sim, "",
		 "link n%u -> n%u latency %" PRIu64 "us..%" PRIu64
		 "us loss %s duplicate %s",
		 from, to, settings->latency.least_us,
		 settings->latency.most_us, print_share(loss, settings->loss),
		 print_share(duplicate, settings->duplicate));
	sim_link_at(sim, from, to)->settings = *settings;
}

void
raft_sim_default_link(struct raft_sim *sim, uint32_t from, uint32_t to)
{
	sim_verb(sim, "", "link n%u -> n%u default", from, to);
	sim_link_at(sim, from, to)->settings = sim->options.link;
}

void
raft_sim_default_links(struct raft_sim *sim)
{
	sim_verb(sim, "", "link all -> all default");
	for (size_t i = 0; i < (size_t)sim->node_count * sim->node_count; i++)
		sim->links[i].settings = sim->options.link;
}

static int
compare_delivered(const void *one, const void *other)
{
	const struct sim_message *const *a = one;
	const struct sim_message *const *b = other;

	return (*a)->delivered < (*b)->delivered ? -1
	       : (*a)->delivered > (*b)->delivered;
}

size_t
raft_sim_replay(struct raft_sim *sim, uint32_t from, uint32_t to,
		uint32_t which, size_t count)
{
	struct sim_link *link = sim_link_at(sim, from, to);
	struct sim_message *found[SIM_KIND_COUNT * RAFT_SIM_REPLAY_MAX];
	size_t found_count = 0;
	char after[24];

	snprintf(after, sizeof(after), " %zu", count);
	say_link(sim, "replay", from, to, which, after);
	for (uint32_t kind = 0; kind < SIM_KIND_COUNT; kind++)
		for (size_t i = 0; i < link->delivered[kind].count; i++)
			if (which & 1u << kind)
				found[found_count++] =
					link->delivered[kind].messages[i];
	qsort(found, found_count, sizeof(found[0]), compare_delivered);
	if (count > found_count)
		count = found_count;
	for (size_t i = found_count - count; i < found_count; i++)
		arrive(sim, found[i], sim->now);
	return count;
}

void
sim_network_free(struct raft_sim *sim)
{
	for (size_t i = 0; i < (size_t)sim->node_count * sim->node_count; i++) {
		list_clear(&sim->links[i].held_back);
		sim_carried_clear(&sim->links[i].carried);
		for (uint32_t kind = 0; kind < SIM_KIND_COUNT; kind++)
			list_clear(&sim->links[i].delivered[kind]);
	}
	free(sim->links);
	free(sim->shown_entries);
}
