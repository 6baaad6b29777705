/*
 * A port when memory runs out: whichever allocation fails, a client is let go at most,
 * or waits a while to be let in, and the next one is answered.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/failing_memory.h"

/* The scene's own succeed. */
#define malloc __real_malloc
#include "tests/unit/port_scene.h"
#undef malloc

#include "assists/port/port.h"

/** More than a client has room for at first. */
#define MUCH 20000

static struct site {
	struct scene scene;
	char place[PLACE_BYTES], error[RAFT_SERVER_ERROR_BYTES];
	uint16_t number;
	size_t shown, gone;
} site;

/** `m` is told much; what follows is not taken before all of it is here. */
static size_t
take(void *context, struct raft_port_client *client, const void *bytes,
     size_t length)
{
	static char much[MUCH];

	(void)context;
	site.shown++;
	if (*(const char *)bytes == 'm' && length < MUCH)
		return 0;
	if (*(const char *)bytes == 'm') {
		memset(much, 'm', sizeof(much));
		raft_port_tell(client, much, sizeof(much));
		return MUCH;
	}
	raft_port_tell(client, bytes, 1);
	return 1;
}

static void
gone(void *context, struct raft_port_client *client)
{
	(void)context;
	(void)client;
	site.gone++;
}

static bool
open_port(void)
{
	struct raft_port_options options = {
		.address = site.place,
		.take = take,
		.gone = gone,
		.own_bytes = 100,
	};

	return raft_port_open(site.scene.actors[1].server, &options, site.error,
			      sizeof(site.error));
}

/* How much it is told, before it is let go. */
static size_t
hear(int fd, size_t wanted)
{
	static char bytes[MUCH];
	size_t heard = 0;
	ssize_t got = 1;

	while (got > 0 && heard < wanted) {
		assert_true(
		    run_until(&site.scene.loop, is_ready(fd), PATIENCE_MS));
		got = recv(fd, bytes, wanted - heard, 0);
		heard += got > 0 ? (size_t)got : 0;
	}
	return heard;
}

/* False: no allocation of it failed. */
static bool
ask_without(size_t round, size_t *refusals)
{
	static char bytes[MUCH];
	size_t heard, before = site.gone;
	bool failed;
	int fd = dial(site.number);

	memset(bytes, 'm', sizeof(bytes));
	fail_after(round);
	send_bytes(fd, bytes, sizeof(bytes));
	heard = hear(fd, MUCH);
	failed = has_failed();
	/* All or nothing. */
	assert_true(heard == MUCH || heard == 0);
	if (heard == 0) {
		assert_true(failed);
		++*refusals;
	}
	close(fd);
	assert_true(run_until(&site.scene.loop, site.gone > before,
			      PATIENCE_MS));
	fd = dial(site.number);
	say(fd, "a");
	assert_int_equal(hear(fd, 1), 1);
	close(fd);
	assert_true(run_until(&site.scene.loop, site.gone == before + 2,
			      PATIENCE_MS));
	return failed;
}

static void
who_finds_no_memory_is_let_go_and_no_other(void **state)
{
	size_t round = 0, refusals = 0;

	(void)state;
	scene_open(&site.scene);
	make_first(&site.scene, 1);
	start(&site.scene, 1);
	assert_int_equal(add(&site.scene, 1, "1").result, RAFT_SERVER_OK);
	site.number = choose_place(site.place);
	fail_after(0);
	assert_false(open_port());
	assert_true(has_failed());
	assert_string_equal(site.error, "out of memory");
	if (!open_port())
		fail_msg("%s", site.error);
	while (ask_without(round, &refusals))
		round++;
	print_message("%zu allocations, %zu refusals\n", round, refusals);
	assert_true(round >= 4);
	/* All but that of the client itself, which waits in line then. */
	assert_in_range(refusals, 2, round - 1);
	scene_close(&site.scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_finds_no_memory_is_let_go_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
