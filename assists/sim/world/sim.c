/*
 * A world: its nodes, its events in the order of their times, and the verbs
 * that break and mend it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/sim/world/world.h"

/** So many events at one instant mean that a member never comes to rest. */
#define EVENTS_AT_ONCE_MAX 10000000

void
raft_sim_defaults(struct raft_sim_options *options)
{
	*options = (struct raft_sim_options){
		.voters = 3,
		.seed = 1,
		.election_us = 1000000,
		.heartbeat_us = 100000,
		.link = {.latency = {1000, 5000}},
		.disk = {0, 1000},
	};
}

static void
node_init(struct raft_sim *sim, uint32_t number)
{
	struct sim_node *node = &sim->nodes[number - 1];

	*node = (struct sim_node){
		.sim = sim,
		.number = number,
		.self = {number, sim_random_next(&sim->random) | 1},
		.options = {.heartbeat_us = sim->options.heartbeat_us,
			    .snapshot_part_bytes = 128},
		.clock = {
			/* No two nodes' clocks began together. */
			.local_base = sim_random_upto(&sim->random,
						      UINT64_C(1000000000000)),
			.millionths = RAFT_SIM_MILLION,
		},
		.disk = {.latency = sim->options.disk},
		.allocator = {.context = &node->held_bytes,
			      .resize = sim_counted_resize},
		.timer_at = RAFT_SIM_INFINITE,
	};
	node->first_self = node->self;
}

struct raft_sim *
raft_sim_create(const struct raft_sim_options *options)
{
	struct raft_sim *sim = sim_alloc(1, sizeof(*sim));
	uint32_t count = options->voters + options->learners + options->spares;

	if (count == 0 || count > RAFT_SIM_NODES_MAX)
		abort();
	sim->options = *options;
	sim->random.state = options->seed;
	sim->node_count = count;
	sim->nodes = sim_alloc(count, sizeof(*sim->nodes));
	for (uint32_t number = 1; number <= count; number++)
		node_init(sim, number);
	sim->links = sim_alloc((size_t)count * count, sizeof(*sim->links));
	for (size_t i = 0; i < (size_t)count * count; i++)
		sim->links[i].settings = options->link;
	raft_tally_init(&sim->metrics, options->election_us);
	return sim;
}

void
raft_sim_destroy(struct raft_sim *sim)
{
	if (sim == NULL)
		return;
	/* Nobody watches the end. */
	sim->options.hooks = (struct raft_sim_hooks){0};
	for (uint32_t i = 0; i < sim->node_count; i++)
		sim_node_free(&sim->nodes[i]);
	while (sim_queue_peek(&sim->queue) != NULL) {
		struct sim_event event = sim_queue_pop(&sim->queue);

		if (event.kind == SIM_EVENT_ARRIVAL)
			sim_message_release(event.message);
	}
	sim_network_free(sim);
	sim_guest_free_model(sim);
	sim_checks_clear(&sim->checks);
	free(sim->queue.events);
	free(sim->client.waiting);
	free(sim->nodes);
	free(sim);
}

uint64_t
raft_sim_now(const struct raft_sim *sim)
{
	return sim->now;
}

uint32_t
raft_sim_node_count(const struct raft_sim *sim)
{
	return sim->node_count;
}

const char *
raft_sim_violation(const struct raft_sim *sim)
{
	return sim->verdict.broken ? sim->verdict.text : NULL;
}

struct sim_node *
sim_node_at(const struct raft_sim *sim, uint32_t number)
{
	if (number == 0 || number > sim->node_count)
		abort();
	return &sim->nodes[number - 1];
}

struct sim_link *
sim_link_at(const struct raft_sim *sim, uint32_t from, uint32_t to)
{
	if (from == 0 || from > sim->node_count || to == 0 ||
	    to > sim->node_count)
		abort();
	return &sim->links[(from - 1) * sim->node_count + to - 1];
}

void
sim_trace(struct raft_sim *sim, const char *format, ...)
{
	char line[768];
	va_list arguments;

	if (!sim_is_traced(sim))
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	sim->options.hooks.trace(sim->options.hooks.context, sim->now, line);
}

void
sim_verb(struct raft_sim *sim, const char *outcome, const char *format, ...)
{
	const struct raft_sim_hooks *hooks = &sim->options.hooks;
	char statement[512];
	va_list arguments;

	if (!sim_is_traced(sim) && hooks->verb == NULL)
		return;
	va_start(arguments, format);
	vsnprintf(statement, sizeof(statement), format, arguments);
	va_end(arguments);
	sim_trace(sim, "%s%s", statement, outcome);
	if (hooks->verb != NULL)
		hooks->verb(hooks->context, sim->now, statement);
}

const char *
sim_outcome(enum raft_result result, char text[SIM_OUTCOME_BYTES])
{
	snprintf(text, SIM_OUTCOME_BYTES, ": %s", raft_result_name(result));
	return text;
}

const char *
sim_set_print(char text[SIM_SET_BYTES], const char *before, uint64_t set)
{
	bool several = (set & (set - 1)) != 0;
	int used = 0;

	text[0] = '\0';
	for (uint32_t number = 1; number <= RAFT_SIM_NODES_MAX; number++) {
		if ((set & sim_set_of(number)) == 0)
			continue;
		used += snprintf(text + used, SIM_SET_BYTES - (size_t)used,
				 "%s%sn%u", used == 0 ? before : " ",
				 used == 0 && several ? "{" : "", number);
	}
	if (several)
		snprintf(text + used, SIM_SET_BYTES - (size_t)used, "}");
	return text;
}

uint64_t
sim_set_of(uint32_t number)
{
	return number == 0 ? 0 : UINT64_C(1) << (number - 1);
}

void
raft_sim_note(struct raft_sim *sim, const char *text)
{
	sim_verb(sim, "", "note %s", text);
}

/* --------------------------------------------------------------- events */

static void
arrive_at_node(struct sim_node *node, const struct sim_event *event)
{
	if (node->up) {
		sim_node_event(node, event);
		return;
	}
	sim_network_drop(node->sim, event->message, " (down)");
	sim_message_release(event->message);
}

static void
happen(struct raft_sim *sim, struct sim_event *event)
{
	struct sim_node *node =
		event->node == 0 ? NULL : sim_node_at(sim, event->node);

	switch (event->kind) {
	case SIM_EVENT_CLIENT_OFFERS:
		sim_client_offers(sim);
		break;
	case SIM_EVENT_TIMER:
		sim_node_timer(node, event->number);
		break;
	case SIM_EVENT_ARRIVAL:
		arrive_at_node(node, event);
		break;
	case SIM_EVENT_CLOSED:
		if (node->up)
			sim_node_event(node, event);
		break;
	case SIM_EVENT_WRITTEN:
		if (sim_disk_written(node, event))
			sim_node_event(node, event);
		break;
	case SIM_EVENT_CLIENT_WRITES:
		sim_client_begins(sim, &sim->client.writes, event->number);
		break;
	case SIM_EVENT_CLIENT_READS:
		sim_client_begins(sim, &sim->client.reads, event->number);
		break;
	}
}

/** The present moves on; the verdict keeps up with it. */
static void
move_to(struct raft_sim *sim, uint64_t at)
{
	if (at > sim->now)
		sim->events_now = 0;
	if (++sim->events_now > EVENTS_AT_ONCE_MAX)
		sim_accuse(&sim->verdict, "progress",
			   "events never end, time stands still");
	if (at > sim->now)
		sim->now = at;
	sim->verdict.now = sim->now;
}

bool
raft_sim_step(struct raft_sim *sim, uint64_t until)
{
	const struct sim_event *next = sim_queue_peek(&sim->queue);
	struct sim_event event;

	if (sim->verdict.broken)
		return false;
	if (next == NULL || next->at > until) {
		move_to(sim, until);
		sim_health_look(sim);
		return false;
	}
	event = sim_queue_pop(&sim->queue);
	move_to(sim, event.at);
	sim_health_look(sim);
	happen(sim, &event);
	sim_settle(sim);
	return true;
}

bool
raft_sim_run(struct raft_sim *sim, uint64_t until)
{
	while (raft_sim_step(sim, until))
		;
	return !sim->verdict.broken;
}

/* -------------------------------------------------------- setting nodes */

bool
raft_sim_set_mask(struct raft_sim *sim, uint32_t number, uint64_t mask)
{
	struct sim_node *node = sim_node_at(sim, number);

	if (node->up)
		return false;
	/* Not traced: a real build's trace is to equal a masked one's. */
	node->options.mask = mask;
	return true;
}

/** MODULE.NAME. */
static bool
is_named(const struct raft_module_option *option, const char *name)
{
	size_t length = strlen(option->module);

	return strncmp(name, option->module, length) == 0 &&
	       name[length] == '.' &&
	       strcmp(name + length + 1, option->name) == 0;
}

bool
raft_sim_module_option(const char *name, size_t *place,
		       struct raft_module_option *option)
{
	for (*place = 0; raft_module_option(*place, option); (*place)++) {
		if (is_named(option, name))
			return true;
	}
	return false;
}

static bool
choose_of_module(struct raft_options *options,
		 uint64_t (*modules)[RAFT_MODULE_OPTIONS_MAX], const char *name,
		 uint64_t value)
{
	struct raft_module_option option;
	size_t place;

	if (!raft_sim_module_option(name, &place, &option) ||
	    (value != 0 && (value < option.least || value > option.most)))
		return false;
	modules[option.number][option.position] = value;
	options->modules[option.number] = modules[option.number];
	return true;
}

bool
raft_sim_choose(struct raft_options *options,
		uint64_t (*modules)[RAFT_MODULE_OPTIONS_MAX], const char *name,
		uint64_t value)
{
	static const struct {
		const char *name;
		size_t offset;
		bool wide;
	} known[] = {
#define MEMBER(member, wide)                                                   \
	{#member, offsetof(struct raft_options, member), wide}
		MEMBER(heartbeat_us, true),
		MEMBER(commit_notice_us, true),
		MEMBER(batch_entries_max, false),
		MEMBER(appends_in_flight_max, false),
		MEMBER(uncommitted_entries_max, true),
		MEMBER(uncommitted_bytes_max, true),
		MEMBER(bytes_in_flight_max, true),
		MEMBER(snapshot_tail_entries, true),
		MEMBER(snapshot_part_bytes, false),
#undef MEMBER
	};
	uint32_t narrow = (uint32_t)value;
	size_t i = 0;

	if (strcmp(name, "ahead_of_disk") == 0) {
		options->ahead_of_disk = value != 0;
		return value <= 1;
	}
	while (i < sizeof(known) / sizeof(known[0]) &&
	       strcmp(known[i].name, name) != 0)
		i++;
	if (i == sizeof(known) / sizeof(known[0]))
		return choose_of_module(options, modules, name, value);
	if (!known[i].wide && narrow != value)
		return false;
	if (known[i].wide)
		memcpy((char *)options + known[i].offset, &value,
		       sizeof(value));
	else
		memcpy((char *)options + known[i].offset, &narrow,
		       sizeof(narrow));
	return true;
}

bool
raft_sim_set_option(struct raft_sim *sim, uint32_t number, const char *name,
		    uint64_t value)
{
	struct sim_node *node = sim_node_at(sim, number);

	return raft_sim_choose(&node->options, node->module_options, name,
			       value);
}

/* ---------------------------------------------------------- nodes' lives */

bool
raft_sim_start(struct raft_sim *sim, uint32_t number)
{
	struct sim_node *node = sim_node_at(sim, number);
	bool started = false;

	sim_verb(sim, node->up ? " (is up)" : "", "%s n%u",
		 node->started_before ? "restart" : "start", number);
	if (!node->up)
		started = sim_node_start(node);
	sim_settle(sim);
	return started;
}

bool
raft_sim_crash(struct raft_sim *sim, uint32_t number, enum raft_sim_crash how)
{
	static const char *const names[] = {"crash", "crash", "poweroff"};
	struct sim_node *node = sim_node_at(sim, number);
	uint64_t survivors = 0;

	sim_verb(sim, node->up ? "" : " (is down)", "%s n%u%s", names[how],
		 number, how == RAFT_SIM_CRASH_TORN ? " torn" : "");
	if (!node->up)
		return false;
	/* The one after the survivors is the one that is torn. */
	if (how == RAFT_SIM_CRASH_TORN && node->disk.write_count > 0)
		survivors = sim_random_upto(&sim->random,
					    node->disk.write_count - 1);
	sim_node_stop(node);
	sim_disk_crash(node, survivors);
	if (how != RAFT_SIM_POWEROFF)
		sim_network_close(node);
	sim_settle(sim);
	return true;
}

bool
raft_sim_wipe(struct raft_sim *sim, uint32_t number)
{
	struct sim_node *node = sim_node_at(sim, number);

	sim_verb(sim, node->up ? " (is up)" : "", "wipe n%u", number);
	if (node->up)
		return false;
	sim_disk_wipe(node);
	node->wiped = true;
	node->started_before = true;
	node->self.incarnation = sim_random_next(&sim->random) | 1;
	return true;
}

bool
raft_sim_pause(struct raft_sim *sim, uint32_t number)
{
	struct sim_node *node = sim_node_at(sim, number);

	sim_verb(sim, sim_node_runs(node) ? "" : " (does not run)",
		 "pause n%u", number);
	if (!sim_node_runs(node))
		return false;
	node->paused = true;
	sim_node_observe(node);
	sim_settle(sim);
	return true;
}

bool
raft_sim_resume(struct raft_sim *sim, uint32_t number)
{
	struct sim_node *node = sim_node_at(sim, number);

	sim_verb(sim, node->paused ? "" : " (is not paused)", "resume n%u",
		 number);
	if (!node->paused)
		return false;
	sim_node_resume(node);
	sim_settle(sim);
	return true;
}

void
raft_sim_set_clock(struct raft_sim *sim, uint32_t number, uint32_t millionths)
{
	struct sim_node *node = sim_node_at(sim, number);

	sim_verb(sim, "", "clock n%u rate %u.%06u", number,
		 millionths / RAFT_SIM_MILLION, millionths % RAFT_SIM_MILLION);
	sim_clock_set(&node->clock, sim->now, millionths);
	/* Its deadline is at another time now. */
	node->timer_at = RAFT_SIM_INFINITE;
	if (sim_node_runs(node))
		sim_node_turn(node);
	sim_settle(sim);
}

void
raft_sim_set_disk(struct raft_sim *sim, uint32_t number,
		  enum raft_sim_disk state)
{
	static const char *const names[] = {"ok", "stall", "full", "fail"};

	sim_verb(sim, "", "disk n%u %s", number, names[state]);
	sim_disk_set(sim_node_at(sim, number), state);
}

void
raft_sim_set_disk_latency(struct raft_sim *sim, uint32_t number,
			  struct raft_sim_range latency)
{
	sim_verb(sim, "", "disk n%u %" PRIu64 "us..%" PRIu64 "us", number,
		 latency.least_us, latency.most_us);
	sim_node_at(sim, number)->disk.latency = latency;
}

/* ------------------------------------------------ a program's own verbs */

static enum raft_result
ask_member(struct raft_sim *sim, uint32_t number, const char *name,
	   enum raft_result (*verb)(struct raft *, uint64_t))
{
	struct sim_node *node = sim_node_at(sim, number);
	enum raft_result result = RAFT_STOPPED;
	char text[SIM_OUTCOME_BYTES];

	if (sim_node_runs(node))
		result = verb(node->raft, sim_node_now(node));
	sim_verb(sim, sim_outcome(result, text), "%s n%u", name, number);
	if (result != RAFT_OK)
		raft_tally_count(&sim->metrics, RAFT_SIM_REFUSED, 1);
	if (sim_node_runs(node))
		sim_node_turn(node);
	sim_settle(sim);
	return result;
}

enum raft_result
raft_sim_campaign(struct raft_sim *sim, uint32_t number)
{
	return ask_member(sim, number, "campaign", raft_campaign);
}

enum raft_result
raft_sim_step_down(struct raft_sim *sim, uint32_t number)
{
	return ask_member(sim, number, "step-down", raft_step_down);
}

enum raft_result
raft_sim_transfer(struct raft_sim *sim, uint32_t number)
{
	struct sim_node *leader = sim_client_target(sim);
	enum raft_result result = RAFT_NOT_LEADER;
	char text[SIM_OUTCOME_BYTES];

	if (leader != NULL)
		result = raft_transfer(leader->raft, number,
				       sim_node_now(leader));
	sim_verb(sim, sim_outcome(result, text), "transfer n%u", number);
	if (result != RAFT_OK)
		raft_tally_count(&sim->metrics, RAFT_SIM_REFUSED, 1);
	else
		sim_node_turn(leader);
	sim_settle(sim);
	return result;
}
