/*
 * The CAs that are trusted and their lists of revocations: what is read, and
 * what is refused before it can do harm (reading.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * OpenSSL finds a CA and its list by the CA's name and tries what it found first.
 * So here no name may be ambiguous: else all goes well until somebody connects.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>

#include "assists/transport_tls/reading.h"

#define NAME_BYTES 128

/* Whether reading ended because the file did. */
static bool
is_at_end(void)
{
	unsigned long error = ERR_peek_last_error();
	bool at_end = ERR_GET_LIB(error) == ERR_LIB_PEM &&
		      ERR_GET_REASON(error) == PEM_R_NO_START_LINE;

	if (at_end)
		ERR_clear_error();
	return at_end;
}

static const char *
print_name(const X509_NAME *name, char *text)
{
	return X509_NAME_oneline(name, text, NAME_BYTES);
}

/* -------------------------------------------------------------------- CAs */

/* A CA whose key is too weak, or of which not all was understood for lack of
 * memory (the key, that it signed itself), would only be noticed when peers are
 * refused. */
static bool
is_usable_authority(X509 *authority)
{
	EVP_PKEY *key = X509_get0_pubkey(authority);

	return X509_check_ca(authority) != 0 && key != NULL &&
	       EVP_PKEY_get_security_bits(key) >= RAFT_TLS_SECURITY_BITS &&
	       (X509_check_issued(authority, authority) != X509_V_OK ||
		(X509_get_extension_flags(authority) & EXFLAG_SS) != 0);
}

static bool
add_authorities(X509_STORE *store, BIO *file)
{
	bool good = true;
	X509 *authority;
	size_t count = 0;

	while (good && (authority = PEM_read_bio_X509(file, NULL, NULL,
						      NULL)) != NULL) {
		good = is_usable_authority(authority) &&
		       X509_STORE_add_cert(store, authority) == 1;
		X509_free(authority);
		count++;
	}
	return good && is_at_end() && count > 0;
}

/* A CA may be there twice, certified anew with the key that it had. */
static bool
are_confused(X509 *one, X509 *two)
{
	return X509_NAME_cmp(X509_get_subject_name(one),
			     X509_get_subject_name(two)) == 0 &&
	       EVP_PKEY_eq(X509_get0_pubkey(one), X509_get0_pubkey(two)) != 1;
}

static bool
has_namesake(const STACK_OF(X509_OBJECT) * all, X509 *authority)
{
	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		X509 *other =
		    X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));

		if (other != NULL && are_confused(authority, other))
			return true;
	}
	return false;
}

static bool
check_names(const struct raft_tls_reading *reading, X509_STORE *store)
{
	const STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(store);
	char name[NAME_BYTES];

	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		X509 *authority =
		    X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));

		if (authority == NULL || !has_namesake(all, authority))
			continue;
		return raft__tls_refuse(
		    reading,
		    "authorities %s: two CAs are called %s and have different "
		    "keys: give the newer one another name",
		    reading->files->authorities,
		    print_name(X509_get_subject_name(authority), name));
	}
	return true;
}

bool
raft__tls_read_authorities(const struct raft_tls_reading *reading)
{
	X509_STORE *store = SSL_CTX_get_cert_store(reading->context);
	const char *path = reading->files->authorities;
	BIO *file = BIO_new_file(path, "r");
	bool good = file != NULL && add_authorities(store, file);

	if (!good)
		raft__tls_refuse(
		    reading,
		    "authorities %s: %s: it must be readable, PEM, and have "
		    "certificates of CAs only, with RSA from 2048 bits or EC",
		    path, raft__tls_last_error());
	BIO_free(file);
	return good && check_names(reading, store);
}

/* ------------------------------------------------------- revocations */

static bool
add_revocations(X509_STORE *store, BIO *file)
{
	bool good = true;
	X509_CRL *revocations;
	size_t count = 0;

	while (good && (revocations = PEM_read_bio_X509_CRL(file, NULL, NULL,
							    NULL)) != NULL) {
		good = X509_STORE_add_crl(store, revocations) == 1;
		X509_CRL_free(revocations);
		count++;
	}
	return good && is_at_end() && count > 0;
}

/* Of the CA in whose name it is, if that is among the authorities. */
static bool
is_forged(const STACK_OF(X509_OBJECT) * all, X509_CRL *crl)
{
	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		X509 *authority =
		    X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));

		if (authority != NULL &&
		    X509_NAME_cmp(X509_CRL_get_issuer(crl),
				  X509_get_subject_name(authority)) == 0)
			return X509_CRL_verify(
				   crl, X509_get0_pubkey(authority)) != 1;
	}
	return false; /* An intermediate's: it is not here to be asked. */
}

static bool
is_current(const struct raft_tls *tls, const X509_CRL *crl)
{
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);
	time_t now = raft__tls_now(tls);

	return X509_cmp_time(X509_CRL_get0_lastUpdate(crl), &now) < 0 &&
	       (next == NULL || X509_cmp_time(next, &now) > 0);
}

static bool
has_current_list(const struct raft_tls *tls, const STACK_OF(X509_OBJECT) * all,
		 const X509_NAME *issuer)
{
	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		const X509_CRL *crl =
		    X509_OBJECT_get0_X509_CRL(sk_X509_OBJECT_value(all, i));

		if (crl != NULL && is_current(tls, crl) &&
		    X509_NAME_cmp(X509_CRL_get_issuer(crl), issuer) == 0)
			return true;
	}
	return false;
}

/* What would be wrong with this one of the authorities or lists. */
static bool
check_revocation(const struct raft_tls_reading *reading,
		 const STACK_OF(X509_OBJECT) * all, X509_OBJECT *object)
{
	X509 *authority = X509_OBJECT_get0_X509(object);
	X509_CRL *crl = X509_OBJECT_get0_X509_CRL(object);
	char name[NAME_BYTES];

	if (crl != NULL && is_forged(all, crl))
		return raft__tls_refuse(
		    reading,
		    "revocations %s: the CRL in the name of %s is not signed "
		    "by that CA: take it out",
		    reading->files->revocations,
		    print_name(X509_CRL_get_issuer(crl), name));
	if (authority == NULL ||
	    has_current_list(reading->tls, all,
			     X509_get_subject_name(authority)))
		return true;
	return raft__tls_refuse(
	    reading,
	    "revocations %s: the CRL of %s is missing or not valid now: renew "
	    "it, or set the clock",
	    reading->files->revocations,
	    print_name(X509_get_subject_name(authority), name));
}

/* With a list that is missing, old, or another's, everybody of its CA would be
 * refused, also who is connected now. Forged ones first: without them others are
 * missing. */
static bool
check_revocations(const struct raft_tls_reading *reading, X509_STORE *store)
{
	const STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(store);

	/* Lists are behind the authorities in the store: from the last on. */
	for (int i = sk_X509_OBJECT_num(all) - 1; i >= 0; i--) {
		if (!check_revocation(reading, all,
				      sk_X509_OBJECT_value(all, i)))
			return false;
	}
	return true;
}

bool
raft__tls_read_revocations(const struct raft_tls_reading *reading)
{
	X509_STORE *store = SSL_CTX_get_cert_store(reading->context);
	const char *path = reading->files->revocations;
	BIO *file;
	bool good;

	if (path == NULL)
		return true;
	file = BIO_new_file(path, "r");
	good = file != NULL && add_revocations(store, file);
	if (!good)
		raft__tls_refuse(
		    reading,
		    "revocations %s: %s: it must be readable, PEM, and have "
		    "a CRL of each CA",
		    path, raft__tls_last_error());
	BIO_free(file);
	X509_STORE_set_flags(store,
			     X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	return good && check_revocations(reading, store);
}
