/*
 * A disk that refuses one call, or all from one on.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The calls that disk.c records, and some more, are counted where they are about
 * something below one folder; the one with a given number fails. Of what libc does
 * within itself fopen and fflush are counted, for each of a program's own calls.
 */
#ifndef OUTRIGGER_TESTS_CRASH_FAULT_H
#define OUTRIGGER_TESTS_CRASH_FAULT_H

#include <stdbool.h>
#include <stddef.h>

/** What is done to a file or a folder. */
enum fault_call {
	FAULT_OPEN,
	/** An open that makes a file. */
	FAULT_MAKE,
	FAULT_READ,
	FAULT_WRITE,
	FAULT_TRUNCATE,
	FAULT_SYNC,
	FAULT_RENAME,
	FAULT_MKDIR,
	FAULT_UNLINK,
	/** Of names: the next one in a folder, or whether there is such a one. */
	FAULT_LIST,
	FAULT_LOOK,
	FAULT_CALLS,
};

/** What comes of it. */
enum fault_kind {
	FAULT_NONE,
	/** The disk cannot do it: this once, or from now on. */
	FAULT_EIO,
	FAULT_EIO_ON,
	/** There is no room: this once, or from now on. */
	FAULT_ENOSPC,
	FAULT_ENOSPC_ON,
	/** The process has too many files. */
	FAULT_EMFILE,
	/** A read or write is interrupted, or does half of what was asked. */
	FAULT_EINTR,
	FAULT_SHORT,
	FAULT_KINDS,
};

/** The error that is seen; 0: none. */
int fault_errno(enum fault_kind kind);
const char *fault_name(enum fault_kind kind);

/** From now on call number `at`, from 0 on, of those below the folder that can fail in
 *  this way does. One at a time. */
void fault_begin(const char *folder, enum fault_kind kind, size_t at);
/** No more of it. Returns how many such calls there were. */
size_t fault_end(void);
/** It has come. */
bool fault_has_come(void);
/** What it has come to, for a person: "pwrite .../log". */
const char *fault_place(void);

/** Before each call, by its file or by its folder and path. True: it fails, see errno.
 *  `length`, unless it is NULL, may become less. */
bool fault_comes(enum fault_call call, int fd, const char *path,
		 size_t *length);

#endif
