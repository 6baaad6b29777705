/*
 * Reading and writing server.conf (conf.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assists/server/conf.h"
#include "assists/system/system.h"

bool
raft__complain(const struct complaint *complaint, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(complaint->text, complaint->size, format, arguments);
	va_end(arguments);
	return false;
}

/* ------------------------------------------------------------------- keys */

enum key_kind {
	KEY_TEXT,
	KEY_NUMBER,
	/** One of which 0 says something else than no line: it is kept as one more. */
	KEY_OR_NONE,
	KEY_HEX,
	/** HOST:PORT. */
	KEY_PLACE,
	/** An enum raft_tcp_mode, by name. */
	KEY_MODE,
};

/** A key: its value in struct conf, and what it means. */
struct key {
	const char *name;
	enum key_kind kind;
	size_t offset;
	/** Room for a text. */
	size_t size;
	bool is_needed;
	/** Written as a comment above it. */
	const char *meaning;
};

#define KEY(name, kind, member, needed, meaning)                               \
	{                                                                      \
		name, kind, offsetof(struct conf, member),                     \
		    sizeof(((struct conf *)NULL)->member), needed, meaning     \
	}

static const struct key keys[] = {
	KEY("format", KEY_NUMBER, format, true,
	    "Of this folder. Leave it, and the next three: the log knows them"),
	KEY("id", KEY_NUMBER, id, true, "This server"),
	KEY("incarnation", KEY_HEX, incarnation, true,
	    "This life of its disk: one whose disk was lost begins another"),
	KEY("cluster", KEY_TEXT, cluster, true, "The cluster's name"),
	KEY("address", KEY_PLACE, address, true,
	    "Where the others reach this server, and a note for clients. Once "
	    "it is a\n# member, the cluster has to be told of a new one"),
	KEY("listen", KEY_PLACE, listen, false,
	    "Where to listen, if not at that address: HOST:PORT"),
	KEY("join", KEY_TEXT, join, false,
	    "Any member, which is asked to let this server in: ID=HOST:PORT"),
	KEY("learns", KEY_NUMBER, learns, false, "1: it joins without a vote"),
	KEY("stands-in-seconds", KEY_NUMBER, stands_in_seconds, false,
	    "Likewise, and it takes the place of a voter that was silent so "
	    "long"),
	KEY("snapshot-bytes", KEY_NUMBER, snapshot_bytes, false,
	    "A snapshot is taken after so many bytes of log,"),
	KEY("snapshot-seconds", KEY_NUMBER, snapshot_seconds, false,
	    "and after so many seconds"),
	KEY("snapshot-tail", KEY_NUMBER, snapshot_tail, false,
	    "So many entries are kept behind one, for servers a little "
	    "behind"),
	KEY("room-bytes", KEY_NUMBER, room_bytes, false,
	    "With less than this free on the disk no commands are taken"),
	KEY("scrub-bytes", KEY_OR_NONE, scrub_bytes, false,
	    "So many bytes a second of the log and of snapshots are read and "
	    "checked;\n# 0: none"),
	KEY("metrics", KEY_PLACE, metrics, false,
	    "Where Prometheus may fetch metrics over HTTP, without a secret: "
	    "HOST:PORT"),
	KEY("tls-certificate", KEY_TEXT, tls_certificate, false,
	    "TLS between the servers: PEM files. All lines about TLS are read "
	    "at the start\n# and at SIGHUP"),
	KEY("tls-key", KEY_TEXT, tls_key, false, "The certificate's key"),
	KEY("tls-authorities", KEY_TEXT, tls_authorities, false,
	    "The CAs that are believed"),
	KEY("tls-revocations", KEY_TEXT, tls_revocations, false, "Their CRLs"),
	KEY("tls-mode", KEY_MODE, tls_mode, false,
	    "required: no connection without TLS. On the way from plain ones "
	    "to there:\n# accepts: takes both kinds and makes plain ones; "
	    "prefers: takes both and makes\n# TLS"),
};

#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))

/* ---------------------------------------------------------------- reading */

static const struct key *
find_key(const char *name)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static const char *const modes[] = {
	[RAFT_TCP_REQUIRES] = "required",
	[RAFT_TCP_ACCEPTS] = "accepts",
	[RAFT_TCP_PREFERS] = "prefers",
};

const char *
raft__conf_mode_name(uint64_t mode)
{
	return modes[mode];
}

static bool
take_mode(const char *text, uint64_t *mode)
{
	for (*mode = 0; *mode < sizeof(modes) / sizeof(modes[0]); ++*mode)
		if (strcmp(text, modes[*mode]) == 0)
			return true;
	return false;
}

static bool
take_number(const struct key *key, const char *text, uint64_t *number)
{
	char *rest;

	errno = 0;
	*number = strtoull(text, &rest, key->kind == KEY_HEX ? 16 : 10);
	return errno == 0 && *text != '-' && *text != '\0' && *rest == '\0';
}

/** NULL, or what is wrong with it. */
static const char *
take_value(const struct key *key, const char *text, struct conf *conf)
{
	char *member = (char *)conf + key->offset;
	struct address address;

	if (key->kind == KEY_MODE)
		return take_mode(text, (uint64_t *)(void *)member)
			   ? NULL
			   : "is required, accepts or prefers";
	if (key->kind == KEY_OR_NONE)
		return take_number(key, text, (uint64_t *)(void *)member) &&
			       ++*(uint64_t *)(void *)member != 0
			   ? NULL
			   : "is no number";
	if (key->kind == KEY_NUMBER || key->kind == KEY_HEX)
		return take_number(key, text, (uint64_t *)(void *)member)
			   ? NULL
			   : "is no number";
	if (strlcpy(member, text, key->size) >= key->size)
		return "is too long";
	if (key->kind == KEY_PLACE && !raft__address_parse(text, &address))
		return "is not " ADDRESS_FORMS;
	return NULL;
}

/** Where a line came from. */
struct line {
	const char *path;
	unsigned int number;
	bool found[KEY_COUNT];
};

static bool
take_line(struct line *line, char *text, struct conf *conf,
	  const struct complaint *complaint)
{
	const struct key *key;
	const char *wrong;
	char *name, *end;

	end = text + strlen(text);
	while (end > text && strchr(" \t\r\n", end[-1]) != NULL)
		*--end = '\0';
	text += strspn(text, " \t");
	if (*text == '\0' || *text == '#')
		return true;
	name = strsep(&text, " \t");
	key = find_key(name);
	if (key == NULL)
		return raft__complain(complaint,
				      "%s, line %u: there is no '%s'",
				      line->path, line->number, name);
	text = text == NULL ? name + strlen(name) : text + strspn(text, " \t");
	wrong = line->found[key - keys] ? "is there twice"
					: take_value(key, text, conf);
	line->found[key - keys] = true;
	if (wrong == NULL)
		return true;
	return raft__complain(complaint, "%s, line %u: %s %s", line->path,
			      line->number, name, wrong);
}

/** Who speaks TLS does not begin to speak plain because one line was lost. */
static bool
check_plain(const struct line *line, const struct conf *conf,
	    const struct complaint *complaint)
{
	if (conf->tls_certificate[0] != '\0')
		return true;
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (line->found[i] && strncmp(keys[i].name, "tls-", 4) == 0)
			return raft__complain(
			    complaint,
			    "%s: it has a line '%s' and no tls-certificate "
			    "with its file: bring that back, or remove all "
			    "lines tls-..., to run without TLS",
			    line->path, keys[i].name);
	return true;
}

/** What no line by itself can show. */
static bool
check(const struct line *line, const struct conf *conf,
      const struct complaint *complaint)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (keys[i].is_needed && !line->found[i])
			return raft__complain(
			    complaint,
			    "%s: it has no line '%s': bring the file back, or "
			    "remove the server from its cluster and make it "
			    "anew, to join",
			    line->path, keys[i].name);
	if (conf->format != CONF_FORMAT)
		return raft__complain(complaint,
				      "%s: the folder has format %" PRIu64
				      ", of which this version reads %d alone: "
				      "run the version that wrote it",
				      line->path, conf->format, CONF_FORMAT);
	if (conf->id == 0 || conf->incarnation == 0 ||
	    !raft__conf_is_name(conf->cluster))
		return raft__complain(complaint,
				      "%s: id, incarnation or cluster are not "
				      "as they were written: bring them back",
				      line->path);
	if (conf->tls_certificate[0] != '\0' &&
	    (conf->tls_key[0] == '\0' || conf->tls_authorities[0] == '\0'))
		return raft__complain(complaint,
				      "%s: tls-certificate needs tls-key and "
				      "tls-authorities beside it",
				      line->path);
	return check_plain(line, conf, complaint);
}

bool
raft__conf_read(const char *path, struct conf *conf,
		const struct complaint *complaint)
{
	struct line line = { .path = path };
	char *text = NULL;
	size_t size = 0;
	bool is_well = true;
	FILE *file = fopen(path, "re");

	*conf = (struct conf){ 0 };
	if (file == NULL)
		return raft__complain(complaint, "%s: %s", path,
				      strerror(errno));
	while (is_well && getline(&text, &size, file) >= 0) {
		line.number++;
		is_well = take_line(&line, text, conf, complaint);
	}
	if (is_well && ferror(file) != 0)
		is_well =
		    raft__complain(complaint, "%s: %s", path, strerror(errno));
	free(text);
	fclose(file);
	return is_well && check(&line, conf, complaint);
}

/* ---------------------------------------------------------------- writing */

static void
write_key(FILE *file, const struct key *key, const struct conf *conf)
{
	const char *member = (const char *)conf + key->offset;
	uint64_t number = 0;
	bool is_number = key->kind == KEY_NUMBER || key->kind == KEY_HEX ||
			 key->kind == KEY_OR_NONE || key->kind == KEY_MODE;

	if (is_number)
		memcpy(&number, member, sizeof(number));
	fprintf(file, "\n# %s.\n", key->meaning);
	if (is_number ? number == 0 : *member == '\0')
		fprintf(file, "#%s\n", key->name);
	else if (!is_number)
		fprintf(file, "%s %s\n", key->name, member);
	else if (key->kind == KEY_HEX)
		fprintf(file, "%s %" PRIx64 "\n", key->name, number);
	else if (key->kind == KEY_MODE)
		fprintf(file, "%s %s\n", key->name, modes[number]);
	else
		fprintf(file, "%s %" PRIu64 "\n", key->name,
			number - (key->kind == KEY_OR_NONE));
}

bool
raft__conf_write(const char *path, const struct conf *conf,
		 const struct complaint *complaint)
{
	char unfinished[PATH_MAX];
	bool is_written;
	FILE *file;

	if (snprintf(unfinished, sizeof(unfinished), "%s.new", path) >=
	    (int)sizeof(unfinished))
		return raft__complain(complaint, "%s: too long a path", path);
	file = fopen(unfinished, "we");
	if (file == NULL)
		return raft__complain(complaint, "%s: %s", unfinished,
				      strerror(errno));
	fprintf(file, "# A server of Outrigger. What follows a '#' is not "
		      "read.\n");
	for (size_t i = 0; i < KEY_COUNT; i++)
		write_key(file, &keys[i], conf);
	is_written =
	    fflush(file) == 0 && ferror(file) == 0 && raft__system_sync(fileno(file));
	is_written = fclose(file) == 0 && is_written;
	if (is_written && rename(unfinished, path) == 0)
		return true;
	return raft__complain(complaint, "%s: %s", path, strerror(errno));
}

/* ------------------------------------------------------------------ names */

bool
raft__conf_is_name(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_";
	size_t length = strspn(text, letters);
	const char *life = text + length;

	return length > 0 && length <= RAFT_SERVER_CLUSTER_MAX &&
	       (*life == '\0' ||
		(*life == '~' && strlen(life) == CONF_LIFE_BYTES &&
		 strspn(life + 1, "0123456789abcdef") == CONF_LIFE_BYTES - 1));
}

void
raft__conf_plain_name(const char *cluster,
		      char name[RAFT_SERVER_CLUSTER_MAX + 1])
{
	strlcpy(name, cluster, RAFT_SERVER_CLUSTER_MAX + 1);
	name[strcspn(name, "~")] = '\0';
}

void
raft__conf_another_life(const char *cluster, char again[CONF_CLUSTER_BYTES])
{
	char name[RAFT_SERVER_CLUSTER_MAX + 1];

	raft__conf_plain_name(cluster, name);
	snprintf(again, CONF_CLUSTER_BYTES, "%s~%08" PRIx32, name,
		 arc4random());
}

/** FNV-1a, from a beginning of one's own. */
static uint64_t
hash(uint64_t from, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < length; i++)
		from = (from ^ at[i]) * UINT64_C(1099511628211);
	return from;
}

void
raft__conf_cluster(const char *name, uint8_t cluster[16])
{
	uint64_t first =
	    hash(UINT64_C(14695981039346656037), name, strlen(name));
	uint64_t second = hash(~first, name, strlen(name));

	for (size_t i = 0; i < 8; i++) {
		cluster[i] = (uint8_t)(first >> 8 * i);
		cluster[8 + i] = (uint8_t)(second >> 8 * i);
	}
}

uint64_t
raft__conf_first_incarnation(const struct first *first, uint64_t id)
{
	char text[CONF_CLUSTER_BYTES + 64];
	int length = snprintf(text, sizeof(text),
			      "%" PRIu64 " of %s, %" PRIu64 " us: ", id,
			      first->cluster, first->election_timeout_us);
	uint64_t start =
	    hash(UINT64_C(14695981039346656037), text, (size_t)length);

	return hash(start, first->list, strlen(first->list)) | 1;
}

struct raft_owner
raft__conf_owner(const struct conf *conf)
{
	struct raft_owner owner = {
		.self = { conf->id, conf->incarnation },
	};

	raft__conf_cluster(conf->cluster, owner.cluster);
	return owner;
}
