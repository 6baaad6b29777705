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
 * name). Or what stands at P is no torn record: none of its sectors is missing.
 * So a promise may be lost: the log is refused, and nothing is changed.
 *
 * A sector is 512 bytes, and is written wholly or not at all; one that was not is
 * zeros, or beyond the end of the file, because nothing else was there before. So
 * a record that is torn lacks a sector: the file ends within it, or it has more
 * sectors of nothing but zeros than it was written with, which its header says.
 * And if its header is not sound, a sector of the header's is all zeros.
 *
 * What cannot be told, and is taken for torn: the last write, if it is lost as a
 * whole, or damage made zeros of a whole sector of it, or of all of it in one; or
 * if one sector is missing and another one damaged. What else is assumed: that a
 * disk keeps what a sync has confirmed, and that a file system shows zeros, and no
 * former bytes, where a file grew in a crash (ext4 with data=writeback may not).
 */
#ifndef OUTRIGGER_LOG_FILE_RECOVERY_H
#define OUTRIGGER_LOG_FILE_RECOVERY_H

#include "assists/disk/refusal.h"
#include "assists/log_file/store.h"

/** Fill a store that has its header from its file; cut a torn end off; make
 *  durable what remains. False: refused, and unless a write failed, nothing was
 *  changed. */
bool raft__recover(struct store *store, const struct refusal *refusal);

/** Fill it likewise from a file that is open to read, and change nothing. */
bool raft__look_back(struct store *store, const struct refusal *refusal);

#endif
