/*
 * Linearizable reads without entries in the log (ReadIndex, thesis 6.4).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads wait in a queue, and a round serves all that wait when it begins. A
 * leader's round notes the commit index and asks its peers: it marks the newest
 * append to each, and owes one after it to those that may be told something. Once
 * a majority has answered an append after its mark, nobody else can have led when
 * the round began, so that the noted index covers all that was acknowledged
 * before. A follower's round is one message to its leader, where it waits in the
 * queue like a read.
 *
 *  (R1) A leader begins no round before an entry of its own term is committed:
 *       only then does its commit index cover its predecessors'.
 *  (R2) The answer counts, not when it came: an append sent before the round
 *       began proves nothing, however late its answer.
 *  (R3) A leader of whom a module vouches that nobody else can lead now, since
 *       leases are granted, needs no round.
 *  (R4) An append for a round alone goes once a round trip, however many rounds
 *       the others end meanwhile: a peer that has not answered the last one is
 *       asked when it has.
 */
#include "raft/raft_hooks.h"
#include "raft/state.h"

/* --------------------------------------------------------------- the queue */

static void *
reserve(struct raft *r, void *memory, size_t *capacity, size_t wanted,
	size_t bytes)
{
	return memory != NULL && wanted <= *capacity
		   ? memory
		   : raft__grow(r, memory, capacity, wanted, bytes);
}

/** As long as the most patient waits for a leader that is silent. From afar three
 *  round trips are needed, and as many if another round is under way. */
static uint64_t
patience(const struct raft *r)
{
	return 2 * raft__election_timeout(r);
}

/** Room for it, and for the end of everything that waits: ending a read cannot
 *  fail. */
static enum raft_result
enqueue(struct raft *r, struct raft_identity asker, uint64_t name)
{
	struct raft_reads *q = &r->reads;
	size_t ends = q->ended_count + q->count + 1;
	struct raft_waiting_read *waiting;
	struct raft_read *ended;

	if (ends > RAFT_READS_MAX)
		return RAFT_OVERLOADED;
	waiting = reserve(r, q->waiting, &q->capacity, q->count + 1,
			  sizeof(*waiting));
	if (waiting == NULL)
		return RAFT_NO_MEMORY;
	q->waiting = waiting;
	ended = reserve(r, q->ended, &q->ended_capacity, ends, sizeof(*ended));
	if (ended == NULL)
		return RAFT_NO_MEMORY;
	q->ended = ended;
	q->waiting[q->count++] = (struct raft_waiting_read){
		.asker = asker,
		.name = name,
		.until = r->now + patience(r),
	};
	return RAFT_OK;
}

static void
answer(struct raft *r, struct raft_identity asker, uint64_t round,
       uint64_t index)
{
	raft__send(r, (struct raft_message){
			  .kind = RAFT_MESSAGE_READ_ANSWER,
			  .to = asker,
			  .read = { .round = round, .index = index },
		      });
}

/** The first `count` of the queue end so. */
static void
end_first(struct raft *r, size_t count, uint64_t index)
{
	struct raft_reads *q = &r->reads;

	for (size_t i = 0; i < count; i++) {
		const struct raft_waiting_read *read = &q->waiting[i];

		if (read->asker.id != 0)
			answer(r, read->asker, read->name, index);
		else
			q->ended[q->ended_count++] = (struct raft_read){
				.read = read->name,
				.index = index,
			};
	}
	q->count -= count;
	for (size_t i = 0; i < q->count; i++)
		q->waiting[i] = q->waiting[i + count];
	q->round_count -= raft__least(q->round_count, count);
}

void
raft__reads_lost(struct raft *r)
{
	end_first(r, r->reads.count, 0);
}

enum raft_result
raft_read(struct raft *r, uint64_t now, uint64_t *read)
{
	struct raft_before before;
	enum raft_result result;

	if (!raft__begin_step(r, now, &before))
		return RAFT_STOPPED;
	if (r->leader.id == 0)
		return RAFT_NOT_LEADER;
	if (r->role == RAFT_LEADER && r->commit_index >= r->term_first_index &&
	    (result = raft_hook_refuses(r, RAFT_ACTION_READ)) != RAFT_OK)
		return result;
	result = enqueue(r, (struct raft_identity){ 0 }, r->reads.names + 1);
	if (result == RAFT_OK)
		*read = ++r->reads.names;
	raft__check_after(r, &before);
	return result;
}

/* ------------------------------------------------------------ the rounds */

static void
ask_leader(struct raft *r)
{
	raft__send(r, (struct raft_message){
			  .kind = RAFT_MESSAGE_READ,
			  .to = r->leader,
			  .read.round = r->reads.round,
		      });
	r->reads.ask_at = r->now + raft__heartbeat_us(r);
}

static void
begin_following(struct raft *r)
{
	r->reads.round_count = r->reads.count;
	/* At random: what a former life asked may still be answered. */
	r->reads.round = raft__random(r, UINT64_MAX);
	ask_leader(r);
}

static bool
has_answered(const struct raft_peer *peer)
{
	return peer->sequence_answered > peer->read_mark;
}

static void
ask_peer(struct raft_peer *peer)
{
	if (peer->read_append_is_out && !has_answered(peer))
		return;
	peer->read_asked = true;
	peer->read_append_is_out = false;
	peer->read_mark = peer->sequence_sent;
}

static void
begin_leading(struct raft *r)
{
	const struct raft_membership *m = r->membership;
	uint64_t index;

	if (r->commit_index < r->term_first_index ||
	    raft_hook_refuses(r, RAFT_ACTION_READ) != RAFT_OK)
		return;
	if (raft__grants_leases(r) && raft_hook_vouches(r, 0, &index)) {
		end_first(r, r->reads.count, index);
		return;
	}
	r->reads.round_count = r->reads.count;
	r->reads.index = r->commit_index;
	for (size_t i = 0; i < m->peer_count; i++) {
		m->peers[i].read_asked = false;
		ask_peer(&m->peers[i]);
	}
	raft__reads_confirm(r);
}

void
raft__reads_begin(struct raft *r)
{
	if (r->reads.count == 0 || r->reads.round_count > 0)
		return;
	if (r->role == RAFT_LEADER)
		begin_leading(r);
	else if (r->leader.id != 0)
		begin_following(r);
}

static bool
is_confirmed(const struct raft *r)
{
	const struct raft_membership *m = r->membership;
	uint64_t values[RAFT_MEMBERS_MAX];

	for (size_t i = 0; i < m->peer_count; i++)
		values[i] = i == m->self ||
			    (m->peers[i].read_asked &&
			     has_answered(&m->peers[i]));
	return raft__quorum(m, values) == 1;
}

void
raft__reads_confirm(struct raft *r)
{
	if (r->reads.round_count > 0 && is_confirmed(r) &&
	    raft_hook_refuses(r, RAFT_ACTION_READ) == RAFT_OK)
		end_first(r, r->reads.round_count, r->reads.index);
}

void
raft__reads_answered(struct raft *r, struct raft_peer *peer)
{
	if (r->reads.round_count > 0 && !peer->read_asked)
		ask_peer(peer);
	raft__reads_confirm(r);
}

static bool
is_asking(const struct raft *r)
{
	return r->reads.round_count > 0 && r->role != RAFT_LEADER;
}

/** A follower's question or its answer may be lost; its leader may be, too, and
 *  a leader's majority. */
void
raft__reads_expire(struct raft *r)
{
	const struct raft_reads *q = &r->reads;
	size_t late = 0;

	while (late < q->count && r->now >= q->waiting[late].until)
		late++;
	if (late > 0)
		end_first(r, late, 0);
	if (is_asking(r) && r->now >= q->ask_at)
		ask_leader(r);
}

uint64_t
raft__reads_deadline(const struct raft *r)
{
	const struct raft_reads *q = &r->reads;
	uint64_t until = q->count == 0 ? UINT64_MAX : q->waiting[0].until;

	return is_asking(r) ? raft__least(q->ask_at, until) : until;
}

/* ------------------------------------------------------------- messages */

static bool
waits_already(const struct raft *r, const struct raft_message *message)
{
	for (size_t i = 0; i < r->reads.count; i++)
		if (raft__same(r->reads.waiting[i].asker, message->from) &&
		    r->reads.waiting[i].name == message->read.round)
			return true;
	return false;
}

/** One that cannot wait here is not answered, and asked again. */
void
raft__on_read(struct raft *r, const struct raft_message *message)
{
	if (raft__peer(r, message->from) == NULL)
		raft__count(r, RAFT_COUNTER_STRANGER, message);
	else if (r->role != RAFT_LEADER)
		answer(r, message->from, message->read.round, 0);
	else if (!waits_already(r, message))
		(void)enqueue(r, message->from, message->read.round);
}

void
raft__on_read_answer(struct raft *r, const struct raft_message *message)
{
	if (message->read.index > RAFT_INDEX_MAX)
		raft__count(r, RAFT_COUNTER_ABSURD_INDEX, message);
	else if (raft__same(message->from, r->leader) &&
		 r->reads.round_count > 0 &&
		 message->read.round == r->reads.round)
		end_first(r, r->reads.round_count, message->read.index);
}

/* --------------------------------------------------------------- the ends */

/** Without memory to hand them all out, the rest follow. */
void
raft__reads_hand_out(struct raft *r, struct raft_duties *duties)
{
	struct raft_reads *q = &r->reads;
	size_t count = q->ended_count;
	struct raft_read *handed =
	    reserve(r, q->handed, &q->handed_capacity, count, sizeof(*handed));

	if (handed != NULL)
		q->handed = handed;
	else
		count = q->handed_capacity;
	for (size_t i = 0; i < count; i++)
		q->handed[i] = q->ended[i];
	q->ended_count -= count;
	for (size_t i = 0; i < q->ended_count; i++)
		q->ended[i] = q->ended[i + count];
	duties->reads = q->handed;
	duties->read_count = count;
}

void
raft__reads_free(struct raft *r)
{
	raft__resize(r, r->reads.waiting, 0);
	raft__resize(r, r->reads.ended, 0);
	raft__resize(r, r->reads.handed, 0);
}
