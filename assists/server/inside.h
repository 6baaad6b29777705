/*
 * The inside of raft_server.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *	server.c     opening
 *	events.c     what the program is told
 *	secure.c     TLS between the servers
 *	attach.c     on a loop: the network, the node, the timers
 *	leave.c      until all is closed
 *	run.c        a loop, and signals
 *	notify.c     words to the service manager
 *	calls.c      calls from other threads
 *	parts.c      what the program has added
 *	asking.c     what is asked here, and how it is attempted
 *	asks.c       what was asked and has not ended
 *	notes.c      what servers say to each other of that, and of who is where
 *	apply.c      commands, sessions, answers
 *	snapshots.c  taking them
 *	loading.c    loading them
 *	room.c       when the disk fills
 *	scrub.c      reading through what is on it
 *	mend.c       fetching again what cannot be read
 *	rehearsal.c  all that a machine sees, without a network and a disk
 *	fork.c       a child that writes one
 *	peers.c      connections follow the configuration; who was away
 *	joining.c    who asks to be let in
 *	changes.c    changing the configuration
 *	status.c     how it is
 *	lag.c        how far behind others are, in time
 *	measures.c   what it has measured
 *
 * Two timers do what cannot be done from within the node's turn, in which the
 * machine's functions are called: `soon`, as soon as the loop comes round, and
 * `tick`, every TICK_MS.
 */
#ifndef OUTRIGGER_SERVER_INSIDE_H
#define OUTRIGGER_SERVER_INSIDE_H


#include "assists/node/node_loop.h"
#include "assists/server/asks.h"
#include "assists/server/events.h"
#include "assists/server/folder.h"
#include "assists/server/fork.h"
#include "assists/server/lag.h"
#include "assists/server/measures.h"
#include "assists/server/peers.h"
#include "assists/server/pipe.h"
#include "assists/server/room.h"
#include "assists/server/scrub.h"
#include "assists/server/server.h"
#include "assists/sessions/sessions.h"
#include "assists/system/system.h"

#define TICK_MS 20
/** Commands that are shown to the machine at once. */
#define BATCH_MAX 64
/** The bytes of a command, at most. */
#define COMMAND_BYTES_MAX (1u << 20)

enum server_state {
	/** Opened, and on no loop. */
	SERVER_OPEN,
	/** Attaching has failed half-way. */
	SERVER_BROKEN,
	SERVER_RUNNING,
	/** It was told to close, and waits for what is under way. */
	SERVER_LEAVING,
	/** Handles are being closed. */
	SERVER_CLOSING,
};

/** A call of another thread. */
struct call {
	void (*call)(struct raft_server *server, void *context);
	void *context;
};

/** Calls that wait: a ring, under a mutex. */
struct calls {
	uv_mutex_t mutex;
	uv_async_t wake;
	/** There is somebody to be woken. */
	bool is_attached;
	struct call *list;
	size_t max, first, count;
};

/** The snapshot that is being taken. */
struct taking {
	bool is_running;
	/** The last entry that it covers. */
	struct raft_entry_id at;
	/** What the machine has frozen; NULL: a child has it. */
	void *frozen;
	struct fork fork;
	struct pipe pipe;
	/** Something is in the pipe. */
	uv_async_t filled;
	uv_work_t work;
	/** What `write` of the machine has returned. */
	bool wrote;
	/** All of it is on the disk, but not yet all of the log that it covers:
	 *  it counts then. */
	bool waits_for_log;
	/** Bytes of the log that it stands for. */
	uint64_t log_bytes;
	/** When it was begun. */
	uint64_t begun_at;
	/** One was asked for; the newest is damaged. */
	bool is_wanted;
	bool is_damaged;
	/** None before, after a failure. */
	uint64_t not_before;
};

/** Where the machine writes its state, and what it reads it from. */
struct raft_server_sink {
	bool (*put)(void *to, const void *bytes, size_t length);
	void *to;
};
struct raft_server_source {
	/** Fewer than asked for at the end only. */
	size_t (*take)(void *from, void *bytes, size_t length);
	void *from;
};

/** Whom to tell that a server is gone; NULL: nobody. */
struct ending {
	void (*ended)(void *context);
	void *context;
};

struct raft_server {
	struct raft_server_options options;
	struct raft_server_machine machine;
	void *context;
	struct folder folder;
	struct raft_tls *tls;
	/** It was said that no connection is plain any more. */
	bool is_secret;
	struct raft_sessions *sessions;
	enum server_state state;

	/* ------------------------------------------------ on a loop */
	uv_loop_t *loop;
	struct raft_tcp *transport;
	struct raft_node *node;
	/** Of the node. */
	struct raft *raft;
	struct raft_node_loop turns;
	uv_timer_t soon, tick;
	/** The log's thread has done something. */
	uv_async_t logged;
	/** Parts that libuv, or a thread, still holds. */
	int held;

	/* ------------------------------------------------- its parts */
	struct calls calls;
	/** What the program has added, in order. */
	struct raft_server_part *parts;
	struct asks asks;
	struct peers peers;
	struct taking taking;
	/** A leader's snapshot that is being built beside the machine; NULL: none. */
	struct loading *loading;
	struct room room;
	struct scrub scrub;
	/** Whom it asks next for entries that it has lost. */
	size_t mender;
	/** It was said that there are such, and not yet that one is back. */
	bool has_lost;
	struct lag lag;
	/** What it runs, for the others to know. */
	char build[RAFT_SERVER_BUILD_BYTES];
	/** When its role, or the configuration, changed last. */
	uint64_t changed_at;
	/** As its last event told. */
	enum raft_role role;
	/** Those that are counted here. */
	struct raft_server_measures measures;
	/** When what is being applied was there to be applied. */
	uint64_t committed_at;
	/** The last entry that was applied. */
	struct raft_entry_id applied;
	/** The newest snapshot, and when it was there. */
	struct raft_entry_id snapshot;
	uint64_t snapshot_at;
	/** As of the last time: raft_snapshot_oldest(). */
	uint64_t oldest;
	/** Bytes of the log since then. */
	uint64_t log_bytes;
	/** Room for the answers of a batch. */
	uint8_t *answers;
	struct raft_server_entry batch[BATCH_MAX];
	struct raft_entry_id batch_ids[BATCH_MAX];
	size_t batch_count;

	/** Lines for standard error since the last one that could be written. */
	uint64_t lines_left_out;

	/* ----------------------------------------------------- its end */
	/** It has stopped for good, and why; "": it has not. */
	char stopped[RAFT_SERVER_ERROR_BYTES];
	/** raft_server_run has it close when there is nothing left to do. */
	bool ends_by_itself;
	/** raft_server_run wants to know why it stopped: room for `stopped`. */
	char *stopped_to;
	/** How often it was told to close. */
	unsigned int closes;
	/** It leads no more, or was never to. */
	bool has_handed_over;
	/** When it waits no more. */
	uint64_t leaves_by;
	/** Who told it to close, and raft_server_run. */
	struct ending closed, run;
};

/* ------------------------------------------- server.c, attach.c, leave.c */

uint64_t raft__server_now(void);
/** Have `soon` come. */
void raft__server_hurry(struct raft_server *server);
/** It cannot go on: it applies nothing any more. */
__attribute__((format(printf, 2, 3))) void
raft__server_stop(struct raft_server *server, const char *format, ...);
/** secure.c: read what its certificates are, if there are any. */
bool raft__server_tls_open(struct raft_server *server,
			   const struct complaint *complaint);
/** Once a tick: say when there is no plain connection left. */
void raft__server_tls_tick(struct raft_server *server);
/** What is not given has its default; what an operator wrote comes first. False:
 *  complained. */
bool raft__server_configure(struct raft_server *server,
			    const struct raft_server_options *options,
			    const struct complaint *complaint);
/** Free all of it; it is on no loop. */
void raft__server_destroy(struct raft_server *server);
/** Do what has to be done now for its end, if it is to end. */
void raft__server_leave(struct raft_server *server, uint64_t now);
/** Make the calls that wait, and tell what they have asked that it is refused, as long
 *  as those are there who asked. Who asks again from within is not told: there would
 *  be no end. */
void raft__server_call_last(struct raft_server *server);
/** A part that was held is gone. */
void raft__server_let_go(struct raft_server *server);
/** Let go of the threads that write, unless one is at work: it calls again then. */
void raft__server_end_disk(struct raft_server *server);

/* ----------------------------------------------------------------- calls.c */

bool raft__calls_open(struct raft_server *server);
bool raft__calls_attach(struct raft_server *server);
/** Make those that wait. */
void raft__calls_make(struct raft_server *server);
/** Wake nobody any more: those that wait are made when all else is gone. */
void raft__calls_detach(struct raft_server *server);
void raft__calls_close(struct raft_server *server);

/* ----------------------------------------------------------------- parts.c */

bool raft__parts_attach(struct raft_server *server,
			const struct complaint *complaint);
void raft__parts_tell(struct raft_server *server,
		      const struct raft_server_event *event);
/** Tell them to close: the server is held until they are gone. */
void raft__parts_close(struct raft_server *server);

/* -------------------------------------------------------------- measures.c */

/** It was refused at once. */
void raft__measures_refused(struct raft_server *server, enum ask_kind kind,
			    enum raft_server_result result);
/** Something has taken from the one time to the other. */
void raft__measures_took(struct raft_histogram *histogram, uint64_t begun,
			 uint64_t ended);
/** It has ended, and whoever asked is being told. */
void raft__measures_ended(struct raft_server *server, const struct ask *ask,
			  uint64_t now);
void raft__measures_event(struct raft_server *server,
			  const struct raft_event *event);
/** There is another snapshot, the newest. */
void raft__measures_snapshot(struct raft_server *server);

/* ----------------------------------------------------------------- apply.c */

bool raft__apply_open(struct raft_server *server);
/** An empty table, with the server's limits. */
enum raft_result raft__apply_sessions(const struct raft_server *server,
				      struct raft_sessions **sessions);
/** In struct raft_node_machine. */
bool raft__apply(void *server, const struct raft_entry *entries, size_t count);

/* ------------------------------------------------------------------ mend.c */

void raft__mend_bind(struct raft_server *server);
/** In struct raft_node_options. */
void raft__mend_fetch(void *server, const struct raft_entry_id *entries,
		      size_t count);

/* --------------------------------------------------------------- loading.c */

/** Load the one that belongs to the log, if there is one, and note it. */
bool raft__loading_open(struct raft_server *server,
			const struct complaint *complaint);
/** Load all of one. NULL, or what is wrong with it. */
const char *raft__loading_take(struct raft_server *server,
			       struct raft_server_source *source);
/** In struct raft_snapshot_file_reports. */
bool raft__loading_install(void *server, struct raft_entry_id snapshot);
/** Give up what is being loaded. */
void raft__loading_close(struct raft_server *server);
/** What stands before the machine's own bytes, to be freed. NULL: out of memory. */
void *raft__loading_head(const struct raft_server *server, size_t *length);

/* ------------------------------------------------------------- snapshots.c */

/** It is the newest. */
void
raft__snapshots_note(struct raft_server *server, struct raft_entry_id snapshot);
bool raft__server_snapshots_attach(struct raft_server *server);
/** Microseconds since the newest was written, or since it is known that there is
 *  none. */
uint64_t raft__server_snapshot_age(const struct raft_server *server,
				   uint64_t now);
/** Take one if it is time; delete those that are not needed. */
void raft__server_snapshots_tick(struct raft_server *server, uint64_t now);
/** Give up what is being taken, and let go of the handles. */
void raft__server_snapshots_close(struct raft_server *server);

/* ------------------------------------------------------------------ notes.c */

/** In struct raft_tcp_options. */
void raft__notes_take(void *server, struct raft_identity from, bool guest,
		      const void *bytes, size_t length);
/** Post one. False: it could not be taken. */
bool
raft__notes_ask(struct raft_server *server, const struct ask *ask, uint64_t to);
bool raft__notes_answer(struct raft_server *server, const struct ask *ask);
bool raft__notes_change(struct raft_server *server, const struct ask *ask,
			uint64_t to);
bool raft__notes_who(struct raft_server *server, uint64_t to);
bool raft__notes_roster(struct raft_server *server, uint64_t to);
bool raft__notes_about(struct raft_server *server, uint64_t to);
/** As many of them as one note has. */
bool raft__notes_want(struct raft_server *server, uint64_t to,
		      const struct raft_entry_id *entries, size_t count);
bool
raft__notes_refusal(struct raft_server *server, uint64_t to, const char *why);

/* ---------------------------------------------------------------- changes.c */

/** How far a leader is with a change. */
enum change_verdict {
	/** Done, and committed. */
	CHANGE_DONE,
	/** On the way: ask again. */
	CHANGE_RUNS,
	/** Nothing could be done now: ask again. */
	CHANGE_WAITS,
	/** It cannot be done. */
	CHANGE_REFUSED,
};

#define CHANGE_TEXT_BYTES 256

/** Do what can be done for it. `known_index` is of LEASES: whoever asked knew no newer
 *  configuration. The text says how it stands, "" if there is nothing to say. Not
 *  within a turn. */
enum change_verdict
raft__changes_attempt(struct raft_server *server,
		      const struct raft_server_change *change,
		      uint64_t known_index, char text[CHANGE_TEXT_BYTES]);
/** It names this server, in this life. */
bool raft__changes_has(const struct raft_configuration *configuration,
		       struct raft_identity who);
/** Go on with one that was asked here. */
void
raft__changes_try(struct raft_server *server, struct ask *ask, uint64_t now);
/** The leader has said how far it is with it. */
void raft__changes_told(struct raft_server *server, struct ask *ask,
			enum change_verdict verdict, const char *text);
void
raft__changes_event(struct raft_server *server, const struct raft_event *event);
/** Once a tick. In a build without the module learners: give votes to those who wish
 *  for one and have caught up. */
void raft__changes_promote(struct raft_server *server);

#endif
