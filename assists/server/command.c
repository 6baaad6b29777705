/*
 * Commands to bytes and back (command.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "assists/little_endian/little_endian.h"
#include "assists/server/command.h"

/** Freed when the log and every send have let go of it. */
struct bytes {
	struct raft_block block;
	uint8_t data[];
};

static void
release(struct raft_block *block)
{
	free(block);
}

static uint8_t *
make_payload(size_t length, struct raft_payload *payload)
{
	struct bytes *bytes = malloc(sizeof(*bytes) + length);

	if (bytes == NULL)
		return NULL;
	bytes->block = (struct raft_block){ 1, release };
	*payload = (struct raft_payload){ bytes->data, length, &bytes->block };
	return bytes->data;
}

bool
raft__command_copy(const void *bytes, size_t length,
		   struct raft_payload *payload)
{
	uint8_t *at = make_payload(length, payload);

	if (at == NULL)
		return false;
	memcpy(at, bytes, length);
	return true;
}

static size_t
header_bytes(enum command_kind kind)
{
	return kind == COMMAND_ONCE ? COMMAND_HEADER_BYTES : 1;
}

bool
raft__command_encode(const struct command *command,
		     struct raft_payload *payload)
{
	uint8_t *at = make_payload(
	    header_bytes(command->kind) + command->length, payload);

	if (at == NULL)
		return false;
	*at++ = (uint8_t)command->kind;
	if (command->kind == COMMAND_ONCE) {
		at = put64(at, command->session);
		at = put64(at, command->sequence);
	}
	if (command->length > 0)
		memcpy(at, command->data, command->length);
	return true;
}

bool
raft__command_decode(const void *bytes, size_t length, struct command *command)
{
	const uint8_t *at = bytes;

	*command = (struct command){ 0 };
	if (length == 0)
		return false;
	command->kind = (enum command_kind)at[0];
	if (command->kind < COMMAND_PLAIN || command->kind > COMMAND_REGISTER ||
	    length < header_bytes(command->kind))
		return false;
	if (command->kind == COMMAND_ONCE) {
		command->session = get64(at + 1);
		command->sequence = get64(at + 9);
	}
	command->data = at + header_bytes(command->kind);
	command->length = length - header_bytes(command->kind);
	return command->kind != COMMAND_REGISTER || command->length == 0;
}
