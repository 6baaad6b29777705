/*
 * The inside of raft_log_conformance: one run, and what is done to a log in it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A history begins with an empty log. A life of it is from an open to a close;
 * states[n] is what the log must hold after save n of this life, states[0] what it
 * was opened with. Functions that return a bool return false once a rule is broken.
 */
#ifndef OUTRIGGER_LOG_CONFORMANCE_INSIDE_H
#define OUTRIGGER_LOG_CONFORMANCE_INSIDE_H

#include "assists/log_conformance/log_conformance.h"
#include "assists/log_conformance/model.h"
#include "assists/log_conformance/rules.h"
#include "assists/log_conformance/watch.h"

/** Saves in a life, at most. */
#define SAVES_MAX 128
/** Entries that are read at once, at most. */
#define READ_MAX 8
/** Payloads that are kept, to see that they last. */
#define KEPT_MAX 4

/** A payload that was given to the log. It stays until the life ends, so that one
 *  that is used too long is poison, and not somebody else's memory. */
struct block {
	struct raft_block block;
	struct block *next;
	/** Nobody holds it. */
	bool is_dead;
	size_t length;
	uint8_t bytes[];
};

#define POISON 0xdd

/** What was tried. */
struct tally {
	uint64_t saves, reads, trims, restarts, crashes;
};

struct raft_log_conformance {
	const struct raft_log_conformance_subject *subject;
	struct drawing drawing;
	/** Draws what is done. */
	uint64_t random;
	struct where where;
	struct watch watch;
	void *log;
	struct state *states;
	/** Of this life: the newest token that was given, that was reported, and
	 *  that flush() was called for. What is atomic here and below concerns a
	 *  sync on another thread. */
	_Atomic uint64_t taken, reported;
	uint64_t flushed;
	/** The log has dropped all up to here; it may up to there. */
	uint64_t dropped, trimmed;
	/** No truncation reaches it. */
	uint64_t committed;
	/** What is broken if an entry is not as it must be. */
	enum rule rule;
	struct block *blocks;
	struct raft_entry kept[KEPT_MAX];
	size_t kept_count;
	/** Reports of a failure; whether there is a reason. */
	unsigned int failures;
	bool must_fail;
	/** Told to be lost, first, and to be mended, last; 0: none. */
	uint64_t lost_index, mended_index;
	/** Saves before a crash that had been reported, and taken. */
	uint64_t left_reported, left_taken;
	bool is_broken;
	char *text;
	size_t size;
	struct tally tally;
};

/** A rule is broken; the first one counts. Always false. */
#define BREAKS(c, rule, ...) raft__conformance_breaks(c, rule, __VA_ARGS__)
bool raft__conformance_breaks(struct raft_log_conformance *c, enum rule rule,
			      const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** A number that is drawn, below `count`. */
uint64_t raft__conformance_draw(struct raft_log_conformance *c, uint64_t count);

static inline const struct state *
newest(const struct raft_log_conformance *c)
{
	return &c->states[c->taken];
}

/* ---------------------------------------------------- lives, in life.c */

/** Begin a history: make a log, and open it. */
bool raft__life_first(struct raft_log_conformance *c);
/** Close the log, and see that it let go of all. */
bool raft__life_close(struct raft_log_conformance *c);
/** Close it in order, and open it again. */
bool raft__life_restart(struct raft_log_conformance *c);
/** Crash, now or as of when it was to be, and open what is left. */
bool raft__life_crash(struct raft_log_conformance *c);
/** End a history; what is broken may be broken. */
void raft__life_end(struct raft_log_conformance *c);
/** Crash at this sync from now on, from 1. */
void raft__life_crash_at(struct raft_log_conformance *c, uint64_t sync);
/** The next sync fails. */
void raft__life_fail(struct raft_log_conformance *c);
/** For the watch: note what had been promised. */
void raft__life_crashed(void *context);
bool raft__life_survives(const struct raft_log_conformance *c,
			 enum raft_log_conformance_survives what);

/* ---------------------------------------------------- steps, in step.c */

/** What to save. */
struct ask {
	/** The term; as before if it is none or less. */
	uint64_t term;
	/** A server's id, if there is no vote in this term. */
	uint64_t vote;
	/** The log begins behind this entry, which has the save's term. */
	uint64_t snapshot;
	uint64_t truncate_from;
	size_t count;
};

/** Save. */
bool raft__step_save(struct raft_log_conformance *c, const struct ask *ask);
/** Save so many entries, in one save or, if the log takes fewer, in more. */
bool raft__step_fill(struct raft_log_conformance *c, size_t count);
/** Flush, and wait for the report. */
bool raft__step_flush(struct raft_log_conformance *c);
/** Flush alone. */
bool raft__step_begin_flush(struct raft_log_conformance *c);
/** Trim up to an entry that is there. */
bool raft__step_trim(struct raft_log_conformance *c, uint64_t index);
/** There are snapshots. */
bool raft__step_may_trim(const struct raft_log_conformance *c);

/* ---------------------------------------------------- reads, in look.c */

/** The log holds all that it must, and no more, under c->rule. */
bool raft__look(struct raft_log_conformance *c);
/** A read of its own, which releases what it got. Returns how many. */
size_t raft__look_read(struct raft_log_conformance *c, uint64_t first,
		       size_t count, size_t bytes_max);
/** Payloads of the log's that are held still are as they were. */
bool raft__look_kept(struct raft_log_conformance *c);
/** Nothing was released that is held. */
bool raft__look_blocks(struct raft_log_conformance *c);

/* --------------------------------------------- histories, in histories.c */

/** mending.c: an entry is spoilt, and given again. */
bool raft__mending(struct raft_log_conformance *c);
bool raft__by_the_book(struct raft_log_conformance *c);
bool raft__at_random(struct raft_log_conformance *c);

#endif
