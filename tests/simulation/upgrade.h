/*
 * Trials in which a running group gets another build, server by server: what
 * their files share.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     upgrade.c   one of them: the operator, and the time
 *     breakage.c  what breaks meanwhile
 *     outages.c   for how long nothing could be written, and how long it may be
 */
#ifndef OUTRIGGER_TESTS_UPGRADE_H
#define OUTRIGGER_TESTS_UPGRADE_H

#include "tests/simulation/sweep.h"

/** Run a trial, and count its longest outage. Returns what is wrong; NULL: nothing
 *  is. */
const char *upgrade_run(struct trial *trial, uint32_t outages[OUTAGE_TENTHS]);

/** Something breaks in such a way that a majority of the voters works and is
 *  connected. Returns a server that must not stop meanwhile, since only by way of it
 *  they are; 0: none. */
uint32_t breakage_begins(struct trial *trial);

/** Count an outage. Returns its tenths of an election timeout. */
uint32_t outages_add(uint32_t outages[OUTAGE_TENTHS], uint64_t outage_us);
/** The longest that there may be with the builds that its servers have and get. */
uint32_t outages_most(const struct trial *trial);
/** What an upgrade's outages were, in a line. */
void outages_tell(const struct build *build,
		  const uint32_t outages[OUTAGE_TENTHS]);

#endif
