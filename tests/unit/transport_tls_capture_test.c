/*
 * What a sniffer on the loopback interface gets of TLS: every packet, and in none
 * of them a byte of a payload or of a hello.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * It needs the right to capture (root, or CAP_NET_RAW). Without it, this says so
 * and is skipped; transport_tls_test shows the same by somebody on the way.
 */
#include "tests/unit/transport_tls_pki.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>

#define CAPTURED_BYTES ((size_t)8 << 20)
#define PAYLOADS 64

static const char secret[] = "attack at dawn, attack at dawn";

struct sniffer {
	int fd;
	uint8_t *seen;
	size_t length;
	size_t packets;
};

static bool
open_sniffer(struct sniffer *sniffer)
{
	struct sockaddr_ll lo = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = (int)if_nametoindex("lo") };
	int room = 32 << 20;

	*sniffer = (struct sniffer){
		.fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK,
			     htons(ETH_P_ALL)),
	};
	if (sniffer->fd < 0) {
		print_message("may not capture: %s\n", strerror(errno));
		return false;
	}
	setsockopt(sniffer->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room,
		   sizeof(room));
	assert_int_equal(bind(sniffer->fd, (struct sockaddr *)&lo, sizeof(lo)),
			 0);
	sniffer->seen = malloc(CAPTURED_BYTES);
	assert_non_null(sniffer->seen);
	return true;
}

static void
close_sniffer(struct sniffer *sniffer)
{
	close(sniffer->fd);
	free(sniffer->seen);
}

/* IPv4 and TCP, from or to that port. */
static bool
is_of(const uint8_t *packet, size_t length, uint16_t port)
{
	const uint8_t *ip = packet + ETH_HLEN;
	const uint8_t *tcp = ip + 4 * (size_t)(ip[0] & 15);

	return length >= ETH_HLEN + 40 && ip[0] >> 4 == 4 && ip[9] == 6 &&
	       ((tcp[0] << 8 | tcp[1]) == port ||
		(tcp[2] << 8 | tcp[3]) == port);
}

/* Whatever else goes over the interface. */
static void
sniff(struct sniffer *sniffer, uint16_t port)
{
	uint8_t packet[1 << 17];
	ssize_t length;

	while ((length = recv(sniffer->fd, packet, sizeof(packet), 0)) > 0) {
		if (!is_of(packet, (size_t)length, port))
			continue;
		assert_true(sniffer->length + (size_t)length < CAPTURED_BYTES);
		memcpy(sniffer->seen + sniffer->length, packet, (size_t)length);
		sniffer->length += (size_t)length;
		sniffer->packets++;
	}
}

static bool
saw(const struct sniffer *sniffer, const void *bytes, size_t length)
{
	return memmem(sniffer->seen, sniffer->length, bytes, length) != NULL;
}

static void
send_secrets(struct site *site)
{
	struct raft_entry entry = {
		1, 7, RAFT_ENTRY_DATA, { secret, sizeof(secret), NULL }
	};
	struct raft_message message = vote(1, 2, 7);

	message.kind = RAFT_MESSAGE_APPEND;
	message.append = (struct raft_append){ .previous = { 0, 0 },
					       .last = { 1, 7 },
					       .entries = &entry };
	for (size_t i = 0; i < PAYLOADS; i++)
		raft_tcp_send(site->tcp, &message);
}

static void
capture(struct sniffer *sniffer, bool is_tls)
{
	struct pki pki;
	struct raft_tls *tls_one = NULL, *tls_two = NULL;
	struct site one, two;
	uint16_t port;
	uv_loop_t loop;

	uv_loop_init(&loop);
	open_pki(&pki);
	if (is_tls) {
		tls_one = load_fair(&pki, 1);
		tls_two = load_fair(&pki, 2);
	}
	memset(&one, 0, sizeof(one));
	memset(&two, 0, sizeof(two));
	open_tls_site(&one, &loop, 1, tls_one);
	open_tls_site(&two, &loop, 2, tls_two);
	port = raft_tcp_port(two.tcp);
	introduce(&one, 2, port);
	introduce(&two, 1, raft_tcp_port(one.tcp));
	assert_true(run_until(&loop,
			      is_open_both(&one, 2) && is_open_both(&two, 1),
			      5000));
	send_secrets(&one);
	assert_true(run_until(&loop,
			      (sniff(sniffer, port),
			       two.received == PAYLOADS),
			      5000));
	sniff(sniffer, port);
	close_site(&one);
	close_site(&two);
	raft_tls_destroy(tls_one);
	raft_tls_destroy(tls_two);
	close_pki(&pki);
	close_loop(&loop);
}

static void
a_capture_has_no_byte_of_a_payload(void **state)
{
	struct sniffer sniffer;

	(void)state;
	if (!open_sniffer(&sniffer))
		skip();
	capture(&sniffer, true);
	print_message("TLS: %zu packets, %zu bytes\n", sniffer.packets,
		      sniffer.length);
	assert_true(sniffer.length > PAYLOADS * sizeof(secret));
	assert_false(saw(&sniffer, secret, 6));
	assert_false(saw(&sniffer, cluster_a, 9));
	close_sniffer(&sniffer);
	/* And it would have seen them. */
	assert_true(open_sniffer(&sniffer));
	capture(&sniffer, false);
	assert_true(saw(&sniffer, secret, sizeof(secret)));
	assert_true(saw(&sniffer, cluster_a, 9));
	close_sniffer(&sniffer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_capture_has_no_byte_of_a_payload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
