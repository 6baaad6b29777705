/*
 * Entries that the log has and cannot read are fetched from other servers.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The member knows index and term of each entry: so it votes as it did, and the bytes are
 * determined by the two (docs/decisions/0062-entries-that-are-fetched-again.md). What it
 * says of an entry that is not known to be committed is another matter: that it has it
 * would be a new promise. Until it has it again no acknowledgement that covers it goes
 * out, and this member does not go on leading.
 */
#include "assists/node/inside.h"

/** Another one is asked after so long, and twice as long each time that nothing came. */
#define ASK_US 200000
#define ASK_US_MAX 1600000
/** From the last one that came until it is done without. */
#define FETCH_US 10000000
#define ROOM_MIN 64
/** A disk that has lost more is not to be mended. */
#define LOST_MAX 4096

static uint64_t
patience(const struct raft_node *node)
{
	return node->options.fetch_us != 0 ? node->options.fetch_us : FETCH_US;
}

static size_t
find(const struct lost *lost, uint64_t index)
{
	size_t i = 0;

	while (i < lost->count && lost->list[i].index != index)
		i++;
	return i;
}

bool
raft__node_is_lost(const struct raft_node *node, uint64_t index)
{
	return find(&node->lost, index) < node->lost.count;
}

bool
raft__node_waits_for(struct raft_node *node, uint64_t index)
{
	if (!raft__node_is_lost(node, index))
		return false;
	node->lost.is_wanted = true;
	return !node->lost.is_given_up;
}

/* One of them lies in first .. last. */
static bool
has_lost(const struct lost *lost, uint64_t first, uint64_t last)
{
	for (size_t i = 0; i < lost->count; i++)
		if (lost->list[i].index >= first && lost->list[i].index <= last)
			return true;
	return false;
}

bool
raft__node_withholds(struct raft_node *node, const struct raft_message *message)
{
	struct raft_status status;
	uint64_t match;

	if (message->kind == RAFT_MESSAGE_APPEND_ANSWER)
		match = message->append_answer.match_index;
	else if (message->kind == RAFT_MESSAGE_SNAPSHOT_ANSWER)
		match = message->snapshot_answer.match_index;
	else
		return false;
	raft_status(node->raft, &status);
	if (!has_lost(&node->lost, status.commit_index + 1, match))
		return false;
	node->lost.is_withheld = true;
	return true;
}

/* ------------------------------------------------------------------ the list */

static bool
make_room(struct raft_node *node)
{
	struct lost *lost = &node->lost;
	size_t room = lost->room == 0 ? ROOM_MIN : 2 * lost->room;
	struct raft_entry_id *list;

	if (lost->count < lost->room)
		return true;
	if (room > LOST_MAX)
		return false;
	list = node->allocator.resize(node->allocator.context, lost->list,
				      room * sizeof(*list));
	if (list == NULL)
		return false;
	lost->list = list;
	lost->room = room;
	return true;
}

static void
note(struct raft_node *node, struct raft_entry_id id)
{
	struct lost *lost = &node->lost;
	size_t at = find(lost, id.index);

	if (at == lost->count && !make_room(node))
		return;
	if (lost->count == 0) {
		lost->since = node->now;
		lost->ask_at = node->now;
		lost->pause = ASK_US;
	}
	lost->list[at] = id;
	lost->count += at == lost->count;
}

void
raft_node_lost(struct raft_node *node, const struct raft_entry_id *entries,
	       size_t count)
{
	if (node->options.fetch == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		note(node, entries[i]);
	node->busy = true;
}

/* Those of first .. last. */
static void
forget(struct lost *lost, uint64_t first, uint64_t last)
{
	for (size_t i = lost->count; i-- > 0;)
		if (lost->list[i].index >= first && lost->list[i].index <= last)
			lost->list[i] = lost->list[--lost->count];
	if (lost->count > 0)
		return;
	lost->is_wanted = false;
	lost->is_withheld = false;
	lost->is_given_up = false;
	lost->has_handed_over = false;
}

void
raft__node_cut(struct raft_node *node, const struct raft_save *save)
{
	if (save->snapshot != NULL)
		forget(&node->lost, 0, UINT64_MAX);
	else if (save->truncate_from != 0)
		forget(&node->lost, save->truncate_from, UINT64_MAX);
}

void
raft_node_fetched(struct raft_node *node, const struct raft_entry *entry)
{
	const struct lost *lost = &node->lost;
	const struct raft_node_log *log = node->options.log;
	size_t at = find(lost, entry->index);
	bool is_one = entry->kind >= RAFT_ENTRY_NOOP &&
		      entry->kind <= RAFT_ENTRY_CONFIGURATION;

	if (is_one && at < lost->count && lost->list[at].term == entry->term &&
	    log->mend != NULL)
		log->mend(node->options.log_context, entry);
	node->busy = true;
}

void
raft_node_mended(struct raft_node *node, uint64_t index)
{
	struct lost *lost = &node->lost;

	if (!raft__node_is_lost(node, index))
		return;
	lost->since = node->now;
	if (lost->ask_at > node->now + ASK_US)
		lost->ask_at = node->now + ASK_US;
	lost->pause = ASK_US;
	lost->is_given_up = false;
	forget(lost, index, index);
	node->busy = true;
}

bool
raft_node_look_up(struct raft_node *node, struct raft_entry_id id,
		  struct raft_entry *entry)
{
	if (node->options.log->read(node->options.log_context, id.index, 1, 0,
				    entry) != 1)
		return false;
	if (entry->index == id.index && entry->term == id.term)
		return true;
	raft_payload_release(&entry->payload);
	return false;
}

/* ------------------------------------------------------------------ fetching */

/* The machine waits for it. */
static bool
is_to_be_applied(const struct raft_node *node)
{
	return node->install.index == 0 &&
	       node->apply.last >= node->apply.first &&
	       raft__node_is_lost(node, node->apply.first);
}

/* What this member has said, or has to show its machine, it cannot do without; a peer can
 * do with a snapshot. */
static void
give_up(struct raft_node *node)
{
	struct lost *lost = &node->lost;
	const struct raft_node_log *log = node->options.log;
	size_t at = 0;

	lost->since = node->now;
	lost->is_given_up = true;
	if (is_to_be_applied(node))
		at = find(lost, node->apply.first);
	else if (!lost->is_withheld)
		return;
	if (log->give_up != NULL)
		log->give_up(node->options.log_context, lost->list[at]);
	node->apply.last = node->apply.first - 1;
	raft_log_failed(node->raft, node->now);
}

/* Whoever has it may lead instead: at once if this member would count itself for an entry
 * that it may not have, after half of its patience if it only keeps others waiting. */
static void
hand_over(struct raft_node *node, const struct raft_status *status)
{
	struct lost *lost = &node->lost;
	bool is_late = node->now - lost->since >= patience(node) / 2;

	if (status->role != RAFT_LEADER) {
		lost->has_handed_over = false;
		return;
	}
	if (lost->has_handed_over ||
	    !(has_lost(lost, status->commit_index + 1, UINT64_MAX) ||
	      (is_late && (lost->is_wanted || is_to_be_applied(node)))))
		return;
	lost->has_handed_over = true;
	(void)raft_step_down(node->raft, node->now);
}

static void
ask(struct raft_node *node)
{
	struct lost *lost = &node->lost;

	if (node->now < lost->ask_at)
		return;
	lost->ask_at = node->now + lost->pause;
	if (lost->pause < ASK_US_MAX)
		lost->pause *= 2;
	node->options.fetch(node->options.fetch_context, lost->list,
			    lost->count);
}

void
raft__node_fetch(struct raft_node *node)
{
	struct lost *lost = &node->lost;
	struct raft_status status;

	raft_status(node->raft, &status);
	/* What the log has trimmed nobody needs, nor does who has stopped. */
	forget(lost, 0, status.stopped ? UINT64_MAX : status.snapshot.index);
	if (lost->count == 0)
		return;
	hand_over(node, &status);
	if (node->now - lost->since >= patience(node))
		give_up(node);
	else
		ask(node);
}
