/*
 * Changes of who is in the cluster (server.h, raft_server_change).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A change is a wish about the configuration. Whoever leads does the next thing that
 * is to be done for it, and says how it stands; whoever was asked for it goes on
 * asking until it is done. So nothing is lost with a leader, and it does no harm to
 * ask twice.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assists/server/inside.h"

/** Between questions for how it stands. */
#define ASK_AGAIN_US 100000
/** Without the module learners: so near to the end of the log is near enough. */
#define NEAR_ENTRIES 64

/** The configuration in force, to be changed: room for one more. */
struct plan {
	struct raft_server *server;
	const struct raft_server_change *change;
	/** Of LEASES: who asked for it knew no configuration behind this one. */
	uint64_t known_index;
	struct raft_status status;
	struct raft_configuration target;
	struct raft_member list[RAFT_MEMBERS_MAX + 1];
	/** How it stands. */
	char *text;
};

bool
raft__changes_has(const struct raft_configuration *configuration,
		  struct raft_identity who)
{
	for (size_t i = 0; i < configuration->member_count; i++)
		if (configuration->members[i].identity.id == who.id &&
		    configuration->members[i].identity.incarnation ==
			who.incarnation)
			return true;
	return false;
}

__attribute__((format(printf, 2, 3))) static enum change_verdict
refuse(const struct plan *plan, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(plan->text, CHANGE_TEXT_BYTES, format, arguments);
	va_end(arguments);
	return CHANGE_REFUSED;
}

static struct raft_member *
find(struct plan *plan, uint64_t id)
{
	for (size_t i = 0; i < plan->target.member_count; i++)
		if (plan->list[i].identity.id == id)
			return &plan->list[i];
	return NULL;
}

/* ---------------------------------------------------------- how it stands */

static void
describe(const struct plan *plan, const struct raft_member_status *member)
{
	uint64_t id = member->identity.id, last = plan->status.last.index;
	char *text = plan->text;

	if (member->heard_at == 0)
		snprintf(text, CHANGE_TEXT_BYTES,
			 "server %" PRIu64 " has not been heard yet", id);
	else if (member->snapshot_size > 0)
		snprintf(text, CHANGE_TEXT_BYTES,
			 "server %" PRIu64 " has %" PRIu64
			 " %% of a snapshot of %" PRIu64 " bytes",
			 id,
			 100 * member->snapshot_offset / member->snapshot_size,
			 member->snapshot_size);
	else
		snprintf(text, CHANGE_TEXT_BYTES,
			 "server %" PRIu64 " has %" PRIu64 " of %" PRIu64
			 " entries (%" PRIu64 " %%)",
			 id, member->match_index, last,
			 last > 0 ? 100 * member->match_index / last : 0);
}

/** It has to catch up: nothing to be done but to wait. */
static enum change_verdict
wait_for(const struct plan *plan, uint64_t id)
{
	struct raft_member_status member;

	for (size_t i = 0; raft_member_status(plan->server->raft, i, &member);
	     i++)
		if (member.identity.id == id)
			describe(plan, &member);
	return CHANGE_RUNS;
}

/** A leader that is new has not heard everybody yet, nor is one of an earlier term
 *  over that does not know of it. */
static bool
is_new(const struct plan *plan)
{
	return raft__server_now() - plan->server->changed_at <
	       2 * plan->status.election_timeout_us;
}

static enum raft_result
reconfigure(struct plan *plan)
{
	return raft_reconfigure(plan->server->raft, &plan->target,
				raft__server_now(), NULL);
}

static enum change_verdict
judge(struct plan *plan, enum raft_result result)
{
	switch (result) {
	case RAFT_OK:
	case RAFT_CHANGING:
	case RAFT_NOT_CAUGHT_UP:
		return CHANGE_RUNS;
	case RAFT_INVALID:
	case RAFT_TOO_LARGE:
	case RAFT_INCOMPATIBLE:
		return refuse(plan, "%s", raft_result_text(result));
	default:
		return CHANGE_WAITS;
	}
}

static enum change_verdict
submit(struct plan *plan)
{
	return judge(plan, reconfigure(plan));
}

/* -------------------------------------------------------------- the changes */

/** A place at which there is another one, unless that is the one to be replaced. */
static const struct raft_member *
who_is_at(struct plan *plan, const char *address)
{
	size_t length = strcspn(address, " ");
	const struct raft_server_change *change = plan->change;
	char place[PLACE_BYTES];

	for (size_t i = 0; i < plan->target.member_count; i++) {
		const struct raft_member *member = &plan->list[i];

		if (member->identity.id != change->identity.id &&
		    member->identity.id != change->replaced.id &&
		    raft__address_of_member(member, place) &&
		    strcspn(place, " ") == length &&
		    memcmp(place, address, length) == 0)
			return member;
	}
	return NULL;
}

/** The text is "" if a server may be there. */
static bool
check_place(struct plan *plan)
{
	const char *address = plan->change->address;
	const struct raft_member *other;
	struct address parsed;

	if (address == NULL || strlen(address) > RAFT_ADDRESS_BYTES_MAX ||
	    !raft__address_parse(address, &parsed))
		return refuse(
			   plan,
			   "it has to be said where it is: " ADDRESS_FORMS) !=
		       CHANGE_REFUSED;
	other = who_is_at(plan, address);
	return other == NULL ||
	       refuse(plan, "server %" PRIu64 " is at this place",
		      other->identity.id) != CHANGE_REFUSED;
}

/** What a member without a vote is to become. */
static void
set_wish(struct plan *plan, struct raft_member *member)
{
	const struct raft_server_change *change = plan->change;
	bool stands_in = change->kind == RAFT_SERVER_STAND_IN;

	member->promotes = !stands_in && change->kind != RAFT_SERVER_LEARN;
	member->stands_in_us =
	    stands_in ? (uint32_t)(1000000 * change->stands_in_seconds) : 0;
}

static enum change_verdict
let_in(struct plan *plan)
{
	const struct raft_server_change *change = plan->change;
	size_t at = plan->target.member_count;

	if (change->identity.id == 0 || change->identity.incarnation == 0)
		return refuse(plan, "it has to be said which server: its ID "
				    "and incarnation stand in its server.conf");
	if (at == RAFT_MEMBERS_MAX)
		return refuse(plan, "there are as many servers as a cluster "
				    "can have");
	if (!check_place(plan))
		return CHANGE_REFUSED;
	while (at > 0 && plan->list[at - 1].identity.id > change->identity.id) {
		plan->list[at] = plan->list[at - 1];
		at--;
	}
	plan->list[at] = (struct raft_member){
		.identity = change->identity,
		.role = RAFT_MEMBER_NON_VOTING,
		.address = change->address,
		.address_length = strlen(change->address),
	};
	set_wish(plan, &plan->list[at]);
	plan->target.member_count++;
	return submit(plan);
}

/** A member shall vote: it wishes to, and a leader grants that once it has caught
 *  up. */
static enum change_verdict
let_vote(struct plan *plan, struct raft_member *member)
{
	if (member->role == RAFT_MEMBER_VOTER)
		return CHANGE_DONE;
	if (member->promotes)
		return wait_for(plan, member->identity.id);
	set_wish(plan, member);
	return submit(plan);
}

/** A member shall wait for the place of a voter; it may have got one already. */
static enum change_verdict
let_wait(struct plan *plan, struct raft_member *member)
{
	if (member->role == RAFT_MEMBER_VOTER ||
	    member->stands_in_us == 1000000 * plan->change->stands_in_seconds)
		return CHANGE_DONE;
	set_wish(plan, member);
	return submit(plan);
}

static enum change_verdict
let_join(struct plan *plan)
{
	struct raft_identity who = plan->change->identity;
	struct raft_member *member = find(plan, who.id);

	if (member == NULL)
		return let_in(plan);
	if (who.incarnation != 0 &&
	    member->identity.incarnation != who.incarnation)
		return refuse(plan,
			      "a server with ID %" PRIu64
			      " and another disk is in the cluster: if that "
			      "disk is lost, remove it first",
			      who.id);
	if (plan->change->kind == RAFT_SERVER_LEARN)
		return CHANGE_DONE;
	if (plan->change->kind == RAFT_SERVER_STAND_IN)
		return let_wait(plan, member);
	return let_vote(plan, member);
}

/** A wish that no leader of this build would carry out. */
static enum change_verdict
let_stand_in(struct plan *plan)
{
	uint64_t seconds = plan->change->stands_in_seconds;
	uint64_t mask;

	if (seconds == 0 || seconds > STANDS_IN_SECONDS_MAX)
		return refuse(plan, "it has to be said after how many seconds "
				    "it stands in: an hour at most");
	if (!raft_mask("learners", &mask))
		return refuse(plan, "the leader's build lacks the module "
				    "learners, without which nobody stands in");
	return let_join(plan);
}

/** Whether those who would be left can decide anything: a majority of them has
 *  been heard lately. */
static bool
can_do_without(const struct plan *plan, uint64_t id)
{
	uint64_t recently =
	    raft__server_now() - 2 * plan->status.election_timeout_us;
	struct raft_member_status member;
	size_t voters = 0, heard = 0;

	for (size_t i = 0; raft_member_status(plan->server->raft, i, &member);
	     i++) {
		if (member.role != RAFT_MEMBER_VOTER ||
		    member.identity.id == id)
			continue;
		voters++;
		heard += member.identity.id == plan->status.self.id ||
			 member.heard_at > recently;
	}
	return heard > voters / 2;
}

static enum change_verdict
refuse_to_lose(const struct plan *plan, uint64_t id)
{
	if (is_new(plan))
		return CHANGE_WAITS;
	return refuse(plan,
		      "without the vote of server %" PRIu64
		      " the others are no majority that answers: start those "
		      "that are down, or let others join, first",
		      id);
}

/** Incarnation 0: whichever disk it has. */
static enum change_verdict
let_go(struct plan *plan, struct raft_identity who)
{
	struct raft_member *member = find(plan, who.id);
	uint64_t id = who.id;
	size_t at;

	if (member == NULL || (who.incarnation != 0 &&
			       member->identity.incarnation != who.incarnation))
		return CHANGE_DONE;
	if (member->role == RAFT_MEMBER_VOTER && !can_do_without(plan, id))
		return refuse_to_lose(plan, id);
	at = (size_t)(member - plan->list);
	plan->target.member_count--;
	memmove(member, member + 1,
		(plan->target.member_count - at) * sizeof(*member));
	return submit(plan);
}

static enum change_verdict
demote(struct plan *plan, struct raft_member *member)
{
	if (member->role == RAFT_MEMBER_VOTER &&
	    !can_do_without(plan, member->identity.id))
		return refuse_to_lose(plan, member->identity.id);
	if (member->role == RAFT_MEMBER_NON_VOTING && !member->promotes &&
	    member->stands_in_us == 0)
		return CHANGE_DONE;
	member->role = RAFT_MEMBER_NON_VOTING;
	member->promotes = false;
	member->stands_in_us = 0;
	return submit(plan);
}

/** First there is one more, so that nothing is lost if the new one is of no use. */
static enum change_verdict
replace(struct plan *plan)
{
	uint64_t id = plan->change->identity.id;
	struct raft_identity old = plan->change->replaced;
	const struct raft_member *member = find(plan, id);
	enum change_verdict verdict;

	if (old.id == id || (member == NULL && find(plan, old.id) == NULL))
		return refuse(plan,
			      "no other server has ID %" PRIu64 " in the "
			      "cluster",
			      old.id);
	verdict = let_join(plan);
	return verdict == CHANGE_DONE ? let_go(plan, old) : verdict;
}

static enum change_verdict
move(struct plan *plan, struct raft_member *member)
{
	const char *address = plan->change->address;

	if (!check_place(plan))
		return CHANGE_REFUSED;
	if (member->address_length == strlen(address) &&
	    memcmp(member->address, address, member->address_length) == 0)
		return CHANGE_DONE;
	member->address = address;
	member->address_length = strlen(address);
	return submit(plan);
}

static enum change_verdict
transfer(struct plan *plan)
{
	uint64_t id = plan->change->identity.id;
	enum raft_result result;

	if (id == plan->status.self.id)
		return CHANGE_DONE;
	if (plan->status.transfer_target == id)
		return CHANGE_RUNS;
	result = raft_transfer(plan->server->raft, id, raft__server_now());
	if (result == RAFT_INVALID)
		return refuse(plan, "no voter has ID %" PRIu64, id);
	return result == RAFT_OK ? CHANGE_RUNS : CHANGE_WAITS;
}

/** Whoever has to do this leads: if it is somebody else, it is done. */
static enum change_verdict
step_down(const struct plan *plan)
{
	struct raft *raft = plan->server->raft;
	struct raft_member_status member;
	size_t voters = 0;

	if (plan->change->identity.id != plan->status.self.id)
		return CHANGE_DONE;
	for (size_t i = 0; raft_member_status(raft, i, &member); i++)
		voters += member.role == RAFT_MEMBER_VOTER;
	if (voters < 2)
		return refuse(plan, "there is no other voter");
	return raft_step_down(raft, raft__server_now()) == RAFT_OK
		   ? CHANGE_RUNS
		   : CHANGE_WAITS;
}

static enum change_verdict
refuse_leases(const struct plan *plan)
{
	if (is_new(plan))
		return CHANGE_WAITS;
	return refuse(plan,
		      "the build of a voter lacks the module fencing, without "
		      "which there are no leases, or it is not heard: start it, "
		      "or let it go");
}

/** They are in the configuration, like the members; but of two wishes neither is
 *  nearer to its end, so that one that comes late, or again, must not undo a later one. */
static enum change_verdict
set_leases(struct plan *plan)
{
	uint32_t clock_drift = plan->change->clock_drift;
	enum raft_result result;

	if (clock_drift > RAFT_CLOCK_DRIFT_MAX)
		return refuse(plan, "clocks may be off by %u millionths at most",
			      RAFT_CLOCK_DRIFT_MAX);
	/* Done is what holds: no leader of before acts without a lease any more. */
	if (plan->target.clock_drift == clock_drift)
		return clock_drift != 0 && is_new(plan) ? CHANGE_RUNS
							: CHANGE_DONE;
	if (plan->status.configuration_index > plan->known_index)
		return refuse(plan, "the cluster was changed meanwhile: look "
				    "at it, and ask again if need be");
	plan->target.clock_drift = clock_drift;
	result = reconfigure(plan);
	return result == RAFT_INCOMPATIBLE ? refuse_leases(plan)
					   : judge(plan, result);
}

/** Those that are about a member. */
static enum change_verdict
change_member(struct plan *plan)
{
	struct raft_member *member = find(plan, plan->change->identity.id);

	if (member == NULL)
		return refuse(plan,
			      "no server has ID %" PRIu64 " in the cluster",
			      plan->change->identity.id);
	if (plan->change->kind == RAFT_SERVER_PROMOTE)
		return let_vote(plan, member);
	if (plan->change->kind == RAFT_SERVER_DEMOTE)
		return demote(plan, member);
	return move(plan, member);
}

static enum change_verdict
carry_out(struct plan *plan)
{
	switch (plan->change->kind) {
	case RAFT_SERVER_ADD:
	case RAFT_SERVER_LEARN:
		return let_join(plan);
	case RAFT_SERVER_STAND_IN:
		return let_stand_in(plan);
	case RAFT_SERVER_REMOVE:
		return let_go(plan, plan->change->identity);
	case RAFT_SERVER_REPLACE:
		return replace(plan);
	case RAFT_SERVER_TRANSFER:
		return transfer(plan);
	case RAFT_SERVER_STEP_DOWN:
		return step_down(plan);
	case RAFT_SERVER_LEASES:
		return set_leases(plan);
	default:
		return change_member(plan);
	}
}

static struct plan *
make_plan(struct raft_server *server, const struct raft_server_change *change,
	  uint64_t known_index, char *text)
{
	struct plan *plan = malloc(sizeof(*plan));

	if (plan == NULL)
		return NULL;
	plan->server = server;
	plan->change = change;
	plan->known_index = known_index;
	plan->text = text;
	raft_status(server->raft, &plan->status);
	plan->target = *raft_configuration(server->raft);
	memcpy(plan->list, plan->target.members,
	       plan->target.member_count * sizeof(plan->list[0]));
	plan->target.members = plan->list;
	return plan;
}

enum change_verdict
raft__changes_attempt(struct raft_server *server,
		      const struct raft_server_change *change,
		      uint64_t known_index, char text[CHANGE_TEXT_BYTES])
{
	enum change_verdict verdict = CHANGE_WAITS;
	struct raft_status status;
	struct plan *plan;

	text[0] = '\0';
	raft_status(server->raft, &status);
	if (status.role != RAFT_LEADER)
		return CHANGE_WAITS;
	if (status.changing && change->kind != RAFT_SERVER_TRANSFER &&
	    change->kind != RAFT_SERVER_STEP_DOWN)
		return CHANGE_RUNS;
	plan = make_plan(server, change, known_index, text);
	if (plan != NULL)
		verdict = carry_out(plan);
	free(plan);
	return verdict;
}

/* ------------------------------------------------------------- for who asked */

/** Once, until it stands otherwise. */
static void
say(struct ask *ask, const char *text)
{
	if (*text == '\0' ||
	    (ask->said != NULL && strcmp(ask->said, text) == 0))
		return;
	free(ask->said);
	ask->said = strdup(text);
	if (ask->progress != NULL)
		ask->progress(ask->context, text);
}

void
raft__changes_told(struct raft_server *server, struct ask *ask,
		   enum change_verdict verdict, const char *text)
{
	if (verdict == CHANGE_DONE)
		raft__asks_end(server, ask, RAFT_SERVER_OK, NULL, NULL, 0);
	else if (verdict == CHANGE_REFUSED)
		raft__asks_end(server, ask, RAFT_SERVER_REFUSED, text, NULL, 0);
	else
		say(ask, text);
	/* It was begun, and may be completed whoever asks on. */
	if (verdict == CHANGE_RUNS)
		ask->in_doubt = true;
}

static bool
lets_in(const struct raft_server_change *change)
{
	return change->kind == RAFT_SERVER_ADD ||
	       change->kind == RAFT_SERVER_LEARN ||
	       change->kind == RAFT_SERVER_STAND_IN ||
	       change->kind == RAFT_SERVER_REPLACE;
}

static void
note_who_is_in(struct raft_server *server, struct ask *ask)
{
	const struct raft_configuration *configuration =
	    raft_configuration(server->raft);
	struct raft_status status;

	if (ask->kind != ASK_CHANGE || !lets_in(&ask->change) ||
	    ask->let_in_at != 0 || configuration == NULL ||
	    !raft__changes_has(configuration, ask->change.identity))
		return;
	raft_status(server->raft, &status);
	ask->let_in_at = status.configuration_index;
}

/** Who was let in is not let in again: if it is no member any more, somebody wants it
 *  so. A server that asked for itself needs nobody's patience once it is in, since the
 *  configuration says what it wishes for. */
static bool
is_over(struct raft_server *server, struct ask *ask,
	const struct raft_status *status)
{
	note_who_is_in(server, ask);
	if (ask->let_in_at == 0)
		return false;
	if (raft__changes_has(raft_configuration(server->raft),
			      ask->change.identity)) {
		if (!ask->is_admission ||
		    status->configuration_index > status->commit_index)
			return false;
		raft__asks_end(server, ask, RAFT_SERVER_OK, NULL, NULL, 0);
		return true;
	}
	/* Taken back before it was committed. */
	if (status->configuration_index < ask->let_in_at) {
		ask->let_in_at = 0;
		return false;
	}
	raft__asks_end(server, ask, RAFT_SERVER_REFUSED,
		       "it was let in, and somebody has let it go", NULL, 0);
	return true;
}

/** Whoever has the ID now is meant, not one that comes in its place while it is asked
 *  for how it stands: a server that lost its disk joins as soon as it can. */
static void
note_who_is_to_go(struct raft_server *server, struct ask *ask)
{
	const struct raft_configuration *configuration =
	    raft_configuration(server->raft);
	struct raft_server_change *change = &ask->change;
	struct raft_identity *who = change->kind == RAFT_SERVER_REMOVE
					? &change->identity
					: &change->replaced;

	if (configuration == NULL || who->id == 0 || who->incarnation != 0)
		return;
	for (size_t i = 0; i < configuration->member_count; i++)
		if (configuration->members[i].identity.id == who->id)
			*who = configuration->members[i].identity;
}

void
raft__changes_try(struct raft_server *server, struct ask *ask, uint64_t now)
{
	struct raft_status status;
	char text[CHANGE_TEXT_BYTES];

	ask->next_at = now + ASK_AGAIN_US;
	raft_status(server->raft, &status);
	if (is_over(server, ask, &status))
		return;
	if (ask->known_index == 0) {
		ask->known_index = status.configuration_index;
		note_who_is_to_go(server, ask);
	}
	if (status.role == RAFT_LEADER)
		raft__changes_told(
		    server, ask,
		    raft__changes_attempt(server, &ask->change,
					  ask->known_index, text),
		    text);
	else if (status.leader == 0 ||
		 !raft__notes_change(server, ask, status.leader))
		ask->next_at = now;
	else
		ask->in_doubt = true;
}

static bool
is_of_own_removal(const struct ask *ask, uint64_t self)
{
	return ask->kind == ASK_CHANGE &&
	       ((ask->change.kind == RAFT_SERVER_REMOVE &&
		 ask->change.identity.id == self) ||
		(ask->change.kind == RAFT_SERVER_REPLACE &&
		 ask->change.replaced.id == self));
}

/* Nobody tells one that was removed how it stands, but for its own member. */
void
raft__changes_event(struct raft_server *server, const struct raft_event *event)
{
	struct ask *ask, *next;

	for (ask = TAILQ_FIRST(&server->asks.lists[ASK_WAITING]); ask != NULL;
	     ask = next) {
		next = TAILQ_NEXT(ask, link);
		if (event->kind == RAFT_EVENT_CONFIGURATION)
			note_who_is_in(server, ask);
		else if (event->kind == RAFT_EVENT_REMOVED &&
			 is_of_own_removal(ask, server->folder.owner.self.id))
			raft__asks_end(server, ask, RAFT_SERVER_OK, NULL, NULL,
				       0);
	}
}

/** Without the module for it, who wishes to vote is granted that here. */
static const struct raft_member *
find_ripe(struct plan *plan)
{
	uint64_t recently =
	    raft__server_now() - plan->status.election_timeout_us;
	struct raft_member_status status;
	struct raft_member *member;

	for (size_t i = 0; raft_member_status(plan->server->raft, i, &status);
	     i++) {
		member = find(plan, status.identity.id);
		if (member == NULL || !member->promotes ||
		    status.heard_at < recently ||
		    status.match_index + NEAR_ENTRIES < plan->status.last.index)
			continue;
		member->role = RAFT_MEMBER_VOTER;
		member->promotes = false;
		return member;
	}
	return NULL;
}

void
raft__changes_promote(struct raft_server *server)
{
	char text[CHANGE_TEXT_BYTES];
	struct raft_status status;
	struct plan *plan;
	uint64_t mask;

	raft_status(server->raft, &status);
	if (status.role != RAFT_LEADER || status.changing ||
	    raft_mask("learners", &mask))
		return;
	plan = make_plan(server, NULL, 0, text);
	if (plan != NULL && find_ripe(plan) != NULL)
		(void)submit(plan);
	free(plan);
}
