/*
 * Fuzzing what a client of demos/kv may send: whatever the bytes are, they are read in
 * the same way in whatever pieces they come, and what is read can be carried out.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * With -DOUTRIGGER_LIBFUZZER this is a target of libFuzzer instead.
 */
#include <stdlib.h>

#include "demos/kv/entry.h"
#include "tests/fuzz/random_message.h"
#include "tests/fuzz/rounds.h"
#include "tests/kv/snapshot.h"

#define BYTES_MAX 4096
/** Of one input: all its beginnings are tried. */
#define INPUT_MAX 256

static struct request request;
static struct keys keys;

/** In memory of its own, so that who reads behind its end is seen. */
static enum request_state
read_part(const char *bytes, size_t length)
{
	char *part = malloc(length > 0 ? length : 1);
	enum request_state state;
	const char *problem = NULL;

	must(part != NULL);
	if (length > 0)
		memcpy(part, bytes, length);
	state = request_read(&request, part, length, &problem);
	must(state != REQUEST_BROKEN || problem != NULL);
	for (size_t i = 0; state == REQUEST_WHOLE && i < request.count; i++)
		must(request.arguments[i].bytes >= part &&
		     request.arguments[i].bytes + request.arguments[i].length <=
			 part + length);
	free(part);
	return state;
}

/** It stays partial until it is whole or broken, and then is that however much follows;
 *  what it says it needs, it needs. */
static enum request_state
read_pieces(const char *bytes, size_t length, size_t *taken)
{
	enum request_state state = REQUEST_PARTIAL;
	size_t needs = 0, part;

	for (part = 0; part <= length && state == REQUEST_PARTIAL; part++) {
		state = read_part(bytes, part);
		must(state != REQUEST_WHOLE || part >= needs);
		if (state == REQUEST_PARTIAL)
			must(request.length > part &&
			     request.length <= REQUEST_BYTES_MAX + 2);
		needs = request.length;
	}
	*taken = needs;
	must(read_part(bytes, length) == state);
	must(state != REQUEST_WHOLE || request.length == *taken);
	return state;
}

/** As an entry does, with little room for replies. */
static void
carry_out(const char *bytes, size_t length)
{
	char room[ENTRY_REPLY_BYTES];
	struct buffer reply = { .bytes = room,
				.room = sizeof(room),
				.is_fixed = true };
	struct buffer entry = { 0 };
	const char *problem;

	must(request_read(&request, bytes, length, &problem) == REQUEST_WHOLE);
	if (request.count == 0)
		return;
	entry_begin(&entry);
	request_write(&request, &entry);
	entry_end(&entry, keys.now_ms + 1, 1);
	entry_apply(entry.bytes, entry.length, &keys, &reply);
	must(!reply.is_short && reply.length >= 4);
	must(memcmp(room + reply.length - 2, "\r\n", 2) == 0);
	buffer_free(&entry);
}

static void
check(const char *bytes, size_t length)
{
	size_t taken;

	keys_init(&keys);
	while (length > 0 &&
	       read_pieces(bytes, length, &taken) == REQUEST_WHOLE) {
		carry_out(bytes, length);
		bytes += taken;
		length -= taken;
	}
	keys_free(&keys);
}

#ifdef OUTRIGGER_LIBFUZZER

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check((const char *)data, size < INPUT_MAX ? size : INPUT_MAX);
	return 0;
}

#else

static const char *const pieces[] = {
	"*1\r\n",
	"*2\r\n",
	"*3\r\n",
	"*-1\r\n",
	"$1\r\n",
	"$3\r\n",
	"$-1\r\n",
	"$0\r\n\r\n",
	"k\r\n",
	"GET\r\n",
	"SET\r\n",
	"DEL\r\n",
	"\r\n",
	"\r",
	"\n",
	"99999999",
	"SET a 1\r\n",
	"GET a\n",
	"INCR a\n",
	"\"",
	"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
	"SCAN 0 MATCH [a\n",
	"SET a 1 PX 1\n",
	"MGET a b k\n",
	"EXEC 3\n",
	"EXPIRE a -1\n",
	"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nv\r\nal\r\n",
};

static void
run_round(uint64_t seed)
{
	struct chance chance = { .state = seed };
	uint64_t count = chance_below(&chance, 12);
	char bytes[BYTES_MAX];
	size_t length = 0;

	while (count-- > 0) {
		const char *piece = pieces[chance_below(
		    &chance, sizeof(pieces) / sizeof(pieces[0]))];

		memcpy(bytes + length, piece, strlen(piece));
		length += strlen(piece);
		if (chance_below(&chance, 8) == 0)
			bytes[chance_below(&chance, length)] =
			    (char)chance_draw(&chance);
	}
	check(bytes, length);
}

int
main(int argc, char **argv)
{
	rounds_run(argc, argv, "resp_fuzz", 1, run_round);
	return 0;
}

#endif
