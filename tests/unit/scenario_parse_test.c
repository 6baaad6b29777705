/*
 * What a scenario file says is read as it was meant, and what is wrong in it is
 * told by line.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "assists/scenario/script/build.h"
#include "assists/scenario/script/script.h"

static struct raft_scenario *
read_text(const char *text)
{
	char error[1024] = "";
	struct raft_scenario *scenario = raft_scenario_parse("f", text, strlen(text),
						   error, sizeof error);

	if (scenario == NULL)
		fail_msg("%s", error);
	return scenario;
}

static void
assert_refused(const char *text, const char *expected)
{
	char error[1024] = "";
	struct raft_scenario *scenario = raft_scenario_parse("f", text, strlen(text),
						   error, sizeof error);

	if (scenario != NULL)
		fail_msg("was taken: %s", text);
	if (strncmp(error, expected, strlen(expected)) != 0)
		fail_msg("%s\n  said:     %s\n  expected: %s", text, error,
			 expected);
	raft_scenario_free(scenario);
}

static void
what_is_not_said_has_its_default(void **state)
{
	struct raft_scenario *scenario = read_text("nodes 3\n");

	(void)state;
	assert_int_equal(scenario->voter_count, 3);
	assert_int_equal(scenario->node_count, 3);
	assert_int_equal(scenario->election_us, 1000000);
	assert_int_equal(scenario->heartbeat.amount, 100000);
	assert_int_equal(scenario->latency.least.amount, 1000);
	assert_int_equal(scenario->latency.most.amount, 5000);
	assert_int_equal(scenario->disk.least.amount, 0);
	assert_int_equal(scenario->disk.most.amount, 1000);
	assert_int_equal(scenario->loss, 0);
	assert_true(scenario->reorder);
	assert_int_equal(scenario->statement_count, 0);
	assert_string_equal(scenario->title, "f");
	assert_false(scenario->has_start);
	raft_scenario_free(scenario);
}

static void
settings_may_stand_in_any_order(void **state)
{
	struct raft_scenario *scenario = read_text(
	    "title  A and: b = c  # not this\n"
	    "term n2 7\n"
	    "log {n1 n2} = 1x5 2x3\n"
	    "option batch_entries_max 10 at others\n"
	    "latency 0.5T..1T\n"
	    "loss 12.5%\n"
	    "nodes 3\n"
	    "spare 1\n"
	    "election 200ms\n"
	    "client every 1.5ms size 100\n"
	    "reorder off\n");

	(void)state;
	assert_string_equal(scenario->title, "A and: b = c");
	assert_int_equal(scenario->node_count, 4);
	assert_int_equal(scenario->settings[1].term, 7);
	assert_int_equal(scenario->settings[0].log_count, 2);
	assert_int_equal(scenario->settings[1].log[1].term, 2);
	assert_int_equal(scenario->settings[1].log[1].count, 3);
	assert_int_equal(
	    scenario->settings[3].options[OPTION_batch_entries_max], 10);
	assert_int_equal(duration_us(&scenario->latency.least, scenario),
			 100000);
	assert_int_equal(scenario->loss, 125000);
	assert_int_equal(scenario->statements[0].verb, VERB_CLIENT);
	assert_int_equal(scenario->statements[0].duration.amount, 1500);
	assert_int_equal(scenario->statements[0].size, 100);
	assert_true(scenario->statements[0].sets_up);
	assert_false(scenario->reorder);
	raft_scenario_free(scenario);
}

static void
reads_are_a_setting_and_a_statement(void **state)
{
	struct raft_scenario *scenario = read_text(
	    "reads every 5ms\nnodes 3\nread\nread at {n2 n3}\n"
	    "reads off\nreads every 7ms at {n1 n3}\n"
	    "expect stale-reads = 0\nexpect reads-refused = 0\n");
	const struct statement *statements = scenario->statements;

	(void)state;
	assert_int_equal(statements[0].verb, VERB_READS);
	assert_true(statements[0].sets_up);
	assert_int_equal(statements[0].duration.amount, 5000);
	assert_int_equal(statements[1].verb, VERB_READ);
	assert_false(statements[1].at);
	assert_true(statements[2].at);
	assert_int_equal(statements[2].nodes.listed, 6);
	assert_int_equal(statements[3].duration.amount, 0);
	assert_int_equal(statements[4].duration.amount, 7000);
	assert_int_equal(statements[4].nodes.listed, 5);
	assert_int_equal(statements[5].condition.metric, RAFT_SIM_STALE_READS);
	assert_int_equal(statements[6].condition.metric,
			 RAFT_SIM_READS_REFUSED);
	raft_scenario_free(scenario);
	assert_refused("nodes 3\nreads 5ms\n",
		       "f:2: found '5ms', expected 'every' or 'off'");
}

static void
reads_may_have_a_bound(void **state)
{
	struct raft_scenario *scenario = read_text(
	    "nodes 3\nreads every 5ms bound 200ms\n"
	    "reads every 7ms at n2 bound 0.5T\nreads every 7ms\n"
	    "read at n3 bound 3us\nread bound 4us\n");
	const struct statement *statements = scenario->statements;

	(void)state;
	assert_int_equal(statements[0].bound.amount, 200000);
	assert_false(statements[0].bound.of_timeout);
	assert_int_equal(statements[1].nodes.listed, 2);
	assert_int_equal(statements[1].bound.amount, 500000);
	assert_true(statements[1].bound.of_timeout);
	assert_int_equal(statements[2].bound.amount, 0);
	assert_int_equal(statements[3].nodes.listed, 4);
	assert_int_equal(statements[3].bound.amount, 3);
	assert_false(statements[4].at);
	assert_int_equal(statements[4].bound.amount, 4);
	raft_scenario_free(scenario);
	assert_refused("nodes 3\nreads every 5ms bound 0s\n",
		       "f:2: found no time at all, expected a duration above");
	assert_refused("nodes 3\nreads every 5ms bound\n", "f:2: ");
}

static void
a_learner_may_have_wishes(void **state)
{
	struct raft_scenario *scenario = read_text(
	    "nodes 3\nspare 4\nadd-learner n4\nadd-learner n5 promotes\n"
	    "add-learner n6 stands-in 5T\n"
	    "add-learner n7 promotes stands-in 3s\n");
	const struct statement *statements = scenario->statements;

	(void)state;
	for (int i = 0; i < 4; i++) {
		assert_int_equal(statements[i].change, RAFT_SIM_ADD_LEARNER);
		assert_int_equal(statements[i].promotes, i % 2 == 1);
	}
	assert_int_equal(statements[0].stands_in.amount, 0);
	assert_int_equal(statements[1].stands_in.amount, 0);
	assert_true(statements[2].stands_in.of_timeout);
	assert_int_equal(statements[2].stands_in.amount, 5000000);
	assert_int_equal(statements[3].stands_in.amount, 3000000);
	raft_scenario_free(scenario);
	assert_refused("nodes 3\nspare 1\nadd-learner n4 stands-in\n",
		       "f:3: ");
	assert_refused("nodes 3\nspare 1\nadd n4 promotes\n", "f:3: ");
}

static void
modules_have_options(void **state)
{
	struct raft_scenario *scenario = read_text(
	    "nodes 3\noption learners.clock_drift 20000\n"
	    "option learners.slow_rounds 3 at n2\n");
	struct raft_module_option option;
	size_t place = 0;

	(void)state;
	while (raft_module_option(place, &option) &&
	       strcmp(option.name, "slow_rounds") != 0)
		place++;
	assert_int_equal(scenario->settings[0].module_options[place], 0);
	assert_int_equal(scenario->settings[1].module_options[place], 3);
	assert_int_equal(scenario->settings[2].module_options[place + 1],
			 20000);
	raft_scenario_free(scenario);
	assert_refused("nodes 3\noption learners.slow_rounds 256\n",
		       "f:2: found '256', expected a whole number from 1 to "
		       "255");
	assert_refused("nodes 3\noption learners.rounds 3\n",
		       "f:2: found 'learners.rounds', expected one of "
		       "heartbeat_us, ");
	assert_refused("nodes 3\noption prevote.slow_rounds 3\n",
		       "f:2: found 'prevote.slow_rounds', expected one of");
	assert_refused("nodes 3\noption learner.slow_rounds 3\n",
		       "f:2: found 'learner.slow_rounds', expected one of");
	/* A module that is not in this binary. */
	scenario = read_text("nodes 3\noption region.anything 3 at n2\n");
	assert_int_equal(scenario->note_count, 1);
	raft_scenario_free(scenario);
}

static void
a_file_says_when_snapshots_are_taken(void **state)
{
	struct raft_scenario *scenario = read_text(
	    "nodes 3\nmax-log 20\noption snapshot_part_bytes 64\n"
	    "option snapshot_tail_entries 9 at n2\n"
	    "option bytes_in_flight_max 1000\n"
	    "option uncommitted_bytes_max 2000\n"
	    "snapshot {n1 n3}\ncut n1 -> n2 only snapshot\n"
	    "run until installing n2 within 1s\nexpect snapshots = 1\n");
	const uint64_t *options = scenario->settings[1].options;

	(void)state;
	assert_int_equal(scenario->max_log, 20);
	assert_int_equal(options[OPTION_snapshot_part_bytes], 64);
	assert_int_equal(options[OPTION_snapshot_tail_entries], 9);
	assert_int_equal(options[OPTION_bytes_in_flight_max], 1000);
	assert_int_equal(options[OPTION_uncommitted_bytes_max], 2000);
	options = scenario->settings[0].options;
	assert_int_equal(options[OPTION_snapshot_tail_entries], 0);
	assert_int_equal(scenario->statements[0].verb, VERB_SNAPSHOT);
	assert_int_equal(scenario->statements[0].nodes.listed, 5);
	assert_int_equal(scenario->statements[1].only,
			 raft_sim_kind("snapshot"));
	assert_int_equal(scenario->statements[2].condition.kind,
			 CONDITION_INSTALLING);
	assert_int_equal(scenario->statements[3].condition.metric,
			 RAFT_SIM_SNAPSHOTS);
	raft_scenario_free(scenario);
	assert_refused("nodes 3\nmax-log 0\n", "f:2: ");
	assert_refused("nodes 3\nsnapshot\n", "f:2: the line ends too early");
	assert_refused("nodes 3\nexpect installing\n", "f:2: the line ends");
}

static void
leases_are_for_clocks_that_are_off_by_so_much(void **state)
{
	struct raft_scenario *scenario = read_text(
	    "nodes 3\nleases drift 1.5%\nleases off\nexpect acts {n1 n2}\n"
	    "expect max-acting = 1\n");

	(void)state;
	assert_int_equal(scenario->statements[0].verb, VERB_LEASES);
	assert_int_equal(scenario->statements[0].drift, 15000);
	assert_int_equal(scenario->statements[1].drift, 0);
	assert_int_equal(scenario->statements[2].condition.kind,
			 CONDITION_ACTS);
	assert_int_equal(scenario->statements[2].condition.nodes.listed, 3);
	assert_int_equal(scenario->statements[3].condition.metric,
			 RAFT_SIM_MAX_ACTING);
	raft_scenario_free(scenario);
	assert_refused("nodes 3\nleases\n", "f:2: the line ends too early, "
		       "expected 'drift' and a share");
	assert_refused("nodes 3\nleases drift 0%\n", "f:2: found a drift that");
	assert_refused("nodes 3\nleases drift 51%\n", "f:2: found a drift tha");
}

static void
a_change_of_membership_is_one_statement(void **state)
{
	static const enum raft_sim_change changes[] = {
		RAFT_SIM_MEMBERSHIP, RAFT_SIM_ADD,     RAFT_SIM_REMOVE,
		RAFT_SIM_ADD_LEARNER, RAFT_SIM_PROMOTE, RAFT_SIM_DEMOTE,
	};
	struct raft_scenario *scenario = read_text(
	    "spare 2\nlearners 1\nnodes 3\n"
	    "membership {n1 n5}\nadd {n5 n6}\nremove n1\n"
	    "add-learner n5\npromote n4\ndemote n2\n"
	    "expect voters = {n1 n5}\nexpect learners = {}\n"
	    "expect role n4 = learner\nexpect role n1 = removed\n");

	(void)state;
	assert_int_equal(scenario->voter_count, 3);
	assert_int_equal(scenario->learner_count, 1);
	assert_int_equal(scenario->node_count, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(scenario->statements[i].verb,
				 VERB_RECONFIGURE);
		assert_int_equal(scenario->statements[i].change, changes[i]);
	}
	assert_int_equal(scenario->statements[1].nodes.listed, 0x30);
	assert_int_equal(scenario->statements[6].condition.kind,
			 CONDITION_VOTERS);
	assert_int_equal(scenario->statements[7].condition.kind,
			 CONDITION_LEARNERS);
	assert_int_equal(scenario->statements[7].condition.nodes.listed, 0);
	assert_string_equal(scenario->statements[8].condition.role, "learner");
	assert_string_equal(scenario->statements[9].condition.role, "removed");
	raft_scenario_free(scenario);
	assert_refused("nodes 3\nmembership n1 n2\n",
		       "f:2: found 'n2', expected the end of the line");
	assert_refused("nodes 3\npromote\n", "f:2: the line ends too early");
	assert_refused("nodes 3\nadd n4\n", "f:2: ");
}

static void
a_timeout_may_be_written_in_parts(void **state)
{
	struct raft_scenario *scenario =
	    read_text("nodes 1\nelection 3ms\nrun 1.5T\nrun 0.25s\n");

	(void)state;
	assert_int_equal(
	    duration_us(&scenario->statements[0].duration, scenario), 4500);
	assert_int_equal(
	    duration_us(&scenario->statements[1].duration, scenario), 250000);
	raft_scenario_free(scenario);
}

static void
symbols_need_no_blanks(void **state)
{
	struct raft_scenario *scenario = read_text(
	    "nodes 3\ncut n1->{n2 n3}only append\nmark\n"
	    "when prevote:expect leaders=1 since mark\n");

	(void)state;
	assert_int_equal(scenario->statements[0].nodes.listed, 1);
	assert_int_equal(scenario->statements[0].peers.listed, 6);
	assert_false(scenario->statements[0].both_ways);
	assert_int_equal(scenario->statements[0].only, raft_sim_kind("append"));
	assert_true(scenario->statements[2].condition.since_mark);
	raft_scenario_free(scenario);
}

static uint32_t
module(const char *name)
{
	uint32_t set;

	assert_true(build_module(name, strlen(name), &set));
	return set;
}

static void
not_binds_before_and_and_before_or(void **state)
{
	struct raft_scenario *scenario = read_text(
	    "nodes 3\nwhen prevote and not checkquorum or stickiness: "
	    "expect leader\n");
	const struct when *when = &scenario->statements[0].when;

	(void)state;
	assert_int_equal(when->count, 2);
	assert_int_equal(when->alternatives[0].has, module("prevote"));
	assert_int_equal(when->alternatives[0].lacks, module("checkquorum"));
	assert_int_equal(when->alternatives[1].has, module("stickiness"));
	assert_int_equal(when->alternatives[1].lacks, 0);
	raft_scenario_free(scenario);
}

static void
a_repeat_knows_its_end(void **state)
{
	struct raft_scenario *scenario = read_text(
	    "nodes 1\nrepeat 2\nrun 1T\nrepeat 3\nmark\nend\nend\nprint\n");

	(void)state;
	assert_int_equal(scenario->statement_count, 5);
	assert_int_equal(scenario->statements[0].end, 4);
	assert_int_equal(scenario->statements[2].end, 4);
	raft_scenario_free(scenario);
}

static void
every_statement_of_today_is_read(void **state)
{
	static const char text[] =
	    "nodes 5\nneeds prevote checkquorum\nbuild n1 = baseline\n"
	    "duplicate 1%\ndisk 1ms..2ms\nheartbeat 0.1T\n"
	    "start all\nrun 1T\nrun until leader within 5T\n"
	    "let L = leader\nlet A B = followers\nlet F = follower\n"
	    "let S = {A B n5}\n"
	    "cut L - A\ncut S -> others only vote-answer\ncut all\n"
	    "heal L - A\nheal n1 -> all\nheal all\nisolate S\n"
	    "partition {n1 n2} n3\n"
	    "link A - B latency 1ms..2ms loss 50% duplicate 0%\n"
	    "link A -> B default\n"
	    "hold A -> B only append\nrelease A -> B\n"
	    "replay A -> B only append 3\ncrash A\ncrash A torn\n"
	    "poweroff B\nrestart {A B}\nwipe A\npause L\nresume L\n"
	    "disk A 1ms..2ms\ndisk A full\ndisk A fail\ndisk A stall\n"
	    "disk A ok\nclock A rate 0.9\ncampaign A\npropose 5\n"
	    "propose 5 at A size 100\nstep-down L\n"
	    "build A = prevote+stickiness\nclient every 10ms\nclient off\n"
	    "repeat 2\nnote what: it is\nend\nmark\nprint\n"
	    "expect no leader\nexpect leader = A\nexpect leader != A\n"
	    "expect leader in {A B}\nexpect role A = candidate\n"
	    "expect stable 2T\nexpect committed A >= 5\n"
	    "expect applied all >= 5\nexpect logs equal\n"
	    "expect voters = {n1 n2}\nexpect running A\nexpect term A > 3\n"
	    "expect unavailable <= 2T since mark\n"
	    "expect lag {A n5} <= 100 since mark\nexpect lag all = 0\n"
	    "when not prevote: run until acks > 100 within 1s\n";

	(void)state;
	raft_scenario_free(read_text(text));
}

static void
a_wrong_line_is_told_with_what_was_expected(void **state)
{
	(void)state;
	assert_refused("nodes 3\nfly n1\n",
		       "f:2: found 'fly', expected a statement");
	assert_refused("nodes\n",
		       "f:1: the line ends too early, expected a number");
	assert_refused("nodes 0\n", "f:1: found '0', expected a number");
	assert_refused("nodes 3 4\n",
		       "f:1: found '4', expected the end of the line");
	assert_refused("nodes 3\nrun 5\n",
		       "f:2: found '5' without a unit, expected");
	assert_refused("nodes 3\nlatency 5ms\n",
		       "f:2: found '5ms', expected a range");
	assert_refused("nodes 3\nlatency 5ms..1ms\n",
		       "f:2: found '5ms..1ms', expected a range whose least");
	assert_refused("nodes 3\nloss 101%\n",
		       "f:2: found '101%', expected a share");
	assert_refused("nodes 3\nloss 30\n", "f:2: found '30', expected a sh");
	assert_refused("nodes 3\ncut n1 n2\n",
		       "f:2: found 'n2', expected '-' or '->'");
	assert_refused("nodes 3\ncut n1 - n2 only hearsay\n",
		       "f:2: found 'hearsay', expected one of append,");
	assert_refused("nodes 3\nexpect bliss\n",
		       "f:2: found 'bliss', expected a condition");
	assert_refused("nodes 3\nexpect leaders ~ 2\n",
		       "f:2: found '~', expected one of = != < <= > >=");
	assert_refused("nodes 3\nwhen magic-lamp: expect leader\n",
		       "f:2: found 'magic-lamp', expected a module");
	assert_refused("nodes 3\nwhen prevote expect leader\n",
		       "f:2: found 'expect', expected 'and', 'or' or ':'");
	assert_refused("nodes 3\nwhen prevote: crash n1\n",
		       "f:2: found 'crash', expected 'expect' or 'run until'");
	assert_refused("nodes 3\nwhen prevote: run 1T\n",
		       "f:2: found 'run' for some builds only");
	assert_refused("nodes 3\nbuild n1 = magic\n",
		       "f:2: unknown module 'magic', expected baseline,");
	assert_refused("nodes 3\nbuild n1 = walls\n",
		       "f:2: unknown module 'walls', expected baseline, ");
	assert_refused("election 2T\n",
		       "f:1: found '2T', expected a duration in us, ms or s");
	assert_refused("nodes 3\nclient every 0ms\n",
		       "f:2: found no time at all");
}

static void
nodes_and_names_must_exist(void **state)
{
	(void)state;
	assert_refused("nodes 3\ncrash n4\n", "f:2: there is no n4, expected");
	assert_refused("nodes 65\n", "f:1: found '65', expected");
	assert_refused("nodes 3\ncrash n65\n", "f:2: found 'n65', expected n1");
	assert_refused("term n4 2\nnodes 3\n", "f:1: there is no n4, expected");
	assert_refused("nodes 3\ncrash L\n",
		       "f:2: found 'L', expected a node such as n1, a name");
	assert_refused("nodes 3\nlet all = leader\n",
		       "f:2: found 'all', expected a name to bind");
	assert_refused("nodes 3\nlet A = {A n1}\n",
		       "f:2: found a name bound to itself");
	assert_refused("nodes 3\nlet A B = leader\n",
		       "f:2: found 2 names for one node");
}

static void
what_spans_lines_is_checked_too(void **state)
{
	(void)state;
	assert_refused("", "f:1: the file ends and says nothing of its nodes");
	assert_refused("nodes 3\nrun 1T\nlatency 1ms..2ms\n",
		       "f:3: 'latency' sets up the cluster, expected before "
		       "the first other statement, which is on line 2");
	assert_refused("nodes 3\nexpect leaders = 1 since mark\nmark\n",
		       "f:2: 'since mark' has no mark above it");
	assert_refused("nodes 3\nrepeat 2\nrun 1T\n",
		       "f:2: this 'repeat' does not end");
	assert_refused("nodes 3\nend\n", "f:2: found 'end' without a 'repeat'");
	assert_refused("nodes 60\nspare 5\n", "f:2: found 65 voters, learners and s");
}

static void
what_cannot_be_a_log_of_raft_is_refused(void **state)
{
	(void)state;
	assert_refused("nodes 3\nlog n1 = 2x1 1x1\n",
		       "f:2: found '1x1', expected terms that do not fall");
	assert_refused("nodes 3\nlog n1 = 1x0\n",
		       "f:2: found '1x0', expected entries such as 1x5");
	assert_refused("nodes 3\nterm n1 2\nlog n1 = 3x1\n",
		       "f:3: the log of n1 is ahead of its term");
	assert_refused("nodes 3\nspare 1\nlog n4 = 1x1\n",
		       "f:3: n4 is no voter and has no log");
	assert_refused("nodes 3\nlearners 1\nlog n4 = 1x1\n",
		       "f:3: n4 is no voter and has no log");
	assert_refused("nodes 3\nlog n1 = 1x1 2x1\nlog n2 = 2x1\n", "f:3: ");
}

static void
what_is_not_there_yet_is_said_so(void **state)
{
	(void)state;
	assert_refused("nodes 3\ntransfer\n", "f:2: the line ends too early");
	assert_refused("nodes 3\nexpect adoptions = 1\n",
		       "f:2: 'adoptions' needs the module catchup, which this "
		       "version of the library does not have yet");
}

/* Every prefix of a file, and every file with one byte changed, ends in a
 * scenario or in an error that names a line. */
static void
no_file_breaks_the_reader(void **state)
{
	static const char text[] =
	    "nodes 3\nlog n1 = 1x2\nlet A = {n1 n2}\nrepeat 2\n"
	    "cut A -> others only vote\nend\nmark\n"
	    "when not prevote: expect unavailable <= 1.5T since mark\n";
	static const char bytes[] = "{}#=-> \n\0\x80" "9T%.nA";
	char copy[sizeof text], error[64];

	(void)state;
	for (size_t length = 0; length < sizeof text; length++)
		raft_scenario_free(raft_scenario_parse("f", text, length, error,
					     sizeof error));
	for (size_t i = 0; i < (sizeof text - 1) * (sizeof bytes - 1); i++) {
		memcpy(copy, text, sizeof text);
		copy[i / (sizeof bytes - 1)] = bytes[i % (sizeof bytes - 1)];
		error[0] = '\0';
		struct raft_scenario *scenario =
		    raft_scenario_parse("f", copy, sizeof copy - 1, error,
				   sizeof error);
		if (scenario == NULL)
			assert_memory_equal(error, "f:", 2);
		raft_scenario_free(scenario);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_said_has_its_default),
		cmocka_unit_test(settings_may_stand_in_any_order),
		cmocka_unit_test(reads_are_a_setting_and_a_statement),
		cmocka_unit_test(reads_may_have_a_bound),
		cmocka_unit_test(a_learner_may_have_wishes),
		cmocka_unit_test(modules_have_options),
		cmocka_unit_test(a_file_says_when_snapshots_are_taken),
		cmocka_unit_test(leases_are_for_clocks_that_are_off_by_so_much),
		cmocka_unit_test(a_change_of_membership_is_one_statement),
		cmocka_unit_test(a_timeout_may_be_written_in_parts),
		cmocka_unit_test(symbols_need_no_blanks),
		cmocka_unit_test(not_binds_before_and_and_before_or),
		cmocka_unit_test(a_repeat_knows_its_end),
		cmocka_unit_test(every_statement_of_today_is_read),
		cmocka_unit_test(a_wrong_line_is_told_with_what_was_expected),
		cmocka_unit_test(nodes_and_names_must_exist),
		cmocka_unit_test(what_spans_lines_is_checked_too),
		cmocka_unit_test(what_cannot_be_a_log_of_raft_is_refused),
		cmocka_unit_test(what_is_not_there_yet_is_said_so),
		cmocka_unit_test(no_file_breaks_the_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
