/*
 * The folder of what is tried: its syncs are seen, and it crashes.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "assists/log_conformance/log_conformance.h"
#include "assists/log_conformance/watch.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct watch *watched;

bool
raft__watch_root(struct watch *w)
{
	const char *place = getenv("TEST_TMPDIR");

	if (place == NULL)
		place = getenv("TMPDIR");
	snprintf(w->root, sizeof(w->root), "%s/conformance.XXXXXX",
		 place != NULL ? place : "/tmp");
	return mkdtemp(w->root) != NULL;
}

void
raft__watch_remove(struct watch *w)
{
	raft__power_remove(w->root);
}

static void
name_folder(struct watch *w, char *path, size_t size)
{
	snprintf(path, size, "%s/%" PRIu64, w->root, ++w->folders);
}

bool
raft__watch_make(struct watch *w)
{
	name_folder(w, w->folder, sizeof(w->folder));
	w->has_crashed = false;
	return mkdir(w->folder, 0700) == 0;
}

bool
raft__watch_begin(struct watch *w)
{
	bool done;

	if (!w->sees_syncs)
		return true;
	pthread_mutex_lock(&lock);
	done = raft__power_watch(&w->power, w->folder);
	watched = w;
	w->syncs = 0;
	w->fails_next = false;
	pthread_mutex_unlock(&lock);
	return done;
}

void
raft__watch_end(struct watch *w)
{
	pthread_mutex_lock(&lock);
	if (watched == w) {
		watched = NULL;
		raft__power_end(&w->power);
	}
	w->crash_at = 0;
	pthread_mutex_unlock(&lock);
}

/* ------------------------------------------------------------- crashes */

/* Under the lock. */
static bool
crash_now(struct watch *w, bool is_power)
{
	struct power plain = { 0 };

	name_folder(w, w->left, sizeof(w->left));
	w->crashed(w->context);
	w->has_crashed = true;
	if (is_power)
		return raft__power_fail(&w->power, w->left, w->luck);
	snprintf(plain.folder, sizeof(plain.folder), "%s", w->folder);
	return raft__power_kill(watched == w ? &w->power : &plain, w->left);
}

void
raft__watch_crash_at(struct watch *w, uint64_t sync, uint64_t luck)
{
	pthread_mutex_lock(&lock);
	w->crash_at = w->syncs + sync;
	w->luck = luck;
	pthread_mutex_unlock(&lock);
}

void
raft__watch_fail(struct watch *w)
{
	pthread_mutex_lock(&lock);
	w->fails_next = true;
	pthread_mutex_unlock(&lock);
}

bool
raft__watch_crash(struct watch *w, bool is_power, uint64_t luck)
{
	bool done = true;

	pthread_mutex_lock(&lock);
	if (!w->has_crashed) {
		w->luck = luck;
		done = crash_now(w, is_power);
	}
	pthread_mutex_unlock(&lock);
	return done;
}

void
raft__watch_inherit(struct watch *w)
{
	raft__power_remove(w->folder);
	snprintf(w->folder, sizeof(w->folder), "%s", w->left);
	w->has_crashed = false;
}

void
raft__watch_forget(struct watch *w)
{
	raft__power_remove(w->folder);
	if (w->has_crashed)
		raft__power_remove(w->left);
	w->has_crashed = false;
}

/* --------------------------------------------------------------- syncs */

/* False: it fails. */
static bool
take_sync(struct watch *w, int fd)
{
	w->syncs++;
	if (w->syncs == w->crash_at && !w->has_crashed && !crash_now(w, true))
		return false;
	if (w->fails_next) {
		w->fails_next = false;
		w->failures++;
		errno = EIO;
		return false;
	}
	return raft__power_sync(&w->power, fd);
}

int
raft_log_conformance_sync(int fd)
{
	bool done = true;

	pthread_mutex_lock(&lock);
	if (watched != NULL && raft__power_is_in(&watched->power, fd))
		done = take_sync(watched, fd);
	pthread_mutex_unlock(&lock);
	return done ? 0 : -1;
}
