/*
 * Messages and payloads by number.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A message is kept as the bytes that the codec makes of it, and is received as
 * what it makes of these.
 */
#include <stdlib.h>
#include <string.h>

#include "assists/wire/wire.h"
#include "tests/model/member.h"

#define MESSAGE_BYTES_MAX 4096

static struct region messages;
static struct table messages_by_print;
static struct posted **posted_at;
static size_t posted_count, posted_room;
static struct payload payloads[PAYLOADS_MAX];
static size_t payload_count;

size_t
members_of(unsigned int voters, struct raft_member *members)
{
	size_t count = 0;

	for (unsigned int id = 1; id <= SERVERS_MAX; id++)
		if ((voters >> id & 1) != 0)
			members[count++] = (struct raft_member){
				.identity = { id, 1 },
				.role = RAFT_MEMBER_VOTER,
			};
	return count;
}

/* -------------------------------------------------------------- payloads */

/** The same configuration with other names. */
static size_t
rename_configuration(const struct payload *payload, const uint8_t *renaming,
		     uint8_t *bytes)
{
	struct raft_member members[2 * SERVERS_MAX], sorted[2 * SERVERS_MAX];
	struct raft_configuration configuration;
	size_t count = 0;

	must(raft_configuration_decode(payload->bytes, payload->length,
				       &configuration, members,
				       2 * SERVERS_MAX) == RAFT_OK);
	for (uint8_t name = 1; name <= SERVERS_MAX; name++)
		for (size_t i = 0; i < configuration.member_count; i++)
			if (renaming[members[i].identity.id] == name) {
				sorted[count] = members[i];
				sorted[count++].identity.id = name;
			}
	must(count == configuration.member_count);
	configuration.members = sorted;
	return raft_configuration_encode(&configuration, bytes,
					 PAYLOAD_BYTES_MAX);
}

static void
note_voters(struct payload *payload)
{
	struct raft_member members[2 * SERVERS_MAX];
	struct raft_configuration configuration;

	must(raft_configuration_decode(payload->bytes, payload->length,
				       &configuration, members,
				       2 * SERVERS_MAX) == RAFT_OK);
	payload->joint = configuration.joint;
	for (size_t i = 0; i < configuration.member_count; i++) {
		unsigned int bit = 1u << members[i].identity.id;

		if (members[i].role == RAFT_MEMBER_VOTER)
			payload->voters |= bit;
		if (members[i].role_before == RAFT_MEMBER_VOTER)
			payload->voters_before |= bit;
	}
}

static void
make_prints(struct payload *payload, enum raft_entry_kind kind)
{
	uint8_t bytes[PAYLOAD_BYTES_MAX];
	size_t length = payload->length;

	if (kind == RAFT_ENTRY_CONFIGURATION)
		note_voters(payload);
	for (unsigned int k = 0; k < renaming_count; k++) {
		memcpy(bytes, payload->bytes, sizeof(bytes));
		if (kind == RAFT_ENTRY_CONFIGURATION)
			length =
			    rename_configuration(payload, renamings[k], bytes);
		else if (length == 1)
			bytes[0] = renamings[k][bytes[0]];
		payload->prints[k] = mix_bytes(2, bytes, length);
	}
}

/** Nothing, and what each server proposes: its name. */
static void
begin_payloads(void)
{
	for (uint8_t id = 0; id <= SERVERS_MAX; id++) {
		payloads[id].length = id > 0;
		payloads[id].bytes[0] = id;
		make_prints(&payloads[id], RAFT_ENTRY_DATA);
	}
	payload_count = SERVERS_MAX + 1;
}

uint8_t
payload_number(const struct raft_payload *payload, enum raft_entry_kind kind)
{
	size_t i;

	if (payload_count == 0)
		begin_payloads();
	if (payload->length == 0)
		return 0;
	for (i = 1; i < payload_count; i++)
		if (payloads[i].length == payload->length &&
		    memcmp(payloads[i].bytes, payload->data, payload->length) ==
			0)
			return (uint8_t)i;
	must(i < PAYLOADS_MAX && payload->length <= PAYLOAD_BYTES_MAX);
	memcpy(payloads[i].bytes, payload->data, payload->length);
	payloads[i].length = payload->length;
	payload_count++;
	make_prints(&payloads[i], kind);
	return (uint8_t)i;
}

const struct payload *
payload_at(uint8_t number)
{
	if (payload_count == 0)
		begin_payloads();
	must(number < payload_count);
	return &payloads[number];
}

/* ------------------------------------------------------------- snapshots */

size_t
snapshot_bytes(const struct disk *disk, size_t last, uint8_t *bytes)
{
	memcpy(bytes, &disk->at[1], last * sizeof(disk->at[0]));
	return last * sizeof(disk->at[0]);
}

void
snapshot_read(struct disk *disk, const uint8_t *bytes, size_t length)
{
	memset(disk, 0, sizeof(*disk));
	disk->last = (uint8_t)(length / sizeof(disk->at[0]));
	must(disk->last <= ENTRIES_MAX);
	memcpy(&disk->at[1], bytes, length);
}

/* -------------------------------------------------------------- messages */

/** Entries by their fingerprints, and bytes that say nothing more instead. */
static uint64_t
strip_entries(struct raft_append *append, struct raft_entry *entries,
	      unsigned int k)
{
	size_t count = (size_t)(append->last.index - append->previous.index);
	uint64_t hash = 3;

	for (size_t i = 0; i < count; i++) {
		struct raft_entry *entry = &entries[i];

		*entry = append->entries[i];
		hash =
		    mix(hash,
			payload_at(payload_number(&entry->payload, entry->kind))
			    ->prints[k]);
		entry->payload = (struct raft_payload){ 0 };
		if (entry->kind != RAFT_ENTRY_NOOP)
			entry->payload =
			    (struct raft_payload){ .data = "", .length = 1 };
	}
	append->entries = entries;
	return hash;
}

/** The same of a snapshot's configuration and entries. */
static uint64_t
strip_content(struct raft_snapshot_message *snapshot,
	      struct raft_snapshot_content *content, unsigned int k)
{
	static const uint8_t nothing[PAYLOAD_BYTES_MAX];
	const struct raft_payload configuration = {
		.data = snapshot->content->configuration,
		.length = snapshot->content->configuration_length,
	};
	struct disk disk;
	uint64_t hash = 4;

	*content = *snapshot->content;
	hash = mix(hash, payload_at(payload_number(&configuration,
						   RAFT_ENTRY_CONFIGURATION))
			     ->prints[k]);
	if (content->configuration != NULL)
		content->configuration = nothing;
	snapshot_read(&disk, content->part.data, content->part.length);
	for (size_t i = 1; i <= disk.last; i++)
		hash = mix(
		    mix(hash, (uint64_t)disk.at[i].term << 8 | disk.at[i].kind),
		    payload_at(disk.at[i].payload)->prints[k]);
	if (content->part.length > 0)
		content->part.data = nothing;
	snapshot->content = content;
	return hash;
}

uint64_t
message_print_of(const struct raft_message *message, unsigned int k)
{
	struct raft_entry entries[ENTRIES_MAX];
	struct raft_snapshot_content content;
	struct raft_message copy = *message;
	static uint8_t bytes[MESSAGE_BYTES_MAX];
	uint64_t hash = 3;
	size_t length;

	copy.from.id = renamings[k][copy.from.id];
	copy.to.id = renamings[k][copy.to.id];
	if (copy.kind == RAFT_MESSAGE_VOTE)
		copy.vote.permit.leader = renamings[k][copy.vote.permit.leader];
	if (raft_message_has_entries(&copy))
		hash = strip_entries(&copy.append, entries, k);
	if (copy.kind == RAFT_MESSAGE_SNAPSHOT)
		hash = strip_content(&copy.snapshot, &content, k);
	length = raft_wire_encode(&copy, bytes, sizeof(bytes));
	must(length > 0);
	hash = mix_bytes(hash, bytes, length);
	return hash == 0 ? 1 : hash;
}

/** Beside it in the region. */
static void
keep_entries(struct raft_append *append)
{
	size_t count = (size_t)(append->last.index - append->previous.index);
	struct raft_entry *entries =
	    region_take(&messages, count * sizeof(*entries));

	if (count > 0)
		memcpy(entries, append->entries, count * sizeof(*entries));
	append->entries = entries;
}

static void
keep_content(struct raft_snapshot_message *snapshot)
{
	struct raft_snapshot_content *content =
	    region_take(&messages, sizeof(*content));

	*content = *snapshot->content;
	snapshot->content = content;
}

/** What a transport would make of it. */
static struct posted *
make_posted(const struct raft_message *message)
{
	struct raft_wire_decoder decoder = { 0 };
	size_t length = raft_wire_bytes(message);
	struct posted *posted =
	    region_take(&messages, sizeof(*posted) + length);

	posted->length = raft_wire_encode(message, posted->bytes, length);
	must(posted->length == length && length > 0);
	must(raft_wire_decode(&decoder, posted->bytes, length, NULL,
			      &posted->message) == RAFT_WIRE_OK);
	if (raft_message_has_entries(&posted->message))
		keep_entries(&posted->message.append);
	if (posted->message.kind == RAFT_MESSAGE_SNAPSHOT)
		keep_content(&posted->message.snapshot);
	posted->marks = reached_by_message(&posted->message);
	raft_wire_decoder_clear(&decoder);
	return posted;
}

uint32_t
message_number(const struct raft_message *message)
{
	uint64_t prints[RENAMINGS_MAX];
	uint32_t *number;
	bool is_new;

	if (messages.at == NULL)
		region_make(&messages, (size_t)4 << 30);
	for (unsigned int k = 0; k < renaming_count; k++)
		prints[k] = message_print_of(message, k);
	number = table_slot(&messages_by_print, prints[0], &is_new);
	if (!is_new)
		return *number;
	if (posted_count == posted_room) {
		posted_room = posted_room == 0 ? 1024 : 2 * posted_room;
		posted_at =
		    realloc(posted_at, posted_room * sizeof(struct posted *));
		must(posted_at != NULL);
	}
	*number = (uint32_t)posted_count;
	posted_at[posted_count] = make_posted(message);
	memcpy(posted_at[posted_count]->prints, prints, sizeof(prints));
	return (uint32_t)posted_count++;
}

const struct posted *
message_at(uint32_t number)
{
	return posted_at[number];
}

size_t
message_count(void)
{
	return posted_count;
}
