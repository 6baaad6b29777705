/*
 * What an extension module is: one constant record of hooks.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A module's header gives its number on the wire (an enum constant
 * raft_NAME_number, at most RAFT_MODULE_MAX; a clash within a build does not
 * compile), declares its state (struct raft_NAME, embedded in the member, and
 * struct raft_NAME_peer, embedded in what is kept of each peer; one unused byte
 * where there is none), and defines its record, raft_NAME_extension, so that
 * the compiler sees it and folds each hook into a direct call. What its .c file
 * may read and call stands in raft_module.h. raft_hooks.h asks the modules of a
 * build, in the order of the build's list.
 *
 * Hooks are of three kinds. Told ones are named by a fact and change nothing
 * but the module's own state. Asked ones return an answer; how the answers of
 * several modules combine stands beside each. Handlers return one intent, which
 * the core checks and carries out after the hook has returned: a module never
 * changes term, vote, role or log itself.
 */
#ifndef OUTRIGGER_RAFT_EXTENSION_H
#define OUTRIGGER_RAFT_EXTENSION_H

#include "raft/raft.h"

/** What a handler wants the core to do. */
enum raft_intent_kind {
	RAFT_INTENT_NONE = 0,
	/** Stop leading, for `reason`. */
	RAFT_INTENT_STEP_DOWN,
	/** Begin a candidacy, for `reason`. */
	RAFT_INTENT_CAMPAIGN,
	/** Move to `term`, if it is newer and believable. */
	RAFT_INTENT_ADOPT_TERM,
	/** Forget who leads and that it was heard. */
	RAFT_INTENT_FORGET_LEADER,
	/** Draw a new election timeout, from now. */
	RAFT_INTENT_RESET_TIMER,
	/** Change the configuration in force by `change`, as raft_reconfigure
	 *  would: where that were refused, nothing happens. */
	RAFT_INTENT_RECONFIGURE,
	/** Take the entries of `offer`, whose tip is later than ours, into the log,
	 *  in a term newer than ours and the sender's. Where a leader is known, or
	 *  they contradict what is known to be committed, nothing happens. Or
	 *  take that part of a snapshot, which is installed, in such a term, when
	 *  all of it is durable. */
	RAFT_INTENT_TAKE_OFFER,
};

struct raft_intent {
	enum raft_intent_kind kind;
	enum raft_reason reason;
	uint64_t term;
	/** Changes roles and wishes in a copy of the members, who stand at their
	 *  positions; RAFT_MEMBER_NONE removes one. False: no change after all. */
	bool (*change)(const struct raft *r, struct raft_member *members,
		       size_t count);
	/** That which has come. */
	const struct raft_message *offer;
};

/** A request for a vote, real or preliminary. */
struct raft_vote_request {
	/** It asks whether we would; a grant promises nothing. */
	bool preliminary;
	struct raft_identity candidate;
	/** The term it would lead. */
	uint64_t term;
	struct raft_entry_id tip;
	struct raft_permit permit;
};

/** How a voter has answered one who asks for its vote. */
enum raft_ballot {
	RAFT_BALLOT_OPEN = 0,
	RAFT_BALLOT_GRANTED = 1,
	RAFT_BALLOT_REFUSED = 2,
};

/** What a member might do that a module can refuse. */
enum raft_action {
	RAFT_ACTION_PROPOSE = 1,
	RAFT_ACTION_HEARTBEAT = 2,
	RAFT_ACTION_RECONFIGURE = 3,
	/** Begin a round of reads, or end one. */
	RAFT_ACTION_READ = 4,
};

/** An option of a module by its name, for those who read options from a text. */
struct raft_extension_option {
	const char *name;
	/** What it may be, besides 0, which stands for its default. */
	uint64_t least;
	uint64_t most;
};

struct raft_extension {
	const char *name;
	/** Capabilities from bit 32 up that it gives the build. */
	uint64_t capabilities;
	/** Its options, in the order of its struct raft_NAME_options, which has
	 *  nothing but a uint64_t for each; NULL, 0: none. */
	const struct raft_extension_option *options;
	size_t option_count;

	/** Told, before all else and once: its options, within their limits;
	 *  NULL: none were given. Borrowed until return. */
	void (*options_given)(struct raft *r, const void *options);

	/** Told: the role or term is now another, or the member started. */
	void (*role_changed)(struct raft *r, enum raft_reason reason);
	/** Told: our vote of this term, which is another's, is durable, and the
	 *  grant leaves; again whenever the grant does. What is sent now leaves
	 *  with it. */
	void (*vote_given)(struct raft *r);
	/** Told: a peer answered our real request for votes. */
	void (*vote_answered)(struct raft *r, uint64_t peer,
			      const struct raft_vote_answer *answer);
	/** Told: a peer answered a preliminary request of ours, by a module that
	 *  asks so, and in that round of it. */
	void (*preliminary_answered)(struct raft *r, uint32_t position,
				     uint64_t round, enum raft_refusal refusal);
	/** Told: another configuration is in force; peers may be new. */
	void (*configured)(struct raft *r);
	/** Told: somebody wants to know how it is with the member at `position`;
	 *  add to what the core has said of it. */
	void (*member_status)(const struct raft *r, uint32_t position,
			      struct raft_member_status *status);

	/** Asked: why not to grant this vote. The first reason wins; default
	 *  NONE. Asked before the request's term is adopted, and a refusal
	 *  leaves it unadopted. */
	enum raft_refusal (*refuses_vote)(
	    struct raft *r, const struct raft_vote_request *request);
	/** Asked: do you begin this candidacy in your own way? The first yes
	 *  wins; default: the core campaigns. */
	bool (*takes_candidacy)(struct raft *r, enum raft_reason reason);
	/** Asked: by how many us to put off the election timer beyond its
	 *  random draw. The sum; default 0. */
	uint64_t (*candidacy_delay)(struct raft *r);
	/** Asked: may this not be done now? The first refusal wins; default
	 *  RAFT_OK. */
	enum raft_result (*refuses)(struct raft *r, enum raft_action action);
	/** Asked of a leader: why not to change to this configuration, which is
	 *  valid? The first refusal wins; default RAFT_OK. RAFT_NOT_CAUGHT_UP
	 *  comes with whom it is for. Not asked where the caller insists. */
	enum raft_result (*refuses_configuration)(
	    const struct raft *r, const struct raft_configuration *target,
	    struct raft_shortfall *shortfall);
	/** Asked: is everything that was acknowledged anywhere longer than
	 *  `bound_us` ago, in true time, among the entries up to *index, which it
	 *  sets? The first yes wins; default no. A leader that is asked of 0 and
	 *  says yes answers its reads without a round. */
	bool (*vouches)(struct raft *r, uint64_t bound_us, uint64_t *index);
	/** Asked: when to be called by expire. The least; default never. */
	uint64_t (*deadline)(const struct raft *r);

	/** Handler: a message of this module came, or an UNSUPPORTED for one
	 *  that it sent. It has not passed the term gate. */
	struct raft_intent (*receive)(struct raft *r,
				      const struct raft_message *message);
	/** Handler: entries came that some module asked another member for, or a
	 *  part of a snapshot, whose round is its `sent_at`; its own are those whose
	 *  round it named. They have not passed the term gate. */
	struct raft_intent (*offered)(struct raft *r,
				      const struct raft_message *message);
	/** Handler: time has passed. */
	struct raft_intent (*expire)(struct raft *r);
	/** Handler: a peer answered an append of this leader: what is known of its
	 *  progress is up to date. */
	struct raft_intent (*acknowledged)(
	    struct raft *r, struct raft_identity peer,
	    const struct raft_append_answer *answer);
	/** Handler: a peer's host closed its connection. All modules are told before
	 *  any intent is carried out. */
	struct raft_intent (*peer_closed)(struct raft *r, uint64_t peer);

	/** One word for a message type of this module, for traces. */
	const char *(*message_name)(uint16_t type);
};

#endif
