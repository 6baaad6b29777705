/*
 * What was found in a run: what was done, what the scenario asked and how it came
 * out, and every metric.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_FINDINGS_H
#define OUTRIGGER_COMPARE_FINDINGS_H

#include <stdio.h>

#include "demos/compare/record/run.h"

/** Closed until a reader opens it, or if it failed. */
void findings_write(FILE *out, const struct run *run);

#endif
