/*
 * The inside of a world: what the files of the simulator share.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     sim.c      the world, its events, the verbs of its user
 *     queue.c    what happens next
 *     node.c     drives one member
 *     clock.c    a node's own time
 *     disk.c     what is written, durable, lost
 *     snapshot.c what is taken of state machines, sent and loaded
 *     guest.c    the user's state machine
 *     network.c  messages on their way
 *     client.c   who writes and reads, and what became of the writes
 *     reads.c    what became of the reads
 *     membership.c  who is in the group
 *     tally.c    what is measured
 *     lag.c      how far each node is behind
 *     health.c   limits that are kept while nothing is broken
 *     setup.c    terms and logs that are given
 *     ask.c      questions about the present
 */
#ifndef OUTRIGGER_SIM_WORLD_H
#define OUTRIGGER_SIM_WORLD_H

#include "assists/sim/base/log.h"
#include "assists/sim/base/memory.h"
#include "assists/sim/base/random.h"
#include "assists/sim/check/check.h"
#include "assists/sim/sim.h"
#include "assists/sim/tally.h"

/* --------------------------------------------------------------- events */

enum sim_event_kind {
	/** A member's deadline may have passed. */
	SIM_EVENT_TIMER,
	/** A message arrives. */
	SIM_EVENT_ARRIVAL,
	/** A peer's host closed the connection. */
	SIM_EVENT_CLOSED,
	/** The disk ends the oldest write to a file: see disk.c. */
	SIM_EVENT_WRITTEN,
	/** The client begins a write, or a read. */
	SIM_EVENT_CLIENT_WRITES,
	SIM_EVENT_CLIENT_READS,
	/** The client offers what waits. */
	SIM_EVENT_CLIENT_OFFERS,
};

/** What a disk is given to write. */
enum sim_write_kind {
	/** A save of the member's. */
	SIM_WRITE_SAVE,
	/** The log drops what a snapshot covers. */
	SIM_WRITE_COMPACT,
	/** A snapshot of the node's own state machine. */
	SIM_WRITE_SNAPSHOT,
	/** A part of a leader's. */
	SIM_WRITE_PART,
};

struct sim_event {
	uint64_t at;
	/** Order among events of one time: that in which they were made. */
	uint64_t order;
	enum sim_event_kind kind;
	/** The node it happens to; 0: the client. */
	uint32_t node;
	/** Of CLOSED: the node that closed. */
	uint32_t from;
	/** Events of a timer, life, disk or client that is no more are void:
	 *  those whose number is not the present one. Of a write that has ended:
	 *  the token of a save, or up to where the snapshot's bytes went. */
	uint64_t number;
	/** Which write has ended; and of which snapshot. */
	enum sim_write_kind write;
	struct raft_entry_id snapshot;
	/** The disk failed in the write. */
	bool failed;
	/** Of ARRIVAL; the event holds a reference. */
	struct sim_message *message;
};

/** A binary heap. */
struct sim_queue {
	struct sim_event *events;
	size_t count;
	size_t room;
	uint64_t next_order;
};

void sim_queue_push(struct sim_queue *queue, struct sim_event event);
const struct sim_event *sim_queue_peek(const struct sim_queue *queue);
struct sim_event sim_queue_pop(struct sim_queue *queue);

/* ------------------------------------------------------------- messages */

enum { SIM_KIND_COUNT = 10 };

/** A message on its way, as it was when it was sent. Counted: copies that are
 *  under way, held back, and kept for replay share it. */
struct sim_message {
	uint32_t references;
	uint32_t from;
	uint32_t to;
	/** Position in the list of kinds. */
	uint32_t kind;
	/** Its number in the run, for the trace. */
	uint64_t number;
	/** When it was last delivered, in the order of all deliveries. */
	uint64_t delivered;
	struct raft_message message;
	/** The entries of an append, payloads in one block. NULL: none. */
	struct raft_entry *entries;
	size_t entry_count;
	struct raft_block *block;
	/** Of a snapshot's part, which is in that block too. */
	struct raft_snapshot_content content;
};

void sim_message_release(struct sim_message *message);

struct sim_message_list {
	struct sim_message **messages;
	size_t count;
	size_t room;
};

struct sim_link {
	struct raft_sim_link settings;
	uint32_t cut;
	uint32_t held;
	/** When the last message arrives, on a first in, first out link. */
	uint64_t last_arrival;
	/** A closed connection is kept back with everything else. */
	bool close_held;
	struct sim_message_list held_back;
	/** The last ones delivered, by kind; the oldest first. */
	struct sim_message_list delivered[SIM_KIND_COUNT];
	struct sim_carried carried;
};

/* ---------------------------------------------------------------- nodes */

/** A write that the disk has been given. */
struct sim_write {
	enum sim_write_kind kind;
	/** Of a save. */
	uint64_t token;
	uint64_t term;
	struct raft_identity vote;
	uint64_t truncate_from;
	/** Copied; payloads held. */
	struct raft_entry *entries;
	size_t entry_count;
	/** The log begins here, first of all. Its configuration is held. */
	bool resets;
	struct sim_log_base base;
	/** Of COMPACT. */
	uint64_t compact_to;
	/** Of SNAPSHOT, all of it, and of PART. Its bytes are held. */
	struct raft_snapshot_part part;
	/** Of PART: one before it failed, which says it of this one too. */
	bool abandoned;
	uint64_t ends_at;
	bool fails;
};

/** A snapshot, as far as it is stored. */
struct sim_snapshot {
	struct raft_entry_id last;
	uint64_t size;
	uint64_t stored;
	uint8_t *bytes;
};

struct sim_disk {
	enum raft_sim_disk state;
	struct raft_sim_range latency;
	/** What the member can read back, and what a crash leaves. */
	struct sim_log accepted;
	struct sim_log durable;
	/** Writes under way, as they were given; those to the log, and those of
	 *  snapshots, end in this order. */
	struct sim_write *writes;
	size_t write_count;
	size_t write_room;
	/** Of the events that end writes; changes when those are void. */
	uint64_t generation;
	/** Those of the state machine's own, and a leader's. Durable. */
	struct sim_snapshot *snapshots;
	size_t snapshot_count;
	size_t snapshot_room;
	struct sim_snapshot received;
};

struct sim_clock {
	/** Local and virtual time when the rate was last set. */
	uint64_t local_base;
	uint64_t virtual_base;
	uint32_t millionths;
};

uint64_t sim_clock_read(const struct sim_clock *clock, uint64_t now);
void sim_clock_set(struct sim_clock *clock, uint64_t now, uint32_t millionths);
/** The first virtual time at which the clock shows `local` or more. */
uint64_t sim_clock_when(const struct sim_clock *clock, uint64_t local);

/** A write that a node has accepted and whose outcome is not known. */
struct sim_proposal {
	struct raft_entry_id name;
	/** 0: a change of membership. */
	uint64_t id;
	/** Its first id: a write told lost is tried again under a new one. */
	uint64_t first_id;
	size_t bytes;
	uint64_t begun_at;
	/** The open-loop client's: to be tried again if lost. */
	bool retried;
};

struct sim_node {
	struct raft_sim *sim;
	uint32_t number;
	struct raft_identity self;
	/** As whom the group's first configuration names it: before its disk was
	 *  lost. */
	struct raft_identity first_self;
	/** Of the node's next start; the rest of it is filled in then. */
	struct raft_options options;
	struct raft_allocator allocator;
	/** Of that. */
	size_t held_bytes;
	/** Its limit, and since when; 0: none. */
	uint64_t lag_within;
	uint64_t lag_limited_at;
	struct sim_check_events events;
	/** Options of modules, by number. */
	uint64_t module_options[RAFT_MODULE_MAX + 1][RAFT_MODULE_OPTIONS_MAX];
	bool up;
	bool paused;
	/** Its disk was lost once: it is not bootstrapped again. */
	bool wiped;
	bool started_before;
	struct raft *raft;
	struct sim_clock clock;
	struct sim_disk disk;
	struct sim_machine machine;
	/** The user's; NULL: there is none, or it is down. */
	void *guest;
	/** It is writing a snapshot of these. */
	bool taking;
	/** Up to where the leader's snapshot goes of which it took a part last;
	 *  0: none, or that was given up. */
	uint64_t incoming;
	/** When its earliest timer event is due, and that event's number. */
	uint64_t timer_at;
	uint64_t timer_number;
	/** As of its last turn; zero if it is down. */
	struct raft_status status;
	/** What its events have said: it leads; it was removed, and has not
	 *  heard of the group since. */
	bool leading;
	bool told_removed;
	/** The round of its last pre-vote that was sent. */
	uint64_t preliminary_round;
	/** As the hook `changed` was last told. */
	struct raft_status shown;
	bool shown_paused;
	/** Counted among the nodes that say they lead. */
	bool says_it_leads;
	/** How far it ever was behind: in the whole run, and since the mark. */
	uint64_t lag[2];
	/** In the order of their names. */
	struct sim_proposal *proposals;
	size_t proposal_count;
	size_t proposal_room;
	/** In the order in which it took them. */
	struct sim_read *reads;
	size_t read_count;
	size_t read_room;
	/** What came while it was paused, in order. */
	struct sim_event *inbox;
	size_t inbox_count;
	size_t inbox_room;
	/** Terms and logs that were given; see setup.c. */
	uint64_t given_term;
	struct raft_sim_log_run *given_runs;
	size_t given_count;
};

static inline bool
sim_node_runs(const struct sim_node *node)
{
	return node->up && !node->paused;
}

/** In its own view it leads, stale or not, and runs. */
bool sim_node_says_it_leads(const struct sim_node *node);

/** It says so, and would take a write now. */
bool sim_node_acts(const struct sim_node *node);

/** The present, by the node's clock. */
uint64_t sim_node_now(const struct sim_node *node);

/** Carry out what the member owes. To be called after each verb. */
void sim_node_turn(struct sim_node *node);
/** An event happens to a node that is up: now, or when it resumes. */
void sim_node_event(struct sim_node *node, const struct sim_event *event);
void sim_node_timer(struct sim_node *node, uint64_t number);
bool sim_node_start(struct sim_node *node);
void sim_node_stop(struct sim_node *node);
void sim_node_resume(struct sim_node *node);
void sim_node_free(struct sim_node *node);
/** After its life or its member's state may have changed. */
void sim_node_observe(struct sim_node *node);

/** Give the disk a save. */
void sim_disk_write(struct sim_node *node, const struct raft_save *save);
/** Give it a snapshot, or a part of one. */
void sim_disk_write_part(struct sim_node *node, enum sim_write_kind kind,
			 const struct raft_snapshot_part *part);
/** Let it drop the log's entries up to an index. */
void sim_disk_compact(struct sim_node *node, uint64_t index);
/** The event WRITTEN: a write ends. False: void. Else *event becomes
 *  what the member is to be told. */
bool sim_disk_written(struct sim_node *node, struct sim_event *event);
void sim_disk_set(struct sim_node *node, enum raft_sim_disk state);
/** What was not durable is gone; but for `survivors` writes. */
void sim_disk_crash(struct sim_node *node, size_t survivors);
void sim_disk_wipe(struct sim_node *node);

/** Begin to take one of what is applied. False: nothing is new, or it cannot. */
bool sim_snapshot_take(struct sim_node *node);
/** More was applied: take one if the log has grown too long. */
void sim_snapshot_when_due(struct sim_node *node);
/** The disk has written one that the node took, or has failed to. */
void sim_snapshot_taken(struct sim_node *node, const struct sim_event *event);
/** Parts of a leader's came, to be stored. */
void sim_snapshot_store(struct sim_node *node,
			const struct raft_duties *duties);
/** The disk has stored one of them, or has failed to. */
void sim_snapshot_stored(struct sim_node *node, const struct sim_event *event);
/** The state machine is to be loaded from it; index 0: no. */
void sim_snapshot_install(struct sim_node *node,
			  struct raft_entry_id snapshot);
/** Delete those that the member needs no more. */
void sim_snapshots_prune(struct sim_node *node);
/** Where a log begins that is told to begin behind a leader's snapshot. False:
 *  the disk does not hold that, which is a violation. The caller releases the
 *  configuration. */
bool sim_snapshot_begins_log(struct sim_node *node,
			     const struct raft_stored_snapshot *stored,
			     struct sim_log_base *base);
/** Load the state machine of a node that starts. Returns up to where; then, once
 *  its member is made, tell that one. */
uint64_t sim_snapshot_load(struct sim_node *node);
void sim_snapshot_restarted(struct sim_node *node);
/** The bytes of a part that is to be sent, which the caller releases. False: the
 *  node has them no more. */
bool sim_snapshot_read(const struct sim_node *node,
		       const struct raft_snapshot_message *message,
		       struct raft_payload *part);
/** The disk's part: one of its own, or a part of a leader's, is durable. False:
 *  it is a part that does not follow what is stored. */
bool sim_snapshot_written(struct sim_disk *disk, bool own,
			  const struct raft_snapshot_part *part);
/** A part could not be written: what came before it is of no use. */
void sim_snapshot_spoiled(struct sim_disk *disk);
void sim_snapshots_clear(struct sim_disk *disk);

/** The user's state machine, if there is one, of a node that starts. */
void sim_guest_begin(struct sim_node *node);
void sim_guest_end(struct sim_node *node);
void sim_guest_free_model(struct raft_sim *sim);
/** Entries of its log are committed. */
void sim_guest_apply(struct sim_node *node, struct raft_range range);
/** Bytes for a snapshot of the node: the guest's, and room for SIM_MACHINE_BYTES
 *  before them. */
struct sim_bytes *sim_guest_write(struct sim_node *node);
/** A whole snapshot is loaded. */
void sim_guest_load(struct sim_node *node, const struct sim_snapshot *snapshot);
void sim_guest_told(struct sim_node *node, const struct raft_duties *duties);
/** A read of the node has ended; index 0: it is lost. */
void sim_guest_read(struct sim_node *node, uint64_t name, uint64_t index);

/** Whether terms or logs were given to any node. */
bool sim_setup_is_given(const struct raft_sim *sim);
/** Fill a voter's disk from what was given. */
void sim_setup_fill(struct sim_node *node);
/** The first configuration; members has room for RAFT_SIM_NODES_MAX. */
void sim_setup_configuration(const struct raft_sim *sim,
			     struct raft_configuration *configuration,
			     struct raft_member *members);

/* --------------------------------------------------------------- client */

/** A write, or a read, that no node has taken. */
struct sim_waiting {
	uint64_t id;
	uint64_t first_id;
	uint64_t begun_at;
	uint64_t due_at;
	/** Of a read 0. */
	size_t bytes;
};

/** An open loop of writes, or of reads. */
struct sim_loop {
	/** 0: there is none. */
	uint64_t every_us;
	/** Of reads 0. */
	size_t bytes;
	/** Of reads: the nodes that they go to in turn, and the last that one
	 *  went to; of none, the leader. */
	uint64_t nodes;
	uint32_t last_node;
	/** Changes with the statement: events of an earlier one are void. */
	uint64_t generation;
	/** Of reads: from what is at most so old; 0: of all that is new. */
	uint64_t bound_us;
};

struct sim_client {
	struct sim_loop writes;
	struct sim_loop reads;
	/** Of a write, and of a read. */
	uint64_t last_id;
	uint64_t last_read;
	struct sim_waiting *waiting;
	size_t waiting_count;
	size_t waiting_room;
};

void sim_client_begins(struct raft_sim *sim, struct sim_loop *loop,
		       uint64_t generation);
void sim_client_offers(struct raft_sim *sim);
/** It waits for a heartbeat, and is offered then. */
void sim_client_again(struct raft_sim *sim, struct sim_waiting *waiting);
/** A node began to say that it leads. */
void sim_client_wake(struct raft_sim *sim);
void sim_client_outcome(struct sim_node *node,
			const struct raft_outcome *outcome);
/** The node's process is gone, and with it what it had been given. */
void sim_client_forget(struct sim_node *node);
/** The running node that says it leads with the highest term; NULL: none. */
struct sim_node *sim_client_target(struct raft_sim *sim);
/** A node has taken a change of membership, whose outcome will be told. */
void sim_client_changes(struct sim_node *node, struct raft_entry_id name);

/** A node is asked to read. */
enum raft_result sim_read_begin(struct sim_node *node, uint64_t id,
				uint64_t begun_at, bool retried);
/** A node, NULL if none runs, is asked to read from what is at most so old: it
 *  answers or refuses, and what its member owes for it is carried out. */
enum raft_result sim_read_bounded(struct raft_sim *sim, struct sim_node *node,
				  uint64_t bound_us);
/** " bound 200us"; of 0 "". Returns the text. */
#define SIM_BOUND_BYTES 32
const char *sim_bound_print(char text[SIM_BOUND_BYTES], uint64_t bound_us);
/** The member says how a read ended. */
void sim_read_ends(struct sim_node *node, const struct raft_read *end);
/** More was applied, or reads have ended: those are answered that can be. */
void sim_read_answer(struct sim_node *node);

/* ----------------------------------------------------------- membership */

/**
 * Count the voters of a node's configuration in force, and those of them for
 * which `holds` (a voter whose disk was lost since is NULL there); then the same
 * of C_old, of which there are none unless it is joint.
 */
void sim_support(const struct sim_node *node,
		 bool (*holds)(const struct sim_node *voter, const void *what),
		 const void *what, struct sim_support support[2]);
/** The present incarnations among the voters of a node's configuration in force
 *  (of either, while it is joint), or among its other members. */
uint64_t sim_members(const struct sim_node *node, enum raft_member_role role);

/** History has grown from this index on, out of this node's log. */
void sim_membership_committed(struct sim_node *node, uint64_t first);
/** A node was elected, by its configuration in force. */
void sim_membership_elected(struct sim_node *node, uint64_t term);
/** Told of each save, once what the node has committed is history. */
void sim_membership_saved(struct sim_node *node, const struct raft_save *save);

/* ------------------------------------------------------------------ lag */

/** How much of history has been counted, and the writes in it. */
struct sim_lag {
	size_t seen;
	uint64_t writes;
};

/** More is committed, or a node has begun to run: how far each is behind. */
void sim_lag_note(struct raft_sim *sim);

/* --------------------------------------------------------------- health */

/** Time has passed: who lags, what waits? */
void sim_health_look(struct raft_sim *sim);
/** A write or a read ends otherwise than it should. */
void sim_health_lost(struct sim_node *node, const char *what, uint64_t id);
/** An append with entries leaves. */
void sim_health_sent(struct sim_node *node, const struct sim_message *message);
/** A message arrives that may answer one. */
void sim_health_answered(struct sim_node *node,
			 const struct sim_message *message);
void sim_health_memory(struct sim_node *node);
/** For how long a node has not applied what is committed. */
uint64_t sim_health_lag(const struct sim_node *node);

/* ---------------------------------------------------------------- world */

struct raft_sim {
	struct raft_sim_options options;
	uint64_t now;
	struct sim_random random;
	struct sim_queue queue;
	uint32_t node_count;
	/** Node n is at position n - 1. */
	struct sim_node *nodes;
	/** From node a to node b: position (a - 1) * node_count + b - 1. */
	struct sim_link *links;
	uint64_t messages_sent;
	uint64_t messages_delivered;
	/** What a member is shown of a message; poisoned after. */
	struct raft_message shown;
	struct raft_entry *shown_entries;
	struct raft_snapshot_content shown_content;
	size_t shown_room;
	/** Events since time last passed: a member that never comes to rest
	 *  would stop the world. */
	uint64_t events_now;
	struct sim_client client;
	struct raft_tally metrics;
	struct sim_lag lag;
	struct sim_checks checks;
	struct sim_verdict verdict;
	/** Of the user's state machine; NULL: there is none. */
	void *model;
	struct raft_sim_limits limits;
	/** Since when. */
	uint64_t limited_at;
	/** A node changed since the leader was looked for. */
	bool changed;
	uint32_t leader;
	uint64_t leader_term;
	uint64_t leader_since;
};

/** Aborts if there is no such node. */
struct sim_node *sim_node_at(const struct raft_sim *sim, uint32_t number);
struct sim_link *sim_link_at(const struct raft_sim *sim, uint32_t from,
			     uint32_t to);

void sim_network_send(struct sim_node *node, const struct raft_message *send);
/** An arrival at a node that runs: what the member is to be shown. */
void sim_network_deliver(struct sim_node *node, struct sim_message *message);
/** A message arrived at a node that is down. */
void sim_network_drop(struct raft_sim *sim, const struct sim_message *message,
		      const char *why);
/** A node's connections close. */
void sim_network_close(struct sim_node *node);
void sim_network_free(struct raft_sim *sim);

/** After each event and each verb: who leads now. */
void sim_settle(struct raft_sim *sim);

/** A line of the trace; free if nobody listens. */
void sim_trace(struct raft_sim *sim, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** The same of a verb: the statement that it is goes to the hook too, what came
 *  of it only into the trace. */
void sim_verb(struct raft_sim *sim, const char *outcome, const char *format,
	      ...) __attribute__((format(printf, 3, 4)));

enum {
	SIM_OUTCOME_BYTES = 48,
	SIM_SET_BYTES = 8 + 4 * RAFT_SIM_NODES_MAX,
};

/** A set of nodes as scenarios write it, with this before it; of none "".
 *  Returns the text. */
const char *sim_set_print(char text[SIM_SET_BYTES], const char *before,
			  uint64_t set);
/** Of one node, or of none if it is 0. */
uint64_t sim_set_of(uint32_t number);

/** What the library answered, as an outcome. Returns the text. */
const char *sim_outcome(enum raft_result result, char text[SIM_OUTCOME_BYTES]);

static inline bool
sim_is_traced(const struct raft_sim *sim)
{
	return sim->options.hooks.trace != NULL;
}

#endif
