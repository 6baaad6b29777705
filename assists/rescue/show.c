/*
 * What is in a server's folder, for a person.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/string.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "assists/rescue/inside.h"

void
raft__show_date(uint64_t seconds, char text[SHOW_DATE_BYTES])
{
	time_t at = (time_t)seconds;
	struct tm when;

	if (gmtime_r(&at, &when) == NULL ||
	    strftime(text, SHOW_DATE_BYTES, "%Y-%m-%d %H:%M:%S UTC", &when) ==
		0)
		strlcpy(text, "no date", SHOW_DATE_BYTES);
}

/* ----------------------------------------------------------- configurations */

static void
show_member(FILE *out, const struct raft_member *member, bool joint)
{
	static const char *const roles[] = { "leaves", "votes", "learns" };
	char place[PLACE_BYTES];

	if (!raft__address_of_member(member, place))
		place[0] = '\0';
	fprintf(out, "%" PRIu64 " at %s %s", member->identity.id,
		place[0] != '\0' ? place : "no address", roles[member->role]);
	if (joint && member->role_before == RAFT_MEMBER_NONE)
		fprintf(out, " and is new");
}

void
raft__show_configuration(FILE *out, const void *bytes, size_t length)
{
	struct raft_member members[RAFT_MEMBERS_MAX];
	struct raft_configuration configuration;

	if (raft_configuration_decode(bytes, length, &configuration, members,
				      RAFT_MEMBERS_MAX) != RAFT_OK) {
		fprintf(out, "none that this version can read");
		return;
	}
	for (size_t i = 0; i < configuration.member_count; i++) {
		fprintf(out, i > 0 ? ", " : "");
		show_member(out, &members[i], configuration.joint);
	}
}

static void
show_configurations(const struct survey *survey, FILE *out)
{
	const struct raft_stored *stored = &survey->folder.stored;

	for (size_t i = 0; i < stored->configuration_count; i++) {
		const struct raft_stored_configuration *one =
		    &stored->configurations[i];

		fprintf(out, "configuration of entry %" PRIu64 ": ",
			one->index);
		raft__show_configuration(out, one->bytes, one->length);
		fprintf(out, "\n");
	}
	if (stored->configuration_count == 0)
		fprintf(out, "configuration: none, it is no member yet\n");
}

/* --------------------------------------------------------------- its parts */

static void
show_identity(const struct conf *conf, FILE *out)
{
	fprintf(out,
		"server %" PRIu64 " of cluster %s, incarnation %" PRIx64
		", at %s\n",
		conf->id, conf->cluster, conf->incarnation, conf->address);
}

static void
show_log(const struct survey *survey, FILE *out)
{
	const struct raft_stored *stored = &survey->folder.stored;

	if (*survey->log_error != '\0') {
		fprintf(out, "log: REFUSED: %s\n", survey->log_error);
		return;
	}
	fprintf(out, "term %" PRIu64 ", ", stored->term);
	if (stored->vote.id == 0)
		fprintf(out, "no vote in it\n");
	else
		fprintf(out,
			"vote for server %" PRIu64 ", incarnation %" PRIx64
			"\n",
			stored->vote.id, stored->vote.incarnation);
	if (stored->last_index == stored->snapshot.index)
		fprintf(out, "log: no entries behind entry %" PRIu64,
			stored->snapshot.index);
	else
		fprintf(out,
			"log: entries %" PRIu64 " to %" PRIu64
			", the last of term %" PRIu64,
			stored->snapshot.index + 1, stored->last_index,
			raft__survey_last(survey).term);
	fprintf(out, ", %" PRIu64 " bytes, every one as it was written\n",
		survey->log.bytes);
	if (survey->log.torn > 0)
		fprintf(out,
			"log: behind them are %" PRIu64 " bytes that a crash "
			"tore, and nobody was told of: a start cuts them off\n",
			survey->log.torn);
	show_configurations(survey, out);
}

static void
show_snapshots(const struct survey *survey, FILE *out)
{
	if (*survey->snapshots_error != '\0')
		fprintf(out, "snapshots: REFUSED: %s\n",
			survey->snapshots_error);
	else if (survey->found_count == 0)
		fprintf(out, "snapshots: none\n");
	for (size_t i = 0; i < survey->found_count; i++) {
		const struct found *found = &survey->found[i];

		fprintf(out,
			"snapshot of entry %" PRIu64 " of term %" PRIu64
			", %" PRIu64 " bytes: ",
			found->id.index, found->id.term, found->bytes);
		if (found->wrong == NULL)
			fprintf(out, "every one as it was written\n");
		else
			fprintf(out, "DAMAGED: it %s\n", found->wrong);
	}
}

static void
show_start(const struct survey *survey, FILE *out)
{
	uint64_t first = survey->chosen.index + 1;
	uint64_t last = survey->folder.stored.last_index;

	if (raft__survey_refusal(survey) != NULL) {
		fprintf(out, "a start is refused: %s\n",
			*survey->start_error != '\0' ? survey->start_error
						     : "see above");
		return;
	}
	if (survey->chosen.index == 0)
		fprintf(out, "a start begins with an empty state");
	else
		fprintf(out, "a start loads the snapshot of entry %" PRIu64,
			survey->chosen.index);
	if (first <= last)
		fprintf(out,
			", and applies entries %" PRIu64 " to %" PRIu64
			" once they are known to be committed",
			first, last);
	fprintf(out, "\n");
}

/* -------------------------------------------------------------- both verbs */

static bool
survey_and_show(const char *folder, bool strict, FILE *out,
		const struct complaint *complaint)
{
	struct survey survey;
	bool is_well;

	if (!raft__survey(folder, &survey, complaint))
		return false;
	show_identity(&survey.folder.conf, out);
	show_log(&survey, out);
	show_snapshots(&survey, out);
	show_start(&survey, out);
	is_well = raft__survey_judge(folder, &survey, strict, complaint);
	raft__survey_close(&survey);
	return is_well;
}

bool
raft_rescue_show(const char *folder, FILE *out, char *error, size_t size)
{
	return survey_and_show(folder, false, out,
			       &(struct complaint){ error, size });
}

bool
raft_rescue_verify(const char *folder, FILE *out, char *error, size_t size)
{
	return survey_and_show(folder, true, out,
			       &(struct complaint){ error, size });
}
