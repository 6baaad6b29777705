/*
 * A group of members in one process: messages are passed at once and in order,
 * logs are in memory and durable one turn later, and memory can run out.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_CORE_GROUP_H
#define TESTS_CORE_GROUP_H

#include "tests/core/rig.h"

#define GROUP_MEMBERS 4
#define GROUP_ENTRIES_MAX 1024
#define GROUP_BYTES_MAX 512
#define GROUP_SNAPSHOT_BYTES 200

/** An entry in a log. */
struct kept {
	uint64_t term;
	enum raft_entry_kind kind;
	size_t length;
	uint8_t bytes[GROUP_BYTES_MAX];
};

/** A state machine's state, as a snapshot holds it. */
struct state {
	struct raft_entry_id at;
	uint64_t value;
};

struct member {
	struct raft *raft;
	struct raft_identity identity;
	bool bootstrapped;
	/** Its log: entries from base.index + 1 to last. */
	uint64_t term;
	struct raft_identity vote;
	struct raft_entry_id base;
	uint64_t base_configuration_index;
	uint8_t base_configuration[GROUP_BYTES_MAX];
	size_t base_configuration_length;
	uint64_t last;
	struct kept log[GROUP_ENTRIES_MAX];
	struct state machine;
	/** Its own snapshot, and the one that a leader sends. */
	struct state snapshot;
	uint8_t received[GROUP_SNAPSHOT_BYTES];
};

struct group {
	uint64_t now;
	struct member members[GROUP_MEMBERS];
	/** This one neither sends nor receives; SIZE_MAX: nobody. */
	size_t cut_off;
	/** Messages on their way. */
	struct passage *first;
	struct passage **end;
	/** The term of each entry that was applied, and the machine after it. */
	struct state history[GROUP_ENTRIES_MAX];
	uint64_t proposed;
	size_t reads_ended;
	/** Allocations of all members; the one that fails, and how long all
	 *  that follow it do. */
	uint64_t allocations;
	uint64_t fail_at;
	uint64_t shortage_us;
	uint64_t shortage_until;
	long blocks;
	/** Verbs refused for want of memory. */
	uint64_t refusals;
};

void group_create(struct group *group);
/** Also checks that all memory came back. */
void group_destroy(struct group *group);

/** From what its log holds; the first three are bootstrapped the first time.
 *  Tried again until there is memory for it. */
void group_start(struct group *group, size_t position);
void group_crash(struct group *group, size_t position);

/** A hundredth of T passes, and all that is sent arrives. */
void group_pass(struct group *group);
/** Until that holds, within 60 T. A member that has stopped is started again. */
void group_until(struct group *group, bool (*holds)(struct group *group));
/** Take what this one owes. */
void group_turn(struct group *group, struct member *member);

/** One leads that is not cut off. */
bool group_has_leader(struct group *group);
struct member *group_leader(struct group *group);
/** All that the leader has is committed and applied by each voter that runs and
 *  is not cut off. */
bool group_is_settled(struct group *group);
bool group_has_voters(struct group *group, uint32_t voters);
size_t group_other_voter(struct group *group, size_t position);

enum raft_result group_propose(struct group *group, struct member *member);
enum raft_result group_reconfigure(struct group *group, struct member *leader,
				   uint32_t voters);
/** Each that runs takes a snapshot of all that it has applied. */
void group_snapshot(struct group *group);
/** All machines that are members agree. */
void group_check(struct group *group);

#endif
