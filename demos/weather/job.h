/*
 * A run in reality: a process of its own, so that several go on at a time.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_WEATHER_JOB_H
#define OUTRIGGER_WEATHER_JOB_H

#include "demos/weather/weather.h"

struct weather_job;

/** Begin it. The request's hooks are called when it ends, with all that they would
 *  have been told; but nobody is told of messages, and nobody looks at the world.
 *  The request and what it points to stay as they are until then. */
struct weather_job *
weather_job_begin(const struct raft_scenario_request *request,
		  const struct weather_options *options);

/** Wait for its end, which frees it. *late, to be freed, says that the machine was too
 *  busy, a line each, or is empty. False: its process died, and neither is filled
 *  in. */
bool weather_job_end(struct weather_job *job,
		     struct raft_scenario_result *result, char **late);

#endif
