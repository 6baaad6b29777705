/*
 * Events: what the program is told, in words and in fields (docs/events.md).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_SERVER_EVENTS_H
#define OUTRIGGER_SERVER_EVENTS_H

#include "assists/server/server.h"

/** The kit's own: what it is about, how much it matters, and its key, which stays
 *  the same. What a member says has keys of its own, in events.c. */
#define NEWS(X)                                                                \
	X(CONNECTION_OPEN, CONNECTION, INFO, "connection-open")                \
	X(CONNECTION_ENDED, CONNECTION, NOTICE, "connection-ended")            \
	X(CONNECTION_RENEWED, CONNECTION, DEBUG, "connection-renewed")         \
	X(CONNECTION_REFUSED, CONNECTION, WARNING, "connection-refused")       \
	X(CONNECTION_FAILED, CONNECTION, WARNING, "connection-failed")         \
	X(STILL_FAILING, CONNECTION, DEBUG, "connection-still-failing")        \
	X(STRANGERS, CONNECTION, NOTICE, "strangers")                          \
	X(SNAPSHOT_TAKEN, SNAPSHOT, INFO, "snapshot-taken")                    \
	X(SNAPSHOT_FAILED, SNAPSHOT, WARNING, "snapshot-failed")               \
	X(SNAPSHOT_REFUSED, SNAPSHOT, ERROR, "snapshot-refused")               \
	X(ROOM_SHORT, DISK, WARNING, "room-short")                             \
	X(ROOM_AGAIN, DISK, NOTICE, "room-again")                              \
	X(DAMAGE_FOUND, DISK, ERROR, "damage-found")                           \
	X(ENTRIES_LOST, DISK, WARNING, "entries-lost")                         \
	X(ENTRY_MENDED, DISK, NOTICE, "entry-mended")                          \
	X(PLACE_UNUSABLE, MEMBERS, WARNING, "place-unusable")                  \
	X(JOIN_ASKED, MEMBERS, NOTICE, "join-asked")                           \
	X(JOIN_REFUSED, MEMBERS, WARNING, "join-refused")                      \
	X(DISOWNED, MEMBERS, ERROR, "disowned")                                \
	X(CERTIFICATE_ENDS, TLS, WARNING, "certificate-ends")                  \
	X(CERTIFICATES_READ, TLS, NOTICE, "certificates-read")                 \
	X(CERTIFICATES_KEPT, TLS, ERROR, "certificates-kept")                  \
	X(TLS_MODE, TLS, NOTICE, "tls-mode")                                   \
	X(TLS_EVERYWHERE, TLS, NOTICE, "tls-everywhere")                       \
	X(REMOVED, REMOVED, NOTICE, "removed")                                 \
	X(STOPPED, STOPPED, ERROR, "stopped")

enum news {
#define NEWS_CODE(name, kind, severity, key) NEWS_##name,
	NEWS(NEWS_CODE)
#undef NEWS_CODE
};

struct raft_server;

/** Tell the program. `member` and `index` may be 0. */
__attribute__((format(printf, 5, 6))) void
raft__server_say(struct raft_server *server, enum news what, uint64_t member,
		 uint64_t index, const char *format, ...);
/** Likewise what its member says. */
void raft__server_say_event(struct raft_server *server,
			    const struct raft_event *event);

/** In struct raft_tcp_options: a connection was made, or has ended. */
void raft__server_traced(void *server, uint64_t peer,
			 enum raft_link_counter what, const char *text);

#endif
