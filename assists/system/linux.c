/*
 * Linux (system.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "assists/system/system.h"

uint64_t
raft__system_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

bool
raft__system_sync_data(int fd)
{
	return fdatasync(fd) == 0;
}

bool
raft__system_sync(int fd)
{
	return fsync(fd) == 0;
}

void
raft__system_uncache(int fd, uint64_t offset, uint64_t length)
{
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	(void)posix_fadvise(fd, (off_t)offset, (off_t)length,
			    POSIX_FADV_DONTNEED);
}

int
raft__system_socket(int family, int type, bool at_once)
{
	return socket(family,
		      type | SOCK_CLOEXEC | (at_once ? SOCK_NONBLOCK : 0), 0);
}

/* The file gets the mode that the socket has, less the umask: it is nobody else's from
 * its first moment on. */
bool
raft__system_bind_private(int fd, const struct sockaddr_un *address)
{
	return fchmod(fd, 0600) == 0 &&
	       bind(fd, (const struct sockaddr *)address, sizeof(*address)) ==
		   0 &&
	       chmod(address->sun_path, 0600) == 0;
}

void
raft__system_limit_unsent(int fd, int bytes)
{
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof(bytes));
}

/* From Linux 6.15 on; older headers do not name it. */
#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44
#endif

void
raft__system_limit_resend(int fd, int ms)
{
	setsockopt(fd, IPPROTO_TCP, TCP_RTO_MAX_MS, &ms, sizeof(ms));
}

uint64_t
raft__system_round_trip_us(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0
		   ? info.tcpi_rtt
		   : 0;
}

int
raft__system_open_folder(const char *path)
{
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

bool
raft__system_path_in(int folder, const char *path, const char *name,
		     char *short_path, size_t size)
{
	int length = snprintf(short_path, size, "/proc/self/fd/%d/%s", folder,
			      name);

	(void)path;
	errno = ENAMETOOLONG;
	return length > 0 && (size_t)length < size;
}

bool
raft__system_pipe(int ends[2])
{
	return pipe2(ends, O_CLOEXEC) == 0;
}

void
raft__system_close_from(int first)
{
	int end = (int)sysconf(_SC_OPEN_MAX);

	/* An old kernel does not know it. */
	if (close_range((unsigned int)first, ~0U, 0) == 0)
		return;
	for (int fd = first; fd < end; fd++)
		close(fd);
}

bool
raft__system_die_with(pid_t parent)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

bool
raft__system_rename_new(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return true;
	/* NFS and many of FUSE's know no flags, an old kernel not the call. */
	if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
		return false;
	return link(from, to) == 0 && unlink(from) == 0;
}

bool
raft__system_is_mounted(int folder, const char *name)
{
#ifdef STATX_ATTR_MOUNT_ROOT
	struct statx status;

	return statx(folder, name, AT_SYMLINK_NOFOLLOW, 0, &status) == 0 &&
	       (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
#else
	(void)folder;
	(void)name;
	return false;
#endif
}
