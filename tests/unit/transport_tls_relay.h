/*
 * A relay: somebody on the way between two servers, who sees every byte of the
 * connections through it, and may change, stop or cut them.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_TRANSPORT_TLS_RELAY_H
#define OUTRIGGER_TRANSPORT_TLS_RELAY_H

#include <errno.h>

#include "tests/unit/transport_tls_pki.h"

#define RELAYED_MAX 64
#define SEEN_BYTES ((size_t)8 << 20)

struct relay {
	int listener;
	uint16_t port;
	/** Where connections go. */
	uint16_t to;
	/** Both ends of each connection; -1: closed. */
	int ends[RELAYED_MAX][2];
	size_t count;
	/** Nothing is passed on. */
	bool mute;
	/** Change the last byte of what comes from the dialer next. */
	bool alters;
	/** All that was passed on. */
	uint8_t *seen;
	size_t seen_length;
};

static inline void
open_relay(struct relay *relay, uint16_t to)
{
	*relay = (struct relay){ .to = to, .seen = malloc(SEEN_BYTES) };
	assert_non_null(relay->seen);
	relay->listener = listen_anywhere(&relay->port);
}

/* Orderly, or by a reset. */
static inline void
cut(struct relay *relay, bool resets)
{
	struct linger at_once = { .l_onoff = 1 };

	for (size_t i = 0; i < 2 * relay->count; i++) {
		int *fd = &relay->ends[i / 2][i % 2];

		if (*fd >= 0 && resets)
			setsockopt(*fd, SOL_SOCKET, SO_LINGER, &at_once,
				   sizeof(at_once));
		if (*fd >= 0)
			close(*fd);
		*fd = -1;
	}
}

static inline void
close_relay(struct relay *relay)
{
	cut(relay, false);
	close(relay->listener);
	free(relay->seen);
}

static inline void
note(struct relay *relay, const uint8_t *bytes, size_t length)
{
	if (relay->seen_length + length > SEEN_BYTES)
		return;
	memcpy(relay->seen + relay->seen_length, bytes, length);
	relay->seen_length += length;
}

/* What goes into the socket's buffer; tests pass on little at a time. If the
 * other end is gone, the next recv says so. */
static inline void
put_whole(int fd, const uint8_t *bytes, size_t length)
{
	ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);

	assert_true(sent < 0 || (size_t)sent == length);
}

static inline void
pass_on(struct relay *relay, int *from, int *to, bool is_dialers)
{
	uint8_t bytes[16 << 10];
	ssize_t length = recv(*from, bytes, sizeof(bytes), 0);

	if (length < 0 && errno == EAGAIN)
		return;
	if (length <= 0) {
		close(*from);
		close(*to);
		*from = *to = -1;
		return;
	}
	note(relay, bytes, (size_t)length);
	if (is_dialers && relay->alters)
		bytes[length - 1] ^= 1;
	put_whole(*to, bytes, (size_t)length);
}

/* Pass on what came: called again and again in the condition of run_until. */
static inline bool
relay_turn(struct relay *relay)
{
	int fd = accept4(relay->listener, NULL, NULL, SOCK_NONBLOCK);

	if (fd >= 0 && relay->count < RELAYED_MAX) {
		relay->ends[relay->count][0] = fd;
		relay->ends[relay->count++][1] = dial(relay->to);
	}
	for (size_t i = 0; i < relay->count && !relay->mute; i++) {
		int *ends = relay->ends[i];

		if (ends[0] >= 0)
			pass_on(relay, &ends[0], &ends[1], true);
		if (ends[1] >= 0)
			pass_on(relay, &ends[1], &ends[0], false);
	}
	return true;
}

#endif
