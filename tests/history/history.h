/*
 * Histories of clients, and whether they are linearizable: README.md.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_TESTS_HISTORY_H
#define OUTRIGGER_TESTS_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Letters of a key, with the NUL. */
#define HISTORY_KEY_BYTES 64
/** The values that a verdict names, at most. */
#define HISTORY_VALUES 8

/** What a key holds. */
struct history_value {
	/** Else it is nil, and `number` is 0. */
	bool is_there;
	int64_t number;
};

enum history_kind {
	HISTORY_SET,
	HISTORY_GET,
	HISTORY_DELETE,
	HISTORY_SWAP,
	HISTORY_ADD,
};

enum history_answer {
	/** It took effect, and nothing more was said. */
	HISTORY_OK,
	/** `answer_value` was said. */
	HISTORY_VALUE,
	HISTORY_YES,
	HISTORY_NO,
	/** It took effect at some time since it was invoked, or will, or never. */
	HISTORY_UNKNOWN,
};

/** What a client asked, and was answered. */
struct history_operation {
	char key[HISTORY_KEY_BYTES];
	enum history_kind kind;
	/** What it sets, swaps in, or adds. */
	struct history_value argument;
	/** Of a swap: what must be there. */
	struct history_value expected;
	enum history_answer answer;
	/** Of HISTORY_VALUE. */
	struct history_value answer_value;
	/** In nanoseconds; an unknown one never returns. */
	uint64_t invoked_at;
	uint64_t returned_at;
	/** Where it stands. */
	const char *file;
	size_t line;
	/** The line, without its newline. */
	char *text;
};

/** Operations, those of a key one after the other, in order of their invocation. */
struct history {
	struct history_operation *operations;
	size_t count;
	size_t room;
	/** Those that were left out since they failed. */
	size_t failed;
};

/** Read on from a file. False: a line is not as it should be, which is told on standard
 *  error. The name lives as long as the history. */
bool history_read(struct history *history, const char *path);

/** Likewise from a text, that is called `name`. */
bool
history_read_text(struct history *history, const char *name, const char *text);

/** When all is read. */
void history_sort(struct history *history);

void history_free(struct history *history);

enum history_finding {
	HISTORY_LINEARIZABLE,
	HISTORY_NOT_LINEARIZABLE,
	/** It would take more memory than it may. */
	HISTORY_GAVE_UP,
};

struct history_verdict {
	enum history_finding finding;
	/** States that were visited: how far the operations went, and the value. */
	uint64_t states;
	/** Unless it is linearizable: the operation that had not been passed when it
	 *  was furthest. If it is not linearizable: at its return, and no sooner,
	 *  nothing is left that explains all answers that were given by then. */
	size_t blocked;
	/** The values that were possible then; none, if it is its own answer that is
	 *  at odds with what others saw before it, */
	struct history_value values[HISTORY_VALUES];
	size_t value_count;
	/** and there were more of them. */
	bool has_more_values;
};

/** Judge operations of one key, in order of their invocation, with so many bytes of
 *  memory. */
struct history_verdict history_judge(const struct history_operation *operations,
				     size_t count, size_t bytes_max);

#endif
