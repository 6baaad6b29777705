/*
 * Builds: sets of the library's modules, by name.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A set of modules is a mask in which bit i is module i of one list: those of
 * this repository, then those of others that this binary carries.
 */
#ifndef OUTRIGGER_SCENARIO_BUILD_H
#define OUTRIGGER_SCENARIO_BUILD_H

#include "assists/scenario/scenario.h"

/** In the place of a module that nobody knows: no build has it. */
#define BUILD_NOBODYS (UINT32_C(1) << 31)

/** The bit of a module. False: nobody knows it. */
bool build_module(const char *name, size_t length, uint32_t *modules);

/** The name of a module that is known, by its position; NULL beyond the last.
 *  Static. */
const char *build_nth(size_t position);

/** "prevote, checkquorum, ...", or "none". Returns the text. */
const char *build_list(uint32_t modules, char *text, size_t size);

/** What this binary has. */
uint32_t build_present(void);

/** The library's mask for a set that this binary has; 0 in a binary whose
 *  build is fixed. */
uint64_t build_mask(uint32_t modules);

#endif
