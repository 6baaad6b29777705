// The header compiles as C++ and its functions link from there.
//
// Copyright 2026 The Outrigger Authors
// SPDX-License-Identifier: Apache-2.0
#include "raft/raft.h"

#include <string.h>

int
main()
{
	return strcmp(raft_version(), RAFT_VERSION) == 0 ? 0 : 1;
}
