/*
 * The metrics of given numbers: the whole text is kept beside this file. No number is
 * told under another's name.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * After a change that is meant:
 *
 *     bazel run //tests/unit:metrics_kept_test -- --write
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "assists/metrics/chapters.h"
#include "assists/metrics/lines.h"
#include "tests/kept.h"

#define KEPT "tests/unit/metrics.txt"

static bool kept_anew;

/* ------------------------------------------------------------ given numbers */

static void
fill(uint64_t *numbers, size_t count, uint64_t first)
{
	for (size_t i = 0; i < count; i++)
		numbers[i] = first + i;
}

/* In each bucket one, and so many more in one of them. */
static struct raft_histogram
histogram(size_t bucket)
{
	struct raft_histogram made = { .sum_us = 1000000 * bucket + 70 };

	for (size_t i = 0; i <= RAFT_HISTOGRAM_BOUNDS; i++)
		made.counts[i] = 1;
	made.counts[bucket] += bucket;
	return made;
}

static struct raft_server_asked
asked(size_t bucket)
{
	struct raft_server_asked made = { .took = histogram(bucket) };

	fill(made.ended, RAFT_SERVER_RESULT_COUNT, 1000 * bucket);
	return made;
}

static void
fill_status(struct raft_server_status *status)
{
	*status = (struct raft_server_status){
		.raft = {
			.self = { 2, 3 },
			.role = RAFT_LEADER,
			.member_role = RAFT_MEMBER_VOTER,
			.term = 104,
			.vote = { 105, 106 },
			.leader = 107,
			.snapshot = { 108, 109 },
			.last = { 210, 111 },
			.durable_index = 112,
			.commit_index = 113,
			.applied_index = 114,
			.quorum_heard_at = 115,
			.uncommitted_bytes = 116,
			.transfer_target = 117,
			.configuration_index = 118,
			.changing = true,
			.election_timeout_us = 119,
			.feature_level = 120,
			.member_count = 121,
		},
		.cluster = "red",
		.log_bytes = 122,
		.snapshot = { 123, 124 },
		.snapshot_us = 125,
		.takes_snapshot = true,
		.asks = 126,
		.sessions = 127,
		.scrub = {
			.rate = 128,
			.pass_bytes = 129,
			.pass_total = 130,
			.passes = 131,
			.ended_us = 1320005,
			.bytes = 133,
			.damages = 134,
		},
	};
}

static void
fill_measures(struct raft_server_measures *measures)
{
	*measures = (struct raft_server_measures){
		.commands = asked(1),
		.reads = asked(2),
		.changes = asked(3),
		.commit = histogram(4),
		.apply = histogram(5),
		.applied = 201,
		.mended = 202,
		.elected = 203,
		.leaders = 204,
		.snapshot_taken = histogram(6),
		.snapshots_failed = 205,
		.snapshot_loaded = histogram(7),
		.snapshot_bytes = 206,
		.snapshot_written = 207,
		.asks_waiting = 208,
		.asks_proposed = 209,
		.asks_forwarded = 211,
		.asks_reading = 212,
		.calls = 213,
		.log = {
			.syncs = histogram(8),
			.files = histogram(9),
			.synced_bytes = 214,
		},
		.log_size = { .bytes = 215, .torn = 216 },
		.papers = { 217, 218, 219 },
	};
	fill(measures->candidacies, RAFT_SERVER_REASON_COUNT, 4000);
	fill(measures->depositions, RAFT_SERVER_REASON_COUNT, 5000);
}

static struct raft_server_member
peer(uint64_t id, enum raft_progress_state state)
{
	uint32_t n = 10000 * (uint32_t)id;

	return (struct raft_server_member){
		.raft = {
			.identity = { id, n + 1 },
			.role = RAFT_MEMBER_VOTER,
			.state = state,
			.match_index = n + 2,
			.bytes_in_flight = n + 3,
			.snapshot_offset = n + 4,
			.snapshot_size = 2 * n + 9,
		},
		.lag_is_known = true,
		.lag = { n + 6, n + 7, n + 8 },
		.connection = {
			.queue_bytes = n + 9,
			.queue_messages = n + 10,
			.note_bytes = n + 11,
			.opened = n + 12,
			.silent_us = n + 13,
			.round_trip_us = n + 14,
			.term = n + 15,
		},
	};
}

/* One in each state, and of each but the last one thing is so. */
static size_t
make_peers(struct raft_server_member *peers)
{
	size_t count = 0;

	for (int state = RAFT_PROGRESS_PROBE; state <= RAFT_PROGRESS_REGRESSED;
	     state++, count++)
		peers[count] =
		    peer(count + 11, (enum raft_progress_state)state);
	peers[0].connection.open_out = true;
	peers[1].connection.open_in = true;
	peers[2].connection.plain_out = true;
	peers[3].connection.plain_in = true;
	return count;
}

/* ----------------------------------------------------------------- the text */

/* The library's version and build are no matter of it. */
static char *
text_of(const struct facts *facts)
{
	char info[256], *text = NULL, *anew = NULL, *at;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	raft__metrics_write(out, facts);
	assert_int_equal(fclose(out), 0);
	snprintf(info, sizeof(info), "version=\"%s\",build=\"%s\"",
		 raft_version(), raft_build());
	at = strstr(text, info);
	assert_non_null(at);
	out = open_memstream(&anew, &length);
	fprintf(out, "%.*sversion=\"VERSION\",build=\"BUILD\"%s",
		(int)(at - text), text, at + strlen(info));
	assert_int_equal(fclose(out), 0);
	free(text);
	return anew;
}

/* The lines that the other text has not. */
static void
print_others(FILE *out, char sign, const char *text, const char *other)
{
	char line[512];

	for (; *text != '\0'; text = kept_after_line(text)) {
		size_t length = (size_t)(kept_after_line(text) - text);
		const char *at;

		snprintf(line, sizeof(line), "%.*s", (int)length, text);
		at = strstr(other, line);
		if (at == NULL || (at != other && at[-1] != '\n'))
			fprintf(out, "%c %s", sign, line);
	}
}

static void
print_difference(FILE *out, const char *title, const struct facts *facts,
		 const char *before)
{
	char *text = text_of(facts);

	fprintf(out, "%s\n", title);
	print_others(out, '-', before, text);
	print_others(out, '+', text, before);
	free(text);
}

/* What is 0, or not known, is told as that, or is not there. */
static void
forget_much(struct facts *facts)
{
	facts->status.raft.role = RAFT_FOLLOWER;
	facts->status.raft.member_role = RAFT_MEMBER_NON_VOTING;
	facts->status.raft.stopped = true;
	facts->status.raft.changing = false;
	facts->status.takes_snapshot = false;
	facts->status.scrub.passes = 0;
	facts->measures.papers = (struct raft_tls_status){ 0 };
	facts->peers[0].connection.silent_us = UINT64_MAX;
	facts->peers[1].connection.round_trip_us = 0;
	facts->peers[2].lag_is_known = false;
}

static void
each_number_is_told_under_its_name(void **state)
{
	static struct raft_server_member peers[5];
	static struct facts facts;
	char *first, *text = NULL, *kept;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	fill_status(&facts.status);
	fill_measures(&facts.measures);
	facts.peers = peers;
	facts.peer_count = make_peers(peers);
	facts.has_transport = true;
	fill(facts.dropped, RAFT_COUNTER_COUNT, 6000);
	fill(facts.network, RAFT_LINK_COUNTER_COUNT, 7000);
	first = text_of(&facts);
	fputs(first, out);
	forget_much(&facts);
	print_difference(out, "of a follower:", &facts, first);
	facts.status.raft.role = RAFT_CANDIDATE;
	facts.status.raft.member_role = RAFT_MEMBER_NONE;
	facts.has_transport = false;
	facts.peer_count = 0;
	/* The first moment there is, and the last before it. */
	facts.measures.papers = (struct raft_tls_status){ 1, -1, 1 };
	facts.status.scrub.passes = 1;
	facts.status.scrub.ended_us = 0;
	print_difference(out, "of a candidate without a network:", &facts,
			 first);
	assert_int_equal(fclose(out), 0);
	kept = kept_read(KEPT);
	assert_true(kept_is(KEPT, kept, text, kept_anew));
	free(kept);
	free(text);
	free(first);
}

/* A series that is not there is not told as 0. */
static void
without_a_network_nothing_is_said_of_it(void **state)
{
	static const char *const network[] = {
		"outrigger_connections", "outrigger_messages_total",
		"outrigger_notes_total", "outrigger_network",
		"by=\"network\"",
	};
	static struct facts facts;
	char *text;

	(void)state;
	facts.status.cluster = "red";
	text = text_of(&facts);
	for (size_t i = 0; i < sizeof(network) / sizeof(network[0]); i++)
		if (strstr(text, network[i]) != NULL)
			fail_msg("%s", network[i]);
	free(text);
}

/* ---------------------------------------------------------------- the lines */

static void
expect_seconds(uint64_t us, const char *expected)
{
	static const struct family family = { "x", "One." };
	char text[64] = "", line[64];
	FILE *out = fmemopen(text, sizeof(text), "w");

	raft__lines_seconds(out, &family, "", us);
	assert_int_equal(fclose(out), 0);
	snprintf(line, sizeof(line), "outrigger_x %s\n", expected);
	assert_string_equal(text, line);
}

static void
seconds_have_no_zeros_behind_them(void **state)
{
	(void)state;
	expect_seconds(0, "0");
	expect_seconds(1, "0.000001");
	expect_seconds(10, "0.00001");
	expect_seconds(999999, "0.999999");
	expect_seconds(1000000, "1");
	expect_seconds(1000001, "1.000001");
	expect_seconds(100500000, "100.5");
	expect_seconds(UINT64_MAX, "18446744073709.551615");
}

static void
a_name_becomes_small_as_far_as_there_is_room(void **state)
{
	char name[2 * LOWER_BYTES], lower[LOWER_BYTES];

	(void)state;
	assert_string_equal(raft__lines_lower("AZ_az@[`{09", lower),
			    "az_az@[`{09");
	assert_string_equal(raft__lines_lower("", lower), "");
	memset(name, 'A', sizeof(name));
	name[LOWER_BYTES - 1] = '\0';
	assert_int_equal(strlen(raft__lines_lower(name, lower)),
			 LOWER_BYTES - 1);
	name[LOWER_BYTES - 1] = 'A';
	name[LOWER_BYTES] = '\0';
	assert_int_equal(strlen(raft__lines_lower(name, lower)),
			 LOWER_BYTES - 1);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_number_is_told_under_its_name),
		cmocka_unit_test(without_a_network_nothing_is_said_of_it),
		cmocka_unit_test(seconds_have_no_zeros_behind_them),
		cmocka_unit_test(a_name_becomes_small_as_far_as_there_is_room),
	};

	kept_anew = kept_writes(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
