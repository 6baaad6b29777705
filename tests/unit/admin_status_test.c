/*
 * What a server tells over its socket of how it is: each value is what the program
 * itself is told at that moment.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/server_scene.h"

#include <jansson.h>

#include "assists/admin/status.h"

static void
expect_number(const json_t *object, const char *name, uint64_t expected)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_integer(value) ||
	    (uint64_t)json_integer_value(value) != expected)
		fail_msg("%s is not %" PRIu64, name, expected);
}

/* 0 is nobody, or never. */
static void
expect_perhaps(const json_t *object, const char *name, uint64_t expected)
{
	if (expected == 0 && json_object_get(object, name) != NULL)
		assert_true(json_is_null(json_object_get(object, name)));
	else
		expect_number(object, name, expected);
}

static void
expect_text(const json_t *object, const char *name, const char *expected)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (text == NULL || strcmp(text, expected) != 0)
		fail_msg("%s is not %s", name, expected);
}

static void
expect_so(const json_t *object, const char *name, bool expected)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_boolean(value) || json_is_true(value) != expected)
		fail_msg("%s is not %d", name, expected);
}

static void
expect_hex(const json_t *object, const char *name, uint64_t expected)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIx64, expected);
	expect_text(object, name, text);
}

static void
expect_failure(const json_t *object, const struct raft_tcp_peer_status *its)
{
	if (its->failure[0] == '\0') {
		assert_true(json_is_null(object));
		return;
	}
	assert_int_equal(json_object_size(object), 2);
	expect_text(object, "why", its->failure);
	assert_true(json_is_integer(json_object_get(object, "us")));
}

/* In the turn in which it is asked: times are as they are, too. */
static void
expect_connection(const json_t *object, const struct raft_server_member *member)
{
	const struct raft_tcp_peer_status *its = &member->connection;

	assert_int_equal(json_object_size(object), 11);
	expect_so(object, "out", its->open_out);
	expect_so(object, "in", its->open_in);
	expect_so(object, "plain_out", its->plain_out);
	expect_so(object, "plain_in", its->plain_in);
	expect_number(object, "queue_bytes", its->queue_bytes);
	expect_number(object, "queue_messages", its->queue_messages);
	expect_number(object, "note_bytes", its->note_bytes);
	expect_number(object, "opened", its->opened);
	expect_perhaps(object, "round_trip_us", its->round_trip_us);
	expect_failure(json_object_get(object, "failure"), its);
}

static void
expect_replication(const json_t *object,
		   const struct raft_server_member *member, bool is_self)
{
	const json_t *lag = json_object_get(object, "lag");

	assert_int_equal(json_object_size(object), 8);
	expect_text(object, "state", is_self ? "self" : "replicate");
	expect_number(object, "match_index", member->raft.match_index);
	expect_number(object, "bytes_in_flight", member->raft.bytes_in_flight);
	expect_number(object, "snapshot_offset", 0);
	expect_number(object, "snapshot_size", 0);
	expect_so(object, "caught_up", member->raft.caught_up);
	assert_true(member->lag_is_known);
	expect_number(lag, "entries", member->lag.entries);
	expect_number(lag, "bytes", member->lag.bytes);
	assert_true(json_is_integer(json_object_get(lag, "us")));
	assert_in_range(json_integer_value(json_object_get(object, "heard_us")),
			0, is_self ? 0 : PATIENCE_MS * 1000);
}

static void
expect_member(const json_t *object, const struct raft_server_member *member,
	      uint64_t self, bool leads)
{
	const struct raft_member_status *raft = &member->raft;
	bool is_self = raft->identity.id == self;

	assert_int_equal(json_object_size(object), 13);
	expect_number(object, "id", raft->identity.id);
	expect_hex(object, "incarnation", raft->identity.incarnation);
	expect_text(object, "role", "voter");
	expect_so(object, "promotes", false);
	expect_perhaps(object, "stands_in_seconds", 0);
	expect_so(object, "leads", member->leads);
	expect_so(object, "self", is_self);
	expect_text(object, "address", member->address);
	expect_text(object, "note", member->note);
	expect_text(object, "build", member->build);
	if (is_self)
		assert_true(
		    json_is_null(json_object_get(object, "connection")));
	else
		expect_connection(json_object_get(object, "connection"),
				  member);
	if (leads)
		expect_replication(json_object_get(object, "replication"),
				   member, is_self);
	else
		assert_true(
		    json_is_null(json_object_get(object, "replication")));
}

static void
expect_server(const json_t *object, const struct raft_server_status *status)
{
	const struct raft_status *raft = &status->raft;
	const json_t *log = json_object_get(object, "log");
	const json_t *snapshot = json_object_get(object, "snapshot");
	const json_t *scrub = json_object_get(object, "scrub");

	assert_int_equal(json_object_size(object), 24);
	expect_number(object, "id", raft->self.id);
	expect_hex(object, "incarnation", raft->self.incarnation);
	expect_text(object, "cluster", "scene");
	expect_text(object, "version", raft_version());
	expect_text(object, "build", raft_build());
	expect_text(object, "role",
		    raft->role == RAFT_LEADER ? "leader" : "follower");
	expect_text(object, "member", "voter");
	expect_so(object, "stopped", false);
	expect_so(object, "changing", false);
	expect_number(object, "term", raft->term);
	expect_number(object, "leader", raft->leader);
	expect_perhaps(object, "vote", raft->vote.id);
	expect_perhaps(object, "transfer_target", 0);
	expect_number(object, "election_timeout_us", raft->election_timeout_us);
	expect_perhaps(object, "clock_drift", 0);
	expect_number(object, "uncommitted_bytes", raft->uncommitted_bytes);
	expect_number(object, "asks", status->asks);
	expect_number(object, "sessions", status->sessions);
	assert_int_equal(json_object_size(log), 6);
	expect_number(log, "compacted_index", raft->snapshot.index);
	expect_number(log, "last_index", raft->last.index);
	expect_number(log, "durable_index", raft->durable_index);
	expect_number(log, "commit_index", raft->commit_index);
	expect_number(log, "applied_index", raft->applied_index);
	expect_number(log, "bytes", status->log_bytes);
	assert_int_equal(json_object_size(snapshot), 3);
	expect_perhaps(snapshot, "index", status->snapshot.index);
	expect_so(snapshot, "running", status->takes_snapshot);
	assert_int_equal(json_is_integer(json_object_get(snapshot, "age_us")),
			 status->snapshot.index != 0);
	assert_int_equal(json_object_size(scrub), 6);
	expect_number(scrub, "rate", status->scrub.rate);
	expect_number(scrub, "damages", 0);
	assert_int_equal(json_is_integer(json_object_get(scrub, "ended_us")),
			 status->scrub.passes != 0);
}

static bool
all_are_known(const struct scene *scene, uint64_t id)
{
	struct raft_server_member member;
	bool known = true;

	for (size_t i = 0;
	     raft_server_member(scene->actors[id].server, i, &member); i++)
		known = known && member.build[0] != '\0' &&
			(status_of(scene, id).raft.role != RAFT_LEADER ||
			 (member.lag_is_known &&
			  (member.raft.identity.id == id ||
			   member.raft.state == RAFT_PROGRESS_REPLICATE)));
	return known;
}

static void
a_status_is_what_the_program_itself_is_told(void **state)
{
	struct raft_server_member member;
	struct scene scene;

	(void)state;
	three(&scene);
	for (int i = 0; i < 5; i++)
		add(&scene, 1, "1");
	assert_true(run_until(&scene.loop, agree(&scene, 5), PATIENCE_MS));
	raft_server_snapshot(scene.actors[1].server);
	assert_true(run_until(&scene.loop,
			      status_of(&scene, 1).snapshot.index != 0,
			      PATIENCE_MS));
	for (uint64_t id = 1; id <= 3; id++) {
		const struct raft_server *server = scene.actors[id].server;
		struct raft_server_status status;
		json_t *all, *list;
		size_t count = 0;

		assert_true(run_until(&scene.loop, all_are_known(&scene, id),
				      PATIENCE_MS));
		status = status_of(&scene, id);
		all = raft__admin_status(server);
		list = json_object_get(all, "members");
		expect_server(all, &status);
		for (; raft_server_member(server, count, &member); count++)
			expect_member(json_array_get(list, count), &member, id,
				      status.raft.role == RAFT_LEADER);
		assert_int_equal(json_array_size(list), count);
		assert_int_equal(count, 3);
		json_decref(all);
	}
	scene_close(&scene);
}

static const json_t *
member_at(const json_t *all, size_t position)
{
	return json_array_get(json_object_get(all, "members"), position);
}

static const char *
state_of(const json_t *all, size_t position)
{
	const json_t *replication =
	    json_object_get(member_at(all, position), "replication");

	return json_string_value(json_object_get(replication, "state"));
}

static bool
is_probed(const struct scene *scene, uint64_t leads, size_t position)
{
	struct raft_server_member member;

	return raft_server_member(scene->actors[leads].server, position,
				  &member) &&
	       member.raft.state == RAFT_PROGRESS_PROBE &&
	       member.connection.failure[0] != '\0';
}

static void
one_that_does_not_answer_is_probed(void **state)
{
	struct raft_server_member member;
	struct scene scene;
	uint64_t leads, away;
	json_t *all;

	(void)state;
	three(&scene);
	add(&scene, 1, "1");
	away = await_follower(&scene);
	leads = leader(&scene);
	cut_off(&scene, away);
	add(&scene, leads, "1");
	assert_true(run_until(&scene.loop, is_probed(&scene, leads, away - 1),
			      PATIENCE_MS));
	all = raft__admin_status(scene.actors[leads].server);
	assert_string_equal(state_of(all, away - 1), "probe");
	assert_string_equal(state_of(all, leads - 1), "self");
	assert_true(
	    raft_server_member(scene.actors[leads].server, away - 1, &member));
	expect_connection(
	    json_object_get(member_at(all, away - 1), "connection"), &member);
	json_decref(all);
	scene_close(&scene);
}

static void
of_one_that_was_never_heard_little_is_known(void **state)
{
	const json_t *replication, *link;
	struct scene scene;
	json_t *all;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 3);
	start(&scene, 1);
	start(&scene, 2);
	add(&scene, 1, "1");
	all = raft__admin_status(scene.actors[leader(&scene)].server);
	assert_non_null(all);
	replication = json_object_get(member_at(all, 2), "replication");
	link = json_object_get(member_at(all, 2), "connection");
	assert_true(json_is_null(json_object_get(replication, "lag")));
	assert_true(json_is_null(json_object_get(replication, "heard_us")));
	assert_true(json_is_null(json_object_get(link, "silent_us")));
	assert_true(json_is_null(json_object_get(link, "round_trip_us")));
	assert_true(json_is_null(json_object_get(member_at(all, 2), "term")));
	assert_true(json_is_null(json_object_get(member_at(all, 2), "build")));
	assert_int_equal(json_object_size(all), 24);
	json_decref(all);
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_is_what_the_program_itself_is_told),
		cmocka_unit_test(one_that_does_not_answer_is_probed),
		cmocka_unit_test(of_one_that_was_never_heard_little_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
