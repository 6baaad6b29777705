/*
 * client: asks the counter's servers over the broker, once or again and again.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whoever leads answers. What was not answered is asked again, with the same sequence
 * of the same session: it counts once.
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "demos/queue/broker.h"
#include "demos/queue/options.h"

/** Not answered: asked again. */
#define PATIENCE_MS 300
/** And for so long, after the end. */
#define LIMIT_MS 30000
/** Between two lines that say how far it is. */
#define PROGRESS_MS 200

static const char usage[] =
    "usage: client OPTION... WORDS         ask, and print the answer\n"
    "       client OPTION... --seconds S   add 1, for so long\n"
    "\n"
    "WORDS: session, or add N SESSION K; SESSION 0: none. The options are\n"
    "queue's: --cluster, --broker, and, if the broker wants to know, --user,\n"
    "--password-file, --ca, --certificate, --key; --qos, --message-bytes.\n"
    "\n"
    "The last line of the second: acknowledged=A value=V asked_again=R\n"
    "longest_gap_ms=G. V is the last answer; for G nothing was answered.\n"
    "Exit status: 0; 1 if nobody answers, or not above the answer before;\n"
    "2 for bad usage.\n";

static struct options options;
static struct broker *broker;
static char name[32];
static volatile sig_atomic_t is_told_to_end;

/** Where to ask, and what was asked. */
static char ask_topic[TOPIC_BYTES];
static char *text;
static uint64_t number;
static uint64_t asked_at_ms, asked_again;
/** Its answer; "": none yet. */
static char answer[256];

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void
say(void *context, const char *sentence)
{
	(void)context;
	fprintf(stderr, "client: %s\n", sentence);
}

/* An answer to an earlier ask may come late, or twice. */
static void
take(void *context, const char *topic, const void *bytes, size_t length)
{
	char words[sizeof(answer)];
	uint64_t which;
	int at = 0;

	(void)context;
	(void)topic;
	snprintf(words, sizeof(words), "%.*s", (int)length,
		 (const char *)bytes);
	if (sscanf(words, "%19" SCNu64 " %n", &which, &at) == 1 && at > 0 &&
	    which == number)
		snprintf(answer, sizeof(answer), "%s", words + at);
}

static void
open_broker(void)
{
	static char topic[TOPIC_BYTES];
	char error[256], place[64];

	snprintf(name, sizeof(name), "c-%08" PRIx32 "%08" PRIx32, arc4random(),
		 arc4random());
	snprintf(place, sizeof(place), "answer/%s", name);
	options.broker.name = name;
	options.broker.take = take;
	options.broker.say = say;
	broker = broker_open(&options.broker, error, sizeof(error));
	if (broker == NULL)
		errx(1, "%s", error);
	broker_subscribe(broker, options_topic(&options, place, topic));
	options_topic(&options, "ask", ask_topic);
}

static void
turn(void)
{
	struct pollfd input = { .fd = broker_socket(broker), .events = POLLIN };

	if (broker_wants_to_write(broker))
		input.events |= POLLOUT;
	poll(&input, 1, 50);
	broker_pump(broker);
	if (broker_ended(broker) != NULL)
		exit(1);
}

static void
publish(void)
{
	asked_at_ms = now_ms();
	broker_publish(broker, ask_topic, text, strlen(text));
}

/* False: nobody answers. */
static bool
ask(const char *words)
{
	uint64_t begun = now_ms();

	free(text);
	if (asprintf(&text, "%s %" PRIu64 " %s", name, ++number, words) < 0)
		errx(1, "out of memory");
	answer[0] = '\0';
	while (!broker_is_ready(broker) && now_ms() - begun < LIMIT_MS)
		turn();
	publish();
	while (answer[0] == '\0' && now_ms() - begun < LIMIT_MS) {
		turn();
		if (answer[0] != '\0' || now_ms() - asked_at_ms < PATIENCE_MS)
			continue;
		asked_again++;
		publish();
	}
	return answer[0] != '\0';
}

/* What follows "ok". */
static uint64_t
ask_number(const char *words)
{
	uint64_t value;

	while (!ask(words) || sscanf(answer, "ok %19" SCNu64, &value) != 1)
		errx(1, "%s: %s", words,
		     answer[0] == '\0' ? "nobody answers" : answer);
	return value;
}

static void
print(uint64_t acknowledged, uint64_t value, uint64_t longest_gap_ms)
{
	printf("acknowledged=%" PRIu64 " value=%" PRIu64 " asked_again=%" PRIu64
	       " longest_gap_ms=%" PRIu64 "\n",
	       acknowledged, value, asked_again, longest_gap_ms);
}

/* False: the counter went back. */
static bool
add_for(uint64_t seconds)
{
	uint64_t session = ask_number("session"), begun = now_ms();
	uint64_t last = begun, shown = begun, gap = 0, value = 0, count = 0;
	char words[96];

	while (!is_told_to_end && now_ms() - begun < seconds * 1000) {
		uint64_t before = value;

		snprintf(words, sizeof(words), "add 1 %" PRIu64 " %" PRIu64,
			 session, ++count);
		value = ask_number(words);
		if (now_ms() - last > gap)
			gap = now_ms() - last;
		last = now_ms();
		if (value <= before)
			return false;
		if (last - shown < PROGRESS_MS)
			continue;
		print(count, value, gap);
		shown = last;
	}
	print(count, value, gap);
	return true;
}

static void
end(int signal_number)
{
	(void)signal_number;
	is_told_to_end = true;
}

int
main(int argc, char **argv)
{
	struct sigaction ending = { .sa_handler = end };
	bool went_well = true;

	options_read(argc, argv, usage, &options);
	if ((options.seconds == 0) == (options.rest[0] == NULL))
		errx(2, "WORDS, or --seconds S; --help");
	setvbuf(stdout, NULL, _IOLBF, 0);
	sigaction(SIGTERM, &ending, NULL);
	sigaction(SIGINT, &ending, NULL);
	signal(SIGPIPE, SIG_IGN);
	open_broker();
	if (options.seconds > 0)
		went_well = add_for(options.seconds);
	else if (ask(options.rest[0]))
		puts(answer);
	else
		errx(1, "nobody answers");
	free(text);
	broker_close(broker);
	return went_well ? 0 : 1;
}
