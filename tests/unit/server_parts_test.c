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

static struct actor *
attached_alone(struct scene *scene)
{
	struct actor *actor = alone(scene);
	char error[RAFT_SERVER_ERROR_BYTES];

	assert_true(raft_server_attach(actor->server, &scene->loop, error,
				       sizeof(error)));
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
	struct actor *actor = attached_alone(&scene);

	(void)state;
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

static void
none_is_added_to_one_that_was_told_to_close(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES];
	struct watch watch;
	struct wish wish;
	struct scene scene;
	struct actor *actor = attached_alone(&scene);

	(void)state;
	await_leader(&scene);
	/* It leaves, and cannot yet: this has not ended. */
	propose(&scene, 1, "1", 0, 0, &wish);
	raft_server_close(actor->server, now_closed, actor);
	for (size_t i = 0; i < 2; i++) {
		assert_false(raft_server_part_add(actor->server, set_up(&watch),
						  error, sizeof(error)));
		assert_string_equal(error, "the server is closing");
		assert_false(watch.attached);
		uv_run(&scene.loop, UV_RUN_NOWAIT);
		if (actor->server == NULL)
			break;
	}
	assert_true(run_until(&scene.loop, actor->server == NULL, PATIENCE_MS));
	assert_false(watch.closed);
	scene_close(&scene);
}

/* ------------------------------------------------------------ asking at the end */

/** A part that is freed when it is gone, and asks for one thing after the other, from
 *  within the answers, and by calls of its thread. */
struct asker {
	struct raft_server_part part;
	uv_thread_t thread;
	atomic_bool ends;
	bool has_thread, refuses;
	/** Outside it, so that it can be looked at afterwards. */
	struct tally *tally;
};

struct tally {
	size_t asked, answered, refused;
	bool gone;
};

static void
ask_on(struct asker *asker);

static void
answered(void *context, const struct raft_server_answer *answer)
{
	struct asker *asker = context;
	struct raft_server_status status = { .cluster = "" };

	asker->tally->answered++;
	asker->tally->refused += answer->result == RAFT_SERVER_CLOSED;
	raft_server_status(asker->part.server, &status);
	assert_string_equal(status.cluster, "scene");
	if (answer->result != RAFT_SERVER_CLOSED)
		ask_on(asker);
}

static void
ask_on(struct asker *asker)
{
	asker->tally->asked++;
	raft_server_propose(
	    asker->part.server,
	    &(struct raft_server_command){ .data = "1", .length = 1 }, answered,
	    asker);
}

static void
ask_by_call(struct raft_server *server, void *context)
{
	struct asker *asker = context;

	assert_ptr_equal(server, asker->part.server);
	ask_on(asker);
}

static void
post_asks(void *context)
{
	struct asker *asker = context;

	while (!atomic_load(&asker->ends)) {
		(void)!raft_server_post(asker->part.server, ask_by_call, asker);
		usleep(50);
	}
}

static bool
asker_attached(struct raft_server_part *part, uv_loop_t *loop, char *error,
	       size_t size)
{
	struct asker *asker = part->context;

	(void)loop;
	if (asker->refuses) {
		strlcpy(error, "nothing to ask", size);
		return false;
	}
	if (asker->has_thread)
		uv_thread_create(&asker->thread, post_asks, asker);
	return true;
}

static void
asker_closing(struct raft_server_part *part)
{
	struct asker *asker = part->context;

	if (asker->has_thread) {
		/* Calls come until it has ended. */
		usleep(1000);
		atomic_store(&asker->ends, true);
		uv_thread_join(&asker->thread);
	}
	raft_server_part_gone(part);
	asker->tally->gone = true;
	free(asker);
}

static struct asker *
add_asker(struct actor *actor, struct tally *tally, bool has_thread)
{
	struct asker *asker = calloc(1, sizeof(*asker));
	char error[RAFT_SERVER_ERROR_BYTES];

	*tally = (struct tally){ 0 };
	asker->part.attached = asker_attached;
	asker->part.closing = asker_closing;
	asker->part.context = asker;
	asker->tally = tally;
	asker->has_thread = has_thread;
	assert_true(raft_server_part_add(actor->server, &asker->part, error,
					 sizeof(error)));
	return asker;
}

/* All that was asked was answered, and at last refused, before the part was gone. */
static void
has_ended(const struct tally *tally)
{
	assert_true(tally->gone);
	assert_true(tally->refused > 0);
	assert_int_equal(tally->answered, tally->asked);
}

static void
what_is_asked_at_the_end_is_refused_before_the_part_is_gone(void **state)
{
	struct tally tally[2];
	struct scene scene;
	struct actor *actor = attached_alone(&scene);

	(void)state;
	await_leader(&scene);
	ask_on(add_asker(actor, &tally[0], false));
	add_asker(actor, &tally[1], true);
	assert_true(run_until(&scene.loop,
			      tally[0].answered > 3 && tally[1].answered > 3,
			      PATIENCE_MS));
	/* The second time it waits for nothing. */
	raft_server_close(actor->server, now_closed, actor);
	raft_server_close(actor->server, NULL, NULL);
	assert_true(run_until(&scene.loop, actor->server == NULL, PATIENCE_MS));
	has_ended(&tally[0]);
	has_ended(&tally[1]);
	scene_close(&scene);
}

/* It was attached half-way, and its loop runs on: calls are made all the same. */
static void
what_is_asked_of_one_that_could_not_be_attached_is_refused(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES];
	struct tally tally;
	struct scene scene;
	struct actor *actor = alone(&scene);
	struct asker *asker = add_asker(actor, &tally, false);

	(void)state;
	asker->refuses = true;
	assert_true(raft_server_post(actor->server, ask_by_call, asker));
	assert_false(raft_server_attach(actor->server, &scene.loop, error,
					sizeof(error)));
	assert_string_equal(error, "nothing to ask");
	assert_true(run_until(&scene.loop, tally.asked > 0, PATIENCE_MS));
	raft_server_close(actor->server, now_closed, actor);
	assert_true(run_until(&scene.loop, actor->server == NULL, PATIENCE_MS));
	has_ended(&tally);
	scene_close(&scene);
}

static void
what_is_asked_of_one_that_was_never_attached_is_refused(void **state)
{
	struct tally tally;
	struct scene scene;
	struct actor *actor = alone(&scene);

	(void)state;
	assert_true(raft_server_post(actor->server, ask_by_call,
				     add_asker(actor, &tally, false)));
	raft_server_close(actor->server, now_closed, actor);
	assert_null(actor->server);
	has_ended(&tally);
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
		cmocka_unit_test(none_is_added_to_one_that_was_told_to_close),
		cmocka_unit_test(
		    what_is_asked_at_the_end_is_refused_before_the_part_is_gone),
		cmocka_unit_test(
		    what_is_asked_of_one_that_could_not_be_attached_is_refused),
		cmocka_unit_test(
		    what_is_asked_of_one_that_was_never_attached_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
