/*
 * raft_certs: certificates for the servers of a cluster, and the CA and CRL
 * that go with them, as transport_tls wants them.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * For tests, trials, and small clusters that have no PKI. Keys are EC P-256 and
 * are not protected by a passphrase: whoever reads a CA's key can make servers.
 */
#ifndef OUTRIGGER_CERTS_H
#define OUTRIGGER_CERTS_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "raft/raft.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A certificate and its private key. Both NULL: none. */
struct raft_certs_pair {
	/** What others see. */
	X509 *certificate;
	/** What its owner keeps to himself. */
	EVP_PKEY *key;
};

/** What goes into a certificate. */
struct raft_certs_wish {
	/** Its common name, for people. */
	const char *name;
	/** Its URI, as raft_certs_uri makes it; NULL: none. */
	const char *uri;
	/** Without one: the name, or the IP address, of a host; NULL: none. */
	const char *host;
	/** Extended key usage as OpenSSL writes it; NULL: none. */
	const char *usage;
	/** From when it is valid. */
	time_t begins;
	/** Until when it is valid. */
	time_t ends;
};

/** What a server's certificate is used for. */
#define RAFT_CERTS_USAGE "clientAuth,serverAuth"
/** And a host's. */
#define RAFT_CERTS_HOST_USAGE "serverAuth"

/** A CA that signs itself and servers, and nothing below them. Its name and
 *  times are taken of the wish. False: OpenSSL failed. */
RAFT_API RAFT_MUST_USE bool
raft_certs_make_authority(const struct raft_certs_wish *wish,
			  struct raft_certs_pair *authority);

/** The certificate of a server, or of a host, with a new key, signed by a CA; NULL:
 *  by itself. */
RAFT_API RAFT_MUST_USE bool
raft_certs_make_node(const struct raft_certs_wish *wish,
		     const struct raft_certs_pair *authority,
		     struct raft_certs_pair *node);

/** A CA's list of revocations: those of `old` and one more; either may be
 *  NULL. NULL: OpenSSL failed. */
RAFT_API RAFT_MUST_USE X509_CRL *
raft_certs_make_crl(const struct raft_certs_pair *authority, X509_CRL *old,
		    X509 *revoked, time_t begins, time_t ends);

/** Free both and forget them; keys are wiped. */
RAFT_API void raft_certs_clear(struct raft_certs_pair *pair);

/** "raft://CLUSTER/node/ID", as snprintf. */
RAFT_API int raft_certs_uri(char *text, size_t size, const char *cluster,
			    uint64_t id);

/* Files in PEM. Each is replaced as a whole and durably, so that a server that
 * reloads sees either the old or the new one. False, and errno: the system failed;
 * errno 0: OpenSSL. */

/** Certificates, one after the other. */
RAFT_API RAFT_MUST_USE bool raft_certs_write(const char *path,
					     X509 *const *certificates,
					     size_t count);
/** A key, for its owner's eyes only. */
RAFT_API RAFT_MUST_USE bool raft_certs_write_key(const char *path,
						 EVP_PKEY *key);
/** A certificate and its key, in two files. If this process or the machine stops
 *  in the middle, they may be of two pairs until raft_certs_mend_pair. */
RAFT_API RAFT_MUST_USE bool
raft_certs_write_pair(const char *certificate, const char *key,
		      const struct raft_certs_pair *pair);
/** Finish, or undo, a raft_certs_write_pair that was stopped. Nothing happens to
 *  other files. False: the system failed. */
RAFT_API RAFT_MUST_USE bool
raft_certs_mend_pair(const char *certificate, const char *key);
/** Lists of revocations, one after the other. */
RAFT_API RAFT_MUST_USE bool
raft_certs_write_crls(const char *path, X509_CRL *const *crls, size_t count);

/** The first certificate. NULL, and errno as above. The caller frees what he
 *  gets. */
RAFT_API RAFT_MUST_USE X509 *raft_certs_read(const char *path);
/** The same for a key. */
RAFT_API RAFT_MUST_USE EVP_PKEY *raft_certs_read_key(const char *path);
/** The same for a list of revocations. */
RAFT_API RAFT_MUST_USE X509_CRL *raft_certs_read_crl(const char *path);

#ifdef __cplusplus
}
#endif

#endif
