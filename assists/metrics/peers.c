/*
 * The chapter about the other members (chapters.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>

#include "assists/metrics/chapters.h"
#include "assists/metrics/lines.h"

#define LABELS_BYTES 128

static const char *
label_of(const struct raft_server_member *peer, char label[LABELS_BYTES])
{
	snprintf(label, LABELS_BYTES, "peer=\"%" PRIu64 "\"",
		 peer->raft.identity.id);
	return label;
}

/** With one more label. */
static void
put_with(FILE *text, const struct family *family,
	 const struct raft_server_member *peer, const char *more, bool value)
{
	char label[LABELS_BYTES], labels[LABELS_BYTES + 32];

	snprintf(labels, sizeof(labels), "%s,%s", label_of(peer, label), more);
	raft__lines_sample(text, family, labels, value);
}

/* ------------------------------------------------------------------ amounts */

/** What is one number of each peer. Those from LAG_ENTRIES on a leader knows. */
enum amount {
	QUEUE_BYTES,
	QUEUE_MESSAGES,
	NOTE_QUEUE_BYTES,
	SILENCE,
	ROUND_TRIP,
	LAG_ENTRIES,
	LAG_BYTES,
	LAG_TIME,
	IN_FLIGHT_BYTES,
	SNAPSHOT_REMAINING_BYTES,
	AMOUNTS
};

static const struct family amounts[AMOUNTS] = {
	[QUEUE_BYTES] = { "peer_queue_bytes",
			  "Messages that wait for this member." },
	[QUEUE_MESSAGES] = { "peer_queue_messages",
			     "How many messages wait for this member." },
	[NOTE_QUEUE_BYTES] = { "peer_note_queue_bytes",
			       "Forwarded commands and answers that wait for "
			       "this member." },
	[SILENCE] = { "peer_silence_seconds",
		      "Since anything came from this member." },
	[ROUND_TRIP] = { "peer_round_trip_seconds",
			 "To this member and back, as the kernel measures "
			 "it." },
	[LAG_ENTRIES] = { "peer_lag_entries",
			  "Of a leader: entries that this member does not hold "
			  "durably." },
	[LAG_BYTES] = { "peer_lag_bytes",
			"Of a leader: what of them is in its log." },
	[LAG_TIME] = { "peer_lag_seconds",
		       "Of a leader: how long it has had the first of them." },
	[IN_FLIGHT_BYTES] = { "peer_in_flight_bytes",
			      "Of a leader: entries sent and not known to be "
			      "durable there." },
	[SNAPSHOT_REMAINING_BYTES] = { "peer_snapshot_remaining_bytes",
				       "Of a leader: what is left to be sent "
				       "of a snapshot; 0: none is sent." },
};

static bool
is_duration(enum amount amount)
{
	return amount == SILENCE || amount == ROUND_TRIP || amount == LAG_TIME;
}

/** False: it is not known. */
static bool
is_known(const struct raft_server_member *peer, enum amount amount)
{
	if (amount == SILENCE)
		return peer->connection.silent_us != UINT64_MAX;
	if (amount == ROUND_TRIP)
		return peer->connection.round_trip_us != 0;
	return amount < LAG_ENTRIES || peer->lag_is_known;
}

static uint64_t
measure(const struct raft_server_member *peer, enum amount amount)
{
	switch (amount) {
	case QUEUE_BYTES:
		return peer->connection.queue_bytes;
	case QUEUE_MESSAGES:
		return peer->connection.queue_messages;
	case NOTE_QUEUE_BYTES:
		return peer->connection.note_bytes;
	case SILENCE:
		return peer->connection.silent_us;
	case ROUND_TRIP:
		return peer->connection.round_trip_us;
	case LAG_ENTRIES:
		return peer->lag.entries;
	case LAG_BYTES:
		return peer->lag.bytes;
	case LAG_TIME:
		return peer->lag.us;
	case IN_FLIGHT_BYTES:
		return peer->raft.bytes_in_flight;
	case SNAPSHOT_REMAINING_BYTES:
		return peer->raft.snapshot_size - peer->raft.snapshot_offset;
	case AMOUNTS:
		break;
	}
	return 0;
}

static void
put_amount(FILE *text, const struct facts *facts, enum amount amount)
{
	const struct family *family = &amounts[amount];
	char label[LABELS_BYTES];

	raft__lines_head(text, family, "gauge");
	for (size_t i = 0; i < facts->peer_count; i++) {
		const struct raft_server_member *peer = &facts->peers[i];

		if (!is_known(peer, amount))
			continue;
		if (is_duration(amount))
			raft__lines_seconds(text, family, label_of(peer, label),
					    measure(peer, amount));
		else
			raft__lines_sample(text, family, label_of(peer, label),
					   measure(peer, amount));
	}
}

/* ------------------------------------------------------------------- states */

static void
put_connections(FILE *text, const struct facts *facts, bool is_about_plain)
{
	static const struct family connected = {
		"peer_connected",
		"1: there is a connection with this member, by who dialed."
	};
	static const struct family plain = {
		"peer_plain", "1: it is one without TLS, or the one before it "
			      "is and has not ended, by who dialed."
	};
	const struct family *family = is_about_plain ? &plain : &connected;

	raft__lines_head(text, family, "gauge");
	for (size_t i = 0; i < facts->peer_count; i++) {
		const struct raft_server_member *peer = &facts->peers[i];
		const struct raft_tcp_peer_status *its = &peer->connection;

		put_with(text, family, peer, "direction=\"out\"",
			 is_about_plain ? its->plain_out : its->open_out);
		put_with(text, family, peer, "direction=\"in\"",
			 is_about_plain ? its->plain_in : its->open_in);
	}
}

static void
put_states(FILE *text, const struct facts *facts)
{
	static const struct family state = {
		"peer_state", "1: how a leader replicates to this member."
	};
	static const char *const names[] = {
		[RAFT_PROGRESS_PROBE] = "state=\"probe\"",
		[RAFT_PROGRESS_REPLICATE] = "state=\"replicate\"",
		[RAFT_PROGRESS_STRANDED] = "state=\"stranded\"",
		[RAFT_PROGRESS_SNAPSHOT] = "state=\"snapshot\"",
		[RAFT_PROGRESS_REGRESSED] = "state=\"regressed\"",
	};

	raft__lines_head(text, &state, "gauge");
	if (facts->status.raft.role != RAFT_LEADER)
		return;
	for (size_t i = 0; i < facts->peer_count; i++)
		for (size_t at = RAFT_PROGRESS_PROBE;
		     at <= RAFT_PROGRESS_REGRESSED; at++)
			put_with(text, &state, &facts->peers[i], names[at],
				 facts->peers[i].raft.state == at);
}

void
raft__metrics_peers(FILE *text, const struct facts *facts)
{
	put_connections(text, facts, false);
	put_connections(text, facts, true);
	put_states(text, facts);
	for (size_t i = 0; i < AMOUNTS; i++)
		put_amount(text, facts, (enum amount)i);
}
