/*
 * raft_tls: made, filled from files, filled again (transport_tls.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <bsd/string.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "assists/transport_tls/inside.h"

#define KEY_RECORDS (UINT64_C(1) << 22)

time_t
raft__tls_now(const struct raft_tls *tls)
{
	return tls->now == NULL ? time(NULL) : (time_t)tls->now(tls->user);
}

/* The members of struct raft_tls_files, to be treated alike. */
#define FILES(X) X(certificate) X(key) X(authorities) X(revocations)

static void
free_files(struct raft_tls_files *files)
{
#define FREE(member) free((char *)(uintptr_t)files->member);
	FILES(FREE)
#undef FREE
	*files = (struct raft_tls_files){ 0 };
}

static bool
copy_files(struct raft_tls_files *copy, const struct raft_tls_files *files)
{
	bool good = true;

	*copy = (struct raft_tls_files){ 0 };
#define COPY(member)                                                           \
	if (files->member != NULL)                                             \
		good &= (copy->member = strdup(files->member)) != NULL;
	FILES(COPY)
#undef COPY
	if (!good)
		free_files(copy);
	return good;
}

/* Replace what connections begin with, or leave all as it was. */
static bool
take_files(struct raft_tls *tls, const struct raft_tls_files *files,
	   char *error, size_t size)
{
	struct raft_tls_files copy;
	SSL_CTX *context;

	if (files->certificate == NULL || files->key == NULL ||
	    files->authorities == NULL) {
		snprintf(error, size,
			 "certificate, key and authorities are needed");
		return false;
	}
	if (!copy_files(&copy, files)) {
		snprintf(error, size, "out of memory");
		return false;
	}
	context = raft__tls_read_files(tls, &copy, error, size);
	if (context == NULL) {
		free_files(&copy);
		return false;
	}
	SSL_CTX_free(tls->context);
	tls->context = context;
	free_files(&tls->files);
	tls->files = copy;
	raft__tls_note_ends(tls);
	return true;
}

static struct raft_tls *
create_empty(const struct raft_tls_options *options)
{
	struct raft_tls *tls = calloc(1, sizeof(*tls));

	if (tls == NULL)
		return NULL;
	tls->method = raft__tls_bio_method();
	if (tls->method == NULL) {
		free(tls);
		return NULL;
	}
	strlcpy(tls->cluster, options->cluster, sizeof(tls->cluster));
	tls->id = options->id;
	tls->key_records =
	    options->key_records == 0 ? KEY_RECORDS : options->key_records;
	tls->now = options->now;
	tls->expiry = options->expiry;
	tls->user = options->context;
	LIST_INIT(&tls->sessions);
	raft__tls_fill_stream(&tls->stream);
	return tls;
}

struct raft_tls *
raft_tls_create(const struct raft_tls_options *options, char *error,
		size_t size)
{
	struct raft_tls *tls;

	if (options->cluster == NULL || options->id == 0 ||
	    !raft__tls_cluster_is_valid(options->cluster)) {
		snprintf(error, size,
			 "a cluster's name has 1 to %d letters, digits, and "
			 ".-_, and a server's id is not 0",
			 RAFT_TLS_CLUSTER_MAX);
		return NULL;
	}
	tls = create_empty(options);
	if (tls == NULL) {
		snprintf(error, size, "out of memory");
		return NULL;
	}
	if (!take_files(tls, &options->files, error, size)) {
		raft_tls_destroy(tls);
		return NULL;
	}
	return tls;
}

void
raft_tls_destroy(struct raft_tls *tls)
{
	if (tls == NULL)
		return;
	SSL_CTX_free(tls->context);
	BIO_meth_free(tls->method);
	free_files(&tls->files);
	free(tls);
}

const struct raft_stream *
raft_tls_stream(const struct raft_tls *tls)
{
	return &tls->stream;
}

/* What connections show: the certificate and those behind it. */
static bool
show_the_same(SSL_CTX *one, SSL_CTX *two)
{
	STACK_OF(X509) *chain_one, *chain_two;

	SSL_CTX_get0_chain_certs(one, &chain_one);
	SSL_CTX_get0_chain_certs(two, &chain_two);
	if (X509_cmp(SSL_CTX_get0_certificate(one),
		     SSL_CTX_get0_certificate(two)) != 0 ||
	    sk_X509_num(chain_one) != sk_X509_num(chain_two))
		return false;
	for (int i = 0; i < sk_X509_num(chain_one); i++) {
		if (X509_cmp(sk_X509_value(chain_one, i),
			     sk_X509_value(chain_two, i)) != 0)
			return false;
	}
	return true;
}

bool
raft_tls_reload(struct raft_tls *tls, const struct raft_tls_files *files,
		char *error, size_t size)
{
	SSL_CTX *old = tls->context;
	bool is_new;

	SSL_CTX_up_ref(old);
	if (!take_files(tls, files == NULL ? &tls->files : files, error, size)) {
		SSL_CTX_free(old);
		return false;
	}
	is_new = !show_the_same(old, tls->context);
	SSL_CTX_free(old);
	raft__tls_judge_again(tls, is_new ? RAFT_TLS_CERTIFICATE_RENEWED
					  : RAFT_TLS_FILES_READ);
	return true;
}
