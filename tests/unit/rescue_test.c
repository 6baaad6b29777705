/*
 * A server's folder is looked at, and not changed; backups are made and restored.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/rescue_scene.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "assists/crc32c/crc32c.h"
#include "assists/little_endian/little_endian.h"
#include "assists/node/node_loop.h"

/* Of the file of a backup. */
#define HEAD_BYTES 160

/* --------------------------------------------------------------- a server */

/** Made and run before each test, and stopped: it has two snapshots, the log between
 *  them, and what came behind. */
struct fixture {
	struct scene scene;
	const char *folder;
	char backup[PATH_MAX];
	struct said said;
	struct machine machine;
	char error[RAFT_SERVER_ERROR_BYTES];
	/** A session, and its index. */
	uint64_t session;
};

static void
add_many(struct scene *scene, uint64_t id, int count)
{
	for (int i = 0; i < count; i++)
		assert_int_equal(add(scene, id, "1").result, RAFT_SERVER_OK);
}

static uint64_t
open_session(struct scene *scene, uint64_t id)
{
	struct wish wish = { 0 };

	raft_server_register(scene->actors[id].server, 0, wish_done, &wish);
	return wait_for(scene, &wish).index;
}

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct scene *scene = &f->scene;
	struct wish wish;

	scene_open(scene);
	scene->options.snapshot_tail_entries = 4;
	f->folder = scene->actors[1].folder;
	snprintf(f->backup, sizeof(f->backup), "%s/backup", scene->root);
	make_server(scene, 1, (struct raft_server_create){ 0 });
	start(scene, 1);
	f->session = open_session(scene, 1);
	propose(scene, 1, "100", f->session, 7, &wish);
	assert_int_equal(wait_for(scene, &wish).result, RAFT_SERVER_OK);
	add_many(scene, 1, 10);
	take_snapshot(scene, 1);
	add_many(scene, 1, 10);
	take_snapshot(scene, 1);
	add_many(scene, 1, 10);
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

/* The newest snapshot, or the one before. */
static void
name_snapshot(const struct fixture *f, bool newest, char path[PATH_MAX])
{
	char command[2 * PATH_MAX];
	FILE *pipe;

	snprintf(command, sizeof(command),
		 "ls -d %s/snapshots/0* | %s -n 1 | tr -d '\\n'", f->folder,
		 newest ? "tail" : "head");
	pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_non_null(fgets(path, PATH_MAX, pipe));
	assert_int_equal(pclose(pipe), 0);
}

static void
flip(const char *path, off_t at)
{
	int fd = open(path, O_RDWR);
	uint8_t byte;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 4;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static void
read_file(const char *path, uint8_t *bytes, size_t size)
{
	int fd = open(path, O_RDONLY);

	assert_int_equal(pread(fd, bytes, size, 0), size);
	close(fd);
}

static void
write_file(const char *path, const uint8_t *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	assert_int_equal(pwrite(fd, bytes, size, 0), size);
	close(fd);
}

static off_t
size_of(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		fail_msg("%s is not there", path);
	return status.st_size;
}

/* Behind the last byte of the log that is not zero. */
static off_t
end_of_log(const char *log)
{
	off_t end = size_of(log);
	int fd = open(log, O_RDONLY);
	uint8_t byte = 0;

	while (byte == 0 && end > 0)
		assert_int_equal(pread(fd, &byte, 1, --end), 1);
	close(fd);
	return end + 1;
}

/* ---------------------------------------------------------------- looking */

static void
what_is_in_a_folder_is_shown(void **state)
{
	struct fixture *f = *state;

	if (!show(f->folder, &f->said))
		fail_msg("%s", f->said.error);
	expect(f->said.text, "server 1 of cluster scene, incarnation ");
	expect(f->said.text, f->scene.actors[1].address);
	expect(f->said.text, "log: entries ");
	expect(f->said.text, "configuration of entry 1: 1 at 127.0.0.1:");
	expect(f->said.text, "snapshot of entry 24 of term ");
	expect(f->said.text, "snapshot of entry 14 of term ");
	expect(f->said.text, "a start loads the snapshot of entry 24, and "
			     "applies entries 25 to ");
	assert_true(verify(f->folder, &f->said));
}

/* Of a crash, everything that a start would change. */
static void
leave_a_mess(struct fixture *f)
{
	char path[PATH_MAX];

	shell("echo x >%s/log/log.new && echo x >%s/snapshots/taking && "
	      "echo x >%s/snapshots/received && echo x >%s/server.conf.new",
	      f->folder, f->folder, f->folder, f->folder);
	name_snapshot(f, true, path);
	flip(path, 90);
	snprintf(path, sizeof(path), "%s/log/log", f->folder);
	assert_int_equal(truncate(path, end_of_log(path) - 1), 0);
}

static void
looking_changes_nothing(void **state)
{
	struct fixture *f = *state;
	char *before, *after;

	leave_a_mess(f);
	before = describe(f->folder);
	if (!show(f->folder, &f->said))
		fail_msg("%s", f->said.error);
	assert_false(verify(f->folder, &f->said));
	expect(f->said.error, "a snapshot is damaged");
	expect(f->said.text, "bytes that a crash tore");
	expect(f->said.text, "DAMAGED: it is damaged");
	expect(f->said.text, "a start loads the snapshot of entry 14");
	assert_true(dump(f->folder, (struct raft_rescue_range){ 0 }, &f->said));
	assert_true(raft_rescue_export(f->folder, f->backup,
				       &(struct raft_rescue_backup){ 0 },
				       f->error, sizeof(f->error)));
	after = describe(f->folder);
	assert_string_equal(before, after);
	/* And a start does all that. */
	if (!try_to_open(f->folder, &f->machine, f->error))
		fail_msg("%s", f->error);
	free(after);
	after = describe(f->folder);
	assert_string_not_equal(before, after);
	free(before);
	free(after);
}

static void
compare_with_a_start(struct fixture *f, const char *what)
{
	bool is_refused = !show(f->folder, &f->said);

	if (try_to_open(f->folder, &f->machine, f->error) == is_refused)
		fail_msg("%s: seen: '%s', said: '%s'", what, f->said.error,
			 f->error);
	assert_string_equal(f->said.error, f->error);
}

static void
verify_says_what_a_start_says(void **state)
{
	static const char *const hows[] = {
		"true",
		"rm -r $F/log",
		"rm $F/server.conf",
		"rm -r $F/snapshots",
		"rm $F/snapshots/*",
		"rm $F/log/log",
		"truncate -s 100 $F/log/log",
		"sed -i 's/^id 1/id 2/' $F/server.conf",
		"sed -i 's/^format 1/format 2/' $F/server.conf",
		"sed -i 's/^cluster .*/cluster x/' $F/server.conf",
		"printf x | dd of=$F/log/log bs=1 seek=8 conv=notrunc 2>/dev/null",
		"mkdir $F/anew",
	};
	struct fixture *f = *state;
	char kept[PATH_MAX];

	snprintf(kept, sizeof(kept), "%s/kept", f->scene.root);
	shell("cp -a %s %s", f->folder, kept);
	for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]); i++) {
		shell("F=%s; %s", f->folder, hows[i]);
		compare_with_a_start(f, hows[i]);
		shell("rm -r %s && cp -a %s %s", f->folder, kept, f->folder);
	}
}

/* Wherever a bit is wrong in the log, and wherever it ends. */
static void
damage_anywhere_is_seen_as_a_start_sees_it(void **state)
{
	struct fixture *f = *state;
	char log[PATH_MAX], what[64];
	uint8_t bytes[8192];
	size_t size;

	snprintf(log, sizeof(log), "%s/log/log", f->folder);
	size = (size_t)end_of_log(log);
	assert_in_range(size, 1000, sizeof(bytes));
	read_file(log, bytes, size);
	for (size_t at = 0; at < size; at += 23) {
		bytes[at] ^= 4;
		write_file(log, bytes, size);
		bytes[at] ^= 4;
		snprintf(what, sizeof(what), "byte %zu", at);
		compare_with_a_start(f, what);
	}
	for (size_t length = 0; length <= size; length += 61) {
		write_file(log, bytes, length);
		snprintf(what, sizeof(what), "length %zu", length);
		compare_with_a_start(f, what);
	}
}

/* An entry that is no command; the server stops. */
static void
propose_nonsense(struct scene *scene, uint64_t id)
{
	const struct raft_payload nonsense = { "\377nonsense", 9, NULL };
	const char *said = scene->actors[id].said[RAFT_SERVER_EVENT_STOPPED];
	struct raft_entry_id entry;

	assert_int_equal(
	    raft_propose(raft_server_raft(scene->actors[id].server), &nonsense,
			 1, raft_node_loop_now(), &entry),
	    RAFT_OK);
	assert_true(run_until(&scene->loop, *said != '\0', PATIENCE_MS));
}

static void
entries_are_told_one_a_line(void **state)
{
	struct fixture *f = *state;

	make_server(&f->scene, 2, (struct raft_server_create){ 0 });
	start(&f->scene, 2);
	f->session = open_session(&f->scene, 2);
	for (int i = 0; i < 300; i++) {
		struct wish wish;

		propose(&f->scene, 2, "100", f->session, 7, &wish);
		assert_int_equal(wait_for(&f->scene, &wish).result,
				 RAFT_SERVER_OK);
	}
	add(&f->scene, 2, "1\\\x01");
	propose_nonsense(&f->scene, 2);
	stop(&f->scene, 2);
	assert_true(dump(f->scene.actors[2].folder,
			 (struct raft_rescue_range){ 0 }, &f->said));
	expect(f->said.text,
	       "index term kind session sequence length bytes\n1 1 "
	       "configuration - - ");
	expect(f->said.text, " 2 at 127.0.0.1:");
	expect(f->said.text, "2 2 no-op - - 0\n");
	expect(f->said.text, "\n3 2 register - - 0 \n");
	expect(f->said.text, "\n303 2 command 3 7 3 100\n");
	expect(f->said.text, "\n304 2 command - - 3 1\\\\\\x01\n");
	expect(f->said.text, "\n305 2 unknown - - 9 \\xffnonsense\n");
	assert_true(dump(f->scene.actors[2].folder,
			 (struct raft_rescue_range){
			     .first = 300, .last = 300, .hex = true },
			 &f->said));
	assert_string_equal(f->said.text,
			    "index term kind session sequence length bytes\n"
			    "300 2 command 3 7 3 313030\n");
	/* Of the other one's log the beginning is in a snapshot. */
	assert_false(dump(f->folder, (struct raft_rescue_range){ .first = 1 },
			  &f->said));
	expect(f->said.error, "what came before is in a snapshot");
}

static void
a_server_that_runs_is_left_alone(void **state)
{
	struct fixture *f = *state;

	start(&f->scene, 1);
	assert_false(show(f->folder, &f->said));
	expect(f->said.error, "in use: stop the other process");
	assert_false(verify(f->folder, &f->said));
	assert_false(
	    dump(f->folder, (struct raft_rescue_range){ 0 }, &f->said));
	expect(f->said.error, "in use: stop the other process");
	assert_true(raft_rescue_export(f->folder, f->backup,
				       &(struct raft_rescue_backup){ 0 },
				       f->error, sizeof(f->error)));
	add_many(&f->scene, 1, 1);
}

/* ---------------------------------------------------------------- backups */

static struct raft_rescue_backup
export_it(struct fixture *f)
{
	struct raft_rescue_backup backup;

	if (!raft_rescue_export(f->folder, f->backup, &backup, f->error,
				sizeof(f->error)))
		fail_msg("%s", f->error);
	return backup;
}

static bool
import_as(struct fixture *f, uint64_t id, const char *name, char *cluster)
{
	struct raft_server_create create = {
		.id = id,
		.cluster = name,
		.address = f->scene.actors[id].address,
		.election_timeout_us = TIMEOUT_US,
	};

	f->error[0] = '\0';
	return raft_rescue_import(f->backup, f->scene.actors[id].folder,
				  &create, cluster, f->error, sizeof(f->error));
}

static void
a_backup_is_restored_with_its_sessions(void **state)
{
	struct fixture *f = *state;
	struct scene *scene = &f->scene;
	struct raft_rescue_backup backup = export_it(f), checked;
	char cluster[RAFT_RESCUE_CLUSTER_BYTES];
	struct wish wish;

	assert_int_equal(backup.snapshot.index, 24);
	assert_string_equal(backup.cluster, "scene");
	assert_true(
	    raft_rescue_check(f->backup, &checked, f->error, sizeof(f->error)));
	assert_memory_equal(&backup, &checked, sizeof(backup));
	if (!import_as(f, 2, "other", cluster))
		fail_msg("%s", f->error);
	assert_int_equal(strlen(cluster), strlen("other~12345678"));
	assert_memory_equal(cluster, "other~", 6);
	assert_true(verify(scene->actors[2].folder, &f->said));
	expect(f->said.text, "a start loads the snapshot of entry 24\n");
	start(scene, 2);
	assert_int_equal(scene->actors[2].machine.sum, 120);
	/* What the session was answered last it is answered again. */
	propose(scene, 2, "100", f->session, 7, &wish);
	assert_string_equal(wait_for(scene, &wish).answer, "100");
	propose(scene, 2, "1", f->session, 8, &wish);
	assert_string_equal(wait_for(scene, &wish).answer, "121");
	/* And others join. */
	join_cluster(scene, 3, 2, cluster);
	assert_true(run_until(&scene->loop,
			      role_of(scene, 2, 3) == RAFT_MEMBER_VOTER &&
				  agree(scene, 22),
			      PATIENCE_MS));
	assert_string_equal(add(scene, 3, "1").answer, "122");
}

/* Two that are made of one backup are strangers to each other, and to what was. */
static void
whatever_its_name_a_cluster_has_a_life_of_its_own(void **state)
{
	static const char *const names[] = { "scene", "other" };
	struct fixture *f = *state;
	char cluster[RAFT_RESCUE_CLUSTER_BYTES];
	char again[RAFT_RESCUE_CLUSTER_BYTES];

	export_it(f);
	for (size_t i = 0; i < 2; i++) {
		shell("rm -rf %s %s", f->scene.actors[2].folder,
		      f->scene.actors[3].folder);
		assert_true(import_as(f, 2, names[i], cluster));
		assert_int_equal(strlen(cluster), strlen("scene~12345678"));
		assert_memory_equal(cluster, names[i], 5);
		assert_int_equal(cluster[5], '~');
		assert_true(import_as(f, 3, cluster, again));
		assert_int_equal(strlen(again), strlen(cluster));
		assert_memory_equal(again, cluster, 6);
		assert_string_not_equal(cluster, again);
	}
	start(&f->scene, 2);
	assert_string_equal(status_of(&f->scene, 2).cluster, cluster);
}

static void
what_makes_no_server_is_not_imported(void **state)
{
	struct fixture *f = *state;
	struct raft_server_create create = {
		.id = 2,
		.cluster = "other",
		.address = f->scene.actors[2].address,
		.join = "1=a:1",
	};

	export_it(f);
	assert_false(raft_rescue_import(f->backup, f->scene.actors[2].folder,
					&create, NULL, f->error,
					sizeof(f->error)));
	expect(f->error, "the others join it");
	assert_false(import_as(f, 2, "a b", NULL));
	expect(f->error, "cluster's name");
	assert_false(import_as(f, 2, "other~123", NULL));
	expect(f->error, "cluster's name");
	/* What was begun does no harm. */
	shell("rm -r %s", f->scene.actors[2].folder);
	assert_false(import_as(f, 1, "other", NULL));
	expect(f->error, "a server was made here already");
	assert_true(import_as(f, 2, "other", NULL));
	assert_false(import_as(f, 2, "other", NULL));
	expect(f->error, "a server was made here already");
}

/* ------------------------------------------------------------ bad backups */

static void
expect_bad(struct fixture *f, const char *what, const char *part)
{
	struct raft_rescue_backup backup;

	if (raft_rescue_check(f->backup, &backup, f->error, sizeof(f->error)))
		fail_msg("%s: taken for sound", what);
	expect(f->error, part);
	if (import_as(f, 2, "other", NULL))
		fail_msg("%s: imported", what);
	expect(f->error, part);
	assert_int_equal(access(f->scene.actors[2].folder, F_OK), -1);
}

static void
a_backup_that_is_not_as_it_was_written_is_refused(void **state)
{
	struct fixture *f = *state;
	uint8_t bytes[4096] = { 0 };
	char what[64];
	size_t size;

	export_it(f);
	size = (size_t)size_of(f->backup);
	assert_in_range(size, HEAD_BYTES, sizeof(bytes) - 1);
	read_file(f->backup, bytes, size);
	for (size_t at = 0; at < size; at++) {
		flip(f->backup, (off_t)at);
		snprintf(what, sizeof(what), "byte %zu", at);
		expect_bad(f, what, "the backup is ");
		flip(f->backup, (off_t)at);
	}
	for (size_t length = 0; length < size; length++) {
		write_file(f->backup, bytes, length);
		snprintf(what, sizeof(what), "length %zu", length);
		expect_bad(f, what, "is not all there");
	}
	write_file(f->backup, bytes, size + 1);
	expect_bad(f, "longer", "more of it than was written");
}

static void
write_head(const struct fixture *f, uint8_t head[HEAD_BYTES])
{
	int fd = open(f->backup, O_RDWR);

	put32(head + 156, raft__crc32c(0, head, 156));
	assert_int_equal(pwrite(fd, head, HEAD_BYTES, 0), HEAD_BYTES);
	close(fd);
}

static void
a_backup_of_a_newer_version_is_refused(void **state)
{
	struct fixture *f = *state;
	uint8_t head[HEAD_BYTES];

	export_it(f);
	read_file(f->backup, head, sizeof(head));
	/* What was written once is read by all that comes later. */
	assert_memory_equal(head + 8, ((uint8_t[]){ 1, 0, 0, 0 }), 4);
	/* The version, and the bits that must be understood. */
	for (int at = 8; at < 16; at += 4) {
		head[at]++;
		write_head(f, head);
		expect_bad(f, "newer", "a newer version: use that one");
		head[at]--;
	}
	head[0]++;
	write_head(f, head);
	expect_bad(f, "other", "another kind of file");
	head[0]--;
	/* Its snapshot is sound, and another one than it says. */
	head[16]++;
	write_head(f, head);
	assert_false(import_as(f, 2, "other", NULL));
	expect(f->error, "damaged, or of a newer version");
	assert_false(
	    try_to_open(f->scene.actors[2].folder, &f->machine, f->error));
	head[16]--;
	write_head(f, head);
	assert_true(import_as(f, 2, "other", NULL));
}

/* ---------------------------------------------------------- writing backups */

static void
expect_no_backup(struct fixture *f, const char *part)
{
	struct raft_rescue_backup backup;

	assert_false(raft_rescue_export(f->folder, f->backup, &backup, f->error,
					sizeof(f->error)));
	expect(f->error, part);
}

static void
the_newest_that_is_sound_is_exported(void **state)
{
	struct fixture *f = *state;
	char path[PATH_MAX];

	name_snapshot(f, true, path);
	flip(path, 100);
	assert_int_equal(export_it(f).snapshot.index, 14);
	expect_no_backup(f, "is there already");
	shell("rm %s", f->backup);
	name_snapshot(f, false, path);
	flip(path, 100);
	expect_no_backup(f, "none of its snapshots is as it was written");
	shell("rm %s/snapshots/0*", f->folder);
	expect_no_backup(f, "it has no snapshot yet");
	shell("rm %s/server.conf", f->folder);
	expect_no_backup(f, "no server.conf");
	assert_int_equal(access(f->backup, F_OK), -1);
}

/* A disk that is full, about. */
static void
what_cannot_be_written_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct rlimit before, after;
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%s/backups", f->scene.root);
	assert_int_equal(mkdir(folder, 0700), 0);
	snprintf(f->backup, sizeof(f->backup), "%.2000s/one", folder);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	for (rlim_t room = 0; room < 300; room += 100) {
		after = before;
		after.rlim_cur = room;
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &after), 0);
		expect_no_backup(f, "too large");
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
		shell("[ -z \"$(ls %s)\" ]", folder);
	}
	snprintf(f->backup, sizeof(f->backup), "%.2000s/none/one", folder);
	expect_no_backup(f, "No such file");
}

/* In another process, as an operator does: so often at least, and until `enough`
 * is closed. */
static pid_t
export_on_and_on(struct fixture *f, int times, const int enough[2])
{
	struct raft_rescue_backup backup;
	struct pollfd end = { .fd = enough[0], .events = POLLIN };
	pid_t pid = fork();
	char file[PATH_MAX];

	if (pid != 0)
		return pid;
	close(enough[1]);
	for (int i = 0; i < times || poll(&end, 1, 0) == 0; i++) {
		snprintf(file, sizeof(file), "%.2000s.%d", f->backup, i);
		if (!raft_rescue_export(f->folder, file, &backup, f->error,
					sizeof(f->error)) ||
		    !raft_rescue_check(file, &backup, f->error,
				       sizeof(f->error))) {
			fprintf(stderr, "%s\n", f->error);
			_exit(1);
		}
		unlink(file);
	}
	_exit(0);
}

/* It deletes those that were read a moment ago. */
static void
a_server_that_runs_and_takes_snapshots_is_backed_up(void **state)
{
	struct fixture *f = *state;
	int enough[2], status;
	pid_t pid;

	f->scene.actors[1].machine.ballast = 100000;
	start(&f->scene, 1);
	assert_int_equal(pipe(enough), 0);
	pid = export_on_and_on(f, 40, enough);
	close(enough[0]);
	for (int taken = 0; waitpid(pid, &status, WNOHANG) == 0; taken++) {
		if (taken == 4)
			close(enough[1]);
		add_many(&f->scene, 1, 1);
		take_snapshot(&f->scene, 1);
	}
	assert_int_equal(status, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_in_a_folder_is_shown),
		TEST(looking_changes_nothing),
		TEST(verify_says_what_a_start_says),
		TEST(damage_anywhere_is_seen_as_a_start_sees_it),
		TEST(entries_are_told_one_a_line),
		TEST(a_server_that_runs_is_left_alone),
		TEST(a_backup_is_restored_with_its_sessions),
		TEST(whatever_its_name_a_cluster_has_a_life_of_its_own),
		TEST(what_makes_no_server_is_not_imported),
		TEST(a_backup_that_is_not_as_it_was_written_is_refused),
		TEST(a_backup_of_a_newer_version_is_refused),
		TEST(the_newest_that_is_sound_is_exported),
		TEST(what_cannot_be_written_leaves_nothing),
		TEST(a_server_that_runs_and_takes_snapshots_is_backed_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
