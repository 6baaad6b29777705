/*
 * The rules of a log, and where each stands.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_LOG_CONFORMANCE_RULES_H
#define OUTRIGGER_LOG_CONFORMANCE_RULES_H

#define RULES(X)                                                               \
	X(READABLE, "what was saved can be read at once, as it was saved",     \
	  "node.h, save")                                                      \
	X(TRUNCATED, "a save first drops all entries from truncate_from on",   \
	  "raft_duties.h, truncate_from")                                      \
	X(RESET, "a save with a snapshot first forgets all entries",           \
	  "raft_duties.h, snapshot")                                           \
	X(TRIMMED, "a trim drops nothing behind its snapshot", "node.h, trim") \
	X(ABSENT, "a read of what is not there, or was dropped, gives 0",      \
	  "node.h, read")                                                      \
	X(COUNT, "a read gives at most as many entries as were asked for",     \
	  "node.h, read")                                                      \
	X(BYTES,                                                               \
	  "a read gives at most bytes_max of payload beyond its first "        \
	  "entry",                                                             \
	  "node.h, read")                                                      \
	X(HELD, "a read holds each payload once, for its caller",              \
	  "node.h, read")                                                      \
	X(OUTLIVES,                                                            \
	  "a payload that was read stays as it is until it is "                \
	  "released, whatever becomes of the log",                             \
	  "node.h, read; raft_types.h, struct raft_block")                     \
	X(KEPT, "a log that keeps a payload holds it", "node.h, save")         \
	X(RELEASED, "a log releases each payload that it held, once",          \
	  "raft_types.h, struct raft_block")                                   \
	X(TOKEN,                                                               \
	  "a log reports tokens that it was given, and none below one "        \
	  "that it has reported",                                              \
	  "raft.h, raft_saved")                                                \
	X(REPORTED, "a flush is reported, within the call or later",           \
	  "node.h, flush")                                                     \
	X(SYNCED, "nothing is reported before it was synced",                  \
	  "raft.h, duty 3")                                                    \
	X(OPENS, "a log can be opened again", "raft.h, duty 5")                \
	X(DURABLE, "what was reported is there after a restart",               \
	  "raft.h, duties 3 and 5")                                            \
	X(WHOLE, "each save is there wholly or not at all, in their order",    \
	  "raft_duties.h, struct raft_save")                                   \
	X(LOST,                                                                \
	  "an entry that cannot be read is told to be lost, and not "          \
	  "given out",                                                         \
	  "node.h, raft_node_lost")                                            \
	X(MENDED,                                                              \
	  "an entry of the very index, term and kind is taken for one "        \
	  "that was lost, and is there when that is told; no other is",        \
	  "node.h, mend")                                                      \
	X(NEEDLESS, "a log fails for a reason only", "node.h, flush")          \
	X(FAILED, "a log whose sync fails reports that it has failed",         \
	  "node.h, flush")                                                     \
	X(ONCE, "a failed log reports that once", "node.h, flush")             \
	X(SILENT,                                                              \
	  "a failed log promises nothing more: a second sync may "             \
	  "succeed without having written",                                    \
	  "raft.h, raft_log_failed")

enum rule {
#define RULE_CODE(name, text, place) RULE_##name,
	RULES(RULE_CODE)
#undef RULE_CODE
};

#endif
