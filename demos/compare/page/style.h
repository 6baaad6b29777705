/*
 * How a page looks: on a screen, light or dark, and on paper.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_PAGE_STYLE_H
#define OUTRIGGER_COMPARE_PAGE_STYLE_H

/** A style sheet, without a character that a page would have to escape. */
extern const char page_style[];

#endif
