/*
 * Judging certificates: first OpenSSL on signatures, time, revocation, and
 * purpose, then the rules of ours (judge.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every refusal says what to do. What it quotes of a certificate is free of
 * control characters: anybody may have written it.
 */
#include <bsd/string.h>
#include <inttypes.h>
#include <stdio.h>

#include "assists/transport_tls/reading.h"

#define TEXT_BYTES 72

static void
print_time(const ASN1_TIME *time, char *text)
{
	BIO *memory = BIO_new(BIO_s_mem());
	int length = 0;

	if (memory != NULL && ASN1_TIME_print(memory, time) == 1)
		length = BIO_read(memory, text, TEXT_BYTES - 1);
	text[length > 0 ? length : 0] = '\0';
	BIO_free(memory);
}

static void
print_serial(X509 *certificate, char *text)
{
	BIGNUM *number =
	    ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
	char *digits = number == NULL ? NULL : BN_bn2hex(number);

	strlcpy(text, digits == NULL ? "" : digits, TEXT_BYTES);
	OPENSSL_free(digits);
	BN_free(number);
}

static void
print_issuer(X509 *certificate, char *text)
{
	X509_NAME_oneline(X509_get_issuer_name(certificate), text, TEXT_BYTES);
}

/* ------------------------------------------------- what OpenSSL refused */

static enum raft_link_counter
explain_time(int error, X509 *subject, char *reason)
{
	bool over = error == X509_V_ERR_CERT_HAS_EXPIRED;
	char date[TEXT_BYTES];

	print_time(over ? X509_get0_notAfter(subject)
			: X509_get0_notBefore(subject),
		   date);
	snprintf(reason, RAFT_LINK_REASON_BYTES,
		 over ? "it expired %s: renew it, or set the clock here"
		      : "it begins %s: set the clock here or at the CA",
		 date);
	return RAFT_LINK_TLS_UNTIMELY;
}

static enum raft_link_counter
explain_revocation(int error, X509 *subject, char *reason)
{
	char text[TEXT_BYTES];

	if (error == X509_V_ERR_CERT_REVOKED) {
		print_serial(subject, text);
		snprintf(reason, RAFT_LINK_REASON_BYTES,
			 "serial %s is in the CRL: issue a new one with a new "
			 "key",
			 text);
		return RAFT_LINK_TLS_REVOKED;
	}
	print_issuer(subject, text);
	snprintf(reason, RAFT_LINK_REASON_BYTES,
		 "our CRL of %s is missing or out of date (%s): renew it and "
		 "reload",
		 text, X509_verify_cert_error_string(error));
	return RAFT_LINK_TLS_REVOKED;
}

static enum raft_link_counter
explain_trust(int error, X509 *subject, char *reason)
{
	char issuer[TEXT_BYTES];

	print_issuer(subject, issuer);
	snprintf(reason, RAFT_LINK_REASON_BYTES,
		 "%s, issued by %s: have it signed by the cluster's CA, or add "
		 "that CA here",
		 X509_verify_cert_error_string(error), issuer);
	return RAFT_LINK_TLS_UNTRUSTED;
}

static enum raft_link_counter
explain_usage(const char *lacking, char *reason)
{
	snprintf(reason, RAFT_LINK_REASON_BYTES,
		 "its extended key usage, or its CA's, lacks %s: issue one "
		 "with clientAuth and serverAuth",
		 lacking);
	return RAFT_LINK_TLS_USAGE;
}

static enum raft_link_counter
explain_verification(X509_STORE_CTX *verification, int error, X509 *leaf,
		     char *reason)
{
	X509 *subject = X509_STORE_CTX_get_current_cert(verification);

	if (subject == NULL)
		subject = leaf;
	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return explain_time(error, subject, reason);
	case X509_V_ERR_INVALID_PURPOSE:
		return explain_usage("this use", reason);
	case X509_V_ERR_CERT_REVOKED:
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_NOT_YET_VALID:
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
	case X509_V_ERR_DIFFERENT_CRL_SCOPE:
		return explain_revocation(error, subject, reason);
	default:
		return explain_trust(error, subject, reason);
	}
}

static int64_t
first_end(X509_STORE_CTX *verification)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(verification);
	int64_t first = INT64_MAX, end;

	for (int i = 0; i < sk_X509_num(chain); i++) {
		end = raft__tls_seconds(
		    X509_get0_notAfter(sk_X509_value(chain, i)));
		if (end < first)
			first = end;
	}
	return first;
}

static enum raft_link_counter
verify(const struct raft_tls_demand *demand, X509 *leaf, STACK_OF(X509) * chain,
       struct raft_tls_verdict *verdict, char *reason)
{
	X509_STORE_CTX *verification = X509_STORE_CTX_new();
	enum raft_link_counter why = RAFT_LINK_OK;

	verdict->error = X509_V_ERR_OUT_OF_MEM;
	if (verification == NULL ||
	    X509_STORE_CTX_init(verification, demand->store, leaf, chain) != 1) {
		X509_STORE_CTX_free(verification);
		return RAFT_LINK_NO_MEMORY;
	}
	X509_VERIFY_PARAM_set_auth_level(
	    X509_STORE_CTX_get0_param(verification), RAFT_TLS_SECURITY_LEVEL);
	X509_STORE_CTX_set_time(verification, 0, demand->now);
	X509_STORE_CTX_set_purpose(verification, demand->id == 0
						     ? X509_PURPOSE_SSL_CLIENT
						     : X509_PURPOSE_SSL_SERVER);
	if (X509_verify_cert(verification) != 1) {
		verdict->error = X509_STORE_CTX_get_error(verification);
		why = explain_verification(verification, verdict->error, leaf,
					   reason);
	}
	verdict->ends = first_end(verification);
	X509_STORE_CTX_free(verification);
	return why;
}

/* ---------------------------------------------------------- our own rules */

const char *
raft__tls_usage_lacking(X509 *certificate, bool client, bool server)
{
	uint32_t usage = 0;

	/* Without the extension OpenSSL says that everything is allowed. */
	if (X509_get_extension_flags(certificate) & EXFLAG_XKUSAGE)
		usage = X509_get_extended_key_usage(certificate);
	if (client && !(usage & XKU_SSL_CLIENT))
		return "clientAuth";
	if (server && !(usage & XKU_SSL_SERVER))
		return "serverAuth";
	return NULL;
}

static enum raft_link_counter
judge_usage(const struct raft_tls_demand *demand, X509 *leaf, char *reason)
{
	const char *lacking =
	    raft__tls_usage_lacking(leaf, demand->id == 0, demand->id != 0);

	return lacking == NULL ? RAFT_LINK_OK : explain_usage(lacking, reason);
}

static enum raft_link_counter
judge_name(const struct raft_tls_demand *demand, X509 *leaf,
	   struct raft_tls_name *name, char *reason)
{
	if (!raft__tls_name_read(leaf, name)) {
		snprintf(reason, RAFT_LINK_REASON_BYTES,
			 "it names no server, or several: issue one with one "
			 "URI raft://%s/node/ID",
			 demand->cluster);
		return RAFT_LINK_TLS_SERVER;
	}
	if (strcmp(name->cluster, demand->cluster) != 0) {
		snprintf(reason, RAFT_LINK_REASON_BYTES,
			 "it is of cluster %s, this is %s: check addresses and "
			 "files",
			 name->cluster, demand->cluster);
		return RAFT_LINK_TLS_CLUSTER;
	}
	if (demand->id != 0 && name->id != demand->id) {
		snprintf(reason, RAFT_LINK_REASON_BYTES,
			 "it is of server %" PRIu64 ", wanted was %" PRIu64
			 ": check addresses and files",
			 name->id, demand->id);
		return RAFT_LINK_TLS_SERVER;
	}
	return RAFT_LINK_OK;
}

/* A refused certificate's claim helps to find its server. */
static void
add_claim(X509 *leaf, char *reason)
{
	struct raft_tls_name name;
	size_t length = strlen(reason);

	if (raft__tls_name_read(leaf, &name))
		snprintf(reason + length, RAFT_LINK_REASON_BYTES - length,
			 " (it says it is server %" PRIu64 " of %s)", name.id,
			 name.cluster);
}

enum raft_link_counter
raft__tls_judge(const struct raft_tls_demand *demand, X509 *leaf,
		STACK_OF(X509) * chain, struct raft_tls_verdict *verdict,
		char *reason)
{
	enum raft_link_counter why;

	reason[0] = '\0';
	why = verify(demand, leaf, chain, verdict, reason);
	if (why == RAFT_LINK_OK) {
		verdict->error = X509_V_ERR_INVALID_PURPOSE;
		why = judge_usage(demand, leaf, reason);
	}
	if (why != RAFT_LINK_OK) {
		add_claim(leaf, reason);
		return why;
	}
	verdict->error = X509_V_ERR_HOSTNAME_MISMATCH;
	why = judge_name(demand, leaf, &verdict->name, reason);
	if (why == RAFT_LINK_OK)
		verdict->error = X509_V_OK;
	return why;
}
