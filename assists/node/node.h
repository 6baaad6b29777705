/*
 * raft_node: drives a core (raft/raft.h) with a log, a transport and a state
 * machine, each a small table of functions that the user fills in.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A node belongs to one thread and has no loop of its own. Once a turn of the
 * user's loop, after all that came in was told to the node, call
 * raft_node_turn(); sleep until raft_node_deadline() or the next input.
 * Nothing here assumes an RPC, a connection, or an order of delivery.
 *
 * The order within a turn: the log gets what to save (readable at once), the
 * transport gets what to send, so that followers write while we do, and only
 * then is the log told to flush. Parts of a leader's snapshot are stored next,
 * and last comes what the machine has to load or to apply.
 *
 * A message may be as large as message_bytes_max says, on its way to any server:
 * it should be the same on all of them, and no more than the least that any
 * transport between two of them carries. It can be raised at any time, once the
 * transports carry more. Before it is lowered, every server should have taken a
 * snapshot behind the last entry that is larger: a leader with such an entry in
 * its log cannot send it, and who lacks it then gets heartbeats until a snapshot
 * covers the entry or somebody leads who can.
 */
#ifndef OUTRIGGER_NODE_H
#define OUTRIGGER_NODE_H

#include "raft/raft.h"

#ifdef __cplusplus
extern "C" {
#endif

struct raft_node;

/** Where entries, the term and the vote are kept. One of your own is tried by
 *  assists/log_conformance. */
struct raft_node_log {
	/** Take what is to be saved. Afterwards read() knows it; it need not be
	 *  durable. A log that keeps a payload holds it. */
	void (*save)(void *log, const struct raft_save *save);
	/** Make durable all that was taken. Report with raft_node_saved() or
	 *  raft_node_log_failed(), within this call or later. */
	void (*flush)(void *log);
	/** Read entries first, first + 1, ... into `entries`, at most `count`
	 *  of them and, beyond the first one, at most `bytes_max` of payload.
	 *  Each payload is held once for the caller, who releases it. Returns
	 *  how many, one at least; 0: `first` was compacted away or does not
	 *  exist. */
	size_t (*read)(void *log, uint64_t first, size_t count,
		       size_t bytes_max, struct raft_entry *entries);
	/** All up to this entry, which the log holds or has dropped, may be
	 *  dropped: a snapshot covers it. */
	void (*trim)(void *log, struct raft_entry_id snapshot);
	/** The log said that it cannot read this entry (raft_node_lost), and another server
	 *  has given it: of the very index and term, so that its bytes are the same (thesis
	 *  3.5). Keep a copy, durably, wherever that may be, and then report
	 *  raft_node_mended(), within this call or later; read() gives it from then on. No
	 *  term, vote or end of the log changes. False: it has no entry of that index, term
	 *  and kind, or no room, and nothing was done. NULL, as give_up is then too: of
	 *  this log nothing is mended, and what it cannot read is its failure. */
	bool (*mend)(void *log, const struct raft_entry *entry);
	/** Nobody has given this one in time, and the member stops: take nothing more. It is
	 *  the last call, so that the log can say which one it was. */
	void (*give_up)(void *log, struct raft_entry_id entry);
};

/** How messages reach peers. */
struct raft_node_transport {
	/** Send, or drop when it cannot. An append has its entries filled in.
	 *  The message and its payloads are borrowed until return; what is kept
	 *  longer is held or copied. */
	void (*send)(void *transport, const struct raft_message *message);
};

/** What reading a snapshot back has shown. */
enum raft_node_verdict {
	/** It is as it was written, or is gone. */
	RAFT_NODE_SOUND = 1,
	/** It is not. */
	RAFT_NODE_DAMAGED = 2,
	/** Nothing yet: there is more to read. */
	RAFT_NODE_UNDECIDED = 3,
};

/** Where snapshots are kept: the state machine's own, and one that a leader
 *  sends. */
struct raft_node_snapshots {
	/** Bytes of a snapshot that was named to raft_node_snapshot_taken() or
	 *  installed, held once for the caller, who releases them. False: they
	 *  cannot be read, or the snapshot is gone. */
	bool (*read)(void *snapshots, struct raft_entry_id snapshot,
		     uint64_t offset, size_t length,
		     struct raft_payload *bytes);
	/** Take a part of a leader's. Whoever keeps its bytes holds them. */
	void (*store)(void *snapshots, const struct raft_snapshot_part *part);
	/** Make durable all parts that were taken. Report with
	 *  raft_node_snapshot_saved(), raft_node_snapshot_failed() or
	 *  raft_node_snapshot_damaged(), within this call or later. */
	void (*flush)(void *snapshots);
	/** Load the state machine from a leader's, all of whose parts were
	 *  reported. The machine is not applying then. True: loaded now. False:
	 *  later, by raft_node_applied() with its index, or never, by
	 *  raft_node_snapshot_failed(), which stops this member; until then
	 *  nothing is applied. */
	bool (*install)(void *snapshots, struct raft_entry_id snapshot);
	/** A peer says that this one, as it was sent, is damaged: read it back,
	 *  some of it, and again with each turn while it is undecided. If it is
	 *  damaged it is sent no more, and the machine is told by
	 *  RAFT_EVENT_SNAPSHOT_DAMAGED to have another taken. NULL: none is read
	 *  back. */
	enum raft_node_verdict (*verify)(void *snapshots,
					 struct raft_entry_id snapshot);
};

/** What the program does with what was agreed. Functions that are NULL are
 *  not called. None may call the node back, but for raft_node_applied. */
struct raft_node_machine {
	/** Committed entries, in order, each once in a process's life, but for
	 *  those that a snapshot covers which was installed; no-ops and
	 *  configurations too, told by their kind. Payloads are borrowed
	 *  until return. True: applied now. False: later, by
	 *  raft_node_applied(); until then no more are shown. */
	bool (*apply)(void *machine, const struct raft_entry *entries,
		      size_t count);
	/** A proposal of this node has ended. */
	void (*outcome)(void *machine, const struct raft_outcome *outcome);
	/** Something happened that the program may want to know. */
	void (*event)(void *machine, const struct raft_event *event);
	/** A read that raft_read() named has ended. With an index: all up to
	 *  there has been applied, so answer it from the state as it is now. 0:
	 *  lost, also when too many wait for a machine that applies later; ask
	 *  again. Each read ends once, unless the node is destroyed first. */
	void (*read)(void *machine, const struct raft_read *read);
};

/** What a node is made of. */
struct raft_node_options {
	/** Its member. */
	struct raft_options raft;
	/** Where it keeps what must be durable. */
	const struct raft_node_log *log;
	/** Handed to each function of the log. */
	void *log_context;
	/** What carries its messages. */
	const struct raft_node_transport *transport;
	/** Handed to each function of the transport. */
	void *transport_context;
	/** What its entries are applied to. */
	const struct raft_node_machine *machine;
	/** Handed to each function of the machine. */
	void *machine_context;
	/** NULL: this member sends no snapshots, and gets none. */
	const struct raft_node_snapshots *snapshots;
	/** Handed to each function of the snapshots. */
	void *snapshots_context;
	/** Of any message that the transport is given, once encoded: what a
	 *  queue carries, or a server takes, on the way to any other. At least
	 *  RAFT_NODE_MESSAGE_BYTES_MIN. It limits raft.payload_bytes_max and
	 *  raft.snapshot_part_bytes, so that nothing is proposed that cannot be
	 *  sent. 0: no less than any entry needs. To change it, see above. */
	size_t message_bytes_max;
	/** What the codec adds at most to a message, and to each entry in one;
	 *  a quarter of RAFT_NODE_MESSAGE_BYTES_MIN each, at most. 0: as
	 *  assists/wire does (RAFT_WIRE_MESSAGE_OVERHEAD,
	 *  RAFT_WIRE_ENTRY_OVERHEAD). */
	size_t message_overhead;
	/** The second of them. */
	size_t entry_overhead;
	/** Ask other servers for these entries, which the log cannot read; from within
	 *  raft_node_turn(), again and again until they are there. What comes of it is told
	 *  by raft_node_fetched(); those who are asked look by raft_node_look_up(). NULL:
	 *  nobody is asked, and a log that has mend() does not say raft_node_lost(). */
	void (*fetch)(void *context, const struct raft_entry_id *entries,
		      size_t count);
	/** Handed to it. */
	void *fetch_context;
	/** For so long, from the last one that was mended; 0: 10 s. If one is to be applied
	 *  then, or an acknowledgement was held back for it, this member stops; one that
	 *  only a peer needs is as good as compacted. After half of it a leader whose
	 *  machine, or a peer, waits for one hands over. */
	uint64_t fetch_us;
};

/** The least message_bytes_max. */
#define RAFT_NODE_MESSAGE_BYTES_MIN 512

/** Make a node. The tables and contexts are borrowed until raft_node_destroy.
 *  Refusals are those of raft_start, and RAFT_INVALID for a size that is out of its
 *  range. */
RAFT_API RAFT_MUST_USE enum raft_result
raft_node_create(const struct raft_node_options *options,
		 const struct raft_stored *stored, uint64_t now,
		 struct raft_node **node);

/** Free it; the log, the transport and the machine remain the user's. None of
 *  them is called: proposals and reads that wait are not told. */
RAFT_API void raft_node_destroy(struct raft_node *node);

/** The core, for the verbs that have no wrapper here (raft_propose, raft_read,
 *  raft_receive, raft_bootstrap, raft_status, ...). Call raft_node_turn
 *  afterwards. */
RAFT_API struct raft *raft_node_raft(struct raft_node *node);

/** The log made this save and all before it durable; it may say so from within
 *  flush(). */
RAFT_API void raft_node_saved(struct raft_node *node, uint64_t token);
/** It has failed and promises nothing more; also from within flush(). */
RAFT_API void raft_node_log_failed(struct raft_node *node);

/** The log has these entries and cannot read them: for raft_node_options.fetch. Also from
 *  within read(), which then returns those before. Until they are mended nothing is
 *  applied from the first of them on, nor sent to who needs it; as long as one is not known
 *  to be committed, nothing that covers it is acknowledged, and a leader hands over. All
 *  else goes on: a vote compares indexes and terms, which are known. Of more than 4096 the
 *  others are as if there were no mend(). */
RAFT_API void raft_node_lost(struct raft_node *node,
			     const struct raft_entry_id *entries, size_t count);

/** Another server has given this one. It is believed as an append of its leader's is: take
 *  it from members alone. Borrowed until return. What was not asked for, or is not lost
 *  any more, is dropped. Not within a turn. */
RAFT_API void
raft_node_fetched(struct raft_node *node, const struct raft_entry *entry);

/** The log can read it again; it may say so from within mend(). */
RAFT_API void raft_node_mended(struct raft_node *node, uint64_t index);

/** An entry of that index and that term, for another server that has lost it; committed
 *  or not. The payload is held for the caller. False: there is none here, or it cannot be
 *  read here either. Not within a turn. */
RAFT_API RAFT_MUST_USE bool raft_node_look_up(struct raft_node *node,
					      struct raft_entry_id id,
					      struct raft_entry *entry);

/** All up to this index has been applied. */
RAFT_API void raft_node_applied(struct raft_node *node, uint64_t index);

/** The machine's snapshot up to `index`, of `size` bytes as `read` gives them,
 *  is durable: trim the log. Also for the one that it was loaded from at start.
 *  Those before raft_snapshot_oldest() may be deleted then. Refusals are those
 *  of raft_snapshot_taken. */
RAFT_API RAFT_MUST_USE enum raft_result
raft_node_snapshot_taken(struct raft_node *node, uint64_t index,
			 uint64_t size);

/** All parts of a leader's snapshot that end at or before `end` are durable: to be
 *  said of every part that was taken. It may come from within flush(). */
RAFT_API void raft_node_snapshot_saved(struct raft_node *node,
				       struct raft_entry_id snapshot,
				       uint64_t end);

/** A part of a leader's snapshot could not be stored: it will be sent again, from
 *  its beginning. Of the parts that came before nothing is said any more. Or it
 *  cannot be installed: the member stops. It may come from within store(), flush()
 *  and install(). */
RAFT_API void raft_node_snapshot_failed(struct raft_node *node,
					struct raft_entry_id snapshot);

/** A leader's snapshot, all of whose parts are stored, is not what was written: the
 *  leader is told, and sends it again after a pause, or another one. It may come
 *  from within flush(). */
RAFT_API void raft_node_snapshot_damaged(struct raft_node *node,
					 struct raft_entry_id snapshot);

/** Carry out all that is owed, expired deadlines included. */
RAFT_API void raft_node_turn(struct raft_node *node, uint64_t now);

/** When raft_node_turn is due at the latest; UINT64_MAX: not by time. */
RAFT_API uint64_t raft_node_deadline(const struct raft_node *node);

#ifdef __cplusplus
}
#endif

#endif
