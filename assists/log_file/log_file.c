/*
 * The log in a file: the table of functions, and what is reported.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Built in layers, each ignorant of those above: crc32c, record and sector (the
 * format), directory and segments (the files), journal (a log that grows in them), catalog
 * (what is in it), seek (where an entry is), mended (what was fetched again), store (these
 * in step), recovery, legacy and create, scrub, work (what is done on the disk), upkeep,
 * and this, with read.
 *
 * One piece of work is under way at a time: advance() begins the next, finish()
 * notes what has become of it. Without a thread, or if that is quicker, it is done
 * at once.
 */
#include "assists/log_file/inside.h"

#include <bsd/stdlib.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "assists/disk/directory.h"
#include "assists/disk/disk.h"
#include "assists/log_file/create.h"
#include "assists/log_file/directory.h"
#include "assists/log_file/recovery.h"
#include "assists/system/system.h"

#define CACHE_BYTES_DEFAULT (16u << 20)
#define SEGMENT_BYTES_DEFAULT (4u << 20)
#define SEGMENT_BYTES_MIN (4u << 10)
/* To wake the thread, and to be woken by it, takes about so long. What takes less is
 * not handed over: no more bytes than that, on a disk that was never slower in its
 * last so many writes. */
#define QUICK_US 50
#define QUICK_BYTES (64u << 10)
#define QUICK_WRITES 64
/* A write waits until no more than that was read. */
#define SCRUB_BYTES_MAX ((size_t)1 << 20)

void
raft__log_fail(struct raft_log_file *log, const char *format, ...)
{
	char why[400];
	char text[512];
	struct refusal refusal = {log->path, text, sizeof(text)};
	va_list arguments;

	if (log->failed)
		return;
	log->failed = true;
	va_start(arguments, format);
	vsnprintf(why, sizeof(why), format, arguments);
	va_end(arguments);
	refuse(&refusal, "%s", why);
	if (log->on_failed != NULL)
		log->on_failed(log->context, text);
}

static void
take_save(void *context, const struct raft_save *save)
{
	struct raft_log_file *log = context;
	const char *wrong;

	if (log->failed)
		return;
	wrong = raft__store_save(log->store, save);
	if (wrong != NULL) {
		raft__log_fail(log, "the record of save %" PRIu64 " %s",
			       save->token, wrong);
		return;
	}
	log->token = save->token;
}

/* ------------------------------------------------------------------ writing */

static bool
is_quick(const struct raft_log_file *log)
{
	return log->work.kind == WORK_WRITE &&
	       log->quick_writes >= QUICK_WRITES &&
	       log->written_bytes <= QUICK_BYTES;
}

/* What is saved from now on is of the next batch. */
static void
hand_out(struct raft_log_file *log)
{
	log->work.kind = WORK_WRITE;
	raft__journal_hand(&log->store->journal, &log->work.batch);
	log->written_bytes = log->work.batch.end - log->work.batch.begin;
	log->is_wanted = false;
	log->work_token = log->token;
}

/* Between two batches, as what the files need. False: there is none to read. */
static bool
choose_piece(struct raft_log_file *log)
{
	size_t bytes_max = log->scrub_bytes;

	log->scrub_bytes = 0;
	log->work.kind = WORK_SCRUB;
	return bytes_max > 0 &&
	       raft__scrub_next(&log->scrub, &log->store->journal, bytes_max,
				&log->work.piece);
}

/* False: there is nothing to do. */
static bool
choose_work(struct raft_log_file *log)
{
	struct journal *journal = &log->store->journal;
	bool owes = log->is_wanted && journal->end != journal->handed;

	log->work = (struct work){ 0 };
	if (owes && !log->is_upkeeps_turn)
		hand_out(log);
	else if (!raft__log_choose_mended(log) &&
		 !raft__upkeep_next(&log->upkeep, journal, &log->work) &&
		 !choose_piece(log)) {
		if (!owes)
			return false;
		hand_out(log);
	}
	log->is_upkeeps_turn = log->work.kind == WORK_WRITE;
	return true;
}

static void
report(struct raft_log_file *log)
{
	if (log->failed || log->reported == log->work_token)
		return;
	log->reported = log->work_token;
	if (log->on_saved != NULL)
		log->on_saved(log->context, log->reported);
}

static void
finish_write(struct raft_log_file *log)
{
	const struct work *work = &log->work;
	size_t freed;

	freed = raft__journal_take_back(&log->store->journal, &work->batch);
	if (work->error != 0) {
		raft__log_fail(log, "the log cannot be written: %s",
			       strerror(work->error));
		return;
	}
	raft__upkeep_written(&log->upkeep, &work->batch, freed);
	if (work->took_us >= QUICK_US)
		log->quick_writes = 0;
	else
		log->quick_writes++;
	raft_histogram_add(&log->counters.syncs, work->took_us);
	log->counters.synced_bytes += log->written_bytes;
	report(log);
}

static void
finish_upkeep(struct raft_log_file *log)
{
	const struct work *work = &log->work;

	raft__upkeep_done(&log->upkeep, &log->store->journal, work);
	if (work->kind == WORK_MAKE)
		raft_histogram_add(&log->counters.files, work->took_us);
}

static void
tell_damage(struct raft_log_file *log, const struct scrub_piece *piece)
{
	char name[FILE_NAME_BYTES];
	const struct raft_log_file_damage damage = {
		.file = name,
		.offset = piece->offset + piece->length - piece->damaged,
		.length = piece->damaged,
		.error = piece->error,
	};

	raft__directory_name(piece->segment.number, name);
	if (log->on_damaged != NULL)
		log->on_damaged(log->damaged_context, &damage);
}

/* What could not be read for want of memory is the next piece again. Whether or not the
 * damage was told before: what memory had then it may have forgotten. */
static void
finish_scrub(struct raft_log_file *log)
{
	const struct scrub_piece *piece = &log->work.piece;
	bool is_new;

	if (log->work.error != 0)
		return;
	is_new = raft__scrub_done(&log->scrub, piece);
	if (piece->damaged > 0)
		raft__log_save_what_is_in(log, raft__scrub_damage(piece),
					  log->scrub.place);
	if (is_new)
		tell_damage(log, piece);
}

static void
finish(struct raft_log_file *log)
{
	if (log->work.kind == WORK_WRITE)
		finish_write(log);
	else if (log->work.kind == WORK_SCRUB)
		finish_scrub(log);
	else if (log->work.kind == WORK_MEND)
		raft__log_finish_mended(log);
	else
		finish_upkeep(log);
}

void
raft__log_advance(struct raft_log_file *log)
{
	while (!log->is_busy && !log->failed && !log->thread_ends &&
	       choose_work(log)) {
		if (log->worker != NULL && !is_quick(log)) {
			log->is_busy = true;
			raft__worker_hand(log->worker, &log->work);
			return;
		}
		raft__work_do(&log->work);
		finish(log);
	}
}

static void
flush(void *context)
{
	struct raft_log_file *log = context;

	log->is_wanted = true;
	if (!log->is_busy)
		log->is_upkeeps_turn = false;
	raft__log_advance(log);
}

static void
carry_out(void *work)
{
	raft__work_do(work);
}

bool
raft_log_file_begin_thread(struct raft_log_file *log,
			   void (*wake)(void *context), void *context)
{
	if (log->worker == NULL)
		log->worker = raft__worker_create(carry_out, wake, context);
	return log->worker != NULL;
}

bool
raft_log_file_turn(struct raft_log_file *log)
{
	if (log->is_busy && raft__worker_is_done(log->worker)) {
		log->is_busy = false;
		finish(log);
		raft__log_advance(log);
	}
	return log->is_busy;
}

bool
raft_log_file_scrub(struct raft_log_file *log, size_t bytes_max)
{
	if (log->worker == NULL || log->failed || log->thread_ends ||
	    log->scrub_bytes != 0)
		return false;
	log->scrub_bytes =
	    bytes_max < SCRUB_BYTES_MAX ? bytes_max : SCRUB_BYTES_MAX;
	raft__log_advance(log);
	return log->scrub_bytes != 0 ||
	       (log->is_busy && log->work.kind == WORK_SCRUB);
}

bool
raft_log_file_end_thread(struct raft_log_file *log)
{
	log->thread_ends = true;
	log->scrub_bytes = 0;
	if (raft_log_file_turn(log))
		return false;
	raft__worker_destroy(log->worker);
	log->worker = NULL;
	log->thread_ends = false;
	return true;
}

/* ---------------------------------------------------------------- trimming */

static void
trim(void *context, struct raft_entry_id snapshot)
{
	struct raft_log_file *log = context;
	const char *wrong;

	if (log->failed)
		return;
	/* It is in force at the snapshot; once it is mended, a later snapshot will do. */
	if (!raft__log_can_read(
		log, raft__store_configuration(log->store, snapshot.index)))
		return;
	wrong = raft__store_trim(log->store, snapshot);
	if (wrong != NULL)
		raft__log_fail(log, "the record of a snapshot %s", wrong);
}

const struct raft_node_log raft_log_file = {
	.save = take_save,
	.flush = flush,
	.read = raft__log_read,
	.trim = trim,
	.mend = raft__log_mend,
	.give_up = raft__log_give_up,
};

void
raft_log_file_bind(struct raft_log_file *log, void *context,
		   void (*saved)(void *context, uint64_t token),
		   void (*failed)(void *context, const char *why))
{
	log->context = context;
	log->on_saved = saved;
	log->on_failed = failed;
}

void
raft_log_file_bind_damaged(
    struct raft_log_file *log, void *context,
    void (*damaged)(void *context, const struct raft_log_file_damage *damage))
{
	log->damaged_context = context;
	log->on_damaged = damaged;
}

void
raft_log_file_bind_lost(struct raft_log_file *log, void *context,
			void (*lost)(void *context,
				     const struct raft_entry_id *entries,
				     size_t count),
			void (*mended)(void *context, uint64_t index))
{
	log->lost_context = context;
	log->on_lost = lost;
	log->on_mended = mended;
}

void
raft_log_file_scrubbed(const struct raft_log_file *log,
		       struct raft_log_file_scrubbed *scrubbed)
{
	const struct scrub *scrub = &log->scrub;

	*scrubbed = (struct raft_log_file_scrubbed){
		.passes = scrub->passes,
		.pass_bytes = scrub->pass_bytes,
		.bytes = scrub->bytes,
		.damaged_bytes = scrub->pass_damaged > scrub->last_damaged
				     ? scrub->pass_damaged
				     : scrub->last_damaged,
	};
}

struct raft_owner
raft_log_file_owner(const struct raft_log_file *log)
{
	return log->store->journal.header.owner;
}

void
raft_log_file_size(const struct raft_log_file *log,
		   struct raft_log_file_size *size)
{
	*size = (struct raft_log_file_size){ raft__store_bytes(log->store),
					     log->store->torn };
}

bool
raft_log_file_stored(struct raft_log_file *log, struct raft_stored *stored)
{
	return raft__stored_collect(&log->handed_out, log->store, stored);
}

void
raft_log_file_counters(const struct raft_log_file *log,
		       struct raft_log_file_counters *counters)
{
	*counters = log->counters;
}

uint64_t
raft_log_file_bytes_after(const struct raft_log_file *log, uint64_t index)
{
	const struct catalog *catalog = &log->store->catalog;
	uint64_t end = log->store->journal.end;

	if (index < catalog->snapshot.index)
		index = catalog->snapshot.index;
	if (index >= catalog->last_index)
		return 0;
	return end - raft__catalog_guess(catalog, index + 1, end);
}

static uint64_t
segment_bytes_of(uint64_t wanted)
{
	if (wanted == 0)
		return SEGMENT_BYTES_DEFAULT;
	if (wanted < SEGMENT_BYTES_MIN)
		return SEGMENT_BYTES_MIN;
	return wanted / PAGE_BYTES * PAGE_BYTES;
}

static bool
create_in(int directory, const struct raft_owner *owner, uint64_t segment_bytes,
	  const struct refusal *refusal)
{
	struct file_header header = { .owner = *owner };
	bool has;

	if (!raft__disk_has(directory, "log", 0, &has))
		return refuse(refusal, "cannot be looked into: %s",
			      strerror(errno));
	if (has)
		return refuse(refusal,
			      "already has a log: open it, or name another "
			      "directory");
	header.salt = arc4random();
	return raft__create(directory, &header,
			    segment_bytes_of(segment_bytes)) ||
	       refuse(refusal, "a log cannot be made: %s", strerror(errno));
}

bool
raft_log_file_create(const char *path, struct raft_owner *owner, char *error,
		     size_t size)
{
	return raft_log_file_create_sized(path, owner, 0, error, size);
}

bool
raft_log_file_create_sized(const char *path, struct raft_owner *owner,
			   uint64_t segment_bytes, char *error, size_t size)
{
	struct refusal refusal = {path, error, size};
	int directory;
	bool done;

	if (owner->self.id == 0)
		return refuse(&refusal, "server id 0 means nobody: give the "
					"server an id from 1 up");
	directory = raft__directory_make(&refusal);
	if (directory < 0)
		return false;
	while (owner->self.incarnation == 0)
		arc4random_buf(&owner->self.incarnation,
			       sizeof(owner->self.incarnation));
	done = create_in(directory, owner, segment_bytes, &refusal);
	close(directory);
	return done;
}

/** The file `log`, and what it says of the log. */
struct first {
	int fd;
	bool is_legacy;
	struct legacy legacy;
	struct file_header header;
};

/* That of a former version is shorter, and there may be nothing behind it. */
static bool
read_header(struct first *first, uint8_t bytes[FILE_HEADER_BYTES])
{
	if (!raft__disk_read(first->fd, bytes, LEGACY_HEADER_BYTES, 0))
		return false;
	first->is_legacy = raft__record_is_legacy(bytes);
	return first->is_legacy ||
	       raft__disk_read(first->fd, bytes, FILE_HEADER_BYTES, 0);
}

/* Read its header and compare it with whom it should belong to. */
static bool
read_first(struct first *first, const struct raft_owner *owner,
	   const struct refusal *refusal)
{
	uint8_t bytes[FILE_HEADER_BYTES];
	const char *wrong;

	first->legacy.fd = first->fd;
	if (!read_header(first, bytes))
		return refuse(refusal, "the header of its log cannot be read: "
				       "%s", strerror(errno));
	if (first->is_legacy) {
		wrong = raft__legacy_header(&first->legacy, bytes);
		first->header = (struct file_header){
			.owner = first->legacy.owner,
			.salt = arc4random(),
		};
	} else {
		wrong = raft__record_header_read(bytes, &first->header);
	}
	if (wrong != NULL)
		return raft__refuse_file(refusal, 0, wrong);
	return raft__directory_is_of(&first->header.owner, owner, "its log",
				     refusal);
}

/* Whoever gave a file its name may have died before the name was durable: after a power
 * cut it would be another's. */
static bool
open_first(int directory, bool looks_only, struct first *first,
	   const struct refusal *refusal)
{
	first->fd = raft__directory_open_file(directory, 0, true);
	if (first->fd < 0 && errno == ENOENT)
		return refuse(refusal,
			      "has no log: create one if this server never had "
			      "any; if it had, its promises are forgotten, so "
			      "remove it from its cluster and add it again "
			      "with a new log");
	return (first->fd >= 0 &&
		(looks_only || raft__system_sync(directory))) ||
	       refuse(refusal, "its log cannot be opened: %s", strerror(errno));
}

static struct store *
make_store(int directory, const struct raft_log_file_options *options,
	   struct first *first, const struct refusal *refusal)
{
	size_t cache_bytes = options->cache_bytes;
	struct store *store;
	bool done;

	store = raft__store_create(
		directory, &first->header,
		segment_bytes_of(options->segment_bytes),
		cache_bytes != 0 ? cache_bytes : CACHE_BYTES_DEFAULT);
	if (store == NULL) {
		refuse(refusal, "its log does not fit into memory");
		return NULL;
	}
	if (first->is_legacy)
		done = raft__convert(store, &first->legacy, options->looks_only,
				     refusal);
	else
		done = raft__recover(store, options->looks_only, refusal);
	if (done) {
		raft__mended_load(&store->mended, directory,
				  first->header.salt);
		return store;
	}
	raft__store_close(store);
	return NULL;
}

static struct store *
open_store(int directory, const struct raft_log_file_options *options,
	   const struct refusal *refusal)
{
	struct first first = { .fd = -1 };
	struct store *store = NULL;

	if (open_first(directory, options->looks_only, &first, refusal) &&
	    read_first(&first, &options->owner, refusal))
		store = make_store(directory, options, &first, refusal);
	if (first.fd >= 0)
		close(first.fd);
	return store;
}

struct raft_log_file *
raft_log_file_open(const struct raft_log_file_options *options, char *error,
		   size_t size)
{
	struct refusal refusal = {options->path, error, size};
	size_t path_bytes = strlen(options->path) + 1;
	struct raft_log_file *log = calloc(1, sizeof(*log) + path_bytes);

	if (log == NULL) {
		refuse(&refusal, "its log does not fit into memory");
		return NULL;
	}
	memcpy(log->path, options->path, path_bytes);
	log->directory = raft__directory_open(&refusal);
	if (log->directory >= 0)
		log->store = open_store(log->directory, options, &refusal);
	if (log->store == NULL) {
		raft_log_file_close(log);
		return NULL;
	}
	if (!options->looks_only) {
		raft__directory_abandon(log->directory);
		raft__mended_abandon(log->directory);
	}
	return log;
}

void
raft_log_file_close(struct raft_log_file *log)
{
	if (log == NULL)
		return;
	raft__worker_destroy(log->worker);
	if (log->is_busy) {
		raft_log_file_bind(log, NULL, NULL, NULL);
		raft_log_file_bind_damaged(log, NULL, NULL);
		raft_log_file_bind_lost(log, NULL, NULL, NULL);
		finish(log);
	}
	raft__stored_clear(&log->handed_out);
	raft__store_close(log->store);
	if (log->directory >= 0)
		close(log->directory);
	free(log);
}
