/*
 * raft_sim: many members of one group in one process, in virtual time, on a
 * network, disks and clocks that fail as they are told.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A world is made (raft_sim_create), its nodes are set up and started, then it
 * is stepped from event to event; between two steps anything may be broken,
 * mended, asked or measured. Each verb here happens at the present instant.
 *
 * Determinism: the same calls with the same seed give the same trace, byte for
 * byte, on any machine. All randomness comes from one generator (random.h).
 *
 * Nodes are numbered from 1, as n1, n2, ... in traces; 0 means none. A set of
 * nodes has bit n - 1 for node n. Times are microseconds of virtual time, which
 * starts at 0; shares are parts per million. A node is *up* from its start to
 * its crash, and *runs* while it is up and not paused.
 *
 * Verbs on a node return false where they have no effect (a crash of a node
 * that is down, ...), which is traced, no more. Memory that runs out, and a
 * node number outside the world, abort.
 *
 * After each event the safety checkers (check.h) have looked at what happened.
 * A violation ends the run: raft_sim_step does nothing from then on.
 */
#ifndef OUTRIGGER_SIM_H
#define OUTRIGGER_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raft/raft.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Nodes of a world, at most. */
#define RAFT_SIM_NODES_MAX 64
/** Certainty, in parts per million; also the pace of a true clock. */
#define RAFT_SIM_MILLION 1000000u

/** More than any time, gap or count that is measured. */
#define RAFT_SIM_INFINITE UINT64_MAX

/* -------------------------------------------------------------- a world */

struct raft_sim;

/** A duration drawn evenly from least..most, both included. */
struct raft_sim_range {
	/** The shortest. */
	uint64_t least_us;
	/** The longest. */
	uint64_t most_us;
};

/** One direction between two nodes. */
struct raft_sim_link {
	/** How long a message takes. */
	struct raft_sim_range latency;
	/** Parts per million of what is sent that is lost, or comes twice. */
	uint32_t loss;
	/** The same for what comes twice. */
	uint32_t duplicate;
};

/** What becomes of a message. */
enum raft_sim_fate {
	/** It is on its way. */
	RAFT_SIM_SENT,
	/** A member gets it: the second time, if it comes twice. */
	RAFT_SIM_ARRIVED,
	/** It is lost, or who it is for is down. */
	RAFT_SIM_LOST,
};

/** Who watches. The hooks must not call a verb of the world; they may ask. */
struct raft_sim_hooks {
	/** Handed to all of them. */
	void *context;
	/** One line without a newline for each message sent, delivered or
	 *  dropped, role change and fault. NULL: no trace, and no cost. */
	void (*trace)(void *context, uint64_t now, const char *line);
	/** Let the trace also have each member's own account of its decisions
	 *  (struct raft_options, trace). */
	bool decisions;
	/** Each verb of the world, as a statement of the scenario language
	 *  (raft-scenario(5)): with the time between them they are a scenario
	 *  that does the same. NULL: none, and no cost. */
	void (*verb)(void *context, uint64_t now, const char *statement);
	/** A node went up, down, was paused or resumed, or its role, term or
	 *  known leader changed: see raft_sim_node(). NULL: none. */
	void (*changed)(void *context, uint64_t now, uint32_t node);
	/** What becomes of each message. `number` tells it apart from all
	 *  others, and later ones have greater numbers. NULL: none, and no
	 *  cost. */
	void (*message)(void *context, uint64_t now, enum raft_sim_fate fate,
			uint64_t number, const struct raft_message *message);
};

struct raft_sim_machine;

/** What a world is made of. */
struct raft_sim_options {
	/** Nodes 1..voters are the voters of the first configuration, the next
	 *  `learners` its learners, the next `spares` run in none. */
	uint32_t voters;
	/** Members that do not vote; they start empty. */
	uint32_t learners;
	/** Nodes in no configuration. */
	uint32_t spares;
	/** All that is drawn comes from it. */
	uint64_t seed;
	/** The least election timeout, written into the configuration. */
	uint64_t election_us;
	/** As in struct raft_options. */
	uint64_t heartbeat_us;
	/** Of every link at first. */
	struct raft_sim_link link;
	/** Each link delivers in the order sent. */
	bool fifo;
	/** So many bytes of payload are in an append at most, or else one entry:
	 *  the largest message of a queue. 0: no limit. */
	uint64_t append_bytes_max;
	/** Time until a write is durable, of every disk at first. */
	struct raft_sim_range disk;
	/** A node takes a snapshot of its state machine once that has applied
	 *  more entries than these since its newest; 0: never by itself. */
	uint64_t max_log;
	/** A state machine of yours, which every node runs too: see machine.h.
	 *  Borrowed. NULL: none. */
	const struct raft_sim_machine *machine;
	/** Who watches. */
	struct raft_sim_hooks hooks;
};

/** Fill in the defaults: 3 voters, seed 1, election 1 s, heartbeat 100 ms,
 *  latency 1..5 ms, no loss, no duplicates, reordering, disk 0..1 ms. */
RAFT_API void raft_sim_defaults(struct raft_sim_options *options);

/** A world at time 0 whose nodes are all down. *options is copied. */
RAFT_API struct raft_sim *
raft_sim_create(const struct raft_sim_options *options);

/** Free it. NULL is allowed. */
RAFT_API void raft_sim_destroy(struct raft_sim *sim);

/** Virtual time, in microseconds. */
RAFT_API uint64_t raft_sim_now(const struct raft_sim *sim);
/** Voters, learners and spares. */
RAFT_API uint32_t raft_sim_node_count(const struct raft_sim *sim);

/** The next event that is due by `until` happens, all of it. False: there is
 *  none, and it is `until` now; or a checker has found a violation. */
RAFT_API bool raft_sim_step(struct raft_sim *sim, uint64_t until);

/** Step until `until`. False: a checker has found a violation. */
RAFT_API bool raft_sim_run(struct raft_sim *sim, uint64_t until);

/** What the checkers found: one line that names the property, the nodes, index
 *  or term, and the time. NULL: nothing. */
RAFT_API const char *raft_sim_violation(const struct raft_sim *sim);

/** A line of the trace from outside ("note ..."). */
RAFT_API void raft_sim_note(struct raft_sim *sim, const char *text);

/* ------------------------------------ set up, before a node's first start */

/** The modules that the node has from its next start on (see raft_mask). In a
 *  composition that is not masked: 0, the default. False: it is up. */
RAFT_API bool raft_sim_set_mask(struct raft_sim *sim, uint32_t node,
				uint64_t mask);

/** An option of struct raft_options by the name of its member: heartbeat_us,
 *  commit_notice_us, batch_entries_max, appends_in_flight_max,
 *  uncommitted_entries_max, uncommitted_bytes_max, bytes_in_flight_max,
 *  snapshot_tail_entries, snapshot_part_bytes or ahead_of_disk (0 or 1); or one of
 *  a module, as learners.slow_rounds (see raft_module_option). From the node's next
 *  start on.
 *  False: no such name or a value that does not fit. A snapshot has 544
 *  bytes, with those of your machine behind them, and a part 128 if nothing else
 *  is said. */
RAFT_API bool raft_sim_set_option(struct raft_sim *sim, uint32_t node,
				  const char *name, uint64_t value);

/** The same for a member that is none of a world: what is named in *options, or, if
 *  it is a module's, in modules[its number], to which *options points then. There
 *  are RAFT_MODULE_MAX + 1 of them, zeroed at first. */
RAFT_API bool raft_sim_choose(struct raft_options *options,
			      uint64_t (*modules)[RAFT_MODULE_OPTIONS_MAX],
			      const char *name, uint64_t value);

/** The option of a module of this build by MODULE.NAME, and its place for
 *  raft_module_option. False: there is none of that name. */
RAFT_API bool raft_sim_module_option(const char *name, size_t *place,
				     struct raft_module_option *option);

/** `count` entries of one term in a log that is given. */
struct raft_sim_log_run {
	/** The term of each. */
	uint64_t term;
	/** How many. */
	uint64_t count;
};

/** The voter's durable term at its first start. */
RAFT_API void raft_sim_set_term(struct raft_sim *sim, uint32_t node,
				uint64_t term);

/** The voter's durable, uncommitted log after entry 1, terms ascending. */
RAFT_API void raft_sim_set_log(struct raft_sim *sim, uint32_t node,
			       const struct raft_sim_log_run *runs,
			       size_t count);

/**
 * Whether the terms and logs that were set can be those of a group that runs
 * Raft; NULL if so, else a sentence that says why not. To be asked once all are
 * set, before the first start.
 *
 * A voter whose term was not set has the highest term of any log (1 if none was
 * given); each voter has voted, in a term of which entries exist, for the
 * lowest node that holds one.
 */
RAFT_API const char *raft_sim_setup_error(const struct raft_sim *sim);

/* -------------------------------------------------------- a node's life */

/** Start or restart a node from what its disk holds. The first start of a
 *  voter bootstraps it. False: it is up, or the library refused (its result is
 *  traced and counted in `refused`). */
RAFT_API bool raft_sim_start(struct raft_sim *sim, uint32_t node);

/** How a node ends. */
enum raft_sim_crash {
	/** The process dies: what was not durable is gone; each peer sees the
	 *  connection close one latency later, unless that link is cut. */
	RAFT_SIM_CRASH,
	/** The same, and the writes under way are cut somewhere: of the saves
	 *  given to the disk a prefix is durable, the next is torn, which the
	 *  log cuts off when it is opened. */
	RAFT_SIM_CRASH_TORN,
	/** As RAFT_SIM_CRASH, but nothing tells the peers. */
	RAFT_SIM_POWEROFF,
};

/** End a node. False: it is down. */
RAFT_API bool raft_sim_crash(struct raft_sim *sim, uint32_t node,
			     enum raft_sim_crash how);

/** The disk is lost too. Its next start makes a new incarnation, in no
 *  configuration. False: it is up. */
RAFT_API bool raft_sim_wipe(struct raft_sim *sim, uint32_t node);

/** The process stops but keeps its memory; its clock runs on, messages and ends
 *  of writes queue. On resume they and expired timers are handled in the order
 *  of their times. */
RAFT_API bool raft_sim_pause(struct raft_sim *sim, uint32_t node);
/** False: it is not paused. */
RAFT_API bool raft_sim_resume(struct raft_sim *sim, uint32_t node);

/** The node's clock runs `millionths` / 1000000 times as fast from now on. */
RAFT_API void raft_sim_set_clock(struct raft_sim *sim, uint32_t node,
				 uint32_t millionths);

/* --------------------------------------------------------------- disks */

/** What a disk does with writes. Those to the log end in order, and so do those
 *  of snapshots; but the one does not wait for the other. */
enum raft_sim_disk {
	/** Writes end after the disk's latency, those under way too. */
	RAFT_SIM_DISK_OK,
	/** No write ends until the disk is ok (or the node crashes). */
	RAFT_SIM_DISK_STALL,
	/** Writes that begin from now on fail. */
	RAFT_SIM_DISK_FULL,
	/** Writes that begin from now on, and those under way, fail. */
	RAFT_SIM_DISK_FAIL,
};

/** Put a disk into that state. */
RAFT_API void raft_sim_set_disk(struct raft_sim *sim, uint32_t node,
				enum raft_sim_disk state);

/** For writes from now on; the state of the disk stays as it is. */
RAFT_API void raft_sim_set_disk_latency(struct raft_sim *sim, uint32_t node,
					struct raft_sim_range latency);

/* ------------------------------------------------------------- network */

/** A set of kinds of message, one bit each. */
#define RAFT_SIM_EVERY_KIND UINT32_MAX

/** The bit of one kind: append, append-answer, vote, vote-answer, prevote,
 *  prevote-answer, snapshot, timeout-now, resign, other. 0: no such kind. */
RAFT_API uint32_t raft_sim_kind(const char *name);

/** Drop what is sent from one node to the other from now on. What is in flight
 *  arrives. From a node to itself: no effect, here and below. */
RAFT_API void raft_sim_cut(struct raft_sim *sim, uint32_t from, uint32_t to,
			   uint32_t kinds);

/** The kinds that are dropped in this direction; RAFT_SIM_EVERY_KIND: all. */
RAFT_API uint32_t raft_sim_cut_kinds(const struct raft_sim *sim, uint32_t from,
				     uint32_t to);
/** Those that are kept back, likewise. */
RAFT_API uint32_t raft_sim_held_kinds(const struct raft_sim *sim,
				      uint32_t from, uint32_t to);

/** Undo all cuts and holds of this direction; what was held is delivered now.
 *  Its settings stay. */
RAFT_API void raft_sim_heal(struct raft_sim *sim, uint32_t from, uint32_t to);

/** The same of every link. */
RAFT_API void raft_sim_heal_all(struct raft_sim *sim);

/** This direction's settings, to be read, and to be changed. */
RAFT_API struct raft_sim_link raft_sim_link(const struct raft_sim *sim,
					    uint32_t from, uint32_t to);
/** Change them, for what is sent from now on. */
RAFT_API void raft_sim_set_link(struct raft_sim *sim, uint32_t from,
				uint32_t to, const struct raft_sim_link *link);
/** Make them those of struct raft_sim_options again. */
RAFT_API void raft_sim_default_link(struct raft_sim *sim, uint32_t from,
				    uint32_t to);
/** The same of every link. */
RAFT_API void raft_sim_default_links(struct raft_sim *sim);

/** Keep back what is sent from now on; release delivers it now, in the order in
 *  which it was sent. */
RAFT_API void raft_sim_hold(struct raft_sim *sim, uint32_t from, uint32_t to,
			    uint32_t kinds);
/** Deliver what was held of these kinds, and hold them no more. */
RAFT_API void raft_sim_release(struct raft_sim *sim, uint32_t from, uint32_t to,
			       uint32_t kinds);

/** What raft_sim_replay can reach back to, for one kind on one link. */
#define RAFT_SIM_REPLAY_MAX 64

/** Deliver again, now, past any cut, the last `count` messages of these kinds
 *  that were delivered. Returns how many there were. */
RAFT_API size_t raft_sim_replay(struct raft_sim *sim, uint32_t from,
				uint32_t to, uint32_t kinds, size_t count);

/* -------------------------------------------- verbs of a node's program */

/**
 * What the library answers; anything but RAFT_OK is counted in `refused`. A
 * node that does not run answers RAFT_STOPPED.
 */
RAFT_API enum raft_result raft_sim_campaign(struct raft_sim *sim,
					    uint32_t node);
/** The same for raft_step_down. */
RAFT_API enum raft_result raft_sim_step_down(struct raft_sim *sim,
					     uint32_t node);

/** The leader (the running node that says so with the highest term) hands over
 *  to that node; RAFT_NOT_LEADER if there is none. */
RAFT_API enum raft_result raft_sim_transfer(struct raft_sim *sim,
					    uint32_t node);

/** How the membership is to change, by nodes. */
enum raft_sim_change {
	/** The voters become exactly these; other learners stay. */
	RAFT_SIM_MEMBERSHIP,
	/** These, of which none is a voter, become voters. */
	RAFT_SIM_ADD,
	/** These, members of any role, leave. */
	RAFT_SIM_REMOVE,
	/** These, of which none is a member, become learners. */
	RAFT_SIM_ADD_LEARNER,
	/** These learners become voters. */
	RAFT_SIM_PROMOTE,
	/** These voters become learners. */
	RAFT_SIM_DEMOTE,
	/** Nobody else: leaders hold leases from now on, or no more. */
	RAFT_SIM_LEASES,
};

/**
 * One change for the whole set of nodes, asked of the leader (the running node
 * that says so with the highest term): see raft_reconfigure(). RAFT_NOT_LEADER
 * if there is none; RAFT_INVALID also if some node has not the role that the
 * change is for.
 *
 * A node that is named means its present incarnation. So one whose disk was lost
 * is removed first, which goes by the number alone, and then added.
 */
RAFT_API enum raft_result raft_sim_reconfigure(struct raft_sim *sim,
					       enum raft_sim_change change,
					       uint64_t nodes);

/** A change, and what those wish who become learners by it: see struct
 *  raft_member. */
struct raft_sim_wish {
	/** How. */
	enum raft_sim_change change;
	/** Which nodes it is about. */
	uint64_t nodes;
	/** To become voters. */
	bool promotes;
	/** To stand in for a voter that was not heard for so long; 0: no. */
	uint32_t stands_in_us;
	/** Of RAFT_SIM_LEASES: see struct raft_configuration. */
	uint32_t clock_drift;
};

/** What that makes of a configuration, to be asked of a leader of any group whose
 *  servers are numbered as nodes are; incarnations[n - 1] is the present life of
 *  node n. *target is the one in force, and then the one to come, whose members are
 *  written into `members`, which has room for each node. False: it does not fit. */
RAFT_API RAFT_MUST_USE bool
raft_sim_target(const struct raft_sim_wish *wish, const uint64_t *incarnations,
		uint32_t node_count, struct raft_configuration *target,
		struct raft_member *members);

/** RAFT_SIM_ADD_LEARNER, with wishes: see struct raft_member. */
RAFT_API enum raft_result raft_sim_add_learners(struct raft_sim *sim,
						uint64_t nodes, bool promotes,
						uint32_t stands_in_us);

/** RAFT_SIM_LEASES, with that clock_drift; 0: no more. */
RAFT_API enum raft_result raft_sim_set_leases(struct raft_sim *sim,
					      uint32_t clock_drift);

/** `count` entries at once of `bytes` each (at least 8), at that node; at node
 *  0: at the running node that says it leads with the highest term
 *  (RAFT_NOT_LEADER if there is none). Not retried. */
RAFT_API enum raft_result raft_sim_propose(struct raft_sim *sim, uint32_t node,
					   size_t count, size_t bytes);

/** The node takes a snapshot of its state machine, and drops the log up to there
 *  once that is on its disk. False: it does not run, has applied nothing since
 *  its newest one, or is taking one. */
RAFT_API bool raft_sim_snapshot(struct raft_sim *sim, uint32_t node);

/** One linearizable read at that node; at node 0: as raft_sim_propose. Not
 *  tried again. */
RAFT_API enum raft_result raft_sim_read(struct raft_sim *sim, uint32_t node);

/** The same of a state that is at most `bound_us` old: RAFT_OK if it was answered,
 *  at once. A refusal is counted in `reads-refused` alone. */
RAFT_API enum raft_result raft_sim_read_bounded(struct raft_sim *sim,
						uint32_t node,
						uint64_t bound_us);

/* -------------------------------------------------------------- client */

/**
 * An open-loop client outside the network: a write of `bytes` (at least 8) now
 * and each `every_us` from now. It uses the running node that says it leads
 * with the highest term, waits while there is none, retries after one heartbeat
 * on refused or lost, never on unknown. 0: ends it; writes that no node has
 * taken are given up.
 */
RAFT_API void raft_sim_client(struct raft_sim *sim, uint64_t every_us,
			      size_t bytes);

/** The same with linearizable reads; one that is lost is tried again too. */
RAFT_API void raft_sim_reads(struct raft_sim *sim, uint64_t every_us);

/** The same, not of the leader but of these nodes in turn; one that is refused,
 *  as by a node that does not run, or lost, goes to the next. No nodes: of the
 *  leader. */
RAFT_API void raft_sim_reads_at(struct raft_sim *sim, uint64_t every_us,
				uint64_t nodes);
/** The same, at once: each is answered from a state that is at most `bound_us`
 *  old (see raft_read_bounded), or refused and not tried again. 0: no bound, as
 *  above. */
RAFT_API void raft_sim_reads_bounded(struct raft_sim *sim, uint64_t every_us,
				     uint64_t nodes, uint64_t bound_us);

/* ---------------------------------------------------- a healthy group */

/** What a group keeps to while nothing is broken. 0: no limit. */
struct raft_sim_limits {
	/** From the beginning of a write until it is told committed; and no
	 *  write ends otherwise. */
	uint64_t write_us;
	/** From the beginning of a read until it is answered; and none is
	 *  lost. */
	uint64_t read_us;
	/** So many times each entry is sent over one link, in one term and on
	 *  average, but for some few. */
	uint32_t sent_times;
	/** Bytes of payloads that a leader has sent to a member, and that are not
	 *  on that one's disk. */
	uint64_t undurable_bytes;
	/** Appends with entries that a leader has sent to a member, of which, and
	 *  of any later one, it has no answer. */
	uint32_t appends_in_flight;
	/** What one member holds of memory. */
	uint64_t memory_bytes;
};

/** From now on more is a violation, as are those that the safety checkers find.
 *  What waits already has its time from now on. *limits is copied. */
RAFT_API void
raft_sim_limit(struct raft_sim *sim, const struct raft_sim_limits *limits);

/** While it runs, the node applies what is committed anywhere in that time; what
 *  it has not applied yet, from now on. 0: no limit. */
RAFT_API void
raft_sim_limit_lag(struct raft_sim *sim, uint32_t node, uint64_t within_us);

/* --------------------------------------------------------------- asking */

/** What is known of a node. */
struct raft_sim_node {
	/** Its process lives. */
	bool up;
	/** Its process is stopped for now. */
	bool paused;
	/** Up and not paused. */
	bool runs;
	/** A server that lost its disk is another incarnation. */
	struct raft_identity identity;
	/** What the member says of itself; all zero if it is down. */
	struct raft_status status;
	/** Entries of clients (no-ops and configurations not counted) up to
	 *  its commit index, and up to its applied index; 0 if it is down. */
	uint64_t writes_committed;
	/** The same up to its applied index. */
	uint64_t writes_applied;
	/** It has taken a part of a leader's snapshot of more than it has
	 *  applied, and has not given it up. */
	bool installing;
	/** It acts as leader, as raft_acts() says. */
	bool acts;
	/** For how long the oldest entry that is committed anywhere, and that it
	 *  has not applied, has been so; 0: it has applied all, or is down. */
	uint64_t lag_us;
	/** What its member holds of memory, with the configurations that it wrote
	 *  into its log, which outlive it. */
	uint64_t memory_bytes;
	/** The modules that it has, or will have from its next start on. */
	uint64_t mask;
	/** What its disk does with writes, and how long one takes. */
	enum raft_sim_disk disk;
	/** The latter. */
	struct raft_sim_range disk_latency;
	/** The rate of its clock. */
	uint32_t clock_millionths;
};

/** How it is with a node now. */
RAFT_API void raft_sim_node(const struct raft_sim *sim, uint32_t node,
			    struct raft_sim_node *state);

/** "follower", "candidate", "leader", "learner" (a member without a vote),
 *  "removed" (in no configuration, or told so by a majority of the one that it
 *  knows), or "down". Static. */
RAFT_API const char *raft_sim_role(const struct raft_sim *sim, uint32_t node);

/** One line of text on a node, without a newline. Returns what snprintf
 *  would. */
RAFT_API int raft_sim_print(const struct raft_sim *sim, uint32_t node,
			    char *text, size_t size);

/** The running node that leads, of which a majority of its configuration's
 *  voters run, hold its term and take it as leader; 0: none. */
RAFT_API uint32_t raft_sim_leader(const struct raft_sim *sim);

/** Since when that node has been so, in that term, without a break; if there is
 *  none, now. */
RAFT_API uint64_t raft_sim_leader_since(const struct raft_sim *sim);

/** The voters of the configuration in force at that leader, of either while it
 *  is joint; empty if there is none. A node whose disk was lost is not in it, nor
 *  below, until its new incarnation was added. */
RAFT_API uint64_t raft_sim_voters(const struct raft_sim *sim);
/** Those of its members that do not vote, likewise. */
RAFT_API uint64_t raft_sim_learners(const struct raft_sim *sim);

/** The last index that is known committed by any node, now or ever. */
RAFT_API uint64_t raft_sim_committed(const struct raft_sim *sim);

/** There is a leader; each running member (learners too) of its configuration
 *  holds all that was committed up to `committed`, and nothing that differs
 *  from the leader's log. */
RAFT_API bool raft_sim_logs_equal(const struct raft_sim *sim,
				  uint64_t committed);

/* -------------------------------------------------------------- metrics */

/**
 * Every metric: its code, its name, its unit. A node "says it leads" when it
 * runs in the leader's role, stale or not.
 *
 * LEADER_CHANGES: times a node other than the last one to begin leading began
 * to lead. LEADERS: nodes that say they lead, now; MAX_LEADERS: the most at one
 * moment. TWO_LEADERS: time with more than one. MAX_ACTING: the most at one moment
 * that acted as leaders, as raft_acts() says; one that alone says that it leads is
 * not asked, and counts. ELECTIONS: candidacies begun at
 * a new term. PRE_ELECTIONS: pre-vote rounds. STEP_DOWNS: leaders that stopped
 * leading while running. TERM_GROWTH: the highest term that any node ever held,
 * now less then. UNAVAILABLE: the longest stretch with a write waiting and none
 * acknowledged; it starts at the latest of window start, last acknowledgement,
 * first waiting write; one still open counts to now. DOWNTIME: the sum of the
 * gaps over one election timeout between acknowledgements (from the window's
 * start if that is later; one still open counts while a write waits).
 * FIRST_ACK: from the window's start to the first acknowledgement of a write
 * begun in it; none: infinite. ACKS: writes acknowledged; LOST_ACKS: and then
 * missing. READS: reads answered; STALE_READS: and they missed a write that was
 * acknowledged, or a state that was read, before they began; READS_REFUSED:
 * reads that a node did not take, once for each time. MESSAGES, BYTES:
 * sent by all nodes (bytes as modelled: 64 a message, 24 an entry, payloads).
 * SNAPSHOTS: state machines loaded from a leader's snapshot. REFUSED: verbs
 * that the library refused. INCOMPATIBLE: entries or starts refused for a
 * feature that a build lacks.
 */
#define RAFT_SIM_METRICS(X)                                                    \
	X(LEADER_CHANGES, "leader-changes", COUNT)                             \
	X(LEADERS, "leaders", COUNT)                                           \
	X(MAX_LEADERS, "max-leaders", COUNT)                                   \
	X(TWO_LEADERS, "two-leaders", TIME)                                    \
	X(MAX_ACTING, "max-acting", COUNT)                                     \
	X(ELECTIONS, "elections", COUNT)                                       \
	X(PRE_ELECTIONS, "pre-elections", COUNT)                               \
	X(STEP_DOWNS, "step-downs", COUNT)                                     \
	X(TERM_GROWTH, "term-growth", COUNT)                                   \
	X(UNAVAILABLE, "unavailable", TIME)                                    \
	X(DOWNTIME, "downtime", TIME)                                          \
	X(FIRST_ACK, "first-ack", TIME)                                        \
	X(ACKS, "acks", COUNT)                                                 \
	X(LOST_ACKS, "lost-acks", COUNT)                                       \
	X(READS, "reads", COUNT)                                               \
	X(STALE_READS, "stale-reads", COUNT)                                   \
	X(READS_REFUSED, "reads-refused", COUNT)                               \
	X(MESSAGES, "messages", COUNT)                                         \
	X(BYTES, "bytes", COUNT)                                               \
	X(SNAPSHOTS, "snapshots", COUNT)                                       \
	X(REFUSED, "refused", COUNT)                                           \
	X(INCOMPATIBLE, "incompatible", COUNT)

/** Which metric. */
enum raft_sim_metric {
#define RAFT_SIM_METRIC_CODE(code, name, unit) RAFT_SIM_##code,
	RAFT_SIM_METRICS(RAFT_SIM_METRIC_CODE)
#undef RAFT_SIM_METRIC_CODE
	/** How many there are. */
	RAFT_SIM_METRIC_COUNT
};

/** What a metric counts in. */
enum raft_sim_unit {
	/** A number of things. */
	RAFT_SIM_UNIT_COUNT,
	/** Microseconds, or RAFT_SIM_INFINITE. */
	RAFT_SIM_UNIT_TIME,
};

/** As in scenarios: "leader-changes". Static. */
RAFT_API const char *raft_sim_metric_name(enum raft_sim_metric metric);
/** What it counts in. */
RAFT_API enum raft_sim_unit raft_sim_metric_unit(enum raft_sim_metric metric);

/** Metrics since the last mark count from here on. */
RAFT_API void raft_sim_mark(struct raft_sim *sim);

/** A metric of the whole run, or since the last mark (the whole run if there
 *  was none). */
RAFT_API uint64_t raft_sim_metric(const struct raft_sim *sim,
				  enum raft_sim_metric metric, bool since_mark);

/** The largest number of committed entries of clients that one of these nodes
 *  had not applied, at any moment while it ran; of the whole run, or since the
 *  last mark. */
RAFT_API uint64_t raft_sim_lag(const struct raft_sim *sim, uint64_t nodes,
			       bool since_mark);

/** Writes that were begun and are neither acknowledged nor given up. */
RAFT_API uint64_t raft_sim_writes_waiting(const struct raft_sim *sim);

#ifdef __cplusplus
}
#endif

#endif
