/*
 * Who is kept out of a cluster over TLS, how it is counted, and what both sides
 * are told. Server 1 is dialed by each of them, and dials each of them as
 * server 2.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/transport_tls_pki.h"

#include <signal.h>

#include "assists/wire/wire.h"

/* Server 1, which knows a server 2 at `port`, where a stranger listens. */
struct scene {
	uv_loop_t loop;
	struct pki pki;
	struct site one;
	struct raft_tls *tls;
	int listener;
	struct stranger stranger;
	/** Of the listener. */
	uint16_t port;
};

static void
open_scene(struct scene *scene, bool asks_crl)
{
	struct raft_tls_files files;
	X509_CRL *crl;

	memset(scene, 0, sizeof(*scene));
	uv_loop_init(&scene->loop);
	open_pki(&scene->pki);
	files = files_of(&scene->pki, "1");
	crl = raft_certs_make_crl(&scene->pki.ca, NULL, NULL,
				  scene->pki.now - DAY, scene->pki.now + DAY);
	assert_true(raft_certs_write_crls(path_in(&scene->pki, "crl.pem"), &crl,
					  1));
	X509_CRL_free(crl);
	if (asks_crl)
		files.revocations = path_in(&scene->pki, "crl.pem");
	scene->tls = load("red", 1, files);
	open_tls_site(&scene->one, &scene->loop, 1, scene->tls);
	scene->listener = listen_anywhere(&scene->port);
	introduce(&scene->one, 2, scene->port);
}

static void
close_scene(struct scene *scene)
{
	assert_int_equal(scene->one.received, 0);
	assert_int_equal(scene->one.closed, 0);
	undress_stranger(&scene->stranger);
	close(scene->listener);
	close_site(&scene->one);
	raft_tls_destroy(scene->tls);
	close_pki(&scene->pki);
	close_loop(&scene->loop);
}

/* Both are told of this side's judgement: by trace, and by an alert. */
static void
expect_sentence(const char *trace, const char *part)
{
	if (strstr(trace, part) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", part, trace);
}

static void
dial_one(struct scene *scene)
{
	connect_stranger(&scene->stranger, dial(raft_tcp_port(scene->one.tcp)),
			 true);
}

/* The stranger dials: it is counted, and told by an alert. */
static void
expect_refused_in(struct scene *scene, enum raft_link_counter counter,
		  const char *sentence)
{
	uint64_t before = count(&scene->one, counter);

	dial_one(scene);
	assert_true(run_until(
	    &scene->loop,
	    (step_stranger(&scene->stranger, -1),
	     count(&scene->one, counter) > before),
	    2000));
	expect_sentence(scene->one.trace, raft_link_counter_text(counter));
	expect_sentence(scene->one.trace, sentence);
	assert_int_equal(count(&scene->one, RAFT_LINK_OPENED_IN), 0);
	assert_true(run_until(&scene->loop,
			      (step_stranger(&scene->stranger, -1),
			       scene->stranger.alert != 0),
			      1000));
	hang_up(&scene->stranger);
}

/* The stranger is dialed as server 2. */
static void
expect_refused_out(struct scene *scene, enum raft_link_counter counter,
		   const char *sentence)
{
	uint64_t before = count(&scene->one, counter);

	assert_true(run_until(
	    &scene->loop,
	    (step_stranger(&scene->stranger, scene->listener),
	     count(&scene->one, counter) > before),
	    4000));
	expect_sentence(scene->one.trace_out, "connection to 2 at 127.0.0.1:");
	expect_sentence(scene->one.trace_out, raft_link_counter_text(counter));
	expect_sentence(scene->one.trace_out, sentence);
	assert_int_equal(count(&scene->one, RAFT_LINK_OPENED_OUT), 0);
	hang_up(&scene->stranger);
}

/* ------------------------------------------------------------ certificates */

/* A stranger whose certificate is wrong in one way is refused both ways. */
static void
refuse_wish(struct scene *scene, const struct raft_certs_pair *ca,
	    const struct raft_certs_wish *wish, enum raft_link_counter counter,
	    const char *sentence)
{
	struct raft_certs_pair node = issue(&scene->pki, ca, "x", wish);

	raft_certs_clear(&node);
	dress_stranger(&scene->stranger, &scene->pki, "x");
	expect_refused_in(scene, counter, sentence);
	expect_refused_out(scene, counter, sentence);
}

static void
one_of_another_ca_is_refused(void **state)
{
	struct scene scene;
	struct raft_certs_wish wish;

	(void)state;
	open_scene(&scene, false);
	wish = fair_wish(&scene.pki, "raft://red/node/2");
	refuse_wish(&scene, &scene.pki.other_ca, &wish, RAFT_LINK_TLS_UNTRUSTED,
		    "issued by /CN=other CA: have it signed by the cluster's "
		    "CA");
	expect_sentence(scene.one.trace_out,
			"(it says it is server 2 of red)");
	close_scene(&scene);
}

static void
one_that_signed_itself_is_refused(void **state)
{
	struct scene scene;
	struct raft_certs_wish wish;

	(void)state;
	open_scene(&scene, false);
	wish = fair_wish(&scene.pki, "raft://red/node/2");
	refuse_wish(&scene, NULL, &wish, RAFT_LINK_TLS_UNTRUSTED,
		    "self-signed certificate");
	close_scene(&scene);
}

/* A CA with our CA's name and another key. */
static void
one_of_a_ca_that_took_our_cas_name_is_refused(void **state)
{
	struct scene scene;
	struct raft_certs_wish wish;
	struct raft_certs_pair forged;

	(void)state;
	open_scene(&scene, false);
	make_authority(&scene.pki, &forged, "red CA");
	wish = fair_wish(&scene.pki, "raft://red/node/2");
	refuse_wish(&scene, &forged, &wish, RAFT_LINK_TLS_UNTRUSTED,
		    "signed by the cluster's CA");
	raft_certs_clear(&forged);
	close_scene(&scene);
}

/* A server may not sign others. */
static void
one_signed_by_a_server_is_refused(void **state)
{
	struct scene scene;
	struct raft_certs_wish wish;
	struct raft_certs_pair two, three;

	(void)state;
	open_scene(&scene, false);
	wish = fair_wish(&scene.pki, "raft://red/node/3");
	three = issue(&scene.pki, &scene.pki.ca, "3", &wish);
	wish = fair_wish(&scene.pki, "raft://red/node/2");
	two = issue(&scene.pki, &three, "x", &wish);
	write_certificates(path_in(&scene.pki, "x.pem"), two.certificate,
			   three.certificate);
	dress_stranger(&scene.stranger, &scene.pki, "x");
	expect_refused_in(&scene, RAFT_LINK_TLS_UNTRUSTED, "");
	expect_refused_out(&scene, RAFT_LINK_TLS_UNTRUSTED, "");
	raft_certs_clear(&two);
	raft_certs_clear(&three);
	close_scene(&scene);
}

static void
one_of_another_cluster_is_refused(void **state)
{
	struct scene scene;
	struct raft_certs_wish wish;

	(void)state;
	open_scene(&scene, false);
	wish = fair_wish(&scene.pki, "raft://blue/node/2");
	refuse_wish(&scene, &scene.pki.ca, &wish, RAFT_LINK_TLS_CLUSTER,
		    "it is of cluster blue, this is red: check addresses and "
		    "files");
	close_scene(&scene);
}

static void
one_that_names_no_server_or_several_is_refused(void **state)
{
	static const char *const uris[] = {
		NULL,
		"https://red/node/2",
		"raft://red/node/02",
		"raft://red/node/0",
		"raft://red/node/2/",
		"raft://red/node/18446744073709551618",
		"raft:///node/2",
		"raft://red/node/2,URI:raft://red/node/3",
		"raft://red/node/2,URI:raft://red/node/2",
		"raft://red/node/2,URI:raft://blue/node/2",
		"RAFT://red/node/2",
		"raft://red/NODE/2",
		"raft://red/node/*",
		"raft://red/node/+2",
		"raft://red/node/ 2",
		"raft://red/node/-18446744073709551614",
		"raft://red/node/%32",
		"raft://r%65d/node/2",
		"raft://red/node/2?a=b",
		"raft://red:80/node/2",
		"raft://x@red/node/2",
	};
	struct scene scene;
	struct raft_certs_wish wish;

	(void)state;
	open_scene(&scene, false);
	for (size_t i = 0; i < sizeof(uris) / sizeof(*uris); i++) {
		wish = fair_wish(&scene.pki, uris[i]);
		refuse_wish(&scene, &scene.pki.ca, &wish, RAFT_LINK_TLS_SERVER,
			    "issue one with one URI raft://red/node/ID");
		undress_stranger(&scene.stranger);
	}
	dress_stranger(&scene.stranger, &scene.pki, NULL);
	close_scene(&scene);
}

static void
one_whose_time_is_over_or_not_come_is_refused(void **state)
{
	struct scene scene;
	struct raft_certs_wish wish;

	(void)state;
	open_scene(&scene, false);
	wish = fair_wish(&scene.pki, "raft://red/node/2");
	wish.ends = scene.pki.now - 60;
	refuse_wish(&scene, &scene.pki.ca, &wish, RAFT_LINK_TLS_UNTIMELY,
		    "renew it, or set the clock here");
	undress_stranger(&scene.stranger);
	wish.begins = scene.pki.now + 3600;
	wish.ends = scene.pki.now + DAY;
	refuse_wish(&scene, &scene.pki.ca, &wish, RAFT_LINK_TLS_UNTIMELY,
		    "it begins ");
	close_scene(&scene);
}

static void
refuse_usage(struct scene *scene, const char *usage, bool in, bool out)
{
	struct raft_certs_wish wish =
	    fair_wish(&scene->pki, "raft://red/node/2");
	struct raft_certs_pair node;

	wish.usage = usage;
	node = issue(&scene->pki, &scene->pki.ca, "x", &wish);
	raft_certs_clear(&node);
	dress_stranger(&scene->stranger, &scene->pki, "x");
	if (in)
		expect_refused_in(scene, RAFT_LINK_TLS_USAGE,
				  "with clientAuth and serverAuth");
	if (out)
		expect_refused_out(scene, RAFT_LINK_TLS_USAGE,
				   "with clientAuth and serverAuth");
	undress_stranger(&scene->stranger);
}

static void
one_that_is_for_another_use_is_refused(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene, false);
	refuse_usage(&scene, "serverAuth", true, false);
	refuse_usage(&scene, "clientAuth", false, true);
	refuse_usage(&scene, "emailProtection", true, true);
	refuse_usage(&scene, NULL, true, true);
	dress_stranger(&scene.stranger, &scene.pki, NULL);
	close_scene(&scene);
}

static void
one_that_is_revoked_is_refused(void **state)
{
	struct scene scene;
	struct raft_certs_wish wish;
	struct raft_certs_pair node;
	X509_CRL *crl;
	char error[RAFT_TLS_ERROR_BYTES];

	(void)state;
	open_scene(&scene, true);
	wish = fair_wish(&scene.pki, "raft://red/node/2");
	node = issue(&scene.pki, &scene.pki.ca, "x", &wish);
	crl = raft_certs_make_crl(&scene.pki.ca, NULL, node.certificate,
				  scene.pki.now, scene.pki.now + DAY);
	raft_certs_clear(&node);
	assert_true(
	    raft_certs_write_crls(path_in(&scene.pki, "crl.pem"), &crl, 1));
	X509_CRL_free(crl);
	assert_true(raft_tls_reload(scene.tls, NULL, error, sizeof(error)));
	dress_stranger(&scene.stranger, &scene.pki, "x");
	expect_refused_in(&scene, RAFT_LINK_TLS_REVOKED, "is in the CRL");
	expect_refused_out(&scene, RAFT_LINK_TLS_REVOKED, "is in the CRL");
	close_scene(&scene);
}

/* Whoever was not taken while we waited. */
static void
send_away(int listener)
{
	int fd;

	while ((fd = accept(listener, NULL, NULL)) >= 0)
		close(fd);
}

/* If revocations are asked, not to know is not enough. */
static void
one_is_refused_if_the_crl_is_out_of_date(void **state)
{
	struct scene scene;
	X509_CRL *crl;
	char error[RAFT_TLS_ERROR_BYTES];

	(void)state;
	open_scene(&scene, true);
	crl = raft_certs_make_crl(&scene.pki.ca, NULL, NULL,
				  scene.pki.now - 2 * DAY, time(NULL) + 2);
	assert_true(
	    raft_certs_write_crls(path_in(&scene.pki, "crl.pem"), &crl, 1));
	X509_CRL_free(crl);
	assert_true(raft_tls_reload(scene.tls, NULL, error, sizeof(error)));
	run_until(&scene.loop, false, 2500);
	send_away(scene.listener);
	/* It is noticed here too, and the old files stay. */
	assert_false(raft_tls_reload(scene.tls, NULL, error, sizeof(error)));
	expect_sentence(error, "the CRL of /CN=red CA is missing or not");
	dress_stranger(&scene.stranger, &scene.pki, "2");
	expect_refused_in(&scene, RAFT_LINK_TLS_REVOKED,
			  "our CRL of /CN=red CA is missing or out of date");
	expect_refused_out(&scene, RAFT_LINK_TLS_REVOKED, "renew it");
	close_scene(&scene);
}

static void
one_without_a_certificate_is_refused(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene, false);
	dress_stranger(&scene.stranger, &scene.pki, NULL);
	expect_refused_in(&scene, RAFT_LINK_TLS_BARE, "");
	close_scene(&scene);
}

/* ---------------------------------------------------------------- who is who */

/* A valid certificate of another server of the cluster. */
static void
one_dialed_with_anothers_certificate_is_refused(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene, false);
	dress_stranger(&scene.stranger, &scene.pki, "3");
	expect_refused_out(&scene, RAFT_LINK_TLS_SERVER,
			   "it is of server 3, wanted was 2: check addresses "
			   "and files");
	close_scene(&scene);
}

/* A stranger with STEM's certificate is let in as far as the hello. */
static void
shake(struct scene *scene, const char *stem)
{
	dress_stranger(&scene->stranger, &scene->pki, stem);
	dial_one(scene);
	assert_true(run_until(&scene->loop,
			      step_stranger(&scene->stranger, -1), 2000));
}

static void
say_hello(struct scene *scene, uint64_t id)
{
	struct raft_hello hello = {
		.version = RAFT_WIRE_VERSION,
		.from = { id, id + 100 },
		.to = 1,
	};
	uint8_t bytes[RAFT_LINK_HELLO_BYTES];

	memcpy(hello.cluster, cluster_a, sizeof(cluster_a));
	raft__hello_encode(&hello, bytes);
	assert_int_equal(SSL_write(scene->stranger.ssl, bytes, sizeof(bytes)),
			 sizeof(bytes));
}

static void
a_hello_in_the_name_of_another_is_refused(void **state)
{
	struct scene scene;
	struct raft_hello answer;
	uint8_t bytes[RAFT_LINK_HELLO_BYTES];

	(void)state;
	open_scene(&scene, false);
	introduce(&scene.one, 3, scene.port);
	shake(&scene, "2");
	say_hello(&scene, 3);
	assert_true(run_until(&scene.loop,
			      count(&scene.one, RAFT_LINK_HELLO_IMPOSTOR) == 1,
			      1000));
	expect_sentence(scene.one.trace,
			"its hello names another than its certificate; it says "
			"that it is server 3, its certificate that it is 2: let "
			"it show its own certificate");
	assert_int_equal(count(&scene.one, RAFT_LINK_OPENED_IN), 0);
	/* It is told. */
	assert_int_equal(SSL_read(scene.stranger.ssl, bytes, sizeof(bytes)),
			 sizeof(bytes));
	assert_true(raft__hello_decode(bytes, &answer));
	assert_int_equal(answer.verdict, RAFT_HELLO_IMPOSTOR);
	close_scene(&scene);
}

static void
send_vote_from(struct scene *scene, uint64_t id, uint64_t incarnation)
{
	struct raft_message message = vote(id, 1, 5);
	uint8_t bytes[512];
	size_t length;

	message.from.incarnation = incarnation;
	length = raft_wire_encode(&message, bytes + RAFT_WIRE_FRAME_BYTES,
				  sizeof(bytes) - RAFT_WIRE_FRAME_BYTES);
	raft_wire_frame_encode(bytes, bytes + RAFT_WIRE_FRAME_BYTES, length);
	length += RAFT_WIRE_FRAME_BYTES;
	assert_int_equal(SSL_write(scene->stranger.ssl, bytes, (int)length),
			 length);
}

static void
a_message_in_the_name_of_another_is_dropped(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene, false);
	introduce(&scene.one, 3, scene.port);
	shake(&scene, "2");
	say_hello(&scene, 2);
	send_vote_from(&scene, 3, 103);
	send_vote_from(&scene, 2, 103);
	send_vote_from(&scene, 2, 102);
	assert_true(run_until(&scene.loop, scene.one.received == 1, 1000));
	assert_int_equal(count(&scene.one, RAFT_LINK_DROPPED_FORGED), 2);
	scene.one.received = 0;
	close_site(&scene.one);
	open_tls_site(&scene.one, &scene.loop, 1, scene.tls);
	scene.one.closed = 0;
	close_scene(&scene);
}

/* --------------------------------------------------------- other protocols */

static void
tls_1_2_is_refused(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene, false);
	dress_stranger(&scene.stranger, &scene.pki, "2");
	SSL_CTX_set_max_proto_version(scene.stranger.context, TLS1_2_VERSION);
	expect_refused_in(&scene, RAFT_LINK_TLS_VERSION, "");
	expect_refused_out(&scene, RAFT_LINK_TLS_VERSION, "");
	close_scene(&scene);
}

static void
a_hello_before_the_handshake_is_refused(void **state)
{
	struct scene scene;
	struct raft_hello hello = {
		.version = RAFT_WIRE_VERSION,
		.from = { 2, 102 },
		.to = 1,
	};
	uint8_t bytes[RAFT_LINK_HELLO_BYTES];
	int fd;

	(void)state;
	open_scene(&scene, false);
	dress_stranger(&scene.stranger, &scene.pki, NULL);
	memcpy(hello.cluster, cluster_a, sizeof(cluster_a));
	raft__hello_encode(&hello, bytes);
	fd = dial(raft_tcp_port(scene.one.tcp));
	assert_int_equal(send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL),
			 sizeof(bytes));
	assert_true(run_until(&scene.loop,
			      count(&scene.one, RAFT_LINK_TLS_ALIEN) == 1,
			      1000));
	expect_sentence(scene.one.trace, "do both ends speak it?");
	assert_int_equal(count(&scene.one, RAFT_LINK_OPENED_IN), 0);
	close(fd);
	close_scene(&scene);
}

/* One speaks TLS, the other does not: neither lets the other in, and each is
 * told what to look at. */
static void
plaintext_and_tls_do_not_mix(void **state)
{
	struct site one = { 0 }, two = { 0 };
	struct raft_tls *tls;
	struct pki pki;
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	open_pki(&pki);
	tls = load_fair(&pki, 1);
	open_tls_site(&one, &loop, 1, tls);
	open_tls_site(&two, &loop, 2, NULL);
	introduce(&one, 2, raft_tcp_port(two.tcp));
	introduce(&two, 1, raft_tcp_port(one.tcp));
	assert_true(run_until(&loop,
			      count(&one, RAFT_LINK_TLS_ALIEN) > 0 &&
				  count(&two, RAFT_LINK_HELLO_ALIEN) > 1 &&
				  count(&one, RAFT_LINK_CLOSED) > 0,
			      4000));
	expect_sentence(one.trace, "do both ends speak it?");
	expect_sentence(one.trace_out, "do both ends speak it?");
	expect_sentence(two.trace, "do both ends speak TLS?");
	expect_sentence(two.trace_out, "do both ends speak TLS?");
	assert_int_equal(count(&one, RAFT_LINK_OPENED_OUT), 0);
	assert_int_equal(count(&two, RAFT_LINK_OPENED_OUT), 0);
	assert_int_equal(one.closed + two.closed, 0);
	close_site(&one);
	close_site(&two);
	raft_tls_destroy(tls);
	close_pki(&pki);
	close_loop(&loop);
}

/* Nothing is given with which the next handshake could skip a certificate. */
static void
nobody_resumes(void **state)
{
	struct scene scene;
	SSL_SESSION *session;
	size_t written;
	char byte;

	(void)state;
	open_scene(&scene, false);
	shake(&scene, "2");
	say_hello(&scene, 2);
	assert_true(run_until(&scene.loop,
			      SSL_read(scene.stranger.ssl, &byte, 1) == 1,
			      1000));
	assert_int_equal(SSL_version(scene.stranger.ssl), TLS1_3_VERSION);
	session = SSL_get1_session(scene.stranger.ssl);
	assert_false(SSL_SESSION_is_resumable(session));
	assert_false(SSL_SESSION_has_ticket(session));
	assert_int_equal(SSL_SESSION_get_max_early_data(session), 0);
	hang_up(&scene.stranger);
	dial_one(&scene);
	SSL_set_session(scene.stranger.ssl, session);
	assert_int_equal(SSL_write_early_data(scene.stranger.ssl, "x", 1,
					      &written),
			 0);
	assert_true(run_until(&scene.loop,
			      step_stranger(&scene.stranger, -1), 1000));
	assert_false(SSL_session_reused(scene.stranger.ssl));
	SSL_SESSION_free(session);
	hang_up(&scene.stranger);
	run_until(&scene.loop, scene.one.closed > 0, 200);
	scene.one.closed = 0;
	close_scene(&scene);
}

static const unsigned int unwanted[] = { TLSEXT_TYPE_psk,
					 TLSEXT_TYPE_early_data,
					 TLSEXT_TYPE_session_ticket };

static int
look_for_offers(SSL *ssl, int *alert, void *counts)
{
	const unsigned char *bytes;
	size_t length;

	(void)alert;
	((size_t *)counts)[0]++;
	for (size_t i = 0; i < sizeof(unwanted) / sizeof(*unwanted); i++)
		((size_t *)counts)[1] += (size_t)SSL_client_hello_get0_ext(
		    ssl, unwanted[i], &bytes, &length);
	return SSL_CLIENT_HELLO_SUCCESS;
}

/* A peer that gives tickets, as OpenSSL does by itself, is not shown one. */
static void
nobody_offers_to_resume(void **state)
{
	struct scene scene;
	size_t counts[2] = { 0 };

	(void)state;
	open_scene(&scene, false);
	dress_stranger(&scene.stranger, &scene.pki, "2");
	assert_true(SSL_CTX_get_num_tickets(scene.stranger.context) > 0);
	SSL_CTX_set_client_hello_cb(scene.stranger.context, look_for_offers,
				    counts);
	for (size_t i = 0; i < 3; i++) {
		assert_true(run_until(
		    &scene.loop,
		    step_stranger(&scene.stranger, scene.listener), 4000));
		/* The tickets are on their way. */
		run_until(&scene.loop, false, 20);
		assert_false(SSL_session_reused(scene.stranger.ssl));
		hang_up(&scene.stranger);
	}
	assert_int_equal(counts[0], 3);
	assert_int_equal(counts[1], 0);
	close_scene(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_of_another_ca_is_refused),
		cmocka_unit_test(one_that_signed_itself_is_refused),
		cmocka_unit_test(one_of_a_ca_that_took_our_cas_name_is_refused),
		cmocka_unit_test(one_signed_by_a_server_is_refused),
		cmocka_unit_test(one_of_another_cluster_is_refused),
		cmocka_unit_test(
		    one_that_names_no_server_or_several_is_refused),
		cmocka_unit_test(one_whose_time_is_over_or_not_come_is_refused),
		cmocka_unit_test(one_that_is_for_another_use_is_refused),
		cmocka_unit_test(one_that_is_revoked_is_refused),
		cmocka_unit_test(one_is_refused_if_the_crl_is_out_of_date),
		cmocka_unit_test(one_without_a_certificate_is_refused),
		cmocka_unit_test(
		    one_dialed_with_anothers_certificate_is_refused),
		cmocka_unit_test(a_hello_in_the_name_of_another_is_refused),
		cmocka_unit_test(a_message_in_the_name_of_another_is_dropped),
		cmocka_unit_test(tls_1_2_is_refused),
		cmocka_unit_test(a_hello_before_the_handshake_is_refused),
		cmocka_unit_test(plaintext_and_tls_do_not_mix),
		cmocka_unit_test(nobody_resumes),
		cmocka_unit_test(nobody_offers_to_resume),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
