/*
 * The hello's bytes (hello.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "assists/crc32c/crc32c.h"
#include "assists/little_endian/little_endian.h"
#include "assists/transport_tcp/hello.h"
#include "assists/wire/wire.h"

#define VERSION_AT 8
#define VERDICT_AT 12
#define CLUSTER_AT 16
#define FROM_ID_AT 32
#define FROM_INCARNATION_AT 40
#define TO_AT 48
#define FEATURES_AT 56
#define CHECKSUM_AT 60

static const char magic[8] = { 'O', 'U', 'T', 'R', 'L', 'I', 'N', 'K' };

void
raft__hello_encode(const struct raft_hello *hello, uint8_t *bytes)
{
	memset(bytes, 0, RAFT_LINK_HELLO_BYTES);
	memcpy(bytes, magic, sizeof(magic));
	put32(bytes + VERSION_AT, hello->version);
	put32(bytes + VERDICT_AT, hello->verdict);
	memcpy(bytes + CLUSTER_AT, hello->cluster, RAFT_CLUSTER_BYTES);
	put64(bytes + FROM_ID_AT, hello->from.id);
	put64(bytes + FROM_INCARNATION_AT, hello->from.incarnation);
	put64(bytes + TO_AT, hello->to);
	put32(bytes + FEATURES_AT, hello->features);
	put32(bytes + CHECKSUM_AT, raft__crc32c(0, bytes, CHECKSUM_AT));
}

bool
raft__hello_begins(const uint8_t *bytes, size_t length)
{
	return memcmp(bytes, magic,
		      length < sizeof(magic) ? length : sizeof(magic)) == 0;
}

bool
raft__hello_decode(const uint8_t *bytes, struct raft_hello *hello)
{
	if (memcmp(bytes, magic, sizeof(magic)) != 0 ||
	    get32(bytes + CHECKSUM_AT) != raft__crc32c(0, bytes, CHECKSUM_AT))
		return false;
	hello->version = get32(bytes + VERSION_AT);
	hello->verdict = get32(bytes + VERDICT_AT);
	memcpy(hello->cluster, bytes + CLUSTER_AT, RAFT_CLUSTER_BYTES);
	hello->from.id = get64(bytes + FROM_ID_AT);
	hello->from.incarnation = get64(bytes + FROM_INCARNATION_AT);
	hello->to = get64(bytes + TO_AT);
	hello->features = get32(bytes + FEATURES_AT);
	return true;
}
