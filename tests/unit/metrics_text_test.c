/*
 * The metrics as a text: what is in it, on a leader, on a follower, and of a member
 * that was removed.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <ctype.h>
#include <locale.h>

#include "tests/unit/metrics_scene.h"

static char *
text_of(const struct scene *scene, uint64_t id)
{
	char *text = raft_metrics_text(scene->actors[id].server);

	assert_non_null(text);
	return text;
}

/* A value now. */
static double
value_of(const struct scene *scene, uint64_t id, const char *series)
{
	char *text = text_of(scene, id);
	double value = value_in(text, series);

	free(text);
	return value;
}

/* ------------------------------------------------------------------- its form */

/* Each family has a head of two lines, once; what follows is of it. */
static void
check_line(const char *line, char family[128])
{
	char name[128], type[32];

	if (sscanf(line, "# HELP outrigger_%100s", name) == 1) {
		assert_string_not_equal(name, family);
		strlcpy(family, name, 128);
		assert_true(strlen(line) > strlen(name) + 24);
		return;
	}
	if (sscanf(line, "# TYPE outrigger_%100s %20s", name, type) == 2) {
		assert_string_equal(name, family);
		return;
	}
	assert_int_equal(strncmp(line, "outrigger_", 10), 0);
	assert_int_equal(strncmp(line + 10, family, strlen(family)), 0);
	assert_true(isdigit(line[strlen(line) - 1]));
	assert_non_null(strchr(line, ' '));
}

static void
every_line_is_of_the_format(void **state)
{
	struct scene scene;
	char family[128] = "";
	char *text, *rest, *line;
	size_t lines = 0;

	(void)state;
	/* Where numbers have a comma. */
	(void)setlocale(LC_ALL, "de_DE.UTF-8");
	three(&scene);
	text = text_of(&scene, await_leader(&scene));
	assert_int_equal(text[strlen(text) - 1], '\n');
	for (rest = text; (line = strsep(&rest, "\n")) != NULL && rest != NULL;
	     lines++)
		check_line(line, family);
	assert_true(lines > 300);
	free(text);
	scene_close(&scene);
}

static void
a_bucket_has_all_that_smaller_ones_have(void **state)
{
	static const char *const bounds[] = { "0.00001", "0.000025", "0.001",
					      "2.5",	 "100",	     "+Inf" };
	struct scene scene;
	char series[100];
	double before = 0, count, sum;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 1);
	start(&scene, 1);
	for (int i = 0; i < 20; i++)
		add(&scene, 1, "1");
	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		snprintf(series, sizeof(series),
			 "commit_seconds_bucket{le=\"%s\"}", bounds[i]);
		count = value_of(&scene, 1, series);
		assert_true(count >= before);
		before = count;
	}
	assert_true(count == 20);
	assert_true(value_of(&scene, 1, "commit_seconds_count") == 20);
	sum = value_of(&scene, 1, "commit_seconds_sum");
	assert_true(sum > 0 && sum < 60);
	assert_true(value_of(&scene, 1,
			     "ask_seconds_bucket{kind=\"command\","
			     "le=\"+Inf\"}") == 20);
	assert_true(value_of(&scene, 1, "ask_seconds_sum{kind=\"command\"}") >=
		    sum);
	scene_close(&scene);
}

/* ---------------------------------------------------------------- what is in it */

static void
it_says_how_it_is(void **state)
{
	struct raft_server_status status;
	struct scene scene;

	(void)state;
	three(&scene);
	await_leader(&scene);
	add(&scene, 1, "1");
	assert_true(run_until(&scene.loop, agree(&scene, 1), PATIENCE_MS));
	for (uint64_t id = 1; id <= 3; id++) {
		status = status_of(&scene, id);
		assert_true(value_of(&scene, id, "term") ==
			    (double)status.raft.term);
		assert_true(value_of(&scene, id, "leader") ==
			    (double)status.raft.leader);
		assert_true(value_of(&scene, id, "commit_index") ==
			    (double)status.raft.commit_index);
		assert_true(value_of(&scene, id, "applied_index") ==
			    (double)status.raft.applied_index);
		assert_true(value_of(&scene, id, "role{role=\"leader\"}") ==
			    (status.raft.role == RAFT_LEADER));
		assert_true(value_of(&scene, id, "role{role=\"follower\"}") ==
			    (status.raft.role == RAFT_FOLLOWER));
		assert_true(value_of(&scene, id, "members") == 3);
		assert_true(value_of(&scene, id, "membership{as=\"voter\"}") ==
			    1);
		assert_true(value_of(&scene, id, "log_file_bytes") > 0);
		assert_true(value_of(&scene, id, "fsync_seconds_count") > 0);
		assert_true(value_of(&scene, id, "stopped") == 0);
	}
	scene_close(&scene);
}

static void
what_a_leader_alone_knows_a_follower_does_not_say(void **state)
{
	struct scene scene;
	uint64_t leads, follows;
	char lag[64], state_of[96], connected[96];

	(void)state;
	three(&scene);
	follows = await_follower(&scene);
	leads = leader(&scene);
	add(&scene, leads, "1");
	snprintf(lag, sizeof(lag), "peer_lag_entries{peer=\"%" PRIu64 "\"}",
		 follows);
	snprintf(state_of, sizeof(state_of),
		 "peer_state{peer=\"%" PRIu64 "\",state=\"replicate\"}",
		 follows);
	assert_true(run_until(&scene.loop, value_of(&scene, leads, lag) == 0,
			      PATIENCE_MS));
	assert_true(value_of(&scene, leads, state_of) == 1);
	snprintf(lag, sizeof(lag), "peer_lag_entries{peer=\"%" PRIu64 "\"}",
		 leads);
	/* Of itself, and on one that follows. */
	assert_true(value_of(&scene, leads, lag) == -1);
	assert_true(value_of(&scene, follows, lag) == -1);
	snprintf(connected, sizeof(connected),
		 "peer_connected{peer=\"%" PRIu64 "\",direction=\"out\"}",
		 leads);
	assert_true(value_of(&scene, follows, connected) == 1);
	snprintf(connected, sizeof(connected),
		 "peer_plain{peer=\"%" PRIu64 "\",direction=\"out\"}", leads);
	assert_true(value_of(&scene, follows, connected) == 1);
	scene_close(&scene);
}

/* A number of one member, as another tells it. */
static double
value_about(const struct scene *scene, uint64_t id, uint64_t peer,
	    const char *family)
{
	char series[128];

	snprintf(series, sizeof(series), "%s{peer=\"%" PRIu64 "\"}", family,
		 peer);
	return value_of(scene, id, series);
}

static void
of_one_that_is_near_there_is_little_to_say(void **state)
{
	static const char *const nothing[] = {
		"peer_queue_bytes",	 "peer_queue_messages",
		"peer_note_queue_bytes", "peer_lag_entries",
		"peer_lag_bytes",	 "peer_lag_seconds",
		"peer_in_flight_bytes",	 "peer_snapshot_remaining_bytes",
	};
	struct scene scene;
	uint64_t leads, follows;

	(void)state;
	three(&scene);
	follows = await_follower(&scene);
	leads = leader(&scene);
	add(&scene, leads, "1");
	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++)
		assert_true(run_until(
		    &scene.loop,
		    value_about(&scene, leads, follows, nothing[i]) == 0,
		    PATIENCE_MS));
	assert_true(run_until(
	    &scene.loop,
	    value_about(&scene, leads, follows, "peer_round_trip_seconds") > 0,
	    PATIENCE_MS));
	assert_true(value_about(&scene, leads, follows,
				"peer_round_trip_seconds") < 60);
	assert_true(
	    value_about(&scene, leads, follows, "peer_silence_seconds") >= 0);
	assert_true(
	    value_about(&scene, leads, follows, "peer_silence_seconds") < 60);
	scene_close(&scene);
}

static void
one_that_is_away_lags_and_one_that_was_removed_is_gone(void **state)
{
	struct scene scene;
	uint64_t leads, gone;
	char lag[64], silence[64], connected[96];

	(void)state;
	three(&scene);
	gone = await_follower(&scene);
	leads = leader(&scene);
	add(&scene, leads, "1");
	snprintf(lag, sizeof(lag), "peer_lag_entries{peer=\"%" PRIu64 "\"}",
		 gone);
	snprintf(silence, sizeof(silence),
		 "peer_silence_seconds{peer=\"%" PRIu64 "\"}", gone);
	snprintf(connected, sizeof(connected),
		 "peer_connected{peer=\"%" PRIu64 "\",direction=\"out\"}",
		 gone);
	/* Of one that its leader has never heard nothing is known. */
	assert_true(run_until(&scene.loop, value_of(&scene, leads, lag) == 0,
			      PATIENCE_MS));
	cut_off(&scene, gone);
	leads = await_leader(&scene);
	for (int i = 0; i < 10; i++)
		add(&scene, leads, "1");
	assert_true(value_of(&scene, leads, lag) >= 10);
	assert_true(value_about(&scene, leads, gone, "peer_lag_bytes") >=
		    10 * value_of(&scene, leads, lag));
	/* It is measured once a tick. */
	assert_true(run_until(
	    &scene.loop,
	    value_about(&scene, leads, gone, "peer_lag_seconds") > 0,
	    PATIENCE_MS));
	assert_true(run_until(&scene.loop,
			      value_of(&scene, leads, silence) > 0.3 ||
				  value_of(&scene, leads, silence) == -1,
			      PATIENCE_MS));
	assert_true(run_until(
	    &scene.loop, value_of(&scene, leads, connected) == 0, PATIENCE_MS));
	assert_int_equal(
	    change(&scene, leads,
		   (struct raft_server_change){ .kind = RAFT_SERVER_REMOVE,
						.identity.id = gone })
		.result,
	    RAFT_SERVER_OK);
	leads = await_leader(&scene);
	assert_true(value_of(&scene, leads, lag) == -1);
	assert_true(value_of(&scene, leads, connected) == -1);
	assert_true(value_of(&scene, leads, "members") == 2);
	scene_close(&scene);
}

/* Each number of the transport's is told under its own name. */
static void
what_passes_the_network_is_told_as_it_was_counted(void **state)
{
	static const struct {
		const char *series;
		enum raft_link_counter counter;
	} all[] = {
		{ "connections_opened_total{direction=\"out\"}",
		  RAFT_LINK_OPENED_OUT },
		{ "connections_opened_total{direction=\"in\"}",
		  RAFT_LINK_OPENED_IN },
		{ "connections_opened_total{direction=\"guest\"}",
		  RAFT_LINK_OPENED_GUEST },
		{ "messages_total{direction=\"out\"}", RAFT_LINK_SENT },
		{ "messages_total{direction=\"in\"}", RAFT_LINK_RECEIVED },
		{ "network_bytes_total{direction=\"out\"}",
		  RAFT_LINK_WRITTEN_BYTES },
		{ "network_bytes_total{direction=\"in\"}",
		  RAFT_LINK_RECEIVED_BYTES },
		{ "network_writes_total", RAFT_LINK_WRITES },
		{ "notes_total{end=\"sent\"}", RAFT_LINK_NOTES_SENT },
		{ "notes_total{end=\"refused\"}", RAFT_LINK_NOTES_REFUSED },
		{ "notes_total{end=\"received\"}", RAFT_LINK_NOTES_RECEIVED },
		{ "notes_total{end=\"dropped\"}", RAFT_LINK_NOTES_DROPPED },
		{ "dropped_messages_total{by=\"network\",reason=\"down\"}",
		  RAFT_LINK_DROPPED_DOWN },
		{ "dropped_messages_total{by=\"network\",reason=\"unknown\"}",
		  RAFT_LINK_DROPPED_UNKNOWN },
		{ "connections_ended_total{reason=\"closed\"}",
		  RAFT_LINK_CLOSED },
		{ "connections_ended_total{reason=\"unreachable\"}",
		  RAFT_LINK_UNREACHABLE },
	};
	const struct raft_tcp *transport;
	struct scene scene;
	uint64_t follows;

	(void)state;
	three(&scene);
	follows = await_follower(&scene);
	for (int i = 0; i < 5; i++)
		add(&scene, follows, "1");
	cut_off(&scene, leader(&scene));
	assert_true(run_until(
	    &scene.loop,
	    value_of(&scene, follows,
		     "connections_ended_total{reason=\"unreachable\"}") > 2,
	    PATIENCE_MS));
	transport = raft_server_transport(scene.actors[follows].server);
	/* No turn of the loop lies between the two looks. */
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (value_of(&scene, follows, all[i].series) !=
		    (double)raft_tcp_counter(transport, all[i].counter))
			fail_msg("%s", all[i].series);
	scene_close(&scene);
}

static void
each_reason_is_there_before_it_happens(void **state)
{
	static const char *const series[] = {
		"elections_total{reason=\"timeout\"}",
		"depositions_total{reason=\"quorum_lost\"}",
		"asks_total{kind=\"change\",result=\"unknown\"}",
		"dropped_messages_total{by=\"member\",reason=\"stranger\"}",
		"dropped_messages_total{by=\"network\",reason=\"full\"}",
		"connections_ended_total{reason=\"hello_cluster\"}",
		"connections_opened_total{direction=\"guest\"}",
		"snapshots_failed_total",
	};
	struct scene scene;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 1);
	start(&scene, 1);
	await_leader(&scene);
	for (size_t i = 1; i < sizeof(series) / sizeof(series[0]); i++)
		if (value_of(&scene, 1, series[i]) != 0)
			fail_msg("%s", series[i]);
	assert_true(value_of(&scene, 1, "elections_won_total") == 1);
	assert_true(value_of(&scene, 1, series[0]) >= 0);
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_is_of_the_format),
		cmocka_unit_test(a_bucket_has_all_that_smaller_ones_have),
		cmocka_unit_test(it_says_how_it_is),
		cmocka_unit_test(
		    what_a_leader_alone_knows_a_follower_does_not_say),
		cmocka_unit_test(of_one_that_is_near_there_is_little_to_say),
		cmocka_unit_test(
		    one_that_is_away_lags_and_one_that_was_removed_is_gone),
		cmocka_unit_test(
		    what_passes_the_network_is_told_as_it_was_counted),
		cmocka_unit_test(each_reason_is_there_before_it_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
