/*
 * A member's beginning and end: from what the log held, or the first of all.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "raft/raft_hooks.h"
#include "raft/state.h"

#include <stdlib.h>
#include <string.h>

#define BATCH_ENTRIES_MAX 1024u
#define BATCH_ENTRIES_LIMIT 65536u
#define APPENDS_IN_FLIGHT_MAX 1024u
#define UNCOMMITTED_ENTRIES_MAX 65536u
#define UNCOMMITTED_BYTES_MAX (UINT64_C(64) << 20)
#define BYTES_IN_FLIGHT_MAX (UINT64_C(16) << 20)
#define UNCOMMITTED_ENTRIES_LIMIT (UINT64_C(1) << 32)
#define SNAPSHOT_PART_BYTES (64u << 10)
#define INTERVAL_US_LIMIT UINT64_C(3600000000)

static void *
resize_by_libc(void *context, void *memory, size_t bytes)
{
	(void)context;
	if (bytes > 0)
		return realloc(memory, bytes);
	free(memory);
	return NULL;
}

static bool
runs_are_sound(const struct raft_stored *stored)
{
	uint64_t index = stored->snapshot.index, term = stored->snapshot.term;

	for (size_t i = 0; i < stored->run_count; i++) {
		const struct raft_term_run *run = &stored->runs[i];

		if (i == 0 ? run->first_index != index + 1 || run->term < term
			   : run->first_index <= index || run->term <= term)
			return false;
		index = run->first_index;
		term = run->term;
	}
	return term <= stored->term && index <= stored->last_index &&
	       stored->last_index <= RAFT_INDEX_MAX &&
	       stored->term <= RAFT_TERM_MAX &&
	       (stored->run_count > 0) ==
		   (stored->last_index > stored->snapshot.index) &&
	       (stored->run_count == 0 || stored->runs[0].term > 0);
}

/** Some configuration is in force behind any entry of the log, and behind its
 *  snapshot: the first entry of all is one. */
static bool
configurations_are_sound(const struct raft_stored *stored)
{
	const struct raft_stored_configuration *c = stored->configurations;
	uint64_t index = 0;

	if (stored->last_index > 0 &&
	    (stored->configuration_count == 0 ||
	     (c[0].index > 1 && c[0].index > stored->snapshot.index)))
		return false;
	for (size_t i = 0; i < stored->configuration_count; i++) {
		if (c[i].index <= index || c[i].index > stored->last_index)
			return false;
		index = c[i].index;
	}
	return true;
}

static bool
stored_is_sound(const struct raft_stored *stored)
{
	if ((stored->snapshot.index == 0) != (stored->snapshot.term == 0) ||
	    (stored->vote.id != 0 && stored->term == 0) ||
	    (stored->applied_index != 0 &&
	     stored->applied_index < stored->snapshot.index) ||
	    stored->applied_index > stored->last_index)
		return false;
	return configurations_are_sound(stored) && runs_are_sound(stored);
}

/** What its modules need of one another is among them. A list that lacks it does
 *  not compile; a mask may lack it. */
static bool
modules_are_sound(const struct raft_options *options)
{
#define HAS(m) RAFT_EXTENSION_ACTIVE(options, raft_##m##_number)
	bool sound = RAFT_EXTENSION_NEEDS(HAS);
#undef HAS

	(void)options;
	return sound;
}

static bool
options_are_sound(const struct raft_options *options)
{
	return options->self.id != 0 && options->self.incarnation != 0 &&
	       options->batch_entries_max <= BATCH_ENTRIES_LIMIT &&
	       options->uncommitted_entries_max <= UNCOMMITTED_ENTRIES_LIMIT &&
	       options->snapshot_part_bytes <= RAFT_PAYLOAD_BYTES_MAX &&
	       options->payload_bytes_max <= RAFT_PAYLOAD_BYTES_MAX &&
	       options->commit_notice_us <= INTERVAL_US_LIMIT &&
	       modules_are_sound(options) &&
	       raft__module_options_are_sound(options->modules);
}

static enum raft_result
restore_log(struct raft *r, const struct raft_stored *stored)
{
	struct raft_log *log = &r->log;

	if (!raft__log_reserve(r, stored->run_count))
		return RAFT_NO_MEMORY;
	log->snapshot = stored->snapshot;
	log->last = stored->snapshot;
	for (size_t i = 0; i < stored->run_count; i++) {
		uint64_t end = i + 1 < stored->run_count
				   ? stored->runs[i + 1].first_index - 1
				   : stored->last_index;

		raft__log_append(log, stored->runs[i].term,
				 end - log->last.index);
	}
	raft_assert(log->last.index == stored->last_index);
	return RAFT_OK;
}

static enum raft_result
restore_configurations(struct raft *r, const struct raft_stored *stored)
{
	for (size_t i = 0; i < stored->configuration_count; i++) {
		const struct raft_stored_configuration *c =
		    &stored->configurations[i];
		struct raft_membership *membership = NULL;
		enum raft_result result;

		result = raft__membership_prepare(r, c->index, c->bytes,
						  c->length, &membership);
		if (result != RAFT_OK)
			return result == RAFT_INVALID ? RAFT_CORRUPT : result;
		raft__membership_install(r, membership);
	}
	raft__membership_committed(r);
	return RAFT_OK;
}

static uint64_t
or_default(uint64_t value, uint64_t otherwise)
{
	return value != 0 ? value : otherwise;
}

static void
take_options(struct raft *r, const struct raft_options *options)
{
	r->self = options->self;
	r->mask = options->mask;
	/* Members with one seed must not draw the same timeouts. */
	r->random = options->seed ^ options->self.id << 32 ^
		    options->self.incarnation;
	/* No election timeout is longer, and none of it is used but a fifth. */
	r->heartbeat_us =
	    (uint32_t)raft__least(options->heartbeat_us, INTERVAL_US_LIMIT);
	r->commit_notice_us = (uint32_t)options->commit_notice_us;
	r->batch_entries_max = (uint32_t)or_default(options->batch_entries_max,
						    BATCH_ENTRIES_MAX);
	r->appends_in_flight_max = (uint32_t)or_default(
	    options->appends_in_flight_max, APPENDS_IN_FLIGHT_MAX);
	r->uncommitted_entries_max = or_default(
	    options->uncommitted_entries_max, UNCOMMITTED_ENTRIES_MAX);
	r->uncommitted_bytes_max = or_default(options->uncommitted_bytes_max,
					      UNCOMMITTED_BYTES_MAX);
	r->bytes_in_flight_max = or_default(options->bytes_in_flight_max,
					    BYTES_IN_FLIGHT_MAX);
	r->snapshots.tail_entries = options->snapshot_tail_entries;
	r->payload_bytes_max = (uint32_t)or_default(options->payload_bytes_max,
						    RAFT_PAYLOAD_BYTES_MAX);
	r->snapshots.part_bytes = (uint32_t)raft__least(
	    r->payload_bytes_max,
	    or_default(options->snapshot_part_bytes, SNAPSHOT_PART_BYTES));
	r->keeps_spare = options->snapshot_spare;
	r->ahead_of_disk = options->ahead_of_disk;
	r->trace = options->trace;
	r->trace_context = options->trace_context;
	r->capabilities = raft_hook_capabilities(r);
	raft_hook_options_given(r, options->modules);
}

/** A sole voter need not wait to hear from others. */
static void
set_first_timer(struct raft *r)
{
	raft__reset_election_timer(r);
	if (raft__is_sole_voter(r))
		r->election_at = r->now;
}

static enum raft_result
restore(struct raft *r, const struct raft_stored *stored)
{
	enum raft_result result = restore_log(r, stored);

	if (result != RAFT_OK)
		return result;
	r->term = r->durable_term = stored->term;
	r->vote = r->durable_vote = stored->vote;
	r->role = RAFT_FOLLOWER;
	r->durable_index = stored->last_index;
	r->outbox.handed_index = stored->last_index;
	r->commit_index = or_default(stored->applied_index,
				     stored->snapshot.index);
	r->applied_index = r->commit_index;
	r->shown_index = r->commit_index;
	if (!raft__outbox_reserve_peers(r, 0))
		return RAFT_NO_MEMORY;
	result = restore_configurations(r, stored);
	if (result != RAFT_OK)
		return result;
	set_first_timer(r);
	raft__role_changed(r, RAFT_REASON_START);
	return RAFT_OK;
}

enum raft_result
raft_start(const struct raft_options *options, const struct raft_stored *stored,
	   uint64_t now, struct raft **member)
{
	static const struct raft_allocator libc = { .resize = resize_by_libc };
	const struct raft_allocator *allocator =
	    options->allocator != NULL ? options->allocator : &libc;
	enum raft_result result;
	struct raft *r;

	*member = NULL;
	if (!options_are_sound(options))
		return RAFT_INVALID;
	if (!stored_is_sound(stored))
		return RAFT_CORRUPT;
	r = allocator->resize(allocator->context, NULL, sizeof(*r));
	if (r == NULL)
		return RAFT_NO_MEMORY;
	memset(r, 0, sizeof(*r));
	r->allocator = *allocator;
	r->now = now;
	take_options(r, options);
	result = restore(r, stored);
	if (result != RAFT_OK) {
		raft_destroy(r);
		return result;
	}
	*member = r;
	return RAFT_OK;
}

void
raft_destroy(struct raft *r)
{
	if (r == NULL)
		return;
	raft__snapshots_free(r);
	raft__outbox_free(r);
	raft__reads_free(r);
	raft__membership_free(r);
	raft__resize(r, r->log.runs, 0);
	r->allocator.resize(r->allocator.context, r, 0);
}

/* -------------------------------------------------------------- bootstrap */

static bool
names_as_voter(const struct raft_configuration *configuration,
	       struct raft_identity self)
{
	for (size_t i = 0; i < configuration->member_count; i++)
		if (raft__same(configuration->members[i].identity, self))
			return configuration->members[i].role ==
			       RAFT_MEMBER_VOTER;
	return false;
}

/** A vote may have been given before: its term remains. */
enum raft_result
raft_bootstrap(struct raft *r, const struct raft_configuration *configuration,
	       uint64_t now)
{
	struct raft_before before;
	enum raft_result result;

	if (!raft__begin_step(r, now, &before))
		return RAFT_STOPPED;
	if (r->log.last.index != 0)
		return RAFT_NOT_EMPTY;
	if (!names_as_voter(configuration, r->self))
		return RAFT_NOT_MEMBER;
	if (configuration->joint)
		return RAFT_INVALID;
	result = raft__append_configuration(r, configuration, 1);
	if (result != RAFT_OK)
		return result;
	if (r->term == 0)
		raft__enter_term(r, 1);
	set_first_timer(r);
	raft__check_after(r, &before);
	return RAFT_OK;
}
