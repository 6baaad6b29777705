/*
 * Which moves a world has, and where each leads.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Messages lie in a bag, from which any is received at any time, so that they are
 * reordered and delayed as much as can be. One that is lost is one that is never
 * received. Where there is room for so many only, each of those that are too many
 * may be the one that is lost, the newest like the oldest: so a world in which a
 * message is gone can do nothing that the one with it cannot, and no step is
 * needed that loses one. For the same reason a message that would change nothing
 * now is not received now.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/model/model.h"

struct kept_history {
	struct history history;
	uint64_t prints[RENAMINGS_MAX];
};

static struct region histories;
static struct table histories_by_print;

/* ------------------------------------------------------------- histories */

static const struct kept_history *
history_at(uint32_t number)
{
	return (const struct kept_history *)histories.at + number;
}

static uint32_t
history_number(const struct history *history)
{
	struct kept_history *kept;
	uint64_t print = history_print_of(history, 0);
	bool is_new;
	uint32_t *number = table_slot(&histories_by_print, print, &is_new);

	if (!is_new)
		return *number;
	*number = (uint32_t)(histories.used / sizeof(*kept));
	kept = region_take(&histories, sizeof(*kept));
	kept->history = *history;
	for (unsigned int k = 0; k < renaming_count; k++)
		kept->prints[k] = history_print_of(history, k);
	return *number;
}

/* ---------------------------------------------------------- fingerprints */

static bool
is_of_pair(uint32_t number, const struct raft_message *message)
{
	const struct raft_message *other = &message_at(number)->message;

	return other->from.id == message->from.id &&
	       other->to.id == message->to.id;
}

/** Sums, so that the order of messages says no more. */
static uint64_t
print_with(const struct world *world, unsigned int k)
{
	uint64_t sum = history_at(world->history)->prints[k];

	for (unsigned int id = 1; id <= bounds.servers; id++)
		sum += mix(member_print_of(world->members[id - 1], k),
			   renamings[k][id]);
	for (size_t i = 0; i < world->bag_count; i++)
		sum += mix(message_at(world->bag[i])->prints[k], 0);
	sum = mix_bytes(sum, world->left, sizeof(world->left));
	return sum == 0 ? 1 : sum;
}

uint64_t
world_print_as_named(const struct world *world)
{
	return print_with(world, 0);
}

uint64_t
world_print(const struct world *world)
{
	uint64_t least = print_with(world, 0);

	for (unsigned int k = 1; k < renaming_count; k++) {
		uint64_t other = print_with(world, k);

		if (other < least)
			least = other;
	}
	return least;
}

/* ------------------------------------------------------------------ moves */

/** For a move under way. */
struct mover {
	const struct world *world;
	bool (*visit)(void *context, const struct move *move);
	void *context;
	bool stopped;
	unsigned int id;
};

/** Never more than dropped, wherever its receiver goes: its term is over there,
 *  and it is nothing that is answered then. */
static bool
is_dead(const struct world *world, uint32_t number)
{
	const struct raft_message *message = &message_at(number)->message;
	const struct facts *to =
	    member_facts(world->members[message->to.id - 1]);

	return message->term < to->durable.term &&
	       message->kind <= RAFT_MESSAGE_REGRESSED &&
	       message->kind != RAFT_MESSAGE_NOT_MEMBER &&
	       message->kind != RAFT_MESSAGE_VOTE &&
	       message->kind != RAFT_MESSAGE_APPEND &&
	       message->kind != RAFT_MESSAGE_SNAPSHOT;
}

/** Without what was received, and what is of no use any more. */
static void
take_from_bag(struct world *next, const struct world *world, uint32_t code)
{
	bool taken =
	    code_event(code) != EVENT_RECEIVE || (code & CODE_TWICE) != 0;
	uint32_t about = code_about(code);

	next->bag_count = 0;
	for (size_t i = 0; i < world->bag_count; i++) {
		if (!taken && world->bag[i] == about)
			taken = true;
		else if (!is_dead(next, world->bag[i]))
			next->bag[next->bag_count++] = world->bag[i];
	}
}

static void send_rest(struct mover *m, struct move *move,
		      const struct effect *effect, size_t at);

static void
lose(struct move *move, uint32_t number)
{
	move->lost[move->lost_count++] = number;
	move->marks |= mark(MARK_LOSSES);
}

/** There is no room for it and for all others of its pair: any of them is lost. */
static void
send_or_lose(struct mover *m, struct move *move, const struct effect *effect,
	     size_t at)
{
	uint32_t number = effect->sent[at];
	struct move before = *move;

	lose(move, number);
	send_rest(m, move, effect, at + 1);
	for (size_t i = 0; i < before.world.bag_count && !m->stopped; i++) {
		uint32_t other = before.world.bag[i];

		if (other == number ||
		    !is_of_pair(other, &message_at(number)->message))
			continue;
		*move = before;
		move->world.bag[i] = number;
		lose(move, other);
		send_rest(m, move, effect, at + 1);
	}
}

/** Into the bag with what is sent from there on, in every way that there is. */
static void
send_rest(struct mover *m, struct move *move, const struct effect *effect,
	  size_t at)
{
	struct world *world = &move->world;
	const struct raft_message *message;
	unsigned int count = 0;

	while (at < effect->sent_count && is_dead(world, effect->sent[at]))
		at++;
	if (at == effect->sent_count) {
		m->stopped = m->stopped || !m->visit(m->context, move);
		return;
	}
	message = &message_at(effect->sent[at])->message;
	for (size_t i = 0; i < world->bag_count; i++)
		count += is_of_pair(world->bag[i], message);
	if (bounds.room != 0 && count >= bounds.room) {
		send_or_lose(m, move, effect, at);
		return;
	}
	must(world->bag_count < BAG_MAX);
	world->bag[world->bag_count++] = effect->sent[at];
	send_rest(m, move, effect, at + 1);
}

static const char *
check(const struct mover *m, struct move *move, const struct effect *effect)
{
	struct history history = history_at(m->world->history)->history;
	struct step step = {
		.id = m->id,
		.code = move->code,
		.effect = effect,
		.before = member_facts(m->world->members[m->id - 1]),
		.after = member_facts(effect->next),
	};
	const char *broken;

	for (unsigned int id = 1; id <= bounds.servers; id++)
		step.members[id] = member_facts(move->world.members[id - 1]);
	broken = promises_check(&step, &history);
	if (memcmp(&history, &history_at(m->world->history)->history,
		   sizeof(history)) != 0)
		move->world.history = history_number(&history);
	return broken;
}

static bool
changes_nothing(const struct mover *m, const struct effect *effect)
{
	return effect->broken == NULL &&
	       effect->next == m->world->members[m->id - 1] &&
	       effect->sent_count == 0 && !effect->read_begun &&
	       effect->read_count == 0 && effect->outcome_count == 0;
}

static uint64_t
marks_of(const struct effect *effect, uint32_t code)
{
	return effect->marks |
	       ((code & CODE_TWICE) != 0 ? mark(MARK_TWICE) : 0) |
	       (code_late(code) ? mark(MARK_LATE) : 0);
}

static const struct effect *
move_one(struct mover *m, uint32_t code)
{
	/* A message that comes twice is first received like any other. */
	const struct effect *effect = member_step(m->world->members[m->id - 1],
						  m->id, code & ~CODE_TWICE);
	struct move move = { .id = (uint8_t)m->id, .code = code };

	if (m->stopped || changes_nothing(m, effect))
		return effect;
	move.world = *m->world;
	if (move.world.left[code_event(code)] > 0)
		move.world.left[code_event(code)]--;
	if (code_late(code))
		move.world.left[EVENT_LATE]--;
	if ((code & CODE_TWICE) != 0)
		move.world.left[EVENT_TWICE]--;
	move.broken = effect->broken;
	move.marks = marks_of(effect, code);
	if (move.broken == NULL) {
		move.world.members[m->id - 1] = effect->next;
		take_from_bag(&move.world, m->world, code);
		move.broken = check(m, &move, effect);
	}
	if (move.broken == NULL)
		send_rest(m, &move, effect, 0);
	else
		m->stopped = !m->visit(m->context, &move);
	return effect;
}

/** A move, and the same with a write that is not durable at once. */
static void
move_both(struct mover *m, enum event event, uint32_t about, uint32_t twice)
{
	const struct facts *facts = member_facts(m->world->members[m->id - 1]);
	const struct effect *effect =
	    move_one(m, event_code(event, false, about) | twice);

	if (effect->saved && facts->writes == 0 &&
	    m->world->left[EVENT_LATE] > 0)
		(void)move_one(m, event_code(event, true, about) | twice);
}

static void
receive_all(struct mover *m)
{
	const struct world *world = m->world;

	for (size_t i = 0; i < world->bag_count; i++) {
		uint32_t number = world->bag[i];
		size_t before = 0;

		while (world->bag[before] != number)
			before++;
		if (before < i || message_at(number)->message.to.id != m->id)
			continue;
		move_both(m, EVENT_RECEIVE, number, 0);
		if (world->left[EVENT_TWICE] > 0)
			move_both(m, EVENT_RECEIVE, number, CODE_TWICE);
	}
}

/** What can be read back, to whomever, from wherever. */
static void
offer_all(struct mover *m, const struct facts *facts)
{
	uint32_t first = facts->given.base > 0 ? facts->given.base : 1;

	if ((bounds.givers >> m->id & 1) == 0)
		return;
	for (uint32_t to = 1; to <= bounds.servers; to++) {
		if (to == m->id || (bounds.takers >> to & 1) == 0)
			continue;
		for (uint32_t after = first; after < facts->given.last; after++)
			move_both(m, EVENT_OFFER, to | after << 3, 0);
		if (facts->given.base > 0)
			move_both(m, EVENT_OFFER, to, 0);
	}
}

static void
be_used(struct mover *m, const struct facts *facts)
{
	const uint8_t *left = m->world->left;

	if (left[EVENT_READ] > 0)
		move_both(m, EVENT_READ, 0, 0);
	if (left[EVENT_OFFER] > 0)
		offer_all(m, facts);
	if (left[EVENT_COMPACT] > 0)
		move_both(m, EVENT_COMPACT, 0, 0);
	for (unsigned int id = 1; id <= bounds.servers; id++)
		if (left[EVENT_CLOSED] > 0 && id != m->id)
			move_both(m, EVENT_CLOSED, id, 0);
	if (facts->role != RAFT_LEADER)
		return;
	if (left[EVENT_PROPOSE] > 0)
		move_both(m, EVENT_PROPOSE, 0, 0);
	for (uint32_t i = 0; i < 2; i++)
		if (left[EVENT_RECONFIGURE] > 0 && bounds.targets[i] != 0 &&
		    (bounds.told[i] == 0 || (bounds.told[i] >> m->id & 1) != 0))
			move_both(m, EVENT_RECONFIGURE, i, 0);
	for (unsigned int id = 1; id <= bounds.servers; id++)
		if (left[EVENT_TRANSFER] > 0 && id != m->id)
			move_both(m, EVENT_TRANSFER, id, 0);
}

/** A leader's time passes by its deadlines and in its sleep. */
static bool
may_campaign(const struct mover *m, const struct facts *facts)
{
	return facts->role != RAFT_LEADER &&
	       (bounds.campaigners >> m->id & 1) != 0;
}

static void
move_all(struct mover *m)
{
	const struct facts *facts = member_facts(m->world->members[m->id - 1]);
	const uint8_t *left = m->world->left;

	receive_all(m);
	if (facts->writes > 0)
		move_both(m, EVENT_SAVED, 0, 0);
	for (enum event event = EVENT_EXPIRE; event <= EVENT_SLEEP; event++)
		if (left[event] > 0 &&
		    (event != EVENT_EXPIRE || may_campaign(m, facts)))
			move_both(m, event, 0, 0);
	for (uint32_t i = 0; i <= facts->writes && left[EVENT_CRASH] > 0; i++)
		move_both(m, EVENT_CRASH, i, 0);
	be_used(m, facts);
}

void
world_moves(const struct world *world,
	    bool (*visit)(void *context, const struct move *move),
	    void *context)
{
	struct mover m = { .world = world, .visit = visit, .context = context };

	for (m.id = 1; m.id <= bounds.servers && !m.stopped; m.id++)
		move_all(&m);
}

static bool
take(void *context, const struct move *move)
{
	*(struct world *)context = move->world;
	return false;
}

/** The event happens to it, and what it and the others say arrives until there is
 *  nothing more to say: no other step is left. */
static void
let_happen(struct world *world, unsigned int id, enum event event)
{
	struct world from = *world;
	struct mover m = {
		.world = &from, .visit = take, .context = world, .id = id
	};

	(void)move_one(&m, event_code(event, false, 0));
	must(m.stopped);
	while (memcmp(&from, world, sizeof(from)) != 0) {
		from = *world;
		world_moves(&from, take, world);
	}
}

/** Everybody knows that it leads. */
static void
elect(struct world *world, unsigned int id)
{
	let_happen(world, id, EVENT_EXPIRE);
	if (bounds.heard)
		let_happen(world, id, EVENT_TICK);
	must(member_facts(world->members[id - 1])->role == RAFT_LEADER);
}

/** The message on its way from one to the other. */
static uint32_t
find_in_bag(const struct world *world, unsigned int from, unsigned int to)
{
	size_t i = 0;

	for (; i < world->bag_count; i++) {
		const struct raft_message *message =
		    &message_at(world->bag[i])->message;

		if (message->from.id == from && message->to.id == to)
			break;
	}
	must(i < world->bag_count);
	return world->bag[i];
}

static void
begin_with(struct world *world, const struct deed *deed)
{
	struct world from = *world;
	struct mover m = {
		.world = &from, .visit = take, .context = world, .id = deed->id
	};
	enum event event = (enum event)deed->event;
	uint32_t about = event == EVENT_RECEIVE
			     ? find_in_bag(world, deed->from, deed->id)
			     : 0;

	(void)move_one(&m, event_code(event, false, about));
	must(m.stopped);
}

/** Those servers are told apart by what has happened to them. */
static void
begin(struct world *world)
{
	const struct deed *deed = bounds.begins;

	for (; deed->id != 0; deed++)
		begin_with(world, deed);
	if (deed != bounds.begins)
		world->bag_count = 0;
}

void
world_first(struct world *world)
{
	const struct history nothing = { 0 };

	if (histories.at == NULL)
		region_make(&histories, (size_t)4 << 30);
	memset(world, 0, sizeof(*world));
	for (unsigned int id = 1; id <= bounds.servers; id++)
		world->members[id - 1] = member_first(id);
	world->history = history_number(&nothing);
	if (bounds.leads != 0)
		elect(world, bounds.leads);
	begin(world);
	memcpy(world->left, bounds.most, sizeof(world->left));
}

/* ------------------------------------------------------------------ words */

/** A module's message with its bytes, which the library does not print. */
static void
message_print(char *text, size_t size, uint32_t number)
{
	const struct raft_message *message = &message_at(number)->message;
	size_t used;

	raft_message_print(text, size, message);
	if (message->kind != RAFT_MESSAGE_EXTENSION)
		return;
	for (size_t i = 0; i < message->extension.length; i++) {
		used = strlen(text);
		snprintf(text + used, size - used, "%s%02x", i == 0 ? ": " : "",
			 (unsigned int)message->extension.bytes[i]);
	}
}

static void
event_print(char *text, size_t size, uint32_t code)
{
	static const char *const words[EVENTS] = {
		[EVENT_SAVED] = "has a write on its disk",
		[EVENT_EXPIRE] = "sees two election timeouts pass",
		[EVENT_TICK] = "sees its next deadline pass",
		[EVENT_SLEEP] = "sleeps for an election timeout",
		[EVENT_PROPOSE] = "is given a proposal",
		[EVENT_READ] = "is asked for a read",
		[EVENT_COMPACT] = "takes a snapshot",
	};
	char message[256];
	int used;

	switch (code_event(code)) {
	case EVENT_RECEIVE:
		message_print(message, sizeof(message), code_about(code));
		snprintf(text, size, "receives %s", message);
		return;
	case EVENT_CRASH:
		snprintf(text, size,
			 "crashes with %" PRIu32 " of its writes durable, and "
			 "starts",
			 code_about(code));
		return;
	case EVENT_TRANSFER:
		snprintf(text, size, "is told to hand over to %" PRIu32,
			 code_about(code));
		return;
	case EVENT_OFFER:
		if (code_about(code) >> 3 == 0) {
			snprintf(text, size, "gives its snapshot to %" PRIu32,
				 code_about(code) & 7);
			return;
		}
		snprintf(text, size,
			 "offers its log after entry %" PRIu32 " to %" PRIu32,
			 code_about(code) >> 3, code_about(code) & 7);
		return;
	case EVENT_CLOSED:
		snprintf(text, size, "is told that %" PRIu32 " has closed",
			 code_about(code));
		return;
	case EVENT_RECONFIGURE:
		used =
		    snprintf(text, size, "is told that the voters are to be");
		for (unsigned int id = 1; id <= SERVERS_MAX; id++)
			if ((bounds.targets[code_about(code)] >> id & 1) != 0)
				used +=
				    snprintf(text + used, size - (size_t)used,
					     " %u", id);
		return;
	default:
		snprintf(text, size, "%s", words[code_event(code)]);
	}
}

void
move_print(char *text, size_t size, const struct move *move)
{
	char event[300], message[256];
	size_t used;

	event_print(event, sizeof(event), move->code);
	snprintf(text, size, "%u %s%s%s", (unsigned int)move->id, event,
		 (move->code & CODE_TWICE) != 0 ? ", which will come again"
						: "",
		 code_late(move->code) ? "; its disk is slow" : "");
	for (size_t i = 0; i < move->lost_count; i++) {
		message_print(message, sizeof(message), move->lost[i]);
		used = strlen(text);
		snprintf(text + used, size - used, "; lost is %s", message);
	}
}

void
member_print(char *text, size_t size, uint32_t member, unsigned int id)
{
	static const char *const roles[] = {
		[RAFT_FOLLOWER] = "follower",
		[RAFT_CANDIDATE] = "candidate",
		[RAFT_LEADER] = "leader",
	};
	const struct facts *facts = member_facts(member);
	size_t used;

	snprintf(text, size, "%u: %s of term %u, log", id, roles[facts->role],
		 (unsigned int)facts->term);
	for (size_t i = 1; i <= facts->given.last; i++) {
		used = strlen(text);
		snprintf(text + used, size - used, " %u%s",
			 (unsigned int)facts->given.at[i].term,
			 i == facts->commit ? "." : "");
	}
	used = strlen(text);
	if (facts->writes > 0)
		snprintf(text + used, size - used, ", %u durable",
			 (unsigned int)facts->durable.last);
}
