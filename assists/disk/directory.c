/*
 * A directory of files that are one server's.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/disk/directory.h"
#include "assists/system/system.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int
raft__directory_open(const struct refusal *refusal)
{
	int fd = open(refusal->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		refuse(refusal, "cannot be opened: %s", strerror(errno));
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (errno == EWOULDBLOCK)
		refuse(refusal, "is in use: stop the other process, or give "
				"each server a directory of its own");
	else
		refuse(refusal, "cannot be locked: %s", strerror(errno));
	close(fd);
	return -1;
}

/* The directory's own name is kept by its parent. */
static bool
sync_parent(int directory)
{
	int fd = openat(directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = fd >= 0 && raft__system_sync(fd);

	if (fd >= 0)
		close(fd);
	return done;
}

int
raft__directory_make(const struct refusal *refusal)
{
	int fd;

	if (mkdir(refusal->path, 0700) != 0 && errno != EEXIST) {
		refuse(refusal, "cannot be made: %s", strerror(errno));
		return -1;
	}
	fd = raft__directory_open(refusal);
	if (fd < 0 || sync_parent(fd))
		return fd;
	refuse(refusal, "cannot be made durable: %s", strerror(errno));
	close(fd);
	return -1;
}

bool
raft__directory_is_of(const struct raft_owner *found,
		      const struct raft_owner *wanted, const char *what,
		      const struct refusal *refusal)
{
	if (memcmp(found->cluster, wanted->cluster, sizeof(found->cluster)))
		return refuse(refusal,
			      "%s belongs to another cluster: name "
			      "the right directory, or an empty one",
			      what);
	if (found->self.id != wanted->self.id)
		return refuse(refusal,
			      "%s belongs to server %" PRIu64 ", not to server "
			      "%" PRIu64 ": name the right directory, or an "
			      "empty one",
			      what, found->self.id, wanted->self.id);
	if (wanted->self.incarnation == 0 ||
	    wanted->self.incarnation == found->self.incarnation)
		return true;
	return refuse(refusal,
		      "%s belongs to incarnation %" PRIu64 " of server %" PRIu64
		      ", not to %" PRIu64 ": a server that lost its log and "
		      "one that has it must not be mixed up; name the right "
		      "one, or an empty directory",
		      what, found->self.incarnation, found->self.id,
		      wanted->self.incarnation);
}
