/*
 * What the page is told: functions that it brings.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * They are its imports from the module "page" (page/interpreter.js). Times are
 * virtual microseconds; texts live until the function returns.
 */
#ifndef OUTRIGGER_LAB_PAGE_H
#define OUTRIGGER_LAB_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#define PAGE(name)                                                             \
	__attribute__((import_module("page"), import_name(#name))) void        \
	    page_##name

/** What was asked for cannot be, and why. */
PAGE(error)(const char *text);

/** The name of a build. */
PAGE(build)(const char *name);

/** What a scenario is, and what whoever runs it should know. */
PAGE(setting)(double election_us, uint32_t nodes, const char *title);
PAGE(note)(int line, const char *text);

/** What happens in a run: as struct raft_scenario_event has it. */
PAGE(state)(double at, uint32_t node, uint32_t state);
PAGE(writes)(double at, bool acknowledged, bool waits);
PAGE(deed)(double at, int line, const char *text);
PAGE(answer)(double at, int line, const char *text, bool held,
	     const char *found);
PAGE(mark)(double at);
PAGE(end)(double at);
PAGE(trace)(double at, const char *line);

/** The statement on that line begins. */
PAGE(statement)(double at, int line);

/** What a node's log is now: it begins behind `first`. */
PAGE(log)(double at, uint32_t node, double term, double first, double last,
	  double durable, double committed);

/** What a node is now: its role by name, whom it follows (0: nobody), its build,
 *  its disk (a word), its clock's rate in millionths, whether it acts as leader. */
PAGE(node)(double at, uint32_t node, const char *role, uint32_t leader,
	   const char *build, const char *disk, double clock, bool acts);

/** What a direction between two nodes is now: "whole", "cut", "part", "held",
 *  "poor". */
PAGE(link)(double at, uint32_t from, uint32_t to, const char *state);

/** A message leaves; and it arrives, or ends on its way. */
PAGE(sent)(double at, double number, uint32_t from, uint32_t to,
	   const char *kind, bool refusal, const char *text);
PAGE(arrived)(double at, double number, bool lost);

/** How a run ended; -1: a time that never came. */
PAGE(metric)(const char *name, bool is_time, double whole, double since_mark);
PAGE(result)(uint32_t verdict, const char *failures, const char *cause,
	     const char *prints);

#undef PAGE

#endif
