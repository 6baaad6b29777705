/*
 * The room of a module: all of the core that it may read and call.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A module is a folder. Its header includes raft/raft_extension.h: it gives the
 * module's number, declares its state, and defines its record of hooks, which
 * is documented there. Its .c file includes that header and this one, and
 * nothing else of the core:
 *
 *	#include "mine/patience.h"
 *	#include "raft/raft_module.h"
 *
 *	uint64_t
 *	raft_patience_candidacy_delay(struct raft *r)
 *	{
 *		return raft_module_election_timeout(r) / 4 *
 *		       RAFT_OWN(r, patience)->lost;
 *	}
 *
 * What a member consists of is the core's own and changes with it; what stands
 * here is kept. All of it is inline, so that asking costs what reading the
 * member would.
 *
 * While a hook runs the member stands still: what it is asked does not change
 * but by the module's own doing. A module
 *
 *  (M1) writes only its own state, and otherwise changes a member only by the
 *       intent that a handler returns, which the core checks and carries out;
 *  (M2) calls no verb of raft.h on the member, but may ask its questions
 *       (raft_status, raft_configuration, ...);
 *  (M3) reads no clock and draws nothing at random but by raft_module_now() and
 *       raft_module_random(), so that the same inputs give the same outputs;
 *  (M4) allocates nothing and does not block: its state has a fixed size, a
 *       part in the member and a part in what is kept of each peer;
 *  (M5) takes what a message says for what a stranger might say: short bytes,
 *       numbers from the future and an unknown type are ignored;
 *  (M6) knows no other module. Where two meet, the core asks both.
 *
 * Members of the configuration in force have positions, from 0 to
 * raft_module_member_count() - 1, in the order of their ids. The same server may
 * stand elsewhere after `configured`, so a module that remembers one remembers
 * its identity, or keeps what it knows in that peer's own part. Without a
 * configuration there are no positions, and nothing that takes one may be called.
 *
 * In a test, RAFT_MODULE_OPAQUE leaves the inline bodies away: a module that
 * compiles then has touched nothing but what stands here.
 */
#ifndef OUTRIGGER_RAFT_MODULE_H
#define OUTRIGGER_RAFT_MODULE_H

#include "raft/raft_extension.h"

#ifdef RAFT_MODULE_OPAQUE
#define RAFT_MODULE_CALL
#else
#define RAFT_MODULE_CALL static inline
#endif

/* ------------------------------------------------------------ own state */

/** \def RAFT_OWN
 *  The module's own part of the member, a struct raft_NAME, zeroed when the
 *  member was made: RAFT_OWN(r, prevote)->round. As const as `r` is. */
/** \def RAFT_OWN_PEER
 *  The module's own part of what is kept of the peer at `position`, a struct
 *  raft_NAME_peer. Zeroed when the peer joined the configuration, kept while it
 *  is in it, whatever its role: RAFT_OWN_PEER(r, 2, prevote)->ballot. */
#ifdef RAFT_MODULE_OPAQUE
#define RAFT_OWN(r, module) ((struct raft_##module *)raft_module_opaque(r, 0))
#define RAFT_OWN_PEER(r, position, module)                                     \
	((struct raft_##module##_peer *)raft_module_opaque(r, position))
void *raft_module_opaque(const struct raft *r, size_t position);
void raft__trace(struct raft *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
#else
#define RAFT_OWN(r, module) (&(r)->module)
#define RAFT_OWN_PEER(r, position, module)                                     \
	(&(r)->membership->peers[position].module)
#endif

/* ----------------------------------------------------------- the member */

/** The present, in microseconds, as the verb that runs was told it; it never
 *  goes back. */
RAFT_MODULE_CALL uint64_t raft_module_now(const struct raft *r);
/** Who this member is. */
RAFT_MODULE_CALL struct raft_identity raft_module_self(const struct raft *r);
/** What it is in its term. */
RAFT_MODULE_CALL enum raft_role raft_module_role(const struct raft *r);
/** The newest term that it knows. */
RAFT_MODULE_CALL uint64_t raft_module_term(const struct raft *r);
/** Whom it voted for in that term; id 0: nobody. */
RAFT_MODULE_CALL struct raft_identity raft_module_vote(const struct raft *r);
/** Who leads in that term, itself included; id 0: unknown. */
RAFT_MODULE_CALL struct raft_identity raft_module_leader(const struct raft *r);
/** The last entry of its log, durable or not. */
RAFT_MODULE_CALL struct raft_entry_id raft_module_tip(const struct raft *r);
/** Whether that entry stands in its log, or is the last one compacted away. */
RAFT_MODULE_CALL bool raft_module_has_entry(const struct raft *r,
					    struct raft_entry_id entry);
/** The one at this index; of term 0 if it is not known which that is: it was
 *  compacted away, or the log is shorter. */
RAFT_MODULE_CALL struct raft_entry_id raft_module_entry(const struct raft *r,
							uint64_t index);
/** The last entry that was compacted away, whose term is known; 0: none was. */
RAFT_MODULE_CALL uint64_t raft_module_log_begin(const struct raft *r);
/** Whether another may lead by this leader's leave: it hands over, or it gave that
 *  up and has not committed the no-op behind which a late word of it is void. */
RAFT_MODULE_CALL bool raft_module_is_handing_over(const struct raft *r);
/** Since when the log has been at work without ending a write; UINT64_MAX: all
 *  is durable. */
RAFT_MODULE_CALL uint64_t raft_module_writing_since(const struct raft *r);

/** Whether it applies what is committed before that is durable in its log: see
 *  struct raft_options. */
RAFT_MODULE_CALL bool raft_module_is_ahead_of_disk(const struct raft *r);

/** All up to there is known to be committed. */
RAFT_MODULE_CALL uint64_t raft_module_commit_index(const struct raft *r);
/** All up to there was applied to its state machine. */
RAFT_MODULE_CALL uint64_t raft_module_applied_index(const struct raft *r);
/** Whether it leads and an entry of its own term is committed, so that its commit
 *  index covers all that any leader before it acknowledged (thesis 6.4). */
RAFT_MODULE_CALL bool raft_module_has_committed(const struct raft *r);

/* -------------------------------------------------------------- timeouts */

/** The least election timeout of the configuration in force; 0 without one. */
RAFT_MODULE_CALL uint64_t raft_module_election_timeout(const struct raft *r);
/** That of the configuration before it; 0: there is none in the log. */
RAFT_MODULE_CALL uint64_t raft_module_former_timeout(const struct raft *r);
/** The shorter of the two while the newer one is not committed, since no
 *  majority is known to wait longer yet; else that in force. */
RAFT_MODULE_CALL uint64_t raft_module_agreed_timeout(const struct raft *r);
/** How fast or slow clocks of members may be, in millionths, where leaders hold
 *  leases by the configuration in force, or by one that may be again; 0: they do
 *  not. */
RAFT_MODULE_CALL uint64_t raft_module_clock_drift(const struct raft *r);
/** Asked of a leader: how long that member votes for nobody after it has heard us,
 *  by its own clock, whichever configuration it has of those that we know it may;
 *  0: it may vote any time. */
RAFT_MODULE_CALL uint64_t raft_module_promised_timeout(const struct raft *r,
						       uint32_t position);
/** By how much the modules together would put off a candidacy now. */
RAFT_MODULE_CALL uint64_t raft_module_candidacy_delay(struct raft *r);
/** Between two heartbeats; what was not answered is asked again so often. */
RAFT_MODULE_CALL uint64_t raft_module_heartbeat(const struct raft *r);

/* --------------------------------------------------------------- members */

/** How many there are in the configuration in force, this one included. */
RAFT_MODULE_CALL uint32_t raft_module_member_count(const struct raft *r);
/** Where this server stands among them; member_count: nowhere. */
RAFT_MODULE_CALL uint32_t raft_module_own_position(const struct raft *r);
/** Where that one stands; member_count: nowhere. */
RAFT_MODULE_CALL uint32_t raft_module_position(const struct raft *r,
					       struct raft_identity identity);
/** Who stands there. */
RAFT_MODULE_CALL struct raft_identity
raft_module_identity(const struct raft *r, uint32_t position);
/** Whether it votes, in either half if the configuration is joint. */
RAFT_MODULE_CALL bool raft_module_votes(const struct raft *r,
					uint32_t position);
/** Whether this server alone votes. */
RAFT_MODULE_CALL bool raft_module_is_sole_voter(const struct raft *r);
/**
 * The greatest value that a majority of the voters reach, values[i] being that of
 * the member at position i; of both halves if the configuration is joint (thesis
 * 4.3). With 1 for yes and 0 for no it is a vote. There is no other way to count
 * a majority.
 */
RAFT_MODULE_CALL uint64_t raft_module_quorum(const struct raft *r,
					     const uint64_t *values);

/* -------------------------------------------------- what a leader has heard */

/** All up to there is durable at that member and equals the leader's log. */
RAFT_MODULE_CALL uint64_t raft_module_match_index(const struct raft *r,
						  uint32_t position);
/** When the newest append that it has answered was sent, by the leader's clock;
 *  until it answers, when leading began or it became a voter. */
RAFT_MODULE_CALL uint64_t raft_module_heard_at(const struct raft *r,
					       uint32_t position);
/** Whether it has answered since. */
RAFT_MODULE_CALL bool raft_module_has_answered(const struct raft *r,
					       uint32_t position);
/** The latest time such that a majority of the voters, this one included, have
 *  answered what was sent to them then or later. When leading begins, and of a
 *  voter that is new, that moment counts as an answer, which gives a window of
 *  grace and is no proof that anybody followed. */
RAFT_MODULE_CALL uint64_t raft_module_quorum_heard_at(const struct raft *r);

/* --------------------------------------------------------------- judging */

/**
 * Recency: whether a live leader was heard within the least election timeout,
 * by our own clock (thesis 4.2.3). A build whose own leaders yield honours it
 * only towards leaders that do, since one that clings to its role without a
 * majority would otherwise lock out a majority that could elect another. A
 * leader hears itself: while its majority is fresh if it yields, else always.
 */
RAFT_MODULE_CALL bool raft_module_leader_is_recent(const struct raft *r);
/** Whether a leader was heard within that time, also one that is not honoured. Of a
 *  leader: as of the time before it led. */
RAFT_MODULE_CALL bool raft_module_leader_is_heard(const struct raft *r);
/** Whether it has leave to ask although a leader was heard, of that leader or of
 *  one that came after it, and would get the vote itself. It is as good when it
 *  comes again, since a grant may be lost. */
RAFT_MODULE_CALL bool
raft_module_is_permitted(const struct raft *r,
			 const struct raft_vote_request *request);
/** What a preliminary request gets, once all modules were asked and then the
 *  core. May send a word to a candidate that was removed. */
RAFT_MODULE_CALL enum raft_refusal
raft_module_judge_preliminary_vote(struct raft *r,
				   const struct raft_vote_request *request);

/* ----------------------------------------------------------------- doing */

/** Send a message of the module's own, which may be lost like any other. Sender,
 *  term and capabilities are added when it leaves, which is not before the term
 *  is durable. Whoever lacks the module answers UNSUPPORTED, which `receive`
 *  gets. */
RAFT_MODULE_CALL void
raft_module_send(struct raft *r, struct raft_identity to,
		 struct raft_extension_message message);
/** Offer entries of the log to a member that asked in this round: those after the
 *  entry `after`, as many as an append would have. It may be lost. False: there
 *  are none, or that one is not in the log. */
RAFT_MODULE_CALL bool raft_module_offer(struct raft *r, struct raft_identity to,
					uint64_t round,
					struct raft_entry_id after);
/** Give a part of a snapshot to a member that asked in this round: of that one, at
 *  `offset`, or the first part of the newest. It may be lost. False: there is none,
 *  or another member is given one. */
RAFT_MODULE_CALL bool raft_module_give_part(struct raft *r,
					    struct raft_identity to,
					    uint64_t round,
					    struct raft_entry_id snapshot,
					    uint64_t offset);
/** Of the snapshot that this member gives which part is wanted next. False: none,
 *  since all have come, or, with an index of 0, none is taken. */
RAFT_MODULE_CALL bool raft_module_wants_part(const struct raft *r,
					     struct raft_identity from,
					     struct raft_entry_id *snapshot,
					     uint64_t *offset);
/** Tell all modules how the peer at `position` answered a preliminary request for
 *  its vote, by the module that asks so. */
RAFT_MODULE_CALL void
raft_module_preliminary_answered(struct raft *r, uint32_t position,
				 uint64_t round, enum raft_refusal refusal);
/** Tell the program of a member: an event of that kind, its id, and its match
 *  index. */
RAFT_MODULE_CALL void raft_module_event(struct raft *r,
					enum raft_event_kind kind,
					uint32_t position);
/** Whether RAFT_INTENT_RECONFIGURE would be carried out now, as far as the core
 *  knows: this member leads, no other change is under way, and so on. */
RAFT_MODULE_CALL bool raft_module_may_change(const struct raft *r);
/** At random, 0 to below - 1; `below` is at least 1. */
RAFT_MODULE_CALL uint64_t raft_module_random(struct raft *r, uint64_t below);
/** \def raft_module_trace
 *  One line for a person who reads a trace: the member, then a format and more
 *  as in printf. It costs next to nothing where nobody listens. */
#define raft_module_trace raft__trace

/** A number in a message's bytes, little endian, in so many of them. */
RAFT_MODULE_CALL void raft_module_put(uint8_t *at, uint64_t value,
				      size_t bytes);
/** And back. */
RAFT_MODULE_CALL uint64_t raft_module_get(const uint8_t *at, size_t bytes);
/** Whether they are one server, and one life of its disk. */
RAFT_MODULE_CALL bool raft_module_same(struct raft_identity a,
				       struct raft_identity b);

#ifndef RAFT_MODULE_OPAQUE
#include "raft/module_inside.h"
#endif

#endif
