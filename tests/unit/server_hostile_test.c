/*
 * Notes that are nonsense, or from whoever should not say them: a server is as it was
 * before. RAFT_SEED=n replays the random ones.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/server_scene.h"

#include "assists/little_endian/little_endian.h"
#include "assists/server/inside.h"

#define ROUNDS 30000
#define NOTE_MAX 200
#define KINDS 10

static void
alone(struct scene *scene)
{
	scene_open(scene);
	make_server(scene, 1, (struct raft_server_create){ 0 });
	start(scene, 1);
	assert_string_equal(add(scene, 1, "1").answer, "1");
}

static void
say(struct scene *scene, uint64_t from, bool guest, const void *bytes,
    size_t length)
{
	raft__notes_take(scene->actors[1].server,
			 (struct raft_identity){ from, from + 100 }, guest,
			 bytes, length);
}

static struct peers *
peers_of(struct scene *scene)
{
	return &scene->actors[1].server->peers;
}

static void
nonsense_harms_nothing(void **state)
{
	const char *given = getenv("RAFT_SEED");
	uint32_t seed =
	    given != NULL ? (uint32_t)strtoul(given, NULL, 10) : arc4random();
	uint8_t note[NOTE_MAX];
	struct scene scene;

	(void)state;
	printf("RAFT_SEED=%" PRIu32 "\n", seed);
	srandom(seed);
	alone(&scene);
	for (int i = 0; i < ROUNDS; i++) {
		size_t length = (size_t)random() % NOTE_MAX;

		for (size_t j = 0; j < NOTE_MAX; j++)
			note[j] = random() % 3 == 0 ? 0 : (uint8_t)random();
		note[0] = (uint8_t)(random() % (KINDS + 1));
		say(&scene, (uint64_t)random() % 5 + 2, random() % 2 == 0, note,
		    length);
		if (i % 100 == 0)
			uv_run(&scene.loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(status_of(&scene, 1).raft.member_count, 1);
	assert_int_equal(look(&scene, 1).result, RAFT_SERVER_OK);
	scene_close(&scene);
}

/* An ask as a member would say it: number 7, a second, a plain command. */
static size_t
write_ask(uint8_t note[NOTE_MAX])
{
	uint8_t *at = note;

	*at++ = 1;
	at = put64(at, 7);
	at = put64(at, 1000000);
	*at++ = 1;
	*at++ = '5';
	return (size_t)(at - note);
}

static void
of_a_guest_no_command_is_taken(void **state)
{
	uint8_t note[NOTE_MAX];
	size_t length = write_ask(note);
	struct scene scene;

	(void)state;
	alone(&scene);
	say(&scene, 2, true, note, length);
	assert_string_equal(add(&scene, 1, "1").answer, "2");
	/* A peer's is. */
	say(&scene, 2, false, note, length);
	assert_true(run_until(&scene.loop, scene.actors[1].machine.sum == 7,
			      PATIENCE_MS));
	scene_close(&scene);
}

/* A peer may allow more than we do. */
static void
what_is_too_large_here_is_taken_from_nobody(void **state)
{
	static uint8_t note[NOTE_MAX + (1 << 16)];
	size_t length;
	struct scene scene;

	(void)state;
	scene_open(&scene);
	scene.options.command_bytes_max = 1000;
	make_server(&scene, 1, (struct raft_server_create){ 0 });
	start(&scene, 1);
	assert_string_equal(add(&scene, 1, "1").answer, "1");
	memset(note, ' ', sizeof(note));
	length = write_ask(note) + 999;
	say(&scene, 2, false, note, length + 1);
	assert_int_equal(status_of(&scene, 1).asks, 0);
	say(&scene, 2, false, note, length);
	assert_int_equal(status_of(&scene, 1).asks, 1);
	assert_true(run_until(&scene.loop, scene.actors[1].machine.sum == 6,
			      PATIENCE_MS));
	scene_close(&scene);
}

static void
an_answer_nobody_waits_for_is_dropped(void **state)
{
	uint8_t note[NOTE_MAX] = { 2 };
	struct scene scene;
	struct wish wish;

	(void)state;
	alone(&scene);
	propose(&scene, 1, "1", 0, 0, &wish);
	/* Whichever number it has: this server has not asked anybody. */
	for (uint64_t number = 0; number < 50; number++) {
		uint8_t *at = put64(note + 1, number);

		*at++ = RAFT_SERVER_NO_LEADER;
		at = put64(at, 3);
		say(&scene, 2, false, note, (size_t)(at - note));
	}
	assert_int_equal(wait_for(&scene, &wish).result, RAFT_SERVER_OK);
	scene_close(&scene);
}

static void
acquaintances_are_few(void **state)
{
	uint8_t note[NOTE_MAX] = { 5, 0 };
	struct scene scene;

	(void)state;
	alone(&scene);
	for (uint64_t id = 10; id < 200; id++) {
		int length = snprintf((char *)note + 2, NOTE_MAX - 2,
				      "127.0.0.1:%" PRIu64, 2000 + id);

		say(&scene, id, true, note, 2 + (size_t)length);
		assert_in_range(peers_of(&scene)->count, 0, ACQUAINTANCES_MAX);
	}
	/* The newest are those that are known. */
	assert_int_equal(peers_of(&scene)->count, ACQUAINTANCES_MAX);
	for (size_t i = 0; i < ACQUAINTANCES_MAX; i++)
		assert_in_range(peers_of(&scene)->list[i].id, 184, 199);
	assert_string_equal(add(&scene, 1, "1").answer, "2");
	scene_close(&scene);
}

/* It is only said that there is a server, at a place where none is. */
static void
one_that_cannot_be_reached_is_not_let_in(void **state)
{
	uint8_t note[NOTE_MAX] = { 5, 1 };
	struct scene scene;

	(void)state;
	alone(&scene);
	strlcpy((char *)note + 2, scene.actors[2].address, NOTE_MAX - 2);
	for (uint64_t id = 10; id < 30; id++)
		say(&scene, id, true, note, 2 + strlen((char *)note + 2));
	for (int i = 0; i < 30; i++)
		run_until(&scene.loop, false, 10);
	assert_int_equal(status_of(&scene, 1).asks, 0);
	assert_int_equal(status_of(&scene, 1).raft.member_count, 1);
	scene_close(&scene);
}

static void
who_is_named_keeps_its_place(void **state)
{
	uint8_t note[NOTE_MAX] = { 5, 0, 'x', ':', '1' };
	struct scene scene;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 2);
	start(&scene, 1);
	start(&scene, 2);
	await_leader(&scene);
	say(&scene, 2, true, note, 5);
	assert_int_equal(peers_of(&scene)->count, 1);
	assert_int_equal(strncmp(peers_of(&scene)->list[0].place,
				 scene.actors[2].address,
				 strlen(scene.actors[2].address)),
			 0);
	/* However many come by, and it is none of them. */
	for (uint64_t id = 10; id < 10 + 2 * ACQUAINTANCES_MAX; id++)
		say(&scene, id, true, note, 5);
	assert_int_equal(peers_of(&scene)->count, ACQUAINTANCES_MAX + 1);
	assert_int_equal(peers_of(&scene)->list[0].id, 2);
	scene_close(&scene);
}

static void
a_roster_is_heard_by_those_who_hear_no_leader(void **state)
{
	const struct raft_member member = {
		.identity = { 9, 9 },
		.role = RAFT_MEMBER_VOTER,
		.address = "127.0.0.1:9",
		.address_length = 11,
	};
	const struct raft_configuration other = {
		.election_timeout_us = 1000000,
		.members = &member,
		.member_count = 1,
	};
	uint8_t note[NOTE_MAX] = { 6 };
	size_t length =
	    raft_configuration_encode(&other, note + 9, sizeof(note) - 9);
	struct scene scene;

	(void)state;
	assert_true(length > 0);
	put64(note + 1, 1000);
	alone(&scene);
	say(&scene, 9, true, note, 9 + length);
	assert_int_equal(peers_of(&scene)->count, 0);
	scene_close(&scene);
}

/* Those who led before us may have taken what we would not. */
static void
who_has_no_place_is_told_of(void **state)
{
	static const struct {
		const char *address, *says;
	} cases[] = {
		{ NULL, "does not say where server 9 is" },
		{ "nowhere", "does not say where server 9 is" },
		{ "127.0.0.1:9", "" },
	};
	struct raft_configuration target;
	struct raft_member members[2];
	struct scene scene;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct raft_server *server;
		const char *said;

		alone(&scene);
		server = scene.actors[1].server;
		target = *raft_configuration(server->raft);
		assert_int_equal(target.member_count, 1);
		members[0] = target.members[0];
		members[1] = (struct raft_member){
			.identity = { 9, 9 },
			.role = RAFT_MEMBER_NON_VOTING,
			.address = cases[i].address,
			.address_length = cases[i].address == NULL
					      ? 0
					      : strlen(cases[i].address),
		};
		target.members = members;
		target.member_count = 2;
		assert_int_equal(raft_reconfigure(server->raft, &target,
						  raft__server_now(), NULL),
				 RAFT_OK);
		said = scene.actors[1].said[RAFT_SERVER_EVENT_MEMBERS];
		assert_true(
		    run_until(&scene.loop,
			      role_of(&scene, 1, 9) == RAFT_MEMBER_NON_VOTING &&
				  !status_of(&scene, 1).raft.changing,
			      PATIENCE_MS));
		if (*cases[i].says == '\0')
			assert_true(run_until(&scene.loop,
					      peers_of(&scene)->count == 1,
					      PATIENCE_MS));
		else
			assert_true(run_until(
			    &scene.loop, strstr(said, cases[i].says) != NULL,
			    PATIENCE_MS));
		assert_int_equal(peers_of(&scene)->count,
				 *cases[i].says == '\0');
		scene_close(&scene);
	}
}

/* It ends on people's terminals. */
static void
what_somebody_runs_is_plain_text_of_a_peer(void **state)
{
	static const char escape[] = "\b\033[2J";
	static const char text[] = "\bversion 7";
	uint8_t large[1 + RAFT_SERVER_BUILD_BYTES];
	struct scene scene;
	const struct peer *peer;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 2);
	start(&scene, 1);
	peer = &peers_of(&scene)->list[0];
	say(&scene, 2, false, (const uint8_t *)escape, strlen(escape));
	memset(large, 'x', sizeof(large));
	large[0] = 8;
	say(&scene, 2, false, large, sizeof(large));
	say(&scene, 2, true, (const uint8_t *)text, strlen(text));
	say(&scene, 9, false, (const uint8_t *)text, strlen(text));
	assert_null(peer->build);
	say(&scene, 2, false, (const uint8_t *)text, strlen(text));
	assert_string_equal(peer->build, "version 7");
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nonsense_harms_nothing),
		cmocka_unit_test(of_a_guest_no_command_is_taken),
		cmocka_unit_test(what_is_too_large_here_is_taken_from_nobody),
		cmocka_unit_test(an_answer_nobody_waits_for_is_dropped),
		cmocka_unit_test(acquaintances_are_few),
		cmocka_unit_test(one_that_cannot_be_reached_is_not_let_in),
		cmocka_unit_test(who_is_named_keeps_its_place),
		cmocka_unit_test(a_roster_is_heard_by_those_who_hear_no_leader),
		cmocka_unit_test(who_has_no_place_is_told_of),
		cmocka_unit_test(what_somebody_runs_is_plain_text_of_a_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
