/*
 * raft_scenario: small text files that build a cluster, break its network and
 * say what must be seen, run in virtual time on the real library, or in a world
 * that the program brings (world.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A text is read once (raft_scenario_parse) and run as often as wanted, each
 * time on a build of the library and a seed (raft_scenario_run). A run answers
 * with a verdict and every metric; who wants to see how it went watches its
 * events. The language itself is in the manual page raft-scenario(5), a program
 * on this library in raft-scenario(1).
 *
 * In the simulator the same text, build and seed give the same results, byte for
 * byte, on any machine. Nothing here reads or writes a file, or ends the process;
 * but memory that runs out aborts it, as in the simulator (sim.h). Errors are
 * text, a line without its newline.
 */
#ifndef OUTRIGGER_SCENARIO_H
#define OUTRIGGER_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assists/scenario/world.h"
#include "assists/sim/sim.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------- a scenario */

struct raft_scenario;

/**
 * Read a text, `name` being what it is called in errors. NULL: it is no
 * scenario, and `error` holds `NAME:LINE: what is wrong, and what was
 * expected`. Both texts are copied.
 */
RAFT_API struct raft_scenario *raft_scenario_parse(const char *name,
						   const char *text,
						   size_t length, char *error,
						   size_t size);

/** Free it. NULL is allowed. */
RAFT_API void raft_scenario_free(struct raft_scenario *scenario);

/** As it was called. */
RAFT_API const char *raft_scenario_name(const struct raft_scenario *scenario);
/** What it shows; its name, if it says nothing. */
RAFT_API const char *raft_scenario_title(const struct raft_scenario *scenario);
/** The text that was read, up to a NUL in it. */
RAFT_API const char *raft_scenario_text(const struct raft_scenario *scenario);
/** T, the least election timeout, in microseconds. */
RAFT_API uint64_t
raft_scenario_election_us(const struct raft_scenario *scenario);
/** Voters, learners and spares. */
RAFT_API uint32_t
raft_scenario_node_count(const struct raft_scenario *scenario);

/** What is no error, but whoever runs the scenario should know, such as a
 *  module that no build of this binary has. */
struct raft_scenario_note {
	/** Where it stands. */
	int line;
	/** A sentence. */
	char *text;
};

/** All of them; *count says how many. */
RAFT_API const struct raft_scenario_note *
raft_scenario_notes(const struct raft_scenario *scenario, size_t *count);

/* ----------------------------------------------------------------- builds */

/** Room for a build's name, with its NUL. */
#define RAFT_SCENARIO_BUILD_BYTES 512

/**
 * Read the name of a build: `baseline`, `core4`, `default`, `all`, or modules
 * joined by `+`. False: no such build, or none of this binary, and `error` says
 * why and what was expected. *modules is a set that only this binary
 * understands.
 */
RAFT_API bool raft_scenario_build(const char *name, uint32_t *modules,
				  char *error, size_t size);

/** The modules of a build joined by `+`; "baseline" if it has none. */
RAFT_API void raft_scenario_build_name(uint32_t modules, char *name,
				       size_t size);

/** One after another, from position 0, the builds of this binary: each subset
 *  of its modules in which each has what it needs, the empty one first. False:
 *  there are no more. A binary whose build is fixed has that one. */
RAFT_API bool raft_scenario_every_build(size_t position, uint32_t *modules);

/* ------------------------------------------------------------------- runs */

/** The simulator's world. */
extern RAFT_API const struct raft_scenario_world raft_scenario_simulated;

/** What a node is, as a client sees it. */
enum raft_scenario_state {
	/** Its process does not live. */
	RAFT_SCENARIO_DOWN,
	/** Its process is stopped for now. */
	RAFT_SCENARIO_PAUSED,
	/** Any role but these. */
	RAFT_SCENARIO_FOLLOWER,
	/** It asks for votes. */
	RAFT_SCENARIO_CANDIDATE,
	/** It says that it leads, but a majority does not take it so. */
	RAFT_SCENARIO_ALONE,
	/** It leads. */
	RAFT_SCENARIO_LEADER,
	/** How many there are. */
	RAFT_SCENARIO_STATES,
};

/** What happens in a run. */
enum raft_scenario_event_kind {
	/** `node` is `state` from now on. */
	RAFT_SCENARIO_STATE,
	/** `node` is in `term` from now on. */
	RAFT_SCENARIO_TERM,
	/** Since the last such event some write was acknowledged or not, and
	 *  now one waits or not. */
	RAFT_SCENARIO_WRITES,
	/** `text` was done to the cluster: the statement on `line`, with names
	 *  replaced by nodes. */
	RAFT_SCENARIO_DEED,
	/** The statement `text` on `line`, which asks something, held or not,
	 *  by what was `found`. */
	RAFT_SCENARIO_ANSWER,
	/** Metrics since the mark count from now on. */
	RAFT_SCENARIO_MARK,
	/** The run is over. */
	RAFT_SCENARIO_END,
};

/** One event. Which members have a meaning depends on its kind; texts live
 *  until the watcher returns. */
struct raft_scenario_event {
	/** What happened. */
	enum raft_scenario_event_kind kind;
	/** When, in microseconds of the world's time. Never goes back. */
	uint64_t at;
	/** To whom. */
	uint32_t node;
	/** What it is now. */
	enum raft_scenario_state state;
	/** Its term. */
	uint64_t term;
	/** A write was acknowledged. */
	bool acknowledged;
	/** A write waits. */
	bool waits;
	/** Where the statement stands. */
	int line;
	/** The statement. */
	const char *text;
	/** It held. */
	bool held;
	/** What was found. */
	const char *found;
};

/** What to run. */
struct raft_scenario_request {
	/** Of raft_scenario_parse(). */
	const struct raft_scenario *scenario;
	/** Of raft_scenario_build(). */
	uint32_t modules;
	/** All randomness comes from it. */
	uint64_t seed;
	/** What it happens to; NULL: the simulator's. */
	const struct raft_scenario_world *world;
	/** Every node runs it too: see assists/sim/machine.h. NULL: none. */
	const struct raft_sim_machine *machine;
	/** Handed to all of them. */
	void *context;
	/** Told each event; NULL: nobody watches, at no cost. */
	void (*event)(void *context, const struct raft_scenario_event *event);
	/** Told every message, role change and fault, a line each; NULL: no
	 *  trace, and no cost. */
	void (*trace)(void *context, uint64_t now, const char *line);
	/** Told what becomes of each message, as the simulator's hook of that
	 *  name (sim.h); NULL: nobody is told, and no cost. */
	void (*message)(void *context, uint64_t now, enum raft_sim_fate fate,
			uint64_t number, const struct raft_message *message);
	/** Shown the world when the statement on `line` begins, and after each
	 *  event while it lasts: to ask anything of, as the simulator's hooks
	 *  may. Only where the world is the simulator's. NULL: nobody looks,
	 *  and no cost. */
	void (*look)(void *context, const struct raft_sim *sim, int line);
	/** A run that is not over after so many statements, rounds of a repeat
	 *  and events of the world ends there, and has failed; a statement
	 *  that is not for this build counts. 0: no limit. */
	uint64_t steps_max;
};

/** How a run ended. */
enum raft_scenario_verdict {
	/** Every expectation held. */
	RAFT_SCENARIO_OK,
	/** One failed, or a safety property broke. */
	RAFT_SCENARIO_FAILED,
	/** The build lacks a module that the scenario needs. */
	RAFT_SCENARIO_SKIPPED,
};

/** What a run gives. */
struct raft_scenario_result {
	/** How it ended. */
	enum raft_scenario_verdict verdict;
	/** One line each: what was expected and did not hold, or the safety
	 *  property that broke. "" if nothing did. */
	char *failures;
	/** What came first of these: the statement that did not hold, or the
	 *  name of the property. "" if nothing did. */
	char *cause;
	/** What `print` said. */
	char *prints;
	/** A `mark` was passed. */
	bool marked;
	/** Every metric of the whole run, as enum raft_sim_metric has them. */
	uint64_t whole[RAFT_SIM_METRIC_COUNT];
	/** The same since the last mark. */
	uint64_t since_mark[RAFT_SIM_METRIC_COUNT];
	/** As of raft_scenario_election_us(). */
	uint64_t election_us;
};

/** Run it to its end. Free the result with raft_scenario_result_free(). */
RAFT_API void raft_scenario_run(const struct raft_scenario_request *request,
				struct raft_scenario_result *result);

/** Free what a result holds. */
RAFT_API void raft_scenario_result_free(struct raft_scenario_result *result);

/* -------------------------------------------------------------- shrinking */

/** How a failing scenario is to be made smaller. */
struct raft_scenario_shrinking {
	/** Handed to fails. */
	void *context;
	/** Whether this text fails as the first one did. It need not even be a
	 *  scenario. */
	bool (*fails)(void *context, const char *text);
	/** Asked so often, at most. */
	size_t tries_max;
};

/**
 * Leave out of a text what it does not need to fail: statements, nodes, time,
 * words, and comments. Returns a text to be freed; NULL: the one given does not
 * fail.
 */
RAFT_API char *
raft_scenario_shrink(const char *text,
		     const struct raft_scenario_shrinking *shrinking);

/* ----------------------------------------------------- times, for a person */

/** "2.1T", in election timeouts; "never" for RAFT_SIM_INFINITE. */
RAFT_API void raft_scenario_print_timeouts(char *text, size_t size, uint64_t us,
					   uint64_t election_us);

/** "2.1T (2134ms)". */
RAFT_API void raft_scenario_print_duration(char *text, size_t size, uint64_t us,
					   uint64_t election_us);

#ifdef __cplusplus
}
#endif

#endif
