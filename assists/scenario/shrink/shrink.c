/*
 * A scenario that fails, made smaller while it still fails.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whoever asks says whether a text fails as the first one did; all else is
 * trying. Whatever is taken out changes what chance does to the rest, so that a
 * text that fails no more may do so by luck, and nothing found here is the least
 * there is. Statements go first, in large pieces and then in smaller ones; then
 * nodes, time, and words.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/scenario/scenario.h"
#include "assists/scenario/shrink/lines.h"

struct shrink {
	const struct raft_scenario_shrinking *asked;
	/** The smallest so far that fails. */
	struct lines best;
	size_t tries;
};

/* The candidate, which is consumed, becomes the best one if it fails. */
static bool
takes(struct shrink *shrink, struct lines *candidate)
{
	char *text = lines_join(candidate);
	bool fails = shrink->tries < shrink->asked->tries_max;

	shrink->tries++;
	fails = fails && shrink->asked->fails(shrink->asked->context, text);
	free(text);
	if (fails) {
		lines_free(&shrink->best);
		shrink->best = *candidate;
	} else {
		lines_free(candidate);
	}
	return fails;
}

/* ------------------------------------------------------------ statements */

static bool
drop_pieces(struct shrink *shrink, size_t size)
{
	struct lines candidate;
	bool dropped = false;

	for (size_t at = 0; at + size <= shrink->best.count;) {
		candidate = lines_copy(&shrink->best);
		lines_remove(&candidate, at, size);
		if (takes(shrink, &candidate))
			dropped = true;
		else
			at += size;
	}
	return dropped;
}

static bool
drop_statements(struct shrink *shrink)
{
	bool dropped = false;

	for (size_t size = shrink->best.count / 2; size > 0; size /= 2)
		dropped |= drop_pieces(shrink, size);
	return dropped;
}

/* Without the repeat, its statements once. */
static bool
unroll(struct shrink *shrink)
{
	struct lines candidate;
	size_t repeat = lines_find(&shrink->best, "repeat");
	size_t end = lines_find(&shrink->best, "end");

	if (repeat == shrink->best.count || end == shrink->best.count)
		return false;
	candidate = lines_copy(&shrink->best);
	lines_remove(&candidate, end, 1);
	lines_remove(&candidate, repeat, 1);
	return takes(shrink, &candidate);
}

/* ----------------------------------------------------------------- nodes */

static uint64_t
count_of(const struct lines *lines, const char *word)
{
	size_t line = lines_find(lines, word);

	return line == lines->count
		   ? 0
		   : strtoull(lines_after(lines->of[line], word), NULL, 10);
}

/* One node less, which is a voter, a learner or a spare. */
static bool
drop_node(struct shrink *shrink, uint64_t node)
{
	uint64_t voters = count_of(&shrink->best, "nodes");
	uint64_t learners = count_of(&shrink->best, "learners");
	const char *word = node <= voters	       ? "nodes"
			   : node <= voters + learners ? "learners"
						       : "spare";
	uint64_t left = count_of(&shrink->best, word) - 1;
	struct lines candidate;
	size_t line;

	if (left == 0 && node <= voters)
		return false;
	candidate = lines_copy(&shrink->best);
	lines_drop_node(&candidate, node);
	line = lines_find(&candidate, word);
	if (left > 0)
		lines_set(&candidate, line, "%s %llu", word,
			  (unsigned long long)left);
	else
		lines_remove(&candidate, line, 1);
	return takes(shrink, &candidate);
}

static bool
drop_nodes(struct shrink *shrink)
{
	bool dropped = false;
	uint64_t node = count_of(&shrink->best, "nodes") +
			count_of(&shrink->best, "learners") +
			count_of(&shrink->best, "spare");

	for (; node > 0; node--)
		dropped |= drop_node(shrink, node);
	return dropped;
}

/* ------------------------------------------------------------------ time */

/* What a line `run D` says, in microseconds; 0: it is no such line, or in T. */
static uint64_t
run_us(const char *line)
{
	static const struct {
		const char *name;
		uint64_t us;
	} units[] = { { "us", 1 }, { "ms", 1000 }, { "s", 1000000 } };
	const char *text = lines_after(line, "run");
	uint64_t number;
	char *unit;

	if (text == NULL)
		return 0;
	number = strtoull(text, &unit, 10);
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (strcmp(unit, units[i].name) == 0)
			return number * units[i].us;
	}
	return 0;
}

static void
set_run(struct lines *lines, size_t line, uint64_t us)
{
	bool is_whole = us % 1000 == 0;

	lines_set(lines, line, "run %llu%s",
		  (unsigned long long)(is_whole ? us / 1000 : us),
		  is_whole ? "ms" : "us");
}

static bool
runs_for(struct shrink *shrink, size_t line, uint64_t us)
{
	struct lines candidate;

	if (us == 0 || us == run_us(shrink->best.of[line]))
		return false;
	candidate = lines_copy(&shrink->best);
	set_run(&candidate, line, us);
	return takes(shrink, &candidate);
}

/* 123456 -> 123000 -> 120000 -> 100000, as far as it goes. */
static bool
round_run(struct shrink *shrink, size_t line)
{
	bool rounded = false;

	for (uint64_t unit = 1000; unit <= 1000000; unit *= 10) {
		uint64_t us = run_us(shrink->best.of[line]);

		if (us > unit)
			rounded |= runs_for(shrink, line, us / unit * unit);
	}
	return rounded;
}

static bool
shorten_runs(struct shrink *shrink)
{
	bool shortened = false;

	for (size_t i = 0; i < shrink->best.count; i++) {
		while (runs_for(shrink, i, run_us(shrink->best.of[i]) / 2))
			shortened = true;
		shortened |= round_run(shrink, i);
	}
	return shortened;
}

static bool
join_runs(struct shrink *shrink)
{
	struct lines candidate;
	bool joined = false;
	uint64_t one, other;

	for (size_t i = 0; i + 1 < shrink->best.count;) {
		one = run_us(shrink->best.of[i]);
		other = run_us(shrink->best.of[i + 1]);
		if (one == 0 || other == 0) {
			i++;
			continue;
		}
		candidate = lines_copy(&shrink->best);
		lines_remove(&candidate, i, 1);
		set_run(&candidate, i, one + other);
		if (takes(shrink, &candidate))
			joined = true;
		else
			i++;
	}
	return joined;
}

/* ----------------------------------------------------------------- words */

/* Where the last `count` words of a line begin, with the blank before them; 0:
 * it has no more than these. */
static size_t
last_words(const char *line, int count)
{
	size_t at = strlen(line);

	for (; count > 0 && at > 0; count--) {
		while (at > 0 && line[at - 1] != ' ')
			at--;
		while (at > 0 && line[at - 1] == ' ')
			at--;
	}
	return at;
}

static bool
drop_words(struct shrink *shrink)
{
	struct lines candidate;
	bool dropped = false;

	for (size_t i = 0; i < shrink->best.count; i++) {
		for (int words = 2; words > 0; words--) {
			const char *line = shrink->best.of[i];
			size_t left = last_words(line, words);

			if (left == 0 || lines_after(line, "title") != NULL)
				continue;
			candidate = lines_copy(&shrink->best);
			lines_set(&candidate, i, "%.*s", (int)left, line);
			dropped |= takes(shrink, &candidate);
		}
	}
	return dropped;
}

/* `cut A -> B` and `cut B -> A` one after the other are `cut A - B`. */
static bool
join_cuts(struct shrink *shrink)
{
	struct lines candidate;
	bool joined = false;
	char from[32], to[32], back[96];

	for (size_t i = 0; i + 1 < shrink->best.count; i++) {
		if (sscanf(shrink->best.of[i], "cut %31s -> %31s", from, to) !=
		    2)
			continue;
		snprintf(back, sizeof back, "cut %s -> %s", to, from);
		if (strcmp(shrink->best.of[i + 1], back) != 0)
			continue;
		candidate = lines_copy(&shrink->best);
		lines_remove(&candidate, i, 1);
		lines_set(&candidate, i, "cut %s - %s", from, to);
		joined |= takes(shrink, &candidate);
	}
	return joined;
}

/* ------------------------------------------------------------- the whole */

static bool (*const ways[])(struct shrink *) = {
	drop_statements, unroll,    drop_nodes, shorten_runs,
	join_runs,	 join_cuts, drop_words,
};

char *
raft_scenario_shrink(const char *text,
		     const struct raft_scenario_shrinking *shrinking)
{
	struct shrink shrink = { .asked = shrinking,
				 .best = lines_split(text) };
	struct lines first = lines_copy(&shrink.best);
	bool fails = takes(&shrink, &first), smaller = fails;
	char *smallest;

	while (smaller) {
		smaller = false;
		for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
			smaller |= ways[i](&shrink);
	}
	lines_tidy(&shrink.best);
	smallest = fails ? lines_join(&shrink.best) : NULL;
	lines_free(&shrink.best);
	return smallest;
}
