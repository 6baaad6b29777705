/*
 * What goes wrong in a trial, and how all of it is mended.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/simulation/sweep.h"

static uint32_t
any_node(struct trial *trial)
{
	return 1 + (uint32_t)draw(trial, trial->nodes - 1);
}

static void
cut_one_way(struct trial *trial)
{
	raft_sim_cut(trial->sim, any_node(trial), any_node(trial),
		     RAFT_SIM_EVERY_KIND);
}

static void
cut_both_ways(struct trial *trial)
{
	uint32_t one = any_node(trial), other = any_node(trial);

	raft_sim_cut(trial->sim, one, other, RAFT_SIM_EVERY_KIND);
	raft_sim_cut(trial->sim, other, one, RAFT_SIM_EVERY_KIND);
}

/** Cut what one node hears, says, or both. */
static void
cut_off(struct trial *trial)
{
	uint32_t node = any_node(trial);
	uint64_t how = draw(trial, 2);

	for (uint32_t other = 1; other <= trial->nodes; other++) {
		if (how != 0)
			raft_sim_cut(trial->sim, node, other,
				     RAFT_SIM_EVERY_KIND);
		if (how != 1)
			raft_sim_cut(trial->sim, other, node,
				     RAFT_SIM_EVERY_KIND);
	}
}

static void
cut_a_kind(struct trial *trial)
{
	static const char *const kinds[] = {
		"append",  "append-answer",  "vote",	 "vote-answer",
		"prevote", "prevote-answer", "snapshot",
	};

	raft_sim_cut(trial->sim, any_node(trial), any_node(trial),
		     raft_sim_kind(kinds[draw(trial, 6)]));
}

static void
worsen_link(struct trial *trial)
{
	struct raft_sim_link link = {
		.latency = { 0, draw(trial, ELECTION_US / 2) },
		.loss = (uint32_t)draw(trial, 600000),
		.duplicate = (uint32_t)draw(trial, 600000),
	};

	raft_sim_set_link(trial->sim, any_node(trial), any_node(trial), &link);
}

static void
heal_link(struct trial *trial)
{
	uint32_t from = any_node(trial), to = any_node(trial);

	raft_sim_heal(trial->sim, from, to);
	raft_sim_default_link(trial->sim, from, to);
}

static void
heal_network(struct trial *trial)
{
	raft_sim_heal_all(trial->sim);
	raft_sim_default_links(trial->sim);
}

static void
hold_link(struct trial *trial)
{
	raft_sim_hold(trial->sim, any_node(trial), any_node(trial),
		      RAFT_SIM_EVERY_KIND);
}

static void
replay(struct trial *trial)
{
	(void)raft_sim_replay(trial->sim, any_node(trial), any_node(trial),
			      RAFT_SIM_EVERY_KIND, 1 + draw(trial, 20));
}

static void
crash(struct trial *trial)
{
	raft_sim_crash(trial->sim, any_node(trial),
		       (enum raft_sim_crash)draw(trial, 2));
}

static void
crash_leader(struct trial *trial)
{
	uint32_t leader = raft_sim_leader(trial->sim);

	if (leader != 0)
		raft_sim_crash(trial->sim, leader,
			       (enum raft_sim_crash)draw(trial, 2));
}

/** A leader that is left with one follower, or none, and keeps writing. */
static void
strand_leader(struct trial *trial)
{
	uint32_t leader = raft_sim_leader(trial->sim), kept = any_node(trial);

	if (leader == 0)
		return;
	for (uint32_t other = 1; other <= trial->nodes; other++) {
		if (other == kept)
			continue;
		raft_sim_cut(trial->sim, leader, other, RAFT_SIM_EVERY_KIND);
		raft_sim_cut(trial->sim, other, leader, RAFT_SIM_EVERY_KIND);
	}
	(void)raft_sim_propose(trial->sim, leader, 1 + draw(trial, 20), 16);
}

static void
crash_all(struct trial *trial)
{
	for (uint32_t node = 1; node <= trial->nodes; node++)
		raft_sim_crash(trial->sim, node, RAFT_SIM_POWEROFF);
}

static void
start(struct trial *trial)
{
	raft_sim_start(trial->sim, any_node(trial));
}

static void
start_all(struct trial *trial)
{
	for (uint32_t node = 1; node <= trial->nodes; node++)
		raft_sim_start(trial->sim, node);
}

static void
pause_node(struct trial *trial)
{
	raft_sim_pause(trial->sim, any_node(trial));
}

static void
resume_node(struct trial *trial)
{
	raft_sim_resume(trial->sim, any_node(trial));
}

static void
change_disk(struct trial *trial)
{
	static const enum raft_sim_disk states[] = {
		RAFT_SIM_DISK_OK,    RAFT_SIM_DISK_OK,	 RAFT_SIM_DISK_STALL,
		RAFT_SIM_DISK_STALL, RAFT_SIM_DISK_FULL, RAFT_SIM_DISK_FAIL,
	};

	raft_sim_set_disk(trial->sim, any_node(trial), states[draw(trial, 5)]);
}

static void
slow_disk(struct trial *trial)
{
	raft_sim_set_disk_latency(
	    trial->sim, any_node(trial),
	    (struct raft_sim_range){ 0, draw(trial, ELECTION_US) });
}

static void
change_clock(struct trial *trial)
{
	raft_sim_set_clock(trial->sim, any_node(trial),
			   (uint32_t)(800000 + draw(trial, 400000)));
}

static void
campaign(struct trial *trial)
{
	(void)raft_sim_campaign(trial->sim, any_node(trial));
}

static void
transfer(struct trial *trial)
{
	(void)raft_sim_transfer(trial->sim, any_node(trial));
}

static void
step_down(struct trial *trial)
{
	(void)raft_sim_step_down(trial->sim, any_node(trial));
}

static void
read_somewhere(struct trial *trial)
{
	(void)raft_sim_read(trial->sim, any_node(trial));
}

static void
read_everywhere(struct trial *trial)
{
	for (uint32_t node = 1; node <= trial->nodes; node++)
		(void)raft_sim_read(trial->sim, node);
}

static void
burst(struct trial *trial)
{
	(void)raft_sim_propose(trial->sim, 0, 1 + draw(trial, 300), 16);
}

static void
snapshot(struct trial *trial)
{
	(void)raft_sim_snapshot(trial->sim, any_node(trial));
}

static void
snapshot_everywhere(struct trial *trial)
{
	for (uint32_t node = 1; node <= trial->nodes; node++)
		(void)raft_sim_snapshot(trial->sim, node);
}

/** Faults and mendings; what stands twice happens twice as often. */
static void (*const deeds[])(struct trial *) = {
	cut_one_way,  cut_one_way,  cut_both_ways, cut_both_ways, cut_off,
	cut_a_kind,   worsen_link,  heal_link,	   heal_link,	  heal_link,
	heal_network, heal_network, hold_link,	   replay,	  crash,
	crash,	      crash_leader, crash_leader,  strand_leader, strand_leader,
	crash_all,    start,	    start,	   start_all,	  start_all,
	pause_node,   resume_node,  resume_node,   change_disk,	  change_disk,
	slow_disk,    change_clock, campaign,	   step_down,	  transfer,
	burst,	      read_somewhere, read_everywhere, read_everywhere,
	snapshot,     snapshot,	    snapshot_everywhere,
	members_change, members_change, members_change, members_exchange,
	members_exchange, members_lose_disk,
};

void
fault_happens(struct trial *trial)
{
	size_t last = sizeof(deeds) / sizeof(deeds[0]) - 1;

	deeds[draw(trial, last)](trial);
}

static void
heal_node(struct trial *trial, uint32_t node)
{
	struct raft_sim_node state;

	raft_sim_set_disk(trial->sim, node, RAFT_SIM_DISK_OK);
	raft_sim_set_disk_latency(trial->sim, node,
				  (struct raft_sim_range){ 0, 1000 });
	raft_sim_set_clock(trial->sim, node, RAFT_SIM_MILLION);
	raft_sim_resume(trial->sim, node);
	raft_sim_node(trial->sim, node, &state);
	if (state.status.stopped)
		raft_sim_crash(trial->sim, node, RAFT_SIM_CRASH);
	raft_sim_start(trial->sim, node);
}

void
faults_heal_but(struct trial *trial, uint32_t down)
{
	heal_network(trial);
	for (uint32_t node = 1; node <= trial->nodes; node++)
		if (node != down)
			heal_node(trial, node);
}

void
faults_heal(struct trial *trial)
{
	faults_heal_but(trial, 0);
}
