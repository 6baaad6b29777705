/*
 * Fuzzing what an operator may ask of a server: whatever a line is, it is read or
 * refused with a sentence, and what is read is within its limits.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * With -DOUTRIGGER_LIBFUZZER this is a target of libFuzzer instead.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "assists/admin/request.h"
#include "tests/fuzz/random_message.h"
#include "tests/fuzz/rounds.h"

static void
check_change(const struct raft_server_change *change)
{
	must(change->kind >= RAFT_SERVER_ADD &&
	     change->kind <= RAFT_SERVER_LEASES);
	must(change->identity.id != 0 ||
	     change->kind == RAFT_SERVER_STEP_DOWN);
	must((change->kind != RAFT_SERVER_ADD &&
	      change->kind != RAFT_SERVER_LEARN) ||
	     (change->identity.incarnation != 0 && change->address != NULL));
	must(change->kind != RAFT_SERVER_REPLACE || change->replaced.id != 0);
	must(change->stands_in_seconds <= 3600);
	must(change->address == NULL ||
	     (*change->address != '\0' &&
	      strlen(change->address) <= RAFT_ADDRESS_BYTES_MAX));
}

/** In memory of its own, so that who reads behind its end is seen. */
static void
check(const void *bytes, size_t length)
{
	struct admin_request request;
	char why[ADMIN_WHY_BYTES] = "";
	char *line = malloc(length > 0 ? length : 1);

	must(line != NULL);
	if (length > 0)
		memcpy(line, bytes, length);
	if (raft__admin_read(line, length, &request, why)) {
		must(request.timeout_us >= 1000000 &&
		     request.timeout_us <= ADMIN_TIMEOUT_MAX * 1000000ull);
		if (request.verb == ADMIN_CHANGE ||
		    request.verb == ADMIN_STEP_DOWN)
			check_change(&request.change);
	} else {
		must(*why != '\0');
		for (const char *at = why; *at != '\0'; at++)
			must(isprint((unsigned char)*at) != 0);
	}
	free(line);
}

static const char *const lines[] = {
	"{\"verb\":\"status\",\"timeout_seconds\":10}",
	("{\"verb\":\"add\",\"id\":4,\"incarnation\":\"00c0ffee\",\"address\":"
	 "\"host:7104 note\"}"),
	"{\"verb\":\"replace\",\"id\":\"18446744073709551615\",\"replaced\":2}",
	"{\"verb\":\"stand-in\",\"id\":4,\"stands_in_seconds\":3600}",
	"{\"verb\":\"step-down\",\"timeout_seconds\":\"86400\"}",
};

#define LINE_COUNT (sizeof(lines) / sizeof(lines[0]))

#ifdef OUTRIGGER_LIBFUZZER

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** A line as it is; or one of ours, and which letters become others: JSON is not
 *  compiled with this, and nobody would guess its words. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char line[128];
	size_t length;

	if (size == 0)
		return 0;
	if (data[0] >= LINE_COUNT) {
		check(data + 1, size - 1);
		return 0;
	}
	strcpy(line, lines[data[0]]);
	length = strlen(line);
	for (size_t i = 1; i + 1 < size; i += 2)
		line[data[i] % length] = (char)data[i + 1];
	check(line, length);
	return 0;
}

#else

static const char *const pieces[] = {
	"{", "}", "[", "]", "\"", ",", ":", "null", "1e999", "-0", "\\u0000",
	"\\ud800", "\"id\":", "\"id\":18446744073709551616,", "\xc3\x28", " ",
};

/** A letter becomes another, some go, or something comes in between. */
static size_t
change_line(struct chance *chance, char *line, size_t length)
{
	size_t at = (size_t)chance_below(chance, length + 1);
	uint64_t kind = chance_below(chance, 3);
	const char *piece =
	    pieces[chance_below(chance, sizeof(pieces) / sizeof(pieces[0]))];

	if (kind == 0 && at < length) {
		line[at] = (char)chance_draw(chance);
	} else if (kind == 1 && at < length) {
		size_t end = at + (size_t)chance_below(chance, length - at) + 1;

		memmove(line + at, line + end, length - end);
		length -= end - at;
	} else if (kind == 2) {
		memmove(line + at + strlen(piece), line + at, length - at);
		memcpy(line + at, piece, strlen(piece));
		length += strlen(piece);
	}
	return length;
}

static void
run_round(uint64_t seed)
{
	struct chance chance = { .state = seed };
	uint64_t changes = chance_below(&chance, 6);
	char line[1024];
	size_t length;

	strcpy(line, lines[chance_below(&chance, LINE_COUNT)]);
	length = strlen(line);
	while (changes-- > 0)
		length = change_line(&chance, line, length);
	check(line, length);
}

int
main(int argc, char **argv)
{
	rounds_run(argc, argv, "request_fuzz", 1, run_round);
	return 0;
}

#endif
