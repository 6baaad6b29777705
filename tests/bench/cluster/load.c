/*
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/bench/cluster/load.h"

#include <err.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/bench/cluster/spread.h"
#include "tests/bench/cluster/syncs.h"

#define WARM_UP_NS 500000000

/** Entries that were proposed at once. */
struct batch {
	uint64_t count;
	uint64_t since;
};

struct load {
	const struct trial *trial;
	uint64_t id;
	uint64_t in_flight;
	/** A ring: each batch has an entry at least. */
	struct batch *batches;
	uint64_t first;
	uint64_t next;
	/** When the first was proposed, and when what counts began; 0: not yet. */
	uint64_t started;
	uint64_t began;
	/** When what counts began. */
	uint64_t syncs;
	struct spread spread;
};

struct load *
load_create(const struct trial *trial, uint64_t id)
{
	struct load *load = calloc(1, sizeof(*load));

	if (load == NULL)
		err(1, "a load");
	load->batches = calloc(trial->in_flight, sizeof(*load->batches));
	if (load->batches == NULL)
		err(1, "a load");
	load->trial = trial;
	load->id = id;
	return load;
}

unsigned int
load_wanted(const struct load *load)
{
	return load->trial->in_flight - (unsigned int)load->in_flight;
}

void
load_proposed(struct load *load, unsigned int count)
{
	uint64_t now = trial_now();

	if (load->started == 0)
		load->started = now;
	load->in_flight += count;
	load->batches[load->next++ % load->trial->in_flight] =
	    (struct batch){ count, now };
}

/** To be taken out, with how long they took if that counts. */
static void
take(struct load *load, uint64_t count, uint64_t now)
{
	if (count > load->in_flight)
		errx(1, "more was acknowledged than proposed");
	load->in_flight -= count;
	while (count > 0) {
		struct batch *batch =
		    &load->batches[load->first % load->trial->in_flight];
		uint64_t part = count < batch->count ? count : batch->count;

		if (load->began != 0)
			spread_add(&load->spread, now - batch->since, part);
		batch->count -= part;
		count -= part;
		if (batch->count == 0)
			load->first++;
	}
}

static void
tell(const struct load *load, uint64_t now)
{
	struct told told = {
		.id = load->id,
		.when = now,
		.entries = load->spread.count,
		.syncs = syncs_count() - load->syncs,
		.p50_us = spread_us(&load->spread, 0.5),
		.p99_us = spread_us(&load->spread, 0.99),
		.p999_us = spread_us(&load->spread, 0.999),
	};

	if (write(load->trial->out, &told, sizeof(told)) != sizeof(told))
		err(1, "pipe");
}

void
load_done(struct load *load, uint64_t count)
{
	uint64_t now = trial_now();

	take(load, count, now);
	if (load->began == 0 &&
	    (load->trial->failover || now - load->started >= WARM_UP_NS)) {
		tell(load, now);
		load->began = now;
		load->syncs = syncs_count();
	}
	if (load->began != 0 && !load->trial->failover &&
	    now - load->began >= load->trial->measured_ns) {
		tell(load, now);
		for (;;)
			pause();
	}
}

void
load_lost(struct load *load, uint64_t count)
{
	if (!load->trial->failover)
		errx(1, "the leader was deposed");
	take(load, count, trial_now());
}
