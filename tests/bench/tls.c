/*
 * What TLS costs: the same load over plain TCP and over TLS, in turn: on a group
 * of three servers (group.c), and on a link alone, where nothing but bytes is
 * moved.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * 128-byte entries, 256 of them in flight. On the link, one process sends them in
 * appends and the other answers each append. CPU time is that of all processes.
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "assists/transport_tcp/transport_tcp.h"
#include "tests/bench/certificates.h"
#include "tests/bench/group.h"

#define PAYLOAD_BYTES 128
#define IN_FLIGHT 256
#define ROUNDS_MAX 99

struct end {
	uv_loop_t loop;
	struct raft_tls *tls;
	struct raft_tcp *tcp;
	uint64_t id;
	/** Sending: the last entry sent, and the last one answered. */
	uint64_t sent;
	uint64_t answered;
	uint64_t sequence;
};

struct figures {
	double entries_per_second;
	double cpu_us;
};

/* ------------------------------------------------------------ both ends */

static void
send_entries(struct end *end)
{
	static const uint8_t bytes[PAYLOAD_BYTES];
	static struct raft_entry entries[IN_FLIGHT];
	uint64_t last = end->answered + IN_FLIGHT;
	struct raft_message message = {
		.kind = RAFT_MESSAGE_APPEND,
		.from = { 1, 1 },
		.to = { 2, 2 },
		.term = 1,
		.append = { .previous = { end->sent, end->sent != 0 },
			    .last = { last, 1 },
			    .entries = entries,
			    .sequence = ++end->sequence },
	};

	for (uint64_t i = 0; i < last - end->sent; i++)
		entries[i] = (struct raft_entry){
			.index = end->sent + 1 + i,
			.term = 1,
			.kind = RAFT_ENTRY_DATA,
			.payload = { bytes, sizeof(bytes), NULL },
		};
	end->sent = last;
	raft_tcp_send(end->tcp, &message);
}

static void
receive(void *context, const struct raft_message *message)
{
	struct end *end = context;
	struct raft_message answer = {
		.kind = RAFT_MESSAGE_APPEND_ANSWER,
		.from = { 2, 2 },
		.to = { 1, 1 },
		.term = 1,
		.append_answer = { .verdict = RAFT_APPEND_ACCEPTED,
				   .match_index = message->append.last.index,
				   .sequence = message->append.sequence },
	};

	if (end->id == 2) {
		raft_tcp_send(end->tcp, &answer);
		return;
	}
	end->answered = message->append_answer.match_index;
	send_entries(end);
}

static void
open_end(struct end *end, uint64_t id, bool secure)
{
	struct raft_tcp_options options = {
		.self = { id, id },
		.cluster = BENCH_CLUSTER,
		.host = "127.0.0.1",
		.receive = receive,
		.context = end,
	};

	memset(end, 0, sizeof(*end));
	end->id = id;
	uv_loop_init(&end->loop);
	if (secure) {
		end->tls = load_certificate(id);
		options.stream = raft_tls_stream(end->tls);
	}
	if (raft_tcp_create(&end->loop, &options, &end->tcp) != 0)
		errx(1, "cannot listen on 127.0.0.1");
}

static void
close_end(struct end *end)
{
	raft_tcp_close(end->tcp, NULL, NULL);
	uv_run(&end->loop, UV_RUN_DEFAULT);
	raft_tls_destroy(end->tls);
	uv_loop_close(&end->loop);
}

/** Each end tells the other its port. */
static void
introduce(struct end *end, int in, int out)
{
	struct raft_tcp_peer peer = { 3 - end->id, "127.0.0.1", 0 };
	uint16_t port = raft_tcp_port(end->tcp);

	if (write(out, &port, sizeof(port)) != sizeof(port) ||
	    read(in, &peer.port, sizeof(peer.port)) != sizeof(peer.port) ||
	    raft_tcp_peer_add(end->tcp, &peer) != 0)
		errx(1, "the two processes did not meet");
}

/* ------------------------------------------------------------ one round */

static double
cpu_seconds(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
	       1e-6 * (double)(usage->ru_utime.tv_usec +
			       usage->ru_stime.tv_usec);
}

static double
now(void)
{
	return 1e-9 * (double)uv_hrtime();
}

static pid_t
start_answering(bool secure, const int *in, const int *out)
{
	static struct end end;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	open_end(&end, 2, secure);
	introduce(&end, in[0], out[1]);
	uv_run(&end.loop, UV_RUN_DEFAULT);
	_exit(1);
}

static void
tick(uv_timer_t *timer)
{
	(void)timer;
}

/** Until the time is over, or nothing moves. Returns the entries answered. */
static uint64_t
run_for(struct end *end, double seconds)
{
	uint64_t before = end->answered;
	double until = now() + seconds;

	while (now() < until)
		uv_run(&end->loop, UV_RUN_ONCE);
	return end->answered - before;
}

static void
await_connections(struct end *end)
{
	struct raft_tcp_peer_status status = { .open_out = false };
	double until = now() + 10;

	while (now() < until && !(status.open_out && status.open_in)) {
		uv_run(&end->loop, UV_RUN_ONCE);
		(void)raft_tcp_peer_status(end->tcp, 2, &status);
	}
	if (!status.open_out || !status.open_in)
		errx(1, "the two processes did not connect");
}

static struct figures
measure_link(bool secure, double seconds)
{
	static struct end end;
	int to_child[2], from_child[2];
	struct rusage before, after, child;
	uv_timer_t timer;
	uint64_t entries;
	double began, spent;
	pid_t pid;

	if (pipe(to_child) != 0 || pipe(from_child) != 0)
		err(1, "pipe");
	pid = start_answering(secure, to_child, from_child);
	open_end(&end, 1, secure);
	introduce(&end, from_child[0], to_child[1]);
	uv_timer_init(&end.loop, &timer);
	uv_timer_start(&timer, tick, 10, 10);
	await_connections(&end);
	send_entries(&end);
	getrusage(RUSAGE_SELF, &before);
	began = now();
	entries = run_for(&end, seconds);
	spent = now() - began;
	getrusage(RUSAGE_SELF, &after);
	uv_close((uv_handle_t *)&timer, NULL);
	kill(pid, SIGKILL);
	wait4(pid, NULL, 0, &child);
	close_end(&end);
	for (int i = 0; i < 2; i++) {
		close(to_child[i]);
		close(from_child[i]);
	}
	if (entries == 0)
		errx(1, "nothing was answered");
	return (struct figures){
		.entries_per_second = (double)entries / spent,
		.cpu_us = 1e6 *
			  (cpu_seconds(&after) - cpu_seconds(&before) +
			   cpu_seconds(&child)) /
			  (double)entries,
	};
}

static struct figures
measure_group(bool secure, double seconds)
{
	struct group_figures group =
	    group_measure(secure, PAYLOAD_BYTES, IN_FLIGHT, seconds);

	return (struct figures){ group.entries_per_second, group.cpu_us };
}

/* ------------------------------------------------------------ all rounds */

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

static void
measure_all(const char *what, struct figures (*measure)(bool, double),
	    size_t rounds, double seconds)
{
	double plain[ROUNDS_MAX], secure[ROUNDS_MAX], ratio[ROUNDS_MAX];
	double plain_cpu[ROUNDS_MAX], secure_cpu[ROUNDS_MAX];

	printf("%s\n", what);
	for (size_t i = 0; i < rounds; i++) {
		struct figures tcp = measure(false, seconds);
		struct figures tls = measure(true, seconds);

		plain[i] = tcp.entries_per_second;
		secure[i] = tls.entries_per_second;
		ratio[i] = tls.entries_per_second / tcp.entries_per_second;
		plain_cpu[i] = tcp.cpu_us;
		secure_cpu[i] = tls.cpu_us;
		printf("round %zu: TCP %.0f, TLS %.0f entries/s\n", i + 1,
		       plain[i], secure[i]);
		fflush(stdout);
	}
	printf("\n%-10s %14s %16s\n", "medians", "entries/s",
	       "CPU us an entry");
	printf("%-10s %14.0f %16.2f\n", "TCP", median(plain, rounds),
	       median(plain_cpu, rounds));
	printf("%-10s %14.0f %16.2f\n", "TLS", median(secure, rounds),
	       median(secure_cpu, rounds));
	printf("TLS / TCP, round by round: %.2f\n\n", median(ratio, rounds));
}

static void
print_usage(FILE *to)
{
	fputs("usage: tls [--rounds N] [--seconds S]\n"
	      "Compares TLS with plain TCP: 128-byte entries, 256 in flight, on a\n"
	      "group of three servers and on a link alone; N rounds (5) of S\n"
	      "seconds (2) each.\n",
	      to);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "rounds", required_argument, NULL, 'r' },
		{ "seconds", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *wrong = NULL;
	long long rounds = 5, seconds = 2;
	int option;

	signal(SIGPIPE, SIG_IGN);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'r')
			rounds = strtonum(optarg, 1, ROUNDS_MAX, &wrong);
		else if (option == 's')
			seconds = strtonum(optarg, 1, 3600, &wrong);
		else {
			print_usage(option == 'h' ? stdout : stderr);
			return option == 'h' ? 0 : 2;
		}
		if (wrong != NULL)
			errx(2, "'%s' is %s", optarg, wrong);
	}
	make_certificates();
	atexit(remove_certificates);
	measure_all("a group of three, logs in memory", measure_group,
		    (size_t)rounds, (double)seconds);
	measure_all("a link alone", measure_link, (size_t)rounds,
		    (double)seconds);
	return 0;
}
