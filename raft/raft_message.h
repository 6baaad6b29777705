/*
 * What members say to one another.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A part of raft/raft.h, which is what programs include.
 */
#ifndef OUTRIGGER_RAFT_MESSAGE_H
#define OUTRIGGER_RAFT_MESSAGE_H

#include "raft/raft_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Numbers are those of the wire; 13 to 15 are kept for what is to come. */
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
	/** "You had acknowledged what you deny to hold." */
	RAFT_MESSAGE_REGRESSED = 11,
	/** Entries of one who need not lead, which a module asked for. */
	RAFT_MESSAGE_OFFER = 12,
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
/** It honours leases, and holds them where the configuration grants them. The same
 *  bit is that of must_understand in the bytes of such a configuration. */
#define RAFT_CAPABILITY_LEASES (UINT64_C(1) << 33)

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
	/** Rises with each append of this leader to this peer within a term;
	 *  not 0. */
	uint64_t sequence;
};

/** Entries of a member that need not lead, for a module of another that asked for
 *  them. It begins like an append: who carries entries finds those of either in
 *  message->append (raft_message_has_entries()). */
struct raft_offer {
	/** As in an append; there is at least one entry. */
	struct raft_entry_id previous;
	/** As in an append. */
	struct raft_entry_id last;
	/** As in an append. */
	const struct raft_entry *entries;
	/** The last entry of the sender's log. */
	struct raft_entry_id tip;
	/** Echo of the question. */
	uint64_t round;
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
 *  committed one on. As many of these as can prevent its election make it keep
 *  quiet. */
struct raft_not_member {
	/** The term that it would lead. */
	uint64_t asked_term;
	/** The sender's last entry: its log is as good as the candidate's, or it
	 *  would not know. */
	struct raft_entry_id tip;
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
	/** As in an append. From one that does not lead: in which round it was
	 *  asked for. */
	uint64_t sent_at;
	/** As in an append, and counted with them. 0: from one that does not lead. */
	uint64_t sequence;
	/** Tells two writings of one entry's state apart, which a leader makes when
	 *  the first one was damaged. An older build's is 0. */
	uint64_t writing;
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
	/** All parts were stored, and they are not what was written: it is damaged
	 *  where it comes from, or was on its way. Said with a gap at 0, which is
	 *  all that an older build makes of it. */
	bool damaged;
	/** After a gap, where the next one is; else all up to here is stored
	 *  durably. */
	uint64_t offset;
	/** As in an append's answer: at least snapshot.index when all is done. */
	uint64_t match_index;
	/** Echoes of the message that this answers. */
	uint64_t sent_at;
	/** The second echo. */
	uint64_t sequence;
};

/** A leader, to a member that denies an append: it had acknowledged this entry in
 *  this term, before that append was sent. If so it has lost it, and perhaps more
 *  that it had promised: its vote. */
struct raft_regressed {
	/** In the leader's log, where nothing of its term is taken back. */
	struct raft_entry_id held;
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
	/** Of `bytes`, as far as they are used. */
	uint8_t length;
	/** Echoed by an answer, so that it is matched with its question. */
	uint64_t round;
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
		struct raft_regressed regressed;
		struct raft_offer offer;
		/** Also of RAFT_MESSAGE_UNSUPPORTED. */
		struct raft_extension_message extension;
	};
};

/** One word for a message's kind: "append", "vote-answer", or the name that
 *  the module gives it; "other" for an unknown one. Static. */
RAFT_API const char *raft_message_name(const struct raft_message *message);

/** Whether it may name entries, which whoever sends it takes from the log: an
 *  append, or an offer. They stand in message->append. */
RAFT_API bool raft_message_has_entries(const struct raft_message *message);

/** One line of text, the same on every machine, without a newline. Returns
 *  what snprintf would. */
RAFT_API int raft_message_print(char *text, size_t size,
				const struct raft_message *message);

#ifdef __cplusplus
}
#endif

#endif
