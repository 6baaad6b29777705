/*
 * What is in a server's folder, for scripts.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_RESCUE_JSON_H
#define OUTRIGGER_RESCUE_JSON_H

#include "assists/rescue/rescue.h"

/** What raft_rescue_show() writes, or, if `strict`, raft_rescue_verify(), as one line
 *  of JSON. False: likewise. */
bool json_survey(const char *folder, bool strict, FILE *out, char *error,
		 size_t size);

/** What a backup says of itself. */
void json_backup(const struct raft_rescue_backup *backup, FILE *out);

#endif
