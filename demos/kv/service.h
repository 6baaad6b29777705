/*
 * The service of one server: its keys, its clock, and those who ask.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_KV_SERVICE_H
#define OUTRIGGER_KV_SERVICE_H

#include "assists/port/port.h"
#include "demos/kv/keys.h"
#include "demos/kv/store.h"

struct service {
	/** First of all, for store.h. */
	struct store store;
	struct raft_server *server;
	struct keys keys;
	/** The time of the keys less that of our own clock, as far as is known. It
	 *  only rises: see service_now(). */
	int64_t ahead_ms;
	/** The request that is being read. */
	struct request request;
};

/** How far the time of the keys would be by now. Entries are stamped with it. It goes on
 *  with this machine's clock from where the entries that were applied have it; of those
 *  the one that is furthest ahead counts, so that the way through the log takes no time.
 *  A clock that is wrong by years does no harm, only one that goes too fast. */
uint64_t service_now(const struct service *service);

/** Somebody's dialogue with the server: raft_port_own() of a client. */
struct dialogue;
extern const size_t dialogue_bytes;

/** In struct raft_port_options, with the service as their context. */
size_t dialogue_take(void *service, struct raft_port_client *client,
		     const void *bytes, size_t length);
void dialogue_gone(void *service, struct raft_port_client *client);

/** What the server says of itself (about.c). */
void about_info(const struct service *service, struct buffer *reply);
void about_cluster(const struct service *service, const struct request *request,
		   struct buffer *reply);
void about_commands(const struct request *request, struct buffer *reply);
void about_config(const struct request *request, struct buffer *reply);
void about_hello(const struct service *service, const struct request *request,
		 struct buffer *reply);

/** Where clients find whoever leads, if that is another and it is known. The place is
 *  the note that stands beside the address of that server; it is not known if there
 *  is none. */
bool service_redirects(const struct service *service,
		       char place[RAFT_ADDRESS_BYTES_MAX + 1]);
/** Which of the 16384 slots of a Redis Cluster a key is in: here all of them are at one
 *  server. */
unsigned service_slot(struct text key);

#endif
