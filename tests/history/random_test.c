/*
 * Thousands of small random histories: the search agrees with one that tries all orders,
 * on each of them, and on where those that are not linearizable cease to be.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *	random_test [SEED [HISTORIES]]
 *
 * The histories are drawn from what one server could have answered, and then some of
 * their answers are changed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/history/history.h"

#define OPERATIONS_MAX 7
#define HISTORIES 8000
#define BYTES_MAX (64 << 20)

/* -------------------------------------------------------------- all orders */

/** What the key holds before an operation, and with which answer, and after it. The
 *  checker's own words are not used here. */
static bool
could_be(const struct history_operation *operation, bool *is_there,
	 int64_t *number)
{
	bool was_there = *is_there, matches;
	int64_t was = *number;
	bool says_yes = operation->answer == HISTORY_YES;
	bool says_no = operation->answer == HISTORY_NO;

	if (operation->kind == HISTORY_GET)
		return operation->answer == HISTORY_UNKNOWN ||
		       (operation->answer_value.is_there == was_there &&
			(!was_there || operation->answer_value.number == was));
	if (operation->kind == HISTORY_SET) {
		*is_there = operation->argument.is_there;
		*number = operation->argument.number;
		return true;
	}
	if (operation->kind == HISTORY_DELETE) {
		*is_there = false;
		return !(says_yes && !was_there) && !(says_no && was_there);
	}
	if (operation->kind == HISTORY_ADD) {
		*number = (was_there ? was : 0) + operation->argument.number;
		*is_there = true;
		return operation->answer != HISTORY_VALUE ||
		       (operation->answer_value.is_there &&
			operation->answer_value.number == *number);
	}
	matches = was_there == operation->expected.is_there &&
		  (!was_there || was == operation->expected.number);
	if (matches) {
		*is_there = operation->argument.is_there;
		*number = operation->argument.number;
	}
	return !(says_yes && !matches) && !(says_no && matches);
}

/** May this one be next: has nothing that is left returned before it began? */
static bool
may_be_next(const struct history_operation *operations, size_t count,
	    unsigned int left, size_t position)
{
	for (size_t i = 0; i < count; i++)
		if ((left >> i & 1) != 0 &&
		    operations[i].answer != HISTORY_UNKNOWN &&
		    operations[i].returned_at < operations[position].invoked_at)
			return false;
	return (left >> position & 1) != 0;
}

static bool
has_order(const struct history_operation *operations, size_t count,
	  unsigned int left, bool is_there, int64_t number)
{
	bool is_over = true;

	for (size_t i = 0; i < count; i++)
		if ((left >> i & 1) != 0 &&
		    operations[i].answer != HISTORY_UNKNOWN)
			is_over = false;
	for (size_t i = 0; i < count && !is_over; i++) {
		bool there_then = is_there;
		int64_t then = number;

		if (may_be_next(operations, count, left, i) &&
		    could_be(&operations[i], &there_then, &then) &&
		    has_order(operations, count, left & ~(1u << i), there_then,
			      then))
			return true;
	}
	return is_over;
}

/** Of what was invoked by then, with the answers that were given by then. */
static bool
had_order(const struct history_operation *operations, size_t count,
	  uint64_t then)
{
	struct history_operation known[OPERATIONS_MAX];
	size_t known_count = 0;

	for (size_t i = 0; i < count; i++) {
		if (operations[i].invoked_at > then)
			continue;
		known[known_count] = operations[i];
		if (operations[i].returned_at > then)
			known[known_count].answer = HISTORY_UNKNOWN;
		known_count++;
	}
	return has_order(known, known_count, (1u << known_count) - 1, false, 0);
}

/** When it ceased to be linearizable; UINT64_MAX: it is. */
static uint64_t
first_bad_return(const struct history_operation *operations, size_t count)
{
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < count; i++)
		if (operations[i].answer != HISTORY_UNKNOWN &&
		    operations[i].returned_at < first &&
		    !had_order(operations, count, operations[i].returned_at))
			first = operations[i].returned_at;
	return first;
}

/* --------------------------------------------------------------- histories */

static unsigned int
draw(unsigned short random[3], unsigned int end)
{
	return (unsigned int)nrand48(random) % end;
}

/** So few that they meet. */
static struct history_value
draw_value(unsigned short random[3])
{
	unsigned int number = draw(random, 4);

	return (struct history_value){ number > 0, number };
}

/** What it says if it is done now. */
static void
answer(unsigned short random[3], struct history_operation *operation,
       bool *is_there, int64_t *number)
{
	bool was_there = *is_there;
	bool matches = was_there == operation->expected.is_there &&
		       *number == operation->expected.number;

	operation->answer = HISTORY_UNKNOWN;
	could_be(operation, is_there, number);
	if (!*is_there)
		*number = 0;
	operation->answer_value = (struct history_value){ *is_there, *number };
	operation->answer = HISTORY_OK;
	if (operation->kind == HISTORY_GET ||
	    (operation->kind == HISTORY_ADD && draw(random, 4) > 0))
		operation->answer = HISTORY_VALUE;
	else if (operation->kind == HISTORY_SWAP)
		operation->answer = matches ? HISTORY_YES : HISTORY_NO;
	else if (operation->kind == HISTORY_DELETE && draw(random, 3) > 0)
		operation->answer = was_there ? HISTORY_YES : HISTORY_NO;
}

static void
spoil(unsigned short random[3], struct history_operation *operation)
{
	if (operation->answer == HISTORY_VALUE)
		operation->answer_value = draw_value(random);
	else if (operation->answer == HISTORY_YES)
		operation->answer = HISTORY_NO;
	else if (operation->answer == HISTORY_NO)
		operation->answer = HISTORY_YES;
}

/** Done in the order in which they stand, at even times; invoked before and returned
 *  after, each return at an odd time of its own. */
static void
draw_times(unsigned short random[3], struct history_operation *operations,
	   size_t count)
{
	unsigned int slack = draw(random, 60);

	for (size_t i = 0; i < count; i++) {
		uint64_t done_at = 100 + 20 * i;

		operations[i].invoked_at = done_at - draw(random, 1 + slack);
		operations[i].returned_at =
		    (done_at + draw(random, 1 + slack)) * 16 + i;
		/* It may begin as another returns. */
		operations[i].invoked_at *= 16;
		if (i > 0 && draw(random, 4) == 0 &&
		    operations[i - 1].returned_at < done_at * 16)
			operations[i].invoked_at =
			    operations[i - 1].returned_at;
	}
}

static int
compare(const void *left, const void *right)
{
	const struct history_operation *one = left, *other = right;

	if (one->invoked_at != other->invoked_at)
		return one->invoked_at < other->invoked_at ? -1 : 1;
	return one->returned_at < other->returned_at ? -1 : 1;
}

static size_t
draw_history(unsigned short random[3], struct history_operation *operations)
{
	size_t count = 1 + draw(random, OPERATIONS_MAX);
	unsigned int kinds = draw(random, 3);
	bool is_there = false;
	int64_t number = 0;

	memset(operations, 0, count * sizeof(*operations));
	draw_times(random, operations, count);
	for (size_t i = 0; i < count; i++) {
		struct history_operation *operation = &operations[i];
		bool is_unknown = draw(random, 5) == 0;

		operation->kind = kinds == 0   ? draw(random, 5)
				  : kinds == 1 ? draw(random, 2)
					       : draw(random, 2) * HISTORY_ADD;
		if (kinds == 2 && operation->kind == HISTORY_SET)
			operation->kind = HISTORY_GET;
		if (operation->kind != HISTORY_DELETE)
			operation->argument = draw_value(random);
		if (operation->kind == HISTORY_ADD)
			operation->argument.is_there = true;
		operation->expected = draw_value(random);
		if (!is_unknown || draw(random, 2) == 0)
			answer(random, operation, &is_there, &number);
		if (draw(random, 3) == 0)
			spoil(random, operation);
		if (is_unknown) {
			operation->answer = HISTORY_UNKNOWN;
			operation->returned_at = UINT64_MAX;
		}
	}
	qsort(operations, count, sizeof(*operations), compare);
	return count;
}

/* ------------------------------------------------------------- everything */

static void
print_history(const struct history_operation *operations, size_t count)
{
	static const char *const kinds[] = { "set", "get", "delete", "swap",
					     "add" };
	static const char *const answers[] = { "ok", "value", "yes", "no",
					       "?" };

	for (size_t i = 0; i < count; i++)
		printf("%s %" PRId64 " (expected %" PRId64 ") %s %" PRId64
		       " %" PRIu64 " %" PRIu64 "\n",
		       kinds[operations[i].kind], operations[i].argument.number,
		       operations[i].expected.number,
		       answers[operations[i].answer],
		       operations[i].answer_value.number,
		       operations[i].invoked_at, operations[i].returned_at);
}

/** True: it is linearizable. */
static bool
judge(unsigned long seed)
{
	struct history_operation operations[OPERATIONS_MAX];
	unsigned short random[3] = { (unsigned short)seed,
				     (unsigned short)(seed >> 16), 1 };
	size_t count = draw_history(random, operations);
	struct history_verdict verdict =
	    history_judge(operations, count, BYTES_MAX);
	uint64_t bad_at = first_bad_return(operations, count), found_at;

	found_at = verdict.finding == HISTORY_LINEARIZABLE
		       ? UINT64_MAX
		       : operations[verdict.blocked].returned_at;
	if (verdict.finding != HISTORY_GAVE_UP && found_at == bad_at)
		return bad_at == UINT64_MAX;
	print_history(operations, count);
	printf("it is bad at %" PRIu64 ", and was found to be at %" PRIu64
	       " (finding %d)\nagain: random_test %lu 1\n",
	       bad_at, found_at, verdict.finding, seed);
	exit(1);
}

int
main(int argc, char **argv)
{
	unsigned long seed = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
	unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 10) : HISTORIES;
	unsigned long good = 0;

	for (unsigned long i = 0; i < count; i++)
		if (judge(seed + i))
			good++;
	printf("%lu histories, %lu linearizable, and no disagreement\n", count,
	       good);
	return count >= 1000 && (good < count / 4 || good > count * 3 / 4);
}
