/*
 * Ports on 127.0.0.1, for benchmarks.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_BENCH_PORTS_H
#define TESTS_BENCH_PORTS_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_PORTS_MAX 16

/** Free ones, each for the moment. The program ends if there are none. */
void find_ports(uint16_t *ports, size_t count);

#endif
