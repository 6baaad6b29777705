/*
 * Patterns of names, as SCAN takes them: * ? [a-z] [^a-z] and \ before a letter.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_KV_PATTERN_H
#define OUTRIGGER_KV_PATTERN_H

#include "demos/kv/request.h"

/** It takes no more steps than the product of both lengths, whatever they are: fnmatch()
 *  does not promise that. */
bool pattern_matches(struct text pattern, struct text name);

#endif
