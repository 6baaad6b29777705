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
	uint64_t voters;
	uint64_t outside;
	uint32_t leader;
	/** All depends on it; 0: on nobody. */
	uint32_t hub;
};

static bool
is_in(uint64_t set, uint32_t node)
{
	return (set >> (node - 1) & 1) != 0;
}

static bool
is_outside(struct breakage *b, uint32_t node)
{
	return is_in(b->outside, node);
}

static uint32_t
any_of(struct breakage *b, uint64_t set)
{
	uint32_t node;

	do
		node = 1 + (uint32_t)draw(b->trial, b->trial->nodes - 1);
	while (!is_in(set, node));
	return node;
}

/** As far as the leader knows. While there is none, those of the beginning: one of
 *  them may be none any more, which makes fewer outsiders. */
static uint64_t
voters_of(const struct trial *trial)
{
	uint64_t voters = raft_sim_voters(trial->sim);

	return voters != 0 ? voters : (UINT64_C(1) << trial->voters) - 1;
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
		uint32_t node = any_of(b, b->voters);

		count -= is_outside(b, node) ? 0 : 1;
		b->outside |= UINT64_C(1) << (node - 1);
	}
}

/* ---------------------------------------------------------------- network */

static void
cut(struct breakage *b, uint32_t from, uint32_t to)
{
	raft_sim_cut(b->trial->sim, from, to, RAFT_SIM_EVERY_KIND);
}

static void
cut_both(struct breakage *b, uint32_t one, uint32_t other)
{
	cut(b, one, other);
	cut(b, other, one);
}

/** Of both directions between an outsider and anybody. */
static void
each_link(struct breakage *b,
	  void (*act)(struct breakage *, uint32_t, uint32_t))
{
	for (uint32_t from = 1; from <= b->trial->nodes; from++)
		for (uint32_t to = 1; to <= b->trial->nodes; to++)
			if (from != to &&
			    (is_outside(b, from) || is_outside(b, to)))
				act(b, from, to);
}

static void
cut_from_others(struct breakage *b, uint32_t from, uint32_t to)
{
	if (is_outside(b, from) != is_outside(b, to))
		cut(b, from, to);
}

/** Outsiders have one another alone. */
static void
cut_off(struct breakage *b)
{
	each_link(b, cut_from_others);
}

static void
cut_perhaps(struct breakage *b, uint32_t from, uint32_t to)
{
	if (draw(b->trial, 1) == 0)
		cut(b, from, to);
}

static void
cut_directions(struct breakage *b)
{
	each_link(b, cut_perhaps);
}

static void
cut_both_perhaps(struct breakage *b, uint32_t from, uint32_t to)
{
	if (from < to && draw(b->trial, 1) == 0)
		cut_both(b, from, to);
}

static void
cut_links(struct breakage *b)
{
	each_link(b, cut_both_perhaps);
}

/** Outsiders hear nothing, or say nothing. */
static void
cut_one_way(struct breakage *b, bool hear)
{
	for (uint32_t from = 1; from <= b->trial->nodes; from++)
		for (uint32_t to = 1; to <= b->trial->nodes; to++)
			if (from != to && is_outside(b, hear ? to : from))
				cut(b, from, to);
}

static void
deafen(struct breakage *b)
{
	cut_one_way(b, true);
}

static void
silence(struct breakage *b)
{
	cut_one_way(b, false);
}

/** One of them has one link, the others none. */
static void
leave_a_bridge(struct breakage *b)
{
	uint32_t end = any_of(b, b->outside), other = any_of(b, b->voters);

	each_link(b, cut);
	if (other != end) {
		raft_sim_heal(b->trial->sim, end, other);
		raft_sim_heal(b->trial->sim, other, end);
	}
}

/** It has all that any group could have relied on. */
static bool
is_fresh(struct breakage *b, uint32_t node)
{
	struct raft_sim_node state;

	raft_sim_node(b->trial->sim, node, &state);
	return state.runs &&
	       state.status.last.index >= raft_sim_committed(b->trial->sim);
}

/** Every link but those of one in the middle, who hears the leader. One who lacks
 *  something could not be elected, and the others would not reach each other. */
static void
leave_a_star(struct breakage *b)
{
	uint32_t hub = any_of(b, b->voters);

	if (!is_fresh(b, hub))
		return;
	b->hub = hub;
	for (uint32_t one = 1; one <= b->trial->nodes; one++)
		for (uint32_t other = 1; other < one; other++)
			if (one != hub && other != hub &&
			    is_in(b->voters, one) && is_in(b->voters, other))
				cut_both(b, one, other);
}

static void
lose(struct breakage *b, uint32_t from, uint32_t to, uint64_t least,
     uint64_t most)
{
	struct raft_sim_link link = raft_sim_link(b->trial->sim, from, to);

	link.loss = (uint32_t)(least + draw(b->trial, most - least));
	raft_sim_set_link(b->trial->sim, from, to, &link);
}

static void
lose_most(struct breakage *b, uint32_t from, uint32_t to)
{
	lose(b, from, to, 300000, 900000);
}

static void
make_lossy(struct breakage *b)
{
	each_link(b, lose_most);
}

static void
make_all_lossy(struct breakage *b)
{
	for (uint32_t from = 1; from <= b->trial->nodes; from++)
		for (uint32_t to = 1; to <= b->trial->nodes; to++)
			if (from != to)
				lose(b, from, to, 50000, 200000);
}

/* ---------------------------------------------------------------- servers */

static void
each_outsider(struct breakage *b, void (*act)(struct breakage *, uint32_t))
{
	for (uint32_t node = 1; node <= b->trial->nodes; node++)
		if (is_outside(b, node))
			act(b, node);
}

static void
crash_one(struct breakage *b, uint32_t node)
{
	raft_sim_crash(b->trial->sim, node,
		       (enum raft_sim_crash)draw(b->trial, 2));
}

static void
crash(struct breakage *b)
{
	each_outsider(b, crash_one);
}

static void
pause_one(struct breakage *b, uint32_t node)
{
	raft_sim_pause(b->trial->sim, node);
}

static void
pause_some(struct breakage *b)
{
	each_outsider(b, pause_one);
}

static void
stall_one(struct breakage *b, uint32_t node)
{
	raft_sim_set_disk(b->trial->sim, node, RAFT_SIM_DISK_STALL);
}

static void
stall_disks(struct breakage *b)
{
	each_outsider(b, stall_one);
}

uint32_t
breakage_begins(struct trial *trial)
{
	static void (*const ways[])(struct breakage *) = {
		cut_off,      cut_directions, cut_links,      deafen,
		silence,      leave_a_bridge, leave_a_bridge, leave_a_star,
		leave_a_star, make_lossy,     make_all_lossy, crash,
		pause_some,   stall_disks,
	};
	struct breakage b = { .trial = trial, .voters = voters_of(trial) };
	size_t last = sizeof(ways) / sizeof(ways[0]) - 1;

	choose_outsiders(&b);
	ways[draw(trial, last)](&b);
	return b.hub;
}
