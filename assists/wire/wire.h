/*
 * raft_wire: messages (raft/raft.h) as bytes, and frames to send them in.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * An encoded message stands by itself: a message queue or a datagram carries it
 * as it is. A transport that is a stream of bytes puts a frame header before
 * each. The formats are drawn as tables, a message's in wire.c, a frame's in
 * frame.c.
 *
 * Decoding is the one gate where bytes become trusted. It checks each length
 * once and copies no payload: payloads point into the bytes received. It says
 * nothing about sense: a message that decodes may still be nonsense, which the
 * core drops and counts.
 */
#ifndef OUTRIGGER_WIRE_H
#define OUTRIGGER_WIRE_H

#include "raft/raft.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The version that this build writes, and the only one that it reads. */
#define RAFT_WIRE_VERSION 1

/** Entries in one append, at most. */
#define RAFT_WIRE_ENTRIES_MAX 65536
/** An encoded message, at most; a transport refuses to allocate more. */
#define RAFT_WIRE_BYTES_MAX (64u << 20)

/** What an encoded message of any kind takes at most, besides the entries of an
 *  append, and the configuration and the part of a snapshot message. */
#define RAFT_WIRE_MESSAGE_OVERHEAD 128
/** What an entry takes besides its payload. */
#define RAFT_WIRE_ENTRY_OVERHEAD 16

/** Everything that can be wrong with bytes: its code, its name, what it is. */
#define RAFT_WIRE_ERRORS(X)                                                    \
	X(OK, "none")                                                          \
	X(LENGTH, "its length is not the sum of its parts")                    \
	X(UNKNOWN_VERSION, "a version that this build does not read")          \
	X(TOO_LARGE, "above the stated limits")                                \
	X(MALFORMED, "a field is outside its range")                           \
	X(NO_MEMORY, "out of memory for its entries")                          \
	X(MAGIC, "not a frame of ours")                                        \
	X(CHECKSUM, "damaged on its way")

/** What is wrong with bytes; RAFT_WIRE_OK: nothing. */
enum raft_wire_error {
#define RAFT_WIRE_ERROR_CODE(name, text) RAFT_WIRE_##name,
	RAFT_WIRE_ERRORS(RAFT_WIRE_ERROR_CODE)
#undef RAFT_WIRE_ERROR_CODE
};

/** The name of an error, such as "CHECKSUM". Static; "?" for what is no error of
 *  the list, here and below. */
RAFT_API const char *raft_wire_error_name(enum raft_wire_error error);
/** A few words for a person. Static. */
RAFT_API const char *raft_wire_error_text(enum raft_wire_error error);

/* ------------------------------------------------------------ messages */

/**
 * The exact bytes that raft_wire_encode() needs. An append has its entries
 * filled in, a snapshot message the bytes of its part. 0: the message cannot be
 * encoded, because it is above a limit, its entries or bytes are missing, or a
 * kind has no place in the format.
 */
RAFT_API size_t raft_wire_bytes(const struct raft_message *message);

/** Write a message. Returns raft_wire_bytes(), or 0 if that is 0 or more than
 *  `size`. Nothing is kept. */
RAFT_API size_t raft_wire_encode(const struct raft_message *message,
				 void *bytes, size_t size);

/** What decoding reuses from one message to the next. All zero is a new one. */
struct raft_wire_decoder {
	/** The entries of the newest append decoded. Grows to what an append
	 *  had, never beyond RAFT_WIRE_ENTRIES_MAX. */
	struct raft_entry *entries;
	/** How many entries there is room for. */
	size_t room;
	/** Of the newest snapshot message decoded. */
	struct raft_snapshot_content content;
};

/** Free what it reuses; then it is as new. */
RAFT_API void raft_wire_decoder_clear(struct raft_wire_decoder *decoder);

/**
 * Read exactly one message. Its payloads point into `bytes` and name `owner`,
 * of which no reference is taken: the caller holds one until it is done with
 * the message, and whoever keeps a payload holds another. `owner` is NULL only
 * if the bytes outlive every use. message->append.entries and
 * message->snapshot.content belong to the decoder and live until its next use.
 *
 * A message of an unknown kind keeps its kind and envelope; its body is
 * ignored and reads as zero. On an error *message is unspecified.
 */
RAFT_API RAFT_MUST_USE enum raft_wire_error
raft_wire_decode(struct raft_wire_decoder *decoder, const void *bytes,
		 size_t length, struct raft_block *owner,
		 struct raft_message *message);

/* -------------------------------------------------------------- frames */

/** The size of a frame's header. */
#define RAFT_WIRE_FRAME_BYTES 16

/** What a frame's header says of the message that follows it. */
struct raft_wire_frame {
	/** Bytes of the message: 1 to RAFT_WIRE_BYTES_MAX. */
	size_t length;
	/** The CRC32C of the header before its checksum. */
	uint32_t checksum_so_far;
	/** What it must be with the message. */
	uint32_t checksum;
	/** Without the message, rather: damage cannot have come to it. */
	bool is_sealed;
	/** What follows is no message but a note. */
	bool is_note;
};

/** Write the RAFT_WIRE_FRAME_BYTES that go before an encoded message, of at
 *  most RAFT_WIRE_BYTES_MAX. With NULL as message, what carries it notices all
 *  damage, as TLS does, and the checksum is one of the header alone. */
RAFT_API void raft_wire_frame_encode(void *header, const void *message,
				     size_t length);

/** The same before a note: bytes of the program's own, for those only who have
 *  said that they know a note from a message. */
RAFT_API void
raft_wire_frame_encode_note(void *header, const void *note, size_t length);

/** Read a header, to learn how much to wait for. RAFT_WIRE_MAGIC,
 *  RAFT_WIRE_UNKNOWN_VERSION, RAFT_WIRE_TOO_LARGE, or RAFT_WIRE_LENGTH (of 0):
 *  the stream cannot be followed any further. */
RAFT_API RAFT_MUST_USE enum raft_wire_error
raft_wire_frame_decode(const void *header, struct raft_wire_frame *frame);

/** Whether the frame->length bytes at `message` are those that were sent, as
 *  far as the checksum says. RAFT_WIRE_CHECKSUM: they are not. */
RAFT_API RAFT_MUST_USE enum raft_wire_error
raft_wire_frame_check(const struct raft_wire_frame *frame, const void *message);

#ifdef __cplusplus
}
#endif

#endif
