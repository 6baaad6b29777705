/*
 * Reading a request (request.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nothing of a line that is not understood is passed over: who has mistyped a word
 * shall know that it was not heard.
 */
#include <bsd/string.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/admin/request.h"

/** What a verb takes, one bit each. */
enum {
	TAKES_ID = 1 << 0,
	TAKES_INCARNATION = 1 << 1,
	TAKES_ADDRESS = 1 << 2,
	TAKES_REPLACED = 1 << 3,
	TAKES_STANDS_IN = 1 << 4,
	TAKES_CLOCK_DRIFT = 1 << 5,
};

#define TAKES_SERVER (TAKES_ID | TAKES_INCARNATION | TAKES_ADDRESS)

static const struct verb {
	const char *name;
	enum admin_verb verb;
	enum raft_server_change_kind kind;
	unsigned int needs;
	/** Beside what it needs. */
	unsigned int takes;
} verbs[] = {
	{ "status", ADMIN_STATUS, .needs = 0 },
	{ "add", ADMIN_CHANGE, RAFT_SERVER_ADD, .needs = TAKES_SERVER },
	{ "learn", ADMIN_CHANGE, RAFT_SERVER_LEARN, .needs = TAKES_SERVER },
	{ "remove", ADMIN_CHANGE, RAFT_SERVER_REMOVE, .needs = TAKES_ID },
	{ "promote", ADMIN_CHANGE, RAFT_SERVER_PROMOTE, .needs = TAKES_ID },
	{ "demote", ADMIN_CHANGE, RAFT_SERVER_DEMOTE, .needs = TAKES_ID },
	{ "replace", ADMIN_CHANGE, RAFT_SERVER_REPLACE,
	  TAKES_ID | TAKES_REPLACED, TAKES_INCARNATION | TAKES_ADDRESS },
	{ "stand-in", ADMIN_CHANGE, RAFT_SERVER_STAND_IN,
	  TAKES_ID | TAKES_STANDS_IN, TAKES_INCARNATION | TAKES_ADDRESS },
	{ "move", ADMIN_CHANGE, RAFT_SERVER_MOVE,
	  .needs = TAKES_ID | TAKES_ADDRESS },
	{ "transfer", ADMIN_CHANGE, RAFT_SERVER_TRANSFER, .needs = TAKES_ID },
	{ "step-down", ADMIN_STEP_DOWN, RAFT_SERVER_STEP_DOWN,
	  .takes = TAKES_ID },
	{ "leases", ADMIN_CHANGE, RAFT_SERVER_LEASES,
	  .needs = TAKES_CLOCK_DRIFT },
	{ "snapshot", ADMIN_SNAPSHOT, .needs = 0 },
	{ "reload", ADMIN_RELOAD, .needs = 0 },
	{ "metrics", ADMIN_METRICS, .needs = 0 },
};

#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

__attribute__((format(printf, 2, 3))) static bool
refuse(char why[ADMIN_WHY_BYTES], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, ADMIN_WHY_BYTES, format, arguments);
	va_end(arguments);
	return false;
}

/* ------------------------------------------------------------------ numbers */

/** A text holds numbers that are too large for others' JSON. */
static bool
take_text(const char *text, int base, uint64_t *number)
{
	char *rest;

	errno = 0;
	*number = strtoull(text, &rest, base);
	return errno == 0 && *rest == '\0' && text[0] != '\0' &&
	       strspn(text, "0123456789abcdefABCDEF") == strlen(text);
}

static bool
take_number(const json_t *value, uint64_t *number)
{
	json_int_t integer = json_integer_value(value);

	*number = (uint64_t)integer;
	return json_is_integer(value)
		   ? integer >= 0
		   : json_is_string(value) &&
			 take_text(json_string_value(value), 10, number);
}

/* ------------------------------------------------------------------- fields */

static bool
take_id(const json_t *value, struct admin_request *request)
{
	return take_number(value, &request->change.identity.id) &&
	       request->change.identity.id != 0;
}

static bool
take_incarnation(const json_t *value, struct admin_request *request)
{
	return json_is_string(value) &&
	       take_text(json_string_value(value), 16,
			 &request->change.identity.incarnation) &&
	       request->change.identity.incarnation != 0;
}

static bool
take_address(const json_t *value, struct admin_request *request)
{
	size_t length = json_string_length(value);

	if (!json_is_string(value) || length == 0 ||
	    length >= sizeof(request->place))
		return false;
	memcpy(request->place, json_string_value(value), length + 1);
	request->change.address = request->place;
	return true;
}

static bool
take_replaced(const json_t *value, struct admin_request *request)
{
	return take_number(value, &request->change.replaced.id) &&
	       request->change.replaced.id != 0;
}

static bool
take_stands_in(const json_t *value, struct admin_request *request)
{
	uint64_t *seconds = &request->change.stands_in_seconds;

	return take_number(value, seconds) && *seconds >= 1 && *seconds <= 3600;
}

static bool
take_clock_drift(const json_t *value, struct admin_request *request)
{
	uint64_t millionths;

	if (!take_number(value, &millionths) ||
	    millionths > RAFT_CLOCK_DRIFT_MAX)
		return false;
	request->change.clock_drift = (uint32_t)millionths;
	return true;
}

static bool
take_timeout(const json_t *value, struct admin_request *request)
{
	uint64_t seconds;

	if (!take_number(value, &seconds) || seconds == 0 ||
	    seconds > ADMIN_TIMEOUT_MAX)
		return false;
	request->timeout_us = seconds * 1000000;
	return true;
}

static const struct field {
	const char *name;
	bool (*take)(const json_t *value, struct admin_request *request);
	const char *is;
} fields[] = {
	{ "id", take_id, "a server's number, from 1 on" },
	{ "incarnation", take_incarnation,
	  "a text of hexadecimal digits, as in server.conf" },
	{ "address", take_address,
	  "a text, HOST:PORT, perhaps a blank and a note" },
	{ "replaced", take_replaced, "a server's number, from 1 on" },
	{ "stands_in_seconds", take_stands_in, "a number from 1 to 3600" },
	{ "clock_drift", take_clock_drift,
	  "a number of millionths, 500000 at most" },
	{ "timeout_seconds", take_timeout, "a number from 1 to 86400" },
};

#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))
/** All verbs take the last one. */
#define TAKES_TIMEOUT (1u << (FIELD_COUNT - 1))

static bool
take_fields(const struct verb *verb, json_t *object,
	    struct admin_request *request, char why[ADMIN_WHY_BYTES])
{
	unsigned int left = verb->needs | verb->takes | TAKES_TIMEOUT;
	size_t count = 1;

	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const json_t *value = json_object_get(object, fields[i].name);

		if (value == NULL && (verb->needs & 1u << i) != 0)
			return refuse(why, "%s needs \"%s\": %s", verb->name,
				      fields[i].name, fields[i].is);
		if (value == NULL || (left & 1u << i) == 0)
			continue;
		count++;
		if (!fields[i].take(value, request))
			return refuse(why, "\"%s\" is %s", fields[i].name,
				      fields[i].is);
	}
	return count == json_object_size(object) ||
	       refuse(why, "there is more in it than %s takes", verb->name);
}

static const struct verb *
find_verb(const char *name)
{
	for (size_t i = 0; name != NULL && i < VERB_COUNT; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static bool
take_object(json_t *object, struct admin_request *request,
	    char why[ADMIN_WHY_BYTES])
{
	const json_t *name = json_object_get(object, "verb");
	const struct verb *verb = find_verb(json_string_value(name));

	if (name == NULL)
		return refuse(why, "a request is an object with a \"verb\"");
	if (verb == NULL)
		return refuse(why, "this server does not know such a verb");
	request->verb = verb->verb;
	request->change.kind = verb->kind;
	return take_fields(verb, object, request, why);
}

bool
raft__admin_read(const char *line, size_t length, struct admin_request *request,
		 char why[ADMIN_WHY_BYTES])
{
	json_error_t error;
	json_t *object =
	    json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);
	bool is_read;

	memset(request, 0, sizeof(*request));
	request->timeout_us = ADMIN_TIMEOUT * UINT64_C(1000000);
	if (object == NULL)
		return refuse(why, "that is no JSON object: byte %d of the line",
			      error.position);
	is_read = take_object(object, request, why);
	request->change.timeout_us = request->timeout_us;
	json_decref(object);
	return is_read;
}
