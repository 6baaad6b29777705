/*
 * A site: one raft_tcp and what it told its user, for the tests of the
 * transport.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_TRANSPORT_TCP_SITE_H
#define OUTRIGGER_TRANSPORT_TCP_SITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bsd/string.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "assists/transport_tcp/transport_tcp.h"

#define KEPT_MAX 64

struct site {
	uv_loop_t *loop;
	struct raft_tcp *tcp;
	uint64_t id;
	size_t received;
	uint64_t last_term;
	/** Order of the kinds received, the newest 64. */
	enum raft_message_kind kinds[64];
	/** Hold the payloads of appends here. */
	bool keeps;
	struct raft_payload kept[KEPT_MAX];
	size_t kept_count;
	/** Answer every vote. */
	bool answers;
	/** Notes that came and those sent here: number n is filled with n. */
	size_t notes;
	size_t posted;
	bool note_is_wrong;
	struct raft_identity note_from;
	bool note_is_guests;
	/** Post every note back. */
	bool echoes;
	/** Guests are welcome; how many asked, and the newest. */
	bool hosts;
	size_t asked;
	struct raft_identity asked_by;
	size_t closed;
	uint64_t closed_peer;
	/** How many lines of trace there were, and the newest ones about a
	 *  connection taken and dialed. */
	size_t lines;
	char trace[512];
	char trace_out[512];
};

static const uint8_t cluster_a[RAFT_TCP_CLUSTER_BYTES] = "cluster a";

static inline struct raft_message
vote(uint64_t from, uint64_t to, uint64_t term)
{
	return (struct raft_message){
		.kind = RAFT_MESSAGE_VOTE,
		.from = { from, from + 100 },
		.to = { to, to + 100 },
		.term = term,
	};
}

static inline void
receive(void *context, const struct raft_message *message)
{
	struct site *site = context;
	const struct raft_append *append = &message->append;
	struct raft_message answer;

	site->kinds[site->received++ % 64] = message->kind;
	site->last_term = message->term;
	if (site->answers && message->kind == RAFT_MESSAGE_VOTE) {
		answer = vote(site->id, message->from.id, message->term);
		raft_tcp_send(site->tcp, &answer);
	}
	if (!site->keeps || message->kind != RAFT_MESSAGE_APPEND)
		return;
	for (uint64_t i = 0; i < append->last.index - append->previous.index &&
			     site->kept_count < KEPT_MAX;
	     i++) {
		site->kept[site->kept_count] = append->entries[i].payload;
		raft_payload_hold(&site->kept[site->kept_count++]);
	}
}

static inline void
peer_closed(void *context, uint64_t peer)
{
	struct site *site = context;

	site->closed++;
	site->closed_peer = peer;
}

static inline void
take_trace(void *context, const char *text)
{
	struct site *site = context;

	site->lines++;
	if (strncmp(text, "connection from", 15) == 0 ||
	    strncmp(text, "connections from", 16) == 0)
		strlcpy(site->trace, text, sizeof(site->trace));
	else
		strlcpy(site->trace_out, text, sizeof(site->trace_out));
}

/* Bytes that tell where they belong. */
static inline void
fill(uint8_t *bytes, size_t length, uint64_t index)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(index * 31 + i * 7 + i / 251);
}

static inline bool
is_filled(const struct raft_payload *payload, uint64_t index)
{
	const uint8_t *bytes = payload->data;

	for (size_t i = 0; i < payload->length; i++) {
		if (bytes[i] != (uint8_t)(index * 31 + i * 7 + i / 251))
			return false;
	}
	return true;
}

static inline void
take_note(void *context, struct raft_identity from, bool guest,
	  const void *bytes, size_t length)
{
	struct site *site = context;
	struct raft_payload note = { bytes, length, NULL };

	site->note_is_wrong |= !is_filled(&note, site->notes++);
	site->note_from = from;
	site->note_is_guests = guest;
	if (site->echoes)
		assert_int_equal(
		    raft_tcp_post(site->tcp, from.id, bytes, length), 0);
}

static inline bool
ask_about_guest(void *context, struct raft_identity who)
{
	struct site *site = context;

	site->asked++;
	site->asked_by = who;
	return site->hosts;
}

/* The next note to a site. */
static inline int
post(struct site *from, struct site *to, size_t length)
{
	uint8_t *bytes = malloc(length + 1);
	int error;

	assert_non_null(bytes);
	fill(bytes, length, to->posted);
	error = raft_tcp_post(from->tcp, to->id, bytes, length);
	to->posted += error == 0;
	free(bytes);
	return error;
}

static inline bool
has_all_notes(const struct site *site)
{
	assert_false(site->note_is_wrong);
	return site->notes == site->posted;
}

/* An append of entries first..first + entry_count - 1, of `length` bytes each;
 * to be freed with free_append(). */
static inline struct raft_message
make_append(uint64_t first, size_t entry_count, size_t length)
{
	struct raft_entry *entries = calloc(entry_count, sizeof(*entries));
	struct raft_message message = vote(1, 2, 7);

	assert_non_null(entries);
	for (size_t i = 0; i < entry_count; i++) {
		uint8_t *bytes = malloc(length);

		assert_non_null(bytes);
		fill(bytes, length, first + i);
		entries[i] = (struct raft_entry){
			first + i, 7, RAFT_ENTRY_DATA, { bytes, length, NULL }
		};
	}
	message.kind = RAFT_MESSAGE_APPEND;
	message.append = (struct raft_append){
		.previous = { first - 1, 7 },
		.last = { first - 1 + entry_count, 7 },
		.entries = entries,
	};
	return message;
}

static inline void
free_append(struct raft_message *message)
{
	const struct raft_append *append = &message->append;
	uint64_t entries = append->last.index - append->previous.index;

	for (uint64_t i = 0; i < entries; i++)
		free((void *)(uintptr_t)append->entries[i].payload.data);
	free((void *)(uintptr_t)append->entries);
}

/* Short limits, so that tests are short; and none to what comes from the one
 * address that all have. */
static inline struct raft_tcp_options
site_options(struct site *site, uint64_t id)
{
	struct raft_tcp_options options = {
		.self = { id, id + 100 },
		.host = "127.0.0.1",
		.receive = receive,
		.closed = peer_closed,
		.trace = take_trace,
		.noted = take_note,
		.guest = ask_about_guest,
		.context = site,
		.hello_us = 200000,
		.stall_us = 400000,
		.redial_us_max = 100000,
		.half_open_host_max = 64,
		.arrivals_max = 1000000,
		.arrivals_host_max = 1000000,
	};

	memcpy(options.cluster, cluster_a, sizeof(cluster_a));
	return options;
}

static inline void
open_site(struct site *site, uv_loop_t *loop,
	  const struct raft_tcp_options *options)
{
	/* As the header asks of programs: else whoever writes to a connection
	 * that the other side has closed ends with it. */
	signal(SIGPIPE, SIG_IGN);
	site->loop = loop;
	site->id = options->self.id;
	assert_int_equal(raft_tcp_create(loop, options, &site->tcp), 0);
}

static inline void
introduce(struct site *site, uint64_t id, uint16_t port)
{
	struct raft_tcp_peer peer = { id, "127.0.0.1", port };

	assert_int_equal(raft_tcp_peer_add(site->tcp, &peer), 0);
}

static inline void
tick(uv_timer_t *timer)
{
	(void)timer;
}

/* Run the loop until the condition holds, for `ms` at most. */
#define run_until(loop, condition, ms)                                         \
	({                                                                     \
		uint64_t end_ = uv_hrtime() + (uint64_t)(ms)*1000000;          \
		uv_timer_t timer_;                                             \
		uv_timer_init(loop, &timer_);                                  \
		uv_timer_start(&timer_, tick, 1, 1);                           \
		while (!(condition) && uv_hrtime() < end_)                     \
			uv_run(loop, UV_RUN_ONCE);                             \
		uv_close((uv_handle_t *)&timer_, NULL);                        \
		uv_run(loop, UV_RUN_NOWAIT);                                   \
		(condition);                                                   \
	})

static inline bool
is_open_both(const struct site *site, uint64_t id)
{
	struct raft_tcp_peer_status status;

	return raft_tcp_peer_status(site->tcp, id, &status) &&
	       status.open_out && status.open_in;
}

static inline uint64_t
count(const struct site *site, enum raft_link_counter counter)
{
	return raft_tcp_counter(site->tcp, counter);
}

/* Two sites that are connected both ways. */
static inline void
open_pair(uv_loop_t *loop, struct site *one, struct site *two)
{
	struct raft_tcp_options options = site_options(one, 1);

	open_site(one, loop, &options);
	options = site_options(two, 2);
	open_site(two, loop, &options);
	introduce(one, 2, raft_tcp_port(two->tcp));
	introduce(two, 1, raft_tcp_port(one->tcp));
	assert_true(run_until(
	    loop, is_open_both(one, 2) && is_open_both(two, 1), 2000));
}

static inline uint64_t
worked_us(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

/* Keep this thread busy for so many microseconds. Returns how many it were. */
static inline uint64_t
work(uint64_t us)
{
	uint64_t began = worked_us();

	while (worked_us() - began < us)
		;
	return worked_us() - began;
}

static inline void
now_closed(void *context)
{
	*(bool *)context = true;
}

/* Close, and hold that nothing is left in the loop: libuv says so. */
static inline void
close_loop(uv_loop_t *loop)
{
	assert_int_equal(uv_run(loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(loop), 0);
}

static inline void
close_site(struct site *site)
{
	bool closed = false;

	raft_tcp_close(site->tcp, now_closed, &closed);
	assert_true(run_until(site->loop, closed, 2000));
	for (size_t i = 0; i < site->kept_count; i++)
		raft_payload_release(&site->kept[i]);
}

#endif
