/*
 * The inside of a real world, piece by piece: what it makes of what processes and
 * disks do that they should not, which no scenario can bring about.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "demos/weather/job.h"
#include "demos/weather/world.h"

#define NODES 3
/** Whatever is waited for comes long before. */
#define PATIENCE_S 30

/** Why nothing here has a network of its own; "": it has. */
static char no_network[256];

static struct weather_options weather = { .election_us = 1000000 };

/** A world of which a test is all the processes. */
struct scene {
	struct raft_sim *sim;
	/** Where the members would be. */
	int members[NODES];
};

static void *
allocate(size_t size)
{
	void *memory = calloc(1, size);

	assert_non_null(memory);
	return memory;
}

static void *
shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(memory != MAP_FAILED);
	return memory;
}

/* They count as running, and obey at once. */
static void
begin_node(struct scene *scene, uint32_t number)
{
	struct node *node = &scene->sim->nodes[number - 1];
	int ends[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	*node = (struct node){
		.number = number,
		.process = getpid(),
		.talk = ends[0],
		.obeyed = 1,
		.incarnation = 1,
		.disk = shared(sizeof(*node->disk)),
		.counts = shared(sizeof(*node->counts)),
	};
	scene->members[number - 1] = ends[1];
}

static struct scene
begin(void)
{
	struct scene scene = { .sim = allocate(sizeof(*scene.sim)) };
	struct raft_sim *sim = scene.sim;
	char error[256];

	raft_sim_defaults(&sim->options);
	sim->weather = &weather;
	sim->begun_ns = world_now_ns();
	sim->client.retry_at = UINT64_MAX;
	sim->node_count = NODES;
	sim->nodes = allocate(NODES * sizeof(*sim->nodes));
	raft_tally_init(&sim->tally, sim->options.election_us);
	sim->network = network_create(0, 1, 0, error, sizeof(error));
	assert_non_null(sim->network);
	for (uint32_t number = 1; number <= NODES; number++)
		begin_node(&scene, number);
	return scene;
}

static void
end(struct scene *scene)
{
	struct raft_sim *sim = scene->sim;

	for (uint32_t i = 0; i < NODES; i++) {
		if (sim->nodes[i].talk >= 0)
			close(sim->nodes[i].talk);
		close(scene->members[i]);
		munmap(sim->nodes[i].disk, sizeof(struct disk));
		munmap(sim->nodes[i].counts, sizeof(struct counts));
	}
	client_end(sim);
	record_free(&sim->record);
	network_destroy(sim->network);
	free(sim->nodes);
	free(sim);
}

/* A member says something. */
static void
say(struct scene *scene, uint32_t node, const struct report *report)
{
	assert_int_equal(send(scene->members[node - 1], report,
			      sizeof(*report), MSG_NOSIGNAL),
			 sizeof(*report));
	node_hear(scene->sim, &scene->sim->nodes[node - 1]);
}

static bool
accuses(const struct scene *scene, const char *words)
{
	const char *violation = world_violation(scene->sim);

	return violation != NULL && strstr(violation, words) != NULL;
}

/* ------------------------------------------------------------------ client */

static void
propose(struct scene *scene, size_t count)
{
	scene->sim->nodes[0].obeyed = scene->sim->orders + 1;
	assert_int_equal(client_propose(scene->sim, 1, count, 8), RAFT_OK);
}

static void
a_refused_batch_takes_no_other_with_it(void **state)
{
	struct scene scene = begin();

	(void)state;
	propose(&scene, 2);
	propose(&scene, 3);
	assert_int_equal(client_waiting(scene.sim), 5);
	say(&scene, 1,
	    &(struct report){ .kind = REPORT_REFUSED,
			      .id = 1,
			      .refused = RAFT_NOT_LEADER });
	assert_int_equal(client_waiting(scene.sim), 3);
	say(&scene, 1,
	    &(struct report){ .kind = REPORT_WRITTEN,
			      .id = 3,
			      .written = { RAFT_OUTCOME_COMMITTED, { 7, 1 } } });
	assert_int_equal(client_waiting(scene.sim), 2);
	end(&scene);
}

/* ------------------------------------------------------------------ record */

static void
acknowledge(struct scene *scene, uint64_t index, uint64_t term)
{
	propose(scene, 1);
	say(scene, 1,
	    &(struct report){
		.kind = REPORT_WRITTEN,
		.id = scene->sim->client.last_id,
		.written = { RAFT_OUTCOME_COMMITTED, { index, term } } });
}

/* With a log up to there. */
static void
lead(struct scene *scene, uint32_t node, uint64_t term, uint64_t last)
{
	say(scene, node,
	    &(struct report){
		.kind = REPORT_STATUS,
		.status.raft = { .role = RAFT_LEADER,
				 .term = term,
				 .last = { last, term } } });
}

static void
a_leader_without_an_acknowledged_write_is_accused(void **state)
{
	struct scene scene = begin();

	(void)state;
	acknowledge(&scene, 5, 1);
	lead(&scene, 2, 2, 4);
	assert_true(accuses(&scene, "no acknowledged write lost"));
	assert_int_equal(scene.sim->record.lost, 1);
	end(&scene);
}

static void
one_that_has_it_or_was_deposed_before_is_not(void **state)
{
	struct scene scene = begin();

	(void)state;
	acknowledge(&scene, 5, 3);
	lead(&scene, 2, 4, 5);
	/* It led before that was written, and says so only now. */
	lead(&scene, 3, 2, 4);
	assert_null(world_violation(scene.sim));
	assert_int_equal(scene.sim->record.lost, 0);
	end(&scene);
}

/* --------------------------------------------------------------- processes */

/* Instead of a member a process that ends so. */
static void
end_member(struct scene *scene, uint32_t number, int status)
{
	struct node *node = &scene->sim->nodes[number - 1];

	node->process = fork();
	assert_true(node->process >= 0);
	if (node->process == 0)
		_exit(status);
	close(scene->members[number - 1]);
	while (node->process != 0)
		node_hear(scene->sim, node);
}

static void
who_ends_by_itself_is_accused_whatever_its_status(void **state)
{
	(void)state;
	for (int status = 0; status <= 2; status++) {
		struct scene scene = begin();

		end_member(&scene, 1, status);
		assert_true(accuses(&scene, "n1 ended with status"));
		end(&scene);
	}
}

static void
who_was_refused_at_its_start_may_end(void **state)
{
	struct scene scene = begin();

	(void)state;
	say(&scene, 1,
	    &(struct report){ .kind = REPORT_NOT_STARTED,
			      .refused = RAFT_INCOMPATIBLE });
	end_member(&scene, 1, 1);
	assert_null(world_violation(scene.sim));
	end(&scene);
}

static void
whose_order_was_refused_may_not(void **state)
{
	struct scene scene = begin();

	(void)state;
	say(&scene, 1,
	    &(struct report){ .kind = REPORT_REFUSED,
			      .refused = RAFT_NOT_LEADER });
	end_member(&scene, 1, 1);
	assert_true(accuses(&scene, "n1 ended with status 1"));
	end(&scene);
}

/* A child of a child, that one dead before it looks. Whether it goes on. */
static bool
an_orphan_goes_on(void)
{
	int ends[2], status;
	pid_t parent;
	char goes_on = 0;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	parent = fork();
	assert_true(parent >= 0);
	if (parent == 0) {
		pid_t self = getpid();

		if (fork() != 0)
			_exit(0);
		while (getppid() == self)
			sched_yield();
		if (weather_ends_with(self))
			(void)!write(ends[1], "!", 1);
		_exit(0);
	}
	waitpid(parent, &status, 0);
	close(ends[1]);
	(void)!read(ends[0], &goes_on, 1);
	close(ends[0]);
	return goes_on != 0;
}

static void
who_is_an_orphan_already_does_not_go_on(void **state)
{
	(void)state;
	assert_false(an_orphan_goes_on());
}

static void
what_was_sent_counts_although_nothing_was_reported(void **state)
{
	struct scene scene = begin();
	struct raft_sim *sim = scene.sim;

	(void)state;
	sim->nodes[0].counts->messages += 5;
	sim->nodes[1].counts->messages += 2;
	sim->nodes[1].counts->pre_elections++;
	world_count(sim);
	world_count(sim);
	assert_int_equal(raft_tally_read(&sim->tally, world_now(sim),
					 RAFT_SIM_MESSAGES, false), 7);
	assert_int_equal(raft_tally_read(&sim->tally, world_now(sim),
					 RAFT_SIM_PRE_ELECTIONS, false), 1);
	end(&scene);
}

static void
who_waits_is_told_unless_its_scenario_has_it_wait(void **state)
{
	struct scene scene = begin();
	struct raft_sim *sim = scene.sim;

	(void)state;
	sim->nodes[0].counts->late_us = 200000;
	sim->nodes[0].disk->slowest_ns = 300000000;
	sim->nodes[1].is_slowed = true;
	sim->nodes[1].counts->late_us = 500000;
	sim->nodes[1].disk->slowest_ns = 500000000;
	world_count(sim);
	assert_int_equal(sim->late_ns, 200000000);
	assert_int_equal(sim->slow_ns, 300000000);
	end(&scene);
}

/* -------------------------------------------------------------------- disk */

/* So many syncs, in a process of its own. */
static pid_t
sync_often(struct disk *disk, int times)
{
	pid_t process = fork();
	int fd;

	assert_true(process >= 0);
	if (process != 0)
		return process;
	alarm(PATIENCE_S);
	disk_use(disk);
	fd = memfd_create("disk", MFD_CLOEXEC);
	while (times-- > 0)
		if (fdatasync(fd) != 0)
			_exit(1);
	_exit(0);
}

static void
a_latency_that_changes_is_the_one_or_the_other(void **state)
{
	const struct raft_sim_range none = { 0, 0 }, some = { 20, 20 };
	struct scene scene = begin();
	pid_t process = sync_often(scene.sim->nodes[0].disk, 20000);
	int status, ended = 0;

	(void)state;
	while (ended == 0) {
		for (int i = 0; i < 1000; i++)
			world_set_disk_latency(scene.sim, 1,
					       i % 2 == 0 ? some : none);
		ended = waitpid(process, &status, WNOHANG);
	}
	assert_int_equal(ended, process);
	assert_int_equal(status, 0);
	end(&scene);
}

/* ------------------------------------------------------------------ folder */

static bool
is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static void
wait_ms(long ms)
{
	const struct timespec pause = { .tv_nsec = ms * 1000000 };

	nanosleep(&pause, NULL);
}

/* A world that is killed leaves members behind for a moment, which still write. */
static void
a_folder_stays_while_a_member_lives(void **state)
{
	struct raft_sim_options options;
	char folder[FOLDER_BYTES];
	struct raft_sim *sim;

	(void)state;
	if (no_network[0] != '\0') {
		print_message("not tried: %s\n", no_network);
		skip();
	}
	raft_sim_defaults(&options);
	options.voters = 1;
	weather_use(&weather);
	sim = world_create(&options);
	strcpy(folder, sim->folder);
	assert_true(weather_world.start(sim, 1));
	while (sim->nodes[0].status.raft.role != RAFT_LEADER)
		(void)world_step(sim, world_now(sim) + 1000000);
	close(sim->folder_keeper);
	wait_ms(300);
	assert_true(is_there(folder));
	sim->folder_keeper = open("/dev/null", O_RDONLY | O_CLOEXEC);
	world_destroy(sim);
	for (int i = 0; is_there(folder) && i < PATIENCE_S * 100; i++)
		wait_ms(10);
	assert_false(is_there(folder));
}

/* -------------------------------------------------------------------- job */

/** A file larger than this is refused, once. */
#define FILE_BYTES_MAX (1 << 20)
#define NOTES 3000
#define NOTE_BYTES 400

/* In whatever process it happens to. */
static void
allow_more(int signal)
{
	struct rlimit limit;

	(void)signal;
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
}

static void
hear_line(void *context, uint64_t now, const char *line)
{
	(void)now;
	(void)line;
	++*(size_t *)context;
}

/* One that says more than a file takes at first. */
static struct raft_scenario *
long_scenario(void)
{
	char *text, error[256];
	size_t length;
	FILE *file = open_memstream(&text, &length);
	struct raft_scenario *scenario;

	fputs("nodes 1\n", file);
	for (int i = 0; i < NOTES; i++)
		fprintf(file, "note %0*d\n", NOTE_BYTES, i);
	fclose(file);
	scenario = raft_scenario_parse("long", text, length, error,
				       sizeof(error));
	if (scenario == NULL)
		fail_msg("%s", error);
	free(text);
	return scenario;
}

static void
a_run_that_could_not_be_written_down_has_no_result(void **state)
{
	struct raft_scenario_result result;
	struct raft_scenario_request request = { .seed = 1,
						 .trace = hear_line };
	struct rlimit before, less;
	struct weather_job *job;
	size_t lines = 0;
	char *late;

	(void)state;
	if (no_network[0] != '\0') {
		print_message("not tried: %s\n", no_network);
		skip();
	}
	request.scenario = long_scenario();
	request.context = &lines;
	getrlimit(RLIMIT_FSIZE, &before);
	less = before;
	less.rlim_cur = FILE_BYTES_MAX;
	signal(SIGXFSZ, allow_more);
	setrlimit(RLIMIT_FSIZE, &less);
	job = weather_job_begin(&request, &weather);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_false(weather_job_end(job, &result, &late));
	assert_int_equal(lines, 0);
	raft_scenario_free((struct raft_scenario *)request.scenario);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refused_batch_takes_no_other_with_it),
		cmocka_unit_test(
		    a_leader_without_an_acknowledged_write_is_accused),
		cmocka_unit_test(one_that_has_it_or_was_deposed_before_is_not),
		cmocka_unit_test(
		    who_ends_by_itself_is_accused_whatever_its_status),
		cmocka_unit_test(who_was_refused_at_its_start_may_end),
		cmocka_unit_test(whose_order_was_refused_may_not),
		cmocka_unit_test(who_is_an_orphan_already_does_not_go_on),
		cmocka_unit_test(
		    what_was_sent_counts_although_nothing_was_reported),
		cmocka_unit_test(
		    who_waits_is_told_unless_its_scenario_has_it_wait),
		cmocka_unit_test(
		    a_latency_that_changes_is_the_one_or_the_other),
		cmocka_unit_test(a_folder_stays_while_a_member_lives),
		cmocka_unit_test(
		    a_run_that_could_not_be_written_down_has_no_result),
	};

	weather.late = stdout;
	if (weather_begin(no_network, sizeof(no_network)))
		no_network[0] = '\0';
	return cmocka_run_group_tests(tests, NULL, NULL);
}
