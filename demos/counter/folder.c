/*
 * Making and opening the folders of servers (folder.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assists/snapshot_file/snapshot_file.h"
#include "demos/counter/folder.h"

#define ERROR_BYTES 512

static void
join(char path[PATH_MAX], const char *folder, const char *name)
{
	if (snprintf(path, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
		errx(1, "%s: too long a path", folder);
}

static void
join_id(char path[PATH_MAX], const char *base, uint64_t id)
{
	char name[24];

	snprintf(name, sizeof(name), "%" PRIu64, id);
	join(path, base, name);
}

/* What was made, or renamed, in it is found after a power cut. */
static void
sync_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) != 0)
		err(1, "%s", path);
	close(fd);
}

static void
make_folder(const char *path)
{
	char parent[PATH_MAX];

	if (mkdir(path, 0777) != 0 && errno != EEXIST)
		err(1, "%s", path);
	join(parent, path, "..");
	sync_folder(parent);
}

/* ---------------------------------------------------------------- opening */

/** id, incarnation, cluster and nodes, a line each. */
static bool
read_server(FILE *file, struct raft_owner *owner, struct servers *servers)
{
	char list[SERVERS_MAX * (PLACE_BYTES + 12)], format[16];
	int found = 1;

	if (fscanf(file, "id %" SCNu64 " incarnation %" SCNx64 " cluster ",
		   &owner->self.id, &owner->self.incarnation) != 2)
		return false;
	for (size_t i = 0; i < sizeof(owner->cluster) && found == 1; i++)
		found = fscanf(file, "%2" SCNx8, &owner->cluster[i]);
	snprintf(format, sizeof(format), " nodes %%%zus", sizeof(list) - 1);
	return found == 1 && owner->self.incarnation != 0 &&
	       fscanf(file, format, list) == 1 &&
	       servers_parse(list, servers) == NULL &&
	       servers_find(servers, owner->self.id) != NULL;
}

static void
read_owner(const char *folder, struct raft_owner *owner,
	   struct servers *servers)
{
	char path[PATH_MAX];
	FILE *file;
	bool is_one;

	join(path, folder, "server");
	file = fopen(path, "r");
	if (file == NULL && errno == ENOENT)
		errx(1,
		     "%s: there is no server here. One is made by: counter "
		     "new. One whose disk was lost must not come back as it "
		     "was, for its promises are lost too: say to the "
		     "leader: leave ID; then make it anew by: counter new "
		     "--join",
		     folder);
	if (file == NULL)
		err(1, "%s", path);
	is_one = read_server(file, owner, servers);
	fclose(file);
	if (!is_one)
		errx(1, "%s: not written by: counter new", path);
}

static struct raft_log_file *
open_log(const char *folder, const struct raft_owner *owner)
{
	struct raft_log_file_options options = { .owner = *owner };
	struct raft_log_file *log;
	char path[PATH_MAX], error[ERROR_BYTES];

	join(path, folder, "log");
	options.path = path;
	log = raft_log_file_open(&options, error, sizeof(error));
	if (log == NULL)
		errx(1, "%s", error);
	return log;
}

static void
take_servers(const char *path, struct folder *folder)
{
	const struct raft_stored *stored = &folder->stored;
	size_t count = stored->configuration_count;

	for (size_t i = count < 2 ? 0 : count - 2; i < count; i++)
		if (!servers_from_stored(
			&stored->configurations[i],
			&folder->servers[folder->servers_count++]))
			errx(1,
			     "%s: the log does not say where the servers "
			     "are",
			     path);
}

/** The configuration says where this server is, unless it does not name it. */
static void
find_self(struct folder *folder, const struct servers *told)
{
	struct raft_identity us = folder->owner.self;
	const struct server *self;

	folder->self = *servers_find(told, us.id);
	for (size_t i = 0; i < folder->servers_count; i++) {
		self = servers_find(&folder->servers[i], us.id);
		if (self != NULL &&
		    self->identity.incarnation == us.incarnation)
			folder->self = *self;
	}
}

void
folder_open(const char *path, struct folder *folder)
{
	struct servers told;

	*folder = (struct folder){ 0 };
	read_owner(path, &folder->owner, &told);
	folder->log = open_log(path, &folder->owner);
	join(folder->snapshots, path, "snapshots");
	if (!raft_log_file_stored(folder->log, &folder->stored))
		errx(1, "%s: the log cannot be read", path);
	take_servers(path, folder);
	find_self(folder, &told);
	if (folder->servers_count == 0)
		folder->servers[folder->servers_count++] = told;
}

struct raft_tcp *
folder_listen(const struct folder *folder, uv_loop_t *loop,
	      struct raft_tcp_options *options)
{
	const struct server *self = &folder->self;
	struct raft_tcp *transport;
	int result;

	options->self = folder->owner.self;
	memcpy(options->cluster, folder->owner.cluster,
	       sizeof(options->cluster));
	options->host = self->host;
	options->port = self->port;
	result = raft_tcp_create(loop, options, &transport);
	if (result != 0)
		errx(1, "servers at %s:%u: %s", self->host, self->port,
		     uv_strerror(result));
	return transport;
}

/* ----------------------------------------------------------------- making */

static void
write_owner(const char *folder, const struct raft_owner *owner,
	    const struct servers *servers)
{
	char path[PATH_MAX], unfinished[PATH_MAX];
	char list[SERVERS_MAX * (PLACE_BYTES + 12)];
	FILE *file;

	join(path, folder, "server");
	join(unfinished, folder, "server.new");
	file = fopen(unfinished, "w");
	if (file == NULL)
		err(1, "%s", unfinished);
	fprintf(file, "id %" PRIu64 "\nincarnation %" PRIx64 "\ncluster ",
		owner->self.id, owner->self.incarnation);
	for (size_t i = 0; i < sizeof(owner->cluster); i++)
		fprintf(file, "%02" PRIx8, owner->cluster[i]);
	servers_print(servers, list, sizeof(list));
	fprintf(file, "\nnodes %s\n", list);
	if (ferror(file) != 0 || fflush(file) != 0 ||
	    fsync(fileno(file)) != 0 || fclose(file) != 0)
		err(1, "%s", unfinished);
	if (rename(unfinished, path) != 0)
		err(1, "%s", path);
	sync_folder(folder);
}

/* Before the log, so that what is refused leaves none. */
static void
make_snapshots(const char *folder, const struct raft_owner *owner)
{
	char path[PATH_MAX], error[ERROR_BYTES];
	struct raft_snapshot_file *snapshots;

	join(path, folder, "snapshots");
	snapshots = raft_snapshot_file_open(path, owner, error, sizeof(error));
	if (snapshots == NULL)
		errx(1, "%s", error);
	raft_snapshot_file_close(snapshots);
}

/* Its incarnation is drawn here. */
static void
make_log(const char *base, struct raft_owner *owner,
	 const struct servers *servers)
{
	char folder[PATH_MAX], path[PATH_MAX], error[ERROR_BYTES];

	join_id(folder, base, owner->self.id);
	make_folder(folder);
	while (owner->self.incarnation == 0)
		arc4random_buf(&owner->self.incarnation,
			       sizeof(owner->self.incarnation));
	make_snapshots(folder, owner);
	join(path, folder, "log");
	if (!raft_log_file_create(path, owner, error, sizeof(error)))
		errx(1, "%s", error);
	write_owner(folder, owner, servers);
}

static void
note_saved(void *saved, uint64_t token)
{
	*(uint64_t *)saved = token;
}

static void
end(void *saved, const char *why)
{
	(void)saved;
	errx(1, "%s", why);
}

/* Entry 1, durably: one turn of a member, driven by hand. */
static void
bootstrap(const char *folder, const struct raft_configuration *configuration)
{
	struct raft_owner owner;
	struct servers servers;
	struct raft_options options = { 0 };
	struct raft_stored stored = { 0 };
	struct raft_log_file *log;
	struct raft_duties duties;
	struct raft *member;
	enum raft_result result;
	uint64_t saved = 0;

	read_owner(folder, &owner, &servers);
	log = open_log(folder, &owner);
	raft_log_file_bind(log, &saved, note_saved, end);
	options.self = owner.self;
	result = raft_start(&options, &stored, 0, &member);
	if (result == RAFT_OK)
		result = raft_bootstrap(member, configuration, 0);
	if (result != RAFT_OK)
		errx(1, "%s: %s", folder, raft_result_text(result));
	if (raft_duties(member, &duties) && duties.save != NULL) {
		raft_log_file.save(log, duties.save);
		raft_log_file.flush(log);
	}
	if (saved == 0)
		errx(1, "%s: not saved", folder);
	raft_destroy(member);
	raft_log_file_close(log);
}

void
folders_make(const char *base, struct servers *servers,
	     uint64_t election_timeout_us)
{
	struct raft_owner owner;
	struct raft_member members[SERVERS_MAX];
	char places[SERVERS_MAX][PLACE_BYTES], folder[PATH_MAX];
	struct raft_configuration configuration = {
		.election_timeout_us = election_timeout_us,
		.members = members,
		.member_count = servers->count,
	};

	make_folder(base);
	arc4random_buf(owner.cluster, sizeof(owner.cluster));
	for (size_t i = 0; i < servers->count; i++) {
		owner.self = servers->list[i].identity;
		make_log(base, &owner, servers);
		servers->list[i].identity = owner.self;
	}
	servers_to_members(servers, members, places);
	for (size_t i = 0; i < servers->count; i++) {
		join_id(folder, base, servers->list[i].identity.id);
		bootstrap(folder, &configuration);
	}
}

void
folder_make_joining(const char *base, const struct roster *roster,
		    struct server *server)
{
	struct raft_owner owner = { .self = { server->identity.id, 0 } };
	struct servers servers = roster->servers;

	servers.list[servers.count++] = *server;
	make_folder(base);
	memcpy(owner.cluster, roster->cluster, sizeof(owner.cluster));
	make_log(base, &owner, &servers);
	server->identity = owner.self;
}
