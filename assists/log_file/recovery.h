/*
 * Reading a log back at start.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The newest segment says which one is the first that is needed; from that on each must
 * be there, begin where the one before ends, and agree with what that adds up to. A
 * segment is written only after all of the one before is durable. So only the newest can
 * be torn, and if it lacks even what it begins with, the log ends with the one before.
 *
 * So the newest is read as a whole; of each other one the header, what it begins with, and
 * its last sector. What is in it says the next one's outline. If that has none, or
 * anything is wrong with what is looked at, or the log is only looked at, it is read as a
 * whole, too. Damage in it that was not looked for is found when its entries are read.
 *
 * A segment ends at its first byte P that does not begin a whole record. For the last one
 * there are two reasons for that, and they are told apart as far as it can be done:
 *
 * Torn. The process or the machine died during a write. The disk may have kept any of
 * that write's sectors, in any order. Each sector says up to where the log was durable
 * when it was written; those of that write say P or less. Nobody was ever told that what
 * begins at P is durable: it is cut off, with all that follows.
 *
 * Corrupt. A sector says that the log was durable beyond P, or the next segment is there.
 * Or what stands at P is no torn record: none of its sectors is as it was before the
 * write, or one is neither as it was before nor as it was written. So a promise may be
 * lost: the log is refused, and nothing is changed.
 *
 * A sector is 512 bytes, and is written wholly or not at all. One that was not is zeros,
 * or what its file held before, which is a sound sector of a former place; or it is beyond
 * the end of the file.
 *
 * What cannot be told, and is taken for torn: the last write, if it is lost as a whole, or
 * if damage made zeros of a whole sector of it. What else is assumed: that a disk keeps
 * what a sync has confirmed.
 *
 * What was cut off is made zeros before anything is written in its place: it has the very
 * places that will be given again.
 */
#ifndef OUTRIGGER_LOG_FILE_RECOVERY_H
#define OUTRIGGER_LOG_FILE_RECOVERY_H

#include "assists/disk/refusal.h"
#include "assists/log_file/store.h"

/** Say what is wrong with a file of the log, as the end of "the file ...", and what can be
 *  done. Returns false. */
bool raft__refuse_file(const struct refusal *refusal, unsigned int number,
		       const char *wrong);

/** Fill a store that has nothing from the files in its directory; cut a torn end off; make
 *  durable what remains. If it is only looked at, nothing is changed. False: refused, and
 *  unless a write failed, nothing was changed. */
bool raft__recover(struct store *store, bool looks_only,
		   const struct refusal *refusal);

#endif
