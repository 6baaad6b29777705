/*
 * log_memory keeps the contract of a log, but for what outlives it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "assists/log_conformance/log_conformance.h"
#include "assists/log_memory/log_memory.h"

static void
on_saved(void *told, uint64_t token)
{
	raft_log_conformance_saved(told, token);
}

static void
on_failed(void *told, const char *why)
{
	(void)why;
	raft_log_conformance_failed(told);
}

static void *
open_log(void *context, const char *folder, struct raft_log_conformance *told,
	 struct raft_stored *stored, char *error, size_t size)
{
	struct raft_log_memory *log = raft_log_memory_create();

	(void)context;
	(void)folder;
	(void)stored;
	(void)error;
	(void)size;
	raft_log_memory_bind(log, told, on_saved, on_failed);
	return log;
}

static void
close_log(void *context, void *log)
{
	(void)context;
	raft_log_memory_destroy(log);
}

static void
the_log_keeps_the_contract(void **state)
{
	const struct raft_log_conformance_subject subject = {
		.functions = &raft_log_memory,
		.survives = RAFT_LOG_SURVIVES_NOTHING,
		.open = open_log,
		.close = close_log,
	};
	char text[RAFT_LOG_CONFORMANCE_TEXT];

	(void)state;
	if (!raft_log_conformance_run(&subject, text, sizeof(text)))
		fail_msg("%s", text);
	print_message("%s\n", text);
	assert_non_null(strstr(text, "not tried: restarts, crashes"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_log_keeps_the_contract),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
