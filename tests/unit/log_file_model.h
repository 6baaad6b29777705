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

#define ENTRIES_MAX 65536
#define STEP_ENTRIES 4
#define CACHE_BYTES (32u << 10)

/* ---------------------------------------------------------------- faults */

/* No test here cuts the power, and a killed process loses nothing that it
 * wrote: but for that one, syncs are counted and take no time. */
static bool syncs_are_real;
/** Syncs that succeed before one fails; -1: none fails. */
static int syncs_until_failure = -1;
static int syncs;
/** One takes so long. */
static unsigned int sync_takes_us;

int
fdatasync(int fd)
{
	syncs++;
	usleep(sync_takes_us);
	if (syncs_until_failure == 0) {
		syncs_until_failure = -1;
		errno = EIO;
		return -1;
	}
	if (syncs_until_failure > 0)
		syncs_until_failure--;
	return syncs_are_real ? (int)syscall(SYS_fdatasync, fd) : 0;
}

/** The clock is so much ahead of the true time. */
static time_t clock_ahead_s;

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = (int)syscall(SYS_clock_gettime, clock, now);

	now->tv_sec += clock_ahead_s;
	return result;
}

int
fsync(int fd)
{
	return syncs_are_real ? (int)syscall(SYS_fsync, fd) : 0;
}

/* --------------------------------------------------------------- history */

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

	return (size_t)(draw % 16 == 0 ? draw / 16 % 9000 : draw / 16 % 90);
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

	if (draw % 8 != 0 || room == 0)
		return false;
	id->index = m->snapshot.index + 1 + draw / 8 % room;
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
	return draw % 16 == 0;
}

/* The history has no entry for it: the configuration is made up. */
static inline void
model_reset(struct model *m, struct raft_entry_id id)
{
	m->snapshot = id;
	m->base = (struct raft_entry_id){id.index, id.term};
	m->last_index = id.index;
}

/* Do step n to a model and, unless it is NULL, to a log. */
static inline void
step(struct model *m, uint64_t n, struct raft_log_file *log)
{
	struct raft_entry entries[STEP_ENTRIES];
	struct raft_save save = {.token = n, .term = n, .entries = entries};
	uint64_t room = m->last_index - m->snapshot.index;
	uint64_t draw = mix(m->seed, n * 4 + 1);
	struct raft_stored_snapshot snapshot;
	uint8_t configuration[9000];
	struct raft_entry_id trim;

	if (trim_of(m, n, &trim)) {
		model_trim(m, trim);
		if (log != NULL)
			raft_log_file.trim(log, trim);
		room = m->last_index - m->snapshot.index;
	}
	if (reset_of(m, n, &snapshot.last)) {
		model_reset(m, snapshot.last);
		fill(m, m->base.index, n, configuration);
		snapshot.configuration_index = m->base.index;
		snapshot.configuration = configuration;
		snapshot.configuration_length = length_of(m, m->base.index, n);
		save.snapshot = &snapshot;
		room = 0;
	}
	if (draw % 4 == 0 && room > 0) {
		save.truncate_from = m->snapshot.index + 1 + draw / 4 % room;
		m->last_index = save.truncate_from - 1;
	}
	if (draw / 64 % 2 == 0)
		save.vote = (struct raft_identity){1 + draw % 3, 7};
	save.entry_count = draw / 256 % (STEP_ENTRIES + 1);
	m->term = n;
	m->vote = save.vote;
	for (size_t i = 0; i < save.entry_count; i++) {
		assert_true(m->last_index + 1 < ENTRIES_MAX);
		m->terms[++m->last_index] = n;
		entries[i] = make_entry(m, m->last_index, n);
	}
	if (log != NULL)
		raft_log_file.save(log, &save);
	for (size_t i = 0; i < save.entry_count; i++)
		raft_payload_release(&entries[i].payload);
}

static inline bool
runs_match(const struct model *m, const struct raft_stored *stored)
{
	size_t run = 0;

	for (uint64_t i = m->snapshot.index + 1; i <= m->last_index; i++) {
		if (run + 1 < stored->run_count &&
		    stored->runs[run + 1].first_index == i)
			run++;
		if (run >= stored->run_count ||
		    stored->runs[run].term != m->terms[i])
			return false;
	}
	return stored->run_count ==
	       (m->last_index == m->snapshot.index ? 0 : run + 1);
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
	/** Where the log is, and the file in it. */
	char path[PATH_MAX];
	char file[PATH_MAX];
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

/** What comes of looking at a log. */
struct look {
	bool is_refused;
	char error[512];
	struct raft_log_file_size size;
	struct stat before, after;
};

/* Whoever only looks at it leaves it as it is. */
static inline void
look(struct fixture *f, struct look *look)
{
	struct raft_log_file_options options = {
		.path = f->path,
		.owner = f->owner,
		.looks_only = true,
	};
	bool is_there = stat(f->file, &look->before) == 0;
	struct raft_log_file *log =
	    raft_log_file_open(&options, look->error, sizeof(look->error));

	look->is_refused = log == NULL;
	if (log != NULL)
		raft_log_file_size(log, &look->size);
	raft_log_file_close(log);
	if (!is_there)
		return;
	assert_int_equal(stat(f->file, &look->after), 0);
	assert_int_equal(look->before.st_size, look->after.st_size);
	assert_int_equal(look->before.st_ino, look->after.st_ino);
	assert_memory_equal(&look->before.st_mtim, &look->after.st_mtim,
			    sizeof(look->after.st_mtim));
}

/* And sees what is made of it then. */
static inline bool
try_open(struct fixture *f)
{
	struct raft_log_file_options options = {
		.path = f->path,
		.owner = f->owner,
		.cache_bytes = CACHE_BYTES,
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
	if (!raft_log_file_create(f->path, &f->owner, f->error,
				  sizeof(f->error)))
		return -1;
	open_log(f);
	*state = f;
	return 0;
}

static inline int
tear_down(void **state)
{
	struct fixture *f = *state;
	char spare[PATH_MAX];

	close_log(f);
	snprintf(spare, sizeof(spare), "%.1000s/log.new", f->path);
	unlink(spare);
	unlink(f->file);
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

static inline size_t
file_bytes(const struct fixture *f)
{
	struct stat status;

	assert_int_equal(stat(f->file, &status), 0);
	return (size_t)status.st_size;
}

/* Where the records end and the zeros begin. */
static inline size_t
used(const struct image *image)
{
	struct record record = {.offset = FILE_HEADER_BYTES};
	struct file_header header;

	assert_null(raft__record_header_read(image->bytes, &header));
	while (record.offset + RECORD_HEADER_BYTES <= image->length &&
	       raft__record_frame(&record, image->bytes + record.offset,
				  header.salt))
		record.offset += record.length;
	return (size_t)record.offset;
}

/** A file before and after its last write. */
struct last_write {
	struct image before;
	struct image after;
	size_t begin;
	size_t end;
};

/* Let `durable` steps be reported one by one, then `count` in one write. */
static inline struct last_write
make_last_write(struct fixture *f, uint64_t durable, uint64_t count)
{
	struct last_write w;

	for (uint64_t n = 0; n < durable; n++) {
		steps(f, 1);
		flush(f);
	}
	w.before = load(f->file);
	steps(f, count);
	flush(f);
	close_log(f);
	w.after = load(f->file);
	w.begin = used(&w.before);
	w.end = used(&w.after);
	assert_true(w.end > w.begin);
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
