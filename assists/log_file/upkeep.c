/*
 * The files that a log is going to need (upkeep.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/log_file/upkeep.h"

#include <errno.h>

/* After a file that could not be made; doubled with each that cannot be, again. */
#define PAUSE_S_MIN 1
#define PAUSE_S_MAX 64

static time_t
now_s(void)
{
	return (time_t)(raft__work_now() / 1000000);
}

static bool
needs_one(const struct upkeep *upkeep, const struct journal *journal)
{
	return journal->fd >= 0 &&
	       raft__segments_spare(&journal->segments) == NULL &&
	       raft__journal_is_half_full(journal) &&
	       (upkeep->not_before == 0 || now_s() >= upkeep->not_before);
}

/* Never the one that says that there is a log. */
static const struct segment *
find_surplus(const struct upkeep *upkeep, const struct journal *journal)
{
	const struct segments *s = &journal->segments;

	if (upkeep->kept == 0 || raft__segments_spares(s) <= upkeep->kept)
		return NULL;
	for (size_t i = 0; i < s->count; i++)
		if (s->list[i].begin == 0 && s->list[i].number != 0)
			return &s->list[i];
	return NULL;
}

bool
raft__upkeep_next(const struct upkeep *upkeep, struct journal *journal,
		  struct work *work)
{
	const struct segment *surplus = find_surplus(upkeep, journal);

	work->directory = journal->directory;
	if (surplus != NULL) {
		work->kind = WORK_REMOVE;
		work->number = surplus->number;
		raft__segments_remove(&journal->segments, work->number);
		return true;
	}
	if (!needs_one(upkeep, journal) ||
	    !raft__segments_reserve(&journal->segments))
		return false;
	work->kind = WORK_MAKE;
	work->number = raft__segments_unused(&journal->segments);
	work->header = journal->header;
	return true;
}

/* The disk may have room later. */
static void
pause(struct upkeep *upkeep)
{
	upkeep->pause_s =
		upkeep->pause_s == 0 ? PAUSE_S_MIN : 2 * upkeep->pause_s;
	if (upkeep->pause_s > PAUSE_S_MAX)
		upkeep->pause_s = PAUSE_S_MAX;
	upkeep->not_before = now_s() + upkeep->pause_s;
}

void
raft__upkeep_done(struct upkeep *upkeep, struct journal *journal,
		  const struct work *work)
{
	const struct segment made = { .number = work->number,
				      .size = work->size };

	if (work->kind != WORK_MAKE)
		return;
	if (work->error != 0) {
		pause(upkeep);
		return;
	}
	raft__segments_add(&journal->segments, &made);
	upkeep->not_before = 0;
	upkeep->pause_s = 0;
}

void
raft__upkeep_written(struct upkeep *upkeep, const struct journal_batch *batch,
		     size_t freed)
{
	upkeep->begun += batch->begin == batch->page.segment;
	if (freed == 0)
		return;
	upkeep->kept = upkeep->begun + 1;
	upkeep->begun = 0;
}
