/*
 * TLS connections that come and go leave no memory behind. RAFT_CHURN says how
 * many times (200).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/transport_tls_pki.h"

#include <malloc.h>

/** Receive buffers are pooled, 64 KiB each, and a few more may be by the end; a
 *  leak of 30 bytes in each of ten thousand is above it. */
#define SLACK_BYTES ((size_t)256 << 10)
#define WARM_UP 40

/* Under AddressSanitizer, whose allocator mallinfo2 does not see. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t
allocated_bytes(void)
{
	if (__sanitizer_get_current_allocated_bytes != NULL)
		return __sanitizer_get_current_allocated_bytes();
	return mallinfo2().uordblks;
}

static long
times(void)
{
	const char *text = getenv("RAFT_CHURN");

	return text == NULL ? 200 : atol(text);
}

/** Forget the other and meet it again. */
static void
meet_again(struct tls_pair *pair)
{
	raft_tcp_peer_remove(pair->one.tcp, 2);
	raft_tcp_peer_remove(pair->two.tcp, 1);
	introduce(&pair->one, 2, raft_tcp_port(pair->two.tcp));
	introduce(&pair->two, 1, raft_tcp_port(pair->one.tcp));
	assert_true(run_until(&pair->loop,
			      is_open_both(&pair->one, 2) &&
				  is_open_both(&pair->two, 1),
			      10000));
}

/** A stranger who sends what is no handshake. */
static void
be_refused(struct tls_pair *pair)
{
	int fd = dial(raft_tcp_port(pair->one.tcp));

	assert_true(write(fd, "hello", 5) == 5);
	uv_run(&pair->loop, UV_RUN_NOWAIT);
	close(fd);
}

static void
connections_that_come_and_go_leave_nothing(void **state)
{
	struct tls_pair pair;
	size_t before = 0, after;

	(void)state;
	open_tls_pair(&pair);
	for (long i = 0; i < WARM_UP + times(); i++) {
		if (i == WARM_UP)
			before = allocated_bytes();
		meet_again(&pair);
		be_refused(&pair);
	}
	after = allocated_bytes();
	print_message("%ld times: %zu bytes before, %zu after\n", times(),
		      before, after);
	assert_true(after < before + SLACK_BYTES);
	close_tls_pair(&pair);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connections_that_come_and_go_leave_nothing),
	};

	return cmocka_run_group_tests_name("transport_tls_churn", tests, NULL,
					   NULL);
}
