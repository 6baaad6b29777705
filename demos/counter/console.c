/*
 * Lines over TCP, on libuv (console.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "demos/counter/console.h"

#define AMOUNT_MAX 1000000000
#define LINE_BYTES 512
#define BACKLOG 128
/* Of them at most, and of the descriptors that this process may have. */
#define CLIENTS_MAX 256
#define CLIENTS_SHARE 4
/* Who has said nothing for so long gives way to others. */
#define QUIET_MS 1000

/* It is in use at least until the line that it gave is answered, for nothing is
 * read from it meanwhile. */
struct console_client {
	struct console *console;
	uv_tcp_t tcp;
	/** Takes the next line when the last one has been answered: not from
	 *  within the answer, which the node gives in the midst of its turn. */
	uv_timer_t next;
	/** Handles that libuv still knows. */
	int handles;
	/** Received, and not yet taken. */
	char text[LINE_BYTES];
	size_t length;
	/** When it came, or its last line was answered. */
	uint64_t quiet_since_ms;
	/** In console->waiting for this entry, in reading for this read, in quiet
	 *  or in free; in none while it closes. */
	TAILQ_ENTRY(console_client) link;
	struct raft_entry_id entry;
	uint64_t read;
};

static void take_client(struct console *console);

static void
handle_gone(uv_handle_t *handle)
{
	struct console_client *client = handle->data;

	if (--client->handles > 0)
		return;
	TAILQ_INSERT_HEAD(&client->console->free, client, link);
	if (client->console->owed)
		take_client(client->console);
}

static void
drop(struct console_client *client)
{
	uv_close((uv_handle_t *)&client->tcp, handle_gone);
	uv_close((uv_handle_t *)&client->next, handle_gone);
}

static void
be_quiet(struct console_client *client)
{
	client->quiet_since_ms = uv_now(client->tcp.loop);
	TAILQ_INSERT_TAIL(&client->console->quiet, client, link);
}

static void
drop_quiet(struct console_client *client)
{
	TAILQ_REMOVE(&client->console->quiet, client, link);
	drop(client);
}

/* -------------------------------------------------------------- answering */

/* Answer the line that was taken from this client, once. */
static void answer(struct console_client *client, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void take_next(uv_timer_t *next);

static void
answer(struct console_client *client, const char *format, ...)
{
	char text[ROSTER_BYTES];
	uv_buf_t line = { .base = text };
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text, sizeof(text) - 1, format, arguments);
	va_end(arguments);
	if (length > (int)sizeof(text) - 2)
		length = (int)sizeof(text) - 2;
	text[length] = '\n';
	line.len = (size_t)length + 1;
	/* So short a line fits, unless its client has long ceased to read. */
	if (uv_try_write((uv_stream_t *)&client->tcp, &line, 1) ==
	    (int)line.len) {
		be_quiet(client);
		uv_timer_start(&client->next, take_next, 0, 0);
	} else {
		drop(client);
	}
}

/** " sending=ID" for each server that is being sent a snapshot. */
static void
list_sendings(const struct raft *raft, char *text, size_t size)
{
	struct raft_member_status member;

	text[0] = '\0';
	for (size_t i = 0; raft_member_status(raft, i, &member); i++)
		if (member.state == RAFT_PROGRESS_SNAPSHOT) {
			size_t used = strlen(text);

			snprintf(text + used, size - used, " sending=%" PRIu64,
				 member.identity.id);
		}
}

static void
show_status(struct console_client *client)
{
	static const char *const roles[] = { "", "follower", "candidate",
					     "leader" };
	struct raft_status status;
	char sendings[LINE_BYTES];

	raft_status(client->console->raft, &status);
	list_sendings(client->console->raft, sendings, sizeof(sendings));
	answer(client,
	       "id=%" PRIu64 " role=%s term=%" PRIu64 " leader=%" PRIu64
	       " commit=%" PRIu64 " applied=%" PRIu64 " value=%" PRIu64
	       " snapshot=%" PRIu64 "%s",
	       status.self.id, roles[status.role], status.term, status.leader,
	       status.commit_index, status.applied_index,
	       *client->console->value, status.snapshot.index, sendings);
}

static void
refuse(struct console_client *client, enum raft_result result)
{
	const struct server *leader;
	struct raft_status status;

	raft_status(client->console->raft, &status);
	leader = members_find(client->console->members, status.leader);
	if (result != RAFT_NOT_LEADER)
		answer(client, "refused: %s", raft_result_text(result));
	else if (leader == NULL)
		answer(client, "not leader; no leader is known");
	else
		answer(client, "not leader; leader is %" PRIu64 " at %s:%u",
		       status.leader, leader->host, leader->client_port);
}

static struct console_client *
find_waiting(struct console *console, uint64_t term, struct raft_range range)
{
	struct console_client *client;

	TAILQ_FOREACH(client, &console->waiting, link)
	if (client->entry.term == term && client->entry.index >= range.first &&
	    client->entry.index <= range.last)
		return client;
	return NULL;
}

void
console_applied(struct console *console, const struct raft_entry *entry,
		const char *refusal, uint64_t value)
{
	struct raft_range range = { entry->index, entry->index };
	struct console_client *client =
	    find_waiting(console, entry->term, range);

	if (client == NULL)
		return;
	TAILQ_REMOVE(&console->waiting, client, link);
	if (refusal != NULL)
		answer(client, "expired: %s", refusal);
	else if (entry->kind == RAFT_ENTRY_CONFIGURATION)
		answer(client, "ok: see members");
	else
		answer(client, "ok %" PRIu64, value);
}

void
console_read_ended(struct console *console, const struct raft_read *read)
{
	struct console_client *client;

	TAILQ_FOREACH(client, &console->reading, link)
	if (client->read == read->read)
		break;
	if (client == NULL)
		return;
	TAILQ_REMOVE(&console->reading, client, link);
	if (read->index > 0)
		answer(client, "ok %" PRIu64, *console->value);
	else
		answer(client, "lost");
}

void
console_ended(struct console *console, const struct raft_outcome *outcome)
{
	bool lost = outcome->kind == RAFT_OUTCOME_LOST;
	struct console_client *client;

	if (outcome->kind == RAFT_OUTCOME_COMMITTED)
		return;
	while ((client = find_waiting(console, outcome->term,
				      outcome->range)) != NULL) {
		TAILQ_REMOVE(&console->waiting, client, link);
		answer(client, lost ? "lost" : "unknown");
	}
}

/* ---------------------------------------------------------------- reading */

static void
propose(struct console_client *client, const struct console_command *command)
{
	struct console *console = client->console;
	enum raft_result result =
	    console->propose(console->context, command, &client->entry);

	if (result == RAFT_OK)
		TAILQ_INSERT_TAIL(&console->waiting, client, link);
	else
		refuse(client, result);
}

static void
get(struct console_client *client)
{
	struct console *console = client->console;
	enum raft_result result =
	    console->read(console->context, &client->read);

	if (result == RAFT_OK)
		TAILQ_INSERT_TAIL(&console->reading, client, link);
	else
		refuse(client, result);
}

/** AMOUNT, or AMOUNT SESSION SEQUENCE. */
static void
add(struct console_client *client, char *text)
{
	const char *problem = NULL;
	uint64_t numbers[3] = { 0 };
	const char *word;
	int count = 0;

	while ((word = strsep(&text, " ")) != NULL && problem == NULL) {
		if (count == 3)
			problem = "one too many";
		else
			numbers[count] = (uint64_t)strtonum(
			    word, count > 0, count > 0 ? INT64_MAX : AMOUNT_MAX,
			    &problem);
		count++;
	}
	if (problem != NULL)
		answer(client, "number %d is %s", count, problem);
	else if (count == 2)
		answer(client, "what? say: add N SESSION K");
	else
		propose(client, &(struct console_command){
				    count == 1 ? CONSOLE_ADD : CONSOLE_ADD_ONCE,
				    numbers[0], numbers[1], numbers[2] });
}

/** `asking` is empty, or the server that asks. */
static void
show_members(struct console_client *client, const char *asking)
{
	struct roster roster;
	struct servers servers;
	char text[ROSTER_BYTES];

	if (*asking != '\0') {
		if (servers_parse(asking, &servers) != NULL ||
		    servers.count != 1) {
			answer(client, "what? say: members");
			return;
		}
		members_meet(client->console->members, servers.list);
	}
	if (!members_roster(client->console->members, &roster)) {
		answer(client, "refused: this server is in no cluster yet");
		return;
	}
	roster_print(&roster, text);
	answer(client, "%s", text);
}

/** A change was begun, or was not. */
static void
wait_for_change(struct console_client *client, enum raft_result result,
		const char *why)
{
	if (result == RAFT_OK)
		TAILQ_INSERT_TAIL(&client->console->waiting, client, link);
	else if (why != NULL)
		answer(client, "refused: %s", why);
	else
		refuse(client, result);
}

/** ID=HOST:PORT:CLIENT-PORT INCARNATION [stands-in S], as counter new --join
 *  prints them. */
static void
let_join(struct console_client *client, char *text)
{
	struct server server;
	const char *why = joining_parse(text, &server);
	enum raft_result result;

	if (why != NULL) {
		answer(client, "what? %s", why);
		return;
	}
	result = members_join(client->console->members, &server, &client->entry,
			      &why);
	wait_for_change(client, result, why);
}

static void
let_leave(struct console_client *client, const char *text)
{
	const char *why;
	uint64_t id = (uint64_t)strtonum(text, 1, INT32_MAX, &why);
	enum raft_result result;

	if (why != NULL) {
		answer(client, "what? the ID is %s", why);
		return;
	}
	result =
	    members_leave(client->console->members, id, &client->entry, &why);
	wait_for_change(client, result, why);
}

static void
take(struct console_client *client, char *line)
{
	if (strcmp(line, "status") == 0) {
		show_status(client);
	} else if (strcmp(line, "get") == 0) {
		get(client);
	} else if (strcmp(line, "session") == 0) {
		propose(client,
			&(struct console_command){ .kind = CONSOLE_REGISTER });
	} else if (strncmp(line, "add ", 4) == 0) {
		add(client, line + 4);
	} else if (strcmp(line, "members") == 0) {
		show_members(client, "");
	} else if (strncmp(line, "members ", 8) == 0) {
		show_members(client, line + 8);
	} else if (strncmp(line, "join ", 5) == 0) {
		let_join(client, line + 5);
	} else if (strncmp(line, "leave ", 6) == 0) {
		let_leave(client, line + 6);
	} else {
		answer(client, "what? say: session, add N [SESSION K], get, "
			       "status, members, join or leave");
	}
}

/* The text up to the end of a line, which is LF or CR LF. With a NUL inside it is
 * nothing that we know, whatever it begins with. */
static void
take_line(struct console_client *client, size_t end)
{
	char line[LINE_BYTES];

	memcpy(line, client->text, end);
	line[end] = '\0';
	if (strlen(line) < end)
		line[0] = '\0';
	else if (end > 0 && line[end - 1] == '\r')
		line[end - 1] = '\0';
	client->length -= end + 1;
	memmove(client->text, client->text + end + 1, client->length);
	take(client, line);
}

static void
allocate(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
	struct console_client *client = handle->data;

	(void)wanted;
	buffer->base = client->text + client->length;
	buffer->len = sizeof(client->text) - client->length;
}

static void read_more(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer);

static void
go_on(struct console_client *client)
{
	const char *end = memchr(client->text, '\n', client->length);

	if (end != NULL) {
		uv_read_stop((uv_stream_t *)&client->tcp);
		TAILQ_REMOVE(&client->console->quiet, client, link);
		take_line(client, (size_t)(end - client->text));
	} else if (client->length == sizeof(client->text)) {
		drop_quiet(client);
	} else {
		uv_read_start((uv_stream_t *)&client->tcp, allocate, read_more);
	}
}

static void
read_more(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
	struct console_client *client = stream->data;

	(void)buffer;
	if (got < 0) {
		drop_quiet(client);
		return;
	}
	client->length += (size_t)got;
	go_on(client);
}

static void
take_next(uv_timer_t *next)
{
	go_on(next->data);
}

/* -------------------------------------------------------------- accepting */

/* Whoever has been quiet longest, if that is so long. */
static void
drop_quietest(struct console *console, uint64_t ms)
{
	struct console_client *client = TAILQ_FIRST(&console->quiet);

	if (client != NULL &&
	    uv_now(client->tcp.loop) - client->quiet_since_ms >= ms)
		drop_quiet(client);
}

/* If there is no place for it, it waits with those behind it, in the kernel, until
 * somebody has left. */
static void
take_client(struct console *console)
{
	struct console_client *client = TAILQ_FIRST(&console->free);
	uv_loop_t *loop = console->listener.loop;

	console->owed = client == NULL;
	if (console->owed) {
		drop_quietest(console, QUIET_MS);
		return;
	}
	TAILQ_REMOVE(&console->free, client, link);
	*client = (struct console_client){ .console = console, .handles = 2 };
	uv_tcp_init(loop, &client->tcp);
	uv_timer_init(loop, &client->next);
	client->tcp.data = client;
	client->next.data = client;
	if (uv_accept((uv_stream_t *)&console->listener,
		      (uv_stream_t *)&client->tcp) != 0) {
		drop(client);
		return;
	}
	uv_tcp_nodelay(&client->tcp, 1);
	be_quiet(client);
	go_on(client);
}

/* One that could not be made, for lack of a descriptor, is gone; others come. */
static void
client_came(uv_stream_t *listener, int status)
{
	if (status == 0)
		take_client(listener->data);
}

static void
watch(uv_timer_t *timer)
{
	struct console *console = timer->data;
	struct console_client *client;

	while ((client = TAILQ_FIRST(&console->quiet)) != NULL &&
	       uv_now(timer->loop) - client->quiet_since_ms >= console->idle_ms)
		drop_quiet(client);
	if (console->owed)
		take_client(console);
}

/* All of them at once: nobody is kept out later for lack of memory. The peers need
 * descriptors as well. */
static void
make_places(struct console *console)
{
	struct rlimit descriptors;
	size_t count = CLIENTS_MAX;

	if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0 &&
	    descriptors.rlim_cur / CLIENTS_SHARE < count)
		count = (size_t)descriptors.rlim_cur / CLIENTS_SHARE;
	console->places = calloc(count, sizeof(*console->places));
	if (console->places == NULL)
		err(1, NULL);
	for (size_t i = 0; i < count; i++)
		TAILQ_INSERT_TAIL(&console->free, &console->places[i], link);
}

static int
resolve(const struct server *self, struct sockaddr_storage *address)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
				  .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	char service[8];

	snprintf(service, sizeof(service), "%u", self->client_port);
	if (getaddrinfo(self->host, service, &hints, &found) != 0)
		return UV_EADDRNOTAVAIL;
	memcpy(address, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return 0;
}

void
console_listen(struct console *console, uv_loop_t *loop,
	       const struct server *self)
{
	struct sockaddr_storage address;
	int result = resolve(self, &address);

	TAILQ_INIT(&console->waiting);
	TAILQ_INIT(&console->reading);
	TAILQ_INIT(&console->quiet);
	TAILQ_INIT(&console->free);
	make_places(console);
	uv_timer_init(loop, &console->watch);
	console->watch.data = console;
	uv_timer_start(&console->watch, watch, QUIET_MS, QUIET_MS);
	uv_tcp_init(loop, &console->listener);
	console->listener.data = console;
	if (result == 0)
		result = uv_tcp_bind(&console->listener,
				     (struct sockaddr *)&address, 0);
	if (result == 0)
		result = uv_listen((uv_stream_t *)&console->listener, BACKLOG,
				   client_came);
	if (result != 0)
		errx(1, "clients at %s:%u: %s", self->host, self->client_port,
		     uv_strerror(result));
}
