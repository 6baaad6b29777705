/*
 * The keys: what the servers of a group keep the same. Each has a value, and perhaps a
 * time at which it is gone.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Time is part of the state: it stands still until keys_pass_time() moves it on, which
 * an entry of the log does, the same one on every server. It never goes back. No clock
 * is asked here. A key whose time has come is gone for whoever asks, though its memory
 * may be let go of a little later.
 *
 * Two trees (sys/tree.h) hold the keys. One has them in the order of a hash, so that
 * they can be walked through in pieces: where one piece ends is a number, and whatever
 * came or went meanwhile, the next piece begins behind it, on this server or another.
 * The other has those that are to go, by time.
 */
#ifndef OUTRIGGER_KV_KEYS_H
#define OUTRIGGER_KV_KEYS_H

#include <bsd/sys/tree.h>

#include "assists/server/server.h"
#include "demos/kv/request.h"

/** Keys that are let go of in one step, at most: the loop waits for it. */
#define KEYS_GONE_MAX 1000

struct key {
	RB_ENTRY(key) by_hash, by_time;
	/** Never 0. */
	uint64_t hash;
	/** In milliseconds of keys->now_ms; 0: it stays. */
	uint64_t gone_at_ms;
	char *value;
	size_t value_length;
	size_t length;
	char name[];
};

RB_HEAD(key_hashes, key);
RB_HEAD(key_times, key);

struct keys {
	struct key_hashes hashes;
	struct key_times times;
	/** Milliseconds since the first entry of all. */
	uint64_t now_ms;
	/** Those in the trees. */
	size_t count, count_timed;
	/** Told of each that was changed, or is about to go; NULL: nobody is. */
	void (*changed)(void *context, const struct key *key, bool is_gone);
	void *context;
};

/** None, no time has passed, and nobody is told. */
void keys_init(struct keys *keys);
void keys_free(struct keys *keys);

/** Let it be this time, unless it is later already; and let go of those that are gone. */
void keys_pass_time(struct keys *keys, uint64_t now_ms);
/** One at least is gone at this time, and is still here. */
bool keys_are_due(struct keys *keys, uint64_t now_ms);

/** NULL: there is none of that name. */
struct key *keys_find(struct keys *keys, struct text name);
/** Give it this value, whether or not it was there. It stays until told otherwise.
 *  Without memory the process ends: a server that goes on would differ from others. */
struct key *keys_set(struct keys *keys, struct text name, struct text value);
/** It is gone at this time; 0: it stays. */
void keys_set_time(struct keys *keys, struct key *key, uint64_t gone_at_ms);
void keys_remove(struct keys *keys, struct key *key);

/** The first whose hash is this or above; NULL: there is none. */
struct key *keys_from(struct keys *keys, uint64_t hash);
/** The one behind it in that order. */
struct key *keys_next(struct key *key);
/** It is not gone. */
bool key_is_there(const struct keys *keys, const struct key *key);

/** Into a snapshot, and from one: in the place of what was there before. */
bool keys_write(const struct keys *keys, struct raft_server_sink *sink);
bool keys_load(struct keys *keys, struct raft_server_source *source);

#endif
