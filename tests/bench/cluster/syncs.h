/*
 * What this process asks its disk to make durable: counted, and made slow.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The program's own fdatasync, fsync and syscall take the place of the C library's, for
 * all that it is linked with. A write that the kernel is handed by io_submit counts
 * as a sync: those who use that here write through to the disk with it.
 */
#ifndef TESTS_BENCH_CLUSTER_SYNCS_H
#define TESTS_BENCH_CLUSTER_SYNCS_H

#include <stdint.h>

/** Since the process began. */
uint64_t syncs_count(void);

/** From now on each takes so much longer, in whichever thread it is asked for. */
void syncs_slow(unsigned int ms);

#endif
