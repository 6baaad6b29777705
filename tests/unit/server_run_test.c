/*
 * A server that runs by itself: signals, and words to the service manager.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/un.h>

#include "assists/node/node_loop.h"
#include "assists/server/notify.h"
#include "tests/unit/server_scene.h"

/** A service manager's socket, on the server's loop, and what it does about what it
 *  hears. */
struct manager {
	struct scene *scene;
	int fd;
	uv_poll_t poll;
	/** All that was said, each datagram with a '|' behind it. */
	char heard[1024];
	void (*told)(struct manager *manager, const char *text);
};

static void
hear(uv_poll_t *poll, int status, int events)
{
	struct manager *manager = poll->data;
	size_t used = strlen(manager->heard);
	ssize_t length = recv(manager->fd, manager->heard + used,
			      sizeof(manager->heard) - used - 2, 0);

	(void)status;
	(void)events;
	assert_true(length > 0);
	manager->heard[used + (size_t)length] = '\0';
	if (manager->told != NULL)
		manager->told(manager, manager->heard + used);
	strlcat(manager->heard, "|", sizeof(manager->heard));
}

/* A short one: a socket's path has hardly a hundred bytes. */
static void
manager_path(char path[64])
{
	snprintf(path, 64, "/tmp/outrigger-manager-%d", (int)getpid());
}

/* `name` is as in NOTIFY_SOCKET. */
static void
manager_open(struct manager *manager, struct scene *scene, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t length =
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));

	*manager = (struct manager){ .scene = scene };
	strlcpy(address.sun_path, name, sizeof(address.sun_path));
	if (*name == '@')
		address.sun_path[0] = '\0';
	manager->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(manager->fd, (struct sockaddr *)&address, length),
			 0);
	uv_poll_init(&scene->loop, &manager->poll, manager->fd);
	manager->poll.data = manager;
	uv_poll_start(&manager->poll, UV_READABLE, hear);
	uv_unref((uv_handle_t *)&manager->poll);
	setenv("NOTIFY_SOCKET", name, 1);
}

static void
manager_close(struct manager *manager)
{
	unlink(getenv("NOTIFY_SOCKET"));
	unsetenv("NOTIFY_SOCKET");
	uv_close((uv_handle_t *)&manager->poll, NULL);
	uv_run(&manager->scene->loop, UV_RUN_NOWAIT);
	close(manager->fd);
}

/* What is still in the socket when the server has gone. */
static void
hear_rest(struct manager *manager)
{
	uv_run(&manager->scene->loop, UV_RUN_NOWAIT);
	uv_run(&manager->scene->loop, UV_RUN_NOWAIT);
}

static struct actor *
alone(struct scene *scene)
{
	scene_open(scene);
	make_server(scene, 1, (struct raft_server_create){ 0 });
	return &scene->actors[1];
}

static bool
run(struct scene *scene, struct actor *actor, bool is_attached)
{
	char error[RAFT_SERVER_ERROR_BYTES] = "";
	bool well;

	if (is_attached) {
		start(scene, 1);
		await_leader(scene);
	} else {
		actor->server = raft_server_open(
		    actor->folder, &scene->options, &scene_machine,
		    &actor->machine, error, sizeof(error));
		assert_non_null(actor->server);
	}
	well =
	    raft_server_run(actor->server, &scene->loop, error, sizeof(error));
	actor->server = NULL;
	return well;
}

/* ----------------------------------------------------------------- the manager */

static void
end_when_led(struct manager *manager, const char *text)
{
	(void)manager;
	if (strstr(text, "STATUS=server 1 leads, term ") != NULL)
		kill(getpid(), SIGTERM);
}

static size_t
times(const char *text, const char *part)
{
	size_t count = 0;

	while ((text = strstr(text, part)) != NULL) {
		text += strlen(part);
		count++;
	}
	return count;
}

/** The next that is opened gets its number. */
static int
least_descriptor(void)
{
	int fd = dup(STDIN_FILENO);

	close(fd);
	return fd;
}

static void
what_the_manager_was_told_leaves_nothing_open(void **state)
{
	struct manager manager;
	struct scene scene;
	char name[64];
	int before;

	(void)state;
	alone(&scene);
	manager_path(name);
	manager_open(&manager, &scene, name);
	before = least_descriptor();
	raft__notify("STATUS=one");
	raft__notify("STATUS=two");
	assert_int_equal(least_descriptor(), before);
	for (int i = 0; i < 2; i++)
		hear(&manager.poll, 0, UV_READABLE);
	assert_string_equal(manager.heard, "STATUS=one|STATUS=two|");
	manager_close(&manager);
	scene_close(&scene);
}

static void
the_service_manager_hears_who_leads_and_of_the_end(void **state)
{
	static const char *const first[] = {
		"READY=1\nSTATUS=no leader, term ",
		"READY=1\nSTATUS=server 1 leads, term ",
	};
	char name[2][64];
	struct manager manager;
	struct scene scene;
	struct actor *actor = alone(&scene);

	(void)state;
	manager_path(name[0]);
	snprintf(name[1], sizeof(name[1]), "@outrigger-%d", (int)getpid());
	for (size_t i = 0; i < 2; i++) {
		manager_open(&manager, &scene, name[i]);
		manager.told = end_when_led;
		/* The second time it leads already when it is run. */
		assert_true(run(&scene, actor, i == 1));
		hear_rest(&manager);
		assert_memory_equal(manager.heard, first[i], strlen(first[i]));
		assert_int_equal(
		    times(manager.heard, "STATUS=server 1 leads, term "), 1);
		/* Of other events there is nothing to be said. */
		assert_int_equal(times(manager.heard, "STATUS=no leader"),
				 i == 0);
		assert_non_null(strstr(manager.heard, "|STOPPING=1\n|"));
		/* Once, and nothing follows. */
		assert_string_equal(strstr(manager.heard, "STOPPING=1\n|"),
				    "STOPPING=1\n|");
		manager_close(&manager);
	}
	scene_close(&scene);
}

static void
end_when_ready(struct manager *manager, const char *text)
{
	assert_memory_equal(text, "READY=1\n", 8);
	manager->told = NULL;
	kill(getpid(), SIGTERM);
}

/* Whoever leads hands over first, which takes a while. */
static void
the_end_is_told_when_it_begins(void **state)
{
	char name[64], error[RAFT_SERVER_ERROR_BYTES] = "";
	struct manager manager;
	struct scene scene;
	struct actor *actor;
	const char *end;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 3);
	for (uint64_t id = 1; id <= 3; id++)
		start(&scene, id);
	await_leader(&scene);
	actor = &scene.actors[leader(&scene)];
	manager_path(name);
	manager_open(&manager, &scene, name);
	manager.told = end_when_ready;
	assert_true(raft_server_run(actor->server, &scene.loop, error,
				    sizeof(error)));
	actor->server = NULL;
	hear_rest(&manager);
	/* Of nobody else's leading any more. */
	end = strchr(manager.heard, '|');
	assert_non_null(end);
	assert_string_equal(end, "|STOPPING=1\n|");
	manager_close(&manager);
	scene_close(&scene);
}

static void
end_at_once(struct manager *manager, const char *text)
{
	assert_string_equal(text, "READY=1\nSTATUS=no leader, term 1\n");
	manager->told = NULL;
	kill(getpid(), SIGTERM);
}

/* Whoever starts a cluster's machines one by one waits for none of the others. */
static void
one_that_waits_for_the_others_is_ready(void **state)
{
	char name[64];
	struct manager manager;
	struct scene scene;

	(void)state;
	scene_open(&scene);
	scene.election_timeout_us = 30000000;
	make_first(&scene, 2);
	manager_path(name);
	manager_open(&manager, &scene, name);
	manager.told = end_at_once;
	assert_true(run(&scene, &scene.actors[1], false));
	hear_rest(&manager);
	assert_non_null(strstr(manager.heard, "|STOPPING=1\n|"));
	manager_close(&manager);
	scene_close(&scene);
}

/* ------------------------------------------------------------------- signals */

/** What is to be done, one after the other, each as soon as it can be. */
struct plan {
	struct scene *scene;
	uv_timer_t timer;
	int number;
	int step;
	/** Since when it should have ended. */
	uint64_t signalled_at;
	struct wish wish;
	struct manager *manager;
};

static void
plan_begin(struct plan *plan, struct scene *scene,
	   void (*step)(uv_timer_t *timer))
{
	plan->scene = scene;
	plan->timer.data = plan;
	uv_timer_init(&scene->loop, &plan->timer);
	uv_timer_start(&plan->timer, step, 10, 10);
}

static void
plan_end(struct plan *plan)
{
	uv_close((uv_handle_t *)&plan->timer, NULL);
	uv_run(&plan->scene->loop, UV_RUN_NOWAIT);
}

static void
raise_signal(uv_timer_t *timer)
{
	struct plan *plan = timer->data;

	kill(getpid(), plan->number);
	uv_timer_stop(timer);
}

static void
a_signal_ends_a_server_that_runs(void **state)
{
	static const int numbers[] = { SIGTERM, SIGINT };
	struct scene scene;
	struct actor *actor = alone(&scene);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct plan plan = { .number = numbers[i] };

		plan_begin(&plan, &scene, raise_signal);
		assert_true(run(&scene, actor, false));
		plan_end(&plan);
	}
	scene_close(&scene);
}

/* Names that are none, or that nobody listens at. */
static void
nobody_need_hear(void **state)
{
	static const char *const names[] = { "", "@", "/", "nothing",
					     "/nowhere/at/all" };
	char large[300];
	struct scene scene;
	struct actor *actor = alone(&scene);

	(void)state;
	memset(large, '/', sizeof(large));
	large[sizeof(large) - 1] = '\0';
	for (size_t i = 0; i <= sizeof(names) / sizeof(names[0]); i++) {
		struct plan plan = { .number = SIGTERM };

		setenv("NOTIFY_SOCKET",
		       i < sizeof(names) / sizeof(names[0]) ? names[i] : large,
		       1);
		plan_begin(&plan, &scene, raise_signal);
		assert_true(run(&scene, actor, false));
		plan_end(&plan);
	}
	unsetenv("NOTIFY_SOCKET");
	scene_close(&scene);
}

/* server.conf is damaged, then mended; the server lives through both. */
static void
hang_up(uv_timer_t *timer)
{
	struct plan *plan = timer->data;
	struct actor *actor = &plan->scene->actors[1];
	const char *said = actor->said[RAFT_SERVER_EVENT_TLS];
	char command[2 * PATH_MAX];

	if (plan->step == 0 && status_of(plan->scene, 1).raft.leader == 1) {
		snprintf(command, sizeof(command),
			 "echo nonsense >>%s/server.conf", actor->folder);
		assert_int_equal(system(command), 0);
		plan->step = 1;
		kill(getpid(), SIGHUP);
	} else if (plan->step == 1 && strstr(said, "nonsense") != NULL) {
		snprintf(command, sizeof(command),
			 "sed -i /^nonsense/d %s/server.conf", actor->folder);
		assert_int_equal(system(command), 0);
		actor->said[RAFT_SERVER_EVENT_TLS][0] = '\0';
		plan->manager->heard[0] = '\0';
		plan->step = 2;
		kill(getpid(), SIGHUP);
	} else if (plan->step == 2 &&
		   strstr(plan->manager->heard, "|READY=1\n") != NULL) {
		assert_memory_equal(plan->manager->heard,
				    "RELOADING=1\nMONOTONIC_USEC=", 27);
		assert_string_equal(said, "");
		plan->step = 3;
		kill(getpid(), SIGTERM);
	}
}

static void
a_hangup_reads_the_folder_again(void **state)
{
	struct manager manager;
	struct plan plan = { .manager = &manager };
	char name[64];
	struct scene scene;
	struct actor *actor = alone(&scene);

	(void)state;
	manager_path(name);
	manager_open(&manager, &scene, name);
	plan_begin(&plan, &scene, hang_up);
	assert_true(run(&scene, actor, false));
	assert_int_equal(plan.step, 3);
	plan_end(&plan);
	manager_close(&manager);
	scene_close(&scene);
}

/* A leader that has something under way, and nobody to commit it with, waits for two
 * election timeouts, here a minute, unless it is told twice. */
static void
tell_twice(uv_timer_t *timer)
{
	struct plan *plan = timer->data;
	struct scene *scene = plan->scene;

	if (plan->step == 0 && leader(scene) == 1) {
		/* The loop turns meanwhile. */
		uv_timer_stop(timer);
		cut_off(scene, 2);
		propose(scene, 1, "1", 0, 0, &plan->wish);
		plan->step = 1;
		uv_timer_again(timer);
	} else if (plan->step == 1) {
		kill(getpid(), SIGTERM);
		plan->signalled_at = uv_hrtime();
		plan->step = 2;
	} else if (plan->step == 2 &&
		   uv_hrtime() - plan->signalled_at > 300000000) {
		assert_false(plan->wish.ended);
		kill(getpid(), SIGTERM);
		plan->step = 3;
	}
}

static void
a_second_signal_waits_for_nothing(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES] = "";
	struct plan plan = { 0 };
	struct scene scene;

	(void)state;
	scene_open(&scene);
	scene.election_timeout_us = 30000000;
	make_first(&scene, 2);
	start(&scene, 2);
	start(&scene, 1);
	assert_int_equal(raft_campaign(raft_server_raft(scene.actors[1].server),
				       raft_node_loop_now()),
			 RAFT_OK);
	plan_begin(&plan, &scene, tell_twice);
	if (!raft_server_run(scene.actors[1].server, &scene.loop, error,
			     sizeof(error)))
		fail_msg("%s", error);
	scene.actors[1].server = NULL;
	assert_int_equal(plan.step, 3);
	assert_in_range(uv_hrtime() - plan.signalled_at, 300000000,
			20000000000);
	assert_int_equal(plan.wish.result, RAFT_SERVER_UNKNOWN);
	plan_end(&plan);
	scene_close(&scene);
}

/* ------------------------------------------------------- closed by the program */

static void
count_end(void *context)
{
	++*(size_t *)context;
}

/** Who closes it by itself, and how often. */
struct closer {
	struct plan plan;
	bool has_callback;
	size_t ended;
};

/* Alone it leads soon. One that does not end is a failure, not a test for ever. */
static void
close_by_hand(uv_timer_t *timer)
{
	struct closer *closer = timer->data;
	struct plan *plan = &closer->plan;
	struct raft_server *server = plan->scene->actors[1].server;

	if (plan->step == 0 && status_of(plan->scene, 1).raft.leader == 1) {
		raft_server_close(server,
				  closer->has_callback ? count_end : NULL,
				  &closer->ended);
		/* A second one that has nobody to tell takes nobody's word. */
		raft_server_close(server, NULL, NULL);
		plan->signalled_at = uv_hrtime();
		plan->step = 1;
	} else if (plan->step == 1 && uv_hrtime() - plan->signalled_at >
					  (uint64_t)PATIENCE_MS * 1000000) {
		fail_msg("raft_server_run does not return");
	}
}

static void
it_returns_when_the_program_closes_the_server(void **state)
{
	struct scene scene;
	struct actor *actor = alone(&scene);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct closer closer = { .has_callback = i == 1 };

		plan_begin(&closer.plan, &scene, close_by_hand);
		closer.plan.timer.data = &closer;
		assert_true(run(&scene, actor, false));
		assert_int_equal(closer.plan.step, 1);
		assert_int_equal(closer.ended, closer.has_callback);
		plan_end(&closer.plan);
	}
	scene_close(&scene);
}

/* `rounds` of the loop after it was told to close, it is run: on no loop in
 * particular, which is its own. */
static void
run_one_that_leaves(struct scene *scene, size_t rounds)
{
	struct actor *actor = &scene->actors[1];
	char error[RAFT_SERVER_ERROR_BYTES] = "";
	size_t ended = 0;

	start(scene, 1);
	if (rounds % 2 == 0)
		await_leader(scene);
	raft_server_close(actor->server, count_end, &ended);
	for (size_t i = 0; i < rounds && ended == 0; i++)
		uv_run(&scene->loop, UV_RUN_NOWAIT);
	if (ended == 0 &&
	    !raft_server_run(actor->server, NULL, error, sizeof(error)))
		fail_msg("%s", error);
	actor->server = NULL;
	assert_int_equal(ended, 1);
}

static void
one_that_leaves_already_is_run_to_its_end(void **state)
{
	struct scene scene;

	(void)state;
	alone(&scene);
	for (size_t rounds = 0; rounds < 4; rounds++)
		run_one_that_leaves(&scene, rounds);
	scene_close(&scene);
}

/* ------------------------------------------------------------ what may be lacking */

/** Of the handles for signals so many can be made, or started; -1: all. */
static int inits = -1, starts = -1;

int
uv_signal_init(uv_loop_t *loop, uv_signal_t *handle)
{
	static int (*own)(uv_loop_t * loop, uv_signal_t * handle);

	if (own == NULL)
		*(void **)&own = dlsym(RTLD_NEXT, "uv_signal_init");
	if (inits == 0)
		return UV_EMFILE;
	inits -= inits > 0;
	return own(loop, handle);
}

int
uv_signal_start(uv_signal_t *handle, uv_signal_cb called, int number)
{
	static int (*own)(uv_signal_t * handle, uv_signal_cb called,
			  int number);

	if (own == NULL)
		*(void **)&own = dlsym(RTLD_NEXT, "uv_signal_start");
	if (starts == 0)
		return UV_EINVAL;
	starts -= starts > 0;
	return own(handle, called, number);
}

static void
without_signals_it_does_not_run(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES];
	struct raft_server *server;
	struct scene scene;
	struct actor *actor;

	(void)state;
	for (int can = 0; can < 6; can++) {
		actor = alone(&scene);
		server = raft_server_open(actor->folder, &scene.options,
					  &scene_machine, &actor->machine,
					  error, sizeof(error));
		assert_non_null(server);
		*(can < 3 ? &inits : &starts) = can % 3;
		assert_false(
		    raft_server_run(server, &scene.loop, error, sizeof(error)));
		inits = starts = -1;
		assert_string_equal(error, "signals cannot be waited for");
		scene_close(&scene);
	}
}

static void
without_files_for_a_loop_it_does_not_run(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES];
	struct rlimit before, none;
	struct scene scene;
	struct actor *actor = alone(&scene);
	struct raft_server *server;

	(void)state;
	server = raft_server_open(actor->folder, &scene.options, &scene_machine,
				  &actor->machine, error, sizeof(error));
	assert_non_null(server);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_false(raft_server_run(server, NULL, error, sizeof(error)));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_string_equal(error, "no loop");
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_service_manager_hears_who_leads_and_of_the_end),
		cmocka_unit_test(what_the_manager_was_told_leaves_nothing_open),
		cmocka_unit_test(the_end_is_told_when_it_begins),
		cmocka_unit_test(one_that_waits_for_the_others_is_ready),
		cmocka_unit_test(nobody_need_hear),
		cmocka_unit_test(a_signal_ends_a_server_that_runs),
		cmocka_unit_test(a_hangup_reads_the_folder_again),
		cmocka_unit_test(a_second_signal_waits_for_nothing),
		cmocka_unit_test(it_returns_when_the_program_closes_the_server),
		cmocka_unit_test(one_that_leaves_already_is_run_to_its_end),
		cmocka_unit_test(without_signals_it_does_not_run),
		cmocka_unit_test(without_files_for_a_loop_it_does_not_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
