/*
 * What a scenario file says, once read: its setting and its statements.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The reader (../parse) refuses all that is wrong in a text, so that whoever
 * runs a scenario need not check it again. What depends on the run (who leads,
 * what a name is bound to, the build) stays an expression here.
 */
#ifndef OUTRIGGER_SCENARIO_SCRIPT_H
#define OUTRIGGER_SCENARIO_SCRIPT_H

#include "assists/scenario/scenario.h"

/** Sets of nodes and of names are masks: bit i is node i + 1 or name i. */
#define SCENARIO_NODES_MAX RAFT_SIM_NODES_MAX
#define SCENARIO_NAMES_MAX 32

/** A length of time: microseconds, or millionths of the election timeout. */
struct duration {
	uint64_t amount;
	bool of_timeout;
};

struct duration_range {
	struct duration least;
	struct duration most;
};

/** NODES: the union of what it names. */
struct nodes {
	uint64_t listed;
	/** Names bound by `let`, by their position in scenario.names. */
	uint64_t names;
	/** Every node that the statement does not name. */
	bool others;
	bool all;
};

/** An expectation's `when`: some alternative has all of `has` and none of
 *  `lacks`, sets of modules (build.h). */
struct when {
	struct {
		uint32_t has;
		uint32_t lacks;
	} alternatives[16];
	/** 0: always. */
	size_t count;
};

enum comparison {
	COMPARE_EQUAL,
	COMPARE_UNEQUAL,
	COMPARE_LESS,
	COMPARE_AT_MOST,
	COMPARE_MORE,
	COMPARE_AT_LEAST,
};

enum condition_kind {
	CONDITION_LEADER,
	CONDITION_NO_LEADER,
	/** `leader = A`, `leader in {..}`; COMPARE_UNEQUAL: is not. */
	CONDITION_LEADER_IN,
	CONDITION_ROLE,
	CONDITION_STABLE,
	CONDITION_COMMITTED,
	CONDITION_APPLIED,
	CONDITION_LOGS_EQUAL,
	CONDITION_VOTERS,
	CONDITION_LEARNERS,
	CONDITION_RUNNING,
	CONDITION_INSTALLING,
	CONDITION_ACTS,
	CONDITION_TERM,
	CONDITION_METRIC,
	/** `lag NODES`, a metric of those nodes. */
	CONDITION_LAG,
};

struct condition {
	enum condition_kind kind;
	enum comparison comparison;
	struct nodes nodes;
	/** "follower", ...; static. */
	const char *role;
	enum raft_sim_metric metric;
	bool since_mark;
	/** A count, or a term. */
	uint64_t number;
	/** For `stable` and for metrics that are times. */
	struct duration duration;
};

/** A link's quality; only what `has_` says is set. */
struct link_quality {
	/** That of the file again. */
	bool is_default;
	bool has_latency;
	bool has_loss;
	bool has_duplicate;
	struct duration_range latency;
	/** Shares are in parts per million. */
	uint32_t loss;
	uint32_t duplicate;
};

enum let_source {
	LET_NODES,
	LET_LEADER,
	LET_FOLLOWERS,
	/** The lowest of them. */
	LET_FOLLOWER,
};

/** The statements that a run carries out, one function each (run.c). */
#define SCENARIO_VERBS(X)                                                      \
	X(START, start)                                                        \
	X(RUN, run)                                                            \
	X(RUN_UNTIL, run_until)                                                \
	X(EXPECT, expect)                                                      \
	X(LET, let)                                                            \
	X(CUT, cut)                                                            \
	X(HEAL, heal)                                                          \
	X(ISOLATE, isolate)                                                    \
	X(PARTITION, partition)                                                \
	X(LINK, link)                                                          \
	X(HOLD, hold)                                                          \
	X(RELEASE, release)                                                    \
	X(REPLAY, replay)                                                      \
	X(CRASH, crash)                                                        \
	X(POWEROFF, poweroff)                                                  \
	X(RESTART, restart)                                                    \
	X(WIPE, wipe)                                                          \
	X(PAUSE, pause)                                                        \
	X(RESUME, resume)                                                      \
	X(DISK, disk)                                                          \
	X(CLOCK, clock)                                                        \
	X(CAMPAIGN, campaign)                                                  \
	X(PROPOSE, propose)                                                    \
	X(STEP_DOWN, step_down)                                                \
	X(TRANSFER, transfer)                                                  \
	X(RECONFIGURE, reconfigure)                                            \
	X(LEASES, leases)                                                      \
	X(SNAPSHOT, snapshot)                                                  \
	X(BUILD, build)                                                        \
	X(CLIENT, client)                                                      \
	X(READ, read)                                                          \
	X(READS, reads)                                                        \
	X(REPEAT, repeat)                                                      \
	X(MARK, mark)                                                          \
	X(NOTE, note)                                                          \
	X(PRINT, print)

enum verb {
#define VERB_SYMBOL(symbol, function) VERB_##symbol,
	SCENARIO_VERBS(VERB_SYMBOL)
#undef VERB_SYMBOL
	VERB_COUNT
};

/** One statement. Which members have a meaning depends on the verb. */
struct statement {
	enum verb verb;
	int line;
	/** All that it names, from which `others` follows. */
	struct nodes named;
	/** The nodes it acts on; of two, the sender. */
	struct nodes nodes;
	/** The receiver. */
	struct nodes peers;
	/** `-` instead of `->`. */
	bool both_ways;
	/** `cut all`, `heal all`: every link. */
	bool every_link;
	/** Kinds of message, as of raft_sim_kind(). */
	uint32_t only;
	struct link_quality quality;
	struct nodes *groups;
	size_t group_count;
	enum let_source source;
	/** Names to bind, in the order written. */
	uint8_t names[SCENARIO_NAMES_MAX];
	size_t name_count;
	struct when when;
	struct condition condition;
	/** run, within, the period of writes or reads (0: off). */
	struct duration duration;
	/** A disk's new latency, or its new state. */
	bool has_range;
	struct duration_range range;
	enum raft_sim_disk disk;
	/** Of the membership. */
	enum raft_sim_change change;
	/** What learners that are added wish; 0: not to stand in. */
	bool promotes;
	struct duration stands_in;
	/** Of reads: how old what they show may be; 0: of all that is new. */
	struct duration bound;
	/** Part of the setting: not shown as something done. */
	bool sets_up;
	/** How many, or how often. */
	uint64_t number;
	/** Of a write, in bytes. */
	uint64_t size;
	/** `propose ... at A`, `read at A`, `reads ... at NODES`. */
	bool at;
	bool torn;
	/** Millionths of the true rate. */
	uint32_t rate;
	/** Of leases: how far off clocks may be, in millionths; 0: off. */
	uint32_t drift;
	/** A set of modules (build.h). */
	uint32_t modules;
	/** Where a repeat ends: the first statement after its body. */
	size_t end;
	/** The statement as written, without its comment; of a note, what it
	 *  says. */
	char *text;
};

/** The library's options that a file may set, each up to a value. */
#define SCENARIO_OPTIONS(X)                                                    \
	X(heartbeat_us, UINT64_C(3600000000))                                  \
	X(commit_notice_us, UINT64_C(3600000000))                              \
	X(batch_entries_max, UINT32_MAX)                                       \
	X(appends_in_flight_max, UINT32_MAX)                                   \
	X(uncommitted_entries_max, UINT64_C(1) << 40)                          \
	X(uncommitted_bytes_max, UINT64_C(1) << 40)                            \
	X(bytes_in_flight_max, UINT64_C(1) << 40)                              \
	X(snapshot_tail_entries, UINT64_C(1) << 40)                            \
	X(snapshot_part_bytes, RAFT_PAYLOAD_BYTES_MAX)                         \
	X(ahead_of_disk, 1)

enum scenario_option {
#define OPTION_SYMBOL(name, most) OPTION_##name,
	SCENARIO_OPTIONS(OPTION_SYMBOL)
#undef OPTION_SYMBOL
	OPTION_COUNT
};

/** Options of modules that a binary may have, at most. */
#define SCENARIO_MODULE_OPTIONS_MAX 32

struct node_setting {
	/** `term`; 0: not said. */
	uint64_t term;
	struct raft_sim_log_run *log;
	size_t log_count;
	/** `build`; else the run's. */
	bool has_build;
	uint32_t modules;
	/** Overrides of the library's options, zero where not said. */
	uint64_t options[OPTION_COUNT];
	/** The same of modules' options, by their place among all. */
	uint64_t module_options[SCENARIO_MODULE_OPTIONS_MAX];
};

struct raft_scenario {
	char *name;
	char *title;
	/** The text that was read. */
	char *source;
	size_t voter_count;
	size_t learner_count;
	/** Voters, learners and spares. */
	size_t node_count;
	uint64_t election_us;
	struct duration heartbeat;
	struct duration_range latency;
	uint32_t loss;
	uint32_t duplicate;
	bool reorder;
	struct duration_range disk;
	/** 0: no snapshots are taken by themselves. */
	uint64_t max_log;
	/** Runs whose build lacks one of these are skipped. */
	uint32_t needs;
	struct node_setting settings[SCENARIO_NODES_MAX];
	/** Where the last `term` or `log` stands; 0: there is none. */
	int log_line;
	/** Some statement says `start`: no node starts by itself. */
	bool has_start;
	char *names[SCENARIO_NAMES_MAX];
	size_t name_count;
	struct statement *statements;
	size_t statement_count;
	struct raft_scenario_note *notes;
	size_t note_count;
};

/** In microseconds. */
uint64_t duration_us(const struct duration *duration,
		     const struct raft_scenario *scenario);

/** Give a world's voters the terms and logs that the scenario says. */
void script_give_logs(const struct raft_scenario *scenario,
		      const struct raft_scenario_world *world,
		      struct raft_sim *sim);

#endif
