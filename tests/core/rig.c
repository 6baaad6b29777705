/*
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/rig.h"

#include <stdlib.h>
#include <string.h>

#define SELF rig_identity(1)

/** Where the member stands. In the first place ids are the numbers; else its
 *  peers leave room between them, and in the last they stand the other way round. */
static enum { FIRST, MIDDLE, LAST } place;

uint64_t
rig_id(uint64_t number)
{
	if (place == FIRST)
		return number;
	if (number == 0)
		return 0;
	if (place == LAST)
		return number == 1 ? 9999 : 9990 - 10 * number;
	return number == 1 ? 25 : 10 * number;
}

struct raft_identity
rig_identity(uint64_t number)
{
	return (struct raft_identity){ .id = rig_id(number),
				       .incarnation = number + 10 };
}

char
rig_digit(struct raft_identity identity)
{
	return (char)('0' + identity.incarnation - 10);
}

static int
by_id(const void *a, const void *b)
{
	const struct raft_member *one = a, *other = b;

	return one->identity.id < other->identity.id ? -1 : 1;
}

void
rig_order(struct raft_member *members, size_t count)
{
	for (size_t i = 0; i < count; i++)
		members[i].identity.id = rig_id(members[i].identity.id);
	qsort(members, count, sizeof(*members), by_id);
}

int
rig_run_in_each_place(const struct CMUnitTest *tests, size_t count)
{
	static const char *const names[] = {
		[FIRST] = "in the first place",
		[MIDDLE] = "in a middle place",
		[LAST] = "in the last place",
	};
	int failed = 0;

	for (place = FIRST; place <= LAST; place++) {
		print_message("The member %s:\n", names[place]);
		failed += _cmocka_run_group_tests(names[place], tests, count,
						  NULL, NULL);
	}
	return failed;
}

static void *
resize(void *context, void *memory, size_t bytes)
{
	struct rig *rig = context;
	size_t *block = memory == NULL ? NULL : (size_t *)memory - 2;

	if (bytes == 0) {
		rig->allocated_blocks--;
		rig->allocated_bytes -= block[0];
		free(block);
		return NULL;
	}
	if (rig->allocations_left == 0)
		return NULL;
	if (rig->allocations_left > 0)
		rig->allocations_left--;
	rig->allocated_bytes += bytes - (block == NULL ? 0 : block[0]);
	rig->allocated_blocks += block == NULL;
	block = realloc(block, bytes + 2 * sizeof(*block));
	assert_non_null(block);
	block[0] = bytes;
	return block + 2;
}

static void
configure(size_t voters, struct raft_member *members,
	  struct raft_configuration *configuration)
{
	memset(members, 0, voters * sizeof(*members));
	for (size_t i = 0; i < voters; i++) {
		members[i].identity.id = i + 1;
		members[i].identity.incarnation = i + 11;
		members[i].role = RAFT_MEMBER_VOTER;
	}
	rig_order(members, voters);
	*configuration = (struct raft_configuration){
		.election_timeout_us = T,
		.members = members,
		.member_count = voters,
	};
}

struct raft_stored_configuration
rig_configuration(size_t voters)
{
	static uint8_t bytes[512];
	struct raft_member members[RIG_VOTERS_MAX];
	struct raft_configuration configuration;
	size_t length;

	configure(voters, members, &configuration);
	length = raft_configuration_encode(&configuration, bytes,
					   sizeof(bytes));
	assert_true(length > 0);
	return (struct raft_stored_configuration){ .index = 1,
						   .bytes = bytes,
						   .length = length };
}

static void
bootstrap(struct rig *rig, uint32_t clock_drift)
{
	struct raft_member members[RIG_VOTERS_MAX];
	struct raft_configuration configuration;

	configure(rig->voters, members, &configuration);
	configuration.clock_drift = clock_drift;
	assert_int_equal(raft_bootstrap(rig->raft, &configuration, rig->now),
			 RAFT_OK);
	rig_settle(rig);
}

void
rig_start(struct rig *rig, const struct rig_options *options)
{
	static const struct raft_stored empty;
	struct raft_allocator allocator = { .context = rig, .resize = resize };
	struct raft_options raft = {
		.self = SELF,
		.seed = options->seed == 0 ? 7 : options->seed,
		.uncommitted_entries_max = options->uncommitted_entries_max,
		.uncommitted_bytes_max = options->uncommitted_bytes_max,
		.bytes_in_flight_max = options->bytes_in_flight_max,
		.appends_in_flight_max = options->appends_in_flight_max,
		.payload_bytes_max = options->payload_bytes_max,
		.heartbeat_us = options->heartbeat_us,
		.snapshot_part_bytes = options->snapshot_part_bytes,
		.snapshot_tail_entries = options->snapshot_tail_entries,
		.snapshot_spare = options->snapshot_spare,
		.ahead_of_disk = options->ahead_of_disk,
		.allocator = &allocator,
	};
	const char *build =
	    options->build == NULL ? "baseline" : options->build;

	memset(rig, 0, sizeof(*rig));
	rig->allocations_left = -1;
	rig->now = 1000;
	rig->voters = options->voters == 0 ? 3 : options->voters;
	rig->capabilities = options->capabilities;
	assert_true(raft_mask(build, &raft.mask));
	raft.modules[options->module] = options->module_options;
	assert_int_equal(
	    raft_start(&raft, options->stored == NULL ? &empty : options->stored,
		       rig->now, &rig->raft),
	    RAFT_OK);
	if (options->stored == NULL)
		bootstrap(rig, options->clock_drift);
	rig_turn(rig);
	rig_forget(rig);
}

void
rig_stop(struct rig *rig)
{
	raft_destroy(rig->raft);
	assert_int_equal(rig->allocated_blocks, 0);
	assert_int_equal(rig->allocated_bytes, 0);
}

void
rig_forget(struct rig *rig)
{
	rig->sent_count = 0;
	rig->saves = 0;
	rig->parts = 0;
	rig->outcome_count = 0;
	rig->event_count = 0;
}

static void
note_save(struct rig *rig, const struct raft_save *save)
{
	if (save == NULL)
		return;
	rig->save = *save;
	rig->saves++;
	if (save->snapshot != NULL) {
		rig->reset = *save->snapshot;
		assert_true(rig->reset.configuration_length <=
			    sizeof(rig->reset_configuration));
		memcpy(rig->reset_configuration, rig->reset.configuration,
		       rig->reset.configuration_length);
		rig->reset.configuration = rig->reset_configuration;
	}
	assert_true(save->entry_count <=
		    sizeof(rig->saved) / sizeof(rig->saved[0]));
	if (save->entry_count > 0)
		memcpy(rig->saved, save->entries,
		       save->entry_count * sizeof(*save->entries));
}

static void
note_sent(struct rig *rig, const struct raft_message *message)
{
	size_t at = rig->sent_count++;

	assert_true(at < RIG_SENT_MAX);
	rig->sent[at] = *message;
	if (message->kind != RAFT_MESSAGE_SNAPSHOT)
		return;
	rig->contents[at] = *message->snapshot.content;
	rig->sent[at].snapshot.content = &rig->contents[at];
}

static void
note_part(struct rig *rig, const struct raft_snapshot_part *part)
{
	rig->parts++;
	assert_true(part->offset + part->bytes.length <= RIG_SNAPSHOT_MAX);
	if (part->bytes.length > 0)
		memcpy(rig->snapshot + part->offset, part->bytes.data,
		       part->bytes.length);
}

/** The newest event tells what the member has become by now. */
static void
check_events(const struct rig *rig, size_t count_before)
{
	struct raft_status status = rig_status(rig);
	const struct raft_event *last = &rig->events[(rig->event_count - 1) % 64];

	if (rig->event_count == count_before)
		return;
	assert_int_equal(last->role, status.role);
	/* A first configuration is there before its term. */
	if (last->kind != RAFT_EVENT_CONFIGURATION || last->index != 1)
		assert_int_equal(last->term, status.term);
}

void
rig_turn(struct rig *rig)
{
	struct raft_duties duties;
	size_t event_count = rig->event_count;

	memset(&duties, 0xa5, sizeof(duties));
	while (raft_duties(rig->raft, &duties)) {
		assert_true((duties.parts == NULL) == (duties.part_count == 0));
		assert_true((duties.reads == NULL) == (duties.read_count == 0));
		note_save(rig, duties.save);
		for (size_t i = 0; i < duties.send_count; i++)
			note_sent(rig, &duties.send[i]);
		for (size_t i = 0; i < duties.part_count; i++)
			note_part(rig, &duties.parts[i]);
		rig->reads += duties.read_count;
		for (size_t i = 0; i < duties.outcome_count; i++)
			rig->outcomes[rig->outcome_count++ % 16] =
			    duties.outcomes[i];
		for (size_t i = 0; i < duties.event_count; i++)
			rig->events[rig->event_count++ % 64] =
			    duties.events[i];
		if (duties.verify.index != 0)
			rig->verify = duties.verify;
		if (duties.install.index != 0) {
			rig->installed = duties.install;
			rig->applied = duties.install.index;
		}
		if (duties.apply.last >= duties.apply.first) {
			assert_int_equal(duties.apply.first, rig->applied + 1);
			rig->applied = duties.apply.last;
		}
	}
	assert_null(duties.save);
	check_events(rig, event_count);
}

void
rig_save(struct rig *rig)
{
	raft_saved(rig->raft, rig->save.token, rig->now);
	rig_turn(rig);
}

void
rig_settle(struct rig *rig)
{
	rig_turn(rig);
	rig_save(rig);
}

void
rig_pass(struct rig *rig, uint64_t us)
{
	rig->now += us;
	if (raft_deadline(rig->raft) <= rig->now)
		(void)raft_expire(rig->raft, rig->now);
	rig_turn(rig);
}

void
rig_time_out(struct rig *rig)
{
	uint64_t deadline = raft_deadline(rig->raft);

	assert_true(deadline != UINT64_MAX);
	if (deadline > rig->now)
		rig->now = deadline;
	assert_int_equal(raft_expire(rig->raft, rig->now), RAFT_OK);
	rig_turn(rig);
}

const struct raft_message *
rig_sent(const struct rig *rig, const char *name, uint64_t to)
{
	for (size_t i = rig->sent_count; i-- > 0;)
		if (rig->sent[i].to.id == rig_id(to) &&
		    strcmp(raft_message_name(&rig->sent[i]), name) == 0)
			return &rig->sent[i];
	return NULL;
}

size_t
rig_count(const struct rig *rig, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < rig->sent_count; i++)
		count += strcmp(raft_message_name(&rig->sent[i]), name) == 0;
	return count;
}

size_t
rig_events(const struct rig *rig, enum raft_event_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < rig->event_count; i++)
		count += rig->events[i].kind == kind;
	return count;
}

const struct raft_event *
rig_event(const struct rig *rig, enum raft_event_kind kind)
{
	for (size_t i = rig->event_count; i-- > 0;)
		if (rig->events[i].kind == kind)
			return &rig->events[i];
	return NULL;
}

enum raft_result
rig_give(struct rig *rig, uint64_t from, struct raft_message message)
{
	message.from = rig_identity(from);
	message.to = SELF;
	message.capabilities |= rig->capabilities;
	return raft_receive(rig->raft, &message, rig->now);
}

void
rig_append(struct rig *rig, uint64_t from, uint64_t term,
	   struct raft_entry_id previous, const uint64_t *terms, size_t count,
	   uint64_t commit)
{
	static uint64_t sequence;
	struct raft_entry entries[64];

	memset(entries, 0, sizeof(entries));
	for (size_t i = 0; i < count; i++) {
		entries[i].index = previous.index + i + 1;
		entries[i].term = terms[i];
		entries[i].kind = RAFT_ENTRY_DATA;
	}
	(void)rig_give(rig, from, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND,
		.term = term,
		.append = {
			.previous = previous,
			.last = count == 0 ? previous
					   : ID(previous.index + count,
						terms[count - 1]),
			.entries = count == 0 ? NULL : entries,
			.commit_index = commit,
			.sent_at = 5,
			.sequence = ++sequence,
		},
	});
}

void
rig_heartbeat(struct rig *rig, uint64_t from, uint64_t term)
{
	rig_append(rig, from, term, rig_status(rig).last, NULL, 0, 0);
}

void
rig_vote(struct rig *rig, uint64_t from, uint64_t term,
	 struct raft_entry_id tip)
{
	(void)rig_give(rig, from, (struct raft_message){
		.kind = RAFT_MESSAGE_VOTE,
		.term = term,
		.vote = { .tip = tip },
	});
}

void
rig_grant(struct rig *rig, uint64_t from)
{
	uint64_t term = rig_status(rig).term;

	(void)rig_give(rig, from, (struct raft_message){
		.kind = RAFT_MESSAGE_VOTE_ANSWER,
		.term = term,
		.vote_answer = { .asked_term = term },
	});
}

void
rig_disown_by(struct rig *rig, uint64_t from, uint64_t asked_term,
	      struct raft_entry_id tip)
{
	(void)rig_give(rig, from, (struct raft_message){
		.kind = RAFT_MESSAGE_NOT_MEMBER,
		.term = 1,
		.not_member = { .asked_term = asked_term, .tip = tip },
	});
	rig_turn(rig);
}

void
rig_disown(struct rig *rig, uint64_t from, uint64_t asked_term)
{
	rig_disown_by(rig, from, asked_term, rig_status(rig).last);
}

void
rig_accept(struct rig *rig, uint64_t from, uint64_t match)
{
	const struct raft_message *append = rig_sent(rig, "append", from);

	assert_non_null(append);
	(void)rig_give(rig, from, (struct raft_message){
		.kind = RAFT_MESSAGE_APPEND_ANSWER,
		.term = append->term,
		.append_answer = {
			.verdict = RAFT_APPEND_ACCEPTED,
			.match_index = match,
			.sent_at = append->append.sent_at,
			.sequence = append->append.sequence,
		},
	});
}

void
rig_lead(struct rig *rig)
{
	rig_time_out(rig);
	rig_save(rig);
	for (uint64_t number = 2; number <= rig->voters / 2 + 1; number++)
		rig_grant(rig, number);
	assert_int_equal(rig_status(rig).role, RAFT_LEADER);
	rig_settle(rig);
}

enum raft_result
rig_propose(struct rig *rig, size_t count)
{
	static const struct raft_payload payloads[64];

	assert_true(count <= 64);
	return raft_propose(rig->raft, payloads, count, rig->now, NULL);
}

enum raft_result
rig_propose_bytes(struct rig *rig, size_t length)
{
	static const uint8_t zeros[1000];
	const struct raft_payload payload = { .data = zeros, .length = length };

	assert_true(length <= sizeof(zeros));
	return raft_propose(rig->raft, &payload, 1, rig->now, NULL);
}

enum raft_result
rig_transfer(struct rig *rig, uint64_t to)
{
	return raft_transfer(rig->raft, rig_id(to), rig->now);
}

enum raft_result
rig_compact(struct rig *rig, uint64_t index)
{
	return raft_snapshot_taken(rig->raft, index, RAFT_SNAPSHOT_NOT_SENT);
}

struct raft_status
rig_status(const struct rig *rig)
{
	struct raft_status status;

	raft_status(rig->raft, &status);
	return status;
}

struct raft_member_status
rig_member(const struct rig *rig, uint64_t number)
{
	struct raft_member_status status = { 0 };
	size_t position = 0;

	while (status.identity.id != rig_id(number))
		assert_true(raft_member_status(rig->raft, position++, &status));
	return status;
}
