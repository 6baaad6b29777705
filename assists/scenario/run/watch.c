/*
 * What is told of a run under way.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/scenario/run/watch.h"

#include <ctype.h>
#include <string.h>

static void
tell(const struct run *run, struct raft_scenario_event event)
{
	if (run->request->event == NULL)
		return;
	event.at = run->world->now(run->sim);
	run->request->event(run->request->context, &event);
}

static enum raft_scenario_state
state_of(const struct run *run, uint32_t node)
{
	struct raft_sim_node state;

	run->world->node(run->sim, node, &state);
	if (!state.up)
		return RAFT_SCENARIO_DOWN;
	if (state.paused)
		return RAFT_SCENARIO_PAUSED;
	if (state.status.role == RAFT_CANDIDATE)
		return RAFT_SCENARIO_CANDIDATE;
	if (state.status.role != RAFT_LEADER)
		return RAFT_SCENARIO_FOLLOWER;
	return run->world->leader(run->sim) == node ? RAFT_SCENARIO_LEADER
						 : RAFT_SCENARIO_ALONE;
}

/* Who follows whom changes what another is, so all are looked at. */
void
watch_changed(void *context, uint64_t now, uint32_t node)
{
	struct run *run = context;
	struct raft_scenario_event event = { .node = node };
	struct raft_sim_node state;

	(void)now;
	run->world->node(run->sim, node, &state);
	if (state.up && state.status.term != run->terms_shown[node - 1]) {
		run->terms_shown[node - 1] = state.status.term;
		event.kind = RAFT_SCENARIO_TERM;
		event.term = state.status.term;
		tell(run, event);
	}
	event.kind = RAFT_SCENARIO_STATE;
	for (uint32_t i = 1; i <= run->scenario->node_count; i++) {
		event.node = i;
		event.state = state_of(run, i);
		if (event.state == run->shown[i - 1])
			continue;
		run->shown[i - 1] = event.state;
		tell(run, event);
	}
}

void
watch_writes(struct run *run)
{
	uint64_t acknowledged;

	if (run->request->event == NULL)
		return;
	acknowledged = run->world->metric(run->sim, RAFT_SIM_ACKS, false);
	tell(run, (struct raft_scenario_event){
		      .kind = RAFT_SCENARIO_WRITES,
		      .acknowledged = acknowledged > run->acknowledged,
		      .waits = run->world->writes_waiting(run->sim) > 0,
		  });
	run->acknowledged = acknowledged;
}

void
watch_world(const struct run *run, const struct statement *statement)
{
	if (run->request->look != NULL)
		run->request->look(run->request->context, run->sim,
				   statement->line);
}

/* "n1", or "{n1 n2}". Returns its length, cut to what `size` has room for. */
static size_t
print_set(char *text, size_t size, uint64_t set)
{
	bool is_one = (set & (set - 1)) == 0;
	const char *before = is_one ? "" : "{";
	size_t used = 0;

	while (set != 0 && used < size) {
		used += (size_t)snprintf(text + used, size - used, "%sn%u",
					 before, run_take_lowest(&set));
		before = " ";
	}
	if (!is_one && used < size)
		used += (size_t)snprintf(text + used, size - used, "}");
	return used < size ? used : size - 1;
}

/* The statement with names replaced by the nodes that they are bound to. */
static void
describe(const struct run *run, const struct statement *statement, char *text,
	 size_t size)
{
	const char *at = statement->text;
	size_t used = 0, length, i;

	for (; *at != '\0' && used + 1 < size; at += length) {
		length = 0;
		while (isalnum((unsigned char)at[length]) ||
		       at[length] == '_' || at[length] == '-')
			length++;
		for (i = 0; length > 0 && i < run->scenario->name_count; i++) {
			if (strlen(run->scenario->names[i]) == length &&
			    strncmp(run->scenario->names[i], at, length) == 0)
				break;
		}
		if (length > 0 && i < run->scenario->name_count) {
			used +=
			    print_set(text + used, size - used, run->bound[i]);
			continue;
		}
		length = length == 0 ? 1 : length;
		used += (size_t)snprintf(text + used, size - used, "%.*s",
					 (int)length, at);
	}
}

void
watch_statement(struct run *run, const struct statement *statement)
{
	char text[256] = "";

	if (run->request->event == NULL)
		return;
	describe(run, statement, text, sizeof text);
	tell(run, (struct raft_scenario_event){
		      .kind = RAFT_SCENARIO_DEED,
		      .line = statement->line,
		      .text = text,
		  });
}

void
watch_answer(struct run *run, const struct statement *statement, bool held,
	     const char *found)
{
	tell(run, (struct raft_scenario_event){
		      .kind = RAFT_SCENARIO_ANSWER,
		      .line = statement->line,
		      .text = statement->text,
		      .held = held,
		      .found = found,
		  });
}

void
watch_names(struct run *run, const struct statement *statement)
{
	char text[512];
	size_t used = 0;

	if (run->request->event == NULL)
		return;
	for (size_t i = 0; i < statement->name_count; i++) {
		used += print_set(text + used, sizeof text - used,
				  run->bound[statement->names[i]]);
		if (i + 1 < statement->name_count && used + 1 < sizeof text) {
			text[used++] = ' ';
			text[used] = '\0';
		}
	}
	watch_answer(run, statement, true, text);
}

void
watch_mark(struct run *run)
{
	tell(run, (struct raft_scenario_event){ .kind = RAFT_SCENARIO_MARK });
}

void
watch_end(struct run *run)
{
	tell(run, (struct raft_scenario_event){ .kind = RAFT_SCENARIO_END });
}

void
watch_trace(void *context, uint64_t now, const char *line)
{
	const struct run *run = context;

	run->request->trace(run->request->context, now, line);
}

void
watch_message(void *context, uint64_t now, enum raft_sim_fate fate,
	      uint64_t number, const struct raft_message *message)
{
	const struct run *run = context;

	run->request->message(run->request->context, now, fate, number,
			      message);
}
