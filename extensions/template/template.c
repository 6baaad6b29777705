/*
 * Template: how an heir is named, and what that means to the others.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     heir      type 1   id (8), incarnation (8)
 *
 *  (H1) Nobody is kept from campaigning, only put off, and at most twice: an
 *       heir that is dead or cut off costs no more.
 *  (H2) What was named counts in the term of the leader that named it. A member
 *       that campaigns, or moves to another term, has forgotten it.
 *  (H3) It is told with each heartbeat, since a message may be lost.
 */
#include "extensions/template/template.h"
#include "raft/raft_module.h"

enum { HEIR = 1 };

#define HEIR_BYTES 16

const char *
raft_template_message_name(uint16_t type)
{
	return type == HEIR ? "heir" : "other";
}

void
raft_template_options_given(struct raft *r, const void *options)
{
	const struct raft_template_options *given = options;

	if (given != NULL)
		RAFT_OWN(r, template)->patience_us = given->patience_us;
}

/* ---------------------------------------------------------- the leader */

/** (H2), and a leader begins by telling everybody, at once. */
void
raft_template_role_changed(struct raft *r, enum raft_reason reason)
{
	(void)reason;
	RAFT_OWN(r, template)->heir = (struct raft_identity){ 0 };
	RAFT_OWN(r, template)->tell_at = raft_module_now(r);
	for (uint32_t i = 0; i < raft_module_member_count(r); i++)
		RAFT_OWN_PEER(r, i, template)->is_deaf = false;
}

/** The voter whose log is known to reach farthest, the first of several;
 *  member_count: there is none. */
static uint32_t
choose(const struct raft *r)
{
	uint32_t count = raft_module_member_count(r), best = count;

	for (uint32_t i = 0; i < count; i++) {
		if (i == raft_module_own_position(r) ||
		    !raft_module_votes(r, i))
			continue;
		if (best == count || raft_module_match_index(r, i) >
					 raft_module_match_index(r, best))
			best = i;
	}
	return best;
}

static void
tell_heir(struct raft *r, uint32_t position, struct raft_identity heir)
{
	struct raft_extension_message message = {
		.module = raft_template_number,
		.type = HEIR,
		.length = HEIR_BYTES,
	};

	raft_module_put(message.bytes, heir.id, 8);
	raft_module_put(message.bytes + 8, heir.incarnation, 8);
	raft_module_send(r, raft_module_identity(r, position), message);
}

uint64_t
raft_template_deadline(const struct raft *r)
{
	return raft_module_role(r) == RAFT_LEADER
		   ? RAFT_OWN(r, template)->tell_at
		   : UINT64_MAX;
}

/** Called whenever time has passed, so it looks whether enough has. */
struct raft_intent
raft_template_expire(struct raft *r)
{
	uint32_t heir, count = raft_module_member_count(r);

	if (raft_module_now(r) < raft_template_deadline(r))
		return (struct raft_intent){ 0 };
	RAFT_OWN(r, template)->tell_at =
	    raft_module_now(r) + raft_module_heartbeat(r);
	heir = choose(r);
	for (uint32_t i = 0; i < count && heir < count; i++)
		if (i != raft_module_own_position(r) &&
		    !RAFT_OWN_PEER(r, i, template)->is_deaf)
			tell_heir(r, i, raft_module_identity(r, heir));
	return (struct raft_intent){ 0 };
}

/* ---------------------------------------------------------- the others */

/** Of the leader of this term alone, and whole. */
static void
on_heir(struct raft *r, const struct raft_message *message)
{
	const uint8_t *bytes = message->extension.bytes;

	if (message->term != raft_module_term(r) ||
	    !raft_module_same(message->from, raft_module_leader(r)) ||
	    message->extension.length < HEIR_BYTES)
		return;
	RAFT_OWN(r, template)->heir = (struct raft_identity){
		.id = raft_module_get(bytes, 8),
		.incarnation = raft_module_get(bytes + 8, 8),
	};
}

struct raft_intent
raft_template_receive(struct raft *r, const struct raft_message *message)
{
	uint32_t from = raft_module_position(r, message->from);

	if (message->extension.type != HEIR ||
	    from == raft_module_member_count(r))
		return (struct raft_intent){ 0 };
	if (message->kind == RAFT_MESSAGE_UNSUPPORTED)
		RAFT_OWN_PEER(r, from, template)->is_deaf = true;
	else
		on_heir(r, message);
	return (struct raft_intent){ 0 };
}

/** (H1). Asked each time that the election timer is set. */
uint64_t
raft_template_candidacy_delay(struct raft *r)
{
	const struct raft_template *own = RAFT_OWN(r, template);

	if (own->heir.id == 0 ||
	    raft_module_same(own->heir, raft_module_self(r)))
		return 0;
	return own->patience_us > 0 ? own->patience_us
				    : raft_module_election_timeout(r) +
					  raft_module_heartbeat(r);
}
