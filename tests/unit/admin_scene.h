/*
 * An operator's end of a connection with a server of a scene.
 *
 * Copyright 2026 The Outrigger Authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_UNIT_ADMIN_SCENE_H
#define TESTS_UNIT_ADMIN_SCENE_H

#include "assists/admin/place.h"
#include "tests/unit/server_scene.h"

/** A socket to be closed; it does not block. */
static inline int
admin_dial(const struct scene *scene, uint64_t id)
{
	struct admin_place place;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_int_equal(raft__admin_place(scene->actors[id].folder, &place),
			 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&place.address,
				 sizeof(place.address)),
			 0);
	raft__admin_leave(&place);
	return fd;
}

#endif
