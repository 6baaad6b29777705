/*
 * An elastic axis: time is stretched where much happens, so that each instant
 * of note has room.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_ELASTIC_H
#define OUTRIGGER_COMPARE_ELASTIC_H

#include <stddef.h>
#include <stdint.h>

struct elastic {
	/** Instants of note, and their places. */
	uint64_t *at;
	int *place;
	size_t count;
};

/** An instant of note. */
void elastic_add(struct elastic *elastic, uint64_t at);

/** All instants are there: place them from 0 to `width`, the first and the last
 *  at the ends. */
void elastic_fit(struct elastic *elastic, int width);

/** Where an instant is: between those of note, in proportion. */
int elastic_place(const struct elastic *elastic, uint64_t at);

/** Free what it holds. */
void elastic_free(struct elastic *elastic);

#endif
