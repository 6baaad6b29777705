/*
 * A server's log and its snapshots, what is done to them, and what must be found.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One history at a time, on a real folder, beside a model of what the log holds; each
 * state of the model is kept with the calls (disk.h) that had been made when it was asked
 * for, and when it was said to be durable.
 */
#ifndef OUTRIGGER_TESTS_CRASH_HISTORY_H
#define OUTRIGGER_TESTS_CRASH_HISTORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assists/log_file/log_file.h"
#include "assists/snapshot_file/snapshot_file.h"
#include "tests/crash/disk.h"

#define ENTRIES_MAX 4096
#define STATES_MAX 256
#define SNAPSHOTS_MAX 16
#define PAYLOAD_BYTES_MAX (70u << 10)

/** What a log holds. */
struct model {
	uint64_t term;
	struct raft_identity vote;
	struct raft_entry_id snapshot;
	uint64_t last_index;
	uint64_t terms[ENTRIES_MAX];
	uint32_t lengths[ENTRIES_MAX];
};

/** What was to be saved, and when. */
struct state {
	uint64_t digest;
	/** Who reports this, or a newer one, says that it is durable. */
	uint64_t token;
	/** Calls that had been made when it was asked for. */
	size_t asked_at;
	/** Calls after which it was said to be durable; SIZE_MAX: never. */
	size_t said_at;
};

struct taken {
	struct raft_entry_id id;
	/** Calls after which it was said to be durable. */
	size_t said_at;
};

struct history {
	const char *name;
	char folder[128];
	struct raft_owner owner;
	struct raft_log_file *log;
	struct raft_snapshot_file *snapshots;
	struct disk *disk;
	/** Calls after which the log was said to be made. */
	size_t made_at;
	struct model model;
	uint64_t token;
	struct state states[STATES_MAX];
	size_t state_count;
	struct taken taken[SNAPSHOTS_MAX];
	size_t taken_count;
	/** Logs that were made. */
	uint32_t salt;
};

static struct history h;
static char root[96];
static uint64_t chance;
/** The process is about to be killed. */
static bool is_dying;
/** The log writes by a thread, which says so. */
static bool has_thread;
/** Of a log's files; they are small, so that many are begun. */
static uint64_t segment_bytes = 8 << 10;
static sem_t woken;
static char error[512];

static inline uint64_t
mix(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return sum ^ sum >> 31;
}

static inline uint64_t
draw(uint64_t limit)
{
	chance = mix(chance, 1);
	return (chance >> 20) % limit;
}

/* In the place of the system's: a log's salt is the same each time, and no other's. */
uint32_t arc4random(void);

uint32_t
arc4random(void)
{
	return ++h.salt * UINT32_C(0x9e3779b1);
}

/* ------------------------------------------------------- what it must hold */

static uint8_t payload_bytes[PAYLOAD_BYTES_MAX];

/* Its bytes follow from where it stands; none is zero. */
static inline struct raft_payload
payload_of(uint64_t index, uint64_t term, size_t length)
{
	memset(payload_bytes, 1 + (int)((index * 131 + term * 31) % 255),
	       length);
	for (size_t i = 0; i < length; i += 512)
		payload_bytes[i] = (uint8_t)(1 + (index + i / 512) % 255);
	return (struct raft_payload){ payload_bytes, length, NULL };
}

static inline uint64_t
digest_of_model(const struct model *m)
{
	uint64_t sum = mix(m->term, m->vote.id);

	sum = mix(mix(sum, m->snapshot.index), m->snapshot.term);
	sum = mix(mix(sum, m->last_index), m->vote.incarnation);
	for (uint64_t i = m->snapshot.index + 1; i <= m->last_index; i++)
		sum = mix(mix(sum, m->terms[i]), m->lengths[i]);
	return sum;
}

/* ------------------------------------------------- what another server gives */

#define LOST_MAX 256

/** What a log says that it has lost is given again, as another server would. */
static bool mends;
/** What was lost last, and what was given and is durable since then, after so many calls;
 *  by index, 0: never. */
static struct raft_entry_id lost_entries[LOST_MAX];
static size_t lost_count;
static size_t mended_at[ENTRIES_MAX];
/** A crash that is judged came after so many calls. */
static size_t judged_at;
/** How often something was lost, in all. */
static uint64_t losses;

static inline void
note_lost(void *context, const struct raft_entry_id *entries, size_t count)
{
	(void)context;
	for (size_t i = 0; i < count && lost_count < LOST_MAX; i++)
		lost_entries[lost_count++] = entries[i];
}

static inline void
ignore_mended(void *context, uint64_t index)
{
	(void)context;
	(void)index;
}

static inline void
give_again(struct raft_log_file *log)
{
	const uint32_t *lengths = h.model.lengths;

	losses++;
	for (size_t i = 0; i < lost_count; i++) {
		struct raft_entry_id id = lost_entries[i];
		struct raft_entry entry = { id.index, id.term, RAFT_ENTRY_DATA,
					    payload_of(id.index, id.term,
						       lengths[id.index]) };

		assert_true(raft_log_file.mend(log, &entry));
	}
	lost_count = 0;
}

/* One that can be read, also if it is given again first. */
static inline bool
read_one(struct raft_log_file *log, uint64_t index, struct raft_entry *entry)
{
	lost_count = 0;
	if (raft_log_file.read(log, index, 1, 0, entry) == 1)
		return true;
	if (!mends || lost_count == 0 ||
	    (mended_at[index] != 0 && mended_at[index] <= judged_at))
		return false;
	assert_int_equal(lost_entries[0].index, index);
	give_again(log);
	return raft_log_file.read(log, index, 1, 0, entry) == 1;
}

/* What was stored, with its entries, whose bytes must be theirs. False: they cannot be
 * read, or are not. */
static inline bool
take_stored(struct raft_log_file *log, struct model *m)
{
	struct raft_stored stored;
	struct raft_entry entry;
	bool is_right;

	if (!raft_log_file_stored(log, &stored))
		return false;
	m->term = stored.term;
	m->vote = stored.vote;
	m->snapshot = stored.snapshot;
	m->last_index = stored.last_index;
	for (uint64_t i = m->snapshot.index + 1; i <= m->last_index; i++) {
		if (!read_one(log, i, &entry))
			return false;
		m->terms[i] = entry.term;
		m->lengths[i] = (uint32_t)entry.payload.length;
		is_right = entry.payload.length == 0 ||
			   memcmp(entry.payload.data,
				  payload_of(i, entry.term,
					     entry.payload.length)
				      .data,
				  entry.payload.length) == 0;
		raft_payload_release(&entry.payload);
		if (!is_right)
			return false;
	}
	return true;
}

/* ------------------------------------------------------------- a history */

/* What came before the recording is durable. */
static inline size_t
calls(void)
{
	return h.disk != NULL ? disk_calls(h.disk) : 0;
}

static inline void
ask_state(uint64_t token)
{
	struct state *state = &h.states[h.state_count++];

	assert_true(h.state_count <= STATES_MAX);
	*state = (struct state){ digest_of_model(&h.model), token, calls(),
				 SIZE_MAX };
}

static inline void
on_saved(void *context, uint64_t token)
{
	(void)context;
	for (size_t i = 0; i < h.state_count; i++) {
		if (h.states[i].token <= token &&
		    h.states[i].said_at == SIZE_MAX)
			h.states[i].said_at = calls();
	}
}

static inline void
on_failed(void *context, const char *why)
{
	(void)context;
	if (!is_dying)
		fail_msg("%s", why);
}

static inline void
save(struct raft_save save)
{
	struct model *m = &h.model;

	save.token = ++h.token;
	save.term = m->term;
	save.vote = m->vote;
	if (save.snapshot != NULL) {
		m->snapshot = save.snapshot->last;
		m->last_index = m->snapshot.index;
	}
	if (save.truncate_from > 0)
		m->last_index = save.truncate_from - 1;
	for (size_t i = 0; i < save.entry_count; i++) {
		m->last_index++;
		m->terms[m->last_index] = save.entries[i].term;
		m->lengths[m->last_index] =
		    (uint32_t)save.entries[i].payload.length;
	}
	ask_state(h.token);
	raft_log_file.save(h.log, &save);
}

static inline void
append(size_t length)
{
	uint64_t index = h.model.last_index + 1;
	struct raft_entry entry = { index, h.model.term, RAFT_ENTRY_DATA,
				    payload_of(index, h.model.term, length) };

	save((struct raft_save){ .entries = &entry, .entry_count = 1 });
}

static inline void
vote(uint64_t term, uint64_t id)
{
	h.model.term = term;
	h.model.vote = (struct raft_identity){ id, 10 * id };
	save((struct raft_save){ 0 });
}

/* Until the thread has done so many pieces of work; with no limit, all. */
static inline void
let_work(unsigned pieces)
{
	while (pieces-- > 0 && raft_log_file_turn(h.log))
		sem_wait(&woken);
}

static inline void
flush(void)
{
	raft_log_file.flush(h.log);
	let_work(has_thread ? UINT_MAX : 0);
}

static inline void
trim(uint64_t index)
{
	struct raft_entry_id id = { index, h.model.terms[index] };

	h.model.snapshot = id;
	/* With what is saved next. */
	ask_state(h.token + 1);
	raft_log_file.trim(h.log, id);
}

/* ------------------------------------------------------------- snapshots */

#define SNAPSHOT_BYTES 3000

/* All of it is on the disk, but for its name. */
static inline void
settle_snapshot(uint64_t index)
{
	struct taken *taken = &h.taken[h.taken_count++];

	taken->id = (struct raft_entry_id){ index, h.model.terms[index] };
	taken->said_at = SIZE_MAX;
	raft_snapshot_file_begin(h.snapshots, taken->id);
	raft_snapshot_file_write(
	    h.snapshots, payload_of(index, taken->id.term, SNAPSHOT_BYTES).data,
	    SNAPSHOT_BYTES);
	raft_snapshot_file_settle(h.snapshots);
}

static inline void
name_snapshot(void)
{
	assert_int_equal(raft_snapshot_file_commit(h.snapshots), !is_dying);
	if (!is_dying)
		h.taken[h.taken_count - 1].said_at = calls();
}

static inline void
write_snapshot(uint64_t index)
{
	settle_snapshot(index);
	name_snapshot();
}

static inline void
on_part(void *context, struct raft_entry_id snapshot, uint64_t end)
{
	(void)context;
	(void)snapshot;
	(void)end;
}

static inline void
on_lost(void *context, struct raft_entry_id snapshot)
{
	(void)context;
	fail_msg("the snapshot of entry %" PRIu64 " was lost", snapshot.index);
}

static inline bool
on_install(void *context, struct raft_entry_id snapshot)
{
	(void)context;
	(void)snapshot;
	return true;
}

/** A snapshot as somebody has it. */
struct image {
	uint8_t bytes[2 * SNAPSHOT_BYTES];
	size_t size;
};

/* Another server's, of an entry that this one lacks. */
static inline void
make_image(struct raft_entry_id id, struct image *image)
{
	struct raft_owner owner = h.owner;
	struct raft_snapshot_file *from;
	struct raft_payload bytes;
	char path[160];

	snprintf(path, sizeof(path), "%s/leader", root);
	owner.self.id = 9;
	from = raft_snapshot_file_open(path, &owner, error, sizeof(error));
	assert_non_null(from);
	raft_snapshot_file_begin(from, id);
	raft_snapshot_file_write(
	    from, payload_of(id.index, id.term, SNAPSHOT_BYTES).data,
	    SNAPSHOT_BYTES);
	assert_true(raft_snapshot_file_commit(from));
	image->size = raft_snapshot_file_size(from, id);
	assert_in_range(image->size, SNAPSHOT_BYTES, sizeof(image->bytes));
	assert_true(raft_snapshot_file.read(from, id, 0, image->size, &bytes));
	memcpy(image->bytes, bytes.data, image->size);
	raft_payload_release(&bytes);
	raft_snapshot_file_close(from);
}

/* In two parts, each durable before the next; then the log begins behind it. */
static inline void
receive_snapshot(const struct image *image, struct raft_entry_id id)
{
	struct raft_stored_snapshot behind = { id, 1, "conf", 4 };
	struct taken *taken = &h.taken[h.taken_count++];
	size_t half = image->size / 2;
	struct raft_snapshot_part parts[] = {
		{ id, image->size, 0, { image->bytes, half, NULL } },
		{ id, image->size, half,
		  { image->bytes + half, image->size - half, NULL } },
	};

	*taken = (struct taken){ id, SIZE_MAX };
	for (size_t i = 0; i < 2; i++) {
		raft_snapshot_file.store(h.snapshots, &parts[i]);
		raft_snapshot_file.flush(h.snapshots);
	}
	save((struct raft_save){ .snapshot = &behind });
	flush();
	taken->said_at = calls();
	assert_true(raft_snapshot_file.install(h.snapshots, id));
}

/* --------------------------------------------------------------- recovery */

/** What is left of a server. */
struct left {
	struct raft_log_file *log;
	struct raft_snapshot_file *snapshots;
};

static const char *folder_in(const char *folder, const char *name);

static inline bool
open_left(struct left *left, const char *folder)
{
	const struct raft_log_file_options options = {
		.path = folder_in(folder, "log"),
		.owner = h.owner,
		.cache_bytes = 64 << 10,
		.segment_bytes = segment_bytes,
	};
	const struct raft_snapshot_file_reports reports = {
		NULL, on_part, on_lost, on_lost, on_install, on_failed, NULL,
	};

	*left = (struct left){ 0 };
	left->log = raft_log_file_open(&options, error, sizeof(error));
	if (left->log == NULL)
		return false;
	left->snapshots =
	    raft_snapshot_file_open(folder_in(folder, "snapshots"), &h.owner,
				    error, sizeof(error));
	if (left->snapshots == NULL)
		return false;
	raft_log_file_bind(left->log, NULL, NULL, on_failed);
	if (mends)
		raft_log_file_bind_lost(left->log, NULL, note_lost,
					ignore_mended);
	raft_snapshot_file_bind(left->snapshots, &reports);
	return true;
}

static inline void
close_left(struct left *left)
{
	raft_log_file_close(left->log);
	raft_snapshot_file_close(left->snapshots);
}

static inline const char *
folder_in(const char *folder, const char *name)
{
	static char paths[2][256];
	static unsigned turn;

	turn ^= 1;
	snprintf(paths[turn], sizeof(paths[turn]), "%s/%s", folder, name);
	return paths[turn];
}

static inline bool
is_as_written(void *context, const void *bytes, size_t length)
{
	const struct raft_entry_id *id = context;

	return length == SNAPSHOT_BYTES &&
	       memcmp(bytes, payload_of(id->index, id->term, length).data,
		      length) == 0;
}

/* NULL: the snapshot that belongs to the log is there, and newer than none that was
 * said to be durable. */
static inline const char *
judge_snapshot(struct left *left, size_t at)
{
	struct raft_stored stored;
	struct raft_entry_id chosen;

	if (!raft_log_file_stored(left->log, &stored))
		return "what is stored cannot be told";
	if (!raft_snapshot_file_choose(left->snapshots, &stored, &chosen, error,
				       sizeof(error)))
		return error;
	for (size_t i = 0; i < h.taken_count; i++) {
		if (h.taken[i].said_at <= at &&
		    h.taken[i].id.index > chosen.index)
			return "a snapshot is gone";
	}
	if (chosen.index > 0 &&
	    !raft_snapshot_file_load(left->snapshots, chosen, is_as_written,
				     &chosen, error, sizeof(error)))
		return error;
	return NULL;
}

static inline const char *
judge_log(struct left *left, size_t at, struct model *found)
{
	size_t oldest = 0;
	uint64_t digest;

	judged_at = at;
	for (size_t i = 0; i < h.state_count; i++) {
		if (h.states[i].said_at <= at)
			oldest = i;
	}
	if (!take_stored(left->log, found))
		return "an entry cannot be read, or is another";
	digest = digest_of_model(found);
	for (size_t i = oldest;
	     i < h.state_count && h.states[i].asked_at <= at; i++) {
		if (h.states[i].digest == digest)
			return NULL;
	}
	return "the log is as it never was, or lacks what was durable";
}

/* As long as what was lost, if something was: what had followed that must not follow
 * this. */
static size_t
length_after(uint64_t index)
{
	return index <= h.model.last_index ? h.model.lengths[index] : 40;
}

/* It goes on: what is saved now is there after another start. */
static inline const char *
go_on(struct left *left, const char *folder, struct model *found)
{
	static struct model after;
	uint64_t index = found->last_index + 1;
	size_t length = length_after(index);
	struct raft_entry entry = { index, found->term + 1, RAFT_ENTRY_DATA,
				    payload_of(index, found->term + 1,
					       length) };
	struct raft_save next = { .token = 1, .term = found->term + 1,
				  .entries = &entry, .entry_count = 1 };

	raft_log_file.save(left->log, &next);
	raft_log_file.flush(left->log);
	close_left(left);
	if (!open_left(left, folder))
		return error;
	found->term++;
	found->vote = (struct raft_identity){ 0 };
	found->last_index = index;
	found->terms[index] = entry.term;
	found->lengths[index] = (uint32_t)length;
	if (!take_stored(left->log, &after) ||
	    digest_of_model(&after) != digest_of_model(found))
		return "what was saved after the crash is not there";
	return NULL;
}

static inline const char *
make_again(const char *folder, size_t at)
{
	struct raft_owner owner = h.owner;

	if (h.made_at <= at)
		return error;
	return raft_log_file_create_sized(folder_in(folder, "log"), &owner,
					  segment_bytes, error, sizeof(error))
		   ? NULL
		   : error;
}

/* NULL: a server can start in this folder, with what it must have. */
static inline const char *
judge(const char *folder, size_t at)
{
	static struct model found;
	struct left left;
	const char *wrong;

	if (!open_left(&left, folder)) {
		close_left(&left);
		wrong = make_again(folder, at);
		if (wrong != NULL || !open_left(&left, folder)) {
			close_left(&left);
			return wrong != NULL ? wrong : error;
		}
	}
	wrong = judge_log(&left, at, &found);
	if (wrong == NULL)
		wrong = judge_snapshot(&left, at);
	if (wrong == NULL)
		wrong = go_on(&left, folder, &found);
	close_left(&left);
	return wrong;
}

/* ------------------------------------------------------ begun and killed */

static inline int
delete_one(const char *path, const struct stat *status, int kind,
	   struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

static inline void
delete_folder(const char *folder)
{
	assert_int_equal(nftw(folder, delete_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static inline void
wake(void *context)
{
	sem_post(context);
}

static inline void
open_log(void)
{
	struct left left;

	if (!open_left(&left, h.folder))
		fail_msg("%s", error);
	h.log = left.log;
	h.snapshots = left.snapshots;
	raft_log_file_bind(h.log, NULL, on_saved, on_failed);
	if (has_thread)
		assert_true(raft_log_file_begin_thread(h.log, wake, &woken));
}

/* An empty folder. */
static inline void
begin(const char *name)
{
	memset(&h, 0, sizeof(h));
	has_thread = false;
	h.name = name;
	h.owner = (struct raft_owner){ .cluster = "red", .self = { 1, 77 } };
	snprintf(h.folder, sizeof(h.folder), "%s/server", root);
	/* After one that failed. */
	if (access(h.folder, F_OK) == 0)
		delete_folder(h.folder);
	assert_int_equal(mkdir(h.folder, 0700), 0);
	ask_state(h.token);
}

static inline void
make_log(void)
{
	assert_true(raft_log_file_create_sized(folder_in(h.folder, "log"),
					       &h.owner, segment_bytes, error,
					       sizeof(error)));
	h.made_at = calls();
	open_log();
}

/* Started again after it was killed: power has not failed, so what it has written is
 * there, and is relied on from now on. */
static inline void
restart(void)
{
	disk_fail_syncs(false, false);
	is_dying = false;
	raft_log_file_close(h.log);
	raft_snapshot_file_close(h.snapshots);
	open_log();
	if (!take_stored(h.log, &h.model))
		fail_msg("killed, it has an entry that is not as it was");
	ask_state(h.token);
	h.states[h.state_count - 1].said_at = calls();
}

/* The next sync of a file, or of a folder, is the last that it does not come to. */
static inline void
kill_before_sync(bool of_folder)
{
	is_dying = true;
	disk_fail_syncs(!of_folder, of_folder);
	flush();
	restart();
}

static inline void
record(void)
{
	h.disk = disk_record(h.folder);
}

#endif
