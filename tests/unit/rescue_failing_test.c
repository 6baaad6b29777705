/*
 * A disk that refuses one call, or memory that runs out once: whichever it is, what
 * looks at a folder says so or says all, what makes something says so or makes it
 * whole, nothing is left open, and the next call succeeds.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/failing_memory.h"

/* The test's own succeed. */
#define malloc __real_malloc
#define calloc __real_calloc
#include "tests/unit/rescue_scene.h"
#undef malloc
#undef calloc

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

static void
refuse_after(size_t count)
{
	calls_until_refusal = (int)count;
}

static bool
has_refused(void)
{
	bool refused = calls_until_refusal < 0;

	calls_until_refusal = -1;
	return refused;
}

ssize_t
pread(int fd, void *bytes, size_t length, off_t offset)
{
	const struct iovec piece = { bytes, length };

	return is_refused() ? -1 : preadv(fd, &piece, 1, offset);
}

ssize_t
pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
	return is_refused() ? -1 : real_pwrite(fd, bytes, length, offset);
}

int
fsync(int fd)
{
	(void)fd;
	return is_refused() ? -1 : 0;
}

int
fdatasync(int fd)
{
	return fsync(fd);
}

int
renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return is_refused() ? -1 : real_renameat(from_fd, from, to_fd, to);
}

int
rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int
renameat2(int from_fd, const char *from, int to_fd, const char *to,
	  unsigned int flags)
{
	return is_refused() ? -1
			    : (int)syscall(SYS_renameat2, from_fd, from, to_fd,
					   to, flags);
}

int
mkdirat(int fd, const char *path, mode_t mode)
{
	return is_refused() ? -1 : (int)syscall(SYS_mkdirat, fd, path, mode);
}

int
mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

int
mkostemp(char *name, int flags)
{
	if (is_refused())
		return -1;
	memcpy(name + strlen(name) - 6, "backup", 6);
	return open(name, O_RDWR | O_CREAT | O_EXCL | flags, 0600);
}

/* -------------------------------------------------------------- what is done */

/** The folders, what is done with them, and what came of it. */
static struct fixture {
	struct scene scene;
	/** Of one that may go on alone, and as it was before that. */
	const char *folder;
	char kept[PATH_MAX];
	/** A backup, another one that is made, and a folder that is made of one. */
	char backup[PATH_MAX];
	char another[PATH_MAX];
	char made[PATH_MAX];
	struct said said;
} fixture;

static bool
do_show(void)
{
	return show(fixture.folder, &fixture.said);
}

static bool
do_verify(void)
{
	return verify(fixture.folder, &fixture.said);
}

static bool
do_dump(void)
{
	return dump(fixture.folder, (struct raft_rescue_range){ 0 },
		    &fixture.said);
}

static bool
do_check(void)
{
	struct raft_rescue_backup backup;

	return raft_rescue_check(fixture.backup, &backup, fixture.said.error,
				 sizeof(fixture.said.error));
}

static bool
do_export(void)
{
	struct raft_rescue_backup backup;

	return raft_rescue_export(fixture.folder, fixture.another, &backup,
				  fixture.said.error,
				  sizeof(fixture.said.error));
}

static bool
do_import(void)
{
	const struct raft_server_create create = {
		.id = 4,
		.cluster = "scene",
		.address = fixture.scene.actors[4].address,
	};

	return raft_rescue_import(fixture.backup, fixture.made, &create, NULL,
				  fixture.said.error,
				  sizeof(fixture.said.error));
}

static bool
do_recover(void)
{
	static struct asked asked;
	bool done;

	asked.agrees = true;
	done = recover_as(fixture.folder, (struct raft_rescue_recovery){ 0 },
			  &asked);
	strlcpy(fixture.said.error, asked.error, sizeof(fixture.said.error));
	return done;
}

/* ------------------------------------------------------ what is there then */

static int
count_open(void)
{
	int count = 0;

	for (int fd = 0; fd < 200; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* The folder is as it was, whatever was looked at. */
static void
nothing_was_changed(void)
{
	char *is = describe_by(fixture.folder, "%p %y");
	char *was = describe_by(fixture.kept, "%p %y");

	assert_string_equal(is, was);
	free(is);
	free(was);
}

static void
nothing_was_made(bool done)
{
	(void)done;
}

/* A backup is there when it is whole, and no part of it before. */
static void
is_whole_or_not_there(bool done)
{
	char unfinished[PATH_MAX + 8];

	snprintf(unfinished, sizeof(unfinished), "%s.backup", fixture.another);
	assert_int_equal(access(unfinished, F_OK), -1);
	if (done)
		shell("cmp -i 160 %s %s", fixture.backup, fixture.another);
	assert_int_equal(unlink(fixture.another), done ? 0 : -1);
}

/* With the state of the snapshot; or with all entries, if that could not be read. */
static void
expect_start(const char *folder)
{
	char error[RAFT_SERVER_ERROR_BYTES];
	struct machine machine;
	struct said said;

	if (!try_to_open(folder, &machine, error))
		fail_msg("%s", error);
	if (machine.count == 6)
		return;
	assert_true(verify(folder, &said));
	expect(said.text, "applies entries 1 to 8");
}

/* What could not be imported can be, by saying it again. */
static void
an_import_goes_on(bool done)
{
	char error[RAFT_SERVER_ERROR_BYTES];
	struct machine machine;

	if (!done && !try_to_open(fixture.made, &machine, error) &&
	    !do_import())
		fail_msg("%s", fixture.said.error);
	expect_start(fixture.made);
	shell("rm -r %s", fixture.made);
}

/* Likewise, and who could not recover is whole as it was, or goes on. */
static void
a_recovery_goes_on(bool done)
{
	if (!done && !do_recover())
		expect(fixture.said.error, "decides alone already");
	expect_start(fixture.folder);
	shell("rm -r %s && cp -a %s %s", fixture.folder, fixture.kept,
	      fixture.folder);
}

/** What is tried with each call refused in turn, or only with some of them. */
struct verb {
	const char *name;
	bool (*act)(void);
	void (*look)(bool done);
	bool is_long;
};

static const struct verb verbs[] = {
	{ "show", do_show, nothing_was_made, false },
	{ "verify", do_verify, nothing_was_made, false },
	{ "dump", do_dump, nothing_was_made, false },
	{ "check", do_check, nothing_was_made, false },
	{ "export", do_export, is_whole_or_not_there, false },
	{ "import", do_import, an_import_goes_on, true },
	{ "recover", do_recover, a_recovery_goes_on, true },
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

/* What it says when nothing is refused. */
static void
act_unharmed(const struct verb *verb, char *text, size_t size)
{
	memset(&fixture.said, 0, sizeof(fixture.said));
	if (!verb->act())
		fail_msg("%s: %s", verb->name, fixture.said.error);
	strlcpy(text, fixture.said.text, size);
	verb->look(true);
}

/* What is said of the log, before the snapshots. */
static size_t
log_length(const char *text)
{
	const char *end = strstr(text, "\nsnapshot of entry");

	return end != NULL ? (size_t)(end - text) : strlen(text) + 1;
}

/* A snapshot that cannot be read is as bad as one that is damaged. */
static void
expect_reason(const char *name, const char *why)
{
	static const char *const of_snapshots[] = {
		"a snapshot is damaged",
		"none of its snapshots is as it was written",
		"a leader's snapshot of entry 8 is damaged",
		"which is not here",
		"cannot be read",
	};
	bool found = strstr(fixture.said.error, why) != NULL;

	for (size_t i = 0; i < sizeof(of_snapshots) / sizeof(char *); i++)
		found |= strstr(fixture.said.error, of_snapshots[i]) != NULL;
	if (!found)
		fail_msg("%s: '%s'", name, fixture.said.error);
}

/** What fails, after so many that do not, and what is said then. */
struct fault {
	void (*fail_after)(size_t count);
	/** Whether it did; no more do. */
	bool (*has_failed)(void);
	const char *why;
};

/* False: all was done, and nothing had to fail. */
static bool
act(const struct verb *verb, const struct fault *fault, size_t count,
    const char *text)
{
	int open = count_open();
	bool done, failed;

	memset(&fixture.said, 0, sizeof(fixture.said));
	fault->fail_after(count);
	done = verb->act();
	failed = fault->has_failed();
	assert_int_equal(count_open(), open);
	if (!done)
		expect_reason(verb->name, fault->why);
	/* A start would do without a snapshot that cannot be read. */
	else
		assert_memory_equal(fixture.said.text, text, log_length(text));
	verb->look(done);
	return failed;
}

static void
let_each_fail(const struct fault *fault)
{
	static char text[sizeof(fixture.said.text)];
	size_t all = 0, first,
	       step = rescue_step("rescue_failing_test", &first);

	for (size_t i = 0; i < VERBS; i++) {
		size_t count = verbs[i].is_long ? first : 0;

		act_unharmed(&verbs[i], text, sizeof(text));
		for (; act(&verbs[i], fault, count, text);
		     count += verbs[i].is_long ? step : 1)
			assert_in_range(count, 0, 500);
		print_message("%s: %zu\n", verbs[i].name, count);
		all += count;
		nothing_was_changed();
	}
	assert_true(all > 100);
}

/* -------------------------------------------------------------------- tests */

static void
a_disk_that_refuses_once_is_told_of(void **state)
{
	(void)state;
	let_each_fail(
	    &(struct fault){ refuse_after, has_refused, "Input/output error" });
}

static void
memory_that_runs_out_once_is_told_of(void **state)
{
	(void)state;
	let_each_fail(&(struct fault){ fail_after, has_failed, "memory" });
}

static int
set_up(void **state)
{
	struct raft_rescue_backup backup;
	struct scene *scene = &fixture.scene;

	(void)state;
	three(scene);
	await_leader(scene);
	for (int i = 0; i < 6; i++)
		add(scene, 1, "1");
	assert_true(run_until(&scene->loop, agree(scene, 6), PATIENCE_MS));
	take_snapshot(scene, 1);
	for (uint64_t id = 1; id <= 3; id++)
		cut_off(scene, id);
	fixture.folder = scene->actors[1].folder;
	snprintf(fixture.kept, PATH_MAX, "%s/kept", scene->root);
	snprintf(fixture.backup, PATH_MAX, "%s/backup", scene->root);
	snprintf(fixture.another, PATH_MAX, "%s/another", scene->root);
	snprintf(fixture.made, PATH_MAX, "%s/made", scene->root);
	shell("cp -a %s %s", fixture.folder, fixture.kept);
	return !raft_rescue_export(fixture.folder, fixture.backup, &backup,
				   fixture.said.error,
				   sizeof(fixture.said.error));
}

static int
tear_down(void **state)
{
	(void)state;
	scene_close(&fixture.scene);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_disk_that_refuses_once_is_told_of),
		cmocka_unit_test(memory_that_runs_out_once_is_told_of),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
