/*
 * How long a vote takes on a link that bulk saturates, over plain TCP and over
 * TLS, with the kernel's unsent bytes limited and without.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *     server 1 --> relay, 32 MiB/s --> server 2
 *         ^------------------------------/
 *
 * Server 1 keeps megabytes of appends waiting and sends a vote every 10 ms, which
 * carries the time; server 2 says how old it is. The relay is the slow link: it
 * takes 16 KiB, passes it on and sleeps, and has little room to receive.
 */
#include <arpa/inet.h>
#include <bsd/stdlib.h>
#include <err.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "assists/transport_tcp/transport_tcp.h"
#include "tests/bench/certificates.h"

#define PAYLOAD_BYTES ((size_t)64 << 10)
#define WAITING_BYTES ((size_t)4 << 20)
#define RELAY_BYTES 16384
#define RELAY_ROOM (32 << 10)
#define RELAY_BYTES_PER_SECOND ((uint64_t)32 << 20)
#define UNLIMITED (1u << 30)
#define VOTES_MAX 20000

struct end {
	uv_loop_t loop;
	struct raft_tls *tls;
	struct raft_tcp *tcp;
	/** Where server 2 tells how old each vote was, in ns. */
	int out;
};

struct kind {
	const char *name;
	bool secure;
	uint32_t unsent_bytes_max;
};

/* --------------------------------------------------------------- the link */

static int
listen_narrowly(uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0), room = RELAY_ROOM;

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)) != 0 ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    listen(fd, 8) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &length) != 0)
		err(1, "a port of 127.0.0.1");
	*port = ntohs(at.sin_port);
	return fd;
}

static void
pass_on(int from, int to)
{
	char bytes[RELAY_BYTES];
	ssize_t length = read(from, bytes, sizeof(bytes));
	const struct timespec pause = {
		.tv_nsec = (long)(1000000000 * (uint64_t)(length > 0 ? length : 0) /
				  RELAY_BYTES_PER_SECOND),
	};

	if (length <= 0)
		_exit(0);
	for (ssize_t done = 0; done < length;) {
		ssize_t count = write(to, bytes + done, (size_t)(length - done));

		if (count <= 0)
			_exit(0);
		done += count;
	}
	nanosleep(&pause, NULL);
}

static pid_t
start_relay(int listener, uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct pollfd ends[2] = { { .events = POLLIN }, { .events = POLLIN } };
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	ends[0].fd = accept(listener, NULL, NULL);
	ends[1].fd = socket(AF_INET, SOCK_STREAM, 0);
	if (ends[0].fd < 0 ||
	    connect(ends[1].fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		err(1, "the relay");
	while (poll(ends, 2, -1) > 0) {
		if (ends[0].revents != 0)
			pass_on(ends[0].fd, ends[1].fd);
		if (ends[1].revents != 0)
			pass_on(ends[1].fd, ends[0].fd);
	}
	_exit(0);
}

/* ------------------------------------------------------------ both servers */

static void
receive(void *context, const struct raft_message *message)
{
	const struct end *end = context;
	uint64_t age = uv_hrtime() - message->term;

	if (message->kind == RAFT_MESSAGE_VOTE &&
	    write(end->out, &age, sizeof(age)) != sizeof(age))
		_exit(1);
}

static void
open_end(struct end *end, uint64_t id, const struct kind *kind)
{
	struct raft_tcp_options options = {
		.self = { id, id },
		.cluster = BENCH_CLUSTER,
		.host = "127.0.0.1",
		.receive = receive,
		.context = end,
		.unsent_bytes_max = kind->unsent_bytes_max,
	};

	memset(end, 0, sizeof(*end));
	uv_loop_init(&end->loop);
	if (kind->secure) {
		end->tls = load_certificate(id);
		options.stream = raft_tls_stream(end->tls);
	}
	if (raft_tcp_create(&end->loop, &options, &end->tcp) != 0)
		errx(1, "cannot listen on 127.0.0.1");
}

static void
send_bulk(struct end *end)
{
	static const uint8_t bytes[PAYLOAD_BYTES];
	struct raft_entry entry = {
		1, 1, RAFT_ENTRY_DATA, { bytes, sizeof(bytes), NULL }
	};
	const struct raft_message message = {
		.kind = RAFT_MESSAGE_APPEND,
		.from = { 1, 1 },
		.to = { 2, 2 },
		.term = 1,
		.append = { .last = { 1, 1 }, .entries = &entry, .sequence = 1 },
	};
	struct raft_tcp_peer_status status = { .queue_bytes = 0 };

	while (raft_tcp_peer_status(end->tcp, 2, &status) &&
	       status.queue_bytes < WAITING_BYTES)
		raft_tcp_send(end->tcp, &message);
}

static void
send_vote(struct end *end)
{
	const struct raft_message vote = {
		.kind = RAFT_MESSAGE_VOTE,
		.from = { 1, 1 },
		.to = { 2, 2 },
		.term = uv_hrtime(),
	};

	raft_tcp_send(end->tcp, &vote);
}

static void
on_tick(uv_timer_t *timer)
{
	static unsigned int ticks;
	struct end *end = timer->data;

	send_bulk(end);
	if (ticks++ % 10 == 0)
		send_vote(end);
}

static void
introduce(struct end *end, uint64_t id, uint16_t port)
{
	struct raft_tcp_peer peer = { id, "127.0.0.1", port };

	if (raft_tcp_peer_add(end->tcp, &peer) != 0)
		errx(1, "no memory");
}

/** Both listen before the fork, so that each knows the other's port. */
static pid_t
start_sending(struct end *one, uint16_t relay)
{
	static uv_timer_t timer;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	uv_loop_fork(&one->loop);
	introduce(one, 2, relay);
	timer.data = one;
	uv_timer_init(&one->loop, &timer);
	uv_timer_start(&timer, on_tick, 1, 1);
	uv_run(&one->loop, UV_RUN_DEFAULT);
	_exit(1);
}

static pid_t
start_receiving(struct end *two, uint16_t port, int out)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	uv_loop_fork(&two->loop);
	two->out = out;
	introduce(two, 1, port);
	uv_run(&two->loop, UV_RUN_DEFAULT);
	_exit(1);
}

/* ---------------------------------------------------------------- figures */

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/** The first second is the link's beginning. */
static size_t
read_ages(int in, uint64_t *ages, unsigned int seconds)
{
	uint64_t from = uv_hrtime() + 1000000000;
	uint64_t until = from + seconds * UINT64_C(1000000000), age;
	struct pollfd ready = { .fd = in, .events = POLLIN };
	size_t count = 0;

	while (uv_hrtime() < until && count < VOTES_MAX)
		if (poll(&ready, 1, 100) > 0 &&
		    read(in, &age, sizeof(age)) == sizeof(age) &&
		    uv_hrtime() > from)
			ages[count++] = age;
	return count;
}

static void
measure(const struct kind *kind, unsigned int seconds)
{
	static uint64_t ages[VOTES_MAX];
	static struct end one, two;
	uint16_t relay;
	pid_t children[3];
	size_t count;
	int listener = listen_narrowly(&relay), to_us[2];

	if (pipe(to_us) != 0)
		err(1, "pipe");
	open_end(&one, 1, kind);
	open_end(&two, 2, kind);
	children[0] = start_relay(listener, raft_tcp_port(two.tcp));
	children[1] = start_sending(&one, relay);
	children[2] = start_receiving(&two, raft_tcp_port(one.tcp), to_us[1]);
	count = read_ages(to_us[0], ages, seconds);
	for (size_t i = 0; i < 3; i++) {
		kill(children[i], SIGKILL);
		waitpid(children[i], NULL, 0);
	}
	if (count == 0)
		errx(1, "no vote arrived");
	qsort(ages, count, sizeof(*ages), compare);
	printf("%-32s %8zu %10.1f %10.1f\n", kind->name, count,
	       1e-6 * (double)ages[count / 2],
	       1e-6 * (double)ages[count * 99 / 100]);
	fflush(stdout);
	close(listener);
	close(to_us[0]);
	close(to_us[1]);
}

static void
print_usage(FILE *to)
{
	fputs("usage: votes [--seconds S]\n"
	      "How long votes take on a link of 32 MiB/s that appends saturate; S\n"
	      "seconds (5) for each line.\n",
	      to);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seconds", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	static const struct kind kinds[] = {
		{ "TCP", false, 0 },
		{ "TCP, any number of bytes unsent", false, UNLIMITED },
		{ "TLS", true, 0 },
		{ "TLS, any number of bytes unsent", true, UNLIMITED },
	};
	const char *wrong = NULL;
	long long seconds = 5;
	int option;

	signal(SIGPIPE, SIG_IGN);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 's') {
			print_usage(option == 'h' ? stdout : stderr);
			return option == 'h' ? 0 : 2;
		}
		seconds = strtonum(optarg, 1, 60, &wrong);
		if (wrong != NULL)
			errx(2, "'%s' is %s", optarg, wrong);
	}
	make_certificates();
	atexit(remove_certificates);
	printf("%-32s %8s %10s %10s\n", "", "votes", "median ms", "99 % ms");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		measure(&kinds[i], (unsigned int)seconds);
	return 0;
}
