#!/bin/sh
# docs/scenarios.md shows what is so.
#
# Copyright 2026 The Outrigger Authors
# SPDX-License-Identifier: Apache-2.0
#
# Arguments: raft-scenario, the page, page.sh.
set -eu

PATH=$(cd "$(dirname "$1")" && pwd):$PATH
page=$PWD/$2
follow=$PWD/$3
cd "$TEST_TMPDIR"
exec "$follow" "$page" 9 11
