/*
 * All that is said of a folder, by every verb, in every state that it may be found in:
 * kept whole, beside this file.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * After a change that is meant:
 *
 *     bazel run //tests/unit:rescue_kept_test -- --write
 */
#include "tests/unit/rescue_scene.h"

#include "assists/rescue/inside.h"
#include "assists/rescue/json.h"
#include "tests/kept.h"

#define KEPT "tests/unit/rescue.txt"

static bool kept_anew;

static struct fixture {
	struct scene scene;
	const char *folder;
	char kept[PATH_MAX];
	/** What is kept, as it grows. */
	char *text;
	size_t length;
	FILE *out;
	struct said said;
} f;

/* ------------------------------------------------- what is another each time */

static void
replace(char **text, const char *old, const char *new)
{
	char *at = *text, *found, *made = NULL;
	size_t length;
	FILE *out;

	if (*old == '\0')
		return;
	out = open_memstream(&made, &length);
	for (; (found = strstr(at, old)) != NULL; at = found + strlen(old))
		fprintf(out, "%.*s%s", (int)(found - at), at, new);
	fputs(at, out);
	assert_int_equal(fclose(out), 0);
	free(*text);
	*text = made;
}

/* Where it is, and who it is; only letters have a place here. */
static void
say_plainly(char **text)
{
	char word[PATH_MAX + 16], name[32];
	struct conf conf;

	for (int id = 1; id <= ACTORS_MAX; id++) {
		char error[RAFT_SERVER_ERROR_BYTES];

		snprintf(name, sizeof(name), "HOST:%d", id);
		replace(text, f.scene.actors[id].address, name);
		snprintf(word, sizeof(word), "%s/server.conf",
			 id == 1 ? f.kept : f.scene.actors[id].folder);
		if (!raft__conf_read(
			word, &conf,
			&(struct complaint){ error, sizeof(error) }))
			continue;
		snprintf(word, sizeof(word), "%" PRIx64, conf.incarnation);
		snprintf(name, sizeof(name), "INCARNATION-%d", id);
		replace(text, word, name);
	}
	replace(text, f.scene.root, "ROOT");
}

/* ------------------------------------------------------------------- verbs */

static void
tell(const char *verb, bool done, const char *text, const char *error)
{
	fprintf(f.out, "-- %s%s%s\n%s", verb, done ? "" : ": ",
		done ? "" : error, text);
}

static void
tell_dump(const char *name, struct raft_rescue_range range)
{
	bool done;

	memset(f.said.text, 0, sizeof(f.said.text));
	done = dump(f.folder, range, &f.said);
	tell(name, done, f.said.text, f.said.error);
}

static void
tell_json(void)
{
	FILE *out;
	bool done;

	memset(&f.said, 0, sizeof(f.said));
	out = fmemopen(f.said.text, sizeof(f.said.text), "w");
	done = json_survey(f.folder, false, out, f.said.error,
			   sizeof(f.said.error));
	assert_int_equal(fclose(out), 0);
	tell("json", done, f.said.text, f.said.error);
}

static void
tell_export(void)
{
	struct raft_rescue_backup backup;
	char file[PATH_MAX], text[256] = "";
	bool done;

	snprintf(file, sizeof(file), "%s/backup", f.scene.root);
	f.said.error[0] = '\0';
	done = raft_rescue_export(f.folder, file, &backup, f.said.error,
				  sizeof(f.said.error));
	if (done)
		snprintf(text, sizeof(text),
			 "entry %" PRIu64 " of term %" PRIu64 ", %" PRIu64
			 " bytes of server %" PRIu64 " of cluster %s\n",
			 backup.snapshot.index, backup.snapshot.term,
			 backup.bytes, backup.server.id, backup.cluster);
	tell("export", done, text, f.said.error);
	unlink(file);
}

static void
tell_all(const char *state)
{
	bool done;

	fprintf(f.out, "== %s\n", state);
	memset(f.said.text, 0, sizeof(f.said.text));
	done = show(f.folder, &f.said);
	tell("show", done, f.said.text, f.said.error);
	memset(f.said.text, 0, sizeof(f.said.text));
	done = verify(f.folder, &f.said);
	tell("verify", done, "", f.said.error);
	tell_json();
	tell_dump("dump of one",
		  (struct raft_rescue_range){ .first = 20, .last = 20 });
	tell_export();
}

/* --------------------------------------------------------------- the folder */

/** What may have happened to it; $F is where it is, $N its newest snapshot, and $O the
 *  one before. */
static const char *const states[] = {
	"true",
	"rm $N",
	"truncate -s 9 $N",
	"truncate -s 9 $N $O",
	"rm $N $O",
	"rm -r $F/snapshots",
	"rm -r $F/snapshots && echo a >$F/snapshots",
	"rm -r $F/log",
	"rm -r $F/log && echo a >$F/log",
	"rm $F/log/log",
	"truncate -s 100 $F/log/log",
	"printf x | dd of=$F/log/log bs=1 seek=8 conv=notrunc 2>/dev/null",
	"rm $F/server.conf",
	"sed -i 's/^format 1/format 2/' $F/server.conf",
	"sed -i 's/^cluster .*/cluster blue/' $F/server.conf",
	"sed -i 's/^id 1/id 2/' $F/server.conf",
	"mkdir $F/anew",
};

static void
make_state(const char *how)
{
	shell("F=%s && rm -rf $F && cp -a %s $F && set -- $F/snapshots/0* && "
	      "O=$1 N=$2 && %s",
	      f.folder, f.kept, how);
}

static void
make_folder(void)
{
	struct scene *scene = &f.scene;
	struct wish wish = { 0 };
	uint64_t session;

	scene_open(scene);
	scene->options.snapshot_tail_entries = 4;
	f.folder = scene->actors[1].folder;
	snprintf(f.kept, sizeof(f.kept), "%s/kept", scene->root);
	make_server(scene, 1, (struct raft_server_create){ 0 });
	start(scene, 1);
	raft_server_register(scene->actors[1].server, 0, wish_done, &wish);
	session = wait_for(scene, &wish).index;
	propose(scene, 1, "100", session, 7, &wish);
	assert_int_equal(wait_for(scene, &wish).result, RAFT_SERVER_OK);
	for (int i = 0; i < 3; i++) {
		for (int j = 0; j < 7; j++)
			assert_int_equal(
			    add(scene, 1, "1\\\x7f\x1f ~\x80").result,
			    RAFT_SERVER_OK);
		if (i < 2)
			take_snapshot(scene, 1);
	}
	stop(scene, 1);
	shell("mv %s %s", f.folder, f.kept);
}

/* At the first and the last entry there is, and beside them. */
static void
tell_ranges(void)
{
	static const struct raft_rescue_range ranges[] = {
		{ 0, 0, false },   { 0, 0, true },    { 25, 25, false },
		{ 25, 26, false }, { 26, 26, false }, { 24, 23, false },
		{ 11, 12, true },  { 10, 12, false }, { 12, 12, false },
		{ 0, 12, false },  { 24, 0, false },  { 1, 1, false },
	};
	char name[64];

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		snprintf(name, sizeof(name), "dump %d to %d%s",
			 (int)ranges[i].first, (int)ranges[i].last,
			 ranges[i].hex ? ", hex" : "");
		tell_dump(name, ranges[i]);
	}
}

/* Of one whose snapshot is of all that there is, but for what a leader begins with. */
static void
tell_covered(void)
{
	struct scene *scene = &f.scene;

	f.folder = scene->actors[4].folder;
	make_server(scene, 4, (struct raft_server_create){ 0 });
	start(scene, 4);
	assert_int_equal(add(scene, 4, "1").result, RAFT_SERVER_OK);
	take_snapshot(scene, 4);
	stop(scene, 4);
	tell_all("nothing behind the snapshot");
	start(scene, 4);
	assert_true(run_until(&scene->loop,
			      status_of(scene, 4).raft.applied_index == 4,
			      PATIENCE_MS));
	stop(scene, 4);
	tell_all("one entry behind the snapshot");
	f.folder = scene->actors[1].folder;
}

/* ---------------------------------------------------------------- recovery */

static void
tell_recovery(const char *name, const char *folder,
	      struct raft_rescue_recovery recovery)
{
	struct asked asked = { .agrees = false };
	bool done = recover_as(folder, recovery, &asked);
	char *at = strchr(asked.text, '~');

	/* The life is another each time. */
	for (; at != NULL; at = strchr(at + 1, '~'))
		memcpy(at + 1, "LIFELIFE", 8);
	tell(name, done, asked.text, asked.error);
}

static void
tell_recoveries(void)
{
	struct scene *scene = &f.scene;
	const char *first = scene->actors[2].folder;
	const char *second = scene->actors[3].folder;
	char one[2 * PATH_MAX];

	make_state("true");
	fprintf(f.out, "== recovery\n");
	tell_recovery("recover one that decides alone", f.folder,
		      (struct raft_rescue_recovery){ 0 });
	snprintf(scene->first, sizeof(scene->first), "2=%s two,3=%s,4=%s",
		 scene->actors[2].address, scene->actors[3].address,
		 scene->actors[4].address);
	for (uint64_t id = 2; id <= 3; id++)
		make_server(
		    scene, id,
		    (struct raft_server_create){ .first = scene->first });
	make_joining(scene, 5, 1, false);
	shell("touch -d 2001-02-03T04:05:06Z %s/log/*", first);
	tell_recovery("recover one of three", first,
		      (struct raft_rescue_recovery){ 0 });
	tell_recovery("recover one beside another", first,
		      (struct raft_rescue_recovery){ .others = &second,
						     .other_count = 1 });
	tell_recovery("recover one beside itself", first,
		      (struct raft_rescue_recovery){ .others = &first,
						     .other_count = 1 });
	shell("sed -i 's/^cluster .*/cluster blue/' %s/server.conf", second);
	tell_recovery("recover one beside one that cannot be compared", first,
		      (struct raft_rescue_recovery){ .others = &second,
						     .other_count = 1 });
	tell_recovery("recover one that is no member", scene->actors[5].folder,
		      (struct raft_rescue_recovery){ 0 });
	snprintf(one, sizeof(one), "%s/none", scene->root);
	tell_recovery("recover what is not there", one,
		      (struct raft_rescue_recovery){ 0 });
	shell("rm -r %s/log/log* && touch %s/log/.log", first, first);
	tell_recovery("recover one without a log", first,
		      (struct raft_rescue_recovery){ 0 });
}

/* -------------------------------------------------------------------- tests */

static void
all_that_is_said_is_kept(void **state)
{
	char *kept;

	(void)state;
	make_folder();
	f.out = open_memstream(&f.text, &f.length);
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		make_state(states[i]);
		tell_all(states[i]);
	}
	make_state("true");
	tell_ranges();
	tell_covered();
	tell_recoveries();
	assert_int_equal(fclose(f.out), 0);
	say_plainly(&f.text);
	kept = kept_read(KEPT);
	assert_true(kept_is(KEPT, kept, f.text, kept_anew));
	free(kept);
	free(f.text);
	scene_close(&f.scene);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_is_said_is_kept),
	};

	kept_anew = kept_writes(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
