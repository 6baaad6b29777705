/*
 * What somebody may have meant by a word that is none.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_SCENARIO_HINTS_H
#define OUTRIGGER_SCENARIO_HINTS_H

#include <stdbool.h>
#include <stddef.h>

/** The word of a list that is one slip or two away from this one, or that it
 *  is in other letters; NULL: none. `nth` gives the list, then NULL. */
const char *hint_nearest(const char *word, const char *(*nth)(size_t));

/** What a word of other languages is called in this one; NULL: unknown. */
const char *hint_synonym(const char *word);

/** It begins as comments elsewhere do. */
bool hint_is_comment(const char *word);

#endif
