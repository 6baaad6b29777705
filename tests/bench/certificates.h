/*
 * Certificates of servers 1 to 3, for benchmarks of TLS.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_BENCH_CERTIFICATES_H
#define TESTS_BENCH_CERTIFICATES_H

#include "assists/transport_tls/transport_tls.h"

#define BENCH_CLUSTER "bench"
#define BENCH_SERVERS 3

/** Into a new folder. The program ends if that fails. */
void make_certificates(void);
void remove_certificates(void);
/** One of them, ready for a transport. */
struct raft_tls *load_certificate(uint64_t id);

#endif
