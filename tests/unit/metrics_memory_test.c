/*
 * Metrics over HTTP when memory, descriptors or places run out: what is refused says so,
 * nothing of it is left, and the next request is answered.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/failing_memory.h"

/* The scene's own succeed. */
#define malloc __real_malloc
#define calloc __real_calloc
#include "tests/unit/metrics_scene.h"
#undef malloc
#undef calloc

#include <dlfcn.h>
#include <sys/resource.h>

#include "tests/unit/open_files.h"

/** One server, and where its metrics are. */
static struct site {
	struct scene scene;
	char address[32], error[RAFT_SERVER_ERROR_BYTES];
	uint16_t port;
} site;

static bool
open_metrics(struct raft_metrics_options options)
{
	options.address = site.address;
	*site.error = '\0';
	return raft_metrics_open(site.scene.actors[1].server, &options,
				 site.error, sizeof(site.error));
}

static void
choose_address(void)
{
	site.port = free_port();
	snprintf(site.address, sizeof(site.address), "127.0.0.1:%u", site.port);
}

static int
set_up(void **state)
{
	(void)state;
	memset(&site, 0, sizeof(site));
	scene_open(&site.scene);
	make_first(&site.scene, 1);
	start(&site.scene, 1);
	await_leader(&site.scene);
	choose_address();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	scene_close(&site.scene);
	return 0;
}

static void
expect_served(void)
{
	struct fetch got;

	/* Not what was made before. */
	usleep(110000);
	fetch(&site.scene, &got, site.port, GET_METRICS);
	assert_int_equal(got.status, 200);
	assert_memory_equal(body(&got), "# HELP outrigger_build_info ", 28);
	fetch_end(&got);
}

/* ------------------------------------------------------------------- memory */

/* False: no allocation failed. */
static bool
fetch_without(size_t round, size_t *refusals)
{
	struct fetch got;
	bool failed;

	usleep(110000);
	fail_after(round);
	fetch(&site.scene, &got, site.port, GET_METRICS);
	failed = has_failed();
	if (got.status != 200) {
		assert_true(failed);
		assert_int_equal(got.status, 503);
		++*refusals;
		if (strcmp(body(&got), "out of memory\n") != 0)
			assert_string_equal(body(&got),
					    "too many calls wait for the "
					    "server's loop\n");
	}
	fetch_end(&got);
	return failed;
}

static void
without_memory_it_is_said_and_served_again(void **state)
{
	size_t round = 0, refusals = 0, before = count_open_files();

	(void)state;
	fail_after(0);
	assert_false(open_metrics((struct raft_metrics_options){ 0 }));
	assert_true(has_failed());
	assert_string_equal(site.error, "metrics: out of memory");
	assert_int_equal(count_open_files(), before);
	assert_true(open_metrics((struct raft_metrics_options){ 0 }));
	for (; fetch_without(round, &refusals); round++)
		expect_served();
	print_message("%zu allocations, %zu refusals\n", round, refusals);
	assert_in_range(refusals, 1, round);
}

/* The text that is there is copied for each. */
static void
a_copy_needs_memory(void **state)
{
	struct fetch got;

	(void)state;
	assert_true(open_metrics((struct raft_metrics_options){ 0 }));
	do {
		usleep(110000);
		fetch(&site.scene, &got, site.port, GET_METRICS);
		fetch_end(&got);
		fail_after(0);
		/* The loop is not needed, if it is soon enough. */
		fetch(&site.scene, &got, site.port, GET_METRICS);
		assert_true(has_failed());
		assert_int_equal(got.status, 503);
		if (strcmp(body(&got), "out of memory\n") == 0)
			break;
		fetch_end(&got);
	} while (true);
	fetch_end(&got);
	expect_served();
}

static void
no_text_is_made_without_memory(void **state)
{
	char *text;

	(void)state;
	fail_after(0);
	assert_null(raft_metrics_text(site.scene.actors[1].server));
	assert_true(has_failed());
	text = raft_metrics_text(site.scene.actors[1].server);
	assert_non_null(text);
	free(text);
}

/* ------------------------------------------------------ what the system refuses */

/** Which of them fails, counted from here on; -1: none. */
static int until_no_lock = -1;

static bool
has_no_lock(void)
{
	return until_no_lock >= 0 && until_no_lock-- == 0;
}

/* In the place of libuv's. */
int
uv_mutex_init(uv_mutex_t *mutex)
{
	int (*init)(uv_mutex_t *);

	if (has_no_lock())
		return UV_ENOMEM;
	*(void **)(void *)&init = dlsym(RTLD_NEXT, "uv_mutex_init");
	return init(mutex);
}

int
uv_cond_init(uv_cond_t *condition)
{
	int (*init)(uv_cond_t *);

	if (has_no_lock())
		return UV_ENOMEM;
	*(void **)(void *)&init = dlsym(RTLD_NEXT, "uv_cond_init");
	return init(condition);
}

static void
where_the_system_has_none_it_is_said(void **state)
{
	size_t before = count_open_files();
	struct rlimit limit, none;
	int lowest;

	(void)state;
	for (int round = 0; round < 2; round++) {
		until_no_lock = round;
		assert_false(open_metrics((struct raft_metrics_options){ 0 }));
		assert_int_equal(until_no_lock, -1);
		assert_string_equal(site.error, "metrics: out of memory");
	}
	lowest = dup(0);
	close(lowest);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = (rlim_t)lowest;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_false(open_metrics((struct raft_metrics_options){ 0 }));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_memory_equal(site.error, "metrics at 127.0.0.1:", 21);
	assert_non_null(strstr(site.error, ": Too many open files"));
	/* For documents alone: RFC 5737. */
	strlcpy(site.address, "203.0.113.7:7000", sizeof(site.address));
	assert_false(open_metrics((struct raft_metrics_options){ 0 }));
	assert_string_equal(site.error,
			    "metrics at 203.0.113.7:7000: Cannot assign "
			    "requested address");
	strlcpy(site.address, "127.0.0.1", sizeof(site.address));
	assert_false(open_metrics((struct raft_metrics_options){ 0 }));
	assert_string_equal(site.error, "metrics at 127.0.0.1: not HOST:PORT");
	assert_int_equal(count_open_files(), before);
	choose_address();
	assert_true(open_metrics((struct raft_metrics_options){ 0 }));
	expect_served();
}

/* ------------------------------------------------------------------ answers */

static void
a_refusal_is_a_sentence(void **state)
{
	static const struct {
		const char *request, *sentence;
	} cases[] = {
		{ "GET / HTTP/1.1\r\nHost: it\r\n\r\n",
		  "there is /metrics, and nothing else\n" },
		{ "GET /metric HTTP/1.1\r\nHost: it\r\n\r\n",
		  "there is /metrics, and nothing else\n" },
		{ "POST /metrics HTTP/1.1\r\nHost: it\r\nContent-Length: 3\r\n"
		  "\r\nabc",
		  "GET, and nothing else\n" },
		{ "DELETE / HTTP/1.1\r\nHost: it\r\n\r\n",
		  "GET, and nothing else\n" },
	};
	struct fetch got;

	(void)state;
	assert_true(open_metrics((struct raft_metrics_options){ 0 }));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fetch(&site.scene, &got, site.port, cases[i].request);
		assert_string_equal(body(&got), cases[i].sentence);
		assert_non_null(strstr(got.reply, "\r\nAllow: GET\r\n"));
		assert_non_null(strstr(got.reply, "\r\nConnection: close\r\n"));
		fetch_end(&got);
	}
	fetch(&site.scene, &got, site.port, GET_METRICS);
	assert_non_null(strstr(got.reply, "\r\nConnection: close\r\n"));
	assert_null(strstr(got.reply, "\r\nAllow:"));
	fetch_end(&got);
}

/* ------------------------------------------------------------------- places */

/* From one of the addresses of this machine, which all are of other hosts. */
static int
dial_from(uint32_t host)
{
	struct sockaddr_in from = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + host),
	};
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(site.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	(void)connect(fd, (struct sockaddr *)&address, sizeof(address));
	return fd;
}

/* It was let go, without a word. */
static bool
is_let_go(int fd)
{
	char byte;
	ssize_t got = recv(fd, &byte, 1, 0);

	return got == 0 || (got < 0 && errno != EAGAIN);
}

/* So many of one host; the next one is let go at once. */
static void
expect_places(struct raft_metrics_options options, size_t count)
{
	int fds[16];

	choose_address();
	options.timeout_s = 60;
	assert_true(open_metrics(options));
	for (size_t i = 0; i < count + 1; i++)
		fds[i] = dial_from(1);
	assert_true(
	    run_until(&site.scene.loop, is_let_go(fds[count]), PATIENCE_MS));
	for (size_t i = 0; i < count; i++)
		assert_false(is_let_go(fds[i]));
	for (size_t i = 0; i < count + 1; i++)
		close(fds[i]);
}

static void
each_host_has_so_many_places(void **state)
{
	(void)state;
	expect_places((struct raft_metrics_options){ 0 }, 8);
	expect_places(
	    (struct raft_metrics_options){ .connections_host_max = 2 }, 2);
}

/* Whoever comes then waits till somebody has gone. */
static void
all_hosts_have_so_many_places(void **state)
{
	int fds[16], last;
	char byte;

	(void)state;
	assert_true(
	    open_metrics((struct raft_metrics_options){ .timeout_s = 60 }));
	for (size_t i = 0; i < 15; i++)
		fds[i] = dial_from(1 + (uint32_t)i / 8);
	expect_served();
	fds[15] = dial_from(3);
	run_until(&site.scene.loop, false, 100);
	last = dial_from(4);
	run_until(&site.scene.loop, false, 20);
	assert_int_equal(
	    send(last, GET_METRICS, strlen(GET_METRICS), MSG_NOSIGNAL),
	    strlen(GET_METRICS));
	assert_false(
	    run_until(&site.scene.loop, recv(last, &byte, 1, 0) > 0, 200));
	for (size_t i = 0; i < 16; i++)
		assert_false(is_let_go(fds[i]));
	close(fds[0]);
	assert_true(run_until(&site.scene.loop,
			      recv(last, &byte, 1, MSG_PEEK) > 0, PATIENCE_MS));
	for (size_t i = 1; i < 16; i++)
		close(fds[i]);
	close(last);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_memory_it_is_said_and_served_again),
		TEST(a_copy_needs_memory),
		TEST(no_text_is_made_without_memory),
		TEST(where_the_system_has_none_it_is_said),
		TEST(a_refusal_is_a_sentence),
		TEST(each_host_has_so_many_places),
		TEST(all_hosts_have_so_many_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
