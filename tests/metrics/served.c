/*
 * Four servers that speak TLS live through a load, elections, snapshots and a
 * removal; what they serve then, over HTTP, is written into files.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *	served PAPERS FOLDER
 *
 * with the certificates of `outrigger-certs` for servers 1 to 4 of the cluster "scene"
 * in PAPERS: FOLDER/leader, FOLDER/follower and FOLDER/removed.
 */
#include "tests/unit/metrics_scene.h"

#define SERVERS 4
#define COMMANDS 500

static const char *papers, *folder;
static struct scene scene;
static uint16_t ports[SERVERS + 1];

static void
make_secure(uint64_t id)
{
	char files[4][PATH_MAX];

	snprintf(files[0], PATH_MAX, "%s/node-%" PRIu64 ".pem", papers, id);
	snprintf(files[1], PATH_MAX, "%s/node-%" PRIu64 ".key", papers, id);
	snprintf(files[2], PATH_MAX, "%s/ca.pem", papers);
	snprintf(files[3], PATH_MAX, "%s/crl.pem", papers);
	make_server(&scene, id,
		    (struct raft_server_create){
			.first = scene.first,
			.tls = { files[0], files[1], files[2], files[3] } });
}

/* As if an operator had written it. */
static void
write_line(uint64_t id)
{
	char conf[PATH_MAX + 16];
	FILE *file;

	ports[id] = free_port();
	snprintf(conf, sizeof(conf), "%s/server.conf",
		 scene.actors[id].folder);
	file = fopen(conf, "a");
	assert_non_null(file);
	fprintf(file, "metrics 127.0.0.1:%u\n", ports[id]);
	assert_int_equal(fclose(file), 0);
}

static void
start_serving(uint64_t id)
{
	char error[RAFT_SERVER_ERROR_BYTES];

	start(&scene, id);
	if (!raft_metrics_open(scene.actors[id].server, NULL, error,
			       sizeof(error)))
		fail_msg("%s", error);
}

static void
begin(void)
{
	scene_open(&scene);
	scene.options.snapshot_tail_entries = 10;
	for (uint64_t id = 1; id <= SERVERS; id++) {
		size_t used = strlen(scene.first);

		snprintf(scene.first + used, sizeof(scene.first) - used,
			 "%s%" PRIu64 "=%s", id > 1 ? "," : "", id,
			 scene.actors[id].address);
	}
	for (uint64_t id = 1; id <= SERVERS; id++) {
		make_secure(id);
		write_line(id);
		start_serving(id);
	}
	await_leader(&scene);
}

/* In turn by all, eight at a time. */
static void
load(void)
{
	static struct wish wishes[8];

	for (size_t i = 0; i < COMMANDS; i += 8) {
		for (size_t at = 0; at < 8; at++)
			propose(&scene, 1 + at % 3, "1", 0, 0, &wishes[at]);
		for (size_t at = 0; at < 8; at++)
			assert_int_equal(
			    wait_for(&scene, &wishes[at]).result,
			    RAFT_SERVER_OK);
	}
	for (uint64_t id = 1; id <= 3; id++)
		assert_int_equal(look(&scene, id).result, RAFT_SERVER_OK);
}

static void
take_snapshots(void)
{
	for (uint64_t id = 1; id <= 3; id++) {
		raft_server_snapshot(scene.actors[id].server);
		assert_true(run_until(&scene.loop,
				      status_of(&scene, id).snapshot.index > 0,
				      PATIENCE_MS));
	}
}

/* One that leads goes away, one after it is asked to hand over. */
static void
elect(void)
{
	uint64_t first = await_leader(&scene), second;

	cut_off(&scene, first);
	second = await_leader(&scene);
	add(&scene, second, "1");
	start_serving(first);
	assert_int_equal(
	    change(&scene, second,
		   (struct raft_server_change){ .kind = RAFT_SERVER_TRANSFER,
						.identity.id = first })
		.result,
	    RAFT_SERVER_OK);
	await_leader(&scene);
}

/* Whoever leads lets the fourth go, which lives on. */
static void
remove_one(void)
{
	if (await_leader(&scene) == SERVERS)
		assert_int_equal(
		    change(&scene, SERVERS,
			   (struct raft_server_change){
			       .kind = RAFT_SERVER_TRANSFER, .identity.id = 1 })
			.result,
		    RAFT_SERVER_OK);
	assert_int_equal(
	    change(&scene, 1,
		   (struct raft_server_change){ .kind = RAFT_SERVER_REMOVE,
						.identity.id = SERVERS })
		.result,
	    RAFT_SERVER_OK);
}

static void
keep(uint64_t id, const char *name)
{
	char path[PATH_MAX];
	struct fetch got;
	FILE *file;

	fetch(&scene, &got, ports[id], GET_METRICS);
	assert_int_equal(got.status, 200);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(body(&got), file);
	assert_int_equal(fclose(file), 0);
	fetch_end(&got);
}

static bool
all_are_heard(uint64_t id)
{
	struct raft_server_member member;

	for (size_t i = 0;
	     raft_server_member(scene.actors[id].server, i, &member); i++)
		if (!member.lag_is_known)
			return false;
	return true;
}

static void
what_is_served_is_kept(void **state)
{
	uint64_t leads;

	(void)state;
	begin();
	load();
	take_snapshots();
	elect();
	load();
	remove_one();
	leads = 0;
	assert_true(run_until(
	    &scene.loop,
	    (role_of(&scene, 1, SERVERS) == RAFT_MEMBER_NONE &&
	     (leads = status_of(&scene, 1).raft.leader) != 0 &&
	     leads != SERVERS && all_are_heard(leads)),
	    PATIENCE_MS));
	add(&scene, leads, "1");
	keep(leads, "leader");
	keep(leads % 3 + 1, "follower");
	keep(SERVERS, "removed");
	scene_close(&scene);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_served_is_kept),
	};

	if (argc != 3)
		return 2;
	papers = argv[1];
	folder = argv[2];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
