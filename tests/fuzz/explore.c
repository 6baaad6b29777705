/*
 * Whatever happens in whatever order, a cluster keeps its promises, and once
 * nothing happens to it any more it settles.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A round's cluster is five servers of mixed builds, three of them bootstrapped, with
 * small limits. Messages arrive in any order, doubled, or not at all; writes
 * become durable when chance wills, and a crash forgets some that are not;
 * members are proposed to, read from, reconfigured, handed over, compacted, cut
 * off, and wiped once they are removed.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/cluster.h"
#include "tests/fuzz/smaller.h"

#define STEPS_MAX 3000
#define SETTLES_WITHIN (100 * T)
#define RESTS_FOR (6 * T)

static uint64_t
draw(struct cluster *c, uint64_t below)
{
	return chance_below(&c->chance, below);
}

static struct raft_status
status_of(const struct server *s)
{
	struct raft_status status;

	raft_status(s->raft, &status);
	return status;
}

/** The newest leader; NULL: there is none. */
static struct server *
leader_of(struct cluster *c)
{
	struct server *leader = NULL;

	for (size_t i = 0; i < SERVERS; i++) {
		struct server *s = &c->servers[i];

		if (s->raft != NULL && status_of(s).role == RAFT_LEADER &&
		    (leader == NULL ||
		     status_of(s).term > status_of(leader).term))
			leader = s;
	}
	return leader;
}

static struct server *
any_leader(struct cluster *c, struct server *otherwise)
{
	struct server *leader = leader_of(c);

	return leader != NULL && draw(c, 8) != 0 ? leader : otherwise;
}

/* ---------------------------------------------------------- what happens */

static bool
log_names(const struct log *log, struct raft_identity identity)
{
	struct raft_member members[2 * SERVERS];
	struct raft_configuration configuration;
	uint64_t below = log->last + 1;
	const uint8_t *bytes;
	size_t length;

	bytes = log_configuration(log, below, &length);
	if (bytes == NULL)
		return false;
	must(raft_configuration_decode(bytes, length, &configuration, members,
				       2 * SERVERS) == RAFT_OK);
	for (size_t i = 0; i < configuration.member_count; i++)
		if (members[i].identity.id == identity.id)
			return true;
	return false;
}

static bool
member_names(const struct server *s, struct raft_identity identity)
{
	const struct raft_configuration *configuration =
	    s->raft == NULL ? NULL : raft_configuration(s->raft);

	for (size_t i = 0;
	     configuration != NULL && i < configuration->member_count; i++)
		if (configuration->members[i].identity.id == identity.id)
			return true;
	return false;
}

/** Whose disk is lost must not be needed any more: others know more of what is
 *  committed, and none of them knows it as a member. */
static bool
is_needed(struct cluster *c, const struct server *s)
{
	uint64_t commit_index = status_of(s).commit_index;
	bool others_know_more = false;

	for (size_t i = 0; i < SERVERS; i++) {
		const struct server *other = &c->servers[i];

		if (other == s)
			continue;
		if (other->raft != NULL &&
		    status_of(other).commit_index > commit_index)
			others_know_more = true;
		if (member_names(other, s->identity) ||
		    log_names(&other->log, s->identity) ||
		    log_names(&other->disk, s->identity))
			return true;
		for (size_t w = 0; w < other->write_count; w++)
			if (other->writes[w].save.snapshot != NULL)
				return true;
	}
	return !others_know_more ||
	       (s->identity.id <= 3 && c->history_last < 2);
}

static void
change_links(struct cluster *c)
{
	size_t a = 1 + (size_t)draw(c, SERVERS), other;

	switch (draw(c, 4)) {
	case 0:
		memset(c->cut, 0, sizeof(c->cut));
		tell(c, "all links are whole");
		break;
	case 1:
		for (size_t b = 1; b <= SERVERS; b++)
			c->cut[a][b] = c->cut[b][a] = true;
		tell(c, "n%zu is cut off", a);
		break;
	case 2:
		other = 1 + (size_t)draw(c, SERVERS);
		c->cut[a][other] = true;
		tell(c, "the link n%zu -> n%zu is cut", a, other);
		break;
	default:
		tell(c, "n1 and n2 are cut from the others");
		for (size_t b = 1; b <= SERVERS; b++)
			for (size_t d = 1; d <= SERVERS; d++)
				c->cut[b][d] = (b <= 2) != (d <= 2);
	}
}

static void
live_and_die(struct cluster *c, struct server *s)
{
	uint64_t chance = draw(c, 12);

	if (s->raft == NULL) {
		if (chance < 4)
			server_start(c, s);
	} else if (chance == 0) {
		server_crash(c, s);
	} else if (chance == 1 && !is_needed(c, s)) {
		server_wipe(c, s);
		server_start(c, s);
	}
}

static void
ask(struct cluster *c, struct server *s)
{
	struct server *leader = any_leader(c, s);
	uint64_t now = server_now(c, s), other;

	switch (draw(c, 24)) {
	case 0:
	case 1:
		server_reconfigure(c, leader);
		break;
	case 2:
		other = 1 + draw(c, SERVERS);
		server_tells(c, leader, "is to hand over to n%" PRIu64, other);
		(void)raft_transfer(leader->raft, other,
				    server_now(c, leader));
		tallies[TALLY_TRANSFERRED]++;
		break;
	case 3:
		server_tells(c, s, "is told to campaign");
		(void)raft_campaign(s->raft, now);
		break;
	case 4:
		if (draw(c, 3) != 0)
			break;
		server_tells(c, leader, "is to step down");
		(void)raft_step_down(leader->raft, server_now(c, leader));
		break;
	case 5:
		other = 1 + draw(c, SERVERS);
		server_tells(c, s, "sees n%" PRIu64 " close", other);
		raft_peer_closed(s->raft, other, now);
		break;
	case 6:
	case 7:
		server_snapshot(c, s);
		break;
	case 8:
	case 9:
	case 10:
		server_read(c, s);
		break;
	case 11:
	case 12:
		server_read(c, any_leader(c, s));
		break;
	case 13:
		if (draw(c, 8) != 0)
			break;
		other = 1 + draw(c, SERVERS);
		server_tells(c, s, "cannot read for n%" PRIu64, other);
		raft_unreadable(s->raft, other, now);
		break;
	default:
		server_propose(c, any_leader(c, s));
	}
}

static void
deliver_any(struct cluster *c)
{
	size_t position;

	if (c->passage_count == 0)
		return;
	position = passage_choose(c);
	if (draw(c, 30) == 0) {
		passage_drop(c, position);
		return;
	}
	passage_deliver(c, position, draw(c, 25) == 0);
}

static void
pass_time(struct cluster *c, uint64_t us)
{
	c->now += us;
	tell(c, "%" PRIu64 " us pass", us);
	for (size_t i = 0; i < SERVERS; i++)
		if (c->servers[i].raft != NULL)
			server_expire(c, &c->servers[i]);
}

static void
turn_some(struct cluster *c)
{
	for (size_t i = 0; i < SERVERS; i++)
		if (c->servers[i].raft != NULL && draw(c, 4) != 0)
			server_turn(c, &c->servers[i]);
}

static void
step(struct cluster *c)
{
	struct server *s = &c->servers[draw(c, SERVERS)];
	uint64_t chance = draw(c, 100);

	if (chance < 62)
		deliver_any(c);
	else if (chance < 76 && s->raft != NULL)
		server_save(c, s, 1 + (size_t)draw(c, 3));
	else if (chance < 84)
		pass_time(c, draw(c, 4) == 0 ? draw(c, T) : draw(c, T / 20));
	else if (chance < 96 && s->raft != NULL)
		ask(c, s);
	else if (chance < 98)
		live_and_die(c, s);
	else if (chance < 99)
		change_links(c);
	turn_some(c);
}

/* ------------------------------------------------------- and what follows */

static void
pass_in_peace(struct cluster *c)
{
	pass_time(c, T / 40);
	for (int i = 0; i < 400 && c->passage_count > 0; i++) {
		passage_deliver(c, (size_t)draw(c, c->passage_count), false);
		for (size_t s = 0; s < SERVERS; s++)
			server_turn(c, &c->servers[s]);
	}
	for (size_t i = 0; i < SERVERS; i++) {
		server_save(c, &c->servers[i], 8);
		server_turn(c, &c->servers[i]);
	}
}

static bool
is_settled(struct cluster *c)
{
	struct server *leader = leader_of(c);
	struct raft_member_status member;
	struct raft_status status;

	if (leader == NULL)
		return false;
	status = status_of(leader);
	if (status.changing || status.applied_index != status.last.index)
		return false;
	for (size_t i = 0; raft_member_status(leader->raft, i, &member); i++)
		if (c->servers[member.identity.id - 1].machine.at.index !=
		    status.last.index)
			return false;
	return true;
}

static void
settle(struct cluster *c)
{
	uint64_t end = c->now + SETTLES_WITHIN;

	while (!is_settled(c)) {
		must(c->now < end);
		pass_in_peace(c);
	}
}

/** Every read ends, too. */
static void
rest(struct cluster *c)
{
	uint64_t end = c->now + RESTS_FOR;

	while (c->now < end)
		pass_in_peace(c);
	settle(c);
}

static void
run_steps(const struct steps *steps)
{
	static struct cluster c;

	cluster_create(&c, steps->seed);
	for (size_t i = 0; i < steps->count && c.proposed < ENTRIES_MAX / 3;
	     i++) {
		c.chance.state = steps->at[i];
		step(&c);
	}
	c.chance.state = steps->seed;
	tell(&c, "nothing more happens to it");
	memset(c.cut, 0, sizeof(c.cut));
	for (size_t i = 0; i < SERVERS; i++)
		if (c.servers[i].raft == NULL)
			server_start(&c, &c.servers[i]);
	settle(&c);
	server_propose(&c, leader_of(&c));
	for (size_t i = 0; i < SERVERS; i++)
		server_read(&c, &c.servers[i]);
	rest(&c);
	check_all(&c);
	cluster_destroy(&c);
}

static struct steps
draw_steps(uint64_t seed)
{
	struct chance chance = { ~seed };
	struct steps steps = {
		.seed = seed,
		.count = 200 + (size_t)chance_below(&chance, STEPS_MAX),
	};

	steps.at = malloc(steps.count * sizeof(*steps.at));
	if (steps.at == NULL)
		err(2, "memory");
	for (size_t i = 0; i < steps.count; i++)
		steps.at[i] = chance_draw(&chance);
	return steps;
}

static void
run_cluster(uint64_t seed)
{
	struct steps steps = draw_steps(seed);

	run_steps(&steps);
	free(steps.at);
}

/** The fewest steps with which it fails, told as they happen. */
static void
explain(uint64_t seed)
{
	struct steps steps = draw_steps(seed);
	size_t before = steps.count;
	const char *cause = smaller_make(&steps, run_steps);

	if (cause[0] == '\0') {
		printf("seed %" PRIu64 " does not fail\n", seed);
		return;
	}
	printf("%s\n", cause);
	printf("seed %" PRIu64 ", of %zu steps these %zu are left:\n", seed,
	       before, steps.count);
	fflush(stdout);
	rounds_explain_nothing();
	cluster_narrates = true;
	run_steps(&steps);
}

/* ------------------------------------------------------------------ main */

static void
print_tallies(void)
{
	static const char *const names[TALLY_COUNT] = {
		"delivered", "dropped", "doubled", "crashes", "elections",
		"applied", "committed", "lost", "unknown", "reads",
		"reads lost", "changes", "joint entries", "joint truncated",
		"installs", "transfers", "removals told", "wiped",
		"applied ahead",
	};

	for (size_t i = 0; i < TALLY_COUNT; i++)
		printf("%s%s %llu", i == 0 ? "" : ", ", names[i],
		       (unsigned long long)tallies[i]);
	printf("\n");
}

int
main(int argc, char **argv)
{
	rounds_explained_by(explain);
	rounds_run(argc, argv, "explore", 8, run_cluster);
	print_tallies();
	return 0;
}
