/*
 * Learners: what makes replicas useful without making them voters.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * That a member without a vote counts in no quorum and never campaigns is the
 * core's, in every build. This module, at a leader, watches how they catch up
 * (thesis 4.2.1), lets nobody vote who has not, and carries out the wishes of
 * their entries in the configuration: to be promoted, to stand in for a voter that
 * is gone. At any member it answers bounded reads. README.md tells the rest.
 */
#ifndef OUTRIGGER_LEARNERS_H
#define OUTRIGGER_LEARNERS_H

#include "extensions/learners/options.h"
#include "raft/raft_extension.h"

/** A leader's word: all that was acknowledged before this moment of our clock, or
 *  a later one, is in the entries up to there. as_of 0: nothing is known. */
struct raft_learners_word {
	uint64_t as_of;
	uint64_t index;
};

struct raft_learners {
	uint32_t clock_drift;
	uint8_t slow_rounds_max;
	/** It leads: the first half below is in use, else the second. */
	bool leads;
	/** Some member of the configuration in force does not vote. */
	bool has_learners;
	union {
		struct {
			/** Since when a majority was always fresh; UINT64_MAX: it
			 *  is not. */
			uint64_t steady_since;
			/** No change is tried before then. */
			uint64_t waits_until;
		} leading;
		struct {
			/** Drawn once in a life: hides when we asked, so that an
			 *  answer to a former life is none to this. */
			uint64_t secret;
			/** When the leader was asked last. */
			uint64_t asked_at;
			/** Of entries that are applied; and one of entries that
			 *  were not yet, which is no use before. */
			struct raft_learners_word word;
			struct raft_learners_word next;
		} following;
	};
};

/** Of a peer without a vote, while leading. */
struct raft_learners_peer {
	/** The round ends when its match index reaches this; 0: none runs. */
	uint64_t target;
	/** When the round that runs began; else how long the last one took. */
	uint64_t time : 54;
	/** Rounds in a row that took too long. */
	uint64_t slow_rounds : 8;
	uint64_t caught_up : 1;
};

void raft_learners_options_given(struct raft *r, const void *options);
void raft_learners_role_changed(struct raft *r, enum raft_reason reason);
void raft_learners_configured(struct raft *r);
void raft_learners_member_status(const struct raft *r, uint32_t position,
				 struct raft_member_status *status);
enum raft_result
raft_learners_refuses_configuration(const struct raft *r,
				    const struct raft_configuration *target,
				    struct raft_shortfall *shortfall);
bool raft_learners_vouches(struct raft *r, uint64_t bound_us, uint64_t *index);
uint64_t raft_learners_deadline(const struct raft *r);
struct raft_intent raft_learners_receive(struct raft *r,
					 const struct raft_message *message);
struct raft_intent raft_learners_expire(struct raft *r);
struct raft_intent
raft_learners_acknowledged(struct raft *r, struct raft_identity identity,
			   const struct raft_append_answer *answer);
const char *raft_learners_message_name(uint16_t type);

static const struct raft_extension_option raft_learners_option_names[] = {
	{ "slow_rounds", 1, 255 },
	{ "clock_drift", 1, 500000 },
};

static const struct raft_extension raft_learners_extension = {
	.name = "learners",
	.options = raft_learners_option_names,
	.option_count = 2,
	.options_given = raft_learners_options_given,
	.role_changed = raft_learners_role_changed,
	.configured = raft_learners_configured,
	.member_status = raft_learners_member_status,
	.refuses_configuration = raft_learners_refuses_configuration,
	.vouches = raft_learners_vouches,
	.deadline = raft_learners_deadline,
	.receive = raft_learners_receive,
	.expire = raft_learners_expire,
	.acknowledged = raft_learners_acknowledged,
	.message_name = raft_learners_message_name,
};

#endif
