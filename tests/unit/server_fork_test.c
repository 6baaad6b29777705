/*
 * Snapshots that a forked child writes: as the state was, whatever becomes of the
 * child.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/unit/server_scene.h"

#include "assists/server/inside.h"

/** What a child is to do, and what it has seen: shared with it. */
struct shared {
	enum {
		CHILD_WRITES,
		CHILD_DIES,
		CHILD_REFUSES,
		CHILD_HANGS,
		/** It writes all, and goes on. */
		CHILD_STAYS,
	} does;
	/** It waits in the middle of what it writes. */
	volatile bool is_held;
	volatile pid_t child;
	/** A file of the parent's, and whether it was open in the child. */
	int fd;
	bool was_open;
};

static struct shared *shared;

static bool
write_in_child(void *context, struct raft_server_sink *sink)
{
	struct machine *machine = context;

	shared->was_open = fcntl(shared->fd, F_GETFD) >= 0;
	shared->child = getpid();
	while (shared->is_held)
		usleep(1000);
	if (shared->does == CHILD_DIES)
		raise(SIGSEGV);
	while (shared->does == CHILD_HANGS)
		pause();
	if (shared->does == CHILD_REFUSES)
		return false;
	if (!machine_write(machine, sink))
		return false;
	if (shared->does == CHILD_STAYS)
		close(3);
	while (shared->does == CHILD_STAYS)
		pause();
	return true;
}

static void
thaw_never(void *frozen)
{
	(void)frozen;
	fail_msg("nothing was frozen");
}

static struct raft_server *
open_forking(struct actor *actor)
{
	struct raft_server_machine machine = scene_machine;
	size_t ballast = actor->machine.ballast;
	char error[RAFT_SERVER_ERROR_BYTES] = "";
	struct raft_server *server;

	machine.freeze = raft_server_fork;
	machine.write = write_in_child;
	machine.thaw = thaw_never;
	actor->machine = (struct machine){ .ballast = ballast };
	server = raft_server_open(
	    actor->folder,
	    &(struct raft_server_options){ .snapshot_tail_entries = 1 },
	    &machine, &actor->machine, error, sizeof(error));
	if (server == NULL)
		fail_msg("%s", error);
	return server;
}

static void
start_forking(struct scene *scene)
{
	struct actor *actor = &scene->actors[1];
	char error[RAFT_SERVER_ERROR_BYTES] = "";

	actor->server = open_forking(actor);
	if (!raft_server_attach(actor->server, &scene->loop, error,
				sizeof(error)))
		fail_msg("%s", error);
}

static struct actor *
alone(struct scene *scene)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(shared != MAP_FAILED);
	shared->fd = -1;
	scene_open(scene);
	make_server(scene, 1, (struct raft_server_create){ 0 });
	return &scene->actors[1];
}

static void
end(struct scene *scene)
{
	scene_close(scene);
	/* No child is left, alive or dead. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	munmap(shared, sizeof(*shared));
}

static void
begin_snapshot(struct scene *scene)
{
	raft_server_snapshot(scene->actors[1].server);
	assert_true(run_until(&scene->loop, shared->child != 0, PATIENCE_MS));
}

static bool
await_snapshot(struct scene *scene)
{
	return run_until(&scene->loop, status_of(scene, 1).snapshot.index != 0,
			 PATIENCE_MS);
}

static bool
await_word(struct scene *scene, const char *word)
{
	return run_until(
	    &scene->loop,
	    strstr(scene->actors[1].said[RAFT_SERVER_EVENT_SNAPSHOT], word) !=
		NULL,
	    PATIENCE_MS);
}

static void
a_child_writes_the_state_as_it_was(void **state)
{
	struct scene scene;
	struct actor *actor = alone(&scene);
	uint64_t sum;

	(void)state;
	actor->machine.ballast = 3 << 20;
	start_forking(&scene);
	shared->fd = dup(STDERR_FILENO);
	shared->is_held = true;
	for (int i = 0; i < 10; i++)
		add(&scene, 1, "3");
	begin_snapshot(&scene);
	/* What follows is not in it. */
	for (int i = 0; i < 10; i++)
		add(&scene, 1, "5");
	shared->is_held = false;
	assert_true(await_snapshot(&scene));
	assert_false(shared->was_open);
	close(shared->fd);
	sum = actor->machine.sum;
	assert_int_equal(sum, 80);
	stop(&scene, 1);
	start_forking(&scene);
	assert_int_equal(actor->machine.loads, 1);
	assert_int_equal(actor->machine.sum, 30);
	assert_int_equal(look(&scene, 1).result, RAFT_SERVER_OK);
	assert_int_equal(actor->machine.sum, sum);
	end(&scene);
}

static void
a_child_that_fails_is_a_failed_snapshot(void **state)
{
	struct scene scene;
	struct actor *actor = alone(&scene);

	(void)state;
	start_forking(&scene);
	add(&scene, 1, "1");
	shared->does = CHILD_DIES;
	raft_server_snapshot(actor->server);
	assert_true(await_word(&scene, "killed by signal 11"));
	shared->does = CHILD_REFUSES;
	raft_server_snapshot(actor->server);
	assert_true(await_word(&scene, "machine could not write it"));
	/* Somebody kills it. */
	shared->does = CHILD_HANGS;
	shared->child = 0;
	begin_snapshot(&scene);
	assert_true(status_of(&scene, 1).takes_snapshot);
	kill(shared->child, SIGKILL);
	assert_true(await_word(&scene, "killed by signal 9"));
	assert_int_equal(status_of(&scene, 1).snapshot.index, 0);
	shared->does = CHILD_WRITES;
	raft_server_snapshot(actor->server);
	assert_true(await_snapshot(&scene));
	end(&scene);
}

static void
a_child_that_is_silent_is_given_up(void **state)
{
	struct scene scene;
	struct actor *actor = alone(&scene);

	(void)state;
	start_forking(&scene);
	add(&scene, 1, "1");
	shared->does = CHILD_HANGS;
	actor->server->taking.fork.silence_ms = 200;
	raft_server_snapshot(actor->server);
	assert_true(await_word(&scene, "wrote nothing for 200 ms"));
	/* One that has closed its file and lives on. */
	shared->does = CHILD_STAYS;
	raft_server_snapshot(actor->server);
	assert_true(await_word(&scene, "killed by signal 9"));
	end(&scene);
}

static void
a_server_that_closes_waits_for_no_child(void **state)
{
	struct scene scene;
	uint64_t began;

	(void)state;
	alone(&scene);
	start_forking(&scene);
	add(&scene, 1, "1");
	shared->does = CHILD_HANGS;
	begin_snapshot(&scene);
	began = uv_hrtime();
	stop(&scene, 1);
	assert_in_range(uv_hrtime() - began, 0, UINT64_C(20000000000));
	assert_int_equal(kill(shared->child, 0), -1);
	end(&scene);
}

/* A terminal sends them to all of a group, and so does whoever stops a service. */
static void
what_stops_the_server_does_not_stop_the_child(void **state)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct scene scene;

	(void)state;
	alone(&scene);
	start_forking(&scene);
	add(&scene, 1, "1");
	shared->is_held = true;
	begin_snapshot(&scene);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		kill(shared->child, numbers[i]);
	/* It goes on as if nothing had been. */
	shared->is_held = false;
	assert_true(run_until(&scene.loop,
			      !status_of(&scene, 1).takes_snapshot,
			      PATIENCE_MS));
	assert_int_not_equal(status_of(&scene, 1).snapshot.index, 0);
	end(&scene);
}

/* The child is killed while the server leaves: without its timers it gets no further
 * than that. */
static void
one_that_leaves_tells_of_no_failed_snapshot(void **state)
{
	struct scene scene;
	struct actor *actor = alone(&scene);
	const char *said = actor->said[RAFT_SERVER_EVENT_SNAPSHOT];

	(void)state;
	start_forking(&scene);
	add(&scene, 1, "1");
	shared->does = CHILD_HANGS;
	begin_snapshot(&scene);
	raft_server_close(actor->server, now_closed, actor);
	actor->server->state = SERVER_LEAVING;
	uv_timer_stop(&actor->server->soon);
	uv_timer_stop(&actor->server->tick);
	kill(shared->child, SIGKILL);
	assert_true(run_until(&scene.loop, !actor->server->taking.is_running,
			      PATIENCE_MS));
	assert_int_equal(actor->server->state, SERVER_LEAVING);
	assert_int_equal(actor->server->measures.snapshots_failed, 0);
	assert_string_equal(said, "");
	stop(&scene, 1);
	assert_string_equal(said, "");
	end(&scene);
}

/* A program may reap whatever child there is, or none. */
static void
somebody_else_may_reap_the_child(void **state)
{
	struct scene scene;
	struct actor *actor = alone(&scene);

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	start_forking(&scene);
	add(&scene, 1, "1");
	shared->does = CHILD_DIES;
	raft_server_snapshot(actor->server);
	assert_true(await_word(&scene, "machine could not write it"));
	shared->does = CHILD_WRITES;
	raft_server_snapshot(actor->server);
	assert_true(await_snapshot(&scene));
	signal(SIGCHLD, SIG_DFL);
	end(&scene);
}

/* ------------------------------------------------------------ a parent that dies */

static _Noreturn void
be_killed(struct actor *actor)
{
	uv_loop_t loop;
	char error[RAFT_SERVER_ERROR_BYTES] = "";

	uv_loop_init(&loop);
	actor->server = open_forking(actor);
	if (!raft_server_attach(actor->server, &loop, error, sizeof(error)))
		_exit(1);
	/* As soon as there is something to take one of. */
	for (;;) {
		raft_server_snapshot(actor->server);
		uv_run(&loop, UV_RUN_ONCE);
	}
}

static void
a_child_dies_with_its_parent(void **state)
{
	struct scene scene;
	struct actor *actor = alone(&scene);
	pid_t parent;
	int status;

	(void)state;
	start_forking(&scene);
	add(&scene, 1, "1");
	stop(&scene, 1);
	/* Whose parent has died is then ours. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	shared->does = CHILD_HANGS;
	parent = fork();
	if (parent == 0)
		be_killed(actor);
	assert_true(run_until(&scene.loop, shared->child != 0, PATIENCE_MS));
	kill(parent, SIGKILL);
	assert_int_equal(waitpid(parent, &status, 0), parent);
	assert_int_equal(waitpid(shared->child, &status, 0), shared->child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	/* Nobody has the folder, or its port, any more. */
	shared->does = CHILD_WRITES;
	start_forking(&scene);
	assert_int_equal(add(&scene, 1, "1").result, RAFT_SERVER_OK);
	end(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_writes_the_state_as_it_was),
		cmocka_unit_test(a_child_that_fails_is_a_failed_snapshot),
		cmocka_unit_test(a_child_that_is_silent_is_given_up),
		cmocka_unit_test(a_server_that_closes_waits_for_no_child),
		cmocka_unit_test(what_stops_the_server_does_not_stop_the_child),
		cmocka_unit_test(one_that_leaves_tells_of_no_failed_snapshot),
		cmocka_unit_test(somebody_else_may_reap_the_child),
		cmocka_unit_test(a_child_dies_with_its_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
