/*
 * Which snapshot belongs to what a log holds.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One that has its name is of entries that were committed; it is of use if the
 * log reaches it, so that all after it can be applied. What was received and has
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

static void
consider(struct raft_snapshot_file *s, struct raft_entry_id id, void *context)
{
	struct choice *choice = context;

	(void)s;
	if (id.index > choice->best.index &&
	    term_at(choice->stored, id.index) == id.term)
		choice->best = id;
}

/* A crash came between the log's beginning anew and the name. */
static bool
take_up_received(struct raft_snapshot_file *s, struct raft_entry_id wanted)
{
	int fd = openat(s->directory, "received", O_RDONLY | O_CLOEXEC);
	struct raft_entry_id id;
	uint64_t size;
	bool is_wanted = fd >= 0 && raft__image_identify(fd, &id, &size) &&
			 id.index == wanted.index && id.term == wanted.term;

	if (fd >= 0)
		close(fd);
	return is_wanted &&
	       raft__snapshots_give_name(s, "received", wanted);
}

bool
raft_snapshot_file_choose(struct raft_snapshot_file *s,
			  const struct raft_stored *stored,
			  struct raft_entry_id *snapshot, char *error,
			  size_t size)
{
	struct refusal refusal = { s->path, error, size };
	struct choice choice = { .stored = stored };
	uint64_t index = stored->snapshot.index;

	if (!raft__snapshots_each(s, consider, &choice))
		return refuse(&refusal, "cannot be read: %s", strerror(errno));
	if (choice.best.index == 0 && index != 0) {
		if (!take_up_received(s, stored->snapshot))
			return refuse(&refusal,
				      "the log begins behind the snapshot of "
				      "entry %" PRIu64 ", which is not here: "
				      "bring it back, or remove the server "
				      "from its cluster and add it again with "
				      "a new log", index);
		choice.best = stored->snapshot;
	}
	unlinkat(s->directory, "received", 0);
	raft_snapshot_file_forget(s, choice.best.index);
	*snapshot = choice.best;
	return true;
}
