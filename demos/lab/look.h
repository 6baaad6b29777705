/*
 * What one sees who looks at a world again and again: what has changed.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_LAB_LOOK_H
#define OUTRIGGER_LAB_LOOK_H

#include "assists/sim/sim.h"

struct look;

/** To be ended by look_end(). */
struct look *look_begin(uint32_t nodes);
void look_end(struct look *look);

/** Tell the page what has changed since; as the hook of struct
 *  raft_scenario_request of that name. The context is of look_begin(). */
void look(void *context, const struct raft_sim *sim, int line);

#endif
