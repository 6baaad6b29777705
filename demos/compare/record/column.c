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
			    "longest outage", false },
	[COLUMN_LEADER_CHANGES] = { RAFT_SIM_LEADER_CHANGES, "leader",
				    "changes", "leader changes", false },
	[COLUMN_TERM_GROWTH] = { RAFT_SIM_TERM_GROWTH, "term", "growth",
				 "term growth", false },
	[COLUMN_TWO_LEADERS] = { RAFT_SIM_TWO_LEADERS, "two", "leaders",
				 "two leaders", true },
	[COLUMN_READS] = { RAFT_SIM_READS, "reads", "done", "reads answered",
			   true },
	[COLUMN_DOWNTIME] = { RAFT_SIM_DOWNTIME, "all", "outages",
			      "all outages", false },
	[COLUMN_ELECTIONS] = { RAFT_SIM_ELECTIONS, "elec-", "tions",
			       "elections", false },
	[COLUMN_MESSAGES] = { RAFT_SIM_MESSAGES, "mess-", "ages", "messages",
			      false },
};

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
