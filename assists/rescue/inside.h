/*
 * The inside of raft_rescue: what its parts have in common.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *	survey.c     what is in a folder
 *	show.c       that, for a person
 *	dump.c       its entries
 *	backup.c     the file of a backup
 *	transfer.c   a snapshot and entries, from one folder into another
 *	stage.c      a folder's parts are replaced, all or none
 *	import.c     a folder from a backup
 *	recover.c    a folder from what one server holds
 */
#ifndef OUTRIGGER_RESCUE_INSIDE_H
#define OUTRIGGER_RESCUE_INSIDE_H

#include "assists/rescue/rescue.h"
#include "assists/server/folder.h"

/* ---------------------------------------------------------------- survey.c */

/** A snapshot that has its name. */
struct found {
	struct raft_entry_id id;
	uint64_t bytes;
	/** As the end of "the snapshot ..."; NULL: sound. */
	const char *wrong;
};

/** What is in a folder. Where something is refused, its sentence is not empty, and
 *  what rests on it is not filled in. */
struct survey {
	struct folder folder;
	char log_error[RAFT_SERVER_ERROR_BYTES];
	struct raft_log_file_size log;
	char snapshots_error[RAFT_SERVER_ERROR_BYTES];
	/** Newest first. */
	struct found *found;
	size_t found_count;
	/** Of a start, if the log and the snapshots can be read: what it would load,
	 *  index 0: nothing; and why it would be refused. */
	struct raft_entry_id chosen;
	char start_error[RAFT_SERVER_ERROR_BYTES];
};

/** Look at everything, or refuse what has no server.conf. False: complained, and
 *  nothing is open. */
bool raft__survey(const char *path, struct survey *survey,
		  const struct complaint *complaint);
void raft__survey_close(struct survey *survey);

/** Do with an open folder what a start does with it, short of the program's machine.
 *  Unless it is only looked at, a snapshot that was received gets its name, and one
 *  that is damaged loses it. False: complained. */
bool raft__try_start(struct folder *folder, struct raft_entry_id *chosen,
		     const struct complaint *complaint);

/** NULL: a start would succeed. Otherwise its sentence. */
const char *raft__survey_refusal(const struct survey *survey);

/** Say what is wrong with it. `strict`: damage that a start survives is wrong, too. */
bool raft__survey_judge(const char *path, const struct survey *survey,
			bool strict, const struct complaint *complaint);

/** The snapshots of a folder that may be in use, newest first. False: complained. */
bool raft__survey_find(struct raft_snapshot_file *snapshots,
		       struct survey *survey,
		       const struct complaint *complaint);

/** The configuration in force, with room for its members. False: there is none. */
bool raft__survey_configuration(const struct survey *survey,
				struct raft_configuration *configuration,
				struct raft_member members[RAFT_MEMBERS_MAX]);

/** The last entry. */
struct raft_entry_id raft__survey_last(const struct survey *survey);

/* ------------------------------------------------------------------ show.c */

#define SHOW_DATE_BYTES 32

/** A time, in seconds since 1970. */
void raft__show_date(uint64_t seconds, char text[SHOW_DATE_BYTES]);

/** Its members, for a line. */
void raft__show_configuration(FILE *out, const void *bytes, size_t length);

/* ---------------------------------------------------------------- backup.c */

/** Where the snapshot stands in the file of a backup. */
#define BACKUP_AT 160

/** Read what it says of itself, and compare it with its size. -1: complained. */
int raft__backup_open(const char *file, struct raft_rescue_backup *backup,
		      const struct complaint *complaint);

/* -------------------------------------------------------------- transfer.c */

/** Where the bytes of a snapshot come from. */
struct origin {
	struct raft_entry_id id;
	uint64_t bytes;
	bool (*read)(void *context, uint64_t offset, void *bytes,
		     size_t length);
	void *context;
};

/** Store it, in a folder that has been made and has none. */
bool raft__transfer_snapshot(const char *path, const struct origin *origin,
			     const struct complaint *complaint);

/**
 * Have the log of that folder, which has its first entry alone, begin behind this
 * snapshot, if its index is not 0, in this term; and go on with the entries of another
 * log up to `last`, if that is not NULL. Configurations among them become no-ops:
 * they are about another cluster.
 */
bool raft__transfer_entries(const char *path, struct raft_entry_id snapshot,
			    uint64_t term, struct raft_log_file *from,
			    uint64_t last, const struct complaint *complaint);

/** The folder is whole: a start would succeed. */
bool raft__transfer_end(const char *path, const struct complaint *complaint);

/* ----------------------------------------------------------------- stage.c */

/** A folder whose parts are being replaced. */
struct stage {
	const char *folder;
	/** Locked, against others who do the same. */
	int fd;
	/** Where the new ones are made. */
	char part[PATH_MAX];
	const struct complaint *complaint;
};

/** What an earlier call has made, and not moved to its place. */
struct left {
	/** recover was called, and not import. */
	bool is_recovered;
	struct conf conf;
	/** Its newest snapshot; index 0: it has none. */
	struct raft_entry_id snapshot;
};

/** Take the folder. False: complained. */
bool raft__stage_open(struct stage *stage, const char *folder,
		      const struct complaint *complaint);
/** The same of one that is made, unless it is there: its name is durable, too. */
bool raft__stage_make(struct stage *stage, const char *folder,
		      const struct complaint *complaint);
void raft__stage_close(struct stage *stage);

/** Whether an earlier call has made the new parts, and not moved all of them. False:
 *  complained. */
bool raft__stage_is_left(const struct stage *stage, bool *is_left);
/** Read of what server they are. False: complained. */
bool raft__stage_read_left(const struct stage *stage, struct left *left);
/** Something else is asked now: complain. */
bool raft__stage_refuse(const struct stage *stage, const struct left *left);
/** What is there can be moved out of the way. False: complained. */
bool raft__stage_check(const struct stage *stage);
/** Delete what an earlier call has not finished. */
bool raft__stage_clear(struct stage *stage);
/** The parts were made, or not: commit, or delete what there is of them. */
bool raft__stage_end(struct stage *stage, bool is_made);
/** Move what was committed to its place, and what was there out of the way. */
bool raft__stage_move(const struct stage *stage);

#endif
