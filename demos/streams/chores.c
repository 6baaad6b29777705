/*
 * What whoever leads the group does for the catalogue, unasked (catalogue.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One thing at a time. Nothing is said while all is well: Raft's own heartbeats tell
 * who is silent, so that servers send none of their own.
 */
#include <inttypes.h>
#include <stdio.h>

#include "demos/streams/catalogue.h"

/** Nothing is to be mended, and nobody moves. */
static bool
is_whole(const struct partition *partition)
{
	bool whole = partition->leader != 0 && partition->leaving == 0;

	for (uint32_t i = 0; i < partition->place_count; i++)
		whole = whole && partition->places[i].in_sync;
	return whole;
}

/* ----------------------------------------------------------- of silent servers */

static bool
call_silent(const struct catalogue *catalogue, const uint64_t *silent_ms,
	    uint64_t limit_ms, char command[LINE_BYTES])
{
	for (uint32_t i = 0; i < catalogue->server_count; i++) {
		const struct server *server = &catalogue->servers[i];

		if (!server->is_up || silent_ms[i] < limit_ms)
			continue;
		snprintf(command, LINE_BYTES, "silent %" PRIu64 " %" PRIu64,
			 server->id, server->life);
		return true;
	}
	return false;
}

static bool
is_long_gone(const struct catalogue *catalogue, const uint64_t *silent_ms,
	     uint64_t limit_ms, uint64_t id)
{
	const struct server *server = catalogue_server(catalogue, id);

	return !server->is_up &&
	       silent_ms[server - catalogue->servers] >= limit_ms;
}

/** Who joins is gone itself. */
static bool
call_off(const struct partition *partition, uint32_t position,
	 char command[LINE_BYTES])
{
	snprintf(command, LINE_BYTES, "stay %" PRIu32 " %" PRIu64, position,
		 partition->version);
	return true;
}

static bool
move(const struct partition *partition, uint32_t position, uint64_t from,
     uint64_t to, char command[LINE_BYTES])
{
	snprintf(command, LINE_BYTES,
		 "move %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu64, position,
		 partition->version, from, to);
	return true;
}

/** A partition that nobody leads is left alone: only its last replica has all. */
static bool
mend(const struct catalogue *catalogue, const uint64_t *silent_ms,
     uint64_t limit_ms, uint32_t position, char command[LINE_BYTES])
{
	const struct partition *partition = &catalogue->partitions[position];
	uint32_t count = partition->place_count;
	uint64_t other;

	if (partition->leader == 0)
		return false;
	if (partition->leaving != 0)
		return is_long_gone(catalogue, silent_ms, limit_ms,
				    partition->places[count - 1].server) &&
		       call_off(partition, position, command);
	other = catalogue_choose_place(catalogue, partition);
	for (uint32_t i = 0; i < count && other != 0; i++) {
		uint64_t id = partition->places[i].server;

		if (is_long_gone(catalogue, silent_ms, limit_ms, id))
			return move(partition, position, id, other, command);
	}
	return false;
}

/* --------------------------------------------------------------- of balance */

/** Who has most of those that keep it gives it to who has least. */
static bool
shift_place(const struct catalogue *catalogue, uint32_t position,
	    char command[LINE_BYTES])
{
	const struct partition *partition = &catalogue->partitions[position];
	uint64_t least = catalogue_choose_place(catalogue, partition), most = 0;
	uint32_t most_kept = 0;

	for (uint32_t i = 0; i < partition->place_count; i++) {
		uint64_t server = partition->places[i].server;
		uint32_t kept = catalogue_kept_by(catalogue, server);

		if (kept <= most_kept)
			continue;
		most = server;
		most_kept = kept;
	}
	return least != 0 &&
	       most_kept >= catalogue_kept_by(catalogue, least) + 2 &&
	       move(partition, position, most, least, command);
}

static bool
shift_lead(const struct catalogue *catalogue, uint32_t position,
	   char command[LINE_BYTES])
{
	const struct partition *partition = &catalogue->partitions[position];
	uint32_t led = catalogue_led_by(catalogue, partition->leader);

	for (uint32_t i = 0; i < partition->place_count; i++) {
		uint64_t server = partition->places[i].server;

		if (catalogue_led_by(catalogue, server) + 2 > led)
			continue;
		snprintf(command, LINE_BYTES,
			 "lead %" PRIu32 " %" PRIu64 " %" PRIu64, position,
			 partition->version, server);
		return true;
	}
	return false;
}

/** One move at a time, while all is whole. */
static bool
balance(const struct catalogue *catalogue, char command[LINE_BYTES])
{
	for (uint32_t i = 0; i < catalogue->partition_count; i++)
		if (!is_whole(&catalogue->partitions[i]))
			return false;
	for (uint32_t i = 0; i < catalogue->partition_count; i++)
		if (shift_place(catalogue, i, command))
			return true;
	for (uint32_t i = 0; i < catalogue->partition_count; i++)
		if (shift_lead(catalogue, i, command))
			return true;
	return false;
}

bool
catalogue_chore(const struct catalogue *catalogue,
		const uint64_t silent_ms[SERVERS_MAX],
		const struct patience *patience, char command[LINE_BYTES])
{
	if (call_silent(catalogue, silent_ms, patience->silent_ms, command))
		return true;
	for (uint32_t i = 0; i < catalogue->partition_count; i++)
		if (mend(catalogue, silent_ms, patience->replace_ms, i,
			 command))
			return true;
	return balance(catalogue, command);
}
