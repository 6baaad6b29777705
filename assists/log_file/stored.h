/*
 * What a log holds, in the form in which raft_start() wants it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_LOG_FILE_STORED_H
#define OUTRIGGER_LOG_FILE_STORED_H

#include "assists/log_file/store.h"

/** The memory that a struct raft_stored points to. */
struct handed_out {
	struct raft_term_run *runs;
	size_t run_count;
	struct raft_stored_configuration *configurations;
	size_t configuration_count;
	/** They keep the bytes of the configurations. */
	struct raft_payload *payloads;
};

/** Replaces what was handed out before. False: out of memory, or unreadable. */
bool raft__stored_collect(struct handed_out *out, struct store *store,
			  struct raft_stored *stored);

void raft__stored_clear(struct handed_out *out);

#endif
