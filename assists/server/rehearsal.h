/*
 * raft_rehearsal: all that a server does with its machine, without a network, a disk
 * and a loop: for tests of the machine.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * It applies entries as a server does, sessions included, and its snapshots are those
 * that a server's files have. Nobody is answered, or told of anything.
 * assists/trials/server_trials.h makes several of them a group in the simulator;
 * docs/testing-your-machine.md shows how.
 */
#ifndef OUTRIGGER_SERVER_REHEARSAL_H
#define OUTRIGGER_SERVER_REHEARSAL_H

#include "assists/server/server.h"

#ifdef __cplusplus
extern "C" {
#endif

struct raft_rehearsal;

/** Make one that has applied nothing. Of the options, which may be NULL,
 *  answer_bytes_max and sessions_max count. The machine's functions are copied, and
 *  `context` is handed to each of them as `machine`. NULL: refused, and `error` (of
 *  `size` bytes) says why. */
RAFT_API RAFT_MUST_USE struct raft_rehearsal *
raft_rehearsal_open(const struct raft_server_options *options,
		    const struct raft_server_machine *machine, void *context,
		    char *error, size_t size);

/** Free it; the context is its owner's. NULL is ignored. */
RAFT_API void raft_rehearsal_close(struct raft_rehearsal *rehearsal);

/** Apply entries, in order, as `apply` of struct raft_node_machine does with a
 *  rehearsal. False: one is no command. */
RAFT_API RAFT_MUST_USE bool
raft_rehearsal_apply(void *rehearsal, const struct raft_entry *entries,
		     size_t count);

/** Freeze the machine, write a snapshot by as many calls put(to, ...) as it takes, and
 *  thaw it. A machine that would be forked is written as it is. False: it cannot be
 *  frozen or written, memory ran out, or `put` has returned false. */
RAFT_API RAFT_MUST_USE bool
raft_rehearsal_write(struct raft_rehearsal *rehearsal,
		     bool (*put)(void *to, const void *bytes, size_t length),
		     void *to);

/** Load a snapshot. NULL; or what is wrong with it, for a sentence that begins with
 *  "the snapshot". Static. */
RAFT_API RAFT_MUST_USE const char *
raft_rehearsal_load(struct raft_rehearsal *rehearsal, const void *bytes,
		    size_t length);

/** Its sessions as bytes, by calls of `put`, without the machine: equal ones are equal
 *  bytes. False: memory ran out, or `put` has returned false. */
RAFT_API RAFT_MUST_USE bool
raft_rehearsal_sessions(const struct raft_rehearsal *rehearsal,
			bool (*put)(void *to, const void *bytes, size_t length),
			void *to);

/** Bytes of an entry's payload beside those of its command, at most. */
#define RAFT_REHEARSAL_COMMAND_BYTES 17

/** The payload of the entry that raft_server_propose() makes of a command; NULL: that
 *  of raft_server_register(). Returns its length; 0: there is too little room. */
RAFT_API size_t raft_rehearsal_command(
    const struct raft_server_command *command, void *bytes, size_t room);

#ifdef __cplusplus
}
#endif

#endif
