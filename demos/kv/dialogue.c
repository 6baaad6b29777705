/*
 * A client's dialogue with the server: what is done for each of its requests.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Replies are in the order of the requests, so one thing is done after the other:
 *
 *  - Requests that change keys, as many as there are in a row, are one entry. The client
 *    is held until it was applied; the answer is their replies.
 *  - Requests that read keys wait until the server's keys are known to be as new as
 *    asked for, all at once that had come by then (`fresh`).
 *  - All others are replied to where they stand.
 *
 * So a client that sends many requests at once, without waiting, waits once for all of
 * them, and a client that sends one at a time shares the disk's work with others.
 */
#include <stdlib.h>

#include "demos/kv/commands.h"
#include "demos/kv/entry.h"
#include "demos/kv/reply.h"
#include "demos/kv/service.h"

/** What a reader without a word more is content with. */
#define BOUND_US 1000000
#define BOUND_MS_MAX 3600000
/** Of replies before the client has to read. */
#define REPLY_BYTES_MAX ((size_t)256 << 10)
/** Of one reply: MGET can name a large value often. */
#define ANSWER_BYTES_MAX ((size_t)8 << 20)

struct dialogue {
	struct service *service;
	/** MULTI was said; and something behind it that cannot be. */
	bool is_queueing, is_refused;
	/** What is to be done by EXEC. */
	struct buffer queue;
	size_t queued;
	bool queue_writes;
	/** What is proposed; its requests, and the replies that are owed for it. */
	struct buffer entry;
	size_t requests, replies;
	/** Bytes that wait for the keys to be fresh, and those that need not wait. */
	size_t waiting, fresh;
	/** Why they will not be; "": they are. */
	char failure[128];
	/** READONLY was said: how old what it reads may be. 0: it was not. */
	uint64_t bound_us;
};

const size_t dialogue_bytes = sizeof(struct dialogue);

/** What is being done with what a client has sent. */
struct turn {
	struct service *service;
	struct raft_port_client *client;
	struct dialogue *dialogue;
	/** The request that is looked at, and which bytes follow it. */
	struct request *request;
	const char *bytes;
	size_t at, length;
	struct buffer reply;
	/** It is held, or dismissed. */
	bool is_over;
};

/** Go on behind this request. */
static bool
pass(struct turn *turn)
{
	turn->at += turn->request->length;
	return true;
}

static bool
refuse(struct turn *turn, const char *text)
{
	reply_error(&turn->reply, text);
	return pass(turn);
}

/* ------------------------------------------------------------------- what ended */

/** A code that clients of Redis Cluster know, where there is one. */
static const char *
code_of(enum raft_server_result result)
{
	switch (result) {
	case RAFT_SERVER_NO_LEADER:
		return "CLUSTERDOWN";
	case RAFT_SERVER_OVERLOADED:
		return "TRYAGAIN";
	default:
		return raft_server_result_name(result);
	}
}

static void
entry_ended(void *context, const struct raft_server_answer *end)
{
	struct raft_port_client *client = context;
	struct dialogue *dialogue = raft_port_own(client);
	struct buffer reply = { 0 };

	if (end->result == RAFT_SERVER_OK) {
		raft_port_tell(client, end->data, end->length);
	} else {
		for (size_t i = 0; i < dialogue->replies; i++)
			buffer_print(&reply, "-%s %s\r\n", code_of(end->result),
				     end->why);
		raft_port_tell(client, reply.bytes, reply.length);
		buffer_free(&reply);
	}
	buffer_free(&dialogue->entry);
	dialogue->requests = dialogue->replies = 0;
	raft_port_resume(client);
}

static void
read_ended(void *context, const struct raft_server_answer *end)
{
	struct raft_port_client *client = context;
	struct dialogue *dialogue = raft_port_own(client);

	dialogue->fresh = dialogue->waiting;
	dialogue->failure[0] = '\0';
	if (end->result != RAFT_SERVER_OK)
		snprintf(dialogue->failure, sizeof(dialogue->failure), "%s %s",
			 code_of(end->result), end->why);
	raft_port_resume(client);
}

/* ---------------------------------------------------------------- keys, and where */

/** Whoever leads is the one to ask. */
static bool
is_redirected(struct turn *turn, const struct command *command)
{
	char place[RAFT_ADDRESS_BYTES_MAX + 1];
	struct text key = { "", 0 };

	if (!service_redirects(turn->service, place))
		return false;
	if (command != NULL && command->first_key != 0)
		key = turn->request->arguments[command->first_key];
	/* A place may be longer than what is printed. */
	buffer_print(&turn->reply, "-MOVED %u ", service_slot(key));
	buffer_add(&turn->reply, place, strlen(place));
	buffer_add(&turn->reply, "\r\n", 2);
	return true;
}

/** There are so many more requests of so many bytes in the entry that is to be. False:
 *  they do not fit beside those that are in it. */
static bool
reserve(struct dialogue *dialogue, size_t requests, size_t bytes)
{
	if (dialogue->requests > 0 &&
	    (dialogue->requests + requests > ENTRY_REQUESTS_MAX ||
	     dialogue->entry.length + bytes > REQUEST_BYTES_MAX))
		return false;
	if (dialogue->requests == 0)
		entry_begin(&dialogue->entry);
	dialogue->requests += requests;
	dialogue->replies++;
	return true;
}

static bool
add_write(struct turn *turn, const struct command *command)
{
	struct dialogue *dialogue = turn->dialogue;

	if (dialogue->requests == 0 && is_redirected(turn, command))
		return pass(turn);
	if (!reserve(dialogue, 1, turn->request->length))
		return false;
	request_write(turn->request, &dialogue->entry);
	return pass(turn);
}

/** The keys are as new as this request wants them. If not, it is held until they are, or
 *  is said to be somebody else's; `passes` then. */
static bool
is_fresh(struct turn *turn, const struct command *command, bool *passes)
{
	struct dialogue *dialogue = turn->dialogue;
	struct raft_server_view view = { .bound_us = dialogue->bound_us };

	*passes = false;
	if (turn->at + turn->request->length <= dialogue->fresh)
		return true;
	if (view.bound_us == 0 && is_redirected(turn, command)) {
		*passes = pass(turn);
		return false;
	}
	dialogue->waiting = turn->length - turn->at;
	turn->is_over = true;
	raft_port_hold(turn->client);
	raft_server_read(turn->service->server, &view, read_ended,
			 turn->client);
	return false;
}

/** Read keys for `count` requests, of which one reply is made. */
static void
reply_reads(struct turn *turn, const char *bytes, size_t length, size_t count)
{
	struct service *service = turn->service;
	struct buffer *reply = &turn->reply;

	if (turn->dialogue->failure[0] != '\0') {
		reply_error(reply, turn->dialogue->failure);
		return;
	}
	reply->max = reply->length + ANSWER_BYTES_MAX;
	requests_run(bytes, length, count, service_now(service), &service->keys,
		     reply);
	reply->max = 0;
}

/* ------------------------------------------------------------------ transactions */

static void
end_queue(struct dialogue *dialogue)
{
	buffer_free(&dialogue->queue);
	dialogue->queued = 0;
	dialogue->is_queueing = dialogue->is_refused = false;
	dialogue->queue_writes = false;
}

static bool
add_to_queue(struct turn *turn, const struct command *command)
{
	struct dialogue *dialogue = turn->dialogue;

	if ((command->writes || dialogue->bound_us == 0) &&
	    is_redirected(turn, command)) {
		dialogue->is_refused = true;
		return pass(turn);
	}
	if (dialogue->queued + 1 == ENTRY_REQUESTS_MAX ||
	    dialogue->queue.length + turn->request->length >
		REQUEST_BYTES_MAX) {
		dialogue->is_refused = true;
		return refuse(turn, "ERR the transaction is too large");
	}
	request_write(turn->request, &dialogue->queue);
	dialogue->is_refused |= dialogue->queue.is_short;
	dialogue->queued++;
	dialogue->queue_writes |= command->writes;
	reply_word(&turn->reply, "QUEUED");
	return pass(turn);
}

static bool
propose_queue(struct turn *turn)
{
	struct dialogue *dialogue = turn->dialogue;

	if (!is_redirected(turn, NULL)) {
		reserve(dialogue, dialogue->queued + 1, 0);
		request_write_number("EXEC", dialogue->queued,
				     &dialogue->entry);
		buffer_add(&dialogue->entry, dialogue->queue.bytes,
			   dialogue->queue.length);
	}
	end_queue(dialogue);
	return pass(turn);
}

static bool
do_exec(struct turn *turn)
{
	struct dialogue *dialogue = turn->dialogue;
	bool passes, is_queueing = dialogue->is_queueing;

	if (!is_queueing || dialogue->is_refused) {
		end_queue(dialogue);
		return refuse(turn, is_queueing
					? "EXECABORT Transaction discarded "
					  "because of previous errors."
					: "ERR EXEC without MULTI");
	}
	if (dialogue->queue_writes)
		return propose_queue(turn);
	if (!is_fresh(turn, NULL, &passes)) {
		if (passes)
			end_queue(dialogue);
		return passes;
	}
	if (dialogue->failure[0] == '\0')
		reply_array(&turn->reply, dialogue->queued);
	reply_reads(turn, dialogue->queue.bytes, dialogue->queue.length,
		    dialogue->queued);
	end_queue(dialogue);
	return pass(turn);
}

static bool
do_multi(struct turn *turn)
{
	if (turn->dialogue->is_queueing)
		return refuse(turn, "ERR MULTI calls can not be nested");
	turn->dialogue->is_queueing = true;
	reply_word(&turn->reply, "OK");
	return pass(turn);
}

static bool
do_discard(struct turn *turn)
{
	if (!turn->dialogue->is_queueing)
		return refuse(turn, "ERR DISCARD without MULTI");
	end_queue(turn->dialogue);
	reply_word(&turn->reply, "OK");
	return pass(turn);
}

/* ------------------------------------------------------------- about the connection */

static bool
do_ping(struct turn *turn)
{
	if (turn->request->count > 1)
		reply_text(&turn->reply, turn->request->arguments[1]);
	else
		reply_word(&turn->reply, "PONG");
	return pass(turn);
}

static bool
do_quit(struct turn *turn)
{
	reply_word(&turn->reply, "OK");
	raft_port_dismiss(turn->client);
	turn->is_over = true;
	return pass(turn);
}

static bool
do_select(struct turn *turn)
{
	if (!text_is(turn->request->arguments[1], "0"))
		return refuse(turn, "ERR DB index is out of range");
	reply_word(&turn->reply, "OK");
	return pass(turn);
}

/** READONLY, or READONLY MILLISECONDS, which no Redis knows. */
static bool
do_readonly(struct turn *turn)
{
	int64_t ms = BOUND_US / 1000;

	if (turn->request->count > 1 &&
	    (!text_number(turn->request->arguments[1], &ms) || ms < 1 ||
	     ms > BOUND_MS_MAX))
		return refuse(turn, "ERR say: READONLY [MILLISECONDS]");
	turn->dialogue->bound_us = (uint64_t)ms * 1000;
	turn->dialogue->fresh = 0;
	reply_word(&turn->reply, "OK");
	return pass(turn);
}

static bool
do_readwrite(struct turn *turn)
{
	turn->dialogue->bound_us = 0;
	turn->dialogue->fresh = 0;
	reply_word(&turn->reply, "OK");
	return pass(turn);
}

/** Names that clients give themselves are of no use here. */
static bool
do_client(struct turn *turn)
{
	if (turn->request->count > 1 &&
	    text_is(turn->request->arguments[1], "GETNAME"))
		reply_nothing(&turn->reply);
	else
		reply_word(&turn->reply, "OK");
	return pass(turn);
}

static bool
do_auth(struct turn *turn)
{
	return refuse(turn, "ERR there are no passwords here: certificates "
			    "say who may");
}

static bool
do_info(struct turn *turn)
{
	about_info(turn->service, &turn->reply);
	return pass(turn);
}

static bool
do_cluster(struct turn *turn)
{
	about_cluster(turn->service, turn->request, &turn->reply);
	return pass(turn);
}

static bool
do_command(struct turn *turn)
{
	about_commands(turn->request, &turn->reply);
	return pass(turn);
}

static bool
do_config(struct turn *turn)
{
	about_config(turn->request, &turn->reply);
	return pass(turn);
}

static bool
do_hello(struct turn *turn)
{
	about_hello(turn->service, turn->request, &turn->reply);
	return pass(turn);
}

/** Requests that have nothing to do with keys. */
static const struct word {
	const char *name;
	size_t count_min, count_max;
	/** Also between MULTI and EXEC. */
	bool ends_queue;
	bool (*act)(struct turn *turn);
} words[] = {
	{ "PING", 1, 2, false, do_ping },
	{ "ECHO", 2, 2, false, do_ping },
	{ "MULTI", 1, 1, true, do_multi },
	{ "EXEC", 1, 1, true, do_exec },
	{ "DISCARD", 1, 1, true, do_discard },
	{ "READONLY", 1, 2, false, do_readonly },
	{ "READWRITE", 1, 1, false, do_readwrite },
	{ "SELECT", 2, 2, false, do_select },
	{ "INFO", 1, ARGUMENTS_MAX, false, do_info },
	{ "CLUSTER", 2, 3, false, do_cluster },
	{ "COMMAND", 1, ARGUMENTS_MAX, false, do_command },
	{ "CONFIG", 3, 3, false, do_config },
	{ "CLIENT", 2, ARGUMENTS_MAX, false, do_client },
	{ "HELLO", 1, ARGUMENTS_MAX, false, do_hello },
	{ "AUTH", 2, 3, false, do_auth },
	{ "QUIT", 1, 1, true, do_quit },
};

static const struct word *
word_find(struct text name)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (text_is(name, words[i].name))
			return &words[i];
	return NULL;
}

/* ------------------------------------------------------------------------ a turn */

/** What it is called is repeated as far as it is letters: it could end the line. */
static bool
refuse_unknown(struct turn *turn, const char *problem)
{
	struct text name = turn->request->arguments[0];
	int letters = 0;

	while (letters < 32 && (size_t)letters < name.length &&
	       name.bytes[letters] > ' ' && name.bytes[letters] <= '~')
		letters++;
	turn->dialogue->is_refused = turn->dialogue->is_queueing;
	buffer_print(&turn->reply, "-ERR %s '%.*s'\r\n", problem, letters,
		     name.bytes);
	return pass(turn);
}

static bool
do_read(struct turn *turn, const struct command *command)
{
	bool passes;

	if (!is_fresh(turn, command, &passes))
		return passes;
	reply_reads(turn, turn->bytes + turn->at, turn->request->length, 1);
	return pass(turn);
}

/** One that changes no keys, or is in a transaction: what was to be written goes
 *  first. */
static bool
act(struct turn *turn)
{
	const struct dialogue *dialogue = turn->dialogue;
	struct text name = turn->request->arguments[0];
	size_t count = turn->request->count;
	const struct command *command = command_find(name);
	const struct word *word = word_find(name);

	if (command == NULL && word == NULL)
		return refuse_unknown(turn, "unknown command");
	if (command != NULL
		? !command_takes(command, turn->request)
		: count < word->count_min || count > word->count_max)
		return refuse_unknown(turn, "wrong number of arguments for");
	if (word != NULL && dialogue->is_queueing && !word->ends_queue)
		return refuse_unknown(turn, "not in a transaction:");
	if (word != NULL)
		return word->act(turn);
	return dialogue->is_queueing ? add_to_queue(turn, command)
				     : do_read(turn, command);
}

/** Do what is to be done for the next request. False: nothing can be done now. */
static bool
step(struct turn *turn)
{
	struct dialogue *dialogue = turn->dialogue;
	const struct command *command;
	const char *problem;
	enum request_state state =
	    request_read(turn->request, turn->bytes + turn->at,
			 turn->length - turn->at, &problem);

	if (state == REQUEST_PARTIAL)
		return false;
	if (state == REQUEST_WHOLE && turn->request->count == 0)
		return pass(turn);
	command = state == REQUEST_WHOLE
		      ? command_find(turn->request->arguments[0])
		      : NULL;
	if (command != NULL && command->writes && !dialogue->is_queueing &&
	    command_takes(command, turn->request))
		return add_write(turn, command);
	if (dialogue->requests > 0)
		return false;
	if (state == REQUEST_WHOLE)
		return act(turn);
	buffer_print(&turn->reply, "-ERR %s\r\n", problem);
	raft_port_dismiss(turn->client);
	turn->is_over = true;
	return false;
}

static void
propose(struct turn *turn)
{
	struct dialogue *dialogue = turn->dialogue;
	struct raft_server_command command = {
		.data = dialogue->entry.bytes,
		.length = dialogue->entry.length,
	};

	dialogue->fresh = 0;
	raft_port_hold(turn->client);
	if (dialogue->entry.is_short) {
		entry_ended(turn->client, &(struct raft_server_answer){
					      .result = RAFT_SERVER_NO_MEMORY,
					      .why = "out of memory" });
		return;
	}
	entry_end(&dialogue->entry, service_now(turn->service),
		  dialogue->requests);
	raft_server_propose(turn->service->server, &command, entry_ended,
			    turn->client);
}

size_t
dialogue_take(void *context, struct raft_port_client *client, const void *bytes,
	      size_t length)
{
	struct service *service = context;
	struct turn turn = {
		.service = service,
		.client = client,
		.dialogue = raft_port_own(client),
		.request = &service->request,
		.bytes = bytes,
		.length = length,
	};
	struct dialogue *dialogue = turn.dialogue;

	while (!turn.is_over && turn.reply.length < REPLY_BYTES_MAX &&
	       step(&turn))
		continue;
	dialogue->fresh =
	    dialogue->fresh > turn.at ? dialogue->fresh - turn.at : 0;
	raft_port_tell(client, turn.reply.bytes, turn.reply.length);
	if (turn.reply.is_short)
		raft_port_dismiss(client);
	buffer_free(&turn.reply);
	if (dialogue->requests > 0)
		propose(&turn);
	return turn.at;
}

void
dialogue_gone(void *context, struct raft_port_client *client)
{
	struct dialogue *dialogue = raft_port_own(client);

	(void)context;
	buffer_free(&dialogue->queue);
	buffer_free(&dialogue->entry);
}
