/*
 * The columns of the matrix.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/compare/record/column.h"

#include <stdio.h>

const struct column_meaning column_meanings[COLUMN_COUNT] = {
	[COLUMN_OUTAGE] = { RAFT_SIM_UNAVAILABLE, "longest", "outage",
			    "longest outage", -1 },
	[COLUMN_ACTING] = { RAFT_SIM_MAX_ACTING, "act at", "once",
			    "act at once", 1 },
	[COLUMN_LEADER_CHANGES] = { RAFT_SIM_LEADER_CHANGES, "leader",
				    "changes", "leader changes", -1 },
	[COLUMN_TERM_GROWTH] = { RAFT_SIM_TERM_GROWTH, "term", "growth",
				 "term growth", -1 },
	[COLUMN_TWO_LEADERS] = { RAFT_SIM_TWO_LEADERS, "two", "leaders",
				 "two leaders", 0 },
	[COLUMN_READS] = { RAFT_SIM_READS, "reads", "done", "reads answered",
			   0 },
	[COLUMN_DOWNTIME] = { RAFT_SIM_DOWNTIME, "all", "outages",
			      "all outages", -1 },
	[COLUMN_ELECTIONS] = { RAFT_SIM_ELECTIONS, "elec-", "tions",
			       "elections", -1 },
	[COLUMN_MESSAGES] = { RAFT_SIM_MESSAGES, "mess-", "ages", "messages",
			      -1 },
};

bool
column_says(enum column column, uint64_t value)
{
	int64_t usual = column_meanings[column].usual;

	return usual < 0 || value > (uint64_t)usual;
}

void
column_text(char *text, size_t size, enum column column, uint64_t value,
	    uint64_t election_us)
{
	enum raft_sim_metric metric = column_meanings[column].metric;

	if (raft_sim_metric_unit(metric) == RAFT_SIM_UNIT_TIME)
		raft_scenario_print_timeouts(text, size, value, election_us);
	else
		snprintf(text, size, "%llu", (unsigned long long)value);
}
