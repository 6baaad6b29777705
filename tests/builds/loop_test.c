/*
 * The loop that raft.h shows, as it stands there, runs a group of one.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "raft/raft.h"

static struct raft *raft;
static uint64_t now;
static uint64_t saved;
static uint64_t applied;
static uint64_t committed;
static bool is_read;
static int turns;

/* ------------------------------------------------------ what it calls */

static bool
wait_until(uint64_t deadline)
{
	static const struct raft_payload payload = { .data = "a", .length = 1 };
	struct raft_entry_id entry;
	uint64_t read;

	if (deadline != UINT64_MAX && deadline > now)
		now = deadline;
	if (raft_propose(raft, &payload, 1, now, &entry) == RAFT_OK)
		(void)!raft_read(raft, now, &read);
	return applied < 20 && turns++ < 1000;
}

static uint64_t
clock_us(void)
{
	return now;
}

static const struct raft_message *
next_message(void)
{
	return NULL;
}

static void
log_save(const struct raft_save *save)
{
	saved = save->token;
}

static uint64_t
log_durable(void)
{
	return saved;
}

static void
network_send(const struct raft_message *message)
{
	(void)message;
}

static void
snapshot_store(const struct raft_snapshot_part *part)
{
	(void)part;
}

static void
snapshot_verify(struct raft_entry_id snapshot)
{
	raft_snapshot_damaged(raft, snapshot, now);
}

static void
machine_load(struct raft_entry_id snapshot)
{
	raft_applied(raft, snapshot.index);
}

static void
machine_apply(struct raft_range range)
{
	applied = range.last;
	raft_applied(raft, applied);
}

static void
client_read(const struct raft_read *read)
{
	is_read |= read->index > 0;
}

static void
client_answer(const struct raft_outcome *outcome)
{
	committed += outcome->kind == RAFT_OUTCOME_COMMITTED;
}

/* ---------------------------------------------------------------- main */

int
main(void)
{
	const struct raft_member self = {
		.identity = { .id = 1, .incarnation = 1 },
		.role = RAFT_MEMBER_VOTER,
	};
	const struct raft_configuration first = {
		.election_timeout_us = 1000000,
		.members = &self,
		.member_count = 1,
	};
	const struct raft_options options = { .self = self.identity };
	const struct raft_stored nothing = { 0 };

	if (raft_start(&options, &nothing, now, &raft) != RAFT_OK ||
	    raft_bootstrap(raft, &first, now) != RAFT_OK)
		return 1;
#include "tests/builds/loop.inc"
	raft_destroy(raft);
	printf("applied %d, outcomes %d, read: %s\n", (int)applied,
	       (int)committed, is_read ? "yes" : "no");
	return applied >= 20 && committed > 0 && is_read ? 0 : 1;
}
