/*
 * The log in a file: the table of functions, and what is reported.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Built in layers, each ignorant of those above: crc32c, record (the format),
 * journal (a file that grows), catalog (what is in it), store (these two in
 * step), recovery and directory, and this.
 */
#include "assists/log_file/log_file.h"

#include <bsd/stdlib.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "assists/disk/directory.h"
#include "assists/disk/disk.h"
#include "assists/log_file/directory.h"
#include "assists/log_file/recovery.h"
#include "assists/log_file/store.h"
#include "assists/log_file/stored.h"

#define CACHE_BYTES_DEFAULT (16u << 20)
#define REWRITE_BYTES_MIN (1u << 20)
/* After a rewrite that failed; doubled with each that fails again. */
#define PAUSE_S_MIN 1
#define PAUSE_S_MAX 64

struct raft_log_file {
	struct store *store;
	/** Open and locked. */
	int directory;
	size_t cache_bytes;
	/** Of the newest save taken. */
	uint64_t token;
	/** Of the newest save reported. */
	uint64_t reported;
	/** No rewrite begins before this second of the monotonic clock: one has
	 *  failed, after so long a pause. 0: none has. */
	time_t rewrite_at;
	time_t pause_s;
	/** Has failed: takes, writes and promises nothing more. */
	bool failed;
	struct raft_log_file_counters counters;
	/** What raft_log_file_stored() gave out. */
	struct handed_out handed_out;
	void *context;
	void (*on_saved)(void *context, uint64_t token);
	void (*on_failed)(void *context, const char *why);
	char path[];
};

__attribute__((format(printf, 2, 3))) static void
fail(struct raft_log_file *log, const char *format, ...)
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
	if (wrong != NULL)
		fail(log, "the record of save %" PRIu64 " %s", save->token,
		     wrong);
	else
		log->token = save->token;
}

static time_t
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static uint64_t
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static bool
deserves_rewrite(const struct raft_log_file *log)
{
	uint64_t bytes = log->store->journal.end;

	return bytes >= REWRITE_BYTES_MIN &&
	       bytes / 2 > log->store->catalog.live_bytes &&
	       bytes == log->store->journal.durable &&
	       (log->rewrite_at == 0 || now_s() >= log->rewrite_at);
}

/* The disk may have room later. */
static void
pause_rewrites(struct raft_log_file *log)
{
	log->pause_s = log->pause_s == 0 ? PAUSE_S_MIN : 2 * log->pause_s;
	if (log->pause_s > PAUSE_S_MAX)
		log->pause_s = PAUSE_S_MAX;
	log->rewrite_at = now_s() + log->pause_s;
}

/* A store on the file that is to become the log. NULL: see errno. */
static struct store *
make_store(int directory, const struct file_header *header, size_t cache_bytes)
{
	struct file_header own = *header;
	int fd = raft__directory_make_log(directory);

	if (fd < 0)
		return NULL;
	own.salt = arc4random();
	return raft__store_create(fd, &own, cache_bytes);
}

static struct store *
make_copy(struct raft_log_file *log)
{
	struct store *copy = make_store(log->directory, &log->store->header,
					log->cache_bytes);

	if (copy != NULL && raft__store_copy(copy, log->store) == NULL &&
	    raft__store_seal(copy))
		return copy;
	raft__store_close(copy);
	raft__directory_abandon(log->directory);
	return NULL;
}

/* Until the new file has its name, the old one is as good as before: a failure
 * only means that it goes on growing. */
static void
rewrite(struct raft_log_file *log)
{
	struct store *copy = make_copy(log);

	if (copy == NULL) {
		pause_rewrites(log);
		return;
	}
	if (!raft__directory_publish(log->directory)) {
		fail(log, "the log cannot be replaced: %s", strerror(errno));
		raft__store_close(copy);
		return;
	}
	raft__store_close(log->store);
	log->store = copy;
	log->rewrite_at = 0;
	log->pause_s = 0;
}

static bool
sync_journal(struct raft_log_file *log)
{
	struct journal *journal = &log->store->journal;
	uint64_t before = journal->durable, begun = now_us();

	if (!raft__journal_sync(journal))
		return false;
	raft_histogram_add(&log->counters.syncs, now_us() - begun);
	log->counters.synced_bytes += journal->durable - before;
	return true;
}

static void
measure_rewrite(struct raft_log_file *log)
{
	uint64_t begun = now_us();

	rewrite(log);
	raft_histogram_add(&log->counters.rewrites, now_us() - begun);
}

static void
flush(void *context)
{
	struct raft_log_file *log = context;
	const struct journal *journal = &log->store->journal;

	if (log->failed || journal->end == journal->durable)
		return;
	if (!sync_journal(log)) {
		fail(log, "the log cannot be written: %s", strerror(errno));
		return;
	}
	if (log->reported != log->token) {
		log->reported = log->token;
		if (log->on_saved != NULL)
			log->on_saved(log->context, log->token);
	}
	if (!log->failed && deserves_rewrite(log))
		measure_rewrite(log);
}

static bool
read_entry(struct raft_log_file *log, uint64_t index, struct raft_entry *entry)
{
	if (raft__store_read(log->store, index, entry))
		return true;
	fail(log, "entry %" PRIu64 " cannot be read back: %s", index,
	     strerror(errno));
	return false;
}

static size_t
read_entries(void *context, uint64_t first, size_t count, size_t bytes_max,
	     struct raft_entry *entries)
{
	struct raft_log_file *log = context;
	const struct catalog *catalog = &log->store->catalog;
	size_t bytes = 0;
	size_t n = 0;

	for (; n < count && !log->failed; n++) {
		const struct catalog_entry *entry;

		entry = raft__catalog_entry(catalog, first + n);
		if (entry == NULL)
			break;
		bytes += entry->length;
		if (n > 0 && bytes > bytes_max)
			break;
		if (!read_entry(log, first + n, &entries[n]))
			break;
	}
	return n;
}

static void
trim(void *context, struct raft_entry_id snapshot)
{
	struct raft_log_file *log = context;
	const char *wrong;

	if (log->failed)
		return;
	wrong = raft__store_trim(log->store, snapshot);
	if (wrong != NULL)
		fail(log, "the record of a snapshot %s", wrong);
}

const struct raft_node_log raft_log_file = {
	.save = take_save,
	.flush = flush,
	.read = read_entries,
	.trim = trim,
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

struct raft_owner
raft_log_file_owner(const struct raft_log_file *log)
{
	return log->store->header.owner;
}

void
raft_log_file_size(const struct raft_log_file *log,
		   struct raft_log_file_size *size)
{
	*size = (struct raft_log_file_size){ log->store->journal.end,
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
	const struct catalog_entry *first, *last;

	if (index < catalog->snapshot.index)
		index = catalog->snapshot.index;
	if (index >= catalog->last_index)
		return 0;
	first = raft__catalog_entry(catalog, index + 1);
	last = raft__catalog_entry(catalog, catalog->last_index);
	return last->offset + last->length - first->offset;
}

static bool
create_in(int directory, const struct raft_owner *owner,
	  const struct refusal *refusal)
{
	struct file_header header = { .owner = *owner };
	struct store *store;
	bool done;

	if (faccessat(directory, "log", F_OK, 0) == 0)
		return refuse(refusal,
			      "already has a log: open it, or name another "
			      "directory");
	store = make_store(directory, &header, CACHE_BYTES_DEFAULT);
	done = store != NULL && raft__store_seal(store) &&
	       raft__directory_publish(directory);
	if (!done)
		refuse(refusal, "a log cannot be made: %s", strerror(errno));
	raft__store_close(store);
	return done;
}

bool
raft_log_file_create(const char *path, struct raft_owner *owner, char *error,
		     size_t size)
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
	done = create_in(directory, owner, &refusal);
	close(directory);
	return done;
}

/* Read the header of the log and compare it with whom it should belong to. */
static bool
check_owner(int fd, const struct raft_owner *owner, struct file_header *header,
	    const struct refusal *refusal)
{
	uint8_t bytes[FILE_HEADER_BYTES];
	const char *wrong;

	if (!raft__disk_read(fd, bytes, sizeof(bytes), 0))
		return refuse(refusal, "the header of its log cannot be read: "
				       "%s", strerror(errno));
	wrong = raft__record_header_read(bytes, header);
	if (wrong != NULL)
		return refuse(refusal, "its file `log` %s", wrong);
	return raft__directory_is_of(&header->owner, owner, "its log", refusal);
}

static struct store *
open_store(int directory, const struct raft_log_file_options *options,
	   size_t cache_bytes, const struct refusal *refusal)
{
	int fd = options->looks_only ? raft__directory_look_at_log(directory)
				     : raft__directory_open_log(directory);
	struct file_header header;
	struct store *store;

	if (fd < 0 && errno == ENOENT)
		refuse(refusal,
		       "has no log: create one if this server never had any; "
		       "if it had, its promises are forgotten, so remove it "
		       "from its cluster and add it again with a new log");
	else if (fd < 0)
		refuse(refusal, "its log cannot be opened: %s",
		       strerror(errno));
	if (fd < 0)
		return NULL;
	if (!check_owner(fd, &options->owner, &header, refusal)) {
		close(fd);
		return NULL;
	}
	store = raft__store_create(fd, &header, cache_bytes);
	if (store == NULL)
		refuse(refusal, "its log does not fit into memory");
	else if (options->looks_only ? raft__look_back(store, refusal)
				     : raft__recover(store, refusal))
		return store;
	raft__store_close(store);
	return NULL;
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
	log->cache_bytes = options->cache_bytes;
	if (log->cache_bytes == 0)
		log->cache_bytes = CACHE_BYTES_DEFAULT;
	log->directory = raft__directory_open(&refusal);
	if (log->directory >= 0)
		log->store = open_store(log->directory, options,
					log->cache_bytes, &refusal);
	if (log->store == NULL) {
		raft_log_file_close(log);
		return NULL;
	}
	if (!options->looks_only)
		raft__directory_abandon(log->directory);
	return log;
}

void
raft_log_file_close(struct raft_log_file *log)
{
	if (log == NULL)
		return;
	raft__stored_clear(&log->handed_out);
	raft__store_close(log->store);
	if (log->directory >= 0)
		close(log->directory);
	free(log);
}
