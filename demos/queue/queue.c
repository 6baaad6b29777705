/*
 * queue: a server of a replicated counter, whose messages go over an MQTT broker.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Begin with run(): a turn of the node, a wait, what has come. docs/queue.md walks
 * through the rest.
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "demos/queue/broker.h"
#include "demos/queue/counter.h"
#include "demos/queue/log_sealed/log_file.h"
#include "demos/queue/options.h"
#include "demos/queue/transport_queue.h"

#define MEMBERS_MAX 255
/** A broker that is away is asked for no less often. */
#define WAIT_MS 250

static const char usage[] =
    "usage: queue OPTION... make FOLDER   once in a server's life\n"
    "       queue OPTION... run FOLDER    until SIGTERM\n"
    "\n"
    "  --id N --of COUNT      which server this is, from 1 on, of how many\n"
    "  --cluster NAME --life L  a name, and a number of this cluster alone\n"
    "  --broker HOST:PORT\n"
    "  --user NAME --password-file FILE\n"
    "  --ca FILE              TLS: who vouches for the broker\n"
    "  --certificate FILE --key FILE\n"
    "                         TLS: this server's own\n"
    "  --qos 0|1              1: what is not acknowledged is sent again (0)\n"
    "  --message-bytes N      the largest message, for all servers (262144)\n"
    "  --election-timeout MS  for all servers (1000)\n"
    "  --keys FILE            encrypt entries on the disk; a key a line, of 64\n"
    "                         hexadecimal digits: the last one encrypts\n"
    "\n"
    "SIGUSR1: say what it has.\n";

static struct options options;
static struct broker *broker;
static struct raft_queue *hub;
static struct raft_log_file *folder;
static struct seal_keys *keys;
static struct raft_node *node;
static struct raft *raft;
static struct counter counter;
/** Where clients ask. */
static char asks[TOPIC_BYTES];
static volatile sig_atomic_t is_told_to_end, is_told_to_count;
static bool has_stopped;

static uint64_t
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void
say(void *context, const char *text)
{
	(void)context;
	printf("server %" PRIu64 ": %s\n", options.id, text);
}

/* ---------------------------------------------------------------- the broker */

static void
publish(void *context, uint64_t id, const void *bytes, size_t length)
{
	char topic[TOPIC_BYTES], place[32];

	(void)context;
	snprintf(place, sizeof(place), "raft/%" PRIu64, id);
	broker_publish(broker, options_topic(&options, place, topic), bytes,
		       length);
}

static void
take(void *context, const char *topic, const void *bytes, size_t length)
{
	(void)context;
	if (strcmp(topic, asks) == 0)
		counter_ask(&counter, raft, now_us(), bytes, length);
	else
		raft_queue_take(hub, bytes, length);
}

static void
receive(void *context, const struct raft_message *message)
{
	(void)context;
	raft_receive(raft, message, now_us());
}

/* Its name tells the broker a server from all others, of other clusters, too. */
static void
open_broker(void)
{
	static char name[TOPIC_BYTES], mine[TOPIC_BYTES], word[TOPIC_BYTES];
	char error[256], place[32];

	snprintf(name, sizeof(name), "%s-%" PRIu64, options.cluster,
		 options.id);
	snprintf(place, sizeof(place), "word/%" PRIu64, options.id);
	options.broker.name = name;
	options.broker.word_topic = options_topic(&options, place, word);
	options.broker.message_bytes_max += RAFT_QUEUE_HEAD_BYTES;
	options.broker.take = take;
	options.broker.say = say;
	broker = broker_open(&options.broker, error, sizeof(error));
	if (broker == NULL)
		errx(1, "%s", error);
	snprintf(place, sizeof(place), "raft/%" PRIu64, options.id);
	broker_subscribe(broker, options_topic(&options, place, mine));
	broker_subscribe(broker, options_topic(&options, "ask", asks));
}

/* ------------------------------------------------------------------ the node */

static void
answer(void *context, const char *client, const char *text)
{
	char topic[TOPIC_BYTES], place[64];

	(void)context;
	snprintf(place, sizeof(place), "answer/%s", client);
	broker_publish(broker, options_topic(&options, place, topic), text,
		       strlen(text));
}

static void
event(void *context, const struct raft_event *event)
{
	char text[256];

	(void)context;
	raft_event_print(text, sizeof(text), event);
	say(NULL, text);
	has_stopped |= event->kind == RAFT_EVENT_STOPPED;
}

static void
saved(void *context, uint64_t token)
{
	(void)context;
	raft_node_saved(node, token);
}

static void
failed(void *context, const char *why)
{
	(void)context;
	say(NULL, why);
	raft_node_log_failed(node);
}

/* The same of name and life for all members, and for nobody else. */
static struct raft_owner
owner(void)
{
	struct raft_owner owner = { .self = { options.id, options.life } };
	uint8_t digest[EVP_MAX_MD_SIZE];
	char text[TOPIC_BYTES];
	int length = snprintf(text, sizeof(text), "%s %" PRIu64,
			      options.cluster, options.life);

	if (EVP_Digest(text, (size_t)length, digest, NULL, EVP_sha256(),
		       NULL) != 1)
		errx(1, "SHA-256 is not there");
	memcpy(owner.cluster, digest, sizeof(owner.cluster));
	return owner;
}

static void
make(const char *path)
{
	struct raft_owner whose = owner();
	char error[512];

	if (!raft_log_file_create(path, &whose, error, sizeof(error)))
		errx(1, "%s", error);
}

static void
open_log(const char *path, struct raft_stored *stored)
{
	struct raft_log_file_options wish = {
		.path = path,
		.owner = owner(),
	};
	char error[512];

	if (options.keys != NULL) {
		keys = seal_keys_read(options.keys, error, sizeof(error));
		if (keys == NULL)
			errx(1, "%s", error);
	}
	wish.keys = keys;
	folder = raft_log_file_open(&wish, error, sizeof(error));
	if (folder == NULL)
		errx(1, "%s", error);
	if (!raft_log_file_stored(folder, stored))
		errx(1, "%s: it does not fit into memory", path);
	if (keys != NULL)
		seal_keys_print(keys, say, NULL);
	raft_log_file_bind(folder, NULL, saved, failed);
}

/* The group begins with all of them. */
static enum raft_result
bootstrap(void)
{
	struct raft_member members[MEMBERS_MAX] = { 0 };
	struct raft_configuration first = {
		.election_timeout_us = options.election_timeout_ms * 1000,
		.members = members,
		.member_count = options.count,
	};

	for (uint64_t i = 0; i < options.count; i++)
		members[i] = (struct raft_member){
			.identity = { i + 1, options.life },
			.role = RAFT_MEMBER_VOTER,
		};
	return raft_bootstrap(raft, &first, now_us());
}

/* A peer is sent no more ahead than the broker is given to keep. */
static void
open_node(const char *path)
{
	struct raft_queue_options wish = { .publish = publish };
	struct raft_queue_receiver self = { options.id, receive, NULL };
	struct raft_node_options setup = {
		.raft.self = owner().self,
		.raft.bytes_in_flight_max = 512u << 10,
		.log = &raft_log_file,
		.transport = &raft_queue_transport,
		.machine = &counter_machine,
		.machine_context = &counter,
		.message_bytes_max = options.broker.message_bytes_max,
	};
	struct raft_sessions_options sessions = { 0 };
	struct raft_stored stored;
	enum raft_result result;

	memcpy(wish.cluster, owner().cluster, sizeof(wish.cluster));
	hub = raft_queue_create(&wish);
	if (hub == NULL || !raft_queue_add(hub, &self) ||
	    raft_sessions_create(&sessions, &counter.sessions) != RAFT_OK)
		errx(1, "out of memory");
	counter.answer = answer;
	counter.event = event;
	open_log(path, &stored);
	setup.log_context = folder;
	setup.transport_context = hub;
	setup.raft.seed = arc4random();
	result = raft_node_create(&setup, &stored, now_us(), &node);
	if (result == RAFT_OK) {
		raft = raft_node_raft(node);
		if (stored.term == 0)
			result = bootstrap();
	}
	if (result != RAFT_OK)
		errx(1, "%s: %s", path, raft_result_text(result));
}

/* ------------------------------------------------------------------- the loop */

static void
wait_for_input(void)
{
	struct pollfd input = { .fd = broker_socket(broker), .events = POLLIN };
	uint64_t now = now_us(), deadline = raft_node_deadline(node);
	uint64_t wait = deadline <= now ? 0 : (deadline - now) / 1000 + 1;

	if (broker_wants_to_write(broker))
		input.events |= POLLOUT;
	poll(&input, 1, wait < WAIT_MS ? (int)wait : WAIT_MS);
}

/* All that it has counted, for whoever compares. */
static void
print_counts(void)
{
	const struct raft_queue_counters *came = raft_queue_counters(hub);
	const struct broker_counters *b = broker_counters(broker);

	printf("server %" PRIu64 " has value=%" PRIu64 " applied=%" PRIu64
	       " delivered=%" PRIu64 " foreign=%" PRIu64 " damaged=%" PRIu64
	       " connections=%" PRIu64 " sent=%" PRIu64 " dropped=%" PRIu64
	       " refused=%" PRIu64 " waiting_bytes_max=%" PRIu64 "\n",
	       options.id, counter.value, counter.applied, came->delivered,
	       came->foreign, came->damaged, b->connections, b->sent,
	       b->dropped, b->refused, b->waiting_bytes_max);
}

static void
run(const char *path)
{
	open_node(path);
	open_broker();
	while (!is_told_to_end && !has_stopped &&
	       broker_ended(broker) == NULL) {
		raft_node_turn(node, now_us());
		raft_queue_pump(hub);
		wait_for_input();
		broker_pump(broker);
		if (is_told_to_count)
			print_counts();
		is_told_to_count = false;
	}
	print_counts();
}

static void
note(int number)
{
	if (number == SIGUSR1)
		is_told_to_count = true;
	else
		is_told_to_end = true;
}

int
main(int argc, char **argv)
{
	struct sigaction noting = { .sa_handler = note };
	bool ended_well;

	options_read(argc, argv, usage, &options);
	if (options.id == 0 || options.id > options.count || options.life == 0)
		errx(2, "--id N --of COUNT --life L are needed; --help");
	if (options.rest[0] == NULL || options.rest[1] == NULL ||
	    options.rest[2] != NULL)
		errx(2, "make FOLDER, or run FOLDER; --help");
	setvbuf(stdout, NULL, _IOLBF, 0);
	sigaction(SIGTERM, &noting, NULL);
	sigaction(SIGINT, &noting, NULL);
	sigaction(SIGUSR1, &noting, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (strcmp(options.rest[0], "make") == 0) {
		make(options.rest[1]);
		return 0;
	}
	if (strcmp(options.rest[0], "run") != 0)
		errx(2, "make FOLDER, or run FOLDER; --help");
	run(options.rest[1]);
	ended_well = !has_stopped && broker_ended(broker) == NULL;
	raft_node_destroy(node);
	raft_queue_destroy(hub);
	raft_log_file_close(folder);
	seal_keys_free(keys);
	raft_sessions_destroy(counter.sessions);
	broker_close(broker);
	return ended_well ? 0 : 1;
}
