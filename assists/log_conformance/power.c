/*
 * What of a folder is durable, and what is left of it after a crash.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A sync of a file notes its bytes; one of a folder, the names in it. After a failure
 * of power a folder is as it was synced or as it is now, and so is each sector of
 * each file in it. Between two syncs only the last of several writes to a sector
 * counts.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assists/log_conformance/model.h"
#include "assists/log_conformance/power.h"

#define SECTOR 512
#define FOLDERS_OPEN 8

/* ------------------------------------------------------------- bytes */

static bool
read_all(int fd, uint8_t **bytes, size_t *length)
{
	struct stat status;
	ssize_t got;

	*length = 0;
	if (fstat(fd, &status) != 0)
		return false;
	*bytes = malloc((size_t)status.st_size + 1);
	if (*bytes == NULL)
		return false;
	while (*length < (size_t)status.st_size) {
		got = pread(fd, *bytes + *length,
			    (size_t)status.st_size - *length, (off_t)*length);
		if (got <= 0)
			break;
		*length += (size_t)got;
	}
	return true;
}

static bool
write_all(const char *path, const uint8_t *bytes, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	size_t done = 0;
	ssize_t put;

	if (fd < 0)
		return false;
	while (done < length &&
	       (put = write(fd, bytes + done, length - done)) > 0)
		done += (size_t)put;
	close(fd);
	return done == length;
}

/* ------------------------------------------------------------- names */

/* nftw() hands nothing on. */
static struct power_names *listing;
static size_t listing_prefix;

static int
list_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	struct power_name *name, *grown;

	(void)type;
	if (ftw->level == 0)
		return 0;
	grown = realloc(listing->at, (listing->count + 1) * sizeof(*name));
	if (grown == NULL)
		return -1;
	listing->at = grown;
	name = &listing->at[listing->count++];
	snprintf(name->path, sizeof(name->path), "%s", path + listing_prefix);
	name->inode = status->st_ino;
	name->is_folder = S_ISDIR(status->st_mode);
	return 0;
}

static int
compare_names(const void *a, const void *b)
{
	const struct power_name *one = a, *other = b;

	return strcmp(one->path, other->path);
}

/* A folder comes before what is in it; and what is left of a file does not depend on
 * the order in which a file system has their names. */
static void
sort(struct power_names *names)
{
	if (names->count > 0)
		qsort(names->at, names->count, sizeof(*names->at),
		      compare_names);
}

/* All below a folder, in order. A name that vanishes meanwhile is none. */
static bool
list(const char *folder, struct power_names *names)
{
	bool done;

	*names = (struct power_names){ 0 };
	listing = names;
	listing_prefix = strlen(folder) + 1;
	done = nftw(folder, list_one, FOLDERS_OPEN, FTW_PHYS) == 0 ||
	       errno == ENOENT;
	sort(names);
	return done;
}

/* Whether a name stands in the folder of that path, "" being the outermost. */
static bool
stands_in(const struct power_name *name, const char *folder)
{
	size_t length = strlen(folder);
	const char *rest = name->path;

	if (length > 0) {
		if (strncmp(rest, folder, length) != 0 || rest[length] != '/')
			return false;
		rest += length + 1;
	}
	return strchr(rest, '/') == NULL;
}

/* Of `from`, those in the folder, or all others. */
static bool
add_names(struct power_names *names, const struct power_names *from,
	  const char *folder, bool in_it)
{
	for (size_t i = 0; i < from->count; i++) {
		struct power_name *grown;

		if (stands_in(&from->at[i], folder) != in_it)
			continue;
		grown = realloc(names->at, (names->count + 1) * sizeof(*grown));
		if (grown == NULL)
			return false;
		names->at = grown;
		names->at[names->count++] = from->at[i];
	}
	return true;
}

static bool
sync_folder(struct power *power, const char *path)
{
	struct power_names now, kept = { 0 };
	bool done = list(power->folder, &now) &&
		    add_names(&kept, &power->names, path, false) &&
		    add_names(&kept, &now, path, true);

	sort(&kept);
	free(now.at);
	free(power->names.at);
	power->names = kept;
	return done;
}

/* ------------------------------------------------------------- files */

static struct power_file *
find_file(const struct power *power, ino_t inode)
{
	for (size_t i = 0; i < power->file_count; i++)
		if (power->files[i].inode == inode)
			return &power->files[i];
	return NULL;
}

static struct power_file *
add_file(struct power *power, ino_t inode, int fd)
{
	struct power_file *grown;

	grown = realloc(power->files, (power->file_count + 1) * sizeof(*grown));
	if (grown == NULL)
		return NULL;
	power->files = grown;
	grown += power->file_count++;
	*grown = (struct power_file){ .inode = inode, .fd = fd };
	return grown;
}

/* Through a path, since the log may have it open to write alone. */
static bool
sync_file(struct power *power, const char *path, ino_t inode)
{
	struct power_file *file = find_file(power, inode);
	char whole[PATH_MAX + 256];
	int fd;

	if (file == NULL) {
		snprintf(whole, sizeof(whole), "%s/%s", power->folder, path);
		fd = open(whole, O_RDONLY | O_CLOEXEC);
		file = fd < 0 ? NULL : add_file(power, inode, fd);
	}
	if (file == NULL)
		return false;
	free(file->bytes);
	file->bytes = NULL;
	return read_all(file->fd, &file->bytes, &file->length);
}

/* What an open file is. False: it is not in the folder, by any name. */
static bool
find_name(const struct power *power, int fd, struct power_name *found)
{
	struct power_names now;
	struct stat status;
	bool is_in;

	if (fstat(fd, &status) != 0 || status.st_dev != power->device)
		return false;
	*found = (struct power_name){ .inode = status.st_ino };
	found->is_folder = status.st_ino == power->inode;
	is_in = found->is_folder || find_file(power, status.st_ino) != NULL;
	if (!list(power->folder, &now))
		return false;
	for (size_t i = 0; i < now.count; i++) {
		if (now.at[i].inode != status.st_ino)
			continue;
		*found = now.at[i];
		is_in = true;
	}
	free(now.at);
	return is_in;
}

bool
raft__power_is_in(const struct power *power, int fd)
{
	struct power_name found;

	return find_name(power, fd, &found);
}

bool
raft__power_sync(struct power *power, int fd)
{
	struct power_name name;

	if (!find_name(power, fd, &name))
		return false;
	return name.is_folder ? sync_folder(power, name.path)
			      : sync_file(power, name.path, name.inode);
}

bool
raft__power_watch(struct power *power, const char *folder)
{
	struct stat status;
	bool done;

	*power = (struct power){ 0 };
	snprintf(power->folder, sizeof(power->folder), "%s", folder);
	done = stat(folder, &status) == 0 && list(folder, &power->names);
	power->device = done ? status.st_dev : 0;
	power->inode = done ? status.st_ino : 0;
	for (size_t i = 0; done && i < power->names.count; i++) {
		const struct power_name *name = &power->names.at[i];

		done = name->is_folder ||
		       sync_file(power, name->path, name->inode);
	}
	return done;
}

void
raft__power_end(struct power *power)
{
	for (size_t i = 0; i < power->file_count; i++) {
		close(power->files[i].fd);
		free(power->files[i].bytes);
	}
	free(power->files);
	free(power->names.at);
	*power = (struct power){ 0 };
}

/* ----------------------------------------------------------- crashes */

/* The bytes of a file now. */
static bool
read_now(const struct power *power, const struct power_name *name,
	 uint8_t **bytes, size_t *length)
{
	const struct power_file *file = find_file(power, name->inode);
	char path[PATH_MAX + 256];
	struct stat status;
	bool done;
	int fd;

	if (file != NULL)
		return read_all(file->fd, bytes, length);
	snprintf(path, sizeof(path), "%s/%s", power->folder, name->path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT;
	/* Another may have that name by now; of this one nothing is left. */
	done = fstat(fd, &status) == 0 &&
	       (status.st_ino != name->inode || read_all(fd, bytes, length));
	close(fd);
	return done;
}

/* Of the sectors that were written since the last sync there are all, none, some,
 * or those up to one of them. */
static bool
is_lost(uint64_t drawn, size_t sector)
{
	switch (drawn % 4) {
	case 0:
		return false;
	case 1:
		return true;
	case 2:
		return raft__conformance_mix(drawn, sector) % 2 == 0;
	default:
		return sector > drawn / 4 % 8;
	}
}

/* Each sector, and the length, is that of `now` or that which is durable. */
static size_t
lose_some(const struct power_file *file, uint8_t *now, size_t length,
	  uint64_t drawn)
{
	size_t durable = file != NULL ? file->length : 0, written = 0;

	for (size_t at = 0; at < length; at += SECTOR) {
		size_t whole = length - at < SECTOR ? length - at : SECTOR;
		size_t known = at < durable ? durable - at : 0;
		uint8_t old[SECTOR] = { 0 };

		if (known > 0)
			memcpy(old, file->bytes + at,
			       known < whole ? known : whole);
		if (memcmp(now + at, old, whole) != 0 &&
		    is_lost(drawn, ++written))
			memcpy(now + at, old, whole);
	}
	return length > durable && drawn / 64 % 4 == 0 ? durable : length;
}

/* A file that got shorter may have its old length still. */
static bool
make_longer(const struct power_file *file, uint8_t **now, size_t *length,
	    uint64_t drawn)
{
	uint8_t *grown;

	if (file == NULL || file->length <= *length || drawn / 256 % 2 == 0)
		return true;
	grown = realloc(*now, file->length);
	if (grown == NULL)
		return false;
	memcpy(grown + *length, file->bytes + *length, file->length - *length);
	*now = grown;
	*length = file->length;
	return true;
}

/* One name of those that are left; lost if its folder is. `drawn` 0: with all its
 * bytes. */
static bool
leave(const struct power *power, const struct power_name *name,
      const char *folder, uint64_t drawn)
{
	const struct power_file *file = find_file(power, name->inode);
	char path[PATH_MAX + 256];
	uint8_t *bytes = NULL;
	size_t length = 0;
	bool done;

	snprintf(path, sizeof(path), "%s/%s", folder, name->path);
	if (name->is_folder)
		return mkdir(path, 0700) == 0 || errno == ENOENT;
	done = read_now(power, name, &bytes, &length);
	if (done && drawn != 0) {
		length = lose_some(file, bytes, length, drawn);
		done = make_longer(file, &bytes, &length, drawn);
	}
	done = done && (write_all(path, bytes, length) || errno == ENOENT);
	free(bytes);
	return done;
}

static bool
leave_all(const struct power *power, const struct power_names *names,
	  const char *folder, uint64_t drawn)
{
	bool done = mkdir(folder, 0700) == 0;

	for (size_t i = 0; done && i < names->count; i++)
		done = leave(power, &names->at[i], folder,
			     drawn == 0
				 ? 0
				 : raft__conformance_mix(drawn, i) | 1u << 31);
	return done;
}

bool
raft__power_kill(const struct power *power, const char *folder)
{
	struct power_names now;
	bool done =
	    list(power->folder, &now) && leave_all(power, &now, folder, 0);

	free(now.at);
	return done;
}

bool
raft__power_fail(const struct power *power, const char *folder, uint64_t drawn)
{
	if (drawn % 2 == 0)
		return leave_all(power, &power->names, folder, drawn);
	struct power_names now;
	bool done =
	    list(power->folder, &now) && leave_all(power, &now, folder, drawn);

	free(now.at);
	return done;
}

static int
remove_one(const char *path, const struct stat *status, int type,
	   struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
raft__power_remove(const char *folder)
{
	nftw(folder, remove_one, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
}
