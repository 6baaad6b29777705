/*
 * Why a connection failed: OpenSSL's word for it, and what to do.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <openssl/err.h>
#include <stdio.h>

#include "assists/transport_tls/session.h"

/* The sentences for which an alert leaves no doubt. */
static const struct {
	int alert;
	const char *advice;
} advices[] = {
	{ SSL_AD_UNKNOWN_CA,
	  "it does not trust our certificate's CA, or has no "
	  "CRL of it: compare the files of the two" },
	{ SSL_AD_CERTIFICATE_EXPIRED, "our certificate is not valid now: renew "
				      "it, or set the clocks" },
	{ SSL_AD_CERTIFICATE_REVOKED,
	  "our certificate is revoked: issue a new one" },
	{ SSL_AD_UNSUPPORTED_CERTIFICATE,
	  "our certificate is not for this use: issue one with clientAuth and "
	  "serverAuth" },
	{ SSL_AD_BAD_CERTIFICATE,
	  "our certificate is not valid yet, or of another server or cluster "
	  "than it wants: check clocks, addresses and files" },
	{ SSL_AD_CERTIFICATE_REQUIRED, "it wants a certificate" },
	{ SSL_AD_PROTOCOL_VERSION, "it speaks another version of TLS" },
};

static enum raft_link_counter
explain_alert(struct raft_link *link, int alert)
{
	const char *advice = "its own messages say more";

	for (size_t i = 0; i < sizeof(advices) / sizeof(*advices); i++) {
		if (advices[i].alert == alert)
			advice = advices[i].advice;
	}
	snprintf(link->reason, sizeof(link->reason), "it says \"%s\": %s",
		 SSL_alert_desc_string_long(alert), advice);
	return alert == SSL_AD_PROTOCOL_VERSION ? RAFT_LINK_TLS_VERSION
						: RAFT_LINK_TLS_REFUSED;
}

static enum raft_link_counter
explain_failure(struct raft_tls_session *session)
{
	struct raft_link *link = session->link;
	unsigned long error = ERR_peek_error();
	int reason = ERR_GET_REASON(error);
	const char *text = ERR_reason_error_string(error);

	if (session->starved)
		return RAFT_LINK_NO_MEMORY;
	if (session->refusal != RAFT_LINK_OK)
		return session->refusal; /* It left its reason. */
	if (session->abuse != NULL)
		text = session->abuse;
	else if (ERR_GET_LIB(error) == ERR_LIB_SSL &&
		 reason > SSL_AD_REASON_OFFSET)
		return explain_alert(link, reason - SSL_AD_REASON_OFFSET);
	snprintf(link->reason, sizeof(link->reason), "%s",
		 text == NULL ? "" : text);
	switch (reason) {
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_HTTP_REQUEST:
	case SSL_R_HTTPS_PROXY_REQUEST:
		return RAFT_LINK_TLS_ALIEN;
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_VERSION_TOO_LOW:
		return RAFT_LINK_TLS_VERSION;
	case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
		return RAFT_LINK_TLS_BARE;
	default:
		return RAFT_LINK_TLS_FAILED;
	}
}

enum raft_link_counter
raft__tls_explain(struct raft_tls_session *session, int result)
{
	switch (SSL_get_error(session->ssl, result)) {
	case SSL_ERROR_NONE:
	case SSL_ERROR_WANT_READ:
		return RAFT_LINK_OK;
	case SSL_ERROR_ZERO_RETURN:
		return RAFT_LINK_CLOSED;
	default:
		session->failed = true;
		return explain_failure(session);
	}
}
