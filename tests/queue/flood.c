/*
 * flood: what a connection keeps in memory while its broker stands still.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The arguments are the broker, HOST:PORT, its process, the QoS, and how large a message
 * is. A hundred thousand of them are published while it is stopped. Then it goes on, and
 * must take messages again. With QoS 1 and a small message it then takes so many that the
 * library's numbers begin anew, and must take as many at once as before.
 */
#include <err.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "demos/queue/broker.h"

#define MESSAGES 100000
#define MESSAGE_BYTES_MAX 10000
/** As broker.c has it. */
#define WAITING_BYTES (1u << 20)
#define WAITING_MAX 1024
/** The library copies. */
#define MEMORY_KIB (64u << 10)
/** A message's number is one of these, and at QoS 1 it is another one's again. */
#define NUMBERS 65535
#define TRIES_MAX 60

/** What was freed is to be gone, also under a sanitizer. */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "quarantine_size_mb=1";
}

static uint64_t taken;
static size_t message_bytes;

static void
take(void *context, const char *topic, const void *bytes, size_t length)
{
	(void)context;
	(void)topic;
	(void)bytes;
	(void)length;
	taken++;
}

static void
say(void *context, const char *text)
{
	(void)context;
	puts(text);
}

/* False: nothing happened. */
static bool
turn(struct broker *broker, int wait_ms)
{
	struct pollfd input = { .fd = broker_socket(broker), .events = POLLIN };
	int ready;

	if (broker_wants_to_write(broker))
		input.events |= POLLOUT;
	ready = poll(&input, 1, wait_ms);
	broker_pump(broker);
	if (broker_ended(broker) != NULL)
		errx(1, "%s", broker_ended(broker));
	return ready > 0;
}

static long
memory_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void
flood(struct broker *broker)
{
	static const char bytes[MESSAGE_BYTES_MAX];
	const struct broker_counters *c = broker_counters(broker);
	long before = memory_kib(), after;

	for (int i = 0; i < MESSAGES; i++) {
		broker_publish(broker, "outrigger/flood/in", bytes,
			       message_bytes);
		if (i % 100 == 0)
			turn(broker, 0);
	}
	after = memory_kib();
	printf("sent=%" PRIu64 " dropped=%" PRIu64 " waiting_bytes_max=%" PRIu64
	       " memory=%ld..%ld KiB\n",
	       c->sent, c->dropped, c->waiting_bytes_max, before, after);
	if (c->sent + c->dropped != MESSAGES || c->dropped < MESSAGES / 2)
		errx(1, "hardly anything was dropped, or not all counted");
	if (c->waiting_bytes_max > WAITING_BYTES + message_bytes ||
	    c->waiting_bytes_max > WAITING_MAX * message_bytes ||
	    after - before > (long)MEMORY_KIB)
		errx(1, "more waits than may");
}

/* Whether as many as may wait are taken at once. */
static bool
takes_a_burst(struct broker *broker)
{
	uint64_t before = broker_counters(broker)->dropped;

	for (int i = 0; i < WAITING_MAX; i++)
		broker_publish(broker, "outrigger/flood/in", "x", 1);
	return broker_counters(broker)->dropped == before;
}

/* Each that waited leaves its place to another, whatever number it had. */
static void
go_round(struct broker *broker)
{
	uint64_t before = broker_counters(broker)->sent;
	int tries = 0;

	while (broker_counters(broker)->sent < before + NUMBERS) {
		takes_a_burst(broker);
		turn(broker, 10);
	}
	do {
		if (++tries == TRIES_MAX)
			errx(1, "less may wait than before");
		while (turn(broker, 1000))
			;
	} while (!takes_a_burst(broker));
	puts("all numbers were in use, and as much may wait as before");
}

int
main(int argc, char **argv)
{
	struct broker_options options = {
		.name = "flood",
		.trial_topic = "outrigger/flood/trial",
		.word_topic = "outrigger/flood/word",
		.take = take,
		.say = say,
	};
	struct broker *broker;
	char error[256];
	uint64_t before;
	pid_t stopped;

	if (argc != 5)
		errx(2, "usage: flood HOST:PORT PID QOS BYTES");
	options.place = argv[1];
	stopped = atoi(argv[2]);
	options.qos = atoi(argv[3]);
	message_bytes = (size_t)atoi(argv[4]) % (MESSAGE_BYTES_MAX + 1);
	options.message_bytes_max = message_bytes;
	broker = broker_open(&options, error, sizeof(error));
	if (broker == NULL)
		errx(1, "%s", error);
	broker_subscribe(broker, "outrigger/flood/out");
	while (!broker_is_ready(broker))
		turn(broker, 100);
	kill(stopped, SIGSTOP);
	flood(broker);
	kill(stopped, SIGCONT);
	/* What waited is sent, and there is room again. */
	before = broker_counters(broker)->sent;
	for (int i = 0; i < 1000 && taken < 3; i++) {
		broker_publish(broker, "outrigger/flood/out", "x", 1);
		turn(broker, 20);
	}
	if (taken < 3 || broker_counters(broker)->sent < before + 3)
		errx(1, "it does not go on");
	if (options.qos == 1 && message_bytes <= WAITING_BYTES / WAITING_MAX)
		go_round(broker);
	broker_close(broker);
	return 0;
}
