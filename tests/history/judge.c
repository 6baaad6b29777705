/*
 * The shortest prefix of a history that is not linearizable (history.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdlib.h>

#include "tests/history/search.h"

/** What was known when `last` returned: of what was invoked by then, the answers that
 *  were given by then. Returns how many they are. */
static size_t
known_then(const struct history_operation *operations, size_t count,
	   const struct history_operation *last,
	   struct history_operation *known)
{
	size_t known_count = 0;

	for (size_t i = 0; i < count; i++) {
		if (operations[i].invoked_at > last->returned_at)
			break;
		known[known_count] = operations[i];
		if (operations[i].returned_at > last->returned_at ||
		    (operations[i].returned_at == last->returned_at &&
		     &operations[i] > last))
			known[known_count].answer = HISTORY_UNKNOWN;
		known_count++;
	}
	return known_count;
}

/** The operations that return, from the one where the search was stuck on: what was
 *  answered later has had a say in that, so the first may not be the last of the
 *  shortest prefix. */
static size_t
list_returns(const struct history_operation *operations, size_t count,
	     struct event stuck, struct event *returns)
{
	size_t return_count = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct event event = { operations[i].returned_at, i, true };

		if (operations[i].answer != HISTORY_UNKNOWN &&
		    compare_events(&event, &stuck) >= 0)
			returns[return_count++] = event;
	}
	qsort(returns, return_count, sizeof(*returns), compare_events);
	return return_count;
}

/** What goes on from a bad prefix is bad, so that halving finds the shortest. It is often
 *  at the first return, or soon after it: strides double before they are halved. */
static size_t
find_shortest(const struct history_operation *operations, size_t count,
	      size_t bytes_max, const struct event *returns,
	      size_t return_count, struct history_operation *known,
	      uint64_t *states)
{
	size_t first = 0, last = return_count - 1, stride = 1;
	size_t tried = 0;

	while (first < last) {
		const struct history_operation *end =
		    &operations[returns[tried].operation];
		struct history_verdict verdict = { 0 };

		search_order(known, known_then(operations, count, end, known),
			     bytes_max, NOBODY, &verdict);
		*states += verdict.states;
		if (verdict.finding == HISTORY_NOT_LINEARIZABLE) {
			last = tried;
			stride = last - first;
		} else {
			first = tried + 1;
		}
		tried = first +
			(stride < last - first ? stride : (last - first) / 2);
		stride = stride * 2;
	}
	return last;
}

/** The verdict is of the shortest prefix, and of the values that were possible before its
 *  last answer. */
static void
shorten(const struct history_operation *operations, size_t count,
	size_t bytes_max, struct event stuck, struct history_verdict *verdict)
{
	struct event *returns = allocate(count, sizeof(*returns));
	struct history_operation *known = allocate(count, sizeof(*known));
	size_t return_count = list_returns(operations, count, stuck, returns);
	uint64_t states = verdict->states;
	uint32_t last;

	last = returns[find_shortest(operations, count, bytes_max, returns,
				     return_count, known, &states)]
		   .operation;
	*verdict = (struct history_verdict){ .states = states };
	search_order(known,
		     known_then(operations, count, &operations[last], known),
		     bytes_max, last, verdict);
	/* It may be stuck sooner: where another saw it do what, as its own answer
	 * says, it has not done. */
	if (verdict->finding != HISTORY_NOT_LINEARIZABLE ||
	    verdict->blocked != last)
		verdict->value_count = 0;
	verdict->finding = HISTORY_NOT_LINEARIZABLE;
	verdict->blocked = last;
	free(known);
	free(returns);
}

struct history_verdict
history_judge(const struct history_operation *operations, size_t count,
	      size_t bytes_max)
{
	struct history_verdict verdict = { 0 };
	struct event stuck;

	assert(count < UINT32_MAX / 2);
	stuck = search_order(operations, count, bytes_max, NOBODY, &verdict);
	if (verdict.finding == HISTORY_NOT_LINEARIZABLE)
		shorten(operations, count, bytes_max, stuck, &verdict);
	return verdict;
}
