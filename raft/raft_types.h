/*
 * Results, and the small values that all else is made of.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A part of raft/raft.h, which is what programs include.
 */
#ifndef OUTRIGGER_RAFT_TYPES_H
#define OUTRIGGER_RAFT_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

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
	X(INCOMPATIBLE, "a feature is needed that this build lacks")           \
	X(TRANSFERRING, "leadership is being handed over: ask the next leader") \
	X(CORRUPT, "what the log gave back cannot be a log of Raft")           \
	X(CHANGING, "a change of membership is not committed yet: try later")  \
	X(TOO_SOON, "this leader has committed nothing of its term: try later") \
	X(NOT_CAUGHT_UP, "a voter to be is too far behind: wait, or insist")   \
	X(TOO_OLD, "nobody vouches that this state is so young: ask again")    \
	X(TOO_LARGE, "no message could carry it: see payload_bytes_max")

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

/** A member of a group. */
struct raft;

/**
 * A server and one life of its disk. The incarnation is drawn at random when
 * the log is made and kept with it, so that a server that lost its disk, and
 * with it its promises, is not mistaken for the one that made them. If it is all
 * the same, RAFT_EVENT_PEER_REGRESSED tells, but perhaps too late.
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

#ifdef __cplusplus
}
#endif

#endif
