/*
 * A guide: a text that leads a reader through scenarios, each run by the builds
 * that differ there.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Line by line:
 *
 *     # a comment
 *     title WORDS              what all of it is about
 *     chapter WORDS            what the scenarios below have in common
 *     show FILE BUILD...       a scenario, where the guide is, and its builds
 *
 * Any other line is said to the reader: at the head of the chapter that it
 * stands in, or of everything; an empty one parts paragraphs.
 */
#ifndef OUTRIGGER_COMPARE_GUIDE_H
#define OUTRIGGER_COMPARE_GUIDE_H

#include "demos/compare/plan.h"

/** Add all that a guide has. False: something cannot be read, or is not as it
 *  should be; on stderr stands what and where. */
bool guide_read(struct plan *plan, const char *path);

#endif
