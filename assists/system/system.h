/*
 * What one system does in one way and another in another: linux.c, or portable.c,
 * which keeps to POSIX where it can (docs/porting.md).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_SYSTEM_H
#define OUTRIGGER_SYSTEM_H

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

/* Lists. libbsd has what glibc's lack; elsewhere they are the system's. */
#ifdef __linux__
#include <bsd/sys/queue.h>
#else
#include <sys/queue.h>
#endif

/* A socket whose other end is gone gives EPIPE and no signal. Where there is no such
 * flag, the program has to ignore SIGPIPE, as it has to for libuv anyway. */
#ifdef MSG_NOSIGNAL
#define RAFT_SYSTEM_QUIET MSG_NOSIGNAL
#else
#define RAFT_SYSTEM_QUIET 0
#endif

/** Microseconds of a clock that never goes back and that goes on while the machine
 *  sleeps, if there is one. */
uint64_t raft__system_now(void);

/** Make a file's bytes durable, and as much about it as it takes to read them.
 *  False: errno says why. */
bool raft__system_sync_data(int fd);
/** Make all of a file or folder durable. */
bool raft__system_sync(int fd);

/** What of these bytes of a file memory holds, and is durable, need not be held any more,
 *  and what is read of it next is not read ahead: so that it comes from the disk, where
 *  the system can be told. */
void raft__system_uncache(int fd, uint64_t offset, uint64_t length);

/** As socket(2); it does not outlive an exec, and does not block if `at_once`. */
int raft__system_socket(int family, int type, bool at_once);
/** As bind(2), so that only the user's own processes can connect (0600), whatever the
 *  umask, as soon as somebody listens there. */
bool raft__system_bind_private(int fd, const struct sockaddr_un *address);
/** Have the kernel take no more than so many bytes that it cannot send yet, where
 *  it can be told. */
void raft__system_limit_unsent(int fd, int bytes);
/** Have the kernel wait no longer than that before it sends again what was not
 *  acknowledged, where it can be told: at least a second. */
void raft__system_limit_resend(int fd, int ms);

/** There and back on a TCP connection, as the kernel measures it; 0: not known. */
uint64_t raft__system_round_trip_us(int fd);

/** Open a folder so that raft__system_path_in() can name it. */
int raft__system_open_folder(const char *path);
/** A path of `name` in that folder that is as short as can be. False: it does not fit
 *  into `size` bytes, ENAMETOOLONG. */
bool raft__system_path_in(int folder, const char *path, const char *name,
			  char *short_path, size_t size);

/** As pipe(2); it does not outlive an exec. */
bool raft__system_pipe(int ends[2]);
/** Close all files from this one on. In a child that was forked: nothing is taken
 *  that another thread may have had. */
void raft__system_close_from(int first);
/** In a child that was just forked: have it end when its parent dies, or a second
 *  later; SIGALRM is needed for that on some systems. False: the parent is dead
 *  already. */
bool raft__system_die_with(pid_t parent);

/** Rename, unless there is something of the new name: EEXIST. */
bool raft__system_rename_new(const char *from, const char *to);
/** Something is mounted on `name` in that folder, so that it cannot be renamed, even if
 *  it is of the same disk. False: it is not, or the system does not tell. */
bool raft__system_is_mounted(int folder, const char *name);

#endif
