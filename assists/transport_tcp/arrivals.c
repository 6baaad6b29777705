/*
 * Arrivals: connections that others make, until they have said who they are
 * (transport.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Anybody may dial us, as often as he can, and what he says may cost more to
 * answer than to say: a handshake of TLS is a signature, which may take
 * milliseconds. So there are limits to how many are taken, how many are half open,
 * how many lines are written about them, and above all to the time that they get of
 * the loop, in which the peers wait: who has used up his share is not read until
 * there is some again.
 *
 * Whoever comes from an address at which a peer is, or from which one came, has
 * limits of his own: strangers do not use them up. It is no proof: what is said at
 * such an address is judged like everything else.
 *
 * Guests said who they are, and are no peers all the same: what they cost is limited
 * as well, apart from the others.
 */
#include <bsd/stdlib.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "assists/transport_tcp/transport.h"

#define US_PER_S UINT64_C(1000000)
/* Of a count of what was not told. */
#define TELL_US (10 * US_PER_S)

/* Microseconds of the loop: at the door, where connections are taken and most of
 * a flood is turned away, and for what is said by strangers, from peers' addresses
 * and by guests. An eighth each. */
static const struct raft_rate door = { 125000, 5000 };
static const struct raft_rate shares[] = {
	[RAFT_ARRIVAL_STRANGE] = { 125000, 10000 },
	[RAFT_ARRIVAL_KNOWN] = { 125000, 25000 },
	[RAFT_ARRIVAL_GUEST] = { 125000, 25000 },
};
/* About those who never got in, and guests. */
static const struct raft_rate lines = { 1, 40 };

static const struct {
	const char *whence;
	const char *what;
} untold[] = {
	[RAFT_ARRIVAL_STRANGE] = { "strangers", "ended before their hello" },
	[RAFT_ARRIVAL_KNOWN] = { "peers' addresses",
				 "ended before their hello" },
	[RAFT_ARRIVAL_GUEST] = { "guests", "came or went" },
};

static uint64_t
now_us(void)
{
	return uv_hrtime() / 1000;
}

/* What this thread has worked: others on this machine are not strangers' fault.
 * Never 0. */
static uint64_t
worked_us(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * US_PER_S +
	       (uint64_t)time.tv_nsec / 1000 + 1;
}

static bool
is_half_open(const struct raft_socket *socket)
{
	return socket->link.queue == NULL && !socket->link.open;
}

bool
raft__arrival_is_limited(const struct raft_socket *socket)
{
	return socket->link.is_guest ||
	       (is_half_open(socket) && socket->link.proven_id == 0);
}

/* ---------------------------------------------------------------- addresses */

void
raft__address_read(const struct sockaddr *address, struct in6_addr *host)
{
	memset(host, 0, sizeof(*host));
	if (address->sa_family == AF_INET6) {
		*host = ((const struct sockaddr_in6 *)address)->sin6_addr;
	} else if (address->sa_family == AF_INET) {
		/* As a listener for both sees it. */
		host->s6_addr[10] = host->s6_addr[11] = 0xff;
		memcpy(host->s6_addr + 12,
		       &((const struct sockaddr_in *)address)->sin_addr, 4);
	} else if (address->sa_family == AF_UNIX) {
		raft__unix_host(host);
	}
}

static bool
is_same(const struct in6_addr *one, const struct in6_addr *two)
{
	return memcmp(one, two, sizeof(*one)) == 0;
}

static bool
is_at(const struct raft_peer *peer, const struct in6_addr *host)
{
	return !IN6_IS_ADDR_UNSPECIFIED(host) &&
	       (is_same(&peer->dialed_at, host) ||
		is_same(&peer->came_from, host));
}

static size_t
count_peers_at(const struct raft_tcp *transport, const struct in6_addr *host)
{
	const struct raft_peer *peer;
	size_t count = 0;

	LIST_FOREACH(peer, &transport->peers, siblings)
	{
		count += is_at(peer, host);
	}
	return count;
}

void
raft__address_blur(struct in6_addr *host)
{
	if (!IN6_IS_ADDR_V4MAPPED(host))
		memset(host->s6_addr + 8, 0, 8);
}

void
raft__address_of(const struct raft_socket *socket, struct in6_addr *host)
{
	struct sockaddr_storage address = { 0 };
	int length = sizeof(address);

	uv_tcp_getpeername(&socket->handle, (struct sockaddr *)&address,
			   &length);
	raft__address_read((struct sockaddr *)&address, host);
}

static void
recognise(struct raft_socket *socket)
{
	raft__address_of(socket, &socket->host);
	socket->arrival = RAFT_ARRIVAL_KNOWN;
	if (count_peers_at(socket->transport, &socket->host) > 0)
		return;
	socket->arrival = RAFT_ARRIVAL_STRANGE;
	raft__address_blur(&socket->host);
}

/* -------------------------------------------------------------------- limits */

/* Several addresses may have one; which ones, nobody outside knows. */
static struct raft_allowance *
allowance_of(struct raft_arrivals *arrivals, const struct in6_addr *host)
{
	uint32_t hash = arrivals->seed;

	for (size_t i = 0; i < sizeof(host->s6_addr); i++)
		hash = (hash ^ host->s6_addr[i]) * UINT32_C(0x01000193);
	hash ^= hash >> 15;
	hash *= arrivals->seed | 1;
	return &arrivals->hosts[(hash >> 16) % RAFT_ARRIVAL_HOSTS];
}

/* So many a second, and as many at once. */
static bool
take_one(const struct raft_tcp *transport, struct raft_allowance *allowance,
	 uint32_t per_second)
{
	struct raft_rate rate = { per_second, per_second };

	return raft__allowance_take(allowance, &rate, raft__tcp_now(transport),
				    1);
}

static bool
admit_known(struct raft_tcp *transport, const struct in6_addr *host)
{
	struct raft_peer *peer;

	LIST_FOREACH(peer, &transport->peers, siblings)
	{
		if (is_at(peer, host) &&
		    take_one(transport, &peer->arrivals,
			     transport->options.arrivals_host_max))
			return true;
	}
	return false;
}

static bool
admit_stranger(struct raft_tcp *transport, const struct in6_addr *host)
{
	struct raft_arrivals *arrivals = &transport->arrivals;

	return take_one(transport, allowance_of(arrivals, host),
			transport->options.arrivals_host_max) &&
	       take_one(transport, &arrivals->all,
			transport->options.arrivals_max);
}

bool
raft__arrival_is_admitted(struct raft_socket *socket)
{
	recognise(socket);
	if (socket->arrival == RAFT_ARRIVAL_KNOWN)
		return admit_known(socket->transport, &socket->host);
	return admit_stranger(socket->transport, &socket->host);
}

/* Of those half open like this one: from its address, or strangers from
 * anywhere. */
static bool
is_alike(const struct raft_socket *one, const struct raft_socket *two,
	 bool from_anywhere)
{
	return is_half_open(two) && two->arrival == one->arrival &&
	       (from_anywhere || is_same(&one->host, &two->host));
}

/* The oldest one gives way: an honest one says hello at once, and is through
 * before newer ones push it out. */
static void
limit_like(struct raft_socket *newest, bool from_anywhere, size_t max)
{
	struct raft_socket *socket, *oldest = NULL;
	size_t count = 0;

	TAILQ_FOREACH(socket, &newest->transport->sockets, siblings)
	{
		if (!is_alike(newest, socket, from_anywhere))
			continue;
		if (oldest == NULL)
			oldest = socket;
		count++;
	}
	if (count > max)
		raft__socket_end(oldest, RAFT_LINK_HELLO_CROWDED);
}

void
raft__arrival_limit(struct raft_socket *newest)
{
	const struct raft_tcp *transport = newest->transport;
	size_t host_max = transport->options.half_open_host_max;

	if (newest->arrival == RAFT_ARRIVAL_KNOWN) {
		host_max *= count_peers_at(transport, &newest->host);
	} else {
		limit_like(newest, true, transport->options.half_open_max);
	}
	limit_like(newest, false, host_max);
}

/* ---------------------------------------------------------------- their time */

static uint64_t
wait_of(struct raft_tcp *transport, enum raft_arrival arrival)
{
	return raft__allowance_wait(&transport->arrivals.time[arrival],
				    &shares[arrival], now_us());
}

/* Look again when there is something left of the one that has least to wait. */
static void
wait_for_time(struct raft_tcp *transport, uint64_t us)
{
	uv_timer_t *resume = &transport->arrivals.resume;
	uint64_t ms = us / 1000 + 1;

	if (!uv_is_active((uv_handle_t *)resume) ||
	    uv_timer_get_due_in(resume) > ms)
		uv_timer_start(resume, raft__arrivals_resume, ms, 0);
}

bool
raft__arrival_may_speak(struct raft_socket *socket)
{
	uint64_t us = wait_of(socket->transport, socket->arrival);

	socket->waits = us > 0;
	if (socket->waits)
		wait_for_time(socket->transport, us);
	return !socket->waits;
}

uint64_t
raft__arrival_begin(const struct raft_socket *socket)
{
	return raft__arrival_is_limited(socket) ? worked_us() : 0;
}

/* Others like it must wait, too, each of which may have something to say. */
void
raft__arrival_spent(struct raft_socket *socket, uint64_t began)
{
	struct raft_tcp *transport = socket->transport;
	enum raft_arrival arrival = socket->arrival;
	struct raft_socket *other;

	if (began == 0 || transport->closing)
		return;
	raft__allowance_spend(&transport->arrivals.time[arrival],
			      &shares[arrival], now_us(), worked_us() - began);
	if (wait_of(transport, arrival) == 0)
		return;
	TAILQ_FOREACH(other, &transport->sockets, siblings)
	{
		if (other->arrival == arrival && !other->waits &&
		    raft__arrival_is_limited(other) &&
		    !raft__arrival_may_speak(other))
			uv_read_stop((uv_stream_t *)&other->handle);
	}
}

void
raft__arrivals_resume(uv_timer_t *timer)
{
	struct raft_tcp *transport = timer->data;
	struct raft_socket *socket, *next;

	if (transport->arrivals.owed)
		raft__arrivals_take((uv_stream_t *)&transport->listener, 0);
	for (socket = TAILQ_FIRST(&transport->sockets); socket != NULL;
	     socket = next) {
		next = TAILQ_NEXT(socket, siblings);
		if (socket->waits && raft__arrival_may_speak(socket))
			raft__socket_listen(socket);
	}
}

void
raft__arrivals_take(uv_stream_t *listener, int status)
{
	struct raft_tcp *transport = listener->data;
	struct raft_arrivals *arrivals = &transport->arrivals;
	uint64_t began = worked_us(), wait;

	if (status != 0 || transport->closing)
		return;
	/* libuv listens no more until this one is taken. */
	wait = raft__allowance_wait(&arrivals->door, &door, now_us());
	arrivals->owed =
	    wait > 0 || raft__socket_accept(transport) == UV_ENOMEM;
	if (wait > 0)
		wait_for_time(transport, wait);
	raft__allowance_spend(&arrivals->door, &door, now_us(),
			      worked_us() - began);
}

/* --------------------------------------------------------------- their lines */

bool
raft__arrival_is_told(struct raft_socket *socket)
{
	struct raft_arrivals *arrivals = &socket->transport->arrivals;

	if (raft__allowance_take(&arrivals->lines[socket->arrival], &lines,
				 raft__tcp_now(socket->transport), 1))
		return true;
	arrivals->untold[socket->arrival]++;
	return false;
}

static void
tell_count(struct raft_tcp *transport, enum raft_arrival arrival)
{
	uint64_t *count = &transport->arrivals.untold[arrival];
	char text[128];

	if (*count == 0)
		return;
	snprintf(text, sizeof(text), "connections from %s: %llu more %s",
		 untold[arrival].whence, (unsigned long long)*count,
		 untold[arrival].what);
	*count = 0;
	raft__tcp_tell(transport, 0, RAFT_LINK_OK, text);
}

void
raft__arrivals_watch(struct raft_tcp *transport)
{
	struct raft_arrivals *arrivals = &transport->arrivals;
	uint64_t now = raft__tcp_now(transport);

	if (arrivals->owed)
		raft__arrivals_take((uv_stream_t *)&transport->listener, 0);
	if (now - arrivals->told_at < TELL_US)
		return;
	arrivals->told_at = now;
	for (int arrival = 0; arrival < RAFT_ARRIVAL_COUNT; arrival++)
		tell_count(transport, (enum raft_arrival)arrival);
}
