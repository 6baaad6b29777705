/*
 * Where the disks of a world are: a folder that does not outlive it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "assists/certs/certs.h"
#include "demos/weather/member.h"
#include "demos/weather/world.h"

/** Certificates last from a day before to a day after. */
#define DAY 86400
#define DESCRIPTORS_MAX 16

static int
remove_one(const char *path, const struct stat *status, int kind,
	   struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	(void)remove(path);
	return 0;
}

void
folder_remove(const char *path)
{
	nftw(path, remove_one, DESCRIPTORS_MAX, FTW_DEPTH | FTW_PHYS);
}

/* A process of its own, which nobody at the terminal can stop by mistake: it waits
 * until nobody keeps the folder any more. */
static _Noreturn void
wait_and_remove(const char *path, int fd)
{
	char nothing;

	setsid();
	if (dup2(fd, STDIN_FILENO) < 0)
		_exit(1);
	closefrom(STDIN_FILENO + 1);
	while (read(STDIN_FILENO, &nothing, 1) < 0 && errno == EINTR)
		;
	folder_remove(path);
	_exit(0);
}

bool
folder_create(struct raft_sim *sim)
{
	const char *base = getenv("TMPDIR");
	int ends[2];
	pid_t cleaner;

	snprintf(sim->folder, sizeof(sim->folder), "%s/weather.XXXXXX",
		 base == NULL ? "/tmp" : base);
	if (mkdtemp(sim->folder) == NULL || pipe2(ends, O_CLOEXEC) != 0)
		return false;
	cleaner = fork();
	if (cleaner == 0) {
		close(ends[1]);
		wait_and_remove(sim->folder, ends[0]);
	}
	close(ends[0]);
	sim->folder_keeper = ends[1];
	return cleaner > 0;
}

/* ------------------------------------------------------------ certificates */

static bool
certify(const struct raft_certs_pair *authority, const char *folder,
	uint32_t node)
{
	char uri[128], certificate[PATH_MAX], key[PATH_MAX];
	struct raft_certs_wish wish = {
		.name = MEMBER_CLUSTER,
		.uri = uri,
		.usage = RAFT_CERTS_USAGE,
		.begins = time(NULL) - DAY,
		.ends = time(NULL) + DAY,
	};
	struct raft_certs_pair pair = { 0 };
	bool is_done;

	raft_certs_uri(uri, sizeof(uri), MEMBER_CLUSTER, node);
	snprintf(certificate, sizeof(certificate), "%s/%u.pem", folder, node);
	snprintf(key, sizeof(key), "%s/%u.key", folder, node);
	is_done = raft_certs_make_node(&wish, authority, &pair) &&
		  raft_certs_write_pair(certificate, key, &pair);
	raft_certs_clear(&pair);
	return is_done;
}

bool
folder_certify(const struct raft_sim *sim)
{
	const struct raft_certs_wish wish = {
		.name = MEMBER_CLUSTER,
		.begins = time(NULL) - DAY,
		.ends = time(NULL) + 2 * DAY,
	};
	struct raft_certs_pair authority = { 0 };
	char folder[FOLDER_BYTES + 8], path[PATH_MAX];
	bool is_done;

	snprintf(folder, sizeof(folder), "%s/tls", sim->folder);
	snprintf(path, sizeof(path), "%s/ca.pem", folder);
	is_done = mkdir(folder, 0700) == 0 &&
		  raft_certs_make_authority(&wish, &authority) &&
		  raft_certs_write(path, &authority.certificate, 1);
	for (uint32_t i = 1; is_done && i <= sim->node_count; i++)
		is_done = certify(&authority, folder, i);
	raft_certs_clear(&authority);
	return is_done;
}
