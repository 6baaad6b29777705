/*
 * Recording what is done to files.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/crash/disk_inside.h"
#include "tests/crash/fault.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/** What is recorded now; NULL: nothing. */
static struct disk *current;
/** A log may have a thread. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/** Whether a sync fails: of a file, of a folder. */
static bool sync_fails[2];

/* ------------------------------------------------------------------ nodes */

static size_t
find_node(const struct disk *disk, const struct stat *status)
{
	for (size_t i = 0; i < disk->node_count; i++) {
		if (disk->nodes[i].number == status->st_ino)
			return i;
	}
	return NONE;
}

static size_t
node_of(int fd)
{
	struct stat status;

	if (current == NULL || fstat(fd, &status) != 0)
		return NONE;
	return find_node(current, &status);
}

static void
read_node(const struct node *node, uint8_t **bytes, size_t *length)
{
	struct iovec piece = { 0 };
	struct stat status;

	if (fstat(node->fd, &status) != 0)
		err(1, "fstat");
	*length = piece.iov_len = (size_t)status.st_size;
	*bytes = piece.iov_base = malloc(*length + 1);
	/* Not pread(), which may be refused (fault.h). */
	if (preadv(node->fd, &piece, 1, 0) != (ssize_t)*length)
		err(1, "preadv");
}

static size_t
add_node(struct disk *disk, int folder, const char *name)
{
	struct node *node = &disk->nodes[disk->node_count];
	int fd = (int)syscall(SYS_openat, folder, name, O_RDONLY | O_CLOEXEC, 0);
	struct stat status;

	NEED(disk->node_count < NODES_MAX);
	if (fd < 0 || fstat(fd, &status) != 0)
		err(1, "%s", name);
	*node = (struct node){ .number = status.st_ino,
			       .is_folder = S_ISDIR(status.st_mode),
			       .fd = fd };
	return disk->node_count++;
}

static struct call *
add_call(enum kind kind, size_t node)
{
	struct disk *d = current;

	d->calls = reallocarray(d->calls, d->call_count + 1, sizeof(*d->calls));
	d->calls[d->call_count] = (struct call){ .kind = kind, .node = node };
	return &d->calls[d->call_count++];
}

/* ----------------------------------------------------- what came unnoticed */

static void
note_write(size_t node, size_t offset, const void *bytes, size_t length)
{
	struct call *call = add_call(WRITE, node);

	call->offset = offset;
	call->length = length;
	call->bytes = malloc(length + 1);
	memcpy(call->bytes, bytes, length);
}

/* What fwrite has written. */
static void
notice_bytes(size_t node)
{
	size_t length, known_length;
	uint8_t *bytes, *known;

	read_node(&current->nodes[node], &bytes, &length);
	disk_replay_file(current, node, current->call_count, NULL, &known,
		    &known_length);
	if (length < known_length)
		errx(1, "a file was cut unseen");
	if (length > known_length ||
	    memcmp(bytes, known, known_length) != 0)
		note_write(node, 0, bytes, length);
	free(bytes);
	free(known);
}

static void
note_name(size_t folder, const char *name, size_t target)
{
	struct call *call = add_call(NAME, folder);

	keep_name(call->name, name);
	call->target = target;
	give_name(&current->now, folder, name, target);
}

static void
notice_names(struct disk *disk, size_t folder, bool is_recorded);

static void
notice_name(struct disk *disk, size_t folder, int fd, const char *name,
	    bool is_recorded)
{
	struct stat status;
	size_t node;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    find_name(&disk->now, folder, name) != NULL)
		return;
	if (fstatat(fd, name, &status, 0) != 0)
		err(1, "%s", name);
	node = find_node(disk, &status);
	if (node == NONE)
		node = add_node(disk, fd, name);
	if (is_recorded)
		note_name(folder, name, node);
	else
		give_name(&disk->now, folder, name, node);
	if (disk->nodes[node].is_folder)
		notice_names(disk, node, is_recorded);
}

/* What fopen has made; all below a folder, in the order of their names, whatever that
 * of the file system is. */
static void
notice_names(struct disk *disk, size_t folder, bool is_recorded)
{
	int fd = disk->nodes[folder].fd, count;
	struct dirent64 **entries;

	/* Not readdir(), likewise. */
	count = scandirat64(fd, ".", &entries, NULL, alphasort64);
	if (count < 0)
		err(1, "scandirat");
	for (int i = 0; i < count; i++) {
		notice_name(disk, folder, fd, entries[i]->d_name, is_recorded);
		free(entries[i]);
	}
	free(entries);
}

/* --------------------------------------------------------------- the calls */

static const char *
base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* The folder that a path is in. */
static size_t
folder_of(int folder, const char *path)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX];
	struct stat status;

	if (current == NULL)
		return NONE;
	snprintf(parent, sizeof(parent), "%.*s",
		 slash == NULL ? 1 : (int)(slash - path),
		 slash == NULL ? "." : path);
	if (fstatat(folder, parent, &status, 0) != 0)
		return NONE;
	return find_node(current, &status);
}

ssize_t
pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
	struct iovec piece = { (void *)(uintptr_t)bytes, length };
	ssize_t written;
	size_t node;

	if (fault_comes(FAULT_WRITE, fd, NULL, &length))
		return -1;
	piece.iov_len = length;
	pthread_mutex_lock(&lock);
	node = node_of(fd);
	if (node != NONE)
		note_write(node, (size_t)offset, bytes, length);
	written = pwritev(fd, &piece, 1, offset);
	pthread_mutex_unlock(&lock);
	return written;
}

ssize_t
write(int fd, const void *bytes, size_t length)
{
	size_t node;
	ssize_t written;

	if (fault_comes(FAULT_WRITE, fd, NULL, &length))
		return -1;
	pthread_mutex_lock(&lock);
	node = node_of(fd);
	if (node != NONE)
		note_write(node, (size_t)lseek(fd, 0, SEEK_CUR), bytes, length);
	written = syscall(SYS_write, fd, bytes, length);
	pthread_mutex_unlock(&lock);
	return written;
}

int
ftruncate(int fd, off_t length)
{
	size_t node;
	int result;

	if (fault_comes(FAULT_TRUNCATE, fd, NULL, NULL))
		return -1;
	pthread_mutex_lock(&lock);
	node = node_of(fd);
	if (node != NONE)
		add_call(TRUNCATE, node)->length = (size_t)length;
	result = (int)syscall(SYS_ftruncate, fd, length);
	pthread_mutex_unlock(&lock);
	return result;
}

static int
note_sync(size_t node)
{
	if (node == NONE)
		return 0;
	if (sync_fails[current->nodes[node].is_folder]) {
		add_call(FAILED_SYNC, node);
		errno = EIO;
		return -1;
	}
	if (current->nodes[node].is_folder)
		notice_names(current, node, true);
	else
		notice_bytes(node);
	add_call(SYNC, node);
	return 0;
}

int
fsync(int fd)
{
	int result;

	if (fault_comes(FAULT_SYNC, fd, NULL, NULL))
		return -1;
	pthread_mutex_lock(&lock);
	result = note_sync(node_of(fd));
	pthread_mutex_unlock(&lock);
	return result;
}

int
fdatasync(int fd)
{
	return fsync(fd);
}

static int
note_open(int folder, const char *path, int flags, mode_t mode)
{
	bool makes = (flags & O_CREAT) != 0;
	size_t in = makes ? folder_of(folder, path) : NONE;
	int fd = (int)syscall(SYS_openat, folder, path, flags, mode);

	if (fd < 0 || in == NONE)
		return fd;
	if (find_name(&current->now, in, base_of(path)) == NULL)
		notice_names(current, in, true);
	else if ((flags & O_TRUNC) != 0)
		add_call(TRUNCATE, node_of(fd))->length = 0;
	return fd;
}

static int
really_open(int folder, const char *path, int flags, mode_t mode)
{
	int fd;

	if (fault_comes((flags & O_CREAT) != 0 ? FAULT_MAKE : FAULT_OPEN,
			folder, path, NULL))
		return -1;
	pthread_mutex_lock(&lock);
	fd = note_open(folder, path, flags, mode);
	pthread_mutex_unlock(&lock);
	return fd;
}

#define OPEN_MODE(flags, mode)                                                 \
	do {                                                                   \
		va_list arguments;                                             \
		va_start(arguments, flags);                                    \
		mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0; \
		va_end(arguments);                                             \
	} while (0)

int
openat(int folder, const char *path, int flags, ...)
{
	mode_t mode;

	OPEN_MODE(flags, mode);
	return really_open(folder, path, flags, mode);
}

int
open(const char *path, int flags, ...)
{
	mode_t mode;

	OPEN_MODE(flags, mode);
	return really_open(AT_FDCWD, path, flags, mode);
}

int
mkdir(const char *path, mode_t mode)
{
	size_t in;
	int result;

	if (fault_comes(FAULT_MKDIR, AT_FDCWD, path, NULL))
		return -1;
	pthread_mutex_lock(&lock);
	in = folder_of(AT_FDCWD, path);
	result = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
	if (result == 0 && in != NONE)
		notice_names(current, in, true);
	pthread_mutex_unlock(&lock);
	return result;
}

static void
note_rename(size_t in, const char *from, int to_folder, const char *to)
{
	struct call *call;
	const struct name *name;

	notice_names(current, in, true);
	name = find_name(&current->now, in, base_of(from));
	NEED(name != NULL);
	if (!current->nodes[name->target].is_folder)
		notice_bytes(name->target);
	call = add_call(RENAME, in);
	call->target = name->target;
	call->to_node = folder_of(to_folder, to);
	NEED(call->to_node != NONE);
	keep_name(call->name, base_of(from));
	keep_name(call->to, base_of(to));
	rename_to(&current->now, call);
}

int
renameat(int from_folder, const char *from, int to_folder, const char *to)
{
	size_t in;
	int result;

	if (fault_comes(FAULT_RENAME, from_folder, from, NULL))
		return -1;
	pthread_mutex_lock(&lock);
	in = folder_of(from_folder, from);
	if (in != NONE)
		note_rename(in, from, to_folder, to);
	result = (int)syscall(SYS_renameat2, from_folder, from, to_folder, to,
			      0);
	pthread_mutex_unlock(&lock);
	return result;
}

int
rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int
unlinkat(int folder, const char *path, int flags)
{
	size_t in;
	int result;

	if (fault_comes(FAULT_UNLINK, folder, path, NULL))
		return -1;
	pthread_mutex_lock(&lock);
	in = folder_of(folder, path);
	result = (int)syscall(SYS_unlinkat, folder, path, flags);
	if (result == 0 && in != NONE) {
		keep_name(add_call(FORGET, in)->name, base_of(path));
		forget_name(&current->now, in, base_of(path));
	}
	pthread_mutex_unlock(&lock);
	return result;
}

int
unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

/* --------------------------------------------------------- the recording */

struct disk *
disk_record(const char *folder)
{
	struct disk *disk = calloc(1, sizeof(*disk));

	NEED(current == NULL && disk != NULL);
	add_node(disk, AT_FDCWD, folder);
	notice_names(disk, 0, false);
	disk->before = disk->now;
	for (size_t i = 0; i < disk->node_count; i++) {
		if (!disk->nodes[i].is_folder)
			read_node(&disk->nodes[i], &disk->nodes[i].bytes,
				  &disk->nodes[i].length);
	}
	current = disk;
	return disk;
}

void
disk_stop(struct disk *disk)
{
	NEED(current == disk);
	current = NULL;
}

void
disk_free(struct disk *disk)
{
	for (size_t i = 0; i < disk->node_count; i++) {
		close(disk->nodes[i].fd);
		free(disk->nodes[i].bytes);
	}
	for (size_t i = 0; i < disk->call_count; i++)
		free(disk->calls[i].bytes);
	free(disk->calls);
	free(disk);
}

void
disk_fail_syncs(bool of_files, bool of_folders)
{
	sync_fails[false] = of_files;
	sync_fails[true] = of_folders;
}

size_t
disk_calls(const struct disk *disk)
{
	size_t count;

	pthread_mutex_lock(&lock);
	count = disk->call_count;
	pthread_mutex_unlock(&lock);
	return count;
}

void
disk_describe(const struct disk *disk, size_t at, char *text, size_t size)
{
	static const char *const kinds[] = {
		[WRITE] = "write", [TRUNCATE] = "truncate", [SYNC] = "sync",
		[FAILED_SYNC] = "failed sync", [NAME] = "name", [FORGET] = "forget", [RENAME] = "rename",
	};
	const struct call *call = &disk->calls[at];

	if (call->kind == WRITE || call->kind == TRUNCATE)
		snprintf(text, size, "%s %zu at %zu in node %zu",
			 kinds[call->kind], call->length, call->offset,
			 call->node);
	else
		snprintf(text, size, "%s %s %s in node %zu", kinds[call->kind],
			 call->name, call->to, call->node);
}

const void *
disk_written(const struct disk *disk, size_t at, size_t *length)
{
	*length = disk->calls[at].length;
	return disk->calls[at].bytes;
}
