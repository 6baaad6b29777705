/*
 * For how long nothing could be written while a group got another build, and how
 * long that may be.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A mixed group may be as bad as the worse of its builds alone, but not worse
 * (docs/mixed-builds.md): members honour only leaders that would give up as they
 * would. Alone means the same trial, in which every server is stopped and starts
 * with the build that it had. The longest outage of many such trials was written
 * down below; those of a mixed group are held to it, with a margin.
 *
 * The margin is one more candidacy that fails, two election timeouts at most, and
 * one in which a server that has just started is still patient (stickiness). For
 * who asks first, and who has just started, is drawn anew in a mixed group, and what
 * was seen of the build alone is not the longest that there could be.
 */
#include <inttypes.h>
#include <stdio.h>

#include "tests/simulation/upgrade.h"

#define TENTH_US (ELECTION_US / 10)
#define MARGIN_TENTHS 30

/** In tenths of an election timeout, by `./run sim --upgrade --build BUILD:BUILD
 *  --seeds 1000`. With learners 300 to 1000 seeds gave less, and what is said is that
 *  of the build without; so it is of those that are off unless switched on, which have
 *  rows of their own only where they are worse. Without checkquorum a group may stand
 *  still for as long as something is broken, 24 election timeouts at most, which 600
 *  seeds came to. */
static const struct {
	const char *build;
	uint32_t tenths;
} alone[] = {
	{ "baseline", 241 },
	{ "stickiness", 241 },
	{ "prevote", 240 },
	{ "stickiness+prevote", 240 },
	{ "checkquorum", 146 },
	{ "stickiness+checkquorum", 136 },
	{ "prevote+checkquorum", 51 },
	{ "stickiness+prevote+checkquorum", 62 },
	{ "learners", 241 },
	{ "stickiness+learners", 241 },
	{ "prevote+learners", 240 },
	{ "stickiness+prevote+learners", 240 },
	{ "checkquorum+learners", 146 },
	{ "stickiness+checkquorum+learners", 136 },
	{ "prevote+checkquorum+learners", 51 },
	{ "stickiness+prevote+checkquorum+learners", 62 },
};

/** Those that the table knows; what the others add is to make nothing worse. */
static uint64_t
known(void)
{
	const size_t last = sizeof(alone) / sizeof(alone[0]) - 1;
	uint64_t mask = 0;

	return raft_mask(alone[last].build, &mask) ? mask : 0;
}

/** Of a build alone. */
static uint32_t
longest_alone(uint64_t modules)
{
	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++) {
		uint64_t mask;

		if (raft_mask(alone[i].build, &mask) &&
		    mask == (modules & known()))
			return alone[i].tenths;
	}
	return OUTAGE_TENTHS;
}

uint32_t
outages_most(const struct trial *trial)
{
	uint32_t most = 0;

	for (uint32_t i = 0; i < trial->nodes; i++) {
		uint32_t first = longest_alone(trial->first[i]);
		uint32_t next = longest_alone(trial->next[i]);

		most = first > most ? first : most;
		most = next > most ? next : most;
	}
	return most + MARGIN_TENTHS;
}

uint32_t
outages_add(uint32_t outages[OUTAGE_TENTHS], uint64_t outage_us)
{
	uint64_t tenths = (outage_us + TENTH_US - 1) / TENTH_US;
	uint32_t counted =
	    tenths < OUTAGE_TENTHS ? (uint32_t)tenths : OUTAGE_TENTHS - 1;

	outages[counted]++;
	return counted;
}

/** The least that so many of a thousand do not exceed. */
static uint32_t
quantile(const uint32_t outages[OUTAGE_TENTHS], uint64_t thousandths)
{
	uint64_t all = 0, until = 0;
	uint32_t tenths = 0;

	for (uint32_t i = 0; i < OUTAGE_TENTHS; i++)
		all += outages[i];
	for (; tenths + 1 < OUTAGE_TENTHS; tenths++) {
		until += outages[tenths];
		if (until * 1000 >= all * thousandths)
			break;
	}
	return tenths;
}

void
outages_tell(const struct build *build, const uint32_t outages[OUTAGE_TENTHS])
{
	uint32_t median = quantile(outages, 500);
	uint32_t worst = quantile(outages, 1000);

	printf("%s: outages of %" PRIu32 ".%" PRIu32 " T (median), %" PRIu32
	       ".%" PRIu32 " T (worst)\n",
	       build->name, median / 10, median % 10, worst / 10, worst % 10);
}
