/*
 * Client sessions (thesis 6.3): a command that a client repeats, because no
 * answer came, is executed once.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The table is part of a state machine's state: it changes only when an entry
 * is applied, and in snapshots it goes along. So it is the same on every
 * server. It reads no clock, and after it was made it needs no memory, so that
 * no server can differ for want of any.
 *
 *  1. A client registers by an entry of its own, whose index is the session's
 *     id. No id is given twice: a command that was long under way cannot be
 *     taken for one of a later session.
 *  2. It numbers its commands 1, 2, 3, ... and sends the next when the last was
 *     answered; gaps are allowed. A repeated command keeps its number. A client
 *     that wants several under way registers several times.
 *  3. When a command's entry is applied, raft_sessions_begin() says whether to
 *     execute it. The answer is kept until the next command.
 *  4. When a session is registered and sessions_max are open, the one used least
 *     recently expires. Its commands are never executed again, since they may
 *     have been: only the client can know what to do then.
 *
 * Every call takes at most time in proportion to the open sessions.
 */
#ifndef OUTRIGGER_SESSIONS_H
#define OUTRIGGER_SESSIONS_H

#include "raft/raft.h"

#ifdef __cplusplus
extern "C" {
#endif

struct raft_sessions;

/** Sessions of a table, at most. */
#define RAFT_SESSIONS_MAX 65536u
/** The bytes of an answer, at most. */
#define RAFT_SESSION_ANSWER_BYTES_MAX 65536u

/** The limits must be the same on every server. Their product is the memory
 *  that a table takes. */
struct raft_sessions_options {
	/** Sessions open at once; 0: 1024. Up to RAFT_SESSIONS_MAX. */
	uint32_t sessions_max;
	/** Bytes of one answer; 0: 64. Up to RAFT_SESSION_ANSWER_BYTES_MAX. */
	uint32_t answer_bytes_max;
	/** NULL: malloc and free. Copied. */
	const struct raft_allocator *allocator;
};

/** An empty table. RAFT_INVALID: a limit is out of its range. RAFT_NO_MEMORY.
 *  On these *sessions is NULL. */
RAFT_API RAFT_MUST_USE enum raft_result
raft_sessions_create(const struct raft_sessions_options *options,
		     struct raft_sessions **sessions);

/** Free it. NULL is allowed. */
RAFT_API void raft_sessions_destroy(struct raft_sessions *sessions);

/* ------------------------------------------------- as entries are applied */

/** Open the session whose id is `index`, that of the entry that asks for it.
 *  Whoever does not learn the id registers again. RAFT_INVALID: not above that
 *  of every session before; nothing has changed. */
RAFT_API RAFT_MUST_USE enum raft_result
raft_sessions_register(struct raft_sessions *sessions, uint64_t index);

/** What to do with a command: only a NEW one is executed. */
#define RAFT_SESSION_VERDICTS(X)                                               \
	X(NEW, "to be executed, and its answer to be kept")                    \
	X(REPEATED, "executed before: its answer is at hand")                  \
	X(STALE, "its session has gone on to a later command")                 \
	X(EXPIRED, "its session is unknown or has expired: register again")

/** What to do with a command: see RAFT_SESSION_VERDICTS for each. */
enum raft_session_verdict {
#define RAFT_SESSION_VERDICT_CODE(name, text) RAFT_SESSION_##name,
	RAFT_SESSION_VERDICTS(RAFT_SESSION_VERDICT_CODE)
#undef RAFT_SESSION_VERDICT_CODE
};

/** One sentence for a person. Static. */
RAFT_API const char *
raft_session_verdict_text(enum raft_session_verdict verdict);

/** The answer that was kept of a command. */
struct raft_session_answer {
	/** The table's, until it is changed. */
	const void *data;
	/** Of `data`, in bytes. */
	size_t length;
};

/**
 * A command's entry is applied: what to do with it? It counts as use of its
 * session. After RAFT_SESSION_NEW execute it and give its answer with
 * raft_sessions_answer(), if it has one, before the table is changed again; the
 * answer is empty till then. After RAFT_SESSION_REPEATED *answer is filled in,
 * otherwise it is empty. Sequences start at 1; 0 is STALE.
 */
RAFT_API RAFT_MUST_USE enum raft_session_verdict
raft_sessions_begin(struct raft_sessions *sessions, uint64_t session,
		    uint64_t sequence, struct raft_session_answer *answer);

/** Keep a copy of the answer to the command that was begun last. RAFT_INVALID:
 *  longer than answer_bytes_max, or no NEW command was begun last; nothing has
 *  changed. */
RAFT_API RAFT_MUST_USE enum raft_result
raft_sessions_answer(struct raft_sessions *sessions, const void *data,
		     size_t length);

/** How many are open. */
RAFT_API size_t raft_sessions_count(const struct raft_sessions *sessions);

/* ------------------------------------------------------------ in snapshots */

/** The bytes that raft_sessions_encode() writes. */
RAFT_API size_t raft_sessions_bytes(const struct raft_sessions *sessions);

/** Write the table. Little endian, versioned; equal tables make equal bytes on
 *  every machine. A checksum is the snapshot's business. Returns the bytes
 *  written, 0 if they do not fit. */
RAFT_API size_t raft_sessions_encode(const struct raft_sessions *sessions,
				     void *bytes, size_t size);

/** Replace the table by what was written. RAFT_INVALID: malformed, or of a
 *  table with other limits. RAFT_INCOMPATIBLE: a later version wrote it. On
 *  these nothing has changed. */
RAFT_API RAFT_MUST_USE enum raft_result
raft_sessions_decode(struct raft_sessions *sessions, const void *bytes,
		     size_t length);

#ifdef __cplusplus
}
#endif

#endif
