/*
 * own: a replicated counter with a transport and a log of its own.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Begin with run_member() and carry_out(); docs/own.md walks through them. Log:
 * a file a member, one record a save. Transport: a pipe a member, into which
 * the others write frames. Machine: a count of entries. Records and frames are
 * as they lie in memory: good enough between processes of one program only.
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "raft/raft.h"

#define MEMBERS 3
#define ENTRIES_MAX 4096
/** It is so, or this process ends and says what was wrong. */
#define NEED(fact, what) ((fact) ? (void)0 : err(1, "%s", what))

/** Shared memory, in which the parent watches the members. */
struct board {
	/** Increments: to be proposed, proposed, ended by kind of outcome. */
	_Atomic uint64_t goal, proposed, ended[RAFT_OUTCOME_UNKNOWN + 1];
	/** Who led last, from 0, and what each has counted. */
	_Atomic uint64_t leader, value[MEMBERS];
};
/* The parent makes these; they outlive a member that is killed. */
static struct board *board;
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
	NEED(entry_count < ENTRIES_MAX, "log: full");
	entries[entry_count] = record->slot;
	entry_count += record->slot.index > 0;
}

/** What the file holds, for raft_start(). A record is synced before the next is
 *  written: only the last can be torn, and none before it may be forgotten. */
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
	       r.checksum == record_checksum(&r);
	     end += got) {
		take_record(&r);
		stored.term = r.term;
		stored.vote = r.vote;
	}
	/* Written, perhaps never synced; the core will take it for durable. */
	NEED(got >= 0 && lseek(logs[self], 0, SEEK_END) - end == got &&
		 !ftruncate(logs[self], end) && !fdatasync(logs[self]),
	     "log: unreadable, or damaged before its end");
	for (const struct slot *s = entries; s < entries + entry_count; s++) {
		if (s == entries || s->term != s[-1].term)
			runs[stored.run_count++] =
			    (struct raft_term_run){ s->index, s->term };
		if (s->kind == RAFT_ENTRY_CONFIGURATION)
			found[stored.configuration_count++] =
			    (struct raft_stored_configuration){ s->index,
								s->bytes,
								s->length };
	}
	stored.last_index = entry_count;
	dprintf(1, "node %zu: starts with %zu entries, %zd torn bytes cut\n",
		self + 1, entry_count, got);
	return stored;
}

/** Afterwards the entry can be read; a sync makes it durable. False: failed. */
static bool
write_log(const struct raft_save *save)
{
	struct record r = { .term = save->term, .vote = save->vote };

	NEED(save->entry_count <= 1, "log: more than one entry");
	r.truncate_from = save->truncate_from;
	if (save->entry_count == 1) {
		r.slot.index = save->entries->index;
		r.slot.term = save->entries->term;
		r.slot.kind = (uint8_t)save->entries->kind;
		r.slot.length = (uint8_t)save->entries->payload.length;
	}
	if (r.slot.length > 0)
		memcpy(r.slot.bytes, save->entries->payload.data,
		       r.slot.length);
	r.checksum = record_checksum(&r);
	take_record(&r);
	return write(logs[self], &r, sizeof(r)) == sizeof(r);
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
	int fd = pipes[message->to.id - 1][1];

	/* An append only names its entry, if any: the bytes are in our log. */
	if (message->kind == RAFT_MESSAGE_APPEND && last.index > 0)
		frame.slot = entries[last.index - 1];
	/* A full pipe drops the frame, as any network may. */
	NEED(write(fd, &frame, sizeof(frame)) > 0 || errno == EAGAIN, "pipe");
}

/** At most one a turn: the core keeps its payload until this turn's duties have
 *  put it into the log. Who reads ahead counts references (raft_block). */
static void
receive_message(void)
{
	static struct frame frame;
	static size_t filled;
	struct raft_append *append = &frame.message.append;
	struct slot *s = &frame.slot;
	struct raft_entry entry = { .payload.data = frame.slot.bytes };
	ssize_t got = read(pipes[self][0], (uint8_t *)&frame + filled,
			   sizeof(frame) - filled);

	NEED(got > 0 || errno == EAGAIN, "pipe");
	filled += got > 0 ? (size_t)got : 0;
	if (filled < sizeof(frame))
		return; /* A pipe does not split frames; a socket would. */
	filled = 0;
	if (frame.message.kind == RAFT_MESSAGE_APPEND) {
		if (append->last.index - append->previous.index > 1)
			return; /* What else may be wrong, the core finds. */
		entry.index = s->index;
		entry.term = s->term;
		entry.kind = s->kind;
		entry.payload.length = s->length;
		append->entries = &entry;
	}
	raft_receive(raft, &frame.message, now_us());
}

/* ------------------------------------------------------------- the member */
/** In this order: an append reads back what was written; others write while we
 *  sync (promises are shown after raft_saved); who is told finds it applied. */
static void
carry_out(const struct raft_duties *duties)
{
	const struct raft_save *save = duties->save;
	const struct raft_outcome *o = duties->outcomes;
	const struct raft_event *e = duties->events;
	bool written = save == NULL || write_log(save);

	for (size_t i = 0; written && i < duties->send_count; i++)
		send_message(&duties->send[i]);
	if (!written || (save != NULL && fdatasync(logs[self]) != 0))
		raft_log_failed(raft, now_us());
	else if (save != NULL)
		raft_saved(raft, save->token, now_us());
	for (uint64_t i = duties->apply.first; i <= duties->apply.last; i++) {
		board->value[self] += entries[i - 1].kind == RAFT_ENTRY_DATA;
		raft_applied(raft, i);
	}
	for (size_t i = 0; i < duties->outcome_count; i++, o++)
		board->ended[o->kind] += o->range.last - o->range.first + 1;
	for (size_t i = 0; i < duties->event_count; i++, e++)
		if (e->reason == RAFT_REASON_ELECTED ||
		    e->kind == RAFT_EVENT_STOPPED)
			dprintf(1, "node %zu: %s in term %ju\n", self + 1,
				raft_reason_text(e->reason), e->term);
}

static _Noreturn void
run_member(void)
{
	struct raft_configuration first = { .election_timeout_us = 150000,
					    .members = members,
					    .member_count = MEMBERS };
	struct raft_options options = { .self = members[self].identity,
					.seed = arc4random(),
					.batch_entries_max = 1,
					.uncommitted_entries_max = 8 };
	struct raft_payload one = { "1", 1, NULL };
	struct pollfd input = { .fd = pipes[self][0], .events = POLLIN };
	struct raft_stored held = open_log();
	struct raft_duties duties;
	enum raft_result result = raft_start(&options, &held, now_us(), &raft);

	if (result == RAFT_OK && held.term == 0)
		result = raft_bootstrap(raft, &first, now_us());
	for (; result == RAFT_OK; result = raft_expire(raft, now_us())) {
		while (raft_duties(raft, &duties))
			carry_out(&duties);
		uint64_t now = now_us(), deadline = raft_deadline(raft);
		if (board->proposed < board->goal &&
		    raft_propose(raft, &one, 1, now, NULL) == RAFT_OK) {
			board->proposed++;
			board->leader = self;
		} else if (now < deadline) {
			poll(&input, 1, (int)((deadline - now) / 1000) + 1);
		}
		receive_message();
	}
	errx(1, "node %zu: %s", self + 1, raft_result_text(result));
}

/* ------------------------------------------------------------- the parent */
static pid_t
start_member(size_t i)
{
	pid_t pid = fork();

	NEED(pid >= 0, "fork");
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	self = i;
	run_member();
}

static void
be_patient(void)
{
	static int ms;

	if (ms++ == 8000 || waitpid(-1, NULL, WNOHANG) > 0)
		errx(1, "verdict: wrong: too slow, or a node has ended");
	usleep(1000);
}

int
main(int argc, char **argv)
{
	pid_t pids[MEMBERS];

	if (argc > 1) {
		puts("usage: own\nThree processes count; a leader is killed.");
		return strcmp(argv[1], "--help") == 0 ? 0 : 2;
	}
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	NEED(board != MAP_FAILED, "mmap");
	for (size_t i = 0; i < MEMBERS; i++) {
		char path[] = "/tmp/own-XXXXXX";

		logs[i] = mkostemp(path, O_APPEND);
		NEED(logs[i] >= 0 && unlink(path) == 0, path);
		NEED(pipe2(pipes[i], O_NONBLOCK) == 0, "pipe");
		members[i].identity.id = i + 1;
		members[i].identity.incarnation = arc4random() | 1;
		members[i].role = RAFT_MEMBER_VOTER;
	}
	for (size_t i = 0; i < MEMBERS; i++)
		pids[i] = start_member(i);
	_Atomic uint64_t *acknowledged = board->ended + RAFT_OUTCOME_COMMITTED;
	for (board->goal = 1000; *acknowledged < 100;)
		be_patient();
	size_t killed = board->leader;
	kill(pids[killed], SIGKILL);
	waitpid(pids[killed], NULL, 0);
	dprintf(1, "node %zu: killed; %ju increments acknowledged so far\n",
		killed + 1, (uintmax_t)*acknowledged);
	for (board->goal = 2000; *acknowledged < 200;)
		be_patient();
	/* As if power had failed: a record has its place, and not its bytes. */
	NEED(write(logs[killed], entries, sizeof(struct record)) > 0, "log");
	board->value[killed] = 0;
	start_member(killed);
	for (board->goal = 3000; *acknowledged < 300;)
		be_patient();
	board->goal = 0;
	usleep(300000); /* What is under way ends, or its outcome is unknown. */
	_Atomic uint64_t *value = board->value;
	uintmax_t least = *acknowledged;
	while (value[0] < least || value[0] != value[1] || value[0] != value[2])
		be_patient();
	uintmax_t most = board->proposed - board->ended[RAFT_OUTCOME_LOST];
	bool right = value[0] <= most;
	printf("verdict: %s: on all three, acknowledged %ju <= value "
	       "%ju <= %ju = acknowledged + unknown\n",
	       right ? "right" : "wrong", least, value[0], most);
	return right ? 0 : 1;
}
