/*
 * Snapshots in files: taken and read.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/snapshot_file/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assists/disk/directory.h"
#include "assists/disk/disk.h"
#include "assists/disk/refusal.h"
#include "assists/system/system.h"

/** Of a snapshot that is read back, in one turn. */
#define VERIFY_BYTES ((uint64_t)1 << 20)

bool
raft__snapshots_fail(struct raft_snapshot_file *s, const char *format, ...)
{
	char why[400], text[512];
	struct refusal refusal = { s->path, text, sizeof(text) };
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, sizeof(why), format, arguments);
	va_end(arguments);
	refuse(&refusal, "%s", why);
	if (s->reports.failed != NULL)
		s->reports.failed(s->reports.context, text);
	return false;
}

/* ------------------------------------------------------ what is written */

void
raft__snapshots_give_up(struct raft_snapshot_file *s, struct image *image, const char *name)
{
	if (image->fd < 0)
		return;
	close(image->fd);
	image->fd = -1;
	unlinkat(s->directory, name, 0);
}

bool
raft__snapshots_make(struct raft_snapshot_file *s, struct image *image,
		     const char *name, struct raft_entry_id id)
{
	raft__snapshots_give_up(s, image, name);
	*image = (struct image){
		.id = id,
		.fd = openat(s->directory, name,
			     O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600),
	};
	return image->fd >= 0 && raft__image_own(image, &s->owner);
}

/* ------------------------------------------------------------ taking one */

static void
fail_taking(struct raft_snapshot_file *s)
{
	raft__snapshots_fail(s, "a snapshot cannot be written: %s", strerror(errno));
	raft__snapshots_give_up(s, &s->taking, "taking");
}

void
raft_snapshot_file_begin(struct raft_snapshot_file *s,
			 struct raft_entry_id snapshot)
{
	s->is_settled = false;
	if (!raft__snapshots_make(s, &s->taking, "taking", snapshot) ||
	    !raft__image_begin(&s->taking))
		fail_taking(s);
}

void
raft_snapshot_file_write(struct raft_snapshot_file *s, const void *bytes,
			 size_t length)
{
	if (s->taking.fd >= 0 &&
	    !raft__image_append(&s->taking, bytes, length))
		fail_taking(s);
}

/* What of the snapshots it reads beside `taking` does not change. */
void
raft_snapshot_file_settle(struct raft_snapshot_file *s)
{
	struct image *taking = &s->taking;

	if (taking->fd < 0)
		return;
	s->is_settled = true;
	s->settle_error = 0;
	/* One that may be on its way to a peer does not change. */
	if (raft_snapshot_file_size(s, taking->id) == 0 &&
	    (!raft__image_end(taking) || !raft__system_sync(taking->fd) ||
	     !raft__snapshots_give_name(s, "taking", taking->id))) {
		s->settle_error = errno;
		/* With a name that may not be durable it would pass for one that
		 * is. */
		raft__snapshots_take_name(s, taking->id);
	}
}

bool
raft_snapshot_file_commit(struct raft_snapshot_file *s)
{
	if (s->taking.fd < 0)
		return false;
	if (!s->is_settled)
		raft_snapshot_file_settle(s);
	s->is_settled = false;
	errno = s->settle_error;
	if (errno != 0) {
		fail_taking(s);
		return false;
	}
	/* Of that name there is no more, unless it was not needed. */
	raft__snapshots_give_up(s, &s->taking, "taking");
	return true;
}

/* --------------------------------------------------------------- reading */

static bool
same_entry(struct raft_entry_id a, struct raft_entry_id b)
{
	return a.index == b.index && a.term == b.term;
}

/* NULL: opened. Close it in any case. */
static const char *
open_to_read(const struct raft_snapshot_file *s, struct raft_entry_id id,
	     struct image_reading *reading)
{
	bool is_image = raft__image_open(reading, raft__snapshots_open(s, id));

	if (reading->fd < 0)
		return "cannot be opened";
	return is_image && same_entry(reading->id, id)
		   ? NULL
		   : "is damaged, or of a newer version";
}

/** Bytes that were read. */
struct piece {
	/** First, so that a block is its piece. */
	struct raft_block block;
	uint8_t bytes[];
};

static void
free_piece(struct raft_block *block)
{
	free(block);
}

static bool
read_piece(void *context, struct raft_entry_id snapshot, uint64_t offset,
	   size_t length, struct raft_payload *bytes)
{
	struct raft_snapshot_file *s = context;
	int fd = raft__snapshots_open(s, snapshot);
	struct piece *piece = malloc(sizeof(*piece) + length);
	bool done =
	    fd >= 0 && piece != NULL &&
	    raft__disk_read(fd, piece->bytes, length, IMAGE_AT + offset);

	if (fd >= 0)
		close(fd);
	if (!done) {
		free(piece);
		return false;
	}
	piece->block = (struct raft_block){ 1, free_piece };
	*bytes = (struct raft_payload){ piece->bytes, length, &piece->block };
	return true;
}

/* A part of it, so that who waits for the leader need not wait for its disk. */
static enum raft_node_verdict
verify(void *context, struct raft_entry_id snapshot)
{
	struct raft_snapshot_file *s = context;
	struct image_reading *reading = &s->verifying;
	const char *wrong;

	errno = 0;
	if (reading->fd < 0 || !same_entry(reading->id, snapshot)) {
		raft__image_close(reading);
		wrong = open_to_read(s, snapshot, reading);
		if (reading->fd < 0 && errno == ENOENT)
			return RAFT_NODE_SOUND;
	} else {
		wrong = raft__image_read(reading, VERIFY_BYTES, NULL, NULL);
	}
	if (wrong == NULL && reading->offset < reading->size)
		return RAFT_NODE_UNDECIDED;
	raft__image_close(reading);
	/* If it is not, the peer says so again. */
	if (wrong == NULL || raft__snapshots_lacks_room(errno))
		return RAFT_NODE_SOUND;
	raft__snapshots_fail(s,
	     "the snapshot of entry %" PRIu64 " %s%s%s, and is named `damaged` "
	     "now",
	     snapshot.index, wrong, errno != 0 ? ": " : "",
	     errno != 0 ? strerror(errno) : "");
	raft__snapshots_set_aside(s, snapshot);
	return RAFT_NODE_DAMAGED;
}

const struct raft_node_snapshots raft_snapshot_file = {
	.read = read_piece,
	.store = raft__receiver_store,
	.flush = raft__receiver_flush,
	.install = raft__receiver_install,
	.verify = verify,
};

/** False: there is no such snapshot. */
static bool
look_at(const struct raft_snapshot_file *s, struct raft_entry_id snapshot,
	struct stat *status)
{
	int fd = raft__snapshots_open(s, snapshot);
	bool is_there;

	if (fd < 0)
		return false;
	is_there = fstat(fd, status) == 0 && status->st_size > IMAGE_AT;
	close(fd);
	return is_there;
}

uint64_t
raft_snapshot_file_size(struct raft_snapshot_file *s,
			struct raft_entry_id snapshot)
{
	struct stat status;

	return look_at(s, snapshot, &status)
		   ? (uint64_t)status.st_size - IMAGE_AT
		   : 0;
}

int64_t
raft_snapshot_file_written(struct raft_snapshot_file *s,
			   struct raft_entry_id snapshot)
{
	struct stat status;

	return look_at(s, snapshot, &status) ? status.st_mtime : 0;
}

const char *
raft_snapshot_file_inspect(const struct raft_snapshot_file *s,
			   struct raft_entry_id id)
{
	struct image_reading reading;
	const char *wrong = open_to_read(s, id, &reading);

	if (wrong == NULL)
		wrong = raft__image_read(&reading, reading.size, NULL, NULL);
	raft__image_close(&reading);
	return wrong;
}

/* The whole of it is checked before any of it is believed. */
static const char *
load(struct raft_snapshot_file *s, struct raft_entry_id snapshot,
     bool (*take)(void *context, const void *bytes, size_t length),
     void *context)
{
	struct image_reading reading;
	const char *wrong = NULL;

	if (!same_entry(s->sound, snapshot))
		wrong = raft_snapshot_file_inspect(s, snapshot);
	s->sound.index = 0;
	if (wrong != NULL)
		return wrong;
	wrong = open_to_read(s, snapshot, &reading);
	if (wrong == NULL)
		wrong = raft__image_read(&reading, reading.size, take, context);
	raft__image_close(&reading);
	return wrong;
}

bool
raft_snapshot_file_load(struct raft_snapshot_file *s,
			struct raft_entry_id snapshot,
			bool (*take)(void *context, const void *bytes,
				     size_t length),
			void *context, char *error, size_t size)
{
	struct refusal refusal = { s->path, error, size };
	const char *wrong;

	errno = 0;
	wrong = load(s, snapshot, take, context);
	if (wrong == NULL)
		return true;
	if (errno != 0)
		return refuse(&refusal,
			      "the snapshot of entry %" PRIu64 " of term "
			      "%" PRIu64 " %s: %s. Nothing was changed",
			      snapshot.index, snapshot.term, wrong,
			      strerror(errno));
	return refuse(&refusal,
		      "the snapshot of entry %" PRIu64 " of term %" PRIu64
		      " %s: bring it back, or remove the server from its "
		      "cluster and add it again with a new log",
		      snapshot.index, snapshot.term, wrong);
}

/* -------------------------------------------------------------- lifetime */

/** The search for what is not the owner's. */
struct inspection {
	const struct refusal *refusal;
	bool passed;
};

/* What is damaged is judged when it is needed. */
static bool
may_be_ours(const struct raft_snapshot_file *s, int fd,
	    const struct refusal *refusal)
{
	struct raft_owner owner;
	uint32_t format = raft__image_format(fd, &owner);

	if (format == IMAGE_FORMAT)
		return raft__directory_is_of(&owner, &s->owner,
					     "a snapshot in it", refusal);
	return format == 0 ||
	       refuse(refusal,
		      "a snapshot in it has format %" PRIu32 ", of which this "
		      "version reads %d alone: run the version that wrote it, "
		      "or remove the server from its cluster and add it again "
		      "with a new log, in an empty directory",
		      format, IMAGE_FORMAT);
}

static void
inspect(struct raft_snapshot_file *s, struct raft_entry_id id, void *context)
{
	struct inspection *inspection = context;
	int fd = raft__snapshots_open(s, id);

	if (fd < 0)
		return;
	inspection->passed &= may_be_ours(s, fd, inspection->refusal);
	close(fd);
}

/* All that is in it is its owner's. */
static bool
inspect_all(struct raft_snapshot_file *s, const struct refusal *refusal)
{
	struct inspection inspection = { refusal, true };
	int received = openat(s->directory, "received", O_RDONLY | O_CLOEXEC);

	if (received >= 0) {
		inspection.passed = may_be_ours(s, received, refusal);
		close(received);
	}
	if (!raft_snapshot_file_each(s, inspect, &inspection))
		return refuse(refusal, "cannot be read: %s", strerror(errno));
	return inspection.passed;
}

static struct raft_snapshot_file *
open_directory(const char *path, const struct raft_owner *owner,
	       bool looks_only, const struct refusal *refusal)
{
	size_t path_bytes = strlen(path) + 1;
	struct raft_snapshot_file *s = calloc(1, sizeof(*s) + path_bytes);

	if (s == NULL) {
		refuse(refusal, "out of memory");
		return NULL;
	}
	memcpy(s->path, path, path_bytes);
	s->owner = *owner;
	s->taking.fd = -1;
	s->receiver.snapshots = s;
	s->receiver.image.fd = -1;
	s->verifying.fd = -1;
	s->looks_only = looks_only;
	s->directory = looks_only
			   ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
			   : raft__directory_make(refusal);
	/* A start makes one that is not there. */
	if (s->directory < 0 && looks_only && errno == ENOENT)
		return s;
	if (s->directory < 0 && looks_only)
		refuse(refusal, "cannot be opened: %s", strerror(errno));
	if (s->directory >= 0 && inspect_all(s, refusal))
		return s;
	raft_snapshot_file_close(s);
	return NULL;
}

struct raft_snapshot_file *
raft_snapshot_file_look(const char *path, const struct raft_owner *owner,
			char *error, size_t size)
{
	struct refusal refusal = { path, error, size };

	return open_directory(path, owner, true, &refusal);
}

struct raft_snapshot_file *
raft_snapshot_file_open(const char *path, const struct raft_owner *owner,
			char *error, size_t size)
{
	struct refusal refusal = { path, error, size };
	struct raft_snapshot_file *s =
	    open_directory(path, owner, false, &refusal);

	if (s != NULL)
		unlinkat(s->directory, "taking", 0);
	return s;
}

void
raft_snapshot_file_bind(struct raft_snapshot_file *s,
			const struct raft_snapshot_file_reports *reports)
{
	s->reports = *reports;
}

void
raft_snapshot_file_close(struct raft_snapshot_file *s)
{
	if (s == NULL)
		return;
	raft__receiver_close(&s->receiver);
	if (s->taking.fd >= 0)
		close(s->taking.fd);
	raft__image_close(&s->verifying);
	if (s->directory >= 0)
		close(s->directory);
	free(s);
}
