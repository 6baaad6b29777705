/*
 * What a member is made of, and what its parts offer one another; those with a
 * header of their own are included.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Included by the core's files alone. What a module may know of it stands in
 * raft_module.h.
 */
#ifndef OUTRIGGER_RAFT_STATE_H
#define OUTRIGGER_RAFT_STATE_H

#include "raft/log.h"
#include "raft/membership.h"
#include "raft/outbox.h"
#include "raft/peers.h"
#include "raft/raft.h"
#include "raft/raft_extension.h"
#include "raft/snapshots.h"

/* Written by the build: the modules' headers, RAFT_EXTENSIONS(X) and
 * RAFT_EXTENSION_ACTIVE(member, number). */
#include "raft_extensions.h"

/** Checked in release builds too: a failure is a bug of ours. Where coverage
 *  is measured it is compiled, but not there: no test can take its branch. */
#ifdef RAFT_COVERAGE
#define raft_assert(fact) ((void)sizeof(fact))
#else
#define raft_assert(fact)                                                      \
	((fact) ? (void)0 : raft__bug(__FILE__, __LINE__, #fact))
#endif

#define RAFT_MODULE_NUMBER_FITS(m)                                             \
	_Static_assert(raft_##m##_number <= RAFT_MODULE_MAX, #m);
RAFT_EXTENSIONS(RAFT_MODULE_NUMBER_FITS)
#undef RAFT_MODULE_NUMBER_FITS

_Noreturn void raft__bug(const char *file, int line, const char *fact);

/* Believable terms: no cluster that holds an election a microsecond gets past
 * the first, and no peer is ahead of us by the second. */
#define RAFT_TERM_MAX (UINT64_C(1) << 62)
#define RAFT_TERM_LEAP_MAX (UINT64_C(1) << 40)
/** Leaves room above any index for arithmetic. */
#define RAFT_INDEX_MAX (UINT64_C(1) << 62)

/* ------------------------------------------------------ reads: read.c */

#define RAFT_READS_MAX 4096u

/** A read that waits, of ours or, as a whole round, of a follower's. */
struct raft_waiting_read {
	/** Whose; id 0: our own. */
	struct raft_identity asker;
	/** Our name for it, or the asker's for its round. */
	uint64_t name;
	/** When it is given up. */
	uint64_t until;
};

struct raft_reads {
	/** Oldest first; the first round_count of them are asked about. */
	struct raft_waiting_read *waiting;
	size_t count;
	size_t capacity;
	size_t round_count;
	/** Leading: the commit index when the round began. */
	uint64_t index;
	/** Following: the name of the round, and when to ask again. */
	uint64_t round;
	uint64_t ask_at;
	/** The last name given to a read. */
	uint64_t names;
	/** Ended, to be handed out; and handed out. */
	struct raft_read *ended;
	size_t ended_count;
	size_t ended_capacity;
	struct raft_read *handed;
	size_t handed_capacity;
};

/** Begin a round, if reads wait and none runs: in time for this turn's
 *  messages. */
void raft__reads_begin(struct raft *r);
/** A peer has answered something. */
void raft__reads_answered(struct raft *r, struct raft_peer *peer);
/** The peers are others: see whether a majority has answered. */
void raft__reads_confirm(struct raft *r);
/** Leading or following has ended, or there is another leader. */
void raft__reads_lost(struct raft *r);
void raft__reads_expire(struct raft *r);
uint64_t raft__reads_deadline(const struct raft *r);
void raft__reads_hand_out(struct raft *r, struct raft_duties *duties);
void raft__reads_free(struct raft *r);
void raft__on_read(struct raft *r, const struct raft_message *message);
void raft__on_read_answer(struct raft *r, const struct raft_message *message);

/* ------------------------------------------- handing over: transfer.c */

struct raft_transfer {
	/** 0: nobody; all else but given_up is meaningless then. */
	uint64_t target;
	/** Counts this member's transfers; echoed in the permit. */
	uint64_t number;
	/** When the leader goes on, or gives up leading. */
	uint64_t until;
	/** The target was told, and is told again with each heartbeat. */
	bool told;
	/** The leader stops in any case, for this reason. */
	bool leaves;
	/** The newest entry that nobody proposed is the no-op of one that was
	 *  given up: once committed, nobody heeds what its target was told. */
	bool given_up;
	enum raft_reason reason;
};

/** Whether another may lead by our leave: we hand over, or gave that up and have
 *  not committed the no-op behind which a late word of it is void. */
bool raft__is_handing_over(const struct raft *r);
void raft__transfer_advance(struct raft *r);
/** Stop leading, by handing over to the best successor if there is one. */
void raft__hand_over(struct raft *r, enum raft_reason reason);
void raft__transfer_expire(struct raft *r);
void raft__on_timeout_now(struct raft *r, const struct raft_message *message);

/* --------------------------------------------------------- the member */

struct raft {
	struct raft_identity self;
	/** The modules that this member has: the simulator's seam. */
	uint64_t mask;
	/** What the build has, as messages carry it. */
	uint64_t capabilities;
	/** The latest time that any verb was told. */
	uint64_t now;

	uint64_t term;
	struct raft_identity vote;
	enum raft_role role;
	bool stopped;
	/** Too many say that we were removed: keep quiet. */
	bool disowned;
	/** Leading: a match index has risen since the commit was computed. */
	bool match_raised;
	/** Who was heard at heard_at gives up when it has lost its majority. */
	bool heard_yields;
	/** 0: unknown. */
	struct raft_identity leader;

	struct raft_log log;
	uint64_t commit_index;
	uint64_t applied_index;
	/** The last entry handed out for apply; beyond durable_index only if
	 *  ahead_of_disk. */
	uint64_t shown_index;
	/** All up to here equals the log of this term's leader. */
	uint64_t verified_index;
	/** All up to here is durable in this log. */
	uint64_t durable_index;
	/** The term and vote that are durable. */
	uint64_t durable_term;
	struct raft_identity durable_vote;

	/** When an append that advanced was accepted from the leader of what
	 *  was then its term; 0: not since the start, or since another had our
	 *  vote by leave of that leader. */
	uint64_t heard_at;
	uint64_t heard_term;
	uint64_t heard_sequence;
	/** The entry of this term's leader that was told of as one that cannot
	 *  be taken; 0: none. */
	uint64_t incompatible_index;

	uint64_t election_at;
	/** Of a leader, and of a candidate that asks again. */
	uint64_t heartbeat_at;
	/** When to tell followers of a commit that no append carried; and of
	 *  which that time has come. */
	uint64_t commit_notice_at;
	uint64_t commit_noticed;
	uint64_t random;

	/** Leading: bytes proposed and not yet settled, by index. */
	struct raft_flow uncommitted;
	/** Leading: the no-op of this term; proposals stand after it. */
	uint64_t term_first_index;
	/** Proposals up to here have had their outcome. */
	uint64_t outcome_index;
	/** An entry of this term that nobody proposed, after the first; 0: none.
	 *  There is at most one that is not committed. */
	uint64_t unproposed_index;
	struct raft_transfer transfer;
	struct raft_reads reads;
	/** Campaigning by leave of the former leader; leader 0: not. */
	struct raft_permit permit;

	struct raft_membership *membership;
	struct raft_snapshots snapshots;
	struct raft_outbox outbox;

	/** At most an hour, either. */
	uint32_t heartbeat_us;
	uint32_t commit_notice_us;
	uint32_t batch_entries_max;
	uint32_t appends_in_flight_max;
	uint32_t payload_bytes_max;
	/** The machine keeps a snapshot before its newest. */
	bool keeps_spare;
	/** What is committed is applied before it is durable here. */
	bool ahead_of_disk;
	/** Leading: another may hold what is not committed. */
	bool others_are_ahead;
	uint64_t bytes_in_flight_max;
	uint64_t uncommitted_entries_max;
	uint64_t uncommitted_bytes_max;
	struct raft_allocator allocator;
	void (*trace)(void *context, const char *text);
	void *trace_context;
	uint64_t counters[RAFT_COUNTER_COUNT];
#define RAFT_MEMBER_STATE(m) struct raft_##m m;
	RAFT_EXTENSIONS(RAFT_MEMBER_STATE)
#undef RAFT_MEMBER_STATE
};

/* --------------------------------- what modules may call: raft_module.h */

/** By how much the modules put off a candidacy beyond the random draw. */
uint64_t raft__candidacy_delay(struct raft *r);
/** Whether this member's build has that capability. */
bool raft__build_has(const struct raft *r, uint64_t capability);
/** Whether a leader was heard within the least election timeout, honoured or not. */
bool raft__leader_is_heard(const struct raft *r);
/**
 * Recency: whether a live leader was heard within the least election timeout,
 * by our own clock (thesis 4.2.3). A build whose own leaders yield honours it
 * only towards leaders that do, since one that clings to its role without a
 * majority would otherwise lock out a majority that could elect another. A
 * leader hears itself: while its majority is fresh if it yields, else always.
 */
bool raft__leader_is_recent(const struct raft *r);
/** See raft_module_promised_timeout(). */
uint64_t raft__promised_timeout(const struct raft *r,
				const struct raft_peer *peer);
/** The latest time such that a majority of voters have answered an append sent
 *  then or later. */
uint64_t raft__quorum_heard_at(const struct raft *r);
/** See raft_module_writing_since(). */
uint64_t raft__writing_since(const struct raft *r);
/** Thesis 3.6.1: the later last term wins; of equal ones, the longer log. */
bool raft__is_up_to_date(struct raft_entry_id tip, struct raft_entry_id other);
/** Why the core would refuse, had no module an opinion. */
enum raft_refusal raft__judge_vote(const struct raft *r,
				   const struct raft_vote_request *request);
/** Whether it has leave to ask although a leader was heard, of that leader or of
 *  one that came after it, and would get the vote itself. It is as good when it
 *  comes again, since a grant may be lost. */
bool raft__is_permitted(const struct raft *r,
			const struct raft_vote_request *request);
/** The same after all modules were asked: what a preliminary request gets. */
enum raft_refusal
raft__judge_preliminary_vote(struct raft *r,
			     const struct raft_vote_request *request);
/** See raft_module_offer(). */
bool raft__offer(struct raft *r, struct raft_identity to, uint64_t round,
		 struct raft_entry_id after);
/** A preliminary request of ours was answered. */
void raft__preliminary_answered(struct raft *r, uint32_t position,
				uint64_t round, enum raft_refusal refusal);
/** Put a whole message into the outbox: kind, receiver and body. Sender, term and
 *  capabilities are filled in when it leaves. */
void raft__send(struct raft *r, struct raft_message message);
/** 0 to below - 1. */
uint64_t raft__random(struct raft *r, uint64_t below);
void raft__trace(struct raft *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void raft__count(struct raft *r, enum raft_counter counter,
		 const struct raft_message *message);

/* invariants.c: checked before and after each step of debug builds */
#ifndef NDEBUG
#define RAFT_INVARIANTS 1
#else
#define RAFT_INVARIANTS 0
#endif

/** What must not go back, as it was before a step. */
struct raft_before {
	uint64_t term;
	struct raft_identity vote;
	enum raft_role role;
	uint64_t commit_index;
	uint64_t shown_index;
	uint64_t snapshot_index;
	struct raft_entry_id last;
	struct raft_identity leader;
	uint64_t commit_term;
};


/* ------------------------------------------- the core's other rooms */

/* modules.c */
/** Whether each option of each module is within its limits; by number. */
bool raft__module_options_are_sound(const void *const *given);

/* raft.c: the spine */
void raft__carry_out(struct raft *r, struct raft_intent intent);
/** A new term in which nothing is known yet: no vote, no leader, follower. */
void raft__enter_term(struct raft *r, uint64_t term);
void raft__adopt_term(struct raft *r, uint64_t term, enum raft_reason reason);
void raft__become_follower(struct raft *r, enum raft_reason reason);
void raft__set_leader(struct raft *r, struct raft_identity leader);
void raft__role_changed(struct raft *r, enum raft_reason reason);
void raft__stop(struct raft *r, enum raft_reason reason, uint64_t index);
/** Drop all entries from `index` on, everywhere; none is committed. */
void raft__truncate(struct raft *r, uint64_t index);
uint64_t raft__heartbeat_us(const struct raft *r);
void *raft__resize(struct raft *r, void *memory, size_t bytes);
/** Room for `wanted` of so many bytes each, by doubling. NULL: no memory, and
 *  what was there remains. */
void *raft__grow(struct raft *r, void *memory, size_t *capacity, size_t wanted,
		 size_t bytes);

/* election.c */
void raft__reset_election_timer(struct raft *r);
bool raft__may_campaign(const struct raft *r);
void raft__begin_candidacy(struct raft *r, enum raft_reason reason);
void raft__ask_again(struct raft *r);
void raft__own_vote_saved(struct raft *r);
void raft__on_vote(struct raft *r, const struct raft_message *message);
void raft__on_vote_answer(struct raft *r, const struct raft_message *message);
void raft__refuse_vote(struct raft *r, const struct raft_message *message,
		       enum raft_refusal refusal);
struct raft_vote_request
raft__vote_request(const struct raft_message *message);

/* replicate.c: what a leader does */
void raft__become_leader(struct raft *r);
void raft__leader_stops(struct raft *r);
/** False: no memory for it. */
bool raft__append_noop(struct raft *r);
void raft__on_append_answer(struct raft *r, const struct raft_message *message);
/** Who sends an answer that echoes this of an append or a snapshot message to
 *  it; NULL: it is no member, or cannot have been sent that. */
struct raft_peer *
raft__peer_answering(struct raft *r, const struct raft_message *message,
		     uint64_t sent_at, uint64_t sequence, uint64_t match_index);
void raft__peer_answered(struct raft *r, struct raft_peer *peer,
			 uint64_t sent_at, uint64_t sequence,
			 uint64_t match_index);
void raft__advance_commit(struct raft *r);
void raft__owe_heartbeats(struct raft *r);
void raft__owe_commit_notices(struct raft *r);
/** Compose what this peer is owed. False: nothing. */
bool raft__compose_append(struct raft *r, struct raft_peer *peer,
			  struct raft_message *message);

/* accept.c: what a follower does */
/** Whether an append could come from a correct leader. Else it is counted. */
bool raft__append_is_sound(struct raft *r, const struct raft_message *message);
void raft__on_append(struct raft *r, const struct raft_message *message);
void raft__on_regressed(struct raft *r, const struct raft_message *message);
/** Whether an offer could come from a correct member. Else it is counted. */
bool raft__offer_is_sound(struct raft *r, const struct raft_message *message);
void raft__take_offer(struct raft *r, const struct raft_message *message);
/** To an append or a snapshot message of an older term. */
void raft__answer_stale_leader(struct raft *r,
			       const struct raft_message *message);
/** False, and counted: this term has another leader. */
bool raft__is_from_leader(struct raft *r, const struct raft_message *message);
/** A message of this term's leader, with that sequence, has come. */
void raft__note_leader(struct raft *r, const struct raft_message *message,
		       uint64_t sequence);
/** That leader's configuration or entry at `index` needs a newer build: told once
 *  a leader. */
void raft__tell_incompatible(struct raft *r, const struct raft_message *message,
			     uint64_t index);

#if RAFT_INVARIANTS
void raft__check_before(const struct raft *r, struct raft_before *before);
void raft__check_after(const struct raft *r, const struct raft_before *before);
#else
static inline void
raft__check_before(const struct raft *r, struct raft_before *before)
{
	(void)r, (void)before;
}

static inline void
raft__check_after(const struct raft *r, const struct raft_before *before)
{
	(void)r, (void)before;
}
#endif

/** Of every verb: time moves on, and what was true is noted. False: stopped. */
static inline bool
raft__begin_step(struct raft *r, uint64_t now, struct raft_before *before)
{
	raft__check_before(r, before);
	if (now > r->now)
		r->now = now;
	return !r->stopped;
}

static inline uint64_t
raft__least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/** All up to here is done with: committed, and durable here if the disk is not
 *  waited for. What follows is held in memory. */
static inline uint64_t
raft__settled_index(const struct raft *r)
{
	return r->ahead_of_disk && r->durable_index < r->commit_index
		   ? r->durable_index
		   : r->commit_index;
}

/** Room for `more` further pending entries. */
static inline bool
raft__outbox_reserve(struct raft *r, size_t more)
{
	const struct raft_entries *pending = &r->outbox.pending;

	return pending->count + more <= pending->capacity ||
	       raft__outbox_grow(r, more);
}

/** Pending entries for the caller to fill, whose payloads it holds. Room must
 *  have been reserved. */
static inline struct raft_entry *
raft__outbox_extend(struct raft *r, size_t count)
{
	struct raft_entries *pending = &r->outbox.pending;
	struct raft_entry *first = &pending->at[pending->count];

	pending->count += count;
	raft_assert(pending->count <= pending->capacity);
	return first;
}

/** Numbers in payloads and modules' messages: little endian. */
static inline void
raft__put(uint8_t *at, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static inline uint64_t
raft__get(const uint8_t *at, size_t bytes)
{
	uint64_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

/** The least election timeout of the configuration in force. */
static inline uint64_t
raft__election_timeout(const struct raft *r)
{
	return r->membership == NULL
		   ? 0
		   : r->membership->configuration.election_timeout_us;
}

/** The shorter one of two, while the newer configuration is not committed: no
 *  majority is known to wait longer yet. */
static inline uint64_t
raft__agreed_timeout(const struct raft *r)
{
	const struct raft_membership *m = r->membership;
	uint64_t timeout = raft__election_timeout(r);

	return m == NULL || m->older == NULL || m->index <= r->commit_index
		   ? timeout
		   : raft__least(timeout,
				 m->older->configuration.election_timeout_us);
}

/** The newest entry of the log was proposed by nobody; it is the no-op of a transfer
 *  that was given up, or something else. */
static inline void
raft__note_unproposed(struct raft *r, bool given_up)
{
	r->unproposed_index = r->log.last.index;
	r->transfer.given_up = given_up;
}

/** Whether the configuration in force lets leaders hold leases. */
static inline bool
raft__grants_leases(const struct raft *r)
{
	return r->membership != NULL &&
	       r->membership->configuration.clock_drift != 0;
}

static inline bool
raft__is_sole_voter(const struct raft *r)
{
	return r->membership != NULL && r->membership->is_sole_voter;
}

static inline bool
raft__same(struct raft_identity a, struct raft_identity b)
{
	return a.id == b.id && a.incarnation == b.incarnation;
}

/** The same; ids are often 1 to n. */
static inline struct raft_peer *
raft__find_peer(const struct raft_membership *m, uint64_t id)
{
	if (m == NULL)
		return NULL;
	if (id - 1 < m->peer_count && m->peers[id - 1].identity.id == id)
		return &m->peers[id - 1];
	return raft__search_peer(m, id);
}

/** NULL: not in the configuration in force. */
static inline struct raft_peer *
raft__peer_by_id(struct raft *r, uint64_t id)
{
	return raft__find_peer(r->membership, id);
}

static inline struct raft_peer *
raft__peer(struct raft *r, struct raft_identity identity)
{
	struct raft_peer *peer = raft__peer_by_id(r, identity.id);

	return peer != NULL && raft__same(peer->identity, identity) ? peer
								    : NULL;
}

/** Of either half, if the configuration is joint. */
static inline bool
raft__votes(const struct raft_peer *peer)
{
	return peer->role == RAFT_MEMBER_VOTER ||
	       peer->role_before == RAFT_MEMBER_VOTER;
}

/** The newest append to it is an empty one, and on its way. */
static inline bool
raft__empty_append_is_out(const struct raft_peer *peer)
{
	return peer->sequence_answered < peer->sequence_sent &&
	       peer->sequence_sent % RAFT_SEQUENCE_STEP > 0;
}

/** A round of reads has asked, and nothing has gone to it since. */
static inline bool
raft__owes_read_append(const struct raft *r, const struct raft_peer *peer)
{
	return r->reads.round_count > 0 && peer->read_asked &&
	       peer->sequence_sent == peer->read_mark;
}

/** A heartbeat by its time; else what is newer than all that is on its way: a
 *  commit, or the question of a round of reads. But not while a probe waits,
 *  which an answer would hasten. */
static inline bool
raft__owes_empty_append(const struct raft *r, const struct raft_peer *peer)
{
	bool is_told = peer->state == RAFT_PROGRESS_REPLICATE ||
		       (peer->state == RAFT_PROGRESS_PROBE &&
			peer->sequence_sent >= peer->sequence_probing);

	return peer->owes_heartbeat ||
	       (is_told && ((peer->commit_told < r->commit_noticed &&
			     !raft__empty_append_is_out(peer)) ||
			    raft__owes_read_append(r, peer)));
}

/** Nearly always not: nothing is new. */
static inline bool
raft__may_be_owed_append(const struct raft *r, const struct raft_peer *peer)
{
	return peer->next_index <= r->outbox.handed_index ||
	       raft__owes_empty_append(r, peer);
}

static inline struct raft_peer *
raft__self_peer(const struct raft *r)
{
	const struct raft_membership *m = r->membership;

	return m == NULL || m->self == m->peer_count ? NULL : &m->peers[m->self];
}

#endif
