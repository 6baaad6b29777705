#!/bin/sh
# A person in front of the lab: lab.mjs says what is clicked, and what is seen.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: lab.mjs, the page, raft-scenario. By `bazel run` it also writes docs/lab.png.
set -eu

pictures=${TEST_UNDECLARED_OUTPUTS_DIR:-$(mktemp -d)}
node "$1" "$2" "$(realpath "$3")" "$pictures"
[ -z "${BUILD_WORKSPACE_DIRECTORY:-}" ] ||
    cp "$pictures/lab.png" "$BUILD_WORKSPACE_DIRECTORY/docs/lab.png"
