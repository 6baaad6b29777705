/*
 * log_sqlite keeps the contract of a log.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "assists/log_conformance/log_conformance.h"
#include "assists/log_conformance/syncs.h"
#include "assists/log_sqlite/log_sqlite.h"

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

static bool
make(void *context, const char *folder)
{
	struct raft_owner owner = { .self.id = 1 };
	char error[512];

	(void)context;
	return raft_log_sqlite_create(folder, &owner, error, sizeof(error));
}

static void *
open_log(void *context, const char *folder, struct raft_log_conformance *told,
	 struct raft_stored *stored, char *error, size_t size)
{
	const struct raft_owner owner = { .self.id = 1 };
	struct raft_log_sqlite *log =
	    raft_log_sqlite_open(folder, &owner, error, size);
	struct raft_entry_id needed;

	(void)context;
	if (log == NULL)
		return NULL;
	raft_log_sqlite_bind(log, told, on_saved, on_failed);
	if (raft_log_sqlite_stored(log, stored, &needed)) {
		stored->applied_index = 0;
		return log;
	}
	raft_log_sqlite_close(log);
	return NULL;
}

static void
close_log(void *context, void *log)
{
	(void)context;
	raft_log_sqlite_close(log);
}

static void
the_log_keeps_the_contract(void **state)
{
	const char *seed = getenv("OUTRIGGER_SEED");
	const struct raft_log_conformance_subject subject = {
		.functions = &raft_log_sqlite,
		.survives = RAFT_LOG_SURVIVES_POWER,
		.make = make,
		.open = open_log,
		.close = close_log,
		.seed = seed != NULL ? strtoull(seed, NULL, 10) : 1,
	};
	char text[RAFT_LOG_CONFORMANCE_TEXT];

	(void)state;
	if (!raft_log_conformance_run(&subject, text, sizeof(text)))
		fail_msg("%s", text);
	print_message("%s\n", text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_log_keeps_the_contract),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
