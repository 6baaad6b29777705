/*
 * What of a member's memory matters.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two memories are the same state if the member does the same from there on. All
 * of struct raft counts but what is named here, so that a field that is added
 * tells states apart until somebody says that it need not. Left out are:
 *
 *  - addresses and room of arrays; what they hold is taken instead;
 *  - what was handed out before: the caller has carried it out;
 *  - counters, which nothing asks, and events, which are for information;
 *  - whether others are ahead, which only spares counts that are in vain;
 *  - the number of saves: only how many are under way matters;
 *  - the state of the generator: it is set anew before each event, so that every
 *    draw is the same. Draws decide how long timers run, and here a timer fires
 *    whenever the search has it fire.
 *
 * Times are kept as they are: a clock moves only when the search says so.
 */
#include <string.h>

#include "raft/state.h"
#include "tests/model/model.h"

void
shape_fix_chance(struct raft *r, uint64_t seed)
{
	r->random = seed;
}

bool
shape_is_permitted(const struct raft *r)
{
	return r->permit.leader != 0;
}

static void
rename_one(struct raft_identity *identity, const uint8_t *renaming)
{
	if (identity->id <= SERVERS_MAX)
		identity->id = renaming[identity->id];
}

static void
rename_id(uint64_t *id, const uint8_t *renaming)
{
	if (*id <= SERVERS_MAX)
		*id = renaming[*id];
}

static uint64_t
mix_payload(uint64_t hash, const struct raft_payload *payload,
	    enum raft_entry_kind kind, unsigned int k)
{
	return mix(hash, payload_at(payload_number(payload, kind))->prints[k]);
}

/** Peers in the order of their other names. */
static uint64_t
mix_peers(uint64_t hash, const struct raft_membership *m,
	  const uint8_t *renaming)
{
	for (uint8_t name = 1; name <= SERVERS_MAX; name++)
		for (size_t i = 0; i < m->peer_count; i++) {
			struct raft_peer peer = m->peers[i];

			if (peer.identity.id > SERVERS_MAX ||
			    renaming[peer.identity.id] != name)
				continue;
			peer.identity.id = name;
			hash = mix_bytes(hash, &peer, sizeof(peer));
		}
	return hash;
}

static uint64_t
mix_membership(uint64_t hash, const struct raft_membership *m, unsigned int k)
{
	const struct raft_payload payload = { .data = m->bytes,
					      .length = m->length };
	const uint64_t words[] = {
		m->index,
		m->sequence_floor,
		m->peer_count,
		m->committed,
		m->is_sole_voter,
		m->is_passing,
		m->self == m->peer_count,
	};

	hash = mix_bytes(hash, words, sizeof(words));
	hash = mix_payload(hash, &payload, RAFT_ENTRY_CONFIGURATION, k);
	return mix_peers(hash, m, renamings[k]);
}

static void
strip_outbox(struct raft_outbox *o, const uint8_t *renaming)
{
	for (size_t i = 0; i < RAFT_WRITES_MAX; i++) {
		struct raft_write *write = &o->writes[i];

		if (i >= o->write_count) {
			memset(write, 0, sizeof(*write));
			continue;
		}
		write->token -= o->token;
		rename_one(&write->vote, renaming);
	}
	/* One that waits to be handed out tells states apart by being there. */
	if (o->reset != NULL)
		o->reset = (struct raft_receiving *)1;
	o->reset_handed = NULL;
	o->pending.at = NULL;
	o->pending.capacity = 0;
	memset(&o->handed, 0, sizeof(o->handed));
	memset(&o->save, 0, sizeof(o->save));
	o->token = 0;
	rename_one(&o->answer.to, renaming);
	if (!o->answer.owed && !o->answer.held)
		memset(&o->answer, 0, sizeof(o->answer));
	o->loose = NULL;
	o->loose_capacity = 0;
	o->send = NULL;
	o->send_next = NULL;
	o->send_capacity = 0;
	o->send_next_capacity = 0;
	memset(o->events, 0, sizeof(o->events));
	o->event_count = 0;
	o->events_out = 0;
	memset(&o->outcomes[o->outcome_count], 0,
	       (RAFT_OUTCOMES_MAX - o->outcome_count) * sizeof(o->outcomes[0]));
	memset(o->outcomes_out, 0, sizeof(o->outcomes_out));
}

/** What is handed out is carried out at once, so that of parts nothing waits. */
static void
strip_snapshots(struct raft_snapshots *s)
{
	s->sending = NULL;
	s->ended = NULL;
	s->receiving = NULL;
	s->parts = NULL;
}

static void
strip(struct raft *r, const uint8_t *renaming)
{
	rename_one(&r->self, renaming);
	rename_one(&r->vote, renaming);
	rename_one(&r->leader, renaming);
	rename_one(&r->durable_vote, renaming);
	rename_id(&r->transfer.target, renaming);
	if (r->transfer.target == 0)
		memset(&r->transfer.until, 0,
		       sizeof(r->transfer) -
			   offsetof(struct raft_transfer, until));
	rename_id(&r->permit.leader, renaming);
	r->random = 0;
	r->others_are_ahead = false;
	memset(r->counters, 0, sizeof(r->counters));
	memset(&r->allocator, 0, sizeof(r->allocator));
	r->log.runs = NULL;
	r->log.run_capacity = 0;
	r->membership = NULL;
	r->reads.waiting = NULL;
	r->reads.capacity = 0;
	r->reads.ended = NULL;
	r->reads.ended_capacity = 0;
	r->reads.handed = NULL;
	r->reads.handed_capacity = 0;
	strip_outbox(&r->outbox, renaming);
	strip_snapshots(&r->snapshots);
}

/** A message that waits until what it rests on is durable. */
static uint64_t
mix_loose(uint64_t hash, const struct raft *r, const struct raft_message *loose,
	  unsigned int k)
{
	struct raft_message message = *loose;

	message.from = r->self;
	/* Its entries are taken from the log when it leaves. */
	if (message.kind == RAFT_MESSAGE_OFFER) {
		hash = mix(mix(hash, message.offer.last.index),
			   message.offer.last.term);
		message.offer.last = message.offer.previous;
	}
	return mix(hash, message_print_of(&message, k));
}

static uint64_t
mix_configuration(const void *bytes, size_t length, unsigned int k)
{
	const struct raft_payload payload = { .data = bytes, .length = length };

	return mix_payload(0, &payload, RAFT_ENTRY_CONFIGURATION, k);
}

static uint64_t
mix_sending(const struct raft_sending *s, unsigned int k)
{
	struct raft_sending copy;

	memcpy(&copy, s, sizeof(copy));
	copy.following = NULL;
	rename_one(&copy.to, renamings[k]);
	memset(&copy.content, 0, sizeof(copy.content));
	return mix(
	    mix_bytes(4, &copy, sizeof(copy)),
	    mix_configuration(s->configuration, s->configuration_length, k));
}

/** One is sent to each peer, in whatever order; or given to one. */
static uint64_t
mix_sendings(uint64_t hash, const struct raft *r, unsigned int k)
{
	uint64_t sum = 0;

	for (const struct raft_sending *s = r->snapshots.sending; s != NULL;
	     s = s->following)
		sum += mix_sending(s, k);
	return mix(hash, sum);
}

static uint64_t
mix_receiving(uint64_t hash, const struct raft *r, unsigned int k)
{
	const struct raft_receiving *receiving = r->snapshots.receiving;
	struct raft_receiving copy;

	if (receiving == NULL)
		return mix(hash, 5);
	memcpy(&copy, receiving, sizeof(copy));
	rename_one(&copy.from, renamings[k]);
	copy.membership = NULL;
	copy.stored_snapshot.configuration = NULL;
	hash = mix_bytes(hash, &copy, sizeof(copy));
	return mix(hash,
		   mix_configuration(
		       receiving->configuration,
		       receiving->stored_snapshot.configuration_length, k));
}

/** What is not stored yet, and where snapshots began before one is loaded. */
static uint64_t
mix_parts(uint64_t hash, const struct raft_parts *parts)
{
	if (parts == NULL)
		return mix(hash, 6);
	hash = mix(mix(hash, parts->count), parts->before_install);
	return mix_bytes(hash, &parts->unsaved, sizeof(parts->unsaved));
}

static uint64_t
mix_pending(uint64_t hash, const struct raft_entries *pending, unsigned int k)
{
	for (size_t i = 0; i < pending->count; i++) {
		const struct raft_entry *entry = &pending->at[i];

		hash = mix(mix(hash, entry->index), entry->term);
		hash = mix_payload(mix(hash, entry->kind), &entry->payload,
				   entry->kind, k);
	}
	return hash;
}

uint64_t
shape_of(const struct raft *r, unsigned int k)
{
	struct raft copy;
	uint64_t hash;

	memcpy(&copy, r, sizeof(copy));
	strip(&copy, renamings[k]);
	hash = mix_bytes(1, &copy, sizeof(copy));
	hash = mix_bytes(hash, r->log.runs,
			 r->log.run_count * sizeof(*r->log.runs));
	for (const struct raft_membership *m = r->membership; m != NULL;
	     m = m->older)
		hash = mix_membership(hash, m, k);
	hash = mix_pending(hash, &r->outbox.pending, k);
	for (size_t i = 0; i < r->outbox.loose_count; i++)
		hash = mix_loose(hash, r, &r->outbox.loose[i], k);
	hash = mix_sendings(hash, r, k);
	hash = mix_receiving(hash, r, k);
	hash = mix_parts(hash, r->snapshots.parts);
	for (size_t i = 0; i < r->reads.count; i++) {
		struct raft_waiting_read read = r->reads.waiting[i];

		rename_one(&read.asker, renamings[k]);
		hash = mix_bytes(hash, &read, sizeof(read));
	}
	return hash;
}
