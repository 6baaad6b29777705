/*
 * TLS between the servers: its files and its mode, read at the start and again while
 * all runs (server.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "assists/server/inside.h"

/** Something in the files runs out. */
static void
expiry(void *context, const struct raft_tls_expiry *what)
{
	raft__server_say(context, NEWS_CERTIFICATE_ENDS, 0, 0, "%s",
			 what->text);
}

static struct raft_tls_files
files_of(const struct conf *conf)
{
	return (struct raft_tls_files){
		.certificate = conf->tls_certificate,
		.key = conf->tls_key,
		.authorities = conf->tls_authorities,
		.revocations = conf->tls_revocations[0] != '\0'
				   ? conf->tls_revocations
				   : NULL,
	};
}

static bool
make_tls(struct raft_server *server, const struct conf *conf,
	 const struct complaint *complaint)
{
	char name[RAFT_SERVER_CLUSTER_MAX + 1];
	struct raft_tls_options options = {
		.cluster = name,
		.id = conf->id,
		.files = files_of(conf),
		.expiry = expiry,
		.context = server,
	};

	raft__conf_plain_name(conf->cluster, name);
	server->tls =
	    raft_tls_create(&options, complaint->text, complaint->size);
	return server->tls != NULL;
}

bool
raft__server_tls_open(struct raft_server *server,
		      const struct complaint *complaint)
{
	const struct conf *conf = &server->folder.conf;

	return conf->tls_certificate[0] == '\0' ||
	       make_tls(server, conf, complaint);
}

/* ------------------------------------------------------------------ read again */

static bool
read_again(const struct raft_server *server, struct conf *conf,
	   const struct complaint *complaint)
{
	const struct conf *own = &server->folder.conf;
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/server.conf", server->folder.path);
	if (!raft__conf_read(path, conf, complaint))
		return false;
	if (conf->id != own->id || conf->incarnation != own->incarnation ||
	    strcmp(conf->cluster, own->cluster) != 0)
		return raft__complain(complaint,
				      "%s: id, incarnation or cluster are not "
				      "as they were written: bring them back",
				      path);
	if (server->tls != NULL && conf->tls_certificate[0] == '\0')
		return raft__complain(
		    complaint,
		    "%s: tls-certificate is gone: who runs with TLS goes on "
		    "with it until the next start: say tls-mode accepts to "
		    "take plain connections",
		    path);
	return true;
}

static bool
take_files(struct raft_server *server, const struct conf *conf,
	   const struct complaint *complaint)
{
	struct raft_tls_files files = files_of(conf);

	if (server->tls == NULL)
		return make_tls(server, conf, complaint);
	return raft_tls_reload(server->tls, &files, complaint->text,
			       complaint->size);
}

/** With every other member, both ways. */
static bool
has_secrecy(const struct raft_server *server)
{
	struct raft_member_status member;
	size_t others = 0;

	for (size_t i = 0; raft_member_status(server->raft, i, &member); i++) {
		uint64_t id = member.identity.id;

		if (id == server->folder.owner.self.id)
			continue;
		if (!raft_tcp_is_secret(server->transport, id))
			return false;
		others++;
	}
	return others > 0;
}

void
raft__server_tls_tick(struct raft_server *server)
{
	if (server->tls == NULL || server->is_secret ||
	    server->folder.conf.tls_mode != RAFT_TCP_PREFERS ||
	    !has_secrecy(server))
		return;
	server->is_secret = true;
	raft__server_say(server, NEWS_TLS_EVERYWHERE, 0, 0,
			 "TLS: every member's connections have it: when all "
			 "servers say so, it can be required");
}

static void
take_mode(struct raft_server *server, const struct conf *conf)
{
	bool is_new = server->folder.conf.tls_certificate[0] == '\0' ||
		      server->folder.conf.tls_mode != conf->tls_mode;

	/* What closes takes no connection any more, and what is not attached yet
	 * will have the mode. */
	if (server->state == SERVER_RUNNING || server->state == SERVER_LEAVING)
		(void)!raft_tcp_use_stream(server->transport,
					   raft_tls_stream(server->tls),
					   (enum raft_tcp_mode)conf->tls_mode);
	if (is_new)
		raft__server_say(server, NEWS_TLS_MODE, 0, 0, "TLS: %s",
				 raft__conf_mode_name(conf->tls_mode));
}

/** Of the lines about TLS alone: the others are for the start. */
static void
note_lines(struct conf *own, const struct conf *conf)
{
	memcpy(own->tls_certificate, conf->tls_certificate, PATH_MAX);
	memcpy(own->tls_key, conf->tls_key, PATH_MAX);
	memcpy(own->tls_authorities, conf->tls_authorities, PATH_MAX);
	memcpy(own->tls_revocations, conf->tls_revocations, PATH_MAX);
	own->tls_mode = conf->tls_mode;
}

bool
raft_server_reload(struct raft_server *server, char *error, size_t size)
{
	const struct complaint complaint = { error, size };
	struct conf conf;

	if (!read_again(server, &conf, &complaint) ||
	    (conf.tls_certificate[0] != '\0' &&
	     !take_files(server, &conf, &complaint))) {
		raft__server_say(server, NEWS_CERTIFICATES_KEPT, 0, 0,
				 "certificates: those of before remain: %s",
				 error);
		return false;
	}
	if (server->tls == NULL)
		return true;
	server->is_secret = false;
	take_mode(server, &conf);
	note_lines(&server->folder.conf, &conf);
	raft__server_say(server, NEWS_CERTIFICATES_READ, 0, 0,
			 "certificates: read again");
	return true;
}
