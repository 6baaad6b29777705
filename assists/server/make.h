/*
 * What a command line says of a server's papers.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_SERVER_MAKE_H
#define OUTRIGGER_SERVER_MAKE_H

#include <limits.h>

#include "assists/server/server.h"

/** Room for the names of the files. */
struct make_files {
	char certificate[PATH_MAX + 32];
	char key[PATH_MAX + 32];
	char authorities[PATH_MAX + 32];
	char revocations[PATH_MAX + 32];
};

/** The files of server `id` in a folder as outrigger-certs makes it, by names that
 *  mean the same wherever the server is started; they live in `names`. False: see
 *  errno. */
bool raft__make_find_files(const char *folder, uint64_t id,
			   struct make_files *names,
			   struct raft_tls_files *files);

#endif
