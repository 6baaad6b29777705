/*
 * A name: what a certificate says of the server that shows it, a URI
 * raft://CLUSTER/node/ID among its subject alternative names.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_TLS_NAME_H
#define OUTRIGGER_TLS_NAME_H

#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdint.h>

#include "assists/transport_tls/transport_tls.h"

struct raft_tls_name {
	char cluster[RAFT_TLS_CLUSTER_MAX + 1];
	uint64_t id;
};

/** Whether a cluster can be called that. */
bool raft__tls_cluster_is_valid(const char *cluster);

/** Read a URI. False: it is none of ours, or not in the one form that it can
 *  have. */
bool raft__tls_name_parse(const char *uri, size_t length,
			  struct raft_tls_name *name);

/** The name in a certificate. False: it has none, or several. */
bool raft__tls_name_read(X509 *certificate, struct raft_tls_name *name);

#endif
