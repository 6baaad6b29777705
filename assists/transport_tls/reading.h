/*
 * Reading: one go at making an SSL_CTX of files, for those who take part in it:
 * files.c (our own certificate, key, settings) and authorities.c (whom we trust).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_TLS_READING_H
#define OUTRIGGER_TLS_READING_H

#include "assists/transport_tls/inside.h"

/* 112 bits: RSA from 2048, no SHA-1. */
#define RAFT_TLS_SECURITY_LEVEL 2
#define RAFT_TLS_SECURITY_BITS 112

struct raft_tls_reading {
	struct raft_tls *tls;
	const struct raft_tls_files *files;
	SSL_CTX *context;
	/** For the sentence that says what is wrong. */
	char *error;
	size_t size;
};

/** Say what is wrong. Returns false. */
bool raft__tls_refuse(const struct raft_tls_reading *reading,
		      const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** What OpenSSL said last. Static. */
const char *raft__tls_last_error(void);

/** Put the CAs into the context's store. False: refused. */
bool raft__tls_read_authorities(const struct raft_tls_reading *reading);

/** Put the CRLs there, behind the CAs, if any are to be asked. False: refused. */
bool raft__tls_read_revocations(const struct raft_tls_reading *reading);

#endif
