/*
 * What happened while all was visited: what never did was not checked.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Steps are counted by the library's own names, in capitals, of why a role began
 * and why a vote was refused, and by a few words of the checker's; states by how
 * many lead and campaign. A step is counted as often as it is taken, which may
 * lead to a state that was seen before.
 */
#include <string.h>

#include "tests/model/model.h"

/** Reasons come first, then refusals, then words of our own. */
#define FIRST_REFUSAL 32
#define FIRST_WORD MARK_COMMITTED

static const char *const words[MARKS - FIRST_WORD] = {
	[MARK_COMMITTED - FIRST_WORD] = "committed",
	[MARK_LOST - FIRST_WORD] = "lost",
	[MARK_UNKNOWN - FIRST_WORD] = "unknown",
	[MARK_READ - FIRST_WORD] = "read",
	[MARK_READ_LOST - FIRST_WORD] = "read-lost",
	[MARK_DROPPED - FIRST_WORD] = "conflict",
	[MARK_LOSSES - FIRST_WORD] = "loss",
	[MARK_TWICE - FIRST_WORD] = "twice",
	[MARK_LATE - FIRST_WORD] = "late",
	[MARK_COMPACTED - FIRST_WORD] = "compaction",
	[MARK_SENT - FIRST_WORD] = "snapshot",
	[MARK_INSTALLED - FIRST_WORD] = "install",
	[MARK_JOINT - FIRST_WORD] = "joint",
	[MARK_CHANGED - FIRST_WORD] = "change",
	[MARK_HANDED_OVER - FIRST_WORD] = "hand-over",
	[MARK_AHEAD - FIRST_WORD] = "ahead",
	[MARK_LEADER - FIRST_WORD] = "leader",
	[MARK_CANDIDATES - FIRST_WORD] = "candidates",
	[MARK_LEADERS - FIRST_WORD] = "leaders",
};

static size_t counts[MARKS];

static const char *
word_of(unsigned int bit)
{
	if (bit < FIRST_REFUSAL)
		return raft_reason_name((enum raft_reason)bit);
	if (bit < FIRST_WORD)
		return raft_refusal_name(
		    (enum raft_refusal)(bit - FIRST_REFUSAL));
	return words[bit - FIRST_WORD];
}

/* --------------------------------------------------------------- steps */

static uint64_t
reached_by_role(const struct raft_event *event, bool is_permitted)
{
	uint64_t marks = mark(event->reason);

	if (event->reason == RAFT_REASON_ELECTED && is_permitted)
		marks |= mark(MARK_HANDED_OVER);
	return marks;
}

uint64_t
reached_by_event(const struct raft_event *event, const struct disk *disk,
		 bool is_permitted)
{
	switch (event->kind) {
	case RAFT_EVENT_ROLE:
		return reached_by_role(event, is_permitted);
	case RAFT_EVENT_SNAPSHOT_SENT:
		return mark(MARK_SENT);
	case RAFT_EVENT_SNAPSHOT_INSTALLED:
		return mark(MARK_INSTALLED);
	case RAFT_EVENT_CONFIGURATION_COMMITTED:
		/* The first one is no change. */
		if (event->index <= 1)
			return 0;
		return mark(payload_at(disk->at[event->index].payload)->joint
				? MARK_JOINT
				: MARK_CHANGED);
	case RAFT_EVENT_STOPPED:
	case RAFT_EVENT_REMOVED:
		return mark(event->kind == RAFT_EVENT_REMOVED
				? RAFT_REASON_REMOVED
				: event->reason);
	default:
		return 0;
	}
}

/** Why it refuses a vote, or a preliminary one. */
uint64_t
reached_by_message(const struct raft_message *message)
{
	unsigned int refusal = RAFT_REFUSAL_NONE;

	if (message->kind == RAFT_MESSAGE_VOTE_ANSWER)
		refusal = message->vote_answer.refusal;
	else if (message->kind == RAFT_MESSAGE_EXTENSION &&
		 strcmp(raft_message_name(message), "prevote-answer") == 0)
		refusal = message->extension.bytes[0];
	return refusal == RAFT_REFUSAL_NONE ? 0 : mark(FIRST_REFUSAL + refusal);
}

void
reached_step(uint64_t marks)
{
	for (; marks != 0; marks &= marks - 1)
		counts[__builtin_ctzll(marks)]++;
}

/* -------------------------------------------------------------- states */

void
reached_state(const struct world *world)
{
	unsigned int leaders = 0, candidates = 0;

	for (unsigned int id = 1; id <= bounds.servers; id++) {
		uint8_t role = member_facts(world->members[id - 1])->role;

		leaders += role == RAFT_LEADER;
		candidates += role == RAFT_CANDIDATE;
	}
	counts[MARK_LEADER] += leaders > 0;
	counts[MARK_LEADERS] += leaders > 1;
	counts[MARK_CANDIDATES] += candidates > 1;
}

/* --------------------------------------------------------------- words */

void
reached_print(FILE *file)
{
	fprintf(file,
		"    of the states: %zu leader, %zu leaders, "
		"%zu candidates\n    of the steps:",
		counts[MARK_LEADER], counts[MARK_LEADERS],
		counts[MARK_CANDIDATES]);
	for (unsigned int bit = 0; bit < MARK_LEADER; bit++)
		if (counts[bit] > 0)
			fprintf(file, " %zu %s", counts[bit], word_of(bit));
	fprintf(file, "\n");
}

static bool
is_named(const char *word, const char *name, size_t length)
{
	return word != NULL && strlen(word) == length &&
	       memcmp(word, name, length) == 0;
}

bool
build_has(const char *name, size_t length)
{
	const char *build = raft_build();

	while (*build != '\0') {
		size_t own = strcspn(build, "+");

		if (own == length && memcmp(build, name, length) == 0)
			return true;
		build += own + (build[own] == '+');
	}
	return false;
}

static bool
is_reached(const char *name, size_t length)
{
	unsigned int known = 0;
	size_t count = 0;

	for (unsigned int bit = 0; bit < MARKS; bit++)
		if (is_named(word_of(bit), name, length)) {
			known++;
			count += counts[bit];
		}
	must(known > 0);
	return count > 0;
}

bool
reached_all(const char *wanted)
{
	bool all = true;

	while (wanted != NULL && *wanted != '\0') {
		size_t length = strcspn(wanted, " "),
		       module = strcspn(wanted, ":");
		const char *next = wanted + length + (wanted[length] == ' ');

		if (module < length && build_has(wanted, module)) {
			wanted += module + 1;
			length -= module + 1;
			module = length;
		}
		if (module >= length && !is_reached(wanted, length)) {
			printf("not reached: %.*s\n", (int)length, wanted);
			all = false;
		}
		wanted = next;
	}
	return all;
}
