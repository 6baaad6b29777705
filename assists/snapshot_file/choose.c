/*
 * Which snapshot belongs to what a log holds.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One that has its name is of entries that were committed; it is of use if the
 * log reaches it, so that all after it can be applied, and if it is as it was
 * written: else the one before it may be. What was received and has
 * no name counts only if the log begins right behind it, which says that it was
 * whole and durable.
 */
#include "assists/snapshot_file/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "assists/disk/refusal.h"

/** The search for the snapshot that belongs to a log. */
struct choice {
	const struct raft_stored *stored;
	/** One of before this index. */
	uint64_t before;
	/** Why one could not be read, or 0. */
	int error;
	/** The newest so far. */
	struct raft_entry_id best;
};

/* 0: the log does not reach there, or not back. */
static uint64_t
term_at(const struct raft_stored *stored, uint64_t index)
{
	uint64_t term = stored->snapshot.term;

	if (index < stored->snapshot.index || index > stored->last_index)
		return 0;
	for (size_t i = 0; i < stored->run_count &&
			   stored->runs[i].first_index <= index; i++)
		term = stored->runs[i].term;
	return term;
}

static bool
is_of_use(const struct choice *choice, struct raft_entry_id id)
{
	return term_at(choice->stored, id.index) == id.term;
}

static void
consider(struct raft_snapshot_file *s, struct raft_entry_id id, void *context)
{
	struct choice *choice = context;

	(void)s;
	if (id.index > choice->best.index && id.index < choice->before &&
	    is_of_use(choice, id))
		choice->best = id;
}

/* Of use, newer than what was chosen: it was found damaged. */
static void
set_aside(struct raft_snapshot_file *s, struct raft_entry_id id, void *context)
{
	const struct choice *choice = context;

	if (id.index > choice->best.index && is_of_use(choice, id))
		raft__snapshots_set_aside(s, id);
}

static void
tidy(struct raft_snapshot_file *s, struct choice *choice)
{
	(void)raft_snapshot_file_each(s, set_aside, choice);
	unlinkat(s->directory, "received", 0);
}

/* The newest that is as it was written; index 0: none is. False: that cannot be told. */
static bool
choose(struct raft_snapshot_file *s, struct choice *choice)
{
	choice->before = UINT64_MAX;
	for (;;) {
		choice->best = (struct raft_entry_id){ 0 };
		if (!raft_snapshot_file_each(s, consider, choice))
			return false;
		errno = 0;
		if (choice->best.index == 0 ||
		    raft_snapshot_file_inspect(s, choice->best) == NULL)
			return true;
		if (raft__snapshots_lacks_room(errno))
			return false;
		choice->error = errno;
		choice->before = choice->best.index;
	}
}

static bool
is_received(const struct raft_snapshot_file *s, struct raft_entry_id wanted)
{
	struct image_reading reading;
	bool is_wanted =
	    raft__image_open(&reading, openat(s->directory, "received",
					      O_RDONLY | O_CLOEXEC)) &&
	    reading.id.index == wanted.index &&
	    reading.id.term == wanted.term &&
	    raft__image_read(&reading, reading.size, NULL, NULL) == NULL;

	raft__image_close(&reading);
	return is_wanted;
}

/* A crash came between the log's beginning anew and the name. */
static bool
take_up_received(struct raft_snapshot_file *s, struct choice *choice,
		 const struct refusal *refusal)
{
	struct raft_entry_id wanted = choice->stored->snapshot;
	bool has_it;

	errno = 0;
	has_it = is_received(s, wanted);
	/* Who looks at a folder that is not there has none open. */
	if (!has_it && s->directory >= 0 && errno != 0 && errno != ENOENT)
		choice->error = errno;
	if (!has_it && choice->error != 0)
		return refuse(refusal,
			      "the log begins behind the snapshot of entry "
			      "%" PRIu64 ", which cannot be read: %s. Nothing "
			      "was changed",
			      wanted.index, strerror(choice->error));
	if (!has_it)
		return refuse(
		    refusal,
		    "the log begins behind the snapshot of entry "
		    "%" PRIu64 ", which is not here%s: bring it back, "
		    "or remove the server from its cluster and add it "
		    "again with a new log",
		    wanted.index,
		    choice->before != UINT64_MAX
			? ", and what is here is damaged"
			: "");
	if (s->looks_only)
		s->unnamed = wanted;
	else if (!raft__snapshots_give_name(s, "received", wanted))
		return refuse(refusal,
			      "a leader's snapshot cannot be installed: %s",
			      strerror(errno));
	choice->best = wanted;
	return true;
}

bool
raft_snapshot_file_choose(struct raft_snapshot_file *s,
			  const struct raft_stored *stored,
			  struct raft_entry_id *snapshot, char *error,
			  size_t size)
{
	struct refusal refusal = { s->path, error, size };
	struct choice choice = { .stored = stored };

	if (!choose(s, &choice))
		return refuse(&refusal, "cannot be read: %s", strerror(errno));
	if (choice.best.index == 0 && stored->snapshot.index != 0 &&
	    !take_up_received(s, &choice, &refusal))
		return false;
	if (!s->looks_only)
		tidy(s, &choice);
	s->sound = choice.best;
	*snapshot = choice.best;
	return true;
}
