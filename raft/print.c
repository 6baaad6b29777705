/*
 * Names and texts: every result, reason and message as words, the same on every
 * machine, shared by logs, traces and tests.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raft/raft_hooks.h"
#include "raft/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NAME(name, text) #name,
#define TEXT(name, text) text,

/** A table of one column of an X-list, and the function that reads it. */
#define LOOKUP(function, type, list, column)                                   \
	const char *function(type value)                                       \
	{                                                                      \
		static const char *const table[] = { list(column) };           \
                                                                               \
		if ((size_t)value >= sizeof(table) / sizeof(table[0]))         \
			return "unknown";                                      \
		return table[value];                                           \
	}

LOOKUP(raft_result_name, enum raft_result, RAFT_RESULTS, NAME)
LOOKUP(raft_result_text, enum raft_result, RAFT_RESULTS, TEXT)
LOOKUP(raft_refusal_name, enum raft_refusal, RAFT_REFUSALS, NAME)
LOOKUP(raft_refusal_text, enum raft_refusal, RAFT_REFUSALS, TEXT)
LOOKUP(raft_reason_name, enum raft_reason, RAFT_REASONS, NAME)
LOOKUP(raft_reason_text, enum raft_reason, RAFT_REASONS, TEXT)
LOOKUP(raft_counter_name, enum raft_counter, RAFT_COUNTERS, NAME)
LOOKUP(raft_counter_text, enum raft_counter, RAFT_COUNTERS, TEXT)

const char *
raft_version(void)
{
	return RAFT_VERSION;
}

#define PLUS_NAME(m) "+" #m

const char *
raft_build(void)
{
	static const char names[] = "" RAFT_EXTENSIONS(PLUS_NAME);

	return names[0] == '\0' ? "baseline" : names + 1;
}

/** The bit of the module with that name; 0: none. */
static uint64_t
bit_of(const char *name, size_t length)
{
#define COMPARE(m)                                                             \
	if (length == strlen(#m) && memcmp(name, #m, length) == 0)             \
		return UINT64_C(1) << raft_##m##_number;
	RAFT_EXTENSIONS(COMPARE)
#undef COMPARE
	(void)name, (void)length;
	return 0;
}

bool
raft_mask(const char *names, uint64_t *mask)
{
	uint64_t bits = 0;

	while (strcmp(names, "baseline") != 0) {
		size_t length = strcspn(names, "+");
		uint64_t bit = bit_of(names, length);

		if (bit == 0)
			return false;
		bits |= bit;
		if (names[length] == '\0')
			break;
		names += length + 1;
	}
	*mask = bits;
	return true;
}

const char *
raft_message_name(const struct raft_message *message)
{
	const struct raft_extension *extension;

	switch (message->kind) {
	case RAFT_MESSAGE_APPEND:
		return "append";
	case RAFT_MESSAGE_APPEND_ANSWER:
		return "append-answer";
	case RAFT_MESSAGE_VOTE:
		return "vote";
	case RAFT_MESSAGE_VOTE_ANSWER:
		return "vote-answer";
	case RAFT_MESSAGE_TIMEOUT_NOW:
		return "timeout-now";
	case RAFT_MESSAGE_NOT_MEMBER:
		return "not-member";
	case RAFT_MESSAGE_READ:
		return "read";
	case RAFT_MESSAGE_READ_ANSWER:
		return "read-answer";
	case RAFT_MESSAGE_SNAPSHOT:
		return "snapshot";
	case RAFT_MESSAGE_SNAPSHOT_ANSWER:
		return "snapshot-answer";
	case RAFT_MESSAGE_REGRESSED:
		return "regressed";
	case RAFT_MESSAGE_OFFER:
		return "offer";
	case RAFT_MESSAGE_UNSUPPORTED:
		return "unsupported";
	case RAFT_MESSAGE_EXTENSION:
		extension = raft_hook_find(message->extension.module);
		if (extension != NULL && extension->message_name != NULL)
			return extension->message_name(message->extension.type);
		return "other";
	}
	return "other";
}

bool
raft_message_has_entries(const struct raft_message *message)
{
	return message->kind == RAFT_MESSAGE_APPEND ||
	       message->kind == RAFT_MESSAGE_OFFER;
}

static const char *
verdict_name(enum raft_append_verdict verdict)
{
	switch (verdict) {
	case RAFT_APPEND_ACCEPTED:
		return "accepted";
	case RAFT_APPEND_MISMATCH:
		return "mismatch";
	case RAFT_APPEND_STALE_TERM:
		return "stale-term";
	case RAFT_APPEND_INCOMPATIBLE:
		return "incompatible";
	case RAFT_APPEND_BUSY:
		return "busy";
	}
	return "unknown";
}

static int
print_append(char *text, size_t size, const struct raft_append *append)
{
	return snprintf(text, size,
			" previous %" PRIu64 "/%" PRIu64 " last %" PRIu64
			"/%" PRIu64 " commit %" PRIu64 " sequence %" PRIu64
			" sent-at %" PRIu64,
			append->previous.index, append->previous.term,
			append->last.index, append->last.term,
			append->commit_index, append->sequence,
			append->sent_at);
}

static int
print_append_answer(char *text, size_t size,
		    const struct raft_append_answer *answer)
{
	return snprintf(text, size,
			" %s match %" PRIu64 " conflict %" PRIu64 "/%" PRIu64
			" sequence %" PRIu64 " sent-at %" PRIu64,
			verdict_name(answer->verdict), answer->match_index,
			answer->conflict.index, answer->conflict.term,
			answer->sequence, answer->sent_at);
}

static int
print_snapshot(char *text, size_t size,
	       const struct raft_snapshot_message *snapshot)
{
	return snprintf(
	    text, size,
	    " %" PRIu64 "/%" PRIu64 " offset %" PRIu64 " bytes %zu of %" PRIu64
	    "%s sequence %" PRIu64 " sent-at %" PRIu64,
	    snapshot->snapshot.index, snapshot->snapshot.term, snapshot->offset,
	    snapshot->content == NULL ? (size_t)0
				      : snapshot->content->part.length,
	    snapshot->size, snapshot->writing == 0 ? "" : " written anew",
	    snapshot->sequence, snapshot->sent_at);
}

static int
print_snapshot_answer(char *text, size_t size,
		      const struct raft_snapshot_answer *answer)
{
	return snprintf(text, size,
			" %" PRIu64 "/%" PRIu64 " %s %" PRIu64 " match %" PRIu64
			" sequence %" PRIu64 " sent-at %" PRIu64,
			answer->snapshot.index, answer->snapshot.term,
			answer->damaged ? "damaged, wants"
			: answer->gap	? "wants"
					: "stored",
			answer->offset, answer->match_index, answer->sequence,
			answer->sent_at);
}

static int
print_offer(char *text, size_t size, const struct raft_offer *offer)
{
	return snprintf(text, size,
			" previous %" PRIu64 "/%" PRIu64 " last %" PRIu64
			"/%" PRIu64 " tip %" PRIu64 "/%" PRIu64
			" round %" PRIu64,
			offer->previous.index, offer->previous.term,
			offer->last.index, offer->last.term, offer->tip.index,
			offer->tip.term, offer->round);
}

static int
print_extension(char *text, size_t size,
		const struct raft_extension_message *message)
{
	return snprintf(text, size,
			" module %u type %u round %" PRIu64 " bytes %u",
			(unsigned)message->module, (unsigned)message->type,
			message->round, (unsigned)message->length);
}

static int
print_body(char *text, size_t size, const struct raft_message *message)
{
	switch (message->kind) {
	case RAFT_MESSAGE_APPEND:
		return print_append(text, size, &message->append);
	case RAFT_MESSAGE_APPEND_ANSWER:
		return print_append_answer(text, size, &message->append_answer);
	case RAFT_MESSAGE_VOTE:
		return snprintf(text, size, " tip %" PRIu64 "/%" PRIu64 "%s",
				message->vote.tip.index, message->vote.tip.term,
				message->vote.permit.leader != 0 ? " permit"
								 : "");
	case RAFT_MESSAGE_VOTE_ANSWER:
		return snprintf(
		    text, size, " asked %" PRIu64 " %s tip %" PRIu64 "/%" PRIu64,
		    message->vote_answer.asked_term,
		    message->vote_answer.refusal == RAFT_REFUSAL_NONE
			? "granted"
			: raft_refusal_name(message->vote_answer.refusal),
		    message->vote_answer.tip.index,
		    message->vote_answer.tip.term);
	case RAFT_MESSAGE_TIMEOUT_NOW:
		return snprintf(text, size,
				" tip %" PRIu64 "/%" PRIu64 " transfer %" PRIu64,
				message->timeout_now.tip.index,
				message->timeout_now.tip.term,
				message->timeout_now.transfer);
	case RAFT_MESSAGE_NOT_MEMBER:
		return snprintf(text, size,
				" asked %" PRIu64 " tip %" PRIu64 "/%" PRIu64,
				message->not_member.asked_term,
				message->not_member.tip.index,
				message->not_member.tip.term);
	case RAFT_MESSAGE_READ:
	case RAFT_MESSAGE_READ_ANSWER:
		return snprintf(text, size, " round %" PRIu64 " index %" PRIu64,
				message->read.round, message->read.index);
	case RAFT_MESSAGE_SNAPSHOT:
		return print_snapshot(text, size, &message->snapshot);
	case RAFT_MESSAGE_SNAPSHOT_ANSWER:
		return print_snapshot_answer(text, size,
					     &message->snapshot_answer);
	case RAFT_MESSAGE_REGRESSED:
		return snprintf(text, size,
				" held %" PRIu64 "/%" PRIu64,
				message->regressed.held.index,
				message->regressed.held.term);
	case RAFT_MESSAGE_OFFER:
		return print_offer(text, size, &message->offer);
	case RAFT_MESSAGE_EXTENSION:
	case RAFT_MESSAGE_UNSUPPORTED:
		return print_extension(text, size, &message->extension);
	}
	return snprintf(text, size, " kind %u", (unsigned)message->kind);
}

int
raft_message_print(char *text, size_t size, const struct raft_message *message)
{
	int head = snprintf(text, size,
			    "%" PRIu64 " > %" PRIu64 " %s term %" PRIu64,
			    message->from.id, message->to.id,
			    raft_message_name(message), message->term);
	size_t used = raft__least((uint64_t)head, size);

	return head + print_body(text + used, size - used, message);
}

static const char *
role_name(enum raft_role role)
{
	return role == RAFT_LEADER      ? "leader"
	       : role == RAFT_CANDIDATE ? "candidate"
					: "follower";
}

int
raft_event_print(char *text, size_t size, const struct raft_event *event)
{
	switch (event->kind) {
	case RAFT_EVENT_ROLE:
		return snprintf(text, size, "%s in term %" PRIu64 ": %s",
				role_name(event->role), event->term,
				raft_reason_text(event->reason));
	case RAFT_EVENT_LEADER:
		if (event->peer == 0)
			return snprintf(text, size, "no leader in term %" PRIu64,
					event->term);
		return snprintf(text, size, "leader %" PRIu64 " in term %" PRIu64,
				event->peer, event->term);
	case RAFT_EVENT_CONFIGURATION:
		return snprintf(text, size, "configuration at %" PRIu64,
				event->index);
	case RAFT_EVENT_CONFIGURATION_COMMITTED:
		return snprintf(text, size,
				"configuration at %" PRIu64 " is committed",
				event->index);
	case RAFT_EVENT_REMOVED:
		return snprintf(text, size, "%s",
				raft_reason_text(event->reason));
	case RAFT_EVENT_STOPPED:
		return snprintf(text, size, "stopped at %" PRIu64 ": %s",
				event->index, raft_reason_text(event->reason));
	case RAFT_EVENT_INCOMPATIBLE:
		return snprintf(text, size,
				"cannot take entry %" PRIu64 " of %" PRIu64
				": %s",
				event->index, event->peer,
				raft_reason_text(event->reason));
	case RAFT_EVENT_PEER_STRANDED:
	case RAFT_EVENT_PEER_REGRESSED:
		return snprintf(text, size, "peer %" PRIu64 " at %" PRIu64 " %s",
				event->peer, event->index,
				raft_reason_text(event->reason));
	case RAFT_EVENT_SNAPSHOT_SENT:
		return snprintf(text, size,
				"sends the snapshot at %" PRIu64
				" to %" PRIu64,
				event->index, event->peer);
	case RAFT_EVENT_SNAPSHOT_INSTALLED:
		return snprintf(text, size,
				"the log begins behind the snapshot at %" PRIu64
				" of %" PRIu64,
				event->index, event->peer);
	case RAFT_EVENT_CAUGHT_UP:
		return snprintf(text, size,
				"peer %" PRIu64 " has caught up, at %" PRIu64,
				event->peer, event->index);
	case RAFT_EVENT_FELL_BEHIND:
		return snprintf(text, size,
				"peer %" PRIu64 " has fallen behind, at %" PRIu64,
				event->peer, event->index);
	case RAFT_EVENT_CANNOT_KEEP_UP:
		return snprintf(text, size,
				"peer %" PRIu64 " cannot keep up, at %" PRIu64,
				event->peer, event->index);
	case RAFT_EVENT_SNAPSHOT_REFUSED:
		return snprintf(text, size,
				"the snapshot at %" PRIu64
				" is damaged, says %" PRIu64,
				event->index, event->peer);
	case RAFT_EVENT_SNAPSHOT_DAMAGED:
		return snprintf(text, size,
				"its snapshot at %" PRIu64 " is damaged",
				event->index);
	}
	return snprintf(text, size, "unknown event");
}
