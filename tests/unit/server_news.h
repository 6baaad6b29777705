/*
 * What a server may say: of each event its kind, how much it matters, whom and which
 * entry it is about, and its sentence. Every event that a test of the kit hears is
 * looked at (docs/events.md).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_SERVER_NEWS_H
#define OUTRIGGER_SERVER_NEWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/server/server.h"

/** Of numbers. */
enum news_number {
	NEWS_NONE,
	NEWS_SOME,
	/** Either. */
	NEWS_ANY,
};

/** What must be true of an event with this key. In a sentence %m is the member, %i
 *  the entry, # a number, and * anything. */
struct news_rule {
	const char *key;
	enum raft_server_event_kind kind;
	enum raft_server_severity severity;
	enum news_number member, index;
	const char *sentences[3];
};

static const struct news_rule news_rules[] = {
#define ABOUT(kind, severity)                                                  \
	RAFT_SERVER_EVENT_##kind, RAFT_SERVER_SEVERITY_##severity
	{ "connection-open",
	  ABOUT(CONNECTION, INFO),
	  NEWS_SOME,
	  NEWS_NONE,
	  { "connection to %m at *: open", "connection from %m at *: open",
	    "connection from %m at *: open, as a guest" } },
	{ "connection-ended",
	  ABOUT(CONNECTION, NOTICE),
	  NEWS_ANY,
	  NEWS_NONE,
	  { "connection * %m at *: the peer's host closed it*",
	    "connection * %m at *: nothing came for too long*",
	    "connection * %m at *: the network failed*" } },
	{ "connection-renewed",
	  ABOUT(CONNECTION, DEBUG),
	  NEWS_ANY,
	  NEWS_NONE,
	  { "connection * %m at *: this side had no more use for it*",
	    "connection * %m at *: * newer one*",
	    "connection * %m at *: it is plain, and TLS is required now" } },
	{ "connection-refused",
	  ABOUT(CONNECTION, WARNING),
	  NEWS_ANY,
	  NEWS_NONE,
	  { "connection to %m at *: *", "connection from %m at *: *" } },
	{ "connection-failed",
	  ABOUT(CONNECTION, WARNING),
	  NEWS_SOME,
	  NEWS_NONE,
	  { "connection to %m at *: no connection could be made*" } },
	{ "connection-still-failing",
	  ABOUT(CONNECTION, DEBUG),
	  NEWS_ANY,
	  NEWS_NONE,
	  { "connection to %m at *: *", "connection from %m at *: *" } },
	{ "strangers",
	  ABOUT(CONNECTION, NOTICE),
	  NEWS_NONE,
	  NEWS_NONE,
	  { "connections from *: # more *" } },
	{ "snapshot-taken",
	  ABOUT(SNAPSHOT, INFO),
	  NEWS_NONE,
	  NEWS_SOME,
	  { "a snapshot of entry %i was taken: # bytes" } },
	{ "snapshot-failed",
	  ABOUT(SNAPSHOT, WARNING),
	  NEWS_NONE,
	  NEWS_NONE,
	  { "no snapshot was taken: *", "*/snapshots*: *" } },
	{ "snapshot-refused",
	  ABOUT(SNAPSHOT, ERROR),
	  NEWS_NONE,
	  NEWS_SOME,
	  { "the snapshot of entry %i *", "*/snapshots*: *",
	    "out of memory" } },
	{ "room-short",
	  ABOUT(DISK, WARNING),
	  NEWS_NONE,
	  NEWS_NONE,
	  { "/*: # KiB are free, and # are to be kept for a snapshot and a "
	    "compaction: as a leader this server takes no new commands until "
	    "there is room. Delete something else, or give it a larger "
	    "disk" } },
	{ "room-again",
	  ABOUT(DISK, NOTICE),
	  NEWS_NONE,
	  NEWS_NONE,
	  { "/*: # KiB are free: new commands are taken again" } },
	{ "damage-found",
	  ABOUT(DISK, ERROR),
	  NEWS_NONE,
	  NEWS_ANY,
	  { "*/log/*: # bytes from # on are not as they were written*. Entries "
	    "that were there are fetched from other servers; a start may "
	    "refuse the rest. Look at the disk, and if it is not to be trusted "
	    "remove this server and let it join anew while the others are "
	    "whole",
	    "*/snapshots: the snapshot of entry %i is not as it was written, "
	    "and is named `damaged` now. Another one is taken in its place. "
	    "Look at the disk",
	    "*/snapshots: the snapshot of entry %i is not as it was written, "
	    "and is named `damaged` now. There is a newer one. Look at the "
	    "disk" } },
	{ "entries-lost",
	  ABOUT(DISK, WARNING),
	  NEWS_NONE,
	  NEWS_SOME,
	  { "*/log: entry %i cannot be read back: the other servers are asked "
	    "for it. Look at the disk" } },
	{ "entry-mended",
	  ABOUT(DISK, NOTICE),
	  NEWS_NONE,
	  NEWS_SOME,
	  { "*/log: entry %i can be read again" } },
	{ "place-unusable",
	  ABOUT(MEMBERS, WARNING),
	  NEWS_SOME,
	  NEWS_NONE,
	  { "server %m at *: *",
	    "the configuration does not say where server %m is" } },
	{ "join-asked",
	  ABOUT(MEMBERS, NOTICE),
	  NEWS_SOME,
	  NEWS_NONE,
	  { "server %m at * asks to be let in" } },
	{ "join-refused",
	  ABOUT(MEMBERS, WARNING),
	  NEWS_SOME,
	  NEWS_NONE,
	  { "server %m is not let in: *", "server %m says *" } },
	{ "disowned",
	  ABOUT(MEMBERS, ERROR),
	  NEWS_SOME,
	  NEWS_NONE,
	  { "server %m says that this server has another disk by now: this "
	    "folder is of no use any more",
	    "server %m says that this server has left the cluster: this folder "
	    "is of no use any more" } },
	{ "certificate-ends",
	  ABOUT(TLS, WARNING),
	  NEWS_NONE,
	  NEWS_NONE,
	  { "certificate *: *: renew it and reload, or no peer takes it",
	    "authorities *: *: replace this CA and reload, or nobody whom it "
	    "signed is taken",
	    "revocations *: *: renew this CRL and reload, or nobody of its CA "
	    "is taken" } },
	{ "certificates-read",
	  ABOUT(TLS, NOTICE),
	  NEWS_NONE,
	  NEWS_NONE,
	  { "certificates: read again" } },
	{ "certificates-kept",
	  ABOUT(TLS, ERROR),
	  NEWS_NONE,
	  NEWS_NONE,
	  { "certificates: those of before remain: *" } },
	{ "tls-mode",
	  ABOUT(TLS, NOTICE),
	  NEWS_NONE,
	  NEWS_NONE,
	  { "TLS: required", "TLS: accepts", "TLS: prefers" } },
	{ "tls-everywhere",
	  ABOUT(TLS, NOTICE),
	  NEWS_NONE,
	  NEWS_NONE,
	  { "TLS: every member's connections have it: when all servers say so, "
	    "it can be required" } },
	{ "removed",
	  ABOUT(REMOVED, NOTICE),
	  NEWS_NONE,
	  NEWS_SOME,
	  { "this server has left the cluster: its folder is of no use any "
	    "more" } },
	{ "stopped", ABOUT(STOPPED, ERROR), NEWS_NONE, NEWS_NONE, { "*" } },
#undef ABOUT
};

/** What a member says. */
static const struct {
	const char *key;
	enum raft_event_kind kind;
	enum raft_server_severity severity;
} news_of_members[] = {
#define OF(kind, severity) RAFT_EVENT_##kind, RAFT_SERVER_SEVERITY_##severity
	{ "raft-role", OF(ROLE, INFO) },
	{ "raft-leader", OF(LEADER, NOTICE) },
	{ "raft-configuration", OF(CONFIGURATION, INFO) },
	{ "raft-stopped", OF(STOPPED, ERROR) },
	{ "raft-incompatible", OF(INCOMPATIBLE, ERROR) },
	{ "raft-peer-stranded", OF(PEER_STRANDED, WARNING) },
	{ "raft-configuration-committed", OF(CONFIGURATION_COMMITTED, NOTICE) },
	{ "raft-removed", OF(REMOVED, NOTICE) },
	{ "raft-snapshot-sent", OF(SNAPSHOT_SENT, INFO) },
	{ "raft-snapshot-installed", OF(SNAPSHOT_INSTALLED, INFO) },
	{ "raft-caught-up", OF(CAUGHT_UP, NOTICE) },
	{ "raft-fell-behind", OF(FELL_BEHIND, NOTICE) },
	{ "raft-cannot-keep-up", OF(CANNOT_KEEP_UP, WARNING) },
	{ "raft-peer-regressed", OF(PEER_REGRESSED, ERROR) },
	{ "raft-snapshot-refused", OF(SNAPSHOT_REFUSED, WARNING) },
	{ "raft-snapshot-damaged", OF(SNAPSHOT_DAMAGED, ERROR) },
#undef OF
};

/** Whether a sentence is as that one says. */
static inline bool
news_reads(const char *text, const char *like,
	   const struct raft_server_event *event)
{
	char number[24];

	for (; *like != '\0'; like++) {
		if (*like == '*') {
			for (; *text != '\0'; text++)
				if (news_reads(text, like + 1, event))
					return true;
		} else if (*like == '#') {
			if (!isdigit((unsigned char)*text))
				return false;
			text += strspn(text, "0123456789");
		} else if (*like == '%') {
			like++;
			snprintf(number, sizeof(number), "%" PRIu64,
				 *like == 'm' ? event->member : event->index);
			if (strncmp(text, number, strlen(number)) != 0)
				return false;
			text += strlen(number);
		} else if (*text++ != *like) {
			return false;
		}
	}
	return *text == '\0';
}

static inline bool
news_has(uint64_t number, enum news_number rule)
{
	return rule == NEWS_ANY || (number != 0) == (rule == NEWS_SOME);
}

static inline bool
news_fits(const struct raft_server_event *event, const struct news_rule *rule)
{
	bool reads = false;

	for (size_t i = 0; i < 3 && rule->sentences[i] != NULL; i++)
		reads |= news_reads(event->text, rule->sentences[i], event);
	return reads && event->kind == rule->kind &&
	       event->severity == rule->severity && event->term == 0 &&
	       event->raft == NULL && news_has(event->member, rule->member) &&
	       news_has(event->index, rule->index);
}

static inline bool
news_of_member_fits(const struct raft_server_event *event)
{
	const char *key = "raft-other";
	enum raft_server_severity severity = RAFT_SERVER_SEVERITY_INFO;
	char text[RAFT_SERVER_ERROR_BYTES];

	for (size_t i = 0;
	     i < sizeof(news_of_members) / sizeof(news_of_members[0]); i++) {
		if (news_of_members[i].kind != event->raft->kind)
			continue;
		key = news_of_members[i].key;
		severity = news_of_members[i].severity;
	}
	raft_event_print(text, sizeof(text), event->raft);
	return event->kind == RAFT_SERVER_EVENT_RAFT &&
	       strcmp(event->key, key) == 0 && event->severity == severity &&
	       event->member == event->raft->peer &&
	       event->term == event->raft->term &&
	       event->index == event->raft->index &&
	       strcmp(event->text, text) == 0;
}

/** An event of this server is as it should be. */
static inline void
check_news(uint64_t server, const struct raft_server_event *event)
{
	bool fits = event->raft != NULL && news_of_member_fits(event);

	for (size_t i = 0; i < sizeof(news_rules) / sizeof(news_rules[0]); i++)
		if (strcmp(event->key, news_rules[i].key) == 0)
			fits = news_fits(event, &news_rules[i]);
	if (!fits || event->server != server)
		fail_msg("server %" PRIu64 " says: kind %d severity %d server "
			 "%" PRIu64 " event %s member %" PRIu64 " term %" PRIu64
			 " index %" PRIu64 ": %s",
			 server, (int)event->kind, (int)event->severity,
			 event->server, event->key, event->member, event->term,
			 event->index, event->text);
}

#endif
