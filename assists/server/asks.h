/*
 * Asks: what was asked of a server, here or by another one, and has not ended.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *	          .--------- surely not taken, or has a session -------.
 *	          v                                                    |
 *	       WAITING --here--> PROPOSED (in our log) ----------------+
 *	          |  '--------> FORWARDED (a leader has it) -----------+
 *	          |  '--------> READING (the core has it) -------------+
 *	          '---------------> ENDED <--------------- answered ---'
 *
 * A change stays WAITING until it ends: it is a wish about the configuration, and
 * asking for it twice does no harm. An ask of another server does not wait: what
 * cannot be proposed is refused, and that one asks again.
 */
#ifndef OUTRIGGER_SERVER_ASKS_H
#define OUTRIGGER_SERVER_ASKS_H


#include "assists/server/server.h"
#include "assists/system/system.h"

enum ask_kind {
	ASK_COMMAND,
	ASK_READ,
	ASK_CHANGE,
};

enum ask_state {
	ASK_WAITING,
	ASK_PROPOSED,
	ASK_FORWARDED,
	ASK_READING,
	ASK_ENDED,
	ASK_STATES
};

struct ask {
	TAILQ_ENTRY(ask) link;
	/** Of those PROPOSED and READING, found by their index. */
	LIST_ENTRY(ask) bucket;
	enum ask_kind kind;
	enum ask_state state;
	/** Names it in this process. */
	uint64_t number;
	/** The server that asks, and its number there; 0: this one. */
	uint64_t origin, origin_number;
	uint64_t asked_at;
	uint64_t deadline;
	/** Not before then: WAITING, the next attempt. */
	uint64_t next_at;
	/** FORWARDED: to whom, and when it is sent again if it has a session. */
	uint64_t to;
	/** PROPOSED: which entry. READING: its name, as an index. */
	struct raft_entry_id entry;
	/** PROPOSED: since when. */
	uint64_t proposed_at;
	/** An earlier attempt may be done yet. */
	bool in_doubt;
	/** A command's bytes as entries have them. */
	struct raft_payload payload;
	bool has_session;
	/** Of a read. */
	uint64_t bound_us;
	/** Of a change; its address is `place`. */
	struct raft_server_change change;
	char *place;
	/** It was asked for by the server that wants in. */
	bool is_admission;
	/** The configuration in which a server that is to be let in was seen first;
	 *  0: none. */
	uint64_t let_in_at;
	/** The newest configuration that was known here when it was tried first;
	 *  0: it was not yet. */
	uint64_t known_index;
	/** What was said last of how it stands. */
	char *said;
	void (*progress)(void *context, const char *text);
	raft_server_done *done;
	void *context;
	/** Once ENDED; its data and `why` are the ask's, or static. */
	struct raft_server_answer answer;
	uint8_t *data;
	char *why;
};

/** What was refused at once is told in the next round: who asks again from within
 *  his callback would otherwise go deeper and deeper. */
struct refusal {
	STAILQ_ENTRY(refusal) link;
	enum raft_server_result result;
	raft_server_done *done;
	void *context;
};

TAILQ_HEAD(ask_list, ask);
STAILQ_HEAD(refusal_list, refusal);
LIST_HEAD(ask_bucket, ask);

struct asks {
	struct ask_list lists[ASK_STATES];
	struct refusal_list refusals;
	/** By number modulo `max`. */
	struct ask **slots;
	/** By index modulo `max`. */
	struct ask_bucket *buckets;
	uint32_t max;
	uint32_t count;
	/** Where a free slot is looked for next. */
	uint64_t next_number;
	/** Those that wait need wait no longer: there is another leader. */
	bool is_eager;
};

struct raft_server;

/** False: out of memory. */
bool raft__asks_open(struct asks *asks, uint32_t max);
/** None is left but those that were refused, who are told nothing. */
void raft__asks_close(struct asks *asks);

/** What a new one is made of is filled in by who asks; *result says why there is
 *  none. */
struct ask *raft__asks_begin(struct raft_server *server, enum ask_kind kind,
			     uint64_t timeout_us,
			     enum raft_server_result *result);
/** Let a server in that has asked for it. */
void raft__asks_admit(struct raft_server *server,
		      const struct raft_server_change *change);
/** It ends before it began. */
void raft__asks_refuse(struct raft_server *server, enum ask_kind kind,
		       enum raft_server_result result, raft_server_done *done,
		       void *context);
/** Tell those that were refused up to now. */
void raft__asks_tell_refused(struct asks *asks);
/** Tell the others nothing. */
void raft__asks_forget_refused(struct asks *asks);
/** The one with this number; NULL: it has ended. */
struct ask *raft__asks_find(const struct asks *asks, uint64_t number);

/** It has ended; `why` NULL: the result's own sentence. Both are copied. Who asked
 *  is told soon. */
void raft__asks_end(struct raft_server *server, struct ask *ask,
		    enum raft_server_result result, const char *why,
		    const void *data, size_t length);
/** The same for one that nobody has answered: `in_vain`, or UNKNOWN if it may be
 *  done. */
void raft__asks_fail(struct raft_server *server, struct ask *ask,
		     enum raft_server_result in_vain);
/** Into the list of another state. */
void raft__asks_move(struct asks *asks, struct ask *ask, enum ask_state state);
/** It was surely not taken: to be tried again. */
void raft__asks_retry(struct raft_server *server, struct ask *ask);
/** An entry was applied: those who wait for it are answered. */
void raft__asks_applied(struct raft_server *server, struct raft_entry_id entry,
			enum raft_server_result result, const void *data,
			size_t length);
/** A snapshot stands for all up to this index. */
void raft__asks_skipped(struct raft_server *server, uint64_t index);
/** In struct raft_node_machine. */
void raft__asks_outcome(void *server, const struct raft_outcome *outcome);
void raft__asks_read(void *server, const struct raft_read *read);
/** A server to which a command was forwarded says what came of it. */
void raft__asks_answered(struct raft_server *server, struct ask *ask,
			 uint64_t by, const struct raft_server_answer *answer);
/** The host of a server has closed all connections with it. */
void raft__asks_closed(struct raft_server *server, uint64_t peer);
/** Another leader is known; 0: none. */
void raft__asks_leader(struct raft_server *server, uint64_t leader);

/** Try those that wait. Not within a turn. */
void raft__asks_submit(struct raft_server *server, uint64_t now);
/** End those whose time is over; send again what may have been lost. */
void raft__asks_tick(struct raft_server *server, uint64_t now);
/** Tell who asked. Not within a turn. */
void raft__asks_deliver(struct raft_server *server, uint64_t now);
/** End all; of those under way nobody knows. */
void raft__asks_end_all(struct raft_server *server);
/** Some have not ended. */
bool raft__asks_run(const struct asks *asks);

#endif
