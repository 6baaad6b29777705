/*
 * How many files a process has open, so that a test sees that none is left.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_TEST_OPEN_FILES_H
#define OUTRIGGER_TEST_OPEN_FILES_H

#include <dirent.h>
#include <stddef.h>

/* 0: it cannot be known here. */
static inline size_t
count_open_files(void)
{
	DIR *folder = opendir("/proc/self/fd");
	size_t count = 0;

	if (folder == NULL)
		return 0;
	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count;
}

#endif
