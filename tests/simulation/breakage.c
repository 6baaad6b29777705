/*
 * What breaks in a trial of an upgrade: one thing for a while, which is more than
 * most groups see at a time, but never all that a group needs.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How long nothing can be written says something of a build only where something
 * could be. So a majority of the voters always works and its members reach each
 * other, or all of them reach one who has what was committed; what a group cannot
 * come out of by any of our modules (the constrained election) is not drawn. The
 * others, the *outsiders*, are broken in any way: half of the time the leader is
 * one of them.
 */
#include "tests/simulation/upgrade.h"

/** What breaks, and whom it is about. */
struct breakage {
	struct trial *trial;
	uint64_t outside;
	uint32_t leader;
};

static bool
is_outside(const struct breakage *b, uint32_t node)
{
	return (b->outside >> (node - 1) & 1) != 0;
}

static uint32_t
any_voter(const struct breakage *b)
{
	return 1 + (uint32_t)draw(b->trial, b->trial->voters - 1);
}

static uint32_t
any_outsider(const struct breakage *b)
{
	uint32_t node;

	do
		node = any_voter(b);
	while (!is_outside(b, node));
	return node;
}

static void
choose_outsiders(struct breakage *b)
{
	uint64_t most = (b->trial->voters - 1) / 2;
	uint64_t count = 1 + draw(b->trial, most - 1);

	b->leader = raft_sim_leader(b->trial->sim);
	if (draw(b->trial, 1) == 0 && b->leader != 0) {
		b->outside |= UINT64_C(1) << (b->leader - 1);
		count--;
	}
	while (count > 0) {
		uint32_t node = any_voter(b);

		count -= is_outside(b, node) ? 0 : 1;
		b->outside |= UINT64_C(1) << (node - 1);
	}
}

/* ---------------------------------------------------------------- network */

static void
cut(const struct breakage *b, uint32_t from, uint32_t to)
{
	raft_sim_cut(b->trial->sim, from, to, RAFT_SIM_EVERY_KIND);
}

static void
cut_both(const struct breakage *b, uint32_t one, uint32_t other)
{
	cut(b, one, other);
	cut(b, other, one);
}

/** Of both directions between an outsider and anybody. */
static void
each_link(const struct breakage *b,
	  void (*act)(const struct breakage *, uint32_t, uint32_t))
{
	for (uint32_t from = 1; from <= b->trial->nodes; from++)
		for (uint32_t to = 1; to <= b->trial->nodes; to++)
			if (from != to &&
			    (is_outside(b, from) || is_outside(b, to)))
				act(b, from, to);
}

static void
cut_from_others(const struct breakage *b, uint32_t from, uint32_t to)
{
	if (is_outside(b, from) != is_outside(b, to))
		cut(b, from, to);
}

/** Outsiders have one another alone. */
static void
cut_off(const struct breakage *b)
{
	each_link(b, cut_from_others);
}

static void
cut_perhaps(const struct breakage *b, uint32_t from, uint32_t to)
{
	if (draw(b->trial, 1) == 0)
		cut(b, from, to);
}

static void
cut_directions(const struct breakage *b)
{
	each_link(b, cut_perhaps);
}

static void
cut_both_perhaps(const struct breakage *b, uint32_t from, uint32_t to)
{
	if (from < to && draw(b->trial, 1) == 0)
		cut_both(b, from, to);
}

static void
cut_links(const struct breakage *b)
{
	each_link(b, cut_both_perhaps);
}

/** Outsiders hear nothing, or say nothing. */
static void
cut_one_way(const struct breakage *b, bool hear)
{
	for (uint32_t from = 1; from <= b->trial->nodes; from++)
		for (uint32_t to = 1; to <= b->trial->nodes; to++)
			if (from != to && is_outside(b, hear ? to : from))
				cut(b, from, to);
}

static void
deafen(const struct breakage *b)
{
	cut_one_way(b, true);
}

static void
silence(const struct breakage *b)
{
	cut_one_way(b, false);
}

/** One of them has one link, the others none. */
static void
leave_a_bridge(const struct breakage *b)
{
	uint32_t end = any_outsider(b), other = any_voter(b);

	each_link(b, cut);
	if (other != end) {
		raft_sim_heal(b->trial->sim, end, other);
		raft_sim_heal(b->trial->sim, other, end);
	}
}

/** It has all that any group could have relied on. */
static bool
is_fresh(const struct breakage *b, uint32_t node)
{
	struct raft_sim_node state;

	raft_sim_node(b->trial->sim, node, &state);
	return state.runs &&
	       state.status.last.index >= raft_sim_committed(b->trial->sim);
}

/** Every link but those of one in the middle, who hears the leader. One who lacks
 *  something could not be elected, and the others would not reach each other. */
static void
leave_a_star(const struct breakage *b)
{
	uint32_t hub = any_voter(b);

	if (!is_fresh(b, hub))
		return;
	for (uint32_t one = 1; one <= b->trial->voters; one++)
		for (uint32_t other = 1; other < one; other++)
			if (one != hub && other != hub)
				cut_both(b, one, other);
}

static void
lose(const struct breakage *b, uint32_t from, uint32_t to, uint64_t least,
     uint64_t most)
{
	struct raft_sim_link link = raft_sim_link(b->trial->sim, from, to);

	link.loss = (uint32_t)(least + draw(b->trial, most - least));
	raft_sim_set_link(b->trial->sim, from, to, &link);
}

static void
lose_most(const struct breakage *b, uint32_t from, uint32_t to)
{
	lose(b, from, to, 300000, 900000);
}

static void
make_lossy(const struct breakage *b)
{
	each_link(b, lose_most);
}

static void
make_all_lossy(const struct breakage *b)
{
	for (uint32_t from = 1; from <= b->trial->nodes; from++)
		for (uint32_t to = 1; to <= b->trial->nodes; to++)
			if (from != to)
				lose(b, from, to, 50000, 200000);
}

/* ---------------------------------------------------------------- servers */

static void
each_outsider(const struct breakage *b,
	      void (*act)(const struct breakage *, uint32_t))
{
	for (uint32_t node = 1; node <= b->trial->voters; node++)
		if (is_outside(b, node))
			act(b, node);
}

static void
crash_one(const struct breakage *b, uint32_t node)
{
	raft_sim_crash(b->trial->sim, node,
		       (enum raft_sim_crash)draw(b->trial, 2));
}

static void
crash(const struct breakage *b)
{
	each_outsider(b, crash_one);
}

static void
pause_one(const struct breakage *b, uint32_t node)
{
	raft_sim_pause(b->trial->sim, node);
}

static void
pause_some(const struct breakage *b)
{
	each_outsider(b, pause_one);
}

static void
stall_one(const struct breakage *b, uint32_t node)
{
	raft_sim_set_disk(b->trial->sim, node, RAFT_SIM_DISK_STALL);
}

static void
stall_disks(const struct breakage *b)
{
	each_outsider(b, stall_one);
}

void
breakage_begins(struct trial *trial)
{
	static void (*const ways[])(const struct breakage *) = {
		cut_off,      cut_directions, cut_links,      deafen,
		silence,      leave_a_bridge, leave_a_bridge, leave_a_star,
		leave_a_star, make_lossy,     make_all_lossy, crash,
		pause_some,   stall_disks,
	};
	struct breakage b = { .trial = trial };
	size_t last = sizeof(ways) / sizeof(ways[0]) - 1;

	choose_outsiders(&b);
	ways[draw(trial, last)](&b);
}
