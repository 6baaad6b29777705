/*
 * libmosquitto, kept in bounds (broker.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The library keeps what it could not send yet, or what was not acknowledged, as long
 * as memory lasts. So we keep count: a message waits from publish to on_publish, which
 * comes in the order of sending, and when too many bytes wait, the next is dropped.
 *
 * MQTT 5, because a 3.1.1 broker ends a connection without saying why.
 */
#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <errno.h>
#include <inttypes.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "demos/queue/broker.h"

#define TOPICS_MAX 4
/** Messages that wait, at most; their bytes, at most, beyond one of the largest. */
#define WAITING_MAX 1024
#define WAITING_BYTES (1u << 20)
/** Packets read before somebody else has a turn. */
#define READS_MAX 64
/** The least that the library takes: a broker that says nothing for so long, and
 *  then not to a ping, is lost. */
#define KEEPALIVE_S 5
#define PAUSE_MS 250
#define RECEIVE_MAX 256
#define IS_REFUSAL(reason) ((reason) >= 128)

enum state {
	/** No connection, or none that the broker has accepted. */
	OFFLINE,
	/** Accepted; the trial is under way. */
	TRIED,
	READY,
};

struct broker {
	struct broker_options options;
	struct mosquitto *client;
	char host[256];
	int port;
	const char *topics[TOPICS_MAX];
	size_t topic_count;
	enum state state;
	bool was_dialed;
	/** Of the trial that was not acknowledged yet; 0: there is none. */
	int trial;
	/** Of this process alone. */
	char word[20];
	/** Of the word that was not sent yet; 0: there is none. The library's
	 *  numbers begin anew, so that another message has the same one later. */
	int word_left;
	/** No connection is tried before. */
	uint64_t dials_at_ms;
	/** Sizes of what waits: a ring. */
	size_t waiting[WAITING_MAX];
	size_t first, count, waiting_bytes;
	struct broker_counters counters;
	/** The library's last word on an error. */
	char detail[256];
	char said[512];
	char ended[512];
};

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Once, however often it is so. */
__attribute__((format(printf, 2, 3))) static void
say(struct broker *b, const char *format, ...)
{
	char text[sizeof(b->said)];
	int begun =
	    snprintf(text, sizeof(text), "broker %s: ", b->options.place);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + begun, sizeof(text) - (size_t)begun, format,
		  arguments);
	va_end(arguments);
	if (strcmp(text, b->said) == 0)
		return;
	strlcpy(b->said, text, sizeof(b->said));
	b->options.say(b->options.context, text);
}

/* What was said is for good, if nothing ever went well before. */
static void
refuse(struct broker *b)
{
	if (b->counters.connections == 0)
		strlcpy(b->ended, b->said, sizeof(b->ended));
}

/* ------------------------------------------------------------ what waits */

static bool
may_wait(const struct broker *b, size_t length)
{
	return b->count < WAITING_MAX &&
	       b->waiting_bytes + length <=
		   WAITING_BYTES + b->options.message_bytes_max;
}

static void
begin_wait(struct broker *b, size_t length)
{
	b->waiting[(b->first + b->count++) % WAITING_MAX] = length;
	b->waiting_bytes += length;
	if (b->waiting_bytes > b->counters.waiting_bytes_max)
		b->counters.waiting_bytes_max = b->waiting_bytes;
}

static void
end_wait(struct broker *b)
{
	if (b->count == 0)
		return;
	b->waiting_bytes -= b->waiting[b->first];
	b->first = (b->first + 1) % WAITING_MAX;
	b->count--;
}

/* ------------------------------------------------- from within the library */

static void
on_log(struct mosquitto *client, void *context, int level, const char *text)
{
	struct broker *b = context;

	(void)client;
	if (level == MOSQ_LOG_ERR)
		strlcpy(b->detail, text, sizeof(b->detail));
}

/* A message of the largest size, to nobody. One that a broken connection left behind
 * is sent again by the library. */
static void
begin_trial(struct broker *b)
{
	size_t length = b->options.message_bytes_max;
	uint8_t *zeros;
	int result = MOSQ_ERR_NOMEM;

	b->state = TRIED;
	if (b->trial != 0)
		return;
	zeros = calloc(1, length);
	if (zeros != NULL)
		result = mosquitto_publish_v5(
		    b->client, &b->trial, b->options.trial_topic, (int)length,
		    zeros, 1, false, NULL);
	free(zeros);
	if (result == MOSQ_ERR_SUCCESS)
		return;
	b->trial = 0;
	say(b, "it takes no message of %zu bytes, as one may be: %s", length,
	    mosquitto_strerror(result));
	refuse(b);
}

/* The broker keeps it, and tells it whoever comes back under the name. */
static void
leave_word(struct broker *b)
{
	if (b->options.word_topic != NULL &&
	    mosquitto_publish_v5(b->client, &b->word_left,
				 b->options.word_topic, (int)strlen(b->word),
				 b->word, 0, true, NULL) != MOSQ_ERR_SUCCESS)
		b->word_left = 0;
}

static void
take_word(struct broker *b, const struct mosquitto_message *message)
{
	if (b->counters.connections == 0 ||
	    ((size_t)message->payloadlen == strlen(b->word) &&
	     memcmp(message->payload, b->word, strlen(b->word)) == 0))
		return;
	say(b,
	    "another process has come as %s: there may be one, so this one "
	    "ends",
	    b->options.name);
	strlcpy(b->ended, b->said, sizeof(b->ended));
}

static void
end_trial(struct broker *b, int reason)
{
	b->trial = 0;
	if (b->ended[0] != '\0')
		return;
	if (!IS_REFUSAL(reason)) {
		b->state = READY;
		b->counters.connections++;
		leave_word(b);
		say(b, "connected as %s", b->options.name);
		return;
	}
	if (reason == MQTT_RC_NOT_AUTHORIZED)
		say(b, "it does not let %s write to %s", b->options.name,
		    b->options.trial_topic);
	else
		say(b,
		    "it takes no message of %zu bytes, as one may be: %s. "
		    "Raise its message_size_limit, or lower --message-bytes "
		    "on all servers",
		    b->options.message_bytes_max,
		    mosquitto_reason_string(reason));
	refuse(b);
}

static void
on_connect(struct mosquitto *client, void *context, int reason, int flags,
	   const mosquitto_property *properties)
{
	struct broker *b = context;

	(void)flags;
	(void)properties;
	if (reason != 0) {
		say(b, "it refuses %s: %s", b->options.name,
		    mosquitto_reason_string(reason));
		refuse(b);
		return;
	}
	for (size_t i = 0; i < b->topic_count; i++)
		mosquitto_subscribe_v5(client, NULL, b->topics[i],
				       b->options.qos, 0, NULL);
	if (b->options.word_topic != NULL)
		mosquitto_subscribe_v5(client, NULL, b->options.word_topic, 0,
				       0, NULL);
	begin_trial(b);
}

static void
on_subscribe(struct mosquitto *client, void *context, int mid, int count,
	     const int *granted, const mosquitto_property *properties)
{
	struct broker *b = context;

	(void)client;
	(void)mid;
	(void)properties;
	for (int i = 0; i < count; i++) {
		if (!IS_REFUSAL(granted[i]))
			continue;
		say(b, "it does not let %s hear what is for it: %s",
		    b->options.name, mosquitto_reason_string(granted[i]));
		refuse(b);
	}
}

static void
on_publish(struct mosquitto *client, void *context, int mid, int reason,
	   const mosquitto_property *properties)
{
	struct broker *b = context;

	(void)client;
	(void)properties;
	if (mid == b->trial) {
		end_trial(b, reason);
		return;
	}
	if (mid == b->word_left) {
		b->word_left = 0;
		return;
	}
	end_wait(b);
	if (!IS_REFUSAL(reason))
		return;
	b->counters.refused++;
	say(b, "it refuses a message: %s", mosquitto_reason_string(reason));
}

static void
on_message(struct mosquitto *client, void *context,
	   const struct mosquitto_message *message,
	   const mosquitto_property *properties)
{
	struct broker *b = context;

	(void)client;
	(void)properties;
	if (b->options.word_topic != NULL &&
	    strcmp(message->topic, b->options.word_topic) == 0) {
		take_word(b, message);
		return;
	}
	b->counters.taken++;
	b->options.take(b->options.context, message->topic, message->payload,
			(size_t)message->payloadlen);
}

static void
on_disconnect(struct mosquitto *client, void *context, int reason,
	      const mosquitto_property *properties)
{
	struct broker *b = context;

	(void)client;
	(void)properties;
	b->state = OFFLINE;
	b->dials_at_ms = now_ms() + PAUSE_MS;
	/* The library has let go of what has QoS 0. */
	b->word_left = 0;
	while (b->options.qos == 0 && b->count > 0)
		end_wait(b);
	if (reason == 0 || b->ended[0] != '\0')
		return;
	/* The library has no words for this one. */
	if (reason == MOSQ_ERR_KEEPALIVE)
		say(b, "the connection has ended: nothing comes from it");
	else
		say(b, "the connection has ended: %s",
		    IS_REFUSAL(reason) ? mosquitto_reason_string(reason)
				       : mosquitto_strerror(reason));
}

/* --------------------------------------------------------------- lifetime */

static bool
read_place(struct broker *b)
{
	const char *colon = strrchr(b->options.place, ':'), *wrong = NULL;

	if (colon == NULL ||
	    (size_t)(colon - b->options.place) >= sizeof(b->host))
		return false;
	snprintf(b->host, sizeof(b->host), "%.*s",
		 (int)(colon - b->options.place), b->options.place);
	b->port = (int)strtonum(colon + 1, 1, 65535, &wrong);
	return wrong == NULL && b->host[0] != '\0';
}

static int
set_up(struct broker *b)
{
	const struct broker_options *options = &b->options;
	struct mosquitto *client = b->client;
	int result;

	mosquitto_log_callback_set(client, on_log);
	mosquitto_connect_v5_callback_set(client, on_connect);
	mosquitto_subscribe_v5_callback_set(client, on_subscribe);
	mosquitto_publish_v5_callback_set(client, on_publish);
	mosquitto_message_v5_callback_set(client, on_message);
	mosquitto_disconnect_v5_callback_set(client, on_disconnect);
	mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION,
			     MQTT_PROTOCOL_V5);
	mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_int_option(client, MOSQ_OPT_SEND_MAXIMUM, RECEIVE_MAX);
	mosquitto_int_option(client, MOSQ_OPT_RECEIVE_MAXIMUM, RECEIVE_MAX);
	result =
	    mosquitto_username_pw_set(client, options->user, options->password);
	if (result == MOSQ_ERR_SUCCESS && options->authority != NULL)
		result =
		    mosquitto_tls_set(client, options->authority, NULL,
				      options->certificate, options->key, NULL);
	if (result == MOSQ_ERR_SUCCESS && options->authority != NULL)
		result = mosquitto_tls_opts_set(client, 1, "tlsv1.3", NULL);
	return result;
}

struct broker *
broker_open(const struct broker_options *options, char *error, size_t size)
{
	struct broker *b = calloc(1, sizeof(*b));
	int result;

	if (b == NULL || mosquitto_lib_init() != MOSQ_ERR_SUCCESS) {
		snprintf(error, size, "out of memory");
		free(b);
		return NULL;
	}
	b->options = *options;
	snprintf(b->word, sizeof(b->word), "%08" PRIx32 "%08" PRIx32,
		 arc4random(), arc4random());
	b->client = mosquitto_new(options->name, true, b);
	result = b->client == NULL ? MOSQ_ERR_NOMEM : set_up(b);
	if (result == MOSQ_ERR_SUCCESS && read_place(b))
		return b;
	if (result == MOSQ_ERR_SUCCESS)
		snprintf(error, size, "broker %s: not HOST:PORT",
			 options->place);
	else
		snprintf(error, size, "broker %s: its user or files: %s",
			 options->place, mosquitto_strerror(result));
	broker_close(b);
	return NULL;
}

void
broker_close(struct broker *b)
{
	if (b == NULL)
		return;
	if (b->state != OFFLINE)
		mosquitto_disconnect_v5(b->client, 0, NULL);
	mosquitto_destroy(b->client);
	mosquitto_lib_cleanup();
	free(b);
}

void
broker_subscribe(struct broker *b, const char *topic)
{
	if (b->topic_count < TOPICS_MAX)
		b->topics[b->topic_count++] = topic;
}

/* ---------------------------------------------------------------- in and out */

void
broker_publish(struct broker *b, const char *topic, const void *bytes,
	       size_t length)
{
	if (b->state != READY || !may_wait(b, length)) {
		b->counters.dropped++;
		return;
	}
	/* on_publish may come before the library returns. */
	begin_wait(b, length);
	if (mosquitto_publish_v5(b->client, NULL, topic, (int)length, bytes,
				 b->options.qos, false,
				 NULL) == MOSQ_ERR_SUCCESS) {
		b->counters.sent++;
		return;
	}
	b->counters.dropped++;
	if (b->count > 0)
		b->waiting_bytes -=
		    b->waiting[(b->first + --b->count) % WAITING_MAX];
}

int
broker_socket(const struct broker *b)
{
	return mosquitto_socket(b->client);
}

bool
broker_wants_to_write(const struct broker *b)
{
	return mosquitto_want_write(b->client);
}

/* A certificate that is not taken will not be taken the next time. */
static void
note_no_tls(struct broker *b)
{
	say(b, "no TLS with it: %s", b->detail);
	refuse(b);
}

/* The library looks names up, for which it waits; it does not wait for the connection. */
static void
dial(struct broker *b)
{
	int result;

	if (b->ended[0] != '\0' || now_ms() < b->dials_at_ms)
		return;
	b->dials_at_ms = now_ms() + PAUSE_MS;
	result = b->was_dialed ? mosquitto_reconnect_async(b->client)
			       : mosquitto_connect_async(b->client, b->host,
							 b->port, KEEPALIVE_S);
	b->was_dialed = true;
	if (result == MOSQ_ERR_TLS)
		note_no_tls(b);
	else if (result != MOSQ_ERR_SUCCESS)
		say(b, "no connection: %s",
		    result == MOSQ_ERR_ERRNO ? strerror(errno)
					     : mosquitto_strerror(result));
}

/* A packet at a time, until there is none. */
static int
read_some(struct broker *b)
{
	int result = MOSQ_ERR_SUCCESS;

	for (int i = 0; i < READS_MAX && result == MOSQ_ERR_SUCCESS; i++) {
		errno = 0;
		result = mosquitto_loop_read(b->client, 1);
		if (errno == EAGAIN)
			break;
	}
	return result;
}

void
broker_pump(struct broker *b)
{
	int result;

	if (mosquitto_socket(b->client) < 0) {
		dial(b);
		return;
	}
	result = read_some(b);
	if (result == MOSQ_ERR_SUCCESS && mosquitto_want_write(b->client))
		result = mosquitto_loop_write(b->client, 1);
	if (result == MOSQ_ERR_SUCCESS)
		result = mosquitto_loop_misc(b->client);
	if (result == MOSQ_ERR_TLS)
		note_no_tls(b);
}

bool
broker_is_ready(const struct broker *b)
{
	return b->state == READY;
}

const char *
broker_ended(const struct broker *b)
{
	return b->ended[0] == '\0' ? NULL : b->ended;
}

const struct broker_counters *
broker_counters(const struct broker *b)
{
	return &b->counters;
}
