/*
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/bench/group.h"

#include <bsd/stdlib.h>
#include <err.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "assists/log_memory/log_memory.h"
#include "assists/node/node_loop.h"
#include "assists/transport_tcp/transport_tcp.h"
#include "tests/bench/certificates.h"
#include "tests/bench/ports.h"

#define BYTES_MAX 4096
#define IN_FLIGHT_MAX 4096
#define TRIM_MS 10
#define WARM_UP_S 0.3
#define PATIENCE_S 20

struct server {
	uint64_t id;
	uv_loop_t loop;
	struct raft_log_memory *log;
	struct raft_tcp *tcp;
	struct raft_node *node;
	struct raft_node_loop turns;
	uv_timer_t trim;
	uv_timer_t refill;
	/** Of the leader. */
	unsigned int bytes;
	unsigned int wanted;
	unsigned int in_flight;
	uint64_t committed;
};

static uint16_t ports[BENCH_SERVERS];

/* ---------------------------------------------------------------- a server */

static void
receive(void *context, const struct raft_message *message)
{
	struct server *server = context;

	(void)raft_receive(raft_node_raft(server->node), message,
			   raft_node_loop_now());
}

static void
saved(void *context, uint64_t token)
{
	raft_node_saved(((struct server *)context)->node, token);
}

static void
failed(void *context, const char *why)
{
	(void)context;
	errx(1, "%s", why);
}

/** What its peers have, a leader's log may forget; a follower's, what it has
 *  applied. */
static void
trim(uv_timer_t *timer)
{
	struct server *server = timer->data;
	struct raft *raft = raft_node_raft(server->node);
	struct raft_status status;
	uint64_t index;

	raft_status(raft, &status);
	index = status.applied_index;
	if (status.role == RAFT_LEADER && raft_everywhere(raft) < index)
		index = raft_everywhere(raft);
	if (index > status.snapshot.index &&
	    raft_node_snapshot_taken(server->node, index,
				     RAFT_SNAPSHOT_NOT_SENT) != RAFT_OK)
		errx(1, "the log cannot be trimmed");
}

static void
refill(uv_timer_t *timer)
{
	static const uint8_t zeros[BYTES_MAX];
	static struct raft_payload payloads[IN_FLIGHT_MAX];
	struct server *server = timer->data;
	unsigned int count = server->wanted - server->in_flight;

	for (unsigned int i = 0; i < count; i++)
		payloads[i] = (struct raft_payload){ .data = zeros,
						     .length = server->bytes };
	if (count > 0 &&
	    raft_propose(raft_node_raft(server->node), payloads, count,
			 raft_node_loop_now(), NULL) == RAFT_OK)
		server->in_flight = server->wanted;
}

/** The node is in the midst of its turn. */
static void
outcome(void *context, const struct raft_outcome *outcome)
{
	struct server *server = context;
	uint64_t count = outcome->range.last - outcome->range.first + 1;

	if (outcome->kind != RAFT_OUTCOME_COMMITTED)
		errx(1, "the leader was deposed");
	server->committed += count;
	server->in_flight -= (unsigned int)count;
	uv_timer_start(&server->refill, refill, 0, 0);
}

static const struct raft_node_machine machine = { .outcome = outcome };

static void
connect_all(struct server *server, bool secure)
{
	struct raft_tcp_options options = {
		.self = { server->id, server->id },
		.cluster = BENCH_CLUSTER,
		.host = "127.0.0.1",
		.port = ports[server->id - 1],
		.receive = receive,
		.context = server,
	};

	if (secure)
		options.stream =
		    raft_tls_stream(load_certificate(server->id));
	if (raft_tcp_create(&server->loop, &options, &server->tcp) != 0)
		errx(1, "cannot listen on 127.0.0.1");
	for (uint64_t id = 1; id <= BENCH_SERVERS; id++)
		if (id != server->id &&
		    raft_tcp_peer_add(server->tcp,
				      &(struct raft_tcp_peer){
					  id, "127.0.0.1", ports[id - 1] }) != 0)
			errx(1, "a peer was refused");
}

static void
bootstrap(struct server *server)
{
	struct raft_member members[BENCH_SERVERS] = { 0 };
	const struct raft_configuration first = {
		.election_timeout_us = 5000000,
		.members = members,
		.member_count = BENCH_SERVERS,
	};

	for (uint64_t i = 0; i < BENCH_SERVERS; i++) {
		members[i].identity = (struct raft_identity){ i + 1, i + 1 };
		members[i].role = RAFT_MEMBER_VOTER;
	}
	if (raft_bootstrap(raft_node_raft(server->node), &first,
			   raft_node_loop_now()) != RAFT_OK)
		errx(1, "cannot bootstrap");
}

static void
start(struct server *server, uint64_t id, bool secure)
{
	const struct raft_stored nothing = { 0 };
	struct raft_node_options options = {
		.raft.self = { id, id },
		.log = &raft_log_memory,
		.transport = &raft_tcp_transport,
		.machine = &machine,
		.machine_context = server,
	};

	server->id = id;
	uv_loop_init(&server->loop);
	server->log = raft_log_memory_create();
	connect_all(server, secure);
	options.log_context = server->log;
	options.transport_context = server->tcp;
	arc4random_buf(&options.raft.seed, sizeof(options.raft.seed));
	if (server->log == NULL ||
	    raft_node_create(&options, &nothing, raft_node_loop_now(),
			     &server->node) != RAFT_OK)
		errx(1, "a node cannot be made");
	raft_log_memory_bind(server->log, server, saved, failed);
	bootstrap(server);
	uv_timer_init(&server->loop, &server->refill);
	uv_timer_init(&server->loop, &server->trim);
	server->refill.data = server->trim.data = server;
	uv_timer_start(&server->trim, trim, TRIM_MS, TRIM_MS);
	if (raft_node_loop_start(&server->turns, &server->loop,
				 server->node) != 0)
		errx(1, "the loop cannot run");
}

/* -------------------------------------------------------------- the leader */

static double
now(void)
{
	return 1e-9 * (double)uv_hrtime();
}

static double
cpu_seconds(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
	       1e-6 * (double)(usage->ru_utime.tv_usec +
			       usage->ru_stime.tv_usec);
}

static void
run_for(struct server *server, double seconds)
{
	double until = now() + seconds;

	while (now() < until)
		uv_run(&server->loop, UV_RUN_ONCE);
}

/** With both peers there, so that both are written to from the beginning. */
static void
lead(struct server *server)
{
	struct raft *raft = raft_node_raft(server->node);
	double until = now() + PATIENCE_S;
	struct raft_status status = { 0 };

	while (status.role != RAFT_LEADER ||
	       raft_everywhere(raft) < status.last.index) {
		if (now() > until)
			errx(1, "nobody was elected");
		if (status.role == RAFT_FOLLOWER)
			(void)raft_campaign(raft, raft_node_loop_now());
		run_for(server, 0.05);
		raft_status(raft, &status);
	}
}

/** What the leader's process tells its parent. */
struct told {
	uint64_t entries;
	double seconds;
	/** Of the leader, while it counted; of a follower all is counted. */
	double cpu_seconds;
};

static void
run_leader(bool secure, unsigned int bytes, unsigned int in_flight,
	   double seconds, int out)
{
	static struct server server;
	struct rusage before, after;
	struct told told;
	double began;

	start(&server, 1, secure);
	lead(&server);
	server.bytes = bytes;
	server.wanted = in_flight;
	uv_timer_start(&server.refill, refill, 0, 0);
	run_for(&server, WARM_UP_S);
	getrusage(RUSAGE_SELF, &before);
	told.entries = server.committed;
	began = now();
	run_for(&server, seconds);
	told.seconds = now() - began;
	told.entries = server.committed - told.entries;
	getrusage(RUSAGE_SELF, &after);
	told.cpu_seconds = cpu_seconds(&after) - cpu_seconds(&before);
	if (write(out, &told, sizeof(told)) != sizeof(told))
		err(1, "pipe");
	_exit(0);
}

static void
run_follower(uint64_t id, bool secure)
{
	static struct server server;

	start(&server, id, secure);
	uv_run(&server.loop, UV_RUN_DEFAULT);
	_exit(1);
}

/* ------------------------------------------------------------- the parent */

struct group_figures
group_measure(bool secure, unsigned int bytes, unsigned int in_flight,
	      double seconds)
{
	pid_t pids[BENCH_SERVERS];
	struct rusage usage;
	struct told told;
	int ends[2];

	if (bytes > BYTES_MAX || in_flight > IN_FLIGHT_MAX || pipe(ends) != 0)
		errx(1, "a group cannot be measured so");
	find_ports(ports, BENCH_SERVERS);
	for (uint64_t id = BENCH_SERVERS; id >= 1; id--) {
		pids[id - 1] = fork();
		if (pids[id - 1] != 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (id == 1)
			run_leader(secure, bytes, in_flight, seconds, ends[1]);
		run_follower(id, secure);
	}
	close(ends[1]);
	if (read(ends[0], &told, sizeof(told)) != sizeof(told))
		errx(1, "the leader ended by itself");
	close(ends[0]);
	for (size_t i = 0; i < BENCH_SERVERS; i++) {
		kill(pids[i], SIGKILL);
		wait4(pids[i], NULL, 0, &usage);
		/* A follower's beginning is little beside the rest. */
		if (i > 0)
			told.cpu_seconds += cpu_seconds(&usage) * told.seconds /
					    (told.seconds + WARM_UP_S);
	}
	if (told.entries == 0)
		errx(1, "nothing was committed");
	return (struct group_figures){
		.entries_per_second = (double)told.entries / told.seconds,
		.cpu_us = 1e6 * told.cpu_seconds / (double)told.entries,
	};
}
