/*
 * outrigger-certs: a CA in a folder, and the certificates of a cluster's
 * servers, for transport_tls.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A folder holds ca.pem, ca.key, crl.pem, node-ID.pem, node-ID.key for each server,
 * and host-NAME.pem, host-NAME.key for each host that is none.
 */
#include <bsd/stdlib.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assists/certs/certs.h"

#define DAY 86400
#define DAYS_MAX 36500
/* Clocks of servers differ. */
#define BEFORE 300

static const char usage_text[] =
    "usage: outrigger-certs ca FOLDER [--name NAME] [--days N]\n"
    "       outrigger-certs node FOLDER CLUSTER ID [--days N]\n"
    "       outrigger-certs host FOLDER NAME [--days N]\n"
    "       outrigger-certs renew FOLDER ID [--days N]\n"
    "       outrigger-certs revoke FOLDER ID|FILE [--days N]\n"
    "       outrigger-certs crl FOLDER [--days N]\n"
    "       outrigger-certs show FILE...\n"
    "\n"
    "  ca      make a CA (ca.pem, ca.key) and an empty CRL (crl.pem)\n"
    "  node    make the key and certificate of server ID (node-ID.key, .pem)\n"
    "  host    make those of a host that is no server of a cluster, of its\n"
    "          name or IP address (host-NAME.key, .pem), or replace them\n"
    "  renew   replace both by new ones of the same server\n"
    "  revoke  list a certificate in the CRL; every server reloads it then\n"
    "  crl     write the CRL again, before it is out of date\n"
    "  show    whose a certificate is, and for how long\n"
    "\n"
    "--days: how long it is valid; CAs 3650, servers 90, CRLs 30.\n"
    "A key in FOLDER is worth the cluster: keep ca.key off the servers.\n";

static const char *folder;
/* NULL: one that no other CA has. */
static const char *ca_name;
static time_t days;
static time_t now;

static void
usage(void)
{
	fputs(usage_text, stderr);
	exit(2);
}

/* Of the last thing that failed: the system's word, or OpenSSL's. */
static const char *
reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	if (errno != 0)
		return strerror(errno);
	return text == NULL ? "unreadable" : text;
}

static const char *
path_of(const char *stem, const char *suffix)
{
	static char paths[8][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 8];

	if (snprintf(path, PATH_MAX, "%s/%s%s", folder, stem, suffix) >=
	    PATH_MAX)
		errx(1, "%s: too long", folder);
	return path;
}

static uint64_t
read_id(const char *text)
{
	const char *error;
	uint64_t id = (uint64_t)strtonum(text, 1, LLONG_MAX, &error);

	if (error != NULL)
		errx(2, "server %s: %s", text, error);
	return id;
}

static const char *
stem_of(uint64_t id)
{
	static char stem[32];

	snprintf(stem, sizeof(stem), "node-%" PRIu64, id);
	return stem;
}

static void
read_authority(struct raft_certs_pair *ca)
{
	const char *path = path_of("ca", ".pem");

	ca->certificate = raft_certs_read(path);
	if (ca->certificate == NULL)
		errx(1, "%s: %s: make a CA first (outrigger-certs ca %s)", path,
		     reason(), folder);
	path = path_of("ca", ".key");
	ca->key = raft_certs_read_key(path);
	if (ca->key == NULL)
		errx(1, "%s: %s", path, reason());
	if (X509_check_private_key(ca->certificate, ca->key) != 1)
		errx(1, "%s: it is not the key of %s: use the CA's own folder",
		     path, path_of("ca", ".pem"));
}

/* What an earlier call of this program could not finish. */
static void
mend(const char *stem)
{
	const char *pem = path_of(stem, ".pem");

	if (!raft_certs_mend_pair(pem, path_of(stem, ".key")))
		err(1, "%s", pem);
}

static void
write_pair(const char *stem, const struct raft_certs_pair *pair)
{
	const char *pem = path_of(stem, ".pem");

	if (!raft_certs_write_pair(pem, path_of(stem, ".key"), pair))
		errx(1, "%s: %s", pem, reason());
}

/* ------------------------------------------------------------------- verbs */

static void
write_crl(const struct raft_certs_pair *ca, X509 *revoked)
{
	const char *path = path_of("crl", ".pem");
	X509_CRL *old = raft_certs_read_crl(path), *crl;

	/* A new CA has none; but what is there and unreadable is not dropped. */
	if (old == NULL && errno != ENOENT)
		errx(1, "%s: %s", path, reason());
	crl = raft_certs_make_crl(ca, old, revoked, now - BEFORE,
				  now + (days == 0 ? 30 : days) * DAY);
	if (crl == NULL || !raft_certs_write_crls(path, &crl, 1))
		errx(1, "%s: %s", path, reason());
	X509_CRL_free(crl);
	X509_CRL_free(old);
}

static void
make_ca(char **arguments)
{
	struct raft_certs_wish wish = {
		.name = ca_name,
		.begins = now - BEFORE,
		.ends = now + (days == 0 ? 3650 : days) * DAY,
	};
	const char *key = path_of("ca", ".key");
	struct raft_certs_pair ca;
	char name[32];

	(void)arguments;
	snprintf(name, sizeof(name), "Outrigger CA %08" PRIx32, arc4random());
	if (wish.name == NULL)
		wish.name = name;
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		err(1, "%s", folder);
	mend("ca");
	if (access(key, F_OK) == 0)
		errx(1, "%s is there: a second CA needs a second folder", key);
	if (!raft_certs_make_authority(&wish, &ca))
		errx(1, "CA: %s", reason());
	write_pair("ca", &ca);
	days = 0;
	write_crl(&ca, NULL);
	raft_certs_clear(&ca);
}

/* Certificates end with their CA. */
static time_t
end_of(const struct raft_certs_pair *ca)
{
	time_t end = now + (days == 0 ? 90 : days) * DAY;
	const ASN1_TIME *last = X509_get0_notAfter(ca->certificate);
	int left_days = 0, left_seconds = 0;

	ASN1_TIME_diff(&left_days, &left_seconds, NULL, last);
	if (ASN1_TIME_cmp_time_t(last, end) < 0)
		end = now + (time_t)left_days * DAY + left_seconds;
	if (end <= now)
		errx(1, "%s: the CA's time is over: make another",
		     path_of("ca", ".pem"));
	return end;
}

static void
write_certificate(const struct raft_certs_pair *ca, const char *stem,
		  struct raft_certs_wish *wish)
{
	struct raft_certs_pair pair;

	wish->begins = now - BEFORE;
	wish->ends = end_of(ca);
	if (!raft_certs_make_node(wish, ca, &pair))
		errx(1, "%s: %s", path_of(stem, ".pem"), reason());
	write_pair(stem, &pair);
	raft_certs_clear(&pair);
}

static void
write_node(const struct raft_certs_pair *ca, uint64_t id, const char *uri)
{
	struct raft_certs_wish wish = {
		.name = stem_of(id),
		.uri = uri,
		.usage = RAFT_CERTS_USAGE,
	};

	write_certificate(ca, stem_of(id), &wish);
}

static void
make_node(char **arguments)
{
	const char *cluster = arguments[0];
	uint64_t id = read_id(arguments[1]);
	struct raft_certs_pair ca;
	char uri[128];

	if (strspn(cluster, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
			    "WXYZ0123456789.-_") != strlen(cluster) ||
	    *cluster == '\0' || strlen(cluster) > 64)
		errx(2, "cluster %s: 1 to 64 letters, digits, and any of .-_",
		     cluster);
	read_authority(&ca);
	mend(stem_of(id));
	if (access(path_of(stem_of(id), ".pem"), F_OK) == 0)
		errx(1, "%s is there: to replace it, renew",
		     path_of(stem_of(id), ".pem"));
	raft_certs_uri(uri, sizeof(uri), cluster, id);
	write_node(&ca, id, uri);
	raft_certs_clear(&ca);
}

/* Of a broker, say, or of a port for clients. It names no server: whoever has it is
 * let in by none. */
static void
make_host(char **arguments)
{
	const char *host = arguments[0];
	struct raft_certs_wish wish = {
		.name = "host",
		.host = host,
		.usage = RAFT_CERTS_HOST_USAGE,
	};
	struct raft_certs_pair ca;
	char stem[300];

	if (strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789.-:") != strlen(host) ||
	    *host == '\0' || strlen(host) > 253)
		errx(2, "host %s: a name, or an IP address", host);
	snprintf(stem, sizeof(stem), "host-%s", host);
	read_authority(&ca);
	mend(stem);
	write_certificate(&ca, stem, &wish);
	raft_certs_clear(&ca);
}

static X509 *
read_certificate(const char *path)
{
	X509 *certificate = raft_certs_read(path);

	if (certificate == NULL)
		errx(1, "%s: %s", path, reason());
	return certificate;
}

/* The name of a server in its certificate; empty: none. */
static void
read_uri(X509 *certificate, char *uri, size_t size)
{
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);

	uri[0] = '\0';
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type == GEN_URI)
			snprintf(uri, size, "%s",
				 ASN1_STRING_get0_data(
				     name->d.uniformResourceIdentifier));
	}
	GENERAL_NAMES_free(names);
}

static void
check_issuer(const struct raft_certs_pair *ca, const char *path,
	     X509 *certificate)
{
	if (X509_verify(certificate, ca->key) != 1)
		errx(1, "%s: not of this CA", path);
}

/* Its key may be on its server alone. */
static void
check_key(const char *stem, X509 *certificate)
{
	const char *path = path_of(stem, ".key");
	EVP_PKEY *key = raft_certs_read_key(path);

	if (key == NULL && errno != ENOENT)
		errx(1, "%s: %s", path, reason());
	if (key != NULL && X509_check_private_key(certificate, key) != 1)
		errx(1,
		     "%s: it is not the key of %s: put back the two that "
		     "belong together",
		     path, path_of(stem, ".pem"));
	EVP_PKEY_free(key);
}

/* "raft://CLUSTER/node/ID", of this ID. */
static bool
names_node(const char *uri, uint64_t id)
{
	char end[32];
	size_t end_length =
	    (size_t)snprintf(end, sizeof(end), "/node/%" PRIu64, id);
	size_t length = strlen(uri);

	return strncmp(uri, "raft://", 7) == 0 && length > 7 + end_length &&
	       strcmp(uri + length - end_length, end) == 0;
}

/* What stands there is not believed: whoever may write this folder, but has not
 * the CA's key, gets nothing signed that the CA did not sign before. */
static void
renew_node(char **arguments)
{
	uint64_t id = read_id(arguments[0]);
	const char *stem = stem_of(id), *path = path_of(stem, ".pem");
	struct raft_certs_pair ca;
	X509 *certificate;
	char uri[128];

	read_authority(&ca);
	mend(stem);
	certificate = read_certificate(path);
	check_issuer(&ca, path, certificate);
	read_uri(certificate, uri, sizeof(uri));
	if (!names_node(uri, id))
		errx(1, "%s: it is not of server %" PRIu64 ", but %s", path, id,
		     *uri == '\0' ? "of none" : uri);
	check_key(stem, certificate);
	X509_free(certificate);
	write_node(&ca, id, uri);
	raft_certs_clear(&ca);
}

static void
revoke_node(char **arguments)
{
	const char *path = arguments[0];
	/* Whatever is called so in the folder where one happens to be. */
	bool is_id = strspn(path, "0123456789") == strlen(path);
	struct raft_certs_pair ca;
	X509 *certificate;

	read_authority(&ca);
	if (is_id) {
		path = path_of(stem_of(read_id(path)), ".pem");
		mend(stem_of(read_id(arguments[0])));
	}
	certificate = read_certificate(path);
	check_issuer(&ca, path, certificate);
	write_crl(&ca, certificate);
	X509_free(certificate);
	raft_certs_clear(&ca);
}

static void
renew_crl(char **arguments)
{
	struct raft_certs_pair ca;

	(void)arguments;
	read_authority(&ca);
	write_crl(&ca, NULL);
	raft_certs_clear(&ca);
}

static void
show(const char *path)
{
	X509 *certificate = read_certificate(path);
	BIO *out = BIO_new_fp(stdout, BIO_NOCLOSE);
	char uri[256];

	read_uri(certificate, uri, sizeof(uri));
	BIO_printf(out, "%s: %s, from ", path,
		   *uri == '\0' ? "names no server" : uri);
	ASN1_TIME_print(out, X509_get0_notBefore(certificate));
	BIO_printf(out, " to ");
	ASN1_TIME_print(out, X509_get0_notAfter(certificate));
	BIO_printf(out, ", serial ");
	i2a_ASN1_INTEGER(out, X509_get0_serialNumber(certificate));
	BIO_printf(out, "\n");
	BIO_free(out);
	X509_free(certificate);
}

/* ---------------------------------------------------------------- arguments */

static const struct verb {
	const char *name;
	/** After the folder. */
	int arguments;
	void (*run)(char **arguments);
} verbs[] = {
	{ "ca", 0, make_ca },	 { "node", 2, make_node },
	{ "host", 1, make_host },   { "renew", 1, renew_node },
	{ "revoke", 1, revoke_node }, { "crl", 0, renew_crl },
};

static void
read_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "days", required_argument, NULL, 'd' },
		{ "name", required_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *error;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'd':
			days = strtonum(optarg, 1, DAYS_MAX, &error);
			if (error != NULL)
				errx(2, "--days %s: %s", optarg, error);
			break;
		case 'n':
			ca_name = optarg;
			break;
		case 'h':
			fputs(usage_text, stdout);
			exit(0);
		default:
			usage();
		}
	}
}

int
main(int argc, char **argv)
{
	now = time(NULL);
	umask(077);
	read_options(argc, argv);
	argc -= optind;
	argv += optind;
	if (argc < 2)
		usage();
	if (strcmp(argv[0], "show") == 0) {
		for (int i = 1; i < argc; i++)
			show(argv[i]);
		return 0;
	}
	folder = argv[1];
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(argv[0], verbs[i].name) != 0)
			continue;
		if (argc - 2 != verbs[i].arguments)
			usage();
		verbs[i].run(argv + 2);
		return 0;
	}
	usage();
}
