/*
 * A scene: servers of one cluster on one loop, with real sockets and real files,
 * for the tests of the server kit.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The machine is a sum, and a hash of every command in its order. A command is a
 * number as text; the answer is the sum.
 */
#ifndef OUTRIGGER_SERVER_SCENE_H
#define OUTRIGGER_SERVER_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <inttypes.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/server_news.h"

#define ACTORS_MAX 5
/** All of these are on one machine. */
#define TIMEOUT_US 150000
/** For what has to happen, at worst: sanitizers, and a busy machine. */
#define PATIENCE_MS 60000

/* ------------------------------------------------------------------ machine */

struct machine {
	uint64_t sum;
	uint64_t hash;
	uint64_t count;
	/** Its snapshots have as many bytes more. */
	size_t ballast;
	/** How often it was loaded, and the largest batch it was shown. */
	size_t loads, batch_max;
	/** Set: no snapshot can be frozen, written, loaded; or it is loaded in
	 *  part. */
	bool freezes_not, writes_not, loads_not, loads_in_part;
};

static inline void
machine_apply(void *context, struct raft_server_entry *entries, size_t count)
{
	struct machine *machine = context;

	if (count > machine->batch_max)
		machine->batch_max = count;
	for (size_t i = 0; i < count; i++) {
		struct raft_server_entry *entry = &entries[i];
		char text[32] = "";

		memcpy(text, entry->data,
		       entry->length < 31 ? entry->length : 31);
		machine->sum += strtoull(text, NULL, 10);
		machine->hash = machine->hash * 31 + strtoull(text, NULL, 10);
		machine->count++;
		entry->answer_length =
		    (size_t)snprintf(entry->answer, entry->answer_room,
				     "%" PRIu64, machine->sum);
	}
}

static inline void *
machine_freeze(void *context)
{
	struct machine *machine = context;
	struct machine *copy = malloc(sizeof(*copy));

	if (machine->freezes_not) {
		free(copy);
		return NULL;
	}
	*copy = *machine;
	return copy;
}

static inline bool
machine_write(void *frozen, struct raft_server_sink *sink)
{
	const struct machine *machine = frozen;
	uint64_t words[] = { machine->sum, machine->hash, machine->count,
			     machine->ballast };

	if (machine->writes_not ||
	    !raft_server_write(sink, words, sizeof(words)))
		return false;
	for (size_t i = 0; i < machine->ballast; i += sizeof(words))
		if (!raft_server_write(sink, words, sizeof(words)))
			return false;
	return true;
}

static inline bool
machine_load(void *context, struct raft_server_source *source)
{
	struct machine *machine = context;
	uint64_t words[4], more[4];

	machine->loads++;
	if (machine->loads_not ||
	    raft_server_take(source, words, sizeof(words)) != sizeof(words))
		return false;
	for (size_t i = 0; i < words[3] && !machine->loads_in_part;
	     i += sizeof(more))
		if (raft_server_take(source, more, sizeof(more)) !=
			sizeof(more) ||
		    memcmp(words, more, sizeof(more)) != 0)
			return false;
	machine->sum = words[0];
	machine->hash = words[1];
	machine->count = words[2];
	return true;
}

/* ------------------------------------------------------------------- actors */

/** A server, and what it has said. */
struct actor {
	struct raft_server *server;
	struct machine machine;
	/** Its name begins with the id. */
	char folder[PATH_MAX];
	char address[48];
	/** The newest event of each kind. */
	char said[RAFT_SERVER_EVENT_DISK + 1][RAFT_SERVER_ERROR_BYTES];
	size_t snapshots;
};

struct scene {
	uv_loop_t loop;
	char root[PATH_MAX / 2];
	/** By id, from 1 on. */
	struct actor actors[ACTORS_MAX + 1];
	/** The list of the first ones. */
	char first[256];
	struct raft_server_options options;
	/** NULL: scene_machine. */
	const struct raft_server_machine *machine;
	/** Where their Unix sockets are, if they have any: a short name. */
	char sockets[24];
	/** 0: TIMEOUT_US. */
	uint64_t election_timeout_us;
};

static inline void
actor_event(void *machine, const struct raft_server_event *event)
{
	struct actor *actor =
	    (struct actor *)(void *)((char *)machine -
				     offsetof(struct actor, machine));

	check_news(strtoull(strrchr(actor->folder, '/') + 1, NULL, 10), event);
	strlcpy(actor->said[event->kind], event->text, sizeof(actor->said[0]));
	actor->snapshots += event->kind == RAFT_SERVER_EVENT_SNAPSHOT;
	if (getenv("SCENE_TRACE") != NULL)
		fprintf(stderr, "%s: %s\n", strrchr(actor->folder, '/'),
			event->text);
}

static const struct raft_server_machine scene_machine = {
	.apply = machine_apply,
	.freeze = machine_freeze,
	.write = machine_write,
	.load = machine_load,
	.thaw = free,
	.event = actor_event,
};

/* Ports below those that the kernel gives to outgoing connections: among the
 * latter, a server that dials a dead neighbour could be given its port. */
static inline uint16_t
free_port(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	uint16_t port;

	do {
		port = (uint16_t)(10240 + arc4random_uniform(22000));
		address.sin_port = htons(port);
	} while (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0);
	close(fd);
	return port;
}

static inline void
tick(uv_timer_t *timer)
{
	(void)timer;
}

/* Run the loop until the condition holds, for `ms` at most. */
#define run_until(loop, condition, ms)                                         \
	({                                                                     \
		uint64_t end_ = uv_hrtime() + (uint64_t)(ms)*1000000;          \
		uv_timer_t timer_;                                             \
		uv_timer_init(loop, &timer_);                                  \
		uv_timer_start(&timer_, tick, 1, 1);                           \
		while (!(condition) && uv_hrtime() < end_)                     \
			uv_run(loop, UV_RUN_ONCE);                             \
		uv_close((uv_handle_t *)&timer_, NULL);                        \
		uv_run(loop, UV_RUN_NOWAIT);                                   \
		(condition);                                                   \
	})

/* An empty scene: a loop, a folder, and addresses for everybody. */
static inline void
scene_open(struct scene *scene)
{
	const char *temporary = getenv("TEST_TMPDIR");

	*scene = (struct scene){ 0 };
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(uv_loop_init(&scene->loop), 0);
	snprintf(scene->root, sizeof(scene->root), "%.1000s/server.XXXXXX",
		 temporary != NULL ? temporary : "/tmp");
	assert_non_null(mkdtemp(scene->root));
	for (int id = 1; id <= ACTORS_MAX; id++) {
		struct actor *actor = &scene->actors[id];

		snprintf(actor->folder, sizeof(actor->folder), "%s/%d",
			 scene->root, id);
		snprintf(actor->address, sizeof(actor->address), "127.0.0.1:%u",
			 free_port());
	}
}

/* Everybody listens at a Unix socket: before they are made. */
static inline void
scene_use_unix(struct scene *scene)
{
	strlcpy(scene->sockets, "/tmp/server.XXXXXX", sizeof(scene->sockets));
	assert_non_null(mkdtemp(scene->sockets));
	for (int id = 1; id <= ACTORS_MAX; id++)
		snprintf(scene->actors[id].address,
			 sizeof(scene->actors[id].address), "unix:%s/%d",
			 scene->sockets, id);
}

static inline void
make_server(struct scene *scene, uint64_t id, struct raft_server_create create)
{
	char error[RAFT_SERVER_ERROR_BYTES];

	create.id = id;
	if (create.cluster == NULL)
		create.cluster = "scene";
	create.election_timeout_us = scene->election_timeout_us != 0
					 ? scene->election_timeout_us
					 : TIMEOUT_US;
	if (create.first == NULL)
		create.address = scene->actors[id].address;
	if (!raft_server_create(scene->actors[id].folder, &create, error,
				sizeof(error)))
		fail_msg("%s", error);
}

/* Servers 1 .. count, the first of a cluster. */
static inline void
make_first(struct scene *scene, int count)
{
	for (int id = 1; id <= count; id++) {
		size_t used = strlen(scene->first);

		snprintf(scene->first + used, sizeof(scene->first) - used,
			 "%s%d=%s note %d", id > 1 ? "," : "", id,
			 scene->actors[id].address, id);
	}
	for (int id = 1; id <= count; id++)
		make_server(
		    scene, (uint64_t)id,
		    (struct raft_server_create){ .first = scene->first });
}

static inline void
start(struct scene *scene, uint64_t id)
{
	struct actor *actor = &scene->actors[id];
	char error[RAFT_SERVER_ERROR_BYTES] = "";
	size_t ballast = actor->machine.ballast;

	actor->machine = (struct machine){ .ballast = ballast };
	actor->server = raft_server_open(
	    actor->folder, &scene->options,
	    scene->machine != NULL ? scene->machine : &scene_machine,
	    &actor->machine, error, sizeof(error));
	if (actor->server == NULL ||
	    !raft_server_attach(actor->server, &scene->loop, error,
				sizeof(error)))
		fail_msg("%s", error);
}

/* Three first servers that run. */
static inline void
three(struct scene *scene)
{
	scene_open(scene);
	make_first(scene, 3);
	for (uint64_t id = 1; id <= 3; id++)
		start(scene, id);
}

/* One that asks to be let in by a member. */
static inline void
make_joining(struct scene *scene, uint64_t id, uint64_t sponsor, bool learns)
{
	char join[80];

	snprintf(join, sizeof(join), "%" PRIu64 "=%s", sponsor,
		 scene->actors[sponsor].address);
	make_server(
	    scene, id,
	    (struct raft_server_create){ .join = join, .learns = learns });
}

static inline void
now_closed(void *context)
{
	((struct actor *)context)->server = NULL;
}

static inline void
stop(struct scene *scene, uint64_t id)
{
	struct actor *actor = &scene->actors[id];

	raft_server_close(actor->server, now_closed, actor);
	assert_true(
	    run_until(&scene->loop, actor->server == NULL, PATIENCE_MS));
}

/* At once, as if it had died: nothing is handed over. */
static inline void
cut_off(struct scene *scene, uint64_t id)
{
	raft_server_close(scene->actors[id].server, now_closed,
			  &scene->actors[id]);
	if (scene->actors[id].server != NULL)
		stop(scene, id);
}

static inline void
scene_close(struct scene *scene)
{
	char command[PATH_MAX];

	for (int id = 1; id <= ACTORS_MAX; id++)
		if (scene->actors[id].server != NULL)
			cut_off(scene, (uint64_t)id);
	assert_int_equal(uv_run(&scene->loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(&scene->loop), 0);
	/* Who has closed leaves no socket behind. */
	if (scene->sockets[0] != '\0')
		assert_int_equal(rmdir(scene->sockets), 0);
	snprintf(command, sizeof(command), "rm -r %s", scene->root);
	assert_int_equal(system(command), 0);
}

/* ------------------------------------------------------------------- asking */

/** What came of one ask. */
struct wish {
	bool ended;
	enum raft_server_result result;
	char why[RAFT_SERVER_ERROR_BYTES];
	char answer[64];
	uint64_t index;
	/** Of a change. */
	size_t progress;
	char said[256];
};

static inline void
wish_done(void *context, const struct raft_server_answer *answer)
{
	struct wish *wish = context;

	assert_false(wish->ended);
	wish->ended = true;
	wish->result = answer->result;
	wish->index = answer->index;
	strlcpy(wish->why, answer->why, sizeof(wish->why));
	assert_in_range(answer->length, 0, sizeof(wish->answer) - 1);
	if (answer->length > 0)
		memcpy(wish->answer, answer->data, answer->length);
	wish->answer[answer->length] = '\0';
}

static inline void
wish_progress(void *context, const char *text)
{
	struct wish *wish = context;

	wish->progress++;
	strlcpy(wish->said, text, sizeof(wish->said));
}

static inline void
propose(struct scene *scene, uint64_t id, const char *text, uint64_t session,
	uint64_t sequence, struct wish *wish)
{
	*wish = (struct wish){ 0 };
	raft_server_propose(scene->actors[id].server,
			    &(struct raft_server_command){
				.data = text,
				.length = strlen(text),
				.session = session,
				.sequence = sequence,
			    },
			    wish_done, wish);
}

static inline struct wish
wait_for(struct scene *scene, const struct wish *wish)
{
	assert_true(run_until(&scene->loop, wish->ended, PATIENCE_MS));
	return *wish;
}

static inline struct wish
add(struct scene *scene, uint64_t id, const char *text)
{
	struct wish wish;

	propose(scene, id, text, 0, 0, &wish);
	return wait_for(scene, &wish);
}

static inline struct wish
look(struct scene *scene, uint64_t id)
{
	struct wish wish = { 0 };

	raft_server_read(scene->actors[id].server,
			 &(struct raft_server_view){ 0 }, wish_done, &wish);
	return wait_for(scene, &wish);
}

static inline struct wish
change(struct scene *scene, uint64_t id, struct raft_server_change change)
{
	struct wish wish = { 0 };

	if (change.timeout_us == 0)
		change.timeout_us = 15000000;
	raft_server_change(scene->actors[id].server, &change, wish_progress,
			   wish_done, &wish);
	return wait_for(scene, &wish);
}

static inline struct raft_server_status
status_of(const struct scene *scene, uint64_t id)
{
	struct raft_server_status status;

	raft_server_status(scene->actors[id].server, &status);
	return status;
}

static inline bool
scene_is_up(const struct scene *scene, uint64_t id)
{
	return scene->actors[id].server != NULL;
}

/* The one who leads; 0: nobody, or those who run do not agree. */
static inline uint64_t
leader(const struct scene *scene)
{
	uint64_t leader = 0;

	for (uint64_t id = 1; id <= ACTORS_MAX; id++) {
		struct raft_server_status status;

		if (scene->actors[id].server == NULL)
			continue;
		status = status_of(scene, id);
		if (status.raft.leader == 0 ||
		    (leader != 0 && status.raft.leader != leader))
			return 0;
		leader = status.raft.leader;
	}
	return leader != 0 && scene->actors[leader].server != NULL ? leader : 0;
}

static inline uint64_t
await_leader(struct scene *scene)
{
	assert_true(run_until(&scene->loop, leader(scene) != 0, PATIENCE_MS));
	return leader(scene);
}

/* One of those who run and do not lead. */
static inline uint64_t
await_follower(struct scene *scene)
{
	uint64_t who = await_leader(scene);

	for (uint64_t id = 1; id <= ACTORS_MAX; id++)
		if (id != who && scene->actors[id].server != NULL)
			return id;
	fail_msg("nobody follows");
	return 0;
}

/* Whether all who run have the same state, with so many commands. */
static inline bool
agree(const struct scene *scene, uint64_t count)
{
	const struct machine *first = NULL;

	for (uint64_t id = 1; id <= ACTORS_MAX; id++) {
		const struct machine *machine = &scene->actors[id].machine;

		if (scene->actors[id].server == NULL)
			continue;
		if (machine->count != count ||
		    (first != NULL && (machine->hash != first->hash ||
				       machine->sum != first->sum)))
			return false;
		first = machine;
	}
	return true;
}

/* What a member is, as one of them knows; RAFT_MEMBER_NONE: no member. */
static inline enum raft_member_role
role_of(const struct scene *scene, uint64_t asked, uint64_t id)
{
	struct raft_server_member member;

	if (!scene_is_up(scene, asked))
		return RAFT_MEMBER_NONE;
	for (size_t i = 0;
	     raft_server_member(scene->actors[asked].server, i, &member); i++)
		if (member.raft.identity.id == id)
			return member.raft.role;
	return RAFT_MEMBER_NONE;
}

#endif
