/*
 * raft_tls: TLS 1.3 between members, as the stream of a raft_tcp.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * All of transport_tcp.h holds: peers, queues, hellos, reconnection, closed.
 * The bytes of each connection are encrypted, and both ends show a certificate
 * before anything else is read. A certificate is taken if
 *
 *  - it is signed, perhaps through up to four intermediates that it brings, by
 *    one of the CAs given, is valid now, and no CRL given lists it;
 *  - its extended key usage says serverAuth for the end that was dialed and
 *    clientAuth for the one that dialed;
 *  - it names one server: one URI raft://CLUSTER/node/ID among its subject
 *    alternative names, of this cluster, and of the id that was dialed. The id
 *    in the hello and the sender of every message must be the same.
 *
 * A connection is judged again when files are read anew and when a certificate ends
 * for which it was let in, or a CRL that was asked: it does not outlive them.
 *
 * There are no session tickets, no resumption, and no early data, because each
 * of them would let an end in that has not shown its certificate now.
 *
 *	tls = raft_tls_create(&options, error, sizeof(error));
 *	tcp_options.stream = raft_tls_stream(tls);
 *	raft_tcp_create(loop, &tcp_options, &transport);
 *
 * A raft_tls belongs to one raft_tcp and to the thread of its loop.
 */
#ifndef OUTRIGGER_TRANSPORT_TLS_H
#define OUTRIGGER_TRANSPORT_TLS_H

#include "assists/transport_tcp/transport_tcp.h"

#ifdef __cplusplus
extern "C" {
#endif

struct raft_tls;

/** The letters of a cluster's name, at most. */
#define RAFT_TLS_CLUSTER_MAX 64
/** Room for every sentence about an error. */
#define RAFT_TLS_ERROR_BYTES 512

/** PEM files. Two may be one. */
struct raft_tls_files {
	/** This server's certificate, then intermediates, if there are any. */
	const char *certificate;
	/** Its private key, without a passphrase, not readable by everybody. */
	const char *key;
	/** The CAs whose certificates are taken; two or more while one replaces
	 *  another. */
	const char *authorities;
	/** A current CRL of each CA and intermediate. NULL: none is asked. */
	const char *revocations;
};

/** What ends one day. */
enum raft_tls_paper {
	/** Our own certificate, or a CA behind it. */
	RAFT_TLS_CERTIFICATE,
	/** A CA. */
	RAFT_TLS_AUTHORITIES,
	/** The last CRL of a CA. */
	RAFT_TLS_REVOCATIONS,
	/** How many there are. */
	RAFT_TLS_PAPER_COUNT
};

/** That one of them ends. */
struct raft_tls_expiry {
	/** Which. */
	enum raft_tls_paper paper;
	/** The file in which it stands. */
	const char *path;
	/** Seconds since 1970. */
	int64_t ends;
	/** Days until then, the last one counted from its beginning; 0: it has
	 *  ended. */
	unsigned days_left;
	/** A sentence for a person, with what to do. */
	const char *text;
};

/** All is copied by raft_tls_create. */
struct raft_tls_options {
	/** As in the certificates: 1 to RAFT_TLS_CLUSTER_MAX letters, digits,
	 *  and any of ".-_". */
	const char *cluster;
	/** This server's, as in its certificate and its raft_tcp_options. */
	uint64_t id;
	/** What it shows, and what it trusts. */
	struct raft_tls_files files;
	/** Records sent before a connection's key is renewed; 0: 2^22, well
	 *  below what AES-GCM allows (RFC 8446, 5.5). */
	uint64_t key_records;
	/** Seconds since 1970 by which certificates and CRLs are judged; NULL:
	 *  time(2). */
	int64_t (*now)(void *context);
	/** Something in our files ends: told 30, 7 and 1 days before and at the
	 *  end, once each, from the loop; of what is near its end when it is read
	 *  first, at once. Borrowed until return. NULL: not told. */
	void (*expiry)(void *context, const struct raft_tls_expiry *expiry);
	/** Of the two above. */
	void *context;
};

/**
 * Read the files. NULL: one cannot be used, also because a CRL is not valid now,
 * two CAs have one name, or a peer with the same files would refuse our
 * certificate; `error` says which, why, and what to do about it.
 */
RAFT_API RAFT_MUST_USE struct raft_tls *
raft_tls_create(const struct raft_tls_options *options, char *error,
		size_t size);

/** Free it, and wipe the key; after raft_tcp_close. NULL is allowed. */
RAFT_API void raft_tls_destroy(struct raft_tls *tls);

/** For raft_tcp_options. Alive until raft_tls_destroy. */
RAFT_API const struct raft_stream *raft_tls_stream(const struct raft_tls *tls);

/**
 * Read all files again; NULL: those that were read last. New connections use
 * them. Peers that are connected are verified again, and dropped if they no
 * longer pass; connections with the others go on. If our certificate is a new
 * one, all connections are made once more, so that it is shown; an old one ends
 * when the new one has taken its place and all that was sent on it has been
 * read, so that no message is lost. False: one file cannot be used, and nothing has
 * changed. Blocks for the reading.
 */
RAFT_API RAFT_MUST_USE bool raft_tls_reload(struct raft_tls *tls,
					    const struct raft_tls_files *files,
					    char *error, size_t size);

/** When the first thing in each of the files ends, in seconds since 1970; 0:
 *  never, or there is none. */
struct raft_tls_status {
	/** Our own certificate, or a CA behind it. */
	int64_t certificate_ends;
	/** A CA. */
	int64_t authorities_end;
	/** The last CRL of a CA: then everybody of it is refused. */
	int64_t revocations_end;
};

/** Of the files that were read last. */
RAFT_API void
raft_tls_status(const struct raft_tls *tls, struct raft_tls_status *status);

#ifdef __cplusplus
}
#endif

#endif
