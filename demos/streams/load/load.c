/*
 * load: producers and consumers of a topic, as fast as they can, and a judge of what
 * they saw.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each is a thread with a stream. A record's text is the producer and its sequence, and
 * filler. In the end each partition is read once more, from its beginning, and must have
 * what every producer was acknowledged, each record once, in the order in which it was
 * produced; and what each consumer saw of it meanwhile, at the same offsets.
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "demos/streams/client.h"

#define NS_PER_S UINT64_C(1000000000)
/** For what is open at the end. */
#define PATIENCE_S 40

static const char usage_text[] =
    "usage: load [--seconds S] [--records N] [--producers P] [--consumers C]\n"
    "            [--batch B] [--bytes L] [--unjudged] SERVERS TOPIC\n"
    "\n"
    "P producers (4) and C consumers (2) for each partition of the topic, for "
    "S\n"
    "seconds (10), or until SIGTERM, or until each producer had N records\n"
    "acknowledged, of L bytes (100), B (1) at a time. With --unjudged nothing "
    "is\n"
    "read in the end. The last line is\n"
    "\n"
    "  acknowledged=A lost=L repeated=R disordered=D consumed=C "
    "contradicted=X\n"
    "  records_per_s=P longest_gap_ms=G retried=T\n"
    "\n"
    "Exit status: 0; 1 if L, R, D or X is not 0; 2 for bad usage.\n";

static struct load {
	const char *servers;
	const char *topic;
	uint64_t seconds;
	uint64_t records;
	uint32_t producers;
	uint32_t consumers;
	uint32_t batch;
	uint32_t bytes;
	uint32_t partitions;
	bool is_unjudged;
} load = { .seconds = 10,
	   .records = UINT64_MAX,
	   .producers = 4,
	   .consumers = 2,
	   .batch = 1,
	   .bytes = 100 };

struct producer {
	uv_thread_t thread;
	uint32_t partition;
	uint64_t id;
	/** All up to here is acknowledged, and said. */
	uint64_t acknowledged;
	uint64_t said;
	uint64_t retried;
	uint64_t longest_gap_ns;
};

/** A hash of each record that was seen, by offset. */
struct consumer {
	uv_thread_t thread;
	uint32_t partition;
	uint64_t *seen;
	uint64_t count;
	uint64_t room;
};

/** What came of it. */
static struct {
	uint64_t acknowledged;
	uint64_t lost;
	uint64_t repeated;
	uint64_t disordered;
	uint64_t consumed;
	uint64_t contradicted;
	uint64_t retried;
	uint64_t longest_gap_ns;
} sum;

static atomic_bool is_over;
static volatile sig_atomic_t is_told_to_end;

static void
be_told_to_end(int number)
{
	(void)number;
	is_told_to_end = 1;
}

/* ------------------------------------------------------------------- producing */

static size_t
fill(uint8_t *texts, const struct producer *producer)
{
	uint8_t *at = texts;

	for (uint32_t i = 0; i < load.batch; i++) {
		put32(at, load.bytes);
		memset(at + 4, '.', load.bytes);
		if (load.bytes >= 16)
			put64(put64(at + 4, producer->id),
			      producer->said + 1 + i);
		at += 4 + load.bytes;
	}
	return (size_t)(at - texts);
}

/** Until it is acknowledged, or nobody acknowledges anything any more. */
static bool
say(struct producer *producer, struct stream *stream, const struct batch *batch)
{
	uint64_t begun = uv_hrtime(), gap;
	bool is_done;

	do {
		is_done = stream_produce(stream, batch);
		gap = uv_hrtime() - begun;
	} while (!is_done && gap < PATIENCE_S * NS_PER_S);
	if (gap > producer->longest_gap_ns)
		producer->longest_gap_ns = gap;
	return is_done;
}

static void
produce(void *context)
{
	struct producer *producer = context;
	struct stream *stream =
	    stream_open(load.servers, load.topic, producer->partition);
	uint8_t *texts = malloc((size_t)load.batch * (4 + load.bytes));
	struct batch batch = { .producer = producer->id,
			       .count = load.batch,
			       .texts = texts };

	while (texts != NULL && !is_over && producer->said < load.records) {
		batch.sequence = producer->said + 1;
		batch.length = fill(texts, producer);
		producer->said += load.batch;
		if (!say(producer, stream, &batch))
			break;
		producer->acknowledged = producer->said;
	}
	producer->retried = stream->retried;
	free(texts);
	stream_close(stream);
}

/* ------------------------------------------------------------------- consuming */

static void
note(struct consumer *consumer, const struct record *record)
{
	if (consumer->count == consumer->room) {
		consumer->room =
		    consumer->room == 0 ? 4096 : 2 * consumer->room;
		consumer->seen = reallocarray(consumer->seen, consumer->room,
					      sizeof(*consumer->seen));
		if (consumer->seen == NULL)
			err(1, "load");
	}
	consumer->seen[consumer->count++] =
	    record->producer * 31 + record->sequence;
}

/** Takes all that was fetched, if it begins where the last has ended. */
static void
take(struct consumer *consumer, const struct batch_fetched *fetched)
{
	struct record record;
	size_t done = 0, more;

	while ((more = record_get(fetched->records + done,
				  fetched->length - done, &record)) > 0 &&
	       record.offset == consumer->count) {
		note(consumer, &record);
		done += more;
	}
}

static void
consume(void *context)
{
	struct consumer *consumer = context;
	struct stream *stream =
	    stream_open(load.servers, load.topic, consumer->partition);
	struct batch_fetched fetched;

	while (!is_over)
		if (stream_fetch(stream, consumer->count, &fetched))
			take(consumer, &fetched);
	stream_close(stream);
}

/* ------------------------------------------------------------------- judging */

/** What the last reading of a partition has of a producer. */
struct tally {
	struct producer *producer;
	uint64_t last;
};

static void
count_record(struct tally *tallies, const struct record *record)
{
	struct tally *tally = tallies;

	while (tally->producer != NULL &&
	       tally->producer->id != record->producer)
		tally++;
	/* One of an earlier load. */
	if (tally->producer == NULL)
		return;
	if (record->sequence <= tally->last)
		sum.repeated++;
	else if (record->sequence != tally->last + 1)
		sum.disordered++;
	if (record->sequence > tally->last)
		tally->last = record->sequence;
}

/** Read the whole partition. */
static void
read_again(struct consumer *reader, struct tally *tallies)
{
	struct stream *stream =
	    stream_open(load.servers, load.topic, reader->partition);
	struct batch_fetched fetched = { .high = 1 };
	time_t end = time(NULL) + PATIENCE_S;
	bool is_complete = false;

	while (!is_complete && time(NULL) < end) {
		struct record record;
		size_t done = 0, more;

		if (!stream_fetch(stream, reader->count, &fetched))
			continue;
		while ((more = record_get(fetched.records + done,
					  fetched.length - done, &record)) >
		       0) {
			count_record(tallies, &record);
			done += more;
		}
		take(reader, &fetched);
		is_complete = reader->count >= fetched.high && fetched.high > 0;
		for (struct tally *tally = tallies; tally->producer != NULL;
		     tally++)
			is_complete =
			    is_complete &&
			    tally->last >= tally->producer->acknowledged;
	}
	stream_close(stream);
}

static void
judge(uint32_t partition, struct producer *producers, uint32_t producer_count,
      struct consumer *consumers, uint32_t consumer_count)
{
	struct tally *tallies = calloc(producer_count + 1, sizeof(*tallies));
	struct consumer reader = { .partition = partition };
	uint32_t count = 0;

	if (tallies == NULL)
		err(1, "load");
	for (uint32_t i = 0; i < producer_count; i++)
		if (producers[i].partition == partition)
			tallies[count++].producer = &producers[i];
	read_again(&reader, tallies);
	for (uint32_t i = 0; i < count; i++) {
		const struct producer *producer = tallies[i].producer;

		if (producer->acknowledged > tallies[i].last)
			sum.lost += producer->acknowledged - tallies[i].last;
	}
	for (uint32_t i = 0; i < consumer_count; i++) {
		const struct consumer *consumer = &consumers[i];

		if (consumer->partition != partition)
			continue;
		sum.consumed += consumer->count;
		for (uint64_t j = 0; j < consumer->count; j++)
			sum.contradicted += j >= reader.count ||
					    consumer->seen[j] != reader.seen[j];
	}
	free(reader.seen);
	free(tallies);
}

/* ------------------------------------------------------------------ the program */

/** Wait for the end. */
static void
wait_for_end(struct producer *producers, uint32_t count)
{
	if (load.records != UINT64_MAX)
		for (uint32_t i = 0; i < count; i++)
			uv_thread_join(&producers[i].thread);
	else
		for (uint64_t i = 0; i < load.seconds * 20 && !is_told_to_end;
		     i++)
			usleep(50000);
	is_over = true;
	if (load.records == UINT64_MAX)
		for (uint32_t i = 0; i < count; i++)
			uv_thread_join(&producers[i].thread);
}

static void
add_up(const struct producer *producers, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		sum.acknowledged += producers[i].acknowledged;
		sum.retried += producers[i].retried;
		if (producers[i].longest_gap_ns > sum.longest_gap_ns)
			sum.longest_gap_ns = producers[i].longest_gap_ns;
	}
}

static int
run(void)
{
	uint32_t producer_count = load.producers * load.partitions;
	uint32_t consumer_count = load.consumers * load.partitions;
	struct producer *producers =
	    calloc(producer_count + 1, sizeof(*producers));
	struct consumer *consumers =
	    calloc(consumer_count + 1, sizeof(*consumers));
	uint64_t begun = uv_hrtime(), took;

	if (producers == NULL || consumers == NULL)
		err(1, "load");
	for (uint32_t i = 0; i < producer_count; i++) {
		producers[i].partition = i % load.partitions;
		arc4random_buf(&producers[i].id, sizeof(producers[i].id));
		uv_thread_create(&producers[i].thread, produce, &producers[i]);
	}
	for (uint32_t i = 0; i < consumer_count; i++) {
		consumers[i].partition = i % load.partitions;
		uv_thread_create(&consumers[i].thread, consume, &consumers[i]);
	}
	wait_for_end(producers, producer_count);
	took = uv_hrtime() - begun;
	for (uint32_t i = 0; i < consumer_count; i++)
		uv_thread_join(&consumers[i].thread);
	add_up(producers, producer_count);
	for (uint32_t i = 0; i < load.partitions && !load.is_unjudged; i++)
		judge(i, producers, producer_count, consumers, consumer_count);
	for (uint32_t i = 0; i < consumer_count; i++)
		free(consumers[i].seen);
	free(consumers);
	free(producers);
	printf("acknowledged=%" PRIu64 " lost=%" PRIu64 " repeated=%" PRIu64
	       " disordered=%" PRIu64 " consumed=%" PRIu64
	       " contradicted=%" PRIu64 " records_per_s=%" PRIu64
	       " longest_gap_ms=%" PRIu64 " retried=%" PRIu64 "\n",
	       sum.acknowledged, sum.lost, sum.repeated, sum.disordered,
	       sum.consumed, sum.contradicted,
	       sum.acknowledged * NS_PER_S / took,
	       sum.longest_gap_ns / (NS_PER_S / 1000), sum.retried);
	return sum.lost + sum.repeated + sum.disordered + sum.contradicted > 0;
}

static uint32_t
number(const char *text, uint32_t most)
{
	const char *error;
	long long value = strtonum(text, 0, most, &error);

	if (error != NULL)
		errx(2, "%s is %s", text, error);
	return (uint32_t)value;
}

static void
read_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seconds", required_argument, NULL, 's' },
		{ "records", required_argument, NULL, 'n' },
		{ "producers", required_argument, NULL, 'p' },
		{ "consumers", required_argument, NULL, 'c' },
		{ "batch", required_argument, NULL, 'b' },
		{ "bytes", required_argument, NULL, 'l' },
		{ "unjudged", no_argument, NULL, 'u' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case 's':
			load.seconds = number(optarg, 86400);
			break;
		case 'n':
			load.records = number(optarg, INT32_MAX);
			break;
		case 'p':
			load.producers = number(optarg, 1000);
			break;
		case 'c':
			load.consumers = number(optarg, 1000);
			break;
		case 'b':
			load.batch = number(optarg, 1000);
			break;
		case 'u':
			load.is_unjudged = true;
			break;
		case 'l':
			load.bytes = number(optarg, 500);
			break;
		default:
			fputs(usage_text, stderr);
			exit(2);
		}
	if (argc - optind != 2 || load.batch == 0) {
		fputs(usage_text, stderr);
		exit(2);
	}
	load.servers = argv[optind];
	load.topic = argv[optind + 1];
}

int
main(int argc, char **argv)
{
	struct stream *stream;

	read_options(argc, argv);
	signal(SIGTERM, be_told_to_end);
	signal(SIGINT, be_told_to_end);
	stream = stream_open(load.servers, load.topic, 0);
	load.partitions = stream_partitions(stream);
	stream_close(stream);
	if (load.partitions == 0)
		errx(1, "there is no topic %s, or no server", load.topic);
	return run();
}
