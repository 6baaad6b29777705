/*
 * A server of the kit, and one that is made of a backup, on a disk that refuses: each
 * call in turn fails (fault.h). Who is not told so was answered for what is there; who
 * is told has a sentence, and what was refused can be done once the disk can.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * RAFT_ERRORS_EVERY (41): so many calls, or bits, further each time.
 */
#include "tests/crash/disk.h"
#include "tests/crash/fault.h"
#include "tests/unit/rescue_scene.h"

/** The loop's own; a server alone leads as soon as it may. */
#define TIMEOUT_ALONE_US 2000
#define COMMANDS 4

static enum fault_kind kind;
static struct scene scene;
static char error[RAFT_SERVER_ERROR_BYTES];
static uint64_t lives, told;

static void
accuse(const char *wrong)
{
	fail_msg("%s at %s: %s (it said: %s)", fault_name(kind), fault_place(),
		 wrong, error);
}

/* What is refused is refused for a reason. */
static bool
refused(void)
{
	if (!fault_has_come())
		accuse("refused without a fault");
	if (strstr(error, strerror(fault_errno(kind))) == NULL)
		accuse("the reason is not said");
	told++;
	return false;
}

static size_t
every(void)
{
	const char *given = getenv("RAFT_ERRORS_EVERY");

	return given != NULL ? strtoul(given, NULL, 10) : 41;
}

/* At every call of what `live` does. */
static void
all_in_turn(void (*live)(size_t at))
{
	static const enum fault_kind kinds[] = { FAULT_EIO, FAULT_EIO_ON,
						 FAULT_ENOSPC, FAULT_ENOSPC_ON,
						 FAULT_EMFILE };

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		uint64_t before = lives;

		kind = kinds[k];
		for (size_t at = k % every();; at += every()) {
			error[0] = '\0';
			live(at);
			if (!fault_has_come())
				break;
			lives++;
		}
		assert_true(lives > before);
		print_message("%s: at %" PRIu64 " calls\n", fault_name(kind),
			      lives - before);
	}
}

/* ------------------------------------------------------------ a server's life */

/** What one has answered. */
static struct {
	uint64_t done, open;
} answered;

static bool
has_stopped(void)
{
	return scene.actors[1].said[RAFT_SERVER_EVENT_STOPPED][0] != '\0';
}

static bool
create(void)
{
	return raft_server_create(scene.actors[1].folder,
				  &(struct raft_server_create){
				      .id = 1,
				      .cluster = "scene",
				      .address = scene.actors[1].address,
				      .election_timeout_us = TIMEOUT_ALONE_US,
				  },
				  error, sizeof(error));
}

static bool
open_it(void)
{
	struct actor *actor = &scene.actors[1];

	memset(actor->said, 0, sizeof(actor->said));
	actor->machine = (struct machine){ 0 };
	actor->server =
	    raft_server_open(actor->folder, &scene.options, &scene_machine,
			     &actor->machine, error, sizeof(error));
	return actor->server != NULL &&
	       raft_server_attach(actor->server, &scene.loop, error,
				  sizeof(error));
}

static bool
close_it(void)
{
	if (has_stopped())
		strlcpy(error, scene.actors[1].said[RAFT_SERVER_EVENT_STOPPED],
			sizeof(error));
	if (scene.actors[1].server != NULL)
		stop(&scene, 1);
	return !has_stopped();
}

static void
ask(void)
{
	struct wish wish;

	propose(&scene, 1, "1", 0, 0, &wish);
	assert_true(run_until(&scene.loop, wish.ended || has_stopped(),
			      PATIENCE_MS));
	/* One that was under way is told so when the server closes. */
	if (!wish.ended)
		close_it();
	assert_true(wish.ended);
	answered.done += wish.result == RAFT_SERVER_OK;
	answered.open += wish.result == RAFT_SERVER_UNKNOWN;
	if (wish.result != RAFT_SERVER_OK && !has_stopped())
		accuse("it does not do it, and has not stopped");
}

/* It is taken, or that is refused in a word. */
static void
ask_for_snapshot(void)
{
	size_t before = scene.actors[1].snapshots;

	if (scene.actors[1].server == NULL)
		return;
	raft_server_snapshot(scene.actors[1].server);
	assert_true(run_until(&scene.loop,
			      scene.actors[1].snapshots > before ||
				  has_stopped(),
			      PATIENCE_MS));
}

static bool
serve(void)
{
	if (!open_it())
		return false;
	for (int i = 0; i < COMMANDS && scene.actors[1].server != NULL; i++)
		ask();
	ask_for_snapshot();
	if (scene.actors[1].server != NULL)
		ask();
	return close_it();
}

/* Once the disk can: as docs/disks.md says. */
static void
judge_server(bool was_made)
{
	uint64_t sum;

	if (!was_made && access(scene.actors[1].folder, F_OK) == 0 &&
	    !open_it()) {
		close_it();
		shell("rm -r %s", scene.actors[1].folder);
		if (!create())
			accuse("it cannot be made once the disk can");
	}
	close_it();
	if (access(scene.actors[1].folder, F_OK) != 0 && !create())
		accuse("it cannot be made once the disk can");
	if (!open_it())
		accuse("it does not start once the disk can");
	assert_true(run_until(&scene.loop, leader(&scene) == 1, PATIENCE_MS));
	assert_int_equal(look(&scene, 1).result, RAFT_SERVER_OK);
	sum = scene.actors[1].machine.sum;
	if (sum < answered.done || sum > answered.done + answered.open)
		accuse("what was acknowledged is not there");
	if (add(&scene, 1, "1").result != RAFT_SERVER_OK)
		accuse("it takes nothing any more");
	close_it();
	shell("rm -r %s", scene.actors[1].folder);
}

static void
live(size_t at)
{
	bool was_made;

	answered.done = answered.open = 0;
	fault_begin(scene.actors[1].folder, kind, at);
	was_made = create();
	if (!was_made || !serve() || !serve()) {
		close_it();
		refused();
	}
	fault_end();
	error[0] = '\0';
	judge_server(was_made);
}

static void
a_server_on_a_disk_that_refuses_keeps_what_it_has_answered(void **state)
{
	(void)state;
	scene_open(&scene);
	scene.options.is_quiet = true;
	all_in_turn(live);
	scene_close(&scene);
}

/* It may have promised something by then. */
static void
one_whose_making_was_cut_short_is_kept_once_it_runs(void **state)
{
	struct disk_crash crash;
	struct disk *disk;
	char left[PATH_MAX];
	size_t last;

	(void)state;
	scene_open(&scene);
	kind = FAULT_EIO;
	fault_begin(scene.actors[1].folder, kind, SIZE_MAX);
	assert_true(create());
	last = fault_end() - 1;
	shell("rm -r %s", scene.actors[1].folder);
	disk = disk_record(scene.root);
	fault_begin(scene.actors[1].folder, kind, last);
	assert_false(create());
	fault_end();
	if (!open_it())
		fail_msg("%s", error);
	assert_true(run_until(&scene.loop, leader(&scene) == 1, PATIENCE_MS));
	close_it();
	disk_stop(disk);
	disk_crash_begin(&crash, disk, disk_calls(disk));
	snprintf(left, sizeof(left), "%s/left", scene.root);
	disk_crash_leave(&crash, left);
	disk_crash_end(&crash);
	disk_free(disk);
	strlcat(left, "/1/server.conf", sizeof(left));
	assert_int_equal(access(left, F_OK), 0);
	scene_close(&scene);
}

/* Its text has no checksum, for it is an operator's: but whose the folder is the log
 * knows, too. */
static void
a_wrong_bit_in_its_conf_makes_no_other_server_of_it(void **state)
{
	const char *folder = scene.actors[1].folder;
	char path[PATH_MAX + 16];
	size_t opened = 0, not_opened = 0;
	struct machine machine;
	struct stat status;

	(void)state;
	scene_open(&scene);
	assert_true(create());
	answered.done = answered.open = 0;
	assert_true(serve());
	snprintf(path, sizeof(path), "%s/server.conf", folder);
	assert_int_equal(stat(path, &status), 0);
	for (off_t bit = 0; bit < 8 * status.st_size;
	     bit += (off_t)every()) {
		uint8_t byte;
		int fd = open(path, O_RDWR | O_CLOEXEC);

		assert_int_equal(pread(fd, &byte, 1, bit / 8), 1);
		byte ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(pwrite(fd, &byte, 1, bit / 8), 1);
		if (try_to_open(folder, &machine, error)) {
			opened++;
			/* From its snapshot; it runs on no loop. */
			assert_int_equal(machine.sum, COMMANDS);
		} else {
			not_opened++;
			if (strstr(error, folder) == NULL)
				fail_msg("bit %zu: %s", (size_t)bit, error);
		}
		byte ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(pwrite(fd, &byte, 1, bit / 8), 1);
		close(fd);
	}
	print_message("%zu bits of server.conf: %zu times refused\n",
		      opened + not_opened, not_opened);
	assert_true(opened > 0 && not_opened > 0);
	scene_close(&scene);
}

/* ------------------------------------------------------------------ a backup */

static char backup[PATH_MAX];

static bool
import(void)
{
	return raft_rescue_import(backup, scene.actors[2].folder,
				  &(struct raft_server_create){
				      .id = 2,
				      .cluster = "scene",
				      .address = scene.actors[2].address,
				  },
				  NULL, error, sizeof(error));
}

/* Whoever is told that it is done has all of it. */
static void
restore(size_t at)
{
	const char *folder = scene.actors[2].folder;
	static struct said said;
	struct machine machine;
	bool done;

	fault_begin(folder, kind, at);
	done = import();
	fault_end();
	if (!done) {
		refused();
		/* What failed may be the last sync alone. */
		if (!try_to_open(folder, &machine, error) && !import())
			accuse("it cannot be said again once the disk can");
	}
	if (!verify(folder, &said))
		accuse(said.error);
	if (!try_to_open(folder, &machine, error) || machine.count != 20)
		accuse("it is not what the backup has");
	shell("rm -r %s", folder);
}

static void
who_is_told_that_a_backup_was_restored_has_all_of_it(void **state)
{
	struct raft_rescue_backup about;

	(void)state;
	scene_open(&scene);
	make_server(&scene, 1, (struct raft_server_create){ 0 });
	start(&scene, 1);
	for (int i = 0; i < 20; i++)
		assert_int_equal(add(&scene, 1, "1").result, RAFT_SERVER_OK);
	take_snapshot(&scene, 1);
	stop(&scene, 1);
	snprintf(backup, sizeof(backup), "%s/backup", scene.root);
	assert_true(raft_rescue_export(scene.actors[1].folder, backup, &about,
				       error, sizeof(error)));
	all_in_turn(restore);
	scene_close(&scene);
}

static int
count(void **state)
{
	(void)state;
	print_message("%" PRIu64 " lives, in each of which another call failed; "
		      "in %" PRIu64 " somebody had to be told\n",
		      lives, told);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_server_on_a_disk_that_refuses_keeps_what_it_has_answered),
		cmocka_unit_test(
		    one_whose_making_was_cut_short_is_kept_once_it_runs),
		cmocka_unit_test(
		    a_wrong_bit_in_its_conf_makes_no_other_server_of_it),
		cmocka_unit_test(
		    who_is_told_that_a_backup_was_restored_has_all_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, count);
}
