/*
 * The verb by which a program makes a server's folder.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/server_scene.h"

#include "assists/server/conf.h"

#define WORDS_MAX 20

/* `make`, then the folder of server 1 and these words. Returns the exit status. */
static int
run_make(const struct scene *scene, const char *const *words)
{
	char *argv[WORDS_MAX] = { NULL };
	int argc = 0, status;

	argv[argc++] = strdup("make");
	argv[argc++] = strdup(scene->actors[1].folder);
	while (*words != NULL)
		argv[argc++] = strdup(*words++);
	status = raft_server_make(argc, argv);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	return status;
}

#define MAKE(scene, ...)                                                       \
	run_make(scene, (const char *const[]){ __VA_ARGS__, NULL })

static struct conf
read_conf(const struct scene *scene)
{
	char path[PATH_MAX + 32], error[256];
	struct conf conf;

	snprintf(path, sizeof(path), "%s/server.conf", scene->actors[1].folder);
	if (!raft__conf_read(path, &conf,
			     &(struct complaint){ error, sizeof(error) }))
		fail_msg("%s", error);
	return conf;
}

static void
one_by_itself_is_made(void **state)
{
	struct scene scene;
	struct conf conf;

	(void)state;
	scene_open(&scene);
	assert_int_equal(MAKE(&scene, "--id", "7", "--cluster", "scene",
			      "--address", "a:1", "--note", "b:2", "--listen",
			      "c:3"),
			 0);
	conf = read_conf(&scene);
	assert_int_equal(conf.id, 7);
	assert_string_equal(conf.cluster, "scene");
	assert_string_equal(conf.address, "a:1 b:2");
	assert_string_equal(conf.listen, "c:3");
	/* Only once. */
	assert_int_equal(
	    MAKE(&scene, "--id", "7", "--cluster", "scene", "--address", "a:1"),
	    1);
	scene_close(&scene);
}

static void
one_of_several_is_made_by_the_same_list(void **state)
{
	struct scene scene;
	struct conf conf;

	(void)state;
	scene_open(&scene);
	assert_int_equal(MAKE(&scene, "--id", "2", "--cluster", "scene",
			      "--first", "1=a:1,2=b:2", "--election-timeout",
			      "300"),
			 0);
	conf = read_conf(&scene);
	assert_string_equal(conf.address, "b:2");
	assert_int_equal(
	    conf.incarnation,
	    raft__conf_first_incarnation(
		&(struct first){ "scene", "1=a:1,2=b:2", 300000 }, 2));
	scene_close(&scene);
}

static void
those_who_join_may_have_no_vote(void **state)
{
	struct scene scene;
	struct conf conf;

	(void)state;
	scene_open(&scene);
	assert_int_equal(MAKE(&scene, "--id", "2", "--cluster", "scene",
			      "--address", "b:2", "--join", "1=a:1",
			      "--learner"),
			 0);
	conf = read_conf(&scene);
	assert_string_equal(conf.join, "1=a:1");
	assert_int_equal(conf.learns, 1);
	scene_close(&scene);
	scene_open(&scene);
	assert_int_equal(MAKE(&scene, "--id", "2", "--cluster", "scene",
			      "--address", "b:2", "--join", "1=a:1",
			      "--stands-in", "9"),
			 0);
	assert_int_equal(read_conf(&scene).stands_in_seconds, 9);
	scene_close(&scene);
}

static void
the_files_for_tls_are_found_from_anywhere(void **state)
{
	char root[PATH_MAX], path[2 * PATH_MAX];
	struct scene scene;
	struct conf conf;
	FILE *list;

	(void)state;
	scene_open(&scene);
	assert_non_null(realpath(scene.root, root));
	assert_int_equal(MAKE(&scene, "--id", "2", "--cluster", "scene",
			      "--address", "b:2", "--tls", "/is not there"),
			 1);
	assert_int_equal(chdir(root), 0);
	assert_int_equal(MAKE(&scene, "--id", "2", "--cluster", "scene",
			      "--address", "b:2", "--tls", "."),
			 0);
	conf = read_conf(&scene);
	snprintf(path, sizeof(path), "%s/node-2.pem", root);
	assert_string_equal(conf.tls_certificate, path);
	snprintf(path, sizeof(path), "%s/node-2.key", root);
	assert_string_equal(conf.tls_key, path);
	snprintf(path, sizeof(path), "%s/ca.pem", root);
	assert_string_equal(conf.tls_authorities, path);
	assert_string_equal(conf.tls_revocations, "");
	snprintf(path, sizeof(path), "rm -r %s", scene.actors[1].folder);
	assert_int_equal(system(path), 0);
	snprintf(path, sizeof(path), "%s/crl.pem", root);
	list = fopen(path, "w");
	assert_non_null(list);
	fclose(list);
	assert_int_equal(MAKE(&scene, "--id", "2", "--cluster", "scene",
			      "--address", "b:2", "--tls", "."),
			 0);
	assert_string_equal(read_conf(&scene).tls_revocations, path);
	assert_int_equal(chdir("/"), 0);
	scene_close(&scene);
}

static void
what_is_no_command_line_is_refused(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	assert_int_equal(MAKE(&scene, "--id"), 2);
	assert_int_equal(MAKE(&scene, "--id", "x"), 2);
	assert_int_equal(MAKE(&scene, "--id", "0"), 2);
	assert_int_equal(MAKE(&scene, "--election-timeout", "-1"), 2);
	assert_int_equal(MAKE(&scene, "--stands-in", "1h"), 2);
	assert_int_equal(MAKE(&scene, "--colour", "red"), 2);
	assert_int_equal(MAKE(&scene, "another folder", "--id", "1"), 2);
	assert_int_equal(raft_server_make(1, (char *[]){ "make", NULL }), 2);
	/* The kit says what is missing. */
	assert_int_equal(MAKE(&scene, "--id", "1", "--cluster", "scene"), 1);
	assert_int_equal(MAKE(&scene, "--help"), 0);
	assert_int_not_equal(access(scene.actors[1].folder, F_OK), 0);
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_by_itself_is_made),
		cmocka_unit_test(one_of_several_is_made_by_the_same_list),
		cmocka_unit_test(those_who_join_may_have_no_vote),
		cmocka_unit_test(the_files_for_tls_are_found_from_anywhere),
		cmocka_unit_test(what_is_no_command_line_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
