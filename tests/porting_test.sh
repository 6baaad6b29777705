#!/bin/sh
# What Linux has of its own stands in assists/system and nowhere else in the assists
# (docs/porting.md), as far as it is known here by name.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: assists/system/system.h, where the sources are.
set -eu

assists=$(dirname "$(dirname "$(readlink -f "$1")")")
headers='asm/|bsd/sys/|linux/|sys/(epoll|eventfd|fanotify|inotify|prctl|random|sendfile'
headers="$headers|signalfd|syscall|sysinfo|timerfd|vfs|xattr)\\.h"
names='accept4|close_range|closefrom|dup3|epoll_[a-z0-9_]+|eventfd|fallocate|fdatasync'
names="$names|getrandom|gettid|inotify_[a-z0-9_]+|memfd_create|mremap|pidfd_[a-z_]+|pipe2"
names="$names|prctl|renameat2|sched_setaffinity|sendfile|signalfd|splice|statx|syncfs"
names="$names|sync_file_range|syscall|timerfd_[a-z]+|CLOCK_BOOTTIME|MSG_NOSIGNAL|O_DIRECT"
names="$names|O_PATH|O_TMPFILE|SOCK_CLOEXEC|SOCK_NONBLOCK|SO_PEERCRED|TCP_NOTSENT_LOWAT|TCP_RTO_MAX_MS|TCP_INFO"

# Lines of the files in a folder that name one, comments excepted.
find_names() {
	grep -rnE --include='*.[ch]' \
	    "^#include <($headers)|(^|[^A-Za-z0-9_\"])($names)([^A-Za-z0-9_]|\$)" "$1" |
	    grep -v ':[0-9]*:[[:space:]]*/\{0,1\}\*'
}

# What stands in for the system's in a test is no use of it.
found=$(find_names "$assists" | grep -v "^$assists/system/" |
    grep -v "^$assists/log_conformance/syncs.h:" || true)
[ -z "$found" ] || {
	echo "of Linux alone, and not in assists/system:"
	echo "$found"
	exit 1
}
# And where they are they are seen, each kind.
for name in '<sys/prctl.h>' pipe2 close_range SOCK_CLOEXEC; do
	find_names "$assists/system" | grep -qF "$name" || {
		echo "$name is not seen in linux.c"
		exit 1
	}
done
