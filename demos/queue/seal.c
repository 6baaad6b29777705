/*
 * Sealing and opening, with OpenSSL (seal.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "demos/queue/seal.h"

#define KEYS_MAX 64
#define KEY_BYTES 32
#define NAME_BYTES 8
#define DRAW_BYTES 24
#define TAG_BYTES 16
#define NONCE_BYTES 12

_Static_assert(NAME_BYTES + DRAW_BYTES + TAG_BYTES == SEAL_BYTES, "see seal.h");

/** What the tag covers beside the payload: little endian. */
struct place {
	uint8_t cluster[16];
	uint64_t index, term;
};

/** What was sealed. */
struct opened {
	struct raft_block block;
	uint8_t bytes[];
};

struct key {
	uint8_t bytes[KEY_BYTES];
	uint64_t name;
	uint64_t found;
};

struct seal_keys {
	struct key list[KEYS_MAX];
	size_t count;
	EVP_CIPHER_CTX *cipher;
};

/* ------------------------------------------------------------------- keys */

static bool
make_name(struct key *key)
{
	static const uint8_t text[] = "name";
	uint8_t digest[EVP_MAX_MD_SIZE];

	if (HMAC(EVP_sha256(), key->bytes, KEY_BYTES, text, 4, digest, NULL) ==
	    NULL)
		return false;
	memcpy(&key->name, digest, NAME_BYTES);
	return key->name != 0;
}

static bool
read_key(const char *line, struct key *key)
{
	size_t length = strspn(line, "0123456789abcdefABCDEF");

	if (length != 2 * KEY_BYTES ||
	    (line[length] != '\n' && line[length] != '\0'))
		return false;
	for (size_t i = 0; i < KEY_BYTES; i++) {
		char digits[3] = { line[2 * i], line[2 * i + 1], '\0' };

		key->bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return make_name(key);
}

/* What is wrong with them; NULL: nothing. */
static const char *
read_keys(FILE *file, struct seal_keys *keys)
{
	char line[2 * KEY_BYTES + 8];
	const char *wrong = NULL;
	struct stat status;

	if (fstat(fileno(file), &status) != 0 || (status.st_mode & 077) != 0)
		return "others may read it: chmod 600";
	/* Nothing of it stays in a buffer. */
	setvbuf(file, NULL, _IONBF, 0);
	while (wrong == NULL && fgets(line, sizeof(line), file) != NULL) {
		if (keys->count == KEYS_MAX)
			wrong = "it has more than 64 keys";
		else if (!read_key(line, &keys->list[keys->count++]))
			wrong =
			    "a line in it is not a key: 64 hexadecimal digits";
	}
	OPENSSL_cleanse(line, sizeof(line));
	return wrong == NULL && keys->count == 0 ? "it has no key" : wrong;
}

struct seal_keys *
seal_keys_read(const char *path, char *error, size_t size)
{
	struct seal_keys *keys = calloc(1, sizeof(*keys));
	FILE *file = fopen(path, "r");
	const char *wrong = NULL;

	if (keys != NULL)
		keys->cipher = EVP_CIPHER_CTX_new();
	if (keys == NULL || keys->cipher == NULL)
		wrong = "out of memory";
	else if (file == NULL)
		wrong = strerror(errno);
	else
		wrong = read_keys(file, keys);
	if (file != NULL)
		fclose(file);
	if (wrong == NULL)
		return keys;
	snprintf(error, size, "%s: %s", path, wrong);
	seal_keys_free(keys);
	return NULL;
}

void
seal_keys_free(struct seal_keys *keys)
{
	if (keys == NULL)
		return;
	EVP_CIPHER_CTX_free(keys->cipher);
	OPENSSL_cleanse(keys, sizeof(*keys));
	free(keys);
}

/* Of what is sealed. */
static struct key *
find_key(struct seal_keys *keys, const uint8_t *sealed)
{
	uint64_t name;

	memcpy(&name, sealed, NAME_BYTES);
	for (size_t i = 0; keys != NULL && i < keys->count; i++)
		if (keys->list[i].name == name)
			return &keys->list[i];
	return NULL;
}

bool
seal_has_key(struct seal_keys *keys, const uint8_t *sealed)
{
	struct key *key = find_key(keys, sealed);

	if (key != NULL)
		key->found++;
	else
		errno = ENOKEY;
	return key != NULL;
}

void
seal_keys_print(const struct seal_keys *keys,
		void (*print)(void *context, const char *text), void *context)
{
	char text[128];

	for (size_t i = 0; i < keys->count; i++) {
		const struct key *key = &keys->list[i];

		snprintf(text, sizeof(text),
			 "key %016" PRIx64 " has sealed %" PRIu64 " entries%s",
			 be64toh(key->name), key->found,
			 i + 1 == keys->count ? ", and will seal the next"
					      : "");
		print(context, text);
	}
}

/* --------------------------------------------------------------- sealing */

/* Set the cipher up for one payload: its own key, and where it stands. */
static bool
begin(struct seal_keys *keys, const struct key *key, const uint8_t *draw,
      const struct place *place, bool encrypts)
{
	static const uint8_t nonce[NONCE_BYTES];
	uint8_t once[EVP_MAX_MD_SIZE];
	bool done;
	int length;

	done = HMAC(EVP_sha256(), key->bytes, KEY_BYTES, draw, DRAW_BYTES, once,
		    NULL) != NULL &&
	       EVP_CipherInit_ex(keys->cipher, EVP_aes_256_gcm(), NULL, once,
				 nonce, encrypts) == 1 &&
	       EVP_CipherUpdate(keys->cipher, NULL, &length,
				(const uint8_t *)place, sizeof(*place)) == 1;
	OPENSSL_cleanse(once, sizeof(once));
	return done;
}

static struct place
place_of(const uint8_t cluster[16], const struct raft_entry *entry)
{
	struct place place = {
		.index = htole64(entry->index),
		.term = htole64(entry->term),
	};

	memcpy(place.cluster, cluster, sizeof(place.cluster));
	return place;
}

/* From `from` to `to`, `length` bytes: OpenSSL takes nothing for an error. */
static bool
pass(struct seal_keys *keys, uint8_t *to, const uint8_t *from, size_t length)
{
	int passed;

	return length == 0 || EVP_CipherUpdate(keys->cipher, to, &passed, from,
					       (int)length) == 1;
}

static bool
seal(struct seal_keys *keys, const struct place *place,
     const struct raft_payload *payload, uint8_t *sealed)
{
	const struct key *key = &keys->list[keys->count - 1];
	uint8_t *draw = sealed + NAME_BYTES, *tag = draw + DRAW_BYTES;
	uint8_t none[TAG_BYTES];
	int length;

	memcpy(sealed, &key->name, NAME_BYTES);
	return getentropy(draw, DRAW_BYTES) == 0 &&
	       begin(keys, key, draw, place, true) &&
	       pass(keys, sealed + SEAL_BYTES, payload->data,
		    payload->length) &&
	       EVP_CipherFinal_ex(keys->cipher, none, &length) == 1 &&
	       EVP_CIPHER_CTX_ctrl(keys->cipher, EVP_CTRL_AEAD_GET_TAG,
				   TAG_BYTES, tag) == 1;
}

struct raft_entry *
seal_entries(struct seal_keys *keys, const uint8_t cluster[16],
	     const struct raft_entry *entries, size_t count)
{
	size_t bytes = count * (sizeof(*entries) + SEAL_BYTES) + 1;
	struct raft_entry *copy;
	uint8_t *at;

	for (size_t i = 0; i < count; i++)
		bytes += entries[i].payload.length;
	copy = malloc(bytes);
	if (copy == NULL)
		return NULL;
	at = (uint8_t *)(copy + count);
	for (size_t i = 0; i < count; i++) {
		struct place place = place_of(cluster, &entries[i]);

		copy[i] = entries[i];
		if (copy[i].kind != RAFT_ENTRY_DATA)
			continue;
		if (!seal(keys, &place, &entries[i].payload, at)) {
			free(copy);
			return NULL;
		}
		copy[i].kind |= SEALED;
		copy[i].payload.data = at;
		copy[i].payload.length += SEAL_BYTES;
		at += copy[i].payload.length;
	}
	return copy;
}

/* ---------------------------------------------------------------- opening */

static void
release(struct raft_block *block)
{
	free(block);
}

static bool
unseal(struct seal_keys *keys, const struct key *key, const struct place *place,
       const struct raft_payload *sealed, uint8_t *payload)
{
	const uint8_t *draw = (const uint8_t *)sealed->data + NAME_BYTES;
	uint8_t tag[TAG_BYTES], none[TAG_BYTES];
	int length;

	errno = ENOKEY;
	if (key == NULL)
		return false;
	errno = EBADMSG;
	memcpy(tag, draw + DRAW_BYTES, sizeof(tag));
	return begin(keys, key, draw, place, false) &&
	       pass(keys, payload, draw + DRAW_BYTES + TAG_BYTES,
		    sealed->length - SEAL_BYTES) &&
	       EVP_CIPHER_CTX_ctrl(keys->cipher, EVP_CTRL_AEAD_SET_TAG,
				   TAG_BYTES, tag) == 1 &&
	       EVP_CipherFinal_ex(keys->cipher, none, &length) == 1;
}

bool
seal_open(struct seal_keys *keys, const uint8_t cluster[16],
	  struct raft_entry *entry)
{
	struct place place = place_of(cluster, entry);
	const struct key *key = NULL;
	struct raft_payload sealed = entry->payload;
	struct opened *opened;
	bool done;

	if ((entry->kind & SEALED) == 0)
		return true;
	if (sealed.length >= SEAL_BYTES)
		key = find_key(keys, sealed.data);
	entry->payload = (struct raft_payload){ .length = 0 };
	opened = malloc(sizeof(*opened) + sealed.length);
	done =
	    opened != NULL && unseal(keys, key, &place, &sealed, opened->bytes);
	raft_payload_release(&sealed);
	if (!done) {
		free(opened);
		return false;
	}
	opened->block = (struct raft_block){ 1, release };
	entry->kind &= ~SEALED;
	entry->payload = (struct raft_payload){
		.data = opened->bytes,
		.length = sealed.length - SEAL_BYTES,
		.owner = &opened->block,
	};
	return true;
}
