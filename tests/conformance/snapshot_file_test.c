/*
 * snapshot_file keeps the contract of snapshots.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * docs/your-log.md shows this file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "assists/log_conformance/log_conformance.h"
#include "assists/log_conformance/snapshot_conformance.h"
#include "assists/log_conformance/syncs.h"
#include "assists/snapshot_file/snapshot_file.h"

static void
on_saved(void *told, struct raft_entry_id snapshot, uint64_t end)
{
	raft_snapshot_conformance_saved(told, snapshot, end);
}

static void
on_lost(void *told, struct raft_entry_id snapshot)
{
	raft_snapshot_conformance_failed(told, snapshot);
}

static bool
on_install(void *told, struct raft_entry_id snapshot)
{
	(void)told, (void)snapshot;
	return true;
}

static void
on_failed(void *told, const char *why)
{
	(void)told, (void)why;
}

static void *
open_snapshots(void *context, const char *folder,
	       struct raft_snapshot_conformance *told,
	       const struct raft_stored *stored, struct raft_entry_id *chosen,
	       char *error, size_t size)
{
	const struct raft_owner owner = { .self = { .id = 1,
						    .incarnation = 2 } };
	struct raft_snapshot_file *snapshots =
	    raft_snapshot_file_open(folder, &owner, error, size);

	(void)context;
	if (snapshots == NULL)
		return NULL;
	raft_snapshot_file_bind(snapshots, &(struct raft_snapshot_file_reports){
					       .context = told,
					       .saved = on_saved,
					       .lost = on_lost,
					       .damaged = on_lost,
					       .install = on_install,
					       .failed = on_failed,
					   });
	if (raft_snapshot_file_choose(snapshots, stored, chosen, error, size))
		return snapshots;
	raft_snapshot_file_close(snapshots);
	return NULL;
}

static bool
take(void *context, void *snapshots, struct raft_entry_id snapshot,
     const void *bytes, size_t length)
{
	(void)context;
	raft_snapshot_file_begin(snapshots, snapshot);
	raft_snapshot_file_write(snapshots, bytes, length);
	return raft_snapshot_file_commit(snapshots);
}

static uint64_t
size_of(void *context, void *snapshots, struct raft_entry_id snapshot)
{
	(void)context;
	return raft_snapshot_file_size(snapshots, snapshot);
}

/** A state machine that is being loaded. */
struct machine {
	char *bytes;
	size_t length, room;
};

static bool
take_bytes(void *context, const void *bytes, size_t length)
{
	struct machine *machine = context;

	if (length > machine->room - machine->length)
		return false;
	memcpy(machine->bytes + machine->length, bytes, length);
	machine->length += length;
	return true;
}

static size_t
load(void *context, void *snapshots, struct raft_entry_id snapshot, void *bytes,
     size_t room)
{
	struct machine machine = { .bytes = bytes, .room = room };
	char error[512];

	(void)context;
	return raft_snapshot_file_load(snapshots, snapshot, take_bytes,
				       &machine, error, sizeof(error))
		   ? machine.length
		   : SIZE_MAX;
}

static void
forget(void *context, void *snapshots, uint64_t oldest)
{
	(void)context;
	raft_snapshot_file_forget(snapshots, oldest);
}

static void
close_snapshots(void *context, void *snapshots)
{
	(void)context;
	raft_snapshot_file_close(snapshots);
}

static void
the_snapshots_keep_the_contract(void **state)
{
	const char *seed = getenv("OUTRIGGER_SEED");
	const struct raft_snapshot_conformance_subject subject = {
		.functions = &raft_snapshot_file,
		.survives_power = true,
		.open = open_snapshots,
		.take = take,
		.size = size_of,
		.load = load,
		.forget = forget,
		.close = close_snapshots,
		.seed = seed != NULL ? strtoull(seed, NULL, 10) : 1,
	};
	char text[RAFT_LOG_CONFORMANCE_TEXT];

	(void)state;
	if (!raft_snapshot_conformance_run(&subject, text, sizeof(text)))
		fail_msg("%s", text);
	print_message("%s\n", text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_snapshots_keep_the_contract),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
