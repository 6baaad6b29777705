/*
 * The text: what a server has measured, and how it is now (metrics.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "assists/metrics/metrics.h"

#include <inttypes.h>
#include <stdlib.h>

#include "assists/metrics/chapters.h"
#include "assists/metrics/lines.h"

#define LABELS_BYTES 256

/* -------------------------------------------------------------- the member */

static void
put_build(FILE *text, const struct facts *facts)
{
	static const struct family build = {
		"build_info", "1: which server of which cluster this is, and "
			      "what it runs."
	};
	char labels[LABELS_BYTES];

	snprintf(labels, sizeof(labels),
		 "version=\"%s\",build=\"%s\",cluster=\"%s\",id=\"%" PRIu64
		 "\"",
		 raft_version(), raft_build(), facts->status.cluster,
		 facts->status.raft.self.id);
	raft__lines_head(text, &build, "gauge");
	raft__lines_sample(text, &build, labels, 1);
}

/** One series for each thing that it can be, by the thing's number; 1: it is that. */
static void
put_choice(FILE *text, const struct family *family, const char *const *labels,
	   size_t count, size_t chosen)
{
	raft__lines_head(text, family, "gauge");
	for (size_t i = 0; i < count; i++)
		if (labels[i] != NULL)
			raft__lines_sample(text, family, labels[i],
					   i == chosen);
}

static void
put_roles(FILE *text, const struct raft_status *status)
{
	static const char *const roles[] = {
		[RAFT_FOLLOWER] = "role=\"follower\"",
		[RAFT_CANDIDATE] = "role=\"candidate\"",
		[RAFT_LEADER] = "role=\"leader\"",
	};
	static const char *const members[] = {
		[RAFT_MEMBER_NONE] = "as=\"none\"",
		[RAFT_MEMBER_VOTER] = "as=\"voter\"",
		[RAFT_MEMBER_NON_VOTING] = "as=\"non_voting\"",
	};

	put_choice(text,
		   &(struct family){ "role", "1: what it is in its term." },
		   roles, sizeof(roles) / sizeof(roles[0]), status->role);
	put_choice(text,
		   &(struct family){ "membership", "1: what it is in the "
						   "configuration in force." },
		   members, sizeof(members) / sizeof(members[0]),
		   status->member_role);
}

static void
put_member(FILE *text, const struct raft_status *status)
{
	put_roles(text, status);
	raft__lines_gauge(text, "stopped",
			  "1: it has stopped for good: see its log.",
			  status->stopped);
	raft__lines_gauge(text, "term", "The newest term that it knows of.",
			  status->term);
	raft__lines_gauge(text, "leader",
			  "The id of the leader that it knows; 0: none.",
			  status->leader);
	raft__lines_gauge(text, "members",
			  "Members of the configuration in force.",
			  status->member_count);
	raft__lines_gauge(text, "changing",
			  "1: a change of membership is under way.",
			  status->changing);
	raft__lines_gauge(text, "last_index", "The last entry of its log.",
			  status->last.index);
	raft__lines_gauge(text, "durable_index",
			  "All up to this entry is durable in its log.",
			  status->durable_index);
	raft__lines_gauge(text, "commit_index",
			  "All up to this entry is known to be committed.",
			  status->commit_index);
	raft__lines_gauge(text, "applied_index",
			  "All up to this entry was applied.",
			  status->applied_index);
	raft__lines_gauge(text, "uncommitted_bytes",
			  "Of a leader: proposals that are not committed yet.",
			  status->uncommitted_bytes);
}

/** One series for each reason. */
static void
put_reasons(FILE *text, const struct family *family, const uint64_t *counts)
{
	char labels[LABELS_BYTES], lower[LOWER_BYTES];

	raft__lines_head(text, family, "counter");
	for (size_t i = 0; i < RAFT_SERVER_REASON_COUNT; i++) {
		const char *name = raft_reason_name((enum raft_reason)i);

		snprintf(labels, sizeof(labels), "reason=\"%s\"",
			 raft__lines_lower(name, lower));
		raft__lines_sample(text, family, labels, counts[i]);
	}
}

static void
put_elections(FILE *text, const struct raft_server_measures *measures)
{
	put_reasons(text,
		    &(struct family){ "elections_total",
				      "How often it campaigned, by reason." },
		    measures->candidacies);
	raft__lines_counter(text, "elections_won_total",
			    "How often it was elected.", measures->elected);
	put_reasons(
	    text,
	    &(struct family){ "depositions_total",
			      "How often it has ceased to lead, by reason." },
	    measures->depositions);
	raft__lines_counter(
	    text, "leader_changes_total",
	    "How often it has learned of a leader, itself included.",
	    measures->leaders);
}

/* ------------------------------------------------------------------- asking */

/** What was asked, by its name in labels. */
struct asked {
	const char *kind;
	const struct raft_server_asked *asked;
};

static void
put_asked(FILE *text, const struct asked *all, size_t count)
{
	static const struct family total = {
		"asks_total",
		"What was asked of this server by its program, by how it ended."
	};
	static const struct family took = {
		"ask_seconds",
		"From asking until the end was told, whoever leads."
	};
	char labels[LABELS_BYTES], lower[LOWER_BYTES];

	raft__lines_head(text, &total, "counter");
	for (size_t i = 0; i < count * RAFT_SERVER_RESULT_COUNT; i++) {
		const struct asked *one = &all[i / RAFT_SERVER_RESULT_COUNT];
		size_t result = i % RAFT_SERVER_RESULT_COUNT;
		const char *name =
		    raft_server_result_name((enum raft_server_result)result);

		snprintf(labels, sizeof(labels), "kind=\"%s\",result=\"%s\"",
			 one->kind, raft__lines_lower(name, lower));
		raft__lines_sample(text, &total, labels,
				   one->asked->ended[result]);
	}
	raft__lines_head(text, &took, "histogram");
	for (size_t i = 0; i < count; i++) {
		snprintf(labels, sizeof(labels), "kind=\"%s\"", all[i].kind);
		raft__lines_histogram(text, &took, labels, &all[i].asked->took);
	}
}

static void
put_asks(FILE *text, const struct facts *facts)
{
	static const struct family pending = {
		"asks_pending",
		"What was asked and has not ended, by what it waits for."
	};
	const struct raft_server_measures *measures = &facts->measures;
	const struct asked all[] = {
		{ "command", &measures->commands },
		{ "read", &measures->reads },
		{ "change", &measures->changes },
	};

	put_asked(text, all, sizeof(all) / sizeof(all[0]));
	raft__lines_head(text, &pending, "gauge");
	raft__lines_sample(text, &pending, "state=\"waiting\"",
			   measures->asks_waiting);
	raft__lines_sample(text, &pending, "state=\"proposed\"",
			   measures->asks_proposed);
	raft__lines_sample(text, &pending, "state=\"forwarded\"",
			   measures->asks_forwarded);
	raft__lines_sample(text, &pending, "state=\"reading\"",
			   measures->asks_reading);
	raft__lines_gauge(text, "calls_pending",
			  "Calls of other threads that wait for the loop.",
			  measures->calls);
	raft__lines_gauge(text, "sessions", "Sessions that are open.",
			  facts->status.sessions);
}

static void
put_latencies(FILE *text, const struct raft_server_measures *measures)
{
	raft__lines_durations(
	    text, "commit_seconds",
	    "From a leader's log until committed and about to be applied.",
	    &measures->commit);
	raft__lines_durations(
	    text, "apply_seconds",
	    "Applying what was committed, many entries at once.",
	    &measures->apply);
	raft__lines_counter(text, "applied_entries_total",
			    "Entries that were applied.", measures->applied);
	raft__lines_durations(text, "fsync_seconds",
			      "Writing to the log and syncing it.",
			      &measures->log.syncs);
}

/* -------------------------------------------------- the log, and snapshots */

static void
put_log(FILE *text, const struct facts *facts)
{
	const struct raft_log_file_counters *log = &facts->measures.log;
	const struct raft_status *status = &facts->status.raft;

	raft__lines_gauge(text, "log_file_bytes", "The log that is kept.",
			  facts->measures.log_size.bytes);
	raft__lines_gauge(text, "log_entries", "Entries in the log.",
			  status->last.index - status->snapshot.index);
	raft__lines_gauge(text, "log_since_snapshot_bytes",
			  "What was added to the log since the last snapshot.",
			  facts->status.log_bytes);
	raft__lines_counter(text, "log_synced_bytes_total",
			    "Bytes that were made durable in the log.",
			    log->synced_bytes);
	raft__lines_durations(text, "log_new_file_seconds",
			      "Making a file for the log, since none that it "
			      "has was free.",
			      &log->files);
}

static void
put_snapshots(FILE *text, const struct facts *facts)
{
	const struct raft_server_measures *measures = &facts->measures;

	raft__lines_gauge(text, "snapshot_index",
			  "The last entry of the newest snapshot; 0: none.",
			  facts->status.snapshot.index);
	raft__lines_gauge(text, "snapshot_bytes", "The newest snapshot.",
			  measures->snapshot_bytes);
	raft__lines_gauge(text, "snapshot_timestamp_seconds",
			  "When the newest snapshot was written or received, "
			  "since 1970; 0: there is none.",
			  (uint64_t)measures->snapshot_written);
	raft__lines_gauge(text, "snapshot_running", "1: one is being taken.",
			  facts->status.takes_snapshot);
	raft__lines_durations(text, "snapshot_write_seconds",
			      "Taking a snapshot, while all else goes on.",
			      &measures->snapshot_taken);
	raft__lines_durations(text, "snapshot_load_seconds",
			      "Loading a snapshot; nothing else is done "
			      "meanwhile.",
			      &measures->snapshot_loaded);
	raft__lines_counter(text, "snapshots_failed_total",
			    "Snapshots that could not be taken.",
			    measures->snapshots_failed);
}

static void
put_scrub(FILE *text, const struct facts *facts)
{
	const struct raft_server_scrub *scrub = &facts->status.scrub;
	static const struct family since = {
		"scrub_pass_age_seconds",
		"Since all of the log and the snapshots was read through last."
	};

	raft__lines_gauge(text, "scrub_rate_bytes",
			  "Bytes a second that are read and checked in the "
			  "background; 0: none.",
			  scrub->rate);
	raft__lines_counter(text, "scrub_bytes_total",
			    "Bytes that were read and checked.", scrub->bytes);
	raft__lines_counter(text, "scrub_passes_total",
			    "How often all was read through.", scrub->passes);
	raft__lines_head(text, &since, "gauge");
	if (scrub->passes > 0)
		raft__lines_seconds(text, &since, "", scrub->ended_us);
	raft__lines_counter(text, "scrub_damages_total",
			    "Places in files that were found damaged.",
			    scrub->damages);
	raft__lines_counter(text, "log_mended_entries_total",
			    "Entries that are kept in another place, because "
			    "they were lost where they stood.",
			    facts->measures.mended);
}

/* What never ends, or is not there, has no series. */
static void
put_papers(FILE *text, const struct raft_tls_status *papers)
{
	static const struct family ends = {
		"certificate_expiry_timestamp_seconds",
		"When the first thing in each of the files ends, since 1970."
	};

	raft__lines_head(text, &ends, "gauge");
	if (papers->certificate_ends > 0)
		raft__lines_sample(text, &ends, "paper=\"certificate\"",
				   (uint64_t)papers->certificate_ends);
	if (papers->authorities_end > 0)
		raft__lines_sample(text, &ends, "paper=\"authorities\"",
				   (uint64_t)papers->authorities_end);
	if (papers->revocations_end > 0)
		raft__lines_sample(text, &ends, "paper=\"revocations\"",
				   (uint64_t)papers->revocations_end);
}

void
raft__metrics_write(FILE *text, const struct facts *facts)
{
	put_build(text, facts);
	put_member(text, &facts->status.raft);
	put_elections(text, &facts->measures);
	put_latencies(text, &facts->measures);
	put_asks(text, facts);
	raft__metrics_peers(text, facts);
	raft__metrics_network(text, facts);
	put_log(text, facts);
	put_snapshots(text, facts);
	put_scrub(text, facts);
	put_papers(text, &facts->measures.papers);
}

static void
gather_counters(struct raft_server *server, struct facts *facts)
{
	const struct raft_tcp *transport = raft_server_transport(server);
	const struct raft *raft = raft_server_raft(server);

	for (size_t i = 0; i < RAFT_COUNTER_COUNT; i++)
		facts->dropped[i] = raft_counter(raft, (enum raft_counter)i);
	facts->has_transport = transport != NULL;
	for (size_t i = 0; facts->has_transport && i < RAFT_LINK_COUNTER_COUNT;
	     i++)
		facts->network[i] =
		    raft_tcp_counter(transport, (enum raft_link_counter)i);
}

/** False: out of memory. */
static bool
gather(struct raft_server *server, struct facts *facts)
{
	const struct raft_status *status = &facts->status.raft;
	struct raft_server_member *peer;

	raft_server_status(server, &facts->status);
	raft_server_measures(server, &facts->measures);
	gather_counters(server, facts);
	facts->peers = calloc(status->member_count + 1, sizeof(*facts->peers));
	if (facts->peers == NULL)
		return false;
	for (size_t i = 0; i < status->member_count; i++) {
		peer = &facts->peers[facts->peer_count];
		if (raft_server_member(server, i, peer) &&
		    peer->raft.identity.id != status->self.id)
			facts->peer_count++;
	}
	return true;
}

char *
raft_metrics_text(struct raft_server *server)
{
	struct facts facts = { 0 };
	char *bytes = NULL;
	size_t length;
	FILE *text = open_memstream(&bytes, &length);
	bool is_whole;

	if (text == NULL)
		return NULL;
	is_whole = gather(server, &facts);
	if (is_whole)
		raft__metrics_write(text, &facts);
	free(facts.peers);
	is_whole = ferror(text) == 0 && is_whole;
	if (fclose(text) == 0 && is_whole)
		return bytes;
	free(bytes);
	return NULL;
}
