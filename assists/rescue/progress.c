/*
 * How far it is (progress.h): a thread looks at what the system counts, so that nothing
 * that reads or writes has to know of it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "assists/rescue/progress.h"

#define MEBIBYTE ((uint64_t)1 << 20)

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static bool is_paused;
/** There is a line to be wiped. */
static bool has_told;

static void
tell(void)
{
	FILE *counts = fopen("/proc/self/io", "re");
	uint64_t read = 0, written = 0;

	if (counts == NULL)
		return;
	if (fscanf(counts, "rchar: %" SCNu64 " wchar: %" SCNu64, &read,
		   &written) == 2) {
		fprintf(stderr,
			"\r%" PRIu64 " MiB read, %" PRIu64 " MiB written ",
			read / MEBIBYTE, written / MEBIBYTE);
		has_told = true;
	}
	fclose(counts);
}

static void *
tell_on(void *unused)
{
	for (;;) {
		sleep(1);
		pthread_mutex_lock(&mutex);
		if (!is_paused)
			tell();
		pthread_mutex_unlock(&mutex);
	}
	return unused;
}

void
progress_begin(void)
{
	pthread_t thread;

	/* Without it all is done as well. */
	if (isatty(STDERR_FILENO) &&
	    pthread_create(&thread, NULL, tell_on, NULL) == 0)
		pthread_detach(thread);
}

void
progress_pause(bool pauses)
{
	pthread_mutex_lock(&mutex);
	is_paused = pauses;
	if (has_told)
		fputs("\r\033[K", stderr);
	has_told = false;
	pthread_mutex_unlock(&mutex);
}
