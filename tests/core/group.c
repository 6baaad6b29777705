/*
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/core/group.h"

#include <stdlib.h>
#include <string.h>

#define STEP_US (T / 100)
#define STEPS_MAX 6000
#define PART_BYTES 64
#define TAIL_ENTRIES 3

/** A message on its way, with all that it points to. */
struct passage {
	struct raft_block block;
	struct passage *next;
	struct raft_message message;
	struct raft_snapshot_content content;
	uint8_t configuration[GROUP_BYTES_MAX];
	uint8_t part[PART_BYTES];
	struct raft_entry *entries;
	struct kept *kept;
};

/* ---------------------------------------------------------------- memory */

static bool
runs_out(struct group *group)
{
	group->allocations++;
	if (group->allocations == group->fail_at) {
		group->shortage_until = group->now + group->shortage_us;
		return true;
	}
	return group->now < group->shortage_until;
}

static void *
resize(void *context, void *memory, size_t bytes)
{
	struct group *group = context;

	if (bytes == 0) {
		group->blocks--;
		free(memory);
		return NULL;
	}
	if (runs_out(group))
		return NULL;
	group->blocks += memory == NULL;
	memory = realloc(memory, bytes);
	assert_non_null(memory);
	return memory;
}

/* --------------------------------------------------------------- the log */

static struct kept *
kept_at(struct member *member, uint64_t index)
{
	assert_in_range(index, 1, GROUP_ENTRIES_MAX - 1);
	return &member->log[index];
}

static struct raft_entry_id
name_of(struct member *member, uint64_t index)
{
	return index == member->base.index
		   ? member->base
		   : ID(index, kept_at(member, index)->term);
}

static void
begin_behind(struct member *member, const struct raft_stored_snapshot *snapshot)
{
	member->base = snapshot->last;
	member->last = snapshot->last.index;
	member->base_configuration_index = snapshot->configuration_index;
	member->base_configuration_length = snapshot->configuration_length;
	assert_true(snapshot->configuration_length <= GROUP_BYTES_MAX);
	memcpy(member->base_configuration, snapshot->configuration,
	       snapshot->configuration_length);
}

static void
save(struct member *member, const struct raft_save *save)
{
	member->term = save->term;
	member->vote = save->vote;
	if (save->snapshot != NULL)
		begin_behind(member, save->snapshot);
	if (save->truncate_from != 0)
		member->last = save->truncate_from - 1;
	for (size_t i = 0; i < save->entry_count; i++) {
		const struct raft_entry *entry = &save->entries[i];
		struct kept *kept = kept_at(member, entry->index);

		assert_int_equal(entry->index, member->last + 1);
		assert_true(entry->payload.length <= GROUP_BYTES_MAX);
		kept->term = entry->term;
		kept->kind = entry->kind;
		kept->length = entry->payload.length;
		if (kept->length > 0)
			memcpy(kept->bytes, entry->payload.data, kept->length);
		member->last = entry->index;
	}
}

/** The log drops what the member says. */
static void
compact(struct member *member)
{
	struct raft_status status;

	raft_status(member->raft, &status);
	for (uint64_t i = member->base.index + 1; i <= status.snapshot.index;
	     i++) {
		struct kept *kept = kept_at(member, i);

		if (kept->kind != RAFT_ENTRY_CONFIGURATION)
			continue;
		member->base_configuration_index = i;
		member->base_configuration_length = kept->length;
		memcpy(member->base_configuration, kept->bytes, kept->length);
	}
	member->base = status.snapshot;
}

/* -------------------------------------------------------------- messages */

static void
passage_release(struct raft_block *block)
{
	struct passage *passage = (struct passage *)(void *)block;

	free(passage->entries);
	free(passage->kept);
	memset(passage, 0xa5, sizeof(*passage));
	free(passage);
}

static bool
fill_append(struct group *group, struct member *from, struct passage *passage)
{
	struct raft_append *append = &passage->message.append;
	size_t count = (size_t)(append->last.index - append->previous.index);

	if (append->previous.index < from->base.index ||
	    append->last.index > from->last) {
		raft_unreadable(from->raft, passage->message.to.id, group->now);
		return false;
	}
	if (count == 0)
		return true;
	passage->entries = calloc(count, sizeof(*passage->entries));
	passage->kept = calloc(count, sizeof(*passage->kept));
	assert_non_null(passage->entries);
	assert_non_null(passage->kept);
	for (size_t i = 0; i < count; i++) {
		uint64_t index = append->previous.index + 1 + i;
		struct kept *kept = &passage->kept[i];

		*kept = *kept_at(from, index);
		passage->entries[i] = (struct raft_entry){
			.index = index,
			.term = kept->term,
			.kind = kept->kind,
			.payload = { .data = kept->bytes,
				     .length = kept->length,
				     .owner = &passage->block },
		};
	}
	append->entries = passage->entries;
	return true;
}

/** A snapshot is a state and zeros. */
static void
fill_part(struct member *from, struct passage *passage)
{
	struct raft_snapshot_message *message = &passage->message.snapshot;
	uint8_t bytes[GROUP_SNAPSHOT_BYTES] = { 0 };

	passage->content = *message->content;
	assert_int_equal(from->snapshot.at.index, message->snapshot.index);
	memcpy(bytes, &from->snapshot, sizeof(from->snapshot));
	assert_true(passage->content.part.length <= PART_BYTES);
	memcpy(passage->part, bytes + message->offset,
	       passage->content.part.length);
	passage->content.part.data = passage->part;
	passage->content.part.owner = &passage->block;
	if (passage->content.configuration != NULL) {
		memcpy(passage->configuration, passage->content.configuration,
		       passage->content.configuration_length);
		passage->content.configuration = passage->configuration;
	}
	message->content = &passage->content;
}

static void
post(struct group *group, struct member *from,
     const struct raft_message *message)
{
	struct passage *passage = calloc(1, sizeof(*passage));

	assert_non_null(passage);
	passage->block = (struct raft_block){ 1, passage_release };
	passage->message = *message;
	if (raft_message_has_entries(message) &&
	    !fill_append(group, from, passage)) {
		passage_release(&passage->block);
		return;
	}
	if (message->kind == RAFT_MESSAGE_SNAPSHOT)
		fill_part(from, passage);
	*group->end = passage;
	group->end = &passage->next;
}

static void
let_go(struct passage *passage)
{
	const struct raft_payload payload = { .owner = &passage->block };

	raft_payload_release(&payload);
}

static void
deliver_one(struct group *group)
{
	struct passage *passage = group->first;
	size_t from = (size_t)passage->message.from.id - 1;
	size_t to = (size_t)passage->message.to.id - 1;
	struct member *member = &group->members[to];

	group->first = passage->next;
	if (group->first == NULL)
		group->end = &group->first;
	if (member->raft != NULL && from != group->cut_off &&
	    to != group->cut_off) {
		(void)raft_receive(member->raft, &passage->message, group->now);
		group_turn(group, member);
	}
	let_go(passage);
}

/* --------------------------------------------------------------- machine */

static void
note_history(struct group *group, struct member *member)
{
	struct state *known = &group->history[member->machine.at.index];

	if (known->at.index == 0)
		*known = member->machine;
	assert_memory_equal(known, &member->machine, sizeof(*known));
}

static void
apply(struct group *group, struct member *member, struct raft_range range)
{
	for (uint64_t i = range.first; i <= range.last; i++) {
		struct kept *kept = kept_at(member, i);
		uint64_t number = 0;

		assert_int_equal(i, member->machine.at.index + 1);
		if (kept->kind == RAFT_ENTRY_DATA)
			memcpy(&number, kept->bytes, sizeof(number));
		member->machine.value = member->machine.value * 31 + number;
		member->machine.at = name_of(member, i);
		note_history(group, member);
	}
	raft_applied(member->raft, member->machine.at.index);
}

static void
install(struct group *group, struct member *member)
{
	memcpy(&member->machine, member->received, sizeof(member->machine));
	member->snapshot = member->machine;
	note_history(group, member);
	raft_applied(member->raft, member->machine.at.index);
}

static void
store_part(struct group *group, struct member *member,
	   const struct raft_snapshot_part *part)
{
	uint64_t end = part->offset + part->bytes.length;

	assert_true(end <= sizeof(member->received));
	if (part->bytes.length > 0)
		memcpy(member->received + part->offset, part->bytes.data,
		       part->bytes.length);
	raft_snapshot_saved(member->raft, part->snapshot, end, group->now);
}

void
group_turn(struct group *group, struct member *member)
{
	struct raft_duties duties;

	while (raft_duties(member->raft, &duties)) {
		if (duties.save != NULL)
			save(member, duties.save);
		for (size_t i = 0; i < duties.send_count; i++)
			post(group, member, &duties.send[i]);
		for (size_t i = 0; i < duties.part_count; i++)
			store_part(group, member, &duties.parts[i]);
		if (duties.install.index != 0)
			install(group, member);
		if (duties.apply.last >= duties.apply.first)
			apply(group, member, duties.apply);
		for (size_t i = 0; i < duties.read_count; i++)
			group->reads_ended += duties.reads[i].index != 0;
		if (duties.save != NULL)
			raft_saved(member->raft, duties.save->token,
				   group->now);
	}
}

/* -------------------------------------------------------- life and death */

void
group_create(struct group *group)
{
	memset(group, 0, sizeof(*group));
	group->now = 1000;
	group->cut_off = SIZE_MAX;
	group->end = &group->first;
	for (size_t i = 0; i < GROUP_MEMBERS; i++)
		group->members[i].identity =
		    (struct raft_identity){ i + 1, i + 11 };
}

void
group_destroy(struct group *group)
{
	for (size_t i = 0; i < GROUP_MEMBERS; i++)
		group_crash(group, i);
	while (group->first != NULL)
		deliver_one(group);
	assert_int_equal(group->blocks, 0);
}

/** What its log held, in the caller's room. */
static void
store(struct member *member, struct raft_stored *stored,
      struct raft_term_run *runs,
      struct raft_stored_configuration *configurations)
{
	*stored = (struct raft_stored){
		.term = member->term,
		.vote = member->vote,
		.snapshot = member->base,
		.applied_index = member->snapshot.at.index,
		.runs = runs,
		.last_index = member->last,
		.configurations = configurations,
	};
	if (member->base.index != 0)
		configurations[stored->configuration_count++] =
		    (struct raft_stored_configuration){
			    member->base_configuration_index,
			    member->base_configuration,
			    member->base_configuration_length
		    };
	for (uint64_t i = member->base.index + 1; i <= member->last; i++) {
		struct kept *kept = kept_at(member, i);

		if (stored->run_count == 0 ||
		    runs[stored->run_count - 1].term != kept->term)
			runs[stored->run_count++] =
			    (struct raft_term_run){ i, kept->term };
		if (kept->kind == RAFT_ENTRY_CONFIGURATION)
			configurations[stored->configuration_count++] =
			    (struct raft_stored_configuration){
				    i, kept->bytes, kept->length
			    };
	}
}

static enum raft_result
start(struct group *group, struct member *member)
{
	static struct raft_term_run runs[GROUP_ENTRIES_MAX];
	static struct raft_stored_configuration
	    configurations[GROUP_ENTRIES_MAX];
	const struct raft_allocator allocator = { group, resize };
	struct raft_options options = {
		.self = member->identity,
		.seed = member->identity.id,
		.snapshot_part_bytes = PART_BYTES,
		.snapshot_tail_entries = TAIL_ENTRIES,
		.allocator = &allocator,
	};
	struct raft_stored stored;
	enum raft_result result;

	assert_true(raft_mask("stickiness+prevote+checkquorum", &options.mask));
	store(member, &stored, runs, configurations);
	result = raft_start(&options, &stored, group->now, &member->raft);
	assert_true((result == RAFT_OK) == (member->raft != NULL));
	if (result != RAFT_OK)
		return result;
	member->machine = member->snapshot;
	return member->snapshot.at.index == 0
		   ? RAFT_OK
		   : raft_snapshot_taken(member->raft,
					 member->snapshot.at.index,
					 GROUP_SNAPSHOT_BYTES);
}

static void
name_members(struct group *group, uint32_t voters,
	     struct raft_member *members, struct raft_configuration *target)
{
	*target = (struct raft_configuration){ .election_timeout_us = T,
					       .members = members };
	for (size_t i = 0; i < GROUP_MEMBERS; i++)
		if (voters >> i & 1)
			members[target->member_count++] = (struct raft_member){
				.identity = group->members[i].identity,
				.role = RAFT_MEMBER_VOTER,
			};
}

static enum raft_result
bootstrap(struct group *group, struct member *member)
{
	struct raft_member members[GROUP_MEMBERS];
	struct raft_configuration first;

	name_members(group, 7, members, &first);
	return raft_bootstrap(member->raft, &first, group->now);
}

void
group_start(struct group *group, size_t position)
{
	struct member *member = &group->members[position];
	enum raft_result result;

	while ((result = start(group, member)) != RAFT_OK) {
		assert_int_equal(result, RAFT_NO_MEMORY);
		group->refusals++;
		group_crash(group, position);
		group_pass(group);
	}
	while (position < 3 && !member->bootstrapped) {
		result = bootstrap(group, member);
		member->bootstrapped = result == RAFT_OK;
		if (result == RAFT_OK)
			break;
		assert_int_equal(result, RAFT_NO_MEMORY);
		group->refusals++;
		group_pass(group);
	}
	group_turn(group, member);
}

void
group_crash(struct group *group, size_t position)
{
	struct member *member = &group->members[position];

	raft_destroy(member->raft);
	member->raft = NULL;
}

/** One that has stopped for want of memory is started again. */
static void
revive(struct group *group, size_t position)
{
	struct member *member = &group->members[position];
	struct raft_status status;

	if (member->raft == NULL)
		return;
	raft_status(member->raft, &status);
	if (!status.stopped)
		return;
	group_crash(group, position);
	group_start(group, position);
}

void
group_pass(struct group *group)
{
	group->now += STEP_US;
	for (size_t i = 0; i < GROUP_MEMBERS; i++) {
		struct member *member = &group->members[i];

		if (member->raft == NULL)
			continue;
		if (raft_deadline(member->raft) <= group->now)
			(void)raft_expire(member->raft, group->now);
		group_turn(group, member);
	}
	while (group->first != NULL)
		deliver_one(group);
}

void
group_until(struct group *group, bool (*holds)(struct group *group))
{
	for (int i = 0; !holds(group); i++) {
		assert_in_range(i, 0, STEPS_MAX);
		for (size_t member = 0; member < GROUP_MEMBERS; member++)
			revive(group, member);
		group_pass(group);
	}
}

/* -------------------------------------------------------------- questions */

struct member *
group_leader(struct group *group)
{
	struct member *leader = NULL;
	struct raft_status status, best = { 0 };

	for (size_t i = 0; i < GROUP_MEMBERS; i++) {
		if (group->members[i].raft == NULL || i == group->cut_off)
			continue;
		raft_status(group->members[i].raft, &status);
		if (status.role != RAFT_LEADER || status.term <= best.term)
			continue;
		best = status;
		leader = &group->members[i];
	}
	return leader;
}

bool
group_has_leader(struct group *group)
{
	return group_leader(group) != NULL;
}

/** The members, all of them voters, of whom this one knows. */
static uint32_t
voters_of(struct member *member)
{
	struct raft_member_status status;
	uint32_t voters = 0;

	for (size_t i = 0; raft_member_status(member->raft, i, &status); i++)
		voters |= (uint32_t)1 << (status.identity.id - 1);
	return voters;
}

bool
group_is_settled(struct group *group)
{
	struct member *leader = group_leader(group);
	struct raft_status status;
	uint32_t voters;

	if (leader == NULL)
		return false;
	raft_status(leader->raft, &status);
	voters = voters_of(leader);
	for (size_t i = 0; i < GROUP_MEMBERS; i++) {
		struct member *member = &group->members[i];

		if (member->raft != NULL && i != group->cut_off &&
		    (voters >> i & 1) &&
		    member->machine.at.index != status.last.index)
			return false;
	}
	return true;
}

bool
group_has_voters(struct group *group, uint32_t voters)
{
	struct member *leader = group_leader(group);
	struct raft_status status;

	if (leader == NULL)
		return false;
	raft_status(leader->raft, &status);
	return voters_of(leader) == voters && !status.changing;
}

size_t
group_other_voter(struct group *group, size_t position)
{
	uint32_t voters = voters_of(&group->members[position]);

	for (size_t i = 0; i < GROUP_MEMBERS; i++)
		if (i != position && group->members[i].raft != NULL &&
		    (voters >> i & 1))
			return i;
	fail_msg("there is no other voter");
	return position;
}

/* ------------------------------------------------------------------ verbs */

enum raft_result
group_propose(struct group *group, struct member *member)
{
	static const struct raft_payload none;
	struct raft_payload payload = none;
	uint64_t *number = calloc(1, sizeof(struct passage));
	struct passage *holder = (struct passage *)(void *)number;
	enum raft_result result;

	assert_non_null(holder);
	holder->block = (struct raft_block){ 1, passage_release };
	group->proposed++;
	memcpy(holder->part, &group->proposed, sizeof(group->proposed));
	payload.data = holder->part;
	payload.length = sizeof(group->proposed);
	payload.owner = &holder->block;
	result = raft_propose(member->raft, &payload, 1, group->now, NULL);
	let_go(holder);
	return result;
}

enum raft_result
group_reconfigure(struct group *group, struct member *leader, uint32_t voters)
{
	struct raft_member members[GROUP_MEMBERS];
	struct raft_configuration target;
	enum raft_result result;

	name_members(group, voters, members, &target);
	result = raft_reconfigure(leader->raft, &target, group->now, NULL);
	return result;
}

void
group_snapshot(struct group *group)
{
	for (size_t i = 0; i < GROUP_MEMBERS; i++) {
		struct member *member = &group->members[i];
		enum raft_result result;

		if (member->raft == NULL || member->machine.at.index == 0)
			continue;
		member->snapshot = member->machine;
		result = raft_snapshot_taken(member->raft,
					     member->snapshot.at.index,
					     GROUP_SNAPSHOT_BYTES);
		assert_int_equal(result, RAFT_OK);
		compact(member);
	}
}

void
group_check(struct group *group)
{
	struct member *leader;

	group_until(group, group_is_settled);
	leader = group_leader(group);
	for (size_t i = 0; i < GROUP_MEMBERS; i++) {
		struct member *member = &group->members[i];

		if (member->raft != NULL && (voters_of(leader) >> i & 1))
			assert_memory_equal(&member->machine, &leader->machine,
					    sizeof(member->machine));
	}
}
