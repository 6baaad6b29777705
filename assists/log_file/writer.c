/*
 * A thread that does one piece of work at a time.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/log_file/writer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct writer {
	pthread_t thread;
	pthread_mutex_t mutex;
	/** There is something to do. */
	pthread_cond_t handed;
	/** NULL: none. */
	struct work *work;
	bool ends;
	void (*wake)(void *context);
	void *context;
};

/* NULL: it is to end. */
static struct work *
await_work(struct writer *writer)
{
	struct work *work;

	pthread_mutex_lock(&writer->mutex);
	while (writer->work == NULL && !writer->ends)
		pthread_cond_wait(&writer->handed, &writer->mutex);
	work = writer->work;
	pthread_mutex_unlock(&writer->mutex);
	return work;
}

/* Whoever sees that it is done may do away with what `wake` needs: so that is called
 * first. */
static void
report(struct writer *writer)
{
	pthread_mutex_lock(&writer->mutex);
	writer->work = NULL;
	writer->wake(writer->context);
	pthread_mutex_unlock(&writer->mutex);
}

static void *
run(void *context)
{
	struct writer *writer = context;
	struct work *work;

	while ((work = await_work(writer)) != NULL) {
		raft__work_do(work);
		report(writer);
	}
	return NULL;
}

/* The program's handlers of signals run in the program's threads. */
static int
begin(struct writer *writer)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&writer->thread, NULL, run, writer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

struct writer *
raft__writer_create(void (*wake)(void *context), void *context)
{
	struct writer *writer = calloc(1, sizeof(*writer));

	if (writer == NULL)
		return NULL;
	writer->wake = wake;
	writer->context = context;
	pthread_mutex_init(&writer->mutex, NULL);
	pthread_cond_init(&writer->handed, NULL);
	errno = begin(writer);
	if (errno == 0)
		return writer;
	pthread_cond_destroy(&writer->handed);
	pthread_mutex_destroy(&writer->mutex);
	free(writer);
	return NULL;
}

void
raft__writer_hand(struct writer *writer, struct work *work)
{
	pthread_mutex_lock(&writer->mutex);
	writer->work = work;
	pthread_cond_signal(&writer->handed);
	pthread_mutex_unlock(&writer->mutex);
}

bool
raft__writer_is_done(struct writer *writer)
{
	bool is_done;

	pthread_mutex_lock(&writer->mutex);
	is_done = writer->work == NULL;
	pthread_mutex_unlock(&writer->mutex);
	return is_done;
}

void
raft__writer_destroy(struct writer *writer)
{
	if (writer == NULL)
		return;
	pthread_mutex_lock(&writer->mutex);
	writer->ends = true;
	pthread_cond_signal(&writer->handed);
	pthread_mutex_unlock(&writer->mutex);
	pthread_join(writer->thread, NULL);
	pthread_cond_destroy(&writer->handed);
	pthread_mutex_destroy(&writer->mutex);
	free(writer);
}
