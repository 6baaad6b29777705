/*
 * A session: what a connection has, for the files that stand behind it: session.c
 * and reason.c.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_TLS_SESSION_H
#define OUTRIGGER_TLS_SESSION_H

#include "assists/transport_tls/inside.h"

struct raft_tls_session {
	struct raft_tls *tls;
	struct raft_link *link;
	SSL *ssl;
	/** What came and OpenSSL has not taken. */
	const uint8_t *in;
	size_t in_length;
	/** Records that wait, and those that are being written. */
	struct raft_buffer *out;
	struct raft_buffer *sent;
	/** tls->generation by which it was judged last. */
	uint64_t generation;
	/** Sent under the present key. */
	uint64_t records;
	/** How often something was read, and afterthoughts. */
	uint64_t reads;
	uint64_t afterthoughts;
	/** What the other end does that nobody does who means well; NULL: nothing. */
	const char *abuse;
	/** The handshake is done: the other end is link->proven_id. */
	bool up;
	/** OpenSSL has failed, and may not be asked for more. */
	bool failed;
	/** No room for records. */
	bool starved;
	/** A call into `ssl` is under way. */
	bool busy;
	/** Of the other end's certificate: why it was refused, if it was. */
	enum raft_link_counter refusal;
	struct raft_tls_verdict verdict;
	LIST_ENTRY(raft_tls_session) siblings;
};

/** What a result of OpenSSL's means for the connection; particulars of a failure
 *  are left in the link. */
enum raft_link_counter
raft__tls_explain(struct raft_tls_session *session, int result);

#endif
