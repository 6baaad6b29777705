/*
 * lab: what the page calls of the scenario language, and what it is told.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Compiled to WebAssembly with the core, its modules, the simulator and the
 * language. The page writes a text or a name where lab_room() says, and calls;
 * all that it is told comes by the functions of page.h, which are its own. Times
 * and other large numbers are doubles there, exact to 2^53.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/scenario/scenario.h"
#include "demos/lab/look.h"
#include "demos/lab/page.h"

#define EXPORT(name) __attribute__((export_name(#name)))

/** What is read, and what was read from it. */
static char *room;
static struct raft_scenario *scenario;

char *lab_room(size_t size) EXPORT(room);
bool lab_read(size_t length) EXPORT(read);
void lab_builds(void) EXPORT(builds);
bool lab_run(size_t length, double seed, double steps_max, bool traced)
    EXPORT(run);

/** So many bytes to write into, until the next call. */
char *
lab_room(size_t size)
{
	free(room);
	room = malloc(size + 1);
	if (room == NULL)
		abort();
	return room;
}

/* ----------------------------------------------------------------- reading */

static void
tell_setting(void)
{
	const struct raft_scenario_note *notes;
	size_t count;

	page_setting((double)raft_scenario_election_us(scenario),
		     raft_scenario_node_count(scenario),
		     raft_scenario_title(scenario));
	notes = raft_scenario_notes(scenario, &count);
	for (size_t i = 0; i < count; i++)
		page_note(notes[i].line, notes[i].text);
}

/** Read the scenario whose name, with a NUL behind it, and text stand in the
 *  room. False: it is none, and the page was told why. */
bool
lab_read(size_t length)
{
	size_t name = strnlen(room, length) + 1;
	char error[1024];

	raft_scenario_free(scenario);
	scenario = NULL;
	if (name > length) {
		page_error("no name, expected one before the text");
		return false;
	}
	scenario = raft_scenario_parse(room, room + name, length - name, error,
				       sizeof error);
	if (scenario == NULL)
		page_error(error);
	else
		tell_setting();
	return scenario != NULL;
}

/** Tell the page the names of all builds. */
void
lab_builds(void)
{
	char name[RAFT_SCENARIO_BUILD_BYTES];
	uint32_t modules;

	for (size_t i = 0; raft_scenario_every_build(i, &modules); i++) {
		raft_scenario_build_name(modules, name, sizeof name);
		page_build(name);
	}
}

/* ----------------------------------------------------------------- running */

static void
tell_event(void *context, const struct raft_scenario_event *event)
{
	(void)context;
	switch (event->kind) {
	case RAFT_SCENARIO_STATE:
		page_state((double)event->at, event->node, event->state);
		break;
	case RAFT_SCENARIO_WRITES:
		page_writes((double)event->at, event->acknowledged,
			    event->waits);
		break;
	case RAFT_SCENARIO_DEED:
		page_deed((double)event->at, event->line, event->text);
		break;
	case RAFT_SCENARIO_ANSWER:
		page_answer((double)event->at, event->line, event->text,
			    event->held, event->found);
		break;
	case RAFT_SCENARIO_MARK:
		page_mark((double)event->at);
		break;
	case RAFT_SCENARIO_END:
		page_end((double)event->at);
		break;
	case RAFT_SCENARIO_TERM:
		/* Seen with the log: look.c. */
		break;
	}
}

static void
tell_line(void *context, uint64_t now, const char *line)
{
	(void)context;
	page_trace((double)now, line);
}

/* A vote that is refused, an append that is not taken. */
static bool
is_refusal(const struct raft_message *message)
{
	switch (message->kind) {
	case RAFT_MESSAGE_APPEND_ANSWER:
		return message->append_answer.verdict != RAFT_APPEND_ACCEPTED;
	case RAFT_MESSAGE_VOTE_ANSWER:
		return message->vote_answer.refusal != RAFT_REFUSAL_NONE;
	case RAFT_MESSAGE_EXTENSION:
		return strcmp(raft_message_name(message), "prevote-answer") ==
			   0 &&
		       message->extension.bytes[0] != RAFT_REFUSAL_NONE;
	default:
		return false;
	}
}

static bool
is_heartbeat(const struct raft_message *message)
{
	return message->kind == RAFT_MESSAGE_APPEND &&
	       message->append.last.index == message->append.previous.index;
}

static void
tell_message(void *context, uint64_t now, enum raft_sim_fate fate,
	     uint64_t number, const struct raft_message *message)
{
	char text[512];

	(void)context;
	if (fate != RAFT_SIM_SENT) {
		page_arrived((double)now, (double)number,
			     fate == RAFT_SIM_LOST);
		return;
	}
	raft_message_print(text, sizeof text, message);
	page_sent((double)now, (double)number, (uint32_t)message->from.id,
		  (uint32_t)message->to.id,
		  is_heartbeat(message) ? "heartbeat"
					: raft_message_name(message),
		  is_refusal(message), text);
}

static void
tell_result(const struct raft_scenario_result *result)
{
	for (size_t i = 0; i < RAFT_SIM_METRIC_COUNT; i++) {
		enum raft_sim_metric metric = (enum raft_sim_metric)i;

		page_metric(raft_sim_metric_name(metric),
			    raft_sim_metric_unit(metric) == RAFT_SIM_UNIT_TIME,
			    result->whole[i] == RAFT_SIM_INFINITE
				? -1
				: (double)result->whole[i],
			    result->since_mark[i] == RAFT_SIM_INFINITE
				? -1
				: (double)result->since_mark[i]);
	}
	page_result(result->verdict, result->failures, result->cause,
		    result->prints);
}

/** Run what was read on the build whose name stands in the room. False: there is
 *  no such build, and the page was told why. */
bool
lab_run(size_t length, double seed, double steps_max, bool traced)
{
	struct raft_scenario_request request = {
		.scenario = scenario,
		.seed = (uint64_t)seed,
		.steps_max = (uint64_t)steps_max,
		.event = tell_event,
		.trace = traced ? tell_line : NULL,
		.message = tell_message,
		.look = look,
	};
	struct raft_scenario_result result;
	char error[1024];

	room[length] = '\0';
	if (!raft_scenario_build(room, &request.modules, error, sizeof error)) {
		page_error(error);
		return false;
	}
	request.context = look_begin(raft_scenario_node_count(scenario));
	raft_scenario_run(&request, &result);
	tell_result(&result);
	raft_scenario_result_free(&result);
	look_end(request.context);
	return true;
}
