/*
 * TLS between the servers, with files in the layout of outrigger-certs.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COUNTER_SECURE_H
#define OUTRIGGER_COUNTER_SECURE_H

#include <uv.h>

#include "assists/log_file/log_file.h"
#include "assists/transport_tcp/transport_tcp.h"

struct secure {
	/** The folder with the files; NULL: plain TCP. */
	const char *pki;
	/** Whose certificate is shown; 0: its own. */
	uint64_t certificate_of;
};

/** If a folder is named, have *network speak TLS with PKI/ca.pem, crl.pem,
 *  node-ID.pem, node-ID.key, ID being the owner's, and read them again at each
 *  SIGHUP. The cluster in the certificates is the owner's, in hexadecimal. The
 *  process ends with a message and status 1 if they cannot be used at the start. */
void secure_connections(const struct secure *how,
			const struct raft_owner *owner, uv_loop_t *loop,
			struct raft_tcp_options *network);

#endif
