/*
 * The words of one line of a scenario, and what a few of them mean together.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The first error of a file is the one that is told. From then on every word is
 * the end of the line, so that whoever reads need not ask after each step.
 */
#ifndef OUTRIGGER_SCENARIO_WORDS_H
#define OUTRIGGER_SCENARIO_WORDS_H

#include "assists/scenario/script/script.h"

#define WORDS_MAX 512

struct words {
	const char *file;
	int line;
	/** Where the first error goes, and whether there was one. */
	char *error;
	size_t error_size;
	bool failed;
	/** The names bound so far, and what the present statement names. */
	struct raft_scenario *scenario;
	struct nodes named;
	/** The line's text after its first word, for titles and notes. */
	char *rest;
	/** The line without comment, as written, and where its first word
	 *  begins. */
	char *text;
	const char *first;
	/** The `#` that begins the comment touches another character. */
	bool glued_comment;
	char *word[WORDS_MAX];
	size_t count;
	size_t next;
	/** What word[] points into. */
	char *store;
};

/** Split a line, which need not end in NUL. */
void words_split(struct words *words, const char *line, size_t length);
void words_free(struct words *words);

/** Note an error, as printf; the first one is kept. */
void words_fail(struct words *words, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** The next word does not fit: say so, and what was expected. */
void words_expected(struct words *words, const char *expected);
/** The same of a word out of a list (see hints.h): expected, say, "a module";
 *  the one that may have been meant, or else `which` there are. */
void words_unknown(struct words *words, const char *expected, const char *which,
		   const char *(*nth)(size_t));
/** What is no error, but should be known, as printf; once. */
void words_note(struct words *words, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** Grow an array by one zeroed element, and return that. */
void *words_grow(void **array, size_t *count, size_t size);

/** The next word, which stays; "" at the end of the line. */
const char *words_peek(const struct words *words);
const char *words_take(struct words *words);
/** Take the next word if it is this one. */
bool words_accept(struct words *words, const char *word);
/** Take this word, or fail. */
void words_require(struct words *words, const char *word);

/** Whole, from least to most, both included. */
uint64_t words_number(struct words *words, uint64_t least, uint64_t most,
		      const char *expected);
struct duration words_duration(struct words *words);
/** Never in T: for what T itself depends on. */
uint64_t words_plain_duration(struct words *words);
struct duration_range words_range(struct words *words);
/** Is the next word a range? */
bool words_at_range(const struct words *words);
/** In millionths. */
uint32_t words_share(struct words *words);
/** A decimal in millionths, more than 0. */
uint32_t words_rate(struct words *words);
bool words_on_off(struct words *words);

/** Does the next word begin NODES? */
bool words_at_nodes(const struct words *words);
struct nodes words_nodes(struct words *words);
/** Can the next word be bound? */
bool words_at_name(const struct words *words);
/** A name to be bound; its position. Binds it if it is new. */
uint8_t words_new_name(struct words *words);
enum comparison words_comparison(struct words *words);
/** A kind of message; its bit, as of raft_sim_kind(). */
uint32_t words_message_kind(struct words *words);
/** Names joined by `+`, or the name of a build. */
uint32_t words_build(struct words *words);
/** Whether it may be the name of a module that this binary knows nothing of, and
 *  is none of those that it knows, badly spelled. */
bool words_is_foreign(const char *word);
/** One module. */
uint32_t words_module(struct words *words);

#endif
