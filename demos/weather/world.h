/*
 * The inside of a world of processes: what the files of weather share.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     world.c    the world: its time, its beginning and end, how it goes on
 *     verbs.c    what is done to it and asked of it, in a table
 *     nodes.c    the processes: their lives, and what they report
 *     client.c   who writes and reads, and what became of it
 *     record.c   what was committed, and whether all agree about it
 *     ask.c      questions about the present
 *     folder.c   where the disks are
 *     member.c   what such a process does; talk.h, what it is told and tells
 *     network.c  the packets between them
 *     disk.c     its syncs
 *
 * Where nothing else is said, times are the scenario's, in microseconds.
 */
#ifndef OUTRIGGER_WEATHER_WORLD_H
#define OUTRIGGER_WEATHER_WORLD_H

#include <limits.h>
#include <stdio.h>
#include <sys/types.h>

#include "assists/sim/tally.h"
#include "demos/weather/disk.h"
#include "demos/weather/network.h"
#include "demos/weather/talk.h"
#include "demos/weather/weather.h"

/** Room for the name of a folder; a file in it has PATH_MAX. */
#define FOLDER_BYTES 512

/* ------------------------------------------------------------------ nodes */

struct node {
	uint32_t number;
	/** 0: it is down. */
	pid_t process;
	bool paused;
	/** By its scenario, once: that it waits says nothing of the machine. */
	bool is_slowed;
	/** Its core has refused its start, and it ends. */
	bool is_refused;
	/** What reports come from and orders go to; -1: it is down. */
	int talk;
	/** Orders that the socket had no room for. */
	struct order *waiting;
	size_t waiting_count;
	/** The last order that it has obeyed, of those that are waited for. */
	uint64_t obeyed;
	struct disk *disk;
	struct counts *counts;
	char folder[FOLDER_BYTES + 8];
	/** Of its next start. */
	struct raft_options options;
	uint64_t module_options[RAFT_MODULE_MAX + 1][RAFT_MODULE_OPTIONS_MAX];
	uint64_t incarnation;
	/** Its log was made, in this incarnation. */
	bool has_log;

	/* As it reported: all zero while it is down. */
	struct report_status status;
	struct report_members members;
	uint64_t applied_index;
	uint64_t applied_writes;

	/* What follows from that. */
	bool told_removed;
	bool leads;
	uint64_t candidacy_term;
	bool says_it_leads;
	/** The most that it lacked, in the whole run and since the mark. */
	uint64_t lag[2];
};

/** Start a process, kill it, stop it, let it go on. False: no effect. */
bool node_start(struct raft_sim *sim, struct node *node);
bool node_kill(struct raft_sim *sim, struct node *node);
bool node_wipe(struct raft_sim *sim, struct node *node);
bool node_pause(struct raft_sim *sim, struct node *node, bool pauses);
bool node_runs(const struct node *node);

void node_order(struct node *node, const struct order *order);
/** Take what it has reported. False: it had nothing to report. */
bool node_hear(struct raft_sim *sim, struct node *node);

/* ----------------------------------------------------------------- client */

/** A write or a read. */
struct ask {
	bool reads;
	/** Who has it; 0: nobody yet. */
	uint32_t node;
	/** One that is asked again after it was lost has a new id. */
	uint64_t id;
	uint64_t first_id;
	/** The id of the first of those that were proposed with it; 0: alone. */
	uint64_t batch;
	uint64_t bytes;
	uint64_t bound_us;
	/** It is not offered before. */
	uint64_t due_at;
	/** When it was offered, by the clock of the history. */
	uint64_t invoked_ns;
	/** Asked again when it is lost or refused. */
	bool retried;
	/** What a read has to show: all up to this index. */
	uint64_t seen;
};

/** An open loop of writes or of reads; every_us 0: none. */
struct loop {
	uint64_t every_us;
	uint64_t next_at;
	uint64_t bytes;
	uint64_t nodes;
	uint32_t last_node;
	uint64_t bound_us;
};

struct client {
	struct loop writes;
	struct loop reads;
	struct ask *asks;
	size_t count;
	uint64_t last_id;
	/** One is due at this time to be offered again. */
	uint64_t retry_at;
	/** NULL: nobody wants it. */
	FILE *history;
};

/** Begin what is due. False: nothing was. */
bool client_act(struct raft_sim *sim, uint64_t now);
/** When it will have something to do. */
uint64_t client_due(const struct raft_sim *sim);
/** Somebody may have begun to lead. */
void client_wake(struct raft_sim *sim);
void client_report(struct raft_sim *sim, const struct node *node,
		   const struct report *report);
/** Writes that are neither acknowledged nor given up. */
uint64_t client_waiting(const struct raft_sim *sim);
/** A node took with it what it had. */
void client_forget(struct raft_sim *sim, uint32_t node);
/** The running node that says it leads with the highest term; NULL: none. */
struct node *client_target(struct raft_sim *sim);

enum raft_result client_propose(struct raft_sim *sim, uint32_t node,
				size_t count, size_t bytes);
enum raft_result client_read(struct raft_sim *sim, uint32_t node,
			     uint64_t bound_us);
void client_set_writes(struct raft_sim *sim, uint64_t every_us, size_t bytes);
void client_set_reads(struct raft_sim *sim, uint64_t every_us, uint64_t nodes,
		      uint64_t bound_us);
void client_begin(struct raft_sim *sim);
void client_end(struct raft_sim *sim);

/* ----------------------------------------------------------------- record */

/** An index of the one log that there should be. */
struct place {
	bool is_known;
	/** What it has written; 0: it is of no client. */
	uint64_t written;
	/** What was acknowledged as standing here; 0: nothing. */
	uint64_t acknowledged;
	/** Writes up to here. */
	uint64_t writes;
};

/** Who led in a term. */
struct reign {
	uint64_t term;
	uint32_t node;
};

struct record {
	/** Index i is at position i - 1. */
	struct place *places;
	size_t room;
	/** All up to here are known. */
	uint64_t known;
	/** The last index that anybody took as committed. */
	uint64_t committed;
	/** The last that was acknowledged. */
	struct raft_entry_id acknowledged;
	uint64_t lost;
	uint64_t stale;
	struct reign *reigns;
	size_t reign_count;
	/** What was seen by clients, and when. */
	struct seen {
		uint64_t at;
		uint64_t index;
	} *seen;
	size_t seen_count;
};

void record_applied(struct raft_sim *sim, struct node *node,
		    const struct report_applied *applied);
void record_loaded(struct raft_sim *sim, struct node *node,
		   const struct report *report);
void record_acknowledged(struct raft_sim *sim, uint64_t id,
			 struct raft_entry_id place);
/** Somebody leads now, who has to have all that was acknowledged before. */
void record_leader(struct raft_sim *sim, uint32_t node,
		   const struct raft_status *status);
void record_elected(struct raft_sim *sim, uint32_t node, uint64_t term);
/** A read was answered as of that index, with that value. */
void record_read(struct raft_sim *sim, const struct ask *ask,
		 const struct report *report);
/** All that clients had seen so long ago. */
uint64_t record_seen_at(const struct raft_sim *sim, uint64_t at);
/** Writes up to an index, as far as is known. */
uint64_t record_writes(const struct raft_sim *sim, uint64_t index);
/** How far each node that runs is behind. */
void record_lag(struct raft_sim *sim);
void record_free(struct record *record);

/* ------------------------------------------------------------------ world */

struct raft_sim {
	struct raft_sim_options options;
	const struct weather_options *weather;
	/** In which all of this is. */
	pid_t process;
	struct network *network;
	/** Of all disks; whoever holds this end keeps it from being removed. */
	char folder[FOLDER_BYTES];
	int folder_keeper;
	uint64_t begun_ns;
	uint32_t node_count;
	struct node *nodes;
	/** As it was said, from a to b: (a - 1) * node_count + b - 1. */
	struct raft_sim_link *links;
	struct client client;
	struct record record;
	struct raft_tally tally;
	/** Who say that they lead. */
	uint32_t leaders;
	/** How much later than they wanted to this process and the members' had
	 *  their turns, at most. */
	uint64_t late_ns;
	/** How long the machine's disk took for a sync, at most. */
	uint64_t slow_ns;
	/** Orders that were waited for. */
	uint64_t orders;
	/** "": none. */
	char violation[512];
	/** Who leads, as last seen. */
	uint32_t leader;
	uint64_t leader_term;
	uint64_t leader_since;
};

uint64_t world_now(const struct raft_sim *sim);
uint64_t world_now_ns(void);
/** A time of the scenario in microseconds of the wall's. */
uint64_t world_real_us(const struct raft_sim *sim, uint64_t us);
/** The same in nanoseconds. */
uint64_t world_real_ns(const struct raft_sim *sim, uint64_t us);

/** Of its table, whose other functions are in verbs.c. */
struct raft_sim *world_create(const struct raft_sim_options *options);
void world_destroy(struct raft_sim *sim);
bool world_step(struct raft_sim *sim, uint64_t until);
const char *world_violation(const struct raft_sim *sim);
void world_note(struct raft_sim *sim, const char *text);
void world_default_link(struct raft_sim *sim, uint32_t from, uint32_t to);
void world_set_disk_latency(struct raft_sim *sim, uint32_t node,
			    struct raft_sim_range latency);

/** Take what the processes have counted. */
void world_count(struct raft_sim *sim);

/** Have a verb of the scenario done, and wait for that. */
void world_order(struct raft_sim *sim, struct node *node, struct order *order);

/** A property that may never break did. */
void world_accuse(struct raft_sim *sim, const char *property,
		  const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** A line of the trace. */
void world_trace(const struct raft_sim *sim, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** A node is otherwise than it was: count who leads, and tell who watches. */
void world_changed(struct raft_sim *sim, struct node *node);

/* ---------------------------------------------------------------- folder */

/** A folder for a world, which is removed when that world and its processes are gone,
 *  however they went. False: errno says why. */
bool folder_create(struct raft_sim *sim);
void folder_remove(const char *path);
/** Certificates for all nodes, in its folder `tls`. False: OpenSSL failed. */
bool folder_certify(const struct raft_sim *sim);

/* ------------------------------------------------------------- questions */

bool ask_says_it_leads(const struct node *node);
uint32_t ask_leader(const struct raft_sim *sim);
uint64_t ask_leader_since(const struct raft_sim *sim);
uint64_t ask_voters(const struct raft_sim *sim);
uint64_t ask_learners(const struct raft_sim *sim);
bool ask_logs_equal(const struct raft_sim *sim, uint64_t committed);
void ask_node(const struct raft_sim *sim, uint32_t number,
	      struct raft_sim_node *state);
const char *ask_role(const struct raft_sim *sim, uint32_t number);
int ask_print(const struct raft_sim *sim, uint32_t number, char *text,
	      size_t size);

#endif
