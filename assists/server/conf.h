/*
 * server.conf: what a server is made of, a line each, for people to read.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * KEY VALUE lines, and lines that begin with '#', which are not read.
 */
#ifndef OUTRIGGER_SERVER_CONF_H
#define OUTRIGGER_SERVER_CONF_H

#include <limits.h>

#include "assists/disk/owner.h"
#include "assists/server/address.h"
#include "assists/server/server.h"

#define CONF_FORMAT 1
#define STANDS_IN_SECONDS_MAX (RAFT_STANDS_IN_US_MAX / 1000000)
/** '~' and eight digits behind the name of a cluster that has begun anew. */
#define CONF_LIFE_BYTES 9
/** Room for a cluster's name, its life, and the NUL. */
#define CONF_CLUSTER_BYTES (RAFT_SERVER_CLUSTER_MAX + CONF_LIFE_BYTES + 1)

/** A text of "" is one that is not there. */
struct conf {
	uint64_t format;
	uint64_t id;
	uint64_t incarnation;
	/** NAME or NAME~LIFE. */
	char cluster[CONF_CLUSTER_BYTES];
	/** HOST:PORT, perhaps a blank and a note. */
	char address[PLACE_BYTES];
	char listen[PLACE_BYTES];
	/** ID=HOST:PORT. */
	char join[PLACE_BYTES];
	/** 1: it shall have no vote. */
	uint64_t learns;
	/** Or one in the place of a voter that is silent for so long; 0: not. */
	uint64_t stands_in_seconds;
	/** 0: as the program says. */
	uint64_t snapshot_bytes;
	uint64_t snapshot_seconds;
	uint64_t snapshot_tail;
	uint64_t room_bytes;
	/** One more than it says. */
	uint64_t scrub_bytes;
	/** HOST:PORT. */
	char metrics[PLACE_BYTES];
	char tls_certificate[PATH_MAX];
	char tls_key[PATH_MAX];
	char tls_authorities[PATH_MAX];
	char tls_revocations[PATH_MAX];
	/** An enum raft_tcp_mode. */
	uint64_t tls_mode;
};

/** Where an error goes. */
struct complaint {
	char *text;
	size_t size;
};

/** Say it. Returns false. */
__attribute__((format(printf, 2, 3))) bool
raft__complain(const struct complaint *complaint, const char *format, ...);

/** Read a file, and check each line of it. False: complained. */
bool raft__conf_read(const char *path, struct conf *conf,
		     const struct complaint *complaint);

/** Write one, durably; it has its name when it is whole. False: complained. */
bool raft__conf_write(const char *path, const struct conf *conf,
		      const struct complaint *complaint);

/** The name of a mode in the file. */
const char *raft__conf_mode_name(uint64_t mode);

/** A name that a cluster can have, with its life or without. */
bool raft__conf_is_name(const char *text);

/** The name without the life: what certificates have. */
void raft__conf_plain_name(const char *cluster,
			   char name[RAFT_SERVER_CLUSTER_MAX + 1]);

/** The name of a cluster that begins anew, with a life drawn at random: servers of
 *  one life are strangers to those of every other. */
void
raft__conf_another_life(const char *cluster, char again[CONF_CLUSTER_BYTES]);

/** Who owns the folder's files. */
struct raft_owner raft__conf_owner(const struct conf *conf);

/** The bytes that stand for a cluster of this name. */
void raft__conf_cluster(const char *name, uint8_t cluster[16]);

/** What the first servers of a cluster are made of. */
struct first {
	const char *cluster;
	/** All of them, as the list says it. */
	const char *list;
	uint64_t election_timeout_us;
};

/** The incarnation of one of them: the same wherever it is asked, and another if
 *  anything is not the same. So whoever was told something else is a stranger, whose
 *  vote counts for nobody here. */
uint64_t raft__conf_first_incarnation(const struct first *first, uint64_t id);

#endif
