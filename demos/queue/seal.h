/*
 * seal: payloads as AES-256-GCM hides them, and the keys for it.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 *	sealed payload
 *	 0   8  name of the key, which HMAC-SHA256(key, "name") begins with; not 0
 *	 8  24  draw
 *	32  16  tag
 *	48      the payload, encrypted
 *
 * GCM gives itself away if it ever uses a nonce twice with one key, for different
 * bytes. Nothing is counted here, since whatever counts can be set back: by a crash
 * before the count was durable, by a log that begins anew, by a backup that is
 * restored, by a copy of a virtual machine. Instead each payload, each time that it
 * is sealed, has a key of its own, HMAC-SHA256(key, draw), with 24 bytes that are drawn
 * from the kernel just then; the nonce is zero, for the key is used once. That two
 * draws are the same becomes likely after some 2^96 payloads.
 *
 * The tag covers where the payload stands, too: cluster, index and term. It does not
 * cover which entries there are: whoever may write the file can bring back an older
 * one, as with every log.
 */
#ifndef DEMOS_QUEUE_SEAL_H
#define DEMOS_QUEUE_SEAL_H

#include "raft/raft.h"

#define SEAL_BYTES 48
/** Of an entry's kind: its payload is sealed. */
#define SEALED 0x80000000u

struct seal_keys;

/** Read a file that its owner alone can read: a key a line, 64 hexadecimal digits, the
 *  newest last. NULL: refused, and `error` (of `size` bytes) says why. */
struct seal_keys *seal_keys_read(const char *path, char *error, size_t size);
/** Wipe them. NULL is allowed. */
void seal_keys_free(struct seal_keys *keys);
/** A line about each key, the newest last: its name, and how often seal_has_key() has
 *  found it. One that it has not is not needed. */
void seal_keys_print(const struct seal_keys *keys,
		     void (*print)(void *context, const char *text),
		     void *context);

/** A copy of these entries, in which the payloads of those that the program proposed
 *  are sealed with the newest key. It is to be given to free(). NULL: out of memory. */
struct raft_entry *seal_entries(struct seal_keys *keys,
				const uint8_t cluster[16],
				const struct raft_entry *entries, size_t count);

/** If an entry is sealed, put what is in it in place of its payload, of which it lets
 *  go; one that is not is left as it is. False, and errno ENOKEY: its key is not there;
 *  EBADMSG: it is not as it was sealed, or is another entry's; it has no payload then.
 *  keys NULL: there are none. */
bool seal_open(struct seal_keys *keys, const uint8_t cluster[16],
	       struct raft_entry *entry);

/** The key is there of what is sealed and begins with these SEAL_BYTES; else errno is
 *  ENOKEY. keys NULL: there are none. */
bool seal_has_key(struct seal_keys *keys, const uint8_t *sealed);

#endif
