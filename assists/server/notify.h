/*
 * Words to whoever started this process, as sd_notify(3) has them: systemd, or what
 * does as it does. Without NOTIFY_SOCKET in the environment nothing is said.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OUTRIGGER_SERVER_NOTIFY_H
#define OUTRIGGER_SERVER_NOTIFY_H

/** Say these lines, in one datagram. What cannot be said is not: nobody waits for
 *  it here. */
__attribute__((format(printf, 1, 2))) void
raft__notify(const char *format, ...);

#endif
