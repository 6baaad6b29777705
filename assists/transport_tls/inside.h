/*
 * The inside of raft_tls: what all connections share, and what each one has.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who knows what: name.c and judge.c certificates, files.c and authorities.c the
 * files and the SSL_CTX made of them, expiry.c when these end, session.c one
 * connection, reason.c why it failed, transport_tls.c the rest.
 */
#ifndef OUTRIGGER_TLS_INSIDE_H
#define OUTRIGGER_TLS_INSIDE_H

#include <openssl/ssl.h>

#include "assists/system/system.h"
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
	void (*expiry)(void *context, const struct raft_tls_expiry *expiry);
	void *user;
	/** Copies, for a reload without new ones. */
	struct raft_tls_files files;
	/** Made of the files that were read last. */
	SSL_CTX *context;
	/** When what is in them ends; INT64_MAX: never. */
	int64_t ends[RAFT_TLS_PAPER_COUNT];
	/** How many of the warnings of that are past. */
	size_t warned[RAFT_TLS_PAPER_COUNT];
	/** When the next warning is due, or a session has to be judged again. */
	int64_t wakes_at;
	/** How sessions read and write: raft__tls_bio_method(). */
	BIO_METHOD *method;
	/** How often all sessions were judged. */
	uint64_t generation;
	LIST_HEAD(, raft_tls_session) sessions;
	/** Of the session that is reading: one at a time is. */
	uint8_t input[RAFT_TLS_INPUT_BYTES];
};

/** Seconds since 1970. */
time_t raft__tls_now(const struct raft_tls *tls);

/** The same of a time in a certificate; INT64_MAX: there is none. */
int64_t raft__tls_seconds(const ASN1_TIME *time);

/** Files were read: when does what is in them end? */
void raft__tls_note_ends(struct raft_tls *tls);

/** To be called now and then: warn of what ends, and judge again who was let in
 *  for it. */
void raft__tls_pass_time(struct raft_tls *tls);

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

/** Why those who were let in are judged again. */
enum raft_tls_change {
	RAFT_TLS_TIME_PASSED,
	RAFT_TLS_FILES_READ,
	/** And our certificate is a new one, or what is behind it. */
	RAFT_TLS_CERTIFICATE_RENEWED,
};

/** End those who do not pass. After files were read those who are not open yet
 *  begin anew, and a new certificate is shown to all. */
void raft__tls_judge_again(struct raft_tls *tls, enum raft_tls_change change);

#endif
