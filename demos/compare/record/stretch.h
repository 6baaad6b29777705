/*
 * A stretch of a run that tells why it went as it did, and of its messages those
 * that a person can take in.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_COMPARE_STRETCH_H
#define OUTRIGGER_COMPARE_STRETCH_H

#include "demos/compare/record/run.h"

/** So many messages are shown, or a few more. */
#define STRETCH_MESSAGES 46

/** So many election timeouts are looked at, at the most. */
#define STRETCH_TIMEOUTS 20

/** A time within runs: from..to, the end not included. */
struct span {
	uint64_t from;
	uint64_t to;
};

struct stretch {
	struct span span;
	/** Messages sent within it that are shown, in that order. */
	const struct traffic_message **shown;
	size_t count;
	/** All that were sent within it. */
	size_t in_all;
	/** Of rounds of appends and their answers one in so many is shown, and
	 *  the first of each leader. */
	size_t one_in;
};

/**
 * Where it is worth looking, once something was done to the cluster: where a write
 * waits in vain for the first time; or else at the first message that does not go
 * on all the time, or the first node that is something else from then on; or else
 * where that was done.
 */
struct span stretch_about(const struct run *run);

/** Where it is worth looking in one run beside that span of another: as long after
 *  the same thing was done; or, if a write waits in vain soon before or after,
 *  there. */
struct span stretch_beside(const struct run *run, const struct run *other,
			   const struct span *span);

/** The messages of that run there. Fewer tell more: it ends early where many
 *  are worth seeing. */
void stretch_find(struct stretch *stretch, const struct run *run,
		  const struct span *span);
/** Free what it holds. */
void stretch_free(struct stretch *stretch);

/** "4.9s..5.6s" or "4900ms..5600ms". False: it is none. */
bool span_read(struct span *span, const char *text);

#endif
