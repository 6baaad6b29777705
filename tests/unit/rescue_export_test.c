/*
 * A backup is made wherever a file can be written, and says of when its state is;
 * where it cannot be made, the first reason is told.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The calls that change the disk are refused, as a file system might.
 */
#include "tests/unit/rescue_scene.h"

#include "tests/unit/real_disk.h"

/* ------------------------------------------------------------------- faults */

/** What is refused, while a backup is made; 0: nothing is. */
static int writes_refused, folders_refused, flags_refused;
/** Deleted at the first write to the backup; NULL: nothing is. */
static const char *deleted;
/** Files that were begun. */
static int begun;

static int
refuse_with(int error)
{
	errno = error;
	return -1;
}

int
mkostemp(char *name, int flags)
{
	begun++;
	memcpy(name + strlen(name) - 6, "backup", 6);
	return open(name, O_RDWR | O_CREAT | O_EXCL | flags, 0600);
}

ssize_t
pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
	if (writes_refused != 0)
		return refuse_with(writes_refused);
	if (deleted != NULL)
		unlink(deleted);
	deleted = NULL;
	return real_pwrite(fd, bytes, length, offset);
}

int
fsync(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	if (folders_refused != 0 && S_ISDIR(status.st_mode))
		return refuse_with(folders_refused);
	return 0;
}

int
renameat2(int from_fd, const char *from, int to_fd, const char *to,
	  unsigned int flags)
{
	if (flags_refused != 0)
		return refuse_with(flags_refused);
	return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}

/* ----------------------------------------------------------------- a server */

/** Made before each test, with two snapshots, and stopped. */
struct fixture {
	struct scene scene;
	const char *folder;
	/** A folder of its own. */
	char backups[PATH_MAX];
	struct raft_rescue_backup backup;
	char error[RAFT_SERVER_ERROR_BYTES];
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct scene *scene = &f->scene;

	writes_refused = folders_refused = flags_refused = begun = 0;
	scene_open(scene);
	f->folder = scene->actors[1].folder;
	snprintf(f->backups, sizeof(f->backups), "%s/backups", scene->root);
	assert_int_equal(mkdir(f->backups, 0700), 0);
	make_server(scene, 1, (struct raft_server_create){ 0 });
	start(scene, 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(add(scene, 1, "1").result, RAFT_SERVER_OK);
		take_snapshot(scene, 1);
	}
	stop(scene, 1);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	scene_close(&f->scene);
	free(f);
	return 0;
}

static bool
export_it(struct fixture *f)
{
	char file[PATH_MAX + 8];

	snprintf(file, sizeof(file), "%s/one", f->backups);
	f->error[0] = '\0';
	return raft_rescue_export(f->folder, file, &f->backup, f->error,
				  sizeof(f->error));
}

static void
expect_nothing(struct fixture *f, const char *part)
{
	assert_false(export_it(f));
	expect(f->error, part);
	assert_int_equal(begun, 1);
	shell("[ -z \"$(ls %s)\" ]", f->backups);
}

/* -------------------------------------------------------------------- tests */

static void
what_cannot_be_written_is_tried_once(void **state)
{
	struct fixture *f = *state;

	writes_refused = ENOSPC;
	expect_nothing(f, "No space left on device");
}

/* Its name may be gone after a power cut: then it is not there before one either. */
static void
what_cannot_be_made_durable_is_not_there(void **state)
{
	struct fixture *f = *state;

	folders_refused = EIO;
	expect_nothing(f, "Input/output error");
	folders_refused = 0;
	assert_true(export_it(f));
}

/* NFS, and many of FUSE's. */
static void
a_file_system_that_knows_no_flags_takes_backups(void **state)
{
	struct fixture *f = *state;

	flags_refused = EINVAL;
	if (!export_it(f))
		fail_msg("%s", f->error);
	shell("[ \"$(ls %s)\" = one ]", f->backups);
	assert_false(export_it(f));
	expect(f->error, "is there already");
}

/* As by a server that runs. */
static void
what_is_deleted_while_it_is_read_is_not_the_end(void **state)
{
	struct fixture *f = *state;
	struct raft_entry_id newest;
	char name[PATH_MAX];
	FILE *pipe;

	assert_true(export_it(f));
	newest = f->backup.snapshot;
	shell("rm %s/one", f->backups);
	snprintf(name, sizeof(name),
		 "printf %%s $(ls -d %.2000s/snapshots/0* | "
		 "tail -n 1)",
		 f->folder);
	pipe = popen(name, "r");
	assert_non_null(fgets(name, sizeof(name), pipe));
	assert_int_equal(pclose(pipe), 0);
	deleted = name;
	begun = 0;
	if (!export_it(f))
		fail_msg("%s", f->error);
	assert_null(deleted);
	assert_int_equal(begun, 2);
	assert_true(f->backup.snapshot.index < newest.index);
}

/* Made today, and its state is of the year 2001. */
static void
a_backup_says_of_when_its_state_is(void **state)
{
	struct fixture *f = *state;
	struct raft_rescue_backup checked;
	char file[PATH_MAX + 8];

	shell("touch -d @1000000000 %s/snapshots/0*", f->folder);
	assert_true(export_it(f));
	assert_int_equal(f->backup.state_at, 1000000000);
	assert_true(f->backup.made_at > f->backup.state_at);
	snprintf(file, sizeof(file), "%s/one", f->backups);
	assert_true(
	    raft_rescue_check(file, &checked, f->error, sizeof(f->error)));
	assert_memory_equal(&f->backup, &checked, sizeof(checked));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_cannot_be_written_is_tried_once),
		TEST(what_cannot_be_made_durable_is_not_there),
		TEST(a_file_system_that_knows_no_flags_takes_backups),
		TEST(what_is_deleted_while_it_is_read_is_not_the_end),
		TEST(a_backup_says_of_when_its_state_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
