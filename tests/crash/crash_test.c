/*
 * A server's log and its snapshots after every crash: whatever of the last calls is
 * on the disk, recovery comes to a state that the server was in, none older than what
 * it had been told is durable, and goes on from there.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A history is recorded once (disk.h). For each of its calls a crash comes before it;
 * each set of pieces of what was not synced is left, all of them where they are few
 * (RAFT_CRASH_BITS; 6), else as many at random (seeded: the same each time) beside the
 * likeliest: none, all, one more, one less, those up to one. Recovery itself is a
 * history, and now and then a crash comes in it. The calls of each history, and what they
 * write, are kept in calls.txt. Besides histories that somebody thought
 * of there are some at random (RAFT_CRASH_HISTORIES; 3), from RAFT_SEED on. All is the
 * same each time, but for where a log's thread is when it is asked for the next.
 */
#include "assists/log_file/record.h"
#include "assists/log_file/sector.h"
#include "tests/crash/history.h"
#include "tests/kept.h"
#include "tests/unit/log_file_former.h"

#define SEEN_SLOTS (1u << 20)
/* Of so many crashes one comes in a recovery. */
#define AGAIN 23

#define FILES_MAX 16
#define BITS 6

static uint64_t crashes, again;
/** Crashes of this history. */
static uint64_t turn;
/** Of the crashes: so often older segments, which a start takes by their outlines, are
 *  there; and so often the newest lacks what it begins with, an outline in it. */
static uint64_t outlined, unborn;
static unsigned bits;
static uint64_t seen[SEEN_SLOTS];

/* ------------------------------------------------------- what is kept */

#define KEPT "tests/crash/calls.txt"

/** As it was kept; what is to be kept from now on. */
static char *kept, *anew_text;
static size_t anew_size;
static FILE *anew;

/** Of the recoveries that were recorded, in this history. */
static uint64_t recoveries, recoveries_sum;

#define RECOVERIES "recoveries: "

/* To be freed. */
static char *
told_calls(const struct disk *disk)
{
	char *told, line[256];
	const void *bytes;
	size_t length, size;
	FILE *file = open_memstream(&told, &size);

	for (size_t i = 0; i < disk_calls(disk); i++) {
		uint64_t sum = 0;

		disk_describe(disk, i, line, sizeof(line));
		bytes = disk_written(disk, i, &length);
		if (bytes != NULL)
			kept_sum(&sum, bytes, length);
		fprintf(file, bytes != NULL ? "%s: %016" PRIx64 "\n" : "%s\n",
			line, sum);
	}
	fclose(file);
	return told;
}

/* To be freed; NULL: it is not there, as one at random may not be. */
static char *
kept_calls(void)
{
	char head[80];
	const char *begin, *end;

	snprintf(head, sizeof(head), "# %s\n", h.name);
	begin = strstr(kept, head);
	if (begin == NULL)
		return NULL;
	begin += strlen(head);
	end = strstr(begin, "# ");
	return strndup(begin, end != NULL ? (size_t)(end - begin)
					  : strlen(begin));
}

static void
note_recovery(const struct disk *disk)
{
	char *told = told_calls(disk);

	recoveries++;
	kept_sum(&recoveries_sum, told, strlen(told));
	free(told);
}

/* Once all recoveries are noted; with other bits they are others. */
static void
keep_calls(void)
{
	char *told = told_calls(h.disk), *before = kept_calls(), *whole;

	assert_true(asprintf(&whole, "%s" RECOVERIES "%" PRIu64 ": %016" PRIx64
			     "\n", told, recoveries, recoveries_sum) > 0);
	if (kept_anew)
		fprintf(anew, "# %s\n%s", h.name, whole);
	else if (before == NULL)
		assert_true(strncmp(h.name, "RAFT_SEED=", 10) == 0);
	else if (bits == BITS)
		assert_true(kept_is(h.name, before, whole, false));
	else
		assert_memory_equal(before, told, strlen(told));
	free(told);
	free(before);
	free(whole);
}

/* ---------------------------------------------------------- all crashes */

static bool
is_new(uint64_t digest, size_t at)
{
	size_t said = 0;
	uint64_t key;

	for (size_t i = 0; i < h.state_count; i++)
		said += h.states[i].said_at <= at;
	for (size_t i = 0; i < h.taken_count; i++)
		said += h.taken[i].said_at <= at;
	key = mix(mix(digest, said), h.made_at <= at) | 1;
	for (size_t slot = key % SEEN_SLOTS;; slot = (slot + 1) % SEEN_SLOTS) {
		if (seen[slot] == key)
			return false;
		if (seen[slot] == 0) {
			seen[slot] = key;
			return true;
		}
	}
}

static void
show(const struct disk_crash *crash)
{
	char text[200];

	for (size_t i = 0; i < crash->at; i++) {
		disk_describe(crash->disk, i, text, sizeof(text));
		print_error("%3zu %s%s\n", i, text,
			    crash->first[i] == SIZE_MAX ? "" : ", not synced");
	}
	print_error("of %zu pieces there:", crash->piece_count);
	for (size_t i = 0; i < crash->piece_count; i++) {
		if (crash->pieces[i].is_there)
			print_error(" %zu", i);
	}
	print_error("\n");
}

static void
accuse(const struct disk_crash *crash, const char *wrong)
{
	show(crash);
	fail_msg("\"%s\", a crash before call %zu: %s", h.name, crash->at,
		 wrong);
}

static void
accuse_again(const struct disk_crash *crash, const struct disk_crash *after,
	     const char *wrong)
{
	show(crash);
	print_error("and in the recovery:\n");
	show(after);
	fail_msg("\"%s\", crashes before call %zu, and call %zu of the "
		 "recovery: %s",
		 h.name, crash->at, after->at, wrong);
}

/* Recovery is left at any of its calls, with nothing or all that it did. */
static void
crash_again(const struct disk_crash *crash, const char *folder)
{
	const char *second = folder_in(root, "again");
	struct disk_crash after;
	struct disk *disk;
	struct left left;
	const char *wrong;
	char path[256];

	snprintf(path, sizeof(path), "%s", second);
	disk = disk_record(folder);
	if (open_left(&left, folder))
		(void)judge_snapshot(&left, 0);
	close_left(&left);
	disk_stop(disk);
	note_recovery(disk);
	for (size_t at = 0; at <= disk_calls(disk); at++) {
		for (int all = 0; all < 2; all++) {
			disk_crash_begin(&after, disk, at);
			for (size_t i = 0; i < after.piece_count; i++)
				after.pieces[i].is_there = all != 0;
			disk_crash_leave(&after, path);
			again++;
			wrong = judge(path, crash->at);
			if (wrong != NULL)
				accuse_again(crash, &after, wrong);
			disk_crash_end(&after);
			delete_folder(path);
		}
	}
	disk_free(disk);
}

/* False: it is none of a log that holds something. */
static bool
read_beginning(const char *folder, unsigned number, struct file_header *header,
	       bool *is_born)
{
	uint8_t bytes[2 * SECTOR_BYTES] = { 0 };
	struct sector_place place;
	char name[32] = "log/log";
	FILE *file;

	if (number > 0)
		snprintf(name, sizeof(name), "log/log.%u", number);
	file = fopen(folder_in(folder, name), "r");
	if (file == NULL)
		return false;
	(void)!fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	if (raft__record_header_read(bytes, header) != NULL ||
	    header->begin == 0)
		return false;
	place = (struct sector_place){ header->salt, header->begin,
				       header->begin };
	*is_born = raft__sector_kind(bytes + SECTOR_BYTES, &place) ==
		   SECTOR_WRITTEN;
	return true;
}

static void
count_segments(const char *folder)
{
	struct file_header newest = { 0 }, headers[FILES_MAX] = { 0 };
	bool is_born[FILES_MAX], is_newest_born = true, has_older = false;

	for (unsigned i = 0; i < FILES_MAX; i++) {
		if (!read_beginning(folder, i, &headers[i], &is_born[i])) {
			headers[i].begin = 0;
		} else if (headers[i].begin > newest.begin) {
			newest = headers[i];
			is_newest_born = is_born[i];
		}
	}
	for (unsigned i = 0; i < FILES_MAX; i++)
		has_older |= headers[i].begin != 0 &&
			     headers[i].begin >= newest.needed &&
			     headers[i].begin < newest.begin;
	outlined += has_older;
	unborn += !is_newest_born;
}

static void
try(const struct disk_crash *crash)
{
	char folder[128];
	const char *wrong;

	if (!is_new(disk_crash_leave(crash, NULL), crash->at))
		return;
	snprintf(folder, sizeof(folder), "%s/left", root);
	disk_crash_leave(crash, folder);
	count_segments(folder);
	crashes++;
	if (turn++ % AGAIN == 0) {
		crash_again(crash, folder);
		delete_folder(folder);
		disk_crash_leave(crash, folder);
	}
	wrong = judge(folder, crash->at);
	if (wrong != NULL)
		accuse(crash, wrong);
	delete_folder(folder);
}

/* One of those that are the likeliest: what a kind of `i` leaves. */
static bool
is_likely(size_t kind, size_t which, size_t piece)
{
	switch (kind) {
	case 0:
		return piece < which;
	case 1:
		return piece == which;
	default:
		return piece != which;
	}
}

static void
try_likely(struct disk_crash *crash)
{
	size_t stride = crash->piece_count / ((size_t)1 << bits >> 2) + 1;

	for (size_t kind = 0; kind < 3; kind++) {
		for (size_t which = 0; which <= crash->piece_count; which += stride) {
			for (size_t i = 0; i < crash->piece_count; i++)
				crash->pieces[i].is_there = is_likely(kind, which, i);
			try(crash);
		}
	}
	for (unsigned n = 0; n < 1u << bits >> 2; n++) {
		for (size_t i = 0; i < crash->piece_count; i++)
			crash->pieces[i].is_there = draw(2) != 0;
		try(crash);
	}
}

static void
try_all(struct disk_crash *crash)
{
	for (size_t set = 0; set < (size_t)1 << crash->piece_count; set++) {
		for (size_t i = 0; i < crash->piece_count; i++)
			crash->pieces[i].is_there = (set >> i & 1) != 0;
		try(crash);
	}
}

/* With fewer sets where a server's files are large. */
static void
crash_everywhere(unsigned fewer)
{
	struct disk_crash crash;
	uint64_t before = crashes;

	raft_log_file_close(h.log);
	raft_snapshot_file_close(h.snapshots);
	disk_stop(h.disk);
	turn = recoveries = recoveries_sum = 0;
	bits -= fewer;
	for (size_t at = 0; at <= calls(); at++) {
		disk_crash_begin(&crash, h.disk, at);
		if (crash.piece_count <= bits)
			try_all(&crash);
		else
			try_likely(&crash);
		disk_crash_end(&crash);
	}
	bits += fewer;
	/* Of a thread's it is not certain which comes first. */
	if (!has_thread)
		keep_calls();
	print_message("%s: %zu calls, %" PRIu64 " different crashes\n", h.name,
		      calls(), crashes - before);
	disk_free(h.disk);
	delete_folder(h.folder);
	memset(seen, 0, sizeof(seen));
}

/* ------------------------------------------------------------ the tests */

static void
a_log_is_made(void **state)
{
	(void)state;
	begin("a log is made, and a vote kept");
	record();
	make_log();
	vote(1, 2);
	flush();
	crash_everywhere(0);
}

static void
entries_and_votes_are_kept(void **state)
{
	(void)state;
	begin("entries and votes");
	make_log();
	record();
	vote(1, 1);
	append(1);
	flush();
	append(300);
	append(900);
	flush();
	vote(3, 2);
	flush();
	append(1500);
	flush();
	append(30);
	save((struct raft_save){ .truncate_from = 3 });
	append(100);
	flush();
	vote(4, 0);
	flush();
	append(60);
	crash_everywhere(0);
}

static void
snapshots_are_taken_and_forgotten(void **state)
{
	(void)state;
	begin("snapshots are taken");
	make_log();
	record();
	vote(1, 1);
	for (int i = 0; i < 6; i++)
		append(200);
	flush();
	write_snapshot(3);
	trim(2);
	append(40);
	flush();
	write_snapshot(6);
	trim(6);
	flush();
	raft_snapshot_file_forget(h.snapshots, 6);
	append(40);
	flush();
	crash_everywhere(0);
}

/* Of what was applied before it was durable: it counts after the log is. */
static void
a_snapshot_that_is_ahead_of_the_log_waits_for_it(void **state)
{
	(void)state;
	begin("a snapshot waits for the log");
	make_log();
	vote(1, 1);
	for (int i = 0; i < 4; i++)
		append(200);
	flush();
	write_snapshot(3);
	trim(3);
	flush();
	record();
	append(200);
	settle_snapshot(5);
	flush();
	name_snapshot();
	raft_snapshot_file_forget(h.snapshots, 5);
	crash_everywhere(0);
}

/* It had got its name, and the next of the same entry found that there is one. */
static void
a_snapshot_whose_name_was_not_synced_is_taken_again(void **state)
{
	(void)state;
	begin("a snapshot's name is not synced");
	make_log();
	vote(1, 1);
	for (int i = 0; i < 4; i++)
		append(100);
	flush();
	record();
	is_dying = true;
	disk_fail_syncs(false, true);
	write_snapshot(3);
	disk_fail_syncs(false, false);
	is_dying = false;
	write_snapshot(3);
	trim(3);
	append(40);
	flush();
	crash_everywhere(0);
}

/* Some entries that fill about three segments, with `before` of them before what is
 * recorded. */
static void
append_segments(unsigned count, unsigned before)
{
	for (unsigned i = 0; i < count; i++) {
		if (i == before)
			record();
		append(1300);
		append(700);
		flush();
	}
}

static void
segments_are_begun(void **state)
{
	(void)state;
	begin("segments are begun");
	make_log();
	vote(1, 1);
	flush();
	append_segments(14, 2);
	crash_everywhere(0);
}

/* All files that there are have been written over; what a file holds is older than what it
 * held before. */
static void
segments_are_written_over(void **state)
{
	(void)state;
	begin("segments are written over");
	make_log();
	vote(1, 1);
	for (unsigned round = 0; round < 6; round++) {
		append_segments(5, round == 4 ? 0 : UINT_MAX);
		write_snapshot(h.model.last_index - 2);
		trim(h.model.last_index - 2);
	}
	append(10);
	flush();
	crash_everywhere(0);
}

/* Longer than what is left of its segment, and than any segment. */
static void
a_batch_is_in_one_segment(void **state)
{
	(void)state;
	begin("a batch is larger than a segment");
	make_log();
	vote(1, 1);
	append_segments(3, 2);
	for (unsigned i = 0; i < 8; i++)
		append(1500);
	flush();
	append(20000);
	flush();
	append(30);
	flush();
	append(30);
	flush();
	crash_everywhere(2);
}

static void
a_killed_process_relies_on_what_it_finds(void **state)
{
	(void)state;
	begin("killed before a sync");
	make_log();
	record();
	vote(1, 1);
	append(30);
	flush();
	append(700);
	append(20);
	kill_before_sync(false);
	append(10);
	flush();
	crash_everywhere(0);
}

/* Killed before the first batch of a segment was durable, and before the name of a new
 * file was. */
static void
so_it_does_where_a_segment_begins(void **state)
{
	char name[64];

	(void)state;
	for (unsigned before = 1; before <= 6; before++) {
		snprintf(name, sizeof(name),
			 "killed where a segment begins, %u before", before);
		begin(name);
		make_log();
		vote(1, 1);
		append_segments(9 + before, 8 + before);
		append(700);
		kill_before_sync(before % 2 == 0);
		append_segments(3, UINT_MAX);
		crash_everywhere(2);
	}
}

/* The files that are needed are made between two batches. */
static void
a_thread_begins_segments_while_the_log_goes_on(void **state)
{
	(void)state;
	begin("a thread begins segments");
	has_thread = true;
	make_log();
	vote(1, 1);
	append_segments(4, 3);
	for (unsigned i = 0; i < 6; i++) {
		append(1500);
		append(1500);
		raft_log_file.flush(h.log);
		let_work(i % 3);
		if (i == 3) {
			/* Of what was durable before. */
			write_snapshot(6);
			trim(6);
			h.model.term = 2;
			save((struct raft_save){
			    .truncate_from = h.model.last_index });
		}
	}
	flush();
	append(80);
	flush();
	crash_everywhere(2);
}

static void
note_mended(void *context, uint64_t index)
{
	(void)context;
	mended_at[index] = calls();
}

static void
spoil(const char *name, off_t at)
{
	FILE *file = fopen(folder_in(h.folder, name), "r+");

	assert_non_null(file);
	assert_int_equal(fseek(file, at, SEEK_SET), 0);
	assert_int_equal(fwrite("spoilt", 6, 1, file), 1);
	assert_int_equal(fclose(file), 0);
}

static void
read_all(void)
{
	static struct model found;

	assert_true(take_stored(h.log, &found));
	assert_int_equal(digest_of_model(&found), digest_of_model(&h.model));
}

/* The disk has spoilt two sectors of the first segment, and then one of the last. What was
 * given again and was said to be there is there after any crash, until a snapshot stands
 * for it; before it was said it is given once more. */
static void
what_is_given_again_is_kept(void **state)
{
	(void)state;
	begin("entries are given again");
	mends = true;
	judged_at = 0;
	memset(mended_at, 0, sizeof(mended_at));
	make_log();
	vote(1, 1);
	append_segments(8, UINT_MAX);
	raft_log_file_close(h.log);
	raft_snapshot_file_close(h.snapshots);
	spoil("log/log", 5 * SECTOR_BYTES + 40);
	spoil("log/log", 9 * SECTOR_BYTES + 40);
	record();
	open_log();
	raft_log_file_bind_lost(h.log, NULL, note_lost, note_mended);
	losses = 0;
	read_all();
	assert_true(losses > 0);
	append(200);
	flush();
	/* Of these none is told after a crash in between, nor is it forgotten. */
	write_snapshot(9);
	trim(2);
	append(40);
	flush();
	read_all();
	trim(9);
	append(40);
	flush();
	append(300);
	flush();
	crash_everywhere(0);
	mends = false;
}

/* A log in the form of a former version is brought into this one, or is as it was. */
static void
a_former_log_is_taken_over(void **state)
{
	static struct former former;
	struct raft_entry entry;
	char path[160];
	FILE *file;

	(void)state;
	begin("a former log");
	former_begin(&former, &h.owner, 4711);
	h.model.term = 3;
	h.model.vote = (struct raft_identity){ 2, 20 };
	for (uint64_t i = 1; i <= 9; i++) {
		struct raft_save save = { .term = 3, .vote = h.model.vote,
					  .entries = &entry, .entry_count = 1 };

		entry = (struct raft_entry){ i, 3, RAFT_ENTRY_DATA,
					     payload_of(i, 3, 900) };
		former_save(&former, &save);
		former_flush(&former);
		h.model.last_index = i;
		h.model.terms[i] = 3;
		h.model.lengths[i] = 900;
	}
	ask_state(h.token);
	h.states[h.state_count - 1].said_at = 0;
	assert_int_equal(mkdir(folder_in(h.folder, "log"), 0700), 0);
	snprintf(path, sizeof(path), "%s/log/log", h.folder);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(former.bytes, former.length, 1, file), 1);
	assert_int_equal(fclose(file), 0);
	record();
	open_log();
	append(100);
	flush();
	append(1500);
	flush();
	crash_everywhere(2);
}

static void
a_leaders_snapshot_is_installed(void **state)
{
	const struct raft_entry_id id = { 40, 2 };
	static struct image image;

	(void)state;
	begin("a leader's snapshot");
	make_log();
	record();
	make_image(id, &image);
	vote(2, 3);
	append(100);
	append(100);
	flush();
	receive_snapshot(&image, id);
	append(70);
	flush();
	crash_everywhere(0);
}

/* ------------------------------------------------------------- at random */

static void
append_some(void)
{
	static const size_t lengths[] = { 0, 1, 90, 300, 700, 1500 };

	for (uint64_t i = draw(3); i < 3; i++)
		append(lengths[draw(6)]);
}

/* What no snapshot covers may be another leader's. */
static void
truncate_some(void)
{
	struct model *m = &h.model;
	uint64_t floor = m->snapshot.index;

	if (h.taken_count > 0 && h.taken[h.taken_count - 1].id.index > floor)
		floor = h.taken[h.taken_count - 1].id.index;
	if (m->last_index <= floor)
		return;
	m->term++;
	m->vote = (struct raft_identity){ 0 };
	save((struct raft_save){ .truncate_from =
				     floor + 1 + draw(m->last_index - floor) });
	append_some();
}

/* As a server does once a snapshot is there: what it covers is dropped, but for a tail,
 * and the snapshot before the one before it. */
static void
take_some(void)
{
	const struct model *m = &h.model;
	uint64_t newest = m->snapshot.index;

	if (h.taken_count > 0 && h.taken[h.taken_count - 1].id.index > newest)
		newest = h.taken[h.taken_count - 1].id.index;
	if (m->last_index <= newest || h.taken_count + 1 >= SNAPSHOTS_MAX)
		return;
	flush();
	write_snapshot(newest + 1 + draw(m->last_index - newest));
	newest = h.taken[h.taken_count - 1].id.index;
	if (newest > m->snapshot.index + 1)
		trim(m->snapshot.index + 1 + draw(newest - m->snapshot.index));
	raft_snapshot_file_forget(h.snapshots, m->snapshot.index);
}

static void
receive_some(void)
{
	static struct image image;
	struct raft_entry_id id = { h.model.last_index + 5, h.model.term };

	if (h.taken_count + 1 >= SNAPSHOTS_MAX)
		return;
	make_image(id, &image);
	receive_snapshot(&image, id);
	h.model.terms[id.index] = id.term;
}

static void
do_something(void)
{
	switch (draw(11)) {
	case 0:
		vote(h.model.term + 1, draw(4));
		break;
	case 1:
		truncate_some();
		break;
	case 2:
		take_some();
		break;
	case 3:
		if (draw(3) == 0)
			receive_some();
		break;
	case 4:
		kill_before_sync(false);
		break;
	case 5:
	case 6:
	case 7:
		flush();
		break;
	default:
		append_some();
	}
}

static void
histories_at_random_are_recovered_from(void **state)
{
	const char *given = getenv("RAFT_CRASH_HISTORIES");
	unsigned long count = given != NULL ? strtoul(given, NULL, 10) : 3;
	const char *seed = getenv("RAFT_SEED");
	char name[64];

	(void)state;
	for (unsigned long i = 0; i < count; i++) {
		chance = (seed != NULL ? strtoull(seed, NULL, 10) : 1) + i;
		snprintf(name, sizeof(name), "RAFT_SEED=%" PRIu64, chance);
		begin(name);
		segment_bytes = (4 + 4 * draw(2)) << 10;
		make_log();
		record();
		vote(1, 1);
		while (calls() < 50 && h.state_count < STATES_MAX - 20)
			do_something();
		crash_everywhere(2);
	}
}

static int
make_root(void **state)
{
	const char *given = getenv("RAFT_CRASH_BITS");

	(void)state;
	sem_init(&woken, 0, 0);
	bits = given != NULL ? (unsigned)strtoul(given, NULL, 10) : BITS;
	/* Fewer than these would be none where `crash_everywhere` is told to have
	 * fewer. */
	if (bits < 5)
		bits = 5;
	snprintf(root, sizeof(root), "%.60s/crash.XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm"
					       : getenv("TEST_TMPDIR"));
	kept = kept_read(KEPT);
	anew = open_memstream(&anew_text, &anew_size);
	return mkdtemp(root) == NULL || anew == NULL;
}

static int
delete_root(void **state)
{
	(void)state;
	delete_folder(root);
	fclose(anew);
	if (kept_anew)
		kept_write(KEPT, anew_text);
	free(anew_text);
	free(kept);
	print_message("%" PRIu64 " crashes, %" PRIu64 " more in recoveries; of "
		      "the former %" PRIu64 " left more than one segment, %"
		      PRIu64 " one that lacks its beginning\n",
		      crashes, again, outlined, unborn);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_is_made),
		cmocka_unit_test(entries_and_votes_are_kept),
		cmocka_unit_test(snapshots_are_taken_and_forgotten),
		cmocka_unit_test(
		    a_snapshot_that_is_ahead_of_the_log_waits_for_it),
		cmocka_unit_test(
		    a_snapshot_whose_name_was_not_synced_is_taken_again),
		cmocka_unit_test(segments_are_begun),
		cmocka_unit_test(segments_are_written_over),
		cmocka_unit_test(a_batch_is_in_one_segment),
		cmocka_unit_test(a_killed_process_relies_on_what_it_finds),
		cmocka_unit_test(so_it_does_where_a_segment_begins),
		cmocka_unit_test(
		    a_thread_begins_segments_while_the_log_goes_on),
		cmocka_unit_test(what_is_given_again_is_kept),
		cmocka_unit_test(a_former_log_is_taken_over),
		cmocka_unit_test(a_leaders_snapshot_is_installed),
		cmocka_unit_test(histories_at_random_are_recovered_from),
	};

	kept_begin(argc, argv);
	return cmocka_run_group_tests(tests, make_root, delete_root);
}
