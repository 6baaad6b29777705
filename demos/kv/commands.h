/*
 * Commands on keys: what is done for a request, and what is replied.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_KV_COMMANDS_H
#define OUTRIGGER_KV_COMMANDS_H

#include "demos/kv/keys.h"

/** What a command works on. */
struct work {
	struct keys *keys;
	const struct request *request;
	struct buffer *reply;
	/** For those who ask how long a key will be there: keys->now_ms, or a little
	 *  later, if time has passed since. Nothing else depends on it. */
	uint64_t now_ms;
};

struct command {
	const char *name;
	/** As Redis counts: arguments with the name; negative: at least so many. */
	int arity;
	/** It changes keys, so that it has to be in the log. */
	bool writes;
	/** Which arguments are names of keys: none if the first is 0; the last one
	 *  is counted from the end if it is negative. */
	int first_key, last_key, key_step;
	void (*run)(struct work *work);
};

/** NULL: there is none of that name. */
const struct command *command_find(struct text name);
/** The one at this position, from 0 on. NULL: there are no more. */
const struct command *command_at(size_t position);
/** The number of arguments is one that it takes. */
bool
command_takes(const struct command *command, const struct request *request);

#endif
