/*
 * The folder of a server: made once, durably; what is wrong with it is said with the
 * way out.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/server_scene.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "assists/server/conf.h"
#include "tests/unit/real_disk.h"

/* ------------------------------------------------------- what is durable */

#define SYNCED_MAX 64

/** Files and directories, in the order in which they were synced. */
static ino_t synced[SYNCED_MAX];
static size_t synced_count;
/** Syncs before the file server.conf got its name, and that file. */
static size_t synced_before_name;
static ino_t named;
/** Fails: the sync of that number from now on; -1: none. */
static int fails_at = -1;

int
fsync(int fd)
{
	struct stat status;

	if (fails_at == 0) {
		errno = EIO;
		return -1;
	}
	fails_at -= fails_at > 0;
	assert_int_equal(fstat(fd, &status), 0);
	synced[synced_count++ % SYNCED_MAX] = status.st_ino;
	return 0;
}

static ino_t
file_at(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		fail_msg("%s is not there", path);
	return status.st_ino;
}

int
rename(const char *from, const char *to)
{
	named = file_at(from);
	synced_before_name = synced_count;
	return real_renameat(AT_FDCWD, from, AT_FDCWD, to);
}

/* Between the syncs number `first` and `end`. */
static bool
was_synced(ino_t file, size_t first, size_t end)
{
	while (first < end)
		if (synced[first++ % SYNCED_MAX] == file)
			return true;
	return false;
}

static void
a_new_server_is_found_after_a_power_cut(void **state)
{
	static const char *const made[] = { "", "/1", "/1/server.conf" };
	char path[PATH_MAX + 32];
	struct scene scene;

	(void)state;
	scene_open(&scene);
	synced_count = 0;
	make_server(&scene, 1, (struct raft_server_create){ 0 });
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", scene.root, made[i]);
		if (!was_synced(file_at(path), 0, synced_count))
			fail_msg("%s was not synced", path);
	}
	/* Its bytes before its name, and then the name. */
	assert_int_equal(named, file_at(path));
	assert_true(was_synced(named, 0, synced_before_name));
	snprintf(path, sizeof(path), "%s/1", scene.root);
	assert_true(
	    was_synced(file_at(path), synced_before_name, synced_count));
	scene_close(&scene);
}

/* ---------------------------------------------------------- what is refused */

static bool
try_to_create(const char *folder, struct raft_server_create create,
	      char error[RAFT_SERVER_ERROR_BYTES])
{
	error[0] = '\0';
	return raft_server_create(folder, &create, error,
				  RAFT_SERVER_ERROR_BYTES);
}

static bool
try_to_open(const struct actor *actor, char error[RAFT_SERVER_ERROR_BYTES])
{
	struct machine machine = { 0 };
	struct raft_server *server;

	error[0] = '\0';
	server = raft_server_open(actor->folder, NULL, &scene_machine, &machine,
				  error, RAFT_SERVER_ERROR_BYTES);
	if (server == NULL)
		return false;
	raft_server_close(server, NULL, NULL);
	return true;
}

static void
expect_refusal(const char *error, const char *part)
{
	if (strstr(error, part) == NULL)
		fail_msg("'%s' does not say '%s'", error, part);
}

/** What no server is made with, and why. */
static const struct {
	struct raft_server_create create;
	const char *part;
} refused[] = {
	{ { .cluster = "c", .address = "a:1" }, "from 1 on" },
	{ { .id = 1, .address = "a:1" }, "cluster's name" },
	{ { .id = 1, .cluster = "", .address = "a:1" }, "cluster's name" },
	{ { .id = 1, .cluster = "a b", .address = "a:1" }, "cluster's name" },
	{ { .id = 1, .cluster = "c" }, "HOST:PORT" },
	{ { .id = 1, .cluster = "c", .address = "a" }, "HOST:PORT" },
	{ { .id = 1, .cluster = "c", .address = "a:0" }, "HOST:PORT" },
	{ { .id = 1, .cluster = "c", .address = "::1:7" }, "HOST:PORT" },
	{ { .id = 1, .cluster = "c", .address = "a:1", .note = "x\ny" },
	  "HOST:PORT" },
	{ { .id = 1, .cluster = "c", .address = "a:1", .listen = "b" },
	  "listen" },
	{ { .id = 1, .cluster = "c", .address = "a:1", .learns = true },
	  "only a server that joins" },
	{ { .id = 1,
	    .cluster = "c",
	    .address = "a:1",
	    .join = "2=a:2",
	    .first = "1=a:1" },
	  "not both" },
	{ { .id = 1, .cluster = "c", .address = "a:1", .join = "1=a:1" },
	  "one other server" },
	{ { .id = 1, .cluster = "c", .address = "a:1", .join = "a:1" },
	  "ID=HOST:PORT" },
	{ { .id = 1, .cluster = "c", .first = "2=a:1" },
	  "this server's ID is not in it" },
	{ { .id = 1, .cluster = "c", .first = "1=a:1,1=a:2" }, "same ID" },
	{ { .id = 1, .cluster = "c", .first = "1=a:1," }, "ends with a comma" },
	{ { .id = 1, .cluster = "c", .first = "1=a:1,x=a:2" },
	  "number from 1 on" },
	{ { .id = 1, .cluster = "c", .first = "1=a:1,2=a" },
	  "after ID= comes HOST:PORT" },
	{ { .id = 1,
	    .cluster = "c",
	    .first = "1=a:1,123456789012345678901234=a:2" },
	  "it is too long" },
	{ { .id = 1, .cluster = "c", .address = "a:1", .join = "2=a:2\n" },
	  "join: it has more than one line" },
	{ { .id = 1,
	    .cluster = "c",
	    .address = "a:1",
	    .join = "2=a:2",
	    .stands_in_seconds = 3601 },
	  "after an hour at most" },
	{ { .id = 1,
	    .cluster = "c",
	    .address = "a:1",
	    .stands_in_seconds = 3600 },
	  "only a server that joins" },
	{ { .id = 1, .cluster = "c", .first = "1=a:1", .address = "a:2" },
	  "differ" },
	{ { .id = 1,
	    .cluster = "c",
	    .address = "a:1",
	    .tls = { .certificate = "x" } },
	  "needs its key" },
};

static void
what_makes_no_server_is_refused_before_anything_is_made(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES];
	struct scene scene;

	(void)state;
	scene_open(&scene);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (try_to_create(scene.actors[1].folder, refused[i].create,
				  error))
			fail_msg("made, without '%s'", refused[i].part);
		expect_refusal(error, refused[i].part);
		assert_int_not_equal(access(scene.actors[1].folder, F_OK), 0);
	}
	scene_close(&scene);
}

/* "a:1 xxx": so many bytes. */
static const char *
place_of(size_t length)
{
	static char place[2 * RAFT_ADDRESS_BYTES_MAX];

	memset(place, 'x', length);
	memcpy(place, "a:1 ", 4);
	place[length] = '\0';
	return place;
}

/* Each is made, and taken away again, with `length` at most. */
static void
expect_limit(const struct scene *scene, size_t length, const char *part,
	     struct raft_server_create (*with)(size_t length))
{
	const struct actor *actor = &scene->actors[1];
	char error[RAFT_SERVER_ERROR_BYTES], command[PATH_MAX + 16];

	assert_false(try_to_create(actor->folder, with(length + 1), error));
	expect_refusal(error, part);
	if (!try_to_create(actor->folder, with(length), error))
		fail_msg("%s", error);
	snprintf(command, sizeof(command), "rm -r %s", actor->folder);
	assert_int_equal(system(command), 0);
}

static struct raft_server_create
with_note(size_t length)
{
	return (struct raft_server_create){ .id = 1,
					    .cluster = "c",
					    .address = "a:1",
					    .note = place_of(length) + 4 };
}

static struct raft_server_create
with_listen(size_t length)
{
	return (struct raft_server_create){ .id = 1,
					    .cluster = "c",
					    .address = "a:1",
					    .listen = place_of(length) };
}

static struct raft_server_create
with_list(size_t length)
{
	static char list[3 * RAFT_ADDRESS_BYTES_MAX];

	snprintf(list, sizeof(list), "1=a:2,2=%s", place_of(length));
	return (struct raft_server_create){ .id = 1,
					    .cluster = "c",
					    .first = list };
}

static struct raft_server_create
with_cluster(size_t length)
{
	static char cluster[RAFT_SERVER_CLUSTER_MAX + 2];

	memset(cluster, 'c', length);
	cluster[length] = '\0';
	return (struct raft_server_create){ .id = 1,
					    .cluster = cluster,
					    .address = "a:1" };
}

/* The largest number first. */
static struct raft_server_create
with_many(size_t count)
{
	static char list[16 * (RAFT_MEMBERS_MAX + 1)];
	size_t used = 0;

	for (size_t id = count; id > 0; id--)
		used +=
		    (size_t)snprintf(list + used, sizeof(list) - used,
				     "%zu=a:%zu%s", id, id, id > 1 ? "," : "");
	return (struct raft_server_create){ .id = 1,
					    .cluster = "c",
					    .first = list };
}

static void
what_it_is_made_of_has_a_largest_size(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	expect_limit(&scene, RAFT_ADDRESS_BYTES_MAX,
		     "the address, or its note, is too long", with_note);
	expect_limit(&scene, RAFT_ADDRESS_BYTES_MAX, "listen: it is too long",
		     with_listen);
	/* Why is behind the list, and there is no room for that. */
	expect_limit(&scene, RAFT_ADDRESS_BYTES_MAX,
		     "the list of first servers: '1=a:2,2=a:1 xxx", with_list);
	expect_limit(&scene, RAFT_SERVER_CLUSTER_MAX, "a cluster's name is 1",
		     with_cluster);
	expect_limit(&scene, RAFT_MEMBERS_MAX,
		     "the list of first servers: '256=a:256,", with_many);
	scene_close(&scene);
}

static void
an_election_timeout_is_from_a_millisecond_to_an_hour(void **state)
{
	static const struct {
		uint64_t us;
		bool is_refused;
	} cases[] = { { 999, true },
		      { 1000, false },
		      { 3600000000, false },
		      { 3600000001, true } };
	char error[RAFT_SERVER_ERROR_BYTES], command[PATH_MAX + 16];
	struct scene scene;

	(void)state;
	scene_open(&scene);
	snprintf(command, sizeof(command), "rm -r %s", scene.actors[1].folder);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct raft_server_create create = {
			.id = 1,
			.cluster = "c",
			.address = "a:1",
			.election_timeout_us = cases[i].us,
		};

		assert_int_equal(
		    try_to_create(scene.actors[1].folder, create, error),
		    !cases[i].is_refused);
		if (cases[i].is_refused)
			expect_refusal(error, "the election timeout is from 1 "
					      "ms to 1 hour");
		assert_int_equal(system(command), 0);
	}
	scene_close(&scene);
}

static void
a_folder_that_cannot_be_is_said(void **state)
{
	const struct raft_server_create create = { .id = 1,
						   .cluster = "c",
						   .address = "a:1" };
	char error[RAFT_SERVER_ERROR_BYTES], path[PATH_MAX];
	struct scene scene;

	(void)state;
	scene_open(&scene);
	snprintf(path, sizeof(path), "%s/no/folder", scene.root);
	assert_false(try_to_create(path, create, error));
	expect_refusal(error, "/no/folder: No such file or directory");
	memset(path, '/', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_false(try_to_create(path, create, error));
	expect_refusal(error, "//////");
	scene_close(&scene);
}

/* The folder of the scene by a name of so many letters. */
static void
name_at_length(const struct scene *scene, size_t length, char path[PATH_MAX])
{
	size_t used = strlcpy(path, scene->root, PATH_MAX);

	if ((length - used) % 2 == 1)
		path[used++] = '/';
	for (; used < length; used += 2)
		memcpy(path + used, "/.", 2);
	path[length] = '\0';
}

/* What is in it has to have a name, too. */
static void
a_name_that_is_too_long_is_refused(void **state)
{
	const struct raft_server_create create = { .id = 1,
						   .cluster = "c",
						   .address = "a:1" };
	char error[4 * PATH_MAX], path[PATH_MAX], other[PATH_MAX + 32];
	struct raft_server *server;
	struct scene scene;

	(void)state;
	scene_open(&scene);
	name_at_length(&scene, PATH_MAX - 35, path);
	assert_false(raft_server_create(path, &create, error, sizeof(error)));
	expect_refusal(error, "/.: too long a path");
	snprintf(other, sizeof(other), "%s/snapshots", scene.root);
	assert_int_not_equal(access(other, F_OK), 0);
	name_at_length(&scene, PATH_MAX - 36, path);
	if (!raft_server_create(path, &create, error, sizeof(error)))
		fail_msg("%s", error);
	name_at_length(&scene, PATH_MAX - 28, path);
	assert_null(raft_server_open(path, NULL, &scene_machine, NULL, error,
				     sizeof(error)));
	expect_refusal(error, "/.: too long a path");
	name_at_length(&scene, PATH_MAX - 29, path);
	server = raft_server_open(path, NULL, &scene_machine, NULL, error,
				  sizeof(error));
	if (server == NULL)
		fail_msg("%s", error);
	assert_string_equal(raft_server_folder(server), path);
	raft_server_close(server, NULL, NULL);
	scene_close(&scene);
}

static void
a_server_is_made_once(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES];
	struct scene scene;

	(void)state;
	scene_open(&scene);
	make_server(&scene, 1, (struct raft_server_create){ 0 });
	assert_false(
	    try_to_create(scene.actors[1].folder,
			  (struct raft_server_create){
			      .id = 1, .cluster = "scene", .address = "a:1" },
			  error));
	expect_refusal(error, "a server was made here already");
	scene_close(&scene);
}

static void
first_servers_are_made_apart_and_agree(void **state)
{
	struct scene scene;
	struct conf confs[3];
	char path[PATH_MAX + 32], error[256];

	(void)state;
	scene_open(&scene);
	make_first(&scene, 2);
	for (int id = 1; id <= 2; id++) {
		snprintf(path, sizeof(path), "%s/server.conf",
			 scene.actors[id].folder);
		assert_true(raft__conf_read(
		    path, &confs[id],
		    &(struct complaint){ error, sizeof(error) }));
		assert_int_equal(
		    confs[id].incarnation,
		    raft__conf_first_incarnation(
			&(struct first){ "scene", scene.first, TIMEOUT_US },
			(uint64_t)id));
	}
	assert_int_not_equal(confs[1].incarnation, confs[2].incarnation);
	assert_string_equal(raft__address_note(confs[2].address), "note 2");
	scene_close(&scene);
}

/* Servers of another version make the same of it, or they would be strangers. */
static void
what_names_a_cluster_and_its_first_servers_stays(void **state)
{
	static const uint8_t expected[16] = {
		0xb3, 0x9f, 0xa0, 0xc8, 0xfb, 0x49, 0xda, 0x8a,
		0x44, 0xfa, 0xdf, 0x48, 0x79, 0x8f, 0x6d, 0xb4,
	};
	const struct first first = {
		.cluster = "scene",
		.list = "1=127.0.0.1:4001,2=127.0.0.1:4002",
		.election_timeout_us = 1000000,
	};
	uint8_t cluster[16];

	(void)state;
	raft__conf_cluster("scene", cluster);
	assert_memory_equal(cluster, expected, 16);
	assert_int_equal(raft__conf_first_incarnation(&first, 2),
			 UINT64_C(0xaedae28615818b11));
}

/* An attempt that failed at any sync leaves what the next one takes, or says what to
 * do. */
static void
a_making_that_was_cut_short_says_what_to_do(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES], command[2 * PATH_MAX];
	struct scene scene;
	bool made = false;
	int failures = 0;

	(void)state;
	scene_open(&scene);
	for (int sync = 0; !made && sync < 40; sync++) {
		const char *folder = scene.actors[1].folder;
		struct raft_server_create create = {
			.id = 1,
			.cluster = "scene",
			.address = scene.actors[1].address,
		};

		fails_at = sync;
		made = try_to_create(folder, create, error);
		fails_at = -1;
		failures += !made;
		if (!made && !try_to_open(&scene.actors[1], error) &&
		    !try_to_create(folder, create, error))
			expect_refusal(error, "delete the folder");
		snprintf(command, sizeof(command), "rm -rf %s", folder);
		assert_int_equal(system(command), 0);
	}
	assert_true(made);
	assert_in_range(failures, 5, 39);
	scene_close(&scene);
}

/* ----------------------------------------------------------- what was damaged */

/* Change server.conf with sed. */
static void
edit(const struct actor *actor, const char *how)
{
	char command[2 * PATH_MAX];

	snprintf(command, sizeof(command), "sed -i '%s' %s/server.conf", how,
		 actor->folder);
	assert_int_equal(system(command), 0);
}

static void
remove_part(const struct actor *actor, const char *part)
{
	char command[2 * PATH_MAX];

	snprintf(command, sizeof(command), "rm -r %s/%s", actor->folder, part);
	assert_int_equal(system(command), 0);
}

static void
what_is_wrong_with_the_file_is_said(void **state)
{
	static const struct {
		const char *how;
		const char *part;
	} cases[] = {
		{ "s/^format 1/format 2/", "has format 2" },
		{ "/^format /d", "no line 'format'" },
		{ "/^id /d", "no line 'id'" },
		{ "/^incarnation /d", "no line 'incarnation'" },
		{ "/^cluster /d", "no line 'cluster'" },
		{ "/^address /d", "no line 'address'" },
		{ "s/^id .*/id 2/", "belongs to server 1" },
		{ "s/^id .*/id x/", "id is no number" },
		{ "s/^id .*/id 0/", "not as they were written" },
		{ "s/^cluster .*/cluster other/", "cluster" },
		{ "s/^incarnation .*/incarnation 7/", "incarnation" },
		{ "s/^address .*/address nowhere/",
		  "address is not HOST:PORT" },
		{ "$a colour red", "there is no 'colour'" },
		{ "$a id 1", "id is there twice" },
		{ "$a tls-certificate /x", "needs tls-key" },
		{ "$a tls-key /x", "a line 'tls-key' and no tls-certificate" },
		{ "$a tls-authorities /x", "to run without TLS" },
		{ "$a tls-revocations /x", "line 'tls-revocations'" },
		{ "$a tls-mode accepts", "line 'tls-mode'" },
		{ "$a tls-certificate", "line 'tls-certificate'" },
		{ "$a snapshot-bytes -1", "snapshot-bytes is no number" },
		{ "$a snapshot-bytes 18446744073709551616",
		  "snapshot-bytes is no number" },
		{ "s/^cluster \\(.*\\)/cluster \\1\\1\\1\\1\\1\\1\\1\\1"
		  "\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1"
		  "\\1\\1\\1\\1\\1\\1\\1\\1\\1\\1/",
		  "cluster is too long" },
	};
	char error[RAFT_SERVER_ERROR_BYTES], command[2 * PATH_MAX];
	struct scene scene;
	const struct actor *actor = &scene.actors[1];

	(void)state;
	scene_open(&scene);
	make_server(&scene, 1, (struct raft_server_create){ 0 });
	snprintf(command, sizeof(command), "cp %s/server.conf %s/kept",
		 actor->folder, scene.root);
	assert_int_equal(system(command), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		edit(actor, cases[i].how);
		if (try_to_open(actor, error))
			fail_msg("opened, after %s", cases[i].how);
		expect_refusal(error, cases[i].part);
		snprintf(command, sizeof(command), "cp %s/kept %s/server.conf",
			 scene.root, actor->folder);
		assert_int_equal(system(command), 0);
	}
	assert_true(try_to_open(actor, error));
	scene_close(&scene);
}

static void
a_file_that_cannot_be_read_or_written_is_told(void **state)
{
	char error[2 * PATH_MAX], path[2 * PATH_MAX];
	struct complaint complaint = { error, sizeof(error) };
	struct conf conf = { .format = 1 };
	struct scene scene;

	(void)state;
	scene_open(&scene);
	assert_false(raft__conf_read(scene.root, &conf, &complaint));
	expect_refusal(error, "Is a directory");
	snprintf(path, sizeof(path), "%s/none", scene.root);
	assert_false(raft__conf_read(path, &conf, &complaint));
	expect_refusal(error, "No such file or directory");
	snprintf(path, sizeof(path), "%s/none/server.conf", scene.root);
	assert_false(raft__conf_write(path, &conf, &complaint));
	expect_refusal(error, "No such file or directory");
	expect_refusal(error, "/none/server.conf.new: ");
	memset(path, 'x', PATH_MAX);
	path[PATH_MAX - 4] = '\0';
	assert_false(raft__conf_write(path, &conf, &complaint));
	expect_refusal(error, "too long a path");
	path[PATH_MAX - 5] = '\0';
	assert_false(raft__conf_write(path, &conf, &complaint));
	expect_refusal(error, "File name too long");
	scene_close(&scene);
}

/** Each key stands behind what it means. */
static void
a_file_explains_each_of_its_keys(void **state)
{
	char path[2 * PATH_MAX], line[512], before[512] = "";
	struct scene scene;
	int keys = 0;
	FILE *file;

	(void)state;
	scene_open(&scene);
	make_server(&scene, 1, (struct raft_server_create){ 0 });
	snprintf(path, sizeof(path), "%s/server.conf", scene.actors[1].folder);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		if (line[0] != '\n' && strncmp(line, "# ", 2) != 0) {
			assert_true(strncmp(before, "# ", 2) == 0);
			assert_string_equal(before + strlen(before) - 2, ".\n");
			keys++;
		}
		strlcpy(before, line, sizeof(before));
	}
	fclose(file);
	assert_true(keys > 10);
	scene_close(&scene);
}

static void
an_operator_may_edit_the_rest(void **state)
{
	char line[128];
	struct scene scene;
	struct actor *actor = &scene.actors[1];

	(void)state;
	scene_open(&scene);
	make_server(&scene, 1, (struct raft_server_create){ 0 });
	/* Comes first, before what the program says. */
	edit(actor, "s/^#snapshot-bytes/  snapshot-bytes\t 60 /");
	snprintf(line, sizeof(line), "s/^#listen.*/listen 127.0.0.1:%u/",
		 free_port());
	edit(actor, line);
	start(&scene, 1);
	add(&scene, 1, "1");
	assert_true(run_until(&scene.loop,
			      status_of(&scene, 1).snapshot.index != 0,
			      PATIENCE_MS));
	scene_close(&scene);
}

static void
what_is_missing_is_said_with_the_way_out(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES];
	struct scene scene;

	(void)state;
	scene_open(&scene);
	assert_false(try_to_open(&scene.actors[1], error));
	expect_refusal(error, "there is no server here");
	for (uint64_t id = 1; id <= 2; id++)
		make_server(&scene, id, (struct raft_server_create){ 0 });
	remove_part(&scene.actors[1], "log");
	assert_false(try_to_open(&scene.actors[1], error));
	expect_refusal(error, "remove the server from its cluster");
	remove_part(&scene.actors[2], "server.conf");
	assert_false(try_to_open(&scene.actors[2], error));
	expect_refusal(error, "no server.conf");
	scene_close(&scene);
}

static void
a_folder_is_opened_alone(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES];
	struct scene scene;

	(void)state;
	scene_open(&scene);
	make_server(&scene, 1, (struct raft_server_create){ 0 });
	start(&scene, 1);
	assert_false(try_to_open(&scene.actors[1], error));
	expect_refusal(error, "process");
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_server_is_found_after_a_power_cut),
		cmocka_unit_test(
		    what_makes_no_server_is_refused_before_anything_is_made),
		cmocka_unit_test(what_it_is_made_of_has_a_largest_size),
		cmocka_unit_test(
		    an_election_timeout_is_from_a_millisecond_to_an_hour),
		cmocka_unit_test(a_folder_that_cannot_be_is_said),
		cmocka_unit_test(a_name_that_is_too_long_is_refused),
		cmocka_unit_test(a_server_is_made_once),
		cmocka_unit_test(first_servers_are_made_apart_and_agree),
		cmocka_unit_test(
		    what_names_a_cluster_and_its_first_servers_stays),
		cmocka_unit_test(a_making_that_was_cut_short_says_what_to_do),
		cmocka_unit_test(what_is_wrong_with_the_file_is_said),
		cmocka_unit_test(a_file_that_cannot_be_read_or_written_is_told),
		cmocka_unit_test(a_file_explains_each_of_its_keys),
		cmocka_unit_test(an_operator_may_edit_the_rest),
		cmocka_unit_test(what_is_missing_is_said_with_the_way_out),
		cmocka_unit_test(a_folder_is_opened_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
