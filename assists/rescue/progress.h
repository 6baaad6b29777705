/*
 * How far it is, for who waits at a terminal.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_RESCUE_PROGRESS_H
#define OUTRIGGER_RESCUE_PROGRESS_H

#include <stdbool.h>

/** If standard error is a terminal: say there once a second, until the process ends,
 *  how much it has read and written. */
void progress_begin(void);

/** Say nothing for now, because something else is said; or go on. */
void progress_pause(bool pauses);

#endif
