/*
 * Reading a log back at start.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A log ends at its first byte P that does not begin a whole record. There are
 * two reasons for that, and they are told apart as far as it can be done:
 *
 * Torn. The process or the machine died during a write. The disk may have kept
 * any of that write's sectors, in any order, so whole records may follow P.
 * Each record says up to where the file was durable when it was written; those
 * of the same write say P or less. Nobody was ever told that what begins at P
 * is durable: it is cut off, with all that follows.
 *
 * Corrupt. A whole record after P says that the file was durable beyond P, or
 * the file header does (all of a rewritten file was durable before it got its
 * name). So a promise was lost: the log is refused, and nothing is changed.
 *
 * What cannot be told: damage to the very last write, with nothing after it
 * that bears witness. It is taken for torn. It is assumed that a disk writes a
 * sector wholly or not at all, and keeps what a sync has confirmed.
 */
#ifndef OUTRIGGER_LOG_FILE_RECOVERY_H
#define OUTRIGGER_LOG_FILE_RECOVERY_H

#include "assists/disk/refusal.h"
#include "assists/log_file/store.h"

/** Fill a store that has its header from its file; cut a torn end off; make
 *  durable what remains. False: refused, and unless a write failed, nothing was
 *  changed. */
bool raft__recover(struct store *store, const struct refusal *refusal);

#endif
