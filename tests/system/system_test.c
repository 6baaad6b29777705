/*
 * What differs between systems does the same everywhere.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "assists/system/system.h"

static char folder[PATH_MAX];

/** What a rename with flags is refused with, as by a file system that knows none;
 *  0: it is made. */
static int flags_refused;

int
renameat2(int from_fd, const char *from, int to_fd, const char *to,
	  unsigned int flags)
{
	if (flags_refused == 0)
		return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to,
				    flags);
	errno = flags_refused;
	return -1;
}

static void
path_of(char path[PATH_MAX], const char *name)
{
	assert_true(snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX);
}

static void
write_file(const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *file;

	path_of(path, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
the_clock_counts_microseconds(void **state)
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	uint64_t before = raft__system_now(), after;

	(void)state;
	nanosleep(&pause, NULL);
	after = raft__system_now();
	assert_in_range(after - before, 20000, 20000000);
}

static void
files_and_folders_are_synced(void **state)
{
	char path[PATH_MAX];
	int fd;

	(void)state;
	write_file("synced", "text");
	path_of(path, "synced");
	fd = open(path, O_RDWR);
	assert_true(raft__system_sync_data(fd));
	assert_true(raft__system_sync(fd));
	close(fd);
	fd = open(folder, O_RDONLY | O_DIRECTORY);
	assert_true(raft__system_sync(fd));
	close(fd);
	assert_false(raft__system_sync_data(fd));
	assert_int_equal(errno, EBADF);
	assert_false(raft__system_sync(fd));
	assert_int_equal(errno, EBADF);
}

static void
a_socket_ends_with_an_exec(void **state)
{
	(void)state;
	for (int at_once = 0; at_once < 2; at_once++) {
		int fd = raft__system_socket(AF_INET, SOCK_STREAM, at_once);

		assert_true(fd >= 0);
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		assert_int_equal((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0,
				 at_once);
		/* That it can be asked is all that there is to see of these. */
		raft__system_limit_unsent(fd, 65536);
		raft__system_limit_resend(fd, 1000);
		close(fd);
	}
	assert_int_equal(raft__system_socket(-1, SOCK_STREAM, true), -1);
	assert_int_equal(errno, EAFNOSUPPORT);
}

/* With whatever umask: one takes all away, the other nothing. */
static void
a_socket_is_the_users_own(void **state)
{
	static const mode_t masks[] = { 0, 0777 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char place[] = "/tmp/system.XXXXXX";
	struct stat status;

	(void)state;
	assert_non_null(mkdtemp(place));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", place);
	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		int fd = raft__system_socket(AF_UNIX, SOCK_STREAM, false);
		int other = raft__system_socket(AF_UNIX, SOCK_STREAM, false);
		mode_t before = umask(masks[i]);

		assert_true(raft__system_bind_private(fd, &address));
		umask(before);
		assert_int_equal(stat(address.sun_path, &status), 0);
		assert_int_equal(status.st_mode & 07777, 0600);
		assert_false(raft__system_bind_private(other, &address));
		assert_int_equal(errno, EADDRINUSE);
		/* Until somebody listens. */
		assert_int_equal(connect(other, (struct sockaddr *)&address,
					 sizeof(address)),
				 -1);
		assert_int_equal(errno, ECONNREFUSED);
		close(fd);
		close(other);
		unlink(address.sun_path);
	}
	assert_int_equal(rmdir(place), 0);
}

static void
a_pipe_ends_with_an_exec(void **state)
{
	int ends[2];
	char byte = 0;

	(void)state;
	assert_true(raft__system_pipe(ends));
	assert_int_equal(fcntl(ends[0], F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(ends[1], F_GETFD), FD_CLOEXEC);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(byte, 'x');
	close(ends[0]);
	close(ends[1]);
}

/* 0: as it should be. */
static int
be_child(pid_t parent, int kept, int lost)
{
	if (!raft__system_die_with(parent))
		return 1;
	/* Whoever is nobody's child has a parent that is dead. */
	if (raft__system_die_with(getpid()))
		return 2;
	raft__system_close_from(kept + 1);
	if (fcntl(kept, F_GETFD) < 0)
		return 3;
	return fcntl(lost, F_GETFD) < 0 ? 0 : 4;
}

static void
a_child_has_its_parent_and_none_of_its_files(void **state)
{
	int kept = open("/dev/null", O_RDONLY);
	int lost = fcntl(kept, F_DUPFD, kept + 7);
	pid_t parent = getpid(), child;
	int status;

	(void)state;
	assert_true(kept >= 0 && lost > kept);
	child = fork();
	if (child == 0)
		_exit(be_child(parent, kept, lost));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	close(kept);
	close(lost);
}

/* Its end of the pipe is closed when it ends: else the alarm ends the test. */
static void
a_child_ends_with_its_parent(void **state)
{
	int ends[2], status;
	pid_t child;
	char byte;

	(void)state;
	assert_true(raft__system_pipe(ends));
	child = fork();
	if (child == 0) {
		pid_t parent = getpid();

		if (fork() != 0) {
			/* Once it is waited for. */
			(void)!read(ends[0], &byte, 1);
			_exit(0);
		}
		if (!raft__system_die_with(parent) ||
		    write(ends[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ends[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	alarm(60);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	alarm(0);
	close(ends[0]);
}

static void
a_file_has_a_path_in_an_open_folder(void **state)
{
	int opened = raft__system_open_folder(folder);
	char path[PATH_MAX], absent[PATH_MAX];
	struct stat status;

	(void)state;
	write_file("named", "text");
	assert_true(opened >= 0);
	assert_true(raft__system_path_in(opened, folder, "named", path,
					 sizeof(path)));
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_size, 4);
	assert_false(raft__system_path_in(opened, folder, "named", path, 8));
	assert_int_equal(errno, ENAMETOOLONG);
	close(opened);
	path_of(absent, "absent");
	assert_int_equal(raft__system_open_folder(absent), -1);
	assert_int_equal(errno, ENOENT);
}

static void
expect_rename(void)
{
	char from[PATH_MAX], to[PATH_MAX], taken[PATH_MAX];
	struct stat status;

	write_file("from", "four");
	write_file("taken", "fifth");
	path_of(from, "from");
	path_of(to, "to");
	path_of(taken, "taken");
	assert_false(raft__system_rename_new(from, taken));
	assert_int_equal(errno, EEXIST);
	assert_int_equal(stat(taken, &status), 0);
	assert_int_equal(status.st_size, 5);
	assert_true(raft__system_rename_new(from, to));
	assert_int_equal(stat(to, &status), 0);
	assert_int_equal(status.st_size, 4);
	assert_int_equal(stat(from, &status), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(unlink(to), 0);
}

static void
a_rename_takes_no_name_that_is_taken(void **state)
{
	(void)state;
	expect_rename();
}

/* NFS, and many of FUSE's. */
static void
a_file_system_without_flags_renames_likewise(void **state)
{
	static const int refusals[] = { EINVAL, ENOSYS, EOPNOTSUPP };

	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		flags_refused = refusals[i];
		expect_rename();
	}
	flags_refused = 0;
}

/* Where something is, tests/rescue says: not everybody may mount. */
static void
what_nothing_is_mounted_on_is_told(void **state)
{
	int opened = open(folder, O_RDONLY | O_DIRECTORY);

	(void)state;
	write_file("plain", "text");
	assert_true(opened >= 0);
	assert_false(raft__system_is_mounted(opened, "plain"));
	assert_false(raft__system_is_mounted(opened, "absent"));
	close(opened);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_clock_counts_microseconds),
		cmocka_unit_test(files_and_folders_are_synced),
		cmocka_unit_test(a_socket_ends_with_an_exec),
		cmocka_unit_test(a_socket_is_the_users_own),
		cmocka_unit_test(a_pipe_ends_with_an_exec),
		cmocka_unit_test(a_child_has_its_parent_and_none_of_its_files),
		cmocka_unit_test(a_child_ends_with_its_parent),
		cmocka_unit_test(a_file_has_a_path_in_an_open_folder),
		cmocka_unit_test(a_rename_takes_no_name_that_is_taken),
		cmocka_unit_test(a_file_system_without_flags_renames_likewise),
		cmocka_unit_test(what_nothing_is_mounted_on_is_told),
	};
	const char *scratch = getenv("TEST_TMPDIR");

	snprintf(folder, sizeof(folder), "%s/XXXXXX",
		 scratch != NULL ? scratch : "/tmp");
	if (mkdtemp(folder) == NULL)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
