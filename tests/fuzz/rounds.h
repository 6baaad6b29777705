/*
 * A fuzzer's rounds: each has a seed, and the one that fails says how it is
 * repeated alone.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     FUZZER [SEED [ROUNDS]]
 *     FUZZER --explain SEED
 *
 * Without a seed one is drawn; without a number of rounds they go on for a few
 * seconds, or RAFT_FUZZ_SECONDS. A fuzzer that can explains a round that failed,
 * by itself too.
 */
#ifndef OUTRIGGER_FUZZ_ROUNDS_H
#define OUTRIGGER_FUZZ_ROUNDS_H

#include <stdbool.h>
#include <stdint.h>

/** Checked in every build; aborts. */
#define must(fact)                                                             \
	((fact) ? (void)0 : fail(__FILE__, __LINE__, #fact))

_Noreturn void fail(const char *file, int line, const char *fact);

/** Before rounds_run: by this a round is explained, which failed. */
void rounds_explained_by(void (*explain)(uint64_t seed));
/** From now on a failure only says what failed. */
void rounds_explain_nothing(void);

/** As the arguments say; `name` is the fuzzer's. Says how many there were, and
 *  returns it. */
uint64_t rounds_run(int argc, char **argv, const char *name, unsigned int seconds,
		    void (*run)(uint64_t seed));

#endif
