/*
 * An entry of the log: a time, and requests, which are carried out together.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *	8 milliseconds, 4 how many requests, then the requests as arrays (RESP)
 *
 * What a client says in one go, by pipelining, becomes one entry. So does what stands
 * between MULTI and EXEC: there it is `EXEC n`, then the n requests, whose replies are
 * the elements of one.
 */
#ifndef OUTRIGGER_KV_ENTRY_H
#define OUTRIGGER_KV_ENTRY_H

#include "demos/kv/keys.h"

/** Requests of an entry, at most: there is room for an error in reply to each. */
#define ENTRY_REQUESTS_MAX 512
/** Bytes of replies to one. */
#define ENTRY_REPLY_BYTES (64u << 10)

/** Begin one in an empty buffer: what is appended to it are requests. */
void entry_begin(struct buffer *entry);
/** It has so many requests, and this is the time. */
void entry_end(struct buffer *entry, uint64_t now_ms, size_t requests);

/** Carry one out, and reply; that does the same on every server. A reply that does not
 *  fit is an error in its place. */
void entry_apply(const void *bytes, size_t length, struct keys *keys,
		 struct buffer *reply);

/** Carry out so many requests, as entry_apply() does. */
void requests_run(const char *bytes, size_t length, size_t count,
		  uint64_t now_ms, struct keys *keys, struct buffer *reply);

#endif
