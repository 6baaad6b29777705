/*
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/bench/cluster/trial.h"

#include <bsd/stdlib.h>
#include <err.h>
#include <ftw.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/cluster/relay.h"
#include "tests/bench/cluster/syncs.h"
#include "tests/bench/ports.h"

#define PATIENCE_NS 60000000000
#define LOOK_MS 100
/** Until all are connected, and followers have what their first leader wrote. */
#define SETTLE_US 1500000

static struct trial trial = { .in_flight = 1, .measured_ns = 2000000000 };
static const char *base = "/var/tmp";
static pid_t pids[TRIAL_SERVERS];
static pid_t relay;
static pid_t parent;
static volatile sig_atomic_t signalled;

/* ------------------------------------------------------------- for servers */

uint64_t
trial_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static bool
is_far(const struct trial *of, uint64_t id)
{
	return id + of->far > TRIAL_SERVERS;
}

uint16_t
trial_port(const struct trial *of, uint64_t from, uint64_t to)
{
	return is_far(of, from) || is_far(of, to) ? of->relays[to - 1]
						  : of->ports[to - 1];
}

const char *
trial_folder(const struct trial *of, uint64_t id)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%u", of->folder, (unsigned int)id);
	if (mkdir(path, 0700) != 0)
		err(1, "%s", path);
	return path;
}

void
trial_ready(const struct trial *of, uint64_t id)
{
	if ((of->slow & 1U << id) != 0)
		syncs_slow(of->slow_ms);
}

/* --------------------------------------------------------------- the parent */

static int
remove_one(const char *path, const struct stat *status, int kind,
	   struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	remove(path);
	return 0;
}

/** Nothing is left of it. A server that ends by itself leaves that to its parent. */
static void
end(void)
{
	if (getpid() != parent)
		return;
	for (size_t i = 0; i < TRIAL_SERVERS; i++)
		if (pids[i] > 0)
			kill(pids[i], SIGKILL);
	if (relay > 0)
		kill(relay, SIGKILL);
	while (wait(NULL) > 0)
		;
	nftw(trial.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
end_by_signal(int signal)
{
	signalled = signal;
}

static pid_t
start(uint64_t id)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid > 0)
		return pid;
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	if (id == 0)
		relay_run(&trial);
	contender.take_part(&trial, id);
	_exit(1);
}

/** Returns the end of the pipe that is read from. */
static int
start_all(void)
{
	uint16_t ports[2 * TRIAL_SERVERS];
	int ends[2];

	if (pipe(ends) != 0)
		err(1, "pipe");
	trial.out = ends[1];
	find_ports(ports, 2 * TRIAL_SERVERS);
	for (size_t i = 0; i < TRIAL_SERVERS; i++) {
		trial.ports[i] = ports[i];
		trial.relays[i] = ports[TRIAL_SERVERS + i];
	}
	if (trial.far > 0)
		relay = start(0);
	for (uint64_t id = TRIAL_SERVERS; id >= 1; id--)
		pids[id - 1] = start(id);
	close(ends[1]);
	return ends[0];
}

static void
check_servers(void)
{
	for (size_t i = 0; i < TRIAL_SERVERS; i++)
		if (pids[i] > 0 && waitpid(pids[i], NULL, WNOHANG) != 0)
			errx(1, "%s: server %zu has ended", contender.name,
			     i + 1);
}

static void
hear(int in, struct told *told)
{
	struct pollfd wait = { .fd = in, .events = POLLIN };
	uint64_t end = trial_now() + PATIENCE_NS + trial.measured_ns;

	while (poll(&wait, 1, LOOK_MS) != 1) {
		if (signalled != 0)
			exit(128 + signalled);
		check_servers();
		if (trial_now() > end)
			errx(1, "%s: nothing moved for a minute",
			     contender.name);
	}
	if (read(in, told, sizeof(*told)) != sizeof(*told))
		errx(1, "%s: all servers have ended", contender.name);
}

/** Of all servers, all their threads included. */
static double
cpu_seconds(void)
{
	double seconds = 0;

	for (size_t i = 0; i < TRIAL_SERVERS; i++) {
		struct timespec spent;
		clockid_t clock;

		if (clock_getcpuclockid(pids[i], &clock) != 0 ||
		    clock_gettime(clock, &spent) != 0)
			errx(1, "the CPU time of a server is not known");
		seconds += (double)spent.tv_sec + 1e-9 * (double)spent.tv_nsec;
	}
	return seconds;
}

static void
measure_load(int in)
{
	struct told begun, over;
	double cpu, seconds;

	hear(in, &begun);
	cpu = cpu_seconds();
	hear(in, &over);
	cpu = cpu_seconds() - cpu;
	check_servers();
	seconds = 1e-9 * (double)(over.when - begun.when);
	printf("%s%s%s in_flight=%u ops=%.0f p50_us=%.0f p99_us=%.0f p999_us=%.0f "
	       "cpu_us=%.2f syncs=%.0f\n",
	       contender.name, trial.secure ? "-tls" : "",
	       trial.in_loop ? "-loop" : "", trial.in_flight,
	       (double)over.entries / seconds,
	       over.p50_us, over.p99_us, over.p999_us,
	       1e6 * cpu / (double)over.entries, (double)over.syncs / seconds);
}

/** The followers are known to have been there when its leader is killed. */
static void
measure_failover(int in)
{
	struct told first, second;
	uint64_t killed;

	hear(in, &first);
	usleep(SETTLE_US);
	check_servers();
	killed = trial_now();
	kill(pids[first.id - 1], SIGKILL);
	pids[first.id - 1] = 0;
	hear(in, &second);
	/* Leadership may have moved while it settled. */
	if (second.when <= killed || second.id == first.id)
		errx(1, "another led before the leader was killed");
	printf("%s failover_ms=%.1f\n", contender.name,
	       1e-6 * (double)(second.when - killed));
}

/* ------------------------------------------------------------ the arguments */

static void
print_usage(FILE *to)
{
	fprintf(to,
		"usage: %s [--in-flight N] [--seconds S] [--folder DIR]\n"
		"           [--snapshot-every N] [--slow MS [--slow-server ID]...]\n"
		"           [--far MS [--far-servers N]] [--tls] [--in-loop]\n"
		"           [--failover]\n"
		"Three servers on 127.0.0.1, with their files in a new folder in DIR\n"
		"(/var/tmp), which is removed; entries of %d bytes, N (1) of them in\n"
		"flight by the process of the one that leads, for S seconds (2). One\n"
		"line is printed: entries a second, how long they took, CPU time of all\n"
		"servers an entry, syncs a second of the leader.\n"
		"  --snapshot-every N   each server takes one every N entries\n"
		"  --slow MS            each sync of server 3, or of those that\n"
		"                       --slow-server names, takes so much longer;\n"
		"                       server 1 leads\n"
		"  --far MS             both followers, or as many as --far-servers\n"
		"                       says, are so far away, each way\n"
		"  --tls                between the servers\n"
		"  --in-loop            the disk is waited for in the loop, not in a\n"
		"                       thread\n"
		"  --failover           the one that leads is killed: milliseconds\n"
		"                       until another has committed an entry\n",
		contender.name, TRIAL_BYTES);
}

static unsigned int
number(const char *text, long long least, long long most)
{
	const char *wrong;
	long long value = strtonum(text, least, most, &wrong);

	if (wrong != NULL)
		errx(2, "'%s' is %s", text, wrong);
	return (unsigned int)value;
}

static double
seconds_of(const char *text)
{
	char *rest;
	double seconds = strtod(text, &rest);

	if (*rest != '\0' || rest == text || !(seconds > 0) || seconds > 3600)
		errx(2, "'%s' is no number of seconds", text);
	return seconds;
}

static void
take_option(int option, const char *argument)
{
	switch (option) {
	case 'i':
		trial.in_flight = number(argument, 1, TRIAL_IN_FLIGHT_MAX);
		break;
	case 's':
		trial.measured_ns = (uint64_t)(1e9 * seconds_of(argument));
		break;
	case 'd':
		base = argument;
		break;
	case 'n':
		trial.snapshot_every = number(argument, 1, INT_MAX);
		break;
	case 'l':
		trial.slow_ms = number(argument, 1, 10000);
		break;
	case 'w':
		trial.slow |= 1U << number(argument, 1, TRIAL_SERVERS);
		break;
	case 'f':
		trial.far_ms = number(argument, 1, 10000);
		break;
	case 'm':
		trial.far = number(argument, 1, TRIAL_SERVERS - 1);
		break;
	case 't':
		trial.secure = true;
		break;
	case 'o':
		trial.in_loop = true;
		break;
	case 'k':
		trial.failover = true;
		break;
	case 'h':
		print_usage(stdout);
		exit(0);
	default:
		print_usage(stderr);
		exit(2);
	}
}

static void
take_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "in-flight", required_argument, NULL, 'i' },
		{ "seconds", required_argument, NULL, 's' },
		{ "folder", required_argument, NULL, 'd' },
		{ "snapshot-every", required_argument, NULL, 'n' },
		{ "slow", required_argument, NULL, 'l' },
		{ "slow-server", required_argument, NULL, 'w' },
		{ "far", required_argument, NULL, 'f' },
		{ "far-servers", required_argument, NULL, 'm' },
		{ "tls", no_argument, NULL, 't' },
		{ "in-loop", no_argument, NULL, 'o' },
		{ "failover", no_argument, NULL, 'k' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		take_option(option, optarg);
	if (optind != argc) {
		print_usage(stderr);
		exit(2);
	}
	if (trial.slow == 0)
		trial.slow = 1U << TRIAL_SERVERS;
	if (trial.far_ms == 0)
		trial.far = 0;
	else if (trial.far == 0)
		trial.far = TRIAL_SERVERS - 1;
	if (trial.secure && contender.make_secure == NULL)
		errx(2, "%s knows no TLS", contender.name);
	if (trial.in_loop && !contender.has_thread)
		errx(2, "%s has no thread to do without", contender.name);
	if (!contender.is_raft && (trial.failover || trial.snapshot_every > 0))
		errx(2, "%s has no leader to replace, and no snapshots",
		     contender.name);
	if (trial.failover)
		trial.in_flight = 1;
}

static void
make_folder(void)
{
	int length = snprintf(trial.folder, sizeof(trial.folder),
			      "%s/outrigger-bench.XXXXXX", base);

	if (length < 0 || (size_t)length >= sizeof(trial.folder))
		errx(2, "too long: %s", base);
	if (mkdtemp(trial.folder) == NULL)
		err(1, "%s", trial.folder);
}

int
main(int argc, char **argv)
{
	int in;

	take_options(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	parent = getpid();
	make_folder();
	atexit(end);
	signal(SIGTERM, end_by_signal);
	signal(SIGINT, end_by_signal);
	if (trial.secure)
		contender.make_secure();
	in = start_all();
	if (trial.failover)
		measure_failover(in);
	else
		measure_load(in);
	return 0;
}
