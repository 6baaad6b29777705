/*
 * The inside of a member's process: what its files share.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     member.c   its log, its network, the orders that it takes, its loop
 *     machine.c  its state machine, and the snapshots of that
 *     reports.c  what it tells, and what it is still to tell of
 */
#ifndef OUTRIGGER_WEATHER_INSIDE_H
#define OUTRIGGER_WEATHER_INSIDE_H

#include <uv.h>

#include "assists/log_file/log_file.h"
#include "assists/snapshot_file/snapshot_file.h"
#include "assists/transport_tcp/transport_tcp.h"
#include "assists/transport_tls/transport_tls.h"
#include "demos/weather/member.h"
#include "demos/weather/talk.h"

/** A write or a read under way: what the core calls it. */
struct pending {
	uint64_t id;
	/** Of a write its entry; of a read its name, and term 0. */
	struct raft_entry_id name;
};

struct member {
	const struct member_options *options;
	uv_loop_t loop;
	/** Takes the node's turns, and wakes the loop for the next. */
	uv_prepare_t turn;
	uv_timer_t deadline;
	uint64_t wakes_at;
	uv_poll_t orders;
	struct raft_log_file *log;
	struct raft_snapshot_file *snapshots;
	struct raft_tcp *transport;
	struct raft_tls *tls;
	struct raft_node *node;
	struct raft *raft;
	/** The state machine: all up to this entry, so many writes, the last. */
	struct raft_entry_id applied;
	uint64_t writes;
	uint64_t value;
	/** Up to where its newest snapshot goes, and that one is wanted. */
	uint64_t snapshot_index;
	bool snapshot_is_wanted;
	struct pending *pending;
	size_t pending_count;
	/** Of the leader's snapshot, whose parts come. */
	uint64_t installing;
	/** In which it last asked whether it would be elected. */
	uint64_t preliminary_round;
	/** As it was told. */
	struct report_status shown;
	/** The last order that somebody waits for; 0: none. */
	uint64_t obeyed;
};

/* ----------------------------------------------------------------- reports */

/** Tell; `body` bytes of it belong to its kind. */
void member_report(struct member *member, const struct report *report,
		   size_t body);
/** It cannot go on: say why, and end. */
_Noreturn void member_give_up(struct member *member, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** What has changed with this turn. */
void member_report_status(struct member *member);
/** The order that somebody waits for is obeyed. */
void member_report_obeyed(struct member *member);
void member_report_refused(struct member *member, uint64_t id,
			   enum raft_result result);
void member_report_not_started(struct member *member, enum raft_result result);
/** A read was answered, as of that index; 0: lost. */
void member_report_read(struct member *member, uint64_t id, uint64_t index);

/** A write or a read goes on, as the core calls it. */
void member_remember(struct member *member, uint64_t id,
		     struct raft_entry_id name);
/** The order behind a name, which is forgotten; 0: it was another's. */
uint64_t member_recall(struct member *member, struct raft_entry_id name);

/* ----------------------------------------------------------------- machine */

/** For the node. */
extern const struct raft_node_machine member_machine;

void member_open_snapshots(struct member *member,
			   const struct raft_owner *owner);
/** Load the machine from its newest snapshot that the log reaches. */
void member_load(struct member *member, struct raft_stored *stored);
void member_take_snapshot(struct member *member);

#endif
