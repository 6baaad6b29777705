/*
 * Certificates of two servers, in a folder of their own (certificates.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/bench/certificates.h"

#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "assists/certs/certs.h"

static char folder[] = "/tmp/outrigger-bench.XXXXXX";

static const char *
path_of(const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return path;
}

static void
make_node(const struct raft_certs_pair *authority, uint64_t id,
	  struct raft_certs_wish wish)
{
	struct raft_certs_pair node = { NULL, NULL };
	char uri[64], name[32];

	raft_certs_uri(uri, sizeof(uri), BENCH_CLUSTER, id);
	wish.uri = uri;
	wish.usage = RAFT_CERTS_USAGE;
	if (!raft_certs_make_node(&wish, authority, &node))
		errx(1, "a certificate could not be made");
	snprintf(name, sizeof(name), "%u.pem", (unsigned)id);
	if (!raft_certs_write(path_of(name), &node.certificate, 1))
		err(1, "%s", path_of(name));
	snprintf(name, sizeof(name), "%u.key", (unsigned)id);
	if (!raft_certs_write_key(path_of(name), node.key))
		err(1, "%s", path_of(name));
	raft_certs_clear(&node);
}

void
make_certificates(void)
{
	struct raft_certs_wish wish = { .name = BENCH_CLUSTER,
					.begins = time(NULL) - 60,
					.ends = time(NULL) + 3600 };
	struct raft_certs_pair authority = { NULL, NULL };

	if (mkdtemp(folder) == NULL)
		err(1, "%s", folder);
	if (!raft_certs_make_authority(&wish, &authority))
		errx(1, "a CA could not be made");
	if (!raft_certs_write(path_of("ca.pem"), &authority.certificate, 1))
		err(1, "%s", path_of("ca.pem"));
	for (uint64_t id = 1; id <= BENCH_SERVERS; id++)
		make_node(&authority, id, wish);
	raft_certs_clear(&authority);
}

void
remove_certificates(void)
{
	const char *const names[] = { "ca.pem", "1.pem", "1.key", "2.pem",
				      "2.key", "3.pem", "3.key" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_of(names[i]));
	rmdir(folder);
}

struct raft_tls *
load_certificate(uint64_t id)
{
	char certificate[32], key[32], error[RAFT_TLS_ERROR_BYTES];
	struct raft_tls_options options = { .cluster = BENCH_CLUSTER,
					    .id = id };
	struct raft_tls *tls;

	snprintf(certificate, sizeof(certificate), "%u.pem", (unsigned)id);
	snprintf(key, sizeof(key), "%u.key", (unsigned)id);
	options.files.certificate = path_of(certificate);
	options.files.key = path_of(key);
	options.files.authorities = path_of("ca.pem");
	tls = raft_tls_create(&options, error, sizeof(error));
	if (tls == NULL)
		errx(1, "%s", error);
	return tls;
}
