/*
 * Parts that a program adds to a server.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdatomic.h>

#include "tests/unit/server_scene.h"

/** A part with a timer, and a thread that posts until it is told to end. */
struct watch {
	struct raft_server_part part;
	uv_timer_t timer;
	uv_thread_t thread;
	atomic_bool ends;
	size_t posted, called, ticks, events;
	bool refuses, attached, closed, gone;
	/** What of the part's asks had ended when it was told to close. */
	struct wish *wish;
};

static void
watch_tick(uv_timer_t *timer)
{
	((struct watch *)timer->data)->ticks++;
}

static void
called(struct raft_server *server, void *context)
{
	struct raft_server_status status;
	struct raft_server_member member;

	raft_server_status(server, &status);
	(void)raft_server_member(server, 0, &member);
	((struct watch *)context)->called++;
}

static void
post_on(void *context)
{
	struct watch *watch = context;

	while (!atomic_load(&watch->ends)) {
		watch->posted +=
		    raft_server_post(watch->part.server, called, watch);
		usleep(100);
	}
}

static bool
attached(struct raft_server_part *part, uv_loop_t *loop, char *error,
	 size_t size)
{
	struct watch *watch = part->context;

	if (watch->refuses) {
		strlcpy(error, "no watch today", size);
		return false;
	}
	assert_ptr_equal(loop, raft_server_loop(part->server));
	watch->attached = true;
	watch->timer.data = watch;
	uv_timer_init(loop, &watch->timer);
	uv_timer_start(&watch->timer, watch_tick, 1, 1);
	uv_thread_create(&watch->thread, post_on, watch);
	return true;
}

static void
timer_gone(uv_handle_t *handle)
{
	struct watch *watch = handle->data;

	watch->gone = true;
	raft_server_part_gone(&watch->part);
}

static void
closing(struct raft_server_part *part)
{
	struct watch *watch = part->context;

	assert_false(watch->closed);
	watch->closed = true;
	assert_true(watch->wish == NULL || watch->wish->ended);
	if (!watch->attached) {
		watch->gone = true;
		raft_server_part_gone(part);
		return;
	}
	atomic_store(&watch->ends, true);
	uv_thread_join(&watch->thread);
	uv_close((uv_handle_t *)&watch->timer, timer_gone);
}

static void
heard(struct raft_server_part *part, const struct raft_server_event *event)
{
	((struct watch *)part->context)->events += event->text[0] != '\0';
}

static struct raft_server_part *
set_up(struct watch *watch)
{
	*watch = (struct watch){
		.part.attached = attached,
		.part.closing = closing,
		.part.event = heard,
		.part.context = watch,
	};
	return &watch->part;
}

static struct actor *
alone(struct scene *scene)
{
	struct actor *actor = &scene->actors[1];
	char error[RAFT_SERVER_ERROR_BYTES];

	scene_open(scene);
	make_server(scene, 1, (struct raft_server_create){ 0 });
	actor->server =
	    raft_server_open(actor->folder, &scene->options, &scene_machine,
			     &actor->machine, error, sizeof(error));
	assert_non_null(actor->server);
	assert_string_equal(raft_server_folder(actor->server), actor->folder);
	assert_null(raft_server_loop(actor->server));
	return actor;
}

static void
parts_live_as_long_as_the_server(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES];
	struct watch early, late;
	struct wish wish;
	struct scene scene;
	struct actor *actor = alone(&scene);

	(void)state;
	assert_true(raft_server_part_add(actor->server, set_up(&early), error,
					 sizeof(error)));
	assert_false(early.attached);
	assert_true(raft_server_attach(actor->server, &scene.loop, error,
				       sizeof(error)));
	assert_true(early.attached);
	assert_true(raft_server_part_add(actor->server, set_up(&late), error,
					 sizeof(error)));
	assert_true(late.attached);
	assert_string_equal(add(&scene, 1, "1").answer, "1");
	assert_true(run_until(&scene.loop, early.ticks > 3 && late.ticks > 3,
			      PATIENCE_MS));
	assert_true(early.events > 0);
	/* What a part has asked for ends before the part does. */
	early.wish = &wish;
	propose(&scene, 1, "1", 0, 0, &wish);
	cut_off(&scene, 1);
	assert_true(early.gone && late.gone);
	assert_true(early.posted > 0);
	assert_int_equal(early.called, early.posted);
	assert_int_equal(late.called, late.posted);
	scene_close(&scene);
}

static void
a_part_that_refuses_is_told_to_close_all_the_same(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES];
	struct watch first, second;
	struct scene scene;
	struct actor *actor = alone(&scene);

	(void)state;
	assert_true(raft_server_part_add(actor->server, set_up(&first), error,
					 sizeof(error)));
	assert_true(raft_server_part_add(actor->server, set_up(&second), error,
					 sizeof(error)));
	second.refuses = true;
	assert_false(raft_server_attach(actor->server, &scene.loop, error,
					sizeof(error)));
	assert_string_equal(error, "no watch today");
	raft_server_close(actor->server, now_closed, actor);
	assert_true(run_until(&scene.loop, actor->server == NULL, PATIENCE_MS));
	assert_true(first.gone && second.gone);
	scene_close(&scene);
}

static void
one_that_is_added_late_and_refuses_is_not_added(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES];
	struct watch watch;
	struct scene scene;
	struct actor *actor = alone(&scene);

	(void)state;
	assert_true(raft_server_attach(actor->server, &scene.loop, error,
				       sizeof(error)));
	set_up(&watch);
	watch.refuses = true;
	assert_false(raft_server_part_add(actor->server, &watch.part, error,
					  sizeof(error)));
	assert_string_equal(error, "no watch today");
	assert_string_equal(add(&scene, 1, "1").answer, "1");
	stop(&scene, 1);
	assert_false(watch.closed);
	assert_int_equal(watch.events, 0);
	scene_close(&scene);
}

static void
parts_of_a_server_that_was_never_attached_end_with_it(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES];
	struct watch watch;
	struct scene scene;
	struct actor *actor = alone(&scene);

	(void)state;
	assert_true(raft_server_part_add(actor->server, set_up(&watch), error,
					 sizeof(error)));
	/* What was posted is called all the same, and may look at the server. */
	assert_true(raft_server_post(actor->server, called, &watch));
	raft_server_close(actor->server, now_closed, actor);
	assert_null(actor->server);
	assert_int_equal(watch.called, 1);
	assert_true(watch.gone && !watch.attached);
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_live_as_long_as_the_server),
		cmocka_unit_test(
		    a_part_that_refuses_is_told_to_close_all_the_same),
		cmocka_unit_test(
		    one_that_is_added_late_and_refuses_is_not_added),
		cmocka_unit_test(
		    parts_of_a_server_that_was_never_attached_end_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
