/*
 * What outrigger-log tells scripts, word by word: of folders in each state, and of a
 * backup; and what it tells meanwhile who waits at a terminal.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/rescue_scene.h"

#include <poll.h>
#include <pty.h>

#include "assists/rescue/inside.h"
#include "assists/rescue/json.h"
#include "assists/rescue/progress.h"

#define MEBIBYTES(count) ((size_t)(count) << 20)

static bool
survey(const char *folder, bool strict, struct said *said)
{
	FILE *out = fmemopen(said->text, sizeof(said->text), "w");
	bool done;

	said->text[0] = said->error[0] = '\0';
	done =
	    json_survey(folder, strict, out, said->error, sizeof(said->error));
	assert_int_equal(fclose(out), 0);
	return done;
}

static uint64_t
incarnation_of(const char *folder)
{
	char path[PATH_MAX + 16], error[RAFT_SERVER_ERROR_BYTES];
	static struct conf conf;

	snprintf(path, sizeof(path), "%s/server.conf", folder);
	assert_true(raft__conf_read(
	    path, &conf, &(struct complaint){ error, sizeof(error) }));
	return conf.incarnation;
}

/** Of its log. */
struct shown {
	uint64_t first, last;
	unsigned long bytes;
};

/* As people are told it. */
static struct shown
shown_of(const char *folder, struct said *said)
{
	struct shown shown;
	unsigned long term;
	char *at;

	assert_true(show(folder, said));
	at = strstr(said->text, "\nlog: ");
	assert_non_null(at);
	assert_int_equal(sscanf(at,
				"\nlog: entries %" SCNu64 " to %" SCNu64
				", the last of term %lu, %lu bytes,",
				&shown.first, &shown.last, &term, &shown.bytes),
			 4);
	return shown;
}

/* ------------------------------------------------------------------- folders */

static void
one_that_never_ran_is_told_whole(void **state)
{
	static char expected[4096];
	static struct said said;
	struct scene scene;
	const char *folder;
	uint64_t incarnation;

	(void)state;
	scene_open(&scene);
	folder = scene.actors[1].folder;
	make_first(&scene, 1);
	incarnation = incarnation_of(folder);
	snprintf(expected, sizeof(expected),
		 "{\"server\": 1, \"cluster\": \"scene\", \"incarnation\": "
		 "\"%" PRIx64 "\", \"address\": \"%s note 1\", "
		 "\"log\": {\"term\": 1, \"vote\": null, \"first\": 1, "
		 "\"last\": 1, \"last_term\": 1, \"bytes\": %lu, "
		 "\"torn_bytes\": 0, \"refused\": null}, "
		 "\"configurations\": [{\"index\": 1, \"joint\": false, "
		 "\"members\": [{\"id\": 1, \"incarnation\": \"%" PRIx64
		 "\", \"role\": \"voter\", \"address\": \"%s note 1\"}]}], "
		 "\"snapshots\": [], "
		 "\"start\": {\"refused\": null, \"loads\": null, "
		 "\"applies_first\": 1, \"applies_last\": 1}}\n",
		 incarnation, scene.actors[1].address,
		 shown_of(folder, &said).bytes, incarnation,
		 scene.actors[1].address);
	assert_true(survey(folder, true, &said));
	assert_string_equal(said.text, expected);
	scene_close(&scene);
}

static void
one_that_is_to_join_has_nothing_yet(void **state)
{
	static struct said said;
	struct scene scene;

	(void)state;
	scene_open(&scene);
	make_joining(&scene, 2, 1, false);
	assert_true(survey(scene.actors[2].folder, true, &said));
	expect(said.text, "{\"server\": 2, ");
	expect(said.text, "\"log\": {\"term\": 0, \"vote\": null, "
			  "\"first\": null, \"last\": 0, \"last_term\": 0, ");
	expect(said.text, "\"configurations\": [], \"snapshots\": [], "
			  "\"start\": {\"refused\": null, \"loads\": null, "
			  "\"applies_first\": null, \"applies_last\": null}}");
	scene_close(&scene);
}

/* What each word stands for. */
static void
expect_of_run(struct said *said, const char *format, uint64_t number)
{
	char part[256];

	snprintf(part, sizeof(part), format, number);
	expect(said->text, part);
}

static void
one_that_ran_tells_its_vote_and_snapshots(void **state)
{
	struct raft_server_status status;
	uint64_t before, covered, last, term;
	static struct said said;
	struct scene scene;
	const char *folder;
	struct shown shown;
	char part[256];

	(void)state;
	scene_open(&scene);
	folder = scene.actors[1].folder;
	scene.options.snapshot_tail_entries = 2;
	make_first(&scene, 1);
	start(&scene, 1);
	for (int i = 0; i < 7; i++)
		assert_int_equal(add(&scene, 1, "1").result, RAFT_SERVER_OK);
	take_snapshot(&scene, 1);
	before = status_of(&scene, 1).snapshot.index;
	for (int i = 0; i < 5; i++)
		assert_int_equal(add(&scene, 1, "1").result, RAFT_SERVER_OK);
	take_snapshot(&scene, 1);
	covered = status_of(&scene, 1).snapshot.index;
	for (int i = 0; i < 3; i++)
		assert_int_equal(add(&scene, 1, "1").result, RAFT_SERVER_OK);
	status = status_of(&scene, 1);
	last = status.raft.applied_index;
	term = status.raft.term;
	stop(&scene, 1);
	shown = shown_of(folder, &said);
	assert_in_range(shown.first, 2, before + 1);
	assert_int_equal(shown.last, last);
	assert_true(survey(folder, true, &said));
	snprintf(part, sizeof(part),
		 "\"log\": {\"term\": %" PRIu64 ", \"vote\": {\"id\": 1, "
		 "\"incarnation\": \"%" PRIx64 "\"}, \"first\": %" PRIu64 ", "
		 "\"last\": %" PRIu64 ", \"last_term\": %" PRIu64 ", ",
		 term, incarnation_of(folder), shown.first, last, term);
	expect(said.text, part);
	expect_of_run(&said, "\"snapshots\": [{\"index\": %" PRIu64 ", ",
		      covered);
	expect_of_run(&said, ", \"term\": %" PRIu64 ", \"bytes\": ", term);
	expect_of_run(&said, ", \"wrong\": null}, {\"index\": %" PRIu64 ", ",
		      before);
	expect(said.text, ", \"wrong\": null}]");
	expect_of_run(&said, "\"loads\": %" PRIu64 ", ", covered);
	expect_of_run(&said, "\"applies_first\": %" PRIu64 ", ", covered + 1);
	expect_of_run(&said, "\"applies_last\": %" PRIu64 "}", last);

	/* A start survives one that is damaged; who is strict does not. */
	shell("truncate -s 9 $(ls %s/snapshots/0* | tail -n 1)", folder);
	assert_true(survey(folder, false, &said));
	expect_of_run(&said, "\"snapshots\": [{\"index\": %" PRIu64 ", ",
		      covered);
	expect_of_run(&said,
		      ", \"wrong\": null}], \"start\": {\"refused\": "
		      "null, \"loads\": %" PRIu64 ", ",
		      before);
	expect(said.text, "\"wrong\": \"is damaged");
	assert_false(survey(folder, true, &said));
	expect(said.error,
	       "a snapshot is damaged, and a start does without it");
	scene_close(&scene);
}

/* What cannot be read is told in the line, too, and as the sentence. */
static void
a_log_that_is_refused_is_told_so(void **state)
{
	static struct said said;
	struct scene scene;
	const char *folder;
	char part[PATH_MAX];

	(void)state;
	scene_open(&scene);
	folder = scene.actors[1].folder;
	make_first(&scene, 1);
	shell("printf x | dd of=%s/log/log bs=1 seek=8 conv=notrunc "
	      "2>/dev/null",
	      folder);
	assert_false(survey(folder, false, &said));
	assert_true(strlen(said.error) > 0);
	snprintf(part, sizeof(part), "\"log\": {\"refused\": \"%s\"}, ",
		 said.error);
	expect(said.text, part);
	snprintf(part, sizeof(part), "\"start\": {\"refused\": \"%s\", ",
		 said.error);
	expect(said.text, part);
	expect(said.text, "\"loads\": null, \"applies_first\": null, "
			  "\"applies_last\": null}}");
	shell("rm %s/server.conf", folder);
	assert_false(survey(folder, false, &said));
	assert_string_equal(said.text, "");
	expect(said.error, "there is a log, and no server.conf");
	scene_close(&scene);
}

/* It may be of a path with bytes that are no UTF-8, which JSON has not. */
static void
an_address_that_is_no_text_is_null(void **state)
{
	static struct said said;
	struct scene scene;
	const char *folder;

	(void)state;
	scene_open(&scene);
	folder = scene.actors[1].folder;
	make_first(&scene, 1);
	shell("LC_ALL=C sed -i "
	      "\"s|^address .*|address unix:/tmp/$(printf '\\377')|\" "
	      "%s/server.conf",
	      folder);
	assert_true(survey(folder, false, &said));
	expect(said.text, ", \"address\": null, \"log\": {");
	scene_close(&scene);
}

/* -------------------------------------------------------------------- a backup */

static void
a_backup_is_told_whole(void **state)
{
	struct raft_rescue_backup backup = {
		.snapshot = { .index = 11, .term = 3 },
		.bytes = 4097,
		.server = { .id = 2, .incarnation = 0xabc },
		.cluster = "red~1",
		.made_at = 1700000000,
		.state_at = 1600000000,
	};
	char text[1024] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	(void)state;
	json_backup(&backup, out);
	backup.state_at = 0;
	json_backup(&backup, out);
	assert_int_equal(fclose(out), 0);
#define FIRST                                                                  \
	"{\"cluster\": \"red~1\", \"server\": 2, \"incarnation\": \"abc\", "   \
	"\"index\": 11, \"term\": 3, \"bytes\": 4097, "                        \
	"\"made_at\": 1700000000, \"state_at\": "
	assert_string_equal(text, FIRST "1600000000}\n" FIRST "null}\n");
}

/* ------------------------------------------------------------------ a terminal */

/* What comes to a terminal in so long. */
static void
read_terminal(int fd, int ms, char *text, size_t size)
{
	struct pollfd waits = { .fd = fd, .events = POLLIN };
	size_t length = 0;

	if (poll(&waits, 1, ms) > 0) {
		ssize_t got;

		/* It would be more than one line, if it were said without a pause. */
		usleep(100000);
		got = read(fd, text, size - 1);

		length = got > 0 ? (size_t)got : 0;
	}
	text[length] = '\0';
}

static void
use_system(const char *path, int flags, size_t length)
{
	static char bytes[MEBIBYTES(1)];
	int fd = open(path, flags);

	assert_true(fd >= 0);
	for (size_t done = 0; done < length; done += sizeof(bytes))
		assert_int_equal(flags == O_RDONLY
				     ? read(fd, bytes, sizeof(bytes))
				     : write(fd, bytes, sizeof(bytes)),
				 sizeof(bytes));
	close(fd);
}

/* What the system counts of this process, in mebibytes. */
static void
read_counts(uint64_t *had_read, uint64_t *written)
{
	FILE *counts = fopen("/proc/self/io", "r");

	assert_non_null(counts);
	assert_int_equal(fscanf(counts, "rchar: %" SCNu64 " wchar: %" SCNu64,
				had_read, written),
			 2);
	fclose(counts);
	*had_read /= MEBIBYTES(1);
	*written /= MEBIBYTES(1);
}

static void
who_waits_at_a_terminal_sees_how_far_it_is(void **state)
{
	int kept = dup(STDERR_FILENO), master, terminal, silent[2];
	uint64_t had_read, written, read_before, written_before;
	char text[256], more[256], end;

	(void)state;
	assert_int_equal(openpty(&master, &terminal, NULL, NULL, NULL), 0);
	assert_int_equal(pipe(silent), 0);
	use_system("/dev/zero", O_RDONLY, MEBIBYTES(60));
	use_system("/dev/null", O_WRONLY, MEBIBYTES(20));
	read_counts(&read_before, &written_before);
	/* It is not begun where nobody looks on. */
	fflush(stderr);
	dup2(silent[1], STDERR_FILENO);
	progress_begin();
	dup2(terminal, STDERR_FILENO);
	progress_pause(false);
	read_terminal(master, 1100, text, sizeof(text));
	progress_begin();
	read_terminal(master, 1500, more, sizeof(more));
	progress_pause(true);
	fflush(stderr);
	dup2(kept, STDERR_FILENO);
	close(kept);
	assert_string_equal(text, "");
	assert_int_equal(
	    sscanf(more, "\r%" SCNu64 " MiB read, %" SCNu64 " MiB written %c",
		   &had_read, &written, &end),
	    2);
	assert_true(read_before >= 60 && written_before >= 20);
	assert_in_range(had_read, read_before, read_before + 1);
	assert_in_range(written, written_before, written_before + 1);
	/* Wiped, and once. */
	progress_pause(true);
	read_terminal(master, 0, text, sizeof(text));
	assert_string_equal(text, "\r\033[K");
	close(master);
	close(terminal);
	close(silent[0]);
	close(silent[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_never_ran_is_told_whole),
		cmocka_unit_test(one_that_is_to_join_has_nothing_yet),
		cmocka_unit_test(one_that_ran_tells_its_vote_and_snapshots),
		cmocka_unit_test(a_log_that_is_refused_is_told_so),
		cmocka_unit_test(an_address_that_is_no_text_is_null),
		cmocka_unit_test(a_backup_is_told_whole),
		cmocka_unit_test(who_waits_at_a_terminal_sees_how_far_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
