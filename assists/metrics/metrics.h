/*
 * raft_metrics: how it is with a server, for Prometheus.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The text format 0.0.4, which needs no library: docs/metrics.md has a table of all
 * that is in it. metrics_http.h serves it.
 */
#ifndef OUTRIGGER_METRICS_H
#define OUTRIGGER_METRICS_H

#include "assists/server/server.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What it is, as a header of HTTP says it. */
#define RAFT_METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/** The metrics of a server that is attached, as they are now; on its loop. The text
 *  is to be freed. NULL: out of memory. */
RAFT_API RAFT_MUST_USE char *raft_metrics_text(struct raft_server *server);

#ifdef __cplusplus
}
#endif

#endif
