/*
 * The inside of raft_tls: what all connections share, and what each one has.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who knows what: name.c and judge.c certificates, files.c and authorities.c the
 * files and the SSL_CTX made of them, session.c one connection, reason.c why it
 * failed, transport_tls.c the rest.
 */
#ifndef OUTRIGGER_TLS_INSIDE_H
#define OUTRIGGER_TLS_INSIDE_H

#include <openssl/ssl.h>
#include <sys/queue.h>

#include "assists/transport_tcp/stream.h"
#include "assists/transport_tls/judge.h"
#include "assists/transport_tls/transport_tls.h"

/* As much as one read takes. */
#define RAFT_TLS_INPUT_BYTES ((size_t)128 << 10)

struct raft_tls_session;

struct raft_tls {
	/** First: the table that the transport knows. */
	struct raft_stream stream;
	char cluster[RAFT_TLS_CLUSTER_MAX + 1];
	uint64_t id;
	uint64_t key_records;
	int64_t (*now)(void *context);
	void *user;
	/** Copies, for a reload without new ones. */
	struct raft_tls_files files;
	/** Made of the files that were read last. */
	SSL_CTX *context;
	/** How sessions read and write: raft__tls_bio_method(). */
	BIO_METHOD *method;
	/** How often files were read. */
	uint64_t generation;
	LIST_HEAD(, raft_tls_session) sessions;
	/** Of the session that is reading: one at a time is. */
	uint8_t input[RAFT_TLS_INPUT_BYTES];
};

/** Seconds since 1970. */
time_t raft__tls_now(const struct raft_tls *tls);

/** Make a context of files. NULL: `error` says why. */
SSL_CTX *raft__tls_read_files(struct raft_tls *tls,
			      const struct raft_tls_files *files, char *error,
			      size_t size);

/** Fill in the table of tls->stream. */
void raft__tls_fill_stream(struct raft_stream *stream);

/** How a session reads and writes. NULL: out of memory. */
BIO_METHOD *raft__tls_bio_method(void);

/** For SSL_CTX_set_cert_verify_callback; its argument is the raft_tls. */
int raft__tls_verify(X509_STORE_CTX *verification, void *tls);

/** For SSL_CTX_set_msg_callback: what OpenSSL does on its own is limited. */
void raft__tls_watch(int is_written, int version, int type, const void *bytes,
		     size_t length, SSL *ssl, void *context);

/** New files were read: judge all peers again that were let in, end those who
 *  do not pass, and show the others our certificate if it is a new one. */
void raft__tls_apply_files(struct raft_tls *tls, bool is_new);

#endif
