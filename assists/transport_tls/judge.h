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
};

/** The first extended key usage that is wanted and not there; NULL: none. */
const char *raft__tls_usage_lacking(X509 *certificate, bool client,
				    bool server);

/**
 * RAFT_LINK_OK and whose it is, or the reason to refuse it, with particulars
 * for a person in reason[RAFT_LINK_REASON_BYTES]. *error becomes what OpenSSL
 * calls it, from which it makes the alert for the other end. `chain`: what else
 * was shown.
 */
enum raft_link_counter
raft__tls_judge(const struct raft_tls_demand *demand, X509 *certificate,
		STACK_OF(X509) *chain, struct raft_tls_name *name, int *error,
		char *reason);

#endif
