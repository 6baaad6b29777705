/*
 * Builds: sets of the library's modules, by name.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A set of modules is a mask in which bit i is module i of our own list: those
 * that the project knows, then those of others that this binary carries.
 */
#ifndef OUTRIGGER_SCENARIO_BUILD_H
#define OUTRIGGER_SCENARIO_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The longest name that build_name() writes, with its NUL. */
#define BUILD_NAME_BYTES 512

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

/**
 * Read `baseline`, `core4`, `default`, `all` or names joined by `+`. False: no
 * such build, or none of this binary, and `error` says why and what was
 * expected.
 */
bool build_parse(const char *list, uint32_t *modules, char *error, size_t size);

/** The names of a set in our order, joined by `+`; "baseline" if none. */
void build_name(uint32_t modules, char *name, size_t size);

/** The library's mask for a set that this binary has; 0 in a binary whose
 *  build is fixed. */
uint64_t build_mask(uint32_t modules);

/** The distinct subsets of the core four, in counting order, in `sets` (room
 *  for 16). Returns how many. */
size_t build_every(uint32_t *sets);

#endif
