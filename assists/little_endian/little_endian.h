/*
 * Numbers in bytes, the lowest first, at any address. A put returns where it ends.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_LITTLE_ENDIAN_H
#define OUTRIGGER_LITTLE_ENDIAN_H

#include <stdint.h>
#include <string.h>

/* A compiler makes one move of each of these. */

static inline uint8_t *
put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
	return at + 2;
}

static inline uint8_t *
put32(uint8_t *at, uint32_t value)
{
	put16(at, (uint16_t)value);
	return put16(at + 2, (uint16_t)(value >> 16));
}

static inline uint8_t *
put64(uint8_t *at, uint64_t value)
{
	put32(at, (uint32_t)value);
	return put32(at + 4, (uint32_t)(value >> 32));
}

static inline uint16_t
get16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t
get32(const uint8_t *at)
{
	return get16(at) | (uint32_t)get16(at + 2) << 16;
}

static inline uint64_t
get64(const uint8_t *at)
{
	return get32(at) | (uint64_t)get32(at + 4) << 32;
}

#endif
