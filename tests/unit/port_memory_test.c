/*
 * A port when memory runs out: whichever allocation fails, a client is let go at most,
 * or waits a while to be let in, and the next one is answered.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/failing_openssl.h"

/* The scene's own succeed. */
#define malloc __real_malloc
#include "tests/unit/port_scene.h"
#undef malloc

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "assists/certs/certs.h"
#include "assists/port/port.h"

/** More than a client has room for at first. */
#define MUCH 20000

static struct site {
	struct scene scene;
	char place[PLACE_BYTES], error[RAFT_SERVER_ERROR_BYTES];
	uint16_t number;
	size_t shown, gone;
} site;

/** `m` is told much; what follows is not taken before all of it is here. */
static size_t
take(void *context, struct raft_port_client *client, const void *bytes,
     size_t length)
{
	static char much[MUCH];

	(void)context;
	site.shown++;
	if (*(const char *)bytes == 'm' && length < MUCH)
		return 0;
	if (*(const char *)bytes == 'm') {
		memset(much, 'm', sizeof(much));
		raft_port_tell(client, much, sizeof(much));
		return MUCH;
	}
	raft_port_tell(client, bytes, 1);
	return 1;
}

static void
gone(void *context, struct raft_port_client *client)
{
	(void)context;
	(void)client;
	site.gone++;
}

static bool
open_port(const struct raft_tls_files *tls)
{
	struct raft_port_options options = {
		.address = site.place,
		.take = take,
		.gone = gone,
		.own_bytes = 100,
		.tls = tls,
	};

	return raft_port_open(site.scene.actors[1].server, &options, site.error,
			      sizeof(site.error));
}

/* How much it is told, before it is let go. */
static size_t
hear(int fd, size_t wanted)
{
	static char bytes[MUCH];
	size_t heard = 0;
	ssize_t got = 1;

	while (got > 0 && heard < wanted) {
		assert_true(
		    run_until(&site.scene.loop, is_ready(fd), PATIENCE_MS));
		got = recv(fd, bytes, wanted - heard, 0);
		heard += got > 0 ? (size_t)got : 0;
	}
	return heard;
}

/* False: no allocation of it failed. */
static bool
ask_without(size_t round, size_t *refusals)
{
	static char bytes[MUCH];
	size_t heard, before = site.gone;
	bool failed;
	int fd = dial(site.number);

	memset(bytes, 'm', sizeof(bytes));
	fail_after(round);
	send_bytes(fd, bytes, sizeof(bytes));
	heard = hear(fd, MUCH);
	failed = has_failed();
	/* All or nothing. */
	assert_true(heard == MUCH || heard == 0);
	if (heard == 0) {
		assert_true(failed);
		++*refusals;
	}
	close(fd);
	assert_true(
	    run_until(&site.scene.loop, site.gone > before, PATIENCE_MS));
	fd = dial(site.number);
	say(fd, "a");
	assert_int_equal(hear(fd, 1), 1);
	close(fd);
	assert_true(
	    run_until(&site.scene.loop, site.gone == before + 2, PATIENCE_MS));
	return failed;
}

static void
who_finds_no_memory_is_let_go_and_no_other(void **state)
{
	size_t round = 0, refusals = 0;

	(void)state;
	scene_open(&site.scene);
	make_first(&site.scene, 1);
	start(&site.scene, 1);
	assert_int_equal(add(&site.scene, 1, "1").result, RAFT_SERVER_OK);
	site.number = choose_place(site.place);
	fail_after(0);
	assert_false(open_port(NULL));
	assert_true(has_failed());
	assert_string_equal(site.error, "out of memory");
	if (!open_port(NULL))
		fail_msg("%s", site.error);
	while (ask_without(round, &refusals))
		round++;
	print_message("%zu allocations, %zu refusals\n", round, refusals);
	assert_true(round >= 4);
	/* All but that of the client itself, which waits in line then. */
	assert_in_range(refusals, 2, round - 1);
	scene_close(&site.scene);
}

/* ---------------------------------------------------------------------- TLS */

/* The files of a certificate that signs itself. */
static struct raft_tls_files
make_files(void)
{
	static char certificate[PATH_MAX], key[PATH_MAX];
	struct raft_certs_wish wish = {
		.name = "a port",
		.begins = time(NULL) - 86400,
		.ends = time(NULL) + 86400,
	};
	struct raft_certs_pair pair;

	snprintf(certificate, PATH_MAX, "%s/port.pem", site.scene.root);
	snprintf(key, PATH_MAX, "%s/port.key", site.scene.root);
	assert_true(raft_certs_make_node(&wish, NULL, &pair));
	assert_true(raft_certs_write_pair(certificate, key, &pair));
	raft_certs_clear(&pair);
	return (struct raft_tls_files){ .certificate = certificate,
					.key = key };
}

/** What a client has come to; the allocations are the server's. */
struct client {
	SSL *ssl;
	bool has_said, is_answered, has_ended;
};

static bool
goes_on(const struct client *client, int result)
{
	int why = SSL_get_error(client->ssl, result);

	return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

/* It says a letter and hears it, or is let go. */
static bool
has_ended(struct client *client)
{
	size_t held = failing;
	char byte;
	int result;

	if (client->has_ended)
		return true;
	failing = 0;
	ERR_clear_error();
	if (!client->has_said) {
		result = SSL_write(client->ssl, "a", 1);
		client->has_said = result == 1;
	} else {
		result = SSL_read(client->ssl, &byte, 1);
		client->is_answered = result == 1 && byte == 'a';
	}
	client->has_ended =
	    client->is_answered || (result <= 0 && !goes_on(client, result));
	ERR_clear_error();
	failing = held;
	return client->has_ended;
}

static bool
is_answered(SSL_CTX *context, bool fails_meanwhile, size_t round)
{
	struct client client = { .ssl = SSL_new(context) };
	size_t before = site.gone;
	int fd = dial(site.number);

	assert_non_null(client.ssl);
	assert_int_equal(SSL_set_fd(client.ssl, fd), 1);
	SSL_set_connect_state(client.ssl);
	if (fails_meanwhile)
		fail_after(round);
	assert_true(
	    run_until(&site.scene.loop, has_ended(&client), PATIENCE_MS));
	SSL_free(client.ssl);
	close(fd);
	assert_true(
	    run_until(&site.scene.loop, site.gone == before + 1, PATIENCE_MS));
	return client.is_answered;
}

/* The port is refused, and nothing of it is left. */
static void
open_without_each(const struct raft_tls_files *files)
{
	size_t round = 0, refused = 0;
	bool opened, failed = true;

	for (; failed; round += 1 + round / 8) {
		site.number = choose_place(site.place);
		fail_after(round);
		opened = open_port(files);
		failed = has_failed();
		assert_true(opened || failed);
		if (opened)
			continue;
		refused++;
		if (strstr(site.error, "memory") == NULL)
			assert_memory_equal(site.error,
					    "TLS for clients: ", 17);
	}
	print_message("up to allocation %zu, %zu refused\n", round, refused);
	assert_true(refused >= 2);
}

static void
who_speaks_tls_is_let_go_and_no_other(void **state)
{
	struct raft_tls_files files;
	size_t round = 0, refusals = 0;
	SSL_CTX *context;
	bool failed;

	(void)state;
	scene_open(&site.scene);
	make_first(&site.scene, 1);
	start(&site.scene, 1);
	assert_int_equal(add(&site.scene, 1, "1").result, RAFT_SERVER_OK);
	files = make_files();
	context = SSL_CTX_new(TLS_client_method());
	assert_non_null(context);
	/* What OpenSSL makes once, and keeps. */
	site.number = choose_place(site.place);
	assert_true(open_port(&files));
	assert_true(is_answered(context, false, 0));
	open_without_each(&files);
	assert_true(is_answered(context, false, 0));
	/* Whoever finds none at its beginning waits in line for up to a second. */
	for (failed = true; failed; round += round < 60 ? 20 : round / 8) {
		bool answered = is_answered(context, true, round);

		failed = has_failed();
		assert_true(answered || failed);
		refusals += !answered;
		assert_true(is_answered(context, false, 0));
	}
	print_message("up to allocation %zu, %zu refusals\n", round, refusals);
	assert_true(refusals >= 5);
	SSL_CTX_free(context);
	scene_close(&site.scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_finds_no_memory_is_let_go_and_no_other),
		cmocka_unit_test(who_speaks_tls_is_let_go_and_no_other),
	};

	if (!fail_openssl())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
