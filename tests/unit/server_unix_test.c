/*
 * Servers of one machine that meet over Unix sockets.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <sys/un.h>

#include "assists/server/address.h"
#include "tests/unit/server_scene.h"

static void
three_over_unix(struct scene *scene)
{
	scene_open(scene);
	scene_use_unix(scene);
	make_first(scene, 3);
	for (uint64_t id = 1; id <= 3; id++)
		start(scene, id);
}

static void
servers_meet_at_unix_sockets(void **state)
{
	struct raft_server_member member;
	struct scene scene;
	uint64_t follower;

	(void)state;
	three_over_unix(&scene);
	for (uint64_t id = 1; id <= 3; id++)
		assert_int_equal(add(&scene, id, "1").result, RAFT_SERVER_OK);
	follower = await_follower(&scene);
	assert_true(
	    raft_server_member(scene.actors[follower].server, 0, &member));
	assert_string_equal(member.address, scene.actors[1].address);
	assert_string_equal(member.note, "note 1");
	/* One that was killed has left its socket behind; another joins. */
	cut_off(&scene, follower);
	assert_string_equal(add(&scene, await_leader(&scene), "1").answer, "4");
	start(&scene, follower);
	assert_true(run_until(&scene.loop, agree(&scene, 4), PATIENCE_MS));
	make_joining(&scene, 4, follower, false);
	start(&scene, 4);
	assert_true(run_until(&scene.loop,
			      leader(&scene) != 0 &&
				  role_of(&scene, leader(&scene), 4) ==
				      RAFT_MEMBER_VOTER,
			      PATIENCE_MS));
	assert_string_equal(add(&scene, 4, "1").answer, "5");
	scene_close(&scene);
}

static void
a_killed_servers_socket_is_no_obstacle(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct scene scene;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	scene_open(&scene);
	scene_use_unix(&scene);
	make_server(&scene, 1, (struct raft_server_create){ 0 });
	strlcpy(address.sun_path, scene.actors[1].address + 5,
		sizeof(address.sun_path));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	close(fd);
	start(&scene, 1);
	assert_string_equal(add(&scene, 1, "1").answer, "1");
	scene_close(&scene);
}

static void
one_moves_from_tcp_to_a_unix_socket(void **state)
{
	char command[2 * PATH_MAX], address[64], folder[] = "/tmp/moved.XXXXXX";
	struct scene scene;
	struct wish wish;
	uint64_t moves;

	(void)state;
	three(&scene);
	add(&scene, 1, "1");
	moves = await_follower(&scene);
	stop(&scene, moves);
	assert_non_null(mkdtemp(folder));
	snprintf(address, sizeof(address), "unix:%s/socket", folder);
	snprintf(command, sizeof(command),
		 "sed -i 's|^address .*|address %s|' %s/server.conf", address,
		 scene.actors[moves].folder);
	assert_int_equal(system(command), 0);
	wish = change(&scene, await_follower(&scene),
		      (struct raft_server_change){ .kind = RAFT_SERVER_MOVE,
						   .identity.id = moves,
						   .address = address });
	assert_int_equal(wish.result, RAFT_SERVER_OK);
	start(&scene, moves);
	assert_int_equal(look(&scene, moves).result, RAFT_SERVER_OK);
	assert_int_equal(scene.actors[moves].machine.sum, 1);
	scene_close(&scene);
	assert_int_equal(rmdir(folder), 0);
}

static void
an_address_is_a_path_or_host_and_port(void **state)
{
	struct address address;
	char large[300] = "unix:/";

	(void)state;
	assert_true(raft__address_parse("unix:/a/b note", &address));
	assert_string_equal(address.host, "unix:/a/b");
	assert_int_equal(address.port, 0);
	assert_true(raft__address_parse("unix:7", &address));
	assert_string_equal(address.host, "unix");
	assert_int_equal(address.port, 7);
	assert_false(raft__address_parse("unix:/", &address));
	assert_false(raft__address_parse("unix:a", &address));
	assert_false(raft__address_parse("unix:", &address));
	memset(large + 6, 'x', 107 - 1);
	assert_true(raft__address_parse(large, &address));
	memset(large + 6, 'x', 107);
	assert_false(raft__address_parse(large, &address));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(servers_meet_at_unix_sockets),
		cmocka_unit_test(a_killed_servers_socket_is_no_obstacle),
		cmocka_unit_test(one_moves_from_tcp_to_a_unix_socket),
		cmocka_unit_test(an_address_is_a_path_or_host_and_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
