/*
 * What a member tells, and what it is still to tell of.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "demos/weather/inside.h"

/* Whoever watches may be slow; what it is not told would be missed. */
void
member_report(struct member *member, const struct report *report, size_t body)
{
	struct pollfd room = { .fd = member->options->talk, .events = POLLOUT };
	size_t length = offsetof(struct report, status) + body;

	while (send(room.fd, report, length, MSG_NOSIGNAL) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			_exit(0); /* Nobody watches any more. */
		poll(&room, 1, -1);
	}
}

_Noreturn void
member_give_up(struct member *member, const char *format, ...)
{
	struct report words = { .kind = REPORT_FAILED };
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(words.failed, sizeof(words.failed), format, arguments);
	va_end(arguments);
	member_report(member, &words, sizeof(words.failed));
	_exit(1);
}

static void
report_members(struct member *member)
{
	const struct raft_configuration *configuration =
	    raft_configuration(member->raft);
	struct report now = { .kind = REPORT_MEMBERS };

	if (configuration == NULL)
		return;
	now.members.joint = configuration->joint;
	now.members.count = (uint32_t)configuration->member_count;
	for (uint32_t i = 0; i < now.members.count; i++)
		now.members.of[i] = configuration->members[i];
	member_report(member, &now, sizeof(now.members));
}

/* What has changed with this turn, but for what each message changes. */
void
member_report_status(struct member *member)
{
	struct report now = { .kind = REPORT_STATUS };
	struct report_status *status = &now.status;

	*status = member->shown;
	raft_status(member->raft, &status->raft);
	status->raft.quorum_heard_at = 0;
	status->raft.uncommitted_bytes = 0;
	status->installing = member->installing > member->applied.index;
	if (memcmp(&status->raft, &member->shown.raft, sizeof(status->raft)) ==
		0 &&
	    status->installing == member->shown.installing)
		return;
	if (status->raft.configuration_index !=
		member->shown.raft.configuration_index ||
	    status->raft.changing != member->shown.raft.changing)
		report_members(member);
	member_report(member, &now, sizeof(now.status));
	member->shown = *status;
}

void
member_report_obeyed(struct member *member)
{
	struct report told = { .kind = REPORT_OBEYED, .id = member->obeyed };

	if (member->obeyed != 0)
		member_report(member, &told, 0);
	member->obeyed = 0;
}

void
member_report_refused(struct member *member, uint64_t id,
		      enum raft_result result)
{
	struct report told = {
		.kind = REPORT_REFUSED,
		.id = id,
		.refused = result,
	};

	member_report(member, &told, sizeof(told.refused));
}

void
member_report_not_started(struct member *member, enum raft_result result)
{
	struct report told = { .kind = REPORT_NOT_STARTED, .refused = result };

	member_report(member, &told, sizeof(told.refused));
}

void
member_report_read(struct member *member, uint64_t id, uint64_t index)
{
	struct report told = {
		.kind = REPORT_READ,
		.id = id,
		.read = { .index = index, .value = member->value },
	};

	member_report(member, &told, sizeof(told.read));
}

/* ----------------------------------------------------------------- pending */

void
member_remember(struct member *member, uint64_t id, struct raft_entry_id name)
{
	size_t count = member->pending_count + 1;

	member->pending =
	    realloc(member->pending, count * sizeof(*member->pending));
	if (member->pending == NULL)
		member_give_up(member, "out of memory");
	member->pending[member->pending_count++] = (struct pending){ id, name };
}

/* The order behind a name, which is forgotten; 0: it was another member's. */
uint64_t
member_recall(struct member *member, struct raft_entry_id name)
{
	for (size_t i = 0; i < member->pending_count; i++) {
		struct pending found = member->pending[i];

		if (found.name.index != name.index ||
		    found.name.term != name.term)
			continue;
		member->pending[i] = member->pending[--member->pending_count];
		return found.id;
	}
	return 0;
}
