/*
 * A log in memory: a ring of entries, trimmed by snapshots.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * It forgets everything when its process ends, promises included. Use it where
 * a server that went away never comes back as the same incarnation: in tests,
 * in measurements, for data that may be lost. Payloads are kept by reference
 * until they are truncated or trimmed. Once the ring is as large as the entries
 * between two snapshots need, nothing is allocated.
 */
#ifndef OUTRIGGER_LOG_MEMORY_H
#define OUTRIGGER_LOG_MEMORY_H

#include "assists/node/node.h"

#ifdef __cplusplus
extern "C" {
#endif

struct raft_log_memory;

/** The functions that raft_node calls; the log is their first argument. */
extern RAFT_API const struct raft_node_log raft_log_memory;

/** An empty log. NULL: out of memory. */
RAFT_API struct raft_log_memory *raft_log_memory_create(void);

/** Whom to report to, from within flush() and save(). `failed` comes at most
 *  once; `why` is a sentence that lives until it returns. Neither may destroy
 *  the log. */
RAFT_API void
raft_log_memory_bind(struct raft_log_memory *log, void *context,
		     void (*saved)(void *context, uint64_t token),
		     void (*failed)(void *context, const char *why));

/** Free it and let go of every payload. NULL is allowed. */
RAFT_API void raft_log_memory_destroy(struct raft_log_memory *log);

#ifdef __cplusplus
}
#endif

#endif
