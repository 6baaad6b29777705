/*
 * What the tests of rescue have in common: folders, as they are on the disk.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_RESCUE_SCENE_H
#define OUTRIGGER_RESCUE_SCENE_H

#include "tests/unit/server_scene.h"

#include <bsd/stdlib.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "assists/rescue/rescue.h"

__attribute__((format(printf, 1, 2))) static inline void
shell(const char *format, ...)
{
	char command[4 * PATH_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	if (system(command) != 0)
		fail_msg("%s", command);
}

/* All that is in a folder: what `find` prints of each, and sums. To be freed. */
static inline char *
describe_by(const char *folder, const char *format)
{
	char command[2 * PATH_MAX];
	char *text = NULL;
	size_t size = 0;
	FILE *pipe;

	snprintf(command, sizeof(command),
		 "cd %s && find . -printf '%s\\n' | sort && "
		 "find . -type f -exec cksum {} + | sort",
		 folder, format);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_true(getdelim(&text, &size, '\0', pipe) > 0);
	assert_int_equal(pclose(pipe), 0);
	return text;
}

/* Names, sizes, times. */
static inline char *
describe(const char *folder)
{
	return describe_by(folder, "%p %s %T@ %C@ %i");
}

static inline void
expect(const char *said, const char *part)
{
	if (strstr(said, part) == NULL)
		fail_msg("not '%s', but: '%.900s'", part, said);
}

/** What a verb has written, and why it was refused; "": it was not. */
struct said {
	char text[65536];
	char error[RAFT_SERVER_ERROR_BYTES];
};

static inline bool
show(const char *folder, struct said *said)
{
	FILE *out = fmemopen(said->text, sizeof(said->text), "w");
	bool done;

	said->error[0] = '\0';
	done = raft_rescue_show(folder, out, said->error, sizeof(said->error));
	assert_int_equal(fclose(out), 0);
	return done;
}

static inline bool
verify(const char *folder, struct said *said)
{
	FILE *out = fmemopen(said->text, sizeof(said->text), "w");
	bool done;

	said->error[0] = '\0';
	done =
	    raft_rescue_verify(folder, out, said->error, sizeof(said->error));
	assert_int_equal(fclose(out), 0);
	return done;
}

static inline bool
dump(const char *folder, struct raft_rescue_range range, struct said *said)
{
	FILE *out = fmemopen(said->text, sizeof(said->text), "w");
	bool done;

	said->error[0] = '\0';
	done = raft_rescue_dump(folder, &range, out, said->error,
				sizeof(said->error));
	assert_int_equal(fclose(out), 0);
	return done;
}

/* A start, as far as the machine's state. */
static inline bool
try_to_open(const char *folder, struct machine *machine, char *error)
{
	struct raft_server *server;

	*machine = (struct machine){ 0 };
	error[0] = '\0';
	server = raft_server_open(
	    folder, &(struct raft_server_options){ .is_quiet = true },
	    &scene_machine, machine, error, RAFT_SERVER_ERROR_BYTES);
	if (server == NULL)
		return false;
	raft_server_close(server, NULL, NULL);
	return true;
}

/* Until there is a snapshot of all that was added. */
static inline void
take_snapshot(struct scene *scene, uint64_t id)
{
	uint64_t index = status_of(scene, id).raft.applied_index;

	raft_server_snapshot(scene->actors[id].server);
	assert_true(run_until(&scene->loop,
			      status_of(scene, id).snapshot.index >= index,
			      PATIENCE_MS));
}

/* Server `id` is to join this cluster, of which `sponsor` is. */
static inline void
join_cluster(struct scene *scene, uint64_t id, uint64_t sponsor,
	     const char *cluster)
{
	char join[64];

	snprintf(join, sizeof(join), "%" PRIu64 "=%s", sponsor,
		 scene->actors[sponsor].address);
	make_server(scene, id,
		    (struct raft_server_create){
			.cluster = cluster,
			.join = join,
		    });
	start(scene, id);
}

/** What recover asked, and what came of it. */
struct asked {
	bool agrees;
	int times;
	char text[4096];
	char cluster[RAFT_RESCUE_CLUSTER_BYTES];
	/** From then on. */
	char name[RAFT_RESCUE_CLUSTER_BYTES];
	char error[RAFT_SERVER_ERROR_BYTES];
};

static inline bool
confirm(void *context, const char *text, const char *cluster)
{
	struct asked *asked = context;

	asked->times++;
	strlcpy(asked->text, text, sizeof(asked->text));
	strlcpy(asked->cluster, cluster, sizeof(asked->cluster));
	return asked->agrees;
}

static inline bool
recover_as(const char *folder, struct raft_rescue_recovery recovery,
	   struct asked *asked)
{
	asked->error[0] = '\0';
	recovery.confirm = confirm;
	recovery.context = asked;
	return raft_rescue_recover(folder, &recovery, asked->name, asked->error,
				   sizeof(asked->error));
}

/* RAFT_RESCUE_STEP is 1 where each call is met by what is tried; else one in eleven is, and
 * *first, which it begins with, is left to chance. */
static inline size_t
rescue_step(const char *test, size_t *first)
{
	const char *text = getenv("RAFT_RESCUE_STEP");
	size_t step = text != NULL ? (size_t)atoi(text) : 11;

	*first = arc4random_uniform((uint32_t)step);
	print_message("one call in %zu, from call %zu on; each: ./run test "
		      "--test_env=RAFT_RESCUE_STEP=1 //tests/unit:%s\n",
		      step, *first, test);
	return step;
}

#endif
