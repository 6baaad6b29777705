/*
 * A replica, in what chance hardly ever does (replicas_test.c has the rest).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/streams/world.h"

/** A replica of a partition that server 1 leads in epoch 5, and server 2 keeps. */
static struct replica *
open_one(unsigned int id, struct partition *partition)
{
	struct broker *broker = &nodes[id].broker;

	world_begin(0);
	now_ms = 1000;
	*partition =
	    (struct partition){ .epoch = 5,
				.version = 1,
				.leader = 1,
				.place_count = 2,
				.places = { { 1, true }, { 2, false } } };
	broker->self = id;
	catalogue_apply(&broker->catalogue, "up 1 1 host:1");
	catalogue_apply(&broker->catalogue, "up 2 1 host:1");
	broker->replicas[0] = replica_open(broker, 0, "events-0");
	replica_adopt(broker->replicas[0], partition);
	return broker->replicas[0];
}

/** Server 2 asks for what comes first. */
static void
fetch(struct replica *replica, uint64_t epoch)
{
	struct pipe *pipe = connect_to(0, 1, NULL);
	uint8_t body[FETCH_BYTES] = { 0 };
	struct frame frame = { FRAME_FETCH, body, sizeof(body) };

	put64(put64(body + 4, epoch), 2);
	NEED(leader_fetch(replica, &pipe->ends[1].channel, &frame), "no fetch");
}

static void
must_have_asked(size_t count, const char *what)
{
	NEED(proposal_count == count, "asked %zu times: %s", proposal_count,
	     what);
	if (count > 0 && proposals[count - 1].done != NULL)
		tell_end(&proposals[count - 1], RAFT_SERVER_UNKNOWN, "");
	if (count > 0)
		proposals[count - 1].done = NULL;
}

static void
who_comes_again_has_to_catch_up(bool is_seen)
{
	struct partition partition;
	struct replica *replica = open_one(1, &partition);

	fetch(replica, 5);
	must_have_asked(1, "who has caught up is to be in sync");
	if (is_seen) {
		partition.version = 2;
		partition.place_count = 1;
		replica_adopt(replica, &partition);
	}
	partition.version = 3;
	partition.place_count = 2;
	replica_adopt(replica, &partition);
	leader_tick(replica);
	must_have_asked(1, "who has left and come may have nothing");
	fetch(replica, 5);
	must_have_asked(2, "it has caught up again");
	world_end();
}

static void
who_was_seen_to_leave_has_to_catch_up(void **state)
{
	(void)state;
	who_comes_again_has_to_catch_up(true);
}

static void
who_left_unseen_has_to_catch_up(void **state)
{
	(void)state;
	who_comes_again_has_to_catch_up(false);
}

static void
a_fetch_of_another_epoch_says_nothing(void **state)
{
	struct partition partition;
	struct replica *replica = open_one(1, &partition);

	(void)state;
	fetch(replica, 4);
	fetch(replica, 6);
	must_have_asked(0, "it follows another leader, or none");
	fetch(replica, 5);
	must_have_asked(1, "it follows this one");
	world_end();
}

static void
what_a_deposed_leader_says_is_refused(void **state)
{
	uint8_t body[FETCHED_HEAD_BYTES + RECORD_HEAD_BYTES] = { 0 };
	struct frame frame = { FRAME_FETCHED, body, sizeof(body) };
	struct record record = { .epoch = 4, .text = body };
	struct partition partition;
	struct replica *replica = open_one(2, &partition);

	(void)state;
	record_put(body + FETCHED_HEAD_BYTES, &record);
	put64(body + 4, 4);
	NEED(follower_take(replica, &frame), "no answer");
	NEED(replica->segment->end == 0, "a deposed leader's record is taken");
	put64(body + 4, 5);
	NEED(follower_take(replica, &frame), "no answer");
	NEED(replica->segment->end == 1, "a record of its leader is not taken");
	world_end();
}

static void
a_refusal_says_nothing_of_an_older_wish(void **state)
{
	struct partition partition;
	struct replica *replica = open_one(1, &partition);
	uint8_t room[RECORD_HEAD_BYTES];
	struct record record = { .epoch = 5, .text = room };

	(void)state;
	fetch(replica, 5);
	must_have_asked(1, "who has caught up is to be in sync");
	leader_tick(replica);
	tell_end(&proposals[1], RAFT_SERVER_OK, "only replicas that are up");
	proposals[1].done = NULL;
	must_have_asked(2, "nobody knows how the first ended");
	record_put(room, &record);
	NEED(segment_append(replica->segment, room, sizeof(room)), "no record");
	replica->durable = replica->segment->end;
	leader_advance(replica);
	NEED(replica->high == 0, "it does not wait for who may be in sync");
	world_end();
}


int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_was_seen_to_leave_has_to_catch_up),
		cmocka_unit_test(who_left_unseen_has_to_catch_up),
		cmocka_unit_test(a_fetch_of_another_epoch_says_nothing),
		cmocka_unit_test(what_a_deposed_leader_says_is_refused),
		cmocka_unit_test(a_refusal_says_nothing_of_an_older_wish),
	};

	folder = getenv("TEST_TMPDIR");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
