/*
 * Keys for tests of the log that is sealed.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_QUEUE_KEYS_H
#define TESTS_QUEUE_KEYS_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "demos/queue/seal.h"

/** What is in a file with these lines; NULL: refused, and `error` says why. */
static inline struct seal_keys *
keys_of(const char *lines, mode_t mode, char *error, size_t size)
{
	char path[] = "/tmp/keys.XXXXXX";
	int fd = mkstemp(path);
	struct seal_keys *keys;

	if (fd < 0 || dprintf(fd, "%s", lines) < 0 || fchmod(fd, mode) != 0)
		abort();
	keys = seal_keys_read(path, error, size);
	close(fd);
	unlink(path);
	return keys;
}

#define KEY_1                                                                  \
	"1111111111111111222222222222222233333333333333334444444444444444\n"
#define KEY_2                                                                  \
	"aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd\n"

/** Two, for a program that needs one pair only. */
static inline struct seal_keys *
test_keys(void)
{
	static struct seal_keys *keys;
	char error[256];

	if (keys == NULL)
		keys = keys_of(KEY_1 KEY_2, 0600, error, sizeof(error));
	if (keys == NULL)
		abort();
	return keys;
}

#endif
