/*
 * linearizable: says whether what clients wrote down could have been answered by one
 * server (README.md).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/history/history.h"

/** What was done last is shown, so many operations of it. */
#define SHOWN 8
#define MEBIBYTES_MAX 1048576

struct total {
	size_t keys;
	size_t unknown;
	uint64_t states;
	size_t bad;
	size_t given_up;
};

static void
print_value(struct history_value value)
{
	if (value.is_there)
		printf("%" PRId64, value.number);
	else
		printf("nil");
}

static void
print_line(const char *mark, const struct history_operation *operation)
{
	printf("%s %s:%zu: %s\n", mark, operation->file, operation->line,
	       operation->text);
}

/** The value that it set, if that can be told from the operation alone. */
static bool
has_made(const struct history_operation *operation, struct history_value value)
{
	struct history_value made = operation->argument;

	if (operation->kind == HISTORY_ADD)
		made = operation->answer_value;
	return operation->kind != HISTORY_GET &&
	       operation->kind != HISTORY_DELETE &&
	       operation->answer != HISTORY_NO &&
	       (operation->kind != HISTORY_ADD ||
		operation->answer == HISTORY_VALUE) &&
	       made.is_there == value.is_there && made.number == value.number;
}

/** Where the value that it saw came from. */
static void
explain_value(const struct history_operation *operations, size_t count,
	      const struct history_operation *seen)
{
	bool is_explained =
	    seen->kind != HISTORY_GET || !seen->answer_value.is_there;

	for (size_t i = 0; i < count && !is_explained; i++) {
		if (!has_made(&operations[i], seen->answer_value))
			continue;
		is_explained = true;
		print_line(operations[i].invoked_at > seen->returned_at
			       ? "its value was asked for only afterwards:"
			       : "its value is that of",
			   &operations[i]);
	}
	if (!is_explained)
		puts("nobody has asked for its value");
}

static void
show_values(const struct history_verdict *verdict)
{
	if (verdict->value_count == 0) {
		puts("what others saw before it returned is at odds with its "
		     "answer");
		return;
	}
	printf("the value could be ");
	for (size_t i = 0; i < verdict->value_count; i++) {
		if (i > 0)
			printf(i + 1 == verdict->value_count &&
				       !verdict->has_more_values
				   ? " or "
				   : ", ");
		print_value(verdict->values[i]);
	}
	puts(verdict->has_more_values ? ", or others" : "");
}

/** Operations that were invoked by the time at which one returned, the last of them. */
static void
show_last(const struct history_operation *operations, size_t count,
	  const struct history_operation *seen)
{
	size_t first;

	while (count > 0 &&
	       operations[count - 1].invoked_at > seen->returned_at)
		count--;
	first = count > SHOWN ? count - SHOWN : 0;
	printf("the last of the %zu operations that were invoked by then:\n",
	       count);
	for (size_t i = first; i < count; i++)
		print_line(&operations[i] == seen ? ">" : " ", &operations[i]);
}

static void
tell_bad(const struct history_operation *operations, size_t count,
	 const struct history_verdict *verdict)
{
	const struct history_operation *seen = &operations[verdict->blocked];

	printf("\nkey %s is not linearizable. No order of its operations "
	       "explains the answers\nup to this one:\n",
	       seen->key);
	print_line(">", seen);
	show_values(verdict);
	explain_value(operations, count, seen);
	show_last(operations, count, seen);
}

static void
tell_giving_up(const struct history_operation *operations,
	       const struct history_verdict *verdict, size_t mebibytes)
{
	const struct history_operation *at = &operations[verdict->blocked];

	printf("\nkey %s: gave up after %" PRIu64
	       " states, which is as many as "
	       "%zu MiB hold: there are too\nmany orders in which its "
	       "operations could have been done. It was furthest here:\n",
	       at->key, verdict->states, mebibytes);
	print_line(">", at);
}

static size_t
count_key(const struct history *history, size_t first)
{
	size_t end = first;

	while (end < history->count &&
	       strcmp(history->operations[end].key,
		      history->operations[first].key) == 0)
		end++;
	return end - first;
}

static void
judge_key(const struct history_operation *operations, size_t count,
	  size_t mebibytes, struct total *total)
{
	struct history_verdict verdict =
	    history_judge(operations, count, mebibytes << 20);

	total->keys++;
	total->states += verdict.states;
	for (size_t i = 0; i < count; i++)
		if (operations[i].answer == HISTORY_UNKNOWN)
			total->unknown++;
	if (verdict.finding == HISTORY_NOT_LINEARIZABLE) {
		total->bad++;
		tell_bad(operations, count, &verdict);
	} else if (verdict.finding == HISTORY_GAVE_UP) {
		total->given_up++;
		tell_giving_up(operations, &verdict, mebibytes);
	}
}

static int
judge_all(const struct history *history, size_t mebibytes)
{
	struct total total = { 0 };
	size_t count;

	for (size_t first = 0; first < history->count; first += count) {
		count = count_key(history, first);
		judge_key(&history->operations[first], count, mebibytes,
			  &total);
	}
	if (total.bad + total.given_up > 0)
		puts("");
	printf("%zu operations on %zu keys, %zu of unknown outcome, %zu that "
	       "failed; %" PRIu64 " states visited\n",
	       history->count, total.keys, total.unknown, history->failed,
	       total.states);
	puts(total.bad > 0	  ? "not linearizable"
	     : total.given_up > 0 ? "nobody knows"
				  : "linearizable");
	return total.bad > 0 ? 1 : total.given_up > 0 ? 2 : 0;
}

static _Noreturn void
show_usage(FILE *file, int status)
{
	fputs("usage: linearizable [--mebibytes N] FILE...\n", file);
	exit(status);
}

static size_t
read_mebibytes(const char *text)
{
	const char *problem;
	long long number = strtonum(text, 1, MEBIBYTES_MAX, &problem);

	if (problem != NULL)
		errx(2, "--mebibytes: %s is %s", text, problem);
	return (size_t)number;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "mebibytes", required_argument, NULL, 'm' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct history history = { 0 };
	size_t mebibytes = 1024;
	int option, status = 0;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'm')
			show_usage(option == 'h' ? stdout : stderr,
				   option == 'h' ? 0 : 2);
		mebibytes = read_mebibytes(optarg);
	}
	if (optind == argc)
		show_usage(stderr, 2);
	for (int i = optind; i < argc; i++)
		if (!history_read(&history, argv[i]))
			status = 2;
	history_sort(&history);
	if (status == 0)
		status = judge_all(&history, mebibytes);
	history_free(&history);
	return status;
}
