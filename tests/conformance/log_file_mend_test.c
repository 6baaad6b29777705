/*
 * log_file keeps the contract of a log.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * With entries that its disk has spoilt: docs/your-log.md shows the rest of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assists/log_conformance/log_conformance.h"
#include "assists/log_conformance/syncs.h"
#include "assists/log_file/log_file.h"

/* Small, so that many are begun. */
#define SEGMENT_BYTES (16 << 10)
/* Of a payload, that are looked for. */
#define PIECE_BYTES 40
#define NEAR 2048

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

static void
on_lost(void *told, const struct raft_entry_id *entries, size_t count)
{
	raft_log_conformance_lost(told, entries, count);
}

static void
on_mended(void *told, uint64_t index)
{
	raft_log_conformance_mended(told, index);
}

static bool
make(void *context, const char *folder)
{
	struct raft_owner owner = { .self.id = 1 };
	char error[512];

	(void)context;
	return raft_log_file_create_sized(folder, &owner, SEGMENT_BYTES, error,
					  sizeof(error));
}

static void *
open_log(void *context, const char *folder, struct raft_log_conformance *told,
	 struct raft_stored *stored, char *error, size_t size)
{
	const struct raft_log_file_options options = {
		.path = folder,
		.owner.self.id = 1,
		.cache_bytes = 32 << 10,
		.segment_bytes = SEGMENT_BYTES,
	};
	struct raft_log_file *log = raft_log_file_open(&options, error, size);

	(void)context;
	if (log == NULL)
		return NULL;
	raft_log_file_bind(log, told, on_saved, on_failed);
	raft_log_file_bind_lost(log, told, on_lost, on_mended);
	if (raft_log_file_stored(log, stored))
		return log;
	raft_log_file_close(log);
	return NULL;
}

static void
close_log(void *context, void *log)
{
	(void)context;
	raft_log_file_close(log);
}

/* Its bytes stand in a file as they are, but for what sectors have in between. */
static bool
spoil_in(const char *path, const struct raft_entry *entry)
{
	static uint8_t bytes[1 << 20];
	int fd = open(path, O_RDWR);
	ssize_t length = fd >= 0 ? read(fd, bytes, sizeof(bytes)) : -1;
	const uint8_t *at = NULL;

	for (size_t from = 0; at == NULL && length > 0 &&
			      from + PIECE_BYTES <= entry->payload.length;
	     from += PIECE_BYTES)
		at = memmem(bytes, (size_t)length,
			    (const char *)entry->payload.data + from,
			    PIECE_BYTES);
	/* At neither end of a file: a start reads those. */
	if (at != NULL && (at - bytes < NEAR || at - bytes > 2 * NEAR))
		at = NULL;
	if (at != NULL && pwrite(fd, "spoilt", 6, at - bytes) != 6)
		at = NULL;
	if (fd >= 0)
		close(fd);
	return at != NULL;
}

static bool
spoil(void *context, void *log, const char *folder,
      const struct raft_entry *entry)
{
	char path[4096];

	(void)context;
	(void)log;
	for (int number = 0; number < 20; number++) {
		snprintf(path, sizeof(path),
			 number == 0 ? "%s/log" : "%s/log.%d", folder, number);
		if (spoil_in(path, entry))
			return true;
	}
	return false;
}

static void
the_log_keeps_the_contract(void **state)
{
	const char *seed = getenv("OUTRIGGER_SEED");
	const struct raft_log_conformance_subject subject = {
		.functions = &raft_log_file,
		.survives = RAFT_LOG_SURVIVES_POWER,
		.make = make,
		.open = open_log,
		.close = close_log,
		.spoil = spoil,
		.seed = seed != NULL ? strtoull(seed, NULL, 10) : 1,
	};
	char text[RAFT_LOG_CONFORMANCE_TEXT];

	(void)state;
	if (!raft_log_conformance_run(&subject, text, sizeof(text)))
		fail_msg("%s", text);
	print_message("%s\n", text);
	assert_null(strstr(text, "mend"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_log_keeps_the_contract),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
