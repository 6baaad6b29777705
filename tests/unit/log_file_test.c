/*
 * log_file keeps what it reported, through crashes, damage and full disks.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A history is drawn from a seed: step n may trim, then saves with term n, which
 * may begin behind a snapshot. So the term of a log that was opened says which step it reached, and the history
 * says all that it must hold. OUTRIGGER_SEED=n replays one.
 */
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

int
fdatasync(int fd)
{
	syncs++;
	if (syncs_until_failure == 0) {
		syncs_until_failure = -1;
		errno = EIO;
		return -1;
	}
	if (syncs_until_failure > 0)
		syncs_until_failure--;
	return syncs_are_real ? (int)syscall(SYS_fdatasync, fd) : 0;
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

static uint64_t
mix(uint64_t a, uint64_t b)
{
	uint64_t x = a * 0x9e3779b97f4a7c15u + b;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static enum raft_entry_kind
kind_of(const struct model *m, uint64_t index, uint64_t term)
{
	return mix(m->seed + 1, mix(index, term)) % 8 == 0
		       ? RAFT_ENTRY_CONFIGURATION
		       : RAFT_ENTRY_DATA;
}

static size_t
length_of(const struct model *m, uint64_t index, uint64_t term)
{
	uint64_t draw = mix(m->seed + 2, mix(index, term));

	return (size_t)(draw % 16 == 0 ? draw / 16 % 9000 : draw / 16 % 90);
}

static void
fill(const struct model *m, uint64_t index, uint64_t term, uint8_t *bytes)
{
	size_t length = length_of(m, index, term);

	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)mix(m->seed + 3 + i / 8,
					mix(index, term)) ^ (uint8_t)i;
}

static bool
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

static void
poison(struct raft_block *block)
{
	struct tracked *tracked = (struct tracked *)block;

	memset(tracked->bytes, 0xdd, tracked->length);
	tracked_alive--;
	free(tracked);
}

static struct raft_entry
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
static bool
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

static void
model_trim(struct model *m, struct raft_entry_id id)
{
	for (uint64_t i = m->snapshot.index + 1; i <= id.index; i++) {
		if (kind_of(m, i, m->terms[i]) == RAFT_ENTRY_CONFIGURATION)
			m->base = (struct raft_entry_id){i, m->terms[i]};
	}
	m->snapshot = id;
}

/* Where step n begins anew; false: it does not. */
static bool
reset_of(const struct model *m, uint64_t n, struct raft_entry_id *id)
{
	uint64_t draw = mix(m->seed, n * 4 + 2);
	uint64_t room = m->last_index - m->snapshot.index + 2;

	*id = (struct raft_entry_id){
		m->snapshot.index + 1 + draw / 16 % room, n};
	return draw % 16 == 0;
}

/* The history has no entry for it: the configuration is made up. */
static void
model_reset(struct model *m, struct raft_entry_id id)
{
	m->snapshot = id;
	m->base = (struct raft_entry_id){id.index, id.term};
	m->last_index = id.index;
}

/* Do step n to a model and, unless it is NULL, to a log. */
static void
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

static bool
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

static bool
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

static bool
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
static bool
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
static void
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
	struct raft_log_file_owner owner;
	struct report report;
	char error[512];
	struct model model;
};

static void
note_saved(void *context, uint64_t token)
{
	struct report *report = context;

	assert_true(token > report->token);
	report->token = token;
	report->saved++;
}

static void
note_failed(void *context, const char *why)
{
	struct report *report = context;

	snprintf(report->why, sizeof(report->why), "%s", why);
	report->failed++;
}

static bool
try_open(struct fixture *f)
{
	struct raft_log_file_options options = {
		.path = f->path,
		.owner = f->owner,
		.cache_bytes = CACHE_BYTES,
	};

	assert_null(f->log);
	f->log = raft_log_file_open(&options, f->error, sizeof(f->error));
	if (f->log == NULL)
		return false;
	f->report = (struct report){0};
	raft_log_file_bind(f->log, &f->report, note_saved, note_failed);
	return true;
}

static void
open_log(struct fixture *f)
{
	if (!try_open(f))
		fail_msg("%s", f->error);
}

static void
close_log(struct fixture *f)
{
	raft_log_file_close(f->log);
	f->log = NULL;
}

static void
reopen(struct fixture *f)
{
	close_log(f);
	open_log(f);
}

/* The log cannot be opened, for a reason that contains `text`. */
static void
assert_refused(struct fixture *f, const char *text)
{
	if (try_open(f))
		fail_msg("opened, though \"%s\" was expected", text);
	if (strstr(f->error, text) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", f->error, text);
}

static void
steps(struct fixture *f, uint64_t count)
{
	for (uint64_t n = 0; n < count; n++)
		step(&f->model, f->model.term + 1, f->log);
}

static void
flush(struct fixture *f)
{
	raft_log_file.flush(f->log);
	assert_int_equal(f->report.failed, 0);
	assert_int_equal(f->report.token, f->model.term);
}

static int
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

static int
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

static struct image
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

static void
store(const char *path, const uint8_t *bytes, size_t length)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), length);
	assert_int_equal(ftruncate(fd, (off_t)length), 0);
	close(fd);
}

static size_t
file_bytes(const struct fixture *f)
{
	struct stat status;

	assert_int_equal(stat(f->file, &status), 0);
	return (size_t)status.st_size;
}

/* Where the records end and the zeros begin. */
static size_t
used(const struct image *image)
{
	struct record record = {.offset = FILE_HEADER_BYTES};

	while (record.offset + RECORD_HEADER_BYTES <= image->length &&
	       raft__record_frame(&record, image->bytes + record.offset,
				  image->length - record.offset))
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
static struct last_write
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

static void
free_last_write(struct last_write *w)
{
	free(w->before.bytes);
	free(w->after.bytes);
}

static uint64_t
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

/* ----------------------------------------------------- what is kept */

static void
what_was_reported_is_found_again(void **state)
{
	struct fixture *f = *state;

	for (int n = 0; n < 300; n++) {
		steps(f, 1);
		assert_true(holds(f->log, &f->model));
		flush(f);
		assert_true(holds(f->log, &f->model));
		reopen(f);
		f->report.token = f->model.term;
		assert_true(holds(f->log, &f->model));
	}
}

static void
a_flush_reports_all_saves_with_one_sync(void **state)
{
	struct fixture *f = *state;

	steps(f, 20);
	assert_int_equal(f->report.saved, 0);
	syncs = 0;
	flush(f);
	raft_log_file.flush(f->log);
	assert_int_equal(syncs, 1);
	assert_int_equal(f->report.saved, 1);
}

/* S3: a term without entries is a promise too. */
static void
a_vote_alone_is_kept(void **state)
{
	struct fixture *f = *state;
	struct raft_save save = {.token = 1, .term = 9, .vote = {3, 44}};
	struct raft_stored stored;

	raft_log_file.save(f->log, &save);
	raft_log_file.flush(f->log);
	assert_int_equal(f->report.token, 1);
	reopen(f);
	assert_true(raft_log_file_stored(f->log, &stored));
	assert_int_equal(stored.term, 9);
	assert_int_equal(stored.vote.id, 3);
	assert_int_equal(stored.vote.incarnation, 44);
	assert_int_equal(stored.last_index, 0);
}

/* M3: the caller's bytes are its own again once save() has returned. */
static void
a_save_holds_nothing_of_the_callers(void **state)
{
	struct fixture *f = *state;

	steps(f, 30);
	assert_int_equal(tracked_alive, 0);
	assert_true(holds(f->log, &f->model));
}

static void
old_entries_are_read_from_the_file(void **state)
{
	struct fixture *f = *state;

	for (int n = 0; n < 60; n++) {
		steps(f, 10);
		flush(f);
	}
	assert_true(holds(f->log, &f->model));
}

static void
a_read_payload_outlives_the_log(void **state)
{
	struct fixture *f = *state;
	struct raft_entry kept[2];

	steps(f, 40);
	flush(f);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(raft_log_file.read(f->log,
						    f->model.last_index, 1, 0,
						    &kept[i]), 1);
		reopen(f);
	}
	close_log(f);
	for (int i = 0; i < 2; i++) {
		assert_true(payload_matches(&f->model, kept[i].index,
					    kept[i].term, kept[i].payload.data,
					    kept[i].payload.length));
		raft_payload_release(&kept[i].payload);
	}
}

static void
a_read_stops_at_its_limits_but_gives_one_entry(void **state)
{
	struct fixture *f = *state;
	struct raft_entry entries[8];
	uint64_t first;
	size_t bytes;
	size_t n;

	do
		steps(f, 1);
	while (f->model.last_index < f->model.snapshot.index + 8);
	first = f->model.snapshot.index + 1;
	n = raft_log_file.read(f->log, first, 8, SIZE_MAX, entries);
	assert_int_equal(n, 8);
	bytes = 0;
	while (n-- > 0) {
		bytes += n < 3 ? entries[n].payload.length : 0;
		raft_payload_release(&entries[n].payload);
	}
	assert_true(entries[2].payload.length > 0);
	assert_int_equal(raft_log_file.read(f->log, first, 8, bytes - 1,
					    entries), 2);
	raft_payload_release(&entries[0].payload);
	raft_payload_release(&entries[1].payload);
	assert_int_equal(raft_log_file.read(f->log, first, 0, 9, entries), 0);
	assert_int_equal(raft_log_file.read(f->log, first, 2, 0, entries), 1);
	raft_payload_release(&entries[0].payload);
}

/* S11: what follows a snapshot of another history is of no use. */
static void
a_trim_to_another_history_drops_everything(void **state)
{
	struct fixture *f = *state;
	struct raft_entry_id ahead = {0, 999};
	struct raft_stored stored;

	do {
		steps(f, 1);
		ahead.index = f->model.snapshot.index + 2;
	} while (f->model.last_index <= ahead.index);
	raft_log_file.trim(f->log, ahead);
	raft_log_file.flush(f->log);
	reopen(f);
	assert_true(raft_log_file_stored(f->log, &stored));
	assert_int_equal(stored.snapshot.index, ahead.index);
	assert_int_equal(stored.snapshot.term, ahead.term);
	assert_int_equal(stored.last_index, ahead.index);
	assert_int_equal(stored.run_count, 0);
}

/* The log that begins behind a snapshot which a leader has sent. */
static void
a_reset_forgets_all_but_what_it_brings(void **state)
{
	struct fixture *f = *state;
	const struct raft_stored_snapshot snapshot = {{5, 1}, 4, "conf", 4};
	struct raft_entry entry = {6, 2, RAFT_ENTRY_CONFIGURATION,
				   {"next", 4, NULL}};
	struct raft_save save = {
		.token = 90, .term = 90, .vote = {2, 2}, .snapshot = &snapshot,
		.entries = &entry, .entry_count = 1};
	struct raft_stored stored;

	f->model.seed = 2;
	do
		steps(f, 1);
	while (f->model.last_index < 9 || f->model.snapshot.index != 0);
	raft_log_file.save(f->log, &save);
	raft_log_file.flush(f->log);
	reopen(f);
	assert_true(raft_log_file_stored(f->log, &stored));
	assert_int_equal(stored.term, 90);
	assert_int_equal(stored.vote.id, 2);
	assert_int_equal(stored.snapshot.index, 5);
	assert_int_equal(stored.snapshot.term, 1);
	assert_int_equal(stored.last_index, 6);
	assert_int_equal(stored.run_count, 1);
	assert_int_equal(stored.runs[0].term, 2);
	assert_int_equal(stored.configuration_count, 2);
	assert_int_equal(stored.configurations[0].index, 4);
	assert_int_equal(stored.configurations[0].length, 4);
	assert_memory_equal(stored.configurations[0].bytes, "conf", 4);
	assert_int_equal(stored.configurations[1].index, 6);
	assert_int_equal(raft_log_file.read(f->log, 5, 1, 0, &entry), 0);
}

/* ---------------------------------------------------------- torn writes */

/* What a crash left can be opened and is at one step of the last write. */
static void
check_torn(struct fixture *f, uint64_t low)
{
	open_log(f);
	assert_reached(f->log, f->model.seed, low, f->model.term);
	close_log(f);
}

static void
a_write_cut_at_any_byte_is_kept_by_whole_saves(void **state)
{
	struct fixture *f = *state;
	struct last_write w = make_last_write(f, 3, 4);

	for (size_t cut = w.begin; cut <= w.end; cut++) {
		store(f->file, w.after.bytes, cut);
		check_torn(f, 3);
	}
	free_last_write(&w);
}

/* A seed whose step n begins anew with entries, and a log for it. */
static void
take_history_with_reset(struct fixture *f, uint64_t n)
{
	struct raft_entry_id id;
	struct model m;

	do {
		m = (struct model){.seed = ++f->model.seed};
		for (uint64_t i = 1; i < n; i++)
			step(&m, i, NULL);
	} while (m.last_index == 0 || !reset_of(&m, n, &id) ||
		 mix(m.seed, n * 4 + 1) / 256 % (STEP_ENTRIES + 1) == 0);
}

static void
a_reset_cut_at_any_byte_leaves_the_old_log_or_the_new(void **state)
{
	struct fixture *f = *state;
	struct last_write w;

	take_history_with_reset(f, 5);
	w = make_last_write(f, 3, 4);
	for (size_t cut = w.begin; cut <= w.end; cut++) {
		store(f->file, w.after.bytes, cut);
		check_torn(f, 3);
	}
	free_last_write(&w);
}

static void
a_write_that_stopped_within_zeros_is_kept_by_whole_saves(void **state)
{
	struct fixture *f = *state;
	struct last_write w = make_last_write(f, 3, 4);
	uint8_t *bytes = calloc(1, w.after.length);

	assert_non_null(bytes);
	for (size_t cut = w.begin; cut <= w.end; cut += 3) {
		memset(bytes, 0, w.after.length);
		memcpy(bytes, w.after.bytes, cut);
		store(f->file, bytes, w.end + 5000);
		check_torn(f, 3);
	}
	free(bytes);
	free_last_write(&w);
}

static void
a_write_with_any_byte_wrong_is_kept_by_whole_saves(void **state)
{
	struct fixture *f = *state;
	struct last_write w = make_last_write(f, 3, 4);

	for (size_t at = w.begin; at < w.end; at++) {
		w.after.bytes[at] ^= 0x40;
		store(f->file, w.after.bytes, w.end);
		w.after.bytes[at] ^= 0x40;
		check_torn(f, 3);
	}
	free_last_write(&w);
}

static void
sectors_of_a_write_may_reach_the_disk_in_any_order(void **state)
{
	struct fixture *f = *state;
	uint64_t seed = draw_seed();
	struct last_write w;
	size_t sector = 64;

	f->model.seed = seed;
	w = make_last_write(f, 5, 12);
	assert_true(w.before.length >= w.end);
	for (uint64_t n = 0; n < 200; n++) {
		struct image torn = load(f->file);

		memcpy(torn.bytes, w.before.bytes, w.end);
		for (size_t at = w.begin; at < w.end; at += sector) {
			size_t left = w.end - at < sector ? w.end - at : sector;

			if (mix(seed + n, at) % 4 != 0)
				memcpy(torn.bytes + at, w.after.bytes + at,
				       left);
		}
		store(f->file, torn.bytes, w.end);
		free(torn.bytes);
		check_torn(f, 5);
		store(f->file, w.before.bytes, w.before.length);
	}
	free_last_write(&w);
}

/* What was cut off must not come back behind a shorter write. */
static void
a_torn_tail_is_cut_for_good(void **state)
{
	struct fixture *f = *state;
	struct last_write w = make_last_write(f, 3, 4);
	struct model durable = {.seed = f->model.seed};

	w.after.bytes[w.begin] ^= 1;
	store(f->file, w.after.bytes, w.end);
	open_log(f);
	assert_int_equal(file_bytes(f), w.begin);
	for (uint64_t n = 1; n <= 3; n++)
		step(&durable, n, NULL);
	assert_true(holds(f->log, &durable));
	step(&durable, 4, f->log);
	raft_log_file.flush(f->log);
	reopen(f);
	assert_true(holds(f->log, &durable));
	free_last_write(&w);
}

/* A payload may be anything, such as a piece of a log: here a whole record, of
 * another place, that says that all before it was durable. */
static void
a_payload_that_looks_like_a_record_is_no_witness(void **state)
{
	struct fixture *f = *state;
	struct last_write w = make_last_write(f, 3, 1);
	uint8_t bytes[80] = {0};
	struct record forged = {RECORD_SAVE, 64, w.end + 8, bytes, 80};
	struct raft_entry entry = {
		.index = f->model.last_index + 1,
		.term = 90,
		.kind = RAFT_ENTRY_DATA,
		.payload = {bytes, sizeof(bytes), NULL},
	};
	struct raft_save save = {.token = 90, .term = 90,
				 .entries = &entry, .entry_count = 1};
	struct file_header header;
	struct image torn;

	assert_null(raft__record_header_read(w.after.bytes, &header));
	raft__record_seal(&forged, header.salt);
	open_log(f);
	raft_log_file.save(f->log, &save);
	raft_log_file.flush(f->log);
	close_log(f);
	torn = load(f->file);
	torn.bytes[w.end + 4] ^= 1;
	store(f->file, torn.bytes, torn.length);
	open_log(f);
	assert_true(holds(f->log, &f->model));
	free(torn.bytes);
	free_last_write(&w);
}

/* --------------------------------------------------------------- damage */

static void
assert_unchanged(const struct fixture *f, const struct image *image)
{
	struct image now = load(f->file);

	assert_int_equal(now.length, image->length);
	assert_memory_equal(now.bytes, image->bytes, image->length);
	free(now.bytes);
}

/* M5: and refused with a sentence, not an assertion. */
static void
damage_to_what_was_durable_is_refused(void **state)
{
	struct fixture *f = *state;
	struct last_write w = make_last_write(f, 6, 1);

	for (size_t at = FILE_HEADER_BYTES; at < w.begin; at++) {
		w.after.bytes[at] ^= 0x10;
		store(f->file, w.after.bytes, w.after.length);
		assert_refused(f, "is corrupt at byte");
		if (at % 64 == 0)
			assert_unchanged(f, &w.after);
		w.after.bytes[at] ^= 0x10;
	}
	free_last_write(&w);
}

static void
lost_sectors_before_the_last_write_are_refused(void **state)
{
	struct fixture *f = *state;
	struct last_write w = make_last_write(f, 6, 1);

	for (size_t at = FILE_HEADER_BYTES; at < w.begin; at += 8) {
		uint8_t *bytes = malloc(w.end);

		assert_non_null(bytes);
		memcpy(bytes, w.after.bytes, w.end);
		memset(bytes + at, 0, w.begin - at);
		store(f->file, bytes, w.end);
		if (memcmp(bytes, w.after.bytes, w.end) != 0)
			assert_refused(f, "is corrupt at byte");
		free(bytes);
	}
	free_last_write(&w);
}

static void
a_damaged_file_header_is_refused(void **state)
{
	struct fixture *f = *state;
	struct image image = load(f->file);

	close_log(f);
	for (size_t at = 0; at < FILE_HEADER_BYTES; at++) {
		image.bytes[at] ^= 4;
		store(f->file, image.bytes, image.length);
		assert_refused(f, at < 8 ? "is not a log" : "damaged header");
		image.bytes[at] ^= 4;
	}
	store(f->file, image.bytes, 10);
	assert_refused(f, "header of its log cannot be read");
	free(image.bytes);
}

static void
a_newer_format_is_refused(void **state)
{
	struct fixture *f = *state;
	struct image image = load(f->file);
	uint32_t crc;

	close_log(f);
	for (size_t at = 8; at <= 12; at += 4) {
		image.bytes[at]++;
		crc = raft__crc32c(0, image.bytes, 60);
		memcpy(image.bytes + 60, &crc, sizeof(crc));
		store(f->file, image.bytes, image.length);
		assert_refused(f, "newer version");
		image.bytes[at]--;
	}
	free(image.bytes);
}

static void
a_changed_payload_is_never_handed_out(void **state)
{
	struct fixture *f = *state;
	struct raft_entry entry;
	struct image image;
	size_t end;

	steps(f, 30);
	flush(f);
	reopen(f);
	image = load(f->file);
	end = used(&image);
	for (size_t at = FILE_HEADER_BYTES; at < end; at++)
		image.bytes[at] ^= 1;
	store(f->file, image.bytes, image.length);
	free(image.bytes);
	for (uint64_t i = f->model.snapshot.index + 1;
	     i <= f->model.last_index && f->report.failed == 0; i++) {
		if (length_of(&f->model, i, f->model.terms[i]) > 0)
			assert_int_equal(raft_log_file.read(f->log, i, 1, 0,
							    &entry), 0);
	}
	assert_int_equal(f->report.failed, 1);
	assert_non_null(strstr(f->report.why, "cannot be read back"));
}

/* ----------------------------------------------------------- identities */

/* S14: two histories are never joined. */
static void
another_servers_directory_is_refused(void **state)
{
	struct fixture *f = *state;
	struct raft_log_file_owner owner = f->owner;

	close_log(f);
	f->owner.cluster[15] ^= 1;
	assert_refused(f, "another cluster");
	f->owner = owner;
	f->owner.self.id = 2;
	assert_refused(f, "belongs to server 1, not to server 2");
	f->owner = owner;
	f->owner.self.incarnation++;
	assert_refused(f, "incarnation");
	f->owner.self.incarnation = 0;
	open_log(f);
	assert_true(raft_log_file_owner(f->log).self.incarnation ==
		    owner.self.incarnation);
}

/* S14: a server that lost its log does not quietly begin anew. */
static void
a_lost_log_is_refused(void **state)
{
	struct fixture *f = *state;

	close_log(f);
	unlink(f->file);
	assert_refused(f, "has no log");
	rmdir(f->path);
	assert_refused(f, "cannot be opened");
}

static void
a_log_is_created_once_and_each_has_its_incarnation(void **state)
{
	struct fixture *f = *state;
	struct raft_log_file_owner again = f->owner;

	close_log(f);
	again.self.incarnation = 0;
	assert_false(raft_log_file_create(f->path, &again, f->error,
					  sizeof(f->error)));
	assert_non_null(strstr(f->error, "already has a log"));
	unlink(f->file);
	again.self.incarnation = 0;
	assert_true(raft_log_file_create(f->path, &again, f->error,
					 sizeof(f->error)));
	assert_true(again.self.incarnation != f->owner.self.incarnation);
	assert_refused(f, "incarnation");
	f->owner = again;
	open_log(f);
}

static void
an_unfinished_creation_leaves_no_log(void **state)
{
	struct fixture *f = *state;

	close_log(f);
	unlink(f->file);
	f->owner.self.incarnation = 0;
	syncs_until_failure = 0;
	assert_false(raft_log_file_create(f->path, &f->owner, f->error,
					  sizeof(f->error)));
	assert_refused(f, "has no log");
	assert_true(raft_log_file_create(f->path, &f->owner, f->error,
					 sizeof(f->error)));
	open_log(f);
}

static void
a_second_opener_is_refused(void **state)
{
	struct fixture *f = *state;
	struct raft_log_file *first = f->log;
	pid_t child;
	int status;

	f->log = NULL;
	assert_refused(f, "is in use");
	child = fork();
	if (child == 0)
		_exit(try_open(f) ? 1 : 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	f->log = first;
	reopen(f);
}

/* ------------------------------------------------------------- failures */

static void
limit_file_size(rlim_t bytes)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void
a_full_disk_fails_the_log_and_keeps_what_it_reported(void **state)
{
	struct fixture *f = *state;

	limit_file_size(9000);
	for (int n = 0; n < 200; n++) {
		steps(f, 1);
		raft_log_file.flush(f->log);
	}
	limit_file_size(RLIM_INFINITY);
	raft_log_file.flush(f->log);
	assert_int_equal(f->report.failed, 1);
	assert_non_null(strstr(f->report.why, strerror(EFBIG)));
	assert_in_range(f->report.token, 1, 199);
	close_log(f);
	uint64_t reported = f->report.token;
	open_log(f);
	assert_reached(f->log, f->model.seed, reported, reported + 1);
}

/* A second sync may succeed without having written what the first one lost. */
static void
a_failed_sync_is_never_tried_again(void **state)
{
	struct fixture *f = *state;

	steps(f, 2);
	flush(f);
	steps(f, 2);
	syncs_until_failure = 0;
	syncs = 0;
	raft_log_file.flush(f->log);
	steps(f, 2);
	raft_log_file.flush(f->log);
	assert_int_equal(syncs, 1);
	assert_int_equal(f->report.failed, 1);
	assert_int_equal(f->report.token, 2);
	assert_non_null(strstr(f->report.why, strerror(EIO)));
}

static void
assert_save_refused(struct fixture *f, const struct raft_save *save,
		    const char *text)
{
	raft_log_file.save(f->log, save);
	raft_log_file.flush(f->log);
	assert_int_equal(f->report.failed, 1);
	assert_non_null(strstr(f->report.why, text));
	reopen(f);
	assert_true(holds(f->log, &f->model));
}

static void
a_save_that_no_raft_would_make_never_reaches_the_file(void **state)
{
	struct fixture *f = *state;
	struct raft_entry entry = {.kind = RAFT_ENTRY_DATA};
	struct raft_save save = {.token = 50, .entries = &entry};
	struct raft_stored_snapshot older = {{1, 0}, 1, "", 0};

	do
		steps(f, 1);
	while (f->model.snapshot.index == 0 || f->model.vote.id == 0);
	flush(f);
	assert_save_refused(f, &save, "term that goes back");
	save.term = f->model.term;
	save.vote = (struct raft_identity){9, 9};
	assert_save_refused(f, &save, "changes the vote");
	save.vote = f->model.vote;
	save.truncate_from = f->model.snapshot.index;
	assert_save_refused(f, &save, "snapshot");
	save.truncate_from = 0;
	save.entry_count = 1;
	entry.index = f->model.last_index + 2;
	entry.term = save.term;
	assert_save_refused(f, &save, "does not follow");
	entry.index = f->model.last_index + 1;
	entry.term = 0;
	assert_save_refused(f, &save, "term goes back");
	entry.term = save.term;
	entry.payload.length = RAFT_PAYLOAD_BYTES_MAX + 1;
	entry.payload.data = calloc(1, entry.payload.length);
	assert_save_refused(f, &save, "do not fit");
	save.entry_count = 0;
	save.snapshot = &older;
	older.last.term = save.term;
	assert_save_refused(f, &save, "no newer");
	older.last = (struct raft_entry_id){f->model.last_index + 9, 0};
	assert_save_refused(f, &save, "older term");
	older.last.term = save.term;
	save.entry_count = 1;
	entry.payload.length = 0;
	assert_save_refused(f, &save, "does not follow");
	free((void *)(uintptr_t)entry.payload.data);
}

/* -------------------------------------------------------------- rewrite */

/* Large entries 1..count of term 1, reported. */
static void
save_large(struct fixture *f, uint64_t count)
{
	static uint8_t bytes[10000];

	for (uint64_t i = 1; i <= count; i++) {
		struct raft_entry entry = {
			.index = i,
			.term = 1,
			.kind = i == 3 ? RAFT_ENTRY_CONFIGURATION
				       : RAFT_ENTRY_DATA,
			.payload = {bytes, sizeof(bytes), NULL},
		};
		struct raft_save save = {.token = i, .term = 1,
					 .vote = {2, 2}, .entries = &entry,
					 .entry_count = 1};

		memset(bytes, (int)i, sizeof(bytes));
		raft_log_file.save(f->log, &save);
		raft_log_file.flush(f->log);
	}
	assert_int_equal(f->report.token, count);
}

static void
assert_large(struct fixture *f, uint64_t snapshot, uint64_t last)
{
	struct raft_stored stored;
	struct raft_entry entry;

	assert_true(raft_log_file_stored(f->log, &stored));
	assert_int_equal(stored.term, 2);
	assert_int_equal(stored.vote.id, 3);
	assert_int_equal(stored.snapshot.index, snapshot);
	assert_int_equal(stored.last_index, last);
	assert_int_equal(stored.configuration_count, 1);
	assert_int_equal(stored.configurations[0].index, 3);
	assert_int_equal(stored.configurations[0].length, 10000);
	for (uint64_t i = snapshot + 1; i <= last; i++) {
		assert_int_equal(raft_log_file.read(f->log, i, 1, 0, &entry),
				 1);
		assert_int_equal(*(const uint8_t *)entry.payload.data,
				 (uint8_t)i);
		raft_payload_release(&entry.payload);
	}
}

/* Save a vote, which takes the trim before it to the disk. */
static void
save_vote(struct fixture *f, uint64_t token)
{
	struct raft_save save = {.token = token, .term = 2, .vote = {3, 3}};

	raft_log_file.save(f->log, &save);
	raft_log_file.flush(f->log);
	assert_int_equal(f->report.failed, 0);
	assert_int_equal(f->report.token, token);
}

static void
a_file_that_is_mostly_dead_is_rewritten(void **state)
{
	struct fixture *f = *state;
	size_t before;

	save_large(f, 400);
	before = file_bytes(f);
	raft_log_file.trim(f->log, (struct raft_entry_id){300, 1});
	save_vote(f, 401);
	assert_true(file_bytes(f) < before / 2);
	assert_large(f, 300, 400);
	save_vote(f, 402);
	reopen(f);
	assert_large(f, 300, 400);
}

static void
entries_before_a_reset_are_dead_too(void **state)
{
	struct fixture *f = *state;
	const struct raft_stored_snapshot snapshot = {{350, 1}, 7, "conf", 4};
	struct raft_save save = {.token = 401, .term = 2, .vote = {3, 3},
				 .snapshot = &snapshot};
	struct raft_stored stored;

	save_large(f, 400);
	raft_log_file.save(f->log, &save);
	raft_log_file.flush(f->log);
	assert_int_equal(f->report.failed, 0);
	assert_true(file_bytes(f) < 2u << 20);
	reopen(f);
	assert_true(raft_log_file_stored(f->log, &stored));
	assert_int_equal(stored.vote.id, 3);
	assert_int_equal(stored.snapshot.index, 350);
	assert_int_equal(stored.last_index, 350);
	assert_int_equal(stored.configuration_count, 1);
	assert_int_equal(stored.configurations[0].index, 7);
	assert_memory_equal(stored.configurations[0].bytes, "conf", 4);
}

static void
truncated_entries_are_dead_too(void **state)
{
	struct fixture *f = *state;
	struct raft_save save = {.token = 401, .term = 2, .vote = {3, 3},
				 .truncate_from = 101};
	size_t before;

	save_large(f, 400);
	before = file_bytes(f);
	raft_log_file.save(f->log, &save);
	raft_log_file.flush(f->log);
	assert_true(file_bytes(f) < before / 2);
	reopen(f);
	assert_large(f, 0, 100);
}

/* A crash during a rewrite leaves a file that nobody needs. */
static void
an_unfinished_rewrite_is_cleared_away(void **state)
{
	struct fixture *f = *state;
	char spare[PATH_MAX];
	int fd;

	steps(f, 9);
	flush(f);
	snprintf(spare, sizeof(spare), "%.1000s/log.new", f->path);
	fd = open(spare, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	close(fd);
	reopen(f);
	assert_true(holds(f->log, &f->model));
	assert_int_not_equal(access(spare, F_OK), 0);
}

static void
a_rewrite_that_fails_leaves_the_log_as_it_was(void **state)
{
	struct fixture *f = *state;
	char spare[PATH_MAX];

	save_large(f, 400);
	raft_log_file.trim(f->log, (struct raft_entry_id){300, 1});
	syncs_until_failure = 1;
	save_vote(f, 401);
	assert_int_equal(syncs_until_failure, -1);
	assert_true(file_bytes(f) > 4000000);
	snprintf(spare, sizeof(spare), "%.1000s/log.new", f->path);
	assert_int_not_equal(access(spare, F_OK), 0);
	assert_large(f, 300, 400);
	save_vote(f, 402);
	reopen(f);
	assert_large(f, 300, 400);
}

/* Nothing was written after the rewrite, so the header must bear witness. */
static void
damage_to_a_rewritten_file_is_refused(void **state)
{
	struct fixture *f = *state;
	struct image image;

	save_large(f, 400);
	raft_log_file.trim(f->log, (struct raft_entry_id){300, 1});
	save_vote(f, 401);
	close_log(f);
	image = load(f->file);
	image.bytes[used(&image) - 100] ^= 1;
	store(f->file, image.bytes, image.length);
	assert_refused(f, "is corrupt at byte");
	store(f->file, image.bytes, image.length / 2);
	assert_refused(f, "is corrupt at byte");
	free(image.bytes);
}

/* ------------------------------------------------------------- kill -9 */

struct promise {
	int pipe;
};

static void
note_promise(void *context, uint64_t token)
{
	struct promise *promise = context;

	if (write(promise->pipe, &token, sizeof(token)) != sizeof(token))
		_exit(3);
}

static void
die_of_failure(void *context, const char *why)
{
	(void)context;
	fprintf(stderr, "%s\n", why);
	_exit(2);
}

/* Save until killed. */
static void
write_forever(struct fixture *f, int pipe)
{
	struct promise promise = {.pipe = pipe};

	syncs_are_real = true;
	if (!try_open(f))
		_exit(1);
	raft_log_file_bind(f->log, &promise, note_promise, die_of_failure);
	for (;;) {
		uint64_t n = 1 + mix(f->model.seed, f->model.term) % 4;

		steps(f, n);
		raft_log_file.flush(f->log);
	}
}

static uint64_t
run_and_kill(struct fixture *f, useconds_t microseconds)
{
	uint64_t reported = f->model.term;
	uint64_t token;
	int ends[2];
	int status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0)
		write_forever(f, ends[1]);
	close(ends[1]);
	usleep(microseconds);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	while (read(ends[0], &token, sizeof(token)) == sizeof(token))
		reported = token;
	close(ends[0]);
	return reported;
}

static void
a_killed_process_finds_all_that_it_reported(void **state)
{
	struct fixture *f = *state;
	uint64_t seed = draw_seed();
	struct raft_stored stored;
	uint64_t reported = 0;

	close_log(f);
	for (uint64_t round = 0; round < 20; round++) {
		f->model = (struct model){.seed = seed};
		for (uint64_t n = 1; n <= reported; n++)
			step(&f->model, n, NULL);
		reported = run_and_kill(
			f, (useconds_t)(mix(seed, round) % 30000));
		open_log(f);
		assert_reached(f->log, seed, reported, UINT64_MAX);
		assert_true(raft_log_file_stored(f->log, &stored));
		reported = stored.term;
		close_log(f);
	}
	assert_true(reported > 20);
}

/* ------------------------------------------------------------ checksums */

static void
both_checksums_are_crc32c(void **state)
{
	static const char check[] = "123456789";
	uint8_t bytes[300];

	(void)state;
	assert_int_equal(raft__crc32c(0, check, 9), 0xe3069283);
	assert_int_equal(raft__crc32c_portable(0, check, 9), 0xe3069283);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)mix(7, i);
	for (size_t n = 0; n < sizeof(bytes); n++)
		assert_int_equal(raft__crc32c(5, bytes, n),
				 raft__crc32c_portable(5, bytes, n));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_checksums_are_crc32c),
		TEST(what_was_reported_is_found_again),
		TEST(a_flush_reports_all_saves_with_one_sync),
		TEST(a_vote_alone_is_kept),
		TEST(a_save_holds_nothing_of_the_callers),
		TEST(old_entries_are_read_from_the_file),
		TEST(a_read_payload_outlives_the_log),
		TEST(a_read_stops_at_its_limits_but_gives_one_entry),
		TEST(a_trim_to_another_history_drops_everything),
		TEST(a_reset_forgets_all_but_what_it_brings),
		TEST(a_write_cut_at_any_byte_is_kept_by_whole_saves),
		TEST(a_reset_cut_at_any_byte_leaves_the_old_log_or_the_new),
		TEST(a_write_that_stopped_within_zeros_is_kept_by_whole_saves),
		TEST(a_write_with_any_byte_wrong_is_kept_by_whole_saves),
		TEST(sectors_of_a_write_may_reach_the_disk_in_any_order),
		TEST(a_torn_tail_is_cut_for_good),
		TEST(a_payload_that_looks_like_a_record_is_no_witness),
		TEST(damage_to_what_was_durable_is_refused),
		TEST(lost_sectors_before_the_last_write_are_refused),
		TEST(a_damaged_file_header_is_refused),
		TEST(a_newer_format_is_refused),
		TEST(a_changed_payload_is_never_handed_out),
		TEST(another_servers_directory_is_refused),
		TEST(a_lost_log_is_refused),
		TEST(a_log_is_created_once_and_each_has_its_incarnation),
		TEST(an_unfinished_creation_leaves_no_log),
		TEST(a_second_opener_is_refused),
		TEST(a_full_disk_fails_the_log_and_keeps_what_it_reported),
		TEST(a_failed_sync_is_never_tried_again),
		TEST(a_save_that_no_raft_would_make_never_reaches_the_file),
		TEST(a_file_that_is_mostly_dead_is_rewritten),
		TEST(entries_before_a_reset_are_dead_too),
		TEST(truncated_entries_are_dead_too),
		TEST(an_unfinished_rewrite_is_cleared_away),
		TEST(a_rewrite_that_fails_leaves_the_log_as_it_was),
		TEST(damage_to_a_rewritten_file_is_refused),
		TEST(a_killed_process_finds_all_that_it_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
