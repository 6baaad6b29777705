/*
 * The way to a broken promise as a scenario (raft-scenario), where that can say it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * All links are held. A message that arrives is released; one that never does is
 * lost when it is sent. Election timeouts are so long that no timer runs out but
 * those that are told to. What a scenario cannot say: that one of two messages of
 * one step to one member arrives, or one a second time; that some of several
 * writes are durable; how time passes for one member alone; and snapshots.
 */
#include <string.h>

#include "tests/model/model.h"

/** Whether the message arrives in a later step, and was not sent again before. */
static bool
arrives(const struct way *way, size_t sent, uint32_t number)
{
	for (size_t i = sent + 1; i < way->count; i++) {
		const struct way_step *step = &way->steps[i];

		if (code_event(step->code) == EVENT_RECEIVE &&
		    code_about(step->code) == number)
			return true;
		for (size_t j = 0; j < step->effect->sent_count; j++)
			if (step->effect->sent[j] == number)
				return false;
	}
	return false;
}

/** Of what a step sends to a member, how much arrives and how much does not. */
static void
count_fates(const struct way *way, size_t position, unsigned int to,
	    unsigned int *kept, unsigned int *lost)
{
	const struct effect *effect = way->steps[position].effect;

	*kept = 0;
	*lost = 0;
	for (size_t i = 0; i < effect->sent_count; i++) {
		if (message_at(effect->sent[i])->message.to.id != to)
			continue;
		if (arrives(way, position, effect->sent[i]))
			++*kept;
		else
			++*lost;
	}
}

static bool
can_be_said(const struct way *way, size_t position)
{
	const struct way_step *step = &way->steps[position];
	enum event event = code_event(step->code);
	unsigned int kept, lost;

	if ((step->code & CODE_TWICE) != 0 || event == EVENT_TICK ||
	    event == EVENT_SLEEP || event == EVENT_COMPACT ||
	    event == EVENT_CLOSED || event == EVENT_OFFER ||
	    (event == EVENT_SAVED && step->before->writes > 1) ||
	    (event == EVENT_CRASH && code_about(step->code) > 0))
		return false;
	for (unsigned int to = 1; to <= bounds.servers; to++) {
		count_fates(way, position, to, &kept, &lost);
		if (kept > 1 || (kept > 0 && lost > 0))
			return false;
	}
	return true;
}

static void
write_nodes(FILE *file, unsigned int set)
{
	const char *between = "{";

	for (unsigned int id = 1; id <= SERVERS_MAX; id++)
		if ((set >> id & 1) != 0) {
			fprintf(file, "%sn%u", between, id);
			between = " ";
		}
	fprintf(file, "}\n");
}

static void
write_event(FILE *file, const struct way_step *step)
{
	unsigned int id = step->id;
	uint32_t about = code_about(step->code);
	unsigned int from = 0;

	switch (code_event(step->code)) {
	case EVENT_RECEIVE:
		from = (unsigned int)message_at(about)->message.from.id;
		fprintf(file, "release n%u -> n%u\nrun 10us\n", from, id);
		fprintf(file, "hold n%u -> n%u\n", from, id);
		return;
	case EVENT_SAVED:
		fprintf(file, "disk n%u ok\n", id);
		break;
	case EVENT_EXPIRE:
		fprintf(file, "campaign n%u\n", id);
		break;
	case EVENT_CRASH:
		fprintf(file, "poweroff n%u\ndisk n%u ok\nrestart n%u\n", id,
			id, id);
		break;
	case EVENT_PROPOSE:
		fprintf(file, "propose 1 at n%u\n", id);
		break;
	case EVENT_READ:
		fprintf(file, "read at n%u\n", id);
		break;
	case EVENT_TRANSFER:
		fprintf(file, "transfer n%u\n", (unsigned int)about);
		break;
	default:
		fprintf(file, "membership ");
		write_nodes(file, bounds.targets[about]);
	}
	fprintf(file, "run 10us\n");
}

static void
write_losses(FILE *file, const struct way *way, size_t position, bool begins)
{
	unsigned int kept, lost;

	for (unsigned int to = 1; to <= bounds.servers; to++) {
		count_fates(way, position, to, &kept, &lost);
		if (lost > 0)
			fprintf(file, "link n%u -> n%u %s\n",
				way->steps[position].id, to,
				begins ? "loss 100%" : "default");
	}
}

static void
write_step(FILE *file, const struct way *way, size_t position)
{
	const struct way_step *step = &way->steps[position];

	if (code_late(step->code))
		fprintf(file, "disk n%u stall\n", step->id);
	write_losses(file, way, position, true);
	write_event(file, step);
	write_losses(file, way, position, false);
}

/** Then all is well, so that what was done wrong is seen by everybody. */
bool
scenario_write(FILE *file, const struct way *way, const char *broken)
{
	if (strcmp(raft_build(), "baseline") != 0 || bounds.leads != 0)
		return false;
	for (size_t i = 0; i < way->count; i++)
		if (!can_be_said(way, i))
			return false;
	fprintf(file, "title A member %s\n", broken);
	fprintf(file, "nodes %u\n", bounds.voters);
	if (bounds.servers > bounds.voters)
		fprintf(file, "spare %u\n", bounds.servers - bounds.voters);
	fprintf(file, "election 100s\nheartbeat 10s\nlatency 1us..1us\n"
		      "disk 0us..0us\nreorder off\n");
	fprintf(file, "option batch_entries_max %u\n", bounds.batch);
	if (bounds.ahead)
		fprintf(file, "option ahead_of_disk 1\n");
	fprintf(file, "run 10us\nhold all -> all\n");
	for (size_t i = 0; i < way->count; i++)
		write_step(file, way, i);
	fprintf(file, "heal all\nrun 10T\n");
	return true;
}
