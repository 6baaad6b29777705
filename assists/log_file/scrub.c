/*
 * Reading a log's files through (scrub.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/log_file/scrub.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "assists/disk/disk.h"
#include "assists/log_file/directory.h"
#include "assists/log_file/journal.h"

/* ------------------------------------------------------------------- pieces */

/* Behind the last sector of a segment that was written. */
static uint64_t
end_of(const struct journal *j, const struct segment *segment)
{
	const struct segment *next =
	    raft__segments_after(&j->segments, segment->begin);
	uint64_t end = next != NULL && next->begin < j->written ? next->begin
								: j->written;

	return end > segment->begin ? raft__sector_next(end) : segment->begin;
}

/* The segment that has the next place that there is. What was trimmed meanwhile need not
 * be read; a segment of which nothing was written yet is the last. NULL: none. */
static const struct segment *
segment_for(struct scrub *scrub, const struct journal *j)
{
	const struct segment *segment =
	    scrub->place != 0 ? raft__segments_at(&j->segments, scrub->place)
			      : NULL;

	if (scrub->place == 0)
		scrub->end = j->written;
	if (segment == NULL || scrub->place >= end_of(j, segment)) {
		segment = raft__segments_after(&j->segments, scrub->place);
		if (segment == NULL || end_of(j, segment) == segment->begin)
			return NULL;
		scrub->place = segment->begin;
	}
	return scrub->place < scrub->end ? segment : NULL;
}

static void
end_pass(struct scrub *scrub)
{
	scrub->has_header_of = 0;
	scrub->passes++;
	scrub->last_damaged = scrub->pass_damaged;
	scrub->pass_bytes = 0;
	scrub->pass_damaged = 0;
	/* It may come back. */
	if (scrub->last_damaged == 0)
		scrub->told_count = 0;
}

bool
raft__scrub_next(struct scrub *scrub, const struct journal *j, size_t bytes_max,
		 struct scrub_piece *piece)
{
	const struct segment *segment = segment_for(scrub, j);
	uint64_t left;

	if (segment == NULL) {
		if (scrub->pass_bytes > 0)
			end_pass(scrub);
		scrub->place = 0;
		return false;
	}
	*piece = (struct scrub_piece){
		.directory = j->directory,
		.salt = j->header.salt,
		.segment = *segment,
		.offset = raft__sector_offset(segment->begin, scrub->place),
		.length = bytes_max / SECTOR_BYTES * SECTOR_BYTES,
	};
	/* The header comes with the first. */
	if (scrub->place == segment->begin &&
	    scrub->has_header_of != segment->begin)
		piece->offset = 0;
	left = raft__sector_offset(segment->begin, end_of(j, segment)) -
	       piece->offset;
	if (piece->length > left)
		piece->length = (size_t)left;
	return piece->length > 0;
}

/* The place of the sector at this offset; of the header, which has none, one that no
 * sector has. */
static uint64_t
place_at(const struct scrub_piece *piece, uint64_t offset)
{
	if (offset < SECTOR_BYTES)
		return piece->segment.begin + 1;
	return piece->segment.begin +
	       (offset / SECTOR_BYTES - 1) * SECTOR_ROOM;
}

uint64_t
raft__scrub_damage(const struct scrub_piece *piece)
{
	return place_at(piece, piece->offset + piece->length - piece->damaged);
}

static bool
was_told(struct scrub *scrub, uint64_t place)
{
	for (size_t i = 0; i < scrub->told_count; i++)
		if (scrub->told[i] == place)
			return true;
	return false;
}

bool
raft__scrub_done(struct scrub *scrub, const struct scrub_piece *piece)
{
	uint64_t end = piece->offset + piece->length;
	uint64_t place = raft__scrub_damage(piece);

	scrub->place = place_at(piece, end);
	if (piece->offset == 0)
		scrub->has_header_of = piece->segment.begin;
	scrub->bytes += piece->length;
	scrub->pass_bytes += piece->length;
	scrub->pass_damaged += piece->damaged;
	if (piece->damaged == 0 || scrub->told_count == SCRUB_TOLD_MAX ||
	    was_told(scrub, place))
		return false;
	scrub->told[scrub->told_count++] = place;
	return true;
}

/* ------------------------------------------------------------------ reading */

static bool
is_header(const struct scrub_piece *piece, const uint8_t *sector)
{
	struct file_header header;

	return raft__record_header_read(sector, &header) == NULL &&
	       header.begin == piece->segment.begin &&
	       header.salt == piece->salt;
}

static bool
is_sound(const struct scrub_piece *piece, const uint8_t *sector,
	 uint64_t offset)
{
	const struct sector_place place = {
		.salt = piece->salt,
		.segment = piece->segment.begin,
		.begin = place_at(piece, offset),
	};

	if (offset == 0)
		return is_header(piece, sector);
	return raft__sector_kind(sector, &place) == SECTOR_WRITTEN;
}

/* Up to the end of the first damage. */
static void
judge(struct scrub_piece *piece, const uint8_t *bytes)
{
	size_t at = 0;

	for (; at < piece->length; at += SECTOR_BYTES) {
		if (!is_sound(piece, bytes + at, piece->offset + at))
			piece->damaged += SECTOR_BYTES;
		else if (piece->damaged > 0)
			break;
	}
	piece->length = at;
}

/* What the process lacks says nothing of the disk. */
static bool
is_disks(int error)
{
	return error != ENOMEM && error != EMFILE && error != ENFILE &&
	       error != EINTR;
}

/* What cannot be read together is read by itself. */
static bool
read_some(struct scrub_piece *piece, int fd, uint8_t *bytes)
{
	bool done = raft__disk_read(fd, bytes, piece->length, piece->offset);

	if (!done && is_disks(errno) && piece->length > PAGE_BYTES) {
		piece->length = PAGE_BYTES - piece->offset % PAGE_BYTES;
		done = raft__disk_read(fd, bytes, piece->length, piece->offset);
	}
	if (done) {
		judge(piece, bytes);
		return true;
	}
	piece->error = errno;
	piece->damaged = piece->length;
	return is_disks(errno);
}

/* What the cache has is what was written, and not what the disk has kept of it; and what
 * is read here nobody needs there. */
static void
forget(const struct scrub_piece *piece, int fd, size_t length)
{
	uint64_t from = piece->offset / PAGE_BYTES * PAGE_BYTES;

	raft__system_uncache(fd, from, piece->offset + length - from);
}

bool
raft__scrub_read(struct scrub_piece *piece)
{
	int fd = raft__directory_open_file(piece->directory,
					   piece->segment.number, true);
	size_t length = piece->length;
	uint8_t *bytes = malloc(length);
	bool done = fd >= 0 && bytes != NULL;
	int error = errno;

	if (done) {
		forget(piece, fd, length);
		done = read_some(piece, fd, bytes);
		error = errno;
		forget(piece, fd, length);
	} else if (fd < 0 && is_disks(errno)) {
		piece->error = errno;
		piece->damaged = piece->length;
		done = true;
	}
	free(bytes);
	if (fd >= 0)
		close(fd);
	errno = error;
	return done;
}
