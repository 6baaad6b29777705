/*
 * What servers say to each other, to the byte: a version that says or reads one of these
 * otherwise is none that could run beside it (assists/server/notes.c).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Server 1 of three alone, and in the place of server 2 somebody who writes down what
 * comes.
 */
#include "tests/unit/server_scene.h"

#include "assists/little_endian/little_endian.h"
#include "assists/server/inside.h"

#define NOTE_MAX 2048

/** Who stands in the place of server 2. */
struct double_of_two {
	struct scene scene;
	struct raft_server *server;
	struct raft_tcp *tcp;
	struct raft_identity self;
	/** What came last, and how much. */
	uint8_t note[NOTE_MAX];
	size_t length;
	size_t count;
	bool is_closed;
};

static void
receive(void *context, const struct raft_message *message)
{
	(void)context;
	(void)message;
}

static void
take_note(void *context, struct raft_identity from, bool guest,
	  const void *bytes, size_t length)
{
	struct double_of_two *two = context;

	assert_int_equal(from.id, 1);
	assert_false(guest);
	assert_in_range(length, 1, NOTE_MAX);
	/* What it runs comes by itself. */
	if (*(const uint8_t *)bytes == 8 && two->count == 0 &&
	    two->length != SIZE_MAX)
		return;
	memcpy(two->note, bytes, length);
	two->length = length;
	two->count++;
}

static bool
is_connected(struct double_of_two *two)
{
	struct raft_tcp_peer_status status;

	return raft__peers_is_open(two->server, 2) &&
	       raft_tcp_peer_status(two->tcp, 1, &status) && status.open_out;
}

static void
open_two(struct double_of_two *two)
{
	struct scene *scene = &two->scene;
	const struct raft_configuration *configuration;
	struct raft_tcp_peer peer = { .id = 1, .host = "127.0.0.1" };
	struct raft_tcp_options options = {
		.host = "127.0.0.1",
		.receive = receive,
		.noted = take_note,
		.context = two,
	};

	memset(two, 0, sizeof(*two));
	scene_open(scene);
	/* It asks for nothing by itself for as long as the test takes. */
	scene->election_timeout_us = 60000000;
	make_first(scene, 3);
	start(scene, 1);
	two->server = scene->actors[1].server;
	configuration = raft_configuration(two->server->raft);
	two->self = configuration->members[1].identity;
	options.self = two->self;
	memcpy(options.cluster, two->server->folder.owner.cluster,
	       sizeof(options.cluster));
	options.port = (uint16_t)strtoul(
	    strrchr(scene->actors[2].address, ':') + 1, NULL, 10);
	peer.port = (uint16_t)strtoul(
	    strrchr(scene->actors[1].address, ':') + 1, NULL, 10);
	assert_int_equal(raft_tcp_create(&scene->loop, &options, &two->tcp), 0);
	assert_int_equal(raft_tcp_peer_add(two->tcp, &peer), 0);
	assert_true(run_until(&scene->loop, is_connected(two), PATIENCE_MS));
	/* Nothing but what the test has said. */
	two->server->peers.told_at = UINT64_MAX / 2;
	two->server->peers.alone_at = UINT64_MAX / 2;
	for (size_t i = 0; i < two->server->peers.count; i++)
		two->server->peers.list[i].owes_roster = false;
	run_until(&scene->loop, false, 100);
}

static void
gone(void *context)
{
	((struct double_of_two *)context)->is_closed = true;
}

static void
close_two(struct double_of_two *two)
{
	raft_tcp_close(two->tcp, gone, two);
	assert_true(run_until(&two->scene.loop, two->is_closed, PATIENCE_MS));
	scene_close(&two->scene);
}

/* Came what should: a note that is made by hand. */
static void
expect(struct double_of_two *two, bool posted, const uint8_t *note,
       const uint8_t *end)
{
	size_t before = two->count;

	assert_true(posted);
	two->length = SIZE_MAX;
	assert_true(
	    run_until(&two->scene.loop, two->count > before, PATIENCE_MS));
	assert_int_equal(two->length, end - note);
	assert_memory_equal(two->note, note, two->length);
}

static uint8_t *
put_text(uint8_t *at, const char *text)
{
	memcpy(at, text, strlen(text));
	return at + strlen(text);
}

static uint8_t *
begin(uint8_t *note, uint8_t kind)
{
	*note = kind;
	return note + 1;
}

/* ------------------------------------------------------------------------ saying */

static void
what_is_said_is_as_the_table_has_it(void **state)
{
	struct double_of_two two;
	struct raft_server *server;
	struct raft_configuration configuration;
	uint8_t note[NOTE_MAX], *at;
	struct raft_entry_id wanted[65];

	(void)state;
	open_two(&two);
	server = two.server;
	at = put64(begin(note, 6), 1);
	configuration = *raft_configuration(server->raft);
	at += raft_configuration_encode(&configuration, at,
					NOTE_MAX - (size_t)(at - note));
	expect(&two, raft__notes_roster(server, 2), note, at);
	at = put_text(begin(note, 7), "no, and why");
	expect(&two, raft__notes_refusal(server, 2, "no, and why"), note, at);
	at = put_text(begin(note, 8), server->build);
	expect(&two, raft__notes_about(server, 2), note, at);
	/* One that has a configuration asks who is there, and for nothing. */
	at = put_text(begin(begin(note, 5), 0), server->folder.conf.address);
	expect(&two, raft__notes_who(server, 2), note, at);
	at = begin(note, 9);
	for (uint64_t i = 0; i < 65; i++) {
		wanted[i] =
		    (struct raft_entry_id){ .index = 100 + i, .term = 7 + i };
		if (i < 64)
			at = put64(put64(at, 100 + i), 7 + i);
	}
	expect(&two, raft__notes_want(server, 2, wanted, 65), note, at);
	expect(&two, raft__notes_want(server, 2, wanted, 1), note, note + 17);
	/* To one that is not there nothing is said. */
	assert_false(raft__notes_about(server, 3));
	assert_false(raft__notes_who(server, 3));
	close_two(&two);
}

static void
what_is_asked_of_a_leader_is_as_the_table_has_it(void **state)
{
	struct double_of_two two;
	struct ask ask = {
		.number = 77,
		.origin = 2,
		.origin_number = 5,
		.payload = { .data = "\x01sum", .length = 4 },
		.answer = { .result = RAFT_SERVER_OK,
			    .index = 99,
			    .data = "six",
			    .length = 3 },
	};
	uint8_t note[NOTE_MAX], *at;

	(void)state;
	open_two(&two);
	/* The time that is left it is at most what was given. */
	ask.deadline = raft__server_now() + 60000000;
	put_text(put64(put64(begin(note, 1), 77), 0), "\x01sum");
	assert_true(raft__notes_ask(two.server, &ask, 2));
	two.length = SIZE_MAX;
	assert_true(run_until(&two.scene.loop, two.length == 21, PATIENCE_MS));
	assert_in_range(get64(two.note + 9), 30000000, 60000000);
	memset(two.note + 9, 0, 8);
	assert_memory_equal(two.note, note, 21);
	/* Of one that is late there is a moment. */
	ask.deadline = 5;
	at = put_text(put64(put64(begin(note, 1), 77), 1), "\x01sum");
	expect(&two, raft__notes_ask(two.server, &ask, 2), note, at);
	at = put_text(put64(begin(put64(begin(note, 2), 5), 0), 99), "six");
	expect(&two, raft__notes_answer(two.server, &ask), note, at);
	ask.answer =
	    (struct raft_server_answer){ .result = RAFT_SERVER_EXPIRED };
	at = put64(begin(put64(begin(note, 2), 5), 6), 0);
	expect(&two, raft__notes_answer(two.server, &ask), note, at);
	close_two(&two);
}

static void
a_change_is_as_the_table_has_it(void **state)
{
	struct double_of_two two;
	uint8_t note[NOTE_MAX], *at;

	(void)state;
	open_two(&two);
	for (int kind = RAFT_SERVER_ADD; kind <= RAFT_SERVER_LEASES; kind++) {
		struct ask ask = {
			.number = 1 << 20,
			.change = { .kind = (enum raft_server_change_kind)kind,
				    .identity = { 11, 12 },
				    .replaced = { 13, 14 },
				    .stands_in_seconds = 15,
				    .clock_drift = 16 },
			.known_index = 17,
		};

		if (kind % 2 == 1)
			ask.change.address = "127.0.0.1:9 a note";
		at = begin(put64(begin(note, 3), 1 << 20), (uint8_t)kind);
		at = put64(put64(put64(at, 11), 12), 13);
		if (kind == 6)
			at = put64(at, 14);
		if (kind == 10)
			at = put64(at, 15);
		if (kind == 11)
			at = put64(put64(at, 16), 17);
		if (kind % 2 == 1)
			at = put_text(at, "127.0.0.1:9 a note");
		expect(&two, raft__notes_change(two.server, &ask, 2), note, at);
	}
	close_two(&two);
}

/* ----------------------------------------------------------------------- hearing */

static void
hear(struct double_of_two *two, const uint8_t *note, const uint8_t *end)
{
	raft__notes_take(two->server, two->self, false, note,
			 (size_t)(end - note));
}

static void
what_is_asked_is_taken_as_it_was_said(void **state)
{
	struct double_of_two two;
	uint8_t note[NOTE_MAX], *at;
	struct ask *ask;
	uint64_t now;

	(void)state;
	open_two(&two);
	at = put_text(put64(put64(begin(note, 1), 77), 3000000), "\x01sum");
	now = raft__server_now();
	hear(&two, note, at);
	ask = TAILQ_FIRST(&two.server->asks.lists[ASK_WAITING]);
	assert_non_null(ask);
	assert_int_equal(ask->origin, 2);
	assert_int_equal(ask->origin_number, 77);
	assert_in_range(ask->deadline, now + 3000000,
			raft__server_now() + 3000000);
	assert_false(ask->has_session);
	assert_int_equal(ask->payload.length, 4);
	assert_memory_equal(ask->payload.data, "\x01sum", 4);
	/* Nobody leads: who asked hears that. */
	at = put64(begin(put64(begin(note, 2), 77), 2), 0);
	expect(&two, true, note, at);
	/* In no time nothing can be done. */
	at = put_text(put64(put64(begin(note, 1), 78), 0), "\x01sum");
	hear(&two, note, at);
	assert_int_equal(two.server->asks.count, 0);
	at = put64(put64(begin(put64(put64(begin(note, 1), 79), 9), 2), 5), 6);
	hear(&two, note, at);
	ask = TAILQ_FIRST(&two.server->asks.lists[ASK_WAITING]);
	assert_non_null(ask);
	assert_true(ask->has_session);
	/* One byte less is no command of a session. */
	hear(&two, note, at - 1);
	assert_int_equal(two.server->asks.count, 1);
	close_two(&two);
}

static struct ask *
wait_for_answer(struct double_of_two *two, enum ask_kind kind)
{
	enum raft_server_result result;
	struct ask *ask =
	    raft__asks_begin(two->server, kind, 60000000, &result);

	assert_non_null(ask);
	ask->to = 2;
	ask->next_at = UINT64_MAX;
	raft__asks_move(&two->server->asks, ask, ASK_FORWARDED);
	return ask;
}

static void
an_answer_is_taken_as_it_was_said(void **state)
{
	struct double_of_two two;
	uint8_t note[NOTE_MAX], *at;
	struct ask *ask;

	(void)state;
	open_two(&two);
	ask = wait_for_answer(&two, ASK_COMMAND);
	at = put64(begin(put64(begin(note, 2), ask->number), 0), 99);
	at = put_text(at, "six");
	/* Cut short, of a result that is none, or to another question. */
	hear(&two, note, note + 17);
	note[9] = RAFT_SERVER_NO_ROOM + 1;
	hear(&two, note, at);
	note[9] = 0;
	note[1]++;
	hear(&two, note, at);
	note[1]--;
	ask->kind = ASK_READ;
	hear(&two, note, at);
	ask->kind = ASK_COMMAND;
	ask->origin = 3;
	hear(&two, note, at);
	ask->origin = 0;
	assert_int_equal(ask->state, ASK_FORWARDED);
	hear(&two, note, at);
	assert_int_equal(ask->state, ASK_ENDED);
	assert_int_equal(ask->answer.result, RAFT_SERVER_OK);
	assert_int_equal(ask->answer.index, 99);
	assert_int_equal(ask->answer.length, 3);
	assert_memory_equal(ask->answer.data, "six", 3);
	/* The last result there is. */
	ask = wait_for_answer(&two, ASK_COMMAND);
	at = put64(begin(put64(begin(note, 2), ask->number), 10), 0);
	hear(&two, note, at);
	assert_int_equal(ask->state, ASK_ENDED);
	assert_int_equal(ask->answer.result, RAFT_SERVER_NO_ROOM);
	close_two(&two);
}

static void
how_a_change_stands_is_taken_as_it_was_said(void **state)
{
	struct double_of_two two;
	uint8_t note[NOTE_MAX], *at;
	struct ask *ask;

	(void)state;
	open_two(&two);
	ask = wait_for_answer(&two, ASK_CHANGE);
	raft__asks_move(&two.server->asks, ask, ASK_WAITING);
	at = put64(begin(note, 4), ask->number);
	at = put_text(begin(at, CHANGE_RUNS), "it goes on");
	ask->kind = ASK_COMMAND;
	hear(&two, note, at);
	ask->kind = ASK_CHANGE;
	assert_null(ask->said);
	hear(&two, note, at);
	assert_string_equal(ask->said, "it goes on");
	assert_true(ask->in_doubt);
	/* A text is one line of letters that fits. */
	note[12] = '\0';
	hear(&two, note, at);
	memset(note + 10, 'x', CHANGE_TEXT_BYTES);
	hear(&two, note, note + 10 + CHANGE_TEXT_BYTES);
	assert_string_equal(ask->said, "it goes on");
	hear(&two, note, note + 10 + CHANGE_TEXT_BYTES - 1);
	assert_int_equal(strlen(ask->said), CHANGE_TEXT_BYTES - 1);
	note[9] = CHANGE_REFUSED + 1;
	hear(&two, note, at);
	hear(&two, note, note + 9);
	assert_int_equal(ask->state, ASK_WAITING);
	note[9] = CHANGE_REFUSED;
	at = put_text(note + 10, "no");
	hear(&two, note, at);
	assert_int_equal(ask->state, ASK_ENDED);
	assert_int_equal(ask->answer.result, RAFT_SERVER_REFUSED);
	assert_string_equal(ask->answer.why, "no");
	close_two(&two);
}

/* Who does not lead says so. */
static void
a_change_is_answered(void **state)
{
	struct double_of_two two;
	uint8_t note[NOTE_MAX], answer[16], *at, *end;

	(void)state;
	open_two(&two);
	for (uint8_t kind = RAFT_SERVER_ADD; kind <= RAFT_SERVER_LEASES;
	     kind++) {
		at = begin(put64(begin(note, 3), 5), kind);
		at = put64(put64(put64(at, 1), 2), 3);
		if (kind == RAFT_SERVER_REPLACE || kind == RAFT_SERVER_STAND_IN)
			at = put64(at, 4);
		if (kind == RAFT_SERVER_LEASES)
			at = put64(put64(at, UINT32_MAX), 4);
		/* What is cut short is answered by nothing. */
		hear(&two, note, at - 1);
		end = begin(put64(begin(answer, 4), 5), CHANGE_WAITS);
		hear(&two, note, at);
		expect(&two, true, answer, end);
	}
	/* More millionths than there can be. */
	put64(at - 16, (uint64_t)UINT32_MAX + 1);
	two.count = 1;
	hear(&two, note, at);
	/* Or a kind that is none. */
	at = put64(put64(put64(note + 10, 1), 2), 3);
	note[9] = 0;
	hear(&two, note, at);
	note[9] = RAFT_SERVER_LEASES + 1;
	hear(&two, note, at);
	run_until(&two.scene.loop, false, 100);
	assert_int_equal(two.count, 1);
	close_two(&two);
}

static void
who_asks_who_is_there_is_noted(void **state)
{
	struct double_of_two two;
	uint8_t note[NOTE_MAX], *at;
	struct peer *peer;

	(void)state;
	open_two(&two);
	peer = raft__peers_find(&two.server->peers, 2);
	for (uint8_t wish = WISH_NONE; wish <= WISH_STAND_IN; wish++) {
		at = begin(begin(note, 5), wish);
		if (wish == WISH_STAND_IN)
			at = put64(at, 70);
		at = put_text(at, peer->place);
		peer->owes_roster = false;
		peer->incarnation = 0;
		hear(&two, note, at);
		assert_int_equal(peer->wish, wish);
		assert_int_equal(peer->stands_in_seconds,
				 wish == WISH_STAND_IN ? 70 : 0);
		assert_true(peer->owes_roster);
		assert_int_equal(peer->incarnation, two.self.incarnation);
	}
	note[1] = WISH_STAND_IN + 1;
	peer->incarnation = 0;
	hear(&two, note, at);
	hear(&two, note, note + 1);
	note[1] = WISH_STAND_IN;
	hear(&two, note, note + 9);
	assert_int_equal(peer->incarnation, 0);
	close_two(&two);
}

/* -------------------------------------------------------------------- for entries */

static void
an_entry_is_given_to_who_wants_it(void **state)
{
	struct double_of_two two;
	struct raft_configuration configuration;
	uint8_t note[NOTE_MAX], have[NOTE_MAX], *at, *end;

	(void)state;
	open_two(&two);
	/* The first configuration is all there is. */
	configuration = *raft_configuration(two.server->raft);
	at = put64(put64(begin(note, 9), 1), 1);
	at = put64(put64(at, 1), 2);
	end = begin(put64(put64(begin(have, 10), 1), 1),
		    RAFT_ENTRY_CONFIGURATION);
	end += raft_configuration_encode(&configuration, end,
					 NOTE_MAX - (size_t)(end - have));
	hear(&two, note, at);
	expect(&two, true, have, end);
	two.count = 1;
	hear(&two, note + 0, note + 16);
	run_until(&two.scene.loop, false, 100);
	assert_int_equal(two.count, 1);
	close_two(&two);
}

/* ---------------------------------------------------------------------- of guests */

/* Which may be new servers: they are told who is here, and may say who they are. */
static void
of_a_guest_three_kinds_are_taken(void **state)
{
	struct double_of_two two;
	uint8_t note[NOTE_MAX], *at;
	struct raft_identity guest = { 8, 80 };

	(void)state;
	open_two(&two);
	at = put_text(begin(begin(note, 5), WISH_NONE), "127.0.0.1:8");
	raft__notes_take(two.server, guest, true, note, (size_t)(at - note));
	assert_non_null(raft__peers_find(&two.server->peers, 8));
	at = put_text(begin(note, 8), "a build");
	raft__notes_take(two.server, guest, true, note, (size_t)(at - note));
	assert_string_equal(raft__peers_build(&two.server->peers, 8), "");
	raft__notes_take(two.server, guest, false, note, (size_t)(at - note));
	assert_string_equal(raft__peers_build(&two.server->peers, 8),
			    "a build");
	at = put_text(put64(put64(begin(note, 1), 77), 3000000), "\x01sum");
	raft__notes_take(two.server, guest, true, note, (size_t)(at - note));
	at = begin(put64(begin(note, 4), 5), CHANGE_WAITS);
	raft__notes_take(two.server, guest, true, note, (size_t)(at - note));
	assert_int_equal(two.server->asks.count, 0);
	/* Kinds that there are not. */
	note[0] = 0;
	raft__notes_take(two.server, guest, false, note, 1);
	note[0] = 11;
	raft__notes_take(two.server, guest, false, note, 1);
	raft__notes_take(two.server, guest, false, note, 0);
	close_two(&two);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_said_is_as_the_table_has_it),
		cmocka_unit_test(
		    what_is_asked_of_a_leader_is_as_the_table_has_it),
		cmocka_unit_test(a_change_is_as_the_table_has_it),
		cmocka_unit_test(what_is_asked_is_taken_as_it_was_said),
		cmocka_unit_test(an_answer_is_taken_as_it_was_said),
		cmocka_unit_test(how_a_change_stands_is_taken_as_it_was_said),
		cmocka_unit_test(a_change_is_answered),
		cmocka_unit_test(who_asks_who_is_there_is_noted),
		cmocka_unit_test(an_entry_is_given_to_who_wants_it),
		cmocka_unit_test(of_a_guest_three_kinds_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
