/*
 * Certificates, keys and CRLs in files (certs.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file is written under the same name with ".new" behind it, made durable, and
 * renamed.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assists/certs/certs.h"
#include "assists/system/system.h"

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
	return raft__system_sync(fd);
}

/* What was renamed is so also after a crash. */
static bool
sync_folder_of(const char *path)
{
	char copy[PATH_MAX];
	bool good;
	int fd;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	good = raft__system_sync(fd);
	close(fd);
	return good;
}

/* Where a file is made that is to take the place of another. */
static void
name_new(const char *path, char text[PATH_MAX])
{
	snprintf(text, PATH_MAX, "%s.new", path);
}

/* Make the new file. Free the memory and wipe it. */
static bool
write_new(const char *path, mode_t mode, BIO *memory)
{
	char *bytes, new[PATH_MAX];
	long length;
	bool good;
	int fd;

	errno = 0;
	if (memory == NULL)
		return false;
	length = BIO_get_mem_data(memory, &bytes);
	name_new(path, new);
	unlink(new);
	fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	good = fd >= 0 && fchmod(fd, mode) == 0 &&
	       write_whole(fd, bytes, (size_t)length);
	if (fd >= 0)
		close(fd);
	BIO_free(memory);
	return good;
}

/* Put the new file in the place of the old one. */
static bool
install(const char *path)
{
	char new[PATH_MAX];

	name_new(path, new);
	return rename(new, path) == 0 && sync_folder_of(path);
}

static bool
give_up(const char *path)
{
	char new[PATH_MAX];
	int failure = errno;

	name_new(path, new);
	unlink(new);
	errno = failure;
	return false;
}

static bool
replace(const char *path, mode_t mode, BIO *memory)
{
	return (write_new(path, mode, memory) && install(path)) ||
	       give_up(path);
}

static BIO *
print_key(EVP_PKEY *key)
{
	BIO *memory = BIO_new(BIO_s_mem());

	if (memory != NULL && PEM_write_bio_PrivateKey(memory, key, NULL, NULL,
						       0, NULL, NULL) == 1)
		return memory;
	BIO_free(memory);
	return NULL;
}

static BIO *
print_certificates(X509 *const *certificates, size_t count)
{
	BIO *memory = BIO_new(BIO_s_mem());
	bool good = memory != NULL;

	for (size_t i = 0; good && i < count; i++)
		good = PEM_write_bio_X509(memory, certificates[i]) == 1;
	if (good)
		return memory;
	BIO_free(memory);
	return NULL;
}

bool
raft_certs_write(const char *path, X509 *const *certificates, size_t count)
{
	return replace(path, 0644, print_certificates(certificates, count));
}

bool
raft_certs_write_key(const char *path, EVP_PKEY *key)
{
	return replace(path, 0600, print_key(key));
}

/* Nobody sees a new file before both are durable, and the second one still is
 * there to be taken for what it is if the first one alone has taken its place. */
bool
raft_certs_write_pair(const char *certificate, const char *key,
		      const struct raft_certs_pair *pair)
{
	if (write_new(certificate, 0644,
		      print_certificates(&pair->certificate, 1)) &&
	    write_new(key, 0600, print_key(pair->key)))
		return sync_folder_of(certificate) && install(key) &&
		       install(certificate);
	give_up(key);
	return give_up(certificate);
}

/* Whether the key is the new certificate's. */
static bool
is_half_installed(const char *certificate, const char *key)
{
	X509 *shown = raft_certs_read(certificate);
	EVP_PKEY *kept = raft_certs_read_key(key);
	bool half = shown != NULL && kept != NULL &&
		    X509_check_private_key(shown, kept) == 1;

	X509_free(shown);
	EVP_PKEY_free(kept);
	ERR_clear_error();
	return half;
}

bool
raft_certs_mend_pair(const char *certificate, const char *key)
{
	char new[PATH_MAX];

	give_up(key);
	name_new(certificate, new);
	if (is_half_installed(new, key))
		return install(certificate);
	give_up(certificate);
	return true;
}

static BIO *
print_crls(X509_CRL *const *crls, size_t count)
{
	BIO *memory = BIO_new(BIO_s_mem());
	bool good = memory != NULL;

	for (size_t i = 0; good && i < count; i++)
		good = PEM_write_bio_X509_CRL(memory, crls[i]) == 1;
	if (good)
		return memory;
	BIO_free(memory);
	return NULL;
}

bool
raft_certs_write_crls(const char *path, X509_CRL *const *crls, size_t count)
{
	return replace(path, 0644, print_crls(crls, count));
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
