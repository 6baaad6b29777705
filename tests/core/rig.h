/*
 * A rig for one member: its peers are the test, its log is durable when the
 * test says so, its memory is counted and can run out.
 *
 * A test speaks of servers by number: the member is 1, its peers are 2, 3, ...
 * Which ids these have depends on the member's place in the configuration, which
 * is ordered by id; rig_run() runs a test with it in the first place, in a middle
 * one and in the last.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_CORE_RIG_H
#define TESTS_CORE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "raft/raft.h"

/** The least election timeout of every rig. */
#define T 1000000u
#define RIG_SENT_MAX 512
#define RIG_VOTERS_MAX 9
#define RIG_SNAPSHOT_MAX 256

struct rig {
	struct raft *raft;
	uint64_t now;
	size_t voters;
	/** What peers say of their builds. */
	uint64_t capabilities;
	/** All that was sent since rig_forget. */
	struct raft_message sent[RIG_SENT_MAX];
	size_t sent_count;
	/** The newest save handed out, and how many there were. */
	struct raft_save save;
	size_t saves;
	/** Copies of its entries. */
	struct raft_entry saved[64];
	/** The contents of the snapshot messages among `sent`. */
	struct raft_snapshot_content contents[RIG_SENT_MAX];
	/** What the newest save with a snapshot said of it. */
	struct raft_stored_snapshot reset;
	uint8_t reset_configuration[512];
	/** The parts handed out: how many, and what they make. */
	size_t parts;
	char snapshot[RIG_SNAPSHOT_MAX];
	struct raft_entry_id installed;
	/** The snapshot that is to be read back. */
	struct raft_entry_id verify;
	/** Ends of reads handed out. */
	size_t reads;
	/** The last entry handed out for apply. */
	uint64_t applied;
	struct raft_outcome outcomes[16];
	size_t outcome_count;
	struct raft_event events[64];
	size_t event_count;
	/** Allocations to be granted before the next one fails; -1: all. */
	long allocations_left;
	long allocated_blocks;
	size_t allocated_bytes;
};

struct rig_options {
	/** "baseline", "prevote+stickiness", ...; NULL: baseline. */
	const char *build;
	/** Default 3. */
	size_t voters;
	/** NULL: bootstrapped and saved. */
	const struct raft_stored *stored;
	uint64_t uncommitted_entries_max;
	uint64_t uncommitted_bytes_max;
	uint64_t bytes_in_flight_max;
	uint32_t appends_in_flight_max;
	uint32_t payload_bytes_max;
	uint64_t heartbeat_us;
	/** Default 7. */
	uint64_t seed;
	uint32_t snapshot_part_bytes;
	uint64_t snapshot_tail_entries;
	/** Of the module of that number; NULL: all its defaults. */
	const void *module_options;
	uint32_t module;
	bool snapshot_spare;
	bool ahead_of_disk;
	/** Of the first configuration, if it is bootstrapped. */
	uint32_t clock_drift;
	/** Of peers' builds. */
	uint64_t capabilities;
};

/** Run these tests with the member in each place. */
#define rig_run(tests)                                                         \
	rig_run_in_each_place(tests, sizeof(tests) / sizeof((tests)[0]))
int rig_run_in_each_place(const struct CMUnitTest *tests, size_t count);

/** The id of a server; 0 is nobody's. */
uint64_t rig_id(uint64_t number);
struct raft_identity rig_identity(uint64_t number);
/** Its number, as a character. */
char rig_digit(struct raft_identity identity);
/** From members who have numbers for ids to members as they have to be: these
 *  get their ids and their order. */
void rig_order(struct raft_member *members, size_t count);

/** The member is number 1. */
void rig_start(struct rig *rig, const struct rig_options *options);
void rig_stop(struct rig *rig);
/** The first configuration, as its entry's bytes. Static. */
struct raft_stored_configuration rig_configuration(size_t voters);

/** Take all that is owed; nothing becomes durable. */
void rig_turn(struct rig *rig);
/** All that was handed out is durable; then take what that brings. */
void rig_save(struct rig *rig);
/** rig_turn, rig_save. */
void rig_settle(struct rig *rig);
/** Time passes; the deadline, if reached, is told. */
void rig_pass(struct rig *rig, uint64_t us);
/** Until the election timer fires. */
void rig_time_out(struct rig *rig);
void rig_forget(struct rig *rig);

/** The newest message of that name ("vote") to that peer; NULL: none. */
const struct raft_message *rig_sent(const struct rig *rig, const char *name,
				    uint64_t to);
size_t rig_count(const struct rig *rig, const char *name);
/** How many events of that kind there were since rig_forget. */
size_t rig_events(const struct rig *rig, enum raft_event_kind kind);
/** The newest of that kind; NULL: none. */
const struct raft_event *rig_event(const struct rig *rig,
				   enum raft_event_kind kind);

/** Messages to the member. Give fills in the addresses, then delivers. */
enum raft_result rig_give(struct rig *rig, uint64_t from,
			  struct raft_message message);
/** An append with entries of these terms after `previous`. A fresh sequence. */
void rig_append(struct rig *rig, uint64_t from, uint64_t term,
		struct raft_entry_id previous, const uint64_t *terms,
		size_t count, uint64_t commit);
void rig_heartbeat(struct rig *rig, uint64_t from, uint64_t term);
void rig_vote(struct rig *rig, uint64_t from, uint64_t term,
	      struct raft_entry_id tip);
void rig_grant(struct rig *rig, uint64_t from);
/** That one says, of a log like ours, that we are no member. */
void rig_disown(struct rig *rig, uint64_t from, uint64_t asked_term);
/** Of a log with that tip. */
void rig_disown_by(struct rig *rig, uint64_t from, uint64_t asked_term,
		   struct raft_entry_id tip);
/** Answer the newest append to that peer: accepted, with this match. */
void rig_accept(struct rig *rig, uint64_t from, uint64_t match);

/** Elected in term 2, its no-op saved but not yet acknowledged. */
void rig_lead(struct rig *rig);
enum raft_result rig_propose(struct rig *rig, size_t count);
/** One, of so many bytes, at most 1000. */
enum raft_result rig_propose_bytes(struct rig *rig, size_t length);
enum raft_result rig_transfer(struct rig *rig, uint64_t to);
/** All up to there is in a snapshot that is not for others. */
enum raft_result rig_compact(struct rig *rig, uint64_t index);
struct raft_status rig_status(const struct rig *rig);
/** What the member says of that server, which it knows. */
struct raft_member_status rig_member(const struct rig *rig, uint64_t number);

#define ID(i, t) ((struct raft_entry_id){ .index = (i), .term = (t) })
#define TERMS(...) ((const uint64_t[]){ __VA_ARGS__ })

#endif
