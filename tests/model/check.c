/*
 * The model checker's program.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     check [--full] [--table]
 *     check --bounds NAME [--NUMBER N]... [--table 1] [--trace FILE]
 *           [--scenario FILE] [--replay FILE] [--find TEXT]
 *
 * Visits all that can happen within bounds, each of those below in turn, or one,
 * and ends with 1 if a promise is broken, or if something did not happen that must
 * in such bounds. With --table each is a line of a table. --trace writes the shortest way
 * there to a file, which --replay, with the same bounds, takes again; --scenario writes it for
 * raft-scenario, where that can say it. With --find it is the
 * other way round: a promise must be broken, in those words.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/model/model.h"

/** A set of up to four servers; all five. */
#define VOTERS(a, b, c, d) (1u << (a) | 1u << (b) | 1u << (c) | 1u << (d))
#define ALL_VOTERS 62

/** Bounds that mean something, and no more; --NUMBER changes one of them. Those
 *  that are full are for whoever has time. What is left out is usual. Who takes over
 *  from a leader that is removed is the first of those that are equal: then servers
 *  may not trade names. */
static const struct bounds known[] = {
	{
	    .name = "two-elections",
	    .most = { [EVENT_EXPIRE] = 2 },
	    .reaches = "leader leaders candidates loss ELECTED NEWER_TERM",
	},
	{
	    .name = "led-writes",
	    .leads = 1,
	    .most = { [EVENT_EXPIRE] = 1,
		      [EVENT_CRASH] = 1,
		      [EVENT_LATE] = 2,
		      [EVENT_PROPOSE] = 1 },
	    .reaches = "START ELECTED committed unknown conflict late loss "
		       "stickiness:BOOT prevote:LEASE",
	},
	{
	    .name = "ahead",
	    .leads = 1,
	    .ahead = true,
	    .most = { [EVENT_EXPIRE] = 1,
		      [EVENT_CRASH] = 1,
		      [EVENT_LATE] = 2,
		      [EVENT_PROPOSE] = 1 },
	    .reaches = "START ELECTED committed unknown conflict late ahead",
	},
	{
	    .name = "time",
	    .leads = 1,
	    .most = { [EVENT_EXPIRE] = 1, [EVENT_SLEEP] = 1, [EVENT_TICK] = 1 },
	    .reaches = "ELECTED LOG conflict stickiness:LEASE "
		       "prevote:PRELIMINARY_WON checkquorum:QUORUM_LOST",
	},
	{
	    .name = "heard",
	    .leads = 1,
	    .heard = true,
	    .most = { [EVENT_EXPIRE] = 2 },
	    .reaches = "ELECTED stickiness:LEASE prevote:LEASE",
	},
	{
	    .name = "led-reads",
	    .leads = 1,
	    .most = { [EVENT_EXPIRE] = 1,
		      [EVENT_READ] = 1,
		      [EVENT_PROPOSE] = 1 },
	    .reaches = "read read-lost committed unknown ELECTED",
	},
	{
	    .name = "late-reads",
	    .leads = 1,
	    .most = { [EVENT_EXPIRE] = 1, [EVENT_READ] = 1, [EVENT_SLEEP] = 1 },
	    .reaches = "read read-lost leaders ELECTED",
	},
	{
	    .name = "led-transfer",
	    .leads = 1,
	    .most = { [EVENT_EXPIRE] = 1, [EVENT_TRANSFER] = 1 },
	    .reaches = "TRANSFER hand-over leaders",
	},
	{
	    .name = "led-single",
	    .leads = 1,
	    .servers = 4,
	    .targets = { VOTERS(1, 2, 3, 4) },
	    .batch = 8,
	    .campaigners = VOTERS(1, 2, 3, 3),
	    .most = { [EVENT_EXPIRE] = 1, [EVENT_RECONFIGURE] = 1 },
	    .reaches = "change committed unknown conflict",
	},
	{
	    .name = "led-joint",
	    .leads = 1,
	    .servers = 4,
	    .targets = { VOTERS(1, 2, 4, 4) },
	    .batch = 8,
	    .alike = 1,
	    .most = { [EVENT_EXPIRE] = 1, [EVENT_RECONFIGURE] = 1 },
	    .reaches = "joint change committed unknown ELECTED",
	},
	{
	    .name = "snapshots",
	    .leads = 1,
	    .most = { [EVENT_EXPIRE] = 1,
		      [EVENT_TICK] = 1,
		      [EVENT_COMPACT] = 1 },
	    .reaches = "compaction snapshot install ELECTED",
	},
	{
	    .name = "closed",
	    .module = "disconnect",
	    .leads = 1,
	    .most = { [EVENT_CLOSED] = 2, [EVENT_TICK] = 2 },
	    .reaches = "ELECTED NEWER_TERM prevote:PRELIMINARY_WON",
	},
	{
	    .name = "offers",
	    .module = "taker",
	    .most = { [EVENT_EXPIRE] = 2, [EVENT_OFFER] = 2 },
	    .reaches = "OFFERED leaders conflict ELECTED",
	},
	{
	    .name = "led-offers",
	    .module = "taker",
	    .leads = 1,
	    .most = { [EVENT_EXPIRE] = 1,
		      [EVENT_OFFER] = 1,
		      [EVENT_PROPOSE] = 1,
		      [EVENT_CRASH] = 1 },
	    .reaches = "OFFERED START committed conflict",
	},
	{
	    /* What 1 was told is on its disk alone, and 2 was elected by 3, who
	     * has heard no more of it. If 1 is elected again, 2 has what stands
	     * between two leaders that know of each other. */
	    .name = "later-offers",
	    .module = "taker",
	    .leads = 1,
	    .begins = { { 1, EVENT_PROPOSE, 0 },
			{ 2, EVENT_EXPIRE, 0 },
			{ 1, EVENT_RECEIVE, 2 },
			{ 3, EVENT_RECEIVE, 2 },
			{ 2, EVENT_RECEIVE, 3 } },
	    .alike = 1,
	    .givers = VOTERS(2, 2, 2, 2),
	    .most = { [EVENT_EXPIRE] = 2, [EVENT_OFFER] = 1 },
	    .reaches = "OFFERED conflict ELECTED leaders",
	},
	{
	    /* 3 has what it alone wrote as a leader; another was committed in its
	     * place by 1 and 2, and 1 has a snapshot of that. */
	    .name = "given-snapshots",
	    .module = "taker",
	    .leads = 3,
	    .begins = { { 3, EVENT_PROPOSE, 0 },
			{ 1, EVENT_EXPIRE, 0 },
			{ 2, EVENT_RECEIVE, 1 },
			{ 1, EVENT_RECEIVE, 2 },
			{ 2, EVENT_RECEIVE, 1 },
			{ 1, EVENT_RECEIVE, 2 },
			{ 1, EVENT_COMPACT, 0 } },
	    .alike = 1,
	    .most = { [EVENT_EXPIRE] = 1,
		      [EVENT_OFFER] = 1,
		      [EVENT_PROPOSE] = 1,
		      [EVENT_CRASH] = 1 },
	    .reaches = "OFFERED START install leaders ELECTED",
	},
	{
	    /* 2 has what 1 lacks, hears no leader either, and is asked by 1. */
	    .name = "fetches",
	    .module = "catchup",
	    .leads = 3,
	    .begins = { { 3, EVENT_PROPOSE, 0 },
			{ 2, EVENT_RECEIVE, 3 },
			{ 2, EVENT_EXPIRE, 0 } },
	    .campaigners = VOTERS(1, 1, 1, 1),
	    .most = { [EVENT_EXPIRE] = 2, [EVENT_TICK] = 1 },
	    .reaches = "OFFERED ELECTED",
	},
	{
	    .name = "elections",
	    .full = true,
	    .most = { [EVENT_EXPIRE] = 3 },
	},
	{
	    .name = "writes",
	    .full = true,
	    .most = { [EVENT_EXPIRE] = 2, [EVENT_CRASH] = 1, [EVENT_LATE] = 1 },
	},
	{
	    .name = "sleep",
	    .full = true,
	    .most = { [EVENT_EXPIRE] = 2, [EVENT_SLEEP] = 1 },
	},
	{
	    .name = "reads",
	    .full = true,
	    .most = { [EVENT_EXPIRE] = 2, [EVENT_READ] = 1 },
	},
	{
	    .name = "transfer",
	    .full = true,
	    .most = { [EVENT_EXPIRE] = 2, [EVENT_TRANSFER] = 1 },
	},
	{
	    .name = "single",
	    .full = true,
	    .servers = 4,
	    .targets = { VOTERS(1, 2, 3, 4) },
	    .batch = 8,
	    .campaigners = VOTERS(1, 2, 3, 3),
	    .most = { [EVENT_EXPIRE] = 2, [EVENT_RECONFIGURE] = 1 },
	},
	{
	    .name = "joint",
	    .full = true,
	    .servers = 4,
	    .targets = { VOTERS(1, 2, 4, 4) },
	    .batch = 8,
	    .alike = 1,
	    .most = { [EVENT_EXPIRE] = 1, [EVENT_RECONFIGURE] = 1 },
	},
	{
	    .name = "elections-4",
	    .full = true,
	    .most = { [EVENT_EXPIRE] = 4 },
	},
	{
	    .name = "overtaking",
	    .full = true,
	    .room = 2,
	    .most = { [EVENT_EXPIRE] = 2,
		      [EVENT_PROPOSE] = 1,
		      [EVENT_TWICE] = 1 },
	},
	{
	    .name = "crashes",
	    .full = true,
	    .most = { [EVENT_EXPIRE] = 2,
		      [EVENT_CRASH] = 1,
		      [EVENT_LATE] = 2,
		      [EVENT_PROPOSE] = 1 },
	},
	{
	    .name = "ahead-snapshots",
	    .full = true,
	    .leads = 1,
	    .ahead = true,
	    .most = { [EVENT_TICK] = 1,
		      [EVENT_COMPACT] = 1,
		      [EVENT_PROPOSE] = 1,
		      [EVENT_CRASH] = 1,
		      [EVENT_LATE] = 1 },
	    .reaches = "compaction snapshot install START late committed ahead",
	},
	{
	    .name = "two-crashes",
	    .full = true,
	    .most = { [EVENT_EXPIRE] = 2, [EVENT_CRASH] = 2, [EVENT_LATE] = 1 },
	},
	{
	    .name = "sleeps",
	    .full = true,
	    .most = { [EVENT_EXPIRE] = 3, [EVENT_SLEEP] = 2 },
	},
	{
	    .name = "reads-and-writes",
	    .full = true,
	    .most = { [EVENT_EXPIRE] = 2,
		      [EVENT_READ] = 1,
		      [EVENT_PROPOSE] = 1,
		      [EVENT_TICK] = 1 },
	},
	{
	    .name = "transfers",
	    .full = true,
	    .most = { [EVENT_EXPIRE] = 2,
		      [EVENT_TRANSFER] = 2,
		      [EVENT_PROPOSE] = 1 },
	},
	{
	    .name = "joint-and-successor",
	    .full = true,
	    .servers = 4,
	    .targets = { VOTERS(1, 2, 4, 4) },
	    .batch = 8,
	    .alike = 1,
	    .most = { [EVENT_EXPIRE] = 2, [EVENT_RECONFIGURE] = 1 },
	},
	{
	    .name = "snapshots-and-crashes",
	    .full = true,
	    .leads = 1,
	    .most = { [EVENT_TICK] = 1,
		      [EVENT_COMPACT] = 1,
		      [EVENT_PROPOSE] = 1,
		      [EVENT_CRASH] = 1,
		      [EVENT_LATE] = 1 },
	    .reaches = "compaction snapshot install START late committed",
	},
	{
	    .name = "closed-and-crashes",
	    .module = "disconnect",
	    .full = true,
	    .leads = 1,
	    .most = { [EVENT_CLOSED] = 2, [EVENT_TICK] = 2, [EVENT_CRASH] = 1 },
	    .reaches = "START ELECTED conflict",
	},
	{
	    .name = "two-changes",
	    .full = true,
	    .leads = 4,
	    .heard = true,
	    .voters = 4,
	    .servers = 5,
	    .targets = { VOTERS(1, 2, 4, 4), ALL_VOTERS },
	    .told = { VOTERS(4, 4, 4, 4), VOTERS(3, 3, 3, 3) },
	    .batch = 8,
	    .alike = 1,
	    .campaigners = VOTERS(3, 4, 4, 4),
	    .most = { [EVENT_EXPIRE] = 2, [EVENT_RECONFIGURE] = 2 },
	},
};

/** States that a search visits unless it is told otherwise: some 4 GiB. */
#define STATES_MAX 30000000

static const struct {
	const char *name;
	enum event event;
} numbers[] = {
	{ "--expire", EVENT_EXPIRE },
	{ "--tick", EVENT_TICK },
	{ "--sleep", EVENT_SLEEP },
	{ "--crash", EVENT_CRASH },
	{ "--propose", EVENT_PROPOSE },
	{ "--read", EVENT_READ },
	{ "--transfer", EVENT_TRANSFER },
	{ "--reconfigure", EVENT_RECONFIGURE },
	{ "--compact", EVENT_COMPACT },
	{ "--closed", EVENT_CLOSED },
	{ "--twice", EVENT_TWICE },
	{ "--late", EVENT_LATE },
	{ "--offer", EVENT_OFFER },
};

struct bounds bounds;
uint8_t renamings[RENAMINGS_MAX][SERVERS_MAX + 1];
unsigned int renaming_count;

static const char *trace_name, *scenario_name, *replay_name, *wanted;
static bool as_table;

/** Whether the first so many servers may do the same in everything. */
static bool
are_alike(unsigned int count)
{
	const unsigned int sets[] = { bounds.campaigners, bounds.targets[0],
				      bounds.targets[1], bounds.givers,
				      bounds.takers };
	unsigned int these = (1u << (count + 1)) - 2;

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if ((sets[i] & these) != 0 && (sets[i] & these) != these)
			return false;
	return count <= bounds.voters;
}

/** All ways to name the first servers, which are told apart by nothing. */
static void
make_renamings(void)
{
	/* Modules that keep names, or choose by them. */
	if (build_has("split_vote", strlen("split_vote")) ||
	    build_has("catchup", strlen("catchup")))
		bounds.alike = 1;
	while (!are_alike(bounds.alike))
		bounds.alike--;
	for (uint8_t a = 1; a <= 3; a++)
		for (uint8_t b = 1; b <= 3; b++) {
			const uint8_t names[] = { 0, a, b, (uint8_t)(6 - a - b),
						  4, 5 };

			if (a == b || (bounds.alike < 3 && names[3] != 3) ||
			    (bounds.alike < 2 && names[2] != 2))
				continue;
			memcpy(renamings[renaming_count++], names,
			       sizeof(names));
		}
}

static _Noreturn void
die(const char *what, const char *which)
{
	fprintf(stderr, "check: %s %s\n", what, which);
	exit(2);
}

static void
choose(const struct bounds *chosen)
{
	bounds = *chosen;
	if (bounds.voters == 0)
		bounds.voters = 3;
	if (bounds.servers == 0)
		bounds.servers = bounds.voters;
	if (bounds.campaigners == 0)
		bounds.campaigners = ALL_VOTERS;
	if (bounds.givers == 0)
		bounds.givers = ALL_VOTERS;
	if (bounds.takers == 0)
		bounds.takers = ALL_VOTERS;
	if (bounds.batch == 0)
		bounds.batch = 1;
	if (bounds.room == 0)
		bounds.room = 1;
	if (bounds.states_max == 0)
		bounds.states_max = STATES_MAX;
	if (bounds.alike == 0)
		bounds.alike = 3;
}

static void
choose_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].name, name) == 0) {
			choose(&known[i]);
			return;
		}
	die("no bounds are named", name);
}

static void
take_argument(const char *name, const char *value)
{
	unsigned long number = strtoul(value, NULL, 10);

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strcmp(numbers[i].name, name) == 0) {
			bounds.most[numbers[i].event] = (uint8_t)number;
			return;
		}
	if (strcmp(name, "--bounds") == 0)
		choose_by_name(value);
	else if (strcmp(name, "--states") == 0)
		bounds.states_max = number;
	else if (strcmp(name, "--voters") == 0)
		bounds.voters = bounds.servers = (unsigned int)number;
	else if (strcmp(name, "--apart") == 0)
		bounds.apart = number != 0;
	else if (strcmp(name, "--batch") == 0)
		bounds.batch = (unsigned int)number;
	else if (strcmp(name, "--ahead") == 0)
		bounds.ahead = number != 0;
	else if (strcmp(name, "--room") == 0)
		bounds.room = (unsigned int)number;
	else if (strcmp(name, "--table") == 0)
		as_table = number != 0;
	else if (strcmp(name, "--leads") == 0)
		bounds.leads = (unsigned int)number;
	else if (strcmp(name, "--campaigners") == 0)
		bounds.campaigners = (unsigned int)number;
	else if (strcmp(name, "--givers") == 0)
		bounds.givers = (unsigned int)number;
	else if (strcmp(name, "--takers") == 0)
		bounds.takers = (unsigned int)number;
	else if (strcmp(name, "--alike") == 0)
		bounds.alike = (unsigned int)number;
	else if (strcmp(name, "--trace") == 0)
		trace_name = value;
	else if (strcmp(name, "--scenario") == 0)
		scenario_name = value;
	else if (strcmp(name, "--replay") == 0)
		replay_name = value;
	else if (strcmp(name, "--find") == 0)
		wanted = value;
	else
		die("unknown argument", name);
}

static FILE *
open_or_die(const char *name, const char *mode)
{
	FILE *file = name == NULL ? NULL : fopen(name, mode);

	if (name != NULL && file == NULL)
		die("cannot open", name);
	return file;
}

/** A message of each kind that was sent, with how many differ, and how far members
 *  have come: what was never reached was not checked. */
static void
tell_reached(void)
{
	size_t counts[RAFT_MESSAGE_UNSUPPORTED + 1] = { 0 };
	const struct raft_message *samples[RAFT_MESSAGE_UNSUPPORTED + 1] = {
		NULL
	};
	unsigned int term = 0, committed = 0;

	for (uint32_t i = 0; i < message_count(); i++) {
		const struct raft_message *message = &message_at(i)->message;

		counts[message->kind]++;
		samples[message->kind] = message;
	}
	for (uint32_t i = 0; i < member_count(); i++) {
		const struct facts *facts = member_facts(i);

		term = facts->term > term ? facts->term : term;
		committed =
		    facts->commit > committed ? facts->commit : committed;
	}
	printf("    term %u, %u entries committed", term, committed);
	for (size_t i = 0; i <= RAFT_MESSAGE_UNSUPPORTED; i++)
		if (counts[i] > 0)
			printf(", %zu %s", counts[i],
			       raft_message_name(samples[i]));
	printf("\n");
	reached_print(stdout);
}

/** A line of the table in docs/proof.md: what may happen, and what was visited. */
static void
tell_row(const struct found *found)
{
	const char *between = bounds.leads != 0 ? "| a leader, " : "| ";

	printf("| %s ", bounds.name);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (bounds.most[numbers[i].event] == 0)
			continue;
		printf("%s%s %u", between, numbers[i].name + 2,
		       (unsigned int)bounds.most[numbers[i].event]);
		between = ", ";
	}
	printf(" | %s%zu | %u | %.1f | %.0f | %zu |\n",
	       found->exhausted ? "" : "the first ", found->states,
	       found->depth, found->seconds,
	       found->seconds > 0 ? (double)found->states / found->seconds : 0,
	       store_bytes() >> 20);
}

static void
tell(const struct found *found)
{
	printf("%s, %s: %s%u steps, %zu states (%zu members, %zu messages, "
	       "%zu events), %.1f s, %.0f states a second, %zu MiB\n",
	       raft_build(), bounds.name,
	       found->broken != NULL ? ""
	       : found->exhausted    ? "all of "
				     : "the first ",
	       found->depth, found->states, member_count(), message_count(),
	       member_steps(), found->seconds,
	       found->seconds > 0 ? (double)found->states / found->seconds : 0,
	       store_bytes() >> 20);
	tell_reached();
	if (bounds.apart)
		printf("%zu states but for names\n", found->alike_states);
	if (found->broken != NULL)
		printf("broken: a member %s\n", found->broken);
}

static void
close_if_open(FILE *file)
{
	if (file != NULL && fclose(file) != 0)
		die("cannot write", "the file");
}

/** As the arguments say, with the bounds that are chosen. Those that are small enough must
 *  be visited whole, and in those that nobody has changed all must happen that they are
 *  for. */
static int
run(bool must_end, bool is_as_known)
{
	FILE *trace = open_or_die(trace_name, "w");
	FILE *scenario = open_or_die(scenario_name, "w");
	FILE *replay = open_or_die(replay_name, "r");
	struct found found;

	make_renamings();
	found =
	    replay != NULL ? search_replay(replay) : search(trace, scenario);
	close_if_open(trace);
	close_if_open(scenario);
	close_if_open(replay);
	if (as_table && found.broken == NULL)
		tell_row(&found);
	else
		tell(&found);
	if (wanted != NULL)
		return found.broken == NULL ||
		       strcmp(found.broken, wanted) != 0;
	if (must_end && found.broken == NULL && !found.exhausted)
		printf("there is more within these bounds\n");
	if (found.broken == NULL && is_as_known && !reached_all(bounds.reaches))
		return 1;
	return found.broken != NULL || (must_end && !found.exhausted);
}

/** For all builds, or for those with a module; but where there is nothing but the
 *  checker's own module, only for that. */
static bool
is_for_this_build(const struct bounds *some)
{
	const char *module = some->module;

	return module == NULL ? !build_has("taker", strlen("taker"))
			      : build_has(module, strlen(module));
}

/** Each in a process of its own, which gives back all memory. */
static int
run_each(bool full)
{
	int failed = 0, status;
	pid_t child;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if ((known[i].full && !full) ||
		    !is_for_this_build(&known[i]))
			continue;
		child = fork();
		must(child >= 0);
		if (child == 0) {
			choose(&known[i]);
			status = run(!known[i].full, true);
			(void)fflush(stdout);
			_exit(status);
		}
		must(waitpid(child, &status, 0) == child);
		failed |= status != 0;
	}
	return failed;
}

int
main(int argc, char **argv)
{
	bool full = false;
	int i = 1;

	for (; i < argc; i++)
		if (strcmp(argv[i], "--full") == 0)
			full = true;
		else if (strcmp(argv[i], "--table") == 0)
			as_table = true;
		else
			break;
	if (i == argc)
		return run_each(full);
	for (i = 1; i + 1 < argc; i += 2)
		take_argument(argv[i], argv[i + 1]);
	if (bounds.name == NULL)
		die("give bounds by", "--bounds NAME, first of all");
	return run(false, false);
}
