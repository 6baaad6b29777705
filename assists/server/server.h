/*
 * raft_server: a replicated service, for a program that brings neither a network
 * nor a disk.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The program gives a state machine: a struct of functions that apply commands,
 * write a snapshot, and load one. The kit gives the rest, on a libuv loop: a folder
 * with the log and the snapshots, connections with the other servers (TCP, or TLS),
 * membership, sessions, leaving. docs/service.md makes a service from an empty file.
 *
 *	raft_server_create(folder, &create, error, size)        once
 *	server = raft_server_open(folder, &options, &machine, context, error, size)
 *	raft_server_run(server, NULL, error, size)              every time
 *
 * What is asked of a server (propose, register, read, change) goes to whoever leads,
 * from whatever server it was asked of, over the connections between the servers;
 * and ends exactly once, in a callback on the loop. A time limit ends a wait: with
 * UNKNOWN if a leader may have taken what was asked, and with NO_LEADER if none has.
 *
 * All functions belong to the thread of the loop, raft_server_post() excepted. All
 * may be called from any callback, the machine's own included, unless it says
 * otherwise.
 *
 * The log is written by a thread of its own: a disk that is slow, or stands still, keeps
 * the loop from nothing (docs/disks.md).
 *
 * libuv leaves SIGPIPE to the program, which must ignore it; raft_server_run() does.
 */
#ifndef OUTRIGGER_SERVER_H
#define OUTRIGGER_SERVER_H

#include <uv.h>

#include "assists/transport_tcp/transport_tcp.h"
#include "assists/transport_tls/transport_tls.h"
#include "raft/raft.h"

#ifdef __cplusplus
extern "C" {
#endif

struct raft_server;
struct raft_server_change;
struct raft_server_sink;
struct raft_server_source;

/** Room for every sentence about an error. */
#define RAFT_SERVER_ERROR_BYTES 1024
/** The letters of a cluster's name, at most. */
#define RAFT_SERVER_CLUSTER_MAX RAFT_TLS_CLUSTER_MAX

/* ---------------------------------------------------- the state machine */

/** A command that is to be applied. */
struct raft_server_entry {
	/** The command, as it was proposed; the kit's, until apply returns. */
	const void *data;
	/** Of `data`, in bytes. */
	size_t length;
	/** Its place in the log: rises from command to command. */
	uint64_t index;
	/** Room for the answer to whoever proposed it. */
	void *answer;
	/** Of `answer`, in bytes: answer_bytes_max of the options. */
	size_t answer_room;
	/** Of the answer that apply has written there; it finds 0. */
	size_t answer_length;
};

/** What the kit tells the program. */
enum raft_server_event_kind {
	/** The member says so: see `raft`. */
	RAFT_SERVER_EVENT_RAFT = 1,
	/** A connection was made, ended or refused. */
	RAFT_SERVER_EVENT_CONNECTION = 2,
	/** A snapshot was taken or loaded, or could not be. */
	RAFT_SERVER_EVENT_SNAPSHOT = 3,
	/** Somebody asks to be let in, or says that we are no member. */
	RAFT_SERVER_EVENT_MEMBERS = 4,
	/** A certificate, a CA or a CRL ends soon, or was read again. */
	RAFT_SERVER_EVENT_TLS = 5,
	/** This server has left its cluster, and is of no use any more: it should
	 *  be closed, as raft_server_run() does. */
	RAFT_SERVER_EVENT_REMOVED = 6,
	/** This server has stopped for good: it should be closed. */
	RAFT_SERVER_EVENT_STOPPED = 7,
	/** Its disk fills, or has room again. */
	RAFT_SERVER_EVENT_DISK = 8,
};

/** How much it matters, as syslog(3) counts it. */
enum raft_server_severity {
	/** This server cannot do what it is for. */
	RAFT_SERVER_SEVERITY_ERROR = 3,
	/** It can, and somebody should do something. */
	RAFT_SERVER_SEVERITY_WARNING = 4,
	/** Somebody may want to know. */
	RAFT_SERVER_SEVERITY_NOTICE = 5,
	/** As it goes. */
	RAFT_SERVER_SEVERITY_INFO = 6,
	/** It was told before. */
	RAFT_SERVER_SEVERITY_DEBUG = 7,
};

/** Something that the program, or a person, may want to know. */
struct raft_server_event {
	/** What it is about. */
	enum raft_server_event_kind kind;
	/** How much it matters. */
	enum raft_server_severity severity;
	/** What has happened, by a name that stays the same: docs/events.md. */
	const char *key;
	/** The server that says it. */
	uint64_t server;
	/** Whom it is about; 0: nobody else. */
	uint64_t member;
	/** Which term it is about; 0: none. */
	uint64_t term;
	/** Which entry it is about; 0: none. */
	uint64_t index;
	/** A line for a person. It lives until the callback returns. */
	const char *text;
	/** Of RAFT_SERVER_EVENT_RAFT; else NULL. */
	const struct raft_event *raft;
};

/** One line, without a newline: level=notice server=1 event=join-asked ... text="..."
 *  (logfmt). Returns what snprintf would. */
RAFT_API int
raft_server_event_print(char *text, size_t size,
			const struct raft_server_event *event);

/**
 * The program's state machine. Every server of a cluster applies the same commands
 * in the same order and must come to the same state and the same answers, so
 * nothing but the command and the state may decide: no clock, no chance.
 */
struct raft_server_machine {
	/** Apply commands, in order. Each is shown once in the state's life: a
	 *  repeated one of a session is not. */
	void (*apply)(void *machine, struct raft_server_entry *entries,
		      size_t count);
	/** A view of the state as it is now, for `write`, that does not change
	 *  while commands go on being applied: a copy, or a version of a
	 *  persistent structure; or raft_server_fork. NULL: it cannot be made
	 *  now. */
	void *(*freeze)(void *machine);
	/** Write the view down, in a thread of its own. False: it failed, or a
	 *  write to the sink has. */
	bool (*write)(void *frozen, struct raft_server_sink *sink);
	/** Become what was written, from whatever state; read all of it. False:
	 *  that is not a state. The loop waits for it, and for the file. */
	bool (*load)(void *machine, struct raft_server_source *source);
	/** In the place of `load`, for a state that takes long to load: make one of
	 *  what was written, and leave the machine as it is; read all of it. It is
	 *  called in a thread of its own, while the loop goes on with the machine: of
	 *  that this may look at what never changes. NULL: that is not a state. */
	void *(*build)(void *machine, struct raft_server_source *source);
	/** Become what was built, and own it. On the loop. */
	void (*adopt)(void *machine, void *built);
	/** What was built is not needed, because the server is closed meanwhile, or
	 *  because more was written than that. On the loop. */
	void (*discard)(void *built);
	/** The view is not needed any more. On the loop. NULL: nothing to free. */
	void (*thaw)(void *frozen);
	/** May this server be let in, which has asked this one for it (ADD, LEARN or
	 *  STAND_IN)? False: it may not, and `why` (of `size` bytes) is what both are
	 *  told. NULL: whoever is of the cluster may. */
	bool (*admits)(void *machine, const struct raft_server_change *wish,
		       char *why, size_t size);
	/** Something happened. NULL: it is written to standard error, as
	 *  raft_server_event_print() has it, DEBUG excepted. */
	void (*event)(void *machine, const struct raft_server_event *event);
};

/**
 * In the place of `freeze`, for a machine that has no way to copy its state: the
 * process forks, and `write` is called in the child with the machine itself, which
 * there stays as it is. It need only walk the state and call raft_server_write():
 * where other threads run, as the log's does, a child may do no more than a handler of
 * signals (malloc works with glibc; a lock that another thread holds is never let go).
 * Of the files only 0, 1 and 2 are open in it; it ends with the server, when it is not
 * wanted any more, or when it has written nothing for a minute. SIGINT, SIGTERM and
 * SIGHUP, which whole groups of processes are sent, it ignores, and SIGALRM is the kit's
 * there. `thaw` is not called.
 *
 * The loop stands still while it forks, some ten milliseconds for a gigabyte of state,
 * and memory is copied as it changes: up to as much again.
 */
RAFT_API void *raft_server_fork(void *machine);

/** Append to the snapshot. False: it is not wanted any more; return false then. */
RAFT_API RAFT_MUST_USE bool raft_server_write(struct raft_server_sink *sink,
					      const void *bytes, size_t length);

/** Read on in the snapshot. Returns the bytes read: fewer than asked for at the
 *  end only. */
RAFT_API RAFT_MUST_USE size_t
raft_server_take(struct raft_server_source *source, void *bytes, size_t length);

/* ------------------------------------------------------- a log of one's own */

struct raft_node_log;
struct raft_owner;

/**
 * In the place of the kit's log (assists/log_file), for a machine whose state is on the
 * disk: a log that keeps it, too, so that what entries do and the record that they were
 * applied are one transaction, and a server that starts again goes on behind it with no
 * snapshot to load. assists/log_sqlite is one; demos/kv has what fits it in here.
 *
 * The log is in FOLDER/log, and is called in the loop's thread alone. Its flush() waits
 * for the disk, and so does all else for that long. Of an entry `begin` and `applied`
 * come before and after the machine's `apply`, of no-ops and configurations too; `load`
 * replaces what was applied by what is in a snapshot. All servers of a cluster have the
 * same kind. Sessions are not kept by it: what is asked in one ends as EXPIRED, and so
 * does raft_server_register().
 */
struct raft_server_log {
	/** What raft_node calls; `log` is what `open` has returned. */
	const struct raft_node_log *functions;
	/** Make an empty one in this directory, durably. False: refused, and `error`
	 *  (of `size` bytes) says why. This and `open` as in log_file.h. */
	bool (*create)(const char *path, struct raft_owner *owner, char *error,
		       size_t size);
	/** Open it, alone; `machine` is the context of raft_server_open(), or NULL where
	 *  there is none yet: when a server is made. */
	void *(*open)(void *machine, const char *path,
		      const struct raft_owner *owner, char *error, size_t size);
	/** Close it. */
	void (*close)(void *log);
	/** Whom to report to. */
	void (*bind)(void *log, void *context,
		     void (*saved)(void *context, uint64_t token),
		     void (*failed)(void *context, const char *why));
	/** What it holds, and what was applied. With an index in *needed that snapshot
	 *  is loaded next, and this is asked again. False: it cannot be read. */
	bool (*stored)(void *log, struct raft_stored *stored,
		       struct raft_entry_id *needed);
	/** Entries are about to be applied. False: it has failed, and said so. */
	bool (*begin)(void *log);
	/** All up to this one have been. False: likewise. */
	bool (*applied)(void *log, struct raft_entry_id last);
};

/* ------------------------------------------------------------ the folder */

/** A server to be made. What is NULL or 0 has its default. */
struct raft_server_create {
	/** 1 and up: no other server of the cluster has it, or has had it with
	 *  a disk that was lost. */
	uint64_t id;
	/** The cluster's name: 1 to RAFT_SERVER_CLUSTER_MAX letters, digits, and
	 *  any of ".-_". Under TLS the certificates have it. Servers of clusters
	 *  with different names refuse each other. Of one that was recovered, or
	 *  restored under its own name (outrigger-log), the life that it then got
	 *  belongs to the name: NAME~LIFE, as its status and server.conf say. */
	const char *cluster;
	/** Where the others reach this server: HOST:PORT, the host being a name,
	 *  an IPv4 address, or an IPv6 address in brackets. Servers of one user on
	 *  one machine may be at unix:/PATH (raft_tcp_options) instead, wherever
	 *  HOST:PORT is said here. It may be left out with `first`, which says it. */
	const char *address;
	/** A text of the program's that goes beside the address, for whoever
	 *  asks where the members are: an address for clients, perhaps. */
	const char *note;
	/** Where to listen, if not at `address`: HOST:PORT. */
	const char *listen;
	/** The server is one of several first ones, which are these:
	 *  ID=HOST:PORT,ID=HOST:PORT,... with a blank and a note behind a port, if
	 *  there are notes. Exactly the same text, and election timeout, on each of
	 *  them: one that was told another is a stranger to the rest. A first
	 *  server is made once: one whose disk was lost has lost its promises, and made
	 *  again so it could vote twice (the others notice that at times,
	 *  RAFT_EVENT_PEER_REGRESSED, but perhaps too late). Remove it from the
	 *  cluster, and make it anew with `join`. */
	const char *first;
	/** The server is to join a cluster that runs: ID=HOST:PORT of any of its
	 *  members, which it asks to be let in. Without this and `first` it is a
	 *  cluster by itself, which others can join. */
	const char *join;
	/** With `join`: it shall get the log, and no vote. */
	bool learns;
	/** With `join`: likewise, but it takes the place of a voter that was silent
	 *  for so long, up to an hour (RAFT_SERVER_STAND_IN). */
	uint64_t stands_in_seconds;
	/** Of a new cluster: the least election timeout; 1 s. */
	uint64_t election_timeout_us;
	/** TLS between the servers, unless `certificate` is NULL. */
	struct raft_tls_files tls;
	/** With it: the cluster requires it, or is on the way there. */
	enum raft_tcp_mode tls_mode;
	/** The log that it is opened with, too; NULL: the kit's. */
	const struct raft_server_log *log;
};

/**
 * Make the folder of a server, durably: once in its life. What it is made of stands
 * in its file server.conf, with each line's meaning beside it, for an operator to
 * edit; all else in it is the kit's. False: refused, and `error` (of `size` bytes)
 * says why and what to do.
 */
RAFT_API RAFT_MUST_USE bool
raft_server_create(const char *folder, const struct raft_server_create *create,
		   char *error, size_t size);

/** raft_server_create() as a command line says it, for a program that makes servers by
 *  a verb of its own: `argv` begins with the verb, and --help lists what may follow.
 *  Returns the exit status: 0; 1 if it was refused and 2 for bad usage, with a
 *  sentence on standard error. */
RAFT_API int raft_server_make(int argc, char **argv);
/** The same for a server with that log. */
RAFT_API int raft_server_make_with(const struct raft_server_log *log, int argc,
				   char **argv);

/** For scrub_bytes: nothing is read. */
#define RAFT_SERVER_NO_SCRUB UINT64_MAX

/** How a server is opened. What is 0 has its default. What is marked (*) must be
 *  the same on all servers, and the same for the cluster's life. */
struct raft_server_options {
	/** Asks that have not ended, those of other servers included; 4096. */
	uint32_t asks_max;
	/** Calls of other threads that wait (raft_server_post); 1024. */
	uint32_t calls_max;
	/** Bytes of a command; 1 MiB, which is the most. (*) */
	uint32_t command_bytes_max;
	/** Bytes of an answer; 1 KiB, up to 64 KiB. (*) */
	uint32_t answer_bytes_max;
	/** Sessions that are open at once; 1024. When there are more, the one used
	 *  least recently expires. (*) */
	uint32_t sessions_max;
	/** Take a snapshot when so many bytes were added to the log since the
	 *  last; 64 MiB. A line in server.conf comes before it. */
	uint64_t snapshot_log_bytes;
	/** Likewise after so long, if anything was added; 0: never by time. */
	uint64_t snapshot_seconds;
	/** Entries that are kept behind a snapshot, for servers that are a little
	 *  behind; 1000. Likewise. */
	uint64_t snapshot_tail_entries;
	/** Bytes that are to stay free on the folder's disk: with less, this server
	 *  hands over, and as a leader takes no commands (NO_ROOM), until there are a
	 *  quarter more. It is looked at once a second; 1: never. As much as
	 *  snapshot_log_bytes and the newest snapshot, three times the latter
	 *  with a log of one's own. Likewise. */
	uint64_t room_bytes;
	/** Bytes a second of the log and of the snapshots that are read through and
	 *  checked in the background, so that damage is found while others are whole:
	 *  1 MiB; RAFT_SERVER_NO_SCRUB: none. A part of the log is read by its thread
	 *  between two writes, a part of a snapshot by one of libuv's, 1 MiB at most at
	 *  a time. All of it is read once in its size divided by this, and what is
	 *  smaller than 16 MiB as often as what has 16 MiB. With a log of one's own the
	 *  snapshots alone. Likewise, with 0 for none. */
	uint64_t scrub_bytes;
	/** Without `event` in the machine: write no events to standard error. */
	bool is_quiet;
	/** The program and its version, for whoever looks at a member's status,
	 *  from anywhere in the cluster; NULL: only the library says its own. */
	const char *build;
	/** The log, as it was made with; NULL: the kit's. Borrowed. */
	const struct raft_server_log *log;
};

/**
 * Open a server's folder, alone, and load the machine from the newest snapshot. All
 * that can fail before there is a network does so here. The machine's functions
 * are copied, `context` is handed to each of them as `machine`. NULL: refused, and
 * `error` (of `size` bytes) says why and what to do.
 */
RAFT_API RAFT_MUST_USE struct raft_server *
raft_server_open(const char *folder, const struct raft_server_options *options,
		 const struct raft_server_machine *machine, void *context,
		 char *error, size_t size);

/* --------------------------------------------------------------- running */

/** Listen, connect, and take part, on this loop, which outlives the server. False:
 *  refused, and `error` says why; all that is left is raft_server_close(). */
RAFT_API RAFT_MUST_USE bool raft_server_attach(struct raft_server *server,
					       uv_loop_t *loop, char *error,
					       size_t size);

/**
 * Leave, and free the server. A leader hands over first; what is under way is waited
 * for, for two election timeouts at most, and then ends, as UNKNOWN if it may be
 * done. A second call waits no more. `closed` is called when all is gone: from the
 * loop, or before this returns if the server was never attached. NULL: nobody need
 * know, or the one of an earlier call shall; else the last one that was given is
 * called, and no other.
 */
RAFT_API void raft_server_close(struct raft_server *server,
				void (*closed)(void *context), void *context);

/**
 * Attach the server, unless it is, and run its loop until it has closed, by whomever;
 * it is freed then in any case. SIGTERM and SIGINT close it, a second one without waiting;
 * SIGHUP is raft_server_reload(); SIGPIPE is ignored. It closes by itself when it has
 * left its cluster. `loop` may have other handles, which remain; NULL: one for the
 * time being. It does not count if the server is attached. False: it could not be attached, or stopped for good; `error` says why.
 *
 * With NOTIFY_SOCKET in the environment systemd is told, for Type=notify: READY=1 when
 * the server is attached, whether or not somebody leads; with STATUS= who does, then
 * and whenever that changes; and STOPPING=1.
 */
RAFT_API RAFT_MUST_USE bool raft_server_run(struct raft_server *server,
					    uv_loop_t *loop, char *error,
					    size_t size);

/** Read the lines about TLS in server.conf again, and the certificates: as
 *  raft_tls_reload() and raft_tcp_use_stream(), so that a server that ran without TLS
 *  can be given it, and the other way round as far as plain connections beside it.
 *  False: one cannot be used, and nothing has changed; `error` says which. */
RAFT_API RAFT_MUST_USE bool
raft_server_reload(struct raft_server *server, char *error, size_t size);

/** Take a snapshot as soon as none is being taken, unless there is one of the state
 *  as it is now. */
RAFT_API void raft_server_snapshot(struct raft_server *server);

/* ---------------------------------------------------------------- asking */

/** How what was asked has ended. */
#define RAFT_SERVER_RESULTS(X)                                                 \
	X(OK, "done")                                                          \
	X(UNKNOWN, "a leader may have taken it: it may be done by now, or be " \
		   "done yet")                                                 \
	X(NO_LEADER, "no leader took it in time: it was not done")             \
	X(OVERLOADED, "too much is under way: it was not done")                \
	X(TOO_LARGE, "it is larger than commands may be: it was not done")     \
	X(STALE, "its session has gone on to a later command")                 \
	X(EXPIRED, "its session is unknown or has expired: register again")    \
	X(REFUSED, "it cannot be done")                                        \
	X(NO_MEMORY, "out of memory: it was not done")                         \
	X(CLOSED, "this server is closing, or has stopped: it was not done")   \
	X(NO_ROOM, "the leader's disk is nearly full: it was not done")

/** How what was asked has ended: see RAFT_SERVER_RESULTS for each. */
enum raft_server_result {
#define RAFT_SERVER_RESULT_CODE(name, text) RAFT_SERVER_##name,
	RAFT_SERVER_RESULTS(RAFT_SERVER_RESULT_CODE)
#undef RAFT_SERVER_RESULT_CODE
};

/** The name of a result, such as "UNKNOWN". Static. */
RAFT_API const char *raft_server_result_name(enum raft_server_result result);

/** What came of it. All of it lives until the callback returns. */
struct raft_server_answer {
	/** How it ended. */
	enum raft_server_result result;
	/** A sentence for a person. */
	const char *why;
	/** What the machine has answered, if it was applied. */
	const void *data;
	/** Of `data`, in bytes. */
	size_t length;
	/** Of a command: its place in the log; of a registration: the session's
	 *  id. Else 0. */
	uint64_t index;
};

/** It has ended. It is called from the loop, and never from within the function that
 *  asked, unless memory ran out for what is to be told. Whoever asks a server again
 *  that has said CLOSED may not be told any more. */
typedef void
raft_server_done(void *context, const struct raft_server_answer *answer);

/** A command to propose. */
struct raft_server_command {
	/** Copied. */
	const void *data;
	/** Of `data`, in bytes. */
	size_t length;
	/** As raft_server_register() gave it; 0: none, and whoever proposes the
	 *  command again has it done twice. */
	uint64_t session;
	/** In a session: 1, 2, ... the next when the last has ended. Whoever
	 *  repeats a command repeats its sequence, and it is done once. */
	uint64_t sequence;
	/** From now; 0: 5 s. */
	uint64_t timeout_us;
};

/** Have a command applied on every server. OK: it is on a majority's disks, and
 *  applied where it was proposed, whose machine has answered; this one's own machine
 *  may be a little behind, unless raft_server_read() has waited for it. One with a
 *  session is repeated by the kit until its time is over, one without only when it
 *  was surely not taken. */
RAFT_API void raft_server_propose(struct raft_server *server,
				  const struct raft_server_command *command,
				  raft_server_done *done, void *context);

/** Open a session, whose id is the answer's index (assists/sessions). */
RAFT_API void raft_server_register(struct raft_server *server,
				   uint64_t timeout_us, raft_server_done *done,
				   void *context);

/** How to read. */
struct raft_server_view {
	/** 0: with all that was acknowledged anywhere before now. Else with all
	 *  that was acknowledged longer ago than this: no round trip, if the build
	 *  has the module learners and its word is that young. */
	uint64_t bound_us;
	/** From now; 0: 5 s. */
	uint64_t timeout_us;
};

/** Wait until this server's machine is as new as asked for. OK: read it, from within
 *  the callback. On any server. */
RAFT_API void raft_server_read(struct raft_server *server,
			       const struct raft_server_view *view,
			       raft_server_done *done, void *context);

/** Have `call` called on the loop. From any thread, until raft_server_close() was
 *  called; from those of a part until the part is gone. What was taken is called, in
 *  order, at the latest when all else of the server is gone. False: too many wait,
 *  and it is not. */
RAFT_API RAFT_MUST_USE bool
raft_server_post(struct raft_server *server,
		 void (*call)(struct raft_server *server, void *context),
		 void *context);

/* ------------------------------------------------------------ membership */

/** How the cluster is to change. Of one: `id` alone, unless it says otherwise. */
enum raft_server_change_kind {
	/** Let a server in, with a vote once it has caught up: identity and
	 *  address. A server that was made to join asks for that by itself. If
	 *  somebody lets it go meanwhile, it is not let in again: REFUSED. */
	RAFT_SERVER_ADD = 1,
	/** Likewise, without a vote. */
	RAFT_SERVER_LEARN = 2,
	/** Give a server a vote, once it has caught up. */
	RAFT_SERVER_PROMOTE = 3,
	/** Take it away; it still gets the log. */
	RAFT_SERVER_DEMOTE = 4,
	/** Let a server go: one whose disk is lost, or that is not needed. */
	RAFT_SERVER_REMOVE = 5,
	/** Let a server in, and when it votes, let the one called `replaced`
	 *  go: identity and address, unless it is in the cluster already. */
	RAFT_SERVER_REPLACE = 6,
	/** It is somewhere else from now on: address. Its own folder has to say
	 *  so, too. */
	RAFT_SERVER_MOVE = 7,
	/** Hand leadership over to it. */
	RAFT_SERVER_TRANSFER = 8,
	/** It shall not lead, if it does: whoever is furthest takes over. */
	RAFT_SERVER_STEP_DOWN = 9,
	/** Let a server in, or have one that learns, take the place of a voter that
	 *  the leader has not heard for so long: the two change places, with this
	 *  wish. Identity and address, unless it is in the cluster, and
	 *  stands_in_seconds. Nothing is to be done for one that votes. It needs
	 *  the module learners at the leader. */
	RAFT_SERVER_STAND_IN = 10,
	/** Have leaders hold leases, by clocks that are off by clock_drift at most;
	 *  0: no more. Of no server. It needs the module fencing at each voter.
	 *  Once it has ended with OK never do two servers lead at one moment
	 *  (raft_server_acts), and a leader answers reads without a round trip.
	 *  REFUSED, too, if the cluster was changed meanwhile. */
	RAFT_SERVER_LEASES = 11,
};

/** A change of the cluster. */
struct raft_server_change {
	/** Which. */
	enum raft_server_change_kind kind;
	/** Of whom. The incarnation, of one that is let in, stands in its
	 *  server.conf; of one that is let go 0 is the one that has the ID as the
	 *  change is asked for, not one that joins in its place; 0 elsewhere. */
	struct raft_identity identity;
	/** Whom it replaces; incarnation 0 as of one that is let go. */
	struct raft_identity replaced;
	/** Of STAND_IN: from 1 on, an hour at most. */
	uint64_t stands_in_seconds;
	/** Of LEASES: as in struct raft_configuration, in millionths. */
	uint32_t clock_drift;
	/** HOST:PORT, perhaps a blank and a note; else NULL. Copied. */
	const char *address;
	/** From now; 0: 60 s. */
	uint64_t timeout_us;
};

/** Change the cluster. OK: it is as the change says, and that is committed. REFUSED:
 *  see the answer's sentence. `progress`, which may be NULL, gets a sentence now and
 *  then, which lives until it returns. */
RAFT_API void
raft_server_change(struct raft_server *server,
		   const struct raft_server_change *change,
		   void (*progress)(void *context, const char *text),
		   raft_server_done *done, void *context);

/* ---------------------------------------------------------------- status */

/** How far the log and the snapshots were read through (scrub_bytes). */
struct raft_server_scrub {
	/** Bytes a second; 0: none. */
	uint64_t rate;
	/** Of the pass that goes on: bytes that were read; 0: none yet. */
	uint64_t pass_bytes;
	/** And what there was to read when it began, about; 0: none goes on. */
	uint64_t pass_total;
	/** Passes that have ended since the server was opened. */
	uint64_t passes;
	/** How long ago the last one has; 0 also if none has. */
	uint64_t ended_us;
	/** All bytes that were read since then. */
	uint64_t bytes;
	/** In how many places there was damage. */
	uint64_t damages;
};

/** How it is with this server. */
struct raft_server_status {
	/** Its member. */
	struct raft_status raft;
	/** The cluster's name. Lives as long as the server. */
	const char *cluster;
	/** Bytes that were added to the log since the last snapshot. */
	uint64_t log_bytes;
	/** The newest snapshot; index 0: none. */
	struct raft_entry_id snapshot;
	/** How long ago its file was written, here or as it came from a leader, by
	 *  the clock of the day and give or take a second; without one, how long
	 *  it has been known here that there is none. */
	uint64_t snapshot_us;
	/** One is being taken. */
	bool takes_snapshot;
	/** Asks that have not ended, those of other servers included. */
	uint32_t asks;
	/** Sessions that are open. */
	size_t sessions;
	/** What was read through. */
	struct raft_server_scrub scrub;
};

/** Fill it in; of one that was not attached `raft` is all zero. */
RAFT_API void raft_server_status(const struct raft_server *server,
				 struct raft_server_status *status);

/** Whether this server acts as leader by a lease, at this instant: by how much longer
 *  is not said, so that it is asked again for each thing that only one may do. From
 *  when the change that switched leases on has ended with OK (RAFT_SERVER_LEASES) never
 *  two of a cluster do at once. Without leases false: an old leader and its successor
 *  may both think that they lead. */
RAFT_API bool raft_server_acts(const struct raft_server *server);

/** Room for HOST:PORT, with the NUL. */
#define RAFT_SERVER_ADDRESS_BYTES 264

/** Room for what a server says that it runs, with the NUL. */
#define RAFT_SERVER_BUILD_BYTES 256

/** How far somebody is behind a leader. */
struct raft_server_lag {
	/** Entries that it does not have on its disk, as far as the leader knows. */
	uint64_t entries;
	/** What of them the leader's log has, in bytes of its file. */
	uint64_t bytes;
	/** How long the leader has had the first of them, give or take a fifth, or
	 *  has known of it since it was started. */
	uint64_t us;
};

/** How it is with a member of the cluster. */
struct raft_server_member {
	/** As the core knows it. */
	struct raft_member_status raft;
	/** HOST:PORT. */
	char address[RAFT_SERVER_ADDRESS_BYTES];
	/** The note beside it; "" if there is none. */
	char note[RAFT_ADDRESS_BYTES_MAX + 1];
	/** It leads, as far as this server knows. */
	bool leads;
	/** Of one without a vote: it gets one when it has caught up, */
	bool promotes;
	/** or takes the place of a voter that is silent for so long; 0: neither. */
	uint64_t stands_in_seconds;
	/** What it runs: the options' `build`, the library's version, the modules.
	 *  "": it has not said. */
	char build[RAFT_SERVER_BUILD_BYTES];
	/** This server leads, and has heard it since: `lag` is known. */
	bool lag_is_known;
	/** How far it is behind. */
	struct raft_server_lag lag;
	/** Of others: our connections with it. */
	struct raft_tcp_peer_status connection;
};

/** The member at `position`, from 0 on, of the configuration in force. False: there
 *  are no more. */
RAFT_API bool raft_server_member(const struct raft_server *server,
				 size_t position,
				 struct raft_server_member *member);

/** Where its server.conf says that its metrics are to be served (assists/metrics):
 *  HOST:PORT; "": nowhere. Lives as long as the server. */
RAFT_API const char *raft_server_metrics(const struct raft_server *server);

/** Its folder, as it was opened. Lives as long as the server. */
RAFT_API const char *raft_server_folder(const struct raft_server *server);

/** The loop that it is attached to; NULL: none. */
RAFT_API uv_loop_t *raft_server_loop(const struct raft_server *server);

/** Its member, for what has no function here: to be asked, not told. */
RAFT_API struct raft *raft_server_raft(const struct raft_server *server);

/** Its transport, likewise: for its counters. NULL: it is closed. */
RAFT_API const struct raft_tcp *
raft_server_transport(const struct raft_server *server);

/* ----------------------------------------------------------------- parts */

/**
 * A part: something of the program's with handles of its own, that lives as long as
 * the server does. Its first four fields are filled in by whoever adds it; it stays
 * where it is until raft_server_part_gone().
 */
struct raft_server_part {
	/** The server is attached to this loop; it can be asked for something only
	 *  after this has returned. False: the part cannot live there, and `error`
	 *  says why. NULL: it need not know. */
	bool (*attached)(struct raft_server_part *part, uv_loop_t *loop,
			 char *error, size_t size);
	/** The server closes, and what was asked of it has ended: let go of what is
	 *  held, on the loop or in threads, and call raft_server_part_gone(). It is
	 *  called once, also if `attached` was not, or has failed. */
	void (*closing)(struct raft_server_part *part);
	/** Something happened: the machine is told, too. NULL: it need not know. */
	void (*event)(struct raft_server_part *part,
		      const struct raft_server_event *event);
	/** Whatever the part wants. */
	void *context;
	/** The kit's. */
	struct raft_server *server;
	/** Likewise. */
	struct raft_server_part *next;
};

/** Add a part, before the server is attached or after: then `attached` is called
 *  from within. False: it refused, or the server closes; it was not added. */
RAFT_API RAFT_MUST_USE bool raft_server_part_add(struct raft_server *server,
						 struct raft_server_part *part,
						 char *error, size_t size);

/** The part that was told to close holds nothing any more. From within `closing`, or
 *  later from the loop; without it the server is never gone. Calls that wait are made
 *  from within, and what they ask ends: then the part is known to nobody. */
RAFT_API void raft_server_part_gone(struct raft_server_part *part);

#ifdef __cplusplus
}
#endif

#endif
