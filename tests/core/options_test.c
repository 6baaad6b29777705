/*
 * What a member may be told to do, to the last unit, and what it does when it
 * is told nothing: as raft.h says.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/rig.h"

#include <string.h>

#define MIB ((size_t)1 << 20)

/** What comes of a member with one of its options changed. */
#define STARTED(change)                                                        \
	({                                                                     \
		struct raft_options options = { .self = rig_identity(1) };     \
		options.change;                                                \
		start(&options);                                               \
	})

static enum raft_result
start(const struct raft_options *options)
{
	static const struct raft_stored empty;
	struct raft *r = NULL;
	enum raft_result result = raft_start(options, &empty, 0, &r);

	assert_true((result == RAFT_OK) == (r != NULL));
	raft_destroy(r);
	return result;
}

static void
options_beyond_their_limits_are_refused(void **state)
{
	(void)state;
	assert_int_equal(STARTED(self.id = 0), RAFT_INVALID);
	assert_int_equal(STARTED(self.incarnation = 0), RAFT_INVALID);
	assert_int_equal(STARTED(batch_entries_max = 65536), RAFT_OK);
	assert_int_equal(STARTED(batch_entries_max = 65537), RAFT_INVALID);
	assert_int_equal(STARTED(uncommitted_entries_max = UINT64_C(1) << 32),
			 RAFT_OK);
	assert_int_equal(
	    STARTED(uncommitted_entries_max = (UINT64_C(1) << 32) + 1),
	    RAFT_INVALID);
	assert_int_equal(STARTED(snapshot_part_bytes = RAFT_PAYLOAD_BYTES_MAX),
			 RAFT_OK);
	assert_int_equal(
	    STARTED(snapshot_part_bytes = RAFT_PAYLOAD_BYTES_MAX + 1),
	    RAFT_INVALID);
	assert_int_equal(STARTED(payload_bytes_max = RAFT_PAYLOAD_BYTES_MAX),
			 RAFT_OK);
	assert_int_equal(
	    STARTED(payload_bytes_max = RAFT_PAYLOAD_BYTES_MAX + 1),
	    RAFT_INVALID);
	assert_int_equal(STARTED(commit_notice_us = 3600000000), RAFT_OK);
	assert_int_equal(STARTED(commit_notice_us = 3600000001), RAFT_INVALID);
}

/** Leads; 2 holds what there is and is being replicated to. */
static void
lead(struct rig *rig)
{
	rig_start(rig, &(struct rig_options){ 0 });
	rig_lead(rig);
	rig_accept(rig, 2, 2);
	rig_settle(rig);
	rig_forget(rig);
}

/** The last entry of the first append to 2; 0: there is none. Nothing else of the
 *  duties matters. */
static uint64_t
sent_up_to(struct rig *rig)
{
	struct raft_duties duties;
	uint64_t last = 0;

	while (raft_duties(rig->raft, &duties)) {
		if (duties.save != NULL)
			raft_saved(rig->raft, duties.save->token, rig->now);
		for (size_t i = 0; i < duties.send_count; i++)
			if (duties.send[i].kind == RAFT_MESSAGE_APPEND &&
			    duties.send[i].to.id == rig_id(2) && last == 0)
				last = duties.send[i].append.last.index;
	}
	return last;
}

static void
an_append_has_1024_entries(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig);
	for (size_t i = 0; i < 32; i++)
		assert_int_equal(rig_propose(&rig, 64), RAFT_OK);
	assert_int_equal(sent_up_to(&rig), 2 + 1024);
	rig_stop(&rig);
}

static void
there_are_65536_uncommitted_entries(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig);
	for (size_t i = 0; i < 1023; i++)
		assert_int_equal(rig_propose(&rig, 64), RAFT_OK);
	assert_int_equal(rig_propose(&rig, 63), RAFT_OK);
	assert_int_equal(rig_propose(&rig, 2), RAFT_OVERLOADED);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OVERLOADED);
	rig_stop(&rig);
}

static enum raft_result
propose_bytes(struct rig *rig, size_t length)
{
	/* Nobody looks at them here. */
	static const uint8_t first;
	const struct raft_payload payload = { .data = &first,
					      .length = length };

	return raft_propose(rig->raft, &payload, 1, rig->now, NULL);
}

static void
there_are_64_mib_uncommitted(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig);
	for (size_t i = 0; i < 63; i++)
		assert_int_equal(propose_bytes(&rig, MIB), RAFT_OK);
	assert_int_equal(propose_bytes(&rig, MIB + 1), RAFT_OVERLOADED);
	assert_int_equal(propose_bytes(&rig, MIB), RAFT_OK);
	assert_int_equal(propose_bytes(&rig, 1), RAFT_OVERLOADED);
	assert_int_equal(rig_status(&rig).uncommitted_bytes, 64 * MIB);
	rig_stop(&rig);
}

static void
a_peer_has_16_mib_in_flight(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	assert_int_equal(sent_up_to(&rig), 3);
	raft_append_sent(rig.raft, rig_id(2), 3, 16 * MIB - 1, rig.now);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	assert_int_equal(sent_up_to(&rig), 4);
	raft_append_sent(rig.raft, rig_id(2), 4, 1, rig.now);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	assert_int_equal(sent_up_to(&rig), 0);
	rig_stop(&rig);
}

static void
a_peer_has_1024_appends_in_flight(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig);
	for (uint64_t i = 0; i < 1024; i++) {
		assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
		assert_int_equal(sent_up_to(&rig), 3 + i);
	}
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	assert_int_equal(sent_up_to(&rig), 0);
	rig_stop(&rig);
}

static void
a_heartbeat_is_a_tenth_of_the_timeout(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig);
	rig_pass(&rig, T / 10);
	assert_int_equal(rig_count(&rig, "append"), 2);
	assert_int_equal(raft_deadline(rig.raft), rig.now + T / 10);
	rig_stop(&rig);
}

static void
a_commit_is_told_a_hundredth_of_a_heartbeat_later(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	rig_settle(&rig);
	rig_accept(&rig, 2, 3);
	rig_turn(&rig);
	assert_int_equal(rig_status(&rig).commit_index, 3);
	assert_int_equal(raft_deadline(rig.raft), rig.now + T / 1000);
	rig_stop(&rig);
}

static void
a_part_of_a_snapshot_has_64_kib(void **state)
{
	struct rig rig;

	(void)state;
	lead(&rig);
	assert_int_equal(rig_propose(&rig, 1), RAFT_OK);
	rig_settle(&rig);
	rig_accept(&rig, 2, 3);
	rig_turn(&rig);
	raft_applied(rig.raft, 3);
	assert_int_equal(raft_snapshot_taken(rig.raft, 3, 100000), RAFT_OK);
	rig_pass(&rig, T / 10);
	assert_non_null(rig_sent(&rig, "snapshot", 3));
	for (size_t i = 0; i < rig.sent_count; i++)
		if (rig.sent[i].kind == RAFT_MESSAGE_SNAPSHOT &&
		    rig.sent[i].snapshot.offset == 0)
			assert_int_equal(rig.contents[i].part.length, 65536);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_beyond_their_limits_are_refused),
		cmocka_unit_test(an_append_has_1024_entries),
		cmocka_unit_test(there_are_65536_uncommitted_entries),
		cmocka_unit_test(there_are_64_mib_uncommitted),
		cmocka_unit_test(a_peer_has_16_mib_in_flight),
		cmocka_unit_test(a_peer_has_1024_appends_in_flight),
		cmocka_unit_test(a_heartbeat_is_a_tenth_of_the_timeout),
		cmocka_unit_test(
		    a_commit_is_told_a_hundredth_of_a_heartbeat_later),
		cmocka_unit_test(a_part_of_a_snapshot_has_64_kib),
	};

	return rig_run(tests);
}
