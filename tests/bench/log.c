/*
 * What a long log that is never trimmed costs: memory, and a start.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One process writes it, in saves of so many entries; others open it, from the system's
 * cache and from the disk, and read all of its entries. Memory is what a process has more
 * than before (VmRSS), bytes are what it has asked the system for. Linux alone.
 */
#include <bsd/stdlib.h>
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "assists/log_file/log_file.h"

#define READ_ENTRIES 256
#define FLUSH_SAVES 64
#define SAVE_ENTRIES_MAX 1024
#define BYTES_MAX 4096

static long long entry_count = 2000000;
static size_t entry_bytes = 128, save_entries = 16;
static char folder[256] = "/var/tmp/log.XXXXXX";

static double
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* A number that stands behind a name in a file of /proc/self. */
static double
look_up(const char *file, const char *name)
{
	char line[256];
	FILE *lines = fopen(file, "r");
	double number = 0;

	if (lines == NULL)
		err(1, "%s", file);
	while (fgets(line, sizeof(line), lines) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			number = strtod(line + strlen(name), NULL);
	fclose(lines);
	return number;
}

static double
memory_mib(void)
{
	return look_up("/proc/self/status", "VmRSS:") / 1024;
}

static double
read_mib(void)
{
	return look_up("/proc/self/io", "rchar:") / (1 << 20);
}

static struct raft_log_file *
open_log(void)
{
	const struct raft_log_file_options options = {
		.path = folder,
		.owner = { .cluster = "bench", .self = { 1, 1 } },
	};
	char error[512];
	struct raft_log_file *log;

	log = raft_log_file_open(&options, error, sizeof(error));
	if (log == NULL)
		errx(1, "%s", error);
	return log;
}

static void
fail(void *context, const char *why)
{
	(void)context;
	errx(1, "%s", why);
}

static void
write_log(void)
{
	static uint8_t payload[BYTES_MAX];
	static struct raft_entry entries[SAVE_ENTRIES_MAX];
	struct raft_save save = { .term = 1, .entries = entries };
	struct raft_log_file *log = open_log();
	double before = memory_mib(), begun = now_ms();

	raft_log_file_bind(log, NULL, NULL, fail);
	memset(payload, 7, sizeof(payload));
	for (uint64_t last = 0; last < (uint64_t)entry_count; save.token++) {
		save.entry_count = save_entries;
		for (size_t i = 0; i < save_entries; i++)
			entries[i] = (struct raft_entry){
				++last, 1, RAFT_ENTRY_DATA,
				{ payload, entry_bytes, NULL }
			};
		raft_log_file.save(log, &save);
		if (save.token % FLUSH_SAVES == 0)
			raft_log_file.flush(log);
	}
	raft_log_file.flush(log);
	printf("| written | %.0f ms | %.1f MiB | |\n", now_ms() - begun,
	       memory_mib() - before);
	raft_log_file_close(log);
}

static uint64_t
read_all(struct raft_log_file *log, uint64_t first)
{
	struct raft_entry entries[READ_ENTRIES];
	size_t n;

	while ((n = raft_log_file.read(log, first, READ_ENTRIES, SIZE_MAX,
				       entries)) > 0) {
		for (size_t i = 0; i < n; i++)
			raft_payload_release(&entries[i].payload);
		first += n;
	}
	return first - 1;
}

static void
start(const char *how)
{
	double memory = memory_mib(), bytes = read_mib(), begun = now_ms();
	struct raft_log_file *log = open_log();
	struct raft_stored stored;

	raft_log_file_bind(log, NULL, NULL, fail);
	if (!raft_log_file_stored(log, &stored))
		errx(1, "the log cannot be read");
	printf("| opened, %s | %.0f ms | %.1f MiB, %.1f at most | %.1f MiB |\n",
	       how, now_ms() - begun, memory_mib() - memory,
	       look_up("/proc/self/status", "VmHWM:") / 1024 - memory,
	       read_mib() - bytes);
	bytes = read_mib();
	begun = now_ms();
	if (read_all(log, stored.snapshot.index + 1) != stored.last_index)
		errx(1, "not all entries can be read");
	printf("| all entries read | %.0f ms | %.1f MiB | %.1f MiB |\n",
	       now_ms() - begun, memory_mib() - memory, read_mib() - bytes);
	raft_log_file_close(log);
}

static void
start_warm(void)
{
	start("from the cache");
}

static void
start_cold(void)
{
	start("from the disk");
}

/* What the system has of them in memory it forgets, or they are deleted. */
static void
with_files(bool are_deleted)
{
	DIR *files = opendir(folder);
	struct dirent *file;
	int fd;

	if (files == NULL)
		err(1, "%s", folder);
	while ((file = readdir(files)) != NULL) {
		if (strncmp(file->d_name, "log", 3) != 0)
			continue;
		if (are_deleted) {
			unlinkat(dirfd(files), file->d_name, 0);
			continue;
		}
		fd = openat(dirfd(files), file->d_name, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || fsync(fd) != 0 ||
		    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
			err(1, "%s", file->d_name);
		close(fd);
	}
	closedir(files);
}

/* In a process of its own. */
static bool
apart(void (*part)(void))
{
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (child == 0) {
		part();
		fflush(stdout);
		_exit(0);
	}
	return waitpid(child, &status, 0) == child && status == 0;
}

static bool
measure(void)
{
	struct raft_owner owner = { .cluster = "bench", .self = { 1, 1 } };
	char error[512];

	if (!raft_log_file_create(folder, &owner, error, sizeof(error)))
		errx(1, "%s", error);
	printf("%lld entries of %zu bytes, %zu a save:\n\n"
	       "| | time | memory | read |\n|---|---|---|---|\n", entry_count,
	       entry_bytes, save_entries);
	if (!apart(write_log) || !apart(start_warm))
		return false;
	with_files(false);
	return apart(start_cold);
}

static long long
number(const char *text, long long most)
{
	const char *wrong;
	long long n = strtonum(text, 1, most, &wrong);

	if (wrong != NULL)
		errx(2, "%s is %s", text, wrong);
	return n;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "entries", required_argument, NULL, 'e' },
		{ "bytes", required_argument, NULL, 'b' },
		{ "save", required_argument, NULL, 's' },
		{ "folder", required_argument, NULL, 'f' },
		{ 0 },
	};
	bool done;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'e')
			entry_count = number(optarg, 1000000000);
		else if (option == 'b')
			entry_bytes = (size_t)number(optarg, BYTES_MAX);
		else if (option == 's')
			save_entries = (size_t)number(optarg, SAVE_ENTRIES_MAX);
		else if (option == 'f')
			snprintf(folder, sizeof(folder), "%.200s/log.XXXXXX",
				 optarg);
		else
			errx(2, "usage: log [--entries N] [--bytes N] "
				"[--save ENTRIES] [--folder IN]");
	}
	if (mkdtemp(folder) == NULL)
		err(1, "%s", folder);
	done = measure();
	with_files(true);
	rmdir(folder);
	return done ? 0 : 1;
}
