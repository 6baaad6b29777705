/*
 * A majority is lost for good: one server goes on alone, with all that it holds, and
 * whoever was a member is a stranger to it. Whenever that is cut short, the folder is
 * the old one, or the next call makes it whole.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A process is killed at every call that changes the disk, before it is made.
 */
#include "tests/unit/rescue_scene.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/unit/real_disk.h"

/* ------------------------------------------------------------------- faults */

#define STATUS_KILLED 99

/** Calls that are made before one at which the process is killed; -1: none is. */
static int calls_until_death = -1;
static int calls;

static void
live_or_die(void)
{
	calls++;
	if (calls_until_death == 0)
		_exit(STATUS_KILLED);
	calls_until_death -= calls_until_death > 0;
}

#define DIRTY_MAX 16

/** Files that were written since their last sync, in the course of a recovery. */
static bool is_recovering;
static ino_t dirty[DIRTY_MAX];

static ino_t
file_of(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	return status.st_ino;
}

static void
mark(int fd, bool is_dirty)
{
	ino_t file = file_of(fd);
	size_t room = DIRTY_MAX;

	if (!is_recovering)
		return;
	for (size_t i = 0; i < DIRTY_MAX; i++) {
		if (dirty[i] == file)
			dirty[i] = 0;
		if (dirty[i] == 0)
			room = i;
	}
	assert_true(room < DIRTY_MAX);
	if (is_dirty)
		dirty[room] = file;
}

int
fsync(int fd)
{
	live_or_die();
	mark(fd, false);
	return 0;
}

int
fdatasync(int fd)
{
	return fsync(fd);
}

ssize_t
pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
	live_or_die();
	mark(fd, true);
	return real_pwrite(fd, bytes, length, offset);
}

int
renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	live_or_die();
	/* From then on the folder is made of what is there. */
	if (strcmp(to, "anew") == 0)
		for (size_t i = 0; i < DIRTY_MAX; i++)
			assert_int_equal(dirty[i], 0);
	return real_renameat(from_fd, from, to_fd, to);
}

int
rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int
mkdirat(int fd, const char *path, mode_t mode)
{
	live_or_die();
	return (int)syscall(SYS_mkdirat, fd, path, mode);
}

int
mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

int
unlinkat(int fd, const char *path, int flags)
{
	live_or_die();
	return (int)syscall(SYS_unlinkat, fd, path, flags);
}

/* ------------------------------------------------------------------ recovery */

static bool
recover_beside(const char *folder, const char *other, struct asked *asked)
{
	struct raft_rescue_recovery recovery = {
		.others = &other,
		.other_count = other != NULL,
	};
	bool done;

	memset(dirty, 0, sizeof(dirty));
	is_recovering = true;
	done = recover_as(folder, recovery, asked);
	is_recovering = false;
	return done;
}

static struct asked
recover(const char *folder)
{
	struct asked asked = { .agrees = true };

	if (!recover_beside(folder, NULL, &asked))
		fail_msg("%s", asked.error);
	return asked;
}

static void
expect_refusal(const char *folder, const char *other, const char *part)
{
	struct asked asked = { .agrees = true };
	char *before = access(folder, F_OK) == 0 ? describe(folder) : NULL;
	char *after;

	if (recover_beside(folder, other, &asked))
		fail_msg("recovered, without '%s'", part);
	expect(asked.error, part);
	if (before == NULL)
		return;
	after = describe(folder);
	assert_string_equal(before, after);
	free(before);
	free(after);
}

/* ---------------------------------------------------------------- the scene */

static void
add_many(struct scene *scene, uint64_t id, int count)
{
	static struct wish wishes[1000];

	assert_in_range(count, 1, 1000);
	for (int i = 0; i < count; i++)
		propose(scene, id, "1", 0, 0, &wishes[i]);
	for (int i = 0; i < count; i++)
		assert_int_equal(wait_for(scene, &wishes[i]).result,
				 RAFT_SERVER_OK);
}

static void
stop_all(struct scene *scene)
{
	for (uint64_t id = 1; id <= ACTORS_MAX; id++)
		if (scene->actors[id].server != NULL)
			cut_off(scene, id);
}

/* Three servers that have seen so many commands, and are stopped. */
static void
three_stopped(struct scene *scene, int count)
{
	three(scene);
	await_leader(scene);
	add_many(scene, 1, count);
	assert_true(run_until(&scene->loop, agree(scene, (uint64_t)count),
			      PATIENCE_MS));
	stop_all(scene);
}

/* -------------------------------------------------------------------- tests */

static void
one_that_is_left_goes_on_alone(void **state)
{
	struct scene scene;
	struct asked asked;
	struct wish wish = { 0 };
	struct said said;
	uint64_t session;
	char cluster[64];

	(void)state;
	three(&scene);
	await_leader(&scene);
	raft_server_register(scene.actors[1].server, 0, wish_done, &wish);
	session = wait_for(&scene, &wish).index;
	propose(&scene, 1, "1000", session, 1, &wish);
	assert_string_equal(wait_for(&scene, &wish).answer, "1000");
	add_many(&scene, 1, 600);
	assert_true(run_until(&scene.loop, agree(&scene, 601), PATIENCE_MS));
	stop_all(&scene);
	asked = recover(scene.actors[1].folder);
	assert_int_equal(asked.times, 1);
	assert_string_equal(asked.cluster, "scene");
	expect(asked.text, "Server 1 of cluster scene goes on alone, as "
			   "cluster scene~");
	expect(asked.text, "Its log ends at entry ");
	expect(asked.text, " will count");
	expect(asked.text, "server 2 at 127.0.0.1:");
	expect(asked.text, "server 3 at 127.0.0.1:");
	assert_null(strstr(asked.text, "server 1 at 127.0.0.1:"));
	assert_true(verify(scene.actors[1].folder, &said));
	start(&scene, 1);
	assert_string_equal(add(&scene, 1, "1").answer, "1601");
	/* Sessions are as they were, and the last answer is known. */
	propose(&scene, 1, "1000", session, 1, &wish);
	assert_string_equal(wait_for(&scene, &wish).answer, "1000");
	/* New ones join, by ids of old ones too. */
	strlcpy(cluster, status_of(&scene, 1).cluster, sizeof(cluster));
	shell("rm -r %s", scene.actors[2].folder);
	join_cluster(&scene, 2, 1, cluster);
	join_cluster(&scene, 4, 1, cluster);
	assert_true(run_until(&scene.loop,
			      role_of(&scene, 1, 2) == RAFT_MEMBER_VOTER &&
				  role_of(&scene, 1, 4) == RAFT_MEMBER_VOTER &&
				  agree(&scene, 602),
			      PATIENCE_MS));
	scene_close(&scene);
}

/* The entries from the second on, as they are told: with their indexes and terms. */
static char *
entries_of(const char *folder, struct said *said)
{
	assert_true(
	    dump(folder, (struct raft_rescue_range){ .first = 2 }, said));
	return said->text;
}

/* Whatever is left over when entries are copied many at once. */
static void
every_entry_goes_along_however_many_there_are(void **state)
{
	struct said before, after;
	char copy[PATH_MAX];
	struct scene scene;

	(void)state;
	three(&scene);
	await_leader(&scene);
	add_many(&scene, 1, 250);
	snprintf(copy, sizeof(copy), "%s/copy", scene.root);
	for (uint64_t count = 251; count < 262; count++) {
		add(&scene, 1, "1");
		assert_true(
		    run_until(&scene.loop, agree(&scene, count), PATIENCE_MS));
		shell("cp -a %s %s", scene.actors[1].folder, copy);
		entries_of(copy, &before);
		recover(copy);
		assert_string_equal(before.text, entries_of(copy, &after));
		shell("rm -r %s", copy);
	}
	scene_close(&scene);
}

/* Each says so, now and then. */
static bool
both_have_said(const struct scene *scene, bool said[3])
{
	for (int id = 1; id <= 2; id++)
		said[id] |=
		    strstr(scene->actors[id].said[RAFT_SERVER_EVENT_CONNECTION],
			   "of another cluster") != NULL;
	return said[1] && said[2];
}

static void
who_was_a_member_is_a_stranger(void **state)
{
	bool said[3] = { false };
	struct scene scene;

	(void)state;
	three_stopped(&scene, 10);
	recover(scene.actors[1].folder);
	for (uint64_t id = 1; id <= 3; id++)
		start(&scene, id);
	/* The two are a majority of what was; nobody can forbid that. */
	assert_true(run_until(&scene.loop,
			      status_of(&scene, 2).raft.leader != 0 &&
				  status_of(&scene, 1).raft.leader == 1,
			      PATIENCE_MS));
	assert_int_not_equal(status_of(&scene, 2).raft.leader, 1);
	add_many(&scene, 2, 5);
	add_many(&scene, 1, 3);
	assert_true(run_until(&scene.loop,
			      both_have_said(&scene, said) &&
				  scene.actors[1].machine.count == 13 &&
				  scene.actors[2].machine.count == 15,
			      PATIENCE_MS));
	assert_int_equal(role_of(&scene, 1, 2), RAFT_MEMBER_NONE);
	/* Nor does one get in that was told the old name. */
	make_joining(&scene, 4, 1, false);
	start(&scene, 4);
	for (int i = 0; i < 50; i++)
		run_until(&scene.loop, false, 10);
	assert_int_equal(role_of(&scene, 1, 4), RAFT_MEMBER_NONE);
	scene_close(&scene);
}

/* Behind a snapshot, and with a log that reaches back further. */
static void
a_snapshot_goes_along(void **state)
{
	struct scene scene;
	struct asked asked;
	char cluster[64];

	(void)state;
	three(&scene);
	await_leader(&scene);
	scene.actors[1].machine.ballast = 3000000;
	for (uint64_t count = 20; count <= 60; count += 20) {
		add_many(&scene, 1, 20);
		assert_true(
		    run_until(&scene.loop, agree(&scene, count), PATIENCE_MS));
		if (count < 60)
			take_snapshot(&scene, 1);
	}
	stop_all(&scene);
	asked = recover(scene.actors[1].folder);
	expect(asked.text, "Nothing is lost up to entry ");
	start(&scene, 1);
	assert_int_equal(scene.actors[1].machine.count, 40);
	assert_string_equal(add(&scene, 1, "1").answer, "61");
	strlcpy(cluster, status_of(&scene, 1).cluster, sizeof(cluster));
	join_cluster(&scene, 4, 1, cluster);
	assert_true(run_until(&scene.loop, agree(&scene, 61), PATIENCE_MS));
	assert_int_equal(scene.actors[4].machine.loads, 1);
	/* And it can be done again. */
	stop_all(&scene);
	asked = recover(scene.actors[4].folder);
	assert_string_equal(asked.cluster, cluster);
	start(&scene, 4);
	assert_string_equal(add(&scene, 4, "1").answer, "62");
	assert_string_not_equal(status_of(&scene, 4).cluster, cluster);
	scene_close(&scene);
}

/* Of those who are in it by what came next, nobody else is left. */
static void
a_configuration_right_behind_a_snapshot_is_forgotten(void **state)
{
	struct raft_server_status status;
	struct scene scene;
	uint64_t who;

	(void)state;
	three(&scene);
	who = await_leader(&scene);
	add_many(&scene, who, 10);
	take_snapshot(&scene, who);
	status = status_of(&scene, who);
	assert_int_equal(status.snapshot.index, status.raft.last.index);
	assert_int_equal(
	    change(&scene, who,
		   (struct raft_server_change){ .kind = RAFT_SERVER_REMOVE,
						.identity.id = who % 3 + 1 })
		.result,
	    RAFT_SERVER_OK);
	stop_all(&scene);
	recover(scene.actors[who].folder);
	start(&scene, who);
	assert_string_equal(add(&scene, who, "1").answer, "11");
	scene_close(&scene);
}

#define UNKNOWN 5

/* Have a leader take what it cannot commit, and stop. False: it has found out before
 * that it leads nobody. */
static bool
leave_unknown(struct scene *scene, uint64_t who)
{
	static struct wish wishes[UNKNOWN];
	struct said said;

	for (uint64_t id = 1; id <= 3; id++)
		if (id != who)
			cut_off(scene, id);
	for (int i = 0; i < UNKNOWN; i++)
		propose(scene, who, "20", 0, 0, &wishes[i]);
	for (int i = 0; i < 10; i++)
		run_until(&scene->loop, false, 10);
	stop_all(scene);
	assert_true(dump(scene->actors[who].folder,
			 (struct raft_rescue_range){ 0 }, &said));
	return strstr(said.text, " command - - 2 20\n") != NULL;
}

/* What nobody was told of may count; and a later term is more than many entries. */
static void
what_it_has_and_nobody_knows_counts(void **state)
{
	struct scene scene;
	uint64_t who, other;

	(void)state;
	three(&scene);
	add_many(&scene, 1, 10);
	while (!leave_unknown(&scene, who = await_leader(&scene)))
		for (uint64_t id = 1; id <= 3; id++)
			start(&scene, id);
	/* The others go on, and have less, where it has that. */
	other = who % 3 + 1;
	for (uint64_t id = 1; id <= 3; id++)
		if (id != who)
			start(&scene, id);
	assert_string_equal(add(&scene, other, "1").answer, "11");
	stop_all(&scene);
	expect_refusal(scene.actors[who].folder, scene.actors[other].folder,
		       "is more advanced");
	expect(recover(scene.actors[who].folder).text,
	       "or in a later term, is lost for good");
	start(&scene, who);
	assert_string_equal(add(&scene, who, "1").answer, "111");
	scene_close(&scene);
}

static void
a_learner_can_go_on(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	make_server(&scene, 1, (struct raft_server_create){ 0 });
	start(&scene, 1);
	await_leader(&scene);
	make_joining(&scene, 2, 1, true);
	start(&scene, 2);
	add_many(&scene, 1, 5);
	assert_true(run_until(&scene.loop,
			      role_of(&scene, 1, 2) == RAFT_MEMBER_NON_VOTING &&
				  agree(&scene, 5),
			      PATIENCE_MS));
	stop_all(&scene);
	expect_refusal(scene.actors[1].folder, NULL,
		       "this server decides alone already");
	recover(scene.actors[2].folder);
	/* It has joined, once. */
	shell("! grep -q -e ^join -e ^learns %s/server.conf",
	      scene.actors[2].folder);
	start(&scene, 2);
	assert_string_equal(add(&scene, 2, "1").answer, "6");
	assert_int_equal(role_of(&scene, 2, 2), RAFT_MEMBER_VOTER);
	scene_close(&scene);
}

/* --------------------------------------------------------------- refusals */

static void
spoil_log(const char *folder)
{
	shell("printf x | dd of=%s/log/log bs=1 seek=600 conv=notrunc "
	      "2>/dev/null",
	      folder);
}

static void
the_most_advanced_is_recovered(void **state)
{
	struct scene scene;
	struct asked asked = { .agrees = true };
	uint64_t who, behind;

	(void)state;
	three(&scene);
	behind = await_follower(&scene);
	cut_off(&scene, behind);
	add_many(&scene, who = await_leader(&scene), 5);
	stop_all(&scene);
	expect_refusal(scene.actors[behind].folder, scene.actors[who].folder,
		       "is more advanced: its log ends at entry ");
	assert_true(recover_beside(scene.actors[who].folder,
				   scene.actors[behind].folder, &asked));
	scene_close(&scene);
}

static void
what_cannot_be_compared_is_refused(void **state)
{
	struct scene scene, other;

	(void)state;
	three_stopped(&scene, 3);
	scene_open(&other);
	make_server(&other, 1,
		    (struct raft_server_create){ .cluster = "other" });
	expect_refusal(scene.actors[1].folder, other.actors[1].folder,
		       "is of cluster other, and ");
	expect_refusal(scene.actors[1].folder, other.actors[2].folder,
		       "there is no server here");
	shell("cp -a %s %s", scene.actors[1].folder, other.actors[3].folder);
	expect_refusal(scene.actors[1].folder, other.actors[3].folder,
		       "of the same server");
	spoil_log(scene.actors[2].folder);
	expect_refusal(scene.actors[1].folder, scene.actors[2].folder,
		       "it cannot be compared: ");
	start(&scene, 3);
	expect_refusal(scene.actors[1].folder, scene.actors[3].folder,
		       "in use: stop the other process");
	scene_close(&other);
	scene_close(&scene);
}

static void
what_is_not_to_be_recovered_is_refused(void **state)
{
	struct scene scene;
	struct asked asked = { .agrees = false };
	const char *folder;
	char *before, *after;

	(void)state;
	three_stopped(&scene, 3);
	folder = scene.actors[1].folder;
	before = describe(folder);
	assert_false(recover_beside(folder, NULL, &asked));
	assert_int_equal(asked.times, 1);
	expect(asked.error, "not confirmed: nothing was changed");
	after = describe(folder);
	assert_string_equal(before, after);
	free(before);
	free(after);
	start(&scene, 1);
	expect_refusal(folder, NULL, "in use: stop the other process");
	stop_all(&scene);
	make_joining(&scene, 4, 1, false);
	expect_refusal(scene.actors[4].folder, NULL, "never was a member");
	expect_refusal(scene.actors[5].folder, NULL, "No such file");
	shell("sed -i 's/^format 1/format 2/' %s/server.conf", folder);
	expect_refusal(folder, NULL, "has format 2");
	shell("sed -i 's/^format 2/format 1/' %s/server.conf", folder);
	spoil_log(folder);
	expect_refusal(folder, NULL, "the log is corrupt at byte ");
	scene_close(&scene);
}

/* A disk that is full, about: with more room each time, till there is enough. */
static void
without_room_it_stays_what_it_was(void **state)
{
	struct asked asked = { .agrees = true };
	struct rlimit before, after;
	char *was, *is;
	struct scene scene;
	const char *folder;
	int failures = 0;

	(void)state;
	three(&scene);
	add_many(&scene, 1, 20);
	assert_true(run_until(&scene.loop, agree(&scene, 20), PATIENCE_MS));
	scene.actors[1].machine.ballast = 3000;
	take_snapshot(&scene, 1);
	add_many(&scene, 1, 20);
	stop_all(&scene);
	folder = scene.actors[1].folder;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	after = before;
	was = describe_by(folder, "%p %y");
	for (after.rlim_cur = 50;; after.rlim_cur += 150, failures++) {
		bool done;

		assert_in_range(after.rlim_cur, 50, 20000);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &after), 0);
		done = recover_beside(folder, NULL, &asked);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
		if (done)
			break;
		expect(asked.error, "File too large");
		is = describe_by(folder, "%p %y");
		assert_string_equal(was, is);
		free(is);
	}
	assert_in_range(failures, 10, 100);
	free(was);
	start(&scene, 1);
	assert_string_equal(add(&scene, 1, "1").answer, "41");
	scene_close(&scene);
}

/* ------------------------------------------------------------ cut short */

/* A process that is killed at its `deadly`th call. True: it came to its end. */
static bool
recover_and_die(const char *folder, int deadly)
{
	struct asked asked = { .agrees = true };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		calls_until_death = deadly;
		_exit(recover_beside(folder, NULL, &asked) ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) != 0)
		assert_int_equal(WEXITSTATUS(status), STATUS_KILLED);
	return WEXITSTATUS(status) == 0;
}

/** How a folder was found, after a death. */
enum found {
	FOUND_OLD,
	FOUND_BETWEEN,
	FOUND_NEW,
};

/** Of the snapshot that it has; there are 20 entries behind it. */
static uint64_t snapshot_index;

/* It starts as what it was, or as what it is to be, with all of its state; or not
 * at all, and the sentence says what to do. */
static enum found
find(const char *folder)
{
	char error[RAFT_SERVER_ERROR_BYTES];
	struct machine machine;
	struct said said;
	char text[64];

	if (!try_to_open(folder, &machine, error)) {
		expect(error, "say to it again what was said last");
		assert_false(show(folder, &said));
		expect(said.error, "say to it again what was said last");
		return FOUND_BETWEEN;
	}
	/* Of the snapshot. */
	assert_int_equal(machine.count, 18);
	assert_true(verify(folder, &said));
	snprintf(text, sizeof(text), "entries %" PRIu64 " to %" PRIu64 " once",
		 snapshot_index + 1, snapshot_index + 20);
	expect(said.text, text);
	return strstr(said.text, "of cluster scene,") != NULL ? FOUND_OLD
							      : FOUND_NEW;
}

/* Without a question; the next calls are killed, too, each a little later. */
static void
go_on_until_it_is_done(const char *folder, bool more_deaths)
{
	struct asked asked = { .agrees = false };
	int deadly = 0;

	while (more_deaths && !recover_and_die(folder, deadly) &&
	       find(folder) == FOUND_BETWEEN)
		assert_in_range(++deadly, 1, 60);
	if (find(folder) == FOUND_BETWEEN)
		assert_true(recover_beside(folder, NULL, &asked));
	assert_int_equal(asked.times, 0);
	/* What is whole is not touched again. */
	assert_false(recover_beside(folder, NULL, &asked));
	expect(asked.error, "decides alone already");
}

static void
whenever_it_is_killed_it_can_go_on(void **state)
{
	size_t counts[FOUND_NEW + 1] = { 0 };
	size_t first, step = rescue_step("rescue_recover_test", &first);
	struct scene scene;
	const char *folder;
	char kept[PATH_MAX];
	bool done = false;

	(void)state;
	three(&scene);
	await_leader(&scene);
	add_many(&scene, 1, 18);
	assert_true(run_until(&scene.loop, agree(&scene, 18), PATIENCE_MS));
	take_snapshot(&scene, 1);
	snapshot_index = status_of(&scene, 1).snapshot.index;
	add_many(&scene, 1, 20);
	assert_true(run_until(&scene.loop, agree(&scene, 38), PATIENCE_MS));
	stop_all(&scene);
	folder = scene.actors[1].folder;
	snprintf(kept, sizeof(kept), "%s/kept", scene.root);
	shell("cp -a %s %s", folder, kept);
	for (size_t deadly = first; !done; deadly += step) {
		enum found found;

		assert_in_range(deadly, 0, 300);
		done = recover_and_die(folder, (int)deadly);
		found = find(folder);
		counts[found]++;
		if (found == FOUND_OLD)
			recover(folder);
		else if (found == FOUND_BETWEEN)
			go_on_until_it_is_done(folder, counts[found] % 6 == 1);
		assert_int_equal(find(folder), FOUND_NEW);
		shell("rm -r %s && cp -a %s %s", folder, kept, folder);
	}
	print_message("found old %zu, between %zu, new %zu times\n",
		      counts[FOUND_OLD], counts[FOUND_BETWEEN],
		      counts[FOUND_NEW]);
	assert_true(counts[FOUND_OLD] > 1);
	assert_true(counts[FOUND_BETWEEN] > 1);
	scene_close(&scene);
}

/* Of a backup likewise: there is no server, or it is whole. */
static void
an_import_that_is_killed_can_go_on(void **state)
{
	struct raft_rescue_backup backup;
	struct raft_server_create create = { .id = 2, .cluster = "scene" };
	char file[PATH_MAX], error[RAFT_SERVER_ERROR_BYTES];
	struct machine machine;
	struct scene scene;
	const char *folder;
	size_t first, step = rescue_step("rescue_recover_test", &first);
	int status = -1;

	(void)state;
	scene_open(&scene);
	make_server(&scene, 1, (struct raft_server_create){ 0 });
	start(&scene, 1);
	add_many(&scene, 1, 20);
	take_snapshot(&scene, 1);
	stop(&scene, 1);
	snprintf(file, sizeof(file), "%s/backup", scene.root);
	assert_true(raft_rescue_export(scene.actors[1].folder, file, &backup,
				       error, sizeof(error)));
	folder = scene.actors[2].folder;
	create.address = scene.actors[2].address;
	for (size_t deadly = first; status != 0; deadly += step) {
		pid_t pid = fork();

		assert_in_range(deadly, 0, 300);
		if (pid == 0) {
			calls_until_death = (int)deadly;
			_exit(!raft_rescue_import(file, folder, &create, NULL,
						  error, sizeof(error)));
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (!try_to_open(folder, &machine, error) &&
		    !raft_rescue_import(file, folder, &create, NULL, error,
					sizeof(error)))
			fail_msg("after call %zu: %s", deadly, error);
		assert_true(try_to_open(folder, &machine, error));
		assert_int_equal(machine.count, 20);
		shell("rm -r %s", folder);
	}
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_is_left_goes_on_alone),
		cmocka_unit_test(every_entry_goes_along_however_many_there_are),
		cmocka_unit_test(who_was_a_member_is_a_stranger),
		cmocka_unit_test(a_snapshot_goes_along),
		cmocka_unit_test(
		    a_configuration_right_behind_a_snapshot_is_forgotten),
		cmocka_unit_test(what_it_has_and_nobody_knows_counts),
		cmocka_unit_test(a_learner_can_go_on),
		cmocka_unit_test(the_most_advanced_is_recovered),
		cmocka_unit_test(what_cannot_be_compared_is_refused),
		cmocka_unit_test(what_is_not_to_be_recovered_is_refused),
		cmocka_unit_test(without_room_it_stays_what_it_was),
		cmocka_unit_test(whenever_it_is_killed_it_can_go_on),
		cmocka_unit_test(an_import_that_is_killed_can_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
