/*
 * The chapter about connections, and about what was dropped (chapters.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/metrics/chapters.h"
#include "assists/metrics/lines.h"

#define LABELS_BYTES 128

/** One of several series of a counter that the transport counts. */
struct traffic {
	enum raft_link_counter counter;
	const char *labels;
};

static void
put_traffic(FILE *text, const struct facts *facts, const struct family *family,
	    const struct traffic *traffic, size_t count)
{
	raft__lines_head(text, family, "counter");
	for (size_t i = 0; i < count; i++)
		raft__lines_sample(text, family, traffic[i].labels,
				   facts->network[traffic[i].counter]);
}

static void
put_connections(FILE *text, const struct facts *facts)
{
	static const struct family ended = {
		"connections_ended_total",
		"Connections that ended, or were not made, by reason.",
	};
	static const struct traffic opened[] = {
		{ RAFT_LINK_OPENED_OUT, "direction=\"out\"" },
		{ RAFT_LINK_OPENED_IN, "direction=\"in\"" },
		{ RAFT_LINK_OPENED_GUEST, "direction=\"guest\"" },
	};
	char labels[LABELS_BYTES], lower[LOWER_BYTES];

	put_traffic(text, facts,
		    &(struct family){
			"connections_opened_total",
			"Connections that were made with servers of the "
			"cluster, by who dialed; guests are no members." },
		    opened, sizeof(opened) / sizeof(opened[0]));
	raft__lines_head(text, &ended, "counter");
#define PUT_END(name, sentence)                                                \
	snprintf(labels, sizeof(labels), "reason=\"%s\"",                      \
		 raft__lines_lower(#name, lower));                             \
	raft__lines_sample(text, &ended, labels,                               \
			   facts->network[RAFT_LINK_##name]);
	RAFT_LINK_ENDS(PUT_END)
#undef PUT_END
}

static void
put_messages(FILE *text, const struct facts *facts)
{
	static const struct traffic messages[] = {
		{ RAFT_LINK_SENT, "direction=\"out\"" },
		{ RAFT_LINK_RECEIVED, "direction=\"in\"" },
	};
	static const struct traffic bytes[] = {
		{ RAFT_LINK_WRITTEN_BYTES, "direction=\"out\"" },
		{ RAFT_LINK_RECEIVED_BYTES, "direction=\"in\"" },
	};
	static const struct traffic notes[] = {
		{ RAFT_LINK_NOTES_SENT, "end=\"sent\"" },
		{ RAFT_LINK_NOTES_REFUSED, "end=\"refused\"" },
		{ RAFT_LINK_NOTES_RECEIVED, "end=\"received\"" },
		{ RAFT_LINK_NOTES_DROPPED, "end=\"dropped\"" },
	};

	put_traffic(text, facts,
		    &(struct family){
			"messages_total",
			"Messages of Raft: queued for a peer, and received." },
		    messages, sizeof(messages) / sizeof(messages[0]));
	put_traffic(text, facts,
		    &(struct family){
			"notes_total",
			"What servers say to each other beside Raft: forwarded "
			"commands, their answers, addresses." },
		    notes, sizeof(notes) / sizeof(notes[0]));
	put_traffic(text, facts,
		    &(struct family){ "network_bytes_total",
				      "Bytes on all connections." },
		    bytes, sizeof(bytes) / sizeof(bytes[0]));
	raft__lines_counter(text, "network_writes_total",
			    "Writes to the network.",
			    facts->network[RAFT_LINK_WRITES]);
}

static const struct traffic dropped_by_network[] = {
	{ RAFT_LINK_DROPPED_UNKNOWN, "unknown" },
	{ RAFT_LINK_DROPPED_TOO_LARGE, "too_large" },
	{ RAFT_LINK_DROPPED_FULL, "full" },
	{ RAFT_LINK_DROPPED_DOWN, "down" },
	{ RAFT_LINK_DROPPED_UNREADABLE, "unreadable" },
	{ RAFT_LINK_DROPPED_FORGED, "forged" },
	{ RAFT_LINK_DROPPED_GUEST, "guest" },
};

static void
put_drops(FILE *text, const struct facts *facts)
{
	static const struct family dropped = {
		"dropped_messages_total",
		"Messages that were dropped, by whom and why.",
	};
	const size_t count =
	    sizeof(dropped_by_network) / sizeof(dropped_by_network[0]);
	char labels[LABELS_BYTES], lower[LOWER_BYTES];

	raft__lines_head(text, &dropped, "counter");
	for (size_t i = 0; i < RAFT_COUNTER_COUNT; i++) {
		enum raft_counter counter = (enum raft_counter)i;

		snprintf(labels, sizeof(labels), "by=\"member\",reason=\"%s\"",
			 raft__lines_lower(raft_counter_name(counter), lower));
		raft__lines_sample(text, &dropped, labels,
				   facts->dropped[counter]);
	}
	for (size_t i = 0; facts->has_transport && i < count; i++) {
		const struct traffic *traffic = &dropped_by_network[i];

		snprintf(labels, sizeof(labels), "by=\"network\",reason=\"%s\"",
			 traffic->labels);
		raft__lines_sample(text, &dropped, labels,
				   facts->network[traffic->counter]);
	}
}

void
raft__metrics_network(FILE *text, const struct facts *facts)
{
	put_drops(text, facts);
	if (!facts->has_transport)
		return;
	put_connections(text, facts);
	put_messages(text, facts);
}
