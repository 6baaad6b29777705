/*
 * What a newcomer writes wrong is refused with a sentence that helps: the line,
 * what was found there, and what was expected.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "assists/scenario/script/script.h"

static const struct {
	const char *text;
	const char *sentence;
} mistakes[] = {
	{ "nodes 3\nisolte n1\n",
	  "f:2: found 'isolte', expected a statement; did you mean "
	  "'isolate'?" },
	{ "node 3\n",
	  "f:1: found 'node', expected a statement; did you mean 'nodes'?" },
	{ "Nodes 3\n",
	  "f:1: found 'Nodes', expected a statement; did you mean 'nodes'?" },
	{ "nodes 3\nkill n1\n",
	  "f:2: found 'kill', expected a statement; did you mean 'crash'?" },
	{ "// a test\nnodes 3\n",
	  "f:1: found '//', expected a statement; a comment begins with '#'" },
	{ "nodes 3\nrun 5\n",
	  "f:2: found '5' without a unit, expected a duration such as 200ms "
	  "or 2T (units: us, ms, s, T)" },
	{ "nodes 3\nrun 5 T\n",
	  "f:2: found '5 T', expected '5T' without the blank" },
	{ "nodes 3\nrun 5sec\n",
	  "f:2: found '5sec', expected a duration such as 200ms or 2T "
	  "(units: us, ms, s, T)" },
	{ "nodes 3\nlatency 5..20ms\n",
	  "f:2: found '5..20ms', expected a range such as 5ms..20ms, with a "
	  "unit at both ends and no blanks" },
	{ "nodes 3\nlatency 5ms - 20ms\n",
	  "f:2: found '5ms', expected a range such as 5ms..20ms, with a "
	  "unit at both ends and no blanks" },
	{ "nodes 3\nlatency 5ms\n",
	  "f:2: found '5ms', expected a range such as 5ms..20ms, with a "
	  "unit at both ends and no blanks" },
	{ "nodes 3\nlatency 20ms..5ms\n",
	  "f:2: found '20ms..5ms', expected a range whose least value "
	  "stands first" },
	{ "nodes 3\nloss 30\n",
	  "f:2: found '30', expected a share such as 30%, from 0% to 100%" },
	{ "nodes 0\n",
	  "f:1: found '0', expected a number of voters from 1 to 64" },
	{ "nodes n1 n2 n3\n",
	  "f:1: found 'n1', expected a number of voters from 1 to 64" },
	{ "nodes 100\n",
	  "f:1: found '100', expected a number of voters from 1 to 64" },
	{ "nodes 3\ncrash n4\n",
	  "f:2: there is no n4, expected one of n1 to n3" },
	{ "nodes 3\ncrash N1\n",
	  "f:2: found 'N1', expected a node, which is written n1" },
	{ "nodes 3\ncrash 1\n",
	  "f:2: found '1', expected a node, which is written n1" },
	{ "nodes 3\ncrash leader\n",
	  "f:2: found 'leader', expected a node or a name, such as L below "
	  "'let L = leader'" },
	{ "nodes 3\ncrash L\n",
	  "f:2: found 'L', expected a node such as n1, a name bound by "
	  "'let' above, a set in braces, 'others' or 'all'" },
	{ "nodes 3\ncrash n1 n2\n",
	  "f:2: found 'n2', expected the end of the line; several nodes "
	  "stand in braces, as in {n1 n2}" },
	{ "nodes 3\ncrash {n1, n2}\n",
	  "f:2: found 'n1,', expected nodes in braces with blanks between "
	  "them and no commas, as in {n1 n2}" },
	{ "nodes 3\ncrash {n1 n2\n",
	  "f:2: the line ends too early, expected a node, or '}' after the "
	  "last" },
	{ "nodes 3\ncut n1-n2\n",
	  "f:2: found 'n1-n2', expected a node such as n1; '-' stands "
	  "between blanks, as in 'n1 - n2'" },
	{ "nodes 3\ncut n1 n2\n",
	  "f:2: found 'n2', expected '-' or '->' and the other end, as in "
	  "'n1 - n2'" },
	{ "nodes 3\ncut n1\n",
	  "f:2: the line ends too early, expected '-' or '->' and the other "
	  "end, as in 'n1 - n2'" },
	{ "nodes 3\nrun until leader\n",
	  "f:2: the line ends too early, expected 'within' and a duration, "
	  "as in 'within 20T'" },
	{ "nodes 3\nexpect leader within 5T\n",
	  "f:2: found 'within', expected the end of the line; 'within' "
	  "belongs to 'run until'" },
	{ "nodes 3\nexpect leader-change = 0\n",
	  "f:2: found 'leader-change', expected a condition; did you mean "
	  "'leader-changes'?" },
	{ "nodes 3\nexpect acks == 0\n",
	  "f:2: found '==', expected one of = != < <= > >=" },
	{ "nodes 3\nexpect leader == n1\n",
	  "f:2: found '==', expected '=', '!=' or 'in'" },
	{ "nodes 3\nexpect acks => 0\n",
	  "f:2: found '=>', expected one of = != < <= > >=" },
	{ "nodes 3\nexpect unavailable <= 2\n",
	  "f:2: found '2' without a unit, expected a duration such as 200ms "
	  "or 2T (units: us, ms, s, T)" },
	{ "nodes 3\nexpect acks >= 2s\n",
	  "f:2: found '2s', expected a whole number" },
	{ "nodes 3\nexpect acks >= 2 since mark\n",
	  "f:2: 'since mark' has no mark above it, expected a 'mark' on an "
	  "earlier line" },
	{ "nodes 3\nmark\nexpect acks since mark >= 2\n",
	  "f:3: found 'since', expected a comparison such as '= 0' before "
	  "'since mark'" },
	{ "nodes 3\nwhen prevote expect leader\n",
	  "f:2: found 'expect', expected 'and', 'or' or ':'" },
	{ "nodes 3\nwhen prevot: expect leader\n",
	  "f:2: found 'prevot', expected a module; did you mean 'prevote'?" },
	{ "nodes 3\nwhen !prevote: expect leader\n",
	  "f:2: found '!prevote', expected 'not' before a module" },
	{ "nodes 3\nwhen prevote, checkquorum: expect leader\n",
	  "f:2: found 'prevote,', expected a module; did you mean 'prevote'?" },
	{ "nodes 3\nwhen prevote: crash n1\n",
	  "f:2: found 'crash', expected 'expect' or 'run until'" },
	{ "nodes 3\nrepeat 2\nrun 1T\n",
	  "f:2: this 'repeat' does not end, expected 'end' below its "
	  "statements" },
	{ "nodes 3\nend\n",
	  "f:2: found 'end' without a 'repeat' above it, expected a "
	  "statement such as 'run 5T', 'cut n1 - n2' or 'expect leader'" },
	{ "title one\ntitle two\nnodes 3\n",
	  "f:2: 'title' stands on line 1 already, expected it once" },
	{ "nodes 3\nnodes 5\n",
	  "f:2: 'nodes' stands on line 1 already, expected it once" },
	{ "nodes 3\nlearners 1\nlearners 1\n",
	  "f:3: 'learners' stands on line 2 already, expected it once" },
	{ "nodes 3\nspare 1\nspare 1\n",
	  "f:3: 'spare' stands on line 2 already, expected it once" },
	{ "nodes 3\nelection 1s\nelection 1s\n",
	  "f:3: 'election' stands on line 2 already, expected it once" },
	{ "nodes 3\nheartbeat 100ms\nheartbeat 100ms\n",
	  "f:3: 'heartbeat' stands on line 2 already, expected it once" },
	{ "nodes 3\nlatency 1ms..2ms\nlatency 1ms..2ms\n",
	  "f:3: 'latency' stands on line 2 already, expected it once" },
	{ "nodes 3\nloss 1%\nloss 1%\n",
	  "f:3: 'loss' stands on line 2 already, expected it once" },
	{ "nodes 3\nduplicate 1%\nduplicate 1%\n",
	  "f:3: 'duplicate' stands on line 2 already, expected it once" },
	{ "nodes 3\nreorder on\nreorder on\n",
	  "f:3: 'reorder' stands on line 2 already, expected it once" },
	{ "nodes 3\ndisk 1ms..2ms\ndisk 1ms..2ms\n",
	  "f:3: 'disk' stands on line 2 already, expected it once" },
	{ "nodes 3\nmax-log 10\nmax-log 10\n",
	  "f:3: 'max-log' stands on line 2 already, expected it once" },
	{ "title # nothing\nnodes 3\n",
	  "f:1: the line ends too early, expected what the scenario shows; "
	  "'#' begins a comment" },
	{ "nodes 3\nrun 1T\nlatency 1ms..2ms\n",
	  "f:3: 'latency' sets up the cluster, expected before the first "
	  "other statement, which is on line 2" },
	{ "nodes 3\nlet L leader\n",
	  "f:2: found 'leader', expected '='" },
	{ "nodes 3\nlet n1 = leader\n",
	  "f:2: found 'n1', expected a name to bind, which begins with a "
	  "letter and is no node and no keyword" },
	{ "nodes 3\nrun until leader within 9T\ncrash n1\nstart n1\n",
	  "f:4: all nodes have run since line 2, as no 'start' stands above "
	  "that, and 'start' is a node's first; expected 'restart'" },
	{ "nodes 3\nstart all\ncrash n1\nstart n1\n",
	  "f:4: n1 has run before, and 'start' is a node's first; expected "
	  "'restart'" },
	{ "nodes 3\nrun until leader within 9T\nlet L = leader\ncrash "
	  "L\nrun 2T\nstart L\nrun until logs equal within 20T\n",
	  "f:6: all nodes have run since line 2, as no 'start' stands above "
	  "that, and 'start' is a node's first; expected 'restart'" },
	{ "",
	  "f:1: the file ends and says nothing of its nodes, expected a "
	  "line such as 'nodes 3'" },
	{ "run 1T\n",
	  "f:1: the file ends and says nothing of its nodes, expected a "
	  "line such as 'nodes 3'" },
	{ "nodes 3\nclock n1 0.9\n",
	  "f:2: found '0.9', expected 'rate' and a number, as in 'rate 0.9'" },
	{ "nodes 3\nclient 20ms\n",
	  "f:2: found '20ms', expected 'every' or 'off'" },
	{ "nodes 3\nelection 1000\n",
	  "f:2: found '1000' without a unit, expected a duration in us, ms "
	  "or s, from 1ms to 3600s" },
	{ "nodes 3\nisolate n1 - n2\n",
	  "f:2: found '-', expected the end of the line" },
	{ "nodes 3 spare 1\n",
	  "f:1: found 'spare', expected the end of the line; each statement "
	  "has a line of its own" },
	{ "nodes 3\nrepeat 3 {\nrun 1T\n}\n",
	  "f:2: found '{', expected the end of the line" },
	{ "nodes 3\nrun 1T 2T\n",
	  "f:2: found '2T', expected the end of the line" },
	{ "nodes 3\ncut n1 - n2 only appends\n",
	  "f:2: found 'appends', expected one of append, append-answer, "
	  "vote, vote-answer, prevote, prevote-answer, snapshot, "
	  "timeout-now, resign, other" },
	{ "nodes 3\noption heartbeat_us\n",
	  "f:2: the line ends too early, expected a whole number from 1 to "
	  "3600000000" },
	{ "nodes 3\nlet leader = n1\n",
	  "f:2: found 'leader', expected a name to bind, which begins with "
	  "a letter and is no node and no keyword" },
	{ "nodes 3\ncrash n0\n",
	  "f:2: found 'n0', expected n1 to n64" },
	{ "nodes 3\nrun until within 5T\n",
	  "f:2: found 'within', expected a condition such as 'leader', "
	  "'stable 2T', 'logs equal', 'committed n1 >= 5', or a metric such "
	  "as 'leader-changes = 0'" },
	{ "nodes 3\nrepeat\nend\n",
	  "f:2: the line ends too early, expected a number of times" },
	{ "nodes 3\nexpect role n1 = voter\n",
	  "f:2: found 'voter', expected one of follower, candidate, leader, "
	  "learner, removed" },
	{ "nodes 3\nrun -5T\n",
	  "f:2: found '-5T', expected a duration such as 200ms or 2T "
	  "(units: us, ms, s, T)" },
	{ "nodes 3\nspare 1\nmembership n1 n2 n4\n",
	  "f:3: found 'n2', expected the end of the line; several nodes "
	  "stand in braces, as in {n1 n2}" },
	{ "nodes 60\nspare 5\n",
	  "f:2: found 65 voters, learners and spares, expected at most 64" },
	{ "nodes 3\nstart {n1 n2}\nrepeat 2\nstart n3\nend\n",
	  "f:4: this 'start' is repeated, and 'start' is a node's first; "
	  "expected 'restart'" },
	{ "nodes 3\nstart {n1 n2}\nrun until leader within 20T\nlet A = "
	  "n1\nstart others\nstart A\n",
	  "f:5: n1 has run before, and 'start' is a node's first; expected "
	  "'restart'" },
	{ "nodes 3\nstart all\nrun until leader within 20T\nlet L = "
	  "leader\ncrash L\nstart L\n",
	  "f:6: all nodes have run before, and 'start' is a node's first; "
	  "expected 'restart'" },
};

static struct raft_scenario *
parse(const char *text, char *error, size_t size)
{
	error[0] = '\0';
	return raft_scenario_parse("f", text, strlen(text), error, size);
}

static void
each_mistake_gets_a_sentence_that_helps(void **state)
{
	size_t count = sizeof mistakes / sizeof mistakes[0];
	struct raft_scenario *scenario;
	char error[1024];

	(void)state;
	for (size_t i = 0; i < count; i++) {
		scenario = parse(mistakes[i].text, error, sizeof error);
		if (scenario != NULL)
			fail_msg("was taken: %s", mistakes[i].text);
		assert_string_equal(error, mistakes[i].sentence);
	}
}

static void
assert_noted(const char *text, size_t count, int line, const char *begins)
{
	char error[1024];
	struct raft_scenario *scenario = parse(text, error, sizeof error);

	assert_non_null(scenario);
	assert_int_equal(scenario->note_count, count);
	if (count > 0) {
		assert_int_equal(scenario->notes[0].line, line);
		assert_memory_equal(scenario->notes[0].text, begins,
				    strlen(begins));
	}
	raft_scenario_free(scenario);
}

static void
a_module_that_is_not_there_is_noted_once(void **state)
{
	(void)state;
	assert_noted("nodes 3\nneeds walls\n", 1, 2,
		     "this binary has no module 'walls'");
	assert_noted("nodes 3\nwhen region: expect leader\n"
		     "when not region and prevote: expect leader\n",
		     1, 2, "this binary has no module 'region'");
	assert_noted("nodes 3\nwhen prevote: expect leader\n", 0, 0, "");
}

/* Of a title nothing is lost without a word; a comment after it is fine. */
static void
a_number_sign_within_a_title_is_noted(void **state)
{
	(void)state;
	assert_noted("title the case of #5\nnodes 3\n", 1, 1,
		     "the title ends at '#'");
	assert_noted("nodes 3\nnote C# is a note\n", 1, 2,
		     "the note ends at '#'");
	assert_noted("title two words # and a comment\nnodes 3\n", 0, 0, "");
}

static void
other_editors_lines_are_read(void **state)
{
	static const char *const texts[] = {
		"nodes 3\r\nrun until leader within 20T\r\n",
		"nodes\t3\n\trun\tuntil  leader\twithin 20T",
		"\xef\xbb\xbfnodes 3\nrun until leader within 20T\n",
	};
	struct raft_scenario *scenario;
	char error[1024];

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		scenario = parse(texts[i], error, sizeof error);
		assert_string_equal(error, "");
		assert_int_equal(scenario->voter_count, 3);
		assert_int_equal(scenario->statement_count, 1);
		assert_string_equal(scenario->statements[0].text,
				    strchr(texts[i], '\t') == NULL
					? "run until leader within 20T"
					: "run\tuntil  leader\twithin 20T");
		raft_scenario_free(scenario);
	}
}

/* A node's first start may come late, and in several statements. */
static void
a_first_start_is_taken_wherever_it_stands(void **state)
{
	static const char *const texts[] = {
		"nodes 3\nclient every 5ms\nrun 5T\nstart all\n",
		"nodes 3\nstart {n1 n2}\nrun 9T\npoweroff n1\nstart n3\n",
		"nodes 3\nstart n1\nrepeat 2\nrun 1T\nend\nstart {n2 n3}\n",
		"nodes 3\nlet A = n3\nstart {n1 n2}\nrun 5T\nstart A\n",
	};
	char error[1024];

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		raft_scenario_free(parse(texts[i], error, sizeof error));
		assert_string_equal(error, "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mistake_gets_a_sentence_that_helps),
		cmocka_unit_test(a_module_that_is_not_there_is_noted_once),
		cmocka_unit_test(a_number_sign_within_a_title_is_noted),
		cmocka_unit_test(other_editors_lines_are_read),
		cmocka_unit_test(a_first_start_is_taken_wherever_it_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
