/*
 * Servers whose log is not the kit's: it keeps the machine's state, too, and so a server
 * goes on where it was, with no snapshot to load and nothing shown twice.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The log here is the kit's in the clothes of another: what was applied is in a book
 * beside it, which outlives the server as a disk would.
 */
#include <sys/statvfs.h>

#include "tests/unit/server_scene.h"

#include "assists/server/inside.h"

#define PAGES 64

/** What the machine is. */
struct sums {
	uint64_t sum, count;
	struct raft_entry_id applied;
};

/** Of one server: what it keeps, and what it was asked for. */
struct book {
	struct sums now;
	/** As it was when that entry was applied. */
	struct sums pages[PAGES];
	/** Between begin and applied. */
	bool is_open;
	unsigned opened, asked, begun, loads;
	/** What it cannot do. */
	bool opens_not, stores_not, begins_not, applies_not, loads_not;
	/** It keeps what is to be flushed for itself. */
	bool holds;
	struct ledger *ledger;
	char said[RAFT_SERVER_EVENT_DISK + 1][RAFT_SERVER_ERROR_BYTES];
	unsigned snapshots;
};

static struct book books[ACTORS_MAX + 1];

/** The log. */
struct ledger {
	struct raft_log_file *file;
	/** NULL: while a server is made. */
	struct book *book;
	void *context;
	void (*failed)(void *context, const char *why);
};

/** Those that are open. */
static unsigned ledgers;
/** While a server is made: what cannot be done. */
static bool creates_not, opens_not, flushes_not;
static unsigned created;

/* ------------------------------------------------------------------- the log */

static void
save(void *log, const struct raft_save *save)
{
	raft_log_file.save(((struct ledger *)log)->file, save);
}

static void
flush(void *log)
{
	struct ledger *ledger = log;

	if (flushes_not)
		ledger->failed(ledger->context, "no ink");
	else if (ledger->book == NULL || !ledger->book->holds)
		raft_log_file.flush(ledger->file);
}

static size_t
read_entries(void *log, uint64_t first, size_t count, size_t bytes_max,
	     struct raft_entry *entries)
{
	return raft_log_file.read(((struct ledger *)log)->file, first, count,
				  bytes_max, entries);
}

static void
trim(void *log, struct raft_entry_id snapshot)
{
	raft_log_file.trim(((struct ledger *)log)->file, snapshot);
}

static const struct raft_node_log functions = {
	.save = save,
	.flush = flush,
	.read = read_entries,
	.trim = trim,
};

static bool
create_log(const char *path, struct raft_owner *owner, char *error, size_t size)
{
	created++;
	if (creates_not) {
		snprintf(error, size, "no paper");
		return false;
	}
	return raft_log_file_create(path, owner, error, size);
}

static void *
open_log(void *machine, const char *path, const struct raft_owner *owner,
	 char *error, size_t size)
{
	struct raft_log_file_options options = { .path = path,
						 .owner = *owner };
	struct ledger *ledger;

	if (machine != NULL ? ((struct book *)machine)->opens_not : opens_not) {
		snprintf(error, size, "no light");
		return NULL;
	}
	ledger = calloc(1, sizeof(*ledger));
	assert_non_null(ledger);
	ledger->file = raft_log_file_open(&options, error, size);
	if (ledger->file == NULL)
		fail_msg("%s", error);
	ledger->book = machine;
	if (machine != NULL) {
		ledger->book->ledger = ledger;
		ledger->book->opened++;
	}
	ledgers++;
	return ledger;
}

static void
close_log(void *log)
{
	struct ledger *ledger = log;

	raft_log_file_close(ledger->file);
	free(ledger);
	ledgers--;
}

static void
bind_log(void *log, void *context, void (*saved)(void *context, uint64_t token),
	 void (*failed)(void *context, const char *why))
{
	struct ledger *ledger = log;

	ledger->context = context;
	ledger->failed = failed;
	raft_log_file_bind(ledger->file, context, saved, failed);
}

static bool
stored_log(void *log, struct raft_stored *stored, struct raft_entry_id *needed)
{
	struct ledger *ledger = log;

	ledger->book->asked++;
	if (ledger->book->stores_not ||
	    !raft_log_file_stored(ledger->file, stored))
		return false;
	stored->applied_index = ledger->book->now.applied.index;
	*needed = (struct raft_entry_id){ 0 };
	if (stored->applied_index < stored->snapshot.index)
		*needed = stored->snapshot;
	return true;
}

static bool
fails(const struct ledger *ledger, bool fails)
{
	if (fails)
		ledger->failed(ledger->context, "the pen is broken");
	return fails;
}

static bool
begin(void *log)
{
	struct ledger *ledger = log;

	assert_false(ledger->book->is_open);
	if (fails(ledger, ledger->book->begins_not))
		return false;
	ledger->book->is_open = true;
	ledger->book->begun++;
	return true;
}

static bool
applied(void *log, struct raft_entry_id last)
{
	struct ledger *ledger = log;
	struct book *book = ledger->book;

	assert_true(book->is_open);
	book->is_open = false;
	if (fails(ledger, book->applies_not))
		return false;
	assert_in_range(last.index, book->now.applied.index + 1, PAGES - 1);
	book->now.applied = last;
	book->pages[last.index] = book->now;
	return true;
}

static const struct raft_server_log ledger_log = {
	.functions = &functions,
	.create = create_log,
	.open = open_log,
	.close = close_log,
	.bind = bind_log,
	.stored = stored_log,
	.begin = begin,
	.applied = applied,
};

/* --------------------------------------------------------------- the machine */

static void
apply(void *machine, struct raft_server_entry *entries, size_t count)
{
	struct book *book = machine;

	assert_true(book->is_open);
	for (size_t i = 0; i < count; i++) {
		char text[32] = "";

		memcpy(text, entries[i].data, entries[i].length);
		book->now.sum += strtoull(text, NULL, 10);
		book->now.count++;
		entries[i].answer_length =
		    (size_t)snprintf(entries[i].answer, entries[i].answer_room,
				     "%" PRIu64, book->now.sum);
	}
}

static void *
freeze(void *machine)
{
	struct sums *frozen = malloc(sizeof(*frozen));

	assert_non_null(frozen);
	*frozen = ((struct book *)machine)->now;
	return frozen;
}

static bool
write_down(void *frozen, struct raft_server_sink *sink)
{
	static const char more[8192];

	for (unsigned i = 0; i < 16; i++)
		if (!raft_server_write(sink, more, sizeof(more)))
			return false;
	return raft_server_write(sink, frozen, sizeof(struct sums));
}

static bool
load(void *machine, struct raft_server_source *source)
{
	struct book *book = machine;
	char more[8192];

	book->loads++;
	for (unsigned i = 0; i < 16; i++)
		if (raft_server_take(source, more, sizeof(more)) !=
		    sizeof(more))
			return false;
	return !book->loads_not &&
	       raft_server_take(source, &book->now, sizeof(book->now)) ==
		   sizeof(book->now);
}

static void
note(void *machine, const struct raft_server_event *event)
{
	struct book *book = machine;

	check_news((uint64_t)(book - books), event);
	book->snapshots += strcmp(event->key, "snapshot-taken") == 0;
	strlcpy(book->said[event->kind], event->text, sizeof(book->said[0]));
}

static const struct raft_server_machine machine = {
	.apply = apply,
	.freeze = freeze,
	.write = write_down,
	.load = load,
	.thaw = free,
	.event = note,
};

/* ------------------------------------------------------------------ the scene */

/** What is free on the disk: all there is. */
static uint64_t is_free = UINT32_MAX;
static unsigned looks;

int
statvfs(const char *path, struct statvfs *status)
{
	(void)path;
	looks++;
	*status = (struct statvfs){
		.f_blocks = UINT32_MAX,
		.f_bavail = is_free,
		.f_frsize = 1,
	};
	return 0;
}

static void
open_scene(struct scene *scene, int count)
{
	scene_open(scene);
	memset(books, 0, sizeof(books));
	scene->options.log = &ledger_log;
	scene->options.snapshot_tail_entries = 1;
	/* Whoever leads waits for the disk in the loop. */
	if (count > 1)
		scene->election_timeout_us = 1000000;
	for (int id = 1; id <= count; id++) {
		size_t used = strlen(scene->first);

		snprintf(scene->first + used, sizeof(scene->first) - used,
			 "%s%d=%s", id > 1 ? "," : "", id,
			 scene->actors[id].address);
	}
	for (int id = 1; id <= count; id++)
		make_server(scene, (uint64_t)id,
			    (struct raft_server_create){ .first = scene->first,
							 .log = &ledger_log });
}

/* Not yet on the loop. Returns what is wrong. */
static const char *
open_one(struct scene *scene, uint64_t id)
{
	static char error[RAFT_SERVER_ERROR_BYTES];
	struct actor *actor = &scene->actors[id];

	books[id].asked = books[id].loads = 0;
	error[0] = '\0';
	actor->server =
	    raft_server_open(actor->folder, &scene->options, &machine,
			     &books[id], error, sizeof(error));
	assert_int_equal(actor->server == NULL, error[0] != '\0');
	return error;
}

static void
run_one(struct scene *scene, uint64_t id)
{
	char error[RAFT_SERVER_ERROR_BYTES];

	assert_string_equal(open_one(scene, id), "");
	if (!raft_server_attach(scene->actors[id].server, &scene->loop, error,
				sizeof(error)))
		fail_msg("%s", error);
}

static void
close_scene(struct scene *scene)
{
	scene_close(scene);
	assert_int_equal(ledgers, 0);
}

/* Up to which entry. */
static struct raft_entry_id
take_snapshot(struct scene *scene, uint64_t id)
{
	unsigned before = books[id].snapshots;

	raft_server_snapshot(scene->actors[id].server);
	assert_true(
	    run_until(&scene->loop, books[id].snapshots > before, PATIENCE_MS));
	return status_of(scene, id).snapshot;
}

static void
assert_sum(struct scene *scene, uint64_t id, const char *add_this,
	   const char *sum)
{
	struct wish wish = add(scene, id, add_this);

	assert_int_equal(wish.result, RAFT_SERVER_OK);
	assert_string_equal(wish.answer, sum);
}

/* One by itself, with 1, 2, 3, a snapshot, another term, and 4. Returns the
 * snapshot. */
static struct raft_entry_id
live(struct scene *scene)
{
	struct raft_entry_id snapshot;

	open_scene(scene, 1);
	run_one(scene, 1);
	assert_sum(scene, 1, "1", "1");
	assert_sum(scene, 1, "2", "3");
	cut_off(scene, 1);
	run_one(scene, 1);
	assert_sum(scene, 1, "3", "6");
	snapshot = take_snapshot(scene, 1);
	stop(scene, 1);
	run_one(scene, 1);
	assert_sum(scene, 1, "4", "10");
	stop(scene, 1);
	return snapshot;
}

/* ------------------------------------------------------------------- at a start */

static void
it_goes_on_where_it_was(void **state)
{
	struct scene scene;
	struct raft_entry_id snapshot = live(&scene),
			     last = books[1].now.applied;
	const struct raft_server *server;

	(void)state;
	assert_int_equal(snapshot.index, last.index - 2);
	assert_int_equal(snapshot.term, last.term - 1);
	assert_string_equal(open_one(&scene, 1), "");
	server = scene.actors[1].server;
	assert_int_equal(books[1].loads, 0);
	assert_int_equal(books[1].asked, 1);
	assert_int_equal(server->applied.index, last.index);
	assert_int_equal(server->applied.term, last.term);
	assert_int_equal(server->snapshot.index, snapshot.index);
	assert_int_equal(server->snapshot.term, snapshot.term);
	cut_off(&scene, 1);
	run_one(&scene, 1);
	assert_sum(&scene, 1, "5", "15");
	assert_int_equal(books[1].now.count, 5);
	assert_int_equal(status_of(&scene, 1).raft.applied_index,
			 books[1].now.applied.index);
	close_scene(&scene);
}

/* A crash may have taken what was applied last: the log has it. */
static void
what_the_state_lacks_is_shown_again(void **state)
{
	struct scene scene;
	struct raft_entry_id snapshot = live(&scene);
	uint64_t last = books[1].now.applied.index;

	(void)state;
	/* With all that the newest snapshot has, no other is needed. */
	for (uint64_t back = snapshot.index; back <= last; back++) {
		books[1].now = books[1].pages[back];
		assert_string_equal(open_one(&scene, 1), "");
		assert_int_equal(books[1].loads, 0);
		assert_int_equal(scene.actors[1].server->applied.index, back);
		assert_int_equal(scene.actors[1].server->applied.term,
				 books[1].pages[back].applied.term);
		cut_off(&scene, 1);
	}
	books[1].now = books[1].pages[snapshot.index];
	run_one(&scene, 1);
	assert_sum(&scene, 1, "5", "15");
	assert_int_equal(books[1].now.count, 5);
	close_scene(&scene);
}

/* With less it is taken from the snapshot, and the log is asked again. */
static void
a_state_that_is_older_than_the_snapshot_is_loaded(void **state)
{
	struct scene scene;
	struct raft_entry_id snapshot = live(&scene);
	uint64_t olds[] = { 0, snapshot.index - 1 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		books[1].now = books[1].pages[olds[i]];
		assert_string_equal(open_one(&scene, 1), "");
		assert_int_equal(books[1].loads, 1);
		assert_int_equal(books[1].asked, 2);
		assert_int_equal(books[1].now.applied.index, snapshot.index);
		assert_int_equal(books[1].now.sum, 6);
		assert_int_equal(scene.actors[1].server->applied.index,
				 snapshot.index);
		assert_int_equal(scene.actors[1].server->applied.term,
				 snapshot.term);
		assert_int_equal(scene.actors[1].server->snapshot.index,
				 snapshot.index);
		cut_off(&scene, 1);
	}
	books[1].now = (struct sums){ 0 };
	run_one(&scene, 1);
	assert_sum(&scene, 1, "5", "15");
	assert_int_equal(books[1].now.count, 5);
	close_scene(&scene);
}

static void
what_cannot_be_opened_is_refused(void **state)
{
	struct scene scene;
	char path[PATH_MAX + 32], other[PATH_MAX + 32], sentence[2 * PATH_MAX];
	struct raft_entry_id snapshot = live(&scene);

	(void)state;
	books[1].opens_not = true;
	assert_string_equal(open_one(&scene, 1), "no light");
	books[1].opens_not = false;
	books[1].stores_not = true;
	snprintf(sentence, sizeof(sentence), "%s: the log cannot be read",
		 scene.actors[1].folder);
	assert_string_equal(open_one(&scene, 1), sentence);
	assert_int_equal(books[1].asked, 1);
	books[1].stores_not = false;
	books[1].now = (struct sums){ 0 };
	books[1].loads_not = true;
	snprintf(sentence, sizeof(sentence),
		 "the snapshot of entry %" PRIu64
		 " is not one that this program's machine can load",
		 snapshot.index);
	assert_string_equal(open_one(&scene, 1), sentence);
	books[1].loads_not = false;
	snprintf(path, sizeof(path), "%s/snapshots", scene.actors[1].folder);
	snprintf(other, sizeof(other), "%s/other", scene.actors[1].folder);
	assert_int_equal(rename(path, other), 0);
	fclose(fopen(path, "w"));
	assert_non_null(strstr(open_one(&scene, 1), "/snapshots"));
	assert_int_equal(ledgers, 0);
	assert_int_equal(remove(path), 0);
	assert_int_equal(rename(other, path), 0);
	snprintf(path, sizeof(path), "%s/server.conf", scene.actors[1].folder);
	assert_int_equal(rename(path, other), 0);
	assert_non_null(strstr(open_one(&scene, 1), "no server.conf"));
	assert_int_equal(rename(other, path), 0);
	assert_string_equal(open_one(&scene, 1), "");
	close_scene(&scene);
}

/* ------------------------------------------------------------- when one is made */

static void
refuse_making(struct scene *scene, const char *sentence)
{
	const struct raft_server_create create = {
		.id = 2,
		.cluster = "scene",
		.address = scene->actors[2].address,
		.log = &ledger_log,
	};
	char error[RAFT_SERVER_ERROR_BYTES] = "", path[PATH_MAX + 32];

	assert_false(raft_server_create(scene->actors[2].folder, &create, error,
					sizeof(error)));
	assert_string_equal(error, sentence);
	assert_int_equal(ledgers, 0);
	snprintf(path, sizeof(path), "%s/server.conf", scene->actors[2].folder);
	assert_int_not_equal(access(path, F_OK), 0);
	snprintf(path, sizeof(path), "rm -r %s", scene->actors[2].folder);
	assert_int_equal(system(path), 0);
}

static void
one_that_cannot_be_made_is_refused(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	creates_not = true;
	refuse_making(&scene, "no paper");
	creates_not = false;
	opens_not = true;
	refuse_making(&scene, "no light");
	opens_not = false;
	flushes_not = true;
	refuse_making(&scene, "no ink");
	flushes_not = false;
	close_scene(&scene);
}

static void
a_command_line_makes_one(void **state)
{
	struct scene scene;
	char *words[9];

	(void)state;
	scene_open(&scene);
	memset(books, 0, sizeof(books));
	scene.options.log = &ledger_log;
	words[0] = strdup("make");
	words[1] = strdup(scene.actors[1].folder);
	words[2] = strdup("--id");
	words[3] = strdup("1");
	words[4] = strdup("--cluster");
	words[5] = strdup("scene");
	words[6] = strdup("--address");
	words[7] = strdup(scene.actors[1].address);
	words[8] = NULL;
	created = 0;
	assert_int_equal(raft_server_make_with(&ledger_log, 8, words), 0);
	assert_int_equal(created, 1);
	for (size_t i = 0; i < 8; i++)
		free(words[i]);
	run_one(&scene, 1);
	assert_sum(&scene, 1, "7", "7");
	close_scene(&scene);
}

/* ------------------------------------------------------------------ as it goes */

static void
it_keeps_no_sessions(void **state)
{
	struct scene scene;
	struct wish wish = { 0 };

	(void)state;
	open_scene(&scene, 1);
	run_one(&scene, 1);
	assert_sum(&scene, 1, "1", "1");
	raft_server_register(scene.actors[1].server, 0, wish_done, &wish);
	assert_int_equal(wait_for(&scene, &wish).result, RAFT_SERVER_EXPIRED);
	propose(&scene, 1, "5", 1, 1, &wish);
	assert_int_equal(wait_for(&scene, &wish).result, RAFT_SERVER_EXPIRED);
	assert_int_equal(wish.answer[0], '\0');
	assert_sum(&scene, 1, "2", "3");
	assert_int_equal(status_of(&scene, 1).sessions, 0);
	close_scene(&scene);
}

/* A state that were ahead of its log would have what may never be committed. */
static void
nothing_is_applied_before_it_is_on_the_disk(void **state)
{
	struct scene scene;
	struct wish wish;
	uint64_t who, count;

	(void)state;
	open_scene(&scene, 3);
	for (uint64_t id = 1; id <= 3; id++)
		run_one(&scene, id);
	who = await_leader(&scene);
	assert_sum(&scene, who, "1", "1");
	count = books[who].now.count;
	books[who].holds = true;
	propose(&scene, who, "2", 0, 0, &wish);
	/* The others have it. */
	assert_true(run_until(&scene.loop,
			      status_of(&scene, who).raft.commit_index >
				  status_of(&scene, who).raft.applied_index,
			      PATIENCE_MS));
	run_until(&scene.loop, false, 50);
	assert_int_equal(books[who].now.count, count);
	assert_false(wish.ended);
	books[who].holds = false;
	raft_log_file.flush(books[who].ledger->file);
	assert_string_equal(wait_for(&scene, &wish).answer, "3");
	close_scene(&scene);
}

static void
one_that_fails_stops_its_server(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct scene scene;
		struct wish wish;

		open_scene(&scene, 1);
		run_one(&scene, 1);
		assert_sum(&scene, 1, "1", "1");
		if (i == 0)
			books[1].begins_not = true;
		else
			books[1].applies_not = true;
		propose(&scene, 1, "2", 0, 0, &wish);
		assert_true(run_until(
		    &scene.loop,
		    books[1].said[RAFT_SERVER_EVENT_STOPPED][0] != '\0',
		    PATIENCE_MS));
		assert_string_equal(books[1].said[RAFT_SERVER_EVENT_STOPPED],
				    "the pen is broken");
		assert_int_not_equal(wait_for(&scene, &wish).result,
				     i == 0 ? RAFT_SERVER_OK
					    : RAFT_SERVER_REFUSED);
		assert_int_equal(
		    books[1].now.applied.index,
		    books[1].pages[books[1].now.applied.index].applied.index);
		assert_int_equal(add(&scene, 1, "3").result,
				 RAFT_SERVER_CLOSED);
		close_scene(&scene);
	}
}

static void
a_leaders_snapshot_takes_the_place_of_the_state(void **state)
{
	struct scene scene;
	const struct raft_server *server;
	struct raft_server_member member;
	struct raft_entry_id snapshot;
	uint64_t who, other;

	(void)state;
	open_scene(&scene, 3);
	for (uint64_t id = 1; id <= 3; id++)
		run_one(&scene, id);
	who = await_leader(&scene);
	other = await_follower(&scene);
	assert_sum(&scene, who, "1", "1");
	assert_true(
	    run_until(&scene.loop, books[other].now.count == 1, PATIENCE_MS));
	stop(&scene, other);
	for (int i = 0; i < 5; i++)
		assert_int_equal(add(&scene, who, "10").result, RAFT_SERVER_OK);
	/* Of a log that is not the kit's nobody knows the bytes. */
	for (size_t i = 0;
	     raft_server_member(scene.actors[who].server, i, &member); i++) {
		if (member.raft.identity.id != other)
			continue;
		assert_true(member.lag_is_known);
		assert_int_equal(member.lag.entries, 5);
		assert_int_equal(member.lag.bytes, 0);
	}
	/* One is to spare: the log is kept up to the last but one. */
	take_snapshot(&scene, who);
	assert_sum(&scene, who, "3", "54");
	snapshot = take_snapshot(&scene, who);
	assert_sum(&scene, who, "4", "58");
	run_one(&scene, other);
	assert_int_equal(books[other].loads, 0);
	assert_true(
	    run_until(&scene.loop, books[other].now.sum == 58, PATIENCE_MS));
	assert_int_equal(books[other].loads, 1);
	assert_int_equal(books[other].now.count, 8);
	assert_int_equal(status_of(&scene, other).snapshot.index,
			 snapshot.index);
	cut_off(&scene, other);
	/* A crash has taken what came after it. */
	books[other].now = (struct sums){ 54, 7, snapshot };
	assert_string_equal(open_one(&scene, other), "");
	server = scene.actors[other].server;
	assert_int_equal(books[other].loads, 0);
	assert_int_equal(server->folder.stored.snapshot.index, snapshot.index);
	assert_int_equal(server->applied.index, snapshot.index);
	assert_int_equal(server->applied.term, snapshot.term);
	close_scene(&scene);
}

/* One that is written is copied on its way: there is to be room for three. And none is
 * taken to make room, for which it would take more. */
static void
room_is_kept_for_three_snapshots(void **state)
{
	struct scene scene;
	uint64_t bytes, kept;
	char sentence[128];

	(void)state;
	open_scene(&scene, 1);
	scene.options.snapshot_log_bytes = 1 << 20;
	run_one(&scene, 1);
	assert_sum(&scene, 1, "1", "1");
	bytes = raft_snapshot_file_size(
	    scene.actors[1].server->folder.snapshots, take_snapshot(&scene, 1));
	assert_in_range(bytes, 16 * 8192, 17 * 8192);
	assert_sum(&scene, 1, "1", "2");
	kept = (1 << 20) + 3 * bytes;
	is_free = kept;
	looks = 0;
	assert_true(run_until(&scene.loop, looks >= 2, PATIENCE_MS));
	assert_string_equal(books[1].said[RAFT_SERVER_EVENT_DISK], "");
	is_free = kept - 1;
	assert_true(run_until(&scene.loop,
			      books[1].said[RAFT_SERVER_EVENT_DISK][0] != '\0',
			      PATIENCE_MS));
	snprintf(sentence, sizeof(sentence),
		 "%" PRIu64 " KiB are free, and %" PRIu64 " are to be kept",
		 (kept - 1) >> 10, kept >> 10);
	assert_non_null(
	    strstr(books[1].said[RAFT_SERVER_EVENT_DISK], sentence));
	run_until(&scene.loop, false, 100);
	assert_int_equal(books[1].snapshots, 1);
	assert_int_equal(add(&scene, 1, "1").result, RAFT_SERVER_NO_ROOM);
	is_free = UINT32_MAX;
	close_scene(&scene);
}

/* Of it nothing is read through, and nothing measured. */
static void
its_bytes_are_its_own_affair(void **state)
{
	struct raft_server_measures measures;
	struct scene scene;
	uint64_t bytes;

	(void)state;
	open_scene(&scene, 1);
	scene.options.scrub_bytes = 1 << 30;
	run_one(&scene, 1);
	assert_sum(&scene, 1, "1", "1");
	bytes = raft_snapshot_file_size(
	    scene.actors[1].server->folder.snapshots, take_snapshot(&scene, 1));
	assert_true(run_until(&scene.loop,
			      status_of(&scene, 1).scrub.pass_total == bytes,
			      PATIENCE_MS));
	assert_true(run_until(&scene.loop,
			      status_of(&scene, 1).scrub.bytes >= 2 * bytes,
			      PATIENCE_MS));
	assert_int_equal(status_of(&scene, 1).scrub.damages, 0);
	raft_server_measures(scene.actors[1].server, &measures);
	assert_int_equal(measures.log_size.bytes, 0);
	assert_int_equal(measures.log.synced_bytes, 0);
	close_scene(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_goes_on_where_it_was),
		cmocka_unit_test(what_the_state_lacks_is_shown_again),
		cmocka_unit_test(
		    a_state_that_is_older_than_the_snapshot_is_loaded),
		cmocka_unit_test(what_cannot_be_opened_is_refused),
		cmocka_unit_test(one_that_cannot_be_made_is_refused),
		cmocka_unit_test(a_command_line_makes_one),
		cmocka_unit_test(it_keeps_no_sessions),
		cmocka_unit_test(nothing_is_applied_before_it_is_on_the_disk),
		cmocka_unit_test(one_that_fails_stops_its_server),
		cmocka_unit_test(
		    a_leaders_snapshot_takes_the_place_of_the_state),
		cmocka_unit_test(room_is_kept_for_three_snapshots),
		cmocka_unit_test(its_bytes_are_its_own_affair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
