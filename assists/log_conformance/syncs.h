/*
 * The syncs of a test of a log, so that raft_log_conformance sees them.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * To be included in one file of the test's program. They stand in for the system's,
 * in the libraries that it uses, too. A log of yours that syncs by other means
 * (O_DSYNC, msync, io_uring) calls raft_log_conformance_sync() itself.
 */
#ifndef OUTRIGGER_LOG_CONFORMANCE_SYNCS_H
#define OUTRIGGER_LOG_CONFORMANCE_SYNCS_H

#include <unistd.h>

#include "assists/log_conformance/log_conformance.h"

RAFT_API int
fsync(int fd)
{
	return raft_log_conformance_sync(fd);
}

RAFT_API int
fdatasync(int fd)
{
	return raft_log_conformance_sync(fd);
}

#endif
