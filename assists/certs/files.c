/*
 * Certificates, keys and CRLs in files (certs.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file is written under another name, made durable, and renamed.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assists/certs/certs.h"

static bool
write_whole(int fd, const char *bytes, size_t length)
{
	ssize_t count;

	while (length > 0) {
		count = write(fd, bytes, length);
		if (count < 0)
			return false;
		bytes += count;
		length -= (size_t)count;
	}
	return fsync(fd) == 0;
}

/* Free the memory and wipe it. */
static bool
replace(const char *path, mode_t mode, BIO *memory, bool good)
{
	char *bytes, beside[PATH_MAX];
	long length = memory == NULL ? 0 : BIO_get_mem_data(memory, &bytes);
	int fd = -1;

	errno = 0;
	if (good) {
		snprintf(beside, sizeof(beside), "%s.XXXXXX", path);
		fd = mkstemp(beside);
		good = fd >= 0;
	}
	if (good && (fchmod(fd, mode) != 0 ||
		     !write_whole(fd, bytes, (size_t)length) ||
		     rename(beside, path) != 0)) {
		unlink(beside);
		good = false;
	}
	if (fd >= 0)
		close(fd);
	BIO_free(memory);
	return good;
}

bool
raft_certs_write(const char *path, X509 *const *certificates, size_t count)
{
	BIO *memory = BIO_new(BIO_s_mem());
	bool good = memory != NULL;

	for (size_t i = 0; good && i < count; i++)
		good = PEM_write_bio_X509(memory, certificates[i]) == 1;
	return replace(path, 0644, memory, good);
}

bool
raft_certs_write_key(const char *path, EVP_PKEY *key)
{
	BIO *memory = BIO_new(BIO_s_mem());

	return replace(path, 0600, memory,
		       memory != NULL &&
			   PEM_write_bio_PrivateKey(memory, key, NULL, NULL, 0,
						    NULL, NULL) == 1);
}

bool
raft_certs_write_crls(const char *path, X509_CRL *const *crls, size_t count)
{
	BIO *memory = BIO_new(BIO_s_mem());
	bool good = memory != NULL;

	for (size_t i = 0; good && i < count; i++)
		good = PEM_write_bio_X509_CRL(memory, crls[i]) == 1;
	return replace(path, 0644, memory, good);
}

/* Without a file errno says why. */
static BIO *
open_file(const char *path)
{
	BIO *file = BIO_new_file(path, "r");

	if (file != NULL)
		errno = 0;
	return file;
}

X509 *
raft_certs_read(const char *path)
{
	BIO *file = open_file(path);
	X509 *certificate = NULL;

	if (file != NULL)
		certificate = PEM_read_bio_X509(file, NULL, NULL, NULL);
	BIO_free(file);
	return certificate;
}

EVP_PKEY *
raft_certs_read_key(const char *path)
{
	BIO *file = open_file(path);
	EVP_PKEY *key = NULL;

	if (file != NULL)
		key = PEM_read_bio_PrivateKey(file, NULL, NULL, NULL);
	BIO_free(file);
	return key;
}

X509_CRL *
raft_certs_read_crl(const char *path)
{
	BIO *file = open_file(path);
	X509_CRL *crl = NULL;

	if (file != NULL)
		crl = PEM_read_bio_X509_CRL(file, NULL, NULL, NULL);
	BIO_free(file);
	return crl;
}
