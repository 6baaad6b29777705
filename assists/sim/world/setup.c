/*
 * How the group begins: its first configuration, and the terms and logs that
 * were given to its voters instead of a fresh start.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A log that is given stands for a past that is not simulated: for each term in
 * it there was an election, in which a majority reached that term and voted.
 * What cannot have had such a past is refused, because it would break safety
 * without any fault of the library.
 */
#include <stdlib.h>
#include <string.h>

#include "assists/sim/world/world.h"

void
sim_setup_configuration(const struct raft_sim *sim,
			struct raft_configuration *configuration,
			struct raft_member *members)
{
	const struct raft_sim_options *options = &sim->options;
	uint32_t count = options->voters + options->learners;

	for (uint32_t i = 0; i < count; i++)
		members[i] = (struct raft_member){
			.identity = sim->nodes[i].first_self,
			.role = i < options->voters ? RAFT_MEMBER_VOTER
						    : RAFT_MEMBER_NON_VOTING,
		};
	*configuration = (struct raft_configuration){
		.election_timeout_us = options->election_us,
		.members = members,
		.member_count = count,
	};
}

void
raft_sim_set_term(struct raft_sim *sim, uint32_t number, uint64_t term)
{
	sim_node_at(sim, number)->given_term = term;
}

void
raft_sim_set_log(struct raft_sim *sim, uint32_t number,
		 const struct raft_sim_log_run *runs, size_t count)
{
	struct sim_node *node = sim_node_at(sim, number);

	free(node->given_runs);
	node->given_runs = sim_alloc(count + 1, sizeof(*runs));
	node->given_count = count;
	if (count > 0)
		memcpy(node->given_runs, runs, count * sizeof(*runs));
}

bool
sim_setup_is_given(const struct raft_sim *sim)
{
	for (uint32_t i = 0; i < sim->options.voters; i++)
		if (sim->nodes[i].given_term != 0 ||
		    sim->nodes[i].given_count != 0)
			return true;
	return false;
}

/** The term of a log's last entry; that of entry 1 is 1. */
static uint64_t
last_term(const struct sim_node *node)
{
	return node->given_count == 0
		       ? 1
		       : node->given_runs[node->given_count - 1].term;
}

static uint64_t
highest_log_term(const struct raft_sim *sim)
{
	uint64_t term = 1;

	for (uint32_t i = 0; i < sim->options.voters; i++)
		if (last_term(&sim->nodes[i]) > term)
			term = last_term(&sim->nodes[i]);
	return term;
}

static uint64_t
term_of(const struct sim_node *node)
{
	return node->given_term != 0 ? node->given_term
				     : highest_log_term(node->sim);
}

static bool
holds_term(const struct sim_node *node, uint64_t term)
{
	for (size_t i = 0; i < node->given_count; i++)
		if (node->given_runs[i].term == term)
			return true;
	return false;
}

/** For whom all voted in a term of which entries exist; nobody if none do. */
static struct raft_identity
elected_in(const struct raft_sim *sim, uint64_t term)
{
	if (term > 1)
		for (uint32_t i = 0; i < sim->options.voters; i++)
			if (holds_term(&sim->nodes[i], term))
				return sim->nodes[i].first_self;
	return (struct raft_identity){0};
}

void
sim_setup_fill(struct sim_node *node)
{
	const struct raft_sim *sim = node->sim;
	struct raft_member members[RAFT_SIM_NODES_MAX];
	struct raft_configuration configuration;
	struct sim_log *log = &node->disk.durable;
	struct sim_bytes *bytes;
	struct raft_payload payload;

	if (node->number > sim->options.voters)
		return;
	sim_setup_configuration(sim, &configuration, members);
	bytes = sim_bytes_new(raft_configuration_bytes(&configuration));
	payload = (struct raft_payload){
		.data = bytes->data,
		.length = raft_configuration_encode(&configuration, bytes->data,
						    bytes->length),
		.owner = &bytes->block,
	};
	log->term = term_of(node);
	log->vote = elected_in(sim, log->term);
	sim_log_append(log, 1, RAFT_ENTRY_CONFIGURATION, &payload);
	raft_payload_release(&payload);
	for (size_t i = 0; i < node->given_count; i++) {
		uint64_t term = node->given_runs[i].term;

		for (uint64_t n = 0; n < node->given_runs[i].count; n++) {
			/* Of no client: see check_acknowledged.c. */
			payload = sim_payload_new(UINT64_C(1) << 63 |
							  term << 32 |
							  sim_log_last(log),
						  16);
			sim_log_append(log, term, RAFT_ENTRY_DATA, &payload);
			raft_payload_release(&payload);
		}
	}
	sim_log_copy(&node->disk.accepted, log);
}

/* ---------------------------------------------------------- plausibility */

static const char *
log_error(const struct sim_node *node)
{
	uint64_t before = 1;

	for (size_t i = 0; i < node->given_count; i++) {
		if (node->given_runs[i].count == 0)
			return "a run of entries is empty";
		if (node->given_runs[i].term < before)
			return "the terms of a log descend";
		before = node->given_runs[i].term;
	}
	if (before > term_of(node))
		return "a log has an entry of a later term than its node";
	return NULL;
}

/** Two logs with entries of one term must agree on all before that term. */
static bool
logs_agree(const struct sim_node *one, const struct sim_node *other)
{
	for (size_t i = 0; i < one->given_count; i++) {
		uint64_t term = one->given_runs[i].term;

		if (term == 1 || !holds_term(other, term))
			continue;
		if (i >= other->given_count ||
		    other->given_runs[i].term != term)
			return false;
		for (size_t before = 0; before < i; before++)
			if (one->given_runs[before].term !=
				    other->given_runs[before].term ||
			    one->given_runs[before].count !=
				    other->given_runs[before].count)
				return false;
	}
	return true;
}

static bool
majority_reached(const struct raft_sim *sim, uint64_t term)
{
	uint32_t reached = 0;

	for (uint32_t i = 0; i < sim->options.voters; i++)
		reached += term_of(&sim->nodes[i]) >= term;
	return reached * 2 > sim->options.voters;
}

const char *
raft_sim_setup_error(const struct raft_sim *sim)
{
	if (!sim_setup_is_given(sim))
		return NULL;
	for (uint32_t i = 0; i < sim->options.voters; i++) {
		const char *error = log_error(&sim->nodes[i]);

		if (error != NULL)
			return error;
		for (uint32_t j = 0; j < i; j++)
			if (!logs_agree(&sim->nodes[i], &sim->nodes[j]))
				return "two logs differ before a term that "
				       "both have entries of";
	}
	if (!majority_reached(sim, highest_log_term(sim)))
		return "a log has entries of a term that no majority reached";
	return NULL;
}
