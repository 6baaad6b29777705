/*
 * A model checker over the real core.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A state of the world is: each member's memory and disk, the messages on their
 * way, what has been promised and committed so far, and how often each fault may
 * still happen. A step is one event at one member. All states that can be reached
 * within the bounds are visited, those of few steps first, and every promise is
 * checked in each.
 *
 *     search    states in the order of their distance from the first
 *     world     which steps a state has, and where each leads
 *     member    one event at one member: the library's own code
 *     shape     what of a member's memory matters
 *     reached   what happened at all
 *     promises  what must hold
 *     scenario  a way, in another language
 *     store     memory and tables
 *
 * A member knows nothing of the others, so that what an event makes of it is
 * computed once, however many states it occurs in: members, messages and what is
 * promised are kept once each, and have numbers.
 */
#ifndef OUTRIGGER_MODEL_MODEL_H
#define OUTRIGGER_MODEL_MODEL_H

#include <stdio.h>

#include "raft/raft.h"
#include "tests/model/store.h"

#define SERVERS_MAX 5
#define ENTRIES_MAX 12
#define TERMS_MAX 16
#define BAG_MAX 48
#define SENT_MAX 16
#define READS_MAX 2
#define RENAMINGS_MAX 6
#define PAYLOADS_MAX 32
#define PAYLOAD_BYTES_MAX 160
/** The writes under way that the core allows, and what is durable. */
#define STAGES_MAX 9
#define T UINT64_C(1000000)

/* -------------------------------------------------------------- bounds */

/** What happens to a member. What is no fault, such as a message that arrives,
 *  happens as often as it can. */
enum event {
	/** A message arrives. */
	EVENT_RECEIVE = 1,
	/** The write that is under way longest ends. */
	EVENT_SAVED = 2,
	/** Who does not lead sees two election timeouts pass. */
	EVENT_EXPIRE = 3,
	/** Time passes until its next deadline. */
	EVENT_TICK = 4,
	/** An election timeout passes of which it is not told. */
	EVENT_SLEEP = 5,
	/** It dies with some of its writes durable, and starts again. */
	EVENT_CRASH = 6,
	EVENT_PROPOSE = 7,
	EVENT_READ = 8,
	EVENT_TRANSFER = 9,
	EVENT_RECONFIGURE = 10,
	/** It takes a snapshot of what it has applied, and drops the log. */
	EVENT_COMPACT = 11,
	/** It is told that a peer's host has closed the connection, which may be
	 *  true or not. */
	EVENT_CLOSED = 12,
	/** Not an event: a message arrives and is still on its way. */
	EVENT_TWICE = 13,
	/** Not an event: what an event has to write is not durable at once. */
	EVENT_LATE = 14,
	/** It offers entries of its log to another. */
	EVENT_OFFER = 15,
	EVENTS,
};

/** A step before the first: an event at a member; if it receives, from whom. */
struct deed {
	uint8_t id;
	uint8_t event;
	uint8_t from;
};

#define DEEDS_MAX 8

/** How often each may happen, and to whom. */
struct bounds {
	const char *name;
	/** In builds without this module they say nothing; NULL: in all they do. */
	const char *module;
	/** They take minutes. */
	bool full;
	/** Voters at first, and a server that is none where there are more. */
	unsigned int voters;
	unsigned int servers;
	uint8_t most[EVENTS];
	/** Who leads at first, and has told everybody; 0: nobody. */
	unsigned int leads;
	/** And by a heartbeat also what is committed, so that others refuse their
	 *  votes for its sake, where they do that. */
	bool heard;
	/** What has happened after that, in this order. What is on its way then is
	 *  lost. */
	struct deed begins[DEEDS_MAX];
	/** Whose election timer may run out, one bit each. */
	unsigned int campaigners;
	/** Which servers are to be voters after a change, one bit each: one of
	 *  these; 0: there is no second one. */
	unsigned int targets[2];
	/** Who may be told so, one bit each; 0: whoever leads. */
	unsigned int told[2];
	/** Who may offer entries, and to whom, one bit each; 0: anybody. */
	unsigned int givers;
	unsigned int takers;
	/** Entries in one append, at most. */
	unsigned int batch;
	/** Messages on their way from one server to another, at most: of more one
	 *  is lost, whichever. 0: any number. */
	unsigned int room;
	/** Members are ahead of their disks. */
	bool ahead;
	/** No state beyond so many. */
	size_t states_max;
	/** Servers 1 to so many, three at most, are told apart by nothing. */
	unsigned int alike;
	/** They are told apart all the same, and it is counted how many states
	 *  there would be if they were not. */
	bool apart;
	/** What must have happened when all was visited, in the words of
	 *  reached.c, each alone or as MODULE:WORD, for builds that have it. */
	const char *reaches;
};

extern struct bounds bounds;

/** renamings[k][id]: another name for each server that is like others. */
extern uint8_t renamings[RENAMINGS_MAX][SERVERS_MAX + 1];
extern unsigned int renaming_count;

/** An event, its circumstances and what it is about in one number. */
static inline uint32_t
event_code(enum event event, bool late, uint32_t about)
{
	return (uint32_t)event | (uint32_t)late << 5 | about << 7;
}

#define CODE_TWICE (UINT32_C(1) << 6)

static inline enum event
code_event(uint32_t code)
{
	return (enum event)(code & 31);
}

static inline bool
code_late(uint32_t code)
{
	return (code >> 5 & 1) != 0;
}

static inline uint32_t
code_about(uint32_t code)
{
	return code >> 7;
}

/* -------------------------------------------------- member.c: one member */

/** An entry in a log; its payload by number. */
struct kept {
	uint8_t term;
	uint8_t kind;
	uint8_t payload;
};

/** A log: entries 1 to last, of which those up to base are in a snapshot. */
struct disk {
	uint8_t term;
	uint8_t vote;
	uint8_t base;
	uint8_t last;
	struct kept at[ENTRIES_MAX + 1];
};

/** What the checks ask of a member. */
struct facts {
	uint8_t term;
	uint8_t role;
	uint8_t commit;
	bool stopped;
	uint8_t writes;
	/** Leading: up to where it counts on each, by id. */
	uint8_t match[SERVERS_MAX + 1];
	struct disk durable;
	/** With all writes under way. */
	struct disk given;
};

/** What an event has made of a member. */
struct effect {
	/** Its number afterwards. */
	uint32_t next;
	/** What broke, in a few words; NULL: nothing. */
	const char *broken;
	/** Something had to be written. */
	bool saved;
	/** What happened, one bit each: reached.c. */
	uint64_t marks;
	bool read_begun;
	uint8_t sent_count;
	uint8_t read_count;
	uint8_t outcome_count;
	/** Names of the read that was asked for, and those that have ended. */
	uint8_t read;
	struct {
		uint8_t name;
		uint8_t index;
	} reads[READS_MAX];
	struct {
		uint8_t kind;
		uint8_t term;
		uint8_t first;
		uint8_t last;
	} outcomes[4];
	uint32_t sent[SENT_MAX];
};

/** The first number of each server, as bootstrapped. */
uint32_t member_first(unsigned int id);
/** What that event makes of it. The effect lives as long as the checker. */
const struct effect *
member_step(uint32_t member, unsigned int id, uint32_t code);
const struct facts *member_facts(uint32_t member);
uint64_t member_print_of(uint32_t member, unsigned int renaming);
size_t member_count(void);
/** Events that were really carried out. */
size_t member_steps(void);

/* Messages by number. */
struct posted {
	struct raft_message message;
	/** As they are with each renaming. */
	uint64_t prints[RENAMINGS_MAX];
	/** Why it refuses a vote, as reached.c has it. */
	uint64_t marks;
	size_t length;
	uint8_t bytes[];
};

const struct posted *message_at(uint32_t number);
size_t message_count(void);
uint64_t
message_print_of(const struct raft_message *message, unsigned int renaming);

/* Payloads by number; 0 is none, 1 to SERVERS_MAX what that server proposes. */
struct payload {
	size_t length;
	uint64_t prints[RENAMINGS_MAX];
	/** Of a configuration: bit i for server i. */
	unsigned int voters;
	unsigned int voters_before;
	bool joint;
	uint8_t bytes[PAYLOAD_BYTES_MAX];
};

uint8_t
payload_number(const struct raft_payload *payload, enum raft_entry_kind kind);
const struct payload *payload_at(uint8_t number);

/* ------------------------------------------------------------- shape.c */

/** The fingerprint of all that matters in a member's memory, with other names for
 *  the servers. */
uint64_t shape_of(const struct raft *r, unsigned int renaming);
/** Chance is taken out of it: all draws from here on follow from `seed`. */
void shape_fix_chance(struct raft *r, uint64_t seed);
/** Whether it campaigns by leave of the leader before it. */
bool shape_is_permitted(const struct raft *r);

/* ----------------------------------------------------------- reached.c */

/** What may happen beside the reasons and refusals that the library names, and in
 *  one word each. */
enum mark {
	MARK_COMMITTED = 40,
	MARK_LOST,
	MARK_UNKNOWN,
	MARK_READ,
	MARK_READ_LOST,
	MARK_DROPPED,
	MARK_LOSSES,
	MARK_TWICE,
	MARK_LATE,
	MARK_COMPACTED,
	MARK_SENT,
	MARK_INSTALLED,
	MARK_JOINT,
	MARK_CHANGED,
	MARK_HANDED_OVER,
	MARK_AHEAD,
	/** Of a state, not of a step. */
	MARK_LEADER,
	MARK_CANDIDATES,
	MARK_LEADERS,
	MARKS,
};

static inline uint64_t
mark(unsigned int bit)
{
	return UINT64_C(1) << bit;
}

struct world;

/** Of an event that the library tells of. */
uint64_t reached_by_event(const struct raft_event *event,
			  const struct disk *disk, bool is_permitted);
uint64_t reached_by_message(const struct raft_message *message);
/** Such a step was taken; such a state is new. */
void reached_step(uint64_t marks);
void reached_state(const struct world *world);
/** A line with how often each was. */
void reached_print(FILE *file);
/** Whether this build has the module whose name has so many characters. */
bool build_has(const char *name, size_t length);
/** False: something that must have happened has not, and is named. */
bool reached_all(const char *wanted);

/* ---------------------------------------------------------- promises.c */

/** What has been promised and committed so far, by anybody. */
struct history {
	uint8_t committed;
	struct {
		struct kept entry;
		/** The term in which it was. */
		uint8_t in_term;
	} at[ENTRIES_MAX + 1];
	/** Of terms that somebody may still be in. */
	uint8_t leaders[TERMS_MAX];
	/** Each one's newest vote for another, in its term. */
	uint8_t votes[SERVERS_MAX + 1];
	/** The terms of proposals that were said to be lost, one bit each, where
	 *  nothing is committed yet. */
	uint16_t lost[ENTRIES_MAX + 1];
	struct {
		uint8_t member;
		uint8_t name;
		/** What was committed when it was asked for. */
		uint8_t floor;
	} reads[READS_MAX];
};

/** One step of a world, for the checks. */
struct step {
	unsigned int id;
	uint32_t code;
	const struct effect *effect;
	const struct facts *before;
	const struct facts *after;
	/** All members afterwards, by id. */
	const struct facts *members[SERVERS_MAX + 1];
};

/** What broke, in a few words; NULL: nothing. History moves on. */
const char *promises_check(const struct step *step, struct history *history);
/** A message that was sent, against its sender's disk; NULL: it may say that. */
const char *promises_check_said(const struct raft_message *message,
				const struct disk *durable);
uint64_t history_print_of(const struct history *history, unsigned int renaming);

/* ------------------------------------------------------------- world.c */

/** A state. */
struct world {
	uint32_t members[SERVERS_MAX];
	uint32_t history;
	uint8_t left[EVENTS];
	uint8_t bag_count;
	uint32_t bag[BAG_MAX];
};

/** A step that a world has, and where it leads. */
struct move {
	uint8_t id;
	uint32_t code;
	const char *broken;
	/** What happened in it. */
	uint64_t marks;
	/** Messages for which there was no room. */
	uint8_t lost_count;
	uint32_t lost[SENT_MAX];
	struct world world;
};

void world_first(struct world *world);
/** Call `visit` with each move, until it says false. */
void world_moves(const struct world *world,
		 bool (*visit)(void *context, const struct move *move),
		 void *context);
/** The least of its fingerprints with all renamings. */
uint64_t world_print(const struct world *world);
/** With the names that they have. */
uint64_t world_print_as_named(const struct world *world);
/** One line for a move, and one for how it is with a member. */
void move_print(char *text, size_t size, const struct move *move);
void member_print(char *text, size_t size, uint32_t member, unsigned int id);

/* --------------------------------------------------------- scenario.c */

/** A step on the way to a broken promise. */
struct way_step {
	unsigned int id;
	uint32_t code;
	const struct effect *effect;
	const struct facts *before;
};

#define WAY_MAX 200

struct way {
	size_t count;
	struct way_step steps[WAY_MAX];
};

/** False: a scenario cannot say that. */
bool scenario_write(FILE *file, const struct way *way, const char *broken);

/* ------------------------------------------------------------ search.c */

struct found {
	/** NULL: no promise was broken. */
	const char *broken;
	size_t states;
	/** Where servers were told apart: how many if they had not been. */
	size_t alike_states;
	unsigned int depth;
	bool exhausted;
	/** Of the processor. */
	double seconds;
};

/** Visit all worlds; the shortest way to a broken promise is written to `trace`,
 *  and as a scenario to the other. Either may be NULL. */
struct found search(FILE *trace, FILE *scenario);
/** Take the moves of a trace, as far as they can be taken, and say where it leads.
 *  broken: what its last move breaks. */
struct found search_replay(FILE *trace);

#endif
