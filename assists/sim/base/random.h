/*
 * The simulator's one source of randomness: SplitMix64 (Steele, Lea and Flood,
 * 2014) and draws made of integers only, so that a seed means the same run on
 * every machine and with every libc.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_SIM_RANDOM_H
#define OUTRIGGER_SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct sim_random {
	uint64_t state;
};

/** A bijection of 64 bits that leaves no pattern: also our hash's finish. */
uint64_t sim_mix(uint64_t value);

uint64_t sim_random_next(struct sim_random *random);

/** Evenly from 0..most, both included. */
uint64_t sim_random_upto(struct sim_random *random, uint64_t most);

/** Evenly from least..most, both included; least if most is below it. */
uint64_t sim_random_between(struct sim_random *random, uint64_t least,
			    uint64_t most);

/** True for `share` of a million draws. Draws nothing for a share of 0. */
bool sim_random_chance(struct sim_random *random, uint32_t share);

#endif
