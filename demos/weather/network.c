/*
 * A network of our own (network.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include "demos/weather/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define TUN "/dev/net/tun"
/** Of this network namespace, from Linux 6.11 on. */
#define RESEND "/proc/sys/net/ipv4/tcp_rto_min_us"
#define DEVICE "cable"
/** Of nodes' addresses all but the last byte, which is the node's number. */
#define SUBNET "10.77.0."
#define NETMASK "255.255.255.0"
/** More than a device takes, which is 1500. */
#define PACKET_BYTES_MAX 2048
#define MILLION 1000000

struct packet {
	uint64_t due;
	/** Of two that are due at once the one sent first goes first. */
	uint64_t number;
	uint32_t to;
	struct packet *next;
	size_t length;
	uint8_t bytes[];
};

/** A node's machine. */
struct place {
	/** Its network namespace. */
	int namespace;
	int tun;
	bool is_unplugged;
};

struct network {
	uint32_t nodes;
	struct place *places;
	/** From a to b: (a - 1) * nodes + b - 1. */
	struct network_link *links;
	/** A heap: the one that is due first on top. */
	struct packet **flying;
	size_t flying_count;
	size_t flying_room;
	uint64_t sent;
	uint64_t bytes;
	uint64_t random;
};

static void *
must(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

/* --------------------------------------------------------------- permission */

static bool
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t length = strlen(text);
	bool is_done = fd >= 0 && write(fd, text, length) == (ssize_t)length;

	if (fd >= 0)
		close(fd);
	return is_done;
}

/* Be root in a world of our own, where root may do what concerns only that. */
static bool
become_root_inside(void)
{
	unsigned user = getuid(), group = getgid();
	char line[64];

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return false;
	snprintf(line, sizeof(line), "0 %u 1", user);
	if (!write_file("/proc/self/setgroups", "deny") ||
	    !write_file("/proc/self/uid_map", line))
		return false;
	snprintf(line, sizeof(line), "0 %u 1", group);
	return write_file("/proc/self/gid_map", line);
}

bool
network_permit(char *error, size_t size)
{
	int fd;

	if (unshare(CLONE_NEWNET) != 0 && !become_root_inside()) {
		snprintf(error, size,
			 "no network namespaces here (%s): expected root, or a "
			 "kernel that lets others have user namespaces",
			 strerror(errno));
		return false;
	}
	fd = open(TUN, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		snprintf(error, size, TUN ": %s: expected the module tun, "
			 "and the right to open that file", strerror(errno));
		return false;
	}
	close(fd);
	return true;
}

/* ------------------------------------------------------------------ cables */

void
network_address(uint32_t node, char address[NETWORK_ADDRESS_BYTES])
{
	snprintf(address, NETWORK_ADDRESS_BYTES, SUBNET "%u", node);
}

static void
set_address(struct ifreq *request, const char *address)
{
	struct sockaddr_in place = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, address, &place.sin_addr) != 1)
		abort();
	memcpy(&request->ifr_addr, &place, sizeof(place));
}

/* Give the device its address, and switch it on. */
static bool
bring_up(uint32_t node)
{
	struct ifreq request = { .ifr_name = DEVICE };
	char address[NETWORK_ADDRESS_BYTES];
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_up;

	network_address(node, address);
	set_address(&request, address);
	is_up = fd >= 0 && ioctl(fd, SIOCSIFADDR, &request) == 0;
	set_address(&request, NETMASK);
	is_up = is_up && ioctl(fd, SIOCSIFNETMASK, &request) == 0;
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	is_up = is_up && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
	if (fd >= 0)
		close(fd);
	return is_up;
}

static bool
make_place(struct place *place, uint32_t node, uint64_t resend_us)
{
	struct ifreq request = { .ifr_name = DEVICE,
				 .ifr_flags = IFF_TUN | IFF_NO_PI };
	char text[32];

	if (unshare(CLONE_NEWNET) != 0)
		return false;
	snprintf(text, sizeof(text), "%" PRIu64, resend_us);
	(void)write_file(RESEND, text);
	place->namespace = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	place->tun = open(TUN, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return place->namespace >= 0 && place->tun >= 0 &&
	       ioctl(place->tun, TUNSETIFF, &request) == 0 && bring_up(node);
}

struct network *
network_create(uint32_t nodes, uint64_t seed, uint64_t resend_us, char *error,
	       size_t size)
{
	struct network *network = must(calloc(1, sizeof(*network)));
	size_t links = (size_t)nodes * nodes;

	network->nodes = nodes;
	network->random = seed;
	network->places = must(calloc(nodes, sizeof(*network->places)));
	network->links = must(calloc(links, sizeof(*network->links)));
	for (size_t i = 0; i < links; i++)
		network->links[i].held_end = &network->links[i].held;
	for (uint32_t i = 0; i < nodes; i++)
		network->places[i] = (struct place){ -1, -1, false };
	for (uint32_t i = 0; i < nodes; i++) {
		if (make_place(&network->places[i], i + 1, resend_us))
			continue;
		snprintf(error, size, "the network of n%u: %s", i + 1,
			 strerror(errno));
		network_destroy(network);
		return NULL;
	}
	return network;
}

bool
network_enter(const struct network *network, uint32_t node)
{
	return setns(network->places[node - 1].namespace, CLONE_NEWNET) == 0;
}

/* ----------------------------------------------------------------- packets */

/* splitmix64: https://prng.di.unimi.it/splitmix64.c, public domain. */
static uint64_t
draw(struct network *network)
{
	uint64_t z = network->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static bool
happens(struct network *network, uint32_t millionths)
{
	return draw(network) % MILLION < millionths;
}

static bool
is_before(const struct packet *one, const struct packet *other)
{
	return one->due != other->due ? one->due < other->due
				      : one->number < other->number;
}

static void
swap(struct packet **one, struct packet **other)
{
	struct packet *packet = *one;

	*one = *other;
	*other = packet;
}

static void
push(struct network *network, struct packet *packet)
{
	struct packet **heap;
	size_t at = network->flying_count++;

	if (at == network->flying_room) {
		network->flying_room = 2 * at + 64;
		network->flying = must(realloc(network->flying,
					       network->flying_room *
						   sizeof(packet)));
	}
	heap = network->flying;
	heap[at] = packet;
	for (; at > 0 && is_before(heap[at], heap[(at - 1) / 2]);
	     at = (at - 1) / 2)
		swap(&heap[at], &heap[(at - 1) / 2]);
}

static struct packet *
pop(struct network *network)
{
	struct packet **heap = network->flying, *first = heap[0];
	size_t count = --network->flying_count, at = 0, least;

	heap[0] = heap[count];
	for (;; at = least) {
		least = at;
		for (size_t i = 2 * at + 1; i <= 2 * at + 2 && i < count; i++) {
			if (is_before(heap[i], heap[least]))
				least = i;
		}
		if (least == at)
			return first;
		swap(&heap[at], &heap[least]);
	}
}

static struct packet *
new_packet(struct network *network, uint32_t to, const uint8_t *bytes,
	   size_t length)
{
	struct packet *packet = must(malloc(sizeof(*packet) + length));

	*packet = (struct packet){
		.number = network->sent++,
		.to = to,
		.length = length,
	};
	memcpy(packet->bytes, bytes, length);
	return packet;
}

/* ----------------------------------------------------------------- the way */

static void
send_off(struct network *network, struct network_link *link,
	 struct packet *packet, uint64_t now)
{
	uint64_t span = link->most_ns - link->least_ns + 1;

	packet->due = now + link->least_ns + draw(network) % span;
	if (link->in_order && packet->due < link->last_due)
		packet->due = link->last_due;
	link->last_due = packet->due;
	push(network, packet);
}

static void
hold_back(struct network_link *link, struct packet *packet)
{
	*link->held_end = packet;
	link->held_end = &packet->next;
}

/* What a node has sent. */
static void
take(struct network *network, uint32_t from, const uint8_t *bytes,
     size_t length, uint64_t now)
{
	uint32_t to = length < 20 || bytes[0] >> 4 != 4 ? 0 : bytes[19];
	struct network_link *link;
	int copies;

	if (to == 0 || to > network->nodes || to == from)
		return; /* Not of IPv4, or to nobody. */
	network->bytes += length;
	link = network_link(network, from, to);
	if (network->places[from - 1].is_unplugged ||
	    network->places[to - 1].is_unplugged || link->is_cut ||
	    happens(network, link->loss))
		return;
	copies = happens(network, link->duplicate) ? 2 : 1;
	for (int i = 0; i < copies; i++) {
		struct packet *packet =
		    new_packet(network, to, bytes, length);

		if (link->is_held)
			hold_back(link, packet);
		else
			send_off(network, link, packet, now);
	}
}

/* A device that takes no more loses it, as any does. */
static void
deliver(struct network *network, struct packet *packet)
{
	const struct place *place = &network->places[packet->to - 1];

	if (!place->is_unplugged)
		(void)!write(place->tun, packet->bytes, packet->length);
	free(packet);
}

void
network_carry(struct network *network, const struct pollfd *polled,
	      uint64_t now)
{
	uint8_t bytes[PACKET_BYTES_MAX];
	ssize_t length;

	for (uint32_t i = 0; i < network->nodes; i++) {
		while (polled[i].revents != 0 &&
		       (length = read(network->places[i].tun, bytes,
				      sizeof(bytes))) > 0)
			take(network, i + 1, bytes, (size_t)length, now);
	}
	while (network_due(network) <= now)
		deliver(network, pop(network));
}

uint64_t
network_due(const struct network *network)
{
	return network->flying_count == 0 ? UINT64_MAX
					  : network->flying[0]->due;
}

void
network_poll(const struct network *network, struct pollfd *polled)
{
	for (uint32_t i = 0; i < network->nodes; i++)
		polled[i] = (struct pollfd){ .fd = network->places[i].tun,
					     .events = POLLIN };
}

/* ------------------------------------------------------------------- links */

struct network_link *
network_link(struct network *network, uint32_t from, uint32_t to)
{
	return &network->links[(from - 1) * network->nodes + to - 1];
}

void
network_release(struct network *network, uint32_t from, uint32_t to)
{
	struct network_link *link = network_link(network, from, to);
	struct packet *packet;

	link->is_held = false;
	while ((packet = link->held) != NULL) {
		link->held = packet->next;
		push(network, packet);
	}
	link->held_end = &link->held;
}

void
network_plug(struct network *network, uint32_t node, bool is_in)
{
	network->places[node - 1].is_unplugged = !is_in;
}

uint64_t
network_bytes(const struct network *network)
{
	return network->bytes;
}

/* ----------------------------------------------------------------- the end */

static void
close_place(struct place *place)
{
	if (place->tun >= 0)
		close(place->tun);
	if (place->namespace >= 0)
		close(place->namespace);
}

void
network_destroy(struct network *network)
{
	for (uint32_t i = 0; i < network->nodes; i++)
		close_place(&network->places[i]);
	for (size_t i = 0; i < (size_t)network->nodes * network->nodes; i++) {
		uint32_t from = (uint32_t)(i / network->nodes) + 1;

		network_release(network, from,
				(uint32_t)(i % network->nodes) + 1);
	}
	while (network->flying_count > 0)
		free(pop(network));
	free(network->flying);
	free(network->links);
	free(network->places);
	free(network);
}
