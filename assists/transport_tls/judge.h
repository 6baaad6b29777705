/*
 * The judge: whether a certificate lets its bearer in.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_TLS_JUDGE_H
#define OUTRIGGER_TLS_JUDGE_H

#include <openssl/x509.h>

#include "assists/transport_tcp/link.h"
#include "assists/transport_tls/name.h"

/** What is asked of a certificate. */
struct raft_tls_demand {
	/** The CAs, and their CRLs if any are to be asked. */
	X509_STORE *store;
	const char *cluster;
	/** Who was dialed; 0: the bearer dialed us, and may be anybody. */
	uint64_t id;
	/** Seconds since 1970. */
	time_t now;
};

/** What came of it. */
struct raft_tls_verdict {
	/** Whose it is, if it is let in. */
	struct raft_tls_name name;
	/** When the first certificate ends of those from it up to the CA. */
	int64_t ends;
	/** What OpenSSL calls the refusal, from which it makes the alert for the
	 *  other end. */
	int error;
};

/** The first extended key usage that is wanted and not there; NULL: none. */
const char *raft__tls_usage_lacking(X509 *certificate, bool client,
				    bool server);

/**
 * RAFT_LINK_OK, or the reason to refuse it, with particulars for a person in
 * reason[RAFT_LINK_REASON_BYTES]. `chain`: what else was shown.
 */
enum raft_link_counter
raft__tls_judge(const struct raft_tls_demand *demand, X509 *certificate,
		STACK_OF(X509) * chain, struct raft_tls_verdict *verdict,
		char *reason);

#endif
