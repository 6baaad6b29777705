/*
 * A wrong bit anywhere in what a server keeps: it is found when the server starts or
 * when the bytes are read, and never passed on. A start comes to all that was durable, or
 * says what is in doubt and how to come back.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whatever files there are, bits of each are changed: one of so many
 * (RAFT_DAMAGE_EVERY; 10007), and near a file's ends 64 times as many; of zeros at its end
 * few.
 */
#include "tests/crash/history.h"
#include "tests/kept.h"

#include <fcntl.h>

#define FILES_MAX 64
/** So near to an end of what is used there are more. */
#define NEAR 3000
/** Beyond the last byte that is not zero, so many more are tried. */
#define ZEROS_TRIED 600
/** So that what is not in memory is read from the file. */
#define ENTRIES 40
#define LARGE 8000

/** A file, below the folder. */
struct file {
	char path[256];
	/** Up to where bits are changed. */
	size_t used;
};

static struct file files[FILES_MAX];
static size_t file_count, prefix;
static struct disk_crash whole;
static char left_folder[128];
static uint64_t expected;
static uint64_t flips, refusals, fallbacks, harmless, late;
/** What the log has said when it failed; "": it has not. */
static char why[512];

static void
note_failed(void *context, const char *text)
{
	(void)context;
	snprintf(why, sizeof(why), "%s", text);
}

/* -------------------------------------------------------------- what is kept */

/** What is said of each bit, in a line for those of which the same is; with other bits it
 *  is not compared. */
static FILE *told;
static char *told_text;
static size_t told_size;

static void
keep(const char *when, const struct file *file, size_t bit)
{
	static char before[2048];
	char line[sizeof(before)];

	snprintf(line, sizeof(line), "%s, %s: %s; %s:", when, file->path, error,
		 why);
	kept_without(line, left_folder);
	if (strcmp(line, before) != 0)
		fprintf(told, "%s%s", before[0] != '\0' ? "\n" : "", line);
	fprintf(told, " %zu", bit);
	memcpy(before, line, sizeof(before));
}

/* ---------------------------------------------------------------- the files */

static size_t
used_bytes(const char *path)
{
	static uint8_t bytes[4 << 20];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = read(fd, bytes, sizeof(bytes));
	size_t used;

	assert_in_range(length, 0, sizeof(bytes) - 1);
	close(fd);
	for (used = (size_t)length; used > 0 && bytes[used - 1] == 0;)
		used--;
	used += ZEROS_TRIED;
	return used < (size_t)length ? used : (size_t)length;
}

static int
note_file(const char *path, const struct stat *status, int type,
	  struct FTW *walk)
{
	struct file *file = &files[file_count];

	(void)status;
	(void)walk;
	if (type != FTW_F)
		return 0;
	assert_in_range(file_count, 0, FILES_MAX - 1);
	snprintf(file->path, sizeof(file->path), "%s", path + prefix);
	file->used = used_bytes(path);
	file_count += file->used > 0;
	return 0;
}

/* What a start has cut off is not there any more. */
static void
flip(const struct file *file, size_t bit)
{
	char path[512];
	uint8_t byte;
	int fd;

	snprintf(path, sizeof(path), "%s%s", left_folder, file->path);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (pread(fd, &byte, 1, (off_t)(bit / 8)) == 1) {
		byte ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(pwrite(fd, &byte, 1, (off_t)(bit / 8)), 1);
	}
	close(fd);
}

/* Two snapshots, of which the log reaches back to the older one. */
static void
make_history(void)
{
	begin("damage");
	h.disk = disk_record(h.folder);
	make_log();
	vote(1, 2);
	for (int i = 0; i < 9; i++)
		append(120);
	flush();
	write_snapshot(3);
	write_snapshot(6);
	trim(3);
	append(700);
	flush();
	vote(3, 1);
	for (int i = 0; i < ENTRIES; i++)
		append(LARGE);
	flush();
	append(10);
	flush();
	expected = digest_of_model(&h.model);
	raft_log_file_close(h.log);
	raft_snapshot_file_close(h.snapshots);
	disk_stop(h.disk);
	disk_crash_begin(&whole, h.disk, disk_calls(h.disk));
	for (size_t i = 0; i < whole.piece_count; i++)
		whole.pieces[i].is_there = true;
}

/* ------------------------------------------------------------ what comes of it */

static void
accuse(const struct file *file, size_t bit, const char *wrong)
{
	fail_msg("bit %zu of byte %zu of %s: %s (it said: %s)", bit % 8,
		 bit / 8, file->path, wrong, error);
}

/* Its promises are in doubt, or the file is not its own; and there is a way out. */
static bool
says_what_to_do(void)
{
	return strstr(error, "add it again") != NULL ||
	       strstr(error, "bring it back") != NULL ||
	       strstr(error, "run the version") != NULL ||
	       strstr(error, "name the right") != NULL;
}

/* A start does not read all of the log. What does sees at once what a read has found, and
 * says what to do. */
static const char *
judge_late(struct left *left)
{
	const struct raft_log_file_options options = {
		.path = folder_in(left_folder, "log"),
		.owner = h.owner,
		.looks_only = true,
	};

	late++;
	raft_log_file_close(left->log);
	left->log = raft_log_file_open(&options, error, sizeof(error));
	if (left->log != NULL)
		return "all of it is as it was to whoever looks at it";
	return says_what_to_do() ? NULL : "no way out is said";
}

/* NULL: it has what it had, or an older snapshot than it had, or says that an entry cannot
 * be read. */
static const char *
judge_left(struct left *left)
{
	static struct model found;
	struct raft_stored stored;
	struct raft_entry_id chosen;

	if (!take_stored(left->log, &found))
		return why[0] != '\0' ? judge_late(left)
				      : "an entry is another";
	if (digest_of_model(&found) != expected)
		return "it forgot something, and starts";
	if (!raft_log_file_stored(left->log, &stored))
		return "what is stored cannot be told";
	if (!raft_snapshot_file_choose(left->snapshots, &stored, &chosen, error,
				       sizeof(error)))
		return says_what_to_do() ? NULL : "no way out is said";
	if (chosen.index != 6 && chosen.index != 3)
		return "it begins with no snapshot";
	fallbacks += chosen.index == 3;
	harmless += chosen.index == 6;
	return raft_snapshot_file_load(left->snapshots, chosen, is_as_written,
				       &chosen, error, sizeof(error))
		   ? NULL
		   : error;
}

static void
begin_anew(void)
{
	error[0] = why[0] = '\0';
	/* After one that was found wrong. */
	if (access(left_folder, F_OK) == 0)
		delete_folder(left_folder);
	disk_crash_leave(&whole, left_folder);
}

static void
start_with(const struct file *file, size_t bit)
{
	const char *wrong = NULL;
	struct left left;

	begin_anew();
	flip(file, bit);
	flips++;
	if (open_left(&left, left_folder)) {
		raft_log_file_bind(left.log, NULL, NULL, note_failed);
		wrong = judge_left(&left);
	} else {
		refusals++;
		if (!says_what_to_do())
			wrong = "no way out is said";
	}
	close_left(&left);
	if (wrong != NULL)
		accuse(file, bit, wrong);
	keep("before a start", file, bit);
	delete_folder(left_folder);
}

/* While it runs: the log is read from its file. */
static void
read_with(const struct file *file, size_t bit)
{
	static struct model found;
	struct left left;

	begin_anew();
	assert_true(open_left(&left, left_folder));
	raft_log_file_bind(left.log, NULL, NULL, note_failed);
	flip(file, bit);
	flips++;
	if (take_stored(left.log, &found)) {
		harmless++;
		if (digest_of_model(&found) != expected)
			accuse(file, bit, "it has other entries");
	} else {
		refusals++;
		if (strstr(why, "cannot be read back") == NULL)
			accuse(file, bit, "an entry is another");
	}
	keep("of one that runs", file, bit);
	close_left(&left);
	delete_folder(left_folder);
}

/* What is saved next is there after a start, and so is all before; or the start finds that
 * what it has to read is damaged. */
static void
start_again_with(struct left *left, const struct file *file, size_t bit)
{
	const struct model *m = &h.model;
	struct raft_entry entry = {
		m->last_index + 1, m->term, RAFT_ENTRY_DATA, { "next", 4, NULL }
	};
	struct raft_save save = { .token = 1,
				  .term = m->term,
				  .vote = m->vote,
				  .entries = &entry,
				  .entry_count = 1 };
	uint64_t before = losses;

	for (; save.token < 4; save.token++, entry.index++) {
		raft_log_file.save(left->log, &save);
		raft_log_file.flush(left->log);
	}
	close_left(left);
	if (!open_left(left, left_folder)) {
		refusals++;
		if (!says_what_to_do())
			accuse(file, bit, "no way out is said");
		return;
	}
	harmless++;
	for (uint64_t i = m->snapshot.index + 1; i <= m->last_index; i++) {
		if (!read_one(left->log, i, &entry))
			accuse(file, bit, "what was given again is gone");
		raft_payload_release(&entry.payload);
	}
	if (losses != before)
		accuse(file, bit, "it is asked for again");
}

/* While it runs and others are there, nothing is refused. */
static void
mend_with(const struct file *file, size_t bit)
{
	static struct model found;
	struct left left;

	begin_anew();
	assert_true(open_left(&left, left_folder));
	raft_log_file_bind(left.log, NULL, NULL, note_failed);
	flip(file, bit);
	flips++;
	if (!take_stored(left.log, &found) ||
	    digest_of_model(&found) != expected)
		accuse(file, bit, "it is not mended");
	start_again_with(&left, file, bit);
	keep("of one among others", file, bit);
	close_left(&left);
	delete_folder(left_folder);
}

static bool
is_near_end(const struct file *file, size_t byte)
{
	return byte < NEAR || byte + NEAR > file->used;
}

static void
with_each_bit(void (*live)(const struct file *file, size_t bit), size_t fewer)
{
	const char *given = getenv("RAFT_DAMAGE_EVERY");
	size_t every = given != NULL ? strtoul(given, NULL, 10) : 10007;

	flips = refusals = fallbacks = harmless = late = 0;
	every *= fewer;
	for (size_t i = 0; i < file_count; i++) {
		const struct file *file = &files[i];

		for (size_t bit = i; bit < file->used * 8;
		     bit += is_near_end(file, bit / 8) ? (every + 63) / 64
						       : every)
			live(file, bit);
	}
	print_message("%" PRIu64 " bits changed in %zu files: %" PRIu64
		      " times refused, %" PRIu64 " times an older snapshot, "
		      "%" PRIu64 " times nothing was lost, %" PRIu64
		      " times a read found it\n",
		      flips, file_count, refusals, fallbacks, harmless, late);
	assert_true(refusals > 0);
	assert_true(flips == refusals + fallbacks + harmless + late);
}

static void
a_start_or_a_read_finds_it(void **state)
{
	(void)state;
	with_each_bit(start_with, 1);
	assert_true(fallbacks > 0);
	assert_true(late > 0);
}

static void
a_read_finds_it(void **state)
{
	(void)state;
	with_each_bit(read_with, 7);
}

static void
what_a_read_finds_is_given_again(void **state)
{
	(void)state;
	mends = true;
	losses = 0;
	with_each_bit(mend_with, 7);
	print_message("%" PRIu64 " times something was lost\n", losses);
	assert_true(losses > 0);
	assert_true(harmless > 0);
	mends = false;
}

static int
compare_files(const void *left, const void *right)
{
	return strcmp(((const struct file *)left)->path,
		      ((const struct file *)right)->path);
}

/* The last of the tests. */
static void
what_is_said_is_as_it_is_kept(void **state)
{
	(void)state;
	fputc('\n', told);
	fflush(told);
	if (getenv("RAFT_DAMAGE_EVERY") == NULL)
		assert_true(kept_in("tests/crash/damage.txt", told_text));
}

static int
make_root(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "%.60s/damage.XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm"
					       : getenv("TEST_TMPDIR"));
	if (mkdtemp(root) == NULL)
		return -1;
	snprintf(left_folder, sizeof(left_folder), "%s/left", root);
	make_history();
	disk_crash_leave(&whole, left_folder);
	prefix = strlen(left_folder);
	nftw(left_folder, note_file, 8, FTW_PHYS);
	qsort(files, file_count, sizeof(*files), compare_files);
	delete_folder(left_folder);
	told = open_memstream(&told_text, &told_size);
	return told == NULL;
}

static int
delete_root(void **state)
{
	(void)state;
	disk_crash_end(&whole);
	disk_free(h.disk);
	delete_folder(root);
	fclose(told);
	free(told_text);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_or_a_read_finds_it),
		cmocka_unit_test(a_read_finds_it),
		cmocka_unit_test(what_a_read_finds_is_given_again),
		cmocka_unit_test(what_is_said_is_as_it_is_kept),
	};

	kept_begin(argc, argv);
	return cmocka_run_group_tests(tests, make_root, delete_root);
}
