/*
 * Certificates made on the spot, sites that use them, and a stranger who speaks
 * TLS by OpenSSL alone, for the tests of transport_tls.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_TRANSPORT_TLS_PKI_H
#define OUTRIGGER_TRANSPORT_TLS_PKI_H

#include "tests/unit/transport_tcp_site.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <sys/socket.h>

#include "assists/certs/certs.h"
#include "assists/transport_tcp/hello.h"
#include "assists/transport_tls/transport_tls.h"

#define DAY 86400

/* A folder of files, and the CA of the cluster "red". */
struct pki {
	char folder[64];
	struct raft_certs_pair ca;
	struct raft_certs_pair other_ca;
	time_t now;
};

static inline const char *
path_in(const struct pki *pki, const char *name)
{
	static char paths[8][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, PATH_MAX, "%s/%s", pki->folder, name);
	return path;
}

static inline void
write_certificates(const char *path, X509 *one, X509 *two)
{
	X509 *const both[] = { one, two };

	assert_true(raft_certs_write(path, both, two == NULL ? 1 : 2));
}

static inline void
make_authority(struct pki *pki, struct raft_certs_pair *ca, const char *name)
{
	struct raft_certs_wish wish = {
		.name = name,
		.begins = pki->now - 10 * DAY,
		.ends = pki->now + DAY,
	};

	assert_true(raft_certs_make_authority(&wish, ca));
}

/* What a server of "red" should have. */
static inline struct raft_certs_wish
fair_wish(const struct pki *pki, const char *uri)
{
	return (struct raft_certs_wish){
		.name = "a server",
		.uri = uri,
		.usage = RAFT_CERTS_USAGE,
		.begins = pki->now - DAY,
		.ends = pki->now + DAY,
	};
}

/* Into the files STEM.pem and STEM.key. */
static inline struct raft_certs_pair
issue(struct pki *pki, const struct raft_certs_pair *ca, const char *stem,
      const struct raft_certs_wish *wish)
{
	struct raft_certs_pair node;
	char name[64];

	assert_true(raft_certs_make_node(wish, ca, &node));
	snprintf(name, sizeof(name), "%s.pem", stem);
	write_certificates(path_in(pki, name), node.certificate, NULL);
	snprintf(name, sizeof(name), "%s.key", stem);
	assert_true(raft_certs_write_key(path_in(pki, name), node.key));
	return node;
}

static inline void
issue_fair(struct pki *pki, const struct raft_certs_pair *ca, uint64_t id)
{
	char uri[64], stem[24];
	struct raft_certs_wish wish;
	struct raft_certs_pair node;

	raft_certs_uri(uri, sizeof(uri), "red", id);
	wish = fair_wish(pki, uri);
	snprintf(stem, sizeof(stem), "%llu", (unsigned long long)id);
	node = issue(pki, ca, stem, &wish);
	raft_certs_clear(&node);
}

static inline void
open_pki(struct pki *pki)
{
	const char *base = getenv("TEST_TMPDIR");

	*pki = (struct pki){ .now = time(NULL) };
	snprintf(pki->folder, sizeof(pki->folder), "%s", "/tmp/pki.XXXXXX");
	if (base != NULL && strlen(base) < 40)
		snprintf(pki->folder, sizeof(pki->folder), "%s/pki.XXXXXX",
			 base);
	assert_non_null(mkdtemp(pki->folder));
	make_authority(pki, &pki->ca, "red CA");
	make_authority(pki, &pki->other_ca, "other CA");
	write_certificates(path_in(pki, "ca.pem"), pki->ca.certificate, NULL);
	for (uint64_t id = 1; id <= 3; id++)
		issue_fair(pki, &pki->ca, id);
}

static inline void
close_pki(struct pki *pki)
{
	DIR *folder = opendir(pki->folder);
	struct dirent *entry;

	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL)
		unlink(path_in(pki, entry->d_name));
	closedir(folder);
	rmdir(pki->folder);
	raft_certs_clear(&pki->ca);
	raft_certs_clear(&pki->other_ca);
}

static inline struct raft_tls_files
files_of(struct pki *pki, const char *stem)
{
	char pem[64], key[64];

	snprintf(pem, sizeof(pem), "%s.pem", stem);
	snprintf(key, sizeof(key), "%s.key", stem);
	return (struct raft_tls_files){
		.certificate = path_in(pki, pem),
		.key = path_in(pki, key),
		.authorities = path_in(pki, "ca.pem"),
	};
}

static inline struct raft_tls *
load(const char *cluster, uint64_t id, struct raft_tls_files files)
{
	struct raft_tls_options options = {
		.cluster = cluster,
		.id = id,
		.files = files,
	};
	char error[RAFT_TLS_ERROR_BYTES] = "";
	struct raft_tls *tls = raft_tls_create(&options, error, sizeof(error));

	if (tls == NULL)
		fail_msg("%s", error);
	return tls;
}

/* A server of "red" with its fair certificate. */
static inline struct raft_tls *
load_fair(struct pki *pki, uint64_t id)
{
	char stem[24];

	snprintf(stem, sizeof(stem), "%llu", (unsigned long long)id);
	return load("red", id, files_of(pki, stem));
}

static inline void
open_tls_site(struct site *site, uv_loop_t *loop, uint64_t id,
	      struct raft_tls *tls)
{
	struct raft_tcp_options options = site_options(site, id);

	options.hello_us = 400000;
	options.stall_us = 1000000;
	options.stream = tls == NULL ? NULL : raft_tls_stream(tls);
	open_site(site, loop, &options);
}

/* Two sites of "red", connected both ways. */
struct tls_pair {
	uv_loop_t loop;
	struct pki pki;
	struct site one;
	struct site two;
	struct raft_tls *tls_one;
	struct raft_tls *tls_two;
};

static inline void
open_tls_pair(struct tls_pair *pair)
{
	memset(pair, 0, sizeof(*pair));
	uv_loop_init(&pair->loop);
	open_pki(&pair->pki);
	pair->tls_one = load_fair(&pair->pki, 1);
	pair->tls_two = load_fair(&pair->pki, 2);
	open_tls_site(&pair->one, &pair->loop, 1, pair->tls_one);
	open_tls_site(&pair->two, &pair->loop, 2, pair->tls_two);
	introduce(&pair->one, 2, raft_tcp_port(pair->two.tcp));
	introduce(&pair->two, 1, raft_tcp_port(pair->one.tcp));
	assert_true(run_until(
	    &pair->loop,
	    is_open_both(&pair->one, 2) && is_open_both(&pair->two, 1), 5000));
}

static inline void
close_tls_pair(struct tls_pair *pair)
{
	close_site(&pair->one);
	if (pair->two.tcp != NULL)
		close_site(&pair->two);
	raft_tls_destroy(pair->tls_one);
	raft_tls_destroy(pair->tls_two);
	close_pki(&pair->pki);
	close_loop(&pair->loop);
}

/* ------------------------------------------------------------- a stranger */

/* A connection of OpenSSL's own, on a socket that does not block. */
struct stranger {
	int fd;
	SSL_CTX *context;
	SSL *ssl;
	bool shaken;
	/** The alert that came; 0: none. */
	int alert;
};

static inline struct sockaddr_in
loopback(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static inline int
dial(uint16_t port)
{
	struct sockaddr_in address = loopback(port);
	int yes = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(
	    connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static inline int
listen_anywhere(uint16_t *port)
{
	struct sockaddr_in address = loopback(0);
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(fd, 64), 0);
	getsockname(fd, (struct sockaddr *)&address, &length);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	*port = ntohs(address.sin_port);
	return fd;
}

/* Who shows STEM's certificate, or with NULL none, and trusts everybody. */
static inline void
dress_stranger(struct stranger *stranger, struct pki *pki, const char *stem)
{
	struct raft_tls_files files = files_of(pki, stem == NULL ? "" : stem);

	*stranger = (struct stranger){ .fd = -1 };
	stranger->context = SSL_CTX_new(TLS_method());
	assert_non_null(stranger->context);
	SSL_CTX_set_verify(stranger->context, SSL_VERIFY_NONE, NULL);
	if (stem == NULL)
		return;
	assert_int_equal(SSL_CTX_use_certificate_chain_file(stranger->context,
							    files.certificate),
			 1);
	assert_int_equal(SSL_CTX_use_PrivateKey_file(
			     stranger->context, files.key, SSL_FILETYPE_PEM),
			 1);
}

static inline void
connect_stranger(struct stranger *stranger, int fd, bool dials)
{
	stranger->fd = fd;
	stranger->ssl = SSL_new(stranger->context);
	assert_non_null(stranger->ssl);
	SSL_set_fd(stranger->ssl, fd);
	if (dials)
		SSL_set_connect_state(stranger->ssl);
	else
		SSL_set_accept_state(stranger->ssl);
}

/* Do what can be done now; also whoever dials is taken, from a listener. True:
 * the handshake is done, from where this end stands. */
static inline bool
step_stranger(struct stranger *stranger, int listener)
{
	int fd, reason;
	char byte;

	if (stranger->ssl == NULL) {
		fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
		if (fd < 0)
			return false;
		connect_stranger(stranger, fd, false);
	}
	ERR_clear_error();
	if (!stranger->shaken)
		stranger->shaken = SSL_do_handshake(stranger->ssl) == 1;
	else
		SSL_peek(stranger->ssl, &byte, 1);
	reason = ERR_GET_REASON(ERR_peek_last_error());
	if (reason > SSL_AD_REASON_OFFSET)
		stranger->alert = reason - SSL_AD_REASON_OFFSET;
	return stranger->shaken;
}

static inline void
hang_up(struct stranger *stranger)
{
	SSL_free(stranger->ssl);
	if (stranger->fd >= 0)
		close(stranger->fd);
	stranger->ssl = NULL;
	stranger->fd = -1;
	stranger->shaken = false;
	stranger->alert = 0;
}

static inline void
undress_stranger(struct stranger *stranger)
{
	hang_up(stranger);
	SSL_CTX_free(stranger->context);
}

#endif
