/*
 * What a leader sends to near and far followers, and when (decision 0015).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two followers that do nothing wrong answer each append after their round trip,
 * first in, first out. A millisecond passes at a time.
 */
#include "tests/core/rig.h"

#include <string.h>

#define MS 1000u
#define WAITING_MAX 4096

/** A follower at the end of a link: all that it was sent and has not answered,
 *  oldest first. */
struct follower {
	uint64_t number;
	uint64_t round_trip;
	/** Loses all that is sent to it. */
	bool is_cut;
	uint64_t last_index;
	struct raft_append waiting[WAITING_MAX];
	uint64_t due[WAITING_MAX];
	size_t taken;
	size_t count;
	/** What was sent to it since these were set to 0. */
	size_t empty;
	size_t entries;
	size_t with_entries;
};

struct site {
	struct rig rig;
	struct follower near;
	struct follower far;
	/** Milliseconds from one to the next; 0: none. */
	uint64_t write_every;
	uint64_t read_every;
	uint64_t passed;
};

/* ------------------------------------------------------- the followers */

static void
take_sent(struct rig *rig, struct follower *follower)
{
	for (size_t i = 0; i < rig->sent_count; i++) {
		const struct raft_message *message = &rig->sent[i];
		size_t at = follower->count % WAITING_MAX;
		uint64_t entries;

		if (message->to.id != rig_id(follower->number) ||
		    message->kind != RAFT_MESSAGE_APPEND)
			continue;
		entries = message->append.last.index -
			  message->append.previous.index;
		follower->entries += entries;
		follower->with_entries += entries > 0;
		follower->empty += entries == 0;
		if (follower->is_cut)
			continue;
		assert_true(follower->count - follower->taken < WAITING_MAX);
		follower->waiting[at] = message->append;
		follower->due[at] = rig->now + follower->round_trip;
		follower->count++;
	}
}

static void
answer(struct rig *rig, struct follower *follower,
       const struct raft_append *append)
{
	struct raft_append_answer answer = {
		.verdict = RAFT_APPEND_ACCEPTED,
		.sent_at = append->sent_at,
		.sequence = append->sequence,
	};

	if (append->previous.index > follower->last_index) {
		answer.verdict = RAFT_APPEND_MISMATCH;
		answer.conflict.index = follower->last_index + 1;
	} else if (append->last.index > follower->last_index) {
		follower->last_index = append->last.index;
	}
	answer.match_index = follower->last_index;
	assert_int_equal(rig_give(rig, follower->number, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND_ANSWER,
		.term = 2,
		.append_answer = answer,
	}), RAFT_OK);
}

static void
answer_what_is_due(struct rig *rig, struct follower *follower)
{
	for (; follower->taken < follower->count; follower->taken++) {
		size_t at = follower->taken % WAITING_MAX;

		if (follower->due[at] > rig->now)
			return;
		answer(rig, follower, &follower->waiting[at]);
	}
}

/* ------------------------------------------------------------ the site */

static void
turn(struct site *site)
{
	rig_turn(&site->rig);
	if (site->rig.saves > 0)
		rig_save(&site->rig);
	take_sent(&site->rig, &site->near);
	take_sent(&site->rig, &site->far);
	rig_forget(&site->rig);
}

static bool
comes(uint64_t every, uint64_t passed)
{
	return every != 0 && passed % every == 0;
}

static void
pass(struct site *site, uint64_t ms)
{
	struct rig *rig = &site->rig;
	uint64_t read;

	for (; ms > 0; ms--) {
		rig->now += MS;
		site->passed++;
		answer_what_is_due(rig, &site->near);
		answer_what_is_due(rig, &site->far);
		if (comes(site->write_every, site->passed))
			assert_int_equal(rig_propose(rig, 1), RAFT_OK);
		if (comes(site->read_every, site->passed))
			assert_int_equal(raft_read(rig->raft, rig->now, &read),
					 RAFT_OK);
		if (raft_deadline(rig->raft) <= rig->now)
			(void)raft_expire(rig->raft, rig->now);
		turn(site);
	}
}

static void
count_anew(struct site *site)
{
	struct follower *both[] = { &site->near, &site->far };

	for (size_t i = 0; i < 2; i++)
		both[i]->empty = both[i]->entries = both[i]->with_entries = 0;
	site->rig.reads = 0;
}

/** Member 1 leads, 2 is a millisecond away, 3 so many of them; both hold all. */
static struct site *
lead(const struct rig_options *options, uint64_t far_ms)
{
	static struct site site;

	memset(&site, 0, sizeof(site));
	site.near = (struct follower){ .number = 2, .round_trip = MS,
				       .last_index = 1 };
	site.far = (struct follower){ .number = 3, .round_trip = far_ms * MS,
				      .last_index = 1 };
	rig_start(&site.rig, options);
	rig_lead(&site.rig);
	turn(&site);
	pass(&site, 2 * far_ms);
	assert_int_equal(site.far.last_index, 2);
	count_anew(&site);
	return &site;
}

static void
end(struct site *site)
{
	rig_stop(&site->rig);
}

/** How far a follower's log is behind the leader's. */
static uint64_t
lag(const struct site *site, const struct follower *follower)
{
	return rig_status(&site->rig).last.index - follower->last_index;
}

/* ------------------------------------------------------------ the tests */

static void
expect_to_keep_up(const struct rig_options *options, uint64_t write_every,
		  uint64_t read_every)
{
	static const uint64_t round_trips[] = { 5, 80, 150, 300 };

	for (size_t i = 0; i < 4; i++) {
		uint64_t far_ms = round_trips[i];
		struct site *site = lead(options, far_ms);

		site->write_every = write_every;
		site->read_every = read_every;
		for (int j = 0; j < 3000; j++) {
			pass(site, 1);
			assert_in_range(lag(site, &site->far), 0,
					2 * far_ms / write_every + 1);
		}
		end(site);
	}
}

static void
a_far_follower_keeps_up_with_writes(void **state)
{
	(void)state;
	expect_to_keep_up(&(struct rig_options){ 0 }, 1, 0);
	expect_to_keep_up(&(struct rig_options){ 0 }, 7, 0);
}

static void
a_far_follower_keeps_up_beside_reads(void **state)
{
	(void)state;
	expect_to_keep_up(&(struct rig_options){ 0 }, 1, 1);
	expect_to_keep_up(&(struct rig_options){ 0 }, 20, 1);
}

static void
heartbeats_do_not_fill_the_window(void **state)
{
	(void)state;
	expect_to_keep_up(&(struct rig_options){ .appends_in_flight_max = 1,
						 .heartbeat_us = MS }, 1, 1);
}

static void
a_far_follower_is_asked_once_a_round_trip(void **state)
{
	struct site *site = lead(&(struct rig_options){ 0 }, 100);

	(void)state;
	site->read_every = 1;
	pass(site, 1000);
	/* And ten heartbeats. The near one is asked by every round. */
	assert_in_range(site->far.empty, 10, 20);
	assert_in_range(site->near.empty, 1000, 1010);
	assert_in_range(site->rig.reads, 998, 1000);
	end(site);
}

static void
a_commit_is_told_once_a_round_trip_at_most(void **state)
{
	struct site *site = lead(&(struct rig_options){
				     .appends_in_flight_max = 8 }, 100);

	(void)state;
	site->write_every = 1;
	pass(site, 1000);
	/* At most one after each append with entries, and ten heartbeats. */
	assert_in_range(site->far.with_entries, 70, 100);
	assert_in_range(site->far.empty, 10,
			10 + site->far.with_entries);
	end(site);
}

/* The near one takes it at once: one that is far can, too. */
static void
a_single_commit_is_told_without_delay(void **state)
{
	struct site *site = lead(&(struct rig_options){ 0 }, 300);

	(void)state;
	assert_int_equal(rig_propose(&site->rig, 1), RAFT_OK);
	pass(site, 4);
	assert_int_equal(
	    site->far.waiting[(site->far.count - 1) % WAITING_MAX].commit_index,
	    3);
	assert_int_equal(site->far.with_entries, 1);
	end(site);
}

static void
reads_are_served_by_a_far_majority(void **state)
{
	struct site *site = lead(&(struct rig_options){ 0 }, 100);

	(void)state;
	site->near.is_cut = true;
	site->read_every = 1;
	pass(site, 1000);
	/* Each round takes a round trip; what came meanwhile waits for the next
	 * one. */
	assert_in_range(site->rig.reads, 800, 900);
	end(site);
}

/* Whom it probes, a leader may ask as well. */
static void
reads_do_not_wait_for_a_probe(void **state)
{
	struct site *site = lead(&(struct rig_options){ 0 }, 20);
	uint64_t read;

	(void)state;
	site->near.is_cut = true;
	assert_int_equal(rig_propose(&site->rig, 1), RAFT_OK);
	pass(site, 1);
	site->far.taken = site->far.count;
	raft_peer_closed(site->rig.raft, rig_id(3), site->rig.now);
	pass(site, 1);
	assert_int_equal(raft_read(site->rig.raft, site->rig.now, &read),
			 RAFT_OK);
	pass(site, 1 + 20);
	assert_int_equal(site->rig.reads, 1);
	end(site);
}

static void
a_silent_follower_is_sent_a_window_and_heartbeats(void **state)
{
	struct site *site = lead(&(struct rig_options){
				     .appends_in_flight_max = 64 }, 5);

	(void)state;
	site->far.is_cut = true;
	site->write_every = 1;
	site->read_every = 1;
	pass(site, 2000);
	assert_int_equal(site->far.with_entries, 64);
	assert_in_range(site->far.empty, 20, 24);
	end(site);
}

static void
a_window_that_was_lost_opens_again(void **state)
{
	struct site *site = lead(&(struct rig_options){ 0 }, 80);

	(void)state;
	site->far.is_cut = true;
	site->write_every = 1;
	pass(site, 500);
	site->far.is_cut = false;
	/* The heartbeat finds it, then one probe has what was lost. */
	pass(site, 100 + 3 * 80);
	assert_in_range(lag(site, &site->far), 0, 2 * 80);
	end(site);
}

/** 3 lacks 500 entries, says so, and is sent them by one probe. */
static struct site *
probe_500(uint64_t far_ms)
{
	struct site *site = lead(&(struct rig_options){ 0 }, far_ms);

	site->far.is_cut = true;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(rig_propose(&site->rig, 50), RAFT_OK);
		pass(site, 1);
	}
	site->far.is_cut = false;
	raft_peer_closed(site->rig.raft, rig_id(3), site->rig.now);
	count_anew(site);
	return site;
}

static void
a_probe_is_not_repeated_while_it_may_be_on_its_way(void **state)
{
	struct site *site = probe_500(350);

	(void)state;
	site->read_every = 1;
	pass(site, 340);
	assert_int_equal(site->far.entries, 500);
	assert_in_range(site->far.empty, 3, 4);
	pass(site, 20);
	assert_int_equal(lag(site, &site->far), 0);
	assert_int_equal(site->far.entries, 500);
	end(site);
}

static void
a_lost_probe_is_noticed_by_the_next_heartbeat(void **state)
{
	struct site *site = probe_500(20);

	(void)state;
	site->far.is_cut = true;
	site->read_every = 1;
	pass(site, 10);
	site->far.is_cut = false;
	assert_int_equal(site->far.entries, 500);
	pass(site, 100 + 2 * 20);
	assert_int_equal(lag(site, &site->far), 0);
	assert_int_equal(site->far.entries, 1000);
	end(site);
}

/* It has denied a heartbeat, and the probe upon that is lost. */
static void
a_near_probe_is_sent_again_with_the_next_heartbeat(void **state)
{
	struct site *site = lead(&(struct rig_options){ 0 }, 20);
	int waited = 0;

	(void)state;
	site->far.is_cut = true;
	assert_int_equal(rig_propose(&site->rig, 50), RAFT_OK);
	pass(site, 1);
	site->far.is_cut = false;
	count_anew(site);
	for (; site->far.entries == 0 && waited < 200; waited++)
		pass(site, 1);
	site->far.taken = site->far.count;
	count_anew(site);
	for (; site->far.empty + site->far.entries == 0 && waited < 200;
	     waited++)
		pass(site, 1);
	assert_int_equal(site->far.entries, 50);
	end(site);
}

/* A busy peer is offered them again after a heartbeat by time. */
static void
reads_do_not_press_a_busy_peer(void **state)
{
	struct site *site = lead(&(struct rig_options){ 0 }, 5);
	struct raft_append append;
	uint64_t waited = 0;

	(void)state;
	pass(site, 100);
	assert_int_equal(rig_propose(&site->rig, 1), RAFT_OK);
	pass(site, 1);
	append = site->far.waiting[(site->far.count - 1) % WAITING_MAX];
	site->far.taken = site->far.count;
	site->far.is_cut = true;
	assert_int_equal(rig_give(&site->rig, 3, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND_ANSWER,
		.term = 2,
		.append_answer = { .verdict = RAFT_APPEND_BUSY,
				   .conflict = ID(3, 0),
				   .sequence = append.sequence },
	}), RAFT_OK);
	count_anew(site);
	site->read_every = 1;
	for (; site->far.with_entries == 0 && waited <= 100; waited++)
		pass(site, 1);
	assert_in_range(waited, 80, 100);
	assert_int_equal(site->far.empty, 0);
	end(site);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_far_follower_keeps_up_with_writes),
		cmocka_unit_test(a_far_follower_keeps_up_beside_reads),
		cmocka_unit_test(heartbeats_do_not_fill_the_window),
		cmocka_unit_test(a_far_follower_is_asked_once_a_round_trip),
		cmocka_unit_test(a_commit_is_told_once_a_round_trip_at_most),
		cmocka_unit_test(a_single_commit_is_told_without_delay),
		cmocka_unit_test(reads_are_served_by_a_far_majority),
		cmocka_unit_test(reads_do_not_wait_for_a_probe),
		cmocka_unit_test(
		    a_silent_follower_is_sent_a_window_and_heartbeats),
		cmocka_unit_test(a_window_that_was_lost_opens_again),
		cmocka_unit_test(
		    a_probe_is_not_repeated_while_it_may_be_on_its_way),
		cmocka_unit_test(a_lost_probe_is_noticed_by_the_next_heartbeat),
		cmocka_unit_test(
			a_near_probe_is_sent_again_with_the_next_heartbeat),
		cmocka_unit_test(reads_do_not_press_a_busy_peer),
	};

	return rig_run(tests);
}
