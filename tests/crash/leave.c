/*
 * What a crash leaves of what was recorded.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/crash/disk_inside.h"

/* What a sync of a file has failed to write, none that follows will: the kernel takes it
 * for written. */
static bool
is_synced(const struct disk *disk, size_t node, size_t after, size_t at)
{
	for (size_t i = after + 1; i < at; i++) {
		if (disk->calls[i].node != node)
			continue;
		if (disk->calls[i].kind == SYNC)
			return true;
		if (disk->calls[i].kind == FAILED_SYNC &&
		    !disk->nodes[node].is_folder)
			return false;
	}
	return false;
}

/* Of a renaming between two folders both must be. */
static bool
is_durable(const struct disk *disk, size_t i, size_t at)
{
	const struct call *call = &disk->calls[i];

	return is_synced(disk, call->node, i, at) &&
	       (call->kind != RENAME ||
		is_synced(disk, call->to_node, i, at));
}

static bool
is_zero(const uint8_t *bytes, size_t length)
{
	return length == 0 ||
	       (bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0);
}

/* Bytes of a write from `from` on that are there together or not: up to the end of a
 * sector; from there on zeros as far as they go. */
static size_t
piece_length(const struct call *call, size_t from)
{
	size_t end = from, next;

	do {
		next = ((call->offset + end) / SECTOR + 1) * SECTOR -
		       call->offset;
		if (next > call->length)
			next = call->length;
		if (!is_zero(call->bytes + end, next - end))
			return end > from ? end - from : next - from;
		end = next;
	} while (end < call->length &&
		 (call->offset + from) % SECTOR == 0);
	return end - from;
}

/* NULL: all of a call is there for sure. */
static const struct disk_piece *
pieces_of(const struct disk_crash *crash, size_t call)
{
	return crash == NULL || crash->first[call] == NONE
		   ? NULL
		   : crash->pieces + crash->first[call];
}

static void
put_bytes(uint8_t *bytes, size_t *length, size_t offset, const uint8_t *from,
	  size_t count)
{
	if (offset + count > *length)
		*length = offset + count;
	memcpy(bytes + offset, from, count);
}

static void
replay_write(const struct call *call, const struct disk_piece *piece,
	     uint8_t *bytes, size_t *length)
{
	if (piece == NULL)
		put_bytes(bytes, length, call->offset, call->bytes,
			  call->length);
	for (size_t from = 0; piece != NULL && from < call->length;
	     from += (piece++)->length) {
		if (piece->is_there)
			put_bytes(bytes, length, call->offset + from,
				  call->bytes + from, piece->length);
	}
	/* The file's length comes by itself. */
	if (piece != NULL && piece->is_there &&
	    call->offset + call->length > *length)
		*length = call->offset + call->length;
}

static void
replay_truncation(const struct call *call, uint8_t *bytes, size_t *length)
{
	if (call->length < *length)
		memset(bytes + call->length, 0, *length - call->length);
	*length = call->length;
}

/* How long it may become. */
static size_t
room_of(const struct disk *disk, size_t node, size_t at)
{
	size_t room = disk->nodes[node].length, end;

	for (size_t i = 0; i < at; i++) {
		end = disk->calls[i].offset + disk->calls[i].length;
		if (disk->calls[i].node == node && end > room)
			room = end;
	}
	return room;
}

void
disk_replay_file(const struct disk *disk, size_t node, size_t at,
		 const struct disk_crash *crash, uint8_t **bytes,
		 size_t *length)
{
	const struct node *file = &disk->nodes[node];
	const struct disk_piece *piece;

	*length = file->length;
	*bytes = calloc(room_of(disk, node, at) + 1, 1);
	if (*length > 0)
		memcpy(*bytes, file->bytes, *length);
	for (size_t i = 0; i < at; i++) {
		const struct call *call = &disk->calls[i];

		if (call->node != node ||
		    (call->kind != WRITE && call->kind != TRUNCATE))
			continue;
		piece = pieces_of(crash, i);
		if (call->kind == WRITE)
			replay_write(call, piece, *bytes, length);
		else if (piece == NULL || piece->is_there)
			replay_truncation(call, *bytes, length);
	}
}

static void
replay_names(const struct disk_crash *crash, struct names *names)
{
	const struct disk *disk = crash->disk;

	*names = disk->before;
	for (size_t i = 0; i < crash->at; i++) {
		const struct call *call = &disk->calls[i];
		const struct disk_piece *piece = pieces_of(crash, i);

		if (call->kind < NAME || (piece != NULL && !piece->is_there))
			continue;
		if (call->kind == NAME)
			give_name(names, call->node, call->name, call->target);
		else if (call->kind == FORGET)
			forget_name(names, call->node, call->name);
		else
			rename_to(names, call);
	}
}

static bool
share_a_sector(const struct disk *disk, const struct disk_piece *a,
	       const struct disk_piece *b)
{
	const struct call *of_a = &disk->calls[a->call];
	const struct call *of_b = &disk->calls[b->call];

	return of_a->kind == WRITE && of_b->kind == WRITE &&
	       of_a->node == of_b->node && a->length > 0 && b->length > 0 &&
	       (of_a->offset + a->from) / SECTOR <=
		       (of_b->offset + b->from + b->length - 1) / SECTOR &&
	       (of_b->offset + b->from) / SECTOR <=
		       (of_a->offset + a->from + a->length - 1) / SECTOR;
}

static void
add_piece(struct disk_crash *crash, size_t call, size_t from, size_t length)
{
	size_t n = crash->piece_count++;

	crash->pieces = reallocarray(crash->pieces, crash->piece_count,
				     sizeof(*crash->pieces));
	crash->pieces[n] = (struct disk_piece){ .call = call, .from = from,
						.length = length,
						.below = NONE };
	for (size_t i = n; i-- > 0 && crash->pieces[n].below == NONE;) {
		if (share_a_sector(crash->disk, &crash->pieces[n],
				   &crash->pieces[i]))
			crash->pieces[n].below = i;
	}
}

static void
add_pieces(struct disk_crash *crash, size_t i)
{
	const struct call *call = &crash->disk->calls[i];
	size_t length;

	if (call->kind == SYNC || call->kind == FAILED_SYNC)
		return;
	if (call->kind != WRITE) {
		add_piece(crash, i, 0, 0);
		return;
	}
	for (size_t from = 0; from < call->length; from += length) {
		length = piece_length(call, from);
		add_piece(crash, i, from, length);
	}
	add_piece(crash, i, call->length, 0);
}

void
disk_crash_begin(struct disk_crash *crash, const struct disk *disk, size_t at)
{
	*crash = (struct disk_crash){ .disk = disk, .at = at };
	crash->first = calloc(at + 1, sizeof(*crash->first));
	for (size_t i = 0; i < at; i++) {
		crash->first[i] = NONE;
		if (is_durable(disk, i, at))
			continue;
		crash->first[i] = crash->piece_count;
		add_pieces(crash, i);
	}
}

void
disk_crash_end(struct disk_crash *crash)
{
	free(crash->first);
	free(crash->pieces);
}

static uint64_t
digest(uint64_t sum, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;
	uint64_t word = 0;

	for (size_t i = 0; i + sizeof(word) <= length; i += sizeof(word)) {
		memcpy(&word, at + i, sizeof(word));
		sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		sum ^= sum >> 29;
	}
	word = 0;
	memcpy(&word, at + length / sizeof(word) * sizeof(word),
	       length % sizeof(word));
	sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return sum ^ sum >> 32;
}

/* A tail of zeros need not be written. */
static bool
write_file(int fd, const uint8_t *bytes, size_t length)
{
	size_t end = length;

	while (end >= SECTOR && is_zero(bytes + end - SECTOR, SECTOR))
		end -= SECTOR;
	return write(fd, bytes, end) == (ssize_t)end &&
	       syscall(SYS_ftruncate, fd, (off_t)length) == 0;
}

static uint64_t
leave_file(const struct disk_crash *crash, size_t node, const char *path)
{
	uint8_t *bytes;
	size_t length;
	uint64_t sum;
	int fd;

	disk_replay_file(crash->disk, node, crash->at, crash, &bytes, &length);
	sum = digest(length, bytes, length);
	if (path != NULL) {
		fd = (int)syscall(SYS_openat, AT_FDCWD, path,
				  O_WRONLY | O_CREAT | O_EXCL, 0600);
		if (fd < 0 || !write_file(fd, bytes, length))
			err(1, "%s", path);
		close(fd);
	}
	free(bytes);
	return sum;
}

/* Sums do not depend on the order of names. */
static uint64_t
leave_folder(const struct disk_crash *crash, const struct names *names,
	     size_t folder, const char *path)
{
	uint64_t sum = 1;

	if (path != NULL && syscall(SYS_mkdirat, AT_FDCWD, path, 0700) != 0)
		err(1, "%s", path);
	for (size_t i = 0; i < names->count; i++) {
		const struct name *name = &names->at[i];
		char below[PATH_MAX];
		uint64_t of_it;

		if (name->folder != folder)
			continue;
		snprintf(below, sizeof(below), "%s/%s", path != NULL ? path : "",
			 name->name);
		if (crash->disk->nodes[name->target].is_folder)
			of_it = leave_folder(crash, names, name->target,
					     path != NULL ? below : NULL);
		else
			of_it = leave_file(crash, name->target,
					   path != NULL ? below : NULL);
		sum += digest(of_it, name->name, strlen(name->name)) | 1;
	}
	return sum;
}

uint64_t
disk_crash_leave(const struct disk_crash *crash, const char *folder)
{
	struct names names;

	for (size_t i = crash->piece_count; i-- > 0;) {
		if (crash->pieces[i].is_there &&
		    crash->pieces[i].below != NONE)
			crash->pieces[crash->pieces[i].below].is_there = true;
	}
	replay_names(crash, &names);
	return leave_folder(crash, &names, 0, folder);
}
