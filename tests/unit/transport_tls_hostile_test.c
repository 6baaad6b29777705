/*
 * TLS against those who only want to be in the way: slow, many, large, mad, or
 * with stolen papers. A server counts them, spends little on them, and goes on
 * serving its peers.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/transport_tls_pki.h"

#include <bsd/stdlib.h>
#include <malloc.h>
#include <signal.h>

#include "assists/transport_tcp/transport.h"
#include "assists/transport_tls/inside.h"
#include "assists/wire/wire.h"

/* ------------------------------------------------- what OpenSSL allocates */

static size_t held, held_max;

static void
held_more(void *memory)
{
	held += malloc_usable_size(memory);
	if (held > held_max)
		held_max = held;
}

static void *
count_malloc(size_t size, const char *file, int line)
{
	void *memory = malloc(size);

	(void)file;
	(void)line;
	held_more(memory);
	return memory;
}

static void
count_free(void *memory, const char *file, int line)
{
	(void)file;
	(void)line;
	held -= malloc_usable_size(memory);
	free(memory);
}

static void *
count_realloc(void *memory, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	held -= malloc_usable_size(memory);
	memory = realloc(memory, size);
	held_more(memory);
	return memory;
}

/* ------------------------------------------------------------- under attack */

static void
expect_heard(struct tls_pair *pair)
{
	struct raft_message message = vote(2, 1, 77);
	size_t before = pair->one.received;

	raft_tcp_send(pair->two.tcp, &message);
	assert_true(
	    run_until(&pair->loop, pair->one.received > before, 2000));
	assert_int_equal(pair->one.last_term, 77);
}

/* The honest peer is still served, on the connection that it had. */
static void
expect_served(struct tls_pair *pair)
{
	expect_heard(pair);
	assert_int_equal(count(&pair->one, RAFT_LINK_OPENED_OUT), 1);
	assert_int_equal(count(&pair->one, RAFT_LINK_OPENED_IN), 1);
	assert_int_equal(pair->one.closed, 0);
}

/* How a handshake begins. Returns its length. */
static size_t
begin_handshake(uint8_t *bytes, size_t room)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(context);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	int length;

	SSL_set_bio(ssl, in, out);
	assert_int_equal(SSL_connect(ssl), -1);
	length = BIO_read(out, bytes, (int)room);
	assert_true(length > 100);
	SSL_free(ssl);
	SSL_CTX_free(context);
	return (size_t)length;
}

static void
throw_bytes(int fd, const void *bytes, size_t length)
{
	ssize_t written = send(fd, bytes, length, MSG_NOSIGNAL);

	(void)written; /* The other side may have hung up. */
}

static void
a_slow_handshake_is_not_waited_for(void **state)
{
	struct tls_pair pair;
	uint8_t bytes[2048];
	size_t length = begin_handshake(bytes, sizeof(bytes));
	int silent, slow, half;

	(void)state;
	open_tls_pair(&pair);
	silent = dial(raft_tcp_port(pair.one.tcp));
	slow = dial(raft_tcp_port(pair.one.tcp));
	half = dial(raft_tcp_port(pair.one.tcp));
	throw_bytes(half, bytes, length);
	for (size_t i = 0;
	     i < length && count(&pair.one, RAFT_LINK_HELLO_LATE) < 3; i++) {
		throw_bytes(slow, bytes + i, 1);
		run_until(&pair.loop, false, 5);
	}
	assert_int_equal(count(&pair.one, RAFT_LINK_HELLO_LATE), 3);
	assert_non_null(strstr(pair.one.trace, "no hello came in time; before "
					       "the TLS handshake was done"));
	close(silent);
	close(slow);
	close(half);
	expect_served(&pair);
	close_tls_pair(&pair);
}

/* Many who go as far as they can without a certificate: each costs a signature
 * and some memory, but no more than 64 at a time do. */
static void
flood_with_handshakes(enum raft_tcp_mode mode)
{
	struct tls_pair pair;
	uint8_t bytes[2048];
	size_t length = begin_handshake(bytes, sizeof(bytes)), before;
	int flood[300];

	open_tls_pair(&pair);
	assert_int_equal(raft_tcp_use_stream(
			     pair.one.tcp, raft_tls_stream(pair.tls_one), mode),
			 0);
	before = held_max = held;
	for (size_t i = 0; i < 300; i++) {
		flood[i] = dial(raft_tcp_port(pair.one.tcp));
		throw_bytes(flood[i], bytes, length);
		if (i % 20 == 19)
			run_until(&pair.loop, false, 2);
	}
	assert_true(run_until(&pair.loop,
			      count(&pair.one, RAFT_LINK_HELLO_CROWDED) +
				      count(&pair.one, RAFT_LINK_HELLO_LATE) >=
				  300,
			      4000));
	assert_true(count(&pair.one, RAFT_LINK_HELLO_CROWDED) > 0);
	assert_true(held_max - before > 64 << 10);
	assert_in_range(held_max - before, 0, 65 * (100 << 10));
	assert_in_range(held, 0, before + (64 << 10));
	for (size_t i = 0; i < 300; i++)
		close(flood[i]);
	expect_served(&pair);
	close_tls_pair(&pair);
}

static void
a_flood_of_handshakes_keeps_no_peer_out_and_little_memory(void **state)
{
	(void)state;
	flood_with_handshakes(RAFT_TCP_REQUIRES);
}

static void
nor_does_one_where_plain_connections_are_taken_too(void **state)
{
	(void)state;
	flood_with_handshakes(RAFT_TCP_PREFERS);
}

/* As much of a handshake's first message as OpenSSL waits for, but its end. */
static void
throw_large_beginning(int fd)
{
	static uint8_t record[5 + (16 << 10)] = { 0x16, 3, 1, 0x40, 0,
						  1,	1, 0xf0, 0 };

	throw_bytes(fd, record, sizeof(record));
	for (int i = 0; i < 6; i++) {
		uint8_t more[sizeof(record)] = { 0x16, 3, 3, 0x40, 0 };

		throw_bytes(fd, more, sizeof(more));
	}
}

static void
a_flood_of_large_handshakes_takes_little_memory(void **state)
{
	struct tls_pair pair;
	size_t before;
	int flood[100];

	(void)state;
	open_tls_pair(&pair);
	before = held_max = held;
	for (size_t i = 0; i < 100; i++) {
		flood[i] = dial(raft_tcp_port(pair.one.tcp));
		throw_large_beginning(flood[i]);
		run_until(&pair.loop, false, 1);
	}
	assert_true(count(&pair.one, RAFT_LINK_HELLO_CROWDED) > 0);
	assert_int_equal(count(&pair.one, RAFT_LINK_TLS_FAILED), 0);
	print_message("%zu KiB for 64\n", (held_max - before) >> 10);
	assert_true(held_max - before > 64 * (64 << 10));
	assert_in_range(held_max - before, 0, 65 * (300 << 10));
	for (size_t i = 0; i < 100; i++)
		close(flood[i]);
	expect_served(&pair);
	close_tls_pair(&pair);
}

/* A peer that comes in the middle of a flood gets in. */
static void
a_flood_does_not_keep_a_newcomer_out(void **state)
{
	struct tls_pair pair;
	struct site three = { 0 };
	struct raft_tls *tls;
	int flood[512];
	size_t dialed = 0;

	(void)state;
	open_tls_pair(&pair);
	introduce(&pair.one, 3, 9);
	tls = load_fair(&pair.pki, 3);
	open_tls_site(&three, &pair.loop, 3, tls);
	introduce(&three, 1, raft_tcp_port(pair.one.tcp));
	assert_true(run_until(
	    &pair.loop,
	    (dialed < 512
		 ? flood[dialed++] = dial(raft_tcp_port(pair.one.tcp))
		 : 0,
	     count(&pair.one, RAFT_LINK_OPENED_IN) == 2),
	    4000));
	while (dialed > 0)
		close(flood[--dialed]);
	close_site(&three);
	raft_tls_destroy(tls);
	close_tls_pair(&pair);
}

/* What is shown before it is known to be good may not be large. */
static void
a_chain_of_certificates_without_end_is_refused(void **state)
{
	struct tls_pair pair;
	struct stranger stranger;

	(void)state;
	open_tls_pair(&pair);
	dress_stranger(&stranger, &pair.pki, "3");
	for (int i = 0; i < 150; i++)
		assert_int_equal(
		    SSL_CTX_add1_chain_cert(stranger.context,
					    pair.pki.ca.certificate),
		    1);
	connect_stranger(&stranger, dial(raft_tcp_port(pair.one.tcp)), true);
	assert_true(run_until(&pair.loop,
			      (step_stranger(&stranger, -1),
			       count(&pair.one, RAFT_LINK_TLS_FAILED) == 1),
			      2000));
	assert_non_null(strstr(pair.one.trace, "excessive message size"));
	undress_stranger(&stranger);
	expect_served(&pair);
	close_tls_pair(&pair);
}

static uint64_t
count_ended(struct tls_pair *pair)
{
	uint64_t ended = 0;

	for (enum raft_link_counter i = RAFT_LINK_CLOSED;
	     i <= RAFT_LINK_TLS_FAILED; i++)
		ended += count(&pair->one, i);
	return ended;
}

static void
random_bytes_end_their_connection_only(void **state)
{
	struct tls_pair pair;
	uint8_t bytes[2048];
	size_t length = begin_handshake(bytes, sizeof(bytes));

	(void)state;
	open_tls_pair(&pair);
	for (size_t i = 0; i < 100; i++) {
		int fd = dial(raft_tcp_port(pair.one.tcp));

		/* From noise to a handshake with one byte wrong. */
		if (i % 2 == 0)
			arc4random_buf(bytes, length);
		else
			length = begin_handshake(bytes, sizeof(bytes));
		bytes[arc4random_uniform((uint32_t)length)] ^= 0x20;
		throw_bytes(fd, bytes, length);
		run_until(&pair.loop, false, 2);
		close(fd);
		run_until(&pair.loop, false, 2);
	}
	/* A busy machine may be late with the last ones. */
	run_until(&pair.loop, count_ended(&pair) >= 100, 10000);
	assert_int_equal(count_ended(&pair), 100);
	assert_true(count(&pair.one, RAFT_LINK_TLS_ALIEN) > 20);
	expect_served(&pair);
	close_tls_pair(&pair);
}

/* Whoever has a certificate of the cluster is still held to the protocol. */
static void
noise_of_a_known_peer_ends_its_connection_only(void **state)
{
	struct tls_pair pair;
	struct stranger stranger;
	uint8_t bytes[4096];

	(void)state;
	open_tls_pair(&pair);
	introduce(&pair.one, 3, 9);
	dress_stranger(&stranger, &pair.pki, "3");
	connect_stranger(&stranger, dial(raft_tcp_port(pair.one.tcp)), true);
	assert_true(run_until(&pair.loop, step_stranger(&stranger, -1), 2000));
	memset(bytes, 'x', sizeof(bytes));
	SSL_write(stranger.ssl, bytes, sizeof(bytes));
	assert_true(run_until(&pair.loop,
			      count(&pair.one, RAFT_LINK_HELLO_ALIEN) == 1,
			      2000));
	assert_non_null(strstr(pair.one.trace, "connection from 3 at"));
	undress_stranger(&stranger);
	expect_served(&pair);
	close_tls_pair(&pair);
}

/* Whoever has a certificate may still cost us no more than he pays. */
static void
shake_as_three(struct tls_pair *pair, struct stranger *stranger)
{
	introduce(&pair->one, 3, 9);
	dress_stranger(stranger, &pair->pki, "3");
	connect_stranger(stranger, dial(raft_tcp_port(pair->one.tcp)), true);
	assert_true(run_until(&pair->loop, step_stranger(stranger, -1), 2000));
}

static void
update_key(struct stranger *stranger)
{
	SSL_key_update(stranger->ssl, SSL_KEY_UPDATE_REQUESTED);
	SSL_do_handshake(stranger->ssl);
}

static void
say_hello_as_three(struct stranger *stranger)
{
	struct raft_hello hello = {
		.version = RAFT_WIRE_VERSION,
		.from = { 3, 103 },
		.to = 1,
	};
	uint8_t bytes[RAFT_LINK_HELLO_BYTES];

	memcpy(hello.cluster, cluster_a, sizeof(cluster_a));
	raft__hello_encode(&hello, bytes);
	assert_int_equal(SSL_write(stranger->ssl, bytes, sizeof(bytes)),
			 sizeof(bytes));
}

static void
key_updates_without_end_are_not_followed(void **state)
{
	struct tls_pair pair;
	struct stranger stranger;

	(void)state;
	open_tls_pair(&pair);
	shake_as_three(&pair, &stranger);
	say_hello_as_three(&stranger);
	for (int i = 0; i < 32; i++)
		update_key(&stranger);
	run_until(&pair.loop, false, 50);
	assert_int_equal(count(&pair.one, RAFT_LINK_TLS_FAILED), 0);
	for (int i = 0; i < 1000; i++)
		update_key(&stranger);
	assert_true(run_until(&pair.loop,
			      count(&pair.one, RAFT_LINK_TLS_FAILED) == 1,
			      2000));
	assert_non_null(strstr(pair.one.trace,
			       "it renews its keys again and again"));
	undress_stranger(&stranger);
	expect_heard(&pair);
	close_tls_pair(&pair);
}

static void
answers_that_nobody_reads_do_not_pile_up(void **state)
{
	static const char beat[RAFT_WIRE_FRAME_BYTES] = "OUTRLINK's beat";
	struct tls_pair pair;
	struct stranger stranger;
	long rounds;

	(void)state;
	open_tls_pair(&pair);
	shake_as_three(&pair, &stranger);
	say_hello_as_three(&stranger);
	assert_true(run_until(&pair.loop,
			      count(&pair.one, RAFT_LINK_OPENED_IN) == 2,
			      2000));
	/* As if the kernel took no more. */
	TAILQ_LAST(&pair.one.tcp->sockets, raft_sockets)->writing = true;
	for (rounds = 0; count(&pair.one, RAFT_LINK_TLS_FAILED) == 0 &&
			 rounds < 100000;
	     rounds++) {
		update_key(&stranger);
		SSL_write(stranger.ssl, beat, sizeof(beat));
		if (rounds % 50 == 0)
			uv_run(&pair.loop, UV_RUN_NOWAIT);
	}
	print_message("after %ld updates: %s\n", rounds, pair.one.trace);
	assert_non_null(strstr(pair.one.trace, "does not read the answers"));
	assert_int_equal(count(&pair.one, RAFT_LINK_NO_MEMORY), 0);
	undress_stranger(&stranger);
	close_tls_pair(&pair);
}

/* ---------------------------------------------------------------- intruders */

/* Server 3 as an intruder may be: our own program, with these papers. */
static void
intrude(struct tls_pair *pair, uint64_t certified_id,
	enum raft_link_counter counter, enum raft_link_counter own,
	const char *sentence)
{
	struct raft_tls_files files = files_of(&pair->pki, "x");
	struct site three = { 0 };
	struct raft_tls *tls;

	/* It trusts the CA that gave it its papers, and ours. */
	files.authorities = path_in(&pair->pki, "both.pem");
	write_certificates(files.authorities, pair->pki.ca.certificate,
			   pair->pki.other_ca.certificate);
	tls = load("red", certified_id, files);
	open_tls_site(&three, &pair->loop, 3, tls);
	introduce(&three, 1, raft_tcp_port(pair->one.tcp));
	assert_true(run_until(&pair->loop,
			      count(&pair->one, counter) > 0 &&
				  count(&three, own) > 0,
			      2000));
	if (strstr(three.trace_out, sentence) == NULL)
		fail_msg("%s", three.trace_out);
	assert_int_equal(count(&three, RAFT_LINK_OPENED_OUT), 0);
	close_site(&three);
	raft_tls_destroy(tls);
}

static void
intruders_are_refused_and_told_why(void **state)
{
	struct tls_pair pair;
	struct raft_certs_wish wish;
	struct raft_certs_pair node;

	(void)state;
	open_tls_pair(&pair);
	introduce(&pair.one, 3, 9);
	wish = fair_wish(&pair.pki, "raft://red/node/3");
	node = issue(&pair.pki, &pair.pki.other_ca, "x", &wish);
	raft_certs_clear(&node);
	intrude(&pair, 3, RAFT_LINK_TLS_UNTRUSTED, RAFT_LINK_TLS_REFUSED,
		"the peer refused us; it says \"unknown CA\": it does not trust "
		"our certificate's CA");
	wish = fair_wish(&pair.pki, "raft://red/node/2");
	node = issue(&pair.pki, &pair.pki.ca, "x", &wish);
	raft_certs_clear(&node);
	intrude(&pair, 2, RAFT_LINK_HELLO_IMPOSTOR, RAFT_LINK_HELLO_REFUSED,
		"it says of us: its hello names another than its certificate");
	expect_served(&pair);
	close_tls_pair(&pair);
}

/* --------------------------------------------------------------------- keys */

#define PAGE_BYTES 4096
#define KEY_BYTES 32

static bool
is_flipped(const uint8_t *bytes, const uint8_t *flipped)
{
	for (size_t i = 0; i < KEY_BYTES; i++) {
		if ((bytes[i] ^ flipped[i]) != 0xff)
			return false;
	}
	return true;
}

/* How often the opposite of these bytes begins in a page, read into a window
 * that is not itself looked at. */
static size_t
count_in_page(int memory, unsigned long page, const uint8_t *flipped)
{
	static uint8_t window[PAGE_BYTES + KEY_BYTES];
	ssize_t length = pread(memory, window, sizeof(window), (off_t)page);
	size_t found = 0;

	for (ssize_t i = 0; i + KEY_BYTES <= length; i++) {
		uintptr_t at = page + (uintptr_t)i;

		found += is_flipped(window + i, flipped) &&
			 (at + KEY_BYTES <= (uintptr_t)window ||
			  at >= (uintptr_t)window + sizeof(window));
	}
	memset(window, 0, sizeof(window));
	return found;
}

static size_t
count_in_memory(const uint8_t *flipped)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	int memory = open("/proc/self/mem", O_RDONLY);
	unsigned long page, end;
	char mode[5], line[512];
	size_t found = 0;

	assert_non_null(maps);
	assert_true(memory >= 0);
	while (fgets(line, sizeof(line), maps) != NULL) {
		/* Not the terabytes that a sanitizer keeps for itself. */
		if (sscanf(line, "%lx-%lx %4s", &page, &end, mode) != 3 ||
		    mode[1] != 'w' || end - page > 64 << 20)
			continue;
		for (; page < end; page += PAGE_BYTES)
			found += count_in_page(memory, page, flipped);
	}
	fclose(maps);
	close(memory);
	return found;
}

/* Some bytes of the text of a key's file, flipped, so that they are not found
 * here. */
static void
read_flipped(const char *path, uint8_t *flipped)
{
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, flipped, KEY_BYTES, 60),
			 KEY_BYTES);
	close(fd);
	for (size_t i = 0; i < KEY_BYTES; i++)
		flipped[i] ^= 0xff;
}

static void
the_text_of_a_key_does_not_stay_in_memory(void **state)
{
	struct pki pki;
	struct raft_tls *tls;
	uint8_t flipped[KEY_BYTES];
	static char copy[KEY_BYTES];

	(void)state;
	open_pki(&pki);
	read_flipped(path_in(&pki, "1.key"), flipped);
	/* The test made the file in this process, and its maker wiped it. */
	tls = load_fair(&pki, 1);
	assert_int_equal(count_in_memory(flipped), 0);
	raft_tls_destroy(tls);
	assert_int_equal(count_in_memory(flipped), 0);
	/* And it would be found. */
	for (size_t i = 0; i < KEY_BYTES; i++)
		copy[i] = (char)(flipped[i] ^ 0xff);
	assert_true(count_in_memory(flipped) > 0);
	OPENSSL_cleanse(copy, sizeof(copy));
	close_pki(&pki);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slow_handshake_is_not_waited_for),
		cmocka_unit_test(
		    a_flood_of_handshakes_keeps_no_peer_out_and_little_memory),
		cmocka_unit_test(
		    nor_does_one_where_plain_connections_are_taken_too),
		cmocka_unit_test(
		    a_flood_of_large_handshakes_takes_little_memory),
		cmocka_unit_test(a_flood_does_not_keep_a_newcomer_out),
		cmocka_unit_test(
		    a_chain_of_certificates_without_end_is_refused),
		cmocka_unit_test(random_bytes_end_their_connection_only),
		cmocka_unit_test(
		    noise_of_a_known_peer_ends_its_connection_only),
		cmocka_unit_test(key_updates_without_end_are_not_followed),
		cmocka_unit_test(answers_that_nobody_reads_do_not_pile_up),
		cmocka_unit_test(intruders_are_refused_and_told_why),
		cmocka_unit_test(the_text_of_a_key_does_not_stay_in_memory),
	};

	if (CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free) !=
	    1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
