/*
 * Metrics over HTTP: what is served, to whom, and what strangers can do.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>

#include "tests/unit/metrics_scene.h"
#include "tests/unit/open_files.h"

/** A port for the metrics of the one server of a scene. */
static uint16_t
serve(struct scene *scene, struct raft_metrics_options options)
{
	char address[32], error[RAFT_SERVER_ERROR_BYTES];
	uint16_t port = free_port();

	snprintf(address, sizeof(address), "127.0.0.1:%u", port);
	options.address = address;
	if (!raft_metrics_open(scene->actors[1].server, &options, error,
			       sizeof(error)))
		fail_msg("%s", error);
	return port;
}

static uint16_t
one(struct scene *scene, struct raft_metrics_options options)
{
	scene_open(scene);
	make_first(scene, 1);
	start(scene, 1);
	await_leader(scene);
	return serve(scene, options);
}

/* ------------------------------------------------------------- what is served */

static void
they_are_served_as_they_are_now(void **state)
{
	struct scene scene;
	struct fetch got;
	uint16_t port;

	(void)state;
	port = one(&scene, (struct raft_metrics_options){ 0 });
	for (int i = 0; i < 7; i++)
		add(&scene, 1, "1");
	fetch(&scene, &got, port, GET_METRICS);
	assert_int_equal(got.status, 200);
	assert_non_null(strstr(got.reply, "Content-Type: text/plain; "
					  "version=0.0.4; charset=utf-8\r\n"));
	assert_true(value_in(body(&got), "asks_total{kind=\"command\","
					 "result=\"ok\"}") == 7);
	assert_true(value_in(body(&got), "role{role=\"leader\"}") == 1);
	fetch_end(&got);
	/* Not those of before. */
	add(&scene, 1, "1");
	usleep(110000);
	fetch(&scene, &got, port, GET_METRICS);
	assert_true(value_in(body(&got), "asks_total{kind=\"command\","
					 "result=\"ok\"}") == 8);
	fetch_end(&got);
	scene_close(&scene);
}

static void
nothing_else_is_served(void **state)
{
	static const struct {
		const char *request;
		int status;
	} cases[] = {
		{ "GET / HTTP/1.1\r\nHost: it\r\n\r\n", 404 },
		{ "GET /metrics/ HTTP/1.1\r\nHost: it\r\n\r\n", 404 },
		{ "GET /../metrics HTTP/1.1\r\nHost: it\r\n\r\n", 404 },
		{ "HEAD /metrics HTTP/1.1\r\nHost: it\r\n\r\n", 405 },
		{ "POST /metrics HTTP/1.1\r\nHost: it\r\nContent-Length: 3\r\n"
		  "\r\nabc",
		  405 },
		{ "DELETE / HTTP/1.1\r\nHost: it\r\n\r\n", 405 },
		{ "GET /metrics?a=b HTTP/1.1\r\nHost: it\r\n\r\n", 200 },
		{ "GET /metrics HTTP/1.0\r\n\r\n", 200 },
		{ "GET /metrics HTTP/1.1\r\nHost: it\r\nContent-Length: "
		  "3\r\n\r\n"
		  "abc",
		  200 },
		{ "\x16\x03\x01\x02 nonsense\r\n\r\n", 400 },
	};
	struct scene scene;
	uint16_t port;

	(void)state;
	port = one(&scene, (struct raft_metrics_options){ 0 });
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fetch got;

		fetch(&scene, &got, port, cases[i].request);
		if (got.status != cases[i].status)
			fail_msg("%s: %d", cases[i].request, got.status);
		if (got.status == 405)
			assert_non_null(strstr(got.reply, "Allow: GET\r\n"));
		fetch_end(&got);
	}
	scene_close(&scene);
}

/* ---------------------------------------------------------------- where, when */

static void
where_it_cannot_be_served_is_said(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES], address[32];
	struct raft_metrics_options options = { .address = address };
	static const char *const wrong[] = {
		"7000",		"127.0.0.1:70000", ":7000",
		"here:",	"no host:7000",	   "unix:/socket",
		"127.0.0.1:0",	"127.0.0.1:7000 note", "::1:7000",
	};
	struct scene scene;
	uint16_t port;

	(void)state;
	port = one(&scene, (struct raft_metrics_options){ 0 });
	snprintf(address, sizeof(address), "127.0.0.1:%u", port);
	assert_false(raft_metrics_open(scene.actors[1].server, &options, error,
				       sizeof(error)));
	assert_non_null(strstr(error, "Address already in use"));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		options.address = wrong[i];
		assert_false(raft_metrics_open(scene.actors[1].server, &options,
					       error, sizeof(error)));
		assert_non_null(strstr(error, wrong[i]));
	}
	scene_close(&scene);
}

/* The port, too: it may be used again at once. */
static void
nothing_is_left_of_one_that_has_closed(void **state)
{
	struct raft_metrics_options options = { 0 };
	char address[32], error[RAFT_SERVER_ERROR_BYTES];
	struct scene scene;
	struct fetch got;
	size_t before;
	uint16_t port = 0;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 1);
	start(&scene, 1);
	stop(&scene, 1);
	before = count_open_files();
	for (int round = 0; round < 3; round++) {
		start(&scene, 1);
		if (round == 0)
			port = serve(&scene, options);
		snprintf(address, sizeof(address), "127.0.0.1:%u", port);
		options.address = address;
		if (round > 0 &&
		    !raft_metrics_open(scene.actors[1].server, &options, error,
				       sizeof(error)))
			fail_msg("%s", error);
		fetch(&scene, &got, port, GET_METRICS);
		assert_int_equal(got.status, 200);
		fetch_end(&got);
		stop(&scene, 1);
		assert_int_equal(count_open_files(), before);
	}
	scene_close(&scene);
}

static void
an_ipv6_address_stands_in_brackets(void **state)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6,
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	char address[32], error[RAFT_SERVER_ERROR_BYTES];
	struct raft_metrics_options options = { .address = address };
	struct scene scene;
	int fd;

	(void)state;
	one(&scene, (struct raft_metrics_options){ 0 });
	at.sin6_port = htons(free_port());
	snprintf(address, sizeof(address), "[::1]:%u", ntohs(at.sin6_port));
	fd = socket(AF_INET6, SOCK_STREAM, 0);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0) {
		close(fd);
		if (!raft_metrics_open(scene.actors[1].server, &options, error,
				       sizeof(error)))
			fail_msg("%s", error);
		fd = socket(AF_INET6, SOCK_STREAM, 0);
		assert_int_equal(
		    connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	} /* Else there is no IPv6 here. */
	close(fd);
	scene_close(&scene);
}

/* A line that an operator writes, before the server is attached. */
static void
the_folder_says_where(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES], conf[PATH_MAX + 16];
	struct scene scene;
	struct fetch got;
	struct actor *actor = &scene.actors[1];
	uint16_t port;
	FILE *file;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 1);
	/* None: nothing is served, which is well. */
	start(&scene, 1);
	assert_true(
	    raft_metrics_open(actor->server, NULL, error, sizeof(error)));
	assert_string_equal(raft_server_metrics(actor->server), "");
	stop(&scene, 1);
	port = free_port();
	snprintf(conf, sizeof(conf), "%s/server.conf", actor->folder);
	file = fopen(conf, "a");
	fprintf(file, "metrics 127.0.0.1:%u\n", port);
	fclose(file);
	actor->server = raft_server_open(actor->folder, NULL, &scene_machine,
					 &actor->machine, error, sizeof(error));
	assert_non_null(actor->server);
	assert_true(
	    raft_metrics_open(actor->server, NULL, error, sizeof(error)));
	assert_true(raft_server_attach(actor->server, &scene.loop, error,
				       sizeof(error)));
	await_leader(&scene);
	fetch(&scene, &got, port, GET_METRICS);
	assert_int_equal(got.status, 200);
	fetch_end(&got);
	scene_close(&scene);
}

/* ------------------------------------------------------ a loop that is not there */

static void
nobody_waits_for_ever_for_a_loop_that_hangs(void **state)
{
	struct scene scene;
	struct fetch got;
	uint16_t port;

	(void)state;
	port =
	    one(&scene, (struct raft_metrics_options){ .patience_us = 200000 });
	for (int i = 0; i < 3; i++) {
		fetch_begin(&got, port, GET_METRICS);
		uv_thread_join(&got.thread);
		assert_int_equal(got.status, 503);
		assert_string_equal(body(&got),
				    "the server does not answer in time\n");
		free(got.reply);
	}
	/* What was posted meanwhile is one call, and does no harm. */
	assert_true(run_until(&scene.loop, true, 1));
	usleep(110000);
	fetch(&scene, &got, port, GET_METRICS);
	assert_int_equal(got.status, 200);
	fetch_end(&got);
	scene_close(&scene);
}

static void
do_nothing(struct raft_server *server, void *context)
{
	(void)server;
	(void)context;
}

/* Who asks need not wait for that. */
static void
where_too_many_calls_wait_it_is_said(void **state)
{
	struct raft_metrics_options options = { .patience_us = 50000000 };
	struct scene scene;
	struct fetch got;
	uint16_t port;

	(void)state;
	scene_open(&scene);
	scene.options.calls_max = 1;
	make_first(&scene, 1);
	start(&scene, 1);
	await_leader(&scene);
	port = serve(&scene, options);
	assert_true(
	    raft_server_post(scene.actors[1].server, do_nothing, NULL));
	fetch_begin(&got, port, GET_METRICS);
	uv_thread_join(&got.thread);
	assert_int_equal(got.status, 503);
	assert_string_equal(body(&got),
			    "too many calls wait for the server's loop\n");
	free(got.reply);
	fetch(&scene, &got, port, GET_METRICS);
	assert_int_equal(got.status, 200);
	fetch_end(&got);
	scene_close(&scene);
}

static bool no_threads;

/** In the place of the system's, and of libmicrohttpd's. */
int
pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	       void *(*run)(void *context), void *context)
{
	int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *),
		      void *);

	if (no_threads)
		return EAGAIN;
	*(void **)(void *)&create = dlsym(RTLD_NEXT, "pthread_create");
	return create(thread, attributes, run, context);
}

/* The server's own threads are there by now. */
static bool
end_of_threads(struct raft_server_part *part, uv_loop_t *loop, char *error,
	       size_t size)
{
	(void)part, (void)loop, (void)error, (void)size;
	no_threads = true;
	return true;
}

/* The library may have closed the socket that it was given: whoever has its number
 * now is somebody else. */
static void
where_there_is_no_thread_nothing_is_closed_twice(void **state)
{
	struct raft_server_part part = { .attached = end_of_threads,
					 .closing = raft_server_part_gone };
	char error[RAFT_SERVER_ERROR_BYTES];
	struct scene scene;
	struct actor *actor = &scene.actors[1];
	int others[8];

	(void)state;
	scene_open(&scene);
	make_first(&scene, 1);
	actor->server = raft_server_open(actor->folder, NULL, &scene_machine,
					 &actor->machine, error, sizeof(error));
	assert_non_null(actor->server);
	assert_true(raft_server_part_add(actor->server, &part, error,
					 sizeof(error)));
	serve(&scene, (struct raft_metrics_options){ 0 });
	assert_false(raft_server_attach(actor->server, &scene.loop, error,
					sizeof(error)));
	no_threads = false;
	assert_string_equal(error, "metrics: no thread for HTTP");
	for (size_t i = 0; i < 8; i++)
		others[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	raft_server_close(actor->server, now_closed, actor);
	assert_true(
	    run_until(&scene.loop, actor->server == NULL, PATIENCE_MS));
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(close(others[i]), 0);
	scene_close(&scene);
}

static void
a_server_that_closes_waits_for_nobody_who_asks(void **state)
{
	struct scene scene;
	struct fetch got[4];
	uint64_t begun;
	uint16_t port;

	(void)state;
	port = one(&scene,
		   (struct raft_metrics_options){ .patience_us = 50000000 });
	for (size_t i = 0; i < 4; i++)
		fetch_begin(&got[i], port, GET_METRICS);
	usleep(100000);
	begun = uv_hrtime();
	cut_off(&scene, 1);
	assert_true(uv_hrtime() - begun < UINT64_C(20000000000));
	for (size_t i = 0; i < 4; i++)
		fetch_end(&got[i]);
	scene_close(&scene);
}

static void
one_that_was_never_attached_closes_too(void **state)
{
	char error[RAFT_SERVER_ERROR_BYTES];
	struct scene scene;
	struct actor *actor = &scene.actors[1];
	struct fetch got;
	uint16_t port;

	(void)state;
	scene_open(&scene);
	make_first(&scene, 1);
	actor->server = raft_server_open(actor->folder, NULL, &scene_machine,
					 &actor->machine, error, sizeof(error));
	assert_non_null(actor->server);
	port = serve(&scene, (struct raft_metrics_options){ 0 });
	fetch_begin(&got, port, GET_METRICS);
	usleep(50000);
	raft_server_close(actor->server, now_closed, actor);
	assert_null(actor->server);
	fetch_end(&got);
	scene_close(&scene);
}

/* ------------------------------------------------------------------ strangers */

#define STRANGERS 64

/** Connections that say the beginning of a request, and no more. */
struct crowd {
	uint16_t port;
	const char *words;
	int fds[STRANGERS];
	atomic_bool came;
};

/* What the kernel does not take now waits there, and not for us. */
static void
crowd_comes(void *context)
{
	struct crowd *crowd = context;

	for (size_t i = 0; i < STRANGERS; i++) {
		struct sockaddr_in address = {
			.sin_family = AF_INET,
			.sin_port = htons(crowd->port),
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		};
		struct sockaddr_in from = {
			.sin_family = AF_INET,
			.sin_addr.s_addr =
			    htonl(INADDR_LOOPBACK + 1 + (uint32_t)i % 10),
		};
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

		crowd->fds[i] = fd;
		(void)bind(fd, (struct sockaddr *)&from, sizeof(from));
		(void)connect(fd, (struct sockaddr *)&address, sizeof(address));
		usleep(1000);
		(void)send(fd, crowd->words, strlen(crowd->words),
			   MSG_NOSIGNAL);
	}
	atomic_store(&crowd->came, true);
}

static void
a_crowd_takes_neither_descriptors_nor_the_loop(void **state)
{
	static struct crowd crowd;
	struct scene scene;
	struct fetch got;
	uv_thread_t thread;
	size_t before;
	uint16_t port;

	(void)state;
	port = one(&scene, (struct raft_metrics_options){ .timeout_s = 1 });
	add(&scene, 1, "1");
	before = count_open_files();
	crowd = (struct crowd){ .port = port,
				.words = "GET /metrics HTTP/1.1\r\nX: " };
	assert_int_equal(uv_thread_create(&thread, crowd_comes, &crowd), 0);
	while (!atomic_load(&crowd.came))
		assert_int_equal(add(&scene, 1, "1").result, RAFT_SERVER_OK);
	uv_thread_join(&thread);
	assert_in_range(count_open_files(), before + STRANGERS,
			before + STRANGERS + 16);
	assert_int_equal(add(&scene, 1, "1").result, RAFT_SERVER_OK);
	/* Each of them has a second. */
	fetch(&scene, &got, port, GET_METRICS);
	assert_int_equal(got.status, 200);
	fetch_end(&got);
	for (size_t i = 0; i < STRANGERS; i++)
		close(crowd.fds[i]);
	scene_close(&scene);
}

/* So that those who ask all the time take little of the loop's. */
static void
a_text_is_served_again_for_a_moment(void **state)
{
	static const char *const series =
	    "asks_total{kind=\"command\",result=\"ok\"}";
	struct scene scene;
	uint16_t port;
	uint64_t begun;
	double first;

	(void)state;
	port = one(&scene, (struct raft_metrics_options){ 0 });
	do {
		struct fetch got;

		usleep(110000);
		begun = uv_hrtime();
		fetch(&scene, &got, port, GET_METRICS);
		first = value_in(body(&got), series);
		fetch_end(&got);
		add(&scene, 1, "1");
		fetch(&scene, &got, port, GET_METRICS);
		/* On a busy machine it may have taken longer. */
		if (uv_hrtime() - begun < 100000000)
			assert_true(value_in(body(&got), series) == first);
		fetch_end(&got);
	} while (uv_hrtime() - begun >= 100000000);
	scene_close(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_served_as_they_are_now),
		cmocka_unit_test(nothing_else_is_served),
		cmocka_unit_test(where_it_cannot_be_served_is_said),
		cmocka_unit_test(nothing_is_left_of_one_that_has_closed),
		cmocka_unit_test(an_ipv6_address_stands_in_brackets),
		cmocka_unit_test(the_folder_says_where),
		cmocka_unit_test(nobody_waits_for_ever_for_a_loop_that_hangs),
		cmocka_unit_test(where_too_many_calls_wait_it_is_said),
		cmocka_unit_test(
		    where_there_is_no_thread_nothing_is_closed_twice),
		cmocka_unit_test(
		    a_server_that_closes_waits_for_nobody_who_asks),
		cmocka_unit_test(one_that_was_never_attached_closes_too),
		cmocka_unit_test(
		    a_crowd_takes_neither_descriptors_nor_the_loop),
		cmocka_unit_test(a_text_is_served_again_for_a_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
