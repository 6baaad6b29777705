/*
 * What is told of a run under way: its events and its trace.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * If nobody watches, all but watch_trace() and watch_message() do nothing.
 */
#ifndef OUTRIGGER_SCENARIO_WATCH_H
#define OUTRIGGER_SCENARIO_WATCH_H

#include "assists/scenario/run/run.h"

/** Hooks of the world; the context is the run. */
void watch_changed(void *context, uint64_t now, uint32_t node);
void watch_trace(void *context, uint64_t now, const char *line);
void watch_message(void *context, uint64_t now, enum raft_sim_fate fate,
		   uint64_t number, const struct raft_message *message);

/** Writes may have been begun, acknowledged or given up. */
void watch_writes(struct run *run);

/** Something has happened while this lasts, or it begins. */
void watch_world(const struct run *run, const struct statement *statement);

/** This is about to be done to the cluster. */
void watch_statement(struct run *run, const struct statement *statement);

/** A statement that asks held or failed, by what was found. */
void watch_answer(struct run *run, const struct statement *statement, bool held,
		  const char *found);

/** Names were bound to nodes. */
void watch_names(struct run *run, const struct statement *statement);

/** Metrics count from here on. */
void watch_mark(struct run *run);

/** The run is over. */
void watch_end(struct run *run);

#endif
