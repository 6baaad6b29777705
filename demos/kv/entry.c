/*
 * Entries of the log (entry.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <endian.h>
#include <string.h>

#include "demos/kv/commands.h"
#include "demos/kv/entry.h"
#include "demos/kv/reply.h"

#define HEADER_BYTES 12

static_assert(ENTRY_REQUESTS_MAX * ERROR_BYTES_MAX <= ENTRY_REPLY_BYTES / 2,
	      "replies that are no error have room, too");

/** The one that is being carried out. */
static struct request request;

void
entry_begin(struct buffer *entry)
{
	assert(entry->length == 0);
	buffer_add(entry, (char[HEADER_BYTES]){ 0 }, HEADER_BYTES);
}

void
entry_end(struct buffer *entry, uint64_t now_ms, size_t requests)
{
	uint64_t time = htole64(now_ms);
	uint32_t count = htole32((uint32_t)requests);

	assert(requests <= ENTRY_REQUESTS_MAX);
	memcpy(entry->bytes, &time, sizeof(time));
	memcpy(entry->bytes + sizeof(time), &count, sizeof(count));
}

static void
run(struct work *work)
{
	struct text name = work->request->arguments[0];
	const struct command *command = command_find(name);
	int64_t count;

	if (text_is(name, "EXEC") && work->request->count == 2 &&
	    text_number(work->request->arguments[1], &count) && count >= 0)
		reply_array(work->reply, (size_t)count);
	else if (command == NULL || !command_takes(command, work->request))
		reply_error(work->reply, "ERR unknown to this version");
	else
		command->run(work);
}

/** So that those behind it have room for an error. */
static void
run_within(struct work *work, size_t left)
{
	struct buffer *reply = work->reply;
	size_t room = reply->room, before = reply->length;

	if (reply->is_fixed)
		reply->room -= left * ERROR_BYTES_MAX;
	run(work);
	if (reply->is_fixed)
		reply->room = room;
	if (!reply->is_short)
		return;
	buffer_cut(reply, before);
	reply_error(reply, "ERR there is no room for the answer");
}

void
requests_run(const char *bytes, size_t length, size_t count, uint64_t now_ms,
	     struct keys *keys, struct buffer *reply)
{
	struct work work = { keys, &request, reply, now_ms };
	const char *problem;

	for (; count > 0 &&
	       request_read(&request, bytes, length, &problem) == REQUEST_WHOLE;
	     count--) {
		bytes += request.length;
		length -= request.length;
		if (request.count > 0)
			run_within(&work, count - 1);
	}
}

void
entry_apply(const void *bytes, size_t length, struct keys *keys,
	    struct buffer *reply)
{
	const char *at = bytes;
	uint64_t time;
	uint32_t count;

	if (length < HEADER_BYTES)
		return;
	memcpy(&time, at, sizeof(time));
	memcpy(&count, at + sizeof(time), sizeof(count));
	keys_pass_time(keys, le64toh(time));
	if (le32toh(count) <= ENTRY_REQUESTS_MAX)
		requests_run(at + HEADER_BYTES, length - HEADER_BYTES,
			     le32toh(count), keys->now_ms, keys, reply);
}
