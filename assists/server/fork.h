/*
 * A forked child that writes a snapshot, for machines that cannot copy their state
 * (server.h, raft_server_fork).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What it writes comes through a pipe in frames, each after its length, the last of
 * which is empty: so a snapshot is whole only if the child has said so, whatever
 * became of it, and whoever in this process reaps it.
 */
#ifndef OUTRIGGER_SERVER_FORK_H
#define OUTRIGGER_SERVER_FORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** Without a byte for so long a child is given up. */
#define FORK_SILENCE_MS 60000

struct fork {
	/** Set before it is begun: FORK_SILENCE_MS. */
	int silence_ms;
	pid_t child;
	/** What it writes is read here. */
	int fd;
	/** Once it is over: why it did not write all of it. */
	char why[96];
};

/** Fork. In the child `write` is called, which puts its bytes by raft__fork_put; it
 *  never returns there. False: it cannot be done, and `why` says why. */
bool raft__fork_begin(struct fork *fork, bool (*write)(void *context, int fd),
		      void *context);

/** In the child. False: nobody reads it any more. */
bool raft__fork_put(int fd, const void *bytes, size_t length);

/** In a thread of the parent's: hand out what the child writes until it has ended.
 *  True: it was all. It is killed if it is silent or `is_wanted` says no, which is
 *  asked now and then, and as soon as `take` does. */
bool
raft__fork_read(struct fork *fork, bool (*is_wanted)(void *context),
		bool (*take)(void *context, const void *bytes, size_t length),
		void *context);

/** Kill the child, in place of raft__fork_read. */
void raft__fork_abandon(struct fork *fork);

#endif
