/*
 * The checksum of records, eight bytes at a time (bytes.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/streams/bytes.h"

/** Its polynomial, the lowest bit first. */
#define POLYNOMIAL UINT32_C(0x82f63b78)
#define WIDTH 8

/** What a byte does to the sum, with so many zeros behind it. */
static uint32_t effects[WIDTH][256];

__attribute__((constructor)) static void
fill(void)
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t sum = byte;

		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ ((sum & 1) != 0 ? POLYNOMIAL : 0);
		effects[0][byte] = sum;
	}
	for (size_t zeros = 1; zeros < WIDTH; zeros++)
		for (size_t byte = 0; byte < 256; byte++) {
			uint32_t before = effects[zeros - 1][byte];

			effects[zeros][byte] =
			    before >> 8 ^ effects[0][before & 0xff];
		}
}

uint32_t
bytes_crc32c(const uint8_t *at, size_t length)
{
	uint32_t sum = UINT32_MAX;

	for (; length >= WIDTH; at += WIDTH, length -= WIDTH) {
		uint64_t eight = get64(at) ^ sum;

		sum = 0;
		for (size_t i = 0; i < WIDTH; i++)
			sum ^= effects[WIDTH - 1 - i][eight >> 8 * i & 0xff];
	}
	for (; length > 0; length--)
		sum = sum >> 8 ^ effects[0][(sum ^ *at++) & 0xff];
	return ~sum;
}
