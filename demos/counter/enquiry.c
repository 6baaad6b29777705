/*
 * Asking servers who is in their cluster (enquiry.h).
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "demos/counter/enquiry.h"

static void
ask_all(uv_work_t *work)
{
	struct enquiry *enquiry = work->data;
	const struct server *server;
	struct roster roster;

	for (size_t i = 0; i < enquiry->count; i++) {
		server = &enquiry->servers[i];
		if (!roster_ask(server->host, server->client_port,
				&enquiry->asking, &roster) ||
		    memcmp(roster.cluster, enquiry->cluster,
			   sizeof(roster.cluster)) != 0 ||
		    roster.index <= enquiry->newest.index)
			continue;
		enquiry->newest = roster;
		enquiry->by = server->identity.id;
	}
}

static void
all_asked(uv_work_t *work, int status)
{
	struct enquiry *enquiry = work->data;

	enquiry->busy = false;
	if (status == 0 && enquiry->newest.index > 0)
		enquiry->told(enquiry->context, &enquiry->newest, enquiry->by);
}

void
enquiry_start(struct enquiry *enquiry, uv_loop_t *loop)
{
	if (enquiry->busy)
		return;
	enquiry->newest.index = 0;
	enquiry->work.data = enquiry;
	enquiry->busy =
	    uv_queue_work(loop, &enquiry->work, ask_all, all_asked) == 0;
}
