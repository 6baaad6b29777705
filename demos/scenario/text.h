/*
 * Numbers as a person reads them, the same on every machine.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_SCENARIO_TEXT_H
#define OUTRIGGER_SCENARIO_TEXT_H

#include <stddef.h>
#include <stdint.h>

/** "2.1T", in election timeouts; "never" for one without end. */
void text_timeouts(char *text, size_t size, uint64_t us, uint64_t election_us);

/** "2.1T (2134ms)". */
void text_duration(char *text, size_t size, uint64_t us, uint64_t election_us);

/** "12.34s". */
void text_seconds(char *text, size_t size, uint64_t us);

#endif
