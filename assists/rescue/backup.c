/*
 * The file of a backup: a snapshot, and whose it is.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * All numbers are little endian.
 *
 *	  0   8  "raft-bak"
 *	  8   4  version: 1
 *	 12   4  must-understand bits: 0; a reader refuses a bit it does not know
 *	 16   8  index of the last entry whose effect is in it
 *	 24   8  term of that entry
 *	 32   8  bytes of the snapshot
 *	 40   8  the server that it was taken from
 *	 48   8  its incarnation
 *	 56   8  when it was made: seconds since 1970
 *	 64  80  the cluster's name, then zeros
 *	144   8  when that snapshot was written: seconds since 1970; 0: not known
 *	152   4  0
 *	156   4  CRC32C of bytes 0..155
 *	160      the snapshot, as it is sent to a peer (assists/snapshot_file): it ends
 *	         with its own CRC32C
 *
 * A server's snapshots do not change while it runs, but it may delete one that is
 * being read: then there is a newer one.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "assists/crc32c/crc32c.h"
#include "assists/disk/disk.h"
#include "assists/little_endian/little_endian.h"
#include "assists/rescue/inside.h"
#include "assists/system/system.h"

#define VERSION 1
#define PIECE_BYTES ((size_t)64 << 10)
/** The snapshot's CRC32C, at its end. */
#define CHECKSUM_BYTES 4
/** A server that runs may take so many while one is being read. */
#define ATTEMPTS 5

static const char magic[8] = { 'r', 'a', 'f', 't', '-', 'b', 'a', 'k' };

/* ------------------------------------------------------------------ its head */

static void
write_head(uint8_t bytes[BACKUP_AT], const struct raft_rescue_backup *backup)
{
	memset(bytes, 0, BACKUP_AT);
	memcpy(bytes, magic, sizeof(magic));
	put32(bytes + 8, VERSION);
	put64(bytes + 16, backup->snapshot.index);
	put64(bytes + 24, backup->snapshot.term);
	put64(bytes + 32, backup->bytes);
	put64(bytes + 40, backup->server.id);
	put64(bytes + 48, backup->server.incarnation);
	put64(bytes + 56, backup->made_at);
	memcpy(bytes + 64, backup->cluster, RAFT_RESCUE_CLUSTER_BYTES);
	put64(bytes + 144, backup->state_at);
	put32(bytes + 156, raft__crc32c(0, bytes, 156));
}

/** NULL, or what is wrong, as the end of "the backup ...". */
static const char *
read_head(const uint8_t bytes[BACKUP_AT], struct raft_rescue_backup *backup)
{
	if (memcmp(bytes, magic, sizeof(magic)) != 0)
		return "is none: another kind of file";
	if (get32(bytes + 156) != raft__crc32c(0, bytes, 156))
		return "is damaged, in its first bytes";
	if (get32(bytes + 8) != VERSION || get32(bytes + 12) != 0)
		return "was written by a newer version: use that one";
	*backup = (struct raft_rescue_backup){
		.snapshot = { get64(bytes + 16), get64(bytes + 24) },
		.bytes = get64(bytes + 32),
		.server = { get64(bytes + 40), get64(bytes + 48) },
		.made_at = get64(bytes + 56),
		.state_at = get64(bytes + 144),
	};
	memcpy(backup->cluster, bytes + 64, RAFT_RESCUE_CLUSTER_BYTES);
	backup->cluster[RAFT_RESCUE_CLUSTER_BYTES - 1] = '\0';
	return NULL;
}

/** The same, of a file that is open. */
static const char *
read_file_head(int fd, struct raft_rescue_backup *backup)
{
	uint8_t bytes[BACKUP_AT];
	struct stat status;
	const char *wrong;

	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
		return "is none: another kind of file";
	if (!raft__disk_read(fd, bytes, sizeof(bytes), 0))
		return "is not all there, or cannot be read";
	wrong = read_head(bytes, backup);
	if (wrong != NULL)
		return wrong;
	if ((uint64_t)status.st_size < BACKUP_AT + backup->bytes)
		return "is not all there: it was cut short";
	if ((uint64_t)status.st_size > BACKUP_AT + backup->bytes)
		return "is damaged: there is more of it than was written";
	return NULL;
}

int
raft__backup_open(const char *file, struct raft_rescue_backup *backup,
		  const struct complaint *complaint)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	const char *wrong;

	if (fd < 0) {
		raft__complain(complaint, "%s: %s", file, strerror(errno));
		return -1;
	}
	wrong = read_file_head(fd, backup);
	if (wrong == NULL)
		return fd;
	close(fd);
	raft__complain(complaint, "%s: the backup %s", file, wrong);
	return -1;
}

/* ------------------------------------------------------------------ checking */

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/** The snapshot in it ends with the CRC32C of what is before. */
static const char *
check_snapshot(int fd, const struct raft_rescue_backup *backup)
{
	uint64_t left = backup->bytes, at = BACKUP_AT;
	uint8_t bytes[4096], last[CHECKSUM_BYTES];
	uint32_t checksum = 0;

	if (left < CHECKSUM_BYTES)
		return "is damaged";
	for (left -= CHECKSUM_BYTES; left > 0;) {
		size_t length = (size_t)least(left, sizeof(bytes));

		if (!raft__disk_read(fd, bytes, length, at))
			return "cannot be read back";
		checksum = raft__crc32c(checksum, bytes, length);
		at += length;
		left -= length;
	}
	if (!raft__disk_read(fd, last, sizeof(last), at))
		return "cannot be read back";
	return checksum == get32(last) ? NULL : "is damaged";
}

bool
raft_rescue_check(const char *file, struct raft_rescue_backup *backup,
		  char *error, size_t size)
{
	struct complaint complaint = { error, size };
	int fd = raft__backup_open(file, backup, &complaint);
	const char *wrong;

	if (fd < 0)
		return false;
	wrong = check_snapshot(fd, backup);
	close(fd);
	return wrong == NULL ||
	       raft__complain(&complaint, "%s: the backup %s", file, wrong);
}

/* ------------------------------------------------------------------- writing */

/** A backup that is being written. */
struct writing {
	const char *file;
	/** It has this name until it is whole. */
	char unfinished[PATH_MAX];
	int fd;
	/** Its snapshot was deleted while it was read: there is a newer one. */
	bool was_deleted;
	const struct complaint *complaint;
};

static bool
fail(const struct writing *writing)
{
	return raft__complain(writing->complaint, "%s: %s", writing->file,
			      strerror(errno));
}

/** Its name is durable with the folder that it is in. */
static bool
sync_folder_of(const char *file)
{
	const char *slash = strrchr(file, '/');
	char path[PATH_MAX] = ".";
	bool done;
	int fd;

	if (slash != NULL)
		snprintf(path, sizeof(path), "%.*s/", (int)(slash - file),
			 file);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	done = fd >= 0 && raft__system_sync(fd);
	if (fd >= 0)
		close(fd);
	return done;
}

static bool
fail_to_read(struct writing *writing, struct raft_snapshot_file *snapshots,
	     struct raft_entry_id snapshot)
{
	writing->was_deleted =
	    raft_snapshot_file_size(snapshots, snapshot) == 0;
	return raft__complain(writing->complaint,
			      writing->was_deleted
				  ? "the snapshot of entry %" PRIu64
				    " was deleted while it was read"
				  : "the snapshot of entry %" PRIu64
				    " cannot be read",
			      snapshot.index);
}

static bool
copy_piece(struct writing *writing, struct raft_snapshot_file *snapshots,
	   const struct raft_rescue_backup *backup, uint64_t offset)
{
	size_t length = (size_t)least(backup->bytes - offset, PIECE_BYTES);
	struct raft_payload piece;
	bool done;

	if (!raft_snapshot_file.read(snapshots, backup->snapshot, offset,
				     length, &piece))
		return fail_to_read(writing, snapshots, backup->snapshot);
	done = raft__disk_write(writing->fd, piece.data, piece.length,
				BACKUP_AT + offset) ||
	       fail(writing);
	raft_payload_release(&piece);
	return done;
}

/** All of it, and read back. */
static bool
fill(struct writing *writing, struct raft_snapshot_file *snapshots,
     const struct raft_rescue_backup *backup)
{
	uint8_t head[BACKUP_AT];
	const char *wrong;

	write_head(head, backup);
	if (!raft__disk_write(writing->fd, head, sizeof(head), 0))
		return fail(writing);
	for (uint64_t at = 0; at < backup->bytes; at += PIECE_BYTES)
		if (!copy_piece(writing, snapshots, backup, at))
			return false;
	if (!raft__system_sync(writing->fd))
		return fail(writing);
	wrong = check_snapshot(writing->fd, backup);
	return wrong == NULL ||
	       raft__complain(writing->complaint, "%s: what was written %s",
			      writing->file, wrong);
}

/** It gets its name, unless something has it. */
static bool
give_name(const struct writing *writing)
{
	if (!raft__system_rename_new(writing->unfinished, writing->file))
		return fail(writing);
	if (sync_folder_of(writing->file))
		return true;
	fail(writing);
	unlink(writing->file);
	return false;
}

static bool
write_backup(struct writing *writing, struct raft_snapshot_file *snapshots,
	     const struct raft_rescue_backup *backup)
{
	bool done;

	if (snprintf(writing->unfinished, PATH_MAX, "%s.XXXXXX",
		     writing->file) >= PATH_MAX)
		return raft__complain(writing->complaint, "%s: too long a path",
				      writing->file);
	writing->fd = mkostemp(writing->unfinished, O_CLOEXEC);
	if (writing->fd < 0)
		return fail(writing);
	done = fill(writing, snapshots, backup) && give_name(writing);
	close(writing->fd);
	if (!done)
		unlink(writing->unfinished);
	return done;
}

/** The newest that is sound. */
static bool
choose(const char *folder, struct raft_snapshot_file *snapshots,
       struct raft_rescue_backup *backup, const struct complaint *complaint)
{
	struct survey survey = { 0 };
	bool found = false;

	if (!raft__survey_find(snapshots, &survey, complaint))
		return false;
	for (size_t i = 0; i < survey.found_count && !found; i++) {
		backup->snapshot = survey.found[i].id;
		backup->bytes = survey.found[i].bytes;
		found = survey.found[i].wrong == NULL;
	}
	backup->state_at =
	    (uint64_t)raft_snapshot_file_written(snapshots, backup->snapshot);
	if (!found)
		raft__complain(complaint,
			       survey.found_count == 0
				   ? "%s: it has no snapshot yet: have the "
				     "server take one"
				   : "%s: none of its snapshots is as it was "
				     "written: have the server take another",
			       folder);
	free(survey.found);
	return found;
}

bool
raft_rescue_export(const char *path, const char *file,
		   struct raft_rescue_backup *backup, char *error, size_t size)
{
	struct complaint complaint = { error, size };
	struct writing writing = { .file = file, .complaint = &complaint };
	struct folder folder;
	int attempts = 0;
	bool done;

	if (access(file, F_OK) == 0)
		return raft__complain(&complaint, "%s is there already", file);
	if (!raft__folder_read_conf(path, &folder, &complaint) ||
	    !raft__folder_look_at_snapshots(path, &folder, &complaint))
		return false;
	*backup = (struct raft_rescue_backup){
		.server = folder.owner.self,
		.made_at = (uint64_t)time(NULL),
	};
	snprintf(backup->cluster, sizeof(backup->cluster), "%s",
		 folder.conf.cluster);
	do {
		writing.was_deleted = false;
		done = choose(path, folder.snapshots, backup, &complaint) &&
		       write_backup(&writing, folder.snapshots, backup);
	} while (writing.was_deleted && ++attempts < ATTEMPTS);
	raft__folder_close(&folder);
	return done;
}
