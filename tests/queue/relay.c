/*
 * relay: whatever is published under one name is published under another one, too,
 * with QoS 1. Under the same: everything comes twice.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The arguments are a port on 127.0.0.1 and two names: what is of outrigger/FROM goes
 * to outrigger/TO as well. It says "ready" when it is, then a line with a dot for each
 * message, and runs until it is killed.
 */
#include <err.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *from, *to;

static void
on_connect(struct mosquitto *client, void *context, int reason)
{
	char topic[160];

	(void)context;
	if (reason != 0)
		errx(1, "refused");
	snprintf(topic, sizeof(topic), "outrigger/%s/#", from);
	/* Not what it has published itself. */
	mosquitto_subscribe_v5(client, NULL, topic, 1, MQTT_SUB_OPT_NO_LOCAL,
			       NULL);
}

static void
on_subscribe(struct mosquitto *client, void *context, int mid, int count,
	     const int *granted)
{
	(void)client;
	(void)context;
	(void)mid;
	(void)count;
	(void)granted;
	puts("ready");
	fflush(stdout);
}

static void
on_message(struct mosquitto *client, void *context,
	   const struct mosquitto_message *message)
{
	const char *rest = message->topic + strlen("outrigger/") + strlen(from);
	char topic[160];

	(void)context;
	snprintf(topic, sizeof(topic), "outrigger/%s%s", to, rest);
	mosquitto_publish(client, NULL, topic, message->payloadlen,
			  message->payload, 1, false);
	puts(".");
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	struct mosquitto *client;

	if (argc != 4)
		errx(2, "usage: relay PORT FROM TO");
	from = argv[2];
	to = argv[3];
	mosquitto_lib_init();
	client = mosquitto_new(NULL, true, NULL);
	if (client == NULL)
		errx(1, "out of memory");
	mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION,
			     MQTT_PROTOCOL_V5);
	mosquitto_connect_callback_set(client, on_connect);
	mosquitto_subscribe_callback_set(client, on_subscribe);
	mosquitto_message_callback_set(client, on_message);
	if (mosquitto_connect(client, "127.0.0.1", atoi(argv[1]), 60) != 0)
		errx(1, "no connection");
	return mosquitto_loop_forever(client, -1, 1);
}
