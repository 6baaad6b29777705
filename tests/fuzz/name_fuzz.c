/*
 * Fuzzing the names in certificates: whatever stands there, a name that is read
 * is written back as the same bytes, and what is printed of it is harmless.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * With -DOUTRIGGER_LIBFUZZER this is a target of libFuzzer instead.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "assists/transport_tls/name.h"
#include "tests/fuzz/random_message.h"
#include "tests/fuzz/rounds.h"

static void
check(const char *uri, size_t length)
{
	char again[64 + RAFT_TLS_CLUSTER_MAX];
	struct raft_tls_name name;
	bool good;

	if (!raft__tls_name_parse(uri, length, &name))
		return;
	snprintf(again, sizeof(again), "raft://%s/node/%" PRIu64, name.cluster,
		 name.id);
	good = name.id != 0 && raft__tls_cluster_is_valid(name.cluster) &&
	       strlen(again) == length && memcmp(again, uri, length) == 0;
	for (const char *at = name.cluster; *at != '\0'; at++)
		good &= isgraph((unsigned char)*at) != 0;
	must(good);
}

#ifdef OUTRIGGER_LIBFUZZER

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check((const char *)data, size);
	return 0;
}

#else

static void
run_round(uint64_t seed)
{
	char uri[40 + RAFT_TLS_CLUSTER_MAX] = "raft://harbour/node/18446744073";
	struct chance chance = { .state = seed };
	size_t length = strlen(uri);
	uint64_t changes = chance_below(&chance, 4);

	while (changes-- > 0) {
		size_t at = (size_t)chance_below(&chance, length);

		switch (chance_below(&chance, 3)) {
		case 0:
			uri[at] = (char)chance_draw(&chance);
			break;
		case 1:
			length -= length > 1;
			break;
		default:
			uri[length++] = "09/.\0"[chance_below(&chance, 5)];
		}
	}
	check(uri, length);
}

int
main(int argc, char **argv)
{
	rounds_run(argc, argv, "name_fuzz", 1, run_round);
	return 0;
}

#endif
