/*
 * What a log is put through: by the book, and at random.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/log_conformance/inside.h"

#define draw raft__conformance_draw

/** Steps of a history at random. */
#define STEPS 64

/* ------------------------------------------------------------- by the book */

/* Both kinds of end, where the log survives any; the second of what nobody flushed
 * meanwhile. */
static bool
end_and_begin(struct raft_log_conformance *c)
{
	if (!raft__life_survives(c, RAFT_LOG_SURVIVES_KILL))
		return true;
	return raft__life_restart(c) && raft__life_crash(c);
}

static bool
flush_and_restart(struct raft_log_conformance *c)
{
	return raft__step_flush(c) && end_and_begin(c);
}

/* Terms and votes are promises too (S3). */
static bool
votes(struct raft_log_conformance *c)
{
	return raft__step_save(c, &(struct ask){ .term = 9, .vote = 3 }) &&
	       flush_and_restart(c) &&
	       /* The same once more: neither is new. */
	       raft__step_save(c, &(struct ask){ 0 }) && flush_and_restart(c) &&
	       /* A term, and later a vote in it. */
	       raft__step_save(c, &(struct ask){ .term = 10 }) &&
	       flush_and_restart(c) &&
	       raft__step_save(c, &(struct ask){ .vote = 2 }) &&
	       flush_and_restart(c) &&
	       /* A vote does not outlive its term. */
	       raft__step_save(c, &(struct ask){ .term = 1u << 30 }) &&
	       flush_and_restart(c);
}

static bool
entries(struct raft_log_conformance *c)
{
	return raft__step_fill(c, 1) && flush_and_restart(c) &&
	       raft__step_fill(c, 40) && end_and_begin(c) &&
	       raft__step_fill(c, 60) && flush_and_restart(c);
}

/* A flush with nothing to write, and several saves under one. */
static bool
flushes(struct raft_log_conformance *c)
{
	return raft__step_flush(c) && raft__step_fill(c, 3) &&
	       raft__step_fill(c, 2) && raft__step_flush(c) &&
	       raft__step_flush(c) && flush_and_restart(c);
}

static bool
limits(struct raft_log_conformance *c)
{
	static const size_t bytes_max[] = { 0, 1, 63, 89, 500, SIZE_MAX };
	size_t got;

	if (!raft__step_fill(c, 30))
		return false;
	for (uint64_t first = c->dropped + 1; first <= newest(c)->last_index;
	     first++) {
		for (size_t i = 0; i < 6 * READ_MAX; i++) {
			got = raft__look_read(c, first, 1 + i / 6,
					      bytes_max[i % 6]);
			if (got == SIZE_MAX)
				return false;
			if (got == 0)
				return BREAKS(c, RULE_READABLE,
					      "a read of entry %u and on gave "
					      "not even that one",
					      (unsigned int)first);
		}
	}
	return true;
}

/* A suffix is replaced by a shorter one, then by a longer one: nothing of it comes
 * back from beneath. */
static bool
truncations(struct raft_log_conformance *c)
{
	const struct ask nothing_new = { .truncate_from = 8 };
	const struct ask shorter = { .term = 2,
				     .truncate_from = 6,
				     .count = 1 };
	const struct ask one = { .count = 1 };
	const struct ask all = { .term = 3, .truncate_from = 1, .count = 1 };

	return raft__step_fill(c, 10) && flush_and_restart(c) &&
	       raft__step_save(c, &nothing_new) && flush_and_restart(c) &&
	       raft__step_save(c, &shorter) && flush_and_restart(c) &&
	       raft__step_save(c, &one) && flush_and_restart(c) &&
	       raft__step_fill(c, 5) && flush_and_restart(c) &&
	       raft__step_save(c, &all) && flush_and_restart(c) &&
	       raft__step_fill(c, 12) && flush_and_restart(c);
}

/* Inside, where it is already, and at the very end. */
static bool
trims(struct raft_log_conformance *c)
{
	if (!raft__step_may_trim(c))
		return true;
	return raft__step_fill(c, 20) && raft__step_flush(c) &&
	       raft__step_trim(c, 7) && end_and_begin(c) &&
	       raft__step_trim(c, 7) && raft__step_fill(c, 1) &&
	       flush_and_restart(c) && raft__step_trim(c, 21) &&
	       end_and_begin(c) && raft__step_fill(c, 1) &&
	       flush_and_restart(c) && raft__step_fill(c, 3) &&
	       flush_and_restart(c);
}

/* A leader's snapshot: of another history, far ahead, and with what follows it. */
static bool
snapshots(struct raft_log_conformance *c)
{
	const uint64_t far = UINT64_C(1) << 40;
	const struct ask inside = { .term = 4, .vote = 1, .snapshot = 5 };
	const struct ask ahead = { .term = 6, .snapshot = far, .count = 1 };
	const struct ask cut = { .term = 7,
				 .truncate_from = far + 1,
				 .count = 1 };

	if (!raft__step_may_trim(c))
		return true;
	return raft__step_fill(c, 10) && raft__step_flush(c) &&
	       raft__step_save(c, &inside) && flush_and_restart(c) &&
	       raft__step_fill(c, 3) && flush_and_restart(c) &&
	       raft__step_save(c, &ahead) && flush_and_restart(c) &&
	       raft__step_save(c, &cut) && flush_and_restart(c) &&
	       raft__step_trim(c, far + 1) && raft__step_fill(c, 3) &&
	       flush_and_restart(c);
}

/* Lengths around which things tend to break, up to some megabytes. */
static bool
payloads(struct raft_log_conformance *c)
{
	c->drawing.has_borders = true;
	return raft__step_fill(c, 17) && raft__step_flush(c) &&
	       (!raft__life_survives(c, RAFT_LOG_SURVIVES_KILL) ||
		raft__life_restart(c)) &&
	       raft__step_fill(c, 1);
}

/* Megabytes that are not needed any more: what a log does about that has syncs of its
 * own, and there is a crash at each. */
static bool
compactions(struct raft_log_conformance *c)
{
	if (!raft__step_may_trim(c) ||
	    !raft__life_survives(c, RAFT_LOG_SURVIVES_POWER))
		return true;
	c->drawing.has_borders = true;
	for (uint64_t sync = 1; sync <= 4; sync++) {
		if (!raft__step_fill(c, 15) || !raft__step_flush(c) ||
		    !raft__step_trim(c, newest(c)->last_index) ||
		    !raft__step_fill(c, 1))
			return false;
		raft__life_crash_at(c, sync);
		if (!raft__step_flush(c) || !raft__life_crash(c))
			return false;
	}
	return true;
}

/* A crash at each sync that a flush makes, of one save and of several. */
static bool
crashes(struct raft_log_conformance *c)
{
	if (!raft__life_survives(c, RAFT_LOG_SURVIVES_POWER))
		return true;
	for (uint64_t i = 0; i < 40; i++) {
		if (!raft__step_fill(c, 1 + (size_t)i % 3) ||
		    (i % 2 != 0 &&
		     !raft__step_save(c, &(struct ask){ .term = 10 + i,
							.vote = 1 + i % 3,
							.count = 1 })))
			return false;
		raft__life_crash_at(c, 1 + i % 4 / 3);
		if (!raft__step_flush(c) || !raft__life_crash(c))
			return false;
	}
	return true;
}

/* A sync fails: that is said once, and nothing else. */
static bool
failures(struct raft_log_conformance *c)
{
	if (!raft__life_survives(c, RAFT_LOG_SURVIVES_POWER))
		return true;
	for (int i = 0; i < 4; i++) {
		if (!raft__step_fill(c, 2) || !raft__step_flush(c) ||
		    !raft__step_fill(c, 1))
			return false;
		raft__life_fail(c);
		if (!raft__step_flush(c))
			return false;
		if (c->failures == 0)
			return BREAKS(
			    c, RULE_FAILED,
			    "a sync failed, and flush() said nothing");
		if (!raft__step_fill(c, 2) || !raft__step_flush(c) ||
		    !raft__step_flush(c) || !raft__life_restart(c))
			return false;
	}
	return true;
}

/* --------------------------------------------------------------- at random */

/* The room in a life, and in a state, is limited. */
static size_t
draw_count(struct raft_log_conformance *c)
{
	size_t most = c->subject->entries_max;
	size_t count = (size_t)draw(c, 6);

	if (newest(c)->last_index - newest(c)->floor.index + count >
	    ENTRIES_MAX)
		return 0;
	return most != 0 && most < count ? most : count;
}

static bool
save_some(struct raft_log_conformance *c)
{
	const struct state *s = newest(c);
	uint64_t floor =
	    c->committed > s->floor.index ? c->committed : s->floor.index;
	struct ask ask = { .term = s->term + (draw(c, 3) == 0 || s->term == 0),
			   .vote = draw(c, 4) };

	if (draw(c, 4) == 0 && s->last_index > floor) {
		ask.truncate_from = floor + 1 + draw(c, s->last_index - floor);
		ask.term = s->term + 1;
	}
	ask.count = draw_count(c);
	return raft__step_save(c, &ask);
}

/* The newest snapshot is reported: the core takes none before. */
static bool
is_settled(const struct raft_log_conformance *c)
{
	return newest(c)->floor.index == c->states[c->reported].floor.index;
}

static bool
begin_anew(struct raft_log_conformance *c)
{
	const struct state *s = newest(c);
	uint64_t before =
	    c->committed > s->floor.index ? c->committed : s->floor.index;
	struct ask ask = { .term = s->term + 1, .vote = draw(c, 3) };

	if (!raft__step_may_trim(c) || !is_settled(c))
		return save_some(c);
	ask.snapshot = before + 1 + draw(c, s->last_index - before + 3);
	if (draw(c, 8) == 0)
		ask.snapshot += UINT64_C(1) << 33;
	ask.count = draw(c, 2) == 0 ? 0 : draw_count(c);
	return raft__step_save(c, &ask);
}

static bool
trim_some(struct raft_log_conformance *c)
{
	uint64_t before = c->trimmed > c->dropped ? c->trimmed : c->dropped;

	if (!raft__step_may_trim(c) || !is_settled(c) || c->committed <= before)
		return save_some(c);
	return raft__step_trim(c, before + 1 + draw(c, c->committed - before));
}

/* Of what is reported, unless it is about to be lost. */
static void
commit_some(struct raft_log_conformance *c)
{
	const struct state *s = newest(c);

	if (c->reported < c->taken || c->watch.has_crashed)
		return;
	if (c->committed < s->floor.index)
		c->committed = s->floor.index;
	c->committed += draw(c, s->last_index - c->committed + 1);
}

/* One that is only begun, where the log can be waited for. */
static bool
flush_some(struct raft_log_conformance *c)
{
	bool waits = c->subject->wait == NULL || draw(c, 2) == 0;

	if (raft__life_survives(c, RAFT_LOG_SURVIVES_POWER) && draw(c, 2) == 0)
		raft__life_crash_at(c, 1 + draw(c, 2));
	if (!waits)
		return raft__step_begin_flush(c);
	if (!raft__step_flush(c))
		return false;
	commit_some(c);
	return true;
}

static bool
step_at_random(struct raft_log_conformance *c)
{
	bool survives = raft__life_survives(c, RAFT_LOG_SURVIVES_KILL);

	if (survives && (c->watch.has_crashed || draw(c, 12) == 0))
		return raft__life_crash(c);
	switch (draw(c, 16)) {
	case 0:
		return survives ? raft__life_restart(c) : save_some(c);
	case 1:
		return begin_anew(c);
	case 2:
	case 3:
		return trim_some(c);
	case 4:
	case 5:
	case 6:
	case 7:
		return flush_some(c);
	default:
		return save_some(c);
	}
}

static bool
steps(struct raft_log_conformance *c)
{
	for (int i = 0; i < STEPS; i++)
		if (!step_at_random(c))
			return false;
	return raft__step_flush(c) && raft__life_close(c);
}

/* ------------------------------------------------------------------- all */

static bool
live_through(struct raft_log_conformance *c, const char *part,
	     bool (*what)(struct raft_log_conformance *c))
{
	bool is_well;

	c->where.part = part;
	c->drawing.seed =
	    raft__conformance_mix(c->where.seed, c->where.history);
	c->drawing.has_borders = false;
	c->random = c->drawing.seed;
	is_well = raft__life_first(c) && what(c);
	if (is_well && c->log != NULL)
		is_well = raft__life_close(c);
	raft__life_end(c);
	return is_well;
}

bool
raft__by_the_book(struct raft_log_conformance *c)
{
	static const struct {
		const char *name;
		bool (*what)(struct raft_log_conformance *c);
	} parts[] = {
		{ "votes", votes },
		{ "entries", entries },
		{ "flushes", flushes },
		{ "limits", limits },
		{ "truncations", truncations },
		{ "trims", trims },
		{ "snapshots", snapshots },
		{ "payloads", payloads },
		{ "compactions", compactions },
		{ "mending", raft__mending },
		{ "crashes", crashes },
		{ "failures", failures },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (!live_through(c, parts[i].name, parts[i].what))
			return false;
	return true;
}

bool
raft__at_random(struct raft_log_conformance *c)
{
	uint64_t count =
	    c->subject->histories != 0 ? c->subject->histories : 25;

	for (c->where.history = 1; c->where.history <= count;
	     c->where.history++)
		if (!live_through(c, NULL, steps))
			return false;
	return true;
}
