/*
 * TLS 1.3 between a port and its clients: records there, plain bytes here.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * OpenSSL reads and writes memory only; the port has the socket.
 */
#ifndef OUTRIGGER_PORT_SECURE_H
#define OUTRIGGER_PORT_SECURE_H

#include <openssl/ssl.h>

#include "assists/port/bytes.h"
#include "assists/transport_tls/transport_tls.h"

/** Of records that TLS itself makes for a client that does not read them, as for keys
 *  that it renews again and again. */
#define SECURE_OWED_MAX ((size_t)16 << 10)

/** What the port shows, and whom it lets in. NULL: a file cannot be used, and `error`
 *  (of `size` bytes) says which. */
SSL_CTX *
raft__secure_open(const struct raft_tls_files *files, char *error, size_t size);

/** A client has come. NULL: out of memory. */
SSL *raft__secure_begin(SSL_CTX *context);

/** Records have come: append what is in them to `plain`, and what TLS has to say to
 *  that to `records`. False: the connection is of no use any more; an alert may be
 *  among the records. *is_over: the client says no more. */
bool raft__secure_take(SSL *ssl, const void *bytes, size_t length,
		       struct bytes *plain, struct bytes *records,
		       bool *is_over);

/** Make records of what there is. False: as above. */
bool raft__secure_put(SSL *ssl, struct bytes *plain, struct bytes *records);

/** Say that this was all, so that the client knows that nothing was cut off. */
void raft__secure_end(SSL *ssl, struct bytes *records);

#endif
