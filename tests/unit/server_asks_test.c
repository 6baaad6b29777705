/*
 * What becomes of an ask (assists/server/asks.h): of each thing that can happen to it
 * whether it has ended, is tried again, or waits as before.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A server alone, whose loop stands still: an ask is put into a state by hand, one
 * thing happens, and it is looked at.
 */
#include "tests/unit/server_scene.h"

#include "assists/server/inside.h"

/** Until the next attempt. */
#define RETRY_US 20000

/** What an ask is; beside it, that it is in doubt from before. */
enum {
	PLAIN = 0,
	SESSION = 1,
	DOUBTED = 2,
	OF_ANOTHER = 4,
};

static struct asks *
asks_of(struct scene *scene)
{
	return &scene->actors[1].server->asks;
}

static void
alone(struct scene *scene)
{
	scene_open(scene);
	make_first(scene, 1);
	start(scene, 1);
	assert_string_equal(add(scene, 1, "1").answer, "1");
}

static struct ask *
begin(struct scene *scene, enum ask_kind kind, enum ask_state state,
      unsigned int what)
{
	enum raft_server_result result;
	struct ask *ask =
	    raft__asks_begin(scene->actors[1].server, kind, 1000000, &result);

	assert_non_null(ask);
	assert_int_equal(ask->deadline, ask->asked_at + 1000000);
	ask->has_session = (what & SESSION) != 0;
	ask->in_doubt = (what & DOUBTED) != 0;
	ask->origin = (what & OF_ANOTHER) != 0 ? 3 : 0;
	ask->to = 2;
	ask->entry = (struct raft_entry_id){ .index = 100, .term = 5 };
	ask->next_at = UINT64_MAX;
	raft__asks_move(asks_of(scene), ask, state);
	return ask;
}

/* It is of no use any more. */
static void
end(struct scene *scene, struct ask *ask)
{
	if (ask->state != ASK_ENDED)
		raft__asks_end(scene->actors[1].server, ask, RAFT_SERVER_CLOSED,
			       NULL, NULL, 0);
	ask->origin = 0;
	raft__asks_deliver(scene->actors[1].server, raft__server_now());
	assert_int_equal(asks_of(scene)->count, 0);
}

#define assert_waits(ask, doubted)                                             \
	do {                                                                   \
		assert_int_equal((ask)->state, ASK_WAITING);                   \
		assert_int_equal((ask)->in_doubt, doubted);                    \
		assert_true((ask)->next_at >= (ask)->asked_at + RETRY_US);     \
		assert_true((ask)->next_at <= raft__server_now() + RETRY_US);  \
	} while (0)

#define assert_ended(ask, with)                                                \
	do {                                                                   \
		assert_int_equal((ask)->state, ASK_ENDED);                     \
		assert_int_equal((ask)->answer.result, with);                  \
	} while (0)

/* ---------------------------------------------------------- another's answer */

static struct ask *
answered(struct scene *scene, unsigned int what, uint64_t by,
	 enum raft_server_result result)
{
	struct ask *ask = begin(scene, ASK_COMMAND, ASK_FORWARDED, what);

	raft__asks_answered(
	    scene->actors[1].server, ask, by,
	    &(struct raft_server_answer){
		.result = result, .data = "sum", .length = 3, .index = 77 });
	return ask;
}

static void
what_surely_is_not_done_is_tried_again(void **state)
{
	static const enum raft_server_result results[] = {
		RAFT_SERVER_NO_LEADER, RAFT_SERVER_OVERLOADED,
		RAFT_SERVER_NO_MEMORY, RAFT_SERVER_CLOSED
	};
	struct scene scene;
	struct ask *ask;

	(void)state;
	alone(&scene);
	for (size_t i = 0; i < 4; i++) {
		ask = answered(&scene, PLAIN, 2, results[i]);
		assert_waits(ask, false);
		end(&scene, ask);
		/* Not for an answer that was late. */
		ask = answered(&scene, PLAIN, 4, results[i]);
		assert_int_equal(ask->state, ASK_FORWARDED);
		end(&scene, ask);
		ask = begin(&scene, ASK_COMMAND, ASK_PROPOSED, PLAIN);
		raft__asks_answered(
		    scene.actors[1].server, ask, 2,
		    &(struct raft_server_answer){ .result = results[i] });
		assert_int_equal(ask->state, ASK_PROPOSED);
		end(&scene, ask);
	}
	scene_close(&scene);
}

static void
what_may_be_done_is_unknown_or_of_a_session(void **state)
{
	struct scene scene;
	struct ask *ask;

	(void)state;
	alone(&scene);
	ask = answered(&scene, PLAIN, 2, RAFT_SERVER_UNKNOWN);
	assert_ended(ask, RAFT_SERVER_UNKNOWN);
	end(&scene, ask);
	ask = answered(&scene, SESSION, 2, RAFT_SERVER_UNKNOWN);
	assert_waits(ask, true);
	end(&scene, ask);
	for (unsigned int what = PLAIN; what <= SESSION; what++) {
		ask = answered(&scene, what, 4, RAFT_SERVER_UNKNOWN);
		assert_int_equal(ask->state, ASK_FORWARDED);
		assert_false(ask->in_doubt);
		end(&scene, ask);
	}
	ask = answered(&scene, PLAIN, 2, RAFT_SERVER_NO_ROOM);
	assert_ended(ask, RAFT_SERVER_NO_ROOM);
	end(&scene, ask);
	ask = answered(&scene, SESSION | DOUBTED, 2, RAFT_SERVER_NO_ROOM);
	assert_ended(ask, RAFT_SERVER_UNKNOWN);
	end(&scene, ask);
	ask = answered(&scene, PLAIN, 4, RAFT_SERVER_NO_ROOM);
	assert_int_equal(ask->state, ASK_FORWARDED);
	end(&scene, ask);
	scene_close(&scene);
}

/* Whoever says so, and however late. */
static void
what_is_done_is_done(void **state)
{
	static const enum raft_server_result results[] = {
		RAFT_SERVER_OK, RAFT_SERVER_TOO_LARGE, RAFT_SERVER_STALE,
		RAFT_SERVER_EXPIRED, RAFT_SERVER_REFUSED
	};
	struct scene scene;
	struct ask *ask;

	(void)state;
	alone(&scene);
	for (size_t i = 0; i < 5; i++) {
		ask = answered(&scene, PLAIN, i % 2 == 0 ? 2 : 4, results[i]);
		assert_ended(ask, results[i]);
		assert_int_equal(ask->answer.length, 3);
		assert_memory_equal(ask->answer.data, "sum", 3);
		assert_int_equal(ask->answer.index, i == 0 ? 77 : 0);
		end(&scene, ask);
	}
	scene_close(&scene);
}

/* ------------------------------------------------------ who it depends on goes */

static void
with_a_dead_process_its_answers_are_gone(void **state)
{
	struct scene scene;
	struct ask *ask;

	(void)state;
	alone(&scene);
	ask = begin(&scene, ASK_COMMAND, ASK_FORWARDED, PLAIN);
	raft__asks_closed(scene.actors[1].server, 4);
	assert_int_equal(ask->state, ASK_FORWARDED);
	raft__asks_closed(scene.actors[1].server, 2);
	assert_ended(ask, RAFT_SERVER_UNKNOWN);
	end(&scene, ask);
	ask = begin(&scene, ASK_COMMAND, ASK_FORWARDED, SESSION);
	raft__asks_closed(scene.actors[1].server, 4);
	assert_int_equal(ask->state, ASK_FORWARDED);
	raft__asks_closed(scene.actors[1].server, 2);
	assert_waits(ask, true);
	end(&scene, ask);
	scene_close(&scene);
}

static void
of_another_leader_a_session_asks_again(void **state)
{
	struct scene scene;
	struct ask *ask;

	(void)state;
	alone(&scene);
	asks_of(&scene)->is_eager = false;
	for (unsigned int what = PLAIN; what <= SESSION; what++) {
		ask = begin(&scene, ASK_COMMAND, ASK_FORWARDED, what);
		raft__asks_leader(scene.actors[1].server, 0);
		assert_int_equal(ask->state, ASK_FORWARDED);
		assert_false(asks_of(&scene)->is_eager);
		raft__asks_leader(scene.actors[1].server, 2);
		assert_int_equal(ask->state, ASK_FORWARDED);
		assert_true(asks_of(&scene)->is_eager);
		raft__asks_leader(scene.actors[1].server, 4);
		if (what == SESSION)
			assert_waits(ask, true);
		else
			assert_int_equal(ask->state, ASK_FORWARDED);
		end(&scene, ask);
		asks_of(&scene)->is_eager = false;
	}
	scene_close(&scene);
}

/* ---------------------------------------------------------- what the log says */

static void
what_a_snapshot_stands_for_is_unknown(void **state)
{
	struct scene scene;
	struct ask *ask;

	(void)state;
	alone(&scene);
	for (unsigned int what = PLAIN; what <= OF_ANOTHER + SESSION; what++) {
		if ((what & DOUBTED) != 0)
			continue;
		ask = begin(&scene, ASK_COMMAND, ASK_PROPOSED, what);
		raft__asks_skipped(scene.actors[1].server, 99);
		assert_int_equal(ask->state, ASK_PROPOSED);
		raft__asks_skipped(scene.actors[1].server, 100);
		if (what == SESSION)
			assert_waits(ask, true);
		else
			assert_ended(ask, RAFT_SERVER_UNKNOWN);
		end(&scene, ask);
	}
	scene_close(&scene);
}

static struct ask *
with_outcome(struct scene *scene, unsigned int what,
	     enum raft_outcome_kind kind, uint64_t term, uint64_t first,
	     uint64_t last)
{
	struct ask *ask = begin(scene, ASK_COMMAND, ASK_PROPOSED, what);

	raft__asks_outcome(scene->actors[1].server,
			   &(struct raft_outcome){ .kind = kind,
						   .term = term,
						   .range = { first, last } });
	return ask;
}

static void
what_is_lost_is_tried_again(void **state)
{
	static const struct {
		uint64_t term, first, last;
	} others[] = { { 4, 100, 100 }, { 5, 101, 200 }, { 5, 1, 99 } };
	struct scene scene;
	struct ask *ask;

	(void)state;
	alone(&scene);
	for (size_t i = 0; i < 3; i++) {
		ask = with_outcome(&scene, SESSION, RAFT_OUTCOME_LOST,
				   others[i].term, others[i].first,
				   others[i].last);
		assert_int_equal(ask->state, ASK_PROPOSED);
		end(&scene, ask);
	}
	ask = with_outcome(&scene, PLAIN, RAFT_OUTCOME_LOST, 5, 100, 200);
	assert_waits(ask, false);
	end(&scene, ask);
	ask = with_outcome(&scene, PLAIN, RAFT_OUTCOME_LOST, 5, 1, 100);
	assert_waits(ask, false);
	end(&scene, ask);
	/* Who asked by another server is told there, and asks again. */
	ask = with_outcome(&scene, OF_ANOTHER, RAFT_OUTCOME_LOST, 5, 100, 100);
	assert_ended(ask, RAFT_SERVER_NO_LEADER);
	end(&scene, ask);
	ask = with_outcome(&scene, SESSION, RAFT_OUTCOME_UNKNOWN, 5, 100, 100);
	assert_waits(ask, true);
	end(&scene, ask);
	ask = with_outcome(&scene, PLAIN, RAFT_OUTCOME_UNKNOWN, 5, 100, 100);
	assert_int_equal(ask->state, ASK_PROPOSED);
	end(&scene, ask);
	ask =
	    with_outcome(&scene, SESSION, RAFT_OUTCOME_COMMITTED, 5, 100, 100);
	assert_int_equal(ask->state, ASK_PROPOSED);
	end(&scene, ask);
	scene_close(&scene);
}

static void
apply(struct scene *scene, uint64_t index, uint64_t term)
{
	raft__asks_applied(scene->actors[1].server,
			   (struct raft_entry_id){ index, term },
			   RAFT_SERVER_OK, "sum", 3);
}

static void
what_is_applied_is_answered(void **state)
{
	struct scene scene;
	struct ask *ask;
	uint64_t max;

	(void)state;
	alone(&scene);
	max = asks_of(&scene)->max;
	ask = begin(&scene, ASK_COMMAND, ASK_PROPOSED, PLAIN);
	apply(&scene, 99, 5);
	/* Of the same bucket. */
	apply(&scene, 100 + max, 5);
	assert_int_equal(ask->state, ASK_PROPOSED);
	apply(&scene, 100, 5);
	assert_ended(ask, RAFT_SERVER_OK);
	assert_int_equal(ask->answer.index, 100);
	assert_memory_equal(ask->answer.data, "sum", 4);
	end(&scene, ask);
	/* Another entry has its place. */
	ask = begin(&scene, ASK_COMMAND, ASK_PROPOSED, PLAIN);
	apply(&scene, 100, 6);
	assert_waits(ask, false);
	end(&scene, ask);
	/* A read is no command, though its name may be such a number. */
	ask = begin(&scene, ASK_READ, ASK_READING, PLAIN);
	apply(&scene, 100, 5);
	assert_int_equal(ask->state, ASK_READING);
	end(&scene, ask);
	scene_close(&scene);
}

static void
a_read_ends_when_it_may_be_answered(void **state)
{
	struct scene scene;
	struct ask *ask;

	(void)state;
	alone(&scene);
	ask = begin(&scene, ASK_READ, ASK_READING, PLAIN);
	raft__asks_read(scene.actors[1].server,
			&(struct raft_read){ .read = 101, .index = 9 });
	assert_int_equal(ask->state, ASK_READING);
	raft__asks_read(scene.actors[1].server,
			&(struct raft_read){ .read = 100, .index = 9 });
	assert_ended(ask, RAFT_SERVER_OK);
	assert_int_equal(ask->answer.index, 0);
	end(&scene, ask);
	ask = begin(&scene, ASK_READ, ASK_READING, PLAIN);
	raft__asks_read(scene.actors[1].server,
			&(struct raft_read){ .read = 100, .index = 0 });
	assert_waits(ask, false);
	end(&scene, ask);
	/* An entry of that index is another thing. */
	ask = begin(&scene, ASK_COMMAND, ASK_PROPOSED, PLAIN);
	raft__asks_read(scene.actors[1].server,
			&(struct raft_read){ .read = 100, .index = 9 });
	assert_int_equal(ask->state, ASK_PROPOSED);
	end(&scene, ask);
	scene_close(&scene);
}

/* --------------------------------------------------- what is not even begun */

static void
what_the_log_does_not_take_is_refused(void **state)
{
	static uint8_t bytes[1];
	struct scene scene;
	struct ask *ask;

	(void)state;
	alone(&scene);
	ask = begin(&scene, ASK_COMMAND, ASK_WAITING, PLAIN);
	ask->payload = (struct raft_payload){ bytes, SIZE_MAX / 2, NULL };
	raft__asks_submit(scene.actors[1].server, UINT64_MAX);
	assert_ended(ask, RAFT_SERVER_TOO_LARGE);
	end(&scene, ask);
	scene_close(&scene);
}

/* What is tried again is tried by a server that goes on. */
static void
one_that_leaves_tries_nothing_again(void **state)
{
	static const enum raft_server_result results[] = {
		RAFT_SERVER_CLOSED, RAFT_SERVER_UNKNOWN
	};
	struct scene scene;
	struct ask *ask;

	(void)state;
	alone(&scene);
	for (unsigned int doubt = 0; doubt <= 1; doubt++) {
		ask =
		    begin(&scene, ASK_COMMAND, ASK_FORWARDED, doubt * DOUBTED);
		scene.actors[1].server->state = SERVER_LEAVING;
		raft__asks_retry(scene.actors[1].server, ask);
		scene.actors[1].server->state = SERVER_RUNNING;
		assert_ended(ask, results[doubt]);
		end(&scene, ask);
	}
	scene_close(&scene);
}

/** Who asks whenever he is told. */
struct insistent {
	struct raft_server *server;
	size_t told;
	bool is_gone;
};

static void
ask_again(void *context, const struct raft_server_answer *answer)
{
	struct insistent *insistent = context;

	assert_int_equal(answer->result, RAFT_SERVER_CLOSED);
	assert_string_equal(answer->why,
			    "this server is closing, or has stopped: it was "
			    "not done");
	insistent->told++;
	raft_server_read(insistent->server, &(struct raft_server_view){ 0 },
			 ask_again, insistent);
}

static void
is_gone(void *context)
{
	((struct insistent *)context)->is_gone = true;
}

/* There would be no end. */
static void
who_asks_again_at_the_end_is_told_nothing(void **state)
{
	struct insistent insistent = { 0 };
	struct scene scene;
	char error[RAFT_SERVER_ERROR_BYTES];

	(void)state;
	scene_open(&scene);
	make_first(&scene, 1);
	insistent.server =
	    raft_server_open(scene.actors[1].folder, NULL, &scene_machine,
			     &scene.actors[1].machine, error, sizeof(error));
	assert_non_null(insistent.server);
	for (int i = 0; i < 3; i++)
		raft_server_read(insistent.server,
				 &(struct raft_server_view){ 0 }, ask_again,
				 &insistent);
	assert_int_equal(insistent.told, 0);
	raft_server_close(insistent.server, is_gone, &insistent);
	assert_int_equal(insistent.told, 3);
	assert_true(insistent.is_gone);
	scene_close(&scene);
}

/* --------------------------------------------------------------------- time */

static void
when_its_time_is_over_it_says_what_is_known(void **state)
{
	static const struct {
		enum ask_kind kind;
		enum ask_state state;
		unsigned int what;
		enum raft_server_result result;
	} cases[] = {
		{ ASK_COMMAND, ASK_WAITING, PLAIN, RAFT_SERVER_NO_LEADER },
		{ ASK_COMMAND, ASK_WAITING, DOUBTED, RAFT_SERVER_UNKNOWN },
		{ ASK_COMMAND, ASK_PROPOSED, PLAIN, RAFT_SERVER_UNKNOWN },
		{ ASK_COMMAND, ASK_FORWARDED, PLAIN, RAFT_SERVER_UNKNOWN },
		{ ASK_READ, ASK_READING, PLAIN, RAFT_SERVER_NO_LEADER },
		{ ASK_CHANGE, ASK_WAITING, PLAIN, RAFT_SERVER_NO_LEADER },
		{ ASK_CHANGE, ASK_WAITING, DOUBTED, RAFT_SERVER_UNKNOWN },
	};
	struct scene scene;
	struct ask *ask;

	(void)state;
	alone(&scene);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ask =
		    begin(&scene, cases[i].kind, cases[i].state, cases[i].what);
		raft__asks_tick(scene.actors[1].server, ask->deadline - 1);
		assert_int_equal(ask->state, cases[i].state);
		raft__asks_tick(scene.actors[1].server, ask->deadline);
		assert_ended(ask, cases[i].result);
		end(&scene, ask);
	}
	scene_close(&scene);
}

static void
in_a_session_silence_is_asked_again(void **state)
{
	struct scene scene;
	struct ask *ask;

	(void)state;
	alone(&scene);
	for (unsigned int what = PLAIN; what <= SESSION; what++) {
		ask = begin(&scene, ASK_COMMAND, ASK_FORWARDED, what);
		ask->next_at = ask->asked_at + 1000;
		raft__asks_tick(scene.actors[1].server, ask->asked_at + 999);
		assert_int_equal(ask->state, ASK_FORWARDED);
		raft__asks_tick(scene.actors[1].server, ask->asked_at + 1000);
		if (what == SESSION)
			assert_waits(ask, true);
		else
			assert_int_equal(ask->state, ASK_FORWARDED);
		end(&scene, ask);
	}
	scene_close(&scene);
}

/* ---------------------------------------------------------------- the table */

static void
as_many_as_there_is_room_for_have_numbers(void **state)
{
	enum raft_server_result result;
	struct scene scene;
	struct asks *asks;
	struct ask *ask = NULL;

	(void)state;
	alone(&scene);
	asks = asks_of(&scene);
	for (uint32_t i = 0; i < asks->max; i++) {
		ask = raft__asks_begin(scene.actors[1].server, ASK_CHANGE, 0,
				       &result);
		assert_non_null(ask);
		assert_int_equal(ask->deadline, ask->asked_at + 5000000);
		assert_ptr_equal(raft__asks_find(asks, ask->number), ask);
		assert_null(raft__asks_find(asks, ask->number + asks->max));
	}
	assert_null(
	    raft__asks_begin(scene.actors[1].server, ASK_CHANGE, 0, &result));
	assert_int_equal(result, RAFT_SERVER_OVERLOADED);
	/* What ends is answered no more, and makes room when it has been told. */
	raft__asks_end(scene.actors[1].server, ask, RAFT_SERVER_OK, NULL, NULL,
		       0);
	assert_null(raft__asks_find(asks, ask->number));
	raft__asks_deliver(scene.actors[1].server, raft__server_now());
	assert_int_equal(asks->count, asks->max - 1);
	ask = raft__asks_begin(scene.actors[1].server, ASK_CHANGE, 0, &result);
	assert_ptr_equal(raft__asks_find(asks, ask->number), ask);
	raft__asks_end_all(scene.actors[1].server);
	assert_int_equal(asks->count, 0);
	scene_close(&scene);
}

static void
an_answer_for_another_server_is_kept_until_it_can_be_said(void **state)
{
	struct scene scene;
	struct ask *ask;

	(void)state;
	alone(&scene);
	/* There is no connection with server 3. */
	ask = begin(&scene, ASK_COMMAND, ASK_PROPOSED, OF_ANOTHER);
	apply(&scene, 100, 5);
	raft__asks_deliver(scene.actors[1].server, ask->deadline - 1);
	assert_int_equal(asks_of(&scene)->count, 1);
	raft__asks_deliver(scene.actors[1].server, ask->deadline);
	assert_int_equal(asks_of(&scene)->count, 0);
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_surely_is_not_done_is_tried_again),
		cmocka_unit_test(what_may_be_done_is_unknown_or_of_a_session),
		cmocka_unit_test(what_is_done_is_done),
		cmocka_unit_test(with_a_dead_process_its_answers_are_gone),
		cmocka_unit_test(of_another_leader_a_session_asks_again),
		cmocka_unit_test(what_a_snapshot_stands_for_is_unknown),
		cmocka_unit_test(what_is_lost_is_tried_again),
		cmocka_unit_test(what_is_applied_is_answered),
		cmocka_unit_test(a_read_ends_when_it_may_be_answered),
		cmocka_unit_test(what_the_log_does_not_take_is_refused),
		cmocka_unit_test(one_that_leaves_tries_nothing_again),
		cmocka_unit_test(who_asks_again_at_the_end_is_told_nothing),
		cmocka_unit_test(when_its_time_is_over_it_says_what_is_known),
		cmocka_unit_test(in_a_session_silence_is_asked_again),
		cmocka_unit_test(as_many_as_there_is_room_for_have_numbers),
		cmocka_unit_test(
		    an_answer_for_another_server_is_kept_until_it_can_be_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
