/*
 * A member's process: one server on assists/node, with a log in files and TCP, that
 * does what it is told and tells what it does (talk.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Its state machine is one register: what is written replaces what was there, and a
 * read gives it back. Each write has a number of its own, so that whoever sees one
 * knows which it was.
 */
#ifndef OUTRIGGER_WEATHER_MEMBER_H
#define OUTRIGGER_WEATHER_MEMBER_H

#include "demos/weather/disk.h"
#include "demos/weather/talk.h"
#include "raft/raft.h"

#define MEMBER_CLUSTER "weather"

struct member_options {
	/** How many nodes there are; this one is raft.self.id. */
	uint32_t nodes;
	struct raft_options raft;
	/** For a voter's first start; else NULL. */
	const struct raft_configuration *first;
	/** Its log is to be made, because its disk is empty. */
	bool is_new;
	/** As in struct raft_sim_options. */
	uint64_t max_log;
	/** The least election timeout. */
	uint64_t election_us;
	/** A folder of its own; and one of certificates, NULL: plain TCP. */
	const char *folder;
	const char *certificates;
	struct disk *disk;
	struct counts *counts;
	/** Where orders come from and reports go. */
	int talk;
};

/** Be that member until the process is killed. */
_Noreturn void member_run(const struct member_options *options);

#endif
