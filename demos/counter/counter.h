/*
 * A replicated counter: one server of it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COUNTER_COUNTER_H
#define OUTRIGGER_COUNTER_COUNTER_H

#include "demos/counter/secure.h"

/** Run the server of this folder until the process is killed, which is the way
 *  to stop it: what it promised is on disk. Events go to the standard error. The
 *  process ends with a message and status 1 if the server cannot go on. A
 *  snapshot is taken after so many entries again, and a client let go that says
 *  nothing for so long. */
_Noreturn void counter_run(const char *path, const struct secure *secure,
			   uint64_t snapshot_every, uint64_t client_idle_s);

#endif
