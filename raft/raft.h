/*
 * Outrigger: Raft consensus for programs that have their own network and disk.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * This header is the whole public interface of the library and its manual.
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
 *       apply     feed the range to the state machine, in order.
 *       reads     answer each once what it names has been applied.
 *       outcomes  tell whoever proposed.
 *       events    for the program's information.
 *  3. Call raft_saved(token) once that save, and all before it, is durable.
 *  4. Call raft_expire() when raft_deadline() has passed.
 *  5. At start, give back what the log held, in a struct raft_stored.
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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/** \def RAFT_API
    Marks a symbol that the shared library shows. */
/** \def RAFT_MUST_USE
    Marks a result that must not be thrown away. */
#if defined(__GNUC__)
#define RAFT_API __attribute__((visibility("default")))
#define RAFT_MUST_USE __attribute__((warn_unused_result))
#else
#define RAFT_API
#define RAFT_MUST_USE
#endif

/** The version of the library that is linked, as RAFT_VERSION is the header's. */
RAFT_API const char *raft_version(void);

/** The names of the modules in this build, joined by '+'; "baseline" if none. */
RAFT_API const char *raft_build(void);

/* ------------------------------------------------------------- results */

/** Every refusal: its code, its name, what to do about it. */
#define RAFT_RESULTS(X)                                                        \
	X(OK, "done")                                                          \
	X(NOT_LEADER, "this member does not lead: ask the leader")             \
	X(NO_QUORUM, "this leader has not heard from a majority: try later")   \
	X(OVERLOADED, "too much is uncommitted: wait for outcomes")            \
	X(STOPPED, "this member has stopped: see its last event")              \
	X(NO_MEMORY, "out of memory: nothing was changed")                     \
	X(INVALID, "an argument is outside the documented range")              \
	X(NOT_EMPTY, "the log is not empty: a cluster is bootstrapped once")   \
	X(NOT_MEMBER, "this server is no voter of its configuration")          \
	X(INCOMPATIBLE, "the log needs a feature that this build lacks")       \
	X(TRANSFERRING, "leadership is being handed over: ask the next leader") \
	X(CORRUPT, "what the log gave back cannot be a log of Raft")           \
	X(CHANGING, "a change of membership is not committed yet: try later")  \
	X(TOO_SOON, "this leader has committed nothing of its term: try later")

/** How a verb ended: RAFT_OK, or why it was refused. */
enum raft_result {
#define RAFT_RESULT_CODE(name, text) RAFT_##name,
	RAFT_RESULTS(RAFT_RESULT_CODE)
#undef RAFT_RESULT_CODE
};

/** The name of a result, such as "NOT_LEADER". Static. */
RAFT_API const char *raft_result_name(enum raft_result result);
/** One sentence for a person. Static. */
RAFT_API const char *raft_result_text(enum raft_result result);

/* ------------------------------------------------------- small values */

/**
 * A server and one life of its disk. The incarnation is drawn at random when
 * the log is made and kept with it, so that a server that lost its disk, and
 * with it its promises, is not mistaken for the one that made them.
 */
struct raft_identity {
	/** 1 and up; 0 means nobody. */
	uint64_t id;
	/** 1 and up. */
	uint64_t incarnation;
};

/** What names an entry: never an index alone. Also a log's tip. */
struct raft_entry_id {
	/** Its place in the log. */
	uint64_t index;
	/** The term of the leader that made it. */
	uint64_t term;
};

/** Indexes first..last, both included; empty if last < first. */
struct raft_range {
	/** The first. */
	uint64_t first;
	/** The last. */
	uint64_t last;
};

/** A counted block of memory. Whoever keeps a pointer into it holds one
 *  reference; the last to let go calls release. Not atomic: the references of
 *  one block are held by one thread. */
struct raft_block {
	/** How many hold it. */
	uint32_t references;
	/** Called once nobody holds it. */
	void (*release)(struct raft_block *block);
};

/** Bytes of an entry, passed through and never read by the core (but for
 *  configurations). */
struct raft_payload {
	/** NULL if length is 0. */
	const void *data;
	/** At most RAFT_PAYLOAD_BYTES_MAX. */
	size_t length;
	/** Keeps data alive; NULL if data outlives every use, as a static does. */
	struct raft_block *owner;
};

/** The bytes of an entry, at most. */
#define RAFT_PAYLOAD_BYTES_MAX (16u << 20)

/** Take one reference to a payload's block. */
static inline void
raft_payload_hold(const struct raft_payload *payload)
{
	if (payload->owner != NULL)
		payload->owner->references++;
}

/** Let one reference go. */
static inline void
raft_payload_release(const struct raft_payload *payload)
{
	struct raft_block *owner = payload->owner;

	if (owner != NULL && --owner->references == 0)
		owner->release(owner);
}

/** What an entry is for. */
enum raft_entry_kind {
	/** The first entry of every leader's term (thesis 3.6.2, 6.4). */
	RAFT_ENTRY_NOOP = 1,
	/** What the program proposed. */
	RAFT_ENTRY_DATA = 2,
	/** A configuration in the form of raft_configuration_encode(). */
	RAFT_ENTRY_CONFIGURATION = 3,
};

/** An entry of the log. */
struct raft_entry {
	/** Its place in the log. */
	uint64_t index;
	/** The term of the leader that made it. */
	uint64_t term;
	/** What it is for. */
	enum raft_entry_kind kind;
	/** Its bytes; none in a no-op. */
	struct raft_payload payload;
};

/* ------------------------------------------------------ configuration */

/** What a member counts for. */
enum raft_member_role {
	/** Not a member. */
	RAFT_MEMBER_NONE = 0,
	/** Counts in every quorum. */
	RAFT_MEMBER_VOTER = 1,
	/** Gets the log, counts in no quorum, never campaigns. */
	RAFT_MEMBER_NON_VOTING = 2,
};

/** One member of a configuration. */
struct raft_member {
	/** The server, and the life of its disk. */
	struct raft_identity identity;
	/** In a joint configuration, that in C_new, the one to come. */
	enum raft_member_role role;
	/** In a joint configuration, that in C_old; else RAFT_MEMBER_NONE. */
	enum raft_member_role role_before;
	/** Bytes of the user's, at most RAFT_ADDRESS_BYTES_MAX; NULL if none. */
	const void *address;
	/** Of `address`, in bytes. */
	size_t address_length;
};

/** The members of a configuration, at most. */
#define RAFT_MEMBERS_MAX 255
/** The bytes of a member's address, at most. */
#define RAFT_ADDRESS_BYTES_MAX 1024

/** Who is in the group, and what must be the same for all of them. */
struct raft_configuration {
	/** The least election timeout; each member draws its own from
	 *  [this, 2 * this). 1 ms to 1 hour. */
	uint64_t election_timeout_us;
	/** What every voter has agreed to use. 0 is the baseline. */
	uint64_t feature_level;
	/** Features without which this configuration would be misread, one bit
	 *  each. A build that lacks one refuses the entry. */
	uint64_t must_understand;
	/** C_old,new (thesis 4.3): decisions need a majority of the voters of
	 *  either. Made by the library alone. */
	bool joint;
	/** Ordered by id, no id twice. */
	const struct raft_member *members;
	/** Of `members`. */
	size_t member_count;
};

/** The bytes that raft_configuration_encode() needs, at most. */
RAFT_API size_t
raft_configuration_bytes(const struct raft_configuration *configuration);

/**
 * Write a configuration as the payload of an entry. Little endian, versioned,
 * the same bytes on every machine. Returns the bytes written, 0 if the
 * configuration is invalid or does not fit.
 */
RAFT_API size_t
raft_configuration_encode(const struct raft_configuration *configuration,
			  void *bytes, size_t size);

/**
 * Read one back. The members are written into `members`, room for `room` of
 * them; addresses point into `bytes`. RAFT_INVALID if it is malformed,
 * RAFT_INCOMPATIBLE if this version of the library would misread it.
 */
RAFT_API RAFT_MUST_USE enum raft_result
raft_configuration_decode(const void *bytes, size_t length,
			  struct raft_configuration *configuration,
			  struct raft_member *members, size_t room);

/* ----------------------------------------------------------- messages */

/** Numbers are those of the wire; 11 to 15 are kept for what is to come. */
enum raft_message_kind {
	/** A leader's entries, or its heartbeat. */
	RAFT_MESSAGE_APPEND = 1,
	/** What became of them. */
	RAFT_MESSAGE_APPEND_ANSWER = 2,
	/** A candidate asks for a vote. */
	RAFT_MESSAGE_VOTE = 3,
	/** It is granted or refused. */
	RAFT_MESSAGE_VOTE_ANSWER = 4,
	/** A leader hands over. */
	RAFT_MESSAGE_TIMEOUT_NOW = 5,
	/** "You are no member of the group, as I know it." */
	RAFT_MESSAGE_NOT_MEMBER = 6,
	/** A follower asks for a read index. */
	RAFT_MESSAGE_READ = 7,
	/** And is told. */
	RAFT_MESSAGE_READ_ANSWER = 8,
	/** A part of a leader's snapshot, or a heartbeat meanwhile. */
	RAFT_MESSAGE_SNAPSHOT = 9,
	/** What became of it. */
	RAFT_MESSAGE_SNAPSHOT_ANSWER = 10,
	/** A module's own message. */
	RAFT_MESSAGE_EXTENSION = 16,
	/** "My build lacks what you sent"; itself never answered. */
	RAFT_MESSAGE_UNSUPPORTED = 17,
};

/** Capabilities of a sender's build: bit n below 32 says that module number n
 *  is built; those from 32 up have a meaning for the core. Modules of others
 *  number themselves from RAFT_MODULE_PRIVATE. */
#define RAFT_MODULE_PRIVATE 24
/** The greatest number of a module. */
#define RAFT_MODULE_MAX 31
/** No module: what an UNSUPPORTED is about is a kind of message. */
#define RAFT_MODULE_NONE UINT16_C(0xffff)
/** Its leader gives up when it has lost its majority. */
#define RAFT_CAPABILITY_YIELDS (UINT64_C(1) << 32)

/** AppendEntries (thesis figure 3.1); without entries, a heartbeat. */
struct raft_append {
	/** The entry before the first one. */
	struct raft_entry_id previous;
	/** Entries previous.index + 1 .. last.index; last == previous if none.
	 *  By Log Matching a log that holds `last` holds them all, which is how
	 *  a sender that encodes late notices that its log has changed. */
	struct raft_entry_id last;
	/** In a message received: the last.index - previous.index entries, alive
	 *  until raft_receive returns (the core holds the payloads it keeps).
	 *  NULL in one to be sent: take them from the log. */
	const struct raft_entry *entries;
	/** All up to here is committed. */
	uint64_t commit_index;
	/** The leader's clock when sent: opaque, echoed. */
	uint64_t sent_at;
	/** Counts the leader's appends to this peer within a term, from 1. */
	uint64_t sequence;
};

/** What became of an append. */
enum raft_append_verdict {
	/** The entries are in this log, durable as far as match_index says. */
	RAFT_APPEND_ACCEPTED = 1,
	/** `previous` is not in this log; see conflict. */
	RAFT_APPEND_MISMATCH = 2,
	/** The sender's term is over. */
	RAFT_APPEND_STALE_TERM = 3,
	/** The entry at conflict.index needs a feature that this build lacks. */
	RAFT_APPEND_INCOMPATIBLE = 4,
	/** Entries from conflict.index on were not taken, for want of memory or
	 *  of progress of the disk: offer them again after a heartbeat. */
	RAFT_APPEND_BUSY = 5,
};

/** The answer to an append. */
struct raft_append_answer {
	/** What became of it. */
	enum raft_append_verdict verdict;
	/** All up to here equals the log of this term's leader and is durable. */
	uint64_t match_index;
	/** Unless accepted, where to look next: the term that stands at previous
	 *  (0 if the log is shorter), and the first index to send if the leader
	 *  has no entry of that term. */
	struct raft_entry_id conflict;
	/** Echoes of the append that this answers. */
	uint64_t sent_at;
	/** The second echo. */
	uint64_t sequence;
};

/** Leave to campaign although a leader is alive: given by that leader when it
 *  hands over (thesis 3.10, 4.2.3). leader 0: none. */
struct raft_permit {
	/** Who gave it. */
	uint64_t leader;
	/** The term in which that one led. */
	uint64_t term;
	/** Which of its transfers it was. */
	uint64_t transfer;
};

/** RequestVote (thesis figure 3.1). */
struct raft_vote {
	/** The candidate's last entry. */
	struct raft_entry_id tip;
	/** Leave to ask, if a leader gave it. */
	struct raft_permit permit;
};

/** Why a vote was refused. */
#define RAFT_REFUSALS(X)                                                       \
	X(NONE, "granted")                                                     \
	X(TERM, "its term is over")                                            \
	X(VOTED, "voted for another in this term")                             \
	X(LOG, "its log is behind")                                            \
	X(LEASE, "a leader is alive")                                          \
	X(BOOT, "restarted too recently to know of a leader")                  \
	X(NOT_MEMBER, "no voter of any configuration here")

/** Why a vote was refused; RAFT_REFUSAL_NONE: it was granted. */
enum raft_refusal {
#define RAFT_REFUSAL_CODE(name, text) RAFT_REFUSAL_##name,
	RAFT_REFUSALS(RAFT_REFUSAL_CODE)
#undef RAFT_REFUSAL_CODE
};

/** One word for traces, such as "LEASE". Static. */
RAFT_API const char *raft_refusal_name(enum raft_refusal refusal);
/** One sentence for a person. Static. */
RAFT_API const char *raft_refusal_text(enum raft_refusal refusal);

/** The answer to a request for a vote. */
struct raft_vote_answer {
	/** RAFT_REFUSAL_NONE: granted. */
	enum raft_refusal refusal;
	/** The term that was asked about. */
	uint64_t asked_term;
	/** The voter's last entry. */
	struct raft_entry_id tip;
};

/** TimeoutNow (thesis 3.10): the leader asks a follower that has all of its
 *  log to campaign at once. */
struct raft_timeout_now {
	/** The leader's last entry, which the follower must hold. */
	struct raft_entry_id tip;
	/** Tells one handing over from the next; part of the permit. */
	uint64_t transfer;
};

/** "You were removed": to a candidate that no configuration has from the
 *  committed one on. A majority of these makes it keep quiet. */
struct raft_not_member {
	/** The term that it would lead. */
	uint64_t asked_term;
};

/** A follower asks its leader for a read index (thesis 6.4), and is told. */
struct raft_read_round {
	/** Told apart from its other rounds by who asks. */
	uint64_t round;
	/** In the answer: 0 if the asked one does not lead. */
	uint64_t index;
};

/** What a snapshot message carries. */
struct raft_snapshot_content {
	/** With the part at offset 0: the configuration that was in force at the
	 *  snapshot, in the form of raft_configuration_encode(). Else NULL. */
	const void *configuration;
	/** Of `configuration`, in bytes. */
	size_t configuration_length;
	/** Its place in the log. */
	uint64_t configuration_index;
	/** The part. In a message to be sent only its length is set: whoever
	 *  sends it takes the bytes from the snapshot, into a copy of this. */
	struct raft_payload part;
};

/** InstallSnapshot (thesis figure 5.3). Without bytes, a heartbeat. */
struct raft_snapshot_message {
	/** The last entry that the snapshot covers. */
	struct raft_entry_id snapshot;
	/** Its bytes in all. */
	uint64_t size;
	/** Where this part begins in them. */
	uint64_t offset;
	/** As in an append. */
	uint64_t sent_at;
	/** As in an append, and counted with them. */
	uint64_t sequence;
	/** Alive until raft_receive returns; or, in a message to be sent, until
	 *  the next call of raft_duties. */
	const struct raft_snapshot_content *content;
};

/** What became of a part. */
struct raft_snapshot_answer {
	/** Echo of which. */
	struct raft_entry_id snapshot;
	/** The part was not the next one. */
	bool gap;
	/** If so, where the next one is; else all up to here is stored durably. */
	uint64_t offset;
	/** As in an append's answer: at least snapshot.index when all is done. */
	uint64_t match_index;
	/** Echoes of the message that this answers. */
	uint64_t sent_at;
	/** The second echo. */
	uint64_t sequence;
};

/** The bytes of a module's message, at most. */
#define RAFT_EXTENSION_BYTES_MAX 48

/** A module's message, and what UNSUPPORTED echoes of it (without bytes). */
struct raft_extension_message {
	/** The module's number, 0 to RAFT_MODULE_MAX; RAFT_MODULE_NONE in an
	 *  UNSUPPORTED for an unknown kind of message. */
	uint16_t module;
	/** The module's own numbering; or that unknown kind. */
	uint16_t type;
	/** Echoed by an answer, so that it is matched with its question. */
	uint64_t round;
	/** Of `bytes`, as far as they are used. */
	uint8_t length;
	/** The module's own. */
	uint8_t bytes[RAFT_EXTENSION_BYTES_MAX];
};

/** What one member says to another. */
struct raft_message {
	/** Which of the bodies below it has. */
	enum raft_message_kind kind;
	/** The sender. */
	struct raft_identity from;
	/** Whom it is for: another life of a server drops it. */
	struct raft_identity to;
	/** The sender's term, durable with it before this was sent. */
	uint64_t term;
	/** The sender's build; see RAFT_CAPABILITY_... */
	uint64_t capabilities;
	/** The body, by the kind. */
	union {
		struct raft_append append;
		struct raft_append_answer append_answer;
		struct raft_vote vote;
		struct raft_vote_answer vote_answer;
		struct raft_timeout_now timeout_now;
		struct raft_not_member not_member;
		/** Of both kinds. */
		struct raft_read_round read;
		struct raft_snapshot_message snapshot;
		struct raft_snapshot_answer snapshot_answer;
		/** Also of RAFT_MESSAGE_UNSUPPORTED. */
		struct raft_extension_message extension;
	};
};

/** One word for a message's kind: "append", "vote-answer", or the name that
 *  the module gives it; "other" for an unknown one. Static. */
RAFT_API const char *raft_message_name(const struct raft_message *message);

/** One line of text, the same on every machine, without a newline. Returns
 *  what snprintf would. */
RAFT_API int raft_message_print(char *text, size_t size,
				const struct raft_message *message);

/* ------------------------------------------------------------- duties */

/** Where a log begins that starts with a snapshot. */
struct raft_stored_snapshot {
	/** The last entry that it covers. */
	struct raft_entry_id last;
	/** Of the configuration in force there, for struct raft_stored. */
	uint64_t configuration_index;
	/** That configuration, in the form of raft_configuration_encode(). */
	const void *configuration;
	/** Of `configuration`, in bytes. */
	size_t configuration_length;
};

/** What to make durable, in the order in which saves were handed out, each
 *  wholly or not at all. */
struct raft_save {
	/** For raft_saved(); rises by 1. */
	uint64_t token;
	/** The term from now on. */
	uint64_t term;
	/** id 0: no vote in this term. */
	struct raft_identity vote;
	/** Forget all entries and configurations, first of all: the log begins
	 *  behind this snapshot, which is stored. NULL: no. */
	const struct raft_stored_snapshot *snapshot;
	/** Drop all entries from this index on; 0: none. */
	uint64_t truncate_from;
	/** Then append these. Their payloads are held by the core until the
	 *  next call of raft_duties; a log that keeps one longer holds it. */
	const struct raft_entry *entries;
	/** Of `entries`. */
	size_t entry_count;
};

/** How proposals end. */
enum raft_outcome_kind {
	/** Committed, and will be applied by every member. */
	RAFT_OUTCOME_COMMITTED = 1,
	/** Never will be: safe to propose again. */
	RAFT_OUTCOME_LOST = 2,
	/** This member stopped leading before it knew: may still commit. */
	RAFT_OUTCOME_UNKNOWN = 3,
};

/** How proposals ended. Each proposal has exactly one outcome, unless the
 *  member is destroyed or its process dies first. */
struct raft_outcome {
	/** How they ended. */
	enum raft_outcome_kind kind;
	/** The term in which they were proposed. */
	uint64_t term;
	/** Their indexes. */
	struct raft_range range;
};

/** A part of a snapshot that a leader sends, to be stored apart from the state
 *  machine's own until it is to be installed. Parts of one snapshot come in
 *  order, without gaps. One at offset 0 begins anew: what was stored of this
 *  and any other that was not installed may be deleted. */
struct raft_snapshot_part {
	/** The last entry that it covers. */
	struct raft_entry_id snapshot;
	/** Its bytes in all. */
	uint64_t size;
	/** Where this part begins in them. */
	uint64_t offset;
	/** Held by the core until the next call of raft_duties. May be empty
	 *  only if the snapshot is. */
	struct raft_payload bytes;
};

/** How a read ended; each has exactly one end. */
struct raft_read {
	/** As raft_read named it. */
	uint64_t read;
	/** Answer it from a state machine that has applied all up to here. 0:
	 *  lost, for want of a leader that is known to lead; ask again. */
	uint64_t index;
};

/** Thesis figure 3.3. */
enum raft_role {
	/** Takes what a leader says. */
	RAFT_FOLLOWER = 1,
	/** Asks for votes. */
	RAFT_CANDIDATE = 2,
	/** Takes proposals. */
	RAFT_LEADER = 3,
};

/** Why something began or ended, for traces and events. */
#define RAFT_REASONS(X)                                                        \
	X(START, "started")                                                    \
	X(TIMEOUT, "heard no leader in time")                                  \
	X(ASKED, "was asked to")                                               \
	X(PRELIMINARY_WON, "a majority would vote for it")                     \
	X(TRANSFER, "the leader hands over to it")                             \
	X(ELECTED, "elected by a majority")                                    \
	X(NEWER_TERM, "saw a newer term")                                      \
	X(LEADER_SEEN, "saw this term's leader")                               \
	X(QUORUM_LOST, "lost contact with its majority")                       \
	X(WRITE_STALLED, "its own log made no progress")                       \
	X(CONTRADICTION, "a leader contradicts a committed entry")             \
	X(DISK_FAILED, "the log failed")                                       \
	X(OUT_OF_MEMORY, "memory ran out where nothing can be refused")        \
	X(INCOMPATIBLE, "an entry needs a feature that this build lacks")      \
	X(LOG_COMPACTED, "needs entries that were compacted away")             \
	X(REMOVED, "is no member of the group any more")

/** Why: see RAFT_REASONS for each. */
enum raft_reason {
#define RAFT_REASON_CODE(name, text) RAFT_REASON_##name,
	RAFT_REASONS(RAFT_REASON_CODE)
#undef RAFT_REASON_CODE
};

/** One word for traces, such as "TIMEOUT". Static. */
RAFT_API const char *raft_reason_name(enum raft_reason reason);
/** One sentence for a person. Static. */
RAFT_API const char *raft_reason_text(enum raft_reason reason);

/** What happened, and what an event of that kind tells. */
enum raft_event_kind {
	/** The role or the term changed: role, term, reason. */
	RAFT_EVENT_ROLE = 1,
	/** Another leader is known, or none (peer 0): peer, term. */
	RAFT_EVENT_LEADER = 2,
	/** A configuration is in force: index. */
	RAFT_EVENT_CONFIGURATION = 3,
	/** This member stopped for good: reason, index. */
	RAFT_EVENT_STOPPED = 4,
	/** A leader's entry cannot be taken: peer, index, reason. */
	RAFT_EVENT_INCOMPATIBLE = 5,
	/** A peer needs entries that this log no longer has, and there is no
	 *  snapshot to send: peer, index. */
	RAFT_EVENT_PEER_STRANDED = 6,
	/** A configuration is committed; unless it is joint, its change is
	 *  complete: index. */
	RAFT_EVENT_CONFIGURATION_COMMITTED = 7,
	/** This server is no member any more, says a committed configuration,
	 *  or a majority of those it knew: index of the one it knows. It keeps
	 *  quiet; it need not run on. */
	RAFT_EVENT_REMOVED = 8,
	/** A peer is being sent a snapshot: peer, index. */
	RAFT_EVENT_SNAPSHOT_SENT = 9,
	/** A leader's snapshot has replaced this log: peer, index. */
	RAFT_EVENT_SNAPSHOT_INSTALLED = 10,
};

/** Something that the program may want to know. What its kind does not name is
 *  0. */
struct raft_event {
	/** What happened. */
	enum raft_event_kind kind;
	/** The role of this member since. */
	enum raft_role role;
	/** Why it happened. */
	enum raft_reason reason;
	/** This member's term since. */
	uint64_t term;
	/** Whom it is about. */
	uint64_t peer;
	/** Which entry it is about. */
	uint64_t index;
};

/** One line of text, without a newline. Returns what snprintf would. */
RAFT_API int raft_event_print(char *text, size_t size,
			      const struct raft_event *event);

/** Everything owed since it was last asked. Carry out `save` before `send`.
 *  All pointers live until the next call of raft_duties or raft_destroy. */
struct raft_duties {
	/** NULL: nothing to save. */
	const struct raft_save *save;
	/** Messages that may leave now. */
	const struct raft_message *send;
	/** Of `send`. */
	size_t send_count;
	/** Parts of a leader's snapshot to store, in order. */
	const struct raft_snapshot_part *parts;
	/** Of `parts`. */
	size_t part_count;
	/** Load the state machine from this snapshot, all of whose parts were
	 *  stored, before anything of `apply`; then call raft_applied with its
	 *  index. index 0: none. From then on it stands for a snapshot of the
	 *  state machine's own. */
	struct raft_entry_id install;
	/** Committed and durable here; never shown twice, never taken back. */
	struct raft_range apply;
	/** Reads that have ended. */
	const struct raft_read *reads;
	/** Of `reads`. */
	size_t read_count;
	/** Proposals that have ended. */
	const struct raft_outcome *outcomes;
	/** Of `outcomes`. */
	size_t outcome_count;
	/** The newest things that happened, oldest first. */
	const struct raft_event *events;
	/** Of `events`. */
	size_t event_count;
};

/* ------------------------------------------------- a member's lifetime */

struct raft;

/** Where a member's memory comes from; NULL in the options: malloc and free. */
struct raft_allocator {
	/** Handed to resize. */
	void *context;
	/** As realloc; bytes 0 frees and returns NULL. */
	void *(*resize)(void *context, void *memory, size_t bytes);
};

/** What a member is started with. What is 0 has its default. */
struct raft_options {
	/** Who this member is. Required. */
	struct raft_identity self;
	/** Seeds the election timeouts. Draw it at random for each start. */
	uint64_t seed;
	/** Between heartbeats; 0: a tenth of the election timeout. At most a
	 *  fifth of it is used. */
	uint64_t heartbeat_us;
	/** A commit that no append has carried is told to the followers after
	 *  this; 0: a hundredth of the heartbeat. At most an hour. */
	uint64_t commit_notice_us;
	/** Entries in one append, at most; 0: 1024. Up to 65536. */
	uint32_t batch_entries_max;
	/** Unanswered appends to one peer, at most; 0: 64. */
	uint32_t appends_in_flight_max;
	/** Uncommitted entries of a leader, at most, and entries that it sends
	 *  to a follower beyond what that one has on its disk, and that a
	 *  follower takes beyond what its own disk took; 0: 65536. At most
	 *  2^32. */
	uint64_t uncommitted_entries_max;
	/** Bytes of uncommitted proposals, at most, unless it is one alone; 0:
	 *  64 MiB. */
	uint64_t uncommitted_bytes_max;
	/** Bytes of unanswered appends to one peer, as raft_append_sent tells
	 *  them: with more than these no further entries go to it; 0: 16 MiB. */
	uint64_t bytes_in_flight_max;
	/** Entries that are kept when a snapshot is taken, so that a follower
	 *  that is a little behind needs no snapshot; 0: none. */
	uint64_t snapshot_tail_entries;
	/** Bytes of one part of a snapshot, at most; 0: 64 KiB. Up to
	 *  RAFT_PAYLOAD_BYTES_MAX. Some eight are on their way to a peer. */
	uint32_t snapshot_part_bytes;
	/** NULL: malloc. Copied. */
	const struct raft_allocator *allocator;
	/** Gets one line a decision, for a person; NULL: none. The text lives
	 *  until it returns. It must not call the member. */
	void (*trace)(void *context, const char *text);
	/** Handed to trace. */
	void *trace_context;
	/** The simulator's seam: in a masked composition, the modules that this
	 *  member has, by number (see raft_mask). 0 in every other. */
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
	 *  than last_index. */
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
 * server and incarnation as a voter. RAFT_NO_MEMORY, RAFT_STOPPED.
 */
RAFT_API RAFT_MUST_USE enum raft_result
raft_bootstrap(struct raft *r, const struct raft_configuration *configuration,
	       uint64_t now);

/* -------------------------------------------------------------- verbs */

/** A message came. Whatever it says, the member survives it; nonsense is
 *  dropped and counted. The message and all it points to are borrowed until
 *  return; payloads that are kept are held. RAFT_STOPPED if this member has. */
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
 * RAFT_TRANSFERRING, RAFT_OVERLOADED, RAFT_INVALID (a length; none, or more at
 * once than may ever be uncommitted), RAFT_NO_MEMORY, RAFT_STOPPED.
 */
RAFT_API RAFT_MUST_USE enum raft_result
raft_propose(struct raft *r, const struct raft_payload *payloads, size_t count,
	     uint64_t now, struct raft_entry_id *first);

/**
 * A linearizable read without an entry in the log (ReadIndex, thesis 6.4): what
 * is read is at least as new as everything acknowledged anywhere before this
 * call. Many reads share one round of heartbeats; a follower asks its leader.
 * `read` names it in the duties that tell its end. RAFT_NOT_LEADER: no leader is
 * known. RAFT_OVERLOADED: too many are waiting. RAFT_NO_MEMORY, RAFT_STOPPED.
 */
RAFT_API RAFT_MUST_USE enum raft_result raft_read(struct raft *r, uint64_t now,
						  uint64_t *read);

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
 * voter (4.2.1). A leader that is not a voter any more hands over when that is
 * committed.
 *
 * `entry`, which may be NULL, gets the name of the first entry of the change,
 * which has an outcome like a proposal. Once that is committed the change is
 * sure to be completed, which RAFT_EVENT_CONFIGURATION_COMMITTED tells.
 *
 * RAFT_NOT_LEADER, RAFT_NO_QUORUM, RAFT_TRANSFERRING; RAFT_TOO_SOON: this leader
 * has not yet committed an entry of its term; RAFT_CHANGING: one change at a
 * time; RAFT_INVALID: the configuration, or an id with another incarnation than
 * it has now; RAFT_OVERLOADED, RAFT_NO_MEMORY, RAFT_STOPPED.
 */
RAFT_API RAFT_MUST_USE enum raft_result
raft_reconfigure(struct raft *r, const struct raft_configuration *target,
		 uint64_t now, struct raft_entry_id *entry);

/** The configuration in force; NULL: none. It lives until the next verb. */
RAFT_API const struct raft_configuration *
raft_configuration(const struct raft *r);

/** Campaign as if the election timer had fired now. RAFT_NOT_MEMBER if this
 *  server may not; RAFT_OK and no effect if it leads. */
RAFT_API enum raft_result raft_campaign(struct raft *r, uint64_t now);

/**
 * Hand leadership over to a voter (thesis 3.10). It is brought up to date, then
 * told to campaign at once, with a permit that prevote and stickiness honour.
 * Until it leads, proposals are refused: RAFT_TRANSFERRING. If it does not lead
 * within an election timeout, this leader goes on, with a no-op first.
 * RAFT_NOT_LEADER; RAFT_INVALID: no voter has that id; RAFT_OVERLOADED: that
 * no-op of the last time is not committed yet. RAFT_OK and no effect if the peer
 * is this leader. A second call names another target.
 */
RAFT_API enum raft_result raft_transfer(struct raft *r, uint64_t peer,
					uint64_t now);

/** Stop leading: hand over to the follower that is furthest, if one was heard
 *  within an election timeout; else, or when it did not take over in one, stop
 *  in the same term. RAFT_NOT_LEADER if it did not lead. */
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
 * snapshot_tail_entries, and does so when this has returned. It is sent to peers
 * that need what was dropped, in parts, unless size is RAFT_SNAPSHOT_NOT_SENT:
 * then they are stranded (RAFT_EVENT_PEER_STRANDED). Call it after raft_start
 * too, for the snapshot that the state machine was loaded from.
 *
 * Its bytes do not change while it is being sent: see raft_snapshot_oldest.
 * RAFT_INVALID: more than was applied. Of an index that is not newer than the
 * newest snapshot's nothing is noted.
 */
RAFT_API RAFT_MUST_USE enum raft_result
raft_snapshot_taken(struct raft *r, uint64_t index, uint64_t size);

/** The oldest snapshot that is being sent, else the newest: those before it may
 *  be deleted. A leader's counts from when it is to be installed. 0: there is
 *  none. */
RAFT_API uint64_t raft_snapshot_oldest(const struct raft *r);

/** All parts of this snapshot that end at or before `end` are durable. Nothing
 *  happens if it is not being received any more. */
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

/** A part of this snapshot could not be stored: forget what was received of it.
 *  Its leader begins again, from a heartbeat on. */
RAFT_API void raft_snapshot_failed(struct raft *r,
				   struct raft_entry_id snapshot, uint64_t now);

/** Hand out what is owed. False: nothing is. */
RAFT_API bool raft_duties(struct raft *r, struct raft_duties *duties);

/* ------------------------------------------------------------- status */

/** What raft_status tells. */
struct raft_status {
	/** Who this member is. */
	struct raft_identity self;
	/** What it is in its term. */
	enum raft_role role;
	/** In the configuration in force; of a joint one, the higher of two. */
	enum raft_member_role member_role;
	/** For good: see the last event. */
	bool stopped;
	/** The newest that it knows of. */
	uint64_t term;
	/** Whom it voted for in this term; id 0: nobody. */
	struct raft_identity vote;
	/** 0: unknown. */
	uint64_t leader;
	/** The last entry that was compacted away. */
	struct raft_entry_id snapshot;
	/** The last entry of its log. */
	struct raft_entry_id last;
	/** All up to here is durable in this log. */
	uint64_t durable_index;
	/** All up to here is known to be committed. */
	uint64_t commit_index;
	/** All up to here was applied, as raft_applied said. */
	uint64_t applied_index;
	/** Leading: the latest time such that a majority of the voters, this one
	 *  included, have answered what was sent to them then or later. 0: not
	 *  leading. */
	uint64_t quorum_heard_at;
	/** Leading: bytes of proposals not yet committed, or a little more. */
	uint64_t uncommitted_bytes;
	/** Whom leadership is being handed over to; 0: nobody. */
	uint64_t transfer_target;
	/** Index of the configuration in force; 0: none. */
	uint64_t configuration_index;
	/** A change of membership is under way, as far as this member knows. */
	bool changing;
	/** The configuration's; 0 without one. */
	uint64_t election_timeout_us;
	/** The configuration's. */
	uint64_t feature_level;
	/** The configuration's. */
	size_t member_count;
};

/** How it is with this member now. */
RAFT_API void raft_status(const struct raft *r, struct raft_status *status);

/** How a leader replicates to a member. */
enum raft_progress_state {
	/** Looking for where the logs agree: one append at a time. */
	RAFT_PROGRESS_PROBE = 1,
	/** Sending ahead of the answers. */
	RAFT_PROGRESS_REPLICATE = 2,
	/** It needs what this log cannot give: heartbeats only. */
	RAFT_PROGRESS_STRANDED = 3,
	/** It is being sent a snapshot. */
	RAFT_PROGRESS_SNAPSHOT = 4,
};

/** One member of the configuration in force, as a leader knows it. */
struct raft_member_status {
	/** Who it is. */
	struct raft_identity identity;
	/** As in struct raft_member. */
	enum raft_member_role role;
	/** Likewise. */
	enum raft_member_role role_before;
	/** How the leader replicates to it. */
	enum raft_progress_state state;
	/** All up to here is durable there and equals our log. */
	uint64_t match_index;
	/** The first entry that was not sent to it. */
	uint64_t next_index;
	/** Appends and parts not answered yet. */
	uint64_t messages_in_flight;
	/** Bytes of those appends, or a little more. */
	uint64_t bytes_in_flight;
	/** In the state SNAPSHOT: which; else 0, as the next two. */
	uint64_t snapshot_index;
	/** How much of it the peer has, in bytes. */
	uint64_t snapshot_offset;
	/** Its bytes in all. */
	uint64_t snapshot_size;
	/** When the newest append that it answered was sent; 0: none yet. */
	uint64_t heard_at;
	/** What its newest message said of its build. */
	uint64_t capabilities;
};

/** The member at `position`, below member_count. False: there is none. */
RAFT_API bool raft_member_status(const struct raft *r, size_t position,
				 struct raft_member_status *status);

/** What this member dropped, and why: one counter a reason. */
#define RAFT_COUNTERS(X)                                                       \
	X(MISADDRESSED, "for another server or incarnation")                   \
	X(STRANGER, "an answer from no member of the configuration")           \
	X(ABSURD_TERM, "a term that no cluster can have reached")              \
	X(ABSURD_INDEX, "an index or length outside its limits")               \
	X(MALFORMED, "fields that contradict each other")                      \
	X(FUTURE_ECHO, "an echo of what was never sent")                       \
	X(RIVAL_LEADER, "a second leader of one term")                         \
	X(CONTRADICTION, "an append against a committed entry")                \
	X(UNKNOWN_KIND, "a kind or module that this build lacks")              \
	X(REGRESSED, "a peer denies what it had acknowledged")                 \
	X(OUTBOX_FULL, "an answer pushed out by newer ones")

/** What was dropped, and why. */
enum raft_counter {
#define RAFT_COUNTER_CODE(name, text) RAFT_COUNTER_##name,
	RAFT_COUNTERS(RAFT_COUNTER_CODE)
#undef RAFT_COUNTER_CODE
	/** How many there are. */
	RAFT_COUNTER_COUNT
};

/** How many since the start. */
RAFT_API uint64_t raft_counter(const struct raft *r, enum raft_counter counter);
/** One word for traces, such as "STRANGER". Static. */
RAFT_API const char *raft_counter_name(enum raft_counter counter);
/** One sentence for a person. Static. */
RAFT_API const char *raft_counter_text(enum raft_counter counter);

/** This build's capabilities, as its messages carry them. */
RAFT_API uint64_t raft_capabilities(const struct raft *r);

/** The mask for a list of module names joined by '+' ("baseline": none), among
 *  those in this build. False: a name is unknown. */
RAFT_API bool raft_mask(const char *names, uint64_t *mask);

#ifdef __cplusplus
}
#endif

#endif
