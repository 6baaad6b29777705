/*
 * The file of a log in its directory: replaced as a whole.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file is written as `log.new`, made durable, and only then renamed to `log`,
 * so that a crash leaves the old one or the new one and never a part.
 */
#ifndef OUTRIGGER_LOG_FILE_DIRECTORY_H
#define OUTRIGGER_LOG_FILE_DIRECTORY_H

#include <stdbool.h>

/** Open its log to read and append, its name durable. -1: see errno. */
int raft__directory_open_log(int directory);

/** Open its log to read, and change nothing. -1: see errno. */
int raft__directory_look_at_log(int directory);

/** Make the file that is to become its log. -1: see errno. */
int raft__directory_make_log(int directory);

/** Give that file its name. False: see errno; it is then not known which file
 *  is found after a crash. */
bool raft__directory_publish(int directory);

/** Remove the file that did not become its log. */
void raft__directory_abandon(int directory);

#endif
