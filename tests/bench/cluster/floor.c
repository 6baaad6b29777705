/*
 * The floor: what the disk and the network allow with no Raft. The same entries go
 * over TCP to two followers and to three disks, all that are in flight at once; the
 * next ones as soon as the leader and one follower have synced.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nothing is checked, copied or kept. The disk's part is its best case: space that is
 * there and was written before is written again and again.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/cluster/load.h"

#define HEADER_BYTES 16
#define ENTRY_BYTES (TRIAL_BYTES + HEADER_BYTES)
#define BATCH_BYTES_MAX (ENTRY_BYTES * TRIAL_IN_FLIGHT_MAX)
#define FILE_BYTES (16 << 20)
#define PAUSE_US 1000

static uint8_t zeros[BATCH_BYTES_MAX];

struct file {
	int descriptor;
	off_t offset;
};

/** One of the leader's two, by how many bytes it was sent, and has synced. */
struct follower {
	int socket;
	uint64_t sent;
	uint64_t synced;
};

/* ---------------------------------------------------------------- the disk */

static void
write_zeros(struct file *file, size_t length)
{
	if (pwrite(file->descriptor, zeros, length, file->offset) !=
	    (ssize_t)length)
		err(1, "the disk");
	file->offset += (off_t)length;
}

static void
sync_file(struct file *file)
{
	if (fdatasync(file->descriptor) != 0)
		err(1, "the disk");
}

static void
open_file(struct file *file, const struct trial *trial, uint64_t id)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/log", trial_folder(trial, id));
	file->offset = 0;
	file->descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (file->descriptor < 0)
		err(1, "%s", path);
	while (file->offset < FILE_BYTES)
		write_zeros(file, BATCH_BYTES_MAX);
	file->offset = 0;
	sync_file(file);
}

static void
store(struct file *file, size_t length)
{
	if (file->offset + (off_t)length > FILE_BYTES)
		file->offset = 0;
	write_zeros(file, length);
	sync_file(file);
}

/* ------------------------------------------------------------- the network */

static struct sockaddr_in
address_of(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static int
make_socket(void)
{
	int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (made < 0 || setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on,
				   sizeof(on)) != 0)
		err(1, "a socket");
	return made;
}

/** Until it is the follower that answers, and not a relay before it. */
static int
dial(uint16_t port)
{
	struct sockaddr_in address = address_of(port);
	uint64_t synced;

	for (;;) {
		int made = make_socket();

		if (connect(made, (struct sockaddr *)&address,
			    sizeof(address)) == 0 &&
		    recv(made, &synced, sizeof(synced), MSG_WAITALL) ==
			sizeof(synced))
			return made;
		close(made);
		usleep(PAUSE_US);
	}
}

static int
await_leader(uint16_t port)
{
	struct sockaddr_in address = address_of(port);
	int listening = make_socket(), taken, on = 1;

	if (bind(listening, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(listening, 1) != 0)
		err(1, "port %u", port);
	taken = accept(listening, NULL, NULL);
	if (taken < 0 ||
	    setsockopt(taken, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
		err(1, "port %u", port);
	return taken;
}

/* ------------------------------------------------------------ its two roles */

/** As much as is there, up to the end of a batch. */
static size_t
receive_batches(int leader, size_t batch)
{
	static uint8_t bytes[BATCH_BYTES_MAX];
	ssize_t length = recv(leader, bytes, sizeof(bytes) / batch * batch, 0);
	size_t rest;

	if (length <= 0)
		errx(1, "the leader has ended");
	rest = (batch - (size_t)length % batch) % batch;
	if (rest > 0 && recv(leader, bytes, rest, MSG_WAITALL) != (ssize_t)rest)
		errx(1, "the leader has ended");
	return (size_t)length + rest;
}

static void
follow(const struct trial *trial, uint64_t id)
{
	struct file file;
	uint64_t synced = 0;
	int leader;

	open_file(&file, trial, id);
	leader = await_leader(trial->ports[id - 1]);
	trial_ready(trial, id);
	while (send(leader, &synced, sizeof(synced), 0) == sizeof(synced)) {
		size_t length =
		    receive_batches(leader, trial->in_flight * ENTRY_BYTES);

		store(&file, length);
		synced += length;
	}
	errx(1, "the leader has ended");
}

/** What a slow one cannot take yet waits, since all bytes are the same. */
static void
send_rest(struct follower *follower, uint64_t end)
{
	while (follower->sent < end) {
		uint64_t rest = end - follower->sent;
		ssize_t length = send(
		    follower->socket, zeros,
		    rest < sizeof(zeros) ? (size_t)rest : sizeof(zeros),
		    MSG_DONTWAIT);

		if (length < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (length < 0)
			err(1, "a follower");
		follower->sent += (uint64_t)length;
	}
}

static void
await_one(struct follower *followers, uint64_t end)
{
	struct pollfd polls[2];

	while (followers[0].synced < end && followers[1].synced < end) {
		for (int i = 0; i < 2; i++)
			polls[i] = (struct pollfd){
				.fd = followers[i].socket,
				.events = followers[i].sent < end
					      ? POLLIN | POLLOUT
					      : POLLIN,
			};
		if (poll(polls, 2, -1) < 0 && errno != EINTR)
			err(1, "poll");
		for (int i = 0; i < 2; i++) {
			send_rest(&followers[i], end);
			if ((polls[i].revents & ~POLLOUT) != 0 &&
			    recv(followers[i].socket, &followers[i].synced,
				 sizeof(uint64_t),
				 MSG_WAITALL) != sizeof(uint64_t))
				errx(1, "a follower has ended");
		}
	}
}

static void
lead(const struct trial *trial)
{
	struct load *load = load_create(trial, 1);
	struct follower followers[2] = { 0 };
	struct file file;
	uint64_t end = 0;

	open_file(&file, trial, 1);
	for (unsigned int i = 0; i < 2; i++)
		followers[i].socket = dial(trial_port(trial, 1, i + 2));
	trial_ready(trial, 1);
	for (;;) {
		unsigned int count = load_wanted(load);
		size_t length = count * ENTRY_BYTES;

		load_proposed(load, count);
		end += length;
		send_rest(&followers[0], end);
		send_rest(&followers[1], end);
		store(&file, length);
		await_one(followers, end);
		load_done(load, count);
	}
}

static void
take_part(const struct trial *trial, uint64_t id)
{
	if (id == 1)
		lead(trial);
	follow(trial, id);
}

const struct contender contender = {
	.name = "floor",
	.take_part = take_part,
};
