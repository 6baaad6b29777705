/*
 * A scene: a server with an honest peer, and somebody who speaks to it by hand.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_TRANSPORT_TCP_SCENE_H
#define OUTRIGGER_TRANSPORT_TCP_SCENE_H

#include "tests/unit/transport_tcp_site.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "assists/transport_tcp/hello.h"
#include "assists/wire/wire.h"

/* Server 1 under attack, with server 2 as its honest peer. Attackers pose as
 * server 3. */
struct scene {
	uv_loop_t loop;
	struct site one;
	struct site two;
};

static inline void
open_scene(struct scene *scene)
{
	memset(scene, 0, sizeof(*scene));
	uv_loop_init(&scene->loop);
	open_pair(&scene->loop, &scene->one, &scene->two);
	/* Port 9 discards, or refuses: we only want to be taken for 3. */
	introduce(&scene->one, 3, 9);
}

/* The honest peer is still served. */
static inline void
close_scene(struct scene *scene)
{
	struct raft_message message = vote(2, 1, 77);
	size_t before = scene->one.received;

	raft_tcp_send(scene->two.tcp, &message);
	assert_true(
	    run_until(&scene->loop, scene->one.received > before, 1000));
	assert_int_equal(scene->one.last_term, 77);
	assert_int_equal(count(&scene->two, RAFT_LINK_OPENED_IN), 1);
	assert_int_equal(count(&scene->two, RAFT_LINK_OPENED_OUT), 1);
	close_site(&scene->one);
	close_site(&scene->two);
	close_loop(&scene->loop);
}

static inline int
attack(const struct scene *scene)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(raft_tcp_port(scene->one.tcp)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int yes = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(
	    connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static inline void
throw_bytes(int fd, const void *bytes, size_t length)
{
	ssize_t written = send(fd, bytes, length, MSG_NOSIGNAL);

	(void)written; /* The other side may have hung up. */
}

static inline struct raft_hello
fair_hello(void)
{
	struct raft_hello hello = {
		.version = RAFT_WIRE_VERSION,
		.from = { 3, 103 },
		.to = 1,
	};

	memcpy(hello.cluster, cluster_a, sizeof(cluster_a));
	return hello;
}

static inline void
say_hello(int fd, const struct raft_hello *hello)
{
	uint8_t bytes[RAFT_LINK_HELLO_BYTES];

	raft__hello_encode(hello, bytes);
	throw_bytes(fd, bytes, sizeof(bytes));
}

/* A connection of server 3's that has been welcomed. */
static inline int
intrude(struct scene *scene)
{
	struct raft_hello hello = fair_hello();
	uint64_t before = count(&scene->one, RAFT_LINK_OPENED_IN);
	int fd = attack(scene);

	say_hello(fd, &hello);
	assert_true(run_until(&scene->loop,
			      count(&scene->one, RAFT_LINK_OPENED_IN) > before,
			      1000));
	return fd;
}

static inline size_t
frame(const struct raft_message *message, uint8_t *bytes, size_t size)
{
	size_t length = raft_wire_encode(message, bytes + RAFT_WIRE_FRAME_BYTES,
					 size - RAFT_WIRE_FRAME_BYTES);

	assert_true(length > 0);
	raft_wire_frame_encode(bytes, bytes + RAFT_WIRE_FRAME_BYTES, length);
	return length + RAFT_WIRE_FRAME_BYTES;
}

/* What this one sends ends its connection, and is counted as that. */
static inline void
expect_end(struct scene *scene, int fd, enum raft_link_counter counter,
	   uint64_t times)
{
	assert_true(run_until(&scene->loop,
			      count(&scene->one, counter) == times, 1000));
	close(fd);
}

/* A listener that never takes a connection from its backlog: the kernel
 * accepts, and nobody reads. */
static inline int
listen_deaf(uint16_t *port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(fd, 16), 0);
	getsockname(fd, (struct sockaddr *)&address, &length);
	*port = ntohs(address.sin_port);
	return fd;
}

#endif
