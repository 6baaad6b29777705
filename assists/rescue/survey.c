/*
 * What is in a server's folder, and what a start would make of it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A start is gone through as far as the program's own machine: the same functions
 * say the same sentences.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "assists/rescue/inside.h"

/* --------------------------------------------------------------- snapshots */

/** The list as it grows. */
struct finding {
	struct survey *survey;
	bool has_room;
};

static void
note(struct raft_snapshot_file *snapshots, struct raft_entry_id id,
     void *context)
{
	struct finding *finding = context;
	struct survey *survey = finding->survey;
	struct found *grown = reallocarray(
	    survey->found, survey->found_count + 1, sizeof(*grown));

	if (grown == NULL) {
		finding->has_room = false;
		return;
	}
	survey->found = grown;
	grown[survey->found_count++] = (struct found){
		.id = id,
		.bytes = raft_snapshot_file_size(snapshots, id),
		.wrong = raft_snapshot_file_inspect(snapshots, id),
	};
}

static int
newest_first(const void *a, const void *b)
{
	struct raft_entry_id left = ((const struct found *)a)->id;
	struct raft_entry_id right = ((const struct found *)b)->id;

	if (left.index != right.index)
		return left.index < right.index ? 1 : -1;
	return left.term < right.term ? 1 : -(left.term > right.term);
}

bool
raft__survey_find(struct raft_snapshot_file *snapshots, struct survey *survey,
		  const struct complaint *complaint)
{
	struct finding finding = { survey, true };

	free(survey->found);
	survey->found = NULL;
	survey->found_count = 0;
	if (!raft_snapshot_file_each(snapshots, note, &finding))
		return raft__complain(complaint, "the snapshots: %s",
				      strerror(errno));
	if (!finding.has_room)
		return raft__complain(complaint, "out of memory");
	if (survey->found_count > 0)
		qsort(survey->found, survey->found_count,
		      sizeof(*survey->found), newest_first);
	return true;
}

/* ------------------------------------------------------------------- a start */

bool
raft__try_start(struct folder *folder, struct raft_entry_id *chosen,
		const struct complaint *complaint)
{
	struct raft_options options = { .self = folder->owner.self };
	enum raft_result result;
	struct raft *member;

	if (!raft_snapshot_file_choose(folder->snapshots, &folder->stored,
				       chosen, complaint->text,
				       complaint->size))
		return false;
	result = raft_start(&options, &folder->stored, 0, &member);
	raft_destroy(member);
	return result == RAFT_OK || raft__complain(complaint, "the log: %s",
						   raft_result_text(result));
}

bool
raft__survey(const char *path, struct survey *survey,
	     const struct complaint *complaint)
{
	struct folder *folder = &survey->folder;
	struct complaint of_log = { survey->log_error,
				    sizeof(survey->log_error) };
	struct complaint of_snapshots = { survey->snapshots_error,
					  sizeof(survey->snapshots_error) };
	struct complaint of_start = { survey->start_error,
				      sizeof(survey->start_error) };

	*survey = (struct survey){ 0 };
	if (!raft__folder_read_conf(path, folder, complaint))
		return false;
	if (raft__folder_look_at_log(path, folder, &of_log))
		raft_log_file_size(folder->log, &survey->log);
	if (raft__folder_look_at_snapshots(path, folder, &of_snapshots))
		(void)raft__survey_find(folder->snapshots, survey,
					&of_snapshots);
	if (*survey->log_error == '\0' && *survey->snapshots_error == '\0')
		(void)raft__try_start(folder, &survey->chosen, &of_start);
	return true;
}

void
raft__survey_close(struct survey *survey)
{
	raft__folder_close(&survey->folder);
	free(survey->found);
	survey->found = NULL;
}

const char *
raft__survey_refusal(const struct survey *survey)
{
	if (*survey->log_error != '\0')
		return survey->log_error;
	if (*survey->snapshots_error != '\0')
		return survey->snapshots_error;
	return *survey->start_error != '\0' ? survey->start_error : NULL;
}

static bool
has_damage(const struct survey *survey)
{
	for (size_t i = 0; i < survey->found_count; i++)
		if (survey->found[i].wrong != NULL)
			return true;
	return false;
}

bool
raft__survey_judge(const char *path, const struct survey *survey, bool strict,
		   const struct complaint *complaint)
{
	const char *refusal = raft__survey_refusal(survey);

	if (refusal != NULL)
		return raft__complain(complaint, "%s", refusal);
	return !strict || !has_damage(survey) ||
	       raft__complain(
		   complaint,
		   "%s: a snapshot is damaged, and a start does without it: "
		   "have the server take another one",
		   path);
}

/* -------------------------------------------------------------- what it holds */

bool
raft__survey_configuration(const struct survey *survey,
			   struct raft_configuration *configuration,
			   struct raft_member members[RAFT_MEMBERS_MAX])
{
	const struct raft_stored *stored = &survey->folder.stored;
	const struct raft_stored_configuration *last;

	if (stored->configuration_count == 0)
		return false;
	last = &stored->configurations[stored->configuration_count - 1];
	return raft_configuration_decode(last->bytes, last->length,
					 configuration, members,
					 RAFT_MEMBERS_MAX) == RAFT_OK;
}

struct raft_entry_id
raft__survey_last(const struct survey *survey)
{
	const struct raft_stored *stored = &survey->folder.stored;

	return (struct raft_entry_id){
		.index = stored->last_index,
		.term = stored->run_count > 0
			    ? stored->runs[stored->run_count - 1].term
			    : stored->snapshot.term,
	};
}
