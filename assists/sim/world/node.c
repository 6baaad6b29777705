/*
 * Drives one member by hand, straight through the verbs of raft/raft.h, and
 * shows the checkers and the metrics all that it does.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdlib.h>

#include "assists/sim/world/world.h"

bool
sim_node_says_it_leads(const struct sim_node *node)
{
	return sim_node_runs(node) && node->status.role == RAFT_LEADER &&
	       !node->status.stopped;
}

bool
sim_node_acts(const struct sim_node *node)
{
	return node->says_it_leads && raft_acts(node->raft, sim_node_now(node));
}

uint64_t
sim_node_now(const struct sim_node *node)
{
	return sim_clock_read(&node->clock, node->sim->now);
}

/* ------------------------------------------------------------ observing */

static void
count_leaders(struct sim_node *node)
{
	struct raft_sim *sim = node->sim;
	uint32_t leaders = sim->metrics.leaders;

	node->says_it_leads = !node->says_it_leads;
	leaders += node->says_it_leads ? 1 : UINT32_MAX;
	raft_tally_leaders(&sim->metrics, sim->now, leaders);
	if (node->says_it_leads)
		sim_client_wake(sim);
}

void
sim_node_observe(struct sim_node *node)
{
	struct raft_sim *sim = node->sim;
	struct raft_status before = node->shown;
	const struct raft_status *after = &node->status;

	node->status = (struct raft_status){0};
	if (node->up)
		raft_status(node->raft, &node->status);
	raft_tally_term(&sim->metrics, after->term);
	if (sim_node_says_it_leads(node) != node->says_it_leads)
		count_leaders(node);
	else if (node->paused == node->shown_paused &&
		 before.role == after->role && before.term == after->term &&
		 before.leader == after->leader &&
		 before.stopped == after->stopped &&
		 before.configuration_index == after->configuration_index &&
		 before.self.id == after->self.id)
		return;
	node->shown = node->status;
	node->shown_paused = node->paused;
	sim->changed = true;
	if (sim->options.hooks.changed != NULL)
		sim->options.hooks.changed(sim->options.hooks.context, sim->now,
					   node->number);
}

static void
begins_to_lead(struct sim_node *node, uint64_t term)
{
	struct raft_sim *sim = node->sim;
	struct sim_checks *checks = &sim->checks;
	const struct sim_log *log = &node->disk.accepted;

	sim_check_election_won(&checks->election, &sim->verdict, node->number,
			       term);
	sim_check_leader_holds(&checks->history, &sim->verdict, node->number,
			       term, log);
	sim_check_acknowledged_leads(&checks->acknowledged, &sim->verdict,
				     node->number, term, log);
	sim_membership_elected(node, term);
	raft_tally_began_to_lead(&sim->metrics, node->number);
	node->leading = true;
}

static void
role_changed(struct sim_node *node, const struct raft_event *event)
{
	struct raft_tally *metrics = &node->sim->metrics;
	bool leads = event->kind == RAFT_EVENT_ROLE &&
		     event->role == RAFT_LEADER;

	if (node->leading && !leads) {
		raft_tally_count(metrics, RAFT_SIM_STEP_DOWNS, 1);
		node->leading = false;
	}
	if (event->kind != RAFT_EVENT_ROLE)
		return;
	raft_tally_term(metrics, event->term);
	if (event->role == RAFT_CANDIDATE)
		raft_tally_count(metrics, RAFT_SIM_ELECTIONS, 1);
	if (leads && !node->leading)
		begins_to_lead(node, event->term);
}

/** Its peers are honest: nothing that comes can be nonsense, and no leader can
 *  contradict what is committed. */
static void
observe_counters(struct sim_node *node)
{
	static const enum raft_counter honest[] = {
		RAFT_COUNTER_ABSURD_TERM,  RAFT_COUNTER_ABSURD_INDEX,
		RAFT_COUNTER_MALFORMED,	   RAFT_COUNTER_FUTURE_ECHO,
		RAFT_COUNTER_RIVAL_LEADER, RAFT_COUNTER_CONTRADICTION,
	};

	for (size_t i = 0; i < sizeof(honest) / sizeof(honest[0]); i++)
		if (raft_counter(node->raft, honest[i]) != 0)
			sim_accuse(&node->sim->verdict, "honest peers",
				   "n%u received %s", node->number,
				   raft_counter_text(honest[i]));
}

static void
observe_event(struct sim_node *node, const struct raft_event *event)
{
	char text[256];

	if (sim_is_traced(node->sim)) {
		raft_event_print(text, sizeof(text), event);
		sim_trace(node->sim, "n%u %s", node->number, text);
	}
	sim_check_events_told(
	    &node->events, &node->sim->verdict, node->number, event,
	    SIM_EVENTS_WINDOW * node->sim->options.election_us);
	if (event->kind == RAFT_EVENT_ROLE || event->kind == RAFT_EVENT_STOPPED)
		role_changed(node, event);
	if (event->kind == RAFT_EVENT_INCOMPATIBLE)
		raft_tally_count(&node->sim->metrics, RAFT_SIM_INCOMPATIBLE,
				  1);
	if (event->kind == RAFT_EVENT_REMOVED)
		node->told_removed = true;
	else if (event->kind == RAFT_EVENT_CONFIGURATION ||
		 (event->kind == RAFT_EVENT_LEADER && event->peer != 0))
		node->told_removed = false;
}

/** What a member takes as committed becomes history, or contradicts it. */
static void
becomes_history(struct sim_node *node, uint64_t index)
{
	struct raft_sim *sim = node->sim;
	struct sim_history *history = &sim->checks.history;
	size_t before = history->count;

	sim_check_machine_committed(history, &sim->verdict, node->number,
				    node->status.term, &node->disk.accepted,
				    index);
	if (history->count == before)
		return;
	sim_check_acknowledged_grown(&sim->checks.acknowledged, &sim->verdict,
				     history);
	sim_membership_committed(node, before + 1);
	for (uint32_t i = 0; i < sim->node_count; i++)
		if (sim->nodes[i].leading)
			sim_check_leader_holds(history, &sim->verdict, i + 1,
					       sim->nodes[i].status.term,
					       &sim->nodes[i].disk.accepted);
}

/**
 * A follower's commit index may name entries that wait behind its disk and
 * stand in no log yet: they become history when they are applied. A leader's
 * are those that it has sent, out of its log.
 */
static void
observe_commit(struct sim_node *node)
{
	uint64_t before = node->status.commit_index;
	uint64_t end = sim_log_last(&node->disk.accepted);
	struct raft_status *status = &node->status;

	raft_status(node->raft, status);
	if (status->commit_index < before)
		sim_accuse(&node->sim->verdict, "state-machine safety",
			   "n%u takes back its commit of index %" PRIu64,
			   node->number, before);
	if (status->role == RAFT_LEADER && status->commit_index > before)
		becomes_history(node, status->commit_index < end
					      ? status->commit_index
					      : end);
}

/* -------------------------------------------------------------- driving */

static void
apply(struct sim_node *node, struct raft_range range)
{
	struct raft_sim *sim = node->sim;

	if (range.first <= range.last)
		becomes_history(node, range.last);
	for (uint64_t index = range.first; index <= range.last; index++) {
		const struct sim_log_entry *held =
			sim_log_at(&node->disk.accepted, index);
		struct raft_entry entry = {.index = index};

		if (held == NULL) {
			sim_accuse(&sim->verdict, "state-machine safety",
				   "n%u applies index %" PRIu64
				   ", which its log does not hold",
				   node->number, index);
			return;
		}
		entry.term = held->term;
		entry.kind = held->kind;
		entry.payload = held->payload;
		sim_check_machine_applied(&sim->checks.history, &sim->verdict,
					  &node->machine, node->number, &entry);
	}
	sim_guest_apply(node, range);
	if (range.first <= range.last)
		raft_applied(node->raft, range.last);
}

static void
carry_out(struct sim_node *node, const struct raft_duties *duties)
{
	if (duties->save != NULL)
		sim_disk_write(node, duties->save);
	observe_commit(node);
	if (duties->save != NULL)
		sim_membership_saved(node, duties->save);
	for (size_t i = 0; i < duties->event_count; i++)
		observe_event(node, &duties->events[i]);
	for (size_t i = 0; i < duties->send_count; i++)
		sim_network_send(node, &duties->send[i]);
	sim_snapshot_store(node, duties);
	sim_snapshot_install(node, duties->install);
	apply(node, duties->apply);
	for (size_t i = 0; i < duties->read_count; i++)
		sim_read_ends(node, &duties->reads[i]);
	sim_read_answer(node);
	for (size_t i = 0; i < duties->outcome_count; i++) {
		if (duties->outcomes[i].kind == RAFT_OUTCOME_COMMITTED)
			becomes_history(node, duties->outcomes[i].range.last);
		sim_client_outcome(node, &duties->outcomes[i]);
	}
	sim_guest_told(node, duties);
	sim_snapshot_when_due(node);
}

static void
arm_timer(struct sim_node *node)
{
	uint64_t deadline = raft_deadline(node->raft);
	uint64_t when;

	if (deadline == UINT64_MAX)
		return;
	when = sim_clock_when(&node->clock, deadline);
	if (when < node->sim->now)
		when = node->sim->now;
	/* One that comes too early finds out, and sets the next. */
	if (when >= node->timer_at)
		return;
	node->timer_at = when;
	sim_queue_push(&node->sim->queue, (struct sim_event){
						  .at = when,
						  .kind = SIM_EVENT_TIMER,
						  .node = node->number,
						  .number =
							  ++node->timer_number,
					  });
}

static void
disarm_timer(struct sim_node *node)
{
	node->timer_at = RAFT_SIM_INFINITE;
	node->timer_number++;
}

void
sim_node_turn(struct sim_node *node)
{
	struct raft_duties duties;

	while (!node->sim->verdict.broken && raft_duties(node->raft, &duties))
		carry_out(node, &duties);
	sim_snapshots_prune(node);
	observe_counters(node);
	sim_health_memory(node);
	sim_node_observe(node);
	if (sim_node_runs(node))
		arm_timer(node);
}

static bool
deadline_has_passed(const struct sim_node *node, uint64_t at)
{
	return raft_deadline(node->raft) <= sim_clock_read(&node->clock, at);
}

static void
expire(struct sim_node *node)
{
	(void)raft_expire(node->raft, sim_node_now(node));
	sim_node_turn(node);
}

void
sim_node_timer(struct sim_node *node, uint64_t number)
{
	if (number != node->timer_number)
		return;
	disarm_timer(node);
	if (!sim_node_runs(node))
		return;
	if (deadline_has_passed(node, node->sim->now))
		expire(node);
	else
		arm_timer(node);
}

static void
handle(struct sim_node *node, const struct sim_event *event)
{
	uint64_t now = sim_node_now(node);

	if (event->kind == SIM_EVENT_ARRIVAL) {
		sim_network_deliver(node, event->message);
		sim_message_release(event->message);
	} else if (event->kind == SIM_EVENT_CLOSED) {
		sim_trace(node->sim, "n%u sees n%u close", node->number,
			  event->from);
		raft_peer_closed(node->raft, event->from, now);
	} else if (event->write == SIM_WRITE_SNAPSHOT) {
		sim_snapshot_taken(node, event);
	} else if (event->write == SIM_WRITE_PART) {
		sim_snapshot_stored(node, event);
	} else if (event->failed) {
		sim_trace(node->sim, "n%u fails to write", node->number);
		raft_log_failed(node->raft, now);
	} else {
		raft_saved(node->raft, event->number, now);
	}
	sim_node_turn(node);
}

void
sim_node_event(struct sim_node *node, const struct sim_event *event)
{
	if (!node->paused) {
		handle(node, event);
		return;
	}
	node->inbox = sim_grow(node->inbox, &node->inbox_room,
			       node->inbox_count + 1, sizeof(*node->inbox));
	node->inbox[node->inbox_count++] = *event;
}

void
sim_node_resume(struct sim_node *node)
{
	node->paused = false;
	sim_node_observe(node);
	for (size_t i = 0; i < node->inbox_count; i++) {
		if (deadline_has_passed(node, node->inbox[i].at))
			expire(node);
		handle(node, &node->inbox[i]);
	}
	node->inbox_count = 0;
	if (deadline_has_passed(node, node->sim->now))
		expire(node);
	sim_node_turn(node);
}

/* --------------------------------------------------------- life and death */

static enum raft_result
restart(struct sim_node *node)
{
	const struct sim_log *log = &node->disk.durable;
	struct raft_term_run *runs = sim_alloc(log->count + 1, sizeof(*runs));
	struct raft_stored_configuration *configurations =
		sim_alloc(log->count + 1, sizeof(*configurations));
	struct raft_stored stored = {
		.term = log->term,
		.vote = log->vote,
		.snapshot = log->base.last,
		.applied_index = sim_snapshot_load(node),
		.runs = runs,
		.last_index = sim_log_last(log),
		.configurations = configurations,
	};
	uint64_t first = log->base.last.index + 1;
	enum raft_result result;

	if (log->base.configuration_index != 0)
		configurations[stored.configuration_count++] =
			(struct raft_stored_configuration){
				log->base.configuration_index,
				log->base.configuration.data,
				log->base.configuration.length};
	for (uint64_t index = first; index < first + log->count; index++) {
		const struct sim_log_entry *entry = sim_log_at(log, index);

		if (index == first || sim_log_at(log, index - 1)->term !=
					      entry->term)
			runs[stored.run_count++] =
				(struct raft_term_run){index, entry->term};
		if (entry->kind == RAFT_ENTRY_CONFIGURATION)
			configurations[stored.configuration_count++] =
				(struct raft_stored_configuration){
					index, entry->payload.data,
					entry->payload.length};
	}
	result = raft_start(&node->options, &stored, sim_node_now(node),
			    &node->raft);
	free(runs);
	free(configurations);
	return result;
}

static enum raft_result
bootstrap(struct sim_node *node)
{
	struct raft_member members[RAFT_SIM_NODES_MAX];
	struct raft_configuration configuration;

	if (node->wiped || node->number > node->sim->options.voters ||
	    sim_log_last(&node->disk.durable) > 0)
		return RAFT_OK;
	sim_setup_configuration(node->sim, &configuration, members);
	return raft_bootstrap(node->raft, &configuration, sim_node_now(node));
}

static void
trace_decision(void *context, const char *text)
{
	const struct sim_node *node = context;

	sim_trace(node->sim, "n%u %s", node->number, text);
}

static void
prepare_options(struct sim_node *node)
{
	struct raft_sim *sim = node->sim;

	node->options.self = node->self;
	node->options.allocator = &node->allocator;
	node->options.seed = sim_random_next(&sim->random);
	if (sim->options.hooks.decisions && sim_is_traced(sim)) {
		node->options.trace = trace_decision;
		node->options.trace_context = node;
	}
}

bool
sim_node_start(struct sim_node *node)
{
	struct raft_sim *sim = node->sim;
	enum raft_result result;

	if (!node->started_before && sim_setup_is_given(sim))
		sim_setup_fill(node);
	node->started_before = true;
	prepare_options(node);
	sim_guest_begin(node);
	result = restart(node);
	if (result == RAFT_OK)
		result = bootstrap(node);
	if (result != RAFT_OK) {
		sim_trace(sim, "n%u refuses to start: %s", node->number,
			  raft_result_name(result));
		raft_tally_count(&sim->metrics, RAFT_SIM_REFUSED, 1);
		if (result == RAFT_INCOMPATIBLE)
			raft_tally_count(&sim->metrics, RAFT_SIM_INCOMPATIBLE,
					  1);
		raft_destroy(node->raft);
		node->raft = NULL;
		node->machine = (struct sim_machine){0};
		sim_guest_end(node);
		return false;
	}
	node->up = true;
	disarm_timer(node);
	sim_snapshot_restarted(node);
	sim_node_turn(node);
	return true;
}

void
sim_node_stop(struct sim_node *node)
{
	for (size_t i = 0; i < node->inbox_count; i++)
		if (node->inbox[i].kind == SIM_EVENT_ARRIVAL)
			sim_message_release(node->inbox[i].message);
	node->inbox_count = 0;
	raft_destroy(node->raft);
	node->raft = NULL;
	node->up = false;
	node->paused = false;
	node->leading = false;
	node->taking = false;
	node->incoming = 0;
	node->machine = (struct sim_machine){0};
	sim_guest_end(node);
	node->events = (struct sim_check_events){ 0 };
	disarm_timer(node);
	sim_client_forget(node);
	sim_node_observe(node);
}

void
sim_node_free(struct sim_node *node)
{
	if (node->up)
		sim_node_stop(node);
	sim_disk_wipe(node);
	free(node->disk.writes);
	free(node->disk.snapshots);
	free(node->proposals);
	free(node->reads);
	free(node->inbox);
	free(node->given_runs);
}
