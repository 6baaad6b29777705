/*
 * Outrigger: Raft consensus for programs that have their own network and disk.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * This header is the manual; with the five that it includes, it is the whole
 * public interface of the library.
 *
 * One `struct raft` is one member of one group of servers. It decides; the
 * program that uses it does the I/O. It opens no file, reads no clock, starts
 * no thread and draws no entropy: what it is told, and when, determines what it
 * does, byte for byte. A member is used by one thread at a time.
 *
 * The caller has five duties:
 *
 *  1. Tell the member what happened, with the time: a message came
 *     (raft_receive), a deadline passed (raft_expire), the program wants
 *     something (raft_propose, ...), the log finished a write (raft_saved).
 *  2. After each turn of its loop, however many things happened in it, take
 *     what is owed with raft_duties() and carry it out:
 *       save      give it to the log, saves in the order they came. From then
 *                 on the entries can be read back; they need not be durable.
 *       send      hand each message to the network. It may be lost, doubled,
 *                 delayed or overtaken. An append names a range of entries, a
 *                 snapshot message a part of a snapshot; the sender fills in
 *                 the bytes, from its log or its snapshot.
 *       parts     of a leader's snapshot: store them, see raft_snapshot_saved.
 *       install   load the state machine from the snapshot that they make.
 *       verify    read this snapshot of its own back, see raft_snapshot_damaged.
 *       apply     feed the range to the state machine, in order.
 *       reads     answer each once what it names has been applied.
 *       outcomes  tell whoever proposed.
 *       events    for the program's information.
 *  3. Call raft_saved(token) once that save, and all before it, is durable.
 *  4. Call raft_expire() when raft_deadline() has passed.
 *  5. At start, give back what the log held, in a struct raft_stored.
 *
 * So a program's loop, with functions of its own, is this:
 *
 *	while (wait_until(raft_deadline(raft))) {
 *		const struct raft_message *message;
 *		struct raft_duties duties;
 *		uint64_t token;
 *
 *		while ((message = next_message()) != NULL)
 *			(void)raft_receive(raft, message, clock_us());
 *		if ((token = log_durable()) != 0)
 *			raft_saved(raft, token, clock_us());
 *		(void)raft_expire(raft, clock_us());
 *		while (raft_duties(raft, &duties)) {
 *			if (duties.save != NULL)
 *				log_save(duties.save);
 *			for (size_t i = 0; i < duties.send_count; i++)
 *				network_send(&duties.send[i]);
 *			for (size_t i = 0; i < duties.part_count; i++)
 *				snapshot_store(&duties.parts[i]);
 *			if (duties.install.index != 0)
 *				machine_load(duties.install);
 *			if (duties.verify.index != 0)
 *				snapshot_verify(duties.verify);
 *			if (duties.apply.first <= duties.apply.last)
 *				machine_apply(duties.apply);
 *			for (size_t i = 0; i < duties.read_count; i++)
 *				client_read(&duties.reads[i]);
 *			for (size_t i = 0; i < duties.outcome_count; i++)
 *				client_answer(&duties.outcomes[i]);
 *		}
 *	}
 *
 * machine_load and machine_apply end with raft_applied, snapshot_store with
 * raft_snapshot_saved.
 *
 * A message that promises something (a vote, a term, entries held) is not in
 * `send` until the log has said that the promise is durable, so it cannot be
 * sent too early.
 *
 * Times are microseconds of a clock that never goes back and counts suspension
 * (CLOCK_BOOTTIME); a time before the latest one is taken as the latest one.
 * Indexes and terms start at 1; 0 means none. Ranges first..last are inclusive.
 *
 * Three kinds of wrong are kept apart. A bug of this library aborts with a
 * message, in release builds too, and so does a call that breaks its contract
 * where no result could say so. A refusal is a value of enum raft_result and
 * has changed nothing. Nonsense from a peer is dropped, counted, and traced
 * with its reason: no peer can abort a member.
 *
 * "Thesis" is D. Ongaro, Consensus: Bridging Theory and Practice (2014).
 */
#ifndef OUTRIGGER_RAFT_H
#define OUTRIGGER_RAFT_H

#include "raft/raft_types.h"
#include "raft/raft_configuration.h"
#include "raft/raft_message.h"
#include "raft/raft_duties.h"
#include "raft/raft_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Rises with what breaks a program or a peer. */
#define RAFT_VERSION_MAJOR 0
/** Rises with what is new. */
#define RAFT_VERSION_MINOR 1
/** Rises with what is mended. */
#define RAFT_VERSION_PATCH 0
/** The three of them, as text. */
#define RAFT_VERSION "0.1.0"

/** The version of the library that is linked, as RAFT_VERSION is the header's. */
RAFT_API const char *raft_version(void);

/** The names of the modules in this build, joined by '+'; "baseline" if none. */
RAFT_API const char *raft_build(void);

/** The mask for a list of module names joined by '+' ("baseline": none), among
 *  those in this build. False: a name is unknown. */
RAFT_API bool raft_mask(const char *names, uint64_t *mask);

/* ------------------------------------------------- a member's lifetime */

/** Where a member's memory comes from; NULL in the options: malloc and free. */
struct raft_allocator {
	/** Handed to resize. */
	void *context;
	/** As realloc; bytes 0 frees and returns NULL. */
	void *(*resize)(void *context, void *memory, size_t bytes);
};

/** An option of a module, for programs that read options from a text. */
struct raft_module_option {
	/** The module's. Static. */
	const char *module;
	/** Its own. Static. */
	const char *name;
	/** The module's number. */
	uint32_t number;
	/** Which of the uint64_t that struct raft_NAME_options consists of. */
	uint32_t position;
	/** What it may be, besides 0, which stands for its default. */
	uint64_t least;
	/** Both included. */
	uint64_t most;
};

/** The options of a module, at most. */
#define RAFT_MODULE_OPTIONS_MAX 16

/** The option at this place among those of all modules in this build, from 0 on.
 *  False: there are no more. */
RAFT_API bool raft_module_option(size_t place,
				 struct raft_module_option *option);

/** What a member is started with. What is 0 has its default. */
struct raft_options {
	/** Who this member is. Required. */
	struct raft_identity self;
	/** Seeds the election timeouts and the names of rounds of reads. Draw it
	 *  at random for each start: a round may otherwise get the answer to one
	 *  of before. */
	uint64_t seed;
	/** Between heartbeats; 0: a tenth of the election timeout. At most a
	 *  fifth of it is used. */
	uint64_t heartbeat_us;
	/** A commit that no append has carried is told to the followers after
	 *  this, if they have answered what was told so before; 0: a hundredth of
	 *  the heartbeat. At most an hour. */
	uint64_t commit_notice_us;
	/** Entries in one append, at most; 0: 1024. Up to 65536. */
	uint32_t batch_entries_max;
	/** Unanswered appends with entries to one peer, at most; 0: 1024. What
	 *  would exceed it goes in fewer and larger ones, up to a round trip
	 *  later: so it should hold the turns of a round trip. */
	uint32_t appends_in_flight_max;
	/** Uncommitted entries of a leader, at most, and entries that it sends
	 *  to a follower beyond what that one has on its disk, and that a
	 *  follower takes beyond what its own disk took; 0: 65536. At most
	 *  2^32. */
	uint64_t uncommitted_entries_max;
	/** Bytes of uncommitted proposals, at most, unless it is one alone; 0:
	 *  64 MiB. */
	uint64_t uncommitted_bytes_max;
	/**
	 * Be ahead of a disk that is slower than those of a majority (thesis
	 * 10.2.1): entries are to be applied once they are committed and the log
	 * was given them, though they are not durable here yet, and the log is
	 * given what is new however many saves it is still at work on. The
	 * limits above hold for what is not durable here, too.
	 *
	 * Such an entry cannot get lost, but here it may be missing after a
	 * crash, and is applied then when it has come again. So whatever of the
	 * state machine is durable must not be ahead of the log: a snapshot is
	 * there, for a restart to find, only once raft_status says that its index
	 * is durable. A machine that makes durable by itself what it applies must
	 * wait for its log, and this is not for it. The log should gather what it
	 * is given while it is at work into one write.
	 */
	bool ahead_of_disk;
	/** Bytes of entries that were sent to one peer, as raft_append_sent tells
	 *  them, and are not known to be durable there: with more than these no
	 *  further ones go to it; 0: 16 MiB. */
	uint64_t bytes_in_flight_max;
	/** Bytes of an entry that this member proposes, at most, for the sake of
	 *  those who have to send it: raft_node sets it by the largest message
	 *  (assists/node). 0: RAFT_PAYLOAD_BYTES_MAX, which is the most. A
	 *  configuration may take half of them: with a snapshot's first part it
	 *  takes no more than an entry, and no part does. */
	uint32_t payload_bytes_max;
	/** Entries that are kept when a snapshot is taken, so that a follower
	 *  that is a little behind needs no snapshot; 0: none. */
	uint64_t snapshot_tail_entries;
	/** Have a spare snapshot: keep the log back to the one before the newest,
	 *  which takes its place if it is damaged. */
	bool snapshot_spare;
	/** Bytes of one part of a snapshot, at most; 0: 64 KiB. Up to
	 *  RAFT_PAYLOAD_BYTES_MAX. Some eight are on their way to a peer. */
	uint32_t snapshot_part_bytes;
	/** What modules are given, by number: modules[raft_NAME_number] points to
	 *  a struct raft_NAME_options of the module's header; NULL: all have their
	 *  defaults. Of a module that this build lacks it is not looked at. */
	const void *modules[RAFT_MODULE_MAX + 1];
	/** NULL: malloc. Copied. */
	const struct raft_allocator *allocator;
	/** Gets one line a decision, for a person; NULL: none. The text lives
	 *  until it returns. It must not call the member. */
	void (*trace)(void *context, const char *text);
	/** Handed to trace. */
	void *trace_context;
	/** The simulator's seam: in a masked composition, the modules that this
	 *  member has, by number (see raft_mask); one of them without another
	 *  that it is not safe without is RAFT_INVALID. 0 in every other. */
	uint64_t mask;
};

/** Entries from first_index on have this term, up to the next run. */
struct raft_term_run {
	/** Its first entry. */
	uint64_t first_index;
	/** Of all its entries. */
	uint64_t term;
};

/** A configuration that the log held. */
struct raft_stored_configuration {
	/** Its entry's. */
	uint64_t index;
	/** Its entry's payload. */
	const void *bytes;
	/** Of `bytes`. */
	size_t length;
};

/** What the log held. All zero: a new log. Read during raft_start only. */
struct raft_stored {
	/** Of the newest save; 0: none. */
	uint64_t term;
	/** Of the newest save. */
	struct raft_identity vote;
	/** The last entry that was compacted away; index 0: none was. */
	struct raft_entry_id snapshot;
	/** All up to here is in the state machine, durably: the snapshot that it
	 *  was loaded from. At least snapshot.index, which 0 stands for; no more
	 *  than last_index (see ahead_of_disk). */
	uint64_t applied_index;
	/** Ascending in index and term, the first at snapshot.index + 1. */
	const struct raft_term_run *runs;
	/** Of `runs`. */
	size_t run_count;
	/** snapshot.index if the log has no entries. */
	uint64_t last_index;
	/** Every configuration in the log, ascending; before them the one in
	 *  force at the snapshot, with an index of at most snapshot.index. */
	const struct raft_stored_configuration *configurations;
	/** Of `configurations`. */
	size_t configuration_count;
};

/**
 * Make a member from what its log held.
 *
 * An empty log makes a non-member until it is bootstrapped or a leader's
 * configuration names its incarnation. It does not campaign; it votes for a
 * candidate that addresses its incarnation.
 *
 * RAFT_INVALID: the options. RAFT_CORRUPT: *stored cannot be a log of Raft.
 * RAFT_INCOMPATIBLE: it holds a configuration that
 * this build must not misread. RAFT_NO_MEMORY. On any of these *member is NULL.
 */
RAFT_API RAFT_MUST_USE enum raft_result
raft_start(const struct raft_options *options, const struct raft_stored *stored,
	   uint64_t now, struct raft **member);

/** Free a member. What duties owned is released; nothing is sent. NULL is
 *  allowed. */
RAFT_API void raft_destroy(struct raft *r);

/**
 * Write the first configuration as entry 1 of term 1, once in a cluster's life.
 * Every first voter is bootstrapped with the same configuration, which names
 * the incarnation of each. RAFT_NOT_EMPTY: this log has entries.
 * RAFT_INVALID: the configuration. RAFT_NOT_MEMBER: it does not name this
 * server and incarnation as a voter. RAFT_INCOMPATIBLE: its must_understand
 * has a bit that this build lacks, or its clock_drift asks for leases and this
 * build has none. RAFT_TOO_LARGE: it takes more than half of
 * payload_bytes_max. RAFT_NO_MEMORY, RAFT_STOPPED.
 */
RAFT_API RAFT_MUST_USE enum raft_result
raft_bootstrap(struct raft *r, const struct raft_configuration *configuration,
	       uint64_t now);

/* -------------------------------------------------------------- verbs */

/** A message came, and the clock was read after that: by an older time an answer
 *  would seem younger than it is, and a bounded read promise too much. Whatever it
 *  says, the member survives it; nonsense is dropped and counted. The message and
 *  all it points to are borrowed until return; payloads that are kept are held.
 *  RAFT_STOPPED if this member has. */
RAFT_API enum raft_result raft_receive(struct raft *r,
				       const struct raft_message *message,
				       uint64_t now);

/** Time has passed. Harmless when called early. */
RAFT_API enum raft_result raft_expire(struct raft *r, uint64_t now);

/** When raft_expire should be called next; UINT64_MAX: no need. It changes
 *  with every verb. */
RAFT_API uint64_t raft_deadline(const struct raft *r);

/**
 * Append entries to the replicated log. `first`, which may be NULL, gets the
 * name of the first; the others follow it. Their payloads are held. Each gets
 * one outcome. Refused as a whole: RAFT_NOT_LEADER, RAFT_NO_QUORUM,
 * RAFT_TRANSFERRING, RAFT_OVERLOADED, RAFT_TOO_LARGE (one of them: more than
 * payload_bytes_max), RAFT_INVALID (none, or more at once than may ever be
 * uncommitted), RAFT_NO_MEMORY, RAFT_STOPPED.
 */
RAFT_API RAFT_MUST_USE enum raft_result
raft_propose(struct raft *r, const struct raft_payload *payloads, size_t count,
	     uint64_t now, struct raft_entry_id *first);

/**
 * Whether this member acts as leader: it would take a proposal now, but for want of
 * room. Where the configuration has a clock_drift, never two members of a group do
 * at one moment, but for a leader that is older than the first such configuration, in
 * the election timeout after that was committed. It is asked at each moment at which
 * something is done that only one may do: how much longer it holds is not said.
 * Elsewhere an old leader and its successor may both act.
 */
RAFT_API bool raft_acts(struct raft *r, uint64_t now);

/**
 * A linearizable read without an entry in the log (ReadIndex, thesis 6.4): what
 * is read is at least as new as everything acknowledged anywhere before this
 * call. Many reads share one round of heartbeats; a follower asks its leader. Under
 * a lease (clock_drift of the configuration) a leader needs no round, so that what
 * it is asked ends with this turn's duties: read the clock after the request came.
 * `read` names it in the duties that tell its end, which comes within an election
 * timeout: it is lost (index 0) if no majority has answered by then, or if there
 * is another leader. RAFT_NOT_LEADER: no leader is known. RAFT_NO_QUORUM: this one
 * has lost its majority, or its lease, or, RAFT_TRANSFERRING, gave another leave to
 * lead. RAFT_OVERLOADED: 4096 are waiting. RAFT_NO_MEMORY, RAFT_STOPPED.
 */
RAFT_API RAFT_MUST_USE enum raft_result raft_read(struct raft *r, uint64_t now,
						  uint64_t *read);

/**
 * Whether the state machine, as far as raft_applied has told, has everything that
 * was acknowledged anywhere longer than `bound_us` ago: if so, answer from it now.
 * No message is waited for, on whatever member. It rests on the rates of clocks
 * alone; a module says how much those may differ. RAFT_TOO_OLD: this member cannot
 * vouch for that, and may have asked its leader by now: ask again a round trip
 * later, or elsewhere. In a build without such a module the answer is always that.
 * RAFT_STOPPED.
 */
RAFT_API RAFT_MUST_USE enum raft_result
raft_read_bounded(struct raft *r, uint64_t bound_us, uint64_t now);

/**
 * Change who is in the group, from any set of members to any other (thesis
 * chapter 4). *target is the configuration to come, as a whole: begin with
 * raft_configuration() and change what is to change. If more than one voter
 * comes or goes, the way leads through a joint configuration, which the library
 * leaves by itself; a leader that fails on that way has a successor that goes
 * on. A voter's disk that was lost comes back as another incarnation: remove
 * the old one first, then add the new one.
 *
 * A new voter counts at once, however far behind its log is: add it as
 * RAFT_MEMBER_NON_VOTING, wait until its match_index is near, then make it a
 * voter (4.2.1). A build with a module for it says RAFT_NOT_CAUGHT_UP to who does
 * not wait; raft_shortfall tells the rest. A leader that is not a voter any more
 * hands over when that is committed.
 *
 * `entry`, which may be NULL, gets the name of the first entry of the change,
 * which has an outcome like a proposal. Once that is committed the change is
 * sure to be completed, which RAFT_EVENT_CONFIGURATION_COMMITTED tells.
 *
 * RAFT_NOT_LEADER, RAFT_NO_QUORUM, RAFT_TRANSFERRING; RAFT_TOO_SOON: this leader
 * has not yet committed an entry of its term; RAFT_CHANGING: one change at a
 * time; RAFT_INVALID: the configuration, or an id with another incarnation than
 * it has now; RAFT_NOT_CAUGHT_UP; RAFT_INCOMPATIBLE: its must_understand has a
 * bit that this build lacks, or it has a clock_drift and a voter's build cannot
 * honour leases, or is not known to; RAFT_TOO_LARGE: it, or the joint one on the way,
 * takes more than half of payload_bytes_max; RAFT_OVERLOADED, RAFT_NO_MEMORY,
 * RAFT_STOPPED.
 */
RAFT_API RAFT_MUST_USE enum raft_result
raft_reconfigure(struct raft *r, const struct raft_configuration *target,
		 uint64_t now, struct raft_entry_id *entry);

/** The same for one who insists: no module is asked whether the new voters have
 *  caught up. Until they have, they may be in the way of every commit. */
RAFT_API RAFT_MUST_USE enum raft_result
raft_reconfigure_anyway(struct raft *r,
			const struct raft_configuration *target, uint64_t now,
			struct raft_entry_id *entry);

/** Who is too far behind to become a voter. */
struct raft_shortfall {
	/** The first of them. */
	struct raft_identity member;
	/** What it holds durably. */
	uint64_t match_index;
	/** Entries of this leader's log beyond that. */
	uint64_t entries;
	/** Microseconds since it was heard; UINT64_MAX: never, by this leader. */
	uint64_t silent_us;
};

/** Whether raft_reconfigure would say RAFT_NOT_CAUGHT_UP to this target now, and
 *  because of whom. Nothing is changed. */
RAFT_API bool raft_shortfall(const struct raft *r,
			     const struct raft_configuration *target,
			     struct raft_shortfall *shortfall);

/** The configuration in force; NULL: none. It lives until the next verb. */
RAFT_API const struct raft_configuration *
raft_configuration(const struct raft *r);

/** Campaign as if the election timer had fired now, or soon if the log is at work.
 *  RAFT_NOT_MEMBER if this server may not: it is no voter, or was told that it was
 *  removed (RAFT_EVENT_REMOVED). RAFT_OK and no effect if it leads. */
RAFT_API enum raft_result raft_campaign(struct raft *r, uint64_t now);

/**
 * Hand leadership over to a voter (thesis 3.10). It is brought up to date, then
 * told to campaign at once, with a permit that prevote and stickiness honour.
 * Until it leads, proposals are refused: RAFT_TRANSFERRING. If it does not lead
 * within an election timeout, this leader goes on, with a no-op first; one that
 * was stepping down stops. RAFT_NOT_LEADER; RAFT_INVALID: no voter has that id;
 * RAFT_OVERLOADED: that no-op of the last time, or the end of a joint
 * configuration, is not committed yet. RAFT_OK and no effect if the peer is this
 * leader. A second call names another target.
 */
RAFT_API enum raft_result raft_transfer(struct raft *r, uint64_t peer,
					uint64_t now);

/** Stop leading: hand over to the follower that is furthest, if one was heard
 *  within an election timeout, or to whom a transfer has told already; else, or
 *  when it did not take over in one, stop in the same term. RAFT_NOT_LEADER if
 *  it did not lead. */
RAFT_API enum raft_result raft_step_down(struct raft *r, uint64_t now);

/** The log made this save, and every one before it, durable. A token that was
 *  not handed out aborts. */
RAFT_API void raft_saved(struct raft *r, uint64_t token, uint64_t now);

/** The log has failed and promises nothing more: the member stops. */
RAFT_API void raft_log_failed(struct raft *r, uint64_t now);

/** The state machine has applied all up to this index, or was loaded from a
 *  snapshot of it; one that was not handed out aborts. */
RAFT_API void raft_applied(struct raft *r, uint64_t index);

/** For raft_snapshot_taken: the snapshot is not for others. */
#define RAFT_SNAPSHOT_NOT_SENT UINT64_MAX

/**
 * The state machine has a durable snapshot of `size` bytes of all up to `index`
 * (thesis 5.1). The log may drop the entries up to there, but for
 * snapshot_tail_entries and for what a spare one needs, and does so when this has
 * returned. It is sent to peers that need what was dropped, in parts, unless size
 * is RAFT_SNAPSHOT_NOT_SENT: then they are stranded (RAFT_EVENT_PEER_STRANDED).
 * Call it after raft_start too, for the snapshot that the state machine was loaded
 * from.
 *
 * Its bytes do not change before a restart, or raft_snapshot_oldest passes it.
 * RAFT_INVALID: more than was applied, or is durable here: see ahead_of_disk. Of an
 * index that is not newer than the newest snapshot's nothing is noted.
 */
RAFT_API RAFT_MUST_USE enum raft_result
raft_snapshot_taken(struct raft *r, uint64_t index, uint64_t size);

/** The oldest snapshot that is being sent, or is a spare one, else the newest:
 *  those before it may be deleted. A leader's counts from when it is to be
 *  installed. 0: none may. */
RAFT_API uint64_t raft_snapshot_oldest(const struct raft *r);

/** All parts of this snapshot that end at or before `end` are durable. To be said
 *  of every part that was handed out, unless raft_snapshot_failed is, whether or
 *  not its snapshot is still wanted: no other one is begun before. */
RAFT_API void raft_snapshot_saved(struct raft *r,
				  struct raft_entry_id snapshot, uint64_t end,
				  uint64_t now);

/** What every member is known to hold durably: a leader's own knowledge; on
 *  others 0. */
RAFT_API uint64_t raft_everywhere(const struct raft *r);

/** The transport saw the peer's host close the connection. Never to be said of
 *  a mere stall. */
RAFT_API void raft_peer_closed(struct raft *r, uint64_t peer, uint64_t now);

/** An append or a part of a snapshot was not sent to `peer`: the log, or the
 *  snapshot, cannot give what it names. Until the peer has answered again it gets
 *  heartbeats only. */
RAFT_API void raft_unreadable(struct raft *r, uint64_t peer, uint64_t now);

/** An append to `peer` was sent, with so many bytes of payload, up to the entry
 *  at this index: the last one that it named, or an earlier one if the rest would
 *  have made it too large. Unless this is called, bytes_in_flight_max limits
 *  nothing. */
RAFT_API void raft_append_sent(struct raft *r, uint64_t peer,
			       uint64_t last_index, size_t bytes, uint64_t now);

/**
 * A part of this snapshot could not be stored: forget what was received of it. Its
 * leader begins again, from a heartbeat on. Of all parts that were handed out
 * before this call nothing is said any more.
 *
 * Of one that was to be installed: it cannot be loaded. The log begins behind it,
 * so this member stops; a restart may fare better.
 */
RAFT_API void raft_snapshot_failed(struct raft *r,
				   struct raft_entry_id snapshot, uint64_t now);

/**
 * This snapshot's bytes are not what was written.
 *
 * Of one that a leader has sent, all of whose parts are stored: as
 * raft_snapshot_failed, and the leader is told. Of the state machine's own: it is
 * sent to nobody any more, and the spare one takes its place. Without a spare one,
 * peers that need it are stranded until another is taken, which
 * RAFT_EVENT_SNAPSHOT_DAMAGED asks for; it may be of the same entry. What names the
 * damaged one and was not sent yet is not to be sent.
 */
RAFT_API void raft_snapshot_damaged(struct raft *r,
				    struct raft_entry_id snapshot,
				    uint64_t now);

/** Hand out what is owed. False: nothing is. */
RAFT_API bool raft_duties(struct raft *r, struct raft_duties *duties);

#ifdef __cplusplus
}
#endif

#endif
