/*
 * TLS between the servers (secure.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <err.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "assists/transport_tls/transport_tls.h"
#include "demos/counter/secure.h"

/* Lives as long as the process. */
static struct {
	struct raft_tls *tls;
	uv_signal_t hangup;
} secure;

static void
on_hangup(uv_signal_t *signal, int number)
{
	char error[RAFT_TLS_ERROR_BYTES];

	(void)signal;
	(void)number;
	if (raft_tls_reload(secure.tls, NULL, error, sizeof(error)))
		warnx("certificates: read again");
	else
		warnx("certificates: those of before remain: %s", error);
}

static void
name_file(char path[PATH_MAX], const char *pki, uint64_t id, const char *end)
{
	if (snprintf(path, PATH_MAX, "%s/node-%" PRIu64 ".%s", pki, id, end) >=
	    PATH_MAX)
		errx(1, "%s: too long a path", pki);
}

/** Something in the files runs out. */
static void
expiry(void *context, const struct raft_tls_expiry *what)
{
	(void)context;
	warnx("%s", what->text);
}

static void
open_files(const char *pki, uint64_t id, const char *cluster)
{
	char certificate[PATH_MAX], key[PATH_MAX];
	char authorities[PATH_MAX], revocations[PATH_MAX];
	char error[RAFT_TLS_ERROR_BYTES];
	struct raft_tls_options options = {
		.cluster = cluster,
		.id = id,
		.files = { certificate, key, authorities, revocations },
		.expiry = expiry,
	};

	name_file(certificate, pki, id, "pem");
	name_file(key, pki, id, "key");
	snprintf(authorities, sizeof(authorities), "%s/ca.pem", pki);
	snprintf(revocations, sizeof(revocations), "%s/crl.pem", pki);
	secure.tls = raft_tls_create(&options, error, sizeof(error));
	if (secure.tls == NULL)
		errx(1, "%s", error);
}

/** What was made and ended, and above all who was refused and why. */
static void
trace(void *context, const char *text)
{
	(void)context;
	warnx("%s", text);
}

void
secure_connections(const struct secure *how, const struct raft_owner *owner,
		   uv_loop_t *loop, struct raft_tcp_options *network)
{
	char cluster[2 * sizeof(owner->cluster) + 1];
	uint64_t id = how->certificate_of;

	if (how->pki == NULL)
		return;

	for (size_t i = 0; i < sizeof(owner->cluster); i++)
		snprintf(cluster + 2 * i, 3, "%02" PRIx8, owner->cluster[i]);
	open_files(how->pki, id != 0 ? id : owner->self.id, cluster);
	network->stream = raft_tls_stream(secure.tls);
	network->trace = trace;
	if (uv_signal_init(loop, &secure.hangup) != 0 ||
	    uv_signal_start(&secure.hangup, on_hangup, SIGHUP) != 0)
		errx(1, "SIGHUP cannot be waited for");
}
