/*
 * Template: the smallest module that has everything a module can have.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A leader names an heir. Should the leader fail, the others let the heir
 * campaign first, so that two seldom do at once. docs/modules.md makes a module
 * of your own from it, and is the place to begin.
 */
#ifndef OUTRIGGER_TEMPLATE_H
#define OUTRIGGER_TEMPLATE_H

#include "raft/raft_extension.h"

/* On the wire. Whoever is not this repository chooses from here to
 * RAFT_MODULE_MAX. */
enum { raft_template_number = RAFT_MODULE_PRIVATE };

/** For raft_options.modules[raft_template_number]. What is 0 has its default. */
struct raft_template_options {
	/** By how many microseconds whoever is not the heir puts off its
	 *  candidacy; 0: the least election timeout and a heartbeat, so that
	 *  the heir is always earlier. Up to a minute. */
	uint64_t patience_us;
};

/** In each member. */
struct raft_template {
	/** Of the options; 0: the default. */
	uint64_t patience_us;
	/** The leader: when the heir is named again. */
	uint64_t tell_at;
	/** The others: who is named; id 0: nobody. */
	struct raft_identity heir;
};

/** In what each member keeps of each peer. */
struct raft_template_peer {
	/** Its build lacks this module, so it is not told. */
	bool is_deaf;
};

void raft_template_options_given(struct raft *r, const void *options);
void raft_template_role_changed(struct raft *r, enum raft_reason reason);
uint64_t raft_template_candidacy_delay(struct raft *r);
uint64_t raft_template_deadline(const struct raft *r);
struct raft_intent raft_template_expire(struct raft *r);
struct raft_intent raft_template_receive(struct raft *r,
					 const struct raft_message *message);
const char *raft_template_message_name(uint16_t type);

/* Name, least and most of each member of struct raft_template_options. */
static const struct raft_extension_option raft_template_option_names[] = {
	{ "patience_us", 1, 60000000 },
};

/* What is not named here is NULL, and costs nothing. This module has no use for
 * vote_answered, configured, member_status, refuses_vote, takes_candidacy,
 * refuses, refuses_configuration, vouches, acknowledged and peer_closed. */
static const struct raft_extension raft_template_extension = {
	.name = "template",
	.options = raft_template_option_names,
	.option_count = 1,
	.options_given = raft_template_options_given,
	.role_changed = raft_template_role_changed,
	.candidacy_delay = raft_template_candidacy_delay,
	.deadline = raft_template_deadline,
	.expire = raft_template_expire,
	.receive = raft_template_receive,
	.message_name = raft_template_message_name,
};

#endif
