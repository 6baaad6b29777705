/*
 * Names of servers in certificates (name.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A name is printed in errors although nobody has vouched for it yet, so only
 * harmless characters pass.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/transport_tls/name.h"

#define SCHEME "raft://"
#define NODE "/node/"
/* "raft://", a cluster, "/node/", 20 digits, and the end. */
#define URI_BYTES (7 + RAFT_TLS_CLUSTER_MAX + 6 + 20 + 1)

static const char cluster_characters[] = "abcdefghijklmnopqrstuvwxyz"
					 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789.-_";

bool
raft__tls_cluster_is_valid(const char *cluster)
{
	size_t length = strlen(cluster);

	return length > 0 && length <= RAFT_TLS_CLUSTER_MAX &&
	       strspn(cluster, cluster_characters) == length;
}

bool
raft__tls_name_parse(const char *uri, size_t length, struct raft_tls_name *name)
{
	char text[URI_BYTES], again[URI_BYTES];
	size_t cluster_length;
	const char *at;

	if (length >= sizeof(text))
		return false;
	memcpy(text, uri, length);
	text[length] = '\0';
	if (strncmp(text, SCHEME, strlen(SCHEME)) != 0)
		return false;
	at = text + strlen(SCHEME);
	cluster_length = strspn(at, cluster_characters);
	if (cluster_length == 0 || cluster_length > RAFT_TLS_CLUSTER_MAX ||
	    strncmp(at + cluster_length, NODE, strlen(NODE)) != 0)
		return false;
	memcpy(name->cluster, at, cluster_length);
	name->cluster[cluster_length] = '\0';
	name->id = strtoull(at + cluster_length + strlen(NODE), NULL, 10);
	/* No sign, no leading zero, nothing behind, no zero byte within. */
	snprintf(again, sizeof(again), SCHEME "%s" NODE "%" PRIu64,
		 name->cluster, name->id);
	return name->id != 0 && strlen(again) == length &&
	       memcmp(again, uri, length) == 0;
}

static bool
is_ours(const GENERAL_NAME *entry)
{
	const ASN1_IA5STRING *uri = entry->d.uniformResourceIdentifier;

	return entry->type == GEN_URI &&
	       (size_t)ASN1_STRING_length(uri) >= strlen(SCHEME) &&
	       memcmp(ASN1_STRING_get0_data(uri), SCHEME, strlen(SCHEME)) == 0;
}

bool
raft__tls_name_read(X509 *certificate, struct raft_tls_name *name)
{
	GENERAL_NAMES *entries =
	    X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	const ASN1_IA5STRING *uri = NULL;
	int count = 0;
	bool good = false;

	for (int i = 0; i < sk_GENERAL_NAME_num(entries); i++) {
		const GENERAL_NAME *entry = sk_GENERAL_NAME_value(entries, i);

		if (!is_ours(entry))
			continue;
		uri = entry->d.uniformResourceIdentifier;
		count++;
	}
	if (count == 1)
		good = raft__tls_name_parse(
		    (const char *)ASN1_STRING_get0_data(uri),
		    (size_t)ASN1_STRING_length(uri), name);
	GENERAL_NAMES_free(entries);
	return good;
}
