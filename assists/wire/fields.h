/*
 * The fields of the format that wire.c draws, for its writer and its reader.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_WIRE_FIELDS_H
#define OUTRIGGER_WIRE_FIELDS_H

#include "assists/wire/wire.h"

#define ENVELOPE_BYTES 56
#define HEAD_BYTES RAFT_WIRE_ENTRY_OVERHEAD
/** Of the fixed part of any kind, at most. */
#define FIXED_BYTES_MAX 72

/* The fields of 8 bytes, in their order on the wire. Writing, reading and
 * measuring expand the same lists, so that they cannot differ. */
#define ENVELOPE_FIELDS(X)                                                     \
	X(from.id) X(from.incarnation) X(to.id) X(to.incarnation)              \
	X(term) X(capabilities)
#define APPEND_FIELDS(X)                                                       \
	X(append.previous.index) X(append.previous.term)                       \
	X(append.last.index) X(append.last.term)                               \
	X(append.commit_index) X(append.sent_at) X(append.sequence)
#define OFFER_FIELDS(X)                                                        \
	X(offer.previous.index) X(offer.previous.term)                         \
	X(offer.last.index) X(offer.last.term)                                 \
	X(offer.tip.index) X(offer.tip.term) X(offer.round)
#define APPEND_ANSWER_FIELDS(X)                                                \
	X(append_answer.match_index)                                           \
	X(append_answer.conflict.index) X(append_answer.conflict.term)         \
	X(append_answer.sent_at) X(append_answer.sequence)
#define VOTE_FIELDS(X)                                                         \
	X(vote.tip.index) X(vote.tip.term)                                     \
	X(vote.permit.leader) X(vote.permit.term) X(vote.permit.transfer)
#define VOTE_ANSWER_FIELDS(X)                                                  \
	X(vote_answer.asked_term)                                              \
	X(vote_answer.tip.index) X(vote_answer.tip.term)
#define TIMEOUT_NOW_FIELDS(X)                                                  \
	X(timeout_now.tip.index) X(timeout_now.tip.term)                       \
	X(timeout_now.transfer)
#define NOT_MEMBER_FIELDS(X)                                                   \
	X(not_member.asked_term)                                               \
	X(not_member.tip.index) X(not_member.tip.term)
#define READ_FIELDS(X) X(read.round) X(read.index)
#define SNAPSHOT_FIELDS(X)                                                     \
	X(snapshot.snapshot.index) X(snapshot.snapshot.term)                   \
	X(snapshot.size) X(snapshot.offset)                                    \
	X(snapshot.sent_at) X(snapshot.sequence)
#define SNAPSHOT_ANSWER_FIELDS(X)                                              \
	X(snapshot_answer.snapshot.index) X(snapshot_answer.snapshot.term)     \
	X(snapshot_answer.offset) X(snapshot_answer.match_index)               \
	X(snapshot_answer.sent_at) X(snapshot_answer.sequence)

#define REGRESSED_FIELDS(X) X(regressed.held.index) X(regressed.held.term)

/** Of the fixed part of a kind, as it is written; 0 if the kind is unknown. */
size_t raft__wire_fixed_bytes(enum raft_message_kind kind);
/** The same as it may be read: an older build's was shorter. What it lacks reads
 *  as zero. */
size_t raft__wire_least_bytes(enum raft_message_kind kind);

/** How many entries an append, or an offer, names; more than the limit if that is absurd. */
uint64_t raft__wire_append_count(const struct raft_append *append);

#endif
