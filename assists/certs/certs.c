/*
 * Making certificates and CRLs (certs.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "assists/certs/certs.h"

#define SERIAL_BITS 127

int
raft_certs_uri(char *text, size_t size, const char *cluster, uint64_t id)
{
	return snprintf(text, size, "raft://%s/node/%" PRIu64, cluster, id);
}

void
raft_certs_clear(struct raft_certs_pair *pair)
{
	X509_free(pair->certificate);
	EVP_PKEY_free(pair->key);
	*pair = (struct raft_certs_pair){ 0 };
}

/* ------------------------------------------------------------- certificates */

static bool
set_serial(X509 *certificate)
{
	BIGNUM *number = BN_new();
	bool good = number != NULL &&
		    BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE,
			    BN_RAND_BOTTOM_ANY) == 1 &&
		    BN_to_ASN1_INTEGER(
			number, X509_get_serialNumber(certificate)) != NULL;

	BN_free(number);
	return good;
}

static bool
set_name(X509 *certificate, const char *text)
{
	return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate),
					  "CN", MBSTRING_UTF8,
					  (const unsigned char *)text, -1, -1,
					  0) == 1;
}

static bool
add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;
	bool good;

	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	good = extension != NULL &&
	       X509_add_ext(certificate, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return good;
}

static bool
add_authority_extensions(X509 *certificate)
{
	return add_extension(certificate, certificate, NID_basic_constraints,
			     "critical,CA:TRUE,pathlen:0") &&
	       add_extension(certificate, certificate, NID_key_usage,
			     "critical,keyCertSign,cRLSign") &&
	       add_extension(certificate, certificate,
			     NID_subject_key_identifier, "hash");
}

/* Whom it is of, in the form of OpenSSL. */
static bool
add_alternative_name(X509 *certificate, X509 *issuer,
		     const struct raft_certs_wish *wish)
{
	uint8_t address[sizeof(struct in6_addr)];
	const char *host = wish->host;
	char name[512];

	if (wish->uri != NULL)
		snprintf(name, sizeof(name), "URI:%s", wish->uri);
	else if (host == NULL)
		return true;
	else if (inet_pton(AF_INET, host, address) == 1 ||
		 inet_pton(AF_INET6, host, address) == 1)
		snprintf(name, sizeof(name), "IP:%s", host);
	else
		snprintf(name, sizeof(name), "DNS:%s", host);
	return add_extension(certificate, issuer, NID_subject_alt_name, name);
}

static bool
add_node_extensions(X509 *certificate, X509 *issuer,
		    const struct raft_certs_wish *wish)
{
	if (!add_alternative_name(certificate, issuer, wish))
		return false;
	if (wish->usage != NULL &&
	    !add_extension(certificate, issuer, NID_ext_key_usage, wish->usage))
		return false;
	return add_extension(certificate, issuer, NID_basic_constraints,
			     "critical,CA:FALSE") &&
	       add_extension(certificate, issuer, NID_key_usage,
			     "critical,digitalSignature") &&
	       add_extension(certificate, issuer, NID_subject_key_identifier,
			     "hash") &&
	       add_extension(certificate, issuer, NID_authority_key_identifier,
			     "keyid");
}

/* A certificate that lacks its issuer, its extensions and its signature. */
static bool
begin_pair(const struct raft_certs_wish *wish, struct raft_certs_pair *pair)
{
	*pair = (struct raft_certs_pair){
		.certificate = X509_new(),
		.key = EVP_EC_gen("P-256"),
	};
	return pair->certificate != NULL && pair->key != NULL &&
	       X509_set_version(pair->certificate, X509_VERSION_3) == 1 &&
	       set_serial(pair->certificate) &&
	       set_name(pair->certificate, wish->name) &&
	       ASN1_TIME_set(X509_getm_notBefore(pair->certificate),
			     wish->begins) != NULL &&
	       ASN1_TIME_set(X509_getm_notAfter(pair->certificate),
			     wish->ends) != NULL &&
	       X509_set_pubkey(pair->certificate, pair->key) == 1;
}

static bool
sign(X509 *certificate, const struct raft_certs_pair *issuer)
{
	return X509_sign(certificate, issuer->key, EVP_sha256()) > 0;
}

static bool
set_issuer(X509 *certificate, const struct raft_certs_pair *issuer)
{
	return X509_set_issuer_name(
		   certificate,
		   X509_get_subject_name(issuer->certificate)) == 1;
}

bool
raft_certs_make_authority(const struct raft_certs_wish *wish,
			  struct raft_certs_pair *authority)
{
	if (begin_pair(wish, authority) &&
	    set_issuer(authority->certificate, authority) &&
	    add_authority_extensions(authority->certificate) &&
	    sign(authority->certificate, authority))
		return true;
	raft_certs_clear(authority);
	return false;
}

bool
raft_certs_make_node(const struct raft_certs_wish *wish,
		     const struct raft_certs_pair *authority,
		     struct raft_certs_pair *node)
{
	if (authority == NULL)
		authority = node;
	if (begin_pair(wish, node) &&
	    set_issuer(node->certificate, authority) &&
	    add_node_extensions(node->certificate, authority->certificate,
				wish) &&
	    sign(node->certificate, authority))
		return true;
	raft_certs_clear(node);
	return false;
}

/* --------------------------------------------------------------------- CRLs */

static bool
copy_revoked(X509_CRL *crl, X509_CRL *old)
{
	STACK_OF(X509_REVOKED) *all =
	    old == NULL ? NULL : X509_CRL_get_REVOKED(old);

	for (int i = 0; i < sk_X509_REVOKED_num(all); i++) {
		X509_REVOKED *copy =
		    X509_REVOKED_dup(sk_X509_REVOKED_value(all, i));

		if (copy == NULL || X509_CRL_add0_revoked(crl, copy) != 1) {
			X509_REVOKED_free(copy);
			return false;
		}
	}
	return true;
}

static bool
add_revoked(X509_CRL *crl, X509 *certificate, time_t when)
{
	X509_REVOKED *revoked;
	ASN1_TIME *time;
	bool good;

	if (certificate == NULL ||
	    X509_CRL_get0_by_cert(crl, &revoked, certificate) == 1)
		return true;
	revoked = X509_REVOKED_new();
	time = ASN1_TIME_set(NULL, when);
	good = revoked != NULL && time != NULL &&
	       X509_REVOKED_set_serialNumber(
		   revoked, X509_get_serialNumber(certificate)) == 1 &&
	       X509_REVOKED_set_revocationDate(revoked, time) == 1 &&
	       X509_CRL_add0_revoked(crl, revoked) == 1;
	ASN1_TIME_free(time);
	if (!good)
		X509_REVOKED_free(revoked);
	return good;
}

/* One more than the old one's. */
static bool
set_number(X509_CRL *crl, X509_CRL *old)
{
	ASN1_INTEGER *number =
	    old == NULL ? NULL
			: X509_CRL_get_ext_d2i(old, NID_crl_number, NULL, NULL);
	int64_t last = 0;
	bool good;

	if (number == NULL)
		number = ASN1_INTEGER_new();
	else
		ASN1_INTEGER_get_int64(&last, number);
	good = number != NULL &&
	       ASN1_INTEGER_set_int64(number, last + 1) == 1 &&
	       X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0,
				     X509V3_ADD_REPLACE) == 1;
	ASN1_INTEGER_free(number);
	return good;
}

static bool
set_times(X509_CRL *crl, time_t begins, time_t ends)
{
	ASN1_TIME *last = ASN1_TIME_set(NULL, begins);
	ASN1_TIME *next = ASN1_TIME_set(NULL, ends);
	bool good = last != NULL && next != NULL &&
		    X509_CRL_set1_lastUpdate(crl, last) == 1 &&
		    X509_CRL_set1_nextUpdate(crl, next) == 1;

	ASN1_TIME_free(last);
	ASN1_TIME_free(next);
	return good;
}

/* Of two CAs of one name it tells which one's list this is. */
static bool
add_key_identifier(X509_CRL *crl, X509 *authority)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;
	bool good;

	X509V3_set_ctx(&context, authority, NULL, NULL, crl, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context,
					NID_authority_key_identifier, "keyid");
	good = extension != NULL && X509_CRL_add_ext(crl, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return good;
}

X509_CRL *
raft_certs_make_crl(const struct raft_certs_pair *authority, X509_CRL *old,
		    X509 *revoked, time_t begins, time_t ends)
{
	X509_CRL *crl = X509_CRL_new();

	if (crl != NULL && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
	    X509_CRL_set_issuer_name(
		crl, X509_get_subject_name(authority->certificate)) == 1 &&
	    set_times(crl, begins, ends) && copy_revoked(crl, old) &&
	    add_revoked(crl, revoked, begins) && set_number(crl, old) &&
	    add_key_identifier(crl, authority->certificate) &&
	    X509_CRL_sign(crl, authority->key, EVP_sha256()) > 0)
		return crl;
	X509_CRL_free(crl);
	return NULL;
}
