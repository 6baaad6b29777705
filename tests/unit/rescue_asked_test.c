/*
 * What is done is what was asked: what speaks against a recovery is told before it is
 * done, and what was cut short is not finished for whoever asks for something else.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/rescue_scene.h"

/** A folder that is to be synced, and whether it was. */
static ino_t awaited;
static bool was_synced;

int
fsync(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	was_synced |= status.st_ino == awaited;
	return 0;
}

static void
refuse(const char *folder, const char *part)
{
	struct asked asked = { .agrees = true };

	if (recover_as(folder, (struct raft_rescue_recovery){ 0 }, &asked))
		fail_msg("recovered, without '%s': %s", part, asked.text);
	expect(asked.error, part);
	assert_int_equal(asked.times, 0);
}

/* ------------------------------------------------------------ what is told */

/* Its folder was kept, and the cluster went on without it. */
static void
who_was_removed_is_refused_unless_it_is_said(void **state)
{
	struct asked asked = { .agrees = true };
	const char *folder;
	struct scene scene;
	struct wish wish;
	uint64_t who;

	(void)state;
	three(&scene);
	who = await_leader(&scene);
	wish = change(&scene, who,
		      (struct raft_server_change){ .kind = RAFT_SERVER_REMOVE,
						   .identity.id = who });
	assert_int_equal(wish.result, RAFT_SERVER_OK);
	for (uint64_t id = 1; id <= 3; id++)
		cut_off(&scene, id);
	folder = scene.actors[who].folder;
	refuse(folder,
	       "is no member by its own newest configuration, of entry ");
	if (!recover_as(
		folder,
		(struct raft_rescue_recovery){ .even_if_removed = true },
		&asked))
		fail_msg("%s", asked.error);
	expect(asked.text, "It was REMOVED: it is no member by its own newest");
	assert_memory_equal(asked.name, "scene~", 6);
	start(&scene, who);
	assert_true(run_until(&scene.loop,
			      status_of(&scene, who).raft.leader == who,
			      PATIENCE_MS));
	assert_string_equal(status_of(&scene, who).cluster, asked.name);
	scene_close(&scene);
}

static void
who_has_no_vote_is_told_so(void **state)
{
	struct asked asked = { .agrees = false };
	struct scene scene;

	(void)state;
	scene_open(&scene);
	make_server(&scene, 1, (struct raft_server_create){ 0 });
	start(&scene, 1);
	await_leader(&scene);
	make_joining(&scene, 2, 1, true);
	start(&scene, 2);
	add(&scene, 1, "1");
	assert_true(run_until(&scene.loop,
			      role_of(&scene, 1, 2) == RAFT_MEMBER_NON_VOTING &&
				  agree(&scene, 1),
			      PATIENCE_MS));
	cut_off(&scene, 1);
	cut_off(&scene, 2);
	assert_false(recover_as(scene.actors[2].folder,
				(struct raft_rescue_recovery){ 0 }, &asked));
	expect(asked.text, "It has NO VOTE by its own newest configuration");
	scene_close(&scene);
}

static void
what_nobody_compared_and_how_old_it_is_is_told(void **state)
{
	static const char none[] = "It was compared with NO OTHER server";
	struct asked asked = { .agrees = false };
	struct scene scene;
	const char *other;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 3);
	other = scene.actors[2].folder;
	shell("touch -d 2001-02-03T04:05:06Z %s/log/log*",
	      scene.actors[1].folder);
	assert_false(recover_as(scene.actors[1].folder,
				(struct raft_rescue_recovery){ 0 }, &asked));
	expect(asked.text, none);
	expect(asked.text, "was written to last at 2001-02-03 04:05:06 UTC");
	assert_null(strstr(asked.text, "NO VOTE"));
	assert_false(recover_as(
	    scene.actors[1].folder,
	    (struct raft_rescue_recovery){ .others = &other, .other_count = 1 },
	    &asked));
	assert_int_equal(asked.times, 2);
	assert_null(strstr(asked.text, none));
	scene_close(&scene);
}

/* ----------------------------------------------- what an earlier call has left */

/** A backup, and another one that is newer; and what is imported of them. */
struct backups {
	struct scene scene;
	char files[2][PATH_MAX];
	char error[RAFT_SERVER_ERROR_BYTES];
};

static void
back_up(struct backups *b)
{
	struct raft_rescue_backup backup;
	struct scene *scene = &b->scene;

	scene_open(scene);
	make_server(scene, 1, (struct raft_server_create){ 0 });
	for (int i = 0; i < 2; i++) {
		start(scene, 1);
		add(scene, 1, "1");
		take_snapshot(scene, 1);
		stop(scene, 1);
		snprintf(b->files[i], PATH_MAX, "%s/backup.%d", scene->root, i);
		assert_true(raft_rescue_export(scene->actors[1].folder,
					       b->files[i], &backup, b->error,
					       sizeof(b->error)));
	}
}

static bool
import(struct backups *b, int file, uint64_t id, const char *name,
       char cluster[RAFT_RESCUE_CLUSTER_BYTES])
{
	struct raft_server_create create = {
		.id = id,
		.cluster = name,
		.address = b->scene.actors[2].address,
	};

	b->error[0] = '\0';
	return raft_rescue_import(b->files[file], b->scene.actors[2].folder,
				  &create, cluster, b->error, sizeof(b->error));
}

static const char *const parts[] = { "log", "snapshots", "server.conf" };

/* As if a process had been killed after so many of the parts were moved, out of the way
 * to `before`, which NULL is of an import, and into their places. */
static void
move_back(const char *folder, const char *before, int moved)
{
	shell("mkdir %s/anew", folder);
	for (int i = moved; i < 3; i++) {
		shell("mv %s/%s %s/anew", folder, parts[i], folder);
		if (before != NULL)
			shell("mv %s/before-%s/%s %s", folder, before, parts[i],
			      folder);
	}
	if (before != NULL && moved == 0)
		shell("rmdir %s/before-%s", folder, before);
}

static void
an_import_goes_on_with_what_is_asked_alone(void **state)
{
	char made[RAFT_RESCUE_CLUSTER_BYTES], again[RAFT_RESCUE_CLUSTER_BYTES];
	const char *folder;
	struct backups b;

	(void)state;
	back_up(&b);
	folder = b.scene.actors[2].folder;
	assert_true(import(&b, 0, 2, "other", made));
	for (int moved = 0; moved <= 3; moved++) {
		move_back(folder, NULL, moved);
		assert_false(import(&b, 0, 3, "other", again));
		expect(b.error,
		       "making something else of it than is asked now: "
		       "import, server 2 of cluster other~");
		assert_false(import(&b, 0, 2, "scene", again));
		expect(b.error, made);
		assert_false(import(&b, 1, 2, "other", again));
		expect(b.error, "with the snapshot of entry 3. Say that again");
		refuse(folder, "import, server 2 of cluster other~");
		if (!import(&b, 0, 2, "other", again))
			fail_msg("%d parts moved: %s", moved, b.error);
		assert_string_equal(made, again);
	}
	scene_close(&b.scene);
}

static void
a_recovery_goes_on_with_what_is_asked_alone(void **state)
{
	struct asked asked = { .agrees = true }, again = { .agrees = false };
	const char *folder;
	struct backups b;

	(void)state;
	back_up(&b);
	folder = b.scene.actors[2].folder;
	shell("rm -r %s", b.scene.actors[1].folder);
	make_first(&b.scene, 3);
	assert_true(
	    recover_as(folder, (struct raft_rescue_recovery){ 0 }, &asked));
	for (int moved = 0; moved <= 3; moved++) {
		move_back(folder, asked.name + strlen("scene~"), moved);
		assert_false(import(&b, 0, 2, "scene", NULL));
		expect(b.error, "recover, server 2 of cluster scene~");
		assert_false(recover_as(
		    folder, (struct raft_rescue_recovery){ .cluster = "blue" },
		    &again));
		expect(again.error, asked.name);
		if (!recover_as(folder,
				(struct raft_rescue_recovery){
				    .cluster = moved > 1 ? "scene" : NULL },
				&again))
			fail_msg("%d parts moved: %s", moved, again.error);
		assert_string_equal(asked.name, again.name);
	}
	assert_int_equal(again.times, 0);
	scene_close(&b.scene);
}

/* ------------------------------------------------------------------ the folder */

/* A part may be a link to a disk that is faster: what is moved would not be on it. */
static void
a_part_that_cannot_be_moved_is_found_before_the_question(void **state)
{
	struct asked asked = { .agrees = true };
	const char *folder;
	struct scene scene;
	char *before, *after;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 3);
	folder = scene.actors[1].folder;
	for (size_t i = 0; i < 3; i++) {
		shell("mv %s/%s %s/elsewhere && ln -s ../elsewhere %s/%s",
		      folder, parts[i], scene.root, folder, parts[i]);
		before = describe(folder);
		refuse(folder,
		       "is a symbolic link, and cannot be replaced: copy "
		       "it into the folder first");
		after = describe(folder);
		assert_string_equal(before, after);
		free(before);
		free(after);
		shell("rm %s/%s && mv %s/elsewhere %s/%s", folder, parts[i],
		      scene.root, folder, parts[i]);
	}
	assert_true(
	    recover_as(folder, (struct raft_rescue_recovery){ 0 }, &asked));
	scene_close(&scene);
}

static void
the_name_of_a_new_folder_is_durable(void **state)
{
	struct stat status;
	struct backups b;

	(void)state;
	back_up(&b);
	assert_int_equal(stat(b.scene.root, &status), 0);
	awaited = status.st_ino;
	was_synced = false;
	assert_true(import(&b, 0, 2, "other", NULL));
	assert_true(was_synced);
	scene_close(&b.scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_was_removed_is_refused_unless_it_is_said),
		cmocka_unit_test(who_has_no_vote_is_told_so),
		cmocka_unit_test(
		    what_nobody_compared_and_how_old_it_is_is_told),
		cmocka_unit_test(an_import_goes_on_with_what_is_asked_alone),
		cmocka_unit_test(a_recovery_goes_on_with_what_is_asked_alone),
		cmocka_unit_test(
		    a_part_that_cannot_be_moved_is_found_before_the_question),
		cmocka_unit_test(the_name_of_a_new_folder_is_durable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
