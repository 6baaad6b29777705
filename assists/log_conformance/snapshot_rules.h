/*
 * The rules of snapshots, and where each stands.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_LOG_CONFORMANCE_SNAPSHOT_RULES_H
#define OUTRIGGER_LOG_CONFORMANCE_SNAPSHOT_RULES_H

#define SNAPSHOT_RULES(X)                                                      \
	X(LOADS, "a snapshot is loaded as it was taken",                       \
	  "raft_duties.h, install")                                            \
	X(READS, "each read of a snapshot's bytes gives the same",             \
	  "node.h, read; raft.h, raft_snapshot_taken")                         \
	X(ABSENT, "a read of a snapshot that is not there is refused",         \
	  "node.h, read")                                                      \
	X(HELD, "a read holds its bytes once, for its caller", "node.h, read") \
	X(OUTLIVES,                                                            \
	  "bytes that were read stay as they are until they are released, "    \
	  "whatever becomes of the snapshots",                                 \
	  "node.h, read; raft_types.h, struct raft_block")                     \
	X(RELEASED,                                                            \
	  "whoever keeps the bytes of a part holds them, and releases them "   \
	  "once",                                                              \
	  "node.h, store; raft_types.h, struct raft_block")                    \
	X(ENDS,                                                                \
	  "ends of parts are reported that were stored, and none below one "   \
	  "that was reported",                                                 \
	  "raft.h, raft_snapshot_saved")                                       \
	X(REPORTED, "a flush is reported, within the call or later",           \
	  "node.h, flush")                                                     \
	X(SYNCED, "nothing is reported before it was synced",                  \
	  "raft.h, raft_snapshot_saved")                                       \
	X(ANEW, "a part at offset 0 begins anew",                              \
	  "raft_duties.h, struct raft_snapshot_part")                          \
	X(OPENS, "snapshots can be opened again", "raft.h, duty 5")            \
	X(DURABLE,                                                             \
	  "what was taken, and what the log begins behind, is there after a "  \
	  "restart",                                                           \
	  "raft.h, raft_snapshot_taken, raft_snapshot_saved")                  \
	X(APART,                                                               \
	  "a leader's snapshot stands for nothing before it is to be "         \
	  "installed",                                                         \
	  "raft_duties.h, struct raft_snapshot_part")                          \
	X(CHANGED,                                                             \
	  "bytes of a leader's that have changed on their way are not loaded", \
	  "node.h, flush, install")                                            \
	X(NEEDLESS, "taking, storing and installing fail for a reason only",   \
	  "node.h, flush, install")                                            \
	X(FAILED, "a sync that fails is reported", "node.h, flush")            \
	X(SOUND, "a sound snapshot is not found to be damaged",                \
	  "node.h, verify")                                                    \
	X(STAYS, "what may be needed is not deleted",                          \
	  "raft.h, raft_snapshot_oldest")

enum snapshot_rule {
#define RULE_CODE(name, text, place) SNAPSHOT_RULE_##name,
	SNAPSHOT_RULES(RULE_CODE)
#undef RULE_CODE
};

#endif
