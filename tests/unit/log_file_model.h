/*
 * What a log must hold, and one to hold it, for the tests of log_file.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A history is drawn from a seed: step n may trim, then saves with term n, which
 * may begin behind a snapshot. So the term of a log that was opened says which
 * step it reached, and the history says all that it must hold. OUTRIGGER_SEED=n
 * replays one.
 */
#ifndef OUTRIGGER_LOG_FILE_MODEL_H
#define OUTRIGGER_LOG_FILE_MODEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bsd/stdlib.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "assists/crc32c/crc32c.h"
#include "assists/log_file/log_file.h"
#include "assists/log_file/record.h"
#include "assists/log_file/sector.h"

#define ENTRIES_MAX 65536
#define STEP_ENTRIES 4
#define CACHE_BYTES (32u << 10)
/** Names of a log's files that are looked for. */
#define FILES_MAX 40

/* ---------------------------------------------------------------- faults */

/* No test here cuts the power, and a killed process loses nothing that it
 * wrote: but for that one, syncs are counted and take no time. */
static bool syncs_are_real;
/** Syncs that succeed before one fails; -1: none fails. */
static int syncs_until_failure = -1;
static int syncs;
/** One takes so long. */
static unsigned int sync_takes_us;
/** What one waits for; NULL: nothing. */
static void (*sync_waits)(void);

int
fdatasync(int fd)
{
	syncs++;
	usleep(sync_takes_us);
	if (sync_waits != NULL)
		sync_waits();
	if (syncs_until_failure == 0) {
		syncs_until_failure = -1;
		errno = EIO;
		return -1;
	}
	if (syncs_until_failure > 0)
		syncs_until_failure--;
	return syncs_are_real ? (int)syscall(SYS_fdatasync, fd) : 0;
}

/** The clock is so much ahead of the true time; or stands, there. */
static time_t clock_ahead_s;
static bool clock_stands;

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = (int)syscall(SYS_clock_gettime, clock, now);

	if (clock_stands)
		*now = (struct timespec){ 0 };
	now->tv_sec += clock_ahead_s;
	return result;
}

int
fsync(int fd)
{
	return syncs_are_real ? (int)syscall(SYS_fsync, fd) : 0;
}

/* --------------------------------------------------------------- history */

/** What histories are like: one payload in so many is long, a trim leaves so many
 *  entries, a cut takes so many at most, one save in so many begins anew. */
static struct {
	uint64_t long_one_in, kept, cut_max, reset_one_in;
} shape = { 16, 0, UINT64_MAX, 16 };

/** What a log must hold. */
struct model {
	uint64_t seed;
	uint64_t term;
	struct raft_identity vote;
	struct raft_entry_id snapshot;
	/** The configuration in force at the snapshot; index 0: none. */
	struct raft_entry_id base;
	uint64_t last_index;
	uint64_t terms[ENTRIES_MAX];
};

static inline uint64_t
mix(uint64_t a, uint64_t b)
{
	uint64_t x = a * 0x9e3779b97f4a7c15u + b;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static inline enum raft_entry_kind
kind_of(const struct model *m, uint64_t index, uint64_t term)
{
	return mix(m->seed + 1, mix(index, term)) % 8 == 0
		       ? RAFT_ENTRY_CONFIGURATION
		       : RAFT_ENTRY_DATA;
}

static inline size_t
length_of(const struct model *m, uint64_t index, uint64_t term)
{
	uint64_t draw = mix(m->seed + 2, mix(index, term));

	return (size_t)(draw % shape.long_one_in == 0 ? draw / 16 % 9000
						      : draw / 16 % 90);
}

static inline void
fill(const struct model *m, uint64_t index, uint64_t term, uint8_t *bytes)
{
	size_t length = length_of(m, index, term);

	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)mix(m->seed + 3 + i / 8,
					mix(index, term)) ^ (uint8_t)i;
}

static inline bool
payload_matches(const struct model *m, uint64_t index, uint64_t term,
		const void *bytes, size_t length)
{
	static uint8_t expected[9000];

	fill(m, index, term, expected);
	return length == length_of(m, index, term) &&
	       (length == 0 || memcmp(bytes, expected, length) == 0);
}

/** Bytes that turn to poison when the last hold is released. */
struct tracked {
	struct raft_block block;
	size_t length;
	uint8_t bytes[];
};

static int tracked_alive;

static inline void
poison(struct raft_block *block)
{
	struct tracked *tracked = (struct tracked *)block;

	memset(tracked->bytes, 0xdd, tracked->length);
	tracked_alive--;
	free(tracked);
}

static inline struct raft_entry
make_entry(const struct model *m, uint64_t index, uint64_t term)
{
	size_t length = length_of(m, index, term);
	struct tracked *tracked = malloc(sizeof(*tracked) + length);

	assert_non_null(tracked);
	tracked_alive++;
	tracked->block = (struct raft_block){1, poison};
	tracked->length = length;
	fill(m, index, term, tracked->bytes);
	return (struct raft_entry){
		.index = index,
		.term = term,
		.kind = kind_of(m, index, term),
		.payload = {tracked->bytes, length, &tracked->block},
	};
}

/* The trim of step n; false: it has none. */
static inline bool
trim_of(const struct model *m, uint64_t n, struct raft_entry_id *id)
{
	uint64_t draw = mix(m->seed, n * 4);
	uint64_t room = m->last_index - m->snapshot.index;

	if (draw % 8 != 0 || room <= shape.kept)
		return false;
	id->index = m->snapshot.index + 1 + draw / 8 % (room - shape.kept);
	id->term = m->terms[id->index];
	return true;
}

static inline void
model_trim(struct model *m, struct raft_entry_id id)
{
	for (uint64_t i = m->snapshot.index + 1; i <= id.index; i++) {
		if (kind_of(m, i, m->terms[i]) == RAFT_ENTRY_CONFIGURATION)
			m->base = (struct raft_entry_id){i, m->terms[i]};
	}
	m->snapshot = id;
}

/* Where step n begins anew; false: it does not. */
static inline bool
reset_of(const struct model *m, uint64_t n, struct raft_entry_id *id)
{
	uint64_t draw = mix(m->seed, n * 4 + 2);
	uint64_t room = m->last_index - m->snapshot.index + 2;

	*id = (struct raft_entry_id){
		m->snapshot.index + 1 + draw / 16 % room, n};
	return draw % shape.reset_one_in == 0;
}

/* The history has no entry for it: the configuration is made up. */
static inline void
model_reset(struct model *m, struct raft_entry_id id)
{
	m->snapshot = id;
	m->base = (struct raft_entry_id){id.index, id.term};
	m->last_index = id.index;
}

/** What is done in a step. */
struct made {
	/** First of all, unless its index is 0; and what configuration is in force
	 *  there. */
	struct raft_entry_id trim, base;
	struct raft_save save;
	struct raft_entry entries[STEP_ENTRIES];
	struct raft_stored_snapshot snapshot;
	uint8_t configuration[9000];
};

/* Do step n to a model, and say what it is. */
static inline void
make_step(struct model *m, uint64_t n, struct made *made)
{
	struct raft_save *save = &made->save;
	struct raft_stored_snapshot *snapshot = &made->snapshot;
	uint64_t draw = mix(m->seed, n * 4 + 1), room;

	*save = (struct raft_save){ .token = n, .term = n,
				    .entries = made->entries };
	made->trim.index = 0;
	if (trim_of(m, n, &made->trim))
		model_trim(m, made->trim);
	else
		made->trim.index = 0;
	made->base = m->base;
	room = m->last_index - m->snapshot.index;
	if (reset_of(m, n, &snapshot->last)) {
		model_reset(m, snapshot->last);
		fill(m, m->base.index, n, made->configuration);
		snapshot->configuration_index = m->base.index;
		snapshot->configuration = made->configuration;
		snapshot->configuration_length = length_of(m, m->base.index, n);
		save->snapshot = snapshot;
		room = 0;
	}
	if (draw % 4 == 0 && room > 0) {
		room = room < shape.cut_max ? room : shape.cut_max;
		save->truncate_from = m->last_index - draw / 4 % room;
		m->last_index = save->truncate_from - 1;
	}
	if (draw / 64 % 2 == 0)
		save->vote = (struct raft_identity){1 + draw % 3, 7};
	save->entry_count = draw / 256 % (STEP_ENTRIES + 1);
	m->term = n;
	m->vote = save->vote;
	for (size_t i = 0; i < save->entry_count; i++) {
		assert_true(m->last_index + 1 < ENTRIES_MAX);
		m->terms[++m->last_index] = n;
		made->entries[i] = make_entry(m, m->last_index, n);
	}
}

static inline void
release_made(const struct made *made)
{
	for (size_t i = 0; i < made->save.entry_count; i++)
		raft_payload_release(&made->entries[i].payload);
}

/* Do step n to a model and, unless it is NULL, to a log. */
static inline void
step(struct model *m, uint64_t n, struct raft_log_file *log)
{
	struct made made;

	make_step(m, n, &made);
	if (log != NULL && made.trim.index != 0)
		raft_log_file.trim(log, made.trim);
	if (log != NULL)
		raft_log_file.save(log, &made.save);
	release_made(&made);
}

static inline bool
runs_match(const struct model *m, const struct raft_stored *stored)
{
	uint64_t first = m->snapshot.index + 1;
	size_t count = 0;

	for (uint64_t i = first; i <= m->last_index; i++) {
		const struct raft_term_run *run = &stored->runs[count];

		if (i != first && m->terms[i] == m->terms[i - 1])
			continue;
		if (count++ == stored->run_count || run->first_index != i ||
		    run->term != m->terms[i])
			return false;
	}
	return stored->run_count == count;
}

static inline bool
configurations_match(const struct model *m, const struct raft_stored *stored)
{
	const struct raft_stored_configuration *c = stored->configurations;
	const struct raft_stored_configuration *end =
		c + stored->configuration_count;

	if (m->base.index != 0) {
		if (c == end || c->index != m->base.index ||
		    !payload_matches(m, m->base.index, m->base.term, c->bytes,
				     c->length))
			return false;
		c++;
	}
	for (uint64_t i = m->snapshot.index + 1; i <= m->last_index; i++) {
		if (kind_of(m, i, m->terms[i]) != RAFT_ENTRY_CONFIGURATION)
			continue;
		if (c == end || c->index != i ||
		    !payload_matches(m, i, m->terms[i], c->bytes, c->length))
			return false;
		c++;
	}
	return c == end;
}

static inline bool
entry_matches(const struct model *m, struct raft_log_file *log, uint64_t index)
{
	struct raft_entry entry;
	bool matches;

	if (raft_log_file.read(log, index, 1, 0, &entry) != 1)
		return false;
	matches = entry.index == index && entry.term == m->terms[index] &&
		  entry.kind == kind_of(m, index, entry.term) &&
		  payload_matches(m, index, entry.term, entry.payload.data,
				  entry.payload.length);
	raft_payload_release(&entry.payload);
	return matches;
}

/* A log holds exactly what a model says. */
static inline bool
holds(struct raft_log_file *log, const struct model *m)
{
	struct raft_stored stored;
	struct raft_entry entry;

	if (!raft_log_file_stored(log, &stored) || stored.term != m->term ||
	    stored.vote.id != m->vote.id ||
	    stored.vote.incarnation != m->vote.incarnation ||
	    stored.snapshot.index != m->snapshot.index ||
	    stored.snapshot.term != m->snapshot.term ||
	    stored.last_index != m->last_index || !runs_match(m, &stored) ||
	    !configurations_match(m, &stored))
		return false;
	for (uint64_t i = m->snapshot.index + 1; i <= m->last_index; i++) {
		if (!entry_matches(m, log, i))
			return false;
	}
	return raft_log_file.read(log, m->snapshot.index, 1, 0, &entry) == 0 &&
	       raft_log_file.read(log, m->last_index + 1, 1, 0, &entry) == 0;
}

/* After a crash the log reached its newest step `low` at least, `high` at most,
 * and then perhaps the trim of the next. */
static inline void
assert_reached(struct raft_log_file *log, uint64_t seed, uint64_t low,
	       uint64_t high)
{
	static struct model m;
	struct raft_stored stored;
	struct raft_entry_id trim;

	assert_true(raft_log_file_stored(log, &stored));
	assert_in_range(stored.term, low, high);
	m = (struct model){.seed = seed};
	for (uint64_t n = 1; n <= stored.term; n++)
		step(&m, n, NULL);
	if (stored.snapshot.index != m.snapshot.index &&
	    trim_of(&m, m.term + 1, &trim))
		model_trim(&m, trim);
	assert_true(holds(log, &m));
}

/* --------------------------------------------------------------- fixture */

struct report {
	uint64_t token;
	int saved;
	int failed;
	char why[256];
};

struct fixture {
	char root[PATH_MAX];
	/** Where the log is, and its first file. */
	char path[PATH_MAX];
	char file[PATH_MAX];
	/** Of its files; 0: what they have if nothing is said. */
	uint64_t segment_bytes;
	struct raft_log_file *log;
	struct raft_owner owner;
	struct report report;
	char error[512];
	struct model model;
};

static inline void
note_saved(void *context, uint64_t token)
{
	struct report *report = context;

	assert_true(token > report->token);
	report->token = token;
	report->saved++;
}

static inline void
note_failed(void *context, const char *why)
{
	struct report *report = context;

	snprintf(report->why, sizeof(report->why), "%s", why);
	report->failed++;
}

/* The path of a file of the log; 0 is `log`. */
static inline const char *
file_of(const struct fixture *f, unsigned int number)
{
	static char path[PATH_MAX];

	if (number == 0)
		snprintf(path, sizeof(path), "%.1000s/log", f->path);
	else
		snprintf(path, sizeof(path), "%.1000s/log.%u", f->path, number);
	return path;
}

static inline unsigned int
count_files(const struct fixture *f)
{
	unsigned int count = 0;

	for (unsigned int n = 0; n < FILES_MAX; n++)
		count += access(file_of(f, n), F_OK) == 0;
	return count;
}

static inline void
remove_files(const struct fixture *f)
{
	DIR *entries = opendir(f->path);
	struct dirent *entry;

	while (entries != NULL && (entry = readdir(entries)) != NULL)
		unlinkat(dirfd(entries), entry->d_name, 0);
	if (entries != NULL)
		closedir(entries);
}

/** What comes of looking at a log. */
struct look {
	bool is_refused;
	char error[512];
	struct raft_log_file_size size;
};

static inline void
stat_files(const struct fixture *f, struct stat status[FILES_MAX])
{
	for (unsigned int n = 0; n < FILES_MAX; n++)
		if (stat(file_of(f, n), &status[n]) != 0)
			status[n].st_ino = 0;
}

/* Whoever only looks at it leaves it as it is. */
static inline void
look(struct fixture *f, struct look *look)
{
	static struct stat before[FILES_MAX], after[FILES_MAX];
	struct raft_log_file_options options = {
		.path = f->path,
		.owner = f->owner,
		.looks_only = true,
		.segment_bytes = f->segment_bytes,
	};
	struct raft_log_file *log;

	stat_files(f, before);
	log = raft_log_file_open(&options, look->error, sizeof(look->error));
	look->is_refused = log == NULL;
	if (log != NULL)
		raft_log_file_size(log, &look->size);
	raft_log_file_close(log);
	stat_files(f, after);
	for (unsigned int n = 0; n < FILES_MAX; n++) {
		assert_int_equal(before[n].st_ino, after[n].st_ino);
		if (before[n].st_ino == 0)
			continue;
		assert_int_equal(before[n].st_size, after[n].st_size);
		assert_memory_equal(&before[n].st_mtim, &after[n].st_mtim,
				    sizeof(after[n].st_mtim));
	}
}

/* And sees what is made of it then. */
static inline bool
try_open(struct fixture *f)
{
	struct raft_log_file_options options = {
		.path = f->path,
		.owner = f->owner,
		.cache_bytes = CACHE_BYTES,
		.segment_bytes = f->segment_bytes,
	};
	struct raft_log_file_size size;
	struct look seen = { 0 };

	assert_null(f->log);
	look(f, &seen);
	f->log = raft_log_file_open(&options, f->error, sizeof(f->error));
	if (seen.is_refused)
		assert_string_equal(seen.error, f->error);
	if (f->log == NULL)
		return false;
	assert_false(seen.is_refused);
	raft_log_file_size(f->log, &size);
	assert_memory_equal(&size, &seen.size, sizeof(size));
	f->report = (struct report){0};
	raft_log_file_bind(f->log, &f->report, note_saved, note_failed);
	return true;
}

static inline void
open_log(struct fixture *f)
{
	if (!try_open(f))
		fail_msg("%s", f->error);
}

static inline void
close_log(struct fixture *f)
{
	raft_log_file_close(f->log);
	f->log = NULL;
}

static inline void
reopen(struct fixture *f)
{
	close_log(f);
	open_log(f);
}

/* The log cannot be opened, for a reason that contains `text`. */
static inline void
assert_refused(struct fixture *f, const char *text)
{
	if (try_open(f))
		fail_msg("opened, though \"%s\" was expected", text);
	if (strstr(f->error, text) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", f->error, text);
}

static inline void
steps(struct fixture *f, uint64_t count)
{
	for (uint64_t n = 0; n < count; n++)
		step(&f->model, f->model.term + 1, f->log);
}

static inline void
flush(struct fixture *f)
{
	raft_log_file.flush(f->log);
	assert_int_equal(f->report.failed, 0);
	assert_int_equal(f->report.token, f->model.term);
}

/* An empty log, in files of this size. */
static inline bool
make_log(struct fixture *f, uint64_t segment_bytes)
{
	close_log(f);
	remove_files(f);
	f->segment_bytes = segment_bytes;
	return raft_log_file_create_sized(f->path, &f->owner, segment_bytes,
					  f->error, sizeof(f->error));
}

static inline int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const char *temporary = getenv("TEST_TMPDIR");

	if (f == NULL)
		return -1;
	snprintf(f->root, 512, "%s/log_file.XXXXXX",
		 temporary != NULL ? temporary : "/tmp");
	if (mkdtemp(f->root) == NULL)
		return -1;
	snprintf(f->path, sizeof(f->path), "%.1000s/n1", f->root);
	snprintf(f->file, sizeof(f->file), "%.1000s/n1/log", f->root);
	memcpy(f->owner.cluster, "a test's cluster", 16);
	f->owner.self.id = 1;
	f->model.seed = 1;
	syncs_until_failure = -1;
	if (!make_log(f, 64 << 10))
		return -1;
	open_log(f);
	*state = f;
	return 0;
}

static inline int
tear_down(void **state)
{
	struct fixture *f = *state;

	close_log(f);
	remove_files(f);
	rmdir(f->path);
	rmdir(f->root);
	free(f);
	return tracked_alive != 0;
}

/** A file's bytes. */
struct image {
	uint8_t *bytes;
	size_t length;
};

static inline struct image
load(const char *path)
{
	struct image image;
	struct stat status;
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	image.length = (size_t)status.st_size;
	image.bytes = malloc(image.length + 1);
	assert_int_equal(read(fd, image.bytes, image.length), image.length);
	close(fd);
	return image;
}

static inline void
store(const char *path, const uint8_t *bytes, size_t length)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), length);
	assert_int_equal(ftruncate(fd, (off_t)length), 0);
	close(fd);
}

static inline void
store_byte(const char *path, size_t at, uint8_t byte)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	close(fd);
}

static inline struct file_header
header_of(const struct image *image)
{
	struct file_header header;

	assert_true(image->length >= FILE_HEADER_BYTES);
	assert_null(raft__record_header_read(image->bytes, &header));
	return header;
}

/* The bytes of the log in the sectors of a file, from the first on, that are as they were
 * written. */
static inline size_t
bytes_of(const struct image *image, uint8_t *bytes)
{
	struct file_header header = header_of(image);
	struct sector_place place = { header.salt, header.begin, header.begin };
	size_t length = 0;

	for (size_t at = SECTOR_BYTES; at + SECTOR_BYTES <= image->length;
	     at += SECTOR_BYTES, place.begin += SECTOR_ROOM) {
		if (raft__sector_kind(image->bytes + at, &place) !=
		    SECTOR_WRITTEN)
			break;
		memcpy(bytes + length, image->bytes + at + SECTOR_HEADER_BYTES,
		       SECTOR_ROOM);
		length += SECTOR_ROOM;
	}
	return length;
}

/* Where in the file the records end. */
static inline size_t
used(const struct image *image)
{
	uint8_t *bytes = malloc(image->length + 1);
	size_t length = bytes_of(image, bytes);
	struct record record = { 0 };
	size_t end = 0;

	while (end + RECORD_HEADER_BYTES <= length &&
	       raft__record_frame(&record, bytes + end))
		end += record.length;
	free(bytes);
	return (end / SECTOR_ROOM + 1) * SECTOR_BYTES +
	       (end % SECTOR_ROOM != 0 ? SECTOR_HEADER_BYTES : 0) +
	       end % SECTOR_ROOM;
}

/* The number of the file that the end of the log is in. */
static inline unsigned int
last_file(const struct fixture *f)
{
	uint64_t newest = 0;
	unsigned int last = 0;

	for (unsigned int n = 0; n < FILES_MAX; n++) {
		struct file_header header;
		struct image image;

		if (access(file_of(f, n), F_OK) != 0)
			continue;
		image = load(file_of(f, n));
		header = header_of(&image);
		free(image.bytes);
		if (header.begin > newest) {
			newest = header.begin;
			last = n;
		}
	}
	return last;
}

/** The log's last file before and after its last write, and where in it that begins and
 *  ends. */
struct last_write {
	struct image before;
	struct image after;
	size_t begin;
	size_t end;
};

/* A file that grew by a write is as long as that after a crash, with zeros where the write
 * did not get to. */
static inline void
lengthen(struct image *image, size_t length)
{
	assert_true(length >= image->length);
	image->bytes = realloc(image->bytes, length + 1);
	assert_non_null(image->bytes);
	memset(image->bytes + image->length, 0, length - image->length);
	image->length = length;
}

/* Let `durable` steps be reported one by one, then `count` in one write; f->file is the
 * file that it is in. */
static inline struct last_write
make_last_write(struct fixture *f, uint64_t durable, uint64_t count)
{
	struct last_write w;

	for (uint64_t n = 0; n < durable; n++) {
		steps(f, 1);
		flush(f);
	}
	snprintf(f->file, sizeof(f->file), "%s", file_of(f, last_file(f)));
	w.before = load(f->file);
	steps(f, count);
	flush(f);
	close_log(f);
	w.after = load(f->file);
	w.begin = used(&w.before);
	w.end = used(&w.after);
	assert_true(w.end > w.begin);
	lengthen(&w.before, w.after.length);
	return w;
}

static inline void
free_last_write(struct last_write *w)
{
	free(w->before.bytes);
	free(w->after.bytes);
}

static inline uint64_t
draw_seed(void)
{
	const char *text = getenv("OUTRIGGER_SEED");
	uint64_t seed = arc4random();

	if (text != NULL)
		seed = strtoull(text, NULL, 10);
	print_message("OUTRIGGER_SEED=%llu %s\n", (unsigned long long)seed,
		      program_invocation_name);
	return seed;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
