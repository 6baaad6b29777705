/*
 * The entries of a log, one a line.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "assists/rescue/inside.h"
#include "assists/server/command.h"

/** Of entries that are read at once. */
#define BATCH_ENTRIES 64
#define BATCH_BYTES ((size_t)1 << 20)

static void
print_bytes(FILE *out, const struct command *command, bool hex)
{
	const uint8_t *at = command->data;

	for (size_t i = 0; i < command->length; i++)
		if (hex)
			fprintf(out, "%02x", at[i]);
		else if (at[i] == '\\')
			fprintf(out, "\\\\");
		else if (at[i] < 0x80 && isprint(at[i]))
			fputc(at[i], out);
		else
			fprintf(out, "\\x%02x", at[i]);
}

static void
print_command(FILE *out, const struct raft_entry *entry, bool hex)
{
	static const char *const kinds[] = { "unknown", "command", "command",
					     "register" };
	struct command command;

	if (!raft__command_decode(entry->payload.data, entry->payload.length,
				  &command))
		command = (struct command){
			.data = entry->payload.data,
			.length = entry->payload.length,
		};
	fprintf(out, "%s ", kinds[command.kind]);
	if (command.kind == COMMAND_ONCE)
		fprintf(out, "%" PRIu64 " %" PRIu64, command.session,
			command.sequence);
	else
		fprintf(out, "- -");
	fprintf(out, " %zu ", command.length);
	print_bytes(out, &command, hex);
}

static void
print_entry(FILE *out, const struct raft_entry *entry, bool hex)
{
	fprintf(out, "%" PRIu64 " %" PRIu64 " ", entry->index, entry->term);
	if (entry->kind == RAFT_ENTRY_DATA) {
		print_command(out, entry, hex);
	} else if (entry->kind == RAFT_ENTRY_CONFIGURATION) {
		fprintf(out, "configuration - - %zu ", entry->payload.length);
		raft__show_configuration(out, entry->payload.data,
					 entry->payload.length);
	} else {
		fprintf(out, "no-op - - %zu", entry->payload.length);
	}
	fputc('\n', out);
}

static void
note_failure(void *context, const char *why)
{
	raft__complain(context, "%s", why);
}

static bool
dump(struct raft_log_file *log, struct raft_rescue_range range, FILE *out,
     const struct complaint *complaint)
{
	struct raft_entry entries[BATCH_ENTRIES];
	uint64_t next = range.first;
	size_t count;

	/* Only to hear what cannot be read; nothing is saved. */
	raft_log_file_bind(log, (void *)(uintptr_t)complaint, NULL,
			   note_failure);
	fprintf(out, "index term kind session sequence length bytes\n");
	while (next <= range.last) {
		count = range.last - next + 1 < BATCH_ENTRIES
			    ? (size_t)(range.last - next + 1)
			    : BATCH_ENTRIES;
		count =
		    raft_log_file.read(log, next, count, BATCH_BYTES, entries);
		if (count == 0)
			return false;
		for (size_t i = 0; i < count; i++) {
			print_entry(out, &entries[i], range.hex);
			raft_payload_release(&entries[i].payload);
		}
		next += count;
	}
	return true;
}

/** The range as far as the log goes. */
static bool
fit_range(const char *path, const struct raft_stored *stored,
	  struct raft_rescue_range *range, const struct complaint *complaint)
{
	uint64_t first = stored->snapshot.index + 1;

	if (range->first == 0)
		range->first = first;
	if (range->last == 0 || range->last > stored->last_index)
		range->last = stored->last_index;
	return range->first >= first ||
	       raft__complain(complaint,
			      "%s: its log begins with entry %" PRIu64
			      ": what came before is in a snapshot",
			      path, first);
}

bool
raft_rescue_dump(const char *path, const struct raft_rescue_range *wanted,
		 FILE *out, char *error, size_t size)
{
	struct complaint complaint = { error, size };
	struct raft_rescue_range range = *wanted;
	struct folder folder;
	bool done;

	if (!raft__folder_read_conf(path, &folder, &complaint))
		return false;
	done = raft__folder_look_at_log(path, &folder, &complaint) &&
	       fit_range(path, &folder.stored, &range, &complaint) &&
	       dump(folder.log, range, out, &complaint);
	raft__folder_close(&folder);
	return done;
}
