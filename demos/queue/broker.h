/*
 * broker: a connection to an MQTT broker, for a program that turns by poll().
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nothing here waits. What cannot be sent is dropped and counted, and when the
 * connection ends, another is made. It is of use only once the broker has taken a
 * message as large as any that will come (the trial): a broker tells nobody how
 * much it takes, and drops what is larger without a word.
 *
 * A broker also lets go of whoever was there under a name when another comes by it,
 * without a word why. Two processes of one server would throw each other out for ever.
 * So each leaves word there that it was the last, and one that comes back and finds
 * another's word ends.
 */
#ifndef DEMOS_QUEUE_BROKER_H
#define DEMOS_QUEUE_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct broker;

struct broker_options {
	/** HOST:PORT. */
	const char *place;
	/** By this the broker knows a client. */
	const char *name;
	/** Where it leaves word that it was there last. NULL: no other process can
	 *  have the name. */
	const char *word_topic;
	/** NULL: nobody. */
	const char *user;
	const char *password;
	/** Files in PEM. NULL: no TLS; without a certificate only the broker has to
	 *  prove who it is. */
	const char *authority;
	const char *certificate;
	const char *key;
	/** 0, or 1: what was not acknowledged is said again after a break. */
	int qos;
	/** Where the trial goes: to nobody. */
	const char *trial_topic;
	/** The largest message. */
	size_t message_bytes_max;
	/** A message has come; all of it lives until this returns. */
	void (*take)(void *context, const char *topic, const void *bytes,
		     size_t length);
	/** A sentence for a person. */
	void (*say)(void *context, const char *text);
	void *context;
};

struct broker_counters {
	/** Connections that were made, and passed the trial. */
	uint64_t connections;
	uint64_t taken;
	uint64_t sent;
	/** There was no connection, or too much waited. */
	uint64_t dropped;
	/** The broker said no. */
	uint64_t refused;
	/** Bytes that wait, at most so far. */
	uint64_t waiting_bytes_max;
};

/** The options are copied, what they point to is borrowed until broker_close().
 *  NULL: refused, and `error` (of `size` bytes) says why. */
struct broker *
broker_open(const struct broker_options *options, char *error, size_t size);
void broker_close(struct broker *broker);

/** Have what is sent to this topic, with every connection. Borrowed. Before the first
 *  broker_pump(). */
void broker_subscribe(struct broker *broker, const char *topic);

/** Send, or drop. */
void broker_publish(struct broker *broker, const char *topic, const void *bytes,
		    size_t length);

/** What to wait for: -1 if there is no connection now. */
int broker_socket(const struct broker *broker);
bool broker_wants_to_write(const struct broker *broker);

/** Take what has come, send what waits, keep the connection alive, or make one: after
 *  each wait, and twice a second at least. */
void broker_pump(struct broker *broker);

/** It has passed the trial, and goes on. */
bool broker_is_ready(const struct broker *broker);

/** Why no connection will be made any more; NULL: that is not so. */
const char *broker_ended(const struct broker *broker);

const struct broker_counters *broker_counters(const struct broker *broker);

#endif
