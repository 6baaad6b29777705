/*
 * Reading where servers are (address.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <string.h>
#include <sys/un.h>

#include "assists/server/address.h"

/* An IPv6 address has colons of its own, so it needs its brackets. */
static bool
take_host(char *text, char host[HOST_BYTES])
{
	size_t length = strlen(text);

	if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
		text[length - 1] = '\0';
		text++;
	} else if (strchr(text, ':') != NULL) {
		return false;
	}
	return text[0] != '\0' && strlcpy(host, text, HOST_BYTES) < HOST_BYTES;
}

/* All of it is what the transport calls its host. */
static bool
take_path(const char *text, struct address *address)
{
	struct sockaddr_un limit;

	address->port = 0;
	return strncmp(text, "unix:/", 6) == 0 && text[6] != '\0' &&
	       strlen(text) - 5 < sizeof(limit.sun_path) &&
	       strlcpy(address->host, text, HOST_BYTES) < HOST_BYTES;
}

bool
raft__address_parse(const char *text, struct address *address)
{
	char copy[HOST_BYTES + 16];
	size_t length = strcspn(text, " ");
	const char *problem;
	char *colon;

	if (length >= sizeof(copy))
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	if (take_path(copy, address))
		return true;
	colon = strrchr(copy, ':');
	if (colon == NULL)
		return false;
	*colon = '\0';
	address->port = (uint16_t)strtonum(colon + 1, 1, UINT16_MAX, &problem);
	return problem == NULL && colon[1] >= '0' && colon[1] <= '9' &&
	       take_host(copy, address->host);
}

bool
raft__address_parse_port(const char *text, struct address *address)
{
	return strchr(text, ' ') == NULL &&
	       raft__address_parse(text, address) && address->port != 0;
}

const char *
raft__address_note(const char *place)
{
	const char *blank = strchr(place, ' ');

	return blank != NULL ? blank + 1 : "";
}

bool
raft__address_of_member(const struct raft_member *member,
			char place[PLACE_BYTES])
{
	struct address address;

	place[0] = '\0';
	if (member->address_length >= PLACE_BYTES || member->address == NULL ||
	    memchr(member->address, '\0', member->address_length) != NULL)
		return false;
	memcpy(place, member->address, member->address_length);
	place[member->address_length] = '\0';
	if (raft__address_parse(place, &address))
		return true;
	place[0] = '\0';
	return false;
}

const char *
raft__address_listed(const char **text, uint64_t *id, char place[PLACE_BYTES])
{
	const char *equals = strchr(*text, '=');
	size_t length = strcspn(*text, ",");
	struct address address;
	const char *problem;
	char number[24];

	if (equals == NULL || equals > *text + length)
		return "a server is ID=HOST:PORT";
	if ((size_t)(equals - *text) >= sizeof(number) ||
	    length - (size_t)(equals - *text) > PLACE_BYTES)
		return "it is too long";
	memcpy(number, *text, (size_t)(equals - *text));
	number[equals - *text] = '\0';
	length -= (size_t)(equals + 1 - *text);
	memcpy(place, equals + 1, length);
	place[length] = '\0';
	*id = (uint64_t)strtonum(number, 1, INT64_MAX, &problem);
	if (problem != NULL)
		return "a server's ID is a number from 1 on";
	if (!raft__address_parse(place, &address))
		return "after ID= comes " ADDRESS_FORMS;
	*text = equals + 1 + length;
	return NULL;
}
