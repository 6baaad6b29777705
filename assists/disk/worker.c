/*
 * A thread that does one piece of work at a time.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/disk/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct worker {
	pthread_t thread;
	pthread_mutex_t mutex;
	/** There is something to do. */
	pthread_cond_t handed;
	/** NULL: none. */
	void *piece;
	bool ends;
	void (*carry_out)(void *piece);
	void (*wake)(void *context);
	void *context;
};

/* NULL: it is to end. */
static void *
await_piece(struct worker *worker)
{
	void *piece;

	pthread_mutex_lock(&worker->mutex);
	while (worker->piece == NULL && !worker->ends)
		pthread_cond_wait(&worker->handed, &worker->mutex);
	piece = worker->piece;
	pthread_mutex_unlock(&worker->mutex);
	return piece;
}

/* Whoever sees that it is done may do away with what `wake` needs: so that is called
 * first. */
static void
report(struct worker *worker)
{
	pthread_mutex_lock(&worker->mutex);
	worker->piece = NULL;
	worker->wake(worker->context);
	pthread_mutex_unlock(&worker->mutex);
}

static void *
run(void *context)
{
	struct worker *worker = context;
	void *piece;

	while ((piece = await_piece(worker)) != NULL) {
		worker->carry_out(piece);
		report(worker);
	}
	return NULL;
}

/* The program's handlers of signals run in the program's threads. */
static int
begin(struct worker *worker)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&worker->thread, NULL, run, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

struct worker *
raft__worker_create(void (*carry_out)(void *piece), void (*wake)(void *context),
		    void *context)
{
	struct worker *worker = calloc(1, sizeof(*worker));

	if (worker == NULL)
		return NULL;
	worker->carry_out = carry_out;
	worker->wake = wake;
	worker->context = context;
	pthread_mutex_init(&worker->mutex, NULL);
	pthread_cond_init(&worker->handed, NULL);
	errno = begin(worker);
	if (errno == 0)
		return worker;
	pthread_cond_destroy(&worker->handed);
	pthread_mutex_destroy(&worker->mutex);
	free(worker);
	return NULL;
}

void
raft__worker_hand(struct worker *worker, void *piece)
{
	pthread_mutex_lock(&worker->mutex);
	worker->piece = piece;
	pthread_mutex_unlock(&worker->mutex);
	/* It would wait for the mutex otherwise, as soon as it is awake. */
	pthread_cond_signal(&worker->handed);
}

bool
raft__worker_is_done(struct worker *worker)
{
	bool is_done;

	pthread_mutex_lock(&worker->mutex);
	is_done = worker->piece == NULL;
	pthread_mutex_unlock(&worker->mutex);
	return is_done;
}

void
raft__worker_destroy(struct worker *worker)
{
	if (worker == NULL)
		return;
	pthread_mutex_lock(&worker->mutex);
	worker->ends = true;
	pthread_cond_signal(&worker->handed);
	pthread_mutex_unlock(&worker->mutex);
	pthread_join(worker->thread, NULL);
	pthread_cond_destroy(&worker->handed);
	pthread_mutex_destroy(&worker->mutex);
	free(worker);
}
