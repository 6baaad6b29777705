/*
 * Where the model checker keeps what it has seen: memory that only grows, and
 * tables of numbers by their fingerprints.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_MODEL_STORE_H
#define OUTRIGGER_MODEL_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A failure is a mistake of the checker's, or bounds that it has no room for. */
#define must(fact) ((fact) ? (void)0 : fail(__FILE__, __LINE__, #fact))

_Noreturn void fail(const char *file, int line, const char *fact);

/** Memory that only grows and never moves; addresses are reserved at once. */
struct region {
	uint8_t *at;
	size_t used;
	size_t limit;
};

void region_make(struct region *region, size_t limit);
/** Zeroed, a multiple of 8. */
void *region_take(struct region *region, size_t bytes);

/** From fingerprints, which are never 0, to numbers. */
struct table {
	uint64_t *keys;
	uint32_t *values;
	size_t count;
	size_t room;
};

/** Where the number of that key stands; is_new: it is to be written. Valid until
 *  the next call. */
uint32_t *table_slot(struct table *table, uint64_t key, bool *is_new);

/** What the checker holds, in bytes. */
size_t store_bytes(void);

/** Mixes a word into a fingerprint (splitmix64's end). */
static inline uint64_t
mix(uint64_t hash, uint64_t word)
{
	uint64_t z = (hash ^ word) + UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t mix_bytes(uint64_t hash, const void *bytes, size_t length);

#endif
