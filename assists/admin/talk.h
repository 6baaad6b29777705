/*
 * Talking with a server through the socket in its folder.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_ADMIN_TALK_H
#define OUTRIGGER_ADMIN_TALK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct talk {
	int fd;
	/** When it is over, on the monotonic clock. */
	uint64_t end_ms;
	/** What was received and not yet taken. */
	char *bytes;
	size_t length, size;
	/** The beginning of `bytes` was handed out. */
	size_t taken;
};

/** Connect, for so long. False: with errno set. */
bool talk_open(struct talk *talk, const char *folder, unsigned int seconds);

/** Begin anew with the time. */
void talk_extend(struct talk *talk, unsigned int seconds);

/** Say a line. False: with errno set. */
bool talk_say(struct talk *talk, const json_t *object);

/** The next line, until the next call, without its newline. NULL: with errno set;
 *  ETIMEDOUT, ECONNRESET if the server has closed. */
const char *talk_hear(struct talk *talk);

void talk_close(struct talk *talk);

#endif
