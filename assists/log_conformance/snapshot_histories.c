/*
 * Histories of snapshots, a rule after the other, and at random.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "assists/log_conformance/snapshot_inside.h"

/** Bytes of a part, as a node has them. */
#define PART_BYTES 4000

static uint64_t
draw(struct raft_snapshot_conformance *c, uint64_t count)
{
	return raft__snapshots_draw(c, count);
}

/* The next of the leader's that is newer than all. NULL: there is none. */
static const struct image *
next_image(const struct raft_snapshot_conformance *c)
{
	for (size_t i = 0; i < IMAGES_MAX; i++)
		if (c->images[i].id.index > c->now.last_index)
			return &c->images[i];
	return NULL;
}

static bool
receive(struct raft_snapshot_conformance *c, const struct image *image)
{
	return raft__snapshots_receive(c, image, image->size, PART_BYTES);
}

static bool
receive_and_install(struct raft_snapshot_conformance *c,
		    const struct image *image)
{
	if (!receive(c, image))
		return false;
	raft__snapshots_begin_behind(c);
	return raft__snapshots_install(c, SNAPSHOT_RULE_LOADS);
}

/* ----------------------------------------------------------- by the book */

static bool
taken(struct raft_snapshot_conformance *c)
{
	static const size_t lengths[] = { 0, 1, 511, 4096, 65536, 100000 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
		if (!raft__snapshots_take(c, lengths[i]) ||
		    !raft__snapshots_load(c, newest(c), SNAPSHOT_RULE_LOADS) ||
		    !raft__snapshots_look(c) || !raft__snapshots_verify(c) ||
		    !raft__snapshots_restart(c))
			return false;
	return true;
}

static bool
kept(struct raft_snapshot_conformance *c)
{
	return raft__snapshots_take(c, 3000) && raft__snapshots_keep(c) &&
	       raft__snapshots_take(c, 3000) && raft__snapshots_forget(c) &&
	       raft__snapshots_take(c, 30000) && raft__snapshots_restart(c);
}

static bool
received(struct raft_snapshot_conformance *c)
{
	for (size_t i = 0; i < IMAGES_MAX; i++)
		if (!receive_and_install(c, &c->images[i]) ||
		    !raft__snapshots_look(c) || !raft__snapshots_verify(c) ||
		    (i % 2 == 1 && !raft__snapshots_restart(c)))
			return false;
	return raft__snapshots_forget(c) && raft__snapshots_take(c, 100) &&
	       raft__snapshots_restart(c);
}

/* Part by part, of whatever length. */
static bool
parts(struct raft_snapshot_conformance *c)
{
	static const uint64_t lengths[] = { 1000, 999, 512, 65536, 1 << 20 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		const struct image *image = &c->images[i];

		if (!raft__snapshots_receive(c, image, (image->size + 2) / 3,
					     lengths[i]) ||
		    !raft__snapshots_receive(c, image, image->size, lengths[i]))
			return false;
		raft__snapshots_begin_behind(c);
		if (!raft__snapshots_install(c, SNAPSHOT_RULE_LOADS))
			return false;
	}
	return true;
}

/* One that is not wanted any more, since a newer one comes. */
static bool
anew(struct raft_snapshot_conformance *c)
{
	const struct image *old = &c->images[0], *new = &c->images[3];

	if (!raft__snapshots_receive(c, old, (old->size + 1) / 2, PART_BYTES) ||
	    !receive(c, new))
		return false;
	raft__snapshots_begin_behind(c);
	return raft__snapshots_install(c, SNAPSHOT_RULE_ANEW) &&
	       raft__snapshots_restart(c);
}

/* Received as a whole, and the log is as it was. */
static bool
apart(struct raft_snapshot_conformance *c)
{
	for (int i = 0; i < 4; i++)
		if (!raft__snapshots_take(c, 500) ||
		    !receive(c, &c->images[4]) ||
		    !(i % 2 == 0 ? raft__snapshots_restart(c)
				 : raft__snapshots_crash(c)))
			return false;
	return receive_and_install(c, &c->images[4]);
}

/* Received as a whole, and the log begins behind it: a crash comes before it is
 * installed. */
static bool
begun(struct raft_snapshot_conformance *c)
{
	for (size_t i = 0; i < IMAGES_MAX; i++) {
		if (!receive(c, &c->images[i]))
			return false;
		raft__snapshots_begin_behind(c);
		if (!(i % 2 == 0 ? raft__snapshots_crash(c)
				 : raft__snapshots_restart(c)))
			return false;
	}
	return true;
}

/* At each sync of a taking, a receiving, an installing. */
static bool
crashes(struct raft_snapshot_conformance *c)
{
	const struct image *image;

	for (uint64_t i = 0; i < 10; i++) {
		if (c->subject->survives_power)
			raft__watch_crash_at(&c->watch, 1 + i % 3,
					     draw(c, UINT64_MAX));
		if (!raft__snapshots_take(c, 7000) || !raft__snapshots_crash(c))
			return false;
	}
	for (uint64_t i = 0; (image = next_image(c)) != NULL && i < 12; i++) {
		if (c->subject->survives_power && i % 2 == 0)
			raft__watch_crash_at(&c->watch, 1 + draw(c, 4),
					     draw(c, UINT64_MAX));
		if (!receive_and_install(c, image) || !raft__snapshots_crash(c))
			return false;
	}
	return true;
}

static bool
failures(struct raft_snapshot_conformance *c)
{
	if (!c->subject->survives_power)
		return true;
	for (size_t i = 1; i < 4; i++) {
		c->may_fail = true;
		raft__watch_fail(&c->watch);
		if (!raft__snapshots_take(c, 6000))
			return false;
		/* The next may succeed. */
		c->may_fail = false;
		if (!raft__snapshots_take(c, 6000) || !raft__snapshots_crash(c))
			return false;
		c->may_fail = true;
		raft__watch_fail(&c->watch);
		if (!receive(c, &c->images[i]))
			return false;
		c->may_fail = false;
		c->receiving = NULL;
		if (!receive_and_install(c, &c->images[i]) ||
		    !raft__snapshots_crash(c))
			return false;
	}
	return true;
}

/* A bit is another than the leader has: it is given up at the latest when it would be
 * installed. */
static bool
changed(struct raft_snapshot_conformance *c)
{
	const struct image *image = &c->images[3];
	struct image bad = *image;
	bool is_well;

	bad.bytes = malloc((size_t)image->size);
	if (bad.bytes == NULL)
		abort();
	memcpy(bad.bytes, image->bytes, (size_t)image->size);
	bad.bytes[draw(c, image->size)] ^= (uint8_t)(1u << draw(c, 8));
	c->may_fail = true;
	is_well = receive(c, &bad) &&
		  (c->is_lost || raft__snapshots_install_changed(c));
	free(bad.bytes);
	c->receiving = NULL;
	c->may_fail = false;
	return is_well;
}

static const struct {
	const char *name;
	bool (*run)(struct raft_snapshot_conformance *c);
} book[] = {
	{ "taken", taken },	  { "kept", kept },
	{ "received", received }, { "parts", parts },
	{ "anew", anew },	  { "apart", apart },
	{ "begun", begun },	  { "crashes", crashes },
	{ "failures", failures }, { "changed", changed },
};

static bool
run(struct raft_snapshot_conformance *c,
    bool (*history)(struct raft_snapshot_conformance *c))
{
	bool is_well;

	c->random = raft__conformance_mix(c->where.seed, c->where.history);
	is_well =
	    raft__snapshots_first(c) && history(c) && raft__snapshots_close(c);
	raft__snapshots_end(c);
	return is_well && !c->is_broken;
}

bool
raft__snapshots_by_the_book(struct raft_snapshot_conformance *c)
{
	for (size_t i = 0; i < sizeof(book) / sizeof(*book); i++) {
		c->where.part = book[i].name;
		c->where.history = i;
		if (!run(c, book[i].run))
			return false;
	}
	c->where.part = NULL;
	return true;
}

/* --------------------------------------------------------------- at random */

static bool
step(struct raft_snapshot_conformance *c)
{
	const struct image *image = next_image(c);
	uint64_t part_bytes = 1000 + draw(c, 9000);

	switch (draw(c, 6)) {
	case 0:
		if (image == NULL)
			return true;
		return raft__snapshots_receive(
		    c, image, 1 + draw(c, image->size), part_bytes);
	case 1:
		if (image == NULL)
			return true;
		if (!raft__snapshots_receive(c, image, image->size, part_bytes))
			return false;
		raft__snapshots_begin_behind(c);
		return draw(c, 3) == 0 ||
		       raft__snapshots_install(c, SNAPSHOT_RULE_LOADS);
	case 2:
		return c->now.count == 0 ||
		       (raft__snapshots_keep(c) && raft__snapshots_verify(c));
	case 3:
		return raft__snapshots_forget(c);
	default:
		return raft__snapshots_take(c, draw(c, 20000));
	}
}

static bool
random_history(struct raft_snapshot_conformance *c)
{
	for (int i = 0; i < 24; i++) {
		bool is_uninstalled;

		if (c->subject->survives_power && draw(c, 4) == 0)
			raft__watch_crash_at(&c->watch, 1 + draw(c, 6),
					     draw(c, UINT64_MAX));
		if (!step(c))
			return false;
		is_uninstalled = c->receiving != NULL &&
				 same_entry(c->receiving->id, c->now.begin.id);
		if (c->watch.has_crashed || is_uninstalled || draw(c, 6) == 0) {
			if (!(c->watch.has_crashed || draw(c, 2) == 0
				  ? raft__snapshots_crash(c)
				  : raft__snapshots_restart(c)))
				return false;
		}
	}
	return true;
}

bool
raft__snapshots_at_random(struct raft_snapshot_conformance *c)
{
	uint64_t count =
	    c->subject->histories != 0 ? c->subject->histories : 25;

	for (c->where.history = 1; c->where.history <= count;
	     c->where.history++)
		if (!run(c, random_history))
			return false;
	return true;
}
