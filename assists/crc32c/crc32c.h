/*
 * CRC32C (Castagnoli), as in iSCSI: against damage, not against malice.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_CRC32C_H
#define OUTRIGGER_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/** Of `length` bytes; `seed` is 0, or the CRC of what came before them. */
uint32_t raft__crc32c(uint32_t seed, const void *bytes, size_t length);

/** The same in portable C, for machines without the instruction. */
uint32_t raft__crc32c_portable(uint32_t seed, const void *bytes, size_t length);

#endif
