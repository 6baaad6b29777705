/*
 * A log in files: an append-only write-ahead log in a directory of its own.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * save() copies into memory, flush() makes all that was saved durable with one
 * write and one sync, then reports the newest token from within flush(). A save
 * is found wholly or not at all after a crash, also one that begins the log anew
 * behind a snapshot. Entries are read from memory if they are recent, else from
 * a file, checked against its checksums.
 *
 * So flush() takes as long as the disk does. A program that must not wait for it has
 * the log begin a thread (raft_log_file_begin_thread): flush() then hands over what
 * was saved and returns, and the report comes from raft_log_file_turn().
 *
 * trim() takes effect with the next flush(). The log lies in files of a size that is chosen
 * when it is opened, its segments. One whose entries are all trimmed is not removed: the
 * next segment is written over it, which is quicker than a new file. So nothing is ever
 * copied. A file that is missing is made while the last one fills up, between two batches.
 * If that fails, for want of room perhaps, the last one grows beyond its size, and it is
 * tried again at a later flush(): after a second, two, four, and so on up to a minute.
 *
 * When a write or a sync fails, the log reports that once and does nothing more: a failed
 * sync is never tried again, because the second one may succeed without having written.
 * Restart from the files. It is the same with an entry that cannot be read back, unless
 * that is to be fetched from another server (raft_log_file_bind_lost).
 *
 * The disk format is in record.h; what happens to a damaged file in recovery.h.
 * A log belongs to one thread, beside which its own touches nothing of the program's.
 */
#ifndef OUTRIGGER_LOG_FILE_H
#define OUTRIGGER_LOG_FILE_H

#include "assists/disk/owner.h"
#include "assists/histogram/histogram.h"
#include "assists/node/node.h"

#ifdef __cplusplus
extern "C" {
#endif

struct raft_log_file;

/** The functions that raft_node calls; the log is their first argument. */
extern RAFT_API const struct raft_node_log raft_log_file;

/** What a log is opened with. */
struct raft_log_file_options {
	/** The directory. */
	const char *path;
	/** Whose it must be; incarnation 0: whichever life of that server. */
	struct raft_owner owner;
	/** To look at it only: nothing on the disk is changed, so a torn end stays
	 *  there, too. All of it is read, so that it is refused if anything in it is
	 *  damaged. Nothing may be saved, flushed or trimmed. */
	bool looks_only;
	/** Memory for recent payloads; 0: 16 MiB. What is not yet written is
	 *  kept beyond it. Of what is only on the disk 24 bytes for 16 KiB of
	 *  it are kept, until trimmed. */
	size_t cache_bytes;
	/** Bytes of a segment's file, in whole pages; 0: 4 MiB. A batch is never
	 *  divided, so one may become larger. */
	uint64_t segment_bytes;
};

/**
 * Make an empty log, durably, in a directory that is made if there is none. An
 * incarnation of 0 is drawn at random and written to *owner. Do this once in a
 * server's life: a server that lost its log has lost its promises, and joins
 * again as another incarnation.
 *
 * False: refused, and `error` (of `size` bytes) says why and what to do; among
 * the reasons: the directory has a log.
 */
RAFT_API RAFT_MUST_USE bool raft_log_file_create(const char *path,
						 struct raft_owner *owner,
						 char *error, size_t size);

/** The same, with segments of that size, two of which are written, with zeros, if there
 *  is room for them. */
RAFT_API RAFT_MUST_USE bool
raft_log_file_create_sized(const char *path, struct raft_owner *owner,
			   uint64_t segment_bytes, char *error, size_t size);

/**
 * Open a log, alone: a second process is refused. What a crash tore off the end
 * is cut. NULL: refused, and `error` (of `size` bytes) says why and what to do;
 * among the reasons: there is no log, it is another server's, it is corrupt.
 *
 * A crash leaves whole sectors of 512 bytes of the last write. A record that lacks a
 * sector is torn; one with a sector that is neither as it was written nor as it was before
 * is damaged. What cannot be told from a crash: that the last write is lost as a whole, or
 * a whole sector of it has become zeros.
 *
 * What no crash can have left in doubt is not read, unless the log is only looked at: of
 * all segments but the newest no more than their ends. Damage there shows when an entry is
 * read, which is then reported as a failure.
 *
 * A log that a former version has written, in one file, is brought into the form of this
 * one, which that version cannot open any more; not if it is only looked at.
 */
RAFT_API RAFT_MUST_USE struct raft_log_file *
raft_log_file_open(const struct raft_log_file_options *options, char *error,
		   size_t size);

/** Close it, without a flush, and free it; wait for what its thread is doing.
 *  Payloads that were read live on until they are released. NULL is allowed. */
RAFT_API void raft_log_file_close(struct raft_log_file *log);

/** Whom to report to, from within the functions of the table and the three below.
 *  `failed` comes at most once; `why` is a sentence that lives until it returns.
 *  Neither may close the log. */
RAFT_API void
raft_log_file_bind(struct raft_log_file *log, void *context,
		   void (*saved)(void *context, uint64_t token),
		   void (*failed)(void *context, const char *why));

/**
 * Have a thread of the log's own write from now on. Each time that it is done with
 * something it calls `wake`, which has the log's thread call raft_log_file_turn()
 * soon: it writes to a pipe that is polled, or calls uv_async_send(), and calls
 * nothing of the log and waits for nothing. Signals are not delivered to the thread.
 * False: there is none, see errno.
 *
 * While it writes, what is saved gathers in memory and is the next batch. Where the
 * disk takes less time than the hand-over would, flush() does not hand over: that is
 * a batch of 64 KiB at most while each of the last 64 took less than 50 us. So the
 * first time that such a disk is slow, it is waited for.
 *
 * Entries that are not in memory any more are read by the caller's thread.
 */
RAFT_API RAFT_MUST_USE bool
raft_log_file_begin_thread(struct raft_log_file *log,
			   void (*wake)(void *context), void *context);

/** Report what the thread has done, and have it go on. True: it is at work, and will
 *  call `wake`. Whenever it is called: if there is nothing, nothing happens. */
RAFT_API bool raft_log_file_turn(struct raft_log_file *log);

/** Begin nothing more, and end the thread once it is done. True: it has ended, or
 *  there was none: `wake` is not called any more, and flush() writes by itself. False:
 *  it is at work; call this again after the next `wake`, in the place of
 *  raft_log_file_turn(). For whoever must not wait in raft_log_file_close(). */
RAFT_API RAFT_MUST_USE bool
raft_log_file_end_thread(struct raft_log_file *log);

/* ------------------------------------------------------------------- mending */

/** Whom to tell, from within read(), trim() or raft_log_file_turn(), that entries which the
 *  log has cannot be read back, as far as that one and those right behind it go
 *  (raft_node_lost); and, from within mend() or raft_log_file_turn(), that this one can be
 *  again: given by mend(), it is durable in the file `mended` beside the segments
 *  (raft_node_mended). NULL: one that cannot be read is the end,
 *  as it is where the process lacks memory or files. Neither may close the log. */
RAFT_API void
raft_log_file_bind_lost(struct raft_log_file *log, void *context,
			void (*lost)(void *context,
				     const struct raft_entry_id *entries,
				     size_t count),
			void (*mended)(void *context, uint64_t index));

/* ---------------------------------------------------------------- scrubbing */

/** Damage in one of its files. */
struct raft_log_file_damage {
	/** The file's name in the directory. Lives until the function returns. */
	const char *file;
	/** Where in it, and how much: whole sectors of 512 bytes. */
	uint64_t offset;
	/** The second of them. */
	uint64_t length;
	/** The errno of reading it; 0: it was read, and is not what was written. */
	int error;
};

/** Whom to tell, from within raft_log_file_turn(), of damage that was found; once of each
 *  place, and of 64 at most in a pass and those that follow it until one finds none. It
 *  may not close the log. The log goes on: what is damaged nobody has needed yet. With
 *  raft_log_file_bind_lost() each pass has first seen to the entries there: those that
 *  memory has still are in `mended` soon, of the others it was told that they are lost. */
RAFT_API void raft_log_file_bind_damaged(
    struct raft_log_file *log, void *context,
    void (*damaged)(void *context, const struct raft_log_file_damage *damage));

/**
 * Read on in its files, to see whether they are as they were written: bytes that nobody
 * reads may change on a disk for years, and are found when they are needed, perhaps on
 * several servers at once. Call this now and then: when, and how many bytes at most each
 * time, is the caller's choice, and the rate; 64 KiB each sixteenth of a second is 1 MiB a
 * second. No more than 1 MiB is read at a time. It is the log's thread that reads,
 * between two batches, past the system's cache where it can (docs/porting.md); what is
 * saved meanwhile waits for that piece as for any other work. Without a thread nothing
 * is read.
 *
 * False: nothing is going to be read, now: a pass has ended, there is nothing, or the last
 * piece has not begun.
 */
RAFT_API bool raft_log_file_scrub(struct raft_log_file *log, size_t bytes_max);

/** How far it has come since the log was opened. */
struct raft_log_file_scrubbed {
	/** How often all files were read through. */
	uint64_t passes;
	/** Bytes of files, headers included: in the pass that goes on, */
	uint64_t pass_bytes;
	/** and in all of them. */
	uint64_t bytes;
	/** What of them was damaged, in this pass or in the one before, whichever is
	 *  more. */
	uint64_t damaged_bytes;
};

/** Fill it in. */
RAFT_API void
raft_log_file_scrubbed(const struct raft_log_file *log,
		       struct raft_log_file_scrubbed *scrubbed);

/* -------------------------------------------------------------------- status */

/** Its owner, with the incarnation that was found. */
RAFT_API struct raft_owner raft_log_file_owner(const struct raft_log_file *log);

/** What its files hold. */
struct raft_log_file_size {
	/** Bytes of the log that are kept, up to the end of the last record. */
	uint64_t bytes;
	/** Bytes behind that when it was opened, which a crash tore off: cut, or,
	 *  if it is only looked at, to be cut at a start. */
	uint64_t torn;
};

/** Fill it in. */
RAFT_API void raft_log_file_size(const struct raft_log_file *log,
				 struct raft_log_file_size *size);

/** What it holds, for raft_start(). All it points to lives until the log is
 *  changed, asked this again, or closed. False: out of memory, or the file
 *  cannot be read back. */
RAFT_API RAFT_MUST_USE bool
raft_log_file_stored(struct raft_log_file *log, struct raft_stored *stored);

/** What a log has done since it was opened. */
struct raft_log_file_counters {
	/** How long each flush took to write what was saved and to sync it; those
	 *  with nothing to write are none. */
	struct raft_histogram syncs;
	/** How long each new file took to make, whether or not it came to an end. */
	struct raft_histogram files;
	/** Bytes of records that were made durable. */
	uint64_t synced_bytes;
};

/** Fill them in. */
RAFT_API void raft_log_file_counters(const struct raft_log_file *log,
				     struct raft_log_file_counters *counters);

/** About how many bytes the entries after `index` take in the log: what a server lacks
 *  that has all up to there; within some 16 KiB and an entry. Of those that were trimmed nothing is known. It takes
 *  no longer for many. */
RAFT_API uint64_t raft_log_file_bytes_after(const struct raft_log_file *log,
					    uint64_t index);

#ifdef __cplusplus
}
#endif

#endif
