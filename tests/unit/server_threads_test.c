/*
 * Eight threads that propose, read and ask for status, of three servers that each run in
 * a thread of their own, while snapshots are taken and leadership changes hands. For
 * ThreadSanitizer: `./run test` runs this under it as well.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "tests/unit/server_scene.h"

#define SERVERS 3
#define CLIENTS 8
/** How often leadership is handed over, and what each client does before. */
#define TRANSFERS 3
#define ROUNDS 4

/** A server, with a loop and a thread of its own. */
struct home {
	uv_loop_t loop;
	uv_thread_t thread;
	struct actor *actor;
};

/** A thread that waits for each thing that it asks for. */
struct client {
	struct raft_server *server;
	uv_thread_t thread;
	uv_mutex_t mutex;
	uv_cond_t ended;
	bool has_ended;
	enum raft_server_result result;
	struct raft_server_status status;
	/** Rounds that it has made, for whoever waits for it. */
	atomic_uint rounds;
	/** Proposals that are done, and of which that is not known. */
	uint64_t done, unknown;
	/** Calls that were refused, for too many waited. */
	uint64_t refused;
};

static atomic_bool stops;

#ifdef __SANITIZE_THREAD__
/* libuv closes by the system call itself, which ThreadSanitizer does not see: whoever
 * gets that descriptor next would seem to race with it. */
long
syscall(long number, ...)
{
	long (*other)(long number, ...) =
	    (long (*)(long number, ...))dlsym(RTLD_NEXT, "syscall");
	long words[6];
	va_list arguments;

	va_start(arguments, number);
	for (size_t i = 0; i < 6; i++)
		words[i] = va_arg(arguments, long);
	va_end(arguments);
	return number == SYS_close ? close((int)words[0])
				   : other(number, words[0], words[1], words[2],
					   words[3], words[4], words[5]);
}
#endif

/* ---------------------------------------------------------------- the servers */

static void
run_home(void *context)
{
	struct home *home = context;

	uv_run(&home->loop, UV_RUN_DEFAULT);
}

static void
start_home(struct scene *scene, struct home *home, uint64_t id)
{
	struct actor *actor = &scene->actors[id];
	/* Calls are refused now and then, and a snapshot is always under way. */
	struct raft_server_options options = { .calls_max = 3,
					       .snapshot_log_bytes = 4096,
					       .snapshot_tail_entries = 10 };
	char error[RAFT_SERVER_ERROR_BYTES] = "";

	home->actor = actor;
	actor->machine.ballast = 1 << 16;
	assert_int_equal(uv_loop_init(&home->loop), 0);
	actor->server =
	    raft_server_open(actor->folder, &options, &scene_machine,
			     &actor->machine, error, sizeof(error));
	if (actor->server == NULL ||
	    !raft_server_attach(actor->server, &home->loop, error,
				sizeof(error)))
		fail_msg("%s", error);
	assert_int_equal(uv_thread_create(&home->thread, run_home, home), 0);
}

static void
close_it(struct raft_server *server, void *context)
{
	raft_server_close(server, NULL, context);
}

static void
post(struct raft_server *server,
     void (*call)(struct raft_server *server, void *context), void *context)
{
	while (!raft_server_post(server, call, context))
		uv_sleep(1);
}

static void
end_home(struct home *home)
{
	post(home->actor->server, close_it, NULL);
	assert_int_equal(uv_thread_join(&home->thread), 0);
	assert_int_equal(uv_loop_close(&home->loop), 0);
	home->actor->server = NULL;
}

/* ---------------------------------------------------------------- the clients */

static void
end_ask(struct client *client)
{
	uv_mutex_lock(&client->mutex);
	client->has_ended = true;
	uv_cond_signal(&client->ended);
	uv_mutex_unlock(&client->mutex);
}

static void
told(void *context, const struct raft_server_answer *answer)
{
	struct client *client = context;

	client->result = answer->result;
	end_ask(client);
}

static void
propose_one(struct raft_server *server, void *client)
{
	raft_server_propose(
	    server, &(struct raft_server_command){ .data = "1", .length = 1 },
	    told, client);
}

static void
read_it(struct raft_server *server, void *client)
{
	raft_server_read(server, &(struct raft_server_view){ 0 }, told, client);
}

static void
ask_status(struct raft_server *server, void *context)
{
	struct client *client = context;

	raft_server_status(server, &client->status);
	end_ask(client);
}

static void
take_snapshot(struct raft_server *server, void *context)
{
	raft_server_snapshot(server);
	end_ask(context);
}

/* From the client's thread: ask, and wait for the end. */
static void
ask(struct client *client,
    void (*call)(struct raft_server *server, void *context))
{
	client->has_ended = false;
	while (!raft_server_post(client->server, call, client)) {
		client->refused++;
		uv_sleep(1);
	}
	uv_mutex_lock(&client->mutex);
	while (!client->has_ended)
		uv_cond_wait(&client->ended, &client->mutex);
	uv_mutex_unlock(&client->mutex);
}

static void
run_client(void *context)
{
	struct client *client = context;

	while (!atomic_load(&stops)) {
		ask(client, propose_one);
		client->done += client->result == RAFT_SERVER_OK;
		client->unknown += client->result == RAFT_SERVER_UNKNOWN;
		ask(client, read_it);
		ask(client, ask_status);
		ask(client, take_snapshot);
		atomic_fetch_add(&client->rounds, 1);
	}
}

static void
start_client(struct client *client, struct raft_server *server)
{
	*client = (struct client){ .server = server };
	assert_int_equal(uv_mutex_init(&client->mutex), 0);
	assert_int_equal(uv_cond_init(&client->ended), 0);
	assert_int_equal(uv_thread_create(&client->thread, run_client, client),
			 0);
}

static void
end_client(struct client *client)
{
	assert_int_equal(uv_thread_join(&client->thread), 0);
	uv_cond_destroy(&client->ended);
	uv_mutex_destroy(&client->mutex);
}

/* Until each has made so many rounds more. */
static void
await_rounds(struct client *clients)
{
	for (size_t i = 0; i < CLIENTS; i++) {
		unsigned int until = atomic_load(&clients[i].rounds) + ROUNDS;

		for (int ms = 0; atomic_load(&clients[i].rounds) < until;
		     ms += 10) {
			assert_in_range(ms, 0, PATIENCE_MS);
			uv_sleep(10);
		}
	}
}

/* -------------------------------------------------------------------- the test */

/** One more client: the main thread, which hands leadership over. */
struct transfer {
	struct client client;
	uint64_t to;
};

static void
hand_over(struct raft_server *server, void *context)
{
	struct transfer *transfer = context;

	raft_server_change(server,
			   &(struct raft_server_change){
			       .kind = RAFT_SERVER_TRANSFER,
			       .identity.id = transfer->to,
			   },
			   NULL, told, &transfer->client);
}

/* Whoever leads hands over to the next. Asked of a server, it goes to the leader. */
static void
change_leader(struct scene *scene, struct transfer *transfer)
{
	struct client *client = &transfer->client;

	client->server = scene->actors[1].server;
	do {
		ask(client, ask_status);
	} while (client->status.raft.leader == 0);
	transfer->to = client->status.raft.leader % SERVERS + 1;
	ask(client, hand_over);
	assert_int_equal(client->result, RAFT_SERVER_OK);
}

/* The machines are those of other threads until these have ended. */
static void
await_agreement(struct scene *scene, struct client *client)
{
	for (uint64_t id = 1; id <= SERVERS; id++) {
		client->server = scene->actors[id].server;
		do {
			ask(client, read_it);
		} while (client->result != RAFT_SERVER_OK);
	}
}

static void
threads_ask_while_snapshots_are_taken_and_leaders_change(void **state)
{
	static struct home homes[SERVERS + 1];
	static struct client clients[CLIENTS];
	static struct transfer transfer;
	uint64_t done = 0, unknown = 0, refused = 0;
	struct scene scene;

	(void)state;
	scene_open(&scene);
	make_first(&scene, SERVERS);
	for (uint64_t id = 1; id <= SERVERS; id++)
		start_home(&scene, &homes[id], id);
	for (size_t i = 0; i < CLIENTS; i++)
		start_client(&clients[i], scene.actors[i % SERVERS + 1].server);
	uv_mutex_init(&transfer.client.mutex);
	uv_cond_init(&transfer.client.ended);
	for (int i = 0; i < TRANSFERS; i++) {
		await_rounds(clients);
		change_leader(&scene, &transfer);
	}
	await_rounds(clients);
	atomic_store(&stops, true);
	for (size_t i = 0; i < CLIENTS; i++) {
		end_client(&clients[i]);
		done += clients[i].done;
		unknown += clients[i].unknown;
		refused += clients[i].refused;
	}
	await_agreement(&scene, &transfer.client);
	uv_cond_destroy(&transfer.client.ended);
	uv_mutex_destroy(&transfer.client.mutex);
	for (uint64_t id = 1; id <= SERVERS; id++)
		end_home(&homes[id]);
	print_message("%" PRIu64 " done, %" PRIu64 " unknown, %" PRIu64
		      " calls refused, %zu snapshots\n",
		      done, unknown, refused, scene.actors[1].snapshots);
	for (uint64_t id = 1; id <= SERVERS; id++) {
		assert_in_range(scene.actors[id].machine.sum, done,
				done + unknown);
		assert_true(scene.actors[id].snapshots > 1);
	}
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    threads_ask_while_snapshots_are_taken_and_leaders_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
