/*
 * How fast the core alone is: all members in one thread, messages passed as
 * calls, logs in memory, no disk and no network.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each member keeps its own copy of every payload in a ring that snapshots
 * trim, as programs that use a core do; the leader's proposals are copied in
 * and each follower's entries are copied from the leader's ring. An entry is
 * counted when the leader reports it committed.
 */
#include "raft/raft.h"

#include <bsd/stdlib.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAYLOAD_BYTES 64
#define RING_ENTRIES 4096u
#define SNAPSHOT_EVERY 1024u
#define BATCH 64
#define VOTERS_MAX 101
#define ELECTION_TIMEOUT_US 1000000
#define WARM_UP_TURNS 20000

struct slot {
	struct raft_entry entry;
	uint8_t bytes[PAYLOAD_BYTES];
};

struct member {
	struct raft *raft;
	struct slot *ring;
	/** The first configuration does not fit a slot. */
	uint8_t configuration[32 + 20 * VOTERS_MAX];
};

static struct member members[VOTERS_MAX];
static size_t voters;
static uint64_t now = 1;
static uint64_t allocations;
static uint64_t committed;
/** What all members hold. */
static size_t held_bytes;

/** What is in front of each block, so that what is behind it is aligned. */
union size_of_block {
	size_t bytes;
	max_align_t aligned;
};

static void *
resize_counted(void *context, void *memory, size_t bytes)
{
	union size_of_block *block = memory;

	(void)context;
	if (block != NULL)
		held_bytes -= (--block)->bytes;
	if (bytes == 0) {
		free(block);
		return NULL;
	}
	allocations++;
	block = realloc(block, sizeof(*block) + bytes);
	if (block == NULL)
		abort();
	block->bytes = bytes;
	held_bytes += bytes;
	return block + 1;
}

static struct slot *
slot_at(struct member *member, uint64_t index)
{
	return &member->ring[index % RING_ENTRIES];
}

static void
save(struct member *member, const struct raft_save *save)
{
	for (size_t i = 0; i < save->entry_count; i++) {
		const struct raft_entry *entry = &save->entries[i];
		struct slot *slot = slot_at(member, entry->index);

		slot->entry = *entry;
		if (entry->kind == RAFT_ENTRY_DATA) {
			memcpy(slot->bytes, entry->payload.data, PAYLOAD_BYTES);
			slot->entry.payload.data = slot->bytes;
		} else if (entry->kind == RAFT_ENTRY_CONFIGURATION) {
			memcpy(member->configuration, entry->payload.data,
			       entry->payload.length);
			slot->entry.payload.data = member->configuration;
		}
	}
}

/** As a codec would give them. */
static const struct raft_entry *
read_entries(struct member *from, const struct raft_append *append)
{
	static struct raft_entry entries[RING_ENTRIES];
	struct raft_entry *entry = entries;
	uint64_t index = append->previous.index;

	while (index < append->last.index)
		*entry++ = slot_at(from, ++index)->entry;
	return entries;
}

static void
deliver(struct member *from, const struct raft_message *message)
{
	struct member *to = &members[message->to.id - 1];
	struct raft_message filled;

	if (message->kind == RAFT_MESSAGE_APPEND) {
		filled = *message;
		filled.append.entries = read_entries(from, &message->append);
		message = &filled;
	}
	(void)raft_receive(to->raft, message, now);
}

static void
snapshot(struct member *member, uint64_t applied)
{
	struct raft_status status;
	uint64_t index = applied > SNAPSHOT_EVERY ? applied - SNAPSHOT_EVERY : 0;

	raft_applied(member->raft, applied);
	if (applied % SNAPSHOT_EVERY >= BATCH)
		return;
	raft_status(member->raft, &status);
	if (index > status.snapshot.index &&
	    raft_snapshot_taken(member->raft, index, RAFT_SNAPSHOT_NOT_SENT) !=
		RAFT_OK)
		abort();
}

/** Carry out all that a member owes; then the others take their turns. */
static void
turn(struct member *member)
{
	struct raft_duties duties;

	while (raft_duties(member->raft, &duties)) {
		if (duties.save != NULL)
			save(member, duties.save);
		for (size_t i = 0; i < duties.send_count; i++)
			deliver(member, &duties.send[i]);
		if (duties.save != NULL)
			raft_saved(member->raft, duties.save->token, now);
		for (size_t i = 0; i < duties.outcome_count; i++)
			if (duties.outcomes[i].kind == RAFT_OUTCOME_COMMITTED)
				committed += duties.outcomes[i].range.last -
					     duties.outcomes[i].range.first + 1;
		if (duties.apply.last >= duties.apply.first)
			snapshot(member, duties.apply.last);
	}
}

static void
all_turn(void)
{
	for (size_t i = 0; i < voters; i++)
		turn(&members[i]);
	turn(&members[0]);
}

static bool
expire_all(void)
{
	bool expired = false;

	for (size_t i = 0; i < voters; i++) {
		if (raft_deadline(members[i].raft) > now)
			continue;
		(void)raft_expire(members[i].raft, now);
		expired = true;
	}
	return expired;
}

static void
start_member(size_t position, const struct raft_configuration *configuration)
{
	static const struct raft_allocator counted = { .resize =
							   resize_counted };
	struct raft_options options = {
		.self = configuration->members[position].identity,
		.seed = position,
		.allocator = &counted,
	};
	struct member *member = &members[position];
	struct raft_stored stored = { 0 };

	member->ring = calloc(RING_ENTRIES, sizeof(*member->ring));
	if (member->ring == NULL ||
	    raft_start(&options, &stored, now, &member->raft) != RAFT_OK ||
	    raft_bootstrap(member->raft, configuration, now) != RAFT_OK)
		abort();
}

/** Member 1 leads. */
static void
start(void)
{
	struct raft_member all[VOTERS_MAX];
	struct raft_configuration configuration = {
		.election_timeout_us = ELECTION_TIMEOUT_US,
		.members = all,
		.member_count = voters,
	};

	memset(all, 0, sizeof(all));
	for (size_t i = 0; i < voters; i++) {
		all[i].identity = (struct raft_identity){ i + 1, i + 1 };
		all[i].role = RAFT_MEMBER_VOTER;
	}
	for (size_t i = 0; i < voters; i++)
		start_member(i, &configuration);
	all_turn();
	if (raft_campaign(members[0].raft, now) != RAFT_OK)
		abort();
	for (int i = 0; i < 4; i++)
		all_turn();
}

static void
stop(void)
{
	for (size_t i = 0; i < voters; i++) {
		raft_destroy(members[i].raft);
		free(members[i].ring);
	}
}

/** One turn of a program's loop: `count` entries, in `count / each` calls. */
static void
propose(size_t count, size_t each)
{
	static uint8_t bytes[PAYLOAD_BYTES];
	struct raft_payload payloads[BATCH];

	for (size_t i = 0; i < count; i++)
		payloads[i] = (struct raft_payload){ .data = bytes,
						     .length = PAYLOAD_BYTES };
	for (size_t i = 0; i < count; i += each)
		if (raft_propose(members[0].raft, payloads + i, each, now,
				 NULL) != RAFT_OK) {
			fprintf(stderr, "core: the leader refused\n");
			exit(1);
		}
	all_turn();
	now++;
	if (expire_all())
		all_turn();
}

/** Of the processor, so that others who use it cost us little. */
static double
seconds(void)
{
	struct timespec at;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

struct load {
	const char *name;
	const char *text;
	size_t count;
	size_t each;
};

static const struct load loads[] = {
	{ "single", "1 in flight", 1, 1 },
	{ "batch", "64 in flight, one batch", BATCH, BATCH },
	{ "calls", "64 in flight, 64 proposals", BATCH, 1 },
};

#define LOADS (sizeof(loads) / sizeof(loads[0]))

static void
run_turns(const struct load *load, size_t turns)
{
	for (size_t i = 0; i < turns; i++)
		propose(load->count, load->each);
}

static void
measure(const struct load *load, double limit)
{
	uint64_t entries, allocated;
	double begin, spent;

	start();
	run_turns(load, WARM_UP_TURNS / voters);
	entries = committed;
	allocated = allocations;
	begin = seconds();
	do {
		run_turns(load, 100);
		spent = seconds() - begin;
	} while (spent < limit);
	entries = committed - entries;
	allocated = allocations - allocated;
	printf("%6zu  %-28s %12.0f %10.1f %12.3f\n", voters, load->text,
	       (double)entries / spent, 1e9 * spent / (double)entries,
	       (double)allocated / (double)entries);
	fflush(stdout);
	stop();
}

/** A function of its own: instructions.sh counts what is within it. */
static __attribute__((noinline)) void
run_measured(const struct load *load, size_t turns)
{
	run_turns(load, turns);
}

/** Whole cycles of snapshots, after as many to warm up. */
static void
run_entries(const struct load *load, size_t entries)
{
	uint64_t before;

	start();
	run_turns(load, entries / load->count);
	before = committed;
	run_measured(load, entries / load->count);
	printf("%llu\n", (unsigned long long)(committed - before));
	stop();
}

static void
print_usage(FILE *to)
{
	fprintf(to, "usage: core [--seconds S] [--voters N]\n"
		    "       core --voters N --load LOAD --entries E\n"
		    "Measures the core alone: N members (1 to 101; default: 3, "
		    "5 and 101) in one thread,\n64-byte entries, S seconds "
		    "(default 1) for each figure. Or commits E entries under one\n"
		    "LOAD (single, batch, calls) to warm up, and E for "
		    "instructions.sh to count.\n");
}

/** Of a group that has elected its leader and has nothing to do. */
static void
weigh(void)
{
	start();
	printf("%6zu  %-28s %12zu\n", voters, "idle, bytes a member",
	       held_bytes / voters);
	stop();
}

static void
measure_all(size_t count, double limit)
{
	voters = count;
	weigh();
	for (size_t i = 0; i < LOADS; i++)
		measure(&loads[i], limit);
}

static const struct load *
find_load(const char *name, const char **wrong)
{
	for (size_t i = 0; i < LOADS; i++)
		if (strcmp(loads[i].name, name) == 0)
			return &loads[i];
	*wrong = "no load";
	return NULL;
}

static int
run(const struct load *load, long long entries, long long only, double limit)
{
	if (load != NULL && entries != 0 && only != 0) {
		voters = (size_t)only;
		run_entries(load, (size_t)entries);
		return 0;
	}
	if (load != NULL || entries != 0) {
		print_usage(stderr);
		return 2;
	}
	printf("%6s  %-28s %12s %10s %12s\n", "voters", "load", "entries/s",
	       "ns/entry", "allocations");
	if (only != 0) {
		measure_all((size_t)only, limit);
		return 0;
	}
	measure_all(3, limit);
	measure_all(5, limit);
	measure_all(VOTERS_MAX, limit);
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seconds", required_argument, NULL, 's' },
		{ "voters", required_argument, NULL, 'v' },
		{ "load", required_argument, NULL, 'l' },
		{ "entries", required_argument, NULL, 'e' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *wrong = NULL;
	const struct load *load = NULL;
	long long limit = 1, only = 0, entries = 0;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			limit = strtonum(optarg, 1, 3600, &wrong);
		else if (option == 'v')
			only = strtonum(optarg, 1, VOTERS_MAX, &wrong);
		else if (option == 'l')
			load = find_load(optarg, &wrong);
		else if (option == 'e')
			entries = strtonum(optarg, BATCH, 1 << 30, &wrong);
		else {
			print_usage(option == 'h' ? stdout : stderr);
			return option == 'h' ? 0 : 2;
		}
		if (wrong != NULL) {
			fprintf(stderr, "core: '%s' is %s\n", optarg, wrong);
			return 2;
		}
	}
	return run(load, entries, only, (double)limit);
}
