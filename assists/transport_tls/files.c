/*
 * An SSL_CTX from files: what is read, what is refused, what is switched off.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The private key is in memory as a file once, in a buffer that is wiped, and
 * from then on only as OpenSSL's EVP_PKEY, which wipes itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assists/transport_tls/reading.h"

/* AES-128 first: it is as good as unbreakable, and the fastest. */
#define CIPHERS                                                                \
	"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"                       \
	"TLS_CHACHA20_POLY1305_SHA256"
/* Of what a stranger may show as certificates. */
#define CHAIN_BYTES_MAX (32 << 10)
#define CHAIN_DEPTH_MAX 4
#define KEY_FILE_BYTES_MAX (64 << 10)

bool
raft__tls_refuse(const struct raft_tls_reading *reading, const char *format,
		 ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reading->error, reading->size, format, arguments);
	va_end(arguments);
	ERR_clear_error();
	return false;
}

const char *
raft__tls_last_error(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	return text == NULL ? "cannot be used" : text;
}

/* ------------------------------------------------------- our certificate */

static bool
read_certificate(struct raft_tls_reading *reading)
{
	const char *path = reading->files->certificate;

	if (SSL_CTX_use_certificate_chain_file(reading->context, path) == 1)
		return true;
	return raft__tls_refuse(
	    reading,
	    "certificate %s: %s: it must be readable, PEM, this "
	    "server's own certificate first, with RSA from 2048 bits "
	    "or EC",
	    path, raft__tls_last_error());
}

static bool
check_certificate(struct raft_tls_reading *reading)
{
	X509 *certificate = SSL_CTX_get0_certificate(reading->context);
	const struct raft_tls *tls = reading->tls;
	const char *lacking = raft__tls_usage_lacking(certificate, true, true);
	struct raft_tls_name name;

	if (!raft__tls_name_read(certificate, &name) || name.id != tls->id ||
	    strcmp(name.cluster, tls->cluster) != 0)
		return raft__tls_refuse(
		    reading,
		    "certificate %s: it is not this server's: it must "
		    "have one URI raft://%s/node/%llu as subject "
		    "alternative name",
		    reading->files->certificate, tls->cluster,
		    (unsigned long long)tls->id);
	if (lacking != NULL)
		return raft__tls_refuse(
		    reading,
		    "certificate %s: its extended key usage lacks %s: "
		    "issue one with clientAuth and serverAuth",
		    reading->files->certificate, lacking);
	return true;
}

/* Nobody is there to be asked for a passphrase. */
static int
know_no_passphrase(char *text, int size, int is_writing, void *context)
{
	(void)text;
	(void)size;
	(void)is_writing;
	(void)context;
	return -1;
}

/* Without stdio, which would leave a copy. -1 and errno. */
static ssize_t
read_whole(const char *path, char *text, size_t size)
{
	size_t length = 0;
	ssize_t count;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	while ((count = read(fd, text + length, size - length)) > 0)
		length += (size_t)count;
	close(fd);
	return count < 0 ? -1 : (ssize_t)length;
}

static EVP_PKEY *
parse_key(const char *text, size_t length)
{
	BIO *memory = BIO_new_mem_buf(text, (int)length);
	EVP_PKEY *key = NULL;

	if (memory != NULL)
		key = PEM_read_bio_PrivateKey(memory, NULL, know_no_passphrase,
					      NULL);
	BIO_free(memory);
	return key;
}

static bool
is_open_to_all(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && (status.st_mode & S_IRWXO) != 0;
}

static bool
read_key(struct raft_tls_reading *reading)
{
	const char *path = reading->files->key;
	char text[KEY_FILE_BYTES_MAX];
	ssize_t length = read_whole(path, text, sizeof(text));
	EVP_PKEY *key;
	bool fits;

	if (length < 0)
		return raft__tls_refuse(reading, "key %s: %s", path,
					strerror(errno));
	key = parse_key(text, (size_t)length);
	OPENSSL_cleanse(text, sizeof(text));
	if (key == NULL)
		return raft__tls_refuse(
		    reading,
		    "key %s: no private key in PEM without a "
		    "passphrase",
		    path);
	fits = SSL_CTX_use_PrivateKey(reading->context, key) == 1;
	EVP_PKEY_free(key);
	if (!fits)
		return raft__tls_refuse(
		    reading,
		    "key %s: it does not belong to certificate %s: "
		    "give the two that were made together",
		    path, reading->files->certificate);
	return !is_open_to_all(path) ||
	       raft__tls_refuse(
		   reading,
		   "key %s: it is open to everybody: close it (chmod o-rwx)",
		   path);
}

/* What every peer would say of it that has the files that we have: one that it
 * would refuse is better never shown. */
static bool
check_ourselves(const struct raft_tls_reading *reading, uint64_t id)
{
	SSL_CTX *context = reading->context;
	struct raft_tls_demand demand = {
		.store = SSL_CTX_get_cert_store(context),
		.cluster = reading->tls->cluster,
		.id = id,
		.now = raft__tls_now(reading->tls),
	};
	char reason[RAFT_LINK_REASON_BYTES];
	struct raft_tls_verdict verdict;
	STACK_OF(X509) * chain;

	SSL_CTX_get0_chain_certs(context, &chain);
	if (raft__tls_judge(&demand, SSL_CTX_get0_certificate(context), chain,
			    &verdict, reason) == RAFT_LINK_OK)
		return true;
	return raft__tls_refuse(
	    reading,
	    "certificate %s: by our own authorities and revocations %s",
	    reading->files->certificate,
	    *reason == '\0' ? "it cannot be judged" : reason);
}

/* ------------------------------------------------------------- settings */

static bool
set_rules(struct raft_tls_reading *reading)
{
	SSL_CTX *context = reading->context;

	SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
					 SSL_OP_NO_RENEGOTIATION |
					 SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(context, 0);
	SSL_CTX_set_max_early_data(context, 0);
	SSL_CTX_set_recv_max_early_data(context, 0);
	SSL_CTX_set_max_cert_list(context, CHAIN_BYTES_MAX);
	/* Of the store, which judge.c asks; not of the context. */
	X509_STORE_set_depth(SSL_CTX_get_cert_store(context), CHAIN_DEPTH_MAX);
	SSL_CTX_set_security_level(context, RAFT_TLS_SECURITY_LEVEL);
	SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_verify(
	    context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(context, raft__tls_verify,
					 reading->tls);
	SSL_CTX_set_msg_callback(context, raft__tls_watch);
	if (SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
	    SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
	    SSL_CTX_set_ciphersuites(context, CIPHERS) == 1)
		return true;
	return raft__tls_refuse(reading, "this OpenSSL cannot speak TLS 1.3");
}

/* Without memory OpenSSL takes half of what stands in a certificate for all of
 * it, and says so here only; the certificate would be refused for good. */
static bool
went_well(const struct raft_tls_reading *reading)
{
	return ERR_peek_error() == 0 ||
	       raft__tls_refuse(reading, "the files were not understood: %s",
				raft__tls_last_error());
}

SSL_CTX *
raft__tls_read_files(struct raft_tls *tls, const struct raft_tls_files *files,
		     char *error, size_t size)
{
	struct raft_tls_reading reading = {
		.tls = tls,
		.files = files,
		.context = SSL_CTX_new(TLS_method()),
		.error = error,
		.size = size,
	};

	ERR_clear_error();
	if (reading.context == NULL) {
		raft__tls_refuse(&reading, "out of memory");
		return NULL;
	}
	if (set_rules(&reading) && read_certificate(&reading) &&
	    check_certificate(&reading) && read_key(&reading) &&
	    raft__tls_read_authorities(&reading) &&
	    raft__tls_read_revocations(&reading) && went_well(&reading) &&
	    check_ourselves(&reading, 0) && check_ourselves(&reading, tls->id))
		return reading.context;
	SSL_CTX_free(reading.context);
	return NULL;
}
