/*
 * What an option is when nobody says, when the program does, and when server.conf does,
 * which whoever runs the server has the last word in.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/server_scene.h"

#include "assists/server/inside.h"

/* As a server has them that is opened so, with these lines more in its server.conf. */
static struct raft_server_options
options_of(const struct raft_server_options *options, const char *lines)
{
	char error[RAFT_SERVER_ERROR_BYTES], path[PATH_MAX + 16];
	struct raft_server_options own;
	struct raft_server *server;
	struct machine machine;
	struct scene scene;
	FILE *file;

	scene_open(&scene);
	make_first(&scene, 1);
	snprintf(path, sizeof(path), "%s/server.conf", scene.actors[1].folder);
	file = fopen(path, "a");
	assert_non_null(file);
	fputs(lines, file);
	assert_int_equal(fclose(file), 0);
	server =
	    raft_server_open(scene.actors[1].folder, options, &scene_machine,
			     &machine, error, sizeof(error));
	if (server == NULL)
		fail_msg("%s", error);
	own = server->options;
	raft_server_close(server, NULL, NULL);
	scene_close(&scene);
	return own;
}

static void
what_nobody_says_has_a_default(void **state)
{
	struct raft_server_options own = options_of(NULL, "");

	(void)state;
	assert_int_equal(own.asks_max, 4096);
	assert_int_equal(own.calls_max, 1024);
	assert_int_equal(own.command_bytes_max, 1048576);
	assert_int_equal(own.answer_bytes_max, 1024);
	assert_int_equal(own.sessions_max, 1024);
	assert_int_equal(own.snapshot_log_bytes, 67108864);
	assert_int_equal(own.snapshot_seconds, 0);
	assert_int_equal(own.snapshot_tail_entries, 1000);
	assert_int_equal(own.room_bytes, 0);
	assert_int_equal(own.scrub_bytes, 1048576);
}

static const struct raft_server_options said = {
	.is_quiet = true,
	.asks_max = 1,
	.calls_max = 2,
	.command_bytes_max = 3,
	.answer_bytes_max = 4,
	.sessions_max = 5,
	.snapshot_log_bytes = 6,
	.snapshot_seconds = 7,
	.snapshot_tail_entries = 8,
	.room_bytes = 9,
	.scrub_bytes = 10,
};

static void
what_the_program_says_is_so(void **state)
{
	struct raft_server_options own = options_of(&said, "");

	(void)state;
	assert_int_equal(own.asks_max, 1);
	assert_int_equal(own.calls_max, 2);
	assert_int_equal(own.command_bytes_max, 3);
	assert_int_equal(own.answer_bytes_max, 4);
	assert_int_equal(own.sessions_max, 5);
	assert_int_equal(own.snapshot_log_bytes, 6);
	assert_int_equal(own.snapshot_seconds, 7);
	assert_int_equal(own.snapshot_tail_entries, 8);
	assert_int_equal(own.room_bytes, 9);
	assert_int_equal(own.scrub_bytes, 10);
}

static void
what_the_folder_says_is_so(void **state)
{
	struct raft_server_options own =
	    options_of(&said, "snapshot-bytes 11\nsnapshot-seconds 12\n"
			      "snapshot-tail 13\nroom-bytes 14\n"
			      "scrub-bytes 15\n");

	(void)state;
	assert_int_equal(own.snapshot_log_bytes, 11);
	assert_int_equal(own.snapshot_seconds, 12);
	assert_int_equal(own.snapshot_tail_entries, 13);
	assert_int_equal(own.room_bytes, 14);
	assert_int_equal(own.scrub_bytes, 15);
	assert_int_equal(own.sessions_max, 5);
	/* Nothing is checked, and not as much as by default. */
	own = options_of(&said, "scrub-bytes 0\n");
	assert_int_equal(own.scrub_bytes, RAFT_SERVER_NO_SCRUB);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nobody_says_has_a_default),
		cmocka_unit_test(what_the_program_says_is_so),
		cmocka_unit_test(what_the_folder_says_is_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
