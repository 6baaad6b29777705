/*
 * The log of demos/own keeps the contract, as far as that program needs it: a save
 * has one entry at most, and none is ever compacted away.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * That program is one file; it is a part of this one, but for its main().
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "assists/log_conformance/syncs.h"

int own_main(int argc, char **argv);
#define main own_main
#include "demos/own/own.c"
#undef main

/* What is not in that program, whose core asks for no more. */
struct own_log {
	struct raft_log_conformance *told;
	uint64_t token;
	bool is_dirty, failed;
};

static void
release_copy(struct raft_block *block)
{
	free(block);
}

static void
sync_log(struct own_log *log)
{
	if (log->failed || !log->is_dirty)
		return;
	log->is_dirty = false;
	log->failed = fdatasync(logs[self]) != 0;
	if (log->failed)
		raft_log_conformance_failed(log->told);
}

/* As carry_out() has it: a record is synced before the next one is written. */
static void
save(void *context, const struct raft_save *save)
{
	struct own_log *log = context;

	sync_log(log);
	if (log->failed)
		return;
	log->token = save->token;
	log->is_dirty = write_log(save);
}

static void
flush(void *context)
{
	struct own_log *log = context;

	sync_log(log);
	if (!log->failed && log->token > 0)
		raft_log_conformance_saved(log->told, log->token);
}

static size_t
read_one(void *context, uint64_t first, size_t count, size_t bytes_max,
	 struct raft_entry *read)
{
	const struct slot *slot;
	struct raft_block *copy;

	(void)context;
	(void)bytes_max;
	if (first == 0 || first > entry_count || count == 0)
		return 0;
	slot = &entries[first - 1];
	copy = malloc(sizeof(*copy) + slot->length);
	*copy = (struct raft_block){ 1, release_copy };
	memcpy(copy + 1, slot->bytes, slot->length);
	*read = (struct raft_entry){
		.index = slot->index,
		.term = slot->term,
		.kind = (enum raft_entry_kind)slot->kind,
		.payload = { copy + 1, slot->length, copy },
	};
	return 1;
}

static void *
open_own(void *context, const char *folder, struct raft_log_conformance *told,
	 struct raft_stored *stored, char *error, size_t size)
{
	static struct own_log log;
	char path[PATH_MAX];

	(void)context;
	snprintf(path, sizeof(path), "%s/log", folder);
	logs[self] = open(path, O_RDWR | O_APPEND | O_CREAT, 0600);
	if (logs[self] < 0) {
		snprintf(error, size, "%s", strerror(errno));
		return NULL;
	}
	memset(entries, 0, sizeof(entries));
	entry_count = 0;
	log = (struct own_log){ .told = told };
	*stored = open_log();
	return &log;
}

static bool
make(void *context, const char *folder)
{
	struct raft_stored stored;
	char error[64];

	return open_own(context, folder, NULL, &stored, error, sizeof(error)) !=
		   NULL &&
	       close(logs[self]) == 0;
}

static void
close_own(void *context, void *log)
{
	(void)context;
	(void)log;
	close(logs[self]);
}

static void
the_log_keeps_the_contract(void **state)
{
	static const struct raft_node_log functions = {
		.save = save,
		.flush = flush,
		.read = read_one,
	};
	const struct raft_log_conformance_subject subject = {
		.functions = &functions,
		.survives = RAFT_LOG_SURVIVES_POWER,
		.make = make,
		.open = open_own,
		.close = close_own,
		.entries_max = 1,
		.payload_bytes_max = UINT8_MAX,
	};
	char text[RAFT_LOG_CONFORMANCE_TEXT];

	(void)state;
	if (!raft_log_conformance_run(&subject, text, sizeof(text)))
		fail_msg("%s", text);
	print_message("%s\n", text);
	assert_non_null(strstr(text, "not tried: snapshots"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_log_keeps_the_contract),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
