/*
 * A server's log and its snapshots on a disk that refuses: each call in turn fails, and
 * what comes of it is as docs/disks.md says. Nothing is silently lost, nothing waits
 * for ever, and after a restart all is there that was said to be durable.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One life (live()) is lived again and again. Each time another of its calls fails
 * (fault.h), in another way; RAFT_ERRORS_EVERY (4): so many calls further each time.
 * What comes of each, and what is said then, is kept in errors.txt.
 */
#include "tests/crash/fault.h"
#include "tests/crash/history.h"
#include "tests/kept.h"

#include <errno.h>

/** What was being done when the first call failed. */
enum step {
	MAKES,
	OPENS,
	SAVES,
	READS,
	TAKES,
	VERIFIES,
	FORGETS,
	TRIMS,
	RECEIVES,
	INSTALLS,
	STEPS,
};
/** What came of it. */
enum outcome {
	/** Nothing: it was not needed, or was done all the same. */
	WENT_ON,
	/** One thing was refused, with a sentence; all else went on. */
	REFUSED,
	/** It has an older snapshot instead. */
	FELL_BACK,
	/** The member stopped, or did not start, with a sentence. */
	STOPPED,
	OUTCOMES,
};

#define BIT(outcome) (1u << (outcome))

/* As docs/disks.md has it. */
static const struct {
	const char *name;
	unsigned outcomes;
} steps[STEPS] = {
	[MAKES] = { "a log is made", BIT(WENT_ON) | BIT(STOPPED) },
	[OPENS] = { "a start", BIT(WENT_ON) | BIT(FELL_BACK) | BIT(STOPPED) },
	[SAVES] = { "something is saved", BIT(WENT_ON) | BIT(STOPPED) },
	[READS] = { "an entry is read back", BIT(STOPPED) },
	[TAKES] = { "a snapshot is taken", BIT(REFUSED) | BIT(WENT_ON) },
	[VERIFIES] = { "one is verified", BIT(REFUSED) | BIT(WENT_ON) },
	[FORGETS] = { "an old one is forgotten", BIT(WENT_ON) },
	[TRIMS] = { "the log is trimmed", BIT(WENT_ON) | BIT(STOPPED) },
	[RECEIVES] = { "a leader's is received", BIT(REFUSED) | BIT(WENT_ON) },
	[INSTALLS] = { "a leader's is installed", BIT(STOPPED) },
};

static const char *const outcomes[OUTCOMES] = {
	"went on", "refused it", "fell back", "stopped",
};

/** One life. */
static struct life {
	enum fault_kind kind;
	enum step at;
	/** Of the log, at most one; of the snapshots. */
	unsigned log_failures, snapshot_failures;
	bool was_refused, fell_back, has_stopped;
	/** Of what a leader sends: durable up to here; given up. */
	uint64_t received;
	bool is_lost;
	/** The newest sentence. */
	char why[512];
} life;

/** Less than there are entries of. */
#define CACHE_BYTES (16u << 10)

static uint64_t lives[STEPS][OUTCOMES];
static struct image image;
static const struct raft_entry_id sent = { 400, 3 };

/* ---------------------------------------------------------- what is said */

static void
accuse(const char *wrong)
{
	fail_msg("%s at %s, while %s: %s (it said: %s)", fault_name(life.kind),
		 fault_place(), steps[life.at].name, wrong, life.why);
}

/* A sentence for a person: what, where, why. */
static void
hear(const char *why)
{
	const char *reason = strerror(fault_errno(life.kind));

	snprintf(life.why, sizeof(life.why), "%s", why);
	if (!fault_has_come())
		accuse("a failure without a fault");
	if (strncmp(why, root, strlen(root)) != 0 || strchr(why, '\n') != NULL)
		accuse("no sentence about a folder");
	if (strstr(why, reason) == NULL)
		accuse("the reason is not said");
}

static void
log_failed(void *context, const char *why)
{
	(void)context;
	hear(why);
	if (++life.log_failures > 1)
		accuse("the log has failed twice");
	life.has_stopped = true;
}

static void
log_saved(void *context, uint64_t token)
{
	if (life.log_failures > 0)
		accuse("it promises something after it has failed");
	on_saved(context, token);
}

static void
snapshot_failed(void *context, const char *why)
{
	(void)context;
	hear(why);
	life.snapshot_failures++;
	life.was_refused = true;
}

static void
part_saved(void *context, struct raft_entry_id snapshot, uint64_t end)
{
	(void)context;
	(void)snapshot;
	life.received = end;
}

static void
part_lost(void *context, struct raft_entry_id snapshot)
{
	(void)context;
	(void)snapshot;
	if (life.snapshot_failures == 0)
		accuse("a snapshot is given up without a word");
	life.is_lost = true;
}

static bool
load(void *context, struct raft_entry_id snapshot)
{
	(void)context;
	(void)snapshot;
	return true;
}

/* ---------------------------------------------------------------- a life */

/* What fails from here on fails in this. */
static void
now(enum step step)
{
	if (!fault_has_come())
		life.at = step;
}

static bool
stop(void)
{
	hear(error);
	life.has_stopped = true;
	return false;
}

static bool
make(void)
{
	now(MAKES);
	h.made_at = SIZE_MAX;
	if (!raft_log_file_create_sized(folder_in(h.folder, "log"), &h.owner,
					segment_bytes, error, sizeof(error)))
		return stop();
	h.made_at = 0;
	return true;
}

/* Those that were there and are set aside are not there any more. */
static void
note_chosen(struct raft_entry_id chosen)
{
	for (size_t i = 0; i < h.taken_count; i++) {
		if (h.taken[i].said_at == SIZE_MAX ||
		    h.taken[i].id.index <= chosen.index)
			continue;
		if (life.kind != FAULT_EIO)
			accuse("a snapshot is set aside, and not for the disk");
		h.taken[i].said_at = SIZE_MAX;
		life.fell_back = true;
	}
}

/* As a server does, with little memory, so that old entries are read from the file. */
static bool
open_both(void)
{
	const struct raft_snapshot_file_reports reports = {
		NULL, part_saved, part_lost, part_lost, load, snapshot_failed, NULL,
	};
	const struct raft_log_file_options options = {
		.path = folder_in(h.folder, "log"),
		.owner = h.owner,
		.cache_bytes = CACHE_BYTES,
		.segment_bytes = segment_bytes,
	};
	struct raft_entry_id chosen;
	struct raft_stored stored;

	now(OPENS);
	h.log = raft_log_file_open(&options, error, sizeof(error));
	if (h.log == NULL)
		return stop();
	raft_log_file_bind(h.log, NULL, log_saved, log_failed);
	h.snapshots = raft_snapshot_file_open(folder_in(h.folder, "snapshots"),
					      &h.owner, error, sizeof(error));
	if (h.snapshots == NULL)
		return stop();
	raft_snapshot_file_bind(h.snapshots, &reports);
	if (!raft_log_file_stored(h.log, &stored)) {
		life.has_stopped = true;
		return false;
	}
	if (!raft_snapshot_file_choose(h.snapshots, &stored, &chosen, error,
				       sizeof(error)))
		return stop();
	note_chosen(chosen);
	if (chosen.index > 0 &&
	    !raft_snapshot_file_load(h.snapshots, chosen, is_as_written,
				     &chosen, error, sizeof(error)))
		return stop();
	return true;
}

static void
close_both(void)
{
	raft_log_file_close(h.log);
	raft_snapshot_file_close(h.snapshots);
	h.log = NULL;
	h.snapshots = NULL;
}

/* And nobody makes another log in the place of this one. */
static bool
restart_both(void)
{
	close_both();
	now(OPENS);
	if (raft_log_file_create_sized(folder_in(h.folder, "log"), &h.owner,
				       segment_bytes, error, sizeof(error)))
		accuse("another log took its place");
	return open_both();
}

static bool
save_some(void)
{
	now(SAVES);
	vote(1, 1);
	flush();
	for (int i = 0; i < 8; i++)
		append(300);
	flush();
	h.model.term = 2;
	save((struct raft_save){ .truncate_from = 7 });
	append(900);
	append(40);
	flush();
	return !life.has_stopped;
}

static bool
read_back(void)
{
	struct raft_entry entries[4];
	size_t count;

	now(READS);
	for (uint64_t i = h.model.snapshot.index + 1; i <= h.model.last_index;
	     i += count) {
		count = raft_log_file.read(h.log, i, 4, 1000, entries);
		if (count == 0)
			break;
		for (size_t n = 0; n < count; n++) {
			if (entries[n].term != h.model.terms[i + n])
				accuse("an entry is another");
			raft_payload_release(&entries[n].payload);
		}
	}
	return !life.has_stopped;
}

static bool
take(uint64_t index)
{
	struct taken *taken = &h.taken[h.taken_count++];
	unsigned said = life.snapshot_failures;
	bool done;

	now(TAKES);
	taken->id = (struct raft_entry_id){ index, h.model.terms[index] };
	raft_snapshot_file_begin(h.snapshots, taken->id);
	raft_snapshot_file_write(
	    h.snapshots, payload_of(index, taken->id.term, SNAPSHOT_BYTES).data,
	    SNAPSHOT_BYTES);
	done = raft_snapshot_file_commit(h.snapshots);
	if (!done && life.snapshot_failures == said)
		accuse("a snapshot was not taken, and nothing said");
	taken->said_at = done ? 0 : SIZE_MAX;
	return done;
}

/* The one before it stays, and what follows that. */
static bool
take_two(void)
{
	bool has_first = take(3);

	if (take(6) && has_first) {
		now(SAVES);
		trim(3);
		append(30);
		flush();
		now(FORGETS);
		raft_snapshot_file_forget(h.snapshots, 3);
	}
	return !life.has_stopped;
}

/* As a leader does when a peer says that it is not as it was written. */
static bool
verify(void)
{
	struct taken *taken = &h.taken[h.taken_count - 1];
	enum raft_node_verdict verdict;

	if (taken->said_at == SIZE_MAX)
		return true;
	now(VERIFIES);
	do
		verdict = raft_snapshot_file.verify(h.snapshots, taken->id);
	while (verdict == RAFT_NODE_UNDECIDED);
	if (verdict == RAFT_NODE_DAMAGED && fault_errno(life.kind) != EIO)
		accuse("a snapshot is called damaged, and not by the disk");
	if (verdict == RAFT_NODE_DAMAGED)
		taken->said_at = SIZE_MAX;
	return true;
}

static bool
trim_much(void)
{
	uint64_t last;

	now(SAVES);
	for (int i = 0; i < 18; i++)
		append(CACHE_BYTES / 6);
	flush();
	if (life.has_stopped)
		return false;
	last = h.model.last_index;
	if (take(last)) {
		now(TRIMS);
		trim(last);
		append(40);
		flush();
		append(50);
		flush();
	}
	return !life.has_stopped;
}

/* In parts, each durable before the next. */
static bool
receive(void)
{
	size_t half = image.size / 2;
	struct raft_snapshot_part parts[] = {
		{ sent, image.size, 0, { image.bytes, half, NULL } },
		{ sent, image.size, half,
		  { image.bytes + half, image.size - half, NULL } },
	};

	now(RECEIVES);
	for (size_t i = 0; i < 2 && !life.is_lost; i++) {
		raft_snapshot_file.store(h.snapshots, &parts[i]);
		raft_snapshot_file.flush(h.snapshots);
	}
	if (!life.is_lost && life.received != image.size)
		accuse("it is neither stored nor given up");
	return !life.is_lost;
}

static bool
install(void)
{
	struct raft_stored_snapshot behind = { sent, 1, "conf", 4 };
	struct taken *taken = &h.taken[h.taken_count++];

	*taken = (struct taken){ sent, SIZE_MAX };
	now(SAVES);
	save((struct raft_save){ .snapshot = &behind });
	flush();
	if (life.has_stopped)
		return false;
	/* It is whole, and the log says so. */
	taken->said_at = 0;
	now(INSTALLS);
	life.has_stopped = !raft_snapshot_file.install(h.snapshots, sent);
	return !life.has_stopped;
}

static bool
receive_and_install(void)
{
	return !receive() || install();
}

static bool
save_more(void)
{
	now(SAVES);
	vote(4, 2);
	append(100);
	flush();
	return !life.has_stopped;
}

static bool
live(void)
{
	return make() && open_both() && save_some() && restart_both() &&
	       read_back() && take_two() && verify() && restart_both() &&
	       trim_much() &&
	       restart_both() && read_back() && receive_and_install() &&
	       save_more() && restart_both() && read_back();
}

/* --------------------------------------------------------- all of its calls */

#define KEPT "tests/crash/errors.txt"
#define LINES_MAX 1024

/** Lines, in order; and those that are to be kept from now on. */
static char *kept;
static char *heard[LINES_MAX];
static size_t heard_count;

/* What is said of this life, to be freed. */
static char *
told_life(enum outcome outcome)
{
	char *told;
	size_t size;
	FILE *file = open_memstream(&told, &size);

	fprintf(file, "%s at %s, while %s: %s", fault_name(life.kind),
		fault_place(), steps[life.at].name, outcomes[outcome]);
	if (*life.why != '\0')
		fprintf(file, ": %s", life.why);
	fprintf(file, "\n");
	fclose(file);
	kept_without(told, h.folder);
	return told;
}

static bool
is_kept(const char *told)
{
	const char *at = strstr(kept, told);

	return at != NULL && (at == kept || at[-1] == '\n');
}

/* A call that fails once has been heard to have this outcome before. */
static void
keep_life(enum outcome outcome)
{
	char *told;

	if (life.kind != FAULT_EIO && life.kind != FAULT_ENOSPC &&
	    life.kind != FAULT_EMFILE)
		return;
	told = told_life(outcome);
	if (kept_anew && heard_count < LINES_MAX) {
		heard[heard_count++] = told;
		return;
	}
	if (!is_kept(told))
		fail_msg("not kept in " KEPT ": %s", told);
	free(told);
}

static int
compare_lines(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

static void
write_kept(void)
{
	FILE *file = fopen(KEPT, "w");

	assert_non_null(file);
	qsort(heard, heard_count, sizeof(*heard), compare_lines);
	for (size_t i = 0; i < heard_count; i++)
		if (i == 0 || strcmp(heard[i - 1], heard[i]) != 0)
			fputs(heard[i], file);
	assert_int_equal(fclose(file), 0);
	for (size_t i = 0; i < heard_count; i++)
		free(heard[i]);
}

static enum outcome
outcome_of(bool has_lived)
{
	if (has_lived == life.has_stopped)
		accuse("it neither lives on nor says that it has stopped");
	if (life.has_stopped)
		return STOPPED;
	if (life.fell_back)
		return FELL_BACK;
	return life.was_refused ? REFUSED : WENT_ON;
}

static unsigned
may_come_of(enum fault_kind kind, enum step step)
{
	if (kind == FAULT_EINTR || kind == FAULT_SHORT)
		return BIT(WENT_ON);
	/* Whatever comes next cannot be done either. */
	if (kind == FAULT_EIO_ON || kind == FAULT_ENOSPC_ON)
		return steps[step].outcomes | BIT(STOPPED);
	return steps[step].outcomes;
}

static void
judge_life(enum outcome outcome)
{
	const char *wrong;

	if ((may_come_of(life.kind, life.at) & BIT(outcome)) == 0)
		accuse(outcomes[outcome]);
	wrong = judge(h.folder, 0);
	if (wrong != NULL)
		accuse(wrong);
}

/* False: there are not so many calls. */
static bool
live_with(enum fault_kind kind, size_t at)
{
	enum outcome outcome;

	/* After one that was found wrong. */
	fault_end();
	close_both();
	life = (struct life){ .kind = kind };
	begin("a life");
	fault_begin(h.folder, kind, at);
	outcome = outcome_of(live());
	close_both();
	fault_end();
	if (fault_has_come()) {
		judge_life(outcome);
		keep_life(outcome);
		lives[life.at][outcome]++;
	}
	delete_folder(h.folder);
	return fault_has_come();
}

static void
all_in_turn(enum fault_kind kind)
{
	const char *given = getenv("RAFT_ERRORS_EVERY");
	size_t every = given != NULL ? strtoul(given, NULL, 10) : 4;
	size_t at, count = 0;

	if (kept_anew)
		every = 1;
	at = kind % every;
	for (; live_with(kind, at); at += every)
		count++;
	print_message("%s: at %zu calls up to the %zuth\n", fault_name(kind),
		      count, at);
	assert_true(count > 0);
}

static void
a_disk_that_fails_once_stops_it_or_costs_one_thing(void **state)
{
	(void)state;
	all_in_turn(FAULT_EIO);
}

static void
a_disk_that_is_gone_stops_it(void **state)
{
	(void)state;
	all_in_turn(FAULT_EIO_ON);
}

static void
a_disk_that_is_full_once_is_survived(void **state)
{
	(void)state;
	all_in_turn(FAULT_ENOSPC);
}

static void
a_disk_that_stays_full_is_survived(void **state)
{
	(void)state;
	all_in_turn(FAULT_ENOSPC_ON);
}

static void
a_process_without_files_takes_nothing_for_damage(void **state)
{
	(void)state;
	all_in_turn(FAULT_EMFILE);
}

static void
what_is_interrupted_is_gone_on_with(void **state)
{
	(void)state;
	all_in_turn(FAULT_EINTR);
}

static void
what_is_done_by_half_is_gone_on_with(void **state)
{
	(void)state;
	all_in_turn(FAULT_SHORT);
}

static int
make_root(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "%.60s/errors.XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm"
					       : getenv("TEST_TMPDIR"));
	if (mkdtemp(root) == NULL)
		return -1;
	kept = kept_read(KEPT);
	h.owner = (struct raft_owner){ .cluster = "red", .self = { 1, 77 } };
	make_image(sent, &image);
	return 0;
}

static int
delete_root(void **state)
{
	uint64_t all = 0;

	(void)state;
	delete_folder(root);
	if (kept_anew)
		write_kept();
	free(kept);
	for (size_t s = 0; s < STEPS; s++) {
		print_message("%24s:", steps[s].name);
		for (size_t o = 0; o < OUTCOMES; o++) {
			print_message(" %s %" PRIu64, outcomes[o], lives[s][o]);
			all += lives[s][o];
		}
		print_message("\n");
	}
	print_message("%" PRIu64 " lives, in each of which another call failed "
		      "in another way\n", all);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_disk_that_fails_once_stops_it_or_costs_one_thing),
		cmocka_unit_test(a_disk_that_is_gone_stops_it),
		cmocka_unit_test(a_disk_that_is_full_once_is_survived),
		cmocka_unit_test(a_disk_that_stays_full_is_survived),
		cmocka_unit_test(
		    a_process_without_files_takes_nothing_for_damage),
		cmocka_unit_test(what_is_interrupted_is_gone_on_with),
		cmocka_unit_test(what_is_done_by_half_is_gone_on_with),
	};

	kept_begin(argc, argv);
	return cmocka_run_group_tests(tests, make_root, delete_root);
}
