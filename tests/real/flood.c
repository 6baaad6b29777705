/*
 * A flood: connections as fast as one processor makes them, from several
 * addresses of this machine to several ports of it, each of which says something
 * and waits. Nothing is ever read, and the oldest are let go; "hold" says nothing,
 * and once it has as many as it can it keeps them.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *	flood tls|noise|ask|silence|hold SECONDS FIRST COUNT PORT...
 *
 * from 127.0.0.FIRST and the COUNT - 1 that follow. At the end it says how many
 * there were.
 */
#include <arpa/inet.h>
#include <bsd/stdlib.h>
#include <err.h>
#include <limits.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HELD 512
#define BYTES_MAX 2048

struct flood {
	/** What each says. */
	char bytes[BYTES_MAX];
	size_t length;
	bool keeps;
	long first;
	long count;
	char **ports;
	size_t port_count;
	int held[HELD];
	unsigned long made;
};

static long
read_number(const char *text, long max)
{
	const char *problem;
	long number = (long)strtonum(text, 1, max, &problem);

	if (problem != NULL)
		errx(2, "%s is %s", text, problem);
	return number;
}

/* How a handshake begins: to answer it costs a signature. */
static void
begin_handshake(struct flood *flood)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(context);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());

	SSL_set_bio(ssl, in, out);
	SSL_connect(ssl);
	flood->length = (size_t)BIO_read(out, flood->bytes, BYTES_MAX);
	SSL_free(ssl);
	SSL_CTX_free(context);
}

static void
choose_bytes(struct flood *flood, const char *what)
{
	static const char noise[] = "GET / HTTP/1.0\r\n\r\n";
	static const char ask[] = "GET /metrics HTTP/1.0\r\n\r\n";

	if (strcmp(what, "tls") == 0) {
		begin_handshake(flood);
	} else if (strcmp(what, "noise") == 0) {
		flood->length = sizeof(noise) - 1;
		memcpy(flood->bytes, noise, flood->length);
	} else if (strcmp(what, "ask") == 0) {
		flood->length = sizeof(ask) - 1;
		memcpy(flood->bytes, ask, flood->length);
	} else if (strcmp(what, "hold") == 0) {
		flood->keeps = true;
	} else if (strcmp(what, "silence") != 0) {
		errx(2, "%s: tls, noise, ask, silence or hold", what);
	}
}

static struct sockaddr_in
address_of(unsigned long host, unsigned long port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + (uint32_t)host),
	};
}

/* What the other side does with it is not waited for. */
static void
make_one(struct flood *flood)
{
	unsigned long which = flood->made++;
	struct sockaddr_in from = address_of(
	    (unsigned long)flood->first + which % (unsigned long)flood->count,
	    0);
	struct sockaddr_in to = address_of(
	    1, strtoul(flood->ports[which % flood->port_count], NULL, 10));
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int *place = &flood->held[which % HELD];

	if (*place >= 0)
		close(*place);
	*place = fd;
	if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) != 0)
		err(1, "a connection from 127.0.0.%ld", flood->first);
	connect(fd, (struct sockaddr *)&to, sizeof(to));
	if (flood->length > 0 &&
	    send(fd, flood->bytes, flood->length, MSG_NOSIGNAL) < 0)
		return; /* It is full there. */
}

int
main(int argc, char **argv)
{
	static struct flood flood;
	time_t end;

	if (argc < 6)
		errx(2, "flood tls|noise|ask|silence|hold SECONDS FIRST COUNT "
			"PORT...");
	choose_bytes(&flood, argv[1]);
	flood.first = read_number(argv[3], 254);
	flood.count = read_number(argv[4], 254);
	flood.ports = argv + 5;
	flood.port_count = (size_t)argc - 5;
	memset(flood.held, 0xff, sizeof(flood.held));
	end = time(NULL) + read_number(argv[2], 3600);
	while (time(NULL) < end) {
		if (flood.keeps && flood.made == HELD)
			usleep(10000);
		else
			make_one(&flood);
	}
	printf("%lu connections\n", flood.made);
	return 0;
}
