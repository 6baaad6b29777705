/*
 * A cluster goes on from what one of its servers holds.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the server knows is kept: its snapshot, and its log behind it, entry by entry
 * with index and term, so that whatever a command was answered with stays true. What
 * the log says of the cluster is not: its only configuration is of this server alone,
 * as if it had never had another. The log gets another owner, whom the servers of
 * before do not know: their hellos are refused (decisions/0027).
 */
#include <bsd/string.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assists/rescue/inside.h"

/** A server that goes on alone. */
struct recovering {
	const char *folder;
	const struct raft_rescue_recovery *how;
	const struct complaint *complaint;
	struct survey survey;
	/** In force. */
	struct raft_configuration configuration;
	struct raft_member members[RAFT_MEMBERS_MAX];
	/** The name of the cluster from then on. */
	char cluster[CONF_CLUSTER_BYTES];
};

/* ------------------------------------------------------------ may it be done */

/** How long two logs are, in the order of elections (thesis 3.6.1). */
static bool
is_more_advanced(struct raft_entry_id a, struct raft_entry_id b)
{
	return a.term > b.term || (a.term == b.term && a.index > b.index);
}

static bool
compare_with(const struct recovering *recovering, const char *other,
	     const struct survey *survey)
{
	const struct folder *ours = &recovering->survey.folder;
	const struct complaint *complaint = recovering->complaint;
	struct raft_entry_id its = raft__survey_last(survey);
	const char *refusal = raft__survey_refusal(survey);

	if (strcmp(survey->folder.conf.cluster, ours->conf.cluster) != 0)
		return raft__complain(complaint,
				      "%s: it is of cluster %s, and %s is of "
				      "cluster %s",
				      other, survey->folder.conf.cluster,
				      recovering->folder, ours->conf.cluster);
	if (survey->folder.conf.id == ours->conf.id)
		return raft__complain(complaint,
				      "%s: it is of the same server as %s",
				      other, recovering->folder);
	if (refusal != NULL)
		return raft__complain(
		    complaint, "%s: it cannot be compared: %s", other, refusal);
	if (!is_more_advanced(its, raft__survey_last(&recovering->survey)))
		return true;
	return raft__complain(complaint,
			      "%s is more advanced: its log ends at entry "
			      "%" PRIu64 " of term %" PRIu64
			      ". Recover that one",
			      other, its.index, its.term);
}

static bool
compare(const struct recovering *recovering)
{
	const struct raft_rescue_recovery *how = recovering->how;
	struct survey survey;
	bool is_first = true;

	for (size_t i = 0; is_first && i < how->other_count; i++) {
		if (!raft__survey(how->others[i], &survey,
				  recovering->complaint))
			return false;
		is_first = compare_with(recovering, how->others[i], &survey);
		raft__survey_close(&survey);
	}
	return is_first;
}

/** As a member of the configuration in force; NULL: it is none, or leaves by a joint
 *  one. */
static const struct raft_member *
find_own(const struct recovering *recovering)
{
	const struct raft_configuration *c = &recovering->configuration;
	struct raft_identity self = recovering->survey.folder.owner.self;

	for (size_t i = 0; i < c->member_count; i++)
		if (c->members[i].role != RAFT_MEMBER_NONE &&
		    c->members[i].identity.id == self.id &&
		    c->members[i].identity.incarnation == self.incarnation)
			return &c->members[i];
	return NULL;
}

/** In a joint configuration it takes both majorities. */
static bool
decides_alone(const struct recovering *recovering)
{
	const struct raft_configuration *c = &recovering->configuration;
	uint64_t id = recovering->survey.folder.conf.id;

	if (c->joint || find_own(recovering) == NULL)
		return false;
	for (size_t i = 0; i < c->member_count; i++)
		if ((c->members[i].role == RAFT_MEMBER_VOTER) !=
		    (c->members[i].identity.id == id))
			return false;
	return true;
}

/** The entry that it came with. */
static uint64_t
index_of_configuration(const struct recovering *recovering)
{
	const struct raft_stored *stored = &recovering->survey.folder.stored;

	return stored->configurations[stored->configuration_count - 1].index;
}

static bool
check_membership(const struct recovering *recovering)
{
	if (find_own(recovering) != NULL || recovering->how->even_if_removed)
		return true;
	return raft__complain(
	    recovering->complaint,
	    "%s: this server is no member by its own newest "
	    "configuration, of entry %" PRIu64
	    ": it was removed, and may know nothing of what came "
	    "later. Recover one that is a member; if none is "
	    "left, say so (--even-if-removed)",
	    recovering->folder, index_of_configuration(recovering));
}

static bool
check(struct recovering *recovering)
{
	struct survey *survey = &recovering->survey;
	const struct complaint *complaint = recovering->complaint;
	const char *refusal = raft__survey_refusal(survey);

	if (refusal != NULL)
		return raft__complain(complaint, "%s", refusal);
	if (!raft__survey_configuration(survey, &recovering->configuration,
					recovering->members))
		return raft__complain(complaint,
				      "%s: this server never was a member, "
				      "there is nothing to recover",
				      recovering->folder);
	if (decides_alone(recovering))
		return raft__complain(complaint,
				      "%s: this server decides alone already: "
				      "start it",
				      recovering->folder);
	return check_membership(recovering) && compare(recovering);
}

/* ------------------------------------------------------------- what it means */

static void
tell_strangers(const struct recovering *recovering, FILE *out)
{
	const struct raft_configuration *c = &recovering->configuration;
	char place[PLACE_BYTES];

	fprintf(out, "Strangers to it from then on, for ever:");
	for (size_t i = 0; i < c->member_count; i++) {
		const struct raft_member *member = &c->members[i];

		if (member->identity.id == recovering->survey.folder.conf.id)
			continue;
		(void)raft__address_of_member(member, place);
		fprintf(out, " server %" PRIu64 " at %.*s;",
			member->identity.id, (int)strcspn(place, " "), place);
	}
	fprintf(out,
		"\nif one of them is left, stop it and delete its folder; new "
		"servers join\ncluster %s.\n",
		recovering->cluster);
}

/** The newest of the log's files; 0: there are none. */
static time_t
last_written(const char *log)
{
	DIR *files = opendir(log);
	struct dirent *file;
	struct stat status;
	time_t last = 0;

	if (files == NULL)
		return 0;
	while ((file = readdir(files)) != NULL)
		if (*file->d_name != '.' &&
		    fstatat(dirfd(files), file->d_name, &status, 0) == 0 &&
		    status.st_mtime > last)
			last = status.st_mtime;
	closedir(files);
	return last;
}

/** One that was kept of a server that was removed seldom knows that it was: the others
 *  sent it nothing more. But it is old. */
static void
tell_age(const struct recovering *recovering, FILE *out)
{
	char path[PATH_MAX], date[SHOW_DATE_BYTES];
	time_t last;

	if (snprintf(path, sizeof(path), "%s/log", recovering->folder) >=
	    (int)sizeof(path))
		return;
	last = last_written(path);
	if (last == 0)
		return;
	raft__show_date((uint64_t)last, date);
	fprintf(out,
		"Its log was written to last at %s. Is that when the cluster "
		"was lost?\n",
		date);
}

/** What makes it likely that it lacks much. */
static void
tell_doubts(const struct recovering *recovering, FILE *out)
{
	const struct raft_member *own = find_own(recovering);
	uint64_t index = index_of_configuration(recovering);

	if (own == NULL)
		fprintf(out,
			"It was REMOVED: it is no member by its own newest "
			"configuration, of entry\n%" PRIu64
			". All that the cluster has done since then is lost "
			"for good.\n",
			index);
	else if (own->role != RAFT_MEMBER_VOTER &&
		 own->role_before != RAFT_MEMBER_VOTER)
		fprintf(out,
			"It has NO VOTE by its own newest configuration, of "
			"entry %" PRIu64 ": nothing that\nwas acknowledged had "
			"to be on its disk, so it may lack much.\n",
			index);
	if (recovering->how->other_count == 0)
		fprintf(out,
			"It was compared with NO OTHER server: if one is left, "
			"it may hold more.\n");
	tell_age(recovering, out);
}

/** Its log is that of the leader of its last term, up to there. So whatever was
 *  committed by then is in it (thesis 3.6.3); but where it ends with entries that
 *  were not, a later leader may have had others committed in their places. */
static void
tell_loss(const struct survey *survey, FILE *out)
{
	struct raft_entry_id last = raft__survey_last(survey);
	uint64_t sure = survey->chosen.index;

	fprintf(out,
		"Its log ends at entry %" PRIu64 " of term %" PRIu64
		". What was acknowledged up to that entry, and in\nno later "
		"term, is kept. What the servers that are lost have "
		"acknowledged behind it,\nor in a later term, is lost for "
		"good.\n",
		last.index, last.term);
	if (sure > 0)
		fprintf(out,
			"Nothing is lost up to entry %" PRIu64
			": that is in a snapshot, so it was committed.\n",
			sure);
	if (sure < last.index)
		fprintf(out,
			"Entries %" PRIu64 " to %" PRIu64
			" will count, also those of them that nobody was "
			"told\nof.\n",
			sure + 1, last.index);
}

/** Lines for a person; NULL: out of memory. */
static char *
describe(const struct recovering *recovering)
{
	const struct conf *conf = &recovering->survey.folder.conf;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (out == NULL)
		return NULL;
	fprintf(out,
		"Server %" PRIu64 " of cluster %s goes on alone, as cluster "
		"%s.\n",
		conf->id, conf->cluster, recovering->cluster);
	tell_doubts(recovering, out);
	tell_loss(&recovering->survey, out);
	tell_strangers(recovering, out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static bool
ask(const struct recovering *recovering)
{
	const char *cluster = recovering->survey.folder.conf.cluster;
	char *text = describe(recovering);
	bool agreed;

	if (text == NULL)
		return raft__complain(recovering->complaint, "out of memory");
	agreed =
	    recovering->how->confirm(recovering->how->context, text, cluster);
	free(text);
	return agreed || raft__complain(recovering->complaint,
					"not confirmed: nothing was changed");
}

/* -------------------------------------------------------------- how it is done */

static bool
read_snapshot(void *context, uint64_t offset, void *bytes, size_t length)
{
	const struct recovering *recovering = context;
	const struct survey *survey = &recovering->survey;
	struct raft_payload piece;

	if (!raft_snapshot_file.read(survey->folder.snapshots, survey->chosen,
				     offset, length, &piece))
		return false;
	memcpy(bytes, piece.data, length);
	raft_payload_release(&piece);
	return true;
}

static bool
make_folder(const struct recovering *recovering, const char *part)
{
	const struct conf *old = &recovering->survey.folder.conf;
	const struct complaint *complaint = recovering->complaint;
	char path[PATH_MAX + 16];
	struct raft_server_create create = {
		.id = old->id,
		.cluster = recovering->cluster,
		.address = old->address,
		.election_timeout_us =
		    recovering->configuration.election_timeout_us,
	};
	struct conf made, conf = *old;

	snprintf(path, sizeof(path), "%s/server.conf", part);
	if (!raft_server_create(part, &create, complaint->text,
				complaint->size) ||
	    !raft__conf_read(path, &made, complaint))
		return false;
	/* All else is as the operator has it. */
	conf.incarnation = made.incarnation;
	strlcpy(conf.cluster, made.cluster, sizeof(conf.cluster));
	conf.join[0] = '\0';
	conf.learns = 0;
	conf.stands_in_seconds = 0;
	return raft__conf_write(path, &conf, complaint);
}

static bool
make(struct recovering *recovering, struct stage *stage)
{
	const struct survey *survey = &recovering->survey;
	const struct complaint *complaint = recovering->complaint;
	struct origin origin = {
		.id = survey->chosen,
		.read = read_snapshot,
		.context = recovering,
	};

	origin.bytes =
	    raft_snapshot_file_size(survey->folder.snapshots, survey->chosen);
	return raft__stage_clear(stage) &&
	       make_folder(recovering, stage->part) &&
	       (survey->chosen.index == 0 ||
		raft__transfer_snapshot(stage->part, &origin, complaint)) &&
	       raft__transfer_entries(
		   stage->part, survey->chosen, survey->folder.stored.term,
		   survey->folder.log, survey->folder.stored.last_index,
		   complaint) &&
	       raft__transfer_end(stage->part, complaint);
}

/** With what an earlier call has made, if that is what is asked. */
static bool
go_on(struct recovering *recovering, const struct stage *stage)
{
	const char *asked = recovering->how->cluster;
	char theirs[RAFT_SERVER_CLUSTER_MAX + 1];
	char ours[RAFT_SERVER_CLUSTER_MAX + 1];
	struct left left;

	if (!raft__stage_read_left(stage, &left))
		return false;
	raft__conf_plain_name(left.conf.cluster, theirs);
	raft__conf_plain_name(asked != NULL ? asked : theirs, ours);
	if (!left.is_recovered || strcmp(theirs, ours) != 0)
		return raft__stage_refuse(stage, &left);
	strlcpy(recovering->cluster, left.conf.cluster,
		sizeof(recovering->cluster));
	return raft__stage_move(stage);
}

static bool
recover(struct recovering *recovering, struct stage *stage)
{
	struct survey *survey = &recovering->survey;
	bool done, is_left;

	if (!raft__stage_is_left(stage, &is_left))
		return false;
	if (is_left)
		return go_on(recovering, stage);
	if (!raft__survey(recovering->folder, survey, recovering->complaint))
		return false;
	raft__conf_another_life(survey->folder.conf.cluster,
				recovering->cluster);
	/* The log remains locked till all is in its place. */
	done = check(recovering) && raft__stage_check(stage) &&
	       ask(recovering) &&
	       raft__stage_end(stage, make(recovering, stage));
	raft__survey_close(survey);
	return done;
}

bool
raft_rescue_recover(const char *folder, const struct raft_rescue_recovery *how,
		    char cluster[RAFT_RESCUE_CLUSTER_BYTES], char *error,
		    size_t size)
{
	struct complaint complaint = { error, size };
	struct recovering *recovering = calloc(1, sizeof(*recovering));
	struct stage stage;
	bool done = false;

	if (recovering == NULL)
		return raft__complain(&complaint, "out of memory");
	recovering->folder = folder;
	recovering->how = how;
	recovering->complaint = &complaint;
	if (raft__stage_open(&stage, folder, &complaint))
		done = recover(recovering, &stage);
	raft__stage_close(&stage);
	if (done && cluster != NULL)
		strlcpy(cluster, recovering->cluster,
			RAFT_RESCUE_CLUSTER_BYTES);
	free(recovering);
	return done;
}
