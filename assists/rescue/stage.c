/*
 * The parts of a folder are replaced: all of them, or none.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The new parts are made in FOLDER/anew.part. When all are whole and durable this is
 * renamed to FOLDER/anew: from then on the folder is the new server's, and is not
 * opened (folder.c) until each part has its place:
 *
 *	anew.part       anew, log, ...          anew/server.conf    no anew
 *	  being made --> committed --> moved one by one --> whole
 *	  (the old one                 (refused; this goes
 *	   may start)                   on with it)
 *
 * server.conf is moved last, since it says where what was there before goes to.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assists/disk/directory.h"
#include "assists/disk/disk.h"
#include "assists/rescue/inside.h"
#include "assists/system/system.h"

#define PART FOLDER_ANEW ".part"

static const char *const parts[] = { "log", "snapshots", "server.conf" };

#define PART_COUNT (sizeof(parts) / sizeof(parts[0]))

static bool
fail(const struct stage *stage, const char *what)
{
	return raft__complain(stage->complaint, "%s/%s: %s", stage->folder,
			      what, strerror(errno));
}

/** False: complained. */
static bool
look(const struct stage *stage, const char *name, bool *has)
{
	return raft__disk_has(stage->fd, name, AT_SYMLINK_NOFOLLOW, has) ||
	       fail(stage, name);
}

bool
raft__stage_open(struct stage *stage, const char *folder,
		 const struct complaint *complaint)
{
	struct refusal refusal = { folder, complaint->text, complaint->size };

	*stage = (struct stage){
		.folder = folder,
		.fd = -1,
		.complaint = complaint,
	};
	if (snprintf(stage->part, PATH_MAX, "%s/%s", folder, PART) >=
	    PATH_MAX - 64)
		return raft__complain(complaint, "%s: too long a path", folder);
	stage->fd = raft__directory_open(&refusal);
	return stage->fd >= 0;
}

/** What was moved in this folder of it, or out of it, is found after a power cut. */
static bool
sync_folder(const struct stage *stage, const char *name)
{
	int fd = openat(stage->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = fd >= 0 && raft__system_sync(fd);

	if (!done)
		fail(stage, name);
	if (fd >= 0)
		close(fd);
	return done;
}

bool
raft__stage_make(struct stage *stage, const char *folder,
		 const struct complaint *complaint)
{
	if (mkdir(folder, 0777) != 0 && errno != EEXIST)
		return raft__complain(complaint, "%s: %s", folder,
				      strerror(errno));
	if (!raft__stage_open(stage, folder, complaint))
		return false;
	if (sync_folder(stage, ".."))
		return true;
	raft__stage_close(stage);
	return false;
}

void
raft__stage_close(struct stage *stage)
{
	if (stage->fd >= 0)
		close(stage->fd);
	stage->fd = -1;
}

bool
raft__stage_is_left(const struct stage *stage, bool *is_left)
{
	return look(stage, FOLDER_ANEW, is_left);
}

/** What is mounted cannot be renamed; a link could be, but then what it leads to would
 *  stay where it is, and the new part would be on another disk. NULL: neither. */
static const char *
why_it_stays(const struct stage *stage, const struct stat *own,
	     const char *part)
{
	struct stat its;

	if (fstatat(stage->fd, part, &its, AT_SYMLINK_NOFOLLOW) != 0)
		return NULL;
	if (S_ISLNK(its.st_mode))
		return "a symbolic link";
	if (its.st_dev != own->st_dev ||
	    raft__system_is_mounted(stage->fd, part))
		return "a file system of its own";
	return NULL;
}

bool
raft__stage_check(const struct stage *stage)
{
	struct stat own;

	if (fstat(stage->fd, &own) != 0)
		return fail(stage, ".");
	for (size_t i = 0; i < PART_COUNT; i++) {
		const char *what = why_it_stays(stage, &own, parts[i]);

		if (what != NULL)
			return raft__complain(stage->complaint,
					      "%s/%s is %s, and cannot be "
					      "replaced: copy it into the "
					      "folder first",
					      stage->folder, parts[i], what);
	}
	return true;
}

/* ---------------------------------------------------------- what was made before */

#define BEFORE_BYTES 32

/** Of a new part, wherever it is by now. False: complained. */
static bool
name_new(const struct stage *stage, const char *part, char path[PATH_MAX])
{
	char anew[64];
	bool has;

	snprintf(anew, sizeof(anew), "%s/%s", FOLDER_ANEW, part);
	if (!look(stage, anew, &has))
		return false;
	snprintf(path, PATH_MAX, "%s/%s", stage->folder, has ? anew : part);
	return true;
}

static bool
read_new_conf(const struct stage *stage, struct conf *conf)
{
	char path[PATH_MAX];

	return name_new(stage, "server.conf", path) &&
	       raft__conf_read(path, conf, stage->complaint);
}

/** A folder that no other recovery has: called after the new life. */
static void
name_before(const struct conf *conf, char before[BEFORE_BYTES])
{
	const char *life = strchr(conf->cluster, '~');

	snprintf(before, BEFORE_BYTES, "before-%s",
		 life != NULL ? life + 1 : "import");
}

static bool
find_snapshot(const struct stage *stage, struct left *left)
{
	struct raft_owner owner = raft__conf_owner(&left->conf);
	struct raft_snapshot_file *snapshots;
	struct survey survey = { 0 };
	char path[PATH_MAX];
	bool done;

	if (!name_new(stage, "snapshots", path))
		return false;
	snapshots = raft_snapshot_file_look(
	    path, &owner, stage->complaint->text, stage->complaint->size);
	if (snapshots == NULL)
		return false;
	done = raft__survey_find(snapshots, &survey, stage->complaint);
	if (done && survey.found_count > 0)
		left->snapshot = survey.found[0].id;
	free(survey.found);
	raft_snapshot_file_close(snapshots);
	return done;
}

bool
raft__stage_read_left(const struct stage *stage, struct left *left)
{
	bool has_before, has_new, has_old;
	char before[BEFORE_BYTES];

	*left = (struct left){ 0 };
	if (!read_new_conf(stage, &left->conf))
		return false;
	/* Nothing was there before an import. */
	name_before(&left->conf, before);
	if (!look(stage, before, &has_before) ||
	    !look(stage, FOLDER_ANEW "/server.conf", &has_new) ||
	    !look(stage, "server.conf", &has_old))
		return false;
	left->is_recovered = has_before || (has_new && has_old);
	return find_snapshot(stage, left);
}

bool
raft__stage_refuse(const struct stage *stage, const struct left *left)
{
	return raft__complain(
	    stage->complaint,
	    "%s: an earlier call was making something else of it than is asked "
	    "now: %s, server %" PRIu64 " of cluster %s with the snapshot of "
	    "entry %" PRIu64 ". Say that again, and it is finished",
	    stage->folder, left->is_recovered ? "recover" : "import",
	    left->conf.id, left->conf.cluster, left->snapshot.index);
}

/* ------------------------------------------------------------------- clearing */

static int
delete_one(const char *path, const struct stat *status, int kind,
	   struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	return remove(path);
}

static bool
delete_part(const struct stage *stage)
{
	bool has;

	return raft__disk_has(stage->fd, PART, AT_SYMLINK_NOFOLLOW, &has) &&
	       (!has || nftw(stage->part, delete_one, 8,
			     FTW_DEPTH | FTW_PHYS) == 0);
}

bool
raft__stage_clear(struct stage *stage)
{
	return delete_part(stage) || fail(stage, PART);
}

/* --------------------------------------------------------------------- moving */

static bool
move(const struct stage *stage, const char *from_folder, const char *name,
     const char *to_folder)
{
	char from[PATH_MAX], to[PATH_MAX];

	snprintf(from, sizeof(from), "%s/%s", from_folder, name);
	snprintf(to, sizeof(to), "%s/%s", to_folder, name);
	if (renameat(stage->fd, from, stage->fd, to) != 0)
		return fail(stage, from);
	return sync_folder(stage, to_folder) && sync_folder(stage, from_folder);
}

/** Out of the way with the old one, and the new one into its place. */
static bool
move_part(const struct stage *stage, const char *name, const char *before)
{
	char anew[PATH_MAX];
	bool has_new, has_old;

	snprintf(anew, sizeof(anew), "%s/%s", FOLDER_ANEW, name);
	if (!look(stage, anew, &has_new) || !look(stage, name, &has_old))
		return false;
	if (!has_new)
		return true;
	if (has_old) {
		if (mkdirat(stage->fd, before, 0700) != 0 && errno != EEXIST)
			return fail(stage, before);
		if (!move(stage, ".", name, before))
			return false;
	}
	return move(stage, FOLDER_ANEW, name, ".");
}

bool
raft__stage_move(const struct stage *stage)
{
	char before[BEFORE_BYTES];
	struct conf conf;
	bool has;

	if (!look(stage, FOLDER_ANEW "/server.conf", &has))
		return false;
	if (has) {
		if (!read_new_conf(stage, &conf))
			return false;
		name_before(&conf, before);
		for (size_t i = 0; i < PART_COUNT; i++)
			if (!move_part(stage, parts[i], before))
				return false;
	}
	if (unlinkat(stage->fd, FOLDER_ANEW, AT_REMOVEDIR) != 0)
		return fail(stage, FOLDER_ANEW);
	return sync_folder(stage, ".");
}

/** From now on the folder is what was made. */
static bool
commit(struct stage *stage)
{
	if (!sync_folder(stage, PART))
		return false;
	if (renameat(stage->fd, PART, stage->fd, FOLDER_ANEW) != 0)
		return fail(stage, PART);
	return sync_folder(stage, ".") && raft__stage_move(stage);
}

bool
raft__stage_end(struct stage *stage, bool is_made)
{
	bool is_left;

	if (is_made && commit(stage))
		return true;
	/* The disk may be full; who fails here has been told why. */
	if (raft__disk_has(stage->fd, FOLDER_ANEW, AT_SYMLINK_NOFOLLOW,
			   &is_left) &&
	    !is_left)
		(void)delete_part(stage);
	return false;
}
