/*
 * What a member is made of, and what its parts offer one another.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Included by the core's files and by modules. A module reads the member and
 * writes only its own state in it; it calls what stands under "for modules".
 */
#ifndef OUTRIGGER_RAFT_STATE_H
#define OUTRIGGER_RAFT_STATE_H

#include "raft/raft.h"
#include "raft/raft_extension.h"

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

/* ---------------------------------------------- the log's index: log.c */

/** Indexes and terms of the log; the bytes are the user's. */
struct raft_log {
	/** Entries up to here are compacted away; all are committed. */
	struct raft_entry_id snapshot;
	/** The tip. Equals snapshot if there are no entries. */
	struct raft_entry_id last;
	/** Invariant: ascending in both fields; the first starts at
	 *  snapshot.index + 1; none if there are no entries. */
	struct raft_term_run *runs;
	uint32_t run_count;
	uint32_t run_capacity;
};

/** Room for `more` further runs. */
bool raft__log_reserve(struct raft *r, size_t more);
/** Of any index from snapshot.index to last.index. */
uint64_t raft__log_term_at(const struct raft_log *log, uint64_t index);
/** Whether the entry stands in the log, or is the snapshot's last. */
bool raft__log_has(const struct raft_log *log, struct raft_entry_id id);
/** Room must have been reserved for each entry of another term. */
void raft__log_append(struct raft_log *log, uint64_t term, uint64_t count);
/** Drop all from `index` on. */
void raft__log_truncate(struct raft_log *log, uint64_t index);
/** Nothing but a snapshot. */
void raft__log_reset(struct raft_log *log, struct raft_entry_id snapshot);
/** Drop all up to `index`. */
void raft__log_compact(struct raft_log *log, uint64_t index);
/** The first index of the run that `index` is in. */
uint64_t raft__log_run_first(const struct raft_log *log, uint64_t index);
/** The last index of that term; 0: none. */
uint64_t raft__log_last_of_term(const struct raft_log *log, uint64_t term);

/* --------------------------------------------------- quorums: quorum.c */

struct raft_membership;

/** The greatest value that a majority of the voters reach, values[i] being that
 *  of peer i; of both halves' voters if the configuration is joint (thesis 4.3).
 *  Every quorum is counted here. */
uint64_t raft__quorum(const struct raft_membership *m, const uint64_t *values);
/** That of the voters of either half: what is enough to prevent. */
uint64_t raft__quorum_of_either(const struct raft_membership *m,
				const uint64_t *values);

/* ------------------------------------------------- bytes on their way */

/** Bytes that are on their way, in two heaps, so that a count of any length
 *  takes three numbers: those up to a mark, and those since. The first are known
 *  to have arrived only when the mark is reached. */
struct raft_flow {
	uint64_t mark;
	uint64_t before;
	uint64_t since;
};

static inline uint64_t
raft__flow_bytes(const struct raft_flow *flow)
{
	return flow->before + flow->since;
}

/** What is numbered up to `done` has arrived, of all up to `newest`. */
static inline void
raft__flow_arrived(struct raft_flow *flow, uint64_t done, uint64_t newest)
{
	if (done < flow->mark)
		return;
	flow->before = done < newest ? flow->since : 0;
	flow->since = 0;
	flow->mark = newest;
}

/* ---------------------------------------------------- peers: progress.c */

enum raft_ballot {
	RAFT_BALLOT_OPEN = 0,
	RAFT_BALLOT_GRANTED = 1,
	RAFT_BALLOT_REFUSED = 2,
};

/** A member of the configuration in force, ourselves included, as this member
 *  knows it. Progress is meaningful while leading. */
struct raft_peer {
	struct raft_identity identity;
	enum raft_member_role role;
	/** As in struct raft_member. */
	enum raft_member_role role_before;
	enum raft_progress_state state;
	/** Its answer to our candidacy of this term. */
	enum raft_ballot ballot;
	/** All up to here equals our log and is durable there, as its answers
	 *  say, whatever their verdict: it speaks of appends accepted in this
	 *  term. */
	uint64_t match_index;
	/** The first entry not yet sent; runs ahead of the answers.
	 *  Invariant: match_index < next_index <= last.index + 1. */
	uint64_t next_index;
	/** Appends sent to it in this term, and the newest one answered. */
	uint64_t sequence_sent;
	uint64_t sequence_answered;
	/** Answers to appends before this one were overtaken by a step back. */
	uint64_t sequence_probing;
	/** Bytes of appends not yet answered, by sequence. */
	struct raft_flow in_flight;
	/** The newest append to it when the round of reads began. */
	uint64_t read_mark;
	/** When the newest append that it answered was sent; at first, when we
	 *  began to lead, which gives it a window of grace. */
	uint64_t heard_sent_at;
	/** The commit index that an append to it carried last. */
	uint64_t commit_told;
	/** What its newest message said of its build. */
	uint64_t capabilities;
	/** Where the logs were first looked for in this probing. */
	uint64_t probe_index;
	/** A probe is on its way; the next goes with a heartbeat. */
	bool probe_is_out;
	bool answered;
	/** Something must be said by now: a heartbeat, a new commit. */
	bool owes_heartbeat;
	bool owes_vote_request;
	/** It has answered NOT_MEMBER to our newest candidacy. */
	bool disowns_us;
#define RAFT_PEER_STATE(m) struct raft_##m##_peer m;
	RAFT_EXTENSIONS(RAFT_PEER_STATE)
#undef RAFT_PEER_STATE
};

/** NULL: not in the configuration in force. */
struct raft_peer *raft__peer(struct raft *r, struct raft_identity identity);
struct raft_peer *raft__peer_by_id(struct raft *r, uint64_t id);
/** Forget what was known of all, as on beginning to lead. */
void raft__progress_reset(struct raft *r);
/** Look anew for where the logs agree, from next_index. */
void raft__progress_probe(struct raft *r, struct raft_peer *peer,
			  uint64_t next_index);
/** What it needs cannot be given, until it answers again. */
void raft__progress_unreadable(struct raft *r, struct raft_peer *peer);
/** The log has been compacted, or there is a newer snapshot: see who needs it. */
void raft__progress_compacted(struct raft *r);

/* ----------------------------------------- configurations: membership.c */

/** As raft_configuration_encode() requires: configuration.c. */
bool raft__configuration_is_valid(const struct raft_configuration *c);

/** A configuration of the log, newest first; the newest is in force (thesis
 *  4.1: as soon as it is in the log). Older ones wait for a truncation, or for
 *  a snapshot of where they were in force, until the log is compacted. */
struct raft_membership {
	struct raft_membership *older;
	uint64_t index;
	struct raft_configuration configuration;
	/** Appends to those who came with it are counted from here. */
	uint64_t sequence_floor;
	struct raft_peer *peers;
	uint32_t peer_count;
	/** Position of this server among the peers; peer_count: not in it. */
	uint32_t self;
	/** Known to be committed, and said so. */
	bool committed;
	/** This server alone votes, in either half. */
	bool is_sole_voter;
	/** A leader has to go on from here once it is committed: it is joint, or
	 *  this server is no voter of it. */
	bool is_passing;
	/** Those of its entry. */
	uint32_t length;
	const uint8_t *bytes;
};

/** Decode a configuration entry and make all that its coming into force will
 *  need, so that it cannot fail then. */
enum raft_result raft__membership_prepare(struct raft *r, uint64_t index,
					  const void *bytes, size_t length,
					  struct raft_membership **prepared);
void raft__membership_discard(struct raft *r, struct raft_membership *m);
void raft__membership_install(struct raft *r, struct raft_membership *m);
/** Go back to the newest one below `index`. */
void raft__membership_truncate(struct raft *r, uint64_t index);
/** The commit index has risen: see whether one is committed by it. */
void raft__membership_committed(struct raft *r);
/** Forget those that were not in force behind the log's snapshot. */
void raft__membership_compacted(struct raft *r);
/** Only this one: the snapshot's, which is committed. */
void raft__membership_replace(struct raft *r, struct raft_membership *m);
/** The one in force at an index of the log, or at its snapshot. */
const struct raft_membership *raft__membership_at(const struct raft *r,
						  uint64_t index);
void raft__membership_free(struct raft *r);
/** Say that we are no member any more. */
void raft__tell_removed(struct raft *r);
/** Of the configuration in force, of either half if it is joint. */
bool raft__is_voter(const struct raft *r);
bool raft__is_sole_voter(const struct raft *r);
/** Whether it may campaign: as a voter of the configuration in force, or of one
 *  that this log may go back to. */
bool raft__may_be_elected(const struct raft *r);
/** Whether the committed configuration lacks that server, and so does every
 *  newer one. */
bool raft__is_removed(const struct raft *r, struct raft_identity identity);

/* ------------------------------------------ changing it: reconfigure.c */

/** Append a configuration and put it in force. RAFT_INVALID, RAFT_NO_MEMORY. */
enum raft_result
raft__append_configuration(struct raft *r,
			   const struct raft_configuration *configuration,
			   uint64_t term);
/** Whether the change that was begun last is not committed yet. */
bool raft__is_changing(const struct raft *r);
/** What a leader owes a committed configuration: leave a joint one; give way if
 *  it is no voter any more. */
void raft__reconfigure_advance(struct raft *r);
/** To a candidate that was removed, beside what its request gets. */
void raft__answer_removed(struct raft *r,
			  const struct raft_vote_request *request);
void raft__on_not_member(struct raft *r, const struct raft_message *message);

/* --------------------------------------------- what is owed: outbox.c */

#define RAFT_WRITES_MAX 4
#define RAFT_EVENTS_MAX 10
#define RAFT_EVENTS_OUT_MAX 6
#define RAFT_OUTCOMES_MAX 4

/** A save that was handed out and is not yet durable. */
struct raft_write {
	uint64_t token;
	uint64_t term;
	struct raft_identity vote;
	/** The last entry that it, or a write before it, makes durable: lowered
	 *  by a truncation that overtakes it. */
	uint64_t last_index;
	/** When the log could begin with it: when it was handed out, or when
	 *  the one before it ended. */
	uint64_t since;
};

/** Entries accepted, on their way to the log. Holds their payloads. */
struct raft_entries {
	struct raft_entry *at;
	size_t count;
	size_t capacity;
};

/** What a follower owes its leader. Newer replaces older. */
struct raft_owed_answer {
	bool owed;
	/** To be said again when the log has made progress. */
	bool held;
	/** To a snapshot message, and if so, whether its part was not the next
	 *  one. `verdict` means nothing then; `conflict` is the snapshot. */
	bool of_snapshot;
	bool gap;
	/** The snapshot is the one that is being received: of that leader, and
	 *  as large. */
	bool is_received;
	struct raft_identity to;
	enum raft_append_verdict verdict;
	struct raft_entry_id conflict;
	uint64_t sent_at;
	uint64_t sequence;
	/** The last entry of the acceptance that is held. */
	uint64_t held_index;
};

struct raft_outbox {
	/** Term and vote differ from those last handed out. */
	bool state_changed;
	/** The snapshot behind which the log is to begin, before all else; and
	 *  that of the save handed out last. NULL: none. */
	struct raft_receiving *reset;
	struct raft_receiving *reset_handed;
	/** Entries handed out from here on are to be dropped; 0: none. */
	uint64_t truncate_from;
	/** Entries accepted since the last save. */
	struct raft_entries pending;
	/** Entries of the save that was handed out last. */
	struct raft_entries handed;
	/** The last entry that the log has been given: what can be sent. */
	uint64_t handed_index;
	struct raft_save save;
	uint64_t token;
	/** Oldest first. */
	struct raft_write writes[RAFT_WRITES_MAX];
	struct raft_owed_answer answer;
	/** A granted vote, to be told once durable. */
	bool owes_vote;
	/** All else, oldest first; loses the oldest when full. */
	struct raft_message *loose;
	uint32_t loose_count;
	uint32_t loose_capacity;
	/** In the caller's hands between two calls of raft_duties. */
	struct raft_message *send;
	/** A larger one that replaces it then; NULL: none. */
	struct raft_message *send_next;
	uint32_t send_capacity;
	uint32_t send_next_capacity;
	/** Oldest first; the first events_out of them are in the caller's hands,
	 *  which leaves room for others. The oldest of those is lost when full. */
	struct raft_event events[RAFT_EVENTS_MAX];
	uint32_t event_count;
	uint32_t events_out;
	struct raft_outcome outcomes[RAFT_OUTCOMES_MAX];
	uint32_t outcome_count;
	uint32_t write_count;
	struct raft_outcome outcomes_out[RAFT_OUTCOMES_MAX];
};

/** Room for `more` further pending entries. */
bool raft__outbox_reserve(struct raft *r, size_t more);
/** Room to write to so many other members. */
bool raft__outbox_reserve_peers(struct raft *r, size_t others);
/** Pending entries for the caller to fill, whose payloads it holds. Room must
 *  have been reserved. */
struct raft_entry *raft__outbox_extend(struct raft *r, size_t count);
/** Drop the pending entries from `index` on, and have the log drop its own. */
void raft__outbox_truncate(struct raft *r, uint64_t index);
/** Everything that the log was given, or was to be, makes way for that
 *  snapshot; it is the outbox's from now on. */
void raft__outbox_reset(struct raft *r, struct raft_receiving *receiving);
void raft__outbox_event(struct raft *r, struct raft_event event);
void raft__outbox_outcome(struct raft *r, enum raft_outcome_kind kind,
			  uint64_t first, uint64_t last);
void raft__outbox_free(struct raft *r);
/** Whether the log has been given all, and has made it durable. */
bool raft__outbox_all_durable(const struct raft *r);

/* ------------- snapshots: snapshot_send.c and snapshot_receive.c */

/** Parts on their way to one peer, and parts that wait to be stored. */
#define RAFT_PARTS_MAX 8

/** A snapshot that a peer in the state SNAPSHOT is being sent. */
struct raft_sending {
	/** Another one. */
	struct raft_sending *following;
	struct raft_identity to;
	struct raft_entry_id snapshot;
	uint64_t size;
	/** Durable there. Invariant: stored <= next <= size. */
	uint64_t stored;
	/** The first byte not yet sent. */
	uint64_t next;
	/** When `stored` rose last. */
	uint64_t advanced_at;
	/** It went back for a gap since the last heartbeat; and has done so
	 *  twice, and sends nothing before the next one. */
	bool went_back;
	bool waits;
	/** Of the message that was composed last. */
	struct raft_snapshot_content content;
	uint64_t configuration_index;
	size_t configuration_length;
	uint8_t configuration[];
};

/** A snapshot that a leader sends to this member. */
struct raft_receiving {
	/** Of the part that began it. */
	uint64_t term;
	uint64_t sequence;
	struct raft_identity from;
	struct raft_entry_id snapshot;
	uint64_t size;
	/** Durable here. Invariant: stored <= next <= size. */
	uint64_t stored;
	/** The first byte not yet taken. */
	uint64_t next;
	/** Its first part, which may be empty, was taken. */
	bool begun;
	/** All of it is durable. */
	bool whole;
	/** Its configuration, ready; NULL: in force already. */
	struct raft_membership *membership;
	/** As the log will be given it. */
	struct raft_stored_snapshot stored_snapshot;
	uint8_t configuration[];
};

struct raft_parts {
	/** To be handed out. */
	struct raft_snapshot_part at[RAFT_PARTS_MAX];
	size_t count;
	/** In the caller's hands until the next call of raft_duties. */
	struct raft_snapshot_part out[RAFT_PARTS_MAX];
	size_t out_count;
	/** The state machine's newest snapshot before it was to load the one
	 *  that was received last; 0: none. */
	uint64_t before_install;
};

struct raft_snapshots {
	/** The state machine's newest, and its bytes; index 0: none. */
	struct raft_entry_id newest;
	uint64_t size;
	/** Leading: one a peer in the state SNAPSHOT. */
	struct raft_sending *sending;
	/** Ended; freed by the next call of raft_duties. */
	struct raft_sending *ended;
	/** NULL: none. */
	struct raft_receiving *receiving;
	/** NULL: none has come yet. */
	struct raft_parts *parts;
	uint64_t tail_entries;
	uint32_t part_bytes;
};

/** Whether parts are to be handed out, or to be taken back. */
static inline bool
raft__has_parts(const struct raft_snapshots *snapshots)
{
	const struct raft_parts *parts = snapshots->parts;

	return parts != NULL && parts->count + parts->out_count > 0;
}

/** Send the newest snapshot to this peer. False: there is none to send, or no
 *  memory. */
bool raft__sending_begin(struct raft *r, struct raft_peer *peer);
void raft__sending_end(struct raft *r, const struct raft_peer *peer);
/** End those to peers that are not in the configuration any more; all. */
void raft__sendings_prune(struct raft *r);
void raft__sendings_end(struct raft *r);
void raft__sendings_release(struct raft *r);
/** What was on its way to a peer in the state SNAPSHOT is lost. */
void raft__sending_lost(struct raft *r, struct raft_peer *peer);
/** What is to be told of the sending to it, if there is one. */
void raft__sending_status(const struct raft *r, const struct raft_peer *peer,
			  struct raft_member_status *status);
/** Compose what a peer in the state SNAPSHOT is owed. False: nothing. */
bool raft__compose_part(struct raft *r, struct raft_peer *peer,
			struct raft_message *message);
void raft__on_snapshot_answer(struct raft *r,
			      const struct raft_message *message);
/** Whether it could come from a correct leader. Else it is counted. */
bool raft__snapshot_is_sound(struct raft *r,
			     const struct raft_message *message);
void raft__on_snapshot(struct raft *r, const struct raft_message *message);
void raft__compose_snapshot_answer(struct raft *r,
				   struct raft_message *message);
/** Forget what was received. */
void raft__receiving_end(struct raft *r);
void raft__parts_hand_out(struct raft *r, struct raft_duties *duties);
void raft__snapshots_free(struct raft *r);

/* ------------------------------------------------------ reads: read.c */

#define RAFT_READS_MAX 4096u

/** A read that waits, of ours or, as a whole round, of a follower's. */
struct raft_waiting_read {
	/** Whose; id 0: our own. */
	struct raft_identity asker;
	/** Our name for it, or the asker's for its round. */
	uint64_t name;
};

struct raft_reads {
	/** Oldest first; the first round_count of them are asked about. */
	struct raft_waiting_read *waiting;
	size_t count;
	size_t capacity;
	size_t round_count;
	/** Leading: the commit index when the round began; each peer's
	 *  read_mark is its newest append then. */
	uint64_t index;
	/** Following: the name of the round, and when to ask again. */
	uint64_t round;
	uint64_t ask_at;
	/** When a follower's round is given up. */
	uint64_t until;
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
/** A peer has answered, or the peers are others: see whether a majority has
 *  answered. */
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
	/** 0: nobody; all else is meaningless then. */
	uint64_t target;
	/** Counts this member's transfers; echoed in the permit. */
	uint64_t number;
	/** When the leader goes on, or gives up leading. */
	uint64_t until;
	/** The target was told, and is told again with each heartbeat. */
	bool told;
	/** The leader stops in any case, for this reason. */
	bool leaves;
	enum raft_reason reason;
};

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
	/** A majority says that we were removed: keep quiet. */
	bool disowned;
	/** Leading: a match index has risen since the commit was computed. */
	bool match_raised;
	/** 0: unknown. */
	struct raft_identity leader;

	struct raft_log log;
	uint64_t commit_index;
	uint64_t applied_index;
	/** The last entry handed out for apply. */
	uint64_t shown_index;
	/** All up to here equals the log of this term's leader. */
	uint64_t verified_index;
	/** All up to here is durable in this log. */
	uint64_t durable_index;
	/** The term and vote that are durable. */
	uint64_t durable_term;
	struct raft_identity durable_vote;

	/** When an append that advanced was accepted from the leader of what
	 *  was then its term; 0: not since the start. */
	uint64_t heard_at;
	uint64_t heard_term;
	uint64_t heard_sequence;
	uint64_t heard_capabilities;

	uint64_t election_at;
	/** Of a leader, and of a candidate that asks again. */
	uint64_t heartbeat_at;
	/** When to tell followers of a commit that no append carried. */
	uint64_t commit_notice_at;
	uint64_t random;

	/** Leading: bytes proposed and not yet committed, by index. */
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

	uint64_t heartbeat_us;
	uint64_t commit_notice_us;
	uint32_t batch_entries_max;
	uint32_t appends_in_flight_max;
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

/* ---------------------------------------------------------- for modules */

/** The least election timeout of the configuration in force. */
uint64_t raft__election_timeout(const struct raft *r);
/** Whether this member's build has that capability. */
bool raft__build_has(const struct raft *r, uint64_t capability);
/**
 * Recency: whether a live leader was heard within the least election timeout,
 * by our own clock (thesis 4.2.3). A build whose own leaders yield honours it
 * only towards leaders that do, since one that clings to its role without a
 * majority would otherwise lock out a majority that could elect another. A
 * leader hears itself: while its majority is fresh if it yields, else always.
 */
bool raft__leader_is_recent(const struct raft *r);
/** The latest time such that a majority of voters have answered an append sent
 *  then or later. */
uint64_t raft__quorum_heard_at(const struct raft *r);
/** Since when the log has been at work without ending a write; UINT64_MAX: all
 *  is durable. */
uint64_t raft__writing_since(const struct raft *r);
/** Thesis 3.6.1: the later last term wins; of equal ones, the longer log. */
bool raft__is_up_to_date(struct raft_entry_id tip, struct raft_entry_id other);
/** Why the core would refuse, had no module an opinion. */
enum raft_refusal raft__judge_vote(const struct raft *r,
				   const struct raft_vote_request *request);
/** The same after all modules were asked: what a preliminary request gets. */
enum raft_refusal
raft__judge_preliminary_vote(struct raft *r,
			     const struct raft_vote_request *request);
/** A message to be sent, zeroed, in the outbox; fill in kind and body at once.
 *  Sender and term are filled in when it leaves. */
struct raft_message *raft__send(struct raft *r, struct raft_identity to);
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

/* raft.c: the spine */
/** Of every verb: time moves on, and what was true is noted. False: stopped. */
bool raft__begin_step(struct raft *r, uint64_t now, struct raft_before *before);
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
/** To an append or a snapshot message of an older term. */
void raft__answer_stale_leader(struct raft *r,
			       const struct raft_message *message);
/** False, and counted: this term has another leader. */
bool raft__is_from_leader(struct raft *r, const struct raft_message *message);
/** A message of this term's leader, with that sequence, has come. False: it says
 *  nothing of now, newer ones have come before. */
bool raft__note_leader(struct raft *r, const struct raft_message *message,
		       uint64_t sequence);
/** That leader's configuration or entry at `index` needs a newer build. */
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

static inline uint64_t
raft__least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
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

static inline bool
raft__same(struct raft_identity a, struct raft_identity b)
{
	return a.id == b.id && a.incarnation == b.incarnation;
}

/** Of either half, if the configuration is joint. */
static inline bool
raft__votes(const struct raft_peer *peer)
{
	return peer->role == RAFT_MEMBER_VOTER ||
	       peer->role_before == RAFT_MEMBER_VOTER;
}

/** Nearly always not: nothing is new. */
static inline bool
raft__may_be_owed_append(const struct raft *r, const struct raft_peer *peer)
{
	return peer->next_index <= r->outbox.handed_index ||
	       peer->owes_heartbeat;
}

static inline struct raft_peer *
raft__self_peer(const struct raft *r)
{
	const struct raft_membership *m = r->membership;

	return m == NULL || m->self == m->peer_count ? NULL : &m->peers[m->self];
}

#endif
