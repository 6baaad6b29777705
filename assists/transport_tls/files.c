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

#include "assists/transport_tls/inside.h"

/* AES-128 first: it is as good as unbreakable, and the fastest. */
#define CIPHERS                                                                \
	"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"                       \
	"TLS_CHACHA20_POLY1305_SHA256"
/* Of what a stranger may show as certificates. */
#define CHAIN_BYTES_MAX (32 << 10)
#define CHAIN_DEPTH_MAX 4
#define SECURITY_LEVEL 2
/* What that level asks of a key. */
#define SECURITY_BITS 112
#define KEY_FILE_BYTES_MAX (64 << 10)

struct reading {
	struct raft_tls *tls;
	const struct raft_tls_files *files;
	SSL_CTX *context;
	char *error;
	size_t size;
};

static bool __attribute__((format(printf, 2, 3)))
refuse(const struct reading *reading, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reading->error, reading->size, format, arguments);
	va_end(arguments);
	ERR_clear_error();
	return false;
}

static const char *
last_error(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	return text == NULL ? "cannot be used" : text;
}

/* ------------------------------------------------------- our certificate */

static bool
read_certificate(struct reading *reading)
{
	const char *path = reading->files->certificate;

	if (SSL_CTX_use_certificate_chain_file(reading->context, path) == 1)
		return true;
	return refuse(reading,
		      "certificate %s: %s: it must be readable, PEM, this "
		      "server's own certificate first, with RSA from 2048 bits "
		      "or EC",
		      path, last_error());
}

static bool
check_certificate(struct reading *reading)
{
	X509 *certificate = SSL_CTX_get0_certificate(reading->context);
	const struct raft_tls *tls = reading->tls;
	const char *lacking = raft__tls_usage_lacking(certificate, true, true);
	struct raft_tls_name name;

	if (!raft__tls_name_read(certificate, &name) || name.id != tls->id ||
	    strcmp(name.cluster, tls->cluster) != 0)
		return refuse(reading,
			      "certificate %s: it is not this server's: it must "
			      "have one URI raft://%s/node/%llu as subject "
			      "alternative name",
			      reading->files->certificate, tls->cluster,
			      (unsigned long long)tls->id);
	if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
		return refuse(reading,
			      "certificate %s: it has expired: renew it, or set "
			      "the clock",
			      reading->files->certificate);
	if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
		return refuse(reading,
			      "certificate %s: its time has not come: set the "
			      "clock",
			      reading->files->certificate);
	if (lacking != NULL)
		return refuse(reading,
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
read_key(struct reading *reading)
{
	const char *path = reading->files->key;
	char text[KEY_FILE_BYTES_MAX];
	ssize_t length = read_whole(path, text, sizeof(text));
	EVP_PKEY *key;
	bool fits;

	if (length < 0)
		return refuse(reading, "key %s: %s", path, strerror(errno));
	key = parse_key(text, (size_t)length);
	OPENSSL_cleanse(text, sizeof(text));
	if (key == NULL)
		return refuse(reading,
			      "key %s: no private key in PEM without a "
			      "passphrase",
			      path);
	fits = SSL_CTX_use_PrivateKey(reading->context, key) == 1;
	EVP_PKEY_free(key);
	if (!fits)
		return refuse(reading,
			      "key %s: it does not belong to certificate %s: "
			      "give the two that were made together",
			      path, reading->files->certificate);
	return !is_open_to_all(path) ||
	       refuse(reading,
		      "key %s: it is open to everybody: close it (chmod o-rwx)",
		      path);
}

/* ---------------------------------------------------------- CAs and CRLs */

/* Whether reading ended because the file did. */
static bool
is_at_end(void)
{
	unsigned long error = ERR_peek_last_error();
	bool at_end = ERR_GET_LIB(error) == ERR_LIB_PEM &&
		      ERR_GET_REASON(error) == PEM_R_NO_START_LINE;

	if (at_end)
		ERR_clear_error();
	return at_end;
}

/* A CA whose key is too weak, or of which not all was understood for lack of
 * memory (the key, that it signed itself), would only be noticed when peers are
 * refused. */
static bool
is_usable_authority(X509 *authority)
{
	EVP_PKEY *key = X509_get0_pubkey(authority);

	return X509_check_ca(authority) != 0 && key != NULL &&
	       EVP_PKEY_get_security_bits(key) >= SECURITY_BITS &&
	       (X509_check_issued(authority, authority) != X509_V_OK ||
		(X509_get_extension_flags(authority) & EXFLAG_SS) != 0);
}

static bool
add_authorities(X509_STORE *store, BIO *file)
{
	bool good = true;
	X509 *authority;
	size_t count = 0;

	while (good && (authority = PEM_read_bio_X509(file, NULL, NULL,
						      NULL)) != NULL) {
		good = is_usable_authority(authority) &&
		       X509_STORE_add_cert(store, authority) == 1;
		X509_free(authority);
		count++;
	}
	return good && is_at_end() && count > 0;
}

static bool
read_authorities(struct reading *reading)
{
	const char *path = reading->files->authorities;
	BIO *file = BIO_new_file(path, "r");
	bool good = file != NULL &&
		    add_authorities(SSL_CTX_get_cert_store(reading->context),
				    file);

	if (!good)
		refuse(reading,
		       "authorities %s: %s: it must be readable, PEM, and have "
		       "certificates of CAs only, with RSA from 2048 bits or EC",
		       path, last_error());
	BIO_free(file);
	return good;
}

static bool
add_revocations(X509_STORE *store, BIO *file)
{
	bool good = true;
	X509_CRL *revocations;
	size_t count = 0;

	while (good && (revocations = PEM_read_bio_X509_CRL(file, NULL, NULL,
							    NULL)) != NULL) {
		good = X509_STORE_add_crl(store, revocations) == 1;
		X509_CRL_free(revocations);
		count++;
	}
	return good && is_at_end() && count > 0;
}

static bool
is_current(const X509_CRL *crl)
{
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);

	return X509_cmp_current_time(X509_CRL_get0_lastUpdate(crl)) < 0 &&
	       (next == NULL || X509_cmp_current_time(next) > 0);
}

static bool
has_current_list(const STACK_OF(X509_OBJECT) *all, const X509_NAME *issuer)
{
	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		const X509_CRL *crl =
		    X509_OBJECT_get0_X509_CRL(sk_X509_OBJECT_value(all, i));

		if (crl != NULL && is_current(crl) &&
		    X509_NAME_cmp(X509_CRL_get_issuer(crl), issuer) == 0)
			return true;
	}
	return false;
}

/* With a list that is missing or old, everybody of its CA would be refused, also
 * who is connected now. */
static bool
check_revocations(const struct reading *reading, X509_STORE *store)
{
	const STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(store);
	char name[128];

	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		X509 *authority =
		    X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));

		if (authority == NULL ||
		    has_current_list(all, X509_get_subject_name(authority)))
			continue;
		X509_NAME_oneline(X509_get_subject_name(authority), name,
				  sizeof(name));
		return refuse(reading,
			      "revocations %s: the CRL of %s is missing or not "
			      "valid now: renew it, or set the clock",
			      reading->files->revocations, name);
	}
	return true;
}

static bool
read_revocations(struct reading *reading)
{
	X509_STORE *store = SSL_CTX_get_cert_store(reading->context);
	const char *path = reading->files->revocations;
	BIO *file;
	bool good;

	if (path == NULL)
		return true;
	file = BIO_new_file(path, "r");
	good = file != NULL && add_revocations(store, file);
	if (!good)
		refuse(reading,
		       "revocations %s: %s: it must be readable, PEM, and have "
		       "a CRL of each CA",
		       path, last_error());
	BIO_free(file);
	X509_STORE_set_flags(store,
			     X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	return good && check_revocations(reading, store);
}

/* ------------------------------------------------------------- settings */

static bool
set_rules(struct reading *reading)
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
	SSL_CTX_set_security_level(context, SECURITY_LEVEL);
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
	return refuse(reading, "this OpenSSL cannot speak TLS 1.3");
}

/* Without memory OpenSSL takes half of what stands in a certificate for all of
 * it, and says so here only; the certificate would be refused for good. */
static bool
went_well(const struct reading *reading)
{
	return ERR_peek_error() == 0 ||
	       refuse(reading, "the files were not understood: %s",
		      last_error());
}

SSL_CTX *
raft__tls_read_files(struct raft_tls *tls, const struct raft_tls_files *files,
		     char *error, size_t size)
{
	struct reading reading = {
		.tls = tls,
		.files = files,
		.context = SSL_CTX_new(TLS_method()),
		.error = error,
		.size = size,
	};

	ERR_clear_error();
	if (reading.context == NULL) {
		refuse(&reading, "out of memory");
		return NULL;
	}
	if (set_rules(&reading) && read_certificate(&reading) &&
	    check_certificate(&reading) && read_key(&reading) &&
	    read_authorities(&reading) && read_revocations(&reading) &&
	    went_well(&reading))
		return reading.context;
	SSL_CTX_free(reading.context);
	return NULL;
}
