/*
 * What the counter's `new` has made is there after a power cut.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "demos/counter/folder.h"
#include "tests/unit/real_disk.h"

/* ------------------------------------------------------- what is durable */

#define SYNCED_MAX 64

/** Files and directories, in the order in which they were synced. */
static ino_t synced[SYNCED_MAX];
static size_t synced_count;
/** Syncs before the file `server` got its name, and that file. */
static size_t synced_before_name;
static ino_t named;

int
fsync(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	assert_in_range(synced_count, 0, SYNCED_MAX - 1);
	synced[synced_count++] = status.st_ino;
	return 0;
}

static ino_t
file_at(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		fail_msg("%s is not there", path);
	return status.st_ino;
}

int
rename(const char *from, const char *to)
{
	named = file_at(from);
	synced_before_name = synced_count;
	return real_renameat(AT_FDCWD, from, AT_FDCWD, to);
}

/* Between the syncs number `first` and `end`. */
static bool
was_synced(ino_t file, size_t first, size_t end)
{
	while (first < end)
		if (synced[first++] == file)
			return true;
	return false;
}

/* ----------------------------------------------------------------- tests */

static void
a_new_server_is_found_after_a_power_cut(void **state)
{
	static const char *const made[] = { "", "/base", "/base/1",
					    "/base/1/server" };
	const char *temporary = getenv("TEST_TMPDIR");
	char root[256], path[PATH_MAX], command[300];
	struct servers servers;

	(void)state;
	snprintf(root, sizeof(root), "%.200s/folder.XXXXXX",
		 temporary != NULL ? temporary : "/tmp");
	assert_non_null(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/base", root);
	assert_null(servers_parse("1=127.0.0.1:1:2", &servers));
	folders_make(path, &servers, 1000000);
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", root, made[i]);
		if (!was_synced(file_at(path), 0, synced_count))
			fail_msg("%s was not synced", path);
	}
	/* Its bytes before its name, and then the name. */
	assert_int_equal(named, file_at(path));
	assert_true(was_synced(named, 0, synced_before_name));
	snprintf(path, sizeof(path), "%s/base/1", root);
	assert_true(
	    was_synced(file_at(path), synced_before_name, synced_count));
	snprintf(command, sizeof(command), "rm -r %s", root);
	assert_int_equal(system(command), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_server_is_found_after_a_power_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
