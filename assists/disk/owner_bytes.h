/*
 * An owner as 32 bytes of a file: cluster id, server id, incarnation.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_DISK_OWNER_BYTES_H
#define OUTRIGGER_DISK_OWNER_BYTES_H

#include "assists/disk/owner.h"
#include "assists/little_endian/little_endian.h"

static inline void
put_owner(uint8_t *at, const struct raft_owner *owner)
{
	memcpy(at, owner->cluster, sizeof(owner->cluster));
	put64(at + 16, owner->self.id);
	put64(at + 24, owner->self.incarnation);
}

static inline void
get_owner(const uint8_t *at, struct raft_owner *owner)
{
	memcpy(owner->cluster, at, sizeof(owner->cluster));
	owner->self.id = get64(at + 16);
	owner->self.incarnation = get64(at + 24);
}

#endif
