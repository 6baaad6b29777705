/*
 * A leader's snapshot, received: its parts are made durable, and once the log begins
 * behind it, it gets its name.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * All that waits for the disk is done in pieces of work, by the worker if there is one.
 * Only one snapshot is on its way at a time, from its first part until it is loaded
 * (raft/snapshot_receive.c, R3 and R4).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assists/disk/disk.h"
#include "assists/snapshot_file/inside.h"
#include "assists/system/system.h"

#define RECEIVED "received"

/* ------------------------------------------- a piece of work, in any thread */

static bool
write_part(struct receiver *receiver, const struct raft_snapshot_part *part)
{
	struct image *image = &receiver->image;

	if (part->offset == 0) {
		receiver->size = part->size;
		receiver->is_fresh = true;
		if (!raft__snapshots_make(receiver->snapshots, image, RECEIVED,
					  part->snapshot))
			return false;
	}
	/* Without a file, it was given up. */
	if (image->fd < 0 || part->offset != image->end)
		return true;
	receiver->receipt = RECEIPT_SAVED;
	return raft__image_append(image, part->bytes.data, part->bytes.length);
}

static bool
is_what_was_sent(const struct image *image)
{
	struct raft_entry_id id;
	uint64_t size;

	return raft__image_is_sound(image) &&
	       raft__image_identify(image->fd, &id, &size) &&
	       id.index == image->id.index && id.term == image->id.term;
}

/* A sync that failed is never tried again: see log_file.h. */
static bool
sync_parts(struct receiver *receiver)
{
	if (!raft__system_sync_data(receiver->image.fd) ||
	    (receiver->is_fresh &&
	     !raft__system_sync(receiver->snapshots->directory)))
		return false;
	receiver->is_fresh = false;
	return true;
}

static enum receipt
write_parts(struct receiver *receiver)
{
	receiver->receipt = RECEIPT_NONE;
	for (size_t i = 0; i < receiver->count; i++)
		if (!write_part(receiver, &receiver->parts[i]))
			return RECEIPT_LOST;
	if (receiver->receipt == RECEIPT_NONE)
		return RECEIPT_NONE;
	errno = 0;
	/* What this disk does not read back is not the leader's fault. */
	if (receiver->image.end == receiver->size &&
	    !is_what_was_sent(&receiver->image))
		return errno != 0 ? RECEIPT_LOST : RECEIPT_DAMAGED;
	return sync_parts(receiver) ? RECEIPT_SAVED : RECEIPT_LOST;
}

/* Whether the name is durable is not known if that fails; a restart finds the file by
 * either name. */
static enum receipt
give_name(struct receiver *receiver)
{
	if (!raft__snapshots_give_name(receiver->snapshots, RECEIVED,
				       receiver->name))
		return RECEIPT_LOST;
	close(receiver->image.fd);
	receiver->image.fd = -1;
	return RECEIPT_NAMED;
}

static enum receipt
store_parts(struct receiver *receiver)
{
	enum receipt receipt = write_parts(receiver);
	int error = errno;

	if (receipt == RECEIPT_LOST || receipt == RECEIPT_DAMAGED)
		raft__snapshots_give_up(receiver->snapshots, &receiver->image,
					RECEIVED);
	errno = error;
	return receipt;
}

static void
carry_out(void *context)
{
	struct receiver *receiver = context;

	receiver->receipt = receiver->name.index != 0 ? give_name(receiver)
						      : store_parts(receiver);
	receiver->error = errno;
}

/* ---------------------------------------------------- what came of a piece */

static void
report_damaged(struct receiver *receiver)
{
	struct raft_snapshot_file *s = receiver->snapshots;

	raft__snapshots_fail(s,
			     "a leader's snapshot of entry %" PRIu64
			     " is damaged, or of a newer version",
			     receiver->image.id.index);
	s->reports.damaged(s->reports.context, receiver->image.id);
}

static void
report_lost(struct receiver *receiver)
{
	struct raft_snapshot_file *s = receiver->snapshots;
	bool has_name = receiver->name.index != 0;

	raft__snapshots_fail(s, "a leader's snapshot cannot be %s: %s",
			     has_name ? "installed" : "stored",
			     strerror(receiver->error));
	s->reports.lost(s->reports.context,
			has_name ? receiver->name : receiver->image.id);
}

/* True: it is loaded. */
static bool
report(struct receiver *receiver)
{
	const struct raft_snapshot_file_reports *reports =
	    &receiver->snapshots->reports;

	switch (receiver->receipt) {
	case RECEIPT_SAVED:
		reports->saved(reports->context, receiver->image.id,
			       receiver->image.end);
		return false;
	case RECEIPT_LOST:
		report_lost(receiver);
		return false;
	case RECEIPT_DAMAGED:
		report_damaged(receiver);
		return false;
	case RECEIPT_NAMED:
		return reports->install(reports->context, receiver->name);
	case RECEIPT_NONE:
	default:
		return false;
	}
}

static void
release(struct raft_snapshot_part *parts, size_t *count)
{
	for (size_t i = 0; i < *count; i++)
		raft_payload_release(&parts[i].bytes);
	*count = 0;
}

/* ------------------------------------------------------- one after another */

/* False: there is nothing to do. */
static bool
choose_piece(struct receiver *receiver)
{
	struct raft_snapshot_part *parts = receiver->parts;
	size_t room = receiver->room;

	receiver->name = receiver->install;
	receiver->install.index = 0;
	if (receiver->name.index != 0)
		return true;
	if (!receiver->is_wanted)
		return false;
	receiver->is_wanted = false;
	receiver->parts = receiver->waiting;
	receiver->count = receiver->waiting_count;
	receiver->room = receiver->waiting_room;
	receiver->waiting = parts;
	receiver->waiting_count = 0;
	receiver->waiting_room = room;
	return receiver->count > 0;
}

/* True: what the piece named is loaded. */
static bool
finish(struct receiver *receiver)
{
	release(receiver->parts, &receiver->count);
	return report(receiver);
}

/* Do what there is to do, or have it done. True: what was to be installed is loaded. */
static bool
advance(struct receiver *receiver)
{
	bool is_loaded = false;

	while (!receiver->is_busy && !receiver->ends &&
	       choose_piece(receiver)) {
		if (receiver->worker != NULL) {
			receiver->is_busy = true;
			raft__worker_hand(receiver->worker, receiver);
			break;
		}
		carry_out(receiver);
		is_loaded |= finish(receiver);
	}
	return is_loaded;
}

/* --------------------------------------------------------------- the table */

static bool
has_room(struct receiver *receiver)
{
	size_t room = receiver->waiting_room;
	struct raft_snapshot_part *more;

	if (receiver->waiting_count < room)
		return true;
	room = room == 0 ? 8 : 2 * room;
	more = reallocarray(receiver->waiting, room, sizeof(*more));
	if (more == NULL)
		return false;
	receiver->waiting = more;
	receiver->waiting_room = room;
	return true;
}

void
raft__receiver_store(void *context, const struct raft_snapshot_part *part)
{
	struct raft_snapshot_file *s = context;
	struct receiver *receiver = &s->receiver;

	/* What comes behind a part that is missing is not stored either. */
	if (!has_room(receiver)) {
		raft__snapshots_fail(
		    s, "a leader's snapshot cannot be stored: %s",
		    strerror(ENOMEM));
		s->reports.lost(s->reports.context, part->snapshot);
		return;
	}
	receiver->waiting[receiver->waiting_count++] = *part;
	raft_payload_hold(&part->bytes);
}

void
raft__receiver_flush(void *context)
{
	struct receiver *receiver =
	    &((struct raft_snapshot_file *)context)->receiver;

	receiver->is_wanted = true;
	(void)advance(receiver);
}

/* To stay with a log that begins behind it would be to apply nothing for ever. */
bool
raft__receiver_install(void *context, struct raft_entry_id snapshot)
{
	struct receiver *receiver =
	    &((struct raft_snapshot_file *)context)->receiver;

	receiver->install = snapshot;
	return advance(receiver);
}

/* -------------------------------------------------------------- the thread */

bool
raft_snapshot_file_begin_thread(struct raft_snapshot_file *s,
				void (*wake)(void *context), void *context)
{
	struct receiver *receiver = &s->receiver;

	if (receiver->worker == NULL)
		receiver->worker = raft__worker_create(carry_out, wake, context);
	return receiver->worker != NULL;
}

bool
raft_snapshot_file_turn(struct raft_snapshot_file *s)
{
	struct receiver *receiver = &s->receiver;
	struct raft_entry_id name = receiver->name;

	if (receiver->is_busy && raft__worker_is_done(receiver->worker)) {
		receiver->is_busy = false;
		if (finish(receiver))
			s->reports.installed(s->reports.context, name);
		(void)advance(receiver);
	}
	return receiver->is_busy;
}

bool
raft_snapshot_file_end_thread(struct raft_snapshot_file *s)
{
	struct receiver *receiver = &s->receiver;

	receiver->ends = true;
	if (raft_snapshot_file_turn(s))
		return false;
	raft__worker_destroy(receiver->worker);
	receiver->worker = NULL;
	receiver->ends = false;
	return true;
}

void
raft__receiver_close(struct receiver *receiver)
{
	raft__worker_destroy(receiver->worker);
	release(receiver->waiting, &receiver->waiting_count);
	release(receiver->parts, &receiver->count);
	free(receiver->waiting);
	free(receiver->parts);
	if (receiver->image.fd >= 0)
		close(receiver->image.fd);
}
