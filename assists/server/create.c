/*
 * Making a server's folder (server.h, raft_server_create).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * server.conf comes last, so that a folder that has one is whole.
 */
#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assists/server/folder.h"
#include "assists/system/system.h"

#define ELECTION_TIMEOUT_US 1000000

/** What is being made. */
struct making {
	const char *folder;
	const struct raft_server_create *create;
	struct conf conf;
	struct first first;
	/** The first servers; none of one that joins. */
	struct raft_member members[RAFT_MEMBERS_MAX];
	char (*places)[PLACE_BYTES];
	size_t count;
	struct complaint complaint;
	/** Entry 1 is durable. */
	bool is_saved;
};

/* ------------------------------------------------------ what it is made of */

static bool
copy(struct making *making, char *to, size_t size, const char *from,
     const char *what)
{
	if (from == NULL)
		return true;
	if (from[strcspn(from, "\r\n")] != '\0')
		return raft__complain(&making->complaint,
				      "%s: it has more than one line", what);
	if (strlcpy(to, from, size) >= size)
		return raft__complain(&making->complaint, "%s: it is too long",
				      what);
	return true;
}

/** The address is the one given, or that of the list, and if both are, the same. */
static bool
take_place(struct making *making)
{
	const struct raft_server_create *create = making->create;
	char place[PLACE_BYTES] = "";
	struct address address;
	int length = 0;

	if (create->address != NULL)
		length =
		    snprintf(place, sizeof(place), "%s%s%s", create->address,
			     create->note != NULL ? " " : "",
			     create->note != NULL ? create->note : "");
	if (length >= (int)sizeof(place))
		return raft__complain(&making->complaint,
				      "the address, or its note, is too long");
	if (making->conf.address[0] == '\0')
		strlcpy(making->conf.address, place, PLACE_BYTES);
	if (create->address == NULL ? create->note != NULL
				    : strcmp(place, making->conf.address) != 0)
		return raft__complain(&making->complaint,
				      "address and note differ from those of "
				      "the list of first servers: %s",
				      making->conf.address);
	if (making->conf.address[strcspn(making->conf.address, "\r\n")] !=
		'\0' ||
	    !raft__address_parse(making->conf.address, &address))
		return raft__complain(&making->complaint,
				      "address: '%s' is not " ADDRESS_FORMS,
				      making->conf.address);
	return true;
}

static bool
check_place(struct making *making, const char *text, const char *what)
{
	struct address address;

	return text[0] == '\0' || raft__address_parse(text, &address) ||
	       raft__complain(&making->complaint,
			      "%s: '%s' is not " ADDRESS_FORMS, what, text);
}

static bool
check_join(struct making *making)
{
	const char *at = making->conf.join;
	char place[PLACE_BYTES];
	const char *wrong;
	uint64_t id;

	if (*at == '\0')
		return true;
	wrong = raft__address_listed(&at, &id, place);
	if (wrong == NULL && (*at != '\0' || id == making->conf.id))
		wrong = "one other server is asked";
	return wrong == NULL ||
	       raft__complain(&making->complaint, "join: '%s': %s",
			      making->conf.join, wrong);
}

/** In the order of their ids, as configurations have them. */
static const char *
add_first(struct making *making, uint64_t id, const char *place)
{
	size_t at = making->count;

	if (at == RAFT_MEMBERS_MAX)
		return "there are too many";
	strlcpy(making->places[at], place, PLACE_BYTES);
	while (at > 0 && making->members[at - 1].identity.id > id) {
		making->members[at] = making->members[at - 1];
		at--;
	}
	if (at > 0 && making->members[at - 1].identity.id == id)
		return "two servers have the same ID";
	making->members[at] = (struct raft_member){
		.identity = { id, raft__conf_first_incarnation(&making->first,
							       id) },
		.role = RAFT_MEMBER_VOTER,
		.address = making->places[making->count],
		.address_length = strlen(place),
	};
	making->count++;
	return NULL;
}

static bool
take_first(struct making *making)
{
	const char *at = making->create->first;
	const char *wrong = NULL;
	char place[PLACE_BYTES];
	uint64_t id;

	if (at == NULL)
		return true;
	while (wrong == NULL && *at != '\0') {
		wrong = raft__address_listed(&at, &id, place);
		if (wrong == NULL)
			wrong = add_first(making, id, place);
		if (wrong == NULL && id == making->conf.id)
			strlcpy(making->conf.address, place, PLACE_BYTES);
		if (wrong == NULL && *at == ',' && *++at == '\0')
			wrong = "it ends with a comma";
	}
	if (wrong == NULL && making->conf.address[0] == '\0')
		wrong = "this server's ID is not in it";
	return wrong == NULL ||
	       raft__complain(&making->complaint,
			      "the list of first servers: '%s': %s",
			      making->create->first, wrong);
}

static bool
check_words(struct making *making)
{
	const struct raft_server_create *create = making->create;

	if (create->id == 0 || create->id > INT64_MAX)
		return raft__complain(&making->complaint,
				      "a server's ID is a number from 1 on");
	if (create->cluster == NULL || !raft__conf_is_name(create->cluster))
		return raft__complain(&making->complaint,
				      "a cluster's name is 1 to %d letters, "
				      "digits, and any of \".-_\"",
				      RAFT_SERVER_CLUSTER_MAX);
	if (create->first != NULL && create->join != NULL)
		return raft__complain(&making->complaint,
				      "a server is one of the first, or it "
				      "joins: not both");
	if (create->stands_in_seconds > STANDS_IN_SECONDS_MAX)
		return raft__complain(&making->complaint,
				      "a server stands in after an hour at "
				      "most");
	if ((create->learns || create->stands_in_seconds != 0) &&
	    create->join == NULL)
		return raft__complain(&making->complaint,
				      "only a server that joins can do without "
				      "a vote");
	if (create->tls.certificate != NULL &&
	    (create->tls.key == NULL || create->tls.authorities == NULL))
		return raft__complain(&making->complaint,
				      "a certificate needs its key and the "
				      "authorities beside it");
	if (create->tls.certificate == NULL &&
	    create->tls_mode != RAFT_TCP_REQUIRES)
		return raft__complain(&making->complaint,
				      "a mode of TLS needs a certificate");
	return true;
}

static bool
take_tls(struct making *making)
{
	const struct raft_tls_files *tls = &making->create->tls;
	struct conf *conf = &making->conf;

	if (tls->certificate == NULL)
		return true;
	conf->tls_mode = making->create->tls_mode;
	return copy(making, conf->tls_certificate, PATH_MAX, tls->certificate,
		    "the path of the certificate") &&
	       copy(making, conf->tls_key, PATH_MAX, tls->key,
		    "the path of the key") &&
	       copy(making, conf->tls_authorities, PATH_MAX, tls->authorities,
		    "the path of the authorities") &&
	       copy(making, conf->tls_revocations, PATH_MAX, tls->revocations,
		    "the path of the revocations");
}

/** All that can be wrong with what was asked for is found before anything is made. */
static bool
take_words(struct making *making)
{
	const struct raft_server_create *create = making->create;
	struct conf *conf = &making->conf;

	if (!check_words(making))
		return false;
	conf->format = CONF_FORMAT;
	conf->id = create->id;
	conf->learns = create->learns;
	conf->stands_in_seconds = create->stands_in_seconds;
	strlcpy(conf->cluster, create->cluster, sizeof(conf->cluster));
	making->first = (struct first){
		.cluster = conf->cluster,
		.list = create->first != NULL ? create->first : "",
		.election_timeout_us = create->election_timeout_us != 0
					   ? create->election_timeout_us
					   : ELECTION_TIMEOUT_US,
	};
	if (!take_first(making) || !take_place(making) || !take_tls(making) ||
	    !copy(making, conf->listen, PLACE_BYTES, create->listen,
		  "listen") ||
	    !copy(making, conf->join, PLACE_BYTES, create->join, "join") ||
	    !check_place(making, conf->listen, "listen") || !check_join(making))
		return false;
	if (create->first != NULL) {
		conf->incarnation =
		    raft__conf_first_incarnation(&making->first, conf->id);
		return true;
	}
	while (conf->incarnation == 0)
		arc4random_buf(&conf->incarnation, sizeof(conf->incarnation));
	if (create->join != NULL)
		return true;
	add_first(making, conf->id, conf->address);
	making->members[0].identity.incarnation = conf->incarnation;
	return true;
}

/* -------------------------------------------------------------- the folder */

/* What was made, or renamed, in it is found after a power cut. */
static bool
sync_folder(struct making *making, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool synced = fd >= 0 && raft__system_sync(fd);
	int failure = errno;

	if (fd >= 0)
		close(fd);
	return synced || raft__complain(&making->complaint, "%s: %s", path,
					strerror(failure));
}

static bool
make_folder(struct making *making)
{
	char parent[PATH_MAX];

	if (snprintf(parent, sizeof(parent), "%s/..", making->folder) >=
	    (int)sizeof(parent) - 32)
		return raft__complain(&making->complaint, "%s: too long a path",
				      making->folder);
	if (mkdir(making->folder, 0777) != 0 && errno != EEXIST)
		return raft__complain(&making->complaint, "%s: %s",
				      making->folder, strerror(errno));
	return sync_folder(making, parent);
}

static bool
check_nothing_there(struct making *making)
{
	const struct complaint *complaint = &making->complaint;
	bool has_conf, has_log;

	if (!raft__folder_has(making->folder, "server.conf", &has_conf,
			      complaint) ||
	    !raft__folder_has(making->folder, "log", &has_log, complaint))
		return false;
	if (has_conf)
		return raft__complain(complaint,
				      "%s: a server was made here already: it "
				      "is opened by raft_server_open()",
				      making->folder);
	if (has_log)
		return raft__complain(
		    complaint,
		    "%s: there is a log, and no server.conf: it is gone, bring "
		    "it back; or an attempt to make this server was cut short, "
		    "and it has never run: delete the folder, and try again",
		    making->folder);
	return true;
}

static bool
make_parts(struct making *making)
{
	struct raft_owner owner = raft__conf_owner(&making->conf);
	struct complaint *complaint = &making->complaint;
	struct raft_snapshot_file *snapshots;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/snapshots", making->folder);
	snapshots = raft_snapshot_file_open(path, &owner, complaint->text,
					    complaint->size);
	if (snapshots == NULL)
		return false;
	raft_snapshot_file_close(snapshots);
	snprintf(path, sizeof(path), "%s/log", making->folder);
	if (making->create->log != NULL)
		return making->create->log->create(
		    path, &owner, complaint->text, complaint->size);
	return raft_log_file_create(path, &owner, complaint->text,
				    complaint->size);
}

/* ----------------------------------------------------------- the first entry */

static void
note_saved(void *context, uint64_t token)
{
	(void)token;
	((struct making *)context)->is_saved = true;
}

static void
note_failed(void *context, const char *why)
{
	raft__complain(&((struct making *)context)->complaint, "%s", why);
}

/** The log, while it gets its first entry. */
struct open_log {
	const struct raft_node_log *functions;
	struct raft_log_file *file;
	void *log;
};

static bool
open_log(struct making *making, const char *path, struct open_log *log)
{
	const struct raft_server_log *other = making->create->log;
	struct raft_log_file_options options = {
		.path = path,
		.owner = raft__conf_owner(&making->conf),
	};
	struct complaint *complaint = &making->complaint;

	*log = (struct open_log){ .functions = &raft_log_file };
	if (other != NULL) {
		log->functions = other->functions;
		log->log = other->open(NULL, path, &options.owner,
				       complaint->text, complaint->size);
		if (log->log != NULL)
			other->bind(log->log, making, note_saved, note_failed);
		return log->log != NULL;
	}
	log->file = raft_log_file_open(&options, complaint->text,
				       complaint->size);
	log->log = log->file;
	if (log->file != NULL)
		raft_log_file_bind(log->file, making, note_saved, note_failed);
	return log->file != NULL;
}

static void
close_log(const struct making *making, const struct open_log *log)
{
	if (log->file == NULL)
		making->create->log->close(log->log);
	else
		raft_log_file_close(log->file);
}

static enum raft_result
bootstrap_log(const struct making *making, const struct open_log *log)
{
	const struct raft_configuration first = {
		.election_timeout_us = making->first.election_timeout_us,
		.members = making->members,
		.member_count = making->count,
	};
	struct raft_options options = {
		.self = raft__conf_owner(&making->conf).self,
	};
	struct raft_stored stored = { 0 };
	struct raft_duties duties;
	enum raft_result result;
	struct raft *member;

	result = raft_start(&options, &stored, 0, &member);
	if (result != RAFT_OK)
		return result;
	result = raft_bootstrap(member, &first, 0);
	if (result == RAFT_OK && raft_duties(member, &duties) &&
	    duties.save != NULL) {
		log->functions->save(log->log, duties.save);
		log->functions->flush(log->log);
	}
	raft_destroy(member);
	return result;
}

/* Entry 1, durably: one turn of a member, driven by hand. */
static bool
bootstrap(struct making *making)
{
	struct open_log log;
	enum raft_result result;
	char path[PATH_MAX];

	if (making->count == 0)
		return true;
	snprintf(path, sizeof(path), "%s/log", making->folder);
	if (!open_log(making, path, &log))
		return false;
	result = bootstrap_log(making, &log);
	close_log(making, &log);
	if (result == RAFT_INVALID)
		return raft__complain(&making->complaint,
				      "the election timeout is from 1 ms to 1 "
				      "hour");
	if (result != RAFT_OK)
		return raft__complain(&making->complaint, "%s: %s", path,
				      raft_result_text(result));
	return making->is_saved;
}

static bool
make(struct making *making)
{
	char path[PATH_MAX];

	if (!make_folder(making) || !check_nothing_there(making) ||
	    !make_parts(making) || !bootstrap(making))
		return false;
	snprintf(path, sizeof(path), "%s/server.conf", making->folder);
	return raft__conf_write(path, &making->conf, &making->complaint) &&
	       sync_folder(making, making->folder);
}

bool
raft_server_create(const char *folder, const struct raft_server_create *create,
		   char *error, size_t size)
{
	struct making *making = calloc(1, sizeof(*making));
	bool made = false;

	if (making != NULL)
		making->places = calloc(RAFT_MEMBERS_MAX, PLACE_BYTES);
	if (making != NULL && making->places != NULL) {
		making->folder = folder;
		making->create = create;
		making->complaint = (struct complaint){ error, size };
		made = take_words(making) && make(making);
	} else {
		raft__complain(&(struct complaint){ error, size },
			       "out of memory");
	}
	if (making != NULL)
		free(making->places);
	free(making);
	return made;
}
