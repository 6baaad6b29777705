/*
 * SET, GET and the others (commands.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Errors are shorter than ERROR_BYTES_MAX.
 */
#include <stdlib.h>
#include <string.h>

#include "demos/kv/commands.h"
#include "demos/kv/pattern.h"
#include "demos/kv/reply.h"

#define NOT_A_NUMBER "ERR value is not an integer or out of range"
#define SYNTAX "ERR syntax error"
#define BAD_TIME "ERR invalid expire time"
/** A hundred thousand years. */
#define MS_MAX ((int64_t)100000 * 366 * 86400 * 1000)
/** Of a piece of SCAN, at least and at most. */
#define SCAN_COUNT 10
#define SCAN_COUNT_MAX 1000
/** Of names, after which the piece ends. */
#define SCAN_BYTES ((size_t)1 << 20)
#define PATTERN_BYTES_MAX 256

/** An argument; 0 is the name of the command. */
static struct text
said(const struct work *work, size_t argument)
{
	return work->request->arguments[argument];
}

static struct key *
find(const struct work *work, size_t argument)
{
	return keys_find(work->keys, said(work, argument));
}

static struct text
value_of(const struct key *key)
{
	return (struct text){ key->value, key->value_length };
}

/* ------------------------------------------------------------- setting, getting */

/** What is said behind SET NAME VALUE. */
struct conditions {
	bool if_there, if_not_there, keeps_time;
	/** From now; 0: it stays. */
	int64_t ms;
};

/** A time to come, in units of so many milliseconds. */
static bool
read_time(struct text text, int64_t unit, int64_t *ms)
{
	return text_number(text, ms) && *ms <= MS_MAX / unit &&
	       *ms >= -MS_MAX / unit && ((*ms *= unit), true);
}

/** NULL, or what is wrong. */
static const char *
read_conditions(const struct work *work, struct conditions *conditions)
{
	for (size_t at = 3; at < work->request->count; at++) {
		struct text word = said(work, at);
		bool is_seconds = text_is(word, "EX");

		if (text_is(word, "NX")) {
			conditions->if_not_there = true;
		} else if (text_is(word, "XX")) {
			conditions->if_there = true;
		} else if (text_is(word, "KEEPTTL")) {
			conditions->keeps_time = true;
		} else if ((is_seconds || text_is(word, "PX")) &&
			   conditions->ms == 0 &&
			   at + 1 < work->request->count) {
			if (!read_time(said(work, ++at), is_seconds ? 1000 : 1,
				       &conditions->ms))
				return NOT_A_NUMBER;
			if (conditions->ms <= 0)
				return BAD_TIME;
		} else {
			return SYNTAX;
		}
	}
	return (conditions->if_there && conditions->if_not_there) ||
		       (conditions->keeps_time && conditions->ms != 0)
		   ? SYNTAX
		   : NULL;
}

static void
run_set(struct work *work)
{
	struct conditions conditions = { 0 };
	const char *problem = read_conditions(work, &conditions);
	struct key *key = NULL;
	uint64_t gone_at_ms = 0;

	if (problem != NULL) {
		reply_error(work->reply, problem);
		return;
	}
	if (work->request->count > 3)
		key = find(work, 1);
	if (key != NULL ? conditions.if_not_there : conditions.if_there) {
		reply_nothing(work->reply);
		return;
	}
	if (conditions.ms > 0)
		gone_at_ms = work->keys->now_ms + (uint64_t)conditions.ms;
	else if (conditions.keeps_time && key != NULL)
		gone_at_ms = key->gone_at_ms;
	key = keys_set(work->keys, said(work, 1), said(work, 2));
	keys_set_time(work->keys, key, gone_at_ms);
	reply_word(work->reply, "OK");
}

static void
run_get(struct work *work)
{
	struct key *key = find(work, 1);

	if (key != NULL)
		reply_text(work->reply, value_of(key));
	else
		reply_nothing(work->reply);
}

static void
run_mget(struct work *work)
{
	reply_array(work->reply, work->request->count - 1);
	for (size_t i = 1; i < work->request->count && !work->reply->is_short;
	     i++) {
		struct key *key = find(work, i);

		if (key != NULL)
			reply_text(work->reply, value_of(key));
		else
			reply_nothing(work->reply);
	}
}

static void
run_mset(struct work *work)
{
	if (work->request->count % 2 == 0) {
		reply_error(work->reply, SYNTAX);
		return;
	}
	for (size_t i = 1; i < work->request->count; i += 2)
		keys_set(work->keys, said(work, i), said(work, i + 1));
	reply_word(work->reply, "OK");
}

static void
run_del(struct work *work)
{
	int64_t count = 0;

	for (size_t i = 1; i < work->request->count; i++) {
		struct key *key = find(work, i);

		if (key == NULL)
			continue;
		keys_remove(work->keys, key);
		count++;
	}
	reply_number(work->reply, count);
}

static void
run_exists(struct work *work)
{
	int64_t count = 0;

	for (size_t i = 1; i < work->request->count; i++)
		count += find(work, i) != NULL;
	reply_number(work->reply, count);
}

static void
run_strlen(struct work *work)
{
	struct key *key = find(work, 1);

	reply_number(work->reply, key != NULL ? (int64_t)key->value_length : 0);
}

static void
run_type(struct work *work)
{
	reply_word(work->reply, find(work, 1) != NULL ? "string" : "none");
}

/* -------------------------------------------------------------------- counting */

static void
add(struct work *work, int64_t number)
{
	struct key *key = find(work, 1);
	uint64_t gone_at_ms = key != NULL ? key->gone_at_ms : 0;
	int64_t sum = 0;
	char digits[24];

	if ((key != NULL && !text_number(value_of(key), &sum)) ||
	    __builtin_add_overflow(sum, number, &sum)) {
		reply_error(work->reply, NOT_A_NUMBER);
		return;
	}
	snprintf(digits, sizeof(digits), "%" PRId64, sum);
	key = keys_set(work->keys, said(work, 1),
		       (struct text){ digits, strlen(digits) });
	keys_set_time(work->keys, key, gone_at_ms);
	reply_number(work->reply, sum);
}

static void
run_incr(struct work *work)
{
	add(work, 1);
}

static void
run_decr(struct work *work)
{
	add(work, -1);
}

static void
run_incrby(struct work *work)
{
	int64_t number;

	if (text_number(said(work, 2), &number))
		add(work, number);
	else
		reply_error(work->reply, NOT_A_NUMBER);
}

static void
run_decrby(struct work *work)
{
	int64_t number;

	if (text_number(said(work, 2), &number) && number != INT64_MIN)
		add(work, -number);
	else
		reply_error(work->reply, NOT_A_NUMBER);
}

/* ------------------------------------------------------------------------ time */

static void
expire(struct work *work, int64_t unit)
{
	struct key *key = find(work, 1);
	int64_t ms;

	if (!read_time(said(work, 2), unit, &ms)) {
		reply_error(work->reply, NOT_A_NUMBER);
		return;
	}
	if (key != NULL && ms > 0)
		keys_set_time(work->keys, key,
			      work->keys->now_ms + (uint64_t)ms);
	else if (key != NULL)
		keys_remove(work->keys, key);
	reply_number(work->reply, key != NULL);
}

static void
run_expire(struct work *work)
{
	expire(work, 1000);
}

static void
run_pexpire(struct work *work)
{
	expire(work, 1);
}

static void
run_persist(struct work *work)
{
	struct key *key = find(work, 1);
	bool was_timed = key != NULL && key->gone_at_ms != 0;

	if (was_timed)
		keys_set_time(work->keys, key, 0);
	reply_number(work->reply, was_timed);
}

/** One whose time has come by a clock is there until an entry says so. */
static int64_t
time_left(const struct work *work, const struct key *key)
{
	if (key == NULL)
		return -2;
	if (key->gone_at_ms == 0)
		return -1;
	return key->gone_at_ms > work->now_ms
		   ? (int64_t)(key->gone_at_ms - work->now_ms)
		   : 0;
}

static void
run_ttl(struct work *work)
{
	int64_t ms = time_left(work, find(work, 1));

	reply_number(work->reply, ms < 0 ? ms : (ms + 500) / 1000);
}

static void
run_pttl(struct work *work)
{
	reply_number(work->reply, time_left(work, find(work, 1)));
}

/* -------------------------------------------------------------------- all of it */

static void
run_dbsize(struct work *work)
{
	reply_number(work->reply, (int64_t)work->keys->count);
}

/** What is said behind SCAN. */
struct piece {
	uint64_t from;
	size_t count;
	/** NULL: all. */
	struct text pattern;
};

static const char *
read_piece(const struct work *work, struct piece *piece)
{
	char digits[24] = "", *end;
	struct text text = said(work, 1);
	int64_t number;

	if (text.length > 0 && text.length < sizeof(digits))
		memcpy(digits, text.bytes, text.length);
	piece->from = strtoull(digits, &end, 10);
	if (text.length == 0 || *end != '\0' || digits[0] == '-' ||
	    end != digits + text.length)
		return "ERR invalid cursor";
	for (size_t at = 2; at < work->request->count; at += 2) {
		if (at + 1 == work->request->count)
			return SYNTAX;
		text = said(work, at + 1);
		if (text_is(said(work, at), "COUNT")) {
			if (!text_number(text, &number))
				return NOT_A_NUMBER;
			if (number < 1)
				return SYNTAX;
			piece->count = number < SCAN_COUNT_MAX ? (size_t)number
							       : SCAN_COUNT_MAX;
		} else if (text_is(said(work, at), "MATCH")) {
			if (text.length > PATTERN_BYTES_MAX)
				return "ERR the pattern is too long";
			piece->pattern = text;
		} else {
			return SYNTAX;
		}
	}
	return NULL;
}

static bool
is_told(const struct work *work, const struct piece *piece,
	const struct key *key)
{
	return key_is_there(work->keys, key) &&
	       (piece->pattern.bytes == NULL ||
		pattern_matches(piece->pattern,
				(struct text){ key->name, key->length }));
}

/** Those of one hash are in one piece. */
static void
run_scan(struct work *work)
{
	struct piece piece = { .count = SCAN_COUNT };
	const char *problem = read_piece(work, &piece);
	struct buffer names = { 0 };
	struct key *key;
	size_t seen = 0, told = 0;
	uint64_t last = 0;
	char cursor[24];

	if (problem != NULL) {
		reply_error(work->reply, problem);
		return;
	}
	for (key = keys_from(work->keys, piece.from);
	     key != NULL &&
	     ((seen < piece.count && names.length < SCAN_BYTES) ||
	      key->hash == last);
	     key = keys_next(key), seen++) {
		last = key->hash;
		if (!is_told(work, &piece, key))
			continue;
		reply_text(&names, (struct text){ key->name, key->length });
		told++;
	}
	snprintf(cursor, sizeof(cursor), "%" PRIu64,
		 key != NULL ? key->hash : 0);
	reply_array(work->reply, 2);
	reply_string(work->reply, cursor);
	reply_array(work->reply, told);
	buffer_add(work->reply, names.bytes, names.length);
	work->reply->is_short |= names.is_short;
	buffer_free(&names);
}

/* ----------------------------------------------------------------- which there are */

static const struct command commands[] = {
	{ "GET", 2, false, 1, 1, 1, run_get },
	{ "SET", -3, true, 1, 1, 1, run_set },
	{ "DEL", -2, true, 1, -1, 1, run_del },
	{ "UNLINK", -2, true, 1, -1, 1, run_del },
	{ "EXISTS", -2, false, 1, -1, 1, run_exists },
	{ "INCR", 2, true, 1, 1, 1, run_incr },
	{ "INCRBY", 3, true, 1, 1, 1, run_incrby },
	{ "DECR", 2, true, 1, 1, 1, run_decr },
	{ "DECRBY", 3, true, 1, 1, 1, run_decrby },
	{ "MGET", -2, false, 1, -1, 1, run_mget },
	{ "MSET", -3, true, 1, -1, 2, run_mset },
	{ "STRLEN", 2, false, 1, 1, 1, run_strlen },
	{ "TYPE", 2, false, 1, 1, 1, run_type },
	{ "EXPIRE", 3, true, 1, 1, 1, run_expire },
	{ "PEXPIRE", 3, true, 1, 1, 1, run_pexpire },
	{ "PERSIST", 2, true, 1, 1, 1, run_persist },
	{ "TTL", 2, false, 1, 1, 1, run_ttl },
	{ "PTTL", 2, false, 1, 1, 1, run_pttl },
	{ "SCAN", -2, false, 0, 0, 0, run_scan },
	{ "DBSIZE", 1, false, 0, 0, 0, run_dbsize },
};

const struct command *
command_at(size_t position)
{
	return position < sizeof(commands) / sizeof(commands[0])
		   ? &commands[position]
		   : NULL;
}

const struct command *
command_find(struct text name)
{
	const struct command *command;

	for (size_t i = 0; (command = command_at(i)) != NULL; i++)
		if (text_is(name, command->name))
			break;
	return command;
}

bool
command_takes(const struct command *command, const struct request *request)
{
	size_t count = (size_t)abs(command->arity);

	return command->arity > 0 ? request->count == count
				  : request->count >= count;
}
