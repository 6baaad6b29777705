/*
 * TLS for clients (secure.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <limits.h>
#include <openssl/err.h>
#include <stdio.h>

#include "assists/port/secure.h"

/** Plain bytes of a record, at most. */
#define RECORD_BYTES ((size_t)16 << 10)

/* ---------------------------------------------------------------------- files */

static bool
refuse(const char *what, const char *path, char *error, size_t size)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	snprintf(error, size, "TLS for clients: %s %s: %s", what, path,
		 reason != NULL ? reason : "cannot be used");
	ERR_clear_error();
	return false;
}

/** Who wants in has to show a certificate of one of these. */
static bool
read_authorities(SSL_CTX *context, const struct raft_tls_files *files,
		 char *error, size_t size)
{
	X509_STORE *store = SSL_CTX_get_cert_store(context);

	if (files->authorities == NULL)
		return true;
	if (SSL_CTX_load_verify_locations(context, files->authorities, NULL) !=
	    1)
		return refuse("authorities", files->authorities, error, size);
	SSL_CTX_set_client_CA_list(context,
				   SSL_load_client_CA_file(files->authorities));
	SSL_CTX_set_verify(
	    context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	if (files->revocations == NULL)
		return true;
	if (X509_STORE_load_file(store, files->revocations) != 1)
		return refuse("revocations", files->revocations, error, size);
	X509_STORE_set_flags(store,
			     X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	return true;
}

static bool
read_files(SSL_CTX *context, const struct raft_tls_files *files, char *error,
	   size_t size)
{
	if (SSL_CTX_use_certificate_chain_file(context, files->certificate) !=
	    1)
		return refuse("certificate", files->certificate, error, size);
	if (SSL_CTX_use_PrivateKey_file(context, files->key,
					SSL_FILETYPE_PEM) != 1)
		return refuse("key", files->key, error, size);
	return read_authorities(context, files, error, size);
}

SSL_CTX *
raft__secure_open(const struct raft_tls_files *files, char *error, size_t size)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	ERR_clear_error();
	if (context == NULL) {
		snprintf(error, size, "out of memory");
		return NULL;
	}
	/* No resumption: it would let in who was let in once. */
	SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
	SSL_CTX_set_num_tickets(context, 0);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	if (SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
	    read_files(context, files, error, size))
		return context;
	SSL_CTX_free(context);
	return NULL;
}

SSL *
raft__secure_begin(SSL_CTX *context)
{
	SSL *ssl = SSL_new(context);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());

	if (ssl == NULL || in == NULL || out == NULL) {
		SSL_free(ssl);
		BIO_free(in);
		BIO_free(out);
		return NULL;
	}
	SSL_set_bio(ssl, in, out);
	SSL_set_accept_state(ssl);
	return ssl;
}

/* -------------------------------------------------------------------- records */

/** All that OpenSSL has made. */
static bool
drain(SSL *ssl, struct bytes *records)
{
	BIO *out = SSL_get_wbio(ssl);
	char *bytes;
	long length = BIO_get_mem_data(out, &bytes);
	bool added = length <= 0 || bytes_add(records, bytes, (size_t)length);

	(void)BIO_reset(out);
	return added;
}

bool
raft__secure_take(SSL *ssl, const void *bytes, size_t length,
		  struct bytes *plain, struct bytes *records, bool *is_over)
{
	bool good =
	    BIO_write(SSL_get_rbio(ssl), bytes, (int)length) == (int)length;
	int got = 1, why;

	ERR_clear_error();
	while (good && got > 0) {
		good = bytes_reserve(plain, RECORD_BYTES);
		if (!good)
			break;
		got = SSL_read(ssl, bytes_end(plain), (int)RECORD_BYTES);
		if (got > 0)
			plain->length += (size_t)got;
	}
	why = good ? SSL_get_error(ssl, got) : SSL_ERROR_SSL;
	*is_over = why == SSL_ERROR_ZERO_RETURN;
	ERR_clear_error();
	return drain(ssl, records) && (why == SSL_ERROR_WANT_READ || *is_over);
}

bool
raft__secure_put(SSL *ssl, struct bytes *plain, struct bytes *records)
{
	bool good = true;

	while (good && plain->length > 0) {
		int length =
		    plain->length < INT_MAX ? (int)plain->length : INT_MAX;

		length = SSL_write(ssl, plain->room + plain->first, length);
		good = length > 0;
		if (good)
			bytes_pass(plain, (size_t)length);
	}
	return drain(ssl, records) && good;
}

void
raft__secure_end(SSL *ssl, struct bytes *records)
{
	if (SSL_is_init_finished(ssl))
		SSL_shutdown(ssl);
	ERR_clear_error();
	(void)!drain(ssl, records);
}
