/*
 * The inside of raft_snapshot_conformance: one run, and what is done in it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A history begins with an empty folder and an empty log. A life of it is from an
 * open to a close. Functions that return a bool return false once a rule is broken.
 */
#ifndef OUTRIGGER_LOG_CONFORMANCE_SNAPSHOT_INSIDE_H
#define OUTRIGGER_LOG_CONFORMANCE_SNAPSHOT_INSIDE_H

#include "assists/log_conformance/model.h"
#include "assists/log_conformance/snapshot_conformance.h"
#include "assists/log_conformance/snapshot_rules.h"
#include "assists/log_conformance/watch.h"

/** Snapshots in a history, and a leader's in a run, at most. */
#define HAVES_MAX 32
#define IMAGES_MAX 6
/** Entries of a term, in a log. */
#define TERM_ENTRIES 1000
/** A machine's state, at most. */
#define STATE_BYTES_MAX 200000

/** A snapshot: of which state, and its bytes as they are read. */
struct image {
	struct raft_entry_id id;
	uint64_t seed;
	size_t length;
	uint8_t *bytes;
	uint64_t size;
};

/** The bytes of a part. They stay until the life ends, so that what is used too long
 *  is poison, and not somebody else's memory. */
struct part {
	struct raft_block block;
	struct part *next;
	bool is_dead;
	size_t length;
	uint8_t bytes[];
};

/** What a server that starts may be given. */
struct promise {
	/** Of haves, all up to this count are durable. */
	size_t count;
	/** It is being taken: it may be there. Index 0: none is. */
	struct image taking;
	/** The log begins behind it, with its bytes the leader's, and reaches
	 *  there. */
	struct image begin;
	uint64_t last_index;
};

struct raft_snapshot_conformance {
	const struct raft_snapshot_conformance_subject *subject;
	struct watch watch;
	/** Draws what is done. */
	uint64_t random;
	struct where where;
	void *snapshots;
	/** What a leader sends: from another folder, before all else. */
	struct image images[IMAGES_MAX];
	/** Taken or installed, in this order, the first of which may be deleted. */
	struct image haves[HAVES_MAX];
	size_t forgotten;
	struct promise now, left;
	/** Of the one that is being received: what was stored, flushed,
	 *  reported; whether it was given up. */
	const struct image *receiving;
	uint64_t stored, flushed, reported;
	bool is_lost;
	/** There is a reason for a failure. */
	bool may_fail;
	struct part *parts;
	struct raft_payload kept;
	uint8_t *kept_bytes;
	uint8_t *room;
	bool is_broken;
	char *text;
	size_t size;
	/** What was tried. */
	uint64_t taken, installed, reads, restarts, crashes;
};

/** A rule is broken; the first one counts. Always false. */
#define BREAKS(c, rule, ...)                                                   \
	raft__snapshots_break(c, SNAPSHOT_RULE_##rule, __VA_ARGS__)
bool raft__snapshots_break(struct raft_snapshot_conformance *c,
			   enum snapshot_rule rule, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** A number that is drawn, below `count`. */
uint64_t
raft__snapshots_draw(struct raft_snapshot_conformance *c, uint64_t count);

/* --------------------------------------------- lives, in snapshot_life.c */

/** Begin a history. */
bool raft__snapshots_first(struct raft_snapshot_conformance *c);
bool raft__snapshots_close(struct raft_snapshot_conformance *c);
/** Close them in order, and open them again. */
bool raft__snapshots_restart(struct raft_snapshot_conformance *c);
/** Crash, now or as of when it was to be, and open what is left. */
bool raft__snapshots_crash(struct raft_snapshot_conformance *c);
/** End a history; what is broken may be broken. */
void raft__snapshots_end(struct raft_snapshot_conformance *c);
/** For the watch: note what was promised. */
void raft__snapshots_crashed(void *context);

/* --------------------------------------------- steps, in snapshot_step.c */

/** Take one. */
bool raft__snapshots_take(struct raft_snapshot_conformance *c, size_t length);
/** Store parts of a leader's until this end, of at most so many bytes, and flush. */
bool raft__snapshots_receive(struct raft_snapshot_conformance *c,
			     const struct image *image, uint64_t end,
			     uint64_t part_bytes);
/** A log has dropped its entries, to begin behind what was received. */
void raft__snapshots_begin_behind(struct raft_snapshot_conformance *c);
/** The rule is broken if it is not as the leader took it. */
bool raft__snapshots_install(struct raft_snapshot_conformance *c,
			     enum snapshot_rule rule);
/** Of one whose bytes have changed on their way. */
bool raft__snapshots_install_changed(struct raft_snapshot_conformance *c);
/** All that must be there is, and is what it was. */
bool raft__snapshots_look(struct raft_snapshot_conformance *c);
/** One is loaded as it was taken. */
bool raft__snapshots_load(struct raft_snapshot_conformance *c,
			  const struct image *image, enum snapshot_rule rule);
/** Read all of one. False: refused. */
bool
raft__snapshots_read(struct raft_snapshot_conformance *c, struct image *image);
/** Keep some bytes that were read, until the life ends. */
bool raft__snapshots_keep(struct raft_snapshot_conformance *c);
/** And let them go: they are as they were. */
bool raft__snapshots_let_kept_go(struct raft_snapshot_conformance *c);
bool raft__snapshots_verify(struct raft_snapshot_conformance *c);
bool raft__snapshots_forget(struct raft_snapshot_conformance *c);

static inline struct image *
newest(struct raft_snapshot_conformance *c)
{
	return &c->haves[c->now.count - 1];
}

static inline uint64_t
term_at(uint64_t index)
{
	return 1 + index / TERM_ENTRIES;
}

static inline bool
same_entry(struct raft_entry_id a, struct raft_entry_id b)
{
	return a.index == b.index && a.term == b.term;
}

/* --------------------------------------- histories, in snapshot_histories.c */

bool raft__snapshots_by_the_book(struct raft_snapshot_conformance *c);
bool raft__snapshots_at_random(struct raft_snapshot_conformance *c);

#endif
