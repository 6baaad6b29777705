/*
 * All that is kept of one run.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/record/run.h"

#include <stdlib.h>

struct run *
run_create(const struct run_key *key)
{
	struct run *run = calloc(1, sizeof *run);

	if (run == NULL)
		abort();
	run->key = *key;
	return run;
}

void
run_destroy(struct run *run)
{
	timeline_destroy(run->timeline);
	traffic_destroy(run->traffic);
	raft_scenario_result_free(&run->result);
	free(run);
}
