/*
 * A world for fuzzing: one member, its log as far as it matters, and what it is
 * sent.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_FUZZ_WORLD_H
#define OUTRIGGER_FUZZ_WORLD_H

#include "assists/wire/wire.h"
#include "raft/raft.h"
#include "tests/fuzz/random_message.h"
#include "tests/fuzz/rounds.h"

#define PEERS_MAX 5
#define BYTES_MAX 4096
#define TIMEOUT_US 10000
/** Of a part of a snapshot, at most. */
#define PART_BYTES 16

struct world {
	struct chance chance;
	struct raft *raft;
	uint64_t now;
	/** Allocations of the member, and blocks that it may refer to. */
	long memory;
	long blocks;
	/** Memory is refused now and then. */
	bool stingy;
	/** It is granted what it asks for, and while it campaigns or leads
	 *  nobody comes with a newer term. */
	bool loyal;
	struct raft_identity self;
	struct raft_member members[PEERS_MAX];
	size_t member_count;
	/** The log, as far as it matters: the newest save, and the newest of
	 *  which the member has been told. */
	uint64_t token;
	uint64_t token_told;
	uint64_t shown_index;
	/** The newest append that went to each member, and to any the newest
	 *  part of a snapshot and message of a module: what can be answered. */
	struct raft_message sent[PEERS_MAX + 1];
	struct raft_message part_sent;
	struct raft_message asked;
	struct raft_status status;
	bool stopped;
	struct raft_wire_decoder decoder;
	struct random_room room;
	/** Of the entries that make sense. */
	uint8_t payload[BYTES_MAX];
};

/** Bytes that payloads may refer to, poisoned when the last reference goes. */
struct block {
	struct raft_block base;
	struct world *world;
	uint8_t bytes[BYTES_MAX];
};

/* ------------------------------------------------------------ world.c */

void start_world(struct world *w, uint64_t seed);
/** Also checks that all memory came back. */
void end_world(struct world *w);
/** The caller has its one reference. */
struct block *make_block(struct world *w);
void take_duties(struct world *w);
/** What holds of any member, whatever it was sent. */
void check_status(struct world *w);
/** What decodes is what its own encoding decodes to. */
void check_codec(struct raft_wire_decoder *decoder, const void *bytes,
		 size_t length);
/** Send it a message as a transport would, in a block that the decoded one
 *  refers to, with so many of its bytes changed. */
void receive_encoded(struct world *w, const struct raft_message *message,
		     size_t changes);

/* --------------------------------------------------------- messages.c */

/** Another server: a member, or in a small group a stranger. */
struct raft_identity some_peer(struct world *w);
/** A message without a body, from some peer. */
void address(struct world *w, enum raft_message_kind kind, uint64_t term,
	     struct raft_message *message);
/** From whoever leads this term, or would. */
void sensible_append(struct world *w, struct raft_message *message);
/** An answer to the newest append that went to some peer. */
void sensible_append_answer(struct world *w, struct raft_message *message);
/** A part of a snapshot, from whoever leads this term. */
void sensible_part(struct world *w, struct raft_message *message);
/** An answer to the newest part; now and then as if that had been an append. */
void sensible_part_answer(struct world *w, struct raft_message *message);
/** One that a peer might send at this moment. */
void sensible_message(struct world *w, struct raft_message *message);
/** One drawn at random, near what matters. */
void strange_message(struct world *w, struct raft_message *message);

/* ---------------------------------------------------------- hostile.c */

/** Send a message that is hostile in just one way, and check that it is counted
 *  once, in its place, and does nothing else. */
void be_hostile(struct world *w);
/** Take back what is committed: the member stops, and does not truncate. */
void contradict(struct world *w);
/** That each hostility fitted at some moment: one that never does proves
 *  nothing. */
void check_hostilities_tried(void);

#endif
