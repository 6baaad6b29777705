/*
 * The world itself: its time, its beginning and end, and how it goes on.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/weather/world.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STATUS_USAGE 2
#define SECOND_NS 1000000000
/** Nobody waits longer for a verb to be done. */
#define OBEY_NS 100000000
/** Who waits for a turn, or a disk, longer than this part of a timeout is told. */
#define LATE_SHARE 10

static const struct weather_options *chosen;

bool
weather_begin(char *error, size_t size)
{
	return network_permit(error, size);
}

bool
weather_ends_with(pid_t parent)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

void
weather_use(const struct weather_options *options)
{
	chosen = options;
}

/* -------------------------------------------------------------------- time */

uint64_t
world_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

uint64_t
world_now(const struct raft_sim *sim)
{
	uint64_t real_us = (world_now_ns() - sim->begun_ns) / 1000;

	return real_us * sim->options.election_us / sim->weather->election_us;
}

uint64_t
world_real_us(const struct raft_sim *sim, uint64_t us)
{
	return us * sim->weather->election_us / sim->options.election_us;
}

uint64_t
world_real_ns(const struct raft_sim *sim, uint64_t us)
{
	return world_real_us(sim, us) * 1000;
}

/* By the wall's clock, and not before it is that time here. */
static uint64_t
when_ns(const struct raft_sim *sim, uint64_t at)
{
	return at == UINT64_MAX ? UINT64_MAX
				: sim->begun_ns + world_real_ns(sim, at + 1) +
				      1000;
}

static uint64_t
later(uint64_t one, uint64_t other)
{
	return one > other ? one : other;
}

/* So long that a scenario could turn out otherwise by it. */
static bool
is_long(const struct raft_sim *sim, uint64_t ns)
{
	return ns / 1000 * LATE_SHARE > sim->weather->election_us;
}

/* A machine with more to do than it can gives no process its turn in time, and no
 * member either. */
static void
note_late(struct raft_sim *sim, uint64_t wanted_ns)
{
	uint64_t now = world_now_ns();

	sim->late_ns = later(sim->late_ns, later(now, wanted_ns) - wanted_ns);
}

/* What a member waited for that no scenario asked for. Its log stands still for as long
 * as the machine's own disk does, and so does the member. */
static void
note_waits(struct raft_sim *sim, const struct node *node)
{
	uint64_t late = 1000 * atomic_exchange(&node->counts->late_us, 0);
	uint64_t slow = atomic_exchange(&node->disk->slowest_ns, 0);

	if (node->is_slowed)
		return;
	if (is_long(sim, late))
		world_trace(sim, "n%u had its turn %" PRIu64 " ms late",
			    node->number, late / 1000000);
	if (is_long(sim, slow))
		world_trace(sim, "n%u waited %" PRIu64 " ms for its disk",
			    node->number, slow / 1000000);
	sim->late_ns = later(sim->late_ns, late);
	sim->slow_ns = later(sim->slow_ns, slow);
}

static void
say_late(const struct raft_sim *sim)
{
	uint64_t timeout_ms = sim->weather->election_us / 1000;
	FILE *out = sim->weather->late;

	if (is_long(sim, sim->late_ns))
		fprintf(out,
			"a busy machine: up to %" PRIu64 " ms late, where an "
			"election timeout is %" PRIu64 " ms\n",
			sim->late_ns / 1000000, timeout_ms);
	if (is_long(sim, sim->slow_ns))
		fprintf(out,
			"a busy disk: up to %" PRIu64 " ms for a sync, where "
			"an election timeout is %" PRIu64 " ms\n",
			sim->slow_ns / 1000000, timeout_ms);
}

/* ----------------------------------------------------------------- telling */

void
world_trace(const struct raft_sim *sim, const char *format, ...)
{
	const struct raft_sim_hooks *hooks = &sim->options.hooks;
	char line[768];
	va_list arguments;

	if (hooks->trace == NULL)
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	hooks->trace(hooks->context, world_now(sim), line);
}

void
world_accuse(struct raft_sim *sim, const char *property, const char *format,
	     ...)
{
	char what[384];
	va_list arguments;

	if (sim->violation[0] != '\0')
		return;
	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	snprintf(sim->violation, sizeof(sim->violation),
		 "%s: %s (at %" PRIu64 "us)", property, what, world_now(sim));
}

static void
note_leader(struct raft_sim *sim)
{
	uint32_t leader = ask_leader(sim);
	uint64_t term =
	    leader == 0 ? 0 : sim->nodes[leader - 1].status.raft.term;

	if (leader == sim->leader && term == sim->leader_term)
		return;
	sim->leader = leader;
	sim->leader_term = term;
	sim->leader_since = world_now(sim);
}

void
world_changed(struct raft_sim *sim, struct node *node)
{
	const struct raft_sim_hooks *hooks = &sim->options.hooks;
	uint64_t now = world_now(sim);
	bool says_it_leads = ask_says_it_leads(node);

	if (says_it_leads != node->says_it_leads) {
		node->says_it_leads = says_it_leads;
		sim->leaders += says_it_leads ? 1 : UINT32_MAX;
		raft_tally_leaders(&sim->tally, now, sim->leaders);
		if (says_it_leads)
			client_wake(sim);
	}
	record_lag(sim);
	note_leader(sim);
	if (hooks->changed != NULL)
		hooks->changed(hooks->context, now, node->number);
}

/* ------------------------------------------------------ beginning and end */

/* Memory that the processes which this one forks share with it. */
static void *
shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		abort();
	return memory;
}

static void
make_node(struct raft_sim *sim, uint32_t number)
{
	struct node *node = &sim->nodes[number - 1];

	node->number = number;
	node->talk = -1;
	node->incarnation = 1;
	node->disk = shared(sizeof(*node->disk));
	node->counts = shared(sizeof(*node->counts));
	node->options.heartbeat_us =
	    world_real_us(sim, sim->options.heartbeat_us);
	snprintf(node->folder, sizeof(node->folder), "%s/n%u", sim->folder,
		 number);
}

/* More than an hour is for ever. */
static uint32_t
short_us(const struct raft_sim *sim, uint64_t us)
{
	uint64_t real_us = world_real_us(sim, us);

	return real_us > UINT32_MAX ? UINT32_MAX : (uint32_t)real_us;
}

void
world_set_disk_latency(struct raft_sim *sim, uint32_t node,
		 struct raft_sim_range latency)
{
	sim->nodes[node - 1].disk->latency = (struct disk_latency){
		.least_us = short_us(sim, latency.least_us),
		.most_us = short_us(sim, latency.most_us),
	};
	sim->nodes[node - 1].is_slowed |=
	    is_long(sim, world_real_ns(sim, latency.most_us));
}

static void
make_nodes(struct raft_sim *sim)
{
	for (uint32_t i = 1; i <= sim->node_count; i++) {
		make_node(sim, i);
		world_set_disk_latency(sim, i, sim->options.disk);
		for (uint32_t to = 1; to <= sim->node_count; to++) {
			world_default_link(sim, i, to);
			network_link(sim->network, i, to)->in_order =
			    sim->options.fifo;
		}
	}
}

static void *
zeroed(size_t count, size_t each)
{
	void *memory = calloc(count, each);

	if (memory == NULL)
		abort();
	return memory;
}

struct raft_sim *
world_create(const struct raft_sim_options *options)
{
	struct raft_sim *sim = zeroed(1, sizeof(*sim));
	uint32_t count = options->voters + options->learners + options->spares;
	char error[256];

	sim->options = *options;
	sim->weather = chosen;
	sim->process = getpid();
	sim->node_count = count;
	sim->nodes = zeroed(count, sizeof(*sim->nodes));
	sim->links = zeroed((size_t)count * count, sizeof(*sim->links));
	sim->client.retry_at = UINT64_MAX;
	raft_tally_init(&sim->tally, options->election_us);
	if (!folder_create(sim))
		err(STATUS_USAGE, "%s", sim->folder);
	if (chosen->tls && !folder_certify(sim))
		errx(STATUS_USAGE, "OpenSSL makes no certificates");
	sim->network = network_create(
	    count, options->seed, world_real_us(sim, NETWORK_RESEND_US), error,
	    sizeof(error));
	if (sim->network == NULL)
		errx(STATUS_USAGE, "%s", error);
	make_nodes(sim);
	client_begin(sim);
	sim->begun_ns = world_now_ns();
	return sim;
}

void
world_destroy(struct raft_sim *sim)
{
	sim->options.hooks = (struct raft_sim_hooks){ .context = NULL };
	for (uint32_t i = 0; i < sim->node_count; i++)
		node_kill(sim, &sim->nodes[i]);
	client_end(sim);
	say_late(sim);
	for (uint32_t i = 0; i < sim->node_count; i++) {
		munmap(sim->nodes[i].disk, sizeof(struct disk));
		munmap(sim->nodes[i].counts, sizeof(struct counts));
	}
	record_free(&sim->record);
	network_destroy(sim->network);
	close(sim->folder_keeper);
	free(sim->links);
	free(sim->nodes);
	free(sim);
}

/* -------------------------------------------------------------------- step */

static uint64_t
sooner(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

/* For a packet, a report, or this time on the wall. */
static void
wait_for_input(struct raft_sim *sim, struct pollfd *polled, uint64_t until_ns)
{
	uint64_t now = world_now_ns(), wait;
	struct timespec pause;

	network_poll(sim->network, polled);
	for (uint32_t i = 0; i < sim->node_count; i++) {
		const struct node *node = &sim->nodes[i];

		polled[sim->node_count + i] = (struct pollfd){
			.fd = node->talk,
			.events = node->waiting_count > 0 ? POLLIN | POLLOUT
							  : POLLIN,
		};
	}
	wait = until_ns <= now ? 0 : until_ns - now;
	pause = (struct timespec){ .tv_sec = (time_t)(wait / SECOND_NS),
				   .tv_nsec = (long)(wait % SECOND_NS) };
	if (ppoll(polled, 2 * sim->node_count, &pause, NULL) < 0)
		memset(polled, 0, 2 * sim->node_count * sizeof(*polled));
	note_late(sim, wait > 0 ? until_ns : now);
}

static void
take(struct raft_sim *sim, enum raft_sim_metric metric,
     _Atomic uint64_t *counted)
{
	raft_tally_count(&sim->tally, metric, atomic_exchange(counted, 0));
}

void
world_count(struct raft_sim *sim)
{
	for (uint32_t i = 0; i < sim->node_count; i++) {
		struct counts *counts = sim->nodes[i].counts;

		take(sim, RAFT_SIM_MESSAGES, &counts->messages);
		take(sim, RAFT_SIM_PRE_ELECTIONS, &counts->pre_elections);
		note_waits(sim, &sim->nodes[i]);
	}
}

/* Let the network do its work until then, or until somebody reports. False: nobody
 * does. */
static bool
go_on(struct raft_sim *sim, uint64_t until_ns)
{
	struct pollfd polled[2 * RAFT_SIM_NODES_MAX];
	uint64_t bytes = network_bytes(sim->network);
	bool heard = false;

	wait_for_input(sim, polled,
		       sooner(until_ns, network_due(sim->network)));
	network_carry(sim->network, polled, world_now_ns());
	raft_tally_count(&sim->tally, RAFT_SIM_BYTES,
			 network_bytes(sim->network) - bytes);
	world_count(sim);
	for (uint32_t i = 0; i < sim->node_count; i++) {
		if (polled[sim->node_count + i].revents != 0)
			heard |= node_hear(sim, &sim->nodes[i]);
	}
	return heard;
}

/* In the simulator a verb is done at once, and what a scenario expects behind it is
 * asked at the same instant. Here it waits for the process to say so, if that is not
 * kept by its disk. */
void
world_order(struct raft_sim *sim, struct node *node, struct order *order)
{
	uint64_t limit = world_now_ns() + OBEY_NS;

	order->number = ++sim->orders;
	node_order(node, order);
	while (node->obeyed != order->number && node_runs(node) &&
	       world_now_ns() < limit)
		(void)go_on(sim, limit);
}

/* The next thing that a report or the client brings. However much happens, time
 * passes. */
bool
world_step(struct raft_sim *sim, uint64_t until)
{
	bool happened;

	while (sim->violation[0] == '\0') {
		happened = go_on(
		    sim, when_ns(sim, sooner(until, client_due(sim))));
		happened |= client_act(sim, world_now(sim));
		if (happened || world_now(sim) >= until)
			return world_now(sim) < until;
	}
	return false;
}

const char *
world_violation(const struct raft_sim *sim)
{
	return sim->violation[0] == '\0' ? NULL : sim->violation;
}

void
world_note(struct raft_sim *sim, const char *text)
{
	world_trace(sim, "note %s", text);
}
