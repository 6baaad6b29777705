/*
 * The scenario of a trial: a group of random shape, what goes wrong in it, and how
 * all of it is mended.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is drawn is not asked whether it can be done: a statement that has no effect
 * does no harm. Snapshots are frequent and logs short, so that whoever was away is
 * sent one.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "assists/trials/trials.h"

#define DEEDS 40

struct draft {
	FILE *text;
	/** Of nrand48(), which POSIX says to the last bit. */
	unsigned short random[3];
	/** The last is in no configuration at first. */
	unsigned int nodes;
};

/** A draw from 0..most. */
static unsigned int
draw(struct draft *draft, unsigned int most)
{
	return (unsigned int)nrand48(draft->random) % (most + 1);
}

static unsigned int
node(struct draft *draft)
{
	return 1 + draw(draft, draft->nodes - 1);
}

/** A statement on a node. */
static void
say(struct draft *draft, const char *verb, const char *rest)
{
	fprintf(draft->text, "%s n%u%s\n", verb, node(draft), rest);
}

/* ---------------------------------------------------------------- deeds */

static void
crash(struct draft *draft)
{
	static const char *const verbs[] = {"crash", "crash", "poweroff"};
	unsigned int how = draw(draft, 2);

	say(draft, verbs[how], how == 1 ? " torn" : "");
}

static void
restart(struct draft *draft)
{
	if (draw(draft, 2) == 0)
		fputs("restart all\n", draft->text);
	else
		say(draft, "restart", "");
}

/** And starts at once. */
static void
bounce(struct draft *draft)
{
	unsigned int number = node(draft);

	fprintf(draft->text, "crash n%u\nrestart n%u\n", number, number);
}

static void
pause_node(struct draft *draft)
{
	say(draft, "pause", "");
}

static void
resume(struct draft *draft)
{
	fputs("resume all\n", draft->text);
}

static void
isolate(struct draft *draft)
{
	say(draft, "isolate", "");
}

static void
worsen(struct draft *draft)
{
	unsigned int one = node(draft), other = one % draft->nodes + 1;

	fprintf(draft->text, "link n%u - n%u loss %u%%\n", one, other,
		draw(draft, 60));
}

static void
heal(struct draft *draft)
{
	fputs("heal all\nlink all -> all default\n", draft->text);
}

static void
snapshot(struct draft *draft)
{
	say(draft, "snapshot", "");
}

static void
propose(struct draft *draft)
{
	fprintf(draft->text, "propose %u\n", 1 + draw(draft, 60));
}

static void
transfer(struct draft *draft)
{
	say(draft, "transfer", "");
}

static void
disk(struct draft *draft)
{
	static const char *const states[] = {" stall", " full", " ok"};

	say(draft, "disk", states[draw(draft, 2)]);
}

static void
change_members(struct draft *draft)
{
	static const char *const verbs[] = {"add-learner", "promote", "remove"};

	fprintf(draft->text, "%s n%u\n", verbs[draw(draft, 2)], draft->nodes);
}

/** What stands twice happens twice as often. */
static void (*const deeds[])(struct draft *) = {
	crash,	  crash,    restart,  restart, restart,	       bounce,
	bounce,	  isolate,  isolate,  heal,    heal,	       worsen,
	snapshot, snapshot, snapshot, propose, propose,	       pause_node,
	resume,	  transfer, disk,     disk,    change_members, change_members,
};

/* -------------------------------------------------------------- the whole */

static void
set_up(struct draft *draft)
{
	unsigned int voters = 3 + 2 * draw(draft, 1), reads, writes;

	draft->nodes = voters + 1;
	fprintf(draft->text, "nodes %u\nspare 1\nmax-log %u\n", voters,
		5 + draw(draft, 40));
	fprintf(draft->text, "option snapshot_part_bytes %u\n",
		64 + draw(draft, 1000));
	/* Not as two arguments, which each compiler draws in an order of its
	 * own. */
	reads = 50 + draw(draft, 100);
	writes = 10 + draw(draft, 40);
	fprintf(draft->text, "client every %ums\nreads every %ums\n", writes,
		reads);
}

char *
raft_trial_scenario(uint64_t seed)
{
	struct draft draft = {
		.random = {(unsigned short)seed, (unsigned short)(seed >> 16),
			   (unsigned short)(seed >> 32)},
	};
	char *text = NULL;
	size_t size;

	draft.text = open_memstream(&text, &size);
	if (draft.text == NULL)
		err(2, "memory");
	set_up(&draft);
	for (int i = 0; i < DEEDS; i++) {
		fprintf(draft.text, "run %ums\n", 1 + draw(&draft, 1500));
		deeds[draw(&draft, sizeof(deeds) / sizeof(deeds[0]) - 1)](
			&draft);
	}
	fputs("heal all\nlink all -> all default\ndisk all ok\ncrash all\n"
	      "restart all\nrun until logs equal within 60T\n",
	      draft.text);
	if (fclose(draft.text) != 0)
		err(2, "memory");
	return text;
}
