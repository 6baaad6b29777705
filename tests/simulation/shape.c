/*
 * What a healthy group is made of: servers in regions, disks, options, and what
 * is asked of it, all of which it can carry.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * First the distances and the load are drawn, then the options, such that the
 * load fits them twice over: a window that is too small for a distance is no
 * fault of the library.
 */
#include <inttypes.h>
#include <stdio.h>

#include "tests/simulation/healthy.h"

/** Parts per million: a fifth, and one in a hundred. */
#define JITTER_MAX 200000
#define LOSS_MAX 10000

/** True one time in so many. */
static bool
one_in(struct trial *trial, uint64_t many)
{
	return draw(trial, many - 1) == 0;
}

/** A draw from least..most, both above 0, of which each doubling is as likely
 *  as another. */
static uint64_t
draw_scale(struct trial *trial, uint64_t least, uint64_t most)
{
	uint64_t doublings = 0, from, to;

	while (least << (doublings + 1) <= most)
		doublings++;
	from = least << draw(trial, doublings);
	to = 2 * from < most ? 2 * from : most;
	return sim_random_between(&trial->random, from, to);
}

static uint64_t
greater(uint64_t one, uint64_t other)
{
	return one > other ? one : other;
}

/* ------------------------------------------------------------ the network */

static void
draw_network(struct trial *trial, struct shape *shape)
{
	shape->regions = 1 + (uint32_t)draw(trial, REGIONS_MAX - 1);
	for (uint32_t one = 0; one < shape->regions; one++) {
		shape->away_us[one][one] = 200 + draw(trial, 800);
		for (uint32_t other = 0; other < one; other++)
			shape->away_us[one][other] =
			    shape->away_us[other][one] = draw_scale(
				trial, 5 * MILLISECOND, 150 * MILLISECOND);
	}
	for (uint32_t i = 0; i < SERVERS_MAX; i++)
		shape->region[i] = (uint32_t)draw(trial, shape->regions - 1);
	if (!one_in(trial, 3))
		shape->jitter = (uint32_t)draw(trial, JITTER_MAX);
	if (one_in(trial, 2))
		shape->loss = (uint32_t)draw(trial, LOSS_MAX);
	shape->disk_us = draw_scale(trial, 50, 5 * MILLISECOND);
}

uint64_t
shape_round_trip(const struct shape *shape, uint32_t one, uint32_t other)
{
	return 2 *
	       shape->away_us[shape->region[one - 1]][shape->region[other - 1]];
}

uint64_t
shape_entry_bytes(const struct shape *shape)
{
	return greater(shape->writes.bytes, shape->bursts.bytes);
}

/** What is lost or overtaken is repaired one append at a time. */
uint64_t
shape_window(const struct shape *shape)
{
	return shape->ordered && shape->loss == 0 ? shape->in_flight : 1;
}

/** The longest there is, with a write at either end. */
static uint64_t
longest_round(const struct trial *trial, const struct shape *shape)
{
	uint64_t longest = 0;

	for (uint32_t one = 1; one <= trial->nodes; one++)
		for (uint32_t other = 1; other < one; other++)
			longest = greater(longest,
					  shape_round_trip(shape, one, other));
	return longest + 2 * shape->disk_us;
}

/* --------------------------------------------------------- what is asked */

static void
draw_load(struct trial *trial, struct shape *shape)
{
	if (!one_in(trial, 4))
		shape->writes = (struct load){
			.every_us = draw_scale(trial, MILLISECOND, SECOND),
			.count = 1,
			.bytes = draw_scale(trial, 8, 4096),
		};
	if (one_in(trial, 2))
		shape->bursts = (struct load){
			.every_us = draw_scale(trial, MILLISECOND, SECOND),
			.count = draw_scale(trial, 1, 1000),
			.bytes = draw_scale(trial, 8, 1024),
		};
	if (!one_in(trial, 3))
		shape->reads = (struct load){
			.every_us = draw_scale(trial, MILLISECOND, SECOND),
			.count = 1,
		};
	if (one_in(trial, 2)) {
		shape->reads_elsewhere.count = draw_scale(trial, 1, 1000);
		shape->reads_elsewhere.every_us =
		    draw_scale(trial, MILLISECOND, SECOND) *
		    greater(1, shape->reads_elsewhere.count / 4);
	}
	if (one_in(trial, 2))
		shape->life.every_us =
		    draw_scale(trial, 100 * MILLISECOND, 4 * SECOND);
}

/** Entries that are proposed in so long. */
static uint64_t
written_in(const struct shape *shape, uint64_t duration)
{
	uint64_t steady = shape->writes.every_us == 0
			      ? 0
			      : 1 + duration / shape->writes.every_us;

	return shape->bursts.count + steady;
}

/* ----------------------------------------------------------- the options */

static void
draw_timeouts(struct trial *trial, struct shape *shape, uint64_t round)
{
	static const uint64_t parts[] = { 5, 10, 10, 30, 100 };
	uint64_t tenfold = greater(10 * round, 100 * MILLISECOND);

	/* The default, or what is said to be a good rule for a distance. */
	shape->election_us = one_in(trial, 2) ? SECOND : tenfold;
	shape->heartbeat_us = shape->election_us / parts[draw(trial, 4)];
	shape->notice_us =
	    one_in(trial, 2) ? shape->heartbeat_us / 100
			     : draw_scale(trial, 100, shape->heartbeat_us / 2);
}

/** Each so large that what is asked in two rounds fits, but for bursts, which go
 *  a window at a time; and as it comes without being set half of the time. */
static void
draw_windows(struct trial *trial, struct shape *shape, uint64_t round)
{
	uint64_t entries = written_in(shape, 2 * round);
	uint64_t steady = entries - shape->bursts.count;
	uint64_t bytes = steady * shape->writes.bytes;

	shape->in_flight = one_in(trial, 2) ? 1024 : draw_scale(trial, 1, 64);
	shape->batch = one_in(trial, 2)
			   ? 1024
			   : draw_scale(trial, steady / shape_window(shape) + 1,
					1024);
	shape->entries_max =
	    one_in(trial, 2) ? 65536 : 2 * entries + draw(trial, 2000);
	shape->bytes_max = one_in(trial, 2)
			       ? UINT64_C(16) << 20
			       : bytes + draw_scale(trial, 4096, 256 << 10);
	if (one_in(trial, 2))
		shape->message_bytes = shape_entry_bytes(shape) +
				       bytes / shape_window(shape) +
				       draw_scale(trial, 64, 64 << 10);
	/* One burst has gone before the next one comes. */
	if (shape->bursts.count != 0)
		shape->bursts.every_us +=
		    20 * round + 3 * bounds_burst(shape, round);
}

/* -------------------------------------------------------------- the world */

static void
set_options(struct trial *trial, const struct shape *shape, uint64_t tail)
{
	uint64_t part = 50 + draw(trial, 500);

	for (uint32_t node = 1; node <= trial->nodes; node++) {
		struct raft_sim *sim = trial->sim;

		raft_sim_set_option(sim, node, "commit_notice_us",
				    shape->notice_us);
		raft_sim_set_option(sim, node, "batch_entries_max",
				    shape->batch);
		raft_sim_set_option(sim, node, "appends_in_flight_max",
				    shape->in_flight);
		raft_sim_set_option(sim, node, "uncommitted_entries_max",
				    shape->entries_max);
		raft_sim_set_option(sim, node, "bytes_in_flight_max",
				    shape->bytes_max);
		raft_sim_set_option(sim, node, "snapshot_tail_entries", tail);
		raft_sim_set_option(sim, node, "snapshot_part_bytes", part);
	}
}

static void
set_links_and_disks(struct trial *trial, const struct shape *shape)
{
	for (uint32_t one = 1; one <= trial->nodes; one++) {
		uint64_t disk = draw_scale(trial, 50, shape->disk_us);

		raft_sim_set_disk_latency(
		    trial->sim, one, (struct raft_sim_range){ disk / 2, disk });
		for (uint32_t other = 1; other <= trial->nodes; other++) {
			uint64_t most = shape_round_trip(shape, one, other) / 2;
			struct raft_sim_link link = {
				.latency = { most - most * shape->jitter /
							RAFT_SIM_MILLION,
					     most },
				.loss = shape->loss,
			};

			raft_sim_set_link(trial->sim, one, other, &link);
		}
	}
}

static void
draw_servers(struct trial *trial, struct raft_sim_options *options)
{
	uint32_t servers = 3 + (uint32_t)draw(trial, 4);

	options->learners = one_in(trial, 3) ? 1 : 0;
	options->voters = servers - options->learners;
	options->spares = 1;
	trial->nodes = servers + options->spares;
}

/** What a person who reads the trace wants to know first. */
static void
note(struct trial *trial, const struct shape *shape)
{
	char text[320];

	snprintf(text, sizeof(text),
		 "T %" PRIu64 " heartbeat %" PRIu64 " notice %" PRIu64
		 "; %s, loss %u; %" PRIu64 " appends of %" PRIu64
		 " entries, %" PRIu64 " bytes, %" PRIu64
		 " entries in all, messages of %" PRIu64
		 "; bursts of %" PRIu64 " x %" PRIu64
		 " bytes each %" PRIu64 "; writes each %" PRIu64
		 "; reads each %" PRIu64 ", %" PRIu64
		 " elsewhere each %" PRIu64,
		 shape->election_us, shape->heartbeat_us, shape->notice_us,
		 shape->ordered ? "in order" : "not in order", shape->loss,
		 shape->in_flight, shape->batch, shape->bytes_max,
		 shape->entries_max, shape->message_bytes,
		 shape->bursts.count, shape->bursts.bytes,
		 shape->bursts.every_us, shape->writes.every_us,
		 shape->reads.every_us, shape->reads_elsewhere.count,
		 shape->reads_elsewhere.every_us);
	raft_sim_note(trial->sim, text);
}

void
shape_draw(struct health *health)
{
	struct trial *trial = health->trial;
	struct shape *shape = &health->shape;
	struct raft_sim_options options;
	uint64_t round;

	raft_sim_defaults(&options);
	draw_servers(trial, &options);
	draw_network(trial, shape);
	round = longest_round(trial, shape);
	draw_load(trial, shape);
	draw_timeouts(trial, shape, round);
	options.fifo = !one_in(trial, 3);
	shape->ordered = options.fifo || shape->jitter == 0;
	draw_windows(trial, shape, round);
	options.seed = trial->seed;
	options.election_us = shape->election_us;
	options.heartbeat_us = shape->heartbeat_us;
	options.append_bytes_max = shape->message_bytes;
	/* Followers need no snapshot for being far away. */
	if (one_in(trial, 2))
		options.max_log =
		    written_in(shape, 8 * round) + draw(trial, 1000);
	trial_create(trial, &options);
	note(trial, shape);
	set_options(trial, shape, options.max_log);
	set_links_and_disks(trial, shape);
	health->members = (UINT64_C(1) << (trial->nodes - 1)) - 1;
	for (uint32_t node = 1; node < trial->nodes; node++)
		raft_sim_start(trial->sim, node);
}
