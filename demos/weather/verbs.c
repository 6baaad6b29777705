/*
 * What is done to a world, and asked of it: the table of its functions (weather.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "demos/weather/world.h"

/* ------------------------------------------------------------------- links */

static void
set_quality(const struct raft_sim *sim, uint32_t from, uint32_t to,
	    const struct raft_sim_link *quality)
{
	struct network_link *link = network_link(sim->network, from, to);

	link->least_ns = world_real_ns(sim, quality->latency.least_us);
	link->most_ns = world_real_ns(sim, quality->latency.most_us);
	link->loss = quality->loss;
	link->duplicate = quality->duplicate;
}

static void
set_link(struct raft_sim *sim, uint32_t from, uint32_t to,
	 const struct raft_sim_link *link)
{
	set_quality(sim, from, to, link);
	sim->links[(from - 1) * sim->node_count + to - 1] = *link;
}

static struct raft_sim_link
get_link(const struct raft_sim *sim, uint32_t from, uint32_t to)
{
	return sim->links[(from - 1) * sim->node_count + to - 1];
}

void
world_default_link(struct raft_sim *sim, uint32_t from, uint32_t to)
{
	set_link(sim, from, to, &sim->options.link);
}

static void
cut(struct raft_sim *sim, uint32_t from, uint32_t to, uint32_t kinds)
{
	(void)kinds;
	world_trace(sim, "cut n%u -> n%u", from, to);
	network_link(sim->network, from, to)->is_cut = true;
}

static void
release(struct raft_sim *sim, uint32_t from, uint32_t to, uint32_t kinds)
{
	(void)kinds;
	network_release(sim->network, from, to);
}

static void
heal(struct raft_sim *sim, uint32_t from, uint32_t to)
{
	world_trace(sim, "heal n%u -> n%u", from, to);
	network_link(sim->network, from, to)->is_cut = false;
	network_release(sim->network, from, to);
}

static void
heal_all(struct raft_sim *sim)
{
	for (uint32_t from = 1; from <= sim->node_count; from++)
		for (uint32_t to = 1; to <= sim->node_count; to++)
			heal(sim, from, to);
}

static void
hold(struct raft_sim *sim, uint32_t from, uint32_t to, uint32_t kinds)
{
	(void)kinds;
	network_link(sim->network, from, to)->is_held = true;
}

/* ------------------------------------------------------------------ set up */

static bool
set_mask(struct raft_sim *sim, uint32_t node, uint64_t mask)
{
	if (sim->nodes[node - 1].process != 0)
		return false;
	sim->nodes[node - 1].options.mask = mask;
	return true;
}

static bool
set_option(struct raft_sim *sim, uint32_t number, const char *name,
	   uint64_t value)
{
	struct node *node = &sim->nodes[number - 1];
	size_t length = strlen(name);

	if (length > 3 && strcmp(name + length - 3, "_us") == 0)
		value = world_real_us(sim, value);
	return raft_sim_choose(&node->options, node->module_options, name,
			       value);
}

/* ------------------------------------------------------------------- lives */

static struct node *
node_at(struct raft_sim *sim, uint32_t number)
{
	return &sim->nodes[number - 1];
}

static bool
start(struct raft_sim *sim, uint32_t number)
{
	world_trace(sim, "start n%u", number);
	return node_start(sim, node_at(sim, number));
}

/* Who pulls the plug first keeps the dead one's kernel from saying goodbye. */
static bool
crash(struct raft_sim *sim, uint32_t number, enum raft_sim_crash how)
{
	world_trace(sim, "crash n%u", number);
	if (how == RAFT_SIM_POWEROFF)
		network_plug(sim->network, number, false);
	return node_kill(sim, node_at(sim, number));
}

static bool
wipe(struct raft_sim *sim, uint32_t number)
{
	world_trace(sim, "wipe n%u", number);
	return node_wipe(sim, node_at(sim, number));
}

static bool
pause_node(struct raft_sim *sim, uint32_t number)
{
	world_trace(sim, "pause n%u", number);
	return node_pause(sim, node_at(sim, number), true);
}

static bool
resume(struct raft_sim *sim, uint32_t number)
{
	world_trace(sim, "resume n%u", number);
	return node_pause(sim, node_at(sim, number), false);
}

static void
set_disk(struct raft_sim *sim, uint32_t number, enum raft_sim_disk state)
{
	world_trace(sim, "disk n%u state %d", number, (int)state);
	node_at(sim, number)->disk->state = (int)state;
	node_at(sim, number)->is_slowed |= state == RAFT_SIM_DISK_STALL;
}

/* ------------------------------------------------------------ verbs of nodes */

static enum raft_result
counted(struct raft_sim *sim, enum raft_result result)
{
	if (result != RAFT_OK)
		raft_tally_count(&sim->tally, RAFT_SIM_REFUSED, 1);
	return result;
}

/* What it answers comes as a report. */
static enum raft_result
order(struct raft_sim *sim, struct node *node, struct order *order)
{
	if (node == NULL || !node_runs(node))
		return counted(sim, node == NULL ? RAFT_NOT_LEADER
						 : RAFT_STOPPED);
	world_order(sim, node, order);
	return RAFT_OK;
}

static enum raft_result
campaign(struct raft_sim *sim, uint32_t number)
{
	return order(sim, node_at(sim, number),
		     &(struct order){ .kind = ORDER_CAMPAIGN });
}

static enum raft_result
step_down(struct raft_sim *sim, uint32_t number)
{
	return order(sim, node_at(sim, number),
		     &(struct order){ .kind = ORDER_STEP_DOWN });
}

static enum raft_result
transfer(struct raft_sim *sim, uint32_t number)
{
	return order(sim, client_target(sim),
		     &(struct order){ .kind = ORDER_TRANSFER,
				      .peer = number });
}

static bool
snapshot(struct raft_sim *sim, uint32_t number)
{
	return order(sim, node_at(sim, number),
		     &(struct order){ .kind = ORDER_SNAPSHOT }) == RAFT_OK;
}

static enum raft_result
change(struct raft_sim *sim, const struct raft_sim_wish *wish)
{
	struct order asked = { .kind = ORDER_RECONFIGURE, .wish = *wish };

	for (uint32_t i = 0; i < sim->node_count; i++)
		asked.incarnations[i] = sim->nodes[i].incarnation;
	return order(sim, client_target(sim), &asked);
}

static enum raft_result
reconfigure(struct raft_sim *sim, enum raft_sim_change how, uint64_t nodes)
{
	return change(sim, &(struct raft_sim_wish){ .change = how,
						    .nodes = nodes });
}

static enum raft_result
add_learners(struct raft_sim *sim, uint64_t nodes, bool promotes,
	     uint32_t stands_in_us)
{
	return change(sim,
		      &(struct raft_sim_wish){
			  .change = RAFT_SIM_ADD_LEARNER,
			  .nodes = nodes,
			  .promotes = promotes,
			  .stands_in_us =
			      (uint32_t)world_real_us(sim, stands_in_us),
		      });
}

static enum raft_result
propose(struct raft_sim *sim, uint32_t node, size_t count, size_t bytes)
{
	return counted(sim, client_propose(sim, node, count, bytes));
}

static enum raft_result
read_once(struct raft_sim *sim, uint32_t node)
{
	return counted(sim, client_read(sim, node, 0));
}

/* ---------------------------------------------------------------- measures */

static uint64_t
committed(const struct raft_sim *sim)
{
	return sim->record.committed;
}

static void
mark(struct raft_sim *sim)
{
	world_trace(sim, "mark");
	world_count(sim);
	raft_tally_mark(&sim->tally, world_now(sim), sim->client.last_id);
	for (uint32_t i = 0; i < sim->node_count; i++)
		sim->nodes[i].lag[1] = 0;
	record_lag(sim);
}

static uint64_t
metric(const struct raft_sim *sim, enum raft_sim_metric which, bool since_mark)
{
	if (which == RAFT_SIM_LOST_ACKS)
		return sim->record.lost;
	if (which == RAFT_SIM_STALE_READS)
		return sim->record.stale;
	return raft_tally_read(&sim->tally, world_now(sim), which, since_mark);
}

static uint64_t
lag(const struct raft_sim *sim, uint64_t nodes, bool since_mark)
{
	uint64_t most = 0;

	for (uint32_t i = 0; i < sim->node_count; i++)
		if ((nodes >> i & 1) != 0 &&
		    sim->nodes[i].lag[since_mark] > most)
			most = sim->nodes[i].lag[since_mark];
	return most;
}

/* What is NULL weather_refusal() keeps from being asked. */
const struct raft_scenario_world weather_world = {
	.create = world_create,
	.destroy = world_destroy,
	.now = world_now,
	.step = world_step,
	.violation = world_violation,
	.note = world_note,
	.set_mask = set_mask,
	.set_option = set_option,
	.start = start,
	.crash = crash,
	.wipe = wipe,
	.pause = pause_node,
	.resume = resume,
	.set_disk = set_disk,
	.set_disk_latency = world_set_disk_latency,
	.cut = cut,
	.heal = heal,
	.heal_all = heal_all,
	.link = get_link,
	.set_link = set_link,
	.default_link = world_default_link,
	.hold = hold,
	.release = release,
	.campaign = campaign,
	.step_down = step_down,
	.transfer = transfer,
	.snapshot = snapshot,
	.reconfigure = reconfigure,
	.add_learners = add_learners,
	.propose = propose,
	.read = read_once,
	.read_bounded = client_read,
	.client = client_set_writes,
	.reads_bounded = client_set_reads,
	.node = ask_node,
	.role = ask_role,
	.print = ask_print,
	.leader = ask_leader,
	.leader_since = ask_leader_since,
	.voters = ask_voters,
	.learners = ask_learners,
	.committed = committed,
	.logs_equal = ask_logs_equal,
	.mark = mark,
	.metric = metric,
	.lag = lag,
	.writes_waiting = client_waiting,
};
