/*
 * A directory of files that are one server's: locked while in use.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_DISK_DIRECTORY_H
#define OUTRIGGER_DISK_DIRECTORY_H

#include "assists/disk/owner.h"
#include "assists/disk/refusal.h"

/** Open and lock it; it is unlocked when closed. -1: refused. */
int raft__directory_open(const struct refusal *refusal);

/** The same, and make it, durably, if there is none. */
int raft__directory_make(const struct refusal *refusal);

/** Whether what was found in it, such as "its log", is of the wanted owner. One
 *  whose incarnation is 0 may be found in any. False: refused. */
bool raft__directory_is_of(const struct raft_owner *found,
			   const struct raft_owner *wanted, const char *what,
			   const struct refusal *refusal);

#endif
