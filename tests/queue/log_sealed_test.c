/*
 * The log that is sealed shows nothing of what it keeps, notices what was changed, and
 * goes over to new keys; no nonce comes twice.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>

#include "demos/queue/log_sealed/log_file.h"
#include "demos/queue/log_sealed/record.h"
#include "demos/queue/log_sealed/sector.h"
#include "tests/queue/keys.h"

#define SECRET "what nobody shall read"
#define NOT_ENDED                                                              \
	"abababababababababababababababababababababababababababababababab"
#define DRAW_AT 8
#define DRAW_BYTES 24
/** Of a file; there are no more than so many. */
#define SEGMENT (64u << 10)
#define FILE_BYTES_MAX (4 * SEGMENT)
#define FILES_MAX 8

struct fixture {
	char root[64], folder[80], file[96];
	struct raft_owner owner;
	struct raft_log_file *log;
	struct seal_keys *old, *both, *new;
	uint64_t last, token;
	char error[512], why[512];
};

static void
failed(void *context, const char *why)
{
	struct fixture *f = context;

	snprintf(f->why, sizeof(f->why), "%s", why);
}

static bool
open_with(struct fixture *f, struct seal_keys *keys)
{
	struct raft_log_file_options options = {
		.path = f->folder,
		.owner = f->owner,
		.segment_bytes = SEGMENT,
		.keys = keys,
	};

	raft_log_file_close(f->log);
	f->log = raft_log_file_open(&options, f->error, sizeof(f->error));
	if (f->log == NULL)
		return false;
	f->why[0] = '\0';
	raft_log_file_bind(f->log, f, NULL, failed);
	return true;
}

static const char *
file_of(const struct fixture *f, unsigned int number)
{
	static char path[128];

	if (number == 0)
		return f->file;
	snprintf(path, sizeof(path), "%s.%u", f->file, number);
	return path;
}

static void
remove_files(const struct fixture *f)
{
	for (unsigned int n = 0; n < FILES_MAX; n++)
		unlink(file_of(f, n));
}

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -1;
	snprintf(f->root, sizeof(f->root), "/tmp/log_sealed.XXXXXX");
	if (mkdtemp(f->root) == NULL)
		return -1;
	snprintf(f->folder, sizeof(f->folder), "%s/n1", f->root);
	snprintf(f->file, sizeof(f->file), "%s/log", f->folder);
	memcpy(f->owner.cluster, "a test's cluster", 16);
	f->owner.self.id = 1;
	f->old = keys_of(KEY_1, 0600, f->error, sizeof(f->error));
	f->both = keys_of(KEY_1 KEY_2, 0600, f->error, sizeof(f->error));
	f->new = keys_of(KEY_2, 0600, f->error, sizeof(f->error));
	*state = f;
	return raft_log_file_create_sized(f->folder, &f->owner, SEGMENT,
					  f->error, sizeof(f->error)) &&
		       open_with(f, f->old)
		   ? 0
		   : -1;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	raft_log_file_close(f->log);
	remove_files(f);
	seal_keys_free(f->old);
	seal_keys_free(f->both);
	seal_keys_free(f->new);
	rmdir(f->folder);
	rmdir(f->root);
	free(f);
	return 0;
}

/* ----------------------------------------------------------------- entries */

/* What entry `index` says: the secret, its number, and so many bytes. */
static struct raft_entry
entry_of(uint64_t index, size_t length)
{
	static char text[4096];

	memset(text, 'x', sizeof(text));
	snprintf(text, sizeof(text), SECRET " %04d", (int)index);
	return (struct raft_entry){
		.index = index,
		.term = 1,
		.kind = RAFT_ENTRY_DATA,
		.payload = { text, length, NULL },
	};
}

static void
append(struct fixture *f, int count, size_t length)
{
	for (; count > 0; count--) {
		struct raft_entry entry = entry_of(++f->last, length);
		struct raft_save save = { .token = ++f->token,
					  .term = 1,
					  .entries = &entry,
					  .entry_count = 1 };

		raft_log_file.save(f->log, &save);
	}
	/* All with one write. */
	raft_log_file.flush(f->log);
	assert_string_equal(f->why, "");
}

static bool
can_be_read(struct fixture *f, uint64_t index, size_t length)
{
	struct raft_entry wanted = entry_of(index, length), entry;
	bool same;

	if (raft_log_file.read(f->log, index, 1, 0, &entry) != 1)
		return false;
	same = entry.kind == RAFT_ENTRY_DATA && entry.index == index &&
	       entry.payload.length == length &&
	       memcmp(entry.payload.data, wanted.payload.data, length) == 0;
	raft_payload_release(&entry.payload);
	return same;
}

static bool
all_can_be_read(struct fixture *f, uint64_t first, size_t length)
{
	for (uint64_t i = first; i <= f->last; i++)
		if (!can_be_read(f, i, length))
			return false;
	return true;
}

/* ------------------------------------------------------------------- the file */

/** A file as it is, and the bytes of the log in its sectors. */
static uint8_t raw[FILE_BYTES_MAX], image[FILE_BYTES_MAX];
static size_t sectors;

static void
load_file(const char *path)
{
	int fd = open(path, O_RDONLY);
	ssize_t length = read(fd, raw, sizeof(raw));

	close(fd);
	assert_true(length > 0 && (size_t)length < sizeof(raw));
	sectors = (size_t)length / SECTOR_BYTES - 1;
	for (size_t i = 0; i < sectors; i++)
		memcpy(image + i * SECTOR_ROOM,
		       raw + (i + 1) * SECTOR_BYTES + SECTOR_HEADER_BYTES,
		       SECTOR_ROOM);
}

static void
load(const struct fixture *f)
{
	load_file(f->file);
}

static void
store_raw(const struct fixture *f)
{
	size_t length = (sectors + 1) * SECTOR_BYTES;
	int fd = open(f->file, O_WRONLY);

	assert_int_equal(write(fd, raw, length), length);
	close(fd);
}

/* As somebody does who knows the format: the checksums fit again. */
static void
store(const struct fixture *f)
{
	struct sector_place place;
	struct file_header header;

	assert_null(raft__record_header_read(raw, &header));
	place = (struct sector_place){ header.salt, header.begin, header.begin };
	for (size_t i = 0; i < sectors; i++, place.begin += SECTOR_ROOM) {
		uint8_t *at = raw + (i + 1) * SECTOR_BYTES;

		if (raft__sector_kind(at, &place) != SECTOR_WRITTEN)
			continue;
		memcpy(at + SECTOR_HEADER_BYTES, image + i * SECTOR_ROOM,
		       SECTOR_ROOM);
		raft__sector_seal(at, &place, raft__sector_durable(at, &place));
	}
	store_raw(f);
}

/* Whatever it belongs to. */
static bool
is_on_the_disk(const struct fixture *f, const char *text)
{
	for (unsigned int n = 0; n < FILES_MAX; n++) {
		if (access(file_of(f, n), F_OK) != 0)
			continue;
		load_file(file_of(f, n));
		if (memmem(image, sectors * SECTOR_ROOM, text, strlen(text)) !=
		    NULL)
			return true;
	}
	return false;
}

/* The sealed payload of entry `index`, each of which has a record; a save's entry stands
 * behind 64 bytes, and has a head of 16. */
static uint8_t *
find_sealed(uint64_t index)
{
	struct record record = { .bytes = image };
	struct record_save save;
	struct record_cursor cursor;

	for (;; record.bytes += record.length) {
		assert_true(raft__record_frame(&record, record.bytes));
		if (record.type == RECORD_SAVE &&
		    raft__record_save_read(&record, &save, &cursor) &&
		    save.count == 1 && save.first == index)
			return record.bytes + 64 + 16;
	}
}

/* --------------------------------------------------------------- what is seen */

static void
nothing_of_it_is_on_the_disk(void **state)
{
	struct fixture *f = *state;

	append(f, 50, 100);
	assert_true(all_can_be_read(f, 1, 100));
	assert_false(is_on_the_disk(f, SECRET));
	assert_false(is_on_the_disk(f, "xxxxxxxx"));
	assert_true(open_with(f, f->old));
	assert_true(all_can_be_read(f, 1, 100));
}

/* So the test above can fail. */
static void
without_keys_it_is(void **state)
{
	struct fixture *f = *state;

	raft_log_file_close(f->log);
	f->log = NULL;
	remove_files(f);
	assert_true(raft_log_file_create_sized(f->folder, &f->owner, SEGMENT,
					       f->error, sizeof(f->error)));
	assert_true(open_with(f, NULL));
	append(f, 1, 100);
	assert_true(is_on_the_disk(f, SECRET));
}

/* What there was is trimmed, and all files are written over. */
static void
write_over(struct fixture *f, size_t length)
{
	for (int round = 0; round < 40; round++) {
		append(f, 10, length);
		raft_log_file.trim(f->log,
				   (struct raft_entry_id){ f->last - 5, 1 });
	}
	append(f, 1, length);
}

static void
a_plain_log_is_sealed_from_then_on(void **state)
{
	struct fixture *f = *state;

	without_keys_it_is(state);
	assert_true(open_with(f, f->old));
	append(f, 1, 100);
	assert_true(all_can_be_read(f, 1, 100));
	assert_true(is_on_the_disk(f, SECRET " 0001"));
	assert_false(is_on_the_disk(f, SECRET " 0002"));
	write_over(f, 3000);
	assert_false(is_on_the_disk(f, SECRET));
}

/* ---------------------------------------------------------------- what is changed */

static void
a_flipped_bit_is_noticed(void **state)
{
	struct fixture *f = *state;

	append(f, 3, 40);
	for (size_t at = 8; at < 40 + SEAL_BYTES; at++) {
		load(f);
		find_sealed(2)[at] ^= 1;
		store(f);
		assert_true(open_with(f, f->old));
		assert_true(can_be_read(f, 1, 40));
		assert_false(can_be_read(f, 2, 40));
		assert_non_null(strstr(f->why, "entry 2 cannot be read back: "
					       "Bad message"));
		load(f);
		find_sealed(2)[at] ^= 1;
		store(f);
	}
	/* The name of the key. */
	load(f);
	find_sealed(2)[0] ^= 1;
	store(f);
	assert_false(open_with(f, f->old));
	assert_non_null(strstr(f->error, "entry 2 is sealed with a key that is "
					 "not there"));
}

/* In the first segment of several, which an unchanged log would not read. */
static void
what_cannot_be_read_is_found_at_a_start(void **state)
{
	struct fixture *f = *state;

	append(f, 30, 3000);
	append(f, 30, 3000);
	append(f, 1, 3000);
	assert_true(open_with(f, f->old));
	assert_int_equal(access(file_of(f, 1), F_OK), 0);
	load(f);
	raw[SEGMENT / 2] ^= 1;
	store_raw(f);
	assert_false(open_with(f, f->old));
	assert_non_null(strstr(f->error, "cannot be read back"));
	raw[SEGMENT / 2] ^= 1;
	store_raw(f);
	assert_true(open_with(f, f->old));
	assert_true(all_can_be_read(f, 1, 3000));
}

static void
an_entry_in_anothers_place_is_noticed(void **state)
{
	struct fixture *f = *state;

	append(f, 3, 40);
	load(f);
	memcpy(find_sealed(2), find_sealed(1), 40 + SEAL_BYTES);
	store(f);
	assert_true(open_with(f, f->old));
	assert_false(can_be_read(f, 2, 40));
	assert_non_null(strstr(f->why, "Bad message"));
}

static void
an_entry_of_another_cluster_is_noticed(void **state)
{
	struct fixture *f = *state;
	struct raft_entry entry = entry_of(1, 40), *sealed;
	uint8_t other[16] = "another cluster";

	sealed = seal_entries(f->old, other, &entry, 1);
	assert_non_null(sealed);
	entry = *sealed;
	errno = 0;
	assert_false(seal_open(f->old, f->owner.cluster, &entry));
	assert_int_equal(errno, EBADMSG);
	entry = *sealed;
	assert_true(seal_open(f->old, other, &entry));
	raft_payload_release(&entry.payload);
	free(sealed);
}

/* ----------------------------------------------------------------------- keys */

static void
keys_change_over_a_restart(void **state)
{
	struct fixture *f = *state;

	append(f, 5, 100);
	assert_true(open_with(f, f->both));
	append(f, 5, 100);
	assert_true(all_can_be_read(f, 1, 100));
	assert_true(open_with(f, f->both));
	assert_true(all_can_be_read(f, 1, 100));
	/* The old one alone does not know the new, nor the other way round. */
	assert_false(open_with(f, f->old));
	assert_non_null(strstr(f->error, "entry 6 is sealed with a key"));
	assert_false(open_with(f, f->new));
	assert_non_null(strstr(f->error, "entry 1 is sealed with a key"));
	assert_non_null(strstr(f->error, "if it is lost, remove the server"));
	/* The old one is needed until what it has sealed is trimmed. */
	assert_true(open_with(f, f->both));
	write_over(f, 3000);
	assert_true(open_with(f, f->new));
	assert_true(all_can_be_read(f, f->last - 5, 3000));
}

static void
without_its_keys_it_is_refused(void **state)
{
	struct fixture *f = *state;

	append(f, 1, 100);
	assert_false(open_with(f, NULL));
	assert_non_null(strstr(f->error, "its log is sealed: name its keys"));
	/* And by those who do not know that there are any. */
	load(f);
	assert_int_equal(raw[12] & 2, 2);
}

/* Somebody wrote into the header that nothing is sealed. */
static void
a_header_that_lies_is_no_way_around_the_keys(void **state)
{
	struct fixture *f = *state;
	struct file_header header;

	append(f, 2, 100);
	load(f);
	assert_null(raft__record_header_read(raw, &header));
	header.is_sealed = false;
	raft__record_header_write(raw, &header);
	store(f);
	assert_false(open_with(f, NULL));
	assert_non_null(strstr(f->error, "entry 1 is sealed with a key that is "
					 "not there"));
	assert_true(open_with(f, f->old));
	assert_true(all_can_be_read(f, 1, 100));
}

static int lines;

static void
count_line(void *context, const char *text)
{
	lines++;
	if (context != NULL && lines == 1)
		assert_non_null(strstr(text, context));
}

static void
a_key_says_what_it_is_needed_for(void **state)
{
	struct fixture *f = *state;
	char three[] = "has sealed 3 entries", none[] = "has sealed 0 entries";

	append(f, 3, 100);
	assert_true(open_with(f, f->both));
	lines = 0;
	seal_keys_print(f->both, count_line, three);
	assert_int_equal(lines, 2);
	lines = 0;
	seal_keys_print(f->new, count_line, none);
	assert_int_equal(lines, 1);
}

static void
what_is_no_file_of_keys_is_refused(void **state)
{
	static const struct {
		const char *lines;
		mode_t mode;
		const char *why;
	} files[] = {
		{ KEY_1, 0640, "chmod 600" },
		{ KEY_1, 0604, "chmod 600" },
		{ "", 0600, "no key" },
		{ "\n", 0600, "not a key" },
		{ KEY_1 "12\n", 0600, "not a key" },
		{ "1" KEY_1, 0600, "not a key" },
		{ "g" KEY_1, 0600, "not a key" },
		{ " 11111111111111122222222222222223333333333333333444444444444"
		  "4444"
		  "\n",
		  0600, "not a key" },
		{ KEY_1 KEY_2 "-1", 0600, "not a key" },
	};
	char error[256], many[65 * 65 + 1];
	struct seal_keys *keys;

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		assert_null(keys_of(files[i].lines, files[i].mode, error,
				    sizeof(error)));
		if (strstr(error, files[i].why) == NULL)
			fail_msg("%zu: %s", i, error);
	}
	/* The last line need not end. */
	keys = keys_of(KEY_1 NOT_ENDED, 0600, error, sizeof(error));
	assert_non_null(keys);
	seal_keys_free(keys);
	for (int i = 0; i < 65; i++)
		memcpy(many + i * 65, KEY_1, 66);
	assert_null(keys_of(many, 0600, error, sizeof(error)));
	assert_non_null(strstr(error, "more than 64"));
	assert_null(seal_keys_read("/tmp/there/is/none", error, sizeof(error)));
	assert_non_null(strstr(error, "No such file"));
}

/* --------------------------------------------------------------------- nonces */

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, DRAW_BYTES);
}

/* The same entry, sealed again and again, before a fork and on both sides of it. */
static void
no_draw_comes_twice(void **state)
{
	enum { COUNT = 20000 };
	static uint8_t draws[COUNT][DRAW_BYTES];
	struct fixture *f = *state;
	struct raft_entry entry = entry_of(1, 40), *sealed;
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	for (int i = 0; i < COUNT / 2; i++) {
		sealed = seal_entries(f->old, f->owner.cluster, &entry, 1);
		memcpy(draws[i],
		       (const uint8_t *)sealed->payload.data + DRAW_AT,
		       DRAW_BYTES);
		free(sealed);
		if (child == 0 && write(ends[1], draws[i], DRAW_BYTES) < 0)
			_exit(1);
		if (child != 0)
			assert_int_equal(
			    read(ends[0], draws[COUNT / 2 + i], DRAW_BYTES),
			    DRAW_BYTES);
	}
	if (child == 0)
		_exit(0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(ends[0]);
	close(ends[1]);
	qsort(draws, COUNT, DRAW_BYTES, compare);
	for (int i = 1; i < COUNT; i++)
		assert_true(compare(draws[i - 1], draws[i]) != 0);
}

/* A server that was set back saves another entry under the same index and term. */
static void
an_older_file_that_came_back_repeats_none(void **state)
{
	struct fixture *f = *state;
	uint8_t before[100 + SEAL_BYTES], *after;
	static uint8_t older[FILE_BYTES_MAX];

	append(f, 1, 100);
	load(f);
	memcpy(older, raw, sizeof(older));
	append(f, 1, 100);
	load(f);
	memcpy(before, find_sealed(2), sizeof(before));
	raft_log_file_close(f->log);
	f->log = NULL;
	memcpy(raw, older, sizeof(raw));
	store_raw(f);
	assert_true(open_with(f, f->old));
	f->last = 1;
	append(f, 1, 100);
	load(f);
	after = find_sealed(2);
	assert_memory_equal(before, after, DRAW_AT);
	assert_memory_not_equal(before + DRAW_AT, after + DRAW_AT, DRAW_BYTES);
	assert_memory_not_equal(before + SEAL_BYTES, after + SEAL_BYTES, 100);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_of_it_is_on_the_disk),
		TEST(without_keys_it_is),
		TEST(a_plain_log_is_sealed_from_then_on),
		TEST(a_flipped_bit_is_noticed),
		TEST(what_cannot_be_read_is_found_at_a_start),
		TEST(an_entry_in_anothers_place_is_noticed),
		TEST(an_entry_of_another_cluster_is_noticed),
		TEST(keys_change_over_a_restart),
		TEST(without_its_keys_it_is_refused),
		TEST(a_header_that_lies_is_no_way_around_the_keys),
		TEST(a_key_says_what_it_is_needed_for),
		TEST(what_is_no_file_of_keys_is_refused),
		TEST(no_draw_comes_twice),
		TEST(an_older_file_that_came_back_repeats_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
