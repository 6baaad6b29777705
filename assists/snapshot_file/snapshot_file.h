/*
 * Snapshots in files: a directory of the state machine's own snapshots, and of
 * the one that a leader sends.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * No snapshot is ever in memory as a whole. A program
 *
 *  - at start asks raft_snapshot_file_choose() for the snapshot that belongs to
 *    what its log holds, loads it with raft_snapshot_file_load(), and names its
 *    index to raft_start() as applied_index, and to raft_node_snapshot_taken();
 *  - takes one of its state now and then: begin, write, commit, over as many
 *    turns as it likes; then it calls raft_node_snapshot_taken(), and
 *    raft_snapshot_file_forget() for what that made superfluous;
 *  - gives the table raft_snapshot_file to its node, so that snapshots are sent,
 *    received and installed.
 *
 * A snapshot gets its name when it is whole and durable. What a leader sends has
 * none until the log begins behind it (raft/raft.h, duties.install); a crash
 * before that leaves the old log and the old snapshot, and after it
 * raft_snapshot_file_choose() finds what was received by what the log says.
 *
 * A failure to store or to take a snapshot is reported, and that one is given
 * up: the next may succeed. Nothing else depends on it. But one that cannot be
 * installed stops its member, because the log begins behind it; a restart tries
 * again.
 *
 * A snapshot that turns out to be damaged, at a start, because a peer says so or because it
 * was read through (raft_snapshot_file_check), is renamed to `damaged`, in place of the
 * one before. So that there is another one
 * and the log still reaches it, set snapshot_spare in struct raft_options.
 *
 * The format is in image.h. A directory of snapshots belongs to one thread, beside
 * which its own (raft_snapshot_file_begin_thread) touches nothing of the program's.
 */
#ifndef OUTRIGGER_SNAPSHOT_FILE_H
#define OUTRIGGER_SNAPSHOT_FILE_H

#include "assists/disk/owner.h"
#include "assists/node/node.h"

#ifdef __cplusplus
extern "C" {
#endif

struct raft_snapshot_file;

/** The functions that raft_node calls; the snapshots are their first
 *  argument. */
extern RAFT_API const struct raft_node_snapshots raft_snapshot_file;

/** Whom to tell, from within the functions of the table, and of failures also
 *  from others. None may close the snapshots. */
struct raft_snapshot_file_reports {
	/** Handed to each of them. */
	void *context;
	/** For raft_node_snapshot_saved(). */
	void (*saved)(void *context, struct raft_entry_id snapshot,
		      uint64_t end);
	/** For raft_node_snapshot_failed(). */
	void (*lost)(void *context, struct raft_entry_id snapshot);
	/** For raft_node_snapshot_damaged(). */
	void (*damaged)(void *context, struct raft_entry_id snapshot);
	/** Load the state machine from this one, with
	 *  raft_snapshot_file_load(). The result is that of `install` in
	 *  struct raft_node_snapshots. */
	bool (*install)(void *context, struct raft_entry_id snapshot);
	/** `why` is a sentence that lives until it returns. */
	void (*failed)(void *context, const char *why);
	/** For raft_node_applied(): `install` has returned true, and that was asked
	 *  for by raft_snapshot_file_turn(). Not called if there is no thread. */
	void (*installed)(void *context, struct raft_entry_id snapshot);
};

/**
 * Open a directory of snapshots, alone, and make it, durably, if there is none.
 * The owner is the log's: raft_log_file_owner(), or what another log knows. NULL:
 * refused, and `error` (of `size` bytes) says why and what to do; among the
 * reasons: a snapshot in it belongs to another server, to another life of this
 * one, or to another cluster.
 */
RAFT_API RAFT_MUST_USE struct raft_snapshot_file *
raft_snapshot_file_open(const char *path, const struct raft_owner *owner,
			char *error, size_t size);

/** Open one to look at it only: nothing on the disk is changed. One that is not there
 *  is an empty one. Another process may have it open meanwhile, since a snapshot that
 *  has its name does not change; it may be deleted. Of the table nothing but `read`
 *  may be used, and nothing is taken. NULL: refused, as above. */
RAFT_API RAFT_MUST_USE struct raft_snapshot_file *
raft_snapshot_file_look(const char *path, const struct raft_owner *owner,
			char *error, size_t size);

/** Close and free it; what was not committed is lost. It waits for what its thread is
 *  doing. NULL is allowed. */
RAFT_API void raft_snapshot_file_close(struct raft_snapshot_file *snapshots);

/** Before the table is used. Copied. */
RAFT_API void
raft_snapshot_file_bind(struct raft_snapshot_file *snapshots,
			const struct raft_snapshot_file_reports *reports);

/**
 * Have a thread write what a leader sends, read it back, sync it and give it its name
 * from now on, as raft_log_file_begin_thread() does for a log: each time that it is done
 * with something it calls `wake`, which has the snapshots' thread call
 * raft_snapshot_file_turn() soon, calls nothing of the snapshots itself and waits for
 * nothing. Parts that come meanwhile stay in memory, as many as the member takes at a
 * time. Signals are not delivered to the thread. False: there is none, see errno.
 *
 * Parts of a snapshot that is sent to a peer, and one that is loaded, are read by the
 * caller's thread; raft_snapshot_file_load() may also be called in another, from within
 * `install` on until raft_node_applied(), for until then nothing is received.
 */
RAFT_API RAFT_MUST_USE bool
raft_snapshot_file_begin_thread(struct raft_snapshot_file *snapshots,
				void (*wake)(void *context), void *context);

/** Report what the thread has done, and have it go on. True: it is at work, and will
 *  call `wake`. Whenever it is called: if there is nothing, nothing happens. */
RAFT_API bool raft_snapshot_file_turn(struct raft_snapshot_file *snapshots);

/** Begin nothing more, and end the thread once it is done. True: it has ended, or
 *  there was none: `wake` is not called any more. False: it is at work; call this again
 *  after the next `wake`, in the place of raft_snapshot_file_turn(). For whoever must
 *  not wait in raft_snapshot_file_close(). */
RAFT_API RAFT_MUST_USE bool
raft_snapshot_file_end_thread(struct raft_snapshot_file *snapshots);

/**
 * The snapshot to load, given what the log holds: the newest that the log
 * reaches, that is of its history, and that is as it was written, for which it is
 * read as a whole. index 0: none, begin with an empty state machine. The older ones
 * stay; what was received and is not needed is deleted. Once, before the table is
 * used. False: the log begins behind a snapshot that is not here, or is damaged;
 * `error` says what to do.
 */
RAFT_API RAFT_MUST_USE bool
raft_snapshot_file_choose(struct raft_snapshot_file *snapshots,
			  const struct raft_stored *stored,
			  struct raft_entry_id *snapshot, char *error,
			  size_t size);

/** Give all that was written of a snapshot to `take`, in order, by pieces of at
 *  most 64 KiB. It is read and checked as a whole before that, so what `take`
 *  gets is sound. False: damaged, not readable, or `take` returned false;
 *  `error` says which. */
RAFT_API RAFT_MUST_USE bool
raft_snapshot_file_load(struct raft_snapshot_file *snapshots,
			struct raft_entry_id snapshot,
			bool (*take)(void *context, const void *bytes,
				     size_t length),
			void *context, char *error, size_t size);

/** Call `see` for each snapshot that has its name, in any order. False: the
 *  directory cannot be read; see errno. */
RAFT_API bool
raft_snapshot_file_each(struct raft_snapshot_file *snapshots,
			void (*see)(struct raft_snapshot_file *snapshots,
				    struct raft_entry_id snapshot,
				    void *context),
			void *context);

/** Read one as a whole. NULL: every byte is as it was written. Otherwise what is
 *  wrong, as the end of "the snapshot ...". */
RAFT_API const char *
raft_snapshot_file_inspect(const struct raft_snapshot_file *snapshots,
			   struct raft_entry_id snapshot);

/** One that is read through beside all else. */
struct raft_snapshot_check;

/** Begin with one. It may be deleted meanwhile: what was opened stays to be read. NULL:
 *  there is none, or it cannot be opened; see errno. */
RAFT_API struct raft_snapshot_check *
raft_snapshot_file_check(const struct raft_snapshot_file *snapshots,
			 struct raft_entry_id snapshot);

/** Read on, some more than `bytes_max` at most, past the system's cache where that can be.
 *  On any thread, one at a time. SOUND: to its end, and each byte is as it was written,
 *  or the process lacks memory. Not to be called again unless it was UNDECIDED. */
RAFT_API enum raft_node_verdict
raft_snapshot_check_read(struct raft_snapshot_check *check, size_t bytes_max);

/** Bytes that it has read. */
RAFT_API uint64_t
raft_snapshot_check_bytes(const struct raft_snapshot_check *check);

/** End it. NULL is allowed. */
RAFT_API void raft_snapshot_check_close(struct raft_snapshot_check *check);

/** This one was found damaged: it is named `damaged` from now on, and the report of that
 *  name is made, as if a peer had said so. */
RAFT_API void
raft_snapshot_file_condemn(struct raft_snapshot_file *snapshots,
			   struct raft_entry_id snapshot);

/** Its bytes, for raft_node_snapshot_taken(); some more than were written. 0:
 *  there is no such snapshot. */
RAFT_API uint64_t
raft_snapshot_file_size(struct raft_snapshot_file *snapshots,
			struct raft_entry_id snapshot);

/** When its file was written to last, here or by way of a leader, in seconds since
 *  1970. 0: there is no such snapshot. */
RAFT_API int64_t raft_snapshot_file_written(
    struct raft_snapshot_file *snapshots, struct raft_entry_id snapshot);

/** Begin to take a snapshot of the state machine as it is after this entry. One
 *  at a time: what was begun and not committed is given up. */
RAFT_API void raft_snapshot_file_begin(struct raft_snapshot_file *snapshots,
				       struct raft_entry_id snapshot);

/** Append to it, best by many kilobytes. The bytes are the caller's again on
 *  return. */
RAFT_API void raft_snapshot_file_write(struct raft_snapshot_file *snapshots,
				       const void *bytes, size_t length);

/** What of a commit takes as long as the disk needs, ahead of it: whoever must not
 *  wait has another thread do it, and leaves the one that is being taken alone
 *  meanwhile. All else may go on. Its failure is the commit's, which reports it. */
RAFT_API void
raft_snapshot_file_settle(struct raft_snapshot_file *snapshots);

/** Make it durable, which takes as long as the disk needs unless that was done ahead,
 *  and give it its name. False: it failed, here or since it was begun, which was reported. */
RAFT_API RAFT_MUST_USE bool
raft_snapshot_file_commit(struct raft_snapshot_file *snapshots);

/** Delete those before this index: that of raft_snapshot_oldest(). What was found
 *  damaged stays. */
RAFT_API void raft_snapshot_file_forget(struct raft_snapshot_file *snapshots,
					uint64_t oldest);

#ifdef __cplusplus
}
#endif

#endif
