/*
 * What a healthy group keeps to, and why that is not asked too much of it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * All times are made of a few: a *round* to a server, which is a message there,
 * a write on its disk, and a message back; and *another try*, a heartbeat more
 * than a round, since what was lost is found by the next heartbeat at the
 * latest. A bound that a correct group meets only mostly would be worthless with
 * millions of entries; one that is met with much room would miss what only slows
 * a group down. So each is the sum of what may happen at worst, and tries are
 * allowed for until so many that fail is no accident.
 */
#include "tests/simulation/healthy.h"

/** Of a hundred messages one is lost at most, and a try is two of them: six
 *  that fail in a row are one in ten thousand millions. */
#define TRIES_LOSSY 6
/** One that was overtaken is repaired within a round; what repairs it may be
 *  overtaken too. */
#define TRIES_UNORDERED 2

static uint64_t
greater(uint64_t one, uint64_t other)
{
	return one > other ? one : other;
}

static uint64_t
round_to(const struct shape *shape, uint32_t leader, uint32_t server)
{
	return shape_round_trip(shape, leader, server) + 2 * shape->disk_us;
}

/** The farthest round of any two. */
static uint64_t
farthest(const struct health *health)
{
	uint64_t most = 0;

	for (uint32_t one = 1; one <= health->trial->nodes; one++)
		for (uint32_t other = 1; other < one; other++)
			most =
			    greater(most, round_to(&health->shape, one, other));
	return most;
}

/** Until a round with that server has succeeded, but for the round itself. */
static uint64_t
tries(const struct shape *shape, uint64_t round)
{
	uint64_t another = shape->heartbeat_us + round;

	if (shape->loss > 0)
		return TRIES_LOSSY * another;
	return shape->ordered ? 0 : TRIES_UNORDERED * another;
}

/** Full appends that so much fills, but for the last. A message that has no room
 *  for the next entry is half full. */
static uint64_t
appends(const struct shape *shape, uint64_t entries, uint64_t bytes)
{
	return entries / shape->batch +
	       (shape->message_bytes == 0 ? 0
					  : 2 * bytes / shape->message_bytes);
}

/** How long what was proposed at once takes to leave, by the windows that the
 *  options give: so many appends and bytes a round. */
static uint64_t
drain(const struct shape *shape, uint64_t round, uint64_t entries,
      uint64_t bytes)
{
	uint64_t rounds =
	    appends(shape, entries, bytes) / shape_window(shape) +
	    bytes / shape->bytes_max;

	return rounds * round;
}

uint64_t
bounds_burst(const struct shape *shape, uint64_t round)
{
	return drain(shape, round, 2 * shape->bursts.count,
		     2 * shape->bursts.count * shape->bursts.bytes);
}

/** The round that a majority of the voters is reached in: that of the nearest
 *  ones. */
static uint64_t
majority_round(const struct health *health, uint32_t leader)
{
	uint64_t voters = raft_sim_voters(health->trial->sim);
	uint64_t rounds[SERVERS_MAX];
	uint32_t count = 0;

	for (uint32_t server = 1; server <= health->trial->nodes; server++) {
		uint64_t round = round_to(&health->shape, leader, server);
		uint32_t at = count;

		if ((voters >> (server - 1) & 1) == 0 || server == leader)
			continue;
		for (; at > 0 && rounds[at - 1] > round; at--)
			rounds[at] = rounds[at - 1];
		rounds[at] = round;
		count++;
	}
	return rounds[(count - 1) / 2];
}

/**
 * A member applies what is committed, after: a round until there is room for the
 * entry in the window (the one before it is answered); half of one until it has
 * come; and until the commit is told, which goes with the next append, at the
 * latest one round later, or by itself after a notice. That is three rounds.
 */
static uint64_t
lag(const struct shape *shape, uint64_t round)
{
	return 3 * round + shape->notice_us + bounds_burst(shape, round) +
	       tries(shape, round);
}

/** A write waits for room in the window of the majority, then for its round; the
 *  leader's own disk counts as one of them. */
static uint64_t
write_time(const struct shape *shape, uint64_t majority)
{
	return 2 * majority + bounds_burst(shape, majority) +
	       tries(shape, majority);
}

/** A read waits for the round of reads before it, then for its own; elsewhere
 *  its question goes to the leader and back, and again if one before it is under
 *  way; then it waits until what it must show is applied. */
static uint64_t
read_time(const struct shape *shape, uint64_t majority, uint64_t round)
{
	return 2 * majority + tries(shape, majority) +
	       2 * (round + majority + tries(shape, round)) + lag(shape, round);
}

/** What a member may hold: entries that its disk has not taken, in arrays that
 *  double, twice over; reads, as many as may wait; all else is small. */
static uint64_t
memory(const struct shape *shape)
{
	return 4 * shape->entries_max * sizeof(struct raft_entry) +
	       4096 * 4 * sizeof(struct raft_read) + (64 << 10);
}

/** Appends on their way in a round, of a burst, or of a log that a new member is
 *  sent. */
static uint64_t
appends_in_round(const struct health *health, uint64_t round)
{
	const struct shape *shape = &health->shape;
	uint64_t log = raft_sim_committed(health->trial->sim);
	uint64_t entries = greater(shape->bursts.count, log);
	uint64_t most =
	    2 + appends(shape, entries, entries * shape_entry_bytes(shape));

	if (shape->writes.every_us != 0)
		most += round / shape->writes.every_us;
	return most < shape->in_flight ? most : shape->in_flight;
}

/** Entries go once, but for a probe to one that is near, which the next heartbeat
 *  may bring once more (decision 0015). Where some are lost, all behind them goes
 *  again, a round later, in which the next may be lost, of many appends more than
 *  one; where they are overtaken, of the appends of a round no more than one may be
 *  taken. */
static uint32_t
sent_times(const struct health *health, uint64_t round)
{
	const struct shape *shape = &health->shape;
	uint64_t appends = appends_in_round(health, round);
	uint64_t times = 2;

	if (shape->loss > 0)
		times = 3 + 2 * appends * shape->loss / RAFT_SIM_MILLION;
	return (uint32_t)(shape->ordered ? times : times * appends);
}

void
bounds_of(struct health *health, uint32_t leader)
{
	const struct shape *shape = &health->shape;
	uint64_t majority = majority_round(health, leader);
	struct bounds *bounds = &health->bounds;
	uint64_t longest = 0;

	bounds->limits = (struct raft_sim_limits){
		.write_us = write_time(shape, majority),
		.sent_times = sent_times(health, farthest(health)),
		/* The append that fills the window may be a whole one. */
		.undurable_bytes =
		    shape->bytes_max + shape->batch * shape_entry_bytes(shape),
		.appends_in_flight = (uint32_t)shape->in_flight,
		.memory_bytes = memory(shape),
	};
	for (uint32_t server = 1; server <= health->trial->nodes; server++) {
		uint64_t round = round_to(shape, leader, server);

		if ((health->members >> (server - 1) & 1) == 0)
			continue;
		longest = greater(longest, round);
		bounds->lag_us[server - 1] = lag(shape, round);
	}
	bounds->limits.read_us = read_time(shape, majority, longest);
}

/** The target is brought up to date, told, and elected by a majority of its own,
 *  which takes as long as from anywhere; what is lost of all that is said again
 *  with a heartbeat. Three losses in so few messages are one in a million. */
uint64_t
bounds_transfer(const struct health *health, uint32_t leader, uint32_t to)
{
	const struct shape *shape = &health->shape;
	uint64_t round = farthest(health);
	uint64_t losses = shape->loss > 0 ? 3 : shape->ordered ? 0 : 1;

	return bounds_burst(shape, round_to(shape, leader, to)) + 3 * round +
	       losses * (shape->heartbeat_us + round);
}

/** Whoever leads: a configuration is written as anything is, another one may
 *  follow it, and everybody hears of it; one that is new gets all of the log,
 *  so many entries a round; and a client that was refused waits for two
 *  heartbeats at most. */
uint64_t
bounds_settling(const struct health *health)
{
	const struct shape *shape = &health->shape;
	uint64_t round = farthest(health);
	uint64_t log = raft_sim_committed(health->trial->sim);

	return 2 * (write_time(shape, round) + lag(shape, round)) +
	       2 * shape->heartbeat_us +
	       drain(shape, round, log, log * shape_entry_bytes(shape));
}

/** To each other member: a heartbeat and its answer; an append for each write,
 *  or for each batch of a burst, with an answer at once and one from the disk,
 *  and a notice that it is committed, with its answer; a round for each read,
 *  and for one elsewhere a question, which is asked again with each heartbeat
 *  until the answer comes. What is lost and repaired doubles it; what is overtaken
 *  is repaired one append a round, the rest going again each time. */
uint64_t
bounds_messages(const struct health *health, uint64_t elapsed, uint64_t writes,
		uint64_t reads)
{
	const struct shape *shape = &health->shape;
	uint64_t others = health->trial->nodes - 1;
	uint64_t heartbeats = elapsed / shape->heartbeat_us + 1;
	uint64_t times = shape->loss == 0 ? 1 : 2;
	uint64_t each =
	    (reads > 0 ? 4 : 2) * heartbeats + 5 * writes + 2 * reads;

	if (!shape->ordered)
		times += 1 + appends_in_round(health, farthest(health)) / 2;
	return times * others * each + 2 * reads + 100;
}
