/*
 * A port whose clients speak TLS: what they send and are told is as without, whoever
 * shows no certificate that is asked for learns nothing, and new files take the place of
 * old ones if they can be used.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/port_scene.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "assists/certs/certs.h"
#include "assists/port/port.h"

#define MUCH ((size_t)1 << 20)

/** Of what CA a certificate is. */
enum {
	OURS,
	THEIRS,
	AUTHORITIES,
};

/** A server, its port, and what has become of its clients. */
static struct port {
	struct scene scene;
	struct raft_certs_pair authorities[AUTHORITIES];
	char place[PLACE_BYTES];
	uint16_t number;
	struct raft_tls_files files;
	size_t shown, gone;
	char error[RAFT_SERVER_ERROR_BYTES];
} port;

/* ----------------------------------------------------------------- papers */

/* A file of the scene. */
static const char *
path_of(const char *name)
{
	static char paths[8][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, PATH_MAX, "%s/%s", port.scene.root, name);
	return path;
}

static struct raft_certs_wish
wish_for(const char *name, const char *uri)
{
	return (struct raft_certs_wish){
		.name = name,
		.uri = uri,
		.usage = uri != NULL ? RAFT_CERTS_USAGE : NULL,
		.begins = time(NULL) - 86400,
		.ends = time(NULL) + 86400 * 60,
	};
}

/* The files NAME.pem and NAME.key, of one who may be a server of the scene, too. */
static struct raft_certs_pair
issue(const char *name, int authority)
{
	struct raft_certs_pair pair;
	struct raft_certs_wish wish;
	char uri[128], file[64];

	raft_certs_uri(uri, sizeof(uri), "scene", 1);
	wish = wish_for(name, uri);
	assert_true(
	    raft_certs_make_node(&wish, &port.authorities[authority], &pair));
	snprintf(file, sizeof(file), "%s.pem", name);
	assert_true(raft_certs_write(path_of(file), &pair.certificate, 1));
	snprintf(file, sizeof(file), "%s.key", name);
	assert_true(raft_certs_write_key(path_of(file), pair.key));
	return pair;
}

static void
make_authority(int authority, const char *name, const char *file)
{
	struct raft_certs_wish wish = wish_for(name, NULL);

	wish.ends += 86400 * 30;
	assert_true(
	    raft_certs_make_authority(&wish, &port.authorities[authority]));
	assert_true(raft_certs_write(
	    path_of(file), &port.authorities[authority].certificate, 1));
}

static void
make_papers(void)
{
	static const char *const ours[] = { "server", "client", "revoked" };
	struct raft_certs_pair pair;
	X509_CRL *crl;

	make_authority(OURS, "ours", "ca.pem");
	make_authority(THEIRS, "theirs", "others.pem");
	for (size_t i = 0; i < 3; i++) {
		pair = issue(ours[i], OURS);
		if (i < 2)
			raft_certs_clear(&pair);
	}
	crl =
	    raft_certs_make_crl(&port.authorities[OURS], NULL, pair.certificate,
				time(NULL) - 3600, time(NULL) + 86400);
	assert_non_null(crl);
	assert_true(raft_certs_write_crls(path_of("crl.pem"), &crl, 1));
	X509_CRL_free(crl);
	raft_certs_clear(&pair);
	pair = issue("stranger", THEIRS);
	raft_certs_clear(&pair);
}

/* --------------------------------------------------------------- the port */

/* A letter is a request: `m` is told much, `d` dismisses the client, the others are told
 * back. */
static size_t
take(void *context, struct raft_port_client *client, const void *bytes,
     size_t length)
{
	static char much[MUCH];
	char letter = *(const char *)bytes;

	(void)context;
	(void)length;
	port.shown++;
	/* As if the program had failed with OpenSSL. */
	ERR_raise(ERR_LIB_USER, 1);
	if (letter == 'm') {
		memset(much, 'm', sizeof(much));
		raft_port_tell(client, much, sizeof(much));
	} else {
		raft_port_tell(client, bytes, 1);
	}
	if (letter == 'd')
		raft_port_dismiss(client);
	return 1;
}

static void
gone(void *context, struct raft_port_client *client)
{
	(void)context;
	(void)client;
	port.gone++;
}

static bool
open_port(struct raft_tls_files files)
{
	struct raft_port_options options = {
		.address = port.place,
		.take = take,
		.gone = gone,
		.tls = &port.files,
	};

	port.files = files;
	port.number = choose_place(port.place);
	port.error[0] = '\0';
	return raft_port_open(port.scene.actors[1].server, &options, port.error,
			      sizeof(port.error));
}

/* Whoever comes has to show a certificate. */
static struct raft_tls_files
strict_files(void)
{
	return (struct raft_tls_files){
		.certificate = path_of("server.pem"),
		.key = path_of("server.key"),
		.authorities = path_of("ca.pem"),
	};
}

static int
set_up(void **state)
{
	(void)state;
	memset(&port, 0, sizeof(port));
	scene_open(&port.scene);
	make_papers();
	make_server(&port.scene, 1,
		    (struct raft_server_create){ .tls = strict_files() });
	start(&port.scene, 1);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	scene_close(&port.scene);
	for (int i = 0; i < AUTHORITIES; i++)
		raft_certs_clear(&port.authorities[i]);
	return 0;
}

/* --------------------------------------------------------------- a client */

/** It does not block. */
struct client {
	int fd;
	SSL_CTX *context;
	SSL *ssl;
	/** Of the call that was made last, and whether that is its last word. */
	int result;
	bool has_ended;
};

/* Who shows this certificate; NULL: none. */
static struct client
call(const char *name)
{
	struct client client = { .context = SSL_CTX_new(TLS_client_method()) };
	char file[64];

	assert_non_null(client.context);
	if (name != NULL) {
		snprintf(file, sizeof(file), "%s.pem", name);
		assert_int_equal(SSL_CTX_use_certificate_chain_file(
				     client.context, path_of(file)),
				 1);
		snprintf(file, sizeof(file), "%s.key", name);
		assert_int_equal(SSL_CTX_use_PrivateKey_file(client.context,
							     path_of(file),
							     SSL_FILETYPE_PEM),
				 1);
	}
	client.ssl = SSL_new(client.context);
	client.fd = dial(port.number);
	SSL_set_fd(client.ssl, client.fd);
	SSL_set_connect_state(client.ssl);
	return client;
}

static void
hang_up(struct client *client)
{
	SSL_free(client->ssl);
	SSL_CTX_free(client->context);
	close(client->fd);
}

/* What `result` means. True: done, or that it never will be; then `result` stays. */
static bool
is_done(struct client *client)
{
	int why = SSL_get_error(client->ssl, client->result);

	client->has_ended =
	    why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE;
	return client->has_ended;
}

static bool
has_shaken(struct client *client)
{
	if (client->has_ended)
		return true;
	ERR_clear_error();
	client->result = SSL_do_handshake(client->ssl);
	return is_done(client);
}

static bool
has_read(struct client *client, char *bytes, size_t length)
{
	if (client->has_ended)
		return true;
	ERR_clear_error();
	client->result = SSL_read(client->ssl, bytes, (int)length);
	return is_done(client);
}

static bool
has_written(struct client *client, const char *text)
{
	if (client->has_ended)
		return true;
	ERR_clear_error();
	client->result = SSL_write(client->ssl, text, (int)strlen(text));
	return is_done(client);
}

/* How many came; 0: that was all; -1: it was let go. */
static int
hear(struct client *client, char *bytes, size_t length)
{
	client->has_ended = false;
	assert_true(run_until(&port.scene.loop, has_read(client, bytes, length),
			      PATIENCE_MS));
	return client->result;
}

static void
tell(struct client *client, const char *text)
{
	client->has_ended = false;
	assert_true(run_until(&port.scene.loop, has_written(client, text),
			      PATIENCE_MS));
	assert_int_equal(client->result, strlen(text));
}

static void
expect_answer(struct client *client, const char *text)
{
	char bytes[64];

	for (size_t left; (left = strlen(text)) > 0;) {
		int got = hear(client, bytes, left);

		assert_true(got > 0);
		assert_memory_equal(bytes, text, (size_t)got);
		text += got;
	}
}

/* It is told which alert. With TLS 1.3 a client may read before it knows. */
static void
expect_alert(struct client client, int alert)
{
	size_t before = port.gone;
	char byte;

	assert_true(
	    run_until(&port.scene.loop, has_shaken(&client), PATIENCE_MS));
	if (client.result == 1)
		assert_true(hear(&client, &byte, 1) <= 0);
	assert_int_equal(ERR_GET_REASON(ERR_peek_last_error()),
			 SSL_AD_REASON_OFFSET + alert);
	assert_true(
	    run_until(&port.scene.loop, port.gone == before + 1, PATIENCE_MS));
	hang_up(&client);
}

/* -------------------------------------------------------------------- tests */

static void
what_is_sent_and_told_is_as_without(void **state)
{
	static char bytes[MUCH];
	struct client client;
	size_t heard = 0;

	(void)state;
	assert_true(open_port(strict_files()));
	client = call("client");
	tell(&client, "abc");
	expect_answer(&client, "abc");
	tell(&client, "m");
	while (heard < MUCH) {
		int got = hear(&client, bytes, MUCH - heard);

		assert_true(got > 0);
		assert_int_equal(bytes[got - 1], 'm');
		heard += (size_t)got;
	}
	/* That was all, and nothing was cut off. */
	tell(&client, "xd");
	expect_answer(&client, "xd");
	assert_int_equal(hear(&client, bytes, 1), 0);
	assert_int_equal(SSL_get_error(client.ssl, 0), SSL_ERROR_ZERO_RETURN);
	assert_int_equal(port.shown, 6);
	hang_up(&client);
	assert_true(run_until(&port.scene.loop, port.gone == 1, PATIENCE_MS));
	/* A client may say that it was all, too. */
	client = call("client");
	tell(&client, "a");
	expect_answer(&client, "a");
	(void)SSL_shutdown(client.ssl);
	assert_true(run_until(&port.scene.loop, port.gone == 2, PATIENCE_MS));
	hang_up(&client);
}

static void
who_shows_no_certificate_of_ours_learns_nothing(void **state)
{
	struct raft_tls_files files = strict_files();

	(void)state;
	files.revocations = path_of("crl.pem");
	assert_true(open_port(files));
	expect_alert(call(NULL), SSL_AD_CERTIFICATE_REQUIRED);
	expect_alert(call("stranger"), SSL_AD_UNKNOWN_CA);
	expect_alert(call("revoked"), SSL_AD_CERTIFICATE_REVOKED);
}

static void
revocations_count_where_they_are_given(void **state)
{
	struct client client;

	(void)state;
	assert_true(open_port(strict_files()));
	client = call("revoked");
	tell(&client, "a");
	expect_answer(&client, "a");
	hang_up(&client);
}

static void
who_need_show_none_is_answered_without(void **state)
{
	struct raft_tls_files files = strict_files();
	struct client client;

	(void)state;
	files.authorities = NULL;
	assert_true(open_port(files));
	client = call(NULL);
	tell(&client, "a");
	expect_answer(&client, "a");
	hang_up(&client);
}

static void
who_speaks_plainly_or_an_older_tls_is_let_go(void **state)
{
	struct client client;
	char bytes[64];
	ssize_t got;
	int fd;

	(void)state;
	assert_true(open_port(strict_files()));
	client = call("client");
	SSL_set_max_proto_version(client.ssl, TLS1_2_VERSION);
	expect_alert(client, SSL_AD_PROTOCOL_VERSION);
	fd = dial(port.number);
	say(fd, "aaaaaaaaaaaaaaaa");
	assert_true(run_until(&port.scene.loop, port.gone == 2, PATIENCE_MS));
	/* An alert, and no letter. */
	got = recv(fd, bytes, sizeof(bytes), 0);
	assert_true(got < 1 || bytes[0] == 21);
	assert_int_equal(port.shown, 0);
	close(fd);
}

static void
files_that_cannot_be_used_are_told(void **state)
{
	struct raft_tls_files wrong[4];
	static const char *const what[] = { "certificate", "key", "authorities",
					    "revocations" };
	char part[PATH_MAX];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		const char **files[] = { &wrong[i].certificate, &wrong[i].key,
					 &wrong[i].authorities,
					 &wrong[i].revocations };

		wrong[i] = strict_files();
		*files[i] = path_of("none");
		assert_false(open_port(wrong[i]));
		snprintf(part, sizeof(part),
			 "TLS for clients: %s %s: ", what[i], *files[i]);
		assert_memory_equal(port.error, part, strlen(part));
		assert_true(strlen(port.error) > strlen(part));
	}
	wrong[1].key = path_of("client.key");
	assert_false(open_port(wrong[1]));
	assert_non_null(strstr(port.error, "key values mismatch"));
}

/* Whose certificate the port shows. */
static bool
is_shown(const char *name)
{
	struct client client = call("client");
	char shown[64] = "";
	X509 *its;

	tell(&client, "a");
	expect_answer(&client, "a");
	its = SSL_get1_peer_certificate(client.ssl);
	assert_non_null(its);
	X509_NAME_get_text_by_NID(X509_get_subject_name(its), NID_commonName,
				  shown, sizeof(shown));
	X509_free(its);
	hang_up(&client);
	return strcmp(shown, name) == 0;
}

static void
new_files_are_taken_if_they_can_be_used(void **state)
{
	struct raft_server *server = port.scene.actors[1].server;
	char command[4 * PATH_MAX];

	(void)state;
	/* The servers' own are others. */
	snprintf(command, sizeof(command),
		 "cd %s && for e in pem key; do "
		 "cp client.$e port.$e; done",
		 port.scene.root);
	assert_int_equal(system(command), 0);
	port.files = strict_files();
	port.files.certificate = path_of("port.pem");
	port.files.key = path_of("port.key");
	assert_true(open_port(port.files));
	assert_true(is_shown("client"));
	snprintf(command, sizeof(command), "cd %s && cp server.key port.key",
		 port.scene.root);
	assert_int_equal(system(command), 0);
	assert_true(raft_server_reload(server, port.error, sizeof(port.error)));
	assert_true(is_shown("client"));
	snprintf(command, sizeof(command), "cd %s && cp server.pem port.pem",
		 port.scene.root);
	assert_int_equal(system(command), 0);
	assert_true(raft_server_reload(server, port.error, sizeof(port.error)));
	assert_true(is_shown("server"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_sent_and_told_is_as_without),
		TEST(who_shows_no_certificate_of_ours_learns_nothing),
		TEST(revocations_count_where_they_are_given),
		TEST(who_need_show_none_is_answered_without),
		TEST(who_speaks_plainly_or_an_older_tls_is_let_go),
		TEST(files_that_cannot_be_used_are_told),
		TEST(new_files_are_taken_if_they_can_be_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
