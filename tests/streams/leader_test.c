/*
 * What a leader asks of the group, and whom it waits for: its part of a replica alone.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "demos/streams/broker.h"

#define SELF 1
#define OTHER 2
/** More than who is in sync may lag. */
#define LONG_MS 5000

static struct broker broker;
static struct replica replica;
static struct channel channel;
static uint64_t now_ms;
/** What was asked of the group last; "": nothing. */
static char asked[LINE_BYTES];

/* ---------------------------------------------------------- what is not the leader's */

uint64_t
uv_now(const uv_loop_t *loop)
{
	(void)loop;
	return now_ms;
}

void
replica_say(const struct replica *who, const char *format, ...)
{
	(void)who, (void)format;
}

void
replica_say_moved(struct replica *who, struct channel *to)
{
	(void)who, (void)to;
	fail();
}

void
replica_sync(struct replica *who)
{
	(void)who;
}

void
broker_ask_in_sync(struct broker *of, uint32_t position, const char *command)
{
	(void)of, (void)position;
	snprintf(asked, sizeof(asked), "%s", command);
}

uint8_t *
channel_room(enum frame_kind kind, size_t length)
{
	uint8_t *room = malloc(FRAME_HEAD_BYTES + length);

	assert_non_null(room);
	return frame_begin(room, kind, length);
}

void
channel_send(struct channel *to, uint8_t *room, size_t length)
{
	(void)to, (void)length;
	free(room - FRAME_HEAD_BYTES);
}

void
channel_end(struct channel *which)
{
	(void)which;
	fail();
}

/* --------------------------------------------------------------------- the leader */

/** It leads a partition that the other keeps, too, and is not in sync with. */
static void
begin(void)
{
	const char *folder = getenv("TEST_TMPDIR");
	char path[4096];

	snprintf(path, sizeof(path), "%s/events-0", folder);
	unlink(path);
	broker = (struct broker){ .self = SELF };
	broker.catalogue.server_count = 2;
	broker.catalogue.servers[0] =
	    (struct server){ .id = SELF, .is_up = true };
	broker.catalogue.servers[1] =
	    (struct server){ .id = OTHER, .is_up = true };
	replica = (struct replica){ .broker = &broker, .leads = true };
	replica.known = (struct partition){
		.epoch = 1,
		.version = 5,
		.leader = SELF,
		.place_count = 2,
		.places = { { SELF, true }, { OTHER, false } },
	};
	TAILQ_INIT(&replica.waits);
	replica.segment = segment_open(folder, "events-0");
	now_ms = 1000;
	asked[0] = '\0';
	leader_begin(&replica);
}

static void
end(void)
{
	leader_forget(&replica, &channel);
	segment_close(replica.segment);
}

/** The other one fetches, and has all below this on its disk. */
static void
be_fetched(uint64_t offset)
{
	uint8_t body[FETCH_BYTES] = { 0 }, *at;

	at = put64(put64(body + 4, replica.known.epoch), OTHER);
	put64(put64(at, offset), segment_last_epoch(replica.segment));
	assert_true(leader_fetch(&replica, &channel,
				 &(struct frame){ .kind = FRAME_FETCH,
						  .body = body,
						  .length = sizeof(body) }));
}

static void
append_durably(void)
{
	uint8_t room[RECORD_HEAD_BYTES];
	struct record record = { .offset = replica.segment->end,
				 .epoch = replica.known.epoch,
				 .producer = 1,
				 .sequence = replica.segment->end + 1,
				 .text = (const uint8_t *)"" };

	record_put(room, &record);
	assert_true(segment_append(replica.segment, room, sizeof(room)));
	replica.durable = replica.segment->end;
	leader_advance(&replica);
}

/* Whoever led the group is gone, and nobody knows whether it was decided; then who was
 * to be in sync is gone, too. */
static void
who_may_be_in_sync_and_is_gone_holds_nobody_up(void **state)
{
	struct partition before;

	(void)state;
	begin();
	be_fetched(0);
	assert_string_equal(asked, "in-sync 0 5 1 2");
	replica.asks = false;
	append_durably();
	assert_int_equal(replica.high, 0);
	asked[0] = '\0';
	now_ms += LONG_MS;
	leader_tick(&replica);
	assert_string_equal(asked, "in-sync 0 5 1");
	/* It waits on until that is decided. */
	assert_int_equal(replica.high, 0);
	before = replica.known;
	replica.known.version = 6;
	leader_adopt(&replica, &before);
	assert_int_equal(replica.high, 1);
	end();
}

/* While it is there, it is asked for again. */
static void
who_may_be_in_sync_is_asked_for_again(void **state)
{
	(void)state;
	begin();
	be_fetched(0);
	replica.asks = false;
	asked[0] = '\0';
	leader_tick(&replica);
	assert_string_equal(asked, "in-sync 0 5 1 2");
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    who_may_be_in_sync_and_is_gone_holds_nobody_up),
		cmocka_unit_test(who_may_be_in_sync_is_asked_for_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
