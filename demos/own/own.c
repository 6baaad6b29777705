/*
 * own: a replicated counter with a transport and a log of its own.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Of the library it uses raft/raft.h alone. Three processes drive a core each:
 * begin with run_member() and carry_out(); docs/own.md walks through them. The
 * log is a file a member, one record a save; the transport a pipe a member,
 * into which the others write frames; the machine counts entries.
 *
 * Records and frames are structs as they lie in memory, with room for one entry
 * each: good enough between processes of one program, and nowhere else.
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "raft/raft.h"

#define MEMBERS 3
#define ENTRIES_MAX 2048
#define PATIENCE_US 8000000

/** Shared memory, in which the parent watches the members. */
static struct board {
	/** Increments: how many to propose; proposed; ended, by outcome. */
	_Atomic uint64_t goal, proposed, ended[RAFT_OUTCOME_UNKNOWN + 1];
	/** Who was elected last, from 0. */
	_Atomic size_t leader;
	_Atomic uint64_t applied[MEMBERS], value[MEMBERS];
} *board;

/* The parent makes these; they outlive a member that is killed. */
static struct raft_member members[MEMBERS];
static int logs[MEMBERS], pipes[MEMBERS][2];

/* Of this process: its place in them, and its core. */
static size_t self;
static struct raft *raft;

static uint64_t
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void
need(bool done, const char *what)
{
	if (!done)
		err(1, "node %zu: %s", self + 1, what);
}

/* ---------------------------------------------------------------- the log */

/** An entry; index 0: none. No length can be beyond the bytes. */
struct slot {
	uint64_t index, term;
	uint8_t kind, length, bytes[UINT8_MAX];
};

/** A save. The checksum makes it one thing: there wholly, or not at all. */
struct record {
	uint64_t checksum, term, truncate_from;
	struct raft_identity vote;
	struct slot slot;
};

/** What the records add up to: entry i is entries[i - 1]. */
static struct slot entries[ENTRIES_MAX];
static size_t entry_count;

/** FNV-1a of all that follows the checksum. */
static uint64_t
record_checksum(const struct record *record)
{
	const uint8_t *bytes = (const uint8_t *)record;
	uint64_t hash = UINT64_C(14695981039346656037);

	for (size_t i = sizeof(hash); i < sizeof(*record); i++)
		hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
	return hash;
}

static void
take_record(const struct record *record)
{
	if (record->truncate_from > 0)
		entry_count = record->truncate_from - 1;
	if (record->slot.index == 0)
		return;
	need(entry_count < ENTRIES_MAX, "log is full");
	entries[entry_count++] = record->slot;
}

/** What the file holds, as raft_start() wants it. What is not whole is cut off
 *  as torn; a log for real use makes sure first that it is the end of the last
 *  write, and so never was durable (assists/log_file does). */
static struct raft_stored
open_log(void)
{
	static struct raft_term_run runs[ENTRIES_MAX];
	static struct raft_stored_configuration found[ENTRIES_MAX];
	struct raft_stored stored = { .runs = runs, .configurations = found };
	struct record r;
	ssize_t got;
	off_t end = 0;

	for (; (got = pread(logs[self], &r, sizeof(r), end)) == sizeof(r) &&
	       r.checksum == record_checksum(&r); end += got) {
		take_record(&r);
		stored.term = r.term;
		stored.vote = r.vote;
	}
	/* The last record may have been written and never synced. The core
	 * takes for durable whatever it is given at its start. */
	need(got >= 0 && ftruncate(logs[self], end) == 0 &&
	     fdatasync(logs[self]) == 0, "log");
	for (const struct slot *s = entries; s < entries + entry_count; s++) {
		if (s == entries || s->term != s[-1].term)
			runs[stored.run_count++] =
			    (struct raft_term_run){ s->index, s->term };
		if (s->kind == RAFT_ENTRY_CONFIGURATION)
			found[stored.configuration_count++] =
			    (struct raft_stored_configuration){
				    s->index, s->bytes, s->length };
	}
	stored.last_index = entry_count;
	printf("node %zu starts: %zu entries in its log, %zd torn bytes cut\n",
	       self + 1, entry_count, got);
	return stored;
}

/** Afterwards the entry can be read; a sync makes it durable. False: the disk
 *  failed, and the record may be torn. */
static bool
write_log(const struct raft_save *save)
{
	struct record record = { .term = save->term, .vote = save->vote,
				 .truncate_from = save->truncate_from };
	struct slot *slot = &record.slot;

	need(save->entry_count <= 1, "save of several entries");
	if (save->entry_count == 1) {
		slot->index = save->entries->index;
		slot->term = save->entries->term;
		slot->kind = (uint8_t)save->entries->kind;
		slot->length = (uint8_t)save->entries->payload.length;
	}
	if (slot->length > 0)
		memcpy(slot->bytes, save->entries->payload.data, slot->length);
	record.checksum = record_checksum(&record);
	take_record(&record);
	return write(logs[self], &record, sizeof(record)) == sizeof(record);
}

/* ---------------------------------------------------------- the transport */

struct frame {
	struct raft_message message;
	struct slot slot;
};

_Static_assert(sizeof(struct frame) <= PIPE_BUF, "or a pipe may split it");

static void
send_message(const struct raft_message *message)
{
	struct raft_entry_id last = message->append.last;
	struct frame frame = { .message = *message };

	/* An append only names its entry, if any: the bytes are in our log. */
	if (message->kind == RAFT_MESSAGE_APPEND && last.index > 0)
		frame.slot = entries[last.index - 1];
	/* A full pipe drops the frame, as any network may. */
	need(write(pipes[message->to.id - 1][1], &frame, sizeof(frame)) > 0 ||
	     errno == EAGAIN, "writing to a pipe");
}

/** At most one a turn: the core keeps its payload until the duties of this turn
 *  have put it into the log, and then the frame is used again. Who reads ahead
 *  counts references instead (struct raft_block). */
static void
receive_message(void)
{
	static struct frame frame;
	static size_t filled;
	struct raft_append *append = &frame.message.append;
	struct slot *s = &frame.slot;
	struct raft_entry entry;
	ssize_t got = read(pipes[self][0], (uint8_t *)&frame + filled,
			   sizeof(frame) - filled);

	need(got > 0 || errno == EAGAIN, "reading from a pipe");
	filled += got > 0 ? (size_t)got : 0;
	if (filled < sizeof(frame))
		return;
	filled = 0;
	entry = (struct raft_entry){ s->index, s->term, s->kind,
				     { s->bytes, s->length, NULL } };
	if (frame.message.kind == RAFT_MESSAGE_APPEND) {
		if (append->last.index - append->previous.index > 1)
			return; /* All else that may be wrong, the core finds. */
		append->entries = &entry;
	}
	raft_receive(raft, &frame.message, now_us());
}

/* ------------------------------------------------------------- the member */

/** In this order, for the reasons in docs/own.md. */
static void
carry_out(const struct raft_duties *duties)
{
	const struct raft_save *save = duties->save;
	bool written = save == NULL || write_log(save);
	char text[128];

	for (size_t i = 0; written && i < duties->send_count; i++)
		send_message(&duties->send[i]);
	if (!written || (save != NULL && fdatasync(logs[self]) != 0))
		raft_log_failed(raft, now_us());
	else if (save != NULL)
		raft_saved(raft, save->token, now_us());
	for (uint64_t i = duties->apply.first; i <= duties->apply.last; i++) {
		board->value[self] += entries[i - 1].kind == RAFT_ENTRY_DATA;
		board->applied[self] = i;
		raft_applied(raft, i);
	}
	for (size_t i = 0; i < duties->outcome_count; i++)
		board->ended[duties->outcomes[i].kind] +=
		    duties->outcomes[i].range.last + 1 -
		    duties->outcomes[i].range.first;
	for (size_t i = 0; i < duties->event_count; i++) {
		raft_event_print(text, sizeof(text), &duties->events[i]);
		if (duties->events[i].kind == RAFT_EVENT_ROLE)
			printf("node %zu: %s\n", self + 1, text);
	}
}

static void
take_turn(void)
{
	struct raft_duties duties;

	while (raft_duties(raft, &duties))
		carry_out(&duties);
}

static void
start_raft(void)
{
	struct raft_configuration first = { .election_timeout_us = 150000,
					    .members = members,
					    .member_count = MEMBERS };
	struct raft_options options = { .self = members[self].identity,
					.seed = arc4random(),
					.batch_entries_max = 1,
					.uncommitted_entries_max = 8 };
	struct raft_stored stored = open_log();
	enum raft_result result = raft_start(&options, &stored, now_us(), &raft);

	if (result == RAFT_OK && stored.term == 0)
		result = raft_bootstrap(raft, &first, now_us());
	if (result != RAFT_OK)
		errx(1, "node %zu: %s", self + 1, raft_result_text(result));
}

static _Noreturn void
run_member(void)
{
	static const struct raft_payload one = { "1", 1, NULL };
	struct pollfd input = { .fd = pipes[self][0], .events = POLLIN };
	uint64_t deadline, now;

	for (start_raft();; receive_message()) {
		if (raft_expire(raft, now_us()) == RAFT_STOPPED)
			errx(1, "node %zu has stopped", self + 1);
		take_turn();
		while (board->proposed < board->goal &&
		       raft_propose(raft, &one, 1, now_us(), NULL) == RAFT_OK) {
			board->leader = self;
			board->proposed++;
			take_turn();
		}
		deadline = raft_deadline(raft);
		now = now_us();
		if (now < deadline)
			poll(&input, 1, (int)((deadline - now) / 1000) + 1);
	}
}
