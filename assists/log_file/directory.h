/*
 * The files of a log in its directory.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A segment's file is `log`, which every log has, or `log.` and a number. It is written
 * as `log.new`, made durable, and only then given its name, so that whatever has one is
 * whole.
 */
#ifndef OUTRIGGER_LOG_FILE_DIRECTORY_H
#define OUTRIGGER_LOG_FILE_DIRECTORY_H

#include <stdbool.h>

#define FILE_NAME_BYTES 24

/** The name of the file with this number; 0 is `log`. */
void raft__directory_name(unsigned int number, char name[FILE_NAME_BYTES]);

/** Open it; to read alone if it is only looked at. -1: see errno. */
int raft__directory_open_file(int directory, unsigned int number,
			      bool looks_only);

/** Make the file that is to get a name. -1: see errno. */
int raft__directory_make_file(int directory);

/** Give that file its name, in the place of whatever has it. False: see errno; it is
 *  then not known whose the name is after a crash. */
bool raft__directory_publish(int directory, unsigned int number);

/** Remove the file that did not get a name. */
void raft__directory_abandon(int directory);

/** Remove a file. */
void raft__directory_remove(int directory, unsigned int number);

/** Call `see` for the number of each file, until that says no. False: it did, or see
 *  errno. */
bool raft__directory_each(int directory,
			  bool (*see)(void *context, unsigned int number),
			  void *context);

#endif
