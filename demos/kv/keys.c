/*
 * Keys, values, and their time (keys.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A snapshot is a header, then keys in the order of their hashes, all numbers being
 * little endian:
 *
 *	8 "kv keys1", 8 now_ms, 8 how many follow
 *	8 gone_at_ms, 4 bytes of the name, 4 bytes of the value, the name, the value
 */
#include <endian.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "demos/kv/keys.h"

#define MAGIC "kv keys1"

/* ---------------------------------------------------------------------- order */

static int
compare_names(const struct key *a, const struct key *b)
{
	size_t shorter = a->length < b->length ? a->length : b->length;
	int order = memcmp(a->name, b->name, shorter);

	return order != 0 ? order
			  : (a->length > b->length) - (a->length < b->length);
}

static int
compare_hashes(const struct key *a, const struct key *b)
{
	return a->hash != b->hash ? (a->hash > b->hash ? 1 : -1)
				  : compare_names(a, b);
}

static int
compare_times(const struct key *a, const struct key *b)
{
	return a->gone_at_ms != b->gone_at_ms
		   ? (a->gone_at_ms > b->gone_at_ms ? 1 : -1)
		   : compare_hashes(a, b);
}

RB_PROTOTYPE(key_hashes, key, by_hash, compare_hashes)
RB_PROTOTYPE(key_times, key, by_time, compare_times)
RB_GENERATE(key_hashes, key, by_hash, compare_hashes)
RB_GENERATE(key_times, key, by_time, compare_times)

/** FNV-1a, and a stir, so that names which differ little end up far apart. Whoever
 *  makes names of one hash gains nothing: a tree does not mind. Cursors are hashes, and
 *  not every client reads 64 bits. */
static uint64_t
hash_of(struct text name)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < name.length; i++)
		hash = (hash ^ (unsigned char)name.bytes[i]) * 0x100000001b3u;
	hash ^= hash >> 32;
	hash *= 0xd6e8feb86659fd93u;
	hash = (hash ^ hash >> 32) >> 1;
	return hash != 0 ? hash : 1;
}

/* --------------------------------------------------------------------- memory */

static void *
must_have(void *memory)
{
	if (memory == NULL)
		err(1, "the keys");
	return memory;
}

void
keys_init(struct keys *keys)
{
	*keys = (struct keys){ 0 };
	RB_INIT(&keys->hashes);
	RB_INIT(&keys->times);
}

void
keys_free(struct keys *keys)
{
	struct key *key, *next;

	for (key = RB_MIN(key_hashes, &keys->hashes); key != NULL; key = next) {
		next = RB_NEXT(key_hashes, &keys->hashes, key);
		RB_REMOVE(key_hashes, &keys->hashes, key);
		free(key->value);
		free(key);
	}
	keys_init(keys);
}

/* -------------------------------------------------------------------- finding */

bool
key_is_there(const struct keys *keys, const struct key *key)
{
	return key->gone_at_ms == 0 || key->gone_at_ms > keys->now_ms;
}

/** Also one that is gone. */
static struct key *
find(struct keys *keys, struct text name, uint64_t hash)
{
	struct key *key = RB_ROOT(&keys->hashes);
	int order;

	while (key != NULL) {
		size_t shorter =
		    name.length < key->length ? name.length : key->length;

		order = hash != key->hash
			    ? (hash > key->hash ? 1 : -1)
			    : memcmp(name.bytes, key->name, shorter);
		if (order == 0)
			order = (name.length > key->length) -
				(name.length < key->length);
		if (order == 0)
			break;
		key =
		    order < 0 ? RB_LEFT(key, by_hash) : RB_RIGHT(key, by_hash);
	}
	return key;
}

struct key *
keys_find(struct keys *keys, struct text name)
{
	struct key *key = find(keys, name, hash_of(name));

	return key != NULL && key_is_there(keys, key) ? key : NULL;
}

struct key *
keys_from(struct keys *keys, uint64_t hash)
{
	struct key least = { .hash = hash };

	return RB_NFIND(key_hashes, &keys->hashes, &least);
}

struct key *
keys_next(struct key *key)
{
	return RB_NEXT(key_hashes, NULL, key);
}

/* ------------------------------------------------------------------- changing */

static struct key *
add(struct keys *keys, struct text name, uint64_t hash)
{
	struct key *key = must_have(calloc(1, sizeof(*key) + name.length));

	key->hash = hash;
	key->length = name.length;
	memcpy(key->name, name.bytes, name.length);
	RB_INSERT(key_hashes, &keys->hashes, key);
	keys->count++;
	return key;
}

static void
set_time(struct keys *keys, struct key *key, uint64_t gone_at_ms)
{
	if (key->gone_at_ms != 0) {
		RB_REMOVE(key_times, &keys->times, key);
		keys->count_timed--;
	}
	key->gone_at_ms = gone_at_ms;
	if (gone_at_ms != 0) {
		RB_INSERT(key_times, &keys->times, key);
		keys->count_timed++;
	}
}

static void
tell(const struct keys *keys, const struct key *key, bool is_gone)
{
	if (keys->changed != NULL)
		keys->changed(keys->context, key, is_gone);
}

struct key *
keys_set(struct keys *keys, struct text name, struct text value)
{
	uint64_t hash = hash_of(name);
	struct key *key = find(keys, name, hash);

	if (key == NULL)
		key = add(keys, name, hash);
	set_time(keys, key, 0);
	key->value = must_have(realloc(key->value, value.length + 1));
	memcpy(key->value, value.bytes, value.length);
	key->value_length = value.length;
	tell(keys, key, false);
	return key;
}

void
keys_set_time(struct keys *keys, struct key *key, uint64_t gone_at_ms)
{
	set_time(keys, key, gone_at_ms);
	tell(keys, key, false);
}

void
keys_remove(struct keys *keys, struct key *key)
{
	tell(keys, key, true);
	set_time(keys, key, 0);
	RB_REMOVE(key_hashes, &keys->hashes, key);
	keys->count--;
	free(key->value);
	free(key);
}

bool
keys_are_due(struct keys *keys, uint64_t now_ms)
{
	struct key *first = RB_MIN(key_times, &keys->times);

	return first != NULL && first->gone_at_ms <= now_ms;
}

void
keys_pass_time(struct keys *keys, uint64_t now_ms)
{
	if (now_ms > keys->now_ms)
		keys->now_ms = now_ms;
	for (size_t i = 0;
	     i < KEYS_GONE_MAX && keys_are_due(keys, keys->now_ms); i++)
		keys_remove(keys, RB_MIN(key_times, &keys->times));
}

/* ------------------------------------------------------------------ snapshots */

static bool
write_numbers(struct raft_server_sink *sink, uint64_t a, uint64_t b)
{
	uint64_t numbers[] = { htole64(a), htole64(b) };

	return raft_server_write(sink, numbers, sizeof(numbers));
}

static bool
write_key(const struct key *key, struct raft_server_sink *sink)
{
	return write_numbers(sink, key->gone_at_ms,
			     key->length | (uint64_t)key->value_length << 32) &&
	       raft_server_write(sink, key->name, key->length) &&
	       raft_server_write(sink, key->value, key->value_length);
}

bool
keys_write(const struct keys *keys, struct raft_server_sink *sink)
{
	struct key *key;

	if (!raft_server_write(sink, MAGIC, 8) ||
	    !write_numbers(sink, keys->now_ms, keys->count))
		return false;
	for (key = RB_MIN(key_hashes, (struct key_hashes *)&keys->hashes);
	     key != NULL; key = keys_next(key))
		if (!write_key(key, sink))
			return false;
	return true;
}

static bool
take_numbers(struct raft_server_source *source, uint64_t *a, uint64_t *b)
{
	uint64_t numbers[2];

	if (raft_server_take(source, numbers, sizeof(numbers)) !=
	    sizeof(numbers))
		return false;
	*a = le64toh(numbers[0]);
	*b = le64toh(numbers[1]);
	return true;
}

static bool
take_key(struct keys *keys, struct raft_server_source *source, char *room)
{
	uint64_t gone_at_ms, lengths;
	struct text name, value;
	struct key *key;

	if (!take_numbers(source, &gone_at_ms, &lengths))
		return false;
	name = (struct text){ room, (uint32_t)lengths };
	if (name.length > REQUEST_BYTES_MAX)
		return false;
	value = (struct text){ room + name.length, lengths >> 32 };
	if (value.length > REQUEST_BYTES_MAX ||
	    raft_server_take(source, room, name.length + value.length) !=
		name.length + value.length)
		return false;
	key = keys_set(keys, name, value);
	keys_set_time(keys, key, gone_at_ms);
	return true;
}

bool
keys_load(struct keys *keys, struct raft_server_source *source)
{
	char *room = must_have(malloc(2 * REQUEST_BYTES_MAX));
	uint64_t count = 0;
	char magic[8];
	bool good;

	keys_free(keys);
	good = raft_server_take(source, magic, 8) == 8 &&
	       memcmp(magic, MAGIC, 8) == 0 &&
	       take_numbers(source, &keys->now_ms, &count);
	for (uint64_t i = 0; good && i < count; i++)
		good = take_key(keys, source, room);
	free(room);
	return good && raft_server_take(source, magic, 1) == 0 &&
	       keys->count == count;
}
