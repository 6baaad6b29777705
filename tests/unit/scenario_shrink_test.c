/*
 * What is tried to make a scenario smaller, in which order, and what is left of it.
 * Whether a text fails is for these tests to say, so that nothing need run.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/scenario/scenario.h"
#include "assists/scenario/shrink/lines.h"

/* ------------------------------------------------------------------ lines */

static void
assert_joined(struct lines *lines, const char *expected)
{
	char *text = lines_join(lines);

	assert_string_equal(text, expected);
	free(text);
	lines_free(lines);
	assert_int_equal(lines->count, 0);
}

static void
a_text_is_its_statements(void **state)
{
	struct lines lines = lines_split("\n# all\n \n\tnodes 3 \t# three\n\n"
					 "  run\t1T\nrun 2T");

	(void)state;
	assert_int_equal(lines.count, 3);
	assert_joined(&lines, "nodes 3\nrun\t1T\nrun 2T\n");
	lines = lines_split("");
	assert_joined(&lines, "");
	lines = lines_split("# nothing");
	assert_joined(&lines, "");
}

static void
a_statement_is_found_by_its_first_word(void **state)
{
	struct lines lines = lines_split("nodes 3\nrunning\nrun  \t2T\nrun\n");

	(void)state;
	assert_string_equal(lines_after(lines.of[2], "run"), "2T");
	assert_string_equal(lines_after(lines.of[3], "run"), "");
	assert_null(lines_after(lines.of[1], "run"));
	assert_int_equal(lines_find(&lines, "nodes"), 0);
	assert_int_equal(lines_find(&lines, "run"), 2);
	assert_int_equal(lines_find(&lines, "spare"), 4);
	lines_remove(&lines, 1, 2);
	lines_set(&lines, 1, "%s %d", "run", 5);
	assert_joined(&lines, "nodes 3\nrun 5\n");
}

static void
a_node_that_goes_takes_along_what_is_about_it(void **state)
{
	struct lines lines = lines_split(
	    "title n2 is gone\nnote of n2, too\ncrash n2\ncrash {n2}\n"
	    "crash {n1 n2}\ncrash {n2 n3}\ncrash {n1 n2 n3}\n"
	    "partition {n1 n3} n2\ncut n1 -> n3 only append\ncut n3 - n12\n"
	    "cut {n1 n2} -> n2\nlet n2x = n3\nlet an2 = {n2 n4}\n"
	    "let a-n2 = n1\nlet a_n2 = n4\nrun 2s\n");

	(void)state;
	lines_drop_node(&lines, 2);
	assert_joined(&lines,
		      "title n2 is gone\nnote of n2, too\n"
		      "crash {n1}\ncrash {n2}\ncrash {n1 n2}\n"
		      "cut n1 -> n2 only append\ncut n2 - n11\n"
		      "let n2x = n2\nlet an2 = {n3}\n"
		      "let a-n2 = n1\nlet a_n2 = n3\nrun 2s\n");
}

static void
times_that_are_whole_are_written_so(void **state)
{
	struct lines lines = lines_split(
	    "run 2000us\nrun 2001us\nrun 999us\nrun 0us\nlatency 1000us..5000us\n"
	    "client every 3000us size 1000\nlet a1000us = n1\nlet b = 1000usx\n"
	    "run 1000000us\n");

	(void)state;
	lines_tidy(&lines);
	assert_joined(&lines,
		      "run 2ms\nrun 2001us\nrun 999us\nrun 0us\n"
		      "latency 1ms..5ms\nclient every 3ms size 1000\n"
		      "let a1000us = n1\nlet b = 1000usx\nrun 1000ms\n");
}

/* ------------------------------------------------------------ what is tried */

/** What a text needs to fail; and what was tried. */
struct trying {
	/** These are in it. */
	const char *needs[4];
	/** Runs of so long, and links cut so often, count together. */
	uint64_t us_least;
	int cuts_least;
	/** Only this one fails. NULL: all that have what they need. */
	const char *only;
	size_t tries;
	FILE *seen;
};

static bool
has_line(const char *text, const char *line, size_t length)
{
	for (; *text != '\0'; text += strcspn(text, "\n") + 1)
		if (strncmp(text, line, length) == 0 && text[length] == '\n')
			return true;
	return false;
}

/** The lines of one text that another does not have. */
static void
tell_missing(FILE *out, char sign, const char *one, const char *other)
{
	size_t length;

	for (; *one != '\0'; one += length + 1) {
		length = strcspn(one, "\n");
		if (!has_line(other, one, length))
			fprintf(out, "%c%.*s;", sign, (int)length, one);
	}
}

/** What the runs of a text take, and how many links it cuts. */
static uint64_t
weigh(const char *text, int *cuts)
{
	uint64_t us = 0, number;
	char unit[3];

	*cuts = 0;
	for (; *text != '\0'; text += strcspn(text, "\n") + 1) {
		if (sscanf(text, "run %" SCNu64 "%2[a-z]", &number, unit) == 2)
			us += number * (unit[0] == 'm' ? 1000 : 1);
		if (strncmp(text, "cut n1 - n2\n", 12) == 0)
			*cuts += 2;
		if (strncmp(text, "cut n1 -> n2\n", 13) == 0 ||
		    strncmp(text, "cut n2 -> n1\n", 13) == 0)
			*cuts += 1;
	}
	return us;
}

static bool
fails(void *context, const char *text)
{
	struct trying *trying = context;
	int cuts;
	uint64_t us = weigh(text, &cuts);

	trying->tries++;
	if (trying->only != NULL) {
		tell_missing(trying->seen, '-', trying->only, text);
		tell_missing(trying->seen, '+', text, trying->only);
		fputc('\n', trying->seen);
		return strcmp(text, trying->only) == 0;
	}
	for (size_t i = 0; i < 4 && trying->needs[i] != NULL; i++)
		if (strstr(text, trying->needs[i]) == NULL)
			return false;
	return us >= trying->us_least && cuts >= trying->cuts_least;
}

static void
every_way_is_tried_in_its_turn(void **state)
{
	static const char text[] =
	    "title Of use\nnodes 2\nlearners 2\nspare 1\nrepeat 2\n"
	    "run 1234567us\nrun 3ms\nend\nrun 2T\ncut n1 -> n4\ncut n4 -> n1\n"
	    "cut n1 -> n4 torn\n";
	static const char expected[] =
	    "\n"
	    "-title Of use;-nodes 2;-learners 2;-spare 1;-repeat 2;"
	    "-run 1234567us;\n"
	    "-run 3ms;-end;-run 2T;-cut n1 -> n4;-cut n4 -> n1;"
	    "-cut n1 -> n4 torn;\n"
	    "-title Of use;-nodes 2;-learners 2;\n"
	    "-spare 1;-repeat 2;-run 1234567us;\n"
	    "-run 3ms;-end;-run 2T;\n"
	    "-cut n1 -> n4;-cut n4 -> n1;-cut n1 -> n4 torn;\n"
	    "-title Of use;\n"
	    "-nodes 2;\n"
	    "-learners 2;\n"
	    "-spare 1;\n"
	    "-repeat 2;\n"
	    "-run 1234567us;\n"
	    "-run 3ms;\n"
	    "-end;\n"
	    "-run 2T;\n"
	    "-cut n1 -> n4;\n"
	    "-cut n4 -> n1;\n"
	    "-cut n1 -> n4 torn;\n"
	    "-repeat 2;-end;\n"
	    "-spare 1;\n"
	    "-learners 2;-cut n1 -> n4;-cut n4 -> n1;"
	    "-cut n1 -> n4 torn;+learners 1;\n"
	    "-learners 2;-cut n1 -> n4;-cut n4 -> n1;"
	    "-cut n1 -> n4 torn;+learners 1;+cut n1 -> n3;"
	    "+cut n3 -> n1;+cut n1 -> n3 torn;\n"
	    "-nodes 2;-cut n1 -> n4;-cut n4 -> n1;-cut n1 -> n4 torn;"
	    "+nodes 1;+cut n1 -> n3;+cut n3 -> n1;+cut n1 -> n3 torn;\n"
	    "-nodes 2;-cut n1 -> n4;-cut n4 -> n1;-cut n1 -> n4 torn;"
	    "+nodes 1;\n"
	    "-run 1234567us;+run 617283us;\n"
	    "-run 1234567us;+run 1234ms;\n"
	    "-run 1234567us;+run 1230ms;\n"
	    "-run 1234567us;+run 1200ms;\n"
	    "-run 1234567us;+run 1000ms;\n"
	    "-run 3ms;+run 1500us;\n"
	    "-run 1234567us;-run 3ms;+run 1237567us;\n"
	    "-cut n1 -> n4;-cut n4 -> n1;+cut n1 - n4;\n"
	    "-nodes 2;+nodes;\n"
	    "-learners 2;+learners;\n"
	    "-spare 1;+spare;\n"
	    "-repeat 2;+repeat;\n"
	    "-run 1234567us;+run;\n"
	    "-run 3ms;+run;\n"
	    "-run 2T;+run;\n"
	    "-cut n1 -> n4;+cut n1;\n"
	    "-cut n1 -> n4;+cut n1 ->;\n"
	    "-cut n4 -> n1;+cut n4;\n"
	    "-cut n4 -> n1;+cut n4 ->;\n"
	    "-cut n1 -> n4 torn;+cut n1 ->;\n"
	    "-cut n1 -> n4 torn;\n";
	char *seen = NULL, *smallest;
	size_t size;
	struct trying trying = {.only = text,
				.seen = open_memstream(&seen, &size)};

	(void)state;
	smallest = raft_scenario_shrink(
	    text, &(struct raft_scenario_shrinking){
		      .context = &trying, .fails = fails, .tries_max = 100});
	fclose(trying.seen);
	assert_string_equal(seen, expected);
	/* What is whole is written so. */
	assert_string_equal(smallest, text);
	free(smallest);
	free(seen);
}

/** What is left of a text that needs these to fail, and after how many tries. */
static void
assert_left(const char *text, struct trying trying, const char *left,
	    size_t tries)
{
	char *smallest = raft_scenario_shrink(
	    text, &(struct raft_scenario_shrinking){
		      .context = &trying, .fails = fails, .tries_max = 1000});

	assert_non_null(smallest);
	assert_string_equal(smallest, left);
	free(smallest);
	assert_int_equal(trying.tries, tries);
}

static void
what_goes_away_goes_in_large_pieces_first(void **state)
{
	(void)state;
	assert_left("a\nb\nc\nd\ne\nf\ng\nh\n", (struct trying){.needs = {"g\n"}},
		    "g\n", 7);
	assert_left("a\nb\nc\nd\ne\n", (struct trying){.needs = {"a\n", "e\n"}},
		    "a\ne\n", 8);
}

static void
a_group_becomes_as_small_as_it_can(void **state)
{
	(void)state;
	assert_left("nodes 5\nlearners 2\nspare 1\ncrash n4\ncrash n7\n",
		    (struct trying){
			    .needs = {"nodes ", "spare 1\n", "crash n4\n"}},
		    "nodes 4\nspare 1\ncrash n4\n", 28);
	assert_left("nodes 3\nlearners 2\ncrash n5\n",
		    (struct trying){
			    .needs = {"nodes 3\n", "learners ", "crash n"}},
		    "nodes 3\nlearners 1\ncrash n4\n", 22);
}

/** A line that only a long run needs can go once the run is short. */
static bool
fails_while_long(void *context, const char *text)
{
	int cuts;
	uint64_t us = weigh(text, &cuts);

	(*(size_t *)context)++;
	return us > 0 && (us <= 1000 || strstr(text, "heal\n") != NULL);
}

static void
what_a_shorter_run_allows_is_tried_again(void **state)
{
	size_t tries = 0;
	char *smallest = raft_scenario_shrink(
	    "heal\nrun 4ms\n", &(struct raft_scenario_shrinking){
				      .context = &tries,
				      .fails = fails_while_long,
				      .tries_max = 1000 });

	(void)state;
	assert_string_equal(smallest, "run 1us\n");
	free(smallest);
	assert_int_equal(tries, 19);
}

static void
time_becomes_short_and_round(void **state)
{
	(void)state;
	assert_left("run 1234000us\n",
		    (struct trying){.needs = {"run 1", "s\n"}},
		    "run 1000ms\n", 8);
	assert_left("run 3s\nrun 77ms\n",
		    (struct trying){.needs = {"run 3", "7", "s\n"}},
		    "run 3070ms\n", 12);
	assert_left("run 3T\nrun 2T\n",
		    (struct trying){.needs = {"run 3T\nrun 2T\n"}},
		    "run 3T\nrun 2T\n", 5);
	assert_left("run 40ms\nrun 30ms\n",
		    (struct trying){.us_least = 70000}, "run 70ms\n", 9);
	assert_left("run 80ms\nrun 30ms\n",
		    (struct trying){.us_least = 7}, "run 7us\n", 19);
	assert_left("run 1001us\n", (struct trying){.us_least = 1000},
		    "run 1ms\n", 6);
	assert_left("run 1000us\n", (struct trying){.us_least = 1000},
		    "run 1ms\n", 3);
}

static void
words_go_from_the_end(void **state)
{
	(void)state;
	assert_left("cut n1 -> n2\ncut n2 -> n1\n",
		    (struct trying){.cuts_least = 2}, "cut n1 - n2\n", 8);
	/* With something between them they are two. */
	assert_left("cut n1 -> n2\nmark x\ncut n2 -> n1\n",
		    (struct trying){.needs = {"mark x\n"}, .cuts_least = 2},
		    "cut n1 -> n2\nmark x\ncut n2 -> n1\n", 9);
	assert_left("title a b c\ncrash  n1 torn now\n",
		    (struct trying){.needs = {"title ", "crash  n1"}},
		    "title a b c\ncrash  n1\n", 8);
	assert_left("repeat 2\nrun 1T\nend\n",
		    (struct trying){.needs = {"run 1T\n"}}, "run 1T\n", 6);
}

static void
tries_are_counted(void **state)
{
	static const char text[] = "a\nb\nc\nd\n";
	struct trying trying = {.needs = {"d"}};
	struct raft_scenario_shrinking shrinking = {.context = &trying,
						    .fails = fails};
	char *smallest;

	(void)state;
	/* Not even whether it fails. */
	assert_null(raft_scenario_shrink(text, &shrinking));
	assert_int_equal(trying.tries, 0);
	shrinking.tries_max = 1;
	smallest = raft_scenario_shrink(text, &shrinking);
	assert_string_equal(smallest, text);
	assert_int_equal(trying.tries, 1);
	free(smallest);
	trying.tries = 0;
	shrinking.tries_max = 2;
	smallest = raft_scenario_shrink(text, &shrinking);
	assert_string_equal(smallest, "c\nd\n");
	assert_int_equal(trying.tries, 2);
	free(smallest);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_its_statements),
		cmocka_unit_test(a_statement_is_found_by_its_first_word),
		cmocka_unit_test(a_node_that_goes_takes_along_what_is_about_it),
		cmocka_unit_test(times_that_are_whole_are_written_so),
		cmocka_unit_test(every_way_is_tried_in_its_turn),
		cmocka_unit_test(what_goes_away_goes_in_large_pieces_first),
		cmocka_unit_test(a_group_becomes_as_small_as_it_can),
		cmocka_unit_test(what_a_shorter_run_allows_is_tried_again),
		cmocka_unit_test(time_becomes_short_and_round),
		cmocka_unit_test(words_go_from_the_end),
		cmocka_unit_test(tries_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
