/*
 * A member's process (member.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/stdlib.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "assists/node/node_loop.h"
#include "demos/weather/inside.h"
#include "demos/weather/network.h"

#define PORT 7000
/** As the simulator's. */
#define PART_BYTES 128

/* -------------------------------------------------------------------- disk */

static void
saved(void *context, uint64_t token)
{
	raft_node_saved(((struct member *)context)->node, token);
}

static void
log_failed(void *context, const char *why)
{
	fprintf(stderr, "%s\n", why);
	raft_node_log_failed(((struct member *)context)->node);
}

static void
open_log(struct member *member, struct raft_owner *owner)
{
	struct raft_log_file_options options = { .owner = *owner };
	char path[PATH_MAX], error[512];

	snprintf(path, sizeof(path), "%s/log", member->options->folder);
	options.path = path;
	if (member->options->is_new &&
	    !raft_log_file_create(path, owner, error, sizeof(error)))
		member_give_up(member, "%s", error);
	member->log = raft_log_file_open(&options, error, sizeof(error));
	if (member->log == NULL)
		member_give_up(member, "%s", error);
	raft_log_file_bind(member->log, member, saved, log_failed);
}

/* ----------------------------------------------------------------- network */

static void
receive(void *context, const struct raft_message *message)
{
	struct member *member = context;

	raft_receive(member->raft, message, raft_node_loop_now());
}

static void
peer_closed(void *context, uint64_t peer)
{
	struct member *member = context;

	raft_peer_closed(member->raft, peer, raft_node_loop_now());
}

static void
trace_connection(void *context, const char *text)
{
	(void)context;
	fprintf(stderr, "%s\n", text);
}

static void
send_counted(void *context, const struct raft_message *message)
{
	struct member *member = context;

	member->options->counts->messages++;
	if (strcmp(raft_message_name(message), "prevote") == 0 &&
	    message->extension.round != member->preliminary_round) {
		member->preliminary_round = message->extension.round;
		member->options->counts->pre_elections++;
	}
	raft_tcp_send(member->transport, message);
}

static const struct raft_node_transport transport = { send_counted };

static void
read_certificates(struct member *member)
{
	const char *folder = member->options->certificates;
	uint64_t id = member->options->raft.self.id;
	char certificate[PATH_MAX], key[PATH_MAX], authority[PATH_MAX];
	struct raft_tls_options options = {
		.cluster = MEMBER_CLUSTER,
		.id = id,
		.files = { certificate, key, authority, NULL },
	};
	char error[RAFT_TLS_ERROR_BYTES];

	snprintf(certificate, sizeof(certificate), "%s/%u.pem", folder,
		 (unsigned)id);
	snprintf(key, sizeof(key), "%s/%u.key", folder, (unsigned)id);
	snprintf(authority, sizeof(authority), "%s/ca.pem", folder);
	member->tls = raft_tls_create(&options, error, sizeof(error));
	if (member->tls == NULL)
		member_give_up(member, "%s", error);
}

/* The transport's own times are in the same measure as the election timeout, as if
 * that were a second, for which their defaults are made. */
static void
listen_on_network(struct member *member)
{
	uint64_t election_us = member->options->election_us;
	char address[NETWORK_ADDRESS_BYTES];
	struct raft_tcp_options options = {
		.self = member->options->raft.self,
		.cluster = MEMBER_CLUSTER,
		.host = address,
		.port = PORT,
		.receive = receive,
		.closed = peer_closed,
		.trace = trace_connection,
		.context = member,
		.hello_us = 2 * election_us,
		.stall_us = 10 * election_us,
		.redial_us_max = election_us,
	};
	int error;

	network_address((uint32_t)options.self.id, address);
	if (member->options->certificates != NULL) {
		read_certificates(member);
		options.stream = raft_tls_stream(member->tls);
	}
	error = raft_tcp_create(&member->loop, &options, &member->transport);
	if (error != 0)
		member_give_up(member, "%s: %s", address, uv_strerror(error));
}

static void
dial_peers(struct member *member)
{
	char address[NETWORK_ADDRESS_BYTES];
	struct raft_tcp_peer peer = { .host = address, .port = PORT };
	int error;

	for (peer.id = 1; peer.id <= member->options->nodes; peer.id++) {
		if (peer.id == member->options->raft.self.id)
			continue;
		network_address((uint32_t)peer.id, address);
		error = raft_tcp_peer_add(member->transport, &peer);
		if (error != 0)
			member_give_up(member, "%s: %s", address,
				       uv_strerror(error));
	}
}

/* ------------------------------------------------------------------ orders */

/** What a write carries. */
struct bytes {
	struct raft_block block;
	uint8_t data[];
};

static void
free_bytes(struct raft_block *block)
{
	free(block);
}

static struct raft_payload
make_payload(struct member *member, uint64_t id, size_t length)
{
	struct bytes *bytes = calloc(1, sizeof(*bytes) + length);

	if (bytes == NULL)
		member_give_up(member, "out of memory");
	bytes->block = (struct raft_block){ 1, free_bytes };
	memcpy(bytes->data, &id, sizeof(id));
	return (struct raft_payload){ bytes->data, length, &bytes->block };
}

static enum raft_result
propose(struct member *member, const struct order *order)
{
	struct raft_payload *payloads =
	    calloc(order->count, sizeof(*payloads));
	struct raft_entry_id name;
	enum raft_result result;

	if (payloads == NULL)
		member_give_up(member, "out of memory");
	for (uint64_t i = 0; i < order->count; i++)
		payloads[i] = make_payload(member, order->id + i, order->bytes);
	result = raft_propose(member->raft, payloads, order->count,
			      raft_node_loop_now(), &name);
	for (uint64_t i = 0; i < order->count; i++) {
		raft_payload_release(&payloads[i]);
		if (result == RAFT_OK)
			member_remember(member, order->id + i, name);
		name.index++;
	}
	free(payloads);
	return result;
}

static enum raft_result
read_register(struct member *member, const struct order *order)
{
	uint64_t now = raft_node_loop_now(), name;
	enum raft_result result;

	if (order->bound_us != 0) {
		result =
		    raft_read_bounded(member->raft, order->bound_us, now);
		if (result == RAFT_OK)
			member_report_read(member, order->id,
					   member->applied.index);
		return result;
	}
	result = raft_read(member->raft, now, &name);
	if (result == RAFT_OK)
		member_remember(member, order->id,
			 (struct raft_entry_id){ .index = name });
	return result;
}

static enum raft_result
reconfigure(struct member *member, const struct order *order)
{
	const struct raft_configuration *now =
	    raft_configuration(member->raft);
	struct raft_member members[RAFT_SIM_NODES_MAX];
	struct raft_configuration target;

	if (now == NULL)
		return RAFT_NOT_LEADER;
	target = *now;
	if (!raft_sim_target(&order->wish, order->incarnations,
			     member->options->nodes, &target, members))
		return RAFT_INVALID;
	return raft_reconfigure(member->raft, &target, raft_node_loop_now(),
				NULL);
}

static enum raft_result
obey(struct member *member, const struct order *order)
{
	uint64_t now = raft_node_loop_now();

	switch (order->kind) {
	case ORDER_PROPOSE:
		return propose(member, order);
	case ORDER_READ:
		return read_register(member, order);
	case ORDER_CAMPAIGN:
		return raft_campaign(member->raft, now);
	case ORDER_STEP_DOWN:
		return raft_step_down(member->raft, now);
	case ORDER_TRANSFER:
		return raft_transfer(member->raft, order->peer, now);
	case ORDER_RECONFIGURE:
		return reconfigure(member, order);
	case ORDER_SNAPSHOT:
		member->snapshot_is_wanted = true;
		return RAFT_OK;
	}
	return RAFT_INVALID;
}

static void
take_orders(uv_poll_t *poll, int status, int events)
{
	struct member *member = poll->data;
	enum raft_result result;
	struct order order;
	ssize_t length;

	(void)status;
	(void)events;
	while ((length = recv(member->options->talk, &order, sizeof(order),
			      MSG_DONTWAIT)) == sizeof(order)) {
		result = obey(member, &order);
		if (result != RAFT_OK)
			member_report_refused(member, order.id, result);
		if (order.number != 0)
			member->obeyed = order.number;
	}
	if (length >= 0 || (errno != EAGAIN && errno != EINTR))
		_exit(0); /* Nobody watches any more. */
}

/* ---------------------------------------------------------------- the loop */

/* To be awake is all: take_turn() follows. */
static void
wake(uv_timer_t *timer)
{
	const struct member *member = timer->data;
	struct counts *counts = member->options->counts;
	uint64_t now = raft_node_loop_now();

	if (now > member->wakes_at + counts->late_us)
		counts->late_us = now - member->wakes_at;
}

static void
sleep_until(struct member *member, uint64_t deadline)
{
	uint64_t now = raft_node_loop_now();
	uint64_t wait_ms = deadline <= now ? 0 : (deadline - now) / 1000 + 1;

	member->wakes_at = now + 1000 * wait_ms;
	uv_timer_stop(&member->deadline);
	uv_update_time(&member->loop);
	if (deadline != UINT64_MAX)
		uv_timer_start(&member->deadline, wake, wait_ms, 0);
}

/* As raft_node_loop does, and then tells how it went. */
static void
take_turn(uv_prepare_t *turn)
{
	struct member *member = turn->data;
	uint64_t max_log = member->options->max_log;

	raft_node_turn(member->node, raft_node_loop_now());
	if (member->snapshot_is_wanted ||
	    (max_log != 0 &&
	     member->applied.index > member->snapshot_index + max_log)) {
		member_take_snapshot(member);
		raft_node_turn(member->node, raft_node_loop_now());
	}
	member_report_status(member);
	member_report_obeyed(member);
	sleep_until(member, raft_node_deadline(member->node));
}

static void
start_node(struct member *member, const struct raft_stored *stored)
{
	struct raft_node_options options = {
		.raft = member->options->raft,
		.log = &raft_log_file,
		.log_context = member->log,
		.transport = &transport,
		.transport_context = member,
		.machine = &member_machine,
		.machine_context = member,
		.snapshots = &raft_snapshot_file,
		.snapshots_context = member->snapshots,
	};
	uint64_t now = raft_node_loop_now();
	enum raft_result result;

	arc4random_buf(&options.raft.seed, sizeof(options.raft.seed));
	if (options.raft.snapshot_part_bytes == 0)
		options.raft.snapshot_part_bytes = PART_BYTES;
	result = raft_node_create(&options, stored, now, &member->node);
	if (result != RAFT_OK) {
		member_report_not_started(member, result);
		_exit(1);
	}
	member->raft = raft_node_raft(member->node);
	if (member->options->first != NULL &&
	    raft_bootstrap(member->raft, member->options->first, now) !=
		RAFT_OK)
		member_give_up(member, "it cannot be bootstrapped");
	if (member->snapshot_index != 0 &&
	    raft_node_snapshot_taken(
		member->node, member->applied.index,
		raft_snapshot_file_size(member->snapshots, member->applied)) !=
		RAFT_OK)
		member_give_up(member, "its own snapshot is refused");
}

_Noreturn void
member_run(const struct member_options *options)
{
	struct member member = { .options = options };
	struct raft_owner owner = { .cluster = MEMBER_CLUSTER,
				    .self = options->raft.self };
	struct raft_stored stored;

	disk_use(options->disk);
	uv_loop_init(&member.loop);
	open_log(&member, &owner);
	member_open_snapshots(&member, &owner);
	if (!raft_log_file_stored(member.log, &stored))
		member_give_up(&member, "the log cannot be read back");
	member_load(&member, &stored);
	listen_on_network(&member);
	start_node(&member, &stored);
	dial_peers(&member);
	member.turn.data = member.deadline.data = member.orders.data = &member;
	uv_prepare_init(&member.loop, &member.turn);
	uv_timer_init(&member.loop, &member.deadline);
	uv_poll_init(&member.loop, &member.orders, options->talk);
	uv_poll_start(&member.orders, UV_READABLE, take_orders);
	uv_prepare_start(&member.turn, take_turn);
	uv_run(&member.loop, UV_RUN_DEFAULT);
	_exit(0);
}
