/*
 * Writing, reading and asking for a roster (roster.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "demos/counter/client.h"
#include "demos/counter/roster.h"

#define LIST_BYTES (SERVERS_MAX * (PLACE_BYTES + 12))
#define LIVES_BYTES (SERVERS_MAX * 17 + 1)

/* ---------------------------------------------------------------- writing */

/** To the end of a text that has room for it. */
__attribute__((format(printf, 2, 3))) static void
append(char text[ROSTER_BYTES], const char *format, ...)
{
	size_t used = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + used, ROSTER_BYTES - used, format, arguments);
	va_end(arguments);
}

static bool
is_voting(const struct server *server)
{
	return server->role == RAFT_MEMBER_VOTER;
}

static bool
is_standing_in(const struct server *server)
{
	return server->role == RAFT_MEMBER_NON_VOTING &&
	       server->stands_in_us != 0;
}

static bool
is_joining(const struct server *server)
{
	return server->role == RAFT_MEMBER_NON_VOTING &&
	       server->stands_in_us == 0;
}

/** Of whom that is true. */
static void
append_those(char text[ROSTER_BYTES], const struct servers *servers,
	     bool (*is_one)(const struct server *server))
{
	const char *comma = "";

	for (size_t i = 0; i < servers->count; i++) {
		if (!is_one(&servers->list[i]))
			continue;
		append(text, "%s%" PRIu64, comma, servers->list[i].identity.id);
		comma = ",";
	}
	if (*comma == '\0')
		append(text, "-");
}

void
roster_print(const struct roster *roster, char text[ROSTER_BYTES])
{
	const struct servers *servers = &roster->servers;
	char list[LIST_BYTES];

	text[0] = '\0';
	append(text, "ok cluster=");
	for (size_t i = 0; i < sizeof(roster->cluster); i++)
		append(text, "%02" PRIx8, roster->cluster[i]);
	servers_print(servers, list, sizeof(list));
	append(text, " index=%" PRIu64 " nodes=%s incarnations=", roster->index,
	       list);
	for (size_t i = 0; i < servers->count; i++)
		append(text, "%s%" PRIx64, i > 0 ? "," : "",
		       servers->list[i].identity.incarnation);
	append(text, " voting=");
	append_those(text, servers, is_voting);
	append(text, " joining=");
	append_those(text, servers, is_joining);
	append(text, " standing-in=");
	append_those(text, servers, is_standing_in);
}

/* ---------------------------------------------------------------- reading */

static bool
take_cluster(const char *text, uint8_t *cluster)
{
	for (size_t i = 0; i < RAFT_TCP_CLUSTER_BYTES; i++)
		if (sscanf(text + 2 * i, "%2" SCNx8, &cluster[i]) != 1)
			return false;
	return true;
}

static bool
take_incarnations(char *text, struct servers *servers)
{
	const char *one;

	for (size_t i = 0; i < servers->count; i++) {
		one = strsep(&text, ",");
		if (one == NULL ||
		    sscanf(one, "%" SCNx64,
			   &servers->list[i].identity.incarnation) != 1)
			return false;
	}
	return text == NULL;
}

bool
roster_parse(const char *text, struct roster *roster)
{
	char cluster[2 * RAFT_TCP_CLUSTER_BYTES + 1];
	char list[LIST_BYTES], lives[LIVES_BYTES], format[96];

	*roster = (struct roster){ 0 };
	snprintf(format, sizeof(format),
		 "ok cluster=%%%zus index=%%" SCNu64
		 " nodes=%%%zus incarnations=%%%zus ",
		 sizeof(cluster) - 1, sizeof(list) - 1, sizeof(lives) - 1);
	return sscanf(text, format, cluster, &roster->index, list, lives) ==
		   4 &&
	       strlen(cluster) == sizeof(cluster) - 1 &&
	       take_cluster(cluster, roster->cluster) &&
	       servers_parse(list, &roster->servers) == NULL &&
	       take_incarnations(lives, &roster->servers);
}

bool
roster_ask(const char *host, uint16_t client_port, const struct server *asking,
	   struct roster *roster)
{
	int socket = client_dial(host, client_port);
	char place[PLACE_BYTES + 12], line[sizeof(place) + 12] = "members";
	char answer[ROSTER_BYTES];
	struct servers us;
	bool told;

	if (asking != NULL) {
		us.list[0] = *asking;
		us.count = 1;
		servers_print(&us, place, sizeof(place));
		snprintf(line, sizeof(line), "members %s", place);
	}

	if (socket < 0)
		return false;
	errno = EPROTO;
	told = client_ask(socket, line, answer, sizeof(answer)) &&
	       roster_parse(answer, roster);
	close(socket);
	return told;
}
