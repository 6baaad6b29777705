/*
 * CRC32C: polynomial 0x1EDC6F41, bits reflected, initial value and final
 * exclusive-or 0xFFFFFFFF.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/crc32c/crc32c.h"

#include <string.h>
#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

uint32_t
raft__crc32c_portable(uint32_t seed, const void *bytes, size_t length)
{
	/* What half a byte that is shifted out adds: small enough to check by
	 * eye; who needs speed has the instruction. */
	static const uint32_t table[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
		0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
		0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};
	const uint8_t *next = bytes;
	uint32_t crc = ~seed;

	for (size_t i = 0; i < length; i++) {
		crc ^= next[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t
crc_by_instruction(uint32_t seed, const uint8_t *bytes, size_t length)
{
	uint64_t crc = ~seed;

	for (; length >= sizeof(uint64_t); length -= sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, bytes, sizeof(word));
		crc = _mm_crc32_u64(crc, word);
		bytes += sizeof(word);
	}
	for (; length > 0; length--)
		crc = _mm_crc32_u8((uint32_t)crc, *bytes++);
	return ~(uint32_t)crc;
}
#endif

uint32_t
raft__crc32c(uint32_t seed, const void *bytes, size_t length)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("sse4.2"))
		return crc_by_instruction(seed, bytes, length);
#endif
	return raft__crc32c_portable(seed, bytes, length);
}
