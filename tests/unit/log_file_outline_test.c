/*
 * What log_file keeps in memory of its entries, what a start reads, and how an entry is
 * found by that.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each time that a log is opened here it is also looked at, which reads all of it, and
 * compares what each segment says of the one before with what is there; a start
 * believes it. Then both must have come to the same.
 */
#include "assists/log_file/catalog.h"
#include "tests/unit/log_file_model.h"

#include <sys/uio.h>

#define SEGMENT (16u << 10)

/** Bytes that were read since this was set to 0. */
static size_t bytes_read;

ssize_t
pread(int fd, void *bytes, size_t length, off_t offset)
{
	const struct iovec piece = { bytes, length };

	bytes_read += length;
	return preadv(fd, &piece, 1, offset);
}

/* ------------------------------------------------------- histories at random */

static void
begin_anew(struct fixture *f, uint64_t segment_bytes)
{
	assert_true(make_log(f, segment_bytes));
	open_log(f);
}

static void
live_through(struct fixture *f, uint64_t count)
{
	f->model = (struct model){ .seed = f->model.seed };
	for (uint64_t n = 1; n <= count; n++) {
		steps(f, 1);
		flush(f);
		if (n % 150 != 0)
			continue;
		assert_true(holds(f->log, &f->model));
		reopen(f);
		f->report.token = f->model.term;
		assert_true(holds(f->log, &f->model));
	}
}

/* Cuts and trims that reach into former segments, and beginnings behind a snapshot. */
static void
a_start_comes_to_what_there_is_without_reading_it(void **state)
{
	struct fixture *f = *state;
	unsigned int most = 0;

	shape.long_one_in = 4;
	shape.kept = 60;
	shape.cut_max = 25;
	f->model.seed = draw_seed();
	for (unsigned int round = 0; round < 4; round++, f->model.seed++) {
		shape.reset_one_in = round < 2 ? 300 : 20;
		begin_anew(f, SEGMENT / (round % 2 + 1));
		live_through(f, 900);
		if (count_files(f) > most)
			most = count_files(f);
	}
	print_message("%u files at most\n", most);
	assert_true(most >= 6);
}

/* ------------------------------------------------------ one entry at a time */

/* Entry i has so many bytes, each of them i; some have a term of their own. */
static size_t
length_at(uint64_t i)
{
	return (size_t)(mix(3, i) % 50 == 0 ? mix(4, i) % 40000
					    : mix(4, i) % 300);
}

static void
save_at_once(struct fixture *f, uint64_t token, uint64_t cut, uint64_t first,
	     uint64_t count)
{
	static uint8_t bytes[64][40000];
	struct raft_entry entries[64];
	struct raft_save save = { .token = token,
				  .term = token,
				  .truncate_from = cut,
				  .entries = entries,
				  .entry_count = (size_t)count };

	for (uint64_t i = 0; i < count; i++) {
		memset(bytes[i], (int)(first + i), length_at(first + i));
		entries[i] = (struct raft_entry){
			first + i, token / 40 + 1, RAFT_ENTRY_DATA,
			{ bytes[i], length_at(first + i), NULL }
		};
	}
	raft_log_file.save(f->log, &save);
}

static void
assert_entry(struct fixture *f, uint64_t index)
{
	struct raft_entry entry;

	assert_int_equal(raft_log_file.read(f->log, index, 1, 0, &entry), 1);
	assert_int_equal(entry.index, index);
	assert_int_equal(entry.payload.length, length_at(index));
	for (size_t i = 0; i < entry.payload.length; i += 61)
		assert_int_equal(((const uint8_t *)entry.payload.data)[i],
				 (uint8_t)index);
	raft_payload_release(&entry.payload);
}

/* More of them in turn than places are remembered for; then anywhere. */
static void
read_in_any_order(struct fixture *f, uint64_t seed, uint64_t last)
{
	for (uint64_t i = 0; i < last / 7; i++)
		for (uint64_t reader = 0; reader < 7; reader++)
			assert_entry(f, 1 + reader * (last / 7) + i);
	for (uint64_t i = last; i > last - 200; i--)
		assert_entry(f, i);
	for (uint64_t n = 0; n < 2000; n++)
		assert_entry(f, 1 + mix(seed, n) % last);
}

static void
an_entry_is_found_wherever_it_is(void **state)
{
	struct fixture *f = *state;
	uint64_t seed = draw_seed(), last = 0, token = 0;

	begin_anew(f, 256 << 10);
	while (last < 3000) {
		uint64_t draw = mix(seed, ++token);
		uint64_t cut = 0, count = draw % 64;

		if (draw / 64 % 8 == 0 && last > 100) {
			cut = last - draw / 512 % 30;
			last = cut - 1;
		}
		save_at_once(f, token, cut, last + 1, count);
		last += count;
		if (last > 0)
			assert_entry(f, last);
		if (last > 100)
			assert_entry(f, last - draw % 100);
		if (token % 3 == 0)
			raft_log_file.flush(f->log);
	}
	raft_log_file.flush(f->log);
	read_in_any_order(f, seed, last);
	reopen(f);
	read_in_any_order(f, seed + 1, last);
}

/* ------------------------------------------- what is met on the way to an entry */

static struct raft_log_file *
open_only(const struct fixture *f)
{
	const struct raft_log_file_options options = {
		.path = f->path,
		.owner = f->owner,
		.segment_bytes = f->segment_bytes,
	};
	char error[512];

	return raft_log_file_open(&options, error, sizeof(error));
}

/* Saves of three entries of 50 bytes, with one and the same place to begin from. */
#define RECORD_BYTES 264
/* Where the third of them stands in its segment, behind what that begins with. */
#define THIRD (112 + 2 * RECORD_BYTES)

static void
save_triples(struct fixture *f, uint64_t count)
{
	static const uint8_t bytes[50];
	struct raft_entry entries[3];

	for (uint64_t n = 0; n < count; n++) {
		struct raft_save save = { .token = n + 1, .term = 1,
					  .entries = entries,
					  .entry_count = 3 };

		for (uint64_t i = 0; i < 3; i++)
			entries[i] = (struct raft_entry){
				3 * n + i + 1, 1, RAFT_ENTRY_DATA,
				{ bytes, sizeof(bytes), NULL }
			};
		raft_log_file.save(f->log, &save);
		raft_log_file.flush(f->log);
	}
	assert_int_equal(f->report.failed, 0);
}

/* As somebody does who knows the format: `number`, of so many bytes, stands at a place of
 * a file's segment, and the checksums fit. */
static void
forge(const struct fixture *f, unsigned int file, size_t at, size_t length,
      uint64_t number)
{
	struct image image = load(file_of(f, file));
	struct file_header header = header_of(&image);

	for (size_t i = at; i < at + length; i++, number >>= 8) {
		uint64_t begin = header.begin + i / SECTOR_ROOM * SECTOR_ROOM;
		struct sector_place place = { header.salt, header.begin, begin };
		uint8_t *sector =
		    image.bytes + (i / SECTOR_ROOM + 1) * SECTOR_BYTES;
		uint64_t durable = raft__sector_durable(sector, &place);

		sector[SECTOR_HEADER_BYTES + i % SECTOR_ROOM] = (uint8_t)number;
		raft__sector_seal(sector, &place, durable);
	}
	store(file_of(f, file), image.bytes, image.length);
	free(image.bytes);
}

/* A start does not look there. */
static bool
can_be_read(struct fixture *f, uint64_t index)
{
	struct raft_entry entry;
	bool can;

	close_log(f);
	f->log = open_only(f);
	assert_non_null(f->log);
	f->report = (struct report){ 0 };
	raft_log_file_bind(f->log, &f->report, note_saved, note_failed);
	can = raft_log_file.read(f->log, index, 1, 0, &entry) == 1;
	assert_int_equal(f->report.failed, !can);
	if (can)
		raft_payload_release(&entry.payload);
	else if (strstr(f->report.why, "cannot be read back") == NULL)
		fail_msg("%s", f->report.why);
	return can;
}

static void
what_belies_the_catalog_is_no_entry(void **state)
{
	/* Of the third record, which has entries 7 to 9, and 8 that is read. */
	static const struct {
		size_t at, length;
		uint64_t number;
	} forged[] = {
		/* Another record, or none. */
		{ 0, 4, RECORD_RESET },
		{ 0, 4, RECORD_BEGIN },
		{ 0, 4, 0 },
		{ 0, 4, 77 },
		{ 4, 4, 1 },
		/* Of its snapshot, there would be entries behind it. */
		{ 0, 4, RECORD_SNAPSHOT },
		/* Longer than the log, or so long that it ends before it begins. */
		{ 8, 8, UINT64_C(1) << 40 },
		{ 8, 8, UINT64_MAX - 7 },
		{ 8, 8, UINT64_MAX - RECORD_BYTES + 1 },
		{ 8, 8, RECORD_BYTES + 1 },
		{ 8, 8, 8 },
		/* Of other entries, of more than it has room for, of none. */
		{ 48, 8, 8 },
		{ 48, 8, 6 },
		{ 56, 8, 1000 },
		{ 56, 8, 0 },
		{ 56, 8, 1 },
		/* Entry 7 is longer than an entry, or than the log. */
		{ 64 + 8, 4, RAFT_PAYLOAD_BYTES_MAX + 1 },
		{ 64 + 8, 4, RAFT_PAYLOAD_BYTES_MAX },
		{ 64 + 8, 4, UINT32_MAX },
		{ 64 + 8, 4, 51 },
		/* Entry 8 has another term, or is as long. */
		{ 64 + 66, 8, 0 },
		{ 64 + 66, 8, 2 },
		{ 64 + 66 + 8, 4, RAFT_PAYLOAD_BYTES_MAX },
		{ 64 + 66 + 8, 4, UINT32_MAX },
	};
	struct fixture *f = *state;

	begin_anew(f, SEGMENT);
	save_triples(f, 3 * SEGMENT / RECORD_BYTES);
	assert_true(count_files(f) > 2);
	for (size_t i = 0; i < sizeof(forged) / sizeof(*forged); i++) {
		struct image image = load(f->file);

		assert_true(can_be_read(f, 8));
		forge(f, 0, THIRD + forged[i].at, forged[i].length,
		      forged[i].number);
		assert_true(can_be_read(f, 6));
		if (can_be_read(f, 8))
			fail_msg("case %zu is believed", i);
		store(f->file, image.bytes, image.length);
		free(image.bytes);
	}
}

/* ------------------------------------------------------ segments at their limits */

static uint64_t
newest_segment(const struct fixture *f)
{
	uint64_t newest = 0;

	for (unsigned int n = 0; n <= last_file(f); n++) {
		struct image image = load(file_of(f, n));
		struct file_header header = header_of(&image);

		if (header.begin > newest)
			newest = header.begin;
		free(image.bytes);
	}
	return newest;
}

/* Saves of a term each, with one entry, or with none, until so many segments were begun. */
static void
fill_segments(struct fixture *f, uint64_t *term, uint64_t *last, bool has_entry,
	      unsigned int segments)
{
	uint64_t newest = newest_segment(f);

	while (segments > 0) {
		struct raft_entry entry = { *last + 1, ++*term,
					    RAFT_ENTRY_DATA, { 0 } };
		struct raft_save save = { .token = *term, .term = *term,
					  .entries = &entry,
					  .entry_count = has_entry };

		*last += has_entry;
		raft_log_file.save(f->log, &save);
		raft_log_file.flush(f->log);
		assert_int_equal(f->report.failed, 0);
		if (newest_segment(f) == newest)
			continue;
		newest = newest_segment(f);
		segments--;
	}
}

/* Entry i has term i, from `first` on. */
static void
assert_terms(struct fixture *f, uint64_t first, uint64_t last)
{
	struct raft_stored stored;

	assert_true(raft_log_file_stored(f->log, &stored));
	assert_int_equal(stored.snapshot.index, first - 1);
	assert_int_equal(stored.last_index, last);
	assert_int_equal(stored.run_count, last - first + 1);
	for (size_t i = 0; i < stored.run_count; i++) {
		assert_int_equal(stored.runs[i].first_index, first + i);
		assert_int_equal(stored.runs[i].term, first + i);
	}
}

/* In it the one before was trimmed, which is still needed. */
static void
a_trim_in_a_segment_that_is_not_read_counts(void **state)
{
	struct fixture *f = *state;
	uint64_t term = 0, last = 0, trimmed;

	begin_anew(f, SEGMENT);
	fill_segments(f, &term, &last, true, 2);
	trimmed = last - 20;
	raft_log_file.trim(f->log, (struct raft_entry_id){ trimmed, trimmed });
	fill_segments(f, &term, &last, true, 2);
	reopen(f);
	assert_terms(f, trimmed + 1, last);
}

static void
a_segment_without_entries_is_passed(void **state)
{
	struct fixture *f = *state;
	struct raft_stored stored;
	uint64_t term = 0, last = 0;

	begin_anew(f, SEGMENT);
	fill_segments(f, &term, &last, true, 2);
	fill_segments(f, &term, &last, false, 3);
	reopen(f);
	assert_terms(f, 1, last);
	f->report.token = term;
	fill_segments(f, &term, &last, true, 2);
	reopen(f);
	assert_true(raft_log_file_stored(f->log, &stored));
	assert_int_equal(stored.last_index, last);
	assert_int_equal(stored.term, term);
}

/* Each begins where the one before ends, whatever is read of that. */
static void
a_segment_that_begins_elsewhere_is_refused(void **state)
{
	struct fixture *f = *state;
	uint64_t term = 0, last = 0;
	struct file_header header;
	struct image image;

	begin_anew(f, SEGMENT);
	fill_segments(f, &term, &last, true, 3);
	close_log(f);
	image = load(file_of(f, 1));
	header = header_of(&image);
	assert_true(header.begin != 0 && header.begin < newest_segment(f));
	header.ended -= SECTOR_ROOM;
	raft__record_header_write(image.bytes, &header);
	store(file_of(f, 1), image.bytes, image.length);
	assert_null(open_only(f));
	header.ended += SECTOR_ROOM;
	raft__record_header_write(image.bytes, &header);
	store(file_of(f, 1), image.bytes, image.length);
	free(image.bytes);
	open_log(f);
	assert_terms(f, 1, last);
}

/* -------------------------------------------------------- memory, and a start */

/* What was dropped at one end is room at the other. */
static void
marks_take_no_more_room_than_there_are(void **state)
{
	struct marks marks = { 0 };

	(void)state;
	for (uint64_t i = 1; i <= 100000; i++) {
		const struct mark mark = { .index = i, .value = 2 * i };

		assert_true(raft__marks_add(&marks, &mark));
		if (i > 20)
			raft__marks_trim(&marks, i - 20);
	}
	assert_int_equal(marks.end - marks.first, 21);
	assert_int_equal(raft__marks_at(&marks, 99990)->value, 2 * 99990);
	assert_in_range(marks.room, 21, 64);
	raft__marks_clear(&marks);
}

/* Per 16 KiB, and per segment, there is one place; the rest does not count entries. */
static void
what_is_kept_does_not_grow_with_the_entries(void **state)
{
	struct catalog c = { .has_begun = false };
	struct raft_entry entries[64];
	uint8_t bytes[4096];
	struct record record = { .bytes = bytes };
	struct raft_save save = { .term = 1,
				  .entries = entries,
				  .entry_count = 64 };
	uint64_t last = 0;

	(void)state;
	memset(entries, 0, sizeof(entries));
	record.type = raft__record_save_type(&save);
	record.length = raft__record_save_length(&save);
	for (int n = 0; n < 5000; n++, record.offset += record.length) {
		for (size_t i = 0; i < 64; i++)
			entries[i] = (struct raft_entry){ .index = ++last,
							  .term = 1 };
		raft__record_save_write(&record, &save);
		assert_null(raft__catalog_take(&c, &record));
	}
	assert_int_equal(c.last_index, 5000 * 64);
	assert_int_equal(c.marks[MARK_TERM].end, 1);
	assert_int_equal(c.marks[MARK_CONFIGURATION].end, 0);
	assert_in_range(c.marks[MARK_PLACE].end,
			record.offset / CATALOG_STEP_BYTES / 2,
			record.offset / CATALOG_STEP_BYTES + 1);
	raft__catalog_clear(&c);
}

/* Entries of 200 bytes, a hundred a flush. */
static void
save_small(struct fixture *f, uint64_t next, uint64_t count)
{
	static uint8_t bytes[200];

	for (uint64_t i = next; i < next + count; i++) {
		struct raft_entry entry = { i, 1, RAFT_ENTRY_DATA,
					    { bytes, sizeof(bytes), NULL } };
		struct raft_save save = { .token = i, .term = 1,
					  .entries = &entry, .entry_count = 1 };

		raft_log_file.save(f->log, &save);
		if (i % 100 == 0)
			raft_log_file.flush(f->log);
	}
	raft_log_file.flush(f->log);
	assert_int_equal(f->report.failed, 0);
}

/* All of the newest segment, once, and some KiB of each other one. */
static void
a_start_reads_the_newest_segment_alone(void **state)
{
	struct fixture *f = *state;
	size_t segment = 256 << 10;
	unsigned int files;

	begin_anew(f, segment);
	save_small(f, 1, 20000);
	files = count_files(f);
	assert_in_range(files, 20, FILES_MAX);
	close_log(f);
	bytes_read = 0;
	f->log = open_only(f);
	assert_non_null(f->log);
	print_message("%zu bytes of %u files\n", bytes_read, files);
	assert_in_range(bytes_read, segment / 2,
			segment * 3 / 2 + files * (10 << 10));
}

/* ------------------------------------------- segments of the version before */

/* As that version wrote it: without an outline, and without the bit that says that there
 * is one. What was the outline is a mark of the snapshot that there is already. */
static void
take_outline(const struct fixture *f, unsigned int file)
{
	struct image image = load(file_of(f, file));
	struct file_header header = header_of(&image);
	struct sector_place place = { header.salt, header.begin, header.begin };
	uint8_t *sector = image.bytes + SECTOR_BYTES;
	struct record record = { .bytes = sector + SECTOR_HEADER_BYTES };
	uint64_t durable = raft__sector_durable(sector, &place);
	struct record_begin begin;
	struct record_snapshot mark;
	size_t length;

	assert_true(raft__record_frame(&record, record.bytes));
	assert_true(raft__record_begin_read(&record, &begin));
	assert_true(begin.outline.is_there);
	mark = begin.snapshot;
	begin.outline.is_there = false;
	length = record.length - raft__record_begin_length(&begin);
	record.length = raft__record_begin_length(&begin);
	raft__record_mark(&record);
	record = (struct record){ .type = RECORD_SNAPSHOT,
				  .bytes = record.bytes + record.length,
				  .length = length };
	assert_int_equal(raft__record_snapshot_length(&mark), length);
	raft__record_snapshot_write(&record, &mark);
	raft__record_mark(&record);
	raft__sector_seal(sector, &place, durable);
	header.has_outline = false;
	raft__record_header_write(image.bytes, &header);
	store(file_of(f, file), image.bytes, image.length);
	free(image.bytes);
}

/* Entries of 4000 bytes: one segment has one place, and one term. */
static void
save_large(struct fixture *f, uint64_t next, uint64_t count)
{
	static uint8_t bytes[4000];

	for (uint64_t i = next; i < next + count; i++) {
		struct raft_entry entry = { i, 1, RAFT_ENTRY_DATA,
					    { bytes, sizeof(bytes), NULL } };
		struct raft_save save = { .token = i, .term = 1,
					  .entries = &entry, .entry_count = 1 };

		memset(bytes, (int)i, sizeof(bytes));
		raft_log_file.save(f->log, &save);
		raft_log_file.flush(f->log);
		assert_int_equal(f->report.failed, 0);
	}
}

static void
assert_large(struct fixture *f, uint64_t first, uint64_t last)
{
	struct raft_stored stored;
	struct raft_entry entry;

	assert_true(raft_log_file_stored(f->log, &stored));
	assert_int_equal(stored.snapshot.index, first - 1);
	assert_int_equal(stored.last_index, last);
	assert_int_equal(stored.run_count, 1);
	assert_int_equal(stored.configuration_count, 1);
	for (uint64_t i = first; i <= last; i++) {
		assert_int_equal(raft_log_file.read(f->log, i, 1, 0, &entry), 1);
		assert_int_equal(entry.payload.length, 4000);
		assert_int_equal(*(const uint8_t *)entry.payload.data,
				 (uint8_t)i);
		raft_payload_release(&entry.payload);
	}
}

static void
segments_without_an_outline_are_read(void **state)
{
	struct fixture *f = *state;
	/* A mark with it takes as many bytes as an outline with two marks. */
	const struct raft_stored_snapshot snapshot = {
		{ 500, 1 }, 7, "twenty bytes, no more", 20
	};
	struct raft_save save = { .token = 1, .term = 1,
				  .snapshot = &snapshot };
	unsigned int files;

	begin_anew(f, SEGMENT);
	raft_log_file.save(f->log, &save);
	save_large(f, 501, 21);
	files = count_files(f);
	assert_in_range(files, 5, FILES_MAX);
	close_log(f);
	/* The first one has nothing before it, and its outline no marks; a file that holds
	 * nothing is the last. */
	for (unsigned int n = 1; n <= last_file(f); n++)
		take_outline(f, n);
	open_log(f);
	assert_large(f, 501, 521);
	/* From now on there are both. */
	f->report.token = 521;
	save_large(f, 522, 12);
	assert_large(f, 501, 533);
	reopen(f);
	assert_large(f, 501, 533);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_start_comes_to_what_there_is_without_reading_it),
		TEST(an_entry_is_found_wherever_it_is),
		TEST(what_belies_the_catalog_is_no_entry),
		TEST(a_trim_in_a_segment_that_is_not_read_counts),
		TEST(a_segment_without_entries_is_passed),
		TEST(a_segment_that_begins_elsewhere_is_refused),
		TEST(marks_take_no_more_room_than_there_are),
		TEST(what_is_kept_does_not_grow_with_the_entries),
		TEST(a_start_reads_the_newest_segment_alone),
		TEST(segments_without_an_outline_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
