/*
 * Which builds did best in a scenario, and what the others lack.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Builds are sifted by what a client and an operator notice, in this order, of
 * the worst seed: an expectation that failed; how long there were two leaders;
 * whether two acted at one moment, where leases are known; the longest outage; no
 * read was answered; leader changes; the growth of the
 * term. Outages below one election timeout are none, and what differs by less
 * than half of one, or by one term, is equal: chance makes as much.
 */
#ifndef OUTRIGGER_COMPARE_BEST_H
#define OUTRIGGER_COMPARE_BEST_H

#include "demos/compare/record/matrix.h"

/** Mark the best of these rows, which are of one comparison: all that are
 *  equal, but none if all are. A build that was skipped takes no part. */
void best_mark(struct matrix_row *rows, size_t count);

/** In one of these rows two led, and no two acted at one moment: without leases who
 *  leads acts, which says no more. */
bool best_knows_leases(const struct matrix_row *rows, size_t count);

/** As matrix_difference(), of one of these rows. */
void best_difference(const struct matrix_row *rows, size_t count,
		     const struct matrix_row *row, char *text, size_t size);

#endif
