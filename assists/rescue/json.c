/*
 * What is in a server's folder, as JSON (json.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names stay as they are once a version has them: scripts read them. What there is
 * none of is null. Incarnations are texts, as server.conf has them.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "assists/rescue/inside.h"
#include "assists/rescue/json.h"

static json_t *
text(const char *value)
{
	json_t *string = json_string(value);

	/* No UTF-8. */
	return string != NULL ? string : json_null();
}

static json_t *
text_if_any(const char *value)
{
	return value != NULL && *value != '\0' ? text(value) : json_null();
}

static json_t *
number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *
number_if_any(uint64_t value)
{
	return value != 0 ? number(value) : json_null();
}

static json_t *
incarnation(uint64_t value)
{
	char digits[32];

	snprintf(digits, sizeof(digits), "%" PRIx64, value);
	return json_string(digits);
}

/* ----------------------------------------------------------- configurations */

static json_t *
member(const struct raft_member *member)
{
	static const char *const roles[] = { "leaves", "voter", "learner" };
	char place[PLACE_BYTES];

	if (!raft__address_of_member(member, place))
		place[0] = '\0';
	return json_pack("{s:o, s:o, s:s, s:o}", "id",
			 number(member->identity.id), "incarnation",
			 incarnation(member->identity.incarnation), "role",
			 roles[member->role], "address", text_if_any(place));
}

static json_t *
configuration(const struct raft_stored_configuration *stored)
{
	struct raft_member *members =
	    calloc(RAFT_MEMBERS_MAX, sizeof(*members));
	struct raft_configuration decoded = { 0 };
	json_t *list = json_array();

	if (members == NULL ||
	    raft_configuration_decode(stored->bytes, stored->length, &decoded,
				      members, RAFT_MEMBERS_MAX) != RAFT_OK)
		decoded.member_count = 0;
	for (size_t i = 0; i < decoded.member_count; i++)
		json_array_append_new(list, member(&members[i]));
	free(members);
	return json_pack("{s:o, s:b, s:o}", "index", number(stored->index),
			 "joint", decoded.joint, "members", list);
}

static json_t *
configurations(const struct raft_stored *stored)
{
	json_t *list = json_array();

	for (size_t i = 0; i < stored->configuration_count; i++)
		json_array_append_new(
		    list, configuration(&stored->configurations[i]));
	return list;
}

/* ------------------------------------------------------------------ its parts */

static json_t *
vote(const struct raft_identity *vote)
{
	if (vote->id == 0)
		return json_null();
	return json_pack("{s:o, s:o}", "id", number(vote->id), "incarnation",
			 incarnation(vote->incarnation));
}

static json_t *
log_of(const struct survey *survey)
{
	const struct raft_stored *stored = &survey->folder.stored;
	struct raft_entry_id last = raft__survey_last(survey);
	bool has_entries = stored->last_index > stored->snapshot.index;

	if (*survey->log_error != '\0')
		return json_pack("{s:o}", "refused", text(survey->log_error));
	return json_pack(
	    "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "term",
	    number(stored->term), "vote", vote(&stored->vote), "first",
	    number_if_any(has_entries ? stored->snapshot.index + 1 : 0), "last",
	    number(last.index), "last_term", number(last.term), "bytes",
	    number(survey->log.bytes), "torn_bytes", number(survey->log.torn),
	    "refused", json_null());
}

static json_t *
snapshots_of(const struct survey *survey)
{
	json_t *list = json_array();

	for (size_t i = 0; i < survey->found_count; i++) {
		const struct found *found = &survey->found[i];

		json_array_append_new(list,
				      json_pack("{s:o, s:o, s:o, s:o}", "index",
						number(found->id.index), "term",
						number(found->id.term), "bytes",
						number(found->bytes), "wrong",
						text_if_any(found->wrong)));
	}
	return list;
}

static json_t *
start_of(const struct survey *survey)
{
	const struct raft_stored *stored = &survey->folder.stored;
	const char *refusal = raft__survey_refusal(survey);
	bool applies =
	    refusal == NULL && survey->chosen.index < stored->last_index;

	return json_pack(
	    "{s:o, s:o, s:o, s:o}", "refused", text_if_any(refusal), "loads",
	    number_if_any(survey->chosen.index), "applies_first",
	    number_if_any(applies ? survey->chosen.index + 1 : 0),
	    "applies_last", number_if_any(applies ? stored->last_index : 0));
}

static void
write_line(json_t *object, FILE *out)
{
	if (object == NULL || json_dumpf(object, out, 0) != 0)
		abort(); /* Out of memory, or a format of ours is wrong. */
	fputc('\n', out);
	json_decref(object);
}

bool
json_survey(const char *path, bool strict, FILE *out, char *error, size_t size)
{
	struct complaint complaint = { error, size };
	const struct conf *conf;
	struct survey survey;
	bool is_well;

	if (!raft__survey(path, &survey, &complaint))
		return false;
	conf = &survey.folder.conf;
	write_line(
	    json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "server",
		      number(conf->id), "cluster", conf->cluster, "incarnation",
		      incarnation(conf->incarnation), "address",
		      text(conf->address), "log", log_of(&survey),
		      "configurations", configurations(&survey.folder.stored),
		      "snapshots", snapshots_of(&survey), "start",
		      start_of(&survey)),
	    out);
	is_well = raft__survey_judge(path, &survey, strict, &complaint);
	raft__survey_close(&survey);
	return is_well;
}

void
json_backup(const struct raft_rescue_backup *backup, FILE *out)
{
	write_line(
	    json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "cluster",
		      backup->cluster, "server", number(backup->server.id),
		      "incarnation", incarnation(backup->server.incarnation),
		      "index", number(backup->snapshot.index), "term",
		      number(backup->snapshot.term), "bytes",
		      number(backup->bytes), "made_at", number(backup->made_at),
		      "state_at", number_if_any(backup->state_at)),
	    out);
}
