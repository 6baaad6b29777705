/*
 * A folder's parts are replaced: whichever call the disk refuses, it is said which, and
 * the folder is as it was, or is made whole by the next try; none is left open.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/rescue_scene.h"

#include "assists/rescue/inside.h"
#include "tests/unit/open_files.h"
#include "tests/unit/real_disk.h"

/* ------------------------------------------------------------------- faults */

/** Calls that are made before the one that is refused; -1: none is. */
static int calls_until_refusal = -1;

static bool
is_refused(void)
{
	if (calls_until_refusal < 0 || calls_until_refusal-- > 0)
		return false;
	errno = EIO;
	return true;
}

int
faccessat(int fd, const char *path, int mode, int flags)
{
	struct stat status;

	(void)mode;
	return is_refused()
		   ? -1
		   : fstatat(fd, path, &status, flags & AT_SYMLINK_NOFOLLOW);
}

int
fsync(int fd)
{
	(void)fd;
	return is_refused() ? -1 : 0;
}

int
renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return is_refused() ? -1 : real_renameat(from_fd, from, to_fd, to);
}

int
mkdirat(int fd, const char *path, mode_t mode)
{
	return is_refused() ? -1 : (int)syscall(SYS_mkdirat, fd, path, mode);
}

int
unlinkat(int fd, const char *path, int flags)
{
	return is_refused() ? -1 : (int)syscall(SYS_unlinkat, fd, path, flags);
}

/* ------------------------------------------------------------------- a folder */

/** One whose server was made, another one that is to take its place, and how it was
 *  before. */
struct fixture {
	struct scene scene;
	const char *folder;
	char kept[PATH_MAX];
	char error[RAFT_SERVER_ERROR_BYTES];
	struct complaint complaint;
	struct stage stage;
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct scene *scene = &f->scene;

	scene_open(scene);
	f->folder = scene->actors[1].folder;
	f->complaint = (struct complaint){ f->error, sizeof(f->error) };
	snprintf(f->kept, sizeof(f->kept), "%s/kept", scene->root);
	make_server(scene, 1, (struct raft_server_create){ .cluster = "red" });
	make_server(scene, 2, (struct raft_server_create){ .cluster = "blue" });
	shell("cd %s && mv 2 1/anew.part && "
	      "sed -i 's/^cluster .*/cluster blue~0000000a/' "
	      "1/anew.part/server.conf "
	      "&& cp -a 1 kept",
	      scene->root);
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

static void
renew(const struct fixture *f)
{
	shell("rm -r %s && cp -a %s %s", f->folder, f->kept, f->folder);
}

static void
move(const struct fixture *f, const char *from, const char *to)
{
	char old[PATH_MAX], new[PATH_MAX];

	snprintf(old, sizeof(old), "%.4000s/%s", f->folder, from);
	snprintf(new, sizeof(new), "%.4000s/%s", f->folder, to);
	assert_int_equal(real_renameat(AT_FDCWD, old, AT_FDCWD, new), 0);
}

/* What was replaced is as it was before: sooner than by copies. */
static void
put_back(const struct fixture *f)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%.4000s/anew.part", f->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	move(f, "log", "anew.part/log");
	move(f, "snapshots", "anew.part/snapshots");
	move(f, "server.conf", "anew.part/server.conf");
	move(f, "before-0000000a/log", "log");
	move(f, "before-0000000a/snapshots", "snapshots");
	move(f, "before-0000000a/server.conf", "server.conf");
	snprintf(path, sizeof(path), "%.4000s/before-0000000a", f->folder);
	assert_int_equal(rmdir(path), 0);
}

static bool
has(const struct fixture *f, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%.4000s/%s", f->folder, name);
	return access(path, F_OK) == 0;
}

static void
open_stage(struct fixture *f)
{
	f->error[0] = '\0';
	if (!raft__stage_open(&f->stage, f->folder, &f->complaint))
		fail_msg("%s", f->error);
}

/* It is the new one's, and the old one is beside it. */
static void
assert_replaced(const struct fixture *f)
{
	shell("cd %s && [ \"$(ls)\" = \"$(printf "
	      "'before-0000000a\\nlog\\nserver.conf\\nsnapshots')\" ] && "
	      "[ \"$(ls before-0000000a)\" = "
	      "\"$(printf 'log\\nserver.conf\\nsnapshots')\" ] && "
	      "cmp -s server.conf ../kept/anew.part/server.conf && "
	      "cmp -s log/log ../kept/anew.part/log/log && "
	      "cmp -s before-0000000a/log/log ../kept/log/log && "
	      "cmp -s before-0000000a/server.conf ../kept/server.conf",
	      f->folder);
}

/* It is the old one's, and nothing else is there. */
static void
assert_kept(const struct fixture *f)
{
	shell("cd %s && [ \"$(ls)\" = "
	      "\"$(printf 'log\\nserver.conf\\nsnapshots')\" ] && "
	      "cmp -s server.conf ../kept/server.conf && "
	      "cmp -s log/log ../kept/log/log",
	      f->folder);
}

/* ---------------------------------------------------------------------- tests */

static void
all_parts_are_replaced_and_kept(void **state)
{
	struct fixture *f = *state;
	bool is_left = true;

	open_stage(f);
	assert_true(raft__stage_is_left(&f->stage, &is_left));
	assert_false(is_left);
	assert_true(raft__stage_check(&f->stage));
	if (!raft__stage_end(&f->stage, true))
		fail_msg("%s", f->error);
	raft__stage_close(&f->stage);
	assert_int_equal(f->stage.fd, -1);
	assert_replaced(f);
	renew(f);
	open_stage(f);
	assert_false(raft__stage_end(&f->stage, false));
	raft__stage_close(&f->stage);
	assert_kept(f);
}

/* Until no call is refused any more. */
static void
a_call_that_is_refused_is_told_and_tried_again(void **state)
{
	struct fixture *f = *state;
	size_t kept = 0, moved = 0, opened = count_open_files();

	for (int call = 0;; call++) {
		bool done, is_left;

		open_stage(f);
		calls_until_refusal = call;
		done = raft__stage_end(&f->stage, true);
		if (calls_until_refusal >= 0) {
			calls_until_refusal = -1;
			assert_true(done);
			raft__stage_close(&f->stage);
			break;
		}
		assert_false(done);
		expect(f->error, f->folder);
		expect(f->error, ": Input/output error");
		assert_true(raft__stage_is_left(&f->stage, &is_left));
		if (is_left)
			assert_true(raft__stage_move(&f->stage));
		raft__stage_close(&f->stage);
		assert_int_equal(count_open_files(), opened);
		assert_false(has(f, "anew.part"));
		if (has(f, "before-0000000a")) {
			put_back(f);
		} else {
			assert_kept(f);
			renew(f);
			kept++;
		}
		moved += is_left;
	}
	assert_replaced(f);
	/* Before it is committed: its sync, and its name. */
	assert_int_equal(kept, 2);
	/* Of each part a look for each of both, and four or five calls to move them. */
	assert_in_range(moved, 20, 60);
}

static void
what_was_left_is_read_or_told_why_not(void **state)
{
	struct fixture *f = *state;
	struct left left;
	int call;

	shell("mv %s/anew.part %s/anew", f->folder, f->folder);
	open_stage(f);
	assert_true(raft__stage_read_left(&f->stage, &left));
	assert_string_equal(left.conf.cluster, "blue~0000000a");
	assert_int_equal(left.conf.id, 2);
	assert_int_equal(left.snapshot.index, 0);
	assert_true(left.is_recovered);
	assert_false(raft__stage_refuse(&f->stage, &left));
	expect(f->error,
	       "something else of it than is asked now: recover, "
	       "server 2 of cluster blue~0000000a with the snapshot of "
	       "entry 0.");
	for (call = 0;; call++) {
		bool done;

		f->error[0] = '\0';
		calls_until_refusal = call;
		done = raft__stage_read_left(&f->stage, &left);
		if (calls_until_refusal >= 0)
			break;
		assert_false(done);
		assert_true(strlen(f->error) > 0);
		expect(f->error, f->folder);
	}
	calls_until_refusal = -1;
	assert_in_range(call, 5, 20);
	raft__stage_close(&f->stage);
	/* An import leaves nothing of before. */
	shell("cd %s && rm -r log snapshots server.conf", f->folder);
	open_stage(f);
	assert_true(raft__stage_read_left(&f->stage, &left));
	assert_false(left.is_recovered);
	assert_false(raft__stage_refuse(&f->stage, &left));
	expect(f->error,
	       "is asked now: import, server 2 of cluster blue~0000000a");
	raft__stage_close(&f->stage);
}

static void
a_folder_that_cannot_be_made_is_refused(void **state)
{
	struct fixture *f = *state;
	char path[PATH_MAX + 16], expected[PATH_MAX + 64];
	size_t opened = count_open_files();

	snprintf(path, sizeof(path), "%.1000s/none/5", f->scene.root);
	assert_false(raft__stage_make(&f->stage, path, &f->complaint));
	snprintf(expected, sizeof(expected), "%s: No such file or directory",
		 path);
	assert_string_equal(f->error, expected);
	snprintf(path, sizeof(path), "%.1000s/5", f->scene.root);
	calls_until_refusal = 0;
	assert_false(raft__stage_make(&f->stage, path, &f->complaint));
	assert_int_equal(calls_until_refusal, -1);
	snprintf(expected, sizeof(expected), "%s/..: Input/output error", path);
	assert_string_equal(f->error, expected);
	assert_int_equal(count_open_files(), opened);
	/* It is there by now. */
	assert_true(raft__stage_make(&f->stage, path, &f->complaint));
	assert_false(
	    raft__stage_make(&(struct stage){ 0 }, path, &f->complaint));
	expect(f->error, "is in use: stop the other process");
	raft__stage_close(&f->stage);
	/* The sentence begins with what has no room. */
	memset(path, '/', sizeof(path) - 1);
	path[PATH_MAX - 70] = '\0';
	assert_false(raft__stage_open(&f->stage, path, &f->complaint));
	assert_int_equal(strspn(f->error, "/"), sizeof(f->error) - 1);
	raft__stage_close(&f->stage);
}

int
main(void)
{
#define STAGE_TEST(name)                                                       \
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		STAGE_TEST(all_parts_are_replaced_and_kept),
		STAGE_TEST(a_call_that_is_refused_is_told_and_tried_again),
		STAGE_TEST(what_was_left_is_read_or_told_why_not),
		STAGE_TEST(a_folder_that_cannot_be_made_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
