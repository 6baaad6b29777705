/*
 * What outrigger-ctl shows of what a server has told: each line, the table of members,
 * and what a server of another version leaves out.
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

#include "assists/admin/show.h"

/* To be freed. */
static char *
shown(const json_t *status)
{
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	assert_non_null(file);
	show_status(file, status);
	assert_int_equal(fclose(file), 0);
	return text;
}

/* `json` has ' in the place of ". */
static json_t *
parse(const char *json)
{
	char *text = strdup(json);
	json_error_t error;
	json_t *value;

	assert_non_null(text);
	for (char *at = text; *at != '\0'; at++)
		*at = *at == '\'' ? '"' : *at;
	value = json_loads(text, 0, &error);
	if (value == NULL)
		fail_msg("%s: %s", error.text, text);
	free(text);
	return value;
}

static void
expect(const char *json, const char *expected)
{
	json_t *status = parse(json);
	char *text = shown(status);

	assert_string_equal(text, expected);
	free(text);
	json_decref(status);
}

/* The first line of a server of which this is told besides. */
static void
expect_head(const char *json, const char *expected)
{
	json_t *status = parse("{'id':3,'cluster':'c','term':7}");
	json_t *more = parse(json);
	char *text, *end;

	assert_int_equal(json_object_update(status, more), 0);
	text = shown(status);
	end = strchr(text, '\n');
	assert_non_null(end);
	*end = '\0';
	assert_string_equal(text, expected);
	free(text);
	json_decref(more);
	json_decref(status);
}

static void
what_is_not_told_is_a_dash(void **state)
{
	(void)state;
	expect("{}", "server - of cluster -: - in term -, and knows no leader\n"
		     "entries -, committed -, applied -; "
		     "no snapshot, - of log\n"
		     "asks under way -, sessions -; runs -\n"
		     "\n"
		     " ID  ROLE  MATCH  LAG  BYTES  TIME  HEARD  LINK  "
		     "ADDRESS\n"
		     "how far the others are is known to the one that leads\n");
}

static void
the_first_line_says_what_it_does(void **state)
{
	(void)state;
	expect_head("{'role':'leader','leader':3}",
		    "server 3 of cluster c: leads in term 7");
	expect_head("{'role':'leader','changing':true}",
		    "server 3 of cluster c: leads in term 7; "
		    "its members are changing");
	expect_head("{'role':'follower','member':'voter','leader':2}",
		    "server 3 of cluster c: follows server 2 in term 7");
	expect_head("{'role':'candidate','member':'voter'}",
		    "server 3 of cluster c: candidate in term 7, "
		    "and knows no leader");
	expect_head("{'role':'follower','member':'none','leader':2}",
		    "server 3 of cluster c: no member, in term 7");
	expect_head("{'role':'leader','member':'none','stopped':true}",
		    "server 3 of cluster c: has stopped for good");
	/* Too large for a number. */
	expect_head("{'role':'leader','term':'18446744073709551615'}",
		    "server 3 of cluster c: leads in term "
		    "18446744073709551615");
}

static void
a_leader_tells_of_its_members(void **state)
{
	(void)state;
	expect("{'id':1,'cluster':'c','term':7,'role':'leader','leader':1,"
	       "'member':'voter','asks':2,'sessions':30,"
	       "'log':{'last_index':12,'commit_index':11,'applied_index':10,"
	       "'bytes':2048},"
	       "'snapshot':{'index':9,'age_us':61000000,'running':true},"
	       "'scrub':{'rate':1048576,'pass_bytes':2048,'pass_total':4096,"
	       "'passes':3,'ended_us':2000000,'damages':0},"
	       "'members':["
	       "{'id':1,'self':true,'leads':true,'role':'voter',"
	       "'address':'h:1','note':'here','build':'8',"
	       "'replication':{'state':'self','match_index':12,"
	       "'lag':{'entries':0,'bytes':0,'us':0}}},"
	       "{'id':20,'role':'voter','address':'h:2','note':'','build':'8',"
	       "'connection':{'out':true,'in':true,'round_trip_us':1500,"
	       "'silent_us':20000},"
	       "'replication':{'state':'replicate','match_index':8,"
	       "'lag':{'entries':4,'bytes':102400,'us':2500000}}},"
	       "{'id':3,'role':'learner','address':'h:3','build':'9',"
	       "'connection':{'out':true,'in':false,"
	       "'failure':{'us':3000000,'why':'refused'}},"
	       "'replication':{'state':'snapshot','match_index':5}},"
	       "{'id':4,'role':'voter','connection':{'out':false,'in':true}},"
	       "{'id':5,'role':'voter','connection':{'out':false,'in':false}},"
	       "{'id':6,'role':'voter','connection':{'out':true,'in':true,"
	       "'failure':{'us':1,'why':'long ago'}}}]}",
	       "server 1 of cluster c: leads in term 7\n"
	       "entries 12, committed 11, applied 10; snapshot of entry 9, "
	       "61.0 s ago, 2.0 KiB of log since; one is being taken\n"
	       "files checked 3 times, last 2.0 s ago, now 2.0 KiB of about "
	       "4.0 KiB; no damage\n"
	       "asks under way 2, sessions 30; runs 8\n"
	       "\n"
	       "  ID  ROLE               MATCH  LAG    BYTES    TIME    HEARD  "
	       "LINK      ADDRESS\n"
	       "*  1  leader                12    0      0 B  0.0 ms        -  "
	       "-         h:1 here\n"
	       "  20  voter                  8    4  100 KiB   2.5 s  20.0 ms  "
	       "1.5 ms    h:2\n"
	       "   3  learner, snapshot      -    -        -       -        -  "
	       "out only  h:3\n"
	       "   4  voter                  -    -        -       -        -  "
	       "in only   -\n"
	       "   5  voter                  -    -        -       -        -  "
	       "none      -\n"
	       "   6  voter                  -    -        -       -        -  "
	       "up        -\n"
	       "server 3 runs 9\n"
	       "server 3, 3.0 s ago: refused\n");
}

/* How far it has read through its files. */
static void
expect_checked(const char *scrub, const char *expected)
{
	char json[300];
	json_t *status;
	char *text;

	snprintf(json, sizeof(json), "{'scrub':{'rate':1,%s}}", scrub);
	status = parse(json);
	text = shown(status);
	if (strstr(text, expected) == NULL)
		fail_msg("'%s' lacks '%s'", text, expected);
	free(text);
	json_decref(status);
}

static void
damage_is_not_overlooked(void **state)
{
	(void)state;
	expect_checked("'passes':0,'ended_us':null,'pass_bytes':0,"
		       "'pass_total':0,'damages':0",
		       "\nfiles checked 0 times; no damage\n");
	expect_checked("'passes':1,'ended_us':1000000,'pass_bytes':0,"
		       "'pass_total':0,'damages':2",
		       "\nfiles checked 1 times, last 1.0 s ago; DAMAGED IN 2 "
		       "PLACES: see its log\n");
}

/* Of a snapshot, whose age and log are told by the second line. */
static void
expect_log(const char *age_us, const char *bytes, const char *expected)
{
	char json[200], line[200];
	json_t *status;
	char *text;

	snprintf(json, sizeof(json),
		 "{'snapshot':{'index':9,'age_us':%s},'log':{'bytes':%s}}",
		 age_us, bytes);
	status = parse(json);
	text = shown(status);
	snprintf(line, sizeof(line), "; snapshot of entry 9, %s of log since\n",
		 expected);
	if (strstr(text, line) == NULL)
		fail_msg("'%s' lacks '%s'", text, line);
	free(text);
	json_decref(status);
}

static void
times_and_sizes_have_the_unit_that_is_read_best(void **state)
{
	(void)state;
	expect_log("0", "0", "0.0 ms ago, 0 B");
	expect_log("999900", "1023", "999.9 ms ago, 1023 B");
	expect_log("1000000", "1024", "1.0 s ago, 1.0 KiB");
	expect_log("599900000", "102399", "599.9 s ago, 100.0 KiB");
	expect_log("600000000", "102400", "10 min ago, 100 KiB");
	expect_log("35970000000", "1048576", "600 min ago, 1.0 MiB");
	expect_log("36000000000", "1073741824", "10 h ago, 1.0 GiB");
	expect_log("360000000000", "1099511627776", "100 h ago, 1.0 TiB");
	expect_log("null", "1125899906842624", "- ago, 1024 TiB");
	expect_log("'1'", "'1'", "- ago, -");
}

static void
texts_of_others_do_no_harm(void **state)
{
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	(void)state;
	show_text(file, "a\n\x1b[2J\x7f \xc2\x80\xc2\x9f\xc2\xa0\xc3\x80~");
	assert_int_equal(fclose(file), 0);
	assert_string_equal(text, "a??[2J? ??\xc2\xa0\xc3\x80~");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damage_is_not_overlooked),
		cmocka_unit_test(what_is_not_told_is_a_dash),
		cmocka_unit_test(the_first_line_says_what_it_does),
		cmocka_unit_test(a_leader_tells_of_its_members),
		cmocka_unit_test(
		    times_and_sizes_have_the_unit_that_is_read_best),
		cmocka_unit_test(texts_of_others_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
