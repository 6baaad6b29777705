/*
 * What is done to snapshots in a life: one is taken, received, installed, read.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "assists/log_conformance/snapshot_inside.h"

#define POISON 0xdd
/** A node's patience with what is being read back, in turns. */
#define TURNS_MAX 100000

/* What a machine's state is, byte after byte. */
static void
fill(const struct image *image, uint8_t *bytes)
{
	uint64_t word = 0;

	for (size_t i = 0; i < image->length; i++) {
		if (i % sizeof(word) == 0)
			word = raft__conformance_mix(image->seed, i);
		bytes[i] = (uint8_t)(word >> i % sizeof(word) * 8);
	}
}

/* ------------------------------------------------------------- reading */

static bool
read_piece(struct raft_snapshot_conformance *c, struct raft_entry_id id,
	   uint64_t offset, size_t length, struct raft_payload *bytes)
{
	c->reads++;
	return c->subject->functions->read(c->snapshots, id, offset, length,
					   bytes);
}

bool
raft__snapshots_read(struct raft_snapshot_conformance *c, struct image *image)
{
	struct raft_payload bytes;
	bool is_whole;

	image->size =
	    c->subject->size(c->subject->context, c->snapshots, image->id);
	image->bytes = malloc((size_t)image->size + 1);
	if (image->bytes == NULL)
		abort();
	if (image->size == 0)
		return true;
	if (!read_piece(c, image->id, 0, (size_t)image->size, &bytes))
		return false;
	is_whole = bytes.length == image->size;
	if (is_whole)
		memcpy(image->bytes, bytes.data, bytes.length);
	raft_payload_release(&bytes);
	return is_whole;
}

/* Read it twice: a block that both have is held twice. */
static bool
check_holds(struct raft_snapshot_conformance *c, struct raft_entry_id id)
{
	struct raft_payload one, other;
	struct raft_block *owner;
	uint32_t before;

	if (!read_piece(c, id, 0, 1, &one))
		return BREAKS(c, READS, "it cannot be read");
	owner = one.owner;
	before = owner != NULL ? owner->references : 1;
	if (!read_piece(c, id, 0, 1, &other)) {
		raft_payload_release(&one);
		return BREAKS(c, READS, "it cannot be read again");
	}
	if (owner != NULL && owner == other.owner &&
	    owner->references != before + 1)
		return BREAKS(c, HELD,
			      "a read made %" PRIu32 " holds of %" PRIu32,
			      owner->references, before);
	if (before == 0 ||
	    (other.owner != NULL && other.owner->references == 0))
		return BREAKS(c, HELD, "it was read with no hold");
	raft_payload_release(&one);
	raft_payload_release(&other);
	return true;
}

/* Some piece of it. */
static bool
check_piece(struct raft_snapshot_conformance *c, const struct image *image)
{
	uint64_t offset = raft__snapshots_draw(c, image->size);
	uint64_t rest = image->size - offset;
	size_t length = 1 + (size_t)raft__snapshots_draw(c, rest);
	struct raft_payload bytes;
	bool is_same;

	if (!read_piece(c, image->id, offset, length, &bytes))
		return BREAKS(c, READS,
			      "%zu bytes at %" PRIu64
			      " of that of entry %" PRIu64 " cannot be read",
			      length, offset, image->id.index);
	is_same = bytes.length == length &&
		  memcmp(bytes.data, image->bytes + offset, length) == 0;
	raft_payload_release(&bytes);
	return is_same ||
	       BREAKS(c, READS,
		      "%zu bytes at %" PRIu64 " of that of entry %" PRIu64
		      " are not what they were",
		      length, offset, image->id.index);
}

static bool
check_absent(struct raft_snapshot_conformance *c)
{
	struct raft_entry_id absent = { c->now.last_index + 7, 1000 };
	struct raft_payload bytes;

	if (!read_piece(c, absent, 0, 1, &bytes))
		return true;
	raft_payload_release(&bytes);
	return BREAKS(c, ABSENT, "that of entry %" PRIu64 " was never taken",
		      absent.index);
}

/* Nothing was released that is held. */
static bool
check_parts(struct raft_snapshot_conformance *c)
{
	for (const struct part *p = c->parts; p != NULL; p = p->next)
		if (p->is_dead ? p->block.references != 0
			       : p->block.references == 0)
			return BREAKS(c, RELEASED,
				      "a part of %zu bytes is held or "
				      "released after its last hold was let go",
				      p->length);
	return !c->is_broken;
}

bool
raft__snapshots_look(struct raft_snapshot_conformance *c)
{
	size_t i = c->forgotten;

	if (c->is_broken || !check_absent(c))
		return false;
	for (; i < c->now.count; i++) {
		const struct image *image = &c->haves[i];

		if (image->size == 0)
			continue;
		if (!check_holds(c, image->id) || !check_piece(c, image))
			return false;
	}
	return check_parts(c);
}

/* The room has the state that a snapshot is of. */
static bool
is_state(struct raft_snapshot_conformance *c, const struct image *image,
	 size_t length)
{
	uint8_t *wanted = malloc(image->length + 1);
	bool is_same;

	if (wanted == NULL)
		abort();
	fill(image, wanted);
	is_same =
	    length == image->length && memcmp(wanted, c->room, length) == 0;
	free(wanted);
	return is_same;
}

bool
raft__snapshots_load(struct raft_snapshot_conformance *c,
		     const struct image *image, enum snapshot_rule rule)
{
	size_t length = c->subject->load(c->subject->context, c->snapshots,
					 image->id, c->room, STATE_BYTES_MAX);

	if (length == SIZE_MAX)
		return raft__snapshots_break(
		    c, rule, "that of entry %" PRIu64 " cannot be loaded",
		    image->id.index);
	return is_state(c, image, length) ||
	       raft__snapshots_break(c, rule,
				     "that of entry %" PRIu64
				     " gave another state, of %zu bytes",
				     image->id.index, length);
}

bool
raft__snapshots_keep(struct raft_snapshot_conformance *c)
{
	const struct image *image = newest(c);

	if (image->size == 0 || c->kept_bytes != NULL)
		return true;
	if (!read_piece(c, image->id, 0, (size_t)image->size, &c->kept))
		return BREAKS(c, READS, "it cannot be read again");
	c->kept_bytes = malloc(c->kept.length);
	if (c->kept_bytes == NULL)
		abort();
	memcpy(c->kept_bytes, image->bytes, c->kept.length);
	return true;
}

bool
raft__snapshots_let_kept_go(struct raft_snapshot_conformance *c)
{
	bool is_same;

	if (c->kept_bytes == NULL)
		return true;
	is_same = memcmp(c->kept_bytes, c->kept.data, c->kept.length) == 0;
	free(c->kept_bytes);
	c->kept_bytes = NULL;
	raft_payload_release(&c->kept);
	return is_same || BREAKS(c, OUTLIVES,
				 "%zu bytes have changed while they were held",
				 c->kept.length);
}

bool
raft__snapshots_verify(struct raft_snapshot_conformance *c)
{
	struct raft_entry_id id = newest(c)->id;
	enum raft_node_verdict verdict = RAFT_NODE_UNDECIDED;

	if (c->subject->functions->verify == NULL)
		return true;
	for (int i = 0; i < TURNS_MAX && verdict == RAFT_NODE_UNDECIDED; i++)
		verdict = c->subject->functions->verify(c->snapshots, id);
	return verdict == RAFT_NODE_SOUND ||
	       BREAKS(c, SOUND, "that of entry %" PRIu64 " is said to be %s",
		      id.index,
		      verdict == RAFT_NODE_DAMAGED ? "damaged"
						   : "undecided for ever");
}

/* -------------------------------------------------------------- taking */

/* Whether what is said to be durable can be: with syncs that are seen. */
static bool
was_synced(const struct raft_snapshot_conformance *c, uint64_t syncs)
{
	return !c->subject->survives_power || c->watch.syncs != syncs;
}

bool
raft__snapshots_take(struct raft_snapshot_conformance *c, size_t length)
{
	uint64_t index = c->now.last_index + 1 + raft__snapshots_draw(c, 40);
	struct image image = {
		.id = { index, term_at(index) },
		.seed = raft__snapshots_draw(c, UINT64_MAX),
		.length = length,
	};
	uint64_t syncs = c->watch.syncs;
	bool done;

	fill(&image, c->room);
	c->now.last_index = index;
	c->now.taking = image;
	done = c->subject->take(c->subject->context, c->snapshots, image.id,
				c->room, length);
	memset(c->room, POISON, length);
	if (!done)
		return c->may_fail ||
		       BREAKS(c, NEEDLESS,
			      "that of entry %" PRIu64 ", of %zu bytes, was "
			      "not taken, and nothing had gone wrong",
			      index, length);
	if (c->may_fail)
		return BREAKS(c, FAILED,
			      "a sync had failed while that of entry %" PRIu64
			      " was taken",
			      index);
	if (!was_synced(c, syncs))
		return BREAKS(c, SYNCED,
			      "that of entry %" PRIu64
			      " was taken, and no sync was seen: does the test "
			      "include assists/log_conformance/syncs.h?",
			      index);
	c->now.taking.id.index = 0;
	c->haves[c->now.count++] = image;
	c->taken++;
	return raft__snapshots_read(c, newest(c)) ||
	       BREAKS(c, READS, "one that was just taken cannot be read");
}

bool
raft__snapshots_forget(struct raft_snapshot_conformance *c)
{
	if (c->subject->forget == NULL || c->now.count == 0)
		return true;
	c->forgotten = c->now.count - 1;
	c->subject->forget(c->subject->context, c->snapshots,
			   newest(c)->id.index);
	return raft__snapshots_load(c, newest(c), SNAPSHOT_RULE_STAYS) &&
	       raft__snapshots_look(c);
}

/* ----------------------------------------------------------- receiving */

static void
note_death(struct raft_block *block)
{
	struct part *p = (struct part *)block;

	p->is_dead = true;
	memset(p->bytes, POISON, p->length);
}

/* A part, which the core holds until the next raft_duties(). */
static bool
store(struct raft_snapshot_conformance *c, uint64_t length)
{
	const struct image *image = c->receiving;
	struct part *p = malloc(sizeof(*p) + (size_t)length);
	struct raft_snapshot_part given = {
		.snapshot = image->id,
		.size = image->size,
		.offset = c->stored,
	};

	if (p == NULL)
		abort();
	*p = (struct part){ .block = { 1, note_death },
			    .next = c->parts,
			    .length = (size_t)length };
	memcpy(p->bytes, image->bytes + c->stored, (size_t)length);
	c->parts = p;
	given.bytes = (struct raft_payload){ length > 0 ? p->bytes : NULL,
					     (size_t)length, &p->block };
	c->stored += length;
	c->subject->functions->store(c->snapshots, &given);
	if (p->is_dead)
		return BREAKS(c, RELEASED,
			      "a part was released that had not been held");
	raft_payload_release(&given.bytes);
	/* What reads it from now on without a hold gets poison. */
	return true;
}

static bool
flush(struct raft_snapshot_conformance *c)
{
	uint64_t syncs = c->watch.syncs, failures = c->watch.failures;

	c->flushed = c->stored;
	c->subject->functions->flush(c->snapshots);
	if (c->subject->wait != NULL)
		c->subject->wait(c->subject->context, c->snapshots);
	if (c->is_broken)
		return false;
	if (c->is_lost)
		return true;
	if (c->watch.failures != failures && c->reported == c->flushed)
		return BREAKS(c, FAILED,
			      "of that of entry %" PRIu64
			      " all was reported after a sync had failed",
			      c->receiving->id.index);
	if (c->reported != c->flushed)
		return BREAKS(c, REPORTED,
			      "%" PRIu64 " bytes of that of entry %" PRIu64
			      " were flushed, what is reported is %" PRIu64,
			      c->flushed, c->receiving->id.index, c->reported);
	return was_synced(c, syncs) ||
	       BREAKS(c, SYNCED,
		      "that of entry %" PRIu64 " was reported up to %" PRIu64
		      ", and no sync was seen: does the test include "
		      "assists/log_conformance/syncs.h?",
		      c->receiving->id.index, c->reported);
}

/* As a part comes, some of them are flushed together. */
bool
raft__snapshots_receive(struct raft_snapshot_conformance *c,
			const struct image *image, uint64_t end,
			uint64_t part_bytes)
{
	bool is_first = c->receiving != image;

	if (is_first) {
		c->receiving = image;
		c->stored = c->flushed = c->reported = 0;
		c->is_lost = false;
	}
	while (!c->is_lost && (c->stored < end || is_first)) {
		uint64_t length = end - c->stored;

		if (!store(c, length < part_bytes ? length : part_bytes))
			return false;
		is_first = false;
		if ((c->stored == end || raft__snapshots_draw(c, 3) == 0) &&
		    !flush(c))
			return false;
	}
	return check_parts(c);
}

void
raft__snapshots_begin_behind(struct raft_snapshot_conformance *c)
{
	c->now.begin = *c->receiving;
	c->now.last_index = c->receiving->id.index;
}

bool
raft__snapshots_install(struct raft_snapshot_conformance *c,
			enum snapshot_rule rule)
{
	const struct image *image = c->receiving;

	/* That it fails is reported, and breaks a rule then. */
	(void)c->subject->functions->install(c->snapshots, image->id);
	if (c->is_broken)
		return false;
	c->haves[c->now.count++] = (struct image){
		.id = image->id,
		.seed = image->seed,
		.length = image->length,
	};
	c->receiving = NULL;
	c->installed++;
	if (!raft__snapshots_load(c, newest(c), rule))
		return false;
	return (raft__snapshots_read(c, newest(c)) &&
		newest(c)->size == image->size &&
		memcmp(newest(c)->bytes, image->bytes, (size_t)image->size) ==
		    0) ||
	       BREAKS(c, READS,
		      "that of entry %" PRIu64
		      " was installed, and is not read as the leader's",
		      newest(c)->id.index);
}

bool
raft__snapshots_install_changed(struct raft_snapshot_conformance *c)
{
	size_t length;

	if (!c->subject->functions->install(c->snapshots, c->receiving->id) ||
	    c->is_lost)
		return true;
	length = c->subject->load(c->subject->context, c->snapshots,
				  c->receiving->id, c->room, STATE_BYTES_MAX);
	return length == SIZE_MAX || is_state(c, c->receiving, length) ||
	       BREAKS(c, CHANGED, "it was installed, and gave another state");
}

/* -------------------------------------------------------------- reports */

void
raft_snapshot_conformance_saved(struct raft_snapshot_conformance *c,
				struct raft_entry_id snapshot, uint64_t end)
{
	if (c->receiving == NULL || !same_entry(snapshot, c->receiving->id))
		(void)BREAKS(c, ENDS,
			     "a part of that of entry %" PRIu64
			     " was reported, which is not being received",
			     snapshot.index);
	else if (end > c->stored || end < c->reported)
		(void)BREAKS(c, ENDS,
			     "end %" PRIu64 " was reported, %" PRIu64
			     " had been, %" PRIu64 " bytes were stored",
			     end, c->reported, c->stored);
	else
		c->reported = end;
}

void
raft_snapshot_conformance_failed(struct raft_snapshot_conformance *c,
				 struct raft_entry_id snapshot)
{
	if (c->receiving == NULL || !same_entry(snapshot, c->receiving->id))
		(void)BREAKS(c, NEEDLESS,
			     "that of entry %" PRIu64
			     " was given up, which is not being received",
			     snapshot.index);
	else if (!c->may_fail)
		(void)BREAKS(c, NEEDLESS,
			     "that of entry %" PRIu64
			     " was given up, and nothing had gone wrong",
			     snapshot.index);
	else
		c->is_lost = true;
}
